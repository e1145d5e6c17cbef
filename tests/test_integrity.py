"""Figures worth one more question: each signal on a case drawn by hand, and on one that is nearly so and asks nothing."""

from __future__ import annotations

import polars as pl
import pytest

from pipelines.dispersion import county_dispersion
from pipelines.indicators import unit_indicators
from pipelines.integrity import integrity_signals
from pipelines.units import units
from pipelines.verdicts import resource_verdicts, school_verdicts
from reports.county import county_report
from reports.model import CountyReport
from reports.year import YearTables
from schemas.contract import accept, conform
from schemas.county import SCHOOL_GROUPS
from schemas.integrity import INTEGRITY_SIGNALS
from schemas.lineage import SCHOOL_CHANGES, SCHOOL_LINEAGE
from schemas.source import sources
from standards.standard import standards
from tests.county import schools

Row = dict[str, object]
YEAR = 2023
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
    assert (row["first_year"], row["value_year"], row["row"]) == (2021, 2023, 2)


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


def page_of(given: pl.DataFrame) -> CountyReport:
    """The county's report of the newest year, made from these returns."""
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
    years = YearTables(tables, YEAR, {standard.id: standard for standard in STANDARDS}, sources())
    (county,) = years.counties()
    return county_report(county, [YEAR])
