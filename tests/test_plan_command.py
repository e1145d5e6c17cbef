"""`junheng plan`: what it prints and writes, the file of prices, and what would be under intended measures."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from assets.home import Home
from assets.papers import year_tables
from assets.planning import asked_plans
from pipelines.what_if import applied, outcome
from reports.papers import county_documents
from reports.site import papers as links
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
