"""A document as a workbook: a cover with its sentences, one table a sheet, and a sheet of sources and method."""

from __future__ import annotations

from io import BytesIO

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from reports.documents.model import Blanks, Block, Cell, Document, Heading, Paragraph, Sentences, Table, tables
from reports.language import gettext as _
from reports.return_workbook import CREATED

_A4 = 9
_THICK, _THIN = 5, 1
_LONGEST = 32_000
_WIDEST, _NARROWEST = 44, 9
_LANDSCAPE_FROM = 6
_COVER_WIDTH = 92


def document_xlsx(document: Document) -> bytes:
    """The workbook's bytes; the same document gives the same ones. Figures are numbers, text is never a formula."""
    target = BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
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
            self._made[key] = self._book.add_format({"valign": "top", **properties})
        return self._made[key]


def _page(sheet: Worksheet, document: Document, *, is_wide: bool) -> None:
    """A4, as wide as the page, with page numbers and the edition at its foot."""
    sheet.set_paper(_A4)
    if is_wide:
        sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
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
    """Caption and note lines, then the header, then the rows; thick rules above and below, the header on each page."""
    _page(sheet, document, is_wide=len(table.columns) > _LANDSCAPE_FROM)
    lines = [table.caption, table.note, *([document.banner] if document.banner else [])]
    for row, line in enumerate(lines):
        _text(sheet, row, 0, line, formats.of(bold=row == 0))
    top = len(lines)
    for position, column in enumerate(table.columns):
        align = "right" if column.holds == "number" else "left"
        style = formats.of(bold=True, text_wrap=True, top=_THICK, bottom=_THIN, align=align)
        _text(sheet, top, position, column.label, style)
        widths = [_width(row[position].text) for row in table.rows]
        widest = max([_width(column.label), *widths])
        sheet.set_column(position, position, min(_WIDEST, max(_NARROWEST, widest + 2)))
    for row, cells in enumerate(table.rows, top + 1):
        is_last = row == top + len(table.rows)
        for position, cell in enumerate(cells):
            _cell(
                sheet,
                row,
                position,
                cell,
                formats,
                is_number=table.columns[position].holds == "number",
                is_last=is_last,
            )
    sheet.freeze_panes(top + 1, 1)
    sheet.repeat_rows(top)


def _cell(
    sheet: Worksheet, row: int, column: int, cell: Cell, formats: _Formats, *, is_number: bool, is_last: bool
) -> None:
    style: dict[str, object] = {"text_wrap": True, "bottom": _THICK if is_last else 0}
    if cell.number is None:
        _text(sheet, row, column, cell.text, formats.of(align="right" if is_number else "left", **style))
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


def _width(text: str) -> int:
    """Columns that a text takes: a Chinese character two."""
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)  # noqa: PLR2004 (first CJK block)


def _notes(sheet: Worksheet, document: Document, formats: _Formats) -> None:
    """Sources, standards, method, legend and edition."""
    _page(sheet, document, is_wide=False)
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, 1, _COVER_WIDTH - 16)
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
        _text(sheet, row, 0, what, formats.of(bold=True, text_wrap=True))
        _text(sheet, row, 1, text, formats.of(text_wrap=True))
