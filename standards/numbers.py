"""Numbers of a standard that are none, that cannot be compared exactly, or that make no sense where they stand.

Figures are compared as whole numbers of eight decimals (norms, limits), four (shares, multiples, points) or two
(weights); a number with more would be cut, and what lies beyond the greatest of a return is a slip of the pen.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from schemas.tables import county_fact_fields
from standards.items import Bounded, EverySchool, FactCheck, Since, Total

if TYPE_CHECKING:
    from standards.standard import Standard

Faults = Iterator[tuple[str, str]]
LARGEST = 10**12
"""The greatest figure that a county's return can hold."""
DECIMALS = 8
_SHOWN, _GROUPED = 24, 10_000


class Range(NamedTuple):
    """The least and greatest value of a key, whether it lies above the least, and its greatest number of decimals."""

    least: int
    most: int
    is_above: bool = False
    decimals: int = DECIMALS


_COUNT, _POINTS, _VALUE = Range(1, 1_000_000), Range(0, 10_000, decimals=4), Range(0, LARGEST)
RANGES = {
    "times": _COUNT,
    "every": _COUNT,
    "years": Range(1, 100),
    "lag": Range(0, 100),
    "pupils_at_least": Range(0, 1_000_000),
    "pupils_below": _COUNT,
    "founded_until": Range(1000, 2100),
    "teaching_point_pupils": Range(0, 1_000_000),
    "declares": _COUNT,
    "at_least": _COUNT,
    "at_norm": Range(0, 1_000_000),
    "of": _COUNT,
    "least": _COUNT,
    "most": _COUNT,
    "share": Range(0, 1, is_above=True, decimals=4),
    "floor_share": Range(0, 1, decimals=4),
    "limit_times": Range(0, 1_000_000, is_above=True, decimals=4),
    "weights": Range(0, 100, is_above=True, decimals=2),
    "points": _POINTS,
    "total": Range(0, 10_000, is_above=True, decimals=4),
    "pass_mark": _POINTS,
    "primary": _VALUE,
    "junior": _VALUE,
    "upper": _VALUE,
    "low": _VALUE,
    "high": _VALUE,
}
"""What the keys that hold numbers may hold; one key means the same in every table that has it."""


def numeral_faults(standard: Standard) -> Faults:
    """Numbers that no reckoning can begin with: not finite, of more than eight decimals, beyond the greatest."""
    for path, _, number in _numbers(standard):
        if isinstance(number, Decimal) and not number.is_finite():
            yield path, f"“{number}” is no number"
        elif is_beyond(number):
            yield path, f"{_shown(number)} is beyond the greatest figure of a return, {LARGEST:,}"
        elif decimals(number) > DECIMALS:
            yield path, f"{_shown(number)} has more than {DECIMALS} decimals"


def number_faults(standard: Standard) -> Faults:
    """Numbers that cannot stand under their key; a floor and a limit that the key alone does not judge."""
    for path, key, number in _numbers(standard):
        if key in RANGES:
            yield from ((path, words) for words in _out_of(RANGES[key], number))
    yield from _floor_faults(standard)
    yield from _range_faults(standard)
    for position, item in enumerate(standard.items):
        for number, check in enumerate(item.checks):
            if isinstance(check, Since | Total | EverySchool | FactCheck) and _is_never_negative(check, standard):
                given = [("limit", check.limit), *((f"limits[{n}].limit", d.limit) for n, d in enumerate(check.limits))]
                yield from _negative(f"items[{position}].checks[{number}]", given)
    for position, relaxation in enumerate(standard.relaxations):
        yield from _negative(f"relaxations[{position}]", [("limit", relaxation.limit)])


def _is_never_negative(check: Bounded, standard: Standard) -> bool:
    """Whether what a check measures cannot lie below 0: years, a school's figures and counts, nothing taken off."""
    if isinstance(check, Since):
        return True
    types = {fact: entry["type"] for fact, entry in county_fact_fields().items()}
    types |= {fact.id: fact.type for fact in standard.facts}
    is_counted = not isinstance(check, FactCheck) or all(types.get(fact) == "count" for fact in check.plus)
    return is_counted and not check.minus


def _numbers(value: object, path: str = "", key: str = "") -> Iterator[tuple[str, str, int | Decimal]]:
    """Every number as (its path in the file, its key, or that of the table that it stands in by stage, itself)."""
    if isinstance(value, msgspec.Struct):
        for field in msgspec.structs.fields(value):
            inner = f"{path}.{field.encode_name}".removeprefix(".")
            yield from _numbers(getattr(value, field.name), inner, field.encode_name)
    elif isinstance(value, tuple):
        for position, entry in enumerate(value):
            yield from _numbers(entry, f"{path}[{position}]", key)
    elif isinstance(value, dict):
        for name, entry in value.items():
            yield from _numbers(entry, f"{path}.{name}", key)
    elif isinstance(value, Decimal) or (isinstance(value, int) and not isinstance(value, bool)):
        yield path, key, value


def decimals(number: int | Decimal) -> int:
    """How many decimals a finite number needs, whatever zeros it is written with."""
    if isinstance(number, int):
        return 0
    _, digits, exponent = number.as_tuple()
    written = "".join(map(str, digits))
    significant = written.rstrip("0")
    return max(0, -int(exponent) - (len(written) - len(significant))) if significant else 0


def is_beyond(number: int | Decimal) -> bool:
    """Whether a finite number is greater than any return can hold; by its digits, as its arithmetic may overflow."""
    if isinstance(number, int):
        return abs(number) > LARGEST
    return bool(number) and (number.adjusted() > len(str(LARGEST)) or number.copy_abs() > LARGEST)


def _out_of(wanted: Range, number: int | Decimal) -> Iterator[str]:
    if number > wanted.most or number < wanted.least or (wanted.is_above and number == wanted.least):
        most = str(wanted.most) if wanted.most < _GROUPED else f"{wanted.most:,}"
        lies = f"above {wanted.least} and at most {most}" if wanted.is_above else f"between {wanted.least} and {most}"
        yield f"{_shown(number)}: wanted is a number {lies}"
    elif decimals(number) > wanted.decimals:
        yield f"{_shown(number)} has more than {wanted.decimals} decimals"


def _floor_faults(standard: Standard) -> Faults:
    """Floors of more than eight decimals. Where at most so much is asked, the floor is only shown."""
    if standard.school_rule is None:
        return
    share = standard.school_rule.floor_share
    for position, indicator in enumerate(standard.indicators):
        for number, limits in enumerate(indicator.norms):
            for stage in ("primary", "junior"):
                norm: Decimal | None = getattr(limits, stage)
                if indicator.must_be == "at_least" and norm is not None and decimals(norm * share) > DECIMALS:
                    where = f"indicators[{position}].norms[{number}].{stage}"
                    yield where, f"{norm} × floor_share {share} = {norm * share}: more than {DECIMALS} decimals"


def _range_faults(standard: Standard) -> Faults:
    """Ranges of what is missing that end before they begin."""
    given = {f"indicators[{n}].missing": indicator.missing for n, indicator in enumerate(standard.indicators)}
    for where, span in (given | {"missing_pupils": standard.missing_pupils}).items():
        if span is not None and span.high is not None and span.high < span.low:
            yield f"{where}.high", f"{span.high} is below low, {span.low}"


def _negative(where: str, given: list[tuple[str, Decimal | None]]) -> Faults:
    for key, limit in given:
        if limit is not None and limit < 0:
            yield f"{where}.{key}", f"{limit}: a limit below 0, for what is never below 0 itself"


def _shown(number: int | Decimal) -> str:
    """A number as the file has it, cut where it is too long to read."""
    if isinstance(number, int) and is_beyond(number):
        return "a whole number of more than 12 digits"
    text = str(number)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
