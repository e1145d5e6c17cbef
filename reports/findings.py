"""What is unusual in a county's returns and what was said of it: the words for it, and the county page's short section."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any

from reports import display
from reports.captions import Captions
from reports.language import gettext as _
from reports.language import labelled, marked, serial
from reports.model import Course
from reports.year import CountyTables, Row
from schemas.explanations import CHECKS, STATUSES, TO_EXPLAIN
from schemas.tables import school_fields

KIND = "check-report"
CHECK_WORDS = {
    "swing": marked("比上年增减悬殊"),
    "times_10": marked("小数点错位"),
    "yuan_wan": marked("元与万元混用"),
    "mu_m2": marked("亩与平方米混用"),
    "copy": marked("与上年全部相同"),
}
STATUS_WORDS = {
    "open": marked("待说明"),
    "expired": marked("说明已过期"),
    "carried_over": marked("沿用待确认"),
    "explained": marked("已说明"),
    "no_finding": marked("有说明而已无异常"),
}


def check_word(check: str) -> str:
    """A check in a few words; one that is not known here stands as its id."""
    return _(CHECK_WORDS[check]) if check in CHECK_WORDS else check


@cache
def _fields() -> dict[str, dict[str, str]]:
    return {entry["column"]: entry for entry in school_fields()}


def column_word(column: str) -> str:
    """A field as the return calls it; the whole return where none is named."""
    if not column:
        return _("整份报表")
    return labelled(_fields()[column]) if column in _fields() else column


def unit_of(column: str) -> str:
    """The unit of a field; empty where it has none."""
    return _fields()[column]["unit"] if column in _fields() else ""


def findings(county: CountyTables) -> list[dict[str, Any]]:
    """The county's findings with what was said of each, in the order of the table; last the explanations of nothing."""
    seen = {row["finding_id"]: row for row in county.frame("experience_findings").iter_rows(named=True)}
    said = county.frame("finding_explanations").rows(named=True)
    nothing: dict[str, Any] = dict.fromkeys(("value", "value_before", "threshold", "file", "sheet", "row"))
    nothing |= dict.fromkeys(("file_before", "sheet_before", "row_before"))
    names = dict(county.frame("schools").select("school_id", "school_name").iter_rows())
    return sorted(
        (
            nothing | {"school_name": names.get(row["school_id"], "")} | seen.get(row["finding_id"], {}) | row
            for row in said
        ),
        key=lambda row: row["status"] == "no_finding",
    )


def counts_words(rows: list[dict[str, Any]]) -> str:
    """How many findings there are of each status."""
    counted = Counter(row["status"] for row in rows)
    return serial(
        _("{status} {count} 处").format(status=_(STATUS_WORDS[status]), count=display.count(counted[status]))
        for status in STATUSES
        if counted[status] and status != "no_finding"
    )


def _in_order(checks: set[str]) -> list[str]:
    return [*(check for check in CHECKS if check in checks), *sorted(checks - set(CHECKS))]


def by_check(rows: list[dict[str, Any]]) -> list[tuple[str, list[int]]]:
    """How many findings of each check, and of each status."""
    counted = Counter((row["check"], row["status"]) for row in rows)
    return [
        (check, [counted[check, status] for status in STATUSES[:-1]])
        for check in _in_order({row["check"] for row in rows if row["status"] != "no_finding"})
    ]


def findings_course(county: CountyTables, captions: Captions) -> tuple[Course, ...]:
    """How many findings are open, expired, carried over and explained; nothing where none wants anything done."""
    rows = findings(county)
    if not any(row["status"] in TO_EXPLAIN for row in rows):
        return ()
    return (
        Course(
            anchor="findings",
            title=_("经验性核查"),
            sentences=(
                _("本学年学校报表中有 {count} 处不合常情：{counts}。").format(
                    count=display.count(sum(row["status"] != "no_finding" for row in rows)), counts=counts_words(rows)
                ),
            ),
            caption=captions.next(_("{county}经验性核查").format(county=county.name)),
            caption_note=_("{year}；单位：处").format(year=display.school_year(county.year)),
            columns=(_("核查"), *(_(STATUS_WORDS[status]) for status in STATUSES[:-1])),
            numbers=(False, True, True, True, True),
            rows=tuple(
                (check_word(check), *(display.count(count) for count in counted)) for check, counted in by_check(rows)
            ),
            notes=(_("经验性核查不改变任何数字：不实的更正，属实的说明。逐处见核查报告。"),),
        ),
    )


def has_findings(county: CountyTables) -> bool:
    """Whether there is anything for a check report to say."""
    return not county.frame("finding_explanations").is_empty()


def subject(row: Row) -> str:
    """The school, with the part of its return where it has several; the county where it is of the county."""
    if not row["school_id"]:
        return str(row["county_name"])
    name = row["school_name"] or row["school_id"]
    if row["return_part"] == "whole":
        return str(name)
    return _("{school}（{part}）").format(school=name, part=display.stage(row["return_part"]))
