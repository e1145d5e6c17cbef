"""Forms of what the county itself reports: its basic facts, its finance of two years, and its surveys."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

import polars as pl

from reports import display, requirement
from reports.forms.form import Cell, Column, measured, number, percent, remarks, text
from reports.forms.items import hidden_limit, unit_words
from reports.language import gettext as _
from reports.language import marked
from reports.year import CountyTables
from schemas.tables import county_fact_fields
from standards.items import Check, FactCheck, Growth, Item, Since
from standards.standard import Standard

_HINT = re.compile(r"（[^（）]*[元填][^（）]*）$")
Values = Mapping[tuple[str, str, int], Decimal]
"""Facts of the county: fact, breakdown and the year that it holds for → value."""

_OF_UNITS = (
    ("pupils", marked("在校生数"), "people"),
    ("classes", marked("班级数"), "classes"),
    ("full_time_teachers", marked("专任教师数"), "people"),
)
_SHARE = ("budgetary_education_yuan", "fiscal_expenditure_yuan")
"""The form asks for the first as a share of the second."""
_NAMES = ("plus", "minus", "over", "over_minus", "limit_fact", "fact", "faster_than")


def facts_of(county: CountyTables) -> dict[tuple[str, str, int], Decimal]:
    """The county's own figures of the school year's return, by fact, breakdown and the year that they hold for."""
    rows = county.frame("county_facts").filter((pl.col("school_id") == "") & pl.col("value").is_not_null())
    return {
        (fact, breakdown, period): value
        for fact, breakdown, period, value in rows.select("fact", "breakdown", "period", "value").iter_rows()
    }


def unit_of(standard: Standard, fact: str) -> str:
    """The unit of a fact."""
    declared = next((known.unit for known in standard.facts if known.id == fact), None)
    return declared or county_fact_fields().get(fact, {}).get("unit", "")


def _figure(standard: Standard, fact: str, value: Decimal | None) -> Cell:
    """A fact of the county: what is counted is whole, all else has the decimals of its unit."""
    kinds = {known.id: known.type for known in standard.facts}
    kind = kinds.get(fact) or county_fact_fields().get(fact, {}).get("type")
    return number(value) if kind in ("count", "year") else measured(value, unit_of(standard, fact))


def _label(standard: Standard, fact: str) -> str:
    """A fact's name without its unit, which has a column of its own, and without how it is to be filled in."""
    return _HINT.sub("", requirement.fact_label(standard, fact).zh)


def asked_facts(standard: Standard) -> list[str]:
    """The facts of the county that a standard's checks read, once each, in the order of the dictionary."""
    found: set[str] = set()
    for check in _checks(standard):
        for key in _NAMES if isinstance(check, FactCheck | Growth | Since) else ("limit_fact",):
            named = getattr(check, key, "")
            found.update([named] if isinstance(named, str) else named)
    return [fact for fact in (*county_fact_fields(), *(fact.id for fact in standard.facts)) if fact in found]


def _checks(standard: Standard) -> list[Check]:
    return [check for item in standard.items for check in item.checks]


def county_columns() -> tuple[Column, ...]:
    """The columns of the form of the county's facts."""
    return (
        Column(name="number", label=_("序号"), is_number=True),
        Column(name="label", label=_("项目")),
        Column(name="breakdown", label=_("分项")),
        Column(name="period", label=_("年度"), is_number=True),
        Column(name="unit", label=_("计量单位")),
        Column(name="value", label=_("数值"), is_number=True),
        Column(name="remarks", label=_("备注")),
    )


def county_rows(county: CountyTables, standard: Standard) -> tuple[tuple[Cell, ...], ...]:
    """Units, pupils, classes and teachers by stage as the returns have them, then the county's own facts.

    Surveys and the finance of several years have forms of their own where the standard asks for them.
    """
    rows = [*_of_units(county, standard), *_of_county(county, standard)]
    return tuple((number(place), *row) for place, row in enumerate(rows, 1))


def _of_units(county: CountyTables, standard: Standard) -> list[tuple[Cell, ...]]:
    units = county.frame("units").filter(
        (pl.col("standard") == (standard.units_of or standard.id)) & (pl.col("standing") == "counted")
    )
    year, rows = number(county.year), list[tuple[Cell, ...]]()
    for stage in standard.scope.stages:
        of_stage = units.filter(pl.col("stage") == stage)
        if not of_stage.height:
            continue
        name = text(display.stage(stage))
        rows.append((text(_("学校（单位）数")), name, year, text(_("个")), number(of_stage.height), remarks()))
        for field, label, unit in _OF_UNITS:
            known = of_stage[field].drop_nulls()
            lacking = of_stage.height - known.len()
            rows.append(
                (
                    text(_(label)),
                    name,
                    year,
                    text(unit_words(unit)),
                    number(int(known.sum()) if known.len() else None),
                    remarks(_("{count} 个单位未上报，未计入").format(count=lacking) if lacking else None),
                )
            )
    return rows


def _of_county(county: CountyTables, standard: Standard) -> list[tuple[Cell, ...]]:
    values = facts_of(county)
    surveys = {fact for survey in surveys_of(standard) for fact in survey}
    rows: list[tuple[Cell, ...]] = []
    for fact in asked_facts(standard):
        if fact in surveys:
            continue
        unit = unit_of(standard, fact)
        held: list[tuple[str, int | None]] = [key[1:] for key in sorted(values) if key[0] == fact]
        for breakdown, period in held or [("", None)]:
            value = None if period is None else values[fact, breakdown, period]
            # A year is not counted: it stands without a unit.
            shown = "" if unit == "year" else unit_words(unit)
            rows.append(
                (
                    text(_label(standard, fact)),
                    text(breakdown),
                    number(period),
                    text(shown),
                    _figure(standard, fact, value),
                    remarks(),
                )
            )
    return rows


def finance_columns() -> tuple[Column, ...]:
    """The columns of the form of finance."""
    return (
        Column(name="number", label=_("序号"), is_number=True),
        Column(name="label", label=_("项目")),
        Column(name="unit", label=_("计量单位")),
        Column(name="period", label=_("本年"), unit=_("年"), is_number=True),
        Column(name="before", label=_("上年数"), is_number=True),
        Column(name="now", label=_("本年数"), is_number=True),
        Column(name="growth", label=_("增长"), unit="%", is_number=True),
        Column(name="remarks", label=_("备注")),
    )


def growths(standard: Standard) -> dict[str, Growth]:
    """The facts that a standard asks to grow, and those that they are to outgrow, each with its check."""
    found: dict[str, Growth] = {}
    for check in _checks(standard):
        if isinstance(check, Growth):
            for fact in (check.fact, check.faster_than):
                if fact:
                    found.setdefault(fact, check)
    return found


def finance_rows(county: CountyTables, standard: Standard) -> tuple[tuple[Cell, ...], ...]:
    """One row per fact that has to grow, for the last year whose accounts are closed; then the share of spending.

    Growth is of the year before, from the exact figures; of a share it is not given, but in percentage points.
    """
    asked = growths(standard)
    if not asked:
        return ()
    judged = _judged(county, standard)
    values = facts_of(county)
    rows: list[tuple[Cell, ...]] = []
    for fact, check in asked.items():
        year = county.year - check.lag
        given = tuple(values.get((fact, "", period)) for period in (year - 1, year))
        before, now = judged.get(fact, given) if None in given else given
        unit = unit_of(standard, fact)
        rows.append(
            (
                text(_label(standard, fact)),
                text(unit_words(unit)),
                number(year),
                _figure(standard, fact, before),
                _figure(standard, fact, now),
                _growth(before, now),
                remarks(),
            )
        )
    rows.insert(min(2, len(rows)), _share_row(values, county.year - next(iter(asked.values())).lag))
    return tuple((number(place), *row) for place, row in enumerate(rows, 1))


def _judged(county: CountyTables, standard: Standard) -> dict[str, tuple[Decimal | None, Decimal | None]]:
    """The figures that growth was judged by in the last year: fact → before and now."""
    checks = county.frame("county_checks").filter((pl.col("standard") == standard.id) & (pl.col("kind") == "growth"))
    found: dict[str, tuple[Decimal | None, Decimal | None]] = {}
    for item in standard.items:
        for check in item.checks:
            if not isinstance(check, Growth):
                continue
            row = checks.filter(
                (pl.col("item") == item.id)
                & (pl.col("check") == check.id)
                & (pl.col("period") == county.year - check.lag)
            )
            if row.height:
                found[check.fact] = (_exact(row["denominator"][0]), _exact(row["numerator"][0]))
    return found


def _exact(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(repr(value))


def _growth(before: Decimal | None, now: Decimal | None) -> Cell:
    return percent(None if before is None or now is None else now - before, before)


def _share_row(values: Values, year: int) -> tuple[Cell, ...]:
    """预算内教育经费占财政支出比例 of the year and the year before."""
    part, whole = _SHARE
    given = [(values.get((part, "", period)), values.get((whole, "", period))) for period in (year - 1, year)]
    shares = [Decimal(a) * 100 / Decimal(b) if a is not None and b else None for a, b in given]
    points = None
    if shares[0] is not None and shares[1] is not None:
        points = _("比上年{change} 个百分点").format(change=display.signed(float(shares[1] - shares[0]), 1))
    return (
        text(_("预算内教育经费占财政支出比例")),
        text("%"),
        number(year),
        *(number(share, display.PERCENT_PLACES) for share in shares),
        Cell(text=display.NOT_APPLICABLE),
        remarks(points),
    )


def surveys_of(standard: Standard) -> tuple[tuple[str, ...], ...]:
    """The surveys that a standard's approval rests on: all facts of the dictionary under one first word."""
    approving = {part.id for part in standard.parts if part.role == "approval"}
    stems: dict[str, None] = {}
    for item in standard.items:
        for check in item.checks:
            if item.part in approving and isinstance(check, FactCheck):
                stems |= dict.fromkeys(fact.split("_")[0] for fact in check.plus)
    known = [*county_fact_fields(), *(fact.id for fact in standard.facts)]
    return tuple(tuple(fact for fact in known if fact.split("_")[0] == stem) for stem in stems)


def _rates(standard: Standard, facts: Sequence[str]) -> list[tuple[Item, FactCheck]]:
    """The rates that are made of a survey's facts, each with its item."""
    return [
        (item, check)
        for item in standard.items
        for check in item.checks
        if isinstance(check, FactCheck) and check.over and {*check.plus, *check.over} <= set(facts)
    ]


def _survey_labels(standard: Standard, facts: Sequence[str]) -> dict[str, str]:
    """The facts' names without what all of them begin with: to which survey they belong, the form's title says."""
    labels = {fact: _label(standard, fact) for fact in facts}
    first, last = min(labels.values(), default=""), max(labels.values(), default="")
    same = next((at for at, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]), 0)
    return {fact: label[same:] for fact, label in labels.items()}


def survey_columns(standard: Standard, facts: Sequence[str]) -> tuple[Column, ...]:
    """The columns of the form of a survey: its facts, the rates that are made of them, and whether they suffice."""
    labels = _survey_labels(standard, facts)
    found = _rates(standard, facts)
    rates: list[Column] = []
    for place, (_item, check) in enumerate(found, 1):
        top, under = ("＋".join(labels[fact] for fact in terms) for terms in (check.plus, check.over))
        label = _("{top} ÷ {under}").format(top=top, under=under)
        rates += [
            Column(name=f"rate_{place}", label=label, unit="%", is_number=True),
            Column(
                name=f"status_{place}",
                label=_("是否达标") if len(found) == 1 else _("是否达标：{rate}").format(rate=label),
            ),
        ]
    return (
        Column(name="breakdown", label=_("调查对象")),
        Column(name="period", label=_("年度"), is_number=True),
        *(
            Column(name=fact, label=label, unit=unit_words(unit_of(standard, fact)), is_number=True)
            for fact, label in labels.items()
        ),
        *rates,
        Column(name="remarks", label=_("备注")),
    )


def survey_rows(county: CountyTables, standard: Standard, facts: Sequence[str]) -> tuple[tuple[Cell, ...], ...]:
    """One row for all together, then one per group of people; each of the last year that it was reported for."""
    values = facts_of(county)
    breakdowns = ["", *sorted({breakdown for fact, breakdown, _period in values if fact in facts} - {""})]
    rows = []
    for breakdown in breakdowns:
        periods = [period for fact, group, period in values if fact in facts and group == breakdown]
        period = max(periods, default=None)
        held = {fact: values.get((fact, breakdown, period)) for fact in facts} if period is not None else {}
        rated: list[Cell] = []
        said = []
        for item, check in _rates(standard, facts):
            judged = [
                row
                for row in county.checks.get((standard.id, item.id), [])
                if row["check"] == check.id and row["breakdown"] == breakdown
            ]
            rated += [_rate(check, held), text(display.status_word(judged[0]["status"]) if judged else None)]
            said += [hidden_limit(row) for row in judged]
        rows.append(
            (
                text(breakdown or _("全体")),
                number(period),
                *(_figure(standard, fact, held.get(fact)) for fact in facts),
                *rated,
                remarks(*said),
            )
        )
    return tuple(rows)


def _rate(check: FactCheck, held: Mapping[str, Decimal | None]) -> Cell:
    """A rate of the survey; one above 100 % is refused, as where it is judged."""
    parts = [held.get(fact) for fact in check.plus]
    wholes = [held.get(fact) for fact in check.over]
    if any(value is None for value in (*parts, *wholes)):
        return Cell(text=display.NOT_REPORTED)
    part = sum((value for value in parts if value is not None), Decimal(0))
    whole = sum((value for value in wholes if value is not None), Decimal(0))
    return Cell(text=display.NOT_REPORTED) if check.is_rate and part > whole else percent(part, whole)


def survey_notes(county: CountyTables, standard: Standard, facts: Sequence[str]) -> tuple[str, ...]:
    """What each rate is held against."""
    said = [
        _("{label}：要求 {words}").format(
            label=item.label.zh, words=requirement.in_words(check, standard, county.year, county.all.standards).zh
        )
        for item, check in _rates(standard, facts)
    ]
    return tuple(said)
