"""A source of returns: who publishes it, how its files look in each year, and what its symbols mean.

Everything about a source stands in its folder `sources/<source>/`:

- `source.toml`   publisher, licence, identifiers, layouts and where each layout states its school year
- `headers.csv`   one row per column and episode: `layout,column,year_from,year_to,header,factor`; `-` = not collected
- `recodes.csv`   what a symbol in a cell means: `columns,symbol,becomes,not_reported_where`
- `sums.csv`      totals and their parts: computed where the file gives no total, checked where it does
- `counties.csv`  the counties of the source, where it has a register of its own: `code,county_code,county_name`
- `breaks.csv`    school years from which the source covers other schools: `school_year,what_zh,what_en,document`
- `releases.csv`  which layout wins where two publications hold the same school and year: `layout,rank,label`
- `forms.csv`, `cells.csv`  the cell map of a source whose returns are workbooks with a sheet per form (`schemas/forms.py`)
"""

from __future__ import annotations

import csv
import hashlib
import re
import tomllib
import unicodedata
from fnmatch import fnmatchcase
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Literal

import msgspec

from schemas.county import COUNTY_INPUTS
from schemas.forms import FormMap

SOURCES = Path(__file__).parent / "sources"


class YearClue(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"place": "in"}):
    """Where a layout states its school year: a column, a title row above the header, the file's name, its folders'."""

    place: Literal["column", "title", "file_name", "folder"]
    pattern: str = r"(\d{4})"
    offset: int = 0


class Layout(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One shape of a source's files or sheets, and the table that its rows go to.

    `label` and `label_en` are its name. `guides` are headers for the reader that may stand beside and are not read. A row in which only `prefilled` columns
    hold anything says nothing and is none. A blank cell means the whole in the columns `blank_is_whole`, the file's
    school year in the columns `blank_is_year`. Of kind `forms` are workbooks of one school with a sheet per form.
    """

    label: str
    year: tuple[YearClue, ...]
    label_en: str = ""
    kind: Literal["rows", "forms"] = "rows"
    constants: dict[str, str] = {}
    table: str = "schools"
    guides: tuple[str, ...] = ()
    prefilled: tuple[str, ...] = ()
    blank_is_whole: tuple[str, ...] = ()
    blank_is_year: tuple[str, ...] = ()


class Identifiers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The form of the source's identifiers, as regular expressions and in words."""

    school_id: str
    school_id_length: int
    school_id_words: str
    school_id_words_en: str
    county_code: str
    county_code_words: str
    county_code_words_en: str


class FormSheets(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the sheets of a workbook of forms are told by name, as regular expressions.

    `sheet` has the groups `form` and `school_type`; `explanations` finds the sheet of failed checks.
    """

    sheet: str
    explanations: str


class _Described(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name_zh: str
    name_en: str
    publisher: str
    publisher_en: str
    licence: str
    attribution: str
    unknown_columns: Literal["list", "refuse"]
    encodings: tuple[str, ...]
    identifiers: Identifiers
    layouts: dict[str, Layout]
    province_code: str | None = None
    province_name: str = ""
    reports_as: str | None = None
    """The source under which the rows stand in tables, where it is another publication of the same return."""
    forms: FormSheets | None = None
    is_open_by_school: bool = False
    """Whether the publisher gives every figure of a school to everybody: the public edition then withholds nothing."""


class Header(msgspec.Struct, frozen=True):
    """One expected header: the field it holds, and the factor that leads to the field's unit."""

    column: str
    header: str
    factor: int


class Recode(msgspec.Struct, frozen=True):
    """What a symbol means in the columns it may stand in."""

    columns: tuple[str, ...]
    symbol: str
    becomes: str | None
    not_reported_where: str | None


class Sum(msgspec.Struct, frozen=True):
    """A total and its parts."""

    total: str
    parts: tuple[str, ...]


def plain(header: str) -> str:
    """A header without what does not tell: width of its characters, white space, line ends, a byte-order mark."""
    text = unicodedata.normalize("NFKC", header.replace("_x000D_", "").replace("\ufeff", ""))
    return re.sub(r"\s+", "", text)


class Source:
    """A source as its folder describes it. Raises SourceError where the folder contradicts itself."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = folder.name
        try:
            described = msgspec.convert(tomllib.loads((folder / "source.toml").read_text("utf-8")), _Described)
        except (msgspec.ValidationError, tomllib.TOMLDecodeError) as fault:
            raise SourceError(f"{folder / 'source.toml'}: {fault}") from fault
        self.described = described
        self._headers = self._rows("headers.csv")
        self.forms = FormMap(folder) if described.forms else None
        for name, layout in described.layouts.items():
            if layout.kind == "forms" and self.forms:
                self._headers += [{"layout": name, **row} for row in self.forms.headers]
        unknown = {row["layout"] for row in self._headers} - set(described.layouts)
        if unknown:
            raise SourceError(f"{folder / 'headers.csv'}: layouts that source.toml does not know: {sorted(unknown)}")
        tables = {"schools", *(contract.name for contract in COUNTY_INPUTS)}
        for name, layout in described.layouts.items():
            if layout.table not in tables:
                raise SourceError(
                    f"{folder / 'source.toml'}: layouts.{name}.table: no table “{layout.table}” is read from files; "
                    f"there are {', '.join(sorted(tables))}"
                )

    def _rows(self, name: str) -> list[dict[str, str]]:
        path = self.folder / name
        if not path.exists():
            return []
        with path.open(encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))

    @property
    def reported_as(self) -> str:
        """The source under which its rows stand in tables."""
        return self.described.reports_as or self.name

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the folder: another digest, another reading."""
        files = sorted(self.folder.glob("*"))
        return hashlib.sha256(b"\0".join(path.name.encode() + b"\0" + path.read_bytes() for path in files)).hexdigest()

    def episodes(self, layout: str) -> tuple[tuple[int, int], ...]:
        """The spans of school years between which the layout's headers do not change."""
        starts = {0}
        for row in self._headers:
            if row["layout"] == layout:
                starts |= {int(row["year_from"] or 0), int(row["year_to"] or 9998) + 1}
        cuts = sorted(starts | {9999})
        return tuple((low, high - 1) for low, high in pairwise(cuts))

    @cache  # noqa: B019  (sources live as long as the process)
    def headers(self, layout: str, year: int) -> tuple[Header, ...]:
        """The headers that a file of this layout and school year must have, each exactly once."""
        found = tuple(
            Header(row["column"], row["header"], int(row["factor"] or 1))
            for row in self._headers
            if row["layout"] == layout
            and int(row["year_from"] or 0) <= year <= int(row["year_to"] or 9999)
            and row["header"] != "-"
        )
        names = [plain(header.header) for header in found]
        if len(set(names)) != len(names):
            twice = sorted({name for name in names if names.count(name) > 1})
            raise SourceError(f"{self.folder / 'headers.csv'}: layout {layout}, {year}: headers given twice: {twice}")
        return found

    def recodes(self, columns: list[str]) -> tuple[Recode, ...]:
        """The meanings of symbols, each with those of the given columns that it applies to."""
        found = []
        for row in self._rows("recodes.csv"):
            matching = tuple(
                column for column in columns if any(fnmatchcase(column, part) for part in row["columns"].split())
            )
            if matching:
                found.append(Recode(matching, row["symbol"], row["becomes"] or None, row["not_reported_where"] or None))
        return tuple(found)

    def sums(self, layout: str) -> tuple[Sum, ...]:
        """The layout's totals and their parts, parts before the totals that need them."""
        return tuple(
            Sum(row["total"], tuple(row["parts"].split())) for row in self._rows("sums.csv") if row["layout"] == layout
        )

    @cached_property
    def counties(self) -> tuple[dict[str, str], ...]:
        """The register of counties: the source's code, the present-day county's code and name."""
        return tuple(self._rows("counties.csv"))

    @cached_property
    def breaks(self) -> dict[int, str]:
        """The school years from which the source covers other schools than before, and what shows it."""
        return {
            int(row["school_year"]): f"{row['what_zh']} / {row['what_en']}（{row['document']}）"
            for row in self._rows("breaks.csv")
        }

    @cached_property
    def ranks(self) -> dict[str, int]:
        """The rank of each layout among publications of the same school and year: 1 wins."""
        return {row["layout"]: int(row["rank"]) for row in self._rows("releases.csv")}


class SourceError(Exception):
    """A source's folder is not sound; the message names file and key."""


@cache
def sources() -> dict[str, Source]:
    """Every source by name."""
    return {folder.name: Source(folder) for folder in sorted(SOURCES.iterdir()) if (folder / "source.toml").exists()}


def open_sources() -> frozenset[str]:
    """The sources whose publisher gives every figure of a school to everybody."""
    return frozenset(name for name, source in sources().items() if source.described.is_open_by_school)
