"""How sure a verdict is: the coefficient by other formulas and over other schools, none of them official."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import polars as pl

from pipelines.dispersion import COUNTY, EQUAL, county_dispersion
from pipelines.figures import ratio
from pipelines.indicators import is_shared, unit_indicators
from pipelines.subjects import PRIVATE
from pipelines.units import under_scope
from schemas.contract import tidy
from schemas.why import CV_PLACES, VERDICT_ROBUSTNESS
from standards.standard import Scope, Standard

_STAGE = [*COUNTY, "stage"]
_CELL = [*_STAGE, "indicator"]
_KEPT = [*_CELL, "units_reporting", "mean", "cv"]


def verdict_robustness(
    units: pl.DataFrame, values: pl.DataFrame, spread: pl.DataFrame, facts: pl.DataFrame, standard: Standard
) -> pl.DataFrame:
    """The coefficient of every county, stage and indicator by each variant beside the official one.

    Of standards that limit coefficients, or their mean; of others there is no verdict to be sure of.

    unweighted: each unit counts once, population SD around the mean of the values. sample_sd: the same with n − 1.
    around_pooled_mean: each unit counts once, around Σ r / Σ P. unsplit: an integrated school's shared resources by all
    its pupils, the same value in every stage. without_private, with_private, without_teaching_points,
    with_teaching_points: over the units that would count then. A variant that changes nothing of a county's units has
    no row there. A variant that changes the formula alone is open where a unit has no value; one that changes the units
    is judged within bounds like the official coefficient.
    """
    if standard.dispersion.rule == "none":
        return VERDICT_ROBUSTNESS.empty()
    mine = pl.col("standard") == standard.id
    units, values = units.filter(mine), values.filter(mine)
    official = spread.filter(mine & pl.col("cv").is_not_null())
    limits = official.select(*_CELL, "limit", pl.col("status").alias("__official__"))
    variants = [
        official.select(*_KEPT, "status", variant=pl.lit("official")),
        *(_judged(rows, official) for rows in _by_formula(units, values, official, standard)),
        _unsplit(units, values, standard),
        *_over_others(units, facts, standard),
    ]
    rows = pl.concat([part.select(*_KEPT, "status", "variant") for part in variants]).filter(pl.col("cv").is_not_null())
    rows = rows.join(limits, on=_CELL, how="inner", validate="m:1", maintain_order="left")
    cv, limit, status = pl.col("cv"), pl.col("limit"), pl.col("status")
    decided = ["met", "not_met"]
    is_decided = status.is_in(decided) & pl.col("__official__").is_in(decided)
    is_hidden = (status == "not_met") & (cv.round(CV_PLACES) <= limit + EQUAL)
    rows = rows.with_columns(
        margin=limit - cv,
        is_turned=pl.when(is_decided).then(status != pl.col("__official__")),
        is_hidden_by_rounding=is_hidden.fill_null(value=False),
    )
    return tidy(rows, VERDICT_ROBUSTNESS)


def _judged(rows: pl.DataFrame, official: pl.DataFrame) -> pl.DataFrame:
    """The rows of a formula against the limit; open where a unit has no value."""
    known = official.select(*_CELL, "limit", is_whole=pl.col("units") == pl.col("units_reporting"))
    held = rows.join(known, on=_CELL, how="inner", validate="1:1", maintain_order="left")
    status = (
        pl.when(pl.col("limit").is_null())
        .then(pl.lit("no_limit"))
        .when(~pl.col("is_whole"))
        .then(pl.lit("undetermined"))
        .when(pl.col("cv") <= pl.col("limit") + EQUAL)
        .then(pl.lit("met"))
        .otherwise(pl.lit("not_met"))
    )
    return held.with_columns(status=status)


def _by_formula(
    units: pl.DataFrame, values: pl.DataFrame, official: pl.DataFrame, standard: Standard
) -> Iterator[pl.DataFrame]:
    """The coefficients in which each unit counts once, with the composite of each formula."""
    even = county_dispersion(units, values.with_columns(denominator=pl.lit(1.0)), standard)
    even = even.filter(pl.col("indicator") != "composite").drop("cv")
    pooled = official.select(*_CELL, pl.col("mean").alias("__pooled__"))
    even = even.join(pooled, on=_CELL, how="left", validate="1:1", maintain_order="left")
    n, sd, mean, centre = pl.col("units_reporting"), pl.col("sd"), pl.col("mean"), pl.col("__pooled__")
    for name, spread, around in (
        ("unweighted", sd, mean),
        ("sample_sd", sd * ratio(n.cast(pl.Float64), (n - 1).cast(pl.Float64)).sqrt(), mean),
        ("around_pooled_mean", (sd**2 + (mean - centre) ** 2).sqrt(), centre),
    ):
        cells = even.with_columns(cv=ratio(spread, around), mean=around).select(_KEPT)
        composite = cells.group_by(_STAGE, maintain_order=True).agg(
            pl.lit("composite").alias("indicator"),
            pl.col("units_reporting").min(),
            pl.lit(None, pl.Float64).alias("mean"),
            pl.when(pl.col("cv").null_count() == 0).then(pl.col("cv").mean()).alias("cv"),
        )
        yield pl.concat([cells, composite.select(_KEPT)]).with_columns(variant=pl.lit(name))


def _unsplit(units: pl.DataFrame, values: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    """The coefficients of the stages that hold integrated schools, their shared resources by all their pupils."""
    school = ["school_year", "source", "school_id"]
    senior = ratio(
        (pl.col("share_denominator") - pl.col("share_numerator").sum().over(school)).cast(pl.Float64),
        pl.lit(float(standard.split.hundredths("senior"))),
    )
    whole = pl.col("pupils").sum().over(school) + senior
    widened = units.with_columns(
        __factor__=ratio(
            pl.col("share_denominator").cast(pl.Float64) * pl.col("pupils"), pl.col("share_numerator") * whole
        )
    ).filter((pl.col("share_denominator") != pl.col("share_numerator")) & pl.col("__factor__").is_not_null())
    shared = [
        (stage, indicator.id)
        for stage in standard.scope.stages
        for indicator in standard.indicators
        if indicator.is_per_pupil and is_shared(indicator, stage)
    ]
    named = pl.DataFrame(shared, schema={"stage": pl.String, "indicator": pl.String}, orient="row")
    unit = ["school_year", "source", "unit_id"]
    counted = widened.filter(pl.col("standing") == "counted")
    places = counted.select(_STAGE).unique(maintain_order=True)
    here = values.join(places, on=_STAGE, how="semi", maintain_order="left")
    changed = (
        here.join(
            named.with_columns(__shared__=True), on=named.columns, how="left", validate="m:1", maintain_order="left"
        )
        .join(counted.select(*unit, "__factor__"), on=unit, how="left", validate="m:1", maintain_order="left")
        .with_columns(
            value=pl.when(pl.col("__shared__"))
            .then(pl.col("value") * pl.col("__factor__").fill_null(1.0))
            .otherwise("value")
        )
    )
    found = county_dispersion(
        units.join(places, on=_STAGE, how="semi", maintain_order="left"), changed.select(values.columns), standard
    )
    both = pl.concat(
        [named, named.select("stage").unique(maintain_order=True).with_columns(indicator=pl.lit("composite"))]
    )
    return found.join(both, on=both.columns, how="semi", maintain_order="left").with_columns(variant=pl.lit("unsplit"))


def _over_others(units: pl.DataFrame, facts: pl.DataFrame, standard: Standard) -> Iterator[pl.DataFrame]:
    """The coefficients over other units, in the counties and stages where others would count."""
    for name, scope in _scopes(standard.scope):
        altered = msgspec.structs.replace(standard, scope=scope)
        others = under_scope(units, altered)
        is_other = (others["standing"] == "counted") != (units["standing"] == "counted")
        places = units.filter(is_other).select(_STAGE).unique(maintain_order=True)
        there = others.join(places, on=_STAGE, how="semi", maintain_order="left")
        found = county_dispersion(there, unit_indicators(there, altered, facts), altered)
        yield found.with_columns(variant=pl.lit(name))


def _scopes(scope: Scope) -> Iterator[tuple[str, Scope]]:
    """The scope with and without private schools, and with and without teaching points, but for what it is already."""
    left_out = scope.leave_out_operators
    if PRIVATE in left_out:
        yield (
            "with_private",
            msgspec.structs.replace(scope, leave_out_operators=tuple(o for o in left_out if o != PRIVATE)),
        )
    else:
        yield "without_private", msgspec.structs.replace(scope, leave_out_operators=(*left_out, PRIVATE))
    yield (
        "with_teaching_points",
        msgspec.structs.replace(scope, teaching_points="own_unit", teaching_point_pupils=0),
    )
    if scope.teaching_points != "out":
        yield "without_teaching_points", msgspec.structs.replace(scope, teaching_points="out")
