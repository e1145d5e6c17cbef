"""A value off the years before by the factor of a slip: of the decimal point, 元 for 万元, 亩 for m²."""

from __future__ import annotations

import polars as pl

from pipelines.integrity.years import WHERE, WHO, in_wholes, past, within
from schemas.integrity_rules import IntegrityRules


def unit_slips(schools: pl.DataFrame, rules: IntegrityRules) -> pl.DataFrame:
    """One row per school, column and factor: the value by the median of its years before lies near the factor.

    Or near its inverse. The years before are those of `years_before` in which it was reported and not 0, at least
    `least_years`, and agree with each other within `steady`. Where the school's own pupils moved by more than
    `pupils_within` since the median of those years, nothing is asked.
    """
    rule = rules.unit_slip
    years = range(1, rules.years_before + 1)
    pupils = pl.concat_list([pl.col(past("pupils", back)) for back in years]).list.median()
    parts = []
    for name, figure in rules.columns.items():
        values = pl.concat_list(
            [pl.when(pl.col(past(name, back)) > 0).then(pl.col(past(name, back))) for back in years]
        ).list.drop_nulls()
        reference, value = pl.col("reference"), pl.col(name)
        rows = (
            schools.filter(value > 0)
            .with_columns(values.alias("__years__"))
            .filter(pl.col("__years__").list.len() >= rule.least_years)
            .filter(pl.col("__years__").list.max() <= pl.col("__years__").list.min() * rule.steady)
            .with_columns(reference=pl.col("__years__").list.median())
            .filter(pl.max_horizontal(value, reference) >= in_wholes(figure, rule.from_whole))
            .filter(within(pl.col("pupils"), pupils, rule.pupils_within))
        )
        for factor in dict.fromkeys((*rule.every, *figure.slips)):
            is_near = within(value, reference * factor, rule.near) | within(value * factor, reference, rule.near)
            parts.append(
                rows.filter(is_near).select(
                    *WHO,
                    "reference",
                    *WHERE,
                    kind=pl.lit("unit_slip"),
                    figure=pl.lit(name),
                    factor=pl.lit(float(factor)),
                    value=value,
                    value_before=pl.col(past(name, 1)),
                    ratio=value / reference,
                    examined=pl.col("__years__").list.len().cast(pl.Int64),
                    value_year=pl.col("school_year"),
                    first_year=pl.col("school_year") - _furthest(name, rules.years_before),
                )
            )
    return pl.concat(parts)


def _furthest(name: str, years_before: int) -> pl.Expr:
    """How many years ago the value was first reported, within so many."""
    return pl.coalesce(
        pl.when(pl.col(past(name, back)) > 0).then(pl.lit(back, pl.Int32)) for back in range(years_before, 0, -1)
    )
