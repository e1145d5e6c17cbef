"""Where each field of a file stands: recorded once per file and sheet, so that a cell is found by it and its row."""

from __future__ import annotations

import polars as pl

from schemas.columns import FILE, SHEET, SOURCE, YEAR
from schemas.contract import Column, Contract

COLUMNS_READ = Contract(
    "columns_read",
    "每个文件、每张工作表、每个读取的字段一行：在文件的哪一列，或由哪些列合成",
    "One row per file, sheet and field read from it: in which column it stands, or of which it is formed.",
    ("file", "layout", "sheet_number", "column"),
    (
        YEAR,
        SOURCE,
        Column("layout", pl.String, "版式", "Layout of the source", nullable=False),
        Column("table", pl.String, "表", "Table that the rows go to", nullable=False),
        FILE,
        Column(
            "sheet_number",
            pl.Int64,
            "工作表序号",
            "Number of the sheet among those of the layout, from 1; 1 where the file has none",
            nullable=False,
            minimum=1,
        ),
        SHEET,
        Column("header_row", pl.Int64, "表头行号", "Row of the header, as the file numbers it", "row", minimum=1),
        Column("column", pl.String, "字段", "Column of the table", nullable=False),
        Column(
            "kind",
            pl.String,
            "来历",
            "Where the value comes from",
            nullable=False,
            one_of=("read", "formed", "constant"),
            note="read: from the column; formed: the sum of other fields of the row, the file has no total; "
            "constant: the layout says it of every row",
        ),
        Column(
            "position",
            pl.Int64,
            "列号",
            "Number of the column in the file or sheet, from 1; null where it is not read",
            minimum=1,
        ),
        Column("header", pl.String, "列名", "Header of the column as the file has it; null where it is not read"),
        Column("factor", pl.Int64, "换算", "What the cell is multiplied by to be in the table's unit", minimum=1),
        Column("made_of", pl.String, "合成自", "Fields that it is the sum of, joined by |; the constant's value"),
        Column(
            "symbols",
            pl.String,
            "符号",
            "What symbols in a cell mean: symbol=meaning, joined by |; nothing is not reported",
        ),
    ),
    sort=("file", "layout", "sheet_number", "position", "column"),
    origin="headers of the files; headers.csv, recodes.csv, sums.csv and source.toml of the source",
)
