"""What a school year's reports are made from: for the run and for papers asked for by hand alike."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from assets.home import Home
from pipelines.disclosure import public_tables
from reports.public import PublicEdition
from schemas.source import open_sources
from schemas.tables import TABLES

LONG_TABLES = ("county_dispersion", "resource_verdicts", "county_verdicts", "suppressed_cells")
"""Tables of which a report reads the years before as well."""


def report_tables(store: Home, year: int) -> dict[str, pl.DataFrame]:
    """Every table with its rows of the school year, the long ones with those of the years before too."""
    earlier = [known for known in store.years() if known <= year]
    return {name: store.read(name, earlier if name in LONG_TABLES else [year]) for name in TABLES}


def made_public(store: Home, tables: Mapping[str, pl.DataFrame]) -> tuple[Mapping[str, pl.DataFrame], PublicEdition]:
    """The tables of a school year's reports as the public edition may tell them, and what was withheld from them."""
    told = public_tables(tables, store.disclosure, list(store.standards.values()), open_sources())
    return told.tables, public_edition(store, told.cells, told.province_means)


def public_edition(store: Home, cells: pl.DataFrame, province_means: pl.DataFrame | None = None) -> PublicEdition:
    """What a public edition says of itself: the cells withheld, the means of provinces that may be told, the rules."""
    means = pl.DataFrame() if province_means is None else province_means
    return PublicEdition(cells=cells, province_means=means, rules=store.disclosure, open_sources=open_sources())
