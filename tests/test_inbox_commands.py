"""The commands around the inbox: withdraw, try out, look, ask who has not reported; as people use them."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import fastexcel
import polars as pl
import pytest

from assets.home import Home
from pipelines.synthetic import province
from reports.return_workbook import return_frame
from schemas.explanations import FOLLOW_UP_HEADERS, FOLLOW_UP_SHEET
from schemas.source import sources
from tests.drawing import write_workbook
from tests.test_command import run

COUNTY = "690126"
SOURCE = sources()["cn-returns"]


def everything(home: Path) -> dict[str, str]:
    """Every file of the home but Dagster's own, with its hash."""
    return {
        path.relative_to(home).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(home.rglob("*"))
        if path.is_file() and not path.is_relative_to(home / "dagster")
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of one county and two school years: of 2021 a return without its last school, and a correction."""
    home = tmp_path_factory.mktemp("home")
    (home / "inbox").mkdir()
    for year in (2020, 2021):
        rows = return_frame(SOURCE, "school", year, province()[year].filter(pl.col("county_code") == COUNTY))
        rows = rows.head(-1) if year == 2021 else rows
        rows.write_csv(home / "inbox" / f"{year}-年报.csv")
        if year == 2021:
            books = pl.lit("1").alias("图书册数")
            rows.head(2).with_columns(books).write_csv(home / "inbox" / "2021-更正.csv")
    (home / "registers").mkdir()
    due = "source,school_year,county_code,due\ncn-returns,2021,,2021-10-31\ncn-returns,2020,,2199-10-31\n"
    (home / "registers" / "due_dates.csv").write_text(due, encoding="utf-8")
    assert run("refresh", "--home", home).returncode == 0
    return home


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    """A home of its own for each test."""
    shutil.copytree(made, tmp_path / "home", symlinks=True)
    folder = tmp_path / "home"
    about = (folder / "home.json").read_text("utf-8").replace(str(made), str(folder))
    (folder / "home.json").write_text(about, encoding="utf-8")
    return folder


def returned(home: Path) -> dict[str, str]:
    return dict(Home(home).published().read("returns").select("file", "status").iter_rows())


def test_a_withdrawn_file_stays_where_it_is_and_what_it_superseded_comes_back(home: Path) -> None:
    books = Home(home).published().read("schools", [2021])["books"]
    assert books.head(2).to_list() == [1, 1]
    done = run("withdraw", "2021-更正.csv", "--reason", "误报", "--by", "王某", "--home", home)
    assert done.returncode == 0, done.stderr.decode()
    assert (home / "inbox" / "2021-更正.csv").exists()
    assert run("refresh", "--home", home).returncode == 0
    assert returned(home)["2021-更正.csv"] == "withdrawn"
    row = Home(home).published().read("returns").row(by_predicate=pl.col("file") == "2021-更正.csv", named=True)
    assert (row["reason"], row["rows_accepted"], row["school_year"]) == ("误报（王某）", 0, 2021)
    assert 1 not in Home(home).published().read("schools", [2021])["books"].to_list()
    assert "误报" in run("status", "--home", home).stdout.decode()
    assert run("withdraw", "2021-更正.csv", "--undo", "--home", home).returncode == 0
    assert run("refresh", "--home", home).returncode == 0
    assert Home(home).published().read("schools", [2021])["books"].head(2).to_list() == [1, 1]


def test_other_bytes_of_the_name_of_a_withdrawn_file_are_a_new_file(home: Path) -> None:
    assert run("withdraw", "2021-更正.csv", "--reason", "误报", "--home", home).returncode == 0
    path = home / "inbox" / "2021-更正.csv"
    path.write_text(path.read_text("utf-8") + "\n", encoding="utf-8")
    assert run("refresh", "--home", home).returncode == 0
    assert returned(home)["2021-更正.csv"] == "accepted"


def test_a_file_is_withdrawn_once_with_a_reason_and_only_if_it_is_there(home: Path) -> None:
    without = run("withdraw", "2021-更正.csv", "--home", home)
    assert (without.returncode, "--reason" in without.stderr.decode()) == (2, True)
    strange = run("withdraw", "9999.csv", "--reason", "误报", "--home", home)
    assert (strange.returncode, "2021-更正.csv" in strange.stderr.decode()) == (2, True)
    for _ in range(2):
        assert run("withdraw", "2021-更正.csv", "--reason", "误报", "--home", home).returncode == 0
    assert len((home / "registers" / "withdrawn.csv").read_text("utf-8").splitlines()) == 2
    assert run("withdraw", "2020-年报.csv", "--undo", "--home", home).returncode == 2


def test_a_dry_run_says_what_would_change_and_changes_no_byte(home: Path) -> None:
    assert run("withdraw", "2021-更正.csv", "--reason", "误报", "--home", home).returncode == 0
    before = everything(home)
    done = run("refresh", "--dry-run", "--home", home)
    assert done.returncode == 0, done.stderr.decode()
    said = done.stdout.decode()
    assert "2021-更正.csv" in said
    assert "withdrawn 0" in said
    assert "2020-年报.csv" not in said
    assert everything(home) == before


def test_status_names_the_files_that_are_new_changed_or_gone(home: Path) -> None:
    (home / "inbox" / "2021-更正.csv").unlink()
    (home / "inbox" / "2022.csv").write_text("甲", encoding="utf-8")
    with (home / "inbox" / "2020-年报.csv").open("a", encoding="utf-8") as content:
        content.write("\n")
    said = run("status", "--home", home).stdout.decode().splitlines()
    for label, name in (("新增", "2022.csv"), ("有改动", "2020-年报.csv"), ("消失", "2021-更正.csv")):
        assert any(line.startswith(label) and line.endswith(f"1  {name}") for line in said), label


def test_coverage_names_the_school_that_has_not_reported_and_what_came_late(home: Path, tmp_path: Path) -> None:
    last = province()[2020].filter(pl.col("county_code") == COUNTY)["school_name"].to_list()
    there = Home(home).published().read("schools", [2021])["school_name"].to_list()
    (missing,) = set(last) - set(there)
    said = run("coverage", "--county", COUNTY, "--home", home).stdout.decode()
    assert any(missing in line and "未报" in line for line in said.splitlines())
    target = tmp_path / "coverage.csv"
    assert run("coverage", "--year", "2021", "--csv", target, "--home", home).returncode == 0
    rows = pl.read_csv(target, infer_schema=False)
    assert rows.filter(pl.col("status") == "received")["is_late"].unique().to_list() == ["true"]
    assert run("coverage", "--year", "2020", "--csv", target, "--home", home).returncode == 0
    assert pl.read_csv(target, infer_schema=False)["is_late"].unique().to_list() == ["false"]
    assert run("coverage", "--county", "999999", "--home", home).returncode == 2


def test_a_countys_follow_up_workbook_holds_its_open_checks(home: Path, tmp_path: Path) -> None:
    done = run("followup", "--county", COUNTY, "--year", "2021", "-o", tmp_path, "--home", home)
    assert done.returncode == 0, done.stderr.decode()
    assert (tmp_path / f"2021-补正-{COUNTY}.xlsx").exists()
    assert run("followup", "--county", "999999", "--home", home).returncode == 2


def test_what_is_unusual_is_asked_of_the_county_and_explained_by_what_it_sends_back(home: Path, tmp_path: Path) -> None:
    before = Home(home).published()
    findings = before.read("experience_findings", [2021])
    assert before.read("finding_explanations", [2021])["status"].unique().to_list() == ["open"]
    assert run("followup", "--county", COUNTY, "--year", "2021", "-o", tmp_path, "--home", home).returncode == 0
    path = tmp_path / f"2021-补正-{COUNTY}.xlsx"
    asked = fastexcel.read_excel(path).load_sheet(FOLLOW_UP_SHEET, dtypes="string").to_polars()
    assert asked[FOLLOW_UP_HEADERS["finding_id"]].to_list() == findings["finding_id"].to_list()
    told = {"text": "只留电子书", "explained_by": "李某", "explained_on": "2021-10-09"}
    first = asked.head(1).with_columns(pl.lit(cell).alias(FOLLOW_UP_HEADERS[name]) for name, cell in told.items())
    sheet = pl.concat([first, asked.tail(-1)]).fill_null("")
    write_workbook(path, {FOLLOW_UP_SHEET: [sheet.columns, *map(list, sheet.rows())]})
    assert run("explanations", "--take", path, "--home", home).returncode == 0
    assert run("refresh", "--home", home).returncode == 0
    after = Home(home).published()
    assert after.root != before.root
    said = after.read("finding_explanations", [2021]).filter(pl.col("status") == "explained")
    assert said.select("finding_id", "text", "explained_by").rows() == [
        (findings["finding_id"][0], "只留电子书", "李某")
    ]
    folder = after.site / "2021" / COUNTY
    assert "| 只留电子书 | 李某 | 2021 年 10 月 9 日 |" in (folder / "documents" / "check-report.md").read_text("utf-8")
    page = (folder / "index.html").read_text("utf-8")
    assert 'href="documents/check-report.html"' in page
    assert 'id="findings"' in page
    public = (after.public / "2021" / COUNTY / "index.html").read_text("utf-8")
    assert "check-report" not in public
    assert 'id="findings"' not in public
    for table in ("county_dispersion", "unit_indicators", "county_verdicts"):
        assert after.path(table, 2021).read_bytes() == before.path(table, 2021).read_bytes()
