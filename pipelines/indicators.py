"""Units into indicators: what a unit has per pupil, and whether that meets the norm."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import polars as pl

from pipelines.figures import SCALE, bound_scaled, holds, ratio, scaled, scaled_finding
from pipelines.subjects import added_fields, exempt, school_findings
from schemas.contract import tidy
from schemas.county import COUNTY_FACTS
from schemas.tables import UNIT_INDICATORS, finding_fields, shared_fields
from standards.standard import Indicator, Standard
from standards.values import first_day, of_stage

_KIND = ["school_year", "school_type_code", "area"]


def unit_indicators(units: pl.DataFrame, standard: Standard, facts: pl.DataFrame | None = None) -> pl.DataFrame:
    """Resource per pupil (or class) of every unit that counts: one row per unit, indicator and school year.

    value = numerator × times / denominator, the numerator being the unit's share of what its school shares. Not
    reported is null, and so is what is divided by nothing. The norm, and its floor under the standard's school rule,
    are compared by whole numbers: numerator × scale ≥ norm × pupils. `facts` are the county's own: they exempt
    schools under a relaxation, and say school by school what no published norm can; where that contradicts the
    figures, the worse counts.
    """
    facts = COUNTY_FACTS.empty() if facts is None else facts
    counted = units.filter((pl.col("standing") == "counted") & (pl.col("standard") == standard.id))
    eased = [relaxation for relaxation in standard.relaxations if relaxation.indicator]
    counted = exempt(counted, facts, standard, eased)
    parts = [
        _one(counted.filter(pl.col("stage") == stage), indicator, stage, standard, facts)
        for stage in standard.scope.stages
        for indicator in standard.indicators
    ]
    return tidy(pl.concat(parts), UNIT_INDICATORS) if parts else UNIT_INDICATORS.empty()


def is_shared(indicator: Indicator, stage: str) -> bool:
    """Whether the indicator's resource is one that an integrated school shares between its stages, so that it is split."""
    is_split = bool(set(indicator.added(stage)) & set(shared_fields()))
    return is_split and indicator.denominator != "one" and not indicator.over


def _one(
    units: pl.DataFrame, indicator: Indicator, stage: str, standard: Standard, facts: pl.DataFrame
) -> pl.DataFrame:
    """One indicator of the units of one stage."""
    return _judged(measured(units, indicator, stage, standard, facts), indicator, standard)


def measured(
    units: pl.DataFrame, indicator: Indicator, stage: str, standard: Standard, facts: pl.DataFrame
) -> pl.DataFrame:
    """One indicator of the units of one stage, with the whole numbers that it is compared by, and not yet judged.

    `units` have passed `exempt`. `__resource__` is the school's resource and `denominator` × SCALE what it is divided
    by, `__share_numerator__` / `__share_denominator__` the unit's share of it, `__norm__` and `__floor__` the bounds
    of `holds`.
    """
    plus = indicator.added(stage)
    has_shared = is_shared(indicator, stage)
    said = school_findings(facts, f"{standard.id}/{indicator.id}").rename({"finding": "asserted"})
    school = ["school_year", "source", "county_code", "school_id"]
    whole = (
        units.join(
            _norms(indicator, stage, standard, units),
            on=_KIND,
            how="left",
            validate="m:1",
            nulls_equal=True,
            maintain_order="left",
        )
        .join(said, on=school, how="left", validate="m:1", maintain_order="left")
        .with_columns(
            __resource__=_resource(indicator, plus, standard),
            __share_numerator__=(pl.col("share_numerator") if has_shared else pl.lit(1)).cast(pl.Int128),
            __share_denominator__=(pl.col("share_denominator") if has_shared else pl.lit(1)).cast(pl.Int128),
            denominator=_denominator(indicator),
            relaxation=_applied(indicator, standard),
        )
    )
    resource, share = pl.col("__resource__"), pl.col("__share_denominator__")
    numerator = ratio((resource * pl.col("__share_numerator__")).cast(pl.Float64), share.cast(pl.Float64) * SCALE)
    exact_numerator = resource * pl.col("__share_numerator__") * indicator.times
    exact_denominator = pl.col("denominator") * share
    has_value = (exact_denominator > 0) & exact_numerator.is_not_null()
    # The floor is the norm × share where at least so much is asked, the norm / share where at most.
    floor_numerator, floor_bound = exact_numerator, pl.col("__floor__")
    if indicator.must_be == "at_most" and standard.school_rule:
        floor_numerator = exact_numerator * int(standard.school_rule.floor_share * SCALE)
        floor_bound = pl.col("__norm__") * SCALE
    return whole.with_columns(
        numerator=numerator,
        __at_norm__=pl.when(has_value).then(
            holds(exact_numerator, exact_denominator, pl.col("__norm__"), indicator.must_be)
        ),
        is_at_floor=pl.when(has_value & pl.col("floor").is_not_null()).then(
            holds(floor_numerator, exact_denominator, floor_bound, indicator.must_be)
        ),
        denominator=pl.col("denominator").cast(pl.Float64) / SCALE,
    ).with_columns(value=ratio(pl.col("numerator") * indicator.times, pl.col("denominator")))


def _resource(indicator: Indicator, plus: Sequence[str], standard: Standard) -> pl.Expr:
    """Σ plus − Σ minus, and what a relaxation lets count beside it, times SCALE."""
    if not plus:
        return pl.lit(None, pl.Int128)
    findings = set(finding_fields())
    added = [scaled_finding(field) if field in findings else scaled(field) for field in plus]
    resource = pl.sum_horizontal(added, ignore_nulls=False)
    for field in indicator.minus:
        resource = resource - scaled(field)
    for field, names in added_fields([r for r in standard.relaxations if r.indicator == indicator.id]).items():
        is_added = pl.any_horizontal(f"relaxed:{name}" for name in names)
        resource = pl.when(is_added).then(resource + scaled(field)).otherwise(resource)
    return resource


def _denominator(indicator: Indicator) -> pl.Expr:
    """What the resource is divided by, times SCALE."""
    if indicator.over:
        return pl.sum_horizontal([scaled(field) for field in indicator.over], ignore_nulls=False)
    if indicator.denominator == "one":
        return pl.lit(SCALE, pl.Int128)
    return scaled(indicator.denominator)


def _applied(indicator: Indicator, standard: Standard) -> pl.Expr:
    """The relaxations that a unit is under, joined by |."""
    names = [
        pl.when(f"relaxed:{relaxation.id}").then(pl.lit(relaxation.id))
        for relaxation in standard.relaxations
        if relaxation.indicator == indicator.id
    ]
    return (
        pl.concat_str(names, separator=" | ", ignore_nulls=True).replace("", None) if names else pl.lit(None, pl.String)
    )


def _judged(measured: pl.DataFrame, indicator: Indicator, standard: Standard) -> pl.DataFrame:
    """Status and reason, from the figures and from what the county says of the unit."""
    # Where a school rule asks for a verdict, a norm that is not published leaves the indicator undetermined.
    unknown = "undetermined" if standard.school_rule else "no_norm"
    is_said = pl.col("asserted").is_not_null()
    is_computable = pl.lit(bool(indicator.plus or indicator.plus_by_stage))
    computed = (
        pl.when(pl.col("norm").is_null() | ~is_computable)
        .then(pl.lit("no_norm"))
        .when(pl.col("__at_norm__").is_null())
        .then(pl.lit("undetermined"))
        .when("__at_norm__")
        .then(pl.lit("met"))
        .otherwise(pl.lit("not_met"))
    )
    contradicts = is_said & (pl.col("__at_norm__") != pl.col("asserted")).fill_null(value=False)
    said = pl.when("asserted").then(pl.lit("met")).otherwise(pl.lit("not_met"))
    has_floor = bool(standard.school_rule and standard.school_rule.floor_share > 0)
    return (
        measured.with_columns(
            indicator=pl.lit(indicator.id),
            unit=pl.lit(indicator.unit),
            __computed__=computed,
            reason=pl.when(contradicts)
            .then(pl.lit("contradiction"))
            .when(pl.col("value").is_not_null() & pl.col("norm").is_null() & ~is_said & pl.lit(unknown != "no_norm"))
            .then(pl.lit("norm_not_in_source"))
            .when(pl.col("value").is_not_null() | (is_said & (pl.col("norm").is_null() | ~is_computable)))
            .then(pl.lit(None, pl.String))
            .when(~is_computable)
            .then(pl.lit("not_stated"))
            .when(pl.col("pupils").is_null())
            .then(pl.lit("pupils_not_reported"))
            .when(pl.col("__resource__").is_null() | pl.col("denominator").is_null())
            .then(pl.lit("not_reported"))
            .when(pl.col("__share_denominator__").is_null())
            .then(pl.lit("split_unknown"))
            .otherwise(pl.lit("divided_by_zero")),
        )
        .with_columns(
            status=pl.when(contradicts)
            .then(pl.lit("not_met"))
            .when((pl.col("__computed__") == "no_norm") & is_said)
            .then(said)
            .when(pl.col("__computed__") == "no_norm")
            .then(pl.lit(unknown))
            .when((pl.col("__computed__") == "undetermined") & (pl.col("asserted") == pl.lit(value=False)))
            .then(pl.lit("not_met"))
            .otherwise(pl.col("__computed__"))
        )
        .with_columns(
            is_at_floor=pl.when(pl.lit(has_floor) & is_said & (pl.col("is_at_floor").is_null() | contradicts))
            .then(pl.col("status") == "met")
            .otherwise(pl.col("is_at_floor"))
        )
    )


def _norms(indicator: Indicator, stage: str, standard: Standard, units: pl.DataFrame) -> pl.DataFrame:
    """Norm and floor of each school year, school type and area, as numbers to show and as whole numbers to compare."""
    rows = []
    for year, school_type, area in units.select(_KIND).unique(maintain_order=True).iter_rows():
        norm = norm_of(indicator, year, stage, school_type, area)
        floor = _floor(norm, indicator, standard)
        is_at_least = indicator.must_be == "at_least"
        rows.append(
            {
                "school_year": year,
                "school_type_code": school_type,
                "area": area,
                "norm": None if norm is None else float(norm),
                "floor": None if floor is None else float(floor),
                "__norm__": None if norm is None else bound_scaled(norm),
                "__floor__": bound_scaled(floor) if floor is not None and is_at_least else None,
            }
        )
    schema = {
        "school_year": pl.Int32,
        "school_type_code": pl.String,
        "area": pl.String,
        "norm": pl.Float64,
        "floor": pl.Float64,
        "__norm__": pl.Int128,
        "__floor__": pl.Int128,
    }
    return pl.DataFrame(rows, schema=schema)


def _floor(norm: Decimal | None, indicator: Indicator, standard: Standard) -> Decimal | None:
    """What must be reached in any case; None where the school rule sets no floor."""
    rule = standard.school_rule
    if norm is None or rule is None or rule.floor_share == 0:
        return None
    return norm * rule.floor_share if indicator.must_be == "at_least" else norm / rule.floor_share


def norm_of(
    indicator: Indicator, school_year: int, stage: str, school_type: str | None, area: str | None
) -> Decimal | None:
    """The norm in force when the school year begins, for a unit of this type and area.

    A norm for some types or areas goes before one for all; before the first of them, that first one.
    """
    fitting = [
        norm
        for norm in indicator.norms
        if (not norm.school_types or school_type in norm.school_types)
        and (not norm.areas or area in norm.areas)
        and of_stage(norm, stage) is not None
    ]
    if not fitting:
        return None
    narrowest = max(bool(norm.school_types) + bool(norm.areas) for norm in fitting)
    own = sorted(
        (norm for norm in fitting if bool(norm.school_types) + bool(norm.areas) == narrowest),
        key=lambda norm: norm.starts,
    )
    valid = [norm for norm in own if norm.starts <= first_day(school_year)] or own[:1]
    return of_stage(valid[-1], stage)
