"""Round numbers: more multiples of a base among a county's values than even digits give."""

from __future__ import annotations

import polars as pl

from pipelines.integrity.binomial import with_chance
from pipelines.integrity.years import PLACE
from schemas.integrity_rules import IntegrityRules


def heaped(schools: pl.DataFrame, year: int, rules: IntegrityRules) -> pl.DataFrame:
    """One row per county, column and base whose multiples are too many among the values of its schools.

    A value is read in the column's whole units, rounded down; only those of at least the base's `from` count. Of even
    digits 1 / base are multiples. `ratio` is found by expected; for the base of 5 a hundred times that is Whipple's
    index. `chance` is the exact tail of the binomial distribution; it has to be at most that of the rules divided by
    the number of tests of the county and year. Of two bases the one with the least chance is said.
    """
    rule = rules.heaping
    now = schools.filter(pl.col("school_year") == year)
    parts = []
    for name, figure in rules.columns.items():
        wholes = (pl.col(name) / figure.whole).floor()
        for base in rule.bases:
            large = now.select(*PLACE, wholes.alias("__wholes__")).filter(pl.col("__wholes__") >= base.from_whole)
            parts.append(
                large.group_by(PLACE, maintain_order=True)
                .agg(
                    pl.len().cast(pl.Int64).alias("examined"),
                    (pl.col("__wholes__") % base.base == 0).sum().cast(pl.Int64).alias("found"),
                )
                .with_columns(figure=pl.lit(name), factor=pl.lit(float(base.base)), __share__=pl.lit(1 / base.base))
            )
    tests = pl.concat(parts).filter(pl.col("examined") >= rule.least_values)
    county = ["source", "county_code"]
    tests = tests.with_columns(
        expected=pl.col("examined") * pl.col("__share__"), __tests__=pl.len().over(county)
    ).with_columns(ratio=pl.col("found") / pl.col("expected"))
    many = tests.filter((pl.col("found") >= rule.least_found) & (pl.col("ratio") >= rule.times_expected))
    return (
        with_chance(many, "found", "examined", "__share__")
        .filter(pl.col("chance") * pl.col("__tests__") <= rule.chance)
        .sort("chance", "factor", descending=[False, True])
        .unique([*county, "figure"], keep="first", maintain_order=True)
        .with_columns(
            kind=pl.lit("heaping"),
            subject=pl.lit("county"),
            value_year=pl.col("school_year"),
            first_year=pl.col("school_year"),
        )
        .drop("__share__", "__tests__")
    )
