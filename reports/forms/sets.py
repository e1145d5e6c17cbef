"""Which forms a standard has: those of quality balance, of basic balance, and a plain pair for every other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from reports import display
from reports.forms import facts, items, resources, schools
from reports.forms.form import About, Cell, Column, Form, text
from reports.language import gettext as _
from reports.year import CountyTables, YearTables
from standards.items import Finding, Part
from standards.standard import Standard

_ROMAN = "ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩⅪⅫ"
_Made = tuple[str, str, str, tuple[Column, ...], tuple[tuple[Cell, ...], ...], tuple[str, ...]]
"""Number, name, title, columns, rows, notes."""


def forms(county: CountyTables, standard: Standard) -> tuple[Form, ...]:
    """The forms of a county under a standard, in their order; the same for every county but for their rows."""
    made = _SETS.get(standard.id, _plain)(county, standard)
    about = _about(county.all, standard, county.province, county.source)
    about = msgspec.structs.replace(about, place=county.name, place_code=county.code, is_county=True)
    return tuple(
        Form(id=number, name=name, title=title, about=about, columns=columns, rows=rows, notes=notes)
        for number, name, title, columns, rows, notes in made
    )


def province_forms(year: YearTables, province: str, standard: Standard) -> tuple[Form, ...]:
    """The forms of every county of a province stacked: each row begins with its county's code and name."""
    counties = [
        county for county in year.counties() if county.province == province and county.source in standard.applies_to
    ]
    if not counties or not standard.is_for(province):
        return ()
    place = (Column(name="county_code", label=_("行政区划代码")), Column(name="county_name", label=_("县（市、区）")))
    stacked: dict[str, tuple[Form, list[tuple[Cell, ...]]]] = {}
    for county in counties:
        lead = (text(county.code), text(county.name))
        for form in forms(county, standard):
            _first, rows = stacked.setdefault(form.id, (form, []))
            rows += [(*lead, *row) for row in form.rows]
    sources = "、".join(dict.fromkeys(county.source for county in counties))
    about = _about(year, standard, province, counties[0].source)
    if len({county.source for county in counties}) > 1:
        about = msgspec.structs.replace(about, source=sources)
    return tuple(
        msgspec.structs.replace(first, about=about, columns=(*place, *first.columns), rows=tuple(rows))
        for first, rows in stacked.values()
    )


def _about(year: YearTables, standard: Standard, province: str, source: str) -> About:
    """What stands on all forms of a province, as if of the whole of it."""
    described = year.sources.get(source)
    name = display.province(province, is_synthetic=year.is_synthetic)
    return About(
        standard=standard.title.zh,
        document=standard.document.zh,
        province=name,
        place=name,
        place_code=province,
        is_county=False,
        school_year=year.year,
        source=source if described is None else described.described.name_zh,
        is_synthetic=year.is_synthetic,
        remarks=(
            *(note.zh for note in standard.notes),
            *([standard.scope.article] if standard.scope.article else []),
            *([standard.split.article] if standard.split.article else []),
        ),
    )


def _items(number: str, county: CountyTables, standard: Standard, parts: Sequence[Part], title: str = "") -> _Made:
    return (
        number,
        parts[0].id if len(parts) == 1 else "other_parts",
        title or parts[0].title.zh,
        items.item_columns(parts),
        items.item_rows(county, standard, parts),
        items.item_notes(standard, parts),
    )


def _surveys(numbers: Iterable[str], county: CountyTables, standard: Standard) -> list[_Made]:
    titles = [part.title.zh for part in standard.parts if part.role == "approval"]
    return [
        (
            number,
            f"survey_{place}" if place > 1 else "survey",
            titles[min(place, len(titles)) - 1],
            facts.survey_columns(standard, survey),
            facts.survey_rows(county, standard, survey),
            facts.survey_notes(county, standard, survey),
        )
        for place, (number, survey) in enumerate(zip(numbers, facts.surveys_of(standard), strict=False), 1)
    ]


def _annexes(county: CountyTables, standard: Standard, taken: Iterable[Part], title: str) -> list[_Made]:
    """The verdict by part, the parts that have no form of their own, and what each check was computed from."""
    done = {part.id for part in taken}
    rest = [part for part in standard.parts if part.id not in done and standard.of_part(part.id)]
    made: list[_Made] = []
    if standard.parts:
        made.append((_annex(1), "parts", _("各部分结论"), items.part_columns(), items.part_rows(county, standard), ()))
    if rest:
        made.append(_items(_annex(len(made) + 1), county, standard, rest, title))
    if any(not isinstance(check, Finding) for item in standard.items for check in item.checks):
        made.append(
            (
                _annex(len(made) + 1),
                "checks",
                _("各项检查的计算依据"),
                items.check_columns(),
                items.check_rows(county, standard),
                (_("分子、分母按上报的数字列出；比例以百分数计，与要求比较的是未舍入的值。"),),
            )
        )
    return made


def _annex(place: int) -> str:
    return _("附表{number}").format(number=place)


def _school_values(number: str, county: CountyTables, standard: Standard, title: str) -> _Made:
    return (
        number,
        "schools",
        title,
        schools.school_columns(standard),
        schools.school_rows(county, standard),
        schools.school_notes(standard),
    )


def _spread(number: str, county: CountyTables, standard: Standard) -> _Made:
    return (
        number,
        "dispersion",
        _("全县平均值和校际差异系数"),
        resources.dispersion_columns(standard),
        resources.dispersion_rows(county, standard),
        resources.dispersion_notes(standard, county.year),
    )


def _quality(county: CountyTables, standard: Standard) -> list[_Made]:
    """表Ⅰ to 表Ⅵ of the application for quality balance, then what they leave out."""
    asked = items.of_role(standard, "items")
    numbers = [_("表{number}").format(number=letter) for letter in _ROMAN]
    own = [_items(number, county, standard, [part]) for number, part in zip(numbers[3:], asked, strict=False)]
    approval = items.of_role(standard, "approval")
    return [
        (
            numbers[0],
            "county",
            _("县（市、区）基本情况"),
            facts.county_columns(),
            facts.county_rows(county, standard),
            (_("学校（单位）、在校生、班级、教师数取自学校报表，其余为县级上报。"),),
        ),
        (
            f"{numbers[1]}-1",
            "schools_met",
            _("资源配置达标学校（单位）数和比例"),
            resources.met_columns(standard),
            resources.met_rows(county, standard),
            resources.met_notes(standard),
        ),
        _school_values(f"{numbers[1]}-2", county, standard, _("学校（单位）资源配置情况")),
        _spread(numbers[2], county, standard),
        *own,
        *_surveys(numbers[3 + len(asked) :], county, standard),
        *_annexes(county, standard, [*asked, *approval], _("前置条件、一票否决等")),
    ]


def _basic(county: CountyTables, standard: Standard) -> list[_Made]:
    """The forms of basic balance: base standard by school, differences, finance, the county's work, satisfaction."""
    asked = items.of_role(standard, "items")
    approval = items.of_role(standard, "approval")
    numbers = [_("表{number}").format(number=place) for place in range(1, 20)]
    made: list[_Made] = [
        *_bases(numbers[0], county, standard),
        _spread(f"{numbers[1]}-1", county, standard),
        _school_values(f"{numbers[1]}-2", county, standard, _("学校（单位）资源配置情况")),
        (
            numbers[2],
            "finance",
            _("教育经费投入情况"),
            facts.finance_columns(),
            facts.finance_rows(county, standard),
            (_("本年为学年之前最近一个决算年度；增长为比上年的百分比。"),),
        ),
    ]
    surveys = _surveys(numbers[3:], county, standard)
    own = [
        _items(number, county, standard, [part])
        for number, part in zip(numbers[3 + len(surveys) :], asked, strict=False)
    ]
    return [*made, *surveys, *own, *_annexes(county, standard, [*asked, *approval], _("门槛、一票否决等"))]


def base_standards(county: CountyTables, standard: Standard) -> list[Standard]:
    """The base standards of the county's province, to whose gate the standard sends its schools."""
    return [
        base
        for base in county.all.standards.values()
        if base.gate_of == standard.id and base.is_for(county.province) and county.source in base.applies_to
    ]


def _bases(number: str, county: CountyTables, standard: Standard) -> list[_Made]:
    bases = base_standards(county, standard)
    title = _("学校达到本省办学基本标准情况")
    if not bases:
        none = _("没有登记本省的办学基本标准，学校是否达到无从填报。")
        return [(number, "base_standard", title, schools.mark_columns(standard)[:3], (), (none,))]
    made: list[_Made] = []
    for place, base in enumerate(bases, 1):
        rule = () if base.school_rule is None else (base.school_rule.article,)
        marks = _("1 达到，0 未达到；达到与否以未舍入的值判定。")
        made.append(
            (
                number if len(bases) == 1 else f"{number}-{place}",
                "base_standard" if len(bases) == 1 else f"base_standard_{place}",
                title if len(bases) == 1 else f"{title}：{base.title.zh}",
                schools.mark_columns(base),
                schools.mark_rows(county, base),
                (base.document.zh, *rule, marks),
            )
        )
    return made


def _plain(county: CountyTables, standard: Standard) -> list[_Made]:
    """The forms of a standard that has none of its own: what it asks of the county, and its schools."""
    numbers = iter([_("表{number}").format(number=place) for place in range(1, 20)])
    made: list[_Made] = []
    listed = [part for part in standard.parts if standard.of_part(part.id)]
    if listed:
        made.append(_items(next(numbers), county, standard, listed, _("评估内容")))
    if standard.indicators:
        made.append(_school_values(next(numbers), county, standard, _("学校（单位）情况")))
        if any(indicator.is_quantity for indicator in standard.indicators):
            made.append(_spread(next(numbers), county, standard))
    if _goes_over_schools(standard):
        made.append(
            (
                next(numbers),
                "school_checks",
                _("学校（单位）逐项情况"),
                items.school_check_columns(),
                items.school_check_rows(county, standard),
                (),
            )
        )
    return [*made, *_annexes(county, standard, listed, "")]


def _goes_over_schools(standard: Standard) -> bool:
    return any(isinstance(check, items.OVER_SCHOOLS) for item in standard.items for check in item.checks)


_SETS: dict[str, Callable[[CountyTables, Standard], list[_Made]]] = {
    "cn-quality-2017": _quality,
    "cn-basic-2012": _basic,
}
"""The standards that have forms of their own."""
