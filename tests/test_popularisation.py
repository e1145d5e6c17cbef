"""Rates of popularisation and support, by the published cases."""

from __future__ import annotations

import polars as pl
import pytest

from pipelines.popularisation import RATES, popularisation
from schemas.contract import accept, conform
from schemas.county import COUNTY_FACTS
from schemas.judgement import POPULARISATION
from schemas.tables import county_fact_fields
from tests.county import schools

Row = dict[str, object]
PLACE: Row = {"source": "cn-returns", "province_code": "690000", "county_code": "690101", "county_name": "青岚县"}


def told(facts: dict[str, object], **more: object) -> list[Row]:
    common: Row = {**PLACE, "school_year": 2023, "period": 2023, "breakdown": "", "school_id": "", "file": "drawn.csv"}
    return [{**common, "fact": fact, "value": value, **more} for fact, value in facts.items()]


def rates(rows: list[Row]) -> list[Row]:
    facts = conform(pl.DataFrame(rows, infer_schema_length=None), COUNTY_FACTS)
    return accept(popularisation(schools([{"pupils_primary": 100}]), facts, 2023), POPULARISATION).to_dicts()


def one(facts: dict[str, object]) -> Row:
    (found,) = rates(told(facts))
    return found


def test_every_rate_is_made_of_facts_of_the_dictionary() -> None:
    assert {fact for rate in RATES for fact in rate.facts} <= set(county_fact_fields())


def test_entry_is_entrants_over_children_of_age() -> None:
    found = one({"entry_age_children_entered_primary": 995, "entry_age_children_primary": 1000})
    assert (found["rate"], found["stage"], found["value"]) == ("entry", "primary", 99.5)


def test_nine_year_retention_is_adjusted_for_transfers() -> None:
    found = one(
        {
            "graduates_junior": 950,
            "transfers_in_nine_years": 30,
            "transfers_out_nine_years": 50,
            "grade_1_pupils_nine_years_before": 1000,
        }
    )
    assert (found["numerator"], found["value"]) == (970, 97)


def test_a_rate_over_100_percent_is_refused() -> None:
    found = one({"entry_age_children_entered_junior": 1001, "entry_age_children_junior": 1000})
    assert (found["value"], found["finding"], found["numerator"]) == (None, "over_100", 1001)
    found = one({"entry_age_children_entered_junior": 1000, "entry_age_children_junior": 1000})
    assert (found["value"], found["finding"]) == (100, None)


def test_1828400_yuan_for_2239_pupils_are_not_750_each() -> None:
    facts: dict[str, object] = {"boarder_subsidy_yuan": 1_828_400, "boarder_subsidy_receivers": 2239}
    found = one({**facts, "boarder_subsidy_stated_yuan_per_pupil": 750})
    assert found["value"] == pytest.approx(816.6, abs=0.05)
    assert (found["stated"], found["finding"], found["unit"]) == (750, "stated_disagrees", "yuan_per_pupil")
    assert one({**facts, "boarder_subsidy_stated_yuan_per_pupil": 816.6})["finding"] is None
    assert one({**facts, "boarder_subsidy_stated_yuan_per_pupil": 817})["finding"] is None
    assert one(facts)["finding"] is None


def test_a_part_that_is_not_reported_leaves_the_rate_null_with_its_reason() -> None:
    found = one({"children_aged_12": 500})
    assert (found["rate"], found["value"], found["reason"]) == ("completion_at_12", None, "not_reported")


def test_nobody_of_that_age_is_no_rate() -> None:
    found = one({"children_aged_15": 0, "children_aged_15_completed_junior": 0})
    assert (found["value"], found["reason"], found["finding"]) == (None, "divided_by_zero", None)


def test_both_parts_are_of_one_year() -> None:
    rows = told({"left_without_transfer_primary": 5, "enrolled_pupils_primary": 1000}, period=2022)
    rows += told({"left_without_transfer_primary": 4})
    (found,) = rates(rows)
    assert (found["value"], found["reason"]) == (None, "not_reported")
    (found,) = rates(rows[:2])
    assert found["value"] == 0.5


def test_a_school_has_a_rate_where_the_county_reports_it_by_school() -> None:
    facts: dict[str, object] = {"disabled_children_enrolled": 3, "disabled_children_of_age": 4}
    (county, school) = rates([*told(facts), *told(facts, school_id="2169000001")])
    assert (county["school_id"], county["school_name"], county["value"]) == ("", None, 75)
    assert (school["school_id"], school["school_name"]) == ("2169000001", "第1小学")


def test_without_facts_there_is_no_rate() -> None:
    assert popularisation(schools([{"pupils_primary": 100}]), COUNTY_FACTS.empty(), 2023).height == 0
