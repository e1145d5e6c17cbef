"""The tables of one school year, cut by county once: what the pages of that year are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from operator import itemgetter
from typing import Any, TypeVar

import polars as pl

from reports import display
from reports.public import PublicEdition
from reports.values import with_texts
from schemas.source import Source
from schemas.tables import TABLES
from standards.standard import Indicator, Standard

Row = Mapping[str, Any]
"""A table's row by column name."""
County = tuple[str, str]
"""Source and county code."""
Place = tuple[str, str | None, int | None]
"""File, sheet and row."""
FAILING = "school_checks not met"
"""The rows of `school_checks` that are not met."""
TOLD = "unit_indicators told"
"""The rows of `unit_indicators` with each value as pages show it."""
EXPLAINED = (
    "verdict_robustness",
    "least_changes",
    "change_causes",
    "inequality",
    "between_within",
    "group_means",
    "pupil_gaps",
)
"""Tables that say why by standard, stage and indicator: a page reads of them what it shows."""
_Made = TypeVar("_Made")

_OF_SOME_COUNTIES = ("form_places", "return_explanations")
"""Tables whose rows have a county without its province."""
_OF_PEERS = ("county_structure", "three_year_monitoring")
"""Tables of which a county's page tells what they say of its peers."""
_BY_FILE = ("returns", "quarantine", "columns_read", "corrections", *_OF_SOME_COUNTIES)
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
_VALUE_KEY = ("standard", "stage", "unit_id")
_VALUE_COLUMNS = (
    "indicator",
    "unit",
    "value",
    "norm",
    "floor",
    "status",
    "is_at_floor",
    "reason",
    "text",
    "mark",
)
_SITE_COLUMNS = (
    "school_id",
    "return_part",
    "school_name",
    "parent_school_id",
    "is_counted",
    "pupils_primary",
    "pupils_junior",
    "file",
    "sheet",
    "row",
)


def records(rows: pl.DataFrame, *columns: str) -> list[dict[str, Any]]:
    """The rows by column name, of these columns where any are named.

    For the few rows of a county, plain lists cost a fraction of what a query does.
    """
    names = columns or tuple(rows.columns)
    lists = [rows.get_column(name).to_list() for name in names]
    return [dict(zip(names, values)) for values in zip(*lists)]  # noqa: B905 (of one frame, so of one length)


def indicator_fields(indicator: Indicator, stage: str) -> tuple[str, ...]:
    """The fields that an indicator is computed from."""
    divided = indicator.over or (() if indicator.denominator == "one" else (indicator.denominator,))
    return (*indicator.added(stage), *indicator.minus, *divided)


def ordered(standards: Iterable[Standard]) -> list[Standard]:
    """Standards as a page shows them: those that limit differences, then others that measure schools, then the rest."""
    return sorted(standards, key=lambda s: (not s.indicators, s.dispersion.rule == "none", bool(s.gate_of)))


def leading(standards: Iterable[Standard]) -> list[Standard]:
    """The standards that limit differences; where there is none those that measure them; else all."""
    found = list(standards)
    limited = [standard for standard in found if standard.dispersion.rule != "none"]
    return limited or [s for s in found if s.indicators and not s.gate_of] or found


def _once(kept: dict[object, Any], key: object, make: Callable[[], _Made]) -> _Made:
    if key not in kept:
        kept[key] = make()
    found: _Made = kept[key]
    return found


def _by_county(rows: pl.DataFrame, *, include_key: bool = True) -> dict[County, pl.DataFrame]:
    """The rows of each county. As a dictionary polars would ask each part for its key, which is slower than to cut it."""
    county = ["source", "county_code"]
    keys = rows.select(county).unique(maintain_order=True).rows()
    parts = rows.partition_by(county, maintain_order=True, include_key=include_key)
    return dict(zip(keys, parts, strict=True))


def _of_own_files(tables: Mapping[str, pl.DataFrame], refused: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Tables that are by file or by what was refused, as one province has them; of other files' rows no bytes."""
    named = [rows["file"] for name, rows in tables.items() if "file" in rows.columns and name not in _BY_FILE]
    own = pl.col("file").is_in(pl.concat([refused["file"], *named]).drop_nulls().unique().to_list())
    found = {"quarantine": refused}
    if (returns := tables.get("returns")) is not None:
        blank = {"sha256": pl.lit(""), "size_bytes": pl.lit(0)}
        found["returns"] = returns.with_columns(
            pl.when(own).then(name).otherwise(other).alias(name) for name, other in blank.items()
        ).cast(returns.schema)
    if (columns := tables.get("columns_read")) is not None:
        found["columns_read"] = columns.filter(own)
    return found


class YearTables:
    """The tables as they hold one school year, and the dispersion and verdicts of the years before it.

    `tables` may hold more school years and more standards than asked for; a table that is not there is empty.
    Those of a public edition are without what it withholds, and `public` says what that is.
    """

    def __init__(
        self,
        tables: Mapping[str, pl.DataFrame],
        year: int,
        standards: Mapping[str, Standard],
        sources: Mapping[str, Source],
        *,
        is_synthetic: bool = False,
        public: PublicEdition | None = None,
    ) -> None:
        self.year = year
        self.is_synthetic = is_synthetic
        self.public = public
        self.standards = standards
        self.sources = sources
        self._tables = tables
        self._of_year: dict[str, pl.DataFrame] = {}
        self._cut: dict[str, dict[County, pl.DataFrame]] = {}
        self._returns: dict[str, list[dict[str, Any]]] = {}
        self._kept: dict[object, Any] = {}
        self.whole = self
        """The year with counties of other provinces too, where this holds one province: those that are its peers."""

    def table(self, name: str) -> pl.DataFrame:
        """A table's rows of the school year."""
        if name not in self._of_year:
            self._of_year[name] = self._given(name).filter(pl.col("school_year") == self.year)
        return self._of_year[name]

    def every(self, name: str) -> pl.DataFrame:
        """A table's rows of all school years that were given, up to this one."""
        return self._given(name).filter(pl.col("school_year") <= self.year)

    def of_year(self, name: str, year: int) -> pl.DataFrame:
        """A table's rows of another school year, as far as it was given."""
        return self._given(name).filter(pl.col("school_year") == year)

    def once(self, key: object, make: Callable[[], _Made]) -> _Made:
        """What is made from the year's tables for several pages, made the first time it is asked for."""
        return _once(self._kept, key, make)

    def _given(self, name: str) -> pl.DataFrame:
        """A table as it was given; one that was not is empty."""
        found = self._tables.get(name)
        return TABLES[name].empty() if found is None else found

    def returns(self, source: str) -> list[dict[str, Any]]:
        """The files of a source in the school year, by name."""
        if source not in self._returns:
            self._returns[source] = (
                self.table("returns").filter(pl.col("source") == source).sort("file").rows(named=True)
            )
        return self._returns[source]

    @cached_property
    def _shown(self) -> pl.DataFrame:
        """The pairs of source and standard that have pages."""
        return pl.DataFrame(
            [(source, standard.id) for standard in self.standards.values() for source in standard.applies_to],
            schema={"source": pl.String, "standard": pl.String},
            orient="row",
        )

    @cached_property
    def places(self) -> pl.DataFrame:
        """The counties of the year: one row per source and county, in order of province, source and code."""
        place = ["province_code", "source", "county_code", "county_name"]
        return (
            pl.concat(
                self.table(name).join(self._shown, on=["source", "standard"], how="semi").select(place)
                for name in ("resource_verdicts", "county_verdicts")
            )
            .unique(["source", "county_code"], maintain_order=True)
            .sort("province_code", "source", "county_code")
        )

    def applying(self, source: str, province: str | None = None) -> list[Standard]:
        """The standards whose pages show the source, of those that are for the province where one is named."""
        return ordered(
            standard
            for standard in self.standards.values()
            if source in standard.applies_to and (province is None or standard.is_for(province))
        )

    def counties(self) -> Iterator[CountyTables]:
        """The tables of each county."""
        for province, source, code, name in self.places.iter_rows():
            yield CountyTables(self, province, source, code, name)

    def provinces(self) -> Iterator[tuple[str, YearTables]]:
        """The year province by province, by code, each with its own counties' rows alone.

        What is cut and made for a province's pages goes with it, so that memory does not grow from one to the next.
        Of the files of other provinces it has how many rows they held, not what bytes they were: so another province's
        new file changes nothing here.
        """
        county = ["source", "county_code"]
        for places in self.places.partition_by("province_code", maintain_order=True):
            of_province = {
                name: rows.join(places, on=county, how="semi", maintain_order="left")
                if {"province_code", *county} <= set(rows.columns)
                else rows
                for name, rows in self._tables.items()
            }
            of_province |= {
                name: self._given(name).join(places, on=county, how="semi", maintain_order="left")
                for name in _OF_SOME_COUNTIES
            }
            of_province |= _of_own_files(of_province, self._own_refusals(places))
            part = YearTables(
                of_province,
                self.year,
                self.standards,
                self.sources,
                is_synthetic=self.is_synthetic,
                public=self.public,
            )
            # What these say of a county depends on the counties of other provinces.
            part.folders, part._unreported, part.whole = self.folders, self._unreported, self._peers_of(places)
            yield places["province_code"][0], part

    def _peers_of(self, places: pl.DataFrame) -> YearTables:
        """What is told of the counties and of their peers, wherever these are."""
        county = ["source", "county_code"]
        peers = self._given("peers").join(places, on=county, how="semi")
        near = pl.concat([places.select(county), peers.select("source", county_code="peer_code")]).unique()
        tables = {
            name: self._given(name).join(near, on=county, how="semi", maintain_order="left") for name in _OF_PEERS
        }
        return YearTables(
            tables, self.year, self.standards, self.sources, is_synthetic=self.is_synthetic, public=self.public
        )

    def _own_refusals(self, places: pl.DataFrame) -> pl.DataFrame:
        """What was refused of the counties, as it was given."""
        refused = self._given("quarantine").with_row_index("__nth__")
        own = self._refused_with_county(refused).join(places, on=["source", "county_code"], how="semi")
        return refused.join(own, on="__nth__", how="semi", maintain_order="left").drop("__nth__")

    def given(self) -> tuple[Mapping[str, pl.DataFrame], list[object]]:
        """All that the pages made of these tables depend on, beside standards, sources and the years of the site."""
        folders = [[year, *county, name] for year, found in self.folders.items() for county, name in found.items()]
        told = {"cells": self.public.cells, "province means": self.public.province_means} if self.public else {}
        if self.whole is not self:
            told |= {f"peers: {name}": self.whole.table(name) for name in _OF_PEERS}
        return {**self._tables, **told}, [self.year, self.is_synthetic, self._unreported, folders]

    @cached_property
    def folders(self) -> dict[int, dict[County, str]]:
        """The folder of each county's page, by school year: its code; with its source where two sources share one."""
        place = ["school_year", "source", "county_code"]
        known = (
            pl.concat(
                self._given(name).join(self._shown, on=["source", "standard"], how="semi").select(place)
                for name in ("resource_verdicts", "county_verdicts")
            )
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
        found = self._by_county(table).get(county)
        return self.once(("none", table), lambda: self._frame(table).clear()) if found is None else found

    @cached_property
    def withheld(self) -> frozenset[tuple[str, str, str, str, str, int]]:
        """The county figures that are withheld: source, county code, standard, stage, indicator and school year."""
        if self.public is None:
            return frozenset()
        columns = ["source", "county_code", "standard", "stage", "indicator", "school_year"]
        return frozenset(self.public.cells.select(columns).iter_rows())

    def absence(self, source: str, code: str, cell: tuple[str, str, str], year: int, otherwise: str) -> str:
        """The sign of a county's figure that is not there; `cell` is standard, stage and indicator."""
        return display.SUPPRESSED if (source, code, *cell, year) in self.withheld else otherwise

    def history(self, county: County) -> list[tuple[str, str, str, int, float | None]]:
        """Standard, stage, indicator, school year and CV of a county, up to the school year."""
        return self._history.get(county, [])

    def unreported_indicators(self, source: str) -> dict[str, list[str]]:
        """By standard, the indicators of which no unit of the source has a value in the school year."""
        return self._unreported.get(source, {})

    @cached_property
    def _unreported(self) -> dict[str, dict[str, list[str]]]:
        found: dict[str, dict[str, list[str]]] = {}
        rows = (
            self.table("county_dispersion")
            .filter(pl.col("indicator") != "composite")
            .group_by("source", "standard", "indicator", maintain_order=True)
            .agg(pl.col("units_reporting").sum())
            .filter(pl.col("units_reporting") == 0)
        )
        for source, standard, indicator, _units in rows.iter_rows():
            found.setdefault(source, {}).setdefault(standard, []).append(indicator)
        return found

    @cached_property
    def _history(self) -> dict[County, list[tuple[str, str, str, int, float | None]]]:
        known = (
            self._given("county_dispersion")
            .filter(pl.col("school_year") <= self.year)
            .sort("source", "county_code", "standard", "stage", "indicator", "school_year")
            .select("source", "county_code", "standard", "stage", "indicator", "school_year", "cv")
        )
        return {county: part.rows() for county, part in _by_county(known, include_key=False).items()}

    def _by_county(self, table: str) -> dict[County, pl.DataFrame]:
        if table not in self._cut:
            self._cut[table] = _by_county(self._frame(table))
        return self._cut[table]

    def _frame(self, table: str) -> pl.DataFrame:
        if table == FAILING:
            return self.table("school_checks").filter(pl.col("status") == "not_met")
        if table == TOLD:
            return with_texts(self.table("unit_indicators"), self.standards).select(
                "source", "county_code", *_VALUE_KEY, *_VALUE_COLUMNS
            )
        frame = self._of_what_is_explained(self.table(table)) if table in EXPLAINED else self.table(table)
        if table == "year_over_year":
            return frame.filter(pl.col("series") != "unit")
        if table == "variance_shares":
            return self._important_shares(frame)
        if table == "quarantine":
            return self._refused_with_county(frame)
        return frame

    @cached_property
    def _important(self) -> pl.DataFrame:
        """The indicator that matters most in each county, standard and stage.

        It is the one with the least margin; where no indicator has a limit, the one with the largest CV. Among equals
        the first by name.
        """
        cell = ["source", "county_code", "standard", "stage"]
        return (
            self.table("county_dispersion")
            .filter(pl.col("cv").is_not_null() & (pl.col("indicator") != "composite"))
            .sort(*cell, "margin", -pl.col("cv"), "indicator", nulls_last=True)
            .unique(cell, keep="first", maintain_order=True)
            .select(*cell, "indicator")
        )

    def important(self, county: County) -> dict[tuple[str, str], str]:
        """The indicator that matters most by standard and stage."""
        return self._important_by_county.get(county, {})

    @cached_property
    def _important_by_county(self) -> dict[County, dict[tuple[str, str], str]]:
        found: dict[County, dict[tuple[str, str], str]] = {}
        for source, code, standard, stage, indicator in self._important.iter_rows():
            found.setdefault((source, code), {})[standard, stage] = indicator
        return found

    def _important_shares(self, shares: pl.DataFrame) -> pl.DataFrame:
        """The variance shares of those indicators only, the largest first."""
        cell = ["source", "county_code", "standard", "stage", "indicator"]
        return shares.join(self._important, on=cell, how="semi").sort(
            *cell, "variance_share", "unit_id", descending=[False] * 5 + [True, False], nulls_last=True
        )

    def _of_what_is_explained(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows of those indicators, of composites, and of what another way of computing would turn round."""
        cell = ["source", "county_code", "standard", "stage", "indicator"]
        kept = [
            rows.filter(pl.col("indicator") == "composite"),
            rows.join(self._important, on=cell, how="semi", maintain_order="left"),
        ]
        if "is_turned" in rows.columns:
            is_telling = pl.col("is_turned").fill_null(value=False) | pl.col("is_hidden_by_rounding")
            kept.append(rows.join(rows.filter(is_telling).select(cell), on=cell, how="semi", maintain_order="left"))
        return pl.concat(kept).unique(maintain_order=True)

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
        self._without: dict[str, frozenset[int]] = {}
        self._kept: dict[object, Any] = {}

    def once(self, key: object, make: Callable[[], _Made]) -> _Made:
        """What is made from the county's rows for several parts of its page, made the first time it is asked for."""
        return _once(self._kept, key, make)

    @property
    def key(self) -> County:
        """Source and county code."""
        return self.source, self.code

    def frame(self, table: str) -> pl.DataFrame:
        """The county's rows of a table."""
        return self.all.rows(table, self.key)

    def kept(self, table: str) -> list[dict[str, Any]]:
        """The county's rows of a table, read once for all that asks for them."""
        return self.once(("rows", table), lambda: self._records(table))

    def _records(self, table: str, *columns: str) -> list[dict[str, Any]]:
        return records(self.frame(table), *columns)

    @cached_property
    def standards(self) -> list[Standard]:
        """The standards whose pages show the county's source, and that are for it."""
        return [
            standard
            for standard in self.all.applying(self.source, self.province)
            if not standard.counties or self.code in standard.counties
        ]

    @cached_property
    def leading(self) -> list[Standard]:
        """The standards whose verdicts make the page's title: they measure resources, and the county has figures."""
        return leading(standard for standard in self.standards if (standard.id, "all") in self.verdicts)

    @cached_property
    def whole(self) -> dict[str, Row]:
        """The verdicts on whole standards, by standard."""
        return {row["standard"]: row for row in self._records("county_verdicts")}

    @cached_property
    def parts(self) -> dict[str, dict[str, Row]]:
        """The verdicts on parts: standard → part → row, in the standard's order."""
        return self._grouped("county_parts", "part")

    @cached_property
    def items(self) -> dict[str, dict[str, Row]]:
        """The items: standard → item → row, in the standard's order."""
        return self._grouped("county_items", "item")

    def _grouped(self, table: str, key: str) -> dict[str, dict[str, Row]]:
        found: dict[str, dict[str, Row]] = {}
        for row in sorted(self._records(table), key=itemgetter("standard", "position", key)):
            found.setdefault(row["standard"], {})[row[key]] = row
        return found

    @cached_property
    def checks(self) -> dict[tuple[str, str], list[Row]]:
        """The checks of the county: standard and item → rows."""
        found: dict[tuple[str, str], list[Row]] = {}
        for row in self._records("county_checks"):
            found.setdefault((row["standard"], row["item"]), []).append(row)
        return found

    @cached_property
    def facts_read(self) -> dict[tuple[str, str], list[tuple[int, Place]]]:
        """Where the county's own facts were read: fact and breakdown → the years they are of, each with its place."""
        found: dict[tuple[str, str], list[tuple[int, Place]]] = {}
        for row in self._records("county_facts", "fact", "breakdown", "period", "file", "sheet", "row"):
            place = (row["file"], row["sheet"], row["row"])
            found.setdefault((row["fact"], row["breakdown"]), []).append((row["period"], place))
        return found

    @cached_property
    def refused_schools(self) -> set[str]:
        """The identifiers of the schools of which anything was refused that nothing has mended since."""
        return set(self.frame("quarantine").filter(pl.col("mended_by").is_null())["school_id"].drop_nulls())

    @cached_property
    def sites(self) -> dict[str, list[Row]]:
        """The sites that count as no school and are added to the school that they belong to: school → their rows.

        A teaching point is no such site, and one whose school is not in the returns counts for itself.
        """
        units = self._records("units", "school_id", "merged_sites")
        of_units = {unit["school_id"] for unit in units}
        with_sites = {unit["school_id"] for unit in units if (unit["merged_sites"] or 0) > 0}
        if not with_sites:
            return {}
        found: dict[str, list[Row]] = {}
        rows = self._records("schools", *_SITE_COLUMNS)
        for row in sorted(rows, key=lambda row: (row["school_id"], row["return_part"])):
            parent = row["parent_school_id"]
            if row["is_counted"] is False and parent in with_sites and row["school_id"] not in of_units:
                found.setdefault(parent, []).append(row)
        return found

    @cached_property
    def failing(self) -> dict[tuple[str, str, str], list[str]]:
        """Names of the schools that do not meet a check over schools: standard, item and check → names."""
        found: dict[tuple[str, str, str], dict[str, str]] = {}
        for row in self._records(FAILING, "standard", "item", "check", "school_id", "school_name"):
            key = (row["standard"], row["item"], row["check"])
            found.setdefault(key, {})[row["school_id"]] = row["school_name"]
        return {key: list(names.values()) for key, names in found.items()}

    @cached_property
    def dispersion(self) -> dict[tuple[str, str, str], Row]:
        """The county's dispersion by standard, stage and indicator."""
        return {(row["standard"], row["stage"], row["indicator"]): row for row in self._records("county_dispersion")}

    @cached_property
    def verdicts(self) -> dict[tuple[str, str], Row]:
        """The county's verdicts by standard and stage."""
        return {(row["standard"], row["stage"]): row for row in self._records("resource_verdicts")}

    @cached_property
    def changes(self) -> dict[tuple[str, str, str, str], Row]:
        """The change since the year before by standard, series (county, common), stage and indicator."""
        return {
            (row["standard"], row["series"], row["stage"], row["indicator"]): row
            for row in self._change_rows
            if row["series"] in ("county", "common")
        }

    @cached_property
    def moved(self) -> dict[tuple[str, str, str], list[str]]:
        """Names of the units of one year only, by standard, series (opened, closed) and stage."""
        names: dict[tuple[str, str, str], dict[str, str]] = {}
        for row in self._change_rows:
            if row["series"] in ("opened", "closed"):
                units = names.setdefault((row["standard"], row["series"], row["stage"]), {})
                units[row["unit_id"]] = row["school_name"]
        return {key: list(units.values()) for key, units in names.items()}

    @cached_property
    def _change_rows(self) -> list[dict[str, Any]]:
        return self._records("year_over_year")

    @cached_property
    def monitoring(self) -> dict[tuple[str, str, str], Row]:
        """The window of three years by standard, stage and indicator."""
        return {
            (row["standard"], row["stage"], row["indicator"]): row for row in self._records("three_year_monitoring")
        }

    @cached_property
    def values(self) -> dict[tuple[str, str], dict[str, dict[str, Row]]]:
        """Indicators of the counted units: standard and stage → unit → indicator → row."""
        values: dict[tuple[str, str], dict[str, dict[str, Row]]] = {}
        rows = self.frame(TOLD)
        owners = zip(*(rows.get_column(name).to_list() for name in _VALUE_KEY), strict=True)
        of_unit: dict[str, Row] = {}
        last = None
        for owner, row in zip(owners, records(rows, *_VALUE_COLUMNS), strict=True):
            if owner != last:  # a unit's rows stand together
                last = standard, stage, unit_id = owner
                of_unit = values.setdefault((standard, stage), {}).setdefault(unit_id, {})
            of_unit[row["indicator"]] = row
        return values

    @cached_property
    def school_verdicts(self) -> dict[tuple[str, str], dict[str, Row]]:
        """Verdicts of the units: standard and stage → unit → row."""
        verdicts: dict[tuple[str, str], dict[str, Row]] = {}
        for row in self._records("school_verdicts"):
            verdicts.setdefault((row["standard"], row["stage"]), {})[row["unit_id"]] = row
        return verdicts

    @cached_property
    def units(self) -> dict[tuple[str, str], dict[str, Row]]:
        """The units, counted or not: standard and stage → unit → row."""
        units: dict[tuple[str, str], dict[str, Row]] = {}
        for row in self._records("units", *_UNIT_COLUMNS):
            units.setdefault((row["standard"], row["stage"]), {})[row["unit_id"]] = row
        return units

    def unreported(self, standard: str, stage: str, units: Iterable[str], fields: Iterable[str]) -> set[str]:
        """Those of the fields that any of these units does not report."""
        at = {self._unit_at[standard, stage, unit_id] for unit_id in units}
        return {field for field in fields if not self._rows_without(field).isdisjoint(at)}

    def _rows_without(self, field: str) -> frozenset[int]:
        """The rows of `units` in which a field is not reported."""
        if field not in self._without:
            self._without[field] = frozenset(self.frame("units").get_column(field).is_null().arg_true().to_list())
        return self._without[field]

    @cached_property
    def _unit_at(self) -> dict[tuple[str, str, str], int]:
        """In which row of `units` a unit stands, by standard, stage and identifier."""
        rows = self.frame("units")
        keys = zip(*(rows.get_column(name).to_list() for name in ("standard", "stage", "unit_id")), strict=True)
        return {key: at for at, key in enumerate(keys)}

    @cached_property
    def history(self) -> dict[tuple[str, str, str], dict[int, float | None]]:
        """CV by standard, stage and indicator, then by school year, up to this one."""
        history: dict[tuple[str, str, str], dict[int, float | None]] = {}
        for standard, stage, indicator, year, cv in self.all.history(self.key):
            history.setdefault((standard, stage, indicator), {})[year] = cv
        return history

    @cached_property
    def first_year(self) -> int | None:
        """The first school year of which the county has a coefficient; None where it has none."""
        return min((year for history in self.history.values() for year in history), default=None)

    def series_breaks(self, standard: str) -> list[int]:
        """The school years from which the county's series is another one, since its code or boundaries changed."""
        last = self._last_of_broken.get(standard)
        return [] if last is None else [last + 1]

    @cached_property
    def _last_of_broken(self) -> dict[str, int]:
        """By standard, the last school year of the series that is broken off."""
        last: dict[str, int] = {}
        for row in self._records("county_history", "standard", "series", "series_year"):
            if row["series"] == "b":
                last[row["standard"]] = max(row["series_year"], last.get(row["standard"], row["series_year"]))
        return last

    @cached_property
    def important(self) -> dict[tuple[str, str], str]:
        """The indicator that matters most by standard and stage."""
        return self.all.important(self.key)

    @cached_property
    def shares(self) -> dict[tuple[str, str], list[Row]]:
        """Variance shares of the units, for the indicator that matters most, the largest first."""
        shares: dict[tuple[str, str], list[Row]] = {}
        for row in self._records("variance_shares"):
            shares.setdefault((row["standard"], row["stage"]), []).append(row)
        return shares
