"""When a coefficient would cross its limit: a trend that is taken only where trends have erred less than no change."""

from __future__ import annotations

import polars as pl

from pipelines.dispersion import EQUAL
from pipelines.figures import ratio
from schemas.contract import tidy
from schemas.outlook import LIMIT_CROSSINGS

WINDOW, LEAST_YEARS = 6, 4
"""A trend is taken over so many of the newest school years, and not over fewer; defaults of ours."""
TRIED_AHEAD = 3
"""School years ahead that trends are tried on; a default of ours."""
LEAST_TRIALS = 20
MOST_AHEAD = 10
"""What would be crossed later than so many years on is not said; a default of ours."""
LOW, HIGH = 0.1, 0.9
_SERIES = ["standard", "source", "county_code", "stage", "indicator"]
_KIND = ["standard", "source", "stage", "indicator"]


def trends(dispersion: pl.DataFrame, origin: int) -> pl.DataFrame:
    """The trend of every series up to a school year: the median of the yearly changes between all pairs of its years.

    One row per standard, county, stage and indicator with a coefficient in `origin` and at least LEAST_YEARS in the
    window: `cv`, `years`, `slope`, `slope_low`, `slope_high` (a tenth of the pairs lie beyond each).
    """
    window = dispersion.filter(
        (pl.col("school_year") <= origin) & (pl.col("school_year") > origin - WINDOW) & pl.col("cv").is_not_null()
    ).select(*_SERIES, "school_year", "cv")
    pairs = window.join(
        window.rename({"school_year": "later", "cv": "cv_later"}), on=_SERIES, how="inner", maintain_order="left"
    ).filter(pl.col("later") > pl.col("school_year"))
    slope = (pl.col("cv_later") - pl.col("cv")) / (pl.col("later") - pl.col("school_year"))
    slopes = pairs.group_by(_SERIES, maintain_order=True).agg(
        slope.median().alias("slope"),
        slope.quantile(LOW, interpolation="linear").alias("slope_low"),
        slope.quantile(HIGH, interpolation="linear").alias("slope_high"),
    )
    years = window.group_by(_SERIES, maintain_order=True).agg(pl.len().cast(pl.Int64).alias("years"))
    return (
        window.filter(pl.col("school_year") == origin)
        .drop("school_year")
        .join(years, on=_SERIES, how="left", validate="1:1", maintain_order="left")
        .join(slopes, on=_SERIES, how="left", validate="1:1", maintain_order="left")
    )


def trend_errors(dispersion: pl.DataFrame, until: int) -> pl.DataFrame:
    """By standard, source, stage and indicator: how far trend and "as this year" erred three years ahead, over all counties."""
    years = dispersion["school_year"].unique().sort().to_list()
    tried = [
        trends(dispersion, origin)
        .filter(pl.col("years") >= LEAST_YEARS)
        .join(
            dispersion.filter(pl.col("school_year") == origin + TRIED_AHEAD).select(*_SERIES, actual="cv"),
            on=_SERIES,
            how="inner",
            validate="1:1",
            maintain_order="left",
        )
        .drop_nulls("actual")
        for origin in years
        if origin + TRIED_AHEAD <= until and origin + TRIED_AHEAD in years
    ]
    if not tried:
        schema = dict.fromkeys(_KIND, pl.String) | {"trials": pl.Int64}
        return pl.DataFrame(schema=schema | dict.fromkeys(("error_trend", "error_same"), pl.Float64))
    trend = pl.col("cv") + TRIED_AHEAD * pl.col("slope") - pl.col("actual")
    return (
        pl.concat(tried)
        .group_by(_KIND, maintain_order=True)
        .agg(
            pl.len().cast(pl.Int64).alias("trials"),
            trend.abs().mean().alias("error_trend"),
            (pl.col("cv") - pl.col("actual")).abs().mean().alias("error_same"),
        )
    )


def limit_crossings(dispersion: pl.DataFrame, year: int) -> pl.DataFrame:
    """Every limited coefficient of a school year, and the year in which it would cross its limit at the present trend.

    `dispersion` holds the school years up to this one, on this year's boundaries. From below as from above: a
    coefficient within its limit that would exceed it, or one beyond it that would come within. There is a year only
    where trends of this indicator have erred less, three years ahead, than "as this year" did, in at least
    LEAST_TRIALS trials; first and last are the same at the ends of the slopes' interval.
    """
    known = dispersion.filter(pl.col("school_year") <= year)
    now = known.filter(
        (pl.col("school_year") == year) & pl.col("limit").is_not_null() & pl.col("cv").is_not_null()
    ).drop("cv")
    rows = (
        now.join(trends(known, year), on=_SERIES, how="left", validate="1:1", maintain_order="left")
        .join(trend_errors(known, year), on=_KIND, how="left", validate="m:1", maintain_order="left")
        .with_columns(pl.col("trials").fill_null(0), __room__=pl.col("limit") + EQUAL - pl.col("cv"))
    )
    toward = pl.when(pl.col("__room__") >= 0).then("slope_high").otherwise("slope_low")
    away = pl.when(pl.col("__room__") >= 0).then("slope_low").otherwise("slope_high")
    middle = _crossed(pl.col("slope"), year)
    reason = (
        pl.when(pl.col("years") < LEAST_YEARS)
        .then(pl.lit("too_few_years"))
        .when((pl.col("trials") < LEAST_TRIALS) | ~(pl.col("error_trend") < pl.col("error_same")))
        .then(pl.lit("trend_no_better"))
        .when(middle.is_null())
        .then(pl.lit("does_not_cross"))
    )
    rows = rows.with_columns(reason=reason)
    is_said = pl.col("reason").is_null()
    return tidy(
        rows.with_columns(
            crossing_year=pl.when(is_said).then(middle),
            crossing_first=pl.when(is_said).then(_crossed(toward, year)),
            crossing_last=pl.when(is_said).then(_crossed(away, year)),
        ),
        LIMIT_CROSSINGS,
    )


def _crossed(slope: pl.Expr, year: int) -> pl.Expr:
    """The first school year beyond the limit, or within it; null where that is later than MOST_AHEAD years, or never."""
    room = pl.col("__room__")
    # Exactly at its limit a coefficient still keeps it: it is beyond a year later.
    ahead = pl.when(room >= 0).then(ratio(room, slope).floor() + 1).otherwise(ratio(room, slope).ceil())
    goes = ((room >= 0) & (slope > 0)) | ((room < 0) & (slope < 0))
    return pl.when(goes & (ahead <= MOST_AHEAD)).then(ahead.cast(pl.Int32, strict=False) + year)
