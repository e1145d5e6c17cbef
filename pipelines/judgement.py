"""A school year judged under every standard: checks, items, parts and verdicts, in the order in which they lean on each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from pipelines.county_checks import PLACE, Inputs, county_checks
from pipelines.items import county_items
from pipelines.outcomes import county_parts, county_verdicts
from pipelines.school_checks import school_checks
from schemas.contract import tidy
from schemas.judgement import COUNTY_CHECKS, COUNTY_ITEMS, COUNTY_PARTS, COUNTY_VERDICTS, SCHOOL_CHECKS
from standards.items import Growth, OtherStandard
from standards.standard import Standard


@dataclass(frozen=True)
class Judged:
    """The tables of a school year that are made of checks."""

    school_checks: pl.DataFrame
    county_checks: pl.DataFrame
    county_items: pl.DataFrame
    county_parts: pl.DataFrame
    county_verdicts: pl.DataFrame


def years_needed(standards: Mapping[str, Standard]) -> int:
    """How many school years before the one judged any standard looks back on."""
    back = [0]
    for standard in standards.values():
        for item in standard.items:
            back += [check.years - 1 for check in item.checks if isinstance(check, OtherStandard)]
            back += [check.years + check.lag for check in item.checks if isinstance(check, Growth)]
    return max(back)


def places_of(units: pl.DataFrame, facts: pl.DataFrame, year: int) -> pl.DataFrame:
    """The counties of a school year: those with a unit, and those that report only for themselves."""
    key = ["school_year", "source", "county_code"]
    both = pl.concat([units.select(PLACE), facts.filter(pl.col("school_year") == year).select(PLACE)])
    return both.filter(pl.col("school_year") == year).unique(key, keep="first", maintain_order=True).sort(key)


def judge(
    units: pl.DataFrame,
    facts: pl.DataFrame,
    resource_verdicts: pl.DataFrame,
    earlier_verdicts: pl.DataFrame,
    standards: Mapping[str, Standard],
    year: int,
) -> Judged:
    """The school year's checks, items, parts and verdicts under every standard, for the counties that it is for.

    `units` are those of the year; `facts`, `resource_verdicts` and `earlier_verdicts` reach back `years_needed`. A
    standard that asks for another's whole verdict is judged after it.
    """
    places = places_of(units, facts, year)
    own = facts.filter(pl.col("school_year") == year)
    made: dict[str, list[pl.DataFrame]] = {name: [] for name in Judged.__dataclass_fields__}
    for standard in _in_order(standards):
        schools = school_checks(units, own, standard, year)
        inputs = Inputs(
            places, units, schools, facts, resource_verdicts, pl.concat([earlier_verdicts, *made["county_verdicts"]])
        )
        checks = county_checks(inputs, standard, standards, year)
        items = county_items(inputs, checks, standard)
        parts = county_parts(inputs, items, standard)
        found = Judged(schools, checks, items, parts, county_verdicts(parts, standard))
        for name, rows in made.items():
            rows.append(getattr(found, name))
    return Judged(
        school_checks=tidy(pl.concat(made["school_checks"]), SCHOOL_CHECKS),
        county_checks=tidy(pl.concat(made["county_checks"]), COUNTY_CHECKS),
        county_items=tidy(pl.concat(made["county_items"]), COUNTY_ITEMS),
        county_parts=tidy(pl.concat(made["county_parts"]), COUNTY_PARTS),
        county_verdicts=tidy(pl.concat(made["county_verdicts"]), COUNTY_VERDICTS),
    )


def _in_order(standards: Mapping[str, Standard]) -> list[Standard]:
    """The standards, each after those whose whole verdict it asks for; a circle is cut where it is entered."""
    done: dict[str, Standard] = {}

    def add(standard: Standard, asking: tuple[str, ...]) -> None:
        if standard.id in done or standard.id in asking:
            return
        for item in standard.items:
            for check in item.checks:
                if isinstance(check, OtherStandard) and check.aspect == "verdict":
                    for other in standards.values():
                        if other.id == check.standard or (not check.standard and other.gate_of == standard.id):
                            add(other, (*asking, standard.id))
        done[standard.id] = standard

    for standard in standards.values():
        add(standard, ())
    return list(done.values())
