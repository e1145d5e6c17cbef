"""What a document holds, frozen: HTML, markdown and workbook are printed from this one object, so they cannot disagree.

A cell has its text, as it is printed, and where it is a figure also the number, rounded as the text is.
"""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec

from reports.model import Colophon, Link


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """A table's cell. `number` is what a workbook stores: `before` and `after` stand around it, with so many places.

    The number of a percentage is the share. `status` chooses the colour, never the words.
    """

    text: str
    number: float | None = None
    places: int = 0
    before: str = ""
    after: str = ""
    is_percent: bool = False
    status: str = ""


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A table's column: its heading, and what its cells hold. A wide one holds sentences."""

    label: str
    holds: Literal["text", "wide", "number"] = "text"


class Heading(msgspec.Struct, frozen=True, kw_only=True):
    """A heading within a section."""

    text: str
    kind: Literal["heading"] = "heading"


class Paragraph(msgspec.Struct, frozen=True, kw_only=True):
    """A paragraph; a note is printed smaller."""

    text: str
    is_note: bool = False
    kind: Literal["paragraph"] = "paragraph"


class Sentences(msgspec.Struct, frozen=True, kw_only=True):
    """Sentences one below the other."""

    sentences: tuple[str, ...]
    kind: Literal["sentences"] = "sentences"


class Blanks(msgspec.Struct, frozen=True, kw_only=True):
    """Lines to be filled in and signed by hand."""

    lines: tuple[str, ...]
    kind: Literal["blanks"] = "blanks"


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A table: what, where, when and in which unit; the first cell of a row is its heading."""

    caption: str
    note: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    kind: Literal["table"] = "table"


Block = Heading | Paragraph | Sentences | Blanks | Table


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A section under its heading."""

    anchor: str
    heading: str
    blocks: tuple[Block, ...]


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A document on a school or county in one school year. `path` is its place in the site, without an ending."""

    path: str
    language: str
    title: str
    subtitle: str
    banner: str
    crumbs: tuple[Link, ...]
    downloads: tuple[Link, ...]
    lead: tuple[Block, ...]
    sections: tuple[Section, ...]
    colophon: Colophon


def tables(document: Document) -> tuple[Table, ...]:
    """Every table of a document, in the order in which they stand."""
    blocks = [*document.lead, *(block for section in document.sections for block in section.blocks)]
    return tuple(block for block in blocks if isinstance(block, Table))


def stamped(document: Document) -> Document:
    """The document with its edition: the first 12 hex digits of the SHA-256 over what it says."""
    bare = msgspec.structs.replace(document, colophon=msgspec.structs.replace(document.colophon, edition=""))
    edition = hashlib.sha256(msgspec.json.encode(bare)).hexdigest()[:12]
    return msgspec.structs.replace(bare, colophon=msgspec.structs.replace(bare.colophon, edition=edition))
