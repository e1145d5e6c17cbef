"""Schools over the years: the same by code or by the register, listed with a reason, proposed and never applied."""

from __future__ import annotations

import polars as pl
import pytest

from pipelines.change import year_over_year
from pipelines.dispersion import county_dispersion
from pipelines.indicators import unit_indicators
from pipelines.likeness import lineage_candidates
from pipelines.lineage import codes_of_today, school_changes, school_lineage, under_todays_codes
from pipelines.registers import RegisterError, read_register
from pipelines.units import units
from schemas.contract import accept
from schemas.lineage import COUNTY_HISTORY, LINEAGE_CANDIDATES, SCHOOL_CHANGES, SCHOOL_EVENTS, SCHOOL_LINEAGE
from standards.standard import standards
from tests.county import schools

INDICATIVE = standards()["tw-indicative"]
Row = dict[str, object]
HEAD = "event_date,event,source,school_id_before,school_id_after,document"
NOWHERE = pl.DataFrame(schema=dict.fromkeys(("source", "county_code", "successor"), pl.String))
NOBODY = pl.DataFrame(schema={"source": pl.String, "school_id": pl.String})


def register(*rows: str) -> pl.DataFrame:
    """The register with these rows: date, event, identifier before, identifier after."""
    lines = []
    for row in rows:
        day, event, before, after = row.split(",")
        lines.append(f"{day},{event},cn-returns,{before},{after},批文")
    return read_register("\n".join([HEAD, *lines]), "school_events.csv", SCHOOL_EVENTS, ["cn-returns"])


def school(number: str, pupils: int = 100, teachers: int = 5, **more: object) -> Row:
    return {
        "school_id": number,
        "school_name": f"{number}号小学",
        "pupils_primary": pupils,
        "full_time_teachers_primary": teachers,
    } | more


def drawn(years: dict[int, list[Row]]) -> pl.DataFrame:
    return schools([{"school_year": year, **row} for year, rows in years.items() for row in rows])


def changes(before: list[Row], now: list[Row], *events: str) -> pl.DataFrame:
    found = school_changes(drawn({2020: before, 2021: now}), register(*events), NOWHERE, NOBODY, 2021)
    return accept(found, SCHOOL_CHANGES)


def said(found: pl.DataFrame) -> list[tuple[str, str, str, str | None, str | None]]:
    return found.select("change", "school_id_before", "school_id_after", "event", "reason").rows()


def changed(before: list[Row], now: list[Row], *events: str) -> pl.DataFrame:
    """Year over year of pupils per teacher, the register followed."""
    held = drawn({2020: before, 2021: now})
    found = units(held, INDICATIVE)
    values = unit_indicators(found, INDICATIVE)
    told = school_changes(held, register(*events), NOWHERE, NOBODY, 2021)
    rows = year_over_year(
        found, values, county_dispersion(found, values, INDICATIVE), told, COUNTY_HISTORY.empty(), INDICATIVE, 2021
    )
    return rows.filter(pl.col("indicator") == "teacher_pupil_ratio")


def series(rows: pl.DataFrame) -> dict[str, int]:
    return dict(rows["series"].value_counts().iter_rows())


A, B, C = school("A", 100, 5), school("B", 100, 10), school("C", 100, 20)


def test_a_school_that_reports_in_both_years_under_one_code_is_no_change() -> None:
    assert said(changes([A, B], [A, B])) == []


def test_a_pair_without_an_entry_counts_as_one_gone_and_one_new() -> None:
    assert said(changes([A, B], [A, C])) == [
        ("gone", "B", "", None, "reason_missing"),
        ("new", "", "C", None, "reason_missing"),
    ]
    rows = changed([A, B], [A, C])
    assert series(rows) == {"county": 1, "common": 1, "unit": 1, "opened": 1, "closed": 1}


def test_a_school_that_changes_category_and_code_is_one_school() -> None:
    event = "2021-07-01,recategorised,B,C"
    assert said(changes([A, B], [A, C], event)) == [("recoded", "B", "C", "recategorised", None)]
    rows = changed([A, B], [A, C], event)
    assert series(rows) == {"county": 1, "common": 1, "unit": 2}
    unit = rows.row(by_predicate=pl.col("unit_id") == "C/primary", named=True)
    assert (unit["unit_id_before"], unit["value_before"], unit["value"]) == ("B/primary", 0.1, 0.2)
    common = rows.row(by_predicate=pl.col("series") == "common", named=True)
    assert (common["units_common"], common["units_opened"], common["units_closed"]) == (2, 0, 0)
    assert (common["value_before"], common["value"]) == (15 / 200, 25 / 200)


def test_the_stage_that_a_school_adds_with_its_category_is_opened() -> None:
    nine_year = C | {"school_type_code": "312", "pupils_junior": 50, "full_time_teachers_junior": 5}
    rows = changed([A, B], [A, nine_year], "2021-07-01,recategorised,B,C")
    opened = rows.filter(pl.col("series") == "opened")
    assert opened["unit_id"].to_list() == []  # the county had no junior unit the year before: nothing to open
    held = school("D", 100, 5, school_type_code="312", pupils_junior=40, full_time_teachers_junior=4)
    rows = changed([A, B, held], [A, nine_year, held], "2021-07-01,recategorised,B,C")
    assert rows.filter(pl.col("series") == "opened")["unit_id"].to_list() == ["C/junior"]


def test_the_lineage_is_the_first_code_of_a_chain_in_every_year() -> None:
    held = drawn({2019: [A], 2020: [B], 2021: [C]})
    events = register("2020-03-01,recoded,A,B", "2021-03-01,recategorised,B,C")
    for year, code in ((2019, "A"), (2020, "B"), (2021, "C")):
        found = accept(school_lineage(held, events, year), SCHOOL_LINEAGE)
        assert found.select("school_id", "lineage_id").rows() == [(code, "A")]
    assert school_lineage(held, events, 2021)["event"].to_list() == ["recategorised"]


def test_two_codes_of_a_lineage_that_report_in_one_year_stand_each_for_itself() -> None:
    events = ["2021-03-01,recoded,A,B"]
    held = drawn({2020: [A], 2021: [A, B]})
    assert school_lineage(held, register(*events), 2021)["lineage_id"].to_list() == ["A", "B"]
    found = changes([A], [A, B], *events)
    assert said(found) == [("new", "", "B", "recoded", None)]
    assert found["finding"].to_list() == ["other_school_not_found"]


def test_a_merged_school_is_compared_with_the_sum_of_those_before() -> None:
    now = [A, school("C", 200, 36)]
    event = "2021-08-31,merged,B,C"
    assert said(changes([A, B, C], now, event)) == [
        ("merged", "B", "C", "merged", None),
        ("merged", "C", "C", "merged", None),
    ]
    rows = changed([A, B, C], now, event)
    assert series(rows) == {"county": 1, "common": 1, "unit": 1, "merged": 1}
    merged = rows.row(by_predicate=pl.col("series") == "merged", named=True)
    assert (merged["value_before"], merged["value"]) == (30 / 200, 36 / 200)
    assert (merged["pupils_before"], merged["pupils"]) == (200, 200)
    assert (merged["unit_id"], merged["unit_id_before"]) == ("C/primary", "B/primary | C/primary")
    common = rows.row(by_predicate=pl.col("series") == "common", named=True)
    assert (common["units_common"], common["units_regrouped"], common["value"]) == (1, 1, 0.05)


def test_two_schools_that_become_a_third_are_one_merger() -> None:
    rows = changed([A, B, school("D")], [A, C], "2021-08-31,merged,B,C", "2021-08-31,merged,D,C")
    assert series(rows) == {"county": 1, "common": 1, "unit": 1, "merged": 1}
    merged = rows.row(by_predicate=pl.col("series") == "merged", named=True)
    assert (merged["value_before"], merged["value"]) == (15 / 200, 20 / 100)


def test_a_split_school_is_compared_as_the_sum_of_what_came_of_it() -> None:
    rows = changed([A, school("B", 200, 10)], [A, B, C], "2021-06-01,split,B,C")
    split = rows.row(by_predicate=pl.col("series") == "split", named=True)
    assert (split["value_before"], split["value"]) == (0.05, 30 / 200)
    assert series(rows) == {"county": 1, "common": 1, "unit": 1, "split": 1}


def test_a_merger_is_apart_only_in_the_year_in_which_it_first_shows() -> None:
    found = changes([A, B, C], [A, B, C], "2019-08-31,merged,B,C")
    assert said(found) == []
    assert series(changed([A, B], [A, B], "2019-08-31,merged,D,B"))["unit"] == 2


def test_a_merger_in_which_a_unit_does_not_report_has_no_sum() -> None:
    rows = changed([A, B, C | {"full_time_teachers_primary": None}], [A, C], "2021-08-31,merged,B,C")
    merged = rows.row(by_predicate=pl.col("series") == "merged", named=True)
    assert (merged["value_before"], merged["value"], merged["change"]) == (None, 0.2, None)


def test_what_happens_from_september_on_shows_in_the_next_return() -> None:
    for day, off in (("2021-09-01", None), ("2021-09-02", "date_disagrees"), ("2020-09-02", None)):
        found = changes([A, B], [A], f"{day},closed,B,")
        assert said(found) == [("gone", "B", "", "closed", None)]
        assert found["finding"].to_list() == [off], day
    assert said(changes([A, B], [A], "2019-08-01,closed,B,")) == [("gone", "B", "", None, "reason_missing")]


@pytest.mark.parametrize(
    ("event", "before", "now", "wanted"),
    [
        ("2021-07-01,opened,,C", [A], [A, C], ("new", "", "C", "opened", None)),
        ("2021-07-01,reopened,C,", [A], [A, C], ("new", "", "C", "reopened", None)),
        ("2021-07-01,closed,C,", [A, C], [A], ("gone", "C", "", "closed", None)),
        ("2021-07-01,suspended,C,", [A, C], [A, school("C", 0)], ("suspended", "C", "C", "suspended", None)),
        ("2021-07-01,reopened,C,", [A, school("C", 0)], [A, C], ("reopened", "C", "C", "reopened", None)),
        (
            "2021-07-01,renamed,C,C",
            [A, C],
            [A, C | {"school_name": "新名小学"}],
            ("renamed", "C", "C", "renamed", None),
        ),
        (
            "2021-07-01,moved,C,",
            [A, C, school("E", county_code="690102", county_name="鹿汀区")],
            [A, C | {"county_code": "690102", "county_name": "鹿汀区"}, school("E", county_code="690102")],
            ("moved", "C", "C", "moved", None),
        ),
    ],
)
def test_each_event_is_the_reason_of_the_change_that_it_makes(
    event: str, before: list[Row], now: list[Row], wanted: tuple[object, ...]
) -> None:
    assert said(changes(before, now, event)) == [wanted]
    assert said(changes(before, now)) == [(*wanted[:3], None, "reason_missing")]


def test_a_school_whose_row_was_refused_is_not_simply_gone() -> None:
    refused = pl.DataFrame({"source": ["cn-returns"], "school_id": ["B"]})
    found = school_changes(drawn({2020: [A, B], 2021: [A]}), register(), NOWHERE, refused, 2021)
    assert said(found) == [("gone", "B", "", None, "row_refused")]


def test_a_county_that_reports_in_one_year_only_has_no_gone_and_no_new_schools() -> None:
    other = B | {"county_code": "690102", "county_name": "鹿汀区"}
    assert said(changes([A], [A, other])) == []
    assert said(changes([A, other], [A])) == []


def test_an_empty_register_leaves_every_figure_as_it_is() -> None:
    held = drawn({2020: [A, B], 2021: [A, C]})
    found = units(held, INDICATIVE)
    values = unit_indicators(found, INDICATIVE)
    spread = county_dispersion(found, values, INDICATIVE)
    with_register = year_over_year(
        found,
        values,
        spread,
        school_changes(held, register(), NOWHERE, NOBODY, 2021),
        COUNTY_HISTORY.empty(),
        INDICATIVE,
        2021,
    )
    assert with_register.equals(
        year_over_year(found, values, spread, SCHOOL_CHANGES.empty(), COUNTY_HISTORY.empty(), INDICATIVE, 2021)
    )


OLD = school(
    "2169000001", 90, 6, school_name="青岚县柳坞镇第一小学", area_code="121", founded_year=1960,
    **{f"pupils_grade_{grade}_primary": 15 for grade in range(1, 7)},
)  # fmt: skip
NEW = OLD | {
    "school_id": "3169000099",
    "school_name": "青岚县柳坞镇第一学校",
    "school_type_code": "312",
    "pupils_junior": 40,
}


def candidates(before: list[Row], now: list[Row], *events: str) -> pl.DataFrame:
    held = drawn({2020: before, 2021: now})
    told = school_changes(held, register(*events), NOWHERE, NOBODY, 2021)
    return accept(lineage_candidates(held, told, 2021), LINEAGE_CANDIDATES)


def test_a_gone_and_a_new_school_that_look_alike_are_proposed_with_what_speaks_for_it() -> None:
    row = candidates([A, OLD], [A, NEW]).row(0, named=True)
    assert (row["school_id_before"], row["school_id_after"], row["event"]) == (
        "2169000001",
        "3169000099",
        "recategorised",
    )
    assert (row["name_likeness"], row["pupils_likeness"], row["staff_likeness"]) == (1.0, 1.0, 1.0)
    assert (row["is_same_serial"], row["is_same_place"], row["is_same_founding"]) == (False, True, True)
    assert row["score"] == pytest.approx(0.9)


def test_pupils_are_expected_one_grade_further_on() -> None:
    grown = NEW | {"pupils_grade_2_primary": 5}
    row = candidates([A, OLD], [A, grown]).row(0, named=True)
    assert row["pupils_likeness"] == pytest.approx(1 - 10 / (4 * 30 + 20))


def test_a_new_school_with_the_pupils_of_two_gone_ones_is_proposed_as_their_merger() -> None:
    one = school("2169000001", 60, 4, school_name="青岚县柳坞村小学", area_code="220")
    two = school("2169000002", 90, 6, school_name="青岚县石桥村小学", area_code="220")
    other = school("2169000003", 300, 20, school_name="青岚县新城小学", area_code="220")
    joint = school("2169000009", 150, 10, school_name="青岚县柳坞中心小学", area_code="220")
    found = candidates([A, one, two, other], [A, joint]).filter(pl.col("event") == "merged")
    assert found.select("school_id_before", "school_id_after", "pupils_before", "pupils").rows() == [
        ("2169000001", "2169000009", 60, 150),
        ("2169000002", "2169000009", 90, 150),
    ]
    assert found["pupils_likeness"].to_list() == [1.0, 1.0]
    # Proposed, and applied nowhere: each counts as gone, the new one as new.
    assert [change for change, *_ in said(changes([A, one, two, other], [A, joint]))] == ["gone"] * 3 + ["new"]
    # Entered, it is a merger and no proposal is left of it.
    entered = ("2021-07-01,merged,2169000001,2169000009", "2021-07-01,merged,2169000002,2169000009")
    assert not candidates([A, one, two, other], [A, joint], *entered).height


def test_two_gone_schools_are_not_proposed_where_one_of_them_explains_the_new_one_as_well() -> None:
    small = school("2169000002", 4, 1, school_name="青岚县石桥村小学", area_code="121")
    found = candidates([A, OLD, small], [A, NEW])
    assert found.select("school_id_before", "event").rows() == [("2169000001", "recategorised")]


def test_schools_without_a_common_stage_or_with_a_reason_are_not_proposed() -> None:
    junior = NEW | {"pupils_primary": 0, "school_type_code": "311"}
    assert not candidates([A, OLD], [A, junior]).height
    assert not candidates([A, OLD], [A, NEW], "2021-07-01,closed,2169000001,").height


def test_a_school_of_one_name_in_another_county_is_proposed() -> None:
    elsewhere = {"county_code": "690102", "county_name": "鹿汀区"}
    held = school("E", **elsewhere)
    gone = OLD | {"school_name": "枫林希望小学"}
    came = gone | {"school_id": "2169000077"} | elsewhere
    row = candidates([A, held, gone], [A, held, came]).row(0, named=True)
    assert (row["county_code_before"], row["county_code"], row["event"]) == ("690101", "690102", "recoded")


def test_the_ledger_follows_a_school_under_another_identifier() -> None:
    held = drawn({2020: [A, B], 2021: [A, C]})
    events = register("2021-07-01,recategorised,B,C")
    lineages = pl.concat(school_lineage(held, events, year) for year in (2020, 2021))
    codes = codes_of_today(lineages, 2021)
    assert codes.rows() == [("cn-returns", "B", "C")]
    rows = pl.DataFrame(
        {
            "source": ["cn-returns"] * 3,
            "school_id": ["B", "B", "A"],
            "subject_id": ["B", "B/primary", "A/primary"],
            "stage": ["", "primary", "primary"],
        }
    )
    found = under_todays_codes(rows, codes)
    assert found["subject_id"].to_list() == ["C", "C/primary", "A/primary"]
    assert found["school_id"].to_list() == ["C", "C", "A"]
    assert under_todays_codes(rows, codes_of_today(lineages.filter(school_year=2020), 2020)).equals(rows)


def fault(text: str) -> str:
    with pytest.raises(RegisterError) as refused:
        read_register(text, "school_events.csv", SCHOOL_EVENTS, ["cn-returns"])
    return str(refused.value)


@pytest.mark.parametrize(
    ("row", "said_of_it"),
    [
        ("2021-02-30,closed,cn-returns,A,,批文", "第 2 行 row 2，event_date：“2021-02-30”，应为日期"),
        (",closed,cn-returns,A,,批文", "event_date：空，不能空缺"),
        ("2021-02-01,vanished,cn-returns,A,,批文", "event：“vanished”，应为 renamed、"),
        ("2021-02-01,closed,elsewhere,A,,批文", "source：“elsewhere”，没有这个来源；有：cn-returns"),
        ("2021-02-01,closed,cn-returns,,,批文", "school_id_before：空，这种事件要填原代码"),
        ("2021-02-01,merged,cn-returns,A,,批文", "school_id_after：空，这种事件要填现代码"),
        ("2021-02-01,opened,cn-returns,A,B,批文", "school_id_before：“A”，新设的没有原代码"),
        ("2021-02-01,closed,cn-returns,A,B,批文", "school_id_after：“B”，停办、撤销的没有现代码"),
        ("2021-02-01,recoded,cn-returns,A,A,批文", "school_id_after：“A”，原代码与现代码应不相同"),
        ("2021-02-01,closed,cn-returns,A,,", "document：空，不能空缺"),
        ("2021-02-01,closed,cn-returns,A,批文", "第 2 行有 5 个字段，表头有 6 个"),
    ],
)
def test_each_fault_of_the_register_is_told_by_row_and_column_and_no_row_is_taken(row: str, said_of_it: str) -> None:
    assert said_of_it in fault(f"{HEAD}\n{row}")


def test_all_faults_of_the_register_are_told_at_once() -> None:
    message = fault(f"{HEAD}\n2021-13-01,closed,cn-returns,A,,批文\n2021-02-01,merged,cn-returns,A,,\n")
    assert message.startswith("school_events.csv：3 处问题")
    assert [line.split("，")[0].strip() for line in message.splitlines()[1:]] == [
        "第 2 行 row 2",
        "第 3 行 row 3",
        "第 3 行 row 3",
    ]


def test_headers_that_are_missing_unknown_or_doubled_are_told() -> None:
    assert "缺少表头“document”" in fault("event_date,event,source,school_id_before,school_id_after\n")
    assert "不认识表头“文号”" in fault(HEAD + ",文号\n")
    assert "表头“document”出现不止一次" in fault(HEAD + ",document\n")


@pytest.mark.parametrize(
    ("rows", "said_of_it"),
    [
        (["2020-01-01,recoded,cn-returns,A,B,x", "2021-01-01,recoded,cn-returns,A,C,x"], "已有另一个现代码"),
        (["2020-01-01,recoded,cn-returns,A,C,x", "2021-01-01,recoded,cn-returns,B,C,x"], "已有另一个原代码"),
        (["2020-01-01,recoded,cn-returns,A,B,x", "2021-01-01,recoded,cn-returns,B,A,x"], "绕回了原代码"),
        (["2020-01-01,closed,cn-returns,A,,x", "2020-01-01,closed,cn-returns,A,,y"], "登记了两次"),
    ],
)
def test_a_chain_that_forks_joins_closes_or_stands_twice_is_refused(rows: list[str], said_of_it: str) -> None:
    message = fault("\n".join([HEAD, *rows]))
    assert said_of_it in message
    assert message.startswith("school_events.csv：1 处问题")
    assert "row 3" in message


def test_a_register_saved_by_a_spreadsheet_is_read() -> None:
    text = f"\ufeff{HEAD}\r\n2021/8/1,closed,cn-returns,A,,批文\r\n,,,,,\r\n"
    found = read_register(text, "school_events.csv", SCHOOL_EVENTS, ["cn-returns"])
    assert found.select(pl.col("event_date").cast(pl.String), "school_id_before", "school_id_after").rows() == [
        ("2021-08-01", "A", None)
    ]
