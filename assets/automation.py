"""When the tables are made: the job, the nightly schedule, and the sensor on the inbox."""

import hashlib
import json
import os
from collections.abc import Iterable

import dagster as dg
import polars as pl

from assets.checks import RANGE_END, RANGE_START
from assets.home import FIRST_YEAR, UNKNOWN, Home
from assets.resource import HomeResource
from assets.withdrawn import withdrawn_files
from pipelines.intake import named_files, survey
from schemas.corrections import APPLIED
from schemas.source import sources

refresh_job = dg.define_asset_job(
    "refresh",
    selection=dg.AssetSelection.all(),
    description="Everything, from the inbox to the site, for a range of school years.",
)


def changed_years(resource: HomeResource) -> list[int]:
    """The school years whose files differ from those behind the published edition: new, changed, withdrawn or taken away.

    None where the inbox is empty or gone: that is a mistake to be looked at, not a province without schools.
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
    } | _corrected_years(resource.home, set(there) - out_now)
    return sorted(year for year in years if year >= FIRST_YEAR)


def _corrected_years(home: Home, files: set[str]) -> set[int]:
    """The school years of the home whose corrections are not those behind its published edition."""
    columns = ("school_year", "source", "correction", "table", "where", "column", "value_before", "value")
    known, before = set(home.years()), set(home.published().read("corrections", None, columns).iter_rows())
    now = {
        (one.school_year, one.source, one.id, one.table, one.key, one.column, one.expect or None, one.becomes or None)
        for one in home.corrections
        if one.status == APPLIED and one.school_year in known and (not one.file or one.file in files)
    }
    return {row[0] for row in before ^ now}


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
    """A refresh once the inbox has changed and then lain still for one look, so that no half-copied file is read."""
    files = named_files(home.inbox_folder)
    listing = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for _, path in files]
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
    """Dagster's own storage under the home: SQLite, no telemetry, one run at a time."""
    settings = home.dagster / "dagster.yaml"
    if not settings.exists():
        home.dagster.mkdir(parents=True, exist_ok=True)
        settings.write_text(
            "telemetry:\n  enabled: false\nconcurrency:\n  runs:\n    max_concurrent_runs: 1\n", encoding="utf-8"
        )
    os.environ["DAGSTER_HOME"] = str(home.dagster)
