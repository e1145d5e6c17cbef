"""A home with the tables of drawn files, made in this process and without Dagster."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl

from assets.home import Home
from assets.withdrawn import record_receipts
from pipelines.dispersion import county_dispersion, variance_shares
from pipelines.indicators import unit_indicators
from pipelines.intake import take_in
from pipelines.units import units
from pipelines.verdicts import resource_verdicts, school_verdicts
from schemas.corrections import Correction
from schemas.source import sources
from schemas.tables import TABLES
from standards.standard import standards

STANDARDS = [standards()[name] for name in ("cn-basic-2012", "cn-quality-2017", "tw-indicative")]
ARRIVED = date(2022, 3, 1)
PUPILS = [45, 37, 89, 76, 55]
BOOKS = [279, 137, 935, 160, 402]
"""Five schools, published as a worked example of the official method."""


def drawn_home(root: Path, files: Sequence[Path], corrections: Sequence[Correction] = ()) -> Home:
    """A home with what three standards make of the files; they arrived on 1 March 2022."""
    home = Home(root)
    named = [(path.name, path) for path in files]
    taken = take_in(named, sources().values(), corrections=corrections)
    assert not taken.unmatched
    record_receipts(root, taken.returns.select("file", "sha256").iter_rows(), ARRIVED)
    for year in taken.returns["school_year"].unique():
        of_year = pl.col("school_year") == year
        found = pl.concat(units(taken.schools.filter(of_year), standard) for standard in STANDARDS)
        values = pl.concat(unit_indicators(found, standard) for standard in STANDARDS)
        spread = pl.concat(county_dispersion(found, values.filter(standard=s.id), s) for s in STANDARDS)
        schools = pl.concat(school_verdicts(values.filter(standard=s.id), s) for s in STANDARDS)
        verdicts = pl.concat(resource_verdicts(spread, schools, s) for s in STANDARDS)
        tables = {
            "schools": taken.schools.filter(of_year),
            "returns": taken.returns.filter(of_year),
            "quarantine": taken.quarantine.filter(of_year),
            "columns_read": taken.columns_read.filter(of_year),
            "form_places": taken.form_places.filter(of_year),
            "corrections": taken.corrections.filter(of_year),
            "units": found,
            "unit_indicators": values,
            "county_dispersion": spread,
            "variance_shares": variance_shares(values),
            "school_verdicts": schools,
            "resource_verdicts": verdicts,
        }
        for name, contract in TABLES.items():
            rows = tables.get(name, contract.empty())
            home.write(name, year, rows.sort(contract.order, nulls_last=True))
    return home
