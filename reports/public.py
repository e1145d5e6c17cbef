"""The public edition: what it withholds and why, in words; the same pages, made from tables without what is withheld."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import msgspec
import polars as pl

from reports import display
from reports.language import gettext as _
from reports.language import marked, semicolons
from reports.model import CountyReport, IndicatorReport, MethodPage, ProvinceReport, SiteIndex, StatusReport, stamped
from schemas.disclosure import RULES, Disclosure

_RULES = {
    "few_units": marked("有值的评估单位少于 {minimum} 个"),
    "dominance": marked("一个评估单位占合计的 {share} 以上"),
    "other_standard": marked("与另一标准的同一数字只差不足 {minimum} 个单位，相减可得"),
    "composite": marked("综合差异系数，由其可推出一项不公开的差异系数"),
}
_Report = TypeVar("_Report", CountyReport, ProvinceReport, StatusReport, IndicatorReport, SiteIndex, MethodPage)


class PublicEdition(msgspec.Struct, frozen=True, kw_only=True):
    """What was withheld from the tables of a public edition, and by which rules.

    `cells` are the rows of `suppressed_cells`; `province_means` holds the means of provinces that may be told;
    `open_sources` are the sources of which nothing is withheld.
    """

    cells: pl.DataFrame
    province_means: pl.DataFrame
    rules: Disclosure
    open_sources: frozenset[str]


def said(report: _Report, edition: PublicEdition | None, cells: pl.DataFrame, sources: Iterable[str]) -> _Report:
    """The report with what is withheld of `sources`, by rule and count, in its colophon; an internal one as it is."""
    if edition is None:
        return report
    colophon = msgspec.structs.replace(
        report.colophon,
        public=_("公开版 / public edition"),
        withheld=tuple(_sentences(edition, cells, list(sources))),
        legend=report.colophon.legend + _("{symbol} 不公开。").format(symbol=display.SUPPRESSED),
    )
    return stamped(msgspec.structs.replace(report, colophon=colophon))


def _sentences(edition: PublicEdition, cells: pl.DataFrame, sources: list[str]) -> Iterable[str]:
    rules = edition.rules
    closed = [source for source in sources if source not in edition.open_sources]
    if len(closed) < len(sources):
        yield _("来源的发布者已按校公开全部数据，公开版不隐去其任何数字。")
    if not closed:
        return
    yield _(
        "本版不含单个学校的保密事项（教职工、校舍设备、经费、岗位、培训、认定等），也不能由相减推出；"
        "校名、学段、在校生数和班级数公开。规则为本系统默认，可由本省文件改定。"
    )
    counts = dict(cells.group_by("rule").len().iter_rows())
    if not counts:
        yield _("本页没有因此不公开的县级数字。")
    else:
        parts = [
            _("{why}：{count} 项").format(
                why=_(_RULES[rule]).format(minimum=rules.minimum_units, share=display.percent(rules.dominant_share)),
                count=display.count(counts[rule]),
            )
            for rule in RULES
            if rule in counts
        ]
        yield _(
            "不公开的县级数字（标 {symbol}）共 {total} 项。{parts}。其所在指标的全省平均、中位数和名次也不公开。"
        ).format(symbol=display.SUPPRESSED, total=display.count(sum(counts.values())), parts=semicolons(parts))
    yield _("条目按学校计算的数字、同校变化、学校台账、被拒收的数据和申报文件只在内部版。查询：{contact}。").format(
        contact=rules.contact
    )
