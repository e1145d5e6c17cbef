"""How near a verdict is: the least whole number of books, teachers, pupils of one school that turns it round."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipelines.dispersion import COUNTY, EQUAL
from pipelines.figures import ratio
from pipelines.indicators import is_shared
from schemas.contract import tidy
from schemas.tables import UNITS
from schemas.why import LEAST_CHANGES
from standards.standard import Standard

_STAGE = [*COUNTY, "stage"]
_CELL = [*_STAGE, "indicator"]
_UNIT = ["school_year", "source", "unit_id"]
_AROUND = (-1, 0, 1, 2)
"""Whole numbers looked at beside a root, against the rounding of the root itself."""


def least_changes(units: pl.DataFrame, values: pl.DataFrame, spread: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    """Of the changes of one school that turn a decided verdict round, the one of fewest natural units.

    One row per county, stage, indicator and kind (the resource, the pupils) where any whole change turns the coefficient
    over its limit or back. Where the mean of a stage's coefficients is limited, one indicator's resource is changed and
    the mean is judged; pupils, who would change all of them, are not. Nothing is said while a unit has no value.
    """
    if standard.dispersion.rule == "none":
        return LEAST_CHANGES.empty()
    found = unit_changes(units, values, spread, standard)
    least = found.with_columns(__size__=pl.col("change").abs()).sort(*_CELL, "change_of", "__size__", "unit_id")
    return tidy(least.unique([*_CELL, "change_of"], keep="first", maintain_order=True), LEAST_CHANGES)


def unit_changes(units: pl.DataFrame, values: pl.DataFrame, spread: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    """The least change of every single unit that turns its county's verdict round, by kind; those that have any.

    With c = 1 + L², L the coefficient at which the limit is met exactly: the resource k more of unit i turns where
    (N/Pᵢ − c)·(k/R)² + 2·(rᵢN/(RPᵢ) − c)·(k/R) + CV² − L² = 0, N = ΣP, R = Σr; for pupils the same equation holds with
    Pᵢ + k for Pᵢ. Whole numbers beside the roots are tried, and count where the coefficient computed anew has crossed.
    """
    targets = _targets(spread.filter(pl.col("standard") == standard.id), standard)
    own = values.filter((pl.col("standard") == standard.id) & pl.col("value").is_not_null())
    rows = own.join(targets, on=_CELL, how="inner", validate="m:1", maintain_order="left")
    shares = units.filter(pl.col("standard") == standard.id).select(
        *_UNIT,
        __share__=ratio(pl.col("share_numerator").cast(pl.Float64), pl.col("share_denominator").cast(pl.Float64)),
    )
    rows = rows.join(_kinds(standard), on=["stage", "indicator"], how="inner", validate="m:1", maintain_order="left")
    rows = rows.join(shares, on=_UNIT, how="left", validate="m:1", maintain_order="left").with_columns(
        __share__=pl.when("__is_shared__").then("__share__").otherwise(1.0)
    )
    weight, share = pl.col("denominator"), pl.col("__share__")
    rows = rows.sort(*_CELL, "unit_id").with_columns(
        __n__=weight.sum().over(_CELL), __r__=pl.col("numerator").sum().over(_CELL)
    )
    is_split = pl.col("__is_shared__") & (share != 1)
    resource = _turning(rows, _resource_roots(), "resource")
    pupils = _turning(
        rows.filter(pl.col("__is_per_pupil__") & ~is_split & (pl.col("judged") != "composite")),
        _pupil_roots(),
        "pupils",
    )
    return pl.concat([resource, pupils])


def _targets(spread: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    """Of every decided coefficient: its mean, SD and CV, and the CV at which what is judged meets its limit exactly."""
    whole = spread.filter((pl.col("units") == pl.col("units_reporting")) & (pl.col("cv") > 0) & (pl.col("mean") > 0))
    judged = spread.filter(pl.col("limit").is_not_null() & pl.col("status").is_in(["met", "not_met"]))
    if standard.dispersion.rule == "mean":
        # The mean of the coefficients meets its limit where this one is as much less or more, times their number.
        held = judged.filter((pl.col("indicator") == "composite") & (pl.col("units") == pl.col("units_reporting")))
        held = held.select(*_STAGE, "limit", "status", pl.col("cv").alias("__judged__"))
        rows = whole.filter(pl.col("indicator") != "composite").join(
            held, on=_STAGE, how="inner", validate="m:1", maintain_order="left", suffix="_judged"
        )
        rows = rows.with_columns(
            limit=pl.col("limit_judged"), status=pl.col("status_judged"), judged=pl.lit("composite")
        ).with_columns(__parts__=pl.lit(float(len(standard.indicators))))
    else:
        rows = whole.join(judged.select(_CELL), on=_CELL, how="semi", maintain_order="left").with_columns(
            judged=pl.col("indicator"), __judged__=pl.col("cv"), __parts__=pl.lit(1.0)
        )
    target = pl.col("cv") + pl.col("__parts__") * (pl.col("limit") - pl.col("__judged__"))
    return rows.select(
        *_CELL,
        pl.col("mean").alias("__mean__"),
        pl.col("sd").alias("__sd__"),
        pl.col("cv").alias("__cv__"),
        "limit",
        pl.col("status").alias("status_before"),
        "judged",
        "__judged__",
        "__parts__",
        target.alias("__target__"),
    ).filter(pl.col("__target__") >= 0)


def _kinds(standard: Standard) -> pl.DataFrame:
    """What each indicator counts, and whether it is split and per pupil; findings are not counted."""
    kinds = {column.name: column.unit for column in UNITS.columns}
    rows = [
        (stage, indicator.id, counted[0], is_shared(indicator, stage), indicator.is_per_pupil)
        for stage in standard.scope.stages
        for indicator in standard.indicators
        if indicator.is_quantity
        if len(counted := sorted({kinds.get(field, "") for field in indicator.added(stage)})) == 1 and counted[0]
    ]
    schema = {"stage": pl.String, "indicator": pl.String, "counted_in": pl.String}
    return pl.DataFrame(
        rows, schema=schema | dict.fromkeys(("__is_shared__", "__is_per_pupil__"), pl.Boolean), orient="row"
    )


def _quadratic(a: pl.Expr, b: pl.Expr, c: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """The two roots without cancellation; null where there are none."""
    turn = b**2 - 4 * a * c
    half = -(b + pl.when(b < 0).then(-1.0).otherwise(1.0) * pl.when(turn >= 0).then(turn).sqrt()) / 2
    return ratio(half, a), ratio(c, half)


def _resource_roots() -> Sequence[pl.Expr]:
    """How much more of the whole school's resource makes the coefficient the target."""
    n, r, share = pl.col("__n__"), pl.col("__r__"), pl.col("__share__")
    bound = 1 + pl.col("__target__") ** 2
    often, part = n / pl.col("denominator"), pl.col("numerator") / r
    a, b = often - bound, 2 * (part * often - bound)
    roots = _quadratic(a, b, pl.col("__cv__") ** 2 - pl.col("__target__") ** 2)
    return [ratio(root * r, share) for root in roots]


def _pupil_roots() -> Sequence[pl.Expr]:
    """How many more pupils of the unit make the coefficient the target."""
    n, weight = pl.col("__n__"), pl.col("denominator")
    part = (pl.col("numerator") / pl.col("__r__")) ** 2
    bound = 1 + pl.col("__target__") ** 2
    others = (1 + pl.col("__cv__") ** 2) / n - part / weight
    roots = _quadratic(others, others * (n - weight) + part - bound, part * (n - weight))
    return [root - weight for root in roots]


def _turning(rows: pl.DataFrame, roots: Sequence[pl.Expr], kind: str) -> pl.DataFrame:
    """The least whole change of each row that turns the verdict; rows without any are left out."""
    is_resource = kind == "resource"
    rows = rows.with_columns(root.alias(f"__root_{i}__") for i, root in enumerate(roots))
    rows = rows.with_columns(change=pl.lit(None, pl.Float64), __after__=pl.lit(None, pl.Float64))
    for i in range(len(roots)):
        for beside in _AROUND:
            tried = pl.col(f"__root_{i}__").floor() + beside
            more = tried * pl.col("__share__") if is_resource else tried
            numerator = pl.col("numerator") + more if is_resource else pl.col("numerator")
            weight = pl.col("denominator") if is_resource else pl.col("denominator") + more
            cv = _cv_after(numerator, weight)
            is_over = pl.col("__judged__") + ratio(cv - pl.col("__cv__"), pl.col("__parts__")) > pl.col("limit") + EQUAL
            is_turned = is_over != (pl.col("status_before") == "not_met")
            is_possible = (numerator >= 0) if is_resource else (weight >= 1)
            is_nearer = pl.col("change").is_null() | (tried.abs() < pl.col("change").abs())
            is_best = (is_turned & is_possible & is_nearer & (tried != 0)).fill_null(value=False)
            rows = rows.with_columns(
                change=pl.when(is_best).then(tried).otherwise("change"),
                __after__=pl.when(is_best).then(cv).otherwise("__after__"),
            )
    found = rows.filter(pl.col("change").is_not_null())
    more = pl.col("change") * pl.col("__share__")
    times = ratio(pl.col("value") * pl.col("denominator"), pl.col("numerator"))
    numerator = pl.col("numerator") + more if is_resource else pl.col("numerator")
    weight = pl.col("denominator") if is_resource else pl.col("denominator") + pl.col("change")
    # Of a unit that has nothing yet, how often a value counts is read from the county's mean.
    times = times.fill_null(pl.col("__mean__") * pl.col("__n__") / pl.col("__r__"))
    return found.with_columns(
        change_of=pl.lit(kind),
        change=pl.col("change").cast(pl.Int64),
        counted_in=pl.col("counted_in") if is_resource else pl.lit("people"),
        value_before=pl.col("value"),
        value=times * numerator / weight,
        cv_before=pl.col("__judged__"),
        cv=pl.col("__judged__") + ratio(pl.col("__after__") - pl.col("__cv__"), pl.col("__parts__")),
        status=pl.when(pl.col("status_before") == "met").then(pl.lit("not_met")).otherwise(pl.lit("met")),
    )


def _cv_after(numerator: pl.Expr, weight: pl.Expr) -> pl.Expr:
    """The coefficient with one unit's resource and weight as given, from moments around the mean as reported."""
    times = pl.col("__mean__") * pl.col("__n__") / pl.col("__r__")
    before = pl.col("value") - pl.col("__mean__")
    after = times * numerator / weight - pl.col("__mean__")
    total = pl.col("__n__") + weight - pl.col("denominator")
    first = (weight * after - pl.col("denominator") * before) / total
    second = (pl.col("__n__") * pl.col("__sd__") ** 2 + weight * after**2 - pl.col("denominator") * before**2) / total
    return ratio((second - first**2).clip(lower_bound=0).sqrt(), pl.col("__mean__") + first)
