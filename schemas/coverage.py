"""Contracts of coverage: the roster of schools that are to report, the days by which, who did, and whose return decides."""

from __future__ import annotations

import polars as pl

from schemas.columns import INDICATOR, PLACE, ROW, SCHOOL, SCHOOL_NAME, SOURCE, STAGE, STANDARD, UNIT_ID, YEAR, count
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
DECIDING_UNITS = Contract(
    "deciding_units",
    "每标准、每县、每学段、每个因缺报而无法判定的差异系数、每个缺值的评估单位一行：它一家上报能否定论",
    "One row per standard, county, stage and coefficient that missing units leave undetermined, and unit without a "
    "value: whether its return alone could settle it.",
    ("school_year", "standard", "source", "county_code", "stage", "indicator", "unit_id"),
    (
        YEAR,
        STANDARD,
        SOURCE,
        *PLACE,
        STAGE,
        INDICATOR,
        UNIT_ID,
        SCHOOL,
        SCHOOL_NAME,
        count("units_missing", "缺值的评估单位数", "Units on which the coefficient hangs"),
        Column(
            "settles_not_met",
            pl.Boolean,
            "可使其确定超限",
            "The unit may report a value with which the limit is exceeded whatever the others report",
            nullable=False,
        ),
        Column(
            "settles_met",
            pl.Boolean,
            "可使其确定不超限",
            "The unit may report a value with which the limit is kept whatever the others report",
            nullable=False,
        ),
        Column(
            "decides",
            pl.Boolean,
            "一家上报即可定论",
            "Either of both, or it is the only one missing; where none of a coefficient's units decides, several must "
            "report together",
            nullable=False,
        ),
    ),
    sort=("school_year", "standard", "source", "county_code", "stage", "indicator", "unit_id"),
    origin="unit_indicators, county_dispersion, ranges of the standard",
)
