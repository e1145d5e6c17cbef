"""A school may be called anything: on every face of both editions its name is text, and in every workbook it is inert."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import PurePosixPath

import polars as pl
import pytest

from assets.export import exported
from reports.forms import forms
from reports.papers import faces, form_files, form_standards, school_documents
from reports.return_workbook import return_frame
from reports.site import render_year
from reports.year import YearTables
from schemas.source import sources
from schemas.tables import TABLES
from tests.test_documents import Workbook
from tests.test_public_edition import edition, withheld
from tests.test_reports import SOUND, STANDARDS, Page, Tables, computed, unmarked

YEARS = (2021, 2022, 2023)
SCRIPT = "<script>alert(1)</script>=SUM(A1)"
FORMULA = "=SUM(A1)<script>alert(1)</script>"
NAMES = (SCRIPT, FORMULA)


@cache
def tables() -> Tables:
    """A county of four schools, two of them of these names, which fail a norm and whose figures are partly missing."""
    rows = [
        SOUND | {"school_name": SCRIPT, "multimedia_rooms": 15},
        SOUND | {"school_name": FORMULA, "multimedia_rooms": 11, "books": None, "pupils_primary": 900},
        SOUND,
        SOUND | {"key_teachers_primary": 3},
    ]
    made = computed(dict.fromkeys(YEARS, rows))
    return made | {"suppressed_cells": withheld(made)}


def site(*, is_public: bool) -> Iterator[tuple[str, str | bytes]]:
    told, about = edition(tables()) if is_public else (tables(), None)
    yield from render_year(
        told, 2023, standards=STANDARDS, sources=sources(), years=YEARS, is_synthetic=False, public=about
    )


def asked_for() -> Iterator[tuple[str, str | bytes]]:
    """What the commands write: documents of schools, forms, exports, and a school's return written again."""
    (county,) = YearTables(tables(), 2023, STANDARDS, sources()).counties()
    for school_id in sorted(set(county.frame("units")["school_id"])):
        for document in school_documents(county, school_id):
            yield from faces(document)
    for standard in form_standards(county.standards):
        yield from form_files(forms(county, standard), f"forms-{standard.id}")
    for form in ("csv", "json", "xlsx"):
        yield f"export/school_verdicts.{form}", exported(tables()["school_verdicts"], TABLES["school_verdicts"], form)
    drawn = tables()["schools"].filter(pl.col("school_year") == 2023)
    yield "export/return.csv", return_frame(sources()["cn-returns"], "school", 2023, drawn).write_csv()


@cache
def files(face: str) -> dict[str, str | bytes]:
    made = {"site": lambda: site(is_public=False), "public": lambda: site(is_public=True), "commands": asked_for}
    return dict(made[face]())


def cells(content: bytes) -> list[object]:
    book = Workbook(content)
    return [cell for position in range(len(book.names)) for row in book.rows(position) for cell in row]


CASES = [
    ("site", "index.html"),
    ("site", "report.md"),
    ("site", "report.json"),
    ("site", "indicators.csv"),
    ("site", "search.json"),
    ("site", "cn-quality-2017.xlsx"),
    ("site", "inspection-feedback.html"),
    ("site", "inspection-feedback.md"),
    ("site", "inspection-feedback.xlsx"),
    ("public", "index.html"),
    ("public", "report.md"),
    ("public", "report.json"),
    ("public", "search.json"),
    ("commands", "self-evaluation-2169000001.html"),
    ("commands", "self-evaluation-2169000001.md"),
    ("commands", "self-evaluation-2169000001.xlsx"),
    ("commands", "rectification-plan-2169000001.html"),
    ("commands", "rectification-plan-2169000001.xlsx"),
    ("commands", "forms-cn-quality-2017.xlsx"),
    ("commands", "forms-cn-quality-2017-schools.csv"),
    ("commands", "school_verdicts.csv"),
    ("commands", "school_verdicts.json"),
    ("commands", "school_verdicts.xlsx"),
    ("commands", "return.csv"),
]


@pytest.mark.parametrize(("face", "name"), CASES)
def test_a_school_s_name_stands_as_text_on_every_face(face: str, name: str) -> None:
    found = [content for path, content in files(face).items() if path.endswith(f"/{name}") or path == name]
    assert found, sorted(files(face))
    assert any(SCRIPT in text_of(name, content) for content in found)


def text_of(name: str, content: str | bytes) -> str:
    """What a reader sees of a file."""
    suffix = PurePosixPath(name).suffix
    if suffix == ".xlsx":
        assert isinstance(content, bytes)
        return "\n".join(str(cell) for cell in cells(content))
    text = content if isinstance(content, str) else content.decode("utf-8")
    if suffix == ".html":
        return Page(text).text
    if suffix == ".md":
        return unmarked(text)
    if suffix == ".json":
        return json.dumps(json.loads(text), ensure_ascii=False)
    return "\n".join(cell for row in csv.reader(io.StringIO(text.removeprefix("\ufeff"))) for cell in row)


@pytest.mark.parametrize("face", ["site", "public", "commands"])
def test_no_file_runs_a_school_s_name(face: str) -> None:
    kinds = set()
    for path, content in files(face).items():
        suffix = PurePosixPath(path).suffix
        kinds.add(suffix)
        if suffix == ".xlsx":
            assert isinstance(content, bytes)
            parts = Workbook(content).parts
            assert not any(b"<f>" in part or b"<f " in part for name, part in parts.items() if "worksheets/" in name)
            assert not any("hyperlink" in name for name in parts)
            continue
        text = content if isinstance(content, str) else content.decode("utf-8")
        if suffix == ".html":
            assert "<script>alert" not in text, path
        if suffix == ".md":
            assert not re.search(r"(?<!\\)<script", text), path
        if (path.endswith("indicators.csv") or "forms-" in path) and suffix == ".csv":
            rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
            assert not [cell for row in rows for cell in row if cell.startswith(("=", "@", "\t", "\r"))], path
    assert {".html", ".md", ".json"} <= kinds if face != "commands" else {".html", ".xlsx", ".csv"} <= kinds


def test_the_search_box_shows_names_as_text() -> None:
    page = next(content for path, content in files("public").items() if path == "2023/index.html")
    assert isinstance(page, str)
    script = page[page.index("<script>") :]
    assert "textContent" in script
    assert "innerHTML" not in script
