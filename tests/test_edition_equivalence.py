"""By whichever way a home was filled, the current edition is the same; and what two real publications changed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from assets.editions import content_hash, publications, restated
from assets.home import Home
from assets.refresh import refresh
from pipelines.synthetic import province
from reports.return_workbook import return_frame
from schemas.source import sources
from standards.standard import load_standards

YEARS = (2020, 2021)
REAL = Path(__file__).resolve().parents[2] / "shared" / "data" / "tw-moe"
Fill = Callable[[Home, Path, Sequence[int]], None]


@pytest.fixture
def fill(monkeypatch: pytest.MonkeyPatch) -> Fill:
    """A refresh in this process, under two standards, as the tests need no more to tell one edition from another."""
    few = {
        name: standard for name, standard in load_standards().items() if name in ("cn-quality-2017", "tw-indicative")
    }
    monkeypatch.setattr("assets.home._standards", lambda *_: few)
    monkeypatch.setattr(dg.DagsterInstance, "get", dg.DagsterInstance.ephemeral)
    monkeypatch.setenv("DAGSTER_HOME", "")  # put back afterwards: the refresh sets it

    def run(home: Home, inbox: Path, years: Sequence[int]) -> None:
        home.claim("real", inbox)
        refresh(home, inbox, years)

    return run


def test_every_way_to_fill_a_home_ends_in_the_same_edition(tmp_path: Path, fill: Fill) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    files = {}
    for year in YEARS:
        rows = province()[year].filter(pl.col("county_code") == "690126")
        files[year] = tmp_path / f"{year}.csv"
        return_frame(sources()["cn-returns"], "school", year, rows).write_csv(files[year])
    ways = ("in_sequence", "one_run", "year_by_year", "newest_first")
    homes = {name: Home(tmp_path / f"home-{name}") for name in ways}
    for year, file in files.items():
        shutil.copy(file, inbox)
        fill(homes["in_sequence"], inbox, [year])
    fill(homes["one_run"], inbox, YEARS)
    for year in YEARS:
        fill(homes["year_by_year"], inbox, [year])
    for year in reversed(YEARS):
        fill(homes["newest_first"], inbox, [year])
    ends = {name: home.published() for name, home in homes.items()}
    assert len(ends["one_run"].contents()) > len(YEARS)
    assert {name: end.root.name for name, end in ends.items()} == dict.fromkeys(ways, ends["one_run"].root.name)
    assert {name: content_hash(end) for name, end in ends.items()} == dict.fromkeys(ways, content_hash(ends["one_run"]))


@pytest.mark.skipif(not REAL.is_dir(), reason=f"real returns are absent: no folder {REAL}")
def test_the_two_publications_of_2014_restate_exactly_the_counties_that_moved(tmp_path: Path, fill: Fill) -> None:
    inbox, home = tmp_path / "inbox", Home(tmp_path / "home")
    # The layout of the table of 2014 as CSV has no year in it: the file's name must keep it.
    for folder, file in (("raw_txt_101-103", "103_basec.txt"), ("csv_primary_103-114", "103_basec.csv")):
        (inbox / folder).mkdir(parents=True)
        shutil.copy(REAL / folder / file, inbox / folder)
        fill(home, inbox, [2014])
    found = restated(home)
    before, after = (Home(home.root / "editions" / made.id).read("schools") for made in publications(home))
    assert found["causes"].unique().to_list() == ["source_revision"]
    assert found["document"].unique().to_list() == ["csv_primary_103-114/103_basec.csv"]
    assert found.filter(kind="verdict").height == 0
    for column, moved_in_all in (("pupils_primary", 56), ("full_time_teachers_primary", 33)):
        sums = [rows.group_by("county_code").agg(pl.col(column).sum()) for rows in (before, after)]
        pairs = sums[0].join(sums[1], on="county_code", suffix="_now").filter(pl.col(column) != pl.col(f"{column}_now"))
        told = found.filter(table="schools", indicator=column)
        assert (
            told.select("county_code", "value_before", "value").sort("county_code").rows()
            == pairs.sort("county_code").rows()
        )
        assert (told["value"] - told["value_before"]).abs().sum() == moved_in_all
