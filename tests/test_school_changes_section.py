"""The section 学校增减 of a county's page: opened, closed and merged schools, each with its reason or without."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import polars as pl

from reports.captions import Captions
from reports.changes import school_changes
from reports.charts import trend
from schemas.contract import conform
from schemas.lineage import LINEAGE_CANDIDATES, SCHOOL_CHANGES


def row(change: str, before: str, after: str, **more: object) -> dict[str, object]:
    drawn: dict[str, object] = {
        "school_year": 2021, "source": "cn-returns", "county_code": "690101", "change": change,
        "school_id_before": before, "school_id_after": after,
    }  # fmt: skip
    drawn |= {"school_name_before": f"{before}校", "pupils_before": 60} if before else {}
    drawn |= {"school_name_after": f"{after}校", "pupils": 150} if after else {}
    return drawn | more


def entered(event: str) -> dict[str, object]:
    return {"event": event, "event_date": dt.date(2021, 7, 15), "document": "批文1号"}


def test_opened_closed_and_merged_schools_are_listed_with_their_reason_or_without() -> None:
    rows = [
        row("new", "", "N", **entered("opened")),
        row("gone", "C", "", **entered("closed")),
        row("gone", "X", "", reason="reason_missing"),
        row("merged", "A", "M", joint_id="j", **entered("merged")),
        row("merged", "B", "M", joint_id="j", **entered("merged")),
    ]
    frames = {
        "school_changes": conform(pl.DataFrame(rows, infer_schema_length=None), SCHOOL_CHANGES),
        "lineage_candidates": LINEAGE_CANDIDATES.empty(),
    }
    county = SimpleNamespace(frame=frames.__getitem__, name="青岚县", year=2021)
    found = school_changes(county, Captions())  # type: ignore[arg-type]
    assert found is not None
    assert found.sentences == (
        "与上一学年相比：消失 2 所、新增 1 所。",
        "合并或拆分 1 起，不计入同口径学校，另行比较。",
        "其中 1 条原因未填，按报表原样计。",
    )
    assert [(line[0], line[1], line[2]) for line in found.rows] == [
        ("消失", "C校 C", "—"),
        ("消失", "X校 X", "—"),
        ("新增", "—", "N校 N"),
        ("合并", "A校 A", "M校 M"),
        ("合并", "B校 B", "M校 M"),
    ]
    reasons = [line[5] for line in found.rows]
    assert reasons[1] == "原因未填"
    assert all("批文1号" in reason for place, reason in enumerate(reasons) if place != 1)


def test_a_small_trend_is_cut_where_the_series_is_broken() -> None:
    years, cvs = (2019, 2020, 2021, 2022), (0.5, 0.4, 0.3, 0.2)
    whole = trend(years, cvs, None, status="met", label="甲")
    cut = trend(years, cvs, None, status="met", label="甲", breaks=[2021])
    assert whole is not None
    assert cut is not None
    assert (len(whole.lines), len(cut.lines)) == (1, 2)
    assert " ".join(cut.lines).split() == whole.lines[0].split()
