"""Reports say what the tables say, on both faces, and nothing that a school is called can break them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import polars as pl
import pytest
from jinja2 import UndefinedError

from pipelines.change import year_over_year
from pipelines.change_causes import Inputs, change_causes
from pipelines.deciding import deciding_units
from pipelines.dispersion import county_dispersion, variance_shares
from pipelines.indicators import unit_indicators
from pipelines.inequality import between_within, group_means, inequality, pupil_gaps
from pipelines.least_changes import least_changes
from pipelines.monitoring import three_year_monitoring
from pipelines.peers import county_structure, peers
from pipelines.robustness import verdict_robustness
from pipelines.units import units
from pipelines.verdicts import resource_verdicts, school_verdicts
from reports import charts, display, model, render
from reports.county import county_report
from reports.language import speaking
from reports.model import CountyReport
from reports.sentences import changes_words
from reports.site import render_index, render_methods, render_year
from reports.year import YearTables
from schemas.contract import conform
from schemas.corrections import CORRECTIONS
from schemas.county import COUNTY_FACTS
from schemas.lineage import COUNTY_HISTORY, SCHOOL_CHANGES
from schemas.source import sources
from schemas.tables import QUARANTINE, RETURNS, TABLES
from standards.standard import standards
from tests.county import schools

Row = dict[str, object]
Tables = dict[str, pl.DataFrame]
EVIL = "<script>alert(1)</script>=SUM(A1)|x"
YEARS = (2021, 2022, 2023)
STANDARDS = {name: standards()[name] for name in ("cn-basic-2012", "cn-quality-2017", "tw-indicative")}
"""The national standards and the indicative set; a province may add its own beside them."""
COUNTY = "690101"
NO_EVENTS = (SCHOOL_CHANGES.empty(), COUNTY_HISTORY.empty())

# 1,000 pupils at or above every norm of 2017, with what 2012 asks beside.
SOUND: Row = {
    "pupils_primary": 1000,
    "full_time_teachers_primary": 60,
    "classes_primary": 25,
    "teachers_doctor_primary": 0,
    "teachers_master_primary": 0,
    "teachers_bachelor_primary": 30,
    "teachers_college_primary": 20,
    "teachers_full_senior_primary": 0,
    "teachers_senior_title_primary": 5,
    "teachers_mid_primary": 30,
    "key_teachers_primary": 12,
    "pe_teachers_primary": 5,
    "music_teachers_primary": 3,
    "fine_arts_teachers_primary": 3,
    "arts_teachers_primary": 0,
    "teaching_auxiliary_area_m2": 6000,
    "indoor_sports_area_m2": 500,
    "sports_ground_area_m2": 8000,
    "equipment_value_yuan": 2_500_000,
    "multimedia_rooms": 25,
    "computers": 120,
    "books": 30_000,
    "area_code": "121",
}
PLAIN: list[Row] = [
    SOUND,
    SOUND | {"school_name": EVIL, "area_code": "220", "multimedia_rooms": 15},
    SOUND | {"key_teachers_primary": 40},
    SOUND | {"pupils_primary": 500, "books": None},
    SOUND | {"pupils_primary": 0},
    SOUND | {"operator_code": "999"},
]
TW: list[Row] = [
    {
        "source": "tw-moe",
        "province_code": "710000",
        "county_code": "01",
        "county_name": "新北市",
        "school_id": f"0146{number:02d}",
        "return_part": "primary",
        "pupils_primary": 100 * number,
        "classes_primary": 4 * number,
        "full_time_teachers_primary": 6 + 2 * number,
    }
    for number in (1, 2, 3)
]


def computed(years: dict[int, list[Row]]) -> Tables:
    """Every table, computed from drawn schools of several years."""
    drawn = pl.concat([schools([row | {"school_year": year} for row in rows]) for year, rows in years.items()])
    return computed_from(drawn, tuple(years))


def computed_from(drawn: pl.DataFrame, years: tuple[int, ...]) -> Tables:
    """Every table, computed from schools of several years."""
    parts: dict[str, list[pl.DataFrame]] = {name: [] for name in TABLES}
    for standard in STANDARDS.values():
        found = units(drawn, standard)
        values = unit_indicators(found, standard)
        spread = county_dispersion(found, values, standard)
        judged = school_verdicts(values, standard)
        verdicts = resource_verdicts(spread, judged, standard)
        for name, table in (
            ("units", found),
            ("unit_indicators", values),
            ("county_dispersion", spread),
            ("variance_shares", variance_shares(values)),
            ("deciding_units", deciding_units(values, spread, standard)),
            ("school_verdicts", judged),
            ("resource_verdicts", verdicts),
            ("verdict_robustness", verdict_robustness(found, values, spread, COUNTY_FACTS.empty(), standard)),
            ("least_changes", least_changes(found, values, spread, standard)),
            ("inequality", inequality(found, values, standard)),
            ("between_within", between_within(found, values, standard)),
            ("group_means", group_means(found, values, standard)),
            ("pupil_gaps", pupil_gaps(found, values, standard)),
        ):
            parts[name].append(table)
        for year in years:
            parts["year_over_year"].append(
                year_over_year(found, values, spread, SCHOOL_CHANGES.empty(), COUNTY_HISTORY.empty(), standard, year)
            )
            inputs = Inputs(drawn, found, values, spread, COUNTY_FACTS.empty(), CORRECTIONS.empty(), *NO_EVENTS)
            parts["change_causes"].append(change_causes(inputs.of_years(year - 1, year), standard, year))
            parts["three_year_monitoring"].append(three_year_monitoring(spread, verdicts, COUNTY_HISTORY.empty(), year))
    tables = {name: pl.concat(found) if found else TABLES[name].empty() for name, found in parts.items()}
    structure = county_structure(drawn)
    tables |= {"county_structure": structure, "peers": peers(structure)}
    return tables | {"schools": drawn, "returns": returns(drawn), "quarantine": refusals()}


def returns(drawn: pl.DataFrame) -> pl.DataFrame:
    """One accepted file a year and source."""
    rows = [
        {
            "school_year": year,
            "source": source,
            "layout": "school",
            "file": "drawn.csv",
            "sha256": "ab" * 32,
            "size_bytes": 100,
            "status": "partly_accepted",
            "rows_read": len_ + 1,
            "rows_accepted": len_,
            "rows_refused": 1,
            "rows_superseded": 0,
            "cells_refused": 2,
        }
        for year, source, len_ in drawn.group_by("school_year", "source", maintain_order=True).len().iter_rows()
    ]
    return conform(pl.DataFrame(rows), RETURNS)


def refusals() -> pl.DataFrame:
    """Two cells of one row that break one rule together, in 2023."""
    rows = [
        {
            "school_year": 2023,
            "source": "cn-returns",
            "file": "drawn.csv",
            "row": 9,
            "level": "cell",
            "county_code": COUNTY,
            "school_id": "2169000001",
            "header": header,
            "column": header,
            "value": value,
            "rule": "parts_are_total",
            "message": "合计与分项之和不等，相关各项按未上报处理。请核对。",
            "message_en": "The total differs from the sum of its parts.",
        }
        for header, value in (("甲列", "12|3"), ("乙列", "<b>7</b>"))
    ]
    return conform(pl.DataFrame(rows), QUARANTINE)


@cache
def plain() -> Tables:
    return computed(dict.fromkeys(YEARS, PLAIN))


def report(tables: Tables, year: int = 2023, code: str = COUNTY, *, is_synthetic: bool = False) -> CountyReport:
    """The view model of one county."""
    year_tables = YearTables(tables, year, STANDARDS, sources(), is_synthetic=is_synthetic)
    county = next(county for county in year_tables.counties() if county.code == code)
    return county_report(county, YEARS)


def files(
    tables: Tables, year: int = 2023, *, is_synthetic: bool = False, languages: Sequence[str] = ("zh-CN",)
) -> dict[str, str | bytes]:
    """Every file of a school year, and the index; of the languages' trees those that are asked for."""
    given = {"standards": STANDARDS, "sources": sources(), "years": YEARS, "is_synthetic": is_synthetic}
    found = dict(render_year(tables, year, **given)) | dict(render_index(tables, **given))  # type: ignore[arg-type]
    found |= dict(render_methods(STANDARDS, sources(), is_synthetic=is_synthetic))
    return {path: text for path, text in found.items() if "en" in languages or not path.startswith("en/")}


def pages(tables: Tables, year: int = 2023, *, is_synthetic: bool = False) -> dict[str, str]:
    """The pages of a school year, and the index; the papers beside them left out."""
    found = files(tables, year, is_synthetic=is_synthetic)
    return {path: text for path, text in found.items() if isinstance(text, str) and "/documents/" not in path}


class Page(HTMLParser):
    """The text, the tags and the tables' cells of a page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.cells: list[str] = []
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag
        if tag in ("td", "th"):
            self.cells.append("")
        if tag in ("svg", "img", "span") and self.cells:
            self.cells[-1] += " "

    def handle_data(self, data: str) -> None:
        if self._inside not in ("style", "script"):
            self.text += data
            if self.cells:
                self.cells[-1] += data

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""


def unmarked(markdown: str) -> str:
    """Markdown as it is read: the backslashes of its escapes gone."""
    return re.sub(r"\\([\\`*\[\]<>|&~_])", r"\1", markdown)


_ADDRESSES = ("path", "href", "anchor", "evidence")


def figures(part: object) -> list[str]:
    """Every text of a view model that holds a digit, geometry and addresses left out."""
    if isinstance(part, (model.Strip, model.Trend, model.Bullet)):
        return []
    if isinstance(part, model.LongTrend):
        return figures((part.message, part.subtitle, part.description))
    if isinstance(part, model.ClassBand):
        return [text for count, share, _bar in part.cells for text in figures((count, share))]
    if isinstance(part, msgspec.Struct):
        return [
            text
            for name in part.__struct_fields__
            if name not in (*_ADDRESSES, "bar", "origin", "language", "trend_heading", "limit_heading")
            for text in figures(getattr(part, name))
        ]
    if isinstance(part, tuple):
        return [text for each in part for text in figures(each)]
    return [part] if isinstance(part, str) and re.search(r"\d", part) else []


def test_a_school_year_has_its_page_and_two_faces_and_the_figures_of_each_county() -> None:
    assert {path for path in pages(plain()) if "/indicators/" not in path} == {
        "2023/index.html",
        "2023/by-verdict.html",
        "2023/by-margin.html",
        "2023/by-missing.html",
        "2023/search.json",
        f"2023/{COUNTY}/index.html",
        f"2023/{COUNTY}/evidence.html",
        f"2023/{COUNTY}/report.md",
        f"2023/{COUNTY}/indicators.csv",
        f"2023/{COUNTY}/report.json",
        "index.html",
        "methods/index.html",
        *(f"methods/{name}.html" for name in STANDARDS),
    }


def test_the_same_tables_give_the_same_bytes_whatever_the_order_of_their_years() -> None:
    turned = {name: table.reverse() for name, table in plain().items() if name in ("county_dispersion", "returns")}
    assert pages(plain()) == pages(plain()) == pages(plain() | turned)


def test_every_download_of_a_page_is_there() -> None:
    found = files(plain())
    for path, text in found.items():
        if path.endswith("/index.html") and isinstance(text, str):
            folder = path.removesuffix("index.html")
            links = [attrs["href"] or "" for tag, attrs in Page(text).tags if tag == "a"]
            own = [link for link in links if not link.startswith(("#", "../"))]
            assert own
            assert [link for link in own if folder + link.split("#")[0] not in found] == []


def test_a_schools_name_is_text_in_html() -> None:
    html = pages(plain())[f"2023/{COUNTY}/index.html"]
    assert "<script>alert" not in html
    assert EVIL in Page(html).text
    assert not [tag for tag, _ in Page(html).tags if tag == "b"]


def test_a_schools_name_does_not_break_a_markdown_table() -> None:
    lines = pages(plain())[f"2023/{COUNTY}/report.md"].splitlines()
    named = [line for line in lines if "SUM" in line and line.startswith("|")]
    assert named
    for line in named:
        assert EVIL in unmarked(line)
        assert r"\<script\>" in line
    widths: list[int] = []
    for line in lines:
        cells = len(re.findall(r"(?<!\\)\|", line))
        if line.startswith("|"):
            widths.append(cells)
            assert cells == widths[0], line
        else:
            widths = []


def test_every_figure_of_the_model_stands_on_both_faces() -> None:
    made = report(plain())
    html, markdown = Page(render.county_html(made)).text, unmarked(render.county_markdown(made))
    found = figures(made)
    assert len(found) > 300
    assert [text for text in found if text not in html] == []
    assert [text for text in found if text not in markdown] == []


def test_no_cell_of_a_table_is_empty() -> None:
    for path, text in pages(plain()).items():
        if path.endswith(".html"):
            without_charts = re.sub(r"<svg.*?</svg>", "chart", text, flags=re.DOTALL)
            bars = re.sub(r'<span style="width[^>]*></span>', "bar", without_charts)
            assert [cell for cell in Page(bars).cells if not cell.strip()] == []
        else:
            assert "|  |" not in text


def test_pages_have_one_heading_of_the_first_rank_a_language_landmarks_and_headers_with_scope() -> None:
    for path, text in pages(plain()).items():
        if not path.endswith(".html"):
            continue
        tags = Page(text).tags
        names = [tag for tag, _ in tags]
        assert names.count("h1") == 1
        assert {"header", "main", "footer", "title"} <= set(names)
        assert ("html", {"lang": "zh-CN"}) in tags
        assert all("scope" in attrs for tag, attrs in tags if tag == "th")
        assert names.count("caption") == names.count("table")
        assert all(attrs.get("tabindex") == "0" and attrs.get("aria-label") for tag, attrs in tags
                   if tag == "div" and "scroll" in (attrs.get("class") or ""))  # fmt: skip
        ids = [attrs["id"] for _, attrs in tags if "id" in attrs]
        assert len(ids) == len(set(ids))
        assert all(attrs["href"][1:] in ids for tag, attrs in tags
                   if tag == "a" and (attrs["href"] or "").startswith("#"))  # fmt: skip


def test_a_page_asks_the_network_for_nothing() -> None:
    for text in pages(plain()).values():
        assert not re.search(r"(src|href)=\"(https?:)?//", text)
        assert "@import" not in text
        assert "url(" not in text


def test_every_chart_says_what_it_shows() -> None:
    tags = Page(pages(plain())[f"2023/{COUNTY}/index.html"]).tags
    charts_ = [attrs for tag, attrs in tags if tag == "svg"]
    assert charts_
    for attrs in charts_:
        assert attrs.get("aria-hidden") == "true" or (
            attrs.get("role") == "img" and (attrs.get("aria-label") or attrs.get("aria-labelledby"))
        )


def test_the_title_is_the_finding_with_the_counts_of_the_verdicts_table() -> None:
    made = report(plain())
    verdict = plain()["resource_verdicts"].row(
        by_predicate=(pl.col("school_year") == 2023)
        & (pl.col("standard") == "cn-quality-2017")
        & (pl.col("stage") == "all"),
        named=True,
    )
    assert verdict["verdict"] == "not_met"
    assert made.title.startswith("青岚县资源配置部分：")
    assert f"优质均衡未达标（{verdict['limits_failed']} 项差异系数超限" in made.title
    assert f"{verdict['units_failing']} 个单位未达学校标准" in made.title


def test_the_sentence_of_the_limits_is_recomputed_from_the_dispersion_table() -> None:
    limited = plain()["county_dispersion"].filter(
        pl.col("school_year") == 2023, pl.col("standard") == "cn-quality-2017", pl.col("limit").is_not_null()
    )
    over = limited.filter(pl.col("status") == "not_met").sort("margin")
    assert over.height
    sentence = next(part for part in report(plain()).standards if part.anchor == "cn-quality-2017").reasons[0]
    assert sentence.startswith(f"{limited.height} 项差异系数中 {over.height} 项超过限值：")
    assert f"{over['cv'][0]:.3f}（限值 {over['limit'][0]:.2f}）" in sentence


def test_the_sentence_of_the_composite_is_recomputed_from_the_dispersion_table() -> None:
    row = plain()["county_dispersion"].row(
        by_predicate=(pl.col("school_year") == 2023)
        & (pl.col("standard") == "cn-basic-2012")
        & (pl.col("indicator") == "composite"),
        named=True,
    )
    assert row["status"] == "undetermined"
    reasons = next(part for part in report(plain()).standards if part.anchor == "cn-basic-2012").reasons
    assert reasons[:2] == ("综合差异系数小学无法判定（部分评估单位未上报）。", "本学年没有初中的数据。")
    assert reasons[2].startswith("结论只涉及资源配置差异系数")


def test_the_sentence_of_the_gap_is_recomputed_from_the_variance_shares() -> None:
    made = report(plain())
    gap = made.standards[1].stages[0].gap
    assert gap is not None
    assert gap.indicator == "每百名学生拥有县级以上骨干教师数"
    shares = (
        plain()["variance_shares"]
        .filter(
            pl.col("school_year") == 2023,
            pl.col("standard") == "cn-quality-2017",
            pl.col("indicator") == "key_teachers",
        )
        .sort("variance_share", descending=True)
    )
    first = shares.row(0, named=True)
    assert first["variance_share"] > 0.5
    share, weight = display.percent(first["variance_share"]), display.percent(first["weight_share"])
    assert gap.message == f"{first['school_name']}一校占{gap.indicator}差异的 {share}，在校生占 {weight}"
    assert [row.share for row in gap.shares[:4]] == [display.percent(value) for value in shares["variance_share"][:4]]


def test_the_school_rule_counts_and_names_the_schools_that_fail_it() -> None:
    rule = report(plain()).standards[1].stages[0].school_rule
    verdicts = plain()["school_verdicts"].filter(pl.col("school_year") == 2023)
    failing = verdicts.filter(pl.col("status") == "not_met")["school_name"].to_list()
    assert rule is not None
    assert failing == [EVIL] == [school.name for school in rule.failing]
    assert f"{verdicts.height} 个评估单位中 {verdicts.height - 1} 个达到学校标准" in rule.sentence
    assert rule.failing[0].below == "每百名学生拥有网络多媒体教室数 1.50▼（2.30）"


def test_a_cv_that_rounding_hides_gets_a_note_with_enough_decimals() -> None:
    cell = (
        (pl.col("standard") == "cn-quality-2017")
        & (pl.col("indicator") == "teaching_area")
        & (pl.col("school_year") == 2023)
    )
    changed = plain()["county_dispersion"].with_columns(
        cv=pl.when(cell).then(0.50032).otherwise("cv"),
        margin=pl.when(cell).then(-0.00032).otherwise("margin"),
        status=pl.when(cell).then(pl.lit("not_met")).otherwise("status"),
    )
    stage = report(plain() | {"county_dispersion": changed}).standards[1].stages[0]
    row = next(row for row in stage.rows if row.label == "生均教学及辅助用房面积")
    assert (row.cv, row.limit, row.mark, row.verdict.word) == ("0.500", "0.50", "[1]", "未达标")
    assert stage.notes[0] == "[1] 未舍入的差异系数为 0.50032，大于限值 0.50，舍入后看不出来；比较一律用未舍入的值。"


def test_units_left_out_of_a_mean_are_counted_under_its_table() -> None:
    stage = report(plain()).standards[0].stages[0]
    row = next(row for row in stage.rows if row.label == "生均图书册数")
    assert row.mark
    assert any(
        note == f"{row.mark} 4 个评估单位中有 1 个（500 名在校生）未上报图书册数，平均值和差异系数只含其余 3 个。"
        for note in stage.notes
    )


def test_a_unit_that_does_not_count_is_listed_with_the_reason() -> None:
    rows = {(row.name, row.standing, row.reason, row.standards) for row in report(plain()).left_out.rows}
    assert rows == {
        ("第5小学", "停办", "没有在校生", "基本均衡、优质均衡"),
        ("第6小学", "不在范围", "举办者不在评估范围", "基本均衡"),
    }


def test_missing_facilities_of_a_source_are_said_once_for_all_standards() -> None:
    tables = computed(dict.fromkeys(YEARS, TW))
    made = report(tables, code="01")
    assert [part.anchor for part in made.standards] == ["tw-indicative"]
    markdown = render.county_markdown(made)
    assert markdown.count("不含办学条件") == 1
    assert markdown.count("国家标准不作判定") == 1
    sentence = next(text for text in made.missing.sentences if "办学条件" in text)
    assert "8 项指标中 7 项" in sentence
    assert "7 项指标中 7 项" in sentence
    assert made.missing.rows == ()
    assert "本学年没有初中的数据。" in made.standards[0].reasons


def test_a_stage_without_teachers_says_how_many_units_are_left_out() -> None:
    rows = [*TW, TW[0] | {"school_id": "014699", "full_time_teachers_primary": None, "pupils_primary": 40}]
    made = report(computed({2023: rows}), code="01")
    note = made.standards[0].stages[0].notes[0]
    assert note == "[1] 4 个评估单位中有 1 个（40 名在校生）未上报专任教师数，平均值和差异系数只含其余 3 个。"
    assert [(row.units, row.pupils, row.why) for row in made.missing.rows] == [("1", "40", "未上报专任教师数")]


def test_a_standard_without_limits_draws_no_verdict() -> None:
    made = report(computed(dict.fromkeys(YEARS, TW)), code="01")
    assert made.standards[0].verdict.word == "不设限值"
    assert "达标" not in made.title.replace("未达标", "达标")
    stage = made.standards[0].stages[0]
    assert not stage.has_limits
    assert not stage.has_norms


def test_every_page_of_synthetic_data_says_so_at_its_top() -> None:
    for path, text in pages(plain(), is_synthetic=True).items():
        if path.endswith(".csv"):
            continue
        start = text[: text.index("表 1")] if "表 1" in text else text
        assert "合成数据" in start
    assert all("合成数据" not in text for text in pages(plain()).values())


def test_the_refused_cells_of_a_row_are_one_entry_with_file_row_values_and_rule() -> None:
    refused = report(plain()).refused
    assert refused.sentence.startswith("拒收 2 个单元格")
    assert [(row.where, row.values, row.rule) for row in refused.rows] == [
        ("drawn.csv 第 9 行", "甲列 = 12|3；乙列 = <b>7</b>", "parts_are_total")
    ]
    assert refused.rows[0].school == "第1小学 2169000001"


def test_every_school_names_the_row_that_it_was_read_from() -> None:
    table = report(plain()).standards[1].schools[0]
    assert [school.origin for school in table.rows] == [f"drawn.csv 第 {row} 行" for row in (2, 3, 4, 5, 7)]


def test_values_below_norm_and_floor_bear_different_signs() -> None:
    rows = [SOUND, SOUND | {"multimedia_rooms": 20}, SOUND | {"multimedia_rooms": 10}]
    table = report(computed({2023: rows})).standards[1].schools[0]
    assert [school.cells[-1].mark for school in table.rows] == ["", "▽", "▼"]
    assert [school.verdict.word for school in table.rows if school.verdict] == ["达标", "达标", "未达标"]


def test_years_link_only_where_the_county_has_a_page() -> None:
    tables = computed({2022: PLAIN, 2023: PLAIN})
    assert [(link.label, link.href) for link in report(tables).years] == [
        ("2022", f"../../2022/{COUNTY}/index.html"),
        ("2023", ""),
    ]


def test_an_incomplete_window_is_said() -> None:
    tables = computed({2022: PLAIN, 2023: PLAIN})
    monitoring = report(tables).standards[1].monitoring
    assert monitoring is not None
    assert "窗口不完整：2021 学年缺全部或部分差异系数。" in monitoring.sentences
    assert {row.window for row in monitoring.rows} == {"缺 2021"}
    assert monitoring.rows[0].years[0].cv == "…"


def test_openings_and_closings_are_named_apart_from_the_schools_of_both_years() -> None:
    tables = computed(
        {2022: PLAIN[:3], 2023: [*PLAIN[1:3], SOUND | {"school_id": "2169000077", "school_name": "新校"}]}
    )
    # The first school of 2022 keeps its identifier, so what was the second school's now is the first's.
    stage = report(tables).standards[1].stages[0]
    assert stage.changes == ("“同校”只含两年都有值的 2 个评估单位；新增 1 个，减少 1 个。新增：新校。减少：第3小学。",)


def test_two_sources_with_one_county_code_have_pages_of_their_own() -> None:
    tables = computed({2023: [*PLAIN, *[row | {"county_code": COUNTY} for row in TW]]})
    assert {f"2023/{COUNTY}/index.html", f"2023/{COUNTY}-tw-moe/index.html"} <= set(pages(tables))


def test_the_edition_is_of_the_content_and_not_of_the_links_to_other_years() -> None:
    made = report(plain())
    assert re.fullmatch(r"[0-9a-f]{12}", made.colophon.edition)
    assert model.edition(msgspec.structs.replace(made, years=())) == made.colophon.edition
    assert model.edition(msgspec.structs.replace(made, title="x")) != made.colophon.edition


def test_the_province_lists_every_county_with_keys_to_sort_by() -> None:
    page = Page(pages(plain())["2023/index.html"])
    assert "示例" not in page.text
    buttons = [attrs for tag, attrs in page.tags if tag == "button"]
    keys = [attrs["data-key"] for tag, attrs in page.tags if tag in ("td", "th") and "data-key" in attrs]
    assert len(buttons) == len(keys)
    assert "青岚县" in keys
    assert "未达标" in keys


def test_a_template_that_asks_for_what_the_model_does_not_have_fails() -> None:
    for environment in (render.html(), render.markdown()):
        with pytest.raises(UndefinedError):
            environment.from_string("{{ report.nothing }}").render(report=report(plain()))


def test_another_language_can_be_spoken() -> None:
    from gettext import NullTranslations  # noqa: PLC0415

    class Upside(NullTranslations):
        def gettext(self, message: str) -> str:
            return "met" if message == "达标" else message

    with speaking(Upside()):
        assert display.status_word("met") == "met"
    assert display.status_word("met") == "达标"


def test_a_year_without_a_figure_breaks_the_trend_line() -> None:
    drawn = charts.trend([2018, 2019, 2021, 2022], [0.5, 0.4, 0.3, 0.2], 0.45, status="met", label="x")
    assert drawn is not None
    assert len(drawn.lines) == 2
    assert drawn.limit_y
    assert charts.trend([2018, 2019], [None, 0.4], None, status="met", label="x") is None
    flat = charts.trend([2018, 2019, 2021], [0.4, 0.4, 0.4], None, status="met", label="x")
    assert flat is not None
    assert (len(flat.lines), len(flat.lone)) == (1, 1)


def test_a_bullet_keeps_its_limit_inside_the_bar() -> None:
    for cv in (0.0, 0.2, 0.5, 3.0):
        drawn = charts.bullet(cv, 0.5, "met")
        assert drawn is not None
        assert 0 < float(drawn.tick) <= drawn.width
        assert 0 <= float(drawn.filled) <= drawn.width
    assert charts.bullet(None, 0.5, "undetermined") is None


def test_dots_stay_between_the_ends_of_the_axis() -> None:
    sites = [charts.Site(f"{i}", value, 100 * i, "any", "") for i, value in enumerate((0.0, 0.5, 0.5, 0.5, 9.9))]
    drawn = charts.strip(sites, [], [""], named="4", message="", subtitle="", description="")
    places = [float(dot.x.rstrip("%")) for dot in drawn.dots]
    assert min(places) >= 9
    assert max(places) <= 97
    assert len({(dot.x, dot.y) for dot in drawn.dots}) == len(sites)
    assert [name.label for name in drawn.names] == ["4"]
    empty = charts.strip(
        [charts.Site("a", 0.0, 0, "any", "")], [], [""], named="", message="", subtitle="", description=""
    )
    assert empty.ticks


def test_reports_read_nothing_but_their_arguments() -> None:
    source = "".join(path.read_text("utf-8") for path in Path(render.__file__).parent.glob("*.py"))
    assert "import pipelines" not in source
    assert "from pipelines" not in source
    assert "dagster" not in source
    for module in ("county", "stages", "gap", "province", "index", "site", "display", "charts"):
        text = (Path(render.__file__).parent / f"{module}.py").read_text("utf-8")
        assert not re.search(r"\bnow\(|today\(|\btime\b\.|open\(|write_", text)


def test_a_site_that_counts_as_no_school_is_named_in_its_schools_row_and_among_those_left_out() -> None:
    site = SOUND | {
        "school_name": "东校区",
        "is_counted": False,
        "parent_school_id": "2169000001",
        "pupils_primary": 115,
    }
    made = report(computed({2023: [*PLAIN, site]}))
    rows = {row.name: row.note for row in made.standards[0].schools[0].rows}
    assert rows["第1小学"] == "含 1 个不计校数的办学点：东校区（115 人，drawn.csv 第 8 行）"
    assert not rows["第3小学"]
    (left,) = [row for row in made.left_out.rows if row.name == "东校区"]
    assert (left.pupils, left.standing, left.reason) == ("115", "并入所属学校", "不计校数的办学点，数据并入第1小学")
    for face in (Page(render.county_html(made)).text, unmarked(render.county_markdown(made))):
        assert "东校区（115 人，drawn.csv 第 8 行）" in face


def test_a_stage_of_one_unit_is_not_called_balanced() -> None:
    made = report(computed({2022: PLAIN[:1], 2023: PLAIN[:1]}))
    for part in made.standards[:2]:
        assert part.stages[0].lead == "只有一个评估单位，差异系数为 0，不说明均衡。"
        said = "".join(part.reasons)
        assert "余量最小" not in said
        assert "不说明均衡" in said
    assert any("小学只有一个评估单位，差异系数为 0，不说明均衡" in fact.label for fact in made.facts)
    assert "差异最大的是" not in render.county_html(made)


def test_a_value_of_a_school_shows_its_side_of_the_norm() -> None:
    # 1 key teacher per 100 pupils is asked; 9 of 904 are 0.9956, which two decimals would round to the norm.
    near = SOUND | {"pupils_primary": 904, "key_teachers_primary": 9, "multimedia_rooms": 10, "school_name": "近校"}
    made = report(computed({2023: [SOUND, near]})).standards[1]
    rule = made.stages[0].school_rule
    assert rule is not None
    assert "每百名学生拥有县级以上骨干教师数 0.996▽（1.00）" in rule.failing[0].below
    (row,) = [row for row in made.schools[0].rows if row.name == "近校"]
    assert "0.996" in [cell.text for cell in row.cells]


def test_three_years_show_the_decimals_in_which_they_differ() -> None:
    frame = plain()["three_year_monitoring"]
    cell = (
        (pl.col("standard") == "cn-quality-2017")
        & (pl.col("indicator") == "teaching_area")
        & (pl.col("school_year") == 2023)
    )
    cvs = {"cv_two_years_before": 0.271, "cv_year_before": 0.26812, "cv": 0.26838}
    changed = frame.with_columns(
        *(pl.when(cell).then(value).otherwise(name).alias(name) for name, value in cvs.items()),
        direction=pl.when(cell).then(pl.lit("mixed")).otherwise("direction"),
    )
    monitoring = report(plain() | {"three_year_monitoring": changed}).standards[1].monitoring
    assert monitoring is not None
    row = next(row for row in monitoring.rows if row.label == "生均教学及辅助用房面积")
    assert [year.cv for year in row.years] == ["0.2710", "0.2681", "0.2684"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ([-0.01], "与上年相比，差异系数缩小。"),
        ([0.01], "与上年相比，差异系数扩大。"),
        ([0.0], "与上年相比，差异系数不变。"),
        ([-0.01, -0.02], "与上年相比，2 项差异系数全部缩小。"),
        ([None], "没有上一学年的差异系数可比。"),
    ],
)
def test_one_coefficient_is_not_counted(changes: list[float | None], words: str) -> None:
    assert changes_words(changes) == words


def test_no_sentence_begins_with_a_blank() -> None:
    html = render.county_html(report(plain()))
    assert '<p class="lead"> ' not in html
