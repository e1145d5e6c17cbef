"""What is not reported, each fact once: what a source does not hold at all, and which units lack which figures."""

from __future__ import annotations

from collections.abc import Sequence

from reports import display, sentences
from reports.captions import Captions
from reports.coverage import not_reported
from reports.items import facts_missing
from reports.language import SOURCE, language, semicolons, serial, spoken
from reports.language import gettext as _
from reports.model import Missing, MissingRow
from reports.year import CountyTables, Row, YearTables, indicator_fields
from schemas.tables import UNITS
from standards.items import Item
from standards.standard import Standard
from standards.values import Words

_NAMED = 6
_MOST_FACTS = 20
UNIT_COLUMNS = {column.name: column for column in UNITS.columns}
_Group = tuple[str, tuple[str, ...], str]


def missing(county: CountyTables, captions: Captions) -> Missing:
    """The counted units without a value, grouped where the same units lack several indicators for one reason."""
    groups = _units_lacking(county)
    said = [*source_sentences(county.all, county.source), *not_reported(county), *awaited(county)]
    if not groups:
        said.append(_("计入的评估单位，各项指标所需的数据均已上报。"))
        return Missing(sentences=tuple(said), caption="", caption_note="", rows=())
    units = {unit for (_stage, ids, _reason) in groups for unit in ids}
    said.append(
        _("有指标未上报的评估单位共 {count} 个；未上报（含被拒收）不等于零，也不按零计算。").format(
            count=display.count(len(units))
        )
    )
    return Missing(
        sentences=tuple(said),
        caption=captions.next(_("{county}未上报的数据").format(county=county.name)),
        caption_note=_("{year}；同一批评估单位的同类缺报合为一行").format(year=display.school_year(county.year)),
        rows=tuple(_row(county, key, indicators) for key, indicators in groups.items()),
    )


def awaited(county: CountyTables) -> list[str]:
    """How many items await the county's own return, by standard; and which figures and findings are lacking."""
    waiting: dict[str, int] = {}
    figures: dict[str, None] = {}
    findings: dict[str, None] = {}
    for standard in county.standards:
        rows = county.items.get(standard.id, {})
        for item in standard.items:
            row = rows.get(item.id)
            if row is None or row["status"] != "undetermined":
                continue
            lacks, is_unsaid = facts_missing(county, standard, item), _is_unsaid(county, standard, item)
            if not lacks and not is_unsaid:
                continue
            title = sentences.short_title(standard)
            waiting[title] = waiting.get(title, 0) + 1
            figures |= dict.fromkeys(lacks)
            if is_unsaid:
                findings[spoken(item.label)] = None
    if not waiting:
        return []
    counts = serial(
        _("{standard} {count} 项").format(standard=title, count=display.count(count))
        for title, count in waiting.items()
    )
    said = [
        _("{count} 项条目待县级上报后才能判定：{standards}。").format(
            count=display.count(sum(waiting.values())), standards=counts
        )
    ]
    if figures:
        said.append(
            _("缺少的县级数字 {count} 项：{names}。").format(
                count=display.count(len(figures)), names=display.listed(list(figures), _MOST_FACTS)
            )
        )
    if findings:
        named = list(findings)[:_MOST_FACTS]
        more = _("等") if len(findings) > len(named) else ""
        said.append(
            _("缺少县级认定的条目 {count} 项：{names}{more}。").format(
                count=display.count(len(findings)), names=semicolons(named), more=more
            )
        )
    return said


def _is_unsaid(county: CountyTables, standard: Standard, item: Item) -> bool:
    """Whether the county has not said what only it can say of an item."""
    rows = county.checks.get((standard.id, item.id), [])
    return any(row["kind"] == "finding" and row["status"] == "undetermined" for row in rows)


def units_missing(county: CountyTables) -> int:
    """How many counted units lack the value of any indicator, under any of the county's standards."""
    return len({unit for (_stage, ids, _reason) in _units_lacking(county) for unit in ids})


def _units_lacking(county: CountyTables) -> dict[_Group, list[tuple[Standard, str]]]:
    """Stage, units and reason → the standards' indicators that these units lack."""
    return county.once("units lacking", lambda: _groups(county))


def _groups(county: CountyTables) -> dict[_Group, list[tuple[Standard, str]]]:
    groups: dict[_Group, list[tuple[Standard, str]]] = {}
    for standard in county.standards:
        for stage in standard.scope.stages:
            lacking: dict[str, dict[str, list[str]]] = {}
            for unit_id, cells in county.values.get((standard.id, stage), {}).items():
                for name, cell in cells.items():
                    if cell["value"] is None:
                        lacking.setdefault(name, {}).setdefault(cell["reason"], []).append(unit_id)
            for name in (indicator.id for indicator in standard.indicators):
                for reason, ids in lacking.get(name, {}).items():
                    groups.setdefault((stage, tuple(sorted(ids)), reason), []).append((standard, name))
    return groups


def _row(county: CountyTables, key: _Group, indicators: list[tuple[Standard, str]]) -> MissingRow:
    stage, ids, reason = key
    units = [county.units[indicators[0][0].id, stage][unit_id] for unit_id in ids]
    known = [unit["pupils"] for unit in units if unit["pupils"] is not None]
    return MissingRow(
        standards=serial(dict.fromkeys(sentences.short_title(standard) for standard, _name in indicators)),
        stage=display.stage(stage),
        indicators=serial(dict.fromkeys(spoken(standard.indicator(name).label) for standard, name in indicators)),
        units=display.count(len(ids)),
        pupils=display.count(sum(known)) if known else display.NOT_REPORTED,
        why=_why(county, reason, units, stage, indicators),
        names=display.listed([unit["school_name"] for unit in units], _NAMED),
    )


def lack_word(county: CountyTables, units: list[Row]) -> str:
    """“未上报”, or “未上报或被拒收” where cells of one of the units' schools were refused."""
    refused = county.refused_schools
    return _("未上报或被拒收") if any(unit["school_id"] in refused for unit in units) else _("未上报")


def _why(
    county: CountyTables, reason: str, units: list[Row], stage: str, indicators: list[tuple[Standard, str]]
) -> str:
    """The reason, with the fields that are not reported where it is fields."""
    lack = lack_word(county, units)
    if reason == "pupils_not_reported":
        return _("在校生数{lack}").format(lack=lack)
    fields = unreported_fields(county, units, stage, indicators) if reason == "not_reported" else []
    return _("{lack}{fields}").format(lack=lack, fields=serial(fields)) if fields else display.reason(reason)


def unreported_fields(
    county: CountyTables, units: Sequence[Row], stage: str, indicators: Sequence[tuple[Standard, str]]
) -> list[str]:
    """The names of the fields that these indicators are computed from and that any of the units does not report."""
    fields = [field for standard, name in indicators for field in indicator_fields(standard.indicator(name), stage)]
    ids = [unit["unit_id"] for unit in units]
    absent = county.unreported(indicators[0][0].id, stage, ids, fields)
    return list(dict.fromkeys(_field(field) for field in fields if field in absent))


def _field(name: str) -> str:
    """The name of a field of a unit; one that is not known stands as it is."""
    column = UNIT_COLUMNS.get(name)
    return name if column is None else spoken(Words(column.label_zh, column.label_en))


def source_sentences(tables: YearTables, source: str) -> tuple[str, ...]:
    """What a source holds nothing of, in one sentence for all standards with limits that do not apply to it."""
    others = [
        standard
        for standard in tables.standards.values()
        if source not in standard.applies_to and standard.dispersion.rule != "none"
    ]
    absent = tables.unreported_indicators(source)
    parts = [
        _("{standard}（{document}）{total} 项指标中 {count} 项").format(
            standard=sentences.short_title(standard),
            document=spoken(standard.document).split(" ")[0] if language() == SOURCE else spoken(standard.document),
            total=len(standard.indicators),
            count=len(absent[standard.id]),
        )
        for standard in others
        if absent.get(standard.id)
    ]
    if not parts:
        return ()
    return (_("本来源不含办学条件等数据：{parts}未上报，国家标准不作判定。").format(parts=serial(parts)),)
