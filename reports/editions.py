"""The pages and the feed of editions: which there are, and what each publication changed.

They are made from what was published when, so they stand outside the editions' compared bytes.
"""

from __future__ import annotations

import datetime as dt
import posixpath
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import polars as pl

from reports import display, sentences
from reports.county import banner
from reports.faces import prefix
from reports.language import gettext as _
from reports.language import labelled, language, marked, serial, spoken
from reports.model import Colophon, Link
from reports.origins import colophon
from schemas.source import Source
from schemas.tables import TABLES, school_fields
from standards.standard import Standard

_MOST_SHOWN = 1000
_CAUSES = {
    "source_revision": marked("来源更新"),
    "correction": marked("更正"),
    "late_data": marked("迟报"),
    "lineage": marked("沿革"),
    "standard": marked("标准"),
    "method": marked("方法"),
}
FOLDER = "editions"
"""Where these pages stand under the root of a language's tree; their files, and old editions, stand once at the site's."""
FEED = uuid.uuid5(uuid.NAMESPACE_URL, "https://junheng.invalid/editions")
"""Namespace of the feed's identifiers: they do not depend on where the site is served."""


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A publication, as far as its pages tell of it."""

    publication: int
    number: int
    id: str
    published_at: str
    arrived: str
    reason: str
    school_years: int
    counties: int
    schools: int
    figures: int
    verdicts: int
    reversed: int
    is_first: bool
    is_current: bool
    is_kept: bool


class EditionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A publication in the list of all."""

    number: str
    id: str
    href: str
    state: str
    published: str
    arrived: str
    holds: str
    changed: str
    changes_href: str
    since_href: str
    reason: str


class EditionsPage(msgspec.Struct, frozen=True, kw_only=True):
    """Every publication, the newest first; or, inside an old edition, which one this is and where the newest stands."""

    language: str
    title: str
    subtitle: str
    banner: str
    crumbs: tuple[Link, ...]
    lead: tuple[str, ...]
    newest: Link
    feed: Link
    caption: str
    caption_note: str
    rows: tuple[EditionRow, ...]
    colophon: Colophon


class ChangeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A figure or verdict that changed."""

    year: str
    county: str
    href: str
    what: str
    before: str
    now: str
    change: str
    causes: str
    document: str


class ChangesPage(msgspec.Struct, frozen=True, kw_only=True):
    """What a publication changed, or what changed since an edition: verdicts first."""

    language: str
    title: str
    subtitle: str
    banner: str
    crumbs: tuple[Link, ...]
    downloads: tuple[Link, ...]
    lead: tuple[str, ...]
    verdicts_caption: str
    verdicts: tuple[ChangeRow, ...]
    figures_caption: str
    figures: tuple[ChangeRow, ...]
    note: str
    colophon: Colophon


class FeedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An edition in the feed."""

    id: str
    title: str
    updated: str
    href: str
    summary: str


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """The feed of new editions, the newest first."""

    id: str
    title: str
    updated: str
    language: str
    entries: tuple[FeedEntry, ...]


def cause(name: str) -> str:
    """A cause in words; several joined by ` | ` in words too."""
    return serial(_(_CAUSES[each]) for each in name.split(" | "))


def changed_words(made: Made) -> str:
    """What a publication changed, in one sentence."""
    if made.is_first:
        return _("首次发布。")
    if not made.figures and not made.verdicts:
        return _("已发布的数字和结论没有改变。")
    return _("改变了已发布的数字 {figures} 个、结论 {verdicts} 个（其中逆转 {reversed} 个）。").format(
        figures=display.count(made.figures),
        verdicts=display.count(made.verdicts),
        reversed=display.count(made.reversed),
    )


def _holds(made: Made) -> str:
    return _("{years} 个学年、{counties} 个县、{schools} 所学校").format(
        years=display.count(made.school_years),
        counties=display.count(made.counties),
        schools=display.count(made.schools),
    )


def _moment(stamp: str) -> str:
    """A time as people read it; it is UTC."""
    if not stamp:
        return display.NOT_APPLICABLE
    return dt.datetime.fromisoformat(stamp).strftime("%Y-%m-%d %H:%M UTC")


def _way(page: str, target: str) -> str:
    """The way from a page to a file of the site, both by their paths under its root."""
    return posixpath.relpath(target, posixpath.dirname(page))


def _row(made: Made, page: str) -> EditionRow:
    tree = prefix(language())
    first = f"{tree}index.html" if made.is_current else f"{FOLDER}/{made.id}/{tree}index.html"
    old = _("旧版") if made.is_kept else _("旧版，页面不再保存")
    return EditionRow(
        number=_("第 {number} 版").format(number=made.number),
        id=made.id,
        href=_way(page, first) if made.is_current or made.is_kept else "",
        state=_("现行") if made.is_current else old,
        published=_moment(made.published_at),
        arrived=_moment(made.arrived),
        holds=_holds(made),
        changed=changed_words(made),
        changes_href="" if made.is_first else _way(page, f"{tree}{FOLDER}/changes-{made.publication}.html"),
        since_href="" if made.is_current else _way(page, f"{tree}{FOLDER}/since-{made.number}.html"),
        reason=made.reason or display.NOT_APPLICABLE,
    )


def editions_page(
    every: Sequence[Made],
    sources: Mapping[str, Source],
    standards: Mapping[str, Standard],
    *,
    is_synthetic: bool,
    inside: str = "",
) -> EditionsPage:
    """The list of publications; `inside` an old edition's folder it says which edition the reader has before him."""
    newest = next(made for made in reversed(every) if made.is_current)
    tree = prefix(language())
    page = f"{FOLDER}/{inside}/{tree}{FOLDER}/index.html" if inside else f"{tree}{FOLDER}/index.html"
    lead = [
        _("现行的是第 {number} 版（{id}），发布于 {time}。").format(
            number=newest.number, id=newest.id, time=_moment(newest.published_at)
        ),
        _("版次号是所用报表、标准、登记表和程序的散列值：它们不变，版次不变。旧版的页面照原样保存。"),
    ]
    if inside and inside != newest.id:
        here = next(made for made in every if made.id == inside)
        lead.insert(
            0,
            _("您正在看的是旧版：第 {number} 版（{id}），发布于 {time}。").format(
                number=here.number, id=here.id, time=_moment(here.published_at)
            ),
        )
    return EditionsPage(
        language=language(),
        title=_("版次：现行第 {number} 版，共发布 {count} 次").format(number=newest.number, count=len(every)),
        subtitle=_("每一版的数据到达和发布时间，及其改变了什么"),
        banner=banner(is_synthetic=is_synthetic),
        crumbs=(Link(label=_("全部学年"), href="../index.html"), Link(label=_("版次"), href="")),
        lead=tuple(lead),
        newest=Link(label=_("到现行版"), href=_way(page, f"{tree}index.html")),
        feed=Link(label=_("订阅新版次（Atom）"), href=_way(page, f"{FOLDER}/feed.xml")),
        caption=_("表 1 全部版次"),
        caption_note=_("最近的在前；时间为协调世界时"),
        rows=tuple(_row(made, page) for made in reversed(every)),
        colophon=_colophon(sources, standards, newest.id),
    )


def _colophon(sources: Mapping[str, Source], standards: Mapping[str, Standard], edition: str) -> Colophon:
    return msgspec.structs.replace(colophon(sources.values(), standards.values()), edition=edition)


def changes_page(
    made: Made,
    since: Made,
    restated: pl.DataFrame,
    sources: Mapping[str, Source],
    standards: Mapping[str, Standard],
    folders: Mapping[tuple[int, str, str], str],
    *,
    is_synthetic: bool,
    name: str,
) -> ChangesPage:
    """What changed from the edition `since` to the edition `made`: `restated` as the contract of restatements has it.

    `name` is that of the page and of the file of its rows, without ending. `folders` gives a county's page by school year, source and code, as far as the current edition has one.
    """
    names = _Names(standards)
    order = restated.sort("is_reversed", descending=True, maintain_order=True)
    verdicts = order.filter(pl.col("kind") == "verdict")
    figures = order.filter(pl.col("kind") == "figure")
    lead = [
        changed_words(
            msgspec.structs.replace(
                made,
                is_first=False,
                figures=figures.height,
                verdicts=verdicts.height,
                reversed=verdicts.filter("is_reversed").height,
            )
        )
    ]
    if restated.height:
        places = restated.select("source", "county_code").unique().height
        causes = restated["causes"].str.split(" | ").explode().unique().sort().to_list()
        lead.append(
            _("涉及 {counties} 个县；原因：{causes}。").format(
                counties=display.count(places), causes=serial(cause(each) for each in causes)
            )
        )
    if made.reason:
        lead.append(_("发布说明：{reason}").format(reason=made.reason))
    page = f"{prefix(language())}{FOLDER}/{name}.html"
    rows = _way(page, f"{FOLDER}/{name}.csv")
    most = max(verdicts.height, figures.height)
    return ChangesPage(
        language=language(),
        title=_("第 {since} 版以来的变动：数字 {figures} 个，结论 {verdicts} 个").format(
            since=since.number, figures=display.count(figures.height), verdicts=display.count(verdicts.height)
        ),
        subtitle=_("第 {number} 版（{id}）与第 {since} 版（{since_id}）逐项比较").format(
            number=made.number, id=made.id, since=since.number, since_id=since.id
        ),
        banner=banner(is_synthetic=is_synthetic),
        crumbs=(
            Link(label=_("全部学年"), href="../index.html"),
            Link(label=_("版次"), href="index.html"),
            Link(label=_("变动"), href=""),
        ),
        downloads=(Link(label=_("全部变动（CSV）"), href=rows),),
        lead=tuple(lead),
        verdicts_caption=_("表 1 改变的结论"),
        verdicts=tuple(_change(row, names, folders) for row in verdicts.head(_MOST_SHOWN).iter_rows(named=True)),
        figures_caption=_("表 2 改变的数字"),
        figures=tuple(_change(row, names, folders) for row in figures.head(_MOST_SHOWN).iter_rows(named=True)),
        note=_("每表只列前 {most} 行，全部见 CSV。").format(most=display.count(_MOST_SHOWN))
        if most > _MOST_SHOWN
        else "",
        colophon=_colophon(sources, standards, made.id),
    )


class _Names:
    """What the cells of tables are called."""

    def __init__(self, standards: Mapping[str, Standard]) -> None:
        self.standards = standards
        self.fields = {entry["column"]: labelled(entry) for entry in school_fields()} | {"schools": _("学校数")}

    def of(self, row: Mapping[str, Any]) -> str:
        """The cell in words: standard, stage, what, school, figure."""
        standard = self.standards.get(row["standard"])
        words = [sentences.short_title(standard) if standard else row["standard"]]
        if row["stage"] in ("primary", "junior"):
            words.append(display.stage(row["stage"]))
        words += [self._what(row, standard), row["unit_id"]]
        words.append(_("全县合计") if row["table"] == "schools" else _label(row["table"], row["figure"]))
        return " · ".join(word for word in words if word)

    def _what(self, row: Mapping[str, Any], standard: Standard | None) -> str:
        name: str = row["indicator"]
        if row["table"] == "schools":
            return self.fields.get(name, name)
        if standard is None or not name:
            return name
        if row["table"] == "county_dispersion":
            known = {"composite", *(indicator.id for indicator in standard.indicators)}
            return sentences.indicator_label(standard, name) if name in known else name
        if row["table"] == "county_parts":
            return next((spoken(part.title) for part in standard.parts if part.id == name), name)
        return next((spoken(item.label) for item in standard.items if item.id == name), name)


def _label(table: str, column: str) -> str:
    return next(
        (labelled({"label_zh": c.label_zh, "label_en": c.label_en}) for c in TABLES[table].columns if c.name == column),
        column,
    )


def _change(row: Mapping[str, Any], names: _Names, folders: Mapping[tuple[int, str, str], str]) -> ChangeRow:
    if row["kind"] == "verdict":
        before, now = (_verdict(row[name]) for name in ("verdict_before", "verdict"))
        change = _("逆转") if row["is_reversed"] else display.NOT_APPLICABLE
    else:
        before, now = (display.plain(row[name], absent=display.NOT_APPLICABLE) for name in ("value_before", "value"))
        both = row["value_before"] is not None and row["value"] is not None
        change = _signed(row["value"] - row["value_before"]) if both else display.NOT_APPLICABLE
    folder = folders.get((row["school_year"], row["source"], row["county_code"]))
    return ChangeRow(
        year=str(row["school_year"]),
        county=f"{row['county_name']} {row['county_code']}",
        href=f"../{row['school_year']}/{folder}/index.html" if folder else "",
        what=names.of(row),
        before=before,
        now=now,
        change=change,
        causes=cause(row["causes"]),
        document=row["document"] or display.NOT_APPLICABLE,
    )


def _signed(change: float) -> str:
    return ("+" if change > 0 else "−") + display.plain(abs(change))


def _verdict(status: str | None) -> str:
    if status is None:
        return display.NOT_APPLICABLE
    return f"{display.status_symbol(status)} {display.status_word(status)}"


def feed(every: Sequence[Made]) -> Feed:
    """The feed of new editions: stable identifiers, and in words what each changed."""
    entries = [
        FeedEntry(
            id=f"urn:uuid:{uuid.uuid5(FEED, f'{every[0].id}/{made.publication}/{made.id}')}",
            title=_("第 {number} 版（{id}）").format(number=made.number, id=made.id),
            updated=made.published_at,
            href="index.html" if made.is_first else f"changes-{made.publication}.html",
            summary=" ".join(
                filter(
                    None,
                    (
                        changed_words(made),
                        _("本版有{holds}。").format(holds=_holds(made)),
                        _("发布说明：{reason}").format(reason=made.reason) if made.reason else "",
                    ),
                )
            ),
        )
        for made in reversed(every)
    ]
    return Feed(
        id=f"urn:uuid:{uuid.uuid5(FEED, every[0].id)}",
        title=_("义务教育均衡报告的新版次"),
        updated=every[-1].published_at,
        language="zh-CN",
        entries=tuple(entries),
    )
