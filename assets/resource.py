"""What a run works on: the home it writes to, the inbox it reads, and the school years it goes by."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from assets.home import FIRST_YEAR, Home, HomeLockedError, default_home
from pipelines.archives import Entry
from pipelines.intake import named_files

# Single-run backfills are "beta" to Dagster; nobody who runs this can do anything about it.
warnings.filterwarnings("ignore", category=dg.BetaWarning)
warnings.filterwarnings("ignore", category=dg.PreviewWarning)

school_years = dg.TimeWindowPartitionsDefinition(
    start=str(FIRST_YEAR), cron_schedule="0 0 1 9 *", fmt="%Y", timezone="Asia/Shanghai", end_offset=1
)
"""One partition per school year; the current one exists from its first day, 1 September."""


class HomeResource(dg.ConfigurableResource[Home]):
    """The home that the run works on. Empty `root`: JUNHENG_HOME; empty `inbox` and `sources`: as the last time.

    `is_full` reads and renders everything, whether or not it changed. `accept_restatements` lets the run turn round verdicts of closed school years, for the `reason` that is kept.
    """

    root: str = ""
    inbox: str = ""
    sources: list[str] = []  # noqa: RUF012  (a field of the configuration, copied per instance)
    accept_restatements: bool = False
    is_full: bool = False
    reason: str = ""

    @property
    def home(self) -> Home:
        """The home folder."""
        return Home(Path(self.root).resolve() if self.root else default_home())

    @property
    def inbox_folder(self) -> Path:
        """The folder of returns."""
        return Path(self.inbox).resolve() if self.inbox else self.home.last_inbox

    @property
    def wanted_sources(self) -> list[str]:
        """The sources to take; empty for all."""
        return self.sources or ([] if self.inbox else self.home.last_sources)

    def files(self) -> list[tuple[str, Entry]]:
        """The inbox's files: path under the inbox, path. Raises Failure where there is none to read."""
        found = named_files(self.inbox_folder)
        if not found:
            where = self.inbox_folder
            raise dg.Failure(f"{where} 里没有文件，什么都不改动 / the inbox is empty or gone; nothing is changed")
        return found

    @contextmanager
    def writing(self) -> Iterator[Home]:
        """The home for this step alone. A disk or a lock that fails is worth another try later; a defect is not."""
        try:
            with self.home.locked():
                yield self.home
        except (OSError, HomeLockedError) as fault:
            raise dg.RetryRequested(max_retries=3, seconds_to_wait=20) from fault
