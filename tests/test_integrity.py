"""Figures worth one more question: each signal on a case drawn by hand, and on one that is nearly so and asks nothing."""

from __future__ import annotations

import datetime as dt
import math
from functools import cache

import polars as pl
import pytest

from benchmarks.integrity import Province, interval, with_found
from pipelines.disclosure import public_tables
from pipelines.dispersion import county_dispersion
from pipelines.indicators import unit_indicators
from pipelines.integrity import integrity_signals
from pipelines.integrity.binomial import with_chance
from pipelines.synthetic import plants
from pipelines.units import units
from pipelines.verdicts import resource_verdicts, school_verdicts
from reports.county import county_report
from reports.integrity import question
from reports.language import catalogue, speaking
from reports.model import CountyReport
from reports.province import province_report
from reports.year import YearTables
from schemas.contract import accept, conform
from schemas.county import SCHOOL_GROUPS
from schemas.disclosure import disclosure
from schemas.integrity import INTEGRITY_SIGNALS, KINDS
from schemas.integrity_rules import integrity_rules
from schemas.lineage import SCHOOL_CHANGES, SCHOOL_LINEAGE
from schemas.source import sources
from schemas.tables import TABLES, school_fields
from standards.standard import standards
from tests.county import schools

Row = dict[str, object]
YEAR = 2023
CELL = ("cn-quality-2017", "primary")
STANDARDS = (standards()["cn-basic-2012"], standards()["cn-quality-2017"])


def over_years(by_year: dict[int, list[Row]]) -> pl.DataFrame:
    """Schools of one county in several years; a school keeps its place in the list."""
    return pl.concat(schools([{"school_year": year, **row} for row in rows]) for year, rows in by_year.items())


def signals(
    given: pl.DataFrame,
    *,
    groups: list[Row] | None = None,
    lineage: list[Row] | None = None,
    changes: list[Row] | None = None,
    year: int = YEAR,
) -> pl.DataFrame:
    """The table of the newest year, as the contract takes it."""
    now = given.filter(pl.col("school_year") == year)
    values = pl.concat(unit_indicators(units(now, standard), standard) for standard in STANDARDS)
    found = integrity_signals(
        given,
        values,
        conform(pl.DataFrame(groups), SCHOOL_GROUPS) if groups else SCHOOL_GROUPS.empty(),
        conform(pl.DataFrame(lineage), SCHOOL_LINEAGE) if lineage else SCHOOL_LINEAGE.empty(),
        conform(pl.DataFrame(changes), SCHOOL_CHANGES) if changes else SCHOOL_CHANGES.empty(),
        STANDARDS,
        year,
    )
    return accept(found, INTEGRITY_SIGNALS)


def course_of(column: str, *values: float | None, **more: object) -> pl.DataFrame:
    """One school whose column has these values in the years up to the newest."""
    first = YEAR - len(values) + 1
    return over_years(
        {first + place: [{"pupils_primary": 500, column: value, **more}] for place, value in enumerate(values)}
    )


@pytest.mark.parametrize(
    ("column", "values", "factor"),
    [
        ("books", (8000, 8200, 82_000), 10),
        ("books", (8000, 8200, 810), 10),
        ("equipment_value_yuan", (900_000, 950_000, 95), 10_000),
        ("site_area_m2", (20_000, 20_000, 30), 666.67),
    ],
)
def test_a_value_off_its_years_before_by_the_factor_of_a_slip_is_asked_about(
    column: str, values: tuple[float, ...], factor: float
) -> None:
    (row,) = signals(course_of(column, *values)).rows(named=True)
    middle = (values[0] + values[1]) / 2
    assert (row["kind"], row["figure"], row["factor"]) == ("unit_slip", column, factor)
    assert (row["reference"], row["value"], row["examined"]) == (middle, values[2], 2)
    assert row["ratio"] == values[2] / middle
    assert (row["basis"], row["first_year"], row["value_year"], row["row"]) == ("years", 2021, 2023, 2)


@pytest.mark.parametrize(
    ("column", "values", "pupils"),
    [
        ("books", (8200, 82_000), None),  # one year before says too little
        ("books", (8000, 8200, 41_000), None),  # five times is a purchase
        ("books", (2000, 8200, 82_000), None),  # the years before do not agree
        ("building_area_m2", (20_000, 20_000, 30), None),  # buildings are not given in 亩
        ("books", (4, 4, 40), None),  # too few to tell
        ("books", (8000, 8200, 82_000), (100, 100, 1000)),  # the school itself grew tenfold
    ],
)
def test_what_is_no_slip_is_not_asked_about(
    column: str, values: tuple[float, ...], pupils: tuple[int, ...] | None
) -> None:
    first = YEAR - len(values) + 1
    counts = pupils or (500,) * len(values)
    given = over_years({first + i: [{"pupils_primary": counts[i], column: value}] for i, value in enumerate(values)})
    assert signals(given).filter(kind="unit_slip").is_empty()


def sites(*per_pupil: float) -> pl.DataFrame:
    """Schools of one year with 200 pupils and so many m² of site for each."""
    return over_years({YEAR: [{"pupils_primary": 200, "site_area_m2": area * 200} for area in per_pupil]})


def test_a_unit_that_may_always_have_been_wrong_is_seen_beside_the_county() -> None:
    (row,) = signals(sites(*[20] * 11, 0.03)).rows(named=True)
    assert (row["kind"], row["basis"], row["factor"], row["school_name"]) == ("unit_slip", "county", 666.67, "第12小学")
    assert (row["reference"], row["value"], row["examined"], row["first_year"]) == (4000, 6, 12, YEAR)
    assert row["ratio"] == 6 / 4000
    assert question(row) == (
        "2023 学年 6；按同县 12 所学校生均中位数推算约 4,000，前者是后者的 666.7 分之一，接近 666.67 分之一。单位对吗？"
    )


@pytest.mark.parametrize(
    "per_pupil",
    [(*[20.0] * 11, 0.3), (*[20.0] * 11, 200.0), (*[20.0] * 10, 0.03), (*[20.0] * 11, 0.0)],
    ids=["a small site", "a large site", "too few schools", "zero is a fact"],
)
def test_a_site_that_is_only_unlike_its_county_is_not_asked_about(per_pupil: tuple[float, ...]) -> None:
    assert signals(sites(*per_pupil)).is_empty()


def test_the_binomial_tail_is_exact() -> None:
    rows = pl.DataFrame({"found": [8, 0, 10, 3, None], "n": [10, 10, 10, 3, 5], "p": [0.5, 0.5, 0.5, 0.1, 0.2]})
    chance = with_chance(rows, "found", "n", "p")["chance"].to_list()
    assert chance[:4] == pytest.approx([56 / 1024, 1, 1 / 1024, 0.001])
    assert chance[4] is None


def equipped(*times_norm: float) -> pl.DataFrame:
    """Primary schools of 100 pupils whose equipment is so many times the norm of 2,000 yuan per pupil."""
    return over_years({YEAR: [{"pupils_primary": 100, "equipment_value_yuan": t * 200_000} for t in times_norm]})


def test_more_units_just_at_the_norm_than_the_others_let_expect_are_asked_about() -> None:
    # Outside the band six at half and six at twice the norm: quartiles of ln z at ∓ln 2; median of all at ln 1.
    (row,) = signals(equipped(*[0.5] * 6, *[1.0] * 8, *[2.0] * 6)).rows(named=True)
    scale = 2 * math.log(2) / (2 * math.log(3))
    share = 1 / (1 + math.exp(-math.log(1.05) / scale)) - 0.5
    chance = sum(math.comb(20, k) * share**k * (1 - share) ** (20 - k) for k in range(8, 21))
    assert (row["kind"], row["subject"], row["standard"], row["stage"]) == ("bunching", "county", *CELL)
    assert (row["figure"], row["reference"], row["examined"], row["found"]) == ("equipment_value", 2000, 20, 8)
    assert row["expected"] == pytest.approx(20 * share)
    assert row["chance"] == pytest.approx(chance)
    assert chance < integrity_rules().bunching.chance
    assert (row["school_id"], row["file"]) == ("", None)


@pytest.mark.parametrize(
    "times_norm",
    [
        (*[0.5] * 6, *[0.98] * 4, *[1.02] * 6, *[2.0] * 6),  # as near below as above: no jump
        (*[0.9] * 4, *[0.96] * 1, *[1.0] * 3, *[1.04] * 4, *[1.06] * 4, *[1.1] * 4),  # all schools are alike
        (*[0.5] * 9, *[1.0] * 5, *[2.0] * 9),  # too few in the band
        (*[0.5] * 2, *[1.0] * 7, *[2.0] * 2),  # too few in the county
    ],
)
def test_what_is_no_jump_at_the_norm_is_not_asked_about(times_norm: tuple[float, ...]) -> None:
    assert signals(equipped(*times_norm)).filter(kind="bunching").is_empty()


def test_round_numbers_beyond_even_digits_are_asked_about() -> None:
    books = [*(1000 + 100 * n for n in range(6)), *(2001 + 101 * n for n in range(14))]
    (row,) = signals(over_years({YEAR: [{"books": count} for count in books]})).rows(named=True)
    chance = sum(math.comb(20, k) * 0.01**k * 0.99 ** (20 - k) for k in range(6, 21))
    assert (row["kind"], row["figure"], row["factor"]) == ("heaping", "books", 100)
    assert (row["examined"], row["found"], row["expected"], row["ratio"]) == (20, 6, 0.2, 30)
    assert row["chance"] == pytest.approx(chance)


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("books", [*(1005 + 10 * n for n in range(6)), *(2001 + 10 * n for n in range(14))]),  # 6 of 20 end in 5
        ("books", [1000 + 100 * n for n in range(19)]),  # too few schools
        ("books", [10 * (n % 4 + 1) for n in range(20)]),  # values too small for their digits to be even
        ("equipment_value_yuan", [1_011_000 + 10_100 * n for n in range(20)]),  # round in yuan, not in 万元
    ],
)
def test_round_numbers_that_may_be_chance_are_not_asked_about(column: str, values: list[int]) -> None:
    given = over_years({YEAR: [{column: value} for value in values]})
    assert signals(given).filter(kind="heaping").is_empty()


GRADES = [f"pupils_grade_{grade}_primary" for grade in range(1, 7)]


def grades_of(schools_repeating: int, schools_moving: int, *, but: int = 0) -> pl.DataFrame:
    """Schools that repeat their six grades of the year before, the last `but` of them changed, and others that move."""
    before: list[Row] = [dict.fromkeys(GRADES, 40) for _ in range(schools_repeating + schools_moving)]
    same: list[Row] = [dict.fromkeys(GRADES[: 6 - but], 40) | dict.fromkeys(GRADES[6 - but :], 41)] * schools_repeating
    moved: list[Row] = [dict.fromkeys(GRADES, 42) for _ in range(schools_moving)]
    return over_years({YEAR - 1: before, YEAR: [*same, *moved]})


def test_grades_that_all_repeat_the_year_before_are_asked_about_where_others_move() -> None:
    (row,) = signals(grades_of(1, 39)).rows(named=True)
    assert (row["kind"], row["figure"], row["school_name"]) == ("copy", "pupils", "第1小学")
    assert (row["examined"], row["found"], row["first_year"]) == (6, 6, 2022)
    assert row["expected"] == pytest.approx(6 * 2 / 41)
    assert row["chance"] == pytest.approx((2 / 41) ** 6)


@pytest.mark.parametrize(
    "given",
    [grades_of(1, 39, but=1), grades_of(40, 0), grades_of(1, 28)],
    ids=["one grade moved", "no school of the province moves", "too few schools to know"],
)
def test_a_repetition_that_is_not_whole_or_not_rare_is_not_asked_about(given: pl.DataFrame) -> None:
    assert signals(given).filter(kind="copy").is_empty()


@pytest.mark.parametrize("value", [41_000, 900, 0])
def test_a_value_far_from_two_neighbours_that_agree_is_asked_about_when_it_has_come_back(value: int) -> None:
    given = course_of("books", 8000, value, 8200)
    (row,) = signals(given).filter(kind="spike").rows(named=True)
    assert (row["figure"], row["value_before"], row["value"], row["value_after"]) == ("books", 8000, value, 8200)
    assert (row["first_year"], row["value_year"], row["school_year"]) == (2021, 2022, 2023)
    assert row["ratio"] == pytest.approx(value / math.sqrt(8000 * 8200))
    assert signals(given.filter(pl.col("school_year") < YEAR), year=YEAR - 1).filter(kind="spike").is_empty()


@pytest.mark.parametrize(
    ("values", "pupils"),
    [
        ((8000, 23_900, 8200), (500, 500, 500)),  # less than three times
        ((8000, 41_000, 20_000), (500, 500, 500)),  # it did not come back
        ((8000, 41_000, 40_000), (500, 500, 500)),  # it stayed
        ((8000, None, 8200), (500, 500, 500)),  # not reported is not zero
        ((8000, 0, 8200), (500, 0, 500)),  # suspended for a year
        ((8000, 41_000, 8200), (500, 2500, 500)),  # the pupils came and went with them
        ((8, 40, 8), (500, 500, 500)),  # too few to tell
    ],
)
def test_what_is_no_spike_is_not_asked_about(values: tuple[int | None, ...], pupils: tuple[int, ...]) -> None:
    given = over_years({YEAR - 2 + i: [{"books": values[i], "pupils_primary": pupils[i]}] for i in range(3)})
    assert signals(given).filter(kind="spike").is_empty()


def two_schools(one: tuple[int, int], other: tuple[int, int], **named: list[str]) -> pl.DataFrame:
    """Two schools with the books of two years, and further columns as given."""
    return over_years(
        {
            year: [
                {"books": books[place], **{name: values[n] for name, values in named.items()}}
                for n, books in enumerate((one, other))
            ]
            for place, year in enumerate((YEAR - 1, YEAR))
        }
    )


GROUP: list[Row] = [
    {"school_year": YEAR, "source": "cn-returns", "province_code": "690000", "county_code": "690101",
     "county_name": "青岚县", "grouping": "集团", "group": "甲", "school_id": f"216900000{n}", "file": "g.csv"}
    for n in (1, 2)
]  # fmt: skip


@pytest.mark.parametrize(
    ("names", "groups", "tie"),
    [
        (["第一小学", "第二小学"], GROUP, "group"),
        (["东风镇小学", "东风镇初级中学"], None, "name"),
        (["青岚县第一小学", "青岚县第一小学东校区"], None, "name"),
    ],
)
def test_what_one_school_loses_and_its_sister_gains_is_asked_about(
    names: list[str], groups: list[Row] | None, tie: str
) -> None:
    found = signals(two_schools((10_000, 6000), (4000, 8000), school_name=names), groups=groups)
    (row,) = found.filter(kind="sister_move").rows(named=True)
    assert (row["school_name"], row["other_school_name"], row["tie"]) == (*names, tie)
    assert (row["value_before"], row["value"]) == (10_000, 6000)
    assert (row["other_value_before"], row["other_value"], row["ratio"]) == (4000, 8000, 1)


@pytest.mark.parametrize(
    ("one", "other", "groups"),
    [
        ((10_000, 6000), (4000, 7980), GROUP),  # the sister gains 20 less
        ((10_000, 8100), (4000, 5900), GROUP),  # less than a fifth
        ((60, 45), (10, 25), GROUP),  # too few to tell
        ((10_000, 6000), (4000, 8000), None),  # no sisters
        ((10_000, 6000), (4000, 8000), [GROUP[0] | {"until": dt.date(2023, 8, 31)}, GROUP[1]]),  # no longer
    ],
)
def test_what_is_no_move_between_sisters_is_not_asked_about(
    one: tuple[int, int], other: tuple[int, int], groups: list[Row] | None
) -> None:
    given = two_schools(one, other, school_name=["第一小学", "第二小学"])
    assert signals(given, groups=groups).filter(kind="sister_move").is_empty()


def test_schools_that_the_register_merges_are_not_asked_what_moved_between_them() -> None:
    merged = {
        "school_year": YEAR, "source": "cn-returns", "province_code": "690000", "county_code": "690101",
        "county_name": "青岚县", "return_part": "whole", "change": "split", "school_id_before": "2169000001",
        "school_id_after": "2169000002",
    }  # fmt: skip
    given = two_schools((10_000, 6000), (4000, 8000), school_name=["第一小学", "第二小学"])
    assert signals(given, groups=GROUP, changes=[merged]).filter(kind="sister_move").is_empty()


def test_a_school_is_followed_under_another_identifier() -> None:
    given = course_of("books", 8000, 8200, 82_000).with_columns(
        school_id=pl.when(pl.col("school_year") == YEAR).then(pl.lit("3169000009")).otherwise("school_id")
    )
    line: Row = {"source": "cn-returns", "province_code": "690000", "county_code": "690101", "county_name": "青岚县",
                 "return_part": "whole", "school_name": "某", "lineage_id": "2169000001"}  # fmt: skip
    lines = [
        line | {"school_year": year, "school_id": "3169000009" if year == YEAR else "2169000001"}
        for year in (2021, 2022, 2023)
    ]
    assert signals(given).filter(kind="unit_slip").is_empty()
    assert signals(given, lineage=lines).filter(kind="unit_slip")["school_id"].to_list() == ["3169000009"]


def test_the_rules_name_columns_of_the_return_that_are_numbers() -> None:
    rules = integrity_rules()
    numbers = {entry["column"] for entry in school_fields() if entry["type"] in ("count", "decimal")}
    assert set(rules.columns) <= numbers
    assert {name for group in rules.copy.groups.values() for name in group} <= numbers
    money = {entry["column"] for entry in school_fields() if entry["unit"] == "yuan"}
    assert {name for name, figure in rules.columns.items() if figure.whole == 10_000} == money & set(rules.columns)
    land = {name for name, figure in rules.columns.items() if 666.67 in figure.slips}
    assert land == {"sports_ground_area_m2", "site_area_m2", "green_area_m2"}


SIGNALS: dict[str, tuple[pl.DataFrame, list[Row] | None, str, str]] = {
    "bunching": (
        equipped(*[0.5] * 6, *[1.0] * 8, *[2.0] * 6),
        None,
        "20 个评估单位中有 8 个恰好达到标准值 2,000 而不超出 5.0%；按其余单位的分布，预期约 0.4 个。这些单位的数是怎样得出的？",
        (
            "Of 20 units 8 just reach the norm of 2,000 and exceed it by less than 5.0%; the spread of the others would give "
            "about 0.4. How did these units come by their figures?"
        ),
    ),
    "heaping": (
        over_years({YEAR: [{"equipment_value_yuan": 10_000_000 * (n + 1) + (n > 9) * 10_000} for n in range(20)]}),
        None,
        "20 个数中有 10 个是 1,000,000 的倍数，末位均匀时预期 0.2 个。是清点的数还是约数？",
        "Of 20 figures 10 are multiples of 1,000,000; even digits would give 0.2. Were they counted or estimated?",
    ),
    "copy": (
        grades_of(1, 39),
        None,
        "可比的 6 个数与2022学年完全相同；按全省学校的情况，预期相同约 0.3 个。本年的数重新填报过吗？",
        (
            "All 6 comparable figures are those of 2022; the province's schools would give about 0.3 equal ones. Were this "
            "year's figures filled in anew?"
        ),
    ),
    "unit_slip": (
        course_of("site_area_m2", 20_000, 20_000, 30),
        None,
        "2023 学年 30，是以前 2 个学年中位数 20,000 的 666.7 分之一，接近 666.67 分之一。单位或小数点对吗？",
        (
            "30 in 2023 is 20,000, the median of the 2 years before, divided by 666.7: close to 666.67. Are the unit and the "
            "decimal point right?"
        ),
    ),
    "spike": (
        course_of("books", 8000, 41_000, 8200),
        None,
        "2021 学年 8,000，2022 学年 41,000，2023 学年又是 8,200。2022 学年的数对吗？",
        "8,000 in 2021, 41,000 in 2022, and 8,200 again in 2023. Is the figure of 2022 right?",
    ),
    "sister_move": (
        two_schools((10_000, 6000), (4000, 8000), school_name=["第一小学", "第二小学"]),
        GROUP,
        "由 10,000 减为 6,000，第二小学（同组）同年由 4,000 增为 8,000。是否有实物或人员从前者移到后者？",
        (
            "Fell from 10,000 to 6,000, while 第二小学 (same group) rose from 4,000 to 8,000 in the same year. Did things or "
            "people move from the one to the other?"
        ),
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_question_says_the_figures_of_its_row_in_both_languages(kind: str) -> None:
    given, groups, chinese, english = SIGNALS[kind]
    (row,) = signals(given, groups=groups).filter(kind=kind).rows(named=True)
    assert question(row) == chinese
    with speaking(catalogue("en")):
        assert question(row) == english


def test_no_question_accuses() -> None:
    said = [zh + en for _given, _groups, zh, en in SIGNALS.values()]
    page = page_of(SIGNALS["spike"][0]).courses
    said += [cell for course in page if course.anchor == "integrity" for row in course.rows for cell in row]
    for word in ("造假", "作假", "虚报", "瞒报", "fraud", "fake", "cheat", "false", "manipul"):
        assert not [text for text in said if word in text.lower()], word


def test_the_public_edition_has_no_signal() -> None:
    given = course_of("books", 8000, 8200, 82_000)
    tables = {name: contract.empty() for name, contract in TABLES.items()} | {"integrity_signals": signals(given)}
    told = public_tables(tables, disclosure(), STANDARDS)
    assert told.tables["integrity_signals"].is_empty()


def test_the_county_page_puts_a_signal_as_a_question_with_its_figures_and_ordinary_reasons() -> None:
    report = page_of(course_of("books", 8000, 8200, 82_000))
    (course,) = [course for course in report.courses if course.anchor == "integrity"]
    assert course.title == "值得再问一句的数"
    ((who, figure, asked, reasons, where),) = course.rows
    assert (who, figure, where) == ("第1小学", "图书册数", "drawn.csv 第 2 行")
    assert asked == ("2023 学年 82,000，是以前 2 个学年中位数 8,100 的 10.1 倍，接近 10 倍。单位或小数点对吗？")
    assert reasons.startswith("计量单位或小数点之误")
    assert "这些是问题，不是结论" in course.notes[0]


def test_a_county_without_signals_has_no_such_section() -> None:
    report = page_of(course_of("books", 8000, 8200, 8300))
    assert not [course for course in report.courses if course.anchor == "integrity"]


def test_the_page_of_the_school_year_counts_the_questions_by_county() -> None:
    (section,) = province_report(tables_of(course_of("books", 8000, 8200, 82_000)), [YEAR]).sections
    assert section.sentences[-1] == "1 个县级单位有值得再问一句的数：青岚县 1 处，见各县页面。"
    (section,) = province_report(tables_of(course_of("books", 8000, 8200, 8300)), [YEAR]).sections
    assert not [sentence for sentence in section.sentences if "值得再问一句" in sentence]


def page_of(given: pl.DataFrame) -> CountyReport:
    """The county's report of the newest year, made from these returns."""
    (county,) = tables_of(given).counties()
    return county_report(county, [YEAR])


def tables_of(given: pl.DataFrame) -> YearTables:
    """What the pages of the newest year are made of."""
    now = given.filter(pl.col("school_year") == YEAR)
    found = pl.concat(units(now, standard) for standard in STANDARDS)
    values = pl.concat(unit_indicators(found, standard) for standard in STANDARDS)
    spread = pl.concat(
        county_dispersion(found, values.filter(standard=standard.id), standard) for standard in STANDARDS
    )
    rules = pl.concat(school_verdicts(values.filter(standard=standard.id), standard) for standard in STANDARDS)
    judged = pl.concat(resource_verdicts(spread, rules, standard) for standard in STANDARDS)
    tables = {
        "schools": now,
        "units": found,
        "unit_indicators": values,
        "county_dispersion": spread,
        "school_verdicts": rules,
        "resource_verdicts": judged,
        "integrity_signals": signals(given),
    }
    return YearTables(tables, YEAR, {standard.id: standard for standard in STANDARDS}, sources())


@cache
def drawn() -> Province:
    """The invented province, as the benchmark draws it, under the standard with norms."""
    return Province(20120903, [standards()["cn-quality-2017"]])


def test_the_sound_province_is_asked_in_at_most_one_county_year_in_thirty_of_each_kind() -> None:
    found = drawn().signals()
    assert drawn().schools.select("school_year", "county_code").unique().height == 90
    apart = found.join(plants.granted_floor(), on=["county_code", "school_year"], how="anti")
    for kind in KINDS:
        rows = (apart if kind == "bunching" else found).filter(kind=kind)
        assert rows.select("school_year", "county_code").unique().height <= 3, kind


def test_planted_cases_are_found_and_the_same_seed_plants_the_same() -> None:
    schools = drawn().schools
    for plant, kind in (
        (plants.slips, "unit_slip"),
        (plants.slipped_throughout, "unit_slip"),
        (plants.copied, "copy"),
    ):
        changed, planted = plant(schools, 20, 1)
        assert changed.equals(plant(schools, 20, 1)[0])
        assert planted.height == 20
        assert not changed.equals(schools)
        assert with_found(planted, drawn().signals(changed))["is_found"].sum() >= 16, kind


def test_the_interval_of_a_rate_is_that_of_clopper_and_pearson() -> None:
    # 0 of 20: 1 − 0.025^(1/20); 10 of 10: 0.025^(1/10); 1 of 2: 1 − √0.975 and √0.975.
    assert interval(0, 20) == pytest.approx((0, 1 - 0.025 ** (1 / 20)))
    assert interval(10, 10) == pytest.approx((0.025 ** (1 / 10), 1))
    assert interval(1, 2) == pytest.approx((1 - math.sqrt(0.975), math.sqrt(0.975)))
