"""The doctor says of each thing whether it is fit, and what to do where it is not; each fault here is made."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from assets import doctor
from assets.doctor import Finding, examine
from assets.home import Home
from tests.test_runs import junheng


def found(home: Path, name: str, **environment: str) -> Finding:
    return next(one for one in examine(Home(home), environment) if name in one.name)


def test_a_sound_home_has_nothing_wrong_and_every_line_says_what_was_found(tmp_path: Path) -> None:
    findings = list(examine(Home(tmp_path), {}))
    assert len(findings) == len({one.name for one in findings}) == 12
    assert [one for one in findings if one.state == "wrong"] == []
    assert all(one.found for one in findings)
    assert all(one.todo for one in findings if one.state != "ok")
    assert junheng("doctor", "--home", str(tmp_path)).returncode == 0


def test_a_damaged_storage_of_dagster_is_wrong_and_ends_with_one(tmp_path: Path) -> None:
    (tmp_path / "dagster").mkdir()
    with sqlite3.connect(tmp_path / "dagster" / "a.db") as sound:
        sound.execute("create table a (b)")
    sound.close()
    assert found(tmp_path, "Dagster").state == "ok"
    (tmp_path / "dagster" / "b.db").write_bytes(b"SQLite format 3\x00" + b"x" * 5000)
    assert found(tmp_path, "Dagster").state == "wrong"
    told = junheng("doctor", "--home", str(tmp_path))
    assert told.returncode == 1
    assert "dagster/b.db" in told.stdout


def test_a_standard_of_the_home_s_own_that_cannot_be_read_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "standards").mkdir()
    (tmp_path / "standards" / "a.toml").write_text("id = ")
    assert found(tmp_path, "standards").state == "wrong"
    assert "a.toml" in found(tmp_path, "standards").found


def test_too_little_room_is_wrong_by_the_limit_of_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(tmp_path, "disk").state == "ok"
    monkeypatch.setattr(doctor, "operations", lambda: {"disk": {"free_bytes": 10**18}})
    assert found(tmp_path, "disk").state == "wrong"


def test_a_pointer_without_a_site_is_wrong(tmp_path: Path) -> None:
    assert found(tmp_path, "edition").state == "note"
    (tmp_path / "current").symlink_to("editions/gone")
    assert found(tmp_path, "edition").state == "wrong"


def test_a_package_of_another_version_than_pinned_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "version", lambda _name: "0.0.0")
    assert found(tmp_path, "packages").state == "wrong"


def test_without_chromium_it_is_noted_that_only_pdf_needs_it(tmp_path: Path) -> None:
    assert found(tmp_path, "Chromium", PATH=str(tmp_path)).state == "note"
    (tmp_path / "chromium").write_text("")
    (tmp_path / "chromium").chmod(0o755)
    assert found(tmp_path, "Chromium", PATH=str(tmp_path)).state == "ok"


def test_a_home_that_cannot_be_made_is_wrong() -> None:
    assert found(Path("/proc/junheng"), "home").state in ("wrong", "note")
    assert found(Path("/proc/junheng"), "home").todo
