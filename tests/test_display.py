"""Numbers are rounded once, half to even, and the words for codes are whole."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import display
from reports.language import gettext
from schemas.columns import STATUSES
from schemas.tables import COUNTY_DISPERSION, RETURNS, THREE_YEAR_MONITORING, UNITS


@pytest.mark.parametrize(
    ("value", "places", "shown"),
    [
        (0.125, 2, "0.12"),
        (0.375, 2, "0.38"),
        (2.5, 0, "2"),
        (3.5, 0, "4"),
        (2.675, 2, "2.68"),  # the shortest decimal of the float, which is a little less
        (1234567.5, 1, "1,234,567.5"),
        (-0.25, 1, "−0.2"),
        (-0.001, 2, "0.00"),
        (0.0, 2, "0.00"),
        (None, 2, "…"),
    ],
)
def test_numbers_are_rounded_half_to_even(value: float | None, places: int, shown: str) -> None:
    assert display.number(value, places) == shown


@given(st.floats(min_value=-1e9, max_value=1e9), st.integers(min_value=0, max_value=6))
def test_rounding_agrees_with_the_shortest_decimal_of_the_figure(value: float, places: int) -> None:
    exact = Decimal(repr(value)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)
    shown = Decimal(display.number(value, places).replace(",", "").replace("−", "-"))
    assert shown == exact


def test_each_kind_of_figure_has_its_decimals() -> None:
    assert display.measured(0.0710796, "per_pupil") == "0.0711"
    assert display.measured(5.2149, "m2_per_pupil") == "5.21"
    assert display.coefficient(0.3406) == "0.341"
    assert display.percent(0.4125) == "41.2%"
    assert display.count(1234567) == "1,234,567"
    assert display.bound(0.5) == "0.50"
    assert display.bound(3.825) == "3.825"
    assert display.bound(2000.0) == "2,000.00"


def test_a_small_share_does_not_become_a_true_zero() -> None:
    assert display.percent(0.0) == "0.0%"
    assert display.percent(0.0004) == "<0.1%"


def test_a_change_bears_its_sign_unless_it_rounds_to_nothing() -> None:
    assert display.signed(0.0117, 3) == "+0.012"
    assert display.signed(-0.0117, 3) == "−0.012"
    assert display.signed(0.0002, 3) == "0.000"
    assert display.signed(None, 3) == "…"


def test_missing_undefined_and_zero_look_different() -> None:
    assert len({display.measured(None, "1"), display.coefficient(None), display.measured(0.0, "1")}) == 3


@pytest.mark.parametrize(
    ("cv", "limit", "status", "shown"),
    [
        (0.50032, 0.50, "not_met", "0.50032"),
        (0.5000004, 0.50, "not_met", "0.50000040"),
        (0.500, 0.50, "met", None),
        (0.4996, 0.50, "met", None),
        (0.4994, 0.50, "met", None),
        (0.612, 0.50, "not_met", None),
        (0.50032, 0.50, "undetermined", None),
        (None, 0.50, "undetermined", None),
        (0.5, None, "no_limit", None),
    ],
)
def test_a_cv_whose_rounding_hides_its_side_of_the_limit_is_shown_with_enough_decimals(
    cv: float | None, limit: float | None, status: str, shown: str | None
) -> None:
    assert display.hidden_limit(cv, limit, status) == shown


def test_every_status_direction_standing_and_file_status_of_the_contracts_has_words() -> None:
    columns = {column.name: column for column in (*THREE_YEAR_MONITORING.columns, *UNITS.columns, *RETURNS.columns)}
    for status in (*STATUSES, "no_norm", "no_data"):
        assert display.status_word(status)
        assert display.status_symbol(status)
    for name in columns["direction"].one_of or ():
        assert display.direction(name)
    for name in columns["standing"].one_of or ():
        assert display.standing(name)
    for name in next(column for column in RETURNS.columns if column.name == "status").one_of or ():
        assert display.return_status(name)
    for name in next(column for column in COUNTY_DISPERSION.columns if column.name == "stage").one_of or ():
        assert display.stage(name)


def test_the_three_verdicts_differ_in_word_and_sign() -> None:
    shown = {(display.status_word(status), display.status_symbol(status)) for status in STATUSES}
    assert shown == {("达标", "✓"), ("未达标", "✕"), ("无法判定", "?"), ("不设限值", "—")}


def test_a_reason_is_a_sentence_and_an_unknown_one_stands_as_it_is() -> None:
    assert display.reason("missing_units") == "部分评估单位未上报"
    assert display.reason("something_new") == "something_new"
    assert display.reason(None) == "—"


def test_where_a_figure_was_read_names_file_sheet_and_row() -> None:
    assert display.origin("folder/103_basec.csv", None, 12) == "103_basec.csv 第 12 行"
    assert display.origin("a/b.xlsx", "年报", 3, whole_path=True) == "a/b.xlsx 工作表“年报”第 3 行"
    assert display.origin("b.csv", None, None) == "b.csv"


def test_a_province_that_the_code_list_does_not_know_stands_as_its_code() -> None:
    assert display.province("510000") == "四川省"
    assert display.province("690000") == "省级代码 690000"
    assert display.province("690000", is_synthetic=True) == "示例省"


def test_units_say_what_is_counted_per_how_many_pupils() -> None:
    assert display.unit_label("per_100_pupils", "people") == "人/百生"
    assert display.unit_label("per_100_pupils") == "每百名学生"
    assert display.unit_label("kilograms") == "kilograms"


def test_long_lists_say_how_many_they_are() -> None:
    assert display.listed(["甲", "乙"]) == "甲、乙"
    assert display.listed(["甲", "乙", "丙"], 2) == "甲、乙等 3 个"


def test_a_yes_no_flag_that_is_unknown_is_undetermined() -> None:
    assert [display.yes_no(value=value) for value in (True, False, None)] == ["是", "否", "无法判定"]
    assert gettext("是") == "是"


@pytest.mark.parametrize(
    ("value", "places", "shown"), [(6.595, 2, "6.60"), (21 / 40, 2, "0.52"), (7 / 160, 4, "0.0438")]
)
def test_a_tie_of_the_decimal_figure_goes_to_the_even_digit_whatever_its_binary_form(
    value: float, places: int, shown: str
) -> None:
    assert display.number(value, places) == shown
