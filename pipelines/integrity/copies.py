"""Figures that move each year in most schools and repeat the year before in this one."""

from __future__ import annotations

import polars as pl

from pipelines.integrity.years import WHERE, WHO, past
from schemas.integrity_rules import IntegrityRules

_PROVINCE = ["source", "province_code"]


def copies(schools: pl.DataFrame, rules: IntegrityRules) -> pl.DataFrame:
    """One row per school and group of columns all of whose comparable values repeat the year before.

    Comparable is what is reported in both years and at least `from` in one of them. How often a column repeats itself
    is the share of the province's schools with a comparable value in which it does, one school more that does; the
    product of the shares over the school's columns is `chance`, as if columns moved independently of each other, and
    has to be at most that of the rules.
    """
    rule = rules.copy
    parts = []
    for group, columns in rule.groups.items():
        compared = schools.select(
            *WHO,
            *WHERE,
            *(
                pl.when(pl.max_horizontal(name, past(name, 1)) >= rule.from_value)
                .then(pl.col(name) == pl.col(past(name, 1)))
                .alias(name)
                for name in columns
            ),
        )
        same, known = pl.col(columns), [pl.col(name).is_not_null() for name in columns]
        shares = [
            pl.when(pl.col(name).count().over(_PROVINCE) >= rule.least_schools)
            .then((pl.col(name).sum().over(_PROVINCE) + 1) / (pl.col(name).count().over(_PROVINCE) + 1))
            .otherwise(1.0)
            for name in columns
        ]
        logs = [
            pl.when(pl.col(name)).then(share.log()).otherwise(0.0) for name, share in zip(columns, shares, strict=True)
        ]
        rows = compared.with_columns(
            examined=pl.sum_horizontal(known).cast(pl.Int64),
            found=pl.sum_horizontal(same).cast(pl.Int64),
            expected=pl.sum_horizontal(
                pl.when(is_known).then(share).otherwise(0.0) for is_known, share in zip(known, shares, strict=True)
            ),
            chance=pl.sum_horizontal(logs).exp(),
        )
        parts.append(
            rows.filter(
                (pl.col("examined") >= rule.least_columns)
                & (pl.col("found") == pl.col("examined"))
                & (pl.col("chance") <= rule.chance)
            ).select(
                *WHO,
                *WHERE,
                "examined",
                "found",
                "expected",
                "chance",
                kind=pl.lit("copy"),
                figure=pl.lit(group),
                value_year=pl.col("school_year"),
                first_year=pl.col("school_year") - 1,
            )
        )
    return pl.concat(parts)
