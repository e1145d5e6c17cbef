"""How long the cheapest way to a standard takes for a nation's counties, and how sure the plans are.

The counties are those of the demo again and again, every school with other pupils and resources, so that no two are
alike. Prints what was planned, how near to the bound, and what the pipeline says of it.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import polars as pl

from assets.home import Home, default_home
from assets.planning import plan_counties
from pipelines.plan_solver import Effort
from schemas.measures import PlanFile
from schemas.tables import school_fields, shared_fields

_SPREAD = 0.25
"""By how much, in logarithms, a school's resources differ from those of the school it is made from."""


def nation(schools: pl.DataFrame, counties: int) -> pl.DataFrame:
    """So many counties, drawn from the given ones, with resources that differ by school."""
    given = schools["county_code"].unique().sort().to_list()
    draw = np.random.default_rng(0)
    codes = pl.DataFrame(
        {
            "county_code": [given[number % len(given)] for number in range(counties)],
            "__new__": [f"69{number:04d}" for number in range(counties)],
        }
    )
    rows = schools.join(codes, on="county_code", how="inner", maintain_order="right_left")
    rows = rows.with_columns(county_code=pl.col("__new__"), school_id=pl.col("__new__") + "-" + pl.col("school_id"))
    types = {entry["column"]: entry["type"] for entry in school_fields()}
    more = {}
    for name in shared_fields():
        factor = pl.Series(draw.lognormal(0.0, _SPREAD, rows.height))
        grown = rows[name].cast(pl.Float64) * factor
        more[name] = (grown.round() if types[name] == "count" else grown.round(2)).cast(rows.schema[name])
    rows = rows.with_columns(**more)
    # A hall is part of the teaching area: with less of it there is none.
    return rows.with_columns(
        indoor_sports_area_m2=pl.min_horizontal("indoor_sports_area_m2", "teaching_auxiliary_area_m2")
    ).drop("__new__")


def main() -> None:
    """The benchmark, printed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--counties", type=int, default=3000)
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--home", type=Path, default=default_home() / "demo")
    options.add_argument("--mode", default="level_up")
    options.add_argument("--seconds", type=float, default=30.0)
    asked = options.parse_args()
    store = Home(asked.home).published()
    years = store.years()
    if not years:
        raise SystemExit(f"{asked.home}: no tables; run make demo first")
    standard = store.standards["cn-quality-2017"]
    schools = store.read("schools", [years[-1]]).filter(pl.col("source").is_in(standard.applies_to))
    rows = nation(schools, asked.counties)
    facts = store.read("county_facts", [years[-1]]).clear()
    started = time.perf_counter()
    plans, measures, _ = plan_counties(
        rows,
        standard,
        facts,
        wishes=PlanFile(),
        mode=asked.mode,
        effort=Effort(seconds=asked.seconds),
        workers=asked.workers,
    )
    passed = time.perf_counter() - started
    made = plans.filter(pl.col("status") == "planned")
    print(f"{plans.height:,} counties, {rows.height:,} schools, {asked.workers} processes: {passed:,.0f} s")
    for status, count in plans.group_by("status").len().sort("status").iter_rows():
        print(f"  {status}: {count:,}")
    for verdict, count in made.group_by("verdict_after").len().sort("verdict_after").iter_rows():
        print(f"  planned, and the pipeline then says {verdict}: {count:,}")
    gaps = made["gap"]
    print(f"  beyond the gap of 1 %: {made.filter(~pl.col('is_within_gap')).height:,}")
    print(f"  gap: median {_percent(gaps.median())}, 95 % {_percent(gaps.quantile(0.95))}, most {_percent(gaps.max())}")
    print(f"  measures: {measures.height:,}")


def _percent(share: object) -> str:
    return "—" if share is None else f"{100 * float(str(share)):.3f} %"


if __name__ == "__main__":
    main()
