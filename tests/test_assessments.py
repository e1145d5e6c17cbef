"""The five stages of an assessment: where each stands, and whether they follow each other."""

from __future__ import annotations

import datetime as dt

import polars as pl

from pipelines.assessments import assessment_stages
from schemas.contract import accept, conform
from schemas.county import COUNTYASSESSMENTS
from schemas.judgement import ASSESSMENT_STAGES

Row = dict[str, object]
PLACE: Row = {"source": "cn-returns", "province_code": "690000", "county_code": "690101", "county_name": "青岚县"}


def stages(rows: list[Row], year: int = 2023) -> dict[str, Row]:
    common = {**PLACE, "school_year": 2023, "standard": "cn-basic-2012", "file": "drawn.csv"}
    reports = conform(pl.DataFrame([{**common, **row} for row in rows], infer_schema_length=None), COUNTYASSESSMENTS)
    found = accept(assessment_stages(reports, year), ASSESSMENT_STAGES)
    return {row["assessment"]: row for row in found.iter_rows(named=True)}


def stage(name: str, due: dt.date | None = None, done: dt.date | None = None, result: str | None = None) -> Row:
    return {"assessment": name, "due_on": due, "done_on": done, "result": result}


SELF, CITY, PROVINCE = "self_evaluation", "municipal_review", "provincial_evaluation"
MARCH, MAY, JUNE, OCTOBER = (dt.date(2023, month, 1) for month in (3, 5, 6, 10))


def test_progress_is_as_at_1_september() -> None:
    found = stages([stage(SELF, MARCH, MAY), stage(CITY, JUNE), stage(PROVINCE, OCTOBER)])
    assert {name: row["progress"] for name, row in found.items()} == {
        SELF: "done_late",
        CITY: "overdue",
        PROVINCE: "open",
        "national_recognition": "not_reported",
        "annual_monitoring": "not_reported",
    }


def test_what_is_done_after_1_september_is_not_done_by_then() -> None:
    assert stages([stage(SELF, MARCH, OCTOBER)])[SELF]["progress"] == "overdue"
    assert stages([stage(SELF, MARCH, OCTOBER)], 2024)[SELF]["progress"] == "done_late"


def test_what_is_due_on_1_september_is_not_overdue_on_that_day() -> None:
    assert stages([stage(SELF, dt.date(2023, 9, 1))])[SELF]["progress"] == "open"


def test_a_result_without_a_date_is_not_done_and_is_flagged() -> None:
    row = stages([stage(SELF, MARCH, None, "passed")])[SELF]
    assert (row["progress"], row["finding"]) == ("overdue", "result_without_date")


def test_a_stage_cannot_precede_the_one_before_it() -> None:
    found = stages([stage(SELF, None, MAY), stage(CITY, None, MARCH), stage(PROVINCE, None, JUNE)])
    assert {name: row["finding"] for name, row in found.items() if row["finding"]} == {CITY: "before_the_stage_before"}


def test_a_stage_done_on_the_day_of_the_one_before_it_is_in_order() -> None:
    assert stages([stage(SELF, None, MAY), stage(CITY, None, MAY)])[CITY]["finding"] is None


def test_a_stage_done_while_the_one_before_it_is_open_is_flagged() -> None:
    assert stages([stage(SELF, OCTOBER), stage(CITY, None, MAY)])[CITY]["finding"] == "stage_before_open"


def test_a_stage_done_after_one_that_was_not_passed_is_flagged() -> None:
    found = stages([stage(SELF, None, MARCH, "not_passed"), stage(CITY, None, MAY)])
    assert found[CITY]["finding"] == "stage_before_not_passed"


def test_a_stage_that_is_not_reported_is_passed_over() -> None:
    found = stages([stage(SELF, None, MAY), stage(PROVINCE, None, MARCH), stage("annual_monitoring", None, JUNE)])
    assert found[PROVINCE]["finding"] == "before_the_stage_before"
    assert found["annual_monitoring"]["finding"] is None


def test_the_newest_report_up_to_the_year_holds() -> None:
    rows = [
        {**stage(SELF, MARCH), "school_year": 2022},
        {**stage(SELF, MARCH, MAY), "school_year": 2023},
        {**stage(SELF, MARCH, MARCH), "school_year": 2024},
    ]
    found = stages(rows)[SELF]
    assert (found["progress"], found["reported_in"], found["school_year"]) == ("done_late", 2023, 2023)


def test_counties_that_report_nothing_have_no_row() -> None:
    assert assessment_stages(COUNTYASSESSMENTS.empty(), 2023).height == 0
