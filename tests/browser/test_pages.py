"""Every kind of page in a real browser: on a phone, at 200 % zoom, by keyboard, without scripts, on paper."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fastexcel
import html5lib
import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import ARTEFACTS, COUNTIES, EVIL, FORMULA, Look, Site
from tests.test_reports import unmarked

pytestmark = pytest.mark.browser

MEASURE = (Path(__file__).parent / "measure.js").read_text("utf-8")
KINDS = {
    "index": "index.html",
    "province": "2023/index.html",
    "order": "2023/by-*.html",
    "indicator": "2023/indicators/*/*/*.html",
    "county": f"2023/{COUNTIES[0]}/index.html",
    "county-before": f"2022/{COUNTIES[1]}/index.html",
    "methods": "methods/index.html",
    "method": "methods/cn-quality-2017.html",
    "methods-en": "en/methods/index.html",
    "method-en": "en/methods/cn-quality-2017.html",
    "index-en": "en/index.html",
    "province-en": "en/2023/index.html",
    "indicator-en": "en/2023/indicators/*/*/*.html",
    "county-en": f"en/2023/{COUNTIES[0]}/index.html",
    "province-public": "../public/2023/index.html",
    "county-public": f"../public/2023/{COUNTIES[0]}/index.html",
    "county-public-en": f"../public/en/2023/{COUNTIES[0]}/index.html",
    "feedback": f"2023/{COUNTIES[0]}/documents/inspection-feedback.html",
    "recommendation": f"2023/{COUNTIES[0]}/documents/recommendation-form.html",
    "comparison": f"2023/{COUNTIES[0]}/documents/standards-side-by-side.html",
}
SCREENS = {"phone": (320, 1), "desk": (1200, 1), "zoomed": (640, 2)}
"""Width in CSS pixels and scale; 1,280 pixels at 200 % zoom are 640."""
FOCUSABLE = "a[href], button, input, select, textarea, summary, [tabindex='0']"
PORTRAIT, LANDSCAPE = 590, 850
"""The type area of A4 upright and across, in CSS pixels."""
_WIDE = "section[aria-labelledby=schools], section[aria-labelledby=ledgers]"

Open = Callable[..., Look]


def of_kind(site: Site, kind: str) -> str:
    """A page of the kind, by its path under the site."""
    found = sorted(site.folder.glob(KINDS[kind]))
    assert found, f"the site has no page {KINDS[kind]}"
    return found[0].relative_to(site.folder).as_posix()


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_sticks_out_is_cut_off_or_asks_for_more(site: Site, look: Open, kind: str, screen: str) -> None:
    width, scale = SCREENS[screen]
    seen = look(of_kind(site, kind), width=width, height=900, device_scale_factor=scale)
    found = seen.page.evaluate(MEASURE)
    assert not found, "; ".join(found)
    ARTEFACTS.mkdir(exist_ok=True)
    seen.page.set_viewport_size({"width": width, "height": 3000})
    seen.page.screenshot(path=ARTEFACTS / f"{kind}-{screen}.png")
    assert seen.faults == []


def test_what_measures_the_layout_sees_its_faults(site: Site, look: Open) -> None:
    page = look("index.html", width=320).page
    planted = (
        '<div style="width:900px">wide</div>',
        '<div style="overflow-x:auto"><p style="width:900px">scrolls</p></div>',
        '<div style="overflow:hidden;width:90px"><p style="width:900px">cut</p></div>',
        '<svg width="300" height="20"><text x="290" y="10">far beyond the window</text></svg>',
    )
    for html in planted:
        place = "document.querySelector('main').insertAdjacentHTML('beforeend', `<div id='planted'>${html}</div>`)"
        page.evaluate(f"html => {place}", html)
        assert page.evaluate(MEASURE) != [], html
        page.evaluate("document.getElementById('planted').remove()")
    page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=\"data:,\">')")
    assert [rule["id"] for rule in Axe().run(page).response["violations"]] == ["image-alt"]


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_no_barrier(site: Site, look: Open, kind: str, screen: str) -> None:
    width, scale = SCREENS[screen]
    seen = look(of_kind(site, kind), width=width, device_scale_factor=scale)
    found = Axe().run(seen.page, options={"resultTypes": ["violations"]}).response["violations"]
    assert [(rule["id"], rule["help"], [node["target"] for node in rule["nodes"]][:3]) for rule in found] == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_is_whole_without_scripts(site: Site, look: Open, kind: str) -> None:
    path = of_kind(site, kind)
    seen = look(path, java_script_enabled=False)
    page = html5lib.parse((site.folder / path).read_text("utf-8"), treebuilder="etree", namespaceHTMLElements=False)
    rows = [row for body in page.iter("tbody") for row in body.iter("tr")]
    shown = seen.page.locator("tbody tr:visible")
    assert shown.count() == len(rows)
    folder = (site.folder / path).parent
    for link in page.iter("a"):
        target, _, anchor = link.get("href", "").partition("#")
        file = (folder / target).resolve() if target else site.folder / path
        assert file.is_file(), link.get("href")
        if anchor:
            assert f'id="{anchor}"' in file.read_text("utf-8"), link.get("href")
    assert seen.faults == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_keyboard_reaches_everything_in_order(site: Site, look: Open, kind: str) -> None:
    page = look(of_kind(site, kind)).page
    page.wait_for_load_state("networkidle")
    wanted = page.evaluate(
        "(css) => { const all = [...document.querySelectorAll(css)].filter(n => n.tabIndex >= 0 && n.getClientRects().length);"
        " all.forEach((n, i) => { n.dataset.place = i; }); return all.length; }",
        FOCUSABLE,
    )
    reached = []
    for _ in range(wanted):
        page.keyboard.press("Tab")
        place, outline, left = page.evaluate(
            "() => { const n = document.activeElement, s = getComputedStyle(n);"
            " return [Number(n.dataset.place ?? -1), s.outlineStyle + ' ' + s.outlineWidth, n.getBoundingClientRect().left]; }"
        )
        reached.append(place)
        assert not outline.startswith("none")
        assert not outline.endswith(" 0px")
        assert left > -1
    assert reached == list(range(wanted))


@pytest.mark.parametrize("kind", KINDS)
def test_the_skip_link_leads_past_the_head(site: Site, look: Open, kind: str) -> None:
    page = look(of_kind(site, kind)).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('header')") is None


@pytest.mark.parametrize(("column", "kind"), [(0, "province"), (2, "province")])
def test_the_provinces_table_is_sorted_by_its_buttons(site: Site, look: Open, kind: str, column: int) -> None:
    page = look(of_kind(site, kind)).page
    head = page.locator("table[data-sortable] thead th").nth(column)
    head.locator("button").focus()
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    assert page.locator("table[data-sortable] tbody tr:visible").count() == len(COUNTIES)


@pytest.mark.parametrize("kind", KINDS)
def test_no_table_and_no_chart_is_cut_off_on_paper(site: Site, look: Open, kind: str) -> None:
    seen = look(of_kind(site, kind), width=PORTRAIT)
    seen.page.emulate_media(media="print")
    for width, is_wide in ((PORTRAIT, False), (LANDSCAPE, True)):
        seen.page.set_viewport_size({"width": width, "height": 900})
        cut = seen.page.evaluate(
            "([css, isWide]) => [...document.querySelectorAll('table, svg, p, li, dl')]"
            ".filter(n => !!n.closest(css) === isWide && n.getClientRects().length)"
            ".filter(n => n.getBoundingClientRect().right > innerWidth + 1 || n.getBoundingClientRect().left < -1)"
            ".map(n => `${n.tagName} ${n.getBoundingClientRect().right} ${n.textContent.trim().slice(0, 40)}`)",
            [_WIDE, is_wide],
        )
        assert cut == []
    unscrolled = seen.page.evaluate(
        "[...document.querySelectorAll('*')].filter(n => ['auto', 'scroll'].includes(getComputedStyle(n).overflowX)).length"
    )
    assert unscrolled == 0
    assert seen.page.evaluate(
        "[...document.querySelectorAll('thead')].every(n => getComputedStyle(n).display === 'table-header-group')"
    )


def test_a_county_prints_on_a4_with_numbers_at_the_foot(site: Site, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "junheng", "pdf", "--home", str(site.home), "--county", COUNTIES[0]]
    done = subprocess.run([*command, "--year", "2023", "-o", str(tmp_path)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    content = (tmp_path / f"2023-{COUNTIES[0]}.pdf").read_bytes()
    assert content.startswith(b"%PDF-")
    sizes = re.findall(rb"/MediaBox ?\[0 0 ([\d.]+) ([\d.]+)\]", content)
    upright = [size for size in sizes if float(size[0]) < float(size[1])]
    assert 5 < len(upright) < len(sizes) < 120
    assert {tuple(sorted(round(float(side)) for side in size)) for size in sizes} == {(595, 842)}
    (ARTEFACTS / "county.pdf").write_bytes(content)


def test_every_page_is_valid_html(site: Site) -> None:
    pages = site.pages()
    assert len(pages) > len(KINDS)
    for path in pages:
        parser = html5lib.HTMLParser(strict=True)
        parser.parse((site.folder / path).read_text("utf-8"))


def test_a_schools_name_is_text_on_every_face(site: Site, look: Open) -> None:
    county = f"2023/{COUNTIES[0]}"
    seen = look(f"{county}/index.html")
    assert seen.page.locator("th", has_text=EVIL).count() > 0
    assert seen.page.locator("th", has_text=FORMULA).count() > 0
    assert seen.page.evaluate("[...document.querySelectorAll('main script, main b, main i')].length") == 0
    assert seen.faults == []
    for path in site.pages():
        assert "<script>alert" not in (site.folder / path).read_text("utf-8")
    markdown = (site.folder / county / "report.md").read_text("utf-8")
    assert EVIL not in markdown
    assert EVIL in unmarked(markdown)
    data: dict[str, Any] = json.loads((site.folder / county / "report.json").read_text("utf-8"))
    names = {unit["school_name"] for part in data["standards"] for stage in part["stages"] for unit in stage["schools"]}
    assert {EVIL, FORMULA} <= names
    rows = csv.DictReader(io.StringIO((site.folder / county / "indicators.csv").read_text("utf-8-sig")))
    assert {EVIL, f"'{FORMULA}"} <= {row["school_name"] for row in rows}


def test_a_schools_name_is_inert_in_every_workbook(site: Site) -> None:
    books = sorted(site.folder.rglob("*.xlsx"))
    seen = set()
    for book in books:
        with zipfile.ZipFile(book) as parts:
            for name in parts.namelist():
                if name.startswith("xl/worksheets/sheet"):
                    text = parts.read(name).decode()
                    assert not re.search(r"<f[ >][^<]*SUM\(A1\)", text), book
                    assert "<hyperlink" not in text or "alert" not in text
        for sheet in (found := fastexcel.read_excel(book)).sheet_names:
            cells = found.load_sheet(sheet, header_row=None, dtypes="string").to_polars()
            seen |= {
                name for name in (EVIL, FORMULA) for column in cells if column.str.contains(name, literal=True).any()
            }
    assert seen == {EVIL, FORMULA}
