"""What the public edition withholds: which fields of a school are confidential, and how many units a figure needs.

`disclosure.csv` says it of each group of fields, and of single fields where they differ from their group;
`disclosure.toml` holds the numbers. Both are our default; a home may hold a `disclosure.toml` of its own.
"""

from __future__ import annotations

import csv
import tomllib
from functools import cache
from pathlib import Path

import msgspec

from schemas.tables import school_fields

HERE = Path(__file__).parent
SUPPRESSED = "suppressed"
"""The reason of a figure that is withheld in the public edition."""
RULES = ("few_units", "dominance", "other_standard", "composite")
"""Why a county's figure is withheld, the primary ones first."""


class DisclosureError(Exception):
    """The rules of disclosure are not sound; the message names file, key, and what was wanted."""


class _Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    minimum_units: int | None = None
    dominant_share: float | None = None
    contact: str | None = None
    public: tuple[str, ...] = ()
    confidential: tuple[str, ...] = ()


class Disclosure(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of the public edition.

    `public` are the fields of a school, named without their stage, that are shown by school; all others are
    confidential. `minimum_units` is the least number of reporting units behind a county's figure of a confidential
    field, `dominant_share` the largest share of its total that a single unit may make.
    """

    public: frozenset[str]
    minimum_units: int
    dominant_share: float
    contact: str


@cache
def field_rows() -> tuple[dict[str, str], ...]:
    """The entries of `disclosure.csv`: group, field without its stage (empty for the group), is public, reason."""
    with (HERE / "disclosure.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines))


def _bases() -> dict[str, str]:
    """Every field of a school's return without its stage, and its group."""
    return {entry["base"]: entry["group"] for entry in school_fields()}


def disclosure(own: Path | None = None) -> Disclosure:
    """The rules in force: ours, and what the file `own` sets otherwise. Raises DisclosureError."""
    written = _read(HERE / "disclosure.toml")
    ruled = {(row["group"], row["base"]): row["is_public"] == "yes" for row in field_rows()}
    bases = _bases()
    public = {base for base, group in bases.items() if ruled.get((group, base), ruled.get((group, ""), False))}
    changed = _read(own) if own is not None and own.exists() else _Written()
    unknown = sorted({*changed.public, *changed.confidential} - set(bases))
    if unknown:
        raise DisclosureError(
            f"{own}: 没有字段 {'、'.join(unknown)}；字段名见 schemas/school_fields.csv 的 base 列。"
            " / No such fields; the column base of schemas/school_fields.csv names them."
        )
    both = sorted(set(changed.public) & set(changed.confidential))
    if both:
        raise DisclosureError(f"{own}: {'、'.join(both)} 既列为公开又列为保密。 / Both public and confidential.")
    return Disclosure(
        public=frozenset((public | set(changed.public)) - set(changed.confidential)),
        minimum_units=changed.minimum_units or written.minimum_units or 1,
        dominant_share=written.dominant_share or 1.0 if changed.dominant_share is None else changed.dominant_share,
        contact=changed.contact or written.contact or "",
    )


def _read(path: Path) -> _Written:
    try:
        found = msgspec.convert(tomllib.loads(path.read_text("utf-8")), _Written)
    except (msgspec.ValidationError, tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise DisclosureError(f"{path}: {fault}") from fault
    if found.minimum_units is not None and found.minimum_units < 1:
        raise DisclosureError(f"{path}: minimum_units 至少为 1。 / minimum_units is at least 1.")
    if found.dominant_share is not None and not 0 < found.dominant_share <= 1:
        raise DisclosureError(f"{path}: dominant_share 大于 0，至多为 1。 / dominant_share is above 0, at most 1.")
    return found
