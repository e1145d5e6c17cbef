"""Which school years a refresh finds to be made again, by each thing that can change; tables are drawn, not computed."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from assets import content
from assets.content import concerned, damaged, listed, note_seen, outdated, take_away
from assets.home import UNKNOWN, Home
from assets.inputs import code
from assets.lookback import note_made, note_unmade
from assets.withdrawn import Withdrawal, record_withdrawals
from pipelines.archives import digest
from pipelines.intake import named_files, take_in
from schemas.source import sources
from schemas.tables import TABLES
from tests.drawing import table, text, write_text

YEARS = [2021, 2022]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home of two school years, each of a file of its own, and a file of none; all as a refresh leaves it."""
    found = Home(tmp_path / "home")
    found.inbox.mkdir(parents=True)
    (found.root / "registers").mkdir()
    found.claim("real")
    write_text(found.inbox / "a.csv", table(2))
    write_text(found.inbox / "b.csv", table(2, year=2022))
    (found.inbox / "readme.txt").write_text("nothing of ours")
    made(found)
    return found


def made(home: Home) -> None:
    """The home's years taken in and noted; what is made from them is empty here."""
    age(home)
    taken = take_in(named_files(home.inbox), sources().values())
    there = listed(home, home.inbox, named_files(home.inbox))
    for year in YEARS:
        for name, contract in TABLES.items():
            home.write(name, year, contract.empty())
        home.write("returns", year, taken.returns.filter(school_year=year))
    home.write("returns", UNKNOWN, taken.returns.filter(taken.returns["school_year"].is_null()))
    note_seen(home, there, YEARS, [])
    for year in YEARS:
        for root in (home.site, home.public):
            home.write_parts([("all", "x", lambda year=year: [(f"{year}/index.html", "page")])], [str(year)], root)
        note_made(home, year)


def age(home: Home) -> None:
    """Every file of the inbox as if it had lain still for long."""
    for path in home.inbox.iterdir():
        os.utime(path, ns=(10**18, 10**18 + path.stat().st_size))


def found(home: Home, wanted: tuple[str, ...] = ()) -> tuple[list[int], list[int]]:
    return outdated(home, listed(home, home.inbox, named_files(home.inbox)), YEARS, wanted)


def withdraw(home: Home, reason: str = "重报") -> None:
    sha256 = digest(home.inbox / "a.csv")
    record_withdrawals(home.root, [Withdrawal("a.csv", sha256, reason, "张", "2022-01-01")])


def zip_in(home: Home) -> None:
    with zipfile.ZipFile(home.inbox / "more.zip", "w") as packed:
        packed.writestr("c.csv", text(table(3)))


CHANGES: dict[str, tuple[Callable[[Home], object], list[int]]] = {
    "nothing": (lambda home: None, []),
    "a file touched, with the same bytes": (lambda home: (home.inbox / "a.csv").touch(), []),
    "a file with other bytes": (lambda home: write_text(home.inbox / "a.csv", table(3)), [2021]),
    "a file that states another year now": (lambda home: write_text(home.inbox / "a.csv", table(2, year=2022)), YEARS),
    "a file under another name": (lambda home: (home.inbox / "b.csv").rename(home.inbox / "c.csv"), [2022]),
    "a file gone": (lambda home: (home.inbox / "b.csv").unlink(), [2022]),
    "a file in a zip": (zip_in, [2021]),
    "a file of no year": (lambda home: (home.inbox / "readme.txt").write_text("something else"), [2022]),
    "a file withdrawn": (withdraw, [2021]),
    "days on which returns are due": (lambda home: (home.root / "registers" / "due_dates.csv").write_text("x"), []),
    "a roster": (lambda home: (home.root / "registers" / "roster.csv").write_text("x"), YEARS),
    "an explanation": (lambda home: (home.root / "registers" / "explanations.csv").write_text("x"), YEARS),
    "rules of disclosure": (lambda home: (home.root / "disclosure.toml").write_text("x"), YEARS),
    "a run broken off": (lambda home: note_unmade(home, [2022]), [2022]),
    "a table deleted": (lambda home: home.path("units", 2021).unlink(), [2021]),
    "the files of no year deleted": (lambda home: home.path("returns", UNKNOWN).unlink(), [2022]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_school_year_is_made_again_by_what_concerns_it(home: Home, change: str) -> None:
    do, years = CHANGES[change]
    do(home)
    assert found(home) == (years, [])


@pytest.mark.parametrize(
    "folder", ["standards", "corrections"], ids=["a standard of the home", "a correction of the home"]
)
def test_other_rules_make_every_school_year_again(home: Home, folder: str) -> None:
    (home.root / folder).mkdir()
    suffix = {"standards": "toml", "corrections": "csv"}[folder]
    (home.root / folder / f"x.{suffix}").write_text("x")
    assert found(home) == (YEARS, [])


def test_other_sources_asked_for_make_every_school_year_again(home: Home) -> None:
    assert found(home, ("cn-returns",)) == (YEARS, [])


def test_other_code_of_pages_makes_the_pages_again_and_other_code_of_tables_both(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assets.inputs.code", lambda packages: "x" if "reports" in packages else code(packages))
    assert found(home) == ([], YEARS)
    monkeypatch.setattr("assets.inputs.code", lambda packages: "x")
    assert found(home) == (YEARS, [])


def test_another_reason_of_a_withdrawal_makes_its_school_year_again(home: Home) -> None:
    withdraw(home)
    note_seen(home, listed(home, home.inbox, named_files(home.inbox)), YEARS, [])
    assert found(home) == ([], [])
    withdraw(home, "填错")
    assert found(home) == ([2021], [])


def test_a_damaged_table_is_found_taken_away_and_wanted_until_it_is_written_again(home: Home) -> None:
    path = home.path("units", 2021)
    whole = path.read_bytes()
    assert damaged(home) == []
    path.touch()
    assert damaged(home) == []
    path.write_bytes(whole[:50])
    assert damaged(home) == [path]
    take_away(home, [path])
    assert (path.exists(), damaged(home), found(home)) == (False, [path], ([2021], []))
    home.write("units", 2021, TABLES["units"].empty())
    assert (path.read_bytes(), damaged(home), found(home)) == (whole, [], ([], []))


def test_a_run_over_a_year_reads_its_files_and_those_of_no_year(home: Home) -> None:
    there = listed(home, home.inbox, named_files(home.inbox))
    assert concerned(home, there, [2021]) == {"a.csv", "readme.txt"}
    assert concerned(home, there, YEARS) == {"a.csv", "b.csv", "readme.txt"}


def test_a_file_that_lay_still_is_not_opened_again_and_one_that_changed_just_now_is(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    survey = content.survey
    monkeypatch.setattr(
        content, "survey", lambda files, known: opened.extend(n for n, _ in files) or survey(files, known)
    )
    listed(home, home.inbox, named_files(home.inbox))
    assert opened == []
    (home.inbox / "a.csv").touch()
    for _ in range(2):
        listed(home, home.inbox, named_files(home.inbox))
    assert opened == ["a.csv", "a.csv"]
    opened.clear()
    listed(home, home.inbox, named_files(home.inbox), is_anew=True)
    assert opened == ["a.csv", "b.csv", "readme.txt"]
