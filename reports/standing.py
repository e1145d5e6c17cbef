"""Where a county stands among the counties of its province: rank, percentile, the province's mean and median CV."""

from __future__ import annotations

import msgspec
import polars as pl

from reports import display
from reports.year import YearTables
from schemas.disclosure import SUPPRESSED

CountyCell = tuple[str, str, str, str]
"""County code, standard, stage and indicator."""
_CELL = ["standard", "stage", "indicator"]


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Rank 1 is the smallest CV, equal CVs share a rank; `of` counts the counties that have one.

    `percentile` is the share (0 to 1) of the other counties whose CV is smaller; null where there is no other.
    `province_mean` is the total over all counted units of the province with a value by their total weight.
    """

    rank: int | None
    of: int
    percentile: float | None
    province_mean: float | None
    province_cv_median: float | None


def standings(year: YearTables, source: str, province: str) -> dict[CountyCell, Standing]:
    """Every county's standing in each indicator under each standard; a county without a CV has no rank."""
    return year.once(("standings", source, province), lambda: _standings(year, source, province))


def _standings(year: YearTables, source: str, province: str) -> dict[CountyCell, Standing]:
    means = province_means(year, source, province)
    rows = year.table("county_dispersion").filter(pl.col("source") == source, pl.col("province_code") == province)
    # A rank among counties of which one is withheld would tell on which side of the others it lies.
    is_whole = (pl.col("reason").fill_null("") != SUPPRESSED).all().over(_CELL)
    rows = rows.with_columns(pl.when(is_whole).then("cv").alias("cv"))
    ranked = rows.select(
        "county_code",
        *_CELL,
        pl.col("cv").rank("min").over(_CELL).cast(pl.Int64).alias("rank"),
        pl.col("cv").count().over(_CELL).cast(pl.Int64).alias("of"),
        pl.col("cv").median().over(_CELL).alias("median"),
    ).sort("county_code", *_CELL)
    return {
        (code, standard, stage, indicator): Standing(
            rank=rank,
            of=of,
            percentile=None if rank is None or of <= 1 else (rank - 1) / (of - 1),
            province_mean=means.get((standard, stage, indicator)),
            province_cv_median=median,
        )
        for code, standard, stage, indicator, rank, of, median in ranked.iter_rows()
    }


def province_means(year: YearTables, source: str, province: str) -> dict[tuple[str, str, str], float]:
    """Σ value × weight / Σ weight over the province's counted units with a value, by standard, stage and indicator.

    The weight is what the indicator is divided by, so the mean is a total by a total. What no unit reports is not in.
    """
    return year.once(("province means", source, province), lambda: _means(year, source, province))


def _means(year: YearTables, source: str, province: str) -> dict[tuple[str, str, str], float]:
    if year.public is not None:
        means = year.public.province_means.filter(
            pl.col("school_year") == year.year, pl.col("source") == source, pl.col("province_code") == province
        )
        return {
            (standard, stage, indicator): mean
            for standard, stage, indicator, mean in means.select(*_CELL, "province_mean").iter_rows()
        }
    weight = pl.col("denominator")
    rows = (
        year.table("unit_indicators")
        .filter(pl.col("source") == source, pl.col("province_code") == province)
        .filter(pl.col("value").is_not_null() & weight.is_not_null())
        .group_by(_CELL, maintain_order=True)
        .agg((pl.col("value") * weight).sum().alias("total"), weight.sum().alias("weight"))
        .filter(pl.col("weight") > 0)
        .sort(_CELL)
    )
    return {
        (standard, stage, indicator): total / divisor for standard, stage, indicator, total, divisor in rows.iter_rows()
    }


def rank_words(place: Standing) -> str:
    """“3/15”; a county without a CV has no rank."""
    if place.rank is None:
        return display.NOT_APPLICABLE
    return f"{display.count(place.rank)}/{display.count(place.of)}"


def page_of(standard: str, stage: str, indicator: str) -> str:
    """The page under the school year on which all counties stand by an indicator."""
    return f"indicators/{standard}/{stage}/{indicator}.html"
