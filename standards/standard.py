"""A published standard, as its TOML file states it. Every number of policy lives there, with date, unit and article."""

from __future__ import annotations

import datetime as dt
import tomllib
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from schemas.tables import STAGES, shared_fields, unit_fields

HERE = Path(__file__).parent


class StandardError(Exception):
    """A standard's file is not sound; the message names file, key and what was wanted."""


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text in Chinese and in English."""

    zh: str
    en: str


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"starts": "from"}):
    """Values by stage, in force from a date."""

    starts: dt.date
    primary: Decimal | None = None
    junior: Decimal | None = None


class Indicator(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """value = (Σ plus − Σ minus) × times / denominator, per unit; the norm is compared exactly."""

    id: str
    label: Words
    unit: str
    article: str
    plus: tuple[str, ...] = ()
    plus_by_stage: dict[str, tuple[str, ...]] = {}
    minus: tuple[str, ...] = ()
    denominator: Literal["pupils", "classes"] = "pupils"
    times: int = 1
    norms: tuple[Limits, ...] = ()

    def added(self, stage: str) -> tuple[str, ...]:
        """The fields that are added up for a stage."""
        return self.plus_by_stage.get(stage, self.plus)


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
    """Every unit has at least `at_norm` indicators at the norm and the others at `floor_share` of it."""

    at_norm: int
    floor_share: Decimal
    article: str


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
    """A standard. `id` is the file's stem; `applies_to` names the sources whose pages show it.

    `part` is what is judged here, `not_judged` what the standard asks beyond it.
    """

    title: Words
    document: Words
    applies_to: tuple[str, ...]
    part: Words
    scope: Scope
    split: Split
    indicators: tuple[Indicator, ...]
    dispersion: Dispersion
    issued: dt.date | None = None
    not_judged: Words | None = None
    school_rule: SchoolRule | None = None
    slippage: Slippage = Slippage()
    id: str = ""

    def indicator(self, name: str) -> Indicator:
        """The indicator of this id. Raises KeyError."""
        return next(indicator for indicator in self.indicators if indicator.id == name)


def in_force(values: tuple[Limits, ...], school_year: int, stage: str) -> Decimal | None:
    """The value in force when the school year begins (1 September); before the first one, that first one.

    Years before a standard existed are measured against its first values, so that a long series has one yardstick.
    """
    day = dt.date(school_year, 9, 1)
    ordered = sorted(values, key=lambda value: value.starts)
    valid = [value for value in ordered if value.starts <= day] or ordered[:1]
    found: Decimal | None = getattr(valid[-1], stage) if valid else None
    return found


def load(path: Path) -> Standard:
    """The standard in a file. Raises StandardError naming file and key."""
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
        standard = msgspec.convert(raw | {"id": path.stem}, Standard)
    except (msgspec.ValidationError, tomllib.TOMLDecodeError) as fault:
        raise StandardError(f"{path.name}: {fault}") from fault
    _check(standard, path)
    return standard


def _check(standard: Standard, path: Path) -> None:
    """What types alone cannot say: fields that exist, stages that are known, limits where the rule needs them."""
    known, split = set(unit_fields()), set(standard.split.resources)
    faults = []
    for position, indicator in enumerate(standard.indicators):
        fields = {*indicator.plus, *indicator.minus, *(f for s in indicator.plus_by_stage.values() for f in s)}
        where = f"indicators[{position}] ({indicator.id})"
        faults += [f"{where}: no field “{name}”; fields are listed in school_fields.csv" for name in fields - known]
        if not fields:
            faults.append(f"{where}: one of plus, plus_by_stage is needed")
        faults += [f"{where}: no stage “{stage}”" for stage in set(indicator.plus_by_stage) - set(STAGES)]
        shared = fields & set(shared_fields())
        if shared and fields - shared:
            faults.append(f"{where}: mixes fields of a stage with fields of the whole school")
        faults += [f"{where}: “{name}” is shared by the stages: name it in split.resources" for name in shared - split]
        if standard.school_rule and not indicator.norms:
            faults.append(f"{where}: norms are needed, as there is a school_rule")
    ids = [indicator.id for indicator in standard.indicators]
    faults += [f"indicators: “{name}” stands twice" for name in sorted({i for i in ids if ids.count(i) > 1})]
    if "composite" in ids or "verdict" in ids:
        faults.append("indicators: “composite” and “verdict” are names of ours")
    faults += [f"scope.stages: no stage “{stage}”" for stage in set(standard.scope.stages) - set(STAGES)]
    faults += [f"split.resources: no field “{name}”" for name in set(standard.split.resources) - known]
    faults += [f"split.weights: {s} is missing" for s in {"primary", "junior", "senior"} - set(standard.split.weights)]
    if standard.dispersion.rule != "none" and not standard.dispersion.limits:
        faults.append(f"dispersion.limits: needed for the rule “{standard.dispersion.rule}”")
    if standard.dispersion.rule == "none" and standard.dispersion.limits:
        faults.append("dispersion.limits: the rule “none” holds nothing against them")
    if standard.school_rule and standard.school_rule.at_norm > len(standard.indicators):
        faults.append("school_rule.at_norm: more than there are indicators")
    if faults:
        raise StandardError("\n".join(f"{path.name}: {fault}" for fault in faults))


@cache
def standards(folder: Path = HERE) -> dict[str, Standard]:
    """Every standard in the folder by its id, in the order of their files' names."""
    return {path.stem: load(path) for path in sorted(folder.glob("*.toml"))}
