"""Forms as a workbook to print and hand in, and each as a file for machines.

The workbook has a cover, one sheet per form, and notes; A4 landscape, the header on every page, a thick line above and
below each table. Figures are numbers, shown with the form's decimals; whatever a school is called, it is text.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from io import BytesIO, StringIO
from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from reports import display, sheet
from reports.forms.form import Cell, Column, Form, legend, synthetic_words
from reports.language import gettext as _
from reports.return_workbook import CREATED

_THICK, _THIN, _HAIR = 5, 1, 7
_GREY = "#A6A6A6"
_TITLE_HEIGHT, _ROOMY = 24, 4
_COVER = (26, 76, 10)
_NOTES = (5, 108)
"""Widths of the columns of the cover and of the notes."""
_INERT = re.compile(r"^[=+\-@\t\r]")


class _Styles:
    """The workbook's cell formats, each made once."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, object], ...], Format] = {}
        self._cells: dict[tuple[str, int, bool], Format] = {}

    def get(self, **properties: object) -> Format:
        """The format with these properties."""
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format({"valign": "vcenter"} | properties)
        return self._made[key]

    def cell(self, kind: str, places: int, *, is_last: bool) -> Format:
        """The format of a table's cell: a figure with so many decimals, a symbol in its stead, or text."""
        found = self._cells.get((kind, places, is_last))
        if found is None:
            edge = {"bottom": _THICK} if is_last else {"bottom": _HAIR, "bottom_color": _GREY}
            figure = "0." + "0" * places if places else "0"
            found = self.get(
                num_format=figure if kind == "figure" else "@",
                **({"text_wrap": True, "indent": 1} if kind == "text" else {"align": "right"}),
                **edge,
            )
            self._cells[kind, places, is_last] = found
        return found


def write_forms(forms: Sequence[Form], target: Path | BytesIO) -> None:
    """The forms as one workbook. The same forms give the same bytes. Raises ValueError where there is none."""
    if not forms:
        raise ValueError("no form to write: the standard is not for this county or province")
    about = forms[0].about
    with xlsxwriter.Workbook(target, sheet.book_options()) as book:
        title = _("{place}{standard}评估表").format(place=about.place, standard=about.standard)
        book.set_properties({"created": CREATED, "title": title})
        styles = _Styles(book)
        _cover(book.add_worksheet(_("封面")), forms, title, styles)
        for form in forms:
            _sheet(book.add_worksheet(form.id), form, styles)
        _notes(book.add_worksheet(_("说明")), forms, styles)


def forms_csv(form: Form) -> str:
    """A form as CSV: UTF-8 with a byte-order mark, one header row of names, place and year beside every row.

    Figures have the form's decimals and no separators; a figure that is not there is empty. Text that a spreadsheet
    would take for a formula begins with an apostrophe.
    """
    about = form.about
    lead: dict[str, str] = {"school_year": str(about.school_year)}
    if about.is_county:
        lead |= {"county_code": about.place_code, "county_name": about.place}
    lines = StringIO()
    writer = csv.writer(lines, lineterminator="\r\n")
    writer.writerow([*lead, *(column.name for column in form.columns)])
    given = [_inert(value) for value in lead.values()]
    for row in form.rows:
        writer.writerow([*given, *(_for_machines(c, cell) for c, cell in zip(form.columns, row, strict=True))])
    return "\ufeff" + lines.getvalue()


def _for_machines(column: Column, cell: Cell) -> str:
    if cell.number is not None:
        return cell.shown
    return "" if column.is_number else _inert(cell.text)


def _inert(words: str) -> str:
    return f"'{words}" if _INERT.match(words) else words


def _cover(page: Worksheet, forms: Sequence[Form], title: str, styles: _Styles) -> None:
    """Whose forms, of which year, under which standard; the list of forms, each leading to its sheet."""
    about = forms[0].about
    plain, label = styles.get(text_wrap=True), styles.get(bold=True)
    names, titles, counts = _COVER
    page.set_row(0, _TITLE_HEIGHT + 6)
    page.write_string(0, 0, title, styles.get(bold=True, font_size=18))
    row = 2
    facts = [
        (_("省（自治区、直辖市）"), about.province),
        *([(_("县（市、区）"), about.place)] if about.is_county else []),
        (_("行政区划代码"), about.place_code),
        (_("学年"), display.school_year_long(about.school_year)),
        (_("标准"), about.document),
        (_("数据来源"), about.source),
    ]
    if about.is_synthetic:
        facts.insert(0, (_("注意"), synthetic_words()))
    for name, value in facts:
        page.write_string(row, 0, name, label)
        page.write_string(row, 1, value, plain)
        page.set_row(row, sheet.height(sheet.lines(value, titles)))
        row += 1
    row += 1
    for column, name in enumerate((_("表号"), _("表名"), _("行数"))):
        page.write_string(row, column, name, styles.get(bold=True, top=_THICK, bottom=_THIN))
    for place, form in enumerate(forms, 1):
        bottom = {"bottom": _THICK} if place == len(forms) else {}
        link = styles.get(font_color="#0B4F8A", underline=1, **bottom)
        page.write_url(row + place, 0, f"internal:'{form.id}'!A1", link, form.id)
        page.write_string(row + place, 1, form.title, styles.get(text_wrap=True, **bottom))
        page.set_row(row + place, sheet.height(sheet.lines(form.title, titles)))
        page.write_number(row + place, 2, len(form.rows), styles.get(num_format="0", **bottom))
    page.set_column(0, 0, names)
    page.set_column(1, 1, titles)
    page.set_column(2, 2, counts)
    _print(page, about.document, last=(row + len(forms), 2))


def _sheet(page: Worksheet, form: Form, styles: _Styles) -> None:
    """One form: title, lines, then the table with its header; rows as high as their text needs."""
    shown = [place for place, column in enumerate(form.columns) if column.is_printed]
    columns = [form.columns[place] for place in shown]
    cells = [[row[place] for row in form.rows] for place in shown]
    wishes = [_wish(column, held) for column, held in zip(columns, cells, strict=True)]
    widths = sheet.fitted(wishes, sheet.LANDSCAPE)
    page.set_row(0, _TITLE_HEIGHT)
    page.write_string(0, 0, form.heading, styles.get(bold=True, font_size=14))
    lines = [part for line in form.lines for part in sheet.broken(line, sum(widths))]
    for place, line in enumerate(lines, 1):
        page.write_string(place, 0, line, styles.get(font_size=9))
    top = len(lines) + 1
    _header(page, top, columns, widths, styles, is_empty=not form.rows)
    last = top + len(form.rows)
    lengths = [1] * len(form.rows)
    for place, (column, held, wish, width) in enumerate(zip(columns, cells, wishes, widths, strict=True)):
        wraps = width < wish.wanted and wish.is_text
        for at, cell in enumerate(held):
            _write(page, top + 1 + at, place, column, cell, styles, is_last=top + 1 + at == last)
            if wraps and cell.number is None:
                lengths[at] = max(lengths[at], sheet.lines(cell.text, width))
    for at, length in enumerate(lengths, top + 1):
        page.set_row(at, sheet.height(length))
    page.freeze_panes(top + 1, 0)
    page.repeat_rows(top)
    _print(page, form.about.document, last=(last, len(columns) - 1))


def _header(
    page: Worksheet, row: int, columns: Sequence[Column], widths: Sequence[float], styles: _Styles, *, is_empty: bool
) -> None:
    """The header: names wrap, a unit stands on a line of its own."""
    style = styles.get(bold=True, text_wrap=True, align="center", top=_THICK, bottom=_THICK if is_empty else _THIN)
    headings = [f"{column.label}\n（{column.unit}）" if column.unit else column.label for column in columns]
    for place, (heading, width) in enumerate(zip(headings, widths, strict=True)):
        page.write_string(row, place, heading, style)
        page.set_column(place, place, width)
    longest = max(sheet.lines(heading, width + 1) for heading, width in zip(headings, widths, strict=True))
    page.set_row(row, sheet.height(longest) + _ROOMY)


def _write(
    page: Worksheet, row: int, place: int, column: Column, cell: Cell, styles: _Styles, *, is_last: bool
) -> None:
    if cell.number is not None:
        page.write_number(row, place, cell.number, styles.cell("figure", cell.places, is_last=is_last))
    else:
        kind = "symbol" if column.is_number else "text"
        page.write_string(row, place, cell.text, styles.cell(kind, 0, is_last=is_last))


def _wish(column: Column, cells: Sequence[Cell]) -> sheet.Wish:
    """The width that a column wants and the least that it can do with."""
    longest = max((sheet.wide(cell.shown) for cell in cells), default=0)
    if column.is_number:
        return sheet.number_wish(longest, sheet.wide(column.label), sheet.wide(f"（{column.unit}）"))
    return sheet.text_wish(longest, sheet.wide(column.label))


def _notes(page: Worksheet, forms: Sequence[Form], styles: _Styles) -> None:
    """How the figures are made and shown, and what each form says of itself."""
    about = forms[0].about
    lines = [
        *([synthetic_words()] if about.is_synthetic else []),
        _("一个学校跨小学、初中两个学段的，按学段分为两个评估单位；共用资源按加权在校生数拆分，教师按学段上报。"),
        _(
            "指标值和全县平均值保留 2 位小数（以每名学生计的保留 4 位），差异系数 3 位，百分比 1 位，人数、间数、元为整数。"
        ),
        _("数字只舍入一次，四舍六入五成双；与标准值、限值比较一律用未舍入的值。"),
        legend(),
        _("表号和栏目依申报表的公开介绍，表题和附表为本系统所拟；不代替主管部门印发的表样。"),
        _("标准：{standard}；数据来源：{source}。").format(standard=about.document, source=about.source),
        *about.remarks,
        *(f"{form.heading}：{note}" for form in forms for note in form.notes),
    ]
    number, words = _NOTES
    page.set_row(0, _TITLE_HEIGHT)
    page.write_string(0, 0, _("说明"), styles.get(bold=True, font_size=14))
    for place, line in enumerate(lines, 1):
        page.write_number(place, 0, place, styles.get(num_format="0", valign="top"))
        page.write_string(place, 1, line, styles.get(text_wrap=True, valign="top", indent=1))
        page.set_row(place, sheet.height(sheet.lines(line, words)))
    page.set_column(0, 0, number)
    page.set_column(1, 1, words)
    _print(page, about.document, last=(len(lines), 1))


def _print(page: Worksheet, footer: str, *, last: tuple[int, int]) -> None:
    """A4 landscape; the standard and the page number below."""
    sheet.print_setup(page, is_wide=True)
    page.print_area(0, 0, *last)
    words = footer[:100].replace("&", "&&")
    page.set_footer(f"&L{words}&R" + _("第 &P 页，共 &N 页"))
