"""A county for every case of every item: it meets it, does not, lies exactly at the limit, or does not say enough.

What a county reports is computed from the standard's file by fractions alone: what would give the limit itself, the next
figure that can be reported on either side of it, or nothing. What must follow is known from how the county was drawn.
"""

from __future__ import annotations

import datetime as dt
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from functools import cache
from math import ceil, floor
from pathlib import Path

import msgspec
import polars as pl

from pipelines.dispersion import county_dispersion
from pipelines.indicators import unit_indicators
from pipelines.judgement import judge
from pipelines.units import units
from schemas.contract import conform
from schemas.county import COUNTY_FACTS
from schemas.judgement import COUNTY_VERDICTS
from schemas.tables import RESOURCE_VERDICTS, codes, county_fact_fields, finding_fields, school_fields, shared_fields
from standards.items import (
    Check,
    EveryClass,
    EverySchool,
    FactCheck,
    Finding,
    Growth,
    Item,
    NeverBoth,
    OtherStandard,
    Since,
    Total,
    Where,
)
from standards.standard import Indicator, Standard, standards
from tests.county import schools
from tests.judged import accepted

YEAR = 2023
SOURCE = "cn-returns"
ELSEWHERE = "690000"  # a province of which no standard speaks
COUNTY_RUN = "831"  # a school that the county runs
BANDS = (25, 30, 35, 40, 45, 50, 55, 60, 65)
Value = Fraction | bool | None
Key = tuple[str, ...]
Row = dict[str, object]
OverSchools = Total | EverySchool
OverAny = Total | EverySchool | EveryClass | NeverBoth
Quotient = FactCheck | Total | EverySchool


def fact(name: str, period: int = YEAR, breakdown: str = "") -> Key:
    return ("fact", name, str(period), breakdown)


def figure(name: str) -> Key:
    return ("figure", name)


def said(name: str) -> Key:
    return ("said", name)


@dataclass(frozen=True)
class County:
    """What a county reports (None: nothing), its one school, and what was found of other standards."""

    values: dict[Key, Value] = field(default_factory=dict)
    school: dict[str, str | None] | None = None
    second: dict[Key, Value] | None = None
    verdicts: tuple[tuple[int, str], ...] = ()
    province: str = ""

    def having(self, **changes: object) -> County:
        return replace(self, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Case:
    """One county, and the status that the item must have there."""

    standard: str
    item: str
    check: str
    name: str
    expected: str
    shows: str
    county: County

    def __str__(self) -> str:
        return "/".join(part for part in (self.standard, self.item, self.check, self.name) if part)


# --- what can be reported ---------------------------------------------------------------------------------------------


@cache
def _steps() -> dict[str, Fraction]:
    """The least difference between two figures that can be reported."""
    steps = {f["base"]: Fraction(1, 10_000 if f["type"] == "decimal" else 1) for f in school_fields()}
    declared = {f.id: f.type for standard in standards().values() for f in standard.facts}
    declared |= {name: entry["type"] for name, entry in county_fact_fields().items()}
    return steps | {name: Fraction(1, 10_000 if kind == "decimal" else 1) for name, kind in declared.items()}


def limit_of(check: Quotient | Since, year: int = YEAR) -> Fraction | None:
    """The number that the file gives for the day on which the school year begins."""
    if check.limit is not None:
        return Fraction(check.limit)
    valid = sorted((dated.starts, dated.limit) for dated in check.limits)
    begun = [limit for starts, limit in valid if (starts.year, starts.month, starts.day) <= (year, 9, 1)]
    return Fraction((begun or [limit for _, limit in valid])[-1 if begun else 0]) if valid else None


def stages_of(school_type: str) -> list[str]:
    entry = next(entry for entry in codes("school_types") if entry["code"] == school_type)
    return [stage for stage in entry["stages"].split() if stage != "senior"]


# --- the school that is asked about -----------------------------------------------------------------------------------


def school_of(where: Where, stage: str, scope: tuple[str, ...]) -> dict[str, str | None]:
    """A school of the kind that is asked about; without a stage one that teaches as many as the kind allows."""
    types = where.school_types or scope or ("211", "311", "312")
    asked = [stage] if stage else ["primary", "junior"]
    fitting = sorted(
        (t for t in types if set(stages_of(t)) & set(asked) and t not in ("218", "219", "319")),
        key=lambda t: (stages_of(t) != asked, t),
    )
    area = where.areas[0] if where.areas else "urban"
    return {
        "school_type_code": fitting[0],
        "area_code": next(entry["code"] for entry in codes("areas") if entry["area"] == area),
        "operator_code": "999" if where.is_public is False else COUNTY_RUN,
        "is_boarding": "yes" if where.is_boarding else "no",
        "founded_year": str(where.founded_until or 2000),
    }


def pupils_of(where: Where) -> int:
    """As many compulsory pupils as the kind may have, or 900."""
    return 900 if where.pupils_below is None else where.pupils_below - 1


# --- quotients --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sums:
    """The figures of a quotient by their keys."""

    plus: tuple[Key, ...]
    minus: tuple[Key, ...]
    over: tuple[Key, ...]
    over_minus: tuple[Key, ...]
    limit: Key | None
    needed: Key | None

    @property
    def all(self) -> tuple[Key, ...]:
        more = tuple(key for key in (self.limit, self.needed) if key)
        return (*self.plus, *self.minus, *self.over, *self.over_minus, *more)


def sums(check: Quotient, breakdown: str = "") -> Sums:
    def key(name: str) -> Key:
        return fact(name, breakdown=breakdown) if isinstance(check, FactCheck) else figure(name)

    return Sums(
        *(tuple(key(name) for name in names) for names in (check.plus, check.minus, check.over, check.over_minus)),
        limit=fact(check.limit_fact) if check.limit_fact else None,
        needed=figure(check.one_for) if isinstance(check, EverySchool) and check.one_for else None,
    )


def known(values: dict[Key, Value], keys: tuple[Key, ...]) -> Fraction:
    return sum((Fraction(values.get(key) or 0) for key in keys), Fraction(0))


def denominator(check: Quotient, by: Sums, values: dict[Key, Value]) -> Fraction:
    """What is divided by, once every figure of it is filled in: a thousand where the county is free to say."""
    if not by.over:
        return Fraction(1)
    for key in by.over_minus:
        values.setdefault(key, Fraction(10))
    unsaid = [key for key in by.over if key not in values]
    if unsaid:
        rest = known(values, by.over) - known(values, by.over_minus)
        values.update(dict.fromkeys(unsaid, Fraction(0)))
        values[unsaid[0]] = max(Fraction(1000) - rest, Fraction(0))
    return known(values, by.over) - known(values, by.over_minus)


def bound(check: Quotient, by: Sums, values: dict[Key, Value]) -> Fraction:
    """What the value is held against, once the county has said what it depends on."""
    if by.limit is not None:
        given = values.setdefault(by.limit, Fraction(60))
        return Fraction(check.limit_times) * Fraction(given or 0)
    if by.needed is not None:
        assert isinstance(check, EverySchool)
        given = values.setdefault(by.needed, Fraction(check.every))
        return Fraction(ceil(Fraction(given or 0) / check.every))
    limit = limit_of(check)
    assert limit is not None
    return limit


def hold(check: Quotient, by: Sums, values: dict[Key, Value], numerator: Fraction) -> None:
    """Fills in the numerator's figures so that they come to it."""
    for key in by.minus:
        values.setdefault(key, Fraction(5))
    unsaid = [key for key in by.plus if key not in values]
    assert unsaid, f"{check}: every figure is said already"
    least = Fraction(3) if numerator > 3 * len(unsaid) else Fraction(0)
    values.update(dict.fromkeys(unsaid[1:], least))
    values[unsaid[0]] = numerator - known(values, by.plus) + known(values, by.minus)


def passes(check: Quotient, value: Fraction, limit: Fraction) -> bool:
    return {
        "at_least": value >= limit,
        "at_most": value <= limit,
        "above": value > limit,
        "below": value < limit,
    }[check.must_be]


def shown(check: Quotient, by: Sums, values: dict[Key, Value]) -> str:
    """The figures of a quotient as the page shows them."""
    top = known(values, by.plus) - known(values, by.minus)
    if not by.over:
        return number(top)
    return f"{number(top)} / {number(known(values, by.over) - known(values, by.over_minus))}"


def number(value: Fraction) -> str:
    return format(Decimal(value.numerator) / Decimal(value.denominator), ",f")


def quotient_cases(check: Quotient, start: Callable[[], County], by: Sums) -> Iterator[tuple[str, str, str, County]]:
    """(name, status, what it shows, county): a step below, at and above the limit; over 100 %; each figure missing."""
    step = _steps()[check.plus[0]]
    county = start()
    under = denominator(check, by, dict(county.values))
    at = bound(check, by, dict(county.values)) * under / check.times
    assert at % step == 0, f"{check}: the limit itself cannot be reported"
    full = under if check.is_rate else None

    def drawn(numerator: Fraction) -> County:
        own = start()
        denominator(check, by, own.values)
        bound(check, by, own.values)
        hold(check, by, own.values, numerator)
        return own

    def case(name: str, status: str, numerator: Fraction) -> tuple[str, str, str, County]:
        own = drawn(numerator)
        return name, status, shown(check, by, own.values), own

    near = [n for n in (at - step, at + step) if n >= 0 and (full is None or n <= full)]
    good = [n for n in near if passes(check, n, at)] or ([at] if passes(check, at, at) else [])
    bad = [n for n in near if not passes(check, n, at)]
    assert good, f"{check}: nothing meets it"
    yield case("met", "met", good[0])
    if bad:
        yield case("not_met", "not_met", bad[0])
    yield case("at_limit", "met" if passes(check, at, at) else "not_met", at)
    if full is not None and (full + step) % step == 0:
        yield case("over_100", "undetermined", full + step)
    for key in dict.fromkeys(by.all):
        own = drawn(good[0])
        own.values[key] = None
        yield f"undetermined:{key[1]}", "undetermined", key[1], own
    if by.over and by.over != (figure("pupils"),):
        own = drawn(Fraction(0))
        own.values.update(dict.fromkeys((*by.over, *by.over_minus), Fraction(0)))
        own.values.update(dict.fromkeys((*by.plus, *by.minus), Fraction(0)))
        yield "undetermined:0", "undetermined", "0 / 0", own


# --- the cases of each kind of check ----------------------------------------------------------------------------------

Found = Iterator[tuple[str, str, str, County]]


def finding_cases(standard: Standard, item: Item, check: Finding | None, *, expects: bool) -> Found:
    own = f"/{check.id}" if check is not None and check.id else ""
    key = said(f"{standard.id}/{item.id}{own}")
    words = {True: "是 yes", False: "否 no"}
    yield "met", "met", words[expects], County({key: expects})
    yield "not_met", "not_met", words[not expects], County({key: not expects})
    unsaid = "undetermined" if item.is_in_source or check is not None else "not_in_source"
    yield unsaid, unsaid, "", County({key: None})


def fact_cases(check: FactCheck) -> Found:
    if not check.each:
        yield from quotient_cases(check, County, sums(check))
        return
    for name, status, shows, county in quotient_cases(check, County, sums(check, "语文")):
        values = dict(county.values)
        if name.startswith("undetermined"):
            values = {key: value for key, value in values.items() if value is not None}
        else:  # another subject, which keeps it with ease
            other = next(c for n, _, _, c in quotient_cases(check, County, sums(check, "数学")) if n == "met")
            values |= {key: value for key, value in other.values.items() if key[-1] == "数学"}
        yield name, status, shows, county.having(values=values)


def since_cases(check: Since) -> Found:
    limit = limit_of(check)
    assert limit is not None
    for name, years in (("met", limit + 1), ("not_met", limit - 1), ("at_limit", limit)):
        since = YEAR - years
        status = {"at_least": years >= limit, "at_most": years <= limit}[check.must_be]
        yield name, "met" if status else "not_met", number(since).replace(",", ""), County({fact(check.fact): since})
    yield f"undetermined:{check.fact}", "undetermined", check.fact, County({fact(check.fact): None})


HAIR = Fraction(1, 10_000)


def growth_cases(check: Growth) -> Found:
    """One year grows by a hair more than is asked, by exactly as much, by a hair less, or falls; a year is missing."""
    last = YEAR - check.lag
    years = range(last - check.years + 1, last + 1)
    yield "met", "met", "↑ ↑ ↑", County(grown(check))
    for year in years:
        for name, status, kind, shows in (
            ("met", "met", "more", "+ 0.0001"),
            ("at_limit", "not_met", "equal", "="),
            ("not_met", "not_met", "less", "- 0.0001"),
        ):
            yield f"{name}:{year}", status, shows, County(grown(check, year, kind))
        if check.falling_fails:  # whatever the other did
            values = grown(check, year, "falls")
            if check.faster_than:
                values[fact(check.faster_than, year)] = None
            yield f"not_met:falls_{year}", "not_met", "↓", County(values)
    for name in filter(None, (check.fact, check.faster_than)):
        for year in (years[0] - 1, *years):
            values = grown(check)
            values[fact(name, year)] = None
            yield f"undetermined:{name}_{year}", "undetermined", f"{name} {year}", County(values)


def grown(check: Growth, at: int = 0, kind: str = "") -> dict[Key, Value]:
    """A fact that grows by more than is asked in every year but one; what it is held against grows by a tenth."""
    last = YEAR - check.lag
    asked = Fraction(11, 10) if check.faster_than else Fraction(1)
    now, other = Fraction(10_000), Fraction(50_000)
    values: dict[Key, Value] = {}
    for year in range(last - check.years, last + 1):
        if year > last - check.years:
            exact, other = now * asked, other * asked
            near = {"more": exact + HAIR, "equal": exact, "less": exact - HAIR, "falls": now - HAIR}
            now = near[kind] if year == at else Fraction(floor(exact) + 1)
        values[fact(check.fact, year)] = now
        if check.faster_than:
            values[fact(check.faster_than, year)] = other
    return values


def school_cases(check: OverSchools, standard: Standard, scope: tuple[str, ...]) -> Found:
    """The cases of a quotient over one school of the kind, by stage where the check goes over units of both."""
    by_unit = isinstance(check, EverySchool) and check.subject == "unit"
    for stage in (check.stage,) if check.stage or not by_unit else ("primary", "junior"):
        suffix = f":{stage}" if stage and not check.stage else ""

        def start(stage: str = stage) -> County:
            return County({}, school_of(check.where, stage, scope))

        by = sums(check)
        for name, status, shows, county in quotient_cases(check, start, by):
            yield name + suffix, status, shows, with_pupils(county, check.where, by)
            if name == "not_met":
                yield from unknown_kind(check, county, shows, suffix)
    yield "no_school_return", "undetermined", "", County()


def with_pupils(county: County, where: Where, by: Sums | None = None) -> County:
    """The county with as many pupils as its school's kind may have, unless it says how many."""
    if by is None or figure("pupils") not in by.all:
        county.values.setdefault(figure("pupils"), Fraction(pupils_of(where)))
    return county


def unknown_kind(check: OverSchools, failing: County, shows: str, suffix: str) -> Found:
    """A school that fails, of which it is not known whether it is of the kind."""
    assert failing.school is not None
    where = check.where
    columns = [
        column
        for column, is_asked in (
            ("area_code", bool(where.areas)),
            ("operator_code", where.is_public is not None),
            ("is_boarding", where.is_boarding is not None),
            ("founded_year", where.founded_until is not None),
        )
        if is_asked
    ]
    for column in columns:
        own = failing.having(school={**failing.school, column: None}, values=dict(failing.values))
        yield f"undetermined:{column}{suffix}", "undetermined", column, with_pupils(own, where)
    if where.pupils_below is not None and figure("pupils") not in failing.values:
        own = failing.having(values={**failing.values, figure("pupils"): None})
        yield f"undetermined:pupils{suffix}", "undetermined", "pupils", own


def class_bands() -> list[str]:
    """The fields of the class-size bands, from the smallest classes to the largest."""
    starts = (0, *(end + 1 for end in BANDS))
    return [f"classes_{start}_{end}" for start, end in zip(starts, (*BANDS, "up"), strict=True)]


def class_cases(check: EveryClass, scope: tuple[str, ...]) -> Found:
    """By bands: the last band within the limit, the first one above; without them by the mean."""
    names = dict(zip(BANDS, class_bands(), strict=False))
    above = [name for end, name in names.items() if end > check.at_most] + ["classes_66_up"]
    for stage in (check.stage,) if check.stage else ("primary", "junior"):
        suffix = "" if check.stage else f":{stage}"
        school = school_of(check.where, stage, scope)
        bands: dict[Key, Value] = {figure(name): Fraction(0) for name in class_bands()}
        pupils: dict[Key, Value] = {figure("pupils"): Fraction(10 * check.at_most), figure("classes"): Fraction(10)}

        def drawn(
            *more: dict[Key, Value], school: dict[str, str | None] = school, pupils: dict[Key, Value] = pupils
        ) -> County:
            county = County(dict(pupils), school)
            for one in more:
                county.values.update(one)
            return county

        ten = Fraction(10)
        yield (
            f"met{suffix}",
            "met",
            f"{names[BANDS[0]]} = 10",
            drawn(bands, {figure(names[BANDS[0]]): ten, figure("pupils"): Fraction(200)}),
        )
        last = names[check.at_most]
        yield f"at_limit{suffix}", "met", f"{last} = 10", drawn(bands, {figure(last): ten})
        for name in above:
            one = {figure(last): Fraction(9), figure(name): Fraction(1)}
            yield f"not_met:{name}{suffix}", "not_met", f"{name} = 1", drawn(bands, one)
        none: dict[Key, Value] = dict.fromkeys(bands)
        over = {figure("pupils"): Fraction(10 * check.at_most + 1)}
        shows = f"{10 * check.at_most + 1} / 10"
        yield f"not_met:mean{suffix}", "not_met", shows, drawn(none, over)
        yield f"undetermined:mean{suffix}", "undetermined", f"{10 * check.at_most} / 10", drawn(none)
        for name in above:
            yield f"undetermined:{name}{suffix}", "undetermined", name, drawn(bands, {figure(name): None})
    yield "no_school_return", "undetermined", "", County()


def never_both_cases(check: NeverBoth, scope: tuple[str, ...]) -> Found:
    school = school_of(check.where, check.stage, scope)
    first, minus, second = (
        [figure(name) for name in names] for names in (check.first, check.first_minus, check.second)
    )

    def drawn(left: int, right: int, missing: Key | None = None) -> County:
        values: dict[Key, Value] = dict.fromkeys((*first, *minus, *second), Fraction(0))
        values |= {key: Fraction(20) for key in minus}
        values[first[0]] = Fraction(left + 20 * len(minus))
        values[second[0]] = Fraction(right)
        if missing:
            values[missing] = None
        return with_pupils(County(values, school), check.where)

    yield "met", "met", "5, 0", drawn(5, 0)
    yield "met:below", "met", "-1, 5", drawn(-1, 5)
    yield "not_met", "not_met", "1, 1", drawn(1, 1)
    yield "at_limit", "met", "0, 5", drawn(0, 5)
    for key in (*first, *minus):
        yield f"undetermined:{key[1]}", "undetermined", key[1], drawn(5, 1, key)
    for key in second:
        yield f"undetermined:{key[1]}", "undetermined", key[1], drawn(1, 5, key)
        yield f"met:without_{key[1]}", "met", f"0, {key[1]}?", drawn(0, 5, key)
    yield "no_school_return", "undetermined", "", County()


def other_standard_cases(check: OtherStandard, standard: Standard) -> Found:
    province = ""
    if not check.standard:
        gates = [s for s in standards().values() if s.gate_of == standard.id and s.provinces]
        province = next(s.provinces[0] for s in gates if len([g for g in gates if g.provinces == s.provinces]) == 1)
        yield "undetermined:no_base_standard", "undetermined", "", County()
    years = list(range(YEAR - check.years + 1, YEAR + 1))
    met = [(year, "met") for year in years]

    def drawn(*rows: tuple[int, str]) -> County:
        return County(verdicts=rows, province=province)

    words = "、".join(map(str, years))
    yield "met", "met", f"{YEAR - check.years}–{YEAR}", drawn((YEAR - check.years, "met"), *met)
    if check.years > 1:
        yield "at_limit", "met", words, drawn((YEAR - check.years, "not_met"), *met)
    for year in years:
        rest = [row for row in met if row[0] != year]
        yield f"not_met:{year}", "not_met", str(year), drawn(*rest, (year, "not_met"))
        yield f"undetermined:{year}", "undetermined", str(year), drawn(*rest)
        yield f"undetermined:open_{year}", "undetermined", str(year), drawn(*rest, (year, "undetermined"))


def check_cases(check: Check, item: Item, standard: Standard) -> Found:
    """Every case of one check: name, status, what it shows, county."""
    scope = (standards()[standard.units_of] if standard.units_of else standard).scope.school_types
    match check:
        case Finding():
            yield from finding_cases(standard, item, check, expects=check.expects)
        case FactCheck():
            yield from fact_cases(check)
        case Since():
            yield from since_cases(check)
        case Growth():
            yield from growth_cases(check)
        case Total() | EverySchool():
            yield from school_cases(check, standard, scope)
        case EveryClass():
            yield from class_cases(check, scope)
        case NeverBoth():
            yield from never_both_cases(check, scope)
        case OtherStandard():
            yield from other_standard_cases(check, standard)


# --- an item's other checks, all met ----------------------------------------------------------------------------------


def complete(county: County, check: Check, item: Item, standard: Standard) -> County:
    """The county with the figures of another check of the item, where it has not said them, so that it is met too."""
    values = county.values
    if isinstance(check, Total | EverySchool | EveryClass | NeverBoth) and not _is_asked(check, county):
        return county
    match check:
        case FactCheck() | Total() | EverySchool():
            for breakdown in ("语文", "数学") if isinstance(check, FactCheck) and check.each else ("",):
                _fill(check, sums(check, breakdown), values)
        case EveryClass():
            values |= {figure(name): Fraction(0) for name in class_bands() if figure(name) not in values}
            classes = values.get(figure("classes"))
            if classes is not None:  # the rest of the classes are small ones, so that the bands add up
                in_bands = sum((values[figure(name)] or Fraction(0) for name in class_bands()), Fraction(0))
                values[figure(class_bands()[0])] = (
                    (values[figure(class_bands()[0])] or Fraction(0)) + classes - in_bands
                )
        case NeverBoth():
            keys = map(figure, (*check.first, *check.first_minus, *check.second))
            values |= {key: Fraction(0) for key in keys if key not in values}
        case _:
            met = next(found[-1] for found in check_cases(check, item, standard) if found[0] == "met")
            values |= {key: value for key, value in met.values.items() if key not in values}
            return county.having(verdicts=(*county.verdicts, *met.verdicts), province=county.province or met.province)
    return county


def _is_asked(check: OverAny, county: County) -> bool:
    """Whether a check goes over the county's school."""
    if county.school is None:
        return False
    types = check.where.school_types
    code = county.school["school_type_code"]
    assert code is not None
    return (not types or code in types) and (not check.stage or check.stage in stages_of(code))


def _fill(check: Quotient, by: Sums, values: dict[Key, Value]) -> None:
    if all(key in values for key in by.plus) and by.over and not any(key in values for key in by.over):
        # All of something whose number is given: nobody can do more.
        top = known(values, by.plus) - known(values, by.minus)
        for key in (*by.over[1:], *by.over_minus):
            values[key] = Fraction(0)
        values[by.over[0]] = top
        return
    under, step = denominator(check, by, values), _steps()[check.plus[0]]
    at = bound(check, by, values) * under / check.times
    whole = {"at_least": ceil(at / step), "at_most": floor(at / step)}
    steps = whole.get(check.must_be, floor(at / step) + (1 if check.must_be == "above" else -1))
    if any(key not in values for key in by.plus):
        hold(check, by, values, steps * step)
    for key in by.minus:
        values.setdefault(key, Fraction(0))


# --- all cases --------------------------------------------------------------------------------------------------------


def item_cases(standard: Standard, item: Item) -> Iterator[Case]:
    """Every case of an item: those of each of its checks, its other checks being met."""
    if not item.checks:
        is_veto = next(part.role for part in standard.parts if part.id == item.part) == "veto"
        for name, status, shows, county in finding_cases(standard, item, None, expects=not is_veto):
            yield Case(standard.id, item.id, "", name, status, shows, county)
        return
    for check in item.checks:
        for name, status, shows, county in check_cases(check, item, standard):
            whole = county.having(values=dict(county.values))
            if name != "no_school_return":
                whole = _with_school(whole, item, standard)
            for other in item.checks:
                if other is not check:
                    whole = complete(whole, other, item, standard)
            if whole.school is not None:
                with_pupils(whole, Where())
            expected = status
            if name == "over_100" and any(isinstance(other, EveryClass) for other in item.checks):
                expected = "not_met"  # the share is refused, but the large classes themselves are there
            yield Case(standard.id, item.id, check.id, name, expected, shows, whole)


def _with_school(county: County, item: Item, standard: Standard) -> County:
    """The county with a school, where a check of the item goes over schools and it has none."""
    for check in item.checks:
        if isinstance(check, OverAny) and county.school is None:
            school = next(found[-1].school for found in check_cases(check, item, standard) if found[-1].school)
            county = county.having(school=school)
    return county


@cache
def cases() -> tuple[Case, ...]:
    """Every case of every item of every standard, in the order of the files."""
    return tuple(
        case for standard in standards().values() for item in standard.items for case in item_cases(standard, item)
    )


# --- what the engine says of them -------------------------------------------------------------------------------------


def school_row(county: County, place: Row, number_of_school: int, values: dict[Key, Value] | None = None) -> Row:
    """The return of the county's school: what is reported by stage is divided among the stages that it teaches."""
    assert county.school is not None
    school_type = str(county.school["school_type_code"])
    stages = stages_of(school_type)
    row: Row = {**place, "school_id": f"{number_of_school:010d}", **county.school}
    boarding, founded = county.school["is_boarding"], county.school["founded_year"]
    row["is_boarding"] = None if boarding is None else boarding == "yes"
    row["founded_year"] = None if founded is None else int(founded)
    for key, value in (county.values if values is None else values).items():
        if key[0] != "figure" or value is None:
            continue
        if key[1] in finding_fields():
            row[key[1]] = bool(value)
            continue
        if key[1] in shared_fields():
            row[key[1]] = str(number(Fraction(value))).replace(",", "")
            continue
        left = int(Fraction(value))
        for later, stage in zip(range(len(stages) - 1, -1, -1), stages, strict=True):
            part = left if later == 0 else left // 2
            row[f"{key[1]}_{stage}"] = str(part)
            left -= part
    return row


def fact_rows(county: County, place: Row) -> list[Row]:
    """What the county says of itself; every county says at least that it is there."""
    rows: list[Row] = [{**place, "fact": "presence", "period": YEAR, "breakdown": "", "finding": True}]
    for key, value in county.values.items():
        if value is None:
            continue
        if key[0] == "said":
            school = key[2] if len(key) > 2 else ""
            spoken = {"fact": key[1], "period": YEAR, "breakdown": "", "school_id": school, "finding": value}
            rows.append({**place, **spoken})
        elif key[0] == "fact":
            reported = number(Fraction(value)).replace(",", "")
            rows.append({**place, "fact": key[1], "period": int(key[2]), "breakdown": key[3], "value": reported})
    return [{"school_id": "", "file": "drawn.csv", **row} for row in rows]


@cache
def judged(name: str) -> dict[tuple[str, str], dict[str, object]]:
    """The items of a standard in the counties of its cases, by county and item."""
    # Which counties of a province a standard is for is another matter: here each case has one of its own.
    own = msgspec.structs.replace(standards()[name], counties=())
    gates = {s.id: s for s in standards().values() if s.gate_of == name}
    owner = standards()[own.units_of] if own.units_of else own
    facts: list[Row] = []
    returns: list[Row] = []
    resource: list[Row] = []
    whole: list[Row] = []
    for position, case in enumerate(case for case in cases() if case.standard == name):
        province = case.county.province or (own.provinces[0] if own.provinces else ELSEWHERE)
        place: Row = {
            "school_year": YEAR,
            "source": SOURCE,
            "province_code": province,
            "county_code": f"{position:06d}",
            "county_name": str(case),
        }
        facts += fact_rows(case.county, place)
        if case.county.school is not None:
            returns.append(school_row(case.county, place, position))
        if case.county.verdicts:
            (check,) = [c for i in own.items if i.id == case.item for c in i.checks if isinstance(c, OtherStandard)]
            of = check.standard or next(s.id for s in gates.values() if province in s.provinces)
            rows = [
                {**place, "school_year": year, "standard": of, "stage": "all", "verdict": verdict}
                for year, verdict in case.county.verdicts
            ]
            (resource if check.aspect == "resource" else whole).extend(rows)
    empty = {"standard": pl.String, "stage": pl.String, "verdict": pl.String}
    found = judge(
        units(schools(returns), owner) if returns else units(schools([{}]), owner).clear(),
        conform(pl.DataFrame(facts, infer_schema_length=None), COUNTY_FACTS),
        conform(pl.DataFrame(resource, schema=None if resource else empty), RESOURCE_VERDICTS),
        conform(pl.DataFrame(whole, schema=None if whole else empty), COUNTY_VERDICTS),
        {name: own, **gates},
        YEAR,
    )
    mine = accepted(found).county_items.filter(pl.col("standard") == name)
    return {(row["county_name"], row["item"]): row for row in mine.iter_rows(named=True)}


# --- the resource part: norms and difference coefficients -------------------------------------------------------------


def indicator_cases(standard: Standard, indicator: Indicator) -> Iterator[Case]:
    """A unit for every case of an indicator, stage by stage, where a school rule holds units against its norm."""
    for stage in standard.scope.stages:
        norms = [norm for norm in indicator.norms if getattr(norm, stage) is not None]
        norms = [norm for norm in norms if not norm.areas and not norm.school_types] or norms
        in_force = [norm for norm in norms if norm.starts <= dt.date(YEAR, 9, 1)] or norms[:1]
        norms = sorted(in_force, key=lambda norm: norm.starts)[-1:]
        plus = indicator.plus_by_stage.get(stage, indicator.plus)
        where = Where(areas=norms[0].areas) if norms else Where()
        school = school_of(where, stage, standard.scope.school_types)
        if norms and plus:
            found = _measured_cases(indicator, plus, getattr(norms[0], stage), school)
        else:
            found = _stated_cases(standard, indicator)
        for name, status, shows, county in found:
            values: dict[Key, Value] = {figure("pupils"): Fraction(900), **county.values}
            drawn = county.having(values=values, school=school)
            yield Case(standard.id, indicator.id, stage, name, status, shows, drawn)


def _measured_cases(indicator: Indicator, plus: tuple[str, ...], norm: Decimal, school: dict[str, str | None]) -> Found:
    if set(plus) & set(finding_fields()):
        yes: dict[Key, Value] = dict.fromkeys(map(figure, plus), Fraction(1))
        yield "met", "met", f"{len(plus)}", County(yes)
        yield "at_limit", "met", f"{len(plus)}", County(yes)
        for name in plus:
            yield f"not_met:{name}", "not_met", f"{len(plus) - 1}", County({**yes, figure(name): Fraction(0)})
            yield f"undetermined:{name}", "undetermined", name, County({**yes, figure(name): None})
        return
    over = indicator.over or (() if indicator.denominator == "one" else (indicator.denominator,))
    check = EverySchool(
        plus=plus, minus=indicator.minus, over=over, times=indicator.times, must_be=indicator.must_be, limit=norm
    )
    for name, status, shows, county in quotient_cases(check, lambda: County({}, school), sums(check)):
        if name != "undetermined:0" or "pupils" not in plus:  # a unit without pupils is suspended
            yield name, status, shows, county


def _stated_cases(standard: Standard, indicator: Indicator) -> Found:
    """Where no norm is published, or nothing can be computed, what the county says of its school."""
    key = ("said", f"{standard.id}/{indicator.id}", "its school")
    yield "met", "met", "是 yes", County({key: True})
    yield "not_met", "not_met", "否 no", County({key: False})
    yield "undetermined", "undetermined", "", County()


def spread_cases(standard: Standard) -> Iterator[Case]:
    """Two schools of equal size at mean × (1 ± CV): a hair below the limit, at it, above it, and one not reported."""
    rule, hair, mean = standard.dispersion.rule, Fraction(1, 1000), Fraction(100_000)
    bounded = {"each": [i.id for i in standard.indicators], "mean": ["composite"], "none": []}[rule]
    for stage in standard.scope.stages:
        for name in bounded:
            limit = _spread_limit(standard, stage)
            for case, status, cv in (
                ("met", "met", limit - hair),
                ("not_met", "not_met", limit + hair),
                ("at_limit", "met", limit),
                ("undetermined", "undetermined", None),
            ):
                both: list[dict[Key, Value]] = [{figure("pupils"): Fraction(1000)} for _ in range(2)]
                for indicator in standard.indicators:
                    plus = indicator.plus_by_stage.get(stage, indicator.plus)
                    apart = (cv or Fraction(0)) if name in ("composite", indicator.id) else Fraction(0)
                    for values, side in zip(both, (1, -1), strict=True):
                        for other in (*plus[1:], *indicator.minus):
                            values.setdefault(figure(other), Fraction(0))
                        values[figure(plus[0])] = mean * (1 + side * apart)
                        if cv is None and name in ("composite", indicator.id) and side < 0:
                            values[figure(plus[0])] = None
                school = school_of(Where(), stage, standard.scope.school_types)
                county = County(both[0], school, both[1])
                shows = "" if cv is None else f"{float(cv):.3f}"
                yield Case(standard.id, f"cv:{name}", stage, case, status, shows, county)


def _spread_limit(standard: Standard, stage: str) -> Fraction:
    (limits,) = standard.dispersion.limits
    return Fraction(getattr(limits, stage))


@cache
def resource_cases() -> tuple[Case, ...]:
    """Every case of every norm of a school rule and of every limit of a difference coefficient."""
    return tuple(
        case
        for standard in standards().values()
        for found in (
            *(indicator_cases(standard, i) for i in standard.indicators if standard.school_rule),
            spread_cases(standard),
        )
        for case in found
    )


@cache
def measured(name: str) -> dict[str, str]:
    """The status of each case of a standard's resource part, by the case."""
    own = standards()[name]
    mine = [case for case in resource_cases() if case.standard == name]
    returns: list[Row] = []
    facts: list[Row] = []
    for position, case in enumerate(mine):
        place: Row = {
            "school_year": YEAR,
            "source": own.applies_to[0],
            "province_code": own.provinces[0] if own.provinces else ELSEWHERE,
            "county_code": f"{position:06d}",
            "county_name": str(case),
        }
        returns.append(school_row(case.county, place, 2 * position))
        if case.county.second is not None:
            returns.append(school_row(case.county, place, 2 * position + 1, case.county.second))
        facts += fact_rows(case.county, place)
    for row in facts:
        if row["school_id"]:
            row["school_id"] = f"{2 * int(str(row['county_code'])):010d}"
    found = units(schools(returns), own)
    values = unit_indicators(found, own, conform(pl.DataFrame(facts, infer_schema_length=None), COUNTY_FACTS))
    spread = county_dispersion(found, values, own)
    statuses: dict[str, str] = {}
    for case in mine:
        rows = spread if case.item.startswith("cv:") else values
        where = (pl.col("county_name") == str(case)) & (pl.col("stage") == case.check)
        where &= pl.col("indicator") == case.item.removeprefix("cv:")
        statuses[str(case)] = rows.filter(where)["status"].item()
    return statuses


# --- the page ---------------------------------------------------------------------------------------------------------

_COLUMNS = ("met", "not_met", "at_limit", "undetermined")
_SIDES = {"at_least": "≥", "at_most": "≤", "above": ">", "below": "<"}
_WORDS = {
    "met": "达标 met",
    "not_met": "不达标 not met",
    "over_100": "超过 100 %：不予采用，无法判定 over 100 %: refused, undetermined",
    "no_school_return": "没有任何学校报表：无法判定 no school return at all: undetermined",
    "not_in_source": "原文未公布 not in source",
}
_HEAD = """<!-- Generated from `standards/*.toml` by `python -m tests.item_cases docs/items-tested.md`. Do not edit by hand. -->

# 条目检验表 Items and their tests

每个标准的每个条目、每项检查都有一组按标准文件画出的县：一个达标，一个不达标，一个恰在界线上，以及少报任一数字而无法判定的若干个。数字只用分数运算得出，应有的结论由画法决定，不取自计算程序。认定类检查没有界线，记作“—”；比率不可能超过 100 % 的检查没有“不达标”，超过的不予采用。

For every check of every item of every standard there are counties drawn from the standard's file: one that meets it, one that does not, one exactly at the limit, and one for each figure that may be missing. Figures come from fractions alone; the status that must follow is known from how the county was drawn, not from the engine. A finding has no limit: “—”. A rate that cannot exceed 100 % has no case of not met where 100 % is what it must not exceed; more is refused.

检验 Tests: `tests/test_items.py`, `test_an_item_has_the_status_for_which_its_county_was_drawn[<standard>/<item>/<check>/<case>]`; 资源指标与差异系数 norms and coefficients: `test_a_norm_or_coefficient_has_the_status_for_which_its_school_was_drawn[<standard>/<indicator>/<stage>/<case>]`.
"""


def _asked(check: Check) -> str:
    """What a check asks, in short."""
    match check:
        case EveryClass():
            asked = f"≤ {check.at_most}"
        case Growth():
            asked = f"> {check.faster_than or '0 %'}"
        case NeverBoth():
            asked = "≤ 0, ≤ 0"
        case OtherStandard():
            asked = f"{check.standard or '—'}: {check.years} ×"
        case FactCheck() | Total() | EverySchool() | Since():
            asked = f"{_SIDES[check.must_be]} {_held_against(check)}"
        case _:
            asked = "认定 finding"
    return asked


def _held_against(check: Quotient | Since) -> str:
    if check.limit_fact:
        return check.limit_fact if check.limit_times == 1 else f"{check.limit_times} × {check.limit_fact}"
    if isinstance(check, EverySchool) and check.one_for:
        return f"{check.one_for} / {check.every} ↑"
    limit = limit_of(check)
    assert limit is not None
    return f"{number(limit)} {check.unit}".rstrip()


def _cells(mine: list[Case]) -> list[str]:
    """What each column of the page says of the cases of one check."""
    found: dict[str, dict[str, None]] = {}
    for case in mine:
        kind = case.name.split(":")[0]
        shows = re.sub(r"[ _](19|20)\d\d$", "", case.shows) if kind == "undetermined" else case.shows
        verdict = f" → {_WORDS[case.expected]}" if kind == "at_limit" else ""
        found.setdefault(kind, {})[f"{shows}{verdict}".replace("|", "/") or _NOTHING] = None
    cells = ["；".join(found.get(kind, {"—": None})) for kind in _COLUMNS]
    cells.append("；".join(_WORDS[kind] for kind in found if kind not in _COLUMNS) or "")
    return cells


_NOTHING = "未报告 not reported"


def _rows(mine: Iterator[tuple[str, str, list[Case]]]) -> Iterator[str]:
    titles = "条目 Item | 要求 Asked | 达标 Met | 不达标 Not met | 恰在界线 At the limit | 少了即无法判定 Undetermined without | 其他 Other"
    yield f"| {titles} |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for called, asked, found in mine:
        yield f"| {' | '.join((called, asked, *_cells(found)))} |"


def _items_of(standard: Standard, found: dict[tuple[str, str], list[Case]]) -> Iterator[tuple[str, str, list[Case]]]:
    for item in standard.items:
        for check in item.checks:
            name = f"`{item.id}/{check.id}`" if check.id else f"`{item.id}`"
            yield f"{name} {item.label.zh}", _asked(check), found[item.id, check.id]
        if not item.checks:
            yield f"`{item.id}` {item.label.zh}", "认定 finding", found[item.id, ""]


def _resources_of(
    standard: Standard, found: dict[tuple[str, str], list[Case]]
) -> Iterator[tuple[str, str, list[Case]]]:
    labels = {indicator.id: indicator for indicator in standard.indicators}
    for (name, stage), mine in found.items():
        if name.startswith("cv:"):
            which = labels.get(name.removeprefix("cv:"))
            label = f"{which.label.zh}差异系数" if which else "综合差异系数"
            yield f"`{name}/{stage}` {label}", f"≤ {number(_spread_limit(standard, stage))}", mine
            continue
        norms = [getattr(norm, stage) for norm in labels[name].norms if getattr(norm, stage) is not None]
        side = _SIDES[labels[name].must_be]
        asked = f"{side} {number(Fraction(norms[0]))}" if norms else "认定 finding"
        yield f"`{name}/{stage}` {labels[name].label.zh}", asked, mine


def table() -> str:
    """The page: every item, norm and limit with what each of its cases reports."""
    lines = [_HEAD]
    for standard in standards().values():
        parts: list[str] = []
        for made, rows in ((cases(), _items_of), (resource_cases(), _resources_of)):
            found: dict[tuple[str, str], list[Case]] = {}
            for case in made:
                if case.standard == standard.id:
                    found.setdefault((case.item, case.check), []).append(case)
            if found:
                parts += [*_rows(rows(standard, found)), ""]
        if not parts:
            parts = [
                "没有列出条目，也没有可比的标准值或界线。No item is listed, and no norm or limit to hold anything against.",
                "",
            ]
        lines += [f"## {standard.id}", "", f"{standard.title.zh} {standard.title.en}", "", *parts]
    return "\n".join(lines)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(table(), "utf-8")
