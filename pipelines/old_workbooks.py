"""Whether a workbook of Excel 97 to 2003 keeps the limits: where its cells stand, by its own records.

Such a file is a small file system (MS-CFB) that holds one stream of records (MS-XLS). Of both only what tells the
place of cells is read; what is no such file is left to the reader to refuse.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from pipelines.limits import too_big
from schemas.limits import most

_FREE = 0xFFFFFFFA
"""Sector numbers from here on are marks, no sectors."""
_ENTRY = 128
_BOF, _EOF = (0x0809, 0x0409, 0x0209, 0x0009), 0x000A
_CELLS = frozenset((0x0006, 0x0201, 0x0203, 0x0204, 0x0205, 0x00D6, 0x00FD, 0x027E, 0x00BD, 0x00BE))
"""FORMULA, BLANK, NUMBER, LABEL, BOOLERR, RSTRING, LABELSST, RK, MULRK, MULBLANK: row and column stand first."""


def keep_old_workbook(content: bytes) -> None:
    """No sheet's cells span more than the limit. Raises UnreadableError."""
    try:
        stream = _stream(content)
    except (struct.error, IndexError):
        return
    rows = columns = 0
    for kind, at, size in _records(stream):
        if kind in _BOF:
            rows = columns = 0
        elif kind in _CELLS and size >= 4:  # noqa: PLR2004  (two numbers of two bytes)
            row, column = struct.unpack_from("<HH", stream, at)
            if row >= rows or column >= columns:
                rows, columns = max(rows, row + 1), max(columns, column + 1)
                if rows * columns > most("sheet_cells"):
                    raise too_big("sheet_cells", f"{rows:,} × {columns:,}")


def _records(stream: bytes) -> Iterator[tuple[int, int, int]]:
    """Each record's kind, where its content begins, and its size."""
    at, end = 0, len(stream) - 4
    while at <= end:
        kind, size = struct.unpack_from("<HH", stream, at)
        yield kind, at + 4, min(size, len(stream) - at - 4)
        at += 4 + size


def _stream(content: bytes) -> bytes:
    """The stream that holds the records of the workbook; empty where there is none."""
    (shift,) = struct.unpack_from("<H", content, 30)
    size = 1 << min(shift, 16)
    (count, first_folder) = struct.unpack_from("<II", content, 44)
    (small, first_small) = struct.unpack_from("<II", content, 56)
    (further, _) = struct.unpack_from("<II", content, 68)

    def sector(number: int) -> bytes:
        return content[(number + 1) * size : (number + 2) * size]

    tables = list(struct.unpack_from("<109I", content, 76))
    seen: set[int] = set()
    while further < _FREE and further not in seen:
        seen.add(further)
        numbers = [number for (number,) in struct.iter_unpack("<I", sector(further))]
        tables += numbers[:-1]
        further = numbers[-1]
    fat = [
        number
        for table in tables[:count]
        if table < _FREE
        for (number,) in struct.iter_unpack("<I", sector(table)[: size // 4 * 4])
    ]
    folder = b"".join(sector(number) for number in _chain(fat, first_folder))
    root, found = b"", b""
    for at in range(0, len(folder) - _ENTRY + 1, _ENTRY):
        entry = folder[at : at + _ENTRY]
        name = entry[: max(struct.unpack_from("<H", entry, 64)[0] - 2, 0)].decode("utf-16-le", errors="replace")
        if entry[66] == 5:  # noqa: PLR2004  (the root, whose stream holds the small ones)
            root = entry
        elif name.lower() in ("workbook", "book"):
            found = entry
    if not found:
        return b""
    first, length = struct.unpack_from("<II", found, 116)
    if length >= small or not root:
        return b"".join(sector(number) for number in _chain(fat, first))[:length]
    held = b"".join(sector(number) for number in _chain(fat, struct.unpack_from("<I", root, 116)[0]))
    small_fat = [n for number in _chain(fat, first_small) for (n,) in struct.iter_unpack("<I", sector(number))]
    return b"".join(held[number * 64 : number * 64 + 64] for number in _chain(small_fat, first))[:length]


def _chain(fat: list[int], first: int) -> Iterator[int]:
    """The sectors of a stream, in order; a chain that returns to itself ends there."""
    seen = set()
    while first < len(fat) and first not in seen:
        seen.add(first)
        yield first
        first = fat[first]
