"""Checks into items: what is computed, what the county says, what follows, and the points."""

from __future__ import annotations

import polars as pl

from pipelines.county_checks import Inputs, applying, finding_key
from pipelines.subjects import current
from schemas.contract import tidy
from schemas.judgement import COUNTY_ITEMS
from standards.items import Finding, Item
from standards.standard import Standard

_COUNTY = ["school_year", "source", "county_code"]
_PROOF = ("note", "evidence", "evidence_date", "office")
_WORST = ("not_met", "undetermined", "met", "not_applicable")


def worst(statuses: pl.Expr) -> pl.Expr:
    """Over a group, of parts that must all be met: not met, else undetermined, else met, else not applicable."""
    return pl.coalesce(pl.when((statuses == status).any()).then(pl.lit(status)) for status in _WORST)


def county_items(inputs: Inputs, checks: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    """Every item of a standard for every county that it is for: one row per county and item.

    An item is met where all its checks are. What the county says of an item that is computed stands beside it; where
    the two contradict, the worse counts. A yes does not stand in for figures that are missing, a no does count.
    Points: those that the county gives itself, else all where the item is met and none where it is not; more than
    the item has are refused, and fewer want a reason. Items whose content is not published are not in the source
    unless the county speaks of them.
    """
    places = applying(inputs.places, standard)
    if not standard.items or not places.height:
        return COUNTY_ITEMS.empty()
    vetoes = {part.id for part in standard.parts if part.role == "veto"}
    listed = pl.DataFrame(
        [
            (
                position,
                item.part,
                item.under or None,
                item.id,
                finding_key(standard, item),
                item.part not in vetoes if _expected(item) is None else bool(_expected(item)),
                item.is_in_source,
                None if item.points is None else float(item.points),
            )
            for position, item in enumerate(standard.items)
        ],
        schema={
            "position": pl.Int64,
            "part": pl.String,
            "under": pl.String,
            "item": pl.String,
            "fact": pl.String,
            "__expects__": pl.Boolean,
            "__is_in_source__": pl.Boolean,
            "points": pl.Float64,
        },
        orient="row",
    )
    rows = places.join(listed, how="cross", maintain_order="left")
    rows = rows.join(
        _of_checks(checks, standard), on=[*_COUNTY, "item"], how="left", validate="1:1", maintain_order="left"
    )
    rows = rows.join(_said(inputs.own_facts), on=[*_COUNTY, "fact"], how="left", validate="m:1", maintain_order="left")
    return tidy(_scored(_judged(rows)).with_columns(standard=pl.lit(standard.id)), COUNTY_ITEMS)


def _expected(item: Item) -> bool | None:
    """What the item's own finding has to be, where a check says it."""
    return next((check.expects for check in item.checks if isinstance(check, Finding) and not check.id), None)


def _of_checks(checks: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    """Of each county and item: what is computed, what findings are required and met, and why."""
    own = pl.col("basis") == "asserted"
    is_reason = pl.col("status") == worst(pl.col("status"))
    return (
        checks.filter(pl.col("standard") == standard.id)
        .group_by([*_COUNTY, "item"], maintain_order=True)
        .agg(
            worst(pl.col("status").filter(~own)).alias("computed"),
            worst(pl.col("status").filter(own)).alias("__findings__"),
            (own & (pl.col("status") != "undetermined")).any().alias("__is_found__"),
            worst(pl.col("status")).alias("__all__"),
            pl.col("reason").filter(is_reason).drop_nulls().first().alias("__reason__"),
            *(pl.col(name).drop_nulls().first().alias(f"__{name}__") for name in _PROOF),
        )
    )


def _said(facts: pl.DataFrame) -> pl.DataFrame:
    """What the county says of a whole item: finding and score, each the newest there is, proof, and of single schools."""
    held = current(facts).filter(pl.col("breakdown") == "")
    whole = held.filter(
        (pl.col("school_id") == "") & (pl.col("finding").is_not_null() | pl.col("score").is_not_null())
    ).sort(*_COUNTY, "fact", "period")
    single = held.filter((pl.col("school_id") != "") & pl.col("finding").is_not_null())
    key = [*_COUNTY, "fact"]
    newest = whole.group_by(key, maintain_order=True).agg(
        pl.col("finding").drop_nulls().last(),
        pl.col("score").drop_nulls().last().cast(pl.Float64).alias("__given__"),
        *(pl.col(name).drop_nulls().last() for name in _PROOF),
    )
    of_schools = single.group_by(key, maintain_order=True).agg(
        (~pl.col("finding")).any().alias("__some_no__"), pl.col("finding").any().alias("__some_yes__")
    )
    return newest.join(of_schools, on=key, how="full", coalesce=True, validate="1:1", maintain_order="left_right")


def _judged(rows: pl.DataFrame) -> pl.DataFrame:
    """Status and reason of each item."""
    # One school of which the contrary of what is expected is said is enough.
    of_schools = pl.when("__expects__").then(pl.col("__some_no__")).otherwise(pl.col("__some_yes__"))
    said = (
        pl.when(of_schools.fill_null(value=False))
        .then(pl.lit("not_met"))
        .when(pl.col("finding") == pl.col("__expects__"))
        .then(pl.lit("met"))
        .when(pl.col("finding").is_not_null())
        .then(pl.lit("not_met"))
    )
    found = pl.when("__is_found__").then(pl.col("__findings__"))
    rows = rows.with_columns(__said__=said).with_columns(asserted=pl.coalesce("__said__", found))
    computed, spoken = pl.col("computed"), pl.col("__said__")
    determined = pl.col("computed").is_in(["met", "not_met"])
    contradicts = (determined & (computed != spoken)).fill_null(value=False)
    # Without any check the county's word is all there is; where figures are missing, its yes does not stand in.
    status = (
        pl.when(contradicts | (spoken == "not_met").fill_null(value=False))
        .then(pl.lit("not_met"))
        .when(pl.col("__reason__").eq("no_base_standard").fill_null(value=False) & spoken.is_not_null())
        .then(spoken)
        .when(pl.col("__all__").is_not_null())
        .then(pl.col("__all__"))
        .when(spoken.is_not_null())
        .then(spoken)
        .when("__is_in_source__")
        .then(pl.lit("undetermined"))
        .otherwise(pl.lit("not_in_source"))
    )
    return rows.with_columns(status=status, is_contradiction=contradicts).with_columns(
        reason=pl.when(contradicts)
        .then(pl.lit("contradiction"))
        .when(pl.col("status").is_in(["met", "not_in_source"]))
        .then(pl.lit(None, pl.String))
        .when((spoken == "not_met") & (pl.col("__all__") != "not_met").fill_null(value=True))
        .then(pl.lit("said_not_met"))
        .when(pl.col("status") == "not_met")
        .then(pl.coalesce("__reason__", pl.lit("limit_not_kept")))
        .otherwise(pl.coalesce("__reason__", pl.lit("not_stated"))),
        **{name: pl.coalesce(name, f"__{name}__") for name in _PROOF},
    )


def _scored(rows: pl.DataFrame) -> pl.DataFrame:
    """Points of each item: given by the county, else by the status."""
    given, points = pl.col("__given__"), pl.col("points")
    is_over = (given > points).fill_null(value=False)
    is_given = given.is_not_null() & points.is_not_null() & ~is_over
    by_status = (
        pl.when(pl.col("status").is_in(["met", "not_applicable"]))
        .then(points)
        .when((pl.col("status") == "not_met") & points.is_not_null())
        .then(pl.lit(0.0))
    )
    return rows.with_columns(
        score=pl.when(is_given).then(given).when(~is_over).then(by_status),
        score_reason=pl.when(is_over)
        .then(pl.lit("more_than_points"))
        .when(is_given & (given == points) & (pl.col("status") == "not_met"))
        .then(pl.lit("full_though_not_met"))
        .when(is_given & (given < points) & pl.col("note").is_null())
        .then(pl.lit("deduction_not_stated")),
    ).with_columns(
        score_basis=pl.when(is_given)
        .then(pl.lit("asserted"))
        .when(pl.col("score").is_not_null())
        .then(pl.lit("computed"))
    )
