"""What became of a county's schools since the year before: gone, new, merged and so on, with the reason on record."""

from __future__ import annotations

import polars as pl

from reports import display
from reports.captions import Captions
from reports.language import gettext as _
from reports.language import marked, serial
from reports.model import Course
from reports.year import CountyTables, Row

_MOST = 80
_CHANGES = {
    "gone": marked("消失"),
    "new": marked("新增"),
    "recoded": marked("换用标识码"),
    "merged": marked("合并"),
    "split": marked("拆分"),
    "moved": marked("迁自外县"),
    "suspended": marked("停办"),
    "reopened": marked("复办"),
    "renamed": marked("改名"),
}
_EVENTS = {
    "opened": marked("新设"),
    "renamed": marked("改名"),
    "moved": marked("搬迁"),
    "recategorised": marked("改变类别"),
    "recoded": marked("换码"),
    "merged": marked("合并"),
    "split": marked("拆分"),
    "suspended": marked("停办"),
    "closed": marked("撤销"),
    "reopened": marked("复办"),
}
_REASONS = {
    "reason_missing": marked("原因未填"),
    "row_refused": marked("本学年的一行被拒收"),
    "scope_changed": marked("来源自本学年起覆盖的学校不同，不是增减"),
}
_FINDINGS = {
    "date_disagrees": marked("登记日期与报表的学年不符"),
    "other_school_not_found": marked("登记的另一所学校没有报表"),
}


def school_changes(county: CountyTables, captions: Captions) -> Course | None:
    """The schools that changed since the year before, and the pairs that may be one; None where nothing changed."""
    order = {name: place for place, name in enumerate(_CHANGES)}
    rows = sorted(
        county.frame("school_changes").iter_rows(named=True),
        key=lambda row: (order[row["change"]], row["joint_id"] or "", row["school_id_before"], row["school_id_after"]),
    )
    if not rows:
        return None
    counts = {name: sum(row["change"] == name for row in rows) for name in _CHANGES}
    said = [
        _("与上一学年相比：{changes}。").format(
            changes=serial(
                _("{change} {count} 所").format(change=_(_CHANGES[name]), count=display.count(count))
                for name, count in counts.items()
                if count and name not in ("merged", "split")
            )
            or _("只有合并或拆分")
        )
    ]
    groups = len({row["joint_id"] for row in rows if row["joint_id"]})
    if groups:
        said.append(_("合并或拆分 {count} 起，不计入同口径学校，另行比较。").format(count=display.count(groups)))
    beyond = sum(row["reason"] == "scope_changed" for row in rows)
    if beyond:
        said.append(_("其中 {count} 条因来源的覆盖范围改变，不是学校的增减。").format(count=display.count(beyond)))
    missing = sum(row["reason"] == "reason_missing" for row in rows)
    if missing:
        said.append(_("其中 {count} 条原因未填，按报表原样计。").format(count=display.count(missing)))
    candidates = county.frame("lineage_candidates")
    merged = candidates.filter(pl.col("event") == "merged")
    proposed = candidates.height - merged.height
    if merged.height:
        said.append(
            _("另有 {count} 所新增的学校可能由两所消失的学校合并而成，核对登记以前不按合并计。").format(
                count=display.count(merged["school_id_after"].n_unique())
            )
        )
    if proposed:
        said.append(
            _("另有 {count} 对消失和新增的学校可能是同一所，核对登记以前不作为同一所。").format(
                count=display.count(proposed)
            )
        )
    return Course(
        anchor="school-changes",
        title=_("学校增减"),
        sentences=tuple(said),
        caption=captions.next(_("{county}学校增减及原因").format(county=county.name)),
        caption_note=_("{year}，与上一学年比较").format(year=display.school_year(county.year)),
        columns=tuple(
            _(name)
            for name in (
                marked("变化"),
                marked("上年学校"),
                marked("本年学校"),
                marked("上年学生"),
                marked("本年学生"),
                marked("原因"),
                marked("核对"),
            )
        ),
        numbers=(False, False, False, True, True, False, False),
        rows=tuple(_row(row) for row in rows[:_MOST]),
        notes=_notes(len(rows)),
    )


def _notes(count: int) -> tuple[str, ...]:
    kept = _("原因出自学校沿革登记册；没有登记的，本系统不推断。")
    if count <= _MOST:
        return (kept,)
    return (kept, _("只列前 {count} 条，全部见表 school_changes。").format(count=_MOST))


def _row(row: Row) -> tuple[str, ...]:
    return (
        _(_CHANGES[row["change"]]),
        _school(row, "before"),
        _school(row, "after"),
        *(
            display.NOT_APPLICABLE
            if not row[f"school_id_{side}"]
            else display.NOT_REPORTED
            if row[column] is None
            else display.count(row[column])
            for side, column in (("before", "pupils_before"), ("after", "pupils"))
        ),
        _why(row),
        display.NOT_APPLICABLE if row["finding"] is None else _(_FINDINGS[row["finding"]]),
    )


def _school(row: Row, side: str) -> str:
    if not row[f"school_id_{side}"]:
        return display.NOT_APPLICABLE
    return f"{row[f'school_name_{side}']} {row[f'school_id_{side}']}"


def _why(row: Row) -> str:
    """The event of the register, its day and document; where there is none, that it is missing."""
    if row["event"] is None:
        return _(_REASONS[row["reason"]])
    told = _("{event}，{day}").format(event=_(_EVENTS[row["event"]]), day=display.day(row["event_date"]))
    if row["document"]:
        told = _("{event}，{document}").format(event=told, document=row["document"])
    return _("{event}（{note}）").format(event=told, note=row["note"]) if row["note"] else told
