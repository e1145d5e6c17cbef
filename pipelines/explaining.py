"""What a figure is made of: the units behind it, each field they were read with, and where each field stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pipelines.form_cells import at_their_cells, cells_of_year
from schemas.source import sources
from schemas.tables import codes, shared_fields, stage_fields
from standards.standard import Indicator, Standard

COMPOSITE = "composite"
TABLES_READ = (
    "county_dispersion",
    "units",
    "unit_indicators",
    "variance_shares",
    "schools",
    "columns_read",
    "form_places",
    "returns",
    "quarantine",
    "corrections",
    "school_lineage",
    "school_changes",
    "county_facts",
)
"""The tables that an explanation is gathered from, each with the rows of the school year and county."""
_STAGES = ("primary", "junior", "senior")
_PLACE = ["file", "sheet", "row"]
_FIELD = pl.Schema({"field": pl.String, "column": pl.String, "role": pl.String})


@dataclass(frozen=True)
class Evidence:
    """A county's figure and all that it rests on; with a school's, that of the school alone.

    `cell`: the row of `county_dispersion`; `parts`: the stage's other rows, of which a composite is the mean. `units`:
    the stage's units, counted or not, with their values and their shares of the variance; `peers` all of them where
    `units` are those of one school. `inputs`: one row per unit,
    row of a file and field read. `leaves`: one row per file, sheet and formed field, and each column that it is the sum
    of. `files`: the files read, `corrections`, `changes`: those that concern the units; `said`: what the county says of
    them under the standard.
    """

    cell: pl.DataFrame
    parts: pl.DataFrame
    units: pl.DataFrame
    peers: pl.DataFrame
    inputs: pl.DataFrame
    leaves: pl.DataFrame
    files: pl.DataFrame
    corrections: pl.DataFrame
    lineage: pl.DataFrame
    changes: pl.DataFrame
    said: pl.DataFrame


def fields_read(standard: Standard, indicator: Indicator, stage: str) -> pl.DataFrame:
    """The fields that an indicator of a stage reads: `field` of a unit, `column` of a school's return, `role`.

    Roles: `plus`, `minus`, `over` of the formula; `denominator`; `split`, the pupils by which what the stages share is
    divided; `eased`, what counts only under a relaxation.
    """
    plus = indicator.added(stage)
    eased = [
        field
        for relaxation in standard.relaxations
        if relaxation.indicator == indicator.id
        for field in relaxation.adds
    ]
    named = [(field, "plus") for field in plus]
    named += [(field, "eased") for field in dict.fromkeys(eased) if field not in plus]
    named += [(field, "minus") for field in indicator.minus] + [(field, "over") for field in indicator.over]
    if not indicator.over and indicator.denominator != "one":
        named.append((indicator.denominator, "denominator"))
    columns = stage_fields()[stage]
    rows = [(field, columns.get(field, field), role) for field, role in named]
    if is_split(indicator, stage):
        pupils = [(f"pupils_{other}", "split") for other in _STAGES]
        rows += [(column, column, role) for column, role in pupils if column not in [row[1] for row in rows]]
    return pl.DataFrame(rows, schema=_FIELD, orient="row")


def is_split(indicator: Indicator, stage: str) -> bool:
    """Whether the indicator's resource is shared between the stages of a school."""
    is_shared = bool(set(indicator.added(stage)) & set(shared_fields()))
    return is_shared and indicator.denominator != "one" and not indicator.over


def evidence(
    tables: Mapping[str, pl.DataFrame], standard: Standard, stage: str, indicator: str, school_id: str | None = None
) -> Evidence:
    """What an indicator of a stage of one county rests on. `tables` are TABLES_READ, of one county and school year.

    Of a composite there are its parts and no units. What was read from a workbook of forms is told at its own cell.
    """
    tables = at_cells(tables)
    of_stage = (pl.col("standard") == standard.id) & (pl.col("stage") == stage)
    spread = tables["county_dispersion"].filter(of_stage)
    cell = spread.filter(pl.col("indicator") == indicator)
    parts = spread.filter(pl.col("indicator") != COMPOSITE) if indicator == COMPOSITE else spread.clear()
    units = tables["units"].filter(of_stage & pl.lit(indicator != COMPOSITE))
    of_figure = pl.col("indicator") == indicator
    values = tables["unit_indicators"].filter(of_stage & of_figure)
    shares = tables["variance_shares"].filter(of_stage & of_figure)
    peers = (
        units.join(
            values.select("unit_id", *_MEASURED, pl.col("reason").alias("why")),
            on="unit_id",
            how="left",
            validate="1:1",
            maintain_order="left",
        )
        .join(shares.select("unit_id", *_SHARES), on="unit_id", how="left", validate="1:1", maintain_order="left")
        .sort("unit_id")
    )
    measured = peers if school_id is None else peers.filter(pl.col("school_id") == school_id)
    if indicator == COMPOSITE:
        inputs, leaves = pl.DataFrame(schema=_INPUTS), pl.DataFrame(schema=_LEAVES)
    else:
        fields = fields_read(standard, standard.indicator(indicator), stage)
        inputs, leaves = _inputs(measured, tables, fields)
    read = inputs.select(*_PLACE, "unit_id", "column").unique(maintain_order=True)
    return Evidence(
        cell=cell,
        parts=parts,
        units=measured,
        peers=peers,
        inputs=inputs,
        leaves=leaves,
        files=_files(inputs, tables["returns"]),
        corrections=_corrections(read, leaves, tables["corrections"]),
        lineage=tables["school_lineage"]
        .filter(pl.col("event").is_not_null() | (pl.col("lineage_id") != pl.col("school_id")))
        .join(measured.select("school_id").unique(), on="school_id", how="semi", maintain_order="left"),
        changes=_changes(measured, tables["school_changes"]),
        said=tables["county_facts"].filter(
            pl.col("fact").is_in(
                [
                    f"{standard.id}/{indicator}",
                    *(f"{standard.id}/{eased.id}" for eased in standard.relaxations if eased.indicator == indicator),
                ]
            )
            & pl.col("school_id").is_in(measured["school_id"].to_list())
        ),
    )


_MEASURED = ("numerator", "denominator", "value", "norm", "floor", "status", "is_at_floor", "asserted", "relaxation")
_SHARES = ("weight_share", "variance_share", "cv_without")
_ORIGIN = ("kind", "position", "header", "header_row", "factor", "made_of", "symbols", "layout")
_INPUTS = pl.Schema(
    {
        "unit_id": pl.String,
        "school_id": pl.String,
        "school_name": pl.String,
        "is_site": pl.Boolean,
        "file": pl.String,
        "sheet": pl.String,
        "row": pl.Int64,
        "field": pl.String,
        "column": pl.String,
        "role": pl.String,
        "value": pl.String,
        "kind": pl.String,
        "position": pl.Int64,
        "header": pl.String,
        "header_row": pl.Int64,
        "factor": pl.Int64,
        "made_of": pl.String,
        "symbols": pl.String,
        "layout": pl.String,
        "correction": pl.String,
        "rule": pl.String,
        "refused": pl.String,
        "message": pl.String,
        "message_en": pl.String,
    }
)
_LEAVES = pl.Schema(
    {
        "file": pl.String,
        "sheet": pl.String,
        "column": pl.String,
        "part": pl.String,
        "position": pl.Int64,
        "header": pl.String,
        "factor": pl.Int64,
    }
)


def _inputs(
    units: pl.DataFrame, tables: Mapping[str, pl.DataFrame], fields: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Each field of each row that a unit was read from, and the columns of which formed fields are the sum."""
    rows = _rows_of(units, tables["schools"])
    parts = [
        rows.select(
            "unit_id",
            "school_id",
            "school_name",
            "is_site",
            *_PLACE,
            pl.lit(field).alias("field"),
            pl.lit(column).alias("column"),
            pl.lit(role).alias("role"),
            _as_text(column, rows.schema[column]).alias("value"),
        )
        for field, column, role in fields.iter_rows()
    ]
    read = tables["columns_read"].filter(pl.col("table") == "schools")
    # What was read from a workbook of forms stands in many sheets.
    parts = [at_their_cells(part, tables["form_cells"]) for part in parts]
    corrected = tables["corrections"].filter(pl.col("table") == "schools")
    refused = tables["quarantine"].filter(pl.col("level") == "cell").unique([*_PLACE, "column"], maintain_order=True)
    order = pl.DataFrame({"column": fields["column"]}).with_row_index("__order__")
    inputs = (
        pl.concat(parts)
        .join(
            read.select("file", "sheet", "column", *_ORIGIN),
            on=["file", "sheet", "column"],
            how="left",
            validate="m:1",
            nulls_equal=True,
            maintain_order="left",
        )
        .join(
            corrected.select(*_PLACE, "column", "correction"),
            on=[*_PLACE, "column"],
            how="left",
            validate="m:1",
            nulls_equal=True,
            maintain_order="left",
        )
        .join(
            refused.select(*_PLACE, "column", "rule", pl.col("value").alias("refused"), "message", "message_en"),
            on=[*_PLACE, "column"],
            how="left",
            validate="m:1",
            nulls_equal=True,
            maintain_order="left",
        )
        .join(order, on="column", how="left", validate="m:1", maintain_order="left")
        .sort("unit_id", "is_site", "school_id", "__order__")
    )
    return inputs.select(_INPUTS.names()).cast(_INPUTS), _leaves(inputs, read)


def at_cells(tables: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The tables with what workbooks of forms say at its own cell, and `form_cells`, where each stands."""
    cells = cells_of_year(tables["form_places"], sources())
    layouts = tables["returns"].filter(pl.col("file").is_in(cells["file"].unique().to_list())).select("file", "layout")
    read = cells.join(layouts, on="file", how="left", validate="m:1", maintain_order="left").with_columns(
        pl.lit("schools").alias("table"), pl.lit("read").alias("kind")
    )
    known = tables["columns_read"]
    return {
        **tables,
        "form_cells": cells,
        "columns_read": pl.concat([known, read.drop("row").cast({"factor": known.schema["factor"]})], how="diagonal"),
        "corrections": at_their_cells(tables["corrections"], cells),
    }


def _rows_of(units: pl.DataFrame, schools: pl.DataFrame) -> pl.DataFrame:
    """The rows of returns that each unit was read from: the school's own, and those of sites added to it."""
    of_unit = units.select("unit_id", "school_id", "merged_sites", *_PLACE)
    own = of_unit.drop("merged_sites").join(
        schools.drop("school_id"), on=_PLACE, how="left", validate="m:1", nulls_equal=True, maintain_order="left"
    )
    points = [entry["code"] for entry in codes("school_types") if entry["kind"] == "teaching_point"]
    is_site = (pl.col("is_counted") == pl.lit(value=False)).fill_null(value=False) & ~pl.col("school_type_code").is_in(
        points
    )
    sites = (
        of_unit.filter(pl.col("merged_sites") > 0)
        .select("unit_id", pl.col("school_id").alias("parent_school_id"))
        .join(schools.filter(is_site), on="parent_school_id", how="inner", maintain_order="left")
    )
    columns = [*own.columns]
    return pl.concat(
        [own.with_columns(is_site=pl.lit(value=False)), sites.select(*columns, is_site=pl.lit(value=True))]
    )


def _as_text(column: str, dtype: pl.DataType) -> pl.Expr:
    """A reported value as text: exact, a decimal without the zeros that it is stored with."""
    text = pl.col(column).cast(pl.String)
    if isinstance(dtype, pl.Decimal):
        return text.str.replace(r"(\.[0-9]*?)0+$", "$1").str.replace(r"\.$", "")
    return text


def _leaves(inputs: pl.DataFrame, read: pl.DataFrame) -> pl.DataFrame:
    """For each formed field that was read, the columns of the file that it is the sum of, through totals of totals."""
    place = ["file", "sheet"]
    wanted = inputs.filter(pl.col("kind") == "formed").select(*place, "column", "made_of").unique(maintain_order=True)
    step = wanted.with_columns(pl.col("made_of").str.split(" | ").alias("part")).explode("part").drop("made_of")
    found = []
    of_file = read.select(*place, pl.col("column").alias("part"), "kind", "made_of", "position", "header", "factor")
    while step.height:
        placed = step.join(of_file, on=[*place, "part"], how="left", nulls_equal=True, maintain_order="left")
        found.append(placed.filter((pl.col("kind") != "formed").fill_null(value=True)))
        step = (
            placed.filter(pl.col("kind") == "formed")
            .with_columns(pl.col("made_of").str.split(" | ").alias("part"))
            .explode("part")
            .select(*place, "column", "part")
        )
    leaves = [frame.select(_LEAVES.names()) for frame in found]
    return pl.concat([pl.DataFrame(schema=_LEAVES), *leaves]).sort(*place, "column", "position", nulls_last=True)


def _files(inputs: pl.DataFrame, returns: pl.DataFrame) -> pl.DataFrame:
    """The files that inputs were read from, as the list of files has them."""
    read = inputs.select("file", "layout").unique(maintain_order=True)
    return returns.join(read, on=["file", "layout"], how="semi").sort("file", "layout")


def _corrections(read: pl.DataFrame, leaves: pl.DataFrame, corrections: pl.DataFrame) -> pl.DataFrame:
    """The corrections of a field that was read, or of a part of which one is formed."""
    direct = read.select(*_PLACE, "column")
    formed = read.join(
        leaves.select("file", "sheet", "column", "part"),
        on=["file", "sheet", "column"],
        how="inner",
        nulls_equal=True,
    ).select(*_PLACE, pl.col("part").alias("column"))
    touched = pl.concat([direct, formed]).unique()
    return corrections.filter(pl.col("table") == "schools").join(
        touched, on=[*_PLACE, "column"], how="semi", nulls_equal=True, maintain_order="left"
    )


def _changes(units: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    """What became of the units' schools since the year before."""
    ids = units["school_id"].unique().to_list()
    return changes.filter(pl.col("school_id_after").is_in(ids) | pl.col("school_id_before").is_in(ids))


def of_county(frame: pl.DataFrame, source: str, county_code: str) -> pl.DataFrame:
    """The rows of a county, and those that speak of no county at all."""
    if "county_code" not in frame.columns:
        return frame.filter(pl.col("source") == source)
    return frame.filter((pl.col("source") == source) & (pl.col("county_code") == county_code))


def figures_of(
    spread: pl.DataFrame, standards: Sequence[str], stage: str | None, indicator: str
) -> list[tuple[str, str]]:
    """The standards and stages under which a county has the indicator, in the table's order."""
    found = spread.filter(pl.col("indicator") == indicator)
    if standards:
        found = found.filter(pl.col("standard").is_in(standards))
    if stage:
        found = found.filter(pl.col("stage") == stage)
    return [*found.select("standard", "stage").unique(maintain_order=True).iter_rows()]


def school_cells(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Every reported cell of schools' returns: one row per school and field, with the value and where it stands.

    `tables` are `schools`, `columns_read`, `form_places`, `returns` and `corrections` of a school year.
    """
    tables = at_cells(tables)
    schools, read, corrections = tables["schools"], tables["columns_read"], tables["corrections"]
    key = ["school_year", "source", "county_code", "school_id", "return_part", *_PLACE]
    fields = [name for name in schools.columns if name not in (*key, "province_code")]
    texts = schools.select(*key, *(_as_text(name, schools.schema[name]).alias(name) for name in fields))
    cells = texts.unpivot(fields, index=key, variable_name="column", value_name="value").filter(
        pl.col("value").is_not_null()
    )
    cells = at_their_cells(cells, tables["form_cells"])
    order = pl.DataFrame({"column": fields}).with_row_index("__order__")
    return (
        cells.join(
            read.filter(pl.col("table") == "schools").select(
                "file", "sheet", "column", "kind", "position", "header", "factor", "made_of"
            ),
            on=["file", "sheet", "column"],
            how="left",
            validate="m:1",
            nulls_equal=True,
            maintain_order="left",
        )
        .join(
            corrections.filter(pl.col("table") == "schools").select(*_PLACE, "column", "correction", "value_before"),
            on=[*_PLACE, "column"],
            how="left",
            validate="m:1",
            nulls_equal=True,
            maintain_order="left",
        )
        .join(order, on="column", how="left", validate="m:1", maintain_order="left")
        .sort("source", "county_code", "school_id", "return_part", "__order__", nulls_last=True)
        .drop("__order__")
    )
