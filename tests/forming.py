"""Workbooks of forms drawn from schools, and changed by hand as people and exporters change them."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

import openpyxl
import polars as pl
import xlwt
from openpyxl.worksheet.worksheet import Worksheet

from reports.form_workbook import write_forms
from schemas.source import sources

FORMS = sources()["cn-forms"]


def drawn(school: Mapping[str, Any], year: int, **options: Any) -> bytes:
    """The workbook of a school."""
    content = io.BytesIO()
    write_forms(content, FORMS, year, school, **options)
    return content.getvalue()


def changed(content: bytes, change: Callable[[openpyxl.Workbook], None]) -> bytes:
    """The workbook after a change by hand."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    change(book)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def sheet_of(book: openpyxl.Workbook, form: str) -> Worksheet:
    """The sheet of a form."""
    return next(page for page in book.worksheets if page.title.split("_")[0] == form)


def mapped(rows: pl.DataFrame, year: int) -> list[str]:
    """The columns of rows that the cell map of a school year holds."""
    held = {cell.column for cell in FORMS.forms.cells(year)} if FORMS.forms else set()
    return [column for column in rows.columns if column in held]


_SCHOOL = {
    "school_id": "3111000500",
    "school_name": "第五百学校",
    "county_code": "110101",
    "county_name": "甲县",
    "school_type_code": "312",
    "books": 5000,
    "building_area_m2": 9000,
}


def _relabel(book: openpyxl.Workbook) -> None:
    sheet_of(book, "教基5176")["A12"] = "纸质图书"


def _in_other_unit(book: openpyxl.Workbook) -> None:
    sheet_of(book, "教基5170")["A2"] = "教基5170          单位：千平方米"


def _copy(book: openpyxl.Workbook) -> None:
    book.copy_worksheet(sheet_of(book, "教基5176")).title = "教基5176_小学"


def _in_year(school_year: int) -> Callable[[openpyxl.Workbook], None]:
    def change(book: openpyxl.Workbook) -> None:
        sheet_of(book, "教基1001")["A2"] = f"{school_year}/{school_year + 1}学年初"

    return change


FAULTY = {
    "label_moved.xlsx": changed(drawn(_SCHOOL, 2021), _relabel),
    "unit_differs.xlsx": changed(drawn(_SCHOOL, 2021), _in_other_unit),
    "repeated_form.xlsx": changed(drawn(_SCHOOL, 2021), _copy),
    "forms_of_other_year.xlsx": changed(drawn(_SCHOOL, 2021), _in_year(2020)),
    "no_form_map.xlsx": changed(drawn(_SCHOOL, 2021), _in_year(2005)),
    "identity_label_moved.xlsx": changed(drawn(_SCHOOL, 2021), lambda book: sheet_of(book, "教基1001").insert_rows(4)),
}
"""A workbook for each rule of forms, under the rule's name."""


def as_xls(content: bytes) -> bytes:
    """The workbook as Excel 97 to 2003 keeps it."""
    old = xlwt.Workbook()
    for page in openpyxl.load_workbook(io.BytesIO(content)).worksheets:
        sheet = old.add_sheet(page.title)
        for row in page.iter_rows():
            for cell in row:
                if cell.value is not None:
                    sheet.write(cell.row - 1, cell.column - 1, cell.value)
    written = io.BytesIO()
    old.save(written)
    return written.getvalue()
