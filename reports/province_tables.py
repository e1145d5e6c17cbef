"""The tables of one province and source in a school year: what its sections, maps and rankings are made of."""

from __future__ import annotations

from functools import cached_property

import polars as pl

from reports import display, sentences
from reports.language import SOURCE, language
from reports.year import Row, YearTables, leading
from standards.standard import Standard

Cell = tuple[str, str, str, str]
"""County code, standard, stage and indicator."""


def place_name(tables: YearTables, source: str, province: str) -> str:
    """A province as its source calls it, else as the code list does."""
    named = tables.sources[source].described.province_name if language() == SOURCE else ""
    return named or display.province(province, is_synthetic=tables.is_synthetic)


class ProvinceTables:
    """One province's counties of one source, with their rows of every table in the school year."""

    def __init__(self, year_tables: YearTables, province: str, source: str) -> None:
        self.all = year_tables
        self.year = year_tables.year
        self.province = province
        self.source = source
        self._cells: dict[int, dict[Cell, Row]] = {}

    @property
    def name(self) -> str:
        """The province in the language spoken now."""
        return place_name(self.all, self.source, self.province)

    @cached_property
    def places(self) -> pl.DataFrame:
        """The counties: one row each, in order of their codes."""
        return self.all.places.filter(pl.col("province_code") == self.province, pl.col("source") == self.source)

    @cached_property
    def names(self) -> dict[str, str]:
        """The counties' names by code, in order of the codes."""
        return dict(self.places.select("county_code", "county_name").iter_rows())

    def folder(self, code: str) -> str:
        """The folder of a county's page under the school year's."""
        return self.all.folders[self.year][self.source, code]

    @cached_property
    def standards(self) -> list[Standard]:
        """The standards that apply to the source in this province, as a page shows them."""
        return self.all.applying(self.source, self.province)

    @cached_property
    def leading(self) -> list[Standard]:
        """The standards by which the counties are compared."""
        return leading(self.standards)

    def frame(self, table: str, year: int | None = None) -> pl.DataFrame:
        """The counties' rows of a table, in the school year or in an earlier one."""
        rows = self.all.table(table) if year is None else self.all.of_year(table, year)
        return rows.join(self.places, on=["source", "county_code"], how="semi")

    @cached_property
    def whole(self) -> dict[tuple[str, str], Row]:
        """The verdicts on whole standards by county and standard."""
        return self._whole(None)

    @cached_property
    def whole_before(self) -> dict[tuple[str, str], Row]:
        """The same, the year before."""
        return self._whole(self.year - 1)

    def _whole(self, year: int | None) -> dict[tuple[str, str], Row]:
        rows = self.frame("county_verdicts", year)
        return {(row["county_code"], row["standard"]): row for row in rows.iter_rows(named=True)}

    @cached_property
    def verdicts(self) -> dict[tuple[str, str, str], Row]:
        """The verdicts on the resource part by county, standard and stage."""
        return self._verdicts(None)

    @cached_property
    def verdicts_before(self) -> dict[tuple[str, str, str], Row]:
        """The same, the year before."""
        return self._verdicts(self.year - 1)

    def _verdicts(self, year: int | None) -> dict[tuple[str, str, str], Row]:
        rows = self.frame("resource_verdicts", year)
        return {(row["county_code"], row["standard"], row["stage"]): row for row in rows.iter_rows(named=True)}

    def status(self, code: str, standard: str) -> str:
        """The verdict on the whole standard, on its resource part where there is none; no_data where neither is."""
        return _status(code, standard, self.whole, self.verdicts)

    def status_before(self, code: str, standard: str) -> str:
        """The same, the year before; both years are held against the same thing, the whole or the resource part."""
        if (code, standard) in self.whole:
            row = self.whole_before.get((code, standard))
            return "no_data" if row is None else str(row["verdict"])
        return _status(code, standard, {}, self.verdicts_before)

    @cached_property
    def cells(self) -> dict[Cell, Row]:
        """The dispersion by county, standard, stage and indicator."""
        return self.cells_of(self.year)

    def cells_of(self, year: int) -> dict[Cell, Row]:
        """The dispersion of a year, this one or an earlier one."""
        if year not in self._cells:
            rows = self.frame("county_dispersion", None if year == self.year else year)
            self._cells[year] = {
                (row["county_code"], row["standard"], row["stage"], row["indicator"]): row
                for row in rows.iter_rows(named=True)
            }
        return self._cells[year]

    def limited(self, code: str, standard: Standard) -> list[Row]:
        """A county's CVs that have a limit, with a margin, the least margin first."""
        names = sentences.bound_names(standard)
        rows = (self.cells.get((code, standard.id, stage, name)) for stage in standard.scope.stages for name in names)
        found = [row for row in rows if row is not None and row["margin"] is not None]
        return sorted(found, key=lambda row: row["margin"])

    @cached_property
    def changes(self) -> dict[tuple[str, str, str, str, str], Row]:
        """The change since the year before by series (county, common), county, standard, stage and indicator."""
        rows = self.frame("year_over_year").filter(pl.col("series").is_in(["county", "common"]))
        return {
            (row["series"], row["county_code"], row["standard"], row["stage"], row["indicator"]): row
            for row in rows.iter_rows(named=True)
        }

    @cached_property
    def monitoring(self) -> list[Row]:
        """The windows of three years of every indicator under the leading standards."""
        rows = self.frame("three_year_monitoring").filter(
            pl.col("standard").is_in([standard.id for standard in self.leading]), pl.col("stage") != "all"
        )
        return list(rows.iter_rows(named=True))

    @cached_property
    def lacking(self) -> pl.DataFrame:
        """The counted units without a value: one row per county, standard, stage, unit and indicator."""
        own = pl.DataFrame(
            [(s.id, i.id) for s in self.standards for i in s.indicators if not s.counties],
            schema={"standard": pl.String, "indicator": pl.String},
            orient="row",
        )
        narrow = pl.DataFrame(
            [(s.id, i.id, code) for s in self.standards for i in s.indicators for code in s.counties],
            schema={"standard": pl.String, "indicator": pl.String, "county_code": pl.String},
            orient="row",
        )
        rows = self.frame("unit_indicators").filter(pl.col("value").is_null())
        columns = ["county_code", "standard", "stage", "unit_id", "indicator"]
        return pl.concat(
            [
                rows.join(own, on=["standard", "indicator"], how="semi").select(columns),
                rows.join(narrow, on=["standard", "indicator", "county_code"], how="semi").select(columns),
            ]
        ).sort(columns)

    @cached_property
    def units_lacking(self) -> dict[str, int]:
        """How many counted units of a county lack the value of any indicator; a county that lacks nothing is not in."""
        counts = self.lacking.group_by("county_code").agg(pl.col("unit_id").n_unique()).sort("county_code")
        return {code: int(count) for code, count in counts.iter_rows()}


def _status(
    code: str, standard: str, whole: dict[tuple[str, str], Row], verdicts: dict[tuple[str, str, str], Row]
) -> str:
    row = whole.get((code, standard)) or verdicts.get((code, standard, "all"))
    return "no_data" if row is None else str(row["verdict"])
