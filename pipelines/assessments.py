"""The stages of an assessment (自评 → 市复核 → 省督导评估 → 国家认定 → 年度监测): what is done, and in which order."""

from __future__ import annotations

import polars as pl

from schemas.contract import tidy
from schemas.county import STAGES_OF_ASSESSMENT
from schemas.judgement import ASSESSMENT_STAGES
from standards.values import first_day

_CASE = ["source", "county_code", "standard"]


def assessment_stages(reports: pl.DataFrame, year: int) -> pl.DataFrame:
    """Where each stage of a county's assessment stands on 1 September of a school year.

    One row per county, standard and stage, all five of them as soon as one is reported; of several reports of a stage
    the newest up to `year` holds. `done`: done by that day; `done_late`: done after it was due; `overdue`: due before
    that day and not done; `open`: reported and neither; `not_reported`: nothing is reported, or neither a date nor a
    result. A result without a date is not done: it has its own finding. What else is wrong is said of stages that are
    done, against the last one before them that is reported: it is still open, it was done later, it was not passed.
    """
    day = first_day(year)
    newest = (
        reports.filter(pl.col("school_year") <= year)
        .sort("school_year", maintain_order=True)
        .unique([*_CASE, "assessment"], keep="last", maintain_order=True)
        .rename({"school_year": "reported_in"})
    )
    place = ["source", "province_code", "county_code", "county_name", "standard"]
    cases = (
        newest.sort("reported_in", maintain_order=True).select(place).unique(_CASE, keep="last", maintain_order=True)
    )
    stages = pl.DataFrame({"assessment": STAGES_OF_ASSESSMENT}).with_row_index("__position__")
    rows = cases.join(stages, how="cross", maintain_order="left").join(
        newest.drop("province_code", "county_name"),
        on=[*_CASE, "assessment"],
        how="left",
        validate="1:1",
        maintain_order="left",
    )
    is_done = (pl.col("done_on") <= day).fill_null(value=False)
    says_nothing = pl.all_horizontal(pl.col(name).is_null() for name in ("due_on", "done_on", "result"))
    progress = (
        pl.when(says_nothing)
        .then(pl.lit("not_reported"))
        .when(is_done & (pl.col("done_on") > pl.col("due_on")))
        .then(pl.lit("done_late"))
        .when(is_done)
        .then(pl.lit("done"))
        .when(pl.col("due_on") < day)
        .then(pl.lit("overdue"))
        .otherwise(pl.lit("open"))
    )
    rows = rows.with_columns(progress=progress, school_year=pl.lit(year, pl.Int32))
    return tidy(_with_findings(rows), ASSESSMENT_STAGES)


def _with_findings(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with what is wrong with the order of the stages."""
    reported = rows.filter(pl.col("progress") != "not_reported").sort(*_CASE, "__position__")
    before = {name: pl.col(name).shift(1).over(_CASE) for name in ("progress", "done_on", "result")}
    is_done = pl.col("progress").is_in(["done", "done_late"])
    finding = (
        pl.when(pl.col("result").is_not_null() & pl.col("done_on").is_null())
        .then(pl.lit("result_without_date"))
        .when(~is_done | before["progress"].is_null())
        .then(pl.lit(None, pl.String))
        .when(pl.col("done_on") < before["done_on"])
        .then(pl.lit("before_the_stage_before"))
        .when(~before["progress"].is_in(["done", "done_late"]))
        .then(pl.lit("stage_before_open"))
        .when(before["result"] == "not_passed")
        .then(pl.lit("stage_before_not_passed"))
    )
    found = reported.with_columns(finding=finding).select(*_CASE, "assessment", "finding")
    return rows.join(found, on=[*_CASE, "assessment"], how="left", validate="1:1", maintain_order="left")
