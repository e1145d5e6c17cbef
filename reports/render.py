"""View models into text: HTML that escapes everything, markdown whose every figure is escaped for a table cell."""

from __future__ import annotations

import re
from collections.abc import Callable, MutableMapping, Sequence
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from reports.editions import ChangesPage, EditionsPage, Feed
from reports.evidence_page import EvidencePage
from reports.faces import Twin
from reports.language import SOURCE, bracketed, gettext, language, ngettext, semicolons, together
from reports.model import (
    Cell,
    CountyReport,
    HeatCell,
    IndicatorReport,
    MethodPage,
    ProvinceReport,
    SiteIndex,
    StatusReport,
    Verdict,
)

TEMPLATES = Path(__file__).parent / "templates"
_MARKDOWN = re.compile(r"([\\`*\[\]<>|&~]|(?<![0-9A-Za-z])_|_(?![0-9A-Za-z]))")
_MARKED = re.compile(r"[&<>\"']")
_SPECIAL = re.compile(r"[\\`*\[\]<>|&~_\r\n\u2028\u2029]")
_LINE_ENDS = re.compile(r"\s*[\r\n\u2028\u2029]+\s*")


def markdown_text(value: object) -> object:
    """A value as text that markdown shows as it is, also inside a table's cell; Markup is left alone."""
    if isinstance(value, Markup):
        return value
    text = str(value)
    return _MARKDOWN.sub(r"\\\1", _LINE_ENDS.sub(" ", text)) if _SPECIAL.search(text) else text


def html_text(value: object) -> str:
    """A value as text that HTML shows as it is; Markup is left alone.

    As `markupsafe.escape`, but what has nothing to escape is passed on as it is: of fifteen thousand values of a page
    hardly any has, and to wrap each of them takes longer than all else that a template does.
    """
    if type(value) is str:
        return escape(value) if _MARKED.search(value) else value
    return value if isinstance(value, Markup) else html_text(str(value))


class _Page(Template):
    """A template that escapes by `html_text`: its compiled code finds it under the name of jinja's own function."""

    @classmethod
    def from_code(
        cls,
        environment: Environment,
        code: CodeType,
        globals: MutableMapping[str, Any],  # noqa: A002 (jinja's name)
        uptodate: Callable[[], bool] | None = None,
    ) -> Template:
        template = super().from_code(environment, code, globals, uptodate)
        template.root_render_func.__globals__["escape"] = html_text
        return template


def _html_cells(cells: Sequence[Cell]) -> Markup:
    """A school's indicators as table cells: the bulk of a page, so they are joined in one go."""
    return Markup(  # noqa: S704 (escaped here)
        "".join(
            f'<td class="n">{html_text(cell.text)}<span class="low">{html_text(cell.mark)}</span></td>'
            if cell.mark
            else f'<td class="n">{html_text(cell.text)}</td>'
            for cell in cells
        )
    )


def _tag(verdict: Verdict) -> Markup:
    """A verdict as a label: its sign and its word."""
    sign, word = html_text(verdict.symbol), html_text(verdict.word)
    return Markup(  # noqa: S704 (escaped here)
        f'<span class="t {html_text(verdict.status)}"><span aria-hidden="true">{sign}</span> {word}</span>'
    )


def _heat_cells(cells: Sequence[HeatCell]) -> Markup:
    """A county's row of the heat table: each CV with its sign and word, shaded by its grade."""
    return Markup(  # noqa: S704 (escaped here)
        "".join(
            f'<td class="n{f" h{escape(cell.grade)}" if cell.grade else ""}">{escape(cell.text)}'
            + (
                f'<span class="w"><span aria-hidden="true">{escape(cell.sign)}</span> {escape(cell.word)}</span>'
                if cell.word
                else ""
            )
            + "</td>"
            for cell in cells
        )
    )


def _markdown_cells(cells: Sequence[Cell]) -> Markup:
    """A school's indicators as cells of a markdown table."""
    return Markup("".join(f" {markdown_text(cell.text + cell.mark)} |" for cell in cells))  # noqa: S704 (escaped)


_TAGS = re.compile(r"(<(?:script|style|title|desc)\b[^>]*>.*?</\w+>|<[^>]*>)", re.DOTALL)
_WORDS = "\u3000-\u303f\u3400-\u9fff\uff00-\uffef"
_RUN = re.compile(rf"[{_WORDS}]+(?:[ 0-9A-Za-z.,·“”–—-]*[{_WORDS}]+)*")


def marked_chinese(page: str) -> str:
    """A page in another language with each run of Chinese, a name or a title as its document has it, marked as such."""
    parts = _TAGS.split(page)
    for at in range(0, len(parts), 2):
        if _RUN.search(parts[at]):
            tag = "tspan" if at and parts[at - 1].startswith("<text") else "span"
            parts[at] = _RUN.sub(rf'<{tag} lang="{SOURCE}">\g<0></{tag}>', parts[at])
    return "".join(parts)


def _page(name: str, report: object, twin: Twin | None) -> str:
    text = _template(html(), name).render(report=report, twin=twin, space=_space(), colon=gettext("："))
    return text if language() == SOURCE else marked_chinese(text)


def _space() -> str:
    return "" if language() == SOURCE else " "


def _environment(**options: Any) -> Environment:
    environment = Environment(  # noqa: S701 (each face states its own escaping below)
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        **options,
    )
    environment.install_gettext_callables(gettext, ngettext, newstyle=False)  # type: ignore[attr-defined]
    environment.globals["twin"] = None
    environment.filters |= {"together": together, "bracketed": bracketed, "semicolons": semicolons}
    styles = "".join((TEMPLATES / name).read_text("utf-8") for name in ("page.css", "print.css"))
    environment.globals["css"] = Markup(styles)  # noqa: S704 (files of ours)
    environment.globals["sorting"] = Markup((TEMPLATES / "sorting.js").read_text("utf-8"))  # noqa: S704
    return environment


@cache
def html() -> Environment:
    """Pages: everything is escaped."""
    environment = _environment(autoescape=True)
    environment.template_class = _Page
    environment.filters["cells"] = _html_cells
    environment.filters["heat"] = _heat_cells
    environment.filters["tag"] = _tag
    environment.filters["made"] = Markup  # rows that were escaped where they were made
    return environment


@cache
def markdown() -> Environment:
    """The same content as markdown: no HTML escaping, every printed value is escaped for markdown."""
    environment = _environment(autoescape=False, finalize=markdown_text)
    environment.filters["cells"] = _markdown_cells
    return environment


@cache
def _template(environment: Environment, name: str) -> Template:
    return environment.get_template(name)


def county_html(report: CountyReport, twin: Twin | None = None) -> str:
    """A county's page."""
    return _page("county.html.j2", report, twin)


def evidence_html(page: EvidencePage, twin: Twin | None = None) -> str:
    """The page of a county's evidence."""
    return _page("evidence.html.j2", page, twin)


def county_markdown(report: CountyReport) -> str:
    """A county's report as markdown."""
    return _template(markdown(), "county.md.j2").render(report=report, space=_space(), colon=gettext("："))


def province_html(report: ProvinceReport, twin: Twin | None = None) -> str:
    """A school year's page."""
    return _page("province.html.j2", report, twin)


def status_html(report: StatusReport, twin: Twin | None = None) -> str:
    """All counties of a school year in one order."""
    return _page("by.html.j2", report, twin)


def indicator_html(report: IndicatorReport, twin: Twin | None = None) -> str:
    """An indicator's page."""
    return _page("indicator.html.j2", report, twin)


def index_html(report: SiteIndex, twin: Twin | None = None) -> str:
    """The site's first page."""
    return _page("index.html.j2", report, twin)


def method_html(report: MethodPage, twin: Twin | None = None) -> str:
    """A page of method."""
    return _page("method.html.j2", report, twin)


def editions_html(report: EditionsPage, twin: Twin | None = None) -> str:
    """The page of all editions."""
    return _page("editions.html.j2", report, twin)


def changes_html(report: ChangesPage, twin: Twin | None = None) -> str:
    """The page of what changed since an edition."""
    return _page("changes.html.j2", report, twin)


def feed_xml(report: Feed) -> str:
    """The feed of new editions, as Atom."""
    return _template(html(), "feed.xml.j2").render(report=report)
