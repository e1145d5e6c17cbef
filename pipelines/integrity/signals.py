"""All integrity signals of a school year, from the years that are there."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from pipelines.integrity.bunching import bunched
from pipelines.integrity.copies import copies
from pipelines.integrity.heaping import heaped
from pipelines.integrity.sisters import members_on, sister_moves
from pipelines.integrity.slips import unit_slips
from pipelines.integrity.spikes import spikes
from pipelines.integrity.years import beside, prepared
from schemas.contract import conform, tidy
from schemas.integrity import COUNTY_KINDS, INTEGRITY_SIGNALS
from schemas.integrity_rules import IntegrityRules, integrity_rules
from schemas.tables import school_fields
from standards.standard import Standard

_IDENTITY = (
    "school_year", "source", "province_code", "county_code", "county_name", "school_id", "school_name", "return_part",
    "parent_school_id", "pupils_primary", "pupils_junior", "pupils_senior", "file", "sheet", "row",
)  # fmt: skip


def _compared(rules: IntegrityRules) -> list[str]:
    """The columns that any signal compares over the years, each once."""
    return list(dict.fromkeys([*rules.columns, *(name for group in rules.copy.groups.values() for name in group)]))


SCHOOL_COLUMNS = tuple(dict.fromkeys([*_IDENTITY, *_compared(integrity_rules())]))
"""What of the table `schools` is needed here."""


def integrity_signals(
    schools: pl.DataFrame,
    values: pl.DataFrame,
    groups: pl.DataFrame,
    lineage: pl.DataFrame,
    changes: pl.DataFrame,
    standards: Iterable[Standard],
    year: int,
    rules: IntegrityRules | None = None,
) -> pl.DataFrame:
    """The table `integrity_signals` of a school year.

    `schools` and `lineage` hold the year and those before it, as far as there are any; `values` is `unit_indicators`
    of the year, `changes` is `school_changes` of it, `groups` holds `school_groups` of any years up to it. What needs
    years that are not there is not asked. A spike is asked in the year in which the value has come back.
    """
    rules = integrity_rules() if rules is None else rules
    columns = _compared(rules)
    known = prepared(schools, lineage, columns)
    rows = beside(known, year, rules.years_before, columns)
    with_parents = rows.join(
        known.filter(pl.col("school_year") == year).select("source", "school_id", "return_part", "parent_school_id"),
        on=["source", "school_id", "return_part"],
        how="left",
        validate="1:1",
        maintain_order="left",
    )
    found = [
        bunched(values, standards, year, rules),
        heaped(known, year, rules),
        copies(rows, rules),
        unit_slips(rows, rules),
        spikes(rows, rules),
        sister_moves(with_parents, members_on(groups, year), changes, rules),
    ]
    return tidy(pl.concat(_whole(part) for part in found), INTEGRITY_SIGNALS)


def _whole(part: pl.DataFrame) -> pl.DataFrame:
    """A part with all columns of the table: stage and unit of its figure, nothing where it has no school."""
    fields = pl.DataFrame(
        [(entry["column"], entry["stage"] or "", entry["unit"]) for entry in school_fields()],
        schema={"figure": pl.String, "__stage__": pl.String, "__unit__": pl.String},
        orient="row",
    )
    rows = conform(part, INTEGRITY_SIGNALS).join(fields, on="figure", how="left", validate="m:1", maintain_order="left")
    is_county = pl.col("kind").is_in(COUNTY_KINDS)
    return rows.with_columns(
        pl.coalesce("stage", "__stage__", pl.lit("")).alias("stage"),
        pl.coalesce("unit", "__unit__", pl.lit("")).alias("unit"),
        pl.col("standard", "school_id", "other_school_id", "return_part").fill_null(""),
        pl.when(is_county).then(pl.lit("county")).otherwise(pl.lit("school")).alias("subject"),
    ).drop("__stage__", "__unit__")
