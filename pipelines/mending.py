"""What was refused and has been mended since: by a later file, or by a correction. It stays listed, and is not open."""

from __future__ import annotations

import polars as pl

_SCHOOL = ["school_year", "source", "school_id", "layout"]
_CELL = ["file", "sheet", "row", "column"]


def with_mended(
    faults: pl.DataFrame, schools: pl.DataFrame, layouts: pl.DataFrame, corrections: pl.DataFrame
) -> pl.DataFrame:
    """The refusals with `mended_by`: the file or correction that mended each; null while it is open.

    A row or cell of a school is mended by the file of the same layout from which the school's row comes now, where
    that is another file; a cell by the correction that set it, where the checks kept what was set. A refused file, and
    what a county says of itself, are mended by taking the file out or by handing it in again under its name. `layouts`
    are the pairs of `file` and `layout`.
    """
    standing = (
        schools.select("school_year", "source", "school_id", "file")
        .join(layouts.unique(), on="file", how="left", maintain_order="left")
        .unique(maintain_order=True)
        .group_by(_SCHOOL, maintain_order=True)
        .agg(pl.col("file").alias("__files__"))
    )
    kept = corrections.filter(pl.col("is_kept").fill_null(value=True))
    set_cells = kept.select(*_CELL, pl.col("correction").alias("__correction__")).unique(_CELL, maintain_order=True)
    found = faults.join(standing, on=_SCHOOL, how="left", validate="m:1", maintain_order="left").join(
        set_cells, on=_CELL, how="left", validate="m:1", nulls_equal=True, maintain_order="left"
    )
    is_elsewhere = (pl.col("level") != "file") & ~pl.col("__files__").list.contains(pl.col("file"))
    by = pl.coalesce(pl.when(is_elsewhere).then(pl.col("__files__").list.first()), "__correction__")
    return found.with_columns(mended_by=by).drop("__files__", "__correction__")


def still_open(faults: pl.DataFrame) -> pl.DataFrame:
    """The refusals that nothing has mended yet."""
    return faults.filter(pl.col("mended_by").is_null())
