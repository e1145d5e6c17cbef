"""What the page says of the year before and of all years, from drawn schools whose figures are known by hand.

Two schools of 1,000 pupils with a and b multimedia rooms: CV = |a − b| / (a + b). All else is equal in both.
"""

from __future__ import annotations

import polars as pl

from reports.captions import Captions
from reports.class_sizes import BANDS, band_words, class_sizes
from reports.long_trend import _drawn, long_trend, message
from reports.render import county_html, county_markdown
from reports.since import since
from reports.year import CountyTables, YearTables
from schemas.source import sources
from tests.test_reports import SOUND, STANDARDS, Row, Tables, computed, report

QUALITY = STANDARDS["cn-quality-2017"]
SIZES: Row = {f"classes_{band}_primary": 0 for band in BANDS}
ROOMS = {2020: (25, 25), 2021: (20, 30), 2022: (20, 30), 2023: (10, 40)}


def drawn(rooms: dict[int, tuple[int, ...]], more: Row | None = None) -> Tables:
    """Schools of 1,000 pupils with so many rooms, year by year."""
    return computed(
        {year: [SOUND | (more or {}) | {"multimedia_rooms": n} for n in found] for year, found in rooms.items()}
    )


def county(tables: Tables, year: int = 2023) -> CountyTables:
    return next(iter(YearTables(tables, year, STANDARDS, sources()).counties()))


def said(tables: Tables, start: str) -> list[str]:
    return [sentence for sentence in since(county(tables)) if sentence.startswith(start)]


def test_a_coefficient_that_goes_over_its_limit_is_named_with_its_value() -> None:
    assert "优质均衡：1 项差异系数由限值以内变为超过限值：小学每百名学生拥有网络多媒体教室数（0.600）。" in said(
        drawn(ROOMS), "优质"
    )


def test_one_that_comes_back_is_named_too() -> None:
    turned = {2022: (10, 40), 2023: (20, 30)}
    assert "优质均衡：1 项差异系数回到限值以内：小学每百名学生拥有网络多媒体教室数（0.200）。" in said(
        drawn(turned), "优质"
    )


def test_a_change_by_the_schools_of_both_years_is_all_theirs() -> None:
    expected = (
        "优质均衡：差异系数变化最大的是小学每百名学生拥有网络多媒体教室数，0.200 → 0.600（+0.400），"
        "全部来自两年都有的 2 个评估单位。"
    )
    assert expected in said(drawn(ROOMS), "优质")


def test_what_an_opening_does_stands_apart_from_what_the_other_schools_do() -> None:
    # x = 2, 3, 10: mean 5, S = √((9 + 4 + 25) / 3), CV 0.71181; without the third school 0.2 as the year before.
    opened = drawn({2022: (20, 30), 2023: (20, 30, 100)})
    expected = (
        "0.200 → 0.712（+0.512）；其中两年都有的 2 个评估单位 0.000，新增 1 个、减少 0 个和上报与否的影响 +0.512。"
    )
    assert any(sentence.endswith(expected) for sentence in said(opened, "优质"))


def test_the_school_that_moved_most_is_weighed_by_its_pupils() -> None:
    # The second school moves by 1 for 1,000 pupils, the third by 5 for 100: 1,000 against 500.
    rows = {
        2022: [SOUND | {"multimedia_rooms": 20}, SOUND | {"multimedia_rooms": 20}, small(2)],
        2023: [SOUND | {"multimedia_rooms": 20}, SOUND | {"multimedia_rooms": 30}, small(7)],
    }
    assert "其中按在校生加权变化最大的是第2小学：2.00 → 3.00。" in said(computed(rows), "其中")


def small(rooms: int) -> Row:
    return SOUND | {"pupils_primary": 100, "multimedia_rooms": rooms}


def test_the_first_year_has_nothing_to_compare() -> None:
    tables = drawn(ROOMS)
    assert since(county(tables, 2020)) == ()
    assert "与上年相比</h2>" not in county_html(report(tables, 2020))


def test_both_faces_say_what_changed() -> None:
    told = report(drawn(ROOMS))
    assert told.since
    for sentence in told.since:
        assert sentence in county_html(told)
        assert sentence in county_markdown(told)


def test_the_long_trend_tells_the_way_from_first_to_last_and_the_years_over_the_limit() -> None:
    found = long_trend(county(drawn(ROOMS)), QUALITY, "primary", Captions())
    assert found is not None
    assert found.message == (
        "小学每百名学生拥有网络多媒体教室数的差异系数从 2020 学年的 0.000 升到 2023 学年的 0.600，4 个学年中 1 个超过限值"
    )
    # Axis from 0 to 0.6 over 150 pixels: the limit 0.5 lies at 176 − 150 · 0.5 / 0.6.
    assert {limit.y1 for limit in found.limits} == {"51.0"}
    assert [line.y2 for line in found.lines] == ["126.0", "126.0", "26.0"]
    assert [tick.text for tick in found.ticks] == ["2020", "2021", "2022", "2023"]


def test_two_years_make_no_long_trend() -> None:
    two = drawn({2022: (20, 30), 2023: (10, 40)})
    assert long_trend(county(two), QUALITY, "primary", Captions()) is None


def test_a_year_without_returns_cuts_the_line() -> None:
    found = long_trend(
        county(drawn({year: ROOMS[year] for year in (2020, 2021, 2023)})), QUALITY, "primary", Captions()
    )
    assert found is not None
    assert (len(found.lines), len(found.dots)) == (1, 3)


def test_a_break_in_the_series_cuts_the_line_and_is_said() -> None:
    found = long_trend(county(drawn(ROOMS)), QUALITY, "primary", Captions(), breaks=[2022])
    assert found is not None
    assert (len(found.lines), len(found.breaks)) == (2, 1)
    assert "2022 学年起口径改变，前后不可比" in found.message
    assert "升到" not in found.message


def test_a_trend_of_nothing_but_zeros_lies_on_the_axis() -> None:
    zeros = dict.fromkeys((2021, 2022, 2023), 0.0)
    found = _drawn("trend", zeros, {}, [], (2021, 2023), message="", subtitle="")
    assert {dot.y for dot in found.dots} == {f"{float(found.bottom):.1f}"}


def test_a_value_at_its_limit_is_not_over_it() -> None:
    assert message("某", {2022: 0.5, 2023: 0.4}, {2022: 0.5, 2023: 0.5}, []).endswith("2 个学年都在限值以内")


def test_classes_are_counted_by_size() -> None:
    sizes = [
        SOUND | SIZES | {"classes_41_45_primary": 20, "classes_56_60_primary": 5},
        SOUND | SIZES | {"classes_41_45_primary": 25},
    ]
    found = class_sizes(county(computed({2023: sizes})), Captions())
    assert found is not None
    assert found.messages == ("小学 50 个班，最大的班在“56–60 人”一组，有 5 个（10.0%）",)
    cells = {row.label: row.cells[0] for row in found.rows}
    assert cells["41–45 人"] == ("45", "90.0%", "100.0%")
    assert cells["56–60 人"] == ("5", "10.0%", "11.1%")
    assert cells["66 人及以上"] == ("0", "0.0%", "0.0%")


def test_a_school_without_all_bands_is_left_out_and_said() -> None:
    sizes = [SOUND | SIZES | {"classes_41_45_primary": 25}, SOUND | {"classes_41_45_primary": 25}]
    found = class_sizes(county(computed({2023: sizes})), Captions())
    assert found is not None
    assert found.messages[0].startswith("小学 25 个班")
    assert found.sentences == ("小学有 1 个评估单位的班额未上报或不全，不在表内。",)


def test_where_no_school_reports_bands_there_is_no_table() -> None:
    tables = drawn(ROOMS)
    assert class_sizes(county(tables), Captions()) is None
    assert 'id="class-sizes"' not in county_html(report(tables))


def test_bands_are_named_by_their_bounds() -> None:
    assert [band_words(BANDS[i]) for i in (0, 1, -1)] == ["25 人及以下", "26–30 人", "66 人及以上"]


def test_the_bands_are_those_of_the_return() -> None:
    columns = set(pl.DataFrame(computed({2023: [SOUND]})["units"]).columns)
    assert {f"classes_{band}" for band in BANDS} <= columns
