"""What a key of a file may say, where its type lists the words: so that a wrong word is answered with the right ones."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import inspect

_STEP = re.compile(r"[A-Za-z_]+")


def choices(described: type, path: str) -> list[str]:
    """The words that may stand under a key such as `parts[0].role`; none where its type lists none."""
    held = [inspect.type_info(described)]
    *way, last = _STEP.findall(path) or [""]
    for step in way:
        held = [
            field.type
            for kind in _single(held)
            if isinstance(kind, inspect.StructType)
            for field in kind.fields
            if field.encode_name == step
        ]
    words: dict[str, None] = {}
    for kind in _single(held):
        if isinstance(kind, inspect.StructType):
            if kind.tag_field == last:
                words[str(kind.tag)] = None
            listed = [field.type for field in kind.fields if field.encode_name == last]
            for one in _single(listed):
                if isinstance(one, inspect.LiteralType):
                    words |= dict.fromkeys(map(str, one.values))
    return [word for word in words if word]


def _single(types: list[inspect.Type]) -> Iterator[inspect.Type]:
    """Types without what holds several of them: each of a union, the entries of a list."""
    for kind in types:
        if isinstance(kind, inspect.UnionType):
            yield from _single(list(kind.types))
        elif isinstance(kind, inspect.VarTupleType):
            yield from _single([kind.item_type])
        else:
            yield kind
