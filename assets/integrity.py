"""The asset of the integrity signals: figures worth one more question."""

import polars as pl

from assets.home import Home
from assets.partitioned import table, window
from pipelines import integrity
from schemas.integrity_rules import integrity_rules

_BEFORE = integrity_rules().years_before


@table(
    deps=[
        window("schools", _BEFORE),
        window("school_lineage", _BEFORE),
        window("school_groups", _BEFORE),
        "school_changes",
        "unit_indicators",
    ],
    group="integrity",
)
def integrity_signals(store: Home, year: int) -> pl.DataFrame:
    """One row per school year, county or school, kind of signal and figure: worth one more question, with evidence."""
    years = [known for known in store.years() if year - _BEFORE <= known <= year]
    schools, lineage = store.read("schools", years, integrity.SCHOOL_COLUMNS), store.read("school_lineage", years)
    values, changes = store.read("unit_indicators", [year]), store.read("school_changes", [year])
    groups = store.read("school_groups", years)
    return integrity.integrity_signals(schools, values, groups, lineage, changes, store.standards.values(), year)
