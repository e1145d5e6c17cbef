"""Fourteen years of real returns: what of every county's change in teachers per pupil is due to what.

Held against a decomposition that reads the files by itself and goes through every order of the causes. The files are not
part of the repository; where the folder beside the checkout is absent, these tests are skipped.
"""

from __future__ import annotations

import math
from itertools import permutations

import polars as pl
import pytest

from pipelines.change_causes import Inputs, change_causes, over_years
from pipelines.dispersion import county_dispersion
from pipelines.indicators import unit_indicators
from pipelines.intake import Intake
from pipelines.lineage import IDENTITY, school_changes
from pipelines.units import units
from schemas.contract import accept
from schemas.lineage import COUNTY_HISTORY, SCHOOL_EVENTS
from schemas.why import CAUSES, CHANGE_CAUSES
from standards.standard import standards
from tests.test_lineage import NOBODY, NOWHERE
from tests.test_real_returns import CSV, FOLDER, MERGED, lines, taken, teachers_and_pupils

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"real returns are absent: no folder {FOLDER}")

INDICATIVE = standards()["tw-indicative"]
School = tuple[int, int]
ORDERS = list(permutations(("resources", "pupils", "opened", "closed")))


@pytest.fixture(scope="module")
def intake() -> Intake:
    return taken(CSV)


@pytest.fixture(scope="module")
def causes(intake: Intake) -> pl.DataFrame:
    """The causes of every change of the CSV files' years."""
    found = units(intake.schools, INDICATIVE)
    values = unit_indicators(found, INDICATIVE)
    spread = county_dispersion(found, values, INDICATIVE)
    years = sorted(set(intake.schools["school_year"].to_list()))
    parts = []
    for year in years[1:]:
        held = intake.schools.filter(pl.col("school_year").is_in([year - 1, year]))
        told = school_changes(held.select(IDENTITY), SCHOOL_EVENTS.empty(), NOWHERE, NOBODY, year)
        facts, corrections = intake.county["county_facts"], intake.corrections
        inputs = Inputs(intake.schools, found, values, spread, facts, corrections, told, COUNTY_HISTORY.empty())
        parts.append(change_causes(inputs.of_years(year - 1, year), INDICATIVE, year))
    rows = accept(pl.concat(parts), CHANGE_CAUSES)
    return rows.filter(pl.col("indicator") == "teacher_pupil_ratio", pl.col("stage") == "primary")


def read(year: int) -> dict[str, dict[str, School]]:
    """Pupils and teachers of every primary school with pupils, by county."""
    found: dict[str, dict[str, School]] = {}
    for row in lines(FOLDER / CSV / f"{year - 1911}_basec.csv"):
        teachers, pupils = teachers_and_pupils(row)
        code = row["縣市代碼"]
        if pupils and teachers is not None:
            found.setdefault(MERGED.get(code, code), {})[row["學校代碼"]] = (pupils, teachers)
    return found


def figures(schools: list[School]) -> tuple[float, float]:
    everyone = sum(p for p, _ in schools)
    mean = sum(t for _, t in schools) / everyone
    return mean, math.sqrt(sum(p / everyone * (t / p - mean) ** 2 for p, t in schools)) / mean


def by_orders(before: dict[str, School], now: dict[str, School]) -> dict[str, tuple[float, float]]:
    both, opened, closed = before.keys() & now.keys(), now.keys() - before.keys(), before.keys() - now.keys()
    known: dict[frozenset[str], tuple[float, float]] = {}

    def state(done: frozenset[str]) -> tuple[float, float]:
        if done not in known:
            pupils, teachers = now if "pupils" in done else before, now if "resources" in done else before
            rows = [(pupils[school][0], teachers[school][1]) for school in both]
            rows += [now[school] for school in opened if "opened" in done]
            known[done] = figures(rows + [before[school] for school in closed if "closed" not in done])
        return known[done]

    parts = {cause: [0.0, 0.0] for cause in ORDERS[0]}
    for order in ORDERS:
        for place, cause in enumerate(order):
            after, earlier = state(frozenset(order[: place + 1])), state(frozenset(order[:place]))
            for figure in (0, 1):
                parts[cause][figure] += (after[figure] - earlier[figure]) / len(ORDERS)
    return {cause: (mean, cv) for cause, (mean, cv) in parts.items()}


def test_twenty_two_counties_have_their_causes_in_every_pair_of_years_and_they_add_up(causes: pl.DataFrame) -> None:
    assert causes["reason"].null_count() == causes.height
    assert causes.group_by("school_year").agg(pl.col("county_code").n_unique() == 22)["county_code"].all()
    missed = causes.select((pl.sum_horizontal(CAUSES) - pl.col("change")).abs().max()).item()
    assert missed <= 1e-12
    assert causes["school_year"].n_unique() == 11


@pytest.mark.parametrize("year", [2016, 2020, 2025])
def test_pupils_teachers_openings_and_closings_of_every_county_agree_with_an_independent_decomposition(
    causes: pl.DataFrame, year: int
) -> None:
    before, now = read(year - 1), read(year)
    for row in causes.filter(pl.col("school_year") == year).iter_rows(named=True):
        expected = by_orders(before[row["county_code"]], now[row["county_code"]])
        for cause, parts in expected.items():
            part = parts[0 if row["figure"] == "mean" else 1]
            assert row[cause] == pytest.approx(part, rel=1e-7, abs=1e-10), (row["county_name"], row["figure"], cause)
        assert {row[name] for name in ("regrouped", "reporting", "corrections", "relaxations")} == {0}


def test_over_all_years_of_the_files_the_yearly_parts_are_the_whole_change(causes: pl.DataFrame) -> None:
    first, last = causes["school_year"].min() - 1, causes["school_year"].max()
    rows = over_years(causes, first, last)
    assert rows.filter(pl.col("figure") == "mean").height == 22
    assert rows["reason"].null_count() == rows.height
    assert rows.select((pl.sum_horizontal(CAUSES) - pl.col("change")).abs().max()).item() <= 1e-12
    ends = {
        year: {code: figures(list(schools.values()))[0] for code, schools in read(year).items()}
        for year in (first, last)
    }
    for row in rows.filter(pl.col("figure") == "mean").iter_rows(named=True):
        assert row["value_before"] == pytest.approx(ends[first][row["county_code"]], rel=1e-9)
        assert row["value"] == pytest.approx(ends[last][row["county_code"]], rel=1e-9)
