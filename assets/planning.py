"""Many counties planned on several processes: each county is a problem of its own, so the parts give what the whole would."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING

import polars as pl

from schemas.contract import tidy
from schemas.measures import PlanFile
from schemas.planning import CHEAPEST_CUTS, CHEAPEST_MEASURES, CHEAPEST_PLANS
from standards.standard import Standard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.plan_solver import Effort

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
