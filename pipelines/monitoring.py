"""Three years side by side: was the standard held, is it getting better or worse, is it slipping."""

from __future__ import annotations

from functools import reduce

import polars as pl

from pipelines.county_history import series_marks
from pipelines.dispersion import EQUAL
from schemas.contract import tidy
from schemas.tables import THREE_YEAR_MONITORING

_PLACE = ("standard", "source", "province_code", "county_code")
_ENDINGS = {0: "", 1: "_year_before", 2: "_two_years_before"}


def three_year_monitoring(
    dispersion: pl.DataFrame, verdicts: pl.DataFrame, history: pl.DataFrame, year: int
) -> pl.DataFrame:
    """The window (year − 2, year − 1, year) of every county, stage and indicator that has data in `year`.

    One row per standard, county, stage and indicator, and one per county as indicator `verdict`. A year without a
    figure makes the window incomplete, which is said, not skipped. No published text defines slippage in numbers:
    two flags stand side by side, over the limit again, and worse than the year before. The tables stand on this
    year's boundaries; `series_mark` says from `history` (`county_history` of the year) where that took something.
    """
    measured = dispersion.select(
        "school_year", *_PLACE, "county_name", "stage", "indicator", "unit", "mean", "cv", "limit", "margin", "status"
    )
    judged = verdicts.filter(pl.col("stage") == "all").select(
        "school_year",
        *_PLACE,
        "county_name",
        "stage",
        pl.lit("verdict").alias("indicator"),
        pl.lit("1").alias("unit"),
        *(pl.lit(None, pl.Float64).alias(name) for name in ("mean", "cv", "limit", "margin")),
        pl.col("verdict").alias("status"),
    )
    window = _window(pl.concat([measured, judged]), year)
    marks = series_marks(history, [year - 1, year - 2])
    key = ["standard", "source", "county_code"]
    judged_window = _judge(window, year).join(marks, on=key, how="left", validate="m:1", maintain_order="left")
    return tidy(judged_window, THREE_YEAR_MONITORING)


def _window(rows: pl.DataFrame, year: int) -> pl.DataFrame:
    """The rows of `year` with the figures of the two years before beside them."""
    cell = [*_PLACE, "stage", "indicator"]
    window = rows.filter(pl.col("school_year") == year)
    for back in (1, 2):
        earlier = rows.filter(pl.col("school_year") == year - back).select(
            *cell, *(pl.col(name).alias(name + _ENDINGS[back]) for name in ("mean", "cv", "status"))
        )
        window = window.join(earlier, on=cell, how="left", validate="1:1", maintain_order="left")
    return window.with_columns(
        pl.col(f"status{ending}").fill_null("no_data") for back, ending in _ENDINGS.items() if back
    )


def _judge(window: pl.DataFrame, year: int) -> pl.DataFrame:
    """Direction, breaches, the two flags of slippage, and whether the limit was held."""
    statuses = [pl.col(f"status{ending}") for ending in _ENDINGS.values()]
    last = pl.col("cv") - pl.col("cv_year_before")
    first = pl.col("cv_year_before") - pl.col("cv_two_years_before")
    is_verdict = pl.col("indicator") == "verdict"
    has_figure = {
        back: pl.when(is_verdict)
        .then(pl.col(f"status{ending}") != "no_data")
        .otherwise(pl.col(f"cv{ending}").is_not_null())
        for back, ending in _ENDINGS.items()
    }
    missing = pl.concat_str(
        [pl.when(~has_figure[back]).then(pl.lit(str(year - back))) for back in (2, 1, 0)],
        separator=" | ",
        ignore_nulls=True,
    )
    direction = (
        pl.when(last.is_null() | first.is_null())
        .then(pl.lit("undetermined"))
        .when((last.abs() <= EQUAL) & (first.abs() <= EQUAL))
        .then(pl.lit("steady"))
        .when((last <= EQUAL) & (first <= EQUAL))
        .then(pl.lit("improving"))
        .when((last >= -EQUAL) & (first >= -EQUAL))
        .then(pl.lit("worsening"))
        .otherwise(pl.lit("mixed"))
    )
    was_within = (statuses[1] == "met") | (statuses[2] == "met")
    return window.with_columns(
        direction=direction,
        consecutive_worsening=pl.when(last.is_null())
        .then(pl.lit(None, pl.Int64))
        .when(last <= EQUAL)
        .then(0)
        .when((first > EQUAL).fill_null(value=False))
        .then(2)
        .otherwise(1),
        breaches=pl.when(pl.any_horizontal(status.is_in(["met", "not_met"]) for status in statuses)).then(
            reduce(lambda a, b: a + b, [(status == "not_met").cast(pl.Int64) for status in statuses])
        ),
        is_over_limit_again=pl.when(statuses[0].is_in(["met", "not_met"])).then(
            (statuses[0] == "not_met") & was_within
        ),
        is_worse_than_year_before=last > EQUAL,
        held=pl.when(pl.any_horizontal(status == "not_met" for status in statuses))
        .then(pl.lit("not_met"))
        .when(pl.all_horizontal(status == "met" for status in statuses))
        .then(pl.lit("met"))
        .when(statuses[0] == "no_limit")
        .then(pl.lit("no_limit"))
        .otherwise(pl.lit("undetermined")),
        window=pl.when(pl.all_horizontal(has_figure.values())).then(pl.lit("complete")).otherwise(pl.lit("incomplete")),
        years_missing=missing.replace("", None),
    )
