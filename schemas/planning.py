"""Tables of plans: the cheapest way to a standard, and where pupils and indicators are heading."""

from __future__ import annotations

import polars as pl

from schemas.columns import (
    INDICATOR,
    PLACE,
    REASON,
    SCHOOL,
    SCHOOL_NAME,
    SOURCE,
    STAGE,
    STAGES,
    STANDARD,
    STATUSES,
    YEAR,
    count,
    figure,
)
from schemas.contract import DECIMAL, Column, Contract

MODE = Column(
    "mode",
    pl.String,
    "方式",
    "What the plan may do: only add, or also move surplus",
    nullable=False,
    one_of=("level_up", "move"),
)
COUNTED_IN = Column(
    "counted_in",
    pl.String,
    "计价",
    "What the cost counts: yuan, or pupils who could be supplied at the norm",
    nullable=False,
    one_of=("yuan", "pupils"),
)

CHEAPEST_PLANS = Contract(
    "cheapest_plans",
    "每标准、每县、每学年、每种方式一行：达标的最省办法及其下界",
    "One row per standard, county, school year and mode: the cheapest way to the standard, and how sure that it is.",
    ("school_year", "standard", "source", "county_code", "mode"),
    (
        YEAR,
        STANDARD,
        SOURCE,
        *PLACE,
        MODE,
        COUNTED_IN,
        Column(
            "status",
            pl.String,
            "结果",
            "What came out",
            nullable=False,
            one_of=("planned", "nothing_to_do", "infeasible", "not_found"),
        ),
        REASON,
        Column("detail", pl.String, "说明", "Schools and indicators that the reason is about, joined by |"),
        Column(
            "verdict_before",
            pl.String,
            "现在的结论",
            "Verdict on the resource part today",
            nullable=False,
            one_of=STATUSES,
        ),
        Column(
            "verdict_after",
            pl.String,
            "照办后的结论",
            "Verdict that the pipeline gives once the plan is applied; null where there is no plan",
            one_of=STATUSES,
        ),
        count("units", "评估单位数", "Units that count"),
        count("cells_missing", "缺失数据项", "Values of units that are not reported", "values"),
        figure("cost", "代价", "Cost of the plan, in what it is counted in", minimum=0),
        figure("bound", "代价下界", "No plan can cost less than this", minimum=0),
        figure("gap", "差距", "(cost − bound) / cost: by how much the plan may be dearer than the cheapest", minimum=0),
        figure("gap_allowed", "允许差距", "The gap that was good enough", minimum=0),
        Column("is_within_gap", pl.Boolean, "差距之内", "Whether the gap is at most the one allowed"),
        Column(
            "stopped_by", pl.String, "中止原因", "What ended the search before", one_of=("nodes", "seconds", "rounds")
        ),
        count("schools_helped", "受益学校数", "Schools that the plan adds to", "schools"),
        Column("price_source", pl.String, "价格来源", "Where the prices come from, null without prices"),
    ),
    origin="units, norms and limits of the standard",
)

CHEAPEST_MEASURES = Contract(
    "cheapest_measures",
    "每标准、每县、每学年、每种方式、每校、每学段、每项措施一行：增加或调剂多少",
    "One row per standard, county, school year, mode, school, stage, measure and way: how much the plan adds or moves.",
    ("school_year", "standard", "source", "county_code", "mode", "school_id", "stage", "measure", "how"),
    (
        YEAR,
        STANDARD,
        SOURCE,
        *PLACE,
        MODE,
        COUNTED_IN,
        SCHOOL,
        SCHOOL_NAME,
        Column(
            "stage",
            pl.String,
            "学段",
            "Stage, empty where the stages of the school share it",
            nullable=False,
            one_of=(*STAGES, ""),
        ),
        Column("measure", pl.String, "措施", "Measure, of measures.csv or the plan's file", nullable=False),
        Column("measure_zh", pl.String, "措施名称", "The measure in Chinese", nullable=False),
        Column("measure_en", pl.String, "措施名称（英文）", "The measure in English", nullable=False),
        Column(
            "how",
            pl.String,
            "来源",
            "Whether it is added, or moved from one school to another",
            nullable=False,
            one_of=("added", "moved_in", "moved_out"),
        ),
        Column("amount", DECIMAL, "数量", "How much is added; below 0 where it is moved out", nullable=False),
        Column("unit", pl.String, "单位", "Unit of the amount", nullable=False),
        Column("price_yuan", DECIMAL, "单价", "Price of one unit", "yuan", minimum=0),
        Column("cost_yuan", DECIMAL, "费用", "Amount × price", "yuan"),
    ),
    origin="the plan",
)

CHEAPEST_CUTS = Contract(
    "cheapest_cuts",
    "每标准、每县、每学段、每个超限指标、每学年一行：从最富的学校拿走多少，差异系数也会达标",
    "One row per standard, county, stage, indicator over its limit and school year: how much taken from the school "
    "that has most would bring the coefficient within the limit. A warning, never a plan.",
    ("school_year", "standard", "source", "county_code", "stage", "indicator"),
    (
        YEAR,
        STANDARD,
        SOURCE,
        *PLACE,
        STAGE,
        INDICATOR,
        SCHOOL,
        SCHOOL_NAME,
        figure("cv", "差异系数", "Coefficient today", minimum=0, unit="1"),
        figure("limit", "限值", "Limit", minimum=0, unit="1"),
        figure("held", "该校现有", "What the unit has today", minimum=0, unit="as field"),
        figure("taken", "拿走", "The least that would have to be taken away", minimum=0, unit="as field"),
    ),
    origin="units and limits of the standard",
)

INTENDED_MEASURES = Contract(
    "intended_measures",
    "每校、每学段、每项措施一行：打算增加（或减少）多少",
    "One row per school, stage and measure: how much is to be added, or taken away where it is below 0.",
    ("school_id", "stage", "measure"),
    (
        SCHOOL,
        Column("stage", pl.String, "学段", "Stage, empty where the stages share it", one_of=STAGES),
        Column("measure", pl.String, "措施", "A measure, or a field of the return without its stage", nullable=False),
        Column("amount", DECIMAL, "数量", "How much, in the field's unit", nullable=False),
        Column("note", pl.String, "备注", "Note"),
    ),
)
PLANNING_TABLES = (CHEAPEST_PLANS, CHEAPEST_MEASURES, CHEAPEST_CUTS)
