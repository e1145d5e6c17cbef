"""A refresh tried out: the same run in a folder that is thrown away, and what it would change."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from assets.home import UNKNOWN, Home

_NOT_COPIED = ("editions", "current", "dagster", "inbox", "site", "public", ".lock")
"""What of a home a trial does not need: it reads the inbox where it stands, and makes no pages."""
_OUTCOME = ["school_year", "standard", "source", "county_code", "county_name"]


@contextmanager
def trial_home(store: Home) -> Iterator[Home]:
    """A home with the same tables, registers and standards, which is removed at the end.

    Files are linked, not copied: a home's files are written beside and renamed, so that no link is written through.
    """
    with tempfile.TemporaryDirectory(prefix="junheng-trial-") as folder:
        root = Path(folder).resolve()
        for entry in sorted(store.root.iterdir()) if store.root.is_dir() else []:
            if entry.name in _NOT_COPIED:
                continue
            if entry.is_dir():
                shutil.copytree(entry, root / entry.name, copy_function=_link, symlinks=True)
            else:
                _link(str(entry), str(root / entry.name))
        yield Home(root)


def _link(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target


def changed_files(before: Home, after: Home, years: Sequence[int]) -> pl.DataFrame:
    """The files whose rows would be taken otherwise: one row per file and layout, counts before and after."""
    names = ("status", "rows_accepted", "rows_refused", "cells_refused")
    key = ["file", "layout"]
    sides = [
        home.read("returns", [*years, UNKNOWN]).select(*key, "sha256", *names).unique(key, maintain_order=True)
        for home in (before, after)
    ]
    both = sides[0].join(sides[1], on=key, how="full", coalesce=True, suffix="_after", validate="1:1").sort(key)
    return both.filter(
        pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_after")) for name in ("sha256", *names))
    )


def changed_verdicts(before: Home, after: Home, years: Sequence[int]) -> pl.DataFrame:
    """The counties whose verdict on a standard would be another: one row each, verdict before and after."""
    sides = [
        home.read("county_verdicts", years).select(*_OUTCOME, "verdict").unique(_OUTCOME, maintain_order=True)
        for home in (before, after)
    ]
    both = sides[0].join(sides[1], on=_OUTCOME, how="full", coalesce=True, suffix="_after", validate="1:1")
    return both.filter(pl.col("verdict").ne_missing(pl.col("verdict_after"))).sort(_OUTCOME)
