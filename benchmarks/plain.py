"""The baseline: county pages as a plain author writes them, by template loops over the rows of the same tables.

For each county every table is filtered and turned into rows; the templates loop over tables, rows and cells, look up
each label, and format each cell by a filter, with escaping on. It prints the sections, tables and charts of the
project's page, cell for cell, and plain sentences where that has sentences. What it leaves out, to its own advantage:
the province's mean and rank, who makes the gap in one sentence, the search for the decimals that show the side of a
limit, where circles give way to one another, table numbers, what is unusual, and the edition. What is asked of each
item is given to it ready made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from reports.requirement import in_words
from standards.standard import Standard

TEMPLATES = Path(__file__).parent
STYLES = TEMPLATES.parent / "reports" / "templates"
_COUNTY_TABLES = (
    "county_verdicts",
    "county_parts",
    "county_items",
    "county_checks",
    "county_dispersion",
    "year_over_year",
    "three_year_monitoring",
    "resource_verdicts",
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
    "school_changes",
    "coverage",
)
_BANDS = ("0_25", "26_30", "31_35", "36_40", "41_45", "46_50", "51_55", "56_60", "61_65", "66_up")
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
_SHARES, _FAILING, _SCHOOLS, _GROUPS = 4, 30, 20, 40
_AREAS = {"urban": 65, "town": 115, "rural": 165}


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


def long(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The years of a long trend with their places in the chart."""
    known = [row for row in history if row["cv"] is not None]
    most = max([row["cv"] for row in known] + [row["limit"] or 0.0 for row in known], default=0.0) or 1.0
    first, steps = known[0]["school_year"] if known else 0, max(len(known) - 1, 1)
    return [
        {
            "year": row["school_year"],
            "cv": row["cv"],
            "x": 7 + 89 * (row["school_year"] - first) / steps,
            "y": 176 - 150 * row["cv"] / most,
            "limit": None if row["limit"] is None else 176 - 150 * row["limit"] / most,
        }
        for row in known
    ]


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
        self._styles = Markup("".join((STYLES / name).read_text("utf-8") for name in ("page.css", "print.css")))  # noqa: S704
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
        environment.filters |= {"figure": figure, "word": word, "places": places, "line": line, "long": long}
        environment.globals |= {"bands": _BANDS, "areas": _AREAS, "failing_shown": _FAILING}
        return environment.get_template(name)

    def rows(self, tables: Mapping[str, pl.DataFrame], code: str, standards: Sequence[Standard]) -> dict[str, Any]:
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
        shown = {standard.id for standard in standards}
        limited = [standard.id for standard in standards if standard.dispersion.rule != "none"]
        unmet = [row for row in rows["ledger"] if row["ledger"] == "unmet" and row["standard"] in shown]
        of_schools = {(row["standard"], row["item"]) for row in unmet if row["subject_id"]}
        most = _most_important(rows["county_dispersion"])
        shares: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for row in rows["variance_shares"]:
            key = (row["standard"], row["stage"])
            if most.get(key) == row["indicator"] and row["variance_share"] is not None:
                shares.setdefault(key, []).append(row)
        for found in shares.values():
            found.sort(key=lambda row: -row["variance_share"])
        files = {row["file"] for row in rows["schools"]}
        before = tables["county_verdicts"].filter(
            (pl.col("county_code") == code) & (pl.col("school_year") == self.year - 1)
        )
        for found in shares.values():
            found.append(_rest(found[_SHARES:]))
            del found[_SHARES:-1]
        return rows | {
            "before": {row["standard"]: row["verdict"] for row in before.to_dicts()},
            "norms": {
                (row["standard"], row["stage"], row["indicator"]): row["norm"]
                for row in rows["unit_indicators"]
                if row["norm"] is not None
            },
            "lacking": _lacking(rows["unit_indicators"], shown),
            "left_out": _left_out(rows["units"], shown),
            "resource": {(row["standard"], row["stage"]): row for row in rows["resource_verdicts"]},
            "moved": _grouped(rows["year_over_year"], "standard", "stage", "series"),
            "failing": {
                key: sorted(found, key=lambda row: (-row["indicators_not_met"], row["unit_id"]))[:_FAILING]
                for key, found in _grouped(
                    [row for row in rows["school_verdicts"] if row["status"] == "not_met"], "standard", "stage"
                ).items()
            },
            "sizes": _sizes(rows["units"], limited[-1] if limited else ""),
            "documents": _grouped(rows["evidence_index"], "standard"),
            "history": series,
            "values": schools,
            "shares": shares,
            "most": most,
            "widest": {
                key: max((cells[name]["value"] or 0.0 for cells in schools[key].values()), default=1.0)
                for key, name in most.items()
            },
            "unmet": _grouped(
                [row for row in unmet if row["subject_id"] or (row["standard"], row["item"]) not in of_schools],
                "standard",
                "item",
                "check",
                "stage",
            ),
            "unmet_of_schools": {
                standard: _most(_grouped([row for row in unmet if row["standard"] == standard], "school_name"))
                for standard in shown
            },
            "groups": _first(
                _grouped(
                    [
                        row
                        for row in rows["group_dispersion"]
                        if row["indicator"] != "composite" and row["standard"] in limited
                    ],
                    "standard",
                    "grouping",
                    "group",
                    "stage",
                ),
                _GROUPS,
            ),
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
            "css": self._styles,
            "c": self.rows(tables, code, standards),
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


def _first(groups: dict[tuple[Any, ...], list[dict[str, Any]]], most: int) -> dict[tuple[Any, ...], Any]:
    return dict(list(groups.items())[:most])


def _most(groups: dict[tuple[Any, ...], list[dict[str, Any]]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The schools with most that is not met."""
    named = [(str(key[0]), rows) for key, rows in groups.items() if key[0]]
    return sorted(named, key=lambda entry: (-len(entry[1]), entry[0]))[:_SCHOOLS]


def _rest(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The schools that are not named, as one."""
    return {
        "school_name": f"其余 {len(rows)} 个合计",
        "variance_share": sum(row["variance_share"] for row in rows),
        "weight_share": sum(row["weight_share"] for row in rows),
        "value": None,
        "mean": None,
        "unit": "",
        "cv_without": None,
    }


def _sizes(units: list[dict[str, Any]], standard: str) -> dict[str, dict[str, int]]:
    """The classes of each stage by size, over the units that report all of them."""
    sizes: dict[str, dict[str, int]] = {}
    for unit in units:
        counts = {band: unit[f"classes_{band}"] for band in _BANDS}
        if unit["standard"] == standard and unit["standing"] == "counted" and None not in counts.values():
            of_stage = sizes.setdefault(unit["stage"], dict.fromkeys(_BANDS, 0))
            for band, count in counts.items():
                of_stage[band] += count
    return sizes


def _lacking(values: list[dict[str, Any]], standards: set[str]) -> dict[tuple[Any, ...], list[str]]:
    """The schools without a value by standard, stage and indicator."""
    found: dict[tuple[Any, ...], list[str]] = {}
    for row in values:
        if row["value"] is None and row["standard"] in standards:
            found.setdefault((row["standard"], row["stage"], row["indicator"]), []).append(row["school_name"])
    return found


def _left_out(units: list[dict[str, Any]], standards: set[str]) -> list[dict[str, Any]]:
    """The units that do not count, each once with the standards under which it does not."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in units:
        if row["standing"] != "counted" and row["standard"] in standards:
            key = (row["stage"], row["unit_id"], row["standing"])
            found.setdefault(key, row | {"standards": []})["standards"].append(row["standard"])
    return list(found.values())
