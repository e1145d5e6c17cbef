"""The tables of workbooks of forms: where each form stands, and what schools explain of their failed checks."""

from __future__ import annotations

import polars as pl

from schemas.columns import COUNTY, FILE, SCHOOL, SOURCE, YEAR, count
from schemas.contract import Column, Contract

FORM_PLACES = Contract(
    "form_places",
    "每册报表工作簿、每张表一行：该表在哪张工作表、从哪里开始",
    "One row per workbook of forms and form: the sheet that it stands in, and where it begins.",
    ("school_year", "source", "file", "form"),
    (
        YEAR,
        SOURCE,
        COUNTY,
        SCHOOL,
        FILE,
        Column("publication", pl.String, "版式来源", "Source whose cell map it was read by", nullable=False),
        Column(
            "school_type_code",
            pl.String,
            "办学类型代码",
            "School type whose cells in the map are its own; empty where it has those of all types",
            nullable=False,
        ),
        Column("form", pl.String, "表号", "Form", nullable=False),
        Column("sheet", pl.String, "工作表", "Sheet of the workbook", nullable=False),
        count("rows_before", "表前行数", "Rows that an exporter put above the form", "rows"),
        count("columns_before", "表前列数", "Columns that an exporter put left of the form", "columns"),
        Column("is_hidden", pl.Boolean, "是否隐藏", "Whether the sheet is hidden", nullable=False),
    ),
    origin="workbooks of forms; a cell's place is that of cells.csv and the rows and columns before the form",
)

RETURN_EXPLANATIONS = Contract(
    "return_explanations",
    "每册报表工作簿、每条未通过的校验一行：学校填报的说明",
    "One row per workbook of forms and failed check: what the school says of it.",
    ("school_year", "source", "file", "sheet", "row"),
    (
        YEAR,
        SOURCE,
        COUNTY,
        SCHOOL,
        FILE,
        Column("sheet", pl.String, "工作表", "Sheet of the workbook", nullable=False),
        Column("row", pl.Int64, "行号", "Row of the sheet", nullable=False, minimum=1),
        Column("kind", pl.String, "校验类型", "Kind of check, as printed"),
        Column("rule", pl.String, "未通过的校验", "Failed check, as printed", nullable=False, pattern=r"\S"),
        Column(
            "column",
            pl.String,
            "字段",
            "Column of schools whose name the check prints; null where it prints none or several",
        ),
        Column("said", pl.String, "说明", "What the school says of it; null where it says nothing"),
    ),
    origin="the workbook's sheet of failed checks",
)
FORM_TABLES = (FORM_PLACES, RETURN_EXPLANATIONS)
