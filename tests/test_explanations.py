"""Experience findings and what was said of them, drawn by hand: two years of a school, one explanation, each status."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from pipelines.coverage import IDENTITY
from pipelines.experience import experience_findings, read_columns
from pipelines.explanations import finding_explanations
from pipelines.registers import RegisterError, read_register
from pipelines.synthetic import explanations, province
from schemas.contract import accept, conform
from schemas.explanations import EXPERIENCE_FINDINGS, EXPLANATIONS, FINDING_EXPLANATIONS
from schemas.lineage import SCHOOL_LINEAGE
from schemas.tables import SCHOOLS

PLACE = {"source": "cn-returns", "province_code": "690000", "county_code": "690101", "county_name": "云汀区"}
BOOKS = "2169000001/whole/swing/books"


def school(year: int, **figures: Any) -> dict[str, Any]:
    """A return of the one school, with these figures and nothing else."""
    return {
        **PLACE,
        "school_year": year,
        "school_id": "2169000001",
        "school_name": "云汀区第一小学",
        "return_part": "whole",
        "file": f"{year}-年报.csv",
        "row": 2,
        **figures,
    }


def schools(*rows: dict[str, Any]) -> pl.DataFrame:
    """The returns as the table `schools` has them."""
    return conform(pl.DataFrame(rows, infer_schema_length=None), SCHOOLS)


def lineage(*pairs: tuple[int, str, str]) -> pl.DataFrame:
    """School year, identifier and lineage of schools."""
    rows = [
        {**PLACE, "school_year": y, "school_id": i, "lineage_id": n, "school_name": "某校", "return_part": "whole"}
        for y, i, n in pairs
    ]
    return conform(pl.DataFrame(rows, schema=None if rows else {"school_year": pl.Int32}), SCHOOL_LINEAGE)


def found(year: int, *rows: dict[str, Any]) -> pl.DataFrame:
    """The findings of a school year, as the table is accepted."""
    table = schools(*rows).select(read_columns())
    return accept(experience_findings(table, SCHOOL_LINEAGE.empty(), year), EXPERIENCE_FINDINGS)


@pytest.mark.parametrize(
    ("before", "now", "check", "threshold"),
    [
        (100, 250, "swing", 2.0),
        (250, 100, "swing", 2.0),
        (100, 1000, "times_10", 10.0),
        (1000, 100, "times_10", 10.0),
        (3, 30_000, "yuan_wan", 10_000.0),
        (3000, 2_000_010, "mu_m2", 666.67),
    ],
)
def test_a_figure_far_from_the_year_before_is_a_finding(before: int, now: int, check: str, threshold: float) -> None:
    rows = found(2023, school(2022, books=before), school(2023, books=now))
    row = rows.row(0, named=True)
    assert rows.height == 1
    assert (row["check"], row["column"], row["threshold"]) == (check, "books", threshold)
    assert (row["value_before"], row["value"]) == (float(before), float(now))
    assert (row["file"], row["row"], row["file_before"]) == ("2023-年报.csv", 2, "2022-年报.csv")


@pytest.mark.parametrize(("before", "now"), [(100, 200), (100, 50), (20, 49), (None, 500), (100, None), (0, 500)])
def test_a_doubled_a_small_or_a_missing_figure_is_none(before: int | None, now: int | None) -> None:
    assert found(2023, school(2022, books=before), school(2023, books=now)).height == 0


def test_ten_figures_repeated_are_a_copy_and_nine_are_not() -> None:
    fields = [name for name in read_columns() if SCHOOLS.polars_schema[name].is_integer() and name != "school_year"]
    fields = [name for name in fields if name != "row"]
    ten = dict.fromkeys(fields[:10], 7)
    row = found(2023, school(2022, **ten), school(2023, **ten)).row(0, named=True)
    assert (row["check"], row["column"], row["value"], row["value_before"]) == ("copy", "", 10.0, None)
    nine = dict.fromkeys(fields[:9], 7)
    assert found(2023, school(2022, **nine), school(2023, **nine)).height == 0


def test_the_number_of_a_finding_hangs_on_neither_row_nor_year_nor_identifier() -> None:
    other = {"school_id": "2169000002", "school_name": "云汀区第二小学"}
    one = [school(2022, books=100), school(2023, books=300)]
    two = [school(2022, books=60, **other), school(2023, books=500, **other)]
    forwards, backwards = found(2023, *one, *two), found(2023, *reversed([*one, *two]))
    assert forwards.equals(backwards)
    assert forwards["finding_id"].to_list() == [BOOKS, "2169000002/whole/swing/books"]
    later = [school(2023, books=300), school(2024, books=900)]
    assert found(2024, *later)["finding_id"].to_list() == [BOOKS]
    recoded = [{**row, "school_id": "3169000009"} for row in later]
    known = lineage((2024, "3169000009", "2169000001"))
    rows = experience_findings(schools(*recoded).select(read_columns()), known, 2024)
    assert rows["finding_id"].to_list() == [BOOKS]


TWO_YEARS = (school(2021, books=100), school(2022, books=300), school(2023, books=900))
FINDINGS = pl.concat([found(2022, *TWO_YEARS), found(2023, *TWO_YEARS)])


def explained(year: int, before: float, value: float, **more: Any) -> dict[str, Any]:
    """An entry of the register on the school's books."""
    return {
        "source": "cn-returns",
        "school_year": year,
        "county_code": "690101",
        "school_id": "2169000001",
        "check": "swing",
        "column": "books",
        "value_before": before,
        "value": value,
        "text": f"{year} 年接收捐赠图书",
        "explained_by": "王某",
        "explained_on": dt.date(year, 10, 9),
        **more,
    }


def register(*rows: dict[str, Any]) -> pl.DataFrame:
    """The register with these entries."""
    return accept(
        conform(pl.DataFrame(rows, schema=None if rows else {"source": pl.String}), EXPLANATIONS), EXPLANATIONS
    )


def outcome(year: int, *rows: dict[str, Any], findings: pl.DataFrame = FINDINGS) -> list[dict[str, Any]]:
    """What became of the findings of a school year."""
    places = schools(*TWO_YEARS).select(IDENTITY)
    table = finding_explanations(findings, register(*rows), SCHOOL_LINEAGE.empty(), places, year)
    return accept(table, FINDING_EXPLANATIONS).rows(named=True)


def test_a_finding_of_which_nothing_was_said_is_open() -> None:
    (row,) = outcome(2022)
    assert (row["status"], row["reason"], row["text"], row["age"]) == ("open", None, None, None)


def test_what_was_said_of_these_values_this_year_explains_it() -> None:
    (row,) = outcome(2022, explained(2022, 100, 300, document="捐赠清单"))
    assert (row["status"], row["age"], row["explained_value"]) == ("explained", 0, 300.0)
    assert (row["text"], row["explained_by"], row["document"]) == ("2022 年接收捐赠图书", "王某", "捐赠清单")
    assert row["explained_on"] == dt.date(2022, 10, 9)


def test_an_explanation_that_is_still_good_is_offered_again_with_its_age() -> None:
    (row,) = outcome(2023, explained(2022, 100, 300, valid_until=2023))
    assert (row["status"], row["age"], row["explained_year"]) == ("carried_over", 1, 2022)
    assert (row["text"], row["explained_value"]) == ("2022 年接收捐赠图书", 300.0)


@pytest.mark.parametrize("valid_until", [None, 2022])
def test_an_explanation_ends_with_its_last_year_and_without_one_with_its_own(valid_until: int | None) -> None:
    (row,) = outcome(2023, explained(2022, 100, 300, valid_until=valid_until))
    assert (row["status"], row["age"], row["text"]) == ("expired", 1, "2022 年接收捐赠图书")


def test_a_new_explanation_goes_before_an_earlier_one_and_a_newer_before_an_older() -> None:
    old = explained(2022, 100, 300, valid_until=2030)
    (row,) = outcome(2023, old, explained(2023, 300, 900))
    assert (row["status"], row["explained_year"]) == ("explained", 2023)
    rows = (school(2023, books=900), school(2024, books=2000))
    findings = pl.concat([FINDINGS, found(2024, *rows)])
    (row,) = outcome(2024, old, explained(2023, 300, 900), findings=findings)
    assert (row["status"], row["explained_year"], row["age"]) == ("expired", 2023, 1)


@pytest.mark.parametrize(("before", "value"), [(100, 310), (90, 300)])
def test_what_was_said_of_other_values_does_not_hold_in_its_year_nor_later(before: float, value: float) -> None:
    told = explained(2022, before, value, valid_until=2030)
    for year in (2022, 2023):
        (row,) = outcome(year, told)
        assert (row["status"], row["reason"], row["text"]) == ("open", "value_changed", "2022 年接收捐赠图书")


def test_what_was_said_of_nothing_unusual_is_named() -> None:
    mended = FINDINGS.filter(pl.col("school_year") == 2023)
    (row,) = outcome(2022, explained(2022, 100, 300), findings=mended)
    assert (row["status"], row["county_name"], row["finding_id"]) == ("no_finding", "云汀区", BOOKS)
    (later,) = outcome(2023, explained(2022, 100, 300, valid_until=2030), findings=mended)
    assert later["status"] == "open"
    assert later["text"] is None


def test_an_explanation_follows_a_school_to_its_new_identifier() -> None:
    recoded = [{**school(2022, books=300)}, {**school(2023, books=900), "school_id": "3169000009"}]
    before = {**recoded[0], "school_id": "3169000009"}
    known = lineage((2022, "2169000001", "2169000001"), (2023, "3169000009", "2169000001"))
    now = experience_findings(schools(before, recoded[1]).select(read_columns()), known, 2023)
    findings = pl.concat([FINDINGS.filter(pl.col("school_year") == 2022), now])
    places = schools(*TWO_YEARS).select(IDENTITY)
    told = register(explained(2022, 100, 300, valid_until=2023))
    (row,) = finding_explanations(findings, told, known, places, 2023).rows(named=True)
    assert (row["status"], row["school_id"]) == ("carried_over", "3169000009")


def test_the_check_of_an_explanation_may_be_of_any_kind_and_of_a_county() -> None:
    county = {"school_id": None, "check": "heap_above_norm", "column": "class_size"}
    (row,) = [row for row in outcome(2022, explained(2022, 100, 300, **county)) if row["check"] == "heap_above_norm"]
    assert (row["finding_id"], row["status"]) == ("county:690101/whole/heap_above_norm/class_size", "no_finding")


HEAD = ",".join(column.name for column in EXPLANATIONS.columns)
LINE = "cn-returns,2022,690101,2169000001,,swing,books,100,300,接收捐赠图书,王某,2022-10-09,,2024"


def test_a_sound_register_is_read() -> None:
    rows = read_register(f"{HEAD}\n{LINE}\n", "explanations.csv", EXPLANATIONS, ["cn-returns"])
    assert rows.row(0, named=True)["explained_on"] == dt.date(2022, 10, 9)


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ("王某", "", "第 2 行 row 2，explained_by：空，不能空缺，请补填"),
        ("2022-10-09", "", "第 2 行 row 2，explained_on：空，不能空缺，请补填"),
        ("2022-10-09", "去年底", "第 2 行 row 2，explained_on：“去年底”，应为日期，写法如 2021-08-31"),
        ("接收捐赠图书", "", "第 2 行 row 2，text：空，不能空缺，请补填"),
        (",300,", ",,", "第 2 行 row 2，value：空，不能空缺，请补填"),
        (",300,", ",很多,", "第 2 行 row 2，value：“很多”，应为数字"),
        (",300,", ",nan,", "第 2 行 row 2，value：“nan”，应为数字"),
        (",2024", ",2021", "第 2 行 row 2，valid_until：“2021”，早于说明所属学年；只限当年的请留空"),
        (",2024", ",永久", "第 2 行 row 2，valid_until：“永久”，应为数字"),
        (",swing,", ",,", "第 2 行 row 2，check：空，不能空缺，请补填"),
        ("690101", "", "第 2 行 row 2，county_code：空，不能空缺，请补填"),
        ("cn-returns", "别的", "第 2 行 row 2，source：“别的”，没有这个来源；有：cn-returns"),
        (LINE, f"{LINE}\n{LINE}", "同一件事登记了两次，请删去一行"),
    ],
)
def test_each_fault_of_the_register_is_named_with_row_column_and_what_is_wanted(good: str, bad: str, said: str) -> None:
    with pytest.raises(RegisterError) as fault:
        read_register(f"{HEAD}\n{LINE.replace(good, bad)}\n", "explanations.csv", EXPLANATIONS, ["cn-returns"])
    assert "1 处问题" in str(fault.value)
    assert said in str(fault.value)


def test_the_invented_province_has_a_finding_of_every_status_in_its_last_years() -> None:
    years = province()
    told = accept(explanations(years), EXPLANATIONS)
    place = {"source": pl.lit("cn-returns"), "province_code": pl.lit("690000"), "return_part": pl.lit("whole")}
    returns = pl.concat(
        conform(rows.with_columns(school_year=pl.lit(year, pl.Int32), file=pl.lit("a.csv"), **place), SCHOOLS)
        for year, rows in years.items()
    )
    read, none = returns.select(read_columns()), SCHOOL_LINEAGE.empty()
    findings = pl.concat(experience_findings(read, none, year) for year in years)
    statuses = {
        status
        for year in (2022, 2023)
        for status in finding_explanations(findings, told, none, returns.select(IDENTITY), year)["status"]
    }
    assert statuses == {"open", "expired", "carried_over", "explained", "no_finding"}
    assert not told.filter(county_code="690129").height
