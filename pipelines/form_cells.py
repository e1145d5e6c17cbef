"""Where each figure of a workbook of forms stands: the map's cell, and what an exporter put before its form."""

from __future__ import annotations

import polars as pl

from schemas.forms import FormMap, letters, position
from schemas.source import Source

_WIDEST = 702
"""Columns of a sheet from A to ZZ."""
_MAPPED = pl.Schema(
    {
        "school_type_code": pl.String,
        "column": pl.String,
        "form": pl.String,
        "cell_row": pl.Int64,
        "cell_column": pl.Int64,
        "label": pl.String,
        "factor": pl.Int64,
    }
)
_CELLS = pl.Schema(
    {
        "file": pl.String,
        "column": pl.String,
        "sheet": pl.String,
        "row": pl.Int64,
        "position": pl.Int64,
        "header": pl.String,
        "factor": pl.Int64,
    }
)
_PLACED = ("file", "column")


def cells_in(where: pl.DataFrame, forms: FormMap, year: int) -> pl.DataFrame:
    """One row per workbook and mapped column whose form it has: `file`, `column`, `sheet`, `row`, `position` (the
    column's number from 1), `header` (the cell's address and labels), `factor`.

    `where` is `form_places` of one school year, or has its columns.
    """
    mapped = pl.DataFrame(
        [
            (kind, cell.column, cell.form, *position(cell.cell), cell.label, cell.factor)
            for kind in where["school_type_code"].unique().sort()
            for cell in forms.cells(year, kind)
        ],
        schema=_MAPPED,
        orient="row",
    )
    row, column = pl.col("cell_row") + pl.col("rows_before"), pl.col("cell_column") + pl.col("columns_before")
    named = column.replace_strict({n: letters(n) for n in range(1, _WIDEST + 1)}, default=None, return_dtype=pl.String)
    cells = where.join(mapped, on=["school_type_code", "form"], how="inner", maintain_order="left")
    return cells.select(
        "file",
        "column",
        "sheet",
        row.alias("row"),
        column.alias("position"),
        pl.concat_str(named, row.cast(pl.String), pl.lit(" "), "label").alias("header"),
        "factor",
    )


def cells_of_year(where: pl.DataFrame, known: dict[str, Source]) -> pl.DataFrame:
    """The cells of all workbooks of `form_places`, whose rows are of one school year, by the map of each."""
    found = [pl.DataFrame(schema=_CELLS)]
    for (publication, year), rows in where.group_by(["publication", "school_year"], maintain_order=True):
        forms = known[str(publication)].forms if str(publication) in known else None
        if forms is not None:
            found.append(cells_in(rows, forms, int(str(year))))
    return pl.concat(found)


def at_their_cells(rows: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    """The rows with sheet and row of the cell that their file and column stand in; others as they are."""
    placed = cells.select(*_PLACED, pl.col("sheet").alias("__sheet__"), pl.col("row").alias("__row__"))
    return (
        rows.join(placed, on=list(_PLACED), how="left", validate="m:1", maintain_order="left")
        .with_columns(sheet=pl.coalesce("__sheet__", "sheet"), row=pl.coalesce("__row__", "row"))
        .select(rows.columns)
    )
