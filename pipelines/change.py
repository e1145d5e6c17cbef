"""What changed since the year before, for the county and each unit; openings, closings and mergers apart."""

from __future__ import annotations

import polars as pl

from pipelines.county_history import on_todays_codes, rebuilt_dispersion, series_marks
from pipelines.dispersion import county_dispersion
from pipelines.figures import ratio, whole_total
from schemas.contract import conform, tidy
from schemas.tables import YEAR_OVER_YEAR
from standards.standard import Standard

_PLACE = ("standard", "source", "province_code", "county_code")


def year_over_year(
    units: pl.DataFrame,
    unit_indicators: pl.DataFrame,
    dispersion: pl.DataFrame,
    changes: pl.DataFrame,
    history: pl.DataFrame,
    standard: Standard,
    year: int,
) -> pl.DataFrame:
    """The change of every indicator of a standard from the school year before to `year`, in seven series.

    `county`: mean and CV over all units. `common`: the same, for each indicator, over the units with a value in
    both years, so that neither openings and closings nor what is not reported shows as change. `unit`: the value of
    each unit that counts in both years. `opened` and `closed`: the units
    of one year only. `merged` and `split`: the units of one merger or split, together on both sides, total by total;
    they are in none of the other series of units. Percent has the year before as its base; null where that is 0 or
    not reported. The tables hold both school years; a county without data the year before has its `county` rows only,
    with the reason. `changes` (`school_changes` of the year) say which school of the year before is which of this one
    where the code is another, and which merged or were split. `history` (`county_history` of the year) says how the
    year before is read from this year's counties; `series_mark` says so of each row.
    """
    mine = pl.col("standard") == standard.id
    units, values = units.filter(mine), unit_indicators.filter(mine)
    dispersion = rebuilt_dispersion(units, values, dispersion.filter(mine), history, standard)
    units, values = (on_todays_codes(frame, history) for frame in (units, values))
    units, values = (under_codes_of(frame, changes, year) for frame in (units, values))
    joint_rows, values = _regrouped(values, changes, year)
    now, before = (values.filter(pl.col("school_year") == y) for y in (year, year - 1))
    spread_now, spread_before = (dispersion.filter(pl.col("school_year") == y) for y in (year, year - 1))
    key = [*_PLACE, "unit_id", "indicator"]
    is_known = spread_before.select(*_PLACE, "stage").unique(maintain_order=True)
    comparable = now.join(is_known, on=[*_PLACE, "stage"], how="semi", maintain_order="left")
    pairs = comparable.join(
        before.select(
            *key,
            pl.col("value").alias("value_before"),
            pl.col("pupils").alias("pupils_before"),
            pl.col("__as_before__").alias("unit_id_before"),
        ),
        on=key,
        how="inner",
        validate="1:1",
        maintain_order="left",
    )
    opened = comparable.join(before, on=key, how="anti", maintain_order="left")
    still_there = spread_now.select(*_PLACE, "stage", "county_name").unique([*_PLACE, "stage"], maintain_order=True)
    closed = (
        before.join(now, on=key, how="anti", maintain_order="left")
        .drop("county_name")
        .join(still_there, on=[*_PLACE, "stage"], how="inner", validate="m:1", maintain_order="left")
        .with_columns(school_year=pl.lit(year, pl.Int32))
    )
    reporting = pairs.filter(pl.col("value").is_not_null() & pl.col("value_before").is_not_null())
    counts = _counts(reporting, opened, closed, joint_rows)
    county = _county_series(spread_now, spread_before, counts, "county")
    common = _common(units, values, reporting, standard, year)
    common_rows = _county_series(*common, counts, "common") if reporting.height else county.clear()
    unit_rows = [
        joint_rows,
        pairs.with_columns(series=pl.lit("unit")),
        opened.with_columns(series=pl.lit("opened")),
        closed.with_columns(
            series=pl.lit("closed"),
            value_before=pl.col("value"),
            value=pl.lit(None, pl.Float64),
            pupils_before=pl.col("pupils"),
            pupils=pl.lit(None, pl.Int64),
        ),
    ]
    rows = pl.concat([conform(part, YEAR_OVER_YEAR) for part in (county, common_rows, *map(_named, unit_rows))])
    marks = series_marks(history, [year - 1])
    rows = rows.drop("series_mark").join(
        marks, on=["standard", "source", "county_code"], how="left", validate="m:1", maintain_order="left"
    )
    change = pl.col("value") - pl.col("value_before")
    is_broken = (pl.col("series_mark") == "b") & (pl.col("reason") == "no_year_before")
    rows = rows.with_columns(
        reason=pl.when(is_broken).then(pl.lit("series_break")).otherwise(pl.col("reason")),
        change=change,
        change_percent=ratio(change * 100, pl.col("value_before")),
        cv_change=pl.col("cv") - pl.col("cv_before"),
    )
    return tidy(rows, YEAR_OVER_YEAR)


def under_codes_of(rows: pl.DataFrame, changes: pl.DataFrame, year: int) -> pl.DataFrame:
    """The rows with the units of the year before under the codes of this year; `__as_before__` is the code they had."""
    led = changes.filter(pl.col("change") == "recoded").select(
        "source", pl.col("school_id_before").alias("school_id"), pl.col("school_id_after").alias("__now__")
    ).unique(maintain_order=True)  # fmt: skip
    led = led.with_columns(school_year=pl.lit(year - 1, pl.Int32))
    key = ["school_year", "source", "school_id"]
    named = rows.join(led, on=key, how="left", validate="m:1", maintain_order="left")
    is_led = pl.col("__now__").is_not_null()
    return named.with_columns(
        __as_before__=pl.when(is_led).then(pl.col("unit_id")),
        unit_id=pl.when(is_led).then(pl.concat_str("__now__", pl.lit("/"), "stage")).otherwise(pl.col("unit_id")),
    ).drop("__now__")


def inside_of_joints(values: pl.DataFrame, changes: pl.DataFrame, year: int) -> pl.DataFrame:
    """The values of the units of mergers and splits, with `joint_id` and `series`, of stages that both sides teach."""
    sides = pl.concat(
        changes.filter(pl.col("joint_id").is_not_null())
        .select(
            "source",
            "joint_id",
            pl.col(f"school_id_{side}").alias("school_id"),
            pl.lit(of, pl.Int32).alias("school_year"),
            pl.col("event").alias("series"),
        )
        .unique(["source", "school_id"], maintain_order=True)
        for side, of in (("before", year - 1), ("after", year))
    )
    cell = ["source", "joint_id", "stage", "indicator"]
    return values.join(
        sides, on=["school_year", "source", "school_id"], how="inner", validate="m:1", maintain_order="left"
    ).filter(pl.col("school_year").n_unique().over(cell) == 2)  # noqa: PLR2004 (both years)


def _regrouped(values: pl.DataFrame, changes: pl.DataFrame, year: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The mergers and splits, one row per group, stage and indicator, and the values of all other units.

    A stage that only one side of a group teaches stays with the others: it is opened or closed. The value of a side is
    Σ value × denominator / Σ denominator, total by total; null where one of its units has none.
    """
    cell = ["source", "joint_id", "stage", "indicator"]
    inside = inside_of_joints(values, changes, year)
    weighted = pl.col("value") * pl.col("denominator")
    totals = (
        inside.with_columns(__weighted__=weighted)
        .sort(*cell, "school_year", "unit_id")
        .group_by([*cell, "school_year"], maintain_order=True)
        .agg(
            pl.col(*_PLACE[0:1], *_PLACE[2:], "county_name", "unit", "series").first(),
            pl.col("unit_id").first(),
            pl.coalesce("__as_before__", "unit_id").str.join(" | ").alias("units"),
            pl.col("school_name").str.join("、"),
            pl.len().cast(pl.Int64).alias("count"),
            whole_total("pupils").alias("pupils"),
            ratio(whole_total("__weighted__"), pl.when(pl.col("value").null_count() == 0).then(pl.col("denominator").sum())).alias("value"),
        )
    )  # fmt: skip
    now, before = (totals.filter(pl.col("school_year") == y) for y in (year, year - 1))
    rows = now.join(
        before.select(
            *cell,
            pl.col("units").alias("unit_id_before"),
            pl.col("value").alias("value_before"),
            pl.col("pupils").alias("pupils_before"),
        ),
        on=cell,
        how="inner",
        validate="1:1",
        maintain_order="left",
    )
    key = ["school_year", "source", "unit_id", "indicator"]
    return rows, values.join(inside.select(key), on=key, how="anti", maintain_order="left")


def _named(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of units that report in at least one of the years, with the reason where they do not in this one."""
    reported = [name for name in ("value", "value_before") if name in rows.columns]
    rows = rows.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in reported))
    missing = pl.col("value").is_null() & (pl.col("series") != "closed")
    return rows.with_columns(reason=pl.when(missing).then(pl.lit("not_reported")))


_COUNTS = ["units_common", "units_opened", "units_closed", "units_regrouped"]


def _counts(pairs: pl.DataFrame, opened: pl.DataFrame, closed: pl.DataFrame, regrouped: pl.DataFrame) -> pl.DataFrame:
    """Units with a value in both years, opened, closed and regrouped, per county, stage and indicator."""
    cell = [*_PLACE, "stage", "indicator"]
    parts = [
        part.group_by(cell, maintain_order=True)
        .agg(pl.len().cast(pl.Int64).alias("count"))
        .with_columns(pl.lit(name).alias("name"))
        for name, part in zip(_COUNTS[:3], (pairs, opened, closed), strict=True)
    ]
    parts.append(
        regrouped.group_by(cell, maintain_order=True)
        .agg(pl.col("count").sum())
        .with_columns(pl.lit("units_regrouped").alias("name"))
    )
    return (
        pl.concat(parts)
        .pivot(on="name", index=cell, values="count", on_columns=_COUNTS)
        .with_columns(pl.col(_COUNTS).fill_null(0))
    )


def _county_series(now: pl.DataFrame, before: pl.DataFrame, counts: pl.DataFrame, series: str) -> pl.DataFrame:
    """Mean and CV of a county beside those of the year before."""
    cell = [*_PLACE, "stage", "indicator"]
    earlier = before.select(
        *cell,
        pl.col("mean").alias("value_before"),
        pl.col("cv").alias("cv_before"),
        pl.col("pupils").alias("pupils_before"),
        pl.lit(value=True).alias("__known__"),
    )
    rows = now.join(earlier, on=cell, how="left", validate="1:1", maintain_order="left").join(
        counts, on=cell, how="left", validate="1:1", maintain_order="left"
    )
    # The composite has no units of its own: it has those of its stage.
    stage = [*_PLACE, "stage"]
    rows = rows.with_columns(
        pl.when(pl.col("__known__"))
        .then(pl.coalesce(pl.col(name), pl.col(name).max().over(stage), pl.lit(0)))
        .alias(name)
        for name in _COUNTS
    )
    return rows.with_columns(
        value=pl.col("mean"),
        series=pl.lit(series),
        unit_id=pl.lit(""),
        reason=pl.when(pl.col("__known__").is_null()).then(pl.lit("no_year_before")).otherwise(pl.col("reason")),
    )


def _common(
    units: pl.DataFrame, values: pl.DataFrame, pairs: pl.DataFrame, standard: Standard, year: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The dispersion of `year` and of the year before, for each indicator over the units with a value in both."""
    unit, cell = [*_PLACE, "unit_id"], [*_PLACE, "unit_id", "indicator"]
    years = pl.col("school_year").is_in([year, year - 1])
    common_units = units.filter(years).join(pairs.select(unit).unique(), on=unit, how="semi", maintain_order="left")
    common_values = values.filter(years).join(pairs.select(cell), on=cell, how="semi", maintain_order="left")
    spread = county_dispersion(common_units, common_values, standard)
    now, before = (spread.filter(pl.col("school_year") == y) for y in (year, year - 1))
    return now, before
