"""What a school year's reports are made from: for the run and for papers asked for by hand alike."""

from __future__ import annotations

import polars as pl

from assets.home import Home
from schemas.tables import TABLES

LONG_TABLES = ("county_dispersion", "resource_verdicts", "county_verdicts")
"""Tables of which a report reads the years before as well."""


def report_tables(store: Home, year: int) -> dict[str, pl.DataFrame]:
    """Every table with its rows of the school year, the long ones with those of the years before too."""
    earlier = [known for known in store.years() if known <= year]
    return {name: store.read(name, earlier if name in LONG_TABLES else [year]) for name in TABLES}
