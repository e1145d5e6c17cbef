"""Whatever bytes a file holds, intake ends with tables that keep their contracts and names what it refused.

FUZZ_SECONDS lets it go on for so long, at random instead of by rote: `make fuzz`. It is driven by hypothesis, which does
not see what code an input reaches. A case that fails is kept below, as an example.
"""

from __future__ import annotations

import io
import os
import time
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipelines.intake import named_files, survey, take_in
from schemas.contract import accept
from schemas.source import sources
from schemas.tables import QUARANTINE, RETURNS, SCHOOLS
from tests.drawing import table, text, workbook
from tests.hostile import zipped

SECONDS = float(os.environ.get("FUZZ_SECONDS", "0"))
_FRAME = pl.DataFrame(table()[1:], schema=table()[0], orient="row")


def _parquet() -> bytes:
    content = io.BytesIO()
    _FRAME.write_parquet(content)
    return content.getvalue()


SEEDS = {
    "csv": text(table()).encode(),
    "gb18030": text(table()).encode("gb18030"),
    "utf-16": text(table()).encode("utf-16"),
    "xlsx": workbook({"一": table(), "二": [["甲", 1]]}),
    "parquet": _parquet(),
    "zip": zipped({"a.csv": text(table())}),
}
PIECES = [b"\x00", b'"', b",", b"\r", b"\xff\xfe", b"PK\x03\x04", b"<c r=", b"</c>", b"\xef\xbf\xbd", b"=1+1", b"\x1b["]
CHANGES = st.lists(
    st.tuples(st.integers(0, 100_000), st.integers(0, 64), st.one_of(st.binary(max_size=16), st.sampled_from(PIECES))),
    min_size=1,
    max_size=6,
)


def changed(content: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    """The bytes with pieces of them replaced."""
    for at, length, piece in changes:
        place = at % (len(content) + 1)
        content = content[:place] + piece + content[place + length :]
    return content


def changed_within(content: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    """The zip with pieces of one of its parts replaced, so that its checksums hold."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    name = sorted(parts)[changes[0][0] % len(parts)]
    return zipped(parts | {name: changed(parts[name], changes)})


def take(content: bytes, name: str = "a") -> None:
    """The file taken in, and what came of it held to its contracts."""
    with TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(content)
        files = named_files(Path(folder))
        survey(files, sources().values())
        read = take_in(files, sources().values())
    for frame, contract in ((read.schools, SCHOOLS), (read.returns, RETURNS), (read.quarantine, QUARANTINE)):
        accept(frame, contract)
    assert read.returns.height >= 1 or name == "a.zip"
    for part in read.returns.filter(pl.col("status") == "refused").iter_rows(named=True):
        assert read.quarantine.filter(pl.col("file") == part["file"]).height


@settings(
    max_examples=10_000_000 if SECONDS else 40,
    deadline=None,
    derandomize=not SECONDS,
    database=None,
    phases=[Phase.explicit, Phase.generate] + ([Phase.shrink] if SECONDS else []),
    suppress_health_check=list(HealthCheck),
)
@given(st.sampled_from(sorted(SEEDS)), CHANGES, st.booleans())
def _fuzz(seed: str, changes: list[tuple[int, int, bytes]], is_within: bool) -> None:  # noqa: FBT001
    if SECONDS and time.monotonic() > _UNTIL:
        raise KeyboardInterrupt
    content = SEEDS[seed]
    made = changed_within(content, changes) if is_within and content.startswith(b"PK") else changed(content, changes)
    take(made, "a.zip" if seed == "zip" else "a")


_UNTIL = time.monotonic() + SECONDS


def test_whatever_bytes_a_file_holds_it_is_taken_or_refused_by_name() -> None:
    try:
        _fuzz()
    except KeyboardInterrupt:
        if not SECONDS or time.monotonic() < _UNTIL:
            raise
