"""The site's pages as text, one school year at a time: (path under the site, text). Nothing is written here."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import TypeVar

import msgspec
import polars as pl

from reports import display, render, sentences
from reports.cheapest import asked_ways, way_title
from reports.county import county_report
from reports.data import county_json
from reports.documents.comparison import KIND, compared
from reports.documents.cover import file_name
from reports.documents.way import KIND as PLAN
from reports.downloads import indicators_csv
from reports.evidence_page import evidence_page
from reports.faces import prefix, shared, spoken_in, twin
from reports.findings import KIND as CHECK_REPORT
from reports.findings import has_findings
from reports.index import site_index
from reports.indicator import indicator_reports
from reports.language import LANGUAGES, SOURCE, language
from reports.language import gettext as _
from reports.methods import method_pages
from reports.model import IndicatorReport, Link, ProvinceReport, StatusReport
from reports.papers import File, county_papers, form_standards, province_papers
from reports.province import areas, province_report, status_reports
from reports.public import PublicEdition, said
from reports.search import search_json
from reports.year import CountyTables, YearTables
from schemas.source import Source
from standards.standard import Standard


def render_year(
    tables: Mapping[str, pl.DataFrame],
    year: int,
    *,
    standards: Mapping[str, Standard],
    sources: Mapping[str, Source],
    years: Sequence[int],
    is_synthetic: bool,
    each: Callable[[str], None] = lambda _county: None,
    public: PublicEdition | None = None,
) -> Iterator[File]:
    """The pages of a school year: `<year>/index.html`, its table of counties in other orders, a page per indicator,
    `search.json` over counties and schools; and for each county `index.html`, `report.md`,
    `indicators.csv`, `report.json`, its forms and its documents; for each province the forms of all its counties. Pages and reports stand
    once more in English under `en/`.

    `tables` holds every table of `schemas.tables` with the rows of the school year. `county_dispersion` and
    `resource_verdicts` also hold all earlier years there are: the dispersion makes the long trend, and the verdicts say
    in which of the `years` of the site the county has a page to link to. `each` is called with a county's name before
    it is rendered. The same tables give the same bytes.

    `public` makes the public edition, from tables that hold nothing else; it has no forms and no documents.
    """
    year_tables = YearTables(tables, year, standards, sources, is_synthetic=is_synthetic, public=public)
    for part in year_parts(year_tables, years, each=each):
        yield from part.pages()


@dataclass(frozen=True)
class Part:
    """Pages of a school year that are made of the same rows: those over all counties, or those of one province.

    `tables` is all that `pages` are made of, beside standards, sources and the years of the site.
    """

    name: str
    tables: YearTables
    pages: Callable[[], Iterator[File]]


def year_parts(
    tables: YearTables, years: Sequence[int], *, each: Callable[[str], None] = lambda _county: None
) -> Iterator[Part]:
    """A school year's pages in parts, each made when it is asked for; one that is kept may go before the next."""
    yield Part(OVER_ALL, tables, partial(_over_all, tables, years))
    for name, of_province in tables.provinces():
        yield Part(name, of_province, partial(_of_province, of_province, years, each))


OVER_ALL = "all"
"""The name of the part that is of no province."""


def _over_all(tables: YearTables, years: Sequence[int]) -> Iterator[File]:
    for name in LANGUAGES:
        yield from _under(prefix(name), spoken_in(name, _year_pages(tables, years)))


def _of_province(tables: YearTables, years: Sequence[int], each: Callable[[str], None]) -> Iterator[File]:
    for county in tables.counties():
        each(county.name)
        sizes: dict[str, str] = {}
        for name in LANGUAGES:
            with uncollected():
                made = list(_under(prefix(name), spoken_in(name, _county(county, years, sizes))))
            yield from made
    if tables.public is None:
        yield from province_papers(tables)


def folders_of(year: int) -> tuple[str, ...]:
    """The folders that hold a school year's pages, one in each language's tree."""
    return tuple(f"{prefix(name)}{year}" for name in LANGUAGES)


@contextmanager
def uncollected() -> Iterator[None]:
    """Within the block nothing is searched for cycles, at its end what was made in it is, once.

    A county's pages are made of some hundred thousand values without cycles. To look through them again and again, with
    all rows of the year beside them, takes time and finds nothing.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.collect(0)
        if was_on:
            gc.enable()


def _under(folder: str, pages: Iterator[File]) -> Iterator[File]:
    return ((f"{folder}{path}", text) for path, text in pages)


def _year_pages(tables: YearTables, years: Sequence[int]) -> Iterator[File]:
    """The pages of a school year that are not of one county, in the language spoken."""
    page = f"{tables.year}/index.html"
    yield page, render.province_html(_told(tables, province_report(tables, years)), twin(page))
    for name, status in status_reports(tables, years):
        page = f"{tables.year}/{name}"
        yield page, render.status_html(_told(tables, status), twin(page))
    for indicator in indicator_reports(tables, areas(tables), years):
        page = indicator.path
        yield page, render.indicator_html(_told(tables, indicator), twin(page))
    yield f"{tables.year}/search.json", search_json(tables, areas(tables))


_Paged = TypeVar("_Paged", ProvinceReport, StatusReport, IndicatorReport)


def _told(tables: YearTables, report: _Paged) -> _Paged:
    """A page over all counties, in a public edition with what is withheld of the school year."""
    if tables.public is None:
        return report
    cells = tables.public.cells.filter(pl.col("school_year") == tables.year)
    return said(report, tables.public, cells, sorted(set(tables.places["source"])))


def _county(county: CountyTables, years: Sequence[int], sizes: dict[str, str]) -> Iterator[File]:
    """A county's page and its report as markdown in the language spoken; before those in Chinese, the files that stand
    once. `sizes` learns theirs.
    """
    public = county.all.public
    report = county_report(county, years, papers(county) if public is None else ())
    if public is not None:
        cells = public.cells.filter(
            pl.col("school_year") == county.year,
            pl.col("source") == county.source,
            pl.col("county_code") == county.code,
        )
        report = said(report, public, cells, [county.source])
    page, text = f"{report.path}/index.html", f"{report.path}/report.md"
    if language() == SOURCE:
        files = [
            (f"{report.path}/indicators.csv", indicators_csv(county)),
            (f"{report.path}/report.json", county_json(county, report)),
            *(county_papers(county, report.path) if public is None else ()),
        ]
        sizes |= {path: _size(path, content) for path, content in files}
        yield from files
    links = [_download(page, link, sizes.get(f"{report.path}/{link.href}", "")) for link in report.downloads]
    ways = [
        msgspec.structs.replace(way, link=_download(page, way.link, "")) if way.link else way
        for way in report.cheapest_ways
    ]
    report = msgspec.structs.replace(report, downloads=tuple(links), cheapest_ways=tuple(ways))
    written = render.county_markdown(report)
    yield text, written
    links = [
        msgspec.structs.replace(link, size=_size(text, written)) if link.href == "report.md" else link for link in links
    ]
    yield page, render.county_html(msgspec.structs.replace(report, downloads=tuple(links)), twin(page))
    if public is None:
        evidence = evidence_page(county, report)
        yield evidence.path, render.evidence_html(evidence, twin(evidence.path))


def _download(page: str, link: Link, size: str) -> Link:
    """The way to a file; from another language's page to one that stands once, and that is said of what is Chinese."""
    if link.href == "report.md":
        return link
    is_figures = PurePosixPath(link.href).suffix in (".csv", ".json")
    label = link.label if is_figures or language() == SOURCE else _("{label}（中文）").format(label=link.label)
    return msgspec.structs.replace(link, label=label, href=shared(page, link.href), size=size)


def _size(path: str, content: str | bytes) -> str:
    """The form and size of a file."""
    length = len(content.encode() if isinstance(content, str) else content)
    return display.file_size(length, PurePosixPath(path).suffix.removeprefix("."))


def papers(county: CountyTables) -> list[Link]:
    """Where a county's forms and documents lie, from its page."""
    links = [
        Link(
            label=_("{standard}申报表册").format(standard=sentences.short_title(standard)),
            href=f"forms/{standard.id}.xlsx",
        )
        for standard in form_standards(county.standards)
    ]
    links.append(Link(label=_("督查反馈意见"), href="documents/inspection-feedback.html"))
    if any(standard.quota is not None for standard in county.standards):
        links.append(Link(label=_("推荐表"), href="documents/recommendation-form.html"))
    if len(shown := compared(county)) > 1:
        links.append(Link(label=sentences.comparison_title(len(shown)), href=f"documents/{KIND}.html"))
    if has_findings(county):
        links.append(Link(label=_("核查报告"), href=f"documents/{CHECK_REPORT}.html"))
    links += [
        Link(
            label=way_title(standard),
            href=f"documents/{PLAN}-{file_name(standard.id)}.html",
        )
        for standard in asked_ways(county)
    ]
    return links


def render_index(
    tables: Mapping[str, pl.DataFrame],
    *,
    standards: Mapping[str, Standard],
    sources: Mapping[str, Source],
    years: Sequence[int],
    is_synthetic: bool,
    public: PublicEdition | None = None,
) -> Iterator[File]:
    """The site's first page, `index.html`.

    `tables` holds `resource_verdicts`, `returns` and `quarantine` of all school years; `quarantine` also the rows whose
    school year could not be read.
    """
    for name in LANGUAGES:
        made = _index_pages(tables, standards, sources, years, is_synthetic=is_synthetic, public=public)
        yield from _under(prefix(name), spoken_in(name, made))


def _index_pages(
    tables: Mapping[str, pl.DataFrame],
    standards: Mapping[str, Standard],
    sources: Mapping[str, Source],
    years: Sequence[int],
    *,
    is_synthetic: bool,
    public: PublicEdition | None,
) -> Iterator[File]:
    index = site_index(tables, standards, sources, years, is_synthetic=is_synthetic, public=public)
    if public is not None:
        shown = sorted(set(tables["resource_verdicts"]["source"]))
        index = said(index, public, public.cells, shown)
    yield "index.html", render.index_html(index, twin("index.html"))


METHOD_FOLDERS = tuple(f"{prefix(name)}methods" for name in LANGUAGES)
"""The folders that hold the pages of method, one in each language's tree."""


def render_methods(
    standards: Mapping[str, Standard],
    sources: Mapping[str, Source],
    *,
    is_synthetic: bool,
    public: PublicEdition | None = None,
) -> Iterator[File]:
    """The pages of method: `methods/index.html` with the formula and all standards, and a page for each of them."""
    for name in LANGUAGES:
        made = _method_pages(standards, sources, is_synthetic=is_synthetic, public=public)
        yield from _under(prefix(name), spoken_in(name, made))


def _method_pages(
    standards: Mapping[str, Standard],
    sources: Mapping[str, Source],
    *,
    is_synthetic: bool,
    public: PublicEdition | None,
) -> Iterator[File]:
    for page in method_pages(standards, sources, is_synthetic=is_synthetic):
        told = page if public is None else said(page, public, public.cells.clear(), [])
        yield page.path, render.method_html(told, twin(page.path))
