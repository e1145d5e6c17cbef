"""The site's first page: every school year, by province and source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import polars as pl

from reports import display, sentences
from reports.captions import Captions
from reports.county import banner
from reports.language import SOURCE, language, semicolons
from reports.language import gettext as _
from reports.model import SiteIndex, YearRow, stamped
from reports.origins import colophon, internal_refused, refused, source_name
from reports.public import PublicEdition
from reports.year import leading
from schemas.source import Source
from standards.standard import Standard


def site_index(
    tables: Mapping[str, pl.DataFrame],
    standards: Mapping[str, Standard],
    sources: Mapping[str, Source],
    years: Sequence[int],
    *,
    is_synthetic: bool,
    public: PublicEdition | None = None,
) -> SiteIndex:
    """Every school year with its counties, verdicts and files; the files whose school year is unknown apart."""
    captions = Captions()
    verdicts = tables["resource_verdicts"].filter(pl.col("stage") == "all", pl.col("school_year").is_in(list(years)))
    rows = []
    shown_sources: dict[str, None] = {}
    for year in sorted(years, reverse=True):
        own = verdicts.filter(pl.col("school_year") == year)
        places = own.select("province_code", "source").unique().sort("province_code", "source")
        for province, source in places.iter_rows():
            applying = leading(
                standard
                for standard in standards.values()
                if source in standard.applies_to and standard.is_for(province)
            )
            if not applying:
                continue
            shown_sources[source] = None
            part = own.filter(pl.col("source") == source, pl.col("province_code") == province)
            rows.append(_row(tables, year, province, source, part, applying, sources, is_synthetic=is_synthetic))
    unknown = tables["quarantine"].filter(pl.col("school_year").is_null())
    applied = {s.id: s for source in shown_sources for s in standards.values() if source in s.applies_to}
    caption = captions.next(_("各学年的报告")) if rows else ""
    return stamped(
        SiteIndex(
            path="",
            language=language(),
            title=_title(rows),
            subtitle=_("县域内义务教育校际均衡：差异系数、结论与出处"),
            banner=banner(is_synthetic=is_synthetic),
            lead=(
                _(
                    "每个县每个学年一份报告：结论和决定结论的数字、逐项差异系数、三年变化、造成差异的学校、缺报和拒收的数据。"
                ),
            ),
            caption=caption,
            caption_note=_("最近的学年在前；县级单位、评估单位、文件的单位：个"),
            rows=tuple(rows),
            refused=internal_refused() if public else refused(unknown, _("读不出学年的文件"), captions, names={}),
            colophon=colophon([sources[name] for name in shown_sources], applied.values()),
        )
    )


def _title(rows: Sequence[YearRow]) -> str:
    if not rows:
        return _("义务教育均衡报告：还没有可以报告的学年")
    years = sorted({row.year for row in rows})
    return _("义务教育均衡报告：{first}–{last} 学年").format(first=years[0], last=years[-1])


def _row(
    tables: Mapping[str, pl.DataFrame],
    year: int,
    province: str,
    source: str,
    verdicts: pl.DataFrame,
    standards: Sequence[Standard],
    sources: Mapping[str, Source],
    *,
    is_synthetic: bool,
) -> YearRow:
    parts = []
    for standard in standards:
        counts = Counter(verdicts.filter(pl.col("standard") == standard.id)["verdict"])
        if standard.dispersion.rule == "none":
            parts.append(_("{standard}：不设限值").format(standard=sentences.short_title(standard)))
            continue
        parts.append(
            _("{standard}：达标 {met}、未达标 {not_met}、无法判定 {unknown}").format(
                standard=sentences.short_title(standard),
                met=display.count(counts["met"]),
                not_met=display.count(counts["not_met"]),
                unknown=display.count(counts["undetermined"]),
            )
        )
    of_source = (pl.col("school_year") == year) & (pl.col("source") == source)
    returns = tables["returns"].filter(of_source)
    refusals = tables["quarantine"].filter(of_source, pl.col("mended_by").is_null())
    shown = verdicts.filter(pl.col("standard") == standards[-1].id)
    own = sources[source].described.province_name if language() == SOURCE else ""
    named = own or display.province(province, is_synthetic=is_synthetic)
    return YearRow(
        year=str(year),
        href=f"{year}/index.html#{source}-{province}",
        place=_("{province} · {source}").format(province=named, source=source_name(sources[source])),
        counties=display.count(verdicts["county_code"].n_unique()),
        units=display.count(sum(shown["units"].to_list())),
        verdicts=semicolons(parts),
        files=display.count(returns["file"].n_unique()) if returns.height else display.NOT_APPLICABLE,
        refused=display.count(refusals.height) if returns.height else display.NOT_APPLICABLE,
    )
