"""What is wrong with a standard's parts, items, checks and points, beyond what types can say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from schemas.columns import STAGES
from schemas.tables import BANDS, codes, county_fact_fields
from standards.fields import check_fields, relaxation_fields
from standards.items import (
    Check,
    EveryClass,
    EverySchool,
    FactCheck,
    Group,
    Item,
    NeverBoth,
    Part,
    Since,
    Total,
    Where,
)
from standards.names import circle, listed

if TYPE_CHECKING:
    from standards.standard import Standard

Faults = Iterator[tuple[str, str]]
BAND_ENDS = tuple(int(band.split("_")[1]) for band in BANDS[:-1])
"""Upper ends of the class-size bands of the returns, but for the open one."""


def item_faults(standard: Standard) -> Faults:
    """Every fault as (key in the file, what was wanted)."""
    if not standard.parts and not standard.indicators and standard.school_rule is None:
        yield "parts", "nothing to judge: wanted are indicators, a school_rule, or parts with items"
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
            yield f"{where}.part", f"no part “{item.part}”; there are {listed(known)}"
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
    items = len(standard.of_part(part.id))
    if part.rule == "count" and part.at_least is None:
        yield "rule", "a part that counts its items needs at_least"
    if part.at_least is not None and part.at_least > (part.declares or items):
        yield "at_least", f"{part.at_least} is more than the items of the part, {part.declares or items}"
    if not items and part.declares is None:
        yield "id", f"“{part.id}” has no items; list them, or say with declares how many the text has"
    if part.declares is not None and items > part.declares:
        yield "declares", f"the text has {part.declares} items, the file lists {items}"


def _tree_faults(standard: Standard) -> Faults:
    """Groups that hang nowhere, and points that do not add up where all the children are known."""
    groups = {group.id: group for group in standard.groups}
    parts = {part.id for part in standard.parts}
    for position, group in enumerate(standard.groups):
        where = f"groups[{position}]"
        if group.part not in parts:
            yield f"{where}.part", f"no part “{group.part}”; there are {listed(parts)}"
        yield from _branch_faults(f"{where}.under", group, groups)
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
        yield from _branch_faults(f"items[{position}].under", item, groups)
    leads_to = {group.id: [group.under] for group in standard.groups if group.under in groups}
    if way := circle(leads_to):
        position = [group.id for group in standard.groups].index(way[0])
        yield f"groups[{position}].under", f"the groups hang from each other in a circle: {' → '.join(way)}"


def _branch_faults(key: str, child: Group | Item, groups: Mapping[str, Group]) -> Faults:
    """A group or item that hangs from no group, or from one of another part."""
    above = groups.get(child.under)
    if child.under and above is None:
        yield key, f"no group “{child.under}”"
    elif above is not None and above.part != child.part:
        yield key, f"“{child.under}” is a group of the part “{above.part}”, not of “{child.part}”"


def _item_faults(item: Item, standard: Standard) -> Faults:
    if item.is_in_source and not item.checks and item.points is None:
        yield ".checks", f"“{item.id}” needs a check, points, or is_in_source = false"
    for position, check in enumerate(item.checks):
        yield from ((f".checks[{position}].{key}", f"“{item.id}”: {words}") for key, words in _of(check, standard))


def _of(check: Check, standard: Standard) -> Faults:
    """The faults of one check."""
    if isinstance(check, FactCheck | Total | EverySchool | Since):
        given = [check.limit is not None, bool(check.limits), bool(check.limit_fact)]
        given.append(isinstance(check, EverySchool) and bool(check.one_for))
        if sum(given) != 1:
            yield "limit", "exactly one of limit, limits, limit_fact (or one_for) says what it is held against"
    yield from check_fields(check, standard)
    if isinstance(check, EveryClass) and check.at_most not in BAND_ENDS:
        yield "at_most", f"{check.at_most} is no upper end of a class-size band; there are {BAND_ENDS}"
    if isinstance(check, Total | EverySchool | EveryClass | NeverBoth):
        if not standard.scope.stages and not standard.units_of:
            yield "kind", "a check over schools needs [scope], or units_of = another standard"
        yield from ((f"where.{key}", words) for key, words in _where_faults(check.where))


def _where_faults(where: Where) -> Faults:
    """Kinds of schools that there are not: a check over them would find none, and so never fail."""
    for key, given, known in (
        ("stages", where.stages, set(STAGES)),
        ("areas", where.areas, {entry["area"] for entry in codes("areas")}),
        ("school_types", where.school_types, {entry["code"] for entry in codes("school_types")}),
    ):
        yield from ((key, f"no “{name}”; there are {listed(known)}") for name in given if name not in known)
    least, below = where.pupils_at_least, where.pupils_below
    if least is not None and below is not None and least >= below:
        yield "pupils_below", f"no school has at least {least} and fewer than {below} pupils"


def _relaxation_faults(standard: Standard) -> Faults:
    items = {item.id: item for item in standard.items}
    indicators = {indicator.id for indicator in standard.indicators}
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
            yield f"{where}.indicator", f"no indicator “{relaxation.indicator}”; there are {listed(indicators)}"
        added = relaxation_fields(relaxation.adds, is_of_indicator=bool(relaxation.indicator))
        yield from ((f"{where}.{key}", words) for key, words in added)
        yield from ((f"{where}.where.{key}", words) for key, words in _where_faults(relaxation.where))
        if not relaxation.adds and relaxation.limit is None:
            yield where, "limit or adds says what it eases"
        if relaxation.indicator and relaxation.limit is not None:
            yield f"{where}.limit", "the norm of an indicator is not moved: adds says which fields count beside"
        if relaxation.until < relaxation.starts:
            yield f"{where}.until", "lies before from"


def _milestone_faults(standard: Standard) -> Faults:
    """Milestones within no stage, stages that end before they begin. One due outside its stage is no fault."""
    known = {milestone.id for milestone in standard.milestones}
    for position, milestone in enumerate(standard.milestones):
        where = f"milestones[{position}]"
        if milestone.stage and (milestone.stage not in known or milestone.stage == milestone.id):
            yield f"{where}.stage", f"no other milestone “{milestone.stage}”; there are {listed(known)}"
        if milestone.starts and milestone.until and milestone.until < milestone.starts:
            yield f"{where}.until", "lies before from"
    leads_to = {m.id: [m.stage] for m in standard.milestones if m.stage in known - {m.id}}
    if way := circle(leads_to):
        position = [milestone.id for milestone in standard.milestones].index(way[0])
        yield f"milestones[{position}].stage", f"the stages lie within each other in a circle: {' → '.join(way)}"
