"""How sure a verdict is: the coefficient by other formulas and over other schools, and the least change that turns it."""

from __future__ import annotations

import math

import polars as pl
import pytest

from pipelines.dispersion import EQUAL
from pipelines.least_changes import least_changes, unit_changes
from pipelines.robustness import verdict_robustness
from pipelines.units import units
from schemas.contract import accept
from schemas.county import COUNTY_FACTS
from schemas.why import LEAST_CHANGES, VERDICT_ROBUSTNESS
from standards.standard import standards
from tests.county import figures, schools
from tests.test_published_examples import BOOKS, PUPILS

QUALITY, BASIC = standards()["cn-quality-2017"], standards()["cn-basic-2012"]
Row = dict[str, object]


def rooms(resources: list[int], pupils: list[int] = PUPILS, **more: object) -> list[Row]:
    """Primary schools with so many multimedia rooms: the one resource whose coefficient alone is held against 0.50."""
    return [{"pupils_primary": p, "multimedia_rooms": r, **more} for p, r in zip(pupils, resources, strict=True)]


def robust(rows: list[Row], indicator: str = "multimedia_rooms", stage: str = "primary") -> dict[str, Row]:
    found = units(schools(rows), QUALITY)
    values, spread = figures(rows, QUALITY)
    table = accept(verdict_robustness(found, values, spread, COUNTY_FACTS.empty(), QUALITY), VERDICT_ROBUSTNESS)
    own = table.filter(pl.col("indicator") == indicator, pl.col("stage") == stage)
    return {row["variant"]: row for row in own.iter_rows(named=True)}


def changes(rows: list[Row]) -> pl.DataFrame:
    found = units(schools(rows), QUALITY)
    values, spread = figures(rows, QUALITY)
    accept(least_changes(found, values, spread, QUALITY), LEAST_CHANGES)
    return unit_changes(found, values, spread, QUALITY).filter(pl.col("indicator") == "multimedia_rooms")


# -- other formulas ----------------------------------------------------------------------------------------------------


def test_two_of_the_three_wrong_formulas_turn_the_verdict_of_the_worked_example_round() -> None:
    found = robust(rooms(BOOKS))
    assert found["official"]["cv"] == pytest.approx(0.5152566299, abs=1e-10)
    assert found["unweighted"]["cv"] == pytest.approx(0.4887706816, abs=1e-10)
    assert found["sample_sd"]["cv"] == pytest.approx(0.5464622347, abs=1e-10)
    assert found["around_pooled_mean"]["cv"] == pytest.approx(0.4639186260, abs=1e-10)
    assert [name for name, row in found.items() if row["is_turned"]] == ["around_pooled_mean", "unweighted"]
    assert found["official"]["margin"] == pytest.approx(0.50 - 0.5152566299, abs=1e-10)


def test_a_variant_that_changes_nothing_of_the_countys_units_has_no_row() -> None:
    assert set(robust(rooms(BOOKS))) == {"official", "unweighted", "sample_sd", "around_pooled_mean"}


def test_while_a_unit_has_no_value_no_other_formula_turns_a_verdict() -> None:
    found = robust([*rooms(BOOKS), {"pupils_primary": 50, "multimedia_rooms": None}])
    assert {row["is_turned"] for row in found.values()} == {None}


def test_private_schools_left_out_leave_the_coefficient_of_the_others() -> None:
    rows = [*rooms(BOOKS), *rooms([900], [60], operator_code="999")]
    without = robust(rows)["without_private"]
    assert without["cv"] == pytest.approx(0.5152566299, abs=1e-10)
    assert without["units_reporting"] == 5
    assert robust(rows)["official"]["units_reporting"] == 6


def test_small_teaching_points_count_where_all_are_counted_and_none_where_none_are() -> None:
    points = [*rooms([500], [60], school_type_code="218"), *rooms([10], [20], school_type_code="218")]
    found = robust([*rooms(BOOKS), *points])
    counted = {
        name: found[name]["units_reporting"] for name in ("official", "with_teaching_points", "without_teaching_points")
    }
    assert counted == {"official": 6, "with_teaching_points": 7, "without_teaching_points": 5}
    assert found["without_teaching_points"]["cv"] == pytest.approx(0.5152566299, abs=1e-10)


def test_an_integrated_school_that_is_not_split_has_its_resource_by_all_its_pupils_in_each_stage() -> None:
    nine = {"school_type_code": "312", "pupils_primary": 100, "pupils_junior": 200, "multimedia_rooms": 60}
    plain = {"pupils_primary": 100, "multimedia_rooms": 10}
    found = robust([nine, plain])
    # Split: 60 × 100 / (100 + 220) = 18.75 rooms of 100 primary pupils; whole: 60 of 300, so 20 per hundred.
    assert found["official"]["cv"] == pytest.approx((18.75 - 10) / 2 / ((18.75 + 10) / 2))
    assert found["unsplit"]["cv"] == pytest.approx((20 - 10) / 2 / 15)
    assert "unsplit" not in robust([nine, plain], "key_teachers")


def test_a_complete_secondary_school_counts_its_senior_pupils_where_it_is_not_split() -> None:
    whole = {"school_type_code": "341", "pupils_junior": 110, "pupils_senior": 90, "multimedia_rooms": 50}
    plain = {"school_type_code": "311", "pupils_junior": 100, "multimedia_rooms": 20}
    mean = (110 * 25 + 100 * 20) / 210
    sd = math.sqrt((110 * (25 - mean) ** 2 + 100 * (20 - mean) ** 2) / 210)
    assert robust([whole, plain], stage="junior")["unsplit"]["cv"] == pytest.approx(sd / mean)


def test_a_coefficient_that_prints_as_its_limit_and_is_over_it_is_marked() -> None:
    found = robust(rooms([279, 137, 935, 160 + 16, 402]))["official"]
    assert (round(found["cv"], 3), found["status"], found["is_hidden_by_rounding"]) == (0.5, "not_met", True)
    assert not robust(rooms(BOOKS))["official"]["is_hidden_by_rounding"]


# -- the least change --------------------------------------------------------------------------------------------------


def test_seventeen_more_to_the_fourth_school_turn_the_verdict_and_sixteen_do_not() -> None:
    row = changes(rooms(BOOKS)).row(
        by_predicate=(pl.col("school_name") == "第4小学") & (pl.col("change_of") == "resource"), named=True
    )
    assert (row["change"], row["counted_in"]) == (17, "rooms")
    assert row["cv"] == pytest.approx(0.499405, abs=1e-6)
    assert (row["status_before"], row["status"]) == ("not_met", "met")


def cv(resources: list[float], pupils: list[float]) -> float:
    mean = sum(resources) / sum(pupils)
    spread = sum(p * (r / p - mean) ** 2 for r, p in zip(resources, pupils, strict=True)) / sum(pupils)
    return math.sqrt(spread) / mean


def brute(resources: list[int], pupils: list[int], number: int, kind: str, limit: float) -> int | None:
    """The least change by trying one after the other."""
    is_over = cv(resources, pupils) > limit + EQUAL
    for size in range(1, 3000):
        for change in (size, -size):
            r, p = list(resources), list(pupils)
            (r if kind == "resource" else p)[number] += change
            if r[number] >= 0 and p[number] >= 1 and (cv(r, p) > limit + EQUAL) != is_over:
                return change
    return None


@pytest.mark.parametrize(
    "resources",
    [BOOKS, [300, 200, 500, 400, 300], [279, 137, 935, 0, 402], [40, 40, 2000, 76, 55], [45, 37, 100, 76, 40]],
)
def test_the_least_change_of_every_school_is_the_one_that_trying_finds(resources: list[int]) -> None:
    found = {
        (row["school_name"], row["change_of"]): row["change"] for row in changes(rooms(resources)).iter_rows(named=True)
    }
    for number in range(5):
        for kind in ("resource", "pupils"):
            expected = brute(resources, PUPILS, number, kind, 0.50)
            own = found.get((f"第{number + 1}小学", kind))
            assert (None if own is None else abs(own)) == (None if expected is None else abs(expected)), (number, kind)


def test_of_all_schools_the_one_that_needs_the_fewest_is_named() -> None:
    rows = rooms(BOOKS)
    found = units(schools(rows), QUALITY)
    values, spread = figures(rows, QUALITY)
    least = least_changes(found, values, spread, QUALITY).filter(pl.col("change_of") == "resource")
    expected = min((abs(brute(BOOKS, PUPILS, n, "resource", 0.50) or 9999), n) for n in range(5))
    (row,) = least.filter(pl.col("indicator") == "multimedia_rooms").iter_rows(named=True)
    assert (abs(row["change"]), row["school_name"]) == (expected[0], f"第{expected[1] + 1}小学")


def test_where_the_mean_is_limited_one_resource_is_changed_and_the_mean_is_judged() -> None:
    sound: dict[str, int] = {
        "teaching_auxiliary_area_m2": 500, "indoor_sports_area_m2": 0, "sports_ground_area_m2": 700,
        "equipment_value_yuan": 200_000, "computers": 12, "books": 2000, "full_time_teachers_primary": 7,
        "teachers_full_senior_primary": 0, "teachers_senior_title_primary": 1, "teachers_mid_primary": 3,
        **{f"teachers_{level}_primary": n for level, n in (("doctor", 0), ("master", 0), ("bachelor", 5), ("college", 2))},
    }  # fmt: skip
    rows = [
        {"pupils_primary": p, **{name: n * k for name, n in sound.items()}} for p, k in ((100, 1), (120, 4), (140, 1))
    ]
    found = units(schools(rows), BASIC)
    values, spread = figures(rows, BASIC)
    least = least_changes(found, values, spread, BASIC)
    assert set(least["judged"]) == {"composite"}
    assert set(least["change_of"]) == {"resource"}
    row = least.row(by_predicate=pl.col("indicator") == "books", named=True)
    limit = 0.65

    def composite(more: int) -> float:
        grown = [dict(one) for one in rows]
        at = int(row["school_name"][1]) - 1
        grown[at]["books"] += more
        _, after = figures(grown, BASIC)
        return after.row(by_predicate=pl.col("indicator") == "composite", named=True)["cv"]

    step = 1 if row["change"] > 0 else -1
    assert composite(row["change"]) <= limit < composite(row["change"] - step)
    assert row["status"] == "met"
    assert row["cv"] == pytest.approx(composite(row["change"]), rel=1e-12)


def test_pupils_by_whom_a_shared_resource_is_split_are_not_changed() -> None:
    nine = {"school_type_code": "312", "pupils_primary": 100, "pupils_junior": 200, "multimedia_rooms": 60}
    found = changes([nine, *rooms(BOOKS)])
    assert (
        "第1小学"
        not in found.filter(pl.col("change_of") == "pupils", pl.col("stage") == "primary")["school_name"].to_list()
    )
    assert "第1小学" in found.filter(pl.col("change_of") == "resource")["school_name"].to_list()
