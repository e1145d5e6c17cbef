"""A value off its years before, or its county, by the factor of a slip: of the decimal point, 元 for 万元, 亩 for m²."""

from __future__ import annotations

import polars as pl

from pipelines.integrity.years import WHERE, WHO, in_wholes, past, within
from schemas.integrity_rules import IntegrityRules

_SUBJECT = ["source", "school_id", "return_part", "figure"]


def unit_slips(schools: pl.DataFrame, rules: IntegrityRules) -> pl.DataFrame:
    """The slips beside a school's own years, and where these say nothing of a figure those beside its county."""
    of_years, of_county = slips_beside_years(schools, rules), slips_beside_county(schools, rules)
    others = of_county.join(of_years, on=_SUBJECT, how="anti", maintain_order="left")
    return pl.concat([of_years, others], how="diagonal")


def slips_beside_years(schools: pl.DataFrame, rules: IntegrityRules) -> pl.DataFrame:
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
                    basis=pl.lit("years"),
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


def slips_beside_county(schools: pl.DataFrame, rules: IntegrityRules) -> pl.DataFrame:
    """One row per school, column and factor of its unit: the value per pupil lies so far off that of the county's schools.

    `reference` is the median per pupil over the county's schools with pupils and a value above 0, at least
    `least_schools`, times the school's pupils. The value by it lies within `near_county` of the factor or its inverse.
    So a unit that is wrong in every year is seen too; a factor of 10 is not looked for, as schools differ by as much.
    """
    rule = rules.unit_slip
    county = ["source", "county_code"]
    parts = []
    for name, figure in rules.columns.items():
        value, reference = pl.col(name), pl.col("reference")
        per_pupil = pl.col(name) / pl.col("pupils")
        rows = (
            schools.filter((value > 0) & (pl.col("pupils") > 0))
            .with_columns(
                reference=per_pupil.median().over(county) * pl.col("pupils"),
                examined=pl.len().over(county).cast(pl.Int64),
            )
            .filter(pl.col("examined") >= rule.least_schools)
            .filter(pl.max_horizontal(value, reference) >= in_wholes(figure, rule.from_whole))
        )
        for factor in figure.slips:
            is_near = within(value, reference * factor, rule.near_county) | within(
                value * factor, reference, rule.near_county
            )
            parts.append(
                rows.filter(is_near).select(
                    *WHO,
                    "reference",
                    "examined",
                    *WHERE,
                    kind=pl.lit("unit_slip"),
                    basis=pl.lit("county"),
                    figure=pl.lit(name),
                    factor=pl.lit(float(factor)),
                    value=value,
                    value_before=pl.col(past(name, 1)),
                    ratio=value / reference,
                    value_year=pl.col("school_year"),
                    first_year=pl.col("school_year"),
                )
            )
    return pl.concat(parts)


def _furthest(name: str, years_before: int) -> pl.Expr:
    """How many years ago the value was first reported, within so many."""
    return pl.coalesce(
        pl.when(pl.col(past(name, back)) > 0).then(pl.lit(back, pl.Int32)) for back in range(years_before, 0, -1)
    )
