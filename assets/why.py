"""The assets that say why a verdict is what it is: robustness, nearness, causes of change, parts, peers."""

import polars as pl

from assets.home import Home
from assets.partitioned import each, table, window
from pipelines import change_causes as causes
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


@table(
    deps=[
        *(window(name, 1) for name in ("schools", "units", "unit_indicators", "county_dispersion")),
        *(window(name, 1) for name in ("county_facts", "corrections")),
        "school_changes",
        "county_history",
    ],
    group="why",
)
def change_causes(store: Home, year: int) -> pl.DataFrame:
    """One row per standard, county, stage, indicator, figure and school year: what made it change."""
    both = [year - 1, year]
    inputs = causes.Inputs(
        schools=store.read("schools", both),
        units=store.read("units", both),
        values=store.read("unit_indicators", both),
        spread=store.read("county_dispersion", both),
        facts=store.read("county_facts", both),
        corrections=store.read("corrections", both),
        changes=store.read("school_changes", [year]),
        history=store.read("county_history", [year]),
    )
    return each(store, lambda standard: causes.change_causes(inputs, standard, year))


WHY_ASSETS = [verdict_robustness, least_changes, change_causes]
