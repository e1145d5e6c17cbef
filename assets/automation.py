"""When the tables are made: the job, the nightly schedule, and the sensor on the inbox."""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

import dagster as dg
import polars as pl

from assets.checks import RANGE_END, RANGE_START
from assets.editions import record
from assets.home import FIRST_YEAR, UNKNOWN, Home
from assets.inputs import NOT_IN_TABLES, rules
from assets.resource import HomeResource
from assets.withdrawn import withdrawn_files
from pipelines.intake import inbox_files, named_files, survey
from schemas.corrections import APPLIED
from schemas.source import sources

IN_PROCESS = "in_process.yaml"
"""Dagster's settings for a run in the process of the command."""
_KEPT_BY_HAND = ("registers", "corrections")

refresh_job = dg.define_asset_job(
    "refresh",
    selection=dg.AssetSelection.all(),
    description="Everything, from the inbox to the site, for a range of school years.",
)


def changed_years(resource: HomeResource) -> list[int]:
    """The school years whose files differ from those behind the published edition: new, changed, withdrawn or taken away.

    Those whose corrections differ as well, and all that were made by other registers than stand in the home now. None where the inbox is empty or gone: that is a mistake to be looked at, not a province without schools.
    """
    home = resource.home.published()
    files = named_files(resource.inbox_folder)
    if not files:
        return []
    now = survey(files, sources().values())
    before = home.read("returns", [*home.years(), UNKNOWN])
    was, there = dict(before.select("file", "sha256").iter_rows()), dict(now.select("file", "sha256").iter_rows())
    touched = {file for file in was.keys() | there.keys() if was.get(file) != there.get(file)}
    out_before = set(before.filter(pl.col("status") == "withdrawn")["file"])
    out_now = {file for file, sha256 in withdrawn_files(resource.home.root) if there.get(file) == sha256}
    touched |= out_before ^ out_now
    years = {
        year
        for frame in (before, now)
        for file, year in frame.select("file", "school_year").iter_rows()
        if file in touched and year is not None
    }
    years |= _corrected_years(resource.home, set(there) - out_now) | _registered_years(resource.home)
    return sorted(year for year in years if year >= FIRST_YEAR)


def _corrected_years(home: Home, files: set[str]) -> set[int]:
    """The school years of the home whose corrections are not those behind its published edition.

    A correction speaks of returns that were taken in: one of another source, table or file concerns no year.
    """
    columns = ("school_year", "source", "correction", "table", "where", "column", "value_before", "value")
    published = home.published()
    before = set(published.read("corrections", None, columns).iter_rows())
    taken = published.read("returns").filter(
        ~pl.col("status").is_in(["ignored", "withdrawn"]) & (pl.col("layout") != "")
    )
    named = ("source", "layout", "school_year", "file")
    read = {
        (source, sources()[source].described.layouts[layout].table, year, file)
        for source, layout, year, file in taken.select(named).drop_nulls().iter_rows()
        if file in files
    }
    whole = {found[:3] for found in read}
    now = {
        (one.school_year, one.source, one.id, one.table, one.key, one.column, one.expect or None, one.becomes or None)
        for one in home.corrections
        if one.status == APPLIED
        and (
            (one.source, one.table, one.school_year, one.file) in read
            if one.file
            else (one.source, one.table, one.school_year) in whole
        )
    }
    return {row[0] for row in before ^ now}


def _registered_years(home: Home) -> set[int]:
    """The school years of the published edition that were made by other registers than stand in the home now."""
    made_from = record(home.published())
    now = _registers(rules(home.root))
    return {
        int(year)
        for year, name in made_from.get("made", {}).get("school_changes", {}).items()
        if (by := made_from["rules"].get(name)) and _registers(by) != now
    }


def _registers(by: Mapping[str, Any]) -> dict[str, str]:
    """The home's registers among the rules: all that any table is made of, by path and hash."""
    folder = "home/registers/"
    return {
        path: found
        for path, found in by["registers"].items()
        if path.startswith(folder) and path.removeprefix(folder) not in NOT_IN_TABLES
    }


def affected_range(changed: Iterable[int], known: Iterable[int]) -> tuple[int, int] | None:
    """From the first changed year to the last year of the home: change, monitoring and trends look back."""
    changed = list(changed)
    return (min(changed), max(*changed, *known)) if changed else None


def _request(resource: HomeResource, key: str | None = None) -> dg.RunRequest | None:
    span = affected_range(changed_years(resource), resource.home.years())
    if span is None:
        return None
    return dg.RunRequest(run_key=key, tags={RANGE_START: str(span[0]), RANGE_END: str(span[1])})


@dg.schedule(job=refresh_job, cron_schedule="0 3 * * *", execution_timezone="Asia/Shanghai")
def nightly(home: HomeResource) -> dg.RunRequest | dg.SkipReason:
    """At 03:00 the school years whose files changed, and those that look back on them."""
    return _request(home) or dg.SkipReason("收件箱没有变化 / nothing changed in the inbox")


@dg.sensor(job=refresh_job, minimum_interval_seconds=60)
def inbox_sensor(context: dg.SensorEvaluationContext, home: HomeResource) -> dg.RunRequest | dg.SkipReason:
    """A refresh once the inbox, a register or a file of corrections has changed and then lain still for one look.

    So no half-copied file is read.
    """
    files = inbox_files(home.inbox_folder) if home.inbox_folder.is_dir() else []
    files += [path for folder in _KEPT_BY_HAND for path in sorted((home.home.root / folder).glob("*.csv"))]
    listing = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    seen = hashlib.sha256(json.dumps(listing).encode()).hexdigest()
    state = json.loads(context.cursor or "{}")
    context.update_cursor(json.dumps({"seen": seen, "done": state.get("done")}))
    if state.get("done") == seen:
        return dg.SkipReason("收件箱没有变化 / nothing changed in the inbox")
    if state.get("seen") != seen:
        return dg.SkipReason("收件箱正在变化，等它静下来 / the inbox is changing, waiting for it to settle")
    context.update_cursor(json.dumps({"seen": seen, "done": seen}))
    return _request(home, key=seen) or dg.SkipReason("内容没有变化 / the contents are those already published")


def prepare_instance(home: Home) -> None:
    """Dagster's own storage under the home: SQLite, no telemetry, one run at a time.

    A run in this process keeps no log of what its steps print: for that Dagster starts two processes a step, whose end
    it waits for, and mirrors with a delay what people should see at once.
    """
    quiet = "telemetry:\n  enabled: false\n"
    module = "dagster._core.storage.noop_compute_log_manager"
    settings = {
        "dagster.yaml": quiet + "concurrency:\n  runs:\n    max_concurrent_runs: 1\n",
        IN_PROCESS: quiet + f"compute_logs:\n  module: {module}\n  class: NoOpComputeLogManager\n",
    }
    home.dagster.mkdir(parents=True, exist_ok=True)
    for name, text in settings.items():
        if not (home.dagster / name).exists():
            (home.dagster / name).write_text(text, encoding="utf-8")
    os.environ["DAGSTER_HOME"] = str(home.dagster)
