"""County pages of a nation, from tables to HTML and markdown, against plain template loops: `make bench-reports`.

Both make the same counties in the same run on one core. What is printed: milliseconds a county for our view model,
HTML and markdown, for the baseline, their ratio; the bytes of both; and, as the run goes on, the ratio so far and the
peak memory after each fifth of the counties, which is flat if no page and no county is kept. Exit code 1 where the two
disagree about a figure.
"""

from __future__ import annotations

import argparse
import re
import resource
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from assets.home import Home, default_home
from assets.reported import report_tables
from benchmarks.nation import PROVINCE, provinces
from benchmarks.plain import PlainPages
from reports import render
from reports.county import county_report
from reports.site import papers, uncollected
from reports.year import YearTables
from schemas.source import sources

_COUNTIES = 3000
_STEPS = 5
_SAMPLE = 8
"""Counties of each province whose figures are compared."""
_OURS = ("model", "html", "markdown")
_CELL = re.compile(r'<td class="n">([^<]*)')


class Stopwatch:
    """Seconds by what was done in them, on the processor's clock: what others do on the machine does not count."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.process_time()

    def start(self) -> None:
        """From here."""
        self._last = time.process_time()

    def lap(self, name: str) -> None:
        """What went by since the last lap."""
        now = time.process_time()
        self.seconds[name] = self.seconds.get(name, 0.0) + now - self._last
        self._last = now


def peak_mb() -> float:
    """The most memory that the process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def figures(page: str) -> list[float | None]:
    """The figures of a page's tables of schools, in order; None where a school reports none."""
    schools = page[page.index("学校明细</h2>") : page.index("不计入的评估单位")]
    return [None if cell == "…" else float(cell.replace(",", "").replace("−", "-")) for cell in _CELL.findall(schools)]


def are_same(ours: list[float | None], plain: list[float | None]) -> bool:
    """Whether two pages say the same figures: ours may have more decimals, to show a side of the norm."""
    return len(ours) == len(plain) and all(
        (our is None) == (their is None) and (our is None or their is None or abs(our - their) <= 0.006 * max(1, our))
        for our, their in zip(ours, plain, strict=True)
    )


def run(tables: Mapping[str, pl.DataFrame], year: int, home: Home, counties: int) -> int:
    """The pages of so many counties both ways; the number of counties whose figures differ."""
    watch, given = Stopwatch(), sources()
    plain = PlainPages(home.standards, year)
    years = sorted(tables["county_dispersion"]["school_year"].unique())
    done = compared = different = our_bytes = plain_bytes = 0
    memory: list[tuple[int, float]] = []
    for of_province in provinces(tables, counties):
        watch.start()
        of_year = YearTables(of_province, year, home.standards, given, is_synthetic=True)
        for nth, county in enumerate(of_year.counties()):
            watch.start()
            with uncollected():
                report = county_report(county, years, papers(county))
                watch.lap("model")
                page = render.county_html(report)
                watch.lap("html")
                markdown = render.county_markdown(report)
            watch.lap("markdown")
            their_page, their_markdown = plain.faces(of_province, county.code, county.name, county.standards)
            watch.lap("plain")
            our_bytes += len(page.encode()) + len(markdown.encode())
            plain_bytes += len(their_page.encode()) + len(their_markdown.encode())
            if nth < _SAMPLE:
                compared += 1
                different += not are_same(figures(page), figures(their_page))
            done += 1
            if done * _STEPS // counties > len(memory):
                memory.append((done, peak_mb()))
                _show(watch.seconds, done, memory[-1][1])
    _print(watch.seconds, done, our_bytes, plain_bytes)
    print("peak memory: " + ", ".join(f"{mb:,.0f} MB at {at:,}" for at, mb in memory))
    print(f"figures compared in {compared} counties, different in {different}")
    return different


def _show(seconds: Mapping[str, float], counties: int, memory: float) -> None:
    ours = sum(seconds[name] for name in _OURS)
    ratio, ms = seconds["plain"] / ours, 1000 * ours / counties
    print(f"… {counties:,}: {ms:.1f} ms a county, plain / ours {ratio:.2f}, {memory:,.0f} MB", file=sys.stderr)


def _print(seconds: Mapping[str, float], counties: int, our_bytes: int, plain_bytes: int) -> None:
    ms = {name: 1000 * spent / counties for name, spent in seconds.items()}
    ours = sum(ms[name] for name in _OURS)
    print(f"{counties:,} counties, HTML and markdown, milliseconds a county on one core")
    for name in _OURS:
        print(f"  {name:<10}{ms[name]:8.1f}")
    print(f"  {'ours':<10}{ours:8.1f}   {our_bytes / counties / 1000:,.0f} kB a county")
    print(f"  {'plain':<10}{ms['plain']:8.1f}   {plain_bytes / counties / 1000:,.0f} kB a county")
    print(f"  plain / ours: {ms['plain'] / ours:.2f}")


def main() -> int:
    """The benchmark on the demo's published tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counties", type=int, default=_COUNTIES, help=f"how many, {PROVINCE} a province")
    parser.add_argument("--home", type=Path, default=default_home() / "demo", help="a home made by `junheng demo`")
    asked = parser.parse_args()
    home = Home(asked.home)
    years = home.published().years()
    if not years:
        print(
            f"{asked.home} 中没有表；请先运行 make demo。 / No tables in the home: run make demo first.",
            file=sys.stderr,
        )
        return 2
    return 1 if run(report_tables(home.published(), years[-1]), years[-1], home, asked.counties) else 0


if __name__ == "__main__":
    sys.exit(main())
