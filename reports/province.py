"""A school year's page: for each province and source where to look first, every county, maps, movers, what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from reports import display, sentences
from reports.attention import attention
from reports.captions import Captions
from reports.county import banner
from reports.courses import candidates
from reports.faces import shared
from reports.heat import heats
from reports.integrity import counties_asked
from reports.language import gettext as _
from reports.language import language, semicolons, serial, spoken
from reports.missing import source_sentences
from reports.model import Link, ProvinceReport, Section, StatusReport, StatusSection, stamped
from reports.movers import movers
from reports.origins import colophon, files, files_sentence, internal_files, internal_refused, refused
from reports.papers import form_standards
from reports.province_map import maps
from reports.province_tables import ProvinceTables
from reports.reporting import reporting
from reports.status_table import ORDERS, page_of, status_table
from reports.year import YearTables
from standards.standard import Standard

_Span = tuple[str, tuple[float, str], tuple[float, str]]


def areas(tables: YearTables) -> list[ProvinceTables]:
    """The provinces and sources of a school year, in the order of the page."""
    return tables.once("areas", lambda: _areas(tables))


def _areas(tables: YearTables) -> list[ProvinceTables]:
    pairs = tables.places.select("province_code", "source").unique(maintain_order=True)
    return [ProvinceTables(tables, province, source) for province, source in pairs.iter_rows()]


def province_report(tables: YearTables, years: Sequence[int]) -> ProvinceReport:
    """The counties of a school year, a section for each province and source."""
    captions = Captions()
    sections = tuple(_section(area, captions) for area in areas(tables))
    sources, standards = _of_year(tables)
    return stamped(
        ProvinceReport(
            path=str(tables.year),
            language=language(),
            title=_title(tables, [section.heading for section in sections]),
            subtitle=_("{year}义务教育均衡发展，各县一览").format(year=display.school_year_long(tables.year)),
            banner=banner(is_synthetic=tables.is_synthetic),
            crumbs=(
                Link(label=_("全部学年"), href="../index.html"),
                Link(label=display.school_year(tables.year), href=""),
            ),
            years=_years(tables, years, "index.html"),
            sections=sections,
            colophon=colophon([tables.sources[name] for name in sources], standards),
        )
    )


def status_reports(tables: YearTables, years: Sequence[int]) -> Iterable[tuple[str, StatusReport]]:
    """The table of all counties in each of its other orders: page under the school year, and report."""
    sources, standards = _of_year(tables)
    for order in list(ORDERS)[1:]:
        captions = Captions()
        page = page_of(order)
        sections = tuple(
            StatusSection(
                anchor=f"{area.source}-{area.province}",
                heading=_heading(area),
                status=status_table(area, captions, order),
            )
            for area in areas(tables)
        )
        yield (
            page,
            stamped(
                StatusReport(
                    path=str(tables.year),
                    language=language(),
                    title=_title(tables, [section.heading for section in sections]),
                    subtitle=_("{year}，各县一览，{order}").format(
                        year=display.school_year_long(tables.year), order=_(ORDERS[order])
                    ),
                    banner=banner(is_synthetic=tables.is_synthetic),
                    crumbs=(
                        Link(label=_("全部学年"), href="../index.html"),
                        Link(label=display.school_year(tables.year), href="index.html"),
                        Link(label=_(ORDERS[order]), href=""),
                    ),
                    years=_years(tables, years, page),
                    sections=sections,
                    colophon=colophon([tables.sources[name] for name in sources], standards),
                )
            ),
        )


def _of_year(tables: YearTables) -> tuple[list[str], list[Standard]]:
    """The sources with counties in the year, and the standards that apply to them."""
    present = set(tables.places["source"])
    sources = [name for name in tables.sources if tables.applying(name) and name in present]
    standards = {standard.id: standard for name in sources for standard in tables.applying(name)}
    return sources, list(standards.values())


def _years(tables: YearTables, years: Sequence[int], page: str) -> tuple[Link, ...]:
    """The same page of this and the earlier school years; a later year changes no page of an earlier one."""
    return tuple(
        Link(label=str(year), href="" if year == tables.year else f"../{year}/{page}")
        for year in sorted(years)
        if year <= tables.year
    )


def _title(tables: YearTables, headings: Sequence[str]) -> str:
    year = display.school_year(tables.year)
    if not headings:
        return _("{year}：没有可以报告的县").format(year=year)
    return _("{year}：{findings}").format(year=year, findings=semicolons(headings))


def _section(area: ProvinceTables, captions: Captions) -> Section:
    tables, province, source = area.all, area.province, area.source
    entries = tables.table("quarantine").filter(pl.col("source") == source)
    handed_in = tables.returns(source)
    return Section(
        anchor=f"{source}-{province}",
        heading=_heading(area),
        sentences=(
            *_outcomes(area.standards, _whole_counts(area)),
            *_sentences(area),
            *source_sentences(tables, source),
            *counties_asked(area),
        ),
        attention=attention(area),
        status=status_table(area, captions),
        maps=maps(area, captions),
        heats=heats(area, captions),
        tables=(*movers(area, captions), *reporting(area, captions)),
        downloads=tuple(
            Link(
                label=_("{standard}全省申报表册").format(standard=sentences.short_title(standard)),
                href=shared(f"{tables.year}/index.html", f"forms/{province}-{standard.id}.xlsx"),
            )
            for standard in form_standards(area.standards)
            if tables.public is None
        ),
        candidates=candidates(tables, province, source, area.name, captions),
        refused=internal_refused()
        if tables.public
        else refused(
            entries,
            _("{province}被拒收的数据").format(province=area.name),
            captions,
            names=_school_names(tables, source),
        ),
        files=internal_files()
        if tables.public
        else files(
            handed_in,
            files_sentence(handed_in),
            _("{province}的文件").format(province=area.name),
            captions,
            tables.sources,
        ),
    )


def _school_names(tables: YearTables, source: str) -> dict[str, str]:
    known = (
        tables.table("units").filter(pl.col("source") == source).select("school_id", "school_name").unique("school_id")
    )
    return dict(known.iter_rows())


def _heading(area: ProvinceTables) -> str:
    """How many counties meet each standard; without limits, the span of the CVs that reach highest."""
    outcomes = _whole_counts(area)
    parts = []
    for standard in area.leading:
        counts = outcomes.get(standard.id) or _counts(area, standard)
        if standard.dispersion.rule != "none":
            parts.append(
                _("{met} 个{standard}达标").format(
                    met=display.count(counts["met"]), standard=sentences.short_title(standard)
                )
            )
    text = _("{province} {count} 个县级单位").format(province=area.name, count=display.count(len(area.names)))
    if parts and outcomes:
        return _("{place}：{parts}").format(place=text, parts=serial(parts))
    if parts:
        return _("{place}的资源配置部分：{parts}").format(place=text, parts=serial(parts))
    spans = [span for standard in area.leading for span in _spans(area, standard)]
    if not spans:
        return text
    label, (low, _lowest), (high, _highest) = max(spans, key=lambda span: span[2][0])
    return _("{place}，{label}的差异系数 {low}–{high}").format(
        place=text, label=label, low=display.coefficient(low), high=display.coefficient(high)
    )


def _spans(area: ProvinceTables, standard: Standard) -> list[_Span]:
    """Each stage's indicators, with the smallest and the largest CV and their counties' codes."""
    spans = []
    for stage in standard.scope.stages:
        for indicator in standard.indicators:
            known = [
                (row["cv"], code)
                for code in area.names
                if (row := area.cells.get((code, standard.id, stage, indicator.id))) is not None
                and row["cv"] is not None
            ]
            if known:
                spans.append((sentences.of_stage(stage, spoken(indicator.label)), min(known), max(known)))
    return spans


def _counts(area: ProvinceTables, standard: Standard) -> Counter[str]:
    """The verdicts on the resource part."""
    rows = (area.verdicts.get((code, standard.id, "all")) for code in area.names)
    return Counter(row["verdict"] for row in rows if row is not None)


def _whole_counts(area: ProvinceTables) -> dict[str, Counter[str]]:
    """The verdicts on whole standards by standard."""
    counts: dict[str, Counter[str]] = {}
    for (_code, standard), row in area.whole.items():
        counts.setdefault(standard, Counter())[row["verdict"]] += 1
    return counts


def _outcomes(standards: Sequence[Standard], outcomes: Mapping[str, Counter[str]]) -> list[str]:
    """The verdicts on whole standards in counts; what is only tracked has none."""
    order = ("met", "not_met", "undetermined", "not_eligible", "not_recognised")
    said = []
    for standard in standards:
        counts = outcomes.get(standard.id, Counter())
        if not any(counts[status] for status in order):
            continue
        words = [
            _("{word} {count} 个").format(word=display.status_word(status), count=display.count(counts[status]))
            for status in order
            if counts[status] or status in ("met", "not_met", "undetermined")
        ]
        said.append(
            _("{standard}（整项标准）：{counts}。").format(
                standard=sentences.short_title(standard), counts=_("，").join(words)
            )
        )
    return said


def _sentences(area: ProvinceTables) -> list[str]:
    """Each standard's verdicts on resources in counts; without limits, the span of the CVs."""
    said = []
    for standard in area.leading:
        counts = _counts(area, standard)
        if standard.dispersion.rule != "none":
            said.append(
                _("{standard}（{part}）：达标 {met} 个，未达标 {not_met} 个，无法判定 {unknown} 个。").format(
                    part=spoken(standard.part),
                    standard=sentences.short_title(standard),
                    met=display.count(counts["met"]),
                    not_met=display.count(counts["not_met"]),
                    unknown=display.count(counts["undetermined"]),
                )
            )
            continue
        said += [
            _("{label}的差异系数：最小 {low}（{lowest}），最大 {high}（{highest}）。").format(
                label=label,
                low=display.coefficient(low),
                lowest=area.names[lowest],
                high=display.coefficient(high),
                highest=area.names[highest],
            )
            for label, (low, lowest), (high, highest) in _spans(area, standard)
        ]
    return said
