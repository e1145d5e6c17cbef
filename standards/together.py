"""What only all standards together show: those that lean on another, and facts that several declare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from standards.items import Fact, OtherStandard
from standards.names import circle, listed

if TYPE_CHECKING:
    from standards.standard import Standard

Faults = Iterator[tuple[str, str, str]]
"""Each fault as (standard, key in its file, what was wanted)."""


def together_faults(found: Mapping[str, Standard]) -> Faults:
    """Every fault of the standards of a home with each other."""
    for standard in found.values():
        yield from ((standard.id, key, words) for key, words in _leaning_faults(standard, found))
    yield from _circle_faults(found)
    yield from _fact_faults(found)


def _leaning_faults(standard: Standard, found: Mapping[str, Standard]) -> Iterator[tuple[str, str]]:
    """Standards that are named and are not, are this one, or lack what they are named for."""
    named = [("units_of", standard.units_of, "units"), ("gate_of", standard.gate_of, "")]
    for place, check in _others(standard):
        named.append((f"{place}.standard", check.standard, check.aspect))
    for key, name, wanted in named:
        if not name:
            continue
        other = found.get(name)
        if other is None:
            yield key, f"no standard “{name}”; there are {listed(found)}"
        elif name == standard.id:
            yield key, f"“{name}” is this standard itself; name another"
        elif wanted == "units" and not other.scope.stages:
            yield key, f"“{name}” has no [scope], and so no units; name a standard that has"
        elif wanted == "resource" and not other.scope.stages:
            yield key, f'“{name}” has no [scope], and so no resource part to meet; ask with aspect = "verdict"'


def _others(standard: Standard) -> Iterator[tuple[str, OtherStandard]]:
    """The checks of other standards, each with its place in the file."""
    for position, item in enumerate(standard.items):
        for number, check in enumerate(item.checks):
            if isinstance(check, OtherStandard):
                yield f"items[{position}].checks[{number}]", check


def _circle_faults(found: Mapping[str, Standard]) -> Faults:
    """Whole verdicts that wait for each other: none of them could ever be told."""
    bases: dict[str, list[str]] = {}
    for standard in found.values():
        if standard.gate_of != standard.id:
            bases.setdefault(standard.gate_of, []).append(standard.id)
    leads_to: dict[str, list[str]] = {}
    for standard in found.values():
        for _, check in _others(standard):
            if check.aspect == "verdict":
                asked = [check.standard] if check.standard else bases.get(standard.id, [])
                leads_to.setdefault(standard.id, []).extend(name for name in asked if name != standard.id)
    if way := circle(leads_to):
        first = found[way[0]]
        key = next(
            place for place, check in _others(first) if check.aspect == "verdict" and check.standard in ("", way[1])
        )
        yield first.id, f"{key}.standard", f"the verdicts wait for each other in a circle: {' → '.join(way)}"


def _fact_faults(found: Mapping[str, Standard]) -> Faults:
    """Facts that two standards declare in two units or types."""
    declared: dict[str, tuple[str, Fact]] = {}
    for standard in found.values():
        for position, fact in enumerate(standard.facts):
            owner, first = declared.setdefault(fact.id, (standard.id, fact))
            if (first.unit, first.type) != (fact.unit, fact.type):
                words = f"“{fact.id}” is declared in another unit or type by {owner}.toml"
                yield standard.id, f"facts[{position}]", words
