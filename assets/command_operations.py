"""Commands for those who run the system: is it fit to run, what did each run do, what may go."""

from __future__ import annotations

from typing import Annotated

import typer

from assets.console import ALL_ACCEPTED, EXIT_CODES, SOMETHING_REFUSED, HomeOption, home_of, out
from assets.doctor import examine
from assets.runs import forget, operations, summaries

operations_app = typer.Typer()
_MARKS = {"ok": "✓", "note": "·", "wrong": "✕"}
_SHOWN = 20


@operations_app.command(epilog=EXIT_CODES)
def doctor(home: HomeOption = None) -> None:
    """这台机器和这个目录能不能运行：逐项查，说出怎么办。Is all fit for a run? Exit code 1 where something is wrong."""
    is_wrong = False
    for one in examine(home_of(home)):
        is_wrong = is_wrong or one.state == "wrong"
        todo = f" → {one.todo}" if one.todo else ""
        out.print(f"{_MARKS[one.state]} {one.name}: {one.found}{todo}", markup=False)
    raise typer.Exit(SOMETHING_REFUSED if is_wrong else ALL_ACCEPTED)


@operations_app.command(epilog=EXIT_CODES)
def runs(
    forgotten: Annotated[
        bool,
        typer.Option("--forget", help="删去旧的运行记录和 Dagster 事件。Take old summaries and Dagster's events away."),
    ] = False,
    days: Annotated[int, typer.Option("--days", min=0, help="多少天以前算旧。Older than so many days.")] = int(
        operations()["runs"]["keep_days"]
    ),
    home: HomeOption = None,
) -> None:
    """每次运行做了什么。What each run did."""
    store = home_of(home)
    if forgotten:
        with store.locked():
            files, events = forget(store, days)
        out.print(f"已删去运行记录 {files}，Dagster 运行 {events} / forgotten", markup=False)
        return
    for run in summaries(store)[-_SHOWN:]:
        years = run["school_years"]
        span = f"{years[0]}–{years[-1]}" if years else "—"
        refused = f"，拒收 refused {run['rows_refused']:,} / {run['rows_read']:,} 行 rows" if "rows_read" in run else ""
        why = f"：{'；'.join(run['reasons'])}" if run["reasons"] else ""
        out.print(f"{run['began']}  {span}  {run['seconds']:,} s  {run['outcome']}{refused}{why}", markup=False)
