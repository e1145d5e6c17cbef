"""What a file handed in may be at most: limits of ours, against files made to exhaust a machine."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import msgspec


class Limit(msgspec.Struct, frozen=True):
    """A limit: the most that is taken, its unit, and what it limits and why, in both languages. All are defaults of ours."""

    limit: str
    most: int
    unit_zh: str
    unit_en: str
    why_zh: str
    why_en: str


@cache
def limits() -> dict[str, Limit]:
    """The limits of `schemas/limits.csv` by name."""
    with (Path(__file__).parent / "limits.csv").open(encoding="utf-8", newline="") as lines:
        rows = [msgspec.convert(row, Limit, strict=False) for row in csv.DictReader(lines)]
    return {row.limit: row for row in rows}


def most(name: str) -> int:
    """The limit of this name."""
    return limits()[name].most
