"""The baseline: county pages as a plain author writes them, by template loops over the rows of the same tables.

For each county every table is filtered and turned into rows; the templates loop over tables, rows and cells, look up
each label, and format each cell by a filter, with escaping on. It prints the tables that the project's page prints,
and their cells. What it leaves out of the project's page, to its own advantage: every sentence that is made from
figures, the notes, the bars (the trend of each coefficient and the schools along an indicator are drawn), the search
for the decimals that show the side of a limit, the province's mean and rank, table numbers and the edition. What is asked of each item is
given to it ready made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from reports.requirement import in_words
from standards.standard import Standard

TEMPLATES = Path(__file__).parent
_COUNTY_TABLES = (
    "county_verdicts",
    "county_parts",
    "county_items",
    "county_checks",
    "county_dispersion",
    "year_over_year",
    "three_year_monitoring",
    "variance_shares",
    "unit_indicators",
    "school_verdicts",
    "units",
    "schools",
    "ledger",
    "assessment_stages",
    "evidence_index",
    "plans",
    "popularisation",
    "group_dispersion",
    "quarantine",
)
_WORDS = {
    "met": "达标",
    "not_met": "未达标",
    "undetermined": "无法判定",
    "not_eligible": "不得申报",
    "not_recognised": "不予认定",
    "not_applicable": "不适用",
    "not_in_source": "原文未公布",
    "no_limit": "不设限值",
    "no_norm": "不设标准值",
    "no_data": "无数据",
    "primary": "小学",
    "junior": "初中",
    "all": "全县",
    "urban": "城区",
    "town": "镇区",
    "rural": "乡村",
    "": "",
}
_PLACES = {"per_pupil": 4, "1": 3, "percent": 1, "finding": 0}
_SHARES = 4


def figure(value: float | None, places: int = 2) -> str:
    """A number as a plain author formats it."""
    return "…" if value is None else f"{value:,.{places}f}"


def word(name: str | None) -> str:
    """A code in words."""
    return "—" if name is None else _WORDS.get(name, name)


def places(unit: str) -> int:
    """The decimals of a unit."""
    return _PLACES.get(unit, 2)


def line(history: list[dict[str, Any]]) -> str:
    """The points of a trend line."""
    known = [(row["school_year"], row["cv"]) for row in history if row["cv"] is not None]
    if not known:
        return ""
    low, span = min(cv for _year, cv in known), (max(cv for _year, cv in known) - min(cv for _year, cv in known)) or 1
    start, steps = known[0][0], max(known[-1][0] - known[0][0], 1)
    return " ".join(f"{4 + 104 * (year - start) / steps:.1f},{30 - 26 * (cv - low) / span:.1f}" for year, cv in known)


class PlainPages:
    """The plain templates, and what they need to know of the standards."""

    def __init__(self, standards: Mapping[str, Standard], year: int) -> None:
        self.year = year
        self.labels = {
            standard.id: {indicator.id: indicator.label.zh for indicator in standard.indicators}
            | {item.id: item.label.zh for item in standard.items}
            | {part.id: part.title.zh for part in standard.parts}
            | {"composite": "综合差异系数", "verdict": "结论", "resource": "资源配置"}
            for standard in standards.values()
        }
        self.asked = {
            standard.id: {
                item.id: [in_words(check, standard, year, standards).zh for check in item.checks]
                for item in standard.items
            }
            for standard in standards.values()
        }
        self._html = self._template("plain.html.j2", is_escaped=True)
        self._markdown = self._template("plain.md.j2", is_escaped=False)

    @staticmethod
    def _template(name: str, *, is_escaped: bool) -> Template:
        environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            undefined=StrictUndefined,
            autoescape=is_escaped,  # noqa: S701 (markdown has no escaping of HTML)
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters |= {"figure": figure, "word": word, "places": places, "line": line}
        return environment.get_template(name)

    def rows(self, tables: Mapping[str, pl.DataFrame], code: str) -> dict[str, Any]:
        """A county's rows of every table, and those that belong together, under the standards that have pages."""
        rows = {
            name: tables[name].filter((pl.col("county_code") == code) & (pl.col("school_year") == self.year)).to_dicts()
            for name in _COUNTY_TABLES
        }
        history = tables["county_dispersion"].filter(pl.col("county_code") == code).sort("school_year").to_dicts()
        series: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
        for row in history:
            series.setdefault((row["standard"], row["stage"], row["indicator"]), []).append(row)
        schools: dict[tuple[str, str], dict[str, dict[str, dict[str, Any]]]] = {}
        for row in rows["unit_indicators"]:
            units = schools.setdefault((row["standard"], row["stage"]), {})
            units.setdefault(row["unit_id"], {})[row["indicator"]] = row
        unmet = [row for row in rows["ledger"] if row["ledger"] == "unmet"]
        most = _most_important(rows["county_dispersion"])
        shares: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for row in rows["variance_shares"]:
            key = (row["standard"], row["stage"])
            if most.get(key) == row["indicator"] and row["variance_share"] is not None:
                shares.setdefault(key, []).append(row)
        for found in shares.values():
            found.sort(key=lambda row: -row["variance_share"])
            del found[_SHARES:]
        files = {row["file"] for row in rows["schools"]}
        return rows | {
            "history": series,
            "values": schools,
            "shares": shares,
            "most": most,
            "widest": {
                key: max((cells[name]["value"] or 0.0 for cells in schools[key].values()), default=1.0)
                for key, name in most.items()
            },
            "unmet": _grouped(unmet, "standard", "item", "check", "stage"),
            "unmet_of_schools": _grouped([row for row in unmet if row["subject_id"]], "standard", "school_name"),
            "groups": _grouped(rows["group_dispersion"], "standard", "grouping", "group", "stage"),
            "changes": {
                (row["standard"], row["series"], row["stage"], row["indicator"]): row
                for row in rows["year_over_year"]
                if row["series"] in ("county", "common")
            },
            "checks": _grouped(rows["county_checks"], "standard", "item"),
            "units_by_id": {(row["standard"], row["stage"], row["unit_id"]): row for row in rows["units"]},
            "verdict_of": {(row["standard"], row["stage"], row["unit_id"]): row for row in rows["school_verdicts"]},
            "returns": [row for row in tables["returns"].to_dicts() if row["file"] in files],
        }

    def faces(
        self, tables: Mapping[str, pl.DataFrame], code: str, name: str, standards: Sequence[Standard]
    ) -> tuple[str, str]:
        """A county's page and its markdown under these standards."""
        given = {
            "code": code,
            "name": name,
            "year": self.year,
            "standards": standards,
            "labels": self.labels,
            "asked": self.asked,
            "c": self.rows(tables, code),
        }
        return self._html.render(given), self._markdown.render(given)


def _most_important(rows: list[dict[str, Any]]) -> dict[tuple[str, str], str]:
    """By standard and stage the indicator of least margin, without limits of the largest coefficient."""
    least: dict[tuple[str, str], tuple[bool, float, float, str]] = {}
    for row in rows:
        if row["indicator"] != "composite" and row["cv"] is not None:
            key = (row["standard"], row["stage"])
            found = (row["margin"] is None, row["margin"] or 0.0, -row["cv"], row["indicator"])
            least[key] = min(least.get(key, found), found)
    return {key: found[-1] for key, found in least.items()}


def _grouped(rows: list[dict[str, Any]], *names: str) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
    found: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(tuple(row[name] for name in names), []).append(row)
    return found
