"""The assets: one per table, partitioned by school year. Each is a few lines; the figures are made in `pipelines`."""

from collections.abc import Callable, Iterator, Mapping

import dagster as dg
import msgspec
import polars as pl

from assets import progress
from assets.archive import write_archive
from assets.asked_plans import PLANNING_ASSETS
from assets.catalogue import write_catalogue
from assets.columns import column_schema
from assets.content import FILES, FILES_READ, PAGES_WRITTEN, concerned, listed, note_finished, note_seen, part_digest
from assets.coverage import coverage, deciding_units
from assets.editions import publish
from assets.explanations import EXPLANATION_ASSETS
from assets.home import UNKNOWN, Home, Written, kind_of
from assets.identity import IDENTITY_ASSETS
from assets.inputs import PACKAGES
from assets.integrity import integrity_signals
from assets.judgement import JUDGEMENT_ASSETS
from assets.lookback import note_made, note_unmade, require_none_left_behind
from assets.partitioned import each, of, preview, table, window, years_of_run
from assets.reconciled import reconciliation
from assets.reported import LONG_TABLES, made_public, on_boundaries, public_edition, report_tables
from assets.resource import HomeResource, school_years
from assets.why import WHY_ASSETS
from assets.withdrawn import record_receipts, today, withdrawn_files
from pipelines import change, disclosure, dispersion, indicators, monitoring, verdicts
from pipelines import units as evaluation
from pipelines.intake import take_in
from reports.public import PublicEdition
from reports.site import METHOD_FOLDERS, folders_of, render_index, render_methods, year_parts
from reports.year import YearTables
from schemas.corrections import CORRECTIONS, CorrectionError
from schemas.county import COUNTY_INPUTS
from schemas.forms_tables import FORM_TABLES
from schemas.origins import COLUMNS_READ
from schemas.source import open_sources, sources
from schemas.tables import QUARANTINE, RETURNS, SCHOOLS, TABLES
from standards.county_return import known_facts, known_items


@dg.multi_asset(
    specs=[
        dg.AssetSpec(contract.name, description=contract.grain_en, metadata=column_schema(contract.name))
        for contract in (SCHOOLS, RETURNS, QUARANTINE, *FORM_TABLES, *COUNTY_INPUTS, CORRECTIONS, COLUMNS_READ)
    ],
    group_name="returns",
    partitions_def=school_years,
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def intake(context: dg.AssetExecutionContext, home: HomeResource) -> Iterator[dg.MaterializeResult[None]]:
    """The inbox read: schools accepted, files listed, everything refused kept."""
    years = years_of_run(context)
    with home.writing() as store:
        files = home.files()
        store.claim(kind_of(home.inbox_folder), home.inbox_folder, home.wanted_sources)
        there = listed(store, home.inbox_folder, files, is_anew=home.is_full)
        record_receipts(store.root, ((one.file, one.sha256) for one in there.values()), today())
        asked = set(there) if home.is_full else concerned(store, there, years)
        with progress.stage("读取报表", len(asked)) as done:
            taken = take_in(
                [file for file in files if file[0] in asked],
                sources().values(),
                wanted=home.wanted_sources,
                years=set(years).__contains__,
                each=done,
                facts=known_facts(store.standards.values()),
                items=known_items(store.standards.values()),
                withdrawn=withdrawn_files(store.root),
                corrections=store.corrections,
            )
        if taken.unmatched:
            raise CorrectionError("\n".join(one.message for one in taken.unmatched))
        tables = {"returns": taken.returns, "schools": taken.schools, "quarantine": taken.quarantine}
        tables |= {"columns_read": taken.columns_read, "corrections": taken.corrections, **taken.county}
        tables |= {"form_places": taken.form_places, "return_explanations": taken.return_explanations}
        present = set(taken.returns["school_year"].drop_nulls().to_list())
        note_unmade(store, years)
        for table, rows in tables.items():
            for year in years:
                if year in present:
                    store.write(table, year, rows.filter(pl.col("school_year") == year))
                else:
                    store.remove(table, year)
            if table in ("returns", "quarantine"):
                store.write(table, UNKNOWN, rows.filter(pl.col("school_year").is_null()))
        note_seen(store, there, years, home.wanted_sources)
    counts = taken.returns.select(pl.col("^rows_.*$", "cells_refused").sum()).to_dicts()[0]
    counts |= {FILES_READ: len(asked), FILES: len(files)}
    counts["files_refused"] = taken.returns.filter(pl.col("status") == "refused").height
    for table, rows in tables.items():
        described = {"dagster/row_count": rows.height, **counts, "preview": preview(rows)}
        yield dg.MaterializeResult(asset_key=table, metadata=described)


@table(deps=["schools"], group="figures")
def units(store: Home, year: int) -> pl.DataFrame:
    """One row per standard, school, stage and school year: the evaluation unit, and whether it counts."""
    schools = store.read("schools", [year])
    return each(store, lambda standard: evaluation.units(schools, standard))


@table(deps=["units", "county_facts"], group="figures")
def unit_indicators(store: Home, year: int) -> pl.DataFrame:
    """One row per standard, unit that counts, indicator and school year: its value against the norm."""
    found, facts = store.read("units", [year]), store.read("county_facts", [year])
    return each(store, lambda standard: indicators.unit_indicators(found, standard, facts))


@table(deps=["units", "unit_indicators"], group="figures")
def county_dispersion(store: Home, year: int) -> pl.DataFrame:
    """One row per standard, county, stage, indicator and school year: mean, CV, limit, status."""
    found, values = store.read("units", [year], dispersion.UNIT_COLUMNS), store.read("unit_indicators", [year])
    return each(store, lambda standard: dispersion.county_dispersion(found, of(values, standard), standard))


@table(deps=["unit_indicators", "county_dispersion"], group="figures")
def suppressed_cells(store: Home, year: int) -> pl.DataFrame:
    """One row per county figure that the public edition withholds, and by which rule."""
    values, spread = store.read("unit_indicators", [year]), store.read("county_dispersion", [year])
    return disclosure.suppressed_cells(values, spread, store.disclosure, store.standards.values(), open_sources())


@table(deps=["unit_indicators"], group="figures")
def variance_shares(store: Home, year: int) -> pl.DataFrame:
    """One row per standard, reporting unit, indicator and school year: its share of the county's variance."""
    return dispersion.variance_shares(store.read("unit_indicators", [year]))


@table(deps=["unit_indicators"], group="figures")
def school_verdicts(store: Home, year: int) -> pl.DataFrame:
    """One row per standard with a school rule, unit and school year: does the unit meet the rule."""
    values = store.read("unit_indicators", [year])
    return each(store, lambda standard: verdicts.school_verdicts(of(values, standard), standard))


@table(deps=["county_dispersion", "school_verdicts"], group="figures")
def resource_verdicts(store: Home, year: int) -> pl.DataFrame:
    """One row per standard, county, school year and stage: the verdict; stage = all is the county's."""
    spread, schools = store.read("county_dispersion", [year]), store.read("school_verdicts", [year])
    return each(store, lambda standard: verdicts.resource_verdicts(spread, schools, standard))


@table(
    deps=[
        window("units", 1),
        window("unit_indicators", 1),
        window("county_dispersion", 1),
        "school_changes",
        "county_history",
    ],
    group="time",
)
def year_over_year(store: Home, year: int) -> pl.DataFrame:
    """One row per standard, county or unit, stage, indicator and school year: the change since the year before."""
    both = [year - 1, year]
    found = store.read("units", both, (*dispersion.UNIT_COLUMNS, "school_id"))
    values, spread = store.read("unit_indicators", both), store.read("county_dispersion", both)
    changes, history = store.read("school_changes", [year]), store.read("county_history", [year])
    return each(store, lambda standard: change.year_over_year(found, values, spread, changes, history, standard, year))


@table(deps=[window("county_dispersion", 2), window("resource_verdicts", 2), "county_history"], group="time")
def three_year_monitoring(store: Home, year: int) -> pl.DataFrame:
    """One row per standard, county, stage, indicator and school year: the window of three years ending with it."""
    spread, judged = on_boundaries(store, [year - 2, year - 1, year], year)
    return monitoring.three_year_monitoring(spread, judged, store.read("county_history", [year]), year)


@dg.asset(
    deps=list(TABLES),
    group_name="reports",
    partitions_def=school_years,
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def county_reports(context: dg.AssetExecutionContext, home: HomeResource) -> dg.MaterializeResult[None]:
    """One report per county and school year, as markdown and HTML, and a page per school year for the province."""
    written = 0
    with home.writing() as store:
        known = store.years()
        for year in years_of_run(context):
            if year not in known:
                for root in (store.site, store.public):
                    store.write_parts([], folders_of(year), root)
                continue
            tables = report_tables(store, year)
            with progress.stage(f"报告 {year}") as done:
                parts = _parts(store, tables, year, known, done)
                written += store.write_parts(parts, folders_of(year), store.site, is_full=home.is_full)
            told, edition = made_public(store, tables)
            with progress.stage(f"公开版 {year}") as done:
                parts = _parts(store, told, year, known, done, public=edition)
                written += store.write_parts(parts, folders_of(year), store.public, is_full=home.is_full)
            note_made(store, year)
    return dg.MaterializeResult(metadata={PAGES_WRITTEN: written})


def _parts(
    store: Home,
    tables: Mapping[str, pl.DataFrame],
    year: int,
    known: list[int],
    each: Callable[[str], None],
    *,
    public: PublicEdition | None = None,
) -> Iterator[Written]:
    """The parts of a school year's pages, internal or public, each with the hash of what it is made from."""
    synthetic, rules = store.kind == "synthetic", store.rules_now(PACKAGES)
    of_year = YearTables(tables, year, store.standards, sources(), is_synthetic=synthetic, public=public)
    for part in year_parts(of_year, known, each=each):
        yield part.name, part_digest(part.tables, [rules, known]), part.pages


@dg.asset(deps=["county_reports"], group_name="reports")
def site(home: HomeResource) -> dg.MaterializeResult[None]:
    """The index of all years, and the edition: a snapshot of tables and pages, the pointer switched to it last.

    Fails, with the published edition left on the site, where verdicts of closed school years would be turned round, or
    where a later school year was not made again after one on which it looks back.
    """
    with home.writing() as store:
        (store.root / "made" / "finished").unlink(missing_ok=True)
        require_none_left_behind(store)
        tables = {table: store.read(table) for table in ("returns", "quarantine", *LONG_TABLES)}
        is_synthetic = store.kind == "synthetic"
        pages = render_index(
            tables, years=store.years(), standards=store.standards, sources=sources(), is_synthetic=is_synthetic
        )
        written = store.write_pages(pages)
        methods = render_methods(store.standards, sources(), is_synthetic=is_synthetic)
        written += store.write_pages(methods, *METHOD_FOLDERS)
        internal = {table: tables[table].clear() for table in ("returns", "quarantine")}
        pages = render_index(
            {**tables, **internal},
            years=store.years(),
            standards=store.standards,
            sources=sources(),
            is_synthetic=is_synthetic,
            public=(public := public_edition(store, tables["suppressed_cells"])),
        )
        written += store.write_pages(pages, root=store.public)
        methods = render_methods(store.standards, sources(), is_synthetic=is_synthetic, public=public)
        written += store.write_pages(methods, *METHOD_FOLDERS, root=store.public)
        write_catalogue(store)
        edition = publish(store, accept_restatements=home.accept_restatements, reason=home.reason)
        write_archive(store)
        note_finished(store)
    if edition is None:
        return dg.MaterializeResult(
            metadata={"edition": store.published().root.name, "is_new": False, PAGES_WRITTEN: written}
        )
    about = {name: value for name, value in msgspec.to_builtins(edition).items() if isinstance(value, str | int)}
    return dg.MaterializeResult(metadata={"edition": edition.id, "is_new": True, PAGES_WRITTEN: written, **about})


TABLE_ASSETS = [
    intake,
    units,
    unit_indicators,
    county_dispersion,
    suppressed_cells,
    variance_shares,
    school_verdicts,
    resource_verdicts,
    year_over_year,
    three_year_monitoring,
    *IDENTITY_ASSETS,
    integrity_signals,
    reconciliation,
    coverage,
    deciding_units,
    *EXPLANATION_ASSETS,
    *JUDGEMENT_ASSETS,
    *PLANNING_ASSETS,
    *WHY_ASSETS,
]
REPORT_ASSETS = [county_reports, site]
