"""Schools with their years before beside them: `<column>__1` is the year before, `<column>__2` the one before that."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from schemas.integrity_rules import Figure

KEY = ["source", "lineage_id", "return_part"]
"""A school over the years: under its lineage, which outlives a change of its identifier."""
PLACE = ["school_year", "source", "province_code", "county_code", "county_name"]
WHO = [*PLACE, "school_id", "school_name", "return_part"]
WHERE = ["file", "sheet", "row"]


def past(column: str, years: int) -> str:
    """The name of a column so many years before."""
    return f"{column}__{years}" if years else column


def beside(schools: pl.DataFrame, year: int, years_before: int, columns: Sequence[str]) -> pl.DataFrame:
    """The schools of a year, one row each, with the columns and the place in the file of each year before."""
    rows = schools.filter(pl.col("school_year") == year).select(*WHO, "lineage_id", *columns, "pupils", *WHERE)
    for back in range(1, years_before + 1):
        before = _one_each(schools.filter(pl.col("school_year") == year - back)).select(
            *KEY, *(pl.col(name).alias(past(name, back)) for name in (*columns, "pupils", *WHERE))
        )
        rows = rows.join(before, on=KEY, how="left", validate="m:1", maintain_order="left")
    return rows


def _one_each(schools: pl.DataFrame) -> pl.DataFrame:
    """Only lineages that are one school in the year: of two under one lineage neither can be told."""
    return schools.filter(pl.len().over(KEY) == 1)


def prepared(schools: pl.DataFrame, lineage: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """The schools with their lineage, pupils of all stages, and the columns as numbers.

    A school that the lineage does not know is its own. Pupils are null where no stage reports any.
    """
    stages = [f"pupils_{stage}" for stage in ("primary", "junior", "senior")]
    known = lineage.select("school_year", "source", "school_id", "return_part", "lineage_id")
    pupils = pl.when(pl.any_horizontal(pl.col(name).is_not_null() for name in stages)).then(pl.sum_horizontal(stages))
    return (
        schools.with_columns(pupils.cast(pl.Float64).alias("pupils"), pl.col(*columns).cast(pl.Float64))
        .join(
            known,
            on=["school_year", "source", "school_id", "return_part"],
            how="left",
            validate="1:1",
            maintain_order="left",
        )
        .with_columns(pl.coalesce("lineage_id", "school_id").alias("lineage_id"))
    )


def within(value: pl.Expr, other: pl.Expr, factor: float) -> pl.Expr:
    """Whether one is at most so many times the other, either way; true where either is not known."""
    return ((value <= other * factor) & (other <= value * factor)).fill_null(value=True)


def in_wholes(figure: Figure, value: float) -> float:
    """So many whole units of a column, in its own unit."""
    return figure.whole * value
