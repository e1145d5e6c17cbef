"""Forms of the resource part: schools that meet each indicator, and the county's means and difference coefficients."""

from __future__ import annotations

import polars as pl

from reports import display, sentences
from reports.forms.form import Cell, Column, bound, measured, number, percent, remarks, text
from reports.forms.schools import floor_words, number_of, unit_words
from reports.language import gettext as _
from reports.year import CountyTables, Row
from standards.standard import Standard


def met_columns(standard: Standard) -> tuple[Column, ...]:
    """The columns of the form of schools that meet the standard, by stage and indicator."""
    floor = floor_words(standard)
    floors = (
        (Column(name="at_floor", label=_("其中达到 {share}").format(share=floor), unit=_("个"), is_number=True),)
        if floor
        else ()
    )
    return (
        Column(name="stage", label=_("学段")),
        Column(name="indicator", label=_("指标")),
        Column(name="unit", label=_("计量单位")),
        Column(name="units", label=_("学校（单位）数"), unit=_("个"), is_number=True),
        Column(name="met", label=_("达标学校（单位）数"), unit=_("个"), is_number=True),
        Column(name="met_percent", label=_("达标比例"), unit="%", is_number=True),
        Column(name="not_met", label=_("未达标"), unit=_("个"), is_number=True),
        *floors,
        Column(name="undetermined", label=_("无法判定"), unit=_("个"), is_number=True),
    )


def met_rows(county: CountyTables, standard: Standard) -> tuple[tuple[Cell, ...], ...]:
    """One row per stage and indicator, then one for the school rule; shares are of all units that count."""
    status, floor = pl.col("status"), pl.col("is_at_floor")
    counted = {
        (row["stage"], row["indicator"]): row
        for row in county.frame("unit_indicators")
        .filter(pl.col("standard") == standard.id)
        .group_by("stage", "indicator", maintain_order=True)
        .agg(
            units=pl.len(),
            met=(status == "met").sum(),
            not_met=(status == "not_met").sum(),
            at_floor=((status == "not_met") & floor.fill_null(value=False)).sum(),
            undetermined=(status == "undetermined").sum(),
        )
        .iter_rows(named=True)
    }
    has_floor = bool(floor_words(standard))
    rows = []
    for stage in standard.scope.stages:
        for indicator in standard.indicators:
            row = counted.get((stage, indicator.id))
            if row is None:
                continue
            rows.append(
                (
                    text(display.stage(stage)),
                    text(f"{number_of(standard, indicator)} {indicator.label.zh}"),
                    text(unit_words(standard, indicator)),
                    number(row["units"]),
                    number(row["met"]),
                    percent(row["met"], row["units"]),
                    number(row["not_met"]),
                    *([number(row["at_floor"])] if has_floor else []),
                    number(row["undetermined"]),
                )
            )
        verdict = county.verdicts.get((standard.id, stage))
        if verdict is not None and standard.school_rule is not None:
            rows.append(
                (
                    text(display.stage(stage)),
                    text(_("综合评估（学校标准）")),
                    text(None),
                    number(verdict["units"]),
                    number(verdict["units_meeting"]),
                    percent(verdict["units_meeting"], verdict["units"]),
                    number(verdict["units_failing"]),
                    *([Cell(text=display.NOT_APPLICABLE)] if has_floor else []),
                    number(verdict["units_undetermined"]),
                )
            )
    return tuple(rows)


def met_notes(standard: Standard) -> tuple[str, ...]:
    """What the form of met schools needs to be read."""
    said = _("达标比例以全部计入的学校（单位）为分母，未上报的不算达标。")
    rule = standard.school_rule
    return (said,) if rule is None else (said, rule.article)


def dispersion_columns(standard: Standard) -> tuple[Column, ...]:
    """The columns of the form of means and difference coefficients."""
    limits = (
        (Column(name="limit", label=_("限值"), is_number=True), Column(name="status", label=_("是否达标")))
        if standard.dispersion.rule != "none"
        else ()
    )
    return (
        Column(name="stage", label=_("学段")),
        Column(name="indicator", label=_("指标")),
        Column(name="unit", label=_("计量单位")),
        Column(name="units", label=_("学校（单位）数"), unit=_("个"), is_number=True),
        Column(name="mean", label=_("全县平均值"), is_number=True),
        Column(name="cv", label=_("差异系数"), is_number=True),
        *limits,
        Column(name="remarks", label=_("备注")),
    )


def dispersion_rows(county: CountyTables, standard: Standard) -> tuple[tuple[Cell, ...], ...]:
    """One row per stage and indicator that schools can differ in by degrees, then the mean of all coefficients."""
    rows = []
    names = [indicator.id for indicator in standard.indicators if indicator.is_quantity]
    if len(names) == len(standard.indicators):
        names.append("composite")
    for stage in standard.scope.stages:
        for name in names:
            row = county.dispersion.get((standard.id, stage, name))
            if row is not None:
                rows.append(_dispersion_row(row, standard, stage, name))
    return tuple(rows)


def _dispersion_row(row: Row, standard: Standard, stage: str, name: str) -> tuple[Cell, ...]:
    is_mean = name == "composite"
    if is_mean:
        label, unit = _("差异系数的平均值"), None
    else:
        indicator = standard.indicator(name)
        label, unit = f"{number_of(standard, indicator)} {indicator.label.zh}", unit_words(standard, indicator)
    hidden = display.hidden_limit(row["cv"], row["limit"], row["status"])
    limits = (
        [bound(row["limit"]), text(display.status_word(row["status"]))] if standard.dispersion.rule != "none" else []
    )
    return (
        text(display.stage(stage)),
        text(label),
        text(unit),
        number(row["units"]),
        Cell(text=display.NOT_APPLICABLE) if is_mean else measured(row["mean"], row["unit"]),
        number(row["cv"], display.CV_PLACES),
        *limits,
        remarks(
            _("以未舍入的值 {cv} 与限值比较").format(cv=hidden) if hidden else None,
            display.reason(row["reason"]) if row["reason"] is not None else None,
        ),
    )


def dispersion_notes(standard: Standard, year: int) -> tuple[str, ...]:
    """What the form of difference coefficients needs to be read."""
    said = _("全县平均值为总量之比；差异系数按在校生数加权，取未舍入的值与限值比较。")
    return (said + sentences.limit_words(standard, year),)
