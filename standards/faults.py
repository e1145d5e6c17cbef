"""What is wrong with a standard's parts, items, checks and points, beyond what types can say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from schemas.tables import BANDS, county_fact_fields, finding_fields, unit_fields
from standards.items import (
    Check,
    EveryClass,
    EverySchool,
    FactCheck,
    Growth,
    Item,
    NeverBoth,
    Part,
    Since,
    Total,
)

if TYPE_CHECKING:
    from standards.standard import Standard

Faults = Iterator[tuple[str, str]]
BAND_ENDS = tuple(int(band.split("_")[1]) for band in BANDS[:-1])
"""Upper ends of the class-size bands of the returns, but for the open one."""


def item_faults(standard: Standard) -> Faults:
    """Every fault as (key in the file, what was wanted)."""
    yield from _twice("facts", (fact.id for fact in standard.facts))
    yield from _twice("parts", (part.id for part in standard.parts))
    yield from _twice("groups", (group.id for group in standard.groups))
    yield from _twice("items", (item.id for item in standard.items))
    yield from _twice("relaxations", (relaxation.id for relaxation in standard.relaxations))
    for position, fact in enumerate(standard.facts):
        if fact.id in county_fact_fields():
            yield f"facts[{position}].id", f"“{fact.id}” stands in county_facts.csv already; leave it out here"
    for position, part in enumerate(standard.parts):
        yield from ((f"parts[{position}].{key}", words) for key, words in _part_faults(part, standard))
    yield from _tree_faults(standard)
    known = {part.id for part in standard.parts}
    for position, item in enumerate(standard.items):
        where = f"items[{position}]"
        if item.part not in known:
            yield f"{where}.part", f"no part “{item.part}”; there are {_listed(known)}"
        yield from ((f"{where}{key}", words) for key, words in _item_faults(item, standard))
    yield from _relaxation_faults(standard)


def _part_faults(part: Part, standard: Standard) -> Faults:
    if part.rule == "points":
        if part.total is None or part.pass_mark is None:
            yield "rule", "a part with points needs total and pass_mark"
        elif not part.total / 2 <= part.pass_mark <= part.total:
            yield "pass_mark", f"{part.pass_mark} of {part.total}: a pass mark lies between half of the total and it"
    if part.rule == "count" and part.at_least is None:
        yield "rule", "a part that counts its items needs at_least"
    listed = len(standard.of_part(part.id))
    if part.declares is not None and listed > part.declares:
        yield "declares", f"the text has {part.declares} items, the file lists {listed}"


def _tree_faults(standard: Standard) -> Faults:
    """Groups that hang nowhere, and points that do not add up where all the children are known."""
    groups = {group.id: group for group in standard.groups}
    parts = {part.id for part in standard.parts}
    for position, group in enumerate(standard.groups):
        where = f"groups[{position}]"
        if group.part not in parts:
            yield f"{where}.part", f"no part “{group.part}”; there are {_listed(parts)}"
        if group.under and group.under not in groups:
            yield f"{where}.under", f"no group “{group.under}”"
        children = [g.points for g in standard.groups if g.under == group.id]
        children += [item.points for item in standard.items if item.under == group.id]
        if group.is_whole and group.points is not None and children:
            points = [child or Decimal(0) for child in children]
            if sum(points) != group.points:
                yield f"{where}.points", f"{group.points} points, but what is under it adds up to {sum(points)}"
    for position, part in enumerate(standard.parts):
        tops = [g for g in standard.groups if g.part == part.id and not g.under]
        given = [g.points for g in tops]
        given += [item.points for item in standard.of_part(part.id) if not item.under]
        is_whole = all(g.is_whole for g in standard.groups if g.part == part.id) and (
            part.declares is None or part.declares == len(standard.of_part(part.id))
        )
        known = [point for point in given if point is not None]
        if part.total is not None and is_whole and given and sum(known) != part.total:
            yield f"parts[{position}].total", f"{part.total} points, but what is under it adds up to {sum(known)}"
    for position, item in enumerate(standard.items):
        if item.under and item.under not in groups:
            yield f"items[{position}].under", f"no group “{item.under}”"


def _item_faults(item: Item, standard: Standard) -> Faults:
    if item.is_in_source and not item.checks and item.points is None:
        yield ".checks", f"“{item.id}” needs a check, points, or is_in_source = false"
    ids = [check.id for check in item.checks]
    if len(set(ids)) != len(ids):
        yield ".checks", f"“{item.id}”: several checks need an id each"
    for position, check in enumerate(item.checks):
        yield from ((f".checks[{position}].{key}", f"“{item.id}”: {words}") for key, words in _of(check, standard))


def _of(check: Check, standard: Standard) -> Faults:
    """The faults of one check."""
    if isinstance(check, FactCheck | Total | EverySchool | Since):
        given = [check.limit is not None, bool(check.limits), bool(check.limit_fact)]
        given.append(isinstance(check, EverySchool) and bool(check.one_for))
        if sum(given) != 1:
            yield "limit", "exactly one of limit, limits, limit_fact (or one_for) says what it is held against"
    facts = {*county_fact_fields(), *(fact.id for fact in standard.facts)}
    for key in _FACT_KEYS.get(type(check), ()):
        yield from _unknown(key, _names(check, key), facts, "county_facts.csv, or declare it under facts")
    for key in _FIELD_KEYS.get(type(check), ()):
        yield from _unknown(key, _names(check, key), {*unit_fields(), *finding_fields()}, "school_fields.csv")
    if isinstance(check, EveryClass) and check.at_most not in BAND_ENDS:
        yield "at_most", f"{check.at_most} is no upper end of a class-size band; there are {BAND_ENDS}"
    if isinstance(check, Total | EverySchool | EveryClass | NeverBoth) and not (
        standard.scope.stages or standard.units_of
    ):
        yield "kind", "a check over schools needs [scope], or units_of = another standard"


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


def _names(check: Check, key: str) -> tuple[str, ...]:
    named: str | tuple[str, ...] = getattr(check, key)
    return (named,) if isinstance(named, str) else named


def _relaxation_faults(standard: Standard) -> Faults:
    items = {item.id: item for item in standard.items}
    indicators = {indicator.id for indicator in standard.indicators}
    fields = {*unit_fields(), *finding_fields()}
    for position, relaxation in enumerate(standard.relaxations):
        where = f"relaxations[{position}]"
        if bool(relaxation.item) == bool(relaxation.indicator):
            yield f"{where}.item", "either an item or an indicator is eased"
        if relaxation.item:
            item = items.get(relaxation.item)
            if item is None or relaxation.check not in {check.id for check in item.checks}:
                yield f"{where}.check", f"no check “{relaxation.check}” of an item “{relaxation.item}”"
        if relaxation.indicator and relaxation.indicator not in indicators:
            yield f"{where}.indicator", f"no indicator “{relaxation.indicator}”; there are {_listed(indicators)}"
        yield from ((f"{where}.{k}", w) for k, w in _unknown("adds", relaxation.adds, fields, "school_fields.csv"))
        if not relaxation.adds and relaxation.limit is None:
            yield where, "limit or adds says what it eases"
        if relaxation.until < relaxation.starts:
            yield f"{where}.until", "lies before from"


def _unknown(key: str, names: Iterable[str], known: set[str], place: str) -> Faults:
    for name in names:
        if name and name not in known:
            yield key, f"no “{name}”; see {place}"


def _twice(key: str, ids: Iterable[str]) -> Faults:
    seen: set[str] = set()
    for position, name in enumerate(ids):
        if name in seen:
            yield f"{key}[{position}].id", f"“{name}” stands twice"
        seen.add(name)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
