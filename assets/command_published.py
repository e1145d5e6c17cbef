"""The command that holds a publisher's printed tables against one another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from assets.console import ALL_ACCEPTED, EXIT_CODES, SOMETHING_REFUSED, err, out, usage
from assets.home import write_whole
from pipelines.intake import inbox_files
from pipelines.printed import findings, permutations, read_printed
from schemas.publication import Publication, publications

published = typer.Typer()
_CAUSES = ("figure", "place", "year", "cause", "document")
_SHOWN = 40


@published.command(epilog=EXIT_CODES)
def reconcile(
    folder: Annotated[Path, typer.Argument(help="放着公布表的目录或一个文件。Folder of printed tables, or one file.")],
    publication: Annotated[str, typer.Option("--publication", help="公布表的说明。Which publication.")] = "cn-nbs",
    causes: Annotated[
        Path | None,
        typer.Option("--causes", help=f"已查明的原因（CSV：{'、'.join(_CAUSES)}）。Causes that are documented."),
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="另存为 CSV。Findings as CSV too.")] = None,
) -> None:
    """公布的数字彼此对得上吗？找出不符、错位和突跳。Do printed figures fit one another? Names those that do not."""
    known = publications()
    if publication not in known:
        usage(f"没有公布表“{publication}”；有：{'、'.join(known)} / no such publication")
    if not folder.exists():
        usage(f"没有 {folder} / no such file or folder")
    described = known[publication]
    root = folder if folder.is_dir() else folder.parent
    paths = inbox_files(folder) if folder.is_dir() else [folder]
    read = [(path.relative_to(root).as_posix(), path.read_bytes()) for path in paths]
    printed, refused, others = read_printed(read, described)
    if printed.is_empty():
        heads = "、".join(figure.header for figure in described.figures)
        usage(f"{folder} 里没有一份表带有“{described.place}”“{described.year}”和下列任一列：{heads} / no such table")
    found = findings(printed, described, _told(causes))
    _print(found, described)
    for row in refused.iter_rows(named=True):
        err.print(f"✕ {row['file']} 第 {row['row']} 行 {row['header']} = {row['value']}：{row['rule']}", markup=False)
    unread = f"；{len(others)} 份没有要核对的列 / without a figure to check" if others else ""
    out.print(f"核对 {printed.height:,} 个数字，{len(read) - len(others)} 份表 / figures checked{unread}", markup=False)
    if output is not None:
        write_whole(output, found.write_csv().encode())
        out.print(f"写入 written: {output}", markup=False)
    is_open = found.filter(pl.col("status") == "open").height or refused.height
    raise typer.Exit(SOMETHING_REFUSED if is_open else ALL_ACCEPTED)


def _told(path: Path | None) -> pl.DataFrame | None:
    """The documented causes; ends the command where the file is not one of causes."""
    if path is None:
        return None
    if not path.exists():
        usage(f"没有 {path} / no such file")
    rows = pl.read_csv(path, infer_schema=False)
    lacking = [name for name in _CAUSES if name not in rows.columns]
    if lacking:
        usage(f"{path} 缺少列 {'、'.join(lacking)}；要有：{'、'.join(_CAUSES)} / columns are missing")
    years = rows.with_columns(pl.col("year").cast(pl.Int32, strict=False))
    bad = rows.with_row_index("row", 2).filter(years["year"].is_null())
    if bad.height:
        usage(f"{path} 第 {bad['row'].item(0)} 行 year = {bad['year'].item(0)}：应为年份，如 2006 / a year is wanted")
    return years.select(_CAUSES)


def _print(found: pl.DataFrame, described: Publication) -> None:
    labels = {figure.id: figure.label.zh for figure in described.figures}
    for figure, year, places in permutations(found):
        out.print(
            f"{year} 年{labels[figure]}：{places} 个地区的值彼此错位 / the values of {places} places are permuted",
            markup=False,
            style="bold",
        )
    if found.is_empty():
        return
    for row in found.head(_SHOWN).iter_rows(named=True):
        words = {
            "identity": f"分项算得 {_number(row['expected'])} / its parts give that",
            "permuted": f"分项算得 {_number(row['expected'])}；公布的是{row['value_of']}的值 / that of {row['value_of']}",
            "spike": f"前后两年平均 {_number(row['expected'])} / mean of the years beside",
        }[row["finding"]]
        status = "已说明 explained" if row["status"] == "explained" else "待查 open"
        cause = f"：{row['cause']}（{row['document']}）" if row["cause"] else ""
        out.print(
            f"  {row['year']} {labels[row['figure']]} {row['place_name']}：公布 {_number(row['printed'])}，{words}"
            f"  [{status}{cause}]  {row['file']} 第 {row['row']} 行 row",
            markup=False,
        )
    if found.height > _SHOWN:
        out.print(f"  另有 {found.height - _SHOWN} 处，用 -o 存为 CSV 看全 / more; -o writes all", markup=False)


def _number(value: float) -> str:
    return f"{value:,.4f}".rstrip("0").rstrip(".")
