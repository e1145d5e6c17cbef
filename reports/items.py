"""The items of a standard beyond resources: what is asked, what is so, who says it, and what is not known."""

from __future__ import annotations

from reports import display
from reports.captions import Captions
from reports.language import gettext as _
from reports.model import ItemPart, ItemRow, Verdict
from reports.outcome import (
    counts_words,
    is_known,
    is_silent,
    part_verdict,
    points,
    role_words,
    shown_verdict,
    veto_verdict,
)
from reports.requirement import formula, in_words, label_of, unit_words
from reports.year import CountyTables, Row
from standards.items import Check, EveryClass, EverySchool, Finding, Item, NeverBoth, OtherStandard, Part, Total
from standards.standard import Standard

MARKS = {"secondary": "转", "inferred": "推", "provincial": "省"}
_OF_SCHOOLS = (Total, EverySchool, EveryClass, NeverBoth, OtherStandard)
_COUNTED = ("questionnaires", "places", "sites", "items", "findings", "posts", "level")
"""Units of whole things beside those that every page has."""
_NAMED = 5
_BREAKDOWNS = 8


def item_parts(county: CountyTables, standard: Standard, captions: Captions) -> tuple[ItemPart, ...]:
    """The parts of a standard in its order, each with its items; a part that the tables do not hold is left out."""
    if is_silent(county, standard):
        return ()
    return tuple(
        _part(county, standard, part, captions)
        for part in standard.parts
        if part.id in county.parts.get(standard.id, {})
    )


def beyond_source(standard: Standard) -> tuple[str, ...]:
    """How many items the text has whose wording is not published."""
    unlisted = sum(max(0, (part.declares or 0) - len(standard.of_part(part.id))) for part in standard.parts)
    hidden = [item for item in standard.items if not item.is_in_source]
    count = unlisted + len(hidden)
    if not count:
        return ()
    return (_("本标准尚有 {count} 项未见公开文本，不作评定，也不编造。").format(count=display.count(count)),)


def legend(standard: Standard) -> str:
    """The marks of what is not official text; empty where everything is."""
    used = {*(item.confidence for item in standard.items), *(part.confidence for part in standard.parts)}
    words = {
        "secondary": _("据二手资料"),
        "inferred": _("原文未见，由本系统推定，可由各省文件改定"),
        "provincial": _("由省级规定"),
    }
    said = [f"〔{MARKS[name]}〕{words[name]}" for name in MARKS if name in used]
    return "；".join(said) + "。" if said else ""


def mark(confidence: str) -> str:
    """The mark of what is not official text; empty for what is."""
    return f"〔{MARKS[confidence]}〕" if confidence in MARKS else ""


def _part(county: CountyTables, standard: Standard, part: Part, captions: Captions) -> ItemPart:
    verdicts = county.parts[standard.id][part.id]
    rows = county.items.get(standard.id, {})
    items = [(item, rows[item.id]) for item in standard.of_part(part.id) if item.id in rows and item.is_in_source]
    shown = [(item, row) for item, row in items if is_known(row) or _has_figure(county, standard, item)]
    silent = [item for item, row in items if (item, row) not in shown]
    caption = note = ""
    if shown:
        caption = captions.next(_("{county}{part}").format(county=county.name, part=part.title.zh))
        note = _("{year}，{standard}；{count} 项").format(
            year=display.school_year(county.year), standard=standard.title.zh, count=display.count(len(shown))
        )
    return ItemPart(
        anchor=f"{standard.id}-{part.id}",
        title=part.title.zh + mark(part.confidence),
        verdict=part_verdict(verdicts, part),
        role=_("{role}。出处：{article}。").format(role=role_words(part), article=part.article),
        sentences=tuple(_sentences(county, standard, part, verdicts, silent)),
        caption=caption,
        caption_note=note,
        has_points=any(row["points"] is not None for _item, row in shown),
        rows=tuple(_row(county, standard, part, item, row) for item, row in shown),
        notes=() if part.note is None else (part.note.zh,),
    )


def _has_figure(county: CountyTables, standard: Standard, item: Item) -> bool:
    """Whether any check of the item has a figure, though nothing follows from it."""
    return any(row["value"] is not None for row in county.checks.get((standard.id, item.id), []))


def _sentences(county: CountyTables, standard: Standard, part: Part, row: Row, silent: list[Item]) -> list[str]:
    said = []
    counts = counts_words(row, part)
    if counts:
        said.append(counts + "。")
    if part.rule == "points" and row["score_high"] is not None and row["score_low"] != row["score_high"]:
        said.append(_("得分未定的条目在最低得分中按 0 分计，在最高得分中按满分计。"))
    known = county.items.get(standard.id, {})
    against = [
        item.label.zh for item in standard.of_part(part.id) if item.id in known and known[item.id]["is_contradiction"]
    ]
    if against:
        said.append(
            _("县级自报与数据计算矛盾的有 {count} 项：{names}；按较差的一方计。").format(
                count=display.count(len(against)), names="；".join(against)
            )
        )
    for words, of_schools in ((_("县级事项尚未上报"), False), (_("学校报表中所需的数据未上报"), True)):
        names = [_named(item) for item in silent if _is_of_schools(item) == of_schools]
        if names:
            said.append(
                _("{what}，以下 {count} 项无法判定：{names}。").format(
                    what=words, count=display.count(len(names)), names="；".join(names)
                )
            )
    return said


def _is_of_schools(item: Item) -> bool:
    """Whether an item is judged by school returns alone."""
    return bool(item.checks) and all(isinstance(check, _OF_SCHOOLS) for check in item.checks)


def _named(item: Item) -> str:
    number = f"{item.number} " if item.number else ""
    return f"{number}{item.label.zh}{mark(item.confidence)}"


def _row(county: CountyTables, standard: Standard, part: Part, item: Item, row: Row) -> ItemRow:
    checks = county.checks.get((standard.id, item.id), [])
    asked, found = [], []
    for check in item.checks:
        own = [each for each in checks if each["check"] == check.id]
        label = label_of(check).zh
        words = in_words(check, standard, county.year, county.all.standards).zh
        asked.append(f"{label}：{words}" if label else words)
        found.append(_check_name(check, standard, item) + _found(check, own))
    group = next((group.label.zh for group in standard.groups if group.id == item.under), "")
    return ItemRow(
        number=item.number or display.NOT_APPLICABLE,
        label=item.label.zh,
        mark=mark(item.confidence),
        group=group,
        asked=tuple(asked) or (_("评分"),),
        found=tuple(found) or (display.NOT_APPLICABLE,),
        points=_points(row),
        verdict=_verdict(part, row),
        is_contradiction=row["is_contradiction"],
        basis=_basis(row),
        evidence=_evidence(row, checks),
        reason=_reason(county, standard, item, row),
    )


def _check_name(check: Check, standard: Standard, item: Item) -> str:
    """Which check of its item is meant; empty where it has one alone."""
    if len(item.checks) == 1:
        return ""
    stage = display.stage(check.stage) if check.stage else ""
    label = label_of(check).zh or stage or formula(check, standard).zh
    return f"{label}：" if label else ""


def _verdict(part: Part, row: Row) -> Verdict:
    return veto_verdict(row["status"]) if part.role == "veto" else shown_verdict(row["status"])


def _points(row: Row) -> str:
    if row["points"] is None:
        return display.NOT_APPLICABLE
    return f"{points(row['score'])} / {points(row['points'])}"


def _basis(row: Row) -> str:
    said = []
    if row["computed"] not in (None, "undetermined"):
        said.append(_("计算"))
    if row["asserted"] not in (None, "undetermined") or row["score_basis"] == "asserted":
        said.append(_("县级自报"))
    text = "、".join(said) or display.NOT_APPLICABLE
    return text + _("（矛盾）") if row["is_contradiction"] else text


def _evidence(row: Row, checks: list[Row]) -> str:
    documents: dict[str, None] = {}
    for each in (row, *checks):
        if each["evidence"]:
            dated = f"（{display.day(each['evidence_date'])}）" if each["evidence_date"] else ""
            documents[each["evidence"] + dated] = None
    offices = dict.fromkeys(each["office"] for each in (row, *checks) if each["office"])
    return "；".join([*documents, *offices]) or display.NOT_APPLICABLE


def _reason(county: CountyTables, standard: Standard, item: Item, row: Row) -> str:
    said = []
    if row["reason"] is not None:
        said.append(display.reason(row["reason"]))
    for check in item.checks:
        names = county.failing.get((standard.id, item.id, check.id), [])
        if names:
            said.append(
                _check_name(check, standard, item)
                + _("未达到的学校：{names}").format(names=display.listed(names, _NAMED))
            )
    if row["score_reason"] is not None:
        said.append(display.reason(row["score_reason"]))
    if row["note"]:
        other = county.all.standards.get(row["note"])
        said.append(row["note"] if other is None else _("依据{standard}").format(standard=other.title.zh))
    if item.note is not None:
        said.append(item.note.zh)
    return "；".join(dict.fromkeys(said)) or display.NOT_APPLICABLE


def _found(check: Check, rows: list[Row]) -> str:
    """What is so: a figure, how many schools keep it, or what the county says."""
    if not rows:
        return display.NOT_REPORTED
    return display.listed([_one(check, row) for row in rows], _BREAKDOWNS)


def _one(check: Check, row: Row) -> str:
    name = f"{row['breakdown']} " if row["breakdown"] else ""
    if row["kind"] == "growth":
        name = _("{year} 年 ").format(year=row["period"]) + name
    if isinstance(check, Finding):
        return name + _said(check, row)
    if isinstance(check, EverySchool | EveryClass | NeverBoth) and row["schools"] is not None:
        return name + _schools(row)
    if row["value"] is None:
        return name + (
            display.status_word(row["status"]) if row["status"] in ("met", "not_met") else display.NOT_REPORTED
        )
    return name + value_words(row["value"], row["unit"], row["limit"], row["must_be"], row["status"])


def _said(check: Finding, row: Row) -> str:
    if row["schools"]:
        return _schools(row)
    if row["status"] not in ("met", "not_met"):
        return display.NOT_REPORTED
    return display.yes_no(value=(row["status"] == "met") == check.expects)


def _schools(row: Row) -> str:
    if not row["schools"]:
        return _("没有此类学校")
    text = _("{met} / {schools} 所").format(
        met=display.count(row["schools_met"]), schools=display.count(row["schools"])
    )
    unknown = row["schools_undetermined"]
    return text + _("（{count} 所无法判定）").format(count=display.count(unknown)) if unknown else text


def value_words(value: float, unit: str, limit: float | None, must_be: str | None, status: str) -> str:
    """A figure with its unit, with as many decimals as show its side of the limit."""
    places = 0 if unit in _COUNTED else display.places_of(unit)
    if places == 0 and not float(value).is_integer():
        places = 2
    if must_be is not None:
        places = display.telling_places(value, limit, places, must_be, status)
    return display.number(value, places) + unit_words(unit).zh
