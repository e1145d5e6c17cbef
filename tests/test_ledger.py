"""The ledger: what is unmet, by how much, since when, and who mends it by when."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import polars as pl
import pytest

from pipelines.ledger import ledger
from schemas.contract import Contract, accept, conform
from schemas.county import COUNTY_MEASURES
from schemas.judgement import COUNTY_CHECKS, COUNTY_ITEMS, LEDGER, SCHOOL_CHECKS
from schemas.tables import COUNTY_DISPERSION, UNIT_INDICATORS
from standards.items import EveryClass, EverySchool, FactCheck, Finding, Item, NeverBoth, Part, Since
from standards.standard import Indicator, Scope, Standard
from standards.values import Words

Row = dict[str, object]
NAME = Words("条", "item")
PLACE: Row = {"source": "cn-returns", "province_code": "690000", "county_code": "690101", "county_name": "青岚县"}
MIGRANTS = ("migrant_children_in_public_schools",)
STANDARD = Standard(
    id="drawn",
    title=NAME,
    document=NAME,
    applies_to=("cn-returns",),
    scope=Scope(("primary", "junior"), "out", "第一条"),
    indicators=(
        Indicator("teachers", NAME, "per_100_pupils", "第一条", plus=("full_time_teachers",), times=100),
        Indicator("rooms", NAME, "per_100_pupils", "第一条", plus=("multimedia_rooms",), times=100),
        Indicator("area", NAME, "m2_per_pupil", "第一条", plus=("sports_ground_area_m2",)),
        Indicator("equipment", NAME, "yuan_per_pupil", "第一条", plus=("equipment_value_yuan",)),
        Indicator("books", NAME, "per_pupil", "第一条", plus=("books",)),
        Indicator(
            "class_size", NAME, "per_class", "第一条", plus=("pupils",), denominator="classes", must_be="at_most"
        ),
        Indicator(
            "untitled", NAME, "percent", "第一条", plus=("teachers_untitled",), over=("full_time_teachers",), times=100,
            must_be="at_most",
        ),
        Indicator("kit", NAME, "finding", "第一条", plus=("is_music_kit_meets",), denominator="one"),
        Indicator("asserted", NAME, "finding", "第一条"),
    ),
    parts=(Part("government", "items", NAME, "第二条"),),
    items=(
        Item("layout", "government", NAME, "第二条", checks=(Finding(),)),
        Item(
            "migrants", "government", NAME, "第二条",
            checks=(
                Finding(id="care"),
                FactCheck(id="share", plus=MIGRANTS, over=("migrant_children_eligible",), times=100, limit=Decimal(85)),
            ),
        ),
        Item("recognised", "government", NAME, "第二条", checks=(Since(fact="x", limit=Decimal(3)),)),
        Item(
            "certificates", "government", NAME, "第二条",
            checks=(EverySchool(plus=("certified_teachers",), over=("full_time_teachers",), times=100, limit=Decimal(100)),),
        ),
        Item("classes", "government", NAME, "第二条", checks=(EveryClass(at_most=45),)),
        Item(
            "posts", "government", NAME, "第二条",
            checks=(NeverBoth(first=("approved_posts",), second=("off_post_hires",)),),
        ),
        Item("unseen", "government", NAME, "第二条", is_in_source=False),
    ),
)  # fmt: skip


def drawn(rows: list[Row], contract: Contract, **common: object) -> pl.DataFrame:
    if not rows:
        return contract.empty()
    full = [{**PLACE, "school_year": 2023, "standard": "drawn", **common, **row} for row in rows]
    return conform(pl.DataFrame(full, infer_schema_length=None), contract)


def book(
    *,
    items: list[Row] | None = None,
    checks: list[Row] | None = None,
    school_checks: list[Row] | None = None,
    indicators: list[Row] | None = None,
    dispersion: list[Row] | None = None,
    measures: list[Row] | None = None,
    before: pl.DataFrame | None = None,
    year: int = 2023,
) -> pl.DataFrame:
    found = ledger(
        drawn(items or [], COUNTY_ITEMS, part="government", position=0, is_contradiction=False),
        drawn(checks or [], COUNTY_CHECKS, part="government", check="", breakdown="", period=2023),
        drawn(school_checks or [], SCHOOL_CHECKS, part="government", check="", stage=""),
        drawn(
            indicators or [], UNIT_INDICATORS, stage="primary", unit_id="S1/primary", school_id="S1", school_name="甲"
        ),
        drawn(dispersion or [], COUNTY_DISPERSION, stage="primary", unit="per_pupil"),
        drawn(measures or [], COUNTY_MEASURES, school_id="", file="drawn.csv"),
        LEDGER.empty() if before is None else before,
        STANDARD,
        year,
    )
    return accept(found, LEDGER)


def one(found: pl.DataFrame) -> Row:
    (row,) = found.iter_rows(named=True)
    return row


def measured(indicator: str, numerator: float, denominator: float, norm: float, **more: object) -> Row:
    return {
        "indicator": indicator,
        "unit": "x",
        "numerator": numerator,
        "denominator": denominator,
        "norm": norm,
        "value": numerator,
        "status": "not_met",
        **more,
    }


# -- the gap ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "gap", "unit"),
    [
        # 4.2 per hundred of 1,000 pupils are 42: exactly 2 are lacking, not 3.
        (measured("teachers", 40, 1000, 4.2), 2, "people"),
        (measured("teachers", 40, 1001, 4.2), 3, "people"),
        (measured("rooms", 22, 1000, 2.3), 1, "rooms"),
        # A share of 6.1 rooms: 0.8 of a room is lacking.
        (measured("rooms", 6.1, 300, 2.3), 1, "rooms"),
        (measured("area", 7000, 1000, 7.5), 500, "m2"),
        (measured("area", 7000.25, 1000, 7.5), 499.75, "m2"),
        (measured("equipment", 1_999_999.5, 1000, 2000), 1, "yuan"),
        (measured("books", 9_711.627204030227, 500, 20), 289, "volumes"),
        # 181 pupils in 4 classes of at most 45 need 5.
        (measured("class_size", 181, 4, 45), 1, "classes"),
        # 6 of 100 where at most 5 in a hundred may be.
        (measured("untitled", 6, 100, 5), 1, "people"),
        (measured("kit", 0, 1, 1), 1, "findings"),
    ],
)
def test_the_gap_is_in_whole_people_rooms_and_yuan_and_exact_in_m2(row: Row, gap: float, unit: str) -> None:
    found = one(book(indicators=[row]))
    assert (found["gap"], found["gap_unit"]) == (gap, unit)


@pytest.mark.parametrize("pupils", [1000, 7000, 29_000])
def test_nine_in_a_thousand_lacks_no_more_than_floats_make_of_it(pupils: int) -> None:
    assert one(book(indicators=[measured("teachers", 0, pupils, 0.9)]))["gap"] == pupils * 9 // 1000


def test_what_is_not_met_by_the_countys_word_alone_has_no_gap() -> None:
    found = one(book(indicators=[measured("teachers", 50, 1000, 4.2, reason="asserted_not_met")]))
    assert (found["gap"], found["gap_unit"], found["reason"]) == (None, None, "asserted_not_met")
    found = one(book(indicators=[{"indicator": "asserted", "unit": "finding", "status": "not_met"}]))
    assert found["gap"] is None


def test_what_cannot_be_told_has_no_gap() -> None:
    row = measured("teachers", 40, 1000, 4.2, status="undetermined")
    assert one(book(indicators=[row]))["gap"] is None


# -- which rows -------------------------------------------------------------------------------------------------------


def test_a_school_has_a_row_where_it_does_not_meet_or_cannot_be_judged() -> None:
    rows = [
        measured("teachers", 40, 1000, 4.2),
        measured("rooms", 23, 1000, 2.3, status="met"),
        measured("area", 1, 1, 1, status="undetermined"),
        measured("books", 1, 1, 1, status="no_norm"),
    ]
    found = book(indicators=rows)
    assert found.select("item", "ledger").rows() == [("area", "undetermined"), ("teachers", "unmet")]


def test_items_and_coefficients_are_there_met_or_not() -> None:
    items: list[Row] = [
        {"item": "layout", "status": "met"},
        {"item": "migrants", "status": "not_applicable"},
        {"item": "certificates", "status": "undetermined"},
        {"item": "unseen", "status": "not_in_source"},
    ]
    spread: list[Row] = [
        {"indicator": "books", "cv": 0.55, "limit": 0.5, "status": "not_met"},
        {"indicator": "rooms", "cv": 0.2, "status": "no_limit"},
    ]
    found = book(items=items, dispersion=spread)
    assert found.select("item", "ledger").rows() == [
        ("certificates", "undetermined"),
        ("cv:books", "unmet"),
        ("layout", "met"),
        ("migrants", "met"),
    ]
    assert found.filter(pl.col("item") == "cv:books")["gap"].item() == pytest.approx(0.05)


def test_an_item_that_one_check_decides_has_its_value_limit_and_gap() -> None:
    share: Row = {
        "item": "migrants",
        "check": "share",
        "unit": "percent",
        "numerator": 843,
        "denominator": 1000,
        "value": 84.3,
        "limit": 85,
        "status": "not_met",
    }
    care: Row = {"item": "migrants", "check": "care", "unit": "finding", "status": "met"}
    item: Row = {"item": "migrants", "status": "not_met"}
    found = one(book(items=[item], checks=[share, care]))
    assert (found["value"], found["limit"], found["gap"], found["gap_unit"]) == (84.3, 85, 7, "people")
    found = one(book(items=[item], checks=[share, {**care, "status": "not_met"}]))
    assert (found["value"], found["gap"]) == (None, None)


def test_the_gap_of_an_item_over_schools_is_their_number() -> None:
    check: Row = {"item": "certificates", "unit": "percent", "schools": 12, "schools_met": 9, "schools_not_met": 3}
    found = one(book(items=[{"item": "certificates", "status": "not_met"}], checks=[{**check, "status": "not_met"}]))
    assert (found["gap"], found["gap_unit"]) == (3, "schools")


def test_the_gap_of_a_recognition_is_in_years() -> None:
    check: Row = {"item": "recognised", "unit": "years", "value": 1, "limit": 3, "status": "not_met"}
    found = one(book(items=[{"item": "recognised", "status": "not_met"}], checks=[check]))
    assert (found["gap"], found["gap_unit"]) == (2, "years")


def test_the_schools_of_a_check_are_there_with_their_gap() -> None:
    rows: list[Row] = [
        {"item": "certificates", "gap": 2.0, "status": "not_met", "subject_id": "S1"},
        {"item": "classes", "gap": 3.0, "status": "not_met", "subject_id": "S1/primary", "stage": "primary"},
        {"item": "classes", "status": "met", "subject_id": "S2/primary", "stage": "primary"},
        {"item": "posts", "gap": 4.0, "status": "not_met", "subject_id": "S1"},
    ]
    found = book(school_checks=[{"school_id": "S1", "school_name": "甲", "unit": "x", **row} for row in rows])
    assert found.select("item", "subject_id", "gap", "gap_unit").rows() == [
        ("certificates", "S1", 2, "people"),
        ("classes", "S1/primary", 3, "classes"),
        ("posts", "S1", 4, "people"),
    ]


# -- the course of the years ------------------------------------------------------------------------------------------

MET, NOT, NONE = "met", "not_met", None


def over_years(statuses: list[str | None], first: int = 2021) -> list[Row]:
    return [
        {"item": "layout", "status": status, "school_year": year}
        for year, status in enumerate(statuses, first)
        if status is not None
    ]


@pytest.mark.parametrize(
    ("statuses", "course", "since"),
    [
        ([NONE, NONE, NOT], "first", 2023),
        ([NONE, MET, NOT], "new", 2023),
        ([MET, NOT, NOT], "persistent", 2022),
        ([NOT, NOT, NOT], "persistent", 2021),
        ([NOT, MET, NOT], "reopened", 2023),
        ([MET, NOT, MET], "resolved", None),
        ([NOT, MET, MET], "met", None),
        ([NONE, NONE, MET], "met", None),
        # A year without a figure neither begins nor ends a run.
        ([NOT, NONE, NOT], "persistent", 2021),
        ([NOT, "undetermined", NOT], "persistent", 2021),
        ([MET, NONE, NOT], "new", 2023),
        ([NOT, "undetermined", MET], "resolved", None),
        ([MET, NOT, "undetermined"], "undetermined", 2022),
        ([NOT, MET, "undetermined"], "undetermined", None),
        ([NONE, "undetermined", NOT], "first", 2023),
        ([NOT, "not_applicable", NOT], "reopened", 2023),
    ],
)
def test_the_course_is_that_of_the_three_years(statuses: list[str | None], course: str, since: int | None) -> None:
    found = one(book(items=over_years(statuses)))
    assert (found["course"], found["unmet_since"]) == (course, since)


def year_by_year(statuses: list[str | None], first: int, **more: list[Row]) -> pl.DataFrame:
    before = LEDGER.empty()
    for year in range(first, first + len(statuses)):
        before = pl.concat([before, book(items=over_years(statuses, first), before=before, year=year, **more)])
    return before


def test_unmet_since_is_carried_beyond_the_window() -> None:
    found = year_by_year([MET, NOT, NOT, "undetermined", NOT, NOT, NOT], 2017)
    assert found["unmet_since"].to_list() == [None, *[2018] * 6]
    assert found["course"].to_list()[-1] == "persistent"


def test_a_run_that_was_mended_does_not_come_back() -> None:
    found = year_by_year([NOT, NOT, MET, NOT, NOT], 2019)
    assert found["unmet_since"].to_list() == [2019, 2019, None, 2022, 2022]
    assert found["course"].to_list() == ["first", "persistent", "resolved", "reopened", "persistent"]


def test_years_without_any_return_do_not_end_a_run() -> None:
    found = year_by_year([NOT, NONE, NONE, NONE, NOT], 2019)
    assert found.select("school_year", "course", "unmet_since").rows() == [
        (2019, "first", 2019),
        (2023, "persistent", 2019),
    ]


def test_a_school_that_meets_again_is_resolved_once_and_then_gone() -> None:
    rows = [
        measured("teachers", 40, 1000, 4.2, school_year=year, status=status)
        for year, status in ((2021, NOT), (2022, MET), (2023, MET))
    ]
    first = book(indicators=rows, year=2021)
    second = book(indicators=rows, year=2022, before=first)
    assert one(second)["course"] == "resolved"
    assert one(second)["gap"] is None
    assert book(indicators=rows, before=pl.concat([first, second])).height == 0


# -- who mends it -----------------------------------------------------------------------------------------------------


def measure(**more: object) -> Row:
    return {"item": "layout", "measure": "新建", "lead_office": "基教科", **more}


def test_the_newest_measure_up_to_the_year_holds() -> None:
    measures = [measure(school_year=year, measure=f"{year} 年") for year in (2021, 2022, 2024)]
    found = one(book(items=over_years([NOT, NOT, NOT]), measures=measures))
    assert (found["measure"], found["measure_year"], found["lead_office"]) == ("2022 年", 2022, "基教科")


def test_a_measure_without_a_school_holds_for_schools_that_have_none_of_their_own() -> None:
    rows = [
        measured("teachers", 40, 1000, 4.2, school_id=school, unit_id=f"{school}/primary") for school in ("S1", "S2")
    ]
    measures = [
        measure(item="teachers", measure="全县招聘", person="张"),
        measure(item="teachers", school_id="S2", measure="调配"),
        measure(item="rooms", school_id="S1", measure="另一事项"),
    ]
    found = book(indicators=rows, measures=measures)
    assert found.select("school_id", "measure", "person").rows() == [("S1", "全县招聘", "张"), ("S2", "调配", None)]


def test_a_measure_of_another_standard_or_county_is_not_this_ones() -> None:
    measures = [measure(standard="other"), measure(county_code="690102")]
    assert one(book(items=over_years([NOT]), measures=measures, year=2021))["measure"] is None


@pytest.mark.parametrize(
    ("statuses", "expected", "forecast"),
    [
        ([NONE, NONE, NOT], None, None),
        ([NONE, NONE, NOT], dt.date(2023, 9, 2), "open"),
        ([NONE, NONE, NOT], dt.date(2023, 9, 1), "missed"),
        ([NONE, NONE, "undetermined"], dt.date(2023, 6, 1), "open"),
        ([NONE, NOT, MET], dt.date(2023, 6, 1), "kept"),
        ([NONE, NOT, MET], dt.date(2024, 6, 1), "early"),
        # Met at last, but a year after it should have been.
        ([NONE, NOT, MET], dt.date(2022, 9, 1), "missed"),
    ],
)
def test_a_forecast_is_held_against_1_september(
    statuses: list[str | None], expected: dt.date | None, forecast: str | None
) -> None:
    found = one(book(items=over_years(statuses), measures=[measure(expected_by=expected)]))
    assert found["forecast"] == forecast


def test_a_forecast_once_missed_or_early_stays_so() -> None:
    by = [measure(expected_by=dt.date(2019, 6, 1), school_year=2018)]
    found = year_by_year([NOT, NOT, MET, MET, MET, MET], 2018, measures=by)
    assert found["forecast"].to_list() == ["open", "missed", "missed", "missed", "missed", "missed"]
    by = [measure(expected_by=dt.date(2021, 6, 1), school_year=2018)]
    found = year_by_year([NOT, MET, MET, MET, MET], 2018, measures=by)
    assert found["forecast"].to_list() == ["open", "early", "early", "early", "early"]


def test_a_measure_of_an_earlier_run_does_not_mend_a_new_one() -> None:
    by = [measure(expected_by=dt.date(2019, 6, 1), school_year=2018)]
    found = year_by_year([NOT, MET, MET, NOT], 2018, measures=by)
    assert found["expected_by"].to_list()[0] == dt.date(2019, 6, 1)
    assert found.select("expected_by", "forecast", "measure_year").row(3) == (None, None, None)


def test_what_failed_long_ago_and_fails_again_is_reopened() -> None:
    found = year_by_year([NOT, MET, MET, MET, NOT], 2018)
    assert found["course"].to_list()[-1] == "reopened"
