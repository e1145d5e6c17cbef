"""A refresh from the command line: the same graph, run in this process over a range of school years."""

import logging
from collections.abc import Sequence
from pathlib import Path

import dagster as dg

from assets.automation import IN_PROCESS, prepare_instance
from assets.checks import RANGE_END, RANGE_START
from assets.definitions import defs
from assets.editions import VerdictsReversedError
from assets.home import Home
from assets.judgement import JUDGEMENT_TABLES
from assets.lookback import YearsLeftBehindError
from assets.resource import HomeResource
from pipelines.reconciliation import ReconciliationError
from schemas.corrections import CorrectionError
from schemas.lineage import LINEAGE_TABLES

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
) -> None:
    """The tables, reports and site of the given school years made from the inbox, and published unless told otherwise.

    Later years of the home that look back on them (change, monitoring, trends) are made again as well. A trial makes
    tables only. Raises RefreshFailedError with the step and the cause, CorrectionError where a correction no longer
    matches, VerdictsReversedError where the guard of closed years stops it.
    """
    prepare_instance(home)
    resource = HomeResource(
        root=str(home.root),
        inbox=str(inbox),
        sources=list(sources),
        accept_restatements=accept_restatements,
        reason=reason,
    )
    spans = _spans(years)
    # What follows the first gap is made again in order, asked for or not: it looks back on years within the gap.
    later = [year for year in sorted({*home.years(), *years}) if year > spans[0][-1]]
    following = [
        *(contract.name for contract in LINEAGE_TABLES),
        "integrity_signals",
        "coverage",
        "year_over_year",
        "three_year_monitoring",
        *JUDGEMENT_TABLES,
        "county_reports",
    ]
    is_published = is_published and not is_trial
    pages = {"county_reports", "site"} if is_trial else set()
    assets = [asset for asset in _assets() if asset not in pages]
    with dg.DagsterInstance.from_config(str(home.dagster), IN_PROCESS) as instance:
        if len(spans) == 1 and not later and is_published:
            _run(instance, resource, years, assets)
            return
        for span in spans:
            _run(instance, resource, span, [asset for asset in assets if asset != "site"])
        for span in _spans(later):
            _run(instance, resource, span, [asset for asset in following if asset not in pages])
        if is_published:
            _run(instance, resource, [], ["site"])


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


def _run(instance: dg.DagsterInstance, resource: HomeResource, years: Sequence[int], assets: Sequence[str]) -> None:
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
