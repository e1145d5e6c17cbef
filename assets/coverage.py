"""The assets of coverage: who was to hand in a return, who did, and whose missing return decides."""

import polars as pl

from assets.home import Home
from assets.partitioned import each, of, table, window
from assets.registers import register
from pipelines.coverage import IDENTITY
from pipelines.coverage import coverage as who_reported
from pipelines.deciding import deciding_units as whose_return_decides
from schemas.coverage import ROSTER


@table(deps=[window("schools", 1), "quarantine", "school_changes"], group="returns")
def coverage(store: Home, year: int) -> pl.DataFrame:
    """One row per school year and school: whether a return was expected of it, and whether it came."""
    earlier = [before for before in store.years() if before < year]
    return who_reported(
        store.read("schools", [*earlier[-1:], year], IDENTITY),
        store.read("school_changes", [year]),
        store.read("quarantine", [year]),
        register(store.root, ROSTER),
        year,
    )


@table(deps=["unit_indicators", "county_dispersion"], group="returns")
def deciding_units(store: Home, year: int) -> pl.DataFrame:
    """One row per standard, undetermined coefficient and unit without a value: whether its return alone decides."""
    values, spread = store.read("unit_indicators", [year]), store.read("county_dispersion", [year])
    return each(store, lambda standard: whose_return_decides(of(values, standard), of(spread, standard), standard))
