"""A document as a workbook: a cover with its sentences, one table a sheet, and a sheet of sources and method."""

from __future__ import annotations

from io import BytesIO

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from reports import sheet as room
from reports.documents.model import Blanks, Block, Cell, Document, Heading, Paragraph, Sentences, Table, tables
from reports.language import gettext as _
from reports.return_workbook import CREATED

_THICK, _THIN, _HAIR = 5, 1, 7
_GREY = "#A6A6A6"
_LONGEST = 32_000
_COVER_WIDTH, _NAME_WIDTH = 86, 14
_ROOMY = 4


def document_xlsx(document: Document) -> bytes:
    """The workbook's bytes; the same document gives the same ones. Figures are numbers, text is never a formula."""
    target = BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True} | room.book_options()) as book:
        book.set_properties({"created": CREATED, "title": document.title})
        formats = _Formats(book)
        _cover(book.add_worksheet(_("封面")), document, formats)
        for number, table in enumerate(tables(document), 1):
            _table(book.add_worksheet(_("表 {number}").format(number=number)), document, table, formats)
        _notes(book.add_worksheet(_("说明")), document, formats)
    return target.getvalue()


class _Formats:
    """The formats of a workbook, each made once."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, object], ...], Format] = {}

    def of(self, **properties: object) -> Format:
        """The format with these properties."""
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format({"valign": "vcenter", **properties})
        return self._made[key]


def _page(sheet: Worksheet, document: Document, *, is_wide: bool) -> None:
    """A4, as wide as the page, with page numbers and the edition at its foot."""
    room.print_setup(sheet, is_wide=is_wide)
    sheet.set_footer(f"&L{document.colophon.edition}&R&P / &N")
    sheet.hide_gridlines(2)


def _text(sheet: Worksheet, row: int, column: int, text: str, style: Format) -> None:
    sheet.write_string(row, column, text[:_LONGEST], style)


def _cover(sheet: Worksheet, document: Document, formats: _Formats) -> None:
    """Title, banner and every sentence; a table is named by its caption."""
    _page(sheet, document, is_wide=False)
    sheet.set_column(0, 0, _COVER_WIDTH)
    plain, bold = formats.of(text_wrap=True), formats.of(text_wrap=True, bold=True)
    lines = [(document.title, formats.of(text_wrap=True, bold=True, font_size=16)), (document.subtitle, plain)]
    if document.banner:
        lines.append((document.banner, bold))
    for block in document.lead:
        lines += _lines(block, plain, bold)
    for section in document.sections:
        lines.append((section.heading, formats.of(text_wrap=True, bold=True, font_size=13)))
        for block in section.blocks:
            lines += _lines(block, plain, bold)
    for row, (text, style) in enumerate(lines):
        _text(sheet, row, 0, text, style)
        larger = style.font_size / room.FONT_SIZE
        high = room.height(room.lines(text, _COVER_WIDTH / larger))
        sheet.set_row(row, high if larger == 1 else high * larger + _ROOMY)


def _lines(block: Block, plain: Format, bold: Format) -> list[tuple[str, Format]]:
    if isinstance(block, Heading):
        return [(block.text, bold)]
    if isinstance(block, Paragraph):
        return [(block.text, plain)]
    if isinstance(block, Sentences):
        return [(sentence, plain) for sentence in block.sentences]
    if isinstance(block, Blanks):
        return [(line, plain) for line in block.lines]
    return [(_("见工作表：{caption}").format(caption=block.caption), plain)]


def _table(sheet: Worksheet, document: Document, table: Table, formats: _Formats) -> None:
    """Caption and note lines, then the header, then the rows; thick rules above and below, the header on each page.

    A table that does not fit a page upright lies; long text wraps, and rows are as high as it needs.
    """
    wishes = [_wish(table, position) for position in range(len(table.columns))]
    is_wide = sum(wish.wanted for wish in wishes) > room.PORTRAIT[1]
    widths = room.fitted(wishes, room.LANDSCAPE if is_wide else room.PORTRAIT)
    _page(sheet, document, is_wide=is_wide)
    lines = [table.caption, table.note, *([document.banner] if document.banner else [])]
    for row, line in enumerate(lines):
        _text(sheet, row, 0, line, formats.of(bold=row == 0))
    top = len(lines)
    for position, (column, width) in enumerate(zip(table.columns, widths, strict=True)):
        align: dict[str, object] = {"align": "right"} if column.holds == "number" else {"align": "left", "indent": 1}
        style = formats.of(bold=True, text_wrap=True, top=_THICK, bottom=_THIN, **align)
        _text(sheet, top, position, column.label, style)
        sheet.set_column(position, position, width)
    longest = max(room.lines(column.label, width) for column, width in zip(table.columns, widths, strict=True))
    sheet.set_row(top, room.height(longest) + _ROOMY)
    for row, cells in enumerate(table.rows, top + 1):
        is_last = row == top + len(table.rows)
        for position, cell in enumerate(cells):
            is_number = table.columns[position].holds == "number"
            _cell(sheet, row, position, cell, formats, is_number=is_number, is_last=is_last)
        needed = [
            room.lines(cell.text, width) for cell, width in zip(cells, widths, strict=True) if cell.number is None
        ]
        sheet.set_row(row, room.height(max(needed, default=1)))
    sheet.freeze_panes(top + 1, 1)
    sheet.repeat_rows(top)


def _wish(table: Table, position: int) -> room.Wish:
    """The width that a column wants and the least that it can do with; a note in a column of figures wraps too."""
    column = table.columns[position]
    cells = [row[position] for row in table.rows]
    heading = room.wide(column.label)
    if column.holds == "number" and all(cell.number is not None for cell in cells):
        return room.number_wish(max((room.wide(cell.text) for cell in cells), default=0), heading)
    figures = max((room.wide(cell.text) for cell in cells if cell.number is not None), default=0)
    wish = room.text_wish(max((room.wide(cell.text) for cell in cells), default=0), heading)
    return room.Wish(max(wish.wanted, figures + 2), max(wish.least, figures + 2))


def _cell(
    sheet: Worksheet, row: int, column: int, cell: Cell, formats: _Formats, *, is_number: bool, is_last: bool
) -> None:
    style: dict[str, object] = {"bottom": _THICK} if is_last else {"bottom": _HAIR, "bottom_color": _GREY}
    if cell.number is None:
        align: dict[str, object] = {"align": "right"} if is_number else {"align": "left", "indent": 1}
        _text(sheet, row, column, cell.text, formats.of(text_wrap=True, **align, **style))
    else:
        sheet.write_number(row, column, cell.number, formats.of(align="right", num_format=number_format(cell), **style))


def number_format(cell: Cell) -> str:
    """How a workbook shows the number: with the cell's decimals, thousands separators, and the words around it."""
    decimals = f".{'0' * (cell.places)}" if cell.places else ""
    digits = f"0{decimals}%" if cell.is_percent else f"#,##0{decimals}"
    before, after = (f'"{text}"' if text else "" for text in (_quoted(cell.before), _quoted(cell.after)))
    return f"{before}{digits}{after}"


def _quoted(text: str) -> str:
    return text.replace('"', "”")


def _notes(sheet: Worksheet, document: Document, formats: _Formats) -> None:
    """Sources, standards, method, legend and edition."""
    _page(sheet, document, is_wide=False)
    sheet.set_column(0, 0, _NAME_WIDTH)
    sheet.set_column(1, 1, _COVER_WIDTH - _NAME_WIDTH)
    colophon = document.colophon
    lines = [
        (
            _("来源"),
            _("{name}，{publisher}。许可：{licence}。署名：{attribution}。").format(
                name=source.name,
                publisher=source.publisher,
                licence=source.licence,
                attribution=source.attribution,
            ),
        )
        for source in colophon.sources
    ]
    lines += [(_("标准"), standard) for standard in colophon.standards]
    lines += [(_("方法"), sentence) for sentence in colophon.method]
    lines += [(_("符号"), colophon.legend), (_("本页内容版本"), colophon.edition)]
    if document.banner:
        lines.insert(0, (_("提示"), document.banner))
    for row, (what, text) in enumerate(lines):
        _text(sheet, row, 0, what, formats.of(bold=True, text_wrap=True, valign="top"))
        _text(sheet, row, 1, text, formats.of(text_wrap=True, valign="top"))
        sheet.set_row(row, room.height(room.lines(text, _COVER_WIDTH - _NAME_WIDTH)))
