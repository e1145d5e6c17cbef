"""A home restored from a backup is the home: the same edition, the same bytes, the same history, no larger."""

from __future__ import annotations

import subprocess
from pathlib import Path

from assets.archive import write_archive
from assets.editions import content_hash, publications, publish
from assets.home import Home
from tests.test_editions import draw, home_of


def inodes(folder: Path) -> int:
    return len({path.lstat().st_ino for path in folder.rglob("*") if path.is_file() and not path.is_symlink()})


def test_a_home_restored_elsewhere_has_its_editions_history_and_links(tmp_path: Path) -> None:
    home = home_of(tmp_path / "a" / "home")
    for pupils in (100, 120):
        draw(home, 2020, pupils, file=f"{pupils}.csv")
        publish(home)
    write_archive(home)
    (tmp_path / "b").mkdir()
    # As docs/operating.md has it.
    subprocess.run(["tar", "-C", tmp_path / "a", "-cf", tmp_path / "backup.tar", "home"], check=True)
    subprocess.run(["tar", "-C", tmp_path / "b", "-xf", tmp_path / "backup.tar"], check=True)
    (tmp_path / "a").rename(tmp_path / "lost")
    restored, lost = Home(tmp_path / "b" / "home"), Home(tmp_path / "lost" / "home")
    assert publications(restored) == publications(lost)
    assert len(publications(restored)) == 2
    assert content_hash(restored.published()) == content_hash(lost.published())
    assert restored.published().root == (tmp_path / "b" / "home" / "editions" / publications(restored)[-1].id).resolve()
    assert restored.published().read("schools")["pupils_primary"].to_list() == [120]
    assert (restored.site / "editions" / "index.html").is_file()
    assert inodes(restored.root) == inodes(lost.root)
    draw(restored, 2020, 130, file="130.csv")
    assert publish(restored) is not None
    assert len(publications(restored)) == 3
