"""A document as a page and as markdown: both are printed from the one model."""

from __future__ import annotations

from reports.documents.model import Document
from reports.render import html, markdown


def document_html(document: Document) -> str:
    """The document's page; everything that it prints is escaped."""
    return html().get_template("document.html.j2").render(report=document)


def document_markdown(document: Document) -> str:
    """The document as markdown; everything that it prints is escaped for a table's cell."""
    return markdown().get_template("document.md.j2").render(report=document)
