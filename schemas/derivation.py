"""Of which columns of which tables each column of a table is made: for people who follow a figure back through tables.

A column that bears the name of one in a table that it is made from is taken from there. What has another name, or is
computed, stands in `column_lineage.csv`; fields of a unit that a stage of the return gives follow from the dictionary.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from functools import cache

from schemas.tables import HERE, TABLES, stage_fields

Origins = dict[str, tuple[tuple[str, str], ...]]
"""By column, the tables and columns that it is made from."""


def column_origins(table: str, made_from: Iterable[str]) -> Origins:
    """Of each column of a table that is made from others, their tables and columns, in the order of the tables."""
    others = [name for name in made_from if name in TABLES and name != table]
    found: Origins = {}
    for column in TABLES[table].columns:
        same = [(name, column.name) for name in others if column.name in TABLES[name].polars_schema]
        said = [*_said().get((table, column.name), ()), *(_of_stages(column.name) if table == "units" else ())]
        if origins := (*dict.fromkeys([*said, *([] if said else same)]),):
            found[column.name] = origins
    return found


@cache
def _said() -> dict[tuple[str, str], tuple[tuple[str, str], ...]]:
    """What the register says: table and column → the tables and columns that it is made from."""
    found: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {}
    with (HERE / "column_lineage.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            origins = tuple((row["from_table"], column) for column in row["from_columns"].split())
            for column in row["columns"].split():
                key = (row["table"], column)
                found[key] = (*found.get(key, ()), *origins)
    return found


def _of_stages(field: str) -> Iterable[tuple[str, str]]:
    """The columns of a school's return by which the stages give a field of a unit."""
    return (
        ("schools", columns[field])
        for stage, columns in stage_fields().items()
        if stage != "senior" and field in columns and columns[field] != field
    )
