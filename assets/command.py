"""The `junheng` command: the one door for people. Dagster is imported only where a command runs it."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import polars as pl
import typer
from rich.table import Table

from assets import content, progress
from assets.command_corrections import print_corrections
from assets.command_editions import editions_app
from assets.command_explain import explain_app
from assets.command_explanations import explained
from assets.command_forms import forms_app
from assets.command_intake import intake, tried_out
from assets.command_lineage import lineage
from assets.command_operations import operations_app
from assets.command_outlook import outlook
from assets.command_pack import pack_app
from assets.command_papers import papers
from assets.command_plan import plan
from assets.command_published import published
from assets.command_why import explanations
from assets.console import (
    ALL_ACCEPTED,
    EXIT_CODES,
    LOCKED,
    OUR_FAULT,
    SOMETHING_REFUSED,
    STOPPED,
    USAGE,
    HomeOption,
    app,
    err,
    home_of,
    out,
    source_of,
    usage,
)
from assets.content import Work
from assets.editions import VerdictsReversedError, latest_line, restated
from assets.export import FORMATS, WhereError, exported, select
from assets.home import (
    FIRST_YEAR,
    UNKNOWN,
    Home,
    HomeError,
    HomeLockedError,
    default_home,
    kind_of,
    years_of,
)
from assets.planning import home_wishes
from assets.registers import check_registers
from assets.runs import noted
from pipelines.archives import Entry
from pipelines.intake import Intake, inbox_files, named_files, survey, take_in, unzipped
from pipelines.reconciliation import ReconciliationError
from pipelines.registers import RegisterError
from schemas.contract import Contract
from schemas.corrections import CorrectionError
from schemas.disclosure import DisclosureError
from schemas.measures import PlanFileError
from schemas.restatements import HISTORY_TABLES
from schemas.source import SourceError, sources
from schemas.tables import TABLES
from standards.county_return import known_facts, known_items
from standards.standard import StandardError

app.add_typer(explain_app)
app.add_typer(pack_app)
app.add_typer(papers)
app.add_typer(forms_app, name="forms")
app.add_typer(plan)
app.add_typer(outlook)
app.add_typer(published)
app.add_typer(lineage)
app.add_typer(explanations)
app.add_typer(editions_app)
app.add_typer(intake)
app.add_typer(explained)
app.add_typer(operations_app)


@app.command(epilog=EXIT_CODES)
def refresh(
    source: Annotated[
        list[str] | None, typer.Option("--source", help="只收这个来源的文件，可重复。Take only this source's files.")
    ] = None,
    inbox: Annotated[
        Path | None, typer.Option("--inbox", help="报表所在文件夹，默认 HOME/inbox。Folder of the returns.")
    ] = None,
    years: Annotated[
        str | None,
        typer.Option("--years", help="学年，如 2014-2025，默认收件箱里的全部。School years; default all found."),
    ] = None,
    no_publish: Annotated[
        bool, typer.Option("--no-publish", help="只计算，不发布；再用 junheng diff 查看。Compute, do not publish.")
    ] = False,
    accept_restatements: Annotated[
        bool, typer.Option("--accept-restatements", help="允许逆转已关闭年份的结论。Let closed verdicts turn round.")
    ] = False,
    reason: Annotated[str, typer.Option("--reason", help="为什么，记入 editions.json。Why; kept.")] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="只说会改动什么，不改动。Says what would change, changes nothing.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="不看有没有变化，全部重读重算。Reads and makes everything, changed or not.")
    ] = False,
    home: HomeOption = None,
) -> None:
    """从报表到县报告，重新计算有变化的。From the returns to the county reports, what changed."""
    if accept_restatements and not reason.strip():
        usage("--accept-restatements 须用 --reason 写明原因。 / Say why with --reason.")
    store = home_of(home)
    folder = inbox.expanduser().resolve() if inbox else store.inbox
    names = [source_of(name).name for name in source or []]
    if not folder.is_dir():
        usage(
            f"没有文件夹 {folder}；请建好并放入报表，或用 --inbox 指定。 / No such folder; make it or name one with --inbox."
        )
    files = named_files(folder)
    if not files:
        usage(f"{folder} 里没有文件。请放入年度报表，空表可用 junheng template 取。 / The folder is empty.")
    try:
        wanted = list(years_of(years)) if years else None
    except ValueError:
        usage(f"看不懂学年“{years}”；写法如 2014-2025 或 2014,2016。 / Write years like 2014-2025.")
    _ = store.standards, store.disclosure, store.corrections  # what is faulty is said before anything is touched
    check_registers(store.root)
    home_wishes(store.root)
    if dry_run:
        there = _years_to_run(store, files, _survey(files), wanted, names, years or "")
        with progress.shown():
            tried_out(store, there, lambda trial: _refresh(trial, folder, there, names, is_trial=True))
        return
    with store.locked(), progress.shown():
        listed = content.listed(store, folder, files, is_anew=everything)
        found = [(one.file, one.source, year) for one in listed.values() for year in one.years]
        years_run = _years_to_run(store, files, found, wanted, names, years or "")
        store.claim(kind_of(folder), folder, names)
        if broken := content.damaged(store):
            err.print(content.told_damaged(broken), markup=False)
            content.take_away(store, broken)
        again, shown = (years_run, []) if everything else content.outdated(store, listed, years_run, names)
        work = Work(files=len(listed), pages=store.pages_counted())
        if again or shown or not (no_publish or content.is_finished(store)):
            with noted(store, years_run) as run:
                work = _refresh(
                    store,
                    folder,
                    again,
                    names,
                    is_published=not no_publish,
                    is_full=everything,
                    shown=shown,
                    accept_restatements=accept_restatements,
                    reason=reason.strip(),
                )
            for why in run["reasons"]:
                err.print(f"! {why}", markup=False)
    if no_publish:
        out.print(
            f"已计算，没有发布；查看变动：junheng diff --home {store.root} / computed, not published", markup=False
        )
        out.print(work.told(), markup=False)
        raise typer.Exit(ALL_ACCEPTED)
    code = _summary(store, wanted)
    out.print(work.told(), markup=False)
    raise typer.Exit(code)


def _survey(files: list[tuple[str, Entry]]) -> list[tuple[str, str | None, int]]:
    """File, source and school year, for every school year that a file states."""
    found = survey(files, sources().values()).select("file", "source", "school_year")
    return found.filter(pl.col("school_year").is_not_null()).rows()


def _years_to_run(
    store: Home,
    files: list[tuple[str, Entry]],
    found: list[tuple[str, str | None, int]],
    wanted: list[int] | None,
    names: list[str],
    asked: str,
) -> list[int]:
    """The school years of the inbox and of the home, or those of them that were asked for."""
    there = sorted({*(year for _, source, year in found if not names or source in names), *store.years()})
    early = [year for year in there if year < FIRST_YEAR]
    if early:
        old = [file for file, _, year in found if year < FIRST_YEAR]
        usage(f"学年早于 {FIRST_YEAR}，不能收录：{'、'.join(old)}。请移出收件箱。 / School years before {FIRST_YEAR}.")
    if not there:
        _report_unread(files)
    years = [year for year in there if wanted is None or year in wanted]
    if not years:
        usage(f"收件箱里没有 {asked} 学年的报表；有：{'、'.join(map(str, there))}。 / No return of these school years.")
    return years


def _refresh(store: Home, folder: Path, wanted: list[int], names: list[str], **options: Any) -> Work:
    """The run itself."""
    from assets.refresh import refresh as run  # noqa: PLC0415  (Dagster, only where it runs)

    return run(store, folder, wanted, names, **options)


def _report_unread(files: list[tuple[str, Entry]]) -> NoReturn:
    """No file tells a school year: what is wrong with each of them."""
    _print_faults(take_in(files, sources().values()))
    raise typer.Exit(SOMETHING_REFUSED)


def _summary(store: Home, wanted: list[int] | None) -> int:
    """What the run made, in a few lines; the exit code that says whether anything was refused."""
    published = store.published()
    years = [year for year in published.years() if wanted is None or year in wanted]
    returns = published.read("returns", [*years, UNKNOWN])
    schools = published.read("schools", years, ["source", "school_id"])
    verdicts = published.read("resource_verdicts", years, ["county_code"])
    reports = sum(1 for year in years for _ in (published.site / str(year)).glob("*/index.html"))
    table = Table(show_header=False, box=None, pad_edge=False)
    rows = [
        ("学年 school years", f"{min(years)}–{max(years)}（{len(years)}）" if years else "0"),
        ("县 counties", f"{verdicts['county_code'].n_unique():,}"),
        ("学校 schools", f"{schools.select(pl.struct('source', 'school_id').n_unique()).item():,}"),
        ("文件 files", f"{returns['file'].n_unique():,}"),
        *(
            (label, f"{int(returns[column].sum()):,}")
            for label, column in (
                ("收录行 rows accepted", "rows_accepted"),
                ("拒收行 rows refused", "rows_refused"),
                ("被取代行 rows superseded", "rows_superseded"),
                ("拒收单元格 cells refused", "cells_refused"),
            )
        ),
        ("拒收文件 files refused", f"{_files_refused(returns):,}"),
        ("县报告 county reports", f"{reports:,}"),
    ]
    for label, value in rows:
        table.add_row(label, value)
    out.print(table)
    for file, by in returns.filter(pl.col("rows_superseded") > 0).select("file", "superseded_by").iter_rows():
        out.print(f"采用 {by}，取代 {file} / used {by} over {file}", markup=False)
    out.print(f"\n版次 edition:     {latest_line(store)}", markup=False)
    out.print(f"首页 start page:  {store.root / 'current' / 'site' / 'index.html'}", markup=False)
    out.print(f"看站点 look:       junheng serve --home {store.root}", markup=False)
    out.print(f"拒收明细 refused:  junheng export quarantine --home {store.root}", markup=False)
    refused = returns.filter(
        (pl.col("status") == "refused") | (pl.col("rows_refused") > 0) | (pl.col("cells_refused") > 0)
    )
    return SOMETHING_REFUSED if refused.height else ALL_ACCEPTED


def _files_refused(returns: pl.DataFrame) -> int:
    """Files of which nothing was taken."""
    whole = returns.group_by("file").agg((pl.col("status") == "refused").all())
    return whole.filter("status").height


@app.command(epilog=EXIT_CODES)
def check(
    files: Annotated[list[Path], typer.Argument(help="要检查的文件。Files to check.", show_default=False)],
    home: HomeOption = None,
) -> None:
    """会不会被收录？说出识别结果和每一处问题。Would these files be accepted? Names every fault."""
    missing = [path for path in files if not path.exists()]
    if missing:
        usage(f"没有文件 {'、'.join(map(str, missing))} / no such file")
    files = [file for path in files for file in (inbox_files(path) if path.is_dir() else [path])]
    asked = home_of(home).standards.values()
    taken = take_in(
        unzipped((str(path), path) for path in files),
        sources().values(),
        facts=known_facts(asked),
        items=known_items(asked),
        corrections=home_of(home).corrections,
    )
    _print_faults(taken)
    print_corrections(taken)
    clean = (
        not taken.quarantine.height
        and taken.returns.filter(~pl.col("status").is_in(["accepted", "superseded"])).height == 0
    )
    raise typer.Exit(ALL_ACCEPTED if clean else SOMETHING_REFUSED)


_SHOWN_PER_RULE = 5


def _print_faults(taken: Intake) -> None:
    """Each file once, and under it each of its layouts with its counts and faults, at most five of a rule."""
    for (name,), parts in taken.returns.group_by(["file"], maintain_order=True):
        is_taken = parts["status"].is_in(["accepted", "superseded"]).all()
        out.print(f"{'✓' if is_taken else '✕'} {name}", markup=False, style="bold")
        faults = taken.quarantine.filter(pl.col("file") == name)
        pages = [(part["sheets"] or "").split(" | ") for part in parts.iter_rows(named=True)]
        # What stands in no sheet of a layout, the whole file or a table without sheets, goes with the first.
        of_others = pl.col("sheet").is_in([page for others in pages[1:] for page in others]).fill_null(value=False)
        for number, part in enumerate(parts.iter_rows(named=True)):
            _print_part(part)
            is_mine = pl.col("sheet").is_in(pages[number]).fill_null(value=False) if number else ~of_others
            _print_rules(faults.filter(is_mine))


def _print_part(part: dict[str, Any]) -> None:
    """What a file's sheets of one layout were recognised as, and what became of their rows."""
    if part["source"]:
        year = f"{part['school_year']} 学年" if part["school_year"] else "学年不明 / no school year"
        out.print(
            f"  识别为 recognised as: {part['source']} / {part['layout']}，{year}，{part['format']}", markup=False
        )
    else:
        out.print("  未能识别 / not recognised", markup=False)
    if part["sheets"]:
        out.print(f"  工作表 sheets: {part['sheets']}", markup=False)
    if part["rows_read"]:
        out.print(
            f"  读取 {part['rows_read']:,} 行 = 收录 {part['rows_accepted']:,} + 拒收 {part['rows_refused']:,}"
            f" + 被取代 {part['rows_superseded']:,}；拒收单元格 {part['cells_refused']:,}",
            markup=False,
        )
    for name, label in (
        ("superseded_by", "取代它的文件 superseded by"),
        ("unknown_columns", "未知列（未使用）unknown columns, not used"),
        ("reason", "说明 note"),
    ):
        if part[name]:
            out.print(f"  {label}: {part[name]}", markup=False)


def _print_rules(faults: pl.DataFrame) -> None:
    """The faults, at most five of a rule."""
    for (rule,), rows in faults.group_by(["rule"], maintain_order=True):
        for fault in rows.head(_SHOWN_PER_RULE).iter_rows(named=True):
            out.print(f"  ✕ {_where(fault)}{fault['message']}", markup=False)
            out.print(f"      {fault['message_en']}", markup=False, style="dim")
        if rows.height > _SHOWN_PER_RULE:
            out.print(f"    … {rule}: 另有 {rows.height - _SHOWN_PER_RULE:,} 处 / more", markup=False)


def _where(fault: dict[str, object]) -> str:
    sheet = f"工作表“{fault['sheet']}” " if fault["sheet"] else ""
    row = f"第 {fault['row']} 行 " if fault["row"] else ""
    header = f"“{fault['header']}”：" if fault["header"] else ""
    return sheet + row + header


@app.command(epilog=EXIT_CODES)
def tables(
    table: Annotated[str | None, typer.Argument(help="只看这张表的各列。Describe this table's columns.")] = None,
    home: HomeOption = None,
) -> None:
    """有哪些表，各有哪些学年、多少行。Lists the tables; with a name, its columns."""
    store = home_of(home).published()
    if table is not None:
        contract = _contract(table)
        out.print(
            f"{contract.name}: {contract.grain_zh}\n{contract.grain_en}\nkey: {' '.join(contract.key)}", markup=False
        )
        listing = Table("column", "type", "unit", "", "", box=None, pad_edge=False)
        for column in contract.columns:
            listing.add_row(column.name, str(column.dtype), column.unit, column.label_zh, column.label_en)
        out.print(listing)
        return
    listing = Table("table", "years", "rows", "grain", box=None, pad_edge=False)
    for name, contract in TABLES.items():
        years = [stem for stem in store.partitions(name) if stem != UNKNOWN]
        rows = sum(store.rows(name).values())
        span = f"{years[0]}–{years[-1]}" if years else "—"
        listing.add_row(name, span, f"{rows:,}", f"{contract.grain_zh}\n[dim]{contract.grain_en}[/]")
    for name, contract in HISTORY_TABLES.items():
        rows = restated(home_of(home)).height
        listing.add_row(name, "—", f"{rows:,}", f"{contract.grain_zh}\n[dim]{contract.grain_en}[/]")
    out.print(listing)


def _contract(name: str) -> Contract:
    """The contract of a table, or of a table of publications."""
    known = TABLES | HISTORY_TABLES
    if name not in known:
        usage(f"没有表“{name}”；有：{'、'.join(known)} / no such table")
    return known[name]


@app.command(epilog=EXIT_CODES)
def export(
    table: Annotated[str, typer.Argument(help="表名，见 junheng tables。The table's name.", show_default=False)],
    form: Annotated[str, typer.Option("--format", "-f", help="csv | parquet | json | xlsx")] = "csv",
    where: Annotated[
        list[str] | None,
        typer.Option("--where", "-w", help="列=值，可重复，须同时成立。column=value; several are AND."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="写到文件，默认标准输出。A file; default standard output.")
    ] = None,
    home: HomeOption = None,
) -> None:
    """导出一张表。Exports a table, as published."""
    contract = _contract(table)
    if form not in FORMATS:
        usage(f"没有格式“{form}”；有：{'、'.join(FORMATS)} / no such format")
    whole = home_of(home)
    store = whole.published()
    if table in TABLES and not store.partitions(table):
        usage(
            f"{store.root} 里还没有表 {table}；请先运行 junheng refresh。 / No such table yet; run junheng refresh first."
        )
    try:
        rows = select(store if table in TABLES else restated(whole), contract, where or [])
        content = exported(rows, contract, form)
    except WhereError as fault:
        usage(str(fault))
    if output:
        try:
            output.write_bytes(content)
        except OSError as fault:
            usage(f"写不了 {output}（{fault.strerror}）；请换一个文件名。 / The file cannot be written.")
        err.print(f"{rows.height:,} 行 rows → {output}", markup=False)
    else:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()


@app.command(epilog=EXIT_CODES)
def serve(
    port: Annotated[int, typer.Option("--port", "-p", help="端口。Port.")] = 8000,
    *,
    public: Annotated[bool, typer.Option("--public", help="看公开版。The public edition.")] = False,
    home: HomeOption = None,
) -> None:
    """在本机看站点（仅 127.0.0.1）。Serves the site on the loopback interface only."""
    from assets.serve import serve as run  # noqa: PLC0415

    store = home_of(home)
    published = store.published()
    if not ((published.public if public else published.site) / "index.html").exists():
        usage(
            f"{store.root} 里还没有站点；请先运行 junheng refresh 或 junheng demo。 / No site yet; run a refresh first."
        )
    try:
        run(store, port, lambda url: out.print(f"{url}  （Ctrl-C 结束 to stop）", markup=False), public=public)
    except OSError as fault:
        usage(
            f"端口 {port} 用不了（{fault.strerror}）；请用 --port 换一个。 / The port cannot be used; choose another."
        )


@app.command(epilog=EXIT_CODES)
def demo(home: HomeOption = None) -> None:
    """造一个合成省并跑完全程。Makes a synthetic province and runs everything; planted faults are part of it."""
    from assets.demo import make_corrections, make_province, make_register, make_standard  # noqa: PLC0415

    store = Home(home.expanduser().resolve()) if home else Home(default_home() / "demo")
    with store.locked(), progress.shown():
        store.claim("synthetic", store.inbox)
        with progress.stage("造合成省") as done:
            make_standard(store.root / "standards")
            make_register(store.root / "registers")
            make_corrections(store.root / "corrections")
            make_province(store.inbox, store.standards, progress=done)
        files = named_files(store.inbox)
        _refresh(store, store.inbox, _years_to_run(store, files, _survey(files), None, [], ""), [])
    out.print("合成数据，县、学校和数字均为虚构。Synthetic data: every county, school and figure is invented.\n")
    _summary(store, None)


def guarded(run: Callable[[], None]) -> int:
    """The command's exit code; what users can mend is said in words, what we must mend keeps its traceback."""
    try:
        run()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else OUR_FAULT
    except HomeLockedError as taken:
        err.print(f"✕ {taken}。请等它结束再试。 / Wait until it has ended.", markup=False)
        return LOCKED
    except (
        CorrectionError,
        DisclosureError,
        HomeError,
        PlanFileError,
        ReconciliationError,
        RegisterError,
        SourceError,
        StandardError,
    ) as fault:
        err.print(f"✕ {fault}", markup=False)
        return STOPPED if isinstance(fault, VerdictsReversedError) else USAGE
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ALL_ACCEPTED
    except Exception:  # noqa: BLE001  (the last door: our fault is said as such, with its traceback)
        traceback.print_exc()
        err.print("✕ 程序故障，请把以上内容报给维护者。 / Our fault; please report the lines above.", markup=False)
        return OUR_FAULT
    return ALL_ACCEPTED


def main() -> NoReturn:
    """The whole command."""
    sys.exit(guarded(app))


if __name__ == "__main__":
    main()
