"""What every part of a standard is written with: words in two languages, dated values, how sure we are."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Literal

import msgspec

Confidence = Literal["official", "secondary", "inferred", "provincial"]
"""How sure a statement is: official text or several sources agree; one secondary source; inferred by us; set by a
province. What is not official is a default that a province's own file overrides, and every page says so."""
Side = Literal["at_least", "at_most", "above", "below"]
"""How a value must lie to its limit. 以上, 不低于 are at_least; 不超过 is at_most."""


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text in Chinese and in English."""

    zh: str
    en: str


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"starts": "from"}):
    """Values by stage, in force from a date, for all units or for those of some school types and areas.

    `upper` holds the other end where the text gives a range by conditions that returns do not hold; the value by
    stage is the end that binds.
    """

    starts: dt.date
    primary: Decimal | None = None
    junior: Decimal | None = None
    school_types: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    upper: dict[str, Decimal] = {}
    note: Words | None = None


class Dated(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"starts": "from"}):
    """A limit in force from a date."""

    starts: dt.date
    limit: Decimal


def first_day(school_year: int) -> dt.date:
    """The day on which a school year begins, and for which its returns stand: 1 September."""
    return dt.date(school_year, 9, 1)


def of_stage(values: Limits, stage: str) -> Decimal | None:
    """The value of a stage."""
    found: Decimal | None = getattr(values, stage)
    return found
