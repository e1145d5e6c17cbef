"""Explanations that come back in a follow-up workbook: taken into the register, or refused with what is wanted."""

from __future__ import annotations

import csv
import datetime as dt
import subprocess
from pathlib import Path

import polars as pl
import pytest

from assets.home import Home
from assets.registers import register as read_home
from pipelines.experience import experience_findings, read_columns
from pipelines.explanations import finding_explanations
from pipelines.registers import read_register
from pipelines.sent_back import SentBack, merged, rows_to_complete, said_in_return, sent_back
from reports.follow_up import follow_up, to_explain
from schemas.contract import accept, tidy
from schemas.explanations import EXPLANATIONS, FILLED_IN, FOLLOW_UP_HEADERS, FOLLOW_UP_SHEET
from schemas.forms_tables import RETURN_EXPLANATIONS
from schemas.lineage import SCHOOL_LINEAGE
from schemas.tables import QUARANTINE
from tests.drawing import status, taken, write_workbook
from tests.test_command import run
from tests.test_explanations import explained, register, school, schools
from tests.test_follow_up import NO_CHECKS, handed_in, sheet

FIGURES = {2021: (100, 60), 2022: (300, 130), 2023: (900, 300)}
RETURNS = schools(*(school(year, books=books, computers=computers) for year, (books, computers) in FIGURES.items()))
NONE = SCHOOL_LINEAGE.empty()
FINDINGS = pl.concat(experience_findings(RETURNS.select(read_columns()), NONE, year) for year in (2022, 2023))
REGISTER = register(
    explained(2022, 100, 300, valid_until=2023, document="捐赠清单"), explained(2022, 60, 130, column="computers")
)
UNSAID = said_in_return(RETURN_EXPLANATIONS.empty())


def said(entries: pl.DataFrame = REGISTER, year: int = 2023) -> pl.DataFrame:
    return finding_explanations(FINDINGS, entries, NONE, RETURNS, year)


def asked() -> pl.DataFrame:
    """The sheet of 2023: books carried over from 2022, computers expired."""
    return to_explain(FINDINGS.filter(pl.col("school_year") == 2023), said(), UNSAID)


def filled(*rows: dict[str, str]) -> pl.DataFrame:
    """The sheet's cells as they are read, its rows filled in one after the other."""
    cells = asked().rename({header: name for name, header in FOLLOW_UP_HEADERS.items()})
    cells = cells.with_row_index("row", offset=2).with_columns(pl.col("row").cast(pl.Int64))
    drawn = [cells.row(position, named=True) | row for position, row in enumerate(rows)]
    return pl.DataFrame(drawn, schema=cells.schema)


def came_back(*rows: dict[str, str]) -> SentBack:
    return sent_back(filled(*rows), FINDINGS, said(), "2023-补正-690101.xlsx")


SOUND = {"text": "新增馆藏", "explained_by": "李某", "explained_on": "2023-10-09"}


def test_the_sheet_offers_what_was_said_before_and_leaves_the_rest_to_be_filled_in() -> None:
    books, computers = asked().rows(named=True)
    assert (books["情况"], computers["情况"]) == ("沿用待确认", "说明已过期")
    assert books["以前的说明"] == "2022 年接收捐赠图书（王某，2022-10-09，2022 学年）"
    assert (books["数据项"], books["上年值"], books["本年值"]) == ("图书册数", "300", "900")
    assert [books[FOLLOW_UP_HEADERS[name]] for name in FILLED_IN] == [None] * 6
    done = said(merged(REGISTER, came_back(SOUND, SOUND).rows))
    assert not to_explain(FINDINGS, done, UNSAID).height


def test_what_is_filled_in_explains_the_finding_from_then_on() -> None:
    told = came_back(SOUND | {"document": "验收单", "valid_until": "2025"}, {})
    assert (told.refused.height, told.blank) == (0, 1)
    row = told.rows.row(0, named=True)
    assert (row["school_year"], row["county_code"], row["school_id"], row["check"], row["column"]) == (
        2023, "690101", "2169000001", "swing", "books",
    )  # fmt: skip
    assert (row["value_before"], row["value"], row["valid_until"], row["document"]) == (300.0, 900.0, 2025, "验收单")
    assert (row["text"], row["explained_by"], row["explained_on"]) == ("新增馆藏", "李某", dt.date(2023, 10, 9))
    after = {row["column"]: row["status"] for row in said(merged(REGISTER, told.rows)).iter_rows(named=True)}
    assert after == {"books": "explained", "computers": "expired"}


def test_an_earlier_explanation_is_confirmed_by_a_yes_with_who_and_when() -> None:
    told = came_back({"is_kept": "是", "explained_by": "李某", "explained_on": "2023年10月9日"})
    row = told.rows.row(0, named=True)
    assert (row["text"], row["document"], row["explained_by"]) == ("2022 年接收捐赠图书", "捐赠清单", "李某")
    assert row["explained_on"] == dt.date(2023, 10, 9)


def test_what_was_said_of_a_value_that_is_another_by_now_is_taken_and_does_not_hold() -> None:
    told = came_back(SOUND | {"value": "880"})
    assert not told.refused.height
    books = next(row for row in said(merged(REGISTER, told.rows)).iter_rows(named=True) if row["column"] == "books")
    assert (books["status"], books["reason"], books["explained_value"]) == ("open", "value_changed", 880.0)


@pytest.mark.parametrize(
    ("change", "header", "said_of_it"),
    [
        ({"text": ""}, "说明", "不能空缺，请写明情况，或填“是”沿用以前的说明"),
        ({"explained_by": " "}, "说明人", "不能空缺，请填写由谁说明"),
        ({"explained_on": ""}, "说明日期", "不能空缺，请填写日期，写法如 2023-10-09"),
        ({"explained_on": "去年底"}, "说明日期", "应为日期，写法如 2023-10-09"),
        ({"valid_until": "永久"}, "有效至学年", "应为学年，写法如 2025；只限当年的请留空"),
        ({"valid_until": "20255"}, "有效至学年", "应为学年，写法如 2025；只限当年的请留空"),
        ({"valid_until": "2022"}, "有效至学年", "早于说明所属学年；只限当年的请留空"),
        ({"is_kept": "也许"}, "沿用以前的说明（是）", "应为 是 或留空"),
        ({"finding_id": "2169000009/whole/swing/books"}, "发现编号", "本系统现在没有这个发现"),
        ({"school_year": "2020"}, "发现编号", "本系统现在没有这个发现"),
        ({"value": "很多"}, "本年值", "应为数字，请勿改动印好的数值"),
        ({"value_before": "很多"}, "上年值", "应为数字，请勿改动印好的数值"),
    ],
)
def test_a_refused_row_is_named_with_row_header_and_what_is_wanted_and_the_sound_one_is_taken(
    change: dict[str, str], header: str, said_of_it: str
) -> None:
    told = came_back(SOUND | change, SOUND)
    (fault,) = told.refused.rows(named=True)
    assert (fault["file"], fault["sheet"], fault["row"], fault["header"]) == (
        "2023-补正-690101.xlsx", FOLLOW_UP_SHEET, 2, header,
    )  # fmt: skip
    assert fault["message"].startswith(said_of_it)
    assert fault["message_en"]
    assert "李某" in fault["record"] or header == "说明人"
    assert told.rows["column"].to_list() == ["computers"]


def test_what_was_never_said_cannot_be_kept() -> None:
    nothing = sent_back(
        filled({"is_kept": "是", "explained_by": "李某", "explained_on": "2023-10-09"}),
        FINDINGS,
        said(register()),
        "补正.xlsx",
    )
    assert nothing.refused.select("header", "rule").rows() == [("沿用以前的说明（是）", "nothing_to_keep")]


def test_a_finding_explained_twice_in_a_sheet_is_taken_once() -> None:
    again = filled(SOUND, SOUND)
    twice = pl.concat([again.head(1), again.head(1).with_columns(row=pl.lit(9, pl.Int64))])
    told = sent_back(twice, FINDINGS, said(), "补正.xlsx")
    assert told.refused.select("row", "rule").rows() == [(9, "repeated")]
    assert told.rows.height == 1


def test_a_later_explanation_replaces_the_one_of_the_same_finding_and_year_alone() -> None:
    whole = register(explained(2023, 300, 900, return_part="whole", text="旧"))
    after = merged(merged(REGISTER, whole), came_back(SOUND).rows)
    assert after.select("school_year", "column", "text").rows() == [
        (2022, "books", "2022 年接收捐赠图书"),
        (2022, "computers", "2022 年接收捐赠图书"),
        (2023, "books", "新增馆藏"),
    ]


def test_what_is_open_is_written_as_rows_of_the_register_to_be_completed() -> None:
    rows = rows_to_complete(FINDINGS.filter(pl.col("school_year") == 2023), said(), UNSAID)
    assert rows.select("column", "value", "text", "explained_by").rows() == [
        ("books", 900.0, "2022 年接收捐赠图书", None),
        ("computers", 300.0, "2022 年接收捐赠图书", None),
    ]
    signed = rows.with_columns(explained_by=pl.lit("李某"), explained_on=pl.lit(dt.date(2023, 10, 9)))
    text = signed.write_csv()
    assert accept(read_register(text, "explanations.csv", EXPLANATIONS, ["cn-returns"]), EXPLANATIONS).height == 2


def test_the_sheet_of_findings_does_not_keep_the_workbook_from_being_a_return(tmp_path: Path) -> None:
    first = handed_in(tmp_path)
    read = taken(first)
    rows = sheet(follow_up(read.schools.head(0).select(), QUARANTINE.empty(), NO_CHECKS, asked()), FOLLOW_UP_SHEET)
    assert rows.equals(asked())
    frame = pl.read_csv(first, infer_schema=False).head(1)
    mended = write_workbook(
        tmp_path / "2021-补正.xlsx",
        {
            "年报": [frame.columns, *map(list, frame.with_columns(图书册数=pl.lit("150")).rows())],
            FOLLOW_UP_SHEET: [asked().columns, *([cell or "" for cell in row] for row in asked().rows())],
        },
    )
    again = taken(first, mended)
    assert status(again)["2021-补正.xlsx"] == "accepted"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with the findings of two school years, and one explanation on record."""
    store = Home(tmp_path / "home")
    store.claim("real")
    for year in (2022, 2023):
        store.write("experience_findings", year, FINDINGS.filter(pl.col("school_year") == year))
        store.write("finding_explanations", year, said(year=year))
    (store.root / "registers").mkdir()
    REGISTER.write_csv(store.root / "registers" / "explanations.csv", include_bom=True)
    return store.root


def told_by(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The command as it is used, and what it said."""
    done = run(*arguments)
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def workbook(path: Path, *rows: dict[str, str]) -> Path:
    """The follow-up workbook as it comes back."""
    cells = filled(*rows).drop("row").fill_null("")
    head = list(FOLLOW_UP_HEADERS.values())
    return write_workbook(path, {"年报": [["x"]], FOLLOW_UP_SHEET: [head, *map(list, cells.rows())]})


def test_a_workbook_is_taken_its_refused_rows_named_and_kept_until_they_are_mended(home: Path, tmp_path: Path) -> None:
    back = workbook(tmp_path / "2023-补正-690101.xlsx", SOUND, SOUND | {"explained_by": ""})
    first = told_by("explanations", "--take", back, "--home", home)
    assert first.returncode == 1, first.stderr
    assert "收下 taken 1（其中取代原有说明 replaced 0），拒收 refused 1，未填 left blank 0" in first.stdout
    assert "工作表“经验核查”第 3 行“说明人”：空，不能空缺，请填写由谁说明" in first.stdout
    kept = home / "explanations-refused.csv"
    rows = list(csv.DictReader(kept.read_text("utf-8-sig").splitlines()))
    assert [(row["file"], row["row"], row["rule"]) for row in rows] == [("2023-补正-690101.xlsx", "3", "who_missing")]
    assert "新增馆藏" in rows[0]["record"]
    assert read_home(home, EXPLANATIONS).height == 3

    workbook(back, SOUND, SOUND)
    second = told_by("explanations", "--take", back, "--home", home)
    assert second.returncode == 0, second.stderr
    assert "收下 taken 2（其中取代原有说明 replaced 1）" in second.stdout
    assert not list(csv.DictReader(kept.read_text("utf-8-sig").splitlines()))
    assert read_home(home, EXPLANATIONS).height == 4


def test_what_is_no_follow_up_workbook_is_refused_with_what_is_wanted(home: Path, tmp_path: Path) -> None:
    other = write_workbook(tmp_path / "别的.xlsx", {"年报": [["x"]]})
    torn = write_workbook(tmp_path / "缺列.xlsx", {FOLLOW_UP_SHEET: [["发现编号"], ["1"]]})
    text = tmp_path / "别的.txt"
    text.write_bytes(b"%PDF-1.7")
    for file, wanted in (
        (other, "没有工作表“经验核查”；有：年报；请用 junheng followup 写的工作簿"),
        (torn, "第 1 行应各有一列 数据来源、学年"),
        (text, "不能读成工作簿"),
        (tmp_path / "没有.xlsx", "没有文件"),
    ):
        said_of_it = told_by("explanations", "--take", file, "--home", home)
        assert said_of_it.returncode == 2
        assert wanted in said_of_it.stderr
        assert "Traceback" not in said_of_it.stderr


def test_the_command_counts_and_lists_what_is_still_to_be_said(home: Path, tmp_path: Path) -> None:
    listed = told_by("explanations", "--home", home).stdout
    assert "沿用待确认 carried over: 1" in listed
    assert "swing books  300 → 900  沿用待确认 carried over  以前的说明 said before（1）：2022 年接收捐赠图书" in listed
    target = tmp_path / "open.csv"
    assert run("explanations", "--county", "690101", "--csv", target, "--home", home).returncode == 0
    assert len(target.read_text("utf-8-sig").splitlines()) == 3
    assert "没有 2019 学年" in told_by("explanations", "--year", "2019", "--home", home).stderr


def test_what_a_school_said_in_its_own_return_is_offered_where_nothing_was_said_before() -> None:
    finding = FINDINGS.row(0, named=True)
    told = [(2, "books", "捐赠图书"), (3, "books", "另购一批"), (4, None, "旁注"), (5, "computers", None)]
    rows = pl.DataFrame(
        [
            {name: finding[name] for name in ("source", "county_code", "school_id")}
            | {"school_year": 2023, "file": "a.xlsx", "sheet": "说明", "row": row, "rule": "核查"}
            | {"column": column, "said": text}
            for row, column, text in told
        ]
    )
    in_return = said_in_return(accept(tidy(rows, RETURN_EXPLANATIONS), RETURN_EXPLANATIONS))
    assert in_return.select("column", "said").rows() == [("books", "捐赠图书；另购一批")]
    of_year, unsaid = FINDINGS.filter(pl.col("school_year") == 2023), said(register())
    offered = dict(to_explain(of_year, unsaid, in_return).select("数据项", "以前的说明").iter_rows())
    assert offered["图书册数"] == "报表中的说明：捐赠图书；另购一批"
    assert [text for name, text in offered.items() if name != "图书册数"] == [None]
    prepared = dict(rows_to_complete(of_year, unsaid, in_return).select("column", "text").iter_rows())
    assert prepared == {"books": "捐赠图书；另购一批", "computers": None}
    kept = dict(to_explain(of_year, said(), in_return).select("数据项", "以前的说明").iter_rows())
    assert kept["图书册数"] == "2022 年接收捐赠图书（王某，2022-10-09，2022 学年）"
