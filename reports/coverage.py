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
    """Whose missing return could settle an undetermined status alone, and to which side; or that only several could."""
    rows = county.frame("deciding_units").filter(standard=standard, stage=row["stage"], indicator=row["indicator"])
    if rows.is_empty():
        return []
    names = {name: rows.filter(name)["school_name"].to_list() for name in ("settles_not_met", "settles_met", "decides")}
    everyone = display.listed(rows["school_name"].to_list(), _NAMED)
    if rows.height == 1:
        return [_("只缺 {name} 的数据：它上报，就能判定。").format(name=everyone)]
    if not names["decides"]:
        return [
            _("缺数据的 {count} 所中，没有一所看得出单独上报就能定论，须几所一并上报：{names}。").format(
                count=display.count(rows.height), names=everyone
            )
        ]
    said = [
        sentence.format(names=display.listed(names[side], _NAMED))
        for side, sentence in (
            ("settles_not_met", _("其数据单独就可能使差异系数确定超过限值的：{names}。")),
            ("settles_met", _("其数据单独就可能使差异系数确定不超过限值的：{names}。")),
        )
        if names[side]
    ]
    rest = rows.height - len(names["decides"])
    return [*said, _("缺数据的其余 {count} 所，单独上报定不了。").format(count=display.count(rest))] if rest else said


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
