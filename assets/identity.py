"""The assets of identity over the years: which school is which, what became of the others, and what may be the same."""

import polars as pl

from assets.home import Home
from assets.partitioned import table, window
from assets.registers import register
from pipelines import county_history as counties
from pipelines import likeness, lineage
from schemas.lineage import COUNTY_EVENTS, SCHOOL_EVENTS


@table(deps=["schools"], group="identity")
def school_lineage(store: Home, year: int) -> pl.DataFrame:
    """One row per school and school year: its lineage, the same before and after another name, place or identifier."""
    return lineage.school_lineage(
        store.read("schools", [year], lineage.IDENTITY), register(store.root, SCHOOL_EVENTS), year
    )


@table(deps=[window("schools", 1), "quarantine"], group="identity")
def school_changes(store: Home, year: int) -> pl.DataFrame:
    """One row per school year, kind of change and pair of schools: gone, new, merged and so on, and why."""
    schools = store.read("schools", [year - 1, year], lineage.IDENTITY)
    refused = store.read("quarantine", [year]).filter(pl.col("level") == "row")
    became = counties.successors(schools, register(store.root, COUNTY_EVENTS), year)
    return lineage.school_changes(schools, register(store.root, SCHOOL_EVENTS), became, refused, year)


@table(deps=["school_changes", window("schools", 1)], group="identity")
def lineage_candidates(store: Home, year: int) -> pl.DataFrame:
    """One row per school year and pair of a gone and a new school that may be one: never applied."""
    schools = store.read("schools", [year - 1, year], likeness.EVIDENCE)
    return likeness.lineage_candidates(schools, store.read("school_changes", [year]), year)


@table(deps=[window("schools", 1)], group="identity")
def county_changes(store: Home, year: int) -> pl.DataFrame:
    """One row per school year, kind of change and county code: gone, new, not in the list of counties; and why."""
    places = store.read("schools", [year - 1, year], counties.PLACES)
    return counties.county_changes(places, register(store.root, COUNTY_EVENTS), year)


@table(deps=["schools"], group="identity")
def county_history(store: Home, year: int) -> pl.DataFrame:
    """One row per school year, standard, county that an event touches and earlier year: how that year is read."""
    known = [y for y in store.years() if y <= year]
    places = pl.concat(store.read("schools", [y], counties.PLACES).unique(maintain_order=True) for y in known)
    return counties.county_history(places, register(store.root, COUNTY_EVENTS), list(store.standards.values()), year)


IDENTITY_ASSETS = [school_lineage, school_changes, lineage_candidates, county_changes, county_history]
