"""What a publisher prints beside the returns: figures by place and year, and the identities that they must keep.

One TOML per publication under `publications/`. A figure is known by its header; the files may be any that hold it.
"""

from __future__ import annotations

import tomllib
from decimal import Decimal
from functools import cache
from pathlib import Path

import msgspec

PUBLICATIONS = Path(__file__).parent / "publications"


class Labels(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A name in Chinese and in English."""

    zh: str
    en: str


class PrintedFigure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A printed figure: the header of its column, and what leads from it to units of one.

    One that may lie on both sides of 0 (`may_be_negative`) is not asked about as a spike: its ratios mean nothing.
    """

    id: str
    label: Labels
    header: str
    times: int = 1
    may_be_negative: bool = False


class Identity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a printed figure must be: the ratio or the difference of two others, within a bound, at so many places."""

    figure: str
    within: Decimal
    places: int
    ratio: tuple[str, ...] = ()
    difference: tuple[str, ...] = ()


class Publication(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A publisher's tables."""

    name_zh: str
    name_en: str
    publisher: str
    encodings: tuple[str, ...]
    place: str
    place_name: str
    year: str
    spike_times: float
    figures: tuple[PrintedFigure, ...]
    identities: tuple[Identity, ...]

    def __post_init__(self) -> None:
        known = {figure.id for figure in self.figures}
        for identity in self.identities:
            parts = (identity.figure, *identity.ratio, *identity.difference)
            if not set(parts) <= known or len(parts) != 3 or bool(identity.ratio) == bool(identity.difference):  # noqa: PLR2004
                raise ValueError(f"identity of {identity.figure}: a ratio or a difference of two figures is wanted")


class PublicationError(Exception):
    """A publication's file is not sound; the message names it and says what is wrong."""


@cache
def publications() -> dict[str, Publication]:
    """Every publication by name. Raises PublicationError."""
    found = {}
    for path in sorted(PUBLICATIONS.glob("*.toml")):
        try:
            found[path.stem] = msgspec.convert(tomllib.loads(path.read_text("utf-8")), Publication, strict=False)
        except (ValueError, tomllib.TOMLDecodeError) as fault:
            raise PublicationError(f"{path}: {fault}") from fault
    return found
