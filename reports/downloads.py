"""A county's figures as a file for a spreadsheet: UTF-8 with a byte-order mark, text that a sheet leaves alone."""

from __future__ import annotations

import polars as pl

from reports.year import CountyTables

_INERT = r"^[=+\-@\t\r]"


def indicators_csv(county: CountyTables) -> str:
    """The county's `unit_indicators` under the standards that its page shows, one row per unit and indicator.

    Figures stand at full precision, what is not reported is empty. Text that a spreadsheet would take for a formula
    begins with an apostrophe.
    """
    shown = [standard.id for standard in county.standards]
    rows = county.frame("unit_indicators").filter(pl.col("standard").is_in(shown))
    inert = [
        pl.when(pl.col(name).str.contains(_INERT))
        .then(pl.concat_str(pl.lit("'"), pl.col(name)))
        .otherwise(name)
        .alias(name)
        for name, dtype in rows.schema.items()
        if dtype == pl.String
    ]
    return "\ufeff" + rows.with_columns(inert).write_csv(line_terminator="\r\n")
