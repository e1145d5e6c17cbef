"""The site's pages as text, one school year at a time: (path under the site, text). Nothing is written here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import TypeVar

import msgspec
import polars as pl

from reports import display, render, sentences
from reports.county import county_report
from reports.data import county_json
from reports.documents.comparison import KIND, called, compared
from reports.downloads import indicators_csv
from reports.index import site_index
from reports.indicator import indicator_reports
from reports.language import gettext as _
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
    `indicators.csv`, `report.json`, its forms and its documents; for each province the forms of all its counties.

    `tables` holds every table of `schemas.tables` with the rows of the school year. `county_dispersion` and
    `resource_verdicts` also hold all earlier years there are: the dispersion makes the long trend, and the verdicts say
    in which of the `years` of the site the county has a page to link to. `each` is called with a county's name before
    it is rendered. The same tables give the same bytes.

    `public` makes the public edition, from tables that hold nothing else; it has no forms and no documents.
    """
    year_tables = YearTables(tables, year, standards, sources, is_synthetic=is_synthetic, public=public)
    yield f"{year}/index.html", render.province_html(_told(year_tables, province_report(year_tables, years)))
    for page, status in status_reports(year_tables, years):
        yield f"{year}/{page}", render.status_html(_told(year_tables, status))
    for indicator in indicator_reports(year_tables, areas(year_tables), years):
        yield indicator.path, render.indicator_html(_told(year_tables, indicator))
    yield f"{year}/search.json", search_json(year_tables, areas(year_tables))
    for county in year_tables.counties():
        each(county.name)
        yield from _county(county, years)
    if public is None:
        yield from province_papers(year_tables)


_Paged = TypeVar("_Paged", ProvinceReport, StatusReport, IndicatorReport)


def _told(tables: YearTables, report: _Paged) -> _Paged:
    """A page over all counties, in a public edition with what is withheld of the school year."""
    if tables.public is None:
        return report
    cells = tables.public.cells.filter(pl.col("school_year") == tables.year)
    return said(report, tables.public, cells, sorted(set(tables.places["source"])))


def _county(county: CountyTables, years: Sequence[int]) -> Iterator[File]:
    """A county's page, and the files that it leads to with their sizes."""
    public = county.all.public
    report = county_report(county, years, papers(county) if public is None else ())
    if public is not None:
        cells = public.cells.filter(
            pl.col("school_year") == county.year,
            pl.col("source") == county.source,
            pl.col("county_code") == county.code,
        )
        report = said(report, public, cells, [county.source])
    folder = f"{report.path}/"
    files = [
        (f"{folder}report.md", render.county_markdown(report)),
        (f"{folder}indicators.csv", indicators_csv(county)),
        (f"{folder}report.json", county_json(county, report)),
        *(county_papers(county, report.path) if public is None else ()),
    ]
    sizes = {path.removeprefix(folder): _size(path, content) for path, content in files}
    links = tuple(msgspec.structs.replace(link, size=sizes[link.href]) for link in report.downloads)
    yield f"{folder}index.html", render.county_html(msgspec.structs.replace(report, downloads=links))
    yield from files


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
        links.append(Link(label=called(shown), href=f"documents/{KIND}.html"))
    return links


def render_index(
    tables: Mapping[str, pl.DataFrame],
    *,
    standards: Mapping[str, Standard],
    sources: Mapping[str, Source],
    years: Sequence[int],
    is_synthetic: bool,
    public: PublicEdition | None = None,
) -> Iterator[tuple[str, str]]:
    """The site's first page, `index.html`.

    `tables` holds `resource_verdicts`, `returns` and `quarantine` of all school years; `quarantine` also the rows whose
    school year could not be read.
    """
    index = site_index(tables, standards, sources, years, is_synthetic=is_synthetic, public=public)
    if public is not None:
        shown = sorted(set(tables["resource_verdicts"]["source"]))
        index = said(index, public, public.cells, shown)
    yield "index.html", render.index_html(index)
