"""Experience checks (经验校验): what is possible but unusual, to be mended or explained. They never refuse anything."""

from __future__ import annotations

import polars as pl

from schemas.columns import STAGES
from schemas.contract import tidy
from schemas.explanations import EXPERIENCE_FINDINGS
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
_ORIGIN = ("file", "sheet", "row")
_SHOWN = [
    "school_year", "source", "province_code", "county_code", "county_name", "school_id", "return_part", "school_name",
    *_ORIGIN, *(f"{name}_before" for name in _ORIGIN),
]  # fmt: skip


def _columns() -> list[str]:
    staged = [f"{base}_{stage}" for stage in STAGES for base in ("pupils", "full_time_teachers", "classes")]
    return [*staged, *shared_fields()]


def read_columns() -> list[str]:
    """What of the table `schools` the checks read."""
    return ["school_year", *_SHOWN[1:-3], *_columns()]


def experience_findings(schools: pl.DataFrame, lineage: pl.DataFrame, year: int) -> pl.DataFrame:
    """What is unusual beside the year before: one row per school, part of its return, check and column.

    `swing` more than doubles or halves a figure; `times_10`, `yuan_wan` and `mu_m2` change it by such a slip's factor
    or its inverse; `copy` repeats every reported figure of the year before, at least ten of them. `lineage` is
    `school_lineage` of the year: a finding keeps its number when the school takes another identifier.
    """
    columns = _columns()
    pairs = _pairs(schools, year, columns)
    both = _long(pairs, columns).filter(pl.col("value").is_not_null() & pl.col("value_before").is_not_null())
    found = pl.concat([_unusual(both), _copies(both)], how="diagonal")
    known = lineage.filter(pl.col("school_year") == year).select(*_KEY, "lineage_id")
    found = found.join(known, on=_KEY, how="left", validate="m:1", maintain_order="left")
    return tidy(found.with_columns(finding_id=finding_id()), EXPERIENCE_FINDINGS)


def finding_id() -> pl.Expr:
    """The number of a finding, the same each year: subject, part of the return, check and column.

    The subject of one on a school is its lineage, or where none is known its identifier; of one on a county its code.
    """
    school = pl.coalesce("lineage_id", "school_id")
    subject = pl.when(pl.col("school_id") == "").then(pl.format("county:{}", "county_code")).otherwise(school)
    return pl.concat_str(subject, "return_part", "check", "column", separator="/")


def _pairs(schools: pl.DataFrame, year: int, columns: list[str]) -> pl.DataFrame:
    """The returns of the year beside those of the year before, school by school; figures of the latter end in _before."""
    now = schools.filter(pl.col("school_year") == year)
    before = schools.filter(pl.col("school_year") == year - 1).select(
        *_KEY, pl.col(*_ORIGIN, *columns).name.suffix("_before")
    )
    return now.join(before, on=_KEY, how="inner", validate="1:1").sort(*_KEY)


def _long(pairs: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """One row per return and column: its value, and that of the year before."""
    sides = [
        pairs.select(*_SHOWN, *(pl.col(f"{c}{end}").cast(pl.Float64).alias(c) for c in columns)).unpivot(
            on=columns, index=_SHOWN, variable_name="column", value_name=f"value{end}"
        )
        for end in ("", "_before")
    ]
    return sides[0].with_columns(sides[1]["value_before"])


def _unusual(both: pl.DataFrame) -> pl.DataFrame:
    """The figures that a slip's factor, or else a swing, parts from the year before."""
    times = pl.when(pl.col("value_before") > 0).then(pl.col("value") / pl.col("value_before"))
    check = pl.coalesce(
        *(
            pl.when(
                ((times / factor - 1).abs() <= SLIP_TOLERANCE) | ((times * factor - 1).abs() <= SLIP_TOLERANCE)
            ).then(pl.lit(name))
            for name, factor in SLIPS.items()
        ),
        pl.when((times > SWING) | (times < 1 / SWING)).then(pl.lit("swing")),
    )
    asked = pl.col("check").replace_strict(SLIPS | {"swing": SWING}, return_dtype=pl.Float64)
    large = both.filter(pl.max_horizontal("value", "value_before") >= SWING_FROM).with_columns(check=check)
    return large.filter(pl.col("check").is_not_null()).with_columns(threshold=asked)


def _copies(both: pl.DataFrame) -> pl.DataFrame:
    """The returns that repeat every figure of the year before."""
    return (
        both.group_by(_SHOWN, maintain_order=True)
        .agg(
            pl.len().cast(pl.Float64).alias("figures"),
            (pl.col("value") == pl.col("value_before")).all().alias("same"),
            (pl.col("value") > 0).any().alias("any"),
        )
        .filter((pl.col("figures") >= COPY_FROM) & pl.col("same") & pl.col("any"))
        .select(
            *_SHOWN,
            pl.lit("").alias("column"),
            pl.lit("copy").alias("check"),
            pl.col("figures").alias("value"),
            pl.lit(float(COPY_FROM)).alias("threshold"),
        )
    )
