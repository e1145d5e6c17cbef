"""Contracts of the tables that say why: all but the official coefficient is arithmetic of ours, and says so."""

from __future__ import annotations

import polars as pl

from schemas.columns import (
    INDICATOR,
    MEASURE,
    PLACE,
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
from schemas.contract import Column, Contract

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

WHY_TABLES = (VERDICT_ROBUSTNESS, LEAST_CHANGES)
