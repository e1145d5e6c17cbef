"""Whom a check goes over: units or whole schools, those of a kind, and those that a dated relaxation exempts."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipelines.figures import whole_total
from schemas.tables import UNIT_FACTS, finding_fields, shared_fields, unit_fields
from standards.items import Relaxation, Where
from standards.standard import Standard

PLACE = ("school_year", "source", "province_code", "county_code", "county_name")
PRIVATE = "999"
_SCHOOL = (*PLACE, "school_id", "standing")
_NAMED = ("school_name", "school_type_code", "operator_code", "area")


def applies(standard: Standard) -> pl.Expr:
    """Whether a standard is for a row's province and county."""
    tests = [pl.lit(value=True)]
    if standard.provinces:
        tests.append(pl.col("province_code").is_in(standard.provinces))
    if standard.counties:
        tests.append(pl.col("county_code").is_in(standard.counties))
    return pl.all_horizontal(tests)


def schools(units: pl.DataFrame) -> pl.DataFrame:
    """The units of a standard put together as schools: one row per school, standing and school year.

    Figures of a stage are added up over the school's compulsory stages of one standing, not reported where one of
    them is not; what the stages share is the whole school's.
    """
    shared = [*shared_fields(), *UNIT_FACTS, *finding_fields()]
    by_stage = [field for field in unit_fields() if field not in shared_fields()]
    return units.group_by(_SCHOOL, maintain_order=True).agg(
        *(pl.col(field).first() for field in _NAMED),
        *(whole_total(field).alias(field) for field in by_stage),
        *(pl.col(field).first() for field in shared),
    )


def belongs(where: Where, *, pupils: str = "pupils") -> pl.Expr:
    """Whether a subject is of the kind asked about; null where that cannot be told."""
    tests = [pl.col("standing").is_in(where.standings)]
    if where.stages:
        tests.append(pl.col("stage").is_in(where.stages))
    if where.school_types:
        tests.append(pl.col("school_type_code").is_in(where.school_types))
    if where.areas:
        tests.append(pl.col("area").is_in(where.areas))
    if where.is_public is not None:
        tests.append((pl.col("operator_code") != PRIVATE) == pl.lit(where.is_public))
    if where.is_boarding is not None:
        tests.append(pl.col("is_boarding") == pl.lit(where.is_boarding))
    if where.pupils_at_least is not None:
        tests.append(pl.col(pupils) >= where.pupils_at_least)
    if where.pupils_below is not None:
        tests.append(pl.col(pupils) < where.pupils_below)
    if where.founded_until is not None:
        tests.append(pl.col("founded_year") <= where.founded_until)
    return pl.all_horizontal(tests)


def of_kind(subjects: pl.DataFrame, where: Where) -> pl.DataFrame:
    """The subjects of a kind and those of which it cannot be told, `is_of_kind` true or null."""
    return subjects.with_columns(is_of_kind=belongs(where)).filter(pl.col("is_of_kind").fill_null(value=True))


def exempt(
    subjects: pl.DataFrame, facts: pl.DataFrame, standard: Standard, relaxations: Sequence[Relaxation]
) -> pl.DataFrame:
    """The subjects with a column `relaxed:<id>` for each relaxation: true where it holds for the subject.

    It holds where the school year begins within its dates, the county names the school with a yes, a document and a
    last day that has not passed, and the subject is of the kind that may be eased.
    """
    key = ["school_year", "source", "county_code", "school_id"]
    for relaxation in relaxations:
        begins = pl.date(pl.col("school_year"), 9, 1)
        named = (
            facts.filter(
                (pl.col("fact") == f"{standard.id}/{relaxation.id}")
                & pl.col("finding").fill_null(value=False)
                & pl.col("evidence").is_not_null()
                & (pl.col("valid_until") >= begins).fill_null(value=False)
                & pl.lit(relaxation.starts).le(begins)
                & pl.lit(relaxation.until).ge(begins)
            )
            .select(key)
            .unique(maintain_order=True)
            .with_columns(pl.lit(value=True).alias("__named__"))
        )
        subjects = (
            subjects.join(named, on=key, how="left", validate="m:1", maintain_order="left")
            .with_columns(
                (pl.col("__named__").fill_null(value=False) & belongs(relaxation.where).fill_null(value=False)).alias(
                    f"relaxed:{relaxation.id}"
                )
            )
            .drop("__named__")
        )
    return subjects


def current(facts: pl.DataFrame) -> pl.DataFrame:
    """What counties say that holds for its school year: of that year or the one before, and not past its last day."""
    begins = pl.date(pl.col("school_year"), 9, 1)
    return facts.filter(
        pl.col("period").is_between(pl.col("school_year") - 1, pl.col("school_year"))
        & (pl.col("valid_until") >= begins).fill_null(value=True)
    )


def school_findings(facts: pl.DataFrame, fact: str) -> pl.DataFrame:
    """What the county says of single schools under a fact: school key and `finding`."""
    return (
        current(facts)
        .filter((pl.col("fact") == fact) & (pl.col("school_id") != "") & pl.col("finding").is_not_null())
        .sort("school_year", "source", "county_code", "school_id", "period")
        .unique(["school_year", "source", "county_code", "school_id"], keep="last", maintain_order=True)
        .select("school_year", "source", "county_code", "school_id", "finding")
    )


def added_fields(relaxations: Sequence[Relaxation]) -> dict[str, list[str]]:
    """Each field that relaxations let count, with those that do: a field counts once, however many name it."""
    fields: dict[str, list[str]] = {}
    for relaxation in relaxations:
        for field in relaxation.adds:
            fields.setdefault(field, []).append(relaxation.id)
    return fields
