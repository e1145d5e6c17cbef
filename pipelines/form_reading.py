"""A workbook of forms into the cells of one school: each cell believed only where its labels stand beside it.

Rows and columns are counted from 1. A form may stand in its sheet as printed, or below a row of letters and right of a
column of numbers, which some exporters add.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import PurePosixPath

import fastexcel

from pipelines.faults import UnreadableError
from pipelines.limits import BAD_ZIP, said
from pipelines.reading import error_shown, is_workbook, loaded, opened, uncalculated, workbook_form
from schemas.columns import FIRST_SCHOOL_YEAR, LAST_SCHOOL_YEAR
from schemas.forms import Anchor, FormCell, FormMap, address, bare, letters, position
from schemas.source import Source, plain
from schemas.tables import codes

_FEWEST_LETTERS = 3
"""Letters in a row from which on they are an exporter's."""
_UNIT = re.compile(r"单\s*位\s*[:：]\s*(\S+)")
_UNIT_ROWS = 2
"""Rows at the top of a form in which it prints its unit: title, and code with unit."""
_TITLE_ROWS = 6
"""Rows at the top of a sheet in which its titles stand."""
_BLANKS = " \t\r\n\u3000\u00a0\ufeff\u200b"
_EXPLAINED = re.compile(r"[;；,，。]?\s{0,9}(?:说明|情况说明|原因)\s{0,9}[:：]\s*")
_KIND_COLUMNS = ("校验类型", "核查类型", "类型")
_RULE_COLUMNS = ("校验内容", "校验规则", "核查内容", "核查规则", "校验结果", "核查结果", "数据核查结果", "问题")
_SAID_COLUMNS = ("说明", "情况说明", "核查说明", "说明及建议", "原因说明")


@dataclass(frozen=True)
class Grid:
    """The cells of a sheet as text, column by column, and where the form begins in it.

    `below` and `right` are the rows and columns that an exporter put before the form. `errors` are cells that hold a
    formula error, or a formula without its result.
    """

    name: str
    is_hidden: bool
    columns: list[list[str | None]]
    first_column: int
    errors: dict[tuple[int, int], str]
    below: int = 0
    right: int = 0

    @property
    def height(self) -> int:
        """The number of rows."""
        return len(self.columns[0]) if self.columns else 0

    def place(self, cell: tuple[int, int]) -> tuple[int, int]:
        """Row and column in the sheet of a cell of the form."""
        return cell[0] + self.below, cell[1] + self.right

    def at(self, cell: tuple[int, int]) -> str | None:
        """The text of a cell of the form, without the white space and residue around it; None where blank."""
        row, index = cell[0] + self.below, cell[1] + self.right - 1 - self.first_column
        if index < 0 or index >= len(self.columns) or row > self.height:
            return None
        return _clean(self.columns[index][row - 1])

    def texts(self, rows: int | None = None) -> Iterable[tuple[int, int, str]]:
        """The cells that hold anything: row, column, text; of the first so many rows."""
        for row in range(min(self.height, self.height if rows is None else rows)):
            for column, cells in enumerate(self.columns, 1 + self.first_column):
                text = _clean(cells[row])
                if text is not None:
                    yield row + 1, column, text


def _clean(text: str | None) -> str | None:
    if not text:
        return None
    return (text.replace("_x000D_", "") if "_x000D_" in text else text).strip(_BLANKS) or None


@dataclass(frozen=True)
class Place:
    """Where a form stands in a workbook: its sheet, and the rows and columns that an exporter put before it."""

    form: str
    sheet: str
    rows_before: int
    columns_before: int
    is_hidden: bool


@dataclass
class FormReturn:
    """What a workbook of forms holds: the text of each column's cell, where its forms stand, and what was refused.

    `errors` are cells with a formula error or a formula without result: column, what the workbook shows.
    `faults` are cells that are not believed: whether for their unit, else for their labels; sheet, row, header, column,
    value, what was wanted in both languages.
    `explanations` are the failed checks that the school explains: sheet, row, kind, rule, explanation.
    `refused` is the rule that the whole workbook breaks, and the sheet that breaks it.
    """

    source: Source
    layout: str
    form: str
    year: int | None = None
    variant: str = ""
    texts: dict[str, str | None] = field(default_factory=dict)
    places: list[Place] = field(default_factory=list)
    errors: list[tuple[str, str]] = field(default_factory=list)
    faults: list[tuple[bool, str, int, str, str, str | None, str, str]] = field(default_factory=list)
    explanations: list[tuple[str, int, str | None, str, str | None]] = field(default_factory=list)
    sheets_left: list[str] = field(default_factory=list)
    forms_absent: list[str] = field(default_factory=list)
    refused: tuple[UnreadableError, str | None] | None = None

    def identity(self) -> Place | None:
        """The form that holds the school's identifier."""
        assert self.source.forms is not None
        cell = self.source.forms.place(self.year or 0, "school_id")
        return next((place for place in self.places if cell and place.form == cell.form), None)


def read_forms(shown: str, content: bytes, sources: Sequence[Source]) -> FormReturn | None:
    """The workbook as a source of forms reads it; None where no sheet is named as a form of any of them."""
    return _opened(shown, content, sources, _read)


def top_of_forms(shown: str, content: bytes, sources: Sequence[Source]) -> FormReturn | None:
    """The workbook's source and school year alone; None where no sheet is named as a form of any of them."""
    return _opened(shown, content, sources, _read_top)


_Named = dict[int, str | None]
_Reading = Callable[["FormReturn", str, bytes, fastexcel.ExcelReader, _Named], None]


def _opened(shown: str, content: bytes, sources: Sequence[Source], read: _Reading) -> FormReturn | None:
    if not is_workbook(content):
        return None
    try:
        book = opened(content)
    except (fastexcel.FastExcelError, UnreadableError):
        return None
    for source in sources:
        layout = _layout(source)
        if source.forms is None or layout is None:
            continue
        named = {number: form_named(source, name) for number, name in enumerate(book.sheet_names)}
        if not any(form in source.forms.codes for form in named.values()):
            continue
        found = FormReturn(source, layout, workbook_form(content))
        try:
            read(found, shown, content, book, named)
        except (fastexcel.FastExcelError, *BAD_ZIP) as fault:
            found.refused = UnreadableError("damaged_file", said(fault)), None
        except UnreadableError as fault:
            found.refused = fault, None
        return found
    return None


def _layout(source: Source) -> str | None:
    return next((name for name, layout in source.described.layouts.items() if layout.kind == "forms"), None)


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


@lru_cache(maxsize=10_000)
def form_named(source: Source, sheet: str) -> str | None:
    """The form that a sheet is by its name; None where it is none."""
    assert source.described.forms is not None
    found = _pattern(source.described.forms.sheet).match(plain(sheet))
    return found["form"] if found else None


def grid(book: fastexcel.ExcelReader, number: int, missing: Iterable[tuple[int, int, str]] = ()) -> Grid:
    """A sheet of a workbook; `missing` are its formulas without result."""
    sheet = loaded(book, number)
    errors = {(row, column): formula for row, column, formula in missing}
    is_hidden = sheet.visible != "visible"
    if not sheet.width:
        return Grid(sheet.name, is_hidden, [], 0, errors)
    batch, faults = sheet.to_arrow_with_errors()
    first = sheet.available_columns()[0].absolute_index
    for fault in faults.errors if faults else ():
        row, column = fault.position
        errors[row + 1, column + 1 + first] = error_shown(fault.detail)
    columns = [column.to_pylist() for column in batch.columns]
    return Grid(sheet.name, is_hidden, columns, first, errors, *_before(columns, first))


def _before(columns: Sequence[Sequence[str | None]], first: int) -> tuple[int, int]:
    """How many rows and columns an exporter put before the form: the row of letters, the column of numbers."""
    height = len(columns[0])
    top = next((row for row in range(height) if any(column[row] for column in columns)), height)
    if top == height or len(columns) < _FEWEST_LETTERS:
        return 0, 0
    head = [(column[top] or "").strip() for column in columns]
    if head[0] not in ("", "A") or head[1:] != [letters(number) for number in range(2, len(head) + 1)]:
        return 0, 0
    numbers = [(cell or "").strip() for cell in columns[0][top + 1 :]]
    if numbers != [str(number) for number in range(1, len(numbers) + 1)]:
        return 0, 0
    return top + 1, first + 1


def _read_top(found: FormReturn, shown: str, _content: bytes, book: fastexcel.ExcelReader, named: _Named) -> None:
    """The school year read into `found`."""
    assert found.source.forms is not None
    pages = (grid(book, number) for number, form in named.items() if form in found.source.forms.codes)
    found.year = _school_year(found, shown, pages)


def _read(found: FormReturn, shown: str, content: bytes, book: fastexcel.ExcelReader, named: _Named) -> None:
    """The workbook read into `found`. Raises UnreadableError where it is refused whole."""
    source = found.source
    assert source.forms is not None
    assert source.described.forms is not None
    telling = _pattern(source.described.forms.explanations)
    explained = [number for number, name in enumerate(book.sheet_names) if telling.search(plain(name))]
    wanted = [number for number, form in named.items() if form in source.forms.codes or number in explained]
    missing = uncalculated(content, wanted)
    grids = {number: grid(book, number, missing.get(number, ())) for number in wanted}
    found.year = _school_year(found, shown, grids.values())
    if found.year is None:
        raise UnreadableError(
            "no_school_year", "", "各表的标题、文件名或文件夹名", "a form's title, the file's name or a folder's"
        )
    forms = source.forms.forms(found.year)
    if not forms:
        spans = "、".join(f"{first}–{last if last < LAST_SCHOOL_YEAR else ''}" for first, last in source.forms.episodes)
        raise UnreadableError("no_form_map", str(found.year), spans)
    by_form: dict[str, Grid] = {}
    for number, page in grids.items():
        form = named[number]
        if form in forms and page.columns:
            by_form[form] = _only_one(form, by_form.get(form), page, found)
    if not by_form:
        present = "、".join(dict.fromkeys(str(named[number]) for number in grids if named[number]))
        raise UnreadableError("forms_of_other_year", present, f"{found.year} 学年的表", f"forms of {found.year}")
    found.places = [Place(form, page.name, page.below, page.right, page.is_hidden) for form, page in by_form.items()]
    _read_cells(found, by_form)
    found.forms_absent = _absent(found)
    read = {place.sheet for place in found.places}
    for number in explained:
        if grids[number].name not in read:
            read.add(grids[number].name)
            found.explanations += _explanations(grids[number])
    found.sheets_left += [name for name in book.sheet_names if name not in read and name not in found.sheets_left]


def _only_one(form: str, other: Grid | None, page: Grid, found: FormReturn) -> Grid:
    """Of two sheets of one form the one that is shown. Raises UnreadableError where both are, or neither."""
    if other is None:
        return page
    if other.is_hidden == page.is_hidden:
        raise UnreadableError("repeated_form", f"{other.name}、{page.name}", form)
    kept, left = (page, other) if other.is_hidden else (other, page)
    found.sheets_left.append(left.name)
    return kept


def _school_year(found: FormReturn, shown: str, pages: Iterable[Grid]) -> int | None:
    """The school year that the workbook states, by the layout's clues in their order."""
    path = PurePosixPath(shown)
    texts: dict[str, Callable[[], Iterable[str]]] = {
        "title": lambda: (text for page in pages for _, _, text in page.texts(_TITLE_ROWS)),
        "file_name": lambda: [path.name],
        "folder": lambda: list(reversed(path.parts[:-1])),
    }
    for clue in found.source.described.layouts[found.layout].year:
        pattern = _pattern(clue.pattern)
        for text in texts[clue.place]():
            stated = pattern.search(text)
            year = int(stated[1]) + clue.offset if stated else 0
            if FIRST_SCHOOL_YEAR <= year <= LAST_SCHOOL_YEAR:
                return year
    return None


@dataclass(frozen=True)
class _Asked:
    """What is looked for in a form: its cells, each with the labels beside it, as the sheet has them when bare."""

    cell: FormCell
    place: tuple[int, int]
    labels: tuple[tuple[Anchor, tuple[int, int], frozenset[str]], ...]


@cache
def _asked(forms: FormMap, year: int, variant: str) -> dict[str, tuple[_Asked, ...]]:
    """What is looked for in each form of a school year."""
    by_form: dict[str, list[_Asked]] = {}
    for cell in forms.cells(year, variant):
        labels = tuple((anchor, position(anchor.cell), _bare_labels(anchor)) for anchor in (cell.row, cell.heading))
        by_form.setdefault(cell.form, []).append(_Asked(cell, position(cell.cell), labels))
    return {form: tuple(cells) for form, cells in by_form.items()}


def _read_cells(found: FormReturn, by_form: dict[str, Grid]) -> None:
    """The mapped cells of the forms that are there. Raises UnreadableError where the school cannot be told."""
    forms, year = found.source.forms, found.year
    assert forms is not None
    assert year is not None
    kind = forms.place(year, "school_type_code")
    stated = by_form[kind.form].at(position(kind.cell)) if kind and kind.form in by_form else None
    found.variant = forms.variant(year, stated or "")
    for form, asked in _asked(forms, year, found.variant).items():
        page = by_form.get(form)
        if page is not None:
            _read_form(found, page, asked)


def _read_form(found: FormReturn, page: Grid, asked: Sequence[_Asked]) -> None:
    """The mapped cells of one form. Raises UnreadableError where the school cannot be told.

    A form that prints one unit for all its cells, and another than the map's, has none of them believed.
    """
    units = {one.cell.unit for one in asked}
    printed = _printed_unit(page) if len(units) == 1 and "" not in units else None
    if printed is not None and printed not in {plain(unit) for unit in units}:
        for one in asked:
            row, column = page.place(one.place)
            header = f"{address(row, column)} {one.cell.label}"
            found.faults.append((True, page.name, row, header, one.cell.column, printed, one.cell.unit, one.cell.unit))
        return
    stands: dict[tuple[int, int, frozenset[str]], bool] = {}
    for one in asked:
        moved = None
        for anchor, place, labels in one.labels:
            key = (*place, labels)
            if key not in stands:
                text = page.at(place)
                stands[key] = text is not None and _bare(text) in labels
            if moved is None and not stands[key]:
                moved = anchor
        cell = one.cell
        if moved is not None and cell.column == "school_id":
            found_there, wanted, wanted_en = _moved(page, moved)
            raise UnreadableError("identity_label_moved", found_there or "", f"{page.name}：{wanted}", wanted_en)
        if moved is not None:
            row, column = page.place(one.place)
            header = f"{address(row, column)} {cell.label}"
            found.faults.append((False, page.name, row, header, cell.column, *_moved(page, moved)))
        elif page.errors and (error := page.errors.get(page.place(one.place))):
            found.errors.append((cell.column, error))
        else:
            found.texts[cell.column] = page.at(one.place)


def _absent(found: FormReturn) -> list[str]:
    """The mapped forms that the workbook lacks, but for those of a stage that the school's type does not teach."""
    assert found.source.forms is not None
    assert found.year is not None
    forms = found.source.forms.forms(found.year)
    type_code = found.texts.get("school_type_code")
    taught = next((entry["stages"].split() for entry in codes("school_types") if entry["code"] == type_code), None)
    there = {place.form for place in found.places}
    return [
        code
        for code, form in forms.items()
        if code not in there and (not form.stage or taught is None or form.stage in taught)
    ]


def _printed_unit(page: Grid) -> str | None:
    """The unit that the titles of a form print for all its cells; None where they print none."""
    for _, _, text in page.texts(page.below + _UNIT_ROWS):
        found = _UNIT.search(text)
        if found:
            return plain(found[1])
    return None


@cache
def _bare_labels(anchor: Anchor) -> frozenset[str]:
    return frozenset(bare(plain(label)) for label in anchor.labels)


@lru_cache(maxsize=10_000)
def _bare(text: str) -> str:
    return bare(plain(text))


def _moved(page: Grid, anchor: Anchor) -> tuple[str | None, str, str]:
    """What stands where a label was wanted; the label, and where it stands instead, in both languages."""
    place = position(anchor.cell)
    at, label = address(*page.place(place)), anchor.labels[0]
    elsewhere = [address(r, c) for r, c, text in page.texts() if _bare(text) in _bare_labels(anchor)][:3]
    where, where_en = (
        ("，现在" + "、".join(elsewhere), f", which stands at {', '.join(elsewhere)}") if elsewhere else ("", "")
    )
    return page.at(place), f"{at} 为“{label}”{where}", f"“{label}” at {at}{where_en}"


def _explanations(page: Grid) -> list[tuple[str, int, str | None, str, str | None]]:
    """The failed checks of the sheet with what the school says of them: sheet, row, kind, rule, explanation.

    A table with a column of explanations is read by its headers; without one, each cell that holds «…说明：…» is both.
    """
    rows: dict[int, dict[int, str]] = {}
    for row, column, text in page.texts():
        rows.setdefault(row, {})[column] = text
    for number, cells in rows.items():
        said = _column(cells, _SAID_COLUMNS)
        rule = _column(cells, _RULE_COLUMNS)
        if said is not None and rule is not None:
            kind = _column(cells, _KIND_COLUMNS)
            below = {n: held for n, held in rows.items() if n > number and held.get(rule)}
            return [
                (page.name, n, held.get(kind) if kind else None, held[rule], held.get(said))
                for n, held in below.items()
            ]
    listed: list[tuple[str, int, str | None, str, str | None]] = []
    for number, cells in rows.items():
        for text in cells.values():
            parts = _EXPLAINED.split(text, maxsplit=1)
            if len(parts) > 1 and parts[0].strip():
                listed.append((page.name, number, None, parts[0].strip(), parts[1].strip() or None))
                break
    return listed


def _column(cells: dict[int, str], names: Sequence[str]) -> int | None:
    return next((column for column, text in cells.items() if plain(text) in names), None)
