"""The ledger of what is not met: by item, with gap, since when and who mends it; and how many by school."""

from __future__ import annotations

from collections import Counter

from reports import display
from reports.captions import Captions
from reports.items import limit_words, value_words, years_met
from reports.language import bracketed, headed, language, serial, spoken
from reports.language import gettext as _
from reports.model import Ledger, LedgerRow, LedgerSchool
from reports.requirement import label_of
from reports.year import CountyTables, Row, records
from standards.items import Check, Item, OtherStandard
from standards.standard import Indicator, Standard

_NAMED = 5
_MOST_SCHOOLS = 20
_MOST_ITEMS = 6
_WRITTEN = 4
"""A limit of more decimals than this is itself computed."""
_CV = "cv:"
_COLUMNS = (
    "standard",
    "item",
    "check",
    "stage",
    "subject_id",
    "school_id",
    "school_name",
    "unit",
    "value",
    "limit",
    "gap",
    "gap_unit",
    "status",
    "ledger",
    "course",
    "unmet_since",
    "priority",
    "lead_office",
    "measure",
    "expected_by",
    "forecast",
)
_Group = tuple[str, str, str]


def ledgers(county: CountyTables, captions: Captions) -> tuple[Ledger, ...]:
    """The ledger of each standard under which anything is not met."""
    by_standard: dict[str, list[Row]] = {}
    for row in records(county.frame("ledger"), *_COLUMNS):
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
    if bare == "composite":
        return _("综合差异系数")
    named: tuple[Item | Indicator, ...] = (*standard.items, *standard.indicators)
    label = next((spoken(each.label) for each in named if each.id == bare), bare)
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
    place = {"county": county.name, "standard": spoken(standard.title)}
    has_courses = any(row["course"] != "first" for row in unmet)
    more = ""
    if len(listed) > len(shown):
        more = _("这里列出未达标项最多的 {shown} 所；其余 {rest} 所见台账表 ledger。").format(
            shown=len(shown), rest=display.count(len(listed) - len(shown))
        )
    return Ledger(
        anchor=f"{standard.id}-ledger",
        title=spoken(standard.title),
        sentences=tuple(_sentences(rows, unmet, of_schools)),
        caption=captions.next(_("{county}未达标台账：{standard}").format(**place)),
        caption_note=_("{year}；学校的同一条目合为一行，差额为各校合计；有逐校记录的条目不再列县级行").format(
            year=display.school_year(county.year)
        ),
        has_courses=has_courses,
        has_measures=any(row[name] for row in unmet for name in ("lead_office", "measure", "expected_by")),
        rows=tuple(_row(county, standard, groups[key], has_courses=has_courses) for key in keys),
        schools_caption=captions.next(_("{county}各校未达标项数：{standard}").format(**place)) if shown else "",
        schools_note=_("{year}；未达标项最多的在前").format(year=display.school_year(county.year)),
        schools=tuple(_school(county, standard, name, own) for (_id, name), own in shown),
        more=more,
    )


def _sentences(rows: list[Row], unmet: list[Row], of_schools: set[str]) -> list[str]:
    of_county = sum(not row["subject_id"] for row in unmet)
    doubled = sum(not row["subject_id"] and row["item"] in of_schools for row in unmet)
    aside = _("（其中 {count} 条另有逐校记录，表中不另列）").format(count=display.count(doubled)) if doubled else ""
    said = [
        _("未达标 {count} 条：县级 {county} 条{aside}，学校或评估单位 {schools} 条。").format(
            aside=aside,
            count=display.count(len(unmet)),
            county=display.count(of_county),
            schools=display.count(len(unmet) - of_county),
        )
    ]
    courses = Counter(row["course"] for row in rows if row["course"] in ("new", "persistent", "reopened", "resolved"))
    if courses:
        said.append(
            _("与上年相比：{parts}。").format(
                parts=serial(
                    _("{course} {count} 条").format(course=display.course(course), count=display.count(courses[course]))
                    for course in ("new", "persistent", "reopened", "resolved")
                    if courses[course]
                )
            )
        )
    elif unmet:
        said.append(_("上年没有可比的台账。"))
    missed = [row for row in unmet if row["forecast"] == "missed"]
    if missed:
        measures = {(row["item"], row["measure"], row["expected_by"]) for row in missed}
        said.append(
            _("{measures} 项整改措施已过预计完成日期而仍未达标，涉及台账 {count} 条。").format(
                measures=display.count(len(measures)), count=display.count(len(missed))
            )
        )
    return said


def since_words(county: CountyTables, unmet_since: int | None) -> str:
    """Since when a thing is not met; of the first year of the county's data it may be longer."""
    if unmet_since is None:
        return display.NOT_APPLICABLE
    words = display.school_year(unmet_since)
    first = county.first_year
    return _("{year}或更早").format(year=words) if first is not None and unmet_since <= first else words


def _row(county: CountyTables, standard: Standard, rows: list[Row], *, has_courses: bool) -> LedgerRow:
    first = rows[0]
    is_one = len(rows) == 1
    since = [row["unmet_since"] for row in rows if row["unmet_since"] is not None]
    courses = Counter(row["course"] for row in rows)
    return LedgerRow(
        item=_label(county, standard, first),
        subject=_subject(county, rows),
        value=_value(standard, first) if is_one else display.NOT_APPLICABLE,
        limit=_limit(standard, rows),
        gap=_gap(rows),
        since=since_words(county, min(since, default=None)) if has_courses else display.NOT_APPLICABLE,
        course=display.course(first["course"]).split(_("，"))[0]
        if len(courses) == 1
        else serial(
            _("{course} {count}").format(course=display.course(course), count=display.count(count))
            for course, count in sorted(courses.items())
        ),
        office=_several(rows, "lead_office"),
        measure=_several(rows, "measure"),
        due=_due(rows),
    )


def _label(county: CountyTables, standard: Standard, row: Row) -> str:
    label = item_label(standard, row["item"]) + _check_words(county, standard, row)
    return headed(display.stage(row["stage"]), label) if row["stage"] else label


def _check_words(county: CountyTables, standard: Standard, row: Row) -> str:
    """Which check of an item of several is meant, and of which year where it judges several."""
    item = _item(standard, row)
    if item is None:
        return ""
    named, year = row["check"], ""
    if not row["subject_id"] and row["value"] is not None:
        decisive = [
            check
            for check in county.checks.get((standard.id, item.id), [])
            if (check["status"], check["value"]) == (row["status"], row["value"])
        ]
        if len(decisive) == 1:
            named = decisive[0]["check"]
            year = _("{year} 年").format(year=decisive[0]["period"]) if decisive[0]["kind"] == "growth" else ""
    label = next((spoken(label_of(check)) for check in item.checks if check.id and check.id == named), "")
    words = _("，").join(filter(None, (label, year)))
    return bracketed(words) if words else ""


def _item(standard: Standard, row: Row) -> Item | None:
    return next((item for item in standard.items if item.id == row["item"]), None)


def _other_standard(standard: Standard, row: Row) -> OtherStandard | None:
    """The check of another standard that alone decides an item; None where the item is of another kind."""
    item = _item(standard, row)
    checks: tuple[Check, ...] = () if item is None else item.checks
    others = [check for check in checks if isinstance(check, OtherStandard)]
    return others[0] if len(others) == 1 and row["unit"] == "years" else None


def _subject(county: CountyTables, rows: list[Row]) -> str:
    if not rows[0]["subject_id"]:
        return display.whole(county.name)
    return display.listed(list(dict.fromkeys(row["school_name"] or row["subject_id"] for row in rows)), _NAMED)


def _value(standard: Standard, row: Row) -> str:
    other = _other_standard(standard, row)
    if other is not None:
        return years_met(other, row["value"], row["status"])
    if row["value"] is None:
        return display.NOT_REPORTED if row["limit"] is not None else display.NOT_APPLICABLE
    limit = row["limit"]
    side = None if limit is None or row["value"] == limit else "at_least" if row["value"] < limit else "at_most"
    return value_words(row["value"], row["unit"], limit, side, row["status"])


def _limit(standard: Standard, rows: list[Row]) -> str:
    other = _other_standard(standard, rows[0])
    if other is not None:
        return display.status_word("met") if other.years == 1 else _("近 {years} 年均达标").format(years=other.years)
    limits = {(row["limit"], row["unit"]) for row in rows}
    if len(limits) > 1:
        return _("各校不同")
    limit, unit = limits.pop()
    if limit is None:
        return display.NOT_APPLICABLE
    if display.written_places(limit) <= _WRITTEN:
        return value_words(limit, unit, None, None, "")
    return limit_words(limit, unit, rows[0]["value"] if len(rows) == 1 else None)


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


def _school(county: CountyTables, standard: Standard, name: str, rows: list[Row]) -> LedgerSchool:
    labels = [_school_label(county, standard, row) for row in rows]
    return LedgerSchool(
        name=name, count=display.count(len(rows)), items=display.listed(list(dict.fromkeys(labels)), _MOST_ITEMS)
    )


def _school_label(county: CountyTables, standard: Standard, row: Row) -> str:
    """What a school does not meet: the same words for all that do not meet it."""
    key = ("school label", standard.id, row["item"], row["check"], row["stage"], language())
    return county.once(key, lambda: _label(county, standard, row))
