"""Workbooks of forms, one per school with a sheet per form, filled from rows of `schools` by a source's cell map.

What the map does not name stands in no sheet. The layout is the official one only where `cells.csv` says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from reports.return_workbook import CREATED, cell_shown, kind_of_field
from schemas.forms import Form, FormCell, letters, position
from schemas.source import Source
from schemas.tables import codes

EXPLANATIONS_SHEET = "数据核查结果说明"
_EXPLANATION_HEADERS = ("序号", "校验类型", "校验内容", "说明")
_PADDING = " " * 120


def write_forms(
    path: Path | BytesIO,
    source: Source,
    year: int,
    school: Mapping[str, Any],
    *,
    is_exported: bool = False,
    not_applicable: str | None = None,
    explanations: Sequence[tuple[str, str, str]] = (),
) -> None:
    """The workbook of one school: a sheet for each mapped form of which the school reports anything.

    `school` is a row of `schools`, in its units. With `is_exported` every form stands below a row of letters and right
    of a column of numbers, and its figures are text, as some exporters write it. A figure that is null is blank, or
    `not_applicable`. `explanations` are failed checks: kind, check, what the school says. The same row gives the same
    bytes.
    """
    assert source.forms is not None
    kind = next((e["label_zh"] for e in codes("school_types") if e["code"] == school.get("school_type_code")), "")
    variant = source.forms.variant(year, str(school.get("school_type_code") or ""))
    cells = source.forms.cells(year, variant)
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"created": CREATED})
        for code, form in source.forms.forms(year).items():
            own = [cell for cell in cells if cell.form == code]
            if any(school.get(cell.column) is not None for cell in own):
                page = book.add_worksheet(form.sheet.format(form=code, school_type=kind))
                _write_form(page, form, own, school, year, is_exported=is_exported, not_applicable=not_applicable)
        if explanations:
            page = book.add_worksheet(EXPLANATIONS_SHEET)
            page.write_row(0, 0, _EXPLANATION_HEADERS)
            for row, (check, rule, said) in enumerate(explanations, 1):
                page.write_row(row, 0, [str(row), check, rule, said])


def _write_form(
    page: Worksheet,
    form: Form,
    cells: Sequence[FormCell],
    school: Mapping[str, Any],
    year: int,
    *,
    is_exported: bool,
    not_applicable: str | None,
) -> None:
    by_place: dict[tuple[int, int], str | Decimal] = {}
    width = max(position(cell.cell)[1] for cell in cells)
    units = dict.fromkeys(cell.unit for cell in cells)
    unit = f"单位：{next(iter(units))}" if len(units) == 1 and any(units) else f"{year}/{year + 1}学年初"
    by_place[1, 1] = form.title
    by_place[2, 1] = f"{form.form}{_PADDING}{unit}"
    numbered = max(position(cell.heading.cell)[0] for cell in cells) + 1
    by_place |= {(numbered, 1): "甲", (numbered, 2): "乙"}
    by_place |= {(numbered, column): str(column - 2) for column in range(3, width + 1)}
    last = max(position(cell.cell)[0] for cell in cells)
    by_place |= {(row, 2): str(row - numbered) for row in range(numbered + 1, last + 1)}
    for cell in cells:
        by_place[position(cell.row.cell)] = cell.row.labels[0]
        by_place[position(cell.heading.cell)] = cell.heading.labels[0]
        shown = _shown(cell, school.get(cell.column))
        if shown is None and not_applicable is not None:
            shown = not_applicable
        if shown is not None:
            by_place[position(cell.cell)] = str(shown) if is_exported else shown
    before = 1 if is_exported else 0
    if is_exported:
        page.write_row(0, 0, [letters(column) for column in range(1, width + 2)])
        for row in range(1, last + 1):
            page.write_string(row, 0, str(row))
    for row in (1, 2):
        text = str(by_place.pop((row, 1)))
        page.merge_range(row - 1 + before, before, row - 1 + before, max(width, 2) - 1 + before, text)
    for (row, column), value in sorted(by_place.items()):
        if isinstance(value, Decimal):
            page.write_number(row - 1 + before, column - 1 + before, value)
        else:
            page.write_string(row - 1 + before, column - 1 + before, value)


def _shown(cell: FormCell, value: Any) -> str | Decimal | None:
    """What the cell shows of a column's value: a number in the unit of the form, or a text."""
    if value is None:
        return None
    kind = kind_of_field(cell.column)
    text = cell_shown(value, kind, cell.factor)
    return Decimal(text) if kind in ("count", "decimal", "year") else text


def covered(source: Source, year: int, rows: pl.DataFrame) -> tuple[list[str], list[str]]:
    """The columns of the rows that the cell map of a school year holds, and those that it does not."""
    assert source.forms is not None
    mapped = {cell.column for cell in source.forms.cells(year)}
    return [c for c in rows.columns if c in mapped], [c for c in rows.columns if c not in mapped]
