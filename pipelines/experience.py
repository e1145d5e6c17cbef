"""Experience checks (经验校验): what is possible but unusual, to be mended or explained. They never refuse anything."""

from __future__ import annotations

import polars as pl

from schemas.columns import STAGES
from schemas.tables import shared_fields

SWING = 2.0
"""A figure that more than doubles or halves within a year is named; a default of ours."""
SWING_FROM = 50
"""Only figures of at least this size are held against the year before; a default of ours."""
SLIPS = {"times_10": 10.0, "yuan_wan": 10_000.0, "mu_m2": 666.67}
"""Factors that a slip of the decimal point or of the unit leaves: ×10, 元 for 万元, 亩 for m²."""
SLIP_TOLERANCE = 0.02
COPY_FROM = 10
"""A return repeats the year before if at least so many figures do, and none differs; a default of ours."""
_KEY = ["source", "school_id", "return_part"]
FINDINGS = pl.Schema(
    {
        "school_year": pl.Int32,
        "source": pl.String,
        "county_code": pl.String,
        "school_id": pl.String,
        "school_name": pl.String,
        "column": pl.String,
        "finding": pl.String,
        "value_before": pl.Float64,
        "value": pl.Float64,
        "file": pl.String,
        "row": pl.Int64,
    }
)


def _columns() -> list[str]:
    staged = [f"{base}_{stage}" for stage in STAGES for base in ("pupils", "full_time_teachers", "classes")]
    return [*staged, *shared_fields()]


def year_findings(schools: pl.DataFrame, year: int) -> pl.DataFrame:
    """What is unusual beside the year before: one row per school, column and finding.

    `swing` more than doubles or halves a figure; `times_10`, `yuan_wan` and `mu_m2` change it by such a slip's factor
    or its inverse; `copy` repeats every reported figure of the year before, at least ten of them.
    """
    now = schools.filter(pl.col("school_year") == year)
    before = schools.filter(pl.col("school_year") == year - 1)
    columns = _columns()
    pairs = now.join(before.select(*_KEY, *columns), on=_KEY, how="inner", validate="1:1", suffix="__before")
    pairs = pairs.sort(*_KEY)
    shown = ["school_year", "source", "county_code", "school_id", "school_name", "file", "row"]
    long = pairs.select(*shown, *(pl.col(c).cast(pl.Float64) for c in columns)).unpivot(
        on=columns, index=shown, variable_name="column", value_name="value"
    )
    earlier = pairs.select("row", *(pl.col(f"{c}__before").cast(pl.Float64).alias(c) for c in columns)).unpivot(
        on=columns, index=["row"], variable_name="column", value_name="value_before"
    )
    both = long.with_columns(earlier["value_before"]).filter(
        pl.col("value").is_not_null() & pl.col("value_before").is_not_null()
    )
    times = pl.when(pl.col("value_before") > 0).then(pl.col("value") / pl.col("value_before"))
    finding = pl.coalesce(
        *(
            pl.when(
                ((times / factor - 1).abs() <= SLIP_TOLERANCE) | ((times * factor - 1).abs() <= SLIP_TOLERANCE)
            ).then(pl.lit(name))
            for name, factor in SLIPS.items()
        ),
        pl.when((times > SWING) | (times < 1 / SWING)).then(pl.lit("swing")),
    )
    unusual = both.filter(pl.max_horizontal("value", "value_before") >= SWING_FROM).with_columns(finding=finding)
    copies = (
        both.group_by(shown, maintain_order=True)
        .agg(
            pl.len().alias("columns"),
            (pl.col("value") == pl.col("value_before")).all().alias("same"),
            (pl.col("value") > 0).any().alias("any"),
        )
        .filter((pl.col("columns") >= COPY_FROM) & pl.col("same") & pl.col("any"))
        .with_columns(
            column=pl.lit(None, pl.String),
            finding=pl.lit("copy"),
            value=pl.lit(None, pl.Float64),
            value_before=pl.lit(None, pl.Float64),
        )
    )
    found = pl.concat([part.select(FINDINGS.names()).cast(FINDINGS) for part in (unusual, copies)])
    return found.filter(pl.col("finding").is_not_null()).sort("source", "county_code", "school_id", "column", "finding")
