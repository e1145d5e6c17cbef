"""Corrections of a county's returns: the table of them, and the sign of a cell that rests on one."""

from __future__ import annotations

from reports import display
from reports.captions import Captions
from reports.language import gettext as _
from reports.language import labelled
from reports.model import Course
from reports.year import CountyTables, indicator_fields
from schemas.tables import school_fields
from standards.standard import Indicator

MARK = "c"
"""Stands behind a figure that rests on a corrected cell."""


def corrections_course(county: CountyTables, captions: Captions) -> tuple[Course, ...]:
    """Every correction that was applied to the county's returns; nothing where there is none."""
    rows = county.frame("corrections").rows(named=True)
    if not rows:
        return ()
    labels = {entry["column"]: labelled(entry) for entry in school_fields()}
    refused = sum(row["is_kept"] is False for row in rows)
    notes = [_("凡含更正值的学校指标后标“{mark}”。原值与更正值均为本系统字段的单位。").format(mark=MARK)]
    if refused:
        notes.append(_("其中 {count} 处更正后的值未通过逻辑校验，按未上报处理。").format(count=display.count(refused)))
    return (
        Course(
            anchor="corrections",
            title=_("更正的数据"),
            sentences=(
                _("以下 {count} 处报表数据已按登记的更正改正，本页的数字以更正后的值计算。").format(
                    count=display.count(len(rows))
                ),
            ),
            caption=captions.next(_("{county}更正的数据").format(county=county.name)),
            caption_note=display.school_year(county.year),
            columns=(
                _("更正编号"),
                _("学校或事项"),
                _("字段"),
                _("原值"),
                _("更正为"),
                _("理由"),
                _("依据文件"),
                _("出处"),
            ),
            numbers=(False, False, False, True, True, False, False, False),
            rows=tuple(
                (
                    row["correction"],
                    f"{row['school_name']} {row['school_id']}" if row["school_name"] else row["where"],
                    labels.get(row["column"], row["column"]),
                    display.NOT_REPORTED if row["value_before"] is None else row["value_before"],
                    display.NOT_REPORTED if row["value"] is None else row["value"],
                    row["reason"],
                    row["document"],
                    display.origin(row["file"], row["sheet"], row["row"], whole_path=True),
                )
                for row in rows
            ),
            notes=tuple(notes),
        ),
    )


def corrected_fields(county: CountyTables, stage: str) -> dict[str, set[str]]:
    """For each school the fields of the stage, or shared by the stages, that a correction has set."""
    names = {entry["column"]: entry["base"] for entry in school_fields() if entry["stage"] in ("", stage)}
    found: dict[str, set[str]] = {}
    for row in county.frame("corrections").iter_rows(named=True):
        if row["table"] == "schools" and row["column"] in names:
            found.setdefault(row["school_id"], set()).add(names[row["column"]])
    return found


def mark(indicator: Indicator, stage: str, fields: set[str]) -> str:
    """The sign behind a school's indicator that is computed from a corrected field; else nothing."""
    return MARK if fields.intersection(indicator_fields(indicator, stage)) else ""
