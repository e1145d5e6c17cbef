"""How the values of units stand on a page: each with as many decimals as show its side of the norm, and its sign."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from reports import display
from standards.standard import Standard
from standards.values import Side

_NEAR_HALF = 1e-3
_LARGE = 1e8


def with_texts(values: pl.DataFrame, standards: Mapping[str, Standard]) -> pl.DataFrame:
    """Rows of `unit_indicators` with `text`, the value as pages show it, and `mark`, the sign of one below its norm.

    A county has thousands of values, and nearly all are only rounded: those are told apart for all rows at once.
    """
    must_be = {(s.id, indicator.id): indicator.must_be for s in standards.values() for indicator in s.indicators}
    rows = values.with_columns(__places__=_places()).with_columns(__is_plain__=_is_plain())
    plain = [rows.get_column(name).to_list() for name in ("value", "__places__", "__is_plain__")]
    texts = [f"{value:,.{places}f}" if is_plain else "" for value, places, is_plain in zip(*plain, strict=True)]
    others = rows.with_row_index("__at__").filter(~pl.col("__is_plain__"))
    names = ("__at__", "standard", "indicator", "value", "norm", "status", "__places__")
    for at, standard, indicator, value, norm, status, places in others.select(names).iter_rows():
        texts[at] = telling_value(value, norm, places, must_be[standard, indicator], status)
    return values.with_columns(pl.Series("text", texts, dtype=pl.String), mark=_mark())


def telling_value(value: float | None, norm: float | None, places: int, must_be: Side, status: str) -> str:
    """The value of a unit's indicator, with as many decimals as show its side of the norm."""
    if value is None:
        return display.NOT_REPORTED
    return display.number(value, display.telling_places(value, norm, places, must_be, status))


def _places() -> pl.Expr:
    """The decimals of the unit that a value is measured in."""
    return pl.col("unit").replace_strict(display.PLACES, default=display.places_of(""), return_dtype=pl.Int64)


def _is_plain() -> pl.Expr:
    """Whether a value is told by rounding it alone: it is far from a tie, and whole or far from its norm, if any."""
    value, places = pl.col("value"), pl.col("__places__")
    is_far_from_tie = ((value * pl.lit(10.0).pow(places)) % 1 - 0.5).abs() > _NEAR_HALF
    is_far_from_norm = pl.col("norm").is_null() | ((value - pl.col("norm")).abs() > pl.lit(10.0).pow(-places))
    is_whole = value == value.round()
    is_sure = is_far_from_tie & (is_far_from_norm | is_whole)
    return ((value >= 0) & (value < _LARGE) & is_sure).fill_null(value=False)


def _mark() -> pl.Expr:
    """The sign of a value below its floor or norm; empty for any other."""
    is_below_floor = pl.col("is_at_floor").eq_missing(other=False)
    return (
        pl.when(is_below_floor)
        .then(pl.lit(display.BELOW_FLOOR))
        .when(pl.col("status") == "not_met")
        .then(pl.lit(display.BELOW_NORM))
        .otherwise(pl.lit(""))
    )
