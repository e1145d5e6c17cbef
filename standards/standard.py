"""A published standard, as its TOML file states it. Every number of policy lives there, with date, unit and article."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from schemas.columns import STAGES
from schemas.tables import codes, finding_fields, shared_fields, unit_fields
from standards.faults import item_faults
from standards.items import Fact, Group, Item, Milestone, OtherStandard, Part, Quota, Relaxation
from standards.locate import line_of
from standards.values import Confidence, Limits, Words, first_day, of_stage

HERE = Path(__file__).parent


class StandardError(Exception):
    """A standard's file is not sound; the message names file, line and key, and what was wanted."""


class Indicator(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """value = (Σ plus − Σ minus) × times / denominator, per unit; the norm is compared exactly.

    `must_be` says on which side of its norm a value has to lie. `over` names fields to divide by in place of the
    denominator. With denominator `one` the numerator is the value; a yes/no field of the return then counts 1 or 0.
    Where no norm is published, or there is nothing to compute from (no `plus`), the county may state school by school,
    under the finding `<standard>/<id>`, whether the unit meets it.
    """

    id: str
    label: Words
    unit: str
    article: str
    plus: tuple[str, ...] = ()
    plus_by_stage: dict[str, tuple[str, ...]] = {}
    minus: tuple[str, ...] = ()
    denominator: Literal["pupils", "classes", "one"] = "pupils"
    over: tuple[str, ...] = ()
    times: int = 1
    norms: tuple[Limits, ...] = ()
    must_be: Literal["at_least", "at_most"] = "at_least"
    number: str = ""
    confidence: Confidence = "official"

    def added(self, stage: str) -> tuple[str, ...]:
        """The fields that are added up for a stage."""
        return self.plus_by_stage.get(stage, self.plus)

    @property
    def is_quantity(self) -> bool:
        """Whether schools can differ in it by degrees: a yes or no has no difference coefficient."""
        return bool(self.over or self.plus or self.plus_by_stage) and (self.denominator != "one" or bool(self.over))


class Scope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which units count. An empty list of types takes every type; an operator not reported leaves nothing out."""

    stages: tuple[str, ...]
    teaching_points: Literal["out", "own_unit"]
    article: str
    school_types: tuple[str, ...] = ()
    leave_out_operators: tuple[str, ...] = ()
    teaching_point_pupils: int = 0


class Split(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How an integrated school's shared resources are divided: by pupils weighted by stage."""

    weights: dict[str, Decimal]
    resources: tuple[str, ...]
    article: str

    def hundredths(self, stage: str) -> int:
        """The stage's weight × 100, exactly: 100 : 110 : 132."""
        return int(self.weights[stage] * 100)


class SchoolRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every unit has at least `at_norm` indicators at the norm and the others at `floor_share` of it.

    For an indicator that must be at most its norm the floor is the norm / `floor_share`. A share of 0 sets no floor.
    `of` is how many the text has, where more than are listed here: the others may be met or not, so a unit can be known
    to fail, and never to meet the rule unless the listed ones suffice.
    """

    at_norm: int
    floor_share: Decimal
    article: str
    of: int | None = None
    confidence: Confidence = "official"


class Dispersion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the difference coefficients are held against: their mean, each of them, or nothing."""

    rule: Literal["mean", "each", "none"]
    article: str
    limits: tuple[Limits, ...] = ()


class Slippage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which flags count as slippage. No published text defines it in numbers, so both are switches of ours."""

    over_limit_again: bool = True
    worse_than_year_before: bool = True


class Standard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A standard. `id` is the file's stem; `applies_to` names the sources, `provinces` the codes, that it is for.

    The resource part (`scope`, `split`, `indicators`, `school_rule`, `dispersion`) is called by the words of `part`;
    `parts` and `items` are what is asked beyond it, and `not_judged` what the text asks and nobody can judge here.
    `units_of` names the standard whose units the checks go over, where this one has no scope of its own. `gate_of`
    names the standard to whose gate this one is the province's base standard. `counties` narrows it to counties of
    its provinces.
    """

    title: Words
    document: Words
    applies_to: tuple[str, ...]
    part: Words = Words("资源配置", "the allocation of resources")
    provinces: tuple[str, ...] = ()
    counties: tuple[str, ...] = ()
    scope: Scope = Scope((), "out", "")
    split: Split = Split({}, (), "")
    indicators: tuple[Indicator, ...] = ()
    dispersion: Dispersion = Dispersion("none", "")
    issued: dt.date | None = None
    not_judged: Words | None = None
    school_rule: SchoolRule | None = None
    slippage: Slippage = Slippage()
    units_of: str = ""
    gate_of: str = ""
    facts: tuple[Fact, ...] = ()
    parts: tuple[Part, ...] = ()
    groups: tuple[Group, ...] = ()
    items: tuple[Item, ...] = ()
    relaxations: tuple[Relaxation, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    quota: Quota | None = None
    notes: tuple[Words, ...] = ()
    confidence: Confidence = "official"
    id: str = ""

    def indicator(self, name: str) -> Indicator:
        """The indicator of this id. Raises KeyError."""
        return next(indicator for indicator in self.indicators if indicator.id == name)

    def of_part(self, part: str) -> tuple[Item, ...]:
        """The items of a part, in the order of the file."""
        return tuple(item for item in self.items if item.part == part)

    def is_for(self, province: str, county: str | None = None) -> bool:
        """Whether the standard is for a province, or for a county of it; without a list it is for every one."""
        return (not self.provinces or province in self.provinces) and (
            county is None or not self.counties or county in self.counties
        )


def in_force(values: tuple[Limits, ...], school_year: int, stage: str) -> Decimal | None:
    """The value in force when the school year begins (1 September); before the first one, that first one.

    Years before a standard existed are measured against its first values, so that a long series has one yardstick.
    """
    day = first_day(school_year)
    ordered = sorted(values, key=lambda value: value.starts)
    valid = [value for value in ordered if value.starts <= day] or ordered[:1]
    return of_stage(valid[-1], stage) if valid else None


_AT = re.compile(r" - at `\$?\.?(.*)`$")


def load(path: Path) -> Standard:
    """The standard in a file. Raises StandardError naming file, line and key."""
    text = path.read_text("utf-8")
    try:
        raw = tomllib.loads(text)
        standard = msgspec.convert(raw | {"id": path.stem}, Standard)
    except tomllib.TOMLDecodeError as fault:
        raise StandardError(f"{path.name}: {fault}") from fault
    except msgspec.ValidationError as fault:
        where = _AT.search(str(fault))
        key = where[1].replace("[...]", "") if where else ""
        raise StandardError(_said(path.name, text, key, _AT.sub("", str(fault)))) from fault
    faults = [*_resource_faults(standard), *item_faults(standard)]
    if faults:
        raise StandardError("\n".join(_said(path.name, text, key, words) for key, words in faults))
    return standard


def _said(name: str, text: str, key: str, words: str) -> str:
    """A fault with file, line and key."""
    line = line_of(text, key)
    return f"{name}, line {line}: {key}: {words}" if line else f"{name}: {key + ': ' if key else ''}{words}"


def _resource_faults(standard: Standard) -> list[tuple[str, str]]:
    """What types alone cannot say of the resource part: (key, what was wanted)."""
    known, split = {*unit_fields(), *finding_fields()}, set(standard.split.resources)
    faults: list[tuple[str, str]] = []
    for position, indicator in enumerate(standard.indicators):
        fields = {*indicator.plus, *indicator.minus, *(f for s in indicator.plus_by_stage.values() for f in s)}
        fields |= set(indicator.over)
        where = f"indicators[{position}]"
        called = f"indicator “{indicator.id}”"
        faults += [
            (f"{where}.plus", f"{called}: no field “{name}”; fields are listed in school_fields.csv")
            for name in sorted(fields - known)
        ]
        if not fields and not standard.gate_of:
            faults.append((where, f"{called}: one of plus, plus_by_stage is needed"))
        faults += [
            (f"{where}.plus_by_stage", f"{called}: no stage “{stage}”")
            for stage in sorted(set(indicator.plus_by_stage) - set(STAGES))
        ]
        shared = fields & set(shared_fields())
        if shared and fields - shared:
            faults.append((f"{where}.plus", f"{called}: mixes fields of a stage with fields of the whole school"))
        divided = set() if indicator.over or indicator.denominator == "one" else shared
        faults += [
            (f"{where}.plus", f"{called}: “{name}” is shared by the stages: name it in split.resources")
            for name in sorted(divided - split)
        ]
        if standard.school_rule and not indicator.norms and standard.gate_of == "":
            faults.append((where, f"{called}: norms are needed, as there is a school_rule"))
    ids = [indicator.id for indicator in standard.indicators]
    faults += [
        (f"indicators[{len(ids) - 1 - ids[::-1].index(name)}].id", f"“{name}” stands twice")
        for name in sorted({i for i in ids if ids.count(i) > 1})
    ]
    faults += [
        (f"indicators[{ids.index(name)}].id", f"“{name}” is a name of ours")
        for name in ("composite", "verdict")
        if name in ids
    ]
    return [*faults, *_scope_faults(standard), *_rule_faults(standard), *_limit_faults(standard)]


def _scope_faults(standard: Standard) -> list[tuple[str, str]]:
    """Stages and fields of scope and split that there are not, or that are missing: (key, what was wanted)."""
    known = {*unit_fields(), *finding_fields()}
    faults = [
        ("scope.stages", f"no stage “{stage}”; there are {', '.join(STAGES)}")
        for stage in sorted(set(standard.scope.stages) - set(STAGES))
    ]
    faults += [("split.resources", f"no field “{name}”") for name in sorted(set(standard.split.resources) - known)]
    if standard.scope.stages:
        faults += [
            ("split.weights", f"{stage} is missing")
            for stage in ("primary", "junior", "senior")
            if stage not in standard.split.weights
        ]
    elif standard.indicators:
        faults.append(("scope.stages", "indicators need the stages whose units they measure"))
    return faults


def _rule_faults(standard: Standard) -> list[tuple[str, str]]:
    """A school rule or a rule on difference coefficients that cannot be kept or judged: (key, what was wanted)."""
    faults: list[tuple[str, str]] = []
    if standard.dispersion.rule != "none" and not standard.dispersion.limits:
        faults.append(("dispersion.limits", f"needed for the rule “{standard.dispersion.rule}”"))
    if standard.dispersion.rule == "none" and standard.dispersion.limits:
        faults.append(("dispersion.limits", "the rule “none” holds nothing against them"))
    if (rule := standard.school_rule) is not None:
        asked = rule.of if rule.of is not None else len(standard.indicators)
        if asked < len(standard.indicators):
            faults.append(("school_rule.of", f"{asked}, but the file lists {len(standard.indicators)} indicators"))
        if rule.at_norm > asked:
            faults.append(("school_rule.at_norm", "more than there are indicators"))
        if not 0 <= rule.floor_share <= 1:
            faults.append(("school_rule.floor_share", "a share of the norm lies between 0 and 1"))
    return faults


def _limit_faults(standard: Standard) -> list[tuple[str, str]]:
    """Norms and limits for schools that there are not, and ranges that are none: (key, what was wanted)."""
    areas = {entry["area"] for entry in codes("areas")}
    types = {entry["code"] for entry in codes("school_types")}
    placed = [(f"dispersion.limits[{number}]", limits) for number, limits in enumerate(standard.dispersion.limits)]
    placed += [
        (f"indicators[{position}].norms[{number}]", limits)
        for position, indicator in enumerate(standard.indicators)
        for number, limits in enumerate(indicator.norms)
    ]
    faults: list[tuple[str, str]] = []
    for where, limits in placed:
        faults += [
            (f"{where}.areas", f"no area “{area}”; there are {_list(areas)}")
            for area in sorted(set(limits.areas) - areas)
        ]
        faults += [
            (f"{where}.school_types", f"no school type “{code}”; see school_types.csv")
            for code in sorted(set(limits.school_types) - types)
        ]
        for stage, end in limits.upper.items():
            value = of_stage(limits, stage) if stage in STAGES else None
            if value is None:
                faults.append((f"{where}.upper", f"“{stage}” has no value of which this is the other end"))
            elif end == value:
                faults.append((f"{where}.upper", f"{stage}: a range has two ends, both are {value}"))
    return faults


def load_standards(*folders: Path) -> dict[str, Standard]:
    """Every standard of ours and of the given folders by its id, in the order of the ids.

    Raises StandardError where two files have one name, declare one fact in two units, or name a standard that is not.
    """
    found: dict[str, Standard] = {}
    for folder in (HERE, *folders):
        for path in sorted(folder.glob("*.toml")):
            if path.stem in found:
                raise StandardError(f"{path.name}: a standard of this name exists already; rename the file")
            found[path.stem] = load(path)
    _check_together(found)
    return dict(sorted(found.items()))


@cache
def standards() -> dict[str, Standard]:
    """Every standard of ours by its id."""
    return load_standards()


def _check_together(found: Mapping[str, Standard]) -> None:
    """What only all standards together show."""
    declared: dict[str, tuple[str, Fact]] = {}
    for standard in found.values():
        named = [("units_of", standard.units_of), ("gate_of", standard.gate_of)]
        named += [
            ("checks", check.standard)
            for item in standard.items
            for check in item.checks
            if isinstance(check, OtherStandard)
        ]
        for key, other in named:
            if other and other not in found:
                raise StandardError(f"{standard.id}.toml: {key}: no standard “{other}”; there are {_list(found)}")
        for fact in standard.facts:
            owner, first = declared.setdefault(fact.id, (standard.id, fact))
            if (first.unit, first.type) != (fact.unit, fact.type):
                raise StandardError(
                    f"{standard.id}.toml: facts: “{fact.id}” is declared in another unit or type by {owner}.toml"
                )


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
