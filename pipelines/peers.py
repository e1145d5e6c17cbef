"""Compared with whom: counties of like size and structure, by a distance that can be checked by hand."""

from __future__ import annotations

import polars as pl

from pipelines.figures import known_total, ratio
from schemas.columns import STAGES
from schemas.contract import tidy
from schemas.tables import codes
from schemas.why import COUNTY_STRUCTURE, FEATURES, PEERS

NEAREST = 10
"""How many peers a county has; a default of ours."""
_BLOCK = 200
"""Counties that are compared with all others at a time, so that a nation's pairs need not be held at once."""
_COUNTY = ["school_year", "source", "province_code", "county_code"]
_LOGARITHMIC = ("pupils", "pupils_per_site")
"""Features of which the ratio counts: 2,000 pupils lie as far from 1,000 as 200,000 from 100,000."""


def county_structure(schools: pl.DataFrame) -> pl.DataFrame:
    """Size and structure of every county, from the returns of its schools with compulsory pupils.

    Of a share, what is divided by are the pupils of the schools that report what is asked; null where none does. A site
    is a school identifier: the parts of a school that a source gives apart are one.
    """
    types = pl.DataFrame(codes("school_types")).select(
        pl.col("code").alias("school_type_code"),
        is_integrated=pl.col("stages").str.split(" ").list.len() > 1,
    )
    areas = pl.DataFrame(codes("areas")).select(pl.col("code").alias("area_code"), "area")
    pupils = pl.sum_horizontal([f"pupils_{stage}" for stage in STAGES], ignore_nulls=True)
    rows = (
        schools.with_columns(__pupils__=pupils)
        .filter(pl.col("__pupils__") > 0)
        .join(types, on="school_type_code", how="left", validate="m:1", maintain_order="left")
        .join(areas, on="area_code", how="left", validate="m:1", maintain_order="left")
        .with_columns(
            __boarders__=pl.sum_horizontal([f"boarders_{stage}" for stage in STAGES], ignore_nulls=True),
            __known__=pl.any_horizontal(pl.col(f"boarders_{stage}").is_not_null() for stage in STAGES),
        )
        .sort(*_COUNTY, "county_name", "school_id", "return_part")
    )

    def share(part: pl.Expr, known: pl.Expr) -> pl.Expr:
        of = pl.col("__pupils__").filter(known).sum().cast(pl.Float64)
        return ratio(part.sum().cast(pl.Float64), of)

    own, area = pl.col("__pupils__"), pl.col("area")
    found = rows.group_by(_COUNTY, maintain_order=True).agg(
        pl.col("county_name").first(),
        pl.col("school_id").n_unique().cast(pl.Int64).alias("sites"),
        known_total("__pupils__").cast(pl.Int64).alias("pupils"),
        share(own.filter(area == "urban"), area.is_not_null()).alias("urban_share"),
        share(pl.col("__boarders__").filter("__known__"), pl.col("__known__")).alias("boarding_share"),
        share(own.filter("is_integrated"), pl.col("is_integrated").is_not_null()).alias("integrated_share"),
    )
    found = found.with_columns(
        pupils_per_site=ratio(pl.col("pupils").cast(pl.Float64), pl.col("sites").cast(pl.Float64))
    )
    return tidy(found, COUNTY_STRUCTURE)


def peers(structure: pl.DataFrame) -> pl.DataFrame:
    """The NEAREST counties of the same source and school year, the nearest first, equals in order of code.

    Distance = √(mean over the features that both report of ((a − b) / SD)²), SD over all counties of the source and
    year; of pupils and pupils per site the logarithms are taken. A feature in which no two counties differ counts for
    nothing. Counties without a common feature are not compared.
    """
    of_source = ["school_year", "source"]
    scaled = structure.with_columns(
        (pl.col(name).cast(pl.Float64).log() if name in _LOGARITHMIC else pl.col(name)).alias(f"__{name}__")
        for name in FEATURES
    ).with_columns(
        ratio(pl.col(f"__{name}__"), pl.col(f"__{name}__").std(ddof=0).over(of_source)).alias(f"__{name}__")
        for name in FEATURES
    )
    scaled = scaled.sort(*of_source, "county_code")
    found = [_nearest(scaled.slice(start, _BLOCK), scaled) for start in range(0, scaled.height, _BLOCK)]
    return tidy(pl.concat([PEERS.empty(), *found], how="diagonal_relaxed"), PEERS)


def _nearest(counties: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """The nearest of the others to each of some counties, ranked."""
    of_source, own = ["school_year", "source"], [f"__{name}__" for name in FEATURES]
    key = [*of_source, "county_code"]
    pairs = (
        counties.select(*key, *own)
        .join(
            others.select(*of_source, pl.col("county_code").alias("peer_code"), pl.col(own).name.suffix("other")),
            on=of_source,
            how="inner",
            maintain_order="left_right",
        )
        .filter(pl.col("county_code") != pl.col("peer_code"))
    )
    squares = [(pl.col(name) - pl.col(f"{name}other")) ** 2 for name in own]
    known = pl.sum_horizontal([square.is_not_null().cast(pl.Int64) for square in squares])
    distance = ratio(pl.sum_horizontal(squares, ignore_nulls=True), known.cast(pl.Float64)).sqrt()
    pairs = pairs.select(*key, "peer_code", features=known, distance=distance).filter(pl.col("distance").is_not_null())
    farthest = pairs.group_by(key, maintain_order=True).agg(
        pl.col("distance").bottom_k(NEAREST).max().alias("__farthest__")
    )
    near = pairs.join(farthest, on=key, how="left", validate="m:1", maintain_order="left").filter(
        pl.col("distance") <= pl.col("__farthest__")
    )
    ranked = near.sort(*key, "distance", "peer_code").with_columns(rank=pl.int_range(1, pl.len() + 1).over(key))
    names = others.select(
        *of_source, pl.col("county_code").alias("peer_code"), pl.col("county_name").alias("peer_name")
    )
    return (
        ranked.filter(pl.col("rank") <= NEAREST)
        .join(names, on=[*of_source, "peer_code"], how="left", validate="m:1", maintain_order="left")
        .join(
            counties.select(*key, "province_code", "county_name"),
            on=key,
            how="left",
            validate="m:1",
            maintain_order="left",
        )
    )
