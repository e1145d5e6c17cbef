"""The page of the cell map: which cell of which form holds what, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterable

from reports.markdown import GENERATED, table
from schemas.forms import CONFIDENCES, FormMap
from schemas.source import Source
from schemas.tables import school_fields

_INTRODUCTION = """A county holds the annual return as one workbook per school, with a sheet per form. `junheng refresh` reads folders and zips of them. Which cell holds which of our columns is data: `schemas/sources/{source}/forms.csv` and `cells.csv`. A province that knows more of its forms, or other labels, edits these two files; several texts that a label may have are separated by `|`.

Addresses are those of the form itself. Some exporters add a row of letters above it and a column of numbers left of it; both are recognised and counted off.

**A cell is believed only where its labels stand.** Each cell names the label of its row and that of its column, with their addresses. White space, line ends, the width of characters, and 一、 or 其中： before a label make no difference. Where a label is not in its place, the cell is refused under `label_moved`, with what stands there and where the label stands now. A workbook whose school cannot be told is refused whole. A form that prints one unit in its title, and another than that of its cells, is not read (`unit_differs`).

`confidence` is that of the address. The wording of the labels is official only where the cell is `official`; elsewhere it is ours, so a real workbook may have the cell refused until its own wording is entered. It is never misread.

A sheet is a form by its name ({sheet}). A hidden sheet is read like any other; where a form has a hidden and a shown sheet, the shown one is read. A form that a school of its type should have and the workbook lacks is named in `returns.reason`. The sheet of failed checks becomes [`return_explanations`](tables.md#return_explanations). Where each form stands in each workbook: [`form_places`](tables.md#form_places).

How to see what moved between two layouts: `junheng forms diff 2020 2021`; either may also be a workbook. `junheng forms synth` writes workbooks of the invented province in this layout.
"""


def form_page(source: Source) -> str:
    """The cell map of a source as a page."""
    assert source.forms is not None
    assert source.described.forms is not None
    introduction = _INTRODUCTION.format(source=source.name, sheet=f"`{source.described.forms.sheet}`")
    parts = [
        GENERATED.format(origin=f"`schemas/sources/{source.name}/cells.csv` and `forms.csv`"),
        f"# {source.described.name_en}\n\n{source.described.name_zh}",
        introduction,
        "## How sure a cell is",
        _confidences(source.forms),
    ]
    for first, last in source.forms.episodes:
        parts += [f"## {_span(first, last)}", _episode(source.forms, first)]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _span(first: int, last: int) -> str:
    return f"School years {first}–{last}" if last < 9998 else f"School years from {first}"  # noqa: PLR2004 (no end)


def _confidences(known: FormMap) -> str:
    """The words of `confidence`, what they mean, and how many cells each has by episode."""
    starts = [first for first, _ in known.episodes]
    return table(
        ("Confidence", "Meaning", "", *(f"Cells {year}" for year in starts)),
        (
            (f"`{word}`", en, zh, *(str(sum(c.confidence == word for c in known.cells(y))) for y in starts))
            for word, (zh, en) in CONFIDENCES.items()
        ),
    )


def _episode(known: FormMap, year: int) -> str:
    """The forms and cells of an episode, and the columns of a school's return that no cell holds."""
    parts = [
        table(
            ("Form", "Title", "Confidence of code and title"),
            ((f.form, f.title, f"`{f.confidence}`") for f in known.forms(year).values()),
        ),
        table(
            ("Form", "Cell", "Column", "Unit", "Row label", "Column label", "Confidence"),
            (
                (
                    cell.form,
                    cell.cell,
                    f"`{cell.column}`",
                    cell.unit,
                    f"{cell.row.cell} {'、'.join(cell.row.labels)}",
                    f"{cell.heading.cell} {'、'.join(cell.heading.labels)}",
                    f"`{cell.confidence}`",
                )
                for cell in known.cells(year)
            ),
        ),
        f"No cell is known for: {', '.join(f'`{column}`' for column in uncovered(known, year))}.",
    ]
    return "\n\n".join(parts)


def uncovered(known: FormMap, year: int) -> Iterable[str]:
    """The columns of a school's return that no cell of the school year holds."""
    held = {cell.column for cell in known.cells(year)}
    return [entry["column"] for entry in school_fields() if entry["column"] not in held]
