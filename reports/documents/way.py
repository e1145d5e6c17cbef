"""The cheapest way to a standard (达标方案): what a county would add where, at what cost, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from reports import display, sentences
from reports.captions import Captions
from reports.cheapest import asked_rows, basis, result
from reports.documents.cells import amount, figure, words
from reports.documents.cover import document
from reports.documents.model import Block, Cell, Column, Document, Paragraph, Section, Sentences, Table
from reports.language import gettext as _
from reports.language import labelled, marked, spoken
from reports.year import CountyTables, Row
from standards.standard import Standard

KIND = "plan"
"""The file name of the document, before the standard's id."""
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


def asked_way(county: CountyTables, standard: Standard) -> Document:
    """The plan of a county that the home asks for, from its tables."""
    return cheapest_way(county, standard, *asked_rows(county, standard))


def _result(plan: Row) -> list[Block]:
    return [
        Sentences(sentences=tuple(result(plan, plan["detail"]))),
        Paragraph(text=basis(plan), is_note=True),
    ]


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
