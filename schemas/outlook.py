"""Tables of where it is heading: pupils of the next years, and when an indicator would cross its limit."""

from __future__ import annotations

import polars as pl

from schemas.columns import INDICATOR, PLACE, SOURCE, STAGE, STANDARD, YEAR, count, figure
from schemas.contract import Column, Contract

PUPIL_PROJECTIONS = Contract(
    "pupil_projections",
    "每县、每学段、每学年、往后每一年一行：预计在校生数及其误差",
    "One row per county, stage, school year and year ahead: pupils projected, with the errors that were made before.",
    ("school_year", "source", "county_code", "stage", "horizon"),
    (
        YEAR,
        SOURCE,
        *PLACE,
        STAGE,
        count("horizon", "往后年数", "School years ahead", "years"),
        Column("projected_year", pl.Int32, "预计学年", "School year projected", "year", nullable=False),
        Column(
            "method",
            pl.String,
            "方法",
            "cohort: carried on from grade to grade; same: as many as this year, where that erred less",
            nullable=False,
            one_of=("cohort", "same"),
        ),
        count("pupils_now", "今年在校生数", "Pupils this year", "people"),
        figure("pupils", "预计在校生数", "Pupils projected", minimum=0, unit="people"),
        figure("pupils_low", "下限", "Lower end: four of five trials lay between the ends", minimum=0, unit="people"),
        figure("pupils_high", "上限", "Upper end", minimum=0, unit="people"),
        figure(
            "error_cohort", "年级推移法误差", "Mean relative error of the cohorts in trials", minimum=0, unit="share"
        ),
        figure("error_same", "照旧误差", "Mean relative error of “as many as this year”", minimum=0, unit="share"),
        count("trials", "检验次数", "Trials: counties and years whose outcome is known", "trials"),
        count("origins", "检验起点年数", "School years from which was projected", "years"),
    ),
    origin="pupils by grade of the returns up to the school year",
)

LIMIT_CROSSINGS = Contract(
    "limit_crossings",
    "每标准、每县、每学段、每指标、每学年一行：照目前趋势哪一年越过限值",
    "One row per standard, county, stage, indicator and school year: when the coefficient would cross its limit at the "
    "present trend.",
    ("school_year", "standard", "source", "county_code", "stage", "indicator"),
    (
        YEAR,
        STANDARD,
        SOURCE,
        *PLACE,
        STAGE,
        INDICATOR,
        count("years", "用到的年数", "School years that the trend is taken of", "years"),
        figure("cv", "差异系数", "Coefficient of the school year", minimum=0, unit="1"),
        figure("limit", "限值", "Limit", minimum=0, unit="1"),
        figure("slope", "每年变化", "Median change a year between all pairs of years", unit="1 a year"),
        figure("slope_low", "每年变化下限", "A tenth of the pairs change less", unit="1 a year"),
        figure("slope_high", "每年变化上限", "A tenth of the pairs change more", unit="1 a year"),
        Column("crossing_year", pl.Int32, "越限学年", "School year in which it would cross the limit", "year"),
        Column("crossing_first", pl.Int32, "最早", "The same at the end of the interval that crosses first", "year"),
        Column("crossing_last", pl.Int32, "最晚", "The same at the other end; null where that does not cross", "year"),
        Column(
            "reason",
            pl.String,
            "原因",
            "Why there is no year",
            one_of=("too_few_years", "trend_no_better", "does_not_cross"),
        ),
        figure("error_trend", "趋势误差", "Mean absolute error of the trend in trials three years ahead", minimum=0),
        figure("error_same", "照旧误差", "Mean absolute error of “as this year”", minimum=0),
        count("trials", "检验次数", "Trials", "trials"),
    ),
    origin="county_dispersion of the school years up to this one",
)
PUPIL_CAPACITY = Contract(
    "pupil_capacity",
    "每县、每学段、每学年、往后每一年一行：照今年的教师和班数，学生要占多少",
    "One row per county, stage, school year and year ahead: projected pupils against this year's teachers and classes.",
    ("school_year", "source", "county_code", "stage", "horizon"),
    (
        YEAR,
        SOURCE,
        *PLACE,
        STAGE,
        count("horizon", "往后年数", "School years ahead", "years"),
        Column("projected_year", pl.Int32, "预计学年", "School year projected", "year", nullable=False),
        count("pupils_now", "今年在校生数", "Pupils this year", "people"),
        figure("pupils_low", "下限", "Lower end of the pupils projected", minimum=0, unit="people"),
        figure("pupils_high", "上限", "Upper end", minimum=0, unit="people"),
        figure("urban_share", "城区学生占比", "Share of this year's pupils in urban schools", minimum=0, unit="share"),
        *(
            figure(
                f"pupils_per_{name}{end}",
                f"每{zh}学生数{said[0]}",
                f"Pupils per {en}{said[1]}",
                minimum=0,
                unit="people",
            )
            for name, zh, en in (("teacher", "名专任教师", "full-time teacher"), ("class", "班", "class"))
            for end, said in (
                ("", ("", " this year")),
                ("_low", ("下限", ", lower end")),
                ("_high", ("上限", ", upper end")),
            )
        ),
    ),
    origin="pupil_projections, and the returns of the school year",
)
OUTLOOK_TABLES = (PUPIL_PROJECTIONS, PUPIL_CAPACITY, LIMIT_CROSSINGS)
