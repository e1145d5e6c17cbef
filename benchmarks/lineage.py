"""What lineage costs a refresh, and how long an explanation takes: `make bench-explain`.

1. The inbox of a home is taken in and its tables of schools and units are written, with the origin of every cell and
   without: no `columns_read`, no file, sheet and row in the tables. Processor seconds, the best of several rounds.
2. One school year of a nation is written from the home's tables under new county codes, and `junheng explain` is run on
   a county of it, start of the command included. The years beside it do not count: explain opens the asked one alone.

Exit code 1 where the first is more than a tenth, or the second more than two seconds of processor time.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import polars as pl
import pyarrow.parquet as pq

from assets.home import Home, default_home, to_parquet
from benchmarks.nation import provinces
from pipelines import intake
from pipelines.explaining import TABLES_READ
from pipelines.intake import named_files, take_in
from pipelines.units import units
from schemas.contract import accept
from schemas.source import sources
from schemas.tables import TABLES

_ORIGIN = ("file", "sheet", "row")
_MOST = 0.1
_SECONDS = 2.0
_COUNTIES = 2895


_parquet = to_parquet


def refreshed(home: Home, year: int) -> None:
    """The returns of a school year taken in, units made, and the tables written as bytes."""
    files = [(name, path) for name, path in named_files(home.last_inbox) if str(year) in name]
    taken = take_in(files, sources().values(), years={year}.__contains__)
    found = pl.concat(units(taken.schools, standard) for standard in home.standards.values())
    for name, rows in (("schools", taken.schools), ("units", found), ("columns_read", taken.columns_read)):
        if rows.height:
            _parquet(accept(rows, TABLES[name]), TABLES[name])


def without_origin(home: Home, year: int) -> None:
    """The same without a word of where anything stood."""

    def no_places(*_: object) -> pl.DataFrame:
        return TABLES["columns_read"].empty()

    def written(frame: pl.DataFrame, contract: object) -> bytes:
        return to_parquet(frame.with_columns(_blank(frame)), contract)  # type: ignore[arg-type]

    with mock.patch.object(intake, "places_in", no_places), mock.patch(f"{__name__}._parquet", written):
        refreshed(home, year)


def _blank(frame: pl.DataFrame) -> list[pl.Expr]:
    """File, sheet and row without anything in them: what a table without lineage would not hold."""
    return [pl.lit("" if name == "file" else None, frame.schema[name]).alias(name) for name in _ORIGIN]


def best(rounds: int, run: Callable[[], None]) -> float:
    """The least processor time of so many rounds."""
    found = []
    for _ in range(rounds):
        began = time.process_time()
        run()
        found.append(time.process_time() - began)
    return min(found)


def nation(home: Home, year: int, root: Path, counties: int) -> tuple[Home, str]:
    """A home that holds one school year of so many counties, and the code of one in their midst."""
    made = Home(root)
    tables = {name: home.read(name, [year]) for name in TABLES_READ}
    parts: dict[str, list[pl.DataFrame]] = {name: [] for name in TABLES_READ}
    for province in provinces(tables, counties):
        for name, rows in province.items():
            if "county_code" in rows.columns or not parts[name]:
                parts[name].append(rows)
    for name, frames in parts.items():
        rows = pl.concat(frames).sort(TABLES[name].order, nulls_last=True)
        path = made.path(name, year)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(to_parquet(rows, TABLES[name]))
    codes = made.read("county_dispersion", [year], ["county_code"])["county_code"].unique().sort()
    return made, codes[len(codes) // 2]


def explained(home: Home, year: int, county: str) -> tuple[float, float]:
    """Seconds on the wall and of the processor that the command takes from its start to its end."""
    command = [sys.executable, "-m", "junheng", "explain", "--home", str(home.root), "--county", county]
    command += [
        "--year",
        str(year),
        "--stage",
        "primary",
        "--indicator",
        "teaching_area",
        "--standard",
        "cn-quality-2017",
    ]
    began, before = time.monotonic(), os.times()
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 (our own command)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return time.monotonic() - began, used


def main() -> int:
    """Print both costs; 1 where one is too high."""
    options = argparse.ArgumentParser()
    options.add_argument("--home", type=Path, default=default_home() / "demo")
    options.add_argument("--year", type=int, default=0)
    options.add_argument("--counties", type=int, default=_COUNTIES)
    options.add_argument("--rounds", type=int, default=3)
    asked = options.parse_args()
    home = Home(asked.home.resolve())
    if not home.years():
        print(f"{home.root}: no tables; run make demo first")
        return 2
    year = asked.year or home.years()[-1]
    refreshed(home, year)  # what is read once, standards and sources, counts for neither
    bare = best(asked.rounds, lambda: without_origin(home, year))
    whole = best(asked.rounds, lambda: refreshed(home, year))
    share = whole / bare - 1
    print(f"intake, units, writing of {year}: {bare:.2f} s without lineage, {whole:.2f} s with it: {share:+.1%}")
    with tempfile.TemporaryDirectory() as folder:
        made, county = nation(home, year, Path(folder), asked.counties)
        rows = {name: pq.read_metadata(made.path(name, year)).num_rows for name in ("schools", "unit_indicators")}
        explained(made, year, county)
        wall, used = min((explained(made, year, county) for _ in range(asked.rounds)), key=lambda pair: pair[1])
    print(
        f"explain, {asked.counties:,} counties, {rows['schools']:,} schools, {rows['unit_indicators']:,} values a year: "
        f"{wall:.2f} s, {used:.2f} s of the processor, start included"
    )
    return int(share > _MOST or used > _SECONDS)


if __name__ == "__main__":
    sys.exit(main())
