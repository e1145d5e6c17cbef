"""The assets of the plans that a home asks for at every refresh."""

from collections.abc import Iterator

import dagster as dg

from assets import progress
from assets.columns import column_schema
from assets.partitioned import years_of_run
from assets.planning import asked_plans
from assets.resource import HomeResource, school_years
from schemas.planning import PLANNING_TABLES


@dg.multi_asset(
    specs=[
        dg.AssetSpec(
            contract.name,
            description=contract.grain_en,
            deps=["schools", "county_facts"],
            metadata=column_schema(contract.name),
        )
        for contract in PLANNING_TABLES
    ],
    group_name="planning",
    partitions_def=school_years,
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def cheapest_ways(context: dg.AssetExecutionContext, home: HomeResource) -> Iterator[dg.MaterializeResult[None]]:
    """The cheapest way to the standards that `planning.toml` of the home names, for the school years that it names."""
    years = years_of_run(context)
    counts = dict.fromkeys((contract.name for contract in PLANNING_TABLES), 0)
    with home.writing() as store, progress.stage("planning", len(years)) as done:
        known = set(store.years())
        for year in years:
            for contract, rows in zip(PLANNING_TABLES, asked_plans(store, year), strict=True):
                if year in known:
                    store.write(contract.name, year, rows)
                    counts[contract.name] += rows.height
                else:
                    store.remove(contract.name, year)
            done(str(year))
    for name, count in counts.items():
        yield dg.MaterializeResult(asset_key=name, metadata={"dagster/row_count": count})


PLANNING_ASSETS = [cheapest_ways]
