"""The JSON face of a county: what page and markdown print is its figures, rounded once; and its shape is documented."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element

import html5lib
import msgspec
import polars as pl
import pytest

from reports import data, data_page, display, render
from reports.county import county_report
from reports.items import value_words
from reports.model import CountyReport, StandardPart
from reports.outcome import points
from reports.year import YearTables
from schemas.contract import conform
from schemas.source import sources
from schemas.tables import TABLES
from standards.standard import standards
from tests import test_item_reports as items
from tests import test_reports as resources
from tests.county import figures

Data = dict[str, Any]
QUALITY = "cn-quality-2017"


class Table(NamedTuple):
    """A printed table: head cells, then rows of cells, each as its words; and which cells of the page are figures."""

    head: list[str]
    rows: list[list[str]]
    numbers: list[list[bool]]


class Faces(NamedTuple):
    """A county on its three faces."""

    made: CountyReport
    data: Data
    html: dict[str, Table]
    markdown: dict[str, Table]


def words(node: Element) -> str:
    """What a cell says, charts left out, with a space between its parts."""
    said = [node.text or ""]
    for child in node:
        if child.tag != "svg":
            said.append(words(child))
        said.append(child.tail or "")
    return re.sub(r"\s+", " ", " ".join(said)).strip()


def of_page(text: str) -> dict[str, Table]:
    page = html5lib.parse(text, treebuilder="etree", namespaceHTMLElements=False)
    found = {}
    for table in page.iter("table"):
        caption = (table.find("caption").text or "").strip()
        head = [(cell.text or "").strip() or words(cell) for cell in table.find("thead").iter("th")]
        rows = [list(row) for row in table.find("tbody").iter("tr")]
        numbers = [["n" in cell.get("class", "").split() for cell in row] for row in rows]
        assert caption not in found
        found[caption] = Table(head, [[words(cell) for cell in row] for row in rows], numbers)
    return found


def of_markdown(text: str) -> dict[str, Table]:
    found: dict[str, Table] = {}
    lines = text.splitlines()
    for number, line in enumerate(lines):
        caption = re.match(r"\*\*(表 \d+ .*?)\*\*", line)
        if caption is None:
            continue
        table = []
        for row in lines[number + 2 :]:
            if not row.startswith("|"):
                break
            cells = re.split(r"(?<!\\)\|", row)[1:-1]
            table.append([resources.unmarked(cell).strip() for cell in cells])
        found[resources.unmarked(caption[1])] = Table(table[0], table[2:], [])
    return found


def faces(tables: resources.Tables, known: dict[str, Any]) -> Faces:
    year = YearTables(tables, 2023, known, sources())
    county = next(county for county in year.counties() if county.code == resources.COUNTY)
    made = county_report(county, [2021, 2022, 2023])
    return Faces(
        made,
        json.loads(data.county_json(county, made)),
        of_page(render.county_html(made)),
        of_markdown(render.county_markdown(made)),
    )


@cache
def measured() -> Faces:
    """Schools of three years under the national standards."""
    return faces(resources.plain(), resources.STANDARDS)


@cache
def judged() -> Faces:
    """Schools and what the county says, under every standard, with rates, plans and groups."""
    tables, _made = items.reported()
    rate = {"school_id": "", "stage": "primary", "rate": "entry", "unit": "percent", "value": 99.85}
    rate |= {"numerator": 1997.0, "denominator": 2000.0, "stated": 99.9, "finding": "stated_disagrees"}
    plan = {"plan": "新建", "zone": "", "period": 2023, "unit": "万元", "target_year": 2025, "course": "behind"}
    plan |= {"planned": 13_031.5, "done": 7_010.0, "share": 7_010 / 13_031.5, "share_due": 0.75}
    plan |= {"years_promised": 5, "years_delivered": 3}
    group = {"standard": QUALITY, "grouping": "学区", "group": "东", "stage": "primary", "unit": "per_100_pupils"}
    group |= {"indicator": "key_teachers", "units": 4, "units_reporting": 4, "cv": 0.6125, "limit": 0.5}
    group |= {"status": "not_met", "mean": 2.0, "coverage": 0.5}
    named = {"popularisation": rate, "plans": plan, "group_dispersion": group}
    more = {name: conform(pl.DataFrame([items.PLACE | row]), TABLES[name]) for name, row in named.items()}
    return faces({**tables, **more}, standards())


Claim = tuple[str, int, str, str]
"""Caption, row, column, and what stands in it."""


def claims(found: Faces) -> list[Claim]:
    """What the JSON says that each cell of a table prints."""
    said = of_left_out(found) + of_courses(found) + of_why(found)
    for shown, standard in zip(found.made.standards, found.data["standards"], strict=True):
        assert shown.anchor == standard["standard"]
        said += of_stages(shown, standard)
        if shown.monitoring is not None:
            said += of_windows(shown.monitoring.caption, shown.monitoring.years, standard)
        for part in shown.parts:
            told = next(each for each in standard["parts"] if f"{standard['standard']}-{each['part']}" == part.anchor)
            said += of_items(part, told)
        for ledger in found.made.ledgers:
            if ledger.anchor == f"{standard['standard']}-ledger":
                said += of_ledger(ledger, standard)
    caption = found.made.files.caption
    for row, file in enumerate(found.data["files"]):
        names = {"读取": "read", "收录": "accepted", "拒收": "refused", "被取代": "superseded"}
        said += [(caption, row, head, display.count(file[f"rows_{name}"])) for head, name in names.items()]
        said.append((caption, row, "拒收单元格", display.count(file["cells_refused"])))
    return said


def of_stages(shown: StandardPart, standard: Data) -> list[Claim]:
    said = []
    for stage, told in zip(shown.stages, standard["stages"], strict=True):
        said += of_indicators(stage.caption, told)
        if stage.series is not None:
            said += of_series(stage.series.caption, told)
        if stage.gap is not None:
            said += of_shares(stage.gap.caption, told)
        if stage.school_rule is not None and stage.school_rule.failing:
            said += of_failing(stage.school_rule.caption, told)
    for table, told in zip(shown.schools, [s for s in standard["stages"] if counted(s)], strict=True):
        said += of_schools(table.caption, told)
    return said


def counted(stage: Data) -> list[Data]:
    return [unit for unit in stage["schools"] if unit["standing"] == "counted"]


def coefficient(row: Data) -> str:
    is_defined = row["reason"] not in ("mean_is_zero", "not_a_quantity")
    return display.coefficient(row["cv"], absent=display.NOT_REPORTED if is_defined else display.NOT_APPLICABLE)


def of_indicators(caption: str, stage: Data) -> list[Claim]:
    said = []
    for row, each in enumerate(stage["indicators"]):
        mean = display.measured(each["mean"], each["unit"])
        if each["reason"] == "not_a_quantity":
            mean = display.number(each["mean"], 2)
        if each["indicator"] == "composite":
            mean = display.NOT_APPLICABLE
        change, common = (
            display.signed(None if each[name] is None else each[name]["cv_change"], 3, absent=display.NOT_APPLICABLE)
            for name in ("change", "change_common")
        )
        said += [
            (caption, row, "指标", each["label"]["zh"]),
            (caption, row, "全县平均", mean),
            (caption, row, "差异系数", coefficient(each)),
            (caption, row, "限值", display.bound(each["limit"])),
            (caption, row, "余量", display.number(each["margin"], 3, absent=display.NOT_APPLICABLE)),
            (caption, row, "较上年", change),
            (caption, row, "较上年（同校）", common),
            (caption, row, "结论", display.status_word(each["status"])),
        ]
        if each["norm"] is not None:
            said.append((caption, row, "标准值", display.bound(each["norm"])))
    return said


def of_series(caption: str, stage: Data) -> list[Claim]:
    return [
        (caption, row, str(year["school_year"]), display.coefficient(year["cv"], absent=display.NOT_REPORTED))
        for row, each in enumerate(stage["indicators"])
        for year in each["history"]
    ]


def of_shares(caption: str, stage: Data) -> list[Claim]:
    shares = [row for row in stage["variance_shares"] if row.get("variance_share") is not None]
    assert {row["indicator"] for row in shares} == {stage["most_important"]}
    said = []
    for row, share in enumerate(shares[:4]):
        said += [
            (caption, row, "学校", share["school_name"]),
            (caption, row, "方差份额", display.percent(share["variance_share"])),
            (caption, row, "指标值", display.measured(share["value"], share["unit"])),
            (caption, row, "权重", display.percent(share["weight_share"])),
            (caption, row, "去掉该校后的差异系数", display.coefficient(share.get("cv_without"))),
        ]
    if shares[4:]:
        rest = {"方差份额": "variance_share", "权重": "weight_share"}
        said += [
            (caption, 4, head, display.percent(sum(row[name] for row in shares[4:]))) for head, name in rest.items()
        ]
    return said


def of_failing(caption: str, stage: Data) -> list[Claim]:
    failing = [unit for unit in stage["schools"] if unit["verdict"] and unit["verdict"]["status"] == "not_met"]
    failing.sort(key=lambda unit: (-unit["verdict"]["indicators_not_met"], unit["unit_id"]))
    said = []
    for row, unit in enumerate(failing):
        verdict = unit["verdict"]
        said.append((caption, row, "达标项数", f"{verdict['indicators_met']} / {verdict['indicators']}"))
        units = {each["indicator"]: each["unit"] for each in stage["indicators"]}
        said += [
            (caption, row, "未达标指标（标准值）", display.measured(each["value"], units[each["indicator"]]))
            for each in unit["values"]
            if each["status"] == "not_met"
        ]
    return said


def of_schools(caption: str, stage: Data) -> list[Claim]:
    units = {each["indicator"]: each for each in stage["indicators"]}
    said = []
    for row, unit in enumerate(counted(stage)):
        said += [
            (caption, row, "学校", unit["school_name"]),
            (caption, row, "在校生数", display.count(unit["pupils"])),
            (caption, row, "出处", display.origin(unit["file"], unit["sheet"], unit["row"])),
        ]
        said += [
            (caption, row, units[each["indicator"]]["label"]["zh"],
             display.measured(each["value"], units[each["indicator"]]["unit"]))
            for each in unit["values"]
        ]  # fmt: skip
        if unit["verdict"] is not None:
            said.append((caption, row, "学校标准", display.status_word(unit["verdict"]["status"])))
    return said


def of_windows(caption: str, years: tuple[str, ...], standard: Data) -> list[Claim]:
    rows = [each for stage in standard["stages"] for each in stage["indicators"] if each["window"] is not None]
    said = []
    for row, each in enumerate(rows):
        window = each["window"]
        breaches = display.count(window["breaches"])
        said += [
            (caption, row, "方向", display.direction(window["direction"])),
            (caption, row, "超限年数", display.NOT_APPLICABLE if window["status"] == "no_limit" else breaches),
            (caption, row, "大于上年", display.yes_no(value=window["is_worse_than_year_before"])),
            (caption, row, "三年保持", display.status_word(window["held"])),
        ]
        said += [
            (caption, row, year, display.coefficient(window[f"cv{ending}"], absent=display.NOT_REPORTED))
            for year, ending in zip(years, ("_two_years_before", "_year_before", ""), strict=True)
        ]
    if standard["window"] is not None and standard["limits_article"]:
        said.append((caption, len(rows), "超限年数", display.count(standard["window"]["breaches"])))
    return said


def of_items(part: Any, told: Data) -> list[Claim]:
    known = {(each["number"] or display.NOT_APPLICABLE, each["label"]["zh"]): each for each in told["items_listed"]}
    said = []
    for row, shown in enumerate(part.rows):
        each = known[shown.number, shown.label]
        if each["points"] is not None:
            said.append((part.caption, row, "得分", f"{points(each['score'])} / {points(each['points'])}"))
        if told["role"] != "veto":
            said.append((part.caption, row, "结论", display.status_word(each["status"])))
        for check in each["checks"]:
            if check["asked"] is not None:
                said.append((part.caption, row, "要求", check["asked"]["zh"]))
            if check["value"] is not None and check["kind"] not in ("every_school", "every_class", "never_both"):
                text = value_words(
                    check["value"], check["unit"], check.get("limit"), check.get("must_be"), check["status"]
                )
                said.append((part.caption, row, "数值", text))
            elif check.get("schools") and check["kind"] == "every_school":
                text = f"{display.count(check['schools_met'])} / {display.count(check['schools'])} 所"
                said.append((part.caption, row, "数值", text))
            said += [(part.caption, row, "原因与说明", school["school_name"]) for school in check["failing"][:5]]
    return said


def of_ledger(ledger: Any, standard: Data) -> list[Claim]:
    unmet = [row for row in standard["ledger"] if row["ledger"] == "unmet"]
    of_schools_too = {row["item"] for row in unmet if row["subject_id"]}
    groups: dict[tuple[str, str, str], list[Data]] = {}
    for row in unmet:
        if row["subject_id"] or row["item"] not in of_schools_too:
            groups.setdefault((row["item"], row["check"], row["stage"]), []).append(row)
    assert ledger.sentences[0].startswith(f"未达标 {len(unmet)} 条")
    printed = sorted((shown.gap, shown.value) for shown in ledger.rows)
    expected = []
    for rows in groups.values():
        gaps, units = [row.get("gap") for row in rows], {row.get("gap_unit") for row in rows}
        gap = display.NOT_APPLICABLE if all(each is None for each in gaps) else display.NOT_REPORTED
        if None not in gaps and len(units) == 1:
            gap = value_words(sum(gaps), units.pop() or "", None, None, "")
            gap = gap if len(rows) == 1 else f"合计 {gap}"
        value, limit = rows[0]["value"], rows[0].get("limit")
        text = display.NOT_APPLICABLE
        if len(rows) == 1 and value is not None:
            side = None if limit is None or value == limit else "at_least" if value < limit else "at_most"
            text = value_words(value, rows[0]["unit"], limit, side, rows[0]["status"])
        elif len(rows) == 1 and limit is not None:
            text = display.NOT_REPORTED
        expected.append((gap, text))
    assert printed == sorted(expected)
    said = []
    for row, shown in enumerate(ledger.rows):
        said += [(ledger.caption, row, "差额", shown.gap), (ledger.caption, row, "数值", shown.value)]
        limits = {
            value_words(each["limit"], each["unit"], None, None, "")
            for rows in groups.values()
            for each in rows
            if each.get("limit") is not None
        }
        assert shown.limit in limits | {display.NOT_APPLICABLE, "各校不同"}
        said.append((ledger.caption, row, "要求", shown.limit))
    counts: dict[str, int] = {}
    for each in unmet:
        if each["subject_id"]:
            counts[each["school_name"]] = counts.get(each["school_name"], 0) + 1
    return said + [
        (ledger.schools_caption, row, "未达标项数", display.count(counts[shown.name]))
        for row, shown in enumerate(ledger.schools)
    ]


def of_left_out(found: Faces) -> list[Claim]:
    known: dict[tuple[str, ...], Data] = {}
    for standard in found.data["standards"]:
        for stage in standard["stages"]:
            for unit in stage["schools"]:
                if unit["standing"] != "counted":
                    key = stage["stage"], unit["unit_id"], unit["standing"], unit["reason"]
                    known.setdefault(key, unit)
    caption = found.made.left_out.caption
    return [
        claim
        for row, unit in enumerate(known.values())
        for claim in (
            (caption, row, "学校", unit["school_name"]),
            (caption, row, "在校生数", display.count(unit["pupils"])),
        )
    ]


def of_courses(found: Faces) -> list[Claim]:
    captions = {course.anchor: course.caption for course in found.made.courses}
    said = []
    for row, rate in enumerate(found.data["rates"]):
        caption = captions["county-popularisation"]
        said += [
            (caption, row, "数值", value_words(rate["value"], rate["unit"], None, None, "")),
            (caption, row, "公布的数值", value_words(rate["stated"], rate["unit"], None, None, "")),
            (caption, row, "分子", display.plain(rate["numerator"])),
            (caption, row, "分母", display.plain(rate["denominator"])),
        ]
    for row, plan in enumerate(found.data["plans"]):
        caption = captions["county-plans"]
        said += [
            (caption, row, "目标年份", str(plan["target_year"])),
            (caption, row, "计划数", f"{display.plain(plan['planned'])} {plan['unit']}"),
            (caption, row, "累计完成数", f"{display.plain(plan['done'])} {plan['unit']}"),
            (caption, row, "完成比例", display.percent(plan["share"])),
            (caption, row, "时间进度", display.percent(plan["share_due"])),
            (caption, row, "公布的比例", display.percent(plan["stated_share"], absent=display.NOT_APPLICABLE)),
            (caption, row, "兑现年数", f"{plan['years_delivered']} / {plan['years_promised']}"),
        ]
    for row, group in enumerate(found.data["groups"]):
        caption = captions["county-groups"]
        said += [
            (caption, row, "评估单位", display.count(group["units"])),
            (caption, row, "超过限值的指标", "1 / 1"),
            (caption, row, "最大的差异系数", display.coefficient(group["cv"])),
        ]
    return said


VARIANTS = {
    "official": "官方算法",
    "unweighted": "不加权，总体标准差",
    "sample_sd": "不加权，样本标准差",
    "around_pooled_mean": "不加权，以合并平均为中心",
    "unsplit": "一贯制学校不拆分",
    "without_private": "不含民办",
    "with_private": "含民办",
    "without_teaching_points": "不含教学点",
    "with_teaching_points": "含全部教学点",
}
CAUSES = {
    "resources": "资源",
    "pupils": "在校生",
    "opened": "新增学校",
    "closed": "减少学校",
    "regrouped": "合并拆分",
    "reporting": "上报与否",
}


def of_why(found: Faces) -> list[Claim]:
    told = found.data["why"]
    captions = {part.anchor: part.caption for part in found.made.why.parts} if found.made.why else {}
    said = []
    keys = list(dict.fromkeys((row["standard"], row["stage"], row["indicator"]) for row in told["variants"]))
    for row in told["variants"]:
        at = keys.index((row["standard"], row["stage"], row["indicator"]))
        said.append((captions["why-robustness"], at, VARIANTS[row["variant"]], display.coefficient(row["cv"])))
        said.append((captions["why-robustness"], at, "限值", display.bound(row["limit"])))
    causes = sorted(
        (row for row in told["causes"] if row["reason"] is None),
        key=lambda row: (row["stage"] == "junior", row["indicator"], row["figure"] == "cv"),
    )
    for number, row in enumerate(causes):
        places = 3 if row["figure"] == "cv" else display.places_of(row["unit"])
        caption = captions["why-causes"]
        said += [(caption, number, head, display.signed(row[name], places)) for name, head in CAUSES.items()]
        said.append((caption, number, "变化", display.signed(row["change"], places)))
        said += [
            (caption, number, head, display.number(row[name], places))
            for name, head in (("value_before", "上年"), ("value", "本年"))
        ]
    measures = sorted(
        (row for row in told["measures"] if row["cv"]), key=lambda row: (row["stage"] == "junior", row["indicator"])
    )
    heads = {
        "cv": "差异系数",
        "theil": "泰尔指数",
        "gini": "基尼系数",
        "mcloone": "麦克卢恩指数",
        "range_ratio": "极差比",
    }
    for number, row in enumerate(measures):
        caption = captions["why-groups"]
        said += [(caption, number, head, display.coefficient(row[name])) for name, head in heads.items()]
        said += [
            (caption, number, head, display.percent(split["between_share"]))
            for split in told["between_within"]
            for grouping, head in (("area", "城乡之间"), ("school_type", "办学类型之间"))
            if split["grouping"] == grouping
            and (split["stage"], split["indicator"]) == (row["stage"], row["indicator"])
        ]
    return said


def place(table: Table, column: str) -> int | None:
    """Where a column stands; the page has the limit in a chart's column, and both changes in one."""
    for number, head in enumerate(table.head):
        if head == column or head.startswith((f"{column}（", f"{column} ")):
            return number
    return None


def is_printed(text: str, cell: str) -> bool:
    """Whether a figure stands in a cell as a whole: no digit, point or comma before it or behind."""
    return re.search(rf"(?<![\d.,−+<>]){re.escape(text)}(?![\d.,%]*\d)", cell) is not None


@pytest.mark.parametrize("drawn", [measured, judged])
def test_every_face_prints_the_figures_of_the_data(drawn: Any) -> None:
    found = drawn()
    said = claims(found)
    assert len(said) > 250
    wrong, seen = [], set()
    for caption, row, column, text in said:
        for name, tables in (("html", found.html), ("markdown", found.markdown)):
            number = place(tables[caption], column)
            if number is None and name == "html" and column == "较上年（同校）":
                number = place(tables[caption], "较上年")
            if number is None:
                continue
            if name == "html":
                seen.add((caption, row, number))
            cell = tables[caption].rows[row][number]
            if not is_printed(text, cell):
                wrong.append((name, caption, row, column, text, cell))
    assert wrong == []
    missing = found.made.missing.caption
    unproved = [
        (caption, row, table.head[number], cell)
        for caption, table in found.html.items()
        for row, cells in enumerate(table.rows)
        for number, cell in enumerate(cells)
        if table.numbers[row][number] and re.search(r"\d", cell) and (caption, row, number) not in seen
        if caption != missing
    ]
    assert unproved == []


@pytest.mark.parametrize("drawn", [measured, judged])
def test_figures_are_not_rounded_and_verdicts_are_those_of_the_tables(drawn: Any) -> None:
    found = drawn()
    tables = resources.plain() if drawn is measured else items.reported()[0]
    rows = tables["county_dispersion"].filter(
        pl.col("school_year") == 2023, pl.col("county_code") == resources.COUNTY, pl.col("cv").is_not_null()
    )
    told = {
        (standard["standard"], stage["stage"], each["indicator"]): (each["mean"], each["cv"], each["status"])
        for standard in found.data["standards"]
        for stage in standard["stages"]
        for each in stage["indicators"]
    }
    names = ("standard", "stage", "indicator", "mean", "cv", "status")
    expected = {row[:3]: row[3:] for row in rows.select(names).iter_rows() if row[:3] in told}
    assert expected
    assert {key: told[key] for key in expected} == expected


def test_the_data_are_read_back_as_what_they_were() -> None:
    year = YearTables(resources.plain(), 2023, resources.STANDARDS, sources())
    county = next(year.counties())
    made = county_report(county, [2023])
    text = data.county_json(county, made)
    assert msgspec.json.decode(text, type=data.REPORT.kind) == data.county_data(county, made)
    assert text == data.county_json(county, made)
    assert text.endswith("}\n")
    assert text.count("\n") == 1


def test_a_schools_name_is_text_in_the_data() -> None:
    units = [unit for stage in measured().data["standards"][0]["stages"] for unit in stage["schools"]]
    assert resources.EVIL in {unit["school_name"] for unit in units}


def test_the_edition_and_the_title_are_those_of_the_page() -> None:
    found = measured()
    assert found.data["edition"] == found.made.colophon.edition
    assert found.data["title"] == found.made.title
    assert (found.data["form"], found.data["as_of"]) == (data.FORM, "2023-09-01")


def test_every_download_bears_the_form_and_the_size_of_its_file() -> None:
    found = resources.files(resources.plain())
    folder = f"2023/{resources.COUNTY}"
    page = html5lib.parse(found[f"{folder}/index.html"], treebuilder="etree", namespaceHTMLElements=False)
    links = next(nav for nav in page.iter("nav") if nav.get("aria-label") == "下载").findall(".//a")
    assert {"report.md", "report.json", "indicators.csv"} <= {link.get("href") for link in links}
    for link in links:
        content = found[f"{folder}/{link.get('href')}"]
        length = len(content.encode() if isinstance(content, str) else content)
        form = link.get("href", "").rpartition(".")[2].upper()
        assert words(link).endswith(f" {form} {max(1, round(length / 1000)):,} KB")


def test_what_is_not_reported_is_null_and_says_why() -> None:
    stage = next(s for s in measured().data["standards"] if s["standard"] == QUALITY)["stages"][0]
    unit = next(unit for unit in stage["schools"] if unit["row"] == 5)
    basic = next(s for s in measured().data["standards"] if s["standard"] == "cn-basic-2012")["stages"][0]
    books = [
        value for each in basic["schools"] for value in each["values"]
        if each["unit_id"] == unit["unit_id"] and value["indicator"] == "books"
    ]  # fmt: skip
    assert books == [{"indicator": "books", "value": None, "status": "no_norm", "reason": "not_reported"}]


def test_every_kind_of_object_is_documented_and_in_the_schema() -> None:
    names = {data_page.name_of(thing) for thing in data.THINGS}
    assert names | {"Words"} == set(data.json_schema()["$defs"])
    page = data_page.data_page()
    for thing in data.THINGS:
        assert f"\n## {data_page.name_of(thing)}\n" in page
        assert set(thing.kind.__struct_fields__) == {field.name for field in thing.fields}


def test_the_example_of_the_page_is_what_the_pipeline_computes() -> None:
    pupils, books = [45, 37, 89, 76, 55], [279, 137, 935, 160, 402]
    rows = [{"pupils_primary": p, "books": b} for p, b in zip(pupils, books, strict=True)]
    _, spread = figures(rows, standards()["cn-basic-2012"])
    row = spread.row(by_predicate=(pl.col("indicator") == "books") & (pl.col("stage") == "primary"), named=True)
    shown = msgspec.to_builtins(data_page.example())
    assert {name: shown[name] for name in row if name in shown} == {name: row[name] for name in row if name in shown}
    assert shown["history"] == ({"school_year": 2023, "cv": row["cv"]},)
    page = (Path(__file__).parent.parent / "docs" / "county-json.md").read_text("utf-8")
    code = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert code is not None
    compile(code[1], "county-json.md", "exec")
