"""Popularisation and support: who enters, stays and completes, who is supported, and what it costs per pupil."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

from pipelines.figures import SCALE, ratio, scaled
from pipelines.stated import rounds_to
from schemas.contract import DECIMAL, tidy
from schemas.judgement import POPULARISATION

_SUBJECT = ["source", "county_code", "school_id"]


@dataclass(frozen=True)
class Rate:
    """value = (Σ plus − Σ minus) × times / over, of facts for one year; `stated` is the fact that states it."""

    id: str
    plus: tuple[str, ...]
    over: str
    minus: tuple[str, ...] = ()
    unit: Literal["percent", "yuan_per_pupil"] = "percent"
    stage: str = ""
    stated: str = ""

    @property
    def times(self) -> int:
        """What the quotient is multiplied by."""
        return 100 if self.unit == "percent" else 1

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts that it is made of, and the one that states it."""
        return (*self.plus, *self.minus, self.over, *((self.stated,) if self.stated else ()))


RATES = (
    Rate("entry", ("entry_age_children_entered_primary",), "entry_age_children_primary", stage="primary"),
    Rate("entry", ("entry_age_children_entered_junior",), "entry_age_children_junior", stage="junior"),
    Rate(
        "nine_year_retention",
        ("graduates_junior", "transfers_out_nine_years"),
        "grade_1_pupils_nine_years_before",
        minus=("transfers_in_nine_years",),
    ),
    Rate("completion_at_12", ("children_aged_12_completed_primary",), "children_aged_12", stage="primary"),
    Rate("completion_at_15", ("children_aged_15_completed_junior",), "children_aged_15", stage="junior"),
    Rate("dropout", ("left_without_transfer_primary",), "enrolled_pupils_primary", stage="primary"),
    Rate("dropout", ("left_without_transfer_junior",), "enrolled_pupils_junior", stage="junior"),
    Rate("disabled_enrolment", ("disabled_children_enrolled",), "disabled_children_of_age"),
    Rate(
        "boarder_subsidy",
        ("boarder_subsidy_yuan",),
        "boarder_subsidy_receivers",
        unit="yuan_per_pupil",
        stated="boarder_subsidy_stated_yuan_per_pupil",
    ),
    Rate(
        "nutrition_meals",
        ("nutrition_meal_yuan",),
        "nutrition_meal_receivers",
        unit="yuan_per_pupil",
        stated="nutrition_meal_stated_yuan_per_pupil",
    ),
)


def popularisation(schools: pl.DataFrame, facts: pl.DataFrame, year: int) -> pl.DataFrame:
    """Rates of entry, retention, completion, dropout and support of counties, and of schools that are spoken of.

    One row per county (or school) and rate of which any part is reported in the school year's return; of several
    years that the facts hold for the last one, all parts of one year. entry: entered / children of age;
    nine-year retention: (graduates − transferred in + transferred out) / grade-1 pupils nine years before; completion
    at 12 and 15: completed / of that age; dropout: left without transfer / enrolled; disabled children: enrolled / of
    age, all in percent; boarders' subsidy and nutrition meals: outlay / receivers, in yuan. Null where a part is not
    reported or the divisor is 0. A rate over 100 % cannot be: it is refused, null, with `over_100`. A stated amount to
    which the recomputed one does not round is flagged, `stated_disagrees`.

    A school's yearly return holds the flows of one year only, not those of a cohort's nine or three, and nobody who
    left without transfer: no rate is made of it. `schools` gives names. A rate of a school is made where the county
    reports the facts school by school.
    """
    wanted = {fact for rate in RATES for fact in rate.facts}
    told = facts.filter(
        (pl.col("school_year") == year)
        & (pl.col("breakdown") == "")
        & pl.col("fact").is_in(sorted(wanted))
        & pl.col("value").is_not_null()
    )
    parts = [POPULARISATION.empty().drop("school_name"), *(_of_rate(told, rate, year) for rate in RATES)]
    names = schools.filter(pl.col("school_year") == year).select("source", "county_code", "school_id", "school_name")
    names = names.sort(*_SUBJECT, "school_name").unique(_SUBJECT, keep="first", maintain_order=True)
    rows = pl.concat(parts).join(names, on=_SUBJECT, how="left", validate="m:1", maintain_order="left")
    return tidy(rows, POPULARISATION)


def _of_rate(told: pl.DataFrame, rate: Rate, year: int) -> pl.DataFrame:
    """One rate of every county and school that reports any part of it."""
    place = ["source", "province_code", "county_code", "county_name", "school_id"]
    mine = told.filter(pl.col("fact").is_in(rate.facts))
    latest = mine.filter(pl.col("period") == pl.col("period").max().over(_SUBJECT))
    values = latest.group_by(place, maintain_order=True).agg(
        pl.col("value").filter(pl.col("fact") == fact).first().cast(DECIMAL).alias(fact) for fact in rate.facts
    )
    top = pl.sum_horizontal([scaled(fact) for fact in rate.plus], ignore_nulls=False)
    for fact in rate.minus:
        top = top - scaled(fact)
    under = scaled(rate.over)
    stated = pl.col(rate.stated).cast(pl.Float64) if rate.stated else pl.lit(None, pl.Float64)
    is_over = (top > under).fill_null(value=False) & (under > 0) & pl.lit(rate.unit == "percent")
    disagrees = ~rounds_to(top * rate.times, under, rate.stated) & (under > 0) if rate.stated else pl.lit(value=False)
    rows = values.with_columns(numerator=top.cast(pl.Float64) / SCALE, denominator=under.cast(pl.Float64) / SCALE)
    rows = rows.with_columns(
        school_year=pl.lit(year, pl.Int32),
        stage=pl.lit(rate.stage),
        rate=pl.lit(rate.id),
        unit=pl.lit(rate.unit),
        value=pl.when(~is_over).then(ratio(pl.col("numerator") * rate.times, pl.col("denominator"))),
        stated=stated,
        finding=pl.when(is_over)
        .then(pl.lit("over_100"))
        .when(disagrees.fill_null(value=False))
        .then(pl.lit("stated_disagrees")),
        reason=pl.when(is_over)
        .then(pl.lit("rate_over_100"))
        .when(top.is_null() | under.is_null())
        .then(pl.lit("not_reported"))
        .when(under == 0)
        .then(pl.lit("divided_by_zero")),
    )
    schema = POPULARISATION.polars_schema
    return rows.select(pl.col(name).cast(schema[name]) for name in schema.names() if name != "school_name")
