"""What the invented province said of its unusual figures: some explained, for one year or for several, some left open."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pipelines.experience import experience_findings, read_columns
from pipelines.synthetic.counties import PROVINCE_CODE, YEARS
from schemas.contract import conform, tidy
from schemas.explanations import EXPLANATIONS
from schemas.lineage import SCHOOL_LINEAGE
from schemas.tables import SCHOOLS

_SILENT = "690129"
"""The county that explains nothing."""
_CORRECTED = "690182"
"""The county whose books were ten times too many in 2022: explained before they were corrected."""
_CORRECTED_YEAR = 2022
_GOOD_FOR = 2
"""School years for which half of the explanations are good beyond their own."""


def explanations(years: Mapping[int, pl.DataFrame]) -> pl.DataFrame:
    """The register of explanations that goes with the returns of the invented province.

    Of the unusual figures of a county and school year every third is explained, and every whole return that repeats
    the year before, but none of these in the last year. Every second explanation is good for two more years, the
    others for their own. One county explains nothing; another explained books that it corrected afterwards.
    """
    returns = pl.concat(_as_read(rows, year) for year, rows in years.items())
    found = pl.concat(experience_findings(returns, SCHOOL_LINEAGE.empty(), year) for year in YEARS[1:])
    number = pl.int_range(pl.len()).over("school_year", "county_code")
    is_copy = pl.col("check") == "copy"
    chosen = found.filter(
        pl.when(is_copy).then(pl.col("school_year") < YEARS[-1]).otherwise(number % 3 == 0)
        & (pl.col("county_code") != _SILENT)
    )
    is_lasting = pl.int_range(pl.len()).over("check") % 2 == 0
    rows = chosen.with_columns(
        text=_text(is_copy),
        document=pl.when(~is_copy).then(pl.format("{} 年度决算及验收单（虚构）", "school_year")),
        valid_until=pl.when(is_lasting).then(pl.col("school_year") + _GOOD_FOR),
    )
    both = pl.concat([rows, _of_corrected(returns)], how="diagonal").with_columns(
        explained_by=pl.format("虚构的填报人（{}）", "county_name"),
        explained_on=pl.date(pl.col("school_year"), 10, 20),
        return_part=pl.lit(None, pl.String),
    )
    return tidy(both, EXPLANATIONS)


def _as_read(rows: pl.DataFrame, year: int) -> pl.DataFrame:
    """The returns of a school year as the table `schools` will hold them, as far as the checks read it."""
    whole = {
        "school_year": pl.lit(year, pl.Int32),
        "source": pl.lit("cn-returns"),
        "province_code": pl.lit(PROVINCE_CODE),
        "return_part": pl.lit("whole"),
        "file": pl.lit(""),
    }
    return conform(rows.with_columns(**whole), SCHOOLS).select(read_columns())


def _text(is_copy: pl.Expr) -> pl.Expr:
    column = pl.col("column")
    return (
        pl.when(is_copy)
        .then(pl.lit("（虚构）学校停办，校舍和设备没有变动。"))
        .when(column.str.ends_with("_yuan"))
        .then(pl.lit("（虚构）当年安排一次性专项经费。"))
        .when(column.str.ends_with("_area_m2"))
        .then(pl.lit("（虚构）当年扩建，新增校舍和场地投入使用。"))
        .otherwise(pl.lit("（虚构）当年统一配备或调整。"))
    )


def _of_corrected(returns: pl.DataFrame) -> pl.DataFrame:
    """What was said of the first school's books before they were corrected: ten times what they are."""
    books = returns.filter(pl.col("county_code") == _CORRECTED).sort("school_id", "school_year")
    books = books.select(
        *("school_year", "source", "county_code", "county_name", "school_id"),
        value_before=pl.col("books").shift(1).over("school_id").cast(pl.Float64),
        value=pl.col("books").cast(pl.Float64) * 10,
    )
    return (
        books.filter(pl.col("school_year") == _CORRECTED_YEAR)
        .head(1)
        .with_columns(check=pl.lit("times_10"), column=pl.lit("books"), text=pl.lit("（虚构）接收捐赠图书。"))
    )
