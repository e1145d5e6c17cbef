"""A small site of the invented province, served on this machine, and a Chromium to look at it."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urljoin

import polars as pl
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from assets.home import SYNTHETIC_MARK, Home
from assets.pdf import browser as browser_path
from pipelines.synthetic import county_returns, province
from reports.county_workbook import write_county_workbook
from reports.return_workbook import return_frame
from schemas.source import sources
from standards.standard import standards

YEARS = (2022, 2023)
COUNTIES = ("690121", "690126")
EVIL = "<script>alert(1)</script>=SUM(A1)"
FORMULA = "=SUM(A1)<b>"
TREES = ("../public/en/", "../public/", "en/", "")
"""Where pages of an edition and a language stand, from the internal Chinese ones."""
ARTEFACTS = Path(__file__).parent / "artefacts"


class Site(NamedTuple):
    """The published site: its home, its folder, and where it is served, the public edition beside it."""

    home: Path
    folder: Path
    address: str

    def pages(self) -> list[str]:
        """Every page, by its path under the site."""
        return sorted(path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*.html"))


class Look(NamedTuple):
    """A page as it is seen, and what went wrong while it was loaded."""

    page: Page
    faults: list[str]


def search_of(path: str) -> str:
    """What is searched from a page: `search.json` of its school year, in its language's tree."""
    tree = next(tree for tree in TREES if path.startswith(tree))
    return f"{tree}{path.removeprefix(tree).partition('/')[0]}/search.json"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (its name)
        """Nothing."""


def _inbox(folder: Path) -> Path:
    """Two counties in two school years: schools, two of them with names that are traps, and what the counties say."""
    years, source = province(), sources()["cn-returns"]
    said = county_returns(years, standards())
    asked = [s for s in standards().values() if s.is_for("690000") and source.name in s.applies_to]
    (folder / SYNTHETIC_MARK).write_bytes(b"")
    for year in YEARS:
        rows = years[year].filter(pl.col("county_code").is_in(COUNTIES))
        place = pl.int_range(pl.len()).over("county_code")
        named = pl.when(place == 2).then(pl.lit(EVIL)).when(place == 3).then(pl.lit(FORMULA)).otherwise("school_name")
        frame = return_frame(source, "school", year, rows.with_columns(school_name=named))
        if year == YEARS[-1]:
            broken = pl.when(pl.int_range(pl.len()) == 5).then(pl.lit("<i>很多</i>")).otherwise(pl.col("图书册数"))
            frame = frame.with_columns(broken.alias("图书册数"))
        frame.write_csv(folder / f"{year}.csv")
        own = {name: table.filter(pl.col("county_code").is_in(COUNTIES)) for name, table in said[year].items()}
        write_county_workbook(folder / f"{year}.xlsx", source, year, asked, None, own)
    return folder


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site after a refresh of both years."""
    home = tmp_path_factory.mktemp("home")
    command = [sys.executable, "-m", "junheng", "refresh", "--home", str(home)]
    done = subprocess.run(
        [*command, "--inbox", str(_inbox(tmp_path_factory.mktemp("inbox")))], capture_output=True, check=False
    )
    assert done.returncode == 1, done.stderr.decode()
    folder = Home(home).published().site
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder.parent))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Site(home, folder, f"http://127.0.0.1:{server.server_port}/site/")
        server.shutdown()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The Chromium of this machine, without a window."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=browser_path(), chromium_sandbox=False)
        yield found
        found.close()


@pytest.fixture
def look(chromium: Browser, site: Site) -> Iterator[Callable[..., Look]]:
    """Opens a page of the site in a context of its own; what it logs, throws, asks or requests elsewhere is a fault."""
    contexts = []

    def opened(path: str, width: int = 1200, height: int = 900, **options: Any) -> Look:
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page, faults = context.new_page(), []
        page.on("console", lambda said: faults.append(f"{said.type}: {said.text}"))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: (faults.append(dialog.message), dialog.dismiss()))
        own = (urljoin(site.address, path), urljoin(site.address, search_of(path)))
        page.on("request", lambda asked: faults.append(asked.url) if asked.url not in own else None)
        page.goto(site.address + path)
        return Look(page, faults)

    yield opened
    for context in contexts:
        context.close()
