"""Cases from published reports of counties: what the figures in them prove, and what they contradict."""

from __future__ import annotations

from fractions import Fraction

import polars as pl
import pytest

from pipelines.dispersion import county_dispersion
from pipelines.indicators import unit_indicators
from pipelines.judgement import Judged, judge
from pipelines.plans import plans
from pipelines.popularisation import popularisation
from pipelines.units import units
from pipelines.verdicts import resource_verdicts, school_verdicts
from schemas.contract import conform, failures
from schemas.county import COUNTY_PLANS
from schemas.judgement import COUNTY_VERDICTS
from schemas.tables import RESOURCE_VERDICTS, SCHOOLS
from standards.standard import Standard, standards
from tests.county import figures, schools
from tests.judged import PLACE, Row, fact_frame, judged, told

BASIC, QUALITY = standards()["cn-basic-2012"], standards()["cn-quality-2017"]
GROWTHS, CLASSES = standards()["three-growths"], standards()["class-size"]

# --- the three growths, 2010 to 2012 ----------------------------------------------------------------------------------

WAN = 10_000
APPROPRIATION = {2010: "8434.3", 2011: "8242.8", 2012: "10361.3"}
SHARE = {2010: "9.77", 2011: "8.6", 2012: "9.9"}


def yuan(wan: str) -> str:
    return str(int(Fraction(wan) * WAN))


def appropriations(more: dict[str, dict[int, object]] | None = None) -> list[Row]:
    given = {"education_appropriation_yuan": {year: yuan(wan) for year, wan in APPROPRIATION.items()}, **(more or {})}
    return [
        row
        for fact, values in given.items()
        for year, value in values.items()
        for row in told({fact: value}, period=year, school_year=2013)
    ]


def growths(facts: list[Row]) -> dict[int, tuple[object, object]]:
    found = judged(GROWTHS, facts, [], year=2013).county_checks
    rows = found.filter(pl.col("item") == "appropriation_growth").to_dicts()
    return {row["period"]: (row["status"], row["reason"]) for row in rows}


def test_an_appropriation_that_falls_from_8434_to_8243_fails_2011_whatever_revenue_did() -> None:
    assert growths(appropriations())[2011] == ("not_met", "falls")
    falling = {"recurrent_revenue_yuan": {2010: 2, 2011: 1, 2012: 1}}
    assert growths(appropriations(falling))[2011] == ("not_met", "falls")


def test_an_appropriation_that_rises_to_10361_without_revenue_is_undetermined() -> None:
    found = growths(appropriations())
    assert found[2012] == ("undetermined", "limit_not_reported")
    assert found[2010] == ("undetermined", "not_reported")


def test_the_whole_county_fails_the_three_growths_and_names_the_item() -> None:
    found = judged(GROWTHS, appropriations(), [], year=2013)
    items = {row["item"]: (row["status"], row["reason"]) for row in found.county_items.to_dicts()}
    assert items["appropriation_growth"] == ("not_met", "falls")
    assert items["expense_per_pupil_growth"] == ("undetermined", "not_reported")
    assert found.county_verdicts["verdict"].item() == "not_met"


def test_revenue_decides_2012_and_cannot_mend_2011() -> None:
    slower = {"recurrent_revenue_yuan": {2010: 100, 2011: 110, 2012: 120}}
    faster = {"recurrent_revenue_yuan": {2010: 100, 2011: 110, 2012: 140}}
    assert growths(appropriations(slower))[2012] == ("met", None)
    assert growths(appropriations(faster))[2012] == ("not_met", None)
    assert growths(appropriations(slower))[2011] == ("not_met", "falls")


def test_the_printed_shares_imply_a_spending_that_rose_while_the_appropriation_fell() -> None:
    spending = {year: Fraction(APPROPRIATION[year]) * 100 / Fraction(SHARE[year]) for year in APPROPRIATION}
    assert [round(value) for value in spending.values()] == [86_329, 95_847, 104_660]
    assert [round(float(spending[y] / spending[y - 1] - 1) * 100, 1) for y in (2011, 2012)] == [11.0, 9.2]
    # The printed 9.77 %, 8.6 %, 9.9 % are shares; as growth they would be met, and they are none.
    assert growths(appropriations({"recurrent_revenue_yuan": {y: str(round(v)) for y, v in spending.items()}})) == {
        2010: ("undetermined", "not_reported"),
        2011: ("not_met", "falls"),
        2012: ("met", None),
    }


# --- plans and support ------------------------------------------------------------------------------------------------


def plan(**more: object) -> Row:
    row: Row = {**PLACE, "school_year": 2013, "plan": "规划", "zone": "", "period": 2013, "file": "drawn.csv", **more}
    (found,) = plans(conform(pl.DataFrame([row]), COUNTY_PLANS), 2013).to_dicts()
    return found


def test_six_schools_called_33_percent_without_a_base_are_flagged_and_54_percent_of_13031_holds() -> None:
    assert plan(done=6, stated_share=33)["finding"] == "base_not_stated"
    assert plan(done=6, stated_share=33, base=18)["finding"] is None
    assert plan(done=6, stated_share=33, base=17)["finding"] == "share_disagrees"
    assert plan(planned=13_031, done=7_010, stated_share=54)["finding"] is None


def test_1828400_yuan_for_2239_boarders_are_816_and_not_the_printed_750() -> None:
    facts = {"boarder_subsidy_yuan": yuan("182.84"), "boarder_subsidy_receivers": 2239}
    printed = told({**facts, "boarder_subsidy_stated_yuan_per_pupil": 750})
    (found,) = popularisation(schools([{"pupils_primary": 1}]), fact_frame(printed), 2023).to_dicts()
    assert (round(found["value"], 1), found["stated"], found["finding"]) == (816.6, 750, "stated_disagrees")


# --- contradictions within one return ---------------------------------------------------------------------------------


def rules(row: Row) -> set[str]:
    return set(failures(schools([{"pupils_junior": 1000, "school_type_code": "311", **row}]), SCHOOLS)["rule"])


DEGREES: Row = {
    "full_time_teachers_junior": 79,
    "teachers_doctor_junior": 0,
    "teachers_master_junior": 5,
    "teachers_bachelor_junior": 33,
    "teachers_college_junior": 40,
    "teachers_upper_secondary_junior": 1,
}
TITLES: Row = {
    "teachers_full_senior_junior": 0,
    "teachers_senior_title_junior": 55,
    "teachers_mid_junior": 23,
    "teachers_assistant_junior": 2,
    "teachers_junior_title_junior": 0,
    "teachers_untitled_junior": 0,
}


def test_79_teachers_by_degree_cannot_be_80_by_title() -> None:
    assert rules(DEGREES) == set()
    assert rules({**DEGREES, **TITLES}) == {"titles_are_teachers_junior"}
    assert rules({**DEGREES, **TITLES, "full_time_teachers_junior": 80}) == {"qualifications_are_teachers_junior"}
    assert rules({**DEGREES, **TITLES, "teachers_assistant_junior": 1}) == set()


def sized(row: Row) -> dict[str, str]:
    """The bounds of class size in a county of one junior school."""
    found = units(schools([{"school_type_code": "311", **row}]), QUALITY)
    none = RESOURCE_VERDICTS.empty()
    made: Judged = judge(found, fact_frame([]), none, COUNTY_VERDICTS.empty(), {CLASSES.id: CLASSES}, 2023)
    checks = made.county_checks.filter(pl.col("kind") == "every_class")
    return dict(checks.select("item", "status").iter_rows())


def test_1457_pupils_in_21_classes_prove_over_large_classes_without_bands() -> None:
    assert Fraction(1457, 21) > 65
    found = sized({"pupils_junior": 1457, "classes_junior": 21})
    assert found == dict.fromkeys(("normal_classes", "large_classes_with_over_large", "over_large_classes"), "not_met")


def test_a_mean_of_exactly_65_proves_large_classes_and_no_over_large_one() -> None:
    found = sized({"pupils_junior": 21 * 65, "classes_junior": 21})
    assert found == {
        "normal_classes": "not_met",
        "large_classes_with_over_large": "not_met",
        "over_large_classes": "undetermined",
    }


# --- one coefficient over its limit -----------------------------------------------------------------------------------

SEVEN = [indicator.id for indicator in QUALITY.indicators]


def apart(coefficients: dict[str, Fraction], standard: Standard) -> list[Row]:
    """Two primary schools of 1,000 pupils at mean × (1 ± CV) of each indicator, every unit above every norm."""
    pupils, mean = 1000, 100 * 10**6
    rows: list[Row] = [{"pupils_primary": pupils}, {"pupils_primary": pupils}]
    for indicator in standard.indicators:
        first, *rest = indicator.plus_by_stage.get("primary", indicator.plus)
        for row, side in zip(rows, (1, -1), strict=True):
            for field in (*rest, *indicator.minus):
                row.setdefault(_column(field), 0)
            row[_column(first)] = str(int(mean * (1 + side * coefficients[indicator.id])))
    return rows


def _column(field: str) -> str:
    return field if field in SCHOOLS.polars_schema else f"{field}_primary"


def verdict(rows: list[Row], standard: Standard) -> tuple[dict[str, Row], Row]:
    values, spread = figures(rows, standard)
    found = resource_verdicts(spread, school_verdicts(values, standard), standard)
    primary = spread.filter(pl.col("stage") == "primary").to_dicts()
    return {row["indicator"]: row for row in primary}, found.row(by_predicate=pl.col("stage") == "primary", named=True)


def of_mean(mean: str, one: str, which: str, names: list[str]) -> dict[str, Fraction]:
    """Coefficients of this mean, one of which is this."""
    rest = (Fraction(mean) * len(names) - Fraction(one)) / (len(names) - 1)
    return {name: Fraction(one) if name == which else rest for name in names}


@pytest.mark.parametrize("which", SEVEN)
def test_a_county_whose_seven_coefficients_average_0_37_fails_2017_by_one_of_0_502_and_names_it(which: str) -> None:
    cells, county = verdict(apart(of_mean("0.37", "0.502", which, SEVEN), QUALITY), QUALITY)
    assert cells["composite"]["cv"] == pytest.approx(0.37, abs=1e-6)
    assert cells["composite"]["status"] == "no_limit"
    assert cells[which]["cv"] == pytest.approx(0.502, abs=1e-6)
    assert {name for name, cell in cells.items() if cell["status"] == "not_met"} == {which}
    assert cells[which]["margin"] == pytest.approx(-0.002, abs=1e-6)
    assert (county["verdict"], county["reason"]) == ("not_met", "over_limit")
    assert (county["units_failing"], county["limits_failed"], county["limits_met"]) == (0, 1, 6)


def test_the_same_mean_passes_2017_where_each_of_the_seven_is_within_its_limit() -> None:
    cells, county = verdict(apart(dict.fromkeys(SEVEN, Fraction("0.37")), QUALITY), QUALITY)
    assert {cells[name]["status"] for name in SEVEN} == {"met"}
    assert county["verdict"] == "met"


# --- the two national standards on one county -------------------------------------------------------------------------

BOTH: dict[str, Standard] = {"cn-basic-2012": BASIC, "cn-quality-2017": QUALITY}
COMMON: Row = {
    "pupils_primary": 1000,
    "full_time_teachers_primary": 60,
    "teachers_doctor_primary": 0,
    "teachers_master_primary": 0,
    "teachers_bachelor_primary": 40,
    "teachers_college_primary": 10,
    "teachers_full_senior_primary": 0,
    "teachers_senior_title_primary": 10,
    "teachers_mid_primary": 20,
    "key_teachers_primary": 10,
    "pe_teachers_primary": 9,
    "music_teachers_primary": 0,
    "fine_arts_teachers_primary": 0,
    "arts_teachers_primary": 0,
    "teaching_auxiliary_area_m2": 5000,
    "indoor_sports_area_m2": 500,
    "sports_ground_area_m2": 7000,
    "equipment_value_yuan": 2_000_000,
    "multimedia_rooms": 23,
    "computers": 100,
    "books": 30_000,
}


def under_both(rows: list[Row]) -> dict[str, tuple[object, object, object]]:
    """Verdict, reason and units of the primary stage under both standards."""
    found = {}
    for name, standard in BOTH.items():
        _, county = verdict(rows, standard)
        found[name] = (county["verdict"], county["reason"], county["units"])
    return found


def test_2012_forgives_one_indicator_far_apart_and_2017_does_not() -> None:
    # Equipment four times as high in one school: a coefficient of 0.6, and seven or six others of 0.
    rich = COMMON | {"equipment_value_yuan": 8_000_000}
    found = under_both([rich, COMMON])
    assert found == {"cn-basic-2012": ("met", None, 2), "cn-quality-2017": ("not_met", "over_limit", 2)}


def test_2012_asks_no_norm_of_a_school_and_2017_does() -> None:
    poor = COMMON | {"equipment_value_yuan": 1_600_000, "multimedia_rooms": 20}
    found = under_both([poor, poor])
    assert found == {"cn-basic-2012": ("met", None, 2), "cn-quality-2017": ("not_met", "schools_below", 2)}


def test_2017_counts_private_schools_and_teaching_points_of_fifty_pupils_and_2012_does_not() -> None:
    private, point = COMMON | {"operator_code": "999"}, COMMON | {"school_type_code": "218"}
    found = under_both([COMMON, private, point, point | {"pupils_primary": 49}])
    assert [found[name][2] for name in BOTH] == [1, 3]


def test_the_same_name_is_per_pupil_in_2012_and_per_hundred_pupils_in_2017() -> None:
    values = {
        name: unit_indicators(units(schools([COMMON]), standard), standard).filter(
            pl.col("indicator") == "above_standard_teachers"
        )
        for name, standard in BOTH.items()
    }
    assert {name: found.select("value", "unit").row(0) for name, found in values.items()} == {
        "cn-basic-2012": (0.05, "per_pupil"),
        "cn-quality-2017": (5.0, "per_100_pupils"),
    }


def test_what_2012_does_not_ask_for_may_be_missing_from_it() -> None:
    silent = COMMON | {"multimedia_rooms": None}
    found = under_both([silent, COMMON])
    assert found["cn-basic-2012"][0] == "met"
    assert found["cn-quality-2017"][:2] == ("undetermined", "missing_units")
    bookless = COMMON | {"books": None}
    found = under_both([bookless, COMMON])
    assert (found["cn-basic-2012"][0], found["cn-quality-2017"][0]) == ("undetermined", "met")


@pytest.mark.parametrize(("apart_by", "status"), [("0.65", "met"), ("0.6501", "not_met")])
def test_2012_is_met_by_a_composite_of_exactly_0_65(apart_by: str, status: str) -> None:
    names = [indicator.id for indicator in BASIC.indicators]
    rows = apart(dict.fromkeys(names, Fraction(apart_by)), BASIC)
    found = units(schools(rows), BASIC)
    spread = county_dispersion(found, unit_indicators(found, BASIC), BASIC)
    composite = spread.row(by_predicate=pl.col("indicator") == "composite", named=True)
    assert composite["cv"] == pytest.approx(float(apart_by), rel=1e-9)
    assert composite["status"] == status
