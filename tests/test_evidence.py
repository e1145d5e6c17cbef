"""The index of evidence: present, missing or stale, over three school years."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from pipelines.evidence import evidence_index
from schemas.contract import accept, conform
from schemas.county import COUNTY_DOCUMENTS, COUNTY_FACTS
from schemas.judgement import EVIDENCE_INDEX
from standards.items import FactCheck, Finding, Growth, Item, Part, Since
from standards.standard import Standard
from standards.values import Words

Row = dict[str, object]
PLACE: Row = {"source": "cn-returns", "province_code": "690000", "county_code": "690101", "county_name": "青岚县"}
NAME = Words("条", "item")
STANDARD = Standard(
    id="drawn",
    title=NAME,
    document=NAME,
    applies_to=("cn-returns",),
    parts=(Part("government", "items", NAME, "第一条"),),
    items=(
        Item("pay", "government", NAME, "第一条", checks=(FactCheck(plus=("teachers_average_pay_yuan",), limit=1),)),
        Item(
            "growth",
            "government",
            NAME,
            "第二条",
            checks=(Growth(id="pay", fact="pay_yuan", faster_than="revenue_yuan"),),
        ),
        Item("recognised", "government", NAME, "第二条", checks=(Since(fact="recognised_year", limit=3),)),
        Item("layout", "government", NAME, "第二条", checks=(Finding(),)),
        Item("unseen", "government", NAME, "第三条", is_in_source=False),
    ),
)
OTHER = Standard(id="other", title=NAME, document=NAME, applies_to=("cn-returns",), items=STANDARD.items)


def index(documents: list[Row] | None = None, facts: list[Row] | None = None) -> list[Row]:
    listed = [{**PLACE, "school_year": 2023, "standard": "drawn", "file": "d.csv", **row} for row in documents or []]
    told = [
        {**PLACE, "school_year": 2023, "period": 2023, "breakdown": "", "school_id": "", "file": "f.csv", **row}
        for row in facts or []
    ]
    found = evidence_index(
        conform(pl.DataFrame(listed, infer_schema_length=None), COUNTY_DOCUMENTS)
        if listed
        else COUNTY_DOCUMENTS.empty(),
        conform(pl.DataFrame(told, infer_schema_length=None), COUNTY_FACTS) if told else COUNTY_FACTS.empty(),
        [STANDARD, OTHER],
        2023,
    )
    return accept(found, EVIDENCE_INDEX).to_dicts()


def seen(rows: list[Row], item: str) -> list[tuple[object, object, object]]:
    return [(row["period"], row["title"], row["status"]) for row in rows if row["item"] == item]


PLAN: Row = {"item": "layout", "title": "布局规划"}


def test_each_year_without_a_document_is_missing() -> None:
    rows = index([PLAN])
    assert seen(rows, "layout") == [(2021, "", "missing"), (2022, "", "missing"), (2023, "布局规划", "present")]
    assert seen(rows, "pay") == [(year, "", "missing") for year in (2021, 2022, 2023)]


def test_completeness_is_the_share_of_years_with_a_document() -> None:
    rows = index([PLAN, {**PLAN, "title": "会议纪要"}, {**PLAN, "school_year": 2021}, {**PLAN, "school_year": 2020}])
    shares = {row["item"]: row["completeness"] for row in rows}
    assert shares == {"layout": pytest.approx(2 / 3), "pay": 0, "growth": 0, "recognised": 0}


def test_a_document_that_ran_out_before_its_year_began_is_stale_and_does_not_count() -> None:
    rows = index(
        [
            {**PLAN, "valid_until": dt.date(2023, 8, 31)},
            {**PLAN, "school_year": 2022, "valid_until": dt.date(2022, 9, 1)},
        ]
    )
    assert seen(rows, "layout")[1:] == [(2022, "布局规划", "present"), (2023, "布局规划", "stale")]
    assert [row["completeness"] for row in rows if row["item"] == "layout"] == [pytest.approx(1 / 3)] * 3


def test_the_document_beside_a_finding_is_evidence_of_its_item() -> None:
    rows = index(
        facts=[{"fact": "drawn/layout", "finding": True, "evidence": "批复", "evidence_date": dt.date(2023, 5, 1)}]
    )
    assert seen(rows, "layout")[-1] == (2023, "批复", "present")


def test_the_document_beside_a_fact_is_evidence_of_the_items_that_read_it() -> None:
    rows = index(facts=[{"fact": "teachers_average_pay_yuan", "value": 90_000, "evidence": "财政决算"}])
    assert seen(rows, "pay")[-1] == (2023, "财政决算", "present")
    assert {row["standard"] for row in rows} == {"drawn", "other"}


@pytest.mark.parametrize("fact", ["drawn/growth", "drawn/growth/pay", "pay_yuan", "revenue_yuan"])
def test_every_key_of_an_item_names_its_evidence(fact: str) -> None:
    assert seen(index(facts=[{"fact": fact, "evidence": "决算"}]), "growth")[-1] == (2023, "决算", "present")


def test_one_document_named_twice_is_one() -> None:
    rows = index([{**PLAN, "sha256": "0" * 64}], [{"fact": "drawn/layout", "finding": True, "evidence": "布局规划"}])
    assert seen(rows, "layout")[-1:] == [(2023, "布局规划", "present")]
    assert [row["sha256"] for row in rows if row["title"]] == ["0" * 64]


def test_items_that_are_not_in_the_source_need_no_document() -> None:
    assert seen(index([PLAN]), "unseen") == []


def test_a_standard_of_which_the_county_says_nothing_has_no_row() -> None:
    assert {row["standard"] for row in index([PLAN])} == {"drawn"}
    assert index() == []
    assert index([{**PLAN, "school_year": 2020}]) == []


def test_a_document_of_an_indicator_is_kept() -> None:
    assert seen(index([{"item": "books", "title": "图书清单"}]), "books")[-1] == (2023, "图书清单", "present")
