"""Check report (核查报告): what is unusual in a county's returns, what was said of it, and what still wants saying."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reports import display
from reports.captions import Captions
from reports.documents.cells import measured, whole, words
from reports.documents.cover import document, signed_by
from reports.documents.model import Blanks, Block, Cell, Column, Document, Paragraph, Section, Sentences, Table
from reports.findings import (
    KIND,
    STATUS_WORDS,
    by_check,
    check_word,
    column_word,
    counts_words,
    findings,
    subject,
    unit_of,
)
from reports.language import gettext as _
from reports.year import CountyTables, Row
from schemas.explanations import STATUSES

_SECTIONS = (
    (
        "open",
        "待说明",
        ("open", "expired"),
        ("school", "school_id", "check", "column", "before", "value", "status", "offered", "where"),
    ),
    (
        "carried",
        "沿用以前的说明，待确认",
        ("carried_over",),
        ("school", "school_id", "check", "column", "before", "value", "text", "by", "on", "said_in", "age", "until"),
    ),
    (
        "explained",
        "已说明",
        ("explained",),
        ("school", "school_id", "check", "column", "before", "value", "text", "by", "on", "document", "until"),
    ),
    (
        "no_finding",
        "有说明而已无异常",
        ("no_finding",),
        ("school", "school_id", "check", "column", "then", "text", "by", "on"),
    ),
)
_LEADS = {
    "open": "数据不实的，更正报表；属实的，写明说明、说明人和日期。以前的说明列在旁边，供参考，不算本学年的说明。",
    "carried": "以前学年的说明仍在有效期内。情况没有变化的，由说明人确认；有变化的，另写说明。",
    "explained": "以下说明针对当时的数值；数值以后更正的，须重新说明。",
    "no_finding": "以下说明所指的数据现在没有异常：报表已经更正，或说明写错了学校、核查或数据项。",
}
_Cell = Callable[[Row], Cell]


def check_report(county: CountyTables) -> Document:
    """Every finding of a county in a school year by what became of it, and every explanation of nothing unusual."""
    captions, rows = Captions(), findings(county)
    seen = [row for row in rows if row["status"] != "no_finding"]
    lead: list[Block] = [Paragraph(text=summary(county)), *([_overview(county, captions)] if seen else [])]
    sections = [
        _section(county, anchor, heading, chosen, columns, captions)
        for anchor, heading, statuses, columns in _SECTIONS
        if (chosen := [row for row in rows if row["status"] in statuses])
    ]
    return document(
        county,
        KIND,
        _("{county}：{year}经验性核查报告").format(county=county.name, year=display.school_year(county.year)),
        _("核查报告"),
        [],
        lead=lead,
        sections=[
            *sections,
            Section(anchor="checks", heading=_("核查内容"), blocks=(Sentences(sentences=_method(seen)),)),
            Section(
                anchor="signed", heading=_("签字"), blocks=(Blanks(lines=signed_by(_("县级填报负责人"), _("核查人"))),)
            ),
        ],
    )


def summary(county: CountyTables) -> str:
    """How many findings there are, and what became of them."""
    rows = findings(county)
    seen = [row for row in rows if row["status"] != "no_finding"]
    idle = len(rows) - len(seen)
    if seen:
        text = _("{county} {year}学校报表经验性核查发现 {count} 处：{counts}。").format(
            county=county.name,
            year=display.school_year(county.year),
            count=display.count(len(seen)),
            counts=counts_words(rows),
        )
    else:
        text = _("{county} {year}学校报表经验性核查没有发现。").format(
            county=county.name, year=display.school_year(county.year)
        )
    return text + (_("另有 {count} 条说明所指的数据已无异常。").format(count=display.count(idle)) if idle else "")


def _overview(county: CountyTables, captions: Captions) -> Table:
    counted = by_check(findings(county))
    totals = [sum(column) for column in zip(*(found for _check, found in counted), strict=True)]
    lines = [(check_word(check), found) for check, found in counted] + [(_("合计"), totals)]
    return Table(
        caption=captions.next(_("{county}经验性核查结果").format(county=county.name)),
        note=_("{year}；单位：处").format(year=display.school_year(county.year)),
        columns=(
            Column(label=_("核查")),
            *(Column(label=_(STATUS_WORDS[status]), holds="number") for status in STATUSES[:-1]),
            Column(label=_("合计"), holds="number"),
        ),
        rows=tuple((words(label), *map(whole, found), whole(sum(found))) for label, found in lines),
    )


def _section(
    county: CountyTables, anchor: str, heading: str, rows: Sequence[Row], shown: Sequence[str], captions: Captions
) -> Section:
    table = Table(
        caption=captions.next(_("{county}：{what}").format(county=county.name, what=_(heading))),
        note=_("{year}；数值为本系统字段的单位").format(year=display.school_year(county.year)),
        columns=tuple(_COLUMNS[name][0] for name in shown),
        rows=tuple(tuple(_COLUMNS[name][1](row) for name in shown) for row in rows),
    )
    blocks: tuple[Block, ...] = (Paragraph(text=_(_LEADS[anchor])), table)
    return Section(anchor=anchor, heading=_(heading), blocks=blocks)


def _value(name: str) -> _Cell:
    """A value of the finding in the unit of its field; of the whole return the number of figures."""

    def cell(row: Row) -> Cell:
        value = row[name]
        if value is None:
            return Cell(text=display.NOT_APPLICABLE)
        return whole(int(value), after=_(" 项")) if row["check"] == "copy" else measured(value, unit_of(row["column"]))

    return cell


def _status(row: Row) -> Cell:
    if row["reason"] == "value_changed":
        return words(_("待说明（所说明的数值已经变更）"))
    return words(_(STATUS_WORDS[row["status"]]))


def _offered(row: Row) -> Cell:
    """What was said before of the finding, by whom, when, and of which value."""
    if row["text"] is None:
        return words("")
    value = _value("explained_value")(row).text
    return words(
        _("{text}（{who}，{day}；说明的是 {year}的 {value}）").format(
            text=row["text"],
            who=row["explained_by"],
            day=display.day(row["explained_on"]),
            year=display.school_year(row["explained_year"]),
            value=value.strip(),
        )
    )


def _where(row: Row) -> Cell:
    """Where the value and that of the year before were read."""
    now = display.origin(row["file"] or "", row["sheet"], row["row"])
    before = display.origin(row["file_before"] or "", row["sheet_before"], row["row_before"])
    return words(_("本年 {now}；上年 {before}").format(now=now, before=before))


def _year(row: Row) -> Cell:
    until = row["valid_until"] if row["valid_until"] is not None else row["explained_year"]
    return words(display.school_year(until))


_COLUMNS: dict[str, tuple[Column, _Cell]] = {
    "school": (Column(label="学校"), lambda row: words(subject(row))),
    "school_id": (Column(label="学校标识码"), lambda row: words(row["school_id"])),
    "check": (Column(label="核查"), lambda row: words(check_word(row["check"]))),
    "column": (Column(label="数据项"), lambda row: words(column_word(row["column"]))),
    "before": (Column(label="上年值", holds="number"), _value("value_before")),
    "value": (Column(label="本年值", holds="number"), _value("value")),
    "then": (Column(label="说明时的值", holds="number"), _value("explained_value")),
    "status": (Column(label="情况"), _status),
    "offered": (Column(label="以前的说明", holds="wide"), _offered),
    "text": (Column(label="说明", holds="wide"), lambda row: words(row["text"])),
    "by": (Column(label="说明人"), lambda row: words(row["explained_by"])),
    "on": (Column(label="说明日期"), lambda row: words(display.day(row["explained_on"]))),
    "document": (Column(label="佐证材料", holds="wide"), lambda row: words(row["document"])),
    "until": (Column(label="有效至学年"), _year),
    "said_in": (Column(label="说明所属学年"), lambda row: words(display.school_year(row["explained_year"]))),
    "age": (Column(label="已沿用年数", holds="number"), lambda row: whole(row["age"])),
    "where": (Column(label="出处", holds="wide"), _where),
}


def _method(rows: Sequence[Row]) -> tuple[str, ...]:
    """What each check that found anything asks, with its bound."""
    bounds = {row["check"]: row["threshold"] for row in rows}
    asked = {
        "swing": _("{check}：大于上年的 {bound} 倍，或小于其 {bound} 分之一。"),
        "times_10": _("{check}：约为上年的 {bound} 倍或 {bound} 分之一。"),
        "yuan_wan": _("{check}：约为上年的 {bound} 倍或 {bound} 分之一。"),
        "mu_m2": _("{check}：约为上年的 {bound} 倍或 {bound} 分之一。"),
        "copy": _("{check}：所报的各项数据与上年相同，且不少于 {bound} 项。"),
    }
    said = [
        text.format(check=check_word(check), bound=display.plain(bounds[check]))
        for check, text in asked.items()
        if check in bounds
    ]
    return (*said, _("以上界限是本系统的默认值。经验性核查不拒收数据，也不改变任何数字：不实的更正，属实的说明。"))
