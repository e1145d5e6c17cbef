"""The exact tail of the binomial distribution, for a whole frame at once."""

from __future__ import annotations

import polars as pl


def with_chance(rows: pl.DataFrame, found: str, examined: str, share: str, name: str = "chance") -> pl.DataFrame:
    """The rows with P(X ≥ found) for X ~ Binomial(examined, share); null where any of them is null.

    The tail is added up term by term, C(n, j) · p^j · (1 − p)^(n − j) for j = found … n, from logarithms of factorials;
    a share of 0 or 1 is taken as the nearest number beside it.
    """
    most = rows.get_column(examined).max()
    factorials = pl.Series("ln", [0, *range(1, int(str(most or 0)) + 1)], dtype=pl.Float64)
    logs = factorials.clip(lower_bound=1).log().cum_sum()
    numbered = rows.with_row_index("__at__")
    n, p = pl.col(examined).cast(pl.Int64), pl.col(share).clip(1e-12, 1 - 1e-12)
    known = numbered.filter(pl.col(found).is_not_null() & n.is_not_null() & pl.col(share).is_not_null())
    terms = known.select(
        "__at__", n.alias("__n__"), p.alias("__p__"), pl.int_ranges(pl.col(found).cast(pl.Int64), n + 1).alias("__j__")
    ).explode("__j__")
    table = pl.DataFrame({"__log__": logs}).with_row_index("__k__").with_columns(pl.col("__k__").cast(pl.Int64))

    def ln_factorial(frame: pl.DataFrame, of: pl.Expr, into: str) -> pl.DataFrame:
        keyed = frame.with_columns(of.alias("__k__"))
        return keyed.join(
            table.rename({"__log__": into}), on="__k__", how="left", validate="m:1", maintain_order="left"
        )

    terms = ln_factorial(terms, pl.col("__n__"), "__ln_n__")
    terms = ln_factorial(terms, pl.col("__j__"), "__ln_j__")
    terms = ln_factorial(terms, pl.col("__n__") - pl.col("__j__"), "__ln_rest__")
    term = (
        pl.col("__ln_n__") - pl.col("__ln_j__") - pl.col("__ln_rest__")
        + pl.col("__j__") * pl.col("__p__").log()
        + (pl.col("__n__") - pl.col("__j__")) * (1 - pl.col("__p__")).log()
    ).exp()  # fmt: skip
    tails = terms.group_by("__at__", maintain_order=True).agg(term.sum().clip(upper_bound=1.0).alias(name))
    return numbered.join(tails, on="__at__", how="left", validate="1:1", maintain_order="left").drop("__at__")
