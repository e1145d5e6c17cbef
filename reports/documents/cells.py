"""Cells from figures: the text is rounded once, and the number beside it is rounded as the text is."""

from __future__ import annotations

from reports import display
from reports.documents.model import Cell
from reports.requirement import SIDES, unit_words
from standards.values import Side


def words(text: str | None, *, absent: str = display.NOT_APPLICABLE) -> Cell:
    """A text as it is; nothing is not applicable, where `absent` says no other."""
    return Cell(text=text or absent)


def figure(
    value: float | None, places: int, *, before: str = "", after: str = "", absent: str = display.NOT_REPORTED
) -> Cell:
    """A figure with so many decimals, between what stands before and after it."""
    if value is None:
        return Cell(text=absent)
    return Cell(
        text=f"{before}{display.number(value, places)}{after}",
        number=display.rounded(value, places),
        places=places,
        before=before,
        after=after,
    )


def whole(value: int | None, *, after: str = "", absent: str = display.NOT_REPORTED) -> Cell:
    """A whole number of people, classes, rows."""
    if value is None:
        return Cell(text=absent)
    return Cell(text=f"{display.count(value)}{after}", number=value, after=after)


def difference(value: float | None, places: int, *, absent: str = display.NOT_APPLICABLE) -> Cell:
    """A difference, with its sign."""
    if value is None:
        return Cell(text=absent)
    text = display.signed(value, places)
    return Cell(
        text=text, number=display.rounded(value, places), places=places, before="+" if text.startswith("+") else ""
    )


def share(value: float | None, *, absent: str = display.NOT_REPORTED) -> Cell:
    """A share in percent; one that is printed as less than the least, or more than the most, is no number."""
    text = display.percent(value, absent=absent)
    if value is None or text[0] in "<>":
        return Cell(text=text)
    return Cell(text=text, number=display.rounded(value, display.PERCENT_PLACES + 2), places=1, is_percent=True)


def bound(
    value: float | None, must_be: Side | None, *, after: str = "", unit: str = "", held: float | None = None
) -> Cell:
    """A norm or limit with the side on which a value has to lie, as the standard writes it.

    One that is itself computed is rounded as its unit is, with as many decimals more as tell it from `held`, the value
    that is held against it.
    """
    if value is None:
        return Cell(text=display.NOT_APPLICABLE)
    before = f"{SIDES[must_be]} " if must_be else ""
    places = display.limit_places(value, unit, held)
    return figure(value, places, before=before, after=after)


def judged(status: str, *, why: str = "") -> Cell:
    """A status with its sign and word, and the reason in brackets."""
    text = f"{display.status_symbol(status)} {display.status_word(status)}"
    return Cell(text=f"{text}（{why}）" if why else text, status=status)


def amount(value: float | None, unit: str | None, *, absent: str = display.NOT_APPLICABLE) -> Cell:
    """A gap in natural units: whole where it is whole, else with two decimals."""
    if value is None:
        return Cell(text=absent)
    places = 0 if float(value).is_integer() else display.places_of("")
    return figure(value, places, after=unit_words(unit or "").zh)


def measured(
    value: float | None,
    unit: str,
    *,
    limit: float | None = None,
    must_be: Side | None = None,
    status: str = "",
    before: str = "",
) -> Cell:
    """A value of a check with its unit, and as many decimals as show its side of the limit; a finding is 是 or 否."""
    if value is None:
        return Cell(text=display.NOT_REPORTED)
    if unit == "finding":
        return Cell(text=display.yes_no(value=value != 0))
    places = display.places_of(unit)
    if must_be is not None:
        places = display.telling_places(value, limit, places, must_be, status)
    return figure(value, places, before=before, after=unit_words(unit).zh)
