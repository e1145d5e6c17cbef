"""What a run works on: the home it writes to, the inbox it reads, and the school years it goes by."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from assets.home import Home, HomeLockedError, default_home

# Single-run backfills are "beta" to Dagster; nobody who runs this can do anything about it.
warnings.filterwarnings("ignore", category=dg.BetaWarning)
warnings.filterwarnings("ignore", category=dg.PreviewWarning)

FIRST_YEAR = 2000
school_years = dg.TimeWindowPartitionsDefinition(
    start=str(FIRST_YEAR), cron_schedule="0 0 1 9 *", fmt="%Y", timezone="Asia/Shanghai", end_offset=1
)
"""One partition per school year; the current one exists from its first day, 1 September."""


class HomeResource(dg.ConfigurableResource[Home]):
    """The home that the run works on. Empty `root`: JUNHENG_HOME; empty `inbox`: the home's own."""

    root: str = ""
    inbox: str = ""
    sources: list[str] = []  # noqa: RUF012  (a field of the configuration, copied per instance)

    @property
    def home(self) -> Home:
        """The home folder."""
        return Home(Path(self.root).resolve() if self.root else default_home())

    @property
    def inbox_folder(self) -> Path:
        """The folder of returns."""
        return Path(self.inbox).resolve() if self.inbox else self.home.inbox

    @contextmanager
    def writing(self) -> Iterator[Home]:
        """The home for this step alone. A disk or a lock that fails is worth another try later; a defect is not."""
        try:
            with self.home.locked():
                yield self.home
        except (OSError, HomeLockedError) as fault:
            raise dg.RetryRequested(max_retries=3, seconds_to_wait=20) from fault
