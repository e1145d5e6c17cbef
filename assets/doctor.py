"""Whether this machine and this home are fit for a run: each thing looked at, what it is, and what to do where it is wrong."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal, NamedTuple

from assets.home import Home, holder
from assets.inputs import CHECKOUT
from assets.pdf import BROWSERS, NAMED
from assets.runs import operations

State = Literal["ok", "note", "wrong"]
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s\\;]+)", re.MULTILINE)
_OLDEST = (3, 11)


class Finding(NamedTuple):
    """What was looked at, its state, what was found, and what to do. A note hinders no refresh."""

    name: str
    state: State
    found: str
    todo: str = ""


def examine(home: Home, environment: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Each thing that a refresh and its reports stand on."""
    yield _python()
    yield _versions()
    yield _home(home)
    yield from _files(home)
    yield _edition(home)
    yield _lock(home)
    yield _room(home)
    yield _dagster(home)
    yield _browser(environment)
    yield _fonts()


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < _OLDEST:
        return Finding("Python", "wrong", found, "请安装 Python 3.11 或以上 / install Python 3.11 or later")
    return Finding("Python", "ok", found)


def _versions() -> Finding:
    """The packages that the lock pins, and those that are installed otherwise."""
    pinned = dict(_PINNED.findall((CHECKOUT / "requirements.lock").read_text("utf-8")))
    other = []
    for name, wanted in pinned.items():
        try:
            there = version(name)
        except PackageNotFoundError:
            continue
        if there != wanted:
            other.append(f"{name} {there}（{wanted}）")
    if other:
        return Finding("依赖 packages", "wrong", "、".join(other), "请运行 make setup / run make setup")
    return Finding("依赖 packages", "ok", f"{len(pinned)}，与 requirements.lock 一致 / as pinned")


def _home(home: Home) -> Finding:
    name = "目录 home"
    if not home.root.is_dir():
        parent = next(folder for folder in home.root.parents if folder.is_dir())
        if os.access(parent, os.W_OK):
            return Finding(
                name, "note", f"{home.root} 还没有 / not there yet", "运行 junheng refresh 时会建 / a refresh makes it"
            )
        return Finding(
            name, "wrong", f"{parent} 不可写 / not writable", "请用 --home 换一个目录 / name another with --home"
        )
    closed = [
        folder.name
        for folder in (home.root, home.inbox, home.site, home.root / "tables", home.root / "editions", home.dagster)
        if folder.is_dir() and not os.access(folder, os.R_OK | os.X_OK | (0 if folder == home.inbox else os.W_OK))
    ]
    if closed:
        return Finding(
            name, "wrong", f"不可写 not writable: {'、'.join(closed)}", f"请改权限 / chown -R $USER {home.root}"
        )
    return Finding(name, "ok", str(home.root))


def _files(home: Home) -> Iterator[Finding]:
    """The settings of the home, read as a refresh reads them."""
    looked: dict[str, Callable[[], object]] = {
        "标准 standards": lambda: home.standards,
        "更正 corrections": lambda: home.corrections,
        "公开规则 disclosure": lambda: home.disclosure,
    }
    for name, read in looked.items():
        try:
            read()
        except Exception as fault:  # noqa: BLE001  (what is wrong with a file of theirs is what is asked)
            yield Finding(name, "wrong", " ".join(str(fault).split())[:300], "请按提示改正该文件 / mend the file")
        else:
            yield Finding(name, "ok", "可读 readable")


def _edition(home: Home) -> Finding:
    name = "现行版 edition"
    pointer = home.root / "current"
    if not pointer.is_symlink():
        return Finding(name, "note", "还没有发布过 / nothing published yet", "junheng refresh")
    if not (pointer / "site" / "index.html").is_file():
        return Finding(
            name,
            "wrong",
            f"{pointer.readlink()} 没有站点 / has no site",
            "junheng refresh，或从备份恢复 / or restore",
        )
    return Finding(name, "ok", pointer.resolve().name)


def _lock(home: Home) -> Finding:
    held = holder(home.root)
    if held:
        return Finding("占用 lock", "note", held, "请等它结束 / wait until it has ended")
    return Finding("占用 lock", "ok", "空闲 free")


def _room(home: Home) -> Finding:
    there = next(folder for folder in (home.root, *home.root.parents) if folder.is_dir())
    free, least = shutil.disk_usage(there).free, int(operations()["disk"]["free_bytes"])
    found = f"{free / 1e9:,.1f} GB"
    if free < least:
        return Finding(
            "磁盘 disk",
            "wrong",
            found,
            f"至少留 {least / 1e9:g} GB：junheng editions --forget，junheng runs --forget / free some",
        )
    return Finding("磁盘 disk", "ok", found)


def _dagster(home: Home) -> Finding:
    name = "Dagster 存储 storage"
    files = sorted(home.dagster.rglob("*.db")) if home.dagster.is_dir() else []
    for file in files:
        try:
            with sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5) as connection:
                said = connection.execute("PRAGMA quick_check").fetchone()[0]
            connection.close()
        except sqlite3.Error as fault:
            said = str(fault)
        if said != "ok":
            shown = file.relative_to(home.root)
            return Finding(
                name, "wrong", f"{shown}: {said}", f"移走该文件，下次运行时重建；不影响任何数字 / move {shown} away"
            )
    size = sum(file.stat().st_size for file in files) / 1e6
    return Finding(name, "ok", f"{len(files)} 个文件 files，{size:,.1f} MB")


def _browser(environment: Mapping[str, str]) -> Finding:
    named = environment.get(NAMED)
    names = [named] if named else list(BROWSERS)
    found = next(filter(None, (shutil.which(name, path=environment.get("PATH")) for name in names)), None)
    if found:
        return Finding("Chromium", "ok", found)
    todo = f"只有 PDF 需要它：apt-get install chromium，或设 {NAMED} / only PDF needs it"
    return Finding("Chromium", "note", "没有 / none", todo)


def _fonts() -> Finding:
    name, todo = "中文字体 fonts", "只有 PDF 需要它：apt-get install fonts-noto-cjk / only PDF needs it"
    program = shutil.which("fc-list")
    if program is None:
        return Finding(name, "note", "没有 fc-list，无从得知 / cannot tell without fc-list", todo)
    listed = subprocess.run([program, ":lang=zh", "family"], capture_output=True, text=True, check=False, timeout=30)  # noqa: S603
    families = sorted({Path(line.strip()).name for line in listed.stdout.splitlines() if line.strip()})
    return Finding(name, "ok", families[0]) if families else Finding(name, "note", "没有 / none", todo)
