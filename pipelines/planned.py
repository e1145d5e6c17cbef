"""Counties planned, and the plan held against the pipeline: what it adds is added to the returns, and all is made anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from pipelines.cheapest import LEVEL_UP, cheapest
from pipelines.perverse import cheapest_cuts
from pipelines.plan_cells import plan_cells
from pipelines.plan_solver import Effort
from pipelines.what_if import Outcome, applied, outcome
from schemas.contract import tidy
from schemas.measures import PlanFile, measures_of
from schemas.planning import CHEAPEST_PLANS
from standards.standard import Standard

_COUNTY = ["school_year", "source", "county_code"]


@dataclass(frozen=True)
class Planned:
    """Plans, what they add, the arithmetic to be warned of, and the resource part before and after."""

    plans: pl.DataFrame
    measures: pl.DataFrame
    cuts: pl.DataFrame
    before: Outcome
    after: Outcome


def is_plannable(standard: Standard) -> bool:
    """Whether a plan can be made: each coefficient has a limit or none has; a limit on their mean is no cone."""
    return bool(standard.indicators) and standard.dispersion.rule != "mean" and _asks(standard)


def _asks(standard: Standard) -> bool:
    return standard.dispersion.rule == "each" or standard.school_rule is not None


def planned(
    schools: pl.DataFrame,
    standard: Standard,
    facts: pl.DataFrame | None = None,
    *,
    plan: PlanFile | None = None,
    mode: str = LEVEL_UP,
    effort: Effort | None = None,
    each: Callable[[str], None] | None = None,
) -> Planned:
    """The cheapest plan of every county of the returns, with the verdict that the pipeline itself gives it."""
    before = outcome(schools, standard, facts)
    plans, measures = cheapest(before.units, standard, facts, plan=plan, mode=mode, effort=effort, each=each)
    known = {measure.id: measure for measure in measures_of(plan or PlanFile())}
    after = outcome(applied(schools, measures, known), standard, facts) if measures.height else before
    plans = plans.drop("verdict_before", "verdict_after")
    for name, found in (("verdict_before", before), ("verdict_after", after)):
        verdicts = found.resource_verdicts.filter(pl.col("stage") == "all")
        plans = plans.join(
            verdicts.select(*_COUNTY, pl.col("verdict").alias(name)),
            on=_COUNTY,
            how="left",
            validate="1:1",
            maintain_order="left",
        )
    is_made = pl.col("status").is_in(["planned", "nothing_to_do"])
    plans = plans.with_columns(pl.when(is_made).then("verdict_after").alias("verdict_after"))
    cuts = cheapest_cuts(plan_cells(before.units, standard, facts), standard)
    return Planned(tidy(plans, CHEAPEST_PLANS), measures, cuts, before, after)
