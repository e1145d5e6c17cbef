"""What a check asks, in words: one sentence for pages, forms and documents, in Chinese and in English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache

from schemas.tables import UNITS, codes, county_fact_fields, school_fields
from standards.items import (
    Bounded,
    Check,
    EveryClass,
    EverySchool,
    FactCheck,
    Finding,
    Growth,
    NeverBoth,
    OtherStandard,
    Since,
    Total,
    Where,
)
from standards.standard import Standard, standards
from standards.values import Side, Words, first_day

NOTHING = Words("", "")
SIDES: dict[Side, str] = {"at_least": "≥", "at_most": "≤", "above": ">", "below": "<"}
_UNITS = {
    "1": NOTHING,
    "percent": Words("%", "%"),
    "people": Words(" 人", " people"),
    "pupils": Words(" 人", " pupils"),
    "rooms": Words(" 间", " rooms"),
    "classes": Words(" 个班", " classes"),
    "schools": Words(" 所", " schools"),
    "computers": Words(" 台", " computers"),
    "volumes": Words(" 册", " volumes"),
    "m2": Words(" ㎡", " m²"),
    "yuan": Words(" 元", " yuan"),
    "hours": Words(" 学时", " hours"),
    "year": Words(" 年", " years"),
    "years": Words(" 年", " years"),
    "points": Words(" 分", " points"),
    "level": Words(" 级", ""),
    "grade": Words(" 级", ""),
    "Mbps": Words(" Mbps", " Mbps"),
    "finding": NOTHING,
    "m2_per_pupil": Words(" ㎡/生", " m² per pupil"),
    "yuan_per_pupil": Words(" 元/生", " yuan per pupil"),
    "volumes_per_pupil": Words(" 册/生", " volumes per pupil"),
    "pupils_per_class": Words(" 人/班", " pupils per class"),
    "yuan_per_person": Words(" 元/人", " yuan per person"),
    "per_100_pupils": Words("/百生", " per 100 pupils"),
    "per_pupil": Words("/生", " per pupil"),
    "questionnaires": Words(" 份", " questionnaires"),
    "places": Words(" 个", " places"),
    "sites": Words(" 个", " sites"),
    "items": Words(" 项", " items"),
    "findings": Words(" 项", " findings"),
    "posts": Words(" 个", " posts"),
}
_ONES = {
    "people": Words("名", "person"),
    "rooms": Words("间", "room"),
    "computers": Words("台", "computer"),
    "volumes": Words("册", "volume"),
    "classes": Words("班", "classes"),
    "pupils": Words("名学生", "pupils"),
}
_FINDINGS = {
    True: Words("县级认定为“是”", "the county says yes"),
    False: Words("县级认定为“否”", "the county says no"),
}
_AREAS = {"urban": Words("城区", "urban"), "town": Words("镇区", "town"), "rural": Words("乡村", "rural")}
_STAGES = {"primary": Words("小学", "primary"), "junior": Words("初中", "junior secondary")}


def in_words(check: Check, standard: Standard, year: int, found: Mapping[str, Standard] | None = None) -> Words:
    """What a check asks in a school year, with the limit in force on its first day.

    The label of the check is not said, its stage and the units that it goes over are. `found` gives other standards
    their titles; without it those of this system do.
    """
    said = _asked(check, standard, year, standards() if found is None else found)
    stage = _STAGES.get(check.stage)
    if stage is None:
        return said
    return Words(f"{stage.zh}：{said.zh}", f"{stage.en}: {said.en}")


def limit_in_force(check: Bounded, year: int) -> Decimal | None:
    """The number that a value is held against in a school year; None where a fact of the county is the limit.

    School years before the first dated limit are held against that first one.
    """
    if check.limit is not None:
        return check.limit
    ordered = sorted(check.limits, key=lambda limit: limit.starts)
    valid = [limit for limit in ordered if limit.starts <= first_day(year)] or ordered[:1]
    return valid[-1].limit if valid else None


def formula(check: Check, standard: Standard) -> Words:
    """What is computed, in names of the return and of the county's facts; empty where the county says it."""
    if isinstance(check, FactCheck):
        zh, en = (_facts(standard, language) for language in ("zh", "en"))
    elif isinstance(check, Total | EverySchool):
        zh, en = (_fields(language) for language in ("zh", "en"))
    else:
        return NOTHING
    return Words(_quotient(check, zh), _quotient(check, en))


def label_of(check: Check) -> Words:
    """The check's own label; empty where its item's says enough."""
    return check.label or NOTHING


def amount(value: Decimal, unit: str) -> Words:
    """A number of policy as it is written, with its unit: 95%, 6,000 元, 2.4."""
    words = unit_words(unit)
    text = _plain(value)
    return Words(f"{text}{words.zh}", f"{text}{words.en}")


def unit_words(unit: str) -> Words:
    """A unit as it stands behind a number; one that is not known here stands as the standard names it."""
    return _UNITS.get(unit, Words(f" {unit}", f" {unit}") if unit else NOTHING)


def where_words(where: Where) -> Words:
    """Which units or schools are meant; empty where all are."""
    zh, en = [], []
    types = {entry["code"]: entry for entry in codes("school_types")}
    named = (
        [_STAGES.get(stage, Words(stage, stage)) for stage in where.stages],
        [Words(types[code]["label_zh"], types[code]["label_en"].lower()) for code in where.school_types],
        [_AREAS[area] for area in where.areas],
    )
    for words in named:
        if words:
            zh.append("、".join(word.zh for word in words))
            en.append(", ".join(word.en for word in words))
    if where.is_public is not None:
        zh.append("公办" if where.is_public else "民办")
        en.append("public" if where.is_public else "private")
    if where.is_boarding is not None:
        zh.append("寄宿制" if where.is_boarding else "非寄宿制")
        en.append("boarding" if where.is_boarding else "not boarding")
    if where.pupils_at_least is not None:
        zh.append(f"在校生 {where.pupils_at_least:,} 人及以上")
        en.append(f"{where.pupils_at_least:,} pupils or more")
    if where.pupils_below is not None:
        zh.append(f"在校生不足 {where.pupils_below:,} 人")
        en.append(f"fewer than {where.pupils_below:,} pupils")
    if where.founded_until is not None:
        zh.append(f"{where.founded_until} 年及以前建校")
        en.append(f"founded in {where.founded_until} or before")
    if "listed" in where.standings:
        zh.append("含不单独评估的教学点")
        en.append("with teaching points that are too small to be evaluated")
    return Words("，".join(zh), "; ".join(en))


def _asked(check: Check, standard: Standard, year: int, found: Mapping[str, Standard]) -> Words:
    if isinstance(check, Finding):
        said = _FINDINGS[check.expects]
    elif isinstance(check, Growth):
        said = _growth(check, standard)
    elif isinstance(check, OtherStandard):
        said = _other(check, found)
    elif isinstance(check, EveryClass):
        said = Words(f"每班不超过 {check.at_most} 人", f"no class of more than {check.at_most} pupils")
    elif isinstance(check, NeverBoth):
        said = _never_both(check)
    elif isinstance(check, EverySchool):
        said = _every_school(check, standard, year)
    else:
        said = _limit(check, standard, year)
    if isinstance(check, Since):
        label = fact_label(standard, check.fact)
        said = Words(f"自{label.zh}起 {said.zh}", f"years since “{label.en}” {said.en}")
    if isinstance(check, FactCheck) and check.each:
        said = Words(f"每个分项 {said.zh}", f"each {said.en}")
    return _with(check.where, said) if isinstance(check, Total | EverySchool | EveryClass | NeverBoth) else said


def _with(where: Where, said: Words) -> Words:
    """A requirement with the units that it is for."""
    words = where_words(where)
    if not words.zh:
        return said
    return Words(f"{said.zh}（{words.zh}）", f"{said.en} ({words.en})")


def _limit(check: Bounded, standard: Standard, year: int) -> Words:
    """The side and the limit: ≥ 95%; > fact × times."""
    side = SIDES[check.must_be]
    if check.limit_fact:
        label = _bare(fact_label(standard, check.limit_fact))
        times = "" if check.limit_times == 1 else f" × {_plain(check.limit_times)}"
        return Words(f"{side} {label.zh}{times}", f"{side} {label.en}{times}")
    limit = limit_in_force(check, year)
    if limit is None:
        return Words("—", "—")
    words = amount(limit, check.unit)
    return Words(f"{side} {words.zh}", f"{side} {words.en}")


def _every_school(check: EverySchool, standard: Standard, year: int) -> Words:
    subject = Words("每校", "every school") if check.subject == "school" else Words("每个评估单位", "every unit")
    if check.share != 1:
        share = f"{_plain(check.share * 100)}%"
        subject = (
            Words(f"至少 {share} 的学校", f"at least {share} of the schools")
            if check.subject == "school"
            else Words(f"至少 {share} 的评估单位", f"at least {share} of the units")
        )
    findings = {entry["column"] for entry in school_fields() if entry["group"] == "findings"}
    if set(check.plus) <= findings and not check.over:
        labels = [_field_label(name, "zh") for name in check.plus], [_field_label(name, "en") for name in check.plus]
        return Words(f"{subject.zh}：{'、'.join(labels[0])}", f"{subject.en}: {', '.join(labels[1])}")
    if check.one_for:
        for_, one = _one_of(check.one_for), _ONES.get(check.unit, Words("个", "one"))
        side = Words("至少", "at least") if check.must_be in ("at_least", "above") else Words("至多", "at most")
        zh = f"每 {check.every} {for_.zh}{side.zh} 1 {one.zh}"
        en = f"{side.en} 1 {one.en} for every {check.every} {for_.en}"
        if check.share == 1:
            return Words(zh, en)
        return Words(f"{subject.zh}{zh}", f"{subject.en}: {en}")
    limit = _limit(check, standard, year)
    return Words(f"{subject.zh} {limit.zh}", f"{subject.en} {limit.en}")


def _one_of(field: str) -> Words:
    """What is counted in a field, behind a number."""
    if field in _ONES:
        return _ONES[field]
    return Words(f"（{_field_label(field, 'zh')}）", _field_label(field, "en"))


def _growth(check: Growth, standard: Standard) -> Words:
    fact = _bare(fact_label(standard, check.fact))
    if not check.faster_than:
        return Words(
            f"{fact.zh}近 {check.years} 年逐年增长", f"{fact.en}: growing in each of the last {check.years} years"
        )
    other = _bare(fact_label(standard, check.faster_than))
    zh = f"{fact.zh}近 {check.years} 年每年的增长比例高于{other.zh}"
    en = f"{fact.en}: growing faster than {other.en} in each of the last {check.years} years"
    return Words(f"{zh}，且本身不下降", f"{en}, and never falling") if check.falling_fails else Words(zh, en)


def _bare(label: Words) -> Words:
    """A fact's name without its unit."""
    return Words(label.zh.removesuffix("（元）"), label.en)


def _never_both(check: NeverBoth) -> Words:
    first, second = (
        [_difference(plus, minus, language) for language in ("zh", "en")]
        for plus, minus in ((check.first, check.first_minus), (check.second, ()))
    )
    return Words(
        f"没有学校同时“{first[0]}”大于 0 且“{second[0]}”大于 0",
        f"no school with both {first[1]} and {second[1]} above zero",
    )


def _difference(plus: Sequence[str], minus: Sequence[str], language: str) -> str:
    return " + ".join(_field_label(name, language) for name in plus) + "".join(
        f" − {_field_label(name, language)}" for name in minus
    )


def _other(check: OtherStandard, found: Mapping[str, Standard]) -> Words:
    if check.standard:
        other = found.get(check.standard)
        title = Words(check.standard, check.standard) if other is None else other.title
    else:
        title = Words("本省学校基本办学标准", "the province's base standard")
    aspect = Words("资源配置部分", "resource part of") if check.aspect == "resource" else NOTHING
    zh = f"{title.zh}{'的' if aspect.zh else ''}{aspect.zh}"
    en = f"{aspect.en}{' ' if aspect.en else ''}{title.en}"
    if check.years == 1:
        return Words(f"{zh}达标", f"{en} is met")
    return Words(f"{zh}近 {check.years} 年均达标", f"{en} is met in each of the last {check.years} years")


def field_label(name: str) -> Words:
    """The name of a field of a unit."""
    return _unit_labels().get(name, Words(name, name))


def fact_label(standard: Standard, fact: str) -> Words:
    """The name of a fact that the county reports."""
    return next(
        (declared.label for declared in standard.facts if declared.id == fact),
        _known_facts().get(fact, Words(fact, fact)),
    )


@cache
def _known_facts() -> dict[str, Words]:
    return {name: Words(entry["label_zh"], entry["label_en"]) for name, entry in county_fact_fields().items()}


@cache
def _unit_labels() -> dict[str, Words]:
    return {
        column.name: Words(column.label_zh, column.label_en.removesuffix(", of the whole school"))
        for column in UNITS.columns
    }


def _field_label(name: str, language: str) -> str:
    """The name of a field of a unit."""
    text: str = getattr(field_label(name), language)
    return text


def _fields(language: str) -> dict[str, str]:
    return {name: _field_label(name, language) for name in _unit_labels()}


def _facts(standard: Standard, language: str) -> dict[str, str]:
    known = _known_facts() | {fact.id: fact.label for fact in standard.facts}
    return {name: getattr(words, language) for name, words in known.items()}


def _quotient(check: FactCheck | Total | EverySchool, names: Mapping[str, str]) -> str:
    """(a + b − c) × 100 ÷ (d − e), in words."""
    text = _terms(check.plus, check.minus, names)
    if check.times != 1:
        text += f" × {check.times:,}"
    if check.over:
        text += f" ÷ {_terms(check.over, check.over_minus, names)}"
    return text


def _terms(plus: Sequence[str], minus: Sequence[str], names: Mapping[str, str]) -> str:
    text = " + ".join(names.get(name, name) for name in plus) + "".join(f" − {names.get(name, name)}" for name in minus)
    return f"({text})" if len(plus) + len(minus) > 1 else text


def _plain(value: Decimal) -> str:
    """A decimal without trailing zeros, with thousands separators."""
    return f"{value.normalize():,f}"
