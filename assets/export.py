"""A table as a file for people and scripts: verbatim, nothing rounded."""

from __future__ import annotations

import difflib
import io
from collections.abc import Sequence

import polars as pl
import xlsxwriter

from assets.home import Home, to_parquet
from schemas.contract import Contract

FORMATS = ("csv", "parquet", "json", "xlsx")
_SHEET_ROWS = 1_048_575


class WhereError(Exception):
    """A condition that cannot be met: no such column, or a value of another type. The message says what to do."""


def select(table: Home | pl.DataFrame, contract: Contract, conditions: Sequence[str]) -> pl.DataFrame:
    """The table's rows that meet every `column=value`; an empty value asks for what is not reported.

    A home's table is read of the school year asked for alone; a table of publications is given whole.
    """
    schema = contract.polars_schema
    tests = []
    years: list[str] | None = None
    for condition in conditions:
        name, equals, text = condition.partition("=")
        name = name.strip()
        if not equals or name not in schema:
            near = difflib.get_close_matches(name, schema.names(), n=3)
            hint = f"；是不是 {'、'.join(near)}？" if near else f"；有：{'、'.join(schema.names()[:20])} …"
            raise WhereError(f"“{condition}”应为 列=值，表 {contract.name} 没有列“{name}”{hint} / no such column")
        tests.append(_test(name, schema[name], text))
        if name == "school_year" and text:
            years = [text.strip()]
    rows = table.read(contract.name, years) if isinstance(table, Home) else table
    return rows.filter(*tests) if tests else rows


def _test(name: str, dtype: pl.DataType, text: str) -> pl.Expr:
    if text == "":
        return pl.col(name).is_null()
    if dtype == pl.Boolean:
        if text not in ("true", "false"):
            raise WhereError(f"列 {name} 的值应为 true 或 false，不是“{text}” / true or false is wanted")
        return pl.col(name) == (text == "true")
    value = pl.Series([text]).cast(dtype, strict=False)
    if value.null_count():
        raise WhereError(f"列 {name} 的值应为 {dtype}，不是“{text}” / a value of that type is wanted")
    return pl.col(name) == pl.lit(value[0], dtype)


def exported(rows: pl.DataFrame, contract: Contract, form: str) -> bytes:
    """The rows in the format: csv (UTF-8, null empty, floats shortest round-trip), parquet, json or xlsx."""
    if form == "parquet":
        return to_parquet(rows, contract)
    sink = io.BytesIO()
    if form == "csv":
        rows.write_csv(sink)
    elif form == "json":
        rows.write_json(sink)
    else:
        _write_workbook(rows, contract, sink)
    return sink.getvalue()


def _write_workbook(rows: pl.DataFrame, contract: Contract, sink: io.BytesIO) -> None:
    """One sheet with the rows, one that says what each column holds; text stays text, whatever it begins with."""
    if rows.height > _SHEET_ROWS:
        raise WhereError(
            f"{rows.height:,} 行超过一张工作表的上限，请用 --where 缩小，或用 csv、parquet / too many rows"
        )
    with xlsxwriter.Workbook(sink, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet(contract.name)
        bold = book.add_format({"bold": True, "bottom": 1})
        sheet.write_row(0, 0, rows.columns, bold)
        sheet.freeze_panes(1, 0)
        plain = rows.with_columns(pl.selectors.decimal().cast(pl.Float64))
        for position, column in enumerate(plain.iter_columns()):
            sheet.write_column(1, position, column.to_list())
            sheet.set_column(position, position, 16)
        notes = book.add_worksheet("columns")
        notes.write_row(0, 0, ["column", "unit", "label_zh", "label_en", "note"], bold)
        for position, described in enumerate(contract.columns, 1):
            cells = [described.name, described.unit, described.label_zh, described.label_en, described.note]
            notes.write_row(position, 0, cells)
