"""The language in which a report speaks: the Chinese sentence is the message id, other languages are catalogues.

Every sentence is written as `_("… {name} …").format(name=…)`, so that a catalogue can reorder its figures.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from gettext import NullTranslations

_CATALOGUE: ContextVar[NullTranslations] = ContextVar("catalogue", default=NullTranslations())  # noqa: B039


def gettext(message: str) -> str:
    """The message in the language spoken now."""
    return _CATALOGUE.get().gettext(message)


def ngettext(singular: str, plural: str, count: int) -> str:
    """The message for this count in the language spoken now."""
    return _CATALOGUE.get().ngettext(singular, plural, count)


def marked(message: str) -> str:
    """The message itself: it is only marked, so that a catalogue holds it; `gettext` is called where it is said."""
    return message


@contextmanager
def speaking(catalogue: NullTranslations) -> Iterator[None]:
    """Within the block, sentences come from this catalogue."""
    token = _CATALOGUE.set(catalogue)
    try:
        yield
    finally:
        _CATALOGUE.reset(token)
