"""Forms of what a standard asks beyond resources: items with value or finding, their checks, parts, and the verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

import polars as pl

from reports import display, requirement
from reports.forms.form import Cell, Column, measured, number, remarks, text
from reports.language import gettext as _
from reports.language import marked
from reports.year import CountyTables, Row
from standards.items import Check, EveryClass, EverySchool, Finding, Item, NeverBoth, Part
from standards.standard import Standard

_ROLES = {
    "precondition": marked("前置条件"),
    "gate": marked("门槛"),
    "resource": marked("资源配置"),
    "items": marked("评估内容"),
    "approval": marked("社会评价"),
    "veto": marked("一票否决"),
    "tracking": marked("跟踪"),
}
_VETOES = {"met": marked("不存在"), "not_met": marked("存在")}
_BASES = {"computed": marked("计算"), "asserted": marked("县级自报")}
_CONFIDENCE = {
    "secondary": marked("二手来源"),
    "inferred": marked("推定"),
    "provincial": marked("省级规定"),
}
_UNITS = {"yuan_per_person": marked("元/人"), "places": marked("个"), "questionnaires": marked("份")}
_SCORE_PLACES = 2
_NAMED = 10
OVER_SCHOOLS = (EverySchool, EveryClass, NeverBoth)
"""The checks that are made school by school."""


def of_role(standard: Standard, *roles: str) -> tuple[Part, ...]:
    """The parts of these roles that have items listed, in the order of the file."""
    return tuple(part for part in standard.parts if part.role in roles and standard.of_part(part.id))


def item_columns(parts: Sequence[Part]) -> tuple[Column, ...]:
    """The columns of a form of items; points where a part of it gives them, the part where there are several."""
    points = (
        (
            Column(name="points", label=_("分值"), unit=_("分"), is_number=True),
            Column(name="score", label=_("得分"), unit=_("分"), is_number=True),
        )
        if any(part.rule == "points" for part in parts)
        else ()
    )
    return (
        *([Column(name="part", label=_("部分"))] if len(parts) > 1 else []),
        Column(name="number", label=_("序号")),
        Column(name="label", label=_("内容")),
        Column(name="requirement", label=_("要求")),
        Column(name="value", label=_("数值"), is_number=True),
        Column(name="unit", label=_("计量单位")),
        Column(name="finding", label=_("简要结论")),
        *points,
        Column(name="status", label=_("是否达标")),
        Column(name="basis", label=_("依据")),
        Column(name="remarks", label=_("备注")),
        Column(name="item", label=_("条目"), is_printed=False),
    )


def item_rows(county: CountyTables, standard: Standard, parts: Sequence[Part]) -> tuple[tuple[Cell, ...], ...]:
    """One row per item of the parts; the total of a part with points follows its items."""
    with_points = any(part.rule == "points" for part in parts)
    rows = []
    for part in parts:
        for place, item in enumerate(standard.of_part(part.id), 1):
            row = county.items.get(standard.id, {}).get(item.id)
            checks = in_order(item, county.checks.get((standard.id, item.id), []))
            rows.append(
                (
                    *([text(part.title.zh)] if len(parts) > 1 else []),
                    text(item.number or str(place)),
                    text(_label(standard, item)),
                    text(_asked(county, standard, item)),
                    *_value(checks),
                    text(
                        _finding(county, item, row, checks),
                        absent=display.NOT_REPORTED if row is None else display.NOT_APPLICABLE,
                    ),
                    *(_points(item, row) if with_points else []),
                    text(status_words(part, row), absent=display.NOT_REPORTED),
                    text(_basis(row)),
                    _remarks(county, standard, item, row),
                    text(item.id),
                )
            )
        if part.rule == "points":
            rows.append(_total(county, standard, part, is_one=len(parts) == 1))
    return tuple(rows)


def _label(standard: Standard, item: Item) -> str:
    """The item's name, after the names of the branches that it hangs under."""
    groups = {group.id: group for group in standard.groups}
    path, at = [item.label.zh], item.under
    while at in groups:
        path.insert(0, groups[at].label.zh)
        at = groups[at].under
    return " › ".join(path)


def _asked(county: CountyTables, standard: Standard, item: Item) -> str:
    """What the item's checks ask, in words; nothing where the county alone says yes or no."""
    if not item.is_in_source:
        return _("原文未公布")
    said = []
    for check in item.checks:
        if not isinstance(check, Finding):
            words = requirement.in_words(check, standard, county.year, county.all.standards).zh
            said.append(f"{check.label.zh} {words}" if check.label else words)
    return "；".join(dict.fromkeys(said))


def _is_figure(row: Row) -> bool:
    return row["kind"] != "finding" and row["value"] is not None


def _value(checks: Iterable[Row]) -> tuple[Cell, Cell]:
    """The item's value and unit, where it has exactly one; several are said in the finding."""
    figures = [row for row in checks if _is_figure(row)]
    if len(figures) != 1:
        return Cell(text=display.NOT_APPLICABLE), text(None)
    return measured(figures[0]["value"], figures[0]["unit"]), text(unit_words(figures[0]["unit"]))


def unit_words(unit: str) -> str:
    """A unit in words, as a column gives it."""
    return _(_UNITS[unit]) if unit in _UNITS else requirement.unit_words(unit).zh.strip().strip("（）")


def in_order(item: Item, checks: Iterable[Row]) -> list[Row]:
    """Checks of an item in the order of the standard's file, each by year."""
    order = {check.id: place for place, check in enumerate(item.checks)}
    return sorted(checks, key=lambda row: (order.get(row["check"], len(order)), row["breakdown"], row["period"]))


def _finding(county: CountyTables, item: Item, row: Row | None, checks: Sequence[Row]) -> str | None:
    """What the county says, else what each check found, in short; nothing where value or status says it all."""
    if row is not None and row["note"]:
        return _note(county, row["note"])
    if len(checks) == 1 and (_is_figure(checks[0]) or not _has_counts(checks[0])):
        return None
    known = {check.id: check for check in item.checks}
    has_one = sum(_is_figure(check) for check in checks) == 1
    said: dict[str, list[str]] = {}
    for check in checks:
        words = _found(check, has_one=has_one)
        if words:
            said.setdefault(_name(known.get(check["check"]), check), []).append(words)
    return "；".join(f"{name} {'、'.join(words)}".strip() for name, words in said.items())


def _has_counts(row: Row) -> bool:
    """Whether a check says how many schools keep it."""
    return bool(row["schools"]) and row["schools_met"] is not None


def _note(county: CountyTables, note: str) -> str:
    """What the county says; where a check names the standards that it rests on, their titles."""
    named = [county.all.standards.get(name) for name in note.split(" | ")]
    return "、".join(standard.title.zh for standard in named if standard) if all(named) else note


def _name(check: Check | None, row: Row) -> str:
    """What tells a check's row from the others of its item: label or stage, and breakdown."""
    names = []
    if check is not None and check.label is not None:
        names.append(check.label.zh)
    elif row["stage"]:
        names.append(display.stage(row["stage"]))
    if row["breakdown"]:
        names.append(row["breakdown"])
    return " ".join(names)


def _found(row: Row, *, has_one: bool) -> str:
    """A check's result in short: the schools that keep it, its value, or its status."""
    if _has_counts(row):
        return _("{schools} 个中 {met} 个达到、{not_met} 个未达到、{unknown} 个无法判定").format(
            schools=row["schools"],
            met=row["schools_met"],
            not_met=row["schools_not_met"],
            unknown=row["schools_undetermined"],
        )
    year = _("{year} 年 ").format(year=row["period"]) if row["kind"] == "growth" else ""
    if _is_figure(row):
        value = display.measured(row["value"], row["unit"]) + requirement.unit_words(row["unit"]).zh
        return "" if has_one else year + value
    return year + str(display.status_word(row["status"]))


def _points(item: Item, row: Row | None) -> list[Cell]:
    score = None if row is None else row["score"]
    points = Cell(text=display.NOT_APPLICABLE) if item.points is None else number(item.points, _SCORE_PLACES)
    return [points, number(score, _SCORE_PLACES)]


def status_words(part: Part, row: Row | None) -> str:
    """The item's status; of a veto, whether it is there."""
    if row is None:
        return ""
    words = _VETOES.get(row["status"]) if part.role == "veto" else None
    return _(words) if words else str(display.status_word(row["status"]))


def _basis(row: Row | None) -> str | None:
    """Whether the status was computed, said by the county, or both."""
    if row is None:
        return None
    return " + ".join(_(words) for name, words in _BASES.items() if row[name] is not None)


def _remarks(county: CountyTables, standard: Standard, item: Item, row: Row | None) -> Cell:
    """Contradictions, reasons, evidence, schools that fail, and how sure the requirement is."""
    confidence = _CONFIDENCE.get(item.confidence)
    sure = _("要求为{confidence}").format(confidence=_(confidence)) if confidence else None
    if row is None:
        return remarks(sure)
    failing: dict[str, None] = {}
    for check in item.checks:
        failing |= dict.fromkeys(county.failing.get((standard.id, item.id, check.id), []))
    return remarks(
        *(hidden_limit(check) for check in county.checks.get((standard.id, item.id), [])),
        _("计算结论与县级自报不一致，从严") if row["is_contradiction"] else None,
        display.reason(row["reason"]) if row["reason"] is not None else None,
        _("未达到的学校：{names}").format(names=display.listed(list(failing), _NAMED)) if failing else None,
        display.reason(row["score_reason"]) if row["score_reason"] is not None else None,
        _("佐证：{evidence}").format(evidence=row["evidence"]) if row["evidence"] else None,
        _("责任科室：{office}").format(office=row["office"]) if row["office"] else None,
        sure,
    )


def hidden_limit(row: Row) -> str | None:
    """The value with as many decimals as show on which side of its limit it lies, where the form's hide it."""
    if not _is_figure(row) or row["must_be"] is None:
        return None
    places = display.places_of(row["unit"])
    telling = display.telling_places(row["value"], row["limit"], places, row["must_be"], row["status"])
    if telling == places:
        return None
    return _("以未舍入的值 {value} 与要求比较").format(value=display.number(row["value"], telling))


def _total(county: CountyTables, standard: Standard, part: Part, *, is_one: bool) -> tuple[Cell, ...]:
    """The total of a part with points: the score where it is known, else the range that it lies in."""
    row = county.parts.get(standard.id, {}).get(part.id)
    none = Cell(text=display.NOT_APPLICABLE)
    low, high = (None, None) if row is None else (row["score_low"], row["score_high"])
    is_known = low is not None and low == high
    between = (
        _("得分在 {low} 至 {high} 之间").format(
            low=number(low, _SCORE_PLACES).shown, high=number(high, _SCORE_PLACES).shown
        )
        if low is not None and high is not None and not is_known
        else None
    )
    return (
        *([] if is_one else [text(part.title.zh)]),
        text(_("合计")),
        text(part.title.zh),
        text(_("不低于 {mark} 分").format(mark=display.bound(float(part.pass_mark))) if part.pass_mark else None),
        none,
        none,
        text(between),
        none if part.total is None else number(part.total, _SCORE_PLACES),
        number(low if is_known else None, _SCORE_PLACES),
        text(status_words(part, row), absent=display.NOT_REPORTED),
        none,
        remarks(display.reason(row["reason"]) if row is not None and row["reason"] is not None else None),
        none,
    )


def item_notes(standard: Standard, parts: Sequence[Part]) -> tuple[str, ...]:
    """Where the items are from, and how many the text has that are not listed."""
    said = []
    for part in parts:
        words = part.article if len(parts) == 1 else f"{part.title.zh}：{part.article}"
        lacking = (part.declares or 0) - len(standard.of_part(part.id))
        if lacking > 0:
            words += _("；原文 {all} 项，其中 {lacking} 项未见公开文本，未列").format(
                all=part.declares, lacking=lacking
            )
        if part.note is not None:
            words += f"；{part.note.zh}"
        said.append(words)
    return tuple(said)


CHECK_COLUMNS = (
    ("part", marked("部分"), "", False),
    ("item", marked("内容"), "", False),
    ("check", marked("检查项"), "", False),
    ("breakdown", marked("分项"), "", False),
    ("period", marked("年度"), "", True),
    ("numerator", marked("分子"), "", True),
    ("denominator", marked("分母"), "", True),
    ("value", marked("数值"), "", True),
    ("unit", marked("计量单位"), "", False),
    ("limit", marked("要求"), "", True),
    ("schools", marked("涉及学校（单位）"), marked("个"), True),
    ("schools_met", marked("达到"), marked("个"), True),
    ("schools_not_met", marked("未达到"), marked("个"), True),
    ("schools_undetermined", marked("无法判定"), marked("个"), True),
    ("status", marked("结论"), "", False),
    ("remarks", marked("备注"), "", False),
)


def check_columns() -> tuple[Column, ...]:
    """The columns of the form of checks."""
    return tuple(
        Column(name=name, label=_(label), unit=_(unit) if unit else "", is_number=is_number)
        for name, label, unit, is_number in CHECK_COLUMNS
    )


def check_rows(county: CountyTables, standard: Standard) -> tuple[tuple[Cell, ...], ...]:
    """One row per computed check of the county, in the order of the standard: what its value is made of."""
    parts = {part.id: part for part in standard.parts}
    rows = []
    for item in standard.items:
        for row in in_order(item, county.checks.get((standard.id, item.id), [])):
            if row["kind"] == "finding":
                continue
            check = next((check for check in item.checks if check.id == row["check"]), None)
            absent = display.NOT_APPLICABLE if _has_counts(row) or row["schools"] == 0 else display.NOT_REPORTED
            unit, limit = _held(row)
            rows.append(
                (
                    text(parts[item.part].title.zh),
                    text(f"{item.number} {item.label.zh}".strip()),
                    text(_name(check, row)),
                    text(row["breakdown"]),
                    number(row["period"]),
                    plain(row["numerator"]),
                    plain(row["denominator"]),
                    measured(row["value"], row["unit"], absent=absent),
                    text(unit),
                    plain(limit),
                    *(
                        number(row[name], absent=display.NOT_APPLICABLE)
                        for name in ("schools", "schools_met", "schools_not_met", "schools_undetermined")
                    ),
                    text(display.status_word(row["status"])),
                    remarks(
                        display.reason(row["reason"]) if row["reason"] is not None else None,
                        _note(county, row["note"]) if row["note"] else None,
                    ),
                )
            )
    return tuple(rows)


def _held(row: Row) -> tuple[str | None, float | None]:
    """Unit and limit of a check: of classes, the pupils that one may have; of what never goes together, none."""
    if row["kind"] == "never_both":
        return None, None
    return _("人/班") if row["kind"] == "every_class" else unit_words(row["unit"]), row["limit"]


def plain(value: float | None) -> Cell:
    """A figure as it was reported: with the decimals that it has, at most four."""
    if value is None:
        return Cell(text=display.NOT_APPLICABLE)
    exact = Decimal(repr(value)).normalize()
    return number(exact, min(4, max(0, -int(exact.as_tuple().exponent))))


def part_columns() -> tuple[Column, ...]:
    """The columns of the form of parts."""
    return (
        Column(name="part", label=_("部分")),
        Column(name="role", label=_("作用")),
        Column(name="items", label=_("条目数"), unit=_("项"), is_number=True),
        Column(name="items_met", label=_("达标"), unit=_("项"), is_number=True),
        Column(name="items_not_met", label=_("未达标"), unit=_("项"), is_number=True),
        Column(name="items_undetermined", label=_("无法判定"), unit=_("项"), is_number=True),
        Column(name="score_low", label=_("最低得分"), unit=_("分"), is_number=True),
        Column(name="score_high", label=_("最高得分"), unit=_("分"), is_number=True),
        Column(name="pass_mark", label=_("合格分"), unit=_("分"), is_number=True),
        Column(name="status", label=_("结论")),
        Column(name="remarks", label=_("备注")),
    )


def part_rows(county: CountyTables, standard: Standard) -> tuple[tuple[Cell, ...], ...]:
    """One row per part, then the verdict on the standard."""
    titles = {part.id: part.title.zh for part in standard.parts} | {"resource": standard.part.zh}
    none = Cell(text=display.NOT_APPLICABLE)
    rows = [
        (
            text(titles.get(name, name)),
            text(_(_ROLES[row["role"]])),
            *(
                none if row["role"] == "resource" else number(row[count])
                for count in ("items", "items_met", "items_not_met", "items_undetermined")
            ),
            *(
                number(row[score], _SCORE_PLACES, absent=display.NOT_APPLICABLE)
                for score in ("score_low", "score_high", "pass_mark")
            ),
            text(display.status_word(row["status"])),
            remarks(display.reason(row["reason"]) if row["reason"] is not None else None),
        )
        for name, row in county.parts.get(standard.id, {}).items()
    ]
    whole: Mapping[str, object] | None = county.whole.get(standard.id)
    if whole is not None:
        decides = [titles.get(name.strip(), name.strip()) for name in str(whole["decides"] or "").split("|")]
        rows.append(
            (
                text(_("整项标准")),
                none,
                none,
                *(number(int(str(whole[c]))) for c in ("items_met", "items_not_met", "items_undetermined")),
                none,
                none,
                none,
                text(display.status_word(str(whole["verdict"]))),
                remarks(
                    _("取决于：{parts}").format(parts="、".join(decides)) if any(decides) else None,
                    display.reason(str(whole["reason"])) if whole["reason"] is not None else None,
                ),
            )
        )
    return tuple(rows)


def school_check_columns() -> tuple[Column, ...]:
    """The columns of the form of checks school by school."""
    return (
        Column(name="number", label=_("序号"), is_number=True),
        Column(name="school_name", label=_("学校名称")),
        Column(name="label", label=_("内容")),
        Column(name="pupils", label=_("在校生数"), unit=_("人"), is_number=True),
        Column(name="value", label=_("数值"), is_number=True),
        Column(name="unit", label=_("计量单位")),
        Column(name="limit", label=_("要求"), is_number=True),
        Column(name="status", label=_("是否达标")),
        Column(name="remarks", label=_("备注")),
        Column(name="school_id", label=_("学校标识码"), is_printed=False),
    )


def school_check_rows(county: CountyTables, standard: Standard) -> tuple[tuple[Cell, ...], ...]:
    """One row per school or unit and check over schools."""
    items = {item.id: item for item in standard.items}
    relaxations = {relaxation.id: relaxation.label.zh for relaxation in standard.relaxations}
    rows = []
    found = county.frame("school_checks").filter(pl.col("standard") == standard.id).sort("item", "check", "subject_id")
    for place, row in enumerate(found.iter_rows(named=True), 1):
        item = items.get(row["item"])
        label = row["item"] if item is None else item.label.zh
        check = None if item is None else next((c for c in item.checks if c.id == row["check"]), None)
        more = check.label.zh if check is not None and check.label is not None else ""
        stage = display.stage(row["stage"]) if row["stage"] else ""
        eased = row["relaxation"]
        rows.append(
            (
                number(place),
                text(row["school_name"]),
                text(" ".join(word for word in (label, more, stage) if word)),
                number(row["pupils"]),
                measured(row["value"], row["unit"]),
                text(unit_words(row["unit"])),
                plain(row["limit"]),
                text(display.status_word(row["status"])),
                remarks(
                    _("适用放宽：{labels}").format(labels=relaxations.get(eased, eased)) if eased else None,
                    display.reason(row["reason"]) if row["reason"] is not None else None,
                ),
                text(row["school_id"]),
            )
        )
    return tuple(rows)
