"""The command that looks ahead: pupils of the next years, staff against them, and limits that would be crossed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from assets.console import EXIT_CODES, HomeOption, home_of, out, usage
from assets.home import Home
from assets.reported import on_boundaries
from pipelines.county_history import on_todays_codes
from pipelines.crossings import limit_crossings
from pipelines.outlook import capacity
from pipelines.projection import back_tests, errors, grade_totals, pupil_projections
from schemas.outlook import LIMIT_CROSSINGS, PUPIL_CAPACITY, PUPIL_PROJECTIONS

outlook = typer.Typer()
_METHODS = {"cohort": "逐年级推移 by cohorts", "same": "照今年 as this year"}
_REASONS = {
    "too_few_years": "年份不够 too few years",
    "trend_no_better": "趋势不比照旧更准，不推 trends have erred no less than no change: none given",
    "does_not_cross": "十年内不越 not within ten years",
}


@outlook.command("outlook", epilog=EXIT_CODES)
def outlook_command(
    county: Annotated[str | None, typer.Option("--county", help="县，默认全部。County code, default all.")] = None,
    year: Annotated[int | None, typer.Option("--year", help="学年，默认最新。School year, default the newest.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="把表写到这个文件夹（XLSX、CSV）。Folder for the tables.")
    ] = None,
    home: HomeOption = None,
) -> None:
    """今后三年有多少学生，师资够不够，哪些差异系数会越限。Pupils of the next three years, staff, limits to be crossed."""
    from assets.command_plan import write_tables  # noqa: PLC0415

    store = home_of(home).published()
    known = store.years()
    if not known or (year is not None and year not in known):
        there = "、".join(map(str, known)) or "—"
        usage(f"没有 {year or ''} 学年的表；有：{there}。请先运行 junheng refresh。 / No such school year.")
    of = known[-1] if year is None else year
    span = [one for one in known if one <= of]
    schools = _on_todays(store, span, of)
    tried = errors(back_tests(grade_totals(schools), of))
    pupils = pupil_projections(schools, of)
    places = capacity(schools, pupils, of)
    crossings = limit_crossings(on_boundaries(store, span, of)[0], of)
    if county is not None:
        mine = pl.col("county_code") == county
        if not schools.filter((pl.col("school_year") == of) & mine).height:
            usage(f"{of} 学年没有县 {county} / no such county")
        pupils, places, crossings = pupils.filter(mine), places.filter(mine), crossings.filter(mine)
    _print_errors(tried)
    _print_pupils(places)
    _print_crossings(crossings)
    if output is not None:
        write_tables(output, {PUPIL_PROJECTIONS: pupils, PUPIL_CAPACITY: places, LIMIT_CROSSINGS: crossings})


def _on_todays(store: Home, span: list[int], year: int) -> pl.DataFrame:
    """The schools of the school years under today's county codes; those across a break are left out."""
    schools = store.read("schools", span)
    history = store.read("county_history", [year])
    first = history.group_by("source", maintain_order=True).agg(pl.col("standard").first())
    named = schools.join(first, on="source", how="left", validate="m:1", maintain_order="left")
    return on_todays_codes(named, history).drop("standard")


def _print_errors(tried: pl.DataFrame) -> None:
    out.print(
        "往年检验：平均相对误差 / tried on earlier years: mean relative error\n"
        "  来源 source  学段 stage  往后 ahead  次数 trials  推移 cohorts  照旧 as before  采用 taken",
        markup=False,
    )
    for row in tried.iter_rows(named=True):
        out.print(
            f"  {row['source']}  {row['stage']}  {row['horizon']}  {row['trials']:,}  "
            f"{100 * row['error_cohort']:.2f} %  {100 * row['error_same']:.2f} %  {_METHODS[row['method']]}",
            markup=False,
        )
    if tried.is_empty():
        out.print("  没有可检验的年份，所以不推算 / nothing to try it on, so nothing is projected", markup=False)


def _print_pupils(places: pl.DataFrame) -> None:
    for row in places.iter_rows(named=True):
        ratio = "…" if row["pupils_per_teacher"] is None else f"{row['pupils_per_teacher']:.1f}"
        then = (
            "…"
            if row["pupils_per_teacher_low"] is None
            else (f"{row['pupils_per_teacher_low']:.1f}–{row['pupils_per_teacher_high']:.1f}")
        )
        out.print(
            f"{row['county_name']} {row['county_code']} {row['stage']}  {row['projected_year']} 学年 school year："
            f"{row['pupils_low']:,.0f}–{row['pupils_high']:,.0f} 名学生 pupils（今年 now {row['pupils_now']:,}）；"
            f"每名专任教师 per full-time teacher {then}（今年 now {ratio}）",
            markup=False,
        )


def _print_crossings(crossings: pl.DataFrame) -> None:
    said = crossings.filter(pl.col("crossing_year").is_not_null())
    for row in said.iter_rows(named=True):
        last = "不越 never" if row["crossing_last"] is None else str(row["crossing_last"])
        out.print(
            f"{row['county_name']} {row['county_code']} {row['standard']} {row['stage']} {row['indicator']}  "
            f"CV {row['cv']:.3f}，限值 limit {row['limit']:g}：照目前趋势 at the present trend "
            f"{row['crossing_first']}–{last} 学年越过 crossed",
            markup=False,
        )
    for reason, count in crossings.drop_nulls("reason").group_by("reason").len().sort("reason").iter_rows():
        out.print(f"  {count:,} 项 coefficients：{_REASONS[reason]}", markup=False)
