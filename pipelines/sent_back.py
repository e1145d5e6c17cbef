"""Explanations that a county sends back in its follow-up workbook: what is taken into the register, what is refused."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipelines.harmonise import stated_date
from schemas.contract import accept, tidy
from schemas.explanations import EXPLANATIONS, FILLED_IN, FOLLOW_UP_HEADERS, FOLLOW_UP_SHEET, TO_EXPLAIN

_FINDING = ["source", "school_year", "finding_id"]
_KEY = list(EXPLANATIONS.key)
_OF_FIELD = ["source", "school_year", "school_id", "column"]
_YES, _NO = ("是", "true", "1"), ("否", "false", "0")
_FAULTS: dict[str, tuple[str, str]] = {
    "unknown_finding": (
        "本系统现在没有这个发现：报表已经更正的，不必再说明；否则请勿改动灰色各列，或另写一份补正工作簿",
        "there is no such finding now; if the return was corrected, nothing is left to explain; else keep the printed cells",
    ),
    "not_a_number": ("应为数字，请勿改动印好的数值", "a number is wanted; leave the printed values as they were"),
    "repeated": ("同一发现说明了两次，请只留一行", "the same finding is explained twice; leave one row"),
    "not_yes_no": ("应为 是 或留空", "是 (yes) is wanted, or nothing"),
    "nothing_to_keep": ("没有以前的说明可以沿用，请填写说明", "there is no earlier explanation; write one"),
    "text_missing": (
        "不能空缺，请写明情况，或填“是”沿用以前的说明",
        "may not be empty; explain, or keep the earlier text",
    ),
    "who_missing": ("不能空缺，请填写由谁说明", "may not be empty; say who explains it"),
    "when_missing": ("不能空缺，请填写日期，写法如 2023-10-09", "may not be empty; give a date like 2023-10-09"),
    "not_a_date": ("应为日期，写法如 2023-10-09", "a date like 2023-10-09 is wanted"),
    "not_a_year": ("应为学年，写法如 2025；只限当年的请留空", "a school year like 2025 is wanted, or nothing"),
    "valid_before_year": ("早于说明所属学年；只限当年的请留空", "lies before its own school year; leave it empty"),
}
REFUSED = pl.Schema(
    {
        "file": pl.String,
        "sheet": pl.String,
        "row": pl.Int64,
        "header": pl.String,
        "value": pl.String,
        "rule": pl.String,
        "message": pl.String,
        "message_en": pl.String,
        "record": pl.String,
    }
)
"""What is kept of a refused explanation: where, what is wrong and what to do, and the whole row as JSON."""


@dataclass(frozen=True)
class SentBack:
    """What a workbook that came back holds.

    `rows` go into the register. `refused` has a row for each fault (columns as REFUSED); a row with any fault is not
    taken. `blank` are the findings of which nothing was said.
    """

    rows: pl.DataFrame
    refused: pl.DataFrame
    blank: int


def sent_back(cells: pl.DataFrame, findings: pl.DataFrame, said: pl.DataFrame, file: str) -> SentBack:
    """The explanations in the cells of a follow-up workbook's sheet, against the findings that there are now.

    `cells` are text, named as in FOLLOW_UP_HEADERS, with the sheet's `row`. An explanation is of the values that the
    sheet shows, whatever stands there now. A row kept from before (`is_kept`) has the text offered then; who and when
    are of now. `said` is `finding_explanations`.
    """
    trimmed = cells.with_columns(pl.col(list(FOLLOW_UP_HEADERS)).str.strip_chars().replace("", None))
    filled = trimmed.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in FILLED_IN))
    known = findings.select(
        *_FINDING, "county_code", "return_part", *(pl.col(name).alias(f"{name}_found") for name in _OF_FINDING)
    )
    earlier = said.select(*_FINDING, pl.col("text").alias("text_before"), pl.col("document").alias("document_before"))
    read = (
        filled.with_columns(
            school_year=pl.col("school_year").cast(pl.Float64, strict=False).cast(pl.Int32, strict=False),
            is_yes=pl.col("is_kept").str.to_lowercase().is_in(_YES).fill_null(value=False),
            **{f"{name}_read": _number(name) for name in ("value", "value_before", "valid_until")},
            explained_on_read=stated_date(pl.col("explained_on")),
        )
        .join(known, on=_FINDING, how="left", validate="m:1", maintain_order="left")
        .join(earlier, on=_FINDING, how="left", validate="m:1", maintain_order="left")
        .with_columns(
            text_read=pl.coalesce("text", pl.when("is_yes").then("text_before")),
            document_read=pl.coalesce("document", pl.when("is_yes").then("document_before")),
        )
    )
    refused = _refused(read, file)
    sound = read.join(refused.select("row").unique(), on="row", how="anti", maintain_order="left")
    rows = sound.select(
        "source",
        "school_year",
        "county_code",
        *(pl.col(f"{name}_found").replace("", None).alias(name) for name in _OF_FINDING),
        pl.col("return_part").replace("whole", None),
        *(pl.col(f"{name}_read").alias(name) for name in _READ),
        "explained_by",
    )
    return SentBack(accept(tidy(rows, EXPLANATIONS), EXPLANATIONS), refused, trimmed.height - filled.height)


_OF_FINDING = ("school_id", "check", "column")
_READ = ("value_before", "value", "text", "explained_on", "document", "valid_until")


def _number(name: str) -> pl.Expr:
    """A cell as a number; thousands separators are passed over."""
    value = pl.col(name).str.replace_all(",", "", literal=True).cast(pl.Float64, strict=False)
    return pl.when(value.is_finite()).then(value)


def _refused(read: pl.DataFrame, file: str) -> pl.DataFrame:
    """Every fault of the rows: where it stands, what is wrong and what to do."""
    year = pl.col("valid_until_read")
    is_known = pl.col("county_code").is_not_null()
    is_written = pl.col("is_kept").is_not_null()
    of_case = pl.col("is_kept").str.to_lowercase()
    is_lacking = pl.col("text").is_null() & ~pl.col("is_yes")
    is_repeated = pl.struct(_FINDING).is_duplicated() & ~pl.struct(_FINDING).is_first_distinct()
    cases: tuple[tuple[str, str, pl.Expr], ...] = (
        ("unknown_finding", "finding_id", ~is_known),
        ("not_a_number", "value", is_known & pl.col("value_read").is_null()),
        ("not_a_number", "value_before", pl.col("value_before").is_not_null() & pl.col("value_before_read").is_null()),
        ("repeated", "finding_id", is_known & is_repeated),
        ("not_yes_no", "is_kept", is_written & ~of_case.is_in([*_YES, *_NO])),
        ("nothing_to_keep", "is_kept", pl.col("is_yes") & pl.col("text_read").is_null()),
        ("text_missing", "text", is_lacking),
        ("who_missing", "explained_by", pl.col("explained_by").is_null()),
        ("when_missing", "explained_on", pl.col("explained_on").is_null()),
        ("not_a_date", "explained_on", pl.col("explained_on").is_not_null() & pl.col("explained_on_read").is_null()),
        (
            "not_a_year",
            "valid_until",
            pl.col("valid_until").is_not_null()
            & (year.is_null() | (year != year.round()) | ~year.is_between(*_years())),
        ),
        ("valid_before_year", "valid_until", year.is_between(_years()[0], pl.col("school_year") - 1)),
    )
    parts = [
        read.filter(wrong.fill_null(value=False)).select(
            pl.lit(file).alias("file"),
            pl.lit(FOLLOW_UP_SHEET).alias("sheet"),
            "row",
            pl.lit(FOLLOW_UP_HEADERS[column]).alias("header"),
            pl.col(column).alias("value"),
            pl.lit(rule).alias("rule"),
            pl.lit(_FAULTS[rule][0]).alias("message"),
            pl.lit(_FAULTS[rule][1]).alias("message_en"),
            pl.struct(pl.col(name).cast(pl.String).alias(header) for name, header in FOLLOW_UP_HEADERS.items())
            .struct.json_encode()
            .alias("record"),
        )
        for rule, column, wrong in cases
    ]
    return pl.concat(parts).cast(REFUSED).sort("row", maintain_order=True)


def _years() -> tuple[float, float]:
    """The first and the last school year that there can be."""
    column = next(column for column in EXPLANATIONS.columns if column.name == "valid_until")
    return column.minimum or 0, column.maximum or 0


def merged(register: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """The register with further rows; one that speaks of the same finding and school year replaces what stood there."""
    same = [pl.col(name).fill_null("whole" if name == "return_part" else "") for name in _OPTIONAL]
    both = pl.concat([register, rows]).with_columns(key=pl.struct(*sorted(set(_KEY) - set(_OPTIONAL)), *same))
    return tidy(both.unique("key", keep="last", maintain_order=True), EXPLANATIONS)


_OPTIONAL = ("school_id", "return_part", "column")


def said_in_return(explanations: pl.DataFrame) -> pl.DataFrame:
    """What schools say in their own returns of single fields: one row per source, school year, school and field.

    `explanations` is `return_explanations`. What is said of a check that names no field, or several, is left out.
    """
    named = explanations.filter(pl.col("column").is_not_null() & pl.col("said").is_not_null())
    return (
        named.sort("file", "sheet", "row", maintain_order=True)
        .group_by(_OF_FIELD, maintain_order=True)
        .agg(pl.col("said").unique(maintain_order=True).str.join("；"))
    )


def rows_to_complete(findings: pl.DataFrame, said: pl.DataFrame, in_return: pl.DataFrame) -> pl.DataFrame:
    """The findings of which something is still to be said, as rows of the register without who and when.

    The text of an earlier explanation stands in the row, else what the school's own return says of the field
    (`in_return`, of `said_in_return`), so that it can be kept, changed or removed.
    """
    open_ones = said.filter(pl.col("status").is_in(TO_EXPLAIN)).select(*_FINDING, "text", "document")
    rows = (
        findings.join(open_ones, on=_FINDING, how="inner", validate="1:1", maintain_order="left")
        .join(in_return, on=_OF_FIELD, how="left", validate="m:1", maintain_order="left")
        .with_columns(text=pl.coalesce("text", "said"))
    )
    return tidy(
        rows.with_columns(
            pl.col("school_id", "column").replace("", None), pl.col("return_part").replace("whole", None)
        ),
        EXPLANATIONS,
    )
