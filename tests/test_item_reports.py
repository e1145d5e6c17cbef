"""Pages say of a standard's items, parts and ledger what the tables say, once, in words, on both faces."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache

import polars as pl
import pytest

from pipelines.dispersion import county_dispersion, variance_shares
from pipelines.indicators import unit_indicators
from pipelines.judgement import judge
from pipelines.ledger import ledger
from pipelines.units import units
from pipelines.verdicts import resource_verdicts, school_verdicts
from reports import display, render
from reports.county import county_report
from reports.courses import rate_label
from reports.items import MARKS, found_words, limit_words, value_words, years_met
from reports.methodology import standard_page
from reports.model import CountyReport, ItemPart, ItemRow, StandardPart
from reports.province import province_report
from reports.requirement import formula, in_words
from reports.site import render_year
from reports.year import YearTables, leading, ordered
from schemas.contract import conform
from schemas.county import COUNTY_FACTS, COUNTY_MEASURES
from schemas.source import sources
from schemas.tables import TABLES
from standards.items import (
    Check,
    EveryClass,
    EverySchool,
    FactCheck,
    Finding,
    Growth,
    NeverBoth,
    OtherStandard,
    Since,
    Total,
    Where,
)
from standards.standard import standards
from standards.values import Dated
from tests.county import schools
from tests.test_reports import SOUND, Page, figures, refusals, returns, unmarked

Row = dict[str, object]
Tables = dict[str, pl.DataFrame]
YEAR = 2023
QUALITY, BASIC = "cn-quality-2017", "cn-basic-2012"
PLACE: Row = {
    "school_year": YEAR,
    "source": "cn-returns",
    "province_code": "690000",
    "county_code": "690101",
    "county_name": "青岚县",
}
SCHOOLS: list[Row] = [
    SOUND | {"trained_teachers_primary": 60, "certified_teachers_primary": 60 - (i < 7)} for i in range(9)
]
EVIL = "<script>alert(1)</script>|=1+1"


def said(fact: str, **more: object) -> Row:
    """A fact of the county, for the school year unless it says another."""
    return {**PLACE, "fact": fact, "period": YEAR, "breakdown": "", "school_id": "", "file": "县级.xlsx", **more}


def facts(rows: list[Row]) -> pl.DataFrame:
    numbered = [row | {"row": number} for number, row in enumerate(rows, 2)]
    return conform(pl.DataFrame(numbered, infer_schema_length=None), COUNTY_FACTS) if rows else COUNTY_FACTS.empty()


def judged(rows: list[Row], drawn: list[Row] = SCHOOLS, province: str = "690000") -> Tables:
    """Every table that a county page shows, from drawn schools and facts of the county."""
    returned = schools([row | {"province_code": province} for row in drawn])
    own = facts([row | {"province_code": province} for row in rows])
    parts: dict[str, list[pl.DataFrame]] = {}
    for standard in standards().values():
        found = units(returned, standard)
        values = unit_indicators(found, standard, own)
        spread = county_dispersion(found, values, standard)
        by_school = school_verdicts(values, standard)
        for name, table in (
            ("units", found),
            ("unit_indicators", values),
            ("county_dispersion", spread),
            ("variance_shares", variance_shares(values)),
            ("school_verdicts", by_school),
            ("resource_verdicts", resource_verdicts(spread, by_school, standard)),
        ):
            parts.setdefault(name, []).append(table)
    tables: Tables = {name: pl.concat(found) for name, found in parts.items()}
    tables |= {"schools": returned, "returns": returns(returned), "quarantine": refusals(), "county_facts": own}
    tables |= vars(
        judge(tables["units"], own, tables["resource_verdicts"], TABLES["county_verdicts"].empty(), standards(), YEAR)
    )
    names = ("county_items", "county_checks", "school_checks", "unit_indicators", "county_dispersion")
    return tables | {
        "ledger": pl.concat(
            ledger(
                *(tables[name] for name in names),
                COUNTY_MEASURES.empty(),
                TABLES["ledger"].empty(),
                standards()[name],
                YEAR,
            )
            for name in (BASIC, QUALITY)
        )
    }


REPORTED = [
    said(f"{QUALITY}/layout", finding=True, evidence=EVIL, evidence_date=dt.date(2023, 8, 1), office="基教科"),
    said(f"{QUALITY}/four_unified_standards", finding=False),
    said(f"{QUALITY}/certificates", finding=True),
    said(f"{QUALITY}/fraud", finding=False),
    said("basic_balance_recognised_year", value=2017),
    said("disabled_children_of_age", value=10_000),
    said("disabled_children_enrolled", value=9_496),
    said(f"{BASIC}/left_behind_children", score=5.25, note="档案不全"),
]


@cache
def reported() -> tuple[Tables, CountyReport]:
    tables = judged(REPORTED)
    return tables, report(tables)


@cache
def unreported() -> tuple[Tables, CountyReport]:
    tables = judged([])
    return tables, report(tables)


def report(tables: Mapping[str, pl.DataFrame]) -> CountyReport:
    year = YearTables(tables, YEAR, standards(), sources())
    return county_report(next(iter(year.counties())), [YEAR])


def part(made: CountyReport, name: str) -> StandardPart:
    return next(found for found in made.standards if found.anchor == name)


def items_of(made: CountyReport, standard: str, name: str) -> ItemPart:
    return next(found for found in part(made, standard).parts if found.anchor == f"{standard}-{name}")


def verdict_row(tables: Tables, standard: str) -> Row:
    return tables["county_verdicts"].row(by_predicate=pl.col("standard") == standard, named=True)


# -- verdicts ---------------------------------------------------------------------------------------------------------


def test_the_card_bears_the_verdict_on_the_whole_standard_and_every_part_of_it() -> None:
    tables, made = reported()
    shown = part(made, QUALITY)
    assert shown.verdict.word == display.status_word(str(verdict_row(tables, QUALITY)["verdict"]))
    rows = tables["county_parts"].filter(pl.col("standard") == QUALITY).sort("position")
    assert len(shown.lines) == rows.height
    for line, row in zip(shown.lines, rows.iter_rows(named=True), strict=True):
        assert line.verdict.status == row["status"]
        if row["role"] not in ("resource", "veto") and row["items"] > 1:
            assert line.words.startswith(f"{row['items']} 项：")
            for count, word in ((row["items_met"], "达标"), (row["items_not_met"], "未达标")):
                assert (f"{count} 项{word}" in re.split("[：、]", line.words)) == bool(count)


def test_the_title_says_the_whole_verdict_with_the_counts_of_its_row() -> None:
    tables, made = reported()
    row = verdict_row(tables, QUALITY)
    assert row["verdict"] == "not_met"
    assert "资源配置部分" not in made.title
    assert f"优质均衡未达标（资源配置{display.status_word(str(row['resource']))}" in made.title
    assert f"{row['items_not_met']} 项条目未达标、{row['items_undetermined']} 项条目无法判定）" in made.title


@pytest.mark.parametrize(
    ("more", "word"),
    [
        (said("basic_balance_recognised_year", value=2022), "不得申报"),
        (said(f"{QUALITY}/entrance_by_examination", finding=True), "不予认定"),
    ],
)
def test_a_gate_that_is_closed_and_a_veto_have_words_of_their_own(more: Row, word: str) -> None:
    rows = [row for row in REPORTED if row["fact"] != more["fact"]]
    made = report(judged([*rows, more]))
    assert part(made, QUALITY).verdict.word == word
    assert f"优质均衡{word}" in made.title
    assert f"决定“{word}”的部分" in part(made, QUALITY).reasons[0]
    for face in (render.county_html(made), render.county_markdown(made)):
        assert word in face


def test_a_veto_is_there_or_not_found_and_never_met() -> None:
    made = report(judged([*REPORTED, said(f"{QUALITY}/entrance_by_examination", finding=True)]))
    vetoes = items_of(made, QUALITY, "veto")
    words = {row.label: row.verdict.word for row in vetoes.rows}
    assert words["存在以考试方式招生"] == "存在"
    assert words["有弄虚作假行为"] == "未发现"
    assert vetoes.verdict.word == "存在"


# -- items ------------------------------------------------------------------------------------------------------------


def test_an_item_says_what_is_asked_what_is_so_and_who_says_it() -> None:
    _tables, made = reported()
    rows = {row.number: row for row in items_of(made, QUALITY, "government").rows}
    layout, unified = rows["1"], rows["2"]
    assert (layout.asked, layout.found, layout.basis) == (("县级认定为“是”",), ("是",), "县级自报")
    assert layout.evidence == f"{EVIL}（2023 年 8 月 1 日）；基教科；县级.xlsx 第 2 行"
    assert unified.verdict.word == "未达标"


def test_a_computed_value_shows_its_side_of_the_limit() -> None:
    _tables, made = reported()
    row = next(row for row in items_of(made, QUALITY, "quality").rows if row.number == "2")
    assert row.asked == ("≥ 95%",)
    assert row.found == ("9,496 / 10,000 = 94.96%",)
    assert row.evidence == "县级.xlsx 第 7、8 行"
    assert row.basis == "计算"
    assert value_words(94.96, "percent", 95.0, "at_least", "not_met") == "94.96%"
    assert value_words(94.9, "percent", 95.0, "at_least", "not_met") == "94.9%"
    assert value_words(6532.4, "yuan", 6000.0, "at_least", "met") == "6,532.40 元"


def test_a_contradiction_is_marked_in_its_row_and_said_in_a_sentence() -> None:
    tables, made = reported()
    government = items_of(made, QUALITY, "government")
    against = [row for row in government.rows if row.is_contradiction]
    assert [row.number for row in against] == ["12"]
    assert against[0].basis == "计算、县级自报（矛盾）"
    assert verdict_row(tables, QUALITY)["contradictions"] == 1
    assert any("县级自报与数据计算矛盾的有 1 项" in sentence for sentence in government.sentences)
    assert any("1 项县级自报与数据计算的结论矛盾" in sentence for sentence in part(made, QUALITY).reasons)


def test_the_schools_that_fail_an_item_are_named_five_and_then_counted() -> None:
    _tables, made = reported()
    row = next(row for row in items_of(made, QUALITY, "government").rows if row.number == "12")
    assert row.found == ("2 / 9 所",)
    assert "未达到的学校：第1小学、第2小学、第3小学、第4小学、第5小学等 7 个" in row.reason


def test_points_are_said_from_what_is_certain_to_what_is_possible() -> None:
    tables, made = reported()
    row = tables["county_parts"].row(
        by_predicate=(pl.col("standard") == BASIC) & (pl.col("part") == "government"), named=True
    )
    shown = items_of(made, BASIC, "government")
    assert shown.has_points
    low, high = (f"{row[name]:.2f}".rstrip("0").rstrip(".") for name in ("score_low", "score_high"))
    assert row["score_low"] < row["score_high"]
    assert shown.sentences[0].startswith(f"{low}–{high} 分（满分 100，合格 85）")


def test_what_is_not_official_text_bears_a_mark_and_the_mark_a_legend() -> None:
    _tables, made = reported()
    shown = part(made, BASIC)
    marks = {row.mark for found in shown.parts for row in found.rows} | {""}
    assert "〔推〕" in marks
    for mark in marks - {""}:
        assert mark in shown.legend
    assert set(MARKS) == {"secondary", "inferred", "provincial"}


def test_items_that_are_not_in_the_source_are_said_once() -> None:
    tables = judged([said("pioneer-2021/leadership_and_policy", finding=True)])
    html = render.county_html(report(tables))
    assert html.count("项未见公开文本，不作评定") == 1


# -- what is not reported -----------------------------------------------------------------------------------------------


def test_a_county_that_reports_nothing_is_told_so_in_a_sentence_and_not_in_rows() -> None:
    tables, made = unreported()
    government = items_of(made, QUALITY, "government")
    shown = {row.number for row in government.rows}
    known = tables["county_items"].filter(
        (pl.col("standard") == QUALITY) & (pl.col("part") == "government") & (pl.col("status") != "undetermined")
    )
    assert len(shown) == known.height
    assert any(sentence.startswith("县级事项尚未上报，以下 ") for sentence in government.sentences)
    for face in (render.county_html(made), render.county_markdown(made)):
        assert face.count("县级事项尚未上报") < 20
        assert "县级未报结论" not in face


def test_standards_of_which_nothing_is_reported_are_named_in_one_sentence() -> None:
    _tables, made = unreported()
    assert len(made.silent) == 1
    assert made.silent[0].startswith("以下标准所需的县级事项尚未上报，均无法判定：")
    assert "pioneer-2021" not in {found.anchor for found in made.standards}


def test_a_standard_without_resources_goes_through_the_whole_page() -> None:
    tables = judged([said("pioneer-2021/leadership_and_policy", finding=True)])
    shown = part(report(tables), "pioneer-2021")
    assert shown.stages == ()
    assert shown.monitoring is None
    assert shown.parts


def test_a_table_that_is_not_given_is_empty() -> None:
    tables, _made = reported()
    bare = {
        name: tables[name]
        for name in ("schools", "returns", "quarantine", "units", "unit_indicators", "county_dispersion",
                     "variance_shares", "school_verdicts", "resource_verdicts")
    }  # fmt: skip
    made = report(bare)
    assert made.title.startswith("青岚县资源配置部分：")
    assert made.ledgers == made.courses == ()
    assert all(found.parts == () and found.lines == () for found in made.standards)


# -- faces ------------------------------------------------------------------------------------------------------------


def test_every_figure_of_items_and_ledgers_stands_on_both_faces() -> None:
    for _tables, made in (reported(), unreported()):
        html, markdown = Page(render.county_html(made)).text, unmarked(render.county_markdown(made))
        found = figures(made)
        assert [text for text in found if text not in html] == []
        assert [text for text in found if text not in markdown] == []


def test_no_cell_is_empty_and_every_row_of_a_markdown_table_is_as_wide_as_its_head() -> None:
    for _tables, made in (reported(), unreported()):
        html = re.sub(r"<svg.*?</svg>", "chart", render.county_html(made), flags=re.DOTALL)
        html = re.sub(r'<span style="width[^>]*></span>', "bar", html)
        assert [cell for cell in Page(html).cells if not cell.strip()] == []
        width = 0
        for line in render.county_markdown(made).splitlines():
            cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
            assert cells in (0, width) or width == 0, line
            width = cells


def test_the_name_of_a_document_is_text() -> None:
    _tables, made = reported()
    html = render.county_html(made)
    assert "<script>alert" not in html
    assert EVIL in Page(html).text
    assert r"\<script\>" in render.county_markdown(made)


def test_ids_are_unique_and_every_link_of_the_page_leads_to_one() -> None:
    tags = Page(render.county_html(reported()[1])).tags
    ids = [attrs["id"] for _, attrs in tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    targets = [attrs["href"] or "" for tag, attrs in tags if tag == "a"]
    assert all(target[1:] in ids for target in targets if target.startswith("#"))


def test_pages_of_a_province_with_a_base_standard_are_made() -> None:
    for province, name in (("370000", "shandong-basic"), ("510000", "sichuan-basic")):
        made = report(judged(REPORTED, province=province))
        assert name in {found.anchor for found in made.standards}
        assert len(render.county_html(made).encode()) < 1_000_000


# -- ledger and courses -------------------------------------------------------------------------------------------------


def test_the_ledger_gathers_the_schools_of_an_item_and_adds_up_their_gaps() -> None:
    tables, made = reported()
    shown = next(found for found in made.ledgers if found.anchor == f"{QUALITY}-ledger")
    unmet = tables["ledger"].filter((pl.col("standard") == QUALITY) & (pl.col("ledger") == "unmet"))
    of_county = unmet.filter(pl.col("subject_id") == "").height
    named = unmet.filter(pl.col("subject_id") != "")["item"].unique()
    doubled = unmet.filter((pl.col("subject_id") == "") & pl.col("item").is_in(named.implode())).height
    assert shown.sentences[0] == (
        f"未达标 {unmet.height} 条：县级 {of_county} 条（其中 {doubled} 条另有逐校记录，表中不另列），"
        f"学校或评估单位 {unmet.height - of_county} 条。"
    )
    row = next(row for row in shown.rows if row.item == "小学：专任教师持有教师资格证上岗率达到 100 %")
    assert (row.subject, row.gap) == ("第1小学、第2小学、第3小学、第4小学、第5小学等 7 个", "合计 7 人")
    assert (row.limit, row.value) == ("100.0%", "—")


def test_the_ledger_counts_for_each_school_what_it_does_not_meet() -> None:
    tables, made = reported()
    shown = next(found for found in made.ledgers if found.anchor == f"{QUALITY}-ledger")
    counts = (
        tables["ledger"]
        .filter((pl.col("standard") == QUALITY) & (pl.col("ledger") == "unmet") & (pl.col("subject_id") != ""))[
            "school_name"
        ]
        .value_counts()
    )
    assert {row.name: row.count for row in shown.schools} == {name: str(count) for name, count in counts.iter_rows()}


def test_a_value_of_the_ledger_shows_its_side_of_the_limit() -> None:
    _tables, made = reported()
    shown = next(found for found in made.ledgers if found.anchor == f"{QUALITY}-ledger")
    row = next(row for row in shown.rows if row.item == "残疾儿童少年入学率达到 95 % 以上")
    assert (row.value, row.limit, row.gap) == ("94.96%", "95.0%", "4 人")


def with_rows(name: str, rows: list[Row]) -> CountyReport:
    tables, _made = reported()
    return report({**tables, name: conform(pl.DataFrame([PLACE | row for row in rows]), TABLES[name])})


def test_stages_of_the_assessment_say_what_is_out_of_order() -> None:
    made = with_rows(
        "assessment_stages",
        [
            {"standard": QUALITY, "assessment": "municipal_review", "body": "市督导室", "due_on": dt.date(2023, 6, 1),
             "progress": "overdue", "finding": "stage_before_open", "open_rectifications": 3},
        ],
    )  # fmt: skip
    (course,) = made.courses
    assert course.anchor == "county-assessments"
    (row,) = course.rows
    assert row == (
        "市复核", "优质均衡", "市督导室", "2023 年 6 月 1 日", "…", "…", "3", "逾期未完成", "…", "上一阶段尚未完成",
    )  # fmt: skip


def test_plans_show_the_share_done_beside_the_share_stated() -> None:
    made = with_rows(
        "plans",
        [
            {"plan": "薄弱学校改造", "zone": "", "period": 2015, "unit": "万元", "first_year": 2011, "target_year": 2015,
             "planned": 13_031.0, "done": 7_010.0, "share": 7_010 / 13_031, "share_due": 1.0, "course": "overdue",
             "stated_share": 0.54, "years_promised": 5, "years_delivered": 3},
        ],
    )  # fmt: skip
    (row,) = made.courses[0].rows
    assert row == (
        "薄弱学校改造", "全县", "2015", "13,031 万元", "7,010 万元", "53.8%", "100.0%", "54.0%", "3 / 5",
        "逾期未完成", "—",
    )  # fmt: skip


def test_a_rate_over_100_percent_is_not_shown_as_one() -> None:
    tables, _made = reported()
    rows = [
        PLACE | {"school_id": "", "stage": "primary", "rate": "entry", "unit": "percent", "numerator": 102.0,
                 "denominator": 100.0, "finding": "over_100"},
        PLACE | {"school_id": "", "stage": "", "rate": "boarder_subsidy", "unit": "yuan_per_pupil",
                 "numerator": 1_828_400.0, "denominator": 2_239.0, "value": 1_828_400 / 2_239, "stated": 750.0,
                 "finding": "stated_disagrees"},
        PLACE | {"school_id": "", "stage": "junior", "rate": "dropout", "unit": "percent", "reason": "not_reported"},
    ]  # fmt: skip
    frame = conform(pl.DataFrame(rows, infer_schema_length=None), TABLES["popularisation"])
    made = report({**tables, "popularisation": frame})
    (course,) = made.courses
    assert course.rows[0] == ("小学入学率", "全县", "—", "102", "100", "—", "超过 100%，不予采用")
    assert course.rows[1][2:] == ("816.61 元/生", "1,828,400", "2,239", "750.00 元/生", "公布的数值与计算不符")
    assert course.sentences == ("2 个数值核对有问题，见表。", "未上报：初中辍学率。")


def test_groups_of_schools_show_how_many_coefficients_lie_above_the_limit() -> None:
    base = {"standard": QUALITY, "grouping": "学区", "group": "东学区", "stage": "primary", "unit": "per_100_pupils",
            "units": 4, "units_reporting": 4, "coverage": 0.5, "limit": 0.5}  # fmt: skip
    made = with_rows(
        "group_dispersion",
        [
            base | {"indicator": "key_teachers", "mean": 2.0, "cv": 0.612, "status": "not_met"},
            base | {"indicator": "teaching_area", "mean": 5.0, "cv": 0.1, "status": "met"},
        ],
    )
    (row,) = made.courses[0].rows
    assert row == ("东学区", "学区", "优质均衡", "小学", "4", "1 / 2", "每百名学生拥有县级以上骨干教师数 0.612")
    assert made.courses[0].sentences == ("学区覆盖 50.0% 的学校。",)


def test_documents_are_counted_by_standard() -> None:
    base = {"standard": QUALITY, "item": "layout", "completeness": 1 / 3}
    other = {"standard": QUALITY, "item": "certificates", "completeness": 1.0}
    made = with_rows(
        "evidence_index",
        [
            base | {"period": 2021, "title": "", "status": "missing"},
            base | {"period": 2022, "title": "a", "status": "stale"},
            base | {"period": 2023, "title": "b", "status": "present"},
            *(other | {"period": year, "title": "c", "status": "present"} for year in (2021, 2022, 2023)),
        ],
    )
    assert made.courses[0].rows == (("优质均衡", "2", "1", "0", "66.7%", "4", "1", "1"),)


def test_every_course_stands_on_both_faces() -> None:
    made = with_rows("plans", [{"plan": "a|b", "zone": "甲区", "period": 2015, "course": "undetermined",
                                "years_promised": 0, "years_delivered": 0}])  # fmt: skip
    for face in (render.county_html(made), unmarked(render.county_markdown(made))):
        assert "规划与承诺" in face
        assert "a|b" in face


# -- words of figures ---------------------------------------------------------------------------------------------------


def all_rows(made: CountyReport, standard: str) -> dict[str, ItemRow]:
    return {row.label: row for found in part(made, standard).parts for row in found.rows}


def test_a_rate_above_100_is_said_to_be_reported_and_refused() -> None:
    rows = [row for row in REPORTED if row["fact"] != "disabled_children_enrolled"]
    made = report(judged([*rows, said("disabled_children_enrolled", value=10_050)]))
    row = all_rows(made, QUALITY)["残疾儿童少年入学率达到 95 % 以上"]
    assert row.found == ("上报 10,050 / 10,000，超过 100%，不予采用",)
    assert row.reason.startswith("比率超过 100%，不予采用")
    quality = items_of(made, QUALITY, "quality")
    assert not any("残疾儿童少年入学率" in sentence for sentence in quality.sentences)


def test_a_check_of_which_the_county_has_no_school_says_so() -> None:
    _tables, made = reported()
    size = all_rows(made, QUALITY)[
        "小学、初中规模不超过 2000 人，九年一贯制、十二年一贯制学校义务教育阶段规模不超过 2500 人"
    ]
    assert size.found[1] == "九年、十二年一贯制学校义务教育阶段：没有此类学校"


@pytest.mark.parametrize(
    ("years", "value", "status", "words"),
    [
        (1, 1.0, "met", "达标"),
        (1, 0.0, "not_met", "未达标"),
        (1, None, "undetermined", "无法判定"),
        (3, 2.0, "not_met", "近 3 年中 2 年达标"),
        (3, None, "undetermined", "无法判定"),
        (3, 0.0, "undetermined", "无法判定"),
    ],
)
def test_another_standard_is_met_in_words(years: int, value: float | None, status: str, words: str) -> None:
    assert years_met(OtherStandard(standard=BASIC, years=years), value, status) == words


def test_a_county_without_a_year_before_has_not_held_the_standard_for_0_years() -> None:
    _tables, made = reported()
    held = all_rows(made, QUALITY).get("基本均衡认定后年度监测持续保持较高水平")
    assert held is None or held.found == ("无法判定",)


GROWTHS = "three-growths"
MONEY = [
    *(said("education_appropriation_yuan", period=2019 + i, value=v) for i, v in enumerate((100_000, 96_000, 106_000, 117_000))),
    *(said("recurrent_revenue_yuan", period=2019 + i, value=v) for i, v in enumerate((500_000, 530_000, 560_000, 600_000))),
]  # fmt: skip


def test_each_year_of_growth_shows_its_figures_and_what_it_is_held_against() -> None:
    tables = judged([*REPORTED, *MONEY])
    row = all_rows(report(tables), GROWTHS)["义务教育财政拨款的增长高于财政经常性收入的增长"]
    (found,) = row.found
    assert found.split("、")[0] == "2020 年 −4.0%（100,000 → 96,000，对照地方财政经常性收入 6.0%）"
    assert "2022 年 10.4%（106,000 → 117,000，对照地方财政经常性收入 7.1%）" in found
    assert "2023 学年评定截至 2022 年的 3 个财政年度（2020–2022）" in row.reason
    assert "falling_fails" not in row.reason
    numbers = row.evidence.split("第 ")[1].removesuffix(" 行").split("、")
    assert len(numbers) == len(MONEY)


def test_the_ledger_names_the_year_and_the_check_that_are_not_met() -> None:
    tables = judged([*REPORTED, *MONEY])
    own = ledger(
        *(tables[name] for name in ("county_items", "county_checks", "school_checks", "unit_indicators", "county_dispersion")),
        COUNTY_MEASURES.empty(), TABLES["ledger"].empty(), standards()[GROWTHS], YEAR,
    )  # fmt: skip
    made = report(tables | {"ledger": own})
    (shown,) = made.ledgers
    assert shown.rows[0].item == "义务教育财政拨款的增长高于财政经常性收入的增长（2020 年）"
    assert (shown.rows[0].subject, shown.rows[0].value, shown.rows[0].limit) == ("全县", "−4.0%", "6.0%")


def test_schools_with_both_are_counted_as_found() -> None:
    check = NeverBoth(first=("books",), second=("computers",))
    row = {"kind": "never_both", "breakdown": "", "status": "met", "schools": 62, "schools_not_met": 0,
           "schools_undetermined": 0}  # fmt: skip
    assert found_words(check, row, standards()[QUALITY]) == "发现 0 所（共 62 所）"
    more = row | {"schools_not_met": 2, "schools_undetermined": 1, "status": "not_met"}
    assert found_words(check, more, standards()[QUALITY]) == "发现 2 所（共 62 所），1 所无法判定"


def test_what_is_only_tracked_bears_no_verdict() -> None:
    visits = [said("satisfaction_visited_satisfied", value=70), said("satisfaction_visited", value=100)]
    tables = judged([*REPORTED, *visits])
    made = report(tables)
    roles = dict(tables["county_parts"].filter(pl.col("standard") == BASIC).select("part", "role").iter_rows())
    lines = {line.href.removeprefix(f"#{BASIC}-"): line for line in part(made, BASIC).lines}
    tracked = [line for name, line in lines.items() if roles.get(name) == "tracking"]
    assert [(line.verdict.status, line.verdict.word) for line in tracked] == [("no_limit", "只作跟踪")]
    assert tracked[0].words == "1 项：1 项未达标"
    for found in part(made, BASIC).parts:
        is_tracked = roles[found.anchor.removeprefix(f"{BASIC}-")] == "tracking"
        assert (found.verdict.word == "只作跟踪") == is_tracked


def test_a_share_below_the_whole_is_not_printed_as_the_whole() -> None:
    assert value_words(99.958, "percent", 95.0, "at_least", "met") == "99.96%"
    assert value_words(100.0, "percent", 95.0, "at_least", "met") == "100.0%"


def test_a_computed_limit_is_rounded_and_still_told_from_the_value() -> None:
    assert limit_words(6.000017028034136, "percent") == "6.0%"
    assert limit_words(6.000017028034136, "percent", 6.0) == "6.00002%"
    assert limit_words(6.0, "percent") == "6.0%"


# -- what is awaited, and from where ------------------------------------------------------------------------------------


def test_what_the_county_has_yet_to_report_is_counted_and_named() -> None:
    tables, made = unreported()
    waiting = tables["county_items"].filter((pl.col("status") == "undetermined") & (pl.col("standard") == QUALITY))
    first, figures_lacking, findings = made.missing.sentences[:3]
    assert "项条目待县级上报后才能判定" in first
    count = int(re.search(r"优质均衡 (\d+) 项", first)[1])  # type: ignore[index]
    assert 0 < count <= waiting.height
    assert "已入学的残疾儿童少年数" in figures_lacking
    assert "缺少县级认定的条目" in findings


def test_a_limit_that_is_not_reported_is_named() -> None:
    drawn = [SCHOOLS[0] | {"pupils_primary": 60, "area_code": "220", "public_fund_budget_yuan": 40_000}]
    made = report(judged(REPORTED, drawn=drawn))
    label = "不足 100 名学生村小学和教学点按 100 名学生核定公用经费"
    row = all_rows(made, QUALITY).get(label)
    government = items_of(made, QUALITY, "government")
    if row is None:
        said_of = next(sentence for sentence in government.sentences if sentence.startswith("县级事项尚未上报"))
        assert label in said_of
    else:
        assert "小学生均公用经费基准定额" in row.reason
    assert any("小学生均公用经费基准定额" in sentence for sentence in made.missing.sentences)


def test_the_files_of_the_countys_own_return_are_among_those_read() -> None:
    tables, _made = reported()
    first = tables["returns"].row(0, named=True)
    own = [first | {"file": "县级.xlsx", "layout": layout} for layout in ("county_facts", "county_plans")]
    rows = pl.concat([tables["returns"], pl.DataFrame(own, schema=tables["returns"].schema)])
    made = report(tables | {"returns": rows})
    names = [row.name for row in made.files.rows]
    assert names.count("县级.xlsx") == 1
    assert f"县级填报 {len(REPORTED)} 行" in made.files.sentence


# -- the page's order and its headlines ---------------------------------------------------------------------------------


def test_tables_are_numbered_in_the_order_of_the_page() -> None:
    for _tables, made in (reported(), unreported()):
        for face in (Page(render.county_html(made)).text, unmarked(render.county_markdown(made))):
            numbers = [int(number) for number in re.findall(r"(?:^|[^\w])表 (\d+) ", face)]
            assert numbers == sorted(numbers)
            assert len(numbers) > 5


def test_a_headline_says_gate_and_veto_and_no_pass_as_a_reason() -> None:
    rows = [row for row in REPORTED if row["fact"] not in ("basic_balance_recognised_year", f"{QUALITY}/fraud")]
    late = said("basic_balance_recognised_year", value=2022)
    made = report(judged([*rows, late, said(f"{QUALITY}/fraud", finding=True)]))
    headline = made.title.split("优质均衡")[1]
    assert headline.startswith("不得申报（门槛或前提未达到、存在一票否决事项")
    assert "资源配置达标" not in headline
    assert "另存在一票否决事项" in part(made, QUALITY).reasons[0]


def test_preconditions_are_not_counted_among_the_items_again() -> None:
    rows = [row for row in REPORTED if row["fact"] != "basic_balance_recognised_year"]
    tables = judged([*rows, said("basic_balance_recognised_year", value=2022)])
    parts = tables["county_parts"].filter(pl.col("standard") == QUALITY)
    items = parts.filter(pl.col("role").is_in(["items", "approval"]))["items_not_met"].sum()
    assert f"{items} 项条目未达标" in report(tables).title


@pytest.mark.parametrize(
    ("name", "word"), [("青岚县", "全县"), ("云汀区", "全区"), ("沐原市", "全市"), ("某旗", "全域"), ("", "全域")]
)
def test_the_whole_of_a_county_is_called_by_its_name(name: str, word: str) -> None:
    assert display.whole(name) == word


def test_a_page_of_a_district_speaks_of_the_district() -> None:
    tables, _made = reported()
    renamed = {
        name: frame.with_columns(county_name=pl.lit("青岚区")) if "county_name" in frame.columns else frame
        for name, frame in tables.items()
    }
    made = report(renamed)
    page = Page(render.county_html(made)).text
    assert "全区平均" in page
    assert "全县平均值与差异系数" not in page
    assert {row.subject for found in made.ledgers for row in found.rows if row.subject.startswith("全")} == {"全区"}


def test_the_rates_of_an_age_do_not_name_their_stage() -> None:
    assert rate_label("completion_at_12", "primary") == "12 周岁完成率"
    assert rate_label("entry", "primary") == "小学入学率"


# -- province ---------------------------------------------------------------------------------------------------------


def test_the_province_counts_whole_verdicts_and_lists_its_candidates() -> None:
    tables, _made = reported()
    candidate = PLACE | {
        "standard": "pioneer-2021", "rank": 1, "conditions": "undetermined", "resource": "met",
        "schools_met_share": 1.0, "least_margin": 0.3, "reasons_for": "leadership_and_policy", "finding": "late",
        "reasons_unknown": "problems_solved | social_approval",
        "is_nominated": True, "nominated_on": dt.date(2021, 12, 11),
    }  # fmt: skip
    frame = conform(pl.DataFrame([candidate]), TABLES["pioneer_candidates"])
    made = province_report(YearTables({**tables, "pioneer_candidates": frame}, YEAR, standards(), sources()), [YEAR])
    (section,) = made.sections
    assert "优质均衡（整项标准）：达标 0 个，未达标 1 个，无法判定 0 个。" in section.sentences
    (course,) = section.candidates
    assert course.rows[0][:4] == ("青岚县", "1", "? 无法判定", "✓ 达标")
    assert course.rows[0][-2:] == ("2021 年 12 月 11 日", "逾期推荐")
    assert "名额 3–5 个" in course.sentences[1]
    assert course.sentences[1].startswith("名额和截止日期为 2021 年首批：")
    unknown = course.rows[0][course.columns.index("无法判定的条件")]
    assert unknown == "认定时发现的问题已解决；社会认可度达到 85 % 以上"
    assert course.rows[0][course.columns.index("不利的条件")] == display.NOT_APPLICABLE
    assert course.caption in Page(render.province_html(made)).text


def test_the_pages_of_a_year_are_the_same_bytes_twice() -> None:
    tables, _made = reported()

    def pages() -> dict[str, str]:
        return dict(
            render_year(tables, YEAR, standards=standards(), sources=sources(), years=[YEAR], is_synthetic=True)
        )

    assert pages() == pages()


def test_standards_that_limit_differences_lead_the_page() -> None:
    names = [standard.id for standard in ordered(standards().values())]
    assert names[:2] == [BASIC, QUALITY]
    assert [standard.id for standard in leading(standards().values())] == [BASIC, QUALITY]


# -- requirements in words ------------------------------------------------------------------------------------------------

ASKED: list[tuple[Check, str, str]] = [
    (FactCheck(plus=("a",), over=("b",), times=100, limit=Decimal(95), unit="percent"), "≥ 95%", "≥ 95%"),
    (
        FactCheck(plus=("a",), limit=Decimal("0.15"), unit="1", must_be="below", each=True),
        "每个分项 < 0.15",
        "each < 0.15",
    ),
    (
        EverySchool(plus=("music_rooms_96_up",), one_for="classes", every=12, unit="rooms", subject="school"),
        "每 12 班至少 1 间",
        "at least 1 room for every 12 classes",
    ),
    (EveryClass(at_most=45), "每班不超过 45 人", "no class of more than 45 pupils"),
    (
        EveryClass(at_most=50, stage="junior"),
        "初中：每班不超过 50 人",
        "junior secondary: no class of more than 50 pupils",
    ),
    (
        EverySchool(plus=("pupils",), limit=Decimal(2000), must_be="at_most", unit="people", subject="school"),
        "每校 ≤ 2,000 人",
        "every school ≤ 2,000 people",
    ),
    (
        EverySchool(plus=("pupils",), limit=Decimal(10), unit="people", subject="school", share=Decimal("0.6")),
        "至少 60% 的学校 ≥ 10 人",
        "at least 60% of the schools ≥ 10 people",
    ),
    (
        Total(
            plus=("pupils",), limit=Decimal(95), unit="percent", where=Where(areas=("urban", "town"), is_public=True)
        ),
        "≥ 95%（城区、镇区，公办）",
        "≥ 95% (urban, town; public)",
    ),
    (Finding(), "县级认定为“是”", "the county says yes"),
    (Finding(expects=False), "县级认定为“否”", "the county says no"),
    (
        Since(fact="basic_balance_recognised_year", limit=Decimal(3), unit="years"),
        "自通过义务教育基本均衡认定的年份起 ≥ 3 年",
        "years since “Year in which basic balance was recognised” ≥ 3 years",
    ),
    (
        Growth(fact="staff_average_pay_yuan"),
        "教职工年人均工资近 3 年逐年增长",
        "Average yearly pay of staff: growing in each of the last 3 years",
    ),
    (
        OtherStandard(standard=BASIC, years=3),
        "义务教育基本均衡的资源配置部分近 3 年均达标",
        "resource part of Basic balance of compulsory education is met in each of the last 3 years",
    ),
    (
        OtherStandard(),
        "本省学校基本办学标准的资源配置部分达标",
        "resource part of the province's base standard is met",
    ),
]


@pytest.mark.parametrize(("check", "zh", "en"), ASKED)
def test_a_check_is_said_in_words(check: Check, zh: str, en: str) -> None:
    words = in_words(check, standards()[QUALITY], YEAR)
    assert (words.zh, words.en) == (zh, en)


def test_the_limit_in_force_on_1_september_is_said() -> None:
    check = FactCheck(
        plus=("a",),
        unit="yuan",
        limits=(Dated(dt.date(2017, 4, 19), Decimal(6000)), Dated(dt.date(2023, 9, 2), Decimal(8000))),
    )
    asked = [in_words(check, standards()[QUALITY], year).zh for year in (2015, 2023, 2024)]
    assert asked == ["≥ 6,000 元", "≥ 6,000 元", "≥ 8,000 元"]


def test_a_fact_may_be_the_limit_and_a_formula_is_said_in_names() -> None:
    check = FactCheck(
        plus=("teachers_average_pay_yuan",), limit_fact="civil_servants_average_pay_yuan", limit_times=Decimal("1.1")
    )
    standard = standards()[QUALITY]
    assert in_words(check, standard, YEAR).zh == "≥ 当地公务员年平均工资收入 × 1.1"
    both = NeverBoth(first=("approved_posts",), first_minus=("staff_on_posts",), second=("off_post_hires",))
    assert in_words(both, standard, YEAR).zh == "没有学校同时“核定编制数 − 在编人数”大于 0 且“编外聘用人数”大于 0"
    total = Total(plus=("trained_teachers",), over=("full_time_teachers",), times=100, limit=Decimal(100))
    assert formula(total, standard).en.endswith("÷ Full-time teachers")


def test_every_check_of_every_standard_has_words_in_both_languages() -> None:
    for standard in standards().values():
        for item in standard.items:
            for check in item.checks:
                words = in_words(check, standard, YEAR)
                assert words.zh
                assert not re.search(r"[\u4e00-\u9fff]", words.en), (standard.id, item.id, words.en)


# -- methodology ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(standards()))
def test_the_page_of_a_standard_names_every_indicator_item_part_and_article(name: str) -> None:
    standard = standards()[name]
    page = standard_page(standard, standards())
    for thing in (*standard.indicators, *standard.items, *standard.parts):
        assert f"| `{thing.id}` |" in page
        assert thing.article.replace("|", "\\|") in page
    for title in (standard.title.zh, standard.title.en):
        assert title in page
    for eased in standard.relaxations:
        assert f"| `{eased.id}` |" in page
        assert eased.until.isoformat() in page


def test_the_page_of_a_standard_says_the_norms_and_the_floors_that_are_executed() -> None:
    page = standard_page(standards()[QUALITY], standards())
    assert "| `above_standard_teachers` | ≥ | 2017-04-19 | 4.2 | 5.3 | 全部 all | 3.57 | 4.505 |" in page
    assert "| 2017-04-19 | 0.50 | 0.45 |" in page
    assert "每 12 班至少 1 间" in page
