"""Check an evidence pack of one county and school year. Nothing is needed but Python 3.8 or later.

    python3 check.py            the pack that this file lies in
    python3 check.py PACK       a folder, or a zip file

The hashes of all files are taken again. Then, from the schools' returns as accepted (tables/schools.csv) and the numbers
of the standards (standards.json), everything that follows is computed again and held against the pack's own tables:
evaluation units and splits, indicators against norm and floor, means, standard deviations and difference coefficients,
limits, the school rule, the verdict on resources. Norms and floors are compared by whole numbers, never by floats;
figures that are floats may differ in the twelfth digit; a coefficient within 1e-12 of its limit counts as equal to it.

Ends with 0 where everything agrees, with 1 where anything does not, with 2 where there is no pack.

What is taken as stated: what a county says of single schools (asserted, relaxation), which names of places stand where.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import os
import sys
import zipfile
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    Row = dict[str, Any]
    Files = Mapping[str, bytes]

NEAR = 1e-12
"""Share of a figure, or of the mean that it is a distance from, by which floats may differ."""
EQUAL = Fraction(1, 10**12)
"""A coefficient this near to its limit counts as equal to it."""
SUMS = "SHA256SUMS"
STAGES = ("primary", "junior", "senior")
_SHOWN = 20


class Found:
    """What was checked and what does not agree."""

    def __init__(self) -> None:
        self.checked: dict[str, int] = {}
        self.faults: list[tuple[str, str, str]] = []

    def count(self, what: str, how_many: int = 1) -> None:
        """So many more things of a kind checked."""
        self.checked[what] = self.checked.get(what, 0) + how_many

    def fault(self, what: str, where: str, said: str) -> None:
        """One more thing that does not agree."""
        self.faults.append((what, where, said))

    @property
    def agrees(self) -> bool:
        """Whether nothing was found that does not agree."""
        return not self.faults


def check(files: Files) -> Found:
    """Everything checked of a pack, given as its files' contents by name."""
    found = Found()
    hashes(files, found)
    try:
        pack = Pack(files)
    except (KeyError, ValueError, UnicodeDecodeError) as fault:
        found.fault("pack", "tables, standards.json", f"cannot be read: {fault!r}")
        return found
    for standard in pack.standards.values():
        _as_in_file(files, standard, found)
        try:
            _check_standard(pack, standard, found)
        except (KeyError, ValueError, ArithmeticError, TypeError) as fault:
            found.fault("pack", standard["id"], f"cannot be computed again: {fault!r}")
    return found


def hashes(files: Files, found: Found) -> None:
    """The hash of every file against the list of hashes; no file too few or too many."""
    if SUMS not in files:
        found.fault("hashes", SUMS, "is missing")
        return
    listed = {}
    for line in files[SUMS].decode("utf-8", "replace").splitlines():
        digest, _, name = line.partition("  ")
        listed[name] = digest
    for name in sorted(set(files) | set(listed)):
        if name == SUMS:
            continue
        found.count("hashes")
        if name not in files:
            found.fault("hashes", name, "is listed and not there")
        elif name not in listed:
            found.fault("hashes", name, "is there and not listed")
        elif hashlib.sha256(files[name]).hexdigest() != listed[name]:
            found.fault("hashes", name, "has another hash than the one listed")


def _as_in_file(files: Files, standard: Row, found: Found) -> None:
    """Limits and norms are among those of the standard's own file; read where Python can (3.11 and later)."""
    try:
        import tomllib  # noqa: PLC0415
    except ImportError:
        return
    name = "standards/{}.toml".format(standard["id"])
    try:
        text = tomllib.loads(files[name].decode("utf-8"))
        limits = text.get("dispersion", {}).get("limits", [])
        norms = {one["id"]: one.get("norms", []) for one in text.get("indicators", [])}
    except (KeyError, ValueError, TypeError) as fault:
        found.fault("standards", name, f"cannot be read: {fault!r}")
        return
    wanted = [("limit", stage, value, limits) for stage, value in standard["limits"].items()]
    for indicator in standard["indicators"]:
        of_file = norms.get(indicator["id"], [])
        wanted += [(indicator["id"], norm["stage"], norm["value"], of_file) for norm in indicator["norms"]]
    for what, stage, value, dated in wanted:
        found.count("standards")
        if value is not None and Decimal(value) not in [Decimal(str(one[stage])) for one in dated if stage in one]:
            found.fault("standards", " ".join((standard["id"], what, stage)), f"{value} is not in {name}")


class Pack:
    """The tables and the standards' numbers of a pack."""

    def __init__(self, files: Files) -> None:
        self.about: Row = json.loads(files["pack.json"].decode("utf-8"))
        numbers = json.loads(files["standards.json"].decode("utf-8"))
        self.standards = numbers["standards"]
        self.fields = numbers["fields"]
        self.county = self.about["county_code"]
        self._files = files
        self._tables: dict[str, list[Row]] = {}

    def table(self, name: str) -> list[Row]:
        """The rows of a table, each a dict; an empty cell is not reported."""
        if name not in self._tables:
            text = self._files[f"tables/{name}.csv"].decode("utf-8")
            rows = csv.DictReader(io.StringIO(text, newline=""))
            self._tables[name] = [{key: value if value != "" else None for key, value in row.items()} for row in rows]
        return self._tables[name]

    def of(self, name: str, standard: Row) -> list[Row]:
        """The rows of a table of one standard."""
        return [row for row in self.table(name) if row["standard"] == standard["id"]]


def number(text: str | None) -> Fraction | None:
    """A cell as an exact number; None where it is empty."""
    return None if text is None else Fraction(Decimal(text))


def flag(text: str | None) -> bool | None:
    """A yes or no; None where the cell is empty."""
    return None if text is None else text == "true"


def _check_standard(pack: Pack, standard: Row, found: Found) -> None:
    units = list(_units(pack, standard))
    _compare(found, "units", pack.of("units", standard), units, ("unit_id",), standard["id"])
    stated = pack.of("unit_indicators", standard)
    values = list(_values(standard, units, stated))
    _compare(found, "unit_indicators", stated, values, ("unit_id", "indicator"), standard["id"])
    spread = pack.of("county_dispersion", standard)
    cells = _cells(standard, units, values)
    _compare(found, "county_dispersion", spread, cells, ("stage", "indicator"), standard["id"])
    schools = _school_verdicts(standard, values)
    _compare(found, "school_verdicts", pack.of("school_verdicts", standard), schools, ("unit_id",), standard["id"])
    verdicts = _resource_verdicts(standard, cells, schools)
    _compare(found, "resource_verdicts", pack.of("resource_verdicts", standard), verdicts, ("stage",), standard["id"])


def _compare(
    found: Found, table: str, stated: Sequence[Row], computed: Sequence[Row], key: tuple[str, ...], standard: str
) -> None:
    """Each row computed held against the row stated: the same rows, and the same in every column computed."""
    known = {}
    for row in stated:
        name = tuple(row[part] for part in key)
        if name in known:
            found.fault(table, " ".join((standard, *name)), "stands twice")
        known[name] = row
    for row in computed:
        name = tuple(row[part] for part in key)
        where = " ".join((standard, *name))
        if name not in known:
            found.fault(table, where, "is missing from the table")
            continue
        own = known.pop(name)
        scale = row.get("__scale__", 0)
        for column, value in row.items():
            if column in key or column.startswith("__") or column not in own:
                continue
            found.count(table)
            # Bounds are roots, and near 0 a root is as coarse as the root of what it may differ by.
            near = 10**6 if column in ("cv_low", "cv_high") and own["cv"] != own[column] else 1
            if not _same(own[column], value, scale * near):
                said = f"{column}: stated {_shown(own[column])}, computed {_shown(value)}"
                found.fault(table, where, said)
    for name in known:
        found.fault(table, " ".join((standard, *name)), "does not follow from the returns")


def _same(text: str | None, value: Any, scale: Any) -> bool:
    """Whether a cell holds a value: words and whole numbers exactly, other numbers to the twelfth digit."""
    if text is None or value is None:
        return text is None and value is None
    if isinstance(value, bool):
        return text == ("true" if value else "false")
    if isinstance(value, str):
        return text == value
    try:
        stated = Fraction(Decimal(text))
    except (ArithmeticError, ValueError):
        return False
    if isinstance(value, int):
        return stated == value
    if isinstance(value, Exact):
        return stated == value.number
    exact = Fraction(value)
    return abs(stated - exact) <= Fraction(NEAR) * max(abs(exact), abs(Fraction(scale)))


class Exact:
    """A number that its table holds without rounding."""

    def __init__(self, value: Fraction) -> None:
        self.number = value


def _shown(value: Any) -> str:
    if isinstance(value, Exact):
        value = value.number
    if isinstance(value, Fraction):
        return str(value.numerator) if value.denominator == 1 else repr(float(value))
    return "nothing" if value is None else str(value)


# Evaluation units: one per school and compulsory stage that it teaches.


def _units(pack: Pack, standard: Row) -> Iterator[Row]:
    fields = pack.fields
    schools = [_taught(row, fields) for row in pack.table("schools") if _is_for(row, standard)]
    for school in _merged(schools, fields):
        if school["county_code"] != pack.county:
            continue
        for stage in standard["stages"]:
            if school["teaches"][stage]:
                yield _unit(school, stage, standard, fields)


def _is_for(row: Row, standard: Row) -> bool:
    return (not standard["provinces"] or row["province_code"] in standard["provinces"]) and (
        not standard["counties"] or row["county_code"] in standard["counties"]
    )


def _taught(row: Row, fields: Row) -> Row:
    """A school's row with its numbers; what it does not report of a stage that it does not teach is 0."""
    kind = fields["school_types"][row["school_type_code"]]
    school = dict(row, kind=kind["kind"], area=fields["areas"].get(row["area_code"]), merged=0)
    school["teaches"] = {}
    for stage in STAGES:
        pupils = number(row["pupils_" + stage])
        school["teaches"][stage] = stage in kind["stages"] or (pupils is not None and pupils > 0)
        for column in fields["by_stage"][stage].values():
            value = number(row[column])
            school[column] = value if value is not None or school["teaches"][stage] else Fraction(0)
    for column in fields["shared"]:
        school[column] = number(row[column])
    return school


def _merged(schools: Sequence[Row], fields: Row) -> list[Row]:
    """The schools with their uncounted sites added to them; what one part does not report is not reported."""
    additive = fields["shared"] + [column for stage in STAGES for column in fields["by_stage"][stage].values()]

    def is_site(school: Row) -> bool:
        return bool(school["is_counted"] == "false") and school["kind"] != "teaching_point"

    def place(school: Row, name: str) -> tuple[str, ...]:
        return school["source"], school["return_part"], school[name]

    parents = {place(school, "school_id"): school for school in schools if not is_site(school)}
    for school in schools:
        if not is_site(school):
            continue
        parent = parents.get(place(school, "parent_school_id"))
        school["parent"] = parent
        if parent is None:
            school["why"] = "parent_not_found"
            continue
        parent["merged"] += 1
        for column in additive:
            both = parent[column], school[column]
            parent[column] = None if None in both else both[0] + both[1]
        for stage in STAGES:
            parent["teaches"][stage] = parent["teaches"][stage] or school["teaches"][stage]
    return [school for school in schools if school.get("parent") is None]


def _unit(school: Row, stage: str, standard: Row, fields: Row) -> Row:
    own = fields["by_stage"][stage]
    weighted = [
        _times(school["pupils_" + other], weight) if school["teaches"][other] else Fraction(0)
        for other, weight in standard["weights"].items()
    ]
    unit = {
        "unit_id": f"{school['school_id']}/{stage}",
        "stage": stage,
        "school_id": school["school_id"],
        "school_type_code": school["school_type_code"],
        "area": school["area"],
        "merged_sites": school["merged"],
        "share_numerator": _exact(_times(school["pupils_" + stage], standard["weights"][stage])),
        "share_denominator": _exact(None if None in weighted else sum(weighted)),
        "__operator__": school["operator_code"],
        "__findings__": {name: flag(school.get(name)) for name in fields["findings"]},
    }
    for base in fields["bases"]:
        unit[base] = _exact(school[own[base]] if base in own else None)
    for base in fields["shared"]:
        unit[base] = _exact(school[base])
    unit["standing"], unit["reason"] = _standing(unit, school, standard)
    return unit


def _times(value: Fraction | None, weight: str) -> Fraction | None:
    return None if value is None else value * Fraction(weight) * 100


def _exact(value: Any) -> Exact | None:
    return None if value is None else Exact(value)


def _plain(value: Any) -> Any:
    return value.number if isinstance(value, Exact) else value


def _standing(unit: Row, school: Row, standard: Row) -> tuple[str, str | None]:
    """Whether a unit counts, and why not: the first case that fits."""
    is_point = school["kind"] == "teaching_point"
    pupils = _plain(unit["pupils"])
    types = standard["school_types"]
    cases = (
        (bool(types) and unit["school_type_code"] not in types and not is_point, "out_of_scope", "school_type"),
        (school["operator_code"] in standard["leave_out_operators"], "out_of_scope", "operator"),
        (is_point and standard["teaching_points"] == "out", "out_of_scope", "teaching_point"),
        (school.get("is_operating") == "false", "suspended", "not_operating"),
        (pupils == 0, "suspended", "no_pupils"),
        (
            is_point and pupils is not None and pupils < standard["teaching_point_pupils"],
            "listed",
            "small_teaching_point",
        ),
    )
    for fits, standing, reason in cases:
        if fits:
            return standing, reason
    return "counted", school.get("why")


# Indicators: what a unit has per pupil, against norm and floor.


def _values(standard: Row, units: Sequence[Row], stated: Sequence[Row]) -> Iterator[Row]:
    said = {(row["unit_id"], row["indicator"]): row for row in stated}
    for unit in units:
        if unit["standing"] != "counted":
            continue
        for indicator in standard["indicators"]:
            yield _value(unit, indicator, standard, said.get((unit["unit_id"], indicator["id"]), {}))


def _resource(unit: Row, fields: Sequence[str]) -> Fraction | None:
    """The fields added up, a yes as 1; None where one is not reported."""
    total = Fraction(0)
    for field in fields:
        value = unit["__findings__"].get(field) if field in unit["__findings__"] else _plain(unit[field])
        if value is None:
            return None
        total += Fraction(int(value)) if isinstance(value, bool) else value
    return total


def _value(unit: Row, indicator: Row, standard: Row, said: Row) -> Row:
    stage = unit["stage"]
    plus = list(indicator["plus"][stage])
    asserted, relaxation = flag(said.get("asserted")), said.get("relaxation")
    for name in relaxation.split(" | ") if relaxation else ():
        plus += [field for field in indicator["eased"].get(name, ()) if field not in plus]
    added, taken = _resource(unit, plus), _resource(unit, indicator["minus"])
    resource = None if not indicator["plus"][stage] or added is None or taken is None else added - taken
    if indicator["over"]:
        denominator = _resource(unit, indicator["over"])
    elif indicator["denominator"] == "one":
        denominator = Fraction(1)
    else:
        denominator = _plain(unit[indicator["denominator"]])
    share = Fraction(1), Fraction(1)
    if indicator["is_shared"][stage]:
        share = _plain(unit["share_numerator"]), _plain(unit["share_denominator"])
    numerator = None
    if resource is not None and share[0] is not None and share[1]:
        numerator = resource * share[0] / share[1]
    value = None
    if numerator is not None and denominator:
        value = numerator * indicator["times"] / denominator
    norm = _norm(indicator, unit)
    rule = standard["school_rule"]
    floor_share = Fraction(rule["floor_share"]) if rule else Fraction(0)
    at_least = indicator["must_be"] == "at_least"
    floor = None
    if norm is not None and floor_share:
        floor = norm * floor_share if at_least else norm / floor_share
    at_norm = None if value is None or norm is None else (value >= norm if at_least else value <= norm)
    at_floor = None if value is None or floor is None else (value >= floor if at_least else value <= floor)
    row = {
        "unit_id": unit["unit_id"],
        "stage": stage,
        "indicator": indicator["id"],
        "unit": indicator["unit"],
        "pupils": unit["pupils"],
        "numerator": numerator,
        "denominator": denominator,
        "value": value,
        "norm": norm,
        "floor": floor,
        "__asserted__": asserted,
        "__name__": said.get("school_name"),
    }
    row.update(_judged(row, indicator, rule, at_norm, at_floor, bool(floor_share)))
    row["reason"] = _why(row, indicator, rule, resource, share)
    return row


def _norm(indicator: Row, unit: Row) -> Fraction | None:
    for norm in indicator["norms"]:
        if (norm["stage"], norm["school_type_code"], norm["area"]) == (
            unit["stage"],
            unit["school_type_code"],
            unit["area"],
        ):
            return None if norm["value"] is None else Fraction(Decimal(norm["value"]))
    return None


def _judged(
    row: Row, indicator: Row, rule: Row | None, at_norm: bool | None, at_floor: bool | None, has_floor: bool
) -> Row:
    """Status and floor, from the figures and from what the county says of the unit; where they differ, the worse."""
    asserted = row["__asserted__"]
    is_computable = bool(indicator["plus"][row["stage"]]) or indicator["is_computable"]
    if row["norm"] is None or not is_computable:
        computed = "no_norm"
    elif at_norm is None:
        computed = "undetermined"
    else:
        computed = "met" if at_norm else "not_met"
    contradicts = asserted is not None and at_norm is not None and at_norm != asserted
    if contradicts:
        status = "not_met"
    elif computed == "no_norm" and asserted is not None:
        status = "met" if asserted else "not_met"
    elif computed == "no_norm":
        status = "undetermined" if rule else "no_norm"
    elif computed == "undetermined" and asserted is False:
        status = "not_met"
    else:
        status = computed
    if has_floor and asserted is not None and (at_floor is None or contradicts):
        at_floor = status == "met"
    return {"status": status, "is_at_floor": at_floor, "__contradicts__": contradicts}


def _why(row: Row, indicator: Row, rule: Row | None, resource: Fraction | None, share: Any) -> str | None:
    asserted, value, norm = row["__asserted__"], row["value"], row["norm"]
    is_computable = bool(indicator["plus"][row["stage"]]) or indicator["is_computable"]
    if row["__contradicts__"]:
        return "contradiction"
    if value is not None and norm is None and asserted is None and rule:
        return "norm_not_in_source"
    if value is not None or (asserted is not None and (norm is None or not is_computable)):
        return None
    if not is_computable:
        return "not_stated"
    if row["pupils"] is None:
        return "pupils_not_reported"
    if resource is None or row["denominator"] is None:
        return "not_reported"
    return "split_unknown" if share[1] is None else "divided_by_zero"


# The county: mean, standard deviation, difference coefficient, limit.


def root(value: Fraction) -> Fraction:
    """The square root of an exact number, to fifty digits."""
    with localcontext() as context:
        context.prec = 50
        return Fraction((Decimal(value.numerator) / Decimal(value.denominator)).sqrt())


def _cells(standard: Row, units: Sequence[Row], values: Sequence[Row]) -> list[Row]:
    """Every stage's indicators and their composite."""
    cells = []
    for stage in standard["stages"]:
        if not any(unit["stage"] == stage for unit in units):
            continue
        of_stage = [_cell(standard, stage, one, values) for one in standard["indicators"]]
        cells += of_stage
        if of_stage:
            cells.append(_composite(standard, stage, of_stage))
    return cells


def _cell(standard: Row, stage: str, indicator: Row, values: Sequence[Row]) -> Row:
    rows = [row for row in values if row["stage"] == stage and row["indicator"] == indicator["id"]]
    having = [row for row in rows if row["value"] is not None]
    weight = sum((row["denominator"] for row in having), Fraction(0))
    mean = sum((row["value"] * row["denominator"] for row in having), Fraction(0)) / weight if weight else None
    deviation = None
    if having and indicator["is_quantity"] and mean is not None:
        spread = sum(row["denominator"] / weight * (row["value"] - mean) ** 2 for row in having)
        deviation = Fraction(0) if len(having) == 1 else root(spread)
    cv = deviation / mean if deviation is not None and mean else None
    pupils = [_plain(row["pupils"]) for row in rows if row["pupils"] is not None]
    cases = (
        (not rows, "no_unit_in_scope"),
        (not indicator["is_quantity"], "not_a_quantity"),
        (not having, "not_reported"),
        (mean == 0, "mean_is_zero"),
        (len(having) < len(rows), "missing_units"),
        (len(rows) == 1, "single_school"),
    )
    low, high = (cv, cv) if len(having) == len(rows) else _bounds(standard, indicator, rows, weight, mean, cv)
    cell = {
        "stage": stage,
        "indicator": indicator["id"],
        "unit": indicator["unit"],
        "units": len(rows),
        "units_reporting": len(having),
        "pupils": Exact(sum(pupils)) if pupils else None,
        "mean": mean if indicator["unit"] != "1" else None,
        "sd": deviation,
        "cv": cv,
        "cv_low": low,
        "cv_high": high,
        "__reason__": next((reason for fits, reason in cases if fits), None),
        "__scale__": mean or 0,
    }
    return _against(cell, standard)


# What missing units may have: docs/decisions/0018-coverage-bounds.md derives the points that can be the extremes.


def _bounds(
    standard: Row, indicator: Row, rows: Sequence[Row], known: Fraction, mean: Fraction | None, cv: Fraction | None
) -> tuple[Fraction | None, Fraction | None]:
    """The lowest and highest coefficient that the units without a value allow; None where nothing bounds it."""
    span = indicator["missing"]
    if span is None or not mean or mean < 0 or cv is None:
        return None, None
    silent = [row for row in rows if row["value"] is None]
    heavy = float(sum((row["denominator"] for row in silent if row["denominator"]), Fraction(0)))
    weightless = sum(not row["denominator"] for row in silent)
    size = standard["missing_pupils"] if indicator["is_per_pupil"] else None
    fewest = heavy + weightless * (float(size["low"]) if size else 0.0)
    greatest: float | None = heavy
    if weightless:
        greatest = heavy + weightless * float(size["high"]) if size and size["high"] is not None else None
    share_low = _try(lambda: fewest / (float(known) + fewest))
    share_high = _try(lambda: greatest / (float(known) + greatest))  # type: ignore[operator]
    least = float(span["low"]) / float(mean)
    most = None if span["high"] is None else float(span["high"]) / float(mean)
    squared = float(cv) ** 2
    low = _lowest(squared, share_low, 1.0 if share_high is None else share_high, least, most)
    high = _highest(squared, share_low, share_high, least, most, len(silent) == 1)
    return (
        None if low is None else Fraction(math.sqrt(max(0.0, low * (1 - NEAR) - NEAR))),
        None if high is None else Fraction(math.sqrt(high * (1 + NEAR) + NEAR)),
    )


def _try(compute: Callable[[], float]) -> float | None:
    """A figure; None where something it needs is not there, or it is divided by nothing."""
    try:
        return compute()
    except (TypeError, ZeroDivisionError):
        return None


def _known(values: Sequence[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _inside(value: float | None, low: float | None, high: float | None) -> float:
    return min(_known([max(_known([value, low])), high]))


def _squared_at(squared: float, share: Any, at: Any, spread: float) -> float | None:
    """CV squared where the missing units have this share of the weight, their mean lies at `at`, their variance is `spread`."""
    return _try(
        lambda: (
            ((1 - share) * squared + share * spread + share * (1 - share) * (at - 1) ** 2) / (1 + share * (at - 1)) ** 2
        )
    )


def _turning(squared: float, at: Any) -> float | None:
    """The share of the weight at which CV squared turns while all missing units lie at `at`."""
    return _try(lambda: (at**2 - 1 - squared - 2 * (at - 1) * (1 + squared)) / ((at**2 - 1 - squared) * (at - 1)))


def _lowest(squared: float, share_low: Any, share_high: float, least: float, most: float | None) -> float | None:
    at = _inside(1 + squared, least, most)
    shares = [share_low, share_high, _inside(_turning(squared, at), share_low, share_high)]
    return min(_known([_squared_at(squared, share, at, 0.0) for share in shares]), default=None)


def _highest(squared: float, share_low: Any, share_high: Any, least: Any, most: Any, is_single: bool) -> float | None:
    if most is None or share_high is None or share_low is None:
        return None
    found: list[float | None] = []
    for end in (least, most):
        shares = [share_low, share_high]
        if share_low < share_high:
            shares.append(_inside(_turning(squared, end), share_low, share_high))
        found += [_squared_at(squared, share, end, 0.0) for share in shares]
    if not is_single:
        first, both, product = 1 + squared, least + most, least * most

        def divided(share: Any, at: Any) -> float | None:
            at = _inside(at, least, most)
            return _squared_at(squared, share, at, (at - least) * (most - at))

        for share in (share_low, share_high):
            rest = (1 - share) * first - share * product - both * (1 - share)
            found.append(divided(share, _try(lambda: (-2 * rest / both - (1 - share)) / share)))  # noqa: B023
        mean = _try(lambda: 2 * product / both)
        turn = _try(lambda: (product - first - both * (mean - 1)) / (both - product - first))  # type: ignore[operator]
        share = _inside(turn, share_low, share_high)
        found.append(divided(share, _try(lambda: (mean - 1 + share) / share)))  # type: ignore[operator]
    return max(_known(found), default=None)


def _composite(standard: Row, stage: str, cells: Sequence[Row]) -> Row:
    """The plain mean of a stage's coefficients; None where one of them is."""

    def mean_of(name: str) -> Any:
        found = [cell[name] for cell in cells]
        return None if None in found else sum(found) / len(found)

    reasons = [cell["__reason__"] for cell in cells]
    worst = ("no_unit_in_scope", "not_a_quantity", "not_reported", "mean_is_zero", "missing_units", "single_school")
    pupils = [_plain(cell["pupils"]) for cell in cells if cell["pupils"] is not None]
    cell = {
        "stage": stage,
        "indicator": "composite",
        "unit": "1",
        "units": max(cell["units"] for cell in cells),
        "units_reporting": min(cell["units_reporting"] for cell in cells),
        "pupils": Exact(max(pupils)) if pupils else None,
        "mean": None,
        "sd": None,
        "cv": mean_of("cv"),
        "cv_low": mean_of("cv_low"),
        "cv_high": mean_of("cv_high"),
        "__reason__": next((reason for reason in worst if reason in reasons), None),
        "__scale__": 1,
    }
    return _against(cell, standard)


def _against(cell: Row, standard: Row) -> Row:
    """The cell with limit, margin, status and reason."""
    is_composite = cell["indicator"] == "composite"
    is_bound = standard["rule"] == ("mean" if is_composite else "each")
    limit = standard["limits"].get(cell["stage"]) if is_bound else None
    limit = None if limit is None else Fraction(Decimal(limit))
    cv, low, high = cell["cv"], cell["cv_low"], cell["cv_high"]
    if limit is None:
        status = "no_limit"
    elif high is not None and high <= limit + EQUAL:
        status = "met"
    elif low is not None and low > limit + EQUAL:
        status = "not_met"
    else:
        status = "undetermined"
    reason = cell["__reason__"]
    if reason == "missing_units":
        reason = {"met": "bounds_within_limit", "not_met": "bounds_over_limit"}.get(status, reason)
    margin = None if limit is None or cv is None else limit - cv
    cell.update(limit=limit, margin=margin, status=status, reason=reason)
    cell["__scale__"] = max(abs(cell["__scale__"]), 1)
    return cell


# The school rule and the verdict on resources.


def _school_verdicts(standard: Row, values: Sequence[Row]) -> list[Row]:
    rule = standard["school_rule"]
    if rule is None:
        return []
    by_unit: dict[str, list[Row]] = {}
    for row in values:
        by_unit.setdefault(row["unit_id"], []).append(row)
    return [_school_verdict(unit_id, rows, rule, standard) for unit_id, rows in by_unit.items()]


def _school_verdict(unit_id: str, rows: Sequence[Row], rule: Row, standard: Row) -> Row:
    counted = {name: sum(row["status"] == name for row in rows) for name in ("met", "not_met", "undetermined")}
    below = sum(row["is_at_floor"] is False for row in rows)
    listed = len(standard["indicators"])
    asked = rule["of"] or listed
    unlisted = asked - listed
    unknown = counted["undetermined"] + unlisted
    too_many = counted["not_met"] > asked - rule["at_norm"]
    has_floor = Fraction(rule["floor_share"]) > 0
    settled = unknown == 0 or (not has_floor and counted["met"] >= rule["at_norm"])
    status = "not_met" if below or too_many else "met" if settled else "undetermined"
    cases = (
        (below > 0, "below_floor"),
        (too_many, "too_many_below"),
        (unknown > 0 and unlisted > 0, "items_not_in_source"),
        (unknown > 0, "not_reported"),
    )
    reason = next((reason for fits, reason in cases if fits), None)
    return {
        "unit_id": unit_id,
        "stage": rows[0]["stage"],
        "indicators": len(rows),
        "indicators_met": counted["met"],
        "indicators_not_met": counted["not_met"],
        "indicators_undetermined": counted["undetermined"],
        "indicators_below_floor": below,
        "status": status,
        "reason": None if status == "met" else reason,
    }


def _together(statuses: Sequence[str]) -> str:
    """Of several that must all be met: not met if one is, else undetermined if one is, else met; none, no limit."""
    return next((word for word in ("not_met", "undetermined", "met") if word in statuses), "no_limit")


def _resource_verdicts(standard: Row, cells: Sequence[Row], schools: Sequence[Row]) -> list[Row]:
    rows = []
    undefined = None
    for stage in sorted(standard["stages"]):  # reasons are told in the order of the tables
        mine = sorted((cell for cell in cells if cell["stage"] == stage), key=lambda cell: str(cell["indicator"]))
        if not mine:
            continue
        units = [row["status"] for row in schools if row["stage"] == stage]
        limits = [cell["status"] for cell in mine]
        open_cells = [cell["reason"] for cell in mine if cell["status"] == "undetermined" and cell["cv"] is None]
        of_rule = _together(units) if units else ("undetermined" if standard["school_rule"] else "no_limit")
        row = {
            "stage": stage,
            "units": max(cell["units"] for cell in mine),
            "units_meeting": units.count("met"),
            "units_failing": units.count("not_met"),
            "units_undetermined": units.count("undetermined"),
            "limits_met": limits.count("met"),
            "limits_failed": limits.count("not_met"),
            "limits_undetermined": limits.count("undetermined"),
            "dispersion": _together(limits),
            "school_rule": of_rule,
        }
        row["verdict"] = _together([of_rule, row["dispersion"]])
        row["__undefined__"] = open_cells[0] if open_cells else None
        undefined = undefined or row["__undefined__"]
        rows.append(row)
    if not rows:
        return []
    whole: Row = {"stage": "all"}
    for name in rows[0]:
        if name.startswith(("units", "limits_")):
            whole[name] = sum(row[name] for row in rows)
    for name in ("dispersion", "school_rule", "verdict"):
        whole[name] = _together([row[name] for row in rows])
    is_missing = len(rows) < len(standard["stages"])
    if is_missing and whole["verdict"] == "met":
        whole["verdict"] = "undetermined"
    whole["__undefined__"] = undefined
    for row in [*rows, whole]:
        row["reason"] = _reason_of(row, is_missing and row is whole)
    return [*rows, whole]


def _reason_of(row: Row, is_missing: bool) -> str | None:
    if row["verdict"] == "undetermined":
        return "stage_missing" if is_missing else row["__undefined__"] or "missing_units"
    if row["verdict"] == "not_met":
        fails, over = row["units_failing"] > 0, row["limits_failed"] > 0
        return "schools_and_limits" if fails and over else "schools_below" if fails else "over_limit"
    return None


# The way in.


def read(path: str) -> dict[str, bytes]:
    """The contents of a pack's files by name: of a folder, or of a zip file."""
    if os.path.isdir(path):
        files = {}
        for folder, _, names in os.walk(path):
            for name in names:
                whole = os.path.join(folder, name)
                with open(whole, "rb") as content:
                    files[os.path.relpath(whole, path).replace(os.sep, "/")] = content.read()
        return files
    with zipfile.ZipFile(path) as parts:
        files = {name: parts.read(name) for name in parts.namelist() if not name.endswith("/")}
    tops = {name.split("/")[0] for name in files}
    if SUMS not in files and len(tops) == 1:
        files = {name.split("/", 1)[-1]: content for name, content in files.items()}
    return files


def said(found: Found) -> Iterator[str]:
    """What was found, in lines."""
    for what, count in found.checked.items():
        word = "一致 agrees" if not any(fault[0] == what for fault in found.faults) else "不一致 does not agree"
        yield f"{what:<20} {count:>8,}  {word}"
    for what, where, words in found.faults[:_SHOWN]:
        yield f"✕ {what}: {where}: {words}"
    if len(found.faults) > _SHOWN:
        yield f"  … {len(found.faults) - _SHOWN:,} more"
    count = len(found.faults)
    yield "全部一致 agrees" if found.agrees else f"共 {count:,} 处不一致 / {count:,} do not agree"


def main(arguments: Sequence[str]) -> int:
    """Check the pack that is named, or that this file lies in; what was found is printed."""
    path = arguments[0] if arguments else os.path.dirname(os.path.abspath(__file__))
    try:
        files = read(path)
    except (OSError, zipfile.BadZipFile) as fault:
        print(f"✕ {path}: {fault}", file=sys.stderr)
        return 2
    if SUMS not in files and "pack.json" not in files:
        print(f"✕ {path}: no evidence pack (SHA256SUMS, pack.json)", file=sys.stderr)
        return 2
    found = check(files)
    for line in said(found):
        print(line)
    return 0 if found.agrees else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
