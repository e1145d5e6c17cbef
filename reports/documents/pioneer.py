"""The form (推荐表) on which a province nominates a county as a pioneer: rank, conditions, figures, tasks, opinions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from reports import display, sentences
from reports.captions import Captions
from reports.county import province_name
from reports.documents import names
from reports.documents.cells import figure, judged, share, whole, words
from reports.documents.cover import BLANK, document, signed_by
from reports.documents.feedback import check_words, unlisted_sentence
from reports.documents.model import Blanks, Block, Cell, Column, Document, Paragraph, Section, Sentences, Table
from reports.documents.names import joined
from reports.language import gettext as _
from reports.language import marked
from reports.outcome import veto_verdict
from reports.year import CountyTables, Row
from standards.items import Part
from standards.standard import Standard

_CONDITIONS = ("precondition", "gate", "items", "approval", "veto")
_RECOGNISED = "basic_balance_recognised_year"
_FINDINGS = {
    "over_quota": marked("本省推荐的县超过名额，本县排在名额之外"),
    "late": marked("推荐日期晚于截止日期"),
    "not_eligible": marked("遴选条件未达标而被推荐"),
}


def recommendation_form(county: CountyTables) -> Document:
    """The form of one county in one school year, filled from its rank among the province's candidates and its items.

    Where no standard has candidates the form says so. Opinions and signatures are left blank.
    """
    captions = Captions()
    shown = [standard for standard in county.standards if standard.quota is not None]
    sections = [section for standard in shown for section in _sections(county, standard, captions)]
    lead: list[Block] = [Paragraph(text=quota_sentence(standard)) for standard in shown]
    if not sections:
        lead.append(Paragraph(text=_("本学年没有本县的遴选记录。")))
    sections.append(
        Section(
            anchor="opinions",
            heading=_("推荐意见"),
            blocks=(
                Blanks(
                    lines=(
                        _("县级人民政府意见：{blank}").format(blank=BLANK),
                        *signed_by(_("县级负责人")),
                        _("市级教育行政部门意见：{blank}").format(blank=BLANK),
                        *signed_by(_("市级负责人")),
                        _("省级教育行政部门意见：{blank}").format(blank=BLANK),
                        *signed_by(_("省级负责人")),
                    )
                ),
            ),
        )
    )
    title = shown[0].title.zh if shown else _("先行创建县")
    return document(
        county,
        "recommendation-form",
        _("{county}：{title}推荐表").format(county=county.name, title=title),
        _("推荐表"),
        shown,
        lead=lead,
        sections=sections,
    )


def candidate(county: CountyTables, standard: Standard) -> Row | None:
    """The county's row among the candidates; None where it is none."""
    rows = county.frame("pioneer_candidates").filter(pl.col("standard") == standard.id)
    return rows.row(0, named=True) if rows.height else None


def candidates(county: CountyTables, standard: Standard) -> int:
    """How many counties of the province are ranked."""
    return (
        county.all.table("pioneer_candidates")
        .filter(
            (pl.col("standard") == standard.id)
            & (pl.col("source") == county.source)
            & (pl.col("province_code") == county.province)
        )
        .height
    )


def quota_sentence(standard: Standard) -> str:
    """How many counties a province nominates, and by when."""
    assert standard.quota is not None
    return _(
        "名额和截止日期为 {year} 年首批：每省 {least} 至 {most} 个县，推荐截止 {day}；以后各批未见于来源。"
    ).format(
        year=standard.quota.deadline.year,
        least=standard.quota.least,
        most=standard.quota.most,
        day=display.day(standard.quota.deadline),
    )


def _sections(county: CountyTables, standard: Standard, captions: Captions) -> Iterator[Section]:
    found = candidate(county, standard)
    items = county.items.get(standard.id, {})
    if found is None and not items:
        return
    yield Section(
        anchor=f"{standard.id}-county",
        heading=_("县的情况"),
        blocks=(
            _county_table(county, standard, found, captions),
            Sentences(sentences=tuple(_rank_sentences(county, standard, found))),
        ),
    )
    for part in standard.parts:
        yield from _part(county, standard, part, captions)


def _county_table(county: CountyTables, standard: Standard, found: Row | None, captions: Captions) -> Table:
    facts = county.frame("county_facts").filter((pl.col("fact") == _RECOGNISED) & (pl.col("school_id") == ""))
    recognised = next((int(value) for value in facts["value"] if value is not None), None)
    rows: list[tuple[Cell, Cell]] = [
        (words(_("省")), words(province_name(county))),
        (words(_("县")), words(f"{county.name}（{county.code}）")),
        (
            words(_("通过义务教育基本均衡认定的年份")),
            Cell(text=str(recognised) if recognised is not None else display.NOT_REPORTED),
        ),
    ]
    for measured_by in county.leading:
        verdict, title = county.verdicts[measured_by.id, "all"], sentences.short_title(measured_by)
        found_whole = county.whole.get(measured_by.id)
        if found_whole is not None and any(part.role == "veto" for part in measured_by.parts):
            vetoed = veto_verdict(found_whole["veto"])
            rows += [
                (words(_("{standard}：结论").format(standard=title)), judged(found_whole["verdict"])),
                (
                    words(_("{standard}：一票否决").format(standard=title)),
                    Cell(text=f"{vetoed.symbol} {vetoed.word}", status=vetoed.status),
                ),
            ]
        rows.append((words(_("{standard}：资源配置").format(standard=title)), judged(verdict["verdict"])))
    if found is not None:
        nominated = found["is_nominated"]
        rows += [
            (words(_("遴选条件")), judged(found["conditions"])),
            (words(_("达到学校标准的评估单位比例")), share(found["schools_met_share"])),
            (
                words(_("差异系数与限值的最小余量")),
                figure(found["least_margin"], display.CV_PLACES, absent=display.NOT_APPLICABLE),
            ),
            (words(_("省内排序")), whole(found["rank"])),
            (words(_("省内参加排序的县数（个）")), whole(candidates(county, standard))),
            (
                words(_("是否推荐")),
                Cell(text=display.NOT_REPORTED if nominated is None else display.yes_no(value=nominated)),
            ),
            (words(_("推荐日期")), words(display.day(found["nominated_on"]))),
        ]
    return Table(
        caption=captions.next(_("{county}的情况").format(county=county.name)),
        note=display.school_year(county.year),
        columns=(Column(label=_("项目"), holds="wide"), Column(label=_("内容"), holds="wide")),
        rows=tuple(rows),
    )


def _rank_sentences(county: CountyTables, standard: Standard, found: Row | None) -> Iterator[str]:
    if found is None:
        yield _("本县没有参加本省的排序。")
        return
    yield _("在本省 {count} 个县中排第 {rank}。").format(
        count=display.count(candidates(county, standard)), rank=display.count(found["rank"])
    )
    for column, text in (
        ("reasons_for", _("有利条件 {count} 项：{names}。")),
        ("reasons_against", _("不利条件 {count} 项：{names}。")),
        ("reasons_unknown", _("无法判定的条件 {count} 项：{names}。")),
    ):
        reasons = joined(found[column])
        if reasons:
            named = [names.name(standard, reason) for reason in reasons]
            yield text.format(count=len(named), names="；".join(named))
    if found["finding"] is not None:
        yield _("提示：{finding}。").format(finding=_(_FINDINGS[found["finding"]]))


def _part(county: CountyTables, standard: Standard, part: Part, captions: Captions) -> Iterator[Section]:
    """A part's items with what is computed and said, and how many the text has that are not in the source."""
    rows = [
        (item, county.items[standard.id][item.id])
        for item in standard.of_part(part.id)
        if item.id in county.items.get(standard.id, {})
    ]
    blocks: list[Block] = []
    listed = len(standard.of_part(part.id))
    if part.declares is not None and part.declares > listed:
        blocks.append(Paragraph(text=unlisted_sentence(part, listed)))
    if rows:
        blocks.append(
            Table(
                caption=captions.next(_("{county}{part}").format(county=county.name, part=part.title.zh)),
                note=_("{year}；依据：计算或县级自报").format(year=display.school_year(county.year)),
                columns=(
                    Column(label=_("条目"), holds="wide"),
                    Column(label=_("结论")),
                    Column(label=_("依据")),
                    Column(label=_("情况说明"), holds="wide"),
                    Column(label=_("佐证材料"), holds="wide"),
                    Column(label=_("责任科室")),
                ),
                rows=tuple(
                    (
                        words(names.item_name(item)),
                        judged(row["status"]),
                        words(basis(row)),
                        words(_said(county, standard, row), absent=display.NOT_REPORTED),
                        words(row["evidence"], absent=display.NOT_REPORTED),
                        words(row["office"], absent=display.NOT_REPORTED),
                    )
                    for item, row in rows
                ),
            )
        )
    if blocks:
        heading = (
            part.title.zh if part.role in _CONDITIONS else _("{part}（不影响遴选结论）").format(part=part.title.zh)
        )
        yield Section(anchor=f"{standard.id}-{part.id}", heading=heading, blocks=tuple(blocks))


def basis(row: Row) -> str:
    """Whether an item's status is computed, said by the county, or both; empty where nothing is known."""
    said = [word for column, word in (("computed", _("计算")), ("asserted", _("县级自报"))) if row[column] is not None]
    return "、".join(said) + (_("（两者矛盾）") if row["is_contradiction"] else "")


def _said(county: CountyTables, standard: Standard, row: Row) -> str:
    """The county's note, and the figures of the item's checks."""
    found: Sequence[Row] = county.checks.get((standard.id, row["item"]), [])
    figures = [
        text for check in found if check["basis"] == "computed" and (text := check_words(county, standard, check))
    ]
    notes = [sentences.note_words(county.all.standards, row["note"])] if row["note"] else []
    if row["status"] == "undetermined" and row["reason"] is not None:
        notes.append(display.reason(row["reason"]))
    return "；".join([*figures, *notes])
