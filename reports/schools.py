"""Every school of a county: those that count with their values, and those that do not with the reason."""

from __future__ import annotations

from collections.abc import Sequence

from reports import display, sentences
from reports.captions import Captions
from reports.corrections import MARK, corrected_fields, mark
from reports.evidence_page import unit_href
from reports.language import ended, serial, spoken, together
from reports.language import gettext as _
from reports.model import Cell, Column, LeftOut, LeftOutSchool, School, Schools
from reports.stages import verdict
from reports.year import CountyTables, Row
from standards.standard import Indicator, Standard, in_force


def schools(county: CountyTables, standard: Standard, stage: str, captions: Captions) -> Schools | None:
    """The counted units of a stage in the order of their identifiers; None where there is none."""
    values = county.values.get((standard.id, stage), {})
    units = county.units.get((standard.id, stage), {})
    indicators = standard.indicators
    if county.all.public is not None:
        values = {unit_id: values.get(unit_id, {}) for unit_id, unit in units.items() if unit["standing"] == "counted"}
        told = {name for cells in values.values() for name in cells}
        indicators = tuple(indicator for indicator in indicators if indicator.id in told)
    if not values:
        return None
    verdicts = county.school_verdicts.get((standard.id, stage), {})
    rows = [(unit_id, units[unit_id], cells) for unit_id, cells in values.items()]
    fields = corrected_fields(county, stage)
    unmarked = [""] * len(indicators)
    has_area = any(unit["area"] is not None for _unit_id, unit, _cells in rows)
    has_verdict = standard.school_rule is not None and (county.all.public is None or bool(verdicts))
    has_norms = any(in_force(indicator.norms, county.year, stage) is not None for indicator in standard.indicators)
    return Schools(
        caption=captions.next(
            _("{year}{county}{stage}学校明细").format(
                year=display.school_year(county.year), county=county.name, stage=display.stage(stage)
            )
        ),
        caption_note=_("{standard}；{units} 个计入的评估单位，单位见表头").format(
            standard=sentences.short_title(standard), units=display.count(len(rows))
        ),
        columns=tuple(
            Column(
                label=spoken(indicator.label),
                unit=sentences.unit_words(standard, indicator.id, stage),
                norm=_norm(standard, indicator.id, county.year, stage),
            )
            for indicator in indicators
        ),
        has_area=has_area,
        has_verdict=has_verdict,
        legend=together(
            [
                _legend(standard, has_norms=has_norms),
                _("{mark} 含更正值，见“更正的数据”。").format(mark=MARK) if fields else "",
                _("本表只列公开的事项。") if len(indicators) < len(standard.indicators) else "",
            ]
        ),
        rows=tuple(
            _school(
                unit,
                unit_href(county, unit_id),
                cells,
                verdicts.get(unit_id),
                indicators,
                has_verdict=has_verdict,
                note=_sites_note(county.sites.get(unit["school_id"], []), stage),
                marks=_marks(indicators, stage, fields[unit["school_id"]]) if unit["school_id"] in fields else unmarked,
            )
            for unit_id, unit, cells in rows
        ),
    )


def _norm(standard: Standard, indicator: str, year: int, stage: str) -> str:
    norm = sentences.norm_words(standard, indicator, year, stage)
    return "" if norm == display.NOT_APPLICABLE else _("标准 {norm}").format(norm=norm)


def _legend(standard: Standard, *, has_norms: bool) -> str:
    text = _("{symbol} 未上报").format(symbol=display.NOT_REPORTED)
    if has_norms:
        is_either = any(indicator.must_be == "at_most" for indicator in standard.indicators)
        words = _("；{symbol} 未达到标准值") if is_either else _("；{symbol} 低于标准值")
        text += words.format(symbol=display.BELOW_NORM)
    if standard.school_rule is not None and standard.school_rule.floor_share:
        text += _("；{symbol} 低于标准值的 {share}").format(
            symbol=display.BELOW_FLOOR, share=display.exact_percent(standard.school_rule.floor_share)
        )
    return together([ended(text), _("比较用未舍入的值。")]) if has_norms else ended(text)


def _sites_note(sites: Sequence[Row], stage: str) -> str:
    """The sites in a school's row: how many, and of each name, pupils of the stage, file and row."""
    if not sites:
        return ""
    named = [
        _("{name}（{pupils} 人，{origin}）").format(
            name=site["school_name"],
            pupils=display.count(site[f"pupils_{stage}"]),
            origin=display.origin(site["file"], site["sheet"], site["row"]),
        )
        for site in sites
    ]
    return _("含 {count} 个不计校数的办学点：{names}").format(count=len(named), names=serial(named))


def _marks(indicators: Sequence[Indicator], stage: str, corrected: set[str]) -> list[str]:
    """The sign of each indicator that is computed from a corrected field."""
    return [mark(indicator, stage, corrected) for indicator in indicators]


def _school(
    unit: Row,
    evidence: str,
    cells: dict[str, Row],
    judged: Row | None,
    indicators: Sequence[Indicator],
    *,
    has_verdict: bool,
    note: str,
    marks: Sequence[str],
) -> School:
    origin = display.origin(unit["file"], unit["sheet"], unit["row"], whole_path=True)
    return School(
        name=unit["school_name"],
        note=note,
        area=display.area(unit["area"]),
        pupils=display.count(unit["pupils"]),
        cells=tuple(
            [
                Cell(text=cell["text"], mark=cell["mark"] + sign)
                for indicator, sign in zip(indicators, marks, strict=True)
                for cell in (cells[indicator.id],)
            ]
        ),
        verdict=verdict("undetermined" if judged is None else judged["status"]) if has_verdict else None,
        origin=display.origin(unit["file"], unit["sheet"], unit["row"]) if "/" in unit["file"] else origin,
        origin_whole=origin,
        evidence=evidence,
    )


def left_out(county: CountyTables, captions: Captions) -> LeftOut:
    """The units that do not count under a standard: suspended, out of its scope, or too small; each with the reason."""
    found: dict[tuple[str, str, str, str | None], tuple[Row, list[str]]] = {}
    for standard in county.standards:
        for stage in standard.scope.stages:
            for unit_id, unit in county.units.get((standard.id, stage), {}).items():
                if unit["standing"] == "counted":
                    continue
                key = (stage, unit_id, unit["standing"], unit["reason"])
                found.setdefault(key, (unit, []))[1].append(sentences.short_title(standard))
    sites = _site_rows(county)
    if not found and not sites:
        return LeftOut(sentence=_("所有评估单位都计入。"), caption="", caption_note="", rows=())
    rows = tuple(
        LeftOutSchool(
            standards=serial(titles),
            name=unit["school_name"],
            stage=display.stage(stage),
            pupils=display.count(unit["pupils"]),
            standing=display.standing(standing),
            reason=display.reason(reason),
            origin=display.origin(unit["file"], unit["sheet"], unit["row"]),
            origin_whole=display.origin(unit["file"], unit["sheet"], unit["row"], whole_path=True),
        )
        for (stage, _unit_id, standing, reason), (unit, titles) in found.items()
    )
    return LeftOut(
        sentence=_("以下评估单位不计入平均值、差异系数和结论。"),
        caption=captions.next(_("{county}不计入的评估单位").format(county=county.name)),
        caption_note=_("{year}，{count} 个；在校生数单位：人").format(
            year=display.school_year(county.year),
            count=display.count(len({(stage, unit_id) for stage, unit_id, _standing, _reason in found}) + len(sites)),
        ),
        rows=(*rows, *sites),
    )


def _site_rows(county: CountyTables) -> tuple[LeftOutSchool, ...]:
    """The sites that are added to their school and do not count for themselves."""
    names = {unit["school_id"]: unit["school_name"] for units in county.units.values() for unit in units.values()}
    short = serial(sentences.short_title(standard) for standard in county.standards if standard.indicators)
    rows = []
    for parent, sites in county.sites.items():
        for site in sites:
            stages = [stage for stage in ("primary", "junior") if site[f"pupils_{stage}"]]
            known = [site[f"pupils_{stage}"] for stage in stages]
            rows.append(
                LeftOutSchool(
                    standards=short,
                    name=site["school_name"],
                    stage=display.listed([display.stage(stage) for stage in stages]) or display.NOT_REPORTED,
                    pupils=display.count(sum(known)) if known else display.NOT_REPORTED,
                    standing=_("并入所属学校"),
                    reason=_("不计校数的办学点，数据并入{school}").format(school=names[parent]),
                    origin=display.origin(site["file"], site["sheet"], site["row"]),
                    origin_whole=display.origin(site["file"], site["sheet"], site["row"], whole_path=True),
                )
            )
    return tuple(rows)
