"""Return workbooks: an empty one for a school year to fill in, or one that holds the rows of a table.

Values stand in the unit of the file, so that what is written here is read back as the same figures.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from schemas.columns import STAGES
from schemas.contract import Column
from schemas.source import Header, Source
from schemas.tables import HERE, SCHOOLS, school_fields

CREATED = datetime(2000, 1, 1, tzinfo=UTC)
"""The date that every workbook states, so that the same rows give the same bytes."""
NOTES_SHEET = "填表说明"
_LEGEND = ("表头", "填什么", "What it is", "单位", "类型", "规则")
_UNITS = {
    "people": "人",
    "classes": "个班",
    "m2": "平方米",
    "yuan": "元",
    "volumes": "册",
    "computers": "台",
    "rooms": "间",
    "Mbps": "Mbps",
    "year": "年",
}
_KINDS = {"text": "文本", "count": "整数", "decimal": "数", "year": "年份", "yesno": "是/否"}


def return_frame(source: Source, layout: str, year: int, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows as a file of the layout and school year would show them, every cell as text.

    One row per row given; the columns are the layout's headers in order. `rows` holds columns of `schools` in their
    own units: people, m², yuan. Values are divided by the header's factor exactly; truth values become 是 or 否; a
    field that is null, or that `rows` lacks, becomes null.
    """
    return pl.DataFrame(
        [
            pl.Series(header.header, _shown(source, layout, year, header, rows), pl.String)
            for header in source.headers(layout, year)
        ]
    )


def write_return(
    path: Path | BytesIO,
    source: Source,
    layout: str,
    year: int,
    rows: pl.DataFrame | None,
    *,
    title: str | None = None,
    sheet: str = "年报",
    further: Mapping[str, pl.DataFrame] | None = None,
    notes: Sequence[str] = (),
) -> None:
    """A workbook in the layout of a source and school year.

    Its first sheet has the layout's headers in order, above them the lines of `title`, below them `rows` (columns of
    `schools`, in their own units). `further` are more sheets of the same layout, by name; `notes` the lines of a
    sheet 填报说明. Without rows the workbook is a template, and a second sheet says of every column what to enter.
    Identifiers, codes and 是/否 are text cells, figures are numbers, null is blank. The same rows give the same bytes.
    """
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"created": CREATED, "title": f"{layout} {year}"})
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#E8EDF2", "border": 1})
        text = book.add_format({"num_format": "@"})
        headers = source.headers(layout, year)
        for name, held in {sheet: rows, **(further or {})}.items():
            top = _head(book.add_worksheet(name), headers, title, bold, text)
            if held is not None:
                _fill(book.get_worksheet_by_name(name), source, layout, year, held, top, text)
        if rows is None:
            _legend(book.add_worksheet(NOTES_SHEET), source, headers, bold, year)
        if notes:
            noted = book.add_worksheet("填报说明")
            for position, line in enumerate(notes):
                noted.write_string(position, 0, line)


def _head(page: Worksheet, headers: Sequence[Header], title: str | None, bold: Format, text: Format) -> int:
    """Title and header of a sheet; the number of rows that they take."""
    lines = title.splitlines() if title else []
    for position, line in enumerate(lines):
        page.write_string(position, 0, line)
    for position, header in enumerate(headers):
        page.write_string(len(lines), position, header.header, bold)
        width = 24 if header.column.endswith("_name") else min(22, max(9, 2 * len(header.header)))
        page.set_column(position, position, width, text if _kind(header) == "text" else None)
    page.freeze_panes(len(lines) + 1, 0)
    return len(lines) + 1


def _fill(
    page: Worksheet | None, source: Source, layout: str, year: int, rows: pl.DataFrame, top: int, text: Format
) -> None:
    assert page is not None
    for position, header in enumerate(source.headers(layout, year)):
        is_number = _kind(header) in ("count", "decimal", "year")
        for row, value in enumerate(_shown(source, layout, year, header, rows), top):
            if value is None:
                continue
            if is_number:
                page.write_number(row, position, Decimal(value))
            else:
                page.write_string(row, position, value, text)


def _legend(page: Worksheet, source: Source, headers: Sequence[Header], bold: Format, year: int) -> None:
    """One row per column of the return: header, what it is, unit, type, rule in words."""
    page.set_column(0, 1, 34)
    page.set_column(2, 2, 44)
    page.set_column(5, 5, 80)
    for position, name in enumerate(_LEGEND):
        page.write_string(0, position, name, bold)
    page.freeze_panes(1, 0)
    fields = {entry["column"]: entry for entry in school_fields()}
    for row, header in enumerate(headers, 1):
        entry = fields.get(header.column, {})
        words = (
            header.header,
            _what(header, entry),
            entry.get("label_en", header.column.replace("_", " ").capitalize()),
            _unit(header, entry.get("unit", "")),
            _KINDS[_kind(header)],
            f"如 {year}" if header.column == "school_year" else "；".join(_rules(source, header)),
        )
        for position, word in enumerate(words):
            page.write_string(row, position, word)


def _what(header: Header, entry: dict[str, str]) -> str:
    """What a column holds, without the unit of `schools`, which need not be the file's."""
    if header.column == "school_year":
        return "学年"
    return entry.get("label_zh", header.column).split("（")[0]


def _kind(header: Header) -> str:
    """The field's type; a helper column that is no field of `schools` holds counts, as the intake reads it."""
    return "text" if header.column == "school_year" else kind_of_field(header.column)


def kind_of_field(column: str) -> str:
    """The type of a field of a school's return; of a column that is none, counts."""
    return next((entry["type"] for entry in school_fields() if entry["column"] == column), "count")


def _unit(header: Header, unit: str) -> str:
    if header.factor == 1:
        return _UNITS.get(unit, unit)
    if (unit, header.factor) == ("yuan", 10_000):
        return "万元"
    return f"{header.factor} {_UNITS.get(unit, unit)}"


def _rules(source: Source, header: Header) -> list[str]:
    """What a cell of the column must keep to, one sentence per rule."""
    column: Column | None = next((c for c in SCHOOLS.columns if c.name == header.column), None)
    if column is None:
        return []
    ids = source.described.identifiers
    words = [] if column.nullable else ["必填"]
    words += [
        text
        for name, text in (("school_id", ids.school_id_words), ("county_code", ids.county_code_words))
        if name == column.name
    ]
    if column.one_of:
        words.append("代码之一：" + "、".join(column.one_of))
    if column.minimum is not None:
        words.append(f"{column.minimum:g} 至 {column.maximum:g}" if _kind(header) == "year" else "不小于 0")
    if _kind(header) == "yesno":
        words.append("填“是”或“否”")
    for rule in SCHOOLS.rules:
        if column.name in rule.refuses:
            words.append(f"不得出现：{_rule_words(rule.name)}")
    return words


@cache
def _rule_messages() -> dict[str, str]:
    with (HERE / "rules.csv").open(encoding="utf-8", newline="") as lines:
        return {entry["rule"]: entry["message_zh"] for entry in csv.DictReader(lines)}


def _rule_words(rule: str) -> str:
    """What a rule forbids, without what is done about it."""
    for stage in STAGES:
        rule = rule.removesuffix(f"_{stage}")
    return _rule_messages()[rule].replace("“{value}”", "").split("，")[0].split("。")[0]


def _shown(source: Source, layout: str, year: int, header: Header, rows: pl.DataFrame) -> list[str | None]:
    """The cells of one column as the file shows them."""
    if header.column == "school_year":
        clues = source.described.layouts[layout].year
        offset = next((clue.offset for clue in clues if clue.place == "column"), 0)
        return [str(year - offset)] * rows.height
    if header.column not in rows.columns:
        return [None] * rows.height
    kind = _kind(header)
    return [None if value is None else cell_shown(value, kind, header.factor) for value in rows[header.column]]


def cell_shown(value: Any, kind: str, factor: int) -> str:
    """A value as a return shows it: 是 or 否, a figure divided by its factor exactly."""
    if kind == "text":
        return str(value)
    if kind == "yesno":
        return "是" if value else "否"
    figure = Decimal(str(value)) / factor
    whole = figure.to_integral_value()
    return format(whole if figure == whole else figure.normalize(), "f")
