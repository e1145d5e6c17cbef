"""A province's own standard is a file in the home: verdicts, pages, a return to fill in and a page of method follow."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import fastexcel
import polars as pl
import pytest

from assets.home import Home
from pipelines.synthetic import province
from reports.methodology import standard_page
from reports.return_workbook import return_frame
from schemas.source import sources
from standards.standard import load, standards
from tests.test_command import run

OWN = """
title = { zh = "某省课后服务标准", en = "A province's after-school standard" }
document = { zh = "某省（示例）", en = "A province (example)" }
applies_to = ["cn-returns"]
provinces = ["690000"]
units_of = "cn-quality-2017"

[[facts]]
id = "after_school_pupils"
label = { zh = "参加课后服务学生数", en = "Pupils in after-school care" }
unit = "people"
type = "count"

[[parts]]
id = "care"
role = "items"
title = { zh = "课后服务", en = "After-school care" }
article = "第一条"

[[parts]]
id = "bars"
role = "veto"
title = { zh = "一票否决", en = "Vetoes" }
article = "第二条"

[[items]]
id = "offered"
part = "care"
number = "1"
label = { zh = "课后服务全覆盖", en = "Care is offered everywhere" }
article = "第一条第 1 项"
checks = [{ kind = "finding" }]

[[items]]
id = "taken_up"
part = "care"
number = "2"
label = { zh = "参加人数不少于 1000 人", en = "At least 1,000 pupils take part" }
article = "第一条第 2 项"
checks = [{ kind = "fact", plus = ["after_school_pupils"], limit = "1000", unit = "people" }]

[[items]]
id = "rooms"
part = "care"
number = "3"
label = { zh = "每 24 班至少 1 间计算机教室", en = "A computer room for every 24 classes" }
article = "第一条第 3 项"
checks = [{ kind = "every_school", subject = "school", plus = ["computer_rooms"], one_for = "classes", every = 24, unit = "rooms" }]

[[items]]
id = "forced"
part = "bars"
number = "1"
label = { zh = "强制学生参加", en = "Pupils are forced to take part" }
article = "第二条第 1 项"
checks = [{ kind = "finding", expects = false }]
"""
NAME, COUNTY, YEAR = "own-care-2020", "690126", 2021


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One county in one school year, with its own return, under a standard that only the home has."""
    root = tmp_path_factory.mktemp("own")
    (root / "standards").mkdir()
    (root / "standards" / f"{NAME}.toml").write_text(OWN, "utf-8")
    inbox = root / "inbox"
    inbox.mkdir()
    schools = province()[YEAR].filter(pl.col("county_code") == COUNTY)
    return_frame(sources()["cn-returns"], "school", YEAR, schools).write_csv(inbox / "2021-年报.csv")
    said = [
        ("own-care-2020/offered", "", "是"),
        ("after_school_pupils", "1000", ""),
        ("own-care-2020/forced", "", "否"),
    ]
    head = [
        "学年",
        "行政区划代码",
        "县级行政区名称",
        "事项",
        "所属年度",
        "分项",
        "学校标识码",
        "数值",
        "是否",
        "自评得分",
    ]
    head += ["说明或扣分理由", "佐证材料", "材料日期", "有效期至", "责任科室"]
    lines = [",".join(head)]
    lines += [f"{YEAR},{COUNTY},苇泽县,{key},,,,{value},{finding},,,,,," for key, value, finding in said]
    (inbox / "2021-县级事项.csv").write_text("\n".join(lines) + "\n", "utf-8")
    done = run("refresh", "--home", root)
    assert done.returncode == 0, done.stderr.decode()
    return root


def test_it_is_judged_without_a_change_of_code(home: Path) -> None:
    verdicts = Home(home).published().read("county_verdicts", [YEAR])
    row = verdicts.row(by_predicate=pl.col("standard") == NAME, named=True)
    assert (row["items"], row["veto"], row["verdict"]) == ("met", "met", "met")


def test_it_has_its_section_on_the_countys_page(home: Path) -> None:
    page = (Home(home).published().site / str(YEAR) / COUNTY / "index.html").read_text("utf-8")
    for words in ("某省课后服务标准", "参加人数不少于 1000 人", "每 24 班至少 1 间计算机教室", "强制学生参加"):
        assert words in page


def test_it_has_a_page_of_method(home: Path) -> None:
    page = standard_page(own := load(home / "standards" / f"{NAME}.toml"), standards() | {own.id: own})
    for words in ("A computer room for every 24 classes", "第一条第 3 项", "after_school_pupils"):
        assert words in page


def test_the_county_gets_a_return_that_asks_what_it_wants_to_know(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "own.xlsx"
    done = run(
        "template", "--standard", NAME, "--county", COUNTY, "--county-name", "苇泽县", "-o", path, "--home", home
    )
    assert done.returncode == 0, done.stderr.decode()
    sheet = fastexcel.read_excel(path).load_sheet("县级事项", header_row=None, dtypes="string").to_polars()
    cells = {cell for row in sheet.iter_rows() for cell in row if cell}
    assert {"own-care-2020/offered", "after_school_pupils", "own-care-2020/forced", "苇泽县"} <= cells


def test_forms_and_documents_are_written_by_command(home: Path, tmp_path: Path) -> None:
    done = run("forms", "--standard", NAME, "--county", COUNTY, "-o", tmp_path, "--home", home)
    assert done.returncode == 0, done.stderr.decode()
    assert fastexcel.read_excel(tmp_path / f"{YEAR}-{COUNTY}-{NAME}.xlsx").sheet_names
    school = Home(home).published().read("schools", [YEAR])["school_id"][0]
    done = run("documents", "--county", COUNTY, "--school", school, "-o", tmp_path, "--home", home)
    assert done.returncode == 0, done.stderr.decode()
    names = {path.name for path in (tmp_path / str(YEAR) / COUNTY / "documents").iterdir()}
    assert names == {
        f"{kind}-{school}.{face}"
        for kind in ("self-evaluation", "rectification-plan")
        for face in ("html", "md", "xlsx")
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("forms", "--county", "999999"), "苇泽县"),
        (("forms", "--standard", "nothing"), NAME),
        (("forms", "--year", "1999"), str(YEAR)),
        (("documents", "--county", COUNTY, "--school", "0"), "核对学校标识码"),
        (("template", "--standard", "nothing"), NAME),
    ],
)
def test_what_is_not_there_is_said_in_words(home: Path, tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    done = run(*arguments, "-o", tmp_path / "x", "--home", home)
    assert done.returncode == 2
    said = done.stderr.decode()
    assert words in said
    assert "Traceback" not in said


def refused(home: Path, text: str) -> subprocess.CompletedProcess[bytes]:
    path = home / "standards" / f"{NAME}.toml"
    sound = path.read_text("utf-8")
    try:
        path.write_text(text, "utf-8")
        return run("refresh", "--home", home)
    finally:
        path.write_text(sound, "utf-8")


@pytest.mark.parametrize(
    ("before", "after", "key"),
    [
        ('plus = ["after_school_pupils"]', 'plus = ["after_school_pupil"]', "items[1].checks[0].plus"),
        ('part = "bars"\nnumber', 'part = "bar"\nnumber', "items[3].part"),
        ("every = 24", 'every = "24"', "items[2].checks[0].every"),
        ('role = "veto"', 'role = "vetoes"', "parts[1].role"),
    ],
)
def test_a_broken_one_stops_the_run_with_its_line_and_key(home: Path, before: str, after: str, key: str) -> None:
    assert before in OWN
    broken = OWN.replace(before, after)
    where = broken[: broken.index(after)].count("\n") + 1
    done = refused(home, broken)
    said = done.stderr.decode()
    assert done.returncode == 2, said
    line = re.search(rf"{NAME}\.toml, line (\d+): {re.escape(key)}:", said)
    assert line, said
    assert abs(int(line[1]) - where) <= 3
