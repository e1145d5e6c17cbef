"""From files to schools: what is recognised, what is refused and how little of it, and which of two files wins."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipelines.intake import Intake, inbox_files, named_files, rules, survey, take_in
from schemas.columns import STAGES
from schemas.contract import accept, failures
from schemas.source import sources
from schemas.tables import BANDS, QUARANTINE, RETURNS, SCHOOLS
from standards.county_return import KnownFact
from tests.drawing import (
    cells,
    counts,
    county_table,
    header_of,
    headers,
    refusals,
    school,
    status,
    table,
    taken,
    text,
    tw_table,
    uncalculated,
    workbook,
    write_text,
    write_workbook,
)
from tests.forming import FAULTY
from tests.hostile import sheet, zipped

REAL = Path(__file__).resolve().parents[2] / "shared" / "data" / "tw-moe"


def one(intake: Intake) -> dict[str, object]:
    """The single row of `returns`."""
    return intake.returns.row(0, named=True)


# A file is what its headers say.


def test_a_file_is_recognised_by_its_headers_whatever_its_name(tmp_path: Path) -> None:
    write_text(tmp_path / "无名.txt", table())
    write_workbook(tmp_path / "2020_basec.csv", {"一": table()})
    write_text(tmp_path / "报表.xlsx", tw_table("primary_csv", 2022, {}))
    read = taken(*inbox_files(tmp_path))
    assert read.returns.select("file", "source", "layout", "school_year").rows() == [
        ("2020_basec.csv", "cn-returns", "school", 2021),
        ("报表.xlsx", "tw-moe", "primary_csv", 2022),
        ("无名.txt", "cn-returns", "school", 2021),
    ]
    assert read.quarantine.is_empty()


def test_every_form_of_a_file_gives_the_same_schools(tmp_path: Path) -> None:
    rows = table()
    write_text(tmp_path / "a.csv", rows)
    write_text(tmp_path / "b.csv", rows, "utf-8-sig")
    write_text(tmp_path / "c.csv", rows, "gb18030")
    write_text(tmp_path / "d.tsv", rows, "utf-16", "\t")
    write_text(tmp_path / "e.csv", rows, "utf-8", ";")
    write_workbook(tmp_path / "f.xlsx", {"一": rows})
    frame = pl.DataFrame(rows[1:], schema=rows[0], orient="row")
    frame.write_parquet(tmp_path / "g.parquet")
    typed = frame.with_columns(pl.col("学年").cast(pl.Int32), pl.col("图书册数").cast(pl.Float64))
    typed.write_parquet(tmp_path / "h.parquet")
    read = [taken(path) for path in inbox_files(tmp_path)]
    assert [one(intake)["format"] for intake in read] == [
        "csv utf-8",
        "csv utf-8",
        "csv gb18030",
        "tsv utf-16",
        "csv (;) utf-8",
        "xlsx",
        "parquet",
        "parquet",
    ]
    for intake in read:
        assert intake.quarantine.is_empty()
        assert intake.schools["row"].to_list() == ([1, 2, 3] if one(intake)["format"] == "parquet" else [2, 3, 4])
        assert intake.schools.drop("file", "sheet", "row").equals(read[0].schools.drop("file", "sheet", "row"))


def test_a_workbooks_rows_keep_their_numbers_and_what_is_no_return_is_left_and_named(tmp_path: Path) -> None:
    rows = [["某省教育事业统计年报"], [], *table(2), [], *table(4)[3:]]
    pages = {"封面": [["2021 年"]], "年报": rows, "填报说明": [["面积"], ["平方米"]], "空": []}
    read = taken(write_workbook(tmp_path / "a.xlsx", pages, top=3, left=1))
    assert read.schools["row"].to_list() == [7, 8, 10, 11]
    assert (one(read)["sheets"], one(read)["reason"]) == ("年报", "未读取的工作表：封面、填报说明")
    assert counts(read) == {"a.xlsx": (4, 4, 0, 0)}


def test_headers_may_differ_in_brackets_spaces_and_line_breaks_alone(tmp_path: Path) -> None:
    top = [h.replace("（", " (").replace("）", ")\n").replace("校", "校_x000D_\n ") for h in headers()]
    assert not set(top) & {header_of("equipment_value_yuan"), header_of("school_id")}
    rows = [top, cells(1, equipment_value_yuan="3")]
    paths = write_text(tmp_path / "a.csv", rows), write_workbook(tmp_path / "b.xlsx", {"一": rows})
    for path in paths:
        read = taken(path)
        assert refusals(read) == []
        assert school(read)["equipment_value_yuan"] == Decimal(30000)


def test_the_order_of_the_columns_is_free(tmp_path: Path) -> None:
    read = taken(write_text(tmp_path / "a.csv", [row[::-1] for row in table()]))
    assert refusals(read) == []
    assert school(read, 2)["books"] == 200


def test_both_layouts_of_the_national_return_are_read_each_in_its_years(tmp_path: Path) -> None:
    old = cells(1, 2020, indoor_sports_area_m2="80", teaching_auxiliary_area_m2="100", equipment_value_yuan="2")
    new = cells(1, 2021, indoor_sports_area_m2="80", teaching_auxiliary_area_m2="100", other_sports_area_m2="9")
    assert headers(2020) != headers(2021)
    paths = [write_text(tmp_path / f"{year}.csv", [headers(year), row]) for year, row in ((2020, old), (2021, new))]
    read = taken(*paths)
    assert refusals(read) == []
    shown = read.schools.select("school_year", "indoor_sports_area_m2", "other_sports_area_m2", "equipment_value_yuan")
    assert shown.rows() == [(2020, Decimal(80), None, Decimal(20000)), (2021, Decimal(80), Decimal(9), None)]


def test_a_file_with_another_years_headers_is_refused_and_every_missing_one_named(tmp_path: Path) -> None:
    row = cells(1, 2021, school_year="2019")
    read = taken(write_text(tmp_path / "a.csv", [headers(2021), row]))
    missing = [header for header in headers(2019) if header not in headers(2021)]
    assert status(read) == {"a.csv": "refused"}
    assert len(missing) == 2
    assert refusals(read) == [("a.csv", None, None, "missing_header")] * 2
    for header in missing:
        assert any(f"“{header}”" in message for message in read.quarantine["message"])
    assert "教学仪器设备资产值（万元）" in "".join(read.quarantine["message"])


def test_a_missing_header_refuses_the_file_and_names_the_nearest_ones(tmp_path: Path) -> None:
    top = ["图书数量（册）" if header == "图书册数" else header for header in headers()]
    read = taken(write_text(tmp_path / "a.csv", [top, cells()]))
    assert refusals(read) == [("a.csv", None, None, "missing_header")]
    assert read.schools.is_empty()
    assert "“图书册数”" in read.quarantine["message"].item()
    assert "图书数量（册）" in read.quarantine["message"].item()
    assert one(read)["unknown_columns"] is None


def test_all_faults_of_a_layout_are_named_at_once(tmp_path: Path) -> None:
    top = [{"图书册数": "教职工总数", "建校年份": "年份"}.get(header, header) for header in headers()]
    read = taken(write_text(tmp_path / "a.csv", [top, cells()]))
    assert sorted(read.quarantine["rule"]) == ["missing_header", "missing_header", "repeated_header"]


def test_unknown_columns_are_listed_by_the_national_return_and_refused_by_the_other(tmp_path: Path) -> None:
    top, *rows = table(2)
    wide = [[*top, "备注", "", ""], *([*row, "有", "甲", ""] for row in rows)]
    assert (
        one(taken(write_text(tmp_path / "a.csv", wide)))["unknown_columns"] == f"备注 | （第 {len(top) + 2} 列无表头）"
    )
    strange = [[*row, "備註"] for row in tw_table("primary_csv", 2022, {})]
    refused = taken(write_text(tmp_path / "b.csv", strange))
    assert refusals(refused) == [("b.csv", None, None, "unknown_header")]
    assert "備註" in refused.quarantine["message"].item()


# The smallest thing is refused.

BAD_CELLS = [
    ("books", "约三千", "not_a_number"),
    ("books", "12.5", "not_whole"),
    ("books", "１２", "not_a_number"),
    ("books", "1,23", "not_a_number"),
    ("books", "-5", "negative"),
    ("books", "1.2E+3", "scientific"),
    ("books", "#N/A", "error_value"),
    ("books", "#DIV/0!", "error_value"),
    ("books", "6\ufffd0", "damaged_text"),
    ("books", "9" * 30, "too_large"),
    ("books", "100000001", "too_large"),
    ("books", "NaN", "not_a_number"),
    ("books", "inf", "not_a_number"),
    ("books", "是", "not_a_number"),
    ("books", "$1 {wanted}", "not_a_number"),
    ("site_area_m2", "三亩", "not_a_number"),
    ("site_area_m2", "-0.5", "negative"),
    ("site_area_m2", "1e5", "scientific"),
    ("site_area_m2", "9" * 30, "too_large"),
    ("equipment_value_yuan", "1" * 25, "too_large"),
    ("equipment_value_yuan", "1" * 12, "too_large"),
    ("equipment_value_yuan", "１２．５", "not_a_number"),
    ("founded_year", "21", "negative"),
    ("founded_year", "3021", "too_large"),
    ("founded_year", "5000000000", "too_large"),
    ("founded_year", "一九八五", "not_a_number"),
    ("is_boarding", "对", "not_yes_no"),
    ("is_boarding", "\ufffd", "damaged_text"),
    ("area_code", "999", "unknown_code"),
    ("area_code", "１１１", "unknown_code"),
    ("operator_code", "8\ufffd1", "damaged_text"),
]


def test_one_bad_cell_among_three_thousand_rows_costs_that_cell_alone(tmp_path: Path) -> None:
    rows = table(3000)
    rows[1500] = cells(1500, books="约三千", computers="7")
    read = taken(write_text(tmp_path / "a.csv", rows))
    assert counts(read) == {"a.csv": (3000, 3000, 0, 0)}
    assert one(read)["cells_refused"] == 1
    assert refusals(read) == [("a.csv", 1501, "books", "not_a_number")]
    assert (school(read, 1500)["books"], school(read, 1500)["computers"]) == (None, 7)
    assert read.schools["books"].null_count() == 1


def test_each_bad_cell_becomes_not_reported_under_its_rule_and_its_row_goes_on(tmp_path: Path) -> None:
    filled = [cells(n, **{"computers": "7", column: value}) for n, (column, value, _) in enumerate(BAD_CELLS, 1)]
    read = taken(write_text(tmp_path / "a.csv", [headers(), *filled]))
    assert counts(read) == {"a.csv": (len(BAD_CELLS), len(BAD_CELLS), 0, 0)}
    assert refusals(read) == [("a.csv", row, column, rule) for row, (column, _, rule) in enumerate(BAD_CELLS, 2)]
    assert read.schools["computers"].to_list() == [7] * len(BAD_CELLS)
    for line, (number, (column, value, rule)) in zip(
        read.quarantine.iter_rows(named=True), enumerate(BAD_CELLS, 1), strict=True
    ):
        assert school(read, number)[column] is None
        assert (line["level"], line["header"], line["value"]) == ("cell", header_of(column), value)
        assert (line["school_id"], line["county_code"]) == (f"2111{number:06d}", "110101")
        assert (line["school_year"], line["source"]) == (2021, "cn-returns")
        if "{value}" in rules()[rule]["message_zh"]:
            assert f"“{value}”" in line["message"] or f"（{value}）" in line["message"]
            assert value in line["message_en"]


@pytest.mark.parametrize(
    ("column", "value", "read_as"),
    [
        ("books", "1,234", 1234),
        ("books", "12.00", 12),
        ("books", "+5", 5),
        ("books", "007", 7),
        ("books", "8 \u3000\n", 8),
        ("books", "0", 0),
        ("books", "", None),
        ("books", "*", None),
        ("site_area_m2", "1,234.5678", Decimal("1234.5678")),
        ("site_area_m2", "0.00005", Decimal("0.0000")),
        ("equipment_value_yuan", "12.34567", Decimal("123456.7")),
        ("equipment_value_yuan", "0.30000000000000004", Decimal(3000)),
        ("is_boarding", "是", True),
        ("is_boarding", "否", False),
        ("is_boarding", "*", None),
        ("founded_year", "1902", 1902),
        ("parent_school_id", "2111000009", "2111000009"),
    ],
)
def test_sound_cells_are_read_exactly(sound: Intake, column: str, value: str, read_as: object) -> None:
    found = sound.schools.row(by_predicate=pl.col("school_name") == f"{column} {value}".strip(), named=True)[column]
    assert found == read_as
    assert type(found) is type(read_as)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Intake:
    """Every value of the test above in a school of its own, called by its column and value."""
    mark = next(m for m in test_sound_cells_are_read_exactly.pytestmark if m.name == "parametrize")
    values = [(column, value) for column, value, _ in mark.args[1]]
    rows = [cells(n, school_name=f"{v[0]} {v[1]}".strip(), **{v[0]: v[1]}) for n, v in enumerate(values, 1)]
    read = taken(write_text(tmp_path_factory.mktemp("sound") / "a.csv", [headers(), *rows]))
    assert refusals(read) == []
    return read


def test_formula_errors_of_a_workbook_are_refused_where_they_stand(tmp_path: Path) -> None:
    rows = [
        headers(),
        cells(1),
        cells(2, books="=#DIV/0!", computers="7"),
        cells(3, books="=#N/A", school_name="=#REF!"),
    ]
    read = taken(write_workbook(tmp_path / "a.xlsx", {"一": rows}, top=2, left=1))
    assert refusals(read) == [
        ("a.xlsx", 5, "books", "error_value"),
        ("a.xlsx", 6, "school_name", "school_name_missing"),
    ]
    assert "#DIV/0!" in read.quarantine["message"][0]
    assert read.quarantine["sheet"].to_list() == ["一", "一"]
    assert (school(read, 2)["books"], school(read, 2)["computers"]) == (None, 7)
    assert one(read)["cells_refused"] == 1


def test_text_damaged_by_its_encoding_costs_its_cells_alone(tmp_path: Path) -> None:
    path = write_text(
        tmp_path / "a.csv", [*table(2), cells(3, books="约三千"), cells(4, school_name="约三千")], "gb18030"
    )
    content = path.read_bytes()
    path.write_bytes(content.replace("约三千".encode("gb18030"), b"\xd4\xbc\xff0"))
    read = taken(path)
    assert refusals(read) == [("a.csv", 4, "books", "damaged_text"), ("a.csv", 5, "school_name", "name_damaged")]
    assert counts(read) == {"a.csv": (4, 3, 1, 0)}


BAD_ROWS = [
    ("school_id", "", "school_id_missing"),
    ("school_id", "2151000001.0", "school_id_number"),
    ("school_id", "2.151E+09", "school_id_scientific"),
    ("school_id", "215100001", "school_id_short"),
    ("school_id", "21510000010", "school_id_form"),
    ("school_id", "2151-00001", "school_id_form"),
    ("school_id", "21510000ab", "school_id_form"),
    ("school_id", "２１５１００００１１", "school_id_characters"),
    ("county_code", "11010１", "county_code_characters"),
    ("county_code", "11010", "county_code_form"),
    ("county_code", "", "county_code_form"),
    ("county_code", "910101", "county_code_form"),
    ("county_name", "", "county_name_missing"),
    ("county_name", "*", "county_name_missing"),
    ("county_name", "\ufffd县", "name_damaged"),
    ("school_name", " \u3000", "school_name_missing"),
    ("school_name", "*", "school_name_missing"),
    ("school_name", "第\ufffd小学", "name_damaged"),
    ("school_type_code", "", "school_type_unknown"),
    ("school_type_code", "299", "school_type_unknown"),
    ("school_year", "2020", "year_mismatch"),
    ("school_year", "", "year_mismatch"),
    ("school_year", "二〇二一", "year_mismatch"),
]


def test_a_row_whose_identity_is_wrong_is_refused_whole_and_kept_as_json(tmp_path: Path) -> None:
    rows = [cells(n, **{"books": "7", column: value}) for n, (column, value, _) in enumerate(BAD_ROWS, 1)]
    sound = [cells(n) for n in range(100, 130)]
    read = taken(write_text(tmp_path / "a.csv", [headers(), *rows, *sound]))
    assert counts(read) == {"a.csv": (len(BAD_ROWS) + 30, 30, len(BAD_ROWS), 0)}
    assert status(read) == {"a.csv": "partly_accepted"}
    assert one(read)["cells_refused"] == 0
    assert refusals(read) == [("a.csv", row, column, rule) for row, (column, _, rule) in enumerate(BAD_ROWS, 2)]
    for line, (column, value, _) in zip(read.quarantine.iter_rows(named=True), BAD_ROWS, strict=True):
        record = json.loads(line["record"])
        assert list(record) == headers()
        assert record["图书册数"] == "7"
        assert (record[header_of(column)] or "") == value.strip()
        assert (line["level"], line["header"]) == ("row", header_of(column))


def test_an_identifier_that_only_looks_like_scientific_notation_is_an_identifier(tmp_path: Path) -> None:
    read = taken(write_text(tmp_path / "a.csv", [headers(), cells(1, school_id="2151E00012")]))
    assert read.schools["school_id"].to_list() == ["2151E00012"]


def test_the_english_message_says_what_is_wanted_in_english(tmp_path: Path) -> None:
    read = taken(write_text(tmp_path / "a.csv", [headers(), cells(1, school_id="9"), cells(2)]))
    line = read.quarantine.row(0, named=True)
    assert "10 位学校标识码" in line["message"]
    assert "the 10-character school identifier" in line["message_en"]
    assert line["message_en"].isascii() or not set(line["message_en"]) & set("位学校标识码")


def test_a_row_of_text_with_another_number_of_fields_is_refused_and_kept(tmp_path: Path) -> None:
    rows = [*table(2), [*cells(3), "多"], cells(4)[:-1], cells(5)]
    read = taken(write_text(tmp_path / "a.csv", rows))
    assert refusals(read) == [("a.csv", 4, None, "field_count"), ("a.csv", 5, None, "field_count")]
    assert read.quarantine["value"].to_list() == [str(len(headers()) + 1), str(len(headers()) - 1)]
    assert json.loads(read.quarantine["record"][0]) == [*cells(3), "多"]
    assert counts(read) == {"a.csv": (5, 3, 2, 0)}


@pytest.mark.parametrize(
    ("layout", "changes", "rule"),
    [
        ("primary_csv", {"school_id": "14601"}, "school_id_short"),
        ("primary_csv", {"school_id": "14601.0"}, "school_id_number"),
        ("primary_csv", {"school_id": "1.4601E+4"}, "school_id_scientific"),
        ("primary_csv", {"school_id": "0146-1"}, "school_id_form"),
        ("primary_csv", {"county_code": "1"}, "county_code_form"),
        ("primary_csv", {"county_code": "99"}, "county_unknown"),
        ("primary_csv", {"school_year": "112"}, "year_mismatch"),
        ("junior_raw", {"county_code": "00"}, "county_unknown"),
        ("junior_raw", {"school_name": ""}, "school_name_missing"),
    ],
)
def test_a_row_of_the_other_source_is_refused_by_its_own_rules(
    tmp_path: Path, layout: str, changes: dict[str, str], rule: str
) -> None:
    year = 2022 if layout == "primary_csv" else 2013
    others = [{"school_id": "014602"}, {"school_id": "014603"}]
    rows = tw_table(layout, year, {"school_id": "014601"} | changes, *others)
    read = taken(write_text(tmp_path / "a.csv", rows))
    assert read.quarantine["rule"].to_list() == [rule]
    assert read.quarantine["row"].to_list() == [len(rows) - 2]
    assert counts(read)["a.csv"] == (3, 2, 1, 0)


def test_the_other_sources_counties_are_todays_and_its_province_a_code_of_gb_2260(tmp_path: Path) -> None:
    schools = [{"county_code": code, "school_id": f"{code}4601"} for code in ("19", "06", "03")]
    read = taken(write_text(tmp_path / "a.csv", tw_table("primary_csv", 2022, *schools)))
    shown = read.schools.sort("school_id").select("county_code", "county_name", "province_code", "school_type_code")
    assert shown.rows() == [
        ("03", "桃園市", "710000", "211"),
        ("06", "臺中市", "710000", "211"),
        ("06", "臺中市", "710000", "211"),
    ]


def test_a_dash_is_zero_but_in_both_teacher_columns_of_a_unit_with_pupils_it_is_not_reported(tmp_path: Path) -> None:
    pupils = {"pupils_junior": "9", "pupils_male": "9", "pupils_grade_1_male": "9", "classes_junior": "1"}
    rows = [
        {"school_id": "010301", "full_time_teachers_male": "-", "full_time_teachers_female": "-"},
        {"school_id": "010302", "full_time_teachers_male": "-", "full_time_teachers_female": "3"} | pupils,
        {"school_id": "010303", "full_time_teachers_male": "-", "full_time_teachers_female": "-"} | pupils,
        {"school_id": "010304", "full_time_teachers_male": "0", "full_time_teachers_female": "0"} | pupils,
        {"school_id": "010305", "pupils_grade_2_female": "-", "graduates_junior": "-", "graduates_male": "-"},
    ]
    for row in rows:
        row["classes_grade_1"] = row.get("classes_junior", "-")
    read = taken(write_text(tmp_path / "a.csv", tw_table("junior_raw", 2013, *rows)))
    assert refusals(read) == []
    assert read.schools["full_time_teachers_junior"].to_list() == [0, 3, None, 0, 0]
    assert read.schools["pupils_junior"].to_list() == [0, 9, 9, 9, 0]
    assert read.schools["graduates_junior"].to_list() == [0] * 5


def test_parts_that_differ_from_their_total_are_refused_and_a_total_of_pupils_stays(tmp_path: Path) -> None:
    rows = tw_table(
        "junior_raw",
        2013,
        {"pupils_junior": "9", "classes_junior": "1", "classes_grade_1": "1"},
        {"school_id": "014602", "graduates_junior": "5"},
    )
    read = taken(write_text(tmp_path / "a.csv", rows))
    assert set(read.quarantine["rule"]) == {"parts_are_total"}
    first, second = read.schools.sort("school_id").iter_rows(named=True)
    assert first["pupils_junior"] == 9
    assert [first[f"pupils_grade_{grade}_junior"] for grade in (1, 2, 3)] == [None] * 3
    assert (second["graduates_junior"], second["pupils_junior"]) == (None, 0)


# The same school twice.


def test_a_school_that_stands_twice_in_a_file_is_refused_in_both_rows(tmp_path: Path) -> None:
    read = taken(write_text(tmp_path / "a.csv", [*table(3), cells(2, books="9")]))
    assert refusals(read) == [("a.csv", row, "school_id", "repeated_school") for row in (3, 5)]
    assert counts(read) == {"a.csv": (4, 2, 2, 0)}


def test_a_school_that_stands_in_two_sheets_of_one_workbook_is_refused_in_both(tmp_path: Path) -> None:
    pages = {"甲": table(3), "乙": [headers(), cells(3, books="9"), cells(4)]}
    read = taken(write_workbook(tmp_path / "a.xlsx", pages))
    assert read.quarantine.select("sheet", "row", "rule").rows() == [
        ("乙", 2, "repeated_school"),
        ("甲", 4, "repeated_school"),
    ]
    assert counts(read) == {"a.xlsx": (5, 3, 2, 0)}
    assert one(read)["superseded_by"] is None


def test_in_two_files_of_the_national_return_the_last_path_wins_school_by_school(tmp_path: Path) -> None:
    write_text(tmp_path / "2021.csv", [headers(), *(cells(n, books="1") for n in (1, 2, 3))])
    write_text(tmp_path / "2021-更正.csv", [headers(), *(cells(n, books="2") for n in (2, 3))])
    write_text(tmp_path / "2021-再更正.csv", [headers(), cells(3, books="3")])
    # "-" stands before "." in sort order: the plain name is the last path.
    files = inbox_files(tmp_path)
    assert [path.name for path in files] == ["2021-再更正.csv", "2021-更正.csv", "2021.csv"]
    read = taken(*files)
    assert read.schools["books"].to_list() == [1, 1, 1]
    assert counts(read) == {
        "2021-再更正.csv": (1, 0, 0, 1),
        "2021-更正.csv": (2, 0, 0, 2),
        "2021.csv": (3, 3, 0, 0),
    }
    assert status(read)["2021-更正.csv"] == "superseded"
    assert read.returns["superseded_by"].to_list() == ["2021.csv", "2021.csv", None]
    assert taken(*files[::-1]).schools.equals(read.schools)


def test_a_file_superseded_in_part_is_accepted_and_names_who_took_the_rest(tmp_path: Path) -> None:
    write_text(tmp_path / "a.csv", [headers(), *(cells(n, books="1") for n in (1, 2, 3))])
    write_text(tmp_path / "b.csv", [headers(), cells(2, books="2")])
    write_text(tmp_path / "c.csv", [headers(), cells(3, books="3")])
    read = taken(*inbox_files(tmp_path))
    assert read.schools["books"].to_list() == [1, 2, 3]
    assert counts(read)["a.csv"] == (3, 1, 0, 2)
    assert status(read)["a.csv"] == "accepted"
    assert read.returns["superseded_by"].to_list() == ["b.csv | c.csv", None, None]


def test_a_refused_row_does_not_supersede(tmp_path: Path) -> None:
    write_text(tmp_path / "a.csv", [headers(), cells(1, books="1")])
    write_text(tmp_path / "b.csv", [headers(), cells(1, books="2", county_code="1"), cells(2)])
    read = taken(*inbox_files(tmp_path))
    assert school(read, 1)["books"] == 1
    assert counts(read) == {"a.csv": (1, 1, 0, 0), "b.csv": (2, 1, 1, 0)}


def test_of_the_other_sources_two_publications_the_csv_wins_whatever_the_order_of_paths(tmp_path: Path) -> None:
    grade = {"pupils_grade_1_male": "7", "classes_grade_1": "1"}
    totals = {"pupils_primary": "7", "pupils_male": "7", "classes_primary": "1"}
    earlier = (
        {"pupils_grade_1_male": "8", "classes_grade_1": "1"} | totals | {"pupils_primary": "8", "pupils_male": "8"}
    )
    for low, high in (("a", "z"), ("z", "a")):
        folder = tmp_path / low
        folder.mkdir()
        write_text(folder / f"{low}.txt", tw_table("primary_csv", 2021, grade))
        write_text(folder / f"{high}.txt", tw_table("primary_raw", 2021, earlier), "utf-16", "\t")
        read = taken(*inbox_files(folder))
        assert refusals(read) == []
        assert read.schools["pupils_primary"].to_list() == [7]
        assert (counts(read)[f"{low}.txt"], counts(read)[f"{high}.txt"]) == ((1, 1, 0, 0), (1, 0, 0, 1))
        assert status(read)[f"{high}.txt"] == "superseded"


def test_the_same_file_given_twice_is_taken_once(tmp_path: Path) -> None:
    path = write_text(tmp_path / "a.csv", table())
    assert counts(taken(path, path)) == {"a.csv": (3, 3, 0, 0)}


# Whole files.


def all_rules_of_files() -> dict[str, tuple[str, bytes]]:
    """For each kind of file that is refused whole: the rule, and the content."""
    top, row = table(1)
    blank = [[""] * len(top)] * 2
    return {
        "empty": ("empty_file", b""),
        "white space": ("empty_file", b" \r\n\t\n"),
        "sheets without a cell": ("empty_file", workbook({"一": [], "二": []})),
        "half a workbook": ("damaged_file", workbook({"一": table()})[:4000]),
        "pdf": ("not_a_table", b"%PDF-1.7\n" + bytes(99)),
        "xls": ("not_a_table", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)),
        "png": ("not_a_table", b"\x89PNG\r\n\x1a\n" + bytes(60)),
        "utf-32": ("encoding", text(table()).encode("utf-32")),
        "garbage": ("encoding", bytes(range(1, 256)) * 20),
        "japanese": ("not_recognised", "学校コード,学校名,児童数\r\n123,東京小学校,100\r\n".encode("shift_jis")),
        "latin-1": ("not_recognised", "école,élèves,maîtres\r\nx,1,2\r\n".encode("latin-1")),
        "another table": ("not_recognised", text([["姓名", "身份证号", "联系\n电话"], ["甲", "1", "2"]]).encode()),
        "html": ("not_recognised", b"<html><table><tr><td>1</td></tr></table></html>"),
        "a column short": ("missing_header", text([top[:-1], row[:-1]]).encode()),
        "a header twice": ("repeated_header", text([[*top, "图书册数"], [*row, "1"]]).encode()),
        "open quote": ("open_quote", (text(table(9)).replace("第4学校", '"第4学校')).encode()),
        "headers alone": ("no_rows", text([top]).encode()),
        "headers and blank rows": ("no_rows", text([top, *blank]).encode()),
        "headers of a workbook": ("no_rows", workbook({"一": [top], "二": [top]})),
        "rows too long": ("rows_unlike_header", text([top, *([*row, ""] for row in table(3)[1:])]).encode()),
        "no year": ("no_school_year", text([top, ["", *row[1:]]]).encode()),
        "a year out of all time": ("no_school_year", text([top, ["9999", *row[1:]]]).encode()),
        "a year before the republic": ("no_school_year", text([top, ["1948", *row[1:]]]).encode()),
        "strange column": ("unknown_header", text([[*r, "備註"] for r in tw_table("primary_csv", 2022, {})]).encode()),
        "no title": ("no_school_year", text(tw_table("junior_raw", 2013, {}, title=False)).encode()),
    }


@pytest.fixture(scope="module")
def refused_files(tmp_path_factory: pytest.TempPathFactory) -> Intake:
    folder = tmp_path_factory.mktemp("refused")
    for name, (_, content) in all_rules_of_files().items():
        (folder / f"{name}.xlsx").write_bytes(content)
    return taken(*inbox_files(folder))


@pytest.mark.parametrize("name", all_rules_of_files())
def test_a_file_that_cannot_be_taken_is_refused_whole_with_its_own_message(refused_files: Intake, name: str) -> None:
    lines = refused_files.quarantine.filter(pl.col("file") == f"{name}.xlsx")
    assert lines["rule"].to_list() == [all_rules_of_files()[name][0]]
    line = lines.row(0, named=True)
    assert line["level"] == rules()[line["rule"]]["level"] == "file"
    assert "{" not in line["message"] + line["message_en"]
    returned = refused_files.returns.row(by_predicate=pl.col("file") == f"{name}.xlsx", named=True)
    assert (returned["status"], returned["rows_read"], returned["rows_accepted"]) == ("refused", 0, 0)
    assert refused_files.schools.is_empty()


def test_the_file_rules_say_what_they_saw(refused_files: Intake) -> None:
    said = dict(refused_files.quarantine.select("file", "message").iter_rows())
    assert "内容是 PDF" in said["pdf.xlsx"]
    assert "姓名、身份证号、联系 电话" in said["another table.xlsx"]
    assert "从第 5 行起" in said["open quote.xlsx"]
    assert f"表头有 {len(headers())} 个字段，而各行有 {len(headers()) + 1} 个" in said["rows too long.xlsx"]
    assert "表头上方的标题、文件名" in said["no title.xlsx"]
    assert "備註" in said["strange column.xlsx"]


def test_a_file_of_which_every_row_is_refused_is_refused(tmp_path: Path) -> None:
    read = taken(write_text(tmp_path / "a.csv", [headers(), cells(1, county_code="1"), cells(2, county_code="2")]))
    assert (status(read), counts(read)) == ({"a.csv": "refused"}, {"a.csv": (2, 0, 2, 0)})


def test_files_of_other_sources_and_years_are_passed_over(tmp_path: Path) -> None:
    write_text(tmp_path / "a.csv", table())
    write_text(tmp_path / "b.csv", table(2, 2020))
    write_text(tmp_path / "c.csv", tw_table("primary_csv", 2021, {}))
    files = [(path.name, path) for path in inbox_files(tmp_path)]
    read = take_in(files, sources().values(), wanted=["cn-returns"], years=lambda year: year == 2021)
    assert status(read) == {"a.csv": "accepted", "c.csv": "ignored"}


def test_a_survey_tells_source_and_year_without_reading_the_rows(tmp_path: Path) -> None:
    write_text(tmp_path / "a.csv", table(2, 2019))
    write_workbook(tmp_path / "b.xlsx", {"封面": [["年报"]], "一": table(40)}, top=2)
    write_text(tmp_path / "c.csv", tw_table("junior_raw", 2013, {}), "utf-16", "\t")
    (tmp_path / "d.pdf").write_bytes(b"%PDF-1.7")
    (tmp_path / "~$e.xlsx").write_bytes(b"lock")
    (tmp_path / ".f.csv").write_bytes(b"hidden")
    found = survey([(path.name, path) for path in inbox_files(tmp_path)], sources().values())
    assert found.select("file", "source", "school_year").rows() == [
        ("a.csv", "cn-returns", 2019),
        ("b.xlsx", "cn-returns", 2021),
        ("c.csv", "tw-moe", 2013),
        ("d.pdf", None, None),
    ]


# Logic checks.


@dataclass(frozen=True)
class Broken:
    """Figures that break one rule alone, and the column whose other value mends them."""

    figures: dict[str, int | str]
    mended: tuple[str, int | str]


def staged(figures: dict[str, int], stage: str) -> dict[str, int | str]:
    return {f"{name}_{stage}": value for name, value in figures.items()}


def broken_rules() -> dict[str, Broken]:
    """Each rule of `schools` with a return that breaks it.

    The numbers are such that the rule holds as soon as any one of the cells it reads is not reported.
    """
    found = {}
    levels = ("doctor", "master", "bachelor", "college", "upper_secondary")
    titles = ("full_senior", "senior_title", "mid", "assistant", "junior_title", "untitled")
    subjects = ("pe", "music", "fine_arts", "arts")
    for stage in STAGES:
        grades = {f"pupils_grade_{grade}": 50 for grade in range(1, 7 if stage == "primary" else 4)}
        if stage == "junior":
            grades["pupils_grade_4"] = 7
        pupils = 50 * (6 if stage == "primary" else 3)
        cases: dict[str, tuple[dict[str, int], tuple[str, int]]] = {
            "grades_are_pupils": (
                {"pupils": pupils + (5 if stage == "primary" else 0)} | grades,
                ("pupils", 300 if stage == "primary" else 157),
            ),
            "entrants_are_grade_1": ({"entrants": 53, "pupils_grade_1": 50}, ("entrants", 50)),
            "qualifications_are_teachers": (
                {"full_time_teachers": 11} | {f"teachers_{level}": 2 for level in levels},
                ("full_time_teachers", 10),
            ),
            "titles_are_teachers": (
                {"full_time_teachers": 11} | {f"teachers_{title}": 2 for title in titles},
                ("full_time_teachers", 12),
            ),
            "bands_are_classes": ({"classes": 11} | {f"classes_{band}": 1 for band in BANDS}, ("classes", 10)),
            "key_teachers_within": ({"key_teachers": 5, "full_time_teachers": 4}, ("key_teachers", 4)),
            "pe_arts_teachers_within": (
                {"full_time_teachers": 10} | {f"{subject}_teachers": 3 for subject in subjects},
                ("full_time_teachers", 12),
            ),
            "certified_within": ({"certified_teachers": 5, "full_time_teachers": 4}, ("certified_teachers", 4)),
            "trained_within": ({"trained_teachers": 5, "full_time_teachers": 4}, ("trained_teachers", 4)),
            "under_45_within": ({"teachers_under_45": 5, "full_time_teachers": 4}, ("teachers_under_45", 4)),
            "multimedia_within": (
                {"multimedia_teachers_under_45": 5, "teachers_under_45": 4},
                ("teachers_under_45", 5),
            ),
            **{
                f"{group}_within": ({group: 9, "pupils": 8}, (group, 8))
                for group in ("boarders", "migrant_children", "left_behind_children", "catchment_pupils")
            },
            "classes_for_pupils": ({"pupils": 8, "classes": 0}, ("classes", 1)),
        }
        for name, (figures, (column, value)) in cases.items():
            found[f"{name}_{stage}"] = Broken(staged(figures, stage), (f"{column}_{stage}", value))
    found["indoor_sports_within"] = Broken(
        {"indoor_sports_area_m2": 101, "teaching_auxiliary_area_m2": 100}, ("indoor_sports_area_m2", 100)
    )
    found["equipment_for_laboratory"] = Broken(
        {"equipment_value_yuan": 0, "is_laboratory_kit_meets": "是"}, ("is_laboratory_kit_meets", "否")
    )
    # 120 万元 a pupil: the figure was meant in yuan.
    found["equipment_in_wan"] = Broken(
        {"equipment_value_yuan": 1200, "pupils_primary": 4, "pupils_junior": 3, "pupils_senior": 3},
        ("equipment_value_yuan", 1000),
    )
    return found


BROKEN = broken_rules()
RULES = {rule.name: rule for rule in SCHOOLS.rules}


@pytest.fixture(scope="module")
def logic(tmp_path_factory: pytest.TempPathFactory) -> Intake:
    """For each rule a broken row, a mended one, and one for each cell it reads with that cell left blank."""
    rows: list[list[str]] = []
    for name, case in BROKEN.items():
        blanked = [(f"{name} without {column}", case.figures | {column: ""}) for column in case.figures]
        variants = [(name, case.figures), (f"{name} mended", case.figures | dict([case.mended])), *blanked]
        for called, figures in variants:
            given = {column: str(value) for column, value in figures.items()}
            rows.append(cells(len(rows) + 1, school_name=called, **given))
    return taken(write_text(tmp_path_factory.mktemp("logic") / "a.csv", [headers(), *rows]))


def test_every_logic_rule_is_planted_here() -> None:
    assert set(BROKEN) == set(RULES)


def test_a_logic_rule_refuses_all_that_it_reads_but_pupils() -> None:
    for rule in SCHOOLS.rules:
        kept = set(rule.reads) - set(rule.refuses)
        assert kept <= {"pupils_primary", "pupils_junior", "pupils_senior"}, rule.name
        assert set(rule.refuses) <= set(rule.reads), rule.name


def named(intake: Intake, called: str) -> dict[str, object]:
    return intake.schools.row(by_predicate=pl.col("school_name") == called, named=True)


@pytest.mark.parametrize("name", BROKEN)
def test_a_logic_rule_refuses_the_cells_it_names_and_no_other(logic: Intake, name: str) -> None:
    row = named(logic, name)
    lines = logic.quarantine.filter(pl.col("school_id") == row["school_id"])
    base = name.removesuffix("_primary").removesuffix("_junior")
    assert set(lines["rule"]) == {base}
    assert sorted(lines["column"]) == sorted(set(RULES[name].refuses) & set(BROKEN[name].figures))
    assert {column for column in BROKEN[name].figures if row[column] is None} == set(lines["column"])


@pytest.mark.parametrize("name", BROKEN)
def test_a_logic_rule_passes_a_sound_row_and_one_with_a_cell_not_reported(logic: Intake, name: str) -> None:
    variants = [f"{name} mended", *(f"{name} without {column}" for column in BROKEN[name].figures)]
    if name == "equipment_in_wan":  # the pupils that are reported say how much there may be
        variants = [v for v in variants if "without pupils" not in v]
    for called in variants:
        row = named(logic, called)
        assert logic.quarantine.filter(pl.col("school_id") == row["school_id"]).is_empty(), called


def test_logic_is_checked_on_what_is_left_once_bad_cells_are_refused(tmp_path: Path) -> None:
    """-3 pupils in grade 4 make the grades add up; without them they no longer do."""
    grades = {f"pupils_grade_{g}_junior": v for g, v in ((1, "50"), (2, "50"), (3, "53"), (4, "-3"))}
    read = taken(
        write_text(tmp_path / "a.csv", [headers(), cells(1, pupils_junior="150", classes_junior="3", **grades)])
    )
    assert failures(read.schools, SCHOOLS).is_empty()
    assert sorted((column, rule) for _, _, column, rule in refusals(read)) == [
        ("pupils_grade_1_junior", "grades_are_pupils"),
        ("pupils_grade_2_junior", "grades_are_pupils"),
        ("pupils_grade_3_junior", "grades_are_pupils"),
        ("pupils_grade_4_junior", "negative"),
    ]
    assert school(read)["pupils_junior"] == 150


def test_equipment_given_in_yuan_is_refused_and_the_message_says_so(tmp_path: Path) -> None:
    pupils = {"pupils_primary": "400", "pupils_junior": "200"}
    rows = [cells(1, equipment_value_yuan="500000", **pupils), cells(2, equipment_value_yuan="50", **pupils)]
    read = taken(write_text(tmp_path / "a.csv", [headers(), *rows]))
    assert refusals(read) == [("a.csv", 2, "equipment_value_yuan", "equipment_in_wan")]
    assert "很可能填成了元" in read.quarantine["message"].item()
    assert school(read, 1)["equipment_value_yuan"] is None
    assert school(read, 2)["equipment_value_yuan"] == Decimal(500_000)


def test_equipment_of_a_school_whose_pupils_are_not_reported_is_taken(tmp_path: Path) -> None:
    read = taken(
        write_text(tmp_path / "a.csv", [headers(), cells(1, equipment_value_yuan="200", pupils_primary="约百")])
    )
    assert school(read)["equipment_value_yuan"] == Decimal(2_000_000)


# Every row is accounted for.

JUNK = [
    "",
    "*",
    "-",
    "约",
    "1e3",
    "9" * 40,
    "#REF!",
    "\ufffd",
    "１",
    "-1",
    "0.5",
    '"',
    "是",
    "a,b",
    "a\nb",
    " ",
    "1,000",
    "NaN",
]
COLUMNS = ["school_year", "county_code", "county_name", "school_id", "school_name", "school_type_code", "area_code"]
COLUMNS += ["books", "pupils_primary", "classes_primary", "full_time_teachers_primary", "key_teachers_primary"]
COLUMNS += ["site_area_m2", "equipment_value_yuan", "is_laboratory_kit_meets", "founded_year"]
SPOIL = st.lists(
    st.tuples(
        st.integers(1, 6), st.sampled_from([headers().index(header_of(c)) for c in COLUMNS]), st.sampled_from(JUNK)
    ),
    max_size=12,
)


@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(SPOIL, st.booleans())
def test_whatever_is_in_the_cells_every_row_and_cell_is_taken_or_named(
    spoilt: list[tuple[int, int, str]],
    as_workbook: bool,  # noqa: FBT001
) -> None:
    given_cells = {
        "books": "100",
        "pupils_primary": "60",
        "classes_primary": "2",
        "full_time_teachers_primary": "6",
        "key_teachers_primary": "1",
        "site_area_m2": "900.5",
        "equipment_value_yuan": "3",
        "is_laboratory_kit_meets": "是",
        "founded_year": "1950",
        "area_code": "220",
    }
    rows = [headers(), *(cells(number, **given_cells) for number in range(1, 7))]
    for row, position, junk in spoilt:
        rows[row][position] = junk
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a"
        later = write_text(Path(folder) / "b", [headers(), cells(1), cells(2)])
        write_workbook(path, {"一": rows}) if as_workbook else write_text(path, rows)
        read = taken(path, later)
    for frame, contract in ((read.schools, SCHOOLS), (read.returns, RETURNS), (read.quarantine, QUARANTINE)):
        accept(frame, contract)
    for file, (rows_read, accepted, refused, superseded) in counts(read).items():
        assert rows_read == accepted + refused + superseded
        lines = read.quarantine.filter(file=file, level="row")
        assert lines.height == lines["row"].n_unique() == refused
        assert read.schools.filter(file=file).height == accepted
    if status(read)["a"] != "refused":
        assert counts(read)["a"][0] == 6
    named_cells = set(read.quarantine.filter(level="cell").select("row", "column").iter_rows())
    for found in read.schools.filter(file="a").iter_rows(named=True):
        for column in given_cells:
            written = rows[found["row"] - 1][headers().index(header_of(column))].strip()
            if found[column] is None:
                assert written in ("", "*") or (found["row"], column) in named_cells
            else:
                assert (found["row"], column) not in named_cells


# Every rule of the catalogue.


@pytest.fixture(scope="module")
def planted(refused_files: Intake, logic: Intake, tmp_path_factory: pytest.TempPathFactory) -> list[pl.DataFrame]:
    folder = tmp_path_factory.mktemp("planted")
    bad = [*((c, v) for c, v, _ in BAD_CELLS), *((c, v) for c, v, _ in BAD_ROWS)]
    rows = [cells(n, **{column: value}) for n, (column, value) in enumerate(bad, 1)]
    sound = [cells(n) for n in range(200, 240)]
    write_text(folder / "a.csv", [headers(), *rows, *sound, cells(300), cells(300), [*cells(301), ""]])
    write_text(folder / "b.csv", tw_table("junior_raw", 2013, {"graduates_junior": "5"}, {"county_code": "99"}))
    said = [("known", "2023"), ("known", ""), ("", ""), ("unknown", ""), ("known", "明年")]
    facts = [{"fact": fact, "period": period, "value": "1"} for fact, period in said]
    facts += [{"fact": "known", "period": str(year), "value": value} for year, value in ((2001, "=#N/A"), (2002, ""))]
    facts[-1] |= {"finding": "是", "score": "1"}
    facts += [
        {"fact": "known", "period": "2003", "value": "0.00001", "note": "长" * 2001},
        {"fact": "asked", "value": "1", "score": "6", "evidence_date": "2023-09-01", "valid_until": "2023-08-31"},
        {"fact": "asked", "breakdown": "语文", "finding": "是"},
        {"fact": "asked", "school_id": "2111000999", "finding": "是"},
        {"fact": "asked", "school_id": "2111000001", "county_code": "690102", "finding": "是"},
        {"fact": "eased", "finding": "是"},
    ]
    (folder / "c.xlsx").write_bytes(uncalculated(workbook({"一": county_table("county_facts", *facts)})))
    documents = [
        {"standard": "a", "item": "b", "title": "c", "sha256": "0", "dated": "去年"},
        {"standard": "c", "item": "b", "title": "c"},
        {"standard": "a", "item": "c", "title": "c"},
    ]
    write_text(folder / "d.csv", county_table("county_documents", *documents))
    measure = {"standard": "a", "item": "b", "signed_on": "2023-09-01", "expected_by": "2023-08-31"}
    write_text(folder / "e.csv", county_table("county_measures", measure))
    plan = {"plan": "a", "first_year": "2023", "target_year": "2022"}
    write_text(folder / "f.csv", county_table("county_plans", plan))
    group = {"grouping": "a", "group": "b", "school_id": "2111000001", "since": "2023-09-01", "until": "2023-08-31"}
    write_text(folder / "g.csv", county_table("school_groups", group))
    for county, number in (("690101", 1), ("690102", 2)):
        write_text(folder / f"{county}.csv", [headers(2023), cells(number, 2023, county_code=county)])
    for name, content in FAULTY.items():
        (folder / name).write_bytes(content)
    answers = {
        "known": KnownFact("decimal"),
        "asked": KnownFact(takes_finding=True, takes_score=True, points=Decimal(5)),
        "eased": KnownFact(takes_finding=True, of_schools=True),
    }
    read = taken(*inbox_files(folder), facts=answers, items={"a": ["b"]})
    hostile = folder / "hostile"
    hostile.mkdir()
    (hostile / "a.zip").write_bytes(zipped({"../b.csv": b"x"}))
    (hostile / "c.xlsx").write_bytes(sheet('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'))
    beyond = take_in(named_files(hostile), sources().values()).quarantine
    return [refused_files.quarantine, logic.quarantine, read.quarantine, beyond]


def test_every_rule_of_the_catalogue_is_seen_to_refuse_at_its_level(planted: list[pl.DataFrame]) -> None:
    seen = pl.concat(planted).select("rule", "level").unique()
    assert dict(seen.iter_rows()) == {name: rule["level"] for name, rule in rules().items()}
    assert seen.height == len(rules())


def test_every_message_is_filled_in_and_in_its_language(planted: list[pl.DataFrame]) -> None:
    for line in pl.concat(planted).iter_rows(named=True):
        if line["value"] != "$1 {wanted}":
            assert "{" not in line["message"] + line["message_en"]
        assert line["message"].rstrip("。") != line["message"]
        assert line["message_en"].endswith(".")


# Real returns.


@pytest.mark.skipif(not REAL.is_dir(), reason=f"real returns are absent: no folder {REAL}")
def test_eighteen_real_files_give_40159_rows_and_one_refused_cell() -> None:
    files = [(path.relative_to(REAL).as_posix(), path) for path in inbox_files(REAL)]
    read = take_in(files, sources().values())
    total = read.returns.select("rows_read", "rows_accepted", "rows_refused", "rows_superseded").sum().row(0)
    assert total == (42_829, 40_159, 0, 2_670)
    assert read.schools.height == 40_159
    # 154673 has a pupil and, by its "-", no class.
    assert read.quarantine.select("file", "row", "school_id", "rule").rows() == [
        ("raw_txt_101-103/101_basec.txt", 2116, "154673", "classes_for_pupils")
    ]
    junior = read.schools.filter(school_year=2014, return_part="junior")
    silent = junior.filter(pl.col("full_time_teachers_junior").is_null())
    # README.md counts 201 of 943 units: its 943 lines hold three of titles and header, its 201 two without pupils.
    assert (junior.height, silent.height) == (940, 199)
    assert (silent["pupils_junior"].sum(), junior["pupils_junior"].sum()) == (174_120, 803_226)
    assert junior["pupils_junior"].null_count() == junior["classes_junior"].null_count() == 0
    forest = read.schools.filter(school_id="191315").sort("school_year")
    assert forest["full_time_teachers_primary"].to_list() == [0] * 9
    assert forest["pupils_primary"].to_list() == [146, 159, 155, 150, 151, 147, 142, 140, 140]
    primary = read.schools.filter(return_part="primary")
    assert primary["pupils_primary"].null_count() == 0
    assert [row["school_year"] for row in primary.unique("school_year").sort("school_year").iter_rows(named=True)] == [
        *range(2012, 2026)
    ]
    assert all(low < high for low, high in pairwise(files))


def test_an_impossible_number_of_pupils_costs_that_cell_and_not_what_it_is_held_against(tmp_path: Path) -> None:
    read = taken(write_text(tmp_path / "a.csv", [headers(), cells(1, pupils_primary="-205")]))
    assert read.quarantine.select("column", "value", "rule").rows() == [("pupils_primary", "-205", "negative")]
