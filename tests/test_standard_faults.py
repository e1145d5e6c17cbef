"""A standard's file that cannot be judged by is refused, in words that name file, line and key."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from pipelines import synthetic
from standards.choices import choices
from standards.names import circle
from standards.numbers import decimals
from standards.standard import Standard, StandardError, load, load_standards, standards
from tests.test_command import run

WHOLE = """
applies_to = ["cn-returns"]
provinces = ["690000"]
title = { zh = "甲", en = "A" }
document = { zh = "乙", en = "B" }

[scope]
stages = ["primary", "junior"]
school_types = ["211", "311"]
leave_out_operators = ["999"]
teaching_points = "out"
teaching_point_pupils = 30
article = "一"

[split]
weights = { primary = "1", junior = "1.1", senior = "1.32" }
resources = ["books", "computers"]
article = "二"

[[indicators]]
id = "books"
label = { zh = "图书", en = "Books" }
unit = "volumes_per_pupil"
plus = ["books"]
article = "三"
norms = [{ from = 2020-01-01, primary = "20.5", junior = "30" }]

[[indicators]]
id = "class_size"
label = { zh = "班额", en = "Class size" }
unit = "pupils_per_class"
plus = ["pupils"]
over = ["classes"]
times = 10
must_be = "at_most"
article = "三"
norms = [{ from = 2020-01-01, primary = "450", junior = "500", upper = { primary = "460" } }]

[school_rule]
at_norm = 1
floor_share = "0.8"
article = "四"

[dispersion]
rule = "each"
article = "五"
limits = [{ from = 2020-01-01, primary = "0.40", junior = "0.35" }]

[[facts]]
id = "lessons"
label = { zh = "课时", en = "Lessons" }
unit = "lessons"

[[parts]]
id = "work"
role = "items"
title = { zh = "工作", en = "Work" }
article = "六"
rule = "points"
total = "20"
pass_mark = "15"

[[parts]]
id = "some"
role = "items"
title = { zh = "其他", en = "Others" }
article = "七"
rule = "count"
at_least = 2

[[groups]]
id = "a"
part = "work"
points = "20"
label = { zh = "甲", en = "A" }

[[groups]]
id = "b"
part = "work"
points = "20"
label = { zh = "乙", en = "B" }
under = "a"

[[items]]
id = "lessons_given"
part = "work"
under = "b"
label = { zh = "课时", en = "Lessons" }
article = "六"
points = "20"
checks = [
    { kind = "fact", id = "lessons", plus = ["lessons"], limits = [{ from = 2020-01-01, limit = "2" }] },
    { kind = "fact", id = "pay", plus = ["teachers_average_pay_yuan"], limit_fact = "civil_servants_average_pay_yuan", limit_times = "1.05" },
    { kind = "growth", id = "grows", fact = "education_appropriation_yuan", years = 3, lag = 1 },
    { kind = "since", id = "since", fact = "basic_balance_recognised_year", limit = "3" },
]

[[items]]
id = "schools"
part = "some"
label = { zh = "学校", en = "Schools" }
article = "七"
checks = [
    { kind = "every_school", id = "size", subject = "school", plus = ["pupils"], must_be = "at_most", limit = "1100", share = "0.95", where = { pupils_at_least = 10, founded_until = 2019 } },
    { kind = "every_school", id = "rooms", subject = "school", plus = ["music_rooms_54_61"], one_for = "classes", every = 12 },
    { kind = "total", id = "rate", plus = ["certified_teachers"], over = ["full_time_teachers"], times = 100, limit = "90" },
    { kind = "never_both", id = "posts", first = ["approved_posts"], first_minus = ["staff_on_posts"], second = ["off_post_hires"] },
]

[[items]]
id = "held"
part = "some"
label = { zh = "保持", en = "Held" }
article = "七"
checks = [{ kind = "standard", standard = "cn-basic-2012", years = 3 }]

[[relaxations]]
id = "larger"
label = { zh = "放宽", en = "Larger" }
article = "八"
item = "schools"
check = "size"
from = 2020-09-01
until = 2025-08-31
limit = "1200"

[[milestones]]
id = "programme"
label = { zh = "规划", en = "Programme" }
article = "九"

[[milestones]]
id = "phase"
label = { zh = "一期", en = "Phase" }
article = "九"
stage = "programme"

[quota]
least = 1
most = 2
deadline = 2025-12-31
article = "十"
"""
LESSONS, PAY, GROWS, SINCE = (f"items[0].checks[{number}]" for number in range(4))
SIZE, ROOMS, RATE, POSTS = (f"items[1].checks[{number}]" for number in range(4))
NORM, CLASS_NORM = "indicators[0].norms[0]", "indicators[1].norms[0]"

NUMBERS = [
    ("every = 12", "every = 0", f"{ROOMS}.every", "0: wanted is a number between 1 and 1,000,000"),
    ("every = 12", "every = -12", f"{ROOMS}.every", "-12"),
    ('share = "0.95"', 'share = "0"', f"{SIZE}.share", "above 0 and at most 1"),
    ('share = "0.95"', 'share = "2"', f"{SIZE}.share", "above 0 and at most 1"),
    ('share = "0.95"', 'share = "-1"', f"{SIZE}.share", "above 0 and at most 1"),
    ('share = "0.95"', 'share = "NaN"', f"{SIZE}.share", "“NaN” is no number"),
    ('share = "0.95"', "share = nan", f"{SIZE}.share", "“NaN” is no number"),
    ('share = "0.95"', 'share = "0.99999"', f"{SIZE}.share", "more than 4 decimals"),
    ("at_least = 2", "at_least = 0", "parts[1].at_least", "between 1"),
    ("at_least = 2", "at_least = -1", "parts[1].at_least", "between 1"),
    ("at_least = 2", "at_least = 3", "parts[1].at_least", "3 is more than the items of the part, 2"),
    ("at_least = 2", "at_least = 2\ndeclares = -3", "parts[1].declares", "-3"),
    ("times = 100", "times = 0", f"{RATE}.times", "between 1"),
    ("times = 100", "times = 1000001", f"{RATE}.times", "1000001"),
    ("times = 100", "times = 9223372036854775807", f"{RATE}.times", "beyond the greatest"),
    ("times = 10\n", "times = 0\n", "indicators[1].times", "between 1"),
    ("years = 3, lag", "years = 0, lag", f"{GROWS}.years", "between 1 and 100"),
    ("years = 3, lag", "years = 3000, lag", f"{GROWS}.years", "between 1 and 100"),
    ("lag = 1", "lag = -5", f"{GROWS}.lag", "between 0 and 100"),
    ("years = 3 }", "years = 0 }", "items[2].checks[0].years", "between 1 and 100"),
    ("years = 3 }", "years = -1 }", "items[2].checks[0].years", "between 1 and 100"),
    ("pupils_at_least = 10", "pupils_at_least = -5", f"{SIZE}.where.pupils_at_least", "-5"),
    ("founded_until = 2019", "founded_until = 99999", f"{SIZE}.where.founded_until", "between 1000 and 2100"),
    ("teaching_point_pupils = 30", "teaching_point_pupils = -1", "scope.teaching_point_pupils", "-1"),
    ('limit = "1100"', 'limit = "0.123456789"', f"{SIZE}.limit", "0.123456789 has more than 8 decimals"),
    ('limit = "2"', 'limit = "0.123456789"', f"{LESSONS}.limits[0].limit", "more than 8 decimals"),
    ('limit = "1100"', 'limit = "NaN"', f"{SIZE}.limit", "“NaN” is no number"),
    ('limit = "1100"', 'limit = "sNaN"', f"{SIZE}.limit", "“sNaN” is no number"),
    ('limit = "1100"', 'limit = "-Infinity"', f"{SIZE}.limit", "“-Infinity” is no number"),
    ('limit = "1100"', 'limit = "1e40"', f"{SIZE}.limit", "1E+40 is beyond the greatest"),
    ('limit = "1100"', 'limit = "1e99999999"', f"{SIZE}.limit", "beyond the greatest"),
    ('limit = "1100"', 'limit = "1e-99999999"', f"{SIZE}.limit", "more than 8 decimals"),
    ('limit = "1100"', 'limit = "1000000000000.1"', f"{SIZE}.limit", "beyond the greatest"),
    ('limit = "1100"', f'limit = "{"9" * 60}"', f"{SIZE}.limit", "999… is beyond the greatest"),
    ('limit = "1100"', 'limit = "-5"', f"{SIZE}.limit", "never below 0"),
    ('limit = "3"', 'limit = "-3"', f"{SINCE}.limit", "never below 0"),
    ('limit = "1200"', 'limit = "0.123456789"', "relaxations[0].limit", "more than 8 decimals"),
    ('limit = "1200"', 'limit = "-1"', "relaxations[0].limit", "never below 0"),
    ('limit_times = "1.05"', 'limit_times = "0.00001"', f"{PAY}.limit_times", "more than 4 decimals"),
    ('limit_times = "1.05"', 'limit_times = "0"', f"{PAY}.limit_times", "above 0"),
    ('primary = "20.5"', 'primary = "0.123456789"', f"{NORM}.primary", "more than 8 decimals"),
    ('primary = "20.5"', 'primary = "NaN"', f"{NORM}.primary", "“NaN” is no number"),
    ('primary = "20.5"', 'primary = "-1"', f"{NORM}.primary", "between 0"),
    ('primary = "20.5"', 'primary = "0.12345678"', f"{NORM}.primary", "floor_share 0.8 = 0.098765424: more than 8"),
    ('upper = { primary = "460" }', 'upper = { primary = "-1" }', f"{CLASS_NORM}.upper.primary", "between 0"),
    ('primary = "0.40"', 'primary = "0.123456789123"', "dispersion.limits[0].primary", "more than 8 decimals"),
    ('primary = "0.40"', 'primary = "-0.1"', "dispersion.limits[0].primary", "between 0"),
    ('floor_share = "0.8"', 'floor_share = "0.80001"', "school_rule.floor_share", "more than 4 decimals"),
    ('floor_share = "0.8"', 'floor_share = "1.1"', "school_rule.floor_share", "between 0 and 1"),
    ("at_norm = 1", "at_norm = -1", "school_rule.at_norm", "between 0"),
    ('at_norm = 1\nfloor_share = "0.8"', 'at_norm = 0\nfloor_share = "0"', "school_rule.at_norm", "asks nothing"),
    ('junior = "1.1"', 'junior = "NaN"', "split.weights.junior", "“NaN” is no number"),
    ('junior = "1.1"', 'junior = "0"', "split.weights.junior", "above 0"),
    ('junior = "1.1"', 'junior = "-1.1"', "split.weights.junior", "above 0"),
    ('junior = "1.1"', 'junior = "1.125"', "split.weights.junior", "more than 2 decimals"),
    ('points = "20"\nchecks', 'points = "-5"\nchecks', "items[0].points", "between 0"),
    ('points = "20"\nchecks', 'points = "NaN"\nchecks', "items[0].points", "“NaN” is no number"),
    ('points = "20"\nlabel', 'points = "-20"\nlabel', "groups[0].points", "between 0"),
    ('total = "20"', 'total = "NaN"', "parts[0].total", "“NaN” is no number"),
    ('total = "20"', 'total = "0"', "parts[0].total", "above 0"),
    ('pass_mark = "15"', 'pass_mark = "15.00001"', "parts[0].pass_mark", "more than 4 decimals"),
    ("most = 2", "most = 99999999999999999999999", "quota.most", "beyond the greatest"),
    ("\nleast = 1", "\nleast = 0", "quota.least", "between 1"),
]  # fmt: skip
NAMES = [
    ('id = "schools"', 'id = "有 空格"', "items[1].id", "“有 空格”: an id is letters"),
    ('id = "schools"', 'id = "a/b"', "items[1].id", "an id is letters"),
    ('id = "schools"', 'id = ""', "items[1].id", "an id is letters"),
    ('id = "schools"', 'id = "<b>x"', "items[1].id", "an id is letters"),
    ('id = "schools"', r'id = "a\n"', "items[1].id", r"“a\n”: an id is letters"),
    ('id = "schools"', 'id = "larger"', "relaxations[0].id", "“larger” stands under items already"),
    ('id = "schools"', 'id = "books"', "items[1].id", "“books” stands under indicators already"),
    ('id = "schools"', 'id = "work"', "items[1].id", "“work” stands under parts already"),
    ('id = "some"', 'id = "resource"', "parts[1].id", "“resource” is a name of ours"),
    ('id = "books"', 'id = "composite"', "indicators[0].id", "“composite” is a name of ours"),
    ('id = "lessons"\nlabel', 'id = "class hours"\nlabel', "facts[0].id", "an id is letters"),
    ('id = "lessons"\nlabel', 'id = "cn-basic-2012/government"\nlabel', "facts[0].id", "an id is letters"),
    ('id = "size"', 'id = "a size"', f"{SIZE}.id", "an id is letters"),
    ('id = "size"', 'id = "rooms"', "items[1].checks", "several checks need an id each"),
    ('id = "b"', 'id = "b/c"', "groups[1].id", "an id is letters"),
    ('id = "b"', 'id = "a"', "groups[1].id", "“a” stands twice"),
    ('id = "larger"', 'id = "lar ger"', "relaxations[0].id", "an id is letters"),
    ('id = "phase"', 'id = "phase 1"', "milestones[1].id", "an id is letters"),
    ('applies_to = ["cn-returns"]', 'applies_to = ["nope"]', "applies_to", "no source “nope”; there are br-maracanau, cn-forms, cn-returns"),
    ('applies_to = ["cn-returns"]', "applies_to = []", "applies_to", "at least one source"),
    ('applies_to = ["cn-returns"]', 'applies_to = ["cn-returns", "cn-returns"]', "applies_to", "stands twice"),
    ('applies_to = ["cn-returns"]', 'applies_to = ["cn-returns"]\nid = "xx"', "id", "leave it out"),
    ('["690000"]', '["Guangdong"]', "provinces", "“Guangdong”: wanted is the province's code of six digits"),
    ('["690000"]', '["690000", "690000"]', "provinces", "stands twice"),
    ('stages = ["primary", "junior"]', 'stages = ["primary", "primary"]', "scope.stages", "“primary” stands twice"),
    ('stages = ["primary", "junior"]', 'stages = ["primary", "senior"]', "scope.stages", "no stage “senior”"),
    ('["211", "311"]', '["21", "311"]', "scope.school_types", "no school type “21”"),
    ('["999"]', '["99"]', "scope.leave_out_operators", "no operator “99”"),
    ('senior = "1.32"', 'senior = "1.32", infant = "1"', "split.weights", "no stage “infant”"),
    ('under = "a"', 'under = "b"', "groups[1].under", "circle: b → b"),
    ('label = { zh = "甲", en = "A" }\n\n', 'label = { zh = "甲", en = "A" }\nunder = "b"\n\n', "groups[0].under", "circle: a → b → a"),
    ('id = "a"\npart = "work"', 'id = "a"\npart = "some"', "groups[1].under", "“a” is a group of the part “some”"),
    ('under = "b"\nlabel', 'under = "c"\nlabel', "items[0].under", "no group “c”"),
    ('"Programme" }\narticle = "九"', '"Programme" }\narticle = "九"\nstage = "phase"', "milestones[1].stage", "circle: phase → programme → phase"),
]  # fmt: skip
FIELDS = [
    ('plus = ["pupils"], must_be', "plus = [], must_be", f"{SIZE}.plus", "is empty"),
    ('plus = ["pupils"], must_be', 'plus = [""], must_be', f"{SIZE}.plus", "no “”"),
    ('plus = ["certified_teachers"]', "plus = []", f"{RATE}.plus", "is empty"),
    ('plus = ["lessons"]', "plus = []", f"{LESSONS}.plus", "is empty"),
    ('fact = "education_appropriation_yuan"', 'fact = ""', f"{GROWS}.fact", "is empty"),
    ('first = ["approved_posts"]', "first = []", f"{POSTS}.first", "is empty"),
    ('second = ["off_post_hires"]', "second = []", f"{POSTS}.second", "is empty"),
    ('plus = ["lessons"]', 'plus = ["lessons", "lessons"]', f"{LESSONS}.plus", "“lessons” stands twice"),
    ('plus = ["certified_teachers"]', 'plus = ["certified_teachers", "certified_teachers"]', f"{RATE}.plus", "twice"),
    ('plus = ["books"]', 'plus = ["books", "books"]', "indicators[0].plus", "“books” stands twice"),
    ('resources = ["books", "computers"]', 'resources = ["books", "books"]', "split.resources", "stands twice"),
    ('over = ["classes"]', 'over = ["is_music_kit_meets"]', "indicators[1].over", "is a yes or no"),
    ('plus = ["books"]', 'plus = ["books"]\nminus = ["is_music_kit_meets"]', "indicators[0].minus", "is a yes or no"),
    ('plus = ["books"]', 'minus = ["books"]', "indicators[0].plus", "is empty"),
    ('plus = ["pupils"], must_be', 'plus = ["pupils"], minus = ["is_music_kit_meets"], must_be', f"{SIZE}.minus", "is a yes or no"),
    ('over = ["full_time_teachers"]', 'over = ["is_music_kit_meets"]', f"{RATE}.over", "is a yes or no"),
    ('over = ["full_time_teachers"]', 'over = ["full_time_teachers"], over_minus = ["is_music_kit_meets"]', f"{RATE}.over_minus", "is a yes or no"),
    ('over = ["full_time_teachers"]', 'over_minus = ["full_time_teachers"]', f"{RATE}.over_minus", "over, which is missing"),
    ('first_minus = ["staff_on_posts"]', 'first_minus = ["is_music_kit_meets"]', f"{POSTS}.first_minus", "is a yes or no"),
    ('one_for = "classes"', 'one_for = "is_music_kit_meets"', f"{ROOMS}.one_for", "is a yes or no"),
    ('one_for = "classes"', 'one_for = "site_area_m2"', f"{ROOMS}.one_for", "“site_area_m2” is no count"),
    ('limit = "1200"', 'adds = ["seats"]', "relaxations[0].adds", "no “seats”"),
    ('limit = "1200"', 'adds = ["books", "books"]', "relaxations[0].adds", "stands twice"),
    ('item = "schools"\ncheck = "size"', 'indicator = "books"\nadds = ["is_music_kit_meets"]', "relaxations[0].adds", "is a yes or no"),
]  # fmt: skip
TYPES = [
    ('document = { zh = "乙", en = "B" }', "", "document", "is missing"),
    ('role = "items"', 'role = "ban"', "parts[0].role", "wanted is one of approval, gate, items"),
    ('kind = "never_both"', 'kind = "both"', f"{POSTS}.kind", "wanted is one of finding, fact, since"),
    ('must_be = "at_most", limit', 'must_be = "most", limit', f"{SIZE}.must_be", "wanted is one of above, at_least"),
    ('article = "十"', "", "quota", "“article” is missing"),
]
"""What is replaced (at its first place) by what, the key that is named, and words of the message."""


def written(folder: Path, text: str, name: str = "xx") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text, "utf-8")
    return path


def refusal(path: Path) -> str:
    with pytest.raises(StandardError) as refused:
        load(path)
    return str(refused.value)


def refusals(*folders: Path) -> str:
    with pytest.raises(StandardError) as refused:
        load_standards(*folders)
    return str(refused.value)


def test_the_standard_that_is_broken_below_is_sound(tmp_path: Path) -> None:
    written(tmp_path, WHOLE)
    assert load_standards(tmp_path)["xx"].quota is not None


def test_every_standard_of_ours_and_the_demonstrations_is_sound() -> None:
    assert load_standards() == standards()
    assert load(Path(synthetic.__file__).parent / "demo-base.toml").indicators


@pytest.mark.parametrize(("before", "after", "key", "words"), [*NUMBERS, *NAMES, *FIELDS, *TYPES])
def test_a_broken_standard_is_refused_with_file_line_key_and_what_was_wanted(
    tmp_path: Path, before: str, after: str, key: str, words: str
) -> None:
    assert before in WHOLE
    said = refusal(written(tmp_path, WHOLE.replace(before, after, 1))).split("\n")
    assert any(line.startswith("xx.toml") and f": {key}: " in line and words in line for line in said), said
    assert key == "document" or any(line.startswith("xx.toml, line ") for line in said)


def test_numbers_that_need_no_more_decimals_than_they_may_have_are_taken(tmp_path: Path) -> None:
    text = WHOLE.replace('junior = "1.1"', 'junior = "1.100"').replace('limit = "1100"', 'limit = "1.1e3"')
    text = text.replace('share = "0.95"', "share = 0.95").replace('primary = "20.5"', 'primary = "20.5000000000"')
    text = text.replace('limit = "2"', 'limit = "-2"').replace('junior = "500"', 'junior = "0.12345678"')
    assert load(written(tmp_path, text)).split.hundredths("junior") == 110


@pytest.mark.parametrize(
    ("number", "count"), [("1.10", 1), ("100", 0), ("1e-9", 9), ("0.000", 0), ("0e-99", 0), ("-0.25", 2), (7, 0)]
)
def test_zeros_at_the_end_are_no_decimals(number: str | int, count: int) -> None:
    assert decimals(number if isinstance(number, int) else Decimal(number)) == count


EMPTY = 'applies_to = ["cn-returns"]\ntitle = { zh = "甲", en = "A" }\ndocument = { zh = "乙", en = "B" }\n'
SCOPED = WHOLE[WHOLE.index("[scope]") : WHOLE.index("[[indicators]]")]


@pytest.mark.parametrize("text", [EMPTY, EMPTY + SCOPED, EMPTY + WHOLE[WHOLE.index("[quota]") :]])
def test_a_standard_that_asks_nothing_is_refused(tmp_path: Path, text: str) -> None:
    assert "xx.toml: parts: nothing to judge" in refusal(written(tmp_path, text))


def test_an_empty_file_is_told_all_that_it_lacks(tmp_path: Path) -> None:
    assert refusal(written(tmp_path, "")).split("\n") == [
        f"xx.toml: {key}: is missing" for key in ("title", "document", "applies_to")
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("# 中文".encode("gb18030"), "xx.toml, line 1: is not UTF-8; save the file as UTF-8"),
        (b"a = 1\nb = 2\n# \xff", "xx.toml, line 3: is not UTF-8"),
        ("title = 1".encode("utf-16"), "xx.toml, line 1: is not UTF-8"),
        (bytes(range(128)), "xx.toml, line 1: no TOML"),
        (b"title = [", "xx.toml, line 1: no TOML: Invalid value"),
        (b"a = 1\nb = \n", "xx.toml, line 2: no TOML: Invalid value"),
        (b"a = 2013-09-31", "xx.toml, line 1: no TOML: "),
        (b"a = " + b"[" * 3000 + b"]" * 3000, "xx.toml: no TOML of a standard: lists or tables are nested too deeply"),
        (b"a = " + b"9" * 5000, "xx.toml: no TOML of a standard: a number has thousands of digits"),
    ],
)
def test_what_is_no_toml_in_utf_8_is_said_in_words(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "xx.toml"
    path.write_bytes(content)
    assert refusal(path).startswith(words)


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "xx.toml"
    path.write_bytes(b"\xef\xbb\xbf" + WHOLE.encode())
    assert load(path) == load(written(tmp_path, WHOLE))


def test_a_folder_and_a_dangling_link_are_no_files(tmp_path: Path) -> None:
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "link.toml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop.toml").symlink_to(tmp_path / "loop.toml")
    said = refusals(tmp_path)
    assert "folder.toml: is a folder; wanted is a file" in said
    assert "link.toml: is a link that leads to no file" in said
    assert "loop.toml: cannot be read: " in said
    (tmp_path / "file").write_text("")
    assert "file: is a file; wanted is a folder" in refusals(tmp_path / "file")


@pytest.mark.parametrize("name", ["a b c", "..evil", "<script>", "a'b", "a|b", "a#b?c", "-x"])
def test_a_files_name_that_is_no_key_is_refused(tmp_path: Path, name: str) -> None:
    assert f"{name}.toml: id: the file's name “{name}”" in refusal(written(tmp_path, WHOLE, name))


def test_what_cannot_be_printed_is_said_in_escapes(tmp_path: Path) -> None:
    assert refusal(written(tmp_path, WHOLE, "a\u3000b\x1b")).startswith(r"a\u3000b\x1b.toml: id: the file's name")


@pytest.mark.parametrize("name", ["某省标准-2020", "xx_1.2"])
def test_a_files_name_may_be_chinese(tmp_path: Path, name: str) -> None:
    assert load(written(tmp_path, WHOLE, name)).id == name


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("class-size", "class-size.toml: a standard of this name exists already"),
        ("Class-Size", "Class-Size.toml: the name differs from class-size.toml only by its case"),
    ],
)
def test_two_standards_have_two_names_whatever_their_case(tmp_path: Path, name: str, words: str) -> None:
    written(tmp_path, WHOLE, name)
    assert words in refusals(tmp_path)


def test_the_faults_of_all_files_are_said_at_once(tmp_path: Path) -> None:
    written(tmp_path, WHOLE.replace("every = 12", "every = 0"), "one")
    written(tmp_path, WHOLE.replace('share = "0.95"', 'share = "2"').replace("lag = 1", "lag = -1"), "two")
    said = refusals(tmp_path)
    assert [line.split(":")[1].strip() for line in said.split("\n")] == [
        f"{ROOMS}.every",
        f"{GROWS}.lag",
        f"{SIZE}.share",
    ]


ASKING = """
applies_to = ["cn-returns"]
title = { zh = "甲", en = "A" }
document = { zh = "乙", en = "B" }

[[parts]]
id = "p"
role = "gate"
title = { zh = "部", en = "P" }
article = "一"

[[items]]
id = "i"
part = "p"
label = { zh = "项", en = "I" }
article = "一"
"""


def asking(check: str, head: str = "") -> str:
    return f"{head}\n{ASKING}checks = [{{ {check} }}]\n"


PUPILS = 'kind = "every_school", subject = "school", plus = ["pupils"], limit = "1"'
FINDING, BASE = 'kind = "finding"', 'kind = "standard", aspect = "verdict"'


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"a": asking(PUPILS, 'units_of = "a"')}, "a.toml, line 1: units_of: “a” is this standard itself"),
        ({"a": asking(PUPILS, 'units_of = "class-size"')}, "a.toml, line 1: units_of: “class-size” has no [scope]"),
        ({"a": asking(PUPILS, 'units_of = "nope"')}, "a.toml, line 1: units_of: no standard “nope”; there are a, base"),
        ({"a": asking(FINDING, 'gate_of = "a"')}, "a.toml, line 1: gate_of: “a” is this standard itself"),
        ({"a": asking(BASE, 'gate_of = "a"')}, "a.toml, line 1: gate_of: “a” is this standard itself"),
        ({"a": asking(FINDING, 'gate_of = "nope"')}, "a.toml, line 1: gate_of: no standard “nope”"),
        ({"a": asking(f'{BASE}, standard = "a"')}, "items[0].checks[0].standard: “a” is this standard itself"),
        ({"a": asking('kind = "standard", standard = "nope"')}, "items[0].checks[0].standard: no standard “nope”"),
        ({"a": asking('kind = "standard", standard = "class-size"')}, 'no resource part to meet; ask with aspect = "verdict"'),
        (
            {"a": asking(f'{BASE}, standard = "b"'), "b": asking(f'{BASE}, standard = "a"')},
            "a.toml, line 18: items[0].checks[0].standard: the verdicts wait for each other in a circle: a → b → a",
        ),
        (
            {name: asking(f'{BASE}, standard = "{other}"') for name, other in ("ab", "bc", "cd", "da")},
            "circle: a → b → c → d → a",
        ),
        (
            {"a": asking(BASE), "b": asking(f'{BASE}, standard = "a"', 'gate_of = "a"')},
            "a.toml, line 18: items[0].checks[0].standard: the verdicts wait for each other in a circle: a → b → a",
        ),
    ],
)  # fmt: skip
def test_a_standard_leans_on_another_that_can_bear_it(tmp_path: Path, files: dict[str, str], words: str) -> None:
    for name, text in files.items():
        written(tmp_path, text, name)
    assert words in refusals(tmp_path)


def test_a_chain_without_a_circle_is_taken(tmp_path: Path) -> None:
    written(tmp_path, asking(BASE), "a")
    written(tmp_path, asking(f'{BASE}, standard = "c"', 'gate_of = "a"'), "b")
    written(tmp_path, asking('kind = "standard", standard = "cn-basic-2012"'), "c")
    assert set("abc") <= set(load_standards(tmp_path))
    assert circle({"a": ["b"], "b": ["c"], "d": ["c"]}) == []


def test_the_words_that_a_key_may_say_come_from_its_type() -> None:
    assert choices(Standard, "dispersion.rule") == ["each", "mean", "none"]
    assert choices(Standard, "items[3].checks[1].where.standings") == ["counted", "listed", "out_of_scope"]
    assert choices(Standard, "title.zh") == choices(Standard, "") == []


def test_a_command_ends_with_2_and_without_a_traceback(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "standards").mkdir(parents=True)
    (home / "standards" / "xx.toml").write_bytes("# 中文".encode("gb18030"))
    done = run("template", "--standard", "xx", "-o", tmp_path / "return.xlsx", home=home)
    said = (done.stdout + done.stderr).decode()
    assert done.returncode == 2, said
    assert "xx.toml, line 1: is not UTF-8" in said
    assert "Traceback" not in said
