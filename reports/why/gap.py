"""Who makes the gap: how few schools make most of the variance, and what the coefficient is without one of them."""

from __future__ import annotations

from collections.abc import Sequence

from reports import display
from reports.captions import Captions
from reports.language import ended, marked, together
from reports.language import gettext as _
from reports.model import Course
from reports.why.focus import Cell, shares_of
from reports.year import CountyTables, Row

MOST = 0.8
"""The share of the variance whose makers are counted; a default of ours."""
_SHOWN = 10
_EQUAL = 1e-12


def gap_sentence(county: CountyTables, cell: Cell) -> str:
    """The fewest schools that make most of the gap, on which side of the mean they lie, and the CV without one.

    Empty where all schools are equal or a school stands alone.
    """
    shares = shares_of(county, cell)
    if len(shares) <= 1:
        return ""
    top = makers(shares)
    above = sum(row["value"] > row["mean"] for row in top)
    said = _("{what}：{all} 所学校中 {count} 所占差异的 {share}，其中 {above} 所高于平均、{below} 所低于平均").format(
        what=cell.label,
        all=display.count(len(shares)),
        count=display.count(len(top)),
        share=display.percent(sum(row["variance_share"] for row in top)),
        above=display.count(above),
        below=display.count(len(top) - above),
    )
    return together([ended(said), _without(county, cell, shares)])


def makers(shares: Sequence[Row]) -> Sequence[Row]:
    """Of the units, the largest shares first, the fewest that together make MOST of the variance."""
    total = 0.0
    for number, row in enumerate(shares, start=1):
        total += row["variance_share"]
        if total >= MOST:
            return shares[:number]
    return shares


def _without(county: CountyTables, cell: Cell, shares: Sequence[Row]) -> str:
    """What the coefficient would be without the unit that raises it most, and how many units decide the verdict."""
    known = [row for row in shares if row["cv_without"] is not None]
    if not known:
        return ""
    row = min(known, key=lambda row: (row["cv_without"], row["unit_id"]))
    spread = county.dispersion[cell.standard.id, cell.stage, cell.indicator]
    if row["cv_without"] >= spread["cv"]:
        return ""
    words = {
        "name": row["school_name"],
        "cv": display.coefficient(spread["cv"]),
        "without": display.coefficient(row["cv_without"]),
    }
    said = _("不计{name}，差异系数由 {cv} 变为 {without}").format(**words)
    limit = spread["limit"]
    if limit is None or spread["status"] not in ("met", "not_met"):
        return ended(said)
    is_within = spread["status"] == "met"
    turning = sum((other["cv_without"] <= limit + _EQUAL) != is_within for other in known)
    bound = display.bound(limit)
    if not turning:
        return _("{said}；不计任何一所学校，都不改变对限值 {limit} 的结论。").format(said=said, limit=bound)
    return _("{said}；单独不计 {count} 所学校中的任何一所，对限值 {limit} 的结论就会反转。").format(
        said=said, limit=bound, count=display.count(turning)
    )


def gap_table(county: CountyTables, cell: Cell, captions: Captions) -> Course | None:
    """The shares of the variance of the units that make most of it, and the CV without each; None where all are equal."""
    shares = shares_of(county, cell)
    if len(shares) <= 1:
        return None
    return Course(
        anchor=f"why-gap-{cell.standard.id}-{cell.stage}-{cell.indicator}",
        title=_("谁造成差距"),
        sentences=(),
        caption=captions.next(_("{what}的差异由哪些学校造成").format(what=cell.label)),
        caption_note=_("各校占加权方差的份额，合计 100.0%"),
        columns=tuple(
            _(name)
            for name in (
                marked("学校"),
                marked("方差份额"),
                marked("指标值"),
                marked("权重"),
                marked("去掉该校后的差异系数"),
            )
        ),
        numbers=(False, True, True, True, True),
        rows=tuple(
            (
                row["school_name"],
                display.percent(row["variance_share"]),
                display.measured(row["value"], row["unit"]),
                display.percent(row["weight_share"]),
                display.coefficient(row["cv_without"]),
            )
            for row in shares[:_SHOWN]
        ),
        notes=(_("只列前 {count} 所，全部见表 variance_shares。").format(count=_SHOWN),)
        if len(shares) > _SHOWN
        else (),
    )
