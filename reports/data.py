"""A county's report as data: the page's figures unrounded, with identifiers, units, statuses, reasons and origins.

What is told of a table's row bears the table's own column names; `docs/county-json.md` is written from the same
declarations, and so cannot tell of another shape.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from types import GenericAlias
from typing import Annotated, Any, Literal, NamedTuple, get_args

import msgspec
import polars as pl

from reports import sentences
from reports.model import CountyReport
from reports.outcome import has_any, is_silent
from reports.requirement import in_words
from reports.standing import standings
from reports.why.focus import Cell, Focus, cells, of_last, rows_of
from reports.why.robustness import shown
from reports.year import CountyTables, Row
from schemas.contract import Column, Contract
from schemas.tables import TABLES
from standards.items import Item, Part
from standards.standard import Indicator, Standard, in_force
from standards.values import Words, first_day

FORM = "junheng-county-report/1"
"""The name of this shape; its number rises when a name or a meaning changes, not when something is added."""

Kind = type[msgspec.Struct]
_NESTED = ("school_year", "standard", "source", "province_code", "county_code", "county_name")
"""Columns that the place in the document says already."""
_TYPES: dict[Any, Any] = {
    pl.String: str,
    pl.Int32: int,
    pl.Int64: int,
    pl.Float64: float,
    pl.Boolean: bool,
    pl.Date: dt.date,
}


class Field(NamedTuple):
    """A field of a thing: its name, its type, what it holds and in which unit."""

    name: str
    kind: Any
    zh: str
    en: str
    unit: str = ""


class Thing(NamedTuple):
    """A kind of object in the document, with its fields in order."""

    kind: Kind
    zh: str
    en: str
    fields: tuple[Field, ...]
    table: str = ""
    is_sparse: bool = False

    def of(self, row: Mapping[str, Any], **more: Any) -> msgspec.Struct:
        """One such object, from a row that has its fields and from what stands beside."""
        return self.kind(**{name: more[name] if name in more else row[name] for name in self.kind.__struct_fields__})


def _thing(name: str, zh: str, en: str, *fields: Field, table: str = "", is_sparse: bool = False) -> Thing:
    """A kind of object; of a sparse one, of which there are many, fields other than `value` are left out where null."""
    kind = msgspec.defstruct(
        name,
        [_defined(field, is_sparse=is_sparse) for field in fields],
        frozen=True,
        kw_only=True,
        omit_defaults=is_sparse,
        namespace={"__doc__": f"{zh}。{en}."},
    )
    return Thing(kind, zh, en, fields, table, is_sparse)


def _defined(field: Field, *, is_sparse: bool) -> tuple[str, Any] | tuple[str, Any, Any]:
    """A field as msgspec takes it; one that may be left out is null by default."""
    kind: Any = Annotated[field.kind, msgspec.Meta(description=_described(field))]
    if is_sparse and may_be_absent(field):
        return field.name, kind, None
    return field.name, kind


def may_be_absent(field: Field) -> bool:
    """Whether a sparse thing may leave the field out, for null."""
    return field.name != "value" and type(None) in get_args(field.kind)


def _described(field: Field) -> str:
    unit = f" [{field.unit}]" if field.unit else ""
    return f"{field.zh} {field.en}{unit}"


def _columns(contract: str, *left_out: str, only: tuple[str, ...] = ()) -> tuple[Field, ...]:
    """Columns of a table as fields; those that the place in the document says are left out."""
    return tuple(
        _field(column)
        for column in TABLES[contract].columns
        if column.name not in (*_NESTED, *left_out) and (not only or column.name in only)
    )


def _field(column: Column) -> Field:
    kind = _TYPES[column.dtype] if column.one_of is None else Literal[column.one_of]
    return Field(column.name, kind | None if column.nullable else kind, column.label_zh, column.label_en, column.unit)


def _row_of(name: str, zh: str, en: str, table: str, *left_out: str, is_sparse: bool = False) -> Thing:
    """A row of a table that has the rows of several standards: its columns, and of which standard it is."""
    standard = Field("standard", str, "标准代号", "The standard's identifier")
    return _thing(name, zh, en, standard, *_columns(table, *left_out), table=table, is_sparse=is_sparse)


def _many(kind: Any) -> Any:
    """So many of a kind, in order."""
    return GenericAlias(tuple, (kind.kind if isinstance(kind, Thing) else kind, ...))


def _words(name: str, zh: str, en: str) -> Field:
    return Field(name, Words, zh, en)


_ARTICLE = Field("article", str, "条款", "Article of the document")
_CONFIDENCE = Field("confidence", str, "文本可信度", "How sure the text is: official, secondary, inferred, provincial")

CV_OF_YEAR = _thing(
    "CvOfYear",
    "一个学年的差异系数",
    "A school year's difference coefficient",
    Field("school_year", int, "学年", "School year", "year"),
    Field("cv", float | None, "差异系数", "Difference coefficient", "1"),
)
CHANGE = _thing(
    "Change",
    "与上一学年比较",
    "The change since the year before",
    *_columns("year_over_year", "stage", "indicator", "unit", "series", "unit_id", "school_name"),
    table="year_over_year",
)
WINDOW = _thing(
    "Window",
    "三年监测",
    "The window of three years that ends with this one",
    *_columns("three_year_monitoring", "stage", "indicator", "unit"),
    table="three_year_monitoring",
)
STANDING = _thing(
    "Standing",
    "在全省各县中的位次",
    "Where the county stands among the counties of its province",
    Field("rank", int | None, "位次", "Rank by difference coefficient, 1 the smallest; null where it has none"),
    Field("of", int, "参加排序的县数", "Counties that have a difference coefficient", "counties"),
    Field("percentile", float | None, "更小者的比例", "Share of the other counties whose coefficient is smaller", "1"),
    Field("province_mean", float | None, "全省平均值", "Mean over the units of the province", "as unit"),
    Field("province_cv_median", float | None, "全省差异系数中位数", "Median of the counties' coefficients", "1"),
)
INDICATOR = _thing(
    "Indicator",
    "一个学段的一项指标；综合差异系数的 indicator 是 composite",
    "An indicator of a stage; the composite difference coefficient has the indicator `composite`",
    _words("label", "指标名称", "Name of the indicator"),
    Field("number", str, "条目号", "Number in the document, empty where it has none"),
    _ARTICLE,
    _CONFIDENCE,
    Field("must_be", Literal["at_least", "at_most"], "方向", "Side of the norm on which a value must lie"),
    Field(
        "norm",
        float | None,
        "全体适用的标准值",
        "Norm in force for all units; null where none, or one by kind",
        "as unit",
    ),
    *_columns("county_dispersion", "stage"),
    Field("change", CHANGE.kind | None, "较上年", "The change since the year before; null where there is none"),
    Field("change_common", CHANGE.kind | None, "较上年（同校）", "The same over units with a value in both years"),
    Field("history", _many(CV_OF_YEAR), "历年差异系数", "The difference coefficient of every school year up to this"),
    Field("standing", STANDING.kind | None, "全省位次", "Its standing in the province; null where there is none"),
    Field("window", WINDOW.kind | None, "三年监测", "Three years side by side; null where it is not monitored"),
    table="county_dispersion",
)
SHARE = _thing(
    "VarianceShare",
    "一个评估单位占加权方差的份额",
    "A unit's share of the county's weighted variance",
    *_columns("variance_shares", "stage"),
    table="variance_shares",
    is_sparse=True,
)
VALUE = _thing(
    "Value",
    "一个评估单位的一项指标",
    "An indicator of a unit; its unit is that of the stage's indicator",
    *_columns("unit_indicators", only=("indicator", "value", "norm", "floor", "status", "is_at_floor", "reason")),
    table="unit_indicators",
    is_sparse=True,
)
SCHOOL_VERDICT = _thing(
    "SchoolVerdict",
    "一个评估单位是否达到学校标准",
    "Whether a unit meets the school rule",
    *_columns("school_verdicts", "stage", "unit_id", "school_name", "pupils"),
    table="school_verdicts",
)
UNIT = _thing(
    "Unit",
    "一个评估单位",
    "An evaluation unit, counted or not, and the row that it was read from",
    *_columns(
        "units",
        only=("unit_id", "school_id", "school_name", "area", "standing", "reason", "file", "sheet", "row"),
    ),
    Field("pupils", int | None, "在校生数", "Pupils of the stage", "people"),
    Field("verdict", SCHOOL_VERDICT.kind | None, "学校标准", "Against the school rule; null where there is none"),
    Field("values", _many(VALUE), "指标值", "Its indicators in the standard's order; none where it does not count"),
    table="units",
)
STAGE = _thing(
    "Stage",
    "一个学段",
    "A stage under the standard",
    *_columns("resource_verdicts"),
    Field("indicators", _many(INDICATOR), "指标", "Indicators in the standard's order, the composite last"),
    Field("most_important", str | None, "最要紧的指标", "The indicator of least margin, without limits of largest CV"),
    Field("variance_shares", _many(SHARE), "方差份额", "Of that indicator, the largest share first"),
    Field("schools", _many(UNIT), "评估单位", "Every unit of the stage, in the order of the identifiers"),
    table="resource_verdicts",
)
FAILING = _thing(
    "FailingSchool",
    "没有达到一项检查的学校",
    "A school or unit that does not meet a check",
    *_columns("school_checks", "part", "item", "check", "stage", "status"),
    table="school_checks",
    is_sparse=True,
)
CHECK = _thing(
    "Check",
    "条目的一项检查",
    "A check of an item; by breakdown or year where the check is",
    *_columns("county_checks", "part", "item"),
    Field("asked", Words | None, "要求", "What is asked, with the limit in force"),
    Field("failing", _many(FAILING), "未达到的学校", "Schools or units that do not meet it"),
    table="county_checks",
    is_sparse=True,
)
ITEM = _thing(
    "Item",
    "一个条目",
    "An item of a part",
    Field("number", str, "条目号", "Number in the document, empty where it has none"),
    _words("label", "条目", "What the item asks for"),
    _ARTICLE,
    _CONFIDENCE,
    *_columns("county_items", "part", "position"),
    Field("checks", _many(CHECK), "检查", "Its checks"),
    table="county_items",
)
PART = _thing(
    "Part",
    "标准的一个部分；资源配置部分的 part 是 resource",
    "A part of the standard; the resource part is `resource`",
    _words("title", "部分名称", "Name of the part"),
    _ARTICLE,
    _CONFIDENCE,
    *_columns("county_parts", "position"),
    Field("items_listed", _many(ITEM), "条目", "Its items in the standard's order"),
    table="county_parts",
)
LEDGER_ENTRY = _thing(
    "LedgerEntry",
    "台账的一行：未达标，或本年整改到位",
    "A row of the ledger: not met, or mended this year",
    *_columns("ledger"),
    table="ledger",
    is_sparse=True,
)
WHOLE = _thing(
    "Verdict",
    "整项标准的结论",
    "The verdict on the whole standard",
    *_columns("county_verdicts"),
    table="county_verdicts",
)
RESOURCE = _thing(
    "ResourceVerdict",
    "资源配置部分的全县结论",
    "The county's verdict on the resource part",
    *_columns("resource_verdicts", "stage"),
    table="resource_verdicts",
)
STANDARD = _thing(
    "Standard",
    "一项标准对本县的结论和数字",
    "What a standard says of the county",
    Field("standard", str, "标准代号", "The standard's identifier"),
    _words("title", "标准", "Title"),
    _words("document", "文件", "Document that sets it"),
    Field("verdict", WHOLE.kind | None, "整项结论", "On the whole standard; null where there is none"),
    Field("resource", RESOURCE.kind | None, "资源配置结论", "On the resource part; null where it has none"),
    Field("limits_article", str, "限值条款", "Article that limits difference coefficients, empty where none does"),
    Field("school_rule_article", str, "学校标准条款", "Article of the school rule, empty where there is none"),
    Field("stages", _many(STAGE), "学段", "Stages of which the county has any unit"),
    Field("parts", _many(PART), "部分", "Parts of the standard in its order"),
    Field("window", WINDOW.kind | None, "全县结论三年监测", "The county's verdict over three years"),
    Field("ledger", _many(LEDGER_ENTRY), "台账", "What is not met, and what was mended this year"),
)
ASSESSMENT = _row_of("Assessment", "评估的一个阶段", "A stage of the assessment", "assessment_stages")
EVIDENCE = _row_of(
    "Evidence", "一个条目一年的材料", "A document of an item and year, or its absence", "evidence_index", is_sparse=True
)
PLAN = _thing("Plan", "一项规划或承诺", "A plan or pledge", *_columns("plans"), table="plans")
RATE = _thing(
    "Rate",
    "入学、巩固、资助等比率",
    "A rate of entry, retention or support",
    *_columns("popularisation"),
    table="popularisation",
)
GROUP = _row_of(
    "GroupIndicator",
    "一个学校分组的一项指标（参考）",
    "An indicator over a group of schools, indicative",
    "group_dispersion",
    is_sparse=True,
)
ROBUSTNESS = _row_of(
    "Variant",
    "差异系数的一种算法（official 以外均非官方）",
    "A coefficient by one way of computing; all but `official` are unofficial",
    "verdict_robustness",
)
LEAST_CHANGE = _row_of(
    "LeastChange",
    "反转结论的最小变动（非官方）",
    "The least change that turns a verdict round, unofficial",
    "least_changes",
)
CAUSES = _row_of("Causes", "一项变化的原因（非官方）", "What made a figure change, unofficial", "change_causes")
MEASURES = _row_of(
    "Inequality", "其他差异度量（非官方）", "Other measures of inequality, unofficial", "inequality", "level"
)
BETWEEN = _row_of(
    "BetweenWithin", "组间与组内（非官方）", "Between and within groups, unofficial", "between_within", "level"
)
PUPIL_GAP = _row_of(
    "PupilGap", "一类学生与其他学生（非官方）", "A group of pupils and the others, unofficial", "pupil_gaps"
)
PEER = _thing(
    "Peer", "一个可比的县（非官方）", "A county of like structure, unofficial", *_columns("peers"), table="peers"
)
EXPLANATION = _thing(
    "Why",
    "为什么：所示指标的说明，官方差异系数以外均非官方",
    "What explains the verdicts of the indicators that the page shows; all but the official coefficient is unofficial",
    Field("variants", _many(ROBUSTNESS), "算法", "The coefficient computed otherwise"),
    Field("least_changes", _many(LEAST_CHANGE), "最小变动", "The least changes that turn a verdict round"),
    Field("causes", _many(CAUSES), "原因", "What made the figures change"),
    Field("measures", _many(MEASURES), "度量", "Other measures"),
    Field("between_within", _many(BETWEEN), "组间与组内", "Between and within groups"),
    Field("pupil_gaps", _many(PUPIL_GAP), "学生类别", "Groups of pupils"),
    Field("peers", _many(PEER), "可比县", "Counties of like structure, the nearest first"),
)
FILE = _thing("File", "一份读入的文件", "A file that was read", *_columns("returns"), table="returns")
REFUSAL = _thing(
    "Refusal",
    "一处拒收",
    "A refused file, row or cell",
    *_columns("quarantine", "record"),
    table="quarantine",
)
CORRECTION = _thing(
    "Correction",
    "一处更正",
    "A cell that a correction has set",
    *_columns("corrections", "school_year", "source", "county_code"),
    table="corrections",
)
COUNTY = _thing(
    "County",
    "县",
    "The county",
    Field("code", str, "县级行政区划代码", "County code"),
    Field("name", str, "县", "Name"),
    Field("province_code", str, "省级行政区划代码", "Province code"),
)
SOURCE = _thing(
    "Source",
    "来源",
    "Where the figures come from",
    Field("source", str, "来源代号", "The source's identifier"),
    _words("name", "名称", "Name"),
    Field("publisher", str, "发布者", "Publisher"),
    Field("licence", str, "许可", "Licence"),
    Field("attribution", str, "署名", "Attribution"),
)
SILENT = _thing(
    "SilentStandard",
    "县级尚未上报其事项的标准",
    "A standard of whose items the county has reported nothing",
    Field("standard", str, "标准代号", "The standard's identifier"),
    Field("items", int, "条目数", "Items that cannot be judged", "items"),
)
REPORT = _thing(
    "CountyReport",
    "一个县一个学年的报告",
    "The report of one county and school year",
    Field("form", Literal[FORM], "格式", "Name of this shape"),
    Field("notice", str, "声明", "That the data are invented, where they are; else empty"),
    Field("is_synthetic", bool, "是否合成数据", "Whether the data are invented"),
    Field("title", str, "标题", "The finding in one sentence, as the page has it"),
    Field("edition", str, "内容版本", "Edition of the report's content, as the page has it"),
    Field("school_year", int, "学年", "School year", "year"),
    Field("as_of", dt.date, "数据日期", "Day for which the figures stand", "date"),
    Field("county", COUNTY.kind, "县", "The county"),
    Field("source", SOURCE.kind, "来源", "Source"),
    Field("standards", _many(STANDARD), "标准", "The standards that apply, in the page's order"),
    Field("silent", _many(SILENT), "尚未上报的标准", "Standards of which nothing is reported"),
    Field("assessments", _many(ASSESSMENT), "评估进度", "Stages of the assessment"),
    Field("evidence", _many(EVIDENCE), "材料", "Documents by item and year"),
    Field("plans", _many(PLAN), "规划与承诺", "Plans and pledges"),
    Field("rates", _many(RATE), "比率", "Rates of entry, retention and support"),
    Field("groups", _many(GROUP), "学校分组", "Groups of schools"),
    Field("why", EXPLANATION.kind, "为什么", "What explains the verdicts"),
    Field("files", _many(FILE), "文件", "The files that the county's rows were read from"),
    Field("corrections", _many(CORRECTION), "更正", "Corrections that were applied to the county's data"),
    Field("refused", _many(REFUSAL), "拒收", "What was refused of the county's data"),
)
THINGS = (
    REPORT,
    COUNTY,
    SOURCE,
    STANDARD,
    WHOLE,
    RESOURCE,
    STAGE,
    INDICATOR,
    CHANGE,
    WINDOW,
    CV_OF_YEAR,
    STANDING,
    SHARE,
    UNIT,
    SCHOOL_VERDICT,
    VALUE,
    PART,
    ITEM,
    CHECK,
    FAILING,
    LEDGER_ENTRY,
    SILENT,
    ASSESSMENT,
    EVIDENCE,
    PLAN,
    RATE,
    GROUP,
    EXPLANATION,
    ROBUSTNESS,
    LEAST_CHANGE,
    CAUSES,
    MEASURES,
    BETWEEN,
    PUPIL_GAP,
    PEER,
    FILE,
    CORRECTION,
    REFUSAL,
)
"""Every kind of object, from the outermost inwards."""
_NOTHING: Row = {}
_Failing = dict[tuple[str, str], list[msgspec.Struct]]


def county_data(county: CountyTables, report: CountyReport) -> msgspec.Struct:
    """The report of a county as data.

    `report` gives the title and the edition. Figures are those of the tables, not rounded; null is not reported or not
    defined, as the reason says, and zero is a fact.
    """
    source = county.all.sources[county.source].described
    standards = [standard for standard in county.standards if has_any(county, standard)]
    used = {unit["file"] for units in county.units.values() for unit in units.values()}
    return REPORT.of(
        _NOTHING,
        form=FORM,
        notice=report.banner,
        is_synthetic=county.all.is_synthetic,
        title=report.title,
        edition=report.colophon.edition,
        school_year=county.year,
        as_of=first_day(county.year),
        county=COUNTY.of(_NOTHING, code=county.code, name=county.name, province_code=county.province),
        source=SOURCE.of(
            _NOTHING,
            source=county.source,
            name=Words(source.name_zh, source.name_en),
            publisher=source.publisher,
            licence=source.licence,
            attribution=source.attribution,
        ),
        standards=tuple(_standard(county, standard) for standard in standards if not is_silent(county, standard)),
        silent=tuple(
            SILENT.of(_NOTHING, standard=standard.id, items=len(county.items.get(standard.id, {})))
            for standard in standards
            if is_silent(county, standard)
        ),
        assessments=_rows(county, ASSESSMENT),
        evidence=_rows(county, EVIDENCE),
        plans=_rows(county, PLAN),
        rates=_rows(county, RATE),
        groups=_rows(county, GROUP),
        why=_why(county),
        files=tuple(FILE.of(row) for row in county.all.returns(county.source) if row["file"] in used),
        corrections=_rows(county, CORRECTION),
        refused=_rows(county, REFUSAL),
    )


def county_json(county: CountyTables, report: CountyReport) -> str:
    """The report of a county as JSON on one line. The same tables give the same bytes."""
    return msgspec.json.encode(county_data(county, report)).decode() + "\n"


def json_schema() -> dict[str, Any]:
    """The JSON Schema of `county_json`."""
    return msgspec.json.schema(REPORT.kind)


def _rows(county: CountyTables, thing: Thing) -> tuple[msgspec.Struct, ...]:
    """The county's rows of a thing's table, in the table's order."""
    contract: Contract = TABLES[thing.table]
    rows = county.frame(thing.table).sort(contract.order, nulls_last=True, maintain_order=True)
    return tuple(thing.of(row) for row in rows.iter_rows(named=True))


def _why(county: CountyTables) -> msgspec.Struct:
    """The rows behind the section that says why, of the indicators that it speaks of."""
    found = cells(county, Focus())
    last = of_last(county, found)

    def of(thing: Thing, asked: Sequence[Cell]) -> tuple[msgspec.Struct, ...]:
        keys = {(cell.standard.id, cell.stage, cell.indicator) for cell in asked}
        rows = rows_of(county, thing.table, asked)
        return tuple(thing.of(row) for row in rows if (row["standard"], row["stage"], row["indicator"]) in keys)

    return EXPLANATION.of(
        _NOTHING,
        variants=tuple(ROBUSTNESS.of(row) for rows in shown(county, found).values() for row in rows.values()),
        least_changes=of(LEAST_CHANGE, found),
        causes=of(CAUSES, last),
        measures=of(MEASURES, last),
        between_within=of(BETWEEN, last),
        pupil_gaps=of(PUPIL_GAP, last),
        peers=tuple(PEER.of(row) for row in rows_of(county, "peers")),
    )


def _standard(county: CountyTables, standard: Standard) -> msgspec.Struct:
    resource = county.verdicts.get((standard.id, "all"))
    whole = county.whole.get(standard.id)
    ledger = county.frame("ledger").filter(pl.col("standard") == standard.id)
    failing = _failing(county, standard)
    return STANDARD.of(
        _NOTHING,
        standard=standard.id,
        title=standard.title,
        document=standard.document,
        verdict=None if whole is None else WHOLE.of(whole),
        resource=None if resource is None else RESOURCE.of(resource),
        limits_article=standard.dispersion.article,
        school_rule_article="" if standard.school_rule is None else standard.school_rule.article,
        stages=tuple(_stage(county, standard, stage) for stage in sentences.stages_present(county, standard)),
        parts=tuple(_part(county, standard, row, failing) for row in county.parts.get(standard.id, {}).values()),
        window=_one(WINDOW, county.monitoring.get((standard.id, "all", "verdict"))),
        ledger=tuple(
            LEDGER_ENTRY.of(row)
            for row in ledger.iter_rows(named=True)
            if row["ledger"] == "unmet" or row["course"] == "resolved"
        ),
    )


def _one(thing: Thing, row: Row | None) -> msgspec.Struct | None:
    return None if row is None else thing.of(row)


def _stage(county: CountyTables, standard: Standard, stage: str) -> msgspec.Struct:
    key = standard.id, stage
    values = county.values.get(key, {})
    verdicts = county.school_verdicts.get(key, {})
    names = [indicator.id for indicator in standard.indicators]
    return STAGE.of(
        county.verdicts[key],
        indicators=tuple(_indicator(county, standard, stage, name) for name in sentences.bound_names(standard)),
        most_important=county.important.get(key),
        variance_shares=tuple(SHARE.of(row) for row in county.shares.get(key, [])),
        schools=tuple(
            UNIT.of(
                unit,
                verdict=_one(SCHOOL_VERDICT, verdicts.get(unit_id)),
                values=tuple(VALUE.of(values[unit_id][name]) for name in names if name in values.get(unit_id, {})),
            )
            for unit_id, unit in county.units.get(key, {}).items()
        ),
    )


def _indicator(county: CountyTables, standard: Standard, stage: str, name: str) -> msgspec.Struct:
    is_composite = name == "composite"
    found = Indicator("composite", Words("综合差异系数", "composite"), "1", standard.dispersion.article)
    indicator = found if is_composite else standard.indicator(name)
    whole = tuple(norm for norm in indicator.norms if not (norm.school_types or norm.areas))
    norm = in_force(whole, county.year, stage)
    history = county.history.get((standard.id, stage, name), {})
    standing = standings(county.all, county.source, county.province).get((county.code, standard.id, stage, name))
    return INDICATOR.of(
        county.dispersion[standard.id, stage, name],
        label=indicator.label,
        number=indicator.number,
        article=indicator.article,
        confidence=indicator.confidence,
        must_be=indicator.must_be,
        norm=None if norm is None else float(norm),
        change=_one(CHANGE, county.changes.get((standard.id, "county", stage, name))),
        change_common=_one(CHANGE, county.changes.get((standard.id, "common", stage, name))),
        history=tuple(CV_OF_YEAR.of(_NOTHING, school_year=year, cv=history[year]) for year in sorted(history)),
        standing=None if standing is None else STANDING.of(msgspec.structs.asdict(standing)),
        window=_one(WINDOW, county.monitoring.get((standard.id, stage, name))),
    )


def _failing(county: CountyTables, standard: Standard) -> _Failing:
    """The schools and units that do not meet a check, by item and check."""
    rows = county.frame("school_checks").filter(pl.col("standard") == standard.id, pl.col("status") == "not_met")
    found: _Failing = {}
    for row in rows.iter_rows(named=True):
        found.setdefault((row["item"], row["check"]), []).append(FAILING.of(row))
    return found


def _part(county: CountyTables, standard: Standard, row: Row, failing: _Failing) -> msgspec.Struct:
    resource = Part("resource", "items", standard.part, "", confidence=standard.confidence)
    part = next((part for part in standard.parts if part.id == row["part"]), resource)
    rows = county.items.get(standard.id, {})
    return PART.of(
        row,
        title=part.title,
        article=part.article,
        confidence=part.confidence,
        items_listed=tuple(
            _item(county, standard, item, rows[item.id], failing)
            for item in standard.of_part(part.id)
            if item.id in rows
        ),
    )


def _item(county: CountyTables, standard: Standard, item: Item, row: Row, failing: _Failing) -> msgspec.Struct:
    asked = {check.id: in_words(check, standard, county.year, county.all.standards) for check in item.checks}
    return ITEM.of(
        row,
        number=item.number,
        label=item.label,
        article=item.article,
        confidence=item.confidence,
        checks=tuple(
            CHECK.of(
                check,
                asked=asked.get(check["check"]),
                failing=tuple(failing.get((item.id, check["check"]), ())),
            )
            for check in county.checks.get((standard.id, item.id), [])
        ),
    )
