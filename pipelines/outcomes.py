"""Items into parts, and parts into the verdict on the whole standard."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import polars as pl

from pipelines.county_checks import Inputs, applying
from pipelines.figures import SCALE
from pipelines.subjects import current
from pipelines.verdicts import combined
from schemas.contract import tidy
from schemas.judgement import COUNTY_PARTS, COUNTY_VERDICTS
from standards.items import Part
from standards.standard import Standard

_COUNTY = ["school_year", "source", "county_code"]
_PLACE = ["school_year", "source", "province_code", "county_code", "county_name"]
_COUNTED = ("items", "items_met", "items_not_met", "items_undetermined", "items_not_in_source", "contradictions")


def county_parts(inputs: Inputs, items: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    """Every part of a standard for every county that it is for: status, counts of items, points.

    `all`: every item is met, or asked of none of the county's schools. `count`: at least so many are. `points`: what
    is certain reaches the pass mark; not met where what is still possible does not. An item that is undetermined, or
    that the source does not give, is neither certain nor excluded. The resource part is one of the parts.
    """
    places = applying(inputs.places, standard)
    if not places.height:
        return COUNTY_PARTS.empty()
    order = _order(standard)
    parts = [_part(places, inputs.own_facts, items, part, standard) for part in standard.parts]
    if "resource" in order:
        parts.append(_resource(places, inputs.resource_verdicts, standard))
    if not parts:
        return COUNTY_PARTS.empty()
    positions = {name: position for position, name in enumerate(order)}
    return tidy(
        pl.concat(parts, how="diagonal_relaxed").with_columns(
            standard=pl.lit(standard.id),
            position=pl.col("part").replace_strict(positions, return_dtype=pl.Int64),
            **{name: pl.col(name).fill_null(0) for name in _COUNTED},
        ),
        COUNTY_PARTS,
    )


def _order(standard: Standard) -> list[str]:
    """The parts as they are judged: preconditions and gates, the resource part, then the others as the file has them."""
    first = [part.id for part in standard.parts if part.role in ("precondition", "gate")]
    has_resource = standard.dispersion.rule != "none" or standard.school_rule is not None
    return [*first, *(["resource"] if has_resource else []), *(p.id for p in standard.parts if p.id not in first)]


def _resource(places: pl.DataFrame, resource_verdicts: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    mine = resource_verdicts.filter((pl.col("standard") == standard.id) & (pl.col("stage") == "all")).select(
        *_COUNTY, pl.col("verdict").alias("status"), "reason"
    )
    return places.join(mine, on=_COUNTY, how="left", validate="1:1", maintain_order="left").with_columns(
        part=pl.lit("resource"),
        role=pl.lit("resource"),
        **dict.fromkeys(_COUNTED, pl.lit(0, pl.Int64)),
        status=pl.col("status").fill_null("undetermined"),
        reason=pl.when(pl.col("status").is_null()).then(pl.lit("no_unit_in_scope")).otherwise(pl.col("reason")),
    )


def _part(
    places: pl.DataFrame, facts: pl.DataFrame, items: pl.DataFrame, part: Part, standard: Standard
) -> pl.DataFrame:
    """One part of every county."""
    mine = items.filter((pl.col("standard") == standard.id) & (pl.col("part") == part.id))
    status = pl.col("status")
    counted = mine.group_by(_COUNTY, maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("items"),
        status.is_in(["met", "not_applicable"]).sum().cast(pl.Int64).alias("items_met"),
        *(
            (status == name).sum().cast(pl.Int64).alias(f"items_{name}")
            for name in ("not_met", "undetermined", "not_in_source")
        ),
        pl.col("is_contradiction").sum().cast(pl.Int64).alias("contradictions"),
        _ten_thousandths(pl.col("score")).sum().alias("__low__"),
        _ten_thousandths(pl.col("points").filter(pl.col("score").is_not_null())).sum().alias("__judged__"),
    )
    given = (
        current(facts)
        .filter(
            (pl.col("fact") == f"{standard.id}/{part.id}") & (pl.col("school_id") == "") & pl.col("score").is_not_null()
        )
        .sort(*_COUNTY, "period")
        .unique(_COUNTY, keep="last", maintain_order=True)
    )
    rows = (
        places.join(counted, on=_COUNTY, how="left", validate="1:1", maintain_order="left")
        .join(
            given.select(*_COUNTY, pl.col("score").cast(pl.Float64).alias("__given__")),
            on=_COUNTY,
            how="left",
            validate="1:1",
            maintain_order="left",
        )
        .with_columns(pl.col(name).fill_null(0) for name in _COUNTED)
        .with_columns(part=pl.lit(part.id), role=pl.lit(part.role))
    )
    unlisted = max((part.declares or 0) - len(standard.of_part(part.id)), 0)
    unknown = pl.col("items_undetermined") + pl.col("items_not_in_source") + unlisted
    rows = _with_points(rows, part, standard)
    return rows.with_columns(_status(part, unknown).alias("status")).with_columns(reason=_reason(part, unlisted))


def _with_points(rows: pl.DataFrame, part: Part, standard: Standard) -> pl.DataFrame:
    """Points that are certain and points that are possible, of a part that has any."""
    listed = [item.points for item in standard.of_part(part.id) if item.points is not None]
    none = pl.lit(None, pl.Float64)
    if not listed and part.total is None:
        return rows.with_columns(score_low=none, score_high=none, total=none, pass_mark=none)
    total = part.total if part.total is not None else sum(listed, Decimal(0))
    whole = int(total * SCALE)
    low, judged = pl.col("__low__").fill_null(0), pl.col("__judged__").fill_null(0)
    high, given = low + whole - judged, _ten_thousandths(pl.col("__given__"))
    # A score of the whole part stands in for items that are not in the source, never for one that is undetermined;
    # more than is still possible is refused.
    stands_in = given.is_not_null() & (judged < whole) & (given <= high) & (pl.col("items_undetermined") == 0)
    return rows.with_columns(
        score_low=pl.when(stands_in).then(given).otherwise(low).cast(pl.Float64) / SCALE,
        score_high=pl.when(stands_in).then(given).otherwise(high).cast(pl.Float64) / SCALE,
        total=pl.lit(float(total)),
        pass_mark=pl.lit(None if part.pass_mark is None else float(part.pass_mark), pl.Float64),
    )


def _ten_thousandths(points: pl.Expr) -> pl.Expr:
    """Points as whole ten-thousandths: sums of them are exact, and do not depend on their order."""
    return (points * SCALE).round(0).cast(pl.Int64)


def _status(part: Part, unknown: pl.Expr) -> pl.Expr:
    """Met, not met, undetermined by the part's rule."""
    if part.rule == "points":
        met = pl.col("score_low") >= pl.col("pass_mark")
        failed = pl.col("score_high") < pl.col("pass_mark")
    elif part.rule == "count":
        met = pl.col("items_met") >= part.at_least
        failed = pl.col("items_met") + unknown < part.at_least
    else:
        met = (pl.col("items_not_met") == 0) & (unknown == 0)
        failed = pl.col("items_not_met") > 0
    return pl.when(failed).then(pl.lit("not_met")).when(met).then(pl.lit("met")).otherwise(pl.lit("undetermined"))


def _reason(part: Part, unlisted: int) -> pl.Expr:
    not_met = {"points": "below_pass_mark", "count": "too_few_items"}.get(part.rule, "items_not_met")
    missing = (pl.col("items_not_in_source") > 0) | pl.lit(unlisted > 0)
    return (
        pl.when(pl.col("status") == "not_met")
        .then(pl.lit(not_met))
        .when((pl.col("status") == "undetermined") & (pl.col("items_undetermined") == 0) & missing)
        .then(pl.lit("items_not_in_source"))
        .when(pl.col("status") == "undetermined")
        .then(pl.lit("items_undetermined"))
    )


_FACES: dict[str, tuple[str, ...]] = {
    "eligibility": ("precondition", "gate"),
    "resource": ("resource",),
    "items": ("items",),
    "approval": ("approval",),
    "veto": ("veto",),
}
"""What the verdict is made of, each from the parts of some roles."""


def county_verdicts(parts: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    """The verdict on the whole standard: one row per county.

    Not eligible where a gate or precondition is not met; else not recognised where a veto applies; else not met where
    any other part is not; else undetermined where any part is; else met. Nothing missing ever passes.
    """
    mine = parts.filter(pl.col("standard") == standard.id)
    if not mine.height:
        return COUNTY_VERDICTS.empty()
    status, role = pl.col("status"), pl.col("role")
    deciding = role != "tracking"

    def of_roles(roles: Sequence[str]) -> pl.Expr:
        within = status.filter(role.is_in(roles))
        return pl.coalesce(
            *(pl.when((within == name).any()).then(pl.lit(name)) for name in ("not_met", "undetermined", "met")),
            pl.lit("no_limit"),
        )

    def named(condition: pl.Expr) -> pl.Expr:
        return pl.col("part").filter(condition & deciding).str.join(" | ").replace("", None)

    rows = mine.group_by(_PLACE, maintain_order=True).agg(
        *(of_roles(roles).alias(name) for name, roles in _FACES.items()),
        *(
            pl.col(name).filter(deciding).sum()
            for name in ("items_met", "items_not_met", "items_undetermined", "contradictions")
        ),
        named((status == "not_met") & role.is_in(_FACES["eligibility"])).alias("__gates__"),
        named((status == "not_met") & (role == "veto")).alias("__vetoes__"),
        named(status == "not_met").alias("__failed__"),
        named(status == "undetermined").alias("__open__"),
    )
    rest = combined([pl.col(name) for name in ("resource", "items", "approval")])
    whole = combined([pl.col(name) for name in _FACES])
    verdict = (
        pl.when(pl.col("eligibility") == "not_met")
        .then(pl.lit("not_eligible"))
        .when(pl.col("veto") == "not_met")
        .then(pl.lit("not_recognised"))
        .when(rest == "not_met")
        .then(pl.lit("not_met"))
        .otherwise(whole)
    )
    decides = (
        pl.when(pl.col("verdict") == "not_eligible")
        .then(pl.col("__gates__"))
        .when(pl.col("verdict") == "not_recognised")
        .then(pl.col("__vetoes__"))
        .when(pl.col("verdict") == "not_met")
        .then(pl.col("__failed__"))
        .when(pl.col("verdict") == "undetermined")
        .then(pl.col("__open__"))
    )
    reasons = {
        "not_eligible": "gate_not_met",
        "not_recognised": "veto_applies",
        "not_met": "parts_not_met",
        "undetermined": "parts_undetermined",
    }
    return tidy(
        rows.with_columns(standard=pl.lit(standard.id), verdict=verdict).with_columns(
            decides=decides,
            reason=pl.col("verdict").replace_strict(reasons, default=None, return_dtype=pl.String),
        ),
        COUNTY_VERDICTS,
    )
