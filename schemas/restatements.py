"""The contract of what changed between two editions. It belongs to a publication, not to a school year."""

from __future__ import annotations

import polars as pl

from schemas.columns import PLACE, SOURCE, STAGES, YEAR, count, figure
from schemas.contract import Column, Contract

CAUSES = ("source_revision", "correction", "late_data", "lineage", "standard", "method")
"""Why a published figure may change, in the order in which they are said."""
DECIDED_AGAINST = ("not_met", "not_eligible", "not_recognised")
"""The verdicts that a county or school does not keep a standard."""

RESTATEMENTS = Contract(
    "restatements",
    "每次发布、每个改变的已发布数字或结论一行",
    "One row per publication and published figure or verdict that changed.",
    (
        "publication",
        "school_year",
        "source",
        "county_code",
        "table",
        "standard",
        "stage",
        "indicator",
        "unit_id",
        "figure",
    ),
    (
        count("publication", "发布序号", "Running number of the publication that changed it", "1"),
        Column("edition_before", pl.String, "原版次", "Edition that it stood in before", nullable=False),
        Column("edition", pl.String, "版次", "Edition that it stands in now", nullable=False),
        Column("kind", pl.String, "类别", "A figure or a verdict", nullable=False, one_of=("verdict", "figure")),
        YEAR,
        SOURCE,
        *PLACE,
        Column("table", pl.String, "表", "Table that holds it", nullable=False),
        Column("standard", pl.String, "标准", "Standard; empty for totals of the returns", nullable=False),
        Column(
            "stage",
            pl.String,
            "学段",
            "Stage, all, or empty for the county",
            nullable=False,
            one_of=("", *STAGES, "all"),
        ),
        Column(
            "indicator",
            pl.String,
            "指标",
            "Indicator, item or part; for totals of the returns the field; else empty",
            nullable=False,
        ),
        Column("unit_id", pl.String, "评估单位", "Evaluation unit, empty for the county", nullable=False),
        Column("figure", pl.String, "数字", "Column of the table; total for the returns", nullable=False),
        figure("value_before", "原值", "Value before; null for a verdict, and where none was published"),
        figure("value", "现值", "Value now; null for a verdict, and where there is none any more"),
        Column("verdict_before", pl.String, "原结论", "Verdict before; null for a figure"),
        Column("verdict", pl.String, "现结论", "Verdict now; null for a figure"),
        Column(
            "is_reversed",
            pl.Boolean,
            "是否逆转",
            "A verdict that was met and is no longer, was against and is now met, or was decided and is withdrawn",
            nullable=False,
        ),
        Column(
            "causes",
            pl.String,
            "原因",
            "Every cause that was found, joined by |",
            nullable=False,
            pattern=rf"^({'|'.join(CAUSES)})( \| ({'|'.join(CAUSES)}))*$",
        ),
        Column("document", pl.String, "依据", "Files or standards behind the cause, joined by |"),
    ),
    origin="two editions, cell by cell",
)

HISTORY_TABLES = {RESTATEMENTS.name: RESTATEMENTS}
"""Tables of publications, by name: one file per publication, outside the editions' compared bytes."""
