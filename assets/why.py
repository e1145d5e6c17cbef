"""The assets that say why a verdict is what it is: robustness, nearness, causes of change, parts, peers."""

import polars as pl

from assets.home import Home
from assets.partitioned import each, table, window
from pipelines import change_causes as causes
from pipelines import inequality as measures
from pipelines import least_changes as nearness
from pipelines import peers as nearest
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


@table(deps=["units", "unit_indicators"], group="why")
def inequality(store: Home, year: int) -> pl.DataFrame:
    """One row per standard, county or province, stage, indicator and school year: other measures of inequality."""
    units, values = store.read("units", [year]), store.read("unit_indicators", [year])
    return each(store, lambda standard: measures.inequality(units, values, standard))


@table(deps=["units", "unit_indicators"], group="why")
def between_within(store: Home, year: int) -> pl.DataFrame:
    """One row per standard, county or province, stage, indicator, grouping and school year: between and within."""
    units, values = store.read("units", [year]), store.read("unit_indicators", [year])
    return each(store, lambda standard: measures.between_within(units, values, standard))


@table(deps=["units", "unit_indicators"], group="why")
def group_means(store: Home, year: int) -> pl.DataFrame:
    """One row per standard, county or province, stage, indicator, group and school year: its mean and CV."""
    units, values = store.read("units", [year]), store.read("unit_indicators", [year])
    return each(store, lambda standard: measures.group_means(units, values, standard))


@table(deps=["units", "unit_indicators"], group="why")
def pupil_gaps(store: Home, year: int) -> pl.DataFrame:
    """One row per standard, county, stage, indicator, group of pupils and school year: their schools and others'."""
    units, values = store.read("units", [year]), store.read("unit_indicators", [year])
    return each(store, lambda standard: measures.pupil_gaps(units, values, standard))


@table(deps=["schools"], group="why")
def county_structure(store: Home, year: int) -> pl.DataFrame:
    """One row per source, county and school year: its size and structure, by which peers are found."""
    return nearest.county_structure(store.read("schools", [year]))


@table(deps=["county_structure"], group="why")
def peers(store: Home, year: int) -> pl.DataFrame:
    """One row per source, county, school year and rank: the counties of nearest structure."""
    return nearest.peers(store.read("county_structure", [year]))


WHY_ASSETS = [
    verdict_robustness,
    least_changes,
    change_causes,
    inequality,
    between_within,
    group_means,
    pupil_gaps,
    county_structure,
    peers,
]
