"""What goes back to a county: the rows of its schools in which something was refused, to be filled in and returned."""

from __future__ import annotations

import json
from io import BytesIO

import polars as pl
import xlsxwriter

from reports.return_workbook import CREATED, return_frame
from schemas.source import Source

FIRST_SHEET = "年报"
_LISTED = {
    "row": "原文件行号",
    "level": "层级",
    "school_id": "学校标识码",
    "header": "列",
    "value": "原值",
    "message": "问题与处理",
    "file": "原文件",
}


def still_open(schools: pl.DataFrame, quarantine: pl.DataFrame) -> pl.DataFrame:
    """What was refused and has not been mended since: not where the school's row now comes from another file."""
    now = schools.select("source", "school_id", pl.col("file").alias("__now__")).unique(["source", "school_id"])
    held = quarantine.join(now, on=["source", "school_id"], how="left", validate="m:1", maintain_order="left")
    is_mended = (pl.col("__now__") != pl.col("file")).fill_null(value=False)
    return held.filter(~is_mended).drop("__now__")


def rows_to_mend(
    source: Source, layout: str, year: int, schools: pl.DataFrame, quarantine: pl.DataFrame
) -> pl.DataFrame:
    """The rows to be filled in, as the file of the layout and school year shows them: every cell as text.

    A school of which cells were refused stands with all that was accepted, the refused cells blank. A row that was
    refused whole stands as it was read, but for the cell that it was refused for.
    """
    of_cells = quarantine.filter(pl.col("level") == "cell")["school_id"].drop_nulls().unique()
    kept = return_frame(source, layout, year, schools.filter(pl.col("school_id").is_in(of_cells.to_list())))
    whole = quarantine.filter((pl.col("level") == "row") & pl.col("record").is_not_null())
    read = []
    for row in whole.unique(["file", "sheet", "row"], keep="first", maintain_order=True).iter_rows(named=True):
        record: dict[str, str | None] = json.loads(row["record"])
        read.append({name: None if name == row["header"] else record.get(name) for name in kept.columns})
    return pl.concat([kept, pl.DataFrame(read, schema=dict.fromkeys(kept.columns, pl.String))])


def follow_up(rows: pl.DataFrame, quarantine: pl.DataFrame, checks: pl.DataFrame) -> bytes:
    """The workbook: the rows to be filled in under the return's own headers, what was refused, what is still open.

    Its first sheet is a return: put into the inbox under a name that sorts after the first file, its rows supersede.
    The same rows give the same bytes.
    """
    content = BytesIO()
    with xlsxwriter.Workbook(content) as book:
        book.set_properties({"created": CREATED})
        text = book.add_format({"num_format": "@"})
        blank = book.add_format({"num_format": "@", "bg_color": "#FFF2CC"})
        for name, held in {FIRST_SHEET: rows, "拒收明细": _listed(quarantine), "待核事项": checks}.items():
            page = book.add_worksheet(name)
            page.freeze_panes(1, 0)
            for column, header in enumerate(held.columns):
                page.write_string(0, column, header)
                page.set_column(column, column, 18)
                for line, value in enumerate(held[header], 1):
                    if value is not None:
                        page.write_string(line, column, str(value), text)
                    elif name == FIRST_SHEET:
                        page.write_blank(line, column, None, blank)
    return content.getvalue()


def _listed(quarantine: pl.DataFrame) -> pl.DataFrame:
    return quarantine.select(pl.col(name).alias(label) for name, label in _LISTED.items())
