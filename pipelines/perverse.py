"""The arithmetic that no plan should follow: a limit is also kept where the school that has most is made poorer."""

from __future__ import annotations

import polars as pl

from pipelines.dispersion import EQUAL
from pipelines.plan_cells import PLACE
from schemas.contract import tidy
from schemas.planning import CHEAPEST_CUTS
from standards.standard import Standard

_CELL = [*PLACE, "stage", "indicator"]


def cheapest_cuts(cells: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    """How much taken from the school that has most per pupil would bring a coefficient within its limit.

    One row per county, stage and indicator over its limit. With Q = P_N Σ r²/P and k² = 1 + c², the limit is kept
    where Q ≤ k² (Σ r)²; taking d from one unit of p pupils moves both, and the least d is a root of a quadratic,
    rounded up to a whole number of the field's unit. Null where even taking everything would not do.
    """
    own = cells.filter(pl.col("limit").is_not_null() & pl.col("value").is_not_null()).with_columns(
        r=pl.col("base") * pl.col("share")
    )
    total, weight = pl.col("r").sum().over(_CELL), pl.col("weight").sum().over(_CELL)
    square = (pl.col("r") ** 2 / pl.col("weight")).sum().over(_CELL) * weight
    mean = total / weight
    spread = (pl.col("weight") * (pl.col("r") / pl.col("weight") - mean) ** 2).sum().over(_CELL) / weight
    own = own.with_columns(total=total, pupils=weight, square=square, cv=spread.sqrt() / mean).filter(
        (pl.col("total") > 0) & (pl.col("cv") > pl.col("limit") + EQUAL)
    )
    best = own.sort(*_CELL, "value", "unit_id", descending=[*([False] * len(_CELL)), True, False]).unique(
        _CELL, keep="first", maintain_order=True
    )
    k2 = 1 + pl.col("limit") ** 2
    # (P_N/p − k²) d² − 2 (P_N r/p − k² R) d + (Q − k² R²) ≤ 0, from the left.
    a = pl.col("pupils") / pl.col("weight") - k2
    b = pl.col("pupils") * pl.col("r") / pl.col("weight") - k2 * pl.col("total")
    c = pl.col("square") - k2 * pl.col("total") ** 2
    under = b**2 - a * c
    root = pl.when((under >= 0) & (b > 0)).then(c / (b + under.sqrt()))
    whole = (root - 1e-9).ceil()
    return tidy(
        best.with_columns(
            standard=pl.lit(standard.id), held=pl.col("r"), taken=pl.when(whole <= pl.col("r")).then(whole)
        ),
        CHEAPEST_CUTS,
    )
