"""Workbooks of forms: read as their one-row returns would be, refused by name where labels moved, dirt and all."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from pipelines.archives import digest
from pipelines.explaining import school_cells
from pipelines.intake import Intake, named_files, survey, take_in
from pipelines.synthetic import province
from reports.return_workbook import return_frame
from schemas.contract import accept
from schemas.forms import address
from schemas.forms_tables import FORM_PLACES, RETURN_EXPLANATIONS
from schemas.source import sources
from tests.forming import FAULTY, FORMS, as_xls, changed, drawn, mapped, sheet_of

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


def test_every_reported_cell_is_listed_at_its_own_sheet_and_address(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(drawn(school(), 2021, is_exported=True))
    read = taken(tmp_path)
    tables = {
        name: getattr(read, name) for name in ("schools", "columns_read", "form_places", "returns", "corrections")
    }
    cells = school_cells(tables).filter(pl.col("position").is_not_null())
    assert set(cells["column"]) >= {"school_name", "books", "pe_teachers_junior", "equipment_value_yuan"}
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    for cell in cells.filter(pl.col("column").str.contains("pupils|teachers|books")).iter_rows(named=True):
        assert str(book[cell["sheet"]].cell(cell["row"], cell["position"]).value) == cell["value"]
        assert cell["header"].startswith(address(cell["row"], cell["position"]))


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


def test_a_form_in_another_unit_is_not_read(tmp_path: Path) -> None:
    def tell(book: openpyxl.Workbook) -> None:
        sheet_of(book, "教基5170")["A2"] = "教基5170                单 位：千平方米"
        sheet_of(book, "教基3112")["A2"] = "教基3112                单位： 人"
        sheet_of(book, "教基2106")["A2"] = "教基2106                单位："

    read = of_hand(tmp_path, tell)
    assert {entry[0] for entry in refused(read)} == {"unit_differs"}
    assert read.quarantine["column"].to_list() == [
        "building_area_m2",
        "teaching_auxiliary_area_m2",
        "indoor_sports_area_m2",
    ]
    assert "千平方米" in read.quarantine["message"][0]
    row = read.schools.row(0, named=True)
    assert (row["building_area_m2"], row["pupils_primary"]) == (None, school()["pupils_primary"])


def test_a_moved_identity_refuses_the_workbook(tmp_path: Path) -> None:
    read = of_hand(tmp_path, lambda book: sheet_of(book, "教基1001").insert_rows(1))
    assert read.schools.is_empty()
    assert read.quarantine.select("rule", "level").rows() == [("identity_label_moved", "file")]
    assert "教基1001_九年一贯制学校：A5 为“学校标识码”，现在A6" in read.quarantine["message"][0]


# What real workbooks are like.


def test_figures_as_text_and_residue_in_labels_are_read(tmp_path: Path) -> None:
    def spoil(book: openpyxl.Workbook) -> None:
        page = sheet_of(book, "教基5176")
        page["D12"] = f" {school()['books']:,}\u3000"
        page["A12"] = "二、图\u3000书 _x000D_\n"
        page["A7"] = "其中：运动场\n地面积"

    read = of_hand(tmp_path, spoil)
    assert refused(read) == []
    assert read.schools["books"].to_list() == [school()["books"]]


def test_an_asterisk_is_not_reported_and_a_word_is_refused_at_its_cell(tmp_path: Path) -> None:
    def spoil(book: openpyxl.Workbook) -> None:
        page = sheet_of(book, "教基5176")
        page["D12"], page["D14"], page["D19"] = "*", "约三十", "12.5"

    read = of_hand(tmp_path, spoil)
    assert refused(read) == [("not_a_number", "教基5176_九年一贯制学校", 14, "computers")]
    assert read.quarantine.select("header", "value", "school_id").row(0) == (
        "D14 教学用计算机 · 数量",
        "约三十",
        school()["school_id"],
    )
    row = read.schools.row(0, named=True)
    assert (row["books"], row["computers"], row["equipment_value_yuan"]) == (None, None, Decimal(125_000))


def test_a_faulty_cell_of_an_exported_form_is_named_where_it_stands_in_the_sheet(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(
        changed(
            drawn(school(), 2021, is_exported=True),
            lambda book: sheet_of(book, "教基5176").cell(13, 5, "很多") and None,
        )
    )
    read = taken(tmp_path)
    assert read.quarantine.select("row", "header", "rule").rows() == [(13, "E13 图书 · 数量", "not_a_number")]


def test_a_logic_rule_names_each_cell_that_it_takes_in(tmp_path: Path) -> None:
    read = of_hand(tmp_path, lambda book: sheet_of(book, "教基5170").__setitem__("F17", 900_000))
    assert refused(read) == [
        ("indoor_sports_within", "教基5170_九年一贯制学校", 10, "teaching_auxiliary_area_m2"),
        ("indoor_sports_within", "教基5170_九年一贯制学校", 17, "indoor_sports_area_m2"),
    ]


def test_a_formula_counts_by_the_result_that_the_workbook_holds(tmp_path: Path) -> None:
    read = of_hand(tmp_path, lambda book: sheet_of(book, "教基5176").__setitem__("D12", "=1000+234"))
    assert refused(read) == [("formula_not_calculated", "教基5176_九年一贯制学校", 12, "books")]
    content = with_results((tmp_path / "a.xlsx").read_bytes(), b"1234")
    (tmp_path / "a.xlsx").write_bytes(content)
    read = taken(tmp_path)
    assert refused(read) == []
    assert read.schools["books"].to_list() == [1234]


def with_results(content: bytes, result: bytes) -> bytes:
    """The workbook as Excel saves it: every formula with this result."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(written, "w") as new:
        for part in old.infolist():
            page = old.read(part)
            for empty in (b"</f><v></v>", b"</f><v/>", b"</f><v />"):
                page = page.replace(empty, b"</f><v>" + result + b"</v>")
            new.writestr(part, page)
    return written.getvalue()


def test_a_formula_error_is_refused_at_its_cell(tmp_path: Path) -> None:
    def spoil(book: openpyxl.Workbook) -> None:
        cell = sheet_of(book, "教基5176")["D12"]
        cell.value, cell.data_type = "#DIV/0!", "e"

    read = of_hand(tmp_path, spoil)
    assert refused(read) == [("error_value", "教基5176_九年一贯制学校", 12, "books")]


def test_a_hidden_form_is_read_and_a_hidden_copy_of_a_shown_one_is_left_and_named(tmp_path: Path) -> None:
    def hide(book: openpyxl.Workbook) -> None:
        sheet_of(book, "教基5170").sheet_state = "hidden"
        copy = book.copy_worksheet(sheet_of(book, "教基5176"))
        copy.title, copy.sheet_state, copy["D12"] = "教基5176_旧", "veryHidden", 1
        book.create_sheet("字典").sheet_state = "hidden"

    read = of_hand(tmp_path, hide)
    assert refused(read) == []
    assert read.schools["books"].to_list() == [school()["books"]]
    assert read.schools["teaching_auxiliary_area_m2"].to_list() == [school()["teaching_auxiliary_area_m2"]]
    assert read.returns["reason"].to_list() == ["未读取的工作表：教基5176_旧、字典"]
    assert read.form_places.filter("is_hidden")["form"].to_list() == ["教基5170"]


def test_an_old_workbook_is_read_like_a_new_one(tmp_path: Path) -> None:
    for folder, content in (("new", drawn(school(), 2021)), ("old", as_xls(drawn(school(), 2021)))):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a").write_bytes(content)
    new, old = taken(tmp_path / "new"), taken(tmp_path / "old")
    assert old.returns["format"].to_list() == ["xls"]
    assert old.quarantine.is_empty()
    assert old.schools.equals(new.schools)


def test_forms_that_the_school_should_have_and_lacks_are_named(tmp_path: Path) -> None:
    def remove(book: openpyxl.Workbook) -> None:
        for form in ("教基5176", "教基3118"):
            book.remove(sheet_of(book, form))

    read = of_hand(tmp_path, remove)
    assert read.returns["reason"].to_list() == ["缺表 forms absent：教基5176"]
    assert read.schools["books"].to_list() == [None]


def test_the_year_may_stand_in_the_name_of_file_or_folder(tmp_path: Path) -> None:
    untitled = changed(drawn(school(), 2021), lambda book: sheet_of(book, "教基1001").__setitem__("A2", "教基1001"))
    untitled = changed(untitled, lambda book: [page.__setitem__("A2", page.title) for page in book.worksheets] and None)
    (tmp_path / "2022年").mkdir()
    for name in ("a.xlsx", "2021-a.xlsx", "2022年/a.xlsx"):
        (tmp_path / name).write_bytes(untitled)
    read = taken(tmp_path)
    assert read.returns.select("file", "school_year").rows() == [
        ("2021-a.xlsx", 2021),
        ("2022年/a.xlsx", 2022),
        ("a.xlsx", None),
    ]
    assert refused(read) == [("no_school_year", None, None, None)]
    there = survey(named_files(tmp_path), sources().values())
    assert there.select("source", "school_year").rows() == [("cn-forms", 2021), ("cn-forms", 2022), ("cn-forms", None)]


# Folders and zips; what is broken is named and the rest goes on.


def test_a_zip_is_a_folder_and_its_broken_files_are_named_while_the_rest_goes_on(tmp_path: Path) -> None:
    rows = demo()[2021].head(3)
    books = {row["school_id"]: drawn(row, 2021) for row in rows.iter_rows(named=True)}
    first, second, third = books
    with zipfile.ZipFile(tmp_path / "甲县.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"一/{first}.xlsx", books[first])
        archive.writestr(f"一/{second}.xlsx", books[second][:5000])
        archive.writestr("说明.txt", "本县共三所学校")
        archive.writestr("__MACOSX/._x", "x")
        archive.writestr(f"~${first}.xlsx", "x")
    (tmp_path / f"{third}.xlsx").write_bytes(books[third])
    (tmp_path / "坏.zip").write_bytes(b"PK\x03\x04 nothing")
    read = taken(tmp_path)
    assert read.schools.select("school_id", "file").sort("file").rows() == [
        (third, f"{third}.xlsx"),
        (first, f"甲县.zip/一/{first}.xlsx"),
    ]
    assert read.quarantine.select("file", "rule").rows() == [
        ("坏.zip", "damaged_file"),
        (f"甲县.zip/一/{second}.xlsx", "damaged_file"),
        ("甲县.zip/说明.txt", "not_recognised"),
    ]


def test_names_that_chinese_windows_packed_are_read_and_a_damaged_member_is_refused_alone(tmp_path: Path) -> None:
    name = "棠里市/第一小学.xlsx".encode("gb18030")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("X" * len(name), drawn(school(), 2021))
        archive.writestr("b.xlsx", b"0123456789" * 50)
    packed = content.getvalue().replace(b"X" * len(name), name).replace(b"0123456789", b"9876543210")
    (tmp_path / "a.zip").write_bytes(packed)
    read = taken(tmp_path)
    assert read.schools["file"].to_list() == ["a.zip/棠里市/第一小学.xlsx"]
    assert read.quarantine.select("file", "rule").rows() == [("a.zip/b.xlsx", "damaged_file")]


def test_a_workbook_gives_way_to_the_export_and_a_later_workbook_to_an_earlier_one(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(drawn(school() | {"books": 1}, 2021))
    (tmp_path / "b.xlsx").write_bytes(drawn(school() | {"books": 2}, 2021))
    assert taken(tmp_path).schools["books"].to_list() == [2]
    row = pl.DataFrame([school() | {"books": 3}], schema=demo()[2021].schema)
    return_frame(sources()["cn-returns"], "school", 2021, row).write_csv(tmp_path / "0.csv")
    read = taken(tmp_path)
    assert read.schools["books"].to_list() == [3]
    assert read.returns.select("file", "status").rows() == [
        ("0.csv", "accepted"),
        ("a.xlsx", "superseded"),
        ("b.xlsx", "superseded"),
    ]


def test_a_source_that_was_not_asked_for_is_left(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(drawn(school(), 2021))
    read = take_in(named_files(tmp_path), sources().values(), wanted=["cn-returns"])
    assert read.returns["status"].to_list() == ["ignored"]
    read = take_in(named_files(tmp_path), sources().values(), wanted=["cn-forms"])
    assert read.returns.select("status", "source", "layout").row(0) == ("accepted", "cn-returns", "forms")


def test_a_withdrawn_workbook_counts_for_nothing_and_a_row_without_identity_is_refused_alone(tmp_path: Path) -> None:
    for name, given in (("a", {}), ("b", {"school_id": "31690"}), ("c", {"school_id": "3169999999"})):
        (tmp_path / f"{name}.xlsx").write_bytes(drawn(school() | given, 2021))
    files = named_files(tmp_path)
    out = {(name, digest(entry)): "作废" for name, entry in files if name in ("a.xlsx", "b.xlsx")}
    read = take_in(files, sources().values(), withdrawn={key: why for key, why in out.items() if key[0] == "a.xlsx"})
    assert read.schools["school_id"].to_list() == ["3169999999"]
    assert read.quarantine.select("file", "rule", "header").rows() == [
        ("b.xlsx", "school_id_short", "C5 学校标识码 · 内容")
    ]
    counted = read.returns.select("file", "status", "rows_read", "rows_accepted", "rows_refused").rows()
    assert counted == [
        ("a.xlsx", "withdrawn", 0, 0, 0),
        ("b.xlsx", "refused", 1, 0, 1),
        ("c.xlsx", "accepted", 1, 1, 0),
    ]
    both = take_in(files[:2], sources().values(), withdrawn=out)
    assert both.returns["status"].to_list() == ["withdrawn", "withdrawn"]
    assert both.schools.is_empty()


# The school's own explanations.


def test_the_sheet_of_failed_checks_becomes_explanations(tmp_path: Path) -> None:
    said = [("经验校验", "今年毕业生大于去年六年级 多 2", "转入两人"), ("逻辑校验", "图书 册数为零", "")]
    (tmp_path / "a.xlsx").write_bytes(drawn(school(), 2021, explanations=said))
    read = taken(tmp_path)
    assert read.return_explanations.select("sheet", "row", "kind", "rule", "column", "said").rows() == [
        ("数据核查结果说明", 2, "经验校验", "今年毕业生大于去年六年级 多 2", None, "转入两人"),
        ("数据核查结果说明", 3, "逻辑校验", "图书 册数为零", "books", None),
    ]
    assert read.return_explanations["school_id"].unique().to_list() == [school()["school_id"]]


def test_explanations_in_one_cell_are_parted_at_the_word(tmp_path: Path) -> None:
    def tell(book: openpyxl.Workbook) -> None:
        page = book.create_sheet("基础基112续表1")
        page["B2"] = "数据核查结果说明及建议"
        page["B4"] = "今年离园大于去年大班+今年大班入园 12 多 2; 说明: 两名幼儿转入"

    read = of_hand(tmp_path, tell, 2020)
    assert read.return_explanations.select("row", "rule", "said").rows() == [
        (4, "今年离园大于去年大班+今年大班入园 12 多 2", "两名幼儿转入")
    ]


# Errors of the map.


def test_each_rule_of_forms_is_met_by_the_workbook_of_its_name(tmp_path: Path) -> None:
    for name, content in FAULTY.items():
        (tmp_path / name).write_bytes(content)
    read = taken(tmp_path)
    assert {f"{rule}.xlsx": file for file, rule in read.quarantine.select("file", "rule").rows()} == {
        name: name for name in FAULTY
    }
