"""Where in a TOML file a key stands: for messages that name the line."""

from __future__ import annotations

import re

_TABLE = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"^\s*([A-Za-z0-9_.\"-]+)\s*=")
_STEP = re.compile(r"([A-Za-z0-9_-]+)|\[(\d+)\]")


def line_of(text: str, path: str) -> int | None:
    """The line of a key such as `indicators[2].norms[0].primary`, or of the nearest of its tables that is written.

    A key inside an inline table or array is found where that begins. None where nothing of the path is written.
    """
    steps = [(name, int(index) if index else None) for name, index in _STEP.findall(path.removeprefix("$"))]
    wanted = [name if index is None else index for name, index in steps]
    best: tuple[int, int] | None = None
    for number, place in _places(text):
        depth = len(place)
        if place == wanted[:depth] and (best is None or depth > best[0]):
            best = depth, number
    return best[1] if best else None


def _places(text: str) -> list[tuple[int, list[str | int]]]:
    """Every table header and key with its line and its whole path, arrays of tables with their index."""
    counts: dict[str, int] = {}
    table: list[str | int] = []
    found: list[tuple[int, list[str | int]]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if header := _TABLE.match(line):
            table = _table(header[2], counts, is_array=header[1] == "[[")
            found.append((number, list(table)))
        elif key := _KEY.match(line):
            names = [part.strip('"') for part in key[1].split(".")]
            found += [(number, [*table, *names[:depth]]) for depth in range(1, len(names) + 1)]
    return found


def _table(dotted: str, counts: dict[str, int], *, is_array: bool) -> list[str | int]:
    """The path of a table, counting the entries of each array of tables."""
    path: list[str | int] = []
    names = [part.strip().strip('"') for part in dotted.split(".")]
    for depth, name in enumerate(names, 1):
        path.append(name)
        key = "/".join(map(str, path))
        if is_array and depth == len(names):
            counts[key] = counts.get(key, -1) + 1
        if key in counts:
            path.append(counts[key])
    return path
