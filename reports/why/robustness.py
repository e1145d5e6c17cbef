"""How sure the verdict is: the coefficient by other formulas and schools, and the least change that turns it round."""

from __future__ import annotations

from collections.abc import Sequence

from reports import display, sentences
from reports.captions import Captions
from reports.language import bracketed, ended, marked, semicolons, serial
from reports.language import gettext as _
from reports.model import Course
from reports.why.focus import Cell, rows_of
from reports.year import CountyTables, Row
from schemas.columns import STAGES

_VARIANTS = {
    "unweighted": marked("不加权，总体标准差"),
    "sample_sd": marked("不加权，样本标准差"),
    "around_pooled_mean": marked("不加权，以合并平均为中心"),
    "unsplit": marked("一贯制学校不拆分"),
    "without_private": marked("不含民办"),
    "with_private": marked("含民办"),
    "without_teaching_points": marked("不含教学点"),
    "with_teaching_points": marked("含全部教学点"),
}
_MOST_TURNED = 6


_Key = tuple[str, str, str]
"""Standard, stage and indicator."""


def shown(county: CountyTables, cells: Sequence[Cell]) -> dict[_Key, dict[str, Row]]:
    """The rows of the cells asked about by variant, of what decides them, and of every cell that a variant turns round."""
    judged = {
        (c.standard.id, c.stage, "composite" if c.standard.dispersion.rule == "mean" else c.indicator) for c in cells
    }
    asked = {(cell.standard.id, cell.stage) for cell in cells}
    by_cell: dict[_Key, dict[str, Row]] = {}
    for row in rows_of(county, "verdict_robustness", cells):
        if (row["standard"], row["stage"]) in asked and row["limit"] is not None:
            by_cell.setdefault((row["standard"], row["stage"], row["indicator"]), {})[row["variant"]] = row
    order = {standard.id: place for place, standard in enumerate(county.standards)}
    kept = [
        key
        for key, found in by_cell.items()
        if key in judged or any(row["is_turned"] or row["is_hidden_by_rounding"] for row in found.values())
    ]
    return {key: by_cell[key] for key in sorted(kept, key=lambda key: (order[key[0]], STAGES.index(key[1]), key[2]))}


def robustness(county: CountyTables, cells: Sequence[Cell], captions: Captions) -> Course | None:
    """The official coefficient beside the variants, one row a cell, with every cell that a variant turns round."""
    by_cell = shown(county, cells)
    if not by_cell:
        return None
    turned = {key: found for key, found in by_cell.items() if any(row["is_turned"] for row in found.values())}
    variants = [name for name in _VARIANTS if any(name in found for found in by_cell.values())]
    return Course(
        is_wide=True,
        anchor="why-robustness",
        title=_("结论有多可靠"),
        sentences=(
            _turned_sentence(county, turned),
            *_hidden_sentences(county, by_cell),
            *_least_sentences(county, cells),
        ),
        caption=captions.next(_("{county}的差异系数换一种算法是多少").format(county=county.name)),
        caption_note=_("{year}；官方算法以外的都不是官方结果，仅供参考").format(year=display.school_year(county.year)),
        columns=(_("指标"), _("限值"), _("官方算法"), *(_(_VARIANTS[name]) for name in variants)),
        numbers=(False, *(True,) * (2 + len(variants))),
        rows=tuple(_row(county, key, found, variants) for key, found in by_cell.items()),
        notes=(
            _("✕ 结论与官方的相反；— 对本县没有影响，或无法计算。算法见文档 why.md，全部见表 verdict_robustness。"),
        ),
    )


def _what(county: CountyTables, key: _Key) -> str:
    standard, stage, indicator = key
    return Cell(county.all.standards[standard], stage, indicator).label


def _row(county: CountyTables, key: _Key, found: dict[str, Row], variants: Sequence[str]) -> tuple[str, ...]:
    official = found["official"]

    def told(name: str) -> str:
        if name not in found:
            return display.NOT_APPLICABLE
        return display.coefficient(found[name]["cv"]) + (" ✕" if found[name]["is_turned"] else "")

    return (
        _what(county, key),
        display.bound(official["limit"]),
        sentences.decisive_cv({**official, "reason": None}),
        *(told(name) for name in variants),
    )


def _turned_sentence(county: CountyTables, turned: dict[_Key, dict[str, Row]]) -> str:
    """Which variants would turn which verdict round; that none does."""
    if not turned:
        return _("换用以下各种算法，没有一项结论反转。")
    told = []
    for key, found in list(turned.items())[:_MOST_TURNED]:
        others = serial(
            _("{variant} {cv}").format(variant=_(_VARIANTS[name]), cv=display.coefficient(row["cv"]))
            for name, row in found.items()
            if row["is_turned"]
        )
        told.append(
            _("{what}为 {cv}（{status}），反转的是：{others}").format(
                what=_what(county, key),
                cv=sentences.decisive_cv({**found["official"], "reason": None}),
                status=display.status_word(found["official"]["status"]),
                others=others,
            )
        )
    said = _("换一种算法，{count} 项结论会反转：{told}").format(count=len(turned), told=semicolons(told))
    return ended(said + (_("等") if len(turned) > _MOST_TURNED else ""))


def _hidden_sentences(county: CountyTables, by_cell: dict[_Key, dict[str, Row]]) -> list[str]:
    """Each official coefficient that is over its limit and prints as if it were not."""
    return [
        _("{what}印为 {printed}，实为 {cv}，超过限值 {limit}：只是取整掩盖了超限。").format(
            what=_what(county, key),
            printed=display.coefficient(found["official"]["cv"]),
            cv=sentences.decisive_cv({**found["official"], "reason": None}),
            limit=display.bound(found["official"]["limit"]),
        )
        for key, found in by_cell.items()
        if found["official"]["is_hidden_by_rounding"]
    ]


def _least_sentences(county: CountyTables, cells: Sequence[Cell]) -> list[str]:
    """The least change of one school that turns the verdict on each cell."""
    by_cell: dict[_Key, list[Row]] = {}
    for row in rows_of(county, "least_changes", cells):
        by_cell.setdefault((row["standard"], row["stage"], row["indicator"]), []).append(row)
    said = []
    for cell in cells:
        rows = by_cell.get((cell.standard.id, cell.stage, cell.indicator), [])
        if not rows:
            continue
        judged = rows[0]["judged"]
        said.append(
            _("{what}最少这样变动一所学校，{judged}的结论就会反转：{changes}。").format(
                what=cell.label,
                judged=_("综合差异系数") if judged == "composite" else _("差异系数"),
                changes=semicolons(_least(row) for row in sorted(rows, key=lambda row: row["change_of"] == "pupils")),
            )
        )
    return said


def _least(row: Row) -> str:
    words = {
        "name": row["school_name"],
        "count": display.count(abs(row["change"])),
        "unit": display.counted(row["counted_in"]),
        "after": bracketed(
            _("{before} → {after}").format(
                before=sentences.decisive_cv(
                    {**row, "cv": row["cv_before"], "status": row["status_before"], "reason": None}
                ),
                after=sentences.decisive_cv({**row, "reason": None}),
            )
        ),
    }
    if row["change_of"] == "pupils":
        if row["change"] > 0:
            return _("{name}在校生增加 {count} 人{after}").format(**words)
        return _("{name}在校生减少 {count} 人{after}").format(**words)
    if row["change"] > 0:
        return _("{name}的资源增加 {count} {unit}{after}").format(**words)
    return _("{name}的资源减少 {count} {unit}{after}").format(**words)
