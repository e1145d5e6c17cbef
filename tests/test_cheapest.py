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
from standards.standard import Dispersion, SchoolRule, standards
from standards.values import Limits
from tests.county import schools
from tests.judged import made
from tests.test_published_examples import BOOKS, PUPILS, books_row, five_schools

EXACT = Effort(gap=0.0, nodes=100_000, rounds=300, seconds=60)
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


@st.composite
def counties(draw: st.DrawFn) -> list[dict[str, object]]:
    """Three to six schools, primary, junior or both, each with a share of what the norms ask."""
    rows: list[dict[str, object]] = []
    for _ in range(draw(st.integers(3, 6))):
        kind = draw(st.sampled_from(["211", "311", "312"]))
        stages = {"211": ["primary"], "311": ["junior"], "312": ["primary", "junior"]}[kind]
        row: dict[str, object] = {"school_type_code": kind}
        everyone = 0
        for stage in stages:
            pupils = draw(st.integers(40, 900))
            everyone += pupils
            share = draw(st.sampled_from([30, 70, 110, 250]))
            teachers = max(pupils * 8 // 100, 1)
            row |= {
                f"pupils_{stage}": pupils,
                f"full_time_teachers_{stage}": teachers,
                f"teachers_doctor_{stage}": 0,
                f"teachers_master_{stage}": 0,
                f"teachers_bachelor_{stage}": min(pupils * 4 * share // 10_000, teachers),
                f"teachers_college_{stage}": 0,
                f"key_teachers_{stage}": min(pupils * share // 10_000, teachers),
                f"pe_teachers_{stage}": min(pupils * share // 10_000, teachers),
                f"music_teachers_{stage}": 0,
                f"fine_arts_teachers_{stage}": 0,
                f"arts_teachers_{stage}": 0,
            }
        part = draw(st.sampled_from([30, 80, 120, 300]))
        row |= {
            "teaching_auxiliary_area_m2": everyone * 5 * part // 100,
            "indoor_sports_area_m2": 0,
            "sports_ground_area_m2": everyone * 8 * part // 100,
            "equipment_value_yuan": everyone * 2000 * draw(st.sampled_from([50, 100, 400])) // 100,
            "multimedia_rooms": everyone * 24 * part // 100_000,
        }
        rows.append(row)
    return rows


@given(counties(), st.sampled_from(["level_up", "move"]))
@settings(max_examples=25, deadline=None)
def test_every_planned_county_passes_when_its_plan_is_applied_to_its_returns(
    rows: list[dict[str, object]], mode: str
) -> None:
    found = kept(planned(schools(rows), QUALITY, mode=mode, effort=Effort(seconds=20)))
    (plan,) = found.plans.to_dicts()
    both = found.before.resource_verdicts.filter(pl.col("stage") != "all").height == 2
    assert plan["status"] in ("planned", "nothing_to_do")
    assert plan["verdict_after"] == ("met" if both else "undetermined")
    assert plan["bound"] <= plan["cost"]
    assert found.after.school_verdicts["status"].to_list() == ["met"] * found.after.school_verdicts.height
    statuses = found.after.county_dispersion.filter(pl.col("limit").is_not_null())["status"]
    assert set(statuses.to_list()) == {"met"}
    if mode == "level_up":
        assert (found.measures["amount"] > 0).all()
    else:
        moved = found.measures.filter(pl.col("how") != "added")
        assert moved.group_by("measure", "stage").agg(pl.col("amount").sum())["amount"].to_list() == [0] * len(
            moved.select("measure", "stage").unique()
        )


def test_what_is_moved_leaves_the_giver_at_its_norm_and_costs_no_addition() -> None:
    full = {"full_time_teachers_primary": 20, "pupils_primary": 100}
    given_ = planned(
        schools([{**full, "teachers_bachelor_primary": 14}, {**full, "teachers_bachelor_primary": 2}]),
        TEACHERS_ALONE,
        mode="move",
        effort=EXACT,
    )
    assert added(kept(given_)) == [
        ("2169000001", "teacher", "moved_out", Decimal(-3)),
        ("2169000002", "teacher", "moved_in", Decimal(3)),
    ]
    assert given_.plans["verdict_after"].to_list() == ["undetermined"]
    assert given_.after.school_verdicts["status"].to_list() == ["met", "met"]


TEACHERS = msgspec.structs.replace(
    QUALITY.indicator("above_standard_teachers"),
    plus_by_stage={},
    plus=("teachers_bachelor",),
    norms=(Limits(FROM, Decimal(5), Decimal(5)),),
)
TEACHERS_ALONE = msgspec.structs.replace(
    made(), indicators=(TEACHERS,), dispersion=LIMITS, school_rule=SchoolRule(1, Decimal("0.85"), "drawn")
)


def test_a_plan_adds_to_an_integrated_school_once_and_helps_both_of_its_stages() -> None:
    area = msgspec.structs.replace(QUALITY.indicator("sports_area"), norms=(Limits(FROM, Decimal(6), Decimal(6)),))
    alone = msgspec.structs.replace(TEACHERS_ALONE, indicators=(area,))
    row = {"pupils_primary": 100, "pupils_junior": 100, "sports_ground_area_m2": 900, "indoor_sports_area_m2": 0}
    found = kept(planned(schools([{**row, "school_type_code": "312"}]), alone, effort=EXACT))
    # 6 m² for 100 primary pupils, who have 100 of 210 weighted parts: 600 × 210 / 100 = 1,260 m² in all.
    assert added(found) == [("2169000001", "sports_ground", "added", Decimal(360))]
    assert found.plans["verdict_after"].to_list() == ["met"]


def test_one_indicator_may_stay_at_its_floor_and_the_plan_chooses_the_dearer_one() -> None:
    two = msgspec.structs.replace(
        TEACHERS_ALONE,
        indicators=(
            TEACHERS,
            msgspec.structs.replace(
                QUALITY.indicator("multimedia_rooms"), norms=(Limits(FROM, Decimal(10), Decimal(10)),)
            ),
        ),
        school_rule=SchoolRule(1, Decimal("0.80"), "drawn"),
    )
    row = {
        "pupils_primary": 100,
        "full_time_teachers_primary": 9,
        "teachers_bachelor_primary": 4,
        "multimedia_rooms": 8,
    }
    cheap = prices(teacher="1", multimedia_room="100")
    found = kept(planned(schools([row]), two, plan=cheap, effort=EXACT))
    assert added(found) == [("2169000001", "teacher", "added", Decimal(1))]
    dear = prices(teacher="300", multimedia_room="100")
    found = kept(planned(schools([row]), two, plan=dear, effort=EXACT))
    assert added(found) == [("2169000001", "multimedia_room", "added", Decimal(2))]


def test_a_measure_for_two_indicators_of_a_unit_is_taken_once() -> None:
    arts = msgspec.structs.replace(QUALITY.indicator("pe_arts_teachers"), norms=(Limits(FROM, Decimal(2), Decimal(2)),))
    both = msgspec.structs.replace(
        TEACHERS_ALONE, indicators=(TEACHERS, arts), school_rule=SchoolRule(2, Decimal("0.85"), "drawn")
    )
    row = {
        "pupils_primary": 100,
        "full_time_teachers_primary": 9,
        "teachers_bachelor_primary": 4,
        **{f"{name}_teachers_primary": 0 for name in ("music", "fine_arts", "arts")},
        "pe_teachers_primary": 1,
    }
    found = kept(planned(schools([row]), both, effort=EXACT))
    assert added(found) == [("2169000001", "pe_arts_teacher", "added", Decimal(1))]


def test_key_teachers_stay_within_the_full_time_teachers() -> None:
    keys = msgspec.structs.replace(QUALITY.indicator("key_teachers"), norms=(Limits(FROM, Decimal(3), Decimal(3)),))
    alone = msgspec.structs.replace(TEACHERS_ALONE, indicators=(keys,))
    row = {"pupils_primary": 100, "full_time_teachers_primary": 2, "key_teachers_primary": 0}
    (plan,) = kept(planned(schools([row]), alone, effort=EXACT)).plans.to_dicts()
    assert (plan["status"], plan["reason"]) == ("infeasible", "no_way")


def test_what_no_measure_raises_is_said_with_its_school_and_indicator() -> None:
    plan = PlanFile(measures={"multimedia_room": Price(is_offered=False)})
    rooms = msgspec.structs.replace(
        QUALITY.indicator("multimedia_rooms"), norms=(Limits(FROM, Decimal(10), Decimal(10)),)
    )
    alone = msgspec.structs.replace(TEACHERS_ALONE, indicators=(rooms,))
    (row,) = kept(planned(schools([{"pupils_primary": 100, "multimedia_rooms": 1}]), alone, plan=plan)).plans.to_dicts()
    assert (row["status"], row["reason"]) == ("infeasible", "no_measure")
    assert row["detail"] == "第1小学 primary multimedia_rooms"
