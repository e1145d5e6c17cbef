"""Layouts of forms compared: which labels stand elsewhere, are gone or are new, between two school years or workbooks."""

from __future__ import annotations

from collections.abc import Iterable

import fastexcel
import polars as pl

from pipelines.faults import UnreadableError
from pipelines.form_reading import form_named, grid
from pipelines.reading import is_workbook
from schemas.forms import address, bare
from schemas.source import Source, plain

CELLS = pl.Schema({"form": pl.String, "what": pl.String, "cell": pl.String, "label": pl.String, "unit": pl.String})
"""Columns of a layout: one row per label (`what` is its text) or per mapped column (`what` is its name)."""
CHANGES = pl.Schema(
    {
        "change": pl.String,
        "what": pl.String,
        "form": pl.String,
        "cell": pl.String,
        "label": pl.String,
        "unit": pl.String,
        "form_after": pl.String,
        "cell_after": pl.String,
        "label_after": pl.String,
        "unit_after": pl.String,
    }
)
"""Columns of a comparison: one row per label or column that is not where it was."""


def mapped_layout(source: Source, year: int) -> pl.DataFrame:
    """The columns that the cell map of a school year holds, each with form, cell, labels and unit."""
    assert source.forms is not None
    listed = [(c.form, c.column, c.cell, c.label, c.unit) for c in source.forms.cells(year)]
    return pl.DataFrame(listed, schema=CELLS, orient="row")


def mapped_labels(source: Source, year: int) -> pl.DataFrame:
    """The labels by which the cell map of a school year finds its cells, each with form and address."""
    assert source.forms is not None
    anchors = [(c.form, anchor) for c in source.forms.cells(year) for anchor in (c.row, c.heading)]
    once = dict.fromkeys((form, anchor.cell, anchor.labels[0]) for form, anchor in anchors)
    return _labels((form, cell, label) for form, cell, label in once)


def workbook_labels(source: Source, content: bytes) -> pl.DataFrame:
    """The labels of a workbook's forms, each with form and address; figures and codes are none.

    Raises UnreadableError where it is no workbook of forms.
    """
    if not is_workbook(content):
        raise UnreadableError("not_a_table")
    try:
        book = fastexcel.read_excel(content)
        pages = [
            (form, grid(book, number))
            for number, name in enumerate(book.sheet_names)
            if (form := form_named(source, name)) is not None
        ]
    except fastexcel.FastExcelError as fault:
        raise UnreadableError("damaged_file", str(fault).splitlines()[0]) from fault
    if not pages:
        raise UnreadableError("not_recognised", "、".join(book.sheet_names))
    return _labels(
        (form, address(row - page.below, column - page.right), text)
        for form, page in pages
        for row, column, text in page.texts()
        if row > page.below and column > page.right and not _is_value(text)
    )


def _labels(listed: Iterable[tuple[str, str, str]]) -> pl.DataFrame:
    rows = [(form, bare(plain(text)), cell, plain(text), "") for form, cell, text in listed]
    return pl.DataFrame(rows, schema=CELLS, orient="row")


def _is_value(text: str) -> bool:
    """Whether a text is an answer or an ordinal: a figure, a code, a symbol, a single character."""
    return len(text) == 1 or not any("\u4e00" <= letter <= "\u9fff" for letter in text)


def changes(before: pl.DataFrame, after: pl.DataFrame, *, by_form: bool) -> pl.DataFrame:
    """What moved from one layout to the other.

    `moved`: in another form or cell; `renamed`: under other labels or in another unit; `gone` and `new`. With `by_form`
    a label is looked for in its own form alone, and a form that only one side has is one row; without, a column is
    followed from form to form. What stands in one place on both sides is no change; of a label that stands in several
    others, the first goes with the first.
    """
    lone = pl.DataFrame(schema=CHANGES)
    if by_form:
        lone = pl.concat([_lone(before, after, "gone", ""), _lone(after, before, "new", "_after")], how="diagonal")
        before, after = before.join(after, on="form", how="semi"), after.join(before, on="form", how="semi")
    still = ["form", "what", "cell", "label", "unit"]
    key = ["of_form", "what", "turn"]
    sides = [
        _turned(one.join(other, on=still, how="anti", maintain_order="left"), by_form=by_form)
        for one, other in ((before, after), (after, before))
    ]
    both = sides[0].join(sides[1], on=key, how="full", coalesce=True, suffix="_after", nulls_equal=True, validate="1:1")
    is_elsewhere = pl.struct("form", "cell") != pl.struct(form="form_after", cell="cell_after")
    change = (
        pl.when(pl.col("cell").is_null())
        .then(pl.lit("new"))
        .when(pl.col("cell_after").is_null())
        .then(pl.lit("gone"))
        .when(is_elsewhere)
        .then(pl.lit("moved"))
        .otherwise(pl.lit("renamed"))
    )
    ordered = both.with_columns(change.alias("change")).sort("number", "number_after", nulls_last=True)
    return pl.concat([lone, ordered], how="diagonal").select(CHANGES.names())


def _lone(one: pl.DataFrame, other: pl.DataFrame, change: str, end: str) -> pl.DataFrame:
    """The forms of one layout that the other lacks."""
    forms = one.join(other, on="form", how="anti", maintain_order="left")["form"].unique(maintain_order=True)
    return pl.DataFrame({"change": [change] * len(forms), "what": forms, f"form{end}": forms}, schema_overrides=CHANGES)


def _turned(layout: pl.DataFrame, *, by_form: bool) -> pl.DataFrame:
    """The layout with the number of each row, the form that it is looked for in, and its turn among its like."""
    of_form = pl.col("form") if by_form else pl.lit(None, pl.String)
    numbered = layout.with_row_index("number").with_columns(of_form=of_form)
    return numbered.with_columns(turn=pl.int_range(pl.len()).over("of_form", "what"))
