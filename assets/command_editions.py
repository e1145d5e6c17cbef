"""Commands on editions: what would change, what has been published, what may be forgotten."""

from __future__ import annotations

from typing import Annotated

import polars as pl
import typer
from rich.table import Table

from assets.console import EXIT_CODES, HomeOption, err, home_of, out, usage
from assets.editions import (
    closed_before,
    compare,
    edition,
    edition_id,
    forget,
    inputs,
    is_kept,
    publications,
    reversed_verdicts,
    verdict_line,
)

editions_app = typer.Typer()
_SHOWN = 20


@editions_app.command(epilog=EXIT_CODES)
def diff(
    since: Annotated[
        str | None,
        typer.Option("--since", help="与这一版（编号或版次号）比较，默认现行版。Compare with this edition."),
    ] = None,
    all_lines: Annotated[bool, typer.Option("--all", help="列出全部变动。List every change.")] = False,
    home: HomeOption = None,
) -> None:
    """发布之前会改变什么：与已发布的版次比较，不改动任何东西。What would change: working tables against an edition."""
    store = home_of(home)
    published = store.published()
    if published.root == store.root:
        usage(
            f"{store.root} 还没有发布过；请先运行 junheng refresh。 / Nothing has been published; run a refresh first."
        )
    before = edition(store, since) if since else published
    made_from = inputs(store)
    found = compare(before, store, made_from=made_from)
    out.print(f"{before.root.name} → {edition_id(made_from)}", markup=False)
    verdicts = found.filter(pl.col("kind") == "verdict").sort("is_reversed", descending=True, maintain_order=True)
    figures = found.filter(pl.col("kind") == "figure")
    out.print(f"改变的结论 verdicts: {verdicts.height:,}", markup=False)
    shown = verdicts if all_lines else verdicts.head(_SHOWN)
    for row in shown.iter_rows(named=True):
        out.print(f"  {verdict_line(row)}", markup=False)
    if shown.height < verdicts.height:
        out.print(f"  … 另有 {verdicts.height - shown.height:,} 个，用 --all 列出 / more, see --all", markup=False)
    out.print(f"改变的数字 figures: {figures.height:,}", markup=False)
    if all_lines:
        for row in figures.iter_rows(named=True):
            where = [row[name] for name in ("standard", "stage", "indicator", "unit_id", "figure") if row[name]]
            out.print(
                f"  {row['school_year']} {row['county_name']}（{row['county_code']}） {' / '.join(where)}："
                f"{_number(row['value_before'])} → {_number(row['value'])}；{row['causes']}",
                markup=False,
            )
    elif figures.height:
        out.print(_by_county(figures))
    turned = reversed_verdicts(found, store)
    if turned.height:
        err.print(
            f"其中 {turned.height:,} 个是 {closed_before(store)} 学年以前已关闭年份的逆转，发布须加 --accept-restatements。"
            f" / {turned.height:,} reversals in closed school years: publishing needs --accept-restatements.",
            markup=False,
        )


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:.10g}"


def _by_county(figures: pl.DataFrame) -> Table:
    """How many figures of each county and school year changed, and why."""
    listing = Table("学年 year", "县 county", "数字 figures", "原因 causes", box=None, pad_edge=False)
    counted = figures.group_by("school_year", "county_code", "county_name", maintain_order=True).agg(
        pl.len().alias("figures"), pl.col("causes").unique().sort().str.join("; ")
    )
    for row in counted.iter_rows(named=True):
        listing.add_row(
            str(row["school_year"]), f"{row['county_name']} {row['county_code']}", f"{row['figures']:,}", row["causes"]
        )
    return listing


@editions_app.command(epilog=EXIT_CODES)
def editions(
    forgotten: Annotated[
        str | None, typer.Option("--forget", help="删去这一旧版的表和页面，记录仍在。Take an old edition away.")
    ] = None,
    home: HomeOption = None,
) -> None:
    """发布过哪些版次，各改变了什么。Lists every publication and what it changed."""
    store = home_of(home)
    if forgotten:
        from assets.archive import write_archive  # noqa: PLC0415

        with store.locked():
            name = forget(store, forgotten)
            write_archive(store)
        out.print(f"已删去 {name} 的表和页面 / forgotten", markup=False)
        return
    current = store.published().root.name
    columns = ("版 no.", "id", "发布 published", "数据到达 arrived", "更正数字 figures", "结论 verdicts", "")
    listing = Table(*columns, box=None, pad_edge=False)
    for made in publications(store):
        state = "现行 current" if made.id == current else "" if is_kept(store, made.id) else "已删 forgotten"
        listing.add_row(
            str(made.number),
            made.id,
            made.published_at,
            made.arrived_last or "—",
            f"{made.counts.figures_restated:,}",
            f"{made.counts.verdicts_restated:,}",
            " ".join(filter(None, (state, made.reason))),
        )
    out.print(listing)
