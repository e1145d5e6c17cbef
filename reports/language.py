"""The language in which a report speaks: the Chinese sentence is the message id, other languages are catalogues.

Every sentence is written as `_("… {name} …").format(name=…)`, so that a catalogue can reorder its figures. What is data
and has both languages is said by `spoken` and `labelled`. Lists, clauses, brackets and what follows a sentence are joined
here, as each language joins them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from gettext import NullTranslations
from pathlib import Path
from typing import Protocol

from babel.messages.pofile import read_po

SOURCE = "zh-CN"
LANGUAGES = (SOURCE, "en")
"""The languages of the site; the first is that in which sentences are written."""
LOCALES = Path(__file__).parent / "locale"
DOMAIN = "junheng"


class Spoken(Protocol):
    """A text that is data and stands in both languages."""

    @property
    def zh(self) -> str:
        """In Chinese."""

    @property
    def en(self) -> str:
        """In English."""


class MissingMessageError(Exception):
    """A sentence has no entry in the catalogue of the language spoken: it is never said in another one instead."""


class Catalogue(NullTranslations):
    """The sentences of a language other than the source's."""

    def __init__(self, language: str, messages: Mapping[str, str]) -> None:
        super().__init__()
        self.language = language
        self._messages = messages

    def gettext(self, message: str) -> str:
        """The message in this language. Raises MissingMessageError where the catalogue has none."""
        found = self._messages.get(message)
        if found is None:
            path = catalogue_path(self.language)
            raise MissingMessageError(
                f"{path}: no {self.language} text for “{message}”; run `make messages` and fill in its msgstr"
            )
        return found

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """As `gettext`: a sentence of ours has one form."""
        return self.gettext(msgid1 if n == 1 else msgid2)


class _Source(NullTranslations):
    """The sentences as they are written."""

    language = SOURCE


_SOURCE = _Source()
_CATALOGUE: ContextVar[NullTranslations] = ContextVar("catalogue", default=_SOURCE)


def catalogue_path(name: str) -> Path:
    """The file of a language's catalogue."""
    return LOCALES / name / "LC_MESSAGES" / f"{DOMAIN}.po"


@cache
def catalogue(name: str) -> NullTranslations:
    """The catalogue of a language; that of the source is empty. Fuzzy and empty entries count as missing."""
    if name == SOURCE:
        return _SOURCE
    with catalogue_path(name).open("rb") as file:
        known = read_po(file, locale=name)
    texts = {
        message.id: message.string
        for message in known
        if isinstance(message.id, str) and isinstance(message.string, str) and message.id and message.string
        if not message.fuzzy
    }
    return Catalogue(name, texts)


def gettext(message: str) -> str:
    """The message in the language spoken now."""
    found = _CATALOGUE.get()
    return message if found is _SOURCE else found.gettext(message)


def ngettext(singular: str, plural: str, count: int) -> str:
    """The message for this count in the language spoken now."""
    return _CATALOGUE.get().ngettext(singular, plural, count)


def marked(message: str) -> str:
    """The message itself: it is only marked, so that a catalogue holds it; `gettext` is called where it is said."""
    return message


def language() -> str:
    """The language spoken now, as HTML names it."""
    found: str = getattr(_CATALOGUE.get(), "language", SOURCE)
    return found


@contextmanager
def speaking(found: NullTranslations) -> Iterator[None]:
    """Within the block, sentences come from this catalogue."""
    token = _CATALOGUE.set(found)
    try:
        yield
    finally:
        _CATALOGUE.reset(token)


def spoken(text: Spoken) -> str:
    """The side of a text that is data in the language spoken now."""
    return text.zh if _CATALOGUE.get() is _SOURCE or language() == SOURCE else text.en


def labelled(entry: Mapping[str, str], name: str = "label") -> str:
    """`label_zh` or `label_en` of a row of a list, by the language spoken now."""
    return entry[f"{name}_zh" if language() == SOURCE else f"{name}_en"]


def half(text: str) -> str:
    """The side of “中文 / English” in the language spoken now; a text of one side stands as it is."""
    zh, slash, en = text.partition(" / ")
    if not slash or not any("\u4e00" <= letter <= "\u9fff" for letter in zh):
        return text
    return zh if language() == SOURCE else en


def title(text: str) -> str:
    """A text as it stands alone or begins a line: with a capital, where the writing has any."""
    return text[:1].upper() + text[1:]


def serial(parts: Iterable[str]) -> str:
    """Things one after the other: 甲、乙; A, B."""
    return gettext("、").join(parts)


def semicolons(parts: Iterable[str]) -> str:
    """Clauses one after the other: 甲；乙; A; B."""
    return gettext("；").join(parts)


def bracketed(text: str) -> str:
    """A text in the language's brackets, with the space that stands before them."""
    return gettext("（{text}）").format(text=text)


def headed(head: str, text: str) -> str:
    """What is spoken of, a colon, and what is said of it."""
    return gettext("{head}：{text}").format(head=head, text=text)


def ended(text: str) -> str:
    """A sentence with its full stop."""
    return gettext("{text}。").format(text=text)


def together(sentences: Sequence[str]) -> str:
    """Sentences one after the other, as a paragraph joins them."""
    space = "" if language() == SOURCE else " "
    return space.join(sentence for sentence in sentences if sentence)
