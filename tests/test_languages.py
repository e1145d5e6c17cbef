"""The pages speak Chinese and English from one model: the same figures, every sentence translated, each page's twin there."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from functools import cache
from html.parser import HTMLParser

import pytest
from babel.messages.catalog import Catalog

from reports import display, messages
from reports.faces import prefix, twin
from reports.language import (
    LANGUAGES,
    MissingMessageError,
    bracketed,
    catalogue,
    gettext,
    half,
    language,
    serial,
    speaking,
    spoken,
)
from reports.render import marked_chinese
from standards.standard import HERE, standards
from standards.values import Words
from tests.test_reports import files, plain

OTHERS = [name for name in LANGUAGES if name != "zh-CN"]
HAN = re.compile(r"[\u3400-\u9fff]")
HELD = re.compile(r"(?:[≥≤<>] )?\d[\d.,-]*")
ARTICLES = {
    article for file in HERE.glob("*.toml") for article in re.findall(r'article = "(.*?)"', file.read_text("utf-8"))
}
NUMBER = re.compile(r"[<>]?[+−]?\d+(?:,\d{3})*(?:\.\d+)?%?")


class Shown(HTMLParser):
    """The words of a page that bear no mark of another language, its links, its anchors, and its tables' cells."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.plain, self.twins, self.anchors, self.language = [], [], [], ""
        self.tables: list[list[str]] = []
        self._open: list[tuple[str, bool]] = []
        self._cell = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "html":
            self.language = given["lang"] or ""
        if given.get("rel") == "alternate":
            self.twins.append((given["hreflang"], given["href"]))
        if given.get("id"):
            self.anchors.append(given["id"])
        if tag == "table":
            self.tables.append([])
        if tag in ("td", "th"):
            self._cell = tag == "td"
        if tag not in ("meta", "link", "br", "line", "circle", "rect", "polyline", "path", "input"):
            self._open.append((tag, "lang" in given and tag != "html"))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass
        if tag == "td":
            self._cell = False

    def handle_data(self, data: str) -> None:
        inside = {tag for tag, _is_other in self._open}
        if inside & {"script", "style", "title", "desc"}:
            return
        if self._cell and self.tables:
            self.tables[-1].append(data)
        if not any(is_other for _tag, is_other in self._open):
            self.plain.append(data)


@cache
def site() -> dict[str, str]:
    return {
        path: text
        for path, text in files(plain(), is_synthetic=True, languages=LANGUAGES).items()
        if isinstance(text, str) and ".html" in path
    }


def pairs() -> list[tuple[str, str]]:
    return [(path, f"en/{path}") for path in site() if not path.startswith("en/") and "/documents/" not in path]


@pytest.mark.parametrize("name", OTHERS)
def test_every_sentence_of_code_and_templates_has_a_text_in_the_catalogue(name: str) -> None:
    assert list(messages.faults(name, messages.known(name))) == []


def test_the_catalogue_is_written_as_make_messages_writes_it() -> None:
    from reports.language import catalogue_path  # noqa: PLC0415

    assert messages.renewed("en", messages.known("en")) == catalogue_path("en").read_bytes()


@pytest.mark.parametrize(
    ("text", "flags", "fault"),
    [
        ("", (), "empty"),
        ("of {totl}", (), "fields"),
        ("{total} 项：{counts}", (), "Chinese"),
        ("{total}: {counts}", ("fuzzy",), "fuzzy"),
    ],
)
def test_an_entry_that_is_empty_fuzzy_chinese_or_of_other_fields_is_a_fault(
    text: str, flags: tuple[str, ...], fault: str
) -> None:
    message = "{total} 项：{counts}"
    changed = Catalog(locale="en")
    for entry in messages.known("en"):
        if entry.id and entry.id != message:
            changed.add(entry.id, entry.string)
    assert len(list(messages.faults("en", changed))) == 1
    changed.add(message, text, flags=flags)
    found = list(messages.faults("en", changed))
    assert len(found) == 1
    assert fault in found[0]


def test_a_sentence_without_an_entry_is_never_said_in_chinese_instead() -> None:
    with speaking(catalogue("en")), pytest.raises(MissingMessageError, match="make messages"):
        gettext("这句没有译文")
    assert gettext("这句没有译文") == "这句没有译文"


def test_texts_of_data_lists_brackets_and_years_follow_the_language() -> None:
    both = Words("小学", "primary")
    assert (spoken(both), serial(["甲", "乙"]), bracketed("一")) == ("小学", "甲、乙", "（一）")
    assert (half("中文 / English"), display.school_year(2023)) == ("中文", "2023 学年")
    with speaking(catalogue("en")):
        assert language() == "en"
        assert (spoken(both), serial(["A", "B"]), bracketed("one")) == ("primary", "A, B", " (one)")
        assert (half("中文 / English"), half("a / b"), display.school_year(2023)) == ("English", "a / b", "2023/24")
        assert display.province("370000") == "Shandong"
    assert language() == "zh-CN"


def test_every_page_stands_in_both_languages_and_leads_to_its_twin() -> None:
    assert len(pairs()) > 20
    for one, other in pairs():
        for path, name in ((one, "zh-CN"), (other, "en")):
            page = Shown(site()[path])
            assert page.language == name
            assert len(page.twins) == 2  # in the head and to be seen
            for of, href in page.twins:
                assert of != name
                assert posixpath.normpath(posixpath.join(posixpath.dirname(path), href)) == (
                    other if path == one else one
                )


def test_anchors_are_the_same_in_both_languages() -> None:
    for one, other in pairs():
        assert Shown(site()[one]).anchors == Shown(site()[other]).anchors, one


def figures(cells: list[str]) -> Counter[str]:
    """The numbers of a table's cells; a school year counts once however it is written."""
    text = re.sub(r"(\d{4})/\d\d\b", r"\1", "\n".join(cells))
    return Counter(NUMBER.findall(text.replace("m²", "㎡")))


def test_the_figures_of_every_table_are_the_same_in_both_languages() -> None:
    seen = 0
    for one, other in pairs():
        chinese, english = Shown(site()[one]).tables, Shown(site()[other]).tables
        assert len(chinese) == len(english), one
        for zh, en in zip(chinese, english, strict=True):
            if one.startswith("methods/"):  # names of fields hold numerals: grade 7, 七年级
                zh, en = ([cell for cell in cells if HELD.fullmatch(cell)] for cells in (zh, en))  # noqa: PLW2901
            assert figures(zh) == figures(en), (one, zh, en)
            seen += sum(figures(en).values())
    assert seen > 400


def test_an_english_page_holds_no_chinese_that_is_not_marked() -> None:
    for _one, path in pairs():
        assert [text for text in Shown(site()[path]).plain if HAN.search(text)] == [], path


def test_what_is_chinese_on_an_english_page_is_a_name_or_a_quotation() -> None:
    """A sentence of ours that stayed Chinese would be marked too: so nothing marked may be a sentence of ours."""
    ours = {message.strip("。：") for message in messages.said() if HAN.search(message)}
    for _one, path in pairs():
        runs = set(re.findall(r'lang="zh-CN">([^<]*)<', site()[path])) - {"中文"}
        if path.startswith("en/methods/"):
            runs = {run for run in runs if not any(run in article for article in ARTICLES)}
        assert not runs & ours, path


def test_chinese_is_marked_in_text_and_left_alone_in_titles_scripts_and_attributes() -> None:
    page = '<title>甲县</title><a title="甲县">甲县 has 3</a><svg><text x="1">乙</text></svg><script>"丙"</script>'
    assert marked_chinese(page) == (
        '<title>甲县</title><a title="甲县"><span lang="zh-CN">甲县</span> has 3</a>'
        '<svg><text x="1"><tspan lang="zh-CN">乙</tspan></text></svg><script>"丙"</script>'
    )


def test_the_twin_of_a_page_is_as_far_up_as_the_page_is_deep() -> None:
    assert twin("2023/a/index.html") == ("en", "English", "../../en/2023/a/index.html")
    with speaking(catalogue("en")):
        assert twin("2023/a/index.html") == ("zh-CN", "中文", "../../../2023/a/index.html")
    assert (prefix("zh-CN"), prefix("en")) == ("", "en/")


@pytest.mark.parametrize("name", LANGUAGES)
def test_every_unit_of_the_standards_is_said_in_every_language(name: str) -> None:
    units = {indicator.unit for standard in standards().values() for indicator in standard.indicators}
    with speaking(catalogue(name)):
        said = {unit: display.unit_label(unit) for unit in units}
        assert display.unit_label("percent") == "%"
    assert all(said.values())
