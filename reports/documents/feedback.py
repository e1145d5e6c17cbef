"""Inspection feedback (督查反馈): what a county has reached, what it lacks, and what it is to mend, standard by standard."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from reports import display, sentences
from reports.captions import Captions
from reports.documents import mending, names
from reports.documents.cells import amount, bound, judged, measured, whole, words
from reports.documents.cover import TO_BE_GIVEN, document, signed_by
from reports.documents.model import (
    Blanks,
    Block,
    Cell,
    Column,
    Document,
    Heading,
    Paragraph,
    Section,
    Sentences,
    Table,
)
from reports.documents.names import joined
from reports.documents.rectification import arranged_sentences
from reports.items import facts_missing, years_met
from reports.language import gettext as _
from reports.ledger import since_words
from reports.requirement import unit_words
from reports.year import CountyTables, Row
from standards.items import Item, OtherStandard, Part
from standards.standard import Standard

_MOST_NAMES = 5
_MOST_ROWS = 30


def inspection_feedback(county: CountyTables, standard: Standard | None = None) -> Document:
    """What a county has reached and what it lacks in a school year, under one standard or every one that applies.

    Each sentence is made from the tables: verdicts, parts, items and checks, units and coefficients, the ledger.
    """
    captions = Captions()
    asked = county.standards if standard is None else [standard]
    shown = [each for each in asked if _verdict(county, each) is not None]
    overview = _verdicts(county, shown, captions) if shown else Paragraph(text=_("本学年没有可以反馈的结论。"))
    sections = [_standard(county, each, captions) for each in shown]
    sections.append(
        Section(anchor="signed", heading=_("签收"), blocks=(Blanks(lines=signed_by(_("督查组组长"), _("县级负责人"))),))
    )
    whose = "" if standard is None else _("（{standard}）").format(standard=sentences.short_title(standard))
    lead: list[Block] = [
        Paragraph(
            text=_("依据 {year}学校报表和县级填报事项，对{county}反馈如下；每句的数字都取自当年的表。").format(
                year=display.school_year(county.year), county=county.name
            )
        ),
        overview,
    ]
    return document(
        county,
        "inspection-feedback",
        _("{county}：{year}义务教育均衡发展督查反馈意见{whose}").format(
            county=county.name, year=display.school_year(county.year), whose=whose
        ),
        _("督查反馈意见"),
        shown,
        subject="" if standard is None else standard.id,
        lead=lead,
        sections=sections,
    )


def _verdict(county: CountyTables, standard: Standard) -> str | None:
    """The verdict on the whole standard; where there is none, on its resource part."""
    whole_verdict = county.whole.get(standard.id) or county.verdicts.get((standard.id, "all"))
    return None if whole_verdict is None else whole_verdict["verdict"]


def _verdicts(county: CountyTables, shown: Sequence[Standard], captions: Captions) -> Table:
    rows = []
    for standard in shown:
        verdict = county.whole.get(standard.id)
        resource = county.verdicts.get((standard.id, "all"))
        rows.append(
            (
                words(sentences.short_title(standard)),
                _verdict_cell(county, standard),
                words("") if resource is None else judged(resource["verdict"]),
                *(
                    whole(_items(county, standard, verdict, column), absent=display.NOT_APPLICABLE)
                    for column in ("items_met", "items_not_met", "items_undetermined")
                ),
            )
        )
    return Table(
        caption=captions.next(_("{county}各项标准的结论").format(county=county.name)),
        note=_("{year}；条目单位：项").format(year=display.school_year(county.year)),
        columns=(
            Column(label=_("标准")),
            Column(label=_("结论")),
            Column(label=_("资源配置")),
            Column(label=_("达标条目"), holds="number"),
            Column(label=_("未达标条目"), holds="number"),
            Column(label=_("无法判定条目"), holds="number"),
        ),
        rows=tuple(rows),
    )


def _is_tracked(standard: Standard) -> bool:
    """Whether the standard is only tracked: it has parts, and none of them decides anything."""
    return bool(standard.parts) and not standard.indicators and all(part.role == "tracking" for part in standard.parts)


def _verdict_cell(county: CountyTables, standard: Standard) -> Cell:
    """The verdict; of what is only tracked, that it is."""
    if _is_tracked(standard):
        return Cell(text=f"{display.status_symbol('no_limit')} {_('只作跟踪')}", status="no_limit")
    return judged(_verdict(county, standard) or "no_data")


def _items(county: CountyTables, standard: Standard, verdict: Row | None, column: str) -> int | None:
    """How many items of the deciding parts are met, not met, undetermined; of what is only tracked, of all parts.

    None where the standard has no items.
    """
    if verdict is None or not standard.items:
        return None
    if not _is_tracked(standard):
        found: int = verdict[column]
        return found
    total: int = sum(row[column] for row in county.parts.get(standard.id, {}).values())
    return total


def _standard(county: CountyTables, standard: Standard, captions: Captions) -> Section:
    reached, lacking = list(achievements(county, standard)), list(gaps(county, standard))
    unknown = list(unknowns(county, standard))
    unmet = mending.in_order((row for row in mending.unmet(county) if row["standard"] == standard.id), [standard])
    blocks: list[Block] = [Paragraph(text=verdict_sentence(county, standard))]
    for heading, found, none in (
        (_("主要成绩"), reached, _("没有可以确认的成绩。")),
        (_("存在的问题"), lacking, _("没有发现未达标的事项。")),
        (_("尚不能判定的事项"), unknown, ""),
    ):
        if found or none:
            blocks += [Heading(text=heading), Sentences(sentences=tuple(found) or (none,))]
    if unmet:
        blocks += [
            Heading(text=_("整改意见")),
            Paragraph(text=mending_sentence(unmet)),
            _mending_table(county, standard, unmet, captions),
            Paragraph(text=mending.order_words() + "。", is_note=True),
        ]
    due = list(deadlines(county, standard, unmet))
    if due:
        blocks += [Heading(text=_("时限")), Sentences(sentences=tuple(due))]
    return Section(anchor=standard.id, heading=sentences.short_title(standard), blocks=tuple(blocks))


def verdict_sentence(county: CountyTables, standard: Standard) -> str:
    """The verdict, what it is on, and which parts decide it."""
    found = county.whole.get(standard.id)
    word = display.status_word(_verdict(county, standard) or "no_data")
    if found is None:
        return _("{part}：{word}。").format(part=standard.part.zh, word=word)
    if _is_tracked(standard):
        return _("只作跟踪，不作结论。")
    titles = {part.id: part.title.zh for part in standard.parts} | {"resource": standard.part.zh}
    decides = [titles.get(part, part) for part in joined(found["decides"])]
    if not decides:
        return _("结论：{word}。").format(word=word)
    also = sentences.also_vetoed(found)
    return _("结论：{word}，取决于{parts}{also}。").format(word=word, parts=display.listed(decides), also=also)


# -- achievements -----------------------------------------------------------------------------------------------------


def achievements(county: CountyTables, standard: Standard) -> Iterator[str]:
    """Parts and items that are met, coefficients within their limits, indicators that every unit keeps, what is mended.

    Of what is only tracked, a county's own yes is no achievement.
    """
    for part in standard.parts:
        items = [item for item in standard.of_part(part.id) if _status(county, standard, item.id) is not None]
        met = [item for item in items if _status(county, standard, item.id) == "met"]
        if part.role == "tracking":
            met = [item for item in met if county.items[standard.id][item.id]["computed"] is not None]
        idle = sum(_status(county, standard, item.id) == "not_applicable" for item in items)
        reached = len(met) + idle
        known = {"part": part.title.zh, "items": len(items), "met": reached}
        aside = _("（含不适用 {count} 项）").format(count=idle) if idle else ""
        if part.role == "veto":
            if met and reached == len(items):
                yield _("{part} {items} 项均未发生。").format(**known)
        elif met and reached == len(items) == 1:
            yield _("{part}：达标{tracked}。").format(part=part.title.zh, tracked=_tracked_words(part))
        elif met and reached == len(items):
            yield _("{part} {items} 项全部达标{aside}{tracked}。").format(
                aside=aside, tracked=_tracked_words(part), **known
            )
        elif met:
            yield _("{part} {items} 项中 {met} 项达标{aside}{tracked}：{names}。").format(
                aside=aside, tracked=_tracked_words(part), names=_labels(met), **known
            )
    yield from _resources_reached(county, standard)
    resolved = [
        row
        for row in county.frame("ledger").iter_rows(named=True)
        if row["standard"] == standard.id and row["course"] == "resolved"
    ]
    if resolved:
        said = [_subject(standard, row) for row in resolved]
        yield _("上学年未达标、本学年已达标 {count} 项：{names}。").format(
            count=len(resolved), names=display.listed(said, _MOST_NAMES)
        )


def _tracked_words(part: Part) -> str:
    """That a part decides nothing; empty where it does."""
    return _("（只作跟踪）") if part.role == "tracking" else ""


def _labels(items: Sequence[Item]) -> str:
    """Items one after the other; their labels hold commas of their own."""
    return "；".join(names.item_name(item) for item in items)


def _resources_reached(county: CountyTables, standard: Standard) -> Iterator[str]:
    limited = sentences.limited_rows(county, standard)
    within = [row for row in limited if row["status"] == "met"]
    if within and len(within) == len(limited):
        yield _("{count} 项有限值的差异系数全部在限值以内{single}。").format(
            count=len(limited), single=sentences.single_words(county, standard)
        )
    elif within:
        yield _("{total} 项有限值的差异系数中 {count} 项在限值以内。").format(total=len(limited), count=len(within))
    verdict = county.verdicts.get((standard.id, "all"))
    if standard.school_rule is not None and verdict is not None and verdict["units_meeting"]:
        yield _("{units} 个评估单位中 {met} 个达到学校标准（{rule}）。").format(
            units=display.count(_judged_units(verdict)),
            met=display.count(verdict["units_meeting"]),
            rule=sentences.school_rule_words(standard),
        )
    for stage in sentences.stages_present(county, standard):
        kept = [
            indicator.label.zh
            for indicator in standard.indicators
            if (found := _statuses(county, standard, stage, indicator.id)) and set(found) == {"met"}
        ]
        if kept:
            yield _("{stage}全部评估单位都达到标准值的指标 {count} 项：{names}。").format(
                stage=display.stage(stage), count=len(kept), names=display.listed(kept)
            )


def _status(county: CountyTables, standard: Standard, item: str) -> str | None:
    row = county.items.get(standard.id, {}).get(item)
    return None if row is None else row["status"]


def _judged_units(verdict: Row) -> int:
    total: int = verdict["units_meeting"] + verdict["units_failing"] + verdict["units_undetermined"]
    return total


def _statuses(county: CountyTables, standard: Standard, stage: str, indicator: str) -> list[str]:
    """The statuses of an indicator over the stage's units that count."""
    return [
        cells[indicator]["status"]
        for cells in county.values.get((standard.id, stage), {}).values()
        if indicator in cells and cells[indicator]["status"] != "no_norm"
    ]


# -- gaps -------------------------------------------------------------------------------------------------------------


def gaps(county: CountyTables, standard: Standard) -> Iterator[str]:
    """Vetoes that apply, items not met with their figures, contradictions, coefficients over, units below the norms."""
    for part in standard.parts:
        row = county.parts.get(standard.id, {}).get(part.id)
        if row is not None and row["pass_mark"] is not None:
            said = score_sentence(part.title.zh, row)
            if row["status"] == "not_met":
                yield said
        for item in standard.of_part(part.id):
            if _status(county, standard, item.id) != "not_met":
                continue
            label = names.item_name(item)
            what = _("一票否决：{label}").format(label=label) if part.role == "veto" else label + _tracked_words(part)
            told = [
                words_of
                for check in county.checks.get((standard.id, item.id), [])
                if check["status"] == "not_met" and (words_of := check_words(county, standard, check))
            ]
            note = county.items[standard.id][item.id]["note"]
            told += [_note(county, note)] if note else []
            yield f"{what}：{'；'.join(told)}。" if told else _("{what}未达标。").format(what=what)
    at_odds = [
        item
        for item in standard.items
        if (found := county.items.get(standard.id, {}).get(item.id)) is not None and found["is_contradiction"]
    ]
    if at_odds:
        yield _("计算结果与县级自报矛盾 {count} 项，以较差者为准：{names}。").format(
            count=len(at_odds), names=_labels(at_odds)
        )
    yield from _resources_lacking(county, standard)


def _note(county: CountyTables, note: str) -> str:
    """What the county says of an item, or the standards by which it is judged."""
    if sentences.is_of_standards(county.all.standards, note):
        return sentences.note_words(county.all.standards, note)
    return _("县级说明：{note}").format(note=note)


def score_sentence(part: str, row: Row) -> str:
    """The points of a part: what is certain and possible, of how many, and how many are needed."""
    low, high = (display.plain(row[name]) for name in ("score_low", "score_high"))
    return _("{part}得 {score} 分（满分 {total} 分，合格 {mark} 分）。").format(
        part=part,
        score=low if low == high else _("{low} 至 {high}").format(low=low, high=high),
        total=display.plain(row["total"]),
        mark=display.plain(row["pass_mark"]),
    )


def check_words(county: CountyTables, standard: Standard, check: Row) -> str:
    """A check that is not met: its value and limit, the schools that fail it, or what the county says."""
    item = names.item_of(standard, check["item"])
    found = names.check_of(item, check["check"])
    label = "" if found is None or found.label is None else found.label.zh
    label = names.with_stage(check["stage"], label)
    label += _("（{breakdown}）").format(breakdown=check["breakdown"]) if check["breakdown"] else ""
    year = _("{year} 年").format(year=check["period"]) if check["period"] != county.year else ""
    is_veto = item is not None and names.is_veto(standard, item)
    said = []
    if check["basis"] == "asserted" and check["value"] is None:
        said.append(_("县级认定存在") if is_veto else _("县级认定为未达标"))
    if isinstance(found, OtherStandard):
        said.append(
            _("{status}（要求 {asked}）").format(
                status=years_met(found, check["value"], check["status"]),
                asked=names.asked_words(standard, check["item"], check["check"], county.year),
            )
        )
    is_of_limit = names.is_of_limit(standard, check["item"], check["check"])
    is_value = check["unit"] != "finding" and is_of_limit and not isinstance(found, OtherStandard)
    if check["value"] is not None and is_value:
        value = measured(
            check["value"], check["unit"], limit=check["limit"], must_be=check["must_be"], status=check["status"]
        ).text
        said.append(_("{value}（要求 {asked}）").format(value=value, asked=_asked(standard, check, county.year)))
    if check["schools_not_met"]:
        failing = county.failing.get((standard.id, check["item"], check["check"]), [])
        text = _("{schools} 个学校（单位）中 {failing} 个{what}")
        counted = text.format(
            what=_("存在这种情形") if is_veto else _("未达到"),
            schools=display.count(check["schools"]),
            failing=display.count(check["schools_not_met"]),
        )
        named = display.listed(failing, _MOST_NAMES)
        said.append(_("{counted}（{names}）").format(counted=counted, names=named) if named else counted)
    if not said:
        return ""
    where = "，".join(filter(None, (label, year)))
    between = "：" if label else " " if year else ""
    return f"{where}{between}{'，'.join(said)}"


def _asked(standard: Standard, check: Row, year: int) -> str:
    if check["limit"] is None or check["must_be"] is None:
        return names.asked_words(standard, check["item"], check["check"], year) or display.NOT_APPLICABLE
    unit = check["unit"]
    return bound(check["limit"], check["must_be"], after=unit_words(unit).zh, unit=unit, held=check["value"]).text


def _resources_lacking(county: CountyTables, standard: Standard) -> Iterator[str]:
    over = [row for row in sentences.limited_rows(county, standard) if row["status"] == "not_met"]
    if over:
        named = [
            _("{what} {cv}（限值 {limit}）").format(
                what=display.stage(row["stage"]) + sentences.indicator_label(standard, row["indicator"]),
                cv=sentences.decisive_cv(row),
                limit=display.bound(row["limit"]),
            )
            for row in sorted(over, key=lambda row: row["margin"])
        ]
        yield _("差异系数超过限值 {count} 项：{names}。").format(count=len(over), names="、".join(named))
    verdict = county.verdicts.get((standard.id, "all"))
    if standard.school_rule is not None and verdict is not None and verdict["units_failing"]:
        failing = [
            row["school_name"]
            for stage in standard.scope.stages
            for row in county.school_verdicts.get((standard.id, stage), {}).values()
            if row["status"] == "not_met"
        ]
        yield _("{units} 个评估单位中 {count} 个未达到学校标准（{names}）。").format(
            units=display.count(_judged_units(verdict)),
            count=display.count(verdict["units_failing"]),
            names=display.listed(failing, _MOST_NAMES),
        )
    for stage in sentences.stages_present(county, standard):
        units = county.values.get((standard.id, stage), {})
        for indicator in standard.indicators:
            cells = {unit_id: cells[indicator.id] for unit_id, cells in units.items() if indicator.id in cells}
            below = {unit_id: cell for unit_id, cell in cells.items() if cell["status"] == "not_met"}
            if not below:
                continue
            judged_units = [cell for cell in cells.values() if cell["status"] != "no_norm"]
            floors = sum(cell["is_at_floor"] is False for cell in below.values())
            names = [county.units[standard.id, stage][unit_id]["school_name"] for unit_id in below]
            yield _("{stage}{label}：{total} 个评估单位中 {count} 个未达到标准值{floor}（{names}）。").format(
                stage=display.stage(stage),
                label=indicator.label.zh,
                total=display.count(len(judged_units)),
                count=display.count(len(below)),
                floor=_("，其中 {count} 个低于底线").format(count=floors) if floors else "",
                names=display.listed(names, _MOST_NAMES),
            )


# -- what cannot be judged --------------------------------------------------------------------------------------------


def unknowns(county: CountyTables, standard: Standard) -> Iterator[str]:
    """Items that cannot be judged with the reason, those that the text does not give, and indicators not reported."""
    yield from _items_unknown(county, standard)
    for part in standard.parts:
        row = county.parts.get(standard.id, {}).get(part.id)
        if row is not None and row["pass_mark"] is not None and row["status"] == "undetermined":
            yield score_sentence(part.title.zh, row)
    yield from _resources_unknown(county, standard)


def _items_unknown(county: CountyTables, standard: Standard) -> Iterator[str]:
    """One sentence for each part and reason, one for the items whose text is not published."""
    for part in standard.parts:
        reasons: dict[str, list[Item]] = {}
        absent = []
        for item in standard.of_part(part.id):
            row = county.items.get(standard.id, {}).get(item.id)
            if row is not None and row["status"] == "undetermined":
                lacks = facts_missing(county, standard, item)
                why = (
                    _("县级未上报{facts}").format(facts="、".join(lacks))
                    if lacks
                    else display.reason(row["reason"], absent=_("数据不全"))
                )
                reasons.setdefault(why, []).append(item)
            elif row is not None and row["status"] == "not_in_source":
                absent.append(item)
        for why, items in reasons.items():
            yield _("{part} {count} 项无法判定（{why}）：{names}。").format(
                part=part.title.zh, count=len(items), why=why, names=_labels(items)
            )
        if absent:
            yield _("{part} {count} 项原文未公布，未作判定：{names}。").format(
                part=part.title.zh, count=len(absent), names=_labels(absent)
            )
        unlisted = 0 if part.declares is None else part.declares - len(standard.of_part(part.id))
        if unlisted > 0:
            yield unlisted_sentence(part, len(standard.of_part(part.id)))


def unlisted_sentence(part: Part, listed: int) -> str:
    """How many items the text says there are, and how many of them are published."""
    known = {"part": part.title.zh, "declares": part.declares, "listed": listed}
    if listed == 0:
        return _("{part}：原文共 {declares} 项，内容未见于公开文本。").format(**known)
    return _("{part}：原文共 {declares} 项，公开文本中只见 {listed} 项，其余 {rest} 项未列。").format(
        rest=(part.declares or 0) - listed, **known
    )


def _resources_unknown(county: CountyTables, standard: Standard) -> Iterator[str]:
    for stage in sentences.stages_present(county, standard):
        lacking = [
            _("{label} {count} 个").format(label=indicator.label.zh, count=display.count(found))
            for indicator in standard.indicators
            if (found := _statuses(county, standard, stage, indicator.id).count("undetermined"))
        ]
        if lacking:
            yield _("{stage}评估单位因数据不全无法判定的指标：{names}。").format(
                stage=display.stage(stage), names="、".join(lacking)
            )
    unknown = [row for row in sentences.limited_rows(county, standard) if row["status"] == "undetermined"]
    if unknown:
        yield _("{count} 项差异系数因数据不全无法判定。").format(count=len(unknown))


# -- what to mend -----------------------------------------------------------------------------------------------------


def mending_sentence(rows: Sequence[Row]) -> str:
    """How many rows the unmet ledger has, of how many schools."""
    schools = {row["school_id"] for row in rows if row["school_id"] is not None}
    of_county = sum(row["school_id"] is None for row in rows)
    return _("未达标台账 {count} 条：县级 {county} 条，学校 {of_schools} 条，涉及 {schools} 所学校。").format(
        count=display.count(len(rows)),
        county=display.count(of_county),
        of_schools=display.count(len(rows) - of_county),
        schools=display.count(len(schools)),
    )


def _mending_table(county: CountyTables, standard: Standard, rows: Sequence[Row], captions: Captions) -> Table:
    """One row per item, check and stage, in the order of mending of its first row."""
    together: dict[tuple[str, str, str], list[Row]] = {}
    for row in mending.without_doubles(rows):
        together.setdefault((row["item"], row["check"], row["stage"]), []).append(row)
    shown = list(together.values())
    note = _("{year}；差额为各校差额之和；条目已有学校行的，县级行不另列").format(year=display.school_year(county.year))
    if len(shown) > _MOST_ROWS:
        note += _("；列出前 {shown} 项，共 {total} 项").format(shown=_MOST_ROWS, total=len(shown))
    return Table(
        caption=captions.next(
            _("{county}整改事项（{standard}）").format(county=county.name, standard=sentences.short_title(standard))
        ),
        note=note,
        columns=(
            Column(label=_("事项"), holds="wide"),
            Column(label=_("次序"), holds="number"),
            Column(label=_("学校数（所）"), holds="number"),
            Column(label=_("差额"), holds="number"),
            Column(label=_("自何学年")),
            Column(label=_("责任科室"), holds="wide"),
            Column(label=_("完成期限")),
        ),
        rows=tuple(
            _mending_row(county, standard, found, position) for position, found in enumerate(shown[:_MOST_ROWS], 1)
        ),
    )


def _mending_row(county: CountyTables, standard: Standard, rows: Sequence[Row], position: int) -> tuple[Cell, ...]:
    first = rows[0]
    since = [row["unmet_since"] for row in rows if row["unmet_since"] is not None]
    offices = sorted({row["lead_office"] for row in rows if row["lead_office"] is not None})
    days = [row["expected_by"] for row in rows if row["expected_by"] is not None]
    schools = {row["school_id"] for row in rows if row["school_id"] is not None}
    return (
        words(names.name(standard, first["item"], first["check"], first["stage"])),
        whole(position),
        whole(len(schools) or None, absent=display.NOT_APPLICABLE),
        total_gap(rows),
        words(since_words(county, min(since)) if since else ""),
        words(display.listed(offices), absent=TO_BE_GIVEN),
        words(display.day(max(days) if days else None, absent=TO_BE_GIVEN)),
    )


def total_gap(rows: Sequence[Row]) -> Cell:
    """The gaps of rows in one unit, added up; not applicable where one is not known or the units differ."""
    units = {row["gap_unit"] for row in rows}
    found = [row["gap"] for row in rows]
    if len(units) != 1 or any(gap is None for gap in found):
        return Cell(text=display.NOT_APPLICABLE)
    return amount(math.fsum(found), units.pop())


def deadlines(county: CountyTables, standard: Standard, unmet: Sequence[Row]) -> Iterator[str]:
    """By when things are to be mended, and where the stages of the assessment stand."""
    if unmet:
        yield from arranged_sentences(unmet, _("条"))
    for row in county.frame("assessment_stages").iter_rows(named=True):
        if row["standard"] != standard.id or row["progress"] in ("done", "not_reported"):
            continue
        due = "" if row["due_on"] is None else _("应于 {day}完成，").format(day=display.day(row["due_on"]))
        left = (
            _("，未完成整改 {count} 项").format(count=row["open_rectifications"]) if row["open_rectifications"] else ""
        )
        yield _("{stage}：{due}{progress}{left}。").format(
            stage=display.assessment(row["assessment"]), due=due, progress=display.progress(row["progress"]), left=left
        )


def _subject(standard: Standard, row: Row) -> str:
    what = names.name(standard, row["item"], row["check"], row["stage"])
    return what if row["school_name"] is None else _("{school}：{what}").format(school=row["school_name"], what=what)
