"""What a county reports beside its standards: stages of the assessment, plans, rates and support, groups of schools."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import polars as pl

from reports import display, sentences
from reports.captions import Captions
from reports.changes import school_changes
from reports.items import value_words
from reports.language import gettext as _
from reports.language import marked, semicolons, serial, spoken
from reports.model import Course
from reports.year import CountyTables, Row, YearTables, records
from schemas.county import STAGES_OF_ASSESSMENT
from standards.standard import Standard

_MOST_RATES = 60
_MOST_GROUPS = 40
_PLAN_COURSES = {
    "done": marked("已完成"),
    "on_course": marked("按进度"),
    "behind": marked("滞后"),
    "overdue": marked("逾期未完成"),
    "undetermined": marked("无法判定"),
}
_FINDINGS = {
    "before_the_stage_before": marked("早于上一阶段完成"),
    "result_without_date": marked("有结果而没有完成日期"),
    "stage_before_open": marked("上一阶段尚未完成"),
    "stage_before_not_passed": marked("上一阶段未通过"),
    "base_not_stated": marked("公布的比例没有说明基数"),
    "share_disagrees": marked("公布的比例与计算不符"),
    "done_fell": marked("累计完成数小于以前"),
    "over_planned": marked("完成数超过计划数"),
    "over_100": marked("超过 100%，不予采用"),
    "stated_disagrees": marked("公布的数值与计算不符"),
    "over_quota": marked("超出名额"),
    "late": marked("逾期推荐"),
    "not_eligible": marked("不符合条件"),
}
_RESULTS = {"passed": marked("通过"), "not_passed": marked("未通过")}
_RATES = {
    "entry": marked("入学率"),
    "nine_year_retention": marked("九年巩固率"),
    "completion_at_12": marked("12 周岁完成率"),
    "completion_at_15": marked("15 周岁完成率"),
    "dropout": marked("辍学率"),
    "disabled_enrolment": marked("残疾儿童少年入学率"),
    "boarder_subsidy": marked("寄宿生生活补助（人均）"),
    "nutrition_meals": marked("营养餐（人均）"),
}
_OF_AGES = ("completion_at_12", "completion_at_15")
"""Rates of an age, which is said; their stage follows from it."""


def courses(county: CountyTables, captions: Captions) -> tuple[Course, ...]:
    """The tables for which the county has rows."""
    made = (school_changes, assessments, evidence, plans, rates, groups)
    return tuple(found for make in made if (found := make(county, captions)) is not None)


def finding(name: str | None) -> str:
    """What is wrong with a figure that is stated or a date; — where nothing is."""
    return display.NOT_APPLICABLE if name is None else _(_FINDINGS.get(name, name))


def _title(county: CountyTables, standard: str) -> str:
    found = county.all.standards.get(standard)
    return standard if found is None else short(found)


def short(standard: Standard) -> str:
    """A standard's title without the words that all of them share."""
    return sentences.short_title(standard)


def assessments(county: CountyTables, captions: Captions) -> Course | None:
    """The stages from self-evaluation to annual monitoring: due, done, result."""
    order = {standard.id: place for place, standard in enumerate(county.standards)}
    rows = sorted(
        records(county.frame("assessment_stages")),
        key=lambda row: (order.get(row["standard"], len(order)), STAGES_OF_ASSESSMENT.index(row["assessment"])),
    )
    if not rows:
        return None
    wrong = sum(row["finding"] is not None for row in rows)
    said = []
    if wrong:
        said.append(_("{count} 个阶段的次序或结果有问题，见表。").format(count=display.count(wrong)))
    return Course(
        anchor="county-assessments",
        title=_("评估阶段"),
        sentences=tuple(said),
        caption=captions.next(_("{county}各评估阶段的进度").format(county=county.name)),
        caption_note=_("进度以 {year} 年 9 月 1 日为准").format(year=county.year),
        columns=tuple(
            _(name)
            for name in (
                marked("阶段"),
                marked("标准"),
                marked("组织单位"),
                marked("应完成"),
                marked("完成"),
                marked("结果"),
                marked("未完成整改"),
                marked("进度"),
                marked("发现的问题"),
                marked("核对"),
            )
        ),
        numbers=(False, False, False, False, False, False, True, False, False, False),
        rows=tuple(
            (
                display.assessment(row["assessment"]),
                _title(county, row["standard"]),
                row["body"] or display.NOT_REPORTED,
                display.day(row["due_on"]),
                display.day(row["done_on"]),
                display.NOT_REPORTED if row["result"] is None else _(_RESULTS[row["result"]]),
                display.count(row["open_rectifications"]),
                display.progress(row["progress"]),
                row["findings"] or display.NOT_REPORTED,
                finding(row["finding"]),
            )
            for row in rows
        ),
        notes=(),
    )


def evidence(county: CountyTables, captions: Captions) -> Course | None:
    """How complete the documents are, by standard: items whose three years are documented, and what is lacking."""
    by_standard: dict[str, list[Row]] = {}
    for row in records(county.frame("evidence_index"), "standard", "item", "status", "completeness"):
        by_standard.setdefault(row["standard"], []).append(row)
    if not by_standard:
        return None
    rows = []
    for standard in county.standards:
        own = by_standard.get(standard.id)
        if own is None:
            continue
        shares = list({row["item"]: row["completeness"] for row in own}.values())
        counts = Counter(row["status"] for row in own)
        rows.append(
            (
                short(standard),
                display.count(len(shares)),
                display.count(sum(share >= 1 for share in shares)),
                display.count(sum(share == 0 for share in shares)),
                display.percent(math.fsum(shares) / len(shares)),
                *(display.count(counts[status]) for status in ("present", "stale", "missing")),
            )
        )
    return Course(
        anchor="county-evidence",
        title=_("档案"),
        sentences=(),
        caption=captions.next(_("{county}佐证材料的完备情况").format(county=county.name)),
        caption_note=_("{first}–{last} 学年；材料以份计，缺的以条目和学年计").format(
            first=county.year - 2, last=county.year
        ),
        columns=tuple(
            _(name)
            for name in (
                marked("标准"),
                marked("条目"),
                marked("三年齐全的条目"),
                marked("三年全缺的条目"),
                marked("完备率"),
                marked("有效材料"),
                marked("过期材料"),
                marked("缺少材料"),
            )
        ),
        numbers=(False, True, True, True, True, True, True, True),
        rows=tuple(rows),
        notes=(_("完备率：各条目三个学年中有有效材料的学年所占比例，按条目平均。逐项目录见表 evidence_index。"),),
    )


def plans(county: CountyTables, captions: Captions) -> Course | None:
    """Plans and pledges: planned, done, share, and whether they keep their time."""
    rows = records(county.frame("plans"))
    if not rows:
        return None
    behind = sum(row["course"] in ("behind", "overdue") for row in rows)
    said = [
        _("{total} 项规划或承诺中 {behind} 项滞后或逾期。").format(
            total=display.count(len(rows)), behind=display.count(behind)
        )
    ]
    return Course(
        anchor="county-plans",
        title=_("规划与承诺"),
        sentences=tuple(said),
        caption=captions.next(_("{county}各项规划的完成情况").format(county=county.name)),
        caption_note=_("完成比例 = 累计完成数 / 计划数；时间进度 = 已过年数 / 规划年数"),
        columns=tuple(
            _(name)
            for name in (
                marked("规划或承诺"),
                marked("片区"),
                marked("目标年份"),
                marked("计划数"),
                marked("累计完成数"),
                marked("完成比例"),
                marked("时间进度"),
                marked("公布的比例"),
                marked("兑现年数"),
                marked("进度"),
                marked("核对"),
            )
        ),
        numbers=(False, False, True, True, True, True, True, True, True, False, False),
        rows=tuple(_plan(row, display.whole(county.name)) for row in rows),
        notes=(_("是否按进度由本系统推定：完成比例不低于时间进度为按进度。"),),
    )


def _plan(row: Row, whole: str) -> tuple[str, ...]:
    unit = f" {row['unit']}" if row["unit"] else ""

    def amount(name: str) -> str:
        value = row[name]
        return display.NOT_REPORTED if value is None else display.number(value, display.written_places(value)) + unit

    return (
        row["plan"],
        row["zone"] or whole,
        display.NOT_REPORTED if row["target_year"] is None else str(row["target_year"]),
        amount("planned"),
        amount("done"),
        display.percent(row["share"]),
        display.percent(row["share_due"]),
        display.percent(row["stated_share"], absent=display.NOT_APPLICABLE),
        _("{delivered} / {promised}").format(
            delivered=display.count(row["years_delivered"]), promised=display.count(row["years_promised"])
        )
        if row["years_promised"]
        else display.NOT_APPLICABLE,
        _(_PLAN_COURSES[row["course"]]),
        finding(row["finding"]),
    )


def rates(county: CountyTables, captions: Captions) -> Course | None:
    """Entry, retention, completion, dropout and support, of the county; of schools only what is wrong."""
    order, stages = list(_RATES), ("", "primary", "junior")
    every = sorted(
        records(county.frame("popularisation")),
        key=lambda row: (
            order.index(row["rate"]) if row["rate"] in _RATES else len(order),
            stages.index(row["stage"]),
            row["school_id"],
        ),
    )
    of_county = [row for row in every if not row["school_id"]]
    of_schools = [row for row in every if row["school_id"] and row["finding"] is not None]
    silent = [
        row for row in of_county if all(row[name] is None for name in ("value", "numerator", "stated", "finding"))
    ]
    rows = [*(row for row in of_county if row not in silent), *of_schools[:_MOST_RATES]]
    if not rows:
        return None
    wrong = sum(row["finding"] is not None for row in rows)
    said = []
    if wrong:
        said.append(_("{count} 个数值核对有问题，见表。").format(count=display.count(wrong)))
    if silent:
        names = dict.fromkeys(rate_label(row["rate"], row["stage"]) for row in silent)
        said.append(_("未上报：{names}。").format(names=serial(names)))
    return Course(
        anchor="county-popularisation",
        title=_("普及与资助"),
        sentences=tuple(said),
        caption=captions.next(_("{county}的普及与资助").format(county=county.name)),
        caption_note=_("{year}；比率超过 100% 的不予采用").format(year=display.school_year(county.year)),
        columns=tuple(
            _(name)
            for name in (
                marked("比率"),
                marked("对象"),
                marked("数值"),
                marked("分子"),
                marked("分母"),
                marked("公布的数值"),
                marked("核对"),
            )
        ),
        numbers=(False, False, True, True, True, True, False),
        rows=tuple(
            (
                rate_label(row["rate"], row["stage"]),
                row["school_name"] or display.whole(county.name),
                _measured(
                    row["value"],
                    row["unit"],
                    absent=display.NOT_APPLICABLE if row["finding"] == "over_100" else display.NOT_REPORTED,
                ),
                _count(row["numerator"]),
                _count(row["denominator"]),
                _measured(row["stated"], row["unit"], absent=display.NOT_APPLICABLE),
                finding(row["finding"]) if row["finding"] or row["reason"] is None else display.reason(row["reason"]),
            )
            for row in rows
        ),
        notes=(),
    )


def rate_label(rate: str, stage: str) -> str:
    """The name of a rate with its stage."""
    label = _(_RATES[rate]) if rate in _RATES else rate
    return sentences.of_stage(stage, label) if stage and rate not in _OF_AGES else label


def _measured(value: float | None, unit: str, *, absent: str = display.NOT_REPORTED) -> str:
    return absent if value is None else value_words(value, unit, None, None, "")


def _count(value: float | None) -> str:
    return display.NOT_REPORTED if value is None else display.number(value, display.written_places(value))


def groups(county: CountyTables, captions: Captions) -> Course | None:
    """Means and difference coefficients inside groups of schools: how many lie above the limit, and the largest."""
    found: dict[tuple[str, str, str, str], list[Row]] = {}
    order = {standard.id: place for place, standard in enumerate(county.leading)}
    rows = records(county.frame("group_dispersion"))
    for row in sorted(rows, key=lambda row: (row["stage"] == "junior", row["grouping"], row["group"])):
        if row["indicator"] != "composite" and row["standard"] in order:
            found.setdefault((row["standard"], row["grouping"], row["group"], row["stage"]), []).append(row)
    if not found:
        return None
    shown = sorted(found.items(), key=lambda entry: order[entry[0][0]])[:_MOST_GROUPS]
    coverage = {
        (row["grouping"]): row["coverage"] for rows in found.values() for row in rows if row["coverage"] is not None
    }
    said = [
        _("{grouping}覆盖 {share} 的学校。").format(grouping=grouping, share=display.percent(share))
        for grouping, share in coverage.items()
    ]
    if len(found) > len(shown):
        said.append(
            _("这里列出前 {shown} 组，共 {total} 组，其余见表 group_dispersion。").format(
                shown=len(shown), total=display.count(len(found))
            )
        )
    return Course(
        anchor="county-groups",
        title=_("学区、集团等分组"),
        sentences=tuple(said),
        caption=captions.next(_("{county}各分组内部的校际差异").format(county=county.name)),
        caption_note=_("{year}；仅供参考，标准只对{whole}设限值").format(
            year=display.school_year(county.year), whole=display.whole(county.name)
        ),
        columns=tuple(
            _(name)
            for name in (
                marked("分组"),
                marked("类别"),
                marked("标准"),
                marked("学段"),
                marked("评估单位"),
                marked("超过限值的指标"),
                marked("最大的差异系数"),
            )
        ),
        numbers=(False, False, False, False, True, True, False),
        rows=tuple(_group(county, key, rows) for key, rows in shown),
        notes=(),
    )


def _group(county: CountyTables, key: tuple[str, str, str, str], rows: Sequence[Row]) -> tuple[str, ...]:
    standard, grouping, group, stage = key
    known = [row for row in rows if row["cv"] is not None]
    limited = [row for row in rows if row["limit"] is not None]
    widest = max(known, key=lambda row: row["cv"], default=None)
    found = county.all.standards.get(standard)
    return (
        group,
        grouping,
        _title(county, standard),
        display.stage(stage),
        display.count(max(row["units"] for row in rows)),
        _("{over} / {total}").format(over=sum(row["status"] == "not_met" for row in limited), total=len(limited))
        if limited
        else display.NOT_APPLICABLE,
        display.NOT_APPLICABLE
        if widest is None or found is None
        else f"{spoken(found.indicator(widest['indicator']).label)} {display.coefficient(widest['cv'])}",
    )


def candidates(tables: YearTables, province: str, source: str, name: str, captions: Captions) -> tuple[Course, ...]:
    """The province's counties in the order of their case for selection, one table for each standard that selects."""
    own = tables.table("pioneer_candidates").filter(
        (pl.col("province_code") == province) & (pl.col("source") == source)
    )
    made = []
    for standard in tables.applying(source, province):
        rows = own.filter(pl.col("standard") == standard.id).sort("rank", "county_code").rows(named=True)
        if rows:
            made.append(_candidates(standard, rows, name, tables.year, captions))
    return tuple(made)


def _candidates(standard: Standard, rows: Sequence[Row], name: str, year: int, captions: Captions) -> Course:
    nominated = sum(row["is_nominated"] is True for row in rows)
    said = [_("{count} 个县级单位，已推荐 {nominated} 个。").format(count=len(rows), nominated=nominated)]
    if standard.quota is not None:
        said.append(
            _("名额和截止日期为 {year} 年首批：名额 {least}–{most} 个，{day}前推荐（{article}）。").format(
                year=standard.quota.deadline.year,
                least=standard.quota.least,
                most=standard.quota.most,
                day=display.day(standard.quota.deadline),
                article=standard.quota.article,
            )
        )
    columns = [
        (_("县"), False, [row["county_name"] for row in rows]),
        (_("次序"), True, [display.count(row["rank"]) for row in rows]),
        (_("遴选条件"), False, [_status(row["conditions"]) for row in rows]),
        (_("优质均衡资源配置"), False, [_status(row["resource"]) for row in rows]),
        (_("达到学校标准的比例"), True, [display.percent(row["schools_met_share"]) for row in rows]),
        (_("最小余量"), True, [display.number(row["least_margin"], display.CV_PLACES) for row in rows]),
        (_("有利条件"), True, [_("{count} 项").format(count=len(_ids(row["reasons_for"]))) for row in rows]),
        (_("不利的条件"), False, [_labels(standard, row["reasons_against"]) for row in rows]),
        (_("无法判定的条件"), False, [_labels(standard, row["reasons_unknown"]) for row in rows]),
    ]
    if nominated or any(row["finding"] is not None for row in rows):
        columns += [
            (_("推荐日期"), False, [display.day(row["nominated_on"], absent=display.NOT_APPLICABLE) for row in rows]),
            (_("核对"), False, [finding(row["finding"]) for row in rows]),
        ]
    return Course(
        anchor=f"candidates-{standard.id}-{rows[0]['source']}-{rows[0]['province_code']}",
        title=short(standard),
        sentences=tuple(said),
        caption=captions.next(_("{province}{standard}的遴选次序").format(province=name, standard=short(standard))),
        caption_note=_("{year}；条件达标者在前，其次资源配置、达到学校标准的比例、最小余量；次序为本系统推定").format(
            year=display.school_year(year)
        ),
        columns=tuple(label for label, _is_number, _cells in columns),
        numbers=tuple(is_number for _label, is_number, _cells in columns),
        rows=tuple(zip(*(cells for _label, _is_number, cells in columns), strict=True)),
        notes=(),
    )


def _ids(joined: str | None) -> list[str]:
    return [part.strip() for part in (joined or "").split("|") if part.strip()]


def _labels(standard: Standard, joined: str | None) -> str:
    labels = {item.id: spoken(item.label) for item in standard.items}
    return semicolons(labels.get(name, display.reason(name)) for name in _ids(joined)) or display.NOT_APPLICABLE


def _status(status: str | None) -> str:
    if status is None:
        return display.NOT_APPLICABLE
    return f"{display.status_symbol(status)} {display.status_word(status)}"
