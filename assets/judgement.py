"""The assets that answer what a standard asks beyond resources: checks, items, verdicts, ledger, evidence, plans."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import polars as pl

from assets import progress
from assets.columns import column_lineage, column_schema
from assets.home import Home
from assets.partitioned import each, table, window, years_of_run
from assets.resource import HomeResource, school_years
from pipelines import assessments, candidates, evidence, groupings, lineage
from pipelines import ledger as register
from pipelines import plans as planning
from pipelines import popularisation as rates
from pipelines.county_history import on_todays_codes
from pipelines.judgement import Judged, judge, years_needed
from schemas.judgement import PIONEER_CANDIDATES
from schemas.tables import TABLES

_JUDGED = tuple(Judged.__dataclass_fields__)
_LOOKS_BACK = 5
"""School years before the one judged that a run's partitions depend on: three years of growth and the year before."""
MEASURED_BY = "cn-quality-2017"
"""The standard by whose resource part candidates are ranked."""


_READ = ("units", window("county_facts", _LOOKS_BACK), window("resource_verdicts", _LOOKS_BACK))


@dg.multi_asset(
    specs=[
        dg.AssetSpec(
            name,
            description=TABLES[name].grain_en,
            deps=_READ,
            metadata=column_schema(name),
        )
        for name in _JUDGED
    ],
    group_name="judgement",
    partitions_def=school_years,
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def judgement(context: dg.AssetExecutionContext, home: HomeResource) -> Iterator[dg.MaterializeResult[None]]:
    """Every check, item, part and verdict of every standard, year after year: a year may ask for those before it."""
    years = years_of_run(context)
    counts = dict.fromkeys(_JUDGED, 0)
    with home.writing() as store, progress.stage("judgement", len(years)) as done:
        known = set(store.years())
        back = years_needed(store.standards)
        for year in years:
            if year not in known:
                for name in _JUDGED:
                    store.remove(name, year)
                done(str(year))
                continue
            span = [y for y in range(year - back, year + 1) if y in known]
            judged = judge(
                store.read("units", [year]),
                store.read("county_facts", span),
                store.read("resource_verdicts", span),
                store.read("county_verdicts", [y for y in span if y != year]),
                store.standards,
                year,
            )
            for name, rows in vars(judged).items():
                store.write(name, year, rows)
                counts[name] += rows.height
            done(str(year))
    for name, count in counts.items():
        described: dict[str, Any] = {"dagster/row_count": count, **column_lineage(name, _READ)}
        yield dg.MaterializeResult(asset_key=name, metadata=described)


def _three(year: int) -> list[int]:
    return [year - 2, year - 1, year]


@table(
    deps=[
        *(window(name, 2) for name in ("county_items", "county_checks", "school_checks")),
        *(window(name, 2) for name in ("unit_indicators", "county_dispersion")),
        "county_measures",
        "school_lineage",
        "county_history",
    ],
    group="judgement",
)
def ledger(store: Home, year: int) -> pl.DataFrame:
    """One row per standard, county, school or unit, item or indicator, and school year: the ledger, met and unmet."""
    three = _three(year)
    items, checks, schools = (store.read(name, three) for name in ("county_items", "county_checks", "school_checks"))
    values, spread = (store.read(name, three) for name in ("unit_indicators", "county_dispersion"))
    measures, before = store.read("county_measures", _up_to(store, year)), store.read("ledger", _up_to(store, year - 1))
    codes = lineage.codes_of_today(store.read("school_lineage", _up_to(store, year)), year)
    schools, values, measures, before = (
        lineage.under_todays_codes(rows, codes) for rows in (schools, values, measures, before)
    )
    continued = store.read("county_history", [year]).filter(pl.col("series") == "continued")
    items, checks, schools, values, spread, before = (
        on_todays_codes(rows, continued) for rows in (items, checks, schools, values, spread, before)
    )
    return each(
        store,
        lambda standard: register.ledger(items, checks, schools, values, spread, measures, before, standard, year),
    )


@table(deps=["county_assessments"], group="judgement")
def assessment_stages(store: Home, year: int) -> pl.DataFrame:
    """One row per standard, county, stage of the assessment and school year."""
    return assessments.assessment_stages(store.read("county_assessments", _up_to(store, year)), year)


@table(deps=[window("county_documents", 2), window("county_facts", 2)], group="judgement")
def evidence_index(store: Home, year: int) -> pl.DataFrame:
    """One row per standard, county, item, school year of the window of three, and document; missing ones too."""
    three = _three(year)
    documents, facts = store.read("county_documents", three), store.read("county_facts", three)
    return evidence.evidence_index(documents, facts, store.standards.values(), year)


@table(deps=["county_plans"], group="judgement")
def plans(store: Home, year: int) -> pl.DataFrame:
    """One row per county, plan, zone and school year: planned, done, share, on course or not."""
    return planning.plans(store.read("county_plans", _up_to(store, year)), year)


@table(deps=["schools", "county_facts"], group="judgement")
def popularisation(store: Home, year: int) -> pl.DataFrame:
    """One row per county or school, stage, rate and school year: entry, retention, completion, dropout, support."""
    return rates.popularisation(store.read("schools", [year]), store.read("county_facts", [year]), year)


@table(deps=["unit_indicators", "school_groups"], group="judgement")
def group_dispersion(store: Home, year: int) -> pl.DataFrame:
    """One row per standard, group of schools, stage, indicator and school year; the verdict is indicative."""
    values, groups = store.read("unit_indicators", [year]), store.read("school_groups", _up_to(store, year))
    return each(store, lambda standard: groupings.group_dispersion(values, groups, standard, year))


@table(
    deps=["county_items", "county_parts", "resource_verdicts", "county_dispersion", "county_facts"], group="judgement"
)
def pioneer_candidates(store: Home, year: int) -> pl.DataFrame:
    """One row per county and school year: rank among its province's candidates, reasons for and against."""
    items, parts, facts = (store.read(name, [year]) for name in ("county_items", "county_parts", "county_facts"))
    resource, spread = (store.read(name, [year]) for name in ("resource_verdicts", "county_dispersion"))
    ranked = [
        candidates.pioneer_candidates(items, parts, resource, spread, facts, standard, MEASURED_BY)
        for standard in store.standards.values()
        if standard.quota is not None
    ]
    return pl.concat([PIONEER_CANDIDATES.empty(), *ranked])


def _up_to(store: Home, year: int) -> list[int]:
    return [known for known in store.years() if known <= year]


JUDGEMENT_ASSETS = [
    judgement,
    ledger,
    assessment_stages,
    evidence_index,
    plans,
    popularisation,
    group_dispersion,
    pioneer_candidates,
]
JUDGEMENT_TABLES = (
    *_JUDGED,
    "ledger",
    "assessment_stages",
    "evidence_index",
    "plans",
    "popularisation",
    "group_dispersion",
    "pioneer_candidates",
)
