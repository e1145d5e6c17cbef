"""The invented province as workbooks of forms: a folder or a zip per county, a workbook per school."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from pathlib import Path

import polars as pl

from assets.home import SYNTHETIC_MARK, write_whole
from pipelines.synthetic import province
from reports.form_workbook import covered, write_forms
from schemas.source import Source

_DATE = (2000, 1, 1, 0, 0, 0)
"""The date of every member of a zip, so that the same province gives the same bytes."""


class NothingToWriteError(Exception):
    """What was asked for is not in the invented province; the message says what is."""


def write_province(
    folder: Path,
    source: Source,
    *,
    years: Sequence[int] | None = None,
    counties: Sequence[str] | None = None,
    schools: int | None = None,
    is_zipped: bool = False,
    is_exported: bool = False,
    each: Callable[[str], None] = lambda _file: None,
) -> dict[int, tuple[int, list[str]]]:
    """The workbooks of the given school years (the newest where none is named), written under the folder.

    For each year how many there are, and the columns of the return that no cell holds. `schools` is the most of a
    year; `is_exported` writes them as exporters do. Raises NothingToWriteError.
    """
    made = province()
    if unknown := [str(year) for year in years or [] if year not in made]:
        there = f"{min(made)}–{max(made)}"
        raise NothingToWriteError(f"虚构省份没有 {'、'.join(unknown)} 学年；有 {there} / no such school year; {there}")
    written = {}
    write_whole(folder / SYNTHETIC_MARK, b"")
    for year in years or [max(made)]:
        rows = made[year] if not counties else made[year].filter(pl.col("county_code").is_in(counties))
        rows = rows if schools is None else rows.head(schools)
        if rows.is_empty():
            raise NothingToWriteError(
                f"虚构省份没有县 {'、'.join(counties or [])}；有：{'、'.join(made[year]['county_code'].unique().sort())}"
                " / no such county"
            )
        for (code, name), of_county in rows.group_by(["county_code", "county_name"], maintain_order=True):
            books = _workbooks(source, year, of_county, is_exported=is_exported)
            place = folder / str(year) / f"{code}-{name}"
            _write_zip(place.with_name(f"{place.name}.zip"), books, each) if is_zipped else _write(place, books, each)
        written[year] = (rows.height, covered(source, year, rows)[1])
    return written


def _workbooks(source: Source, year: int, rows: pl.DataFrame, *, is_exported: bool) -> Iterator[tuple[str, bytes]]:
    """Each school's workbook, under its identifier."""
    for row in rows.iter_rows(named=True):
        content = BytesIO()
        blank = "*" if is_exported else None
        write_forms(content, source, year, row, is_exported=is_exported, not_applicable=blank)
        yield f"{row['school_id']}.xlsx", content.getvalue()


def _write(folder: Path, books: Iterator[tuple[str, bytes]], each: Callable[[str], None]) -> None:
    for name, content in books:
        write_whole(folder / name, content)
        each(name)


def _write_zip(path: Path, books: Iterator[tuple[str, bytes]], each: Callable[[str], None]) -> None:
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, book in books:
            archive.writestr(zipfile.ZipInfo(name, _DATE), book)
            each(name)
    write_whole(path, content.getvalue())
