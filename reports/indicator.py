"""An indicator's page: every county of a school year by its difference coefficient, the widest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

import polars as pl

from reports import charts, display, sentences
from reports.attention import label_of
from reports.captions import Captions
from reports.county import banner
from reports.language import gettext as _
from reports.language import language, semicolons
from reports.model import IndicatorCounty, IndicatorReport, IndicatorSection, Link, Strip, stamped
from reports.origins import colophon
from reports.province_tables import ProvinceTables
from reports.stages import common_norm, is_on_wrong_side, verdict
from reports.standing import Standing, page_of, rank_words, standings
from reports.year import Row, YearTables
from standards.standard import Standard

_UP = "../../../"
"""From an indicator's page to the school year's."""
_LEAST = 2


def page_names(standard: Standard) -> list[str]:
    """The indicators of a standard that have a page: those that have a CV, and the composite where it is limited."""
    return [
        name for name in sentences.bound_names(standard) if name == "composite" or standard.indicator(name).is_quantity
    ]


def indicator_reports(
    tables: YearTables, areas: Sequence[ProvinceTables], years: Sequence[int]
) -> Iterator[IndicatorReport]:
    """A page for every standard, stage and indicator of which any county has a row in the school year."""
    standards = {standard.id: standard for area in areas for standard in area.standards}
    known = set(tables.table("county_dispersion").select("standard", "stage", "indicator").unique().iter_rows())
    years_of = _years(tables, years)
    for standard in standards.values():
        for stage in standard.scope.stages:
            names = [name for name in page_names(standard) if (standard.id, stage, name) in known]
            for name in names:
                yield _report(tables, areas, standard, stage, name, names, years_of)


def _years(tables: YearTables, years: Sequence[int]) -> dict[tuple[str, str, str], list[int]]:
    """The school years of the site in which an indicator has a page."""
    rows = tables.every("county_dispersion").select("standard", "stage", "indicator", "school_year").unique()
    found: dict[tuple[str, str, str], list[int]] = {}
    for standard, stage, indicator, year in rows.filter(pl.col("school_year").is_in(list(years))).sort(pl.all()).rows():
        found.setdefault((standard, stage, indicator), []).append(year)
    return found


def _report(
    tables: YearTables,
    areas: Sequence[ProvinceTables],
    standard: Standard,
    stage: str,
    name: str,
    names: Sequence[str],
    years_of: dict[tuple[str, str, str], list[int]],
) -> IndicatorReport:
    captions = Captions()
    shown = [area for area in areas if standard in area.standards]
    sections = tuple(
        section
        for area in shown
        if (section := _section(area, standard, stage, name, captions, is_alone=len(shown) == 1)) is not None
    )
    what = sentences.of_stage(stage, label_of(standard, name))
    findings = semicolons(section.heading for section in sections)
    return stamped(
        IndicatorReport(
            path=f"{tables.year}/{page_of(standard.id, stage, name)}",
            language=language(),
            title=_("{what}：{findings}").format(what=what, findings=findings),
            subtitle=_("{standard}，{year}，各县平均值与差异系数").format(
                standard=sentences.short_title(standard), year=display.school_year_long(tables.year)
            ),
            banner=banner(is_synthetic=tables.is_synthetic),
            crumbs=(
                Link(label=_("全部学年"), href=f"{_UP}../index.html"),
                Link(label=display.school_year(tables.year), href=f"{_UP}index.html"),
                Link(label=what, href=""),
            ),
            years=tuple(
                Link(
                    label=str(year),
                    href="" if year == tables.year else f"{_UP}../{year}/{page_of(standard.id, stage, name)}",
                )
                for year in years_of.get((standard.id, stage, name), [])
            ),
            siblings=tuple(
                Link(label=label_of(standard, other), href="" if other == name else f"{other}.html") for other in names
            ),
            sections=sections,
            colophon=colophon([tables.sources[area.source] for area in shown], [standard]),
        )
    )


def _section(
    area: ProvinceTables, standard: Standard, stage: str, name: str, captions: Captions, *, is_alone: bool
) -> IndicatorSection | None:
    cells = {code: row for code in area.names if (row := area.cells.get((code, standard.id, stage, name))) is not None}
    if not cells:
        return None
    places = standings(area.all, area.source, area.province)
    of_county = {code: places[code, standard.id, stage, name] for code in cells}
    codes = sorted(cells, key=lambda code: (-(cells[code]["cv"] if cells[code]["cv"] is not None else -1), code))
    limit = next((row["limit"] for row in cells.values() if row["limit"] is not None), None)
    label = sentences.of_stage(stage, label_of(standard, name))
    is_composite = name == "composite"
    rows = tuple(_row(area, standard, stage, name, code, cells[code], of_county[code]) for code in codes)
    heading = _heading(area, cells, codes, limit)
    norm = display.NOT_APPLICABLE if is_composite else sentences.norm_words(standard, name, area.year, stage)
    unit = "" if is_composite else sentences.unit_words(standard, name, stage)
    return IndicatorSection(
        anchor=f"{area.source}-{area.province}",
        heading=heading if is_alone else _("{province}：{heading}").format(province=area.name, heading=heading),
        sentences=tuple(_sentences(area, standard, stage, name, cells, of_county, limit)),
        strip=_strip(area, standard, codes, cells, limit, label, captions),
        caption=captions.next(
            _("{year}{province}各县的{label}").format(
                year=display.school_year(area.year), province=area.name, label=label
            )
        ),
        caption_note=_(
            "{standard}；{unit}差异系数大者在前，无单位；名次从差异最小的数起，百分位为差异小于本县的县所占比例"
        ).format(
            standard=sentences.short_title(standard),
            unit=_("平均值单位：{unit}，").format(unit=unit) if unit else "",
        ),
        norm=norm,
        limit="" if limit is None else display.bound(limit),
        has_mean=not is_composite,
        has_change=any(("county", code, standard.id, stage, name) in area.changes for code in codes),
        has_partial=any(row.is_partial for row in rows),
        rows=rows,
    )


def _heading(area: ProvinceTables, cells: dict[str, Row], codes: Sequence[str], limit: float | None) -> str:
    """The finding: how many are over the limit, and the widest."""
    known = [code for code in codes if cells[code]["cv"] is not None]
    if not known:
        return _("没有可以计算的差异系数")
    widest = _("最大的是{county}（{cv}）").format(
        county=area.names[known[0]], cv=sentences.decisive_cv(cells[known[0]])
    )
    if limit is None:
        return _("{count} 个县级单位，差异系数{widest}").format(count=display.count(len(codes)), widest=widest)
    over = sum(cells[code]["status"] == "not_met" for code in codes)
    return _("{count} 个县级单位中 {over} 个超过限值 {limit}，{widest}").format(
        count=display.count(len(codes)), over=display.count(over), limit=display.bound(limit), widest=widest
    )


def _sentences(
    area: ProvinceTables,
    standard: Standard,
    stage: str,
    name: str,
    cells: dict[str, Row],
    places: dict[str, Standing],
    limit: float | None,
) -> list[str]:
    """The province's mean and the median CV, what cannot be judged, and how the CVs moved."""
    said = []
    any_place = next(iter(places.values()))
    if any_place.province_cv_median is not None:
        said.append(
            _("差异系数的中位数 {median}（{of} 个县级单位有值）。").format(
                median=display.coefficient(any_place.province_cv_median), of=display.count(any_place.of)
            )
        )
    if name != "composite" and any_place.province_mean is not None:
        unit = next(iter(cells.values()))["unit"]
        said.append(
            _("全省平均 {mean}（全省评估单位合计之比，{unit}），标准值 {norm}。").format(
                mean=display.measured(any_place.province_mean, unit),
                unit=sentences.unit_words(standard, name, stage),
                norm=sentences.norm_words(standard, name, area.year, stage),
            )
        )
    if limit is not None:
        unknown = sum(row["status"] == "undetermined" for row in cells.values())
        if unknown:
            said.append(_("{count} 个县级单位数据不全，无法判定。").format(count=display.count(unknown)))
    changes = [
        None if row is None else row["cv_change"]
        for code in cells
        for row in [area.changes.get(("county", code, standard.id, stage, name))]
    ]
    known = [change for change in changes if change is not None]
    if known:
        said.append(
            _("与上年相比，{fell} 个县的差异系数缩小，{rose} 个扩大。").format(
                fell=display.count(sum(change < 0 for change in known)),
                rose=display.count(sum(change > 0 for change in known)),
            )
        )
    return said


def _strip(
    area: ProvinceTables,
    standard: Standard,
    codes: Sequence[str],
    cells: dict[str, Row],
    limit: float | None,
    label: str,
    captions: Captions,
) -> Strip | None:
    """Every county along the CV, the limit and the median drawn; None where fewer than two have one."""
    known = [code for code in codes if cells[code]["cv"] is not None]
    if len(known) < _LEAST:
        return None
    cvs = [cells[code]["cv"] for code in known]
    marks = []
    if limit is not None:
        marks.append(
            charts.Mark(
                limit,
                _("限值 {limit}（{standard}）").format(
                    limit=display.bound(limit), standard=sentences.short_title(standard)
                ),
                "norm",
            )
        )
    middle = median(cvs)
    marks.append(charts.Mark(middle, _("中位数 {cv}").format(cv=display.coefficient(middle)), "mean"))
    return charts.strip(
        [charts.Site(area.names[code], cells[code]["cv"], cells[code]["pupils"] or 0, "any", "") for code in known],
        marks,
        [""],
        named=area.names[known[0]],
        message=_("一半的县差异系数不超过 {median}，最大的{county}为 {cv}").format(
            median=display.coefficient(middle), county=area.names[known[0]], cv=sentences.decisive_cv(cells[known[0]])
        ),
        subtitle=captions.next_figure(
            _("{year}{province}各县{label}的差异系数，无单位；一个圆为一个县，面积为在校生数").format(
                year=display.school_year(area.year), province=area.name, label=label
            )
        ),
        description=_("{count} 个县级单位的差异系数，{low} 至 {high}，中位数 {middle}。").format(
            count=display.count(len(known)),
            low=display.coefficient(min(cvs)),
            high=display.coefficient(max(cvs)),
            middle=display.coefficient(middle),
        ),
    )


def _row(
    area: ProvinceTables, standard: Standard, stage: str, name: str, code: str, row: Row, place: Standing
) -> IndicatorCounty:
    changes = {series: area.changes.get((series, code, standard.id, stage, name)) for series in ("county", "common")}
    is_composite = name == "composite"
    absent = display.absence(row["reason"], display.NOT_REPORTED)
    return IndicatorCounty(
        name=area.names[code],
        href=f"{_UP}{area.folder(code)}/index.html#{standard.id}-{stage}",
        rank=rank_words(place),
        percentile=display.percent(place.percentile, absent=display.NOT_APPLICABLE),
        mean=display.NOT_APPLICABLE if is_composite else display.measured(row["mean"], row["unit"], absent=absent),
        is_mean_below_norm=not is_composite and _is_below(area, standard, stage, name, row),
        cv=absent if row["cv"] is None else sentences.decisive_cv(row),
        is_partial=row["reason"] in display.PARTIAL,
        bullet=charts.bullet(row["cv"], row["limit"], row["status"]),
        margin=display.number(row["margin"], display.CV_PLACES, absent=display.NOT_APPLICABLE),
        change=display.cv_change(changes["county"]),
        common_change=display.cv_change(changes["common"]),
        verdict=verdict(row["status"]),
    )


def _is_below(area: ProvinceTables, standard: Standard, stage: str, name: str, row: Row) -> bool:
    indicator = standard.indicator(name)
    return is_on_wrong_side(indicator, common_norm(indicator, area.year, stage), row["mean"])
