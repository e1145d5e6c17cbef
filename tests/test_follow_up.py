"""A county's workbook of what was refused: filled in and sent back, it mends what it was made for."""

from __future__ import annotations

from pathlib import Path

import fastexcel
import polars as pl

from pipelines.mending import still_open
from reports.follow_up import FIRST_SHEET, follow_up, rows_to_mend
from tests.drawing import CN, cells, header_of, headers, refusals, school, status, taken, write_text, write_workbook

NO_CHECKS = pl.DataFrame(schema=dict.fromkeys(("standard", "item", "status", "reason"), pl.String))


def sheet(content: bytes, name: str) -> pl.DataFrame:
    return fastexcel.read_excel(content).load_sheet(name, dtypes="string").to_polars()


def handed_in(folder: Path) -> Path:
    """Three schools: books of the first are no number, the second has no school type, the third is sound."""
    rows = [
        headers(),
        cells(1, books="很多", computers="12"),
        cells(2, books="200", school_type_code=""),
        cells(3, books="300"),
    ]
    return write_text(folder / "2021-年报.csv", rows)


def test_a_filled_in_workbook_supersedes_what_was_refused_and_keeps_the_rest(tmp_path: Path) -> None:
    first = handed_in(tmp_path)
    read = taken(first)
    assert {(level, rule) for level, rule in read.quarantine.select("level", "rule").iter_rows()} >= {
        ("cell", "not_a_number")
    }
    rows = rows_to_mend(CN, "school", 2021, read.schools, read.quarantine)
    content = follow_up(rows, read.quarantine, NO_CHECKS)
    back = sheet(content, FIRST_SHEET)
    assert back.columns == headers()
    assert back["学校标识码"].to_list() == ["2111000001", "2111000002"]
    assert back["图书册数"].to_list() == [None, "200"]
    listed = sheet(content, "拒收明细")
    assert "很多" in listed["原值"].to_list()

    books = [*back.filter(pl.col("学校标识码") == "2111000001").fill_null("").rows()[0]]
    books[back.columns.index("图书册数")] = "150"
    kind = [*back.filter(pl.col("学校标识码") == "2111000002").fill_null("").rows()[0]]
    kind[back.columns.index(header_of("school_type_code"))] = "312"
    second = write_workbook(tmp_path / "2021-补正-110101.xlsx", {FIRST_SHEET: [back.columns, books, kind]})
    again = taken(first, second)
    assert (school(again, 1)["books"], school(again, 1)["computers"]) == (150, 12)
    assert school(again, 2)["books"] == 200
    assert school(again, 3)["books"] == 300
    assert status(again)["2021-补正-110101.xlsx"] == "accepted"
    superseded = again.returns.filter(pl.col("file") == "2021-年报.csv").row(0, named=True)
    assert (superseded["rows_superseded"], superseded["superseded_by"]) == (1, "2021-补正-110101.xlsx")
    assert still_open(read.quarantine).equals(read.quarantine)
    assert not still_open(again.quarantine).height
    # What the first file holds stays listed, with the file that mended it.
    assert again.quarantine["mended_by"].to_list() == ["2021-补正-110101.xlsx"] * read.quarantine.height
    assert not [fault for fault in refusals(again) if fault[0] == "2021-补正-110101.xlsx"]


def test_the_same_rows_give_the_same_workbook(tmp_path: Path) -> None:
    read = taken(handed_in(tmp_path))
    rows = rows_to_mend(CN, "school", 2021, read.schools, read.quarantine)
    assert follow_up(rows, read.quarantine, NO_CHECKS) == follow_up(rows, read.quarantine, NO_CHECKS)
