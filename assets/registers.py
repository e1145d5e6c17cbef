"""The registers of a home: files kept by hand under `registers/`, read anew where they have changed."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import polars as pl

from pipelines.registers import RegisterError, read_register
from schemas.contract import Contract
from schemas.coverage import DUE_DATES, ROSTER
from schemas.explanations import EXPLANATIONS
from schemas.lineage import COUNTY_EVENTS, SCHOOL_EVENTS
from schemas.reconciliation import PUBLISHED_TOTALS
from schemas.source import sources

REGISTERS = (SCHOOL_EVENTS, COUNTY_EVENTS, ROSTER, DUE_DATES, PUBLISHED_TOTALS, EXPLANATIONS)
"""Each register is `registers/<name>.csv`; one that is not there has no rows."""
_ENCODINGS = ("utf-8-sig", "gb18030")


def register(root: Path, contract: Contract) -> pl.DataFrame:
    """The rows of a home's register. Raises RegisterError with every fault."""
    path = root / "registers" / f"{contract.name}.csv"
    if not path.exists():
        return contract.empty()
    return _read(path, path.stat().st_mtime_ns, path.stat().st_size, contract.name)


def check_registers(root: Path) -> None:
    """Every register of a home read. Raises RegisterError with every fault of the first that is not sound."""
    for contract in REGISTERS:
        register(root, contract)


@cache
def _read(path: Path, _changed: int, _size: int, name: str) -> pl.DataFrame:
    return read_csv_register(path, next(contract for contract in REGISTERS if contract.name == name))


def read_csv_register(path: Path, contract: Contract) -> pl.DataFrame:
    """The rows of a CSV file kept by hand, in UTF-8 or GB 18030. Raises RegisterError with every fault."""
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise RegisterError(f"{path}：读不了（{fault.strerror}） / cannot be read") from fault
    for encoding in _ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return read_register(text, str(path), contract, sorted(sources()))
    raise RegisterError(f"{path}：文字不能解读，请另存为 UTF-8 / cannot be read as text; save it as UTF-8")
