"""Totals that a publisher printed, and what the returns add up to beside them."""

from __future__ import annotations

import polars as pl

from schemas.columns import SOURCE, YEAR
from schemas.contract import DECIMAL, Column, Contract, Rule

LEVELS = ("source", "province", "county")
RECONCILED = ("agrees", "differs", "explained", "incomplete", "no_schools")
_LEVEL = Column("level", pl.String, "层级", "What the total is of", nullable=False, one_of=LEVELS)
WHOLE = "all"
_PLACE = Column(
    "place_code", pl.String, "地区代码", "Code of the province or county; all for the whole source", nullable=False
)
_FIGURE = Column("figure", pl.String, "数据项", "Column of schools that is added up", nullable=False)
_HARD = Column("is_hard", pl.Boolean, "是否必须一致", "A difference stops the run; empty: it does not", nullable=True)
_CAUSE = Column("cause", pl.String, "原因", "Why the two differ, where that has been found out")
_DOCUMENT = Column("document", pl.String, "出处", "Where the total is printed", nullable=False)
_TOLERANCE = Column(
    "tolerance", DECIMAL, "容差", "Difference that is let pass, in the figure's unit; empty: none", minimum=0
)

PUBLISHED_TOTALS = Contract(
    "published_totals",
    "公布合计数登记册：每来源、每学年、每地区、每数据项一行",
    "One row per source, school year, place and figure: the register of totals that a publisher printed.",
    ("school_year", "source", "level", "place_code", "figure"),
    (
        YEAR,
        SOURCE,
        _LEVEL,
        _PLACE,
        _FIGURE,
        Column("published", DECIMAL, "公布数", "Printed total, in the figure's unit", nullable=False, minimum=0),
        _TOLERANCE,
        _HARD,
        _CAUSE,
        _DOCUMENT,
    ),
    (
        Rule(
            "place_of_level",
            ("level", "place_code"),
            ("place_code",),
            (pl.col("level") == "source") == (pl.col("place_code") == WHOLE),
        ),
    ),
    origin="registers/published_totals.csv of the home, published.csv of the source",
)

RECONCILIATION = Contract(
    "reconciliation",
    "每学年、每来源、每地区、每数据项一行：公布的合计数与各校报表之和",
    "One row per school year, source, place and figure: the printed total beside the sum over the schools' returns.",
    ("school_year", "source", "level", "place_code", "figure"),
    (
        YEAR,
        SOURCE,
        _LEVEL,
        _PLACE,
        _FIGURE,
        Column("published", DECIMAL, "公布数", "Printed total, in the figure's unit", nullable=False),
        Column("computed", DECIMAL, "各校之和", "Sum over the schools that report; null where none does"),
        Column("difference", DECIMAL, "相差", "computed − published"),
        Column("schools", pl.Int64, "学校数", "Schools of the place", "schools", nullable=False, minimum=0),
        Column("schools_reporting", pl.Int64, "上报学校数", "Those that report the figure", "schools", nullable=False),
        _TOLERANCE,
        _HARD,
        Column("status", pl.String, "结果", "How the two stand", nullable=False, one_of=RECONCILED),
        _CAUSE,
        _DOCUMENT,
    ),
    origin="schools, published totals",
)
