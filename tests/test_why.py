"""Why a verdict is what it is: every sentence is computed again from the table that it speaks of."""

from __future__ import annotations

import json
import re
import warnings
from functools import cache
from typing import Any

import polars as pl
import pytest

from assets.home import Home
from reports import display
from reports.captions import Captions
from reports.county import county_report
from reports.language import catalogue, speaking
from reports.model import Why
from reports.render import county_html, county_markdown
from reports.why import why
from reports.why.focus import Focus
from reports.why.gap import MOST
from reports.year import CountyTables, YearTables
from schemas.source import sources
from tests.test_published_examples import BOOKS, five_schools
from tests.test_reports import COUNTY, STANDARDS, Tables, computed

with warnings.catch_warnings():  # typer imports what click means to drop
    warnings.simplefilter("ignore", DeprecationWarning)
    from typer.testing import CliRunner

    from assets import command

YEAR = 2023
BOOKS_OF_PRIMARY = Focus("cn-basic-2012", "primary", "books")


@cache
def worked() -> Tables:
    """Every table of the five schools of the published example."""
    return computed({YEAR: five_schools(BOOKS)})


def county_of(tables: Tables, year: int = YEAR) -> CountyTables:
    (found,) = YearTables(tables, year, STANDARDS, sources()).counties()
    return found


def told(tables: Tables, focus: Focus = BOOKS_OF_PRIMARY, language: str = "zh-CN") -> Why:
    with speaking(catalogue(language)):
        found = why(county_of(tables), Captions(), focus)
    assert found is not None
    return found


# -- who makes the gap -------------------------------------------------------------------------------------------------


def test_two_of_the_five_schools_make_nine_tenths_of_the_gap_and_one_of_them_lies_above_the_mean() -> None:
    shares = worked()["variance_shares"].filter(pl.col("indicator") == "books").sort("variance_share", descending=True)
    top = shares.filter(pl.col("variance_share").cum_sum().shift(fill_value=0) < MOST)
    assert (top.height, top.filter(pl.col("value") > pl.col("mean")).height) == (2, 1)
    (said,) = told(worked()).sentences
    assert (
        f"5 所学校中 2 所占差异的 {display.percent(top['variance_share'].sum())}，其中 1 所高于平均、1 所低于平均"
        in said
    )
    assert "90.4%" in said


def test_the_coefficient_without_the_school_that_raises_it_most_is_that_of_the_table() -> None:
    least = worked()["variance_shares"].filter(pl.col("indicator") == "books").sort("cv_without").row(0, named=True)
    assert least["school_name"] == "第4小学"
    (said,) = told(worked()).sentences
    assert f"不计第4小学，差异系数由 0.515 变为 {display.coefficient(least['cv_without'])}" in said
    assert "0.321" in said


def test_the_shares_and_the_coefficients_without_each_school_stand_in_a_table() -> None:
    table = told(worked()).parts[0]
    assert [row[1] for row in table.rows] == ["48.1%", "42.3%", "8.0%", "1.6%", "<0.1%"]
    assert [row[4] for row in table.rows] == ["0.477", "0.321", "0.496", "0.584", "0.556"]


def test_a_coefficient_with_a_limit_says_how_many_schools_decide_the_verdict() -> None:
    rows = [
        row | {"pupils_primary": row["pupils_primary"], "multimedia_rooms": row["books"]} for row in five_schools(BOOKS)
    ]
    tables = computed({YEAR: rows})
    focus = Focus("cn-quality-2017", "primary", "multimedia_rooms")
    shares = tables["variance_shares"].filter(pl.col("indicator") == "multimedia_rooms", pl.col("cv_without") <= 0.50)
    assert shares.height == 3
    (said,) = told(tables, focus).sentences
    assert "单独不计 3 所学校中的任何一所，对限值 0.50 的结论就会反转" in said


def test_schools_that_are_all_equal_make_no_gap_and_have_no_section() -> None:
    equal = computed({YEAR: [{"pupils_primary": 100, "books": 500}] * 3})
    assert why(county_of(equal), Captions(), BOOKS_OF_PRIMARY) is None


# -- the command -------------------------------------------------------------------------------------------------------


def ran(home: Home, *words: str) -> tuple[int, str]:
    result = CliRunner().invoke(command.app, ["why", "--home", str(home.root), *words])
    return result.exit_code, result.output


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home that holds the tables of the worked example."""
    found = Home(tmp_path_factory.mktemp("why"))
    for name, rows in worked().items():
        if "school_year" in rows.columns:
            found.write(name, YEAR, rows.filter(pl.col("school_year") == YEAR))
    return found


ASKED = ("--standard", "cn-basic-2012", "--stage", "primary", "--indicator", "books")


def test_the_command_says_what_the_section_says(home: Home) -> None:
    code, shown = ran(home, "--county", COUNTY, *ASKED)
    assert code == 0
    for sentence in told(worked()).sentences:
        assert sentence in shown
    for cell in told(worked()).parts[0].rows[0]:
        assert cell in shown


def test_the_command_speaks_english(home: Home) -> None:
    code, shown = ran(home, "--county", COUNTY, "--english", *ASKED)
    assert code == 0
    assert told(worked(), language="en").sentences[0] in shown
    assert "2 of 5 schools make 90.4% of the gap; 1 of them above the mean, 1 below" in shown


def test_the_commands_json_holds_the_tables_rows_unrounded(home: Home) -> None:
    code, shown = ran(home, "--county", COUNTY, "--json", *ASKED)
    assert code == 0
    found = json.loads(shown)
    rows = worked()["variance_shares"].filter(pl.col("indicator") == "books")
    assert found["variance_shares"] == rows.filter(pl.col("standard") == "cn-basic-2012").to_dicts()
    assert found["sentences"] == list(told(worked()).sentences)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--county", "999999"), "没有县“999999”"),
        (("--county", COUNTY, "--year", "1999"), "没有 1999 学年的表"),
        (("--county", COUNTY, "--indicator", "bookz"), "没有这样的指标"),
        (("--county", COUNTY, "--stage", "senior"), "没有学段“senior”"),
        (("--county", COUNTY, "--standard", "cn-2099"), "没有标准“cn-2099”"),
    ],
)
def test_what_is_not_there_is_said_with_what_is(home: Home, words: tuple[str, ...], said: str) -> None:
    code, shown = ran(home, *words)
    assert code == 2
    assert said in shown
    assert re.search(r"有：|refresh", shown)


# -- how sure the verdict is -------------------------------------------------------------------------------------------


@cache
def judged() -> Tables:
    """The example's books as rooms, whose coefficient alone is held against 0.50."""
    return computed({YEAR: [row | {"multimedia_rooms": row["books"]} for row in five_schools(BOOKS)]})


ROOMS = Focus("cn-quality-2017", "primary", "multimedia_rooms")


def row_of(name: str, **where: object) -> dict[str, object]:
    rows = judged()[name].filter(standard="cn-quality-2017", indicator="multimedia_rooms", **where)
    return rows.row(0, named=True)


def test_the_two_formulas_that_turn_the_verdict_are_named_with_their_figures() -> None:
    (part,) = [part for part in told(judged(), ROOMS).parts if part.anchor == "why-robustness"]
    turned = part.sentences[0]
    for variant, words in (("unweighted", "不加权，总体标准差"), ("around_pooled_mean", "不加权，以合并平均为中心")):
        row = row_of("verdict_robustness", variant=variant)
        assert row["is_turned"]
        assert f"{words} {display.coefficient(row['cv'])}" in turned
    assert "样本标准差" not in turned
    (cells,) = part.rows
    assert cells[2:] == ("0.515", "0.489 ✕", "0.546", "0.464 ✕")


def test_the_least_change_is_said_in_whole_natural_units_with_what_it_makes() -> None:
    (part,) = [part for part in told(judged(), ROOMS).parts if part.anchor == "why-robustness"]
    (said,) = [sentence for sentence in part.sentences if "最少这样变动" in sentence]
    for kind, unit in (("resource", "间"), ("pupils", "人")):
        row = row_of("least_changes", change_of=kind)
        assert f"{abs(row['change'])} {unit}（0.515 → {row['cv']:.3f}" in said
        assert row["school_name"] in said


def test_a_failure_that_only_rounding_hides_is_marked() -> None:
    books = [279, 137, 935, 160 + 16, 402]
    tables = computed({YEAR: [row | {"multimedia_rooms": row["books"]} for row in five_schools(books)]})
    (part,) = [part for part in told(tables, ROOMS).parts if part.anchor == "why-robustness"]
    assert "印为 0.500，实为 0.50032，超过限值 0.50：只是取整掩盖了超限。" in "".join(part.sentences)


def test_where_no_formula_turns_a_verdict_that_is_said() -> None:
    even = computed({YEAR: [{"pupils_primary": 100, "multimedia_rooms": 10 + n} for n in range(4)]})
    (part,) = [part for part in told(even, ROOMS).parts if part.anchor == "why-robustness"]
    assert part.sentences[0] == "换用以下各种算法，没有一项结论反转。"


# -- what made the change ----------------------------------------------------------------------------------------------


@cache
def grown() -> Tables:
    """The five schools a year later: books bought for the fourth, pupils moved from the third to the first."""
    later = five_schools([279, 137, 935, 400, 402])
    later[0]["pupils_primary"], later[2]["pupils_primary"] = 60, 74
    return computed({YEAR - 1: five_schools(BOOKS), YEAR: later})


def test_the_sentence_of_the_change_names_each_cause_with_its_part_the_largest_first() -> None:
    (part,) = [part for part in told(grown()).parts if part.anchor == "why-causes"]
    rows = grown()["change_causes"].filter(
        standard="cn-basic-2012", stage="primary", indicator="books", school_year=YEAR
    )
    (said,) = part.sentences
    for row in rows.iter_rows(named=True):
        places = 3 if row["figure"] == "cv" else 2
        parts = sorted(((row["resources"], "资源"), (row["pupils"], "在校生")), key=lambda pair: -abs(pair[0]))
        words = "、".join(f"{name} {display.signed(value, places)}" for value, name in parts if round(value, places))
        assert f"（{display.signed(row['change'], places)}），其中{words}" in said
        assert [row[name] for name in ("opened", "closed", "regrouped", "reporting")] == [0] * 4
    assert len(part.columns) == 7
    assert [row[1] for row in part.rows] == ["平均值", "差异系数"]


def test_without_a_year_before_there_is_no_word_of_causes() -> None:
    assert "why-causes" not in [part.anchor for part in told(worked()).parts]


def test_a_correction_is_said_beside_the_change_as_handed_in() -> None:
    rows = grown()["change_causes"].with_columns(
        corrections=pl.when(pl.col("figure") == "mean").then(pl.lit(-0.5)).otherwise("corrections")
    )
    change = rows.filter(standard="cn-basic-2012", indicator="books", school_year=YEAR, figure="mean")["change"].item()
    (part,) = [part for part in told(grown() | {"change_causes": rows}).parts if part.anchor == "why-causes"]
    raw = display.signed(change + 0.5, 2)
    assert f"按报表原样，平均值的变化是 {raw}；更正使它成为 {display.signed(change, 2)}。" in part.sentences[0]


# -- between and within, and peers -------------------------------------------------------------------------------------


@cache
def several() -> Tables:
    """Three counties of the five schools in two areas, their books in other proportions."""
    drawn = []
    for code, times in (("690101", 1), ("690102", 2), ("690103", 3)):
        for number, row in enumerate(five_schools([n if i else n * times for i, n in enumerate(BOOKS)]), 1):
            pupils = int(str(row["pupils_primary"])) + 10 * times * (code != COUNTY)
            drawn.append(
                row
                | {
                    "pupils_primary": pupils,
                    "county_code": code,
                    "county_name": f"{code}县",
                    "school_id": f"{code}{number:04d}",
                    "area_code": "121" if number < 3 else "220",
                    "migrant_children_primary": 30 if number == 3 else 1,
                }
            )
    return computed({YEAR: drawn})


def of_first(tables: Tables) -> Why:
    counties = {county.code: county for county in YearTables(tables, YEAR, STANDARDS, sources()).counties()}
    found = why(counties[COUNTY], Captions(), BOOKS_OF_PRIMARY)
    assert found is not None
    return found


def test_what_lies_between_areas_is_said_with_each_areas_mean() -> None:
    where = {"standard": "cn-basic-2012", "stage": "primary", "indicator": "books", "county_code": COUNTY}
    split = several()["between_within"].filter(grouping="area", **where).row(0, named=True)
    means = {row["group"]: row["mean"] for row in several()["group_means"].filter(grouping="area", **where).to_dicts()}
    (part,) = [part for part in of_first(several()).parts if part.anchor == "why-groups"]
    said = part.sentences[0]
    assert f"城乡之间占差异的 {display.percent(split['between_share'])}" in said
    assert f"（镇区 {means['town']:.2f}、乡村 {means['rural']:.2f}）" in said
    assert f"其余 {display.percent(split['cv_squared_within'] / split['cv_squared'])} 在各自内部" in said
    measure = several()["inequality"].filter(level="county", **where).row(0, named=True)
    assert part.rows[0][1:2] + part.rows[0][4:] == tuple(
        display.coefficient(measure[name]) for name in ("cv", "theil", "gini", "mcloone", "range_ratio")
    )


def test_the_pupils_whose_schools_differ_most_are_named_with_both_means() -> None:
    where = {"standard": "cn-basic-2012", "stage": "primary", "indicator": "books", "county_code": COUNTY}
    row = several()["pupil_gaps"].filter(**where).row(0, named=True)
    (part,) = [part for part in of_first(several()).parts if part.anchor == "why-groups"]
    own, others = f"{row['mean_of_group']:.2f}", f"{row['mean_of_others']:.2f}"
    share = display.percent(row["group_share"])
    assert f"随迁子女（占 {share}）所在学校的平均值为 {own}，其他学生为 {others}（" in part.sentences[0]


def test_the_peers_stand_with_their_distance_and_how_many_are_better() -> None:
    peers = several()["peers"].filter(county_code=COUNTY)
    cvs = several()["county_dispersion"].filter(standard="cn-basic-2012", stage="primary", indicator="books")
    by_code = {row["county_code"]: row for row in cvs.iter_rows(named=True)}
    (part,) = [part for part in of_first(several()).parts if part.anchor == "why-peers"]
    assert [row[1] for row in part.rows] == ["—", *(f"{distance:.2f}" for distance in peers["distance"])]
    own, others = by_code[COUNTY], [by_code[code] for code in peers["peer_code"]]
    level = sum(row["mean"] > own["mean"] for row in others)
    balance = sum(row["cv"] < own["cv"] for row in others)
    assert f"2 个可比县中，{level} 个平均值高于本县，{balance} 个差异系数小于本县。" in part.sentences[0]
    assert part.rows[0][-1] == display.coefficient(own["cv"])


@cache
def rows_of_peers() -> dict[str, dict[str, Any]]:
    """Books of primary schools by county: mean, coefficient, limit and status of the year, as the map has them."""
    where = {"standard": "cn-basic-2012", "stage": "primary", "indicator": "books", "school_year": YEAR}
    found = several()["three_year_monitoring"].filter(**where)
    return {row["county_code"]: row for row in found.iter_rows(named=True)}


def test_the_map_of_the_peers_names_those_that_have_more_and_differ_less() -> None:
    rows = rows_of_peers()
    own = rows[COUNTY]
    peers = several()["peers"].filter(county_code=COUNTY)["peer_code"]
    ahead = [code for code in peers if rows[code]["mean"] > own["mean"] and rows[code]["cv"] < own["cv"]]
    (part,) = [part for part in of_first(several()).parts if part.anchor == "why-peers"]
    (plane,) = part.planes
    said = f"有 {len(ahead)} 个：{'、'.join(f'{code}县' for code in ahead)}" if ahead else "没有一个可比县"
    assert said in plane.message
    cvs = [row["cv"] for row in rows.values()]
    assert f"差异系数 {min(cvs):.3f} 至 {max(cvs):.3f}；" in plane.description
    assert len(plane.dots) == len(part.rows) == len(rows)


def test_the_dots_of_the_map_stand_in_the_order_of_the_figures() -> None:
    rows = rows_of_peers()
    (part,) = [part for part in of_first(several()).parts if part.anchor == "why-peers"]
    (plane,) = part.planes
    by_name = {dot.name: dot for dot in plane.dots}
    names = {code: f"{row['county_name']}" + ("（本县）" if code == COUNTY else "") for code, row in rows.items()}
    across = sorted(rows, key=lambda code: float(by_name[names[code]].x.rstrip("%")))
    up = sorted(rows, key=lambda code: -float(by_name[names[code]].y))
    assert across == sorted(rows, key=lambda code: rows[code]["mean"])
    assert up == sorted(rows, key=lambda code: rows[code]["cv"])
    assert plane.labels[0].text == names[COUNTY]


def test_both_faces_of_a_page_have_the_map_of_the_peers() -> None:
    counties = {county.code: county for county in YearTables(several(), YEAR, STANDARDS, sources()).counties()}
    report = county_report(counties[COUNTY], [YEAR])
    assert report.why is not None
    (part,) = [part for part in report.why.parts if part.anchor == "why-peers"]
    page, text = county_html(report), county_markdown(report)
    assert part.planes
    for plane in part.planes:
        assert f'<figure class="plane" id="{plane.anchor}">' in page
        assert plane.description in page
        assert plane.description in text


def test_a_county_alone_is_compared_with_nobody() -> None:
    assert "why-peers" not in [part.anchor for part in told(worked()).parts]


def test_a_peer_of_another_province_stands_with_its_figures() -> None:
    here = {"county_code": "690101", "county_name": "青岚县"}
    there = {"province_code": "710000", "county_code": "710101", "county_name": "石渡县"}
    drawn = [
        row
        | place
        | {"school_id": f"{place['county_code']}{number:04d}", "pupils_primary": row["pupils_primary"] + more}
        for place, more in ((here, 0), (there, 100))
        for number, row in enumerate(five_schools(BOOKS), 1)
    ]
    (_code, first), _second = YearTables(computed({YEAR: drawn}), YEAR, STANDARDS, sources()).provinces()
    (county,) = first.counties()
    found = why(county, Captions(), BOOKS_OF_PRIMARY)
    assert found is not None
    (part,) = [part for part in found.parts if part.anchor == "why-peers"]
    assert [row[0] for row in part.rows] == ["青岚县", "石渡县"]
    assert [row[2] for row in part.rows] == ["302", "802"]
    assert display.NOT_REPORTED not in (part.rows[1][7], part.rows[1][8])


def test_another_indicator_than_the_one_that_matters_most_is_explained_when_it_is_asked_for() -> None:
    asked = Focus("cn-quality-2017", "primary", "key_teachers")
    rows = [
        row | {"multimedia_rooms": row["books"], "key_teachers_primary": number}
        for number, row in enumerate(five_schools(BOOKS), 5)
    ]
    tables = computed({YEAR: rows})
    (part,) = [part for part in told(tables, asked).parts if part.anchor == "why-robustness"]
    cv = tables["county_dispersion"].filter(standard="cn-quality-2017", stage="primary", indicator="key_teachers")["cv"]
    assert part.rows[0][2] == display.coefficient(cv.item())


# -- several years, all counties ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def two_years(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home that holds the five schools in two years."""
    found = Home(tmp_path_factory.mktemp("years"))
    for name, rows in grown().items():
        for year in (YEAR - 1, YEAR) if "school_year" in rows.columns else ():
            found.write(name, year, rows.filter(pl.col("school_year") == year))
    return found


SINCE = ("--since", str(YEAR - 1), "--indicator", "books", "--stage", "primary", "--standard", "cn-basic-2012")


def test_the_command_says_what_made_the_change_of_every_county_since_a_year(two_years: Home) -> None:
    code, shown = ran(two_years, *SINCE)
    assert code == 0
    row = (
        grown()["change_causes"]
        .filter(standard="cn-basic-2012", stage="primary", indicator="books", figure="mean", school_year=YEAR)
        .row(0, named=True)
    )
    told = [f"{row[name]:,.2f}" for name in ("value_before", "value", "change", "resources")]
    assert re.search(r"青岚县\s+" + r"\s+".join(map(re.escape, told)), shown)
    assert "opened" not in shown
    code, shown = ran(two_years, *SINCE, "--json")
    assert {found["figure"]: found["resources"] for found in json.loads(shown)}["mean"] == row["resources"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--since", "2022"), "--indicator"),
        (("--since", "1999", "--indicator", "books"), "没有 1999 到 2023 学年的表；有：2022、2023"),
        (("--since", "2022", "--indicator", "bookz"), "没有这样的县或指标"),
        ((), "--county"),
    ],
)
def test_what_cannot_be_told_of_several_years_is_said(two_years: Home, words: tuple[str, ...], said: str) -> None:
    code, shown = ran(two_years, *words)
    assert code == 2
    assert said in shown
