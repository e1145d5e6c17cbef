"""What an edition is made from, as hashes: files of the inbox, standards, registers, code.

A hash is the SHA-256 in hex. Paths are written with `/`, so that a checkout elsewhere gives the same.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parent.parent
TABLES_CODE = ("schemas", "standards", "pipelines", "assets")
"""The packages that make tables; pages are made by `reports` as well."""
PACKAGES = (*TABLES_CODE, "reports")
NOT_IN_TABLES = ("withdrawn.csv", "due_dates.csv")
"""Registers that are in no table: what the first says of a file stands in `returns`, the second is asked for by hand."""
HOME_DATA = ("standards", "registers", "corrections", "lineage")
"""Folders of a home that a run reads beside the inbox: its own standards, registers, corrections, lineage."""
_CODE = (".py", ".j2", ".css", ".js", ".po", ".svg")
_DATA = (".csv", ".toml", ".json")
_LIBRARIES = ("babel", "highspy", "jinja2", "msgspec", "polars", "pyarrow", "xlsxwriter")
"""Libraries whose release can move a figure or a byte of a page."""


def digest(content: bytes) -> str:
    """The hash of bytes."""
    return hashlib.sha256(content).hexdigest()


def digest_of(thing: Any) -> str:
    """The hash of a thing that JSON can say, whatever the order of its keys."""
    return digest(json.dumps(thing, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode())


def _files(root: Path, folders: Iterable[str], suffixes: tuple[str, ...]) -> dict[str, str]:
    """Each file under the folders that ends so, and its hash."""
    return {
        path.relative_to(root).as_posix(): digest(path.read_bytes())
        for folder in folders
        for path in sorted((root / folder).rglob("*"))
        if path.suffix in suffixes and path.is_file() and not path.name.startswith((".", "~$"))
    }


@cache
def code(packages: tuple[str, ...] = PACKAGES) -> str:
    """The hash of the packages' code, the Python and the libraries that can move a figure.

    Templates and catalogues of translations are code here; standards and registers are not.
    """
    libraries = {name: version(name) for name in _LIBRARIES}
    return digest_of([_files(CHECKOUT, packages, _CODE), libraries, list(sys.version_info[:2])])


@cache
def _checkout_data() -> dict[str, str]:
    return _files(CHECKOUT, PACKAGES, _DATA)


def rules(home: Path, packages: tuple[str, ...] = TABLES_CODE) -> dict[str, Any]:
    """By what a table is made from returns: `code`, `standards` by id, `registers` by path; pages by all PACKAGES.

    `registers` are all other data files of the checkout (layouts, codes, corrections, lineage) and of the home.
    """
    own = {
        f"home/{path}": found
        for path, found in _files(home, HOME_DATA, _DATA).items()
        if path.removeprefix("registers/") not in NOT_IN_TABLES
    }
    own |= {f"home/{path.name}": digest(path.read_bytes()) for path in sorted(home.glob("*.toml"))}
    data = _checkout_data() | own
    standards = {path for path in data if path.removeprefix("home/").startswith("standards/")}
    return {
        "code": code(packages),
        "standards": {Path(path).stem: data[path] for path in sorted(standards, reverse=True)},
        "registers": {path: found for path, found in data.items() if path not in standards},
    }


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    """The names whose hashes differ, or that only one of the two has."""
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
