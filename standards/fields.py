"""Fields and facts that a check or an indicator adds up, takes off or divides by, and cannot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from schemas.columns import STAGES
from schemas.tables import county_fact_fields, finding_fields, school_fields, shared_fields, unit_fields
from standards.items import Check, EveryClass, EverySchool, FactCheck, Growth, NeverBoth, Since, Total
from standards.names import repeated

if TYPE_CHECKING:
    from standards.standard import Indicator, Standard

Faults = Iterator[tuple[str, str]]
_SUMS = ("plus", "minus", "over", "over_minus")
_FACT_KEYS: dict[type, tuple[str, ...]] = {
    FactCheck: (*_SUMS, "limit_fact"),
    Since: ("fact", "limit_fact"),
    Growth: ("fact", "faster_than"),
    Total: ("limit_fact",),
    EverySchool: ("limit_fact",),
}
_FIELD_KEYS: dict[type, tuple[str, ...]] = {
    Total: _SUMS,
    EverySchool: (*_SUMS, "one_for"),
    NeverBoth: ("first", "first_minus", "second"),
}
"""The keys of each kind of check that name facts of the county, and those that name fields of a school's return."""
_NEEDED = {"plus", "first", "second", "fact"}
_QUANTITIES = {"minus", "over", "over_minus", "first_minus", "one_for"}
"""Keys that need something to add up, and those that a yes or no cannot stand under."""


def check_fields(check: Check, standard: Standard) -> Faults:
    """Every fault of a check's fields and facts as (key of the check, what was wanted)."""
    facts = {*county_fact_fields(), *(fact.id for fact in standard.facts)}
    for key in _FACT_KEYS.get(type(check), ()):
        yield from unknown(key, _names(check, key), facts, "county_facts.csv, or declare it under facts")
    for key in _FIELD_KEYS.get(type(check), ()):
        yield from unknown(key, _names(check, key), known_fields(), "school_fields.csv")
        if key in _QUANTITIES:
            yield from _yes_or_no(key, _names(check, key))
    for key in (*_FACT_KEYS.get(type(check), ()), *_FIELD_KEYS.get(type(check), ())):
        if key in _NEEDED and not _names(check, key):
            yield key, "is empty; name what is counted"
        yield from ((key, words) for words in repeated(_names(check, key)))
    if isinstance(check, FactCheck | Total | EverySchool) and check.over_minus and not check.over:
        yield "over_minus", "is taken off over, which is missing"
    if isinstance(check, EverySchool) and check.one_for in known_fields() and not _is_count(check.one_for):
        yield "one_for", f"“{check.one_for}” is no count; one for so many of them needs whole numbers"
    yield from _grain_faults(check)


def _grain_faults(check: Check) -> Faults:
    """What the stages of a school share is asked of whole schools; a whole school has no stage to be chosen by."""
    by_stage = isinstance(check, EveryClass) or bool(check.stage)
    by_stage |= isinstance(check, EverySchool) and check.subject == "unit"
    shared = {*shared_fields(), *finding_fields()}
    for key in _FIELD_KEYS.get(type(check), ()):
        for name in sorted(shared.intersection(_names(check, key))):
            if by_stage:
                yield key, f"“{name}” is shared by the stages: ask it of whole schools, without a stage"
    if isinstance(check, Total | EverySchool | NeverBoth) and check.where.stages and not by_stage:
        yield "where.stages", "a whole school has no stage; choose by school_types"


def indicator_fields(indicator: Indicator, standard: Standard) -> Faults:
    """Every fault of an indicator's fields as (key of the indicator, what was wanted)."""
    called = f"indicator “{indicator.id}”"
    by_stage = indicator.plus_by_stage
    fields = {*indicator.plus, *indicator.minus, *(f for s in by_stage.values() for f in s), *indicator.over}
    for name in sorted(fields - known_fields()):
        yield "plus", f"{called}: no field “{name}”; fields are listed in school_fields.csv"
    if not fields and not standard.gate_of:
        yield "", f"{called}: one of plus, plus_by_stage is needed"
    elif fields and not indicator.plus and not by_stage:
        yield "plus", f"{called}: is empty; name what is counted"
    for stage in sorted(set(by_stage) - set(STAGES)):
        yield "plus_by_stage", f"{called}: no stage “{stage}”"
    shared = fields & set(shared_fields())
    if shared and fields - shared:
        yield "plus", f"{called}: mixes fields of a stage with fields of the whole school"
    divided = set() if indicator.over or indicator.denominator == "one" else shared
    for name in sorted(divided - set(standard.split.resources)):
        yield "plus", f"{called}: “{name}” is shared by the stages: name it in split.resources"
    lists = [("plus", indicator.plus), ("minus", indicator.minus), ("over", indicator.over)]
    lists += [(f"plus_by_stage.{stage}", names) for stage, names in by_stage.items()]
    for key, names in lists:
        yield from ((key, f"{called}: {words}") for words in repeated(names))
        if key in _QUANTITIES:
            yield from _yes_or_no(key, names)
    if standard.school_rule and not indicator.norms and not standard.gate_of:
        yield "", f"{called}: norms are needed, as there is a school_rule"


def relaxation_fields(adds: Sequence[str], *, is_of_indicator: bool) -> Faults:
    """Every fault of the fields that an easing lets count beside."""
    yield from unknown("adds", adds, known_fields(), "school_fields.csv")
    yield from (("adds", words) for words in repeated(adds))
    if is_of_indicator:
        yield from _yes_or_no("adds", adds)


def known_fields() -> set[str]:
    """Every field of a school's return that can be named."""
    return {*unit_fields(), *finding_fields()}


def unknown(key: str, names: Iterable[str], known: set[str], place: str) -> Faults:
    """Names that the place does not list."""
    yield from ((key, f"no “{name}”; see {place}") for name in names if name not in known)


def _yes_or_no(key: str, names: Iterable[str]) -> Faults:
    for name in names:
        if name in finding_fields():
            yield key, f"“{name}” is a yes or no; it can only be added under plus, where yes counts 1"


def _is_count(field: str) -> bool:
    return field in {entry["base"] for entry in school_fields() if entry["type"] == "count"}


def _names(check: Check, key: str) -> tuple[str, ...]:
    """What a key names; nothing where it is left out."""
    named: str | tuple[str, ...] = getattr(check, key)
    return tuple(filter(None, [named])) if isinstance(named, str) else named
