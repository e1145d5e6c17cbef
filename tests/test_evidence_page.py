"""The page of evidence: every figure of a county's page leads to what it is made of, and every school to its cells."""

from __future__ import annotations

import re
from functools import cache

import polars as pl
import pytest

from reports.site import render_year
from schemas.contract import conform
from schemas.corrections import CORRECTIONS
from schemas.origins import COLUMNS_READ
from schemas.source import sources
from tests.drawn_home import BOOKS, PUPILS
from tests.test_reports import COUNTY, EVIL, PLAIN, SOUND, STANDARDS, Tables, computed

YEAR = 2023
PAGE, EVIDENCE = f"{YEAR}/{COUNTY}/index.html", f"{YEAR}/{COUNTY}/evidence.html"


def pages(tables: Tables) -> dict[str, str]:
    made = render_year(tables, YEAR, standards=STANDARDS, sources=sources(), years=[YEAR], is_synthetic=False)
    return {path: text for path, text in made if isinstance(text, str)}


@cache
def plain() -> dict[str, str]:
    return pages(computed({YEAR: PLAIN}))


def links(page: str) -> set[str]:
    return set(re.findall(r'href="evidence\.html#([^"]+)"', page))


def ids(page: str) -> list[str]:
    return re.findall(r' id="([^"]+)"', page)


@pytest.mark.parametrize("tree", ["", "en/"])
def test_every_figure_and_school_of_the_countys_page_leads_to_its_place_in_the_evidence(tree: str) -> None:
    wanted, there = links(plain()[tree + PAGE]), ids(plain()[tree + EVIDENCE])
    assert len(there) == len(set(there))
    assert wanted <= set(there)
    figures = {f"cn-quality-2017-primary-{one.id}" for one in STANDARDS["cn-quality-2017"].indicators}
    assert figures <= wanted
    assert "cn-basic-2012-primary-composite" in wanted
    assert {name for name in wanted if "/" in name} >= {"2169000001/primary", "2169000004/primary"}


def test_the_published_worked_example_stands_there_with_its_numbers() -> None:
    rows = [{"pupils_primary": p, "books": b, "school_name": f"第{p}小学"} for p, b in zip(PUPILS, BOOKS, strict=True)]
    page = pages(computed({YEAR: rows}))[EVIDENCE]
    assert "X̄ = Σ r / Σ P = 1913 / 302 = 6.3344370861" in page
    assert "CV = S / X̄ = 3.2638607052 / 6.3344370861 = 0.5152566299" in page
    row = re.search(r'<tr id="2169000003/primary">.*?</tr>', page)
    assert row is not None
    assert {'<td class="n">89</td>', '<td class="n">935</td>'} <= set(re.findall(r"<td.*?</td>", row[0]))


def test_a_schools_name_cannot_break_the_page() -> None:
    for tree in ("", "en/"):
        page = plain()[tree + EVIDENCE]
        assert EVIL not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_what_was_not_reported_is_no_zero_there() -> None:
    row = re.search(r'<tr id="2169000004/primary">.*?</tr>', plain()[EVIDENCE])
    assert row is not None
    assert '<td class="n">…</td>' in row[0]


def test_a_split_school_shows_its_weighted_pupils_and_a_corrected_cell_its_sign() -> None:
    nine = {"school_type_code": "312", "pupils_primary": 166, "pupils_junior": 210, "pupils_senior": 0, "books": 23226}
    tables = computed({YEAR: [nine, SOUND]})
    row = {"school_year": YEAR, "source": "cn-returns", "correction": "C-1", "table": "schools", "county_code": COUNTY}
    row |= {"school_id": "2169000001", "where": "", "column": "books", "reason": "", "document": "", "listed_in": ""}
    row |= {"listed_row": 1, "file": "drawn.csv", "row": 2}
    tables["corrections"] = conform(pl.DataFrame([row]), CORRECTIONS)
    page = pages(tables)[EVIDENCE]
    assert '<td class="n">16600 / 39700</td>' in page
    assert '<td class="n">23100 / 39700</td>' in page
    assert page.count('<td class="n">23226<sup>c</sup></td>') == 2


def test_the_columns_of_each_file_stand_there() -> None:
    tables = computed({YEAR: [SOUND]})
    row = {"school_year": YEAR, "source": "cn-returns", "layout": "school", "table": "schools", "file": "drawn.csv"}
    row |= {"sheet_number": 1, "header_row": 1, "column": "books", "kind": "read", "position": 137, "factor": 1}
    tables["columns_read"] = conform(pl.DataFrame([row | {"header": "图书册数"}]), COLUMNS_READ)
    page = pages(tables)[EVIDENCE]
    assert '<span class="q">books</span></th><td class="n">137</td><td>图书册数</td>' in page


def test_a_county_of_150_schools_has_its_evidence_under_a_megabyte() -> None:
    rows = [SOUND | {"school_type_code": "312", "pupils_junior": 200 + n, "books": 9000 + n} for n in range(150)]
    page = pages(computed({YEAR: rows}))[EVIDENCE]
    assert page.count("<tr id=") == 300
    assert len(page.encode()) < 1_000_000
