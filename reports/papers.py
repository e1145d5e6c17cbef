"""The papers that go with a county's page: official forms, feedback, recommendation, standards compared, schools' documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO

from reports.cheapest import asked_ways
from reports.documents.check_report import check_report
from reports.documents.comparison import compared, side_by_side
from reports.documents.feedback import inspection_feedback
from reports.documents.model import Document
from reports.documents.pioneer import recommendation_form
from reports.documents.rectification import rectification_plan
from reports.documents.render import document_html, document_markdown
from reports.documents.school import self_evaluation
from reports.documents.way import asked_way
from reports.documents.workbook import document_xlsx
from reports.findings import has_findings
from reports.forms import Form, forms, forms_csv, province_forms, write_forms
from reports.year import CountyTables, YearTables
from standards.standard import Standard

File = tuple[str, str | bytes]
"""A file by its path under the site, with its content."""


def form_standards(standards: Iterable[Standard]) -> list[Standard]:
    """The standards whose forms go with every county's page: those by which a county is recognised."""
    return [s for s in standards if s.parts and any(part.role == "approval" for part in s.parts)]


def workbook(sheets: Sequence[Form]) -> bytes:
    """Forms as a workbook."""
    content = BytesIO()
    write_forms(sheets, content)
    return content.getvalue()


def county_papers(county: CountyTables, folder: str) -> Iterator[File]:
    """The forms of a county by standard, and its own documents.

    `folder` is the county's under the site.
    """
    for standard in form_standards(county.standards):
        yield f"{folder}/forms/{standard.id}.xlsx", workbook(forms(county, standard))
    for document in county_documents(county):
        yield from faces(document)


def province_papers(year: YearTables) -> Iterator[File]:
    """The forms of all counties of a province in one workbook by standard."""
    for province, sources in year.places.group_by("province_code", maintain_order=True).agg("source").iter_rows():
        asked = {s.id: s for source in dict.fromkeys(sources) for s in year.applying(source, province)}
        for standard in form_standards(asked.values()):
            sheets = province_forms(year, province, standard)
            if sheets:
                yield f"{year.year}/forms/{province}-{standard.id}.xlsx", workbook(sheets)


def school_documents(county: CountyTables, school_id: str) -> list[Document]:
    """A school's self-evaluation and rectification plan. Raises NoSchoolError."""
    return [self_evaluation(county, school_id), rectification_plan(county, school_id)]


def county_documents(county: CountyTables) -> list[Document]:
    """The county's inspection feedback, its recommendation form where one is asked for, and its standards side by side;
    its check report where anything unusual was found or explained; the plans that the home asks for.

    Side by side stand the standards that limit difference coefficients, where there are two or more.
    """
    found = [inspection_feedback(county)]
    if any(standard.quota is not None for standard in county.standards):
        found.append(recommendation_form(county))
    if len(compared(county)) > 1:
        found.append(side_by_side(county))
    if has_findings(county):
        found.append(check_report(county))
    found += [asked_way(county, standard) for standard in asked_ways(county)]
    return found


def faces(document: Document) -> Iterator[File]:
    """A document as page, markdown and workbook, each under its path."""
    yield f"{document.path}.html", document_html(document)
    yield f"{document.path}.md", document_markdown(document)
    yield f"{document.path}.xlsx", document_xlsx(document)


def form_files(sheets: Sequence[Form], stem: str) -> Iterator[File]:
    """Forms as one workbook, and each as CSV."""
    yield f"{stem}.xlsx", workbook(sheets)
    for sheet in sheets:
        yield f"{stem}-{sheet.name}.csv", forms_csv(sheet)
