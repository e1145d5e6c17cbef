"""Bounds of a coefficient while units are missing: no value that the ranges allow lies outside them."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from decimal import Decimal
from itertools import product
from types import SimpleNamespace

import msgspec
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.coverage import bounds_note, deciding_note
from standards.standard import Dispersion, Plausible, Standard, standards
from standards.values import Limits
from tests.county import figures

NATIONAL = standards()["cn-basic-2012"]
steady = settings(max_examples=60, deadline=None, derandomize=True)
Known = list[tuple[int, int]]
known_units = st.lists(st.tuples(st.integers(1, 2000), st.integers(0, 40_000)), min_size=1, max_size=5).filter(
    lambda units: sum(books for _, books in units) > 0
)
spans = st.tuples(st.integers(0, 30), st.integers(0, 60)).map(lambda ends: (ends[0], ends[0] + ends[1]))


def standard(
    low: int | str, high: int | str | None = None, *, pupils: tuple[int, int] | None = None, limit: str = "0.5"
) -> Standard:
    """A standard of books alone: what a missing unit may have per pupil, how many pupils, and the coefficient's limit."""
    span = Plausible(Decimal(low), "甲", None if high is None else Decimal(high))
    since = Limits(starts=dt.date(2012, 1, 1), primary=Decimal(limit), junior=Decimal(limit))
    return msgspec.structs.replace(
        NATIONAL,
        indicators=(msgspec.structs.replace(NATIONAL.indicator("books"), missing=span),),
        dispersion=Dispersion("each", "甲", (since,)),
        missing_pupils=None if pupils is None else Plausible(Decimal(pupils[0]), "甲", Decimal(pupils[1])),
    )


def row(known: Known, silent: Sequence[int | None], of: Standard) -> dict[str, object]:
    """The coefficient of books: units as (pupils, books), and units that did not report books, with their pupils."""
    drawn = [{"pupils_primary": pupils, "books": books} for pupils, books in known]
    drawn += [{} if pupils is None else {"pupils_primary": pupils} for pupils in silent]
    _, spread = figures(drawn, of)
    return spread.row(by_predicate=(pl.col("indicator") == "books") & (pl.col("stage") == "primary"), named=True)


def cv(units: Sequence[tuple[float, float]]) -> float:
    """The coefficient of units as (pupils, books per pupil), by its definition."""
    everyone = sum(pupils for pupils, _ in units)
    mean = sum(pupils * value for pupils, value in units) / everyone
    return math.sqrt(sum(pupils / everyone * (value - mean) ** 2 for pupils, value in units)) / mean


def per_pupil(known: Known) -> list[tuple[float, float]]:
    return [(pupils, books / pupils) for pupils, books in known]


def between(span: tuple[float, float], steps: int = 8) -> list[float]:
    low, high = span
    return [low + (high - low) * step / steps for step in range(steps + 1)]


def test_bounds_of_one_missing_school_are_what_a_hand_computes() -> None:
    """Two schools of 100 pupils with 2 and 4 books each, one of 100 that is silent: 0 to 9 books.

    With x: mean (6 + x) / 3, variance ((2² + 4² + x²) / 3 − mean²). At x = 9, mean 5, variance 101/3 − 25 = 26/3.
    At x = 0, mean 2, variance 20/3 − 4 = 8/3, CV² 2/3. The least lies at x = 20/6: (20 + 100/9) / 3 ÷ (28/9)² − 1.
    """
    found = row([(100, 200), (100, 400)], [100], standard(0, 9))
    assert found["cv_high"] == pytest.approx(math.sqrt(2 / 3), abs=1e-11)
    assert found["cv_low"] == pytest.approx(math.sqrt((280 / 27) / (784 / 81) - 1), abs=1e-11)
    assert cv([(1, 2), (1, 4), (1, 9)]) < found["cv_high"]


@steady
@given(known_units, st.lists(st.integers(1, 2000), min_size=1, max_size=3), spans)
def test_no_value_within_the_range_gives_a_coefficient_outside_the_bounds(
    known: Known, silent: list[int], span: tuple[int, int]
) -> None:
    found = row(known, silent, standard(*span))
    for values in product(between(span, 6), repeat=len(silent)):
        possible = cv([*per_pupil(known), *zip(silent, values, strict=True)])
        assert found["cv_low"] <= possible * (1 + 1e-13) + 1e-13
        assert possible <= found["cv_high"] * (1 + 1e-13) + 1e-13


@steady
@given(known_units, st.integers(1, 2000), spans)
def test_the_bounds_of_a_single_missing_unit_are_reached(known: Known, silent: int, span: tuple[int, int]) -> None:
    found = row(known, [silent], standard(*span))
    possible = [cv([*per_pupil(known), (silent, value)]) for value in between(span, 400)]
    assert found["cv_high"] == pytest.approx(max(possible), rel=1e-9, abs=2e-6)
    assert found["cv_low"] == pytest.approx(min(possible), rel=1e-2, abs=2e-2)


@steady
@given(
    known_units,
    st.lists(st.integers(1, 1500), max_size=1),
    st.integers(1, 2),
    spans,
    st.tuples(st.integers(0, 500), st.integers(0, 3000)).map(lambda ends: (ends[0], ends[0] + ends[1])),
)
def test_pupils_that_are_missing_too_are_within_the_bounds(
    known: Known, silent: list[int], unsized: int, span: tuple[int, int], pupils: tuple[int, int]
) -> None:
    found = row(known, [*silent, *[None] * unsized], standard(*span, pupils=pupils))
    sizes = product(between(pupils, 3), repeat=unsized)
    for size, values in product(sizes, product(between(span, 3), repeat=len(silent) + unsized)):
        possible = cv([*per_pupil(known), *zip([*silent, *size], values, strict=True)])
        assert found["cv_low"] <= possible * (1 + 1e-13) + 1e-13
        assert possible <= found["cv_high"] * (1 + 1e-13) + 1e-13


@steady
@given(known_units, st.lists(st.integers(1, 2000), min_size=1, max_size=3), st.randoms())
def test_without_a_greatest_value_the_lower_bound_holds_for_any_value(
    known: Known, silent: list[int], draw: object
) -> None:
    found = row(known, silent, standard(0))
    assert found["cv_high"] is None
    for _ in range(40):
        values = [draw.choice([0, 1, 10, 1000]) * draw.random() for _ in silent]  # type: ignore[attr-defined]
        assert found["cv_low"] <= cv([*per_pupil(known), *zip(silent, values, strict=True)]) + 1e-13


@pytest.mark.parametrize(
    ("limit", "status", "reason"),
    [
        ("0.9", "met", "bounds_within_limit"),
        ("0.2", "not_met", "bounds_over_limit"),
        ("0.5", "undetermined", "missing_units"),
    ],
)
def test_the_limit_decides_where_it_lies_outside_the_bounds(limit: str, status: str, reason: str) -> None:
    found = row([(100, 200), (100, 400)], [100], standard(0, 9, limit=limit))
    assert (found["status"], found["reason"]) == (status, reason)


def test_without_a_range_a_missing_unit_leaves_the_status_open() -> None:
    plain = msgspec.structs.replace(
        standard(0), indicators=(msgspec.structs.replace(NATIONAL.indicator("books"), missing=None),)
    )
    found = row([(100, 200), (100, 400)], [100], plain)
    assert (found["cv_low"], found["cv_high"], found["status"]) == (None, None, "undetermined")


def test_without_a_missing_unit_both_bounds_are_the_coefficient() -> None:
    found = row([(100, 200), (100, 400)], [], standard(0, 9))
    assert found["cv_low"] == found["cv_high"] == found["cv"] == pytest.approx(1 / 3)
    assert found["reason"] is None


def test_a_unit_of_unknown_size_and_no_greatest_size_bounds_nothing_from_above() -> None:
    found = row([(100, 200), (100, 400)], [None], standard(0, 9))
    assert (found["cv_low"], found["cv_high"]) == (0, None)


def test_where_nobody_reports_nothing_is_bounded() -> None:
    found = row([], [100, 200], standard(0, 9))
    assert (found["cv_low"], found["cv_high"], found["status"]) == (None, None, "undetermined")


def test_the_mean_of_the_coefficients_lies_between_the_means_of_their_bounds() -> None:
    two = msgspec.structs.replace(
        standard(0, 9),
        indicators=tuple(
            msgspec.structs.replace(NATIONAL.indicator(name), missing=Plausible(Decimal(0), "甲", Decimal(90)))
            for name in ("books", "computers")
        ),
    )
    drawn = [
        {"pupils_primary": 100, "books": 200, "computers": 10},
        {"pupils_primary": 100, "books": 400, "computers": 30},
        {"pupils_primary": 100, "computers": 20},
    ]
    _, spread = figures(drawn, two)
    found = {line["indicator"]: line for line in spread.filter(stage="primary").iter_rows(named=True)}
    complete = found["computers"]["cv"]
    for bound in ("cv_low", "cv_high"):
        assert found["composite"][bound] == pytest.approx((found["books"][bound] + complete) / 2)


def test_a_lower_bound_is_said_under_the_table_and_one_of_zero_is_not() -> None:
    found = {"cv_low": 0.61, "cv_high": None, "reason": "bounds_over_limit"}
    assert bounds_note(found) == ["未上报的数据无论多少，差异系数都不小于 0.610，都超过限值。"]
    assert bounds_note(found | {"cv_low": 0.0001}) == []
    both = {"cv_low": 0.42, "cv_high": 0.61, "reason": "missing_units"}
    assert bounds_note(both) == ["未上报的数据在标准所列范围内取任何值，差异系数都在 0.420–0.610 之间。"]


def test_an_open_status_says_whose_return_could_settle_it() -> None:
    row = {"stage": "primary", "indicator": "books"}

    def said(*units: tuple[str, bool, bool]) -> list[str]:
        held = pl.DataFrame(
            [
                {"standard": "x", **row, "school_name": name, "settles_not_met": over, "settles_met": kept,
                 "decides": over or kept or len(units) == 1}
                for name, over, kept in units
            ]
        )  # fmt: skip
        county = SimpleNamespace(frame={"deciding_units": held}.__getitem__)
        return deciding_note(county, "x", row)  # type: ignore[arg-type]

    assert said(("甲小学", False, False)) == ["只缺 甲小学 的数据：它上报，就能判定。"]
    assert said(("甲小学", True, True), ("乙小学", True, False), ("丙小学", False, False)) == [
        "其数据单独就可能使差异系数确定超过限值的：甲小学、乙小学。",
        "其数据单独就可能使差异系数确定不超过限值的：甲小学。",
        "缺数据的其余 1 所，单独上报定不了。",
    ]
    assert said(("甲小学", False, False), ("乙小学", False, False)) == [
        "缺数据的 2 所中，没有一所看得出单独上报就能定论，须几所一并上报：甲小学、乙小学。"
    ]
