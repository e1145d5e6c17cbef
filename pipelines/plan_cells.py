"""What a plan has to do, from a county's units: of every unit and indicator what it has and lacks, by whole numbers."""

from __future__ import annotations

import polars as pl

from pipelines.dispersion import COUNTY
from pipelines.figures import SCALE
from pipelines.indicators import measured
from pipelines.subjects import exempt
from schemas.county import COUNTY_FACTS
from standards.standard import Indicator, Standard, in_force

PLACE = (*COUNTY,)


def plan_cells(units: pl.DataFrame, standard: Standard, facts: pl.DataFrame | None = None) -> pl.DataFrame:
    """One row per unit that counts and indicator: what the school has, the unit's share, what lacks, the limit.

    `base` is the school's resource, `share` the unit's part of it, `weight` what it is divided by (pupils), `value`
    the indicator. `need_norm` and `need_floor` are what the school's resource lacks for the unit's norm and floor, in
    ten-thousandths of the field's unit, at most 0 where they are reached, null without a norm. `can_grow` is false
    where more of it does not help: a value that must be at most its norm, or a figure that is not per pupil.
    """
    facts = COUNTY_FACTS.empty() if facts is None else facts
    counted = units.filter((pl.col("standing") == "counted") & (pl.col("standard") == standard.id))
    eased = [relaxation for relaxation in standard.relaxations if relaxation.indicator]
    counted = exempt(counted, facts, standard, eased)
    parts = [
        _of(counted.filter(pl.col("stage") == stage), indicator, stage, standard, facts)
        for stage in standard.scope.stages
        for indicator in standard.indicators
    ]
    order = {indicator.id: position for position, indicator in enumerate(standard.indicators)}
    return (
        pl.concat(parts)
        .with_columns(pl.col("indicator").replace_strict(order, return_dtype=pl.Int64).alias("position"))
        .sort(*PLACE, "stage", "unit_id", "position")
    )


def _of(units: pl.DataFrame, indicator: Indicator, stage: str, standard: Standard, facts: pl.DataFrame) -> pl.DataFrame:
    found = measured(units, indicator, stage, standard, facts)
    own, whole = pl.col("__share_numerator__"), pl.col("__share_denominator__")
    divided = (pl.col("denominator") * SCALE).round().cast(pl.Int128)
    # value ≥ norm ⇔ (resource + lacking) · own · times · SCALE² ≥ norm · divided · whole
    step = own * indicator.times * (SCALE * SCALE)
    rule = standard.school_rule
    # As for the verdict: a floor is 0 where the rule sets none.
    bounds = {"need_norm": pl.col("__norm__"), "need_floor": pl.col("__floor__")}

    def lacking(bound: pl.Expr) -> pl.Expr:
        asked = bound * divided * whole
        return pl.when(step > 0).then(((asked + step - 1) // step - pl.col("__resource__")).cast(pl.Int64))

    can_grow = indicator.must_be == "at_least" and indicator.is_quantity and indicator.is_per_pupil
    limits = pl.DataFrame(
        [
            (year, float(limit))
            for year in found["school_year"].unique().sort().to_list()
            if standard.dispersion.rule == "each"
            and (limit := in_force(standard.dispersion.limits, year, stage)) is not None
        ],
        schema={"school_year": pl.Int32, "limit": pl.Float64},
        orient="row",
    )
    return found.join(limits, on="school_year", how="left", validate="m:1", maintain_order="left").select(
        *PLACE,
        pl.lit(stage).alias("stage"),
        "unit_id",
        "school_id",
        "school_name",
        pl.lit(indicator.id).alias("indicator"),
        (pl.col("__resource__").cast(pl.Float64) / SCALE).alias("base"),
        (own.cast(pl.Float64) / whole.cast(pl.Float64)).alias("share"),
        pl.col("denominator").alias("weight"),
        "value",
        "norm",
        *(lacking(bound).alias(name) for name, bound in bounds.items()),
        pl.col("__at_norm__").alias("is_at_norm"),
        "is_at_floor",
        "asserted",
        "limit" if indicator.is_quantity else pl.lit(None, pl.Float64).alias("limit"),
        pl.lit(can_grow).alias("can_grow"),
        pl.lit(bool(rule) and bool(indicator.norms)).alias("is_asked"),
    )
