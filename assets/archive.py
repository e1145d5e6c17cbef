"""Old editions to read: their pages, what each publication changed, and the feed, under `/editions/` of the site.

home/archive/index.html               every publication; which edition is current
home/archive/feed.xml                 the feed of new editions
home/archive/changes-<n>.html, .csv   what publication n changed
home/archive/since-<number>.html, .csv  what has changed since an earlier edition, made anew at each publication
home/archive/<id>/…                   the pages of an edition (hard links)
home/archive/<id>/editions/index.html what is current, told inside an old edition; made anew at each publication
home/archive/en/…                     the same pages in English, at the same paths; files and old editions stand once
home/site/editions -> ../archive      so that the links of a page lead there from the file system as well, and in `en`

None of this is part of the compared bytes.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from assets.editions import Publication, is_kept, publications, restated
from assets.export import exported
from assets.home import Home, write_whole
from pipelines.restatements import together
from reports import render
from reports.editions import FOLDER as LINK
from reports.editions import Made, changes_page, editions_page, feed
from reports.faces import prefix, twin
from reports.language import LANGUAGES, catalogue, speaking
from reports.year import YearTables
from schemas.restatements import RESTATEMENTS
from schemas.source import sources

FOLDER = "archive"


def write_archive(home: Home) -> None:
    """The archive made to agree with what has been published; nothing where nothing has."""
    done = publications(home)
    if not done:
        return
    folder = home.root / FOLDER
    folder.mkdir(exist_ok=True)
    every = [_made(home, each, done[0]) for each in done]
    for each in every:
        if each.is_kept:
            _pages(home, each.id)
    write_whole(folder / "feed.xml", render.feed_xml(feed(every)).encode())
    folders = _folders(home)
    for name in LANGUAGES:
        tree = prefix(name)
        (folder / tree).mkdir(exist_ok=True)
        for place in (home.site, home.published().site):
            if (place / tree).is_dir():
                _link(place / tree / LINK, Path(os.path.relpath(folder / tree, place / tree)))
        with speaking(catalogue(name)):
            _write_lists(home, every, tree)
            told = list(zip(every, done, strict=True))
            _write_changes(home, told, tree, folders)
            _write_since(home, told, tree, folders)


def _write_lists(home: Home, every: Sequence[Made], tree: str) -> None:
    """The list of editions in the language spoken, and inside each edition that has pages in it."""
    folder = home.root / FOLDER
    inside = {"": folder / tree} | {
        each.id: folder / each.id / tree / LINK for each in every if (folder / each.id / tree).is_dir()
    }
    for edition, place in inside.items():
        page = editions_page(every, sources(), home.standards, is_synthetic=_is_synthetic(home), inside=edition)
        write_whole(place / "index.html", render.editions_html(page, twin(f"{LINK}/index.html")).encode())


def _write_changes(
    home: Home, done: Sequence[tuple[Made, Publication]], tree: str, folders: Mapping[tuple[int, str, str], str]
) -> None:
    """What each publication changed, where that is not written yet: a page in the language spoken, its rows once."""
    folder = home.root / FOLDER
    first = done[0][0]
    for each, published in done:
        name = f"changes-{each.publication}"
        if each.is_first or (folder / tree / f"{name}.html").exists():
            continue
        before = next((made for made, _ in done if made.id == published.before), first)
        rows = restated(home, each.publication)
        page = changes_page(
            each, before, rows, sources(), home.standards, folders, is_synthetic=_is_synthetic(home), name=name
        )
        if not (folder / f"{name}.csv").exists():
            write_whole(folder / f"{name}.csv", exported(rows, RESTATEMENTS, "csv"))
        write_whole(folder / tree / f"{name}.html", render.changes_html(page, twin(f"{LINK}/{name}.html")).encode())


def _write_since(
    home: Home, done: Sequence[tuple[Made, Publication]], tree: str, folders: Mapping[tuple[int, str, str], str]
) -> None:
    """What has changed since each earlier edition, made anew at each publication: a page, and its rows."""
    folder, newest = home.root / FOLDER, done[-1][0]
    for each in {made.number: made for made, _ in done}.values():
        name = f"since-{each.number}"
        if each.is_current:
            for stale in (folder / f"{name}.csv", folder / tree / f"{name}.html"):
                stale.unlink(missing_ok=True)
            continue
        later = [restated(home, made.publication) for made, _ in done if made.publication > each.publication]
        rows = together(pl.concat([RESTATEMENTS.empty(), *later]))
        page = changes_page(
            newest,
            each,
            rows,
            sources(),
            home.standards,
            folders,
            is_synthetic=_is_synthetic(home),
            name=name,
        )
        write_whole(folder / f"{name}.csv", exported(rows, RESTATEMENTS, "csv"))
        write_whole(folder / tree / f"{name}.html", render.changes_html(page, twin(f"{LINK}/{name}.html")).encode())


def _is_synthetic(home: Home) -> bool:
    return home.kind == "synthetic"


def _link(link: Path, target: Path) -> None:
    if not link.is_symlink():
        link.symlink_to(target)


def _pages(home: Home, edition: str) -> None:
    """The edition's pages linked into the archive, all or none."""
    folder = home.root / FOLDER / edition
    if folder.exists():
        return
    beside = folder.with_name(f".{edition}.part")
    shutil.rmtree(beside, ignore_errors=True)
    store = Home(home.root / "editions" / edition)
    for path in store.contents():
        if path.is_relative_to(store.site):
            target = beside / path.relative_to(store.site)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(path, target)
    beside.mkdir(exist_ok=True)
    beside.rename(folder)


def _folders(home: Home) -> dict[tuple[int, str, str], str]:
    """The folder of each county's page in the current edition, by school year, source and code."""
    store = home.published()
    tables = {name: store.read(name) for name in ("resource_verdicts", "county_verdicts")}
    years = store.years()
    if not years:
        return {}
    known = YearTables(tables, max(years), home.standards, sources()).folders
    return {(year, *county): name for year, found in known.items() for county, name in found.items()}


def _made(home: Home, published: Publication, first: Publication) -> Made:
    return Made(
        publication=published.publication,
        number=published.number,
        id=published.id,
        published_at=published.published_at,
        arrived=published.arrived_last or "",
        reason=published.reason,
        school_years=published.counts.school_years,
        counties=published.counts.counties,
        schools=published.counts.schools,
        figures=published.counts.figures_restated,
        verdicts=published.counts.verdicts_restated,
        reversed=published.counts.verdicts_reversed,
        is_first=published.publication == first.publication,
        is_current=published.id == home.published().root.name,
        is_kept=is_kept(home, published.id),
    )
