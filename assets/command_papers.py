"""Commands that write papers: empty returns, official forms, documents of schools and counties."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from xlsxwriter.exceptions import FileCreateError

from assets.console import EXIT_CODES, HomeOption, home_of, out, source_of, standard_of, usage
from assets.home import Home
from schemas.columns import FIRST_SCHOOL_YEAR, LAST_SCHOOL_YEAR
from schemas.source import Source, sources
from standards.standard import Standard

papers = typer.Typer()


@papers.command(epilog=EXIT_CODES)
def template(
    source: Annotated[str, typer.Option("--source", help="来源。The source.")] = "cn-returns",
    year: Annotated[int | None, typer.Option("--year", help="学年，默认版式最新的一年。School year.")] = None,
    layout: Annotated[str | None, typer.Option("--layout", help="版式，默认第一个。Layout, default the first.")] = None,
    standard: Annotated[
        list[str] | None,
        typer.Option("--standard", help="写县级报表：这些标准要县里填报的事项，可重复。A county's own return instead."),
    ] = None,
    county: Annotated[
        str | None, typer.Option("--county", help="县级行政区划代码，填入县级报表。County code to fill in.")
    ] = None,
    county_name: Annotated[str, typer.Option("--county-name", help="县名，同上。County name to fill in.")] = "",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="写到这个文件。The file to write.")] = None,
    home: HomeOption = None,
) -> None:
    """写一份空的报表工作簿。Writes an empty return workbook: a school's, or with --standard a county's."""
    chosen = source_of(source)
    if year is not None and not FIRST_SCHOOL_YEAR <= year <= LAST_SCHOOL_YEAR:
        span = f"{FIRST_SCHOOL_YEAR}–{LAST_SCHOOL_YEAR}"
        usage(f"学年“{year}”不在 {span} 之间 / a school year in {span} is wanted")
    if standard:
        asked = [standard_of(home_of(home), name) for name in standard]
        path = output or Path(f"{'-'.join(standard)}-{county or 'county'}-{year or ''}".rstrip("-") + ".xlsx")
        of_year = year or _newest_year(home_of(home))
        _write(path, lambda: _county_template(path, chosen, of_year, asked, (county, county_name) if county else None))
        return
    if chosen.forms is not None:
        usage(
            f"来源 {source} 是一校一册，空册请用 junheng forms synth 取样 / workbooks of forms: see junheng forms synth"
        )
    layouts = [name for name, described in chosen.described.layouts.items() if described.table == "schools"]
    if layout is not None and layout not in layouts:
        usage(f"来源 {source} 没有版式“{layout}”；有：{'、'.join(layouts)} / no such layout")
    name = layout or layouts[0]
    of_year = year or max(first for first, _ in chosen.episodes(name))
    path = output or Path(f"{source}-{name}-{of_year}.xlsx")
    _write(path, lambda: _school_template(path, chosen, name, of_year))


def _school_template(path: Path, source: Source, layout: str, year: int) -> None:
    from reports.return_workbook import write_return  # noqa: PLC0415

    write_return(path, source, layout, year, None)


def _county_template(
    path: Path, source: Source, year: int, asked: list[Standard], county: tuple[str, str] | None
) -> None:
    from reports.county_workbook import layout_of, write_county_workbook  # noqa: PLC0415

    if layout_of(source, "county_facts") is None:
        usage(f"来源 {source.name} 没有县级报表的版式 / the source has no layout for a county's own return")
    write_county_workbook(path, source, year, asked, county, None)


def _newest_year(store: Home) -> int:
    """The newest school year of the home; without any, the newest that a layout begins with."""
    known = store.published().years()
    return known[-1] if known else max(first for first, _ in sources()["cn-returns"].episodes("school"))


def _write(path: Path, write: Callable[[], None]) -> None:
    """A file written, or said why not."""
    try:
        write()
    except (OSError, FileCreateError) as fault:
        usage(f"写不了 {path}（{fault}）；请换一个文件名。 / The file cannot be written.")
    out.print(f"已写 wrote {path}", markup=False)


YearOption = Annotated[int | None, typer.Option("--year", help="学年，默认最新。School year, default the newest.")]
FolderOption = Annotated[Path, typer.Option("--output", "-o", help="写到这个文件夹。The folder to write to.")]


@papers.command(epilog=EXIT_CODES)
def documents(
    county: Annotated[str, typer.Option("--county", help="县级行政区划代码。County code.")],
    year: YearOption = None,
    school: Annotated[
        list[str] | None, typer.Option("--school", help="学校标识码，可重复，默认全县各校。Schools, default all.")
    ] = None,
    output: FolderOption = Path(),
    home: HomeOption = None,
) -> None:
    """写自查自评、整改方案和督查反馈（网页、Markdown、XLSX）。Writes documents of schools and county."""
    from assets.papers import documents_of, year_tables  # noqa: PLC0415

    store = home_of(home)
    write_papers(lambda: documents_of(year_tables(store, year), county, school or []), output)


@papers.command(epilog=EXIT_CODES)
def pdf(
    county: Annotated[str, typer.Option("--county", help="县级行政区划代码。County code.")],
    year: YearOption = None,
    output: FolderOption = Path(),
    home: HomeOption = None,
) -> None:
    """把县级页面打印成 PDF（A4，GB/T 9704 版面），需要 Chromium。Prints a county's page as PDF, with a Chromium."""
    from assets.papers import PaperError  # noqa: PLC0415
    from assets.pdf import BrowserError, browser, print_counties  # noqa: PLC0415

    store, folder = home_of(home), output.expanduser()
    try:
        for path in print_counties(store, year, county, folder, browser()):
            out.print(f"已写 wrote {path}", markup=False)
    except (BrowserError, PaperError) as fault:
        usage(str(fault))
    except OSError as fault:
        usage(f"写不了 {folder}（{fault.strerror}）；请换一个文件夹。 / The folder cannot be written.")


def write_papers(files: Callable[[], Iterator[tuple[str, str | bytes]]], folder: Path) -> None:
    """Files written under a folder, and how many."""
    from assets.papers import PaperError, write_files  # noqa: PLC0415

    try:
        written = write_files(files(), folder.expanduser())
    except PaperError as fault:
        usage(str(fault))
    except OSError as fault:
        usage(f"写不了 {folder}（{fault.strerror}）；请换一个文件夹。 / The folder cannot be written.")
    if not written:
        usage("没有可写的表：所选标准不适用于这里。 / Nothing to write: the standards do not apply here.")
    for path in written[:3]:
        out.print(f"已写 wrote {path}", markup=False)
    if len(written) > 3:  # noqa: PLR2004 (the three just named)
        out.print(f"… 共 {len(written):,} 个文件 files in all", markup=False)
