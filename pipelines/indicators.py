"""Units into indicators: what a unit has per pupil, and whether that meets the norm."""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from pipelines.figures import SCALE, at_least, bound_scaled, ratio, scaled, scaled_total
from schemas.contract import tidy
from schemas.tables import UNIT_INDICATORS, shared_fields
from standards.standard import Indicator, Standard, in_force


def unit_indicators(units: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    """Resource per pupil (or class) of every unit that counts: one row per unit, indicator and school year.

    value = numerator × times / denominator, the numerator being the unit's share of what its school shares. Not
    reported is null, and so is what is divided by nothing. The norm, and its floor under the standard's school rule,
    are compared by whole numbers: numerator × scale ≥ norm × pupils.
    """
    counted = units.filter((pl.col("standing") == "counted") & (pl.col("standard") == standard.id))
    parts = [
        _one(counted.filter(pl.col("stage") == stage), indicator, stage, standard)
        for stage in standard.scope.stages
        for indicator in standard.indicators
    ]
    return tidy(pl.concat(parts), UNIT_INDICATORS)


def _one(units: pl.DataFrame, indicator: Indicator, stage: str, standard: Standard) -> pl.DataFrame:
    """One indicator of the units of one stage."""
    plus = indicator.added(stage)
    is_shared = bool(set(plus) & set(shared_fields()))
    years = units["school_year"].unique().sort().to_list()
    norms = _norms(indicator, stage, standard, years)
    share_numerator = pl.col("share_numerator") if is_shared else pl.lit(1)
    share_denominator = pl.col("share_denominator") if is_shared else pl.lit(1)
    whole = units.join(norms, on="school_year", how="left", validate="m:1", maintain_order="left").with_columns(
        __resource__=scaled_total(plus, indicator.minus),
        __share_numerator__=share_numerator.cast(pl.Int128),
        __share_denominator__=share_denominator.cast(pl.Int128),
        denominator=scaled(indicator.denominator),
    )
    numerator = ratio(
        (pl.col("__resource__") * pl.col("__share_numerator__")).cast(pl.Float64),
        pl.col("__share_denominator__").cast(pl.Float64) * SCALE,
    )
    exact_numerator = pl.col("__resource__") * pl.col("__share_numerator__") * indicator.times
    exact_denominator = pl.col("denominator") * pl.col("__share_denominator__")
    has_value = (exact_denominator > 0) & exact_numerator.is_not_null()
    measured = whole.with_columns(
        numerator=numerator,
        __at_norm__=pl.when(has_value).then(at_least(exact_numerator, exact_denominator, pl.col("__norm__"))),
        is_at_floor=pl.when(has_value).then(at_least(exact_numerator, exact_denominator, pl.col("__floor__"))),
        denominator=pl.col("denominator").cast(pl.Float64) / SCALE,
    ).with_columns(value=ratio(pl.col("numerator") * indicator.times, pl.col("denominator")))
    return measured.with_columns(
        indicator=pl.lit(indicator.id),
        unit=pl.lit(indicator.unit),
        status=pl.when(pl.col("norm").is_null())
        .then(pl.lit("no_norm"))
        .when(pl.col("__at_norm__").is_null())
        .then(pl.lit("undetermined"))
        .when("__at_norm__")
        .then(pl.lit("met"))
        .otherwise(pl.lit("not_met")),
        reason=pl.when(pl.col("value").is_not_null())
        .then(pl.lit(None, pl.String))
        .when(pl.col("pupils").is_null())
        .then(pl.lit("pupils_not_reported"))
        .when(pl.col("__resource__").is_null() | pl.col("denominator").is_null())
        .then(pl.lit("not_reported"))
        .when(pl.col("__share_denominator__").is_null())
        .then(pl.lit("split_unknown"))
        .otherwise(pl.lit("divided_by_zero")),
    )


def _norms(indicator: Indicator, stage: str, standard: Standard, years: list[int]) -> pl.DataFrame:
    """Norm and floor of each school year, as numbers to show and as whole numbers to compare with."""
    rows = []
    for year in years:
        norm = in_force(indicator.norms, year, stage)
        floor: Decimal | None = None
        if norm is not None and standard.school_rule:
            floor = norm * standard.school_rule.floor_share
        rows.append(
            {
                "school_year": year,
                "norm": None if norm is None else float(norm),
                "floor": None if floor is None else float(floor),
                "__norm__": None if norm is None else bound_scaled(norm),
                "__floor__": None if floor is None else bound_scaled(floor),
            }
        )
    schema = {
        "school_year": pl.Int32,
        "norm": pl.Float64,
        "floor": pl.Float64,
        "__norm__": pl.Int128,
        "__floor__": pl.Int128,
    }
    return pl.DataFrame(rows, schema=schema)
