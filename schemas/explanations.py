"""Contracts of experience checks (经验性核查): what was found unusual, what was said of it, and whether that still holds."""

from __future__ import annotations

import polars as pl

from schemas.columns import FILE, PLACE, ROW, SHEET, SOURCE, YEAR, figure
from schemas.contract import Column, Contract, Rule

CHECKS = ("swing", "times_10", "yuan_wan", "mu_m2", "copy")
"""The experience checks, in the order in which they are listed."""
STATUSES = ("open", "expired", "carried_over", "explained", "no_finding")
"""What became of a finding, in the order in which it is to be worked on."""

FOLLOW_UP_SHEET = "经验核查"
FOLLOW_UP_HEADERS = {
    "source": "数据来源",
    "school_year": "学年",
    "finding_id": "发现编号",
    "school_id": "学校标识码",
    "school_name": "学校名称",
    "check": "核查",
    "column": "数据项",
    "value_before": "上年值",
    "value": "本年值",
    "status": "情况",
    "offered": "以前的说明",
    "is_kept": "沿用以前的说明（是）",
    "text": "说明",
    "explained_by": "说明人",
    "explained_on": "说明日期",
    "document": "佐证材料",
    "valid_until": "有效至学年",
}
"""The columns of the sheet on which a county explains what is unusual, and their headers."""
FILLED_IN = ("is_kept", "text", "explained_by", "explained_on", "document", "valid_until")
"""Those of them that the county fills in."""
TO_EXPLAIN = ("open", "expired", "carried_over")
"""The statuses of findings of which something is still to be said."""

FINDING_ID = Column(
    "finding_id",
    pl.String,
    "发现编号",
    "Stable number of the finding: the same each year for the same school or county, check and column",
    nullable=False,
    note="lineage of the school (or county: and the county's code), part of the return, check and column, joined by /",
)
_SCHOOL_ID = Column(
    "school_id", pl.String, "学校标识码", "School identifier; empty for a finding on the county", nullable=False
)
_PART = Column(
    "return_part",
    pl.String,
    "报表部分",
    "Part of the school's return; whole for a finding on the county",
    nullable=False,
    one_of=("whole", "primary", "junior"),
)
_CHECK = Column("check", pl.String, "核查", "Check that it does not pass", nullable=False)
_COLUMN = Column("column", pl.String, "字段", "Column of schools; empty for the whole return", nullable=False)
_VALID_UNTIL = Column(
    "valid_until",
    pl.Int32,
    "有效至学年",
    "Last school year for which the explanation is good; empty: only its own",
    "year",
    minimum=1949,
    maximum=2100,
)

EXPERIENCE_FINDINGS = Contract(
    "experience_findings",
    "每学年、每校（或县）、每项经验性核查、每字段一行：不合常情之处",
    "One row per school year, school (or county), experience check and column: what is possible but unusual.",
    ("school_year", "source", "county_code", "school_id", "return_part", "check", "column"),
    (
        YEAR,
        SOURCE,
        *PLACE,
        FINDING_ID,
        _SCHOOL_ID,
        _PART,
        Column("school_name", pl.String, "学校名称", "School name; empty for a finding on the county", nullable=False),
        _CHECK,
        _COLUMN,
        figure("value_before", "上年值", "Value the year before; null for a copy"),
        figure("value", "本年值", "Value; for a copy the number of figures repeated"),
        figure(
            "threshold",
            "核查界限",
            "What the check asks: times the year before, factor of the slip, least number of figures",
            unit="as check",
        ),
        FILE,
        SHEET,
        ROW,
        Column("file_before", pl.String, "上年文件", "File of the year before's value", nullable=False),
        Column("sheet_before", pl.String, "上年工作表", "Sheet of that file, null where the file has none"),
        Column("row_before", pl.Int64, "上年行号", "Row of that file"),
    ),
    sort=("school_year", "source", "county_code", "school_id", "return_part", "column", "check"),
    origin="schools of two school years, school_lineage",
)

EXPLANATIONS = Contract(
    "explanations",
    "核查说明登记册：每学年、每校（或县）、每项核查、每字段一行",
    "One row per school year, school (or county), check and column: the register of explanations, kept by hand.",
    ("source", "school_year", "county_code", "school_id", "return_part", "check", "column"),
    (
        SOURCE,
        YEAR,
        Column("county_code", pl.String, "县级行政区划代码", "County that explains it", nullable=False),
        Column("school_id", pl.String, "学校标识码", "School; empty for a finding on the county"),
        Column(
            "return_part",
            pl.String,
            "报表部分",
            "Part of the school's return; empty: whole",
            one_of=("whole", "primary", "junior"),
        ),
        _CHECK,
        Column("column", pl.String, "字段", "Column of schools; empty for the whole return"),
        figure("value_before", "上年值", "Value of the year before when it was explained; empty where it has none"),
        Column("value", pl.Float64, "说明时的值", "Value that was explained", "as unit", nullable=False),
        Column("text", pl.String, "说明", "The explanation", nullable=False),
        Column("explained_by", pl.String, "说明人", "Who explains it", nullable=False),
        Column("explained_on", pl.Date, "说明日期", "On which day", nullable=False),
        Column("document", pl.String, "佐证材料", "What proves it"),
        _VALID_UNTIL,
    ),
    (
        Rule(
            "valid_before_year",
            ("school_year", "valid_until"),
            ("valid_until",),
            pl.col("valid_until") >= pl.col("school_year"),
        ),
    ),
    origin="registers/explanations.csv of the home",
)

FINDING_EXPLANATIONS = Contract(
    "finding_explanations",
    "每学年每个发现一行：是否已说明，沿用哪一年的说明",
    "One row per school year and finding: whether it is explained, and by what was said of it when.",
    ("school_year", "source", "finding_id"),
    (
        YEAR,
        SOURCE,
        *PLACE,
        FINDING_ID,
        _SCHOOL_ID,
        _PART,
        _CHECK,
        _COLUMN,
        Column(
            "status",
            pl.String,
            "情况",
            "open, expired (open again, the earlier explanation ran out), carried_over (an earlier one is still good "
            "and wants confirming), explained (this year), no_finding (explained, and nothing unusual stands there now)",
            nullable=False,
            one_of=STATUSES,
        ),
        Column(
            "reason",
            pl.String,
            "原因",
            "value_changed: the value that was explained is another now, so the explanation does not hold",
            one_of=("value_changed",),
        ),
        Column(
            "explained_year",
            pl.Int32,
            "说明所属学年",
            "School year of the explanation, null where there is none",
            "year",
        ),
        Column("age", pl.Int64, "说明已有年数", "School years since the explanation", "years", minimum=0),
        figure("explained_value", "说明时的值", "Value that was explained"),
        Column("text", pl.String, "说明", "The explanation, null where there is none; it holds only as status says"),
        Column("explained_by", pl.String, "说明人", "Who explained it"),
        Column("explained_on", pl.Date, "说明日期", "On which day"),
        Column("document", pl.String, "佐证材料", "What proves it"),
        _VALID_UNTIL,
    ),
    (
        Rule(
            "explained_in_full",
            ("status", "text", "explained_by", "explained_on"),
            (),
            (pl.col("status") == "open")
            | pl.all_horizontal(pl.col(name).is_not_null() for name in ("text", "explained_by", "explained_on")),
        ),
    ),
    sort=("school_year", "source", "county_code", "school_id", "return_part", "column", "check"),
    origin="experience_findings, registers/explanations.csv",
)
