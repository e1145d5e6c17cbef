"""Which missing return decides: the units whose return alone could settle a coefficient that is undetermined.

A unit can settle it alone if there is a value of its own with which the bounds of the coefficient lie on one side of
the limit, whatever the other missing units say. docs/decisions/0018-coverage-bounds.md says why the values that are
tried are enough.
"""

from __future__ import annotations

import polars as pl

from pipelines.bounds import MISSING, SLACK, cv_squared, highest, lowest, ranges
from pipelines.dispersion import CELL, EQUAL
from pipelines.figures import ratio
from schemas.contract import tidy
from schemas.coverage import DECIDING_UNITS
from standards.standard import Standard

_ROUNDS = 6
_POINTS = pl.DataFrame({"at": [step / 12 for step in range(13)]})
"""Where in its range the value that makes the greatest coefficient least is looked for, each time around the best."""
_STAGE = [name for name in CELL if name not in ("indicator", "unit")]
_UNIT = ["unit_id", "school_id", "school_name"]
_SIZES = pl.DataFrame({"size": ["least", "greatest"]})
"""A unit of unknown weight is tried with the least and the greatest size that the standard names."""


def deciding_units(unit_indicators: pl.DataFrame, dispersion: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    """The units without a value on which an undetermined coefficient hangs, and what each could settle alone.

    One row per unit and coefficient with a limit whose status is undetermined for missing units. `settles_not_met`: the
    unit may report a value with which the limit is exceeded whatever the others report; `settles_met`: one with which
    it is kept. `decides`: either, or it is the only one missing. Where none of a coefficient's units decides, only
    several together can. Of a unit whose weight is not known nothing is said but for the sizes that the standard names.
    """
    open_cells = dispersion.filter(
        (pl.col("status") == "undetermined") & (pl.col("reason") == "missing_units") & pl.col("limit").is_not_null()
    )
    if open_cells.is_empty():
        return DECIDING_UNITS.empty()
    near = unit_indicators.join(open_cells.select(_STAGE).unique(), on=_STAGE, how="semi", maintain_order="left")
    settled = _settled(near, dispersion, standard)
    found = pl.concat([settled, _of_composite(settled, dispersion)]).join(
        open_cells.select(*_STAGE, "indicator", "limit"), on=[*_STAGE, "indicator"], how="inner", validate="m:1"
    )
    limit = pl.col("limit") + EQUAL
    rows = (
        found.group_by([*_STAGE, "indicator", *_UNIT], maintain_order=True)
        .agg(
            (pl.col("low") > limit).any().fill_null(value=False).alias("settles_not_met"),
            (pl.col("high") <= limit).any().fill_null(value=False).alias("settles_met"),
        )
        .with_columns(units_missing=pl.len().over([*_STAGE, "indicator"]).cast(pl.Int64))
    )
    decides = (pl.col("units_missing") == 1) | pl.col("settles_met") | pl.col("settles_not_met")
    return tidy(rows.with_columns(decides=decides), DECIDING_UNITS)


def _settled(values: pl.DataFrame, dispersion: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    """Of every missing unit, indicator and size: the highest lower bound and lowest upper bound that its value gives."""
    counted = values.group_by(CELL, maintain_order=True).agg(*MISSING)
    cells = counted.join(
        dispersion.select(*_STAGE, "indicator", "mean", "cv"), on=[*_STAGE, "indicator"], how="left", validate="1:1"
    ).join(ranges(standard), on="indicator", how="left", validate="m:1")
    rows = (
        values.filter(pl.col("value").is_null())
        .select(*CELL, *_UNIT, "denominator")
        .join(_SIZES, how="cross")
        .join(cells, on=list(CELL), how="left", validate="m:1")
    )
    is_sized = (pl.col("denominator") > 0).fill_null(value=False)
    end = pl.when(pl.col("size") == "least").then("__low__").otherwise("__high__")
    end = pl.when(end > 0).then(end)
    own = pl.when(is_sized).then("denominator").otherwise(end)
    silent = pl.col("__silent_weight__") - pl.when(is_sized).then("denominator").otherwise(0.0)
    weightless = pl.col("__weightless__") - pl.when(is_sized).then(0).otherwise(1)
    rows = rows.with_columns(own=own, known=pl.col("__weight__") + own, silent=silent, weightless=weightless)
    fewest = pl.col("silent") + pl.col("weightless") * pl.col("__low__")
    greatest = (
        pl.when(pl.col("weightless") == 0)
        .then("silent")
        .otherwise(pl.col("silent") + pl.col("weightless") * pl.col("__high__"))
    )
    rows = rows.with_columns(
        f=ratio(pl.col("own"), pl.col("known")),
        v=pl.col("cv") ** 2,
        from_share=ratio(fewest, pl.col("known") + fewest),
        to_share=ratio(greatest, pl.col("known") + greatest),
        l=pl.col("__least__") / pl.col("mean"),
        u=pl.col("__most__") / pl.col("mean"),
        is_last=pl.col("__missing__") == 1,
        is_single=pl.col("__missing__") - 1 == 1,
    )
    low = pl.max_horizontal(_low(rows, "l"), _low(rows, "u"), _low_beyond_all(rows))
    rows = rows.with_columns(low=low).with_columns(
        low=(pl.col("low") * (1 - SLACK) - SLACK).clip(lower_bound=0).sqrt(),
        high=(_least_high(rows) * (1 + SLACK) + SLACK).sqrt(),
    )
    is_known = (pl.col("mean") > 0) & pl.col("__least__").is_not_null()
    kept = [pl.when(is_known).then(pl.col(name)).alias(name) for name in ("low", "high")]
    return rows.select(*_STAGE, "indicator", *_UNIT, "size", *kept)


def _reported(rows: pl.DataFrame, value: pl.Expr) -> pl.DataFrame:
    """The rows with what the others leave open once the unit reports `value`, in units of the mean before."""
    mean = 1 + pl.col("f") * (value - 1)
    return rows.select(
        "from_share",
        "to_share",
        "is_single",
        "is_last",
        v=cv_squared(pl.col("v"), pl.col("f"), value, pl.lit(0.0)),
        l=ratio(pl.col("l"), mean),
        u=ratio(pl.col("u"), mean),
    )


def _low(rows: pl.DataFrame, value: str) -> pl.Series:
    """The lowest CV² over what the others may say where the unit reports `value`."""
    return _lowest_of(_reported(rows, pl.col(value)))


def _low_beyond_all(rows: pl.DataFrame) -> pl.Series:
    """The same where no greatest value is known and the unit reports ever more: it alone makes the mean."""
    unlimited = rows.select(
        "from_share",
        "to_share",
        v=pl.when(pl.col("u").is_null()).then(ratio(1 - pl.col("f"), pl.col("f"))),
        l=pl.lit(0.0),
        u=pl.lit(None, pl.Float64),
    )
    return _lowest_of(unlimited)


def _lowest_of(left: pl.DataFrame) -> pl.Series:
    open_end = pl.col("to_share").fill_null(1.0)
    return left.select(low=lowest(pl.col("v"), pl.col("from_share"), open_end, pl.col("l"), pl.col("u")))["low"]


def _high(rows: pl.DataFrame, value: pl.Series) -> pl.Series:
    """The highest CV² over what the others may say where the unit reports `value`; its own where it is the last."""
    left = _reported(rows.with_columns(value.alias("value")), pl.col("value"))
    most = highest(*(pl.col(name) for name in ("v", "from_share", "to_share", "l", "u", "is_single")))
    return left.select(high=pl.when("is_last").then("v").otherwise(most))["high"]


def _least_high(rows: pl.DataFrame) -> pl.Series:
    """The least of the highest CV² over the unit's values: it falls to one value and rises after."""
    # Without a greatest value nothing lies above; the last unit alone has its best value at second moment over mean.
    best = rows.select(best=pl.min_horizontal(pl.max_horizontal(1 + pl.col("v"), pl.col("l")), pl.col("u")))["best"]
    found = _high(rows, best)
    if not rows["u"].count():
        return found
    narrow = rows.with_row_index("place").with_columns(since="l", until="u")
    for _ in range(_ROUNDS):
        tried = narrow.join(_POINTS, how="cross", maintain_order="left")
        tried = tried.with_columns(value=pl.col("since") + (pl.col("until") - pl.col("since")) * pl.col("at"))
        tried = tried.with_columns(_high(tried, tried["value"])).sort("place", "high", nulls_last=True)
        least = tried.unique("place", keep="first", maintain_order=True)
        step = (pl.col("until") - pl.col("since")) * float(_POINTS["at"][1])
        narrow = least.with_columns(
            since=pl.max_horizontal(pl.col("value") - step, "l"), until=pl.min_horizontal(pl.col("value") + step, "u")
        ).drop("at", "value", "high")
        found = pl.DataFrame({"one": found, "other": least["high"]}).min_horizontal()
    return found


def _of_composite(settled: pl.DataFrame, dispersion: pl.DataFrame) -> pl.DataFrame:
    """The same of a stage's composite: the means over its indicators, those that the unit reports with their bounds."""
    of_units = settled.select(*_STAGE, *_UNIT, "size").unique(maintain_order=True)
    cells = dispersion.filter(pl.col("indicator") != "composite").select(*_STAGE, "indicator", "cv_low", "cv_high")
    rows = of_units.join(cells, on=_STAGE, how="inner", maintain_order="left").join(
        settled, on=[*_STAGE, *_UNIT, "size", "indicator"], how="left", validate="1:1", maintain_order="left"
    )
    low, high = pl.coalesce("low", "cv_low"), pl.coalesce("high", "cv_high")
    return (
        rows.group_by([*_STAGE, *_UNIT, "size"], maintain_order=True)
        .agg(
            pl.when(low.null_count() == 0).then(low.mean()).alias("low"),
            pl.when(high.null_count() == 0).then(high.mean()).alias("high"),
        )
        .with_columns(indicator=pl.lit("composite"))
        .select(settled.columns)
    )
