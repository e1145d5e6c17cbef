"""What goes back to a county: the rows of its schools in which something was refused, to be filled in and returned."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import polars as pl
import xlsxwriter

from reports import display
from reports.findings import STATUS_WORDS, check_word, column_word
from reports.return_workbook import CREATED, return_frame
from schemas.explanations import FILLED_IN, FOLLOW_UP_HEADERS, FOLLOW_UP_SHEET, TO_EXPLAIN
from schemas.source import Source

FIRST_SHEET = "年报"
_FILLED_IN = [FOLLOW_UP_HEADERS[name] for name in FILLED_IN]
_LISTED = {
    "row": "原文件行号",
    "level": "层级",
    "school_id": "学校标识码",
    "header": "列",
    "value": "原值",
    "message": "问题与处理",
    "file": "原文件",
}


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


def to_explain(findings: pl.DataFrame, said: pl.DataFrame, in_return: pl.DataFrame) -> pl.DataFrame:
    """The findings of which something is still to be said, as a sheet of text that is filled in and sent back.

    An explanation of an earlier year, or of another value, is offered beside the columns to be filled in, which are
    blank; without one, what the school's own return says of the field. `said` is `finding_explanations`; `in_return`
    has `source`, `school_year`, `school_id`, `column`, `said`.
    """
    key = ["source", "school_year", "finding_id"]
    asked = said.filter(pl.col("status").is_in(TO_EXPLAIN)).select(*key, "status", *_OFFERED)
    rows = findings.join(asked, on=key, how="inner", validate="1:1", maintain_order="left").join(
        in_return,
        on=["source", "school_year", "school_id", "column"],
        how="left",
        validate="m:1",
        maintain_order="left",
    )
    shown = [
        {
            **{name: row[name] for name in (*key, "school_id", "school_name")},
            "check": check_word(row["check"]),
            "column": column_word(row["column"]),
            "value_before": _exact(row["value_before"]),
            "value": _exact(row["value"]),
            "status": STATUS_WORDS[row["status"]],
            "offered": _offered(row),
        }
        for row in rows.iter_rows(named=True)
    ]
    return pl.DataFrame(
        [[None if (cell := row.get(name)) is None else str(cell) for name in FOLLOW_UP_HEADERS] for row in shown],
        schema=dict.fromkeys(FOLLOW_UP_HEADERS.values(), pl.String),
        orient="row",
    )


_OFFERED = ("text", "explained_by", "explained_on", "explained_year")


def _exact(value: float | None) -> str | None:
    """A value with all its digits, so that it is read back as the same."""
    return None if value is None else repr(int(value) if value.is_integer() else value)


def _offered(row: dict[str, Any]) -> str | None:
    if row["text"] is None:
        return f"报表中的说明：{row['said']}" if row["said"] is not None else None
    return (
        f"{row['text']}（{row['explained_by']}，{row['explained_on']}，{display.school_year(row['explained_year'])}）"
    )


def follow_up(
    rows: pl.DataFrame, quarantine: pl.DataFrame, checks: pl.DataFrame, unexplained: pl.DataFrame | None = None
) -> bytes:
    """The workbook: the rows to be filled in under the return's own headers, what was refused, what is still open;
    and where there is any, what is unusual and to be explained.

    Its first sheet is a return: put into the inbox under a name that sorts after the first file, its rows supersede.
    The same rows give the same bytes.
    """
    content = BytesIO()
    with xlsxwriter.Workbook(content) as book:
        book.set_properties({"created": CREATED})
        text = book.add_format({"num_format": "@"})
        blank = book.add_format({"num_format": "@", "bg_color": "#FFF2CC"})
        grey = book.add_format({"num_format": "@", "bg_color": "#E7E6E6"})
        sheets = {FIRST_SHEET: rows, "拒收明细": _listed(quarantine), "待核事项": checks}
        if unexplained is not None and unexplained.height:
            sheets[FOLLOW_UP_SHEET] = unexplained
        for name, held in sheets.items():
            page = book.add_worksheet(name)
            page.freeze_panes(1, 0)
            for column, header in enumerate(held.columns):
                page.write_string(0, column, header)
                page.set_column(column, column, 18)
                for line, value in enumerate(held[header], 1):
                    if value is not None:
                        page.write_string(line, column, str(value), grey if name == FOLLOW_UP_SHEET else text)
                    elif name == FIRST_SHEET or (name == FOLLOW_UP_SHEET and header in _FILLED_IN):
                        page.write_blank(line, column, None, blank)
    return content.getvalue()


def _listed(quarantine: pl.DataFrame) -> pl.DataFrame:
    return quarantine.select(pl.col(name).alias(label) for name, label in _LISTED.items())
