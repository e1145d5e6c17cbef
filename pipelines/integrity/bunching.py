"""Units of a county that stand just above a norm, more than the spread of its other units lets expect."""

from __future__ import annotations

import math
from collections.abc import Iterable

import polars as pl

from pipelines.integrity.binomial import with_chance
from schemas.integrity_rules import IntegrityRules
from standards.standard import Standard

_COUNTY = ["school_year", "source", "province_code", "county_code", "county_name"]
_CELL = [*_COUNTY, "standard", "stage", "indicator"]
_QUARTILE = math.log(3)
"""The upper quartile of a logistic distribution stands ln 3 scales above its median."""


def bunched(values: pl.DataFrame, standards: Iterable[Standard], year: int, rules: IntegrityRules) -> pl.DataFrame:
    """One row per county, standard, stage and indicator with too many units just above the norm.

    z = value / norm; in the band are units with 1 ≤ z < 1 + `band`. How many would be there is read from the county's
    own units: ln z is taken as logistic with the median of all units and the quartiles of those outside the band, so
    that the units in the band do not explain themselves; `expected` is their number times F(1 + band) − F(1). `chance`
    is the exact tail of the binomial distribution, at most that of the rules divided by the number of tests of the
    county and year. A jump is wanted as well: `times_below` as many units in the band as in the equally wide one below
    the norm. Norms are those of the standards, each unit's its own; `reference` is their median. A norm that is a most
    is left out: classes are cut where they reach it.
    """
    rule = rules.bunching
    asked = pl.DataFrame(
        [
            (standard.id, indicator.id)
            for standard in standards
            for indicator in standard.indicators
            if indicator.is_quantity and indicator.must_be == "at_least"
        ],
        schema={"standard": pl.String, "indicator": pl.String},
        orient="row",
    )
    known = values.filter((pl.col("school_year") == year) & (pl.col("value") > 0) & (pl.col("norm") > 0)).join(
        asked, on=["standard", "indicator"], how="semi", maintain_order="left"
    )
    is_in = (pl.col("__z__") >= 1) & (pl.col("__z__") < 1 + rule.band)
    is_below = (pl.col("__z__") < 1) & (pl.col("__z__") >= 1 - rule.band)
    outside = pl.col("__z__").log().filter(~is_in)
    cells = (
        known.with_columns((pl.col("value") / pl.col("norm")).alias("__z__"))
        .group_by(_CELL, maintain_order=True)
        .agg(
            pl.len().cast(pl.Int64).alias("examined"),
            is_in.sum().cast(pl.Int64).alias("found"),
            is_below.sum().cast(pl.Int64).alias("__below__"),
            pl.col("__z__").log().median().alias("__middle__"),
            (outside.quantile(0.75, "linear") - outside.quantile(0.25, "linear")).alias("__range__"),
            pl.col("norm").median().alias("reference"),
            pl.col("unit").first(),
        )
        .filter(pl.col("examined") >= rule.least_units)
    )
    scale = (pl.col("__range__") / (2 * _QUARTILE)).clip(lower_bound=1e-6)

    def below(bound: float) -> pl.Expr:
        return 1 / (1 + ((pl.col("__middle__") - math.log(bound)) / scale).exp())

    cells = cells.with_columns(
        __tests__=pl.len().over("source", "county_code"), __share__=below(1 + rule.band) - below(1.0)
    ).with_columns(expected=pl.col("examined") * pl.col("__share__"))
    many = cells.filter(
        (pl.col("found") >= rule.least_found)
        & (pl.col("found") >= pl.col("__below__") * rule.times_below)
        & (pl.col("found") > pl.col("expected"))
    )
    return (
        with_chance(many, "found", "examined", "__share__")
        .filter(pl.col("chance") * pl.col("__tests__") <= rule.chance)
        .with_columns(
            kind=pl.lit("bunching"),
            subject=pl.lit("county"),
            figure=pl.col("indicator"),
            ratio=pl.col("found") / pl.col("expected"),
            value_year=pl.col("school_year"),
            first_year=pl.col("school_year"),
        )
        .drop("__below__", "__middle__", "__range__", "__tests__", "__share__", "indicator")
    )
