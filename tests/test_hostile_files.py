"""Files made to do harm end as refused files, rows or cells with a message: no traceback, no memory without bound."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import tracemalloc
import zipfile
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlwt

from pipelines.archives import leads_out
from pipelines.faults import UnreadableError
from pipelines.form_reading import _EXPLAINED
from pipelines.intake import Intake, named_files, survey, take_in
from pipelines.limits import keep_text, shown_name, shown_text
from pipelines.reading import sheets, uncalculated
from schemas.limits import limits, most
from schemas.source import plain, sources
from tests.drawing import cells, headers, refusals, table, text, write_text
from tests.hostile import PARTS, page, sheet, understated, with_part, zipped

FAR = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
NEAR = '<row r="1"><c r="A1" t="str"><v>甲</v></c></row>'
CHECKOUT = Path(__file__).parents[1]
OURS = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>'


def read(folder: Path) -> Intake:
    """The folder taken in, after a look at its tops, as a refresh does both."""
    files = named_files(folder)
    survey(files, sources().values())
    return take_in(files, sources().values())


def refused(folder: Path) -> set[str]:
    return set(read(folder).quarantine["rule"])


# Workbooks.

BOMBS = {
    "two_cells_far_apart": (sheet(FAR), "too_big"),
    "far_in_small_letters": (sheet(FAR.replace("XFD", "xfd")), "too_big"),
    "far_in_single_quotes": (sheet(FAR.replace('"', "'")), "too_big"),
    "far_with_blanks": (sheet(FAR.replace('r="', 'r  =  "')), "too_big"),
    "far_beyond_excel": (sheet(FAR.replace("XFD1048576", "ZZZZZZZZ999999999999")), "too_big"),
    "row_of_four_billion": (sheet('<row r="4294967295"><c r="A4294967295"><v>1</v></c></row>' + NEAR), "too_big"),
    "far_by_the_row_alone": (sheet(NEAR + '<row r="2000000000"><c><v>1</v></c></row>'), "too_big"),
    "sheet_under_another_name": (
        zipped(
            PARTS
            | {
                "xl/_rels/workbook.xml.rels": PARTS["xl/_rels/workbook.xml.rels"].replace(
                    "worksheets/sheet1", "theme/T"
                ),
                "xl/theme/t.xml": page(FAR),
            }
        ),
        "too_big",
    ),
    "xml_entities": (
        sheet('<row r="1"><c r="A1" t="str"><v>&c;</v></c></row>', declared=OURS),
        "damaged_file not_recognised empty_file",
    ),
    "external_entity": (
        sheet(
            '<row r="1"><c r="A1" t="str"><v>&c;</v></c></row>',
            declared='<!DOCTYPE a [<!ENTITY c SYSTEM "file:///etc/passwd">]>',
        ),
        "damaged_file not_recognised empty_file",
    ),
    "a_part_of_zeros": (with_part("xl/sharedStrings.xml", b" " * (most("ratio_from_bytes") + 1)), "too_big"),
    "understated_part": (
        understated(with_part("xl/sharedStrings.xml", b"<sst>" + b"a" * 100_000), "xl/sharedStrings.xml", 100),
        "damaged_file",
    ),
    "too_many_parts": (
        zipped(PARTS | {f"xl/x{n}": b"" for n in range(most("workbook_parts"))}, zipfile.ZIP_STORED),
        "too_big",
    ),
    "another_compression": (
        zipped(PARTS | {"xl/worksheets/sheet1.xml": page(NEAR)}, zipfile.ZIP_BZIP2),
        "damaged_file",
    ),
    "binary_workbook": (zipped({"xl/workbook.bin": b"x"}), "not_a_table"),
    "open_document": (zipped({"mimetype": b"application/x", "content.xml": b"<a/>"}), "not_a_table"),
    "letters_without_end": (
        sheet(f'<row r="1"><c r="{"A" * 5000}1"><v>1</v></c></row>'),
        "damaged_file too_big not_recognised",
    ),
    "digits_without_end": (sheet(f'<row r="1"><c r="A{"1" * 5000}"><f>1</f></c></row>'), "damaged_file too_big"),
    "a_sheet_that_is_not_there": (zipped(PARTS), "damaged_file"),
    "a_path_out_of_the_workbook": (
        zipped(
            PARTS
            | {
                "xl/_rels/workbook.xml.rels": PARTS["xl/_rels/workbook.xml.rels"].replace(
                    "worksheets/", "../../../../etc/"
                )
            }
        ),
        "damaged_file",
    ),
    "strings_that_are_not_there": (
        with_part("xl/a", b"", '<row r="1"><c r="A1" t="s"><v>4294967295</v></c></row>'),
        "damaged_file empty_file not_recognised",
    ),
    "strings_counted_too_high": (
        with_part(
            "xl/sharedStrings.xml",
            f'<sst xmlns="{PARTS["xl/workbook.xml"].partition(chr(34))[2].partition(chr(34))[0]}" count="4294967295" uniqueCount="4294967295"><si><t>a</t></si></sst>',
        ),
        "not_recognised empty_file damaged_file",
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_workbook_made_to_harm_is_refused_with_a_message_and_within_memory(name: str, tmp_path: Path) -> None:
    content, rules = BOMBS[name]
    (tmp_path / "a.xlsx").write_bytes(content)
    program = (
        "import resource, sys; from pathlib import Path; import polars, pyarrow, fastexcel;"
        "from pipelines.intake import named_files, survey, take_in; from schemas.source import sources;"
        "files = named_files(Path(sys.argv[1])); survey(files, sources().values());"
        "print(*take_in(files, sources().values()).quarantine['rule']);"
        # Its own peak: what getrusage gives begins with that of the process that started it.
        "status = Path('/proc/self/status');"
        "peak = [l.split()[1] for l in status.read_text().splitlines() if l.startswith('VmHWM')] if status.exists() else"
        " [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss];"
        "print(int(peak[0]) // 1024)"
    )
    if name in ("two_cells_far_apart", "strings_counted_too_high", "understated_part"):
        # In a process of its own: what fails here would take the tests with it.
        run = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path)], cwd=CHECKOUT, capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stderr
        found, megabytes = run.stdout.split()
        assert found in rules.split()
        assert int(megabytes) < 700
    else:
        assert refused(tmp_path) <= set(rules.split())
        assert refused(tmp_path)


def test_a_dimension_of_seventeen_billion_cells_over_one_cell_is_read_as_one_cell() -> None:
    content = sheet(NEAR, before='<dimension ref="A1:XFD1048576"/>')
    assert next(iter(sheets(content, ("utf-8",))))[0].head == [["甲"]]


def test_an_old_workbook_whose_cells_are_far_apart_is_refused(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    one = book.add_sheet("一")
    one.write(0, 0, "甲")
    one.write(65534, 254, "乙")
    book.save(str(tmp_path / "sound.xls"))
    content = (tmp_path / "sound.xls").read_bytes()
    # LABELSST of row 65534 and column 254, its column as high as two bytes go.
    row, column = b"\xfd\x00\x0a\x00" + (65534).to_bytes(2, "little"), (254).to_bytes(2, "little")
    assert content.count(row + column) == 1
    (tmp_path / "far.xls").write_bytes(content.replace(row + column, row + b"\xff\xff"))
    rules = {(file, rule) for file, _, _, rule in refusals(read(tmp_path))}
    assert rules == {("far.xls", "too_big"), ("sound.xls", "not_recognised")}


# Zips and names.

NAMES_OUT = [
    "../a.csv",
    "a/../../b.csv",
    "/etc/passwd",
    "..\\a.csv",
    "C:\\a.csv",
    "\\\\server\\a.csv",
    "a/..",
    "..",
    "c:a",
]
NAMES_IN = ["a.csv", "县/a.csv", "a..csv", "...a/b.csv", "a b.csv"]


@pytest.mark.parametrize("name", NAMES_OUT)
def test_a_name_that_leads_out_of_its_zip_is_refused_by_name(name: str, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({name: text(table()).encode(), "sound.csv": text(table()).encode()}))
    taken_in = read(tmp_path)
    assert [rule for *_, rule in refusals(taken_in)] == ["unsafe_name"]
    assert taken_in.schools.height == 3
    assert [path.name for path in tmp_path.rglob("*")] == ["a.zip"]


def test_names_within_a_zip_are_no_danger() -> None:
    assert [name for name in NAMES_IN if leads_out(name)] == []


def test_a_zip_beyond_the_limits_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ratio.zip").write_bytes(zipped({"a.csv": b"0" * (most("ratio_from_bytes") + 1)}))
    (tmp_path / "within.zip").write_bytes(zipped({"a.zip": zipped({"b.csv": text(table()).encode()})}))
    monkeypatch.setitem(
        limits(), "archive_files", limits()["archive_files"].__class__(**{**_of("archive_files"), "most": 3})
    )
    (tmp_path / "many.zip").write_bytes(zipped({f"{n}.csv": b"x" for n in range(4)}))
    found = {(file, rule) for file, _, _, rule in refusals(read(tmp_path))}
    assert found == {("ratio.zip/a.csv", "too_big"), ("within.zip/a.zip", "not_a_table"), ("many.zip", "too_big")}
    monkeypatch.setitem(
        limits(), "archive_bytes", limits()["archive_bytes"].__class__(**{**_of("archive_bytes"), "most": 3})
    )
    assert ("many.zip", "too_big") in {(file, rule) for file, _, _, rule in refusals(read(tmp_path))}


def _of(name: str) -> dict[str, object]:
    limit = limits()[name]
    return {field: getattr(limit, field) for field in limit.__struct_fields__}


def test_a_file_beyond_the_size_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "a.csv").open("wb") as sparse:
        sparse.truncate(most("file_bytes") + 1)
    tracemalloc.start()
    assert refused(tmp_path) == {"too_big"}
    assert tracemalloc.get_traced_memory()[1] < 50_000_000
    tracemalloc.stop()


def test_files_of_any_name_are_taken_under_a_name_that_can_be_shown(tmp_path: Path) -> None:
    for name in (
        b"\xff\xfe.csv",
        b"a\nb.csv",
        b"\x1b[2Jc.csv",
        "\u202egsj.csv".encode(),
        "\u200bd.csv".encode(),
        b"=1.csv",
    ):
        (Path(os.fsdecode(bytes(tmp_path) + b"/" + name))).write_bytes(text(table()).encode())
    taken_in = read(tmp_path)
    assert sorted(taken_in.returns["file"]) == [
        "=1.csv", "\\u001b[2Jc.csv", "\\u200bd.csv", "\\u202egsj.csv", "\\xff\\xfe.csv", "a\\u000ab.csv",
    ]  # fmt: skip


def test_what_steers_a_terminal_is_spelt_out() -> None:
    assert shown_name("a\x1b[31m\u202e县\u3000\udcff") == "a\\u001b[31m\\u202e县\u3000\\xff"
    assert shown_text("甲\n乙\x07") == "甲\n乙\\u0007"


# Text.


def test_a_line_beyond_the_limit_is_refused_with_its_number(tmp_path: Path) -> None:
    rows = text(table())
    long = cells(9, school_name="长" * (most("line_characters") + 1))
    (tmp_path / "a.csv").write_text(rows + text([long]), "utf-8", newline="")
    read_in = read(tmp_path)
    assert refusals(read_in) == [("a.csv", None, None, "too_big")]
    assert "第 5 行 line 5" in read_in.quarantine["message"][0]


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_lines_of_any_end_are_measured_by_themselves(end: str) -> None:
    keep_text(("a" * 1000 + end) * (most("line_characters") // 500))
    with pytest.raises(UnreadableError):
        keep_text("a" + end + "a" * (most("line_characters") + 1))


def test_columns_without_end_are_refused(tmp_path: Path) -> None:
    write_text(tmp_path / "a.csv", [headers() + [""] * most("sheet_columns"), cells(1)])
    assert refused(tmp_path) == {"too_big"}


@pytest.mark.parametrize(
    "letter", ["\x00", "\x01", "\x08", "\x0b", "\x1b", "\x7f", "\x9b", "\u202e", "\u2066", "\ufffd"]
)
def test_a_name_with_a_control_character_refuses_its_row(letter: str, tmp_path: Path) -> None:
    write_text(tmp_path / "a.csv", [headers(), cells(1, school_name=f"甲{letter}校"), cells(2)])
    read_in = read(tmp_path)
    assert [rule for *_, rule in refusals(read_in)] == ["name_damaged"]
    assert letter == "\ufffd" or letter not in read_in.quarantine["message"][0]
    assert read_in.schools.height == 1


LOOK_ALIKES = [
    "２111000001",
    "2111000001\u200b0",
    "21110\u200d00001",
    "211100000\u0410",
    "2111٠00001",
    "\u202e2111000001",
    "21110O\u03bf001",
]


@pytest.mark.parametrize("school_id", LOOK_ALIKES)
def test_an_identifier_of_look_alike_characters_is_refused_and_not_rewritten(school_id: str, tmp_path: Path) -> None:
    write_text(tmp_path / "a.csv", [headers(), cells(1), cells(2, school_id=school_id)])
    read_in = read(tmp_path)
    assert [rule for *_, rule in refusals(read_in)] == ["school_id_characters"]
    assert read_in.schools["school_id"].to_list() == ["2111000001"]


def test_white_space_around_an_identifier_is_no_other_identifier(tmp_path: Path) -> None:
    write_text(tmp_path / "a.csv", [headers(), cells(1, school_id="\u200b\ufeff 2111000001\u3000")])
    assert read(tmp_path).schools["school_id"].to_list() == ["2111000001"]


# Parquet.


def parquet(frame: pa.Table, path: Path) -> None:
    pq.write_table(frame, path)


def test_a_parquet_file_of_more_cells_than_the_limit_is_refused_unread(tmp_path: Path) -> None:
    rows = most("sheet_cells") + 1
    pl.select(pl.repeat("x", rows).alias("a")).write_parquet(tmp_path / "a.parquet")
    assert (tmp_path / "a.parquet").stat().st_size < 1_000_000
    rules = {(file, rule) for file, _, _, rule in refusals(read(tmp_path))}
    assert ("a.parquet", "too_big") in rules


def test_a_parquet_file_that_repeats_a_long_text_is_refused_before_it_is_repeated(tmp_path: Path) -> None:
    times = most("file_bytes") // 1_000_000 + 1
    repeated = pa.DictionaryArray.from_arrays(pa.array([0] * times, pa.int32()), ["x" * 1_000_000])
    parquet(pa.table({"a": repeated}), tmp_path / "a.parquet")
    assert (tmp_path / "a.parquet").stat().st_size < 3_000_000
    assert refused(tmp_path) == {"too_big"}


# Patterns: none of ours takes the square of a text's length.

LENGTH = 300_000
STRINGS = ["<c ", "<f ", "</f> ", "<c r=", "<c >", " ", "<sheet ", "<sheet a:", "a:id=", "<Relationship ", 'Id="', "<v>", "</f>", "</c>", "<c ><f>", "r='A", "<f/>"]  # fmt: skip


@pytest.mark.parametrize("piece", STRINGS)
def test_no_pattern_over_a_workbook_blows_up(piece: str) -> None:
    hostile = piece * (LENGTH // len(piece))
    began = time.process_time()
    for part in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels"):
        uncalculated(zipped(PARTS | {"xl/worksheets/sheet1.xml": page(NEAR), part: PARTS[part] + hostile}), [0])
    uncalculated(
        zipped(PARTS | {"xl/worksheets/sheet1.xml": page(f"<row><c r='A1'><f>1</f>{hostile}</c></row>") + hostile}), [0]
    )
    assert time.process_time() - began < 10


@pytest.mark.parametrize("piece", [" ", "说明", "；", "\u3000", "说明 ", "( ", "学年", "2021", "1", "表", "教基", "年"])
def test_no_pattern_over_a_cell_or_a_name_blows_up(piece: str) -> None:
    cell = piece * (200_000 // len(piece))
    began = time.process_time()
    _EXPLAINED.split(cell, maxsplit=1)
    plain(cell)
    for source in sources().values():
        for layout in source.described.layouts.values():
            for clue in layout.year:
                re.search(clue.pattern, cell)
        if source.described.forms:
            for pattern in (source.described.forms.sheet, source.described.forms.explanations):
                re.match(pattern, cell)
    assert time.process_time() - began < 10


def test_a_year_of_thousands_of_digits_is_no_year(tmp_path: Path) -> None:
    write_text(tmp_path / "a.csv", [headers(), cells(1, school_year="2" * 5000), cells(2)])
    assert refused(tmp_path) <= {"year_mismatch"}


def test_the_page_on_security_states_the_limits_as_they_are() -> None:
    page_of_limits = (CHECKOUT / "docs" / "security.md").read_text("utf-8")
    for limit in limits().values():
        assert f"| `{limit.limit}` | {limit.most:,} {limit.unit_en} | {limit.why_en} |" in page_of_limits
