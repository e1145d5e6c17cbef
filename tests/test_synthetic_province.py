"""The invented province: the same every time, sound within itself, its storylines told by the standards themselves."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from assets.demo import faults, green_in_mu, make_corrections, make_province
from pipelines.county_history import successors
from pipelines.dispersion import county_dispersion
from pipelines.indicators import unit_indicators
from pipelines.intake import Intake, inbox_files, rules, take_in
from pipelines.integrity import integrity_signals
from pipelines.judgement import judge
from pipelines.likeness import lineage_candidates
from pipelines.lineage import school_changes
from pipelines.registers import read_register
from pipelines.synthetic import BASE_STANDARD, YEARS, county_events, province, school_events, storylines
from pipelines.units import units
from pipelines.verdicts import resource_verdicts, school_verdicts
from schemas.contract import conform, failures
from schemas.corrections import read_corrections
from schemas.county import SCHOOL_GROUPS
from schemas.judgement import COUNTY_VERDICTS
from schemas.lineage import COUNTY_EVENTS, SCHOOL_CHANGES, SCHOOL_EVENTS, SCHOOL_LINEAGE
from schemas.source import sources
from schemas.tables import SCHOOLS, UNIT_INDICATORS
from standards.county_return import known_facts, known_items
from standards.standard import Standard, load_standards, standards

STANDARDS = load_standards(BASE_STANDARD.parent)
"""Ours, and the invented province's own."""
OTHER_SOURCES_ONLY = {"unknown_header", "county_unknown", "parts_are_total"}
"""Rules that a national return cannot break: it lists unknown columns, and has neither register nor sums."""
FORMS_ONLY = {
    "no_form_map",
    "forms_of_other_year",
    "repeated_form",
    "identity_label_moved",
    "label_moved",
    "unit_differs",
}
"""Rules of workbooks with a sheet per form."""
MADE_TO_HARM = {"too_big", "unsafe_name", "school_id_characters", "county_code_characters"}
"""Rules that only what is made to harm or deceive breaks: not planted, but tried one by one."""


def _intake(inbox: Path, corrections: Path) -> Intake:
    files = [(str(path.relative_to(inbox)), path) for path in inbox_files(inbox)]
    asked = STANDARDS.values()
    make_corrections(corrections)
    return take_in(
        files,
        sources().values(),
        facts=known_facts(asked),
        items=known_items(asked),
        corrections=read_corrections(corrections / "cn-returns.csv", sources()["cn-returns"]),
    )


@pytest.fixture(scope="module")
def years() -> dict[int, pl.DataFrame]:
    return province()


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inbox")
    make_province(folder, STANDARDS)
    return folder


@pytest.fixture(scope="module")
def taken(inbox: Path, tmp_path_factory: pytest.TempPathFactory) -> Intake:
    return _intake(inbox, tmp_path_factory.mktemp("corrections"))


def _planted(files: str = "file") -> pl.Expr:
    return pl.col(files).str.starts_with("planted/")


def _verdicts(schools: pl.DataFrame, standard: Standard) -> dict[str, list[str]]:
    """The county's verdict in each school year, by county code."""
    held = units(schools, standard)
    indicators = unit_indicators(held, standard)
    dispersion = county_dispersion(held, indicators, standard)
    verdicts = resource_verdicts(dispersion, school_verdicts(indicators, standard), standard)
    by_county = (
        verdicts.filter(pl.col("stage") == "all").sort("school_year").group_by("county_code").agg(pl.col("verdict"))
    )
    return dict(by_county.iter_rows())


@pytest.fixture(scope="module")
def basic(taken: Intake) -> dict[str, list[str]]:
    return _verdicts(taken.schools, standards()["cn-basic-2012"])


@pytest.fixture(scope="module")
def quality(taken: Intake) -> dict[str, list[str]]:
    return _verdicts(taken.schools, standards()["cn-quality-2017"])


def test_the_same_seed_gives_the_same_figures(years: dict[int, pl.DataFrame]) -> None:
    again = province()
    for year in YEARS:
        assert_frame_equal(years[year], again[year])


def test_another_seed_gives_other_figures(years: dict[int, pl.DataFrame]) -> None:
    assert not province(seed=1)[2018]["books"].equals(years[2018]["books"])


def test_every_year_has_at_least_fifteen_counties_and_a_thousand_schools(years: dict[int, pl.DataFrame]) -> None:
    assert list(years) == list(YEARS)
    for returned in years.values():
        assert returned["county_code"].n_unique() >= 15
        assert returned.height >= 1000
        assert returned["school_id"].is_unique().all()
        assert returned["school_name"].is_unique().all()


def test_every_county_has_a_storyline(years: dict[int, pl.DataFrame]) -> None:
    assert set(storylines()) == set(years[2023]["county_code"])


def test_the_columns_are_those_that_the_year_collects(years: dict[int, pl.DataFrame]) -> None:
    for year, returned in years.items():
        collected = [h.column for h in sources()["cn-returns"].headers("school", year)]
        assert returned.columns == [column for column in collected if column != "school_year"]


def test_every_return_keeps_the_contract_of_schools(years: dict[int, pl.DataFrame]) -> None:
    for year, returned in years.items():
        key = {"school_year": year, "source": "cn-returns", "province_code": "690000", "return_part": "whole"}
        schools = returned.with_columns(pl.lit(value).alias(name) for name, value in key.items())
        assert failures(conform(schools.with_columns(file=pl.lit("-")), SCHOOLS), SCHOOLS).is_empty()


def test_all_kinds_of_school_area_and_operator_are_there(years: dict[int, pl.DataFrame]) -> None:
    returned = years[2023]
    assert {"211", "218", "311", "312", "341", "342", "345", "365", "514"} <= set(returned["school_type_code"])
    assert set(returned["area_code"]) == {"111", "112", "121", "122", "123", "210", "220"}
    assert {"811", "821", "831", "999"} <= set(returned["operator_code"])
    points = returned.filter(pl.col("school_type_code") == "218")
    assert points.filter(pl.col("pupils_primary") >= 50).height
    assert points.filter(pl.col("pupils_primary").is_between(1, 49)).height
    assert points.filter(pl.col("pupils_primary") == 0).height
    assert returned.filter(pl.col("attached_classes_primary") > 0).height


def test_an_uncounted_site_names_a_parent_that_reports_too(years: dict[int, pl.DataFrame]) -> None:
    for returned in years.values():
        sites = returned.filter(~pl.col("is_counted"))
        assert sites.height
        assert sites["parent_school_id"].is_in(returned["school_id"].to_list()).all()


def test_a_grade_is_made_of_the_one_below_it_a_year_before(years: dict[int, pl.DataFrame]) -> None:
    before = years[2021].select("school_id", below="pupils_grade_4_primary")
    pairs = years[2022].join(before, on="school_id").filter(pl.col("below") > 40, pl.col("pupils_primary") > 0)
    share = pairs["pupils_grade_5_primary"] / pairs["below"]
    assert share.is_between(0.85, 1.1).all()


def test_the_merged_school_closes_and_the_other_takes_its_pupils(years: dict[int, pl.DataFrame]) -> None:
    county = {year: returned.filter(pl.col("county_code") == "690121") for year, returned in years.items()}
    closed = county[2020].join(county[2021], on="school_id", how="anti").filter(pl.col("pupils_primary") > 0)
    brought = closed["pupils_primary"].to_list()
    joined = county[2021].join(county[2020].select("school_id", before="pupils_primary"), on="school_id")
    grown = joined.filter(pl.col("transfers_in_primary") > 0.2 * pl.col("before"))
    assert grown.height == 1
    assert grown.filter(pl.col("pupils_primary") > pl.col("before") + max(brought) // 2).height == 1


def test_a_school_that_changes_category_gets_a_new_identifier(years: dict[int, pl.DataFrame]) -> None:
    before, after = (years[year].filter(pl.col("county_code") == "690181") for year in (2019, 2020))
    new = after.join(before, on="school_id", how="anti").filter(pl.col("school_type_code") == "312")
    stem = new["school_name"].item().removesuffix("九年制学校")
    old = before.filter(pl.col("school_name") == f"{stem}小学")
    assert old["school_type_code"].item() == "211"
    assert old["school_id"].item() not in set(after["school_id"])
    assert new["pupils_primary"].item() == pytest.approx(old["pupils_primary"].item(), rel=0.15)


@pytest.fixture(scope="module")
def changes(taken: Intake) -> pl.DataFrame:
    """What became of the schools, the register followed."""
    text = pl.DataFrame(school_events()).write_csv()
    events = read_register(text, "school_events.csv", SCHOOL_EVENTS, ["cn-returns"])
    of_counties = pl.DataFrame(county_events()).write_csv()
    counties = read_register(of_counties, "county_events.csv", COUNTY_EVENTS, ["cn-returns"])
    refused = taken.quarantine.filter(pl.col("level") == "row")

    def of(year: int) -> pl.DataFrame:
        schools = taken.schools.filter(pl.col("school_year").is_in([year - 1, year]))
        return school_changes(schools, events, successors(schools, counties, year), refused, year)

    return pl.concat(of(year) for year in YEARS[1:]).filter(
        ~pl.col("school_name_after").fill_null("").str.contains("示错")
    )


def test_a_school_that_changes_category_keeps_its_series_by_the_register(changes: pl.DataFrame) -> None:
    led = changes.filter(pl.col("change") == "recoded")
    assert led.select("county_code", "school_year", "event", "finding").rows() == [
        ("690181", 2020, "recategorised", None)
    ]


def test_the_same_pair_without_an_entry_is_proposed_and_counts_as_gone_and_new(
    taken: Intake, changes: pl.DataFrame
) -> None:
    schools = taken.schools.filter(pl.col("school_year").is_in([2021, 2022]))
    best = lineage_candidates(schools, changes.filter(pl.col("school_year") == 2022), 2022).row(0, named=True)
    assert (best["county_code"], best["event"]) == ("690182", "recategorised")
    assert best["score"] > 0.8
    unexplained = changes.filter(pl.col("reason").is_not_null(), pl.col("change").is_in(["gone", "new"]))
    apart = unexplained.filter(pl.col("school_year") == 2022)
    assert apart.select("change", "school_id_before", "school_id_after").rows() == [
        ("gone", best["school_id_before"], ""),
        ("new", "", best["school_id_after"]),
    ]


def test_only_the_county_that_records_nothing_has_reasons_missing(changes: pl.DataFrame) -> None:
    missing = changes.filter(pl.col("reason").is_not_null())
    assert missing.group_by("county_code", "change").len().sort("change").rows() == [
        ("690182", "gone", 3),
        ("690182", "new", 1),
        ("690182", "suspended", 2),
    ]
    told = changes.filter(pl.col("reason").is_null())
    assert set(told["change"]) == {"gone", "new", "recoded", "merged", "suspended", "renamed"}
    assert told["finding"].null_count() == told.height


def test_a_county_that_becomes_a_district_gets_a_new_code_and_its_schools_do_not_move(
    years: dict[int, pl.DataFrame], changes: pl.DataFrame
) -> None:
    codes = {year: set(returned["county_code"]) & {"690103", "690131"} for year, returned in years.items()}
    assert codes == {year: {"690131"} if year < 2020 else {"690103"} for year in YEARS}
    of_2020 = changes.filter(pl.col("school_year") == 2020, pl.col("county_code") == "690103")
    assert "moved" not in set(of_2020["change"])
    assert set(of_2020["change"]) <= {"new", "gone"}


def test_the_correction_of_the_demonstration_sets_back_the_cell_with_a_zero_too_many(
    taken: Intake, years: dict[int, pl.DataFrame]
) -> None:
    assert not taken.unmatched
    row = taken.corrections.row(0, named=True)
    assert (taken.corrections.height, row["county_code"], row["column"]) == (1, "690103", "computers")
    assert int(row["value_before"]) == 10 * int(row["value"])
    held = years[2023].filter(pl.col("school_id") == row["school_id"])["computers"].item()
    assert (row["value"], row["is_kept"]) == (str(held), True)


def test_rural_schools_have_smaller_classes_and_fewer_pupils_a_teacher(years: dict[int, pl.DataFrame]) -> None:
    taught = years[2023].filter(pl.col("pupils_primary") > 0, pl.col("full_time_teachers_primary") > 0)
    by_area = taught.group_by(is_rural=pl.col("area_code") >= "210").agg(
        class_size=pl.col("pupils_primary").sum() / pl.col("classes_primary").sum(),
        pupils_per_teacher=pl.col("pupils_primary").sum() / pl.col("full_time_teachers_primary").sum(),
    )
    other, rural = by_area.sort("is_rural").iter_rows(named=True)
    assert rural["class_size"] < other["class_size"]
    assert 12 < rural["pupils_per_teacher"] < other["pupils_per_teacher"] < 19


def test_no_county_keeps_more_pupils_to_the_end_of_junior_school_than_entered_it(
    years: dict[int, pl.DataFrame],
) -> None:
    flows = [f"{flow}_junior" for flow in ("transfers_in", "transfers_out", "deaths")]
    over = pl.concat([years[year].group_by("county_code").agg(pl.col(flows).sum()) for year in (2021, 2022, 2023)])
    leavers = years[2023].group_by("county_code").agg(pl.col("graduates_junior", "grade_7_cohort_junior").sum())
    joined = leavers.join(over.group_by("county_code").sum(), on="county_code")
    staying = (
        (pl.col("graduates_junior") - pl.col("transfers_in_junior") + pl.col("transfers_out_junior"))
        / (pl.col("grade_7_cohort_junior") - pl.col("deaths_junior"))
    )  # fmt: skip
    assert joined.select(staying.is_between(0.95, 1).all()).item()


def test_the_excellent_county_meets_both_standards(basic: dict[str, list[str]], quality: dict[str, list[str]]) -> None:
    assert basic["690102"] == ["met"] * 6
    assert quality["690102"] == ["not_met"] * 3 + ["met"] * 3


def test_the_improving_county_passes_one_standard_after_the_other(
    basic: dict[str, list[str]], quality: dict[str, list[str]]
) -> None:
    assert basic["690122"] == ["not_met"] * 2 + ["met"] * 4
    assert quality["690122"] == ["not_met"] * 5 + ["met"]


def test_the_slipping_county_is_over_the_limit_again(quality: dict[str, list[str]]) -> None:
    assert quality["690123"] == ["met"] * 4 + ["not_met"] * 2


def test_the_county_that_hides_its_facilities_cannot_be_judged(
    basic: dict[str, list[str]], quality: dict[str, list[str]]
) -> None:
    assert basic["690124"] == quality["690124"] == ["met"] * 2 + ["undetermined"] * 4


def test_a_county_can_meet_2012_and_fail_2017(basic: dict[str, list[str]], quality: dict[str, list[str]]) -> None:
    assert basic["690125"] == ["met"] * 6
    assert quality["690125"] == ["not_met"] * 6


def test_the_small_county_has_a_single_junior_unit(taken: Intake) -> None:
    held = units(taken.schools, standards()["cn-quality-2017"])
    junior = held.filter(county_code="690126", stage="junior", standing="counted")
    assert junior.group_by("school_year").len()["len"].to_list() == [1] * 6


def test_the_unequal_county_fails_2012(basic: dict[str, list[str]]) -> None:
    assert basic["690127"] == ["not_met"] * 6


def test_the_planted_faults_leave_every_other_county_alone(basic: dict[str, list[str]]) -> None:
    undetermined = {code for code, verdicts in basic.items() if "undetermined" in verdicts}
    assert undetermined == {"690124", "690130"}


def test_the_province_is_written_and_announced_file_by_file_byte_for_byte_the_same(inbox: Path, tmp_path: Path) -> None:
    announced: list[str] = []
    make_province(tmp_path, STANDARDS, progress=announced.append)
    assert sorted(announced) == [str(path.relative_to(tmp_path)) for path in inbox_files(tmp_path)]

    def digests(folder: Path) -> dict[str, str]:
        return {
            str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in inbox_files(folder)
        }

    assert digests(inbox) == digests(tmp_path)


def test_what_is_read_is_what_the_province_holds(taken: Intake, years: dict[int, pl.DataFrame]) -> None:
    for year, returned in years.items():
        read = taken.schools.filter(pl.col("school_year") == year, ~_planted())
        assert_frame_equal(read.select(returned.columns), green_in_mu(returned) if year == 2022 else returned)


def test_the_green_area_in_mu_is_asked_about_in_its_year_and_once_it_has_come_back(taken: Intake) -> None:
    asked = []
    for year in (2022, 2023):
        schools = taken.schools.filter(pl.col("school_year") <= year, pl.col("county_code") == "690121")
        found = integrity_signals(
            schools,
            UNIT_INDICATORS.empty(),
            SCHOOL_GROUPS.empty(),
            SCHOOL_LINEAGE.empty(),
            SCHOOL_CHANGES.empty(),
            [],
            year,
        )
        asked += found.select("school_year", "school_name", "kind", "figure", "value_year").rows()
    assert asked == [
        (2022, "青岚县第三小学", "unit_slip", "green_area_m2", 2022),
        (2023, "青岚县第三小学", "spike", "green_area_m2", 2022),
    ]


def test_every_row_of_every_file_is_accounted_for(taken: Intake) -> None:
    counted = pl.col("rows_accepted") + pl.col("rows_refused") + pl.col("rows_superseded")
    assert taken.returns.select((pl.col("rows_read") == counted).all()).item()
    held = taken.schools.height + sum(rows.height for rows in taken.county.values())
    assert held == taken.returns["rows_accepted"].sum()


def test_exactly_the_planted_faults_are_refused(taken: Intake) -> None:
    refused = Counter(taken.quarantine.select("file", "rule").iter_rows())
    wanted = {(fault.file, fault.rule): fault.entries for fault in faults() if fault.rule}
    assert dict(refused) == wanted


def test_every_rule_that_a_national_return_can_break_is_planted() -> None:
    assert {fault.rule for fault in faults() if fault.rule} == set(
        rules()
    ) - OTHER_SOURCES_ONLY - FORMS_ONLY - MADE_TO_HARM


def test_every_planted_file_is_listed_and_every_listed_file_is_there(inbox: Path) -> None:
    there = {str(path.relative_to(inbox)) for path in inbox_files(inbox)}
    listed = {fault.file for fault in faults()}
    assert {file for file in there if file.startswith("planted/")} == {f for f in listed if f.startswith("planted/")}
    assert listed <= there


def test_the_sound_years_lose_no_row_and_no_cell(taken: Intake) -> None:
    whole = taken.returns.filter(~_planted())
    assert whole["rows_refused"].sum() == 0
    assert whole["cells_refused"].sum() == 0
    assert whole["unknown_columns"].null_count() == whole.height


def test_an_unknown_column_is_listed_and_its_file_accepted(taken: Intake) -> None:
    file = taken.returns.row(by_predicate=pl.col("file") == "planted/多一列.csv", named=True)
    assert (file["status"], file["unknown_columns"], file["rows_accepted"]) == ("accepted", "备注", 1)


def test_an_early_return_is_superseded_whole(taken: Intake) -> None:
    file = taken.returns.row(by_predicate=pl.col("file") == "2021-初报.parquet", named=True)
    assert (file["status"], file["superseded_by"]) == ("superseded", "2021-年报.parquet")
    assert file["rows_superseded"] == file["rows_read"] > 0


def test_a_correction_supersedes_three_rows_of_the_return_before_it(taken: Intake) -> None:
    file = taken.returns.row(by_predicate=pl.col("file") == "2022-年报.csv", named=True)
    assert (file["rows_superseded"], file["superseded_by"]) == (3, "2022-更正.csv")


@pytest.fixture(scope="module")
def outcomes(taken: Intake) -> dict[tuple[str, str], dict[str, object]]:
    """The verdicts on the whole standards in 2023, by standard and county."""
    resources = []
    for year in (2021, 2022, 2023):
        schools = taken.schools.filter(pl.col("school_year") == year)
        for standard in STANDARDS.values():
            held = units(schools, standard)
            values = unit_indicators(held, standard, taken.county["county_facts"])
            spread = county_dispersion(held, values, standard)
            resources.append(resource_verdicts(spread, school_verdicts(values, standard), standard))
    newest = taken.schools.filter(pl.col("school_year") == 2023)
    held = pl.concat(units(newest, standard) for standard in STANDARDS.values())
    facts = taken.county["county_facts"]
    judged = judge(held, facts, pl.concat(resources), COUNTY_VERDICTS.empty(), STANDARDS, 2023)
    return {(row["standard"], row["county_code"]): row for row in judged.county_verdicts.iter_rows(named=True)}


Outcomes = dict[tuple[str, str], dict[str, object]]


def test_the_excellent_county_meets_all_of_quality_balance(outcomes: Outcomes) -> None:
    assert outcomes["cn-quality-2017", "690102"]["verdict"] == "met"


def test_a_county_recognised_two_years_ago_is_not_eligible(outcomes: Outcomes) -> None:
    late = outcomes["cn-quality-2017", "690122"]
    assert (late["verdict"], late["resource"], late["items"]) == ("not_eligible", "met", "met")


def test_key_classes_are_a_veto(outcomes: Outcomes) -> None:
    assert outcomes["cn-quality-2017", "690123"]["verdict"] == "not_recognised"


def test_a_county_whose_schools_are_below_the_base_standard_is_not_eligible(outcomes: Outcomes) -> None:
    assert outcomes["demo-base", "690127"]["verdict"] == "not_met"
    assert outcomes["cn-basic-2012", "690127"]["verdict"] == "not_eligible"


def test_a_county_that_says_nothing_passes_nothing(outcomes: Outcomes) -> None:
    silent = [row for (_, county), row in outcomes.items() if county == "690126"]
    assert {row["verdict"] for row in silent if row["standard"] != "demo-base"} == {
        "undetermined",
        "not_met",
        "no_limit",
    }


def test_a_falling_appropriation_fails_the_three_growths(outcomes: Outcomes) -> None:
    failed = [
        county
        for (standard, county), row in outcomes.items()
        if (standard, row["verdict"]) == ("three-growths", "not_met")
    ]
    assert failed == ["690128"]
