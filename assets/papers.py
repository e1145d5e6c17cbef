"""Forms and documents asked for by hand: made from the published tables, written into a folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from assets.home import Home, write_whole
from assets.reported import report_tables
from reports.documents.school import NoSchoolError
from reports.forms import forms, province_forms
from reports.papers import File, county_documents, faces, form_files, school_documents
from reports.year import CountyTables, YearTables
from schemas.source import sources
from standards.standard import Standard


class PaperError(Exception):
    """What was asked for is not there; the message says what is."""


def year_tables(home: Home, year: int | None) -> YearTables:
    """The published tables of a school year (the newest where none is named), as the reports see them.

    Raises PaperError.
    """
    store = home.published()
    known = store.years()
    if not known or (year is not None and year not in known):
        there = "、".join(map(str, known)) or "—"
        raise PaperError(f"没有 {year or ''} 学年的表；有：{there}。请先运行 junheng refresh。 / No such school year.")
    of = known[-1] if year is None else year
    return YearTables(report_tables(store, of), of, home.standards, sources(), is_synthetic=home.kind == "synthetic")


def counties(year: YearTables, code: str | None) -> list[CountyTables]:
    """The counties of a year, or the one of this code. Raises PaperError."""
    found = [county for county in year.counties() if code in (None, county.code)]
    if not found:
        there = "、".join(f"{county.code} {county.name}" for county in year.counties())
        raise PaperError(f"{year.year} 学年没有县“{code}”；有：{there or '—'} / no such county")
    return found


def forms_of(year: YearTables, code: str | None, asked: Sequence[Standard]) -> Iterator[File]:
    """The forms of a county, or of all counties of each province together: a workbook and CSV files by standard."""
    if code is None:
        for province in year.places["province_code"].unique(maintain_order=True):
            for standard in asked:
                sheets = province_forms(year, province, standard)
                if sheets:
                    yield from form_files(sheets, f"{year.year}-{province}-{standard.id}")
        return
    for county in counties(year, code):
        for standard in asked:
            if standard in county.standards:
                yield from form_files(forms(county, standard), f"{year.year}-{code}-{standard.id}")


def documents_of(year: YearTables, code: str, schools: Sequence[str]) -> Iterator[File]:
    """The documents of the named schools of a county; of all its schools and of itself where none is named.

    Raises PaperError.
    """
    for county in counties(year, code):
        known = county.frame("units").get_column("school_id").unique().sort().to_list()
        for school_id in schools or known:
            try:
                papers = school_documents(county, school_id)
            except NoSchoolError:
                raise PaperError(
                    f"{county.name} {year.year} 学年没有学校“{school_id}”，请核对学校标识码。 / no such school"
                ) from None
            for document in papers:
                yield from faces(document)
        if not schools:
            for document in county_documents(county):
                yield from faces(document)


def write_files(files: Iterator[File], folder: Path) -> list[Path]:
    """The files written under the folder, in order."""
    written = []
    for name, content in files:
        path = folder / name
        write_whole(path, content.encode() if isinstance(content, str) else content)
        written.append(path)
    return written
