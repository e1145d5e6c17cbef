"""Where it is heading: cohorts, the errors they made, and limits that a trend would cross."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from pipelines.crossings import limit_crossings
from pipelines.intake import inbox_files, take_in
from pipelines.outlook import capacity
from pipelines.projection import back_tests, errors, grade_totals, pupil_projections
from schemas.contract import accept, conform
from schemas.outlook import LIMIT_CROSSINGS, PUPIL_CAPACITY, PUPIL_PROJECTIONS
from schemas.source import sources
from schemas.tables import COUNTY_DISPERSION
from tests.county import schools

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "tw-moe"
Row = dict[str, object]


def cohort(year: int, county: int, first: int, *, entrants: int) -> list[Row]:
    """A primary school whose grade g + 1 is last year's grade g: `first` entered in 2000, `entrants` more each year."""
    grades = [first + entrants * (year - grade - 2000) for grade in range(6)]
    return [
        {
            "school_year": year,
            "county_code": f"6901{county:02d}",
            "school_id": f"21690{county:05d}",
            "pupils_primary": sum(grades),
            "full_time_teachers_primary": 10,
            "classes_primary": 6,
            "area_code": "111" if county % 2 else "220",
            **{f"pupils_grade_{grade}_primary": pupils for grade, pupils in enumerate(grades, 1)},
        }
    ]


def years(first: int, last: int, *, entrants: int, counties: int = 6) -> pl.DataFrame:
    return schools(
        [
            row
            for year in range(first, last + 1)
            for county in range(1, counties + 1)
            for row in cohort(year, county, 100 * county, entrants=entrants)
        ]
    )


def test_a_cohort_goes_on_from_grade_to_grade_and_entrants_stay_as_they_are() -> None:
    found = accept(pupil_projections(years(2010, 2016, entrants=12), 2016), PUPIL_PROJECTIONS)
    row = found.row(by_predicate=(pl.col("county_code") == "690101") & (pl.col("horizon") == 2), named=True)
    # Grades of 2016: 292, 280, 268, 256, 244, 232. In two years: 292, 292, 292, 280, 268, 256.
    assert row["pupils_now"] == 1572
    assert row["pupils"] == pytest.approx(292 * 3 + 280 + 268 + 256)
    assert row["method"] == "cohort"
    assert row["error_cohort"] < row["error_same"]
    assert row["projected_year"] == 2018


def test_the_interval_holds_what_came_in_earlier_years_and_no_figure_stands_without_one() -> None:
    rows = years(2009, 2019, entrants=12)
    then = {(r["county_code"], r["school_year"]): r["pupils_primary"] for r in rows.iter_rows(named=True)}
    found = pupil_projections(rows, 2016)
    assert found.drop_nulls(["pupils_low", "pupils_high"]).height == found.height == 18
    for row in found.iter_rows(named=True):
        came = then[row["county_code"], row["projected_year"]]
        assert row["pupils_low"] - 1 <= came * 1.02
        assert row["pupils_high"] + 1 >= came * 0.98
    few = pupil_projections(years(2013, 2016, entrants=12, counties=2), 2016)
    assert few.is_empty()


def test_later_years_are_not_read() -> None:
    rows = years(2010, 2019, entrants=12)
    assert pupil_projections(rows, 2016).equals(pupil_projections(rows.filter(pl.col("school_year") <= 2016), 2016))


def test_where_cohorts_err_more_than_no_change_they_are_not_taken() -> None:
    # Pupils are what they were, but grades are told anew each year: carrying them on can only harm.
    rows = []
    for year in range(2010, 2017):
        for county in range(1, 7):
            (row,) = cohort(year, county, 100 * county, entrants=0)
            grades = [100 * county * (1 + (grade + year) % 3) for grade in range(6)]
            row |= {f"pupils_grade_{grade}_primary": pupils for grade, pupils in enumerate(grades, 1)}
            row["pupils_primary"] = sum(grades)
            rows.append(row)
    found = accept(pupil_projections(schools(rows), 2016), PUPIL_PROJECTIONS)
    assert set(found["method"]) == {"same"}
    assert found["pupils"].to_list() == found["pupils_now"].to_list()


def test_a_county_in_which_a_school_does_not_report_its_grades_has_no_projection() -> None:
    rows = years(2010, 2016, entrants=12)
    silent = (pl.col("county_code") == "690101") & (pl.col("school_year") == 2016)
    rows = rows.with_columns(
        pl.when(silent).then(None).otherwise("pupils_grade_3_primary").alias("pupils_grade_3_primary")
    )
    assert "690101" not in pupil_projections(rows, 2016)["county_code"].to_list()
    assert "690102" in pupil_projections(rows, 2016)["county_code"].to_list()


def test_pupils_per_teacher_and_class_follow_the_interval_and_the_urban_share_is_of_this_year() -> None:
    rows = years(2009, 2016, entrants=12)
    found = accept(capacity(rows, pupil_projections(rows, 2016), 2016), PUPIL_CAPACITY)
    row = found.row(by_predicate=(pl.col("county_code") == "690101") & (pl.col("horizon") == 1), named=True)
    assert row["pupils_per_teacher"] == pytest.approx(157.2)
    assert row["pupils_per_class"] == pytest.approx(262)
    assert row["pupils_per_teacher_low"] == pytest.approx(row["pupils_low"] / 10)
    assert row["pupils_per_class_high"] == pytest.approx(row["pupils_high"] / 6)
    assert row["urban_share"] == 1
    assert found.filter(pl.col("county_code") == "690102")["urban_share"].to_list() == [0, 0, 0]


def spread(values: dict[int, list[float]], limit: float = 0.5) -> pl.DataFrame:
    """Coefficients of as many counties as each year has values."""
    rows = [
        {
            "school_year": year,
            "standard": "drawn",
            "source": "cn-returns",
            "province_code": "690000",
            "county_code": f"6901{county:02d}",
            "county_name": f"第{county}县",
            "stage": "primary",
            "indicator": "books",
            "unit": "volumes_per_pupil",
            "cv": cv,
            "limit": limit,
        }
        for year, cvs in values.items()
        for county, cv in enumerate(cvs, 1)
    ]
    return conform(pl.DataFrame(rows), COUNTY_DISPERSION)


def test_a_steady_rise_crosses_the_limit_in_the_year_that_its_slope_gives() -> None:
    # 0.30 in 2010, 0.02 more each year: 0.44 in 2017, so 0.50 is reached in 2020 and exceeded in 2021.
    rise = spread({year: [0.30 + 0.02 * (year - 2010)] * 10 for year in range(2010, 2018)})
    found = accept(limit_crossings(rise, 2017), LIMIT_CROSSINGS)
    assert set(found["crossing_year"]) == {2021}
    assert set(found["crossing_first"]) == set(found["crossing_last"]) == {2021}
    assert set(found["reason"]) == {None}


def test_a_coefficient_beyond_its_limit_that_falls_comes_within_it() -> None:
    fall = spread({year: [0.70 - 0.02 * (year - 2010)] * 10 for year in range(2010, 2018)})
    assert set(limit_crossings(fall, 2017)["crossing_year"]) == {2020}


def test_where_trends_erred_no_less_than_no_change_no_year_is_given() -> None:
    swing = spread({year: [0.40 + 0.03 * (year % 2)] * 10 for year in range(2008, 2018)})
    found = accept(limit_crossings(swing, 2017), LIMIT_CROSSINGS)
    assert set(found["reason"]) == {"trend_no_better"}
    assert found["crossing_year"].null_count() == found.height


def test_three_years_are_too_few_for_a_trend_and_what_falls_away_from_its_limit_does_not_cross() -> None:
    rise = spread({year: [0.30 + 0.02 * (year - 2010)] * 10 for year in range(2010, 2018)})
    short = pl.concat([rise.filter(pl.col("county_code") != "690101"), rise.filter(pl.col("school_year") >= 2015)])
    found = limit_crossings(short.unique(maintain_order=True), 2017)
    assert dict(found.select("county_code", "reason").iter_rows())["690101"] == "too_few_years"
    fall = spread({year: [0.40 - 0.02 * (year - 2010)] * 10 for year in range(2010, 2018)})
    assert set(limit_crossings(fall, 2017)["reason"]) == {"does_not_cross"}


@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"real returns are absent: no folder {FOLDER}")
def test_on_fourteen_years_of_real_returns_cohorts_erred_less_than_no_change_at_every_horizon() -> None:
    files = [(path.relative_to(FOLDER).as_posix(), path) for path in inbox_files(FOLDER)]
    rows = take_in(files, [sources()["tw-moe"]]).schools
    tried = errors(back_tests(grade_totals(rows), 2025))
    primary = tried.filter(pl.col("stage") == "primary")
    assert primary["horizon"].to_list() == [1, 2, 3]
    assert primary["trials"].to_list() == [264, 242, 220]
    assert (primary["error_cohort"] < primary["error_same"]).all()
    # "As many as this year" once more, from the schools' own totals, county by county.
    then: dict[tuple[str, int], int] = {}
    for county, year, pupils in rows.select("county_code", "school_year", "pupils_primary").iter_rows():
        then[county, year] = then.get((county, year), 0) + (pupils or 0)
    for ahead, error in primary.select("horizon", "error_same").iter_rows():
        off = [
            abs(now - then[county, year + ahead]) / then[county, year + ahead]
            for (county, year), now in then.items()
            if (county, year + ahead) in then and year > 2012
        ]
        assert error == pytest.approx(sum(off) / len(off))
    assert primary["error_cohort"].to_list() == pytest.approx([0.0099, 0.0241, 0.0358], abs=1e-4)
    found = accept(pupil_projections(rows, 2025), PUPIL_PROJECTIONS)
    assert found.filter(pl.col("stage") == "primary")["county_code"].n_unique() == 22
