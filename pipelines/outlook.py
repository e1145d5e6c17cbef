"""Staff and classes of today held against the pupils that are projected."""

from __future__ import annotations

import polars as pl

from pipelines.figures import ratio, whole_total
from schemas.contract import tidy
from schemas.outlook import PUPIL_CAPACITY
from schemas.tables import stage_fields

_COUNTY = ["source", "province_code", "county_code"]
_URBAN = ("111", "112")


def capacity(schools: pl.DataFrame, projections: pl.DataFrame, year: int) -> pl.DataFrame:
    """Projected pupils per full-time teacher and per class of this year, with the interval of the projection.

    Null where a school with pupils does not report its teachers or classes. `urban_share` is the share of this year's
    pupils in urban schools (主城区 and 城乡结合区), null where a school with pupils has no area code.
    """
    parts = []
    for stage in ("primary", "junior"):
        fields = stage_fields()[stage]
        here = schools.filter((pl.col("school_year") == year) & (pl.col(fields["pupils"]) > 0))
        area = pl.col("area_code")
        urban = pl.col(fields["pupils"]).filter(area.is_in(_URBAN)).sum()
        parts.append(
            here.group_by(_COUNTY, maintain_order=True).agg(
                pl.lit(stage).alias("stage"),
                whole_total(fields["full_time_teachers"]).cast(pl.Float64).alias("teachers"),
                whole_total(fields["classes"]).cast(pl.Float64).alias("classes"),
                pl.when(area.null_count() == 0)
                .then(ratio(urban.cast(pl.Float64), pl.col(fields["pupils"]).sum().cast(pl.Float64)))
                .alias("urban_share"),
            )
        )
    rows = projections.join(pl.concat(parts), on=[*_COUNTY, "stage"], how="left", validate="m:1", maintain_order="left")
    held = {"teacher": pl.col("teachers"), "class": pl.col("classes")}
    pupils = {"": pl.col("pupils_now").cast(pl.Float64), "_low": pl.col("pupils_low"), "_high": pl.col("pupils_high")}
    return tidy(
        rows.with_columns(
            ratio(count, of).alias(f"pupils_per_{name}{end}")
            for name, of in held.items()
            for end, count in pupils.items()
        ),
        PUPIL_CAPACITY,
    )
