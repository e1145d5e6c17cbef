"""A value far from both its neighbours in time, which agree with each other."""

from __future__ import annotations

import polars as pl

from pipelines.integrity.years import WHERE, WHO, in_wholes, past, within
from schemas.integrity_rules import IntegrityRules


def spikes(schools: pl.DataFrame, rules: IntegrityRules) -> pl.DataFrame:
    """One row per school and column whose value of the year before is `times` that of its neighbours, or so far below.

    The neighbours are the years before and after it, reported, not 0, and within `steady` of each other. The pupils
    of the three years are known to be above 0 or not known at all, and lie within `pupils_within` of each other.
    `ratio` is the value by the geometric mean of its neighbours; a value of 0 has a ratio of 0.
    """
    rule = rules.spike
    parts = []
    pupils = [pl.col(past("pupils", back)) for back in range(3)]
    is_same_size = (
        within(pupils[1], pupils[0], rule.pupils_within)
        & within(pupils[1], pupils[2], rule.pupils_within)
        & pl.all_horizontal((count > 0).fill_null(value=True) for count in pupils)
    )
    alike = schools.filter(is_same_size)
    for name, figure in rules.columns.items():
        after, value, before = (pl.col(past(name, back)) for back in range(3))
        low, high = pl.min_horizontal(before, after), pl.max_horizontal(before, after)
        is_apart = (value >= high * rule.times) | (value * rule.times <= low)
        is_known = before.is_not_null() & value.is_not_null() & after.is_not_null()
        rows = alike.filter(
            is_known
            & (low > 0)
            & (high <= low * rule.steady)
            & is_apart
            & (pl.max_horizontal(value, high) >= in_wholes(figure, rule.from_whole))
        )
        parts.append(
            rows.select(
                *WHO,
                *(pl.col(past(place, 1)).alias(place) for place in WHERE),
                kind=pl.lit("spike"),
                figure=pl.lit(name),
                value=value,
                value_before=before,
                value_after=after,
                reference=(before * after).sqrt(),
                ratio=value / (before * after).sqrt(),
                examined=pl.lit(3, pl.Int64),
                value_year=pl.col("school_year") - 1,
                first_year=pl.col("school_year") - 2,
            )
        )
    return pl.concat(parts)
