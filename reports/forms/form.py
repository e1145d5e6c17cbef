"""A form of an evaluation, frozen: columns, typed cells, notes. Workbook and CSV are printed from the same object."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import msgspec

from reports import display
from reports.language import gettext as _


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """Text, or a number that is rounded to the form's decimals; a symbol of the legend where there is nothing."""

    text: str = ""
    number: Decimal | None = None
    places: int = 0

    @property
    def shown(self) -> str:
        """The cell as it is read, without thousands separators."""
        return self.text if self.number is None else f"{self.number:.{self.places}f}"


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column: its name in a CSV file, its label and unit on the form; `is_number` where its cells are figures.

    A column that is only for machines (`is_printed = false`) stands in the CSV file alone.
    """

    name: str
    label: str
    unit: str = ""
    is_number: bool = False
    is_printed: bool = True


class About(msgspec.Struct, frozen=True, kw_only=True):
    """Whose forms these are: the standard, the county or province, the school year, the source."""

    standard: str
    document: str
    province: str
    place: str
    place_code: str
    is_county: bool
    school_year: int
    source: str
    is_synthetic: bool
    remarks: tuple[str, ...] = ()


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """One form: `id` is its number (表Ⅱ-2), `name` stands in file names, `notes` say what its figures mean."""

    id: str
    name: str
    title: str
    about: About
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()

    @property
    def heading(self) -> str:
        """Number and title."""
        return f"{self.id}　{self.title}"

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines between title and table: place, school year, unit, legend, notes."""
        about = self.about
        said = [
            _("{area}：{place}（{code}）　学年：{year}　单位：见表头　标准：{standard}").format(
                area=_("县（市、区）") if about.is_county else _("省（自治区、直辖市）"),
                place=about.place,
                code=about.place_code,
                year=display.school_year_long(about.school_year),
                standard=about.document,
            ),
            *self.notes,
            legend(),
        ]
        if about.is_synthetic:
            said.insert(0, synthetic_words())
        return tuple(said)


def legend() -> str:
    """The symbols that stand where there is no figure."""
    return _("{absent} 未上报或无法计算；{none} 不适用；0 为真实的零。").format(
        absent=display.NOT_REPORTED, none=display.NOT_APPLICABLE
    )


def synthetic_words() -> str:
    """What stands first on everything that is made of invented data."""
    return _("示例数据，纯属虚构。")


def text(value: str | None, *, absent: str = display.NOT_APPLICABLE) -> Cell:
    """A text cell; nothing, or only spaces, is a symbol."""
    return Cell(text=value if value and value.strip() else absent)


def number(value: float | Decimal | None, places: int = 0, *, absent: str = display.NOT_REPORTED) -> Cell:
    """A number cell, rounded once from the full value, half to even.

    A float is taken for the shortest decimal that it stands for, as pages do, so that both print the same digits.
    """
    if value is None:
        return Cell(text=absent)
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    rounded = exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)
    return Cell(number=rounded or abs(rounded), places=places)


def measured(value: float | Decimal | None, unit: str, *, absent: str = display.NOT_REPORTED) -> Cell:
    """A number cell with the decimals of its unit."""
    return number(value, display.places_of(unit), absent=absent)


def bound(value: float | Decimal | None) -> Cell:
    """A norm or limit as its standard writes it: two decimals, more only where it has more."""
    if value is None:
        return Cell(text=display.NOT_APPLICABLE)
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    return number(exact, max(2, -int(exact.normalize().as_tuple().exponent)))


def percent(part: int | Decimal | None, whole: int | Decimal | None) -> Cell:
    """Part / whole in percent with one decimal, from the exact quotient.

    Not applicable where the whole is 0; not reported where either is not.
    """
    if part is None or whole is None:
        return Cell(text=display.NOT_REPORTED)
    if not whole:
        return Cell(text=display.NOT_APPLICABLE)
    return number(Decimal(part) * 100 / Decimal(whole), display.PERCENT_PLACES)


def remarks(*said: str | None) -> Cell:
    """What there is to remark, in one cell."""
    return text("；".join(words for words in said if words))
