"""How fast workbooks of forms are read, against openpyxl in the same run: `make bench-forms`.

Schools of the invented province are written as workbooks of forms, as exporters write them, under identifiers of their
own. Measured are: openpyxl reading every cell of 200 of them, as it does unless told otherwise, and in its read-only
way; ours reading all of them, labels checked, on all processors; and the whole intake, down to the accepted table.
Workbooks per second by the clock and per second of processor, and how much memory the process came to hold.

Exit code 1 where ours is not at least five times as fast as openpyxl by the clock, or where the table differs from the rows
that were written in any mapped column.
"""

from __future__ import annotations

import argparse
import io
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import openpyxl
import polars as pl

from pipelines.ahead import read_ahead
from pipelines.archives import Entry
from pipelines.form_reading import read_forms
from pipelines.intake import Intake, named_files, take_in
from pipelines.synthetic import province
from reports.form_workbook import covered, write_forms
from schemas.source import Source, sources

_AT_LEAST = 5.0
_OPENPYXL = 200
_YEAR = 2021
_MB = 1024


def write(folder: Path, source: Source, number: int) -> pl.DataFrame:
    """So many workbooks under the folder, of schools with identifiers of their own; the schools."""
    rows = province()[_YEAR]
    every = pl.concat([rows] * -(-number // rows.height)).head(number)
    schools = every.with_columns(
        school_id=pl.concat_str(pl.lit("2169"), pl.int_range(number).cast(pl.String).str.zfill(6))
    )
    for row in schools.iter_rows(named=True):
        path = folder / row["county_code"] / f"{row['school_id']}.xlsx"
        path.parent.mkdir(exist_ok=True)
        content = io.BytesIO()
        write_forms(content, source, _YEAR, row, is_exported=True, not_applicable="*")
        path.write_bytes(content.getvalue())
    return schools.sort("county_code", "school_id")


def by_openpyxl(files: list[tuple[str, Entry]], *, read_only: bool) -> None:
    """Every cell of the workbooks read."""
    for _, path in files:
        book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()), data_only=True, read_only=read_only)
        for page in book.worksheets:
            for cells in page.iter_rows(values_only=True):
                sum(cell is not None for cell in cells)
        book.close()


def by_ours(files: list[tuple[str, Entry]], source: Source) -> None:
    """Every workbook read, its labels checked."""
    for name, _, read in read_ahead(dict(files), lambda name, content: read_forms(name, content, [source])):
        if read is None or read.refused or read.faults:
            raise SystemExit(f"{name} was not read")


def measured(name: str, number: int, work: Callable[[], object]) -> float:
    """Workbooks per second, printed with those per second of processor and the memory held at most so far."""
    clock, processor = time.perf_counter(), time.process_time()
    work()
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // _MB
    print(
        f"{name:<34} {number:>6,} workbooks {clock:8.1f} s {number / clock:8.1f} /s "
        f"{number / processor:8.1f} /s of processor {peak:>6,} MB"
    )
    return number / clock


def main() -> int:
    """The measurements."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workbooks", type=int, default=1000)
    asked = parser.parse_args()
    source = sources()["cn-forms"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made: list[pl.DataFrame] = []
        measured("written", asked.workbooks, lambda: made.append(write(folder, source, asked.workbooks)))
        files = named_files(folder)
        few = files[:_OPENPYXL]
        theirs = measured("openpyxl", len(few), lambda: by_openpyxl(few, read_only=False))
        streamed = measured("openpyxl, read-only", len(few), lambda: by_openpyxl(few, read_only=True))
        ours = measured("read", len(files), lambda: by_ours(files, source))
        taken: list[Intake] = []
        measured("taken in", len(files), lambda: taken.append(take_in(files, sources().values())))
    accepted, held = taken[0].schools.height, covered(source, _YEAR, made[0])[0]
    is_same = taken[0].schools.select(held).equals(made[0].select(held))
    print(
        f"{ours / theirs:.1f} times openpyxl, {ours / streamed:.1f} times its read-only way; "
        f"{accepted:,} of {len(files):,} accepted, {len(held)} columns "
        f"{'value for value as written' if is_same else 'NOT as written'}"
    )
    return 0 if ours >= _AT_LEAST * theirs and is_same else 1


if __name__ == "__main__":
    sys.exit(main())
