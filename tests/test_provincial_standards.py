"""Provincial and local standards: published numbers stand, what is not in the source is said, a broken file is named."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from pipelines.indicators import norm_of
from pipelines.verdicts import school_verdicts
from standards.items import EverySchool, FactCheck, Finding, Growth, Item, Total
from standards.milestones import flags
from standards.standard import HERE, Indicator, Standard, StandardError, load, load_standards, standards
from tests.county import figures

LOCAL = (
    "base-10-items",
    "base-11-items",
    "base-9-items",
    "guangdong-ict-2010",
    "longgang-2011",
    "shandong-basic",
    "sichuan-basic",
    "xinjiang-self-evaluation",
)
BASE = tuple(name for name in LOCAL if name.startswith("base-") or name.endswith("-basic"))
SICHUAN, SHANDONG = standards()["sichuan-basic"], standards()["shandong-basic"]
ELEVEN, TEN, NINE = (standards()[f"base-{count}-items"] for count in (11, 10, 9))
GUANGDONG, LONGGANG = standards()["guangdong-ict-2010"], standards()["longgang-2011"]
XINJIANG = standards()["xinjiang-self-evaluation"]


def item(standard: Standard, name: str) -> Item:
    return next(item for item in standard.items if item.id == name)


def norm(indicator: Indicator, stage: str, area: str = "rural") -> str | None:
    found = norm_of(indicator, 2023, stage, "211", area)
    return None if found is None else str(found)


def norms(standard: Standard, stage: str) -> dict[str, str | None]:
    return {indicator.id: norm(indicator, stage) for indicator in standard.indicators}


def limits(standard: Standard) -> dict[str, str]:
    """Item and check with their limits."""
    return {
        f"{asked.id}/{check.id}".rstrip("/"): str(check.limit)
        for asked in standard.items
        for check in asked.checks
        if isinstance(check, FactCheck | Total | EverySchool)
    }


@pytest.mark.parametrize("name", LOCAL)
def test_every_local_standard_is_a_sound_file_of_one_province(name: str) -> None:
    standard = standards()[name]
    assert standard == load(HERE / f"{name}.toml")
    assert standard.applies_to == ("cn-returns",)
    assert len(standard.provinces) == 1
    assert not standard.is_for("690000")


@pytest.mark.parametrize("name", LOCAL)
def test_everything_is_named_in_two_languages_and_cites_where_it_stands(name: str) -> None:
    standard = standards()[name]
    cited = (*standard.parts, *standard.items, *standard.milestones, *standard.indicators)
    assert all(asked.article for asked in cited)
    words = [standard.title, standard.document, *standard.notes, *(part.title for part in standard.parts)]
    words += [named.label for named in (*standard.items, *standard.groups, *standard.indicators, *standard.facts)]
    words += [check.label for asked in standard.items for check in asked.checks if check.label]
    assert all(word.zh.strip() and word.en.strip() and word.zh != word.en for word in words)


@pytest.mark.parametrize("name", BASE)
def test_a_base_standard_is_the_gate_to_basic_balance_and_has_a_school_rule_and_no_limit_of_dispersion(
    name: str,
) -> None:
    standard = standards()[name]
    assert standard.gate_of == "cn-basic-2012"
    assert standard.school_rule is not None
    assert standard.dispersion.rule == "none"
    assert all(indicator.plus or indicator.plus_by_stage or indicator.article for indicator in standard.indicators)


@pytest.mark.parametrize("name", BASE)
def test_an_indicator_without_a_norm_says_that_it_is_not_in_the_source(name: str) -> None:
    for indicator in standards()[name].indicators:
        if not indicator.norms:
            assert "标准值不在来源中" in indicator.article or "标准值和法定依据不在来源中" in indicator.article
            assert "由县级逐校认定" in indicator.article


def test_the_three_published_pass_rules_are_data() -> None:
    rules = [standard.school_rule for standard in (ELEVEN, TEN, NINE)]
    assert [(r.at_norm, r.of, str(r.floor_share)) for r in rules if r] == [(9, 11, "0"), (8, 10, "0.6"), (7, 9, "0")]


def test_the_unnamed_standards_are_for_no_province_until_one_adopts_them() -> None:
    for standard in (ELEVEN, TEN, NINE):
        assert standard.provinces == ("000000",)
        assert any("没有省份采用前" in note.zh for note in standard.notes)


def test_the_published_norms_of_the_eleven_items_stand() -> None:
    assert norms(ELEVEN, "primary") == {
        "building_area": "5.1",
        "equipment_value": "550",
        "books": "20",
        "class_size": "45",
        "teacher_qualifications": "100",
    }
    assert set(norms(ELEVEN, "junior").values()) == {None}
    assert {i.id for i in ELEVEN.indicators if i.must_be == "at_most"} == {"class_size"}


def test_the_published_norms_of_the_ten_items_stand() -> None:
    assert norms(TEN, "primary") == {"site_area": "15", "equipment_value": "365", "computers": "10", "books": "25"}
    assert norms(TEN, "junior") == {"site_area": None, "equipment_value": "695", "computers": "10", "books": "40"}
    (site,) = TEN.indicator("site_area").norms
    assert site.upper == {"primary": Decimal(20)}
    assert site.note is not None
    assert "推定" in site.note.zh


def test_nothing_is_computed_of_the_nine_items_that_are_not_in_the_source() -> None:
    assert NINE.indicators == ()
    values, _ = figures([{"pupils_primary": 100, "province_code": "000000"}], NINE)
    assert values.height == 0


def test_sichuan_has_ten_items_in_order_and_the_two_bases_that_the_source_gives() -> None:
    assert [(i.number, i.label.zh) for i in SICHUAN.indicators] == [
        ("L1", "生均教学及辅助用房面积"),
        ("L2", "生均体育运动场馆面积"),
        ("L3", "小学数学科学/初中理科教学仪器配备"),
        ("L4", "音体美器材配备"),
        ("L5", "每百名学生拥有计算机台数"),
        ("L6", "生均图书册数"),
        ("L7", "教师编制配备"),
        ("L8", "教师岗位设置"),
        ("L9", "教师学历"),
        ("L10", "校长任职资格"),
    ]
    based = [i.number for i in SICHUAN.indicators if "依据：" in i.article]
    assert based == ["L1", "L10"]
    assert "建标109-2008、建标〔2002〕102号" in SICHUAN.indicators[0].article
    assert "川教〔2004〕9号" in SICHUAN.indicators[9].article
    assert all("法定依据" in i.article for i in SICHUAN.indicators[1:9])


def test_sichuans_range_binds_at_its_lower_end_in_urban_areas_only_and_says_that_this_is_inferred() -> None:
    sports = SICHUAN.indicator("sports_area")
    (limit,) = sports.norms
    assert (norm(sports, "primary", "urban"), norm(sports, "junior", "urban")) == ("4.99", "7.63")
    assert limit.upper == {"primary": Decimal("9.99"), "junior": Decimal("10.17")}
    assert norm(sports, "primary", "town") is None
    assert norm(sports, "primary", "rural") is None
    assert limit.note is not None
    assert "推定" in limit.note.zh


def test_a_school_of_sichuan_is_judged_by_its_kits_and_by_its_area_only_where_it_is_urban() -> None:
    kits = {"is_sports_kit_meets": True, "is_music_kit_meets": True, "is_arts_kit_meets": False}
    base = {"province_code": "510000", "pupils_primary": 100, "is_laboratory_kit_meets": True, **kits}
    area = {"sports_ground_area_m2": 499, "indoor_sports_area_m2": 0}
    rows = [
        {**base, **area, "area_code": "111"},
        {**base, **area, "area_code": "111", "sports_ground_area_m2": 498.99, "is_arts_kit_meets": True},
        {**base, **area, "area_code": "220", "is_arts_kit_meets": None},
    ]
    values, _ = figures(rows, SICHUAN)

    def said(indicator: str) -> list[str]:
        return values.filter(pl.col("indicator") == indicator).sort("unit_id")["status"].to_list()

    assert said("sports_area") == ["met", "not_met", "undetermined"]
    assert said("laboratory_kit") == ["met", "met", "met"]
    assert said("sports_music_arts_kit") == ["not_met", "met", "undetermined"]
    schools = school_verdicts(values, SICHUAN)
    assert schools.sort("unit_id")["status"].to_list() == ["not_met", "not_met", "undetermined"]


def test_shandong_has_ten_items_whose_norms_are_not_in_the_source() -> None:
    assert [i.label.zh.split("（")[0] for i in SHANDONG.indicators] == [
        "生均占地面积",
        "生均绿地面积",
        "生均校舍建筑面积",
        "生均体育场地面积",
        "小学科学/初中理科教学仪器",
        "音体美器材",
        "百名学生计算机台数",
        "生均图书数",
        "学生与教职工之比",
        "高于规定学历专任教师比例",
    ]
    assert [i.id for i in SHANDONG.indicators if i.norms] == ["laboratory_kit", "sports_music_arts_kit"]
    assert {i.unit for i in SHANDONG.indicators if i.norms} == {"finding"}


def test_shandong_asks_eighty_five_of_a_hundred_in_four_groups_of_twenty_three_items() -> None:
    government = next(part for part in SHANDONG.parts if part.id == "government")
    assert (government.total, government.pass_mark, government.declares) == (100, 85, 23)
    assert len([group for group in SHANDONG.groups if group.part == "government"]) == 4
    assert "34" in government.article
    assert SHANDONG.of_part("government") == ()
    assert limits(SHANDONG) == {"satisfaction_score": "85"}


def test_shandong_has_four_vetoes_of_which_the_three_growths_are_computed() -> None:
    vetoes = SHANDONG.of_part("veto")
    assert [veto.number for veto in vetoes] == ["1", "2", "3", "4"]
    growths = [check for check in vetoes[0].checks if isinstance(check, Growth)]
    assert len(growths) == len(vetoes[0].checks) == 6
    assert {check.years for check in growths} == {3}
    assert [(c.fact, c.faster_than) for c in growths if c.faster_than] == [
        ("education_appropriation_yuan", "recurrent_revenue_yuan")
    ]
    for veto in vetoes[1:]:
        (check,) = veto.checks
        assert isinstance(check, Finding)
        assert check.expects is False


def test_sichuan_has_twenty_three_items_on_the_county_government_none_of_them_in_the_source() -> None:
    (government,) = SICHUAN.parts
    assert (government.total, government.pass_mark, government.declares) == (100, 85, 23)
    assert government.confidence == "inferred"
    assert SICHUAN.items == ()


def test_a_school_fails_the_eleven_items_when_three_of_the_listed_ones_fail_and_never_passes() -> None:
    fails = {"building_area_m2": 509, "equipment_value_yuan": 54_999, "books": 1999, "classes_primary": 2}
    two = fails | {"books": 2000}
    none = {"building_area_m2": 510, "equipment_value_yuan": 55_000, "books": 2000, "classes_primary": 3}
    rows = [{"province_code": "000000", "pupils_primary": 100, **row} for row in (fails, two | none, none)]
    rows.append({"province_code": "000000", "pupils_primary": 100, **two, "classes_primary": 3})
    values, _ = figures(rows, ELEVEN)
    assert school_verdicts(values, ELEVEN).sort("unit_id")["status"].to_list() == [
        "not_met",
        "undetermined",
        "undetermined",
        "undetermined",
    ]


def test_the_eleven_items_set_a_class_size_that_may_be_met_exactly() -> None:
    rows = [{"province_code": "000000", "pupils_primary": pupils, "classes_primary": 2} for pupils in (90, 91)]
    values, _ = figures(rows, ELEVEN)
    sizes = values.filter(pl.col("indicator") == "class_size").sort("unit_id")
    assert sizes.select("value", "status").rows() == [(45.0, "met"), (45.5, "not_met")]


def test_a_school_below_sixty_percent_of_a_norm_fails_the_ten_items_by_that_alone() -> None:
    full = {"site_area_m2": 1500, "equipment_value_yuan": 36_500, "computers": 10, "books": 2500}
    rows = [
        {"province_code": "000000", "pupils_primary": 100, **full, **change}
        for change in ({}, {"books": 1500}, {"books": 1499}, {"computers": 9, "books": 1500, "site_area_m2": 900})
    ]
    values, _ = figures(rows, TEN)
    schools = school_verdicts(values, TEN).sort("unit_id")
    assert schools["status"].to_list() == ["undetermined", "undetermined", "not_met", "not_met"]
    assert schools["indicators_below_floor"].to_list() == [0, 0, 1, 0]


def test_ten_pupils_to_a_computer_are_ten_computers_a_hundred_pupils() -> None:
    rows = [{"province_code": "000000", "pupils_primary": pupils, "computers": 7} for pupils in (70, 71)]
    values, _ = figures(rows, TEN)
    computers = values.filter(pl.col("indicator") == "computers").sort("unit_id")
    assert computers["status"].to_list() == ["met", "not_met"]


def test_guangdongs_published_goals_stand() -> None:
    assert limits(GUANGDONG) == {
        "schools_standardised": "100",
        "bandwidth/central": "100",
        "bandwidth/every": "4",
        "classroom_multimedia/central": "100",
        "classroom_multimedia/other": "60",
        "teachers_with_multimedia": "100",
        "sharing": "100",
        "experiment_schools": "10",
    }
    assert [check.id for check in item(GUANGDONG, "ict_planned").checks] == [
        "education_plan",
        "economic_plan",
        "accountability",
    ]
    assert any("5 月 31 日" in note.zh and "6 月 30 日" in note.zh for note in GUANGDONG.notes)


def test_longgangs_own_targets_go_beyond_the_provinces_and_are_for_that_district_alone() -> None:
    assert LONGGANG.counties == ("440307",)
    assert limits(LONGGANG) == {
        "experiment_schools": "15",
        "feature_schools": "30",
        "mid_level_training": "50",
        "contests": "80",
    }
    ours, theirs = ({fact.id: fact for fact in s.facts} for s in (LONGGANG, GUANGDONG))
    shared = set(ours) & set(theirs)
    assert shared == {"ict_schools", "ict_experiment_schools"}
    assert all(ours[name] == theirs[name] for name in shared)


def test_longgang_has_seven_stages_whose_dates_are_not_in_the_source() -> None:
    stages = [m for m in LONGGANG.milestones if m.id.startswith("stage_")]
    assert len(stages) == 7
    assert all(stage.starts is None and stage.until is None and "不在来源中" in stage.label.zh for stage in stages)
    assert {m.id: m.due for m in LONGGANG.milestones if m.due} == {
        "three_links_phase_1": dt.date(2012, 6, 30),
        "three_links_phase_2": dt.date(2013, 6, 30),
        "three_links_phase_3": dt.date(2014, 6, 30),
        "service_platform": dt.date(2013, 9, 30),
    }


def test_the_third_phase_is_flagged_as_due_after_its_stage_has_ended() -> None:
    (flag,) = flags(LONGGANG)
    assert (flag.milestone.id, flag.stage.id, flag.side) == ("three_links_phase_3", "programme", "after")
    assert flag.limit == dt.date(2013, 12, 31)


PROGRAMME = """
applies_to = ["cn-returns"]
title = { zh = "甲", en = "A" }
document = { zh = "乙", en = "B" }

[[parts]]
id = "goals"
role = "items"
title = { zh = "目标", en = "Goals" }
article = "一"

[[items]]
id = "plan"
part = "goals"
label = { zh = "有规划", en = "There is a plan" }
article = "一"
checks = [{ kind = "finding" }]

[[milestones]]
id = "stage"
label = { zh = "阶段", en = "Stage" }
article = "一"
from = 2011-03-01
until = 2013-12-31

[[milestones]]
id = "phase"
label = { zh = "一期", en = "Phase" }
article = "二"
stage = "stage"
"""


@pytest.mark.parametrize(
    ("due", "side"),
    [
        ("2011-02-28", "before"),
        ("2011-03-01", None),
        ("2013-12-31", None),
        ("2014-01-01", "after"),
    ],
)
def test_a_milestone_is_flagged_only_outside_its_stage(tmp_path: Path, due: str, side: str | None) -> None:
    path = tmp_path / "xx.toml"
    path.write_text(f"{PROGRAMME}due = {due}\n", "utf-8")
    assert [flag.side for flag in flags(load(path))] == ([side] if side else [])


def test_what_has_no_date_is_not_flagged(tmp_path: Path) -> None:
    path = tmp_path / "xx.toml"
    path.write_text(PROGRAMME, "utf-8")
    assert flags(load(path)) == []
    path.write_text(PROGRAMME.replace("until = 2013-12-31", "") + "due = 2099-01-01\n", "utf-8")
    assert flags(load(path)) == []
    assert flags(GUANGDONG) == []


def test_xinjiangs_known_branch_adds_up_and_the_rest_is_said_to_be_missing() -> None:
    points = {group.id: (group.points, group.is_whole) for group in XINJIANG.groups}
    assert points == {"a1": (170, False), "b1": (40, True), "c1": (20, True), "c2": (20, True)}
    rules = [(asked.under, asked.points) for asked in XINJIANG.items]
    assert rules == [("c1", 10), ("c1", 10), ("c2", 5), ("c2", 5), ("c2", 10)]
    (sheet,) = XINJIANG.parts
    assert (sheet.role, sheet.total, sheet.pass_mark) == ("tracking", 170, None)
    assert all(asked.checks == () for asked in XINJIANG.items)


BROKEN = [
    ("sichuan-basic", 'plus = ["books"]', 'plus = ["bookz"]', "indicators[5].plus", "bookz"),
    ("sichuan-basic", 'areas = ["urban"]', 'areas = ["inner"]', "indicators[1].norms[0].areas", "inner"),
    ("sichuan-basic", 'areas = ["urban"]', 'school_types = ["21"]', "indicators[1].norms[0].school_types", "21"),
    ("sichuan-basic", 'upper = { primary = "9.99"', 'upper = { senior = "9.99"', "indicators[1].norms[0].upper", "senior"),
    ("sichuan-basic", 'upper = { primary = "9.99"', 'upper = { primary = "4.99"', "indicators[1].norms[0].upper", "4.99"),
    ("sichuan-basic", "at_norm = 10", "at_norm = 11", "school_rule.at_norm", "more than there are"),
    ("sichuan-basic", 'floor_share = "0"', 'floor_share = "60"', "school_rule.floor_share", "between 0 and 1"),
    ("sichuan-basic", "at_norm = 10", "at_norm = 10\nof = 9", "school_rule.of", "9"),
    ("sichuan-basic", 'over = ["heads", "deputy_heads"]', 'over = ["head"]', "indicators[9].plus", "head"),
    ("sichuan-basic", '"computers", "books"]', '"computers"]', "indicators[5].plus", "split.resources"),
    ("sichuan-basic", 'rule = "points"', 'rule = "marks"', "parts[0].rule", "marks"),
    ("sichuan-basic", 'pass_mark = "85"', "", "parts[0].rule", "needs total and pass_mark"),
    ("base-11-items", "at_norm = 9", "at_norm = 12", "school_rule.at_norm", "more than there are"),
    ("base-11-items", "of = 11", "of = 4", "school_rule.of", "4"),
    ("base-11-items", 'must_be = "at_most"', 'must_be = "at_best"', "indicators[3].must_be", "at_best"),
    ("base-11-items", 'denominator = "classes"', 'denominator = "rooms"', "indicators[3].denominator", "rooms"),
    ("base-10-items", 'primary = "15"', 'primary = "fifteen"', "indicators[0].norms[0].primary", "decimal"),
    ("base-10-items", "from = 2012-01-20\n", "", "indicators[0].norms[0]", "from"),
    ("base-10-items", 'confidence = "secondary"', 'confidence = "sure"', "confidence", "sure"),
    ("shandong-basic", 'total = "100"', 'total = "1000"', "parts[0].pass_mark", "85 of 1000"),
    ("shandong-basic", 'pass_mark = "85"', 'pass_mark = "49.5"', "parts[0].pass_mark", "half"),
    ("shandong-basic", 'pass_mark = "85"', 'pass_mark = "101"', "parts[0].pass_mark", "101"),
    ("shandong-basic", 'part = "satisfaction"', 'part = "approval"', "items[0].part", "approval"),
    ("shandong-basic", 'plus = ["public_satisfaction_score"]', 'plus = ["score"]', "items[0].checks[0].plus", "score"),
    ("shandong-basic", ', limit = "85"', "", "items[0].checks[0].limit", "exactly one"),
    ("shandong-basic", 'limit = "85"', 'limit = "85", limit_fact = "graduates_junior"', "items[0].checks[0].limit", "one"),
    ("shandong-basic", 'faster_than = "recurrent_revenue_yuan"', 'faster_than = "gdp"', "items[1].checks[0].faster_than", "gdp"),
    ("shandong-basic", 'id = "public_satisfaction_score"', 'id = "graduates_junior"', "facts[0].id", "county_facts.csv"),
    ("shandong-basic", 'id = "expense_primary"', 'id = "appropriation"', "items[1].checks", "an id each"),
    ("shandong-basic", "expects = false", "expected = false", "items[2].checks[0]", "expected"),
    ("shandong-basic", 'id = "major_accident"', 'id = "satisfaction_score"', "items[2].id", "twice"),
    ("shandong-basic", 'kind = "finding"', 'kind = "verdict"', "items[2].checks[0].kind", "verdict"),
    ("shandong-basic", 'id = "veto"\nrole = "veto"', 'id = "veto"\nrole = "ban"', "parts[2].role", "ban"),
    ("shandong-basic", 'label.zh = "教师队伍"', "label.zh = 5", "groups[2].label.zh", "str"),
    ("guangdong-ict-2010", 'plus = ["bandwidth_mbps"]', 'plus = ["bandwidth"]', "items[2].checks[1].plus", "bandwidth"),
    ("guangdong-ict-2010", 'subject = "school"', 'where.areas = ["city"], subject = "school"', "items[2].checks[1].where.areas", "city"),
    ("guangdong-ict-2010", 'subject = "school"', 'where.stages = ["senior"], subject = "school"', "items[2].checks[1].where.stages", "senior"),
    ("guangdong-ict-2010", 'subject = "school"', 'where = { pupils_at_least = 9, pupils_below = 9 }, subject = "school"', "items[2].checks[1].where.pupils_below", "no school"),
    ("guangdong-ict-2010", 'units_of = "cn-basic-2012"\n', "", "items[2].checks[1].kind", "units_of"),
    ("guangdong-ict-2010", 'over = ["ict_other_classes"]', 'over = ["classes"]', "items[3].checks[1].over", "classes"),
    ("longgang-2011", "until = 2013-12-31", "until = 2013-12-31\nfrom = 2014-01-01", "milestones[0].until", "before"),
    ("longgang-2011", 'id = "stage_7"', 'id = "stage_6"', "milestones[7].id", "twice"),
    ("longgang-2011", 'due = 2013-09-30\nstage = "programme"', 'due = 2013-09-30\nstage = "stage_8"', "milestones[11].stage", "stage_8"),
    ("longgang-2011", 'due = 2013-09-30\nstage = "programme"', 'due = 2013-09-30\nstage = "service_platform"', "milestones[11].stage", "other"),
    ("longgang-2011", "due = 2013-09-30", "due = 2013-09-31", "", "xx-local.toml"),
    ("longgang-2011", "until = 2013-12-31", "till = 2013-12-31", "milestones[0]", "till"),
    ("xinjiang-self-evaluation", 'points = "40"', 'points = "45"', "groups[1].points", "adds up to 40"),
    ("xinjiang-self-evaluation", 'points = "5"', 'points = "6"', "groups[3].points", "adds up to 21"),
    ("xinjiang-self-evaluation", 'total = "170"', 'total = "1000"\npass_mark = "85"', "parts[0].pass_mark", "85 of 1000"),
    ("xinjiang-self-evaluation", 'role = "tracking"', 'role = "items"', "parts[0].rule", "pass_mark"),
    ("xinjiang-self-evaluation", 'under = "a1"', 'under = "a2"', "groups[1].under", "a2"),
    ("xinjiang-self-evaluation", 'under = "c2"', 'under = "c3"', "items[2].under", "c3"),
    ("xinjiang-self-evaluation", 'rule = "points"', 'rule = "count"', "parts[0].rule", "at_least"),
    ("xinjiang-self-evaluation", 'rule = "points"', 'declares = 4\nrule = "points"', "parts[0].declares", "lists 5"),
    ("xinjiang-self-evaluation", 'points = "10"', "", "items[0].checks", "needs a check"),
    ("xinjiang-self-evaluation", "is_whole = false\n", "", "groups[0].points", "adds up to 40"),
]  # fmt: skip
"""File, what is replaced (at its first place) by what, the key that is named, and a word of the message."""


@pytest.mark.parametrize(("name", "before", "after", "key", "word"), BROKEN)
def test_a_broken_file_is_refused_with_file_line_and_key(
    tmp_path: Path, name: str, before: str, after: str, key: str, word: str
) -> None:
    text = (HERE / f"{name}.toml").read_text("utf-8")
    assert before in text
    path = tmp_path / "xx-local.toml"
    path.write_text(text.replace(before, after, 1), "utf-8")
    with pytest.raises(StandardError) as refused:
        load(path)
    said = str(refused.value)
    assert "xx-local.toml" in said
    assert word in said
    assert not key or any(line.startswith("xx-local.toml, line ") and f": {key}: " in line for line in said.split("\n"))


@pytest.mark.parametrize(
    ("name", "before", "after", "marker"),
    [
        ("shandong-basic", 'total = "100"', 'total = "1000"', 'pass_mark = "85"'),
        ("xinjiang-self-evaluation", 'points = "40"', 'points = "45"', 'points = "45"'),
        ("sichuan-basic", 'areas = ["urban"]', 'areas = ["inner"]', 'areas = ["inner"]'),
        ("base-10-items", 'primary = "15"', 'primary = "fifteen"', 'primary = "fifteen"'),
        ("guangdong-ict-2010", 'plus = ["bandwidth_mbps"]', 'plus = ["bandwidth"]', "每所学校带宽不低于 4 Mbps"),
    ],
)
def test_the_line_that_is_named_is_the_one_to_mend(
    tmp_path: Path, name: str, before: str, after: str, marker: str
) -> None:
    text = (HERE / f"{name}.toml").read_text("utf-8").replace(before, after, 1)
    path = tmp_path / "xx-local.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(StandardError) as refused:
        load(path)
    line = int(str(refused.value).split("line ")[1].split(":")[0])
    lines = text.splitlines()
    assert any(marker in lines[line - 1 + below] for below in range(3)), lines[line - 1]


RELAXED = """
applies_to = ["cn-returns"]
title = { zh = "甲", en = "A" }
document = { zh = "乙", en = "B" }

[scope]
stages = ["primary"]
teaching_points = "out"
article = "一"

[split]
weights = { primary = "1", junior = "1.1", senior = "1.32" }
resources = ["books"]
article = "二"

[[indicators]]
id = "books"
label = { zh = "图书", en = "Books" }
unit = "volumes_per_pupil"
plus = ["books"]
article = "三"

[[parts]]
id = "goals"
role = "items"
title = { zh = "目标", en = "Goals" }
article = "四"

[[items]]
id = "size"
part = "goals"
label = { zh = "规模", en = "Size" }
article = "五"
checks = [
    { kind = "every_school", id = "pupils", plus = ["pupils"], must_be = "at_most", limit = "2000" },
    { kind = "every_class", id = "classes", at_most = 45 },
]

[[relaxations]]
id = "larger"
label = { zh = "放宽", en = "Larger" }
article = "六"
from = 2019-10-01
until = 2022-10-01
item = "size"
check = "pupils"
limit = "2400"
"""


@pytest.mark.parametrize(
    ("before", "after", "key", "word"),
    [
        ('limit = "2400"', "", "relaxations[0]", "what it eases"),
        ('check = "pupils"', 'check = "pupil"', "relaxations[0].check", "pupil"),
        ('check = "pupils"', 'check = "classes"', "relaxations[0].check", "every_school"),
        ('item = "size"', 'item = "sizes"', "relaxations[0].check", "sizes"),
        ('item = "size"', "", "relaxations[0].item", "either"),
        ('item = "size"', 'item = "size"\nindicator = "books"', "relaxations[0].item", "either"),
        ('item = "size"\ncheck = "pupils"', 'indicator = "book"', "relaxations[0].indicator", "book"),
        ('item = "size"\ncheck = "pupils"', 'indicator = "books"', "relaxations[0].limit", "not moved"),
        ('limit = "2400"', 'adds = ["seats"]', "relaxations[0].adds", "seats"),
        ('limit = "2400"', 'limit = "2400"\nwhere = { areas = ["city"] }', "relaxations[0].where.areas", "city"),
        ("until = 2022-10-01", "until = 2019-09-30", "relaxations[0].until", "before"),
        ("from = 2019-10-01", "", "relaxations[0]", "from"),
        ("at_most = 45", "at_most = 44", "items[0].checks[1].at_most", "44"),
        ('limit = "2000"', 'limit = "2000", one_for = "classes"', "items[0].checks[0].limit", "exactly one"),
        ('plus = ["pupils"], must_be', 'plus = ["pupil"], must_be', "items[0].checks[0].plus", "pupil"),
        ('must_be = "at_most", limit', 'must_be = "most", limit', "items[0].checks[0].must_be", "most"),
        ('part = "goals"', 'part = "goal"', "items[0].part", "goal"),
    ],
)
def test_an_easing_without_effect_or_a_limit_without_sense_is_refused(
    tmp_path: Path, before: str, after: str, key: str, word: str
) -> None:
    path = tmp_path / "xx.toml"
    path.write_text(RELAXED, "utf-8")
    assert load(path).relaxations[0].limit == 2400
    assert before in RELAXED
    path.write_text(RELAXED.replace(before, after, 1), "utf-8")
    with pytest.raises(StandardError) as refused:
        load(path)
    assert any(f": {key}: " in line and "xx.toml, line " in line for line in str(refused.value).split("\n"))
    assert word in str(refused.value)


def test_a_fact_that_two_files_declare_in_different_units_is_refused(tmp_path: Path) -> None:
    text = (HERE / "longgang-2011.toml").read_text("utf-8").replace('unit = "schools"', 'unit = "people"', 1)
    (tmp_path / "xx-local.toml").write_text(text, "utf-8")
    with pytest.raises(StandardError, match=r"ict_schools.*guangdong-ict-2010\.toml"):
        load_standards(tmp_path)


@pytest.mark.parametrize(
    ("name", "key", "before"),
    [
        ("sichuan-basic", "gate_of", 'gate_of = "cn-basic-2012"'),
        ("guangdong-ict-2010", "units_of", 'units_of = "cn-basic-2012"'),
    ],
)
def test_a_standard_that_leans_on_one_that_is_not_is_refused(tmp_path: Path, name: str, key: str, before: str) -> None:
    text = (HERE / f"{name}.toml").read_text("utf-8").replace(before, f'{key} = "cn-basic-2002"')
    (tmp_path / "xx-local.toml").write_text(text, "utf-8")
    with pytest.raises(StandardError, match=rf"xx-local\.toml, line \d+: {key}: no standard “cn-basic-2002”"):
        load_standards(tmp_path)
