"""The ledger (台账): what is met and what is not, since when, by how much, and who mends it by when."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cache

import polars as pl

from pipelines.figures import SCALE, ratio
from schemas.contract import tidy
from schemas.judgement import LEDGER
from schemas.tables import county_fact_fields, school_fields
from standards.items import (
    Check,
    EveryClass,
    EverySchool,
    FactCheck,
    NeverBoth,
    Since,
    Total,
)
from standards.standard import Standard
from standards.values import first_day

WINDOW = 3
"""School years that are looked at: this one and the two before it."""
MICRO = 1_000_000
"""A resource shared by the stages of a school is known to a millionth of its unit."""
PLACE = ("source", "province_code", "county_code", "county_name")
KEY = ("source", "county_code", "item", "check", "stage", "subject_id")
_ROWS = pl.Schema(
    {
        "school_year": pl.Int32,
        **dict.fromkeys((*PLACE, "item", "check", "stage", "subject_id", "school_id", "school_name"), pl.String),
        "unit": pl.String,
        "value": pl.Float64,
        "limit": pl.Float64,
        "gap": pl.Float64,
        "gap_unit": pl.String,
        "status": pl.String,
        "reason": pl.String,
    }
)


def ledger(
    items: pl.DataFrame,
    checks: pl.DataFrame,
    school_checks: pl.DataFrame,
    unit_indicators: pl.DataFrame,
    dispersion: pl.DataFrame,
    measures: pl.DataFrame,
    before: pl.DataFrame,
    standard: Standard,
    year: int,
) -> pl.DataFrame:
    """What a standard asks in a school year: met or unmet, the gap, its course over the years, and who mends it.

    One row per county and item of the standard (`county_items`; those not in the source left out), one per difference
    coefficient that has a limit (item `cv:<indicator>`), and one per school or unit and check or indicator that is not
    met, cannot be told, or is met again. A school that meets what it met before has no row.

    The gap is what is lacking to the limit, of what is not met only: limit × denominator / times − numerator, rounded
    up to whole people, rooms, volumes, computers, classes and yuan, exact in m²; where pupils per class (or per
    another thing) are at most so many, the classes lacking; where anything else is at most so much, what is too much.
    An item that one check decides has that check's value, limit and gap.

    The tables hold the years (year − 2 … year); `before` holds the rows of this ledger of the years before. A year
    without a figure, or that cannot be judged, neither begins nor ends a run of not met: `unmet_since` is the first
    school year known to be not met with no year known to be met after it, and stands on an undetermined row too.
    Course: `first`: not met, and no year before is known; `new`: met the year before; `reopened`: the same, and not
    met in a year before that; `persistent`: not met before and now; `resolved`: not met before, met now.

    Of a county's measures the newest up to `year` holds, of what is not met only one given within its run; one without a school holds for every school of the item
    that has none of its own. A forecast is held against 1 September of the year: `open` before its day, or where it
    cannot be told; `missed` from its day on where not met, and ever after; `early` where met before its day; else
    `kept`.
    """
    years = pl.col("school_year").is_between(year - WINDOW + 1, year)
    mine = (pl.col("standard") == standard.id) & years
    rows = pl.concat(
        [
            _of_items(items.filter(mine), checks.filter(mine), standard),
            _of_dispersion(dispersion.filter(mine)),
            _of_schools(school_checks.filter(mine), standard),
            _of_indicators(unit_indicators.filter(mine), standard),
        ]
    )
    earlier = before.filter((pl.col("standard") == standard.id) & (pl.col("school_year") < year))
    run = _with_course(rows, earlier, year)
    is_listed = (
        (pl.col("subject_id") == "")
        | pl.col("status").is_in(["not_met", "undetermined"])
        | (pl.col("course") == "resolved")
    )
    named = _with_measures(run.filter(is_listed), measures, standard, year)
    return tidy(_with_forecast(named, year).with_columns(standard=pl.lit(standard.id)), LEDGER)


def _rows(frame: pl.DataFrame, **columns: pl.Expr) -> pl.DataFrame:
    """The frame in the columns of `_ROWS`; what neither it nor `columns` has is null."""
    named = frame.with_columns(**columns)
    return named.select(
        (pl.col(name) if name in named.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in _ROWS.items()
    )


# -- what the tables say ----------------------------------------------------------------------------------------------


def _of_items(items: pl.DataFrame, checks: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    """One row per county and item; value, limit and gap are those of the check that alone decides it."""
    asked = items.filter(pl.col("status") != "not_in_source")
    key = ["school_year", "source", "county_code", "item"]
    decisive = (
        checks.join(
            asked.select(*key, pl.col("status").alias("__status__")),
            on=key,
            how="inner",
            validate="m:1",
            maintain_order="left",
        )
        .filter(pl.col("status") == pl.col("__status__"))
        .filter(pl.len().over(key) == 1)
    )
    parts = [decisive.clear().with_columns(gap=pl.lit(None, pl.Float64), gap_unit=pl.lit(None, pl.String))]
    for item in standard.items:
        for check in item.checks:
            found = decisive.filter((pl.col("item") == item.id) & (pl.col("check") == check.id))
            parts.append(_check_gap(found, check, standard))
    told = pl.concat(parts).select(
        *key, pl.col("unit").alias("__unit__"), "value", "limit", "gap", "gap_unit", pl.col("reason").alias("__why__")
    )
    rows = asked.join(told, on=key, how="left", validate="1:1", maintain_order="left")
    return _rows(
        rows,
        check=pl.lit(""),
        stage=pl.lit(""),
        subject_id=pl.lit(""),
        unit=pl.col("__unit__").fill_null("finding"),
        reason=pl.coalesce("reason", "__why__"),
    )


def _check_gap(found: pl.DataFrame, check: Check, standard: Standard) -> pl.DataFrame:
    """The county's gap to a check, and its unit: of facts and totals by their parts, of schools by their number."""
    gap, unit = pl.lit(None, pl.Float64), ""
    if isinstance(check, FactCheck | Total):
        units = _fact_units(standard) if isinstance(check, FactCheck) else field_units()
        if check.over:
            is_most = check.must_be in ("at_most", "below")
            gap, unit = _lacking(check.plus, check.over, check.times, units, is_most=is_most)
        else:
            gap, unit = (pl.col("limit") - pl.col("value")).abs(), check.unit or _unit_of(check.plus, units)
    elif isinstance(check, Since):
        gap, unit = (pl.col("limit") - pl.col("value")).abs(), "years"
    elif isinstance(check, EverySchool):
        wanted_schools = (pl.col("schools") * float(check.share)).round(6).ceil()
        gap, unit = wanted_schools - pl.col("schools_met"), "schools"
    elif isinstance(check, EveryClass | NeverBoth):
        gap, unit = pl.col("schools_not_met").cast(pl.Float64), "schools"
    return _gap(found, gap, unit, standard)


def _of_dispersion(dispersion: pl.DataFrame) -> pl.DataFrame:
    """One row per county, stage and difference coefficient with a limit; the gap is cv − limit."""
    held = dispersion.filter(pl.col("status") != "no_limit")
    return _rows(
        held,
        item=pl.concat_str(pl.lit("cv:"), "indicator"),
        check=pl.lit(""),
        subject_id=pl.lit(""),
        unit=pl.lit("1"),
        value=pl.col("cv"),
        gap=pl.when(pl.col("status") == "not_met").then(pl.col("cv") - pl.col("limit")),
        gap_unit=pl.when(pl.col("status") == "not_met").then(pl.lit("1")),
    )


def _of_schools(school_checks: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    """One row per check and school or unit that it asks about; the gap as the check measures it."""
    asked = school_checks.filter(pl.col("status").is_in(["met", "not_met", "undetermined"]))
    parts = [_rows(asked.clear())]
    for item in standard.items:
        for check in item.checks:
            found = asked.filter((pl.col("item") == item.id) & (pl.col("check") == check.id))
            parts.append(_rows(_gap(found, pl.col("gap"), _school_unit(check), standard)))
    return pl.concat(parts)


def _school_unit(check: Check) -> str:
    """The unit of the gap of a check over schools."""
    if isinstance(check, EverySchool):
        return _unit_of(check.plus, field_units())
    if isinstance(check, NeverBoth):
        return _unit_of(check.second, field_units())
    return "classes" if isinstance(check, EveryClass) else ""


def _of_indicators(unit_indicators: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    """One row per unit and indicator with a norm."""
    held = unit_indicators.filter(pl.col("status") != "no_norm").with_columns(limit=pl.col("norm"))
    parts = [_rows(held.clear())]
    for indicator in standard.indicators:
        found = held.filter(pl.col("indicator") == indicator.id)
        over = indicator.over or ((indicator.denominator,) if indicator.denominator != "one" else ())
        plus = (*indicator.plus, *(field for fields in indicator.plus_by_stage.values() for field in fields))
        is_most = indicator.must_be == "at_most"
        gap, unit = _lacking(plus, over, indicator.times, field_units(), is_most=is_most)
        parts.append(
            _rows(
                _gap(found, gap, unit, standard),
                item=pl.lit(indicator.id),
                check=pl.lit(""),
                subject_id=pl.col("unit_id"),
            )
        )
    return pl.concat(parts)


# -- the gap ----------------------------------------------------------------------------------------------------------


@cache
def field_units() -> dict[str, str]:
    """The unit of every field of a unit or school; of a yes or no, `findings`."""
    return {entry["base"]: entry["unit"] or "findings" for entry in school_fields()}


def _fact_units(standard: Standard) -> dict[str, str]:
    """The unit of every fact that a county reports, of the dictionary and of the standard."""
    shared = {name: entry["unit"] for name, entry in county_fact_fields().items()}
    return shared | {fact.id: fact.unit for fact in standard.facts}


def _whole_units(standard: Standard) -> set[str]:
    """Units of which there are no parts, those of whatever is counted: a gap is rounded up to whole ones.

    So are yuan; areas and bandwidth are not.
    """
    counted = {
        entry["unit"] for entry in (*school_fields(), *county_fact_fields().values()) if entry["type"] == "count"
    }
    counted |= {fact.unit for fact in standard.facts if fact.type == "count"}
    return counted | {"yuan", "schools", "findings", "years"}


def _unit_of(fields: Iterable[str], units: Mapping[str, str]) -> str:
    """The one unit of the fields; empty where they have several or none."""
    found = {units.get(field, "") for field in fields}
    return found.pop() if len(found) == 1 else ""


def _lacking(
    plus: Collection[str], over: Collection[str], times: int, units: Mapping[str, str], *, is_most: bool
) -> tuple[pl.Expr, str]:
    """What is lacking to the limit, and its unit: of pupils per thing at most so many, the things; else what is counted.

    By whole numbers: the numerator × MICRO, limit and denominator × their scales, so that what is whole comes out
    whole. Null where there is nothing to reckon with, as for a finding.
    """
    numerator = (pl.col("numerator") * MICRO).round(0).cast(pl.Int128) * times
    limit = (pl.col("limit") * SCALE * SCALE).round(0).cast(pl.Int128)
    denominator = (pl.col("denominator").fill_null(1.0) * SCALE).round(0).cast(pl.Int128)
    short = (limit * denominator - numerator * (SCALE**3 // MICRO)).cast(pl.Float64)
    if is_most and over and set(plus) == {"pupils"}:
        things = ratio(-short, limit.cast(pl.Float64) * SCALE)
        return things, _unit_of(over, units)
    return (-short if is_most else short) / (float(SCALE) ** 3 * times), _unit_of(plus, units)


def _gap(found: pl.DataFrame, gap: pl.Expr, unit: str, standard: Standard) -> pl.DataFrame:
    """The rows with the gap of those not met: rounded up to whole ones where its unit has no parts.

    Null where the figures leave none, as where the county says "not met" against them.
    """
    rounded = gap.round(6)
    rounded = rounded.ceil().clip(lower_bound=1.0) if unit in _whole_units(standard) else rounded
    is_lacking = (pl.col("status") == "not_met") & (gap > 0).fill_null(value=False)
    return found.with_columns(
        gap=pl.when(is_lacking).then(rounded),
        gap_unit=pl.when(is_lacking).then(pl.lit(unit or None, pl.String)),
    )


# -- the course of the years ------------------------------------------------------------------------------------------


def _with_course(rows: pl.DataFrame, earlier: pl.DataFrame, year: int) -> pl.DataFrame:
    """The rows of the year with what became of them since, and the first year of their run of not met."""
    key = list(KEY)
    known = (
        pl.when(pl.col("status").is_in(["met", "not_applicable"]))
        .then(pl.lit("met"))
        .when(pl.col("status") == "not_met")
        .then(pl.lit("not_met"))
    )
    found = rows.filter(pl.col("school_year") == year).with_columns(__now__=known)
    for back in (1, 2):
        past = rows.filter(pl.col("school_year") == year - back).select(*key, known.alias(f"__{back}__"))
        found = found.join(past, on=key, how="left", validate="1:1", maintain_order="left")
    last = (
        earlier.sort("school_year", maintain_order=True)
        .unique(key, keep="last", maintain_order=True)
        .select(
            *key,
            pl.col("unmet_since").alias("__since__"),
            pl.col("status").alias("__status__"),
            pl.col("expected_by").alias("__expected_by__"),
            pl.col("forecast").alias("__forecast__"),
        )
    )
    ever = earlier.filter(pl.col("status") == "not_met").select(key).unique(maintain_order=True)
    found = found.join(last, on=key, how="left", validate="1:1", maintain_order="left").join(
        ever.with_columns(__ever__=pl.lit(value=True)), on=key, how="left", validate="1:1", maintain_order="left"
    )
    now, before, two = pl.col("__now__"), pl.col("__1__"), pl.col("__2__")
    was_met = _is(before, "met") | (before.is_null() & _is(two, "met"))
    first = (
        pl.when(_is(two, "not_met"))
        .then(pl.lit(year - 2, pl.Int32))
        .when(_is(before, "not_met"))
        .then(pl.lit(year - 1, pl.Int32))
    )
    inside = _is(before, "not_met") & _is(two, "met")
    run = (
        pl.when(was_met)
        .then(pl.lit(None, pl.Int32))
        .when(inside)
        .then(pl.lit(year - 1, pl.Int32))
        .otherwise(pl.min_horizontal(first, pl.col("__since__")))
    )
    was_met = was_met | (before.is_null() & two.is_null() & pl.col("__status__").is_in(["met", "not_applicable"]))
    found = found.with_columns(__run__=run, __was_met__=was_met.fill_null(value=False))
    was_unmet, was_met = pl.col("__run__").is_not_null(), pl.col("__was_met__")
    course = (
        pl.when(now.is_null())
        .then(pl.lit("undetermined"))
        .when((now == "met") & was_unmet)
        .then(pl.lit("resolved"))
        .when(now == "met")
        .then(pl.lit("met"))
        .when(was_unmet)
        .then(pl.lit("persistent"))
        .when(was_met & (pl.col("__ever__").fill_null(value=False) | _is(two, "not_met")))
        .then(pl.lit("reopened"))
        .when(was_met)
        .then(pl.lit("new"))
        .otherwise(pl.lit("first"))
    )
    return found.with_columns(
        course=course,
        ledger=now.replace_strict({"met": "met", "not_met": "unmet"}, default="undetermined"),
        unmet_since=pl.when(now == "not_met")
        .then(pl.col("__run__").fill_null(year))
        .when(now.is_null())
        .then(pl.col("__run__")),
    )


def _is(status: pl.Expr, name: str) -> pl.Expr:
    """Whether a status is known to be this one."""
    return (status == name).fill_null(value=False)


# -- who mends it, and by when ----------------------------------------------------------------------------------------

_MEASURE = (
    "problem_class",
    "priority",
    "lead_office",
    "co_leads",
    "person",
    "signed_on",
    "measure",
    "expected_by",
    "done_on",
    "note",
)


def _with_measures(rows: pl.DataFrame, measures: pl.DataFrame, standard: Standard, year: int) -> pl.DataFrame:
    """The rows with the measure that holds for each: its school's own, else the county's for the item."""
    owner = ["source", "county_code", "item", "school_id"]
    newest = (
        measures.filter((pl.col("standard") == standard.id) & (pl.col("school_year") <= year))
        .sort("school_year", maintain_order=True)
        .unique(owner, keep="last", maintain_order=True)
        .select(*owner, *_MEASURE, pl.col("school_year").alias("measure_year"))
        .rename({"school_id": "__school__"})
    )
    owner[-1] = "__school__"
    named = rows.with_columns(__school__=pl.col("school_id").fill_null(""))
    own = named.join(newest, on=owner, how="inner", validate="m:1", maintain_order="left")
    others = named.join(newest, on=owner, how="anti", maintain_order="left").join(
        newest.filter(pl.col("__school__") == "").drop("__school__"),
        on=owner[:-1],
        how="left",
        validate="m:1",
        maintain_order="left",
    )
    both = pl.concat([own, others.select(own.columns)])
    # A measure mends the run of not met in which it was given, not one that began after it.
    begun = pl.when(~_is(pl.col("__now__"), "met")).then(pl.col("unmet_since"))
    is_stale = (pl.col("measure_year") < begun).fill_null(value=False)
    return both.with_columns(pl.when(~is_stale).then(pl.col(name)).alias(name) for name in (*_MEASURE, "measure_year"))


def _with_forecast(rows: pl.DataFrame, year: int) -> pl.DataFrame:
    """The day by which it was expected to be met, held against what the years show."""
    day, expected = first_day(year), pl.col("expected_by")
    is_due = expected <= day
    past = [_is(pl.col(f"__{back}__"), "not_met") & (expected <= first_day(year - back)) for back in (1, 2)]
    is_same = (pl.col("__expected_by__") == expected).fill_null(value=False)
    was_missed = pl.any_horizontal(*past, is_same & (pl.col("__forecast__") == "missed").fill_null(value=False))
    was_early = is_same & (pl.col("__forecast__") == "early").fill_null(value=False)
    is_met = _is(pl.col("__now__"), "met")
    forecast = (
        pl.when(expected.is_null())
        .then(pl.lit(None, pl.String))
        .when(was_missed | (is_due & _is(pl.col("__now__"), "not_met")))
        .then(pl.lit("missed"))
        .when(is_met & (~is_due | was_early))
        .then(pl.lit("early"))
        .when(is_met)
        .then(pl.lit("kept"))
        .otherwise(pl.lit("open"))
    )
    return rows.with_columns(forecast=forecast)
