"""The few ways in which reported figures may be added and divided.

In polars the sum over nothing is 0 and 1/0 is infinite; a figure that was not reported must be neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

import polars as pl

from standards.values import Side

SCALE = 10_000
"""Reported figures have at most four decimals: times this, they are whole numbers."""


def total(columns: Iterable[str]) -> pl.Expr:
    """Row by row, the sum of the columns; null where any of them is not reported."""
    return pl.sum_horizontal([pl.col(column) for column in columns], ignore_nulls=False)


def known_total(column: str | pl.Expr) -> pl.Expr:
    """Over a group, the sum of what is reported; null where nothing is."""
    values = pl.col(column) if isinstance(column, str) else column
    return pl.when(values.count() > 0).then(values.sum())


def whole_total(column: str) -> pl.Expr:
    """Over a group, the sum; null where any of its values is not reported."""
    values = pl.col(column)
    return pl.when(values.null_count() == 0).then(values.sum())


def ratio(numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    """Numerator / denominator; null where either is not reported or the denominator is 0."""
    return pl.when(denominator != 0).then(numerator / denominator)


def scaled(column: str) -> pl.Expr:
    """The column times SCALE as a whole number of 128 bits: exact, and its sums do not depend on their order."""
    return (pl.col(column).cast(pl.Decimal(38, 4)) * SCALE).cast(pl.Int128)


def scaled_finding(column: str) -> pl.Expr:
    """A yes/no field as 1 or 0, times SCALE."""
    return pl.col(column).cast(pl.Int128) * SCALE


def scaled_total(plus: Sequence[str], minus: Sequence[str]) -> pl.Expr:
    """Σ plus − Σ minus, times SCALE, exactly; null where any of them is not reported."""
    added = pl.sum_horizontal([scaled(column) for column in plus], ignore_nulls=False)
    for column in minus:
        added = added - scaled(column)
    return added


def holds(numerator: pl.Expr, denominator: pl.Expr, bound: pl.Expr, side: Side) -> pl.Expr:
    """Whether numerator / denominator lies on its side of bound / SCALE², by whole numbers alone.

    The bound is a decimal times SCALE² as a whole number (`bound_scaled`); the denominator is positive.
    """
    left, right = numerator * (SCALE * SCALE), bound * denominator
    return {"at_least": left >= right, "at_most": left <= right, "above": left > right, "below": left < right}[side]


def at_least(numerator: pl.Expr, denominator: pl.Expr, bound: pl.Expr) -> pl.Expr:
    """Numerator / denominator ≥ bound / SCALE², by whole numbers alone."""
    return holds(numerator, denominator, bound, "at_least")


def bound_scaled(bound: Decimal) -> int:
    """A norm or floor times SCALE², exactly. Raises ValueError where it has more than eight decimals."""
    whole = bound * SCALE * SCALE
    if whole != whole.to_integral_value():
        raise ValueError(f"{bound} has more than eight decimals")
    return int(whole)


def met_or_not(is_met: pl.Expr) -> pl.Expr:
    """`met`, `not_met`, or `undetermined` where it is not known."""
    return pl.when(is_met).then(pl.lit("met")).when(~is_met).then(pl.lit("not_met")).otherwise(pl.lit("undetermined"))
