"""The integer program of a plan solved: outer approximation of the cones, with a lower bound that is proven.

HiGHS solves the linear and the mixed-integer relaxations on one thread, so that plans repeat. What it gives is made
feasible by filling up the poorest schools; the gap is (cost − bound) / cost.
docs/planning.md states the model and the steps.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import highspy
import numpy as np

from pipelines.plan_problem import Cone, Floats, Ints, Problem

SLACK = 5e-13
"""How far a coefficient may lie above its limit: half of what the pipeline lets pass as equal."""
_REACHED = 1e-9
"""Below this, what solvers compute is taken for nothing."""
_ROUNDED = 1e-6
_HALF = 0.5
_NEAR = 1e-4
_TINY = 1e-300
_AIM = 0.2
"""The part of the allowed gap that a search aims at; what lies between is taken where the rounds end."""
_STALLED, _HALVINGS, _SWEEPS, _SETTLED = 6, 40, 25, 1e-3
_SLOPES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_LP_ROUNDS, _FILL_ROUNDS = 40, 30


@dataclass(frozen=True)
class Effort:
    """What a county's plan may cost to find: the gap allowed, integer programs, nodes of each, seconds in all."""

    gap: float = 0.01
    nodes: int = 500
    rounds: int = 12
    seconds: float = 30.0


@dataclass(frozen=True)
class Solution:
    """Steps by variable, cells that stay at the floor, cost, proven bound; `steps` is None where none was found.

    `stopped` names what ended the search before the gap was reached: `nodes`, `seconds`, `rounds`.
    """

    steps: Ints | None
    cost: float
    bound: float
    is_infeasible: bool = False
    stopped: str | None = None

    @property
    def gap(self) -> float:
        """By how much of its cost the plan may be dearer than the cheapest."""
        return max(self.cost - self.bound, 0.0) / self.cost if self.cost > 0 else 0.0


def resources(problem: Problem, steps: Ints | Floats) -> Floats:
    """The unit's resource of every cell once the steps are taken."""
    added = np.bincount(
        problem.entry_cell,
        problem.entry_gain * steps[problem.entry_variable],
        minlength=len(problem.base),
    )
    return (problem.base + added / 1e4) * problem.share


def coefficient(cone: Cone, held: Floats, weight: Floats) -> float:
    """The CV of a cone's cells; infinite where nobody has anything."""
    values, weights = held[cone.cells], weight[cone.cells]
    total = float(values.sum())
    if total <= 0:
        return math.inf
    mean = total / float(weights.sum())
    spread = float((weights * (values / weights - mean) ** 2).sum() / weights.sum())
    return math.sqrt(spread) / mean


def is_kept(cone: Cone, held: Floats, weight: Floats) -> bool:
    """Whether a cone's coefficient keeps its limit."""
    return coefficient(cone, held, weight) <= cone.limit + SLACK


class _Model:
    """The relaxation in HiGHS: variables are the steps, then one yes/no by cell that may stay at the floor."""

    def __init__(self, problem: Problem, effort: Effort) -> None:
        self.problem = problem
        count = len(problem.price)
        self.gains = _scaled_rows(problem)
        lowered = problem.is_asked & (problem.need_norm > problem.need_floor) & (problem.need_norm > 0)
        lowered &= problem.spare[problem.unit_of] > 0
        self.cell_of_choice = np.flatnonzero(lowered)
        self.choices = count + np.arange(len(self.cell_of_choice))
        self.columns = count + len(self.cell_of_choice)
        self.solver = _solver(effort)
        infinity = highspy.kHighsInf
        model = highspy.HighsLp()
        model.num_col_ = self.columns
        # Between plans of one cost, the earlier indicator stays at its floor: an order, far below any step's price.
        scale = float(problem.price[problem.price > 0].min(initial=1.0)) if count else 1.0
        self.scale = scale
        order = np.linspace(0.0, 1e-9, num=len(self.cell_of_choice)) if len(self.cell_of_choice) else np.empty(0)
        model.col_cost_ = np.concatenate([problem.price / scale, order])
        model.col_lower_ = np.zeros(self.columns)
        most = np.where(np.isfinite(problem.most), problem.most, infinity)
        model.col_upper_ = np.concatenate([most, np.ones(len(self.choices))])
        rows = [*self._needs(), *self._choices(), *self._caps(), *self._balances()]
        starts = np.cumsum([0, *(len(index) for index, _, _, _ in rows)])
        model.num_row_ = len(rows)
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = starts.astype(np.int32)
        model.a_matrix_.index_ = np.concatenate([index for index, _, _, _ in rows] or [np.empty(0, int)]).astype(
            np.int32
        )
        model.a_matrix_.value_ = np.concatenate([value for _, value, _, _ in rows] or [np.empty(0)])
        model.row_lower_ = np.array([low for _, _, low, _ in rows])
        model.row_upper_ = np.array([high for _, _, _, high in rows])
        model.integrality_ = [highspy.HighsVarType.kInteger] * self.columns
        self.solver.passModel(model)

    def _needs(self) -> list[tuple[Ints, Floats, float, float]]:
        """Σ gain · n + (norm − floor) · at the floor ≥ what lacks to the norm, by asked cell, in whole numbers."""
        problem, rows = self.problem, []
        choice_of = dict(zip(self.cell_of_choice.tolist(), self.choices.tolist(), strict=True))
        is_taken = {int(v) for v in problem.entry_variable[problem.entry_gain < 0]}
        for cell in np.flatnonzero(problem.is_asked).tolist():
            variables, gains, divisor = self.gains[cell]
            norm = -(-int(problem.need_norm[cell]) // divisor)
            # What is at its floor already gains no more by staying there than what it lacks.
            floor = max(-(-int(problem.need_floor[cell]) // divisor), 0)
            if norm <= 0 and not any(int(v) in is_taken for v in variables):
                continue
            index, value = variables, gains
            if cell in choice_of:
                index = np.append(index, choice_of[cell])
                value = np.append(value, norm - floor)
            rows.append((index, value.astype(float), float(norm), highspy.kHighsInf))
        return rows

    def _choices(self) -> list[tuple[Ints, Floats, float, float]]:
        """No unit has more cells at the floor than its rule allows."""
        rows = []
        units = self.problem.unit_of[self.cell_of_choice]
        for unit in np.unique(units):
            index = self.choices[units == unit]
            if len(index) > self.problem.spare[unit]:
                rows.append((index, np.ones(len(index)), -highspy.kHighsInf, float(self.problem.spare[unit])))
        return rows

    def _caps(self) -> list[tuple[Ints, Floats, float, float]]:
        return [(index, value, -highspy.kHighsInf, most) for index, value, most in self.problem.caps]

    def _balances(self) -> list[tuple[Ints, Floats, float, float]]:
        return [(index, value, 0.0, 0.0) for index, value in self.problem.balances]

    def relaxed(self, *, is_relaxed: bool, seconds: float) -> tuple[Floats | None, float, str]:
        """Columns (None where there is no solution), the bound, and how it ended: optimal, infeasible, or stopped."""
        self.solver.setOptionValue("solve_relaxation", is_relaxed)
        self.solver.setOptionValue("time_limit", max(seconds, 0.05) + self.solver.getRunTime())
        self.solver.run()
        status = self.solver.getModelStatus()
        info = self.solver.getInfo()
        if status == highspy.HighsModelStatus.kInfeasible:
            return None, math.inf, "infeasible"
        bound = info.objective_function_value if is_relaxed else info.mip_dual_bound
        columns = np.array(self.solver.getSolution().col_value)
        if status == highspy.HighsModelStatus.kOptimal:
            return columns, bound * self.scale, "optimal"
        reason = "seconds" if status == highspy.HighsModelStatus.kTimeLimit else "nodes"
        if is_relaxed or not len(columns) or not math.isfinite(info.objective_function_value):
            return None, (-math.inf if is_relaxed else bound * self.scale), reason
        return columns, bound * self.scale, reason

    def cut(self, cone: Cone, held: Floats) -> None:
        """The cone's tangent at a point: Σ (κ − q) r ≥ 0, q the point's direction in the norm."""
        problem, cells = self.problem, cone.cells
        weights = problem.weight[cells]
        stretched = held[cells] * weights.sum() / weights
        norm = math.sqrt(float((held[cells] * stretched).sum()))
        if norm <= 0:
            return
        slope = math.sqrt(1 + cone.limit**2) - stretched / norm
        by_cell = np.zeros(len(problem.base))
        by_cell[cells] = slope * problem.share[cells]
        coefficients = np.bincount(
            problem.entry_variable,
            by_cell[problem.entry_cell] * problem.entry_gain / 1e4,
            minlength=len(problem.price),
        )
        constant = float((by_cell * problem.base).sum())
        index = np.flatnonzero(np.abs(coefficients) > 1e-12 * np.abs(coefficients).max(initial=0.0))
        if not len(index):
            return
        top = float(np.abs(coefficients[index]).max())
        self.solver.addRow(
            -constant / top,
            highspy.kHighsInf,
            len(index),
            index.astype(np.int32),
            coefficients[index] / top,
        )

    def at_least(self, variables: Ints, steps: int) -> None:
        """No plan has fewer than so many steps of these variables."""
        index = variables.astype(np.int32)
        self.solver.addRow(float(steps), highspy.kHighsInf, len(index), index, np.ones(len(index)))


class _Quiet(highspy.Highs):
    """HiGHS without its Python callbacks: switching them on prints its name to the user's screen."""

    def enableCallbacks(self) -> None:  # noqa: N802  (the library's name)
        pass


def _solver(effort: Effort) -> highspy.Highs:
    solver = _Quiet()  # type: ignore[no-untyped-call]
    options: dict[str, bool | float | str] = {
        "output_flag": False,
        "threads": 1,
        "parallel": "off",
        "random_seed": 0,
        "primal_feasibility_tolerance": 1e-9,
        "mip_feasibility_tolerance": 1e-7,
        "mip_rel_gap": _AIM * effort.gap / 2,
        "mip_max_nodes": effort.nodes,
    }
    for name, value in options.items():
        solver.setOptionValue(name, value)
    return solver


def _scaled_rows(problem: Problem) -> list[tuple[Ints, Ints, int]]:
    """By cell: its variables, their gains over the gains' greatest common divisor, and that divisor."""
    order = np.argsort(problem.entry_cell, kind="stable")
    bounds = np.searchsorted(problem.entry_cell[order], np.arange(len(problem.base) + 1))
    rows = []
    for cell in range(len(problem.base)):
        part = order[bounds[cell] : bounds[cell + 1]]
        gains = problem.entry_gain[part]
        divisor = int(np.gcd.reduce(np.abs(gains))) if len(gains) else 1
        rows.append((problem.entry_variable[part], gains // divisor, divisor))
    return rows


def solve(problem: Problem, effort: Effort) -> Solution:
    """The cheapest steps that reach every need and keep every cone, within the effort.

    First the linear relaxation with tangents of the cones, which already gives the bound and, filled up, a plan; then,
    where the gap is not reached, integer programs with further tangents. `is_infeasible` where no plan is possible.
    """
    search = _Search(problem, effort)
    if not search.is_over(is_relaxed=True, rounds=_LP_ROUNDS):
        search.is_over(is_relaxed=False, rounds=effort.rounds)
    if search.is_infeasible:
        return Solution(None, math.inf, math.inf, is_infeasible=True)
    return Solution(search.best, search.cost, min(search.bound, search.cost), stopped=search.stopped)


class _Search:
    """What is known so far of a county: the best plan, its cost, the bound, and why the search ended."""

    def __init__(self, problem: Problem, effort: Effort) -> None:
        self.problem, self.effort = problem, effort
        self.ends = time.monotonic() + effort.seconds
        self.best: Ints | None = None
        self.cost, self.bound = math.inf, 0.0
        self.stopped: str | None = None
        self.is_infeasible = False
        self.tried: set[bytes] = set()
        self.filler = Filler(problem)
        self.model = _Model(problem, effort)
        for cone in problem.cones:
            if (fewest := self.filler.fewest(cone)) is not None and fewest[1] > 0:
                self.model.at_least(*fewest)

    def is_over(self, *, is_relaxed: bool, rounds: int) -> bool:
        """Rounds of a relaxation, with tangents added; whether no further kind of relaxation can help."""
        stalled, last = 0, -math.inf
        for _ in range(rounds):
            left = self.ends - time.monotonic()
            if left <= 0:
                self.stopped = "seconds"
                return True
            columns, bound, ended = self.model.relaxed(is_relaxed=is_relaxed, seconds=left)
            if ended == "infeasible":
                self.is_infeasible = True
                return True
            self.bound = max(self.bound, _raised(self.problem, bound))
            if columns is not None:
                self._keep_best(columns)
                self._keep_optimum(columns)
            self.stopped = None if self._is_within_gap() else ended if ended != "optimal" else "rounds"
            if self.stopped is None or columns is None:
                return True
            if not self._cut(columns) or ended != "optimal":
                return not is_relaxed
            stalled = stalled + 1 if is_relaxed and max(bound, self.bound) <= last * (1 + _ROUNDED) else 0
            last = max(last, bound)
            if stalled > _STALLED:
                return False
        return False

    def _keep(self, found: list[Ints]) -> None:
        for steps in found:
            price = float(self.problem.price @ steps)
            if self.best is None or price < self.cost * (1 - 1e-12):
                self.best, self.cost = steps, price

    def _keep_best(self, columns: Floats) -> None:
        """The best plan that can be made of a relaxation's solution."""
        at_floor = self.filler.at_floor(columns, self.model)
        whole = np.floor(columns[: len(self.problem.price)] + _ROUNDED).astype(np.int64)
        starts = [whole]
        if not self.problem.balances:
            starts.insert(0, np.zeros(len(whole), np.int64))
        elif np.abs(columns[: len(whole)] - np.round(columns[: len(whole)])).max(initial=0.0) > _ROUNDED:
            return
        self._keep(self.filler.plans(starts, at_floor))

    def _keep_optimum(self, columns: Floats) -> None:
        """The plan made of the optimum in parts of steps, with tangents of the cones there: they close the gap.

        The needs are those that are left once the relaxation's choices stay at the floor; made once for each choice.
        """
        at_floor = self.filler.at_floor(columns, self.model)
        choice = at_floor.tobytes()
        if self.problem.balances or self._is_within_gap() or choice in self.tried:
            return
        self.tried.add(choice)
        least = self.filler.needed(np.zeros(len(self.problem.price), np.int64), at_floor)
        if least is None:
            return
        steps = self.filler.optimum(least)
        held = resources(self.problem, steps)
        for cone in self.problem.cones:
            if coefficient(cone, held, self.problem.weight) > cone.limit - _NEAR:
                self.model.cut(cone, held)
        found = self.filler.plans([np.floor(steps + _ROUNDED).astype(np.int64)], at_floor)
        self._keep(found)
        if not self._is_within_gap():
            self._keep([self.filler.trimmed(steps, at_floor) for steps in found])

    def _is_within_gap(self) -> bool:
        return self.best is not None and self.cost - self.bound <= max(_AIM * self.effort.gap, _REACHED) * self.cost

    def _broken(self, steps: Floats) -> list[Cone]:
        held = resources(self.problem, steps)
        return [
            cone for cone in self.problem.cones if coefficient(cone, held, self.problem.weight) > cone.limit + _REACHED
        ]

    def _cut(self, columns: Floats) -> bool:
        """Tangents of the cones that the columns break, there and where the poorest are levelled; whether any is."""
        steps = columns[: len(self.problem.price)]
        broken, held = self._broken(steps), resources(self.problem, steps)
        for cone in broken:
            even = self.filler.levelled(cone, held, is_even=True)
            priced = self.filler.levelled(cone, held)
            for point in (held, even) if np.array_equal(even, priced) else (held, even, priced):
                self.model.cut(cone, point)
        return bool(broken)


def _raised(problem: Problem, bound: float) -> float:
    """The bound raised to the next cost that whole steps can have, where all prices are multiples of one."""
    priced = problem.price[problem.price > 0]
    if not len(priced) or not math.isfinite(bound):
        return bound
    least = float(priced.min())
    multiples = priced / least
    if np.abs(multiples - np.round(multiples)).max() > _REACHED:
        return bound * (1 - _REACHED)
    return math.ceil(bound / least - _ROUNDED) * least


class Filler:
    """Whole steps that keep every need and cone, made from the solution of a relaxation."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.rows = _scaled_rows(problem)
        self.added = np.full(len(problem.base), -1)
        # What is moved stays as the relaxation has it: more of it would have to come from somewhere.
        self.is_free = np.ones(len(problem.price), bool)
        for index, _ in problem.balances:
            self.is_free[index] = False
        self.gain = np.zeros(len(problem.base))
        price = np.full(len(problem.base), math.inf)
        # Of the variables that raise a cell, the one that raises it most cheaply.
        for cell, variable, gain in zip(
            problem.entry_cell.tolist(), problem.entry_variable.tolist(), problem.entry_gain.tolist(), strict=True
        ):
            is_open = self.is_free[variable] and problem.most[variable] > 0
            if gain > 0 and is_open and problem.price[variable] / gain < price[cell]:
                price[cell] = problem.price[variable] / gain
                self.added[cell], self.gain[cell] = variable, gain / 1e4
        self.unit_price = price
        self.by_need = sorted(
            np.flatnonzero(problem.is_asked).tolist(), key=lambda cell: (len(self.rows[cell][0]), cell)
        )
        counts = np.bincount(problem.entry_variable, minlength=len(problem.price))
        self.is_single = counts == 1

    def at_floor(self, columns: Floats, model: _Model) -> np.ndarray:
        """The cells that a relaxation's solution lets stay at the floor."""
        found = np.zeros(len(self.problem.base), bool)
        found[model.cell_of_choice[columns[len(self.problem.price) :] > _HALF]] = True
        return found

    def plans(self, starts: list[Ints], at_floor: np.ndarray) -> list[Ints]:
        """Feasible steps: the starts with what is still needed, and filled up."""
        found = []
        for start in starts:
            steps = self.needed(start, at_floor)
            if steps is None:
                continue
            filled = self._filled(steps)
            if filled is not None and self._is_within(filled):
                found.append(filled)
        return found

    def _is_within(self, steps: Ints) -> bool:
        problem = self.problem
        if (steps > problem.most).any() or (steps < 0).any():
            return False
        if any((value * steps[index]).sum() != 0 for index, value in problem.balances):
            return False
        return all((value * steps[index]).sum() <= most * (1 + 1e-12) for index, value, most in problem.caps)

    def needed(self, start: Ints, at_floor: np.ndarray) -> Ints | None:
        """The start with what each asked cell still needs, by its cheapest measure; cells with one measure first."""
        problem, steps = self.problem, start.copy()
        for cell in self.by_need:
            variables, gains, divisor = self.rows[cell]
            need = problem.need_floor[cell] if at_floor[cell] else problem.need_norm[cell]
            lacking = -(-int(need) // divisor) - int((gains * steps[variables]).sum())
            while lacking > 0:
                open_ = [
                    (problem.price[v] / g, v, g)
                    for v, g in zip(variables.tolist(), gains.tolist(), strict=True)
                    if g > 0 and steps[v] < problem.most[v] and self.is_free[v]
                ]
                if not open_:
                    return None
                _, variable, gain = min(open_)
                room = problem.most[variable] - steps[variable]
                more = int(min(-(-lacking // gain), room))
                steps[variable] += more
                lacking -= more * gain
        return steps

    def _filled(self, steps: Ints) -> Ints | None:
        """The steps with the poorest schools raised until every cone is kept; None where that does not end."""
        problem = self.problem
        for _ in range(_FILL_ROUNDS):
            held = resources(problem, steps)
            broken = [cone for cone in problem.cones if not is_kept(cone, held, problem.weight)]
            if not broken:
                return steps
            for cone in broken:
                more = self._fill(cone, steps)
                if more is None:
                    return None
                steps = more
        return None

    def trimmed(self, steps: Ints, at_floor: np.ndarray) -> Ints:
        """The plan without the steps that no need and no cone asks for, the dearest measures first."""
        problem, steps = self.problem, steps.copy()
        need = np.where(at_floor, problem.need_floor, problem.need_norm)
        for variable in np.argsort(-problem.price, kind="stable").tolist():
            if steps[variable] <= 0 or problem.price[variable] <= 0 or not self.is_free[variable]:
                continue
            mine = problem.entry_variable == variable
            cells = set(problem.entry_cell[mine].tolist())
            low, high = 0, int(steps[variable])
            cones = [cone for cone in problem.cones if cells.intersection(cone.cells.tolist())]
            start = steps.copy()
            while low < high:
                less = (low + high + 1) // 2
                start[variable] = steps[variable] - less
                is_enough = all(
                    int((self.rows[cell][1] * start[self.rows[cell][0]]).sum()) * self.rows[cell][2] >= need[cell]
                    for cell in cells
                    if problem.is_asked[cell]
                )
                held = resources(problem, start)
                if is_enough and all(is_kept(cone, held, problem.weight) for cone in cones):
                    low = less
                else:
                    high = less - 1
            steps[variable] -= low
        return steps

    def _raisable(self, cone: Cone, steps: Ints) -> np.ndarray:
        variables = self.added[cone.cells]
        found: np.ndarray = (variables >= 0) & (steps[variables] < self.problem.most[variables])
        return found

    def _fill(self, cone: Cone, start: Ints) -> Ints | None:
        """Steps added, one cone: as many as the level wants, rounded down, then one by one where they help most."""
        problem, steps = self.problem, start.copy()
        cells = cone.cells
        held = resources(problem, steps)
        weights, gains = problem.weight[cells], self.gain[cells] * problem.share[cells]
        can = self._raisable(cone, steps)
        wanted = self.levelled(cone, held, can)[cells]
        more = np.where(can, np.floor((wanted - held[cells]) / np.where(gains > 0, gains, 1.0) - 1.0), 0.0)
        more = np.maximum(more, 0.0).astype(np.int64)
        variables = self.added[cells]
        room = np.where(can, problem.most[variables] - steps[variables], 0)
        more = np.minimum(more, np.where(np.isfinite(room), room, np.iinfo(np.int32).max).astype(np.int64))
        np.add.at(steps, variables[more > 0], more[more > 0])
        total_weight = weights.sum()
        for _ in range(100_000):
            held = resources(problem, steps)
            if is_kept(cone, held, problem.weight):
                return steps
            can = self._raisable(cone, steps)
            if not can.any():
                return None
            r = held[cells]
            norm = math.sqrt(float((r * r / weights).sum() * total_weight))
            kappa = math.sqrt(1 + cone.limit**2)
            change = (
                np.sqrt(np.maximum(norm**2 + total_weight * gains * (2 * r + gains) / weights, 0.0))
                - norm
                - kappa * gains
            )
            worth = np.where(can, change / np.maximum(problem.price[variables], _TINY), math.inf)
            best = int(np.argmin(worth))
            if not worth[best] < 0:
                return None
            steps[variables[best]] += 1
        return None

    def levelled(self, cone: Cone, held: Floats, can: np.ndarray | None = None, *, is_even: bool = False) -> Floats:
        """What every cell has once the poorest are raised as cheaply as keeps the cone, in parts of steps.

        Where a unit's part of what is added costs the same everywhere, all are raised to one level. Else the level is
        lower where it is dearer: L · (1 − μ · price), of which the cheapest of a few μ is taken; not if `is_even`.
        """
        problem, cells = self.problem, cone.cells
        raisable = (self.added[cells] >= 0) if can is None else can
        prices = np.where(raisable, self.unit_price[cells] / problem.share[cells], 0.0)
        dearest = float(prices.max(initial=0.0))
        even = is_even or not raisable.any() or dearest <= 0 or bool(np.ptp(prices[raisable]) <= _ROUNDED * dearest)
        best, least = held[cells], math.inf
        for slope in (0.0,) if even else _SLOPES:
            weights = problem.weight[cells] * (1.0 if even else 1 - slope * prices / dearest)
            found = self._at_level(cone, held[cells], np.where(raisable, weights, 0.0))
            cost = float((prices * (found - held[cells])).sum())
            if cost < least:
                best, least = found, cost
        at = held.copy()
        at[cells] = best
        return at

    def _at_level(self, cone: Cone, r: Floats, levels: Floats) -> Floats:
        """The cells raised to the lowest multiple of their levels at which the cone is kept, or helps most."""
        weights = self.problem.weight[cone.cells]
        total_weight, kappa = float(weights.sum()), math.sqrt(1 + cone.limit**2)

        def outside(multiple: float) -> bool:
            at = np.maximum(r, multiple * levels)
            return math.sqrt(float((at * at / weights).sum() * total_weight)) > kappa * float(at.sum())

        least = float((levels / weights)[levels > 0].min(initial=1.0))
        low, high = 0.0, float((r / weights).max()) / least
        if outside(high):
            return np.maximum(r, float((r / weights).max()) * levels / max(float((levels / weights).max()), _TINY))
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (middle, high) if outside(middle) else (low, middle)
        return np.maximum(r, high * levels)

    def optimum(self, least: Ints) -> Floats:
        """The cheapest steps, in parts, that keep every cone and are not below the given ones.

        By the conditions of the optimum: price = Σ gain · μ · (κ − P_N x / Q) over the cells that a step raises, Q the
        norm of the cell's cone and μ its price. For given Q and μ each step count follows; each μ is halved in until
        its cone is just kept, then Q is taken anew, until nothing moves.
        """
        problem = self.problem
        steps = least.astype(float)
        held = resources(problem, steps)
        open_ = [cone for cone in problem.cones if coefficient(cone, held, problem.weight) > cone.limit]
        parts = {id(cone): _Part(problem, cone) for cone in problem.cones}
        prices = np.zeros(len(problem.cones) + 1)
        norms = np.ones(len(problem.cones) + 1)
        place = {id(cone): number for number, cone in enumerate(problem.cones)}
        for cone in open_:
            norms[place[id(cone)]] = _norm(cone, self.levelled(cone, held, is_even=True), problem.weight)
        for _ in range(_SWEEPS):
            before = steps.copy()
            for cone in open_:
                steps = parts[id(cone)].kept(steps, least, prices, norms, place[id(cone)])
            held = resources(problem, steps)
            for number, cone in enumerate(problem.cones):
                if prices[number] > 0:
                    norms[number] = _norm(cone, held, problem.weight)
                elif cone not in open_ and coefficient(cone, held, problem.weight) > cone.limit:
                    open_.append(cone)
                    norms[number] = _norm(cone, held, problem.weight)
            if np.abs(steps - before).max(initial=0.0) < _SETTLED:
                break
        return steps

    def fewest(self, cone: Cone) -> tuple[Ints, int] | None:
        """A cone's variables and the fewest whole steps of them that any plan has; None where this cannot be said.

        Where each cell is raised by one variable of its own, all by the same amount, no total of steps spreads them
        better than giving each to the cell whose square grows least: so the first total that keeps the limit is the
        fewest. Each cell begins at its floor, or at its norm where it may not stay below.
        """
        problem, cells = self.problem, cone.cells
        if problem.balances or any(len(self.rows[cell][0]) != 1 for cell in cells.tolist()):
            return None
        variables = np.array([self.rows[cell][0][0] for cell in cells.tolist()])
        gains = self.gain[cells] * problem.share[cells]
        if (
            (self.added[cells] < 0).any()
            or not self.is_single[variables].all()
            or np.isfinite(problem.most[variables]).any()
            or np.ptp(gains) > 1e-12 * gains.max()
        ):
            return None
        asked = np.where(problem.spare[problem.unit_of[cells]] > 0, problem.need_floor[cells], problem.need_norm[cells])
        asked = np.where(problem.is_asked[cells], asked, 0)
        least = np.array(
            [max(-(-int(need) // self.rows[cell][2]), 0) for need, cell in zip(asked, cells.tolist(), strict=True)]
        )
        gain, weights = float(gains[0]), problem.weight[cells]
        r = problem.base[cells] * problem.share[cells] + least * gain
        held = np.zeros(len(problem.base))
        held[cells] = r
        if is_kept(cone, held, problem.weight):
            return variables, int(least.sum())
        wanted = self.levelled(cone, held)[cells]
        total = math.floor(float((wanted - r).sum()) / gain - 1e-6)
        more = _cheapest_squares(r, weights, gain, total)
        for _ in range(10_000):
            held[cells] = r + more * gain
            if is_kept(cone, held, problem.weight):
                return variables, int(least.sum() + more.sum())
            more[int(np.argmin((2 * held[cells] + gain) / weights))] += 1
        return None


def _norm(cone: Cone, held: Floats, weight: Floats) -> float:
    weights = weight[cone.cells]
    return math.sqrt(float((held[cone.cells] ** 2 / weights).sum() * weights.sum()))


class _Part:
    """The variables that raise a cone's cells, with all cells that they raise."""

    def __init__(self, problem: Problem, cone: Cone) -> None:
        self.problem, self.cone = problem, cone
        cone_of = np.full(len(problem.base), len(problem.cones))
        for number, other in enumerate(problem.cones):
            cone_of[other.cells] = number
        is_mine = np.isin(problem.entry_cell, cone.cells) & (problem.entry_gain > 0)
        self.variables = np.unique(problem.entry_variable[is_mine])
        entry = np.flatnonzero(np.isin(problem.entry_variable, self.variables))
        self.variable = np.searchsorted(self.variables, problem.entry_variable[entry])
        self.cell = problem.entry_cell[entry]
        self.cone_of = cone_of[self.cell]
        self.gain = problem.entry_gain[entry] / 1e4 * problem.share[self.cell]
        self.per_pupil = self.gain / problem.weight[self.cell]
        self.kappa = np.array([*(math.sqrt(1 + c.limit**2) for c in problem.cones), 0.0])
        self.pupils = np.array([*(float(problem.weight[c.cells].sum()) for c in problem.cones), 0.0])

    def kept(self, steps: Floats, least: Ints, prices: Floats, norms: Floats, number: int) -> Floats:
        """The steps with the cone's price, set in `prices`, the lowest at which it is kept."""
        start = steps.copy()
        held = resources(self.problem, steps)
        others = held[self.cell] - self.gain * steps[self.variables][self.variable]

        def at(price: float) -> Floats:
            prices[number] = price
            count = len(self.variables)
            turn = prices * self.pupils / np.maximum(norms, _TINY)
            pull = self.gain * (prices * self.kappa)[self.cone_of] - self.per_pupil * turn[self.cone_of] * others
            push = np.bincount(self.variable, pull, count) - self.problem.price[self.variables]
            bend = np.bincount(self.variable, self.gain * self.per_pupil * turn[self.cone_of], count)
            wanted = np.where(bend > 0, push / np.where(bend > 0, bend, 1.0), 0.0)
            found = start.copy()
            found[self.variables] = np.clip(wanted, least[self.variables], self.problem.most[self.variables])
            return found

        def is_outside(found: Floats) -> bool:
            now = resources(self.problem, found)
            return coefficient(self.cone, now, self.problem.weight) > self.cone.limit

        if not is_outside(at(0.0)):
            return at(0.0)
        low, high = 0.0, max(float((self.problem.price[self.variables]).max(initial=1.0)), 1e-9)
        for _ in range(_HALVINGS):
            if not is_outside(at(high)):
                break
            low, high = high, high * 4
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if is_outside(at(middle)) else (low, middle)
        return at(high)


def _cheapest_squares(r: Floats, weights: Floats, gain: float, total: int) -> Ints:
    """So many steps in all, each given to the cell whose r²/P grows least by it."""

    def taken(slope: float) -> Floats:
        found: Floats = np.maximum(np.floor((slope * weights - gain - 2 * r) / (2 * gain)) + 1, 0.0)
        return found

    low, high = 0.0, float(((2 * r + gain) / weights).max()) + 2 * gain * (total + 1) / float(weights.min())
    for _ in range(100):
        middle = (low + high) / 2
        if taken(middle).sum() <= total:
            low = middle
        else:
            high = middle
    steps = taken(low).astype(np.int64)
    while steps.sum() < total:
        steps[int(np.argmin((2 * (r + steps * gain) + gain) / weights))] += 1
    return steps
