"""Workbooks of forms: read as their one-row returns would be, refused by name where labels moved, dirt and all."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from pipelines.intake import Intake, named_files, take_in
from pipelines.synthetic import province
from reports.return_workbook import return_frame
from schemas.contract import accept
from schemas.forms_tables import FORM_PLACES, RETURN_EXPLANATIONS
from schemas.source import sources
from tests.forming import FORMS, changed, drawn, mapped, sheet_of

YEARS = (2020, 2021)
_WHERE = ("file", "sheet", "row")


@cache
def demo() -> dict[int, pl.DataFrame]:
    """The invented province."""
    return province()


def dozen(year: int) -> pl.DataFrame:
    """Twelve schools of the invented province, integrated ones and one that reports no facilities among them."""
    rows = demo()[year]
    integrated = rows.filter(pl.col("school_type_code").is_in(["312", "341", "345"])).head(3)
    silent = rows.filter(pl.col("books").is_null()).head(1)
    assert integrated.height == 3
    assert silent.height == 1
    others = rows.join(pl.concat([integrated, silent]), on="school_id", how="anti", maintain_order="left").head(8)
    return pl.concat([integrated, silent, others])


def school(year: int = 2021) -> dict[str, object]:
    """A nine-year school."""
    return demo()[year].filter(pl.col("school_type_code") == "312").row(0, named=True)


def taken(folder: Path) -> Intake:
    """The folder read by every source; every table of forms keeps its contract."""
    read = take_in(named_files(folder), sources().values())
    accept(read.form_places, FORM_PLACES)
    accept(read.return_explanations, RETURN_EXPLANATIONS)
    return read


def refused(read: Intake) -> list[tuple[object, ...]]:
    """What was refused: rule, sheet, row, column."""
    return read.quarantine.select("rule", "sheet", "row", "column").rows()


def of_hand(tmp_path: Path, change: Callable[[openpyxl.Workbook], None], year: int = 2021) -> Intake:
    """A workbook read after a change by hand."""
    (tmp_path / "a.xlsx").write_bytes(changed(drawn(school(year), year), change))
    return taken(tmp_path)


# The same figures by cells as by rows.


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("is_exported", [False, True])
def test_workbooks_give_what_the_one_row_return_gives_for_every_mapped_column(
    tmp_path: Path, year: int, *, is_exported: bool
) -> None:
    rows = dozen(year)
    (tmp_path / "rows").mkdir()
    return_frame(sources()["cn-returns"], "school", year, rows).write_csv(tmp_path / "rows" / f"{year}.csv")
    (tmp_path / "forms").mkdir()
    for row in rows.iter_rows(named=True):
        book = drawn(row, year, is_exported=is_exported, not_applicable="*" if is_exported else None)
        (tmp_path / "forms" / f"{row['school_id']}.xlsx").write_bytes(book)
    by_row, by_cell = taken(tmp_path / "rows"), taken(tmp_path / "forms")
    assert by_cell.quarantine.is_empty()
    assert by_cell.returns["status"].to_list() == ["accepted"] * 12
    columns = ["school_year", "source", "province_code", "return_part", *mapped(rows, year)]
    assert len(columns) > 100
    assert by_cell.schools.select(columns).equals(by_row.schools.select(columns))
    others = [c for c in rows.columns if c not in columns]
    assert by_cell.schools.select(pl.col(others).is_null().all()).row(0) == (True,) * len(others)


def test_a_row_knows_file_and_sheet_and_every_form_its_place(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(drawn(school(), 2021))
    (tmp_path / "b.xlsx").write_bytes(drawn(school() | {"school_id": "3169999999"}, 2021, is_exported=True))
    read = taken(tmp_path)
    assert read.schools.select(_WHERE).rows() == [
        ("a.xlsx", "教基1001_九年一贯制学校", 5),
        ("b.xlsx", "教基1001_九年一贯制学校", 6),
    ]
    place = read.form_places.filter(form="教基5176").select("file", "sheet", "rows_before", "columns_before")
    assert place.rows() == [("a.xlsx", "教基5176_九年一贯制学校", 0, 0), ("b.xlsx", "教基5176_九年一贯制学校", 1, 1)]


# A layout that moved is refused by name.


def insert_row(book: openpyxl.Workbook) -> None:
    sheet_of(book, "教基5176").insert_rows(12)


def insert_column(book: openpyxl.Workbook) -> None:
    sheet_of(book, "教基5176").insert_cols(4)


def rename_label(book: openpyxl.Workbook) -> None:
    sheet_of(book, "教基5176")["A12"] = "纸质图书"


def test_a_row_inserted_refuses_the_cells_below_it_and_says_where_their_labels_stand(tmp_path: Path) -> None:
    read = of_hand(tmp_path, insert_row)
    assert refused(read) == [
        ("label_moved", "教基5176_九年一贯制学校", row, column)
        for row, column in ((12, "books"), (14, "computers"), (17, "multimedia_rooms"), (19, "equipment_value_yuan"))
    ]
    first = read.quarantine.row(0, named=True)
    assert first["header"] == "D12 图书 · 数量"
    assert "A12 为“图书”，现在A13" in first["message"]
    assert "“图书” at A12, which stands at A13" in first["message_en"]
    row = read.schools.row(0, named=True)
    assert row["books"] is None
    assert row["sports_ground_area_m2"] == school()["sports_ground_area_m2"]
    assert read.returns.select("status", "cells_refused").row(0) == ("partly_accepted", 4)


def test_a_column_inserted_refuses_every_cell_right_of_it(tmp_path: Path) -> None:
    read = of_hand(tmp_path, insert_column)
    assert {entry[0] for entry in refused(read)} == {"label_moved"}
    assert read.quarantine.height == len([c for c in FORMS.forms.cells(2021) if c.form == "教基5176"])
    assert read.schools["books"].to_list() == [None]


def test_a_label_of_another_name_refuses_its_cell_alone(tmp_path: Path) -> None:
    read = of_hand(tmp_path, rename_label)
    assert refused(read) == [("label_moved", "教基5176_九年一贯制学校", 12, "books")]
    assert read.quarantine["value"].to_list() == ["纸质图书"]


def test_a_moved_identity_refuses_the_workbook(tmp_path: Path) -> None:
    read = of_hand(tmp_path, lambda book: sheet_of(book, "教基1001").insert_rows(1))
    assert read.schools.is_empty()
    assert read.quarantine.select("rule", "level").rows() == [("identity_label_moved", "file")]
    assert "教基1001_九年一贯制学校：A5 为“学校标识码”，现在A6" in read.quarantine["message"][0]
