"""A school under another identifier and a cell that was refused, from the returns to the page and back."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import fastexcel
import polars as pl
import pytest

from assets.home import Home
from reports.follow_up import FIRST_SHEET
from tests.drawing import cells, headers, write_text, write_workbook
from tests.test_command import run

COUNTY = "110101"
GRADES = {f"pupils_grade_{grade}_primary": "20" for grade in range(1, 7)}


def school(number: int, year: int, **more: str) -> list[str]:
    """A primary school of 120 pupils, 20 in each grade."""
    sound = {
        "school_type_code": "211", "pupils_primary": "120", "classes_primary": "6", "full_time_teachers_primary": "9",
        "books": str(1000 * number), "area_code": "121", "founded_year": "1980",
    }  # fmt: skip
    return cells(number, year, **(sound | GRADES | more))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Three schools; in 2021 the second has another type, identifier and name, and the third's books are no number."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    write_text(inbox / "2020-年报.csv", [headers(2020), *(school(number, 2020) for number in (1, 2, 3))])
    nine_year = {"school_id": "3111000009", "school_type_code": "312", "school_name": "第2九年制学校"}
    junior = {"pupils_junior": "80", "classes_junior": "2", "full_time_teachers_junior": "8"}
    rows = [school(1, 2021), school(2, 2021, **nine_year, **junior), school(3, 2021, books="很多")]
    write_text(inbox / "2021-年报.csv", [headers(2021), *rows])
    assert run("refresh", "--home", tmp_path).returncode == 1
    return tmp_path


def changes(home: Path) -> list[tuple[str, str, str, str | None]]:
    rows = Home(home).published().read("school_changes", [2021])
    return rows.select("change", "school_id_before", "school_id_after", "reason").rows()


def common(home: Path) -> tuple[int, int, int]:
    """Of the year over year of the primary stage: units common to both years, opened, closed."""
    rows = Home(home).published().read("year_over_year", [2021])
    rows = rows.filter(series="common", standard="cn-basic-2012", stage="primary")
    return rows.select("units_common", "units_opened", "units_closed").max().row(0)


def page(home: Path) -> str:
    return (home / "current" / "site" / "2021" / COUNTY / "index.html").read_text("utf-8")


def test_a_pair_is_proposed_then_entered_and_a_refused_cell_filled_in_and_sent_back(home: Path, tmp_path: Path) -> None:
    # Until the register says so the pair counts as one gone and one new.
    assert changes(home) == [
        ("gone", "2111000002", "", "reason_missing"),
        ("new", "", "3111000009", "reason_missing"),
    ]
    assert common(home) == (2, 1, 1)
    first = page(home)
    assert "学校增减" in first
    assert "消失 1 所" in first
    assert "新增 1 所" in first
    assert "可能是同一所" in first
    told = run("lineage", "--year", "2021", "--home", home).stdout.decode()
    assert "2111000002 → 第2九年制学校 3111000009" in " ".join(told.split())
    target = tmp_path / "open.csv"
    assert run("lineage", "--csv", target, "--home", home).returncode == 0
    (entry,) = csv.DictReader(io.StringIO(target.read_text("utf-8-sig")))
    assert (entry["event"], entry["event_date"], entry["document"]) == ("recategorised", "", "")
    assert run("lineage", "--year", "1999", "--home", home).returncode == 2

    # The row is completed and becomes the register; the refused cell is filled in and sent back.
    (home / "registers").mkdir(exist_ok=True)
    pl.DataFrame([entry | {"event_date": "2021-07-15", "document": "批文1号"}]).write_csv(
        home / "registers" / "school_events.csv"
    )
    assert run("followup", "--county", COUNTY, "--year", "2021", "-o", tmp_path, "--home", home).returncode == 0
    name = f"2021-补正-{COUNTY}.xlsx"
    back = fastexcel.read_excel((tmp_path / name).read_bytes()).load_sheet(FIRST_SHEET, dtypes="string").to_polars()
    assert back.select("学校标识码", "图书册数").rows() == [("2111000003", None)]
    filled = back.with_columns(pl.lit("3000").alias("图书册数")).fill_null("").row(0)
    write_workbook(home / "inbox" / name, {FIRST_SHEET: [back.columns, filled]})
    done = run("refresh", "--home", home)
    assert done.returncode == 1, done.stderr.decode()

    assert changes(home) == [("recoded", "2111000002", "3111000009", None)]
    assert common(home) == (3, 0, 0)
    assert "换用标识码 1 所" in page(home)
    assert "批文1号" in page(home)
    store = Home(home).published()
    assert store.read("schools", [2021])["books"].to_list() == [1000, 3000, 2000]
    held = store.read("returns", [2021]).select("file", "rows_superseded", "superseded_by").rows()
    assert ("2021-年报.csv", 1, name) in held
    assert store.read("quarantine", [2021]).select("value", "mended_by").rows() == [("很多", name)]
    assert f"已由 {name} 改正" in page(home)
