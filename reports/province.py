"""A school year's page: every county by province and source, with its verdicts and what stands between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import polars as pl

from reports import display, sentences
from reports.captions import Captions
from reports.county import banner, place_name
from reports.courses import candidates
from reports.language import gettext as _
from reports.missing import source_sentences
from reports.model import CountyRow, Link, ProvinceColumn, ProvinceReport, Section, SortCell, stamped
from reports.origins import colophon, files, files_sentence, refused
from reports.papers import form_standards
from reports.stages import verdict
from reports.year import Row, YearTables, leading
from standards.standard import Standard

_Cells = dict[tuple[str, str], Row]
_Spread = dict[tuple[str, str, str], Row]


def province_report(tables: YearTables, years: Sequence[int]) -> ProvinceReport:
    """The counties of a school year, a section for each province and source."""
    captions = Captions()
    sections = tuple(
        _section(tables, str(province), str(source), places, captions)
        for (province, source), places in tables.places.partition_by(
            ["province_code", "source"], as_dict=True, maintain_order=True
        ).items()
    )
    sources = [name for name in tables.sources if tables.applying(name) and _has(tables, name)]
    standards = {standard.id: standard for name in sources for standard in tables.applying(name)}
    return stamped(
        ProvinceReport(
            path=str(tables.year),
            language="zh-CN",
            title=_title(tables, sections),
            subtitle=_("{year}义务教育均衡发展，各县一览").format(year=display.school_year_long(tables.year)),
            banner=banner(is_synthetic=tables.is_synthetic),
            crumbs=(
                Link(label=_("全部学年"), href="../index.html"),
                Link(label=display.school_year(tables.year), href=""),
            ),
            years=tuple(
                Link(label=str(year), href="" if year == tables.year else f"../{year}/index.html")
                for year in sorted(years)
            ),
            sections=sections,
            colophon=colophon([tables.sources[name] for name in sources], standards.values()),
        )
    )


def _has(tables: YearTables, source: str) -> bool:
    return (tables.places["source"] == source).any()


def _title(tables: YearTables, sections: Sequence[Section]) -> str:
    year = display.school_year(tables.year)
    if not sections:
        return _("{year}：没有可以报告的县").format(year=year)
    return _("{year}：{findings}").format(year=year, findings="；".join(section.heading for section in sections))


def _section(tables: YearTables, province: str, source: str, places: pl.DataFrame, captions: Captions) -> Section:
    name = place_name(tables, source, province)
    standards = leading(tables.applying(source, province))
    key = ["source", "county_code"]
    own = places.select(key)
    whole = tables.table("county_verdicts").join(own, on=key, how="semi")
    judged = tables.table("resource_verdicts").join(own, on=key, how="semi")
    spread = tables.table("county_dispersion").join(own, on=key, how="semi")
    verdicts: dict[str, _Cells] = {}
    for row in judged.iter_rows(named=True):
        verdicts.setdefault(row["county_code"], {})[row["standard"], row["stage"]] = row
    cells: dict[str, _Spread] = {}
    for row in spread.iter_rows(named=True):
        cells.setdefault(row["county_code"], {})[row["standard"], row["stage"], row["indicator"]] = row
    outcomes: dict[str, Counter[str]] = {}
    wholes: dict[tuple[str, str], str] = {}
    for row in whole.iter_rows(named=True):
        outcomes.setdefault(row["standard"], Counter())[row["verdict"]] += 1
        wholes[row["county_code"], row["standard"]] = row["verdict"]
    folders = tables.folders[tables.year]
    rows = tuple(
        CountyRow(
            name=county,
            code=code,
            href=f"{folders[source, code]}/index.html",
            cells=tuple(_county_cells(standards, verdicts.get(code, {}), cells.get(code, {}), code, wholes)),
        )
        for _province, _source, code, county in places.iter_rows()
    )
    entries = tables.table("quarantine").filter(pl.col("source") == source)
    handed_in = tables.returns(source)
    return Section(
        anchor=f"{source}-{province}",
        heading=_heading(name, standards, verdicts, cells, len(rows), outcomes),
        sentences=(
            *_outcomes(tables.applying(source, province), outcomes),
            *_sentences(standards, verdicts, cells, places),
            *source_sentences(tables, source),
        ),
        caption=captions.next(
            _("{year}{province}各县的结论与差异系数").format(year=display.school_year(tables.year), province=name)
        ),
        caption_note=_("{count} 个县级单位；差异系数无单位").format(count=display.count(len(rows))),
        columns=tuple(_columns(standards, has_whole=bool(wholes))),
        rows=rows,
        notes=tuple(
            sentences.short_title(standard) + "：" + sentences.limit_words(standard, tables.year)
            for standard in standards
        ),
        downloads=tuple(
            Link(
                label=_("{standard}全省申报表册").format(standard=sentences.short_title(standard)),
                href=f"forms/{province}-{standard.id}.xlsx",
            )
            for standard in form_standards(tables.applying(source, province))
        ),
        candidates=candidates(tables, province, source, name, captions),
        refused=refused(
            entries, _("{province}被拒收的数据").format(province=name), captions, names=_school_names(tables, source)
        ),
        files=files(
            handed_in, files_sentence(handed_in), _("{province}的文件").format(province=name), captions, tables.sources
        ),
    )


def _school_names(tables: YearTables, source: str) -> dict[str, str]:
    known = (
        tables.table("units").filter(pl.col("source") == source).select("school_id", "school_name").unique("school_id")
    )
    return dict(known.iter_rows())


def _heading(
    province: str,
    standards: Sequence[Standard],
    verdicts: dict[str, _Cells],
    cells: dict[str, _Spread],
    counties: int,
    outcomes: Mapping[str, Counter[str]],
) -> str:
    """How many counties meet each standard; without limits, the span of the CVs that reach highest."""
    parts = []
    for standard in standards:
        counts = outcomes.get(standard.id) or _counts(standard, verdicts)
        if standard.dispersion.rule != "none":
            parts.append(
                _("{met} 个{standard}达标").format(
                    met=display.count(counts["met"]), standard=sentences.short_title(standard)
                )
            )
    text = _("{province} {count} 个县级单位").format(province=province, count=display.count(counties))
    if parts and outcomes:
        return _("{place}：{parts}").format(place=text, parts="、".join(parts))
    if parts:
        return _("{place}的资源配置部分：{parts}").format(place=text, parts="、".join(parts))
    spans = [span for standard in standards for span in _spans(standard, cells)]
    if not spans:
        return text
    label, (low, _lowest), (high, _highest) = max(spans, key=lambda span: span[2][0])
    return _("{place}，{label}的差异系数 {low}–{high}").format(
        place=text, label=label, low=display.coefficient(low), high=display.coefficient(high)
    )


def _spans(standard: Standard, cells: dict[str, _Spread]) -> list[tuple[str, tuple[float, str], tuple[float, str]]]:
    """Each stage's indicators, with the smallest and the largest CV and their counties' codes."""
    spans = []
    for stage in standard.scope.stages:
        for indicator in standard.indicators:
            known = [
                (row["cv"], code)
                for code, rows in cells.items()
                if (row := rows.get((standard.id, stage, indicator.id))) is not None and row["cv"] is not None
            ]
            if known:
                spans.append((display.stage(stage) + indicator.label.zh, min(known), max(known)))
    return spans


def _counts(standard: Standard, verdicts: dict[str, _Cells]) -> Counter[str]:
    return Counter(row["verdict"] for rows in verdicts.values() if (row := rows.get((standard.id, "all"))) is not None)


def _outcomes(standards: Sequence[Standard], outcomes: Mapping[str, Counter[str]]) -> list[str]:
    """The verdicts on whole standards in counts; what is only tracked has none."""
    order = ("met", "not_met", "undetermined", "not_eligible", "not_recognised")
    said = []
    for standard in standards:
        counts = outcomes.get(standard.id, Counter())
        if not any(counts[status] for status in order):
            continue
        words = [
            _("{word} {count} 个").format(word=display.status_word(status), count=display.count(counts[status]))
            for status in order
            if counts[status] or status in ("met", "not_met", "undetermined")
        ]
        said.append(
            _("{standard}（整项标准）：{counts}。").format(
                standard=sentences.short_title(standard), counts="，".join(words)
            )
        )
    return said


def _sentences(
    standards: Sequence[Standard],
    verdicts: dict[str, _Cells],
    cells: dict[str, _Spread],
    places: pl.DataFrame,
) -> list[str]:
    """Each standard's verdicts in counts; without limits, the span of the CVs."""
    names = dict(places.select("county_code", "county_name").iter_rows())
    said = []
    for standard in standards:
        counts = _counts(standard, verdicts)
        if standard.dispersion.rule != "none":
            said.append(
                _("{standard}（{part}）：达标 {met} 个，未达标 {not_met} 个，无法判定 {unknown} 个。").format(
                    part=standard.part.zh,
                    standard=sentences.short_title(standard),
                    met=display.count(counts["met"]),
                    not_met=display.count(counts["not_met"]),
                    unknown=display.count(counts["undetermined"]),
                )
            )
            continue
        said += [
            _("{label}的差异系数：最小 {low}（{lowest}），最大 {high}（{highest}）。").format(
                label=label,
                low=display.coefficient(low),
                lowest=names[lowest],
                high=display.coefficient(high),
                highest=names[highest],
            )
            for label, (low, lowest), (high, highest) in _spans(standard, cells)
        ]
    return said


def _columns(standards: Sequence[Standard], *, has_whole: bool) -> list[ProvinceColumn]:
    columns = []
    for standard in standards:
        title = sentences.short_title(standard)
        stages = [display.stage(stage) for stage in standard.scope.stages]
        if standard.dispersion.rule == "none":
            columns += [
                ProvinceColumn(label=_("{stage}评估单位").format(stage=stage), is_number=True) for stage in stages
            ]
            columns += [
                ProvinceColumn(label=f"{stage}{indicator.label.zh}", is_number=True)
                for stage in stages
                for indicator in standard.indicators
            ]
            continue
        columns.append(ProvinceColumn(label=title, is_number=False))
        if has_whole:
            columns.append(ProvinceColumn(label=_("其中资源配置"), is_number=False))
        if standard.dispersion.rule == "mean":
            columns += [
                ProvinceColumn(label=_("{stage}综合差异系数").format(stage=stage), is_number=True) for stage in stages
            ]
        else:
            columns.append(ProvinceColumn(label=_("超限项数"), is_number=True))
            columns.append(ProvinceColumn(label=_("最小余量"), is_number=True))
        if standard.school_rule is not None:
            columns.append(ProvinceColumn(label=_("未达标单位"), is_number=True))
            columns.append(ProvinceColumn(label=_("评估单位"), is_number=True))
    return columns


def _county_cells(
    standards: Sequence[Standard], verdicts: _Cells, cells: _Spread, code: str, wholes: Mapping[tuple[str, str], str]
) -> list[SortCell]:
    found = []
    for standard in standards:
        whole = verdicts.get((standard.id, "all"))
        stages = standard.scope.stages
        if standard.dispersion.rule == "none":
            for stage in stages:
                row = verdicts.get((standard.id, stage))
                found.append(_count(None if row is None else row["units"]))
            found += [
                _coefficient(cells.get((standard.id, stage, indicator.id)))
                for stage in stages
                for indicator in standard.indicators
            ]
            continue
        if wholes:
            found.append(_verdict(wholes.get((code, standard.id))))
        found.append(_verdict(None if whole is None else whole["verdict"]))
        if standard.dispersion.rule == "mean":
            found += [_coefficient(cells.get((standard.id, stage, "composite"))) for stage in stages]
        else:
            limited = [
                row for (name, _s, _i), row in cells.items() if name == standard.id and row["margin"] is not None
            ]
            found.append(_count(None if whole is None else whole["limits_failed"]))
            found.append(_coefficient(min(limited, key=lambda row: row["margin"], default=None), "margin"))
        if standard.school_rule is not None:
            found.append(_count(None if whole is None else whole["units_failing"]))
            found.append(_count(None if whole is None else whole["units"]))
    return found


def _verdict(status: str | None) -> SortCell:
    shown = verdict(status or "no_data")
    return SortCell(text=shown.word, key=shown.word, verdict=shown, is_number=False)


def _count(value: int | None) -> SortCell:
    return SortCell(text=display.count(value), key="" if value is None else str(value), verdict=None, is_number=True)


def _coefficient(row: Row | None, name: str = "cv") -> SortCell:
    """A CV or margin; one over part of the units only bears an asterisk."""
    cv = None if row is None else row[name]
    text = display.coefficient(cv, absent=display.NOT_REPORTED)
    if row is not None and row["reason"] == "missing_units":
        text += "*"
    return SortCell(text=text, key="" if cv is None else repr(cv), verdict=None, is_number=True)
