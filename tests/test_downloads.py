"""The file beside a county's page: for spreadsheets, at full precision, and inert."""

from __future__ import annotations

import io

import polars as pl

from pipelines.verdicts import resource_verdicts, school_verdicts
from reports.downloads import indicators_csv
from reports.year import YearTables
from schemas.source import sources
from schemas.tables import TABLES
from standards.standard import standards
from tests.county import figures

QUALITY = standards()["cn-quality-2017"]
NAMES = ["=SUM(A1)", "+1", "-2", "@x", "第一小学"]


def download() -> str:
    rows = [{"school_name": name, "pupils_primary": 300 + i, "multimedia_rooms": 7} for i, name in enumerate(NAMES)]
    values, spread = figures(rows, QUALITY)
    tables = {name: contract.empty() for name, contract in TABLES.items()}
    tables |= {"unit_indicators": values, "county_dispersion": spread}
    tables["resource_verdicts"] = resource_verdicts(spread, school_verdicts(values, QUALITY), QUALITY)
    year = YearTables(tables, 2023, standards(), sources())
    return indicators_csv(next(iter(year.counties())))


def test_the_file_has_a_byte_order_mark_and_line_ends_for_spreadsheets() -> None:
    text = download()
    assert text.startswith("\ufeffschool_year,standard,")
    assert text.endswith("\r\n")


def test_text_that_a_spreadsheet_would_take_for_a_formula_is_inert() -> None:
    rows = pl.read_csv(io.StringIO(download().removeprefix("\ufeff")))
    assert rows["school_name"].unique().sort().to_list() == sorted(["'=SUM(A1)", "'+1", "'-2", "'@x", "第一小学"])


def test_figures_are_not_rounded_and_what_is_missing_is_empty() -> None:
    rows = pl.read_csv(io.StringIO(download().removeprefix("\ufeff"))).filter(pl.col("school_name") == "第一小学")
    values = dict(rows.select("indicator", "value").iter_rows())
    assert values["multimedia_rooms"] == 7 * 100 / 304
    assert values["key_teachers"] is None
