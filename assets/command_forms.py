"""`junheng forms`: the application forms of counties, and the forms of the return that schools hand in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from assets.command_papers import FolderOption, YearOption, write_papers
from assets.console import EXIT_CODES, HomeOption, home_of, out, source_of, standard_of, usage
from assets.progress import shown, stage
from pipelines.faults import UnreadableError
from pipelines.form_layouts import changes, mapped_labels, mapped_layout, workbook_labels
from schemas.source import Source

forms_app = typer.Typer(epilog=EXIT_CODES, invoke_without_command=True)
_SOURCE = "cn-forms"
_WORDS = {"moved": "移动 moved", "renamed": "改名 renamed", "gone": "消失 gone", "new": "新增 new"}
SourceOption = Annotated[str, typer.Option("--source", help="来源。The source.")]


@forms_app.callback()
def forms_command(
    context: typer.Context,
    year: YearOption = None,
    county: Annotated[str | None, typer.Option("--county", help="县，默认全省各县合册。County; default all.")] = None,
    standard: Annotated[
        list[str] | None, typer.Option("--standard", help="标准，可重复，默认全部适用的。Standards, default all.")
    ] = None,
    output: FolderOption = Path(),
    home: HomeOption = None,
) -> None:
    """写申报表册：每项标准一册工作簿，每张表另存 CSV。Writes the official forms.

    diff 和 synth 说的是学校的统计报表（一校一册）。diff and synth are about the schools' return.
    """
    if context.invoked_subcommand is not None:
        return
    from assets.papers import forms_of, year_tables  # noqa: PLC0415

    store = home_of(home)
    asked = [standard_of(store, name) for name in standard] if standard else list(store.standards.values())
    write_papers(lambda: forms_of(year_tables(store, year), county, asked), output)


@forms_app.command("diff", epilog=EXIT_CODES)
def diff(
    before: Annotated[
        str, typer.Argument(metavar="A", help="学年，或一册报表。A school year or a workbook.", show_default=False)
    ],
    after: Annotated[
        str, typer.Argument(metavar="B", help="学年，或一册报表。A school year or a workbook.", show_default=False)
    ],
    csv: Annotated[Path | None, typer.Option("--csv", help="另存为 CSV。Writes the changes as CSV.")] = None,
    source: SourceOption = _SOURCE,
) -> None:
    """报表版式变了什么：哪些单元格、标签移动、改名、消失、新增。What moved between two layouts of the return."""
    known = _forms_of(source)
    sides = [before, after]
    if all(side.isdecimal() for side in sides):
        found = changes(*(mapped_layout(known, _year(known, side)) for side in sides), by_form=False)
    else:
        found = changes(*(_labels(known, side) for side in sides), by_form=True)
        if any(side.isdecimal() for side in sides):
            # A map names the labels that it needs; what else a workbook says is nothing new.
            is_form = pl.coalesce("cell", "cell_after").is_null()
            side = "cell" if before.isdecimal() else "cell_after"
            found = found.filter(is_form | pl.col(side).is_not_null())
    if csv is not None:
        try:
            csv.write_bytes(found.write_csv().encode("utf-8-sig"))
        except OSError as fault:
            usage(f"写不了 {csv}（{fault.strerror}）；请换一个文件名。 / The file cannot be written.")
    if found.is_empty():
        out.print(f"{before} 与 {after} 版式相同 / the same layout", markup=False)
    for row in found.iter_rows(named=True):
        sides = [
            _side(row["what"], *(row[f"{name}{end}"] for name in ("form", "cell", "label", "unit")))
            for end in ("", "_after")
        ]
        out.print(f"{_WORDS[row['change']]}  {row['what']}  {' → '.join(sides)}", markup=False)


def _side(what: str, form: str | None, cell: str | None, label: str | None, unit: str | None) -> str:
    """Where something stands on one side: form and cell, and the labels and unit where they say more than its name."""
    if form is None:
        return "—"
    words = [form, cell or "", label if label and label != what else "", f"（{unit}）" if unit else ""]
    return " ".join(word for word in words if word)


def _labels(source: Source, side: str) -> pl.DataFrame:
    """The labels of a school year's map or of a workbook."""
    if side.isdecimal():
        return mapped_labels(source, _year(source, side))
    path = Path(side).expanduser()
    if not path.is_file():
        usage(f"没有文件 {side}；请给学年（如 2021）或一册报表。 / No such file; give a school year or a workbook.")
    try:
        return workbook_labels(source, path.read_bytes())
    except UnreadableError as fault:
        usage(f"{side} 不是一校一册的报表（{fault.value or fault.rule}） / not a workbook of forms")


def _year(source: Source, text: str) -> int:
    """A school year that the map has forms of."""
    assert source.forms is not None
    if not source.forms.forms(int(text)):
        spans = "、".join(f"{first}–{last if last < 9998 else ''}" for first, last in source.forms.episodes)  # noqa: PLR2004
        usage(f"没有 {text} 学年的版式；有：{spans} / no layout of this school year")
    return int(text)


def _forms_of(name: str) -> Source:
    """The source of this name, whose returns are workbooks of forms."""
    source = source_of(name)
    if source.forms is None:
        usage(f"来源 {name} 不是一校一册的报表 / the returns of this source are no workbooks of forms")
    return source


@forms_app.command("synth", epilog=EXIT_CODES)
def synth(
    year: Annotated[list[int] | None, typer.Option("--year", help="学年，可重复，默认最新。School years.")] = None,
    county: Annotated[list[str] | None, typer.Option("--county", help="县，可重复，默认全省。Counties.")] = None,
    schools: Annotated[int | None, typer.Option("--schools", min=1, help="每学年至多几所。At most so many.")] = None,
    zipped: Annotated[bool, typer.Option("--zip", help="每县一个压缩包。One zip per county.")] = False,
    exported: Annotated[
        bool, typer.Option("--exported", help="带列标、行号，数字存为文本，空格填 *。As exporters write it.")
    ] = False,
    output: FolderOption = Path("forms"),
    source: SourceOption = _SOURCE,
) -> None:
    """写虚构省份的一校一册报表，供试用和测试。Writes the invented province as workbooks, one per school."""
    from assets.form_synth import NothingToWriteError, write_province  # noqa: PLC0415

    known = _forms_of(source)
    folder = output.expanduser()
    try:
        with shown(), stage("写报表 forms") as done:
            written = write_province(
                folder,
                known,
                years=year,
                counties=county,
                schools=schools,
                is_zipped=zipped,
                is_exported=exported,
                each=done,
            )
    except NothingToWriteError as fault:
        usage(str(fault))
    except OSError as fault:
        usage(f"写不了 {folder}（{fault.strerror}）；请换一个文件夹。 / The folder cannot be written.")
    for of_year, (workbooks, without) in written.items():
        out.print(f"{of_year} 学年：{workbooks:,} 册 workbooks → {folder / str(of_year)}", markup=False)
        out.print(f"  没有单元格的字段 no cell known for {len(without)}: {'、'.join(without)}", markup=False)
    out.print(f"收录 take in: junheng refresh --source {source} --inbox {folder}", markup=False)
