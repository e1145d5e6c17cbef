"""Contracts of the tables that say why: all but the official coefficient is arithmetic of ours, and says so."""

from __future__ import annotations

import polars as pl

from schemas.columns import (
    INDICATOR,
    MEASURE,
    PLACE,
    REASON,
    SCHOOL_NAME,
    SOURCE,
    STAGE,
    STANDARD,
    UNIT_ID,
    YEAR,
    count,
    figure,
    status,
)
from schemas.contract import Column, Contract, Rule
from schemas.lineage import SERIES

CV_PLACES = 3
"""Decimals of a difference coefficient on the official application forms."""
VARIANTS = (
    "official",
    "unweighted",
    "sample_sd",
    "around_pooled_mean",
    "unsplit",
    "without_private",
    "with_private",
    "without_teaching_points",
    "with_teaching_points",
)
"""Ways to compute a coefficient; all but the first are not those of the standard."""

VERDICT_ROBUSTNESS = Contract(
    "verdict_robustness",
    "每标准、每县、每学段、每指标、每种算法、每学年一行：差异系数换一种算法是多少，结论是否反转（除 official 外均非官方）",
    "One row per standard, county, stage, indicator, variant and school year: the CV computed otherwise; unofficial.",
    ("school_year", "standard", "source", "county_code", "stage", "indicator", "variant"),
    (
        YEAR,
        STANDARD,
        SOURCE,
        *PLACE,
        STAGE,
        INDICATOR,
        Column(
            "variant",
            pl.String,
            "算法",
            "Way of computing",
            nullable=False,
            one_of=VARIANTS,
            note="explained in why.md; a variant that changes nothing of a county's units has no row",
        ),
        count("units_reporting", "有值的评估单位数", "Units with a value"),
        figure("mean", "平均值", "Mean that the distances are taken from; null for the composite"),
        figure("cv", "差异系数", "Coefficient by this variant", minimum=0, unit="1"),
        figure("limit", "限值", "Limit of the standard, null where it sets none", minimum=0, unit="1"),
        figure("margin", "余量", "limit − cv", unit="1"),
        status(),
        Column(
            "is_turned",
            pl.Boolean,
            "是否反转结论",
            "Whether the verdict is met where the official one is not, or the other way round; null where either is open",
        ),
        Column(
            "is_hidden_by_rounding",
            pl.Boolean,
            "是否被取整掩盖",
            "Over the limit, and within it as printed with three decimals",
            nullable=False,
        ),
    ),
    sort=("school_year", "standard", "source", "county_code", "stage", "indicator", "variant"),
    origin="units, unit_indicators, county_dispersion",
)

LEAST_CHANGES = Contract(
    "least_changes",
    "每标准、每县、每学段、每指标、每种变动、每学年一行：哪一所学校最少变动多少就反转结论（非官方）",
    "One row per standard, county, stage, indicator, kind and school year: the least change that turns the verdict.",
    ("school_year", "standard", "source", "county_code", "stage", "indicator", "change_of"),
    (
        YEAR,
        STANDARD,
        SOURCE,
        *PLACE,
        STAGE,
        INDICATOR,
        MEASURE,
        Column(
            "change_of",
            pl.String,
            "变动的是",
            "What is changed",
            nullable=False,
            one_of=("resource", "pupils"),
            note="of one school, all else as reported; pupils only where no shared resource is split by them",
        ),
        UNIT_ID,
        SCHOOL_NAME,
        Column("counted_in", pl.String, "变动的单位", "Natural unit of the change", nullable=False),
        Column("change", pl.Int64, "最小变动", "Least whole number more or fewer, of the whole school", nullable=False),
        figure("value_before", "变动前指标值", "Value of the unit as reported"),
        figure("value", "变动后指标值", "Value of the unit after the change"),
        Column("judged", pl.String, "判定所依", "Coefficient that is held against the limit", nullable=False),
        figure("cv_before", "变动前差异系数", "That coefficient as reported", minimum=0, unit="1"),
        figure("cv", "变动后差异系数", "That coefficient after the change", minimum=0, unit="1"),
        figure("limit", "限值", "Limit of the standard", minimum=0, unit="1"),
        status("status_before", "变动前结论", "Status as reported"),
        status("status", "变动后结论", "Status after the change"),
    ),
    sort=("school_year", "standard", "source", "county_code", "stage", "indicator", "change_of"),
    origin="units, unit_indicators, county_dispersion",
)

CAUSES = ("resources", "pupils", "opened", "closed", "regrouped", "reporting", "corrections", "relaxations")
"""The causes of a change, in the order in which they are told."""
PARTS_TOLERANCE = 1e-12
"""By how much the parts may miss the change, of the figure itself where that is above 1."""
_CAUSE_LABELS = (
    ("resources", "资源", "Part of the resources of the units of both years"),
    ("pupils", "在校生", "Part of what is divided by (pupils, classes) in the units of both years, and of their split"),
    ("opened", "新增单位", "Part of the units that count this year only"),
    ("closed", "减少单位", "Part of the units that counted the year before only"),
    ("regrouped", "合并拆分", "Part of the units of mergers and splits, which go in and out together"),
    ("reporting", "上报与否", "Part of units that count in both years and have a value in one of them"),
    ("corrections", "更正", "What corrections make of the change as handed in"),
    ("relaxations", "标准放宽", "What dated relaxations of the standard make of the change"),
)
_SIZE = pl.max_horizontal(pl.lit(1.0), pl.col("value_before").abs(), pl.col("value").abs())

CHANGE_CAUSES = Contract(
    "change_causes",
    "每标准、每县、每学段、每指标、平均值或差异系数、每学年一行：与上一学年相比的变化由哪些原因造成（非官方）",
    "One row per standard, county, stage, indicator, figure and school year: what made the change since the year before.",
    ("school_year", "standard", "source", "county_code", "stage", "indicator", "figure"),
    (
        YEAR,
        STANDARD,
        SOURCE,
        *PLACE,
        STAGE,
        INDICATOR,
        MEASURE,
        Column("figure", pl.String, "数字", "Which figure changed", nullable=False, one_of=("mean", "cv")),
        figure("value_before", "上年值", "Figure the year before"),
        figure("value", "本年值", "Figure"),
        figure("change", "变化", "value − value_before"),
        *(figure(name, zh, en) for name, zh, en in _CAUSE_LABELS),
        Column(
            "series_mark",
            pl.String,
            "区划变更",
            "How the year before is read where the county's code or boundaries changed; null where nothing changed",
            one_of=SERIES,
        ),
        REASON,
    ),
    (
        Rule(
            "parts_are_the_change",
            (*CAUSES, "change", "value_before", "value"),
            (),
            (pl.sum_horizontal(CAUSES, ignore_nulls=False) - pl.col("change")).abs() <= PARTS_TOLERANCE * _SIZE,
        ),
    ),
    sort=("school_year", "standard", "source", "county_code", "stage", "indicator", "figure"),
    origin="units, unit_indicators, county_dispersion of two school years, school_changes, corrections",
)

WHY_TABLES = (VERDICT_ROBUSTNESS, LEAST_CHANGES, CHANGE_CAUSES)
