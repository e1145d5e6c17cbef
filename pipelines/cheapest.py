"""The cheapest way to a standard: the smallest additions by which every school rule and every limit is kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.plan_cells import PLACE, plan_cells
from pipelines.plan_problem import Cone, Floats, Ints, Problem
from pipelines.plan_solver import Effort, solve
from schemas.contract import Contract, tidy
from schemas.measures import Measure, PlanFile, measures_of
from schemas.planning import CHEAPEST_MEASURES, CHEAPEST_PLANS
from standards.standard import Standard

LEVEL_UP, MOVE = "level_up", "move"


_MOVE_ORDER = 1e-3
"""Without prices a move counts so much of an addition: an order (first the fewest additions), not a price."""
_UNREACHED = 10**15


@dataclass(frozen=True)
class _Variable:
    """Steps of a measure at a school; of one stage where the stages do not share it."""

    measure: Measure
    school: str
    stage: str
    how: str = "added"


@dataclass
class _County:
    """A county's problem, what its columns mean, and why there can be no plan."""

    problem: Problem
    variables: list[_Variable]
    cells: pl.DataFrame
    blocked: list[tuple[str, str]]


@dataclass(frozen=True)
class _Wish:
    """What a plan is made by."""

    standard: Standard
    plan: PlanFile
    measures: Sequence[Measure]
    mode: str
    effort: Effort


def cheapest(
    units: pl.DataFrame,
    standard: Standard,
    facts: pl.DataFrame | None = None,
    *,
    plan: PlanFile | None = None,
    mode: str = LEVEL_UP,
    effort: Effort | None = None,
    each: Callable[[str], None] | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The plans of every county of the units: one row per county, and one per school, stage and measure of each.

    Prices, budget, bounds and fixed schools are the plan file's; without prices a step counts as the pupils whom it
    would supply at the norm (at the county's mean where there is no norm). The verdict of a plan is not told here: it
    is what the pipeline gives once the plan is applied (`pipelines.planned`).
    """
    wish = _Wish(standard, plan or PlanFile(), measures_of(plan or PlanFile()), mode, effort or Effort())
    cells = plan_cells(units, standard, facts)
    held = _holdings(units.filter(pl.col("standard") == standard.id), wish.measures)
    plans, steps = [], []
    for county in cells.partition_by(*PLACE, maintain_order=True):
        place = dict(zip(PLACE, county.select(PLACE).row(0), strict=True))
        row, found = _planned(county, wish, held)
        plans.append(place | row)
        steps += [place | step for step in found]
        if each:
            each(str(place["county_name"]))
    common = {"standard": standard.id, "mode": mode, "counted_in": "yuan" if wish.plan.has_prices else "pupils"}
    return _table(plans, common, CHEAPEST_PLANS), _table(steps, common, CHEAPEST_MEASURES)


def _holdings(units: pl.DataFrame, measures: Sequence[Measure]) -> dict[tuple[str, str, str], float]:
    """What every unit reports of the fields that measures add to or are bounded by: by school, stage, field."""
    fields = sorted({name for measure in measures for name in (*measure.adds, measure.within) if name})
    long = units.select("school_id", "stage", *(pl.col(name).cast(pl.Float64) for name in fields)).unpivot(
        fields, index=["school_id", "stage"]
    )
    return {(school, stage, name): value for school, stage, name, value in long.drop_nulls().iter_rows()}


def _table(rows: Sequence[dict[str, object]], common: dict[str, str], contract: Contract) -> pl.DataFrame:
    if not rows:
        return contract.empty()
    frame = pl.DataFrame(rows, infer_schema_length=None).with_columns(
        **{name: pl.lit(value) for name, value in common.items()}
    )
    return tidy(frame, contract)


def _planned(
    cells: pl.DataFrame, wish: _Wish, held: dict[tuple[str, str, str], float]
) -> tuple[dict[str, object], list[dict[str, object]]]:
    """A county's row, and those of its measures."""
    missing = cells.filter(pl.col("value").is_null())
    county = _county(cells.filter(pl.col("value").is_not_null()), wish, held)
    effort = wish.effort
    about = {
        "units": cells["unit_id"].n_unique(),
        "cells_missing": missing.height,
        "gap_allowed": effort.gap,
        "schools_helped": 0,
        "verdict_before": "undetermined",
        "price_source": wish.plan.source if wish.plan.has_prices else None,
    }
    if county.blocked:
        return about | {"status": "infeasible", "reason": county.blocked[0][0], "detail": _who(county.blocked)}, []
    solution = solve(county.problem, effort)
    budget = wish.plan.budget_yuan
    if budget is not None and solution.bound <= budget < solution.cost < math.inf:
        solution = solve(county.problem, replace(effort, gap=0.0))
    about |= {"bound": solution.bound if math.isfinite(solution.bound) else None, "stopped_by": solution.stopped}
    if solution.steps is None:
        status = "infeasible" if solution.is_infeasible else "not_found"
        return about | {"status": status, "reason": "no_way" if solution.is_infeasible else solution.stopped}, []
    about |= {"cost": solution.cost, "gap": solution.gap, "is_within_gap": solution.gap <= effort.gap}
    if budget is not None and solution.cost > budget:
        status = "infeasible" if solution.bound > budget else "not_found"
        return about | {"status": status, "reason": "over_budget"}, []
    rows = list(_rows(county, solution.steps, wish.plan))
    helped = {row["school_id"] for row in rows if row["how"] != "moved_out"}
    return about | {"status": "planned" if rows else "nothing_to_do", "schools_helped": len(helped)}, rows


def _who(blocked: Sequence[tuple[str, str]]) -> str:
    return " | ".join(dict.fromkeys(said for reason, said in blocked if reason == blocked[0][0]))


def _rows(county: _County, steps: Ints, plan: PlanFile) -> Iterator[dict[str, object]]:
    names = dict(county.cells.select("school_id", "school_name").unique(maintain_order=True).iter_rows())
    for variable, count in zip(county.variables, steps.tolist(), strict=True):
        if count:
            measure = variable.measure
            price = plan.measures.get(measure.id)
            amount = measure.step * count
            yuan = price.yuan if price else None
            if price and variable.how != "added":
                yuan = price.move_yuan if variable.how == "moved_in" else Decimal(0)
            yield {
                "stage": variable.stage,
                "school_id": variable.school,
                "school_name": names[variable.school],
                "measure": measure.id,
                "measure_zh": measure.label.zh,
                "measure_en": measure.label.en,
                "how": variable.how,
                "amount": -amount if variable.how == "moved_out" else amount,
                "unit": measure.unit,
                "price_yuan": yuan,
                "cost_yuan": None if yuan is None else yuan * amount,
            }


def _gains(standard: Standard, measures: Sequence[Measure]) -> dict[tuple[str, str], list[tuple[Measure, int]]]:
    """By stage and indicator: the measures that change its resource, and by how many ten-thousandths a step does."""
    found: dict[tuple[str, str], list[tuple[Measure, int]]] = {}
    for stage in standard.scope.stages:
        for indicator in standard.indicators:
            plus, minus = indicator.added(stage), indicator.minus
            for measure in measures:
                net = sum(name in plus for name in measure.adds) - sum(name in minus for name in measure.adds)
                if net:
                    found.setdefault((stage, indicator.id), []).append((measure, int(net * measure.step * 10_000)))
    return found


def _county(cells: pl.DataFrame, wish: _Wish, held: dict[tuple[str, str, str], float]) -> _County:
    """The problem of a county's cells that have a value."""
    rule = wish.standard.school_rule
    spare = 0 if rule is None else (rule.of or len(wish.standard.indicators)) - rule.at_norm
    unit_ids = list(dict.fromkeys(cells["unit_id"].to_list()))
    position = {unit: number for number, unit in enumerate(unit_ids)}
    variables, entries = _variables(cells, wish)
    norm, floor = _needs(cells, wish.standard)
    problem = Problem(
        units=unit_ids,
        unit_of=np.array([position[unit] for unit in cells["unit_id"].to_list()], dtype=np.int64),
        base=cells["base"].to_numpy().astype(float),
        share=cells["share"].to_numpy().astype(float),
        weight=cells["weight"].to_numpy().astype(float),
        need_norm=norm,
        need_floor=floor,
        is_asked=_is_asked(cells),
        spare=np.full(len(unit_ids), spare, dtype=np.int64),
        price=np.zeros(len(variables)),
        most=np.zeros(len(variables)),
        entry_cell=entries[:, 0],
        entry_variable=entries[:, 1],
        entry_gain=entries[:, 2],
        cones=_cones(cells),
    )
    problem.most, above = _most(problem, cells, variables, wish.plan)
    problem.price = _prices(problem, cells, variables, wish)
    problem.caps = [
        *_county_caps(variables, wish.plan),
        *_within(variables, held),
        *_spared(problem, above),
        *_owned(variables, held),
    ]
    problem.balances = _balances(variables)
    return _County(problem, variables, cells, _blocked(problem, cells))


def _is_asked(cells: pl.DataFrame) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = (
        cells.select(pl.col("is_asked") & pl.col("norm").is_not_null()).to_series().to_numpy()
    )
    return found


def _needs(cells: pl.DataFrame, standard: Standard) -> tuple[Ints, Ints]:
    """What the school's resource lacks to norm and floor; what cannot grow either lacks nothing or lacks for ever."""
    rule = standard.school_rule
    has_floor = rule is not None and rule.floor_share > 0
    said_no = pl.col("asserted") == pl.lit(value=False)

    def needed(name: str, is_reached: str) -> pl.Expr:
        fixed = pl.when(pl.col(is_reached)).then(0).otherwise(_UNREACHED)
        grown = pl.when(pl.col("can_grow")).then(pl.col(name).fill_null(0)).otherwise(fixed)
        return pl.when(said_no.fill_null(value=False)).then(_UNREACHED).otherwise(grown).cast(pl.Int64)

    norm = cells.select(needed("need_norm", "is_at_norm")).to_series().to_numpy()
    floor = cells.select(needed("need_floor", "is_at_floor")).to_series().to_numpy()
    return norm, floor if has_floor else np.full(len(norm), -_UNREACHED, dtype=np.int64)


def _variables(cells: pl.DataFrame, wish: _Wish) -> tuple[list[_Variable], Ints]:
    """What may be added, and moved, where; and which cell each raises by how much."""
    gains = _gains(wish.standard, wish.measures)
    variables: list[_Variable] = []
    known: dict[tuple[str, str, str, str], int] = {}
    entries: list[tuple[int, int, int]] = []
    columns = cells.select("stage", "indicator", "school_id", "can_grow")
    for cell, (stage, indicator, school, can_grow) in enumerate(columns.iter_rows()):
        for measure, gain in gains.get((stage, indicator), ()) if can_grow else ():
            price = wish.plan.measures.get(measure.id)
            moves = (
                wish.mode == MOVE
                and measure.can_move
                and not (wish.plan.has_prices and (price is None or price.move_yuan is None))
            )
            for how in ("added", "moved_in", "moved_out") if moves else ("added",):
                holder = (measure.id, school, "" if measure.is_shared else stage, how)
                if holder not in known:
                    known[holder] = len(variables)
                    variables.append(_Variable(measure, school, holder[2], how))
                entries.append((cell, known[holder], -gain if how == "moved_out" else gain))
    return variables, np.array(entries, dtype=np.int64).reshape(-1, 3)


def _most(
    problem: Problem, cells: pl.DataFrame, variables: Sequence[_Variable], plan: PlanFile
) -> tuple[Floats, Floats]:
    """Steps that a school may be given or lose: none where it is fixed, and no more is lost than it has to spare.

    To spare is what a unit has above its norm and above the county's mean of today, in all that a step takes away;
    it is given by cell too, in ten-thousandths.
    """
    most = np.full(len(variables), np.inf)
    for number, variable in enumerate(variables):
        price = plan.measures.get(variable.measure.id)
        if variable.school in plan.fixed_schools:
            most[number] = 0
        elif price and price.most_per_school is not None:
            most[number] = int(price.most_per_school / variable.measure.step)
    mean: Floats = (
        cells.select(((pl.col("base") * pl.col("share")).sum() / pl.col("weight").sum()).over("stage", "indicator"))
        .to_series()
        .to_numpy()
    )
    above_mean = (problem.base * problem.share - mean * problem.weight) / problem.share
    above_norm = np.where(problem.is_asked, -problem.need_norm / 1e4, np.inf)
    spare = np.floor(np.minimum(above_mean, above_norm) * 1e4)
    out = problem.entry_gain < 0
    steps = np.floor(spare[problem.entry_cell[out]] / -problem.entry_gain[out] + 1e-9)
    np.minimum.at(most, problem.entry_variable[out], np.maximum(steps, 0))
    return most, spare


def _county_caps(variables: Sequence[_Variable], plan: PlanFile) -> Iterator[tuple[Ints, Floats, float]]:
    """No more is added of a measure, in the county, than its file allows."""
    for name, price in plan.measures.items():
        index = np.array(
            [n for n, v in enumerate(variables) if v.measure.id == name and v.how == "added"], dtype=np.int64
        )
        if price.most is not None and len(index):
            yield index, np.full(len(index), float(variables[index[0]].measure.step)), float(price.most)


def _within(
    variables: Sequence[_Variable], held: dict[tuple[str, str, str], float]
) -> Iterator[tuple[Ints, Floats, float]]:
    """What is added to a field stays within the field that bounds it: key teachers within the full-time teachers."""
    sign = {"added": 1, "moved_in": 1, "moved_out": -1}
    bounded = {(v.measure.adds[0], v.measure.within) for v in variables if v.measure.within}
    by_unit: dict[tuple[str, str], list[int]] = {}
    for number, variable in enumerate(variables):
        by_unit.setdefault((variable.school, variable.stage), []).append(number)
    for inner, outer in sorted(bounded):
        for (school, stage), numbers in by_unit.items():
            room = held.get((school, stage, outer), 0.0) - held.get((school, stage, inner), 0.0)
            net = [
                sign[variables[n].how]
                * float(variables[n].measure.step)
                * ((inner in variables[n].measure.adds) - (outer in variables[n].measure.adds))
                for n in numbers
            ]
            if any(net):
                yield np.array(numbers, dtype=np.int64), np.array(net), max(room, 0.0)


def _spared(problem: Problem, spare: Floats) -> Iterator[tuple[Ints, Floats, float]]:
    """Several measures together take no more from a unit than it has to spare."""
    out = problem.entry_gain < 0
    for cell in np.unique(problem.entry_cell[out]).tolist():
        mine = out & (problem.entry_cell == cell)
        if mine.sum() > 1:
            yield problem.entry_variable[mine], -problem.entry_gain[mine] / 1e4, max(float(spare[cell]), 0.0) / 1e4


def _owned(
    variables: Sequence[_Variable], held: dict[tuple[str, str, str], float]
) -> Iterator[tuple[Ints, Floats, float]]:
    """No field of a return falls below 0."""
    taken: dict[tuple[str, str, str], list[int]] = {}
    for number, variable in enumerate(variables):
        if variable.how == "moved_out" and variable.stage:
            for name in variable.measure.adds:
                taken.setdefault((variable.school, variable.stage, name), []).append(number)
    for key, numbers in taken.items():
        steps = np.array([float(variables[n].measure.step) for n in numbers])
        yield np.array(numbers, dtype=np.int64), steps, held.get(key, 0.0)


def _balances(variables: Sequence[_Variable]) -> list[tuple[Ints, Floats]]:
    """What is moved out of schools is moved into others, of the same measure and stage."""
    groups: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for number, variable in enumerate(variables):
        if variable.how != "added":
            groups.setdefault((variable.measure.id, variable.stage), []).append(
                (number, 1.0 if variable.how == "moved_in" else -1.0)
            )
    return [
        (np.array([n for n, _ in part], dtype=np.int64), np.array([sign for _, sign in part]))
        for part in groups.values()
    ]


def _blocked(problem: Problem, cells: pl.DataFrame) -> list[tuple[str, str]]:
    """Units that no plan can bring to the school rule, with the reason: none of what they lack can be added."""
    can = np.zeros(len(problem.base), dtype=bool)
    can[problem.entry_cell[(problem.entry_gain > 0) & (problem.most[problem.entry_variable] > 0)]] = True
    stuck = problem.is_asked & (problem.need_norm > 0) & (~can | (problem.need_norm >= _UNREACHED))
    below = stuck & (problem.need_floor > 0)
    counts = np.bincount(problem.unit_of[stuck], minlength=len(problem.units))
    failing = counts > problem.spare
    failing[problem.unit_of[below]] = True
    rows = cells.select("school_name", "stage", "indicator", "asserted", "can_grow").rows()
    has_measure = np.zeros(len(problem.base), dtype=bool)
    has_measure[problem.entry_cell] = True
    found = []
    for cell in np.flatnonzero(stuck & failing[problem.unit_of]).tolist():
        school, stage, indicator, asserted, _ = rows[cell]
        reason = "said_not_met" if asserted is False else "fixed_school" if has_measure[cell] else "no_measure"
        found.append((reason, f"{school} {stage} {indicator}"))
    return sorted(found)


def _cones(cells: pl.DataFrame) -> list[Cone]:
    """A cone for every stage and indicator with a limit and more than one unit."""
    numbered = cells.with_row_index("__cell__").filter(pl.col("limit").is_not_null())
    return [
        Cone((str(stage), str(indicator)), part["__cell__"].to_numpy().astype(np.int64), float(part["limit"][0]))
        for (stage, indicator), part in numbered.group_by(["stage", "indicator"], maintain_order=True)
        if part.height > 1
    ]


def _prices(problem: Problem, cells: pl.DataFrame, variables: Sequence[_Variable], wish: _Wish) -> Floats:
    """What a step costs: in yuan, or in pupils whom it would supply at the norm of what it helps most dearly."""
    if wish.plan.has_prices:
        return np.array([_yuan(variable, wish.plan) for variable in variables])
    times = {indicator.id: indicator.times for indicator in wish.standard.indicators}
    scale = np.array([times[name] for name in cells["indicator"].to_list()], dtype=float)
    mean = cells.select(
        ((pl.col("value") * pl.col("weight")).sum() / pl.col("weight").sum()).over("stage", "indicator")
    ).to_series()
    norm = cells["norm"].fill_null(mean).to_numpy().astype(float)
    norm = np.where(norm > 0, norm, 1.0)
    gain = problem.entry_gain / 1e4
    cell = problem.entry_cell
    pupils = np.maximum(gain, 0) * problem.share[cell] * scale[cell] / norm[cell]
    # Of one unit the dearest indicator counts, so that a measure for two is no dearer than for one; stages add up.
    price: Floats = np.zeros(len(variables))
    by_unit: dict[tuple[int, int], float] = {}
    for variable, unit, worth in zip(
        problem.entry_variable.tolist(), problem.unit_of[cell].tolist(), pupils.tolist(), strict=True
    ):
        by_unit[variable, unit] = max(by_unit.get((variable, unit), 0.0), worth)
    for (variable, _), worth in by_unit.items():
        price[variable] += worth
    order = {"added": 1.0, "moved_in": _MOVE_ORDER, "moved_out": 0.0}
    ordered: Floats = price * np.array([order[variable.how] for variable in variables])
    return ordered


def _yuan(variable: _Variable, plan: PlanFile) -> float:
    """What a step costs by the plan's file; what is moved is paid for where it arrives."""
    price = plan.measures[variable.measure.id]
    each = {"added": price.yuan, "moved_in": price.move_yuan, "moved_out": Decimal(0)}[variable.how]
    return float((each or Decimal(0)) * variable.measure.step)
