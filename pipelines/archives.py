"""Zips in a folder of returns: each is a folder of its own, and its files are read without being unpacked."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

from pipelines.faults import UnreadableError
from pipelines.limits import BAD_ZIP, keep_ratio, keep_size, said, shown_name, too_big
from schemas.limits import most

UNREADABLE = BAD_ZIP
"""What reading a file raises: damaged, locked with a password, packed in a way that is not known, or taken away."""
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
        """The unpacked bytes. Raises UnreadableError where they are beyond the limits, one of UNREADABLE where damaged."""
        keep_size(self.info.file_size)
        keep_ratio(self.info)
        return self.archive.file.read(self.info)


@dataclass(frozen=True)
class Unopened:
    """A zip or a file of it that cannot be opened, which says so when it is read."""

    fault: UnreadableError

    def read_bytes(self) -> bytes:
        """Nothing. Raises UnreadableError."""
        raise self.fault


Entry = Path | Member | Unopened
"""A file of a folder of returns, by itself or inside a zip."""


def content_of(entry: Entry) -> bytes:
    """The bytes of a file. Raises UnreadableError where they are beyond the limits, one of UNREADABLE where damaged."""
    if isinstance(entry, Path):
        keep_size(entry.stat().st_size)
    return entry.read_bytes()


def digest(entry: Entry) -> str:
    """The SHA-256 of a file's bytes; of one that cannot be read, that of none."""
    try:
        content = content_of(entry)
    except (UnreadableError, *UNREADABLE):
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
        listed = [info for info in archive.file.infolist() if not info.is_dir()]
        _keep_archive(listed)
        found = {name_of(info): info for info in listed}
    except UnreadableError as fault:
        yield shown, Unopened(fault)
        return
    except UNREADABLE as fault:
        yield shown, Unopened(UnreadableError("damaged_file", said(fault)))
        return
    for name in sorted(found):
        parts = PurePosixPath(name).parts
        if leads_out(name):
            yield f"{shown}/{shown_name(name)}", Unopened(UnreadableError("unsafe_name", shown_name(name)))
        elif not any(part.startswith((".", "~$", "__MACOSX")) for part in parts):
            yield f"{shown}/{shown_name('/'.join(parts))}", Member(archive, found[name], name)


def _keep_archive(listed: list[zipfile.ZipInfo]) -> None:
    """A zip's files are not too many, nor too large together. Raises UnreadableError."""
    if len(listed) > most("archive_files"):
        raise too_big("archive_files", len(listed))
    total = sum(info.file_size for info in listed)
    if total > most("archive_bytes"):
        raise too_big("archive_bytes", total)


def leads_out(name: str) -> bool:
    """Whether a name within a zip leads out of it: by steps upwards, from a root or a drive."""
    parts = name.replace("\\", "/").split("/")
    return ".." in parts or name[:1] in ("/", "\\") or name[1:2] == ":" or "\0" in name


def name_of(info: zipfile.ZipInfo) -> str:
    """A member's name; one that is not marked as UTF-8 is read as GB18030, as Chinese Windows writes it."""
    if info.flag_bits & _UTF8:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return info.filename
