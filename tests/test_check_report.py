"""The check report and the county page's section on it: a drawn county with a finding of every status, in every face."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any

import polars as pl
import pytest

from pipelines.experience import experience_findings, read_columns
from pipelines.explanations import finding_explanations
from reports.captions import Captions
from reports.documents.check_report import check_report, summary
from reports.documents.model import Document, Table, tables
from reports.documents.render import document_html, document_markdown
from reports.documents.workbook import document_xlsx
from reports.findings import findings_course, has_findings
from reports.language import catalogue, speaking
from reports.papers import county_documents
from reports.site import papers
from reports.year import CountyTables
from schemas.explanations import STATUSES
from schemas.lineage import SCHOOL_LINEAGE
from schemas.tables import shared_fields
from tests.test_documents import Page, Workbook, computed, county, markdown_tables
from tests.test_explanations import explained, register, school, schools

EVIL = "=1+1|<b>校</b>"
FIGURES: dict[int, dict[str, Any]] = {
    2021: {"books": 100, "computers": 60, "equipment_value_yuan": 1000, "site_area_m2": 55.5},
    2022: {"books": 300, "computers": 130, "equipment_value_yuan": 5000, "site_area_m2": 120.5},
    2023: {"books": 900, "computers": 300, "equipment_value_yuan": 50_000, "site_area_m2": 300.25},
}
RETURNS = schools(*(school(year, **figures, school_name=EVIL) for year, figures in FIGURES.items()))
COPY = [
    school(year, school_id="2169000002", school_name="乙校", **dict.fromkeys(shared_fields()[:10], 8))
    for year in (2022, 2023)
]
REGISTER = register(
    explained(2022, 100, 300, valid_until=2023),
    explained(2022, 60, 130, column="computers", text="统一配备"),
    explained(2023, 5000, 50_000, column="equipment_value_yuan", check="times_10", document="验收单"),
    explained(2023, 120.5, 299, column="site_area_m2", text="扩建"),
    explained(2023, 1, 2, column="sports_ground_area_m2", text="已改正"),
)


@cache
def frames() -> dict[str, pl.DataFrame]:
    """The tables of the drawn county with what is unusual in it."""
    read = pl.concat([RETURNS, schools(*COPY)]).select(read_columns())
    found = pl.concat(experience_findings(read, SCHOOL_LINEAGE.empty(), year) for year in (2022, 2023))
    said = finding_explanations(found, REGISTER, SCHOOL_LINEAGE.empty(), RETURNS, 2023)
    return computed() | {
        "experience_findings": found.filter(pl.col("school_year") == 2023),
        "finding_explanations": said,
    }


def drawn() -> CountyTables:
    return county(frames())


def report() -> Document:
    return check_report(drawn())


def rows_of(words: str) -> list[list[str]]:
    """The rows of the table whose caption says this."""
    (table,) = [table for table in tables(report()) if words in table.caption]
    return [[cell.text for cell in row] for row in table.rows]


def test_every_status_is_drawn() -> None:
    assert sorted(frames()["finding_explanations"]["status"].unique()) == sorted(STATUSES)


def test_the_summary_counts_what_the_tables_list() -> None:
    assert summary(drawn()) == (
        "青岚县 2023 学年学校报表经验性核查发现 5 处：待说明 2 处、说明已过期 1 处、沿用待确认 1 处、已说明 1 处。"
        "另有 1 条说明所指的数据已无异常。"
    )
    assert rows_of("经验性核查结果") == [
        ["比上年增减悬殊", "1", "1", "1", "0", "3"],
        ["小数点错位", "0", "0", "0", "1", "1"],
        ["与上年全部相同", "1", "0", "0", "0", "1"],
        ["合计", "2", "1", "1", "1", "5"],
    ]


def test_what_is_open_shows_what_was_said_before_and_of_which_value() -> None:
    found = {row[3]: row for row in rows_of("待说明")}
    expired, changed, copied = found["教学用计算机数"], found["占地面积（平方米）"], found["整份报表"]
    assert expired[4:8] == [
        "130 台",
        "300 台",
        "说明已过期",
        "统一配备（王某，2022 年 10 月 9 日；说明的是 2022 学年的 130 台）",
    ]
    assert changed[6:8] == [
        "待说明（所说明的数值已经变更）",
        "扩建（王某，2023 年 10 月 9 日；说明的是 2023 学年的 299.00 ㎡）",
    ]
    assert copied[4:8] == ["—", "10 项", "待说明", "—"]
    assert copied[8] == "本年 2023-年报.csv 第 2 行；上年 2022-年报.csv 第 2 行"


def test_what_is_carried_over_shows_its_age_and_last_year() -> None:
    (row,) = rows_of("沿用以前的说明")
    assert row[3:] == [
        "图书册数", "300 册", "900 册", "2022 年接收捐赠图书", "王某", "2022 年 10 月 9 日", "2022 学年", "1", "2023 学年",
    ]  # fmt: skip


def test_what_is_explained_shows_who_when_and_what_proves_it() -> None:
    (row,) = rows_of("：已说明")
    assert row[-5:] == ["2023 年接收捐赠图书", "王某", "2023 年 10 月 9 日", "验收单", "2023 学年"]
    (idle,) = rows_of("已无异常")
    assert idle[4:] == ["2.00 ㎡", "已改正", "王某", "2023 年 10 月 9 日"]


def test_tables_are_numbered_in_the_order_of_the_page_and_a_school_of_no_finding_has_its_name() -> None:
    assert [table.caption[:4].strip() for table in tables(report())] == [f"表 {number}" for number in range(1, 6)]
    named = frames() | {"schools": RETURNS.filter(pl.col("school_year") == 2023)}
    last = tables(check_report(county(named)))[-1]
    assert [row[0].text for row in last.rows] == [EVIL]


def test_page_markdown_and_workbook_carry_the_same_rows() -> None:
    document = report()
    wanted = [
        [[column.label for column in table.columns], *([cell.text for cell in row] for row in table.rows)]
        for table in tables(document)
    ]
    assert [len(rows) - 1 for rows in wanted] == [4, 3, 1, 1, 1]
    assert Page(document_html(document)).tables == wanted
    assert markdown_tables(document_markdown(document)) == wanted
    book = Workbook(document_xlsx(document))
    assert book.names == ["封面", *(f"表 {number}" for number in range(1, 6)), "说明"]
    for position, table in enumerate(tables(document), 1):
        assert book_rows(book, position, table) == [
            [cell.text if cell.number is None else cell.number for cell in row] for row in table.rows
        ]


def book_rows(book: Workbook, position: int, table: Table) -> list[list[str | float]]:
    """The last rows of a sheet: as many as the table has, numbers without their formats."""
    rows = book.rows(position)[-len(table.rows) :]
    return [[cell[0] if isinstance(cell, tuple) else cell for cell in row] for row in rows]


def test_the_report_says_the_bounds_that_the_table_has() -> None:
    (section,) = [section for section in report().sections if section.anchor == "checks"]
    (block,) = section.blocks
    assert getattr(block, "sentences", ())[:3] == (
        "比上年增减悬殊：大于上年的 2 倍，或小于其 2 分之一。",
        "小数点错位：约为上年的 10 倍或 10 分之一。",
        "与上年全部相同：所报的各项数据与上年相同，且不少于 10 项。",
    )


def test_the_county_page_counts_and_links_only_where_there_is_something_to_say() -> None:
    (course,) = findings_course(drawn(), Captions())
    assert course.sentences == (
        "本学年学校报表中有 5 处不合常情：待说明 2 处、说明已过期 1 处、沿用待确认 1 处、已说明 1 处。",
    )
    assert course.rows[0] == ("比上年增减悬殊", "1", "1", "1", "0")
    assert [link.href for link in papers(drawn())][-1] == "documents/check-report.html"
    assert any(document.path.endswith("/check-report") for document in county_documents(drawn()))
    assert not findings_course(county(), Captions())
    assert not has_findings(county())
    assert not any("check-report" in link.href for link in papers(county()))
    done = frames()["finding_explanations"].filter(pl.col("status") == "explained")
    explained_all = county(frames() | {"finding_explanations": done})
    assert not findings_course(explained_all, Captions())
    assert has_findings(explained_all)


def test_the_section_stands_in_english_too() -> None:
    with speaking(catalogue("en")):
        (course,) = findings_course(drawn(), Captions())
    assert course.rows[0][0] == "Far from the year before"
    assert course.sentences[0].startswith("In this year's returns of schools 5 things are unusual. Open: 2, ")


@pytest.mark.parametrize("part", ["primary", "junior"])
def test_a_part_of_a_school_s_return_and_a_county_are_called_as_what_they_are(part: str) -> None:
    rows = schools({**school(2022, books=100), "return_part": part}, {**school(2023, books=300), "return_part": part})
    found = experience_findings(rows.select(read_columns()), SCHOOL_LINEAGE.empty(), 2023)
    county_level = {"school_id": None, "check": "heap", "column": "class_size", "explained_on": dt.date(2023, 10, 1)}
    told = register(explained(2023, 1, 2, **county_level))
    said = finding_explanations(found, told, SCHOOL_LINEAGE.empty(), rows, 2023)
    document = check_report(county(computed() | {"experience_findings": found, "finding_explanations": said}))
    firsts = [table.rows[0][0].text for table in tables(document)[1:]]
    assert firsts == [f"云汀区第一小学（{'小学' if part == 'primary' else '初中'}）", "云汀区"]
