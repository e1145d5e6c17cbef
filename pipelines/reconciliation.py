"""The totals that a publisher printed, held against the sum over the schools' returns."""

from __future__ import annotations

import difflib

import polars as pl

from pipelines.figures import known_total
from schemas.contract import tidy
from schemas.reconciliation import RECONCILIATION, WHOLE
from schemas.tables import school_fields

_LEVELS = {"source": None, "province": "province_code", "county": "county_code"}
_CELL = ["source", "level", "place_code", "figure"]


class ReconciliationError(Exception):
    """A total that must agree does not; the message names place, figure, both totals and what to do."""


def reconciliation(schools: pl.DataFrame, published: pl.DataFrame, year: int) -> pl.DataFrame:
    """Every printed total of a school year beside what the returns add up to (table `reconciliation`).

    `agrees` within the tolerance; `explained` where it differs and a cause is on record; `incomplete` where schools do
    not report the figure and the sum is below the total, so that what they would report could make it up; `no_schools`
    where the place has no returns or none reports; else `differs`.
    """
    asked = published.filter(pl.col("school_year") == year)
    if asked.is_empty():
        return RECONCILIATION.empty()
    _refuse_unknown(asked)
    computed = pl.concat(
        _sums(schools, level, column, figure)
        for level, column in _LEVELS.items()
        for figure in asked.filter(pl.col("level") == level)["figure"].unique().sort()
    )
    rows = asked.join(computed, on=_CELL, how="left", validate="1:1", maintain_order="left").with_columns(
        pl.col("schools", "schools_reporting").fill_null(0)
    )
    difference = pl.col("computed") - pl.col("published")
    fits = difference.abs() <= pl.col("tolerance").fill_null(0)
    is_short = (difference < 0) & (pl.col("schools_reporting") < pl.col("schools"))
    status = (
        pl.when(pl.col("computed").is_null())
        .then(pl.lit("no_schools"))
        .when(fits)
        .then(pl.lit("agrees"))
        .when(is_short)
        .then(pl.lit("incomplete"))
        .when(pl.col("cause").is_not_null())
        .then(pl.lit("explained"))
        .otherwise(pl.lit("differs"))
    )
    return tidy(rows.with_columns(difference=difference, status=status), RECONCILIATION)


def _sums(schools: pl.DataFrame, level: str, column: str | None, figure: str) -> pl.DataFrame:
    """The sum of a figure over the schools of each place of a level, and how many report it."""
    place = pl.lit(WHOLE) if column is None else pl.col(column)
    return (
        schools.with_columns(place.alias("place_code"))
        .group_by("source", "place_code", maintain_order=True)
        .agg(
            known_total(figure).cast(RECONCILIATION.polars_schema["computed"]).alias("computed"),
            pl.len().cast(pl.Int64).alias("schools"),
            pl.col(figure).count().cast(pl.Int64).alias("schools_reporting"),
        )
        .with_columns(level=pl.lit(level), figure=pl.lit(figure))
    )


def _refuse_unknown(asked: pl.DataFrame) -> None:
    """Raises ReconciliationError where a total is of a figure that schools do not report as a number."""
    known = [entry["column"] for entry in school_fields() if entry["type"] in ("count", "decimal")]
    strange = asked.filter(~pl.col("figure").is_in(known))["figure"].unique().sort()
    if strange.len():
        named = {name: difflib.get_close_matches(name, known, n=3) for name in strange}
        raise ReconciliationError(
            "\n".join(
                f"公布合计数登记册：没有数据项“{name}”；相近的有：{'、'.join(near) or '无'}。请改正 figure。"
                " / no such figure of schools; correct it."
                for name, near in named.items()
            )
        )


def refuse_hard(rows: pl.DataFrame) -> None:
    """Nothing where all that must agree does. Raises ReconciliationError with every total that does not."""
    hard = rows.filter(pl.col("is_hard").fill_null(value=False) & (pl.col("status") == "differs"))
    if hard.height:
        raise ReconciliationError(
            "\n".join(
                f"{row['school_year']} 学年 {row['source']} {row['place_code']} {row['figure']}："
                f"各校之和 {row['computed'].normalize():f}，公布 {row['published'].normalize():f}（{row['document']}）。"
                "登记册要求一致，不发布。请核对报表，或在 registers/published_totals.csv 填写 cause。"
                " / The returns do not add up to the printed total, which must agree; mend the returns or enter a cause."
                for row in hard.iter_rows(named=True)
            )
        )
