"""The ledger of what is not met: by item, with gap, since when and who mends it; and how many by school."""

from __future__ import annotations

from collections import Counter

from reports import display
from reports.captions import Captions
from reports.items import value_words
from reports.language import gettext as _
from reports.model import Ledger, LedgerRow, LedgerSchool
from reports.requirement import label_of
from reports.year import CountyTables, Row
from standards.standard import Standard

_NAMED = 5
_MOST_SCHOOLS = 20
_MOST_ITEMS = 6
_CV = "cv:"
_Group = tuple[str, str, str]


def ledgers(county: CountyTables, captions: Captions) -> tuple[Ledger, ...]:
    """The ledger of each standard under which anything is not met."""
    by_standard: dict[str, list[Row]] = {}
    for row in county.frame("ledger").iter_rows(named=True):
        by_standard.setdefault(row["standard"], []).append(row)
    return tuple(
        _ledger(county, standard, by_standard[standard.id], captions)
        for standard in county.standards
        if any(row["ledger"] == "unmet" for row in by_standard.get(standard.id, []))
    )


def item_label(standard: Standard, name: str) -> str:
    """The name of an item, indicator or difference coefficient; one that the standard no longer has stands as it is."""
    of_cv = name.startswith(_CV)
    bare = name.removeprefix(_CV)
    labels = {indicator.id: indicator.label.zh for indicator in standard.indicators}
    labels |= {item.id: item.label.zh for item in standard.items}
    if bare == "composite":
        return _("综合差异系数")
    label = labels.get(bare, bare)
    return _("{label}的差异系数").format(label=label) if of_cv else label


def _ledger(county: CountyTables, standard: Standard, rows: list[Row], captions: Captions) -> Ledger:
    unmet = [row for row in rows if row["ledger"] == "unmet"]
    groups: dict[_Group, list[Row]] = {}
    of_schools = {row["item"] for row in unmet if row["subject_id"]}
    for row in unmet:
        if not row["subject_id"] and row["item"] in of_schools:
            continue
        groups.setdefault((row["item"], row["check"], row["stage"]), []).append(row)
    names = [*(item.id for item in standard.items), *(indicator.id for indicator in standard.indicators)]
    order = {name: place for place, name in enumerate(names)}
    keys = sorted(
        groups,
        key=lambda key: (min(row["priority"] or 10_000 for row in groups[key]), order.get(key[0], len(order)), key),
    )
    schools = [row for row in unmet if row["subject_id"]]
    by_school: dict[tuple[str, str], list[Row]] = {}
    for row in schools:
        by_school.setdefault(
            (row["school_id"] or row["subject_id"], row["school_name"] or row["subject_id"]), []
        ).append(row)
    listed = sorted(by_school.items(), key=lambda entry: (-len(entry[1]), entry[0]))
    shown = listed[:_MOST_SCHOOLS]
    place = {"county": county.name, "standard": standard.title.zh}
    more = ""
    if len(listed) > len(shown):
        more = _("这里列出未达标项最多的 {shown} 所；其余 {rest} 所见台账表 ledger。").format(
            shown=len(shown), rest=display.count(len(listed) - len(shown))
        )
    return Ledger(
        anchor=f"{standard.id}-ledger",
        title=standard.title.zh,
        sentences=tuple(_sentences(rows, unmet)),
        caption=captions.next(_("{county}未达标台账：{standard}").format(**place)),
        caption_note=_("{year}；学校的同一条目合为一行，差额为各校合计；有逐校记录的条目不再列县级行").format(
            year=display.school_year(county.year)
        ),
        has_courses=any(row["course"] != "first" for row in unmet),
        has_measures=any(row[name] for row in unmet for name in ("lead_office", "measure", "expected_by")),
        rows=tuple(_row(standard, groups[key]) for key in keys),
        schools_caption=captions.next(_("{county}各校未达标项数：{standard}").format(**place)) if shown else "",
        schools_note=_("{year}；未达标项最多的在前").format(year=display.school_year(county.year)),
        schools=tuple(_school(standard, name, own) for (_id, name), own in shown),
        more=more,
    )


def _sentences(rows: list[Row], unmet: list[Row]) -> list[str]:
    of_county = sum(not row["subject_id"] for row in unmet)
    said = [
        _("未达标 {count} 条：县级 {county} 条，学校或评估单位 {schools} 条。").format(
            count=display.count(len(unmet)),
            county=display.count(of_county),
            schools=display.count(len(unmet) - of_county),
        )
    ]
    courses = Counter(row["course"] for row in rows if row["course"] in ("new", "persistent", "reopened", "resolved"))
    if courses:
        said.append(
            _("与上年相比：{parts}。").format(
                parts="、".join(
                    _("{course} {count} 条").format(course=display.course(course), count=display.count(courses[course]))
                    for course in ("new", "persistent", "reopened", "resolved")
                    if courses[course]
                )
            )
        )
    elif unmet:
        said.append(_("上年没有可比的台账。"))
    missed = sum(row["forecast"] == "missed" for row in rows)
    if missed:
        said.append(_("{count} 条已过预计完成日期而仍未达标。").format(count=display.count(missed)))
    return said


def _row(standard: Standard, rows: list[Row]) -> LedgerRow:
    first = rows[0]
    stage = f"{display.stage(first['stage'])}：" if first["stage"] else ""
    is_one = len(rows) == 1
    since = [row["unmet_since"] for row in rows if row["unmet_since"] is not None]
    courses = Counter(row["course"] for row in rows)
    return LedgerRow(
        item=stage + item_label(standard, first["item"]) + _check_words(standard, first),
        subject=_subject(rows),
        value=_value(first) if is_one else display.NOT_APPLICABLE,
        limit=_limit(rows),
        gap=_gap(rows),
        since=display.school_year(min(since)) if since else display.NOT_APPLICABLE,
        course=display.course(first["course"]).split("，")[0]
        if len(courses) == 1
        else "、".join(
            _("{course} {count}").format(course=display.course(course), count=display.count(count))
            for course, count in sorted(courses.items())
        ),
        office=_several(rows, "lead_office"),
        measure=_several(rows, "measure"),
        due=_due(rows),
    )


def _check_words(standard: Standard, row: Row) -> str:
    """Which check of an item of several is meant."""
    for item in standard.items:
        for check in item.checks:
            if item.id == row["item"] and check.id and check.id == row["check"]:
                label = label_of(check).zh
                return f"（{label}）" if label else ""
    return ""


def _subject(rows: list[Row]) -> str:
    if not rows[0]["subject_id"]:
        return _("全县")
    return display.listed(list(dict.fromkeys(row["school_name"] or row["subject_id"] for row in rows)), _NAMED)


def _value(row: Row) -> str:
    if row["value"] is None:
        return display.NOT_REPORTED if row["limit"] is not None else display.NOT_APPLICABLE
    limit = row["limit"]
    side = None if limit is None or row["value"] == limit else "at_least" if row["value"] < limit else "at_most"
    return value_words(row["value"], row["unit"], limit, side, row["status"])


def _limit(rows: list[Row]) -> str:
    limits = {(row["limit"], row["unit"]) for row in rows}
    if len(limits) > 1:
        return _("各校不同")
    limit, unit = limits.pop()
    if limit is None:
        return display.NOT_APPLICABLE
    return value_words(limit, unit, None, None, "")


def _gap(rows: list[Row]) -> str:
    """The gap; of several schools its total, said only where it is known of each."""
    gaps, units = [row["gap"] for row in rows], {row["gap_unit"] for row in rows}
    if any(gap is None for gap in gaps) or len(units) > 1:
        return display.NOT_APPLICABLE if all(gap is None for gap in gaps) else display.NOT_REPORTED
    unit = units.pop() or ""
    gap = value_words(sum(gaps), unit, None, None, "")
    return gap if len(rows) == 1 else _("合计 {gap}").format(gap=gap)


def _several(rows: list[Row], name: str) -> str:
    found = list(dict.fromkeys(row[name] for row in rows if row[name]))
    return display.listed(found, _NAMED) or _("待填报")


def _due(rows: list[Row]) -> str:
    dates = sorted({row["expected_by"] for row in rows if row["expected_by"] is not None})
    if not dates:
        return _("待填报")
    return (
        display.day(dates[0])
        if len(dates) == 1
        else _("{first} 至 {last}").format(first=display.day(dates[0]), last=display.day(dates[-1]))
    )


def _school(standard: Standard, name: str, rows: list[Row]) -> LedgerSchool:
    labels = [
        (f"{display.stage(row['stage'])}：" if row["stage"] else "") + item_label(standard, row["item"]) for row in rows
    ]
    return LedgerSchool(
        name=name, count=display.count(len(rows)), items=display.listed(list(dict.fromkeys(labels)), _MOST_ITEMS)
    )
