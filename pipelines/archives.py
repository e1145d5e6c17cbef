"""Zips in a folder of returns: each is a folder of its own, and its files are read without being unpacked."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

MOST_BYTES = 512 * 1024 * 1024
"""Size of the largest file that is unpacked from a zip; a default of ours, against archives made to fill a disk."""
UNREADABLE = (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError)
"""What reading a file of a zip raises: damaged, locked with a password, or packed in a way that is not known."""
_UTF8 = 0x800
"""Flag of a member whose name is UTF-8; without it, the name is in the code page of the machine that packed it."""


@dataclass(frozen=True)
class Archive:
    """A zip, opened at its first use and then kept open: thousands of members share one table of contents."""

    path: Path

    @cached_property
    def file(self) -> zipfile.ZipFile:
        """The open zip. Raises BadZipFile."""
        return zipfile.ZipFile(self.path)


@dataclass(frozen=True)
class Member:
    """A file inside a zip."""

    archive: Archive = field(repr=False)
    info: zipfile.ZipInfo = field(repr=False)
    shown: str

    def read_bytes(self) -> bytes:
        """The unpacked bytes. Raises BadZipFile where the file is damaged or too large, RuntimeError where locked."""
        if self.info.file_size > MOST_BYTES:
            raise zipfile.BadZipFile(f"{self.shown}: {self.info.file_size:,} bytes, at most {MOST_BYTES:,}")
        return self.archive.file.read(self.info)


@dataclass(frozen=True)
class Unopened:
    """A zip that cannot be opened, which says so when it is read."""

    fault: str

    def read_bytes(self) -> bytes:
        """Nothing. Raises BadZipFile."""
        raise zipfile.BadZipFile(self.fault)


Entry = Path | Member | Unopened
"""A file of a folder of returns, by itself or inside a zip."""


def digest(entry: Entry) -> str:
    """The SHA-256 of a file's bytes; of one that cannot be read, that of none."""
    try:
        content = entry.read_bytes()
    except UNREADABLE:
        content = b""
    return hashlib.sha256(content).hexdigest()


def is_archive(path: Path) -> bool:
    """Whether a file is a zip of files, and no workbook."""
    return path.suffix.lower() == ".zip"


def entries(shown: str, path: Path) -> Iterator[tuple[str, Entry]]:
    """A zip's files in sort order, each under the zip's name and its own; the zip itself where it cannot be opened.

    Hidden files, Excel's lock files and what macOS adds are passed over.
    """
    archive = Archive(path)
    try:
        found = {name_of(info): info for info in archive.file.infolist() if not info.is_dir()}
    except (zipfile.BadZipFile, OSError) as fault:
        yield shown, Unopened(str(fault))
        return
    for name in sorted(found):
        parts = PurePosixPath(name).parts
        if not any(part.startswith((".", "~$", "__MACOSX")) for part in parts):
            yield f"{shown}/{'/'.join(parts)}", Member(archive, found[name], name)


def name_of(info: zipfile.ZipInfo) -> str:
    """A member's name; one that is not marked as UTF-8 is read as GB18030, as Chinese Windows writes it."""
    if info.flag_bits & _UTF8:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return info.filename
