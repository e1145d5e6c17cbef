"""The lowest and highest difference coefficient that a county could have, whatever its missing returns may say.

With shares of the weight λ = M / (W + M), W that of the units with a value and M that of the missing ones, and values
in units of the reporting units' mean: CV² = (within + between) / mean², all of it sums of what cannot be negative.
docs/decisions/0018-coverage-bounds.md derives which points of λ and of the missing units' mean can be the extremes.
"""

from __future__ import annotations

import polars as pl

from pipelines.figures import ratio
from standards.standard import Standard

SLACK = 1e-12
"""How much CV² is widened on each side, in itself and as a share of it, against the rounding of floating point."""
MISSING = (
    pl.col("value").is_null().sum().cast(pl.Int64).alias("__missing__"),
    pl.col("denominator").filter(pl.col("value").is_not_null()).sum().alias("__weight__"),
    pl.col("denominator").filter(pl.col("value").is_null()).sum().alias("__silent_weight__"),
    (pl.col("value").is_null() & (pl.col("denominator").is_null() | (pl.col("denominator") == 0)))
    .sum()
    .cast(pl.Int64)
    .alias("__weightless__"),
)
"""Of a county, stage and indicator: units without a value, their weight as far as known, and how many have none."""
_INNER = (
    "__missing__",
    "__weight__",
    "__silent_weight__",
    "__weightless__",
    "__least__",
    "__most__",
    "__low__",
    "__high__",
)


def ranges(standard: Standard) -> pl.DataFrame:
    """What each indicator of a standard lets a missing unit have, and between which sizes its weight may lie."""
    size = standard.missing_pupils
    rows = [
        (
            indicator.id,
            None if indicator.missing is None else float(indicator.missing.low),
            None if indicator.missing is None or indicator.missing.high is None else float(indicator.missing.high),
            float(size.low) if size is not None and indicator.is_per_pupil else 0.0,
            float(size.high) if size is not None and size.high is not None and indicator.is_per_pupil else None,
        )
        for indicator in standard.indicators
    ]
    schema = {"indicator": pl.String} | dict.fromkeys(("__least__", "__most__", "__low__", "__high__"), pl.Float64)
    return pl.DataFrame(rows, schema=schema, orient="row")


def with_bounds(cells: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    """The cells of a county with `cv_low` and `cv_high`, null where nothing bounds them.

    Where nothing is missing both are the CV. `cells` hold `mean`, `cv` and the sums of MISSING. Bounds may be wider
    than what is possible, never narrower: for a single missing unit whose weight is known they are exact.
    """
    rows = cells.join(ranges(standard), on="indicator", how="left", validate="m:1", maintain_order="left")
    mean, squared = pl.col("mean"), pl.col("cv") ** 2
    silent, known = pl.col("__silent_weight__").fill_null(0.0), pl.col("__weight__")
    least, most = pl.col("__least__") / mean, pl.col("__most__") / mean
    fewest = silent + pl.col("__weightless__") * pl.col("__low__")
    # What has no greatest size may outweigh everything: its share of the weight may come as near to 1 as one likes.
    greatest = (
        pl.when(pl.col("__weightless__") == 0)
        .then(silent)
        .otherwise(silent + pl.col("__weightless__") * pl.col("__high__"))
    )
    share_low = ratio(fewest, known + fewest)
    share_high = ratio(greatest, known + greatest)
    is_open = (pl.col("__missing__") > 0) & (mean > 0) & pl.col("__least__").is_not_null()
    is_complete = pl.col("__missing__").fill_null(0) == 0
    low = lowest(squared, share_low, share_high.fill_null(1.0), least, most)
    high = highest(squared, share_low, share_high, least, most, pl.col("__missing__") == 1)
    return rows.with_columns(
        cv_low=pl.when(is_complete)
        .then("cv")
        .when(is_open)
        .then((low * (1 - SLACK) - SLACK).clip(lower_bound=0).sqrt()),
        cv_high=pl.when(is_complete).then("cv").when(is_open).then((high * (1 + SLACK) + SLACK).sqrt()),
    ).drop(_INNER)


def cv_squared(squared: pl.Expr, share: pl.Expr, at: pl.Expr, spread: pl.Expr) -> pl.Expr:
    """CV² where the missing units have this share of the weight, their mean lies at `at` and their variance is `spread`."""
    within = (1 - share) * squared + share * spread
    between = share * (1 - share) * (at - 1) ** 2
    return ratio(within + between, (1 + share * (at - 1)) ** 2)


def _turning_share(squared: pl.Expr, at: pl.Expr, second: pl.Expr) -> pl.Expr:
    """The share of the weight at which CV² turns while the missing units keep mean `at` and second moment `second`."""
    first = 1 + squared
    rise, slope = second - first, at - 1
    return ratio(rise - 2 * slope * first, rise * slope)


def _within(value: pl.Expr, low: pl.Expr, high: pl.Expr) -> pl.Expr:
    return pl.min_horizontal(pl.max_horizontal(value, low), high)


def lowest(squared: pl.Expr, share_low: pl.Expr, share_high: pl.Expr, least: pl.Expr, most: pl.Expr) -> pl.Expr:
    """The lowest CV²: all missing units at one value, as near as may be to the second moment over the mean."""
    at = _within(1 + squared, least, most)
    turning = _within(_turning_share(squared, at, at**2), share_low, share_high)
    return pl.min_horizontal(cv_squared(squared, share, at, pl.lit(0.0)) for share in (share_low, share_high, turning))


def highest(
    squared: pl.Expr, share_low: pl.Expr, share_high: pl.Expr, least: pl.Expr, most: pl.Expr, is_single: pl.Expr
) -> pl.Expr:
    """The highest CV²: every missing unit at an end of the range; null without a greatest value or weight.

    A single unit lies at one end. Several may be divided between both in any proportion, which is wider than what
    whole units allow.
    """
    none = pl.lit(0.0)
    found = []
    for end in (least, most):
        turning = pl.when(share_low < share_high).then(
            _within(_turning_share(squared, end, end**2), share_low, share_high)
        )
        found += [cv_squared(squared, share, end, none) for share in (share_low, share_high, turning)]
    first, both, product = 1 + squared, least + most, least * most

    def divided(share: pl.Expr, at: pl.Expr) -> pl.Expr:
        at = _within(at, least, most)
        return pl.when(~is_single).then(cv_squared(squared, share, at, (at - least) * (most - at)))

    for share in (share_low, share_high):
        # In the mean a = 1 + λ(m − 1), the second moment of such a division is c + (l + u)·a: CV² turns at −2c / (l + u).
        rest = (1 - share) * first - share * product - both * (1 - share)
        found.append(divided(share, ratio(ratio(-2 * rest, both) - (1 - share), share)))
    # Where both share and division are free: a = 2lu / (l + u), second moment lu.
    mean = ratio(2 * product, both)
    share = _within(ratio(product - first - both * (mean - 1), both - product - first), share_low, share_high)
    found.append(divided(share, ratio(mean - 1 + share, share)))
    is_bounded = least.is_not_null() & most.is_not_null() & share_high.is_not_null()
    return pl.when(is_bounded).then(pl.max_horizontal(found))


def status_within_bounds(limit: pl.Expr, equal: float) -> pl.Expr:
    """Met where the highest possible CV keeps the limit, not met where the lowest exceeds it, else undetermined."""
    return (
        pl.when(limit.is_null())
        .then(pl.lit("no_limit"))
        .when(pl.col("cv_high") <= limit + equal)
        .then(pl.lit("met"))
        .when(pl.col("cv_low") > limit + equal)
        .then(pl.lit("not_met"))
        .otherwise(pl.lit("undetermined"))
    )
