"""Workbooks of forms as rows of schools: one row per workbook, and every fault at the sheet and cell that it is of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import polars as pl

from pipelines.form_cells import cells_in
from pipelines.form_reading import FormReturn
from pipelines.harmonise import Lines
from pipelines.identity import Known, identify
from pipelines.reading import Body, Sheet
from pipelines.recognition import Recognised
from pipelines.refusals import FAULTS, as_faults, no_faults
from schemas.forms import position
from schemas.source import Source, plain
from schemas.tables import school_fields

PLACES = pl.Schema(
    {
        "file": pl.String,
        "publication": pl.String,
        "school_type_code": pl.String,
        "form": pl.String,
        "sheet": pl.String,
        "rows_before": pl.Int64,
        "columns_before": pl.Int64,
        "is_hidden": pl.Boolean,
    }
)
"""Columns of a frame of places: one row per workbook and form."""
EXPLAINED = pl.Schema(
    {"file": pl.String, "sheet": pl.String, "row": pl.Int64, "kind": pl.String, "rule": pl.String, "said": pl.String}
)
"""Columns of a frame of explanations: one row per workbook and failed check."""


@dataclass(frozen=True)
class FormRows:
    """The workbooks of one source and school year: their rows together, the cells that are not believed, and by file
    the faults for which a workbook's row was refused.
    """

    lines: Lines
    cells: pl.DataFrame
    refused: dict[str, pl.DataFrame]


def recognised(read: FormReturn) -> Recognised:
    """The workbook as a file that was recognised, without a header row of its own."""
    place = read.identity()
    sheet = Sheet(place.sheet if place else None, [], lambda _row: Body(pl.DataFrame()), read.form)
    return Recognised(read.source, read.layout, sheet, 0, 1.0)


def form_rows(reads: Sequence[tuple[str, FormReturn]], year: int, known: Known) -> FormRows:
    """The workbooks (name shown, what they hold) of one source and school year, identities checked all at once."""
    first = reads[0][1]
    header_of = {header.column: header.header for header in first.source.headers(first.layout, year)}
    text = _text(reads, list(header_of), year)
    sound, refused = identify(text, recognised(first), year, header_of, known)
    refused = at_cells(refused, first.source, year, places(reads))
    lines = Lines(sound, _errors(reads, text), no_faults(), rows_read=text.height, unknown_columns=())
    of_file = {str(file): rows for (file,), rows in refused.group_by("file", maintain_order=True)}
    return FormRows(lines, _moved(reads, sound), of_file)


def _text(reads: Sequence[tuple[str, FormReturn]], columns: Sequence[str], year: int) -> pl.DataFrame:
    """The cells of the workbooks as rows of text, each row placed where the school's identifier stands."""
    held = {column: [read.texts.get(column) for _, read in reads] for column in columns}
    identities = [read.identity() for _, read in reads]
    source = reads[0][1].source
    cell = source.forms.place(year, "school_id") if source.forms else None
    row = position(cell.cell)[0] if cell else 1
    return pl.DataFrame(held, schema=dict.fromkeys(columns, pl.String)).with_columns(
        pl.Series("row", [row + (place.rows_before if place else 0) for place in identities], pl.Int64),
        pl.Series("file", [file for file, _ in reads], pl.String),
        pl.Series("sheet", [place.sheet if place else None for place in identities], pl.String),
    )


def _errors(reads: Sequence[tuple[str, FormReturn]], text: pl.DataFrame) -> pl.DataFrame:
    """The cells with a formula error or without a result: row, value, column, file, sheet, as rows of text have them."""
    listed = [(value, column, file) for file, read in reads for column, value in read.errors]
    errors = pl.DataFrame(listed, schema=dict.fromkeys(("value", "column", "file"), pl.String), orient="row")
    where = errors.join(
        text.select("file", "sheet", "row"), on="file", how="left", validate="m:1", maintain_order="left"
    )
    return where.select("row", "value", "column", "file", "sheet")


def _moved(reads: Sequence[tuple[str, FormReturn]], sound: pl.DataFrame) -> pl.DataFrame:
    """The cells of sound workbooks that are not believed, as faults."""
    names = ("sheet", "row", "header", "column", "value", "wanted", "wanted_en")
    listed = [(file, *fault) for file, read in reads for fault in read.faults]
    schema = pl.Schema({"file": pl.String(), "is_unit": pl.Boolean(), **{name: FAULTS[name] for name in names}})
    cells = pl.DataFrame(listed, schema=schema, orient="row")
    of_school = sound.select("file", "county_code", "school_id")
    cells = cells.join(of_school, on="file", how="inner", validate="m:1", maintain_order="left")
    value, wanted, wanted_en = pl.col("value"), pl.col("wanted"), pl.col("wanted_en")
    faults = as_faults(
        cells, "cell", _unbelieved_rule(pl.col("is_unit")), value=value, wanted=wanted, wanted_en=wanted_en
    )
    return faults.with_columns(cells["header"], cells["column"])


def _unbelieved_rule(is_unit: pl.Expr) -> pl.Expr:
    """The rule that a cell breaks which is not believed."""
    return pl.when(is_unit).then(pl.lit("unit_differs")).otherwise(pl.lit("label_moved"))


def places(reads: Sequence[tuple[str, FormReturn]]) -> pl.DataFrame:
    """One row per workbook and form: the sheet, and what an exporter put before the form."""
    listed = [
        (file, read.source.name, read.variant, p.form, p.sheet, p.rows_before, p.columns_before, p.is_hidden)
        for file, read in reads
        for p in read.places
    ]
    return pl.DataFrame(listed, schema=PLACES, orient="row")


def explanations(reads: Sequence[tuple[str, FormReturn]]) -> pl.DataFrame:
    """One row per workbook and failed check: the check as printed, and what the school says of it."""
    listed = [(file, *entry) for file, read in reads for entry in read.explanations]
    rows = pl.DataFrame(listed, schema=EXPLAINED, orient="row")
    # The longest name first: 小学在校生数 is not 在校生数 of another stage.
    names = sorted(_named(), key=lambda name: (-len(name), name))
    printed = pl.col("rule").str.normalize("NFKC").str.replace_all(r"\s+", "")
    found = printed.str.extract_many(names, leftmost=True).list.unique(maintain_order=True)
    only = pl.when(found.list.len() == 1).then(found.list.first())
    return rows.with_columns(only.replace_strict(_named(), default=None, return_dtype=pl.String).alias("column"))


@cache
def _named() -> dict[str, str]:
    """The columns of a school's return by the names that they have in the return, without their units."""
    return {plain(entry["label_zh"].split("（")[0]): entry["column"] for entry in school_fields()}


def at_cells(faults: pl.DataFrame, source: Source, year: int, where: pl.DataFrame) -> pl.DataFrame:
    """The faults of workbooks of forms with sheet, row and header of the cell that each is of.

    `where` are the places of the workbooks' forms. A fault of no mapped column keeps what it says.
    """
    if source.forms is None or faults.is_empty():
        return faults
    cells = cells_in(where, source.forms, year).select(
        "file",
        "column",
        pl.col("sheet").alias("__sheet__"),
        pl.col("row").alias("__row__"),
        pl.col("header").alias("__header__"),
    )
    return (
        faults.join(cells, on=["file", "column"], how="left", validate="m:1", maintain_order="left")
        .with_columns(
            sheet=pl.coalesce("__sheet__", "sheet"),
            row=pl.coalesce("__row__", "row"),
            header=pl.coalesce("__header__", "header"),
        )
        .select(faults.columns)
    )
