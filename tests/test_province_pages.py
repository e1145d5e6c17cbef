"""The province's pages say where to look first, and every figure in them is the tables' own."""

from __future__ import annotations

import json
import posixpath
import re
import time
from functools import cache

import polars as pl
import pytest

from assets.content import part_digest
from reports import display, render
from reports.attention import FAILED, attention
from reports.captions import Captions
from reports.county import county_report
from reports.heat import heats
from reports.indicator import indicator_reports
from reports.missing import units_missing
from reports.model import Course, IndicatorReport
from reports.movers import MOST, movers
from reports.province import areas, province_report, status_reports
from reports.province_map import level, maps, round_step, yardsticks
from reports.province_tables import ProvinceTables
from reports.reporting import reporting
from reports.search import search_json
from reports.site import OVER_ALL, render_year, year_parts
from reports.standing import Standing, province_means, standings
from reports.status_table import change_words, status_table
from reports.year import YearTables
from schemas.contract import conform
from schemas.coverage import COVERAGE
from schemas.judgement import COUNTY_VERDICTS
from schemas.source import sources
from tests.test_reports import PLAIN, SOUND, STANDARDS, TW, YEARS, Page, Row, Tables, computed

QUALITY = "cn-quality-2017"
BASIC = "cn-basic-2012"


def county(number: int, rows: list[Row]) -> list[Row]:
    """A county of these schools."""
    code = f"6901{number:02d}" if number < 100 else f"692{number:03d}"
    return [
        row | {"county_code": code, "county_name": f"第{number}县", "school_id": f"21{code}{nth:02d}"}
        for nth, row in enumerate(rows, 1)
    ]


def several(year: int) -> list[Row]:
    """Four counties: even; over the limit from 2023 on; wide in books and rooms; one school without a figure."""
    rooms = 25 if year < 2023 else 90
    return [
        *county(1, [SOUND, SOUND, SOUND]),
        *county(2, [SOUND, SOUND | {"multimedia_rooms": rooms}, SOUND]),
        *county(3, [SOUND, SOUND | {"key_teachers_primary": 60 + year - 2021}, SOUND | {"key_teachers_primary": 1}]),
        *county(4, [SOUND, SOUND, SOUND | {"multimedia_rooms": None, "key_teachers_primary": 13 + year - 2021}]),
    ]


@cache
def four() -> Tables:
    return computed({year: several(year) for year in YEARS})


def year_tables(tables: Tables, year: int = 2023) -> YearTables:
    return YearTables(tables, year, STANDARDS, sources())


def area_of(tables: Tables, year: int = 2023) -> ProvinceTables:
    (found,) = areas(year_tables(tables, year))
    return found


def dispersion(tables: Tables, *conditions: pl.Expr) -> pl.DataFrame:
    return tables["county_dispersion"].filter(pl.col("school_year") == 2023, *conditions)


def whole(verdicts: dict[tuple[int, str], str], **more: object) -> pl.DataFrame:
    """Verdicts on the quality standard, whole, by year and county."""
    rows = [
        {
            "school_year": year,
            "standard": QUALITY,
            "source": "cn-returns",
            "province_code": "690000",
            "county_code": code,
            "county_name": f"第{int(code[-2:])}县",
            "verdict": verdict,
            "items_met": 0,
            "items_not_met": 0,
            "items_undetermined": 0,
            "contradictions": 0,
            **dict.fromkeys(("eligibility", "resource", "items", "approval", "veto"), "met"),
            **more,
        }
        for (year, code), verdict in verdicts.items()
    ]
    return conform(pl.DataFrame(rows), COUNTY_VERDICTS)


def course(tables: Tables, start: str, year: int = 2023) -> Course:
    """The table of movers whose anchor begins so."""
    return next(c for c in movers(area_of(tables, year), Captions()) if c.anchor.startswith(start))


# -- where to look first ----------------------------------------------------------------------------------------------


def test_a_county_whose_verdict_fell_comes_before_one_with_a_veto() -> None:
    verdicts = whole(
        {
            (2022, "690101"): "met",
            (2023, "690101"): "met",
            (2022, "690103"): "not_met",
            (2023, "690103"): "not_recognised",
            (2022, "690104"): "met",
            (2023, "690104"): "not_met",
        }
    )
    found = attention(area_of(four() | {"county_verdicts": verdicts}))
    assert [row.name for row in found.rows][:2] == ["第4县", "第3县"]
    assert found.rows[0].reasons[0] == "优质均衡：上年达标，本年未达标"
    assert found.rows[1].reasons[0] == "优质均衡：不予认定（存在一票否决事项）"
    assert "第1县" not in [row.name for row in found.rows]


def test_going_over_the_limit_again_is_a_reason_with_the_indicators_named() -> None:
    windows = four()["three_year_monitoring"].filter(
        pl.col("school_year") == 2023, pl.col("standard") == QUALITY, pl.col("is_over_limit_again")
    )
    assert windows.select("county_code", "stage", "indicator").rows()[:1] == [("690102", "primary", "multimedia_rooms")]
    row = next(row for row in attention(area_of(four())).rows if row.name == "第2县")
    assert "优质均衡：1 项差异系数由达标转为超限：小学每百名学生拥有网络多媒体教室数" in row.reasons


def test_what_cannot_be_judged_is_a_reason_with_the_counts_of_the_verdicts_table() -> None:
    verdict = four()["resource_verdicts"].row(
        by_predicate=(pl.col("school_year") == 2023)
        & (pl.col("standard") == QUALITY)
        & (pl.col("county_code") == "690104")
        & (pl.col("stage") == "all"),
        named=True,
    )
    limits, units = verdict["limits_undetermined"], verdict["units_undetermined"]
    assert limits
    row = next(row for row in attention(area_of(four())).rows if row.name == "第4县")
    words = "、".join(
        [f"{limits} 项差异系数"] * bool(limits) + [f"{units} 个评估单位"] * bool(units)
    )  # fmt: skip
    assert f"优质均衡：{words}因数据不全无法判定" in row.reasons


def test_contradictions_are_a_reason() -> None:
    verdicts = whole({(2023, "690101"): "met"}, contradictions=2)
    row = next(row for row in attention(area_of(four() | {"county_verdicts": verdicts})).rows if row.name == "第1县")
    assert row.reasons == ("优质均衡：2 项县级自报与数据计算矛盾",)


def test_two_years_of_worsening_are_counted_from_the_windows() -> None:
    windows = four()["three_year_monitoring"].filter(
        pl.col("school_year") == 2023,
        pl.col("county_code") == "690103",
        pl.col("standard") == QUALITY,
        pl.col("consecutive_worsening") == 2,
        ~pl.col("indicator").is_in(["composite", "verdict"]),
    )
    assert windows.height
    row = next(row for row in attention(area_of(four())).rows if row.name == "第3县")
    assert any(f"优质均衡 {windows.height} 项" in reason for reason in row.reasons if "连续两年" in reason)


def test_no_county_is_named_where_none_has_a_reason() -> None:
    tables = computed(dict.fromkeys(YEARS, county(1, [SOUND | {"multimedia_rooms": 30}] * 3)))
    junior = tables["resource_verdicts"].with_columns(limits_undetermined=pl.lit(0, pl.Int64))
    found = attention(area_of(tables | {"resource_verdicts": junior}))
    assert found.rows == ()
    assert found.lead == "1 个县级单位均无需先看的情况。"


def test_at_most_ten_counties_are_named_and_the_rest_is_counted() -> None:
    found = attention(area_of(computed({2023: [row for n in range(1, 13) for row in county(n, PLAIN)]})))
    assert len(found.rows) == 10
    assert found.lead == "12 个县级单位中 12 个有下列情况之一，这里列出前 10 个。"


# -- every county -----------------------------------------------------------------------------------------------------


def test_the_least_margin_of_the_status_table_is_the_dispersion_tables() -> None:
    table = status_table(area_of(four()), Captions())
    last = [place for place, column in enumerate(table.columns) if column.label == "最小余量"][-1]
    for row in table.rows:
        own = dispersion(
            four(), pl.col("county_code") == row.code, pl.col("standard") == QUALITY, pl.col("margin").is_not_null()
        ).sort("margin")
        cell = row.cells[last]
        assert cell.text.rstrip("*") == display.coefficient(own["margin"][0])
        assert cell.key == repr(own["margin"][0])
        assert cell.note.startswith("小学")


def test_the_units_that_lack_a_value_are_those_of_the_countys_own_page() -> None:
    tables = year_tables(four())
    (area,) = areas(tables)
    for each in tables.counties():
        assert area.units_lacking.get(each.code, 0) == units_missing(each)
    assert area.units_lacking == {"690104": 1}
    (table,) = [section.status for section in province_report(tables, YEARS).sections]
    assert [row.cells[-1].text for row in table.rows] == ["0", "0", "0", "1"]


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        ("met", "met", "不变"),
        ("not_met", "met", "▼ 上年达标"),
        ("met", "not_eligible", "▲ 上年不得申报"),
        ("undetermined", "met", "上年达标"),
        ("met", "no_data", "上年无数据"),
    ],
)
def test_a_verdict_is_held_against_the_year_before(now: str, before: str, words: str) -> None:
    assert change_words(now, before) == words


def test_a_whole_verdict_is_not_compared_with_a_verdict_on_resources() -> None:
    area = area_of(four() | {"county_verdicts": whole({(2023, "690101"): "met"})})
    assert (area.status("690101", QUALITY), area.status_before("690101", QUALITY)) == ("met", "no_data")
    assert area.status_before("690103", QUALITY) in (*FAILED, "undetermined", "met")


def test_the_other_orders_hold_the_same_rows() -> None:
    tables = year_tables(four())
    first = status_table(areas(tables)[0], Captions())
    pages = dict(status_reports(tables, YEARS))
    assert set(pages) == {"by-verdict.html", "by-margin.html", "by-missing.html"}
    for report in pages.values():
        assert sorted(report.sections[0].status.rows, key=lambda row: row.code) == list(first.rows)
    assert pages["by-missing.html"].sections[0].status.rows[0].code == "690104"
    least = pages["by-margin.html"].sections[0].status.rows[0].code
    margins = dispersion(four(), pl.col("standard").is_in([BASIC, QUALITY])).sort("margin", nulls_last=True)
    assert least == margins["county_code"][0]


# -- the map ----------------------------------------------------------------------------------------------------------


def test_the_level_is_the_mean_of_the_means_by_their_norms() -> None:
    area = area_of(four())
    standard = STANDARDS[QUALITY]
    measures, is_norm = yardsticks(area, standard, "primary")
    assert is_norm
    assert measures["key_teachers"] == 1.0
    own = dispersion(four(), pl.col("county_code") == "690103", pl.col("standard") == QUALITY)
    means = dict(own.filter(pl.col("stage") == "primary").select("indicator", "mean").iter_rows())
    wanted = sum(means[name] / norm for name, norm in measures.items()) / len(measures)
    assert level(area.cells, "690103", standard, "primary", measures) == pytest.approx(wanted, rel=1e-12)


def test_without_norms_the_level_is_held_against_the_provinces_mean() -> None:
    measures, is_norm = yardsticks(area_of(four()), STANDARDS[BASIC], "primary")
    assert not is_norm
    assert measures["books"] == 30.0


def test_a_county_without_a_mean_has_no_level() -> None:
    area = area_of(four())
    cells = area.cells | {("690101", QUALITY, "primary", "key_teachers"): {"mean": None}}
    measures, _is_norm = yardsticks(area, STANDARDS[QUALITY], "primary")
    assert level(cells, "690101", STANDARDS[QUALITY], "primary", measures) is None


def test_less_is_better_turns_the_ratio_over() -> None:
    standard = STANDARDS["tw-indicative"]
    turned = [indicator for indicator in standard.indicators if indicator.must_be == "at_most"]
    cells = {("1", standard.id, "primary", i.id): {"mean": 20.0} for i in standard.indicators}
    found = level(cells, "1", standard, "primary", {indicator.id: 10.0 for indicator in turned})  # type: ignore[arg-type]
    assert found == (0.5 if turned else None)


def test_the_maps_message_and_table_are_recomputed_from_the_tables() -> None:
    found = next(m for m in maps(area_of(four()), Captions()) if QUALITY in m.anchor)
    over = four()["resource_verdicts"].filter(
        pl.col("school_year") == 2023,
        pl.col("standard") == QUALITY,
        pl.col("stage") == "primary",
        pl.col("dispersion") == "not_met",
    )
    assert found.message.startswith(f"4 个县级单位中，小学差异超限 {over.height} 个")
    assert {dot.name for dot in found.dots if dot.shape == "over"} == set(over["county_name"])
    assert {dot.name for dot in found.dots if dot.shape == "open"} == {"第4县"}
    widest = (
        dispersion(four(), pl.col("standard") == QUALITY, pl.col("stage") == "primary", pl.col("limit").is_not_null())
        .sort("cv", descending=True)
        .unique("county_code", keep="first", maintain_order=True)
    )
    assert [row[6] for row in found.table.rows] == [display.coefficient(cv) for cv in widest["cv"]]
    assert found.limit_label == "限值 0.50（优质均衡）"


def test_a_trail_joins_three_years_and_a_missing_year_breaks_it() -> None:
    (dot, *_others) = [d for m in maps(area_of(four()), Captions()) if QUALITY in m.anchor for d in m.dots]
    assert len(dot.trail) == 2
    two = computed({2022: several(2022), 2023: several(2023)})
    (dot, *_others) = [d for m in maps(area_of(two), Captions()) if QUALITY in m.anchor for d in m.dots]
    assert len(dot.trail) == 1


def test_dots_lie_inside_the_axes() -> None:
    for found in maps(area_of(four()), Captions()):
        for dot in found.dots:
            assert float(found.left[:-1]) <= float(dot.x[:-1]) <= float(found.right[:-1])
            assert float(found.top) <= float(dot.y) <= float(found.bottom)


@pytest.mark.parametrize(("span", "step"), [(1.0, 0.2), (0.3, 0.05), (6.0, 1.0), (0.0012, 0.0002)])
def test_steps_are_round(span: float, step: float) -> None:
    assert round_step(span) == pytest.approx(step)


def test_one_county_makes_no_map() -> None:
    assert maps(area_of(computed({2023: county(1, PLAIN)})), Captions()) == ()


# -- the heat table ---------------------------------------------------------------------------------------------------


def test_the_heat_table_says_over_near_and_unknown_in_words_and_puts_the_worst_first() -> None:
    found = next(h for h in heats(area_of(four()), Captions()) if h.anchor.endswith(f"{QUALITY}-primary"))
    own = dispersion(four(), pl.col("standard") == QUALITY, pl.col("stage") == "primary", pl.col("limit").is_not_null())
    over = own.filter(pl.col("status") == "not_met")
    assert sum(cell.word == "超限" for row in found.rows for cell in row.cells) == over.height
    assert f"共 {over.height} 项" in found.lead
    assert f"中 {over['county_code'].n_unique()} 个有" in found.lead
    unknown = own.filter(pl.col("status") == "undetermined", pl.col("cv").is_not_null())
    assert sum(cell.word == "数据不全" for row in found.rows for cell in row.cells) == unknown.height > 0
    assert found.rows[0].name == own.sort("margin")["county_name"][0]
    assert all(cell.sign for row in found.rows for cell in row.cells if cell.word)


def test_a_cv_above_nine_tenths_of_its_limit_is_near_it_and_one_at_its_limit_is_not_over() -> None:
    for cv, status, word in ((0.46, "met", "近限"), (0.5, "met", "近限"), (0.45, "met", ""), (0.51, "not_met", "超限")):
        chosen = (
            (pl.col("school_year") == 2023)
            & (pl.col("county_code") == "690101")
            & (pl.col("standard") == QUALITY)
            & (pl.col("indicator") == "teaching_area")
        )
        changed = four()["county_dispersion"].with_columns(
            cv=pl.when(chosen).then(cv).otherwise("cv"),
            status=pl.when(chosen).then(pl.lit(status)).otherwise("status"),
        )
        found = next(
            h for h in heats(area_of(four() | {"county_dispersion": changed}), Captions()) if f"{QUALITY}-p" in h.anchor
        )
        place = [column.label for column in found.columns].index("生均教学及辅助用房面积")
        cell = next(row for row in found.rows if row.name == "第1县").cells[place]
        assert (cell.text, cell.word) == (display.coefficient(cv), word)


def test_without_limits_the_widest_quarter_is_marked() -> None:
    rows = [row | {"county_code": f"0{n}", "county_name": f"{n}市", "school_id": f"01{n}{i}"}
            for n in range(1, 5) for i, row in enumerate([*TW, TW[0] | {"full_time_teachers_primary": 6 + n}])]  # fmt: skip
    for heat in heats(area_of(computed({2023: rows})), Captions()):
        for place in range(len(heat.columns)):
            words = [row.cells[place].word for row in heat.rows]
            assert words.count("偏大") in (0, 1)
        assert "限值" not in heat.lead


# -- what moved -------------------------------------------------------------------------------------------------------


def test_the_largest_changes_of_cvs_are_the_change_tables() -> None:
    found = course(four(), "moved-")
    changes = four()["year_over_year"].filter(
        pl.col("school_year") == 2023,
        pl.col("series") == "county",
        pl.col("standard").is_in([BASIC, QUALITY]),
        pl.col("indicator") != "composite",
        pl.col("cv_change").is_not_null(),
    )
    rose = changes.filter(pl.col("cv_change") > 0).sort("cv_change", descending=True)
    rows = [row for row in found.rows if "扩大" in row[1]]
    assert len(rows) == min(rose["county_code"].n_unique(), MOST)
    assert rows[0][0] == rose["county_name"][0]
    assert rows[0][5] == display.signed(rose["cv_change"][0], 3)
    fell = changes.filter(pl.col("cv_change") < 0)
    assert found.sentences == (
        f"各县各项 {changes.height} 个差异系数中，{fell.height} 个比上年缩小，{rose.height} 个扩大。",
    )


def test_the_largest_changes_of_means_are_the_change_tables() -> None:
    found = course(four(), "means-")
    changes = four()["year_over_year"].filter(
        pl.col("school_year") == 2023,
        pl.col("series") == "county",
        pl.col("standard") == QUALITY,
        pl.col("indicator") != "composite",
    )
    best = changes.sort("change_percent", descending=True, nulls_last=True)
    assert found.rows[0][0] == best["county_name"][0] == "第2县"
    assert found.rows[0][6] == display.signed(best["change_percent"][0], 1) + "%"


def test_slippage_lists_what_went_over_its_limit_within_the_window() -> None:
    found = course(four(), "slipped-")
    windows = four()["three_year_monitoring"].filter(
        pl.col("school_year") == 2023,
        pl.col("is_over_limit_again"),
        pl.col("limit").is_not_null(),
        ~pl.col("indicator").is_in(["verdict"]),
        pl.col("standard").is_in([BASIC, QUALITY]),
    )
    assert len(found.rows) == windows.height
    assert found.rows[0][:2] == ("第2县", "优质均衡·小学每百名学生拥有网络多媒体教室数")
    counties = windows["county_code"].n_unique()
    assert found.sentences[0] == (
        f"{counties} 个县级单位的 {windows.height} 项差异系数在 2021–2023 学年内由达标转为超限。"
    )


def test_missing_data_counts_units_by_indicator() -> None:
    found = course(four(), "missing-")
    assert found.rows == (("每百名学生拥有网络多媒体教室数", "小学", "优质均衡", "1", "12", "8.3%", "1"),)
    assert found.sentences == (
        "1 个县级单位共有 1 个评估单位缺一项或多项指标（含全部标准）；缺最多的是第4县（1 个）。",
    )


def test_a_province_lists_who_has_not_reported_and_whose_file_was_refused() -> None:
    own = {"school_year": 2023, "source": "cn-returns", "province_code": "690000"}
    rows = [
        own | {"county_code": code, "county_name": name, "school_id": f"S{number}", "school_name": f"{number}校",
               "expected_by": by, "status": status, "file": file}
        for number, (code, name, by, status, file) in enumerate(
            [
                ("690101", "第1县", "last_year", "missing", None),
                ("690101", "第1县", "roster", "missing", None),
                ("690101", "第1县", "last_year", "refused", "坏.csv"),
                ("690101", "第1县", "last_year", "received", "年报.csv"),
                ("690101", "第1县", None, "unexpected", "年报.csv"),
                ("690102", "第2县", "last_year", "received", "年报.csv"),
                ("690199", "无报县", "last_year", "missing", None),
            ]
        )
    ]  # fmt: skip
    held = four() | {"coverage": conform(pl.DataFrame(rows), COVERAGE)}
    (found,) = [c for c in reporting(area_of(held), Captions()) if c.anchor.startswith("reporting-")]
    assert found.rows == (
        ("第1县", "4", "1", "0校", "1校", "2校（坏.csv）", "年报.csv"),
        ("无报县", "1", "0", "6校", "—", "—", "—"),
    )
    assert found.sentences == ("应报 6 所学校，3 所没有报，1 所报了而整行被拒收；涉及 2 个县。",)


def test_a_province_says_whose_missing_data_decide() -> None:
    found = [c for c in reporting(area_of(four()), Captions()) if c.anchor.startswith("deciding-")]
    open_cells = four()["county_dispersion"].filter(
        school_year=2023, status="undetermined", reason="missing_units", source="cn-returns"
    )
    assert len(found) == (1 if open_cells.height else 0)
    assert [len(course.rows) for course in found] == [open_cells.height] * len(found)


def test_a_first_year_has_no_movers() -> None:
    anchors = [c.anchor.split("-")[0] for c in movers(area_of(computed({2023: several(2023)})), Captions())]
    assert "moved" not in anchors
    assert "means" not in anchors


# -- standing ---------------------------------------------------------------------------------------------------------


def test_the_smallest_cv_is_first_and_equal_ones_share_a_rank() -> None:
    drawn = four()["county_dispersion"].filter(
        pl.col("school_year") == 2023, pl.col("standard") == QUALITY, pl.col("indicator") == "key_teachers"
    )
    cvs = {"690101": 0.1, "690102": 0.1, "690103": 0.4, "690104": None}
    changed = drawn.with_columns(cv=pl.col("county_code").replace_strict(cvs, return_dtype=pl.Float64))
    found = standings(year_tables(four() | {"county_dispersion": changed}), "cn-returns", "690000")
    ranks = {code: found[code, QUALITY, "primary", "key_teachers"] for code in cvs}
    assert [(place.rank, place.of, place.percentile) for place in ranks.values()] == [
        (1, 3, 0.0),
        (1, 3, 0.0),
        (3, 3, 1.0),
        (None, 3, None),
    ]
    assert ranks["690104"].province_cv_median == 0.1
    assert isinstance(ranks["690101"], Standing)


def test_the_provinces_mean_is_a_total_by_a_total() -> None:
    # 12 schools of 1,000 pupils; key teachers 12 × 9 schools but for 60+2 and 1 in one county and 13+2 in another.
    teachers = 12 * 9 + 62 + 1 + 15
    assert province_means(year_tables(four()), "cn-returns", "690000")[
        QUALITY, "primary", "key_teachers"
    ] == pytest.approx(100 * teachers / 12_000, rel=1e-12)


def test_a_countys_page_says_where_it_stands() -> None:
    tables = year_tables(four())
    third = next(each for each in tables.counties() if each.code == "690103")
    report = county_report(third, YEARS)
    stage = next(part for part in report.standards if part.anchor == QUALITY).stages[0]
    row = next(row for row in stage.rows if row.label == "每百名学生拥有县级以上骨干教师数")
    assert row.standing == "全省第 4/4"
    assert row.province_mean == "全省 1.55"
    assert row.href == f"../indicators/{QUALITY}/primary/key_teachers.html"
    for text in (render.county_html(report), render.county_markdown(report)):
        assert "全省第 4/4" in text
        assert "第 1 为差异最小" in text


def test_a_county_alone_in_its_province_has_no_rank() -> None:
    report = county_report(next(year_tables(computed({2023: county(1, PLAIN)})).counties()), [2023])
    rows = [row for part in report.standards for stage in part.stages for row in stage.rows]
    assert {row.standing for row in rows} == {""}


# -- a page per indicator ---------------------------------------------------------------------------------------------


def indicator(tables: Tables, standard: str, name: str) -> IndicatorReport:
    found = year_tables(tables)
    return next(
        report
        for report in indicator_reports(found, areas(found), YEARS)
        if report.path == f"2023/indicators/{standard}/primary/{name}.html"
    )


def test_an_indicators_page_orders_the_counties_by_cv() -> None:
    report = indicator(four(), QUALITY, "key_teachers")
    own = dispersion(
        four(),
        pl.col("standard") == QUALITY,
        pl.col("stage") == "primary",
        pl.col("indicator") == "key_teachers",
    ).sort("cv", descending=True)
    (section,) = report.sections
    assert [row.name for row in section.rows] == own["county_name"].to_list()
    assert [row.cv for row in section.rows] == [display.coefficient(cv) for cv in own["cv"]]
    assert [row.margin for row in section.rows] == [display.number(margin, 3) for margin in own["margin"]]
    assert [row.rank for row in section.rows] == ["4/4", "3/4", *[row.rank for row in section.rows[2:]]]
    over = own.filter(pl.col("status") == "not_met")
    assert report.title == (
        f"小学每百名学生拥有县级以上骨干教师数：4 个县级单位中 {over.height} 个超过限值 0.50，"
        f"最大的是第3县（{display.coefficient(own['cv'][0])}）"
    )
    assert section.sentences[0] == f"差异系数的中位数 {display.coefficient(own['cv'].median())}（4 个县级单位有值）。"
    assert section.strip is not None
    assert any(rule.label == "限值 0.50（优质均衡）" for rule in section.strip.rules)


def test_an_indicators_page_links_only_to_years_in_which_it_stands() -> None:
    tables = computed({2022: several(2022), 2023: several(2023)})
    assert [(link.label, link.href != "") for link in indicator(tables, QUALITY, "key_teachers").years] == [
        ("2022", True),
        ("2023", False),
    ]


def test_the_composite_has_a_page_where_it_is_limited_and_a_finding_has_none() -> None:
    found = year_tables(four())
    paths = {report.path for report in indicator_reports(found, areas(found), YEARS)}
    assert f"2023/indicators/{BASIC}/primary/composite.html" in paths
    assert f"2023/indicators/{QUALITY}/primary/composite.html" not in paths


# -- all pages together -----------------------------------------------------------------------------------------------


@cache
def site(*, is_synthetic: bool = False) -> dict[str, str]:
    given = {"standards": STANDARDS, "sources": sources(), "years": YEARS, "is_synthetic": is_synthetic}
    made = render_year(four(), 2023, **given)  # type: ignore[arg-type]
    return {path: text for path, text in made if isinstance(text, str)}


def test_every_link_between_the_pages_of_a_year_leads_somewhere() -> None:
    pages = site()
    ids = {path: {attrs["id"] for _, attrs in Page(text).tags if "id" in attrs}
           for path, text in pages.items() if path.endswith(".html") and "/documents/" not in path}  # fmt: skip
    for path in ids:
        for href in [attrs["href"] or "" for tag, attrs in Page(pages[path]).tags if tag == "a"]:
            target, _, fragment = href.partition("#")
            there = posixpath.normpath(posixpath.join(posixpath.dirname(path), target)) if target else path
            if not there.startswith(("2023/", "en/2023/")) or not there.endswith(".html"):
                continue
            assert there in pages, (path, href)
            if fragment and there in ids:
                assert fragment in ids[there], (path, href)


def test_the_new_pages_have_headings_headers_captions_and_no_empty_cell() -> None:
    own = [path for path in site() if re.search(r"^2023/((index|by-\w+)\.html|indicators/)", path)]
    assert len(own) == 4 + 9 + 7
    for path in own:
        text = site()[path]
        page = Page(text)
        names = [tag for tag, _ in page.tags]
        assert names.count("h1") == 1
        assert names.count("caption") == names.count("table")
        assert all("scope" in attrs for tag, attrs in page.tags if tag == "th")
        ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
        assert len(ids) == len(set(ids))
        without = Page(re.sub(r"<svg.*?</svg>", "chart", text, flags=re.DOTALL))
        assert [cell for cell in without.cells if not cell.strip()] == []
        for attrs in [attrs for tag, attrs in page.tags if tag == "svg" and "x" not in attrs]:
            assert attrs.get("aria-hidden") == "true" or attrs.get("role") == "img"


def test_search_finds_every_county_and_school() -> None:
    tables = year_tables(four())
    found = json.loads(search_json(tables, areas(tables)))
    assert [entry[0] for entry in found["counties"]] == ["第1县", "第2县", "第3县", "第4县"]
    assert len(found["schools"]) == 12
    assert {f"2023/{entry[2]}" for entry in found["counties"]} <= set(site())
    name, school_id, at = found["schools"][0]
    assert (name, school_id, at) == ("第1小学", "2169010101", 0)
    assert "合成数据" in json.loads(site(is_synthetic=True)["2023/search.json"])["note"]


def test_the_same_tables_give_the_same_pages_whatever_their_order() -> None:
    turned = {name: table.reverse() for name, table in four().items() if name != "quarantine"}
    one, other = year_tables(four()), year_tables(four() | turned)
    assert render.province_html(province_report(one, YEARS)) == render.province_html(province_report(other, YEARS))
    assert list(indicator_reports(one, areas(one), YEARS)) == list(indicator_reports(other, areas(other), YEARS))


def test_a_province_of_180_counties_stays_under_a_megabyte_and_fifteen_are_fast() -> None:
    many = [
        row for n in range(1, 181) for row in county(n, [SOUND, SOUND | {"books": 20_000 + 500 * n, "computers": n}])
    ]
    found = year_tables(computed(dict.fromkeys((2022, 2023), many)))
    page = render.province_html(province_report(found, YEARS))
    assert page.count("第180县") > 5
    sizes = [len(page.encode()), *(len(render.status_html(r).encode()) for _path, r in status_reports(found, YEARS))]
    sizes += [len(render.indicator_html(report).encode()) for report in indicator_reports(found, areas(found), YEARS)]
    assert max(sizes) < 1_000_000
    fifteen = year_tables(computed(dict.fromkeys((2022, 2023), many[:30])))
    render.province_html(province_report(year_tables(four()), YEARS))
    start = time.perf_counter()
    render.province_html(province_report(fifteen, YEARS))
    assert time.perf_counter() - start < 1


# -- province by province ---------------------------------------------------------------------------------------------


@cache
def two_provinces(key_teachers: int = 13) -> YearTables:
    """The four counties, and once more under the codes of another province; of the fourth nothing is short there."""
    rows = several(2023)
    others = [
        row
        | {"province_code": "680000"}
        | {name: f"68{str(row[name])[2:]}" for name in ("county_code", "school_id")}
        | {"key_teachers_primary": key_teachers}
        for row in rows
    ]
    return year_tables(computed({2023: [*rows, *others]}))


def test_a_county_has_the_same_report_whether_its_province_is_read_alone_or_with_others() -> None:
    together = [county_report(county, [2023]) for county in two_provinces().counties()]
    apart = [county_report(county, [2023]) for _, part in two_provinces().provinces() for county in part.counties()]
    assert len(together) == 8
    assert apart == together


def test_what_a_provinces_pages_are_made_from_changes_with_its_own_rows_alone() -> None:
    was, now, again = (
        {part.name: part_digest(part.tables, []) for part in year_parts(two_provinces.__wrapped__(teachers), [2023])}
        for teachers in (13, 12, 13)
    )
    assert list(was) == [OVER_ALL, "680000", "690000"]
    assert {name for name in was if was[name] != now[name]} == {OVER_ALL, "680000"}
    assert again == was


def test_a_province_read_alone_holds_no_row_of_another() -> None:
    for (province, part), code in zip(two_provinces().provinces(), ("68", "69"), strict=True):
        assert province == f"{code}0000"
        for name in ("units", "unit_indicators", "county_dispersion", "variance_shares"):
            assert set(part.table(name)["county_code"].str.head(2)) == {code}
