"""What is wrong with a standard's parts, items, checks and points, beyond what types can say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from schemas.columns import STAGES
from schemas.tables import BANDS, codes, county_fact_fields, finding_fields, shared_fields, unit_fields
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
    Where,
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
    named = {indicator.id for indicator in standard.indicators} | known
    for position, item in enumerate(standard.items):
        where = f"items[{position}]"
        if item.id in named:
            yield f"{where}.id", f"“{item.id}” is the name of an indicator or part; items need one of their own"
        if item.part not in known:
            yield f"{where}.part", f"no part “{item.part}”; there are {_listed(known)}"
        yield from ((f"{where}{key}", words) for key, words in _item_faults(item, standard))
    yield from _relaxation_faults(standard)
    yield from _milestone_faults(standard)
    if standard.quota and not 0 < standard.quota.least <= standard.quota.most:
        yield "quota.most", f"{standard.quota.least} to {standard.quota.most}: least lies above 0 and not above most"


def _part_faults(part: Part, standard: Standard) -> Faults:
    if part.rule == "points":
        if part.total is None or part.pass_mark is None:
            if part.role != "tracking" or part.pass_mark is not None:
                yield "rule", "a part with points needs total and pass_mark"
        elif not part.total / 2 <= part.pass_mark <= part.total:
            yield "pass_mark", f"{part.pass_mark} of {part.total}: a pass mark lies between half of the total and it"
    if part.rule == "count" and part.at_least is None:
        yield "rule", "a part that counts its items needs at_least"
    listed = len(standard.of_part(part.id))
    if not listed and part.declares is None:
        yield "id", f"“{part.id}” has no items; list them, or say with declares how many the text has"
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
    yield from _grain_faults(check)
    if isinstance(check, EveryClass) and check.at_most not in BAND_ENDS:
        yield "at_most", f"{check.at_most} is no upper end of a class-size band; there are {BAND_ENDS}"
    if isinstance(check, Total | EverySchool | EveryClass | NeverBoth) and not (
        standard.scope.stages or standard.units_of
    ):
        yield "kind", "a check over schools needs [scope], or units_of = another standard"
    if isinstance(check, Total | EverySchool | EveryClass | NeverBoth):
        yield from ((f"where.{key}", words) for key, words in _where_faults(check.where))


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


def _where_faults(where: Where) -> Faults:
    """Kinds of schools that there are not: a check over them would find none, and so never fail."""
    for key, given, known in (
        ("stages", where.stages, set(STAGES)),
        ("areas", where.areas, {entry["area"] for entry in codes("areas")}),
        ("school_types", where.school_types, {entry["code"] for entry in codes("school_types")}),
    ):
        yield from ((key, f"no “{name}”; there are {_listed(known)}") for name in given if name not in known)
    least, below = where.pupils_at_least, where.pupils_below
    if least is not None and below is not None and least >= below:
        yield "pupils_below", f"no school has at least {least} and fewer than {below} pupils"


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
            elif not isinstance(next(c for c in item.checks if c.id == relaxation.check), EverySchool):
                yield f"{where}.check", "only a check of kind every_school can be eased"
        if relaxation.indicator and relaxation.indicator not in indicators:
            yield f"{where}.indicator", f"no indicator “{relaxation.indicator}”; there are {_listed(indicators)}"
        yield from ((f"{where}.{k}", w) for k, w in _unknown("adds", relaxation.adds, fields, "school_fields.csv"))
        yield from ((f"{where}.where.{key}", words) for key, words in _where_faults(relaxation.where))
        if not relaxation.adds and relaxation.limit is None:
            yield where, "limit or adds says what it eases"
        if relaxation.indicator and relaxation.limit is not None:
            yield f"{where}.limit", "the norm of an indicator is not moved: adds says which fields count beside"
        if relaxation.until < relaxation.starts:
            yield f"{where}.until", "lies before from"


def _milestone_faults(standard: Standard) -> Faults:
    """Milestones within no stage, stages that end before they begin. One due outside its stage is no fault."""
    yield from _twice("milestones", (milestone.id for milestone in standard.milestones))
    known = {milestone.id for milestone in standard.milestones}
    for position, milestone in enumerate(standard.milestones):
        where = f"milestones[{position}]"
        if milestone.stage and (milestone.stage not in known or milestone.stage == milestone.id):
            yield f"{where}.stage", f"no other milestone “{milestone.stage}”; there are {_listed(known)}"
        if milestone.starts and milestone.until and milestone.until < milestone.starts:
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
