"""The cheapest way to a standard on a county's page: what it takes in all, how sure that is, and who gets most."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

import polars as pl

from reports import display, sentences
from reports.captions import Captions
from reports.language import bracketed, ended, labelled, marked, semicolons, spoken, together
from reports.language import gettext as _
from reports.model import CheapestWay, Course, Link
from reports.requirement import unit_words
from reports.year import CountyTables, Row, records
from standards.standard import Standard

MOST_SCHOOLS = 10
"""Schools in the table of the page; the document has them all. Our default."""
_MOST_BLOCKED = 5
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


def asked_ways(county: CountyTables) -> list[Standard]:
    """The standards under which the home asks for a plan of this county, in the order of its page."""
    asked = set(county.frame("cheapest_plans")["standard"].to_list())
    return [standard for standard in county.standards if standard.id in asked]


def asked_rows(county: CountyTables, standard: Standard) -> tuple[Row, list[Row], list[Row]]:
    """The plan of a county that the home asks for, its measures, and its cuts."""
    mine = pl.col("standard") == standard.id
    plans, measures, cuts = (
        records(county.frame(name).filter(mine)) for name in ("cheapest_plans", "cheapest_measures", "cheapest_cuts")
    )
    return plans[0], list(measures), list(cuts)


def cheapest_ways(county: CountyTables, papers: Sequence[Link], captions: Captions) -> tuple[CheapestWay, ...]:
    """The plans that the home asks for of this county; none where it asks for none."""
    return tuple(_way(county, standard, papers, captions) for standard in asked_ways(county))


def way_title(standard: Standard) -> str:
    """What the plan under a standard is called."""
    return _("{standard}达标方案").format(standard=sentences.short_title(standard))


def result(plan: Row, detail: str | None) -> list[str]:
    """What came out of a plan: why there is none, its cost and bound, the verdict before and after, what is missing.

    `detail` says which schools and indicators a reason is about.
    """
    said = []
    if plan["status"] == "nothing_to_do":
        said.append(_("不用增加。"))
    if plan["reason"] in _REASONS:
        said.append(ended(_(_REASONS[plan["reason"]])))
    if detail:
        said.append(_("涉及：{detail}。").format(detail=detail))
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
    return said


def basis(plan: Row) -> str:
    """Where the prices come from, or how a plan counts without any."""
    if plan["counted_in"] == "yuan":
        return _("价格来源：{source}。").format(source=plan["price_source"])
    return _("没有给价格：每项增加按“够多少名学生达标”折算，是本系统的缺省算法。")


def _way(county: CountyTables, standard: Standard, papers: Sequence[Link], captions: Captions) -> CheapestWay:
    plan, measures, cuts = asked_rows(county, standard)
    title = way_title(standard)
    said = [*_in_all(plan, measures), *result(plan, _blocked(plan["detail"], standard))]
    notes = [*_warning(cuts, standard), basis(plan), _("只是按数字算出的建议，供商议，不是决定。")]
    is_priced = plan["counted_in"] == "yuan"
    rows = most_helped(measures, is_priced=is_priced)
    order = _("按费用排列") if is_priced else _("按所占各项增加总量的份额之和排列")
    course = Course(
        anchor=f"plan-{standard.id}",
        title=title,
        sentences=(together(said),),
        caption=captions.next(_("增加最多的学校（{standard}）").format(standard=sentences.short_title(standard)))
        if rows
        else "",
        caption_note=_("{year}；{order}，至多 {most} 所，各校全部见方案").format(
            year=display.school_year(county.year), order=order, most=MOST_SCHOOLS
        ),
        columns=(_("学校"), _("增加什么"), *((_("费用（元）"),) if is_priced else ())),
        numbers=(False, False, *((True,) if is_priced else ())),
        rows=rows,
        notes=(together(notes),),
    )
    return CheapestWay(course=course, link=next((link for link in papers if link.label == title), None))


def _in_all(plan: Row, measures: Sequence[Row]) -> list[str]:
    """What is added in the county of each measure, and what is moved between its schools."""
    said = []
    added = _totals(row for row in measures if row["how"] == "added")
    moved = _totals(row for row in measures if row["how"] == "moved_in")
    if added or moved:
        said.append(_("有所增加的学校 {count} 所。").format(count=display.count(plan["schools_helped"])))
    if added:
        said.append(_("共增加：{what}。").format(what=semicolons(added)))
    if moved:
        said.append(_("校际调剂：{what}。").format(what=semicolons(moved)))
    return said


def _totals(rows: Iterable[Row]) -> list[str]:
    """The sum of each measure, in its unit."""
    sums: dict[str, Decimal] = {}
    first: dict[str, Row] = {}
    for row in rows:
        sums[row["measure"]] = sums.get(row["measure"], Decimal(0)) + row["amount"]
        first.setdefault(row["measure"], row)
    return [_amount(first[measure], amount) for measure, amount in sums.items()]


def _amount(row: Row, amount: Decimal) -> str:
    """A measure, and how much of it in its unit."""
    places = 0 if amount == amount.to_integral_value() else display.places_of("")
    return _("{measure} {amount}").format(
        measure=labelled(row, "measure"),
        amount=f"{display.number(float(amount), places)}{spoken(unit_words(row['unit']))}",
    )


def most_helped(measures: Sequence[Row], *, is_priced: bool) -> tuple[tuple[str, ...], ...]:
    """The schools that get most, with what each gets: by cost, or by their shares of what is added of each measure."""
    given = [row for row in measures if row["how"] != "moved_out"]
    whole: dict[str, Decimal] = {}
    for row in given:
        whole[row["measure"]] = whole.get(row["measure"], Decimal(0)) + row["amount"]
    of_school: dict[str, list[Row]] = {}
    for row in given:
        of_school.setdefault(row["school_id"], []).append(row)

    def weight(rows: Sequence[Row]) -> Decimal:
        if is_priced:
            return sum((row["cost_yuan"] or Decimal(0) for row in rows), Decimal(0))
        return sum((row["amount"] / whole[row["measure"]] for row in rows), Decimal(0))

    most = sorted(of_school, key=lambda school: (-weight(of_school[school]), school))[:MOST_SCHOOLS]
    found = []
    for school in most:
        rows = of_school[school]
        added = _totals(row for row in rows if row["how"] == "added")
        moved = [_("{what}（调入）").format(what=what) for what in _totals(r for r in rows if r["how"] == "moved_in")]
        costs = [row["cost_yuan"] for row in rows]
        cost = None if None in costs else float(sum(costs, Decimal(0)))
        found.append(
            (
                rows[0]["school_name"],
                semicolons([*added, *moved]),
                *((display.number(cost, 0, absent=display.NOT_APPLICABLE),) if is_priced else ()),
            )
        )
    return tuple(found)


def _blocked(detail: str | None, standard: Standard) -> str:
    """Which indicators of which schools a reason is about; of many only how many there are."""
    if not detail:
        return ""
    names = []
    for each in detail.split(" | "):
        school, stage, indicator = each.rsplit(" ", 2)
        what = sentences.of_stage(stage, sentences.indicator_label(standard, indicator))
        names.append(school + bracketed(what))
    return display.listed(names, _MOST_BLOCKED)


def _warning(cuts: Sequence[Row], standard: Standard) -> list[str]:
    """How many limits would also be kept if the school that has most were made poorer, and the first such."""
    warned = [cut for cut in cuts if cut["taken"] is not None]
    if not warned:
        return []
    cut = warned[0]
    return [
        _(
            "有 {count} 项差异系数，从最富的学校拿走一些也会降到限值以内，例如{what}从{school}的 {held} 中拿走 {taken}；"
            "谁也没有因此变好，方案从不这样做。"
        ).format(
            count=display.count(len(warned)),
            what=sentences.of_stage(cut["stage"], sentences.indicator_label(standard, cut["indicator"])),
            school=cut["school_name"],
            held=display.number(cut["held"], 0),
            taken=display.number(cut["taken"], 0),
        )
    ]
