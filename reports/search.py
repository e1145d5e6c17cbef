"""What can be searched for in a school year: its counties and schools by name and code, and their pages."""

from __future__ import annotations

import json

import polars as pl

from reports.county import banner
from reports.language import gettext as _
from reports.province_tables import ProvinceTables
from reports.year import YearTables


def search_json(tables: YearTables, areas: list[ProvinceTables]) -> str:
    """`note` is what stands at the top of every page; `counties` holds name, code and page (under the school year's
    folder), `schools` holds name, identifier and the place of its county in `counties`. All in order of the codes.
    """
    counties: list[tuple[str, str, str]] = []
    position: dict[tuple[str, str], int] = {}
    for area in areas:
        for code, name in area.names.items():
            position[area.source, code] = len(counties)
            counties.append((name, code, f"{area.folder(code)}/index.html"))
    known = (
        tables.table("units")
        .select("source", "county_code", "school_id", "school_name")
        .unique()
        .sort("source", "county_code", "school_id", "school_name")
    )
    schools = [
        (name, school, position[source, code])
        for source, code, school, name in known.filter(pl.col("school_name").is_not_null()).iter_rows()
        if (source, code) in position
    ]
    found = {
        "note": banner(is_synthetic=tables.is_synthetic),
        "placeholder": _("查找县或学校"),
        "counties": counties,
        "schools": schools,
    }
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))
