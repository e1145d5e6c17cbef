"""The cell map of return workbooks: which cell of which form holds which of our columns, and the labels that prove it.

A source whose returns are workbooks, one per school with a sheet per form, has two more files in its folder:

- `forms.csv`  one row per form and layout episode: `form,year_from,year_to,stage,title,confidence,sheet`
- `cells.csv`  one row per column: `form,year_from,year_to,school_type,stage,cell,column,unit,factor`, the cells and texts
  of its labels `row_anchor,row_label,column_anchor,column_label`, and `confidence`

Addresses are those of the form itself, without the row of letters and the column of numbers that exporters add.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path

CONFIDENCES = {
    "official": ("官方工作簿的版式", "the layout of an official workbook"),
    "secondary": ("另一公开导入程序读取的单元格", "a cell that one public importer reads"),
    "inferred": ("据同表或同类表推断", "inferred from a cell or form beside it"),
    "ours": ("本系统自拟的版式，不是官方的", "a layout of ours, not the official one"),
}
"""How sure a cell is: the word in `cells.csv`, and what it means."""
_ADDRESS = re.compile(r"^([A-Z]{1,3})([1-9][0-9]*)$")
_ENUMERATION = re.compile(r"^(?:[(（]?[一二三四五六七八九十0-9]+[)）、.．]|(?:总计中|其中|另有)[:：])+")


@cache
def position(address: str) -> tuple[int, int]:
    """Row and column of a cell's address, both from 1: F10 is (10, 6)."""
    found = _ADDRESS.match(address)
    if not found:
        raise ValueError(f"{address} is no address of a cell")
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(found[2]), column


def letters(column: int) -> str:
    """A column's letters from its number: 1 is A."""
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def address(row: int, column: int) -> str:
    """The address of a cell: (10, 6) is F10."""
    return f"{letters(column)}{row}"


def bare(label: str) -> str:
    """A plain label without its enumeration: 一、教学及辅助用房 and 其中：教学及辅助用房 are 教学及辅助用房."""
    return _ENUMERATION.sub("", label)


@dataclass(frozen=True)
class Anchor:
    """A label that must stand where the map says: its address, and the texts that it may have."""

    cell: str
    labels: tuple[str, ...]


@dataclass(frozen=True)
class FormCell:
    """One cell of a form: the column that it holds, its unit and factor, the labels of its row and column."""

    form: str
    school_type: str
    stage: str
    cell: str
    column: str
    unit: str
    factor: int
    row: Anchor
    heading: Anchor
    confidence: str

    @property
    def label(self) -> str:
        """The labels of row and column."""
        return f"{self.row.labels[0]} · {self.heading.labels[0]}"


@dataclass(frozen=True)
class Form:
    """A form of the return: the stage that it is of, if of one alone, its title, and how its sheet is named.

    `confidence` is that of code and title.
    """

    form: str
    stage: str
    title: str
    confidence: str
    sheet: str


class FormMap:
    """The forms and cells of a source, by school year."""

    def __init__(self, folder: Path) -> None:
        self._forms = _rows(folder / "forms.csv")
        self._cells = _rows(folder / "cells.csv")

    @cached_property
    def episodes(self) -> tuple[tuple[int, int], ...]:
        """The spans of school years in which the map has forms, each with one layout."""
        starts = {0}
        for row in self._cells:
            starts |= {int(row["year_from"] or 0), int(row["year_to"] or 9998) + 1}
        cuts = sorted(starts | {9999})
        return tuple((low, high - 1) for low, high in pairwise(cuts) if self.forms(low))

    @cached_property
    def codes(self) -> frozenset[str]:
        """The forms of every school year."""
        return frozenset(row["form"] for row in self._forms)

    @cache  # noqa: B019  (maps live as long as the process)
    def forms(self, year: int) -> dict[str, Form]:
        """The forms of a school year by code."""
        return {
            row["form"]: Form(row["form"], row["stage"], row["title"], row["confidence"], row["sheet"])
            for row in self._forms
            if _is_in(row, year)
        }

    @cache  # noqa: B019
    def cells(self, year: int, school_type: str = "") -> tuple[FormCell, ...]:
        """The cells of a school year in the order of the map; those of the school's type replace those of all types."""
        rows = [row for row in self._cells if _is_in(row, year) and row["school_type"] in ("", school_type)]
        own = {row["column"] for row in rows if row["school_type"]}
        return tuple(_cell(row) for row in rows if row["school_type"] or row["column"] not in own)

    @cache  # noqa: B019
    def variant(self, year: int, school_type: str) -> str:
        """The school's type where the map has cells of its own for it, else empty."""
        return school_type if any(_is_in(r, year) and r["school_type"] == school_type for r in self._cells) else ""

    @cache  # noqa: B019
    def place(self, year: int, column: str, school_type: str = "") -> FormCell | None:
        """The cell that holds a column; None where the map has none."""
        return next((cell for cell in self.cells(year, school_type) if cell.column == column), None)

    @property
    def headers(self) -> list[dict[str, str]]:
        """The cells as rows of `headers.csv`, under form and address; of several cells of a column, the first."""
        once = {(row["column"], row["year_from"], row["year_to"]): row for row in reversed(self._cells)}
        return [
            {
                "column": row["column"],
                "year_from": row["year_from"],
                "year_to": row["year_to"],
                "header": f"{row['form']} {row['cell']}",
                "factor": row["factor"],
            }
            for row in reversed(once.values())
        ]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _is_in(row: dict[str, str], year: int) -> bool:
    return int(row["year_from"] or 0) <= year <= int(row["year_to"] or 9999)


def _cell(row: dict[str, str]) -> FormCell:
    return FormCell(
        form=row["form"],
        school_type=row["school_type"],
        stage=row["stage"],
        cell=row["cell"],
        column=row["column"],
        unit=row["unit"],
        factor=int(row["factor"] or 1),
        row=Anchor(row["row_anchor"], tuple(row["row_label"].split("|"))),
        heading=Anchor(row["column_anchor"], tuple(row["column_label"].split("|"))),
        confidence=row["confidence"],
    )
