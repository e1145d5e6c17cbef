"""Contract of the integrity signals: figures worth one more question, each with the evidence that asks it."""

from __future__ import annotations

import polars as pl

from schemas.columns import PLACE, SOURCE, STAGES, YEAR, figure
from schemas.contract import Column, Contract

KINDS = ("bunching", "heaping", "copy", "unit_slip", "spike", "sister_move")
"""What a signal is about, in the order in which pages ask."""
COUNTY_KINDS = ("bunching", "heaping")
"""Signals of a county's distribution; all others are of one school."""
SISTER_TIES = ("group", "parent", "name")
"""What makes two schools of a county sisters, the closest first."""

INTEGRITY_SIGNALS = Contract(
    "integrity_signals",
    "每学年、每县（或学校）、每种信号、每个数字一行：值得再问一句的数，及其依据；不是结论",
    "One row per school year, county or school, kind of signal and figure: a figure worth one more question, with its "
    "evidence; a question and never a finding.",
    ("school_year", "source", "county_code", "kind", "standard", "stage", "figure", "school_id", "return_part", "other_school_id"),
    (
        YEAR,
        SOURCE,
        *PLACE,
        Column("kind", pl.String, "信号", "Kind of signal", nullable=False, one_of=KINDS, note="explained in integrity.md"),
        Column("subject", pl.String, "对象", "What the signal is of", nullable=False, one_of=("county", "school")),
        Column("standard", pl.String, "标准", "Standard whose norm is meant, empty where none is", nullable=False),
        Column(
            "stage", pl.String, "学段", "Stage, empty for figures shared by the stages", nullable=False,
            one_of=("", *STAGES),
        ),
        Column(
            "figure", pl.String, "数字", "Column of `schools`, indicator of the standard, or group of columns",
            nullable=False,
        ),
        figure("factor", "倍数", "Factor of the unit slip, or base of the round numbers in whole units", unit="1"),
        Column("unit", pl.String, "计量单位", "Unit of the values", nullable=False),
        Column("school_id", pl.String, "学校标识码", "School, empty where the signal is of the county", nullable=False),
        Column("school_name", pl.String, "学校名称", "School name"),
        Column("return_part", pl.String, "报表部分", "Part of the school that the row reports, empty for a county", nullable=False),
        Column("other_school_id", pl.String, "姊妹校标识码", "The sister school, else empty", nullable=False),
        Column("other_school_name", pl.String, "姊妹校", "Name of the sister school"),
        Column("tie", pl.String, "关系", "What makes the two sisters", one_of=SISTER_TIES),
        Column(
            "basis",
            pl.String,
            "对照",
            "What a unit slip is seen beside: the school's own years before, or the county's schools of the year",
            one_of=("years", "county"),
        ),
        Column("first_year", pl.Int32, "起始学年", "First school year of the evidence", "year", nullable=False),
        Column("value_year", pl.Int32, "数值学年", "School year of the value asked about", "year", nullable=False),
        figure("value_before", "上年值", "Value of the school year before `value_year`"),
        figure("value", "数值", "The value asked about"),
        figure("value_after", "下年值", "Value of the school year after `value_year`, where it is looked at"),
        figure("other_value_before", "姊妹校上年值", "The sister's value the year before"),
        figure("other_value", "姊妹校数值", "The sister's value"),
        figure("reference", "参照值", "Norm of the standard; median of the years before; or of the county per pupil, times the school's pupils"),
        figure("ratio", "比值", "Value by its reference, or found by expected", unit="1"),
        Column("examined", pl.Int64, "考察个数", "Schools, columns or years examined", "as the kind says", minimum=0),
        Column("found", pl.Int64, "符合个数", "Of these, how many show it", "as the kind says", minimum=0),
        figure("expected", "预期个数", "How many of them would be expected to show it by chance", minimum=0, unit="as the kind says"),
        figure("chance", "偶然概率", "Probability of so many or more by chance", minimum=0, unit="1"),
        Column("file", pl.String, "文件", "File of the value, null where it is of several rows"),
        Column("sheet", pl.String, "工作表", "Sheet of the workbook, null where the file has none"),
        Column("row", pl.Int64, "行号", "Row of the value as the file numbers it"),
    ),
    origin="schools of five school years, unit_indicators, school_groups, school_lineage, school_changes; integrity.toml",
)  # fmt: skip
