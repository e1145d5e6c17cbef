"""What changed since the year before, and by how much each cause: a sentence and two rows for each indicator."""

from __future__ import annotations

from collections.abc import Sequence

from reports import display
from reports.captions import Captions
from reports.language import bracketed, ended, marked, semicolons, serial, together
from reports.language import gettext as _
from reports.model import Course
from reports.why.focus import Cell, rows_of
from reports.year import CountyTables, Row
from schemas.why import CAUSES

_CAUSES = {
    "resources": marked("资源"),
    "pupils": marked("在校生"),
    "opened": marked("新增学校"),
    "closed": marked("减少学校"),
    "regrouped": marked("合并拆分"),
    "reporting": marked("上报与否"),
    "corrections": marked("更正"),
    "relaxations": marked("标准放宽"),
}
_DIVISORS = {"classes": marked("班级数"), "one": marked("分母")}
_FIGURES = {"mean": marked("平均值"), "cv": marked("差异系数")}


def causes(county: CountyTables, cells: Sequence[Cell], captions: Captions) -> Course | None:
    """The causes of the change of each cell's mean and coefficient; None where no year before is known."""
    found = {
        (row["standard"], row["stage"], row["indicator"], row["figure"]): row
        for row in rows_of(county, "change_causes", cells)
    }
    told: list[tuple[Cell, list[Row]]] = []
    for cell in cells:
        rows = [found.get((cell.standard.id, cell.stage, cell.indicator, figure)) for figure in _FIGURES]
        known = [row for row in rows if row is not None and row["reason"] is None]
        if known:
            told.append((cell, known))
    if not told:
        return None
    shown = [name for name in CAUSES if any(row[name] for _cell, rows in told for row in rows)]
    return Course(
        anchor="why-causes",
        title=_("与上年相比，变化由什么造成"),
        sentences=tuple(_sentence(cell, rows) for cell, rows in told),
        caption=captions.next(_("{county}的变化由哪些原因造成").format(county=county.name)),
        caption_note=_("{year}与上一学年相比；各原因之和等于变化，不是官方结果").format(
            year=display.school_year(county.year)
        ),
        columns=(
            _("指标"),
            _("数字"),
            _("上年"),
            _("本年"),
            _("变化"),
            *(_(_CAUSES[name]) for name in shown),
        ),
        numbers=(False, False, *(True,) * (3 + len(shown))),
        rows=tuple(_row(cell, row, shown) for cell, rows in told for row in rows),
        notes=(
            _("每个原因的份额是它在所有先后次序下作用的平均，与次序无关。算法见文档 why.md，全部见表 change_causes。"),
        ),
    )


def _places(row: Row) -> int:
    return display.CV_PLACES if row["figure"] == "cv" else display.places_of(row["unit"])


def cause_label(cell: Cell, name: str) -> str:
    """The cause in words; what an indicator is divided by is called by its name."""
    divisor = cell.standard.indicator(cell.indicator)
    if name == "pupils" and not divisor.is_per_pupil:
        return _(_DIVISORS["one" if divisor.over else divisor.denominator])
    return _(_CAUSES[name])


def _sentence(cell: Cell, rows: Sequence[Row]) -> str:
    """“小学生均图书：平均值由 20.1 变为 21.0（+0.9）：资源 +1.2、在校生 −0.3；差异系数由 …”."""
    figures = semicolons(_figure(cell, row) for row in rows)
    said = ended(_("{what}：{figures}").format(what=cell.label, figures=figures))
    corrected = [
        _("按报表原样，平均值的变化是 {raw}；更正使它成为 {change}。").format(
            raw=display.signed(row["change"] - row["corrections"], _places(row)),
            change=display.signed(row["change"], _places(row)),
        )
        for row in rows
        if row["corrections"] and row["figure"] == "mean"
    ]
    return together([said, *corrected])


def _figure(cell: Cell, row: Row) -> str:
    places = _places(row)
    words = {
        "figure": _(_FIGURES[row["figure"]]),
        "before": display.number(row["value_before"], places),
        "now": display.number(row["value"], places),
        "change": bracketed(display.signed(row["change"], places)),
    }
    parts = [
        _("{cause} {part}").format(cause=cause_label(cell, name), part=part)
        for name in sorted(CAUSES, key=lambda name: (-abs(row[name]), CAUSES.index(name)))
        if (part := display.signed(row[name], places)).strip("+−0.")
    ]
    if not parts:
        return _("{figure}由 {before} 变为 {now}{change}").format(**words)
    return _("{figure}由 {before} 变为 {now}{change}，其中{parts}").format(parts=serial(parts), **words)


def _row(cell: Cell, row: Row, shown: Sequence[str]) -> tuple[str, ...]:
    places = _places(row)
    return (
        cell.label,
        _(_FIGURES[row["figure"]]),
        display.number(row["value_before"], places),
        display.number(row["value"], places),
        display.signed(row["change"], places),
        *(display.signed(row[name], places) for name in shown),
    )
