"""Many counties planned on several processes: each county is a problem of its own, so the parts give what the whole would."""

from __future__ import annotations

import math
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from assets.home import Home
from schemas.contract import tidy
from schemas.measures import PlanFile, PlanFileError, plan_file
from schemas.planning import CHEAPEST_CUTS, CHEAPEST_MEASURES, CHEAPEST_PLANS
from standards.standard import Standard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.plan_solver import Effort

PLANNING_FILE = "planning.toml"
"""The home's own file of prices and bounds: the plans that are made at every refresh."""
_PER_PART = 8
"""Counties that a process plans at a time."""
Tables = tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]
_Task = tuple[pl.DataFrame, Standard, pl.DataFrame, PlanFile, str, "Effort"]


def _part(task: _Task) -> Tables:
    from pipelines.planned import planned  # noqa: PLC0415

    schools, standard, facts, wishes, mode, effort = task
    found = planned(schools, standard, facts, plan=wishes, mode=mode, effort=effort)
    return found.plans, found.measures, found.cuts


def plan_counties(
    schools: pl.DataFrame,
    standard: Standard,
    facts: pl.DataFrame,
    *,
    wishes: PlanFile,
    mode: str,
    effort: Effort,
    workers: int = 1,
) -> Tables:
    """Plans, measures and cuts of every county of the returns, in the tables' order, whatever the number of workers."""
    tasks = list(_tasks(schools, standard, facts, wishes, mode, effort))
    if workers > 1 and len(tasks) > 1:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            parts = list(pool.map(_part, tasks))
    else:
        parts = [_part(task) for task in tasks]
    contracts = (CHEAPEST_PLANS, CHEAPEST_MEASURES, CHEAPEST_CUTS)
    plans, measures, cuts = (
        tidy(pl.concat([contract.empty(), *(part[number] for part in parts)]), contract)
        for number, contract in enumerate(contracts)
    )
    return plans, measures, cuts


def _tasks(
    schools: pl.DataFrame, standard: Standard, facts: pl.DataFrame, wishes: PlanFile, mode: str, effort: Effort
) -> Iterator[_Task]:
    counties = schools["county_code"].unique().sort().to_list()
    for first in range(0, len(counties), _PER_PART):
        some = counties[first : first + _PER_PART]
        mine = pl.col("county_code").is_in(some)
        yield schools.filter(mine), standard, facts.filter(mine), wishes, mode, effort


def home_wishes(root: Path) -> PlanFile | None:
    """What a home asks for at every refresh; None without such a file. Raises PlanFileError."""
    path = root / PLANNING_FILE
    return plan_file(path) if path.exists() else None


def asked_plans(store: Home, year: int) -> Tables:
    """The plans of a school year that the home asks for; empty tables where it asks for none.

    Where it names no county, those are planned that do not meet the standard. No clock ends a search here, so that the
    same returns give the same bytes.
    """
    from pipelines.plan_solver import Effort  # noqa: PLC0415
    from pipelines.planned import is_plannable  # noqa: PLC0415
    from pipelines.what_if import outcome  # noqa: PLC0415

    wishes = home_wishes(store.root)
    found = [(CHEAPEST_PLANS.empty(), CHEAPEST_MEASURES.empty(), CHEAPEST_CUTS.empty())]
    if wishes is None or year not in wishes.school_years:
        return found[0]
    facts = store.read("county_facts", [year])
    for name in wishes.standards:
        standard = store.standards.get(name)
        if standard is None or not is_plannable(standard):
            raise PlanFileError(
                f"{PLANNING_FILE}：standards：标准“{name}”没有，或不能规划 / no such standard to plan for"
            )
        schools = store.read("schools", [year]).filter(pl.col("source").is_in(standard.applies_to))
        if wishes.counties:
            schools = schools.filter(pl.col("county_code").is_in(wishes.counties))
        else:
            verdicts = outcome(schools, standard, facts).resource_verdicts
            open_ = verdicts.filter((pl.col("stage") == "all") & (pl.col("verdict") == "not_met"))
            schools = schools.join(open_, on=["source", "county_code"], how="semi", maintain_order="left")
        if schools.height:
            effort = Effort(seconds=math.inf)
            found.append(plan_counties(schools, standard, facts, wishes=wishes, mode=wishes.mode, effort=effort))
    contracts = (CHEAPEST_PLANS, CHEAPEST_MEASURES, CHEAPEST_CUTS)
    plans, measures, cuts = (
        tidy(pl.concat(tables[number] for tables in found), contract) for number, contract in enumerate(contracts)
    )
    return plans, measures, cuts
