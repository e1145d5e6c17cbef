"""A figure and all that it rests on, as data: formula, articles, units, and the cell of the file behind each input.

`docs/explanation.schema.json` is written from the declarations below.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import polars as pl

from reports.year import Row, records
from schemas.tables import school_fields
from standards.standard import Dispersion, Indicator, Split, Standard, in_force
from standards.values import Confidence, Limits, Words, first_day

FORM = "junheng-explanation/1"
"""The name of this shape; its number rises when a name or a meaning changes, not when something is added."""
EXPANDED = 8
"""Up to so many units the terms of a sum are written out; of more, each stands with its unit."""
_DIGITS = 10


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A column of the file that a formed field is the sum of. `position` is null where the file lacks it."""

    column: str
    label: Words
    header: str | None
    position: int | None
    cell: str | None
    factor: int | None


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """What stood in a cell that was refused, and by which rule; the cell counts as not reported."""

    rule: str
    value: str | None
    message: Words


class Input(msgspec.Struct, frozen=True, kw_only=True):
    """A field as accepted, in the table's unit, and where it stands in its file.

    `value` is exact, as text; null is not reported. `roles` say what the formula does with it: plus, minus, over,
    denominator, split, eased. `kind`: read from the column, formed of `parts`, or a constant of the layout.
    `position` is the column's number in the file or sheet, from 1, `cell` its name in a workbook. `correction` names
    the correction by which the value is another than the file's.
    """

    field: str
    column: str
    label: Words
    unit: str
    roles: tuple[str, ...]
    value: str | None
    school_id: str
    is_of_site: bool
    file: str
    sheet: str | None
    row: int | None
    kind: str | None
    position: int | None
    cell: str | None
    header: str | None
    header_row: int | None
    factor: int | None
    symbols: str | None
    parts: tuple[Part, ...]
    correction: str | None
    refused: Refused | None


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A step of the computation: what it gives, its formula, the formula with the numbers put in, the result."""

    symbol: str
    label: Words
    formula: str
    with_numbers: str
    result: float | None


class SplitShare(msgspec.Struct, frozen=True, kw_only=True):
    """A unit's share of what its school shares between stages: weighted pupils × 100 of the stage and of the school."""

    numerator: int | None
    denominator: int | None
    weights: dict[str, str]


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """A unit of the stage, counted or not, its value and what it was read from.

    `term` is its part of S²: (w / Σw)·(x − X̄)². Null where it has no value, as `why` says.
    """

    unit_id: str
    school_id: str
    school_name: str
    standing: str
    reason: str | None
    numerator: float | None
    denominator: float | None
    value: float | None
    norm: float | None
    floor: float | None
    status: str | None
    is_at_floor: bool | None
    asserted: bool | None
    relaxation: str | None
    why: str | None
    term: float | None
    weight_share: float | None
    variance_share: float | None
    cv_without: float | None
    merged_sites: int
    split: SplitShare | None
    step: Step | None
    inputs: tuple[Input, ...]


class County(msgspec.Struct, frozen=True, kw_only=True):
    """The county's figure as published; see `county_dispersion` in tables.md."""

    units: int
    units_reporting: int
    pupils: int | None
    mean: float | None
    sd: float | None
    cv: float | None
    limit: float | None
    margin: float | None
    status: str
    reason: str | None
    cv_low: float | None
    cv_high: float | None


class Article(msgspec.Struct, frozen=True, kw_only=True):
    """What a figure follows: the text that says so, since when, and how sure the text is.

    `of`: indicator, scope, split, norm, school_rule, limit, relaxation.
    """

    of: str
    text: str
    value: str | None
    since: dt.date | None
    confidence: str


class FileRead(msgspec.Struct, frozen=True, kw_only=True):
    """A file that inputs were read from. `received_on` is the day it was first taken in; null where not recorded."""

    file: str
    layout: str
    format: str | None
    sha256: str
    size_bytes: int
    status: str
    received_on: dt.date | None


class Corrected(msgspec.Struct, frozen=True, kw_only=True):
    """A correction of an input: the value before and after, why, by which document, and where it is listed."""

    correction: str
    school_id: str | None
    school_name: str | None
    column: str
    label: Words
    value_before: str | None
    value: str | None
    is_kept: bool | None
    reason: str
    document: str
    listed_in: str
    listed_row: int
    file: str
    sheet: str | None
    row: int | None


class Lineage(msgspec.Struct, frozen=True, kw_only=True):
    """What the register of schools, or the comparison with the year before, says of a unit's school."""

    school_id: str
    lineage_id: str | None
    change: str | None
    event: str | None
    event_date: dt.date | None
    document: str | None
    reason: str | None


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What the county says of a school under the standard: that it meets an indicator, or that it is eased."""

    school_id: str
    fact: str
    finding: bool | None
    evidence: str | None
    valid_until: dt.date | None
    file: str
    sheet: str | None
    row: int | None


class StandardFile(msgspec.Struct, frozen=True, kw_only=True):
    """The standard's file; `sha256_then` is that of the file by which the figure was made, null where not recorded."""

    file: str
    sha256: str
    sha256_then: str | None


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One figure: of a county, or of one of its schools where `school_id` is given."""

    school_year: int
    source: str
    province_code: str
    county_code: str
    county_name: str
    stage: str
    standard: str
    title: Words
    document: Words
    indicator: str
    label: Words
    unit: str
    school_id: str | None
    county: County
    steps: tuple[Step, ...]
    articles: tuple[Article, ...]
    units: tuple[Unit, ...]
    files: tuple[FileRead, ...]
    corrections: tuple[Corrected, ...]
    lineage: tuple[Lineage, ...]
    said: tuple[Said, ...]
    standard_file: StandardFile | None


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """The figures asked for, one per standard and stage that has them."""

    form: str
    edition: str
    figures: tuple[Figure, ...]


def figure(
    found: Mapping[str, pl.DataFrame],
    standard: Standard,
    indicator: str,
    *,
    school_id: str | None = None,
    received: Mapping[tuple[str, str], dt.date] | None = None,
    standard_file: StandardFile | None = None,
) -> Figure:
    """A figure explained, from what was gathered of it (the frames of `pipelines.explaining.Evidence` by name)."""
    cell = records(found["cell"])[0]
    year, stage = cell["school_year"], cell["stage"]
    units = _units(found, standard, indicator, cell)
    is_composite = indicator not in [one.id for one in standard.indicators]
    label = Words("综合差异系数", "Composite difference coefficient")
    named = None if is_composite else standard.indicator(indicator)
    return Figure(
        **{name: cell[name] for name in ("school_year", "source", "province_code", "county_code", "county_name")},
        stage=stage,
        standard=standard.id,
        title=standard.title,
        document=standard.document,
        indicator=indicator,
        label=label if named is None else named.label,
        unit=cell["unit"],
        school_id=school_id,
        county=_of(County, cell),
        steps=_composite_steps(cell, records(found["parts"]), standard)
        if named is None
        else _steps(cell, records(found["peers"]), named),
        articles=tuple(_articles(standard, named, stage, year)),
        units=units,
        files=tuple(
            _of(FileRead, row, received_on=(received or {}).get((row["file"], row["sha256"])))
            for row in records(found["files"])
        ),
        corrections=tuple(
            _of(Corrected, row, label=_labels().get(row["column"], Words(row["column"], row["column"])))
            for row in records(found["corrections"])
        ),
        lineage=tuple(_lineage(found)),
        said=tuple(_of(Said, row) for row in records(found["said"])),
        standard_file=standard_file,
    )


def as_json(explanation: Explanation) -> bytes:
    """The explanation as JSON, indented; figures unrounded."""
    return msgspec.json.format(msgspec.json.encode(explanation), indent=2) + b"\n"


def json_schema() -> dict[str, Any]:
    """The shape as JSON Schema (2020-12)."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(Explanation)}


def _of(kind: Any, row: Row, **more: Any) -> Any:
    """A struct from the row's columns of its fields' names, and from what is given beside."""
    return kind(**{name: more[name] if name in more else row[name] for name in kind.__struct_fields__})


def _labels() -> dict[str, Words]:
    return {entry["column"]: Words(entry["label_zh"], entry["label_en"]) for entry in school_fields()}


def _field_units() -> dict[str, str]:
    return {entry["column"]: entry["unit"] for entry in school_fields()}


def _units(found: Mapping[str, pl.DataFrame], standard: Standard, indicator: str, cell: Row) -> tuple[Unit, ...]:
    inputs = _inputs(found)
    is_shared = any("split" in one.roles for many in inputs.values() for one in many)
    weights = {stage: f"{weight.normalize():f}" for stage, weight in standard.split.weights.items()}
    units = []
    for row in records(found["units"]):
        value, mean, share = row["value"], cell["mean"], row["weight_share"]
        term = None if value is None or mean is None or share is None else share * (value - mean) ** 2
        split = (
            SplitShare(numerator=row["share_numerator"], denominator=row["share_denominator"], weights=weights)
            if is_shared
            else None
        )
        mine = inputs.get(row["unit_id"], ())
        step = _unit_step(row, mine, split, standard.indicator(indicator)) if row["standing"] == "counted" else None
        units.append(_of(Unit, row, term=term, split=split, step=step, inputs=mine))
    return tuple(units)


def _inputs(found: Mapping[str, pl.DataFrame]) -> dict[str, tuple[Input, ...]]:
    """The inputs of each unit; a field that plays several parts stands once."""
    labels, measures = _labels(), _field_units()
    workbooks = {row["file"] for row in records(found["files"]) if row["format"] == "xlsx"}
    parts: dict[tuple[str, str | None, str], list[Row]] = {}
    for row in records(found["leaves"]):
        parts.setdefault((row["file"], row["sheet"], row["column"]), []).append(row)
    kept: dict[tuple[str, str, str], Input] = {}
    for row in records(found["inputs"]):
        key = (row["unit_id"], row["school_id"], row["column"])
        if key in kept:
            kept[key] = msgspec.structs.replace(kept[key], roles=(*kept[key].roles, row["role"]))
            continue
        is_book = row["file"] in workbooks
        label = labels.get(row["column"], Words(row["column"], row["column"]))
        kept[key] = _of(
            Input,
            row,
            label=label,
            unit=measures.get(row["column"], ""),
            roles=(row["role"],),
            is_of_site=row["is_site"],
            cell=cell_name(row["position"], row["row"]) if is_book else None,
            parts=tuple(
                Part(
                    column=part["part"],
                    label=labels.get(part["part"], Words(part["header"] or part["part"], part["part"])),
                    header=part["header"],
                    position=part["position"],
                    cell=cell_name(part["position"], row["row"]) if is_book else None,
                    factor=part["factor"],
                )
                for part in parts.get((row["file"], row["sheet"], row["column"]), ())
            ),
            refused=None
            if row["rule"] is None
            else Refused(rule=row["rule"], value=row["refused"], message=Words(row["message"], row["message_en"])),
        )
    by_unit: dict[str, list[Input]] = {}
    for (unit_id, _, _), one in kept.items():
        by_unit.setdefault(unit_id, []).append(one)
    return {unit_id: tuple(many) for unit_id, many in by_unit.items()}


def cell_name(position: int | None, row: int | None) -> str | None:
    """A cell's name in a workbook: column 28, row 12 is AB12."""
    if position is None or row is None:
        return None
    letters = ""
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row}"


def shown(value: float | str | None) -> str:
    """A number as a formula holds it: up to ten decimals, no separators; … where it is not reported."""
    if value is None:
        return "…"
    if isinstance(value, str):
        return value
    text = f"{value:.{_DIGITS}f}".rstrip("0").rstrip(".")
    return text if text.strip("-0.") or value == 0 else f"{value:.{_DIGITS}e}"


def _unit_step(row: Row, inputs: Iterable[Input], split: SplitShare | None, indicator: Indicator) -> Step:
    """A unit's value: its resource, split where it is shared, by what it is divided by."""
    by_role: dict[str, list[str]] = {}
    for one in inputs:
        for role in one.roles:
            by_role.setdefault(role, []).append(shown(one.value))
    eased = by_role.get("eased", []) if row["relaxation"] else []
    resource = " + ".join([*by_role.get("plus", []), *eased]) or "…"
    resource += "".join(f" − {value}" for value in by_role.get("minus", []))
    formula, words = "r", resource
    is_sum = " " in resource
    if split is not None and split.numerator != split.denominator:
        formula += " × w·P / Σ(w·P)"
        words = f"{f'({words})' if is_sum else words} × {shown(split.numerator)} / {shown(split.denominator)}"
        is_sum = False
    if indicator.times != 1:
        formula, words = f"{indicator.times} × {formula}", f"{indicator.times} × {f'({words})' if is_sum else words}"
        is_sum = False
    if indicator.over:
        divisor = " + ".join(by_role.get("over", []))
    elif indicator.denominator == "one":
        divisor = ""
    else:
        divisor = shown(row["denominator"])
    if divisor:
        formula += " / C" if indicator.denominator == "classes" else " / P"
        words = f"{f'({words})' if is_sum else words} / {f'({divisor})' if ' ' in divisor else divisor}"
    return Step(
        symbol="x",
        label=Words("单位的指标值", "Value of the unit"),
        formula=formula,
        with_numbers=words,
        result=row["value"],
    )


def _steps(cell: Row, units: Sequence[Row], indicator: Indicator) -> tuple[Step, ...]:
    """Mean, S and CV with their numbers, over the units with a value."""
    having = [unit for unit in units if unit["value"] is not None]
    if cell["mean"] is None:
        return ()
    weight = "C" if indicator.denominator == "classes" else "P"
    factor = "" if indicator.times == 1 else f"{indicator.times} × "
    terms = [unit["weight_share"] * (unit["value"] - cell["mean"]) ** 2 for unit in having]
    resources, weights = ([unit[name] or 0.0 for unit in having] for name in ("numerator", "denominator"))
    whole = f"{factor}{shown(sum(resources))} / {shown(sum(weights))}"
    squares = shown(sum(terms))
    if 1 < len(having) <= EXPANDED:
        parts = (" + ".join(shown(number) for number in numbers) for numbers in (resources, weights))
        whole = f"{factor}({next(parts)}) / ({next(parts)}) = {whole}"
        squares = " + ".join(shown(term) for term in terms)
    steps = [("X̄", Words("全县平均值", "Mean of the county"), f"{factor}Σ r / Σ {weight}", whole, cell["mean"])]
    if cell["sd"] is not None:
        label = Words("标准差", "Standard deviation")
        formula = f"√( Σ ({weight} / Σ{weight}) · (x − X̄)² )"
        steps.append(("S", label, formula, f"√({squares})", cell["sd"]))
    if cell["cv"] is not None:
        label = Words("差异系数", "Difference coefficient")
        steps.append(("CV", label, "S / X̄", f"{shown(cell['sd'])} / {shown(cell['mean'])}", cell["cv"]))
    return tuple(
        Step(symbol=symbol, label=label, formula=formula, with_numbers=numbers, result=result)
        for symbol, label, formula, numbers, result in steps
    )


def _composite_steps(cell: Row, parts: Sequence[Row], standard: Standard) -> tuple[Step, ...]:
    """The composite as the plain mean of the stage's coefficients, each of them a step before."""
    steps = [
        Step(
            symbol=f"CV {row['indicator']}",
            label=standard.indicator(row["indicator"]).label,
            formula="S / X̄",
            with_numbers=f"{shown(row['sd'])} / {shown(row['mean'])}",
            result=row["cv"],
        )
        for row in parts
    ]
    values = " + ".join(shown(row["cv"]) for row in parts)
    label = Words("综合差异系数", "Composite difference coefficient")
    numbers = f"({values}) / {len(parts)}"
    return (*steps, Step(symbol="CV", label=label, formula="Σ CV / n", with_numbers=numbers, result=cell["cv"]))


def _articles(standard: Standard, indicator: Indicator | None, stage: str, year: int) -> Iterable[Article]:
    """What the figure follows, in the order in which it is computed."""
    if indicator is not None:
        yield _article("indicator", indicator.article, indicator.confidence)
    yield _article("scope", standard.scope.article, standard.confidence)
    if indicator is not None and set(indicator.added(stage)) & set(standard.split.resources):
        yield _article("split", _split_article(standard.split), standard.confidence)
    if indicator is not None:
        for norm in _in_force(indicator.norms, stage, year):
            value = getattr(norm, stage)
            yield _article("norm", indicator.article, indicator.confidence, f"{value:f}", norm.starts)
        rule = standard.school_rule
        if rule is not None:
            yield _article("school_rule", rule.article, rule.confidence)
        for eased in standard.relaxations:
            if eased.indicator == indicator.id:
                yield _article("relaxation", eased.article, eased.confidence, eased.id, eased.starts)
    yield from _limit(standard.dispersion, standard, indicator, stage, year)


def _limit(
    dispersion: Dispersion, standard: Standard, indicator: Indicator | None, stage: str, year: int
) -> Iterable[Article]:
    limit = in_force(dispersion.limits, year, stage)
    is_bound = dispersion.rule == "each" if indicator is not None else dispersion.rule == "mean"
    if limit is not None and is_bound:
        dated = _in_force(dispersion.limits, stage, year)[-1:]
        since = dated[0].starts if dated else None
        yield _article("limit", dispersion.article, standard.confidence, f"{limit:f}", since)


def _split_article(split: Split) -> str:
    return split.article


def _in_force(values: tuple[Limits, ...], stage: str, year: int) -> list[Limits]:
    """The values of a stage in force when the school year begins, one for each kind of unit; else the first ones."""
    ordered = sorted((value for value in values if getattr(value, stage) is not None), key=lambda one: one.starts)
    kinds: dict[tuple[tuple[str, ...], tuple[str, ...]], Limits] = {}
    for value in ordered:
        kind = (value.school_types, value.areas)
        if value.starts <= first_day(year) or kind not in kinds:
            kinds[kind] = value
    return [*kinds.values()]


def _article(
    of: str, text: str, confidence: Confidence, value: str | None = None, since: dt.date | None = None
) -> Article:
    return Article(of=of, text=text, value=value, since=since, confidence=confidence)


def _lineage(found: Mapping[str, pl.DataFrame]) -> Iterable[Lineage]:
    for row in records(found["lineage"]):
        yield Lineage(
            school_id=row["school_id"],
            lineage_id=row["lineage_id"],
            change=None,
            event=row["event"],
            event_date=row["event_date"],
            document=row["document"],
            reason=None,
        )
    for row in records(found["changes"]):
        yield Lineage(
            school_id=row["school_id_after"] or row["school_id_before"],
            lineage_id=None,
            change=row["change"],
            event=row["event"],
            event_date=row["event_date"],
            document=row["document"],
            reason=row["reason"],
        )
