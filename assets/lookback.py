"""Whether a school year's pages still stand on the returns that are there now, its own and those of the years before.

home/made/behind/<year>   hash of the files behind the year's tables and pages when they were last made
"""

from __future__ import annotations

from collections.abc import Iterable

from assets.home import Home, HomeError, write_whole
from assets.inputs import digest

_FILES = ("school_year", "source", "layout", "file", "sha256", "status", "reason")


class YearsLeftBehindError(HomeError):
    """A school year was made again and a later one that looks back on it was not; the message says which to run."""


def note_made(store: Home, year: int) -> None:
    """Note which files are behind the year's tables and pages."""
    write_whole(store.root / "made" / "behind" / str(year), behind(store, year).encode())


def note_unmade(store: Home, years: Iterable[int]) -> None:
    """Note that the years' tables and pages are about to be made: until they are, they stand on nothing."""
    for year in years:
        if noted_behind(store, year) is not None:
            write_whole(store.root / "made" / "behind" / str(year), b"")


def noted_behind(store: Home, year: int) -> str | None:
    """The hash that was noted of the files behind the year's tables and pages; None where none was."""
    path = store.root / "made" / "behind" / str(year)
    return path.read_text("utf-8") if path.exists() else None


def left_behind(store: Home) -> list[int]:
    """The school years whose own files, or those of a year before, are others than when their pages were made.

    A year of which nothing was noted, as of a home older than this account, is not among them.
    """
    noted = {year: noted_behind(store, year) for year in store.years()}
    return [year for year, found in noted.items() if found is not None and found != behind(store, year)]


def require_none_left_behind(store: Home) -> None:
    """Nothing where every year stands on what is there now. Raises YearsLeftBehindError."""
    if years := left_behind(store):
        span = f"{min(years)}-{max(years)}"
        raise YearsLeftBehindError(
            f"没有发布：{'、'.join(map(str, years))} 学年的表和页面是用以前的报表算出的，所回看的年份后来重算过。"
            f"请运行 junheng refresh --years {span}，或在 Dagster 里重算这些分区。"
            f" / Not published: these school years were made from other returns than are there now; run {span} again."
        )


def behind(store: Home, year: int) -> str:
    """The hash of the files of the year and of all before it, and of what became of each."""
    span = [known for known in store.years() if known <= year]
    return digest(store.read("returns", span, _FILES).sort(_FILES, nulls_last=True).write_csv().encode())
