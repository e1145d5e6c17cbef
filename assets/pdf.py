"""A county's page as PDF, printed by a Chromium without a window."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from assets.home import Home, write_whole
from assets.papers import PaperError, counties, year_tables

NAMED = "JUNHENG_BROWSER"
"""The environment's name of the browser, where it is not one of BROWSERS on the path."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_INSTALL = (
    "打印 PDF 需要 Chromium 和中文字体：apt-get install chromium fonts-noto-cjk，"
    f"或在 {NAMED} 中写明浏览器的路径。 / Printing needs a Chromium: install one, or name it in {NAMED}."
)
_SECONDS = 120


class BrowserError(Exception):
    """There is no browser, or it printed nothing; the message says what to do."""


def browser(environment: Mapping[str, str] = os.environ) -> str:
    """The path of the browser that prints. Raises BrowserError."""
    named = environment.get(NAMED)
    if named:
        found = shutil.which(named)
        if found is None:
            raise BrowserError(f"{NAMED} 指向的“{named}”不是可执行文件。{_INSTALL}")
        return found
    found = next(filter(None, (shutil.which(name, path=environment.get("PATH")) for name in BROWSERS)), None)
    if found is None:
        raise BrowserError(f"找不到 {'、'.join(BROWSERS)}。{_INSTALL}")
    return found


def printed(page: Path, program: str) -> bytes:
    """A page of the site as PDF. The browser writes the time of printing into it. Raises BrowserError."""
    with tempfile.TemporaryDirectory(prefix="junheng-pdf-") as folder:
        path = Path(folder, "page.pdf")
        command = [
            program,
            "--headless",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--no-default-browser-check",
            "--disable-background-networking",
            "--no-pdf-header-footer",
            f"--user-data-dir={folder}/profile",
            f"--print-to-pdf={path}",
            *(["--no-sandbox"] if os.geteuid() == 0 else []),
            page.resolve().as_uri(),
        ]
        try:
            ended = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603 (our own words)
        except subprocess.TimeoutExpired:
            raise BrowserError(
                f"{program} 在 {_SECONDS} 秒内没有打印完 {page.name}。 / The browser took too long."
            ) from None
        if not path.exists():
            said = ended.stderr.decode(errors="replace").strip().splitlines()[-1:]
            raise BrowserError(f"{program} 没有写出 PDF（{''.join(said)}）。{_INSTALL}")
        return path.read_bytes()


def print_counties(home: Home, year: int | None, code: str, folder: Path, program: str) -> Iterator[Path]:
    """The published pages of a county printed under the folder: `<year>-<county>.pdf`.

    Raises PaperError where there is no such county or page, BrowserError where the browser fails.
    """
    for county in counties(year_tables(home, year), code):
        name = county.all.folders[county.year][county.key]
        page = home.published().site / str(county.year) / name / "index.html"
        if not page.exists():
            raise PaperError(f"没有 {county.name} {county.year} 学年的网页；请先运行 junheng refresh。 / no such page")
        path = folder / f"{county.year}-{name}.pdf"
        write_whole(path, printed(page, program))
        yield path
