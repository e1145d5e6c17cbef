"""Year over year, and three years side by side."""

from __future__ import annotations

import polars as pl
import pytest

from pipelines.change import year_over_year
from pipelines.dispersion import county_dispersion
from pipelines.indicators import unit_indicators
from pipelines.monitoring import three_year_monitoring
from pipelines.units import units
from pipelines.verdicts import resource_verdicts, school_verdicts
from schemas.lineage import COUNTY_HISTORY, SCHOOL_CHANGES
from standards.standard import standards
from tests.county import schools

BASIC, INDICATIVE = standards()["cn-basic-2012"], standards()["tw-indicative"]
Row = dict[str, object]
UNCHANGED = SCHOOL_CHANGES.empty()


def school(code: int, pupils: int | None, teachers: int | None) -> Row:
    return {"school_id": f"21690000{code:02d}", "pupils_primary": pupils, "full_time_teachers_primary": teachers}


def changed(before: list[Row], now: list[Row]) -> pl.DataFrame:
    rows = [{"school_year": year, **row} for year, year_rows in ((2022, before), (2023, now)) for row in year_rows]
    found = units(schools(rows), INDICATIVE)
    values = unit_indicators(found, INDICATIVE)
    change = year_over_year(
        found, values, county_dispersion(found, values, INDICATIVE), UNCHANGED, COUNTY_HISTORY.empty(), INDICATIVE, 2023
    )
    return change.filter(pl.col("indicator") == "teacher_pupil_ratio")


def only(rows: pl.DataFrame, series: str) -> dict[str, object]:
    found = rows.filter(pl.col("series") == series)
    assert found.height == 1
    return found.row(0, named=True)


BEFORE = [school(1, 100, 5), school(2, 100, 15), school(3, 50, 10)]
NOW = [school(1, 100, 10), school(2, 100, 15), school(4, 20, 4)]


def test_the_county_is_compared_over_all_units_and_apart_over_those_of_both_years() -> None:
    rows = changed(BEFORE, NOW)
    county, common = only(rows, "county"), only(rows, "common")
    assert (county["value_before"], county["value"]) == (30 / 250, pytest.approx(29 / 220))
    assert (common["value_before"], common["value"]) == (pytest.approx(0.1), pytest.approx(0.125))
    assert common["change_percent"] == pytest.approx(25)
    assert common["cv_before"] == pytest.approx(0.5)
    assert common["cv"] == pytest.approx(0.2)
    assert common["cv_change"] == pytest.approx(-0.3)
    assert [county[f"units_{kind}"] for kind in ("common", "opened", "closed")] == [2, 1, 1]


def test_openings_and_closings_stand_apart_from_units_of_both_years() -> None:
    rows = changed(BEFORE, NOW)
    assert rows.filter(pl.col("series") == "unit")["unit_id"].to_list() == ["2169000001/primary", "2169000002/primary"]
    opened, closed = only(rows, "opened"), only(rows, "closed")
    assert (opened["unit_id"], opened["value_before"], opened["value"]) == ("2169000004/primary", None, 0.2)
    assert (closed["unit_id"], closed["value_before"], closed["value"]) == ("2169000003/primary", 0.2, None)


def test_a_change_from_nothing_has_no_percent() -> None:
    rows = changed([school(1, 100, 0)], [school(1, 100, 5)])
    unit = only(rows, "unit")
    assert (unit["change"], unit["change_percent"]) == (0.05, None)


def test_schools_of_both_years_are_those_with_a_value_in_both() -> None:
    rows = changed([*BEFORE, school(5, 500, 100)], [*NOW, school(5, 500, None)])
    common = only(rows, "common")
    assert (common["units_common"], common["value_before"], common["value"]) == (
        2,
        pytest.approx(0.1),
        pytest.approx(0.125),
    )


def test_a_figure_not_reported_this_year_is_said_and_is_no_change() -> None:
    unit = only(changed([school(1, 100, 5)], [school(1, 100, None)]), "unit")
    assert (unit["value"], unit["change"], unit["reason"]) == (None, None, "not_reported")


def test_without_a_year_before_nothing_counts_as_opened() -> None:
    rows = changed([], NOW)
    assert rows["series"].to_list() == ["county"]
    assert only(rows, "county")["reason"] == "no_year_before"


def monitored(cvs: dict[int, float | None], standard_limit: float = 0.65) -> dict[str, object]:
    """The window over the composite of primary, drawn from its CVs; None: a year whose CV is not reported."""
    rows = []
    for year, cv in cvs.items():
        status = "undetermined" if cv is None else "met" if cv <= standard_limit else "not_met"
        rows.append(
            {
                "standard": BASIC.id,
                "source": "cn-returns",
                "province_code": "690000",
                "county_code": "690101",
                "county_name": "青岚县",
                "stage": "primary",
                "indicator": "composite",
                "unit": "1",
                "school_year": year,
                "mean": None,
                "cv": cv,
                "limit": standard_limit,
                "margin": None if cv is None else standard_limit - cv,
                "status": status,
            }
        )
    floats = {"school_year": pl.Int32} | dict.fromkeys(("mean", "cv", "margin"), pl.Float64)
    spread = pl.DataFrame(rows, schema_overrides=floats)
    verdicts = spread.select(
        "standard",
        "source",
        "province_code",
        "county_code",
        "county_name",
        "school_year",
        pl.lit("all").alias("stage"),
        pl.col("status").alias("verdict"),
    )
    found = three_year_monitoring(spread, verdicts, COUNTY_HISTORY.empty(), 2023)
    return found.row(by_predicate=pl.col("indicator") == "composite", named=True)


@pytest.mark.parametrize(
    ("cvs", "direction", "worse_years"),
    [
        ((0.5, 0.4, 0.3), "improving", 0),
        ((0.3, 0.4, 0.5), "worsening", 2),
        ((0.5, 0.4, 0.45), "mixed", 1),
        ((0.4, 0.4, 0.4), "steady", 0),
    ],
)
def test_the_direction_is_read_from_all_three_years(cvs: tuple[float, ...], direction: str, worse_years: int) -> None:
    row = monitored(dict(zip((2021, 2022, 2023), cvs, strict=True)))
    assert (row["direction"], row["consecutive_worsening"], row["window"]) == (direction, worse_years, "complete")
    assert (row["held"], row["breaches"]) == ("met", 0)


def test_over_the_limit_after_a_year_within_it_is_over_it_again() -> None:
    row = monitored({2021: 0.7, 2022: 0.6, 2023: 0.66})
    assert (row["is_over_limit_again"], row["is_worse_than_year_before"], row["breaches"]) == (True, True, 2)
    assert row["held"] == "not_met"


def test_over_the_limit_in_all_three_years_is_not_over_it_again() -> None:
    row = monitored({2021: 0.7, 2022: 0.7, 2023: 0.66})
    assert (row["is_over_limit_again"], row["breaches"]) == (False, 3)


def test_a_year_without_data_makes_the_window_incomplete_and_is_named() -> None:
    row = monitored({2021: 0.5, 2023: 0.5})
    assert (row["window"], row["years_missing"], row["status_year_before"]) == ("incomplete", "2022", "no_data")
    assert (row["held"], row["direction"]) == ("undetermined", "undetermined")
    assert row["is_worse_than_year_before"] is None


def test_years_that_could_not_be_judged_are_not_years_without_a_breach() -> None:
    assert monitored({2021: None, 2022: None, 2023: None})["breaches"] is None


def test_a_year_whose_figure_is_not_reported_is_missing_too() -> None:
    row = monitored({2021: 0.5, 2022: None, 2023: 0.5})
    assert (row["window"], row["years_missing"], row["held"]) == ("incomplete", "2022", "undetermined")


def test_the_countys_verdict_is_monitored_as_a_row_of_its_own() -> None:
    rows = [{"school_year": year, **school(1, 100, 5)} for year in (2022, 2023)]
    found = units(schools(rows), BASIC)
    values = unit_indicators(found, BASIC)
    spread = county_dispersion(found, values, BASIC)
    verdicts = resource_verdicts(spread, school_verdicts(values, BASIC), BASIC)
    row = three_year_monitoring(spread, verdicts, COUNTY_HISTORY.empty(), 2023).row(
        by_predicate=pl.col("indicator") == "verdict", named=True
    )
    assert (row["stage"], row["held"], row["years_missing"]) == ("all", "undetermined", "2021")
