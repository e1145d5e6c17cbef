"""Old editions to read: their pages, what each publication changed, and the feed, under `/editions/` of the site.

home/archive/index.html               every publication; which edition is current
home/archive/feed.xml                 the feed of new editions
home/archive/changes-<n>.html, .csv   what publication n changed
home/archive/<id>/…                   the pages of an edition (hard links)
home/archive/<id>/editions/index.html what is current, told inside an old edition; made anew at each publication
home/site/editions -> ../archive      so that the links of a page lead there from the file system as well

None of this is part of the compared bytes.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from assets.editions import Publication, is_kept, publications, restated
from assets.export import exported
from assets.home import Home, write_whole
from reports import render
from reports.editions import Made, changes_page, editions_page, feed
from reports.year import YearTables
from schemas.restatements import RESTATEMENTS
from schemas.source import sources

FOLDER = "archive"
LINK = "editions"
"""Where the archive stands under the site's root."""


def write_archive(home: Home) -> None:
    """The archive made to agree with what has been published; nothing where nothing has."""
    done = publications(home)
    if not done:
        return
    folder = home.root / FOLDER
    folder.mkdir(exist_ok=True)
    for place in (home.site, home.published().site):
        _link(place / LINK, Path(os.path.relpath(folder, place)))
    every = [_made(home, each, done[0]) for each in done]
    is_synthetic = home.kind == "synthetic"
    options = (sources(), home.standards)
    for each in every:
        if each.is_kept:
            _pages(home, each.id)
            page = editions_page(every, *options, is_synthetic=is_synthetic, inside=each.id)
            write_whole(folder / each.id / LINK / "index.html", render.editions_html(page).encode())
    write_whole(
        folder / "index.html", render.editions_html(editions_page(every, *options, is_synthetic=is_synthetic)).encode()
    )
    for each, published in zip(every, done, strict=True):
        if not each.is_first and not (folder / f"changes-{each.publication}.csv").exists():
            before = next((made for made in every if made.id == published.before), every[0])
            rows = restated(home, each.publication)
            page_of = changes_page(each, before, rows, *options, _folders(home), is_synthetic=is_synthetic)
            write_whole(folder / f"changes-{each.publication}.html", render.changes_html(page_of).encode())
            write_whole(folder / f"changes-{each.publication}.csv", exported(rows, RESTATEMENTS, "csv"))
    write_whole(folder / "feed.xml", render.feed_xml(feed(every)).encode())


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
