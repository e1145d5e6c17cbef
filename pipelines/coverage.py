"""Who has handed in a return, against the roster, or where there is none against last year's schools."""

from __future__ import annotations

import polars as pl

from schemas.contract import tidy
from schemas.coverage import COVERAGE
from standards.values import first_day

IDENTITY = (
    "school_year",
    "source",
    "province_code",
    "county_code",
    "county_name",
    "school_id",
    "school_name",
    "is_counted",
    "file",
    "row",
)
"""What of the table `schools` is needed here."""
_KEY = ["source", "school_id"]
_COUNTY = ["source", "county_code"]


def coverage(
    schools: pl.DataFrame, changes: pl.DataFrame, quarantine: pl.DataFrame, roster: pl.DataFrame, year: int
) -> pl.DataFrame:
    """One row per school that was expected in a school year or has handed in a return.

    Expected are the schools of the roster on 1 September, in the counties that the roster names; elsewhere those of
    the newest earlier school year in `schools`, but for those of which the register says that they ended or changed
    their identifier. A school that the register says began is expected by that event. Where a source has neither a
    roster nor an earlier year, nobody is expected and every return counts as received. A school whose whole row was
    refused is `refused`, not `missing`.
    """
    now = schools.filter(pl.col("school_year") == year).unique(_KEY, keep="first", maintain_order=True)
    before = schools.filter(pl.col("school_year") < year)
    before = before.filter(pl.col("school_year") == pl.col("school_year").max().over("source"))
    listed = _listed(now, before, roster, year)
    expected = pl.concat([listed, _of_last_year(before, changes, listed), _begun(now, changes, listed)])
    expected = expected.unique(_KEY, keep="first", maintain_order=True)
    refused = (
        quarantine.filter((pl.col("level") == "row") & pl.col("school_id").is_not_null())
        .sort("file", "row", nulls_last=True, maintain_order=True)
        .unique(_KEY, keep="last", maintain_order=True)
        .select(*_KEY, pl.col("file").alias("__refused_in__"), pl.col("row").alias("__refused_row__"))
    )
    came = now.select(*_KEY, "file", "row", *(pl.col(name).alias(f"__{name}__") for name in _SAID))
    rows = expected.join(came, on=_KEY, how="full", coalesce=True, validate="1:1", maintain_order="left_right").join(
        refused, on=_KEY, how="left", validate="m:1", maintain_order="left"
    )
    is_measured = pl.col("source").is_in(expected["source"].unique().to_list())
    status = (
        pl.when(pl.col("file").is_not_null() & (pl.col("expected_by").is_not_null() | ~is_measured))
        .then(pl.lit("received"))
        .when(pl.col("file").is_not_null())
        .then(pl.lit("unexpected"))
        .when(pl.col("__refused_in__").is_not_null())
        .then(pl.lit("refused"))
        .otherwise(pl.lit("missing"))
    )
    rows = rows.with_columns(status=status).with_columns(
        school_year=pl.lit(year, pl.Int32),
        file=pl.coalesce("file", "__refused_in__"),
        row=pl.coalesce("row", "__refused_row__"),
        **{name: pl.coalesce(f"__{name}__", name) for name in _SAID},
    )
    return tidy(rows, COVERAGE)


_SAID = ("province_code", "county_code", "county_name", "school_name")
_EXPECTED = [*_KEY, *_SAID, "expected_by", "contact"]


def _listed(now: pl.DataFrame, before: pl.DataFrame, roster: pl.DataFrame, year: int) -> pl.DataFrame:
    """The schools of the roster that are to report on 1 September, with the names that the returns give counties."""
    day = first_day(year)
    places = (
        pl.concat([now, before])
        .select(*_COUNTY, "province_code", "county_name")
        .unique(_COUNTY, keep="first", maintain_order=True)
    )
    return (
        roster.filter(
            (pl.col("expected_from") <= day).fill_null(value=True)
            & (pl.col("expected_until") >= day).fill_null(value=True)
        )
        .join(places, on=_COUNTY, how="left", validate="m:1", maintain_order="left")
        .with_columns(
            province_code=pl.coalesce("province_code", pl.col("county_code").str.head(2) + "0000"),
            county_name=pl.coalesce("county_name", "county_code"),
            expected_by=pl.lit("roster"),
        )
        .filter(pl.col("source").is_in(pl.concat([now, before])["source"].unique().to_list()))
        .select(_EXPECTED)
    )


def _of_last_year(before: pl.DataFrame, changes: pl.DataFrame, listed: pl.DataFrame) -> pl.DataFrame:
    """The schools of the year before in counties without a roster, but for those whose end is registered."""
    ended = changes.filter(pl.col("event").is_not_null() & (pl.col("school_id_before") != "")).filter(
        pl.col("school_id_after").fill_null("") != pl.col("school_id_before")
    )
    return (
        before.join(listed.select(_COUNTY).unique(), on=_COUNTY, how="anti", maintain_order="left")
        .join(
            ended.select("source", pl.col("school_id_before").alias("school_id")).unique(),
            on=_KEY,
            how="anti",
            maintain_order="left",
        )
        .with_columns(expected_by=pl.lit("last_year"), contact=pl.lit(None, pl.String))
        .select(_EXPECTED)
    )


def _begun(now: pl.DataFrame, changes: pl.DataFrame, listed: pl.DataFrame) -> pl.DataFrame:
    """The schools of this year in counties without a roster whose beginning is registered."""
    begun = changes.filter(pl.col("event").is_not_null() & (pl.col("school_id_after").fill_null("") != ""))
    return (
        now.join(listed.select(_COUNTY).unique(), on=_COUNTY, how="anti", maintain_order="left")
        .join(
            begun.select("source", pl.col("school_id_after").alias("school_id")).unique(),
            on=_KEY,
            how="semi",
            maintain_order="left",
        )
        .with_columns(expected_by=pl.lit("event"), contact=pl.lit(None, pl.String))
        .select(_EXPECTED)
    )


def by_county(rows: pl.DataFrame) -> pl.DataFrame:
    """How many schools of each county were expected, came, were refused, are missing, came unexpected."""
    return _counted(rows, ["school_year", "source", "county_code", "county_name"])


def by_file(rows: pl.DataFrame) -> pl.DataFrame:
    """How many schools of each file were expected and how many not."""
    return _counted(rows.filter(pl.col("file").is_not_null()), ["school_year", "source", "file"])


def _counted(rows: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    status = pl.col("status")
    return rows.group_by(key, maintain_order=True).agg(
        pl.col("expected_by").is_not_null().sum().alias("expected"),
        *((status == name).sum().alias(name) for name in ("received", "refused", "missing", "unexpected")),
    )
