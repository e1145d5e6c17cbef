"""What is refused, as a frame: one row per refused file, row or cell, with its rule and what was wanted."""

from __future__ import annotations

import polars as pl

FAULTS = pl.Schema(
    {
        "file": pl.String,
        "sheet": pl.String,
        "row": pl.Int64,
        "level": pl.String,
        "county_code": pl.String,
        "school_id": pl.String,
        "header": pl.String,
        "column": pl.String,
        "value": pl.String,
        "rule": pl.String,
        "wanted": pl.String,
        "wanted_en": pl.String,
        "record": pl.String,
    }
)
"""Columns of a frame of faults: one row per refused row or cell."""


def as_faults(
    rows: pl.DataFrame,
    level: str,
    rule: pl.Expr | str,
    *,
    header: str | None = None,
    column: str | None = None,
    value: pl.Expr | None = None,
    wanted: pl.Expr | str | None = None,
    wanted_en: pl.Expr | str | None = None,
) -> pl.DataFrame:
    """The given rows of text as faults; what was wanted may differ from row to row."""

    def there(name: str) -> pl.Expr:
        return (pl.col(name) if name in rows.columns else pl.lit(None, pl.String)).alias(name)

    return rows.select(
        there("file"),
        there("sheet"),
        pl.col("row"),
        pl.lit(level).alias("level"),
        there("county_code"),
        there("school_id"),
        pl.lit(header, pl.String).alias("header"),
        pl.lit(column, pl.String).alias("column"),
        (pl.lit(None, pl.String) if value is None else value.cast(pl.String)).alias("value"),
        (pl.lit(rule) if isinstance(rule, str) else rule).alias("rule"),
        _words(wanted).alias("wanted"),
        _words(wanted if wanted_en is None else wanted_en).alias("wanted_en"),
        there("record"),
    )


def _words(wanted: pl.Expr | str | None) -> pl.Expr:
    return wanted.cast(pl.String) if isinstance(wanted, pl.Expr) else pl.lit(wanted, pl.String)


def no_faults() -> pl.DataFrame:
    """A frame of faults without one."""
    return pl.DataFrame(schema=FAULTS)


def with_record(text: pl.DataFrame, header_of: dict[str, str]) -> pl.DataFrame:
    """The rows of text with each whole row, under the file's headers, as JSON in `record`."""
    whole = pl.struct(pl.col(column).alias(header) for column, header in header_of.items())
    return text.with_columns(whole.struct.json_encode().alias("record"))
