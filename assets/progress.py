"""How far a long run has come, for whoever watches: a bar on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

_shown: Progress | None = None


@contextmanager
def shown() -> Iterator[None]:
    """Progress shown on standard error while the block runs, if that is a terminal."""
    global _shown
    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not sys.stderr.isatty()) as bar:
        _shown = bar
        try:
            yield
        finally:
            _shown = None


class Stage:
    """One stage of the work: call it with each thing that is done."""

    def __init__(self, name: str, total: int | None) -> None:
        self.name = name
        self.task = _shown.add_task(name, total=total) if _shown else None

    def __call__(self, thing: str = "") -> None:
        """One more thing is done."""
        if _shown and self.task is not None:
            _shown.update(self.task, advance=1, description=f"{self.name}  {thing[-40:]}")


@contextmanager
def stage(name: str, total: int | None = None) -> Iterator[Stage]:
    """A stage of the work, ended when the block is."""
    current = Stage(name, total)
    yield current
    if _shown and current.task is not None:
        done = _shown.tasks[current.task].completed
        _shown.update(current.task, description=name, completed=total or done, total=total or done)
