"""Every item of every standard: a county that meets it, one that does not, one at the limit, one that cannot be judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from standards.items import Finding, Item
from standards.standard import Standard, standards
from tests.item_cases import Case, cases, judged, measured, resource_cases, table

PAGE = Path(__file__).resolve().parent.parent / "docs" / "items-tested.md"
ITEMS = [(standard, item) for standard in standards().values() for item in standard.items]


def names(standard: Standard, item: Item, check: str) -> set[str]:
    found = [case.name for case in cases() if (case.standard, case.item, case.check) == (standard.id, item.id, check)]
    return {name.split(":")[0] for name in found}


@pytest.mark.parametrize("case", cases(), ids=str)
def test_an_item_has_the_status_for_which_its_county_was_drawn(case: Case) -> None:
    found = judged(case.standard)[str(case), case.item]
    assert found["status"] == case.expected, found["reason"]


@pytest.mark.parametrize("case", resource_cases(), ids=str)
def test_a_norm_or_coefficient_has_the_status_for_which_its_school_was_drawn(case: Case) -> None:
    assert measured(case.standard)[str(case)] == case.expected


def test_points_follow_the_status_where_the_county_gives_none() -> None:
    points = {(standard.id, item.id): item.points for standard, item in ITEMS}
    seen = set()
    for case in cases():
        given = points[case.standard, case.item]
        found = judged(case.standard)[str(case), case.item]
        wanted = {"met": given, "not_applicable": given, "not_met": given if given is None else 0}.get(case.expected)
        assert found["score"] == (None if wanted is None else float(wanted)), case
        seen.add((given is None, case.expected))
    assert {(False, status) for status in ("met", "not_met", "undetermined")} <= seen


@pytest.mark.parametrize(("standard", "item"), ITEMS, ids=[f"{s.id}/{i.id}" for s, i in ITEMS])
def test_every_check_of_an_item_has_its_cases(standard: Standard, item: Item) -> None:
    for check in item.checks or (Finding(),):
        found = names(standard, item, check.id)
        assert "met" in found
        # What must not exceed 100 % and cannot: more than that is refused.
        assert "not_met" in found or {"over_100", "at_limit"} <= found
        assert found & {"undetermined", "not_in_source"}
        # A finding has no limit, nor has another standard's verdict of a single year.
        is_verdict = getattr(check, "years", 0) == 1
        assert "at_limit" in found or isinstance(check, Finding) or is_verdict


def test_no_case_is_drawn_twice() -> None:
    drawn = [str(case) for case in (*cases(), *resource_cases())]
    assert len(set(drawn)) == len(drawn)


def test_every_norm_and_every_limit_of_the_resource_part_has_its_cases() -> None:
    found: dict[tuple[str, str, str], set[str]] = {}
    for case in resource_cases():
        found.setdefault((case.standard, case.item, case.check), set()).add(case.name.split(":")[0])
    for standard in standards().values():
        for stage in standard.scope.stages:
            for indicator in standard.indicators if standard.school_rule else ():
                has_norm = any(getattr(norm, stage) is not None for norm in indicator.norms)
                is_computed = bool(indicator.plus or indicator.plus_by_stage.get(stage))
                asked = {"met", "not_met", "undetermined"} | ({"at_limit"} if has_norm and is_computed else set())
                assert asked <= found[standard.id, indicator.id, stage]
            limits = {"mean": ["composite"], "each": [i.id for i in standard.indicators], "none": []}
            for name in limits[standard.dispersion.rule]:
                asked = {"met", "not_met", "undetermined", "at_limit"}
                assert found[standard.id, f"cv:{name}", stage] == asked


def test_the_page_of_items_and_tests_is_what_its_generator_writes() -> None:
    written = PAGE.read_text("utf-8")
    assert written == table(), "docs/items-tested.md is stale: run python -m tests.item_cases docs/items-tested.md"
