"""Fourteen years of real returns, held against a computation that shares no line with ours.

The files are not part of the repository; where the folder beside the checkout is absent, these tests are skipped.
"""

from __future__ import annotations

import csv
import io
import math
from collections import defaultdict
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest

from pipelines import county_history
from pipelines.dispersion import county_dispersion
from pipelines.indicators import unit_indicators
from pipelines.intake import Intake, inbox_files, take_in
from pipelines.units import units
from pipelines.verdicts import resource_verdicts, school_verdicts
from schemas.lineage import COUNTY_EVENTS
from schemas.source import sources
from standards.standard import standards

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "tw-moe"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"real returns are absent: no folder {FOLDER}")

MERGED = {"19": "06", "21": "11", "50": "12"}
CSV, RAW = "csv_primary_103-114", "raw_txt_101-103"
Cell = tuple[str, str, int]


def lines(path: Path) -> list[dict[str, str]]:
    content = path.read_bytes()
    if content.startswith(b"\xff\xfe"):
        text = content.decode("utf-16")
    elif content.startswith(b"\xef\xbb\xbf"):
        text = content.decode("utf-8-sig")
    else:
        text = content.decode("cp950")
    rows = list(csv.reader(io.StringIO(text), delimiter="\t" if path.suffix == ".txt" else ","))
    top = next(number for number, row in enumerate(rows) if "學校代碼" in row)
    return [dict(zip(rows[top], (cell.strip() for cell in row), strict=True)) for row in rows[top + 1 :]]


def number(text: str) -> int:
    return 0 if text == "-" else int(text.replace(",", ""))


def teachers_and_pupils(row: dict[str, str]) -> tuple[int | None, int]:
    """Teachers (None where both columns are "-" and there are pupils) and pupils of a row, by the file's own words."""
    pupils = sum(number(v) for k, v in row.items() if k[1:3] == "年級" and k[3:4] in ("男", "女"))
    men, women = row["男專任教師"], row["女專任教師"]
    if men == women == "-" and pupils:
        return None, pupils
    return number(men) + number(women), pupils


def independent(folder: str, names: str) -> dict[Cell, tuple[Fraction, float]]:
    """Mean and CV of teachers per pupil per county, stage and year; sums in fractions, no rounding before the root."""
    groups: dict[Cell, list[tuple[int, int]]] = defaultdict(list)
    for path in sorted((FOLDER / folder).glob(names)):
        year = 1911 + int(path.name[:3])
        stage = "junior" if path.stem.endswith("j") else "primary"
        for row in lines(path):
            teachers, pupils = teachers_and_pupils(row)
            code = row["縣市代碼"]
            if pupils and teachers is not None:
                groups[MERGED.get(code, code), stage, year].append((teachers, pupils))
    found = {}
    for cell, schools in groups.items():
        everyone = sum(p for _, p in schools)
        mean = Fraction(sum(t for t, _ in schools), everyone)
        variance = sum(Fraction(p, everyone) * (Fraction(t, p) - mean) ** 2 for t, p in schools)
        found[cell] = (mean, math.sqrt(variance) / float(mean))
    return found


@pytest.fixture(scope="module")
def csv_intake() -> Intake:
    return taken(CSV)


@pytest.fixture(scope="module")
def raw_intake() -> Intake:
    return taken(RAW)


def taken(folder: str) -> Intake:
    files = [(path.relative_to(FOLDER).as_posix(), path) for path in inbox_files(FOLDER / folder)]
    return take_in(files, sources().values())


def dispersion(intake: Intake, standard: str = "tw-indicative") -> pl.DataFrame:
    rules = standards()[standard]
    found = units(intake.schools, rules)
    return county_dispersion(found, unit_indicators(found, rules), rules)


def ours(intake: Intake) -> dict[Cell, tuple[float, float]]:
    rows = dispersion(intake).filter(pl.col("indicator") == "teacher_pupil_ratio")
    return {(r["county_code"], r["stage"], r["school_year"]): (r["mean"], r["cv"]) for r in rows.iter_rows(named=True)}


def assert_agree(found: dict[Cell, tuple[float, float]], expected: dict[Cell, tuple[Fraction, float]]) -> None:
    assert found.keys() == expected.keys()
    for cell, (mean, cv) in expected.items():
        assert found[cell][0] == pytest.approx(float(mean), rel=1e-9), cell
        assert found[cell][1] == pytest.approx(cv, rel=1e-9), cell


def test_264_county_years_of_primary_teachers_per_pupil_agree_with_an_independent_computation(
    csv_intake: Intake,
) -> None:
    expected = independent(CSV, "*_basec.csv")
    assert len(expected) == 264
    assert_agree(ours(csv_intake), expected)


def test_both_stages_of_the_raw_files_agree_with_an_independent_computation(raw_intake: Intake) -> None:
    expected = independent(RAW, "*_base?.txt")
    assert len(expected) == 3 * 2 * 22
    assert_agree(ours(raw_intake), expected)


def test_new_taipeis_junior_cv_of_2014_leaves_out_the_units_whose_teachers_are_not_reported(
    raw_intake: Intake,
) -> None:
    row = dispersion(raw_intake).row(
        by_predicate=(pl.col("county_code") == "01")
        & (pl.col("stage") == "junior")
        & (pl.col("school_year") == 2014)
        & (pl.col("indicator") == "teacher_pupil_ratio"),
        named=True,
    )
    assert (row["units"], row["units_reporting"], row["reason"]) == (96, 63, "missing_units")
    assert round(row["cv"], 3) == 0.184


def test_the_two_publications_of_2014_differ_by_56_pupils_and_33_teachers_and_the_later_one_is_used() -> None:
    files = [(path.relative_to(FOLDER).as_posix(), path) for path in inbox_files(FOLDER) if "103_basec" in path.name]
    both = take_in(files, sources().values())
    later, earlier = (take_in([file], sources().values()).schools for file in files)
    figures = ["pupils_primary", "full_time_teachers_primary"]
    pair = later.join(earlier, on="school_id", suffix="_before")
    differences = [(pair[f] - pair[f"{f}_before"]).abs().sum() for f in figures]
    totals = [abs(later[f].sum() - earlier[f].sum()) for f in figures]
    assert 56 in (differences[0], totals[0])
    assert 33 in (differences[1], totals[1])
    assert both.schools["file"].unique().to_list() == [f"{CSV}/103_basec.csv"]
    raw = both.returns.row(by_predicate=pl.col("layout") == "primary_raw", named=True)
    assert (raw["status"], raw["rows_superseded"], raw["superseded_by"]) == (
        "superseded",
        2670,
        f"{CSV}/103_basec.csv",
    )


@pytest.mark.parametrize("standard", ["cn-basic-2012", "cn-quality-2017"])
def test_without_facilities_nothing_is_zero_and_no_verdict_is_met(raw_intake: Intake, standard: str) -> None:
    rules = standards()[standard]
    found = units(raw_intake.schools, rules)
    values = unit_indicators(found, rules)
    spread = county_dispersion(found, values, rules)
    facilities = [i.id for i in rules.indicators if set(i.plus) & set(rules.split.resources)]
    assert len(facilities) in (4, 5)
    of_facilities = spread.filter(pl.col("indicator").is_in([*facilities, "composite"]))
    assert of_facilities.height
    assert of_facilities["cv"].null_count() == of_facilities["mean"].null_count() == of_facilities.height
    assert set(of_facilities["reason"]) == {"not_reported"}
    assert values.filter(pl.col("indicator").is_in(facilities))["value"].null_count() == (
        values.filter(pl.col("indicator").is_in(facilities)).height
    )
    verdicts = resource_verdicts(spread, school_verdicts(values, rules), rules)
    assert set(verdicts["verdict"]) == {"undetermined"}


def test_every_row_of_the_eighteen_files_is_accounted_for(csv_intake: Intake, raw_intake: Intake) -> None:
    returns = pl.concat([csv_intake.returns, raw_intake.returns])
    assert returns.height == 18
    total = pl.col("rows_accepted") + pl.col("rows_refused") + pl.col("rows_superseded")
    assert returns.filter(pl.col("rows_read") != total).height == 0
    assert csv_intake.schools["county_code"].n_unique() == 22
    assert csv_intake.schools["county_name"].n_unique() == 22
    assert csv_intake.quarantine.height == 0


@pytest.mark.parametrize("name", ["桃園", "臺中", "臺南", "高雄"])
def test_a_city_that_was_merged_or_renamed_has_one_unbroken_series_over_fourteen_years(
    csv_intake: Intake, raw_intake: Intake, name: str
) -> None:
    by_year = {
        row["school_year"]: row
        for intake in (raw_intake, csv_intake)
        for row in dispersion(intake)
        .filter(
            pl.col("county_name").str.starts_with(name)
            & (pl.col("stage") == "primary")
            & (pl.col("indicator") == "teacher_pupil_ratio")
        )
        .iter_rows(named=True)
    }
    assert sorted(by_year) == list(range(2012, 2026))
    assert len({row["county_code"] for row in by_year.values()}) == 1
    assert all(row["cv"] is not None and row["units"] > 100 for row in by_year.values())
    places = pl.concat(
        intake.schools.select(county_history.PLACES).unique(maintain_order=True) for intake in (raw_intake, csv_intake)
    )
    for year in range(2013, 2026):
        changes = county_history.county_changes(
            places.filter(pl.col("school_year").is_in([year - 1, year])), COUNTY_EVENTS.empty(), year
        )
        assert changes.is_empty(), year


def test_every_county_of_fourteen_years_is_one_of_twenty_two(csv_intake: Intake, raw_intake: Intake) -> None:
    for intake in (raw_intake, csv_intake):
        counts = intake.schools.group_by("school_year").agg(pl.col("county_code").n_unique())["county_code"]
        assert set(counts) == {22}
