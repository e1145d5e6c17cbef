"""What a county reports itself: the contracts of its workbook's sheets."""

from __future__ import annotations

import polars as pl

from schemas.columns import FILE, PLACE, ROW, SCHOOL, SHEET, SOURCE, YEAR
from schemas.contract import DECIMAL, Column, Contract, Rule


def _not_before(name: str, later: str, earlier: str) -> Rule:
    """A rule that a date or year is not before another one of the row; where it is, the later cell is refused."""
    return Rule(name, (later, earlier), (later,), pl.col(later) >= pl.col(earlier))


COUNTY_FACTS = Contract(
    "county_facts",
    "每县、每学年、每事项一行：只有县级能报的数字、结论和自评得分，附依据",
    "One row per county, school year, fact, year it holds for, breakdown and school: what only the county can say.",
    ("school_year", "source", "county_code", "fact", "period", "breakdown", "school_id"),
    (
        YEAR,
        SOURCE,
        *PLACE,
        Column(
            "fact",
            pl.String,
            "事项",
            "A fact of county_facts.csv or of a standard, or <standard>/<item>",
            nullable=False,
            pattern=r"^\S+$",
        ),
        Column(
            "period",
            pl.Int32,
            "所属年度",
            "Year that the fact holds for",
            "year",
            nullable=False,
            minimum=1949,
            maximum=2100,
        ),
        Column("breakdown", pl.String, "分项", "Subject or group of people, empty for the whole", nullable=False),
        Column("school_id", pl.String, "学校标识码", "School that is spoken of, empty for the county", nullable=False),
        Column(
            "value",
            DECIMAL,
            "数值",
            "The figure, in the unit of the fact",
            minimum=-1_000_000_000_000,
            maximum=1_000_000_000_000,
        ),
        Column("finding", pl.Boolean, "是否", "Yes or no"),
        Column(
            "score", DECIMAL, "自评得分", "Points that the county gives itself", "points", minimum=0, maximum=10_000
        ),
        Column("note", pl.String, "说明或扣分理由", "Short finding, or why points are deducted"),
        Column("evidence", pl.String, "佐证材料", "Document that shows it"),
        Column("evidence_date", pl.Date, "材料日期", "Date of the document", "date"),
        Column("valid_until", pl.Date, "有效期至", "Last day on which it holds", "date"),
        Column("office", pl.String, "责任科室", "Office that answers for it"),
        FILE,
        SHEET,
        ROW,
    ),
    rules=(_not_before("valid_after_dated", "valid_until", "evidence_date"),),
    origin="county return",
)

ITEM = Column("item", pl.String, "条目", "Item of the standard", nullable=False)
STANDARD_ASKED = Column("standard", pl.String, "标准", "Standard, by its file's name", nullable=False, pattern=r"\S")
SCHOOL_OR_COUNTY = Column("school_id", pl.String, "学校标识码", "School, empty for the county", nullable=False)
PROBLEM_CLASSES = ("政策统筹", "经费保障", "标准化建设", "标准管理", "教师配置", "素质教育", "差异程度")

COUNTY_MEASURES = Contract(
    "county_measures",
    "每县、每标准、每条目（每校）一行：整改责任、措施和期限",
    "One row per county, standard, item and school: who mends it, how and by when. Holds until a newer one is given.",
    ("school_year", "source", "county_code", "standard", "item", "school_id"),
    (
        YEAR,
        SOURCE,
        *PLACE,
        STANDARD_ASKED,
        ITEM,
        SCHOOL_OR_COUNTY,
        Column("problem_class", pl.String, "问题类别", "Class of the problem", one_of=PROBLEM_CLASSES),
        Column("priority", pl.Int64, "整改次序", "Order of mending, 1 first", minimum=1, maximum=9999),
        Column("lead_office", pl.String, "责任科室", "Lead office"),
        Column("co_leads", pl.String, "配合科室", "Offices that help"),
        Column("person", pl.String, "责任人", "Person who signed"),
        Column("signed_on", pl.Date, "签字日期", "Date signed", "date"),
        Column("measure", pl.String, "整改措施", "What is done"),
        Column("expected_by", pl.Date, "预计完成日期", "By when it is expected to be met", "date"),
        Column("done_on", pl.Date, "实际完成日期", "When the county says it was done", "date"),
        Column("note", pl.String, "备注", "Note"),
        FILE,
        SHEET,
        ROW,
    ),
    rules=(_not_before("expected_after_signed", "expected_by", "signed_on"),),
    origin="county return",
)

STAGES_OF_ASSESSMENT = (
    "self_evaluation",
    "municipal_review",
    "provincial_evaluation",
    "national_recognition",
    "annual_monitoring",
)
"""自评, 市复核, 省督导评估, 国家认定, 年度监测, in the order in which they follow each other."""

ASSESSMENT = (
    STANDARD_ASKED,
    Column("assessment", pl.String, "评估阶段", "Stage of the assessment", nullable=False, one_of=STAGES_OF_ASSESSMENT),
    Column("body", pl.String, "组织单位", "Body that holds it"),
    Column("due_on", pl.Date, "应完成日期", "Due", "date"),
    Column("done_on", pl.Date, "完成日期", "Done", "date"),
    Column("result", pl.String, "结果", "Result", one_of=("passed", "not_passed")),
    Column("findings", pl.String, "发现的问题", "What was found"),
    Column(
        "open_rectifications",
        pl.Int64,
        "未完成整改项数",
        "Rectifications still open",
        "items",
        minimum=0,
        maximum=10_000,
    ),
)

COUNTYASSESSMENTS = Contract(
    "county_assessments",
    "每县、每标准、每评估阶段一行：应完成、已完成、结果",
    "One row per county, standard and stage of the assessment, as the county reports it.",
    ("school_year", "source", "county_code", "standard", "assessment"),
    (YEAR, SOURCE, *PLACE, *ASSESSMENT, FILE, SHEET, ROW),
    origin="county return",
)

COUNTY_DOCUMENTS = Contract(
    "county_documents",
    "每县、每标准、每条目、每份材料一行：档案目录",
    "One row per county, standard, item and document: the list of evidence.",
    ("school_year", "source", "county_code", "standard", "item", "title"),
    (
        YEAR,
        SOURCE,
        *PLACE,
        STANDARD_ASKED,
        ITEM,
        Column("title", pl.String, "材料名称", "Title of the document", nullable=False),
        Column("sha256", pl.String, "SHA-256", "SHA-256 of the document", pattern=r"^[0-9a-f]{64}$"),
        Column("dated", pl.Date, "材料日期", "Date of the document", "date"),
        Column("valid_until", pl.Date, "有效期至", "Last day on which it holds", "date"),
        FILE,
        SHEET,
        ROW,
    ),
    rules=(_not_before("valid_after_dated", "valid_until", "dated"),),
    origin="county return",
)

COUNTY_PLANS = Contract(
    "county_plans",
    "每县、每规划、每片区一行：计划数、完成数、承诺和目标年份",
    "One row per county, plan, zone and year promised for: planned, done, promised, target year.",
    ("school_year", "source", "county_code", "plan", "zone", "period"),
    (
        YEAR,
        SOURCE,
        *PLACE,
        Column("plan", pl.String, "规划或承诺", "Plan or pledge", nullable=False),
        Column("zone", pl.String, "片区", "Zone, empty for the whole county", nullable=False),
        Column(
            "period",
            pl.Int32,
            "年度",
            "Year that the figures are for",
            "year",
            nullable=False,
            minimum=1949,
            maximum=2100,
        ),
        Column("unit", pl.String, "计量单位", "Unit of the figures"),
        Column("first_year", pl.Int32, "起始年份", "First year of the plan", "year", minimum=1949, maximum=2100),
        Column(
            "target_year", pl.Int32, "目标年份", "Year by which it is to be done", "year", minimum=1949, maximum=2100
        ),
        Column("base", DECIMAL, "基数", "What a share is stated of", "as unit", minimum=0, maximum=10_000_000_000),
        Column("planned", DECIMAL, "计划数", "Planned in all", "as unit", minimum=0, maximum=10_000_000_000),
        Column(
            "done", DECIMAL, "累计完成数", "Done up to and with the year", "as unit", minimum=0, maximum=10_000_000_000
        ),
        Column(
            "promised", DECIMAL, "本年承诺数", "Promised for the year", "as unit", minimum=0, maximum=10_000_000_000
        ),
        Column(
            "delivered", DECIMAL, "本年兑现数", "Delivered in the year", "as unit", minimum=0, maximum=10_000_000_000
        ),
        Column(
            "stated_share",
            DECIMAL,
            "公布的百分比",
            "Share that the county states",
            "percent",
            minimum=0,
            maximum=1_000_000,
        ),
        FILE,
        SHEET,
        ROW,
    ),
    rules=(_not_before("target_after_first", "target_year", "first_year"),),
    origin="county return",
)

SCHOOL_GROUPS = Contract(
    "school_groups",
    "每校、每种分组一行：学区、集团、共同体、乡镇",
    "One row per school and dated grouping: school district, group, community, township.",
    ("school_year", "source", "county_code", "grouping", "group", "school_id"),
    (
        YEAR,
        SOURCE,
        *PLACE,
        Column("grouping", pl.String, "分组类别", "Kind of grouping", nullable=False),
        Column("group", pl.String, "分组名称", "Group", nullable=False),
        SCHOOL,
        Column("since", pl.Date, "起始日期", "Member since", "date"),
        Column("until", pl.Date, "终止日期", "Member until", "date"),
        FILE,
        SHEET,
        ROW,
    ),
    rules=(_not_before("until_after_since", "until", "since"),),
    origin="county return",
)

COUNTY_INPUTS = (COUNTY_FACTS, COUNTY_MEASURES, COUNTYASSESSMENTS, COUNTY_DOCUMENTS, COUNTY_PLANS, SCHOOL_GROUPS)
"""What a county reports itself, each a sheet of its workbook."""
