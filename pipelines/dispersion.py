"""Indicators into difference coefficients (差异系数): how far apart a county's schools are."""

from __future__ import annotations

import polars as pl

from pipelines.bounds import MISSING, status_within_bounds, with_bounds
from pipelines.figures import known_total, ratio
from schemas.contract import tidy
from schemas.tables import COUNTY_DISPERSION, VARIANCE_SHARES
from standards.standard import Standard, in_force

COUNTY = ("school_year", "standard", "source", "province_code", "county_code", "county_name")
CELL = (*COUNTY, "stage", "indicator", "unit")
UNIT_COLUMNS = (*COUNTY, "stage", "unit_id")
"""What of the table `units` is needed here: which counties have which units."""
EQUAL = 1e-12
"""A CV this near to its limit counts as equal to it."""


def county_dispersion(units: pl.DataFrame, unit_indicators: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    """Enrolment-weighted CV of every county, stage and indicator, and the mean of a stage's CVs as `composite`.

    X̄ = Σ r / Σ P, S = √(Σ (P/ΣP)·(x − X̄)²), CV = S / X̄, over the units with a value; for an indicator divided by
    classes the classes are the weight. Null, with its reason, where no unit has a value or X̄ = 0; 0 where the county
    has a single unit. `cv_low` and `cv_high` bound what it can be while units are missing: the status is undetermined
    where the limit lies between them, or nothing bounds it. `units` gives the county's units, so that a county none of
    whose units counts is there, with its reason.
    """
    cells = _cells(units, unit_indicators, standard)
    rows = pl.concat([cells, _composites(cells)]).with_columns(
        pl.when(pl.col("unit") != "1").then(pl.col("mean")).alias("mean")
    )
    limits = _limits(standard, rows)
    rows = rows.join(
        limits, on=["school_year", "stage", "indicator"], how="left", validate="m:1", maintain_order="left"
    ).with_columns(margin=pl.col("limit") - pl.col("cv"))
    status = status_within_bounds(pl.col("limit"), EQUAL)
    rows = rows.with_columns(status=status)
    settled = {"met": "bounds_within_limit", "not_met": "bounds_over_limit"}
    by_bounds = pl.col("status").replace_strict(settled, default=None, return_dtype=pl.String)
    is_partial = pl.col("reason") == "missing_units"
    reason = pl.when(is_partial).then(pl.coalesce(by_bounds, "reason")).otherwise("reason")
    return tidy(rows.with_columns(reason=reason), COUNTY_DISPERSION)


def _weighted(unit_indicators: pl.DataFrame) -> pl.DataFrame:
    """The units with a value, each with its weight's share, its county's mean and its squared distance from it."""
    weight = pl.col("denominator")
    return (
        unit_indicators.filter(pl.col("value").is_not_null())
        .sort(*CELL, "unit_id")
        .with_columns(__weight__=weight.sum().over(CELL))
        .with_columns(
            weight_share=ratio(weight, pl.col("__weight__")),
            mean=ratio((pl.col("value") * weight).sum().over(CELL), pl.col("__weight__")),
        )
        .with_columns(__spread__=pl.col("weight_share") * (pl.col("value") - pl.col("mean")) ** 2)
    )


def _cells(units: pl.DataFrame, unit_indicators: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    """Mean, SD and CV of every county, stage and indicator for which the county has a unit, counted or not."""
    indicators = pl.DataFrame(
        [(indicator.id, indicator.unit, indicator.is_quantity) for indicator in standard.indicators],
        schema={"indicator": pl.String, "unit": pl.String, "__is_quantity__": pl.Boolean},
        orient="row",
    )
    places = units.filter(pl.col("standard") == standard.id).select(*COUNTY, "stage").unique(maintain_order=True)
    counted = unit_indicators.group_by(CELL, maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("units"),
        pl.col("value").count().cast(pl.Int64).alias("units_reporting"),
        known_total("pupils").alias("pupils"),
        *MISSING,
    )
    spread = (
        _weighted(unit_indicators)
        .group_by(CELL, maintain_order=True)
        .agg(pl.col("mean").first(), pl.col("__spread__").sum().sqrt().alias("sd"))
    )
    keys = list(CELL)
    cells = (
        places.join(indicators, how="cross", maintain_order="left")
        .join(counted, on=keys, how="left", validate="1:1", maintain_order="left")
        .join(spread, on=keys, how="left", validate="1:1", maintain_order="left")
        .with_columns(
            pl.col("units", "units_reporting").fill_null(0), pl.when("__is_quantity__").then(pl.col("sd")).alias("sd")
        )
    )
    alone = pl.col("units_reporting") == 1
    cells = cells.with_columns(sd=pl.when(alone & pl.col("__is_quantity__")).then(pl.lit(0.0)).otherwise(pl.col("sd")))
    cells = cells.with_columns(
        cv=ratio(pl.col("sd"), pl.col("mean")),
        reason=pl.when(pl.col("units") == 0)
        .then(pl.lit("no_unit_in_scope"))
        .when(~pl.col("__is_quantity__"))
        .then(pl.lit("not_a_quantity"))
        .when(pl.col("units_reporting") == 0)
        .then(pl.lit("not_reported"))
        .when(pl.col("mean") == 0)
        .then(pl.lit("mean_is_zero"))
        .when(pl.col("units_reporting") < pl.col("units"))
        .then(pl.lit("missing_units"))
        .when(pl.col("units") == 1)
        .then(pl.lit("single_school")),
    ).drop("__is_quantity__")
    return with_bounds(cells, standard)


def _composites(cells: pl.DataFrame) -> pl.DataFrame:
    """The plain mean of a stage's unrounded CVs; null where any of them is."""
    worst = ("no_unit_in_scope", "not_a_quantity", "not_reported", "mean_is_zero", "missing_units", "single_school")
    reason = pl.coalesce(pl.when((pl.col("reason") == why).any()).then(pl.lit(why)) for why in worst)
    return (
        cells.group_by([*COUNTY, "stage"], maintain_order=True)
        .agg(
            pl.col("units").max(),
            pl.col("units_reporting").min(),
            pl.col("pupils").max(),
            pl.when(pl.col("cv").null_count() == 0).then(pl.col("cv").mean()).alias("cv"),
            *(
                pl.when(pl.col(bound).null_count() == 0).then(pl.col(bound).mean()).alias(bound)
                for bound in ("cv_low", "cv_high")
            ),
            reason.alias("reason"),
        )
        .with_columns(
            indicator=pl.lit("composite"),
            unit=pl.lit("1"),
            mean=pl.lit(None, pl.Float64),
            sd=pl.lit(None, pl.Float64),
        )
        .select(cells.columns)
    )


def _limits(standard: Standard, rows: pl.DataFrame) -> pl.DataFrame:
    """The limit of every school year, stage and indicator of the rows, as the standard's rule applies it."""
    cells = rows.select("school_year", "stage", "indicator").unique(maintain_order=True)
    bound = {"mean": ["composite"], "each": [i.id for i in standard.indicators], "none": []}[standard.dispersion.rule]
    limits = [
        (year, stage, indicator, float(limit))
        for year, stage, indicator in cells.iter_rows()
        if indicator in bound and (limit := in_force(standard.dispersion.limits, year, stage)) is not None
    ]
    return pl.DataFrame(
        limits,
        schema={"school_year": pl.Int32, "stage": pl.String, "indicator": pl.String, "limit": pl.Float64},
        orient="row",
    )


def variance_shares(unit_indicators: pl.DataFrame) -> pl.DataFrame:
    """Each unit's share of its county's weighted variance, (P/ΣP)(x − X̄)²/S², and the CV with that unit left out.

    One row per unit with a value. The shares of a county, stage and indicator add up to 1; they are null where all
    values are equal. The CV without the unit is null where it is the only one.
    """
    weighted = _weighted(unit_indicators)
    share, value, mean = pl.col("weight_share"), pl.col("value"), pl.col("mean")
    rest = 1 - share
    rows = weighted.with_columns(__variance__=pl.col("__spread__").sum().over(CELL)).with_columns(
        variance_share=ratio(pl.col("__spread__"), pl.col("__variance__")),
        __mean_without__=ratio(mean - share * value, rest),
    )
    # Leaving out a unit of share s at distance d from the mean: the variance of the rest is (S² − s·d²/(1 − s)) / (1 − s).
    variance_without = ratio(pl.col("__variance__") - ratio(share * (value - mean) ** 2, rest), rest).clip(
        lower_bound=0
    )
    alone = pl.len().over(CELL) == 1
    rows = rows.with_columns(
        cv_without=pl.when(~alone).then(ratio(variance_without.sqrt(), pl.col("__mean_without__")))
    )
    return tidy(rows, VARIANCE_SHARES)
