"""Between and within: how much of the gap lies between town and country, or kinds of schools, and how much inside them."""

from __future__ import annotations

from collections.abc import Sequence

from reports import display
from reports.captions import Captions
from reports.language import bracketed, marked, serial, together
from reports.language import gettext as _
from reports.model import Course
from reports.why.focus import Cell, rows_of
from reports.year import CountyTables, Row

_AREAS = ("urban", "town", "rural", "unknown")
_PUPIL_GROUPS = {
    "migrant_children": marked("随迁子女"),
    "left_behind_children": marked("农村留守儿童"),
    "boarders": marked("寄宿生"),
}
_TELLING = 0.05
"""The least relative difference between groups of pupils that is said; a default of ours."""


def groups(county: CountyTables, cells: Sequence[Cell], captions: Captions) -> Course | None:
    """The split of each cell's gap between and within groups, beside other measures; None where nothing is known."""
    parts = {(*_key(row), row["grouping"]): row for row in rows_of(county, "between_within", cells)}
    measures = {_key(row): row for row in rows_of(county, "inequality", cells)}
    shown = [(cell, measures[key]) for cell in cells if (key := _of(cell)) in measures and measures[key]["cv"]]
    if not shown:
        return None
    means: dict[tuple[str, str, str], dict[str, Row]] = {}
    for row in rows_of(county, "group_means", cells):
        if row["grouping"] == "area":
            means.setdefault(_key(row), {})[row["group"]] = row
    gaps: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows_of(county, "pupil_gaps", cells):
        gaps.setdefault(_key(row), []).append(row)
    said = []
    for cell, _measure in shown:
        split = parts.get((*_of(cell), "area"))
        told = [
            _area_sentence(cell, split, means.get(_of(cell), {})) if split is not None else "",
            _gap_sentence(gaps.get(_of(cell), [])),
        ]
        said.append(together(told))
    return Course(
        anchor="why-groups",
        title=_("组间与组内"),
        sentences=tuple(sentence for sentence in said if sentence),
        caption=captions.next(_("{county}的差异分为组间与组内，及其他度量").format(county=county.name)),
        caption_note=_("{year}；都不是官方结果，仅供参考").format(year=display.school_year(county.year)),
        columns=tuple(
            _(name)
            for name in (
                marked("指标"),
                marked("差异系数"),
                marked("城乡之间"),
                marked("办学类型之间"),
                marked("泰尔指数"),
                marked("基尼系数"),
                marked("麦克卢恩指数"),
                marked("极差比"),
            )
        ),
        numbers=(False, *(True,) * 7),
        rows=tuple(
            (
                cell.label,
                display.coefficient(measure["cv"]),
                *(_share(parts.get((*_of(cell), grouping))) for grouping in ("area", "school_type")),
                *(display.coefficient(measure[name]) for name in ("theil", "gini", "mcloone", "range_ratio")),
            )
            for cell, measure in shown
        ),
        notes=(
            _(
                "组间份额：各组平均值之间的差异占差异系数平方的份额，其余在组内。学生类别的差别说的是他们就读的学校，不是他们得到的资源。"
                "残疾儿童少年按县上报，不能分校比较。算法见文档 why.md。"
            ),
        ),
    )


def _key(row: Row) -> tuple[str, str, str]:
    return row["standard"], row["stage"], row["indicator"]


def _of(cell: Cell) -> tuple[str, str, str]:
    return cell.standard.id, cell.stage, cell.indicator


def _share(row: Row | None) -> str:
    return (
        display.NOT_APPLICABLE if row is None else display.percent(row["between_share"], absent=display.NOT_APPLICABLE)
    )


def _area_sentence(cell: Cell, split: Row, means: dict[str, Row]) -> str:
    """“…城乡之间占差异的 12.3%（城区 7.10、乡村 9.00），其余 87.7% 在各自内部。”."""
    if split["between_share"] is None:
        return ""
    told = serial(
        _("{group} {mean}").format(
            group=_("城乡未上报") if area == "unknown" else display.area(area),
            mean=display.measured(means[area]["mean"], means[area]["unit"]),
        )
        for area in _AREAS
        if area in means
    )
    return _("{what}：城乡之间占差异的 {between}{means}，其余 {within} 在各自内部。").format(
        what=cell.label,
        between=display.percent(split["between_share"]),
        means=bracketed(told),
        within=display.percent(1 - split["between_share"]),
    )


def _gap_sentence(gaps: Sequence[Row]) -> str:
    """The group of pupils whose schools differ most from those of the others, where the difference tells something."""

    def size(row: Row) -> float:
        return abs(row["gap"]) / row["mean_of_others"] if row["mean_of_others"] else 0.0

    row = max(gaps, key=lambda row: (size(row), row["pupil_group"]), default=None)
    if row is None or size(row) < _TELLING:
        return ""
    return _("{group}（占 {share}）所在学校的平均值为 {own}，其他学生为 {others}（{gap}）。").format(
        group=_(_PUPIL_GROUPS[row["pupil_group"]]),
        share=display.percent(row["group_share"]),
        own=display.measured(row["mean_of_group"], row["unit"]),
        others=display.measured(row["mean_of_others"], row["unit"]),
        gap=display.signed(row["gap"], display.places_of(row["unit"])),
    )
