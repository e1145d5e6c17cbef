"""Which missing return decides a coefficient: what is said is held against every value that returns may have."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from itertools import product

import msgspec
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipelines.deciding import deciding_units
from schemas.contract import accept
from schemas.coverage import DECIDING_UNITS
from standards.standard import Dispersion, Plausible, Standard
from tests.county import figures
from tests.test_bounds import NATIONAL, between, cv, known_units, per_pupil, standard

steady = settings(max_examples=15, deadline=None, derandomize=True)
Known = list[tuple[int, int]]
limits = st.integers(5, 150).map(lambda hundredths: f"{hundredths / 100:.2f}")
spans = st.tuples(st.integers(0, 20), st.integers(1, 60)).map(lambda ends: (ends[0], ends[0] + ends[1]))
COARSE = 0.05
"""By how much a coefficient may be off on the grids below."""


def decided(known: Known, silent: Sequence[int | None], of: Standard) -> dict[int, tuple[bool, bool, bool]]:
    """By the place of each silent unit: whether it settles “over”, whether it settles “kept”, whether it decides."""
    drawn = [{"pupils_primary": pupils, "books": books} for pupils, books in known]
    drawn += [{} if pupils is None else {"pupils_primary": pupils} for pupils in silent]
    values, spread = figures(drawn, of)
    rows = accept(deciding_units(values, spread, of), DECIDING_UNITS)
    names = ("settles_not_met", "settles_met", "decides")
    return {
        int(row["school_id"][-2:]) - len(known) - 1: tuple(row[name] for name in names)  # type: ignore[misc]
        for row in rows.filter(pl.col("indicator") == "books").iter_rows(named=True)
    }


@steady
@given(known_units, st.lists(st.integers(1, 2000), min_size=2, max_size=3), spans, limits)
def test_what_a_unit_settles_alone_no_other_return_undoes_and_nothing_is_left_out(
    known: Known, silent: list[int], span: tuple[int, int], limit: str
) -> None:
    found = decided(known, silent, standard(*span, limit=limit))
    assume(found)
    bound = float(limit)
    for place, (over, kept, decides) in found.items():
        others = [size for i, size in enumerate(silent) if i != place]

        def possible(value: float, values: Sequence[float], place: int = place, others: list[int] = others) -> float:  # type: ignore[misc]
            return cv([*per_pupil(known), (silent[place], value), *zip(others, values, strict=True)])

        grid = [list(values) for values in product(between(span, 8), repeat=len(others))]
        corners = [list(values) for values in product(span, repeat=len(others))]
        lowest = [min(possible(value, values) for values in grid) for value in span]
        assert not over or max(lowest) > bound
        assert over or max(lowest) <= bound + COARSE
        least = min(max(possible(value, values) for values in corners) for value in between(span, 200))
        assert not kept or least <= bound + COARSE
        # With one other unit the greatest coefficient is exact; with more it is a wider bound, which may say less.
        assert kept or len(others) > 1 or least > bound - 1e-3
        assert decides == (over or kept)


@steady
@given(known_units, st.lists(st.integers(1, 2000), min_size=2, max_size=3), limits, st.randoms())
def test_without_a_greatest_value_a_unit_that_settles_does_so_with_a_value_large_enough(
    known: Known, silent: list[int], limit: str, draw: object
) -> None:
    found = decided(known, silent, standard(0, limit=limit))
    assume(found)
    for place, (over, kept, _) in found.items():
        assert not kept
        if not over:
            continue
        others = [size for i, size in enumerate(silent) if i != place]
        for _ in range(200):
            values = [draw.choice([0, 1, 1e3, 1e6, 1e9, 1e12]) * draw.random() for _ in others]  # type: ignore[attr-defined]
            most = max(
                cv([*per_pupil(known), (silent[place], value), *zip(others, values, strict=True)])
                for value in (0, 1e3, 1e6, 1e9, 1e12, 1e15)
            )
            assert most > float(limit)


def test_two_missing_schools_of_a_hand_computed_county() -> None:
    """Two schools of 100 pupils with 3 books each; one of 100 and one of 1 are silent, with 0 to 9 books; limit 0.4.

    The large one at 0: the others have mean 3, so that with 3 in the small one too CV = √(1/2) ≈ 0.707: over, whatever
    the small one says (201 pupils with 3 at best). At 3: the small one at 0 or 9 moves the CV to 0.11 at most: kept.
    The small one cannot hinder the large one from either.
    """
    assert math.isclose(cv([(201, 3), (100, 0)]), math.sqrt(100 / 201))
    assert cv([(300, 3), (1, 9)]) < 0.12
    assert decided([(100, 300), (100, 300)], [100, 1], standard(0, 9, limit="0.4")) == {
        0: (True, True, True),
        1: (False, False, False),
    }


def test_two_equal_schools_of_which_each_could_be_outweighed_decide_only_together() -> None:
    # One school with 3 books a pupil, two silent with 0 to 30. One at 0 leaves 0.707 at least, one at 30 leaves 0.60;
    # one at 0, 3, 6, 10 or 30 leaves at most 1.41, 1.06, 0.93, 0.97, 1.25.
    found = decided([(100, 300)], [100, 100], standard(0, 30, limit="0.75"))
    assert found == {0: (False, False, False), 1: (False, False, False)}
    assert cv([(1, 3), (1, 0), (1, 0)]) > 0.75 > cv([(1, 3), (1, 0), (1, 3)])


def test_the_only_unit_that_is_missing_decides_whatever_is_known_of_it() -> None:
    assert decided([(100, 200), (100, 400)], [100], standard(0, 9)) == {0: (True, True, True)}
    assert decided([(100, 200), (100, 400)], [None], standard(0)) == {0: (False, False, True)}


def test_of_a_unit_of_unknown_size_the_sizes_that_the_standard_names_are_tried() -> None:
    known: Known = [(100, 300), (100, 300)]
    plain = decided(known, [None, 1], standard(0, 9, limit="0.4"))
    assert plain[0] == (False, False, False)
    sized = decided(known, [None, 1], standard(0, 9, pupils=(100, 200), limit="0.4"))
    assert sized[0] == (True, True, True)


def test_a_coefficient_that_is_decided_hangs_on_nobody() -> None:
    assert decided([(100, 200), (100, 400)], [100], standard(0, 9, limit="0.9")) == {}
    assert decided([(100, 200), (100, 400)], [], standard(0, 9)) == {}


@pytest.mark.parametrize(("limit", "wanted"), [("0.75", (False, True, True)), ("0.20", (True, True, True))])
def test_a_composite_is_settled_by_the_mean_over_its_indicators(limit: str, wanted: tuple[bool, bool, bool]) -> None:
    """Books 2, 4 and one silent school of 100 pupils each (0 to 9): CV 0.29 to 0.82; computers are all equal: CV 0.

    The composite lies between 0.13 and 0.41: of a limit of 0.20 both sides are open. At 0.75 it is kept for certain.
    """
    several = msgspec.structs.replace(
        standard(0, 9),
        indicators=tuple(
            msgspec.structs.replace(NATIONAL.indicator(name), missing=Plausible(Decimal(0), "甲", Decimal(9)))
            for name in ("books", "computers")
        ),
        dispersion=Dispersion("mean", "甲", (msgspec.structs.replace(standard(0, limit=limit).dispersion.limits[0]),)),
    )
    drawn = [
        {"pupils_primary": 100, "books": 200, "computers": 10},
        {"pupils_primary": 100, "books": 400, "computers": 10},
        {"pupils_primary": 100, "computers": 10},
        {"pupils_primary": 1, "computers": 0},
    ]
    values, spread = figures(drawn, several)
    rows = deciding_units(values, spread, several)
    if limit == "0.75":
        assert rows.is_empty()
        return
    assert set(rows["indicator"]) == {"composite"}
    found = {row["school_id"][-1]: row for row in rows.iter_rows(named=True)}
    assert tuple(found["3"][name] for name in ("settles_not_met", "settles_met", "decides")) == wanted
    assert not found["4"]["decides"]
