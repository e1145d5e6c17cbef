"""What counties say themselves: their sheets beside schools, what is refused of them and how little, and which of two wins."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from pipelines.intake import COUNTY_TABLES, inbox_files, survey, take_in
from schemas.contract import accept
from schemas.county import COUNTY_INPUTS
from schemas.source import sources
from schemas.tables import QUARANTINE, RETURNS, TABLES
from standards.county_return import KnownFact
from tests.drawing import (
    CN,
    counts,
    counts_by_layout,
    county_headers,
    county_table,
    refusals,
    status,
    table,
    taken,
    uncalculated,
    workbook,
    write_text,
    write_workbook,
)

FACTS = {
    "valid_questionnaires": KnownFact("count", by_breakdown=True),
    "satisfied_questionnaires": KnownFact("count", by_breakdown=True),
    "per_pupil_funds_yuan": KnownFact("decimal"),
    "recognised_year": KnownFact("year"),
    "a-standard/an_item": KnownFact(takes_finding=True, takes_score=True, points=Decimal("12.5")),
    "a-standard/a_check": KnownFact(takes_finding=True),
    "a-standard/a_part": KnownFact(takes_score=True, points=Decimal(100)),
    "a-standard/a_relaxation": KnownFact(takes_finding=True, of_schools=True),
}
ITEMS = {"a-standard": ("an_item", "cv:books"), "b-standard": ("another_item",)}
SAID: dict[str, dict[str, object]] = {
    "county_facts": {"fact": "valid_questionnaires", "value": "100"},
    "county_measures": {"standard": "a-standard", "item": "an_item", "priority": "1", "measure": "补齐教师"},
    "county_assessments": {"standard": "a-standard", "assessment": "自评", "done_on": "2023-10-01"},
    "county_documents": {"standard": "a-standard", "item": "an_item", "title": "关于教师编制的通知"},
    "county_plans": {"plan": "薄弱学校改造", "planned": "13031", "unit": "万元"},
    "school_groups": {"grouping": "学区", "group": "第一学区", "school_id": "2169010101"},
}
"""A sound row of every sheet of a county's workbook."""


def fact(**given: object) -> dict[str, object]:
    """A fact of the county, as `SAID` has it but for what is given."""
    return SAID["county_facts"] | given


# Each sheet is told by its headers.


def test_every_sheet_of_a_countys_workbook_is_read_into_its_table(tmp_path: Path) -> None:
    pages = {CN.described.layouts[name].label: county_table(name, row) for name, row in SAID.items()}
    read = taken(write_workbook(tmp_path / "青岚县.xlsx", {"填写说明": [["每行一件事"]], **pages}), facts=FACTS)
    assert read.quarantine.is_empty()
    assert tuple(read.county) == COUNTY_TABLES == tuple(SAID)
    for name, rows in read.county.items():
        accept(rows, TABLES[name])
        assert rows.height == 1, name
        shown = rows.row(0, named=True)
        assert (shown["source"], shown["school_year"], shown["province_code"]) == ("cn-returns", 2023, "690000")
        assert (shown["county_code"], shown["county_name"]) == ("690101", "青岚县")
        assert (shown["file"], shown["sheet"], shown["row"]) == ("青岚县.xlsx", _label(name), 2)
    assert read.returns.select("layout", "sheets", "status").rows() == [
        (name, _label(name), "accepted") for name in sorted(SAID)
    ]
    assert [reason for reason in read.returns["reason"] if reason] == ["未读取的工作表：填写说明"]


def _label(name: str) -> str:
    return CN.described.layouts[name].label


@pytest.mark.parametrize("name", SAID)
def test_every_form_of_a_countys_file_gives_the_same_rows(tmp_path: Path, name: str) -> None:
    rows = county_table(name, SAID[name])
    write_text(tmp_path / "a.csv", rows, "gb18030")
    write_text(tmp_path / "b.tsv", rows, "utf-16", "\t")
    write_workbook(tmp_path / "c.xlsx", {"一": rows}, top=3, left=1)
    pl.DataFrame(rows[1:], schema=[str(cell) for cell in rows[0]], orient="row").write_parquet(tmp_path / "d.parquet")
    read = [taken(path).county[name].drop("file", "sheet", "row") for path in inbox_files(tmp_path)]
    assert all(rows.equals(read[0]) and rows.height == 1 for rows in read)


def test_a_workbook_may_hold_schools_and_what_the_county_says(tmp_path: Path) -> None:
    pages = {"年报": table(3, 2023), "县级事项": county_table("county_facts", fact())}
    read = taken(write_workbook(tmp_path / "a.xlsx", pages))
    assert counts_by_layout(read) == {("a.xlsx", "school"): (3, 3, 0, 0), ("a.xlsx", "county_facts"): (1, 1, 0, 0)}
    assert read.schools.height == 3
    assert read.county["county_facts"]["value"].item() == 100
    accept(read.returns, RETURNS)


def test_parts_of_a_file_may_be_of_different_school_years(tmp_path: Path) -> None:
    pages = {"年报": table(2, 2022), "县级事项": county_table("county_facts", fact(), {}, year=2023)}
    path = write_workbook(tmp_path / "a.xlsx", pages)
    read = taken(path)
    assert read.returns.select("layout", "school_year").rows() == [("county_facts", 2023), ("school", 2022)]
    assert survey([("a.xlsx", path)], sources().values())["school_year"].to_list() == [2022, 2023]
    asked = take_in([("a.xlsx", path)], sources().values(), years=lambda year: year == 2022)
    assert asked.returns["layout"].to_list() == ["school"]
    assert asked.county["county_facts"].is_empty()


def test_a_folder_without_a_county_has_every_table_of_counties_empty(tmp_path: Path) -> None:
    read = taken(write_text(tmp_path / "a.csv", table()))
    assert {name: rows.schema for name, rows in read.county.items()} == {
        contract.name: contract.polars_schema for contract in COUNTY_INPUTS
    }


def test_a_sheet_with_wrong_headers_takes_no_other_with_it(tmp_path: Path) -> None:
    bad = county_table("county_plans", SAID["county_plans"])
    bad[0] = ["计划总数" if header == "计划数" else header for header in bad[0]]
    pages = {"年报": table(2, 2023), "规划": bad, "事项": county_table("county_facts", fact())}
    read = taken(write_workbook(tmp_path / "a.xlsx", pages))
    assert read.quarantine.select("sheet", "level", "rule", "school_year", "source").rows() == [
        ("规划", "file", "missing_header", 2023, "cn-returns")
    ]
    assert (read.schools.height, read.county["county_facts"].height, read.county["county_plans"].height) == (2, 1, 0)
    assert dict(read.returns.select("layout", "status").iter_rows()) == {
        "county_facts": "accepted",
        "county_plans": "refused",
        "school": "accepted",
    }


def test_columns_for_the_reader_are_known_and_not_read(tmp_path: Path) -> None:
    rows = county_table("county_facts", fact())
    wide = [
        [*rows[0], "标准", "条目", "要求", "单位", "填写说明", "备忘"],
        [*rows[1], "质量", "1", "≥", "份", "填", "甲"],
    ]
    read = taken(write_text(tmp_path / "a.csv", wide))
    assert read.returns["unknown_columns"].to_list() == ["备忘"]
    assert read.county["county_facts"].height == 1


def test_a_school_return_that_lacks_most_of_its_headers_is_no_countys_sheet(tmp_path: Path) -> None:
    rows = [
        ["学年", "行政区划代码", "县级行政区名称", "学校标识码", "电话"],
        ["2023", "690101", "青岚县", "2169010101", "1"],
    ]
    assert refusals(taken(write_text(tmp_path / "a.csv", rows))) == [("a.csv", None, None, "not_recognised")]


# A row that says nothing is none.


def test_a_prefilled_row_that_says_nothing_is_no_row(tmp_path: Path) -> None:
    rows = county_table("county_facts", {"fact": "recognised_year", "period": "2022"}, fact(), {"fact": "x/y"})
    read = taken(write_text(tmp_path / "a.csv", rows), facts=FACTS)
    assert counts(read) == {"a.csv": (1, 1, 0, 0)}
    assert read.quarantine.is_empty()


def test_sheets_without_rows_are_passed_over_and_a_file_of_nothing_else_is_refused(tmp_path: Path) -> None:
    blank = {_label(name): county_table(name) for name in SAID}
    prefilled = blank | {"县级事项": county_table("county_facts", {"fact": "recognised_year"})}
    filled = prefilled | {"规划承诺": county_table("county_plans", SAID["county_plans"])}
    write_workbook(tmp_path / "a.xlsx", prefilled)
    write_workbook(tmp_path / "b.xlsx", {"说明": [["甲"]], **filled})
    read = taken(*inbox_files(tmp_path))
    assert refusals(read) == [("a.xlsx", None, None, "no_rows")]
    assert read.returns.select("file", "layout", "status", "reason").rows() == [
        ("a.xlsx", "county_facts", "refused", None),
        ("b.xlsx", "county_plans", "accepted", "未读取的工作表：说明"),
    ]


# What a blank cell of a key means.


def test_a_blank_cell_of_the_key_means_the_whole_and_this_school_year(tmp_path: Path) -> None:
    rows = county_table("county_facts", fact(), fact(period="2022年", breakdown="语文", school_id="2169010101"))
    read = taken(write_text(tmp_path / "a.csv", rows)).county["county_facts"]
    assert read.select("period", "breakdown", "school_id").rows() == [(2022, "语文", "2169010101"), (2023, "", "")]
    plans = taken(write_text(tmp_path / "b.csv", county_table("county_plans", SAID["county_plans"])))
    assert plans.county["county_plans"].select("zone", "period").rows() == [("", 2023)]
    measures = taken(write_text(tmp_path / "c.csv", county_table("county_measures", SAID["county_measures"])))
    assert measures.county["county_measures"]["school_id"].to_list() == [""]


def test_a_formula_error_where_a_blank_means_something_refuses_the_row(tmp_path: Path) -> None:
    rows = county_table("county_facts", fact(period="=#REF!"), fact(breakdown="=#N/A"), fact())
    read = taken(write_workbook(tmp_path / "a.xlsx", {"一": rows}))
    assert refusals(read) == [("a.xlsx", 2, "period", "key_form"), ("a.xlsx", 3, "breakdown", "key_form")]
    assert read.county["county_facts"].height == 1


# Rows refused.

BAD_ROWS = [
    ("county_facts", {"county_code": ""}, "county_code", "county_code_form"),
    ("county_facts", {"county_code": "6901"}, "county_code", "county_code_form"),
    ("county_facts", {"county_name": ""}, "county_name", "county_name_missing"),
    ("county_facts", {"county_name": "青\ufffd县"}, "county_name", "name_damaged"),
    ("county_facts", {"fact": ""}, "fact", "key_missing"),
    ("county_facts", {"fact": "*"}, "fact", "key_missing"),
    ("county_facts", {"fact": "有效 问卷"}, "fact", "key_form"),
    ("county_facts", {"fact": "valid_questionaires"}, "fact", "unknown_fact"),
    ("county_facts", {"fact": "a-standard/another"}, "fact", "unknown_fact"),
    ("county_facts", {"period": "二〇二二"}, "period", "key_form"),
    ("county_facts", {"period": "22"}, "period", "key_form"),
    ("county_facts", {"period": "1066"}, "period", "key_form"),
    ("county_facts", {"breakdown": "语\ufffd"}, "breakdown", "key_form"),
    ("county_facts", {"breakdown": "文" * 2001}, "breakdown", "key_form"),
    ("county_facts", {"county_name": "县" * 2001}, "county_name", "key_form"),
    ("county_facts", {"fact": "per_pupil_funds_yuan", "breakdown": "小学"}, "breakdown", "breakdown_unused"),
    ("county_facts", {"fact": "a-standard/an_item", "breakdown": "农村"}, "breakdown", "breakdown_unused"),
    ("county_facts", {"fact": "a-standard/a_relaxation"}, "fact", "school_needed"),
    ("county_facts", {"school_id": "216901010"}, "school_id", "school_id_short"),
    ("county_facts", {"school_id": "2169010101.0"}, "school_id", "school_id_number"),
    ("county_facts", {"school_year": "2022"}, "school_year", "year_mismatch"),
    ("county_measures", {"standard": ""}, "standard", "key_missing"),
    ("county_measures", {"item": ""}, "item", "key_missing"),
    ("county_measures", {"standard": "c-standard"}, "standard", "unknown_standard"),
    ("county_measures", {"item": "another_item"}, "item", "unknown_item"),
    ("county_measures", {"standard": "b-standard"}, "item", "unknown_item"),
    ("county_assessments", {"standard": "A-standard"}, "standard", "unknown_standard"),
    ("county_documents", {"standard": "nope"}, "standard", "unknown_standard"),
    ("county_documents", {"item": "no_such_item"}, "item", "unknown_item"),
    ("county_assessments", {"assessment": ""}, "assessment", "key_missing"),
    ("county_assessments", {"assessment": "复查"}, "assessment", "key_form"),
    ("county_documents", {"title": ""}, "title", "key_missing"),
    ("county_plans", {"plan": ""}, "plan", "key_missing"),
    ("county_plans", {"period": "明年"}, "period", "key_form"),
    ("school_groups", {"school_id": ""}, "school_id", "school_id_missing"),
    ("school_groups", {"group": ""}, "group", "key_missing"),
]


@pytest.mark.parametrize(("name", "wrong", "column", "rule"), BAD_ROWS)
def test_a_bad_row_of_a_county_is_refused_alone_and_kept(
    tmp_path: Path, name: str, wrong: dict[str, object], column: str, rule: str
) -> None:
    rows = county_table(name, SAID[name] | wrong, SAID[name], SAID[name] | {"county_code": "690102"})
    read = taken(write_workbook(tmp_path / "a.xlsx", {"年报": table(2, 2023), "一": rows}), facts=FACTS, items=ITEMS)
    assert refusals(read) == [("a.xlsx", 2, column, rule)]
    line = read.quarantine.row(0, named=True)
    assert list(json.loads(line["record"])) == county_headers(name)
    assert "{" not in line["message"] + line["message_en"]
    assert (read.schools.height, read.county[name].height) == (2, 2)
    assert counts_by_layout(read)["a.xlsx", name] == (3, 2, 1, 0)
    for frame, contract in ((read.quarantine, QUARANTINE), (read.returns, RETURNS), (read.county[name], TABLES[name])):
        accept(frame, contract)


def test_an_unknown_fact_is_refused_with_the_nearest_known_ones(tmp_path: Path) -> None:
    rows = county_table("county_facts", fact(fact="valid_questionaires"), fact(fact="水电费"))
    path = write_text(tmp_path / "a.csv", rows)
    read = taken(path, facts=FACTS)
    near, far = read.quarantine["message"].to_list()
    assert "valid_questionnaires" in near
    assert "（无 / none）" in far
    assert taken(path).quarantine.is_empty()


def test_an_unknown_item_is_refused_with_the_nearest_of_its_standard(tmp_path: Path) -> None:
    measure = SAID["county_measures"]
    rows = county_table("county_measures", measure | {"item": "an_itme"}, measure | {"standard": "c-standard"})
    path = write_text(tmp_path / "a.csv", rows)
    item, standard = taken(path, items=ITEMS).quarantine["message_en"].to_list()
    assert "nearest ones: an_item." in item
    assert "a-standard" in standard
    assert "b-standard" in standard
    assert taken(path).quarantine.is_empty()


def test_the_item_of_a_difference_coefficient_is_known(tmp_path: Path) -> None:
    rows = county_table("county_measures", SAID["county_measures"] | {"item": "cv:books"})
    assert taken(write_text(tmp_path / "a.csv", rows), items=ITEMS).quarantine.is_empty()


# A row about a school that is not the county's.


def _schools_of(county: str, *numbers: int) -> list[list[object]]:
    top, *rows = table(9, 2023)
    place = top.index("行政区划代码")
    for row in rows:
        row[place] = county
    return [top, *(rows[number - 1] for number in numbers)]


ABOUT_SCHOOLS = {
    "county_facts": fact(fact="a-standard/an_item", value="", finding="否"),
    "county_measures": SAID["county_measures"],
    "school_groups": SAID["school_groups"],
}


@pytest.mark.parametrize("name", ABOUT_SCHOOLS)
def test_a_row_about_a_school_that_is_not_the_countys_is_refused(tmp_path: Path, name: str) -> None:
    own, others, nobodys = "2111000001", "2111000002", "2111000009"
    rows = [ABOUT_SCHOOLS[name] | {"school_id": school} for school in (own, others, nobodys)]
    write_text(tmp_path / "a.csv", county_table(name, *rows))
    write_text(tmp_path / "b.csv", _schools_of("690101", 1))
    write_text(tmp_path / "c.csv", _schools_of("690102", 2))
    read = taken(*inbox_files(tmp_path), facts=FACTS, items=ITEMS)
    assert refusals(read) == [
        ("a.csv", 3, "school_id", "school_of_other_county"),
        ("a.csv", 4, "school_id", "school_unknown"),
    ]
    assert "690102" in read.quarantine["message"].item(0)
    assert read.county[name]["school_id"].to_list() == [own]
    assert counts(read)["a.csv"] == (3, 1, 2, 0)


def test_a_row_about_a_school_is_kept_where_no_school_of_the_county_and_year_is_read(tmp_path: Path) -> None:
    rows = county_table("school_groups", SAID["school_groups"] | {"school_id": "2111000009"})
    write_text(tmp_path / "a.csv", rows)
    assert taken(tmp_path / "a.csv").quarantine.is_empty()
    write_text(tmp_path / "b.csv", _schools_of("690102", 2))
    assert taken(*inbox_files(tmp_path)).quarantine.is_empty()
    earlier = [[("2022" if cell == "2023" else cell) for cell in row] for row in _schools_of("690101", 1)]
    write_text(tmp_path / "c.csv", earlier)
    assert not [rule for *_, rule in refusals(taken(*inbox_files(tmp_path))) if rule.startswith("school_")]


def test_a_school_whose_own_row_is_refused_is_there_all_the_same(tmp_path: Path) -> None:
    rows = _schools_of("690101", 1, 2)
    rows[2][rows[0].index("学校名称")] = ""
    write_text(tmp_path / "a.csv", rows)
    groups = county_table("school_groups", SAID["school_groups"] | {"school_id": "2111000002"})
    write_text(tmp_path / "b.csv", groups)
    assert refusals(taken(*inbox_files(tmp_path))) == [("a.csv", 3, "school_name", "school_name_missing")]


def test_a_breakdown_is_the_same_in_whatever_width_and_spacing(tmp_path: Path) -> None:
    rows = [fact(breakdown="语　文"), fact(breakdown="ＰＩＳＡ 数学"), fact(breakdown=" 英语 ")]
    read = taken(write_text(tmp_path / "a.csv", county_table("county_facts", *rows)), facts=FACTS)
    assert sorted(read.county["county_facts"]["breakdown"]) == ["PISA数学", "英语", "语文"]
    twice = county_table("county_facts", fact(breakdown="语文"), fact(breakdown="语　文"))
    assert set(taken(write_text(tmp_path / "b.csv", twice)).quarantine["rule"]) == {"repeated_row"}


def test_the_same_thing_said_twice_is_refused_in_both_rows(tmp_path: Path) -> None:
    pages = {
        "一": county_table("county_facts", fact(), fact(period="2022"), fact(breakdown="语文")),
        "二": county_table("county_facts", fact(period="2023", value="7"), fact(county_code="690102")),
    }
    read = taken(write_workbook(tmp_path / "a.xlsx", pages))
    assert read.quarantine.select("sheet", "row", "rule", "value").rows() == [
        ("一", 2, "repeated_row", "valid_questionnaires / 2023"),
        ("二", 2, "repeated_row", "valid_questionnaires / 2023"),
    ]
    assert read.county["county_facts"].height == 3


def test_one_school_may_be_in_groups_of_several_kinds(tmp_path: Path) -> None:
    groups = [SAID["school_groups"], SAID["school_groups"] | {"grouping": "集团"}]
    assert taken(write_text(tmp_path / "a.csv", county_table("school_groups", *groups))).quarantine.is_empty()


# Cells refused.

BAD_CELLS = [
    ("county_facts", {"value": "约百"}, "value", "not_a_number"),
    ("county_facts", {"value": "98%"}, "value", "not_a_number"),
    ("county_facts", {"value": "1.2E+3"}, "value", "scientific"),
    ("county_facts", {"value": "#REF!"}, "value", "error_value"),
    ("county_facts", {"value": "99.5"}, "value", "not_whole"),
    ("county_facts", {"value": "-1"}, "value", "negative"),
    ("county_facts", {"value": "9" * 30}, "value", "too_large"),
    ("county_facts", {"fact": "recognised_year", "value": "2015.5"}, "value", "not_whole"),
    ("county_facts", {"fact": "recognised_year", "value": "15"}, "value", "negative"),
    ("county_facts", {"fact": "recognised_year", "value": "2999"}, "value", "too_large"),
    ("county_facts", {"finding": "基本"}, "finding", "not_yes_no"),
    ("county_facts", {"fact": "a-standard/an_item", "value": "", "score": "-0.5"}, "score", "negative"),
    ("county_facts", {"value": "0.00001"}, "value", "too_many_decimals"),
    ("county_facts", {"value": "100.00000000001"}, "value", "too_many_decimals"),
    ("county_facts", {"fact": "a-standard/an_item", "value": "1"}, "value", "value_unused"),
    ("county_facts", {"fact": "a-standard/a_part", "value": "", "finding": "是"}, "finding", "finding_unused"),
    ("county_facts", {"finding": "否"}, "finding", "finding_unused"),
    ("county_facts", {"score": "5"}, "score", "score_unused"),
    ("county_facts", {"fact": "a-standard/a_check", "value": "", "score": "5"}, "score", "score_unused"),
    ("county_facts", {"fact": "a-standard/an_item", "value": "", "score": "12.5001"}, "score", "score_too_high"),
    ("county_facts", {"fact": "a-standard/a_part", "value": "", "score": "101"}, "score", "score_too_high"),
    ("county_facts", {"evidence_date": "2023-09-02", "valid_until": "2023-09-01"}, "valid_until", "valid_after_dated"),
    ("county_facts", {"note": "见\ufffd件"}, "note", "damaged_text"),
    ("county_facts", {"evidence_date": "去年"}, "evidence_date", "not_a_date"),
    ("county_facts", {"valid_until": "2023-02-30"}, "valid_until", "not_a_date"),
    ("county_facts", {"valid_until": "45170"}, "valid_until", "not_a_date"),
    ("county_measures", {"problem_class": "其他"}, "problem_class", "unknown_code"),
    ("county_measures", {"priority": "0"}, "priority", "negative"),
    (
        "county_measures",
        {"signed_on": "2023-09-02", "expected_by": "2023-09-01"},
        "expected_by",
        "expected_after_signed",
    ),
    ("county_assessments", {"result": "优秀"}, "result", "unknown_code"),
    ("county_documents", {"sha256": "0123"}, "sha256", "form"),
    ("county_documents", {"dated": "2023-09-02", "valid_until": "2023-09-01"}, "valid_until", "valid_after_dated"),
    ("county_plans", {"first_year": "2024", "target_year": "2023"}, "target_year", "target_after_first"),
    ("county_plans", {"done": "0.12345"}, "done", "too_many_decimals"),
    ("school_groups", {"since": "2023-09-02", "until": "2023-09-01"}, "until", "until_after_since"),
    ("county_plans", {"target_year": "20"}, "target_year", "negative"),
    ("school_groups", {"until": "2023"}, "until", "not_a_date"),
]


@pytest.mark.parametrize(("name", "wrong", "column", "rule"), BAD_CELLS)
def test_a_bad_cell_of_a_county_becomes_not_given_and_its_row_goes_on(
    tmp_path: Path, name: str, wrong: dict[str, object], column: str, rule: str
) -> None:
    read = taken(write_text(tmp_path / "a.csv", county_table(name, SAID[name] | wrong)), facts=FACTS)
    assert refusals(read) == [("a.csv", 2, column, rule)]
    line = read.quarantine.row(0, named=True)
    assert (line["level"], line["value"], line["county_code"]) == ("cell", wrong[column], "690101")
    assert read.county[name][column].to_list() == [None]
    assert read.returns["cells_refused"].item() == 1
    assert status(read) == {"a.csv": "partly_accepted"}


def test_a_formula_error_in_a_workbook_is_named_as_it_stands(tmp_path: Path) -> None:
    read = taken(write_workbook(tmp_path / "a.xlsx", {"一": county_table("county_facts", fact(value="=#DIV/0!"))}))
    assert refusals(read) == [("a.xlsx", 2, "value", "error_value")]
    plans = county_table("county_plans", SAID["county_plans"] | {"done": "=#N/A"})
    assert refusals(taken(write_workbook(tmp_path / "b.xlsx", {"一": plans}))) == [("b.xlsx", 2, "done", "error_value")]


def test_a_formula_without_its_result_is_named_and_its_row_counted(tmp_path: Path) -> None:
    said = [fact(), fact(period="2022", value="=#N/A"), fact(period="2021", value="=#N/A", note="见附件")]
    rows = county_table("county_facts", *said, fact(fact="recognised_year", value="=#N/A"))
    for place, shift in (("a.xlsx", {}), ("b.xlsx", {"top": 2, "left": 3})):
        content = uncalculated(workbook({"说明": [["甲"]], "一": rows}, **shift))
        (tmp_path / place).write_bytes(content)
        read = taken(tmp_path / place, facts=FACTS)
        down = shift.get("top", 0)
        assert refusals(read) == [(place, row + down, "value", "formula_not_calculated") for row in (3, 4, 5)]
        assert read.quarantine["value"].to_list() == ["=1/0"] * 3
        assert counts(read) == {place: (4, 4, 0, 0)}
        assert read.county["county_facts"]["value"].drop_nulls().to_list() == [100]


def test_a_formula_without_its_result_where_a_blank_means_something_refuses_the_row(tmp_path: Path) -> None:
    rows = county_table("county_facts", fact(period="=#N/A"), fact(breakdown="=#N/A"), fact(school_id="=#N/A"))
    (tmp_path / "a.xlsx").write_bytes(uncalculated(workbook({"一": rows})))
    assert [rule for *_, rule in refusals(taken(tmp_path / "a.xlsx"))] == ["key_form", "key_form", "school_id_form"]


def test_a_text_is_taken_up_to_two_thousand_characters(tmp_path: Path) -> None:
    rows = county_table("county_facts", fact(note="字" * 2000), fact(period="2022", note="字" * 2001))
    read = taken(write_text(tmp_path / "a.csv", rows))
    assert refusals(read) == [("a.csv", 3, "note", "too_long")]
    assert read.quarantine["value"].to_list() == ["字" * 60]
    assert "2000" in read.quarantine["message_en"].item()


def test_four_decimals_are_taken_and_so_is_what_binary_arithmetic_left_of_fewer(tmp_path: Path) -> None:
    said = ["1.2345", "1.23450000", 0.1 + 0.2, "1,000.5"]
    rows = [fact(fact="per_pupil_funds_yuan", period=str(2020 + n), value=value) for n, value in enumerate(said)]
    read = taken(write_workbook(tmp_path / "a.xlsx", {"一": county_table("county_facts", *rows)}), facts=FACTS)
    assert read.quarantine.is_empty()
    assert read.county["county_facts"]["value"].to_list() == [
        Decimal("1.2345"),
        Decimal("1.2345"),
        Decimal("0.3000"),
        Decimal("1000.5"),
    ]


def test_an_answer_without_effect_says_where_it_belongs(tmp_path: Path) -> None:
    rows = county_table(
        "county_facts",
        fact(fact="a-standard/an_item"),
        fact(finding="是"),
        fact(fact="a-standard/an_item", period="2022", value="", score="99"),
    )
    read = taken(write_text(tmp_path / "a.csv", rows), facts=FACTS)
    assert [line.rpartition("请")[2] for line in read.quarantine["message"]] == [
        "改填“是否”或“自评得分”。",
        "改填“数值”。",
        "核对。",
    ]
    assert "12.5 分" in read.quarantine["message"].item(2)
    assert read.county["county_facts"].height == 3


def test_only_the_facts_that_are_counted_must_be_whole(tmp_path: Path) -> None:
    rows = county_table(
        "county_facts",
        fact(fact="per_pupil_funds_yuan", value="-6,000.55"),
        fact(fact="a-standard/an_item", value="", score="12.5", finding="否"),
    )
    read = taken(write_text(tmp_path / "a.csv", rows), facts=FACTS).county["county_facts"]
    assert read.select("value", "score", "finding").rows() == [
        (None, Decimal("12.5"), False),
        (Decimal("-6000.55"), None, None),
    ]


@pytest.mark.parametrize(
    "written",
    [
        "2023-09-01",
        "2023-9-1",
        "2023/9/1",
        "2023.9.1",
        "2023年9月1日",
        "2023 年 9 月 1 日",
        "20230901",
        "2023-09-01 00:00:00",
        dt.datetime(2023, 9, 1),  # noqa: DTZ001  (a workbook's date has no zone)
        20230901,
    ],
)
def test_a_date_is_read_in_every_form(tmp_path: Path, written: object) -> None:
    rows = county_table("county_facts", fact(evidence_date=written))
    path = tmp_path / "a.xlsx"
    if isinstance(written, dt.datetime):
        _with_date(path, rows, written)
    else:
        write_workbook(path, {"一": rows})
    read = taken(path)
    assert read.quarantine.is_empty()
    assert read.county["county_facts"]["evidence_date"].item() == dt.date(2023, 9, 1)


def _with_date(path: Path, rows: list[list[object]], day: dt.datetime) -> None:
    """A workbook whose date cells are dates to Excel."""
    import xlsxwriter  # noqa: PLC0415

    with xlsxwriter.Workbook(path) as book:
        page, form = book.add_worksheet("一"), book.add_format({"num_format": "yyyy-mm-dd"})
        for i, row in enumerate(rows):
            for j, cell in enumerate(row):
                if cell is day:
                    page.write_datetime(i, j, day, form)
                elif cell:
                    page.write_string(i, j, str(cell))


def test_stages_and_results_may_be_said_in_chinese_or_by_their_codes(tmp_path: Path) -> None:
    said = [("自评", "通过"), ("市级复核", "未通过"), ("national_recognition", "passed"), ("年度监测", "")]
    rows = [SAID["county_assessments"] | {"assessment": stage, "result": result} for stage, result in said]
    read = taken(write_text(tmp_path / "a.csv", county_table("county_assessments", *rows)))
    assert read.quarantine.is_empty()
    assert dict(read.county["county_assessments"].select("assessment", "result").iter_rows()) == {
        "self_evaluation": "passed",
        "municipal_review": "not_passed",
        "national_recognition": "passed",
        "annual_monitoring": None,
    }
    twice = [SAID["county_assessments"], SAID["county_assessments"] | {"assessment": "self_evaluation"}]
    read = taken(write_text(tmp_path / "b.csv", county_table("county_assessments", *twice)))
    assert set(read.quarantine["rule"]) == {"repeated_row"}


# The same thing in two files.


def test_in_two_files_the_last_path_wins_row_by_row(tmp_path: Path) -> None:
    first = county_table("county_facts", fact(value="1", note="初报"), fact(value="2", period="2022"))
    second = county_table("county_facts", fact(value="3", period="2023"), {"fact": "valid_questionnaires"})
    write_workbook(tmp_path / "a.xlsx", {"年报": table(2, 2023), "事项": first})
    write_text(tmp_path / "b.csv", second)
    read = taken(*inbox_files(tmp_path))
    rows = read.county["county_facts"].select("period", "value", "note", "file").rows()
    assert rows == [(2022, Decimal(2), None, "a.xlsx"), (2023, Decimal(3), None, "b.csv")]
    assert counts_by_layout(read) == {
        ("a.xlsx", "county_facts"): (2, 1, 0, 1),
        ("a.xlsx", "school"): (2, 2, 0, 0),
        ("b.csv", "county_facts"): (1, 1, 0, 0),
    }
    assert read.returns.filter(layout="county_facts")["superseded_by"].to_list() == ["b.csv", None]


def test_a_blank_or_refused_row_does_not_supersede(tmp_path: Path) -> None:
    write_text(tmp_path / "a.csv", county_table("county_facts", fact(value="1")))
    write_text(tmp_path / "b.csv", county_table("county_facts", {"fact": "valid_questionnaires"}, fact(county_code="")))
    read = taken(*inbox_files(tmp_path))
    assert read.county["county_facts"]["value"].to_list() == [Decimal(1)]


def test_a_file_with_refused_rows_is_no_superseded_one(tmp_path: Path) -> None:
    write_text(tmp_path / "a.csv", county_table("county_facts", fact(value="1"), fact(county_code="")))
    write_text(tmp_path / "b.csv", county_table("county_facts", fact(value="2")))
    read = taken(*inbox_files(tmp_path))
    assert status(read) == {"a.csv": "partly_accepted", "b.csv": "accepted"}
    assert counts(read)["a.csv"] == (2, 0, 1, 1)
    write_text(tmp_path / "a.csv", county_table("county_facts", fact(value="1")))
    assert status(taken(*inbox_files(tmp_path)))["a.csv"] == "superseded"
