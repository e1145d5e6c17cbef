"""Checks into items, items into parts, parts into a verdict: the worse counts, and nothing missing ever passes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from random import Random

import msgspec
import polars as pl
import pytest

from pipelines.indicators import unit_indicators
from pipelines.judgement import Judged
from pipelines.units import units
from pipelines.verdicts import resource_verdicts, school_verdicts
from standards.items import EverySchool, FactCheck, Finding, Item, OtherStandard, Part, Where
from standards.standard import Dispersion, Indicator, SchoolRule, Standard
from standards.values import Limits
from tests.county import figures, schools
from tests.judged import WORDS, Row, accepted, drawn, fact_frame, item, judged, made, part, resource_row, scored, told

RATE = FactCheck(plus=("enrolled",), over=("of_age",), times=100, limit=Decimal(80))
MEETS, FAILS = {"enrolled": 80, "of_age": 100}, {"enrolled": 79, "of_age": 100}


def yes(*names: str, **more: object) -> list[Row]:
    return told({}, finding={f"drawn/{name}": True for name in names}, **more)


def no(*names: str, **more: object) -> list[Row]:
    return told({}, finding={f"drawn/{name}": False for name in names}, **more)


def the_item(standard: Standard, facts: Sequence[Row]) -> Row:
    (row,) = judged(standard, facts, [drawn()]).county_items.to_dicts()
    return row


# --- computed and said ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("figures_say", "county_says", "status", "contradicts", "reason"),
    [
        (MEETS, None, "met", False, None),
        (MEETS, True, "met", False, None),
        (MEETS, False, "not_met", True, "contradiction"),
        (FAILS, True, "not_met", True, "contradiction"),
        (FAILS, False, "not_met", False, "limit_not_kept"),
        (FAILS, None, "not_met", False, "limit_not_kept"),
        ({}, True, "undetermined", False, "not_reported"),
        ({}, False, "not_met", False, "said_not_met"),
        ({}, None, "undetermined", False, "not_reported"),
    ],
)
def test_where_figures_and_county_contradict_the_worse_counts_and_a_yes_replaces_no_figure(
    figures_say: dict[str, object], county_says: object, status: str, contradicts: object, reason: str | None
) -> None:
    said = [] if county_says is None else yes("one") if county_says else no("one")
    found = the_item(made(RATE), [*told(figures_say), *said])
    assert (found["status"], found["is_contradiction"], found["reason"]) == (status, contradicts, reason)
    assert found["asserted"] == (None if county_says is None else "met" if county_says else "not_met")


def test_a_contradiction_is_counted_up_to_the_verdict() -> None:
    found = judged(made(RATE), [*told(FAILS), *yes("one")], [drawn()])
    assert found.county_parts["contradictions"].item() == 1
    assert found.county_verdicts["contradictions"].item() == 1


def test_an_item_is_as_bad_as_the_worst_of_its_checks() -> None:
    standard = made(msgspec.structs.replace(RATE, id="rate"), Finding(id="found"))
    both = the_item(standard, [*told(MEETS), *yes("one/found")])
    assert (both["status"], both["computed"], both["asserted"]) == ("met", "met", "met")
    assert the_item(standard, told(MEETS))["status"] == "undetermined"
    assert the_item(standard, yes("one/found"))["status"] == "undetermined"
    assert the_item(standard, [*told(MEETS), *no("one/found")])["status"] == "not_met"
    assert the_item(standard, no("one/found"))["status"] == "not_met"


def test_a_check_that_is_asked_of_no_school_does_not_stand_in_for_one_that_is_undetermined() -> None:
    large = Where(pupils_at_least=5000)
    rural = EverySchool(id="rural", subject="school", plus=("books",), limit=Decimal(1), where=large)
    school: list[Row] = [{"pupils_primary": 100}]
    standard = made(msgspec.structs.replace(RATE, id="rate"), rural)
    facts = [*told({"any": 1}), *yes("another")]
    (row,) = judged(standard, facts, school).county_items.to_dicts()
    assert row["status"] == "undetermined"
    (row,) = judged(standard, [*facts, *told(MEETS)], school).county_items.to_dicts()
    assert row["status"] == "met"
    (row,) = judged(standard, [*facts, *told(MEETS)], []).county_items.to_dicts()
    assert (row["status"], row["reason"]) == ("undetermined", "no_school_return")


@pytest.mark.parametrize(
    "more",
    [{"period": 1990}, {"period": 2030}, {"valid_until": dt.date(2023, 8, 31)}],
    ids=["long ago", "in the future", "expired"],
)
def test_a_finding_that_does_not_hold_for_the_year_says_nothing(more: Row) -> None:
    assert the_item(made(Finding()), yes("one", **more))["status"] == "undetermined"
    assert the_item(made(Finding()), yes("one", valid_until=dt.date(2023, 9, 1)))["status"] == "met"


def test_a_newer_row_with_points_alone_does_not_take_back_a_no() -> None:
    standard = made(items=(item("one", Finding(), points="5"),))
    said = [*no("one", period=2022), *scored({"drawn/one": 5}, period=2023)]
    row = the_item(standard, said)
    assert (row["status"], row["score"]) == ("not_met", 5)


def test_a_no_of_one_school_fails_an_item_that_is_computed() -> None:
    row = the_item(made(RATE), [*told(MEETS), *no("one", school_id="2169000001")])
    assert (row["computed"], row["status"], row["is_contradiction"]) == ("met", "not_met", True)


def test_what_is_not_in_the_source_is_said_by_the_county_or_not_at_all() -> None:
    standard = made(items=(item("one", is_in_source=False),))
    found = [the_item(standard, said)["status"] for said in ([], yes("one"), no("one"))]
    assert found == ["not_in_source", "met", "not_met"]


def test_a_veto_without_a_check_is_met_where_the_county_says_no() -> None:
    standard = made(parts=(part(role="veto"),), items=(item("one", points="1"),))
    assert [the_item(standard, said)["status"] for said in (no("one"), yes("one"))] == ["met", "not_met"]


def test_where_no_base_standard_is_known_the_countys_own_finding_stands() -> None:
    standard = made(OtherStandard())
    found = [the_item(standard, said) for said in ([], yes("one"), no("one"))]
    assert [row["status"] for row in found] == ["undetermined", "met", "not_met"]
    assert found[0]["reason"] == "no_base_standard"


# --- points -----------------------------------------------------------------------------------------------------------

TWENTY = made(items=(item("one", Finding(), points="20"),))


@pytest.mark.parametrize(
    ("said", "score", "note", "expected"),
    [
        (True, None, None, (20.0, "computed", None)),
        (False, None, None, (0.0, "computed", None)),
        (None, None, None, (None, None, None)),
        (True, 20, None, (20.0, "asserted", None)),
        (True, "20.5", None, (None, None, "more_than_points")),
        (True, 15, None, (15.0, "asserted", "deduction_not_stated")),
        (True, 15, "两所学校未落实", (15.0, "asserted", None)),
        (False, 20, None, (20.0, "asserted", "full_though_not_met")),
        (False, 5, "两所学校未落实", (5.0, "asserted", None)),
        (None, 0, "未开展", (0.0, "asserted", None)),
    ],
)
def test_points_are_the_countys_own_within_bounds_and_with_a_reason_else_those_of_the_status(
    said: object, score: object, note: str | None, expected: tuple[object, ...]
) -> None:
    facts = scored({"drawn/one": score}, finding=said, note=note) if said is not None or score is not None else []
    found = the_item(TWENTY, facts)
    assert (found["score"], found["score_basis"], found["score_reason"]) == expected


def pointed(*, declares: int | None = None, points: Sequence[str] = ("40", "30", "30"), **more: object) -> Standard:
    asked = part(rule="points", total=Decimal(100), pass_mark=Decimal(85), declares=declares, **more)
    return made(parts=(asked,), items=tuple(item(f"i{n}", Finding(), points=p) for n, p in enumerate(points)))


def the_part(standard: Standard, facts: Sequence[Row]) -> Row:
    (row,) = judged(standard, facts, [drawn()]).county_parts.to_dicts()
    return row


@pytest.mark.parametrize(
    ("scores", "low", "high", "status"),
    [
        ({"i0": 40, "i1": 30, "i2": 15}, 85, 85, "met"),
        ({"i0": 40, "i1": 30, "i2": "14.9999"}, 84.9999, 84.9999, "not_met"),
        ({"i0": 40, "i1": 30}, 70, 100, "undetermined"),
        ({"i0": 25, "i1": 30}, 55, 85, "undetermined"),
        ({"i0": "24.99"}, 24.99, 84.99, "not_met"),
        ({}, 0, 100, "undetermined"),
    ],
)
def test_points_are_met_by_what_is_certain_and_failed_by_what_is_still_possible(
    scores: dict[str, object], low: float, high: float, status: str
) -> None:
    found = the_part(pointed(), scored({f"drawn/{name}": score for name, score in scores.items()}, note="说明"))
    assert (found["score_low"], found["score_high"]) == (pytest.approx(low), pytest.approx(high))
    assert found["status"] == status


def test_points_of_items_that_are_not_listed_are_possible_and_not_certain() -> None:
    standard = pointed(declares=4, points=("40", "30", "10"))
    found = the_part(standard, yes("i0", "i1", "i2"))
    assert (found["score_low"], found["score_high"], found["status"]) == (80, 100, "undetermined")
    assert found["reason"] == "items_not_in_source"
    found = the_part(standard, [*yes("i0", "i1"), *no("i2"), *told({})])
    assert (found["score_low"], found["score_high"], found["status"]) == (70, 90, "undetermined")
    found = the_part(standard, [*yes("i0", "i2"), *no("i1")])
    assert (found["score_high"], found["status"]) == (70, "not_met")


@pytest.mark.parametrize(("given_points", "status"), [(85, "met"), ("84.9999", "not_met"), ("100.5", "undetermined")])
def test_a_score_of_the_whole_part_stands_in_where_items_are_missing(given_points: object, status: str) -> None:
    standard = pointed(declares=4, points=("40",))
    found = the_part(standard, [*yes("i0"), *scored({"drawn/asked": given_points})])
    assert found["status"] == status


def test_a_score_of_the_whole_part_replaces_no_points_that_are_known() -> None:
    facts = [*yes("i0", "i1"), *no("i2"), *scored({"drawn/asked": 95})]
    found = the_part(pointed(), facts)
    assert (found["score_low"], found["status"]) == (70, "not_met")


def test_a_score_of_the_whole_part_exceeds_nothing_that_is_still_possible() -> None:
    # 30 of the 100 points are lost for certain; 30 are open.
    facts = [*yes("i0"), *no("i1"), *scored({"drawn/asked": 90})]
    found = the_part(pointed(), facts)
    assert (found["score_low"], found["score_high"], found["status"]) == (40, 70, "not_met")


# --- parts ------------------------------------------------------------------------------------------------------------


def counted(rule: str, *, declares: int | None = None, at_least: int | None = None, sources: int = 3) -> Standard:
    asked = part(rule=rule, at_least=at_least, declares=declares)
    return made(
        parts=(asked,),
        items=tuple(item(f"i{n}", *([Finding()] if n < sources else []), is_in_source=n < sources) for n in range(3)),
    )


@pytest.mark.parametrize(
    ("met", "failed", "status"),
    [("i0 i1 i2", "", "met"), ("i0 i1", "", "undetermined"), ("i0 i1", "i2", "not_met"), ("", "i2", "not_met")],
)
def test_all_items_are_asked_and_one_that_fails_decides(met: str, failed: str, status: str) -> None:
    assert the_part(counted("all"), [*yes(*met.split()), *no(*failed.split())])["status"] == status


@pytest.mark.parametrize(
    ("met", "failed", "status"),
    [
        ("i0 i1", "i2", "met"),
        ("i0 i1", "", "met"),
        ("i0", "", "undetermined"),
        ("i0", "i1 i2", "not_met"),
        ("", "i1", "undetermined"),
        ("", "i1 i2", "not_met"),
    ],
)
def test_so_many_items_are_enough_where_the_text_says_so(met: str, failed: str, status: str) -> None:
    standard = counted("count", at_least=2)
    assert the_part(standard, [*yes(*met.split()), *no(*failed.split())])["status"] == status


def test_items_that_the_text_has_and_the_file_does_not_leave_a_part_open() -> None:
    found = the_part(counted("all", declares=4), yes("i0", "i1", "i2"))
    assert (found["status"], found["reason"]) == ("undetermined", "items_not_in_source")
    assert the_part(counted("all", declares=4), no("i0"))["status"] == "not_met"
    assert the_part(counted("count", declares=5, at_least=3), no("i0"))["status"] == "undetermined"
    assert the_part(counted("count", declares=5, at_least=3), no("i0", "i1", "i2"))["status"] == "not_met"
    found = the_part(counted("all", sources=2), yes("i0", "i1"))
    assert (found["status"], found["items_not_in_source"]) == ("undetermined", 1)


def test_a_part_of_which_nothing_is_listed_is_never_met() -> None:
    asked = (part(declares=20),)
    found = judged(made(parts=asked), told({"any": 1}), [drawn()])
    assert found.county_parts["status"].to_list() == ["undetermined"]
    assert found.county_verdicts["verdict"].to_list() == ["undetermined"]


# --- verdicts ---------------------------------------------------------------------------------------------------------

ROLES = ("precondition", "gate", "items", "approval", "veto", "tracking")
WHOLE = made(
    parts=tuple(part(role, role) for role in ROLES),
    items=tuple(item(f"of_{role}", Finding(expects=role != "veto"), part=role) for role in ROLES),
)


def verdict(statuses: dict[str, str]) -> Row:
    """The verdict where each role's one item has a status, met unless said."""
    facts: list[Row] = told({"any": 1})
    for role in ROLES:
        status = statuses.get(role, "met")
        if status != "undetermined":
            is_yes = (status == "met") == (role != "veto")
            facts += yes(f"of_{role}") if is_yes else no(f"of_{role}")
    (row,) = judged(WHOLE, facts, [drawn()]).county_verdicts.to_dicts()
    return row


def test_everything_met_is_met() -> None:
    found = verdict({})
    assert (found["verdict"], found["decides"], found["reason"]) == ("met", None, None)
    assert [found[face] for face in ("eligibility", "resource", "items", "approval", "veto")] == [
        "met",
        "no_limit",
        "met",
        "met",
        "met",
    ]


@pytest.mark.parametrize(
    ("statuses", "expected", "decides"),
    [
        ({"gate": "not_met", "veto": "not_met", "items": "not_met"}, "not_eligible", "gate"),
        ({"precondition": "not_met", "items": "undetermined"}, "not_eligible", "precondition"),
        ({"precondition": "not_met", "gate": "not_met"}, "not_eligible", "precondition | gate"),
        ({"gate": "undetermined", "veto": "not_met"}, "not_recognised", "veto"),
        ({"veto": "not_met", "items": "not_met"}, "not_recognised", "veto"),
        ({"items": "not_met", "gate": "undetermined"}, "not_met", "items"),
        ({"approval": "not_met", "veto": "undetermined"}, "not_met", "approval"),
        ({"items": "not_met", "approval": "not_met"}, "not_met", "items | approval"),
        ({"gate": "undetermined"}, "undetermined", "gate"),
        ({"veto": "undetermined"}, "undetermined", "veto"),
        ({"items": "undetermined", "approval": "undetermined"}, "undetermined", "items | approval"),
        ({"tracking": "not_met"}, "met", None),
        ({"tracking": "undetermined"}, "met", None),
    ],
)
def test_eligibility_goes_before_a_veto_a_veto_before_failure_and_failure_before_doubt(
    statuses: dict[str, str], expected: str, decides: str | None
) -> None:
    found = verdict(statuses)
    assert (found["verdict"], found["decides"]) == (expected, decides)


def test_what_is_only_tracked_has_no_verdict() -> None:
    standard = made(Finding(), parts=(part(role="tracking"),))
    found = judged(standard, no("one"), [drawn()])
    assert found.county_parts["status"].item() == "not_met"
    assert found.county_verdicts["verdict"].item() == "no_limit"


@pytest.mark.parametrize(
    ("resource", "expected"),
    [("met", "met"), ("not_met", "not_met"), ("undetermined", "undetermined"), (None, "undetermined")],
)
def test_the_resource_part_is_a_part(resource: str | None, expected: str) -> None:
    standard = made(Finding(), dispersion=Dispersion("each", "", (Limits(starts=dt.date(2017, 1, 1)),)))
    rows = [] if resource is None else [resource_row("drawn", resource)]
    found = judged(standard, yes("one"), [drawn()], resource=rows)
    assert found.county_verdicts.select("resource", "items", "verdict").rows() == [(expected, "met", expected)]
    assert found.county_parts["part"].to_list() == ["resource", "asked"]


def test_a_standard_that_asks_for_anothers_verdict_is_judged_after_it() -> None:
    first = made(OtherStandard(standard="base", aspect="verdict"))
    base = msgspec.structs.replace(made(Finding()), id="base")
    for said, status in ((True, "met"), (False, "not_met")):
        facts = told({}, finding={"base/one": said})
        found = judged(first, facts, [drawn()], others={"base": base})
        assert found.county_items.filter(pl.col("standard") == "drawn")["status"].item() == status
    assert the_item(first, told({"any": 1}))["status"] == "undetermined"


def test_a_gate_is_the_base_standard_of_the_countys_own_province() -> None:
    standard = made(OtherStandard(), parts=(part(role="gate"),))
    bases = {
        name: msgspec.structs.replace(made(), id=name, provinces=(province,), gate_of="drawn", parts=())
        for name, province in (("here", "690000"), ("there", "510000"))
    }

    def found(*rows: Row) -> str:
        verdicts = judged(standard, told({"any": 1}), [drawn()], resource=rows, others=bases).county_verdicts
        status: str = verdicts.filter(pl.col("standard") == "drawn")["verdict"].item()
        return status

    assert found(resource_row("here", "met")) == "met"
    assert found(resource_row("here", "not_met")) == "not_eligible"
    assert found(resource_row("there", "met", province_code="510000", county_code="510101")) == "undetermined"
    assert found() == "undetermined"


def test_of_two_base_standards_of_one_province_both_are_asked() -> None:
    standard = made(OtherStandard(), parts=(part(role="gate"),))
    bases = {
        name: msgspec.structs.replace(made(), id=name, provinces=("690000",), gate_of="drawn", parts=())
        for name in ("first", "second")
    }

    def found(*rows: Row) -> str:
        verdicts = judged(standard, told({"any": 1}), [drawn()], resource=rows, others=bases).county_verdicts
        status: str = verdicts.filter(pl.col("standard") == "drawn")["verdict"].item()
        return status

    assert found(resource_row("first", "met"), resource_row("second", "met")) == "met"
    assert found(resource_row("first", "met"), resource_row("second", "undetermined")) == "undetermined"
    assert found(resource_row("first", "met")) == "undetermined"
    assert found(resource_row("first", "met"), resource_row("second", "not_met")) == "not_eligible"


def test_a_standard_is_for_its_own_province_and_county() -> None:
    facts = [*yes("one"), *yes("one", county_code="690102"), *yes("one", county_code="510101", province_code="510000")]
    for more, counties in (
        ({}, ["510101", "690101", "690102"]),
        ({"provinces": ("690000",)}, ["690101", "690102"]),
        ({"provinces": ("690000",), "counties": ("690102",)}, ["690102"]),
        ({"applies_to": ("tw-moe",)}, []),
    ):
        found = judged(made(Finding(), **more), facts, [])  # type: ignore[arg-type]
        assert found.county_verdicts["county_code"].to_list() == counties


# --- the school rule --------------------------------------------------------------------------------------------------

NORM = (Limits(starts=dt.date(2012, 1, 1), primary=Decimal(10), junior=Decimal(10)),)
BOOKS = Indicator(id="books", label=WORDS, unit="volumes_per_pupil", article="", plus=("books",), norms=NORM)
SIZE = Indicator(
    id="size",
    label=WORDS,
    unit="pupils_per_class",
    article="",
    plus=("pupils",),
    denominator="classes",
    must_be="at_most",
    norms=(Limits(starts=dt.date(2012, 1, 1), primary=Decimal(45), junior=Decimal(45)),),
)
UNSAID = Indicator(id="unsaid", label=WORDS, unit="percent", article="")


def ruled(*indicators: Indicator, at_norm: int, floor: str, of: int | None = None) -> Standard:
    rule = SchoolRule(at_norm=at_norm, floor_share=Decimal(floor), article="", of=of)
    split = msgspec.structs.replace(made().split, resources=("books",))
    return made(indicators=indicators, school_rule=rule, split=split, parts=())


def unit(standard: Standard, row: Row, facts: Sequence[Row] = ()) -> tuple[object, object]:
    values = unit_indicators(units(schools([row]), standard), standard, fact_frame(facts))
    (found,) = school_verdicts(values, standard).to_dicts()
    return found["status"], found["reason"]


@pytest.mark.parametrize(
    ("pupils", "status", "reason"),
    [
        (450, "met", None),
        (451, "met", None),
        (500, "met", None),
        (501, "not_met", "below_floor"),
    ],
)
def test_the_floor_of_what_must_be_at_most_lies_above_its_norm(pupils: int, status: str, reason: str | None) -> None:
    # 45 / 0.9 = 50: of the two one must be at its norm.
    standard = ruled(BOOKS, SIZE, at_norm=1, floor="0.9")
    assert unit(standard, {"pupils_primary": pupils, "classes_primary": 10, "books": 6000}) == (status, reason)


def test_a_share_of_zero_sets_no_floor() -> None:
    standard = ruled(BOOKS, SIZE, at_norm=1, floor="0")
    row: Row = {"pupils_primary": 450, "classes_primary": 10, "books": 0}
    assert unit(standard, row) == ("met", None)
    assert unit(standard, row | {"pupils_primary": 451}) == ("not_met", "too_many_below")
    # What is not reported cannot fail a school that has enough without it.
    assert unit(standard, row | {"books": None}) == ("met", None)
    assert unit(standard, row | {"books": None, "pupils_primary": 451}) == ("undetermined", "not_reported")


def test_what_the_text_has_and_the_file_does_not_may_be_met_or_not() -> None:
    row: Row = {"pupils_primary": 450, "classes_primary": 10, "books": 4500}
    three = ruled(BOOKS, SIZE, at_norm=2, floor="0", of=3)
    assert unit(three, row) == ("met", None)
    assert unit(three, row | {"books": 4499}) == ("undetermined", "items_not_in_source")
    assert unit(three, row | {"books": 4499, "pupils_primary": 451}) == ("not_met", "too_many_below")
    floored = ruled(BOOKS, SIZE, at_norm=2, floor="0.9", of=3)
    assert unit(floored, row) == ("undetermined", "items_not_in_source")


def test_an_indicator_without_a_norm_is_what_the_county_says_of_the_school() -> None:
    standard = ruled(BOOKS, UNSAID, at_norm=2, floor="0")
    row: Row = {"pupils_primary": 450, "books": 4500}
    name, school = "unsaid", {"school_id": "2169000001"}
    assert unit(standard, row) == ("undetermined", "not_reported")
    assert unit(standard, row, yes(name, **school)) == ("met", None)
    assert unit(standard, row, no(name, **school)) == ("not_met", "too_many_below")


def test_where_the_county_contradicts_a_figure_of_a_school_the_worse_counts() -> None:
    standard = ruled(BOOKS, at_norm=1, floor="0")
    row: Row = {"pupils_primary": 450, "books": 4500}
    school: Row = {"school_id": "2169000001"}
    assert unit(standard, row, yes("books", **school))[0] == "met"
    assert unit(standard, row, no("books", **school))[0] == "not_met"
    assert unit(standard, row | {"books": 4499}, yes("books", **school))[0] == "not_met"
    assert unit(standard, row | {"books": None}, yes("books", **school))[0] == "undetermined"
    assert unit(standard, row | {"books": None}, no("books", **school))[0] == "not_met"


# --- nothing missing ever passes --------------------------------------------------------------------------------------

EVERYTHING = made(
    parts=(
        part("asked", rule="points", total=Decimal(100), pass_mark=Decimal(85)),
        part("wanted"),
        part("some", rule="count", at_least=2),
        part("barred", "veto"),
    ),
    items=(
        item("rate", RATE, points="60"),
        item("found", Finding(), points="40"),
        item("both", FactCheck(id="a", plus=("a",), minus=("b",), limit=Decimal(2)), Finding(id="f"), part="wanted"),
        item("level", FactCheck(plus=("level",), limit=Decimal(3), each=True), part="wanted"),
        item(
            "schools", EverySchool(subject="school", plus=("books",), over=("pupils",), limit=Decimal(10)), part="some"
        ),
        item("staff", EverySchool(plus=("full_time_teachers",), limit=Decimal(5)), part="some"),
        item("third", Finding(), part="some"),
        item("barred_one", Finding(expects=False), part="barred"),
    ),
)
OPTIONAL = ("rate", "schools")
"""Items that are computed: of these the county may say yes or no beside it."""
Key = tuple[str, ...]


def county(random: Random, *, likely: float = 0.9, best: bool = False) -> dict[Key, object]:
    """What a county reports, each figure or finding near its limit, or not at all; `best`: all that passes."""
    near: dict[Key, list[object]] = {
        ("fact", "enrolled"): [80, 79],
        ("fact", "of_age"): [100],
        ("fact", "a"): [3, 2],
        ("fact", "b"): [0, 1],
        ("level", "语文"): [3, 2],
        ("level", "数学"): [3, 4],
        **{("said", name): [True, True, False] for name in ("rate", "found", "both/f", "schools", "third")},
        ("said", "barred_one"): [False, False, True],
        **{("school", number, "books"): [1000, 1000, 999] for number in "12"},
        **{("school", number, "full_time_teachers_primary"): [5, 5, 4] for number in "12"},
    }
    return {
        key: values[0] if best else random.choice(values) for key, values in near.items() if random.random() < likely
    }


def reported(said: dict[Key, object], code: int) -> tuple[list[Row], list[Row]]:
    """Facts and schools of one county under its own code."""
    place: Row = {"county_code": f"{code:06d}", "county_name": f"第{code}县"}
    facts = told({"any": 1}, **place)
    school: dict[str, Row] = {
        number: {**place, "school_id": f"{code:06d}{number}", "pupils_primary": 100} for number in "12"
    }
    for key, value in said.items():
        match key:
            case ("fact", name):
                facts += told({name: value}, **place)
            case ("level", subject):
                facts += told({"level": value}, breakdown=subject, **place)
            case ("said", name):
                facts += told({}, finding={f"drawn/{name}": bool(value)}, **place)
            case (_, number, name):
                school[number][name] = value
    return facts, list(school.values())


def statuses(found: Judged) -> dict[int, dict[Key, str]]:
    """Every item, part and verdict of each county."""
    by_county: dict[int, dict[Key, str]] = {}
    for frame, kind, status in (
        (found.county_items, "item", "status"),
        (found.county_parts, "part", "status"),
        (found.county_verdicts, "standard", "verdict"),
    ):
        for code, name, outcome in frame.select("county_code", kind, status).iter_rows():
            by_county.setdefault(int(code), {})[kind, name] = outcome
    return by_county


def test_nothing_that_is_taken_away_ever_makes_a_county_pass() -> None:
    random = Random(2023)
    whole = [county(random, likely=1, best=True), *(county(random) for _ in range(60))]
    # A subject whose level is not reported still stands in the return; of one that does not nobody can know.
    cases = [(said, None) for said in whole] + [(said, gone) for said in whole for gone in said]
    facts: list[Row] = []
    rows: list[Row] = []
    for code, (said, gone) in enumerate(cases):
        kept = {key: None if key[0] == "level" else value for key, value in said.items() if key == gone}
        less = {key: value for key, value in said.items() if key != gone}
        more_facts, more_rows = reported(less | {key: value for key, value in kept.items() if value is None}, code)
        facts, rows = facts + more_facts, rows + more_rows
    found = statuses(accepted(judged(EVERYTHING, facts, rows)))
    before = {id(said): found[code] for code, (said, gone) in enumerate(cases) if gone is None}
    for code, (said, gone) in enumerate(cases):
        # A no beside figures that meet the limit is itself what fails the item: it may be taken back.
        if gone is None or (gone[0] == "said" and gone[1] in OPTIONAL and not said[gone]):
            continue
        for name, status in found[code].items():
            assert status != "met" or before[id(said)][name] == "met", (said, gone, name)
    verdicts = {outcome["standard", "drawn"] for outcome in before.values()}
    assert verdicts == {"met", "not_met", "undetermined", "not_recognised"}


@pytest.mark.parametrize("missing", ["pupils_primary", "books", "classes_primary"])
def test_a_county_whose_resource_part_is_met_is_not_without_any_one_figure(missing: str) -> None:
    standard = ruled(BOOKS, SIZE, at_norm=2, floor="0")
    only = msgspec.structs.replace(standard.scope, stages=("primary",))
    standard = msgspec.structs.replace(standard, scope=only)
    row: Row = {"pupils_primary": 450, "classes_primary": 10, "books": 4500}
    for rows, status in (([row], "met"), ([row, row | {missing: None}], "undetermined")):
        values, spread = figures(rows, standard)
        found = resource_verdicts(spread, school_verdicts(values, standard), standard)
        assert set(found["verdict"]) == {status}


def test_without_a_return_or_a_word_of_the_county_no_standard_is_met() -> None:
    asked: tuple[Part, ...] = tuple(part(role, role) for role in ROLES)
    kinds: tuple[Item, ...] = tuple(item(f"of_{role}", RATE, part=role) for role in ROLES)
    found = judged(made(parts=asked, items=kinds), told({"any": 1}), [])
    assert set(found.county_parts["status"]) == {"undetermined"}
    assert found.county_verdicts["verdict"].item() == "undetermined"
