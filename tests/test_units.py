"""How schools become evaluation units, and which of them count."""

from __future__ import annotations

import polars as pl
import pytest

from pipelines.units import units
from standards.standard import standards
from tests.county import figures, schools

BASIC, QUALITY = standards()["cn-basic-2012"], standards()["cn-quality-2017"]
INDICATIVE = standards()["tw-indicative"]


def standings(rows: list[dict[str, object]], standard: object) -> dict[str, tuple[str, str | None]]:
    found = units(schools(rows), standard)  # type: ignore[arg-type]
    return {name: (standing, reason) for name, standing, reason in found.select("unit_id", "standing", "reason").rows()}


def test_an_integrated_school_becomes_one_unit_per_compulsory_stage() -> None:
    rows = [{"school_type_code": "345", "pupils_primary": 100, "pupils_junior": 80, "pupils_senior": 60}]
    found = units(schools(rows), QUALITY)
    assert found["unit_id"].to_list() == ["2169000001/junior", "2169000001/primary"]
    assert set(found["share_denominator"]) == {100 * 100 + 110 * 80 + 132 * 60}


def test_an_attached_class_is_a_unit_of_its_own_stage() -> None:
    rows = [{"school_type_code": "311", "pupils_junior": 300, "pupils_primary": 40}]
    assert list(standings(rows, QUALITY)) == ["2169000001/junior", "2169000001/primary"]


def test_a_suspended_school_is_listed_and_enters_no_average() -> None:
    rows = [{"pupils_primary": 0, "books": 500}, {"pupils_primary": 10, "books": 100}]
    assert standings(rows, BASIC)["2169000001/primary"] == ("suspended", "no_pupils")
    values, spread = figures(rows, BASIC)
    assert values["unit_id"].unique().to_list() == ["2169000002/primary"]
    books = spread.row(by_predicate=pl.col("indicator") == "books", named=True)
    assert (books["units"], books["mean"], books["cv"], books["reason"]) == (1, 10.0, 0.0, "single_school")


def test_a_unit_whose_pupils_are_not_reported_counts_and_enters_no_mean() -> None:
    rows = [{"pupils_primary": None, "books": 500}, {"pupils_primary": 10, "books": 100}]
    values, spread = figures(rows, BASIC)
    books = spread.row(by_predicate=pl.col("indicator") == "books", named=True)
    assert (books["units"], books["units_reporting"], books["mean"], books["reason"]) == (2, 1, 10.0, "missing_units")
    first = values.row(
        by_predicate=(pl.col("unit_id") == "2169000001/primary") & (pl.col("indicator") == "books"), named=True
    )
    assert (first["value"], first["reason"]) == (None, "pupils_not_reported")


def test_private_schools_and_those_not_run_by_the_county_are_out_of_scope_in_2012_alone() -> None:
    rows = [{"pupils_primary": 100, "operator_code": code} for code in ("831", "999", "811", "891", None)]
    of_2012 = [standing for standing, _ in standings(rows, BASIC).values()]
    assert of_2012 == ["counted", "out_of_scope", "out_of_scope", "out_of_scope", "counted"]
    assert {standing for standing, _ in standings(rows, QUALITY).values()} == {"counted"}


@pytest.mark.parametrize(
    ("pupils", "of_2012", "of_2017"),
    [
        (50, ("out_of_scope", "teaching_point"), ("counted", None)),
        (49, ("out_of_scope", "teaching_point"), ("listed", "small_teaching_point")),
        (None, ("out_of_scope", "teaching_point"), ("counted", None)),
    ],
)
def test_a_teaching_point_counts_in_2017_from_fifty_pupils_and_never_in_2012(
    pupils: int | None, of_2012: tuple[str, str | None], of_2017: tuple[str, str | None]
) -> None:
    rows = [
        {"pupils_primary": 500},
        {
            "school_type_code": "218",
            "pupils_primary": pupils,
            "is_counted": False,
            "parent_school_id": "2169000001",
        },
    ]
    assert standings(rows, BASIC)["2169000002/primary"] == of_2012
    assert standings(rows, QUALITY)["2169000002/primary"] == of_2017


def test_special_and_vocational_schools_are_out_of_scope() -> None:
    rows = [{"school_type_code": code, "pupils_primary": 30, "pupils_junior": 30} for code in ("512", "321")]
    assert {standing for standing, _ in standings(rows, QUALITY).values()} == {"out_of_scope"}


def test_every_school_with_pupils_counts_under_the_indicative_set() -> None:
    rows = [{"school_type_code": code, "pupils_primary": 5} for code in ("211", "218", "512")]
    assert {standing for standing, _ in standings(rows, INDICATIVE).values()} == {"counted"}


def site(**more: object) -> dict[str, object]:
    return {"is_counted": False, "parent_school_id": "2169000001", "school_type_code": "219", **more}


def test_an_uncounted_site_is_added_to_its_parent_before_the_split() -> None:
    parent = {"school_type_code": "312", "pupils_primary": 100, "pupils_junior": 100, "books": 1000}
    found = units(schools([parent, site(pupils_primary=20, books=50)]), BASIC)
    assert found["unit_id"].to_list() == ["2169000001/junior", "2169000001/primary"]
    primary = found.row(by_predicate=pl.col("stage") == "primary", named=True)
    assert (primary["pupils"], primary["books"], primary["merged_sites"]) == (120, 1050, 1)
    assert (primary["share_numerator"], primary["share_denominator"]) == (12_000, 12_000 + 11_000)


def test_a_figure_that_a_site_does_not_report_is_not_reported_for_the_whole() -> None:
    found = units(schools([{"pupils_primary": 100, "books": 1000}, site(pupils_primary=20)]), BASIC)
    assert found.select("pupils", "books").rows() == [(120, None)]


def test_a_site_whose_parent_is_not_there_stays_for_itself_and_says_so() -> None:
    rows = [{"pupils_primary": 100}, site(parent_school_id="2169009999", pupils_primary=20)]
    assert standings(rows, BASIC)["2169000002/primary"] == ("counted", "parent_not_found")


def test_the_split_is_unknown_where_a_stages_pupils_are_not_reported() -> None:
    rows = [{"school_type_code": "341", "pupils_junior": 100, "books": 1000, "full_time_teachers_junior": 10}]
    values, _ = figures(rows, BASIC)
    found = {r["indicator"]: (r["value"], r["reason"]) for r in values.iter_rows(named=True)}
    assert found["books"] == (None, "split_unknown")
    assert found["teacher_pupil_ratio"] == (0.1, None)


def test_a_county_has_one_name_a_year_the_one_that_most_rows_give() -> None:
    rows = [{"pupils_primary": 10, "county_name": name} for name in ("青岚县", "青岚", "青岚县")]
    assert units(schools(rows), BASIC)["county_name"].unique().to_list() == ["青岚县"]


def test_no_unit_is_lost_or_doubled() -> None:
    kinds = ["211", "311", "312", "341", "345", "342", "218", "512"]
    rows = [
        {"school_type_code": kind, "pupils_primary": 60, "pupils_junior": 60, "pupils_senior": 60} for kind in kinds
    ]
    found = units(schools(rows), QUALITY)
    assert found.height == 2 * len(kinds)
    assert found["unit_id"].n_unique() == found.height
