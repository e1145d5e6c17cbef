"""Explanations of unusual figures (核查说明): which hold this year, which are carried over, which ran out."""

from __future__ import annotations

import polars as pl

from pipelines.experience import finding_id
from schemas.contract import tidy
from schemas.explanations import FINDING_EXPLANATIONS

SAME = 0.00005
"""Half of the last decimal that a return's figures have: values nearer than this are the same."""
_FINDING = ["source", "finding_id"]
_SCHOOL = ["source", "school_id", "return_part"]
_PLACE = ["source", "county_code"]
_SUBJECT = ("county_code", "school_id", "return_part", "check", "column")
_TOLD = ("text", "explained_by", "explained_on", "document", "valid_until")


def finding_explanations(
    findings: pl.DataFrame, register: pl.DataFrame, lineage: pl.DataFrame, places: pl.DataFrame, year: int
) -> pl.DataFrame:
    """What became of each finding of a school year.

    `findings` and `lineage` hold the year and all years before of which the register speaks. An explanation holds for
    the values that it was given for: where the finding of its own school year has others now, because a return was
    corrected since, it does not hold (`value_changed`), neither for that year nor for later ones. One of this year
    that holds makes a finding `explained`. Else the newest of earlier years counts: still good, it is `carried_over`
    and wants confirming; past its `valid_until` (without one it is good for its own year only) it has `expired`. An
    explanation of this year whose finding is not there is `no_finding`. `places` name the counties of those.
    """
    told = _told(findings, register.filter(pl.col("school_year") <= year), lineage)
    own = told.filter(pl.col("explained_year") == year)
    earlier = (
        told.filter((pl.col("explained_year") < year) & pl.col("is_found"))
        .sort("explained_year", maintain_order=True)
        .unique(_FINDING, keep="last", maintain_order=True)
    )
    now = findings.filter(pl.col("school_year") == year).select(*_FINDING, "province_code", "county_name", *_SUBJECT)
    of_year = now.join(own.drop(_SUBJECT), on=_FINDING, how="inner", validate="1:1")
    of_year = of_year.with_columns(_outcome(pl.lit("explained")))
    rest = now.join(own, on=_FINDING, how="anti", maintain_order="left")
    of_earlier = rest.join(earlier.drop(_SUBJECT), on=_FINDING, how="left", validate="1:1", maintain_order="left")
    is_good = pl.coalesce("valid_until", "explained_year") >= year
    of_earlier = of_earlier.with_columns(
        _outcome(pl.when(is_good).then(pl.lit("carried_over")).otherwise(pl.lit("expired")))
    )
    rows = pl.concat([of_year, of_earlier, _without_finding(own, places)], how="diagonal")
    rows = rows.with_columns(
        school_year=pl.lit(year, pl.Int32),
        age=year - pl.col("explained_year"),
        reason=pl.when((pl.col("status") == "open") & pl.col("text").is_not_null()).then(pl.lit("value_changed")),
    )
    return tidy(rows, FINDING_EXPLANATIONS)


def _told(findings: pl.DataFrame, register: pl.DataFrame, lineage: pl.DataFrame) -> pl.DataFrame:
    """The register's rows with the number of their finding, and whether that is there and has the values explained.

    Of two that speak of one finding in a school year, under two identifiers of a school, the later one counts.
    """
    known = lineage.select("school_year", *_SCHOOL, "lineage_id")
    rows = (
        register.with_columns(pl.col("school_id", "column").fill_null(""), pl.col("return_part").fill_null("whole"))
        .join(known, on=["school_year", *_SCHOOL], how="left", validate="m:1", maintain_order="left")
        .with_columns(finding_id=finding_id())
        .sort("explained_on", maintain_order=True)
        .unique(["school_year", *_FINDING], keep="last", maintain_order=True)
    )
    there = findings.select(
        "school_year",
        *_FINDING,
        pl.col("value").alias("value_now"),
        pl.col("value_before").alias("value_before_now"),
        pl.lit(value=True).alias("is_found"),
    )
    rows = rows.join(there, on=["school_year", *_FINDING], how="left", validate="1:1", maintain_order="left")
    return rows.select(
        *_FINDING,
        *_SUBJECT,
        pl.col("school_year").alias("explained_year"),
        pl.col("value").alias("explained_value"),
        *_TOLD,
        pl.col("is_found").fill_null(value=False),
        (_same("value") & _same("value_before")).alias("is_held"),
    )


def _same(name: str) -> pl.Expr:
    """Whether a value is the one that was explained; both may be without one."""
    near = (pl.col(name) - pl.col(f"{name}_now")).abs() < SAME
    return near.fill_null(value=False) | (pl.col(name).is_null() & pl.col(f"{name}_now").is_null())


def _outcome(held: pl.Expr) -> pl.Expr:
    """The status where the explanation holds; open where there is none, or it was given for other values."""
    return pl.when(pl.col("is_held").fill_null(value=False)).then(held).otherwise(pl.lit("open")).alias("status")


def _without_finding(own: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """The explanations of this year whose finding is not there, with the names that the returns give their counties."""
    named = places.select(*_PLACE, "province_code", "county_name").unique(_PLACE, keep="first", maintain_order=True)
    rows = own.filter(~pl.col("is_found")).join(named, on=_PLACE, how="left", validate="m:1", maintain_order="left")
    return rows.with_columns(
        status=pl.lit("no_finding"),
        province_code=pl.coalesce("province_code", pl.col("county_code").str.head(2) + "0000"),
        county_name=pl.coalesce("county_name", "county_code"),
    )
