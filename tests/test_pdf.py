"""Printing a county's page: without a browser the command says how to get one, and what it prints is the page."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from assets.pdf import BROWSERS, NAMED, BrowserError, browser, printed
from reports.render import TEMPLATES


def program(folder: Path, name: str, script: str) -> Path:
    """A program of a few lines in the place of a browser."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.mark.parametrize("name", BROWSERS)
def test_a_browser_is_found_on_the_path(tmp_path: Path, name: str) -> None:
    found = program(tmp_path, name, "exit 0")
    assert browser({"PATH": str(tmp_path)}) == str(found)


def test_a_browser_that_is_named_goes_before_those_on_the_path(tmp_path: Path) -> None:
    program(tmp_path, "chromium", "exit 0")
    named = program(tmp_path, "other", "exit 0")
    assert browser({"PATH": str(tmp_path), NAMED: str(named)}) == str(named)


@pytest.mark.parametrize("environment", [{"PATH": "/nowhere"}, {"PATH": "/nowhere", NAMED: "/nowhere/chrome"}])
def test_without_a_browser_the_message_says_how_to_install_one(environment: dict[str, str]) -> None:
    with pytest.raises(BrowserError, match="apt-get install chromium fonts-noto-cjk"):
        browser(environment)


def test_the_browser_is_asked_to_print_the_page_to_a_file(tmp_path: Path) -> None:
    script = 'for word in "$@"; do case "$word" in --print-to-pdf=*) printf %s "$*" >"${word#*=}";; esac; done'
    fake = program(tmp_path, "chromium", script)
    page = tmp_path / "有 空格.html"
    asked = printed(page, str(fake)).decode()
    assert asked.endswith(page.as_uri())
    assert "--headless" in asked
    assert "--no-pdf-header-footer" in asked


def test_a_browser_that_prints_nothing_is_said_with_its_own_words(tmp_path: Path) -> None:
    fake = program(tmp_path, "chromium", "echo no display >&2; exit 1")
    with pytest.raises(BrowserError, match="no display"):
        printed(tmp_path / "x.html", str(fake))


def test_the_command_without_a_browser_is_a_mistake_of_use(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "junheng", "pdf", "--county", "690101", "--home", str(tmp_path)],
        capture_output=True,
        check=False,
        env={"PATH": str(tmp_path), "COLUMNS": "200"},
    )
    said = done.stderr.decode()
    assert done.returncode == 2
    assert "apt-get install chromium" in said
    assert "Traceback" not in said


def test_the_sheet_of_paper_is_that_of_gb_t_9704() -> None:
    css = (TEMPLATES / "print.css").read_text("utf-8")
    top, right, bottom, left = map(int, re.findall(r"@page\{size:A4;margin:(\d+)mm (\d+)mm (\d+)mm (\d+)mm\}", css)[0])
    assert (top, left) == (37, 28)
    assert (210 - left - right, 297 - top - bottom) == (156, 225)
    assert css.count('content:"— " counter(page) " —"') == 2
    assert "thead{display:table-header-group" in css
