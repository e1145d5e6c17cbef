"""Plans and pledges (规划与承诺): how much is done, whether in time, and whether what is stated can be so."""

from __future__ import annotations

import polars as pl

from pipelines.figures import ratio, scaled
from pipelines.stated import rounds_to
from schemas.contract import tidy
from schemas.judgement import PLANS

_PLAN = ["source", "county_code", "plan", "zone"]
_LASTING = ("unit", "first_year", "target_year", "base", "planned")
"""What holds for the whole plan, until a later figure replaces it."""


def plans(reports: pl.DataFrame, year: int) -> pl.DataFrame:
    """Planned, done and share of every plan and zone, by the last figures up to a school year.

    Of several reports of a plan's year the newest up to `year` holds. share = done / planned. share_due is the share
    of the plan's years, first and target year included, that have passed with the year of the figures. A plan is
    `done` where all is done; `overdue` where its target year is past and not all is done; `on_course` where its share
    is at least share_due, else `behind`; `undetermined` where it is not known how much was planned or done, or by
    when. That a plan goes on evenly is inferred: no published text says when one is on course.

    What the county states is recomputed, of `base` where it gives one, else of what was planned: `base_not_stated`
    where it gives neither; `share_disagrees` where the recomputed share does not round to the stated one;
    `done_fell`: less is done than in an earlier year; `over_planned`: more than planned. The first of these is said.
    """
    known = (
        reports.filter((pl.col("school_year") <= year) & (pl.col("period") <= year))
        .sort("school_year", maintain_order=True)
        .unique([*_PLAN, "period"], keep="last", maintain_order=True)
        .sort(*_PLAN, "period", maintain_order=True)
    )
    known = known.with_columns(pl.col(name).forward_fill().over(_PLAN) for name in _LASTING).with_columns(
        pl.max("period").over(_PLAN).alias("__newest__"),
        pl.col("period").filter(pl.col("done").is_not_null()).max().over(_PLAN).alias("__figures__"),
        (pl.col("done") < pl.col("done").cum_max().over(_PLAN)).alias("__fell__"),
    )
    pledges = known.group_by(_PLAN, maintain_order=True).agg(
        pl.col("promised").count().cast(pl.Int64).alias("years_promised"),
        (pl.col("delivered") >= pl.col("promised")).sum().cast(pl.Int64).alias("years_delivered"),
        *(pl.col(name).last().alias(f"__{name}__") for name in _LASTING),
    )
    last = known.filter(pl.col("period") == pl.coalesce("__figures__", "__newest__")).drop(_LASTING)
    rows = last.join(pledges, on=_PLAN, how="left", validate="1:1", maintain_order="left").rename(
        {f"__{name}__": name for name in _LASTING}
    )
    return tidy(_judged(rows, year), PLANS)


def _judged(rows: pl.DataFrame, year: int) -> pl.DataFrame:
    """Shares, course and what is wrong, compared by whole numbers."""
    planned, done, base = (scaled(name) for name in ("planned", "done", "base"))
    all_years = pl.col("target_year") - pl.col("first_year") + 1
    passed = (pl.col("period") - pl.col("first_year") + 1).clip(0, all_years)
    has_plan = (planned > 0) & done.is_not_null()
    course = (
        pl.when(~has_plan.fill_null(value=False))
        .then(pl.lit("undetermined"))
        .when(done >= planned)
        .then(pl.lit("done"))
        .when(pl.col("target_year") < year)
        .then(pl.lit("overdue"))
        .when((all_years > 0).not_().fill_null(value=True))
        .then(pl.lit("undetermined"))
        .when(done * all_years >= planned * passed)
        .then(pl.lit("on_course"))
        .otherwise(pl.lit("behind"))
    )
    of = pl.coalesce(base, planned)
    is_stated = pl.col("stated_share").is_not_null()
    finding = (
        pl.when(is_stated & of.is_null())
        .then(pl.lit("base_not_stated"))
        .when(is_stated & (of > 0) & ~rounds_to(done * 100, of, "stated_share"))
        .then(pl.lit("share_disagrees"))
        .when(pl.col("__fell__"))
        .then(pl.lit("done_fell"))
        .when(done > planned)
        .then(pl.lit("over_planned"))
    )
    return rows.with_columns(
        school_year=pl.lit(year, pl.Int32),
        share=ratio(done.cast(pl.Float64), planned.cast(pl.Float64)),
        share_due=ratio(passed.cast(pl.Float64), all_years.cast(pl.Float64)),
        course=course,
        finding=finding,
        stated_share=pl.col("stated_share").cast(pl.Float64) / 100,
    )
