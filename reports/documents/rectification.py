"""A school's rectification plan (整改方案): what is not met, by how much, and who mends it by when."""

from __future__ import annotations

from collections.abc import Sequence

from reports import display, sentences
from reports.captions import Captions
from reports.documents import mending, names
from reports.documents.cells import whole, words
from reports.documents.cover import TO_BE_GIVEN, document, signed_by
from reports.documents.model import Blanks, Block, Cell, Column, Document, Paragraph, Section, Sentences, Table
from reports.documents.school import returned
from reports.language import gettext as _
from reports.year import CountyTables, Row
from standards.standard import Standard


def rectification_plan(county: CountyTables, school_id: str) -> Document:
    """The rectification plan of one school: its rows of the unmet ledger, in the order of mending.

    What the county has not said of a row stands as 待填报. Raises NoSchoolError.
    """
    name = returned(county, school_id)[0]["school_name"]
    captions = Captions()
    rows = mending.in_order(mending.unmet(county, school_id=school_id), county.standards)
    unknown = mending.in_order(mending.undetermined(county, school_id=school_id), county.standards)
    shown = [
        standard for standard in county.standards if any(row["standard"] == standard.id for row in (*rows, *unknown))
    ]
    blocks: list[Block] = [Sentences(sentences=plan_sentences(rows, county.standards))]
    if rows:
        blocks += [
            _gaps(county, rows, name, captions),
            Paragraph(text=mending.order_words() + "。", is_note=True),
            _measures(county, rows, name, captions),
        ]
    sections = [Section(anchor="unmet", heading=_("整改事项"), blocks=tuple(blocks))]
    if unknown:
        sections.append(
            Section(
                anchor="undetermined",
                heading=_("先补报数据的事项"),
                blocks=(
                    Paragraph(
                        text=_("以下 {count} 项因数据不全无法判定，补报后再定是否整改。").format(count=len(unknown))
                    ),
                    Sentences(sentences=tuple(unknown_sentence(county, row) for row in unknown)),
                ),
            )
        )
    sections.append(
        Section(
            anchor="signed",
            heading=_("责任与签字"),
            blocks=(Blanks(lines=signed_by(_("整改责任人"), _("校长"), _("县级责任科室"))),),
        )
    )
    return document(
        county,
        "rectification-plan",
        _("{school}：{year}整改方案").format(school=name, year=display.school_year(county.year)),
        _("整改方案"),
        shown or county.standards,
        subject=school_id,
        lead=[
            Paragraph(
                text=_("整改事项取自未达标台账；措施、责任和期限由县级填报，未填报的写“{words}”。").format(
                    words=TO_BE_GIVEN
                )
            )
        ],
        sections=sections,
    )


def plan_sentences(rows: Sequence[Row], standards: Sequence[Standard]) -> tuple[str, ...]:
    """How much is to be mended, under which standards, what is new or lasting, and what is not yet arranged."""
    if not rows:
        return (_("本学年没有未达标事项。"),)
    by_standard = [
        _("{standard} {count} 项").format(standard=sentences.short_title(standard), count=found)
        for standard in standards
        if (found := sum(row["standard"] == standard.id for row in rows))
    ]
    said = [_("共 {count} 项未达标：{parts}。").format(count=len(rows), parts="、".join(by_standard))]
    courses = [
        _("{course} {count} 项").format(course=display.course(course), count=found)
        for course in ("new", "persistent", "reopened", "first")
        if (found := sum(row["course"] == course for row in rows))
    ]
    if courses:
        said.append(_("与上学年相比：{courses}。").format(courses="、".join(courses)))
    return (*said, *arranged_sentences(rows))


def arranged_sentences(rows: Sequence[Row], word: str = "") -> tuple[str, ...]:
    """How many rows have a measure and a day, which day is the last, and how many measures are past theirs.

    `word` counts the rows: 项 where each is another thing, 条 where they are rows of the ledger.
    """
    word = word or _("项")
    said = []
    without = sum(row["measure"] is None for row in rows)
    if without:
        said.append(_("{count} {word}尚未填报整改措施。").format(count=without, word=word))
    days = [row["expected_by"] for row in rows if row["expected_by"] is not None]
    if days:
        said.append(
            _("{count} {word}填报了完成期限，最早 {first}，最迟 {last}。").format(
                word=word, count=len(days), first=display.day(min(days)), last=display.day(max(days))
            )
        )
    if len(days) < len(rows):
        said.append(_("{count} {word}尚未填报完成期限。").format(count=len(rows) - len(days), word=word))
    missed = [row for row in rows if row["forecast"] == "missed"]
    if missed:
        measures = {(row["standard"], row["item"], row["measure"], row["expected_by"]) for row in missed}
        aside = _("，涉及 {count} {word}").format(count=len(missed), word=word) if len(measures) < len(missed) else ""
        said.append(_("{count} 项整改已过填报的完成期限，仍未达标{aside}。").format(count=len(measures), aside=aside))
    done = sum(row["done_on"] is not None for row in rows)
    if done:
        said.append(_("{count} {word}县级填报已完成，报表数据仍未达标。").format(count=done, word=word))
    return tuple(said)


def unknown_sentence(county: CountyTables, row: Row) -> str:
    """What cannot be judged, and why."""
    standard = county.all.standards[row["standard"]]
    return _("{standard}，{what}：{why}。").format(
        standard=sentences.short_title(standard),
        what=names.name(standard, row["item"], row["check"], row["stage"]),
        why=names.reason_words(standard, row["item"], row["check"], row["reason"]),
    )


def _gaps(county: CountyTables, rows: Sequence[Row], school: str, captions: Captions) -> Table:
    """What is lacking, row by row."""
    return Table(
        caption=captions.next(_("{school}整改事项和差额").format(school=school)),
        note=_("{year}；单位见各栏").format(year=display.school_year(county.year)),
        columns=(
            Column(label=_("事项"), holds="wide"),
            Column(label=_("次序"), holds="number"),
            Column(label=_("标准")),
            Column(label=_("现状"), holds="number"),
            Column(label=_("要求"), holds="number"),
            Column(label=_("差额"), holds="number"),
            Column(label=_("变化"), holds="wide"),
        ),
        rows=tuple(_gap_row(county, row, position) for position, row in enumerate(rows, 1)),
    )


def _gap_row(county: CountyTables, row: Row, position: int) -> tuple[Cell, ...]:
    standard = county.all.standards[row["standard"]]
    return (
        words(names.name(standard, row["item"], row["check"], row["stage"])),
        whole(position),
        words(sentences.short_title(standard)),
        mending.value_cell(standard, row),
        mending.asked_cell(standard, row, county.year),
        mending.gap_cell(row),
        words(mending.course_words(county, row)),
    )


def _measures(county: CountyTables, rows: Sequence[Row], school: str, captions: Captions) -> Table:
    """Who mends it, how and by when, in the same order."""
    return Table(
        caption=captions.next(_("{school}整改措施、责任和期限").format(school=school)),
        note=_("{year}；县级填报").format(year=display.school_year(county.year)),
        columns=(
            Column(label=_("事项"), holds="wide"),
            Column(label=_("次序"), holds="number"),
            Column(label=_("整改措施"), holds="wide"),
            Column(label=_("责任科室"), holds="wide"),
            Column(label=_("责任人")),
            Column(label=_("完成期限")),
        ),
        rows=tuple(_measure_row(county, row, position) for position, row in enumerate(rows, 1)),
    )


def _measure_row(county: CountyTables, row: Row, position: int) -> tuple[Cell, ...]:
    standard = county.all.standards[row["standard"]]
    return (
        words(names.name(standard, row["item"], row["check"], row["stage"])),
        whole(position),
        words(row["measure"], absent=TO_BE_GIVEN),
        words(offices(row), absent=TO_BE_GIVEN),
        words(row["person"], absent=TO_BE_GIVEN),
        words(display.day(row["expected_by"], absent=TO_BE_GIVEN)),
    )


def offices(row: Row) -> str:
    """The lead office and those that help; empty where the county has not said."""
    lead: str = row["lead_office"] or ""
    if not row["co_leads"]:
        return lead
    return _("{lead}（配合：{others}）").format(lead=lead or TO_BE_GIVEN, others=row["co_leads"])
