"""The command as people use it: a folder in, tables and pages out, exit codes that scripts rely on."""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import fastexcel
import polars as pl
import pyarrow.parquet as pq
import pytest

from assets.home import SYNTHETIC_MARK, Home
from pipelines.synthetic import province
from reports.return_workbook import return_frame
from schemas.source import sources
from schemas.tables import TABLES
from tests.drawing import county_table, write_workbook

SOURCE = sources()["cn-returns"]
YEARS = (2020, 2021)
COUNTIES = ("690121", "690126")


def run(*arguments: str | Path, home: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "junheng", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=False, env=environment(home))


def environment(home: Path | None) -> dict[str, str]:
    return os.environ | ({"JUNHENG_HOME": str(home)} if home else {}) | {"COLUMNS": "200"}


def contents(home: Path) -> dict[str, str]:
    """Every file under tables, quarantine and site, with its hash."""
    return {
        path.relative_to(home).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for part in ("tables", "quarantine", "site")
        for path in sorted((home / part).rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two counties in two school years, one file a year, with one bad cell in the second."""
    folder = tmp_path_factory.mktemp("inbox")
    for year, schools in province().items():
        if year in YEARS:
            rows = schools.filter(pl.col("county_code").is_in(COUNTIES))
            frame = return_frame(SOURCE, "school", year, rows)
            if year == YEARS[-1]:
                books = pl.when(pl.int_range(pl.len()) == 3).then(pl.lit("很多")).otherwise(pl.col("图书册数"))
                frame = frame.with_columns(books.alias("图书册数"))
            frame.write_csv(folder / f"{year}.csv")
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, inbox: Path) -> Path:
    """The home after a refresh of both years."""
    folder = tmp_path_factory.mktemp("home")
    done = run("refresh", "--inbox", inbox, "--years", "2020-2021", "--home", folder)
    assert done.returncode == 1, done.stderr.decode()
    assert b"Traceback" not in done.stderr
    return folder


def test_a_refresh_writes_every_table_and_a_report_per_county_and_year(home: Path) -> None:
    for table in TABLES:
        assert Home(home).partitions(table)[:2] == ["2020", "2021"]
    for year in YEARS:
        for county in COUNTIES:
            page = home / "site" / str(year) / county
            assert "<h1" in (page / "index.html").read_text("utf-8")
            assert (page / "report.md").read_text("utf-8").count("\n# ") <= 1
    assert (home / "site" / "index.html").exists()
    assert (home / "current").is_symlink()
    assert (home / "current" / "site" / "index.html").read_bytes() == (home / "site" / "index.html").read_bytes()


def test_one_bad_cell_is_kept_with_file_row_column_and_value_and_nothing_else_is_lost(home: Path) -> None:
    quarantine = Home(home).read("quarantine")
    assert quarantine.select("file", "row", "level", "header", "value", "rule").rows() == [
        ("2021.csv", 5, "cell", "图书册数", "很多", "not_a_number")
    ]
    returns = Home(home).read("returns")
    assert (returns["rows_read"] == returns["rows_accepted"]).all()
    assert returns["cells_refused"].to_list() == [0, 1]


def test_two_runs_on_the_same_input_give_the_same_bytes(home: Path, inbox: Path) -> None:
    first = contents(home)
    assert run("refresh", "--inbox", inbox, "--home", home).returncode == 1
    assert contents(home) == first


def test_a_run_killed_half_way_and_run_again_ends_like_an_undisturbed_one(
    home: Path, inbox: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "junheng", "refresh", "--inbox", str(inbox), "--home", str(tmp_path)]
    started = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (tmp_path / "tables" / "units").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    started.send_signal(signal.SIGKILL)
    started.wait()
    assert not (tmp_path / "current").exists()
    assert contents(tmp_path) != contents(home)
    assert (tmp_path / ".lock").read_text()
    (tmp_path / "tables" / "units" / ".2020.parquet.1.part").write_bytes(b"half")
    assert run("refresh", "--inbox", inbox, "--home", tmp_path).returncode == 1
    assert contents(tmp_path) == contents(home)


def test_a_years_files_taken_away_take_its_tables_and_pages_away(inbox: Path, tmp_path: Path) -> None:
    few = tmp_path / "inbox"
    few.mkdir()
    for file in inbox.iterdir():
        (few / file.name).write_bytes(file.read_bytes())
    folder = tmp_path / "home"
    assert run("refresh", "--inbox", few, "--home", folder).returncode == 1
    (few / "2021.csv").unlink()
    assert run("refresh", "--inbox", few, "--home", folder).returncode == 0
    assert Home(folder).years() == [2020]
    assert not (folder / "site" / "2021").exists()


def test_a_home_in_use_is_not_touched(home: Path, inbox: Path) -> None:
    before = contents(home)
    with Home(home).locked():
        done = run("refresh", "--inbox", inbox, "--home", home)
    assert done.returncode == 4
    assert "占用" in done.stderr.decode()
    assert contents(home) == before


def test_real_data_do_not_go_into_a_synthetic_home(inbox: Path, tmp_path: Path) -> None:
    Home(tmp_path).claim("synthetic")
    done = run("refresh", "--inbox", inbox, "--home", tmp_path)
    assert done.returncode == 2
    assert "合成数据" in done.stderr.decode()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["refresh", "--inbox", "/nowhere"], "没有文件夹"),
        (["refresh", "--source", "nobody"], "没有来源"),
        (["export", "nothing"], "没有表"),
        (["export", "schools", "--format", "pdf"], "没有格式"),
        (["export", "schools", "--where", "school=1"], "没有列"),
        (["export", "schools", "--where", "school_year=x"], "Int32"),
        (["check", "nothing.xlsx"], "没有文件"),
        (["template", "--layout", "x"], "没有版式"),
        (["template", "--year", "3"], "1949"),
        (["template", "-o", "/nowhere/x.xlsx"], "写不了"),
        (["export", "schools", "-o", "/nowhere/x.csv"], "写不了"),
    ],
)
def test_a_users_mistake_is_said_in_words_and_ends_with_2(home: Path, arguments: list[str], words: str) -> None:
    done = run(*arguments, home=home)
    assert done.returncode == 2
    assert words in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()


def test_years_without_returns_are_said_and_nothing_is_made(inbox: Path, tmp_path: Path) -> None:
    done = run("refresh", "--inbox", inbox, "--home", tmp_path, "--years", "2031")
    assert done.returncode == 2
    assert "2020、2021" in done.stderr.decode()
    assert not (tmp_path / "home.json").exists()


def test_invented_returns_stay_invented_wherever_they_are_refreshed(inbox: Path, tmp_path: Path) -> None:
    copy = tmp_path / "inbox"
    copy.mkdir()
    for file in inbox.glob("2020.csv"):
        (copy / file.name).write_bytes(file.read_bytes())
    (copy / SYNTHETIC_MARK).touch()
    assert run("refresh", "--inbox", copy, "--home", tmp_path / "home").returncode == 0
    assert "合成数据" in (tmp_path / "home" / "site" / "2020" / COUNTIES[0] / "index.html").read_text("utf-8")


@pytest.mark.parametrize("years", ["abc", "2025-2014", "20-30"])
def test_years_that_cannot_be_read_are_a_users_mistake(inbox: Path, tmp_path: Path, years: str) -> None:
    done = run("refresh", "--inbox", inbox, "--home", tmp_path, "--years", years)
    assert done.returncode == 2
    assert "2014-2025" in done.stderr.decode()


def test_several_conditions_must_all_hold(home: Path) -> None:
    where = [
        "-w",
        "county_code=690126",
        "-w",
        "school_year=2021",
        "-w",
        "standard=cn-quality-2017",
        "-w",
        "stage=junior",
    ]
    done = run("export", "county_dispersion", *where, home=home)
    assert done.returncode == 0
    rows = pl.read_csv(io.BytesIO(done.stdout), infer_schema_length=None, schema_overrides={"county_code": pl.String})
    assert rows["county_code"].unique().to_list() == ["690126"]
    assert rows["indicator"].n_unique() == rows.height == 8


def test_every_format_holds_the_same_figures_to_the_last_digit(home: Path, tmp_path: Path) -> None:
    table = Home(home).read("county_dispersion")
    csv = run("export", "county_dispersion", home=home).stdout
    assert not csv.startswith(b"\xef\xbb\xbf")
    from_csv = pl.read_csv(io.BytesIO(csv), schema=table.schema)
    assert from_csv.equals(table)
    parquet = run("export", "county_dispersion", "-f", "parquet", home=home).stdout
    assert pl.DataFrame(pl.from_arrow(pq.read_table(io.BytesIO(parquet)))).equals(table)
    from_json = json.loads(run("export", "county_dispersion", "-f", "json", home=home).stdout)
    assert [row["cv"] for row in from_json] == table["cv"].to_list()
    workbook = tmp_path / "table.xlsx"
    assert run("export", "county_dispersion", "-f", "xlsx", "-o", workbook, home=home).returncode == 0
    from_workbook = fastexcel.read_excel(workbook).load_sheet("county_dispersion").to_polars()
    cvs = from_workbook["cv"].cast(pl.Float64)
    assert cvs.is_null().to_list() == table["cv"].is_null().to_list()
    assert cvs.drop_nulls().to_list() == pytest.approx(table["cv"].drop_nulls().to_list(), rel=1e-15)


def test_a_table_file_explains_itself(home: Path) -> None:
    schema = pq.read_schema(home / "tables" / "county_dispersion" / "2021.parquet")
    assert schema.metadata[b"table"] == b"county_dispersion"
    for field in schema:
        assert {b"unit", b"label_zh", b"label_en", b"source"} <= field.metadata.keys()
    assert schema.field("cv").metadata[b"label_zh"].decode() == "差异系数"


def test_check_names_what_a_file_is_and_every_fault(inbox: Path) -> None:
    sound, faulty = run("check", inbox / "2020.csv"), run("check", inbox / "2021.csv")
    assert (sound.returncode, faulty.returncode) == (0, 1)
    assert "cn-returns" in sound.stdout.decode()
    words = faulty.stdout.decode()
    assert "第 5 行" in words
    assert "图书册数" in words
    assert "很多" in words


def test_check_knows_the_standards_of_the_home_and_puts_each_fault_under_its_sheet(tmp_path: Path) -> None:
    facts = county_table("county_facts", {"fact": "cn-quality-2017/no_such_item", "finding": "是"})
    documents = county_table("county_documents", {"standard": "cn-quality-2017", "item": "layout", "title": "规划"})
    pages = {"县级事项": facts, "档案目录": [*documents, [*documents[1][:3], "nope", *documents[1][4:]]]}
    path = write_workbook(tmp_path / "县.xlsx", pages)
    done = run("check", path, home=tmp_path / "home")
    assert done.returncode == 1
    lines = done.stdout.decode().splitlines()
    assert sum(line.endswith("县.xlsx") for line in lines) == 1
    told = [line.strip() for line in lines if line.startswith(("  识别为", "  ✕"))]
    assert [
        "county_documents" in told[0],
        "“nope”" in told[1],
        "county_facts" in told[2],
        "no_such_item" in told[3],
    ] == [True] * 4
    assert len(told) == 4


def test_a_template_is_recognised_as_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "empty.xlsx"
    assert run("template", "--source", "cn-returns", "--year", "2023", "-o", path).returncode == 0
    done = run("check", path)
    assert done.returncode == 1
    assert "cn-returns / school" in done.stdout.decode()


def test_tables_lists_every_table_and_describes_one(home: Path) -> None:
    listed = run("tables", home=home).stdout.decode()
    assert all(table in listed for table in TABLES)
    described = run("tables", "county_dispersion", home=home).stdout.decode()
    assert "差异系数" in described


def test_help_is_there_without_loading_dagster() -> None:
    program = "import sys, assets.command; sys.exit('dagster' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
    assert "退出码" in run("--help").stdout.decode()
