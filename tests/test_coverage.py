"""Who has handed in a return: against a roster, last year's list, and the register of schools."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import polars as pl

from pipelines.coverage import by_county, by_file, coverage
from reports.coverage import not_reported
from schemas.contract import accept, conform
from schemas.coverage import COVERAGE, ROSTER
from schemas.lineage import SCHOOL_CHANGES
from schemas.tables import QUARANTINE
from tests.county import schools

COUNTY = {"source": "cn-returns", "county_code": "690101"}


def held(*years: tuple[int, str]) -> pl.DataFrame:
    """Schools that handed in: (school year, letter); the letter is the end of the identifier."""
    rows = [
        {"school_year": year, "school_id": f"216900000{letter}", "school_name": f"{letter}小学", "file": f"{year}.csv"}
        for year, letters in years
        for letter in letters
    ]
    return schools(rows)


def roster(letters: str, **more: object) -> pl.DataFrame:
    rows = [COUNTY | {"school_id": f"216900000{letter}", "school_name": f"{letter}小学"} | more for letter in letters]
    return conform(pl.DataFrame(rows), ROSTER) if rows else ROSTER.empty()


def changed(**given: object) -> pl.DataFrame:
    return conform(
        pl.DataFrame([COUNTY | {"school_year": 2023, "event_date": dt.date(2023, 8, 1)} | given]), SCHOOL_CHANGES
    )


def found(
    held_in: pl.DataFrame,
    *,
    listed: pl.DataFrame | None = None,
    changes: pl.DataFrame | None = None,
    refused: pl.DataFrame | None = None,
) -> dict[str, tuple[str | None, str]]:
    """By the letter of each school: why it was expected, and what came."""
    rows = coverage(
        held_in,
        SCHOOL_CHANGES.empty() if changes is None else changes,
        QUARANTINE.empty() if refused is None else refused,
        ROSTER.empty() if listed is None else listed,
        2023,
    )
    accept(rows, COVERAGE)
    return {row["school_id"][-1]: (row["expected_by"], row["status"]) for row in rows.iter_rows(named=True)}


def test_without_a_roster_last_years_schools_are_expected() -> None:
    assert found(held((2022, "AB"), (2023, "BC"))) == {
        "A": ("last_year", "missing"),
        "B": ("last_year", "received"),
        "C": (None, "unexpected"),
    }


def test_a_roster_goes_before_last_years_list() -> None:
    assert found(held((2022, "AB"), (2023, "BC")), listed=roster("CD")) == {
        "B": (None, "unexpected"),
        "C": ("roster", "received"),
        "D": ("roster", "missing"),
    }


def test_a_school_is_expected_only_within_the_days_of_the_roster() -> None:
    ended = roster("A", expected_until=dt.date(2023, 8, 31))
    to_come = roster("B", expected_from=dt.date(2023, 9, 2))
    listed = pl.concat([ended, to_come, roster("C", expected_from=dt.date(2023, 9, 1))])
    assert found(held((2023, "C")), listed=listed) == {"C": ("roster", "received")}


def test_a_school_whose_row_was_refused_is_not_missing() -> None:
    refused = conform(
        pl.DataFrame(
            [
                COUNTY
                | {
                    "school_year": 2023,
                    "file": "2023.csv",
                    "row": 7,
                    "level": "row",
                    "school_id": "216900000A",
                    "rule": "x",
                    "message": "x",
                    "message_en": "x",
                }
            ]
        ),
        QUARANTINE,
    )
    assert found(held((2022, "AB"), (2023, "B")), refused=refused)["A"] == ("last_year", "refused")


def test_a_school_whose_end_is_registered_is_not_expected_and_one_that_begins_is() -> None:
    changes = changed(
        change="recoded",
        event="recoded",
        school_id_before="216900000A",
        school_id_after="216900000C",
        return_part="whole",
    )
    assert found(held((2022, "AB"), (2023, "BC")), changes=changes) == {
        "B": ("last_year", "received"),
        "C": ("event", "received"),
    }


def test_where_nothing_says_who_is_expected_every_return_is_received() -> None:
    assert found(held((2023, "AB"))) == {"A": (None, "received"), "B": (None, "received")}


def test_counties_and_files_are_counted() -> None:
    rows = coverage(held((2022, "AB"), (2023, "BC")), SCHOOL_CHANGES.empty(), QUARANTINE.empty(), ROSTER.empty(), 2023)
    names = ("expected", "received", "refused", "missing", "unexpected")
    assert by_county(rows).select("county_code", *names).rows() == [("690101", 2, 1, 0, 1, 1)]
    assert by_file(rows).select("file", *names).rows() == [("2023.csv", 1, 1, 0, 0, 1)]


def test_a_countys_page_names_who_has_not_reported() -> None:
    rows = coverage(held((2022, "AB"), (2023, "B")), SCHOOL_CHANGES.empty(), QUARANTINE.empty(), ROSTER.empty(), 2023)

    county = SimpleNamespace(all=SimpleNamespace(public=None), frame={"coverage": rows}.__getitem__)
    assert not_reported(county) == ["应报而未报的学校 1 所：A小学。"]  # type: ignore[arg-type]
