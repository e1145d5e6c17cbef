"""Editions that keep account: when a new one is made, what it changed and why, and what no run turns round unasked."""

from __future__ import annotations

import json
import os
import posixpath
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import polars as pl
import pytest

from assets import editions
from assets.archive import write_archive
from assets.editions import (
    EditionError,
    VerdictsReversedError,
    compare,
    content_hash,
    edition,
    edition_id,
    forget,
    inputs,
    publications,
    publish,
    restated,
)
from assets.home import Home
from schemas.contract import conform, failures
from schemas.corrections import CORRECTIONS
from schemas.lineage import SCHOOL_CHANGES
from schemas.restatements import RESTATEMENTS
from schemas.tables import COUNTY_DISPERSION, COUNTY_VERDICTS, RETURNS, SCHOOLS

COUNTY = {"source": "cn-returns", "province_code": "690000", "county_code": "690101", "county_name": "青岚县"}


def home_of(folder: Path) -> Home:
    home = Home(folder)
    home.claim("real")
    return home


def draw(home: Home, year: int, pupils: int, verdict: str = "met", *, file: str = "a.csv") -> None:
    """A school year of one county with one school: its file (whose hash is its name's), pupils, CV and verdict."""
    sha = f"{abs(hash((file, year))):064x}"[:64]
    returned = {
        "school_year": year, "source": "cn-returns", "layout": "school", "file": file, "sha256": sha, "size_bytes": 1,
        "status": "accepted", "rows_read": 1, "rows_accepted": 1, "rows_refused": 0, "rows_superseded": 0,
        "cells_refused": 0,
    }  # fmt: skip
    school = COUNTY | {
        "school_year": year, "return_part": "whole", "school_id": "2169000001", "school_name": "甲校",
        "school_type_code": "211", "pupils_primary": pupils, "file": file, "row": 2,
    }  # fmt: skip
    spread = COUNTY | {
        "school_year": year, "standard": "cn-quality-2017", "stage": "primary", "indicator": "books", "unit": "1",
        "units": 1, "units_reporting": 1, "pupils": pupils, "mean": 100 / pupils, "sd": 0.0, "cv": 0.0,
        "status": "no_limit",
    }  # fmt: skip
    whole = COUNTY | {
        "school_year": year, "standard": "cn-quality-2017", "eligibility": "met", "resource": "met", "items": "met",
        "approval": "met", "veto": "met", "items_met": 0, "items_not_met": 0, "items_undetermined": 0,
        "contradictions": 0, "verdict": verdict,
    }  # fmt: skip
    rows = {RETURNS: returned, SCHOOLS: school, COUNTY_DISPERSION: spread, COUNTY_VERDICTS: whole}
    for contract, row in rows.items():
        home.write(contract.name, year, conform(pl.DataFrame([row]), contract))
    home.write_pages([(f"{year}/index.html", f"{pupils} {verdict}")], str(year))
    home.write_pages([("index.html", "all years")])


def moved(found: pl.DataFrame) -> list[tuple[str, str, str]]:
    """Table, figure and causes of each restatement."""
    return found.select("table", "figure", "causes").rows()


def test_the_same_input_is_the_same_edition_and_no_new_one(tmp_path: Path) -> None:
    home = home_of(tmp_path)
    draw(home, 2020, 100)
    first = publish(home)
    assert first is not None
    draw(home, 2020, 100)
    assert publish(home) is None
    assert [p.id for p in publications(home)] == [first.id]
    assert edition_id(inputs(home)) == first.id


def test_an_edition_stays_as_it_was_when_the_tables_go_on(tmp_path: Path) -> None:
    home = home_of(tmp_path)
    draw(home, 2020, 100)
    publish(home)
    before = content_hash(home.published())
    old = home.published()
    draw(home, 2020, 120, file="b.csv")
    assert home.published().read("schools")["pupils_primary"].to_list() == [100]
    publish(home)
    assert home.published().read("schools")["pupils_primary"].to_list() == [120]
    assert content_hash(old) == before


def test_every_edition_is_kept_until_it_is_forgotten_and_never_the_current_one(tmp_path: Path) -> None:
    home = home_of(tmp_path)
    for number in range(4):
        draw(home, 2020, 100 + number, file=f"{number}.csv")
        publish(home)
    made = publications(home)
    assert [p.number for p in made] == [1, 2, 3, 4]
    assert {path.name for path in (tmp_path / "editions").iterdir()} == {p.id for p in made}
    write_archive(home)
    forget(home, "2")
    write_archive(home)
    assert not (tmp_path / "editions" / made[1].id).exists()
    assert not (tmp_path / "archive" / made[1].id).exists()
    assert len(publications(home)) == 4
    with pytest.raises(EditionError, match="现行"):
        forget(home, made[-1].id)
    with pytest.raises(EditionError, match="没有保存"):
        forget(home, "2")


def test_a_running_number_names_its_edition_even_where_an_id_begins_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = home_of(tmp_path)
    current = ["ab1"]
    monkeypatch.setattr(editions, "compare", lambda *_given, **_named: RESTATEMENTS.empty())
    monkeypatch.setattr(editions, "edition_id", lambda _made_from: current[0])
    for number, name in enumerate(("ab1", "1cd", "1ef")):
        current[0] = name
        draw(home, 2020, 100 + number, file=f"{number}.csv")
        publish(home)
    assert [edition(home, name).root.name for name in ("1", "1c", "ab1")] == ["ab1", "1cd", "ab1"]
    with pytest.raises(EditionError, match="没有保存"):
        edition(home, "9")


def test_a_home_that_goes_back_publishes_the_old_edition_again_under_its_old_number(tmp_path: Path) -> None:
    home = home_of(tmp_path)
    for pupils, file in ((100, "a.csv"), (120, "b.csv"), (100, "a.csv")):
        draw(home, 2020, pupils, file=file)
        publish(home)
    assert [(p.publication, p.number) for p in publications(home)] == [(1, 1), (2, 2), (3, 1)]
    assert home.published().root.name == publications(home)[0].id
    assert restated(home, 3).filter(table="schools", indicator="pupils_primary")["value"].to_list() == [100.0]


def test_a_file_that_replaces_another_is_a_source_revision_with_both_figures(tmp_path: Path) -> None:
    home = home_of(tmp_path)
    draw(home, 2020, 100)
    publish(home)
    draw(home, 2020, 125, file="b.csv")
    publish(home)
    found = restated(home)
    assert moved(found) == [("county_dispersion", "mean", "source_revision"), ("schools", "total", "source_revision")]
    assert found.select("value_before", "value", "document").rows() == [(1.0, 0.8, "b.csv"), (100.0, 125.0, "b.csv")]
    assert (RESTATEMENTS.empty().schema, failures(found, RESTATEMENTS).height) == (found.schema, 0)


def test_a_new_school_year_is_no_restatement(tmp_path: Path) -> None:
    home = home_of(tmp_path)
    draw(home, 2020, 100)
    publish(home)
    draw(home, 2021, 110, file="c.csv")
    publish(home)
    assert restated(home).height == 0
    assert [p.number for p in publications(home)] == [1, 2]


def test_a_figure_that_moves_although_its_data_do_not_is_of_the_method_or_of_its_standard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = home_of(tmp_path)
    draw(home, 2020, 100)
    publish(home)
    spread = home.read("county_dispersion", [2020]).with_columns(cv=pl.lit(0.5))
    monkeypatch.setattr("assets.inputs.code", lambda _packages: "another code")
    draw(home, 2020, 100)
    home.write("county_dispersion", 2020, spread)
    assert moved(compare(home.published(), home, made_from=inputs(home))) == [("county_dispersion", "cv", "method")]
    (tmp_path / "standards").mkdir()
    (tmp_path / "standards" / "cn-quality-2017.toml").write_text("changed", encoding="utf-8")
    draw(home, 2020, 100)
    home.write("county_dispersion", 2020, spread)
    found = compare(home.published(), home, made_from=inputs(home))
    assert moved(found) == [("county_dispersion", "cv", "standard")]
    assert found["document"].to_list() == ["cn-quality-2017.toml"]


@pytest.mark.parametrize(
    ("register", "cause"),
    [
        ("registers/school_events", "lineage"),
        ("registers/county_events", "lineage"),
        ("corrections/cn-returns", "correction"),
        ("registers/due_dates", "method"),
    ],
)
def test_a_figure_that_moves_with_a_register_is_of_that_register(tmp_path: Path, register: str, cause: str) -> None:
    home = home_of(tmp_path)
    draw(home, 2020, 100)
    publish(home)
    (tmp_path / register).parent.mkdir()
    (tmp_path / f"{register}.csv").write_text("a row", encoding="utf-8")
    spread = home.read("county_dispersion", [2020]).with_columns(cv=pl.lit(0.5))
    draw(home, 2020, 100)
    home.write("county_dispersion", 2020, spread)
    assert moved(compare(home.published(), home, made_from=inputs(home))) == [("county_dispersion", "cv", cause)]


def test_a_correction_and_an_entry_are_told_from_the_rows_that_they_concern(tmp_path: Path) -> None:
    home = home_of(tmp_path)
    draw(home, 2020, 100)
    draw(home, 2021, 100)
    publish(home)
    for folder, name in (("corrections", "cn-returns"), ("registers", "school_events")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{name}.csv").write_text("a row", encoding="utf-8")
    applied = COUNTY | {
        "school_year": 2020, "correction": "C-1", "table": "schools", "where": "school_id=2169000001",
        "column": "pupils_primary", "value_before": "100", "value": "125", "reason": "漏报", "document": "函1号",
        "listed_in": "corrections/cn-returns.csv", "listed_row": 2, "file": "a.csv", "row": 2,
    }  # fmt: skip
    entered = COUNTY | {
        "school_year": 2021, "return_part": "whole", "change": "renamed", "school_id_before": "2169000001",
        "school_id_after": "2169000001", "event": "renamed", "document": "批文2号",
    }  # fmt: skip
    draw(home, 2020, 125)
    draw(home, 2021, 100)
    home.write("corrections", 2020, conform(pl.DataFrame([applied]), CORRECTIONS))
    home.write("school_changes", 2021, conform(pl.DataFrame([entered]), SCHOOL_CHANGES))
    home.write("county_dispersion", 2021, home.read("county_dispersion", [2021]).with_columns(cv=pl.lit(0.5)))
    found = compare(home.published(), home, made_from=inputs(home))
    assert found.select("school_year", "figure", "causes", "document").rows() == [
        (2020, "mean", "correction", "函1号"),
        (2020, "total", "correction", "函1号"),
        (2021, "cv", "lineage", "批文2号"),
    ]
    # A county of which neither says anything moves for another reason.
    elsewhere = {"county_code": "690102", "county_name": "别县"}
    home.write("school_changes", 2021, conform(pl.DataFrame([entered | elsewhere]), SCHOOL_CHANGES))
    home.write("corrections", 2020, conform(pl.DataFrame([applied | elsewhere]), CORRECTIONS))
    found = compare(home.published(), home, made_from=inputs(home))
    assert found.filter(figure="cv")["causes"].to_list() == ["method"]


def test_an_edited_explanation_is_another_edition_and_moves_no_figure(tmp_path: Path) -> None:
    home = home_of(tmp_path)
    (tmp_path / "registers").mkdir()
    written = tmp_path / "registers" / "explanations.csv"
    ids = []
    for text in ("接收捐赠", "接收捐赠", "接收捐赠，清单在案"):
        written.write_text(text, encoding="utf-8")
        draw(home, 2020, 100)
        assert not compare(home.published(), home, made_from=inputs(home)).height
        ids.append(edition_id(inputs(home)))
        publish(home)
    assert [p.id for p in publications(home)] == [ids[0], ids[2]]
    assert [p.counts.figures_restated for p in publications(home)] == [0, 0]


def test_a_school_that_was_not_reported_before_is_late_data(tmp_path: Path) -> None:
    home = home_of(tmp_path)
    draw(home, 2020, 100)
    publish(home)
    draw(home, 2020, 100)
    late = {"school_id": "2169000002", "school_name": "乙校", "pupils_primary": 50, "file": "late.csv"}
    for name, row in (("schools", late), ("returns", {"file": "late.csv", "sha256": "f" * 64})):
        rows = home.read(name, [2020])
        added = rows.with_columns(
            pl.lit(value).cast(rows.schema[column]).alias(column) for column, value in row.items()
        )
        home.write(name, 2020, pl.concat([rows, added]))
    found = compare(home.published(), home, made_from=inputs(home))
    assert found.select("indicator", "value_before", "value", "causes").rows() == [
        ("schools", 1.0, 2.0, "late_data"),
        ("pupils_primary", 100.0, 150.0, "late_data"),
    ]


@pytest.mark.parametrize(
    ("was", "now", "is_stopped"),
    [
        ("met", "not_met", True),
        ("met", "undetermined", True),
        ("not_met", "met", True),
        ("not_eligible", "met", True),
        ("undetermined", "met", False),
        ("not_met", "not_recognised", False),
        ("met", "met", False),
    ],
)
def test_no_run_turns_a_verdict_of_a_closed_year_round_unasked(
    tmp_path: Path,
    was: str,
    now: str,
    is_stopped: bool,  # noqa: FBT001
) -> None:
    home = home_of(tmp_path)
    draw(home, 2020, 100, was)
    draw(home, 2021, 100)
    good = publish(home)
    assert good is not None
    draw(home, 2020, 120, now, file="b.csv")
    if is_stopped:
        with pytest.raises(VerdictsReversedError, match=f"2020 青岚县（690101） cn-quality-2017：{was} → {now}"):
            publish(home)
        assert home.published().root.name == good.id
        assert len(publications(home)) == 1
    made = publish(home, accept_restatements=is_stopped, reason="核对无误" if is_stopped else "")
    assert made is not None
    assert (made.is_accepted, made.reason) == ((True, "核对无误") if is_stopped else (False, ""))
    assert made.counts.verdicts_reversed == int(is_stopped)


def test_the_newest_year_is_open_and_home_json_may_say_how_many_are(tmp_path: Path) -> None:
    home = home_of(tmp_path)
    draw(home, 2020, 100)
    draw(home, 2021, 100)
    publish(home)
    draw(home, 2021, 100, "not_met", file="b.csv")
    assert publish(home) is not None
    (tmp_path / "home.json").write_text(
        json.dumps(json.loads((tmp_path / "home.json").read_text()) | {"open_years": 2})
    )
    home.claim("real")
    draw(home, 2020, 100, "not_met", file="c.csv")
    assert publish(home) is not None


def test_a_run_killed_before_the_pointer_is_switched_ends_its_work_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = home_of(tmp_path)
    draw(home, 2020, 100)
    first = publish(home)
    assert first is not None
    draw(home, 2020, 120, file="b.csv")

    def killed(self: Home, edition: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Home, "switch", killed)
        with pytest.raises(KeyboardInterrupt):
            publish(home)
    assert home.published().root.name == first.id
    second = publish(home)
    assert second is not None
    assert (home.published().root.name, len(publications(home))) == (second.id, 2)
    assert restated(home, 2).height == 2


def test_old_pages_are_read_under_the_sites_root_and_lead_to_the_newest(tmp_path: Path) -> None:
    home = home_of(tmp_path)
    for pupils, file in ((100, "a.csv"), (120, "b.csv")):
        draw(home, 2020, pupils, file=file)
        publish(home)
        write_archive(home)
    old, new = publications(home)
    site = tmp_path / "current" / "site"
    assert (site / "editions" / old.id / "2020" / "index.html").read_text() == "100 met"
    assert (site / "editions" / new.id / "2020" / "index.html").read_text() == "120 met"
    told = (site / "editions" / old.id / "editions" / "index.html").read_text("utf-8")
    assert "您正在看的是旧版：第 1 版" in told
    assert 'href="../../../index.html"' in told
    assert "现行的是第 2 版" in (site / "editions" / "index.html").read_text("utf-8")
    changes = (site / "editions" / "changes-2.html").read_text("utf-8")
    assert "没有改变的结论" in changes
    assert "来源更新" in changes
    assert content_hash(edition(home, new.id)) == content_hash(home)


def test_the_pages_of_editions_stand_in_english_too_and_every_way_of_theirs_leads_somewhere(tmp_path: Path) -> None:
    home, county = home_of(tmp_path), "2020/690101/index.html"
    for pupils, file in ((100, "a.csv"), (120, "b.csv")):
        draw(home, 2020, pupils, file=file)
        home.write_pages((f"{tree}{name}", "") for tree in ("", "en/") for name in ("index.html", county))
        publish(home)
        write_archive(home)
    old, _new = publications(home)
    site = tmp_path / "current" / "site"
    pages = [
        "editions/index.html",
        "editions/changes-2.html",
        f"editions/{old.id}/editions/index.html",
        "en/editions/index.html",
        "en/editions/changes-2.html",
        f"editions/{old.id}/en/editions/index.html",
    ]
    for page in pages:
        content = (site / page).read_text("utf-8")
        assert f'<html lang="{"en" if "en/" in page else "zh-CN"}"' in content
        ways = [way for way in re.findall(r'href="([^"#]+)"', content) if not way.startswith("data:")]
        assert ways
        for way in ways:
            target = posixpath.normpath(posixpath.join(posixpath.dirname(page), way))
            assert not target.startswith(".."), (page, way)
            assert (site / target).exists(), (page, way)
    assert "You are reading an old edition: no. 1" in (site / pages[5]).read_text("utf-8")
    assert "renewal of the source" in (site / pages[4]).read_text("utf-8")


def test_a_page_and_a_table_say_what_has_changed_since_each_earlier_edition(tmp_path: Path) -> None:
    home = home_of(tmp_path)
    for pupils, verdict, file in ((100, "met", "a.csv"), (120, "not_met", "b.csv"), (125, "met", "c.csv")):
        draw(home, 2020, pupils, verdict, file=file)
        publish(home)
        write_archive(home)
    archive = tmp_path / "archive"
    rows = pl.read_csv(archive / "since-1.csv", infer_schema=False)
    # The verdict is again what it was; the total went from 100 over 120 to 125.
    assert rows.select("table", "figure", "value_before", "value", "causes").rows() == [
        ("county_dispersion", "mean", "1.0", "0.8", "source_revision"),
        ("schools", "total", "100.0", "125.0", "source_revision"),
    ]
    assert rows["document"].to_list() == ["b.csv | c.csv"] * 2
    assert (
        pl.read_csv(archive / "since-2.csv", infer_schema=False).filter(kind="verdict")["is_reversed"].item() == "true"
    )
    assert "第 1 版以来的变动：数字 2 个，结论 0 个" in (archive / "since-1.html").read_text("utf-8")
    assert 'href="since-1.html"' in (archive / "index.html").read_text("utf-8")
    assert (archive / "en" / "since-1.html").exists()
    # Back at the second edition, nothing has changed since it.
    draw(home, 2020, 120, "not_met", file="b.csv")
    publish(home, accept_restatements=True, reason="退回")
    write_archive(home)
    assert not (archive / "since-2.csv").exists()
    assert (archive / "since-3.csv").exists()


def test_the_feed_is_atom_with_stable_ids_and_says_what_changed(tmp_path: Path) -> None:
    home = home_of(tmp_path)
    ids: list[list[str]] = []
    atom = "{http://www.w3.org/2005/Atom}"
    for pupils, file in ((100, "a.csv"), (120, "b.csv"), (130, "c.csv")):
        draw(home, 2020, pupils, file=file)
        publish(home)
        write_archive(home)
        feed = ET.fromstring((tmp_path / "archive" / "feed.xml").read_bytes())
        assert feed.tag == f"{atom}feed"
        for node in (feed, *feed.iter(f"{atom}entry")):
            assert [len(node.findall(f"{atom}{name}")) for name in ("id", "title", "updated")] == [1, 1, 1]
        assert feed.findtext(f"{atom}author/{atom}name")
        ids.append([entry.findtext(f"{atom}id") or "" for entry in feed.iter(f"{atom}entry")])
    assert ids[2][1:] == ids[1]
    assert ids[1][1:] == ids[0]
    assert len(set(ids[2])) == 3
    newest = feed.find(f"{atom}entry")
    assert newest is not None
    assert "数字 2 个、结论 0 个" in (newest.findtext(f"{atom}summary") or "")
    assert feed.findtext(f"{atom}updated") == publications(home)[-1].published_at


def test_what_is_compared_holds_no_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = []
    for folder, moment in (("one", "2026-01-01T00:00:00Z"), ("two", "2027-01-01T00:00:00Z")):
        monkeypatch.setattr(editions, "_time", lambda _seconds=None, moment=moment: moment)
        home = home_of(tmp_path / folder)
        draw(home, 2020, 100)
        publish(home)
        ids.append((publications(home)[0].id, content_hash(home.published())))
    assert ids[0] == ids[1]


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "junheng", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=False, text=True, env=os.environ | {"COLUMNS": "200"})


def test_the_commands_list_compare_and_export(tmp_path: Path) -> None:
    assert run("diff", "--home", tmp_path).returncode == 2
    home = home_of(tmp_path)
    draw(home, 2020, 100)
    draw(home, 2021, 100)
    publish(home)
    draw(home, 2020, 120, "not_met", file="b.csv")
    told = run("diff", "--all", "--home", tmp_path)
    assert told.returncode == 0
    assert "2020 青岚县（690101） cn-quality-2017：met → not_met；source_revision；b.csv" in told.stdout
    assert "100 → 120" in told.stdout
    assert "--accept-restatements" in told.stderr
    publish(home, accept_restatements=True, reason="核对无误")
    listed = run("editions", "--home", tmp_path).stdout
    assert all(p.id in listed for p in publications(home))
    assert "核对无误" in listed
    exported = run("export", "restatements", "-w", "kind=verdict", "--home", tmp_path).stdout.splitlines()
    assert len(exported) == 2
    assert "restatements" in run("tables", "--home", tmp_path).stdout
