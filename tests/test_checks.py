"""Each kind of check by hand: exactly, over whom it is asked, and never met by what is missing."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import polars as pl
import pytest

from pipelines.dispersion import county_dispersion
from pipelines.indicators import unit_indicators
from pipelines.units import units
from standards.items import (
    EveryClass,
    EverySchool,
    FactCheck,
    Finding,
    Growth,
    NeverBoth,
    OtherStandard,
    Relaxation,
    Since,
    Total,
    Where,
)
from standards.standard import standards
from standards.values import Dated
from tests.county import schools
from tests.item_cases import class_bands
from tests.judged import WORDS, Row, drawn, fact_frame, judged, made, resource_row, told

QUALITY = standards()["cn-quality-2017"]
NO_LARGE_CLASSES: Row = {f"{band}_primary": 0 for band in class_bands()}


def one(check: object, facts: list[Row] | None = None, rows: list[Row] | None = None, **more: object) -> Row:
    """The one row of the one check of a county."""
    found = judged(made(check, **more), facts or [], rows or [])
    (row,) = found.county_checks.to_dicts()
    return row


def said(row: Row) -> tuple[object, object]:
    return row["status"], row["reason"]


# --- facts of the county ----------------------------------------------------------------------------------------------

RATE = FactCheck(plus=("enrolled",), over=("of_age",), times=100, limit=Decimal("0.9"), unit="percent")


def test_nine_of_a_thousand_is_point_nine_percent_exactly() -> None:
    assert 9 / 1000 * 100 < 0.9  # what floats would say
    found = one(RATE, told({"enrolled": 9, "of_age": 1000}))
    assert said(found) == ("met", None)
    assert (found["numerator"], found["denominator"], found["limit"]) == (9, 1000, 0.9)


@pytest.mark.parametrize(
    ("side", "below", "at", "above"),
    [
        ("at_least", "not_met", "met", "met"),
        ("at_most", "met", "met", "not_met"),
        ("above", "not_met", "not_met", "met"),
        ("below", "met", "not_met", "not_met"),
    ],
)
def test_each_side_says_whether_the_limit_itself_will_do(side: str, below: str, at: str, above: str) -> None:
    check = FactCheck(plus=("rate",), limit=Decimal("0.15"), must_be=side)  # type: ignore[arg-type]
    found = [one(check, told({"rate": value}))["status"] for value in ("0.1499", "0.15", "0.1501")]
    assert found == [below, at, above]


def test_a_rate_above_a_hundred_percent_is_refused_and_one_of_a_hundred_is_not() -> None:
    rate = FactCheck(plus=("enrolled",), over=("of_age",), times=100, limit=Decimal(80), is_rate=True)
    over = one(rate, told({"enrolled": 1001, "of_age": 1000}))
    assert (*said(over), over["value"]) == ("undetermined", "rate_over_100", None)
    assert said(one(rate, told({"enrolled": 1000, "of_age": 1000}))) == ("met", None)


def test_what_is_no_rate_may_exceed_a_hundred_percent() -> None:
    assert one(RATE, told({"enrolled": 1001, "of_age": 1000}))["status"] == "met"


def test_nothing_is_divided_by_nothing() -> None:
    assert said(one(RATE, told({"enrolled": 0, "of_age": 0}))) == ("undetermined", "divided_by_zero")


@pytest.mark.parametrize("missing", ["enrolled", "of_age"])
def test_a_fact_that_is_not_reported_leaves_the_check_undetermined(missing: str) -> None:
    facts = {"enrolled": 9, "of_age": 10}
    del facts[missing]
    assert said(one(RATE, told(dict(facts)))) == ("undetermined", "not_reported")


def test_zero_is_a_fact() -> None:
    assert said(one(RATE, told({"enrolled": 0, "of_age": 1000}))) == ("not_met", None)


def test_what_came_is_taken_out_and_the_dead_are_left_out() -> None:
    check = FactCheck(
        plus=("graduates", "left"), minus=("came",), over=("began",), over_minus=("died",), times=100, limit=Decimal(95)
    )
    facts = {"graduates": 930, "left": 40, "came": 20, "began": 1002, "died": 2}
    found = one(check, told(dict(facts)))
    assert (found["numerator"], found["denominator"], found["value"], found["status"]) == (950, 1000, 95, "met")
    assert one(check, told(facts | {"came": 21}))["status"] == "not_met"


PAY = FactCheck(plus=("teachers_pay",), limit_fact="officials_pay", limit_times=Decimal("1.05"))


def test_the_limit_may_be_a_fact_of_the_county_times_a_number() -> None:
    found = one(PAY, told({"teachers_pay": 105, "officials_pay": 100}))
    assert (found["status"], found["limit"]) == ("met", 105)
    assert one(PAY, told({"teachers_pay": "104.9999", "officials_pay": 100}))["status"] == "not_met"


def test_a_limit_that_the_county_does_not_report_leaves_the_check_undetermined() -> None:
    assert said(one(PAY, told({"teachers_pay": 105}))) == ("undetermined", "limit_not_reported")


@pytest.mark.parametrize(("limits", "status"), [(("80", "95"), "not_met"), (("95", "80"), "met")])
def test_a_dated_limit_holds_from_its_day(limits: tuple[str, str], status: str) -> None:
    dated = (Dated(dt.date(2012, 1, 1), Decimal(limits[0])), Dated(dt.date(2023, 9, 1), Decimal(limits[1])))
    check = FactCheck(plus=("rate",), limits=dated)
    assert one(check, told({"rate": 90}))["status"] == status
    later = (dated[0], Dated(dt.date(2023, 9, 2), Decimal(limits[1])))
    assert one(FactCheck(plus=("rate",), limits=later), told({"rate": 90}))["status"] != status


def test_a_fact_of_the_year_before_holds_and_an_older_one_does_not() -> None:
    check = FactCheck(plus=("rate",), limit=Decimal(1))
    assert one(check, told({"rate": 1}, period=2022))["status"] == "met"
    assert one(check, told({"rate": 1}, period=2021))["status"] == "undetermined"
    assert one(check, told({"rate": 1}, period=2024))["status"] == "undetermined"


def test_of_two_years_the_later_one_counts() -> None:
    check = FactCheck(plus=("rate",), limit=Decimal(5))
    assert one(check, [*told({"rate": 9}, period=2022), *told({"rate": 1})])["status"] == "not_met"


LEVEL = FactCheck(plus=("level",), limit=Decimal(3), each=True)


def test_each_subject_is_judged_for_itself() -> None:
    facts = [*told({"level": 3}, breakdown="语文"), *told({"level": 2}, breakdown="数学")]
    found = judged(made(LEVEL), facts, [])
    rows = dict(found.county_checks.select("breakdown", "status").iter_rows())
    assert rows == {"语文": "met", "数学": "not_met"}
    assert found.county_items["status"].to_list() == ["not_met"]


def test_without_a_subject_nothing_is_known_and_the_whole_does_not_stand_in_for_one() -> None:
    assert one(LEVEL)["status"] == "undetermined"
    assert one(LEVEL, told({"level": 4}))["status"] == "undetermined"


def test_a_subject_without_its_figure_leaves_the_item_undetermined() -> None:
    facts = [*told({"level": 3}, breakdown="语文"), *told({"level": None}, breakdown="数学")]
    assert judged(made(LEVEL), facts, []).county_items["status"].to_list() == ["undetermined"]


def test_a_subject_of_which_one_figure_is_reported_needs_the_other_too() -> None:
    rate = FactCheck(id="rate", plus=("rate",), limit=Decimal("0.15"), must_be="below", each=True)
    level = FactCheck(id="level", plus=("level",), limit=Decimal(3), each=True)
    facts = [*told({"level": 3, "rate": "0.1"}, breakdown="语文"), *told({"level": 3}, breakdown="数学")]
    found = judged(made(level, rate), facts, [])
    rows = found.county_checks.filter(pl.col("check") == "rate").select("breakdown", "status").rows()
    assert sorted(rows) == [("数学", "undetermined"), ("语文", "met")]
    assert found.county_items["status"].item() == "undetermined"


def test_a_breakdown_does_not_enter_the_whole() -> None:
    facts = [*told({"enrolled": 9, "of_age": 1000}), *told({"enrolled": 0, "of_age": 1000}, breakdown="家长")]
    assert one(RATE, facts)["status"] == "met"


# --- years since ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("year", "status", "value"), [(2020, "met", 3), (2021, "not_met", 2), (2019, "met", 4)])
def test_three_years_are_three_school_years_since(year: int, status: str, value: int) -> None:
    found = one(Since(fact="recognised", limit=Decimal(3)), told({"recognised": year}))
    assert (found["status"], found["value"], found["unit"]) == (status, value, "years")


def test_a_year_that_is_not_named_is_no_year_ago() -> None:
    assert said(one(Since(fact="recognised", limit=Decimal(3)))) == ("undetermined", "not_reported")


# --- growth -----------------------------------------------------------------------------------------------------------

GROWS = Growth(fact="paid", years=2)
FASTER = Growth(fact="paid", faster_than="revenue", years=1)


def series(fact: str, values: dict[int, object], **more: object) -> list[Row]:
    return [row for year, value in values.items() for row in told({fact: value}, period=year, **more)]


def by_year(check: Growth, facts: list[Row]) -> dict[int, tuple[object, object]]:
    rows = judged(made(check), facts, []).county_checks.to_dicts()
    return {row["period"]: said(row) for row in rows}


def test_growth_is_judged_for_each_of_the_last_closed_years() -> None:
    found = by_year(GROWS, series("paid", {2020: 100, 2021: 101, 2022: 102}))
    assert found == {2021: ("met", None), 2022: ("met", None)}


def test_what_stays_the_same_does_not_grow_and_what_falls_is_named_so() -> None:
    found = by_year(GROWS, series("paid", {2020: 100, 2021: 100, 2022: "99.9999"}))
    assert found == {2021: ("not_met", None), 2022: ("not_met", "falls")}


def test_a_missing_year_takes_both_growths_that_it_is_part_of() -> None:
    found = by_year(GROWS, series("paid", {2020: 100, 2022: 102}))
    assert found == {2021: ("undetermined", "not_reported"), 2022: ("undetermined", "not_reported")}


@pytest.mark.parametrize(("now", "status"), [("110.0001", "met"), (110, "not_met"), ("109.9999", "not_met")])
def test_faster_is_faster_and_not_as_fast(now: object, status: str) -> None:
    facts = series("paid", {2021: 100, 2022: now}) + series("revenue", {2021: 3, 2022: "3.3"})
    assert by_year(FASTER, facts)[2022][0] == status


def test_what_falls_less_than_revenue_still_falls() -> None:
    facts = series("paid", {2021: 100, 2022: 99}) + series("revenue", {2021: 100, 2022: 50})
    assert by_year(FASTER, facts)[2022] == ("not_met", "falls")
    forgiving = Growth(fact="paid", faster_than="revenue", years=1, falling_fails=False)
    assert by_year(forgiving, facts)[2022] == ("met", None)


def test_without_revenue_what_falls_fails_and_what_rises_is_undetermined() -> None:
    assert by_year(FASTER, series("paid", {2021: 100, 2022: 99}))[2022] == ("not_met", "falls")
    assert by_year(FASTER, series("paid", {2021: 100, 2022: 200}))[2022] == ("undetermined", "limit_not_reported")


def test_the_newest_return_says_what_a_year_was() -> None:
    facts = series("paid", {2020: 100, 2021: 101, 2022: 102})
    old = series("paid", {2021: 90}, school_year=2022)
    assert set(by_year(GROWS, [*old, *facts]).values()) == {("met", None)}
    corrected = [*series("paid", {2020: 100, 2021: 101}, school_year=2022), *series("paid", {2021: 90, 2022: 102})]
    assert by_year(GROWS, corrected)[2021] == ("not_met", "falls")


def test_growth_from_nothing_has_no_rate() -> None:
    assert by_year(GROWS, series("paid", {2020: 0, 2021: 1, 2022: 2}))[2021] == ("undetermined", "divided_by_zero")


# --- every school -----------------------------------------------------------------------------------------------------

ROOMS = EverySchool(subject="school", plus=("music_rooms_96_up",), one_for="classes", every=12, unit="rooms")


@pytest.mark.parametrize(("classes", "rooms"), [(1, 1), (12, 1), (13, 2), (24, 2), (25, 3)])
def test_one_room_for_every_twelve_classes_is_rounded_up(classes: int, rooms: int) -> None:
    school: Row = {"pupils_primary": 500, "classes_primary": classes}
    for count, status in ((rooms, "met"), (rooms - 1, "not_met")):
        found = judged(made(ROOMS), [], [school | {"music_rooms_96_up": count}])
        (row,) = found.school_checks.to_dicts()
        assert (row["limit"], row["status"], row["gap"]) == (rooms, status, float(rooms - count))


def test_a_nine_year_school_counts_its_classes_together() -> None:
    school: Row = {"school_type_code": "312", "pupils_primary": 500, "pupils_junior": 300, "music_rooms_96_up": 1}
    twelve = judged(made(ROOMS), [], [school | {"classes_primary": 7, "classes_junior": 5}])
    thirteen = judged(made(ROOMS), [], [school | {"classes_primary": 7, "classes_junior": 6}])
    unknown = judged(made(ROOMS), [], [school | {"classes_primary": 7}])
    found = [one.county_checks["status"].item() for one in (twelve, thirteen, unknown)]
    assert found == ["met", "not_met", "undetermined"]


def test_one_failing_school_fails_the_county_and_a_missing_one_leaves_it_open() -> None:
    sound: Row = {"pupils_primary": 500, "classes_primary": 12, "music_rooms_96_up": 1}
    failing, silent = sound | {"music_rooms_96_up": 0}, sound | {"music_rooms_96_up": None}
    assert said(one(ROOMS, rows=[sound, sound])) == ("met", None)
    found = one(ROOMS, rows=[sound, failing, silent])
    assert said(found) == ("not_met", "schools_fail")
    counts = [found[f"schools{name}"] for name in ("", "_met", "_not_met", "_undetermined")]
    assert counts == [3, 1, 1, 1]
    assert said(one(ROOMS, rows=[sound, silent])) == ("undetermined", "missing_schools")


TRAINED = EverySchool(
    plus=("trained_teachers",), over=("full_time_teachers",), times=100, limit=Decimal(100), is_rate=True
)


def test_more_trained_teachers_than_teachers_are_refused() -> None:
    found = judged(
        made(TRAINED), [], [{"pupils_primary": 9, "trained_teachers_primary": 11, "full_time_teachers_primary": 10}]
    )
    (row,) = found.school_checks.to_dicts()
    assert (*said(row), row["value"]) == ("undetermined", "rate_over_100", None)
    assert found.county_items["status"].item() == "undetermined"


def size(**more: object) -> EverySchool:
    return EverySchool(subject="school", plus=("pupils",), must_be="at_most", limit=Decimal(100), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pupils", "status"),
    [([100, 100, 100, 101], "met"), ([100, 100, 101, 101], "not_met"), ([100, 100, 101, None], "undetermined")],
)
def test_a_share_of_the_schools_is_enough_where_the_text_says_so(pupils: list[int | None], status: str) -> None:
    found = one(size(share=Decimal("0.75")), rows=[{"pupils_primary": count} for count in pupils])
    assert found["status"] == status
    met = sum(count == 100 for count in pupils)
    assert found["value"] == met * 100 / 4


def test_a_county_without_a_school_of_the_kind_is_asked_nothing() -> None:
    check = size(where=Where(areas=("rural",)))
    found = judged(made(check), [], [{"pupils_primary": 101, "area_code": "111"}])
    (row,) = found.county_checks.to_dicts()
    assert (*said(row), row["schools"]) == ("not_applicable", "none_of_the_kind", 0)
    assert found.county_items["status"].item() == "not_applicable"
    assert found.county_parts["status"].item() == "met"


def test_a_school_of_an_unknown_kind_is_undetermined_where_it_would_fail_and_met_where_it_would_not() -> None:
    check = size(where=Where(areas=("rural",)))
    failing = judged(made(check), [], [{"pupils_primary": 101}]).school_checks.to_dicts()
    assert [said(row) for row in failing] == [("undetermined", "kind_unknown")]
    assert one(check, rows=[{"pupils_primary": 101}])["status"] == "undetermined"
    assert one(check, rows=[{"pupils_primary": 100}])["status"] == "met"


def test_a_school_of_an_unknown_kind_helps_no_share() -> None:
    check = size(where=Where(areas=("rural",)), share=Decimal("0.75"))
    rural = [{"pupils_primary": count, "area_code": "220"} for count in (100, 100, 101)]
    # Of the three that are surely rural two keep it; the fourth may not be rural.
    assert one(check, rows=[*rural, {"pupils_primary": 100}])["status"] == "undetermined"
    assert one(check, rows=[*rural, {"pupils_primary": 100, "area_code": "220"}])["status"] == "met"


def test_a_suspended_school_is_asked_nothing() -> None:
    assert one(ROOMS, rows=[{"pupils_primary": 0, "classes_primary": 0}])["status"] == "not_applicable"


def test_pupils_below_a_hundred_are_compulsory_pupils_of_the_whole_school() -> None:
    check = EverySchool(
        subject="school", plus=("books",), limit=Decimal(1), where=Where(pupils_below=100, school_types=("312",))
    )
    school: Row = {"school_type_code": "312", "books": 0}
    assert one(check, rows=[school | {"pupils_primary": 50, "pupils_junior": 49}])["status"] == "not_met"
    assert one(check, rows=[school | {"pupils_primary": 50, "pupils_junior": 50}])["status"] == "not_applicable"


def test_the_limit_of_every_school_may_be_a_fact_of_the_county() -> None:
    check = EverySchool(subject="school", plus=("books",), limit_fact="quota", limit_times=Decimal(100))
    rows: list[Row] = [{"pupils_primary": 9, "books": 600}]
    assert one(check, told({"quota": 6}), rows)["status"] == "met"
    assert one(check, told({"quota": "6.0001"}), rows)["status"] == "not_met"
    silent = judged(made(check), [], rows)
    assert said(silent.school_checks.to_dicts()[0]) == ("undetermined", "limit_not_reported")
    assert silent.county_checks["status"].item() == "undetermined"


# --- totals, classes, never both --------------------------------------------------------------------------------------

NEARBY = Total(
    stage="primary",
    plus=("catchment_pupils",),
    over=("pupils",),
    times=100,
    limit=Decimal(95),
    is_rate=True,
    where=Where(areas=("urban",)),
)


def test_a_total_is_a_ratio_of_totals_and_no_mean_of_ratios() -> None:
    town: Row = {"area_code": "111"}
    small = town | {"pupils_primary": 100, "catchment_pupils_primary": 50}
    large = town | {"pupils_primary": 900, "catchment_pupils_primary": 900}
    found = one(NEARBY, rows=[small, large])
    assert (found["status"], found["value"], found["schools"]) == ("met", 95, 2)
    assert one(NEARBY, rows=[small, large | {"catchment_pupils_primary": 899}])["status"] == "not_met"


def test_a_total_lacks_what_one_school_lacks_and_whom_it_cannot_place() -> None:
    sound: Row = {"area_code": "111", "pupils_primary": 100, "catchment_pupils_primary": 100}
    assert one(NEARBY, rows=[sound, sound | {"catchment_pupils_primary": None}])["status"] == "undetermined"
    assert one(NEARBY, rows=[sound, sound | {"area_code": None}])["status"] == "undetermined"
    assert one(NEARBY, rows=[sound, {"area_code": "220", "pupils_primary": 100}])["status"] == "met"
    assert one(NEARBY, rows=[{"area_code": "220", "pupils_primary": 100}])["status"] == "not_applicable"


CLASSES = EveryClass(at_most=45)


@pytest.mark.parametrize(
    ("row", "status", "reason"),
    [
        ({**NO_LARGE_CLASSES, "classes_41_45_primary": 10}, "met", None),
        ({**NO_LARGE_CLASSES, "classes_46_50_primary": 1}, "not_met", None),
        ({"classes_66_up_primary": 1}, "not_met", None),
        ({"pupils_primary": 451}, "not_met", "mean_above"),
        ({"pupils_primary": 450}, "undetermined", "not_reported"),
        ({**NO_LARGE_CLASSES, "classes_56_60_primary": None}, "undetermined", "not_reported"),
        ({**NO_LARGE_CLASSES, "classes_56_60_primary": None, "pupils_primary": 451}, "not_met", "mean_above"),
        ({"classes_primary": None}, "undetermined", "not_reported"),
    ],
)
def test_classes_are_counted_by_bands_and_proved_by_the_mean(row: Row, status: str, reason: str | None) -> None:
    school: Row = {"pupils_primary": 300, "classes_primary": 10, **row}
    found = judged(made(CLASSES), [], [school]).school_checks.to_dicts()
    assert [said(one) for one in found] == [(status, reason)]


BOTH = NeverBoth(first=("approved_posts",), first_minus=("staff_on_posts",), second=("off_post_hires",))


@pytest.mark.parametrize(
    ("approved", "filled", "hired", "status"),
    [
        (20, 20, 5, "met"),
        (20, 21, 5, "met"),
        (20, 15, 0, "met"),
        (20, 19, 1, "not_met"),
        (20, 15, None, "undetermined"),
        (20, None, 1, "undetermined"),
        (20, 20, None, "met"),
        (None, None, 0, "met"),
    ],
)
def test_vacant_posts_beside_hires_are_never_both(
    approved: int | None, filled: int | None, hired: int | None, status: str
) -> None:
    school: Row = {"pupils_primary": 9, "approved_posts": approved, "staff_on_posts": filled, "off_post_hires": hired}
    assert one(BOTH, rows=[school])["status"] == status


def test_two_schools_are_not_taken_together_for_it() -> None:
    rows: list[Row] = [
        {"pupils_primary": 9, "approved_posts": 20, "staff_on_posts": 10, "off_post_hires": 0},
        {"pupils_primary": 9, "approved_posts": 20, "staff_on_posts": 20, "off_post_hires": 10},
    ]
    assert one(BOTH, rows=rows)["status"] == "met"


# --- findings ---------------------------------------------------------------------------------------------------------


def test_a_finding_is_the_countys_own_and_one_school_that_says_otherwise_settles_it() -> None:
    yes = told({}, finding={"drawn/one": True})
    found = one(Finding(), yes)
    assert (found["status"], found["basis"]) == ("met", "asserted")
    no = told({}, finding={"drawn/one": False}, school_id="2169000001")
    assert said(one(Finding(), [*yes, *no])) == ("not_met", "school_said_otherwise")
    assert said(one(Finding())) == ("undetermined", "not_stated")


def test_a_veto_is_a_finding_that_must_be_no() -> None:
    assert one(Finding(expects=False), told({}, finding={"drawn/one": True}))["status"] == "not_met"
    assert one(Finding(expects=False), told({}, finding={"drawn/one": False}))["status"] == "met"


def test_what_single_schools_say_does_not_speak_for_the_county() -> None:
    yes = told({}, finding={"drawn/one": True}, school_id="2169000001")
    found = one(Finding(), yes)
    assert (found["status"], found["schools"], found["schools_met"]) == ("undetermined", 1, 1)


# --- another standard -------------------------------------------------------------------------------------------------

THREE_YEARS = OtherStandard(standard="cn-basic-2012", years=3)


@pytest.mark.parametrize(
    ("verdicts", "status"),
    [
        ({2021: "met", 2022: "met", 2023: "met"}, "met"),
        ({2020: "not_met", 2021: "met", 2022: "met", 2023: "met"}, "met"),
        ({2021: "met", 2023: "met"}, "undetermined"),
        ({2020: "met", 2021: "met", 2023: "met"}, "undetermined"),
        ({2021: "met", 2022: "undetermined", 2023: "met"}, "undetermined"),
        ({2021: "not_met", 2023: "met"}, "not_met"),
        ({}, "undetermined"),
    ],
)
def test_another_standard_is_met_in_each_of_the_years_or_not(verdicts: dict[int, str], status: str) -> None:
    rows = [resource_row("cn-basic-2012", verdict, school_year=year) for year, verdict in verdicts.items()]
    found = judged(made(THREE_YEARS), told({"any": 1}), [], resource=rows)
    assert found.county_checks["status"].item() == status


def test_the_verdict_of_a_stage_is_not_the_countys() -> None:
    row = resource_row("cn-basic-2012", "met", stage="primary")
    found = judged(made(OtherStandard(standard="cn-basic-2012")), told({"any": 1}), [], resource=[row])
    assert found.county_checks["status"].item() == "undetermined"


# --- relaxations ------------------------------------------------------------------------------------------------------

LEASE: Row = {"evidence": "批复", "valid_until": dt.date(2024, 7, 31)}
FIRST = "2169000001"


def easing(name: str, **more: object) -> Relaxation:
    dates = {"starts": dt.date(2023, 1, 1), "until": dt.date(2023, 12, 31)}
    return Relaxation(id=name, label=WORDS, article="", **{**dates, **more})  # type: ignore[arg-type]


BIGGER = easing("bigger", item="one", check="size", limit=Decimal(120), where=Where(founded_until=2010))
SCHOOL: Row = {"pupils_primary": 120, "founded_year": 2010}


def eased(facts: list[Row], school: Row = SCHOOL, relaxation: Relaxation = BIGGER) -> tuple[object, object]:
    check = EverySchool(id="size", subject="school", plus=("pupils",), must_be="at_most", limit=Decimal(100))
    found = judged(made(check, relaxations=(relaxation,)), facts, [school])
    (row,) = found.school_checks.to_dicts()
    return row["status"], row["relaxation"]


def named(name: str = "bigger", school_id: str = FIRST, **more: object) -> list[Row]:
    return told({}, finding={f"drawn/{name}": True}, school_id=school_id, **{**LEASE, **more})


def test_a_relaxation_is_off_until_the_county_names_the_school() -> None:
    assert eased([]) == ("not_met", None)
    assert eased(named()) == ("met", "bigger")
    assert eased(named(), SCHOOL | {"pupils_primary": 121}) == ("not_met", "bigger")
    assert eased(named(school_id="2169000002")) == ("not_met", None)
    assert eased(named(school_id="")) == ("not_met", None)


@pytest.mark.parametrize(
    "changed",
    [
        {"evidence": None},
        {"valid_until": None},
        {"valid_until": dt.date(2023, 8, 31)},
        {"finding": {"drawn/bigger": False}},
    ],
)
def test_a_relaxation_needs_a_yes_a_document_and_a_last_day_that_has_not_passed(changed: Row) -> None:
    facts = told({}, **{"finding": {"drawn/bigger": True}, "school_id": FIRST, **LEASE, **changed})  # type: ignore[arg-type]
    assert eased(facts) == ("not_met", None)


def test_a_document_that_holds_on_the_first_of_september_holds_for_the_year() -> None:
    assert eased(named(valid_until=dt.date(2023, 9, 1))) == ("met", "bigger")


@pytest.mark.parametrize(
    ("starts", "until", "status"),
    [
        (dt.date(2023, 9, 1), dt.date(2023, 9, 1), "met"),
        (dt.date(2023, 9, 2), dt.date(2024, 9, 2), "not_met"),
        (dt.date(2022, 1, 1), dt.date(2023, 8, 31), "not_met"),
    ],
)
def test_a_relaxation_holds_where_the_school_year_begins_within_its_dates(
    starts: dt.date, until: dt.date, status: str
) -> None:
    dated = easing("bigger", item="one", check="size", limit=Decimal(120), starts=starts, until=until)
    assert eased(named(), relaxation=dated)[0] == status


@pytest.mark.parametrize("founded", [2011, None])
def test_a_school_that_is_not_surely_of_the_kind_is_not_eased(founded: int | None) -> None:
    assert eased(named(), SCHOOL | {"founded_year": founded}) == ("not_met", None)


def test_fields_that_two_relaxations_add_count_once() -> None:
    rooms = EverySchool(id="music", subject="school", plus=("music_rooms_96_up",), limit=Decimal(2))
    both = (
        easing("middle", item="one", check="music", adds=("music_rooms_73_96",)),
        easing("small", item="one", check="music", adds=("music_rooms_73_96", "music_rooms_61_73")),
    )
    facts = [*named("middle"), *named("small")]
    school: Row = {"pupils_primary": 9, "music_rooms_96_up": 0, "music_rooms_73_96": 1, "music_rooms_61_73": 0}

    def found(row: Row) -> Row:
        (one,) = judged(made(rooms, relaxations=both), facts, [row]).school_checks.to_dicts()
        return one

    once = found(school)
    assert (once["value"], once["status"], once["relaxation"]) == (1, "not_met", "middle | small")
    assert found(school | {"music_rooms_61_73": 1})["status"] == "met"


def test_a_relaxation_of_an_indicator_moves_the_numerator_and_the_coefficient() -> None:
    rows: list[Row] = [
        {"pupils_primary": 90, "area_code": "220", "shared_pe_arts_teachers_primary": 1},
        {"pupils_primary": 90, "area_code": "220", "pe_teachers_primary": 1, "shared_pe_arts_teachers_primary": 5},
    ]
    none = {f"{subject}_teachers_primary": 0 for subject in ("pe", "music", "fine_arts", "arts")}
    place: Row = {"school_year": 2021}
    found = units(schools([{**place, **none, **row} for row in rows]), QUALITY)

    def measured(facts: list[Row]) -> tuple[list[tuple[object, ...]], float]:
        values = unit_indicators(found, QUALITY, fact_frame(facts))
        spread = county_dispersion(found, values, QUALITY)
        mine = pl.col("indicator") == "pe_arts_teachers"
        return (
            values.filter(mine).select("numerator", "status", "relaxation").rows(),
            spread.filter(mine)["cv"].item(),
        )

    before = ([(0.0, "not_met", None), (1.0, "met", None)], 1.0)
    assert measured([]) == before
    name = "cn-quality-2017/shared_pe_arts_teachers"
    facts = told({}, finding={name: True}, school_id=FIRST, **{**place, **LEASE, "period": 2021})
    assert measured(facts) == ([(1.0, "met", "shared_pe_arts_teachers"), (1.0, "met", None)], 0.0)
    late = [{**row, "school_year": 2023} for row in facts]
    assert measured(late) == before


def test_a_county_that_reports_only_for_itself_is_judged_too() -> None:
    found = judged(made(RATE), told({"enrolled": 9, "of_age": 1000}, county_code="690102"), [drawn()])
    assert found.county_checks.select("county_code", "status").rows() == [
        ("690101", "undetermined"),
        ("690102", "met"),
    ]


def test_a_standard_checks_no_school_of_a_source_that_it_is_not_for() -> None:
    found = judged(made(ROOMS), [], [{"source": "tw-moe", "pupils_primary": 100, "classes_primary": 4}])
    assert found.school_checks.is_empty()
    assert found.county_items.is_empty()


def test_two_parts_of_a_school_are_one_school_though_they_have_two_names() -> None:
    part = {"school_id": "2169000001"}
    rows: list[Row] = [
        {
            **part,
            "return_part": "primary",
            "school_name": "甲校小学部",
            "pupils_primary": 100,
            "classes_primary": 12,
        },
        {
            **part,
            "return_part": "junior",
            "school_name": "甲校",
            "school_type_code": "311",
            "pupils_junior": 100,
            "classes_junior": 1,
        },
    ]
    found = judged(made(ROOMS), [], rows).school_checks
    assert found.select("school_id", "pupils").rows() == [("2169000001", 200)]
