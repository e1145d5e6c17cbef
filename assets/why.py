"""The assets that say why a verdict is what it is: robustness, nearness, causes of change, parts, peers."""

import polars as pl

from assets.home import Home
from assets.partitioned import each, table
from pipelines import least_changes as nearness
from pipelines import robustness


@table(deps=["units", "unit_indicators", "county_dispersion", "county_facts"], group="why")
def verdict_robustness(store: Home, year: int) -> pl.DataFrame:
    """One row per standard, county, stage, indicator, variant and school year: the CV computed otherwise; unofficial."""
    units, values = store.read("units", [year]), store.read("unit_indicators", [year])
    spread, facts = store.read("county_dispersion", [year]), store.read("county_facts", [year])
    return each(store, lambda standard: robustness.verdict_robustness(units, values, spread, facts, standard))


@table(deps=["units", "unit_indicators", "county_dispersion"], group="why")
def least_changes(store: Home, year: int) -> pl.DataFrame:
    """One row per standard, county, stage, indicator, kind and school year: the least change that turns the verdict."""
    units, values = store.read("units", [year]), store.read("unit_indicators", [year])
    spread = store.read("county_dispersion", [year])
    return each(store, lambda standard: nearness.least_changes(units, values, spread, standard))


WHY_ASSETS = [verdict_robustness, least_changes]
