"""The cheapest way to a standard (达标方案): what a county would add where, at what cost, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import polars as pl

from reports import display, sentences
from reports.captions import Captions
from reports.documents.cells import amount, figure, words
from reports.documents.cover import document
from reports.documents.model import Block, Cell, Column, Document, Paragraph, Section, Sentences, Table
from reports.language import gettext as _
from reports.language import labelled, marked, spoken
from reports.year import CountyTables, Row
from standards.standard import Standard

KIND = "plan"
"""The file name of the document, before the standard's id."""
_REASONS = {
    "no_way": marked("在固定的学校和上限之内没有办法达标"),
    "no_measure": marked("没有措施能补上所缺的"),
    "fixed_school": marked("固定不动的学校没有达到学校规则"),
    "said_not_met": marked("县级填报称没有达到"),
    "over_budget": marked("最省的方案也超出预算"),
    "nodes": marked("搜索在限度之内没有找到方案"),
    "rounds": marked("搜索在限度之内没有找到方案"),
    "seconds": marked("搜索在限度之内没有找到方案"),
}
_HOW = {"added": marked("增加"), "moved_in": marked("调入"), "moved_out": marked("调出")}


def cheapest_way(
    county: CountyTables,
    standard: Standard,
    plan: Row,
    measures: Sequence[Row],
    cuts: Sequence[Row],
) -> Document:
    """The plan of a county under a standard: result, what each school gets, sums by measure, and the warning.

    `plan`, `measures` and `cuts` are the county's rows of `cheapest_plans`, `cheapest_measures`, `cheapest_cuts`.
    """
    captions = Captions()
    sections = [Section(anchor="result", heading=_("结果"), blocks=tuple(_result(plan)))]
    if measures:
        blocks = (_by_measure(county, measures, captions), _by_school(county, measures, captions))
        sections.append(Section(anchor="measures", heading=_("增加什么"), blocks=blocks))
    warned = [cut for cut in cuts if cut["taken"] is not None]
    if warned:
        sections.append(Section(anchor="warning", heading=_("不采用的算法"), blocks=tuple(_warning(warned, standard))))
    what = _("达标方案")
    return document(
        county,
        KIND,
        _("{county}：{year}{what}").format(county=county.name, year=display.school_year(county.year), what=what),
        what,
        [standard],
        subject=standard.id,
        lead=[
            Paragraph(
                text=_(
                    "按“{standard}”的资源部分求最省的增加：每所学校符合学校规则，每项差异系数不超过限值。"
                    "只是按数字算出的建议，供商议，不是决定。"
                ).format(standard=spoken(standard.title))
            )
        ],
        sections=sections,
    )


def asked_ways(county: CountyTables) -> list[Standard]:
    """The standards under which the home asks for a plan of this county, in the order of its page."""
    asked = set(county.frame("cheapest_plans")["standard"].to_list())
    return [standard for standard in county.standards if standard.id in asked]


def asked_way(county: CountyTables, standard: Standard) -> Document:
    """The plan of a county that the home asks for, from its tables."""
    mine = pl.col("standard") == standard.id
    plans, measures, cuts = (
        county.frame(name).filter(mine).to_dicts() for name in ("cheapest_plans", "cheapest_measures", "cheapest_cuts")
    )
    return cheapest_way(county, standard, plans[0], measures, cuts)


def _result(plan: Row) -> list[Block]:
    said = []
    if plan["status"] == "nothing_to_do":
        said.append(_("不用增加。"))
    if plan["reason"] in _REASONS:
        said.append(_("{reason}。").format(reason=_(_REASONS[plan["reason"]])))
    if plan["detail"]:
        said.append(_("涉及：{detail}。").format(detail=plan["detail"]))
    if plan["cost"] is not None:
        counted = plan["counted_in"] == "yuan"
        text = (
            _("费用 {cost} 元；任何方案都不会少于 {bound} 元，相差至多 {gap}。")
            if counted
            else _("相当于 {cost} 名学生的达标量；任何方案都不会少于 {bound} 名，相差至多 {gap}。")
        )
        cost, bound = (display.number(plan[name], 0 if counted else 1) for name in ("cost", "bound"))
        said.append(text.format(cost=cost, bound=bound, gap=display.percent(plan["gap"])))
        if plan["is_within_gap"] is False:
            said.append(_("这一差距大于允许的 {gap}。").format(gap=display.percent(plan["gap_allowed"])))
    if plan["verdict_after"] is not None:
        said.append(
            _("资源部分现在{before}；照办后按同一套程序重算：{after}。").format(
                before=display.status_word(plan["verdict_before"]), after=display.status_word(plan["verdict_after"])
            )
        )
    if plan["cells_missing"]:
        said.append(_("有 {count} 个数据没有上报，方案不含这些。").format(count=plan["cells_missing"]))
    basis = (
        _("价格来源：{source}。").format(source=plan["price_source"])
        if plan["counted_in"] == "yuan"
        else _("没有给价格：每项增加按“够多少名学生达标”折算，是本系统的缺省算法。")
    )
    return [Sentences(sentences=tuple(said)), Paragraph(text=basis, is_note=True)]


def _yuan(value: Decimal | None) -> Cell:
    return figure(None if value is None else float(value), 0, absent=display.NOT_APPLICABLE)


def _by_measure(county: CountyTables, measures: Sequence[Row], captions: Captions) -> Table:
    """What is added and moved of each measure in the county."""
    kinds = {
        (row["measure"], row["how"]): (labelled(row, "measure"), row["unit"])
        for row in measures
        if row["how"] != "moved_out"
    }
    rows = []
    for (measure, how), (label, unit) in kinds.items():
        mine = [row for row in measures if (row["measure"], row["how"]) == (measure, how)]
        costs = [row["cost_yuan"] for row in mine]
        rows.append(
            (
                words(label),
                words(_(_HOW[how])),
                amount(float(sum(row["amount"] for row in mine)), unit),
                figure(len({row["school_id"] for row in mine}), 0),
                _yuan(None if None in costs else sum(costs, Decimal(0))),
            )
        )
    return Table(
        caption=captions.next(_("各项措施合计")),
        note=_("{year}；单位见各栏").format(year=display.school_year(county.year)),
        columns=(
            Column(label=_("措施"), holds="wide"),
            Column(label=_("方式")),
            Column(label=_("数量"), holds="number"),
            Column(label=_("学校数"), holds="number"),
            Column(label=_("费用（元）"), holds="number"),
        ),
        rows=tuple(rows),
    )


def _by_school(county: CountyTables, measures: Sequence[Row], captions: Captions) -> Table:
    """What each school gets, and gives."""
    return Table(
        caption=captions.next(_("各校增加和调剂")),
        note=_("{year}；单位见各栏").format(year=display.school_year(county.year)),
        columns=(
            Column(label=_("学校"), holds="wide"),
            Column(label=_("学段")),
            Column(label=_("措施"), holds="wide"),
            Column(label=_("方式")),
            Column(label=_("数量"), holds="number"),
            Column(label=_("单价（元）"), holds="number"),
            Column(label=_("费用（元）"), holds="number"),
        ),
        rows=tuple(
            (
                words(row["school_name"]),
                words(display.stage(row["stage"]) if row["stage"] else _("全校")),
                words(labelled(row, "measure")),
                words(_(_HOW[row["how"]])),
                amount(float(abs(row["amount"])), row["unit"]),
                _yuan(row["price_yuan"]),
                _yuan(row["cost_yuan"]),
            )
            for row in measures
        ),
    )


def _warning(cuts: Sequence[Row], standard: Standard) -> list[Block]:
    """How much taken from the school that has most would keep each limit as well."""
    return [
        Paragraph(
            text=_("差异系数也会因为最好的学校变差而下降，不花一分钱，谁也没有因此变好。方案从不这样做，这里只作提醒。")
        ),
        Sentences(
            sentences=tuple(
                _("{stage}{label}：差异系数 {cv}，限值 {limit}；从{school}的 {held} 中拿走 {taken}，也会达标。").format(
                    stage=display.stage(cut["stage"]),
                    label=sentences.indicator_label(standard, cut["indicator"]),
                    cv=display.coefficient(cut["cv"]),
                    limit=display.bound(cut["limit"]),
                    school=cut["school_name"],
                    held=display.number(cut["held"], 0),
                    taken=display.number(cut["taken"], 0),
                )
                for cut in cuts
            )
        ),
    ]
