"""What makes a figure worth one more question: the numbers of `integrity.toml`, each a source's or a default of ours."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import msgspec

HERE = Path(__file__).parent


class Figure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A column that is compared: what one counts in, and the factors that a slip of its unit leaves."""

    whole: int
    slips: tuple[float, ...] = ()


class Bunching(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units of a county just above a norm, against what the spread of its other units lets expect."""

    band: float
    least_units: int
    least_found: int
    times_below: float
    chance: float


class Base(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Round numbers: multiples of `base`, among values of at least `from_whole` whole units."""

    base: int
    from_whole: int = msgspec.field(name="from")


class Heaping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Round numbers of a county's schools, against even digits."""

    bases: tuple[Base, ...]
    least_values: int
    times_expected: float
    least_found: int
    chance: float


class Copy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Groups of columns that repeat the year before, against how often the province's schools repeat them."""

    groups: dict[str, tuple[str, ...]]
    from_value: float = msgspec.field(name="from")
    least_columns: int
    least_schools: int
    chance: float


class UnitSlip(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A value off the years before, or off the county's schools, by the factor of a slip."""

    every: tuple[float, ...]
    near: float
    least_years: int
    steady: float
    from_whole: float = msgspec.field(name="from")
    pupils_within: float
    least_schools: int
    near_county: float


class Spike(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A value far from both its neighbours, which agree with each other."""

    times: float
    steady: float
    from_whole: float = msgspec.field(name="from")
    pupils_within: float


class SisterMove(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one school loses and its sister gains."""

    share: float
    from_whole: float = msgspec.field(name="from")
    within: float
    most_members: int


class IntegrityRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of `integrity.toml`."""

    years_before: int
    columns: dict[str, Figure]
    bunching: Bunching
    heaping: Heaping
    copy: Copy
    unit_slip: UnitSlip
    spike: Spike
    sister_move: SisterMove


@cache
def integrity_rules() -> IntegrityRules:
    """The rules in force."""
    return msgspec.convert(tomllib.loads((HERE / "integrity.toml").read_text("utf-8")), IntegrityRules)
