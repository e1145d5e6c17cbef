"""The site's pages as text, one school year at a time: (path under the site, text). Nothing is written here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import polars as pl

from reports import render, sentences
from reports.county import county_report
from reports.downloads import indicators_csv
from reports.index import site_index
from reports.language import gettext as _
from reports.model import Link
from reports.papers import File, county_papers, form_standards, province_papers
from reports.province import province_report
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
) -> Iterator[File]:
    """The pages of a school year: `<year>/index.html`, and for each county `index.html`, `report.md`,
    `indicators.csv`, its forms and its documents; for each province the forms of all its counties.

    `tables` holds every table of `schemas.tables` with the rows of the school year. `county_dispersion` and
    `resource_verdicts` also hold all earlier years there are: the dispersion makes the long trend, and the verdicts say
    in which of the `years` of the site the county has a page to link to. `each` is called with a county's name before
    it is rendered. The same tables give the same bytes.
    """
    year_tables = YearTables(tables, year, standards, sources, is_synthetic=is_synthetic)
    yield f"{year}/index.html", render.province_html(province_report(year_tables, years))
    for county in year_tables.counties():
        each(county.name)
        report = county_report(county, years, _papers(county))
        yield f"{report.path}/index.html", render.county_html(report)
        yield f"{report.path}/report.md", render.county_markdown(report)
        yield f"{report.path}/indicators.csv", indicators_csv(county)
        yield from county_papers(county, report.path)
    yield from province_papers(year_tables)


def _papers(county: CountyTables) -> list[Link]:
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
    return links


def render_index(
    tables: Mapping[str, pl.DataFrame],
    *,
    standards: Mapping[str, Standard],
    sources: Mapping[str, Source],
    years: Sequence[int],
    is_synthetic: bool,
) -> Iterator[tuple[str, str]]:
    """The site's first page, `index.html`.

    `tables` holds `resource_verdicts`, `returns` and `quarantine` of all school years; `quarantine` also the rows whose
    school year could not be read.
    """
    index = site_index(tables, standards, sources, years, is_synthetic=is_synthetic)
    yield "index.html", render.index_html(index)
