"""A standard's file as tables and values: what cannot be read is said in words, with the line where there is one."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

_TOML_AT = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


class UnreadableError(Exception):
    """A file that cannot be read as TOML: `words` say why, `line` where, None where the whole file is meant."""

    def __init__(self, words: str, line: int | None = None) -> None:
        super().__init__(words)
        self.words, self.line = words, line


def text_of(path: Path) -> str:
    """The text of a file in UTF-8, without a byte-order mark. Raises UnreadableError."""
    try:
        content = path.read_bytes()
    except IsADirectoryError as fault:
        raise UnreadableError("is a folder; wanted is a file") from fault
    except FileNotFoundError as fault:
        raise UnreadableError("is a link that leads to no file; mend or delete it") from fault
    except OSError as fault:
        raise UnreadableError(f"cannot be read: {fault.strerror}") from fault
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = fault.object[: fault.start].count(b"\n") + 1
        raise UnreadableError("is not UTF-8; save the file as UTF-8", line) from fault


def tables_of(text: str) -> dict[str, object]:
    """The tables and values of a TOML text. Raises UnreadableError."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        at = _TOML_AT.search(str(fault))
        line = int(at[1]) if at and at[1] else max(len(text.splitlines()), 1)
        raise UnreadableError(f"no TOML: {_TOML_AT.sub('', str(fault))}", line) from fault
    except RecursionError as fault:
        raise UnreadableError("no TOML of a standard: lists or tables are nested too deeply") from fault
    except ValueError as fault:
        raise UnreadableError("no TOML of a standard: a number has thousands of digits") from fault
