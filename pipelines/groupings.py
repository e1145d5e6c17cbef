"""Groups of schools (学区, 集团, 共同体, 乡镇): how far apart the schools inside each are."""

from __future__ import annotations

import polars as pl

from pipelines.dispersion import COUNTY, county_dispersion
from pipelines.figures import ratio
from schemas.contract import tidy
from schemas.judgement import GROUP_DISPERSION
from standards.standard import Standard
from standards.values import first_day

_GROUPING = ["source", "county_code", "grouping"]
_MEMBER = [*_GROUPING, "group", "school_id"]
_SCHOOL = ["source", "county_code", "school_id"]


def group_dispersion(
    unit_indicators: pl.DataFrame, groups: pl.DataFrame, standard: Standard, year: int
) -> pl.DataFrame:
    """Mean and CV of every group of schools, stage and indicator, each group taken as if it were a county.

    Formula, weights and limits are those of `county_dispersion`; the limit is set for counties, so the status is
    indicative. A county's newest list of a grouping up to `year` holds, and of it the schools that were members on
    1 September of the year, first and last day included. Coverage is the share of the county's schools with a unit
    that counts that are members of any group of the grouping. A member without such a unit, or of another county,
    enters nothing; a group without any member that counts has no row.
    """
    values = unit_indicators.filter((pl.col("standard") == standard.id) & (pl.col("school_year") == year))
    members = _members(groups, year)
    grouped = values.join(members, on=_SCHOOL, how="inner", maintain_order="left")
    if not grouped.height:
        return GROUP_DISPERSION.empty()
    names = grouped.select("county_code", "grouping", "group").unique(maintain_order=True)
    names = names.sort("county_code", "grouping", "group").with_row_index("__group__")
    names = names.with_columns(pl.col("__group__").cast(pl.String))
    # Each group stands in for a county: its number is the code, so that one formula serves both.
    as_counties = grouped.join(
        names, on=["county_code", "grouping", "group"], how="left", validate="m:1", maintain_order="left"
    ).with_columns(county_code=pl.col("__group__"))
    as_counties = as_counties.select(values.columns)
    units = as_counties.select(*COUNTY, "stage", "unit_id").unique(maintain_order=True)
    spread = (
        county_dispersion(units, as_counties, standard)
        .rename({"county_code": "__group__"})
        .join(names, on="__group__", how="left", validate="m:1", maintain_order="left")
        .join(_coverage(values, members), on=_GROUPING, how="left", validate="m:1", maintain_order="left")
    )
    return tidy(spread, GROUP_DISPERSION)


def _members(groups: pl.DataFrame, year: int) -> pl.DataFrame:
    """The schools of each group on the first day of the school year, by the newest list of their grouping."""
    day = first_day(year)
    known = groups.filter(pl.col("school_year") <= year)
    newest = known.filter(pl.col("school_year") == pl.col("school_year").max().over(_GROUPING))
    has_begun = (pl.col("since") <= day).fill_null(value=True)
    has_not_ended = (pl.col("until") >= day).fill_null(value=True)
    return newest.filter(has_begun & has_not_ended).select(_MEMBER).unique(maintain_order=True)


def _coverage(values: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """Of each county and grouping, the share of schools with a unit that counts that are members."""
    schools = values.select(_SCHOOL).unique(maintain_order=True)
    all_schools = schools.group_by(["source", "county_code"], maintain_order=True).agg(pl.len().alias("__schools__"))
    inside = (
        members.select(*_GROUPING, "school_id")
        .unique(maintain_order=True)
        .join(schools, on=_SCHOOL, how="semi", maintain_order="left")
        .group_by(_GROUPING, maintain_order=True)
        .agg(pl.len().alias("__members__"))
    )
    return inside.join(
        all_schools, on=["source", "county_code"], how="left", validate="m:1", maintain_order="left"
    ).select(*_GROUPING, ratio(pl.col("__members__"), pl.col("__schools__")).alias("coverage"))
