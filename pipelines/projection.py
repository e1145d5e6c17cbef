"""How many pupils there will be: cohorts carried on from grade to grade, held against what then came.

Nothing is projected whose error is not known: the method is tried on every earlier year of the same returns, beside
"as many as this year", and taken only where it erred less.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipelines.figures import ratio, whole_total
from schemas.contract import tidy
from schemas.outlook import PUPIL_PROJECTIONS
from schemas.tables import stage_fields

HORIZONS = (1, 2, 3)
"""School years ahead."""
SURVIVAL_YEARS = 3
"""Of how many of the newest pairs of school years the survival from grade to grade is taken; a default of ours."""
LOW, HIGH = 0.1, 0.9
"""Between which of the errors that were made the interval lies: four of five of them; a default of ours."""
LEAST_ERRORS = 20
"""With fewer trials there is no interval, and so no projection; a default of ours."""
_GRADES = {"primary": 6, "junior": 3}
_COUNTY = ["source", "province_code", "county_code"]
_SERIES = [*_COUNTY, "stage"]


def grade_totals(schools: pl.DataFrame) -> pl.DataFrame:
    """Pupils of every county, stage, grade and school year; null where a school with pupils does not report its grades.

    Schools whose pupils of the stage are 0 or not reported count 0; so a county in which some do not report at all is
    as large as those that do.
    """
    parts = []
    for stage, last in _GRADES.items():
        fields = stage_fields()[stage]
        teaching = schools.filter(pl.col(fields["pupils"]) > 0)
        columns = [(grade, fields[f"pupils_grade_{grade}"]) for grade in range(1, last + 1)]
        parts += [
            teaching.group_by(["school_year", *_COUNTY], maintain_order=True)
            .agg(whole_total(column).cast(pl.Int64).alias("pupils"))
            .with_columns(stage=pl.lit(stage), grade=pl.lit(grade, pl.Int64))
            for grade, column in columns
        ]
    return pl.concat(parts).sort(*_SERIES, "school_year", "grade")


def _carried(grades: pl.DataFrame, origin: int, ahead: int) -> pl.DataFrame:
    """Pupils by county and stage so many years after a school year, as the years up to it would have it.

    Each grade's pupils × the survival to the next grade, pooled over the newest pairs of years; entrants of the
    primary stage stay as they are; those of the junior stage are the last primary grade × its survival to the first
    junior grade. A county whose survival is not known has none.
    """
    known = grades.filter(pl.col("school_year") <= origin)
    steps = pl.concat([_survival(known, origin), _entry(known, origin)])
    now = known.filter(pl.col("school_year") == origin)
    for _ in range(ahead):
        moved = (
            now.join(steps, on=[*_SERIES, "grade"], how="inner", validate="1:1", maintain_order="left")
            .with_columns(pupils=pl.col("pupils") * pl.col("survival"))
            .select(*_COUNTY, pl.col("to_stage").alias("stage"), pl.col("to_grade").alias("grade"), "pupils")
        )
        stays = now.filter((pl.col("stage") == "primary") & (pl.col("grade") == 1)).select(moved.columns)
        now = pl.concat([stays.with_columns(pl.col("pupils").cast(pl.Float64)), moved])
    wanted = pl.DataFrame({"stage": list(_GRADES), "__wanted__": list(_GRADES.values())})
    return (
        now.group_by(_SERIES, maintain_order=True)
        .agg(pl.col("pupils").sum(), pl.col("pupils").null_count().alias("__missing__"), pl.len().alias("__grades__"))
        .join(wanted, on="stage", how="left", validate="m:1", maintain_order="left")
        .filter((pl.col("__missing__") == 0) & (pl.col("__grades__") == pl.col("__wanted__")))
        .select(*_SERIES, "pupils")
    )


def _survival(known: pl.DataFrame, origin: int) -> pl.DataFrame:
    """From each grade but a stage's last to the next: pupils of the next a year later / pupils, pooled over years."""
    return _pooled(known, origin, pl.col("stage"), pl.col("grade") + 1)


def _entry(known: pl.DataFrame, origin: int) -> pl.DataFrame:
    """From the last primary grade to the first junior one."""
    last = known.filter((pl.col("stage") == "primary") & (pl.col("grade") == _GRADES["primary"]))
    found = _pooled(pl.concat([last, known.filter(pl.col("stage") == "junior")]), origin, pl.lit("junior"), pl.lit(1))
    return found.filter((pl.col("stage") == "primary") & (pl.col("grade") == _GRADES["primary"]))


def _pooled(known: pl.DataFrame, origin: int, to_stage: pl.Expr, to_grade: pl.Expr) -> pl.DataFrame:
    recent = known.filter(pl.col("school_year") >= origin - SURVIVAL_YEARS)
    later = recent.select(
        *_COUNTY,
        pl.col("stage").alias("to_stage"),
        pl.col("grade").alias("to_grade"),
        (pl.col("school_year") - 1).alias("school_year"),
        pl.col("pupils").alias("arrived"),
    )
    pairs = recent.with_columns(to_stage=to_stage, to_grade=to_grade.cast(pl.Int64)).join(
        later,
        on=[*_COUNTY, "to_stage", "to_grade", "school_year"],
        how="inner",
        validate="m:1",
        maintain_order="left",
    )
    return (
        pairs.drop_nulls(["pupils", "arrived"])
        .group_by([*_SERIES, "grade", "to_stage", "to_grade"], maintain_order=True)
        .agg(pl.col("arrived").sum(), pl.col("pupils").sum())
        .select(
            *_SERIES,
            "grade",
            "to_stage",
            "to_grade",
            ratio(pl.col("arrived").cast(pl.Float64), pl.col("pupils").cast(pl.Float64)).alias("survival"),
        )
    )


def back_tests(grades: pl.DataFrame, until: int) -> pl.DataFrame:
    """Every county, stage, origin and horizon whose outcome is known by a school year: projected and actual pupils.

    `cohort` is the cohort method's, `same` the pupils of the origin, `actual` what then came.
    """
    totals = _totals(grades)
    years = grades["school_year"].unique().sort().to_list()
    parts = []
    for origin in years:
        for ahead in HORIZONS:
            if origin + ahead not in years or origin + ahead > until:
                continue
            then = totals.filter(pl.col("school_year") == origin + ahead).select(*_SERIES, actual="pupils")
            same = totals.filter(pl.col("school_year") == origin).select(*_SERIES, same="pupils")
            parts.append(
                _carried(grades, origin, ahead)
                .rename({"pupils": "cohort"})
                .join(same, on=_SERIES, how="inner", validate="1:1", maintain_order="left")
                .join(then, on=_SERIES, how="inner", validate="1:1", maintain_order="left")
                .with_columns(origin=pl.lit(origin, pl.Int32), horizon=pl.lit(ahead, pl.Int64))
            )
    columns = [*_SERIES, "origin", "horizon", "cohort", "same", "actual"]
    if not parts:
        schema = dict.fromkeys(_SERIES, pl.String) | {"origin": pl.Int32, "horizon": pl.Int64}
        return pl.DataFrame(schema=schema | dict.fromkeys(("cohort", "same", "actual"), pl.Float64))
    return (
        pl.concat(parts)
        .select(columns)
        .with_columns(pl.col("cohort", "same", "actual").cast(pl.Float64))
        .filter(pl.col("actual") > 0)
        .sort(*_SERIES, "origin", "horizon")
    )


def _totals(grades: pl.DataFrame) -> pl.DataFrame:
    return (
        grades.group_by([*_SERIES, "school_year"], maintain_order=True)
        .agg(whole_total("pupils").alias("pupils"))
        .drop_nulls("pupils")
    )


def errors(tests: pl.DataFrame) -> pl.DataFrame:
    """By source, stage and horizon: mean relative error of both methods, and between which errors four of five lay.

    The method is the cohorts' where it erred less than "as many as this year". The relative error of a trial is
    |projected − actual| / actual; `low` and `high` are quantiles of actual / projected.
    """
    key = ["source", "stage", "horizon"]
    off = {name: ((pl.col(name) - pl.col("actual")).abs() / pl.col("actual")) for name in ("cohort", "same")}
    compared = tests.group_by(key, maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("trials"),
        pl.col("origin").n_unique().cast(pl.Int64).alias("origins"),
        *(error.mean().alias(f"error_{name}") for name, error in off.items()),
        *(
            ratio(pl.col("actual"), pl.col(name)).quantile(part, interpolation="linear").alias(f"{end}_{name}")
            for name in off
            for end, part in (("low", LOW), ("high", HIGH))
        ),
    )
    is_better = pl.col("error_cohort") < pl.col("error_same")
    return compared.with_columns(
        method=pl.when(is_better).then(pl.lit("cohort")).otherwise(pl.lit("same")),
        low=pl.when(is_better).then("low_cohort").otherwise("low_same"),
        high=pl.when(is_better).then("high_cohort").otherwise("high_same"),
    ).sort(key)


def pupil_projections(schools: pl.DataFrame, year: int) -> pl.DataFrame:
    """Pupils of every county and stage in the three school years after `year`, with the errors that were made before.

    Nothing of a later year is read. There is no figure without an interval: a source with fewer than LEAST_ERRORS
    trials of a horizon has no row for it. The interval is the projection times the errors of four of five trials.
    """
    grades = grade_totals(schools.filter(pl.col("school_year") <= year))
    judged = errors(back_tests(grades, year)).filter(pl.col("trials") >= LEAST_ERRORS)
    now = _totals(grades).filter(pl.col("school_year") == year).select(*_SERIES, pl.col("pupils").alias("pupils_now"))
    names = (
        schools.filter(pl.col("school_year") == year)
        .select(*_COUNTY, "county_name")
        .unique(_COUNTY, keep="first", maintain_order=True)
    )
    found = _ahead(grades, year, HORIZONS)
    rows = (
        now.join(judged, on=["source", "stage"], how="inner", maintain_order="left")
        .join(found, on=[*_SERIES, "horizon"], how="left", validate="1:1", maintain_order="left")
        .join(names, on=_COUNTY, how="left", validate="m:1", maintain_order="left")
        .with_columns(
            projected=pl.when(pl.col("method") == "cohort")
            .then("cohort")
            .otherwise(pl.col("pupils_now").cast(pl.Float64))
        )
        .drop_nulls("projected")
    )
    return tidy(
        rows.with_columns(
            school_year=pl.lit(year, pl.Int32),
            projected_year=(pl.col("horizon") + year).cast(pl.Int32),
            pupils_low=pl.col("projected") * pl.col("low"),
            pupils_high=pl.col("projected") * pl.col("high"),
        ).rename({"projected": "pupils"}),
        PUPIL_PROJECTIONS,
    )


def _ahead(grades: pl.DataFrame, year: int, horizons: Sequence[int]) -> pl.DataFrame:
    return pl.concat(
        _carried(grades, year, ahead)
        .rename({"pupils": "cohort"})
        .with_columns(pl.col("cohort").cast(pl.Float64), horizon=pl.lit(ahead, pl.Int64))
        for ahead in horizons
    )
