"""Of which standards, stages and indicators it is asked why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from reports import sentences
from reports.language import gettext as _
from reports.year import CountyTables, Row, records
from standards.standard import Standard


@dataclass(frozen=True)
class Focus:
    """What is asked about; what is empty is not narrowed."""

    standard: str = ""
    stage: str = ""
    indicator: str = ""


@dataclass(frozen=True)
class Cell:
    """A standard, a stage and one of its indicators."""

    standard: Standard
    stage: str
    indicator: str

    @property
    def label(self) -> str:
        """The indicator of the stage, and the standard by which it is measured."""
        return _("{what}（{standard}）").format(
            what=sentences.of_stage(self.stage, sentences.indicator_label(self.standard, self.indicator)),
            standard=sentences.short_title(self.standard),
        )


def cells(county: CountyTables, focus: Focus) -> tuple[Cell, ...]:
    """The cells asked about: of each leading standard and stage the indicator that matters most, or those named."""
    found = []
    for standard in standards_of(county, focus):
        for stage in sentences.stages_present(county, standard):
            if focus.stage in ("", stage):
                name = focus.indicator or county.important.get((standard.id, stage), "")
                if any(indicator.id == name for indicator in standard.indicators):
                    found.append(Cell(standard, stage, name))
    return tuple(found)


def of_last(county: CountyTables, found: Sequence[Cell]) -> tuple[Cell, ...]:
    """Of cells of several standards those of the last leading one, so that what is alike is said once."""
    last = county.leading[-1] if county.leading else None
    return tuple(cell for cell in found if cell.standard is last) or tuple(found)


def standards_of(county: CountyTables, focus: Focus) -> Sequence[Standard]:
    """The standards asked about: the leading ones, or the one named; with an indicator those that have it."""
    if focus.standard:
        return [standard for standard in county.standards if standard.id == focus.standard]
    if focus.indicator:
        known = [s for s in county.leading if any(i.id == focus.indicator for i in s.indicators)]
        return known or [s for s in county.standards if any(i.id == focus.indicator for i in s.indicators)]
    return county.leading


def shares_of(county: CountyTables, cell: Cell) -> list[Row]:
    """The variance shares of a cell's units, the largest first; those without a share are left out."""
    key = (cell.standard.id, cell.stage)
    if county.important.get(key) == cell.indicator:
        rows = county.shares.get(key, [])
    else:
        table = county.all.table("variance_shares").filter(
            pl.col("source") == county.source,
            pl.col("county_code") == county.code,
            pl.col("standard") == cell.standard.id,
            pl.col("stage") == cell.stage,
            pl.col("indicator") == cell.indicator,
        )
        rows = list(records(table.sort("variance_share", "unit_id", descending=[True, False], nulls_last=True)))
    return [row for row in rows if row["variance_share"] is not None]


def rows_of(county: CountyTables, table: str, asked: Sequence[Cell] = ()) -> Sequence[Row]:
    """The county's rows of a table, in the table's order, as far as they are of what is asked.

    Pages ask of the indicators that matter most, whose rows are cut out once for all counties.
    """
    if all(county.important.get((cell.standard.id, cell.stage)) == cell.indicator for cell in asked):
        return county.kept(table)
    return records(
        county.all.table(table).filter(pl.col("source") == county.source, pl.col("county_code") == county.code)
    )
