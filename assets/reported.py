"""What a school year's reports are made from: for the run and for papers asked for by hand alike."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from assets.home import Home
from pipelines.county_history import on_todays_codes, rebuilt_dispersion, rebuilt_verdicts
from pipelines.disclosure import public_tables
from reports.public import PublicEdition
from schemas.source import open_sources
from schemas.tables import TABLES

LONG_TABLES = ("county_dispersion", "resource_verdicts", "county_verdicts", "suppressed_cells")
"""Tables of which a report reads the years before as well."""


def report_tables(store: Home, year: int) -> dict[str, pl.DataFrame]:
    """Every table with its rows of the school year, the long ones with those of the years before too.

    Those stand under the codes of this year's counties; of a broken series too, so that a chart can show where.
    """
    earlier = [known for known in store.years() if known <= year]
    tables = {name: store.read(name, earlier if name in LONG_TABLES else [year]) for name in TABLES}
    history = tables["county_history"]
    if history.is_empty():
        return tables
    spread, judged = on_boundaries(store, earlier, year, keep_broken=True)
    # What a whole standard said of several counties says nothing of the one that they became.
    whole = history.with_columns(series=pl.col("series").replace("rebuilt", "b"))
    verdicts = on_todays_codes(tables["county_verdicts"], whole)
    # What is withheld of a county stays withheld under today's code, and of what it was merged into.
    key = list(TABLES["suppressed_cells"].key)
    cells = on_todays_codes(tables["suppressed_cells"], history, keep_broken=True)
    return tables | {
        "county_dispersion": spread,
        "resource_verdicts": judged,
        "county_verdicts": verdicts,
        "suppressed_cells": cells.unique(key, keep="first", maintain_order=True),
    }


def on_boundaries(
    store: Home, years: list[int], year: int, *, keep_broken: bool = False
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Dispersion and resource verdicts of earlier years as they are read from the counties of `year`."""
    history = store.read("county_history", [year])
    spread, judged = store.read("county_dispersion", years), store.read("resource_verdicts", years)
    if history.is_empty():
        return spread, judged
    anew = history.filter(pl.col("series") == "rebuilt")["series_year"].unique().sort().to_list()
    units, values, schools = (store.read(name, anew) for name in ("units", "unit_indicators", "school_verdicts"))
    parts = []
    for standard in store.standards.values():
        of_standard = pl.col("standard") == standard.id
        measured = rebuilt_dispersion(
            units, values, spread.filter(of_standard), history, standard, keep_broken=keep_broken
        )
        rules = rebuilt_verdicts(
            schools, measured, judged.filter(of_standard), history, standard, keep_broken=keep_broken
        )
        parts.append((measured, rules))
    return pl.concat(part[0] for part in parts), pl.concat(part[1] for part in parts)


def made_public(store: Home, tables: Mapping[str, pl.DataFrame]) -> tuple[Mapping[str, pl.DataFrame], PublicEdition]:
    """The tables of a school year's reports as the public edition may tell them, and what was withheld from them."""
    told = public_tables(tables, store.disclosure, list(store.standards.values()), open_sources())
    return told.tables, public_edition(store, told.cells, told.province_means)


def public_edition(store: Home, cells: pl.DataFrame, province_means: pl.DataFrame | None = None) -> PublicEdition:
    """What a public edition says of itself: the cells withheld, the means of provinces that may be told, the rules."""
    means = pl.DataFrame() if province_means is None else province_means
    return PublicEdition(cells=cells, province_means=means, rules=store.disclosure, open_sources=open_sources())
