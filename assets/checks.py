"""Checks: a table that breaks its contract stops what is downstream; what is merely unusual is a warning."""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from assets.home import Home
from assets.resource import HomeResource
from schemas.contract import failures
from schemas.tables import TABLES

_ROWS_AT_ONCE = 500_000
RANGE_START, RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"


def years_written(context: dg.AssetCheckExecutionContext, home: HomeResource) -> list[int]:
    """The school years of the run that the check belongs to; all years of the home where it names none."""
    tags = context.run.tags
    single = tags.get("dagster/partition")
    first, last = tags.get(RANGE_START, single), tags.get(RANGE_END, single)
    known = home.home.years()
    return [year for year in known if not (first and last) or int(first) <= year <= int(last)]


def _batches(home: Home, table: str, years: list[int]) -> list[list[int]]:
    """The years in runs that are small enough to be held in memory together."""
    rows = home.rows(table)
    batches: list[list[int]] = []
    held = 0
    for year in years:
        held += rows.get(str(year), 0)
        if not batches or held > _ROWS_AT_ONCE:
            batches.append([])
            held = rows.get(str(year), 0)
        batches[-1].append(year)
    return batches


def _contract_check(table: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=table, name="contract", blocking=True, description="The table keeps its contract.")
    def contract(context: dg.AssetCheckExecutionContext, home: HomeResource) -> dg.AssetCheckResult:
        broken = {
            f"breaches in {years[0]}–{years[-1]}": failures(home.home.read(table, years), TABLES[table]).height
            for years in _batches(home.home, table, years_written(context, home))
        }
        return dg.AssetCheckResult(
            passed=not any(broken.values()), severity=dg.AssetCheckSeverity.ERROR, metadata=dict(broken)
        )

    return contract


_FINDINGS = {
    "experience_swings": ("swing", "A figure that more than doubled or halved within a year."),
    "experience_unit_slips": ("times_10|yuan_wan|mu_m2", "A figure off by ×10, 元/万元 or 亩/m²."),
    "experience_copies": ("copy", "Every figure of the year before repeated."),
}


@dg.multi_asset_check(
    specs=[
        dg.AssetCheckSpec(name, asset="experience_findings", description=description)
        for name, (_, description) in _FINDINGS.items()
    ]
)
def experience(context: dg.AssetCheckExecutionContext, home: HomeResource) -> Iterator[dg.AssetCheckResult]:
    """What is unusual beside the year before: to be mended or explained, never refused."""
    found = home.home.read("experience_findings", years_written(context, home))
    for name, (kinds, _) in _FINDINGS.items():
        rows = found.filter(pl.col("check").is_in(kinds.split("|")))
        yield dg.AssetCheckResult(
            asset_key="experience_findings",
            check_name=name,
            passed=not rows.height,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"findings": rows.height, "preview": dg.MetadataValue.md(_preview(rows))},
        )


def _preview(rows: pl.DataFrame) -> str:
    lines = [
        f"- {r['school_year']} {r['school_name']} ({r['school_id']}) {r['column']}: "
        f"{r['value_before']} → {r['value']} ({r['file']}, {r['row']})"
        for r in rows.head(10).iter_rows(named=True)
    ]
    return "\n".join(lines) or "-"


CHECKS = [*(_contract_check(table) for table in TABLES), experience]
