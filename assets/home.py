"""The home: one folder with all state. Tables, quarantine, site and editions, written so that no reader sees half.

home/inbox/                     the returns, as they were handed in
home/datapackage.json           the catalogue of the tables
home/standards/                 standards of its own, beside those of this system
home/corrections/<source>.csv   corrections of its own, beside those of the source's folder
home/registers/                 registers kept by hand: what happened to schools
home/tables/<table>/<year>.parquet
home/quarantine/<year>.parquet
home/site/                      the pages
home/public/                    the pages of the public edition
home/editions/<id>/             a consistent snapshot of the three (hard links, no second copy), and its record
home/current -> editions/<id>   the pointer, switched last
home/editions.json              every publication: number, id, times, what changed
home/restatements/<n>.parquet   each figure and verdict that a publication changed
home/archive/                   pages of all editions, what each changed, the feed
home/made/                      by what rules each table of each year was made, and from what
home/files.json                 the hash of each file of the inbox, as long as its size and time are the same
home/runs/<time>.json           what each refresh did; no part of an edition
home/dagster/                   Dagster's own storage
home/home.json                  whether the data are real or synthetic: the two never mix; settings
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from assets.inputs import CHECKOUT, PACKAGES, TABLES_CODE, digest, digest_of, rules
from schemas.columns import FIRST_SCHOOL_YEAR, LAST_SCHOOL_YEAR
from schemas.contract import Contract, accept, conform
from schemas.corrections import Correction, CorrectionError, read_corrections, together
from schemas.disclosure import Disclosure, disclosure
from schemas.source import sources
from schemas.tables import TABLES
from standards.standard import Standard, load_standards

LOCK = ".lock"
"""The file that a run holds, in which it says who it is; what stands in it is left there by a run that was killed."""
FIRST_YEAR = 2000
"""The first school year that has a partition."""
SYNTHETIC_MARK = ".synthetic"
"""A file of this name in an inbox says that its returns are invented."""
UNKNOWN = "unknown"
"""Name of the partition that holds the files whose school year could not be read."""
Kind = Literal["real", "synthetic"]
CATALOGUE = "datapackage.json"
"""The catalogue of the tables, for other tools: beside them in the home and in every edition."""
PARTS = ("tables", "quarantine", "site", "public")
"""The folders of a home whose bytes are an edition."""
OPEN_YEARS = 1
"""The newest school years whose verdicts may still turn round without a word; a default of ours."""


Written = tuple[str, str, Callable[[], Iterable[tuple[str, str | bytes]]]]
"""A part of a school year's pages: its name, the hash of all that it is made from, and the pages when asked for."""


class HomeLockedError(Exception):
    """Another run is writing to this home."""


class HomeError(Exception):
    """The home cannot be used as asked; the message says why and what to do."""


def default_home() -> Path:
    """JUNHENG_HOME, else `.junheng` in the checkout."""
    return Path(os.environ.get("JUNHENG_HOME") or CHECKOUT / ".junheng").expanduser().resolve()


def kind_of(inbox: Path) -> Kind:
    """Whether a folder's returns are real or invented."""
    return "synthetic" if (inbox / SYNTHETIC_MARK).exists() else "real"


def write_whole(path: Path, content: bytes) -> bool:
    """The file with this content: written beside and renamed, left alone where the bytes are the same already."""
    if path.exists() and path.stat().st_size == len(content) and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    beside.write_bytes(content)
    beside.replace(path)
    return True


def to_parquet(frame: pl.DataFrame, contract: Contract) -> bytes:
    """The table as Parquet; each field carries its unit, labels and source, the file its grain and key."""
    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    fields = []
    for column, field in zip(contract.columns, table.schema, strict=True):
        described = {
            "unit": column.unit,
            "label_zh": column.label_zh,
            "label_en": column.label_en,
            "source": column.note or contract.origin,
        }
        fields.append(field.with_nullable(column.nullable).with_metadata(described))
    about = {"table": contract.name, "grain_zh": contract.grain_zh, "grain_en": contract.grain_en}
    about["key"] = " ".join(contract.key)
    sink = pa.BufferOutputStream()
    pq.write_table(table.cast(pa.schema(fields, metadata=about)), sink, compression="zstd")
    return bytes(sink.getvalue())


def read_parquet(path: Path, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """A table's file as an eager frame, rows in the file's order."""
    with path.open("rb") as content:
        return pl.DataFrame(pl.from_arrow(pq.read_table(content, columns=list(columns) if columns else None)))


class Home:
    """A home folder. Tables are read from and written to `root`; readers of published figures go by `published()`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.inbox = root / "inbox"
        self.site = root / "site"
        self.public = root / "public"
        self.dagster = root / "dagster"

    def path(self, table: str, year: int | str) -> Path:
        """Where a table's rows of a school year stand."""
        folder = self.root / "quarantine" if table == "quarantine" else self.root / "tables" / table
        return folder / f"{year}.parquet"

    def write(self, table: str, year: int | str, rows: pl.DataFrame) -> None:
        """The table's rows of a school year, once they have been seen to keep the contract."""
        contract = TABLES[table]
        content = to_parquet(accept(rows, contract), contract)
        write_whole(self.path(table, year), content)
        self._note("bytes", table, year, self._seen(table, year, digest(content)))
        self._made(table, year, self.rules_now())

    def remove(self, table: str, year: int | str) -> None:
        """The table's rows of a school year taken away, if there are any."""
        self.path(table, year).unlink(missing_ok=True)
        self._note("bytes", table, year, None)
        self._made(table, year, None)

    def damaged(self, table: str, year: int | str) -> bool:
        """Whether the table's file of a school year is gone, or no longer the bytes that were written.

        A file whose size and time are those of its writing is believed.
        """
        noted = self._notes("bytes", table).get(str(year))
        if noted is None or not self.path(table, year).exists():
            return noted is not None or self.path(table, year).exists()
        if noted == self._seen(table, year, noted[0]):
            return False
        found = self._seen(table, year, digest(self.path(table, year).read_bytes()))
        if found[0] == noted[0]:
            self._note("bytes", table, year, found)
        return bool(found[0] != noted[0])

    def noted(self, table: str) -> list[str]:
        """The school years (and perhaps `unknown`) of which a table was written and not taken away."""
        return sorted(self._notes("bytes", table))

    def _seen(self, table: str, year: int | str, sha256: str) -> list[Any]:
        about = self.path(table, year).stat()
        return [sha256, about.st_size, about.st_mtime_ns]

    def rules_now(self, packages: tuple[str, ...] = TABLES_CODE) -> str:
        """The hash of the rules by which this home makes its tables now; what they are is kept under it."""
        now = rules(self.root, packages)
        name = digest_of(now)
        path = self.root / "made" / "rules" / f"{name}.json"
        if not path.exists():
            write_whole(path, (json.dumps(now, ensure_ascii=False, sort_keys=True) + "\n").encode())
        return name

    def _made(self, table: str, year: int | str, by: str | None) -> None:
        """Note by which rules a table of a year is made, or that it is there no more; after its file is in place."""
        self._note("", table, year, by)

    def _notes(self, of: str, table: str) -> dict[str, Any]:
        path = self.root / "made" / of / f"{table}.json"
        known: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
        return known

    def _note(self, of: str, table: str, year: int | str, found: Any) -> None:
        known = self._notes(of, table)
        noted = {name: was for name, was in known.items() if name != str(year)} | ({str(year): found} if found else {})
        if noted != known:
            path = self.root / "made" / of / f"{table}.json"
            write_whole(path, (json.dumps(noted, sort_keys=True) + "\n").encode())

    def made(self) -> dict[str, dict[str, str]]:
        """By which rules (their hash) each table and the pages of each year were made."""
        return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted((self.root / "made").glob("*.json"))}

    def rules_of(self, name: str) -> dict[str, Any]:
        """The rules of a hash; empty where they are not known."""
        path = self.root / "made" / "rules" / f"{name}.json"
        found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
        return found

    def read(
        self, table: str, years: Iterable[int | str] | None = None, columns: Sequence[str] | None = None
    ) -> pl.DataFrame:
        """The table's rows of the given school years (all where none are named), in the order of the years."""
        wanted = self.partitions(table) if years is None else [str(year) for year in years]
        paths = [path for year in wanted if (path := self.path(table, year)).exists()]
        contract = TABLES[table]
        wanted_columns = [*(columns or contract.polars_schema.names())]
        # A home may be older than a column of today: what it does not hold is not reported.
        frames = (conform(read_parquet(path, columns), contract, wanted_columns) for path in paths)
        return pl.concat([contract.empty().select(wanted_columns), *frames])

    def scan(self, table: str, year: int | str) -> pl.LazyFrame:
        """The table's rows of a school year, to be filtered before they are read; none where there is no file.

        Their order is not promised, and they are not to be added up before they are collected and sorted.
        """
        contract, path = TABLES[table], self.path(table, year)
        if not path.exists():
            return contract.empty().lazy()
        rows = pl.scan_parquet(path)
        there = rows.collect_schema().names()
        return rows.select(
            (pl.col(column.name) if column.name in there else pl.lit(None)).cast(column.dtype).alias(column.name)
            for column in contract.columns
        )

    def partitions(self, table: str) -> list[str]:
        """The school years (and perhaps `unknown`) of which the table has rows, in order."""
        return sorted(path.stem for path in self.path(table, 0).parent.glob("*.parquet"))

    def rows(self, table: str) -> dict[str, int]:
        """How many rows the table has in each of its partitions."""
        return {stem: pq.read_metadata(self.path(table, stem)).num_rows for stem in self.partitions(table)}

    def years(self) -> list[int]:
        """The school years of which returns were taken in, in order."""
        return [int(stem) for stem in self.partitions("returns") if stem != UNKNOWN]

    @property
    def disclosure(self) -> Disclosure:
        """What the public edition withholds: our rules, and those of the home's `disclosure.toml`.

        Raises DisclosureError.
        """
        return disclosure(self.root / "disclosure.toml")

    def _about(self) -> dict[str, Any]:
        path = self.root / "home.json"
        about: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
        return about

    @property
    def standards(self) -> dict[str, Standard]:
        """The standards in force here: ours, and those that stand as files in the home's folder `standards`.

        Raises StandardError.
        """
        folder = self.root / "standards"
        return _standards(
            folder, tuple((path.name, path.lstat().st_mtime_ns) for path in sorted(folder.glob("*.toml")))
        )

    @property
    def corrections(self) -> tuple[Correction, ...]:
        """The corrections in force: those of each source's folder, and those in the home's folder `corrections`.

        Raises CorrectionError.
        """
        known, folder = sources(), self.root / "corrections"
        if strange := [path.name for path in sorted(folder.glob("*.csv")) if path.stem not in known]:
            raise CorrectionError(
                f"{folder}：没有这样的来源：{'、'.join(strange)}；有：{'、'.join(known)}。请按 <来源>.csv 命名。"
                " / Name each file <source>.csv."
            )
        return together(
            [
                read_corrections(path, source, shown=shown)
                for source in known.values()
                for path, shown in (
                    (source.folder / "corrections.csv", f"schemas/sources/{source.name}/corrections.csv"),
                    (folder / f"{source.name}.csv", f"corrections/{source.name}.csv"),
                )
            ]
        )

    @property
    def kind(self) -> Kind | None:
        """Whether the home holds real or synthetic data; None while it holds none."""
        return self._about().get("kind")

    @property
    def last_inbox(self) -> Path:
        """The folder of returns that the home was last made from; its own inbox while it was made from none."""
        return Path(self._about().get("inbox") or self.inbox)

    @property
    def last_sources(self) -> list[str]:
        """The sources that the home was last asked to take; empty for all."""
        return list(self._about().get("sources", []))

    @property
    def open_years(self) -> int:
        """How many of the newest school years are not closed: `open_years` of home.json, else OPEN_YEARS."""
        return int(self._about().get("open_years", OPEN_YEARS))

    def claim(self, kind: Kind, inbox: Path | None = None, sources: Sequence[str] = ()) -> None:
        """The home set aside for real or synthetic data, and made from this inbox from now on.

        Raises HomeError where it holds the other kind.
        """
        if self.kind not in (None, kind):
            words = {"real": "真实数据 / real data", "synthetic": "合成数据 / synthetic data"}
            raise HomeError(
                f"{self.root} 存放的是{words[self.kind or 'real']}，不能再放{words[kind]}；请用 --home 换一个目录。"
                f" / The home holds {self.kind} data; choose another with --home."
            )
        about = self._about() | {"kind": kind, "inbox": str(inbox or self.inbox), "sources": list(sources)}
        write_whole(self.root / "home.json", (json.dumps(about, ensure_ascii=False) + "\n").encode())

    @contextmanager
    def locked(self) -> Iterator[None]:
        """The home for this process alone. Raises HomeLockedError where another process has it; may be nested."""
        if self.root in _held:
            yield
            return
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / LOCK).open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as taken:
                who = holder(self.root)
                raise HomeLockedError(f"{self.root} 正被另一个运行占用 / is in use by another run: {who}") from taken
            _held.add(self.root)
            try:
                lock.seek(0)
                if lock.read():
                    self._sweep()
                lock.truncate(0)
                lock.write(f"pid {os.getpid()}，自 since {datetime.now(UTC).astimezone():%Y-%m-%d %H:%M:%S}\n")
                lock.flush()
                yield
                lock.truncate(0)
            finally:
                _held.discard(self.root)

    def _sweep(self) -> None:
        """What a killed run left half written is taken away."""
        for part in (*PARTS, "made", "restatements"):
            for path in (self.root / part).rglob(".*.part"):
                path.unlink()

    def published(self) -> Home:
        """The edition that the pointer names; the home itself while nothing has been published."""
        current = self.root / "current"
        return Home(current.resolve()) if current.exists() else self

    def contents(self) -> list[Path]:
        """The files of tables, quarantine and site, in order: the bytes of an edition."""
        return [
            path
            for part in PARTS
            for path in sorted((self.root / part).rglob("*"))
            if path.is_file() and not path.name.startswith(".")
        ]

    def snapshot(self, edition: str, record: bytes) -> Path:
        """Tables, quarantine and site linked as an edition, with its record beside them; left alone where it stands."""
        folder = self.root / "editions" / edition
        if not folder.exists():
            beside = folder.with_name(f".{edition}.part")
            shutil.rmtree(beside, ignore_errors=True)
            for path in self.contents():
                target = beside / path.relative_to(self.root)
                target.parent.mkdir(parents=True, exist_ok=True)
                os.link(path, target)
            write_whole(beside / "record.json", record)
            if (self.root / CATALOGUE).exists():
                os.link(self.root / CATALOGUE, beside / CATALOGUE)
            beside.rename(folder)
        return folder

    def mend(self, edition: str) -> None:
        """The edition's tables linked anew where the home has made a damaged one again: they are the same bytes."""
        for path in sorted([*(self.root / "tables").rglob("*.parquet"), *(self.root / "quarantine").glob("*.parquet")]):
            target = self.root / "editions" / edition / path.relative_to(self.root)
            if not (target.exists() and target.samefile(path)):
                target.parent.mkdir(parents=True, exist_ok=True)
                beside = target.with_name(f".{target.name}.part")
                beside.unlink(missing_ok=True)
                os.link(path, beside)
                beside.replace(target)

    def switch(self, edition: str) -> None:
        """The pointer set on an edition, in one step."""
        pointer = self.root / ".current.part"
        pointer.unlink(missing_ok=True)
        pointer.symlink_to(Path("editions") / edition)
        pointer.replace(self.root / "current")

    def pages_counted(self) -> int:
        """How many files the site and the public edition hold, as they were last written."""
        return sum(self._notes("pages", "count").values())

    def write_parts(
        self, parts: Iterable[Written], folders: Sequence[str], root: Path, *, is_full: bool = False
    ) -> int:
        """A school year's pages written part by part under the site or another root, those left out that did not change.

        What a part was made from is noted once its pages are in place, and the note taken away before they are touched:
        a run that is killed in between leaves no part that passes for another. Files of the folders that no part has
        are removed. `is_full` leaves none out. How many files were not there with these bytes.
        """
        noted, changed = self.root / "made" / "pages" / root.name / folders[0], 0
        self._made(root.name, folders[0], None)
        kept: dict[str, list[str]] = {}
        for name, digest_now, pages in parts:
            path = noted / f"{name}.json"
            was = json.loads(path.read_text("utf-8")) if path.exists() else {}
            if is_full or was.get("from") != digest_now or not all((root / page).exists() for page in was["pages"]):
                path.unlink(missing_ok=True)
                was = {"from": digest_now, "pages": []}
                for shown, content in pages():
                    changed += write_whole(root / shown, content.encode() if isinstance(content, str) else content)
                    was["pages"].append(shown)
                write_whole(path, (json.dumps(was, ensure_ascii=False) + "\n").encode())
            kept[name] = was["pages"]
        for path in sorted(noted.glob("*.json")):
            if path.stem not in kept:
                path.unlink()
        self._keep(root, folders, {page for pages in kept.values() for page in pages})
        return changed

    def _keep(self, root: Path, folders: Sequence[str], written: set[str]) -> None:
        """Files of the folders that are not among those written removed, and what they are noted."""
        for folder in folders:
            for path in sorted([root / folder, *(root / folder).rglob("*")], reverse=True):
                if path.is_file() and path.relative_to(root).as_posix() not in written:
                    path.unlink()
                elif path.is_dir() and not any(path.iterdir()):
                    path.rmdir()
        name = folders[0] if folders else "index"
        self._made(root.name, name, self.rules_now(PACKAGES) if written else None)
        self._note("pages", "count", f"{root.name}/{name}", len(written))

    def write_pages(self, pages: Iterable[tuple[str, str | bytes]], *folders: str, root: Path | None = None) -> int:
        """The pages written under the site, or another root; files of the folders not among them are removed.

        How many were not there with these bytes.
        """
        site = root or self.site
        written, changed = set(), 0
        for shown, content in pages:
            changed += write_whole(site / shown, content.encode() if isinstance(content, str) else content)
            written.add(shown)
        self._keep(site, folders, written)
        return changed


@cache
def _standards(folder: Path, _files: tuple[tuple[str, int], ...]) -> dict[str, Standard]:
    """The standards as long as the folder's files are the same."""
    return load_standards(folder)


_held: set[Path] = set()


def holder(root: Path) -> str:
    """Who has the home, process and since when; empty where nobody has it."""
    path = root / LOCK
    if not path.exists():
        return ""
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            return lock.read().strip() or "?"
    return ""


def years_of(text: str) -> Sequence[int]:
    """The school years that `2014-2025`, `2023` or `2014,2016-2018` names. Raises ValueError."""
    years: set[int] = set()
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        low, high = int(first), int(last or first)
        if not FIRST_SCHOOL_YEAR <= low <= high <= LAST_SCHOOL_YEAR:
            raise ValueError(part)
        years.update(range(low, high + 1))
    return sorted(years)
