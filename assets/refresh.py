"""A refresh from the command line: the same graph, run in this process over a range of school years."""

import logging
from collections.abc import Sequence
from pathlib import Path

import dagster as dg

from assets.automation import IN_PROCESS, prepare_instance
from assets.checks import RANGE_END, RANGE_START
from assets.content import FILES, FILES_READ, PAGES_WRITTEN, Work
from assets.definitions import defs
from assets.editions import VerdictsReversedError
from assets.home import Home
from assets.lookback import YearsLeftBehindError
from assets.resource import HomeResource
from assets.tables import intake
from pipelines.reconciliation import ReconciliationError
from schemas.corrections import CorrectionError

_FOR_PEOPLE: tuple[type[Exception], ...] = (
    VerdictsReversedError,
    YearsLeftBehindError,
    ReconciliationError,
    CorrectionError,
)
"""What stops a run without being a fault of ours."""


class RefreshFailedError(Exception):
    """A step failed for a reason of ours; the message names step and cause."""


def refresh(
    home: Home,
    inbox: Path,
    years: Sequence[int],
    sources: Sequence[str] = (),
    *,
    is_published: bool = True,
    accept_restatements: bool = False,
    reason: str = "",
    is_trial: bool = False,
    is_full: bool = False,
    shown: Sequence[int] = (),
) -> Work:
    """The tables, reports and site of the given school years made from the inbox, and published unless told otherwise.

    Later years of the home that look back on them (change, monitoring, trends) are made again as well. A trial makes
    tables only; a full one takes nothing for unchanged. What was read and written is returned. Of the years
    `shown` the pages alone are made again; without any year only the edition is published. Raises RefreshFailedError with the step and the cause, CorrectionError where a correction no longer
    matches, VerdictsReversedError where the guard of closed years stops it.
    """
    prepare_instance(home)
    resource = HomeResource(
        root=str(home.root),
        inbox=str(inbox),
        sources=list(sources),
        accept_restatements=accept_restatements,
        reason=reason,
        is_full=is_full,
    )
    spans = _spans(years)
    # What follows the first gap is made again in order, asked for or not: it looks back on years within the gap.
    later = [year for year in sorted({*home.years(), *years}) if spans and year > spans[0][-1]]
    # All but what is read from the inbox: which tables look back, perhaps by way of others, is not listed here as well.
    following = [asset for asset in _assets() if dg.AssetKey(asset) not in intake.keys and asset != "site"]
    is_published = is_published and not is_trial
    pages = {"county_reports", "site"} if is_trial else set()
    assets = [asset for asset in _assets() if asset not in pages]
    parts = [(span, [asset for asset in assets if asset != "site"]) for span in spans]
    parts += [(span, [asset for asset in following if asset not in pages]) for span in _spans(later)]
    only_pages = [year for year in shown if year not in later and not pages]
    parts += [(span, ["county_reports"]) for span in _spans(only_pages)]
    if is_published:
        parts.append(([], ["site"]))
    if len(spans) == 1 and not (later or only_pages) and is_published:
        parts = [(list(years), assets)]
    with dg.DagsterInstance.from_config(str(home.dagster), IN_PROCESS) as instance:
        told = [number for span, chosen in parts for number in _run(instance, resource, span, chosen)]
    counted = {name: sum(found for of, found in told if of == name) for name in (FILES_READ, PAGES_WRITTEN)}
    files = max((found for of, found in told if of == FILES), default=len(resource.files()))
    return Work(
        files_read=min(counted[FILES_READ], files),
        files=files,
        pages_written=counted[PAGES_WRITTEN],
        pages=home.pages_counted(),
    )


def _spans(years: Sequence[int]) -> list[list[int]]:
    """The years as runs without a gap."""
    spans: list[list[int]] = []
    for year in sorted(years):
        if not spans or year != spans[-1][-1] + 1:
            spans.append([])
        spans[-1].append(year)
    return spans


def _assets() -> list[str]:
    graph = defs.resolve_asset_graph()
    return [key.to_user_string() for key in graph.get_all_asset_keys()]


def _run(
    instance: dg.DagsterInstance, resource: HomeResource, years: Sequence[int], assets: Sequence[str]
) -> list[tuple[str, int]]:
    """A run over a range of years; what its assets say of files and pages."""
    job = defs.resolve_job_def("refresh")
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    result = job.execute_in_process(
        instance=instance,
        asset_selection=[dg.AssetKey(asset) for asset in assets],
        tags={RANGE_START: str(min(years)), RANGE_END: str(max(years))} if years else {},
        run_config={
            "resources": {"home": {"config": {name: getattr(resource, name) for name in HomeResource.model_fields}}},
            "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
        },
        raise_on_error=False,
    )
    if not result.success:
        for kind in _FOR_PEOPLE:
            if stopped := _stopped(result, kind):
                raise kind(stopped)
        raise RefreshFailedError("\n".join(_causes(result)) or "the run did not succeed")
    said: dict[tuple[str, str, str], int] = {}
    for event in result.get_asset_materialization_events():
        made = event.step_materialization_data.materialization
        for name in (FILES_READ, FILES, PAGES_WRITTEN):
            if (found := made.metadata.get(name)) is not None:
                said[str(event.step_key), name, ""] = int(str(found.value))
    return [(name, found) for (_, name, _), found in said.items()]


def _stopped(result: dg.ExecuteInProcessResult, kind: type[Exception]) -> str:
    """The message of what people must decide or mend, where it stopped the run; else empty."""
    for event in result.all_events:
        error = event.step_failure_data.error if event.is_step_failure else None
        while error:
            if error.cls_name == kind.__name__:
                return error.message.partition(": ")[2].strip()
            error = error.cause
    return ""


def _causes(result: dg.ExecuteInProcessResult) -> list[str]:
    """Each failed step with the innermost cause and its traceback, then the checks that stopped the run."""
    causes = []
    for event in result.all_events:
        if event.is_step_failure:
            error = event.step_failure_data.error
            while error and error.cause:
                error = error.cause
            causes.append(f"{event.step_key}: {error.to_string() if error else 'failed'}")
    causes += [
        f"{check.asset_key.to_user_string()}: {check.check_name} {dict(check.metadata)}"
        for check in result.get_asset_check_evaluations()
        if not check.passed and check.blocking
    ]
    return causes
