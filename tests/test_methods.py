"""The pages of method: every standard in both languages, every norm and limit of its file, and links that lead there."""

from __future__ import annotations

import posixpath
import re
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from reports.language import LANGUAGES
from reports.methods import EXAMPLE, worked
from reports.site import METHOD_FOLDERS, render_methods
from schemas.source import sources
from standards.standard import HERE, load, standards
from tests.test_own_standard import OWN
from tests.test_reports import Page, files, plain


@cache
def pages() -> dict[str, str]:
    return {path: str(text) for path, text in render_methods(standards(), sources(), is_synthetic=True)}


@cache
def site() -> dict[str, str]:
    return {
        path: text
        for path, text in files(plain(), is_synthetic=True, languages=LANGUAGES).items()
        if isinstance(text, str) and path.endswith(".html")
    }


def test_every_standard_has_its_page_in_both_languages() -> None:
    names = ["index", *standards()]
    assert METHOD_FOLDERS == ("methods", "en/methods")
    assert sorted(pages()) == sorted(f"{folder}/{name}.html" for folder in METHOD_FOLDERS for name in names)
    for name, standard in standards().items():
        assert standard.title.zh in Page(pages()[f"methods/{name}.html"]).text
        assert standard.title.en in Page(pages()[f"en/methods/{name}.html"]).text


def values(name: str) -> Iterator[tuple[str, str]]:
    """The id or date beside which a norm or limit stands, and the number, as the file of the standard has them."""
    raw = tomllib.loads((HERE / f"{name}.toml").read_text("utf-8"))
    for indicator in raw.get("indicators", []):
        for norm in indicator.get("norms", []):
            yield from ((str(norm["from"]), str(norm[stage])) for stage in ("primary", "junior") if stage in norm)
    for limit in raw.get("dispersion", {}).get("limits", []):
        yield from ((str(limit["from"]), str(limit[stage])) for stage in ("primary", "junior") if stage in limit)
    for part in raw.get("parts", []):
        yield from (("", str(part[key])) for key in ("pass_mark", "at_least") if key in part)
    for item in raw.get("items", []):
        for check in item.get("checks", []):
            yield from (("", str(check[key])) for key in ("limit", "at_most") if key in check)
            yield from ((str(limit["from"]), str(limit["limit"])) for limit in check.get("limits", []))


@pytest.mark.parametrize("folder", METHOD_FOLDERS)
@pytest.mark.parametrize("name", standards())
def test_every_norm_and_limit_of_the_file_stands_in_a_table_of_the_page(name: str, folder: str) -> None:
    rows = [
        " ".join(Page(row).cells) for row in re.findall(r"<tr>.*?</tr>", pages()[f"{folder}/{name}.html"], re.DOTALL)
    ]
    numbers = [
        ({Decimal(found.replace(",", "")) for found in re.findall(r"\d[\d,]*(?:\.\d+)?", row)}, row) for row in rows
    ]
    for day, value in values(name):
        assert any(Decimal(value) in found and day in row for found, row in numbers), (day, value)


def test_the_norms_of_the_two_national_standards_are_many() -> None:
    assert len(list(values("cn-quality-2017"))) > 30
    assert len(list(values("cn-basic-2012"))) > 5


def test_every_link_of_and_to_the_pages_resolves() -> None:
    seen = set()
    for path, text in site().items():
        for href in re.findall(r'href="([^"#]*methods/[^"#]*|[^"#]*\.html)"', text):
            is_of_methods = "methods/" in path or "methods/" in href
            if not is_of_methods or "editions/" in href:
                continue
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), href))
            assert target in site(), (path, href)
            if "methods/" in target:
                seen.add((path, target))
    for tree in ("", "en/"):
        counties = {path for path, _target in seen if re.fullmatch(rf"{tree}2023/\d{{6}}/index.html", path)}
        assert counties
        for county in counties:
            assert (county, f"{tree}methods/index.html") in seen
            assert (county, f"{tree}methods/cn-quality-2017.html") in seen
        assert (f"{tree}index.html", f"{tree}methods/index.html") in seen


def test_the_worked_example_is_computed_and_is_the_published_one() -> None:
    found = worked(EXAMPLE)
    assert found.mean == pytest.approx(6.3344370861, abs=1e-10)
    assert found.cv == pytest.approx(0.5152566299, abs=1e-10)
    assert "CV = 0.5152566299" in pages()["en/methods/index.html"]


def test_a_page_has_one_title_and_tables_with_captions_and_scopes() -> None:
    for path, text in pages().items():
        tags = Page(text).tags
        assert [tag for tag, _given in tags].count("h1") == 1, path
        assert [tag for tag, _ in tags].count("table") == [tag for tag, _ in tags].count("caption"), path
        assert all("scope" in given for tag, given in tags if tag == "th"), path
        anchors = [given["id"] for _tag, given in tags if "id" in given]
        assert len(anchors) == len(set(anchors)), path


def test_a_standard_of_ones_own_has_its_page_with_its_limit(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(OWN, "utf-8")
    found = dict(render_methods({**standards(), "own": load(file)}, sources(), is_synthetic=False))
    assert "≥ 1,000 人" in Page(str(found["methods/own.html"])).text
    assert "Care is offered everywhere" in Page(str(found["en/methods/own.html"])).text
    assert 'href="own.html"' in str(found["methods/index.html"])


def test_the_same_standards_give_the_same_bytes() -> None:
    assert dict(render_methods(standards(), sources(), is_synthetic=True)) == pages()
