"""Markdown of the generated pages: tables, code, and parts joined."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

GENERATED = "<!-- Generated from {origin} by `make docs`. Do not edit by hand. -->"


def names(words: Iterable[str]) -> str:
    """Names as code, one after the other."""
    return ", ".join(f"`{word}`" for word in words)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a bar in a cell is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def joined(parts: Iterable[str]) -> str:
    """Parts of a page with a blank line between them."""
    return "\n\n".join(part for part in parts if part) + "\n"
