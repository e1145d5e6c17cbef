"""Every county of a province in one table: verdicts, what became of them, margins, units; and its other orders."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import msgspec

from reports import display, sentences
from reports.attention import FAILED, label_of
from reports.captions import Captions
from reports.language import gettext as _
from reports.language import headed, marked, spoken
from reports.model import CountyRow, Link, ProvinceColumn, SortCell, StatusTable
from reports.province_tables import ProvinceTables
from reports.stages import verdict
from reports.year import Row
from standards.standard import Standard

ORDERS: Mapping[str, str] = MappingProxyType(
    {
        "code": marked("按县级代码"),
        "verdict": marked("按结论，最差在前"),
        "margin": marked("按最小余量，最小在前"),
        "missing": marked("按缺报单位，最多在前"),
    }
)
"""The orders in which the table stands, each on a page of its own but the first."""
_GRAVITY = ("not_recognised", "not_eligible", "not_met", "undetermined", "met")
_NOT_REACHED = len(_GRAVITY)


def page_of(order: str) -> str:
    """The page under the school year on which the table stands in an order."""
    return "index.html" if order == "code" else f"by-{order}.html"


def status_table(area: ProvinceTables, captions: Captions, order: str = "code") -> StatusTable:
    """The counties of a province in an order: verdict on each leading standard, the year before's, least margin with
    its indicator, units that lack a value.
    """
    standards = area.leading
    codes = _ordered(area, order)
    columns = _columns(area, standards)
    return StatusTable(
        anchor=f"counties-{area.source}-{area.province}",
        caption=captions.next(
            _("{year}{province}各县的结论与差异系数").format(year=display.school_year(area.year), province=area.name)
        ),
        caption_note=_("{count} 个县级单位，{order}；差异系数和余量无单位").format(
            count=display.count(len(codes)), order=_(ORDERS[order])
        ),
        columns=tuple(columns),
        rows=tuple(
            CountyRow(
                name=area.names[code],
                code=code,
                href=f"{area.folder(code)}/index.html",
                cells=tuple(_cells(area, code)),
            )
            for code in codes
        ),
        notes=tuple(
            headed(sentences.short_title(standard), sentences.limit_words(standard, area.year))
            for standard in standards
        ),
        orders=tuple(
            Link(
                label=_(label), href="" if name == order else f"{page_of(name)}#counties-{area.source}-{area.province}"
            )
            for name, label in ORDERS.items()
        ),
    )


def _ordered(area: ProvinceTables, order: str) -> list[str]:
    """The counties' codes in an order; among equals by code."""
    makes: dict[str, Callable[[str], object]] = {
        "code": lambda code: code,
        "verdict": lambda code: [_gravity(area.status(code, s.id)) for s in area.leading],
        "margin": lambda code: _least(area, code),
        "missing": lambda code: -area.units_lacking.get(code, 0),
    }
    make = makes[order]
    return sorted(area.names, key=lambda code: (make(code), code))


def _gravity(status: str) -> int:
    return _GRAVITY.index(status) if status in _GRAVITY else _NOT_REACHED


def _least(area: ProvinceTables, code: str) -> float:
    """The least margin under any leading standard; where none has a limit, the largest CV as if its limit were 0."""
    margins = [row["margin"] for standard in area.leading for row in area.limited(code, standard)[:1]]
    if margins:
        return float(min(margins))
    cvs = [
        row["cv"]
        for standard in area.leading
        for stage in standard.scope.stages
        for indicator in standard.indicators
        if (row := area.cells.get((code, standard.id, stage, indicator.id))) is not None and row["cv"] is not None
    ]
    return -max(cvs) if cvs else float("inf")


def _columns(area: ProvinceTables, standards: Sequence[Standard]) -> list[ProvinceColumn]:
    columns = []
    for standard in standards:
        title = sentences.short_title(standard)
        stages = [display.stage(stage) for stage in standard.scope.stages]
        if standard.dispersion.rule == "none":
            columns += [
                ProvinceColumn(label=_("{stage}评估单位").format(stage=stage), is_number=True) for stage in stages
            ]
            columns += [
                ProvinceColumn(label=sentences.of_stage(name, spoken(indicator.label)), is_number=True)
                for name in standard.scope.stages
                for indicator in standard.indicators
            ]
            continue
        columns.append(ProvinceColumn(label=title, is_number=False))
        columns.append(ProvinceColumn(label=_("较上年"), is_number=False))
        if area.whole:
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
    columns.append(ProvinceColumn(label=_("缺报单位"), is_number=True))
    return columns


def _cells(area: ProvinceTables, code: str) -> list[SortCell]:
    found = []
    for standard in area.leading:
        row = area.verdicts.get((code, standard.id, "all"))
        stages = standard.scope.stages
        if standard.dispersion.rule == "none":
            for stage in stages:
                of_stage = area.verdicts.get((code, standard.id, stage))
                found.append(_count(None if of_stage is None else of_stage["units"]))
            found += [
                _coefficient(area.cells.get((code, standard.id, stage, indicator.id)))
                for stage in stages
                for indicator in standard.indicators
            ]
            continue
        found.append(_verdict(area.status(code, standard.id)))
        found.append(_change(area.status(code, standard.id), area.status_before(code, standard.id)))
        if area.whole:
            found.append(_verdict("no_data" if row is None else row["verdict"]))
        if standard.dispersion.rule == "mean":
            found += [_coefficient(area.cells.get((code, standard.id, stage, "composite"))) for stage in stages]
        else:
            found.append(_count(None if row is None else row["limits_failed"]))
        found.append(_margin(area, code, standard))
        if standard.school_rule is not None:
            found.append(_count(None if row is None else row["units_failing"]))
            found.append(_count(None if row is None else row["units"]))
    found.append(_count(area.units_lacking.get(code, 0)))
    return found


def change_words(now: str, before: str) -> str:
    """What became of a verdict since the year before, with a sign where it fell or was reached."""
    if before == "no_data":
        return _("上年无数据")
    if now == before:
        return _("不变")
    word = display.status_word(before)
    if before == "met" and now in FAILED:
        return _("▼ 上年{word}").format(word=word)
    if now == "met" and before in FAILED:
        return _("▲ 上年{word}").format(word=word)
    return _("上年{word}").format(word=word)


def _change(now: str, before: str) -> SortCell:
    words = change_words(now, before)
    return SortCell(text=words, key=words, verdict=None, is_number=False)


def _verdict(status: str) -> SortCell:
    shown = verdict(status)
    return SortCell(text=shown.word, key=shown.word, verdict=shown, is_number=False)


def _count(value: int | None) -> SortCell:
    return SortCell(text=display.count(value), key="" if value is None else str(value), verdict=None, is_number=True)


def _coefficient(row: Row | None, name: str = "cv") -> SortCell:
    """A CV or margin; one over part of the units only bears an asterisk."""
    value = None if row is None else row[name]
    absent = display.NOT_REPORTED if row is None else display.absence(row["reason"], display.NOT_REPORTED)
    text = display.coefficient(value, absent=absent)
    if row is not None and row["reason"] in display.PARTIAL:
        text += "*"
    return SortCell(text=text, key="" if value is None else repr(value), verdict=None, is_number=True)


def _margin(area: ProvinceTables, code: str, standard: Standard) -> SortCell:
    """The least margin, and in small the indicator that has it."""
    rows = area.limited(code, standard)
    if not rows:
        return _coefficient(None)
    cell = _coefficient(rows[0], "margin")
    name = rows[0]["indicator"]
    label = "" if name == "composite" else label_of(standard, name)
    return msgspec.structs.replace(
        cell, note=sentences.of_stage(rows[0]["stage"], label) if label else display.stage(rows[0]["stage"])
    )
