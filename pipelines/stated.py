"""What a county states, held against what its own figures give."""

from __future__ import annotations

import polars as pl

from pipelines.figures import SCALE, scaled


def rounds_to(numerator: pl.Expr, denominator: pl.Expr, stated: str) -> pl.Expr:
    """Whether numerator / denominator can be printed as the stated figure, by whole numbers alone.

    A figure stated with so many decimals is up to half of its last one off, either way. Numerator and denominator
    are whole numbers of one scale, the denominator positive; `stated` is a decimal column. Null where any is.
    """
    printed = scaled(stated)
    step = pl.lit(1, pl.Int128)
    for decimals in (3, 2, 1, 0):
        coarser = SCALE // 10**decimals
        step = pl.when(printed % coarser == 0).then(pl.lit(coarser, pl.Int128)).otherwise(step)
    return (numerator * SCALE - printed * denominator).abs() * 2 <= step * denominator
