"""Contracts of coverage: the roster of schools that are to report, the days by which, and who did."""

from __future__ import annotations

import polars as pl

from schemas.columns import PLACE, ROW, SCHOOL, SCHOOL_NAME, SOURCE, YEAR
from schemas.contract import Column, Contract

_COUNTY = Column("county_code", pl.String, "县级行政区划代码", "County that the school reports to", nullable=False)
ROSTER = Contract(
    "roster",
    "应报学校名册：每所学校一行",
    "One row per school: the register of the schools that are to hand in a return, kept by hand.",
    ("source", "school_id"),
    (
        SOURCE,
        SCHOOL,
        SCHOOL_NAME,
        _COUNTY,
        Column("expected_from", pl.Date, "应报起始日", "First day from which it is to report; empty: always was"),
        Column("expected_until", pl.Date, "应报截止日", "Last day on which it is to report; empty: still is"),
        Column("contact", pl.String, "联系人", "Whom to ask"),
    ),
    origin="registers/roster.csv of the home",
)
DUE_DATES = Contract(
    "due_dates",
    "报送截止日：每学年一行，或每学年每县一行",
    "One row per school year, or school year and county: the day by which its returns are due, kept by hand.",
    ("source", "school_year", "county_code"),
    (
        SOURCE,
        YEAR,
        Column("county_code", pl.String, "县级行政区划代码", "County; empty for all others of the source"),
        Column("due", pl.Date, "截止日", "Last day on which a return is in time", nullable=False),
    ),
    origin="registers/due_dates.csv of the home",
)
COVERAGE = Contract(
    "coverage",
    "每学年每校一行：是否应报、是否已报",
    "One row per school year and school: whether a return was expected of it, and whether it came.",
    ("school_year", "source", "school_id"),
    (
        YEAR,
        SOURCE,
        *PLACE,
        SCHOOL,
        SCHOOL_NAME,
        Column(
            "expected_by",
            pl.String,
            "应报依据",
            "Why a return was expected: the roster, last year's list, or a registered event; null where it was not",
            one_of=("roster", "last_year", "event"),
        ),
        Column(
            "status",
            pl.String,
            "报送情况",
            "received, refused (its row was handed in and refused), missing, or unexpected (received, on no list)",
            nullable=False,
            one_of=("received", "refused", "missing", "unexpected"),
        ),
        Column("file", pl.String, "文件", "File of its row, null where none came"),
        ROW,
        Column("contact", pl.String, "联系人", "Whom to ask, as the roster says"),
    ),
    sort=("school_year", "source", "county_code", "school_id"),
    origin="schools, quarantine, school_changes, registers/roster.csv",
)
