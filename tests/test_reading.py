"""Files into sheets of text: what a cell and a row number are, and what is no table at all."""

from __future__ import annotations

import io
import json
import random
import zipfile
from contextlib import suppress

import polars as pl
import pytest
import xlsxwriter

from pipelines.faults import UnreadableError
from pipelines.reading import ROW, Body, Sheet, sheets
from tests.drawing import text, workbook

ENCODINGS = ("utf-8", "utf-16", "gb18030", "cp950")
TABLE = [["学校", "人数", "备注"], ["甲校", "1", ""], ["乙校", "2", "两校"]]


def first(content: bytes) -> list[Sheet]:
    return next(iter(sheets(content, ENCODINGS)))


def body(content: bytes, header_row: int = 1) -> Body:
    return first(content)[0].body(header_row)


def numbered(read: Body) -> dict[int, list[str]]:
    """The rows under their numbers, without cells that are blank."""
    return {row[ROW]: [v for k, v in row.items() if k != ROW and v] for row in read.cells.iter_rows(named=True)}


def everything(content: bytes, header_row: int = 1) -> None:
    """Every sheet of every reading, read to its end."""
    for reading in sheets(content, ENCODINGS):
        for sheet in reading:
            if any(sheet.head[header_row - 1 : header_row]):
                sheet.body(header_row)


def refusal(content: bytes, header_row: int = 1) -> UnreadableError:
    with pytest.raises(UnreadableError) as caught:
        everything(content, header_row)
    return caught.value


def parquet(frame: pl.DataFrame) -> bytes:
    content = io.BytesIO()
    frame.write_parquet(content)
    return content.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_text_is_read_in_every_encoding_and_with_every_separator(encoding: str, delimiter: str) -> None:
    content = text(TABLE, delimiter).encode(encoding)
    assert first(content)[0].head == TABLE
    assert numbered(body(content)) == {2: ["甲校", "1"], 3: ["乙校", "2", "两校"]}


def test_traditional_text_in_big5_is_offered_after_the_readings_that_come_before_it() -> None:
    content = text([["學校代碼", "學校名稱"], ["011301", "淡江"]]).encode("cp950")
    offered = [sheet[0].head[0] for sheet in sheets(content, ENCODINGS)]
    assert ["學校代碼", "學校名稱"] in offered


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_lines_may_end_as_on_any_system(end: str) -> None:
    content = text(TABLE).replace("\r\n", end).encode()
    assert first(content)[0].head == TABLE
    assert list(numbered(body(content))) == [2, 3]


def test_a_row_of_text_is_numbered_by_its_record_whatever_quoted_newlines_and_blank_lines_stand_before_it() -> None:
    content = '标题\n\n学校,人数\n"甲\n校",1\n\n   \n,\n乙校,2\n丙校,3'.encode()
    read = numbered(body(content, header_row=3))
    assert {row: value for row, value in read.items() if value} == {
        4: ["甲\n校", "1"],
        8: ["乙校", "2"],
        9: ["丙校", "3"],
    }


def test_a_row_with_too_many_or_too_few_fields_is_set_aside_and_the_others_keep_their_numbers() -> None:
    read = body('学校,人数,备注\n甲校,1,\n乙校,2,"a,b",多\n丙校\n丁校,4,\n'.encode())
    assert numbered(read) == {2: ["甲校", "1"], 5: ["丁校", "4"]}
    assert [(row, fields) for row, fields, _ in read.ragged] == [(3, 4), (4, 1)]
    assert json.loads(read.ragged[0][2]) == ["乙校", "2", "a,b", "多"]


def test_a_quote_inside_a_cell_is_a_character() -> None:
    assert numbered(body('学校,人数\n甲"实验"校,1\n"乙""校",2\n'.encode())) == {
        2: ['甲"实验"校', "1"],
        3: ['乙"校', "2"],
    }


@pytest.mark.parametrize(
    ("content", "row"),
    [
        ('学校,人数,备注\n甲校,1,\n"乙校,2,\n丙校,3,\n丁校,4,\n', 3),  # open to the end of the file
        ('学校,人数,备注\n甲校,"1,\n乙校,"2",\n丙校,3,\n', 2),  # closed by the next row's quote: three fields again
        ('学校,人数,备注\n甲校,1,"x\n乙校,2,\n丙校,3,"y"\n丁校,4,\n', 2),  # closed two rows below
        ('学校,人数,备注\r甲校,"1,\r乙校,"2",\r丙校,3,\r', 2),
    ],
)
def test_a_quote_that_nothing_closes_refuses_the_file_and_names_the_row(content: str, row: int) -> None:
    fault = refusal(content.encode())
    assert (fault.rule, fault.value) == ("open_quote", str(row))


def test_a_quoted_newline_and_a_quoted_separator_are_no_open_quote() -> None:
    read = body('学校,人数,备注\n"甲,校\n分校",1,"第一行\n第二行"\n乙校,2,"a\nb",多\n'.encode())
    assert numbered(read) == {2: ["甲,校\n分校", "1", "第一行\n第二行"]}
    assert [row for row, *_ in read.ragged] == [3]


def test_an_open_quote_in_the_last_row_costs_that_row_alone() -> None:
    read = body('学校,人数,备注\n甲校,1,\n乙校,"2,\n'.encode())
    assert numbered(read) == {2: ["甲校", "1"]}
    assert [row for row, *_ in read.ragged] == [3]


@pytest.mark.parametrize(("top", "left"), [(0, 0), (3, 0), (0, 1), (5, 2)])
def test_a_workbooks_rows_are_numbered_as_the_workbook_numbers_them(top: int, left: int) -> None:
    rows = [["标题"], [], *TABLE, [], ["丙校", "3"]]
    read = body(workbook({"一": rows}, top=top, left=left), header_row=top + 3)
    assert {row: value for row, value in numbered(read).items() if value} == {
        top + 4: ["甲校", "1"],
        top + 5: ["乙校", "2", "两校"],
        top + 7: ["丙校", "3"],
    }


def test_every_sheet_of_a_workbook_is_read_the_empty_ones_and_charts_too() -> None:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        book.add_worksheet("一").write_string(0, 0, "学校")
        book.add_worksheet("空")
        hidden = book.add_worksheet("藏")
        hidden.write_string(0, 0, "学校")
        hidden.hide()
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": "=一!$A$1:$A$3"})
        book.add_chartsheet("图").set_chart(chart)
    assert [(sheet.name, sheet.head) for sheet in first(content.getvalue())] == [
        ("一", [["学校"]]),
        ("空", []),
        ("藏", [["学校"]]),
        ("图", []),
    ]


def test_numbers_of_a_workbook_read_as_the_workbook_shows_them() -> None:
    values = [2151000001, 12.34567, 0.1 + 0.2, 600.0, 1e-7, True, "011301"]
    assert numbered(body(workbook({"一": [["值"], *([v] for v in values)]}))) == {
        row: [shown]
        for row, shown in enumerate(["2151000001", "12.34567", "0.3", "600", "0.0000001", "true", "011301"], 2)
    }


@pytest.mark.parametrize(("top", "left"), [(0, 0), (4, 3)])
def test_a_formula_error_is_named_with_its_row_its_place_and_its_own_name(top: int, left: int) -> None:
    names = ["#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"]
    rows = [["学校", "人数"], *(["甲校", f"={name}"] for name in names)]
    read = body(workbook({"一": rows}, top=top, left=left), header_row=top + 1)
    place = [position for position in read.cells.columns if position != ROW and read.cells[position].null_count() == 7]
    position = int(place[-1])
    assert first(workbook({"一": rows}, top=top, left=left))[0].head[top][position] == "人数"
    assert read.errors == tuple((top + 2 + i, position, name) for i, name in enumerate(names))


def test_parquet_holds_text_and_numbers_and_its_first_row_is_row_1() -> None:
    frame = pl.DataFrame(
        {
            "学校": ["甲校", None],
            "人数": [600, 7],
            "面积": [12.5, float("nan")],
            "年": pl.Series([2021, 1], dtype=pl.Int16),
        }
    )
    content = parquet(frame.with_columns(是=pl.lit(value=True), 组=pl.Series([[1, 2], []]), 字节=pl.lit(b"\xff")))
    sheet = first(content)[0]
    assert sheet.head == [["学校", "人数", "面积", "年", "是", "组", "字节"]]
    assert sheet.body(1).cells.rows() == [
        (1, "甲校", "600", "12.5", "2021", "true", "[1, 2]", r"b'\xff'"),
        (2, None, "7", "NaN", "1", "true", "[]", r"b'\xff'"),
    ]


@pytest.mark.parametrize("content", [b"", b" \r\n\t \n", b"\x00" * 512])
def test_a_file_of_nothing_is_empty(content: bytes) -> None:
    assert refusal(content).rule == "empty_file"


def zipped(name: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(name, "hello")
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "加密的工作簿，或旧版 Office 文件而非工作簿"),
        (b"\x89PNG\r\n\x1a\n" + bytes(60), "PNG"),
        (b"\xff\xd8\xff\xe0JFIF", "JPEG"),
        (b"Rar!\x1a\x07", "RAR"),
        (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
        (b"\x1f\x8b\x08", "gzip"),
        (zipped("word/document.xml"), "ZIP"),
    ],
    ids=["pdf", "xls", "png", "jpeg", "rar", "7z", "gzip", "zip"],
)
def test_a_file_that_is_no_table_is_called_what_it_is(content: bytes, named: str) -> None:
    fault = refusal(content)
    assert fault.rule == "not_a_table"
    assert fault.value.startswith(named)


@pytest.mark.parametrize(
    "content",
    [
        workbook({"一": TABLE})[:3000],
        workbook({"一": TABLE})[:-30],
        b"PK\x03\x04" + bytes(100),
        zipped("xl/workbook.xml"),
        parquet(pl.DataFrame({"a": [1]}))[:-5],
        b"PAR1" + bytes(100),
    ],
    ids=[
        "half a workbook",
        "workbook without end",
        "zip header",
        "not even a workbook",
        "half a parquet",
        "parquet mark",
    ],
)
def test_a_file_cut_short_is_damaged(content: bytes) -> None:
    assert refusal(content).rule == "damaged_file"


def test_a_damaged_byte_becomes_the_replacement_character_and_costs_nothing_else() -> None:
    content = text(TABLE).encode("gb18030").replace("两校".encode("gb18030"), b"\xc1\xff\xd0\xa3")
    last = list(sheets(content, ("utf-8", "gb18030")))[-1]
    assert numbered(last[0].body(1)) == {2: ["甲校", "1"], 3: ["乙校", "2", "\ufffd\ufffd校"]}


def test_no_bytes_make_the_reader_raise_anything_but_a_refusal() -> None:
    chance = random.Random(20201101)
    sound = [text(TABLE).encode("gb18030"), workbook({"一": TABLE}), parquet(pl.DataFrame({"学校": ["甲校"] * 9}))]
    pieces = [b'"', b"\r", b"\n", b",", b"\x00", b"\xff", b'""', b"\xe5", b"\xff\xfe\x00\xd8"]
    for turn in range(240):
        content = bytearray(sound[turn % 3] if turn % 4 else chance.randbytes(300))
        for _ in range(chance.choice([1, 3, 12])):
            place = chance.randrange(len(content) + 1)
            content[place : place + chance.randrange(9)] = chance.choice(pieces)
        with suppress(UnreadableError):
            everything(bytes(content))


@pytest.mark.parametrize("content", [b'"' + b"x" * 300_000, b'"' + b"a,b\n" * 80_000 + b'",1\n'])
def test_a_field_without_end_is_no_crash(content: bytes) -> None:
    assert len(first(content)[0].head) == 1
