"""Many counties out of a few: the tables of a home again and again under new county codes, province by province."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

PROVINCE = 90
"""Counties of a province, about as many as a Chinese province has: 2,895 in 31."""


def provinces(tables: Mapping[str, pl.DataFrame], counties: int) -> Iterator[dict[str, pl.DataFrame]]:
    """So many counties in all, a province at a time, each with all tables of its counties under codes of their own.

    Each new county has the rows of one of the given ones, so its pages have the size that real pages have. Only one
    province is held at a time. The province keeps its code, so that the standards that are for it stay so.
    """
    given = tables["county_dispersion"]["county_code"].unique().sort()
    for first in range(0, counties, PROVINCE):
        numbers = range(first, min(first + PROVINCE, counties))
        codes = pl.DataFrame(
            {
                "county_code": [given[number % len(given)] for number in numbers],
                "__new__": [f"{given[0][:2]}{number:04d}" for number in numbers],
            }
        )
        yield {name: _again(rows, codes) for name, rows in tables.items()}


def _again(rows: pl.DataFrame, codes: pl.DataFrame) -> pl.DataFrame:
    """The rows once for each new code of their county; a table that speaks of no county as it is."""
    if "county_code" not in rows.columns:
        return rows
    return (
        rows.join(codes, on="county_code", how="inner", maintain_order="right_left")
        .with_columns(pl.col("__new__").alias("county_code"))
        .drop("__new__")
    )
