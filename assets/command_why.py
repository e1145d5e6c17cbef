"""The command that says why: what explains a county's verdicts, with the same words as its page."""

from __future__ import annotations

import json
from typing import Annotated, Any

import polars as pl
import typer
from rich.console import Console
from rich.table import Table

from assets.console import EXIT_CODES, HomeOption, home_of, out, standard_of, usage
from assets.home import Home
from assets.papers import PaperError, counties, year_tables
from pipelines.change_causes import over_years
from reports.captions import Captions
from reports.language import LANGUAGES, SOURCE, catalogue, speaking
from reports.model import Course
from reports.why import why
from reports.why.focus import Focus, cells
from reports.year import CountyTables
from schemas.columns import STAGES
from schemas.why import CAUSES, CV_PLACES

explanations = typer.Typer()
_WIDE = 200
"""Columns of a table where it is not a terminal that is written to, or a narrow one."""
_TABLES = (
    "variance_shares",
    "verdict_robustness",
    "least_changes",
    "change_causes",
    "inequality",
    "between_within",
    "group_means",
    "pupil_gaps",
)
"""Tables by standard, stage and indicator."""
_OF_COUNTY = ("county_structure", "peers")


@explanations.command("why", epilog=EXIT_CODES)
def why_command(
    county: Annotated[
        str,
        typer.Option(
            "--county", help="县级行政区划代码；用 --since 时默认全部。County code; with --since default all."
        ),
    ] = "",
    year: Annotated[int | None, typer.Option("--year", help="学年，默认最新。School year, default the newest.")] = None,
    standard: Annotated[str, typer.Option("--standard", help="标准。Standard, default the leading ones.")] = "",
    stage: Annotated[str, typer.Option("--stage", help="学段：primary | junior。Stage.")] = "",
    indicator: Annotated[
        str, typer.Option("--indicator", help="指标，默认各学段最要紧的一项。Indicator, default what matters most.")
    ] = "",
    since: Annotated[
        int | None,
        typer.Option(
            "--since", help="从这一学年起各县的变化由什么造成，须有 --indicator。What made the change since then."
        ),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="数字不取整，JSON。Unrounded figures as JSON.")] = False,
    english: Annotated[bool, typer.Option("--english", help="用英文说。In English.")] = False,
    home: HomeOption = None,
) -> None:
    """为什么是这个结论？谁造成差距，有多可靠，为什么变化。Why is the verdict what it is, and why did it change."""
    store = home_of(home)
    if standard:
        standard_of(store, standard)
    if stage and stage not in STAGES:
        usage(f"没有学段“{stage}”；有：{'、'.join(STAGES)} / no such stage")
    if since is not None:
        _since(store.published(), Focus(standard, stage, indicator), county, since, year, as_json=as_json)
        return
    if not county:
        usage("请用 --county 指明县，或用 --since 看各县的变化。 / Name a county with --county.")
    try:
        found = counties(year_tables(store, year), county)
    except PaperError as fault:
        usage(str(fault))
    focus = Focus(standard, stage, indicator)
    for one in found:
        if not cells(one, focus):
            usage(_nothing(one, focus))
        with speaking(catalogue(LANGUAGES[-1] if english else SOURCE)):
            if as_json:
                out.print(json.dumps(_figures(one, focus), ensure_ascii=False), markup=False)
            else:
                _print(one, focus)


def _since(store: Home, asked: Focus, county: str, since: int, year: int | None, *, as_json: bool) -> None:
    """What made the change of an indicator over several years, of one county or all."""
    if not asked.indicator:
        usage("--since 须用 --indicator 指明指标，如 books。 / Name an indicator with --indicator.")
    known = store.years()
    last = year or (known[-1] if known else since)
    if since not in known or last not in known or since >= last:
        usage(f"没有 {since} 到 {last} 学年的表；有：{'、'.join(map(str, known)) or '—'} / no such school years")
    conditions = {"standard": asked.standard, "stage": asked.stage, "indicator": asked.indicator, "county_code": county}
    rows = store.read("change_causes", range(since + 1, last + 1))
    rows = over_years(rows.filter(**{name: value for name, value in conditions.items() if value}), since, last)
    if not rows.height:
        usage(
            f"没有这样的县或指标：{county} {asked.standard} {asked.stage} {asked.indicator} / no such county or indicator"
        )
    if as_json:
        out.print(json.dumps(rows.to_dicts(), ensure_ascii=False), markup=False)
        return
    places = {"mean": pl.when(pl.col("unit") == "per_pupil").then(4).otherwise(2), "cv": pl.lit(CV_PLACES)}
    for (name, of_stage, figure), part in rows.group_by(["standard", "stage", "figure"], maintain_order=True):
        out.print(
            f"\n{name} {of_stage} {asked.indicator}，{figure}：{since} → {last} 学年；非官方 / unofficial",
            markup=False,
            style="bold",
        )
        causes = [cause for cause in CAUSES if (part[cause].fill_null(1.0) != 0).any()]
        decimals = part.select(places[str(figure)].first()).item()
        listing = Table("县 county", str(since), str(last), "变化 change", *causes, "", box=None, pad_edge=False)
        for row in part.iter_rows(named=True):
            told = (row["value_before"], row["value"], row["change"], *(row[cause] for cause in causes))
            cells = ("…" if value is None else f"{value:,.{decimals}f}" for value in told)
            listing.add_row(row["county_name"].replace("[", "\\["), *cells, row["reason"] or "")
        Console(width=max(out.width, _WIDE), highlight=False).print(listing)


def _nothing(county: CountyTables, focus: Focus) -> str:
    """That what is asked about is not there, and what is."""
    there = dict.fromkeys(
        indicator.id for one in county.standards if focus.standard in ("", one.id) for indicator in one.indicators
    )
    return (
        f"{county.name} {county.year} 学年没有这样的指标：{focus.standard} {focus.stage} {focus.indicator}；"
        f"有：{'、'.join(there) or '—'} / no such indicator of the county"
    )


def _print(county: CountyTables, focus: Focus) -> None:
    """The section as text: the sentences of the page, then its tables."""
    found = why(county, Captions(), focus)
    out.print(f"{county.name} {county.code}  {county.year}", markup=False, style="bold")
    for sentence in found.sentences if found else ():
        out.print(sentence, markup=False)
    for table in found.parts if found else ():
        _print_table(table)


def _print_table(table: Course) -> None:
    out.print(f"\n{table.title}", markup=False, style="bold")
    for sentence in table.sentences:
        out.print(sentence, markup=False)
    out.print(f"{table.caption}  {table.caption_note}", markup=False, style="dim")
    listing = Table(box=None, pad_edge=False)
    for name, is_number in zip(table.columns, table.numbers, strict=True):
        listing.add_column(name, justify="right" if is_number else "left", overflow="fold")
    for row in table.rows:
        listing.add_row(*(cell.replace("[", "\\[") for cell in row))
    Console(width=max(out.width, _WIDE), highlight=False).print(listing)
    for note in table.notes:
        out.print(note, markup=False, style="dim")


def _figures(county: CountyTables, focus: Focus) -> dict[str, Any]:
    """The sentences, and the rows of the tables that they are made from, unrounded."""
    found = why(county, Captions(), focus)
    named = pl.DataFrame(
        [(cell.standard.id, cell.stage, cell.indicator) for cell in cells(county, focus)],
        schema=dict.fromkeys(("standard", "stage", "indicator"), pl.String),
        orient="row",
    )
    told: dict[str, Any] = {
        "county_code": county.code,
        "county_name": county.name,
        "school_year": county.year,
        "sentences": list(found.sentences) if found else [],
        "parts": [{"title": part.title, "sentences": list(part.sentences)} for part in found.parts] if found else [],
    }
    for name in _TABLES:
        rows = county.all.table(name).filter(pl.col("source") == county.source, pl.col("county_code") == county.code)
        told[name] = rows.join(named, on=named.columns, how="semi", maintain_order="left").to_dicts()
    told |= {name: county.frame(name).to_dicts() for name in _OF_COUNTY}
    return told
