"""The catalogues of sentences: what the code and the templates say, and what each catalogue has for it.

`python -m reports.messages` writes the catalogues anew: new sentences stand with an empty text, those that are said no
more are dropped. With `--check` nothing is written: every fault is printed, and the exit code is 1 where there is any.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from reports.language import LANGUAGES, SOURCE, catalogue_path

_HERE = Path(__file__).parent
_METHODS = [("**.py", "python"), ("**.j2", "jinja2")]
_OPTIONS = {"**.j2": {"trim_blocks": "true", "lstrip_blocks": "true", "newstyle_gettext": "true", "silent": "false"}}
_KEYWORDS = {"_": None, "gettext": None, "marked": None}
_CHINESE_ONLY = ("documents/", "forms/")
"""Official papers, which are Chinese alone."""
_FIELD = re.compile(r"\{(\w*)[^}]*\}")
_CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
_HEAD = "Sentences of reports. `make messages` adds new ones and drops those that are said no more."


@cache
def said() -> dict[str, tuple[str, ...]]:
    """Every sentence of code and templates, with the files that say it."""
    found: dict[str, set[str]] = {}
    for file, _line, message, _comments, _context in extract_from_dir(
        _HERE, method_map=_METHODS, options_map=_OPTIONS, keywords=_KEYWORDS
    ):
        if isinstance(message, str) and message and not file.startswith(_CHINESE_ONLY):
            found.setdefault(message, set()).add(f"reports/{file}")
    return {message: tuple(sorted(files)) for message, files in sorted(found.items())}


def known(language: str) -> Catalog:
    """The catalogue of a language as it is written down; empty where there is none yet."""
    path = catalogue_path(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def renewed(language: str, old: Catalog) -> bytes:
    """The catalogue with every sentence that is said, and no other, in order of the sentences."""
    fresh = Catalog(locale=language, fuzzy=False, header_comment=f"# {_HEAD}")
    for message, files in said().items():
        before = old.get(message)
        fresh.add(message, "" if before is None else before.string, [(file, 1) for file in files])
        if before is not None and before.fuzzy:
            fresh[message].flags.add("fuzzy")
    written = io.BytesIO()
    write_po(written, fresh, sort_output=True, omit_header=True, include_lineno=False, width=0)
    head = (
        f"# {_HEAD}\n"
        'msgid ""\nmsgstr ""\n'
        f'"Language: {language}\\n"\n"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n\n'
    )
    return head.encode() + written.getvalue()


def faults(language: str, catalogue: Catalog) -> Iterator[str]:
    """What a catalogue lacks, one sentence of ours to a fault."""
    for message, files in said().items():
        entry = catalogue.get(message)
        where = f"{files[0]}: “{message}”"
        if entry is None:
            yield f"{where}: not in the {language} catalogue"
        elif entry.fuzzy:
            yield f"{where}: its {language} text is fuzzy"
        else:
            yield from (f"{where}: {fault}" for fault in _faults(message, entry))
    for entry in catalogue:
        if entry.id and entry.id not in said():
            yield f"“{entry.id}”: said nowhere any more"


def _faults(message: str, entry: Message) -> Iterator[str]:
    text = str(entry.string or "")
    if not text:
        yield "its text is empty"
        return
    wanted, given = sorted(set(_FIELD.findall(message))), sorted(set(_FIELD.findall(text)))
    if wanted != given:
        yield f"its text has the fields {given}, wanted are {wanted}: “{text}”"
    if _CHINESE.search(text):
        yield f"its text is Chinese in part: “{text}”"


def main(arguments: list[str]) -> int:
    """Writes the catalogues, or checks them."""
    wrong = 0
    for language in LANGUAGES:
        if language == SOURCE:
            continue
        path, catalogue = catalogue_path(language), known(language)
        if "--check" not in arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(renewed(language, catalogue))
            continue
        for fault in faults(language, catalogue):
            wrong += 1
            print(fault)  # noqa: T201
    if wrong:
        print(f"{wrong} faults; run `make messages`, then fill in the texts")  # noqa: T201
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
