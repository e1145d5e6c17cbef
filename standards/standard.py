"""A published standard, as its TOML file states it. Every number of policy lives there, with date, unit and article."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from standards.choices import choices
from standards.faults import item_faults
from standards.files import UnreadableError, tables_of, text_of
from standards.items import Fact, Group, Item, Milestone, Part, Quota, Relaxation
from standards.locate import line_of
from standards.names import name_faults
from standards.numbers import number_faults, numeral_faults
from standards.resources import resource_faults
from standards.together import together_faults
from standards.values import Confidence, Limits, Words, first_day, of_stage

HERE = Path(__file__).parent


class StandardError(Exception):
    """A standard's file is not sound; the message names file, line and key, and what was wanted."""


class Plausible(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Between which values that which was not reported is taken to lie, with the reason; without `high`, from `low` on.

    Only what is certain or given by a source bounds a verdict: a range is a statement, not an estimate.
    """

    low: Decimal
    article: str
    high: Decimal | None = None
    confidence: Confidence = "official"


class Indicator(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """value = (Σ plus − Σ minus) × times / denominator, per unit; the norm is compared exactly.

    `must_be` says on which side of its norm a value has to lie. `over` names fields to divide by in place of the
    denominator. With denominator `one` the numerator is the value; a yes/no field of the return then counts 1 or 0.
    Where no norm is published, or there is nothing to compute from (no `plus`), the county may state school by school,
    under the finding `<standard>/<id>`, whether the unit meets it.
    `missing` bounds the value of a unit that has none, and with it the county's coefficient.
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
    missing: Plausible | None = None
    confidence: Confidence = "official"

    def added(self, stage: str) -> tuple[str, ...]:
        """The fields that are added up for a stage."""
        return self.plus_by_stage.get(stage, self.plus)

    @property
    def is_per_pupil(self) -> bool:
        """Whether the value is divided by the unit's pupils, so that they are its weight."""
        return self.denominator == "pupils" and not self.over

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


class History(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What becomes of a county's series where its code or boundaries change and the register does not say.

    `continue`: the new code continues the series of the one code that it follows; a code made of several follows none.
    `rebuild`: the years before a merger are computed anew on the boundaries of today. `break`: nothing is compared
    across the event, and it is marked `b`. That a series continues is a default of ours.
    """

    county_change: Literal["continue", "rebuild", "break"] = "continue"


class Standard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A standard. `id` is the file's stem; `applies_to` names the sources, `provinces` the codes, that it is for.

    The resource part (`scope`, `split`, `indicators`, `school_rule`, `dispersion`) is called by the words of `part`;
    `parts` and `items` are what is asked beyond it, and `not_judged` what the text asks and nobody can judge here.
    `units_of` names the standard whose units the checks go over, where this one has no scope of its own. `gate_of`
    names the standard to whose gate this one is the province's base standard. `counties` narrows it to counties of
    its provinces. `missing_pupils` bounds the pupils of a unit that did not report them.
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
    missing_pupils: Plausible | None = None
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
    history: History = History()
    notes: tuple[Words, ...] = ()
    confidence: Confidence = "official"
    id: str = ""

    def indicator(self, name: str) -> Indicator:
        """The indicator of this id. Raises KeyError."""
        for indicator in self.indicators:
            if indicator.id == name:
                return indicator
        raise KeyError(name)

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
_MISSING = re.compile(r"Object missing required field `(.*)`")
_NO_CHOICE = re.compile(r"Invalid (?:enum )?value ('.*')")


def load(path: Path) -> Standard:
    """The standard in a file. Raises StandardError naming file, line and key."""
    try:
        text = text_of(path)
        raw = tables_of(text)
    except UnreadableError as fault:
        at = f", line {fault.line}" if fault.line else ""
        raise StandardError(f"{path.name}{at}: {fault.words}") from fault
    faults = _key_faults(raw)
    if not faults:
        try:
            standard = msgspec.convert(raw | {"id": path.stem}, Standard)
        except msgspec.ValidationError as fault:
            where = _AT.search(str(fault))
            key = where[1].replace("[...]", "") if where else ""
            faults = [(key, _in_words(key, _AT.sub("", str(fault))))]
        else:
            faults = [*numeral_faults(standard)] or [
                *name_faults(standard),
                *number_faults(standard),
                *resource_faults(standard),
                *item_faults(standard),
            ]
    if faults:
        raise StandardError("\n".join(_said(path.name, text, key, words) for key, words in faults))
    return standard


def _in_words(key: str, said: str) -> str:
    """What is missing, or which words were wanted; what else the types say of a value, as they say it."""
    if missing := _MISSING.fullmatch(said):
        return f"“{missing[1]}” is missing"
    if _NO_CHOICE.fullmatch(said) and (wanted := choices(Standard, key)):
        return f"{said}; wanted is one of {', '.join(wanted)}"
    return said


def _key_faults(raw: Mapping[str, object]) -> list[tuple[str, str]]:
    """Keys of the whole standard that are missing, and the one that is not to be written."""
    wanted = (field.encode_name for field in msgspec.structs.fields(Standard) if field.required)
    faults = [(key, "is missing") for key in wanted if key not in raw]
    return [*faults, *([("id", "leave it out: the file's name is the standard's id")] if "id" in raw else [])]


def _said(name: str, text: str, key: str, words: str) -> str:
    """A fault with file, line and key, in one line; what cannot be printed stands in escapes."""
    line = line_of(text, key)
    said = f"{name}, line {line}: {key}: {words}" if line else f"{name}: {key + ': ' if key else ''}{words}"
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in said)


def load_standards(*folders: Path) -> dict[str, Standard]:
    """Every standard of ours and of the given folders by its id, in the order of the ids.

    Raises StandardError with the faults of every file, then with those that only all of them together show: two files
    of one name, one fact in two units, a standard that leans on one that is not, or on itself by a circle.
    """
    found: dict[str, Standard] = {}
    paths: dict[str, Path] = {}
    names: dict[str, str] = {}
    refused: list[str] = []
    for folder in (HERE, *folders):
        if folder.exists() and not folder.is_dir():
            raise StandardError(f"{folder}: is a file; wanted is a folder of standards")
        for path in sorted(folder.glob("*.toml")):
            first = names.setdefault(unicodedata.normalize("NFC", path.stem).casefold(), path.stem)
            if path.stem in paths:
                refused.append(f"{path.name}: a standard of this name exists already; rename the file")
            elif first != path.stem:
                refused.append(f"{path.name}: the name differs from {first}.toml only by its case; rename the file")
            else:
                paths[path.stem] = path
                try:
                    found[path.stem] = load(path)
                except StandardError as fault:
                    refused.append(str(fault))
    refused = refused or [
        _said(paths[name].name, text_of(paths[name]), key, words) for name, key, words in together_faults(found)
    ]
    if refused:
        raise StandardError("\n".join(refused))
    return dict(sorted(found.items()))


@cache
def standards() -> dict[str, Standard]:
    """Every standard of ours by its id."""
    return load_standards()
