"""How far a long run has come, for whoever watches: bars on a terminal, a line per finished stage elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

_shown: Progress | None = None
_THING_WIDTH = 40


@contextmanager
def shown() -> Iterator[None]:
    """Progress shown on standard error while the block runs."""
    global _shown
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        _shown = bar
        try:
            yield
        finally:
            _shown = None


class Stage:
    """One stage of the work: call it with each thing that is done."""

    def __init__(self, name: str, total: int | None) -> None:
        self.name = name
        self.done = 0
        self.task = _shown.add_task(name, total=total) if _shown and not _shown.disable else None

    def __call__(self, thing: str = "") -> None:
        """One more thing is done."""
        self.done += 1
        if _shown and self.task is not None:
            _shown.update(self.task, advance=1, description=f"{self.name}  {thing[-_THING_WIDTH:]}")


@contextmanager
def stage(name: str, total: int | None = None) -> Iterator[Stage]:
    """A stage of the work, ended when the block is."""
    current = Stage(name, total)
    began = time.monotonic()
    yield current
    if _shown and current.task is not None:
        _shown.update(current.task, description=name, completed=current.done, total=current.done)
    elif _shown:
        _shown.console.print(f"{name}  {current.done}  {time.monotonic() - began:.1f} s", markup=False, highlight=False)
