"""Corrections applied between intake and contract, and the stop where what one expects is no longer there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from schemas.contract import tidy
from schemas.corrections import APPLIED, CORRECTIONS, Correction

HITS = pl.Schema({"id": pl.String, "file": pl.String, "sheet": pl.String, "row": pl.Int64})
"""Columns of a frame of hits: one row per correction and row of a file whose cell it found as expected and set."""
_PLACE = ["file", "sheet", "row"]


@dataclass(frozen=True)
class Unmatched:
    """A correction that did not find what it expects: which, why in words, and whether its row is there at all."""

    id: str
    message: str
    is_row_there: bool


def no_hits() -> pl.DataFrame:
    """A frame of hits without one."""
    return pl.DataFrame(schema=HITS)


def corrected(
    rows: pl.DataFrame, text: pl.DataFrame, read: Mapping[str, pl.DataFrame], corrections: Sequence[Correction]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of one layout and school year with the cells set that corrections speak of, and the hits.

    A cell is set where it holds what is expected: the value in the table's unit, or, where the cell could not be read,
    the text that stands in the file. `text` are the same rows as the file writes them; `read` gives for each column the
    corrections' `expect` and `set` as values of the column, by `id`.
    """
    hits = [no_hits()]
    by_shape: dict[tuple[str, tuple[str, ...], bool], list[Correction]] = {}
    for one in corrections:
        shape = (one.column, tuple(name for name, _ in one.where), bool(one.file))
        by_shape.setdefault(shape, []).append(one)
    for (column, names, of_file), group in by_shape.items():
        on = [*names, *(["file"] if of_file else [])]
        listed = pl.DataFrame(
            [
                [one.id, one.expect, *(value for _, value in one.where), *([one.file] if of_file else [])]
                for one in group
            ],
            schema=["__id__", "__said__", *(f"__{name}__" for name in on)],
            orient="row",
        ).join(read[column], left_on="__id__", right_on="id", how="left", validate="1:1", maintain_order="left")
        key = rows.select(pl.col(name).cast(pl.String).fill_null("").alias(f"__{name}__") for name in on)
        found = key.join(listed, on=key.columns, how="left", validate="m:1", maintain_order="left").with_columns(
            rows[column].alias("__holds__"), text[column].alias("__text__")
        )
        is_unread = pl.col("__holds__").is_null() & pl.col("__text__").is_not_null()
        is_as_read = pl.col("__holds__").eq_missing(pl.col("expect")) & ~is_unread
        as_expected = pl.when(is_unread).then(pl.col("__text__") == pl.col("__said__")).otherwise(is_as_read)
        mask = found.select((pl.col("__id__").is_not_null() & as_expected).fill_null(value=False).alias("m"))["m"]
        hits.append(rows.select(*_PLACE).with_columns(found["__id__"].alias("id")).filter(mask).select(HITS.names()))
        marked = rows.with_columns(mask.alias("__is_set__"), found["set"].alias("__set__"))
        value = pl.when(pl.col("__is_set__")).then(pl.col("__set__")).otherwise(pl.col(column))
        rows = marked.with_columns(value.alias(column)).drop("__is_set__", "__set__")
    return rows, pl.concat(hits)


def settled(
    corrections: Sequence[Correction],
    hits: pl.DataFrame,
    tables: Mapping[str, pl.DataFrame],
    years_read: Collection[tuple[str, str, int]],
    files_read: Collection[tuple[str, str, str, int]],
) -> tuple[pl.DataFrame, tuple[Unmatched, ...]]:
    """The table `corrections`, every one that was applied to a row that the tables hold; and those that no longer match.

    One that is withdrawn, or whose table, school year and file were not read (`years_read`: source, table, year;
    `files_read`: source, table, file, year), is silent. One that finds no row of its table as expected does not match,
    and neither does one that finds several.
    """
    asked = [
        one
        for one in corrections
        if one.status == APPLIED
        and (one.source, one.table, one.school_year) in years_read
        and (not one.file or (one.source, one.table, one.file, one.school_year) in files_read)
    ]
    unmatched: list[Unmatched] = []
    made = [CORRECTIONS.empty()]
    for table in dict.fromkeys(one.table for one in asked):
        rows = tables[table]
        of_table = [one for one in asked if one.table == table]
        names = [name for name in ("county_code", "school_id", "school_name") if name in rows.columns]
        standing = hits.join(rows.select(*_PLACE, *names), on=_PLACE, how="inner", nulls_equal=True)
        counts = dict(standing.group_by("id").len().iter_rows())
        unmatched += [_unmatched(one, rows, counts.get(one.id, 0)) for one in of_table if counts.get(one.id, 0) != 1]
        once = [one for one in of_table if counts.get(one.id, 0) == 1]
        if once:
            made.append(_applied(once, standing, rows))
    return tidy(pl.concat(made), CORRECTIONS), tuple(unmatched)


def _applied(asked: Sequence[Correction], standing: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    listed = pl.DataFrame(
        [
            (
                *(one.id, one.school_year, one.source, one.table, one.key, one.column, one.expect or None),
                *(one.becomes or None, one.reason, one.document, one.recorded_by or None, one.recorded_on or None),
                *(one.listed_in, one.listed_row),
            )
            for one in asked
        ],
        schema=[
            "correction",
            "school_year",
            "source",
            "table",
            "where",
            "column",
            "value_before",
            "value",
            "reason",
            "document",
            "recorded_by",
            "recorded_on",
            "listed_in",
            "listed_row",
        ],
        orient="row",
        infer_schema_length=None,
    ).with_columns(pl.col("recorded_on").cast(pl.String).str.to_date("%Y-%m-%d"))
    placed = listed.join(standing, left_on="correction", right_on="id", how="inner", validate="1:1")
    # A value is compared as it was read; a set cell that a logic check refused afterwards is null in the table.
    kept = [
        rows.join(
            placed.filter(pl.col("column") == column).select(*_PLACE, "correction", "value"),
            on=_PLACE,
            how="inner",
            nulls_equal=True,
        ).select("correction", (pl.col(column).is_not_null() | pl.col("value").is_null()).alias("is_kept"))
        if column in rows.columns
        else pl.DataFrame(schema={"correction": pl.String, "is_kept": pl.Boolean})
        for column in placed["column"].unique(maintain_order=True)
    ]
    placed = placed.join(pl.concat(kept), on="correction", how="left", validate="1:1")
    return tidy(placed, CORRECTIONS)


def _unmatched(one: Correction, rows: pl.DataFrame, found: int) -> Unmatched:
    """Why a correction does not match: what it expects, what stands there, what to do."""
    where = pl.all_horizontal(
        [pl.col("school_year") == one.school_year, pl.col("source") == one.source]
        + [pl.col(name).cast(pl.String).fill_null("") == value for name, value in one.where]
    )
    there = rows.filter(where)
    called = f"更正 {one.id}（{one.place}）"
    if found > 1:
        said = (
            f"{called}：{one.school_year} 学年有 {found} 行符合 {one.key}。请在 where 里写明是哪一行。"
            f" / Correction {one.id} matches {found} rows; say in “where” which."
        )
        return Unmatched(one.id, said, is_row_there=True)
    wanted = one.expect or "（未上报 / not reported）"
    if there.is_empty():
        stands, stands_en = "该行已不在报表里，或整行被拒收", "the row is gone or refused"
    else:
        row = there.row(0, named=True)
        value = _shown(row[one.column]) if one.column in row else "?"
        place = f"{row['file']}，第 {row['row']} 行"
        stands, stands_en = f"现为“{value}”（{place}）", f"“{value}” stands there ({row['file']}, row {row['row']})"
    said = (
        f"{called}不再成立：{one.school_year} 学年 {one.key} 的 {one.column} 应为“{wanted}”，{stands}。"
        "如来源已改正，请把它的 status 改为 withdrawn；否则请改 expect。本次运行停止，已发布的版本不变。"
        f" / Correction {one.id} no longer matches: {one.column} was expected to be “{wanted}”; {stands_en}. "
        "Set its status to withdrawn if the publisher has mended it, or mend “expect”. Nothing was published."
    )
    return Unmatched(one.id, said, is_row_there=not there.is_empty())


def _shown(value: object) -> str:
    """A value as a file of corrections writes it."""
    if value is None:
        return "（未上报 / not reported）"
    if isinstance(value, bool):
        return "是" if value else "否"
    text = str(value)
    return text.rstrip("0").rstrip(".") if "." in text else text
