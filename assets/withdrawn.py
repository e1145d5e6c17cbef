"""Files of the inbox that count for nothing from now on, and the day on which each file was first seen.

The first stand in the home as `registers/withdrawn.csv`, the days as `receipts.csv`, which is no part of any table.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from assets.home import write_whole


class Withdrawal(msgspec.Struct, frozen=True):
    """A file of the inbox that was withdrawn: these bytes under this name, why, by whom and when."""

    file: str
    sha256: str
    reason: str
    by: str
    on: str


class Receipt(msgspec.Struct, frozen=True):
    """The day on which a file with these bytes was first taken in."""

    file: str
    sha256: str
    received_on: str


def withdrawals(root: Path) -> list[Withdrawal]:
    """The files withdrawn from a home's inbox, by name."""
    return [Withdrawal(**row) for row in _rows(root / "registers" / "withdrawn.csv", Withdrawal)]


def withdrawn_files(root: Path) -> dict[tuple[str, str], str]:
    """Why each withdrawn file was, by its name and the SHA-256 of its bytes: other bytes of the name are a new file."""
    return {(row.file, row.sha256): f"{row.reason}（{row.by}）" for row in withdrawals(root)}


def record_withdrawals(root: Path, rows: Sequence[Withdrawal]) -> None:
    """The list of withdrawn files written."""
    _write(root / "registers" / "withdrawn.csv", Withdrawal, _in_order(rows))


def _in_order(rows: Sequence[Withdrawal]) -> list[Withdrawal]:
    return sorted(rows, key=lambda row: (row.file, row.sha256))


def receipts(root: Path) -> dict[tuple[str, str], dt.date]:
    """The day on which each file was first taken in, by its name and the SHA-256 of its bytes."""
    return {
        (row["file"], row["sha256"]): dt.date.fromisoformat(row["received_on"])
        for row in _rows(root / "receipts.csv", Receipt)
    }


def record_receipts(root: Path, files: Iterable[tuple[str, str]], day: dt.date) -> None:
    """The files (name, SHA-256) that were not seen before noted with this day; a file seen before keeps its day."""
    known = receipts(root)
    known |= dict.fromkeys(set(files) - known.keys(), day)
    rows = [Receipt(file, sha256, on.isoformat()) for (file, sha256), on in sorted(known.items())]
    _write(root / "receipts.csv", Receipt, rows)


def today() -> dt.date:
    """The day it is where the returns are handed in."""
    return dt.datetime.now(tz=ZoneInfo("Asia/Shanghai")).date()


def _rows(path: Path, kind: type[msgspec.Struct]) -> list[dict[str, str]]:
    if not path.exists():
        return []
    lines = csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline=""))
    return [{name: row.get(name) or "" for name in kind.__struct_fields__} for row in lines]


def _write(path: Path, kind: type[msgspec.Struct], rows: Sequence[msgspec.Struct]) -> None:
    lines = io.StringIO(newline="")
    table = csv.DictWriter(lines, kind.__struct_fields__)
    table.writeheader()
    table.writerows(msgspec.structs.asdict(row) for row in rows)
    write_whole(path, lines.getvalue().encode())
