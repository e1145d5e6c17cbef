"""Corrections as data: set between intake and contract, listed where they were applied, and a stop where they no longer match."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from assets.home import Home
from pipelines.intake import Intake, take_in
from schemas.contract import accept
from schemas.corrections import COLUMNS, CORRECTIONS, Correction, CorrectionError, read_corrections, together
from schemas.source import sources
from tests.drawing import cells, county_table, headers, table, tw_table, write_text

SOURCE = sources()["cn-returns"]
ONE = Correction(
    id="C-1",
    source="cn-returns",
    table="schools",
    school_year=2021,
    file="",
    where=(("school_id", "2111000001"),),
    column="books",
    expect="100",
    becomes="1000",
    reason="少写一个零",
    document="函〔2022〕3号",
    status="applied",
    recorded_by="统计员",
    recorded_on="2022-03-01",
    listed_in="corrections/cn-returns.csv",
    listed_row=2,
)
"""The first school's 100 books are 1,000."""


def read(folder: Path, *corrections: Correction, **files: Sequence[Sequence[object]]) -> Intake:
    for name, rows in files.items():
        write_text(folder / f"{name}.csv", rows)
    named = [(path.name, path) for path in sorted(folder.glob("*.csv"))]
    return take_in(named, sources().values(), corrections=corrections)


def books(intake: Intake) -> list[int | None]:
    return intake.schools["books"].to_list()


def test_a_correction_sets_its_cell_and_is_listed_with_both_values_reason_document_file_and_row(tmp_path: Path) -> None:
    taken = read(tmp_path, ONE, a=table(3))
    assert books(taken) == [1000, 200, 300]
    accept(taken.corrections, CORRECTIONS)
    row = taken.corrections.row(0, named=True)
    assert (row["value_before"], row["value"], row["is_kept"]) == ("100", "1000", True)
    assert (row["reason"], row["document"], row["recorded_on"]) == ("少写一个零", "函〔2022〕3号", date(2022, 3, 1))
    assert (row["file"], row["row"], row["listed_in"], row["listed_row"]) == ("a.csv", 2, ONE.listed_in, 2)
    assert (row["county_code"], row["school_id"], row["school_name"]) == ("110101", "2111000001", "第1学校")
    assert not taken.unmatched


def test_values_are_given_in_the_unit_of_the_table(tmp_path: Path) -> None:
    # The return gives 12 万元; the table holds 120,000 yuan.
    money = replace(ONE, column="equipment_value_yuan", expect="120000", becomes="125,000")
    rows = [headers(), cells(1, equipment_value_yuan="12")]
    assert read(tmp_path, money, a=rows).schools["equipment_value_yuan"].to_list() == [Decimal("125000.0000")]


def test_a_blank_expects_what_was_not_reported_and_sets_it(tmp_path: Path) -> None:
    empty = replace(ONE, expect="", becomes="50")
    assert books(read(tmp_path, empty, a=[headers(), cells(1)])) == [50]
    taken = read(tmp_path, replace(ONE, becomes=""), a=table(1))
    assert books(taken) == [None]
    assert taken.corrections.select("value", "is_kept").rows() == [(None, True)]


def test_a_cell_that_could_not_be_read_is_expected_as_the_file_writes_it(tmp_path: Path) -> None:
    words = replace(ONE, expect="约三千", becomes="3000")
    taken = read(tmp_path, words, a=[headers(), cells(1, books="约三千"), cells(2, books="约两千")])
    assert books(taken) == [3000, None]
    # The refusal of the first stays listed as mended; that of the second is open.
    assert taken.quarantine.select("value", "mended_by").rows() == [("约三千", "C-1"), ("约两千", None)]
    blank = replace(ONE, expect="", becomes="3000")
    assert read(tmp_path, blank).unmatched


def test_what_is_set_is_checked_like_a_return(tmp_path: Path) -> None:
    # 9 + 1 = 10 teachers; a correction of one part alone breaks the sum, and the check refuses it.
    rows = [headers(), cells(1, pupils_primary="100", classes_primary="4")]
    wrong = replace(ONE, column="classes_primary", expect="4", becomes="0")
    taken = read(tmp_path, wrong, a=rows)
    assert taken.schools["classes_primary"].to_list() == [None]
    assert taken.corrections["is_kept"].to_list() == [False]
    assert taken.quarantine["rule"].to_list() == ["classes_for_pupils"]


def test_a_correction_mends_a_cell_before_the_checks_see_it(tmp_path: Path) -> None:
    rows = [headers(), cells(1, pupils_primary="100", classes_primary="0")]
    mended = replace(ONE, column="classes_primary", expect="0", becomes="4")
    taken = read(tmp_path, mended, a=rows)
    assert taken.schools["classes_primary"].to_list() == [4]
    assert taken.quarantine.is_empty()


def test_a_total_is_formed_from_the_corrected_part(tmp_path: Path) -> None:
    boys = replace(
        ONE,
        source="tw-moe",
        school_year=2022,
        where=(("school_id", "014601"),),
        column="pupils_grade_1_male",
        expect="10",
        becomes="12",
    )
    rows = tw_table("primary_csv", 2022, {"pupils_grade_1_male": "10", "pupils_grade_1_female": "9"})
    taken = read(tmp_path, boys, a=rows)
    assert taken.schools["pupils_grade_1_primary"].to_list() == [21]
    assert taken.corrections["is_kept"].to_list() == [None]


def test_a_correction_whose_expectation_is_gone_does_not_match_and_says_what_stands_there(tmp_path: Path) -> None:
    taken = read(tmp_path, ONE, a=[headers(), cells(1, books="1000")])
    assert books(taken) == [1000]
    assert taken.corrections.is_empty()
    (said,) = taken.unmatched
    assert said.is_row_there
    assert "更正 C-1（corrections/cn-returns.csv 第 2 行）不再成立" in said.message
    assert "应为“100”，现为“1000”（a.csv，第 2 行）" in said.message
    assert "withdrawn" in said.message


def test_a_row_that_is_gone_while_its_year_is_read_does_not_match(tmp_path: Path) -> None:
    (said,) = read(tmp_path, ONE, a=[headers(), cells(2, books="100")]).unmatched
    assert not said.is_row_there
    assert "该行已不在报表里" in said.message


def test_a_mended_release_that_wins_over_the_corrected_row_does_not_match(tmp_path: Path) -> None:
    (said,) = read(tmp_path, ONE, a=table(1), b=[headers(), cells(1, books="1000")]).unmatched
    assert "现为“1000”（b.csv，第 2 行）" in said.message


@pytest.mark.parametrize("other", [{"status": "withdrawn"}, {"school_year": 2020}, {"file": "b.csv"}])
def test_a_correction_that_is_withdrawn_or_of_nothing_that_is_read_is_silent(
    tmp_path: Path, other: dict[str, object]
) -> None:
    taken = read(tmp_path, replace(ONE, expect="77", **other), a=table(1))  # type: ignore[arg-type]
    assert (books(taken), taken.corrections.height, taken.unmatched) == ([100], 0, ())


def test_a_correction_of_a_named_file_is_of_that_file_alone(tmp_path: Path) -> None:
    named = replace(ONE, file="b.csv", expect="200", becomes="2000")
    taken = read(tmp_path, named, a=table(1), b=[headers(), cells(1, books="200")])
    assert books(taken) == [2000]


def test_a_correction_of_a_withdrawn_file_is_silent(tmp_path: Path) -> None:
    write_text(tmp_path / "a.csv", table(1))
    write_text(tmp_path / "b.csv", [headers(), cells(1, books="200")])
    files = [(name, tmp_path / name) for name in ("a.csv", "b.csv")]
    out = {("b.csv", hashlib.sha256((tmp_path / "b.csv").read_bytes()).hexdigest()): "误报"}
    of_it = replace(ONE, file="b.csv", expect="200", becomes="2000")
    taken = take_in(files, sources().values(), withdrawn=out, corrections=[of_it])
    assert (books(taken), taken.corrections.height, taken.unmatched) == ([100], 0, ())


def test_what_is_set_must_be_a_value_of_its_column(tmp_path: Path) -> None:
    with pytest.raises(CorrectionError, match=r"更正 C-1.*set “许多”不是 books 能有的值"):
        read(tmp_path, replace(ONE, becomes="许多"), a=table(1))


def test_a_county_fact_is_corrected_by_the_columns_of_its_key(tmp_path: Path) -> None:
    fact = replace(
        ONE,
        table="county_facts",
        school_year=2023,
        where=(("county_code", "690101"), ("fact", "甲"), ("period", "2023")),
        column="value",
        expect="5",
        becomes="6",
    )
    rows = county_table("county_facts", {"fact": "甲", "period": "2023", "value": "5"}, {"fact": "乙", "value": "5"})
    taken = read(tmp_path, fact, a=rows)
    assert taken.county["county_facts"].sort("fact")["value"].to_list() == [Decimal(5), Decimal(6)]
    (said,) = read(tmp_path, replace(fact, where=(("county_code", "690101"),), column="value", expect="5")).unmatched
    assert "有 2 行符合 county_code=690101" in said.message


def line(**cells: str) -> str:
    sound = {
        "id": "C-1", "table": "schools", "school_year": "2021", "file": "", "where": "school_id=2111000001",
        "column": "books", "expect": "100", "set": "1000", "reason": "少写一个零", "document": "函〔2022〕3号",
        "status": "applied", "recorded_by": "统计员", "recorded_on": "2022-03-01",
    }  # fmt: skip
    return ",".join((sound | cells)[name] for name in COLUMNS)


def listed(folder: Path, *lines: str) -> Path:
    path = folder / "cn-returns.csv"
    path.write_text("\n".join([",".join(COLUMNS), *lines, ""]), "utf-8-sig")
    return path


def test_a_file_of_corrections_is_read_as_it_is_written(tmp_path: Path) -> None:
    assert read_corrections(listed(tmp_path, line()), SOURCE, shown=ONE.listed_in) == (ONE,)
    assert read_corrections(tmp_path / "none.csv", SOURCE) == ()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"reason": ""}, "reason 为空"),
        ({"document": ""}, "document 为空"),
        ({"table": "units"}, "没有表“units”"),
        ({"school_year": "二一"}, "不是年份"),
        ({"column": "book"}, "没有列“book”"),
        ({"column": "school_id"}, "不能更正"),
        ({"where": "books=3"}, "写法如 school_id="),
        ({"where": "2111000001"}, "写法如 school_id="),
        ({"expect": "1000"}, "expect 与 set 相同"),
        ({"status": "done"}, "只能是 applied、withdrawn"),
        ({"recorded_on": "1/3/22"}, "recorded_on"),
    ],
)
def test_every_unsound_row_of_a_file_of_corrections_is_named(tmp_path: Path, wrong: dict[str, str], said: str) -> None:
    with pytest.raises(CorrectionError, match=said) as refused:
        read_corrections(listed(tmp_path, line(id="C-0", where="school_id=2111000009"), line(**wrong)), SOURCE)
    assert "cn-returns.csv 第 3 行" in str(refused.value)


def test_two_corrections_of_one_cell_or_of_one_id_collide(tmp_path: Path) -> None:
    for other in (line(id="C-2", set="5"), line(where="school_id=2111000002")):
        with pytest.raises(CorrectionError, match="出现两次"):
            read_corrections(listed(tmp_path, line(), other), SOURCE)
    with pytest.raises(CorrectionError, match="重复"):
        together([[ONE], [replace(ONE, id="C-2")]])
    assert together([[ONE], [replace(ONE, id="C-2", status="withdrawn")]])


def test_a_header_that_lacks_a_column_says_which(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,table\n", "utf-8")
    with pytest.raises(CorrectionError, match="缺少列 school_year"):
        read_corrections(path, SOURCE)


def test_a_home_names_its_files_of_corrections_after_sources(tmp_path: Path) -> None:
    (tmp_path / "corrections").mkdir()
    assert Home(tmp_path).corrections == together([])
    listed(tmp_path / "corrections", line())
    assert [one.id for one in Home(tmp_path).corrections] == ["C-1"]
    (tmp_path / "corrections" / "别处.csv").write_text("")
    with pytest.raises(CorrectionError, match=r"没有这样的来源：别处\.csv"):
        _ = Home(tmp_path).corrections


def test_a_correction_that_no_longer_matches_stops_the_run_and_leaves_the_last_edition(tmp_path: Path) -> None:
    inbox, home = tmp_path / "in", tmp_path / "home"
    inbox.mkdir()
    (home / "corrections").mkdir(parents=True)
    listed(home / "corrections", line())
    write_text(inbox / "a.csv", table(2))

    def refresh() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "junheng", "refresh", "--inbox", str(inbox), "--home", str(home)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    first = refresh()
    assert first.returncode == 0, first.stderr
    # What its steps print goes straight to the terminal: no process of Dagster's stands in between.
    assert not [*(home / "dagster").rglob("*.err")]
    edition = (home / "current").readlink()
    assert Home(home).published().read("schools")["books"].to_list() == [1000, 200]
    write_text(inbox / "a.csv", [headers(), cells(1, books="1000"), cells(2, books="250")])
    stopped = refresh()
    assert stopped.returncode == 2, stopped.stderr
    assert "更正 C-1（corrections/cn-returns.csv 第 2 行）不再成立" in stopped.stderr
    assert "Traceback" not in stopped.stderr
    assert (home / "current").readlink() == edition
    assert Home(home).published().read("schools")["books"].to_list() == [1000, 200]
    assert Home(home).read("schools")["books"].to_list() == [1000, 200]


def test_a_county_page_marks_and_lists_what_was_corrected(tmp_path: Path) -> None:
    inbox, home = tmp_path / "in", tmp_path / "home"
    inbox.mkdir()
    (home / "corrections").mkdir(parents=True)
    listed(home / "corrections", line(reason="少写一个零|<b>"))
    schools = [cells(n, books=str(100 * n), pupils_primary="100", school_type_code="211") for n in (1, 2)]
    write_text(inbox / "a.csv", [headers(), *schools])
    command = [sys.executable, "-m", "junheng", "refresh", "--inbox", str(inbox), "--home", str(home)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    folder = home / "current" / "site" / "2021" / "110101"
    page, text = (folder / "index.html").read_text("utf-8"), (folder / "report.md").read_text("utf-8")
    assert "少写一个零|&lt;b&gt;" in page
    # 1,000 books over 100 pupils; the other school's 2 bear no sign.
    assert re.findall(r'<td class="n">([^<]*)<span class="low">[^<]*c</span>', page) == ["10.00"], re.findall(
        r'<td class="n">[^<]*<span class="low">[^<]*</span>', page
    )
    assert "c 含更正值" in text
    (said,) = json.loads((folder / "report.json").read_text("utf-8"))["corrections"]
    assert (said["correction"], said["value_before"], said["value"]) == ("C-1", "100", "1000")
