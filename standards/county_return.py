"""What standards ask a county to say: the keys of its facts, in the order of the standards, and the years needed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Literal

import msgspec

from schemas.tables import county_fact_fields
from standards.items import Bounded, Check, FactCheck, Finding, Growth, Item, Since
from standards.standard import Indicator, Standard
from standards.values import Words

Of = Literal["figure", "item", "check", "part", "relaxation", "indicator", "other"]


class WantedFact(msgspec.Struct, frozen=True):
    """One thing that a county is asked to say, under the key `fact`.

    `of` tells what it is: a figure that a check reads, an item, a finding check of its own, the points of a part, a
    relaxation or an indicator said school by school, or another figure of the dictionary. `standard`, `item` and
    `check` are where it is asked first. `takes_finding` and `points` say what is answered beside or in place of a
    value. `years_before` are the years it is wanted for, counted back from the school year, the earliest first.
    """

    fact: str
    of: Of
    label: Words
    standard: str = ""
    item: str = ""
    number: str = ""
    article: str = ""
    check: Check | None = None
    type: str = ""
    unit: str = ""
    takes_finding: bool = False
    points: Decimal | None = None
    by_breakdown: bool = False
    by_school: bool = False
    years_before: tuple[int, ...] = (0,)


class KnownFact(msgspec.Struct, frozen=True):
    """What a county may answer under a key: a figure of a type ("" where none), yes or no, points up to `points`.

    `takes_score` without `points`: the standard does not give the total. `by_breakdown`: by subject or group of people
    too. `of_schools`: of single schools only, never of the county as a whole.
    """

    type: str = ""
    takes_finding: bool = False
    takes_score: bool = False
    points: Decimal | None = None
    by_breakdown: bool = False
    of_schools: bool = False


def known_facts(standards: Iterable[Standard]) -> dict[str, KnownFact]:
    """Every key under which a county may say something, and what may be answered there."""
    asked = list(standards)
    each = {fact for s in asked for item in s.items for check in item.checks for fact in _by_breakdown(check)}
    known = {
        fact: KnownFact(entry["type"], by_breakdown=bool(entry["breakdown"]) or fact in each)
        for fact, entry in county_fact_fields().items()
    }
    for standard in asked:
        known |= {
            fact.id: KnownFact(fact.type, by_breakdown=fact.unit == "questionnaires" or fact.id in each)
            for fact in standard.facts
        }
        for name, answers in _answers(standard):
            key = f"{standard.id}/{name}"
            known[key] = _either(known[key], answers) if key in known else answers
    return known


def known_items(standards: Iterable[Standard]) -> dict[str, frozenset[str]]:
    """What a county may mend or prove, by standard: items, indicators, and `cv:` with an indicator for its dispersion."""
    return {
        standard.id: frozenset(
            [
                *(item.id for item in standard.items),
                *(indicator.id for indicator in standard.indicators),
                *(f"cv:{indicator.id}" for indicator in standard.indicators),
            ]
        )
        for standard in standards
    }


def _by_breakdown(check: Check) -> Collection[str]:
    """The figures that a check reads for every breakdown."""
    return facts_of(check) if isinstance(check, FactCheck) and check.each else ()


def _answers(standard: Standard) -> Iterator[tuple[str, KnownFact]]:
    """What may be answered under the names of a standard: items, checks, parts with points, relaxations, indicators."""
    for item in standard.items:
        yield item.id, KnownFact(takes_finding=True, takes_score=item.points is not None, points=item.points)
        for check in item.checks:
            if check.id:
                yield f"{item.id}/{check.id}", KnownFact(takes_finding=True)
    for part in standard.parts:
        if part.rule == "points":
            yield part.id, KnownFact(takes_score=True, points=part.total)
    of_schools = [relaxation.id for relaxation in standard.relaxations]
    of_schools += [indicator.id for indicator in standard.indicators]
    for name in of_schools:
        yield name, KnownFact(takes_finding=True, of_schools=True)


def _either(first: KnownFact, other: KnownFact) -> KnownFact:
    """What may be answered under a name that two things of a standard share."""
    points = [known.points for known in (first, other) if known.points is not None]
    return KnownFact(
        takes_finding=first.takes_finding or other.takes_finding,
        takes_score=first.takes_score or other.takes_score,
        points=max(points) if points else None,
        of_schools=first.of_schools and other.of_schools,
    )


def wanted_facts(standards: Sequence[Standard], further: Collection[str] = ()) -> list[WantedFact]:
    """What the standards ask a county to say, each once, in their order; then `further` figures of the dictionary.

    A figure that several checks read is wanted for every year that any of them needs.
    """
    found: dict[str, WantedFact] = {}
    for standard in standards:
        for wanted in _of_standard(standard):
            found[wanted.fact] = _together(found[wanted.fact], wanted) if wanted.fact in found else wanted
    for fact, entry in county_fact_fields().items():
        if fact in further and fact not in found:
            label = Words(entry["label_zh"], entry["label_en"])
            found[fact] = WantedFact(fact, "other", label, type=entry["type"], unit=entry["unit"])
    return list(found.values())


def asked_facts(standards: Iterable[Standard]) -> set[str]:
    """The figures that any check of the standards reads."""
    return {fact for s in standards for item in s.items for check in item.checks for fact in facts_of(check)}


def facts_of(check: Check) -> dict[str, tuple[int, ...]]:
    """The figures that a check reads, each with its years, counted back from the school year."""
    named: list[str] = []
    years: tuple[int, ...] = (0,)
    if isinstance(check, FactCheck):
        named += [*check.plus, *check.minus, *check.over, *check.over_minus]
    if isinstance(check, Since | Growth):
        named.append(check.fact)
    if isinstance(check, Growth):
        named.append(check.faster_than)
        years = tuple(range(-check.lag - check.years, -check.lag + 1))
    if isinstance(check, Bounded):
        named.append(check.limit_fact)
    return dict.fromkeys((name for name in named if name), years)


def _of_standard(standard: Standard) -> Iterator[WantedFact]:
    for part in standard.parts:
        for item in standard.of_part(part.id):
            yield from _of_item(standard, item)
        if part.rule == "points" and part.total is not None:
            fact = f"{standard.id}/{part.id}"
            yield WantedFact(fact, "part", part.title, standard.id, article=part.article, points=part.total)
    for relaxation in standard.relaxations:
        yield WantedFact(
            f"{standard.id}/{relaxation.id}",
            "relaxation",
            relaxation.label,
            standard.id,
            article=relaxation.article,
            takes_finding=True,
            by_school=True,
        )
    for indicator in standard.indicators:
        if _is_said(standard, indicator):
            yield WantedFact(
                f"{standard.id}/{indicator.id}",
                "indicator",
                indicator.label,
                standard.id,
                number=indicator.number,
                article=indicator.article,
                takes_finding=True,
                by_school=True,
            )


def _is_said(standard: Standard, indicator: Indicator) -> bool:
    """Whether only the county can say if a school meets the indicator."""
    is_judged = standard.school_rule is not None or bool(standard.gate_of)
    is_computed = bool(indicator.plus or indicator.plus_by_stage or indicator.minus)
    return is_judged and not (indicator.norms and is_computed)


def _of_item(standard: Standard, item: Item) -> Iterator[WantedFact]:
    """The item's own yes or no and points, the findings of its checks, the figures that they read."""
    if not item.is_in_source and item.points is None:
        return
    plain = any(isinstance(check, Finding) and not check.id for check in item.checks)
    takes_finding = item.is_in_source and (plain or item.asks_finding)
    if takes_finding or item.points is not None:
        yield WantedFact(
            f"{standard.id}/{item.id}",
            "item",
            item.label,
            standard.id,
            item.id,
            item.number,
            item.article,
            takes_finding=takes_finding,
            points=item.points,
        )
    for check in item.checks:
        if isinstance(check, Finding) and check.id:
            yield WantedFact(
                f"{standard.id}/{item.id}/{check.id}",
                "check",
                check.label or item.label,
                standard.id,
                item.id,
                item.number,
                item.article,
                check,
                takes_finding=True,
            )
        for fact, years in facts_of(check).items():
            yield _figure(standard, item, check, fact, years)


def _figure(standard: Standard, item: Item, check: Check, fact: str, years: tuple[int, ...]) -> WantedFact:
    declared = next((declared for declared in standard.facts if declared.id == fact), None)
    entry = {} if declared is not None else county_fact_fields()[fact]
    label = declared.label if declared is not None else Words(entry["label_zh"], entry["label_en"])
    return WantedFact(
        fact,
        "figure",
        label,
        standard.id,
        item.id,
        item.number,
        item.article,
        check,
        declared.type if declared is not None else entry["type"],
        declared.unit if declared is not None else entry["unit"],
        by_breakdown=isinstance(check, FactCheck) and check.each,
        years_before=years,
    )


def _together(first: WantedFact, again: WantedFact) -> WantedFact:
    """A figure as two checks ask for it."""
    return msgspec.structs.replace(
        first,
        years_before=tuple(sorted({*first.years_before, *again.years_before})),
        by_breakdown=first.by_breakdown or again.by_breakdown,
    )
