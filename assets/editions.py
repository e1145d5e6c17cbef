"""Editions that keep account: what was published when, from what, and what each publication changed.

home/editions.json              every publication in order; only ever added to
home/editions/<id>/record.json  what the edition was made from
home/restatements/<n>.parquet   what publication n changed

None of this is part of the bytes that are compared: it depends on what was published before, an edition does not.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from assets.home import UNKNOWN, Home, HomeError, read_parquet, to_parquet, write_whole
from assets.inputs import changed, digest, digest_of
from pipelines.restatements import TABLES_READ, restatements
from schemas.contract import accept
from schemas.restatements import RESTATEMENTS

_ID_DIGITS = 12
_SHOWN = 20
_CAUSE_OF_REGISTER = {
    "school_events": "lineage",
    "county_events": "lineage",
    "counties": "lineage",
    "corrections": "correction",
}
"""What a change of a register says of a figure that nothing else explains, by the file's name or that of its folder."""


class EditionError(HomeError):
    """There is no such edition, or it cannot be taken away; the message says what there is."""


class VerdictsReversedError(HomeError):
    """Verdicts of a closed school year would be turned round, and nobody said that they may be."""


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How much a publication holds and changed."""

    school_years: int
    counties: int
    schools: int
    figures_restated: int = 0
    verdicts_restated: int = 0
    verdicts_reversed: int = 0


class Publication(msgspec.Struct, frozen=True, kw_only=True):
    """An edition published: a line of editions.json.

    `number` is the edition's running number, `publication` that of the publication: they part where a home goes back
    to an edition that it had before. `arrived_first` and `arrived_last` are the times of the inbox's files that are
    new in it, as the files have them. `inputs` are hashes: of the inbox's files, code, standards, registers.
    """

    publication: int
    number: int
    id: str
    published_at: str
    arrived_first: str | None
    arrived_last: str | None
    before: str
    is_accepted: bool
    reason: str
    inputs: dict[str, str]
    counts: Counts


def publications(home: Home) -> list[Publication]:
    """Every publication of the home, in order."""
    path = home.root / "editions.json"
    return msgspec.json.decode(path.read_bytes(), type=list[Publication]) if path.exists() else []


def inputs(home: Home) -> dict[str, Any]:
    """What the tables and pages of the home are made from: its hash is the edition's id.

    `files` of the inbox as they were used, whether the data are invented, and by which rules each table of each school
    year and its pages were `made`; `rules` says what these are.
    """
    columns = ["school_year", "source", "layout", "file", "sha256", "status", "reason"]
    used = home.read("returns", [*home.years(), UNKNOWN], columns).sort(columns, nulls_last=True)
    made = home.made()
    names = sorted({name for years in made.values() for name in years.values()})
    return {
        "kind": home.kind,
        "files": [list(row) for row in used.iter_rows()],
        "made": made,
        "rules": {name: home.rules_of(name) for name in names},
    }


def edition_id(made_from: Mapping[str, Any]) -> str:
    """The edition's id: the first 12 hex digits of the hash of what it is made from."""
    return digest_of(made_from)[:_ID_DIGITS]


def record(edition: Home) -> dict[str, Any]:
    """What a published edition was made from; empty where its record is not known."""
    path = edition.root / "record.json"
    found: dict[str, Any] = msgspec.json.decode(path.read_bytes()) if path.exists() else {}
    return found


def edition(home: Home, name: str) -> Home:
    """The edition of this id, of this running number, or whose id alone begins so. Raises EditionError."""
    ids = [name] if (home.root / "editions" / name / "record.json").exists() else []
    ids = ids or [p.id for p in publications(home) if str(p.number) == name]
    ids = ids or [p.id for p in publications(home) if p.id.startswith(name)]
    kept = [found for found in dict.fromkeys(ids) if (home.root / "editions" / found).is_dir()]
    if len(kept) != 1:
        there = "、".join(f"{p.number} ({p.id})" for p in publications(home) if is_kept(home, p.id)) or "—"
        raise EditionError(f"没有保存的版次“{name}”；有：{there} / no such edition is kept")
    return Home(home.root / "editions" / kept[0])


def is_kept(home: Home, name: str) -> bool:
    """Whether an edition's tables and pages are still there."""
    return (home.root / "editions" / name).is_dir()


def compare(
    before: Home, after: Home, *, publication: int = 0, made_from: Mapping[str, Any] | None = None
) -> pl.DataFrame:
    """What would be another figure or verdict in `after` than in the edition `before`, with its causes.

    `made_from` is what `after` is made from; its own record where it is not given. Only school years of which any
    compared table differs are read.
    """
    was, now = record(before), record(after) if made_from is None else made_from
    years = _touched(before, after)
    tables = [{name: store.read(name, years) for name in TABLES_READ} for store in (before, after)]
    rules = [_rules(of) for of in (was, now)]
    return restatements(
        tables[0],
        tables[1],
        standards=changed(*(each["standards"] for each in rules)) if was else (),
        registers=_causes(changed(*(each["registers"] for each in rules))) if was else {},
        publication=publication,
        edition_before=before.root.name,
        edition=edition_id(now),
    )


def _causes(registers: set[str]) -> dict[str, str]:
    """The cause that each changed register is."""
    return {
        name: found
        for name in registers
        if (found := _CAUSE_OF_REGISTER.get(Path(name).stem) or _CAUSE_OF_REGISTER.get(Path(name).parent.name))
    }


def _rules(made_from: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The hashes of standards and registers, all that were in force for any table together."""
    found: dict[str, dict[str, set[str]]] = {"standards": {}, "registers": {}}
    for rules in made_from.get("rules", {}).values():
        for part, hashes in found.items():
            for name, value in rules.get(part, {}).items():
                hashes.setdefault(name, set()).add(value)
    return {part: {name: " ".join(sorted(every)) for name, every in hashes.items()} for part, hashes in found.items()}


def _touched(before: Home, after: Home) -> list[int]:
    """The school years of either whose compared tables are not the same bytes, and the years before them."""
    years = sorted({*before.years(), *after.years()})
    touched = [year for year in years if any(_differs(before.path(t, year), after.path(t, year)) for t in TABLES_READ)]
    return [year for year in years if touched and year <= max(touched)]


def _differs(one: Path, other: Path) -> bool:
    if not (one.exists() and other.exists()):
        return one.exists() != other.exists()
    return not one.samefile(other) and one.read_bytes() != other.read_bytes()


def closed_before(home: Home) -> int:
    """The first school year that is not closed: verdicts of those before it are not turned round without a word."""
    return max(home.years(), default=0) - home.open_years + 1


def reversed_verdicts(found: pl.DataFrame, home: Home) -> pl.DataFrame:
    """The verdicts on counties, of closed school years, that are turned round."""
    return found.filter(
        pl.col("is_reversed"),
        pl.col("table").is_in(["county_verdicts", "resource_verdicts"]),
        pl.col("school_year") < closed_before(home),
    )


def guard(found: pl.DataFrame, home: Home) -> None:
    """Nothing where no verdict of a closed school year is turned round. Raises VerdictsReversedError."""
    turned = reversed_verdicts(found, home)
    if not turned.height:
        return
    lines = [f"  {verdict_line(row)}" for row in turned.head(_SHOWN).iter_rows(named=True)]
    more = [f"  … 另有 {turned.height - _SHOWN:,} 处 / more"] if turned.height > _SHOWN else []
    year, count = closed_before(home), f"{turned.height:,}"
    first = (
        f"没有发布：{year} 学年以前的年份已关闭，其中 {count} 个结论会逆转。"
        f" / Not published: {count} verdicts of closed school years would be reversed."
    )
    last = (
        "原来的版次仍在站点上。请用 junheng diff 查看全部变动；确认无误后运行"
        " junheng refresh --accept-restatements --reason “说明”。"
        " / The last good edition stays. See junheng diff; if it is right, run with --accept-restatements."
    )
    raise VerdictsReversedError("\n".join([first, *lines, *more, last]))


def verdict_line(row: Mapping[str, Any]) -> str:
    """A changed verdict in one line: year, county, standard, stage, old → new, causes."""
    where = [row[name] for name in ("standard", "stage", "indicator", "unit_id") if row[name]]
    return (
        f"{row['school_year']} {row['county_name']}（{row['county_code']}） {' / '.join(where)}："
        f"{row['verdict_before'] or '—'} → {row['verdict'] or '—'}；{row['causes']}"
        f"{'；' + row['document'] if row['document'] else ''}"
    )


def publish(home: Home, *, accept_restatements: bool = False, reason: str = "") -> Publication | None:
    """The home's tables and pages published as an edition; None where that very edition is published already.

    Raises VerdictsReversedError, with the published edition left as it is, unless `accept_restatements`.
    A run that is killed in between publishes nothing, and the next one ends the work.
    """
    made_from = inputs(home)
    new = edition_id(made_from)
    current = home.published()
    done = publications(home)
    is_first = current.root == home.root
    if not is_first and current.root.name == new and done:
        home.mend(new)
        return None
    if not (done and done[-1].id == new):
        found = (
            RESTATEMENTS.empty() if is_first else compare(current, home, publication=len(done) + 1, made_from=made_from)
        )
        if not accept_restatements:
            guard(found, home)
        home.snapshot(new, msgspec.json.format(msgspec.json.encode(made_from)) + b"\n")
        write_whole(restatements_path(home, len(done) + 1), to_parquet(accept(found, RESTATEMENTS), RESTATEMENTS))
        before = "" if is_first else current.root.name
        known = [*done, _publication(home, done, made_from, found, before, accept_restatements, reason)]
        write_whole(home.root / "editions.json", msgspec.json.format(msgspec.json.encode(known)) + b"\n")
    home.switch(new)
    return publications(home)[-1]


def restatements_path(home: Home, publication: int) -> Path:
    """Where the restatements of a publication stand."""
    return home.root / "restatements" / f"{publication}.parquet"


def restated(home: Home, publication: int | None = None) -> pl.DataFrame:
    """The restatements of a publication, or of all in their order."""
    asked = [p.publication for p in publications(home)] if publication is None else [publication]
    paths = [path for number in asked if (path := restatements_path(home, number)).exists()]
    return pl.concat([RESTATEMENTS.empty(), *(read_parquet(path) for path in paths)])


def _publication(
    home: Home,
    done: list[Publication],
    made_from: Mapping[str, Any],
    found: pl.DataFrame,
    before: str,
    is_accepted: bool,
    reason: str,
) -> Publication:
    new = edition_id(made_from)
    number = next((p.number for p in done if p.id == new), max((p.number for p in done), default=0) + 1)
    known = {row[4] for row in record(home.published()).get("files", [])} if before else set()
    arrived = sorted(
        _time(path.stat().st_mtime)
        for row in made_from["files"]
        if row[4] not in known and (path := home.last_inbox / row[3]).exists()
    )
    rules = _rules(made_from)
    names = list(made_from["rules"].values())
    verdicts = home.read("resource_verdicts", columns=["source", "county_code"])
    counts = Counts(
        school_years=len(home.years()),
        counties=verdicts.unique().height,
        schools=home.read("schools", columns=["source", "school_id"]).unique().height,
        figures_restated=found.filter(pl.col("kind") == "figure").height,
        verdicts_restated=found.filter(pl.col("kind") == "verdict").height,
        verdicts_reversed=found.filter("is_reversed").height,
    )
    return Publication(
        publication=len(done) + 1,
        number=number,
        id=new,
        published_at=_time(),
        arrived_first=arrived[0] if arrived else None,
        arrived_last=arrived[-1] if arrived else None,
        before=before,
        is_accepted=is_accepted,
        reason=reason,
        inputs={
            "files": digest_of(made_from["files"]),
            "standards": digest_of(rules["standards"]),
            "registers": digest_of(rules["registers"]),
            "code": " ".join(sorted({rules["code"] for rules in names if rules})),
        },
        counts=counts,
    )


def _time(seconds: float | None = None) -> str:
    """A time in UTC, to the second; now where none is given."""
    moment = dt.datetime.now(dt.UTC) if seconds is None else dt.datetime.fromtimestamp(seconds, dt.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def content_hash(edition: Home) -> str:
    """The hash of an edition's bytes: every path and content of its tables, quarantine and pages."""
    return digest_of([[p.relative_to(edition.root).as_posix(), digest(p.read_bytes())] for p in edition.contents()])


def forget(home: Home, name: str) -> str:
    """An old edition's tables and pages taken away; its line in editions.json stays. Its id. Raises EditionError."""
    found = edition(home, name).root
    if found == home.published().root:
        raise EditionError(f"{found.name} 是现行版次，不能删除 / it is the current edition")
    shutil.rmtree(home.root / "archive" / found.name, ignore_errors=True)
    shutil.rmtree(found)
    return found.name


def latest_line(home: Home) -> str:
    """The newest publication in one line: number, id, time, and what it changed."""
    done = publications(home)
    if not done:
        return "—"
    last = done[-1]
    return (
        f"第 {last.number} 版 {last.id}，发布于 {last.published_at}，更正数字 {last.counts.figures_restated:,} 个、"
        f"结论 {last.counts.verdicts_restated:,} 个 / restated: figures, verdicts"
    )
