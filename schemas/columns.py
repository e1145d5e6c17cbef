"""Columns that many tables have, each said once, and the words that a status may be."""

from __future__ import annotations

import polars as pl

from schemas.contract import Column

FIRST_SCHOOL_YEAR, LAST_SCHOOL_YEAR = 1949, 2100
STAGES = ("primary", "junior")
"""The compulsory stages. Senior pupils only share in the split of an integrated school's resources."""
STATUSES = ("met", "not_met", "undetermined", "no_limit")

SOURCE = Column("source", pl.String, "数据来源", "Source", nullable=False)
STANDARD = Column("standard", pl.String, "标准", "Standard", nullable=False, note="the standard's file name")
YEAR = Column(
    "school_year",
    pl.Int32,
    "学年",
    "School year",
    "year",
    nullable=False,
    minimum=FIRST_SCHOOL_YEAR,
    maximum=LAST_SCHOOL_YEAR,
)
PROVINCE = Column("province_code", pl.String, "省级行政区划代码", "Province code", nullable=False, pattern=r"^\d{6}$")
COUNTY = Column("county_code", pl.String, "县级行政区划代码", "County code", nullable=False)
COUNTY_NAME = Column("county_name", pl.String, "县", "County", nullable=False)
STAGE = Column("stage", pl.String, "学段", "Stage", nullable=False, one_of=STAGES)
INDICATOR = Column("indicator", pl.String, "指标", "Indicator", nullable=False)
MEASURE = Column("unit", pl.String, "计量单位", "Unit of the value", nullable=False)
SCHOOL = Column("school_id", pl.String, "学校标识码", "School identifier", nullable=False)
SCHOOL_NAME = Column("school_name", pl.String, "学校名称", "School name", nullable=False)
UNIT_ID = Column("unit_id", pl.String, "评估单位", "Evaluation unit: school and stage", nullable=False)
FILE = Column("file", pl.String, "文件", "File, as a path under the inbox", nullable=False)
SHEET = Column("sheet", pl.String, "工作表", "Sheet of the workbook, null where the file has none")
ROW = Column("row", pl.Int64, "行号", "Row as the file numbers it, title rows and header included")
REASON = Column("reason", pl.String, "原因", "Reason, null where none is needed")
PLACE = (PROVINCE, COUNTY, COUNTY_NAME)


def count(name: str, zh: str, en: str, unit: str = "units") -> Column:
    """A whole number that is never missing."""
    return Column(name, pl.Int64, zh, en, unit, nullable=False, minimum=0)


def figure(name: str, zh: str, en: str, *, minimum: float | None = None, unit: str = "as unit") -> Column:
    """A figure; null where it is undefined or not known."""
    return Column(name, pl.Float64, zh, en, unit, minimum=minimum)


def status(name: str = "status", zh: str = "结论", en: str = "Status", more: tuple[str, ...] = ()) -> Column:
    """One of STATUSES, or of `more`."""
    return Column(name, pl.String, zh, en, nullable=False, one_of=STATUSES + more)
