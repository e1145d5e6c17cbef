"""The commands around the inbox: what the home holds, who has not reported, what is withdrawn, what a refresh would do."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import polars as pl
import typer
from rich.table import Table

from assets.console import EXIT_CODES, HomeOption, home_of, out, usage
from assets.dry_run import changed_files, changed_verdicts, trial_home
from assets.home import UNKNOWN, Home
from assets.registers import check_registers, register
from assets.withdrawn import Withdrawal, receipts, record_withdrawals, today, withdrawals
from pipelines.archives import Entry, digest
from pipelines.coverage import by_county, by_file
from pipelines.intake import named_files
from pipelines.mending import still_open
from pipelines.sent_back import said_in_return
from reports.follow_up import follow_up, rows_to_mend, to_explain
from schemas.coverage import COVERAGE, DUE_DATES
from schemas.explanations import FOLLOW_UP_SHEET
from schemas.source import sources

intake = typer.Typer()
_SHOWN = 40
_STATUS = {"refused": "整行被拒收 row refused", "missing": "未报 missing", "unexpected": "名单以外 unexpected"}


@intake.command("coverage", epilog=EXIT_CODES)
def coverage_command(
    county: Annotated[str | None, typer.Option("--county", help="县，默认全部。County code, default all.")] = None,
    year: Annotated[str | None, typer.Option("--year", help="学年，默认最新。School year, default the newest.")] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", help="每校一行写成 CSV。Writes a row per school.", dir_okay=False)
    ] = None,
    home: HomeOption = None,
) -> None:
    """谁还没有报、谁报晚了。Says who has not reported, and who was late."""
    store = home_of(home)
    check_registers(store.root)
    rows = _of_year(store.published(), store, year, county)
    rows = with_arrival(rows, store)
    if csv:
        try:
            csv.expanduser().write_bytes(b"\xef\xbb\xbf" + rows.write_csv().encode())
        except OSError as fault:
            usage(f"写不了 {csv}（{fault.strerror}）；请换一个文件名。 / The file cannot be written.")
        out.print(f"{rows.height:,} 行 rows → {csv}", markup=False)
        return
    late = pl.col("is_late").fill_null(value=False).sum().alias("late")
    counties = by_county(rows).join(
        rows.group_by("source", "county_code").agg(late), on=["source", "county_code"], how="left", validate="1:1"
    )
    _print_counts("各县 by county", counties.sort("source", "county_code"), ("county_code", "county_name"))
    _print_counts("各文件 by file", by_file(rows).sort("source", "file"), ("file",))
    named = rows.filter(pl.col("status").is_in(list(_STATUS)) | pl.col("is_late").fill_null(value=False))
    for row in named.head(_SHOWN).iter_rows(named=True):
        said = _STATUS.get(row["status"], "晚报 late")
        day = f"，收到 received {row['received_on']}，截止 due {row['due']}" if row["is_late"] else ""
        contact = f"，联系人 contact {row['contact']}" if row["contact"] else ""
        out.print(
            f"  {row['county_name']} {row['county_code']}  {row['school_name']} {row['school_id']}  {said}{day}{contact}",
            markup=False,
        )
    if named.height > _SHOWN:
        out.print(f"… 另有 {named.height - _SHOWN:,} 所；全部请用 --csv / more", markup=False)


def _of_year(published: Home, store: Home, year: str | None, county: str | None) -> pl.DataFrame:
    years = published.partitions("coverage")
    if not years:
        usage(f"{store.root} 里还没有数据；请先运行 junheng refresh。 / No data yet; run junheng refresh first.")
    if year is not None and year not in years:
        usage(f"没有 {year} 学年；有：{'、'.join(years)} / no such school year")
    rows = published.read("coverage", [year or years[-1]])
    if county is not None and county not in rows["county_code"].to_list():
        known = "、".join(rows["county_code"].unique().sort().to_list())
        usage(f"没有县 {county}；有：{known} / no such county")
    return rows if county is None else rows.filter(pl.col("county_code") == county)


def with_arrival(rows: pl.DataFrame, store: Home) -> pl.DataFrame:
    """The rows of `coverage` with the day on which each school's file was first seen, the day it was due, and `is_late`.

    A day for the county goes before one for all of its source; without one nothing is late. What counts is the file in
    which the school's row stands now: after a correction, the correction.
    """
    days = pl.DataFrame(
        [(file, sha256, day) for (file, sha256), day in receipts(store.root).items()],
        schema={"file": pl.String, "sha256": pl.String, "received_on": pl.Date},
        orient="row",
    )
    files = store.published().read("returns", None, ["file", "sha256"]).unique(maintain_order=True)
    days = days.join(files, on=["file", "sha256"], how="semi").select("file", "received_on").unique("file")
    due = register(store.root, DUE_DATES)
    key = ["source", "school_year"]
    own = due.filter(pl.col("county_code").is_not_null()).rename({"due": "__own__"})
    others = due.filter(pl.col("county_code").is_null()).select(*key, pl.col("due").alias("__all__"))
    found = (
        rows.join(days, on="file", how="left", validate="m:1", maintain_order="left")
        .join(own, on=[*key, "county_code"], how="left", validate="m:1", maintain_order="left")
        .join(others, on=key, how="left", validate="m:1", maintain_order="left")
    )
    return found.with_columns(due=pl.coalesce("__own__", "__all__")).select(
        *COVERAGE.polars_schema.names(), "received_on", "due", is_late=pl.col("received_on") > pl.col("due")
    )


_COUNTED = {
    "expected": "应报 expected",
    "received": "已报 received",
    "late": "晚报 late",
    "refused": "整行被拒 refused",
    "missing": "未报 missing",
    "unexpected": "名单外 unexpected",
}


def _print_counts(title: str, rows: pl.DataFrame, names: tuple[str, ...]) -> None:
    counted = [name for name in _COUNTED if name in rows.columns]
    listing = Table(title, *("" for _ in names[1:]), *(_COUNTED[name] for name in counted), box=None, pad_edge=False)
    for row in rows.iter_rows(named=True):
        listing.add_row(*(str(row[name]) for name in names), *(f"{row[name]:,}" for name in counted))
    out.print(listing)


@intake.command("followup", epilog=EXIT_CODES)
def followup(
    county: Annotated[str, typer.Option("--county", help="县代码。County code.")],
    year: Annotated[str | None, typer.Option("--year", help="学年，默认最新。School year, default the newest.")] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="写到哪个文件夹。Folder to write to.")] = Path(),
    home: HomeOption = None,
) -> None:
    """写一个县的补正工作簿：被拒收的行和格、待核事项，填好后放回收件箱。Writes a county's workbook to be mended."""
    store = home_of(home)
    published = store.published()
    _of_year(published, store, year, county)
    wanted = year or published.partitions("coverage")[-1]
    schools = published.read("schools", [wanted]).filter(pl.col("county_code") == county)
    quarantine = published.read("quarantine", [wanted]).filter(
        (pl.col("county_code") == county) | pl.col("school_id").is_in(schools["school_id"].to_list())
    )
    quarantine = still_open(quarantine)
    is_open = (pl.col("county_code") == county) & (pl.col("status") == "undetermined")
    checks = published.read("county_items", [wanted]).filter(is_open).select("standard", "item", "status", "reason")
    source = next((s for s in sources().values() if s.name in schools["source"].to_list()), sources()["cn-returns"])
    layouts = published.read("returns", [wanted]).filter(
        (pl.col("source") == source.name)
        & pl.col("file").is_in(quarantine["file"].to_list() or schools["file"].to_list())
    )["layout"]
    known = source.described.layouts
    # What came as workbooks of forms is mended in rows, which take their place.
    rows_of = next(name for name, about in known.items() if about.table == "schools")
    named = [name if name in known else rows_of for name in layouts]
    layout = next((name for name in named if known[name].table == "schools"), None)
    findings, told = (
        published.read(table, [wanted]).filter(pl.col("county_code") == county)
        for table in ("experience_findings", "finding_explanations")
    )
    unexplained = to_explain(findings, told, said_in_return(published.read("return_explanations", [wanted])))
    if layout is None or not (quarantine.height or checks.height or unexplained.height):
        out.print(
            f"{county}：没有被拒收的数据，没有待核事项，也没有待说明的 / nothing refused, nothing open, nothing to explain",
            markup=False,
        )
        return
    rows = rows_to_mend(source, layout, int(wanted), schools, quarantine)
    target = output.expanduser() / f"{wanted}-补正-{county}.xlsx"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(follow_up(rows, quarantine, checks, unexplained))
    except OSError as fault:
        usage(f"写不了 {target}（{fault.strerror}）；请换一个文件夹。 / The file cannot be written.")
    out.print(
        f"{rows.height:,} 行待补正 rows to mend，{checks.height:,} 项待核 checks open，"
        f"{unexplained.height:,} 处待说明 to explain → {target}\n"
        + (
            "填好第一张表的黄色格，原名放回收件箱，再运行 junheng refresh。 / Fill in the yellow cells of the first sheet and"
            " put the file into the inbox under this name.\n"
            if rows.height
            else ""
        )
        + (
            f"“{FOLLOW_UP_SHEET}”表的黄色格填好后，用 junheng explanations --take 收下。 / What is explained on the sheet"
            f" {FOLLOW_UP_SHEET} is taken by junheng explanations --take."
            if unexplained.height
            else ""
        ),
        markup=False,
    )


@intake.command("withdraw", epilog=EXIT_CODES)
def withdraw(
    file: Annotated[str, typer.Argument(help="收件箱里的文件。A file of the inbox.", show_default=False)],
    reason: Annotated[str, typer.Option("--reason", help="撤回原因。Why it is withdrawn.")] = "",
    by: Annotated[str, typer.Option("--by", help="谁撤回的，默认登录名。Who withdraws it; default the login.")] = "",
    undo: Annotated[bool, typer.Option("--undo", help="取消撤回。Takes it back.")] = False,
    home: HomeOption = None,
) -> None:
    """撤回一个文件：不删除，下次 refresh 起不再采用。Withdraws a file of the inbox without deleting it."""
    store = home_of(home)
    files = dict(named_files(store.last_inbox))
    shown = _shown(file, files, store.last_inbox)
    with store.locked():
        rows = withdrawals(store.root)
        if undo:
            kept = [row for row in rows if row.file != shown]
            if len(kept) == len(rows):
                usage(f"{shown} 没有撤回过。 / The file was not withdrawn.")
            record_withdrawals(store.root, kept)
            said = "已取消撤回 / taken back"
        else:
            if not reason.strip():
                usage("请用 --reason 说明撤回原因。 / Say why with --reason.")
            sha256 = digest(files[shown])
            new = Withdrawal(shown, sha256, reason.strip(), by.strip() or getpass.getuser(), str(today()))
            if any((row.file, row.sha256) == (shown, sha256) for row in rows):
                out.print(f"{shown}：先前已撤回 / was withdrawn before", markup=False)
                return
            record_withdrawals(store.root, [*rows, new])
            said = "已撤回 / withdrawn"
    out.print(f"{shown}：{said}。运行 junheng refresh 后生效。 / Takes effect at the next refresh.", markup=False)


def _shown(file: str, files: dict[str, Entry], inbox: Path) -> str:
    """The file's name under the inbox, from that name or from a path."""
    path = Path(file).expanduser().resolve()
    name = path.relative_to(inbox.resolve()).as_posix() if path.is_relative_to(inbox.resolve()) else file
    alike = [known for known in files if Path(known).name == Path(file).name]
    if name not in files and len(alike) != 1:
        listed = "、".join(alike or list(files)[:_SHOWN]) or "—"
        usage(f"收件箱 {inbox} 里没有文件 {file}；有：{listed} / no such file in the inbox")
    return name if name in files else alike[0]


@intake.command("status", epilog=EXIT_CODES)
def status(home: HomeOption = None) -> None:
    """这个目录里有什么：收件箱、学年、版本、撤回、报送情况。What the home holds."""
    store = home_of(home)
    published = store.published()
    if store.kind is None:
        usage(f"{store.root} 里还没有数据；请先运行 junheng refresh。 / No data yet; run junheng refresh first.")
    returns = published.read("returns", [*published.years(), UNKNOWN])
    years = published.years()
    listing = Table(show_header=False, box=None, pad_edge=False)
    kinds = {"real": "真实 real", "synthetic": "合成 synthetic"}
    for label, value in (
        ("目录 home", str(store.root)),
        ("数据 kind", kinds[store.kind]),
        ("收件箱 inbox", str(store.last_inbox)),
        ("来源 sources", "、".join(returns["source"].drop_nulls().unique().sort().to_list()) or "—"),
        ("学年 school years", "、".join(map(str, years)) or "—"),
        ("版本 edition", published.root.name if published is not store else "—"),
    ):
        listing.add_row(label, value)
    out.print(listing)
    _print_inbox(store, returns)
    rows = withdrawals(store.root)
    out.print(f"\n撤回 withdrawn: {len(rows)}", markup=False)
    for row in rows:
        out.print(f"  {row.file}：{row.reason}（{row.by}，{row.on}）", markup=False)
    table = Table("\n学年 year", *(f"\n{label}" for name, label in _COUNTED.items() if name != "late"),
                  "\n拒收行 rows refused", "\n拒收单元格 cells refused", box=None, pad_edge=False)  # fmt: skip
    counts = by_county(published.read("coverage", years)).group_by("school_year").agg(pl.exclude(pl.String).sum())
    refused = returns.group_by("school_year").agg(pl.col("rows_refused", "cells_refused").sum())
    both = counts.join(refused, on="school_year", how="left", validate="1:1").sort("school_year")
    for line in both.iter_rows(named=True):
        table.add_row(
            str(line["school_year"]),
            *(f"{line[name]:,}" for name in _COUNTED if name != "late"),
            f"{line['rows_refused'] or 0:,}",
            f"{line['cells_refused'] or 0:,}",
        )
    out.print(table)


def _print_inbox(store: Home, returns: pl.DataFrame) -> None:
    """Files of the inbox that are new, changed or gone since the last refresh."""
    was = dict(returns.select("file", "sha256").iter_rows())
    there = {shown: digest(path) for shown, path in named_files(store.last_inbox)}
    for label, names in (
        ("新增文件 new files", sorted(there.keys() - was.keys())),
        ("有改动的文件 changed files", sorted(name for name in there.keys() & was.keys() if there[name] != was[name])),
        ("消失的文件 files gone", sorted(was.keys() - there.keys())),
    ):
        out.print(f"{label}: {len(names)}" + (f"  {'、'.join(names[:_SHOWN])}" if names else ""), markup=False)


def tried_out(store: Home, years: list[int], run: Callable[[Home], object]) -> None:
    """What a refresh would change, printed; the home stays as it is."""
    with trial_home(store) as trial:
        run(trial)
        files = changed_files(store, trial, sorted({*years, *store.years()}))
        verdicts = changed_verdicts(store, trial, sorted({*store.years(), *trial.years()}))
    out.print("试运行，什么都没有改动 / dry run, nothing was changed", markup=False)
    out.print(f"\n收录情况会变的文件 / files taken otherwise: {files.height}", markup=False)
    for row in files.iter_rows(named=True):
        sides = [
            "—" if row[f"status{end}"] is None
            else f"{row[f'status{end}']} {row[f'rows_accepted{end}']:,} 行收录 accepted，"
            f"{row[f'rows_refused{end}']:,} 行拒收 refused，{row[f'cells_refused{end}']:,} 格拒收 cells refused"
            for end in ("", "_after")
        ]  # fmt: skip
        out.print(f"  {row['file']} {row['layout']}\n      {sides[0]}\n    → {sides[1]}", markup=False)
    out.print(f"\n结论会变的县 / counties whose verdict would change: {verdicts.height}", markup=False)
    for row in verdicts.head(_SHOWN).iter_rows(named=True):
        out.print(
            f"  {row['school_year']} {row['county_name']} {row['county_code']} {row['standard']}: "
            f"{row['verdict'] or '—'} → {row['verdict_after'] or '—'}",
            markup=False,
        )
    if verdicts.height > _SHOWN:
        out.print(f"… 另有 {verdicts.height - _SHOWN:,} 个 / more", markup=False)
