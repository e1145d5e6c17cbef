"""Return files drawn by hand: a sound school under the headers of its year, and the file formats it may come in."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl
import xlsxwriter

from pipelines.intake import Intake, take_in
from schemas.source import sources

CN = sources()["cn-returns"]
TW = sources()["tw-moe"]

Row = Sequence[object]


def header_of(column: str, year: int = 2021) -> str:
    """The header under which cn-returns gives a column."""
    return next(header.header for header in CN.headers("school", year) if header.column == column)


def headers(year: int = 2021) -> list[str]:
    """The headers of cn-returns in a school year."""
    return [header.header for header in CN.headers("school", year)]


def cells(number: int = 1, year: int = 2021, **given: str | None) -> list[str]:
    """One sound nine-year school as cn-returns has it, most cells blank; `given` replaces cells by column."""
    sound = {
        "school_year": str(year),
        "county_code": "110101",
        "county_name": "甲县",
        "school_id": f"2111{number:06d}",
        "school_name": f"第{number}学校",
        "school_type_code": "312",
        "pupils_primary": "600",
        "pupils_junior": "300",
        "classes_primary": "15",
        "classes_junior": "7",
        "full_time_teachers_primary": "30",
        "full_time_teachers_junior": "24",
    }
    filled = sound | given
    unknown = set(filled) - {header.column for header in CN.headers("school", year)}
    assert not unknown, unknown
    return [filled.get(header.column) or "" for header in CN.headers("school", year)]


def schools(count: int, year: int = 2021) -> list[list[str]]:
    """So many sound schools."""
    return [cells(number, year) for number in range(1, count + 1)]


def write_csv(path: Path, rows: Sequence[Row], encoding: str = "utf-8", delimiter: str = ",") -> Path:
    """The rows as text with quotes where needed."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def write_xlsx(path: Path, pages: Mapping[str, Sequence[Row]], *, top: int = 0, left: int = 0) -> Path:
    """A workbook of sheets by name; `top` blank rows and `left` blank columns come first; "=" begins a formula."""
    with xlsxwriter.Workbook(path) as book:
        for name, rows in pages.items():
            page = book.add_worksheet(name)
            for i, row in enumerate(rows, top):
                for j, value in enumerate(row, left):
                    if isinstance(value, str) and value.startswith("="):
                        page.write_formula(i, j, value, value="#DIV/0!")
                    elif value not in ("", None):
                        page.write(i, j, value)
    return path


def taken(*paths: Path) -> Intake:
    """The files taken in under their own names, every source known."""
    return take_in([(path.name, path) for path in paths], sources().values())


def rules(intake: Intake) -> list[str]:
    """The rules that were broken, in the order of the quarantine."""
    return intake.quarantine["rule"].to_list()


def counts(intake: Intake) -> list[tuple[int, int, int, int]]:
    """Rows read, accepted, refused and superseded, file by file."""
    names = ("rows_read", "rows_accepted", "rows_refused", "rows_superseded")
    return intake.returns.select(names).rows()


def accepted(intake: Intake, column: str) -> pl.Series:
    """One column of the accepted schools."""
    return intake.schools[column]
