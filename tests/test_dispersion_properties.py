"""What must hold of the difference coefficient whatever the county."""

from __future__ import annotations

from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.dispersion import variance_shares
from pipelines.units import units
from standards.standard import standards
from tests.county import figures, schools

BASIC = standards()["cn-basic-2012"]
Counties = list[tuple[int, int]]
counties = st.lists(st.tuples(st.integers(1, 3000), st.integers(0, 90_000)), min_size=2, max_size=12).filter(
    lambda county: sum(books for _, books in county) > 0
)
steady = settings(max_examples=12, deadline=None, derandomize=True)


def rows(county: Counties) -> list[dict[str, object]]:
    return [{"pupils_primary": pupils, "books": books} for pupils, books in county]


def cv(county: Counties) -> float:
    _, spread = figures(rows(county), BASIC)
    return spread.filter(pl.col("indicator") == "books")["cv"][0]


@steady
@given(counties)
def test_the_cv_does_not_change_when_all_values_are_scaled(county: Counties) -> None:
    assert cv([(pupils, 7 * books) for pupils, books in county]) == pytest.approx(cv(county), rel=1e-9, abs=1e-12)


@steady
@given(counties, st.randoms())
def test_the_cv_does_not_change_when_schools_are_reordered(county: Counties, order: object) -> None:
    shuffled = list(county)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    assert cv(shuffled) == pytest.approx(cv(county), rel=1e-9, abs=1e-12)


@steady
@given(counties, st.integers(2, 4))
def test_the_cv_does_not_change_when_schools_are_cut_into_identical_parts(county: Counties, parts: int) -> None:
    whole = [(pupils * parts, books * parts) for pupils, books in county]
    assert cv(county * parts) == pytest.approx(cv(whole), rel=1e-9, abs=1e-12)


@steady
@given(st.integers(1, 500), st.integers(100, 5000), st.integers(1, 50), st.integers(1, 49))
def test_a_spread_that_keeps_the_mean_raises_the_cv(pupils: int, books: int, near: int, more: int) -> None:
    spreads = [[(pupils, books + d), (pupils, books - d), (pupils, books)] for d in (0, near, near + more)]
    found = [cv(county) for county in spreads]
    assert all(low < high for low, high in pairwise(found))


@steady
@given(st.lists(st.integers(1, 3000), min_size=2, max_size=9), st.integers(1, 40))
def test_the_cv_is_zero_where_every_school_has_the_same(pupils: list[int], books: int) -> None:
    assert cv([(p, p * books) for p in pupils]) == pytest.approx(0, abs=1e-12)


@steady
@given(counties)
def test_the_shares_of_the_variance_add_up_to_one(county: Counties) -> None:
    values, spread = figures(rows(county), BASIC)
    if spread.filter(pl.col("indicator") == "books")["sd"][0] > 1e-9:
        shares = variance_shares(values).filter(pl.col("indicator") == "books")["variance_share"]
        assert shares.sum() == pytest.approx(1, abs=1e-9)


@steady
@given(counties, st.integers(1, 11))
def test_variance_between_groups_and_within_them_is_the_whole_variance(county: Counties, cut: int) -> None:
    cut = min(cut, len(county) - 1)
    everyone = sum(p for p, _ in county)
    mean = sum(b for _, b in county) / everyone
    within = between = 0.0
    for group in (county[:cut], county[cut:]):
        pupils = sum(p for p, _ in group)
        group_mean = sum(b for _, b in group) / pupils
        between += pupils / everyone * (group_mean - mean) ** 2
        if group_mean:
            within += pupils / everyone * (cv(group) * group_mean) ** 2
    assert within + between == pytest.approx((cv(county) * mean) ** 2, rel=1e-9, abs=1e-9)


@steady
@given(st.integers(1, 2000), st.integers(1, 2000), st.integers(1, 2000), st.integers(0, 10**6))
def test_the_units_shares_and_the_senior_share_add_up_to_the_school(p: int, j: int, s: int, books: int) -> None:
    whole = {"school_type_code": "345", "pupils_primary": p, "pupils_junior": j, "pupils_senior": s, "books": books}
    found = units(schools([whole]), BASIC)
    assert found["share_denominator"].unique().to_list() == [100 * p + 110 * j + 132 * s]
    assert dict(found.select("stage", "share_numerator").iter_rows()) == {"primary": 100 * p, "junior": 110 * j}
    values, _ = figures([whole], BASIC)
    split = values.filter(pl.col("indicator") == "books")["numerator"].sum()
    senior = books * 132 * s / (100 * p + 110 * j + 132 * s)
    assert split + senior == pytest.approx(books, rel=1e-12, abs=1e-9)
