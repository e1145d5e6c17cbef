"""`junheng plan`: what it prints and writes, the file of prices, and what would be under intended measures."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from assets.home import Home
from assets.papers import year_tables
from assets.planning import asked_plans
from pipelines.what_if import applied, outcome
from reports import display, render
from reports.cheapest import most_helped
from reports.county import county_report
from reports.language import catalogue, speaking
from reports.model import CheapestWay
from reports.papers import county_documents
from reports.site import papers as links
from reports.year import CountyTables, Row
from schemas.contract import conform
from schemas.county import COUNTY_FACTS
from schemas.measures import PlanFileError, our_measures, plan_file
from schemas.planning import INTENDED_MEASURES, PLANNING_TABLES
from schemas.tables import RETURNS, SCHOOLS, school_fields
from tests.county import schools
from tests.test_published_examples import BOOKS, five_schools

STANDARD = """
title = { zh = "图书", en = "Books" }
document = { zh = "手绘", en = "Drawn" }
applies_to = ["cn-returns"]
scope = { stages = ["primary"], teaching_points = "out", article = "drawn" }
split = { weights = { primary = "1", junior = "1.1", senior = "1.32" }, resources = ["books"], article = "drawn" }
dispersion = { rule = "each", article = "drawn", limits = [{ from = 2012-01-01, primary = "0.50" }] }

[[indicators]]
id = "books"
label = { zh = "生均图书册数", en = "Books per pupil" }
unit = "volumes_per_pupil"
plus = ["books"]
article = "drawn"
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with the five published schools and a standard that limits their books."""
    (tmp_path / "standards").mkdir()
    (tmp_path / "standards" / "drawn-books.toml").write_text(STANDARD, encoding="utf-8")
    store = Home(tmp_path)
    store.write("schools", 2023, schools(five_schools(BOOKS)))
    store.write("county_facts", 2023, COUNTY_FACTS.empty())
    made = outcome(schools(five_schools(BOOKS)), store.standards["drawn-books"])
    for name, rows in vars(made).items():
        store.write(name, 2023, rows)
    row = {column.name: 0 for column in RETURNS.columns if column.dtype == pl.Int64}
    row |= {"file": "drawn.csv", "layout": "school", "sha256": "a" * 64, "status": "accepted", "school_year": 2023}
    store.write("returns", 2023, conform(pl.DataFrame([row]), RETURNS))
    return tmp_path


pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:typer", "ignore:.*Click:DeprecationWarning")


def run(home: Path, *options: str) -> int:
    """The command run in this process: its exit code."""
    from assets.command import guarded  # noqa: PLC0415
    from assets.console import app  # noqa: PLC0415

    command = ["plan", "--home", str(home), "--standard", "drawn-books", *options]
    return guarded(lambda: app(command))


def test_the_command_prints_the_seventeen_books_and_warns_of_the_thirtynine(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(home, "--gap", "0", "-o", str(home / "out")) == 0
    said = capsys.readouterr().out
    assert "第4小学 2169000004  图书 book  +17 volumes" in said
    assert "拿走 39 也会达标" in said
    assert "未达标 not met → 达标 met" in said
    written = pl.read_csv(home / "out" / "cheapest_measures.csv")
    assert written["amount"].to_list() == [17]
    assert sorted(path.suffix for path in (home / "out").glob("*.*")) == [".csv"] * 3 + [".xlsx"] * 3
    (page,) = (home / "out").rglob("*.md")
    assert page.name == "plan-drawn-books.md"
    told = page.read_text(encoding="utf-8")
    assert "| 第4小学 | 全校 | 图书 | 增加 | 17 册 | — | — |" in told
    assert "资源部分现在未达标；照办后按同一套程序重算：达标。" in told
    assert "小学生均图书册数：差异系数 0.515，限值 0.50；从第3小学的 935 中拿走 39，也会达标。" in told
    assert page.with_suffix(".html").exists()
    assert page.with_suffix(".xlsx").exists()


def test_a_plan_in_yuan_says_where_its_prices_come_from_and_what_each_school_costs(home: Path) -> None:
    wishes = home / "prices.toml"
    others = "\n".join(f"{measure.id} = {{ is_offered = false }}" for measure in our_measures() if measure.id != "book")
    wishes.write_text(
        f'source = "手绘价目"\nbudget_yuan = "500"\n[measures]\nbook = {{ yuan = "25" }}\n{others}\n', encoding="utf-8"
    )
    assert run(home, "--gap", "0", "--prices", str(wishes), "-o", str(home / "out")) == 0
    (page,) = (home / "out").rglob("*.md")
    told = page.read_text(encoding="utf-8")
    assert "费用 425 元；任何方案都不会少于 425 元" in told
    assert "价格来源：手绘价目。" in told
    assert "| 第4小学 | 全校 | 图书 | 增加 | 17 册 | 25 | 425 |" in told
    assert run(home, "--gap", "0", "--prices", str(wishes), "--budget", "400", "-o", str(home / "less")) == 0
    (page,) = (home / "less").rglob("*.md")
    assert "最省的方案也超出预算。" in page.read_text(encoding="utf-8")


def test_sixteen_books_would_not_do_and_seventeen_would(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for amount, verdict in ((16, "0.500324 未达标"), (17, "0.499405 达标")):
        intended = home / "intended.csv"
        intended.write_text(f"school_id,stage,measure,amount\n2169000004,,books,{amount}\n", encoding="utf-8")
        assert run(home, "--what-if", str(intended)) == 0
        assert verdict in capsys.readouterr().out


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("nobody,,book,1", "没有这所学校"),
        ("2169000004,primary,book,1", "学段不对"),
        ("2169000004,,teacher,1", "学段不对"),
        ("2169000004,,book,1.5", "只能是整数"),
        ("2169000004,,book,-161", "不够减"),
        ("2169000004,,gold,1", "没有这项措施"),
        ("2169000004,,book,many", "应为数字"),
    ],
)
def test_a_measure_that_cannot_be_taken_ends_with_two_and_says_why(
    home: Path, capsys: pytest.CaptureFixture[str], row: str, said: str
) -> None:
    intended = home / "intended.csv"
    intended.write_text(f"school_id,stage,measure,amount\n{row}\n", encoding="utf-8")
    assert run(home, "--what-if", str(intended)) == 2
    assert said in capsys.readouterr().err


def test_a_county_a_year_a_mode_and_a_standard_that_are_not_there_are_named(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for options, said in (
        (["--county", "110101"], "没有县 110101"),
        (["--year", "2001"], "没有 2001 学年"),
        (["--mode", "rob"], "没有方式"),
        (["--standard", "cn-basic-2012"], "不能规划"),
        (["--budget", "100"], "没有价格就没有预算"),
        (["--seconds", "0"], "要大于 0"),
    ):
        assert run(home, *options) == 2
        assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[measures.book]\nyuan = "20"', "价格要写明来源"),
        ('source = "x"\n[measures.book]\nyuan = "20"', "没有价格：computer"),
        ('budget_yuan = "5"', "没有价格就没有预算"),
        ('[measures.book]\nstep = "0"', "要 0 到"),
        ('[measures.Gold]\nunit = "people"', "只用小写字母"),
        ('[measures.gold]\nunit = "people"', "要有 adds、label"),
        (
            '[measures.gold]\nunit = "people"\nadds = ["gold"]\nlabel = { zh = "金", en = "Gold" }',
            "没有字段 gold",
        ),
        (
            '[measures.both]\nunit = "people"\nadds = ["books", "key_teachers"]\nlabel = { zh = "两", en = "Both" }',
            "不能兼有",
        ),
        ('[measures.book]\nadds = ["computers"]', "不能改写"),
        ("surprise = 1", "surprise"),
        ("not toml", "格式见"),
    ],
)
def test_a_file_of_prices_that_is_not_sound_says_which_key(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "prices.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PlanFileError, match=said):
        plan_file(path)


def test_our_measures_add_to_fields_of_the_return_and_are_counted_in_their_unit() -> None:
    units = {entry["base"]: entry["unit"] for entry in school_fields()}
    for measure in our_measures():
        assert {units[name] for name in measure.adds} == {measure.unit}


def test_what_was_not_reported_stays_so_under_a_measure() -> None:
    rows = schools([{"pupils_primary": 10}])
    intended = conform(
        pl.DataFrame({"school_id": ["2169000001"], "measure": ["book"], "amount": [5]}), INTENDED_MEASURES
    )
    known = {measure.id: measure for measure in our_measures()}
    assert applied(rows, intended, known)["books"].to_list() == [None]


def test_measures_of_one_field_add_up_and_the_rest_of_the_return_stays() -> None:
    rows = schools([{"pupils_primary": 10, "full_time_teachers_primary": 3, "teachers_bachelor_primary": 1}])
    intended = conform(
        pl.DataFrame(
            {
                "school_id": ["2169000001"] * 2,
                "stage": ["primary"] * 2,
                "measure": ["teacher", "full_time_teachers"],
                "amount": [2, 4],
            }
        ),
        INTENDED_MEASURES,
    )
    known = {measure.id: measure for measure in our_measures()}
    changed = applied(rows, intended, known)
    names = ["full_time_teachers_primary", "teachers_bachelor_primary"]
    assert changed.select(names).rows() == [(9, 3)]
    assert changed.drop(names).equals(rows.drop(names))
    assert changed.schema == SCHOOLS.polars_schema


def test_nothing_intended_changes_nothing() -> None:
    from standards.standard import standards  # noqa: PLC0415

    rows = schools(five_schools(BOOKS))
    same = applied(rows, INTENDED_MEASURES.empty(), {})
    basic = standards()["cn-basic-2012"]
    assert outcome(same, basic).county_dispersion.equals(outcome(rows, basic).county_dispersion)


def test_a_home_that_asks_for_plans_has_them_as_tables_and_as_documents_of_the_county(home: Path) -> None:
    store = Home(home)
    assert [rows.height for rows in asked_plans(store, 2023)] == [0, 0, 0]
    (home / "planning.toml").write_text(
        'standards = ["drawn-books"]\nschool_years = [2023]\n[measures.book]\nmost_per_school = "10"\n',
        encoding="utf-8",
    )
    plans, measures, cuts = asked_plans(store, 2023)
    assert plans["status"].to_list() == ["planned"]
    assert measures["amount"].max() == 10
    assert cuts["taken"].to_list() == [39]
    assert [rows.height for rows in asked_plans(store, 2022)] == [0, 0, 0]
    for contract, rows in zip(PLANNING_TABLES, (plans, measures, cuts), strict=True):
        store.write(contract.name, 2023, rows)
    (county,) = year_tables(store, 2023).counties()
    (paper,) = [paper for paper in county_documents(county) if "/plan-" in paper.path]
    assert paper.path == "2023/690101/documents/plan-drawn-books"
    assert "documents/plan-drawn-books.html" in [link.href for link in links(county)]


def test_a_home_that_asks_for_a_plan_that_cannot_be_made_is_told_so(home: Path) -> None:
    (home / "planning.toml").write_text('standards = ["cn-basic-2012"]\nschool_years = [2023]\n', encoding="utf-8")
    with pytest.raises(PlanFileError, match="不能规划"):
        asked_plans(Home(home), 2023)


# -- the section of the county's page ----------------------------------------------------------------------------------


def asked(home: Path, wishes: str, **replaced: pl.Expr) -> CountyTables:
    """The county of a home that asks for a plan, with columns of `cheapest_plans` replaced."""
    (home / "planning.toml").write_text(
        f'standards = ["drawn-books"]\nschool_years = [2023]\n{wishes}', encoding="utf-8"
    )
    store = Home(home)
    plans, measures, cuts = asked_plans(store, 2023)
    if replaced:
        plans, measures = plans.with_columns(**replaced), measures.clear()
    for contract, rows in zip(PLANNING_TABLES, (plans, measures, cuts), strict=True):
        store.write(contract.name, 2023, rows)
    (county,) = year_tables(store, 2023).counties()
    return county


def section(county: CountyTables, name: str = "zh-CN") -> CheapestWay:
    with speaking(catalogue(name)):
        (way,) = county_report(county, [2023], links(county)).cheapest_ways
    return way


def test_the_section_says_what_the_tables_say(home: Path) -> None:
    county = asked(home, '[measures.book]\nmost_per_school = "10"\n')
    (plan,) = county.frame("cheapest_plans").to_dicts()
    measures = county.frame("cheapest_measures")
    (cut,) = county.frame("cheapest_cuts").to_dicts()
    way = section(county)
    (said,), (noted,) = way.course.sentences, way.course.notes
    assert (
        f"有所增加的学校 {measures['school_id'].n_unique()} 所。共增加：图书 {measures['amount'].sum():.0f} 册。"
        in said
    )
    assert f"相当于 {plan['cost']:.1f} 名学生的达标量；任何方案都不会少于 {plan['bound']:.1f} 名" in said
    assert f"相差至多 {display.percent(plan['gap'])}。" in said
    assert "资源部分现在未达标；照办后按同一套程序重算：达标。" in said
    assert (plan["verdict_before"], plan["verdict_after"]) == ("not_met", "met")
    assert (
        f"有 1 项差异系数，从最富的学校拿走一些也会降到限值以内，例如小学生均图书册数从第3小学的 {cut['held']:.0f} 中"
        in noted
    )
    assert f"拿走 {cut['taken']:.0f}；" in noted
    by_amount = measures.sort("amount", "school_id", descending=[True, False])
    assert way.course.rows == tuple(
        (name, f"图书 {amount:.0f} 册") for name, amount in by_amount.select("school_name", "amount").iter_rows()
    )
    assert way.link is not None
    assert way.link.href == "documents/plan-drawn-books.html"


def test_both_faces_hold_the_section_and_the_english_one_says_the_same(home: Path) -> None:
    county = asked(home, "")
    report = county_report(county, [2023], links(county))
    page, text = render.county_html(report), render.county_markdown(report)
    for face in (page, text):
        assert "共增加：图书 17 册。" in face
        assert "documents/plan-drawn-books.html" in face
    assert '<a href="#plan-drawn-books">' in page
    assert "| 第4小学 | 图书 17 册 |" in text
    english = section(county, "en").course
    assert "Added in all: Books: 17 volumes." in english.sentences[0]
    assert english.rows == (("第4小学", "Books: 17 volumes"),)


def test_with_prices_the_section_has_yuan_and_where_the_prices_come_from(home: Path) -> None:
    others = "\n".join(f"{measure.id} = {{ is_offered = false }}" for measure in our_measures() if measure.id != "book")
    way = section(asked(home, f'source = "手绘价目"\n[measures]\nbook = {{ yuan = "25" }}\n{others}\n'))
    assert "费用 425 元；任何方案都不会少于" in way.course.sentences[0]
    assert "价格来源：手绘价目。" in way.course.notes[0]
    assert way.course.rows == (("第4小学", "图书 17 册", "425"),)


def test_a_plan_that_cannot_be_made_says_why_and_has_no_table(home: Path) -> None:
    county = asked(
        home,
        "",
        status=pl.lit("infeasible"),
        reason=pl.lit("fixed_school"),
        detail=pl.lit("第 4 小学 primary books"),
        verdict_after=pl.lit(None, pl.String),
        **dict.fromkeys(("cost", "bound", "gap"), pl.lit(None, pl.Float64)),
    )
    way = section(county)
    assert way.course.sentences == ("固定不动的学校没有达到学校规则。涉及：第 4 小学（小学生均图书册数）。",)
    assert way.course.rows == ()
    page = render.county_html(county_report(county, [2023], links(county)))
    assert "固定不动的学校没有达到学校规则。" in page
    assert "增加最多的学校" not in page


def test_a_county_without_a_plan_has_no_section(home: Path) -> None:
    (county,) = year_tables(Home(home), 2023).counties()
    report = county_report(county, [2023], links(county))
    assert report.cheapest_ways == ()
    assert "达标方案" not in render.county_html(report)


def given(school: int, amount: int, *, how: str = "added", unit: str = "volumes", yuan: int | None = None) -> Row:
    """What a school gets: books, or where they are counted so, computers."""
    zh, en = ("图书", "Books") if unit == "volumes" else ("教学用计算机", "Computers for teaching")
    return {
        "school_id": f"{school:02d}",
        "school_name": f"第{school}小学",
        "measure": unit,
        "measure_zh": zh,
        "measure_en": en,
        "how": how,
        "amount": Decimal(amount),
        "unit": unit,
        "cost_yuan": None if yuan is None else Decimal(yuan),
    }


def test_the_table_ends_with_the_ten_schools_that_get_most() -> None:
    most = most_helped([given(number, number) for number in range(1, 13)], is_priced=False)
    assert [row[0] for row in most] == [f"第{number}小学" for number in range(12, 2, -1)]


def test_without_prices_a_school_weighs_by_its_shares_of_each_measure_and_with_prices_by_yuan() -> None:
    drawn = [
        given(1, 60, yuan=600),
        given(2, 40, yuan=400),
        given(2, 3, how="moved_in", unit="computers", yuan=30),
        given(3, -3, how="moved_out", unit="computers", yuan=0),
    ]
    # Shares: school 1 has 0.6 of the books; school 2 has 0.4 of them and all computers.
    assert most_helped(drawn, is_priced=False) == (
        ("第2小学", "图书 40 册；教学用计算机 3 台（调入）"),
        ("第1小学", "图书 60 册"),
    )
    assert most_helped(drawn, is_priced=True) == (
        ("第1小学", "图书 60 册", "600"),
        ("第2小学", "图书 40 册；教学用计算机 3 台（调入）", "430"),
    )
