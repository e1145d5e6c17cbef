"""Does each unit meet the school rule, and does the county meet the standard: met, not met, or undetermined."""

from __future__ import annotations

import polars as pl

from pipelines.dispersion import COUNTY
from schemas.contract import tidy
from schemas.tables import RESOURCE_VERDICTS, SCHOOL_VERDICTS
from standards.standard import Standard


def school_verdicts(unit_indicators: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    """Does each unit have at least `at_norm` indicators at the norm and the others at the floor.

    One row per unit; none where the standard has no school rule. Not met where an indicator is known to be below its
    floor or more are below the norm than may be; met only where nothing that is missing could change it.
    """
    rule = standard.school_rule
    if rule is None:
        return SCHOOL_VERDICTS.empty()
    status = pl.col("status")
    counted = unit_indicators.group_by([*COUNTY, "stage", "unit_id", "school_name"], maintain_order=True).agg(
        pl.col("pupils").first(),
        pl.len().cast(pl.Int64).alias("indicators"),
        (status == "met").sum().cast(pl.Int64).alias("indicators_met"),
        (status == "not_met").sum().cast(pl.Int64).alias("indicators_not_met"),
        (status == "undetermined").sum().cast(pl.Int64).alias("indicators_undetermined"),
        (~pl.col("is_at_floor")).sum().cast(pl.Int64).alias("indicators_below_floor"),
        pl.col("indicator").filter(status == "not_met").str.join(" | ").replace("", None).alias("below_norm"),
        pl.col("indicator")
        .filter(pl.col("value").is_null() & pl.col("asserted").is_null())
        .str.join(" | ")
        .replace("", None)
        .alias("not_reported"),
    )
    asked = rule.of or len(standard.indicators)
    is_below, too_many = pl.col("indicators_below_floor") > 0, pl.col("indicators_not_met") > asked - rule.at_norm
    # An item that the source does not give may be met or not; so may one that is undetermined.
    unlisted = pl.lit(asked - len(standard.indicators))
    unknown = pl.col("indicators_undetermined") + unlisted
    reason = (
        pl.when(is_below)
        .then(pl.lit("below_floor"))
        .when(too_many)
        .then(pl.lit("too_many_below"))
        .when((unknown > 0) & (unlisted > 0))
        .then(pl.lit("items_not_in_source"))
        .when(unknown > 0)
        .then(pl.lit("not_reported"))
    )
    verdict = (
        pl.when(is_below | too_many)
        .then(pl.lit("not_met"))
        .when(pl.col("__settled__"))
        .then(pl.lit("met"))
        .otherwise(pl.lit("undetermined"))
    )
    # Where the rest may fail wholly, what is unknown cannot fail a unit that has enough at the norm.
    has_floor = pl.lit(rule.floor_share > 0)
    settled = (unknown == 0) | (~has_floor & (pl.col("indicators_met") >= rule.at_norm))
    return tidy(
        counted.with_columns(__settled__=settled)
        .with_columns(status=verdict)
        .with_columns(reason=pl.when(pl.col("status") != "met").then(reason)),
        SCHOOL_VERDICTS,
    )


def combined(statuses: list[pl.Expr]) -> pl.Expr:
    """Of several parts that must all be met: not met if one is, else undetermined if one is, else met.

    A part without a limit says nothing; where no part has one, neither has the whole.
    """
    return (
        pl.when(pl.any_horizontal(status == "not_met" for status in statuses))
        .then(pl.lit("not_met"))
        .when(pl.any_horizontal(status == "undetermined" for status in statuses))
        .then(pl.lit("undetermined"))
        .when(pl.any_horizontal(status == "met" for status in statuses))
        .then(pl.lit("met"))
        .otherwise(pl.lit("no_limit"))
    )


def _over_group(column: str) -> pl.Expr:
    status = pl.col(column)
    return (
        pl.when((status == "not_met").any())
        .then(pl.lit("not_met"))
        .when((status == "undetermined").any())
        .then(pl.lit("undetermined"))
        .when((status == "met").any())
        .then(pl.lit("met"))
        .otherwise(pl.lit("no_limit"))
    )


def resource_verdicts(dispersion: pl.DataFrame, school_verdicts: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    """The verdict on the resource part of the standard, per county and stage, and for the county as stage `all`.

    Every limit must be kept and, where the standard has a school rule, every unit must meet it. Nothing missing ever
    passes: a stage of the standard without any unit leaves the county undetermined.
    """
    stage_key = [*COUNTY, "stage"]
    limits = (
        dispersion.filter(pl.col("standard") == standard.id)
        .group_by(stage_key, maintain_order=True)
        .agg(
            pl.col("units").max(),
            *(
                (pl.col("status") == status).sum().cast(pl.Int64).alias(name)
                for status, name in (
                    ("met", "limits_met"),
                    ("not_met", "limits_failed"),
                    ("undetermined", "limits_undetermined"),
                )
            ),
            _over_group("status").alias("dispersion"),
            pl.col("reason")
            .filter((pl.col("status") == "undetermined") & pl.col("cv").is_null())
            .first()
            .alias("__undefined__"),
        )
    )
    schools = (
        school_verdicts.filter(pl.col("standard") == standard.id)
        .group_by(stage_key, maintain_order=True)
        .agg(
            *(
                (pl.col("status") == status).sum().cast(pl.Int64).alias(name)
                for status, name in (
                    ("met", "units_meeting"),
                    ("not_met", "units_failing"),
                    ("undetermined", "units_undetermined"),
                )
            ),
            _over_group("status").alias("school_rule"),
        )
    )
    no_school = "undetermined" if standard.school_rule else "no_limit"
    stages = limits.join(schools, on=stage_key, how="left", validate="1:1", maintain_order="left").with_columns(
        pl.col("units_meeting", "units_failing", "units_undetermined").fill_null(0),
        pl.col("school_rule").fill_null(no_school),
    )
    stages = stages.with_columns(verdict=combined([pl.col("school_rule"), pl.col("dispersion")]))
    counts = [column for column in stages.columns if column.startswith(("units", "limits_"))]
    missing = pl.len() < len(standard.scope.stages)
    county = (
        stages.group_by(list(COUNTY), maintain_order=True)
        .agg(
            *(pl.col(count).sum() for count in counts),
            _over_group("dispersion").alias("dispersion"),
            _over_group("school_rule").alias("school_rule"),
            _over_group("verdict").alias("verdict"),
            missing.alias("__missing__"),
            pl.col("__undefined__").drop_nulls().first(),
        )
        .with_columns(
            stage=pl.lit("all"),
            verdict=pl.when(pl.col("__missing__") & (pl.col("verdict") == "met"))
            .then(pl.lit("undetermined"))
            .otherwise(pl.col("verdict")),
        )
    )
    rows = pl.concat([stages, county.select(*stages.columns, "__missing__")], how="diagonal").with_columns(
        reason=pl.when(pl.col("__missing__") & (pl.col("verdict") == "undetermined"))
        .then(pl.lit("stage_missing"))
        .when((pl.col("verdict") == "undetermined") & pl.col("__undefined__").is_not_null())
        .then(pl.col("__undefined__"))
        .when(pl.col("verdict") == "undetermined")
        .then(pl.lit("missing_units"))
        .when((pl.col("verdict") == "not_met") & (pl.col("units_failing") > 0) & (pl.col("limits_failed") > 0))
        .then(pl.lit("schools_and_limits"))
        .when((pl.col("verdict") == "not_met") & (pl.col("units_failing") > 0))
        .then(pl.lit("schools_below"))
        .when(pl.col("verdict") == "not_met")
        .then(pl.lit("over_limit"))
    )
    return tidy(rows, RESOURCE_VERDICTS)
