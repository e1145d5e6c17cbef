"""The command of explanations: what is unusual and still unexplained, and what a county sent back."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer

from assets.console import EXIT_CODES, SOMETHING_REFUSED, HomeOption, home_of, out, usage
from assets.home import Home, write_whole
from assets.registers import check_registers, register
from pipelines.faults import UnreadableError
from pipelines.reading import ROW, sheets
from pipelines.sent_back import REFUSED, merged, rows_to_complete, said_in_return, sent_back
from reports import display
from schemas.explanations import EXPLANATIONS, FOLLOW_UP_HEADERS, FOLLOW_UP_SHEET, STATUSES, TO_EXPLAIN

explained = typer.Typer()
_SHOWN = 40
_WORDS = {
    "open": "待说明 open",
    "expired": "说明已过期 expired",
    "carried_over": "沿用待确认 carried over",
    "explained": "已说明 explained",
    "no_finding": "有说明而已无异常 nothing unusual left",
}


@explained.command("explanations", epilog=EXIT_CODES)
def explanations_command(
    county: Annotated[str | None, typer.Option("--county", help="县，默认全部。County code, default all.")] = None,
    year: Annotated[str | None, typer.Option("--year", help="学年，默认最新。School year, default the newest.")] = None,
    csv_file: Annotated[
        Path | None,
        typer.Option(
            "--csv", help="把待说明的写成登记册的格式，补齐后并入。Writes what is open as rows of the register."
        ),
    ] = None,
    take: Annotated[
        Path | None, typer.Option("--take", help="收下填好的补正工作簿。Takes a follow-up workbook that came back.")
    ] = None,
    home: HomeOption = None,
) -> None:
    """经验性核查发现了什么、哪些已说明；收下县里的说明。Says what is unusual and explained; takes explanations."""
    store = home_of(home)
    check_registers(store.root)
    published = store.published()
    years = published.partitions("finding_explanations")
    if not years:
        usage(f"{store.root} 里还没有数据；请先运行 junheng refresh。 / No data yet; run junheng refresh first.")
    if take is not None:
        _take(store, take)
        return
    if year is not None and year not in years:
        usage(f"没有 {year} 学年；有：{'、'.join(years)} / no such school year")
    said, findings = (published.read(t, [year or years[-1]]) for t in ("finding_explanations", "experience_findings"))
    if county is not None:
        said, findings = (rows.filter(pl.col("county_code") == county) for rows in (said, findings))
    if csv_file is None:
        _print(said, findings)
        return
    in_return = said_in_return(published.read("return_explanations", [year or years[-1]]))
    rows = rows_to_complete(findings, said, in_return)
    try:
        csv_file.expanduser().write_bytes(b"\xef\xbb\xbf" + rows.write_csv().encode())
    except OSError as fault:
        usage(f"写不了 {csv_file}（{fault.strerror}）；请换一个文件名。 / The file cannot be written.")
    out.print(
        f"{rows.height:,} 行 rows → {csv_file}\n请补填 text、explained_by、explained_on，删去不说明的，再并入"
        f" {_path(store)} / fill in text, who and when, delete what is not explained, then add them to the register",
        markup=False,
    )


def _path(store: Home) -> Path:
    return store.root / "registers" / f"{EXPLANATIONS.name}.csv"


def _print(said: pl.DataFrame, findings: pl.DataFrame) -> None:
    """How many findings there are of each status, and those of which something is still to be said."""
    counted = Counter(said["status"])
    for status in STATUSES:
        out.print(f"{_WORDS[status]}: {counted[status]:,}", markup=False)
    key = ["source", "school_year", "finding_id"]
    asked = said.filter(pl.col("status").is_in(TO_EXPLAIN)).select(*key, "status", "text", "age", "reason")
    rows = findings.join(asked, on=key, how="inner", validate="1:1", maintain_order="left")
    for row in rows.head(_SHOWN).iter_rows(named=True):
        out.print(f"  {_line(row)}", markup=False)
    if rows.height > _SHOWN:
        out.print(f"… 另有 {rows.height - _SHOWN:,} 处；全部请用 --csv / more", markup=False)


def _line(row: dict[str, Any]) -> str:
    before = "" if row["value_before"] is None else f"{display.plain(row['value_before'])} → "
    offered = "" if row["text"] is None else f"  以前的说明 said before（{row['age']}）：{row['text']}"
    changed = "  数值已变更 value changed" if row["reason"] == "value_changed" else ""
    return (
        f"{row['school_year']}  {row['county_name']} {row['county_code']}  {row['school_name']} {row['school_id']}  "
        f"{row['check']} {row['column']}  {before}{display.plain(row['value'])}  {_WORDS[row['status']]}{changed}{offered}"
    )


def _take(store: Home, path: Path) -> None:
    """The workbook's explanations taken into the register; what is refused named, and kept in the home."""
    cells = _cells(path)
    published = store.published()
    told = sent_back(cells, published.read("experience_findings"), published.read("finding_explanations"), path.name)
    with store.locked():
        before = register(store.root, EXPLANATIONS)
        after = merged(before, told.rows)
        if told.rows.height:
            write_whole(_path(store), b"\xef\xbb\xbf" + after.write_csv().encode())
        _keep_refused(store, path.name, told.refused)
    replaced = before.height + told.rows.height - after.height
    out.print(
        f"收下 taken {told.rows.height:,}（其中取代原有说明 replaced {replaced:,}），"
        f"拒收 refused {told.refused['row'].n_unique():,}，未填 left blank {told.blank:,} → {_path(store)}",
        markup=False,
    )
    for fault in told.refused.iter_rows(named=True):
        shown = "空" if fault["value"] is None else f"“{fault['value']}”"
        out.print(
            f"  ✕ {fault['file']} 工作表“{fault['sheet']}”第 {fault['row']} 行“{fault['header']}”：{shown}，"
            f"{fault['message']} / {fault['message_en']}",
            markup=False,
        )
    if told.rows.height:
        out.print("运行 junheng refresh 后生效。 / Takes effect at the next refresh.", markup=False)
    if told.refused.height:
        out.print(
            f"拒收的行存于 {_refusals(store)}；请在工作簿里改好，再收一次 / kept there; mend them and take the file again",
            markup=False,
        )
        raise typer.Exit(SOMETHING_REFUSED)


def _cells(path: Path) -> pl.DataFrame:
    """The cells of the workbook's sheet of findings, as text, with the sheet's row numbers."""
    if not path.is_file():
        usage(f"没有文件 {path} / no such file")
    wanted = "请用 junheng followup 写的工作簿 / take a workbook that junheng followup wrote"
    try:
        reading = next(sheets(path.read_bytes(), ("utf-8",)))
    except UnreadableError as fault:
        usage(f"{path}：不能读成工作簿（{fault.rule} {fault.value}）；{wanted}")
    page = next((sheet for sheet in reading if sheet.name == FOLLOW_UP_SHEET), None)
    if page is None:
        there = "、".join(sheet.name or "—" for sheet in reading)
        usage(f"{path}：没有工作表“{FOLLOW_UP_SHEET}”；有：{there}；{wanted}")
    head = [cell.strip() for cell in page.head[0]] if page.head else []
    missing = [header for header in FOLLOW_UP_HEADERS.values() if head.count(header) != 1]
    if missing:
        usage(f"{path} 工作表“{FOLLOW_UP_SHEET}”：第 1 行应各有一列 {'、'.join(missing)}；{wanted}")
    body = page.body(1)
    return body.cells.select(
        pl.col(ROW).alias("row"),
        *(pl.col(str(head.index(header))).cast(pl.String).alias(name) for name, header in FOLLOW_UP_HEADERS.items()),
    )


def _refusals(store: Home) -> Path:
    return store.root / "explanations-refused.csv"


def _keep_refused(store: Home, file: str, refused: pl.DataFrame) -> None:
    """The refused rows kept, in place of those of the same file before."""
    path = _refusals(store)
    kept = []
    if path.exists():
        with path.open(encoding="utf-8-sig", newline="") as lines:
            kept = [row for row in csv.DictReader(lines) if row.get("file") != file]
    before = pl.DataFrame([{name: row.get(name) or None for name in REFUSED} for row in kept], schema=dict.fromkeys(REFUSED, pl.String))  # fmt: skip
    rows = pl.concat([before, refused.cast(pl.String)])
    if rows.height or path.exists():
        write_whole(path, b"\xef\xbb\xbf" + rows.write_csv().encode())
