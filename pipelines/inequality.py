"""Between and within: how much of a county's or province's gap lies between groups, and other measures of it."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipelines.figures import ratio
from schemas.contract import tidy
from schemas.why import BETWEEN_WITHIN, GROUP_MEANS, INEQUALITY, PUPIL_GAPS, PUPIL_GROUPS
from standards.standard import Standard

_PLACE = ["school_year", "standard", "source", "province_code", "county_code", "county_name"]
_CELL = [*_PLACE, "level", "stage", "indicator", "unit"]
_UNIT = ["school_year", "source", "unit_id"]
UNKNOWN = "unknown"
"""The group of units whose own is not reported."""
_TWENTIETHS = {"low": 1, "median": 10, "high": 19}
"""The 5th percentile, the median and the 95th, in twentieths of the weight."""


def _measured(units: pl.DataFrame, values: pl.DataFrame, standard: Standard, *kept: str) -> pl.DataFrame:
    """The values of a standard's quantities, each with its weight and what else is asked of its unit."""
    mine = pl.col("standard") == standard.id
    quantities = [indicator.id for indicator in standard.indicators if indicator.is_quantity]
    own = values.filter(mine & pl.col("value").is_not_null() & pl.col("indicator").is_in(quantities))
    return own.join(
        units.filter(mine).select(*_UNIT, *kept), on=_UNIT, how="left", validate="m:1", maintain_order="left"
    ).with_columns(weight=pl.col("denominator"), level=pl.lit("county"))


def _of_province(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows as those of their province."""
    return rows.with_columns(level=pl.lit("province"), county_code=pl.lit(""), county_name=pl.lit(""))


def _theil(share: pl.Expr, relative: pl.Expr) -> pl.Expr:
    """The term of a unit or group in Theil's T: share × relative × ln(relative); 0 where it has nothing."""
    return pl.when(relative > 0).then(share * relative * relative.log()).when(relative == 0).then(pl.lit(0.0))


def _whole(terms: pl.Expr) -> pl.Expr:
    """The sum over a group; null where a term is not defined."""
    return pl.when(terms.null_count() == 0).then(terms.sum())


def inequality(units: pl.DataFrame, values: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    """Theil, Gini, McLoone and range ratio of every county and province, stage and indicator, beside the CV.

    With p = P/ΣP and y = x/X̄: T = Σ p·y·ln y; G = Σ p·y·(2F − p) − 1, F the weight up to and with the unit in order of
    x; McLoone = Σ over the units up to the median of P·x, by the median times their P; range ratio = (x₉₅ − x₅)/x₅, a
    percentile being the least value at which so much of the weight is reached. Null where X̄ = 0, or what is divided by.
    """
    rows = _measured(units, values, standard)
    rows = pl.concat([rows, _of_province(rows)]).sort(*_CELL, "value", "county_code", "unit_id")
    value, weight = pl.col("value"), pl.col("weight")
    rows = rows.with_columns(__total__=weight.sum().over(_CELL), __below__=weight.cum_sum().over(_CELL)).with_columns(
        mean=ratio((value * weight).sum().over(_CELL), pl.col("__total__"))
    )
    share, relative = pl.col("weight") / pl.col("__total__"), ratio(value, pl.col("mean"))
    reached = {
        name: value.filter(pl.col("__below__") * 20 >= pl.col("__total__") * twentieths).min()
        for name, twentieths in _TWENTIETHS.items()
    }
    found = rows.group_by(_CELL, maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("units_reporting"),
        pl.col("mean").first(),
        (share * (value - pl.col("mean")) ** 2).sum().sqrt().alias("__sd__"),
        _whole(_theil(share, relative)).alias("theil"),
        _whole(share * relative * (2 * pl.col("__below__") / pl.col("__total__") - share)).alias("__lorenz__"),
        *(found.alias(name) for name, found in reached.items()),
        weight.filter(value <= reached["median"]).sum().alias("__poor__"),
        (weight * value).filter(value <= reached["median"]).sum().alias("__theirs__"),
    )
    found = found.with_columns(
        cv=ratio(pl.col("__sd__"), pl.col("mean")),
        gini=(pl.col("__lorenz__") - 1).clip(lower_bound=0.0),
        mcloone=ratio(pl.col("__theirs__"), pl.col("median") * pl.col("__poor__")),
        range_ratio=ratio(pl.col("high") - pl.col("low"), pl.col("low")),
    )
    return tidy(found, INEQUALITY)


def _grouped(units: pl.DataFrame, values: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    """Every unit once for each grouping, with its group: in its county by area and type, in its province by county and area."""
    rows = _measured(units, values, standard, "school_type_code")
    province = _of_province(rows.with_columns(__county__=pl.col("county_code")))
    parts: Sequence[tuple[pl.DataFrame, str, str]] = (
        (rows, "area", "area"),
        (rows, "school_type", "school_type_code"),
        (province, "county", "__county__"),
        (province, "area", "area"),
    )
    kept = [*_CELL, "unit_id", "value", "weight"]
    return pl.concat(
        part.select(*kept, grouping=pl.lit(grouping), group=pl.col(column).fill_null(UNKNOWN))
        for part, grouping, column in parts
    ).sort(*_CELL, "grouping", "group", "unit_id")


def _groups(units: pl.DataFrame, values: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    """Every group of a cell that has at least two: its weight, mean, variance and Theil index, and the cell's own."""
    cell = [*_CELL, "grouping"]
    of_group = [*cell, "group"]
    rows = _grouped(units, values, standard)
    rows = rows.filter(pl.col("group").n_unique().over(cell) > 1)
    value, weight = pl.col("value"), pl.col("weight")
    rows = rows.with_columns(__total__=weight.sum().over(cell), __weight__=weight.sum().over(of_group)).with_columns(
        __mean__=ratio((value * weight).sum().over(cell), pl.col("__total__")),
        mean=ratio((value * weight).sum().over(of_group), pl.col("__weight__")),
    )
    share, inside = weight / pl.col("__total__"), weight / pl.col("__weight__")
    within = _theil(inside, ratio(value, pl.col("mean")))
    return rows.group_by(of_group, maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("units_reporting"),
        pl.col("mean", "__mean__", "__weight__", "__total__").first(),
        (inside * (value - pl.col("mean")) ** 2).sum().alias("__variance__"),
        pl.when(pl.col("mean").first() == 0).then(0.0).otherwise(_whole(within)).alias("__theil__"),
        (share * (value - pl.col("__mean__")) ** 2).sum().alias("__of_all__"),
        _whole(_theil(share, ratio(value, pl.col("__mean__")))).alias("__theil_of_all__"),
    )


def between_within(units: pl.DataFrame, values: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    """CV² and Theil's T of every county and province split between and within groups, where there are two or more.

    With s = the group's share of the weight, m its mean: CV² = Σ s·(m − X̄)²/X̄² + Σ s·V/X̄², V the variance within the
    group; T = Σ s·(m/X̄)·ln(m/X̄) + Σ s·(m/X̄)·T within. Both identities are part of the contract.
    """
    groups = _groups(units, values, standard)
    share, mean = pl.col("__weight__") / pl.col("__total__"), pl.col("__mean__")
    relative = ratio(pl.col("mean"), mean)
    rows = groups.group_by([*_CELL, "grouping"], maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("groups"),
        ratio(pl.col("__of_all__").sum(), mean.first() ** 2).alias("cv_squared"),
        _whole(share * (relative - 1) ** 2).alias("cv_squared_between"),
        ratio((share * pl.col("__variance__")).sum(), mean.first() ** 2).alias("cv_squared_within"),
        _whole(pl.col("__theil_of_all__")).alias("theil"),
        _whole(_theil(share, relative)).alias("theil_between"),
        _whole(share * relative * pl.col("__theil__")).alias("theil_within"),
    )
    rows = rows.with_columns(between_share=ratio(pl.col("cv_squared_between"), pl.col("cv_squared")))
    return tidy(rows, BETWEEN_WITHIN)


def group_means(units: pl.DataFrame, values: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    """The mean of each group of `between_within`, its share of the weight, and the coefficient within it."""
    groups = _groups(units, values, standard).with_columns(
        weight_share=pl.col("__weight__") / pl.col("__total__"),
        cv=ratio(pl.col("__variance__").sqrt(), pl.col("mean")),
    )
    return tidy(groups, GROUP_MEANS)


def pupil_gaps(units: pl.DataFrame, values: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    """What the schools of migrant, left-behind and boarding pupils have per pupil, and those of all other pupils.

    A school's value is taken for each of its pupils; that of the group is Σ g·x / Σ g, that of the others
    Σ (P − g)·x / Σ (P − g), over the units that report the value, their pupils and the group. So it is no measure of
    what a pupil gets, but of which schools pupils go to. No row where nobody is of the group, or everybody.
    """
    rows = _measured(units, values, standard, *PUPIL_GROUPS)
    cell = [*_PLACE, "stage", "indicator", "unit"]
    parts = []
    for name in PUPIL_GROUPS:
        known = rows.filter(pl.col(name).is_not_null() & pl.col("pupils").is_not_null()).sort(*cell, "unit_id")
        group, others = pl.col(name), pl.col("pupils") - pl.col(name)
        parts.append(
            known.group_by(cell, maintain_order=True)
            .agg(
                pl.lit(name).alias("pupil_group"),
                pl.len().cast(pl.Int64).alias("units_reporting"),
                group.sum().alias("pupils_of_group"),
                pl.col("pupils").sum().alias("__pupils__"),
                ratio((group * pl.col("value")).sum(), group.sum()).alias("mean_of_group"),
                ratio((others * pl.col("value")).sum(), others.sum()).alias("mean_of_others"),
            )
            .with_columns(
                group_share=ratio(pl.col("pupils_of_group").cast(pl.Float64), pl.col("__pupils__").cast(pl.Float64)),
                gap=pl.col("mean_of_group") - pl.col("mean_of_others"),
            )
            .filter(pl.col("gap").is_not_null())
        )
    return tidy(pl.concat(parts), PUPIL_GAPS)
