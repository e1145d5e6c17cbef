"""The cheapest plan: the published example, every plan against brute force, and against the pipeline itself."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal

import msgspec
import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipelines.plan_problem import Cone, Problem
from pipelines.plan_solver import Effort, is_kept, resources, solve
from pipelines.planned import Planned, planned
from schemas.contract import accept
from schemas.measures import PlanFile, Price
from schemas.planning import CHEAPEST_CUTS, CHEAPEST_MEASURES, CHEAPEST_PLANS
from standards.standard import Dispersion, standards
from standards.values import Limits
from tests.county import schools
from tests.judged import made
from tests.test_published_examples import BOOKS, PUPILS, books_row, five_schools

EXACT = Effort(gap=0.0, seconds=60)
FROM = dt.date(2012, 1, 1)
LIMITS = Dispersion("each", "drawn", (Limits(FROM, Decimal("0.50"), Decimal("0.45")),))
BOOK = msgspec.structs.replace(standards()["cn-basic-2012"].indicator("books"), norms=())
BOOKS_ALONE = made()
BOOKS_ALONE = msgspec.structs.replace(BOOKS_ALONE, indicators=(BOOK,), dispersion=LIMITS)
QUALITY = standards()["cn-quality-2017"]


def kept(found: Planned) -> Planned:
    """The tables, each seen to keep its contract."""
    accept(found.plans, CHEAPEST_PLANS)
    accept(found.measures, CHEAPEST_MEASURES)
    accept(found.cuts, CHEAPEST_CUTS)
    return found


def added(found: Planned) -> list[tuple[str, str, str, Decimal]]:
    return found.measures.select("school_id", "measure", "how", "amount").rows()


def test_seventeen_books_at_the_fourth_school_pass_and_sixteen_do_not() -> None:
    assert books_row([*BOOKS[:3], BOOKS[3] + 16, BOOKS[4]])["cv"] == pytest.approx(0.500324, abs=1e-6)
    assert books_row([*BOOKS[:3], BOOKS[3] + 17, BOOKS[4]])["cv"] == pytest.approx(0.499405, abs=1e-6)


def test_the_planner_finds_the_seventeen_books() -> None:
    found = kept(planned(schools(five_schools(BOOKS)), BOOKS_ALONE, effort=EXACT))
    assert added(found) == [("2169000004", "book", "added", Decimal(17))]
    (plan,) = found.plans.to_dicts()
    assert (plan["verdict_before"], plan["status"], plan["gap"]) == ("not_met", "planned", 0)
    spread = found.after.county_dispersion.filter(pl.col("indicator") == "books")
    assert spread["cv"].to_list() == [pytest.approx(0.499405, abs=1e-6)]
    assert spread["status"].to_list() == ["met"]


def test_the_thirtynine_books_that_taking_from_the_best_school_would_need_are_a_warning_and_no_plan() -> None:
    found = kept(planned(schools(five_schools(BOOKS)), BOOKS_ALONE))
    (cut,) = found.cuts.to_dicts()
    assert (cut["school_id"], cut["taken"]) == ("2169000003", 39)
    assert books_row([*BOOKS[:2], BOOKS[2] - 38, *BOOKS[3:]])["cv"] > 0.5
    assert books_row([*BOOKS[:2], BOOKS[2] - 39, *BOOKS[3:]])["cv"] < 0.5
    assert (found.measures["amount"] > 0).all()


def prices(**yuan: str) -> PlanFile:
    from schemas.measures import our_measures  # noqa: PLC0415

    every = {measure.id: Price(is_offered=False) for measure in our_measures()}
    return PlanFile(source="drawn", measures=every | {name: Price(yuan=Decimal(each)) for name, each in yuan.items()})


def test_a_plan_in_yuan_costs_its_amounts_times_its_prices() -> None:
    found = kept(planned(schools(five_schools(BOOKS)), BOOKS_ALONE, plan=prices(book="25.50"), effort=EXACT))
    assert found.plans["cost"].to_list() == [pytest.approx(17 * 25.5)]
    assert found.measures["cost_yuan"].to_list() == [Decimal("433.50")]


def test_a_fixed_school_gets_nothing_and_the_next_poorest_gets_more() -> None:
    plan = PlanFile(fixed_schools=("2169000004",))
    found = kept(planned(schools(five_schools(BOOKS)), BOOKS_ALONE, plan=plan, effort=EXACT))
    least = min(
        (n2 + n5, n2)
        for n2, n5 in itertools.product(range(120), range(120))
        if cv([BOOKS[0], BOOKS[1] + n2, BOOKS[2], BOOKS[3], BOOKS[4] + n5]) <= 0.5
    )
    assert "2169000004" not in found.measures["school_id"].to_list()
    assert int(found.measures["amount"].sum()) <= least[0]
    assert found.plans["verdict_after"].to_list() != [None]


def cv(books: list[int]) -> float:
    pupils = np.array(PUPILS, dtype=float)
    held = np.array(books, dtype=float)
    mean = held.sum() / pupils.sum()
    return float(np.sqrt((pupils * (held / pupils - mean) ** 2).sum() / pupils.sum()) / mean)


def test_a_plan_over_the_budget_says_what_the_cheapest_costs() -> None:
    plan = msgspec.structs.replace(prices(book="10"), budget_yuan=Decimal(169))
    (row,) = kept(planned(schools(five_schools(BOOKS)), BOOKS_ALONE, plan=plan, effort=EXACT)).plans.to_dicts()
    assert (row["status"], row["reason"], row["cost"]) == ("infeasible", "over_budget", 170)
    plan = msgspec.structs.replace(plan, budget_yuan=Decimal(170))
    assert planned(schools(five_schools(BOOKS)), BOOKS_ALONE, plan=plan).plans["status"].to_list() == ["planned"]


def test_where_nothing_can_be_added_there_is_no_way() -> None:
    plan = PlanFile(fixed_schools=tuple(f"216900000{n}" for n in range(1, 6)))
    (row,) = kept(planned(schools(five_schools(BOOKS)), BOOKS_ALONE, plan=plan)).plans.to_dicts()
    assert (row["status"], row["reason"]) == ("infeasible", "no_way")


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Two or three units and one or two indicators, each with a measure of its own and a cone."""
    units = draw(st.integers(2, 3))
    kinds = draw(st.integers(1, 2))
    cells = units * kinds
    spare = draw(st.integers(0, 1))
    whole = st.integers(0, 6)
    base = np.array(draw(st.lists(whole, min_size=cells, max_size=cells)), dtype=float)
    weight = np.array(draw(st.lists(st.integers(1, 5), min_size=units, max_size=units)), dtype=float)
    floor = np.array(draw(st.lists(st.integers(-2, 3), min_size=cells, max_size=cells))) * 10_000
    rise = np.array(draw(st.lists(st.integers(0, 3), min_size=cells, max_size=cells))) * 10_000
    price = draw(st.lists(st.integers(1, 3), min_size=kinds, max_size=kinds))
    limits = draw(st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.45]), min_size=kinds, max_size=kinds))
    kind_of = np.tile(np.arange(kinds), units)
    return Problem(
        units=[str(unit) for unit in range(units)],
        unit_of=np.repeat(np.arange(units), kinds),
        base=base,
        share=np.ones(cells),
        weight=np.repeat(weight, kinds),
        need_norm=floor + rise,
        need_floor=floor,
        is_asked=np.ones(cells, bool),
        spare=np.full(units, spare),
        price=np.array(price, dtype=float)[kind_of],
        most=np.full(cells, np.inf),
        entry_cell=np.arange(cells),
        entry_variable=np.arange(cells),
        entry_gain=np.full(cells, 10_000),
        cones=[Cone(("primary", str(kind)), np.flatnonzero(kind_of == kind), limits[kind]) for kind in range(kinds)],
    )


def brute(problem: Problem, most: int) -> float:
    """The least cost over all whole steps up to `most`; infinite where none of them will do."""
    cells = len(problem.base)
    steps = np.indices((most + 1,) * cells).reshape(cells, -1).T
    lacking_norm = steps * 10_000 < problem.need_norm
    lacking_floor = steps * 10_000 < problem.need_floor
    good = ~lacking_floor.any(axis=1)
    for unit in range(len(problem.units)):
        good &= lacking_norm[:, problem.unit_of == unit].sum(axis=1) <= problem.spare[unit]
    costs = steps @ problem.price
    order = np.argsort(costs, kind="stable")
    for row in order[good[order]]:
        held = resources(problem, steps[row])
        if all(is_kept(cone, held, problem.weight) for cone in problem.cones):
            return float(costs[row])
    return float("inf")


@given(problems())
@settings(max_examples=60, deadline=None)
def test_no_plan_is_cheaper_than_brute_force_finds_and_none_is_dearer(problem: Problem) -> None:
    most = {2: 40, 3: 14, 4: 9, 6: 5}[len(problem.base)]
    least = brute(problem, most)
    assume(np.isfinite(least))
    found = solve(problem, EXACT)
    assert found.steps is not None
    held = resources(problem, found.steps)
    assert all(is_kept(cone, held, problem.weight) for cone in problem.cones)
    assert found.bound <= least + 1e-6
    assert found.cost <= least + 1e-6
    if (found.steps <= most).all():
        assert found.cost == pytest.approx(least)
