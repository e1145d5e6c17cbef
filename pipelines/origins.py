"""Where each field of a file stands: by sheet and column, recorded once per file and never per cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from pipelines.recognition import Recognised
from schemas.contract import tidy
from schemas.origins import COLUMNS_READ
from schemas.source import Header


def columns_read(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """The table `columns_read` of what single files hold."""
    return tidy(pl.concat([COLUMNS_READ.empty(), *parts]), COLUMNS_READ)


def places_in(sheets: Sequence[tuple[Recognised, Mapping[int, Header]]], year: int, file: str) -> pl.DataFrame:
    """The fields of a file's sheets of one layout: those read from a column, formed of others, or said by the layout.

    `sheets` gives each sheet with the header of every position, counted from the sheet's first column that holds
    anything; the columns of the result are counted from the sheet's own first.
    """
    rows: list[tuple[object, ...]] = []
    for number, (found, places) in enumerate(sheets, 1):
        fields = [header.column for header in places.values()]
        meanings = _meanings(found, fields)
        sheet = (number, found.sheet.name, found.header_row)
        rows += [
            (
                *sheet,
                *(header.column, "read", found.sheet.first_column + position),
                *(found.headers[position], header.factor, None, meanings.get(header.column)),
            )
            for position, header in places.items()
        ]
        rows += [
            (*sheet, total.total, "formed", None, None, None, " | ".join(total.parts), None)
            for total in found.source.sums(found.layout)
            if total.total not in fields
        ]
        rows += [
            (*sheet, column, "constant", None, None, None, value, None)
            for column, value in found.described.constants.items()
        ]
    found = sheets[0][0]
    return (
        pl.DataFrame(rows, schema=_SCHEMA, orient="row")
        .select(
            pl.lit(year, pl.Int32).alias("school_year"),
            pl.lit(found.source.name).alias("source"),
            pl.lit(found.layout).alias("layout"),
            pl.lit(found.table).alias("table"),
            pl.lit(file).alias("file"),
            *_SCHEMA,
        )
        .select(COLUMNS_READ.polars_schema.names())
    )


_SCHEMA = {
    name: dtype
    for name, dtype in COLUMNS_READ.polars_schema.items()
    if name not in ("school_year", "source", "layout", "table", "file")
}


def _meanings(found: Recognised, fields: list[str]) -> dict[str, str]:
    """What symbols mean in each field, in words of the register: symbol=meaning, nothing for not reported."""
    said: dict[str, list[str]] = {}
    for recode in found.source.recodes(fields):
        for column in recode.columns:
            said.setdefault(column, []).append(f"{recode.symbol}={recode.becomes or ''}")
    return {column: " | ".join(meanings) for column, meanings in said.items()}
