"""No edition in which a later school year stands on returns that are no longer there."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from assets.home import Home
from assets.lookback import YearsLeftBehindError, left_behind, note_made, require_none_left_behind
from schemas.contract import conform
from schemas.tables import RETURNS
from tests.test_graph import materialise, write_year


def take_in(home: Home, year: int, sha256: str) -> None:
    """A school year of one file with this hash."""
    row = {
        "school_year": year, "source": "cn-returns", "layout": "school", "file": f"{year}.csv", "sha256": sha256 * 64,
        "size_bytes": 1, "status": "accepted", "rows_read": 1, "rows_accepted": 1, "rows_refused": 0,
        "rows_superseded": 0, "cells_refused": 0,
    }  # fmt: skip
    home.write("returns", year, conform(pl.DataFrame([row]), RETURNS))


def test_a_year_is_left_behind_once_a_year_before_it_has_other_returns(tmp_path: Path) -> None:
    home = Home(tmp_path)
    for year in (2021, 2022):
        take_in(home, year, "a")
        note_made(home, year)
    require_none_left_behind(home)
    take_in(home, 2020, "a")
    note_made(home, 2020)
    assert left_behind(home) == [2021, 2022]
    with pytest.raises(YearsLeftBehindError, match="--years 2021-2022"):
        require_none_left_behind(home)
    note_made(home, 2021)
    assert left_behind(home) == [2022]
    note_made(home, 2022)
    take_in(home, 2022, "b")
    assert left_behind(home) == [2022]


def test_a_later_year_leaves_none_before_it_behind_and_what_was_never_noted_is_not_known(tmp_path: Path) -> None:
    home = Home(tmp_path)
    take_in(home, 2021, "a")
    assert left_behind(home) == []
    note_made(home, 2021)
    take_in(home, 2022, "a")
    assert left_behind(home) == []


def test_partitions_made_newest_first_publish_once_the_newest_is_made_again(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.inbox.mkdir()
    for year in (2020, 2021):
        write_year(home, year)
    with dg.DagsterInstance.ephemeral() as instance:
        assert materialise(home, 2021, 2021, instance).success
        good = home.published().root
        assert home.published().years() == [2021]
        earlier = materialise(home, 2020, 2020, instance)
        assert not earlier.success
        assert {event.step_key for event in earlier.all_events if event.is_step_failure} == {"site"}
        # The tables of both years are there, and the last good edition is still the one that readers see.
        assert (home.years(), home.published().root) == ([2020, 2021], good)
        assert home.published().years() == [2021]
        assert materialise(home, 2021, 2021, instance).success
    assert home.published().root != good
    assert home.published().years() == [2020, 2021]
