"""How many questions the real returns of Taiwan and Maracanaú raise: few, and the one that comes back is explained."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from pipelines.county_history import PLACES, successors
from pipelines.intake import inbox_files, take_in
from pipelines.integrity import integrity_signals
from pipelines.lineage import school_changes, school_lineage
from schemas.contract import accept
from schemas.county import SCHOOL_GROUPS
from schemas.integrity import INTEGRITY_SIGNALS
from schemas.integrity_rules import integrity_rules
from schemas.lineage import COUNTY_EVENTS, SCHOOL_EVENTS
from schemas.source import sources
from schemas.tables import UNIT_INDICATORS

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
COUNTY_YEAR = ["school_year", "county_code"]


def raised(source: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The schools of all years of a source, and the signals that they raise."""
    folder = DATA / source
    if not folder.exists():
        pytest.skip(f"no real data at {folder}")
    files = [(path.relative_to(folder).as_posix(), path) for path in inbox_files(folder)]
    schools = take_in(files, sources().values()).schools
    register = SCHOOL_EVENTS.empty()
    refused = pl.DataFrame(schema={"source": pl.String, "school_id": pl.String})
    found = []
    for year in schools["school_year"].unique().sort():
        window = range(year - integrity_rules().years_before, year + 1)
        both = schools.filter(pl.col("school_year").is_in([year - 1, year]))
        became = successors(schools.select(PLACES).unique(), COUNTY_EVENTS.empty(), year)
        found.append(
            integrity_signals(
                schools.filter(pl.col("school_year").is_in(list(window))),
                UNIT_INDICATORS.empty(),
                SCHOOL_GROUPS.empty(),
                pl.concat(school_lineage(schools, register, y) for y in window),
                school_changes(both, register, became, refused, year),
                [],
                year,
            )
        )
    return schools, accept(pl.concat(found), INTEGRITY_SIGNALS)


def test_fourteen_years_of_taiwan_raise_seven_questions_of_which_five_are_of_a_school_that_is_always_full() -> None:
    schools, found = raised("tw-moe")
    assert schools.select(COUNTY_YEAR).unique().height == 308
    assert found["kind"].value_counts(sort=True).rows() == [("copy", 6), ("heaping", 1)]
    full = found.filter(pl.col("school_name").str.contains("靜心"))
    assert full["school_year"].to_list() == [2015, 2022, 2023, 2024, 2025]
    # Every one of its grades holds about as many pupils as any other, whatever the year.
    grades = [f"pupils_grade_{grade}_primary" for grade in range(1, 7)]
    held = schools.filter(pl.col("school_id").is_in(full["school_id"].unique().to_list())).select(grades)
    held = held.filter(pl.all_horizontal(pl.col(grades) > 0))
    assert held.select(pl.max_horizontal(grades) - pl.min_horizontal(grades)).to_series().max() <= 5


def test_ten_years_of_maracanau_raise_no_question() -> None:
    schools, found = raised("br-maracanau")
    assert schools.height == 2006
    assert found.is_empty()
