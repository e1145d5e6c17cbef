"""The national standards' files: what is published stands in them, and a broken one is refused with line and key."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from schemas.tables import county_fact_fields
from standards.items import Check, EveryClass, EverySchool, FactCheck, Finding, Growth, Item, NeverBoth, Since, Total
from standards.standard import HERE, Standard, StandardError, load, standards

NATIONAL = ("class-size", "cn-basic-2012", "cn-quality-2017", "pioneer-2021", "popularisation", "three-growths")
BASIC, QUALITY = standards()["cn-basic-2012"], standards()["cn-quality-2017"]
GROWTHS, SIZES = standards()["three-growths"], standards()["class-size"]
RATES, PIONEER = standards()["popularisation"], standards()["pioneer-2021"]


def item(standard: Standard, name: str) -> Item:
    return next(item for item in standard.items if item.id == name)


def check(standard: Standard, name: str, part: str = "") -> Check:
    return next(check for check in item(standard, name).checks if check.id == part)


def limited(standard: Standard, name: str, part: str = "") -> tuple[str, str]:
    """The side and the limit of a check."""
    found = check(standard, name, part)
    assert isinstance(found, FactCheck | Since | Total | EverySchool)
    return found.must_be, str(found.limit)


def every_check(standard: Standard) -> Iterator[tuple[Item, Check]]:
    for one in standard.items:
        for asked in one.checks:
            yield one, asked


@pytest.mark.parametrize("name", NATIONAL)
def test_every_national_standard_is_a_sound_file(name: str) -> None:
    standard = standards()[name]
    assert standard == load(HERE / f"{name}.toml")
    assert standard.applies_to == ("cn-returns",)
    assert standard.not_judged is None


@pytest.mark.parametrize("name", NATIONAL)
def test_everything_asked_is_named_in_two_languages_and_cites_where_it_stands(name: str) -> None:
    standard = standards()[name]
    for asked in (*standard.parts, *standard.items, *standard.relaxations, *standard.milestones):
        assert asked.article, asked.id
    words = [part.title for part in standard.parts]
    words += [asked.label for asked in (*standard.items, *standard.groups, *standard.relaxations)]
    words += [asked.note for asked in (*standard.items, *standard.parts) if asked.note]
    words += [found.label for _, found in every_check(standard) if found.label]
    assert all(word.zh.strip() and word.en.strip() and word.zh != word.en for word in words)


@pytest.mark.parametrize("name", NATIONAL)
def test_several_checks_of_an_item_tell_themselves_apart_by_label_or_stage(name: str) -> None:
    for one in standards()[name].items:
        called = [(found.label.zh if found.label else "", found.stage) for found in one.checks]
        assert len(set(called)) == len(called), one.id


@pytest.mark.parametrize("name", NATIONAL)
def test_an_item_whose_findings_are_asked_one_by_one_asks_no_finding_of_the_whole(name: str) -> None:
    for one in standards()[name].items:
        if any(isinstance(found, Finding) and found.id for found in one.checks):
            assert not one.asks_finding, one.id


@pytest.mark.parametrize("name", NATIONAL)
def test_a_share_is_a_rate_in_percent_and_more_than_all_is_refused(name: str) -> None:
    for one, found in every_check(standards()[name]):
        if isinstance(found, FactCheck | Total | EverySchool) and found.over:
            assert (found.unit == "percent") == (found.times == 100) == found.is_rate, one.id


def test_the_facts_of_a_county_have_a_type_a_unit_and_two_names() -> None:
    for fact, entry in county_fact_fields().items():
        assert entry["type"] in ("count", "decimal", "year"), fact
        assert all(entry[name] for name in ("unit", "label_zh", "label_en")), fact
        assert ("_yuan" in fact) == entry["unit"].startswith("yuan"), fact
        assert not fact.endswith(("_wan", "_percent")), fact
    labels = [entry["label_zh"] for entry in county_fact_fields().values()]
    assert len(set(labels)) == len(labels)


def test_basic_balance_asks_a_gate_seventeen_items_satisfaction_and_no_veto() -> None:
    roles = {part.id: part.role for part in BASIC.parts}
    assert roles == {
        "gate": "gate",
        "government": "items",
        "satisfaction": "approval",
        "visits": "tracking",
        "veto": "veto",
    }
    assert len(BASIC.of_part("government")) == 17
    assert limited(BASIC, "questionnaires_satisfied") == ("at_least", "85")
    assert limited(BASIC, "disabled_children_enrolment") == ("at_least", "80")
    assert [indicator.number for indicator in BASIC.indicators] == list("12345678")


def test_the_county_governments_work_is_worth_a_hundred_points_of_which_eighty_five_pass() -> None:
    part = next(part for part in BASIC.parts if part.id == "government")
    assert (part.rule, part.total, part.pass_mark, part.declares) == ("points", Decimal(100), Decimal(85), 17)
    groups = {group.label.zh: group.points for group in BASIC.groups}
    assert groups == dict.fromkeys(("入学机会", "保障机制", "教师队伍", "质量与管理"), Decimal(25))
    points = [one.points for one in BASIC.of_part("government")]
    assert points == [Decimal("6.25")] * 12 + [Decimal(5)] * 5
    assert {one.confidence for one in BASIC.of_part("government")} == {"inferred"}


def test_quality_balance_asks_fifteen_nine_and_six() -> None:
    roles = {part.id: part.role for part in QUALITY.parts}
    assert roles == {
        "precondition": "precondition",
        "government": "items",
        "quality": "items",
        "approval": "approval",
        "veto": "veto",
    }
    for part, count in (("government", 15), ("quality", 9), ("veto", 6)):
        items = QUALITY.of_part(part)
        assert [one.number for one in items] == [str(number) for number in range(1, count + 1)]
        assert next(p.declares for p in QUALITY.parts if p.id == part) == count
        inferred = {one.id for one in items if one.confidence != "official"}
        assert inferred == ({"unfilled_posts"} if part == "veto" else set())
        assert all(one.article.endswith(f"第 {one.number} 项") for one in items)
    assert [indicator.number for indicator in QUALITY.indicators] == list("1234567")


@pytest.mark.parametrize(
    ("name", "part", "published"),
    [
        ("recognised_three_years", "", ("at_least", "3")),
        ("school_size", "primary_or_junior", ("at_most", "2000")),
        ("school_size", "nine_or_twelve_year", ("at_most", "2500")),
        ("special_education_funds", "", ("at_least", "6000")),
        ("training_hours", "", ("at_least", "100")),
        ("rotation", "teachers", ("at_least", "10")),
        ("rotation", "key_teachers", ("at_least", "20")),
        ("certificates", "", ("at_least", "100")),
        ("nearby_enrolment", "primary", ("at_least", "100")),
        ("nearby_enrolment", "junior", ("at_least", "95")),
        ("senior_quota", "allotted", ("at_least", "50")),
        ("left_behind_and_migrant_children", "migrant", ("at_least", "85")),
        ("junior_retention", "", ("at_least", "95")),
        ("disabled_children_enrolment", "", ("at_least", "95")),
        ("training_funds", "", ("at_least", "5")),
        ("national_monitoring", "level", ("at_least", "3")),
        ("national_monitoring", "difference_rate", ("below", "0.15")),
        ("questionnaires_satisfied", "", ("at_least", "85")),
    ],
)
def test_the_published_limits_of_quality_balance_stand(name: str, part: str, published: tuple[str, str]) -> None:
    assert limited(QUALITY, name, part) == published


def test_classes_rooms_and_small_schools_are_held_to_the_published_numbers() -> None:
    classes = [found for found in item(QUALITY, "class_size").checks if isinstance(found, EveryClass)]
    assert [(found.stage, found.at_most) for found in classes] == [("primary", 45), ("junior", 50)]
    rooms = [found for found in item(QUALITY, "music_and_arts_rooms").checks if isinstance(found, EverySchool)]
    assert [(f.subject, f.plus, f.one_for, f.every) for f in rooms] == [
        ("school", ("music_rooms_96_up",), "classes", 12),
        ("school", ("arts_rooms_90_up",), "classes", 12),
    ]
    small = check(QUALITY, "small_village_schools")
    assert isinstance(small, EverySchool)
    assert (small.limit_fact, small.limit_times) == ("public_funds_quota_yuan_per_pupil_primary", Decimal(100))
    assert (small.where.pupils_below, small.where.areas) == (100, ("rural",))
    assert small.where.standings == ("counted", "listed")


def test_retention_takes_out_who_came_and_counts_who_left_and_leaves_out_the_dead() -> None:
    found = check(QUALITY, "junior_retention")
    assert isinstance(found, FactCheck)
    assert found.plus == ("graduates_junior", "transfers_out_three_years_junior")
    assert found.minus == ("transfers_in_three_years_junior",)
    assert found.over == ("grade_7_pupils_three_years_before",)
    assert found.over_minus == ("deaths_three_years_junior",)


def test_nearby_enrolment_leaves_out_villages_private_and_boarding_schools() -> None:
    for stage in ("primary", "junior"):
        found = check(QUALITY, "nearby_enrolment", stage)
        assert isinstance(found, Total)
        assert (found.plus, found.over, found.stage) == (("catchment_pupils",), ("pupils",), stage)
        where = found.where
        assert (where.areas, where.is_public, where.is_boarding) == (("urban", "town"), True, False)


def test_monitoring_is_judged_subject_by_subject() -> None:
    for part in ("level", "difference_rate"):
        found = check(QUALITY, "national_monitoring", part)
        assert isinstance(found, FactCheck)
        assert found.each


def test_a_veto_holds_where_it_is_found() -> None:
    for standard in (BASIC, QUALITY):
        for one in standard.of_part("veto"):
            findings = [found for found in one.checks if isinstance(found, Finding)]
            assert [found.expects for found in findings] == [False], one.id
    posts = check(QUALITY, "unfilled_posts", "posts")
    assert isinstance(posts, NeverBoth)
    assert (posts.first, posts.first_minus, posts.second) == (
        ("approved_posts",),
        ("staff_on_posts",),
        ("off_post_hires",),
    )


def test_the_relaxations_are_dated_and_move_what_the_working_rules_move() -> None:
    assert {(eased.starts.year, eased.until.year) for eased in QUALITY.relaxations} == {(2019, 2022)}
    assert {eased.confidence for eased in QUALITY.relaxations} == {"inferred"}
    sizes = {(eased.check, str(eased.limit)) for eased in QUALITY.relaxations if eased.item == "school_size"}
    assert sizes == {("primary_or_junior", "2400"), ("nine_or_twelve_year", "3000")}
    built = {eased.id: eased.where.founded_until for eased in QUALITY.relaxations if eased.where.founded_until}
    assert built == {
        "music_rooms_73": 2016,
        "arts_rooms_67": 2016,
        "size_2400_built_by_2010": 2010,
        "size_3000_built_by_2010": 2010,
    }
    shared = next(eased for eased in QUALITY.relaxations if eased.indicator == "pe_arts_teachers")
    assert (shared.where.pupils_at_least, shared.where.pupils_below) == (50, 100)
    rooms = {eased.id: eased.adds for eased in QUALITY.relaxations if eased.id.endswith("small_rural")}
    assert rooms["music_rooms_54_small_rural"] == ("music_rooms_73_96", "music_rooms_61_73", "music_rooms_54_61")
    assert rooms["arts_rooms_61_small_rural"] == ("arts_rooms_67_90", "arts_rooms_61_67")


def test_each_of_the_three_growths_is_asked_for_each_of_three_years() -> None:
    growths = [found for _, found in every_check(GROWTHS) if isinstance(found, Growth)]
    assert {found.years for found in growths} == {3}
    first = check(GROWTHS, "appropriation_growth")
    assert isinstance(first, Growth)
    assert (first.fact, first.faster_than) == ("education_appropriation_yuan", "recurrent_revenue_yuan")
    assert first.falling_fails
    assert len(GROWTHS.of_part("growths")) == 3
    in_basic = {found.fact for found in item(BASIC, "three_growths").checks if isinstance(found, Growth)}
    assert in_basic == {found.fact for found in growths}


def test_large_classes_are_read_in_both_ways_and_decide_nothing() -> None:
    assert {part.role for part in SIZES.parts} == {"tracking"}
    bounds = {one.id: found.at_most for one, found in every_check(SIZES) if isinstance(found, EveryClass)}
    assert bounds == {"normal_classes": 45, "large_classes_with_over_large": 55, "over_large_classes": 65}
    bands = {one.id: found.plus for one, found in every_check(SIZES) if isinstance(found, Total)}
    assert bands["large_classes"] == ("classes_56_60", "classes_61_65")
    assert bands["large_classes_with_over_large"] == ("classes_56_60", "classes_61_65", "classes_66_up")


def test_popularisation_only_says_which_rates_can_be() -> None:
    assert {part.role for part in RATES.parts} == {"tracking"}
    for one in RATES.of_part("rates"):
        for found in one.checks:
            assert isinstance(found, FactCheck)
            assert (found.must_be, found.limit, found.is_rate) == ("at_most", Decimal(100), True)


def test_a_province_nominates_three_to_five_pioneers_by_the_published_day() -> None:
    assert PIONEER.quota is not None
    assert (PIONEER.quota.least, PIONEER.quota.most) == (3, 5)
    assert PIONEER.quota.deadline == dt.date(2021, 12, 10)
    assert limited(PIONEER, "recognised_three_years") == ("at_least", "3")
    declared = {part.id: part.declares for part in PIONEER.parts if part.declares}
    assert declared == {"basic_tasks": 4, "hard_tasks": 20}
    assert [one.id for one in PIONEER.of_part("basic_tasks")] == ["social_approval"]
    assert limited(PIONEER, "social_approval") == ("at_least", "85")
    assert len(PIONEER.groups) == 5
    assert PIONEER.of_part("hard_tasks") == ()


@pytest.mark.parametrize(
    ("name", "before", "after", "key", "words"),
    [
        ("cn-basic-2012", 'total = "100"', 'total = "1000"', "pass_mark", "half of the total"),
        ("cn-basic-2012", "declares = 17", "declares = 16", "declares", "17"),
        ("cn-basic-2012", '\npoints = "5"\n', '\npoints = "6"\n', "groups[3].points", "26"),
        ("cn-basic-2012", 'under = "teachers"', 'under = "teacherz"', "under", "teacherz"),
        ("cn-basic-2012", 'over = ["satisfaction_visited"]', 'over = ["visitors"]', "checks[0].over", "visitors"),
        ("cn-quality-2017", 'role = "veto"', 'role = "vetoes"', "parts[4].role", "vetoes"),
        ("cn-quality-2017", 'part = "quality"', 'part = "qualities"', "part", "no part “qualities”"),
        ("cn-quality-2017", "at_most = 45", "at_most = 48", "checks[0].at_most", "48"),
        ("cn-quality-2017", 'unit = "percent", limit = "5"', 'unit = "percent"', "checks[0].limit", "exactly one"),
        ("cn-quality-2017", 'plus = ["catchment_pupils"]', 'plus = ["nearby"]', "checks[0].plus", "nearby"),
        ("cn-quality-2017", 'fact = "basic_balance', 'fact = "balance', "checks[0].fact", "county_facts.csv"),
        ("cn-quality-2017", 'check = "music"', 'check = "musik"', "relaxations[2].check", "musik"),
        ("cn-quality-2017", 'limit = "2400"\n', "", "relaxations[8]", "what it eases"),
        ("cn-quality-2017", "until = 2022-12-31", "until = 2018-12-31", "relaxations[0].until", "before from"),
        ("cn-quality-2017", 'id = "fraud"', 'id = "layout"', "id", "stands twice"),
        ("three-growths", "years = 3", 'years = "three"', "checks", "int"),
        ("three-growths", 'faster_than = "recurrent', 'faster_than = "current', "faster_than", "current_revenue_yuan"),
        ("class-size", 'units_of = "cn-quality-2017"', "", "checks[0].kind", "units_of"),
        ("popularisation", "is_rate = true, ", "is_share = true, ", "checks", "is_share"),
        ("pioneer-2021", "most = 5", "most = 2", "quota.most", "3 to 2"),
        ("pioneer-2021", "deadline = 2021-12-10", 'deadline = "soon"', "quota.deadline", "date"),
        ("pioneer-2021", "declares = 4", "declares = 0", "parts[2].declares", "lists 1"),
    ],
)
def test_a_broken_file_is_refused_with_line_and_key(
    tmp_path: Path, name: str, before: str, after: str, key: str, words: str
) -> None:
    text = (HERE / f"{name}.toml").read_text("utf-8")
    assert before in text
    path = tmp_path / f"{name}.toml"
    path.write_text(text.replace(before, after, 1), "utf-8")
    with pytest.raises(StandardError) as refused:
        load(path)
    said = str(refused.value)
    assert said.startswith(f"{name}.toml, line ")
    assert key in said
    assert words in said
