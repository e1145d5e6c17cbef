"""The tables of one school year, cut by county once: what the pages of that year are made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import polars as pl

from schemas.source import Source
from standards.standard import Standard

Row = Mapping[str, Any]
"""A table's row by column name."""
County = tuple[str, str]
"""Source and county code."""

_UNIT_COLUMNS = (
    "standard",
    "source",
    "county_code",
    "stage",
    "unit_id",
    "school_id",
    "school_name",
    "area",
    "standing",
    "reason",
    "pupils",
    "file",
    "sheet",
    "row",
)


class YearTables:
    """The tables as they hold one school year, and the dispersion and verdicts of the years before it.

    `tables` may hold more school years and more standards than asked for; a table that is not there is empty.
    """

    def __init__(
        self,
        tables: Mapping[str, pl.DataFrame],
        year: int,
        standards: Mapping[str, Standard],
        sources: Mapping[str, Source],
    ) -> None:
        self.year = year
        self.standards = standards
        self.sources = sources
        self._tables = tables

    def table(self, name: str) -> pl.DataFrame:
        """A table's rows of the school year."""
        return self._tables[name].filter(pl.col("school_year") == self.year)

    @cached_property
    def places(self) -> pl.DataFrame:
        """The counties of the year: one row per source and county, in order of province, source and code."""
        return (
            self.table("county_verdicts")
            .select("province_code", "source", "county_code", "county_name")
            .unique(["source", "county_code"], maintain_order=True)
            .sort("province_code", "source", "county_code")
        )

    def applying(self, source: str) -> list[Standard]:
        """The standards whose pages show the source."""
        return [standard for standard in self.standards.values() if source in standard.applies_to]

    def counties(self) -> Iterator[CountyTables]:
        """The tables of each county."""
        for province, source, code, name in self.places.iter_rows():
            yield CountyTables(self, province, source, code, name)

    @cached_property
    def folders(self) -> dict[int, dict[County, str]]:
        """The folder of each county's page, by school year: its code; with its source where two sources share one."""
        shown = pl.DataFrame(
            [(source, standard.id) for standard in self.standards.values() for source in standard.applies_to],
            schema={"source": pl.String, "standard": pl.String},
            orient="row",
        )
        known = (
            self._tables["county_verdicts"]
            .join(shown, on=["source", "standard"], how="semi")
            .select("school_year", "source", "county_code")
            .unique()
            .sort("school_year", "county_code", "source")
            .with_columns(pl.int_range(pl.len()).over("school_year", "county_code").alias("nth"))
        )
        folders: dict[int, dict[County, str]] = {}
        for year, source, code, nth in known.iter_rows():
            folders.setdefault(year, {})[source, code] = code if nth == 0 else f"{code}-{source}"
        return folders

    def rows(self, table: str, county: County) -> pl.DataFrame:
        """A table's rows of a county in the school year."""
        return self._by_county(table).get(county, self._tables[table].clear())

    def history(self, county: County) -> list[tuple[str, str, str, int, float | None]]:
        """Standard, stage, indicator, school year and CV of a county, up to the school year."""
        return self._history.get(county, [])

    @cached_property
    def _history(self) -> dict[County, list[tuple[str, str, str, int, float | None]]]:
        known = (
            self._tables["county_dispersion"]
            .filter(pl.col("school_year") <= self.year)
            .sort("source", "county_code", "standard", "stage", "indicator", "school_year")
            .select("source", "county_code", "standard", "stage", "indicator", "school_year", "cv")
        )
        return {
            (str(key[0]), str(key[1])): part.select("standard", "stage", "indicator", "school_year", "cv").rows()
            for key, part in known.partition_by(
                ["source", "county_code"], as_dict=True, maintain_order=True
            ).items()
        }

    @cached_property
    def _cut(self) -> dict[str, dict[County, pl.DataFrame]]:
        return {}

    def _by_county(self, table: str) -> dict[County, pl.DataFrame]:
        if table not in self._cut:
            frame = self._frame(table)
            self._cut[table] = {
                (str(key[0]), str(key[1])): part
                for key, part in frame.partition_by(
                    ["source", "county_code"], as_dict=True, maintain_order=True
                ).items()
            }
        return self._cut[table]

    def _frame(self, table: str) -> pl.DataFrame:
        frame = self.table(table)
        if table == "units":
            fields = {
                field
                for standard in self.standards.values()
                for indicator in standard.indicators
                for stage in standard.scope.stages
                for field in (*indicator.added(stage), *indicator.minus, indicator.denominator)
            }
            return frame.select(*_UNIT_COLUMNS, *sorted(fields - set(_UNIT_COLUMNS)))
        if table == "quarantine":
            return self._refused_with_county(frame)
        return frame

    def _refused_with_county(self, refused: pl.DataFrame) -> pl.DataFrame:
        """The refused rows under the county's present code, where the source has a register of its own."""
        register = pl.DataFrame(
            [
                (source.name, entry["code"], entry["county_code"])
                for source in self.sources.values()
                for entry in source.counties
            ],
            schema={"source": pl.String, "county_code": pl.String, "__now__": pl.String},
            orient="row",
        ).unique(["source", "county_code"], maintain_order=True)
        return (
            refused.join(register, on=["source", "county_code"], how="left", maintain_order="left")
            .with_columns(pl.coalesce("__now__", "county_code").alias("county_code"))
            .drop("__now__")
            .filter(pl.col("county_code").is_not_null() & pl.col("source").is_not_null())
        )


class CountyTables:
    """One county's rows of every table in the school year."""

    def __init__(self, year_tables: YearTables, province: str, source: str, code: str, name: str) -> None:
        self.all = year_tables
        self.year = year_tables.year
        self.province = province
        self.source = source
        self.code = code
        self.name = name

    @property
    def key(self) -> County:
        """Source and county code."""
        return self.source, self.code

    def frame(self, table: str) -> pl.DataFrame:
        """The county's rows of a table."""
        return self.all.rows(table, self.key)

    @cached_property
    def standards(self) -> list[Standard]:
        """The standards whose pages show the county's source."""
        return self.all.applying(self.source)

    @cached_property
    def dispersion(self) -> dict[tuple[str, str, str], Row]:
        """The county's dispersion by standard, stage and indicator."""
        return {
            (row["standard"], row["stage"], row["indicator"]): row
            for row in self.frame("county_dispersion").iter_rows(named=True)
        }

    @cached_property
    def verdicts(self) -> dict[tuple[str, str], Row]:
        """The county's verdicts by standard and stage."""
        return {(row["standard"], row["stage"]): row for row in self.frame("county_verdicts").iter_rows(named=True)}

    @cached_property
    def changes(self) -> dict[tuple[str, str, str, str], Row]:
        """The change since the year before by standard, series (county, common), stage and indicator."""
        rows = self.frame("year_over_year").filter(pl.col("series").is_in(["county", "common"]))
        return {
            (row["standard"], row["series"], row["stage"], row["indicator"]): row for row in rows.iter_rows(named=True)
        }

    @cached_property
    def moved(self) -> dict[tuple[str, str, str], list[str]]:
        """Names of the units of one year only, by standard, series (opened, closed) and stage."""
        rows = (
            self.frame("year_over_year")
            .filter(pl.col("series").is_in(["opened", "closed"]))
            .unique(["standard", "series", "stage", "unit_id"], maintain_order=True)
            .select("standard", "series", "stage", "school_name")
        )
        names: dict[tuple[str, str, str], list[str]] = {}
        for standard, series, stage, name in rows.iter_rows():
            names.setdefault((standard, series, stage), []).append(name)
        return names

    @cached_property
    def monitoring(self) -> dict[tuple[str, str, str], Row]:
        """The window of three years by standard, stage and indicator."""
        return {
            (row["standard"], row["stage"], row["indicator"]): row
            for row in self.frame("three_year_monitoring").iter_rows(named=True)
        }

    @cached_property
    def values(self) -> dict[tuple[str, str], dict[str, dict[str, Row]]]:
        """Indicators of the counted units: standard and stage → unit → indicator → row."""
        rows = self.frame("unit_indicators").select(
            "standard",
            "stage",
            "unit_id",
            "school_name",
            "area",
            "indicator",
            "unit",
            "pupils",
            "value",
            "norm",
            "floor",
            "status",
            "is_at_floor",
            "reason",
        )
        values: dict[tuple[str, str], dict[str, dict[str, Row]]] = {}
        for row in rows.iter_rows(named=True):
            units = values.setdefault((row["standard"], row["stage"]), {})
            units.setdefault(row["unit_id"], {})[row["indicator"]] = row
        return values

    @cached_property
    def school_verdicts(self) -> dict[tuple[str, str], dict[str, Row]]:
        """Verdicts of the units: standard and stage → unit → row."""
        verdicts: dict[tuple[str, str], dict[str, Row]] = {}
        for row in self.frame("school_verdicts").iter_rows(named=True):
            verdicts.setdefault((row["standard"], row["stage"]), {})[row["unit_id"]] = row
        return verdicts

    @cached_property
    def units(self) -> dict[tuple[str, str], dict[str, Row]]:
        """The units, counted or not: standard and stage → unit → row."""
        units: dict[tuple[str, str], dict[str, Row]] = {}
        for row in self.frame("units").iter_rows(named=True):
            units.setdefault((row["standard"], row["stage"]), {})[row["unit_id"]] = row
        return units

    @cached_property
    def history(self) -> dict[tuple[str, str, str], dict[int, float | None]]:
        """CV by standard, stage and indicator, then by school year, up to this one."""
        history: dict[tuple[str, str, str], dict[int, float | None]] = {}
        for standard, stage, indicator, year, cv in self.all.history(self.key):
            history.setdefault((standard, stage, indicator), {})[year] = cv
        return history

    def shares(self, standard: str, stage: str, indicator: str) -> list[Row]:
        """Variance shares of an indicator's units, the largest first."""
        rows = self.frame("variance_shares").filter(
            (pl.col("standard") == standard) & (pl.col("stage") == stage) & (pl.col("indicator") == indicator)
        )
        return rows.sort("variance_share", "unit_id", descending=[True, False], nulls_last=True).to_dicts()
