"""Groups of schools: means and CVs inside each, and how many schools are in one."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from pipelines.groupings import group_dispersion
from pipelines.indicators import unit_indicators
from pipelines.units import units
from schemas.contract import accept, conform
from schemas.county import SCHOOL_GROUPS
from schemas.judgement import GROUP_DISPERSION
from standards.standard import standards
from tests.county import figures, schools

BASIC = standards()["cn-basic-2012"]
Row = dict[str, object]
# The published example: five schools and their books.
BOOKS = [(45, 279), (37, 137), (89, 935), (76, 160), (55, 402)]
ROWS: list[Row] = [
    {"operator_code": "831", "pupils_primary": pupils, "books": books, "school_id": f"S{i}"}
    for i, (pupils, books) in enumerate(BOOKS, 1)
]


def member(school: str, group: str = "一学区", **more: object) -> Row:
    return {"grouping": "学区", "group": group, "school_id": school, **more}


def spread(members: list[Row], year: int = 2023) -> pl.DataFrame:
    place = {"source": "cn-returns", "province_code": "690000", "county_code": "690101", "county_name": "青岚县"}
    common = {**place, "school_year": 2023, "file": "drawn.csv"}
    groups = conform(pl.DataFrame([{**common, **row} for row in members], infer_schema_length=None), SCHOOL_GROUPS)
    values = unit_indicators(units(schools(ROWS), BASIC), BASIC)
    return accept(group_dispersion(values, groups, BASIC, year), GROUP_DISPERSION)


def books(members: list[Row]) -> dict[tuple[str, str], Row]:
    found = spread(members).filter(pl.col("indicator") == "books")
    return {(row["grouping"], row["group"]): row for row in found.iter_rows(named=True)}


def test_a_group_of_all_schools_has_the_countys_figures() -> None:
    (found,) = books([member(f"S{i}") for i in range(1, 6)]).values()
    assert found["cv"] == pytest.approx(0.5152566299, abs=1e-10)
    assert (found["mean"], found["coverage"], found["units"]) == (pytest.approx(6.3344370861), 1, 5)
    _, county = figures(ROWS, BASIC)
    assert found["cv"] == county.filter(pl.col("indicator") == "books")["cv"].item()


def test_each_group_is_measured_for_itself() -> None:
    found = books([member("S1"), member("S2"), member("S3", "二学区"), member("S4", "二学区")])
    assert found["学区", "一学区"]["mean"] == pytest.approx((279 + 137) / (45 + 37))
    assert found["学区", "二学区"]["mean"] == pytest.approx((935 + 160) / (89 + 76))
    assert {row["coverage"] for row in found.values()} == {0.8}


def test_a_school_may_be_in_groups_of_several_kinds() -> None:
    found = books([member("S1"), member("S2"), member("S1", "集团甲", grouping="集团")])
    assert found["集团", "集团甲"]["reason"] == "single_school"
    assert (found["集团", "集团甲"]["coverage"], found["学区", "一学区"]["coverage"]) == (0.2, 0.4)


def test_membership_counts_on_1_september_first_and_last_day_included() -> None:
    day = dt.date(2023, 9, 1)
    after, before = day + dt.timedelta(1), day - dt.timedelta(1)
    members = [
        member("S1", since=day),
        member("S2", until=day),
        member("S3", since=after),
        member("S4", until=before),
        member("S5", since=before, until=after),
    ]
    assert books(members)["学区", "一学区"]["units"] == 3


def test_a_countys_newest_list_of_a_grouping_holds() -> None:
    old = [member(f"S{i}", school_year=2021) for i in range(1, 6)]
    next_year = [member("S5", school_year=2024)]
    assert books([*old, *next_year])["学区", "一学区"]["units"] == 5
    assert books([*old, member("S1", school_year=2022), *next_year])["学区", "一学区"]["units"] == 1


def test_a_member_that_the_county_does_not_have_enters_nothing() -> None:
    assert books([member("S1"), member("S2"), member("S9")])["学区", "一学区"]["coverage"] == 0.4
    assert spread([member("S9")]).height == 0


def test_the_composite_of_a_group_stands_beside_its_indicators() -> None:
    found = spread([member("S1"), member("S2")])
    assert set(found["indicator"]) == {*(indicator.id for indicator in BASIC.indicators), "composite"}
    assert set(found["county_code"]) == {"690101"}
