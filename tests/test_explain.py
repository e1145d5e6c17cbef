"""A figure explained: its formula with the numbers, its articles, and for every input the very cell of the file."""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import fastexcel
import msgspec
import openpyxl
import pytest

from assets.explained import NoSuchFigureError, explained
from assets.home import Home
from reports.explanation import Explanation, Figure, Unit, as_json, cell_name, json_schema, shown
from reports.explanation_text import lines
from reports.language import catalogue, speaking
from schemas.corrections import Correction
from tests.drawing import cells, headers, tw_table, write_text, write_workbook
from tests.drawn_home import BOOKS, PUPILS, drawn_home
from tests.forming import changed, drawn, sheet_of


def five_schools() -> list[list[str]]:
    """The five schools of the published worked example, as a return gives them."""
    rows = [
        cells(n, school_type_code="211", pupils_primary=str(p), books=str(b))
        for n, (p, b) in enumerate(zip(PUPILS, BOOKS, strict=True), 1)
    ]
    return [headers(), *rows]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return drawn_home(tmp_path / "home", [write_text(tmp_path / "年报.csv", five_schools())])


def ask(home: Home, indicator: str = "books", standard: str = "cn-basic-2012", **more: object) -> Figure:
    asked = {"year": 2021, "county": "110101", "stage": "primary", "indicator": indicator, "standards": [standard]}
    (figure,) = explained(home, **(asked | more)).figures  # type: ignore[arg-type]
    return figure


def text(home: Home, language: str = "zh-CN", **more: object) -> str:
    asked = {"year": 2021, "county": "110101", "stage": "primary", "indicator": "books", "standards": ["cn-basic-2012"]}
    with speaking(catalogue(language)):
        return "\n".join(lines(explained(home, **(asked | more))))  # type: ignore[arg-type]


def test_the_published_worked_example_is_explained_with_its_numbers(home: Home) -> None:
    figure = ask(home)
    assert figure.county.cv == pytest.approx(0.5152566299, abs=1e-10)
    assert [step.symbol for step in figure.steps] == ["X̄", "S", "CV"]
    mean, deviation, cv = figure.steps
    assert mean.with_numbers == "(279 + 137 + 935 + 160 + 402) / (45 + 37 + 89 + 76 + 55) = 1913 / 302"
    assert deviation.with_numbers.startswith("√(")
    assert deviation.with_numbers.count(" + ") == 4
    assert cv.with_numbers == "3.2638607052 / 6.3344370861"
    said = text(home)
    assert "CV = S / X̄ = 3.2638607052 / 6.3344370861 = 0.5152566299" in said
    assert "x = r / P = 935 / 89 = 10.5056179775" in said
    assert "教督〔2012〕3号，校际均衡状况八项指标第 5 项" in said


def test_every_input_of_a_text_file_stands_in_the_cell_that_is_named(tmp_path: Path) -> None:
    path = write_text(tmp_path / "年报.csv", [["某省年报"], *five_schools()], "gb18030")
    figure = ask(drawn_home(tmp_path / "home", [path]))
    with path.open(encoding="gb18030", newline="") as lines_of_file:
        file = list(csv.reader(lines_of_file))
    found = [one for unit in figure.units for one in unit.inputs]
    assert {one.column for one in found} == {"books", "pupils_primary", "pupils_junior", "pupils_senior"}
    for one in found:
        assert one.row is not None
        assert one.position is not None
        assert file[one.row - 1][one.position - 1] == (one.value or "")
        assert file[(one.header_row or 0) - 1][one.position - 1] == one.header
        assert (one.file, one.sheet, one.cell) == ("年报.csv", None, None)


def test_every_input_of_a_workbook_stands_in_the_cell_that_is_named(tmp_path: Path) -> None:
    pages = {"封面": [["2021 年"]], "年报": [["某省教育事业统计年报"], [], *five_schools()]}
    path = write_workbook(tmp_path / "年报.xlsx", pages, top=3, left=2)
    figure = ask(drawn_home(tmp_path / "home", [path]))
    sheet = fastexcel.read_excel(path).load_sheet("年报", header_row=None, skip_rows=0, dtypes="string")
    first = sheet.selected_columns[0].absolute_index
    page = sheet.to_polars()
    assert first == 2
    for one in (one for unit in figure.units for one in unit.inputs):
        assert one.sheet == "年报"
        assert one.row is not None
        assert one.position is not None
        assert page[one.row - 1, one.position - 1 - first] == one.value
        assert one.cell == cell_name(one.position, one.row)
    assert {one.row for unit in figure.units for one in unit.inputs} == {7, 8, 9, 10, 11}


def test_a_cells_name_is_the_workbooks() -> None:
    assert [cell_name(n, 12) for n in (1, 26, 27, 52, 53, 702, 703)] == [
        "A12",
        "Z12",
        "AA12",
        "AZ12",
        "BA12",
        "ZZ12",
        "AAA12",
    ]


def test_the_file_is_told_with_its_hash_and_the_day_it_arrived(home: Home, tmp_path: Path) -> None:
    (file,) = ask(home).files
    assert file.sha256 == hashlib.sha256((tmp_path / "年报.csv").read_bytes()).hexdigest()
    assert file.received_on == date(2022, 3, 1)
    assert f"SHA-256 {file.sha256}" in text(home)
    assert "首次收到：2022 年 3 月 1 日" in text(home)


def one_of(figure: Figure, school: str) -> Unit:
    return next(unit for unit in figure.units if unit.school_id == school)


def test_an_integrated_schools_split_is_told_with_its_weights(tmp_path: Path) -> None:
    nine = cells(1, school_type_code="312", pupils_primary="166", pupils_junior="210", pupils_senior="0", books="23226")
    home = drawn_home(tmp_path / "home", [write_text(tmp_path / "a.csv", [headers(), nine])])
    unit = one_of(ask(home, stage="junior"), "2111000001")
    assert unit.split is not None
    assert (unit.split.numerator, unit.split.denominator) == (23100, 39700)
    assert unit.split.weights == {"primary": "1", "junior": "1.1", "senior": "1.32"}
    assert unit.step is not None
    assert unit.step.with_numbers == "23226 × 23100 / 39700 / 210"
    assert unit.numerator == pytest.approx(13514.373, abs=5e-4)
    assert "按小学、初中、高中 1 : 1.1 : 1.32 的加权在校生数拆分，本单位占 23100/39700" in text(home, stage="junior")


def test_a_corrected_cell_tells_its_correction_and_the_old_value(tmp_path: Path) -> None:
    right = Correction(
        id="C-7",
        source="cn-returns",
        table="schools",
        school_year=2021,
        file="",
        where=(("school_id", "2111000003"),),
        column="books",
        expect="935",
        becomes="395",
        reason="数字颠倒",
        document="函〔2022〕3号",
        status="applied",
        recorded_by="",
        recorded_on="",
        listed_in="corrections/cn-returns.csv",
        listed_row=2,
    )
    home = drawn_home(tmp_path / "home", [write_text(tmp_path / "a.csv", five_schools())], [right])
    figure = ask(home)
    (one,) = figure.corrections
    assert (one.value_before, one.value, one.document) == ("935", "395", "函〔2022〕3号")
    books = next(i for i in one_of(figure, "2111000003").inputs if i.column == "books")
    assert (books.value, books.correction) == ("395", "C-7")
    assert "C-7：第3学校 图书册数 935 → 395；a.csv 第 4 行；数字颠倒；函〔2022〕3号" in text(home)
    assert "C-7: 第3学校 Books 935 → 395; a.csv, row 4; 数字颠倒; 函〔2022〕3号" in text(home, "en")


def test_a_refused_cell_tells_what_stood_there_and_by_which_rule(tmp_path: Path) -> None:
    rows = five_schools()
    rows[2][headers().index("图书册数")] = "很多"
    figure = ask(drawn_home(tmp_path / "home", [write_text(tmp_path / "a.csv", rows)]))
    unit = one_of(figure, "2111000002")
    books = next(i for i in unit.inputs if i.column == "books")
    assert (unit.value, unit.why, books.value) == (None, "not_reported", None)
    assert books.refused is not None
    assert (books.refused.value, books.refused.rule) == ("很多", "not_a_number")
    assert (figure.county.units, figure.county.units_reporting) == (5, 4)


def test_a_total_that_the_file_does_not_give_names_the_columns_of_its_parts(tmp_path: Path) -> None:
    rows = tw_table(
        "primary_csv", 2022, {"pupils_grade_1_male": "10", "pupils_grade_1_female": "9", "classes_primary": "1"}
    )
    path = write_text(tmp_path / "111_basec.csv", rows)
    home = drawn_home(tmp_path / "home", [path])
    figure = ask(home, "pupils_per_class", "tw-indicative", year=2022, county="01")
    pupils = next(i for unit in figure.units for i in unit.inputs if i.column == "pupils_primary")
    assert (pupils.kind, pupils.value, pupils.position) == ("formed", "19", None)
    file = rows
    assert pupils.row is not None
    parts = [file[pupils.row - 1][(part.position or 0) - 1] for part in pupils.parts]
    assert sum(map(int, parts)) == 19
    assert {part.column for part in pupils.parts} >= {"pupils_grade_1_male", "pupils_grade_6_female"}


def test_a_schools_figure_lists_that_school_alone_and_the_countys_formula_whole(home: Home) -> None:
    figure = ask(home, school="2111000003")
    assert [unit.school_id for unit in figure.units] == ["2111000003"]
    assert figure.steps[0].result == pytest.approx(1913 / 302)
    assert "1913 / 302" in figure.steps[0].with_numbers


def test_the_composite_is_told_as_the_mean_of_its_coefficients(home: Home) -> None:
    figure = ask(home, "composite")
    assert len(figure.steps) == 9
    assert figure.steps[-1].with_numbers.endswith("/ 8")
    assert not figure.units


def test_chinese_and_english_carry_the_same_figures(home: Home) -> None:
    def numbers(said: str) -> list[str]:
        return sorted(word for line in said.splitlines() if " = " in line for word in line.split() if word[0].isdigit())

    zh, en = text(home), text(home, "en")
    assert numbers(zh) == numbers(en)
    assert len(numbers(zh)) > 30


def test_the_json_is_of_its_schema_and_reads_back_the_same(home: Home) -> None:
    found = explained(home, year=2021, county="110101", stage="primary", indicator="books")
    again = msgspec.json.decode(as_json(found), type=Explanation, strict=True)
    assert again == found
    assert {figure.standard for figure in found.figures} == {"cn-basic-2012"}
    written = Path(__file__).resolve().parents[1] / "docs" / "explanation.schema.json"
    assert json.loads(written.read_text("utf-8")) == json.loads(json.dumps(json_schema()))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"year": 1999}, "没有 1999 学年；有：2021"),
        ({"county": "110199"}, "没有县 110199"),
        ({"indicator": "teaching"}, "指标有："),
        ({"school": "2111000099"}, "学校 2111000099"),
    ],
)
def test_what_is_not_there_is_said_with_what_there_is(home: Home, asked: dict[str, object], said: str) -> None:
    with pytest.raises(NoSuchFigureError, match=said):
        ask(home, **asked)  # type: ignore[arg-type]


def test_numbers_are_shown_with_ten_decimals_at_most_and_none_too_many() -> None:
    assert [shown(n) for n in (0.5152566298844764, 302.0, 0.0, None, 1e-14)] == [
        "0.5152566299",
        "302",
        "0",
        "…",
        "1.0000000000e-14",
    ]


def test_the_command_explains_without_dagster_and_without_what_only_writers_need(home: Home) -> None:
    program = (
        "import sys; from assets.door import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert end.code in (0, None), end.code\n"
        "heavy = {'dagster', 'pandera', 'fastexcel', 'xlsxwriter', 'pydantic'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    asked = ["explain", "--county", "110101", "--year", "2021", "--stage", "primary", "--indicator", "books"]
    command = [sys.executable, "-c", program, *asked, "--home", str(home.root)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert "0.5152566299" in done.stdout.decode()


def test_every_input_of_a_workbook_of_forms_stands_in_its_own_sheet_and_cell(tmp_path: Path) -> None:
    known = {"school_name": "第一小学", "county_code": "110101", "county_name": "甲县", "school_type_code": "211"}
    figures = [{"pupils_primary": p, "books": b} for p, b in zip(PUPILS, BOOKS, strict=True)]
    paths = []
    for number, given in enumerate(figures, 1):
        paths.append(tmp_path / f"{number}.xlsx")
        school = known | given | {"school_id": f"211100000{number}"}
        content = drawn(school, 2021, is_exported=number > 3)
        if number == 5:
            content = changed(content, lambda book: sheet_of(book, "教基5176").cell(13, 5, "很多") and None)
        paths[-1].write_bytes(content)
    figure = ask(drawn_home(tmp_path / "home", paths))
    inputs = {(u.school_id, one.column): one for u in figure.units for one in u.inputs if one.kind == "read"}
    assert len(inputs) == 10
    for (_, column), one in inputs.items():
        assert one.row is not None
        assert one.position is not None
        assert one.cell == cell_name(one.position, one.row)
        page = openpyxl.load_workbook(tmp_path / one.file)[str(one.sheet)]
        wanted = "很多" if (one.file, column) == ("5.xlsx", "books") else one.value
        assert str(page[one.cell].value) == wanted
    first, fifth = inputs["2111000001", "books"], inputs["2111000005", "books"]
    assert (first.sheet, first.cell, first.header) == ("教基5176_小学", "D12", "D12 图书 · 数量")
    assert (fifth.cell, fifth.value) == ("E13", None)
    assert fifth.refused is not None
    assert (fifth.refused.value, fifth.refused.rule) == ("很多", "not_a_number")
