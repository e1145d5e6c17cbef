"""The index of evidence (档案): which documents show each item, in each of three school years."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import polars as pl

from pipelines.figures import ratio
from schemas.contract import tidy
from schemas.judgement import EVIDENCE_INDEX
from standards.items import FactCheck, Growth, Item, Since
from standards.standard import Standard

WINDOW = 3
"""School years for which an item's documents are wanted: this one and the two before it."""
_COUNTY = ["source", "county_code"]
_PLACE = ["source", "province_code", "county_code", "county_name"]
_CELL = ["standard", *_COUNTY, "item", "period"]
_LISTED = [*_PLACE, "standard", "item", "period", "title", "sha256", "dated", "valid_until"]


def evidence_index(
    documents: pl.DataFrame, facts: pl.DataFrame, standards: Iterable[Standard], year: int
) -> pl.DataFrame:
    """Every document of an item in the three school years that end with `year`, and the years that have none.

    A document belongs to the school year of the return that lists it. It is `stale` where it was valid only until a
    day before 1 September of that year, else `present`; a year of an item without any is one row, `missing`. The
    document that a county names beside a finding or score of an item, or beside a fact that one of the item's checks
    reads, is one of the item's documents. Completeness is the share of the three years with a document present.
    Only for a standard of which the county listed a document or reported a fact within the three years; items that
    are not in the source need none.
    """
    asked = list(standards)
    years = pl.col("school_year").is_between(year - WINDOW + 1, year)
    told = facts.filter(years).join(_keys(asked), on="fact", how="inner", maintain_order="left")
    held = pl.concat([_from_documents(documents.filter(years)), _from_facts(told)])
    held = held.sort("dated", nulls_last=False, maintain_order=True).unique(
        [*_CELL, "title"], keep="first", maintain_order=True
    )
    newest = pl.concat(
        [documents.filter(years).select("school_year", *_PLACE), facts.filter(years).select("school_year", *_PLACE)]
    )
    counties = newest.sort("school_year", maintain_order=True).unique(_COUNTY, keep="last", maintain_order=True)
    active = pl.concat([part.select("standard", *_COUNTY) for part in (held, told)]).unique(maintain_order=True)
    wanted = pl.concat(
        [
            active.join(_items(asked), on="standard", how="inner", maintain_order="left"),
            held.select("standard", *_COUNTY, "item"),
        ]
    ).unique(maintain_order=True)
    periods = pl.DataFrame({"period": range(year - WINDOW + 1, year + 1)}, schema={"period": pl.Int32})
    rows = (
        wanted.join(periods, how="cross", maintain_order="left")
        .join(held.drop("province_code", "county_name"), on=_CELL, how="left", validate="1:m", maintain_order="left")
        .join(counties.drop("school_year"), on=_COUNTY, how="left", validate="m:1", maintain_order="left")
    )
    begins = pl.date(pl.col("period"), 9, 1)
    status = (
        pl.when(pl.col("title").is_null())
        .then(pl.lit("missing"))
        .when(pl.col("valid_until") < begins)
        .then(pl.lit("stale"))
        .otherwise(pl.lit("present"))
    )
    rows = rows.with_columns(status=status, title=pl.col("title").fill_null(""), school_year=pl.lit(year, pl.Int32))
    present = pl.col("period").filter(pl.col("status") == "present").n_unique().over("standard", *_COUNTY, "item")
    return tidy(rows.with_columns(completeness=ratio(present, pl.lit(WINDOW))), EVIDENCE_INDEX)


def _from_documents(documents: pl.DataFrame) -> pl.DataFrame:
    """The documents that counties list."""
    return documents.with_columns(period=pl.col("school_year")).select(_LISTED)


def _from_facts(told: pl.DataFrame) -> pl.DataFrame:
    """The documents named beside facts and findings."""
    return (
        told.filter(pl.col("evidence").is_not_null())
        .with_columns(
            period=pl.col("school_year"),
            title=pl.col("evidence"),
            sha256=pl.lit(None, pl.String),
            dated=pl.col("evidence_date"),
        )
        .select(_LISTED)
    )


def _items(asked: Sequence[Standard]) -> pl.DataFrame:
    """The items of the standards that are in the source."""
    rows = [(standard.id, item.id) for standard in asked for item in standard.items if item.is_in_source]
    return pl.DataFrame(rows, schema={"standard": pl.String, "item": pl.String}, orient="row")


def _keys(asked: Sequence[Standard]) -> pl.DataFrame:
    """Every key of `county_facts` that speaks of an item: one row per key, standard and item."""
    rows = [
        (key, standard.id, item.id)
        for standard in asked
        for item in standard.items
        for key in dict.fromkeys(_of_item(standard, item))
    ]
    return pl.DataFrame(rows, schema={"fact": pl.String, "standard": pl.String, "item": pl.String}, orient="row")


def _of_item(standard: Standard, item: Item) -> Iterator[str]:
    """The item's own key, those of its checks, and the facts that they read."""
    yield f"{standard.id}/{item.id}"
    for check in item.checks:
        if check.id:
            yield f"{standard.id}/{item.id}/{check.id}"
        if isinstance(check, FactCheck):
            yield from (*check.plus, *check.minus, *check.over, *check.over_minus)
        elif isinstance(check, Since | Growth):
            yield check.fact
        if isinstance(check, Growth) and check.faster_than:
            yield check.faster_than
