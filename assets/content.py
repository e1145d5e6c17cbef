"""What a refresh need not do again: files and school years whose contents are those that they were made from.

home/files.json          each file of the inbox: size and time, the hash of its bytes, the school years that it states
home/made/seen/<year>    hash of the inbox's files that concern the year, when they were last taken in
home/made/finished       the edition that a refresh last came to its end with
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from assets.editions import edition_id, inputs
from assets.home import UNKNOWN, Home, write_whole
from assets.inputs import PACKAGES, digest, digest_of
from assets.lookback import behind, noted_behind
from assets.withdrawn import withdrawn_files
from pipelines.archives import Entry, Member
from pipelines.intake import survey
from reports.year import YearTables
from schemas.source import sources
from schemas.tables import TABLES

FILES_READ, FILES, PAGES_WRITTEN = "files read", "files", "pages written"
"""What a run says of itself: how many files of the inbox it read, of how many, and how many pages it wrote."""
_STILL = 2 * 10**9
"""Nanoseconds that a file must have lain still before its size and time stand for its bytes: clocks of disks are coarse."""


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What a refresh read and wrote: files of the inbox, and files under the site and the public edition."""

    files_read: int = 0
    files: int
    pages_written: int = 0
    pages: int

    def told(self) -> str:
        """The line at the end of a refresh."""
        return (
            f"本次 this run:      读了 {self.files:,} 个文件中的 {self.files_read:,} 个，"
            f"写了 {self.pages:,} 个页面文件中的 {self.pages_written:,} 个"
            f" / read {self.files_read:,} of {self.files:,} files, wrote {self.pages_written:,} of {self.pages:,} pages"
        )


class Listed(msgspec.Struct, frozen=True):
    """A file of the inbox: its name, the hash of its bytes, the source and the school years that it states."""

    file: str
    sha256: str
    source: str | None
    years: tuple[int, ...]
    stamp: tuple[int, ...] | None
    """Size and time by which the same bytes are known again; None where they say nothing."""


class _Known(msgspec.Struct, frozen=True):
    inbox: str
    rules: str
    files: list[Listed]


def listed(store: Home, inbox: Path, files: Sequence[tuple[str, Entry]], *, is_anew: bool = False) -> dict[str, Listed]:
    """Each of the inbox's files by name; those that are not known by size and time, or all, are looked into."""
    path, rules = store.root / "files.json", store.rules_now()
    known = msgspec.json.decode(path.read_bytes(), type=_Known) if path.exists() and not is_anew else None
    is_same = known is not None and (known.inbox, known.rules) == (str(inbox), rules)
    before = {one.file: one for one in known.files} if known and is_same else {}
    stamps = {shown: _stamp(entry) for shown, entry in files}
    there = {
        shown: before[shown]
        for shown, stamp in stamps.items()
        if shown in before and stamp is not None and before[shown].stamp == stamp
    }
    rows = survey([(shown, entry) for shown, entry in files if shown not in there], sources().values())
    stated: dict[str, list[int]] = {}
    for shown, _, _, year in rows.iter_rows():
        stated.setdefault(shown, []).extend([] if year is None else [year])
    for shown, sha256, source in rows.select("file", "sha256", "source").unique("file").iter_rows():
        there[shown] = Listed(shown, sha256, source, tuple(sorted(stated[shown])), stamps[shown])
    found = {shown: there[shown] for shown, _ in files}
    write_whole(path, msgspec.json.encode(_Known(str(inbox), rules, list(found.values()))) + b"\n")
    return found


def _stamp(entry: Entry) -> tuple[int, ...] | None:
    """Size and time of a file, of one in a zip those of the zip too; None where the file changed just now."""
    if isinstance(entry, Member):
        about, own = entry.archive.path.stat(), [entry.info.file_size, entry.info.CRC]
    elif isinstance(entry, Path):
        about, own = entry.stat(), []
    else:
        return None
    return (about.st_size, about.st_mtime_ns, *own) if time.time_ns() - about.st_mtime_ns > _STILL else None


def concerned(store: Home, there: dict[str, Listed], years: Iterable[int]) -> set[str]:
    """The files that say something of the school years, or of none: a run over these years reads no other."""
    years = set(years)
    held = set(store.read("returns", [*years, UNKNOWN], ["file"])["file"])
    return {one.file for one in there.values() if not one.years or not years.isdisjoint(one.years) or one.file in held}


def part_digest(tables: YearTables, others: Sequence[Any]) -> str:
    """The hash of all that a part of a school year's pages is made from: rows in their order, and what is no row.

    Each row is hashed to 64 bits by polars; its release is among the rules.
    """
    found, told = tables.given()
    frames = {
        name: [str(rows.schema), digest(rows.hash_rows(0).to_numpy().tobytes()) if rows.width else ""]
        for name, rows in found.items()
    }
    return digest_of([frames, told, list(others)])


def note_seen(store: Home, there: dict[str, Listed], years: Iterable[int], wanted: Sequence[str]) -> None:
    """Note which of the inbox's files are behind the school years, once they have been taken in."""
    every: list[int | str] = [*years, UNKNOWN]
    for year in every:
        write_whole(store.root / "made" / "seen" / str(year), _seen(store, there, year, wanted).encode())


def _seen(store: Home, there: dict[str, Listed], year: int | str, wanted: Sequence[str]) -> str:
    """The hash of the files that concern a school year, or none, and of what was asked of them."""
    held = set(store.read("returns", [year], ["file", "sha256"]).iter_rows())
    out = withdrawn_files(store.root)
    files = [
        [one.file, one.sha256, out.get((one.file, one.sha256))]
        for one in there.values()
        if year in one.years or (one.file, one.sha256) in held or (year == UNKNOWN and not one.years)
    ]
    return digest_of([sorted(files, key=lambda file: str(file[0])), list(wanted), store.kind, store.rules_now()])


def outdated(
    store: Home, there: dict[str, Listed], years: Sequence[int], wanted: Sequence[str]
) -> tuple[list[int], list[int]]:
    """Those of the school years that must be made again, and those of which the pages alone must be.

    A year is among the first where other files, rules or earlier years are behind its tables, a table's file is
    missing, or a run over it did not come to its end; among the second where only what makes pages is another. Where
    only files changed that state no school year, the newest of the years stands for them.
    """
    made, rules, pages = store.made(), store.rules_now(), store.rules_now(PACKAGES)
    known = set(store.years())

    def stands(year: int) -> bool:
        if not _is_seen(store, there, year, wanted) or any(_is_missing(store, table, year) for table in TABLES):
            return False
        if year not in known:
            return not any(str(year) in noted for noted in made.values())
        by_rules = all(made.get(table, {}).get(str(year)) == rules for table in TABLES)
        return by_rules and noted_behind(store, year) == behind(store, year)

    def is_shown(year: int) -> bool:
        sites = (store.site.name, store.public.name)
        return year not in known or all(made.get(site, {}).get(str(year)) == pages for site in sites)

    again = [year for year in years if not stands(year)]
    lacks = any(_is_missing(store, table, UNKNOWN) for table in ("returns", "quarantine"))
    if not again and (lacks or not _is_seen(store, there, UNKNOWN, wanted)):
        again = [*years][-1:]
    return again, [year for year in years if year not in again and not is_shown(year)]


def _is_missing(store: Home, table: str, year: int | str) -> bool:
    return str(year) in store.noted(table) and not store.path(table, year).exists()


def _is_seen(store: Home, there: dict[str, Listed], year: int | str, wanted: Sequence[str]) -> bool:
    path = store.root / "made" / "seen" / str(year)
    return path.exists() and path.read_text("utf-8") == _seen(store, there, year, wanted)


def damaged(store: Home) -> list[Path]:
    """The tables' files that are gone or are not the bytes that were written, in order."""
    noted = {
        (table, year)
        for table in TABLES
        for year in {*store.partitions(table), *store.noted(table)}
        if store.damaged(table, year)
    }
    return sorted(store.path(table, year) for table, year in noted)


def take_away(store: Home, paths: Sequence[Path]) -> None:
    """Damaged files removed, so that nothing is read from them; that they are to be made again stays noted."""
    (store.root / "made" / "finished").unlink(missing_ok=True)
    for path in paths:
        path.unlink(missing_ok=True)


def told_damaged(paths: Sequence[Path]) -> str:
    """What is said of damaged files before they are made again."""
    names = "、".join("/".join(path.parts[-2:]) for path in paths)
    return f"表文件缺失或已损坏，重新计算：{names} / table files are gone or damaged, and are made again"


def is_finished(store: Home) -> bool:
    """Whether what the home holds now is published, and all that a publication writes is written."""
    path = store.root / "made" / "finished"
    if not path.exists() or store.published().root == store.root:
        return False
    pages = store.rules_now(PACKAGES)
    folders = [store.made().get(site.name, {}) for site in (store.site, store.public)]
    if not all(noted.get(name) == pages for noted in folders for name in ("index", "methods")):
        return False
    edition = edition_id(inputs(store))
    return edition == store.published().root.name == path.read_text("utf-8")


def note_finished(store: Home) -> None:
    """Note that the refresh came to its end with the edition that is published."""
    write_whole(store.root / "made" / "finished", store.published().root.name.encode())
