"""Checks that go over schools: every school, every class, never both. One row per subject and check."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

import polars as pl

from pipelines.figures import SCALE, bound_scaled, holds, met_or_not, ratio, scaled, scaled_finding
from pipelines.subjects import added_fields, applies, exempt, of_kind, schools
from schemas.contract import tidy
from schemas.judgement import SCHOOL_CHECKS
from schemas.tables import BANDS, finding_fields, school_fields
from standards.items import EveryClass, EverySchool, FactCheck, Item, NeverBoth, Relaxation, Since, Total
from standards.standard import Standard
from standards.values import Dated, first_day

OverSchools = EverySchool | EveryClass | NeverBoth
_SQUARE = SCALE * SCALE


def school_checks(units: pl.DataFrame, facts: pl.DataFrame, standard: Standard, year: int) -> pl.DataFrame:
    """Every check of a standard over single units or schools: one row per check and subject of its kind.

    `units` are those of the standard, or of the one that it names in `units_of`. A subject whose figures are missing,
    or of which it cannot be told whether it is of the kind, is undetermined where it is not met. The gap is what is
    lacking of the numerator, rounded up where that is counted in whole things. `facts` are the county's own.
    """
    owner = standard.units_of or standard.id
    mine = units.filter((pl.col("standard") == owner) & pl.col("source").is_in(standard.applies_to) & applies(standard))
    by_stage = mine.with_columns(subject_id="unit_id")
    whole = schools(mine).with_columns(subject_id="school_id", stage=pl.lit(""))
    parts = [
        rows
        for item in standard.items
        for check in item.checks
        if isinstance(check, EverySchool | EveryClass | NeverBoth)
        for rows in _of_check(by_stage, whole, facts, standard, item, check, year)
    ]
    return tidy(pl.concat(parts, how="diagonal"), SCHOOL_CHECKS) if parts else SCHOOL_CHECKS.empty()


def _of_check(
    by_stage: pl.DataFrame,
    whole: pl.DataFrame,
    facts: pl.DataFrame,
    standard: Standard,
    item: Item,
    check: OverSchools,
    year: int,
) -> Iterator[pl.DataFrame]:
    """The rows of one check."""
    is_whole = not isinstance(check, EveryClass) and (isinstance(check, NeverBoth) or check.subject == "school")
    subjects = whole if is_whole else by_stage
    if check.stage and not is_whole:
        subjects = subjects.filter(pl.col("stage") == check.stage)
    subjects = of_kind(subjects, check.where).filter((pl.col("pupils") != 0).fill_null(value=True))
    eased = [r for r in standard.relaxations if (r.item, r.check) == (item.id, check.id)]
    subjects = exempt(subjects, facts, standard, eased)
    if isinstance(check, EverySchool):
        judged = _every_school(subjects, facts, check, eased, year)
    elif isinstance(check, EveryClass):
        judged = _every_class(subjects, check)
    else:
        judged = _never_both(subjects, check)
    # Where it cannot be told whether the subject is of the kind, a failure is not one for certain, and a success
    # raises no share for certain.
    has_share = isinstance(check, EverySchool) and check.share < 1
    is_perhaps = pl.col("is_of_kind").is_null() & (pl.col("status") == "not_met")
    is_unsure = pl.col("is_of_kind").is_null() & (pl.col("status") == "met") & pl.lit(has_share)
    yield judged.with_columns(
        standard=pl.lit(standard.id),
        part=pl.lit(item.part),
        item=pl.lit(item.id),
        check=pl.lit(check.id),
        status=pl.when(is_perhaps).then(pl.lit("undetermined")).otherwise(pl.col("status")),
        reason=pl.when(is_perhaps | is_unsure).then(pl.lit("kind_unknown")).otherwise(pl.col("reason")),
        relaxation=_applied(eased),
    )


def _applied(eased: Sequence[Relaxation]) -> pl.Expr:
    names = [pl.when(f"relaxed:{relaxation.id}").then(pl.lit(relaxation.id)) for relaxation in eased]
    if not names:
        return pl.lit(None, pl.String)
    return pl.concat_str(names, separator=" | ", ignore_nulls=True).replace("", None)


def field_total(plus: Sequence[str], minus: Sequence[str] = ()) -> pl.Expr:
    """Σ plus − Σ minus of a subject's fields, times SCALE; yes/no fields count 1 or 0; null where one is missing."""
    findings = set(finding_fields())
    added = pl.sum_horizontal(
        [scaled_finding(field) if field in findings else scaled(field) for field in plus], ignore_nulls=False
    )
    for field in minus:
        added = added - scaled(field)
    return added


def limit_on(check: FactCheck | Since | Total | EverySchool, year: int) -> Decimal | None:
    """The number in force when the school year begins; before the first dated one, that first one."""
    if check.limit is not None:
        return check.limit
    ordered: list[Dated] = sorted(check.limits, key=lambda dated: dated.starts)
    valid = [dated for dated in ordered if dated.starts <= first_day(year)] or ordered[:1]
    return valid[-1].limit if valid else None


def fact_values(facts: pl.DataFrame, fact: str) -> pl.DataFrame:
    """The county's value of a fact for the whole: the latest period up to the school year, at most a year back."""
    return (
        facts.filter(
            (pl.col("fact") == fact)
            & (pl.col("school_id") == "")
            & (pl.col("breakdown") == "")
            & pl.col("value").is_not_null()
            & (pl.col("period") <= pl.col("school_year"))
            & (pl.col("period") >= pl.col("school_year") - 1)
        )
        .sort("school_year", "source", "county_code", "period")
        .unique(["school_year", "source", "county_code"], keep="last", maintain_order=True)
    )


def _every_school(
    subjects: pl.DataFrame,
    facts: pl.DataFrame,
    check: EverySchool,
    eased: Sequence[Relaxation],
    year: int,
) -> pl.DataFrame:
    """Value = numerator × times / denominator of each subject against its limit, by whole numbers.

    A rate above 100 % is refused.
    """
    numerator = field_total(check.plus, check.minus)
    for field, names in added_fields(eased).items():
        is_added = pl.any_horizontal(f"relaxed:{name}" for name in names)
        numerator = pl.when(is_added).then(numerator + field_total([field])).otherwise(numerator)
    denominator = field_total(check.over, check.over_minus) if check.over else pl.lit(SCALE, pl.Int128)
    bounded = _bounded(subjects, facts, check, eased, year).with_columns(
        __numerator__=numerator * check.times, __denominator__=denominator
    )
    top, under, bound = pl.col("__numerator__"), pl.col("__denominator__"), pl.col("__bound__")
    is_over = (top > under * check.times).fill_null(value=False) & pl.lit(check.is_rate)
    can = top.is_not_null() & (under > 0) & bound.is_not_null() & ~is_over
    is_met = pl.when(can).then(holds(top, under, bound, check.must_be))
    asked, held = bound * under, top * _SQUARE
    deficit = held - asked if check.must_be in ("at_most", "below") else asked - held
    whole_step = _SQUARE * SCALE * check.times
    kinds = {entry["base"]: entry["type"] for entry in school_fields()} | dict.fromkeys(finding_fields(), "count")
    is_counted = all(kinds.get(field) == "count" for field in check.plus)
    gap = (deficit + (whole_step - 1)) // whole_step if is_counted else deficit.cast(pl.Float64) / whole_step
    return bounded.with_columns(
        unit=pl.lit(check.unit),
        value=pl.when((under > 0) & ~is_over).then(ratio(top.cast(pl.Float64), under.cast(pl.Float64))),
        limit=bound.cast(pl.Float64) / _SQUARE,
        gap=pl.when(is_met).then(0.0).when(~is_met).then(gap.cast(pl.Float64)),
        status=met_or_not(is_met),
        reason=pl.when(is_met.is_not_null())
        .then(pl.lit(None, pl.String))
        .when(is_over)
        .then(pl.lit("rate_over_100"))
        .when(bound.is_null())
        .then(pl.lit("limit_not_reported"))
        .when(under == 0)
        .then(pl.lit("divided_by_zero"))
        .otherwise(pl.lit("not_reported")),
    )


def _bounded(
    subjects: pl.DataFrame, facts: pl.DataFrame, check: EverySchool, eased: Sequence[Relaxation], year: int
) -> pl.DataFrame:
    """The subjects with their limit times SCALE² as `__bound__`."""
    if check.one_for:
        needed = (pl.col(check.one_for).cast(pl.Int128) + (check.every - 1)) // check.every
        subjects = subjects.with_columns(__bound__=needed * _SQUARE)
    elif check.limit_fact:
        key = ["school_year", "source", "county_code"]
        given = fact_values(facts, check.limit_fact).select(*key, pl.col("value").alias("__fact__"))
        times = int(check.limit_times * SCALE)
        subjects = subjects.join(given, on=key, how="left", validate="m:1", maintain_order="left").with_columns(
            __bound__=scaled("__fact__") * times
        )
    else:
        limit = limit_on(check, year)
        subjects = subjects.with_columns(__bound__=pl.lit(None if limit is None else bound_scaled(limit), pl.Int128))
    for relaxation in eased:
        if relaxation.limit is not None:
            subjects = subjects.with_columns(
                __bound__=pl.when(f"relaxed:{relaxation.id}")
                .then(pl.lit(bound_scaled(relaxation.limit), pl.Int128))
                .otherwise(pl.col("__bound__"))
            )
    return subjects


def _every_class(subjects: pl.DataFrame, check: EveryClass) -> pl.DataFrame:
    """How many classes are in the bands above; a mean above the limit proves that there are some, whatever they say.

    None above is met only where the bands add up to the classes: bands that say nothing of a school's classes do not
    say that all are small enough.
    """
    bands = [f"classes_{band}" for band in BANDS]
    above = [f"classes_{band}" for band in BANDS if int(band.split("_")[0]) > check.at_most]
    classes = pl.sum_horizontal(above, ignore_nulls=False)
    known = pl.sum_horizontal(above, ignore_nulls=True)
    in_bands = pl.sum_horizontal(bands, ignore_nulls=False)
    most = pl.max_horizontal("classes", in_bands)
    proves = ((most > 0) & (pl.col("pupils") > check.at_most * most)).fill_null(value=False)
    is_whole = (in_bands > 0) & (in_bands == pl.col("classes"))
    is_met = (
        pl.when((known > 0) | proves).then(pl.lit(value=False)).when((classes == 0) & is_whole).then(pl.lit(value=True))
    )
    return subjects.with_columns(
        unit=pl.lit("classes"),
        value=pl.when((known > 0) | ~proves).then(classes.cast(pl.Float64)),
        limit=pl.lit(0.0),
        gap=pl.when((known > 0) | ~proves).then(classes.cast(pl.Float64)),
        status=met_or_not(is_met),
        reason=pl.when(is_met.is_null())
        .then(pl.lit("not_reported"))
        .when(~is_met & (known == 0))
        .then(pl.lit("mean_above")),
    )


def _never_both(subjects: pl.DataFrame, check: NeverBoth) -> pl.DataFrame:
    """The lesser of the two, which must not be above zero; one that is not settles it, whatever the other is."""
    first, second = field_total(check.first, check.first_minus), field_total(check.second)
    is_met = (
        pl.when((first <= 0) | (second <= 0))
        .then(pl.lit(value=True))
        .when((first > 0) & (second > 0))
        .then(pl.lit(value=False))
    )
    lesser = pl.when(first.is_not_null() & second.is_not_null()).then(
        pl.max_horizontal(pl.min_horizontal(first, second), pl.lit(0, pl.Int128))
    )
    figure = lesser.cast(pl.Float64) / SCALE
    return subjects.with_columns(
        unit=pl.lit("people"),
        value=figure,
        limit=pl.lit(0.0),
        gap=figure,
        status=met_or_not(is_met),
        reason=pl.when(is_met.is_null()).then(pl.lit("not_reported")).otherwise(pl.lit(None, pl.String)),
    )
