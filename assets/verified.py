"""A pack checked with this system: what its own script checks, and what takes more than Python's standard library."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from assets import pack_check
from assets.home import HomeError
from assets.inputs import digest
from assets.pack import is_safe, numbers
from schemas.tables import TABLES
from standards.standard import HERE, Standard, StandardError, load


class NoPackError(HomeError):
    """What was given is no evidence pack; the message says what was wanted."""


def verified(path: Path) -> tuple[bool, list[str]]:
    """Whether everything in a pack agrees, and what was found, in lines. Nothing in the pack is run.

    Beside what `check.py` does: CSV and Parquet hold the same, the standards' numbers are those of their files, and
    the script is the one that this system writes.
    """
    files = _files(path)
    found = pack_check.check(files)
    _same_formats(files, found)
    _same_numbers(files, found)
    lines = [*pack_check.said(found)]
    if files.get("check.py") != Path(pack_check.__file__).read_bytes():
        lines.append(
            "注意：check.py 不是本版本写出的那一份，没有运行它 / note: check.py is not the one of this version; it was not run"
        )
    for name, content in sorted(files.items()):
        own = HERE / Path(name).name
        if name.startswith("standards/") and own.exists() and own.read_bytes() != content:
            lines.append(f"注意：{name} 与本系统现在的不同 / note: differs from this system's of today")
    lines.append(f"SHA-256 of {pack_check.SUMS}: {digest(files.get(pack_check.SUMS, b''))}")
    return found.agrees, lines


def _files(path: Path) -> dict[str, bytes]:
    """The pack's files by name, whether it is a folder, a zip, or a zip of one folder. Raises NoPackError."""
    try:
        files = pack_check.read(str(path))
    except (OSError, zipfile.BadZipFile) as fault:
        raise NoPackError(
            f"{path} 不能读取（{fault}）；应为证据包的文件夹或 zip / wanted is a folder or a zip"
        ) from fault
    if pack_check.SUMS not in files:
        raise NoPackError(f"{path} 不是证据包：没有 {pack_check.SUMS} / no evidence pack")
    if strange := [name for name in files if not is_safe(name)]:
        raise NoPackError(f"{path}：包外的路径 {strange[0]} / a path outside of the pack")
    return files


def _same_formats(files: Mapping[str, bytes], found: pack_check.Found) -> None:
    """Each table's CSV and Parquet hold the same rows."""
    for name in sorted(files):
        table = Path(name).stem
        if not name.endswith(".parquet") or table not in TABLES:
            continue
        found.count("csv = parquet")
        try:
            rows = pl.read_parquet(io.BytesIO(files[name]))
            text = io.BytesIO()
            rows.write_csv(text)
        except pl.exceptions.PolarsError as fault:
            found.fault("csv = parquet", name, str(fault))
            continue
        if text.getvalue() != files.get(f"tables/{table}.csv"):
            found.fault("csv = parquet", name, "holds other rows than the CSV")


def _same_numbers(files: Mapping[str, bytes], found: pack_check.Found) -> None:
    """The numbers that the check computes with are those of the standards' files."""
    try:
        stated = json.loads(files["standards.json"])
        year = json.loads(files["pack.json"])["school_year"]
        standards = [_standard(name, files) for name in sorted(files) if name.startswith("standards/")]
        units = pl.read_parquet(io.BytesIO(files["tables/units.parquet"]))
        wanted = json.loads(json.dumps(numbers(standards, units, year)))
    except (KeyError, ValueError, StandardError, pl.exceptions.PolarsError) as fault:
        found.fault("standards", "standards.json", f"cannot be read: {fault!r}")
        return
    for name in sorted({*stated["standards"], *wanted["standards"]}):
        found.count("standards")
        if stated["standards"].get(name) != wanted["standards"].get(name):
            found.fault("standards", name, "standards.json holds other numbers than the standard's file")
    if stated["fields"] != wanted["fields"]:
        found.fault("standards", "fields", "standards.json names other fields than this version")


def _standard(name: str, files: Mapping[str, bytes]) -> Standard:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(name).name
        path.write_bytes(files[name])
        return load(path)
