"""Two standards on one county: each word is the standard's, each figure the table's, each reason true of the data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec
import polars as pl
import pytest

from pipelines.dispersion import county_dispersion
from pipelines.indicators import unit_indicators
from pipelines.judgement import judge
from pipelines.units import units
from pipelines.verdicts import resource_verdicts, school_verdicts
from reports import display, sentences
from reports.documents.comparison import (
    compared,
    counted_apart,
    counted_words,
    reasons,
    side_by_side,
    verdicts_sentence,
)
from reports.documents.model import Document, tables
from reports.documents.render import document_html, document_markdown
from reports.documents.workbook import document_xlsx
from reports.papers import county_documents
from reports.year import CountyTables, YearTables
from schemas.source import sources
from schemas.tables import TABLES
from standards.standard import Standard, standards
from tests.county import schools
from tests.judged import fact_frame, told
from tests.test_documents import Page, Workbook, markdown_tables, said, table_of, texts

Row = dict[str, object]
BASIC, QUALITY = (standards()[name] for name in ("cn-basic-2012", "cn-quality-2017"))
PAIR = {standard.id: standard for standard in (BASIC, QUALITY)}


def school(pupils: int, stage: str = "primary", **more: object) -> Row:
    """A school of one stage at or above every norm of 2017, with what 2012 asks beside."""
    hundreds = pupils // 20
    of_stage = {
        "full_time_teachers": hundreds + 10,
        "classes": pupils // 30,
        "teachers_doctor": 0,
        "teachers_master": 0,
        "teachers_bachelor": hundreds + 8,
        "teachers_college": 2,
        "teachers_full_senior": 0,
        "teachers_senior_title": hundreds // 4,
        "teachers_mid": hundreds // 2,
        "key_teachers": hundreds,
        "pe_teachers": hundreds,
        "music_teachers": 1,
        "fine_arts_teachers": 1,
        "arts_teachers": 0,
    }
    return {
        f"pupils_{stage}": pupils,
        **{f"{field}_{stage}": value for field, value in of_stage.items()},
        "teaching_auxiliary_area_m2": 8 * pupils,
        "indoor_sports_area_m2": pupils,
        "sports_ground_area_m2": 10 * pupils,
        "equipment_value_yuan": 3000 * pupils,
        "multimedia_rooms": hundreds,
        "computers": pupils // 5,
        "books": 30 * pupils,
        "school_type_code": "211" if stage == "primary" else "311",
        "operator_code": "831",
        **more,
    }


PRIVATE = school(
    500,
    school_name="私立学校",
    operator_code="999",
    multimedia_rooms=0,
    teaching_auxiliary_area_m2=2500,
    sports_ground_area_m2=4000,
    equipment_value_yuan=1_400_000,
)
POINT = school(60, school_name="山口教学点", school_type_code="218")
DRAWN = [
    school(1000),
    school(1000, teaching_auxiliary_area_m2=6000),
    school(600, "junior"),
    school(600, "junior", sports_ground_area_m2=9000),
    PRIVATE,
    POINT,
]
NINE_YEARS: Row = {
    **school(400),
    **{name: value for name, value in school(300, "junior").items() if name.endswith("_junior")},
    "school_type_code": "312",
}
# All that the county says under 2012 is yes; no major accident. Two of seventeen items cannot be judged: 87.5 points.
YES = [
    *told({}, finding={f"{BASIC.id}/{item.id}": item.part != "veto" for item in BASIC.items if item.asks_finding}),
    *told({"satisfaction_questionnaires_valid": 100, "satisfaction_questionnaires_satisfied": 90}),
]
NO = told({}, finding={f"{BASIC.id}/{item.id}": False for item in BASIC.of_part("government") if item.asks_finding})


def computed(
    rows: Sequence[Row] = DRAWN, facts: Sequence[Row] = YES, asked: Mapping[str, Standard] = PAIR
) -> dict[str, pl.DataFrame]:
    """The tables of a county of these schools, judged under the standards."""
    made: dict[str, list[pl.DataFrame]] = {name: [TABLES[name].empty()] for name in TABLES}
    drawn = schools(list(rows))
    for standard in asked.values():
        found = units(drawn, standard)
        values = unit_indicators(found, standard, fact_frame(facts))
        spread, of_schools = county_dispersion(found, values, standard), school_verdicts(values, standard)
        for name, table in (
            ("units", found),
            ("unit_indicators", values),
            ("county_dispersion", spread),
            ("school_verdicts", of_schools),
            ("resource_verdicts", resource_verdicts(spread, of_schools, standard)),
        ):
            made[name].append(table)
    frames = {name: pl.concat(parts) for name, parts in made.items()} | {"schools": drawn}
    judged = judge(
        frames["units"],
        fact_frame(facts),
        frames["resource_verdicts"],
        TABLES["county_verdicts"].empty(),
        dict(asked),
        2023,
    )
    return frames | {
        name: getattr(judged, name)
        for name in ("school_checks", "county_checks", "county_items", "county_parts", "county_verdicts")
    }


def county(
    rows: Sequence[Row] = DRAWN, facts: Sequence[Row] = YES, asked: Mapping[str, Standard] = PAIR
) -> CountyTables:
    """The county of those tables."""
    return of(computed(rows, facts, asked), asked)


def of(frames: Mapping[str, pl.DataFrame], asked: Mapping[str, Standard] = PAIR) -> CountyTables:
    """The one county of the tables."""
    return next(iter(YearTables(frames, 2023, asked, sources()).counties()))


def changed(name: str = "sports_area", **more: object) -> dict[str, Standard]:
    """The two standards, with one indicator of the later one drawn otherwise."""
    indicators = tuple(
        msgspec.structs.replace(indicator, **more) if indicator.id == name else indicator
        for indicator in QUALITY.indicators
    )
    return PAIR | {QUALITY.id: msgspec.structs.replace(QUALITY, indicators=indicators)}


def why(tables_of: CountyTables, name: str, stage: str = "junior") -> str:
    """The reasons of one indicator, older and newer standard."""
    return "；".join(reasons(tables_of, *compared(tables_of), stage, name))


def test_every_face_has_the_same_tables() -> None:
    document = side_by_side(county())
    wanted = [
        [[column.label for column in table.columns], *([cell.text for cell in row] for row in table.rows)]
        for table in tables(document)
    ]
    assert Page(document_html(document)).tables == wanted
    assert markdown_tables(document_markdown(document)) == wanted
    assert len(Workbook(document_xlsx(document)).names) == len(wanted) + 2
    assert all(cell.text for table in tables(document) for row in table.rows for cell in row)


def test_the_newest_standard_stands_last() -> None:
    assert [standard.id for standard in compared(county())] == [BASIC.id, QUALITY.id]
    older = PAIR | {QUALITY.id: msgspec.structs.replace(QUALITY, issued=None)}
    assert [standard.id for standard in compared(county(asked=older))] == [QUALITY.id, BASIC.id]


def test_a_county_met_under_one_and_not_the_other_reads_which_parts_decide() -> None:
    tables_of = county()
    verdicts = {row["standard"]: row["verdict"] for row in tables_of.frame("county_verdicts").iter_rows(named=True)}
    assert verdicts == {BASIC.id: "met", QUALITY.id: "not_met"}
    sentence = verdicts_sentence(tables_of, compared(tables_of))
    assert sentence == "结论不同：基本均衡“达标”，决定结论的各部分均达标；优质均衡“未达标”，取决于资源配置。"
    document = side_by_side(tables_of)
    assert sentence in said(document)
    for standard in (BASIC, QUALITY):
        for words in sentences.why(tables_of, standard):
            assert f"{sentences.short_title(standard)}：{words}" in said(document)


def test_verdicts_that_agree_are_said_to_agree() -> None:
    sentence = verdicts_sentence(tables_of := county(facts=NO), compared(tables_of))
    assert sentence == (
        "结论相同，都是“未达标”：基本均衡“未达标”，取决于县级人民政府推进义务教育均衡发展工作；"
        "优质均衡“未达标”，取决于资源配置。"
    )


def test_every_part_stands_once_beside_a_part_that_does_the_same() -> None:
    tables_of = county()
    table = table_of(side_by_side(tables_of), "结论与各部分")
    for position, standard in ((1, BASIC), (3, QUALITY)):
        shown = [row[position].text for row in table.rows[1:] if row[position].text != "—"]
        titles = [standard.part.zh, *(part.title.zh for part in standard.parts)]
        assert len(shown) == len(titles)
        assert all(any(text.startswith(title) for text in shown) for title in titles)
    statuses = {row[0].text: (row[2].text, row[4].text) for row in table.rows}
    assert statuses["整项标准"] == ("✓ 达标", "✕ 未达标")
    assert statuses["一票否决"] == ("✓ 未发现", "? 无法判定")


def test_where_only_resources_are_judged_the_sentence_says_so() -> None:
    tables_of = of(computed() | {name: TABLES[name].empty() for name in ("county_parts", "county_verdicts")})
    assert verdicts_sentence(tables_of, compared(tables_of)) == (
        "结论不同：基本均衡“达标”，只判定了资源配置差异系数；优质均衡“未达标”，只判定了资源配置。"
    )
    rows = texts(table_of(side_by_side(tables_of), "结论与各部分"))
    assert rows["资源"] == ["资源配置差异系数", "✓ 达标", "资源配置", "✕ 未达标"]


def test_what_is_measured_is_said_in_the_standards_words_with_its_articles() -> None:
    tables_of = county()
    rows = texts(table_of(side_by_side(tables_of), "测量和判定的内容"))
    assert rows["学段"] == ["相同", "小学、初中", BASIC.scope.article, "小学、初中", QUALITY.scope.article]
    assert rows["教学点"][1::2] == ["不单独评估", "50 人及以上的单独评估，不足的只列出"]
    assert rows["计入的评估单位"][1::2] == [counted_words(tables_of, standard) for standard in (BASIC, QUALITY)]
    assert rows["计入的评估单位"][1::2] == ["小学 2 个、初中 2 个", "小学 4 个、初中 2 个"]
    assert "民办" in rows["不计入的举办者"][1]
    assert rows["不计入的举办者"][3] == "无"
    weights = "小学 1：初中 1.1：高中 1.32"
    assert rows["拆分权重"] == ["相同", weights, BASIC.split.article, weights, QUALITY.split.article]
    assert rows["指标"][1] == "8 项：4 项另一标准也有，4 项只见于本标准"
    assert rows["学校标准"][1:3] == ["不设", "—"]
    assert rows["差异系数"][2::2] == [BASIC.dispersion.article, QUALITY.dispersion.article]
    assert rows["条目"][1].endswith("：17 项，满分 100 分，合格 85 分")
    assert rows["条目"][3] == "政府保障程度：15 项均须达标；教育质量：9 项均须达标"
    for label, (same, first, _article, second, _other) in rows.items():
        assert same == ("相同" if first == second else "不同"), label
    assert all(row[2] != "—" or row[1] == "不设" for row in rows.values())
    assert all(row[4] != "—" or row[3] == "不设" for row in rows.values())


def test_every_indicator_stands_with_its_unit_and_article_under_each() -> None:
    table = table_of(side_by_side(county()), "各标准的指标")
    found = {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}
    assert len(found) == len({indicator.id for standard in PAIR.values() for indicator in standard.indicators})
    above = found["每百名学生拥有高于规定学历教师数（又作“生均高于规定学历教师数”）"]
    assert above[:2] == ["第 7 项，人/生", "第 1 项，人/百生"]
    assert above[2].replace("\N{NO-BREAK SPACE}", " ") == "小学 ≥ 4.20、初中 ≥ 5.30"
    assert above[3:] == [s.indicator("above_standard_teachers").article for s in (BASIC, QUALITY)]
    assert found["每百名学生拥有网络多媒体教室数"][0] == "—"


def test_a_private_school_and_a_teaching_point_count_under_one_standard_only() -> None:
    tables_of = county()
    apart = counted_apart(tables_of, compared(tables_of))
    assert [unit[0] for unit in apart] == ["primary", "primary"]
    assert all(under == [QUALITY] for under in apart.values())
    document = side_by_side(tables_of)
    rows = texts(table_of(document, "只在部分标准下计入"))
    assert rows == {
        "私立学校": ["小学", "500", "优质均衡", "基本均衡：不在范围（举办者不在评估范围）"],
        "山口教学点": ["小学", "60", "优质均衡", "基本均衡：不在范围（教学点不单独评估）"],
    }
    assert "2 个评估单位只在部分标准下计入：只在优质均衡下计入 2 个；在校生 560 人。" in said(document)


def test_pupils_that_are_not_reported_are_no_zero() -> None:
    document = side_by_side(county([*DRAWN[:5], POINT | {"pupils_primary": None}]))
    assert "在校生 500 人（1 个未上报）。" in said(document)
    assert texts(table_of(document, "只在部分标准下计入"))["山口教学点"][1] == "…"


def test_a_county_whose_units_are_the_same_reads_so() -> None:
    document = side_by_side(county(DRAWN[:4]))
    assert "各标准计入的评估单位完全相同。" in said(document)
    assert not any("只在部分标准下计入" in table.caption for table in tables(document))


def test_a_long_list_shows_thirty_units_and_counts_the_rest() -> None:
    document = side_by_side(county([*DRAWN[:4], *(PRIVATE | {"school_name": f"私立{i}校"} for i in range(33))]))
    table = table_of(document, "只在部分标准下计入")
    assert len(table.rows) == 30
    assert "列出前 30 个，其余 3 个未列" in table.note
    assert "33 个评估单位只在部分标准下计入" in said(document)


def test_the_figures_of_a_common_indicator_are_those_of_the_tables() -> None:
    tables_of = county()
    document = side_by_side(tables_of)
    for stage in ("primary", "junior"):
        table = table_of(document, f"{display.stage(stage)}：同一指标在各标准下")
        assert [len(row) for row in table.rows] == [9] * 4
        for row in table.rows:
            name = next(i.id for i in QUALITY.indicators if row[0].text.startswith(i.label.zh))
            for start, standard in ((1, BASIC), (5, QUALITY)):
                known = tables_of.dispersion[standard.id, stage, name]
                unit = sentences.unit_words(standard, name, stage)
                assert row[start].text == f"{display.measured(known['mean'], known['unit'])} {unit}"
                assert row[start + 1].text == sentences.decisive_cv(known)
                limit = "—" if known["limit"] is None else f"≤ {display.bound(known['limit'])}"
                assert row[start + 2].text == limit
                assert row[start + 3].status == known["status"]


def test_other_units_are_a_reason_only_where_they_are_others() -> None:
    tables_of = county()
    assert ("参与计算的评估单位不同：基本均衡 2 个，优质均衡 4 个（只在基本均衡 0 个，只在优质均衡 2 个）") in why(
        tables_of, "teaching_area", "primary"
    )
    assert why(tables_of, "sports_area") == (
        "差异系数相同；判定不同：基本均衡只看各项平均，单项不设限值，优质均衡限值 0.45"
    )


def test_a_unit_without_a_value_takes_no_part() -> None:
    tables_of = county([*DRAWN[:5], POINT | {"equipment_value_yuan": None}])
    assert "基本均衡 2 个，优质均衡 3 个" in why(tables_of, "equipment_value", "primary")


def test_per_hundred_moves_the_mean_and_not_the_coefficient() -> None:
    tables_of = county()
    assert "差异系数相同；计量不同：基本均衡 人/生（× 1），优质均衡 人/百生（× 100），只改变均值" in why(
        tables_of, "above_standard_teachers"
    )
    first, second = (tables_of.dispersion[s.id, "junior", "above_standard_teachers"] for s in (BASIC, QUALITY))
    assert second["mean"] == pytest.approx(100 * first["mean"])
    assert second["cv"] == pytest.approx(first["cv"], abs=1e-12)
    assert "计量" not in why(tables_of, "sports_area")


def test_how_many_coefficients_are_the_same_is_counted() -> None:
    tables_of = county()
    pairs = [
        [tables_of.dispersion[s.id, stage, i.id]["cv"] for s in (BASIC, QUALITY)]
        for stage in ("primary", "junior")
        for i in QUALITY.indicators
        if (BASIC.id, stage, i.id) in tables_of.dispersion
    ]
    same = sum(abs(first - second) <= 1e-12 for first, second in pairs)
    assert (len(pairs), same) == (8, 4)
    assert f"差异系数 8 对，其中 {same} 对相同，{8 - same} 对不同。" in said(side_by_side(tables_of))


def test_another_numerator_or_denominator_is_a_reason() -> None:
    text = why(county(asked=changed(plus=("sports_ground_area_m2",))), "sports_area")
    assert "分子不同：基本均衡为运动场地面积" in text
    assert "差异系数相同" not in text
    assert "分母不同：基本均衡为" in why(county(asked=changed(denominator="classes")), "sports_area")
    alone = why(county(asked=changed(denominator="one")), "sports_area")
    assert alone.count("分母不同") == 1
    assert "优质均衡为1" in alone


def test_another_split_is_a_reason_only_where_a_school_is_divided() -> None:
    weights = {"primary": Decimal(1), "junior": Decimal("1.5"), "senior": Decimal("1.32")}
    split = msgspec.structs.replace(QUALITY.split, weights=weights)
    asked = PAIR | {QUALITY.id: msgspec.structs.replace(QUALITY, split=split)}
    assert "共用资源的拆分" not in why(county(asked=asked), "sports_area")
    text = why(county([*DRAWN[:4], NINE_YEARS], asked=asked), "sports_area")
    assert "共用资源的拆分不同：" in text
    assert "涉及 1 个评估单位" in text
    assert "共用资源的拆分" not in why(county([*DRAWN[:4], NINE_YEARS]), "sports_area")
    assert "共用资源的拆分" not in why(county([*DRAWN[:4], NINE_YEARS], asked=asked), "above_standard_teachers")


def test_a_relaxation_is_a_reason_where_a_unit_is_under_it() -> None:
    eased = [
        msgspec.structs.replace(relaxation, until=relaxation.until.replace(year=2030))
        for relaxation in QUALITY.relaxations
    ]
    asked = PAIR | {QUALITY.id: msgspec.structs.replace(QUALITY, relaxations=tuple(eased))}
    said_of = told(
        {},
        finding={f"{QUALITY.id}/leased_sports_space": True},
        school_id="2169000001",
        evidence="租用协议",
        valid_until=dt.date(2024, 8, 31),
    )
    rows = [DRAWN[0] | {"area_code": "111", "other_sports_area_m2": 500}, *DRAWN[1:4]]
    text = why(county(rows, [*YES, *said_of], asked), "sports_area", "primary")
    assert "放宽条款：基本均衡 0 个评估单位适用，优质均衡 1 个" in text
    assert "放宽条款" not in why(county(rows, YES, asked), "sports_area", "primary")


def test_a_coefficient_that_is_undefined_says_why() -> None:
    rows = [row | {"equipment_value_yuan": 0} for row in DRAWN]
    tables_of = county(rows)
    assert "基本均衡没有差异系数（全县平均值为 0，差异系数没有意义）" in why(tables_of, "equipment_value")
    row = texts(table_of(side_by_side(tables_of), "初中：差异系数之差"))["生均教学仪器设备值"]
    assert row[0] == "—"


def test_no_reason_is_made_up() -> None:
    frames = computed()
    is_moved = (pl.col("standard") == QUALITY.id) & (pl.col("indicator") == "sports_area")
    frames["county_dispersion"] = frames["county_dispersion"].with_columns(
        cv=pl.when(is_moved).then(pl.col("cv") + 0.1).otherwise(pl.col("cv"))
    )
    tables_of = of(frames)
    assert "差异系数不同，标准文件和表中未见原因" in why(tables_of, "sports_area")
    assert texts(table_of(side_by_side(tables_of), "初中：差异系数之差"))["生均体育运动场馆面积"][0] == "+0.100"


def test_indicators_of_one_standard_alone_stand_apart() -> None:
    tables_of = county()
    document = side_by_side(tables_of)
    rows = [[cell.text for cell in row] for row in table_of(document, "只见于一项标准的指标").rows]
    rooms = [row for row in rows if row[0] == "每百名学生拥有网络多媒体教室数"]
    assert [row[1:3] for row in rooms] == [["优质均衡", "小学"], ["优质均衡", "初中"]]
    known = tables_of.dispersion[QUALITY.id, "primary", "multimedia_rooms"]
    assert rooms[0][3:6] == ["4.02 间/百生", sentences.decisive_cv(known), "≤ 0.50"]
    assert known["mean"] == pytest.approx(100 * (50 + 50 + 0 + 3) / 2560, abs=1e-9)
    composite = [row for row in rows if row[0].startswith("综合差异系数")]
    assert [row[4] for row in composite] == [
        sentences.decisive_cv(tables_of.dispersion[BASIC.id, stage, "composite"]) for stage in ("primary", "junior")
    ]
    assert composite[0][-1] == BASIC.dispersion.article
    assert "基本均衡 4 项（“每百名学生拥有计算机台数”" in said(document)
    assert "优质均衡 3 项（“每百名学生拥有县级以上骨干教师数”" in said(document)
    assert not any("网络多媒体" in row[0].text for row in table_of(document, "小学：同一指标").rows)


def kinds(documents: Sequence[Document]) -> list[str]:
    """The documents by the last part of their path."""
    return [document.path.rsplit("/", 1)[1] for document in documents]


def test_a_county_has_the_document_where_two_standards_limit_differences() -> None:
    assert "standards-side-by-side" in kinds(county_documents(county()))
    alone = county(asked={QUALITY.id: QUALITY})
    assert "standards-side-by-side" not in kinds(county_documents(alone))
    assert "没有可以对照的结论" in said(side_by_side(alone))
    assert not tables(side_by_side(alone))


def test_three_standards_stand_side_by_side_each_beside_the_next() -> None:
    third = msgspec.structs.replace(BASIC, id="drawn", issued=None)
    document = side_by_side(county(asked=PAIR | {"drawn": third}))
    assert "3 项标准对照" in document.title
    table = table_of(document, "小学：差异系数之差")
    assert [column.label for column in table.columns] == ["指标", "相减", "差异系数之差", "异同与原因"]
    # The four that all three have, twice each; the four and the composite of the two alike.
    assert len(table.rows) == 4 * 2 + 4 + 1
    (composite,) = [row for row in table.rows if row[0].text.startswith("综合差异系数")]
    assert composite[3].text == "差异系数相同；由各单项平均：基本均衡 8 项，基本均衡 8 项"


def test_the_same_tables_give_the_same_document() -> None:
    assert side_by_side(county()) == side_by_side(county())


def test_a_standard_of_one_stage_and_its_own_indicators_has_nothing_in_common() -> None:
    listed = [QUALITY.of_part("quality")[0], QUALITY.of_part("veto")[0]]
    quality, veto = (next(p for p in QUALITY.parts if p.id == name) for name in ("quality", "veto"))
    drawn = msgspec.structs.replace(
        QUALITY,
        id="drawn",
        scope=msgspec.structs.replace(QUALITY.scope, stages=("primary",)),
        indicators=tuple(i for i in QUALITY.indicators if i.id == "key_teachers"),
        school_rule=None,
        parts=(msgspec.structs.replace(quality, rule="count", at_least=5), veto),
        items=tuple(listed),
        relaxations=(),
    )
    tables_of = county(asked={BASIC.id: BASIC, "drawn": drawn})
    document = side_by_side(tables_of)
    assert "没有两项标准都有的指标。" in said(document)
    rows = texts(table_of(document, "测量和判定的内容"))
    assert rows["条目"][3] == "教育质量：9 项中至少 5 项达标，公开文本中见 1 项"
    assert rows["一票否决"][3] == "一票否决：6 项均不得存在，公开文本中见 1 项"
    apart = table_of(document, "只在部分标准下计入").rows
    assert [row[4].text for row in apart if row[1].text == "初中"] == ["优质均衡：没有这一评估单位"] * 2
