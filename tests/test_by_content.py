"""A refresh does again what changed, and nothing else; by whatever steps a home was reached, its bytes are the same."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from assets import inputs
from assets.editions import content_hash
from assets.home import Home
from assets.refresh import RefreshFailedError
from pipelines.synthetic import province
from reports import render
from reports.return_workbook import return_frame
from schemas.source import sources
from standards.standard import load_standards

YEARS = (2020, 2021)
COUNTIES = ("690121", "690126", "680126")
"""The last is the second once more in another province."""
Refresh = Callable[..., tuple[int, int, int, int]]


@pytest.fixture
def refresh(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Refresh:
    """The command in this process, under one standard: files read, files, pages written, pages, as it says."""
    few = {name: found for name, found in load_standards().items() if name == "cn-quality-2017"}
    monkeypatch.setattr("assets.home._standards", lambda *_: few)
    monkeypatch.setattr(dg.DagsterInstance, "get", dg.DagsterInstance.ephemeral)
    monkeypatch.setenv("DAGSTER_HOME", "")  # put back afterwards: the refresh sets it

    with warnings.catch_warnings():  # of typer, as it is imported
        warnings.simplefilter("ignore", DeprecationWarning)
        import typer  # noqa: PLC0415

        from assets import command  # noqa: PLC0415

    def run(home: Home, **options: object) -> tuple[int, int, int, int]:
        with pytest.raises(typer.Exit) as end:
            command.refresh(home=home.root, **options)  # type: ignore[arg-type]
        assert end.value.exit_code == 0
        said = " ".join(capsys.readouterr().out.split())
        found = re.search(r"read ([\d,]+) of ([\d,]+) files, wrote ([\d,]+) of ([\d,]+) pages", said)
        assert found, said
        numbers = [int(number.replace(",", "")) for number in found.groups()]
        return numbers[0], numbers[1], numbers[2], numbers[3]

    return run


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with a file for each of three counties of two provinces in two school years in its inbox."""
    found = Home(tmp_path / "home")
    found.inbox.mkdir(parents=True)
    for year in YEARS:
        for county in COUNTIES:
            hand_in(found, year, county)
    return found


def hand_in(home: Home, year: int, county: str, books: int | None = None) -> None:
    """A county's file of a school year, perhaps with another number of books in its first school; an old file."""
    rows = province()[year].filter(pl.col("county_code") == f"69{county[2:]}").head(8)
    rows = rows.with_columns(county_code=pl.lit(county), school_id=county[:2] + pl.col("school_id").str.slice(2))
    if books is not None:
        first = pl.int_range(pl.len()) == 0
        rows = rows.with_columns(books=pl.when(first).then(books).otherwise("books").cast(rows.schema["books"]))
    path = home.inbox / f"{year}-{county}.csv"
    return_frame(sources()["cn-returns"], "school", year, rows).write_csv(path)
    os.utime(path, ns=(10**18 + (books or 0), 10**18 + (books or 0)))


def times(home: Home) -> dict[str, int]:
    """When each file of tables and pages was written."""
    return {path.relative_to(home.root).as_posix(): path.stat().st_mtime_ns for path in home.contents()}


def moved(home: Home, before: dict[str, int]) -> set[str]:
    """The files of tables and pages that were written since."""
    return {path for path, time in times(home).items() if before.get(path) != time}


def test_what_did_not_change_is_not_done_again_and_by_any_steps_the_bytes_are_those_of_a_full_refresh(
    home: Home, refresh: Refresh, tmp_path: Path
) -> None:
    read, files, written, pages = refresh(home)
    assert (read, files, written) == (6, 6, pages)
    assert pages == sum(path.is_relative_to(home.site) or path.is_relative_to(home.public) for path in home.contents())

    before, runs = times(home), len(list(home.dagster.rglob("*")))
    assert refresh(home) == (0, 6, 0, pages)
    assert (moved(home, before), len(list(home.dagster.rglob("*")))) == (set(), runs)

    made = home.root / "made" / "pages" / "site" / "2021" / "690000.json"
    rendered = made.stat().st_mtime_ns
    hand_in(home, 2021, "680126", books=4321)
    read, _, written, _ = refresh(home)
    changed = moved(home, before)
    assert (read, 0 < written < pages) == (3, True)
    assert "site/2021/680126/index.html" in changed
    assert not [path for path in changed if "2020" in path or "/2021/69" in path or "/forms/69" in path]
    assert made.stat().st_mtime_ns == rendered

    broken = home.path("unit_indicators", 2020)
    whole = broken.read_bytes()
    broken.write_bytes(whole[:100])
    home.path("units", 2021).unlink()
    refresh(home)
    assert broken.read_bytes() == home.published().path("unit_indicators", 2020).read_bytes() == whole
    assert home.path("units", 2021).exists()
    assert refresh(home)[:3] == (0, 6, 0)

    (home.inbox / "2021-690121.csv").unlink()
    assert refresh(home)[:2] == (2, 5)
    hand_in(home, 2021, "690121")
    assert refresh(home)[:2] == (3, 6)

    by_steps = (home.published().root.name, content_hash(home.published()))
    other = Home(tmp_path / "other")
    assert refresh(other, inbox=home.inbox)[0] == 6
    assert (other.published().root.name, content_hash(other.published())) == by_steps
    before = times(home)
    assert refresh(home, everything=True)[:3] == (6, 6, 0)
    assert (moved(home, before), home.published().root.name, content_hash(home.published())) == (set(), *by_steps)


def test_a_refresh_that_broke_off_leaves_nothing_that_passes_for_done(
    home: Home, refresh: Refresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    refresh(home)
    whole = (home.published().root.name, content_hash(home.published()), content_hash(home))
    for books, step in ((4321, "note_made"), (None, "note_seen")):  # the change half made, then half taken back
        hand_in(home, 2020, "680126", books=books)
        with monkeypatch.context() as broken:
            broken.setattr(f"assets.tables.{step}", _break_off)
            with pytest.raises(RefreshFailedError, match="broken off"):
                refresh(home)
        assert content_hash(home) != whole[-1]
    refresh(home)
    assert (home.published().root.name, content_hash(home.published()), content_hash(home)) == whole


def _break_off(*_: object) -> None:
    raise RuntimeError("broken off")


def test_other_code_of_pages_reads_no_return_makes_no_table_and_writes_the_pages_that_it_changes(
    home: Home, refresh: Refresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = refresh(home)[-1]
    before, code, county_html = times(home), inputs.code, render.county_html
    made = (home.root / "made" / "units.json").read_bytes()
    monkeypatch.setattr(inputs, "code", lambda packages: code(packages) + "x" * ("reports" in packages))
    monkeypatch.setattr(render, "county_html", lambda *given: f"{county_html(*given)}<!-- new -->")
    read, files, written, _ = refresh(home)
    changed = moved(home, before)
    assert (read, files, written, (home.root / "made" / "units.json").read_bytes()) == (0, 6, len(changed), made)
    assert {path.rpartition("/")[2] for path in changed} == {"index.html"}
    counties = {
        f"{tree}/{year}/{county}"
        for tree in ("site", "site/en", "public", "public/en")
        for year in YEARS
        for county in COUNTIES
    }
    assert {path.rpartition("/")[0] for path in changed} == counties
    assert refresh(home) == (0, 6, 0, pages)
