"""A county's own workbook: everything that its standards ask has a row, and what is filled in is read back unchanged."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import fastexcel
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipelines.intake import COUNTY_TABLES, Intake
from reports.county_workbook import HOW_TO_SHEET, ITEMS_SHEET, county_frame, write_county_workbook
from schemas.contract import tidy
from schemas.county import COUNTY_INPUTS
from schemas.tables import TABLES, county_fact_fields
from standards.county_return import WantedFact, known_facts, wanted_facts
from standards.standard import Standard, load, standards
from tests.drawing import CN, counts_by_layout, taken, write_text

YEAR = 2023
COUNTY = ("690101", "青岚县")
DRAWN = """
title.zh = "画出的标准"
title.en = "A drawn standard"
document.zh = "文件"
document.en = "Document"
applies_to = ["cn-returns"]
units_of = "cn-quality-2017"
[[facts]]
id = "drawn_rooms"
label.zh = "画出的教室数"
label.en = "Drawn rooms"
unit = "rooms"
type = "count"
[[facts]]
id = "drawn_money_yuan"
label.zh = "画出的经费"
label.en = "Drawn money"
unit = "yuan"
[[parts]]
id = "government"
role = "items"
rule = "points"
total = 10
pass_mark = 8
title.zh = "政府"
title.en = "Government"
article = "一"
[[items]]
id = "plan"
part = "government"
number = "1"
label.zh = "有规划"
label.en = "A plan"
article = "一（一）"
points = 4
checks = [{ kind = "finding" }]
[[items]]
id = "money"
part = "government"
number = "2"
label.zh = "经费增长"
label.en = "Growing money"
article = "一（二）"
points = 6
asks_finding = false
checks = [
    { id = "line", kind = "finding", label = { zh = "经费单列", en = "A line of its own" } },
    { id = "grows", kind = "growth", fact = "drawn_money_yuan", years = 2 },
    { id = "rooms", kind = "fact", plus = ["drawn_rooms"], limit = 3, each = true, unit = "rooms" },
]
[[parts]]
id = "approval"
role = "approval"
title.zh = "认可"
title.en = "Approval"
article = "二"
[[items]]
id = "unpublished"
part = "approval"
label.zh = "未公开"
label.en = "Not published"
article = "二"
is_in_source = false
[[items]]
id = "rooms_now"
part = "approval"
label.zh = "教室"
label.en = "Rooms"
article = "二"
checks = [
    { id = "rooms", kind = "fact", plus = ["drawn_rooms"], over = ["drawn_money_yuan"], limit = 1 },
    { id = "size", kind = "every_school", plus = ["classes"], must_be = "at_most", limit = 60 },
]
[[relaxations]]
id = "old_schools"
item = "rooms_now"
check = "size"
label.zh = "老校放宽"
label.en = "Old schools"
article = "三"
from = 2020-01-01
until = 2025-01-01
limit = 70
"""


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Standard:
    path = tmp_path_factory.mktemp("standards") / "drawn.toml"
    path.write_text(DRAWN, "utf-8")
    return load(path)


@pytest.fixture(scope="module")
def everything() -> list[Standard]:
    return list(standards().values())


def empty(tmp_path: Path, asked: list[Standard], county: tuple[str, str] | None = COUNTY) -> Path:
    path = tmp_path / "空表.xlsx"
    write_county_workbook(path, CN, YEAR, asked, county, None)
    return path


def sheet(path: Path, name: str) -> pl.DataFrame:
    return fastexcel.read_excel(path).load_sheet(name, dtypes="string").to_polars()


def rows() -> dict[str, pl.DataFrame]:
    """A county's tables, with every kind of cell and text that a workbook could mistake for something else."""
    place = {"school_year": YEAR, "source": "cn-returns", "province_code": "690000", "file": "县.xlsx", "row": 1}
    place |= {"county_code": COUNTY[0], "county_name": COUNTY[1], "sheet": None}
    facts = [
        {"fact": "drawn/plan", "finding": True, "score": Decimal("3.5"), "note": "=1+1", "office": "督导室"},
        {"fact": "drawn/plan", "finding": False, "school_id": "2169010101", "evidence": "+86 010"},
        {"fact": "drawn_money_yuan", "period": 2021, "value": Decimal("123456789.0123")},
        {"fact": "drawn_money_yuan", "period": 2022, "value": Decimal("-0.0001")},
        {"fact": "drawn_rooms", "breakdown": "音乐", "value": Decimal(12), "valid_until": dt.date(2024, 8, 31)},
        {"fact": "drawn_rooms", "breakdown": "美术", "value": Decimal(0), "evidence_date": dt.date(2023, 9, 1)},
        {"fact": "something_else", "period": 2019, "value": Decimal(1)},
    ]
    drawn: dict[str, list[dict[str, object]]] = {
        "county_facts": [{"period": YEAR, "breakdown": "", "school_id": ""} | row for row in facts],
        "county_measures": [
            {"standard": "drawn", "item": "plan", "school_id": "", "problem_class": "教师配置", "priority": 1}
            | {"measure": "@补齐", "expected_by": dt.date(2024, 6, 30)},
            {"standard": "drawn", "item": "plan", "school_id": "2169010101", "person": "-王某"},
        ],
        "county_assessments": [
            {"standard": "drawn", "assessment": "self_evaluation", "result": "passed", "open_rectifications": 0},
            {"standard": "drawn", "assessment": "national_recognition", "due_on": dt.date(2024, 12, 1)},
        ],
        "county_documents": [{"standard": "drawn", "item": "plan", "title": "规划（2023）", "sha256": "0a" * 32}],
        "county_plans": [
            {"plan": "改造", "zone": "", "period": 2021, "planned": Decimal("13031.5"), "unit": "万元"},
            {"plan": "改造", "zone": "东片", "period": YEAR, "target_year": 2025, "stated_share": Decimal("33.3333")},
        ],
        "school_groups": [
            {"grouping": "学区", "group": "第一学区", "school_id": "2169010101", "since": dt.date(2020, 9, 1)}
        ],
    }
    return {name: tidy(pl.DataFrame([place | row for row in held]), TABLES[name]) for name, held in drawn.items()}


def same(read: Intake, given: dict[str, pl.DataFrame]) -> None:
    for name in COUNTY_TABLES:
        origin = ("file", "sheet", "row")
        assert_frame_equal(read.county[name].drop(origin), given[name].drop(origin))


# What is asked.


def test_a_standard_asks_each_thing_once_in_its_order(drawn: Standard) -> None:
    asked = wanted_facts([drawn])
    assert [(wanted.fact, wanted.of) for wanted in asked] == [
        ("drawn/plan", "item"),
        ("drawn/money", "item"),
        ("drawn/money/line", "check"),
        ("drawn_money_yuan", "figure"),
        ("drawn_rooms", "figure"),
        ("drawn/government", "part"),
        ("drawn/rooms_now", "item"),
        ("drawn/old_schools", "relaxation"),
    ]
    by_fact = {wanted.fact: wanted for wanted in asked}
    plan, money, rooms = by_fact["drawn/plan"], by_fact["drawn/money"], by_fact["drawn_rooms"]
    assert (plan.takes_finding, plan.points, plan.number) == (True, Decimal(4), "1")
    assert (money.takes_finding, money.points) == (False, Decimal(6))
    assert (rooms.type, rooms.unit, rooms.by_breakdown, rooms.years_before) == ("count", "rooms", True, (0,))
    assert by_fact["drawn/old_schools"].by_school


def test_growth_asks_for_one_year_more_and_another_check_for_its_own(drawn: Standard) -> None:
    """Two years of growth up to the last closed year, 2022, need 2020 to 2022; the other check needs 2023."""
    money = next(wanted for wanted in wanted_facts([drawn]) if wanted.fact == "drawn_money_yuan")
    assert money.years_before == (-3, -2, -1, 0)


def test_what_is_asked_is_known_and_so_is_what_is_not_in_the_source(
    drawn: Standard, everything: list[Standard]
) -> None:
    known = known_facts([*everything, drawn])
    asked = wanted_facts([*everything, drawn], county_fact_fields())
    assert {wanted.fact for wanted in asked} <= known.keys()
    assert len({wanted.fact for wanted in asked}) == len(asked)
    assert {"drawn/unpublished", "drawn/old_schools", "drawn/government", "drawn/money/grows"} <= known.keys()
    assert (known["drawn_rooms"].type, known["drawn/plan"].type) == ("count", "")
    assert "drawn/another" not in known


def test_every_item_that_a_county_can_say_has_a_row(everything: list[Standard]) -> None:
    asked = {wanted.fact for wanted in wanted_facts(everything)}
    for standard in everything:
        for item in standard.items:
            if item.is_in_source and item.asks_finding:
                assert f"{standard.id}/{item.id}" in asked


# The template.


def test_the_workbook_has_a_sheet_for_every_table_and_its_headers(tmp_path: Path, everything: list[Standard]) -> None:
    path = empty(tmp_path, everything)
    labels = [CN.described.layouts[contract.name].label for contract in COUNTY_INPUTS]
    assert fastexcel.read_excel(path).sheet_names == [HOW_TO_SHEET, *labels, ITEMS_SHEET]
    for contract, label in zip(COUNTY_INPUTS, labels, strict=True):
        there = sheet(path, label).columns
        wanted = [header.header for header in CN.headers(contract.name, YEAR)]
        assert [header for header in there if header in wanted] == wanted
        assert set(there) - set(wanted) <= set(CN.described.layouts[contract.name].guides)


def test_the_empty_workbook_is_taken_for_one_in_which_nothing_is_said(
    tmp_path: Path, everything: list[Standard]
) -> None:
    read = taken(empty(tmp_path, everything), facts=known_facts(everything))
    assert read.quarantine["rule"].to_list() == ["no_rows"]


def test_every_wanted_thing_has_a_row_with_its_year_and_its_words(tmp_path: Path, drawn: Standard) -> None:
    found = sheet(empty(tmp_path, [drawn]), "县级事项").filter(pl.col("标准") == "画出的标准")
    money = ["2020", "2021", "2022", "2023"]
    assert found.select("事项", "所属年度").rows() == [
        ("drawn/plan", "2023"),
        ("drawn/money", "2023"),
        ("drawn/money/line", "2023"),
        *(("drawn_money_yuan", year) for year in money),
        ("drawn_rooms", "2023"),
        ("drawn/government", "2023"),
        ("drawn/rooms_now", "2023"),
        ("drawn/old_schools", "2023"),
    ]
    assert set(found["行政区划代码"]) == {COUNTY[0]}
    said = {row["事项"]: row for row in found.iter_rows(named=True)}
    assert said["drawn/plan"]["条目"] == "1 有规划"
    assert "满分 4 分" in said["drawn/plan"]["要求"]
    assert said["drawn/government"]["要求"] == "满分 10 分，8 分及以上达标"
    assert (said["drawn_money_yuan"]["单位"], said["drawn_rooms"]["单位"]) == ("元", "间")
    assert "≥ 3 间" in said["drawn_rooms"]["要求"]
    assert "每校一行" in said["drawn/old_schools"]["填写说明"]


def test_figures_of_the_dictionary_that_no_standard_asks_follow(tmp_path: Path, drawn: Standard) -> None:
    found = sheet(empty(tmp_path, [drawn]), "县级事项")
    beside = found.filter(pl.col("标准").is_null())["事项"].to_list()
    asked = {wanted.fact for wanted in wanted_facts(list(standards().values()))}
    assert beside == [fact for fact in county_fact_fields() if fact not in asked]


def validations(path: Path, name: str) -> list[tuple[str, str]]:
    """The kind and place of every check of a sheet."""
    with zipfile.ZipFile(path) as parts:
        position = fastexcel.read_excel(path).sheet_names.index(name) + 1
        text = parts.read(f"xl/worksheets/sheet{position}.xml").decode()
    found = re.findall(r"<dataValidation ([^>]*)>", text)
    kinds = [re.search(r'type="(\w+)"', attributes) for attributes in found]
    places = [re.search(r'sqref="([^"]+)"', attributes) for attributes in found]
    return [(kind[1], place[1]) for kind, place in zip(kinds, places, strict=True) if kind and place]


def test_cells_take_only_what_they_are_for(tmp_path: Path, drawn: Standard) -> None:
    path = empty(tmp_path, [drawn])
    headers = sheet(path, "县级事项").columns
    keys = sheet(path, "县级事项")["事项"].to_list()

    def cell(header: str, key: str) -> str:
        return f"{chr(ord('A') + headers.index(header))}{keys.index(key) + 2}"

    found = {place: kind for kind, place in validations(path, "县级事项")}
    assert found[cell("数值", "drawn_rooms")] == "whole"
    assert found[cell("数值", "drawn_money_yuan")] == "decimal"
    assert found[cell("自评得分", "drawn/plan")] == "decimal"
    assert cell("自评得分", "drawn_rooms") not in found
    assert cell("数值", "drawn/plan") not in found
    column = chr(ord("A") + headers.index("是否"))
    assert found[f"{column}2:{column}{len(keys) + 301}"] == "list"
    kinds = {kind for kind, _ in validations(path, "评估阶段")}
    assert kinds == {"list", "date", "whole"}


def test_text_is_never_a_formula_and_the_same_rows_give_the_same_bytes(tmp_path: Path, drawn: Standard) -> None:
    contents = []
    for _ in range(2):
        content = BytesIO()
        write_county_workbook(content, CN, YEAR, [drawn], COUNTY, rows())
        contents.append(content.getvalue())
    assert contents[0] == contents[1]
    with zipfile.ZipFile(BytesIO(contents[0])) as parts:
        for name in parts.namelist():
            if name.startswith("xl/worksheets/sheet"):
                assert "<f>" not in parts.read(name).decode()


def test_every_sheet_has_a_frozen_header_and_prints_legibly(tmp_path: Path, everything: list[Standard]) -> None:
    path = empty(tmp_path, everything)
    with zipfile.ZipFile(path) as parts:
        for place, name in enumerate(fastexcel.read_excel(path).sheet_names, 1):
            text = parts.read(f"xl/worksheets/sheet{place}.xml").decode()
            assert name == HOW_TO_SHEET or 'ySplit="1"' in text
            assert 'orientation="landscape"' in text
            assert "&amp;P" in text
            columns = re.findall(r'<col min="(\d+)" max="(\d+)" width="([\d.]+)"', text)
            width = sum((int(last) - int(first) + 1) * float(each) for first, last, each in columns)
            paper = {"9": 297, "8": 420}[re.findall(r'paperSize="(\d+)"', text)[0]]
            assert (paper / 25.4 - 0.8) / (width * 8.5 / 96) >= 0.55, name
            if name in (HOW_TO_SHEET, ITEMS_SHEET):
                assert paper == 297


def test_what_is_asked_of_a_row_is_not_clipped(tmp_path: Path, everything: list[Standard]) -> None:
    path = empty(tmp_path, everything)
    asked = sheet(path, "县级事项")["要求"].fill_null("").to_list()
    with zipfile.ZipFile(path) as parts:
        text = parts.read("xl/worksheets/sheet2.xml").decode()
    heights = [float(high) for high in re.findall(r'<row [^>]* ht="([\d.]+)"', text)][1:]
    assert len(heights) == len(asked)
    for words, high in zip(asked, heights, strict=True):
        assert high >= min(408, 13 * -(-len(words.encode("gb18030")) // 34))


# There and back.


@pytest.mark.parametrize("county", [COUNTY, None])
def test_what_is_filled_in_is_read_back_as_the_same_rows(
    tmp_path: Path, drawn: Standard, county: tuple[str, str] | None
) -> None:
    path = tmp_path / "县.xlsx"
    write_county_workbook(path, CN, YEAR, [drawn], county, rows())
    read = taken(path, facts={*known_facts([drawn]), "something_else"})
    assert read.quarantine.is_empty()
    assert set(read.returns["status"]) == {"accepted"}
    assert read.returns["unknown_columns"].null_count() == len(COUNTY_TABLES)
    same(read, rows())


def test_rows_of_other_years_and_counties_stay_out(tmp_path: Path, drawn: Standard) -> None:
    path = tmp_path / "县.xlsx"
    others = rows()["county_facts"].with_columns(county_code=pl.lit("690102"))
    earlier = rows()["county_facts"].with_columns(school_year=pl.lit(2022, pl.Int32))
    held = pl.concat([rows()["county_facts"], others, earlier])
    write_county_workbook(path, CN, YEAR, [drawn], COUNTY, {"county_facts": held})
    assert counts_by_layout(taken(path)) == {("县.xlsx", "county_facts"): (7, 7, 0, 0)}


def test_a_text_frame_is_read_back_as_the_same_rows(tmp_path: Path) -> None:
    given = rows()
    paths = [
        write_text(tmp_path / f"{name}.csv", [frame.columns, *([cell or "" for cell in row] for row in frame.rows())])
        for name in COUNTY_TABLES
        for frame in [county_frame(CN, name, YEAR, given[name])]
    ]
    read = taken(*paths)
    assert read.quarantine.is_empty()
    same(read, given)


def test_a_filled_row_stands_where_it_is_asked_for(tmp_path: Path, drawn: Standard) -> None:
    path = tmp_path / "县.xlsx"
    write_county_workbook(path, CN, YEAR, [drawn], COUNTY, rows())
    found = sheet(path, "县级事项")
    assert found.filter(pl.col("事项") == "drawn_rooms")["分项"].to_list() == ["美术", "音乐"]
    assert found["事项"].to_list()[:3] == ["drawn/plan", "drawn/plan", "drawn/money"]
    assert found.filter(pl.col("标准").is_not_null())["事项"].to_list()[-1] == "drawn/old_schools"


def test_a_wanted_fact_of_no_standard_has_no_words_of_one() -> None:
    (only,) = wanted_facts([], {"basic_balance_recognised_year"})
    assert isinstance(only, WantedFact)
    assert (only.of, only.standard, only.type, only.years_before) == ("other", "", "year", (0,))
