"""Room on a worksheet: what text takes, and how columns share a page."""

from __future__ import annotations

import pytest

from reports.sheet import LANDSCAPE, Wish, broken, fitted, height, lines, number_wish, text_wish, wide


def test_a_chinese_character_is_two_digits_wide() -> None:
    assert [wide(words) for words in ("", "1234", "达标", "≥ 95%", "表Ⅱ-2")] == [0, 4, 4, 6, 6]


@pytest.mark.parametrize(("words", "count"), [("", 1), ("达标", 1), ("达" * 10, 2), ("达\n标", 2), ("达" * 100, 13)])
def test_a_text_takes_as_many_lines_as_the_column_is_too_narrow(words: str, count: int) -> None:
    # A column of 19 units holds 16 of text: 8 characters a line.
    assert lines(words, 19) == count


def test_a_row_is_never_higher_than_a_worksheet_allows() -> None:
    assert height(1) == 16.5
    assert height(1000) <= 409


def test_columns_that_fit_stay_as_wished_and_text_fills_the_page() -> None:
    widths = fitted([text_wish(4, 4), number_wish(3, 8), text_wish(20, 4)], LANDSCAPE)
    assert widths[1] == 11
    assert sum(widths) == pytest.approx(LANDSCAPE[0], abs=0.2)


def test_columns_that_do_not_fit_are_cut_where_their_text_is_longest() -> None:
    wishes = [number_wish(9, 8), text_wish(21, 8), text_wish(400, 4), text_wish(80, 4)]
    number, short, longest, long = fitted(wishes, LANDSCAPE)
    assert number + short + longest + long <= LANDSCAPE[1] + 0.2
    assert number >= 11
    assert short < long < longest


def test_no_column_is_cut_below_its_least() -> None:
    wishes = [Wish(60, 50)] * 6
    assert fitted(wishes, LANDSCAPE) == pytest.approx([50] * 6, abs=0.3)


def test_figures_alone_fill_the_page_too() -> None:
    assert sum(fitted([number_wish(3, 4)] * 3, LANDSCAPE)) == pytest.approx(LANDSCAPE[0], abs=0.2)


def test_a_line_is_broken_behind_a_mark_and_not_before_a_closing_one() -> None:
    line = "一校跨学段的，每个学段一行；只列计入评估的单位。"
    assert broken(line, 30) == ["一校跨学段的，每个学段一行；", "只列计入评估的单位。"]
    assert broken("十个字的一行文字没有。", 20) == ["十个字的一行文字没", "有。"]
    assert broken("", 20) == [""]
    assert all(wide(piece) <= 21 for piece in broken("标" * 99, 21))
    assert "".join(broken("标" * 99, 21)) == "标" * 99


def test_a_line_is_broken_between_its_statements_first() -> None:
    line = "县：青岚县（690101）　学年：2023/2024　标准：教督〔2017〕6号，办法"
    assert broken(line, 56)[1].startswith("标准：")
