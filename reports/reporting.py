"""Who has not reported in a province, by county, and which missing return could decide a coefficient."""

from __future__ import annotations

import polars as pl

from reports import display, sentences
from reports.attention import label_of
from reports.captions import Captions
from reports.language import gettext as _
from reports.language import serial
from reports.model import Course
from reports.province_tables import ProvinceTables

_NAMED = 20
_MOST = 60
_COUNTY = ["county_code", "county_name"]


def reporting(area: ProvinceTables, captions: Captions) -> tuple[Course, ...]:
    """The tables of missing returns for which the province has rows; none in the public edition."""
    if area.all.public is not None:
        return ()
    return tuple(found for make in (silent_schools, deciding) if (found := make(area, captions)) is not None)


def silent_schools(area: ProvinceTables, captions: Captions) -> Course | None:
    """The counties of which a school's return is missing or was refused whole, with the schools and the files by name.

    A county that handed in nothing at all is there too.
    """
    own = area.all.table("coverage").filter(province_code=area.province, source=area.source)
    open_rows = own.filter(pl.col("status").is_in(["missing", "refused"]))
    if open_rows.is_empty():
        return None
    counties = open_rows.select(_COUNTY).unique("county_code", maintain_order=True).sort("county_code")
    count = {status: open_rows.filter(status=status).height for status in ("missing", "refused")}
    return Course(
        anchor=f"reporting-{area.source}-{area.province}",
        title=_("谁还没有报"),
        sentences=(
            _(
                "应报 {expected} 所学校，{missing} 所没有报，{refused} 所报了而整行被拒收；涉及 {counties} 个县。"
            ).format(
                expected=display.count(own.filter(pl.col("expected_by").is_not_null()).height),
                missing=display.count(count["missing"]),
                refused=display.count(count["refused"]),
                counties=display.count(counties.height),
            ),
        ),
        caption=captions.next(_("{province}未报的学校").format(province=area.name)),
        caption_note=display.school_year(area.year),
        columns=(
            _("县"),
            _("应报"),
            _("已报"),
            _("未报：上年报过"),
            _("未报：名册或沿革登记所列"),
            _("整行被拒收（文件）"),
            _("本县已收的文件"),
        ),
        numbers=(False, True, True, False, False, False, False),
        rows=tuple(
            _silent_row(own.filter(county_code=code), name) for code, name in counties.select(_COUNTY).iter_rows()
        ),
        notes=(_("谁报晚了，用 junheng coverage 查看：到达日期不进入任何页面。"),),
    )


def _silent_row(rows: pl.DataFrame, name: str) -> tuple[str, ...]:
    missing, refused = rows.filter(status="missing"), rows.filter(status="refused")
    is_known = pl.col("expected_by") == "last_year"
    handed_in = rows.filter(pl.col("status").is_in(["received", "unexpected"]))
    return (
        name,
        display.count(rows.filter(pl.col("expected_by").is_not_null()).height),
        display.count(handed_in.filter(pl.col("expected_by").is_not_null()).height),
        _names(missing.filter(is_known)["school_name"].to_list()),
        _names(missing.filter(~is_known)["school_name"].to_list()),
        _names([f"{school}（{file}）" for school, file in refused.select("school_name", "file").iter_rows()]),
        _names(handed_in["file"].drop_nulls().unique().sort().to_list()),
    )


def _names(names: list[str]) -> str:
    return display.listed(names, _NAMED) if names else display.NOT_APPLICABLE


def deciding(area: ProvinceTables, captions: Captions) -> Course | None:
    """The coefficients that missing returns leave undetermined, with the units whose return alone could settle each."""
    standards = {standard.id: standard for standard in area.standards}
    rows = area.frame("deciding_units").filter(pl.col("standard").is_in(list(standards)))
    if rows.is_empty():
        return None
    cells = rows.group_by([*_COUNTY, "standard", "stage", "indicator"], maintain_order=True).agg(
        pl.col("units_missing").first(),
        *(pl.col("school_name").filter(pl.col(by)).alias(by) for by in ("settles_not_met", "settles_met", "decides")),
    )
    alone = cells.filter(pl.col("decides").list.len() > 0).height
    shown = cells.sort(pl.col("decides").list.len() == 0, maintain_order=True).head(_MOST)
    more = cells.height - shown.height
    return Course(
        anchor=f"deciding-{area.source}-{area.province}",
        title=_("等谁的数据"),
        sentences=(
            _(
                "因缺报而无法判定的差异系数 {count} 个：其中 {alone} 个，有学校单独上报就可能定论；其余须几所一并上报。"
            ).format(count=display.count(cells.height), alone=display.count(alone)),
        ),
        caption=captions.next(_("{province}可由一所学校定论的差异系数").format(province=area.name)),
        caption_note=display.school_year(area.year),
        columns=(
            _("县"),
            _("标准"),
            _("学段"),
            _("指标"),
            _("缺报单位"),
            _("单独可使其确定超限"),
            _("单独可使其确定不超限"),
            _("结论"),
        ),
        numbers=(False, False, False, False, True, False, False, False),
        rows=tuple(
            (
                row["county_name"],
                sentences.short_title(standards[row["standard"]]),
                display.stage(row["stage"]),
                label_of(standards[row["standard"]], row["indicator"]),
                display.count(row["units_missing"]),
                _names(row["settles_not_met"]),
                _names(row["settles_met"]),
                _("只缺这一所：{name}").format(name=serial(row["decides"]))
                if row["units_missing"] == 1
                else _("须一并上报")
                if not row["decides"]
                else _("一所即可定论"),
            )
            for row in shown.iter_rows(named=True)
        ),
        notes=(_("只列前 {count} 条，全部见表 deciding_units。").format(count=_MOST),) if more else (),
    )
