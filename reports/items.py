"""The items of a standard beyond resources: what is asked, what is so, who says it, and what is not known."""

from __future__ import annotations

from collections.abc import Sequence

from reports import display, sentences
from reports.captions import Captions
from reports.language import bracketed, ended, headed, language, marked, semicolons, serial, spoken
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
from reports.requirement import fact_label, formula, in_words, label_of, unit_words
from reports.year import CountyTables, Row, YearTables, records
from schemas.disclosure import SUPPRESSED
from standards.items import (
    Bounded,
    Check,
    EveryClass,
    EverySchool,
    FactCheck,
    Finding,
    Growth,
    Item,
    NeverBoth,
    OtherStandard,
    Part,
    Since,
    Total,
)
from standards.standard import Standard

MARKS = {"secondary": marked("转"), "inferred": marked("推"), "provincial": marked("省")}
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
    said = [f"{mark(name)}{words[name]}" for name in MARKS if name in used]
    return ended(semicolons(said)) if said else ""


def mark(confidence: str) -> str:
    """The mark of what is not official text; empty for what is."""
    return _("〔{mark}〕").format(mark=_(MARKS[confidence])) if confidence in MARKS else ""


def _part(county: CountyTables, standard: Standard, part: Part, captions: Captions) -> ItemPart:
    verdicts = county.parts[standard.id][part.id]
    rows = county.items.get(standard.id, {})
    items = [(item, rows[item.id]) for item in standard.of_part(part.id) if item.id in rows and item.is_in_source]
    shown = [(item, row) for item, row in items if is_known(row) or _has_figure(county, standard, item)]
    silent = [item for item, row in items if (item, row) not in shown]
    caption = note = ""
    if shown:
        caption = captions.next(_("{county}{part}").format(county=county.name, part=spoken(part.title)))
        note = _("{year}，{standard}；{count} 项").format(
            year=display.school_year(county.year), standard=spoken(standard.title), count=display.count(len(shown))
        )
    return ItemPart(
        anchor=f"{standard.id}-{part.id}",
        title=spoken(part.title) + mark(part.confidence),
        verdict=part_verdict(verdicts, part),
        role=_("{role}。出处：{article}。").format(role=role_words(part), article=part.article),
        sentences=tuple(_sentences(county, standard, part, verdicts, silent)),
        caption=caption,
        caption_note=note,
        has_points=any(row["points"] is not None for _item, row in shown),
        rows=tuple(_row(county, standard, part, item, row) for item, row in shown),
        notes=() if part.note is None else (spoken(part.note),),
    )


def _has_figure(county: CountyTables, standard: Standard, item: Item) -> bool:
    """Whether any check of the item has a figure, though nothing follows from it: one that is refused has too."""
    rows = county.checks.get((standard.id, item.id), [])
    return any(row["value"] is not None or row["numerator"] is not None for row in rows)


def _sentences(county: CountyTables, standard: Standard, part: Part, row: Row, silent: list[Item]) -> list[str]:
    said = []
    counts = counts_words(row, part)
    if counts:
        said.append(ended(counts))
    if part.rule == "points" and row["score_high"] is not None and row["score_low"] != row["score_high"]:
        said.append(_("得分未定的条目在最低得分中按 0 分计，在最高得分中按满分计。"))
    known = county.items.get(standard.id, {})
    against = [
        spoken(item.label)
        for item in standard.of_part(part.id)
        if item.id in known and known[item.id]["is_contradiction"]
    ]
    if against:
        said.append(
            _("县级自报与数据计算矛盾的有 {count} 项：{names}；按较差的一方计。").format(
                count=display.count(len(against)), names=semicolons(against)
            )
        )
    for words, of_schools in ((_("县级事项尚未上报"), False), (_("学校报表中所需的数据未上报"), True)):
        names = [_named(item) for item in silent if _is_of_schools(county, standard, item) == of_schools]
        if names:
            said.append(
                _("{what}，以下 {count} 项无法判定：{names}。").format(
                    what=words, count=display.count(len(names)), names=semicolons(names)
                )
            )
    return said


def _is_of_schools(county: CountyTables, standard: Standard, item: Item) -> bool:
    """Whether an item is judged by school returns alone, and nothing that the county has to report is missing."""
    return (
        bool(item.checks)
        and all(isinstance(check, _OF_SCHOOLS) for check in item.checks)
        and not facts_missing(county, standard, item)
    )


def _named(item: Item) -> str:
    number = f"{item.number} " if item.number else ""
    return f"{number}{spoken(item.label)}{mark(item.confidence)}"


def _row(county: CountyTables, standard: Standard, part: Part, item: Item, row: Row) -> ItemRow:
    checks = county.checks.get((standard.id, item.id), [])
    found = []
    for check in item.checks:
        own = [each for each in checks if each["check"] == check.id]
        found.append(_check_name(check, standard, item) + _found(check, own, standard))
    group = next((spoken(group.label) for group in standard.groups if group.id == item.under), "")
    return ItemRow(
        number=item.number or display.NOT_APPLICABLE,
        label=spoken(item.label),
        mark=mark(item.confidence),
        group=group,
        asked=county.all.once(("asked", standard.id, item.id, language()), lambda: _asked(county.all, standard, item)),
        found=tuple(found) or (display.NOT_APPLICABLE,),
        points=_points(row),
        verdict=_verdict(part, row),
        is_contradiction=row["is_contradiction"],
        basis=_basis(row),
        evidence=_evidence(county, standard, item, row, checks),
        reason=_reason(county, standard, item, row),
    )


def _asked(tables: YearTables, standard: Standard, item: Item) -> tuple[str, ...]:
    """What each check of an item asks in the school year, of every county alike."""
    asked = []
    for check in item.checks:
        label = spoken(label_of(check))
        words = spoken(in_words(check, standard, tables.year, tables.standards))
        asked.append(headed(label, words) if label else words)
    return tuple(asked) or (_("评分"),)


def _check_name(check: Check, standard: Standard, item: Item) -> str:
    """Which check of its item is meant; empty where it has one alone."""
    if len(item.checks) == 1:
        return ""
    stage = display.stage(check.stage) if check.stage else ""
    label = spoken(label_of(check)) or stage or spoken(formula(check, standard))
    return _("{label}：").format(label=label) if label else ""


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
    text = serial(said) or display.NOT_APPLICABLE
    return text + _("（矛盾）") if row["is_contradiction"] else text


def _evidence(county: CountyTables, standard: Standard, item: Item, row: Row, checks: list[Row]) -> str:
    """The documents, the offices, and the rows of the county's return that were read."""
    documents: dict[str, None] = {}
    for each in (row, *checks):
        if each["evidence"]:
            dated = bracketed(display.day(each["evidence_date"])) if each["evidence_date"] else ""
            documents[each["evidence"] + dated] = None
    offices = dict.fromkeys(each["office"] for each in (row, *checks) if each["office"])
    return semicolons([*documents, *offices, *_origins(county, standard, item, checks)]) or display.NOT_APPLICABLE


def _origins(county: CountyTables, standard: Standard, item: Item, checks: Sequence[Row]) -> list[str]:
    """The rows of the county's own files from which an item's figures, findings and points were read, by file."""
    asked: set[tuple[str, str, int | None]] = set()
    for check in item.checks:
        for row in checks:
            if row["check"] == check.id:
                asked |= _facts_read(standard, item, check, row)
    asked.add((f"{standard.id}/{item.id}", "", None))
    read = {(row["file"], row["sheet"], row["row"]) for row in checks if row["file"] is not None}
    for fact, breakdown, of in asked:
        read |= {place for period, place in county.facts_read.get((fact, breakdown), ()) if of in (None, period)}
    if county.all.public is not None:
        return []
    found: dict[tuple[str, str | None], list[int]] = {}
    for file, sheet, number in sorted(read, key=lambda place: (place[0], place[1] or "", place[2] or 0)):
        found.setdefault((file, sheet), []).extend([] if number is None else [number])
    return [display.origins(file, sheet, numbers) for (file, sheet), numbers in found.items()]


def _facts_read(standard: Standard, item: Item, check: Check, row: Row) -> set[tuple[str, str, int | None]]:
    """The facts that a row of a check is made of, with the breakdown and the year for which each is asked."""
    period, breakdown = row["period"], row["breakdown"]
    if isinstance(check, Finding):
        key = f"{standard.id}/{item.id}"
        return {(f"{key}/{check.id}" if check.id else key, "", None)}
    if isinstance(check, Growth):
        facts = [fact for fact in (check.fact, check.faster_than) if fact]
        return {(fact, breakdown, year) for fact in facts for year in (period - 1, period)}
    read: set[tuple[str, str, int | None]] = set()
    if isinstance(check, Since):
        read.add((check.fact, "", None))
    if isinstance(check, FactCheck):
        names = (*check.plus, *check.minus, *check.over, *check.over_minus)
        read |= {(name, breakdown, period) for name in names}
    if isinstance(check, Bounded) and check.limit_fact:
        read.add((check.limit_fact, "", None))
    return read


def facts_missing(county: CountyTables, standard: Standard, item: Item) -> list[str]:
    """The names of the county's own figures without which a check of the item cannot be told."""
    rows = county.checks.get((standard.id, item.id), [])
    told = county.once("told", lambda: _told(county))
    missing: dict[str, None] = {}
    for check in item.checks:
        for row in rows:
            if row["check"] == check.id and row["status"] == "undetermined" and row["reason"] != "rate_over_100":
                missing |= {spoken(fact_label(standard, name)): None for name in _not_told(check, row, told)}
    return list(missing)


def _told(county: CountyTables) -> set[str]:
    """The facts of which the county gives a value in this school year, for it or for the year before it."""
    facts = records(county.frame("county_facts"), "fact", "period", "value")
    years = (county.year - 1, county.year)
    return {row["fact"] for row in facts if row["value"] is not None and row["period"] in years}


def _not_told(check: Check, row: Row, told: set[str]) -> list[str]:
    """The facts that an undetermined row of a check lacks."""
    if isinstance(check, Growth):
        lacks = [check.fact] if row["numerator"] is None or row["denominator"] is None else []
        return [*lacks, *([check.faster_than] if check.faster_than and row["limit"] is None else [])]
    asked: list[str] = []
    if isinstance(check, Since):
        asked.append(check.fact)
    if isinstance(check, FactCheck):
        asked += [*check.plus, *check.minus, *check.over, *check.over_minus]
    if isinstance(check, Bounded) and check.limit_fact:
        asked.append(check.limit_fact)
    return [name for name in asked if name not in told]


def _reason(county: CountyTables, standard: Standard, item: Item, row: Row) -> str:
    said = []
    missing = facts_missing(county, standard, item)
    if missing and row["status"] == "undetermined":
        said.append(_("县级未上报：{facts}").format(facts=serial(missing)))
    elif row["reason"] is not None:
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
        said.append(sentences.note_words(county.all.standards, row["note"]))
    lags = {(check.lag, check.years) for check in item.checks if isinstance(check, Growth)}
    said += [years_judged(county.year, lag, years) for lag, years in sorted(lags)]
    if item.note is not None:
        said.append(spoken(item.note))
    return semicolons(dict.fromkeys(said)) or display.NOT_APPLICABLE


def years_judged(year: int, lag: int, years: int) -> str:
    """Which years of the county's finance a school year judges."""
    return _("{year} 学年评定截至 {last} 年的 {years} 个财政年度（{first}–{last}）").format(
        year=year, years=years, first=year - lag - years + 1, last=year - lag
    )


def _found(check: Check, rows: list[Row], standard: Standard) -> str:
    """What is so: a figure, how many schools keep it, or what the county says."""
    if not rows:
        return display.NOT_REPORTED
    return display.listed([found_words(check, row, standard) for row in rows], _BREAKDOWNS)


def found_words(check: Check, row: Row, standard: Standard) -> str:
    """What is so by one row of a check, with its breakdown or year."""
    name = f"{row['breakdown']} " if row["breakdown"] else ""
    if row.get("reason") == SUPPRESSED:
        text = display.SUPPRESSED
    elif row["status"] == "not_applicable":
        text = _("没有此类学校")
    elif isinstance(check, Growth):
        text = _growth(check, row, standard)
    elif isinstance(check, OtherStandard):
        text = years_met(check, row["value"], row["status"])
    elif isinstance(check, Finding):
        text = _said(check, row)
    elif isinstance(check, NeverBoth):
        text = _never_both(row)
    elif isinstance(check, EverySchool | EveryClass) and row["schools"] is not None:
        text = _schools(row)
    else:
        text = _figure(check, row)
    return name + text


def _figure(check: Check, row: Row) -> str:
    """A figure with what it is made of; one that is refused with what was reported."""
    if row["reason"] == "rate_over_100" and row["denominator"] is not None:
        return refused_rate(row)
    if row["value"] is None:
        return display.status_word(row["status"]) if row["status"] in ("met", "not_met") else display.NOT_REPORTED
    value = value_words(row["value"], row["unit"], row["limit"], row["must_be"], row["status"])
    return _quotient(check, row) + value


def _quotient(check: Check, row: Row) -> str:
    """“114 / 813 = ” before the value that it gives; empty where nothing is divided."""
    if not isinstance(check, FactCheck | Total) or not check.over:
        return ""
    if row["numerator"] is None or row["denominator"] is None:
        return ""
    times = "" if check.times == 1 or row["unit"] == "percent" else f" × {check.times:,}"
    return f"{counted(row['numerator'])} / {counted(row['denominator'])}{times} = "


def counted(value: float) -> str:
    """What is divided or grows, with the decimals that it has, at most two."""
    return display.number(value, min(2, display.written_places(value)))


def refused_rate(row: Row) -> str:
    """A rate above 100 %: what was reported, and that it is not used."""
    return _("上报 {numerator} / {denominator}，超过 100%，不予采用").format(
        numerator=counted(row["numerator"]), denominator=counted(row["denominator"])
    )


def years_met(check: OtherStandard, value: float | None, status: str) -> str:
    """Whether the other standard is met; where several years are asked, in how many of them it is."""
    if check.years == 1 or value is None or status not in ("met", "not_met"):
        return display.status_word(status)
    return _("近 {years} 年中 {met} 年达标").format(years=check.years, met=int(value))


def _growth(check: Growth, row: Row, standard: Standard) -> str:
    """A year's growth, the two figures that it is made of, and the growth that it is held against."""
    if row["value"] is None:
        found = _("{year} 年{value}").format(year=row["period"], value=_("未上报"))
    else:
        found = _("{year} 年 {value}").format(
            year=row["period"],
            value=value_words(row["value"], row["unit"], row["limit"], row["must_be"], row["status"]),
        )
    details = []
    if row["numerator"] is not None and row["denominator"] is not None:
        details.append(f"{counted(row['denominator'])} → {counted(row['numerator'])}")
    if check.faster_than:
        details.append(
            _("对照{fact} {limit}").format(
                fact=spoken(fact_label(standard, check.faster_than)).split("（")[0].split(" (")[0],
                limit=_("未上报") if row["limit"] is None else limit_words(row["limit"], row["unit"], row["value"]),
            )
        )
    return found + bracketed(_("，").join(details)) if details else found


def limit_words(limit: float, unit: str, value: float | None = None) -> str:
    """A limit that is itself computed, with its unit and as many decimals as tell it from the value."""
    places = max(display.places_of(unit), display.limit_places(limit, unit, value))
    return display.number(limit, places) + spoken(unit_words(unit))


def _never_both(row: Row) -> str:
    """In how many schools both are, of how many."""
    if not row["schools"]:
        return _("没有此类学校")
    text = _("发现 {found} 所（共 {schools} 所）").format(
        found=display.count(row["schools_not_met"]), schools=display.count(row["schools"])
    )
    unknown = row["schools_undetermined"]
    return text + _("，{count} 所无法判定").format(count=display.count(unknown)) if unknown else text


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
    if unit == "percent" and value != display.rounded(value, places) and display.rounded(value, places) in (0, 100):
        places += 1
    return display.number(value, places) + spoken(unit_words(unit))
