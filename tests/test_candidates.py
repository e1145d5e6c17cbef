"""Candidates for pioneer counties: their order, their reasons, and what is wrong with a nomination."""

from __future__ import annotations

import datetime as dt

import msgspec
import polars as pl

from pipelines.candidates import pioneer_candidates
from schemas.contract import accept, conform
from schemas.county import COUNTY_FACTS
from schemas.judgement import COUNTY_ITEMS, COUNTY_PARTS, PIONEER_CANDIDATES
from schemas.tables import COUNTY_DISPERSION, RESOURCE_VERDICTS
from standards.standard import Standard, standards

PIONEER = standards()["pioneer-2021"]
CONDITIONS = PIONEER.of_part("conditions")
Row = dict[str, object]


class County:
    """A county as it stands: its conditions, its resources, its nomination."""

    def __init__(
        self,
        number: int,
        conditions: str = "met",
        *,
        resource: str | None = "met",
        met: int = 10,
        margin: float | None = 0.1,
        nominated: dt.date | None = None,
        province: str = "690000",
    ) -> None:
        self.place: Row = {
            "school_year": 2021,
            "source": "cn-returns",
            "province_code": province,
            "county_code": f"{province[:4]}{number:02d}",
            "county_name": f"县{number}",
        }
        self.conditions, self.resource, self.met, self.margin = conditions, resource, met, margin
        self.nominated = nominated


def candidates(counties: list[County], standard: Standard = PIONEER) -> dict[str, Row]:
    mine: Row = {"standard": PIONEER.id}
    other: Row = {"standard": "cn-quality-2017"}
    parts, items, verdicts, spread, facts = [], [], [], [], []
    for county in counties:
        parts += [
            {**county.place, **mine, "part": "conditions", "role": "items", "status": county.conditions},
            {**county.place, **mine, "part": "hard_tasks", "role": "tracking", "status": "not_met"},
        ]
        items += [
            {
                **county.place,
                **mine,
                "part": "conditions",
                "item": item.id,
                "position": position,
                "status": county.conditions if position == 0 else "met",
            }
            for position, item in enumerate(CONDITIONS)
        ]
        if county.resource:
            verdicts.append(
                {
                    **county.place,
                    **other,
                    "stage": "all",
                    "units": 10,
                    "units_meeting": county.met,
                    "school_rule": "met" if county.met == 10 else "not_met",
                    "verdict": county.resource,
                }
            )
            common = {**county.place, **other, "stage": "primary", "limit": 0.5}
            spread += [
                {**common, "indicator": "books", "status": "met", "margin": 0.3},
                {
                    **common,
                    "indicator": "computers",
                    "status": "undetermined" if county.margin is None else "met",
                    "margin": county.margin,
                },
            ]
        if county.nominated:
            facts.append(
                {
                    **county.place,
                    "fact": f"{PIONEER.id}/nominated",
                    "period": 2021,
                    "breakdown": "",
                    "school_id": "",
                    "finding": True,
                    "evidence_date": county.nominated,
                }
            )
    frames = [
        conform(pl.DataFrame(rows, infer_schema_length=None), contract) if rows else contract.empty()
        for rows, contract in (
            (items, COUNTY_ITEMS),
            (parts, COUNTY_PARTS),
            (verdicts, RESOURCE_VERDICTS),
            (spread, COUNTY_DISPERSION),
            (facts, COUNTY_FACTS),
        )
    ]
    found = accept(pioneer_candidates(*frames, standard, "cn-quality-2017"), PIONEER_CANDIDATES)
    return {row["county_name"]: row for row in found.sort("province_code", "rank").iter_rows(named=True)}


def test_conditions_met_come_before_undetermined_before_not_met() -> None:
    found = candidates([County(1, "not_met"), County(2, "undetermined"), County(3)])
    assert list(found) == ["县3", "县2", "县1"]
    assert [row["rank"] for row in found.values()] == [1, 2, 3]


def test_then_resources_then_schools_then_margin_then_code_decide() -> None:
    found = candidates(
        [
            County(1, resource=None),
            County(2, resource="not_met", met=9),
            County(3, resource="not_met", met=8),
            County(4, resource="undetermined"),
            County(5, margin=0.05),
            County(6, margin=0.1),
            County(7, margin=None),
            County(8, margin=0.1),
        ]
    )
    assert list(found) == ["县6", "县8", "县5", "县7", "县4", "县2", "县3", "县1"]


def test_a_coefficient_that_cannot_be_judged_leaves_no_least_margin() -> None:
    assert candidates([County(1, margin=None)])["县1"]["least_margin"] is None
    assert candidates([County(1, margin=0.4)])["县1"]["least_margin"] == 0.3


def test_each_province_has_its_own_ranks() -> None:
    found = candidates([County(1), County(2, province="680000")])
    assert [row["rank"] for row in found.values()] == [1, 1]


def test_reasons_are_the_conditions_by_their_ids() -> None:
    first, others = CONDITIONS[0].id, " | ".join(item.id for item in CONDITIONS[1:])
    found = candidates([County(1, "not_met"), County(2, "undetermined"), County(3)])
    assert (found["县1"]["reasons_against"], found["县1"]["reasons_for"]) == (first, others)
    assert (found["县2"]["reasons_unknown"], found["县2"]["reasons_against"]) == (first, None)
    assert found["县3"]["reasons_for"] == f"{first} | {others}"


def test_tasks_after_selection_decide_nothing_about_it() -> None:
    assert candidates([County(1)])["县1"]["conditions"] == "met"


def test_a_nomination_after_the_deadline_is_late() -> None:
    assert PIONEER.quota is not None
    last = PIONEER.quota.deadline
    assert last == dt.date(2021, 12, 10)
    found = candidates([County(1, nominated=last), County(2, nominated=last + dt.timedelta(1)), County(3)])
    assert [row["finding"] for row in found.values()] == [None, "late", None]
    assert [row["is_nominated"] for row in found.values()] == [True, True, None]


def test_a_sixth_nomination_is_over_the_quota_of_five() -> None:
    day = dt.date(2021, 12, 1)
    found = candidates([*(County(number, nominated=day) for number in range(1, 7)), County(7)])
    assert [row["finding"] for row in found.values()] == [*[None] * 5, "over_quota", None]


def test_a_county_whose_conditions_are_not_met_is_not_eligible() -> None:
    found = candidates([County(1, "not_met", nominated=dt.date(2022, 1, 1))])
    assert found["县1"]["finding"] == "not_eligible"


def test_without_a_quota_no_nomination_is_late_or_too_many() -> None:
    counties = [County(number, nominated=dt.date(2022, 1, 1)) for number in range(1, 8)]
    found = candidates(counties, msgspec.structs.replace(PIONEER, quota=None))
    assert {row["finding"] for row in found.values()} == {None}
