"""Where a key stands in a file: the line that a message names is the line that has to be mended."""

from __future__ import annotations

import tomllib

import pytest

from standards.locate import line_of

TEXT = """# a comment with a = sign
document.zh = "甲"
title = { en = "A" }

[scope]
stages = ["primary"]

[[indicators]]
id = "first"
label.zh = "一"
norms = [
    { from = 2012-01-20, primary = "1" },
    { from = 2017-01-20, primary = "2" },
]

  [[indicators]]   # the second
  id = "second"

[[indicators.norms]]
from = 2012-01-20
primary = "3"

[[indicators.norms]]
from = 2017-01-20
note.zh = "四"

[indicators.norms.upper]
primary = "5"

[[items]]
id = "item"
checks = [{ kind = "fact", plus = ["a"] }]

[["items"]]
"id" = "quoted"

[[items.checks]]
kind = "finding"
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("document.zh", 2),
        ("$.document.zh", 2),
        ("title.en", 3),
        ("scope", 5),
        ("scope.stages", 6),
        ("scope.stages[0]", 6),
        ("indicators[0]", 8),
        ("indicators[0].id", 9),
        ("indicators[0].label.zh", 10),
        ("indicators[0].label", 10),
        ("indicators[0].norms[1].primary", 11),
        ("indicators[1]", 16),
        ("indicators[1].id", 17),
        ("indicators[1].norms[0].primary", 21),
        ("indicators[1].norms[1]", 23),
        ("indicators[1].norms[1].note.zh", 25),
        ("indicators[1].norms[1].upper.primary", 28),
        ("items[0].checks[0].plus", 32),
        ("items[1].id", 35),
        ("items[1].checks[0].kind", 38),
    ],
)
def test_a_key_is_found_on_its_own_line(path: str, line: int) -> None:
    assert line_of(TEXT, path) == line


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("indicators[0].article", 8),
        ("indicators[1].norms[0].junior", 19),
        ("scope.article", 5),
        ("items[1].checks[0].expects", 37),
    ],
)
def test_a_key_that_is_missing_is_looked_for_where_its_table_begins(path: str, line: int) -> None:
    assert line_of(TEXT, path) == line


@pytest.mark.parametrize("path", ["issued", "split.weights", "", "$"])
def test_a_path_of_which_nothing_is_written_has_no_line(path: str) -> None:
    assert line_of(TEXT, path) is None


def test_an_entry_beyond_the_last_is_not_taken_for_another() -> None:
    assert line_of(TEXT, "indicators[2].id") is None
    assert line_of(TEXT, "indicators[10].id") is None


def test_a_key_in_another_table_is_not_taken_for_it() -> None:
    assert line_of("[a]\nx = 1\n[b]\nx = 2\n[a.b]\nx = 3\n", "b.x") == 4
    assert line_of("[a]\nx = 1\n[b]\nx = 2\n[a.b]\nx = 3\n", "a.b.x") == 6


def test_an_empty_file_has_no_lines() -> None:
    assert line_of("", "title") is None


def test_the_text_that_is_searched_is_sound() -> None:
    read = tomllib.loads(TEXT)
    assert [len(read[name]) for name in ("indicators", "items")] == [2, 2]
    assert read["indicators"][1]["norms"][1]["upper"] == {"primary": "5"}
