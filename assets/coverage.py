"""The asset of coverage: who was to hand in a return, and who did."""

import polars as pl

from assets.home import Home
from assets.partitioned import table, window
from assets.registers import register
from pipelines.coverage import IDENTITY
from pipelines.coverage import coverage as who_reported
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
