"""State on disk: never half, never mixed, and a pointer switched last."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from assets.home import Home, HomeError, default_home, write_whole, years_of
from schemas.contract import ContractBrokenError, conform
from schemas.tables import RETURNS, TABLES


def returns(year: int, rows: int = 3) -> pl.DataFrame:
    row = {
        "school_year": year,
        "layout": "school",
        "file": "a.csv",
        "sha256": "0" * 64,
        "size_bytes": 1,
        "status": "accepted",
        "rows_read": rows,
        "rows_accepted": rows,
        "rows_refused": 0,
        "rows_superseded": 0,
        "cells_refused": 0,
    }
    return conform(pl.DataFrame([row]), RETURNS)


def test_a_table_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    home = Home(tmp_path)
    for year in (2021, 2020):
        home.write("returns", year, returns(year))
    assert home.read("returns").equals(pl.concat([returns(2020), returns(2021)]))
    assert home.read("returns", [2021, 2030]).equals(returns(2021))
    assert home.read("returns", columns=["file"]).columns == ["file"]
    assert home.years() == [2020, 2021]


def test_every_table_is_written_empty_and_read_back_empty(tmp_path: Path) -> None:
    for name, contract in TABLES.items():
        Home(tmp_path).write(name, 2020, contract.empty())
        assert Home(tmp_path).read(name).equals(contract.empty())


def test_a_table_that_breaks_its_contract_is_not_written(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with pytest.raises(ContractBrokenError, match="rows_add_up"):
        home.write("returns", 2020, returns(2020).with_columns(rows_read=pl.lit(4, pl.Int64)))
    assert not home.partitions("returns")


def test_the_same_bytes_are_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    assert write_whole(path, b"a")
    before = path.stat().st_ino
    assert not write_whole(path, b"a")
    assert path.stat().st_ino == before
    assert write_whole(path, b"b")
    assert path.stat().st_ino != before


def test_a_page_that_is_no_longer_made_is_taken_away(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.write_pages([("2020/1/index.html", "a"), ("2020/2/index.html", "b")], "2020")
    home.write_pages([("2020/1/index.html", "a")], "2020")
    assert [path.name for path in (tmp_path / "site" / "2020").iterdir()] == ["1"]


def test_a_home_is_locked_for_others_and_not_for_itself(tmp_path: Path) -> None:
    other = "import sys; from pathlib import Path; from assets.home import Home; Home(Path(sys.argv[1])).locked().__enter__()"
    command = [sys.executable, "-c", other, str(tmp_path)]
    with Home(tmp_path).locked(), Home(tmp_path).locked():
        refused = subprocess.run(command, check=False, capture_output=True)
    assert b"HomeLockedError" in refused.stderr
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0


def test_real_and_synthetic_data_never_mix(tmp_path: Path) -> None:
    Home(tmp_path).claim("real")
    Home(tmp_path).claim("real")
    with pytest.raises(HomeError, match="--home"):
        Home(tmp_path).claim("synthetic")


def test_the_home_is_named_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUNHENG_HOME", str(tmp_path))
    assert default_home() == tmp_path
    monkeypatch.delenv("JUNHENG_HOME")
    assert default_home().name == ".junheng"


@pytest.mark.parametrize(
    ("text", "years"), [("2014-2016", [2014, 2015, 2016]), ("2023", [2023]), ("2014, 2016-2017", [2014, 2016, 2017])]
)
def test_years_are_named_by_spans_and_commas(text: str, years: list[int]) -> None:
    assert years_of(text) == years
