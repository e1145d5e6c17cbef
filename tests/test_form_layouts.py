"""The cell map of forms and its commands: sound, cited, compared year by year, and written as it is read."""

from __future__ import annotations

import json
import re
from pathlib import Path

import polars as pl
import pytest

from pipelines.form_layouts import changes, mapped_labels, mapped_layout, workbook_labels
from pipelines.intake import named_files, take_in
from pipelines.synthetic import province
from reports.form_page import form_page
from schemas.forms import CONFIDENCES, address, bare, letters, position
from schemas.source import sources
from schemas.tables import school_fields
from tests.forming import FORMS, changed, drawn, mapped, sheet_of
from tests.test_command import run

LAYOUT_2020 = Path(__file__).resolve().parents[2] / "shared/data/return-forms/jichu_forms_layout_2020.json"
YEARS = (2020, 2021)


def test_an_address_is_read_and_written() -> None:
    assert [position(cell) for cell in ("A1", "F10", "Z2", "AA21", "ZZ3")] == [
        (1, 1),
        (10, 6),
        (2, 26),
        (21, 27),
        (3, 702),
    ]
    assert [address(*position(cell)) for cell in ("A1", "F10", "AA21", "ZZ3")] == ["A1", "F10", "AA21", "ZZ3"]
    assert (letters(1), letters(27), letters(52)) == ("A", "AA", "AZ")
    with pytest.raises(ValueError, match="10F"):
        position("10F")


@pytest.mark.parametrize(
    ("label", "wanted"),
    [
        ("一、教学及辅助用房", "教学及辅助用房"),
        ("(二)室内体育用房", "室内体育用房"),
        ("其中:女", "女"),
        ("总计中:残疾人", "残疾人"),
        ("3.图书", "图书"),
        ("25人及以下", "25人及以下"),
        ("一年级", "一年级"),
    ],
)
def test_a_label_is_compared_without_its_enumeration(label: str, wanted: str) -> None:
    assert bare(label) == wanted


@pytest.mark.parametrize("year", YEARS)
def test_the_map_of_a_school_year_is_sound(year: int) -> None:
    assert FORMS.forms is not None
    cells = FORMS.forms.cells(year)
    fields = {entry["column"]: entry for entry in school_fields()}
    assert len({cell.column for cell in cells}) == len(cells)
    assert len({(cell.form, cell.cell) for cell in cells}) == len(cells)
    assert {"school_id", "school_name", "county_code", "county_name", "school_type_code"} <= {c.column for c in cells}
    assert {cell.form for cell in cells} == set(FORMS.forms.forms(year))
    for cell in cells:
        assert cell.confidence in CONFIDENCES
        assert cell.stage == fields[cell.column]["stage"]
        row, column = position(cell.cell)
        assert position(cell.row.cell)[0] == row
        assert position(cell.heading.cell)[1] == column
        assert position(cell.row.cell)[1] < column
        assert position(cell.heading.cell)[0] < row
        assert all((*cell.row.labels, *cell.heading.labels))
        assert (cell.factor == 10_000) == (cell.unit == "万元")
    assert all(form.confidence in CONFIDENCES for form in FORMS.forms.forms(year).values())


def test_every_cell_is_said_to_be_as_sure_as_its_source() -> None:
    """The cells that one public importer reads in the layout of 2021, as they are known; no other cell claims it."""
    assert FORMS.forms is not None
    known = {("教基5170", cell) for cell in ("F10", "F17")} | {
        ("教基5176", cell) for cell in ("D7", "D12", "D17", "D19")
    }
    known |= {("教基3112", "I6"), ("教基1102", "D12"), ("教基1102", "D13")}
    known |= {("教基2106", f"C{row}") for row in range(5, 16)}
    known |= {("教基4155", cell) for cell in ("C6", "C8", "L6", "N6", "O6", "P6")}
    claimed = {(c.form, c.cell) for c in FORMS.forms.cells(2021) if c.confidence == "secondary"}
    assert claimed == known
    assert {c.confidence for c in FORMS.forms.cells(2020)} == {"official", "ours"}


@pytest.mark.skipif(not LAYOUT_2020.exists(), reason=f"the layout of an official workbook is absent: {LAYOUT_2020}")
def test_official_cells_stand_where_an_official_workbook_of_2020_has_them() -> None:
    """The workbook is an export: below a row of letters, right of a column of numbers."""
    assert FORMS.forms is not None
    layout = json.loads(LAYOUT_2020.read_text("utf-8"))
    codes = {code for _, code, _ in layout["table_of_contents"]}
    assert {form for form, about in FORMS.forms.forms(2020).items() if about.confidence == "official"} <= codes
    official = [cell for cell in FORMS.forms.cells(2020) if cell.confidence == "official"]
    assert {cell.form for cell in official} == {"基础基331", "基础基431"}
    for cell in official:
        printed = dict(layout["sheets"][cell.form]["cells"])
        for anchor in (cell.row, cell.heading):
            row, column = position(anchor.cell)
            assert re.sub(r"\s", "", printed[address(row + 1, column + 1)]) == anchor.labels[0]
        row, column = position(cell.cell)
        assert address(row + 1, column + 1) not in printed


# Comparing layouts.


def test_two_years_differ_by_the_form_and_cell_of_each_column() -> None:
    found = changes(mapped_layout(FORMS, 2020), mapped_layout(FORMS, 2021), by_form=False)
    rows = {row["what"]: row for row in found.iter_rows(named=True)}
    teachers = rows["full_time_teachers_primary"]
    assert (teachers["change"], teachers["form"], teachers["cell"]) == ("moved", "基础基431", "S9")
    assert (teachers["form_after"], teachers["cell_after"]) == ("教基4155", "C6")
    assert (rows["deaths_primary"]["change"], rows["other_sports_area_m2"]["change"]) == ("gone", "new")
    assert changes(mapped_layout(FORMS, 2021), mapped_layout(FORMS, 2023), by_form=False).is_empty()


def test_two_workbooks_differ_by_the_labels_that_moved() -> None:
    before = drawn(province()[2021].row(0, named=True), 2021)

    def change(book: object) -> None:
        sheet_of(book, "教基5176").insert_rows(14)
        sheet_of(book, "教基5170")["A17"] = "室内运动用房"

    found = changes(workbook_labels(FORMS, before), workbook_labels(FORMS, changed(before, change)), by_form=True)
    assert set(found.select("change", "what", "cell", "cell_after").rows()) == {
        ("moved", "教学用计算机", "A14", "A15"),
        ("moved", "网络多媒体教室", "A17", "A18"),
        ("moved", "教学仪器设备资产值", "A19", "A20"),
        ("gone", "室内体育用房", "A17", None),
        ("new", "室内运动用房", None, "A17"),
    }


def test_a_workbook_drawn_from_the_map_has_every_label_where_the_map_wants_it() -> None:
    row = province()[2021].filter(pl.col("school_type_code") == "312").row(0, named=True)
    for options in ({}, {"is_exported": True}):
        labels = workbook_labels(FORMS, drawn(row, 2021, **options))
        found = changes(mapped_labels(FORMS, 2021), labels, by_form=True)
        assert set(found["change"]) == {"new"}


def test_the_command_compares_years_and_workbooks_and_says_what_it_cannot_read(tmp_path: Path) -> None:
    done = run("forms", "diff", "2020", "2021", "--csv", tmp_path / "diff.csv")
    assert done.returncode == 0
    assert "移动 moved  books  基础基522 D12" in done.stdout.decode()
    assert pl.read_csv(tmp_path / "diff.csv").height == len(done.stdout.decode().splitlines())
    row = province()[2021].row(0, named=True)
    moved = changed(drawn(row, 2021), lambda book: sheet_of(book, "教基5176").insert_rows(12))
    (tmp_path / "a.xlsx").write_bytes(moved)
    done = run("forms", "diff", "2021", tmp_path / "a.xlsx")
    assert "移动 moved  图书  教基5176 A12 → 教基5176 A13" in done.stdout.decode()
    assert "新增" not in done.stdout.decode()
    for asked, said in ((("1999", "2021"), "2018–2020"), (("2021", "none.xlsx"), "none.xlsx")):
        done = run("forms", "diff", *asked)
        assert done.returncode == 2
        assert said in done.stderr.decode()
        assert "Traceback" not in done.stderr.decode()


# The invented province as workbooks.


@pytest.mark.parametrize("options", [(), ("--zip", "--exported")])
def test_the_command_writes_workbooks_that_are_read_back_and_lists_what_no_cell_holds(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    asked = ("--year", "2021", "--county", "690126", "--schools", "4", "-o", tmp_path / "s")
    done = run("forms", "synth", *asked, *options)
    assert done.returncode == 0, done.stderr.decode()
    rows = province()[2021].filter(pl.col("county_code") == "690126").head(4)
    read = take_in(named_files(tmp_path / "s"), sources().values())
    assert read.quarantine.is_empty()
    columns = mapped(rows, 2021)
    assert read.schools.select(columns).equals(rows.select(columns))
    without = done.stdout.decode().split("no cell known for ")[1].splitlines()[0].split(": ")[1].split("、")
    assert {*without, *columns} == set(rows.columns)
    again = {path.name: path.read_bytes() for path in (tmp_path / "s").rglob("*") if path.is_file()}
    assert run("forms", "synth", *asked, *options).returncode == 0
    assert {path.name: path.read_bytes() for path in (tmp_path / "s").rglob("*") if path.is_file()} == again


def test_the_command_says_what_the_invented_province_lacks(tmp_path: Path) -> None:
    for asked, said in ((("--year", "1999"), "2018–2023"), (("--county", "110101"), "690101")):
        done = run("forms", "synth", *asked, "-o", tmp_path)
        assert done.returncode == 2
        assert said in done.stderr.decode()


def test_the_page_of_the_map_lists_every_cell_and_every_column_without_one() -> None:
    assert FORMS.forms is not None
    page = form_page(FORMS)
    for year in YEARS:
        held = {cell.column for cell in FORMS.forms.cells(year)}
        assert all(f"| {cell.form} | {cell.cell} | `{cell.column}` |" in page for cell in FORMS.forms.cells(year))
        without = [entry["column"] for entry in school_fields() if entry["column"] not in held]
        assert f"No cell is known for: {', '.join(f'`{column}`' for column in without)}." in page
