"""Files made to do harm, small enough to keep: workbooks part by part, zips member by member."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping

_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="a" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets><sheet name="一" sheetId="1" r:id="a"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="a" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}


def page(rows: str, *, before: str = "", declared: str = "") -> str:
    """The XML of a sheet."""
    return f'{declared}<worksheet xmlns="{_MAIN}">{before}<sheetData>{rows}</sheetData></worksheet>'


def zipped(members: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of the members."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return content.getvalue()


def sheet(rows: str, **options: str) -> bytes:
    """A workbook of one sheet, given its rows as XML; `before` stands above them, `declared` above all."""
    return zipped(PARTS | {"xl/worksheets/sheet1.xml": page(rows, **options)})


def with_part(name: str, part: str | bytes, rows: str = '<row r="1"><c r="A1"><v>1</v></c></row>') -> bytes:
    """A workbook of one cell with one more part, or one part other than it should be."""
    return zipped(PARTS | {"xl/worksheets/sheet1.xml": page(rows)} | {name: part})


def understated(content: bytes, name: str, size: int) -> bytes:
    """A zip that says of a member that it is smaller than it is, in both of its tables."""
    changed = bytearray(content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        info = archive.getinfo(name)
    struct.pack_into("<I", changed, info.header_offset + 22, size)
    at = content.find(b"PK\x01\x02")
    while at >= 0:
        if struct.unpack_from("<I", content, at + 42)[0] == info.header_offset:
            struct.pack_into("<I", changed, at + 24, size)
        at = content.find(b"PK\x01\x02", at + 1)
    return bytes(changed)
