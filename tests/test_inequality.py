"""Between and within groups, other measures of the gap, and the gaps between groups of pupils."""

from __future__ import annotations

import math

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.inequality import between_within, group_means, inequality, pupil_gaps
from pipelines.units import units
from schemas.contract import accept, failures
from schemas.why import BETWEEN_WITHIN, GROUP_MEANS, INEQUALITY, PUPIL_GAPS
from standards.standard import standards
from tests.county import figures, schools
from tests.test_published_examples import BOOKS, PUPILS, five_schools

BASIC = standards()["cn-basic-2012"]
Row = dict[str, object]


def made(rows: list[Row]) -> dict[str, pl.DataFrame]:
    """The four tables of primary books, and the dispersion beside them."""
    values, spread = figures(rows, BASIC)
    found = units(schools(rows), BASIC)
    tables = {
        "inequality": accept(inequality(found, values, BASIC), INEQUALITY),
        "between_within": accept(between_within(found, values, BASIC), BETWEEN_WITHIN),
        "group_means": accept(group_means(found, values, BASIC), GROUP_MEANS),
        "pupil_gaps": accept(pupil_gaps(found, values, BASIC), PUPIL_GAPS),
        "county_dispersion": spread,
    }
    return {name: table.filter(indicator="books", stage="primary") for name, table in tables.items()}


def only(table: pl.DataFrame, **where: object) -> Row:
    (row,) = table.filter(**where).iter_rows(named=True)
    return row


# Two town schools with 1 and 3 books a pupil, two rural ones with 2 and 6; weights 100, 100, 50, 50: the mean is 8/3.
FOUR: list[Row] = [
    {"pupils_primary": 100, "books": 100, "area_code": "121"},
    {"pupils_primary": 100, "books": 300, "area_code": "121"},
    {"pupils_primary": 50, "books": 100, "area_code": "220"},
    {"pupils_primary": 50, "books": 300, "area_code": "220"},
]


def test_the_variance_of_two_areas_is_split_as_by_hand() -> None:
    row = only(made(FOUR)["between_within"], level="county", grouping="area")
    mean = 800 / 300
    between = (2 / 3) * (2 - mean) ** 2 + (1 / 3) * (4 - mean) ** 2
    within = (2 / 3) * 1 + (1 / 3) * 4
    assert row["groups"] == 2
    assert row["cv_squared_between"] == pytest.approx(between / mean**2)
    assert row["cv_squared_within"] == pytest.approx(within / mean**2)
    assert row["cv_squared"] == pytest.approx((between + within) / mean**2)
    assert row["between_share"] == pytest.approx(between / (between + within))


def test_theils_index_of_two_areas_is_split_as_by_hand() -> None:
    row = only(made(FOUR)["between_within"], level="county", grouping="area")
    mean = 8 / 3

    def theil(pairs: list[tuple[float, float]], around: float) -> float:
        return sum(share * x / around * math.log(x / around) for share, x in pairs)

    assert row["theil"] == pytest.approx(theil([(1 / 3, 1), (1 / 3, 3), (1 / 6, 2), (1 / 6, 6)], mean))
    assert row["theil_between"] == pytest.approx(theil([(2 / 3, 2), (1 / 3, 4)], mean))
    inside = (2 / 3) * 2 / mean * theil([(1 / 2, 1), (1 / 2, 3)], 2) + (1 / 3) * 4 / mean * theil(
        [(1 / 2, 2), (1 / 2, 6)], 4
    )
    assert row["theil_within"] == pytest.approx(inside)


def test_each_group_has_its_mean_and_the_coefficient_within_it() -> None:
    rows = made(FOUR)["group_means"].filter(level="county", grouping="area").sort("group")
    assert rows["group"].to_list() == ["rural", "town"]
    assert rows["mean"].to_list() == pytest.approx([4, 2])
    assert rows["cv"].to_list() == pytest.approx([0.5, 0.5])
    assert rows["weight_share"].to_list() == pytest.approx([1 / 3, 2 / 3])


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 900), st.integers(0, 9000), st.sampled_from(["111", "121", "220", None])),
        min_size=2,
        max_size=8,
    ).filter(lambda rows: sum(books for _, books, _ in rows) > 0)
)
def test_between_and_within_add_up_to_the_official_coefficient_squared(rows: list[tuple[int, int, str | None]]) -> None:
    found = made([{"pupils_primary": p, "books": b, "area_code": area} for p, b, area in rows])
    official = only(found["county_dispersion"])["cv"]
    assert only(found["inequality"], level="county")["cv"] == pytest.approx(official, rel=1e-12)
    split = found["between_within"].filter(level="county", grouping="area")
    assert split.height == (len({area for *_, area in rows}) > 1)
    for row in split.iter_rows(named=True):
        assert row["cv_squared_between"] + row["cv_squared_within"] == pytest.approx(official**2, rel=1e-9, abs=1e-12)
        assert row["theil_between"] + row["theil_within"] == pytest.approx(row["theil"], rel=1e-9, abs=1e-12)
        assert row["theil"] == pytest.approx(only(found["inequality"], level="county")["theil"], rel=1e-9, abs=1e-12)


def test_parts_that_do_not_add_up_break_the_contract() -> None:
    rows = made(FOUR)["between_within"]
    for column, rule in (("cv_squared_within", "variance_adds_up"), ("theil_between", "theil_adds_up")):
        assert set(failures(rows.with_columns(pl.col(column) + 1e-9), BETWEEN_WITHIN)["rule"]) == {rule}


def test_a_county_of_one_kind_of_schools_has_nothing_between_them() -> None:
    found = made([row | {"area_code": "121"} for row in FOUR])
    assert found["between_within"].filter(level="county").is_empty()


def test_schools_of_an_unknown_area_are_a_group_of_their_own() -> None:
    found = made([*FOUR, {"pupils_primary": 70, "books": 70}])
    assert found["group_means"].filter(level="county", grouping="area")["group"].sort().to_list() == [
        "rural",
        "town",
        "unknown",
    ]


def test_a_provinces_gap_is_split_between_and_within_its_counties() -> None:
    here = five_schools(BOOKS)
    there = [row | {"county_code": "690102", "county_name": "石渡县", "books": row["books"] * 3} for row in here]
    row = only(made([*here, *there])["between_within"], level="province", grouping="county")
    cv2 = only(made(here)["county_dispersion"])["cv"] ** 2
    # Two counties of equal weight, means m and 3m around 2m: between 1/4, within cv² · (1 + 9) / 2 / 4.
    assert row["county_code"] == ""
    assert row["cv_squared_between"] == pytest.approx(1 / 4)
    assert row["cv_squared_within"] == pytest.approx(cv2 * 10 / 8)


def gini_by_pairs(values: list[float], weights: list[float]) -> float:
    """Half of the relative mean difference over all pairs."""
    total = sum(weights)
    mean = sum(w * x for w, x in zip(weights, values, strict=True)) / total
    pairs = sum(
        v * w * abs(x - y) for v, x in zip(weights, values, strict=True) for w, y in zip(weights, values, strict=True)
    )
    return pairs / (2 * total**2 * mean)


def test_gini_median_mcloone_and_range_ratio_of_the_worked_example() -> None:
    row = only(made(five_schools(BOOKS))["inequality"], level="county")
    values = [b / p for b, p in zip(BOOKS, PUPILS, strict=True)]
    assert row["gini"] == pytest.approx(gini_by_pairs(values, [float(p) for p in PUPILS]))
    # In order of value the schools have 76, 37, 45, 55, 89 pupils: the 151st of 302 is in the third, with 6.2 books.
    assert row["median"] == pytest.approx(279 / 45)
    assert row["mcloone"] == pytest.approx((160 + 137 + 279) / (279 / 45 * (76 + 37 + 45)))
    assert row["range_ratio"] == pytest.approx((935 / 89 - 160 / 76) / (160 / 76))


def test_equal_schools_have_no_inequality_by_any_measure() -> None:
    row = only(made([{"pupils_primary": p, "books": 5 * p} for p in PUPILS])["inequality"], level="county")
    assert [row[name] for name in ("cv", "theil", "gini", "range_ratio")] == pytest.approx([0, 0, 0, 0], abs=1e-12)
    assert row["mcloone"] == pytest.approx(1)


def test_where_the_poorest_have_nothing_there_is_no_range_ratio() -> None:
    row = only(
        made([{"pupils_primary": 100, "books": 0}, {"pupils_primary": 100, "books": 500}])["inequality"], level="county"
    )
    assert row["range_ratio"] is None
    assert row["theil"] == pytest.approx(math.log(2))


def test_the_schools_of_migrant_children_are_compared_with_those_of_all_other_pupils() -> None:
    rows = [
        {"pupils_primary": 100, "books": 500, "migrant_children_primary": 80},
        {"pupils_primary": 100, "books": 1500, "migrant_children_primary": 20},
        {"pupils_primary": 50, "books": 5000, "migrant_children_primary": None},
    ]
    row = only(made(rows)["pupil_gaps"])
    assert (row["pupil_group"], row["units_reporting"], row["pupils_of_group"]) == ("migrant_children", 2, 100)
    assert row["mean_of_group"] == pytest.approx((80 * 5 + 20 * 15) / 100)
    assert row["mean_of_others"] == pytest.approx((20 * 5 + 80 * 15) / 100)
    assert row["gap"] == pytest.approx(-6)
    assert row["group_share"] == pytest.approx(0.5)


def test_where_nobody_is_of_a_group_there_is_no_gap() -> None:
    rows = [{"pupils_primary": 100, "books": 500, "boarders_primary": 0}] * 2
    assert made(rows)["pupil_gaps"].is_empty()
