"""The assets of identity over the years: which school is which, what became of the others, and what may be the same."""

import polars as pl

from assets.home import Home
from assets.partitioned import table, window
from assets.registers import register
from pipelines import likeness, lineage
from schemas.lineage import SCHOOL_EVENTS


@table(deps=["schools"], group="identity")
def school_lineage(store: Home, year: int) -> pl.DataFrame:
    """One row per school and school year: its lineage, the same before and after another name, place or identifier."""
    return lineage.school_lineage(
        store.read("schools", [year], lineage.IDENTITY), register(store.root, SCHOOL_EVENTS), year
    )


@table(deps=[window("schools", 1), "quarantine"], group="identity")
def school_changes(store: Home, year: int) -> pl.DataFrame:
    """One row per school year, kind of change and pair of schools: gone, new, merged and so on, and why."""
    schools = store.read("schools", [year - 1, year], lineage.IDENTITY)
    refused = store.read("quarantine", [year]).filter(pl.col("level") == "row")
    return lineage.school_changes(schools, register(store.root, SCHOOL_EVENTS), refused, year)


@table(deps=["school_changes", window("schools", 1)], group="identity")
def lineage_candidates(store: Home, year: int) -> pl.DataFrame:
    """One row per school year and pair of a gone and a new school that may be one: never applied."""
    schools = store.read("schools", [year - 1, year], likeness.EVIDENCE)
    return likeness.lineage_candidates(schools, store.read("school_changes", [year]), year)


IDENTITY_ASSETS = [school_lineage, school_changes, lineage_candidates]
