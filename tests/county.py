"""Small counties drawn by hand: what a row does not say is not reported."""

from __future__ import annotations

import polars as pl

from pipelines.dispersion import county_dispersion
from pipelines.indicators import unit_indicators
from pipelines.units import units
from schemas.contract import conform
from schemas.tables import SCHOOLS
from standards.standard import Standard


def schools(rows: list[dict[str, object]]) -> pl.DataFrame:
    """Schools of one county and year; what a row does not say is not reported."""
    common = {
        "school_year": 2023,
        "source": "cn-returns",
        "province_code": "690000",
        "return_part": "whole",
        "county_code": "690101",
        "county_name": "青岚县",
        "school_type_code": "211",
        "is_counted": True,
        "file": "drawn.csv",
    }
    drawn = [
        {**common, "school_id": f"21690000{i:02d}", "school_name": f"第{i}小学", "row": i + 1, **row}
        for i, row in enumerate(rows, 1)
    ]
    return conform(pl.DataFrame(drawn, infer_schema_length=None), SCHOOLS)


def figures(rows: list[dict[str, object]], standard: Standard) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Indicators of the units, and dispersion of the county, under a standard."""
    found = units(schools(rows), standard)
    values = unit_indicators(found, standard)
    return values, county_dispersion(found, values, standard)
