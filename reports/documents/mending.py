"""What is to be mended, in order: the county's own order first, then facilities before all else, then the small gaps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from reports import display
from reports.documents import names
from reports.documents.cells import amount, bound, figure, measured
from reports.documents.model import Cell
from reports.language import gettext as _
from reports.ledger import since_words
from reports.year import CountyTables, Row
from standards.standard import Standard

_FACILITIES = ("m2", "rooms", "computers", "volumes", "yuan")
_FACILITY_CLASS = "标准化建设"


def order_words() -> str:
    """How the rows are ordered, in words."""
    return _("次序：县级填报的整改次序在前；未填报的先硬件后软件、先易后难，同类中差额占要求比例小的在前")


def in_order(rows: Iterable[Row], standards: Sequence[Standard]) -> list[Row]:
    """Rows of the ledger in the order of mending.

    First by the county's own priority. Without one, what is lacking in space, rooms, equipment, books and money comes
    before the rest, and within each the smaller gap, as a share of what is asked, before the larger; a gap that is not
    known comes last. Rows that are equal in this stand as in their standard.
    """
    place = {standard.id: position for position, standard in enumerate(standards)}
    asked = {
        (standard.id, item): position
        for standard in standards
        for position, item in enumerate(
            [indicator.id for indicator in standard.indicators] + [item.id for item in standard.items]
        )
    }

    def key(row: Row) -> tuple[object, ...]:
        lacking = share_lacking(row)
        return (
            row["priority"] is None,
            row["priority"] or 0,
            not is_facility(row),
            lacking is None,
            lacking or 0.0,
            place[row["standard"]],
            asked.get((row["standard"], row["item"].removeprefix(names.CV)), len(asked)),
            row["stage"],
            row["item"],
            row["check"],
            row["subject_id"],
        )

    return sorted((row for row in rows if row["standard"] in place), key=key)


def is_facility(row: Row) -> bool:
    """Whether the gap is one of space, rooms, equipment, books or money, by its unit or the county's own class."""
    return row["gap_unit"] in _FACILITIES or row["problem_class"] == _FACILITY_CLASS


def share_lacking(row: Row) -> float | None:
    """The distance to the limit as a share of it; None where either is not known or the limit is 0."""
    if row["value"] is None or not row["limit"]:
        return None
    share: float = abs(row["limit"] - row["value"]) / abs(row["limit"])
    return share


def value_cell(standard: Standard, row: Row) -> Cell:
    """The value of a row of the ledger, with as many decimals as show its side of the limit."""
    if row["value"] is None:
        return Cell(text=display.NOT_REPORTED if row["status"] == "undetermined" else display.NOT_APPLICABLE)
    must_be = names.side(standard, row["item"], row["check"])
    if row["unit"] == "finding":
        return measured(row["value"], row["unit"])
    places = display.CV_PLACES if row["item"].startswith(names.CV) else display.places_of(row["unit"])
    if must_be is not None:
        places = display.telling_places(row["value"], row["limit"], places, must_be, row["status"])
    before = names.before(standard, row["item"], row["check"])
    return figure(
        row["value"], places, before=before, after=names.unit(standard, row["item"], row["unit"], row["stage"])
    )


def asked_cell(standard: Standard, row: Row, year: int) -> Cell:
    """What a row of the ledger is held against: the limit, else the requirement in words."""
    is_of_limit = names.is_of_limit(standard, row["item"], row["check"])
    if row["limit"] is not None and row["unit"] != "finding" and is_of_limit:
        after = names.unit(standard, row["item"], row["unit"], row["stage"])
        return bound(row["limit"], names.side(standard, row["item"], row["check"]), after=after)
    return Cell(text=names.asked_words(standard, row["item"], row["check"], year) or display.NOT_APPLICABLE)


def gap_cell(row: Row) -> Cell:
    """What is lacking, in natural units."""
    return amount(row["gap"], row["gap_unit"])


def course_words(county: CountyTables, row: Row) -> str:
    """What became of a row since the year before, and since when it is not met."""
    said = display.course(row["course"])
    if row["unmet_since"] is None:
        return said
    return _("{course}（自 {year}）").format(course=said, year=since_words(county, row["unmet_since"]))


def unmet(county: CountyTables, *, school_id: str | None = None) -> Sequence[Row]:
    """The county's rows of the unmet ledger; of one school where it is named."""
    return _of(county, "unmet", school_id)


def undetermined(county: CountyTables, *, school_id: str | None = None) -> Sequence[Row]:
    """The county's rows that cannot be judged; of one school where it is named."""
    return _of(county, "undetermined", school_id)


def _of(county: CountyTables, ledger: str, school_id: str | None) -> Sequence[Row]:
    rows = county.frame("ledger").filter(pl.col("ledger") == ledger)
    if school_id is not None:
        rows = rows.filter(pl.col("school_id") == school_id)
    return rows.rows(named=True)


def without_doubles(rows: Sequence[Row]) -> list[Row]:
    """The rows without the county's row of an item of which single schools have rows."""
    of_schools = {(row["standard"], row["item"]) for row in rows if row["school_id"] is not None}
    return [row for row in rows if row["school_id"] is not None or (row["standard"], row["item"]) not in of_schools]
