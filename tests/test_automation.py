"""When a school year is made again: its returns, its corrections or the registers are not those behind the edition."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from assets.automation import changed_years, inbox_sensor
from assets.editions import publish
from assets.home import Home
from assets.resource import HomeResource
from pipelines.intake import named_files, take_in
from schemas.corrections import COLUMNS
from schemas.lineage import SCHOOL_CHANGES
from schemas.source import sources
from tests.drawing import table, tw_table, write_text


def published(home: Home) -> None:
    """What is in the inbox taken in and published, as far as it is asked for here."""
    taken = take_in(named_files(home.inbox), sources().values(), corrections=home.corrections)
    assert not taken.unmatched
    tables = {"returns": taken.returns, "schools": taken.schools, "corrections": taken.corrections}
    for year in taken.returns["school_year"].unique():
        for name, rows in (tables | {"school_changes": SCHOOL_CHANGES.empty()}).items():
            home.write(name, year, rows.filter(school_year=year))
    publish(home, accept_restatements=True, reason="试")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A published home with a national return of 2021 and a Taiwanese one of 2022."""
    found = Home(tmp_path)
    found.inbox.mkdir()
    found.claim("real")
    (tmp_path / "corrections").mkdir()
    (tmp_path / "registers").mkdir()
    write_text(found.inbox / "a.csv", table(2))
    write_text(found.inbox / "b.csv", tw_table("primary_csv", 2022, {}))
    published(found)
    return found


def changed(home: Home) -> list[int]:
    return changed_years(HomeResource(root=str(home.root)))


def correct(home: Home, source: str, **cells: str) -> None:
    sound = {
        "id": "C-1", "table": "schools", "school_year": "2021", "where": "school_id=2111000001", "column": "books",
        "expect": "100", "set": "1000", "reason": "少写一个零", "document": "函〔2022〕3号", "status": "applied",
    }  # fmt: skip
    row = ",".join((sound | cells).get(name, "") for name in COLUMNS)
    (home.root / "corrections" / f"{source}.csv").write_text(f"{','.join(COLUMNS)}\n{row}\n", "utf-8")


def test_a_correction_makes_its_school_year_again_once(home: Home) -> None:
    assert changed(home) == []
    correct(home, "cn-returns")
    assert changed(home) == [2021]
    published(home)
    assert changed(home) == []
    correct(home, "cn-returns", status="withdrawn")
    assert changed(home) == [2021]


@pytest.mark.parametrize(
    "cells",
    [
        {"school_year": "2022"},
        {"table": "county_facts", "where": "county_code=110101; fact=甲", "column": "value"},
        {"file": "elsewhere.csv"},
    ],
)
def test_a_correction_of_returns_that_are_not_there_makes_no_year_again(home: Home, cells: dict[str, str]) -> None:
    assert home.years() == [2021, 2022]
    correct(home, "cn-returns", **cells)
    assert len(home.corrections) == 1
    assert changed(home) == []


@pytest.mark.parametrize(("register", "is_asked"), [("school_events", True), ("roster", True), ("due_dates", False)])
def test_a_register_that_was_edited_makes_the_years_again_once(home: Home, register: str, *, is_asked: bool) -> None:
    (home.root / "registers" / f"{register}.csv").write_text("event\n", "utf-8")
    assert changed(home) == (home.years() if is_asked else [])
    published(home)
    assert changed(home) == []


def test_the_sensor_asks_for_a_run_once_an_edited_register_lies_still(home: Home) -> None:
    cursor: str | None = None
    answers = []
    for look in range(6):
        if look == 3:
            (home.root / "registers" / "county_events.csv").write_text("event\n", "utf-8")
        with dg.build_sensor_context(cursor=cursor, resources={"home": HomeResource(root=str(home.root))}) as context:
            answers.append(type(inbox_sensor(context)))
            cursor = context.cursor
    assert answers == [*[dg.SkipReason] * 4, dg.RunRequest, dg.SkipReason]
