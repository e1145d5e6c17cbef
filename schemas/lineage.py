"""Contracts of identity over the years: the register of what happened to schools, and the tables that follow it."""

from __future__ import annotations

import polars as pl

from schemas.columns import COUNTY, COUNTY_NAME, PROVINCE, SCHOOL, SCHOOL_NAME, SOURCE, YEAR
from schemas.contract import Column, Contract, Rule

ONE_TO_ONE = ("renamed", "moved", "recategorised", "recoded", "reopened")
"""Events after which the school is still the same one, whether or not it keeps its identifier."""
REGROUPING = ("merged", "split")
"""Events in which several schools become one, or one becomes several: one row of the register per pair."""
SCHOOL_EVENT_KINDS = (*ONE_TO_ONE, *REGROUPING, "opened", "suspended", "closed")
CHANGES = ("gone", "new", "recoded", "moved", "merged", "split", "suspended", "reopened", "renamed")
"""What the returns of two school years show of a school."""
RETURN_PART = Column(
    "return_part",
    pl.String,
    "报表部分",
    "Part of the school that the row reports",
    nullable=False,
    one_of=("whole", "primary", "junior"),
)


def _has(column: str) -> pl.Expr:
    return pl.col(column).is_not_null()


SCHOOL_EVENTS = Contract(
    "school_events",
    "学校沿革登记册：每件事、每对学校一行",
    "One row per event and pair of schools: the register of what happened to schools, kept by hand.",
    ("event_date", "event", "source", "school_id_before", "school_id_after"),
    (
        Column("event_date", pl.Date, "日期", "Day from which it holds", nullable=False),
        Column("event", pl.String, "事件", "What happened", nullable=False, one_of=SCHOOL_EVENT_KINDS),
        Column("source", pl.String, "数据来源", "Source whose identifiers these are", nullable=False),
        Column("school_id_before", pl.String, "原学校标识码", "Identifier before; empty for one opened"),
        Column(
            "school_id_after", pl.String, "现学校标识码", "Identifier after; empty where there is none or no new one"
        ),
        Column("county_code", pl.String, "行政区划代码", "County, for those who read the register"),
        Column("document", pl.String, "依据文件", "Document that says so: title, number", nullable=False),
        Column("note", pl.String, "说明", "Note"),
        Column("recorded_by", pl.String, "登记人", "Who entered it"),
        Column("recorded_on", pl.Date, "登记日期", "When it was entered"),
    ),
    (
        Rule(
            "before_needed",
            ("event", "school_id_before"),
            ("school_id_before",),
            (pl.col("event") == "opened") | _has("school_id_before"),
        ),
        Rule(
            "after_needed",
            ("event", "school_id_after"),
            ("school_id_after",),
            ~pl.col("event").is_in(["opened", "merged", "split", "recategorised", "recoded"]) | _has("school_id_after"),
        ),
        Rule(
            "before_too_many",
            ("event", "school_id_before"),
            ("school_id_before",),
            (pl.col("event") != "opened") | ~_has("school_id_before"),
        ),
        Rule(
            "after_too_many",
            ("event", "school_id_after"),
            ("school_id_after",),
            ~pl.col("event").is_in(["closed", "suspended"]) | ~_has("school_id_after"),
        ),
        Rule(
            "ids_differ",
            ("event", "school_id_before", "school_id_after"),
            ("school_id_after",),
            ~pl.col("event").is_in(["recategorised", "recoded"])
            | (pl.col("school_id_before") != pl.col("school_id_after")),
        ),
    ),
    origin="registers/school_events.csv of the home",
)

_EVENT = (
    Column(
        "event", pl.String, "登记的事件", "Event of the register, null where there is none", one_of=SCHOOL_EVENT_KINDS
    ),
    Column("event_date", pl.Date, "日期", "Day of the event"),
    Column("document", pl.String, "依据文件", "Document of the event"),
)

SCHOOL_LINEAGE = Contract(
    "school_lineage",
    "每校每学年一行：改名、搬迁、换码之后仍是同一所学校的，沿革码相同",
    "One row per school and school year: its lineage, the same before and after renaming, moving or another identifier.",
    ("school_year", "source", "school_id", "return_part"),
    (
        YEAR,
        SOURCE,
        PROVINCE,
        COUNTY,
        COUNTY_NAME,
        RETURN_PART,
        SCHOOL,
        SCHOOL_NAME,
        Column(
            "lineage_id",
            pl.String,
            "沿革码",
            "The lineage's first identifier that the register knows; the school's own where it knows none",
            nullable=False,
        ),
        *_EVENT,
    ),
    sort=("school_year", "source", "county_code", "school_id", "return_part"),
    origin="schools, registers/school_events.csv",
)

SCOPE_CHANGED = "scope_changed"
"""From a school year on a source covers other schools (`breaks.csv` of its folder): nothing is compared across it."""

SCHOOL_CHANGES = Contract(
    "school_changes",
    "每学年、每种变化、每对学校一行：与上一学年相比消失、新增、换码、搬迁、合并、拆分、停办、复办、改名的学校及原因",
    "One row per school year, kind of change and pair of schools: what became of schools since the year before, and why.",
    ("school_year", "source", "change", "school_id_before", "school_id_after", "return_part"),
    (
        YEAR,
        SOURCE,
        PROVINCE,
        COUNTY,
        COUNTY_NAME,
        RETURN_PART,
        Column("change", pl.String, "变化", "What the returns show", nullable=False, one_of=CHANGES),
        Column(
            "school_id_before", pl.String, "原学校标识码", "Identifier the year before, empty if new", nullable=False
        ),
        Column("school_name_before", pl.String, "原校名", "Name the year before"),
        Column("school_id_after", pl.String, "现学校标识码", "Identifier this year, empty if gone", nullable=False),
        Column("school_name_after", pl.String, "现校名", "Name this year"),
        Column("county_code_before", pl.String, "原行政区划代码", "County the year before"),
        Column(
            "joint_id",
            pl.String,
            "合并拆分组",
            "What the schools of one merger or split have in common; null for other changes",
        ),
        Column("pupils_before", pl.Int64, "上年在校生数", "Pupils of the compulsory stages the year before", "people"),
        Column("pupils", pl.Int64, "在校生数", "Pupils of the compulsory stages", "people"),
        *_EVENT,
        Column("note", pl.String, "说明", "Note of the register"),
        Column(
            "reason",
            pl.String,
            "原因",
            "Null where the register says why; else what is known",
            one_of=("reason_missing", "row_refused", SCOPE_CHANGED),
        ),
        Column(
            "finding",
            pl.String,
            "核对",
            "Where the register and the returns disagree",
            one_of=("date_disagrees", "other_school_not_found"),
        ),
    ),
    sort=("school_year", "source", "county_code", "change", "school_id_before", "school_id_after", "return_part"),
    origin="schools of two school years, registers/school_events.csv",
)

LINEAGE_CANDIDATES = Contract(
    "lineage_candidates",
    "每学年、每对“消失—新增”学校一行：可能是同一所学校，仅供核对，从不自动采用",
    "One row per school year and pair of a gone and a new school that may be one: to be looked at, never applied.",
    ("school_year", "source", "school_id_before", "school_id_after", "return_part"),
    (
        YEAR,
        SOURCE,
        PROVINCE,
        COUNTY,
        COUNTY_NAME,
        RETURN_PART,
        Column("school_id_before", pl.String, "消失的学校标识码", "Identifier of the gone school", nullable=False),
        Column("school_name_before", pl.String, "消失的学校", "Gone school", nullable=False),
        Column("county_code_before", pl.String, "原行政区划代码", "County of the gone school", nullable=False),
        Column("school_id_after", pl.String, "新增的学校标识码", "Identifier of the new school", nullable=False),
        Column("school_name_after", pl.String, "新增的学校", "New school", nullable=False),
        Column(
            "score",
            pl.Float64,
            "得分",
            "Weighted mean of the evidence that there is",
            "1",
            minimum=0,
        ),
        Column(
            "name_likeness",
            pl.Float64,
            "校名相似度",
            "Likeness of the names, without county and kind of school",
            "1",
            minimum=0,
        ),
        Column(
            "pupils_likeness",
            pl.Float64,
            "学生衔接",
            "Pupils now beside those expected from the year before",
            "1",
            minimum=0,
        ),
        Column(
            "staff_likeness",
            pl.Float64,
            "教师衔接",
            "Full-time teachers of both years, the lesser by the greater",
            "1",
            minimum=0,
        ),
        Column("is_same_serial", pl.Boolean, "顺序码相同", "The identifiers end in the same serial"),
        Column(
            "is_same_place",
            pl.Boolean,
            "城乡分类相同",
            "Same town, or same urban-rural class where no town is reported",
        ),
        Column("is_same_founding", pl.Boolean, "建校年份相同", "Founded in the same year"),
        Column("is_same_stages", pl.Boolean, "学段衔接", "A stage with pupils that both teach"),
        Column("pupils_before", pl.Int64, "上年在校生数", "Pupils the year before", "people"),
        Column("pupils", pl.Int64, "在校生数", "Pupils", "people"),
        Column(
            "event",
            pl.String,
            "建议的事件",
            "The event that would be entered; merged: a row for each of the schools that went in",
            nullable=False,
            one_of=("recategorised", "recoded", "merged"),
        ),
    ),
    sort=("school_year", "source", "county_code", "school_id_before", "school_id_after", "return_part"),
    origin="school_changes, schools of two school years",
)

COUNTY_ONE_TO_ONE = ("renamed", "recoded", "converted")
"""Events after which the county is the same one under another name, code or kind (撤县设区)."""
COUNTY_EVENT_KINDS = (*COUNTY_ONE_TO_ONE, "merged", "split", "boundary_changed")
POLICIES = ("continue", "rebuild", "break")
"""What becomes of a county's series over an event: the new code continues the old one's; earlier years are computed
anew on today's boundaries; or nothing is compared across it."""
SERIES = ("continued", "rebuilt", "b")

COUNTY_EVENTS = Contract(
    "county_events",
    "县级区划变更登记册：每件事、每对代码一行",
    "One row per event and pair of county codes: the register of what happened to counties, kept by hand.",
    ("event_date", "event", "source", "county_code_before", "county_code_after"),
    (
        Column("event_date", pl.Date, "日期", "Day from which it holds", nullable=False),
        Column("event", pl.String, "事件", "What happened", nullable=False, one_of=COUNTY_EVENT_KINDS),
        Column("source", pl.String, "数据来源", "Source whose codes these are", nullable=False),
        Column("county_code_before", pl.String, "原行政区划代码", "Code before", nullable=False),
        Column("county_code_after", pl.String, "现行政区划代码", "Code after", nullable=False),
        Column("series", pl.String, "序列", "What becomes of the series; empty: as the standard says", one_of=POLICIES),
        Column("document", pl.String, "依据文件", "Document that says so: title, number", nullable=False),
        Column("note", pl.String, "说明", "Note"),
        Column("recorded_by", pl.String, "登记人", "Who entered it"),
        Column("recorded_on", pl.Date, "登记日期", "When it was entered"),
    ),
    (
        Rule(
            "rebuilt_whole",
            ("event", "series"),
            ("series",),
            (pl.col("series") != "rebuild") | ~pl.col("event").is_in(["split", "boundary_changed"]),
        ),
    ),
    origin="registers/county_events.csv of the home",
)

COUNTY_HISTORY = Contract(
    "county_history",
    "每学年、每标准、每县、每个以前学年一行：区划变更之后，以前学年怎样接到本学年的县",
    "One row per school year, standard, county that an event touches and earlier school year: how that year is read "
    "from this year's county.",
    ("school_year", "standard", "source", "series_year", "county_code_before", "county_code"),
    (
        YEAR,
        Column("standard", pl.String, "标准", "Standard", nullable=False),
        SOURCE,
        PROVINCE,
        COUNTY,
        COUNTY_NAME,
        Column("series_year", pl.Int32, "以前学年", "Earlier school year", "year", nullable=False, minimum=1949),
        Column("county_code_before", pl.String, "当时的代码", "Code in the earlier year", nullable=False),
        Column(
            "series",
            pl.String,
            "序列",
            "How it is read",
            nullable=False,
            one_of=SERIES,
            note="continued: the old code's figures stand; rebuilt: computed anew on this year's boundaries; b: broken",
        ),
        Column("event", pl.String, "事件", "Event", nullable=False, one_of=(*COUNTY_EVENT_KINDS, SCOPE_CHANGED)),
        Column("document", pl.String, "依据", "Document or list that says so", nullable=False),
    ),
    sort=("school_year", "standard", "source", "county_code", "series_year", "county_code_before"),
    origin="schools, registers/county_events.csv, codes/county_events.csv, the standard's [history]",
)

COUNTY_CHANGES = Contract(
    "county_changes",
    "每学年、每种变化、每个县级代码一行：消失、新增的代码及原因，不在当年名录内的代码",
    "One row per school year, kind of change and county code: codes gone and new since the year before, and why; codes "
    "that the list of counties does not have in that year.",
    ("school_year", "source", "change", "county_code"),
    (
        YEAR,
        SOURCE,
        PROVINCE,
        COUNTY,
        COUNTY_NAME,
        Column("change", pl.String, "变化", "What is seen", nullable=False, one_of=("gone", "new", "not_in_list")),
        Column("event", pl.String, "事件", "Event that explains it", one_of=COUNTY_EVENT_KINDS),
        Column("other_code", pl.String, "另一代码", "The event's other code"),
        Column("document", pl.String, "依据", "Document or list that says so"),
        Column("reason", pl.String, "原因", "Null where an event says why", one_of=("reason_missing", "not_in_list")),
    ),
    sort=("school_year", "source", "change", "county_code"),
    origin="schools of two school years, registers/county_events.csv, codes/county_events.csv, codes/counties.csv",
)

LINEAGE_TABLES = (SCHOOL_LINEAGE, SCHOOL_CHANGES, LINEAGE_CANDIDATES, COUNTY_CHANGES, COUNTY_HISTORY)
