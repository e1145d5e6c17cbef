"""The catalogue of tables for other tools: a Data Package, written from the contracts.

Names are those of the Data Package standard (datapackage.org, version 2): `resources` with `schema`, `fields`,
`constraints`, `primaryKey`. What it has no name for, the unit and the English label, stands under names of ours.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from schemas.contract import Column, Contract

_PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
_TYPES: dict[Any, str] = {
    pl.String: "string",
    pl.Int32: "integer",
    pl.Int64: "integer",
    pl.Float64: "number",
    pl.Boolean: "boolean",
    pl.Date: "date",
    pl.Decimal: "number",
}
_FORMATS = {
    "parquet": {"format": "parquet", "mediatype": "application/vnd.apache.parquet"},
    "csv": {"format": "csv", "mediatype": "text/csv", "encoding": "utf-8"},
}


def package(
    name: str, title: str, paths: Mapping[str, Sequence[str]], contracts: Mapping[str, Contract], form: str
) -> dict[str, Any]:
    """The package of tables whose files lie at the paths; a table without files is left out.

    Several files of a table are its rows one after the other. The same files and contracts give the same package.
    """
    return {
        "$schema": _PROFILE,
        "name": name,
        "title": title,
        "resources": [
            {
                "name": table,
                "path": files[0] if len(files) == 1 else [*files],
                "title": contracts[table].grain_zh,
                "title_en": contracts[table].grain_en,
                "sources": [{"title": contracts[table].origin}] if contracts[table].origin else [],
                **_FORMATS[form],
                "schema": table_schema(contracts[table]),
            }
            for table, files in paths.items()
            if files
        ],
    }


def table_schema(contract: Contract) -> dict[str, Any]:
    """A table's contract as a Table Schema: fields in order, key, and what an empty cell means."""
    schema: dict[str, Any] = {
        "fields": [_field(column) for column in contract.columns],
        "missingValues": [""],
    }
    return schema | ({"primaryKey": [*contract.key]} if contract.key else {})


def _field(column: Column) -> dict[str, Any]:
    kind = column.dtype if isinstance(column.dtype, type) else type(column.dtype)
    described: dict[str, Any] = {
        "name": column.name,
        "type": _TYPES[kind],
        "title": column.label_zh,
        "title_en": column.label_en,
        "description": column.note or column.label_en,
    }
    if column.unit:
        described["unit"] = column.unit
    if column.dtype == pl.String and not column.nullable:
        described["missingValues"] = []  # an empty text is a value there: the whole of what could be broken down
    constraints: dict[str, Any] = {}
    if not column.nullable:
        constraints["required"] = True
    if column.minimum is not None:
        constraints["minimum"] = _plain(column.minimum)
    if column.maximum is not None:
        constraints["maximum"] = _plain(column.maximum)
    if column.pattern is not None:
        constraints["pattern"] = _whole(column.pattern)
    if column.one_of is not None:
        constraints["enum"] = [*column.one_of]
    return described | ({"constraints": constraints} if constraints else {})


def _whole(pattern: str) -> str:
    """A pattern of a contract, which may match anywhere, as one of a Table Schema, which matches the whole cell."""
    start, end = pattern.startswith("^"), pattern.endswith("$")
    return f"{'' if start else '.*'}{pattern.removeprefix('^').removesuffix('$')}{'' if end else '.*'}"


def _plain(number: float) -> int | float:
    return int(number) if number == int(number) else number


def written(found: Mapping[str, Any]) -> bytes:
    """A package as the file that holds it."""
    return (json.dumps(found, ensure_ascii=False, indent=1) + "\n").encode()
