"""What a standard calls things: items, checks, indicators and coefficients, by the keys that tables hold."""

from __future__ import annotations

from reports import display, sentences
from reports.language import gettext as _
from reports.requirement import fact_label, in_words, unit_words
from standards.items import Bounded, Check, EveryClass, Growth, Item, NeverBoth
from standards.standard import Indicator, Standard
from standards.values import Side

CV = "cv:"
"""What stands before the indicator's name in the ledger where its difference coefficient is meant."""


def item_of(standard: Standard, name: str) -> Item | None:
    """The item of this id; None where the standard has no such item."""
    return next((item for item in standard.items if item.id == name), None)


def indicator_of(standard: Standard, name: str) -> Indicator | None:
    """The indicator of this id; None where the standard has no such indicator."""
    return next((indicator for indicator in standard.indicators if indicator.id == name), None)


def check_of(item: Item | None, name: str) -> Check | None:
    """The check of an item, by its id; where the item has one, that one. None where there is no such check."""
    if item is None:
        return None
    found = next((check for check in item.checks if check.id == name), None)
    return item.checks[0] if found is None and len(item.checks) == 1 else found


def item_name(item: Item) -> str:
    """An item's number and label."""
    return f"{item.number} {item.label.zh}" if item.number else item.label.zh


def name(standard: Standard, item: str, check: str = "", stage: str = "") -> str:
    """What a row of the ledger or of the checks is about; a key that the standard does not know stands as it is."""
    if item.startswith(CV):
        words = _("{label}差异系数").format(label=_coefficient(standard, item.removeprefix(CV)))
    elif (asked := item_of(standard, item)) is not None:
        found = check_of(asked, check)
        label = "" if found is None or found.label is None else found.label.zh
        words = f"{item_name(asked)}：{label}" if label else item_name(asked)
        return f"{words}（{display.stage(stage)}）" if stage else words
    else:
        indicator = indicator_of(standard, item)
        words = item if indicator is None else indicator.label.zh
    return with_stage(stage, words)


def with_stage(stage: str, words: str) -> str:
    """Words behind their stage; what begins with the stage is not said twice."""
    said = display.stage(stage) if stage else ""
    if words.startswith(said):
        return words
    return f"{said} {words}" if words[:1].isdigit() else f"{said}{words}"


def is_veto(standard: Standard, item: Item) -> bool:
    """Whether an item is one that, where it is so, forbids recognition."""
    return any(part.id == item.part and part.role == "veto" for part in standard.parts)


def _coefficient(standard: Standard, indicator: str) -> str:
    if indicator == "composite":
        return _("{count} 项指标综合").format(count=len(standard.indicators))
    found = indicator_of(standard, indicator)
    return indicator if found is None else found.label.zh


def side(standard: Standard, item: str, check: str = "") -> Side | None:
    """The side of its limit on which a value has to lie; None where there is no number to lie beside."""
    if item.startswith(CV):
        return "at_most"
    asked = item_of(standard, item)
    if asked is None:
        indicator = indicator_of(standard, item)
        return None if indicator is None else indicator.must_be
    found = check_of(asked, check)
    if isinstance(found, EveryClass):
        return "at_most"
    return found.must_be if isinstance(found, Bounded) else None


def is_of_limit(standard: Standard, item: str, check: str = "") -> bool:
    """Whether what a check asks is its limit; the limit of a check that counts what there must not be is 0 of it."""
    return not isinstance(check_of(item_of(standard, item), check), EveryClass | NeverBoth)


def before(standard: Standard, item: str, check: str = "") -> str:
    """What stands before the value of a check that counts what there must not be: classes that are too large."""
    return _("超限 ") if isinstance(check_of(item_of(standard, item), check), EveryClass) else ""


def unit(standard: Standard, item: str, unit_name: str, stage: str) -> str:
    """The unit of a value as it stands behind it; an indicator's says what it counts."""
    if item.startswith(CV):
        return ""
    indicator = None if item_of(standard, item) else indicator_of(standard, item)
    if indicator is None or unit_name in ("percent", "finding", "1"):
        return unit_words(unit_name).zh
    return f" {indicator_unit(standard, indicator, stage)}"


def indicator_unit(standard: Standard, indicator: Indicator, stage: str) -> str:
    """The unit of an indicator in words."""
    if stage and indicator.added(stage):
        return sentences.unit_words(standard, indicator.id, stage)
    return unit_words(indicator.unit).zh.strip() or display.NOT_APPLICABLE


def asked_words(standard: Standard, item: str, check: str, year: int) -> str:
    """What a check asks, in words; empty where the standard does not say."""
    asked = item_of(standard, item)
    found = check_of(asked, check)
    return "" if found is None else in_words(found, standard, year).zh


def reason_words(standard: Standard, item: str, check: str, reason: str | None) -> str:
    """Why something cannot be judged; a limit that the county has not reported is named."""
    found = check_of(item_of(standard, item), check)
    fact = found.limit_fact if isinstance(found, Bounded) else found.faster_than if isinstance(found, Growth) else ""
    if reason == "limit_not_reported" and fact:
        return _("作为要求的“{fact}”未上报").format(fact=fact_label(standard, fact).zh)
    return display.reason(reason, absent=_("数据不全"))


def joined(text: str | None) -> list[str]:
    """The ids that a cell joins by |."""
    return [part.strip() for part in (text or "").split("|") if part.strip()]
