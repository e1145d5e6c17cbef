"""What would be: intended measures added to the schools' returns, and every figure made anew by the pipeline itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pipelines.dispersion import county_dispersion
from pipelines.indicators import unit_indicators
from pipelines.units import units
from pipelines.verdicts import resource_verdicts, school_verdicts
from schemas.measures import Measure
from schemas.tables import SCHOOLS, school_fields, shared_fields, stage_fields
from standards.standard import Standard

_SCHOOL = ["source", "school_id"]


class MeasureError(Exception):
    """An intended measure that cannot be taken; the message names every one, what was wanted and what to do."""


@dataclass(frozen=True)
class Outcome:
    """The tables of the resource part, as the pipeline makes them."""

    units: pl.DataFrame
    unit_indicators: pl.DataFrame
    county_dispersion: pl.DataFrame
    school_verdicts: pl.DataFrame
    resource_verdicts: pl.DataFrame


def outcome(schools: pl.DataFrame, standard: Standard, facts: pl.DataFrame | None = None) -> Outcome:
    """Units, indicators, coefficients and verdicts of these returns under a standard."""
    found = units(schools, standard)
    values = unit_indicators(found, standard, facts)
    spread = county_dispersion(found, values, standard)
    judged = school_verdicts(values, standard)
    return Outcome(found, values, spread, judged, resource_verdicts(spread, judged, standard))


def columns_of(measure: str, stage: str | None, measures: Mapping[str, Measure]) -> Sequence[str]:
    """The columns of `schools` to which a measure, or a field named without its stage, adds; none where there are none."""
    adds = measures[measure].adds if measure in measures else (measure,)
    if set(adds) <= set(shared_fields()):
        return () if stage else adds
    fields = stage_fields().get(stage or "", {})
    return [fields[name] for name in adds] if set(adds) <= set(fields) else ()


def applied(schools: pl.DataFrame, intended: pl.DataFrame, measures: Mapping[str, Measure]) -> pl.DataFrame:
    """The returns with the intended measures added: to the school's row, and its stage's columns where it is by stage.

    `intended` holds `school_id`, `stage` (null or empty where the stages share it), `measure`, `amount`, and may hold
    `source`. What was not reported stays not reported. Raises MeasureError for a school, stage or measure that is not
    there, for parts of what is counted in whole, and where less than nothing would be left.
    """
    types = {entry["column"]: entry["type"] for entry in school_fields()}
    faults, added = [], []
    known = set(schools["school_id"].to_list())
    for row in intended.iter_rows(named=True):
        stage = row["stage"] or None
        columns = columns_of(row["measure"], stage, measures)
        said = f"{row['school_id']} {stage or ''} {row['measure']} {row['amount']}"
        if row["school_id"] not in known:
            faults.append(f"{said}：当年没有这所学校 / no such school in this year")
        elif not columns:
            faults.append(
                f"{said}：没有这项措施，或者学段不对（按学段填报的要写 primary 或 junior，全校共用的留空）"
                " / no such measure, or the stage is wrong: give one for what is reported by stage, none for what is shared"
            )
        elif any(types[column] == "count" for column in columns) and row["amount"] != int(row["amount"]):
            faults.append(f"{said}：只能是整数 / whole numbers only")
        else:
            added += [(row["school_id"], row.get("source"), stage, column, row["amount"]) for column in columns]
    if faults:
        raise MeasureError("\n".join(faults))
    if not added:
        return schools
    schema: dict[str, pl.DataType | type[pl.DataType]] = {
        "school_id": pl.String,
        "source": pl.String,
        "stage": pl.String,
        "column": pl.String,
        "amount": pl.Decimal(18, 4),
    }
    by_column = (
        pl.DataFrame(added, schema=schema, orient="row")
        .group_by("school_id", "source", "column", maintain_order=True)
        .agg(pl.col("amount").sum())
    )
    changed = schools
    for (column,), part in by_column.sort("column", "school_id").group_by(["column"], maintain_order=True):
        changed = _added(changed, str(column), part)
    _refuse_negative(changed, schools, sorted(set(by_column["column"].to_list())))
    return changed.select(SCHOOLS.polars_schema.names())


def _added(schools: pl.DataFrame, column: str, part: pl.DataFrame) -> pl.DataFrame:
    """One column with what is added to it, in the school's row of the stage."""
    keys = ["school_id"] if part["source"].null_count() else _SCHOOL
    more = part.select(*keys, pl.col("amount").cast(schools.schema[column]).alias("__more__"))
    stage = next((stage for stage, fields in stage_fields().items() if column in fields.values()), "whole")
    is_row = pl.col("return_part").is_in(["whole", stage])
    joined = schools.join(more, on=keys, how="left", validate="m:1", maintain_order="left")
    return joined.with_columns(
        pl.when(is_row & pl.col("__more__").is_not_null())
        .then(pl.col(column) + pl.col("__more__"))
        .otherwise(pl.col(column))
        .cast(schools.schema[column])
        .alias(column)
    ).drop("__more__")


def _refuse_negative(changed: pl.DataFrame, schools: pl.DataFrame, columns: Sequence[str]) -> None:
    faults = []
    for column in columns:
        below = changed.filter(pl.col(column) < 0)
        had = dict(schools.select("school_id", column).iter_rows())
        faults += [
            f"{school}：{column} 现有 {had[school]}，不够减 / less than nothing would be left"
            for school in below["school_id"].to_list()
        ]
    if faults:
        raise MeasureError("\n".join(faults))
