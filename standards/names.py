"""Names of a standard that could not be keys, file names or addresses, that mean two things, or that name nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from schemas.columns import STAGES
from schemas.source import sources
from schemas.tables import codes

if TYPE_CHECKING:
    from standards.standard import Standard

Faults = Iterator[tuple[str, str]]
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
STEM = re.compile(r"\w[\w.-]*")
"""A file's stem, which is its standard's id, may also be written with Chinese letters."""
OURS = {"parts": ("resource",), "indicators": ("composite", "verdict")}
"""Names that tables use themselves: the resource part, the mean of coefficients, the county's verdict."""
_PROVINCE = re.compile(r"[0-9]{6}")


def name_faults(standard: Standard) -> Faults:
    """Every fault of a name as (key in the file, what was wanted)."""
    if not STEM.fullmatch(standard.id):
        yield "id", f"the file's name “{standard.id}” is the standard's id: wanted are letters, digits, “_”, “-”, “.”"
    for key, ids in _ids(standard).items():
        yield from twice(key, ids)
        for position, name in enumerate(ids):
            where = f"{key}[{position}].id"
            if not ID.fullmatch(name):
                yield (
                    where,
                    f"“{name}”: an id is letters A–Z, digits, “_”, “-” and “.”, and begins with one of the first",
                )
            if name in OURS.get(key, ()):
                yield where, f"“{name}” is a name of ours; choose another"
    yield from _check_ids(standard)
    yield from _shared_faults(standard)
    yield from _place_faults(standard)
    yield from _code_faults(standard)


def _ids(standard: Standard) -> dict[str, list[str]]:
    return {
        key: [named.id for named in getattr(standard, key)]
        for key in ("indicators", "facts", "parts", "groups", "items", "relaxations", "milestones")
    }


def _check_ids(standard: Standard) -> Faults:
    for position, item in enumerate(standard.items):
        ids = [check.id for check in item.checks]
        if len(set(ids)) != len(ids):
            yield f"items[{position}].checks", f"“{item.id}”: several checks need an id each"
        for number, name in enumerate(ids):
            if name and not ID.fullmatch(name):
                where = f"items[{position}].checks[{number}].id"
                yield (
                    where,
                    f"“{name}”: an id is letters A–Z, digits, “_”, “-” and “.”, and begins with one of the first",
                )


def _shared_faults(standard: Standard) -> Faults:
    """What a county answers is keyed `<standard>/<id>`: indicators, parts, items and relaxations share their names."""
    owner: dict[str, str] = {}
    ids = _ids(standard)
    for key in ("indicators", "parts", "items", "relaxations"):
        for position, name in enumerate(ids[key]):
            first = owner.setdefault(name, key)
            if first != key:
                yield f"{key}[{position}].id", f"“{name}” stands under {first} already; {key} need an id of their own"


def _place_faults(standard: Standard) -> Faults:
    """Sources and provinces that there are not, and lists that name one twice."""
    for key in ("applies_to", "provinces", "counties"):
        yield from ((key, words) for words in repeated(getattr(standard, key)))
    if not standard.applies_to:
        yield "applies_to", f"name at least one source of returns; there are {listed(sources())}"
    for name in standard.applies_to:
        if name not in sources():
            yield "applies_to", f"no source “{name}”; there are {listed(sources())}"
    for code in standard.provinces:
        if not _PROVINCE.fullmatch(code):
            yield "provinces", f"“{code}”: wanted is the province's code of six digits"


def _code_faults(standard: Standard) -> Faults:
    """Stages, school types and operators of the scope that there are not: no school would ever be of the kind."""
    scope = standard.scope
    for key, given, known in (
        ("stages", scope.stages, set(STAGES)),
        ("school_types", scope.school_types, {entry["code"] for entry in codes("school_types")}),
        ("leave_out_operators", scope.leave_out_operators, {entry["code"] for entry in codes("operators")}),
    ):
        yield from ((f"scope.{key}", words) for words in repeated(given))
        for name in sorted(set(given) - known):
            yield f"scope.{key}", f"no {_CALLED[key]} “{name}”; there are {listed(known)}"


_CALLED = {"stages": "stage", "school_types": "school type", "leave_out_operators": "operator"}


def twice(key: str, ids: Iterable[str]) -> Faults:
    """Ids that stand under one key a second time."""
    seen: set[str] = set()
    for position, name in enumerate(ids):
        if name in seen:
            yield f"{key}[{position}].id", f"“{name}” stands twice"
        seen.add(name)


def repeated(names: Iterable[str]) -> Iterator[str]:
    """What a list names more than once, in words."""
    return (f"“{name}” stands twice" for name, count in Counter(names).items() if count > 1)


def listed(names: Iterable[str]) -> str:
    """Names in order, or that there are none."""
    return ", ".join(sorted(names)) or "none"


def circle(leads_to: Mapping[str, Iterable[str]]) -> list[str]:
    """A way that leads back to where it began, from its first name in order back to it; empty where there is none."""
    try:
        TopologicalSorter(leads_to).prepare()
    except CycleError as found:
        way: list[str] = found.args[1][:0:-1]
        start = way.index(min(way))
        return [*way[start:], *way[:start], way[start]]
    return []
