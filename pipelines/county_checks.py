"""Checks of a county: computed from its schools and its own facts, or said by the county itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pipelines.figures import SCALE, bound_scaled, holds, met_or_not, ratio, scaled
from pipelines.school_checks import fact_values, field_total, limit_on
from pipelines.subjects import applies, current, of_kind, schools
from schemas.contract import tidy
from schemas.judgement import COUNTY_CHECKS
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
)
from standards.standard import Standard

PLACE = ("school_year", "source", "province_code", "county_code", "county_name")
_COUNTY = ["school_year", "source", "county_code"]
_SQUARE = SCALE * SCALE
_WHOLE = (pl.col("school_id") == "") & (pl.col("breakdown") == "")


@dataclass(frozen=True)
class Inputs:
    """What the checks of a school year are made from.

    `places`: the counties, one row each. `units`, `school_checks`: of the year. `facts`: of the year and as many before
    it as growth looks back on. `resource_verdicts`, `county_verdicts`: of as many years as other standards are
    asked for; the latter of this year as far as the standards asked for have been judged.
    """

    places: pl.DataFrame
    units: pl.DataFrame
    school_checks: pl.DataFrame
    facts: pl.DataFrame
    resource_verdicts: pl.DataFrame
    county_verdicts: pl.DataFrame

    @property
    def own_facts(self) -> pl.DataFrame:
        """The facts that the counties report in this school year."""
        return self.facts.join(self.places.select("school_year").unique(), on="school_year", how="semi")


def finding_key(standard: Standard, item: Item, check: Check | None = None) -> str:
    """Under which fact the county says yes or no."""
    suffix = f"/{check.id}" if check is not None and check.id else ""
    return f"{standard.id}/{item.id}{suffix}"


def county_checks(inputs: Inputs, standard: Standard, others: Mapping[str, Standard], year: int) -> pl.DataFrame:
    """Every check of every item of a standard: one row per county, check, breakdown and year judged.

    Counties are those of the standard's sources and provinces. Computed checks are undetermined where what they need
    is missing; a check over schools is not met where one school is known to fail it, and not applicable where the
    county has none of the kind. A rate above 100 % is refused.
    """
    places = applying(inputs.places, standard)
    parts = [
        _of_check(places, inputs, standard, others, item, check, year).with_columns(
            standard=pl.lit(standard.id),
            part=pl.lit(item.part),
            item=pl.lit(item.id),
            check=pl.lit(check.id),
            kind=pl.lit(_KINDS[type(check)]),
            stage=pl.lit(check.stage),
        )
        for item in standard.items
        for check in item.checks
    ]
    if not parts or not places.height:
        return COUNTY_CHECKS.empty()
    rows = pl.concat(parts, how="diagonal_relaxed").with_columns(
        pl.col("period").fill_null(year)
        if any("period" in part.columns for part in parts)
        else pl.lit(year).alias("period"),
    )
    blank = {"breakdown": "", "basis": "computed", "unit": ""}
    rows = rows.with_columns(
        (pl.col(name).fill_null(default) if name in rows.columns else pl.lit(default)).alias(name)
        for name, default in blank.items()
    )
    return tidy(rows, COUNTY_CHECKS)


def applying(places: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    """The counties that a standard is for."""
    return places.filter(pl.col("source").is_in(standard.applies_to) & applies(standard))


_KINDS: dict[type, str] = {
    Finding: "finding",
    FactCheck: "fact",
    Since: "since",
    Growth: "growth",
    Total: "total",
    EverySchool: "every_school",
    EveryClass: "every_class",
    NeverBoth: "never_both",
    OtherStandard: "standard",
}


def _of_check(
    places: pl.DataFrame,
    inputs: Inputs,
    standard: Standard,
    others: Mapping[str, Standard],
    item: Item,
    check: Check,
    year: int,
) -> pl.DataFrame:
    """The rows of one check: county columns and whatever the check has to say."""
    match check:
        case Finding():
            rows = _finding(places, inputs.own_facts, finding_key(standard, item, check), check)
        case FactCheck():
            rows = _fact(places, inputs.own_facts, check, item, year)
        case Since():
            rows = _since(places, inputs.own_facts, check, year)
        case Growth():
            rows = _growth(places, inputs.facts, check, year)
        case Total():
            rows = _total(places, inputs, standard, check, year)
        case OtherStandard():
            rows = _other_standard(places, inputs, standard, others, check, year)
        case _:
            rows = _over_schools(places, inputs, standard, item, check)
    return rows


_PROOF = ("note", "evidence", "evidence_date", "office", "file", "sheet", "row")


def _finding(places: pl.DataFrame, facts: pl.DataFrame, key: str, check: Finding) -> pl.DataFrame:
    """What the county says; a school of which it says the contrary of what is expected settles it."""
    mine = current(facts).filter((pl.col("fact") == key) & pl.col("finding").is_not_null())
    whole = (
        mine.filter(_WHOLE)
        .sort(*_COUNTY, "period")
        .unique(_COUNTY, keep="last", maintain_order=True)
        .select(*_COUNTY, "finding", "period", *_PROOF)
    )
    single = (
        mine.filter(pl.col("school_id") != "")
        .group_by(_COUNTY, maintain_order=True)
        .agg(
            pl.len().cast(pl.Int64).alias("schools"),
            (pl.col("finding") == check.expects).sum().cast(pl.Int64).alias("schools_met"),
            (pl.col("finding") != check.expects).sum().cast(pl.Int64).alias("schools_not_met"),
        )
    )
    fails = (pl.col("schools_not_met") > 0).fill_null(value=False)
    is_met = pl.col("finding") == check.expects
    return (
        places.join(whole, on=_COUNTY, how="left", validate="1:1", maintain_order="left")
        .join(single, on=_COUNTY, how="left", validate="1:1", maintain_order="left")
        .with_columns(
            basis=pl.lit("asserted"),
            status=pl.when(fails | ~is_met)
            .then(pl.lit("not_met"))
            .when(is_met)
            .then(pl.lit("met"))
            .otherwise(pl.lit("undetermined")),
            reason=pl.when(fails)
            .then(pl.lit("school_said_otherwise"))
            .when(is_met.is_null())
            .then(pl.lit("not_stated")),
        )
        .drop("finding")
    )


def _sum_of_facts(facts: pl.DataFrame, names: Sequence[str], *, each: bool) -> pl.DataFrame:
    """Σ of facts of a county, times SCALE, by breakdown where each is asked for; null where one is missing."""
    key = [*_COUNTY, "breakdown"]
    is_wanted = pl.col("breakdown") != "" if each else pl.col("breakdown") == ""
    valid = facts.filter(
        (pl.col("school_id") == "")
        & is_wanted
        & pl.col("value").is_not_null()
        & (pl.col("period") <= pl.col("school_year"))
        & (pl.col("period") >= pl.col("school_year") - 1)
    )
    latest = valid.sort(*key, "fact", "period").unique([*key, "fact"], keep="last", maintain_order=True)
    wanted = latest.filter(pl.col("fact").is_in(names))
    return (
        wanted.group_by(key, maintain_order=True)
        .agg(
            pl.when(pl.col("fact").n_unique() == len(set(names))).then(scaled("value").sum()).alias("__sum__"),
            pl.col("period").max(),
            *(pl.col(name).drop_nulls().first() for name in _PROOF),
        )
        .sort(key)
    )


def _of_one_period(facts: pl.DataFrame, names: set[str]) -> pl.DataFrame:
    """The named facts of the latest period for which a county gives all of them; without one, of its latest period.

    The period is the school year or the year before it. So no figure of one year is divided by one of another.
    """
    told = facts.filter(
        pl.col("fact").is_in(names)
        & (pl.col("school_id") == "")
        & pl.col("period").is_between(pl.col("school_year") - 1, pl.col("school_year"))
    )
    chosen = (
        told.filter(pl.col("value").is_not_null())
        .group_by([*_COUNTY, "period"], maintain_order=True)
        .agg((pl.col("fact").n_unique() == len(names)).alias("__whole__"))
        .sort(*_COUNTY, "__whole__", "period")
        .unique(_COUNTY, keep="last", maintain_order=True)
        .drop("__whole__")
    )
    return told.join(chosen, on=[*_COUNTY, "period"], how="semi", maintain_order="left")


def _quotient(
    places: pl.DataFrame, facts: pl.DataFrame, said: pl.DataFrame, check: FactCheck, item: Item
) -> pl.DataFrame:
    """Numerator and denominator of a check over facts, times SCALE, beside each county (and breakdown).

    Breakdowns are those of which the county says anything (`said`) that a check of the item asks for each of them.
    """
    key = [*_COUNTY, "breakdown"]
    asked = [one for one in item.checks if isinstance(one, FactCheck) and one.each]
    names = [name for one in asked for name in (*one.plus, *one.minus, *one.over, *one.over_minus)]
    if check.each:
        there = (
            said.filter(pl.col("fact").is_in(names) & (pl.col("breakdown") != "") & (pl.col("school_id") == ""))
            .select(key)
            .unique(maintain_order=True)
        )
        rows = places.join(there, on=_COUNTY, how="left", validate="1:m", maintain_order="left").with_columns(
            pl.col("breakdown").fill_null("")
        )
    else:
        rows = places.with_columns(breakdown=pl.lit(""))
    for name, terms in (
        ("plus", check.plus),
        ("minus", check.minus),
        ("over", check.over),
        ("over_minus", check.over_minus),
    ):
        if not terms:
            rows = rows.with_columns(pl.lit(0, pl.Int128).alias(f"__{name}__"))
            continue
        summed = _sum_of_facts(facts, terms, each=check.each)
        kept = [*key, "__sum__", *(("period", *_PROOF) if name == "plus" else ())]
        rows = rows.join(summed.select(kept), on=key, how="left", validate="m:1", maintain_order="left").rename(
            {"__sum__": f"__{name}__"}
        )
    over = pl.col("__over__") - pl.col("__over_minus__") if check.over else pl.lit(SCALE, pl.Int128)
    return rows.with_columns(__top__=(pl.col("__plus__") - pl.col("__minus__")) * check.times, __under__=over)


def _fact(places: pl.DataFrame, facts: pl.DataFrame, check: FactCheck, item: Item, year: int) -> pl.DataFrame:
    """The county's figure against its limit, all of them of one period."""
    own = _of_one_period(facts, {*check.plus, *check.minus, *check.over, *check.over_minus, check.limit_fact} - {""})
    rows = _with_bound(_quotient(places, own, facts, check, item), own, check, year)
    return _held(rows, check, is_share=check.is_rate, has_denominator=bool(check.over))


def _with_bound(rows: pl.DataFrame, facts: pl.DataFrame, check: FactCheck | Since | Total, year: int) -> pl.DataFrame:
    """The rows with the limit times SCALE² as `__bound__`."""
    if check.limit_fact:
        given = fact_values(facts, check.limit_fact).select(*_COUNTY, pl.col("value").alias("__fact__"))
        times = int(check.limit_times * SCALE)
        return rows.join(given, on=_COUNTY, how="left", validate="m:1", maintain_order="left").with_columns(
            __bound__=scaled("__fact__") * times
        )
    limit = limit_on(check, year)
    return rows.with_columns(__bound__=pl.lit(None if limit is None else bound_scaled(limit), pl.Int128))


def _held(
    rows: pl.DataFrame, check: FactCheck | Since | Total, *, is_share: bool = False, has_denominator: bool = True
) -> pl.DataFrame:
    """`__top__` / `__under__` against `__bound__`, with value, status and reason."""
    top, under, bound = pl.col("__top__"), pl.col("__under__"), pl.col("__bound__")
    full = int(getattr(check, "times", 1))
    is_over = (top > under * full).fill_null(value=False) if is_share else pl.lit(value=False)
    can = top.is_not_null() & (under > 0) & bound.is_not_null() & ~is_over
    is_met = pl.when(can).then(holds(top, under, bound, check.must_be))
    return rows.with_columns(
        unit=pl.lit(check.unit),
        must_be=pl.lit(check.must_be),
        numerator=top.cast(pl.Float64) / (SCALE * full),
        denominator=(under.cast(pl.Float64) / SCALE) if has_denominator else pl.lit(None, pl.Float64),
        value=pl.when((under > 0) & ~is_over).then(ratio(top.cast(pl.Float64), under.cast(pl.Float64))),
        limit=bound.cast(pl.Float64) / _SQUARE,
        status=met_or_not(is_met),
        reason=pl.when(is_met.is_not_null())
        .then(pl.lit(None, pl.String))
        .when(is_over)
        .then(pl.lit("rate_over_100"))
        .when(top.is_null() | under.is_null())
        .then(pl.lit("not_reported"))
        .when(under == 0)
        .then(pl.lit("divided_by_zero"))
        .otherwise(pl.lit("limit_not_reported")),
    )


def _since(places: pl.DataFrame, facts: pl.DataFrame, check: Since, year: int) -> pl.DataFrame:
    """School years since the year that the fact names."""
    given = fact_values(facts, check.fact).select(*_COUNTY, "value", *_PROOF)
    rows = places.join(given, on=_COUNTY, how="left", validate="1:1", maintain_order="left").with_columns(
        __top__=pl.lit(year * SCALE, pl.Int128) - scaled("value"), __under__=pl.lit(SCALE, pl.Int128)
    )
    held = _held(_with_bound(rows.drop("value"), facts, check, year), check, has_denominator=False)
    return held.with_columns(unit=pl.lit("years"))


def _growth(places: pl.DataFrame, facts: pl.DataFrame, check: Growth, year: int) -> pl.DataFrame:
    """One row per year judged: growth since the year before, in percent, against 0 or the growth of the other fact."""
    last = year - check.lag
    years = pl.DataFrame({"period": list(range(last - check.years + 1, last + 1))}, schema={"period": pl.Int32})
    rows = places.join(years, how="cross", maintain_order="left")
    for name, fact in (("", check.fact), ("other", check.faster_than)):
        if not fact:
            continue
        series = _series(facts, fact)
        for back, column in ((0, f"__{name}now__"), (1, f"__{name}before__")):
            shifted = series.with_columns(pl.col("period") + back).rename({"value": column})
            proof = _PROOF if (name, back) == ("", 0) else ()
            rows = rows.join(
                shifted.select("source", "county_code", "period", column, *proof),
                on=["source", "county_code", "period"],
                how="left",
                validate="m:1",
                maintain_order="left",
            )
    now, before = scaled("__now__"), scaled("__before__")
    can = (before > 0) & now.is_not_null()
    growth = pl.when(can).then((now - before).cast(pl.Float64) / before.cast(pl.Float64) * 100)
    falls = (now < before).fill_null(value=False)
    is_faster: pl.Expr
    limit: pl.Expr
    if check.faster_than:
        other_now, other_before = scaled("__othernow__"), scaled("__otherbefore__")
        # now / before > other_now / other_before, by whole numbers.
        is_faster = pl.when(can & (other_before > 0)).then(now * other_before > other_now * before)
        limit = pl.when(other_before > 0).then(
            (other_now - other_before).cast(pl.Float64) / other_before.cast(pl.Float64) * 100
        )
    else:
        is_faster, limit = pl.when(can).then(now > before), pl.lit(0.0)
    fails = falls if check.falling_fails else pl.lit(value=False)
    is_met = pl.when(fails).then(pl.lit(value=False)).otherwise(is_faster)
    return rows.with_columns(
        unit=pl.lit("percent"),
        must_be=pl.lit("above"),
        numerator=pl.col("__now__").cast(pl.Float64),
        denominator=pl.col("__before__").cast(pl.Float64),
        value=growth,
        limit=limit,
        status=met_or_not(is_met),
        reason=pl.when(fails)
        .then(pl.lit("falls"))
        .when(is_met.is_not_null())
        .then(pl.lit(None, pl.String))
        .when(now.is_null() | before.is_null())
        .then(pl.lit("not_reported"))
        .otherwise(pl.lit("limit_not_reported") if check.faster_than else pl.lit("divided_by_zero")),
    )


def _series(facts: pl.DataFrame, fact: str) -> pl.DataFrame:
    """A fact of each county by year, as the newest return that holds it says."""
    return (
        facts.filter((pl.col("fact") == fact) & _WHOLE & pl.col("value").is_not_null())
        .sort("source", "county_code", "period", "school_year")
        .unique(["source", "county_code", "period"], keep="last", maintain_order=True)
        .select("source", "county_code", "period", "value", *_PROOF)
    )


def _total(places: pl.DataFrame, inputs: Inputs, standard: Standard, check: Total, year: int) -> pl.DataFrame:
    """The ratio of totals over the county's units of a kind, or over its schools where no stage is named."""
    units = inputs.units.filter(pl.col("standard") == (standard.units_of or standard.id))
    subjects = (
        units.filter(pl.col("stage") == check.stage) if check.stage else schools(units).with_columns(stage=pl.lit(""))
    )
    found = of_kind(subjects, check.where).filter((pl.col("pupils") != 0).fill_null(value=True))
    rated = found.with_columns(
        __one_top__=field_total(check.plus, check.minus) * check.times,
        __one_under__=field_total(check.over, check.over_minus) if check.over else pl.lit(0, pl.Int128),
    )
    is_known = pl.col("__one_top__").is_not_null() & pl.col("__one_under__").is_not_null()
    is_sure = pl.col("is_of_kind").is_not_null()
    summed = rated.group_by(_COUNTY, maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("schools"),
        (~is_known | ~is_sure).sum().cast(pl.Int64).alias("schools_undetermined"),
        pl.when((is_known & is_sure).all()).then(pl.col("__one_top__").sum()).alias("__top__"),
        pl.when((is_known & is_sure).all()).then(pl.col("__one_under__").sum()).alias("__under__"),
    )
    rows = places.join(summed, on=_COUNTY, how="left", validate="1:1", maintain_order="left")
    if not check.over:
        rows = rows.with_columns(__under__=pl.lit(SCALE, pl.Int128))
    held = _held(_with_bound(rows, inputs.own_facts, check, year), check, is_share=check.is_rate)
    return _none_asked(held, inputs)


def _none_asked(rows: pl.DataFrame, inputs: Inputs) -> pl.DataFrame:
    """A county without a school of the kind: not applicable; one without any return: undetermined."""
    none = pl.col("schools").is_null()
    returned = inputs.units.select(_COUNTY).unique(maintain_order=True).with_columns(__returned__=pl.lit(value=True))
    is_known = pl.col("__returned__").fill_null(value=False)
    return (
        rows.join(returned, on=_COUNTY, how="left", validate="m:1", maintain_order="left")
        .with_columns(
            schools=pl.col("schools").fill_null(0),
            status=pl.when(none & is_known)
            .then(pl.lit("not_applicable"))
            .when(none)
            .then(pl.lit("undetermined"))
            .otherwise(pl.col("status")),
            reason=pl.when(none & is_known)
            .then(pl.lit("none_of_the_kind"))
            .when(none)
            .then(pl.lit("no_school_return"))
            .otherwise(pl.col("reason")),
        )
        .drop("__returned__")
    )


def _over_schools(places: pl.DataFrame, inputs: Inputs, standard: Standard, item: Item, check: Check) -> pl.DataFrame:
    """How many schools keep the check; with a share, whether enough of them do."""
    status = pl.col("status")
    counted = (
        inputs.school_checks.filter(
            (pl.col("standard") == standard.id) & (pl.col("item") == item.id) & (pl.col("check") == check.id)
        )
        .group_by(_COUNTY, maintain_order=True)
        .agg(
            pl.len().cast(pl.Int64).alias("schools"),
            *((status == s).sum().cast(pl.Int64).alias(f"schools_{s}") for s in ("met", "not_met", "undetermined")),
            ((status == "met") & (pl.col("reason") == "kind_unknown")).fill_null(value=False).sum().alias("__unsure__"),
            pl.col("limit").drop_nulls().unique().alias("__limits__"),
        )
    )
    rows = places.join(counted, on=_COUNTY, how="left", validate="1:1", maintain_order="left")
    share = check.share if isinstance(check, EverySchool) else None
    met, unknown, total = pl.col("schools_met"), pl.col("schools_undetermined"), pl.col("schools")
    least, unsure = int((share if share is not None else 1) * SCALE), pl.col("__unsure__").cast(pl.Int64)
    is_met = (
        pl.when((met - unsure) * SCALE >= (total - unsure) * least)
        .then(pl.lit(value=True))
        .when((met + unknown) * SCALE < total * least)
        .then(pl.lit(value=False))
    )
    rows = rows.with_columns(
        unit=pl.lit(_unit_of(check)),
        must_be=pl.lit(check.must_be if isinstance(check, EverySchool) else "at_most"),
        limit=pl.when(pl.col("__limits__").list.len() == 1).then(pl.col("__limits__").list.first()),
        value=ratio(met.cast(pl.Float64), total.cast(pl.Float64)) * 100 if share is not None and share < 1 else None,
        status=met_or_not(is_met),
        reason=pl.when(~is_met).then(pl.lit("schools_fail")).when(is_met.is_null()).then(pl.lit("missing_schools")),
    )
    if isinstance(check, EveryClass):
        rows = rows.with_columns(limit=pl.lit(float(check.at_most)))
    return _none_asked(rows.drop("__limits__"), inputs)


def _unit_of(check: Check) -> str:
    """The unit of a check's values by school."""
    if isinstance(check, EverySchool):
        return check.unit
    return "classes" if isinstance(check, EveryClass) else "people"


def _other_standard(
    places: pl.DataFrame,
    inputs: Inputs,
    standard: Standard,
    others: Mapping[str, Standard],
    check: OtherStandard,
    year: int,
) -> pl.DataFrame:
    """The other standard in each of the last years: not met if it was not in one, undetermined if one is missing."""
    asked = [check.standard] if check.standard else [s.id for s in others.values() if s.gate_of == standard.id]
    if check.aspect == "resource":
        judged = inputs.resource_verdicts.filter(pl.col("stage") == "all")
    else:
        judged = inputs.county_verdicts
    mine = judged.filter(
        pl.col("standard").is_in(asked) & pl.col("school_year").is_between(year - check.years + 1, year)
    )
    fails = ~pl.col("verdict").is_in(["met", "undetermined", "no_limit"])
    counted = (
        mine.group_by("source", "county_code", "standard", maintain_order=True)
        .agg(fails.any().alias("__fails__"), (pl.col("verdict") == "met").sum().cast(pl.Int64).alias("__met__"))
        .group_by("source", "county_code", maintain_order=True)
        .agg(
            pl.col("__fails__").any(),
            pl.col("__met__").min(),
            pl.len().cast(pl.Int64).alias("__judged__"),
            pl.col("standard").sort().str.join(" | ").alias("note"),
        )
    )
    # A province may have several base standards: each of them is asked for.
    asked_here = (
        pl.lit(1)
        if check.standard
        else pl.sum_horizontal(pl.lit(0), *(applies(others[name]).cast(pl.Int64) for name in asked))
    )
    rows = places.join(counted, on=["source", "county_code"], how="left", validate="1:1", maintain_order="left")
    is_met = (
        pl.when(pl.col("__fails__"))
        .then(pl.lit(value=False))
        .when((pl.col("__met__") >= check.years) & (pl.col("__judged__") >= asked_here))
        .then(pl.lit(value=True))
    )
    return rows.with_columns(
        unit=pl.lit("years"),
        value=pl.when(is_met.is_not_null()).then(pl.col("__met__").cast(pl.Float64)),
        must_be=pl.lit("at_least"),
        limit=pl.lit(float(check.years)),
        status=met_or_not(is_met),
        reason=pl.when(asked_here == 0)
        .then(pl.lit("no_base_standard"))
        .when(~is_met)
        .then(pl.lit("other_standard_not_met"))
        .when(is_met.is_null())
        .then(pl.lit("other_standard_undetermined")),
    )
