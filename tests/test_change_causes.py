"""What made a figure change: a cause that acts alone gets all of it, and the parts add up whatever acts together."""

from __future__ import annotations

import datetime as dt
import math
from fractions import Fraction
from itertools import permutations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.change_causes import Inputs, change_causes, over_years
from pipelines.county_history import county_history
from pipelines.dispersion import county_dispersion
from pipelines.indicators import unit_indicators
from pipelines.lineage import school_changes
from pipelines.units import units
from schemas.contract import accept, conform, failures
from schemas.corrections import CORRECTIONS
from schemas.county import COUNTY_FACTS
from schemas.lineage import COUNTY_EVENTS, COUNTY_HISTORY
from schemas.why import CAUSES, CHANGE_CAUSES
from standards.standard import Standard, standards
from tests.county import schools
from tests.test_lineage import NOBODY, NOWHERE, register

BASIC, QUALITY = standards()["cn-basic-2012"], standards()["cn-quality-2017"]
INDICATIVE = standards()["tw-indicative"]
Row = dict[str, object]


def school(code: str, pupils: int | None, books: int | None, **more: object) -> Row:
    return {"school_id": code, "school_name": f"{code}小学", "pupils_primary": pupils, "books": books} | more


def caused(
    before: list[Row],
    now: list[Row],
    *events: str,
    corrections: list[Row] = [],  # noqa: B006 (only read)
    facts: list[Row] = [],  # noqa: B006
    standard: Standard = BASIC,
    county_events: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """The causes of the change from 2020 to 2021, by the register of schools."""
    drawn = schools([{"school_year": y, **row} for y, rows in ((2020, before), (2021, now)) for row in rows])
    told = conform(pl.DataFrame(facts), COUNTY_FACTS) if facts else COUNTY_FACTS.empty()
    found = units(drawn, standard)
    values = unit_indicators(found, standard, told)
    history = COUNTY_HISTORY.empty()
    if county_events is not None:
        history = county_history(
            drawn.select("school_year", "source", "province_code", "county_code", "county_name"),
            county_events,
            [standard],
            2021,
        )
    inputs = Inputs(
        schools=drawn,
        units=found,
        values=values,
        spread=county_dispersion(found, values, standard),
        facts=told,
        corrections=conform(pl.DataFrame(corrections), CORRECTIONS) if corrections else CORRECTIONS.empty(),
        changes=school_changes(drawn, register(*events), NOWHERE, NOBODY, 2021),
        history=history,
    )
    return accept(change_causes(inputs, standard, 2021), CHANGE_CAUSES)


def of(rows: pl.DataFrame, figure: str, indicator: str = "books", stage: str = "primary") -> dict[str, float]:
    row = rows.filter(figure=figure, indicator=indicator, stage=stage).row(0, named=True)
    assert math.isclose(sum(row[cause] for cause in CAUSES), row["change"], rel_tol=1e-12, abs_tol=1e-12)
    assert row["change"] == row["value"] - row["value_before"]
    return row


def assert_alone(rows: pl.DataFrame, cause: str, **which: str) -> None:
    """One cause has the whole change of mean and CV, which is not nothing; the others have nothing."""
    for figure in ("mean", "cv"):
        row = of(rows, figure, **which)
        assert abs(row["change"]) > 1e-3
        assert row[cause] == pytest.approx(row["change"], rel=1e-12)
        assert {other: row[other] for other in CAUSES if other != cause} == dict.fromkeys(set(CAUSES) - {cause}, 0)


A, B, C = school("A", 100, 500), school("B", 200, 900), school("C", 150, 2000)


def test_only_books_bought_are_all_resources() -> None:
    assert_alone(caused([A, B, C], [A, B | {"books": 1500}, C]), "resources")


def test_only_pupils_moved_are_all_pupils() -> None:
    assert_alone(caused([A, B, C], [A | {"pupils_primary": 140}, B | {"pupils_primary": 150}, C]), "pupils")


def test_only_a_school_opened_is_all_openings() -> None:
    assert_alone(caused([A, B], [A, B, C]), "opened")


def test_only_a_school_closed_is_all_closings() -> None:
    assert_alone(caused([A, B, C], [A, B]), "closed")


def test_a_school_that_is_suspended_is_closed_and_one_that_comes_back_is_opened() -> None:
    assert_alone(caused([A, B, C], [A, B, C | {"pupils_primary": 0}]), "closed")
    assert_alone(caused([A, B, C | {"pupils_primary": 0}], [A, B, C]), "opened")


def test_only_a_merger_is_all_of_the_merger_though_its_total_stays() -> None:
    rows = caused([A, B, C], [A | {"pupils_primary": 250, "books": 2500}, B], "2021-07-01,merged,C,A")
    row = of(rows, "cv")
    assert row["regrouped"] == pytest.approx(row["change"], rel=1e-12)
    assert abs(row["change"]) > 0.01
    assert of(rows, "mean")["regrouped"] == pytest.approx(0, abs=1e-12)


def test_a_school_under_another_code_is_the_same_school() -> None:
    assert_alone(
        caused([A, B, C], [A, B, C | {"school_id": "D", "books": 1000}], "2021-07-01,recoded,C,D"), "resources"
    )


def test_only_a_figure_not_reported_is_all_reporting() -> None:
    assert_alone(caused([A, B, C], [A, B, C | {"books": None}]), "reporting")


def correction(code: str, column: str, before: str | None, value: str, year: int, row: int) -> Row:
    return {
        "school_year": year, "source": "cn-returns", "correction": f"C-{code}", "table": "schools",
        "county_code": "690101", "school_id": code, "where": f"school_id={code}", "column": column,
        "value_before": before, "value": value, "is_kept": True, "reason": "错", "document": "函",
        "listed_in": "cn-returns.csv", "listed_row": 2, "file": "drawn.csv", "row": row,
    }  # fmt: skip


def test_the_same_returns_with_one_cell_corrected_are_all_corrections() -> None:
    # Both years hand in 2,000 books of C; in the second year a correction says 1,000.
    now = [A | {"row": 12}, B | {"row": 13}, C | {"row": 14, "books": 1000}]
    assert_alone(
        caused([A, B, C], now, corrections=[correction("C", "books", "2000", "1000", 2021, 14)]), "corrections"
    )


def test_a_corrected_number_of_pupils_is_a_correction_too() -> None:
    now = [A | {"row": 12}, B | {"row": 13}, C | {"row": 14, "pupils_primary": 300}]
    assert_alone(
        caused([A, B, C], now, corrections=[correction("C", "pupils_primary", "150", "300", 2021, 14)]), "corrections"
    )


def test_corrections_are_what_the_published_change_differs_by_from_the_change_as_handed_in() -> None:
    before = [A | {"row": 2}, B | {"row": 3}, C | {"row": 4, "books": 1000}]
    now = [A, B, C | {"books": 1200}]
    rows = caused(before, now, corrections=[correction("C", "books", "2000", "1000", 2020, 4)])
    row = of(rows, "mean")
    assert row["change"] == pytest.approx(200 / 450)
    assert row["resources"] == pytest.approx((1200 - 2000) / 450)
    assert row["corrections"] == pytest.approx((2000 - 1000) / 450)


def test_only_a_relaxation_that_applies_for_the_first_time_is_all_relaxations() -> None:
    sports = {"sports_ground_area_m2": 800, "indoor_sports_area_m2": 0, "other_sports_area_m2": 900, "area_code": "111"}
    rows = [school(code, pupils, None, **sports) for code, pupils in (("A", 100), ("B", 200), ("C", 150))]
    eased: Row = {
        "school_year": 2021, "source": "cn-returns", "province_code": "690000", "county_code": "690101",
        "county_name": "青岚县", "fact": "cn-quality-2017/leased_sports_space", "period": 2021, "breakdown": "",
        "school_id": "A", "finding": True, "evidence": "租赁合同", "valid_until": dt.date(2022, 8, 31),
    }  # fmt: skip
    found = caused(rows, rows, facts=[eased | {"file": "facts.csv"}], standard=QUALITY)
    assert_alone(found, "relaxations", indicator="sports_area")


def test_pupils_change_how_an_integrated_schools_resource_is_split() -> None:
    nine = {"school_type_code": "312", "pupils_junior": 100}
    before = [school("A", 100, 1000, **nine), B]
    now = [school("A", 100, 1000, **(nine | {"pupils_junior": 200})), B]
    assert_alone(caused(before, now), "pupils")


def test_an_indicator_by_classes_has_its_classes_where_others_have_pupils() -> None:
    rows = [{"school_id": code, "pupils_primary": 100, "classes_primary": n} for code, n in (("A", 4), ("B", 2))]
    grown = [rows[0] | {"classes_primary": 5}, rows[1]]
    found = caused(rows, grown, standard=INDICATIVE)
    row = of(found, "mean", "pupils_per_class")
    assert (row["pupils"], row["resources"]) == (pytest.approx(200 / 7 - 200 / 6), 0)


def figures(state: list[tuple[int, int]]) -> tuple[float, float]:
    """Mean and CV of schools given as pupils and books."""
    everyone = sum(p for p, _ in state)
    mean = Fraction(sum(b for _, b in state), everyone)
    variance = sum(Fraction(p, everyone) * (Fraction(b, p) - mean) ** 2 for p, b in state)
    return float(mean), math.sqrt(variance) / float(mean)


def by_orders(before: dict[str, tuple[int, int]], now: dict[str, tuple[int, int]]) -> dict[str, list[float]]:
    """The parts by going through every order of resources, pupils, openings and closings, one after the other."""
    causes = ("resources", "pupils", "opened", "closed")
    both = before.keys() & now.keys()

    def state(done: set[str]) -> list[tuple[int, int]]:
        met = [
            (now[s][0] if "pupils" in done else before[s][0], now[s][1] if "resources" in done else before[s][1])
            for s in both
        ]
        met += [now[s] for s in now.keys() - both if "opened" in done]
        return met + [before[s] for s in before.keys() - both if "closed" not in done]

    orders = list(permutations(causes))
    parts = {cause: [0.0, 0.0] for cause in causes}
    for order in orders:
        for place, cause in enumerate(order):
            after, earlier = figures(state(set(order[: place + 1]))), figures(state(set(order[:place])))
            for figure in (0, 1):
                parts[cause][figure] += (after[figure] - earlier[figure]) / len(orders)
    return parts


@settings(max_examples=12, deadline=None)
@given(
    st.dictionaries(st.sampled_from("ABCDEF"), st.tuples(st.integers(20, 900), st.integers(1, 9000)), min_size=2),
    st.dictionaries(st.sampled_from("ABCDEF"), st.tuples(st.integers(20, 900), st.integers(1, 9000)), min_size=2),
)
def test_the_parts_are_the_mean_over_all_orders_of_the_causes(
    before: dict[str, tuple[int, int]], now: dict[str, tuple[int, int]]
) -> None:
    drawn_before, drawn_now = ([school(code, p, b) for code, (p, b) in sorted(one.items())] for one in (before, now))
    rows = caused(drawn_before, drawn_now)
    if not before.keys() & now.keys():
        assert set(rows.filter(indicator="books")["reason"]) == {"state_undefined"}
        return
    expected = by_orders(before, now)
    for number, figure in enumerate(("mean", "cv")):
        row = of(rows, figure)
        for cause, parts in expected.items():
            assert row[cause] == pytest.approx(parts[number], rel=1e-7, abs=1e-7), (figure, cause)


def test_the_composites_parts_are_the_means_of_its_indicators_parts() -> None:
    def whole(code: str, pupils: int, k: int) -> Row:
        return {
            "school_id": code, "pupils_primary": pupils, "teaching_auxiliary_area_m2": 500 * k,
            "indoor_sports_area_m2": 0, "sports_ground_area_m2": 700 + k, "equipment_value_yuan": 100_000 * k,
            "computers": 10 + k, "books": 1000 * k, "full_time_teachers_primary": 6 + k,
            "teachers_full_senior_primary": 0, "teachers_senior_title_primary": 1, "teachers_mid_primary": k,
            **{f"teachers_{level}_primary": n for level, n in (("doctor", 0), ("master", 0), ("bachelor", 6), ("college", k))},
        }  # fmt: skip

    rows = caused([whole("A", 100, 1), whole("B", 150, 3)], [whole("A", 120, 2), whole("B", 150, 3), whole("C", 90, 1)])
    cvs = rows.filter(figure="cv", stage="primary")
    composite = of(rows, "cv", "composite")
    single = cvs.filter(pl.col("indicator") != "composite")
    assert single.height == len(BASIC.indicators)
    for cause in CAUSES:
        assert composite[cause] == pytest.approx(single[cause].mean(), rel=1e-12, abs=1e-15)


def test_a_county_under_another_code_goes_on_and_a_broken_series_has_no_row() -> None:
    moved = [row | {"county_code": "690105"} for row in (A, B | {"books": 1500}, C)]
    event = {
        "event_date": dt.date(2021, 5, 1), "event": "converted", "source": "cn-returns",
        "county_code_before": "690101", "county_code_after": "690105", "document": "批复",
    }  # fmt: skip
    for series, marks in (("continue", ["continued"]), ("break", [])):
        events = conform(pl.DataFrame([event | {"series": series}]), COUNTY_EVENTS)
        rows = caused([A, B, C], moved, county_events=events).filter(indicator="books")
        assert sorted(set(rows["series_mark"])) == marks


def test_without_a_year_before_there_is_nothing_to_explain() -> None:
    assert caused([], [A, B]).is_empty()


def test_parts_that_miss_the_change_break_the_contract() -> None:
    rows = caused([A, B, C], [A, B | {"books": 1500}, C])
    broken = failures(rows.with_columns(pl.col("pupils") + 1e-9), CHANGE_CAUSES)
    assert set(broken["rule"]) == {"parts_are_the_change"}


def test_over_several_years_the_parts_are_the_sums_of_the_yearly_ones() -> None:
    first = caused([A, B, C], [A, B | {"books": 1500}, C])
    second = caused([A, B | {"books": 1500}, C], [A | {"pupils_primary": 130}, B | {"books": 1500}])
    both = pl.concat([first.with_columns(school_year=pl.lit(2020, pl.Int32)), second])
    rows = over_years(both, 2019, 2021)
    for figure in ("mean", "cv"):
        row = rows.filter(indicator="books", figure=figure, stage="primary").row(0, named=True)
        assert (row["value_before"], row["value"]) == (of(first, figure)["value_before"], of(second, figure)["value"])
        assert row["change"] == pytest.approx(row["value"] - row["value_before"])
        assert math.isclose(sum(row[cause] for cause in CAUSES), row["change"], rel_tol=1e-12)
        assert row["resources"] == pytest.approx(of(first, figure)["resources"] + of(second, figure)["resources"])
        assert (row["years"], row["reason"]) == (2, None)


def test_over_several_years_a_year_without_a_row_or_redrawn_boundaries_leave_the_parts_open() -> None:
    first, second = (caused([A, B], [A, B | {"books": books}]) for books in (1500, 1600))
    both = pl.concat([first.with_columns(school_year=pl.lit(2020, pl.Int32)), second])
    for rows, since, reason in ((both, 2018, "years_missing"), (both, 2019, "boundaries_changed")):
        row = over_years(rows, since, 2021).filter(indicator="books", figure="mean").row(0, named=True)
        assert (row["reason"], row["change"], row["resources"]) == (reason, None, None)
