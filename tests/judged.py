"""Standards of one item, drawn by hand, and counties judged under them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec
import polars as pl

from pipelines.judgement import Judged, judge
from pipelines.units import units
from schemas.contract import accept, conform
from schemas.county import COUNTY_FACTS
from schemas.judgement import COUNTY_CHECKS, COUNTY_ITEMS, COUNTY_PARTS, COUNTY_VERDICTS, SCHOOL_CHECKS
from schemas.tables import RESOURCE_VERDICTS
from standards.items import Item, Part
from standards.standard import Standard, standards
from standards.values import Words
from tests.county import schools

Row = dict[str, object]
WORDS = Words("甲", "one")
PLACE: Row = {
    "school_year": 2023,
    "source": "cn-returns",
    "province_code": "690000",
    "county_code": "690101",
    "county_name": "青岚县",
}


def part(name: str = "asked", role: str = "items", **more: object) -> Part:
    """A part, by default one that must be met item by item."""
    return Part(id=name, role=role, title=WORDS, article="", **more)  # type: ignore[arg-type]


def item(name: str = "one", *checks: object, points: str | None = None, **more: object) -> Item:
    """An item of the part `asked`."""
    worth = None if points is None else Decimal(points)
    fields = {"part": "asked", "label": WORDS, "article": "", "points": worth, **more}
    return Item(id=name, checks=checks, **fields)  # type: ignore[arg-type]


def made(*checks: object, **more: object) -> Standard:
    """A standard `drawn` over the schools of the quality standard, with one item of these checks; or as said."""
    quality = standards()["cn-quality-2017"]
    bare = Standard(title=WORDS, document=WORDS, applies_to=("cn-returns",), id="drawn")
    fields = {
        "scope": quality.scope,
        "split": quality.split,
        "parts": (part(),),
        "items": (item("one", *checks),) if checks else (),
        **more,
    }
    return msgspec.structs.replace(bare, **fields)


def told(
    facts: Mapping[str, object], *, finding: Mapping[str, bool] | None = None, score: object = None, **more: object
) -> list[Row]:
    """What a county says: facts by name, findings by name; `score` goes with each finding."""
    common: Row = {**PLACE, "period": 2023, "breakdown": "", "school_id": "", "file": "drawn.csv", **more}
    rows = [{**common, "fact": name, "value": None if value is None else str(value)} for name, value in facts.items()]
    rows += [{**common, "fact": name, "finding": said, "score": score} for name, said in (finding or {}).items()]
    return rows


def scored(scores: Mapping[str, object], **more: object) -> list[Row]:
    """Points that a county gives itself, by item or part."""
    common: Row = {**PLACE, "period": 2023, "breakdown": "", "school_id": "", "file": "drawn.csv", **more}
    return [{**common, "fact": name, "score": None if score is None else str(score)} for name, score in scores.items()]


def fact_frame(rows: Sequence[Row]) -> pl.DataFrame:
    """County facts as the engine takes them."""
    if not rows:
        return COUNTY_FACTS.empty()
    names = dict.fromkeys(name for row in rows for name in row)
    full = [{name: row.get(name) for name in names} for row in rows]
    return conform(pl.DataFrame(full, infer_schema_length=None), COUNTY_FACTS)


def resource_row(standard: str, verdict: str, **more: object) -> Row:
    """The verdict on a county's resource part."""
    return {**PLACE, "standard": standard, "stage": "all", "verdict": verdict, **more}


def drawn(**more: object) -> Row:
    """A primary school of which nothing but its pupils is reported."""
    return {"pupils_primary": 100, **more}


def judged(
    standard: Standard,
    facts: Sequence[Row],
    rows: Sequence[Row],
    *,
    resource: Sequence[Row] = (),
    others: Mapping[str, Standard] | None = None,
    year: int = 2023,
) -> Judged:
    """The tables of the school year under the standard."""
    found = units(schools(list(rows)), standard) if rows else units(schools([drawn()]), standard).clear()
    verdicts = pl.DataFrame(list(resource)) if resource else RESOURCE_VERDICTS.empty()
    return judge(
        found,
        fact_frame([*facts, *(() if rows or facts else told({"presence": 1}))]),
        conform(verdicts, RESOURCE_VERDICTS),
        COUNTY_VERDICTS.empty(),
        {standard.id: standard, **(others or {})},
        year,
    )


def accepted(found: Judged) -> Judged:
    """The tables, each seen to keep its contract."""
    for name, contract in (
        ("school_checks", SCHOOL_CHECKS),
        ("county_checks", COUNTY_CHECKS),
        ("county_items", COUNTY_ITEMS),
        ("county_parts", COUNTY_PARTS),
        ("county_verdicts", COUNTY_VERDICTS),
    ):
        accept(getattr(found, name), contract)
    return found
