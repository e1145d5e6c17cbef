"""Met, not met, undetermined: exactly, and never by what is missing."""

from __future__ import annotations

import polars as pl
import pytest

from pipelines.verdicts import resource_verdicts, school_verdicts
from standards.standard import standards
from tests.county import figures

BASIC, QUALITY = standards()["cn-basic-2012"], standards()["cn-quality-2017"]
Row = dict[str, object]

# 1,000 pupils with exactly the norm of every indicator of 2017; decimals as they come in returns.
PRIMARY: Row = {
    "pupils_primary": 1000,
    "teachers_doctor_primary": 0,
    "teachers_master_primary": 0,
    "teachers_bachelor_primary": 30,
    "teachers_college_primary": 12,
    "key_teachers_primary": 10,
    "pe_teachers_primary": 5,
    "music_teachers_primary": 2,
    "fine_arts_teachers_primary": 2,
    "arts_teachers_primary": 0,
    "teaching_auxiliary_area_m2": 5000,
    "indoor_sports_area_m2": 500,
    "sports_ground_area_m2": 7000,
    "equipment_value_yuan": 2_000_000,
    "multimedia_rooms": 23,
}
JUNIOR: Row = {
    "school_type_code": "311",
    "pupils_junior": 1000,
    "teachers_doctor_junior": 0,
    "teachers_master_junior": 3,
    "teachers_bachelor_junior": 50,
    "key_teachers_junior": 10,
    "pe_teachers_junior": 9,
    "music_teachers_junior": 0,
    "fine_arts_teachers_junior": 0,
    "arts_teachers_junior": 0,
    "teaching_auxiliary_area_m2": 5800,
    "indoor_sports_area_m2": 0,
    "sports_ground_area_m2": 10200,
    "equipment_value_yuan": 2_500_000,
    "multimedia_rooms": 24,
}


def statuses(row: Row) -> dict[str, tuple[str, bool | None]]:
    values, _ = figures([row], QUALITY)
    return {i: (status, floor) for i, status, floor in values.select("indicator", "status", "is_at_floor").iter_rows()}


def verdicts(rows: list[Row]) -> dict[str, dict[str, object]]:
    values, spread = figures(rows, QUALITY)
    found = resource_verdicts(spread, school_verdicts(values, QUALITY), QUALITY)
    return {row["stage"]: row for row in found.iter_rows(named=True)}


@pytest.mark.parametrize("row", [PRIMARY, JUNIOR])
def test_exactly_the_norm_is_met_on_all_seven(row: Row) -> None:
    assert set(statuses(row).values()) == {("met", True)}


def test_nine_of_a_thousand_is_point_nine_per_hundred_and_meets_it() -> None:
    assert 9 / 1000 * 100 < 0.9  # what floats would say
    assert statuses(PRIMARY)["pe_arts_teachers"] == ("met", True)


@pytest.mark.parametrize(
    ("field", "at_floor", "indicator"),
    [
        ("multimedia_rooms", {"pupils_primary": 4000, "multimedia_rooms": 78.2}, "multimedia_rooms"),
        ("equipment_value_yuan", {"equipment_value_yuan": 1_700_000}, "equipment_value"),
        ("sports_ground_area_m2", {"sports_ground_area_m2": 5875}, "sports_area"),
        ("teaching_auxiliary_area_m2", {"teaching_auxiliary_area_m2": 4325}, "teaching_area"),
    ],
)
def test_exactly_85_percent_of_the_norm_is_at_the_floor_and_a_hair_less_is_not(
    field: str, at_floor: Row, indicator: str
) -> None:
    if field == "multimedia_rooms":  # 1.955 per hundred: 391 rooms for 20,000 pupils
        at_floor = {"pupils_primary": 20_000, "multimedia_rooms": 391}
    assert statuses(PRIMARY | at_floor)[indicator] == ("not_met", True)
    less = {field: at_floor[field] - (1 if field == "multimedia_rooms" else 0.01)}  # type: ignore[operator]
    assert statuses(PRIMARY | at_floor | less)[indicator] == ("not_met", False)


def unit_status(row: Row) -> str:
    values, _ = figures([row], QUALITY)
    status: str = school_verdicts(values, QUALITY)["status"][0]
    return status


def test_six_at_the_norm_and_one_at_the_floor_meet_the_school_rule() -> None:
    assert unit_status(PRIMARY | {"equipment_value_yuan": 1_700_000}) == "met"


def test_one_below_the_floor_fails_it_though_six_are_at_the_norm() -> None:
    assert unit_status(PRIMARY | {"equipment_value_yuan": 1_699_999}) == "not_met"


def test_two_below_the_norm_fail_it_though_both_are_at_the_floor() -> None:
    assert unit_status(PRIMARY | {"equipment_value_yuan": 1_900_000, "sports_ground_area_m2": 6500}) == "not_met"


def test_one_not_reported_leaves_it_undetermined_even_where_six_are_met() -> None:
    assert unit_status(PRIMARY | {"multimedia_rooms": None}) == "undetermined"


def test_a_unit_that_already_fails_stays_failed_whatever_is_missing() -> None:
    assert unit_status(PRIMARY | {"equipment_value_yuan": 1_000_000, "multimedia_rooms": None}) == "not_met"


def test_a_county_with_one_sound_school_a_stage_is_met() -> None:
    found = verdicts([PRIMARY, JUNIOR])
    assert {stage: row["verdict"] for stage, row in found.items()} == {"primary": "met", "junior": "met", "all": "met"}
    assert found["all"]["limits_met"] == 14


def test_a_missing_unit_makes_met_undetermined() -> None:
    found = verdicts([PRIMARY, PRIMARY | {"books": 1, "multimedia_rooms": None}, JUNIOR])
    assert (found["primary"]["verdict"], found["junior"]["verdict"]) == ("undetermined", "met")
    assert (found["all"]["verdict"], found["all"]["reason"]) == ("undetermined", "missing_units")


def test_a_missing_unit_leaves_not_met_where_a_reporting_one_already_fails() -> None:
    failing = PRIMARY | {"equipment_value_yuan": 1_900_000, "sports_ground_area_m2": 6500}
    found = verdicts([failing, PRIMARY | {"multimedia_rooms": None}, JUNIOR])
    assert (found["all"]["verdict"], found["all"]["reason"]) == ("not_met", "schools_below")


def test_a_stage_without_any_unit_leaves_the_county_undetermined() -> None:
    found = verdicts([PRIMARY])
    assert found["primary"]["verdict"] == "met"
    assert (found["all"]["verdict"], found["all"]["reason"]) == ("undetermined", "stage_missing")


def test_one_cv_over_its_limit_fails_2017_though_the_mean_of_the_seven_is_low() -> None:
    rich = PRIMARY | {"key_teachers_primary": 40}
    values, spread = figures([rich, PRIMARY, PRIMARY, JUNIOR], QUALITY)
    primary = spread.filter(pl.col("stage") == "primary")
    assert dict(primary.select("indicator", "status").iter_rows())["key_teachers"] == "not_met"
    assert primary.filter(pl.col("indicator") == "composite")["cv"][0] < 0.37
    found = resource_verdicts(spread, school_verdicts(values, QUALITY), QUALITY)
    county = found.row(by_predicate=pl.col("stage") == "all", named=True)
    assert (county["verdict"], county["reason"], county["units_failing"]) == ("not_met", "over_limit", 0)


def test_2012_holds_only_the_composite_against_the_limit() -> None:
    _, spread = figures([PRIMARY], BASIC)
    limited = spread.filter(pl.col("limit").is_not_null())
    assert limited.select("indicator", "stage", "limit").rows() == [("composite", "primary", 0.65)]
    assert set(spread.filter(pl.col("indicator") != "composite")["status"]) == {"no_limit"}


def test_a_composite_is_null_where_one_of_its_cvs_is() -> None:
    _, spread = figures([PRIMARY], BASIC)
    composite = spread.row(by_predicate=pl.col("indicator") == "composite", named=True)
    assert (composite["cv"], composite["status"], composite["reason"]) == (None, "undetermined", "not_reported")


@pytest.mark.parametrize(
    ("teachers", "cv", "status"), [((3000, 1000), 0.5, "met"), ((3001, 1000), 0.5001249687578105, "not_met")]
)
def test_a_cv_of_exactly_the_limit_is_met_and_one_that_only_prints_like_it_is_not(
    teachers: tuple[int, int], cv: float, status: str
) -> None:
    rows = [PRIMARY | {"pupils_primary": 100_000, "key_teachers_primary": count} for count in teachers]
    _, spread = figures(rows, QUALITY)
    row = spread.row(by_predicate=pl.col("indicator") == "key_teachers", named=True)
    assert row["cv"] == pytest.approx(cv, rel=1e-12)
    assert f"{row['cv']:.3f}" == "0.500"
    assert row["status"] == status


def test_a_mean_of_zero_has_no_cv() -> None:
    _, spread = figures([{"pupils_primary": 10, "books": 0}, {"pupils_primary": 20, "books": 0}], BASIC)
    books = spread.row(by_predicate=pl.col("indicator") == "books", named=True)
    assert (books["mean"], books["cv"], books["reason"]) == (0.0, None, "mean_is_zero")
