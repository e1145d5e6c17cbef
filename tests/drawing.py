"""Return files drawn by hand: schools under the headers of their year, and the formats that a file may come in."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import polars as pl
import xlsxwriter

from pipelines.intake import Intake, take_in
from schemas.source import sources

CN = sources()["cn-returns"]
TW = sources()["tw-moe"]
Row = Sequence[object]
_ERRORS = ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!")


def header_of(column: str, year: int = 2021) -> str:
    """The header under which cn-returns gives a column."""
    return next(header.header for header in CN.headers("school", year) if header.column == column)


def headers(year: int = 2021) -> list[str]:
    """The header row of cn-returns."""
    return [header.header for header in CN.headers("school", year)]


def cells(number: int = 1, year: int = 2021, **given: str) -> list[str]:
    """A row of cn-returns: a nine-year school of which nothing but its identity and the given columns is filled in."""
    filled = {
        "school_year": str(year),
        "county_code": "110101",
        "county_name": "甲县",
        "school_id": f"2111{number:06d}",
        "school_name": f"第{number}学校",
        "school_type_code": "312",
    } | given
    columns = [header.column for header in CN.headers("school", year)]
    assert set(filled) <= set(columns), set(filled) - set(columns)
    return [filled.get(column, "") for column in columns]


def table(count: int = 3, year: int = 2021) -> list[list[str]]:
    """The header row of cn-returns and so many sound schools, with 100 books, 200 books …"""
    return [headers(year), *(cells(number, year, books=str(100 * number)) for number in range(1, count + 1))]


def tw_table(layout: str, year: int, *schools: dict[str, str], title: bool = True) -> list[list[str]]:
    """A file of tw-moe: titles where the layout has them, the header row, schools with 0 where nothing is given."""
    columns = TW.headers(layout, year)
    sound = {
        "school_year": str(year - 1911),
        "county_code": "01",
        "county_name": "新北市",
        "town_name": "板橋區",
        "school_id": "014601",
        "school_name": "市立甲國小",
    }
    rows = [[(sound | school).get(header.column, "0") for header in columns] for school in schools]
    top = [["學校別資料"], [f"{year - 1911} 學年度 SY{year}-{year + 1}"]] if layout.endswith("raw") and title else []
    return [*top, [header.header for header in columns], *rows]


def county_headers(table: str, year: int = 2023) -> list[str]:
    """The header row of a sheet of a county's workbook."""
    return [header.header for header in CN.headers(table, year)]


def county_cells(table: str, year: int = 2023, **given: object) -> list[object]:
    """A row of a county's sheet: school year and county, and what is given."""
    filled = {"school_year": str(year), "county_code": "690101", "county_name": "青岚县"} | given
    columns = [header.column for header in CN.headers(table, year)]
    assert set(filled) <= set(columns), set(filled) - set(columns)
    return [filled.get(column, "") for column in columns]


def county_table(table: str, *rows: dict[str, object], year: int = 2023) -> list[list[object]]:
    """A sheet of a county's workbook: the header row, and the given rows."""
    return [county_headers(table, year), *(county_cells(table, year, **row) for row in rows)]


def text(rows: Sequence[Row], delimiter: str = ",") -> str:
    """The rows as delimited text, with quotes where needed."""
    lines = io.StringIO()
    csv.writer(lines, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return lines.getvalue()


def write_text(path: Path, rows: Sequence[Row], encoding: str = "utf-8", delimiter: str = ",") -> Path:
    """A text file of the rows."""
    path.write_bytes(text(rows, delimiter).encode(encoding))
    return path


def workbook(pages: Mapping[str, Sequence[Row]], *, top: int = 0, left: int = 0) -> bytes:
    """A workbook of sheets by name, `top` blank rows and `left` blank columns before each; "=#N/A" is that error."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        for name, rows in pages.items():
            page = book.add_worksheet(name)
            for i, row in enumerate(rows, top):
                for j, value in enumerate(row, left):
                    if isinstance(value, str) and value.removeprefix("=") in _ERRORS and value.startswith("="):
                        page.write_formula(i, j, "=1/0", value=value[1:])
                    elif isinstance(value, str):
                        page.write_string(i, j, value) if value else None
                    elif value is not None:
                        page.write(i, j, value)
    return content.getvalue()


def write_workbook(path: Path, pages: Mapping[str, Sequence[Row]], *, top: int = 0, left: int = 0) -> Path:
    """A workbook as a file."""
    path.write_bytes(workbook(pages, top=top, left=left))
    return path


def uncalculated(content: bytes) -> bytes:
    """The workbook without the results of its formulas, as programs write it that do not calculate."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(written, "w") as new:
        for part in old.infolist():
            page = old.read(part)
            new.writestr(part, re.sub(rb' t="e"><f>(.*?)</f><v>[^<]*</v>', rb"><f>\1</f><v></v>", page))
    return written.getvalue()


def taken(
    *paths: Path, facts: Collection[str] | None = None, items: Mapping[str, Collection[str]] | None = None
) -> Intake:
    """The files taken in under their own names, every source known; a county may speak of `facts` and `items`."""
    return take_in([(path.name, path) for path in paths], sources().values(), facts=facts, items=items)


def refusals(intake: Intake) -> list[tuple[str, int | None, str | None, str]]:
    """What was refused: file, row, column, rule."""
    return intake.quarantine.select("file", "row", "column", "rule").rows()


def counts(intake: Intake) -> dict[str, tuple[int, int, int, int]]:
    """Rows read, accepted, refused and superseded of each file."""
    names = ("rows_read", "rows_accepted", "rows_refused", "rows_superseded")
    return {row[0]: row[1:] for row in intake.returns.select("file", *names).iter_rows()}


def counts_by_layout(intake: Intake) -> dict[tuple[str, str | None], tuple[int, int, int, int]]:
    """Rows read, accepted, refused and superseded of each file and layout."""
    names = ("rows_read", "rows_accepted", "rows_refused", "rows_superseded")
    return {row[:2]: row[2:] for row in intake.returns.select("file", "layout", *names).iter_rows()}


def status(intake: Intake) -> dict[str, str]:
    """What became of each file."""
    return dict(intake.returns.select("file", "status").iter_rows())


def school(intake: Intake, number: int = 1) -> dict[str, object]:
    """The accepted row of a school of cn-returns."""
    return intake.schools.row(by_predicate=pl.col("school_id") == f"2111{number:06d}", named=True)
