"""What missing returns leave open: between which values a coefficient lies, and who has not reported."""

from __future__ import annotations

from reports import display
from reports.language import gettext as _
from reports.year import CountyTables, Row, records

_NAMED = 20


def bounds_note(row: Row) -> list[str]:
    """Between which values the coefficient lies whatever is missing; nothing where nothing bounds it."""
    low, high = row["cv_low"], row["cv_high"]
    if low is None or (high is None and display.coefficient(low) == display.coefficient(0.0)):
        return []
    if high is None:
        lies = _("未上报的数据无论多少，差异系数都不小于 {low}").format(low=display.coefficient(low))
    else:
        lies = _("未上报的数据在标准所列范围内取任何值，差异系数都在 {low}–{high} 之间").format(
            low=display.coefficient(low), high=display.coefficient(high)
        )
    decided = {
        "bounds_over_limit": _("，都超过限值。"),
        "bounds_within_limit": _("，都不超过限值。"),
    }
    return [lies + decided.get(row["reason"], _("。"))]


def deciding_note(county: CountyTables, standard: str, row: Row) -> list[str]:
    """The units whose missing figures the status hangs on: those without a value, where it is undetermined by them."""
    if row["status"] != "undetermined" or row["reason"] != "missing_units":
        return []
    cells = county.values.get((standard, row["stage"]), {})
    units = county.units.get((standard, row["stage"]), {})
    silent = [
        units[unit_id]["school_name"]
        for unit_id, found in cells.items()
        if any(row["indicator"] in (name, "composite") and cell["value"] is None for name, cell in found.items())
    ]
    return [_("能否判定取决于：{names}。").format(names=display.listed(silent, _NAMED))] if silent else []


def not_reported(county: CountyTables) -> list[str]:
    """The schools of the county of which a return was expected and none came, by name; and those refused whole."""
    if county.all.public is not None:
        return []
    rows = records(county.frame("coverage"), "status", "school_name")
    found = []
    for status, sentence in (
        ("missing", _("应报而未报的学校 {count} 所：{names}。")),
        ("refused", _("已报但整行被拒收的学校 {count} 所：{names}。")),
    ):
        names = [row["school_name"] for row in rows if row["status"] == status]
        if names:
            found.append(sentence.format(count=display.count(len(names)), names=display.listed(names, _NAMED)))
    return found
