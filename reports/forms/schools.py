"""Forms with one row per unit: what it has, whether it meets the standard; and items marked 1 where they are met."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from reports import display, sentences
from reports.forms.form import Cell, Column, number, remarks, text
from reports.forms.form import measured as value_of
from reports.language import gettext as _
from reports.year import CountyTables, Row
from schemas.columns import STAGES
from schemas.tables import codes, school_fields
from standards.standard import Indicator, Standard

_GRADES = tuple(dict.fromkeys(field["base"] for field in school_fields() if field["base"].startswith("pupils_grade_")))
_Units = Iterator[tuple[str, Row, Mapping[str, Row]]]


def number_of(standard: Standard, indicator: Indicator) -> str:
    """The number of an indicator in its standard; its place in the file where the text has none."""
    return indicator.number or str(standard.indicators.index(indicator) + 1)


def counted_units(county: CountyTables, standard: Standard) -> _Units:
    """The counted units of a standard: stage, unit, its indicators by id; by stage and unit."""
    cells: dict[str, dict[str, Row]] = {}
    for row in county.frame("unit_indicators").filter(pl.col("standard") == standard.id).iter_rows(named=True):
        cells.setdefault(row["unit_id"], {})[row["indicator"]] = row
    units = county.frame("units").filter((pl.col("standard") == standard.id) & (pl.col("standing") == "counted"))
    for stage in standard.scope.stages:
        of_stage = units.filter(pl.col("stage") == stage).sort("unit_id").with_columns(grades())
        for unit in of_stage.iter_rows(named=True):
            yield stage, unit, cells.get(unit["unit_id"], {})


def grades() -> pl.Expr:
    """Grades that have pupils, 年级数; null where the grades reported do not add up to the pupils of the stage."""
    reported = pl.sum_horizontal([pl.col(grade) for grade in _GRADES], ignore_nulls=True)
    taught = pl.sum_horizontal([(pl.col(grade) > 0).cast(pl.Int64) for grade in _GRADES], ignore_nulls=True)
    return pl.when(reported == pl.col("pupils")).then(taught).alias("grades")


def operator_type(code: str | None) -> Cell:
    """举办者类型, 1 to 10; a body that is none of the ten is not applicable, an operator not reported is not known."""
    if code is None:
        return Cell(text=display.NOT_REPORTED)
    found = next((entry["operator_type"] for entry in codes("operator_types") if entry["code"] == code), None)
    return Cell(text=display.NOT_APPLICABLE) if found is None else number(int(found))


def _operator_remark(code: str | None) -> str | None:
    """The operator's name, where it is none of the ten types."""
    if code is None or any(entry["code"] == code for entry in codes("operator_types")):
        return None
    named = next((entry["label_zh"] for entry in codes("operators") if entry["code"] == code), code)
    return _("举办者为{operator}，不在十类之内").format(operator=named)


def school_columns(standard: Standard) -> tuple[Column, ...]:
    """The columns of the form of schools."""
    verdict = (Column(name="verdict", label=_("综合评估是否达标")),) if standard.school_rule is not None else ()
    return (
        Column(name="number", label=_("序号"), is_number=True),
        Column(name="stage", label=_("学段")),
        Column(name="school_name", label=_("学校名称")),
        Column(name="operator_type", label=_("举办者类型"), is_number=True),
        Column(name="pupils", label=_("在校生数"), unit=_("人"), is_number=True),
        Column(name="grades", label=_("年级数"), unit=_("个"), is_number=True),
        Column(name="classes", label=_("班级数"), unit=_("个"), is_number=True),
        *(
            Column(
                name=indicator.id,
                label=indicator.label.zh,
                unit=unit_words(standard, indicator),
                is_number=True,
            )
            for indicator in standard.indicators
        ),
        *verdict,
        Column(name="remarks", label=_("备注")),
        Column(name="school_id", label=_("学校标识码"), is_printed=False),
    )


def unit_words(standard: Standard, indicator: Indicator) -> str:
    """The unit of an indicator in words; as its standard names it where there is nothing to compute it from."""
    stages = standard.scope.stages or STAGES
    if not indicator.added(stages[0]):
        return display.unit_label(indicator.unit)
    return sentences.unit_words(standard, indicator.id, stages[0])


def school_rows(county: CountyTables, standard: Standard) -> tuple[tuple[Cell, ...], ...]:
    """One row per counted unit."""
    verdicts = {
        row["unit_id"]: row["status"]
        for row in county.frame("school_verdicts").filter(pl.col("standard") == standard.id).iter_rows(named=True)
    }
    rows = []
    for place, (stage, unit, cells) in enumerate(counted_units(county, standard), 1):
        verdict = verdicts.get(unit["unit_id"], "undetermined")
        rows.append(
            (
                number(place),
                text(display.stage(stage)),
                text(unit["school_name"]),
                operator_type(unit["operator_code"]),
                number(unit["pupils"]),
                number(unit["grades"]),
                number(unit["classes"]),
                *(_value(cells.get(indicator.id)) for indicator in standard.indicators),
                *([text(display.status_word(verdict))] if standard.school_rule is not None else []),
                remarks(*_which(standard, cells), _eased(standard, cells), _operator_remark(unit["operator_code"])),
                text(unit["school_id"]),
            )
        )
    return tuple(rows)


def _value(row: Row | None) -> Cell:
    return Cell(text=display.NOT_REPORTED) if row is None else value_of(row["value"], row["unit"])


def _which(standard: Standard, cells: Mapping[str, Row]) -> list[str]:
    """Which indicators meet the norm, which only its floor, which neither, and which cannot be judged."""
    groups: dict[str, list[str]] = {"met": [], "floor": [], "below": [], "undetermined": []}
    for indicator in standard.indicators:
        row = cells.get(indicator.id)
        status = "undetermined" if row is None else row["status"]
        if row is not None and status == "not_met":
            status = "floor" if row["is_at_floor"] else "below"
        if status in groups:
            groups[status].append(number_of(standard, indicator))
    share = floor_words(standard)
    words = {
        "met": _("达标：{which}"),
        "floor": _("仅达 {share}：{which}"),
        "below": _("不足 {share}：{which}") if share else _("未达标：{which}"),
        "undetermined": _("无法判定：{which}"),
    }
    return [words[status].format(which="、".join(which), share=share) for status, which in groups.items() if which]


def floor_words(standard: Standard) -> str:
    """The share of the norm that must be reached in any case, in percent; empty where none is set."""
    rule = standard.school_rule
    return display.exact_percent(rule.floor_share) if rule is not None and rule.floor_share else ""


def _eased(standard: Standard, cells: Mapping[str, Row]) -> str | None:
    """The relaxations that the unit is under."""
    used = {name for row in cells.values() for name in (row.get("relaxation") or "").split(" | ") if name}
    labels = [relaxation.label.zh for relaxation in standard.relaxations if relaxation.id in used]
    return _("适用放宽：{labels}").format(labels="、".join(labels)) if labels else None


def school_notes(standard: Standard) -> tuple[str, ...]:
    """What the form of schools needs to be read."""
    named = "；".join(f"{number_of(standard, indicator)} {indicator.label.zh}" for indicator in standard.indicators)
    said = [_("一校跨学段的，每个学段一行；只列计入评估的单位。备注中的数字为指标序号：{named}。").format(named=named)]
    types = "、".join(f"{entry['operator_type']} {entry['label_zh']}" for entry in codes("operator_types"))
    said.append(
        _("举办者类型：{types}；年级数为有在校生的年级数，各年级在校生数之和与在校生数不符的，不填。").format(
            types=types
        )
    )
    return tuple(said)


def mark_columns(standard: Standard) -> tuple[Column, ...]:
    """The columns of the form that marks every item of a base standard, school by school."""
    return (
        Column(name="number", label=_("序号"), is_number=True),
        Column(name="stage", label=_("学段")),
        Column(name="school_name", label=_("学校名称")),
        Column(name="pupils", label=_("在校生数"), unit=_("人"), is_number=True),
        *(
            Column(
                name=indicator.id,
                label=f"{number_of(standard, indicator)} {indicator.label.zh}",
                unit=_("达标为 1"),
                is_number=True,
            )
            for indicator in standard.indicators
        ),
        Column(name="items_met", label=_("达标项数"), unit=_("项"), is_number=True),
        Column(name="verdict", label=_("是否达标")),
        Column(name="remarks", label=_("备注")),
        Column(name="school_id", label=_("学校标识码"), is_printed=False),
    )


def mark_rows(county: CountyTables, standard: Standard) -> tuple[tuple[Cell, ...], ...]:
    """One row per counted unit: 1 where an item is met, 0 where it is not, a symbol where that is not known."""
    verdicts = {
        row["unit_id"]: row["status"]
        for row in county.frame("school_verdicts").filter(pl.col("standard") == standard.id).iter_rows(named=True)
    }
    rows = []
    for place, (stage, unit, cells) in enumerate(counted_units(county, standard), 1):
        status = {name: cell["status"] for name, cell in cells.items()}
        unknown = [
            number_of(standard, indicator)
            for indicator in standard.indicators
            if status.get(indicator.id, "undetermined") in ("undetermined", "no_norm")
        ]
        rows.append(
            (
                number(place),
                text(display.stage(stage)),
                text(unit["school_name"]),
                number(unit["pupils"]),
                *(_mark(status.get(indicator.id, "undetermined")) for indicator in standard.indicators),
                number(list(status.values()).count("met")),
                text(display.status_word(verdicts.get(unit["unit_id"], "undetermined"))),
                remarks(
                    _("无法判定：{which}").format(which="、".join(unknown)) if unknown else None,
                    _eased(standard, cells),
                ),
                text(unit["school_id"]),
            )
        )
    return tuple(rows)


def _mark(status: str) -> Cell:
    marks = {"met": number(1), "not_met": number(0), "no_norm": Cell(text=display.NOT_APPLICABLE)}
    return marks.get(status, Cell(text=display.NOT_REPORTED))
