"""Figures that others published, and what the common wrong formulas give instead."""

from __future__ import annotations

import math
import statistics
from fractions import Fraction

import polars as pl
import pytest

from pipelines.dispersion import variance_shares
from standards.standard import standards
from tests.county import figures

BASIC = standards()["cn-basic-2012"]
PUPILS = [45, 37, 89, 76, 55]
BOOKS = [279, 137, 935, 160, 402]

# 合肥市庐阳区, 蜀山区; 长春市南关区, 宽城区, 朝阳区, 二道区, 绿园区: the eight CVs and the composite as printed.
PRINTED_CVS = [
    ([0.881, 1.299, 0.977, 0.379, 0.17, 0.334, 0.286, 0.408], 0.592),
    ([0.353, 0.784, 0.146, 0.491, 0.037, 0.226, 0.223, 0.253], 0.314),
    ([0.711, 0.649, 0.472, 0.338, 0.235, 0.274, 0.26, 0.396], 0.417),
    ([0.505, 0.484, 0.325, 0.275, 0.199, 0.715, 0.421, 1.021], 0.493),
    ([0.393, 0.578, 0.372, 0.246, 0.208, 0.311, 0.311, 0.455], 0.359),
    ([0.433, 0.464, 0.334, 0.318, 0.433, 0.362, 0.368, 0.335], 0.381),
    ([0.251, 0.426, 0.267, 0.227, 0.127, 0.318, 0.302, 0.44], 0.295),
    ([0.285, 0.373, 0.243, 0.333, 0.224, 0.391, 0.355, 0.569], 0.347),
    ([0.38, 0.605, 0.352, 0.362, 0.101, 0.301, 0.295, 0.415], 0.351),
    ([0.32, 0.431, 0.291, 0.223, 0.095, 0.4, 0.386, 0.431], 0.322),
    ([0.246, 0.471, 0.388, 0.299, 0.189, 0.475, 0.479, 0.533], 0.385),
    ([0.441, 0.494, 0.495, 0.311, 0.388, 0.365, 0.236, 0.493], 0.403),
    ([0.28, 0.819, 0.315, 0.206, 0.104, 0.353, 0.343, 0.406], 0.353),
    ([0.362, 0.446, 0.324, 0.402, 0.362, 0.372, 0.342, 0.496], 0.388),
]


def five_schools(books: list[int]) -> list[dict[str, object]]:
    return [{"pupils_primary": p, "books": b} for p, b in zip(PUPILS, books, strict=True)]


def books_row(books: list[int]) -> dict[str, float]:
    _, spread = figures(five_schools(books), BASIC)
    return spread.row(by_predicate=(pl.col("indicator") == "books") & (pl.col("stage") == "primary"), named=True)


def test_the_five_schools_have_the_published_weighted_cv() -> None:
    row = books_row(BOOKS)
    assert row["mean"] == pytest.approx(6.3344370861, abs=1e-10)
    assert row["sd"] == pytest.approx(3.2638607052, abs=1e-10)
    assert row["cv"] == pytest.approx(0.5152566299, abs=1e-10)


def test_the_three_wrong_formulas_do_not_give_it() -> None:
    cv = books_row(BOOKS)["cv"]
    values = [b / p for b, p in zip(BOOKS, PUPILS, strict=True)]
    pooled = sum(BOOKS) / sum(PUPILS)
    wrong = {
        "unweighted population SD": statistics.pstdev(values) / statistics.mean(values),
        "unweighted sample SD": statistics.stdev(values) / statistics.mean(values),
        "unweighted around the pooled mean": math.sqrt(sum((x - pooled) ** 2 for x in values) / 5) / pooled,
    }
    assert list(wrong.values()) == pytest.approx([0.4887706816, 0.5464622347, 0.4639186260], abs=1e-10)
    assert all(abs(cv - value) > 0.02 for value in wrong.values())
    assert sum((cv > 0.50) != (value > 0.50) for value in wrong.values()) == 2


@pytest.mark.parametrize(("added", "cv", "within"), [(16, 0.500324, False), (17, 0.499405, True)])
def test_books_added_to_the_fourth_school_cross_the_limit_at_seventeen(added: int, cv: float, *, within: bool) -> None:
    found = books_row([279, 137, 935, 160 + added, 402])["cv"]
    assert found == pytest.approx(cv, abs=1e-6)
    assert (found <= 0.50) is within


def test_each_schools_share_of_the_variance_and_the_cv_without_it_are_the_published_ones() -> None:
    values, _ = figures(five_schools(BOOKS), BASIC)
    shares = variance_shares(values).filter(pl.col("indicator") == "books").sort("unit_id")
    assert shares["variance_share"].to_list() == pytest.approx([0.0003, 0.0797, 0.4813, 0.4225, 0.0162], abs=5e-5)
    assert shares["cv_without"].to_list() == pytest.approx([0.5564, 0.4957, 0.4770, 0.3210, 0.5841], abs=5e-5)
    assert shares["variance_share"].sum() == pytest.approx(1, abs=1e-12)


def nine_year_school() -> list[dict[str, object]]:
    return [{"school_type_code": "312", "pupils_primary": 166, "pupils_junior": 210, "books": 23226}]


def test_a_nine_year_schools_books_are_split_exactly() -> None:
    values, _ = figures(nine_year_school(), BASIC)
    books = dict(values.filter(pl.col("indicator") == "books").select("stage", "numerator").iter_rows())
    per_weighted_pupil = Fraction(23226) / (166 + Fraction(11, 10) * 210)
    assert float(per_weighted_pupil) == pytest.approx(58.503778, abs=1e-6)
    assert books["primary"] == pytest.approx(float(166 * per_weighted_pupil), rel=1e-14)
    assert books["junior"] == pytest.approx(float(210 * Fraction(11, 10) * per_weighted_pupil), rel=1e-14)
    assert (round(books["primary"], 3), round(books["junior"], 3)) == (9711.627, 13514.373)
    assert sum(books.values()) == pytest.approx(23226, rel=1e-14)


def test_the_printed_split_comes_from_rounding_the_share_per_pupil_first() -> None:
    rounded_first = round(23226 / 397, 2)
    assert rounded_first == 58.50
    assert (math.floor(166 * rounded_first), 23226 - math.floor(166 * rounded_first)) == (9711, 13515)


@pytest.mark.parametrize(("cvs", "composite"), PRINTED_CVS)
def test_the_composite_is_the_plain_mean_of_the_eight(cvs: list[float], composite: float) -> None:
    # A tenth of the pupils at mean × (1 + 3·CV), the others at mean × (1 − CV/3): exactly that CV.
    resources = [
        "teaching_auxiliary_area_m2",
        "sports_ground_area_m2",
        "equipment_value_yuan",
        "computers",
        "books",
        "full_time_teachers_primary",
        "teachers_bachelor_primary",
        "teachers_mid_primary",
    ]
    others = ["doctor", "master", "college", "senior_title", "full_senior"]
    none = {"indoor_sports_area_m2": 0} | {f"teachers_{level}_primary": 0 for level in others}
    small = {name: 3_000 + round(9_000 * cv) for name, cv in zip(resources, cvs, strict=True)}
    large = {name: 27_000 - round(9_000 * cv) for name, cv in zip(resources, cvs, strict=True)}
    _, spread = figures([{"pupils_primary": 100, **none, **small}, {"pupils_primary": 900, **none, **large}], BASIC)
    found = dict(spread.filter(pl.col("stage") == "primary").select("indicator", "cv").iter_rows())
    assert sorted(found.values()) == pytest.approx(sorted([*cvs, found["composite"]]), rel=1e-12)
    assert found["composite"] == pytest.approx(statistics.fmean(cvs), rel=1e-12)
    assert found["composite"] == pytest.approx(composite, abs=0.001)
