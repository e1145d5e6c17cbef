"""Counties by indicators of a stage, shaded by how near the limit they are: sign and word say so without colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from reports import display, sentences
from reports.attention import label_of
from reports.captions import Captions
from reports.language import gettext as _
from reports.language import together
from reports.model import Heat, HeatCell, HeatColumn, HeatRow
from reports.province_tables import ProvinceTables
from reports.standing import page_of
from reports.year import Row
from standards.standard import Standard

SHADES = (0.5, 0.7, 0.9, 1.0)
"""Shares of the limit at which the next shade begins; of the last but one on a CV is near its limit. For the eye only."""
_NEAR = 3
_OVER = 4
_QUARTERS = 4
_WIDEST = 3


def heats(area: ProvinceTables, captions: Captions) -> tuple[Heat, ...]:
    """A table for each stage of each leading standard of which there is any CV."""
    made = (_heat(area, standard, stage, captions) for standard in area.leading for stage in standard.scope.stages)
    return tuple(found for found in made if found is not None)


def shown_names(standard: Standard) -> list[str]:
    """The indicators that have a CV, the composite first where it is what is limited."""
    names = [indicator.id for indicator in standard.indicators if indicator.is_quantity]
    return ["composite", *names] if standard.dispersion.rule == "mean" else names


def _heat(area: ProvinceTables, standard: Standard, stage: str, captions: Captions) -> Heat | None:
    names = shown_names(standard)
    cells = {
        (code, name): row
        for code in area.names
        for name in names
        if (row := area.cells.get((code, standard.id, stage, name))) is not None
    }
    codes = [code for code in area.names if any((code, name) in cells for name in names)]
    if not any(row["cv"] is not None for row in cells.values()):
        return None
    codes.sort(key=lambda code: (_worst([cells[code, name] for name in names if (code, name) in cells]), code))
    grades = {name: _quarters({code: cells[code, name] for code in codes if (code, name) in cells}) for name in names}
    limits = {
        name: next((cells[code, name]["limit"] for code in codes if (code, name) in cells), None) for name in names
    }
    label = display.stage(stage)
    rows = tuple(
        HeatRow(
            name=area.names[code],
            href=f"{area.folder(code)}/index.html#{standard.id}-{stage}",
            cells=tuple(_cell(cells.get((code, name)), grades[name].get(code)) for name in names),
        )
        for code in codes
    )
    return Heat(
        anchor=f"heat-{area.source}-{area.province}-{standard.id}-{stage}",
        title=_("{standard}·{stage}").format(standard=sentences.short_title(standard), stage=label),
        lead=_lead(area, standard, stage, cells, codes),
        caption=captions.next(
            _("{year}{province}{stage}各县各项差异系数").format(
                year=display.school_year(area.year), province=area.name, stage=label
            )
        ),
        caption_note=_("{standard}，{count} 个县级单位，最差在前；无单位").format(
            standard=sentences.short_title(standard), count=display.count(len(codes))
        ),
        columns=tuple(
            HeatColumn(
                label=label_of(standard, name),
                href=page_of(standard.id, stage, name),
                limit="" if limits[name] is None else _("限值 {limit}").format(limit=display.bound(limits[name])),
            )
            for name in names
        ),
        rows=rows,
        legend=_legend(limits),
    )


def _worst(rows: Sequence[Row]) -> tuple[int, float]:
    """Least margin first; where nothing is limited the largest CV first; counties without a CV last."""
    margins = [row["margin"] for row in rows if row["margin"] is not None]
    if margins:
        return 0, min(margins)
    cvs = [row["cv"] for row in rows if row["cv"] is not None]
    return (1, -max(cvs)) if cvs else (2, 0.0)


def _quarters(rows: Mapping[str, Row]) -> dict[str, int]:
    """By county the quarter (0 to 3) of the province in which its CV lies; the widest quarter is 3."""
    known = pl.DataFrame(
        [(code, row["cv"]) for code, row in rows.items() if row["cv"] is not None],
        schema={"code": pl.String, "cv": pl.Float64},
        orient="row",
    )
    ranked = known.with_columns(nth=pl.col("cv").rank("min").cast(pl.Int64))
    return {code: (nth - 1) * _QUARTERS // known.height for code, _cv, nth in ranked.iter_rows()}


def _cell(row: Row | None, quarter: int | None) -> HeatCell:
    """A CV with the sign and word of its status: over the limit, near it, not to be judged, among the widest."""
    if row is None or row["cv"] is None:
        absent = display.NOT_REPORTED if row is None else display.absence(row["reason"], display.NOT_REPORTED)
        return HeatCell(text=absent, sign="", word="", grade="")
    text = sentences.decisive_cv(row)
    limit = row["limit"]
    if limit is None:
        is_wide = quarter == _WIDEST
        return HeatCell(
            text=text, sign="▲" if is_wide else "", word=_("偏大") if is_wide else "", grade=str(quarter or 0)
        )
    grade = sum(row["cv"] > limit * share for share in SHADES)
    if row["status"] == "undetermined":
        return HeatCell(text=text, sign="?", word=_("数据不全"), grade=str(min(grade, _OVER)))
    if row["status"] == "not_met":
        return HeatCell(text=text, sign="✕", word=_("超限"), grade=str(_OVER))
    grade = min(grade, _NEAR)
    is_near = grade == _NEAR
    return HeatCell(text=text, sign="△" if is_near else "", word=_("近限") if is_near else "", grade=str(grade))


def _lead(
    area: ProvinceTables, standard: Standard, stage: str, cells: Mapping[tuple[str, str], Row], codes: Sequence[str]
) -> str:
    """How many CVs of how many counties are over the limit, and which indicator most often; else where the widest is."""
    limited = [(code, name) for (code, name), row in cells.items() if row["limit"] is not None]
    if not limited:
        code, name = max((key for key, row in cells.items() if row["cv"] is not None), key=lambda key: cells[key]["cv"])
        return _("{stage}最大的差异系数：{county}{label}，{cv}。").format(
            stage=display.stage(stage),
            county=area.names[code],
            label=label_of(standard, name),
            cv=display.coefficient(cells[code, name]["cv"]),
        )
    over = [key for key in limited if cells[key]["status"] == "not_met"]
    if not over:
        return _("{stage}没有差异系数超过限值。").format(stage=display.stage(stage))
    counts = {name: sum(key[1] == name for key in over) for name in shown_names(standard)}
    most = max(counts, key=lambda name: counts[name])
    return _(
        "{counties} 个县级单位中 {over} 个有{stage}差异系数超过限值，共 {cells} 项；最多的是{label}（{most} 个）。"
    ).format(
        counties=display.count(len(codes)),
        over=display.count(len({code for code, _name in over})),
        stage=display.stage(stage),
        cells=display.count(len(over)),
        label=label_of(standard, most),
        most=display.count(counts[most]),
    )


def _legend(limits: Mapping[str, float | None]) -> str:
    said = []
    if any(limit is not None for limit in limits.values()):
        said.append(
            _(
                "✕ 超限：大于限值；△ 近限：大于限值的 {near}%；? 数据不全，无法判定。底色按差异系数占限值的比例加深。"
            ).format(near=round(SHADES[_NEAR - 1] * 100))
        )
    if any(limit is None for limit in limits.values()):
        said.append(_("没有限值的列，▲ 偏大：全省各县中最大的四分之一；底色按四等分加深。"))
    return together(said)
