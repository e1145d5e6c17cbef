"""The command that shows what the register of schools does not explain yet, and what may be the same school."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from assets.console import EXIT_CODES, HomeOption, home_of, out, usage
from assets.home import Home
from schemas.contract import conform
from schemas.lineage import SCHOOL_EVENTS

lineage = typer.Typer()
_SHOWN = 40
_LISTED = ("gone", "new", "moved", "suspended", "reopened")
"""Changes that want a reason of their own; a new name of a school that keeps its code is listed in the table only."""
_CHANGE_WORDS = {
    "gone": "消失 gone",
    "new": "新增 new",
    "moved": "迁县 moved",
    "suspended": "停办 suspended",
    "reopened": "复办 reopened",
}
_EVIDENCE = {
    "score": "得分 score",
    "name_likeness": "校名 name",
    "pupils_likeness": "学生 pupils",
    "staff_likeness": "教师 staff",
}
_EVENT_WORDS = {
    "recategorised": "改变类别 recategorised",
    "recoded": "换码 recoded",
    "merged": "两所合并 two merged",
}
_EVENT_OF = {"gone": "closed", "new": "opened"}


@lineage.command("lineage", epilog=EXIT_CODES)
def lineage_command(
    year: Annotated[str | None, typer.Option("--year", help="学年，默认全部。School year, default all.")] = None,
    county: Annotated[str | None, typer.Option("--county", help="县，默认全部。County code, default all.")] = None,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", help="把待登记的写成登记册的格式，补齐后并入。Writes them as rows of the register."),
    ] = None,
    home: HomeOption = None,
) -> None:
    """哪些学校增减没有登记原因，哪些可能是同一所？Lists what the register of schools leaves open."""
    store = home_of(home)
    published = store.published()
    if not published.partitions("school_changes"):
        usage(f"{store.root} 里还没有数据；请先运行 junheng refresh。 / No data yet; run junheng refresh first.")
    candidates = _chosen(published, "lineage_candidates", year, county)
    unexplained = _chosen(published, "school_changes", year, county).filter(
        pl.col("reason").is_not_null() & pl.col("change").is_in(_LISTED)
    )
    disagreeing = _chosen(published, "school_changes", year, county).filter(pl.col("finding").is_not_null())
    if csv:
        rows = rows_to_complete(candidates, unexplained)
        try:
            csv.expanduser().write_bytes(b"\xef\xbb\xbf" + rows.write_csv().encode())
        except OSError as fault:
            usage(f"写不了 {csv}（{fault.strerror}）；请换一个文件名。 / The file cannot be written.")
        where = store.root / "registers" / "school_events.csv"
        out.print(f"{rows.height:,} 行 rows → {csv}", markup=False)
        out.print(
            f"请核对每一行，补填 event_date 和 document，删去不成立的，再并入 {where}"
            " / check each row, fill in date and document, delete what is not so, then add them to the register",
            markup=False,
        )
        return
    _print_candidates(candidates)
    _print_unexplained(unexplained)
    _print_disagreeing(disagreeing)
    _print_counties(_chosen(published, "county_changes", year, county).filter(pl.col("reason").is_not_null()))


def _chosen(store: Home, table: str, year: str | None, county: str | None) -> pl.DataFrame:
    """The rows of a school year and a county; all where none is named."""
    if year is not None and year not in store.partitions(table):
        usage(f"没有 {year} 学年；有：{'、'.join(store.partitions(table))} / no such school year")
    rows = store.read(table, [year] if year else None)
    return rows if county is None else rows.filter(pl.col("county_code") == county)


def rows_to_complete(candidates: pl.DataFrame, unexplained: pl.DataFrame) -> pl.DataFrame:
    """What is open as rows of the register, without date and document: pairs proposed first, then single schools.

    A school that stands in a proposed pair stands in no row of its own.
    """
    pairs = candidates.select(
        "event",
        "source",
        "school_id_before",
        "school_id_after",
        "county_code",
        note=pl.format(
            "{} 学年：{} → {}，得分 {}",
            "school_year",
            "school_name_before",
            "school_name_after",
            pl.col("score").round(2),
        ),
    )
    of_pair = pl.concat(
        candidates.select("source", "school_year", pl.col(f"school_id_{side}").alias("__id__"))
        for side in ("before", "after")
    )
    single = unexplained.with_columns(
        __id__=pl.when(pl.col("change") == "gone").then("school_id_before").otherwise("school_id_after")
    ).join(of_pair, on=["source", "school_year", "__id__"], how="anti", maintain_order="left")
    single = single.select(
        pl.col("change").replace(_EVENT_OF).alias("event"),
        "source",
        school_id_before=pl.when(pl.col("school_id_before") != "").then("school_id_before"),
        school_id_after=pl.when(
            ~pl.col("change").is_in(["gone", "suspended"]) & (pl.col("school_id_after") != "")
        ).then("school_id_after"),
        county_code="county_code",
        note=pl.format("{} 学年：{}", "school_year", pl.coalesce("school_name_after", "school_name_before")),
    )
    return conform(pl.concat([pairs, single]), SCHOOL_EVENTS)


def _print_candidates(candidates: pl.DataFrame) -> None:
    out.print(f"可能是同一所学校，待核对 / may be one school, to be looked at: {candidates.height:,}", markup=False)
    for row in candidates.sort("score", descending=True, maintain_order=True).head(_SHOWN).iter_rows(named=True):
        told = "  ".join(
            f"{label} {'—' if row[name] is None else format(row[name], '.2f')}" for name, label in _EVIDENCE.items()
        )
        out.print(
            f"  {row['school_year']}  {row['county_name']} {row['county_code']}  "
            f"{row['school_name_before']} {row['school_id_before']} → {row['school_name_after']} {row['school_id_after']}"
            f"\n      {_EVENT_WORDS[row['event']]}  {told}",
            markup=False,
        )
    _print_more(candidates.height)


def _print_unexplained(rows: pl.DataFrame) -> None:
    out.print(f"\n原因未填 / reason missing: {rows.height:,}", markup=False)
    for row in rows.head(_SHOWN).iter_rows(named=True):
        pupils = row["pupils_before"] if row["change"] in ("gone", "suspended") else row["pupils"]
        out.print(
            f"  {row['school_year']}  {row['county_name']} {row['county_code']}  {_CHANGE_WORDS[row['change']]}  "
            f"{row['school_name_after'] or row['school_name_before']} {row['school_id_after'] or row['school_id_before']}"
            f"  {'—' if pupils is None else format(pupils, ',')} 名学生 pupils"
            + ("  本行被拒收 row refused" if row["reason"] == "row_refused" else ""),
            markup=False,
        )
    _print_more(rows.height)


_FINDING_WORDS = {
    "date_disagrees": "登记日期与报表不符 the register's date and the returns disagree",
    "other_school_not_found": "登记的另一所学校没有报表 the other school of the event gives no return",
}


def _print_disagreeing(rows: pl.DataFrame) -> None:
    if not rows.height:
        return
    out.print(f"\n登记与报表不一致 / register and returns disagree: {rows.height:,}", markup=False)
    for row in rows.head(_SHOWN).iter_rows(named=True):
        out.print(
            f"  {row['school_year']} {row['school_id_before'] or '—'} → {row['school_id_after'] or '—'} "
            f"{row['event']} {row['event_date']}: {_FINDING_WORDS[row['finding']]}",
            markup=False,
        )
    _print_more(rows.height)


_COUNTY_WORDS = {
    "gone": "代码消失，没有登记去向 code gone, nothing on record",
    "new": "新代码，没有登记由来 new code, nothing on record",
    "not_in_list": "当年名录没有这个代码 not in the list of that year",
}


def _print_counties(rows: pl.DataFrame) -> None:
    if not rows.height:
        return
    out.print(f"\n县级代码待核对 / county codes to be looked at: {rows.height:,}", markup=False)
    for row in rows.head(_SHOWN).iter_rows(named=True):
        out.print(
            f"  {row['school_year']}  {row['county_name']} {row['county_code']}  {_COUNTY_WORDS[row['change']]}",
            markup=False,
        )
    _print_more(rows.height)


def _print_more(count: int) -> None:
    if count > _SHOWN:
        out.print(f"… 另有 {count - _SHOWN:,} 条；全部请用 --csv 或 junheng export / more", markup=False)
