"""The site's trees, one per language: Chinese stands at its root, English under `en/`, page for page at the same path.

Figures, forms and documents stand once, in the Chinese tree; pages of the other lead there.
"""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import dirname
from typing import NamedTuple, TypeVar

from reports.language import LANGUAGES, SOURCE, catalogue, language, speaking

_NAMES = {"zh-CN": "中文", "en": "English"}
_Made = TypeVar("_Made")


class Twin(NamedTuple):
    """The same page in another language: its language, the language's own name for itself, and the way there."""

    language: str
    name: str
    href: str


def prefix(name: str) -> str:
    """The folder of a language's tree under the site; empty for the root."""
    return "" if name == SOURCE else f"{name}/"


def twin(page: str) -> Twin:
    """The page in the other language; `page` is its path under a tree."""
    here = language()
    other = next(name for name in LANGUAGES if name != here)
    return Twin(other, _NAMES[other], f"{_up(page, here)}{prefix(other)}{page}")


def shared(page: str, href: str) -> str:
    """The way from a page to a file beside it that stands in the Chinese tree alone."""
    here = language()
    if here == SOURCE:
        return href
    folder = dirname(page)
    return f"{_up(page, here)}{folder}/{href}" if folder else f"{_up(page, here)}{href}"


def _up(page: str, name: str) -> str:
    """The way from a page to the site's root."""
    return "../" * (prefix(name) + page).count("/")


def spoken_in(name: str, made: Iterator[_Made]) -> Iterator[_Made]:
    """What is made, each made in a language; between the makings the reader's own language is spoken."""
    missing = object()
    while True:
        with speaking(catalogue(name)):
            found: _Made | object = next(made, missing)
        if found is missing:
            return
        yield found  # type: ignore[misc]
