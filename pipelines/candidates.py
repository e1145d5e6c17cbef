"""Candidates for pioneer counties (先行创建县): ranked inside their province, with reasons, and the nominations."""

from __future__ import annotations

import polars as pl

from pipelines.figures import ratio
from schemas.contract import tidy
from schemas.judgement import PIONEER_CANDIDATES
from standards.standard import Standard

_PLACE = ["school_year", "source", "province_code", "county_code", "county_name"]
_COUNTY = ["school_year", "source", "county_code"]
_PROVINCE = ["school_year", "source", "province_code"]
CONDITION_ROLES = ("precondition", "gate", "items", "approval", "veto")
"""What is asked before selection; the tasks after it are tracked and decide nothing about it."""
_ORDER = {"met": 0, "undetermined": 1, "no_limit": 1, "not_met": 2}


def pioneer_candidates(
    items: pl.DataFrame,
    parts: pl.DataFrame,
    resource_verdicts: pl.DataFrame,
    dispersion: pl.DataFrame,
    facts: pl.DataFrame,
    standard: Standard,
    measured_by: str,
) -> pl.DataFrame:
    """The counties of each province in the order in which they come up to the selection conditions.

    One row per county and school year for which the parts of the standard are judged. Conditions are all
    of its parts that decide. Order: conditions met, undetermined, not met; then the verdict on the resource part of the
    standard `measured_by`, likewise; then the share of units that meet its school rule, higher first; then the least
    margin of a difference coefficient to its limit, wider first; then the county's code. What is not known comes last
    among its equals; a county one of whose coefficients cannot be judged has no least margin. Reasons are the
    condition items, met, not met, and those that cannot be told. That the conditions are taken in this order is
    inferred: the text names them and gives no order.

    A nomination is the county's finding `<standard>/nominated`, with the date of its document. `not_eligible`: the
    conditions are not met; `late`: dated after the quota's deadline; `over_quota`: more are nominated in the province
    than may be, and this one ranks below those that fit. The first of these is said.
    """
    mine = parts.filter(pl.col("standard") == standard.id)
    counties = mine.select(_PLACE).unique(maintain_order=True)
    asked = mine.filter(pl.col("role").is_in(CONDITION_ROLES)).sort(*_COUNTY, "position")
    resource = resource_verdicts.filter((pl.col("standard") == measured_by) & (pl.col("stage") == "all")).select(
        *_COUNTY,
        pl.col("verdict").alias("resource"),
        pl.when(pl.col("school_rule") != "no_limit")
        .then(ratio(pl.col("units_meeting"), pl.col("units")))
        .alias("schools_met_share"),
    )
    margins = (
        dispersion.filter((pl.col("standard") == measured_by) & pl.col("limit").is_not_null())
        .group_by(_COUNTY, maintain_order=True)
        .agg(pl.when((pl.col("status") != "undetermined").all()).then(pl.col("margin").min()).alias("least_margin"))
    )
    rows = counties
    for more in (_conditions(asked), resource, margins, _reasons(items, standard), _nominations(facts, standard)):
        rows = rows.join(more, on=_COUNTY, how="left", validate="1:1", maintain_order="left")
    rows = rows.with_columns(standard=pl.lit(standard.id), conditions=pl.col("conditions").fill_null("no_limit"))
    ranked = rows.sort(
        *_PROVINCE,
        pl.col("conditions").replace_strict(_ORDER),
        pl.col("resource").replace_strict(_ORDER, default=3),
        -pl.col("schools_met_share"),
        -pl.col("least_margin"),
        "county_code",
        nulls_last=True,
    ).with_columns(rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over(_PROVINCE))
    return tidy(_with_findings(ranked, standard), PIONEER_CANDIDATES)


def _conditions(asked: pl.DataFrame) -> pl.DataFrame:
    """Of each county, whether the parts that are conditions are all met."""
    status = pl.col("status")
    return asked.group_by(_COUNTY, maintain_order=True).agg(
        pl.when((status == "not_met").any())
        .then(pl.lit("not_met"))
        .when((status == "undetermined").any())
        .then(pl.lit("undetermined"))
        .when((status == "met").any())
        .then(pl.lit("met"))
        .otherwise(pl.lit("no_limit"))
        .alias("conditions")
    )


def _reasons(items: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    """Of each county, the condition items for it, against it, and those that cannot be told, joined by |."""
    conditions = [part.id for part in standard.parts if part.role in CONDITION_ROLES]
    asked = items.filter((pl.col("standard") == standard.id) & pl.col("part").is_in(conditions))
    named = (("reasons_for", "met"), ("reasons_against", "not_met"), ("reasons_unknown", "undetermined"))
    return (
        asked.sort(*_COUNTY, "position")
        .group_by(_COUNTY, maintain_order=True)
        .agg(
            pl.col("item").filter(pl.col("status") == status).str.join(" | ").replace("", None).alias(name)
            for name, status in named
        )
    )


def _nominations(facts: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    """Of each county, whether it is nominated, and the date of the document that says so."""
    return (
        facts.filter(
            (pl.col("fact") == f"{standard.id}/nominated")
            & (pl.col("school_id") == "")
            & (pl.col("breakdown") == "")
            & pl.col("finding").is_not_null()
        )
        .sort(*_COUNTY, "period")
        .unique(_COUNTY, keep="last", maintain_order=True)
        .select(*_COUNTY, pl.col("finding").alias("is_nominated"), pl.col("evidence_date").alias("nominated_on"))
    )


def _with_findings(ranked: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    """The ranked counties with what is wrong with a nomination."""
    if standard.quota is None:
        return ranked.with_columns(finding=pl.lit(None, pl.String))
    is_nominated = pl.col("is_nominated").fill_null(value=False)
    place = is_nominated.cast(pl.Int64).cum_sum().over(_PROVINCE)
    finding = (
        pl.when(~is_nominated)
        .then(pl.lit(None, pl.String))
        .when(pl.col("conditions") == "not_met")
        .then(pl.lit("not_eligible"))
        .when(pl.col("nominated_on") > standard.quota.deadline)
        .then(pl.lit("late"))
        .when(place > standard.quota.most)
        .then(pl.lit("over_quota"))
    )
    return ranked.with_columns(finding=finding)
