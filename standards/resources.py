"""What is wrong with a standard's resource part, beyond what types can say: indicators, scope, split, rule, limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from schemas.columns import STAGES
from schemas.tables import codes
from standards.fields import indicator_fields, known_fields
from standards.names import listed, repeated
from standards.values import of_stage

if TYPE_CHECKING:
    from standards.standard import Standard

Faults = Iterator[tuple[str, str]]
_SPLIT = ("primary", "junior", "senior")
"""The stages among which an integrated school's resources are divided."""


def resource_faults(standard: Standard) -> Faults:
    """Every fault as (key in the file, what was wanted)."""
    for position, indicator in enumerate(standard.indicators):
        for key, words in indicator_fields(indicator, standard):
            yield f"indicators[{position}].{key}".removesuffix("."), words
    yield from _split_faults(standard)
    yield from _rule_faults(standard)
    yield from _limit_faults(standard)


def _split_faults(standard: Standard) -> Faults:
    """Fields and stages of the split that there are not, or that are missing."""
    yield from (("split.resources", words) for words in repeated(standard.split.resources))
    for name in sorted(set(standard.split.resources) - known_fields()):
        yield "split.resources", f"no field “{name}”"
    for stage in sorted(set(standard.split.weights) - set(_SPLIT)):
        yield "split.weights", f"no stage “{stage}”; there are {', '.join(_SPLIT)}"
    if standard.scope.stages:
        for stage in _SPLIT:
            if stage not in standard.split.weights:
                yield "split.weights", f"{stage} is missing"
    elif standard.indicators:
        yield "scope.stages", "indicators need the stages whose units they measure"


def _rule_faults(standard: Standard) -> Faults:
    """A school rule or a rule on difference coefficients that cannot be kept or judged."""
    if standard.dispersion.rule != "none" and not standard.dispersion.limits:
        yield "dispersion.limits", f"needed for the rule “{standard.dispersion.rule}”"
    if standard.dispersion.rule == "none" and standard.dispersion.limits:
        yield "dispersion.limits", "the rule “none” holds nothing against them"
    if (rule := standard.school_rule) is not None:
        asked = rule.of if rule.of is not None else len(standard.indicators)
        if asked < len(standard.indicators):
            yield "school_rule.of", f"{asked}, but the file lists {len(standard.indicators)} indicators"
        if rule.at_norm > asked:
            yield "school_rule.at_norm", "more than there are indicators"
        if rule.at_norm == 0 and rule.floor_share == 0:
            yield "school_rule.at_norm", "0, and no floor: the rule asks nothing, every school would meet it"


def _limit_faults(standard: Standard) -> Faults:
    """Norms and limits for schools that there are not, and ranges that are none."""
    areas = {entry["area"] for entry in codes("areas")}
    types = {entry["code"] for entry in codes("school_types")}
    placed = [(f"dispersion.limits[{number}]", limits) for number, limits in enumerate(standard.dispersion.limits)]
    placed += [
        (f"indicators[{position}].norms[{number}]", limits)
        for position, indicator in enumerate(standard.indicators)
        for number, limits in enumerate(indicator.norms)
    ]
    for where, limits in placed:
        for area in sorted(set(limits.areas) - areas):
            yield f"{where}.areas", f"no area “{area}”; there are {listed(areas)}"
        for code in sorted(set(limits.school_types) - types):
            yield f"{where}.school_types", f"no school type “{code}”; see school_types.csv"
        for stage, end in limits.upper.items():
            value = of_stage(limits, stage) if stage in STAGES else None
            if value is None:
                yield f"{where}.upper", f"“{stage}” has no value of which this is the other end"
            elif end == value:
                yield f"{where}.upper", f"{stage}: a range has two ends, both are {value}"
