"""The asset that holds the returns against the totals that their publisher printed."""

import polars as pl

from assets.home import Home
from assets.partitioned import table
from assets.registers import register
from pipelines.reconciliation import reconciliation as reconciled
from pipelines.reconciliation import refuse_hard
from schemas.reconciliation import PUBLISHED_TOTALS


@table(deps=["schools"], group="figures")
def reconciliation(store: Home, year: int) -> pl.DataFrame:
    """One row per school year, source, place and figure: the printed total beside the sum over the schools' returns."""
    published = register(store.root, PUBLISHED_TOTALS)
    is_asked = year in published["school_year"]
    rows = reconciled(store.read("schools", [year] if is_asked else []), published, year)
    refuse_hard(rows)
    return rows
