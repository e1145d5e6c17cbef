"""Which source and layout a sheet is, by its headers alone; a file's name tells nothing but, at need, the school year."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from pipelines.faults import UnreadableError
from pipelines.reading import Body, Sheet
from schemas.columns import FIRST_SCHOOL_YEAR, LAST_SCHOOL_YEAR
from schemas.source import Header, Layout, Source, YearClue, plain

RECOGNISED_SHARE = 0.5
"""Share of a layout's headers from which on a sheet counts as that layout, perhaps faulty, and no longer as unknown."""
_OF_EVERY_SHEET = ("school_year", "county_code", "county_name", "school_id")
"""Columns that returns of schools and of counties alike have: they do not tell a county's sheets apart."""


@dataclass(frozen=True)
class Recognised:
    """A sheet, the layout it was recognised as, and where its header stands (rows from 1)."""

    source: Source
    layout: str
    sheet: Sheet
    header_row: int
    share: float

    @property
    def headers(self) -> list[str]:
        """The header row as the file has it."""
        return self.sheet.head[self.header_row - 1]

    @property
    def described(self) -> Layout:
        """The layout as its source describes it."""
        return self.source.described.layouts[self.layout]

    @property
    def table(self) -> str:
        """The table that the sheet's rows go to."""
        return self.described.table


def recognise(sheet: Sheet, sources: Iterable[Source]) -> Recognised | None:
    """The layout that shares most headers with one of the sheet's top rows; None where none shares half of its own."""
    best: tuple[tuple[float, int], Recognised] | None = None
    rows = [(number, {plain(cell) for cell in row if cell}) for number, row in enumerate(sheet.head, 1)]
    for source in sources:
        for layout in (name for name, about in source.described.layouts.items() if about.kind == "rows"):
            for first, last in source.episodes(layout):
                expected = _telling(source, layout, min(last, max(first, 1949)))
                for number, present in rows:
                    shared = len(expected & present)
                    rank = (shared / len(expected), shared)
                    if rank[0] >= RECOGNISED_SHARE and (best is None or rank > best[0]):
                        best = (rank, Recognised(source, layout, sheet, number, rank[0]))
    return best[1] if best else None


def _telling(source: Source, layout: str, year: int) -> set[str]:
    """The headers by which a sheet of the layout is told: all of a school's return, a county's own of its sheets."""
    passed_over = () if source.described.layouts[layout].table == "schools" else _OF_EVERY_SHEET
    return {plain(header.header) for header in source.headers(layout, year) if header.column not in passed_over}


def school_year(found: Recognised, body: Body, file: str) -> int | None:
    """The school year that the file states, by the layout's clues in their order; None where none of them tells."""
    for clue in found.described.year:
        if clue.place == "column":
            texts = _year_column(found, body)
        elif clue.place == "title":
            texts = [cell for row in found.sheet.head[: found.header_row - 1] for cell in row if cell]
        else:
            texts = [PurePosixPath(file).name]
        for text in texts:
            year = _year(clue, text)
            if year is not None:
                return year
    return None


def year_of_cell(found: Recognised, text: str) -> int | None:
    """The school year that a cell of the layout's year column states."""
    for clue in found.described.year:
        year = _year(clue, text) if clue.place == "column" else None
        if year is not None:
            return year
    return None


def _year(clue: YearClue, text: str) -> int | None:
    match = re.search(clue.pattern, text.strip())
    year = int(match[1]) + clue.offset if match else None
    return year if year is not None and FIRST_SCHOOL_YEAR <= year <= LAST_SCHOOL_YEAR else None


def _year_headers(found: Recognised) -> set[str]:
    return {
        plain(header.header)
        for first, last in found.source.episodes(found.layout)
        for header in found.source.headers(found.layout, min(last, max(first, 1949)))
        if header.column == "school_year"
    }


def _year_column(found: Recognised, body: Body) -> list[str]:
    """The values of the year column, the commonest first."""
    names = _year_headers(found)
    positions = [str(position) for position, header in enumerate(found.headers) if plain(header) in names]
    if len(positions) != 1 or positions[0] not in body.cells.columns:
        return []
    counted = body.cells[positions[0]].drop_nulls().value_counts(sort=False)
    return counted.sort(["count", positions[0]], descending=[True, False])[positions[0]].to_list()


def match_headers(found: Recognised, year: int) -> tuple[dict[int, Header], list[int], list[UnreadableError]]:
    """Where each expected header stands, which positions no header claims, and every fault of the layout.

    Every expected header must be there exactly once; a position that the map does not know is named, or, where the
    source says so, refuses the file. Guides of the layout are known and claim nothing.
    """
    expected = found.source.headers(found.layout, year)
    present = [plain(header) for header in found.headers]
    places: dict[int, Header] = {}
    faults = []
    for header in expected:
        wanted = plain(header.header)
        positions = [position for position, name in enumerate(present) if name == wanted]
        if len(positions) == 1:
            places[positions[0]] = header
        elif positions:
            faults.append(UnreadableError("repeated_header", header.header))
        else:
            near = difflib.get_close_matches(wanted, [name for name in present if name], n=3, cutoff=0.5)
            shown = "、".join(found.headers[present.index(name)].strip() for name in near) or "（无 / none）"
            faults.append(UnreadableError("missing_header", shown, header.header))
    claimed = {plain(name) for name in (*(header.header for header in expected), *found.described.guides)}
    others = [position for position, name in enumerate(present) if name not in claimed]
    return places, others, faults
