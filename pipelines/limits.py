"""Whether a file keeps the limits: seen before anything of it is unpacked or held in memory whole.

The reader of workbooks holds a sheet as the full rectangle between its first and its last cell, so that two cells far
apart would take all memory. So the places of the cells are looked at first.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib

from pipelines.faults import UnreadableError
from schemas.limits import limits, most

_CHUNK = 1 << 20
_LONGEST_COUNT = 12
"""Digits of a count from which on it is none."""
_OVERLAP = 64
"""Bytes of a chunk that are looked at again with the next: longer than what is looked for."""
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
BAD_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
    NotImplementedError,
    struct.error,
)
"""What reading a damaged zip raises."""
_LINE = re.compile(r"[^\r\n]+")
_FAR = re.compile(rb"""\br\s{0,9}=\s{0,9}["'](?:[A-Za-z]{3}|[A-Za-z]{0,2}[0-9]{5})""")
"""The place of a cell or row beyond column ZZ or row 9999: sheets without any are within the limit."""
_PLACE = re.compile(rb"""\br\s{0,9}=\s{0,9}["']([A-Za-z]{0,8})([0-9]{1,12})""")
_UNIQUE = re.compile(rb"""\buniqueCount\s{0,9}=\s{0,9}["']\s{0,9}([0-9]+)""")
"""How many texts a part says to hold: the reader makes room for so many before it has seen one."""
_SHORTEST_TEXT = 5
"""Bytes of the shortest text of a workbook's list: <si/>."""
_COLUMN, _ROWS = 702, 9999


def too_big(name: str, value: int | str, what: str = "") -> UnreadableError:
    """The refusal of what is beyond the limit of this name."""
    limit = limits()[name]
    shown = f"{value:,}" if isinstance(value, int) else value
    return UnreadableError(
        "too_big",
        f"{what}{'：' if what else ''}{shown}",
        f"{limit.most:,} {limit.unit_zh}（{limit.why_zh}）",
        f"{limit.most:,} {limit.unit_en} ({limit.why_en})",
    )


def keep_size(size: int) -> None:
    """A file of so many bytes may be read. Raises UnreadableError."""
    if size > most("file_bytes"):
        raise too_big("file_bytes", size)


def keep_ratio(part: zipfile.ZipInfo) -> None:
    """A part of a zip may be unpacked, by what the zip states of it. Raises UnreadableError."""
    grown = part.file_size / max(part.compress_size, 1)
    if part.file_size > most("ratio_from_bytes") and grown > most("ratio"):
        raise too_big("ratio", int(grown), shown_name(part.filename))


def keep_workbook(content: bytes) -> None:
    """A zipped workbook may be opened: its parts are few, small and what they say they are. Raises UnreadableError.

    What is no readable zip is left to the reader to refuse.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            _keep_parts(book)
    except BAD_ZIP as fault:
        raise UnreadableError("damaged_file", said(fault)) from fault


def _keep_parts(book: zipfile.ZipFile) -> None:
    parts = book.infolist()
    if len(parts) > most("workbook_parts"):
        raise too_big("workbook_parts", len(parts))
    names = {part.filename for part in parts}
    if "xl/workbook.xml" not in names and names & {"xl/workbook.bin", "content.xml"}:
        raise UnreadableError("not_a_table", "XLSB" if "xl/workbook.bin" in names else "ODS")
    total = sum(part.file_size for part in parts)
    if total > most("workbook_bytes"):
        raise too_big("workbook_bytes", total)
    for part in parts:
        keep_ratio(part)
        if part.compress_type not in _METHODS:
            raise UnreadableError("damaged_file", f"{shown_name(part.filename)}: compression {part.compress_type}")
    for part in parts:
        _keep_part(book, part)


def _keep_part(book: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """A part is as large as it states; if it is a sheet, its cells span no more than the limit. Raises UnreadableError.

    Each part is looked at, whatever its name: which of them are sheets, a workbook may say in many ways.
    """
    rows, columns, last = _ROWS, _COLUMN, b""
    is_far = is_sheet = False
    with book.open(part) as content:
        while chunk := content.read(_CHUNK):
            page = last + chunk
            for count in _UNIQUE.findall(page):
                if len(count) > _LONGEST_COUNT or int(count) > part.file_size // _SHORTEST_TEXT:
                    raise UnreadableError("damaged_file", f"uniqueCount={count[:20].decode()}")
            is_sheet = is_sheet or b"sheetData" in page
            if _FAR.search(page):
                is_far = True
                for letters, digits in _PLACE.findall(page):
                    rows = max(rows, int(digits))
                    columns = max(columns, _number_of(letters.upper()))
            last = page[-_OVERLAP:]
    if is_far and is_sheet and rows * columns > most("sheet_cells"):
        raise too_big("sheet_cells", f"{rows:,} × {columns:,}", shown_name(part.filename.rpartition("/")[2]))


def keep_text(text: str) -> None:
    """No line of a text is longer than the limit. Raises UnreadableError with the number of the first that is."""
    longest = most("line_characters")
    if len(text) <= longest:
        return
    for line in _LINE.finditer(text):
        if line.end() - line.start() > longest:
            number = text.count("\n", 0, line.start()) + 1
            raise too_big("line_characters", line.end() - line.start(), f"第 {number:,} 行 line {number:,}")


def _number_of(letters: bytes) -> int:
    """A column's number from its letters: A is 1."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def said(fault: BaseException) -> str:
    """The first line of what a reader says of a file that it cannot read."""
    return shown_name((str(fault).splitlines() or [type(fault).__name__])[0][:200])


def shown_name(name: str) -> str:
    """A name as it can be shown: what is no character, or steers a terminal or the direction of writing, is spelt out."""
    return "".join(_spelt(letter) if _steers(letter) else letter for letter in name)


def shown_text(text: str) -> str:
    """A text of several lines as it can be shown: what `shown_name` spells out is spelt out, but for ends of lines."""
    if text.isprintable():
        return text
    return "".join(_spelt(letter) if _steers(letter) and letter not in "\n\t" else letter for letter in text)


def _spelt(letter: str) -> str:
    byte = letter.encode(errors="surrogateescape") if "\udc80" <= letter <= "\udcff" else b""
    return f"\\x{byte[0]:02x}" if byte else f"\\u{ord(letter):04x}"


def _steers(letter: str) -> bool:
    """Whether a character is no printable one: a control, a direction, half of a pair, a width of zero."""
    return not letter.isprintable() and letter not in "\u3000\u00a0"


_HIDDEN = (*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0), 0xAD, *range(0x200B, 0x2010),
           *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF)  # fmt: skip
SPELT = {chr(code): _spelt(chr(code)) for code in _HIDDEN}
"""What cannot be seen in a text, and how it is spelt out in a message."""
