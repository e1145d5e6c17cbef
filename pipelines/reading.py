"""Files into sheets of text: bytes in, every cell as the file shows it, rows numbered as the file numbers them."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import fastexcel
import polars as pl
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet

from pipelines.faults import UnreadableError
from pipelines.limits import BAD_ZIP, keep_text, keep_workbook, said, too_big
from pipelines.old_workbooks import keep_old_workbook
from schemas.limits import most

HEAD_ROWS = 30
"""Rows at the top of a sheet among which the header is looked for."""
ROW = "__row__"
"""Name of the column with the row's number."""

_SIGNATURES = (
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7-Zip"),
    (b"\x1f\x8b", "gzip"),
)


_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_NO_OLD_EXCEL = "加密的工作簿，或旧版 Office 文件而非工作簿 / an encrypted workbook, or an old Office file that is none"


@dataclass(frozen=True)
class Body:
    """The rows under a header.

    `cells`: one String column per field, named by its position, and the row's number. `ragged`: rows whose number of
    fields is not the header's: their number, how many fields they have, the fields as JSON. `errors`: cells that hold a
    formula error, or a formula without its result: row number, position, the error as the workbook shows it, or the
    formula with its =.
    """

    cells: pl.DataFrame
    ragged: tuple[tuple[int, int, str], ...] = ()
    errors: tuple[tuple[int, int, str], ...] = ()


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name (None where the file has none), its top rows, and how to get the rows below the header.

    `first_column` is the number, from 1, of the first column that holds anything: positions are counted from it.
    """

    name: str | None
    head: list[list[str]]
    body: Callable[[int], Body] = field(repr=False)
    form: str
    first_column: int = 1


def sheets(content: bytes, encodings: tuple[str, ...]) -> Iterator[list[Sheet]]:
    """The readings of a file's content, likeliest first; text is offered once per encoding that fits.

    Each reading is the list of the file's sheets. The last reading of a text replaces what cannot be decoded by
    U+FFFD, so that one damaged cell does not cost the file. Raises UnreadableError where there is nothing to read.
    """
    if not content.strip(b"\x00\t\r\n "):
        raise UnreadableError("empty_file")
    if content.startswith(b"PK"):
        yield _workbook(content)
    elif content.startswith(b"PAR1"):
        yield [_parquet(content)]
    elif is_workbook(content):
        yield _old_workbook(content)
    else:
        for signature, name in _SIGNATURES:
            if content.startswith(signature):
                raise UnreadableError("not_a_table", name)
        yield from _texts(content, encodings)


def opened(content: bytes) -> fastexcel.ExcelReader:
    """A workbook that keeps the limits, opened. Raises UnreadableError, FastExcelError where it is damaged."""
    if content.startswith(b"PK"):
        keep_workbook(content)
    else:
        keep_old_workbook(content)
    with _panics_said():
        return fastexcel.read_excel(content)


def loaded(book: fastexcel.ExcelReader, sheet: int | str) -> fastexcel.ExcelSheet:
    """A sheet of a workbook as text, its blank rows at the top with it: row numbers are the sheet's own."""
    with _panics_said():
        return book.load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string")


@contextmanager
def _panics_said() -> Iterator[None]:
    """A reader that gives up on a workbook refuses the file: its panics are no exceptions of Python's."""
    try:
        yield
    except BaseException as fault:
        if type(fault).__name__ != "PanicException":
            raise
        raise UnreadableError("damaged_file", said(fault)) from fault


def _workbook(content: bytes) -> list[Sheet]:
    try:
        book = opened(content)
        return [_worksheet(book, name, content) for name in book.sheet_names]
    except fastexcel.FastExcelError as fault:
        with suppress(zipfile.BadZipFile):
            if not any(name.startswith("xl/") for name in zipfile.ZipFile(io.BytesIO(content)).namelist()):
                raise UnreadableError("not_a_table", "ZIP") from fault
        raise UnreadableError("damaged_file", said(fault)) from fault
    except BAD_ZIP as fault:
        raise UnreadableError("damaged_file", said(fault)) from fault


def _old_workbook(content: bytes) -> list[Sheet]:
    """The sheets of a workbook of Excel 97 to 2003."""
    try:
        book = opened(content)
        return [_worksheet(book, name, content) for name in book.sheet_names]
    except fastexcel.FastExcelError as fault:
        raise UnreadableError("not_a_table", _NO_OLD_EXCEL) from fault


_ERRORS = {
    "Error(Div0)": "#DIV/0!",
    "Error(NA)": "#N/A",
    "Error(Name)": "#NAME?",
    "Error(Null)": "#NULL!",
    "Error(Num)": "#NUM!",
    "Error(Ref)": "#REF!",
    "Error(Value)": "#VALUE!",
}


def error_shown(detail: str) -> str:
    """A formula error as the workbook shows it, from the reader's words for it."""
    return next((shown for name, shown in _ERRORS.items() if name in detail), detail)


_HAS_FORMULA = re.compile(rb"<f[\s>/]")
# No pattern scans the same bytes twice, whatever stands in a file: a tag ends where the next begins, a run of white
# space is not given back.
_WITHOUT_RESULT = re.compile(rb"(?:</f>|<f\b[^<>]*/>)\s*+(?:(?:<v\s*+/>|<v>\s*+</v>)\s*+)?</c>")
_LAST_CELL = re.compile(rb".*<c\s([^<>]*)>(.*)\Z", re.DOTALL)
_PLACE = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
_FORMULA = re.compile(rb"<f\b[^<>]*>([^<]*)")
_SHEET = re.compile(rb"<(?:\w{1,40}:)?sheet\s[^<>]*>")
_SHEET_ID = re.compile(rb'\s\w{1,40}:id="([^"]+)"')
_RELATION = re.compile(rb"<(?:\w{1,40}:)?Relationship\s[^<>]*>")
_CHUNK = 1 << 20


def _uncalculated(content: bytes, number: int) -> tuple[tuple[int, int, str], ...]:
    """The cells of a workbook's sheet that hold a formula without its result: row, position, formula.

    Programs write such cells that do not calculate; the reader gives them as empty. Positions are counted from the
    first column that holds anything, as the reader counts them.
    """
    if not content.startswith(b"PK"):
        return ()
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        path = _part_of_sheet(parts, number)
        found, first = _without_result(parts, path) if path else ((), 0)
    return tuple((row, column - first, formula) for row, column, formula in found if column >= first)


def uncalculated(content: bytes, numbers: Iterable[int]) -> dict[int, tuple[tuple[int, int, str], ...]]:
    """For each of a workbook's sheets the cells with a formula without its result: row and column from 1, formula."""
    if not content.startswith(b"PK"):
        return {}
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        paths = _parts_of_sheets(parts)
        return {n: _without_result(parts, path)[0] for n in numbers if n < len(paths) and (path := paths[n])}


def _without_result(parts: zipfile.ZipFile, path: str) -> tuple[tuple[tuple[int, int, str], ...], int]:
    """The cells of a sheet with a formula without its result, and the first column in which anything stands."""
    if not _has_formula(parts, path):
        return (), 0
    page = parts.read(path)
    if not _WITHOUT_RESULT.search(page):
        return (), 0
    found, filled = [], []
    for piece in page.split(b"</c>")[:-1]:
        cell = _LAST_CELL.match(piece)
        place = _PLACE.search(cell[1]) if cell else None
        if cell is None or place is None:
            continue
        attributes, inside = cell.groups()
        row, column = int(place[2]), _number_of(place[1])
        formula = _FORMULA.search(inside)
        if formula and b't="str"' not in attributes and _WITHOUT_RESULT.search(inside + b"</c>"):
            found.append((row, column, "=" + html.unescape((formula[1] or b"").decode(errors="replace"))))
        elif inside:
            filled.append(column)
    return tuple(found), min(filled, default=0)


def _part_of_sheet(parts: zipfile.ZipFile, number: int) -> str | None:
    """The path within the workbook of its sheet of this number, from 0; None where the workbook does not say."""
    paths = _parts_of_sheets(parts)
    return paths[number] if number < len(paths) else None


def _parts_of_sheets(parts: zipfile.ZipFile) -> list[str | None]:
    """The path within the workbook of each of its sheets; None where the workbook does not say."""
    names = set(parts.namelist())
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        return []
    pages = (_SHEET_ID.search(tag) for tag in _SHEET.findall(parts.read("xl/workbook.xml")))
    sheet_ids = [page[1] for page in pages if page]
    targets = {}
    for relation in _RELATION.findall(parts.read("xl/_rels/workbook.xml.rels")):
        stated = dict(re.findall(rb'(Id|Target)="([^"]*)"', relation))
        targets[stated.get(b"Id")] = stated.get(b"Target", b"").decode(errors="replace")
    paths = []
    for sheet_id in sheet_ids:
        target = targets.get(sheet_id, "")
        path = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
        paths.append(path if path in names else None)
    return paths


def _has_formula(parts: zipfile.ZipFile, path: str) -> bool:
    """Whether a sheet holds any formula; most hold none, and are not kept in memory for it."""
    if parts.getinfo(path).file_size <= _CHUNK:
        return _HAS_FORMULA.search(parts.read(path)) is not None
    last = b""
    with parts.open(path) as page:
        while chunk := page.read(_CHUNK):
            if _HAS_FORMULA.search(last + chunk):
                return True
            last = chunk[-2:]
    return False


def _number_of(letters: bytes) -> int:
    """A column's number from its letters: A is 1."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _worksheet(book: fastexcel.ExcelReader, name: str, content: bytes) -> Sheet:
    page = loaded(book, name)
    batch, faults = page.to_arrow_with_errors() if page.width else (pa.RecordBatch.from_pylist([]), None)
    cells: pl.DataFrame = pl.DataFrame(pl.from_arrow(batch)) if page.width else pl.DataFrame()
    cells = cells.rename({old: str(position) for position, old in enumerate(cells.columns)})
    cells = cells.with_row_index(ROW, offset=1).with_columns(pl.col(ROW).cast(pl.Int64))
    errors = tuple(
        (fault.position[0] + 1, fault.position[1], error_shown(fault.detail))
        for fault in (faults.errors if faults else ())
    )
    head = [["" if cell is None else cell for cell in row[1:]] for row in cells.head(HEAD_ROWS).iter_rows()]

    def body(header_row: int) -> Body:
        missing = [cell for cell in _uncalculated(content, book.sheet_names.index(name)) if cell[0] > header_row]
        rows = pl.DataFrame({ROW: sorted({row for row, _, _ in missing})}, schema={ROW: pl.Int64})
        # The reader leaves out rows at the end in which nothing has a value.
        further = rows.join(cells.select(ROW), on=ROW, how="anti", maintain_order="left")
        below = pl.concat([cells.filter(pl.col(ROW) > header_row), further], how="diagonal").sort(ROW)
        return Body(below, errors=(*(error for error in errors if error[0] > header_row), *missing))

    first = page.selected_columns[0].absolute_index + 1 if page.width else 1
    return Sheet(name, head, body, workbook_form(content), first)


def is_workbook(content: bytes) -> bool:
    """Whether a file's bytes begin as those of a workbook do."""
    return content.startswith((b"PK", _OLD_EXCEL))


def workbook_form(content: bytes) -> str:
    """Which of Excel's formats a workbook's bytes are."""
    return "xlsx" if content.startswith(b"PK") else "xls"


def _parquet(content: bytes) -> Sheet:
    try:
        table = _within_limits(content)
    except (pa.ArrowException, OSError, ValueError, MemoryError) as fault:
        raise UnreadableError("damaged_file", said(fault)) from fault
    names = table.column_names
    frame = pl.DataFrame(pl.from_arrow(table.rename_columns([str(i) for i in range(len(names))])))
    texts = pl.DataFrame([_as_text(column) for column in frame.iter_columns()])
    cells = texts.with_row_index(ROW, offset=1).with_columns(pl.col(ROW).cast(pl.Int64))
    return Sheet(None, [list(names)], lambda _header_row: Body(cells), "parquet")


def _within_limits(content: bytes) -> pa.Table:
    """The table of a Parquet file: its cells counted before they are read, its texts measured before they are repeated.

    A file may hold a text once and refer to it a million times. Raises UnreadableError.
    """
    about = pa.parquet.read_metadata(io.BytesIO(content))
    if about.num_columns > most("sheet_columns"):
        raise too_big("sheet_columns", about.num_columns)
    if about.num_rows * about.num_columns > most("sheet_cells"):
        raise too_big("sheet_cells", f"{about.num_rows:,} × {about.num_columns:,}")
    texts = [field.name for field in about.schema.to_arrow_schema() if pa.types.is_string(field.type)]
    table = pa.parquet.read_table(io.BytesIO(content), read_dictionary=texts)
    size = 0
    for column in table.columns:
        for chunk in column.chunks if pa.types.is_dictionary(column.type) else ():
            lengths = pa.compute.take(pa.compute.binary_length(chunk.dictionary), chunk.indices)
            size += pa.compute.sum(lengths).as_py() or 0
    if size > most("file_bytes"):
        raise too_big("file_bytes", size)
    return table


def _as_text(column: pl.Series) -> pl.Series:
    """The column as text; values without a text of their own (lists, bytes) as Python writes them."""
    try:
        return column.cast(pl.String)
    except pl.exceptions.PolarsError:
        shown = [None if value is None else str(value) for value in column.to_list()]
        return pl.Series(column.name, shown, pl.String)


def _texts(content: bytes, encodings: tuple[str, ...]) -> Iterator[list[Sheet]]:
    tried = []
    marked = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
    by_mark = next((encoding for mark, encoding in marked.items() if content.startswith(mark)), None)
    wide = content[:400].count(0) > len(content[:400]) // 8
    candidates = [by_mark] if by_mark else ["utf-16-le", "utf-16-be"] if wide else list(encodings)
    for encoding in candidates:
        if encoding == "utf-16" and not by_mark:
            continue
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            tried.append(encoding)
            continue
        yield [_delimited(text, encoding)]
    for encoding in tried:
        yield [_delimited(content.decode(encoding, errors="replace"), encoding)]


def _delimited(text: str, encoding: str) -> Sheet:
    text = text.removeprefix("\ufeff")
    keep_text(text)
    top = text[:200_000]
    separator = max(
        "\t,;", key=lambda mark: max((line.count(mark) for line in top.splitlines()[:HEAD_ROWS]), default=0)
    )
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(top, newline=""), delimiter=separator):
            rows.append(row)
            if len(rows) == HEAD_ROWS:
                break
    except csv.Error:  # a field without end
        rows.append([top[:200]])
    widest = max((len(row) for row in rows), default=0)
    if widest > most("sheet_columns"):
        raise too_big("sheet_columns", widest)

    def body(header_row: int) -> Body:
        return _delimited_body(text, separator, header_row, len(rows[header_row - 1]))

    kind = {",": "csv", "\t": "tsv", ";": "csv (;)"}[separator]
    return Sheet(None, rows, body, f"{kind} {encoding.removesuffix('-sig')}")


def _delimited_body(text: str, separator: str, header_row: int, width: int) -> Body:
    ragged: list[pa.csv.InvalidRow] = []

    def refuse(row: pa.csv.InvalidRow) -> str:
        if row.text.strip():
            ragged.append(row)
        else:
            blank.append(row.number)
        return "skip"

    blank: list[int] = []
    names = [str(position) for position in range(width)]
    try:
        table = pa.csv.read_csv(
            io.BytesIO(text.encode()),
            read_options=pa.csv.ReadOptions(use_threads=False, column_names=names, block_size=len(text) * 4 + 1024),
            parse_options=pa.csv.ParseOptions(
                delimiter=separator, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=refuse
            ),
            convert_options=pa.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as fault:
        raise UnreadableError("damaged_file", said(fault)) from fault
    # Rows that do not fit are left out by the reader, so the others are numbered around them.
    passed_over = sorted({row.number for row in ragged} | set(blank))
    numbers = pl.int_range(1, table.num_rows + len(passed_over) + 1, dtype=pl.Int64, eager=True)
    numbers = numbers.filter(~numbers.is_in(passed_over)).alias(ROW)
    cells = pl.DataFrame(pl.from_arrow(table)).with_columns(numbers).filter(pl.col(ROW) > header_row)
    ragged = [row for row in ragged if row.number > header_row]
    opened = _open_quotes(cells, ragged, separator, width) if '"' in text else []
    if opened:
        raise UnreadableError("open_quote", str(min(opened)))
    return Body(cells, ragged=tuple((row.number, row.actual_columns, _fields(row.text, separator)) for row in ragged))


def _open_quotes(cells: pl.DataFrame, ragged: list[pa.csv.InvalidRow], separator: str, width: int) -> list[int]:
    """The numbers of the rows in which a quote that nothing closes swallowed rows that follow.

    A line inside a row that fell apart, or a single cell of several lines, then holds the separators of a whole row.
    """
    whole = width - 1
    torn = [row.number for row in ragged if any(line.count(separator) >= whole for line in row.text.splitlines()[1:])]
    cell = pl.all().exclude(ROW)
    swallowing = cell.str.contains_any(["\n", "\r"]) & (cell.str.count_matches(separator, literal=True) >= whole)
    return torn + cells.filter(pl.any_horizontal(swallowing))[ROW].to_list()


def _fields(text: str, separator: str) -> str:
    """The fields of a row of text as a JSON list."""
    try:
        row = next(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error:
        row = [text]
    return json.dumps(row, ensure_ascii=False)
