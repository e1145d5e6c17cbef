"""What Dagster's pages say of a table's columns: type, label and unit of each, and the columns that it is made from."""

from collections.abc import Iterable
from typing import Any

import dagster as dg
import polars as pl

from schemas.contract import Column
from schemas.derivation import column_origins
from schemas.tables import TABLES

SCHEMA, LINEAGE = "dagster/column_schema", "dagster/column_lineage"
_TYPES: dict[Any, str] = {pl.String: "text", pl.Int32: "int32", pl.Int64: "int64", pl.Float64: "float64"}
_TYPES |= {pl.Boolean: "boolean", pl.Date: "date", pl.Decimal: "decimal(18, 4)"}


def column_schema(table: str) -> dict[str, dg.TableSchema]:
    """The columns of a table as its contract has them, as metadata of its asset."""
    contract = TABLES[table]
    rules = [f"{rule.name}: {', '.join(rule.reads)}" for rule in contract.rules]
    if contract.key:
        rules = [f"key: {', '.join(contract.key)}", *rules]
    return {
        SCHEMA: dg.TableSchema(
            columns=[_column(column) for column in contract.columns],
            constraints=dg.TableConstraints(other=rules),
        )
    }


def _column(column: Column) -> dg.TableColumn:
    kind = column.dtype if isinstance(column.dtype, type) else type(column.dtype)
    unit = f" [{column.unit}]" if column.unit else ""
    note = f" ({column.note})" if column.note else ""
    limits = [
        *([f">= {column.minimum:g}"] if column.minimum is not None else []),
        *([f"<= {column.maximum:g}"] if column.maximum is not None else []),
        *([f"one of {', '.join(column.one_of)}"] if column.one_of else []),
        *([column.pattern] if column.pattern else []),
    ]
    return dg.TableColumn(
        name=column.name,
        type=_TYPES[kind],
        description=f"{column.label_zh} / {column.label_en}{unit}{note}",
        constraints=dg.TableColumnConstraints(nullable=column.nullable, other=limits),
    )


def column_lineage(table: str, deps: Iterable[str | dg.AssetDep]) -> dict[str, dg.TableColumnLineage]:
    """Of each column the columns of other tables that it is made from, as metadata of what a run made; none of none."""
    names = [dep if isinstance(dep, str) else dep.asset_key.to_user_string() for dep in deps]
    origins = column_origins(table, names)
    if not origins:
        return {}
    lineage = {
        column: [dg.TableColumnDep(asset_key=dg.AssetKey(name), column_name=other) for name, other in made_from]
        for column, made_from in origins.items()
    }
    return {LINEAGE: dg.TableColumnLineage(lineage)}
