"""How a table becomes an asset: partitioned by school year, written year by year, described for Dagster's pages."""

from collections.abc import Callable, Sequence
from typing import Any

import dagster as dg
import polars as pl

from assets import progress
from assets.columns import column_lineage, column_schema
from assets.home import Home
from assets.resource import HomeResource, school_years
from standards.standard import Standard

_PREVIEW_ROWS, _PREVIEW_COLUMNS = 5, 14
_Rows = Callable[[Home, int], pl.DataFrame]


def preview(frame: pl.DataFrame) -> dg.MarkdownMetadataValue:
    """The first rows as a markdown table."""
    columns = frame.columns[:_PREVIEW_COLUMNS]
    lines = ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    lines += [
        "| " + " | ".join("…" if cell is None else str(cell).replace("|", "\\|") for cell in row) + " |"
        for row in frame.select(columns).head(_PREVIEW_ROWS).iter_rows()
    ]
    return dg.MetadataValue.md("\n".join(lines))


def years_of_run(context: dg.AssetExecutionContext) -> list[int]:
    """The school years that a run goes over."""
    return [int(key) for key in context.partition_keys]


def table(*, deps: Sequence[str | dg.AssetDep], group: str) -> Callable[[_Rows], dg.AssetsDefinition]:
    """An asset from the function that gives a table's rows of one school year; name and grain are the function's.

    A run goes over its whole range of years; a year without returns has no file.
    """

    def decorate(rows: _Rows) -> dg.AssetsDefinition:
        def materialise(context: dg.AssetExecutionContext, home: HomeResource) -> dg.MaterializeResult[None]:
            name, years = rows.__name__, years_of_run(context)
            counts: dict[int, int] = {}
            sample = pl.DataFrame()
            with home.writing() as store, progress.stage(name, len(years)) as done:
                known = set(store.years())
                for year in years:
                    if year in known:
                        sample = rows(store, year)
                        store.write(name, year, sample)
                        counts[year] = sample.height
                    else:
                        store.remove(name, year)
                    done(str(year))
            per_year = {f"rows in {year}": count for year, count in counts.items()}
            total: dict[str, Any] = {"dagster/row_count": sum(counts.values()), "preview": preview(sample)}
            return dg.MaterializeResult(metadata=total | per_year | column_lineage(name, deps))

        return dg.asset(
            name=rows.__name__,
            description=rows.__doc__,
            metadata=column_schema(rows.__name__),
            deps=deps,
            group_name=group,
            partitions_def=school_years,
            backfill_policy=dg.BackfillPolicy.single_run(),
        )(materialise)

    return decorate


def each(store: Home, compute: Callable[[Standard], pl.DataFrame]) -> pl.DataFrame:
    """The rows of every standard."""
    return pl.concat(compute(standard) for standard in store.standards.values())


def of(frame: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    """The rows of one standard."""
    return frame.filter(pl.col("standard") == standard.id)


def window(asset: str, years_before: int) -> dg.AssetDep:
    """The asset's partitions of a school year and of the years before it."""
    mapping = dg.TimeWindowPartitionMapping(start_offset=-years_before, allow_nonexistent_upstream_partitions=True)
    return dg.AssetDep(asset, partition_mapping=mapping)
