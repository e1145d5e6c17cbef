"""What each refresh did, in one file: when, what was taken and refused, how it ended, whom it alerted.

home/runs/<time>.json stands outside the compared bytes: it holds the clock.
"""

from __future__ import annotations

import json
import os
import shlex
import smtplib
import subprocess
import tomllib
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import polars as pl

from assets.home import UNKNOWN, Home, write_whole
from assets.inputs import CHECKOUT

FOLDER = "runs"
URL, COMMAND, EMAIL = "JUNHENG_ALERT_URL", "JUNHENG_ALERT_COMMAND", "JUNHENG_ALERT_EMAIL"
_HOST, _PORT, _FROM = "JUNHENG_SMTP_HOST", "JUNHENG_SMTP_PORT", "JUNHENG_SMTP_FROM"
_USER, _PASSWORD = "JUNHENG_SMTP_USER", "JUNHENG_SMTP_PASSWORD"
Summary = dict[str, Any]


@cache
def operations() -> dict[str, dict[str, float]]:
    """The settings of `schemas/operations.toml`."""
    return tomllib.loads((CHECKOUT / "schemas" / "operations.toml").read_text("utf-8"))


def summaries(home: Home) -> list[Summary]:
    """The summaries of all runs of a home, the oldest first."""
    return [json.loads(path.read_text("utf-8")) for path in sorted((home.root / FOLDER).glob("*.json"))]


@contextmanager
def noted(home: Home, years: Sequence[int], environment: Mapping[str, str] = os.environ) -> Iterator[Summary]:
    """A run whose summary is written when it ends, well or not; where it failed or refused much more than before, alerts go out.

    What ends the run is raised again.
    """
    began = _now()
    run: Summary = {"began": f"{began:%Y-%m-%dT%H:%M:%SZ}", "school_years": sorted(years), "outcome": "done"}
    try:
        yield run
    except Exception as fault:
        run |= {"outcome": "failed", "error": f"{type(fault).__name__}: {fault}"[:2000]}
        raise
    finally:
        ended = _now()
        run["seconds"] = round((ended - began).total_seconds(), 1)
        if run["outcome"] == "done":
            run |= _taken(home, years) | {
                "edition": home.published().root.name if (home.root / "current").exists() else None
            }
        before = next((one for one in reversed(summaries(home)) if one["outcome"] == "done"), None)
        run["reasons"] = reasons(run, before)
        if run["reasons"]:
            run["alerts"] = alert(run | {"home": str(home.root)}, environment)
        name = f"{began:%Y%m%dT%H%M%S.%f}Z.json"
        write_whole(home.root / FOLDER / name, (json.dumps(run, ensure_ascii=False, indent=1) + "\n").encode())


def _now() -> datetime:
    return datetime.now(UTC)


def _taken(home: Home, years: Sequence[int]) -> Summary:
    """What the returns of the school years came to."""
    returns = home.read("returns", [*years, UNKNOWN])
    counted = ("rows_read", "rows_accepted", "rows_refused", "cells_refused")
    files = returns.group_by("file").agg(whole=(pl.col("status") == "refused").all())
    return {name: int(returns[name].sum()) for name in counted} | {
        "files": files.height,
        "files_refused": files.filter("whole").height,
    }


def reasons(run: Summary, before: Summary | None) -> list[str]:
    """Why a run is worth an alert: it failed, or it refused a much larger share of rows than the run before."""
    if run["outcome"] == "failed":
        return [f"运行失败 / the run failed: {run['error']}"]
    limit = operations()["alerts"]
    was = before or {"rows_refused": 0, "rows_read": 0}
    more = run["rows_refused"] - was["rows_refused"]
    rise = run["rows_refused"] / max(run["rows_read"], 1) - was["rows_refused"] / max(was["rows_read"], 1)
    if before and more >= limit["refused_rows_at_least"] and round(rise, 9) >= limit["refused_share_rise"]:
        return [
            (
                f"拒收行由 {was['rows_refused']:,} 增至 {run['rows_refused']:,}（共 {run['rows_read']:,} 行）"
                f" / rows refused rose from {was['rows_refused']:,} to {run['rows_refused']:,} of {run['rows_read']:,}"
            )
        ]
    return []


def alert(message: Summary, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The message sent on every way that the environment names; for each how it went. No failure of these raises."""
    ways = {URL: _post, COMMAND: _run, EMAIL: _mail}
    said = {}
    for name, send in ways.items():
        if environment.get(name):
            try:
                send(message, environment)
                said[name] = "sent"
            except (OSError, ValueError, KeyError, smtplib.SMTPException, subprocess.SubprocessError) as fault:
                said[name] = f"failed: {type(fault).__name__}: {fault}"[:300]
    return said


def _text(message: Summary) -> bytes:
    return json.dumps(message, ensure_ascii=False, sort_keys=True).encode()


def _seconds() -> float:
    return operations()["alerts"]["seconds"]


def _post(message: Summary, environment: Mapping[str, str]) -> None:
    url = environment[URL]
    if urlsplit(url).scheme not in ("http", "https"):
        raise ValueError(f"{URL}: http(s)://…")
    request = urllib.request.Request(  # noqa: S310  (http alone, above)
        url, _text(message), {"Content-Type": "application/json; charset=utf-8"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=_seconds()):  # noqa: S310
        """Received."""


def _run(message: Summary, environment: Mapping[str, str]) -> None:
    command = shlex.split(environment[COMMAND])
    subprocess.run(command, input=_text(message), check=True, timeout=_seconds(), capture_output=True)  # noqa: S603


def _mail(message: Summary, environment: Mapping[str, str]) -> None:
    mail = EmailMessage()
    mail["Subject"] = "均衡 Junheng: " + " ".join(message["reasons"][0].split())[:150]
    mail["From"] = environment.get(_FROM) or environment[EMAIL]
    mail["To"] = environment[EMAIL]
    mail.set_content("\n".join([*message["reasons"], "", json.dumps(message, ensure_ascii=False, indent=1)]))
    port = int(environment.get(_PORT) or 25)
    with smtplib.SMTP(environment.get(_HOST) or "localhost", port, timeout=_seconds()) as server:
        if environment.get(_USER):
            server.starttls()
            server.login(environment[_USER], environment.get(_PASSWORD, ""))
        server.send_message(mail)


def forget(home: Home, days: int) -> tuple[int, int]:
    """The summaries of runs and Dagster's runs with their events that are older than so many days taken away: how many of each."""
    since = _now() - timedelta(days=days)
    old = [path for path in (home.root / FOLDER).glob("*.json") if path.name < f"{since:%Y%m%dT%H%M%S.%f}Z.json"]
    for path in old:
        path.unlink()
    if not home.dagster.is_dir():
        return len(old), 0
    from dagster import DagsterInstance, RunsFilter  # noqa: PLC0415

    from assets.automation import IN_PROCESS, prepare_instance  # noqa: PLC0415

    prepare_instance(home)
    with DagsterInstance.from_config(str(home.dagster), IN_PROCESS) as instance:
        records = instance.get_run_records(RunsFilter(created_before=since))
        for record in records:
            instance.delete_run(record.dagster_run.run_id)
    return len(old), len(records)
