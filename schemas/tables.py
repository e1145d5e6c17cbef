"""The contract of every table, by its one name: asset, file and contract are called the same."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import polars as pl

from schemas.columns import (
    FILE,
    INDICATOR,
    MEASURE,
    PLACE,
    PROVINCE,
    REASON,
    ROW,
    SCHOOL,
    SCHOOL_NAME,
    SHEET,
    SOURCE,
    STAGE,
    STAGES,
    STANDARD,
    UNIT_ID,
    YEAR,
    count,
    figure,
    status,
)
from schemas.contract import DECIMAL, Column, Contract, Rule, by_name
from schemas.corrections import CORRECTIONS
from schemas.county import COUNTY_INPUTS
from schemas.coverage import COVERAGE, DECIDING_UNITS
from schemas.explanations import EXPERIENCE_FINDINGS, FINDING_EXPLANATIONS
from schemas.forms_tables import FORM_TABLES
from schemas.integrity import INTEGRITY_SIGNALS
from schemas.judgement import (
    ASSESSMENT_STAGES,
    COUNTY_CHECKS,
    COUNTY_ITEMS,
    COUNTY_PARTS,
    COUNTY_VERDICTS,
    EVIDENCE_INDEX,
    GROUP_DISPERSION,
    LEDGER,
    PIONEER_CANDIDATES,
    PLANS,
    POPULARISATION,
    SCHOOL_CHECKS,
)
from schemas.lineage import LINEAGE_TABLES, SERIES
from schemas.origins import COLUMNS_READ
from schemas.planning import PLANNING_TABLES
from schemas.reconciliation import RECONCILIATION
from schemas.why import WHY_TABLES

HERE = Path(__file__).parent
BANDS = ("0_25", "26_30", "31_35", "36_40", "41_45", "46_50", "51_55", "56_60", "61_65", "66_up")
EQUIPMENT_PER_PUPIL_MAX = 1_000_000
"""Yuan of equipment per pupil above which 万元 were given as yuan; a default of ours, three orders above any norm."""

_TYPES = {
    "text": pl.String,
    "count": pl.Int64,
    "decimal": DECIMAL,
    "year": pl.Int32,
    "yesno": pl.Boolean,
    "date": pl.Date,
}


@cache
def school_fields() -> tuple[dict[str, str], ...]:
    """The field dictionary of a school's annual return, one entry per column of `schools`."""
    with (HERE / "school_fields.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines))


@cache
def codes(name: str) -> tuple[dict[str, str], ...]:
    """A code list (`school_types`, `areas`, `operators`, `provinces`), one entry per code."""
    with (HERE / "codes" / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines))


@cache
def county_fact_fields() -> dict[str, dict[str, str]]:
    """The dictionary of facts that a county reports itself, by fact: type, unit and labels."""
    with (HERE / "county_facts.csv").open(encoding="utf-8", newline="") as lines:
        return {entry["fact"]: entry for entry in csv.DictReader(lines)}


def _code_values(name: str) -> tuple[str, ...]:
    return tuple(entry["code"] for entry in codes(name))


_COLUMN_LIMITS: dict[str, dict[str, object]] = {
    "school_id": {"nullable": False},
    "county_code": {"nullable": False},
    "county_name": {"nullable": False},
    "school_name": {"nullable": False, "pattern": r"\S"},
    "school_type_code": {"nullable": False, "one_of": _code_values("school_types")},
    "area_code": {"one_of": _code_values("areas")},
    "operator_code": {"one_of": _code_values("operators")},
    "founded_year": {"minimum": 1000, "maximum": 2100},
    "off_post_since_year": {"minimum": 1900, "maximum": 2100},
}
_TYPE_LIMITS: dict[str, dict[str, object]] = {
    "count": {"minimum": 0, "maximum": 100_000_000},
    "decimal": {"minimum": 0, "maximum": 10_000_000_000},
}


def _field_column(entry: dict[str, str]) -> Column:
    limits = _TYPE_LIMITS.get(entry["type"], {}) | _COLUMN_LIMITS.get(entry["column"], {})
    return Column(
        entry["column"],
        _TYPES[entry["type"]],
        entry["label_zh"],
        entry["label_en"],
        entry["unit"],
        **limits,  # type: ignore[arg-type]
    )


def _sum_rule(name: str, total: str, parts: tuple[str, ...], *, refuse_total: bool = True) -> Rule:
    parts_sum = pl.sum_horizontal([pl.col(part) for part in parts], ignore_nulls=False)
    return Rule(name, (total, *parts), ((total,) if refuse_total else ()) + parts, parts_sum == pl.col(total))


def _part_rule(name: str, parts: tuple[str, ...], whole: str, *, keep_whole: bool = False) -> Rule:
    parts_sum = pl.sum_horizontal([pl.col(part) for part in parts], ignore_nulls=True)
    return Rule(name, (*parts, whole), parts if keep_whole else (*parts, whole), parts_sum <= pl.col(whole))


def _school_rules() -> tuple[Rule, ...]:
    """Logic checks known from practice; each refuses all that it reads but pupils and key."""
    rules: list[Rule] = []
    for stage in STAGES:
        full_time = f"full_time_teachers_{stage}"
        grades = range(1, 7) if stage == "primary" else range(1, 5)
        grade_columns = [f"pupils_grade_{grade}_{stage}" for grade in grades]
        last = pl.lit(0) if stage == "primary" else pl.col(grade_columns[-1]).fill_null(0)
        known = grade_columns if stage == "primary" else grade_columns[:-1]
        rules += [
            Rule(
                f"grades_are_pupils_{stage}",
                (f"pupils_{stage}", *grade_columns),
                tuple(grade_columns),
                pl.sum_horizontal(known, ignore_nulls=False) + last == pl.col(f"pupils_{stage}"),
            ),
            Rule(
                f"entrants_are_grade_1_{stage}",
                (f"entrants_{stage}", f"pupils_grade_1_{stage}"),
                (f"entrants_{stage}", f"pupils_grade_1_{stage}"),
                pl.col(f"entrants_{stage}") == pl.col(f"pupils_grade_1_{stage}"),
            ),
            _sum_rule(
                f"qualifications_are_teachers_{stage}",
                full_time,
                tuple(
                    f"teachers_{level}_{stage}"
                    for level in ("doctor", "master", "bachelor", "college", "upper_secondary")
                ),
            ),
            _sum_rule(
                f"titles_are_teachers_{stage}",
                full_time,
                tuple(
                    f"teachers_{title}_{stage}"
                    for title in ("full_senior", "senior_title", "mid", "assistant", "junior_title", "untitled")
                ),
            ),
            _sum_rule(f"bands_are_classes_{stage}", f"classes_{stage}", tuple(f"classes_{b}_{stage}" for b in BANDS)),
            _part_rule(f"key_teachers_within_{stage}", (f"key_teachers_{stage}",), full_time),
            _part_rule(
                f"pe_arts_teachers_within_{stage}",
                tuple(f"{subject}_teachers_{stage}" for subject in ("pe", "music", "fine_arts", "arts")),
                full_time,
            ),
            _part_rule(f"certified_within_{stage}", (f"certified_teachers_{stage}",), full_time),
            _part_rule(f"trained_within_{stage}", (f"trained_teachers_{stage}",), full_time),
            _part_rule(f"under_45_within_{stage}", (f"teachers_under_45_{stage}",), full_time),
            _part_rule(
                f"multimedia_within_{stage}",
                (f"multimedia_teachers_under_45_{stage}",),
                f"teachers_under_45_{stage}",
            ),
            *(
                _part_rule(f"{group}_within_{stage}", (f"{group}_{stage}",), f"pupils_{stage}", keep_whole=True)
                for group in ("boarders", "migrant_children", "left_behind_children", "catchment_pupils")
            ),
            Rule(
                f"classes_for_pupils_{stage}",
                (f"pupils_{stage}", f"classes_{stage}"),
                (f"classes_{stage}",),
                (pl.col(f"pupils_{stage}") == 0) | (pl.col(f"classes_{stage}") > 0),
            ),
        ]
    pupils = pl.sum_horizontal(["pupils_primary", "pupils_junior", "pupils_senior"], ignore_nulls=True)
    rules += [
        _part_rule("indoor_sports_within", ("indoor_sports_area_m2",), "teaching_auxiliary_area_m2"),
        Rule(
            "equipment_for_laboratory",
            ("equipment_value_yuan", "is_laboratory_kit_meets"),
            ("equipment_value_yuan", "is_laboratory_kit_meets"),
            ~pl.col("is_laboratory_kit_meets") | (pl.col("equipment_value_yuan").cast(pl.Float64) > 0),
        ),
        Rule(
            "equipment_in_wan",
            ("equipment_value_yuan", "pupils_primary", "pupils_junior", "pupils_senior"),
            ("equipment_value_yuan",),
            pl.col("equipment_value_yuan").cast(pl.Float64)
            <= EQUIPMENT_PER_PUPIL_MAX * pl.when(pupils > 0).then(pupils),
        ),
    ]
    return tuple(rules)


SCHOOLS = Contract(
    "schools",
    "每校每学年一行：收到并通过检验的年度报表",
    "One row per school and school year: the annual return as received and accepted.",
    ("school_year", "source", "school_id", "return_part"),
    (
        YEAR,
        SOURCE,
        PROVINCE,
        Column(
            "return_part",
            pl.String,
            "报表部分",
            "Part of the school that the row reports",
            nullable=False,
            one_of=("whole", "primary", "junior"),
            note="primary or junior where a source gives each stage a file of its own",
        ),
        *(_field_column(entry) for entry in school_fields()),
        FILE,
        SHEET,
        ROW,
    ),
    _school_rules(),
    sort=("school_year", "source", "county_code", "school_id", "return_part"),
    origin="annual return; header, file and row stand in returns, file, sheet, row",
)

RETURNS = Contract(
    "returns",
    "每个文件、每种版式一行：识别结果与收录情况",
    "One row per file of the inbox and layout found in it: what it was recognised as, and what became of its rows.",
    ("file", "layout"),
    (
        Column("school_year", pl.Int32, "学年", "School year, null where none could be read", "year"),
        Column("source", pl.String, "数据来源", "Source, null where the file was not recognised"),
        Column(
            "layout",
            pl.String,
            "版式",
            "Layout of the source that the headers were recognised as, empty where none was",
            nullable=False,
        ),
        FILE,
        Column(
            "sha256", pl.String, "SHA-256", "SHA-256 of the file's bytes", nullable=False, pattern=r"^[0-9a-f]{64}$"
        ),
        count("size_bytes", "字节数", "Size", "bytes"),
        Column("format", pl.String, "格式", "Format and encoding"),
        Column("sheets", pl.String, "读取的工作表", "Sheets read, joined by |"),
        Column(
            "status",
            pl.String,
            "收录情况",
            "What became of the file",
            nullable=False,
            one_of=("accepted", "partly_accepted", "superseded", "refused", "ignored", "withdrawn"),
        ),
        count("rows_read", "读取行数", "Rows read", "rows"),
        count("rows_accepted", "收录行数", "Rows accepted", "rows"),
        count("rows_refused", "拒收行数", "Rows refused", "rows"),
        count("rows_superseded", "被取代行数", "Rows superseded by another file", "rows"),
        count("cells_refused", "拒收单元格数", "Cells refused in accepted rows", "cells"),
        Column("superseded_by", pl.String, "取代它的文件", "Files whose rows superseded some of this one, joined by |"),
        Column("unknown_columns", pl.String, "未知列", "Columns that the source's map does not know, joined by |"),
        REASON,
    ),
    (
        Rule(
            "rows_add_up",
            ("rows_read", "rows_accepted", "rows_refused", "rows_superseded"),
            (),
            pl.col("rows_read") == pl.col("rows_accepted") + pl.col("rows_refused") + pl.col("rows_superseded"),
        ),
    ),
    origin="files of the inbox",
)

QUARANTINE = Contract(
    "quarantine",
    "每处被拒收的文件、行或单元格一行",
    "One row per refused file, row or cell, with the rule and what to do.",
    (),
    (
        Column("school_year", pl.Int32, "学年", "School year, null where none could be read", "year"),
        Column("source", pl.String, "数据来源", "Source, null where the file was not recognised"),
        FILE,
        SHEET,
        ROW,
        Column("level", pl.String, "层级", "What is refused", nullable=False, one_of=("file", "row", "cell")),
        Column("county_code", pl.String, "县级行政区划代码", "County code as the row gives it"),
        Column("school_id", pl.String, "学校标识码", "School identifier as the row gives it"),
        Column("header", pl.String, "列", "Header of the column in the file"),
        Column("column", pl.String, "字段", "Column of the table that the row goes to"),
        Column("value", pl.String, "值", "The value as the file gives it"),
        Column("rule", pl.String, "规则", "Rule that was broken", nullable=False),
        Column("message", pl.String, "说明与处理", "What is wrong and what to do, Chinese", nullable=False),
        Column("message_en", pl.String, "说明（英文）", "What is wrong and what to do, English", nullable=False),
        Column("record", pl.String, "整行原文", "The whole refused row as read, as JSON"),
        Column(
            "mended_by",
            pl.String,
            "已由何处改正",
            "File whose row has taken this one's place since, or correction that set the cell; null while it is open",
        ),
    ),
    sort=("file", "sheet", "row", "column", "rule"),
    origin="files of the inbox",
)

_FIELD_COLUMNS = {column.name: column for column in SCHOOLS.columns}


def stage_fields() -> dict[str, dict[str, str]]:
    """For each stage, the fields that returns give by stage: name without the stage → column of `schools`."""
    by_stage: dict[str, dict[str, str]] = {"primary": {}, "junior": {}, "senior": {}}
    for entry in school_fields():
        if entry["stage"]:
            by_stage[entry["stage"]][entry["base"]] = entry["column"]
    return by_stage


def shared_fields() -> tuple[str, ...]:
    """Additive fields that a school reports once for all its stages (areas, books, rooms, money, posts)."""
    return tuple(
        entry["column"] for entry in school_fields() if not entry["stage"] and entry["type"] in ("count", "decimal")
    )


def unit_fields() -> tuple[str, ...]:
    """Every additive field of a unit: those given by stage, without its name, then those shared by the stages."""
    bases = dict.fromkeys(base for stage in STAGES for base in stage_fields()[stage])
    return (*bases, *shared_fields())


@cache
def finding_fields() -> tuple[str, ...]:
    """The yes/no findings that a school reports once for all its stages."""
    return tuple(entry["column"] for entry in school_fields() if entry["group"] == "findings")


UNIT_FACTS = ("founded_year", "is_boarding", "is_operating", "off_post_since_year")
"""What else of a school's return goes with each of its units."""


def _unit_field_columns() -> tuple[Column, ...]:
    columns: list[Column] = []
    for entry in school_fields():
        base = entry["base"]
        if base in {column.name for column in columns} or entry["type"] not in ("count", "decimal"):
            continue
        if entry["stage"] == "senior":
            continue
        zh = entry["label_zh"].removeprefix("小学").removeprefix("初中") if entry["stage"] else entry["label_zh"]
        en = entry["label_en"].rsplit(", ", 1)[0] if entry["stage"] else f"{entry['label_en']}, of the whole school"
        columns.append(Column(base, _TYPES[entry["type"]], zh, en, entry["unit"], minimum=0))
    return tuple(columns)


def _unit_fact_columns() -> tuple[Column, ...]:
    named = (*UNIT_FACTS, *finding_fields())
    return tuple(_field_column(entry) for entry in school_fields() if entry["column"] in named)


UNITS = Contract(
    "units",
    "每标准、每校、每学段、每学年一行：评估单位及其是否计入",
    "One row per standard, school, stage and school year: the evaluation unit, and whether it counts.",
    ("school_year", "standard", "source", "unit_id"),
    (
        YEAR,
        STANDARD,
        SOURCE,
        *PLACE,
        STAGE,
        UNIT_ID,
        SCHOOL,
        SCHOOL_NAME,
        Column("school_type_code", pl.String, "办学类型代码", "School type code", nullable=False),
        Column("operator_code", pl.String, "举办者代码", "Operator code"),
        Column("area", pl.String, "城乡", "Area", one_of=("urban", "town", "rural")),
        Column(
            "standing",
            pl.String,
            "计入情况",
            "Whether the unit counts",
            nullable=False,
            one_of=("counted", "suspended", "out_of_scope", "listed"),
            note="suspended: no pupils; out_of_scope: the standard leaves it out; listed: a teaching point too small",
        ),
        REASON,
        count("merged_sites", "并入的不计校数办学点", "Uncounted sites added to the school", "sites"),
        Column(
            "share_numerator", pl.Int64, "拆分权数", "Weighted pupils of the stage (weights × 100)", "weighted pupils"
        ),
        Column(
            "share_denominator",
            pl.Int64,
            "拆分总权数",
            "Weighted pupils of the school (weights × 100)",
            "weighted pupils",
        ),
        *_unit_fact_columns(),
        *_unit_field_columns(),
        FILE,
        SHEET,
        ROW,
    ),
    sort=("school_year", "standard", "source", "county_code", "stage", "unit_id"),
    origin="schools, split and scoped by the standard",
)

UNIT_INDICATORS = Contract(
    "unit_indicators",
    "每标准、每评估单位、每指标、每学年一行",
    "One row per standard, evaluation unit, indicator and school year; units that count only.",
    ("school_year", "standard", "source", "unit_id", "indicator"),
    (
        YEAR,
        STANDARD,
        SOURCE,
        *PLACE,
        STAGE,
        UNIT_ID,
        SCHOOL,
        SCHOOL_NAME,
        Column("area", pl.String, "城乡", "Area", one_of=("urban", "town", "rural")),
        INDICATOR,
        MEASURE,
        Column("pupils", pl.Int64, "在校生数", "Pupils of the stage", "people", minimum=0),
        figure("numerator", "分子", "The unit's resource", unit="of the resource"),
        figure("denominator", "分母", "What it is divided by", minimum=0, unit="pupils or classes"),
        figure("value", "指标值", "Value"),
        figure("norm", "标准值", "Norm of the standard, null where it sets none"),
        figure("floor", "底线值", "The share of the norm that must be reached in any case"),
        Column(
            "status",
            pl.String,
            "结论",
            "Against the norm",
            nullable=False,
            one_of=("met", "not_met", "undetermined", "no_norm"),
        ),
        Column(
            "is_at_floor", pl.Boolean, "是否达到底线", "At or above the floor; null where undetermined or none is set"
        ),
        Column("asserted", pl.Boolean, "自报结论", "What the county says of the unit, null where it says nothing"),
        Column("relaxation", pl.String, "适用的放宽条款", "Relaxation applied, null where none"),
        REASON,
    ),
    sort=("school_year", "standard", "source", "county_code", "stage", "unit_id", "indicator"),
    origin="units, formula of the standard",
)

COUNTY_DISPERSION = Contract(
    "county_dispersion",
    "每标准、每县、每学段、每指标、每学年一行；综合差异系数自成一行",
    "One row per standard, county, stage, indicator and school year; the composite is a row of its own.",
    ("school_year", "standard", "source", "county_code", "stage", "indicator"),
    (
        STANDARD,
        SOURCE,
        *PLACE,
        STAGE,
        INDICATOR,
        MEASURE,
        YEAR,
        count("units", "评估单位数", "Units that count, pupils known or not"),
        count("units_reporting", "有值的评估单位数", "Units with a value"),
        Column(
            "pupils", pl.Int64, "在校生数", "Pupils of the units that count, as far as reported", "people", minimum=0
        ),
        figure("mean", "全县平均值", "Mean over reporting units: total by total"),
        figure("sd", "标准差", "Weighted standard deviation over reporting units", minimum=0),
        figure("cv", "差异系数", "Difference coefficient over reporting units", minimum=0, unit="1"),
        figure("limit", "限值", "Limit of the standard, null where it sets none", minimum=0, unit="1"),
        figure("margin", "余量", "limit − cv", unit="1"),
        status(),
        REASON,
        figure(
            "cv_low",
            "差异系数下界",
            "Lowest CV that missing units allow; cv where none is missing",
            minimum=0,
            unit="1",
        ),
        figure(
            "cv_high",
            "差异系数上界",
            "Highest CV that missing units allow; cv where none is missing",
            minimum=0,
            unit="1",
        ),
    ),
    sort=("school_year", "standard", "source", "county_code", "stage", "indicator"),
    origin="unit_indicators, limits of the standard",
)

SUPPRESSED_CELLS = Contract(
    "suppressed_cells",
    "公开版中每个不公开的县级数字一行，及其所依规则",
    "One row per county figure of `county_dispersion` that the public edition withholds, and by which rule.",
    ("school_year", "standard", "source", "county_code", "stage", "indicator"),
    (
        YEAR,
        STANDARD,
        SOURCE,
        *PLACE,
        STAGE,
        INDICATOR,
        count("units_reporting", "有值的评估单位数", "Units with a value"),
        Column(
            "rule",
            pl.String,
            "规则",
            "Rule by which it is withheld",
            nullable=False,
            one_of=("few_units", "dominance", "other_standard", "composite"),
            note="explained in disclosure.md",
        ),
    ),
    sort=("school_year", "standard", "source", "county_code", "stage", "indicator"),
    origin="unit_indicators, county_dispersion, rules of disclosure",
)

VARIANCE_SHARES = Contract(
    "variance_shares",
    "每标准、每评估单位、每指标、每学年一行：该单位占加权方差的份额",
    "One row per standard, reporting unit, indicator and school year: its share of the county's weighted variance.",
    ("school_year", "standard", "source", "unit_id", "indicator"),
    (
        YEAR,
        STANDARD,
        SOURCE,
        *PLACE,
        STAGE,
        UNIT_ID,
        SCHOOL_NAME,
        INDICATOR,
        MEASURE,
        figure("value", "指标值", "Value"),
        figure("mean", "全县平均值", "Mean of the county"),
        figure("weight_share", "权重份额", "Share of the county's weight", minimum=0, unit="1"),
        figure("variance_share", "方差份额", "Share of the weighted variance; null where the variance is 0", unit="1"),
        figure("cv_without", "剔除后差异系数", "CV of the county with this unit left out", minimum=0, unit="1"),
    ),
    sort=("school_year", "standard", "source", "county_code", "stage", "indicator", "unit_id"),
    origin="unit_indicators",
)

SCHOOL_VERDICTS = Contract(
    "school_verdicts",
    "每标准、每评估单位、每学年一行：是否达到学校标准（仅有学校标准的标准）",
    "One row per standard with a school rule, evaluation unit and school year: does the unit meet the rule.",
    ("school_year", "standard", "source", "unit_id"),
    (
        YEAR,
        STANDARD,
        SOURCE,
        *PLACE,
        STAGE,
        UNIT_ID,
        SCHOOL_NAME,
        Column("pupils", pl.Int64, "在校生数", "Pupils of the stage", "people", minimum=0),
        count("indicators", "指标个数", "Indicators", "indicators"),
        count("indicators_met", "达标指标个数", "Indicators at the norm", "indicators"),
        count("indicators_not_met", "未达标指标个数", "Indicators below the norm", "indicators"),
        count("indicators_undetermined", "无法判定的指标个数", "Indicators that cannot be judged", "indicators"),
        count("indicators_below_floor", "低于底线的指标个数", "Indicators below the floor", "indicators"),
        Column("below_norm", pl.String, "未达标指标", "Indicators below the norm, joined by |"),
        Column("not_reported", pl.String, "未上报指标", "Indicators without a value, joined by |"),
        status(),
        REASON,
    ),
    sort=("school_year", "standard", "source", "county_code", "stage", "unit_id"),
    origin="unit_indicators, school rule of the standard",
)

RESOURCE_VERDICTS = Contract(
    "resource_verdicts",
    "每标准、每县、每学年、每学段一行；stage = all 为全县结论",
    "One row per standard, county, school year and stage; stage = all is the county's verdict.",
    ("school_year", "standard", "source", "county_code", "stage"),
    (
        STANDARD,
        SOURCE,
        *PLACE,
        YEAR,
        Column("stage", pl.String, "学段", "Stage, or all", nullable=False, one_of=(*STAGES, "all")),
        count("units", "评估单位数", "Units that count"),
        count("units_meeting", "达到学校标准的单位数", "Units that meet the school rule"),
        count("units_failing", "未达到学校标准的单位数", "Units that fail it"),
        count("units_undetermined", "无法判定的单位数", "Units that cannot be judged"),
        count("limits_met", "达标的差异系数个数", "Dispersion limits met", "limits"),
        count("limits_failed", "超限的差异系数个数", "Dispersion limits exceeded", "limits"),
        count("limits_undetermined", "无法判定的差异系数个数", "Dispersion limits that cannot be judged", "limits"),
        status("school_rule", "学校标准结论", "School rule"),
        status("dispersion", "差异系数结论", "Dispersion"),
        status("verdict", "结论", "Verdict on the resource part of the standard"),
        REASON,
    ),
    origin="county_dispersion and school_verdicts",
)

YEAR_OVER_YEAR = Contract(
    "year_over_year",
    "每标准、每县（或评估单位）、每学段、每指标、每学年一行：与上一学年比较",
    "One row per standard, county or unit, stage, indicator and school year: the change since the year before.",
    ("school_year", "standard", "source", "county_code", "series", "unit_id", "stage", "indicator"),
    (
        YEAR,
        STANDARD,
        SOURCE,
        *PLACE,
        STAGE,
        INDICATOR,
        MEASURE,
        Column(
            "series",
            pl.String,
            "序列",
            "What is compared",
            nullable=False,
            one_of=("county", "common", "unit", "opened", "closed", "merged", "split"),
            note="county: all units; common: only those with a value in both years; unit, opened, closed: one unit; "
            "merged, split: the units of one merger or split, together on both sides",
        ),
        Column("unit_id", pl.String, "评估单位", "Evaluation unit, empty for the county's series", nullable=False),
        Column("unit_id_before", pl.String, "上年评估单位", "Unit the year before where its identifier was another"),
        Column("school_name", pl.String, "学校名称", "School name, null for the county's series"),
        figure("value_before", "上年值", "Value or mean the year before"),
        figure("value", "本年值", "Value or mean"),
        figure("change", "变化", "value − value_before"),
        figure("change_percent", "变化百分比", "Change, in percent of the year before", unit="percent"),
        figure("cv_before", "上年差异系数", "CV the year before", minimum=0, unit="1"),
        figure("cv", "本年差异系数", "CV", minimum=0, unit="1"),
        figure("cv_change", "差异系数变化", "cv − cv_before", unit="1"),
        Column("pupils_before", pl.Int64, "上年在校生数", "Pupils the year before", "people"),
        Column("pupils", pl.Int64, "在校生数", "Pupils", "people"),
        Column(
            "units_common",
            pl.Int64,
            "两年均有值的单位数",
            "Units with a value in both years; null for a unit's row",
            "units",
        ),
        Column("units_opened", pl.Int64, "新增单位数", "Units of this year only; null for a unit's row", "units"),
        Column("units_closed", pl.Int64, "减少单位数", "Units of the year before only; null for a unit's row", "units"),
        Column(
            "units_regrouped",
            pl.Int64,
            "合并拆分后的单位数",
            "Units that came out of a merger or split since the year before; null for a unit's row",
            "units",
        ),
        Column(
            "series_mark",
            pl.String,
            "区划变更",
            "How years before a change of the county's code or boundaries are read; null where nothing changed",
            one_of=SERIES,
            note="continued, rebuilt on this year's boundaries, or b: broken, nothing is compared across it",
        ),
        REASON,
    ),
    sort=("school_year", "standard", "source", "county_code", "series", "unit_id", "stage", "indicator"),
    origin="unit_indicators and county_dispersion of two school years",
)

THREE_YEAR_MONITORING = Contract(
    "three_year_monitoring",
    "每标准、每县、每学段、每指标、每学年一行：本年与前两年；indicator = verdict 为全县结论",
    "One row per standard, county, stage, indicator and school year: the window of three years that ends with it.",
    ("school_year", "standard", "source", "county_code", "stage", "indicator"),
    (
        YEAR,
        STANDARD,
        SOURCE,
        *PLACE,
        Column("stage", pl.String, "学段", "Stage, or all for the verdict", nullable=False, one_of=(*STAGES, "all")),
        INDICATOR,
        MEASURE,
        figure("mean_two_years_before", "前年平均值", "Mean two years before"),
        figure("mean_year_before", "上年平均值", "Mean the year before"),
        figure("mean", "本年平均值", "Mean"),
        figure("cv_two_years_before", "前年差异系数", "CV two years before", unit="1"),
        figure("cv_year_before", "上年差异系数", "CV the year before", unit="1"),
        figure("cv", "本年差异系数", "CV", unit="1"),
        figure("limit", "限值", "Limit of the standard this year", unit="1"),
        figure("margin", "余量", "limit − cv", unit="1"),
        status("status_two_years_before", "前年结论", "Status two years before", ("no_data",)),
        status("status_year_before", "上年结论", "Status the year before", ("no_data",)),
        status("status", "本年结论", "Status", ("no_data",)),
        Column(
            "direction",
            pl.String,
            "方向",
            "Direction of the CV over the window",
            nullable=False,
            one_of=("improving", "worsening", "mixed", "steady", "undetermined"),
        ),
        Column(
            "consecutive_worsening",
            pl.Int64,
            "连续变差年数",
            "Years in a row, up to two, in which the CV rose",
            "years",
        ),
        Column(
            "breaches",
            pl.Int64,
            "超限年数",
            "Years of the window known to be over the limit; null if no year could be judged",
            "years",
            minimum=0,
        ),
        Column(
            "is_over_limit_again",
            pl.Boolean,
            "窗口内由达标转为超限",
            "Over the limit after a year within it; null if unknown",
        ),
        Column("is_worse_than_year_before", pl.Boolean, "较上年变差", "CV above the year before's; null if unknown"),
        status("held", "三年保持", "Whether the limit or standard was held in each of the three years"),
        Column("window", pl.String, "窗口", "Completeness", nullable=False, one_of=("complete", "incomplete")),
        Column("years_missing", pl.String, "缺少的学年", "Years of the window without data, joined by |"),
        Column(
            "series_mark",
            pl.String,
            "区划变更",
            "How years before a change of the county's code or boundaries are read; null where nothing changed",
            one_of=SERIES,
            note="continued, rebuilt on this year's boundaries, or b: broken, nothing is compared across it",
        ),
    ),
    origin="county_dispersion and resource_verdicts of three school years",
)

TABLES = by_name(
    (
        SCHOOLS,
        RETURNS,
        QUARANTINE,
        COLUMNS_READ,
        *FORM_TABLES,
        UNITS,
        UNIT_INDICATORS,
        COUNTY_DISPERSION,
        SUPPRESSED_CELLS,
        VARIANCE_SHARES,
        SCHOOL_VERDICTS,
        RESOURCE_VERDICTS,
        YEAR_OVER_YEAR,
        THREE_YEAR_MONITORING,
        *LINEAGE_TABLES,
        INTEGRITY_SIGNALS,
        RECONCILIATION,
        COVERAGE,
        DECIDING_UNITS,
        EXPERIENCE_FINDINGS,
        FINDING_EXPLANATIONS,
        *PLANNING_TABLES,
        *COUNTY_INPUTS,
        CORRECTIONS,
        SCHOOL_CHECKS,
        COUNTY_CHECKS,
        COUNTY_ITEMS,
        COUNTY_PARTS,
        COUNTY_VERDICTS,
        LEDGER,
        ASSESSMENT_STAGES,
        EVIDENCE_INDEX,
        PLANS,
        POPULARISATION,
        GROUP_DISPERSION,
        PIONEER_CANDIDATES,
        *WHY_TABLES,
    )
)
"""Every table by name, in the order in which the data flow."""
