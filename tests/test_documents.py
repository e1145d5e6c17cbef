"""Documents say what the tables say: every figure is the same on every face, and no name can break one."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from functools import cache
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import msgspec
import polars as pl
import pytest

from pipelines.candidates import pioneer_candidates
from pipelines.dispersion import county_dispersion
from pipelines.indicators import unit_indicators
from pipelines.judgement import judge
from pipelines.ledger import ledger
from pipelines.units import units
from pipelines.verdicts import resource_verdicts, school_verdicts
from reports import display, sentences
from reports.documents import names
from reports.documents.cells import amount, bound, difference, figure, judged, measured, share
from reports.documents.feedback import inspection_feedback
from reports.documents.mending import in_order
from reports.documents.model import Cell, Document, Sentences, Table, tables
from reports.documents.pioneer import recommendation_form
from reports.documents.rectification import arranged_sentences, rectification_plan
from reports.documents.render import document_html, document_markdown
from reports.documents.school import NoSchoolError, self_evaluation
from reports.documents.workbook import document_xlsx, number_format
from reports.ledger import since_words
from reports.year import CountyTables, YearTables
from schemas.contract import accept, tidy
from schemas.county import COUNTY_FACTS, COUNTY_MEASURES
from schemas.source import sources
from schemas.tables import TABLES
from standards.standard import standards
from tests.county import schools

Row = dict[str, object]
Frames = dict[str, pl.DataFrame]
EVIL = "=HYPERLINK(1)<script>alert(1)</script>|x"
STANDARDS = {name: standards()[name] for name in ("cn-basic-2012", "cn-quality-2017", "pioneer-2021")}
YEARS = (2022, 2023)
FIRST, SECOND, THIRD, FOURTH = (f"21690000{number:02d}" for number in range(1, 5))

# 1,000 pupils at or above every norm of 2017, with what 2012 asks beside.
SOUND: Row = {
    "pupils_primary": 1000,
    "full_time_teachers_primary": 60,
    "classes_primary": 25,
    "teachers_doctor_primary": 0,
    "teachers_master_primary": 0,
    "teachers_bachelor_primary": 30,
    "teachers_college_primary": 20,
    "teachers_full_senior_primary": 0,
    "teachers_senior_title_primary": 5,
    "teachers_mid_primary": 30,
    "key_teachers_primary": 12,
    "pe_teachers_primary": 5,
    "music_teachers_primary": 3,
    "fine_arts_teachers_primary": 3,
    "arts_teachers_primary": 0,
    "certified_teachers_primary": 60,
    "trained_teachers_primary": 60,
    "teaching_auxiliary_area_m2": 6000,
    "indoor_sports_area_m2": 500,
    "sports_ground_area_m2": 8000,
    "equipment_value_yuan": 2_500_000,
    "multimedia_rooms": 25,
    "computers": 120,
    "books": 30_000,
    "music_rooms_96_up": 3,
    "arts_rooms_90_up": 3,
    "area_code": "121",
    "town_name": "清溪镇",
    "operator_code": "831",
    "founded_year": 1956,
    "is_boarding": False,
}
# The second school lacks 8 multimedia rooms (23 of 1,000 pupils are asked) and a music room; the third has no books.
DRAWN: list[Row] = [
    SOUND,
    SOUND | {"school_name": EVIL, "multimedia_rooms": 15, "music_rooms_96_up": 2, "area_code": "220"},
    SOUND | {"teaching_auxiliary_area_m2": None, "key_teachers_primary": 9},
    SOUND | {"pupils_primary": 0},
]
BEFORE: list[Row] = [SOUND, DRAWN[1], SOUND | {"key_teachers_primary": 9}, SOUND]
PLACE: Row = {
    "source": "cn-returns",
    "province_code": "690000",
    "county_code": "690101",
    "county_name": "青岚县",
    "file": "county.xlsx",
}
FACTS: list[Row] = [
    {"fact": "basic_balance_recognised_year", "value": 2015},
    {"fact": "pioneer-2021/leadership_and_policy", "finding": True, "evidence": "县委文件", "office": "教育股"},
    {"fact": "pioneer-2021/problems_solved", "finding": False, "note": "=2+3 尚有两项"},
    {"fact": "pioneer-2021/nominated", "finding": True, "evidence_date": dt.date(2021, 12, 20)},
    {"fact": "cn-quality-2017/layout", "finding": True},
    {"fact": "rotation_eligible_teachers", "value": 200},
    {"fact": "rotated_teachers", "value": 15},
    {"fact": "rotated_key_teachers", "value": 6},
]
# A veto that applies, a no against figures that are met, and more points lost than the pass mark leaves.
GRAVE: list[Row] = [
    {"fact": "cn-quality-2017/fraud", "finding": True},
    {"fact": "cn-quality-2017/certificates", "finding": False},
    *(
        {"fact": f"cn-basic-2012/{item}", "finding": False, "score": 0, "note": "未落实"}
        for item in ("performance_pay", "head_and_teacher_rotation", "training_funds", "full_curriculum")
    ),
]
MEASURES: list[Row] = [
    {
        "standard": "cn-quality-2017",
        "item": "multimedia_rooms",
        "school_id": SECOND,
        "lead_office": "装备中心",
        "co_leads": "财务股",
        "person": "=李四",
        "measure": "新建 8 间",
        "expected_by": dt.date(2024, 8, 31),
    }
]


def reported(rows: list[Row], contract_name: str, year: int = 2023) -> pl.DataFrame:
    """Rows of a county's own workbook."""
    contract = TABLES[contract_name]
    filled = [
        {**PLACE, "school_year": year, "period": year, "breakdown": "", "school_id": "", "row": number} | row
        for number, row in enumerate(rows, 2)
    ]
    return accept(tidy(pl.DataFrame(filled, infer_schema_length=None), contract), contract)


@cache
def computed(*, is_grave: bool = False) -> Frames:
    """Every table of two school years that a document reads, computed from drawn schools and reported facts."""
    drawn = pl.concat(
        schools([row | {"school_year": year} for row in rows])
        for year, rows in zip(YEARS, (BEFORE, DRAWN), strict=True)
    )
    facts = reported([*FACTS, *(GRAVE if is_grave else [])], COUNTY_FACTS.name)
    measures = reported(MEASURES, COUNTY_MEASURES.name)
    made: dict[str, list[pl.DataFrame]] = {name: [TABLES[name].empty()] for name in TABLES}
    for standard in STANDARDS.values():
        found = units(drawn, standard)
        values = unit_indicators(found, standard)
        spread = county_dispersion(found, values, standard)
        of_schools = school_verdicts(values, standard)
        for name, table in (
            ("units", found),
            ("unit_indicators", values),
            ("county_dispersion", spread),
            ("school_verdicts", of_schools),
            ("resource_verdicts", resource_verdicts(spread, of_schools, standard)),
        ):
            made[name].append(table)
    tables_ = {name: pl.concat(parts) for name, parts in made.items()} | {
        "schools": drawn,
        "county_facts": facts,
        "county_measures": measures,
    }
    whole: dict[str, list[pl.DataFrame]] = {}
    for year in YEARS:
        judged_year = judge(
            tables_["units"].filter(pl.col("school_year") == year),
            facts,
            tables_["resource_verdicts"],
            TABLES["county_verdicts"].empty(),
            STANDARDS,
            year,
        )
        for name in ("school_checks", "county_checks", "county_items", "county_parts", "county_verdicts"):
            whole.setdefault(name, []).append(getattr(judged_year, name))
    tables_ |= {name: pl.concat(parts) for name, parts in whole.items()}
    before = TABLES["ledger"].empty()
    for year in YEARS:
        rows = [
            ledger(
                *(tables_[name] for name in ("county_items", "county_checks", "school_checks", "unit_indicators")),
                tables_["county_dispersion"],
                measures,
                before,
                standard,
                year,
            )
            for standard in STANDARDS.values()
        ]
        before = pl.concat([before, *rows])
    stages = {"standard": "cn-quality-2017", "assessment": "municipal_review", "progress": "overdue"}
    return tables_ | {
        "ledger": before,
        "pioneer_candidates": pioneer_candidates(
            *(tables_[name] for name in ("county_items", "county_parts", "resource_verdicts", "county_dispersion")),
            facts,
            STANDARDS["pioneer-2021"],
            "cn-quality-2017",
        ),
        "assessment_stages": tidy(
            pl.DataFrame([PLACE | stages | {"school_year": 2023, "due_on": dt.date(2023, 6, 30)}]),
            TABLES["assessment_stages"],
        ),
    }


def county(frames: Frames | None = None, *, is_synthetic: bool = False) -> CountyTables:
    """The drawn county in 2023."""
    year = YearTables(computed() if frames is None else frames, 2023, STANDARDS, sources(), is_synthetic=is_synthetic)
    return next(iter(year.counties()))


def documents(tables_of: CountyTables) -> list[Document]:
    """One of each kind."""
    return [
        self_evaluation(tables_of, SECOND),
        rectification_plan(tables_of, SECOND),
        inspection_feedback(tables_of),
        recommendation_form(tables_of),
    ]


def said(document: Document) -> str:
    """Every sentence of a document."""
    blocks = [*document.lead, *(block for section in document.sections for block in section.blocks)]
    texts = [getattr(block, "text", "") for block in blocks]
    texts += [sentence for block in blocks if isinstance(block, Sentences) for sentence in block.sentences]
    return "\n".join(texts)


class Page(HTMLParser):
    """The tags of a page, and its tables as rows of cells."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.tables: list[list[list[str]]] = []
        self._is_in_cell = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
            self._is_in_cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._is_in_cell = False

    def handle_data(self, data: str) -> None:
        if self._is_in_cell:
            self.tables[-1][-1][-1] += data


def markdown_tables(text: str) -> list[list[list[str]]]:
    """The tables of a markdown text, without their rules."""
    found: list[list[list[str]]] = []
    before = ""
    for line in text.splitlines():
        if line.startswith("|"):
            if not before.startswith("|"):
                found.append([])
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            if not all(re.fullmatch(r"-+:?", cell) for cell in cells):
                found[-1].append([re.sub(r"\\(.)", r"\1", cell) for cell in cells])
        before = line
    return found


_NAMES = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


class Workbook:
    """The sheets of a workbook, read from its parts: cells as text, or as number and number format."""

    def __init__(self, content: bytes) -> None:
        self.parts = {}
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            self.parts = {name: archive.read(name) for name in archive.namelist()}
        shared = ET.fromstring(self.parts["xl/sharedStrings.xml"])
        self._shared = ["".join(text.itertext()) for text in shared.findall("m:si", _NAMES)]
        styles = ET.fromstring(self.parts["xl/styles.xml"])
        formats = {node.get("numFmtId"): node.get("formatCode") for node in styles.iterfind(".//m:numFmt", _NAMES)}
        used = styles.find("m:cellXfs", _NAMES)
        assert used is not None
        self._formats = [formats.get(node.get("numFmtId"), node.get("numFmtId")) for node in used]
        book = ET.fromstring(self.parts["xl/workbook.xml"])
        self.names = [node.get("name") or "" for node in book.iterfind(".//m:sheet", _NAMES)]

    def sheet(self, position: int) -> ET.Element:
        return ET.fromstring(self.parts[f"xl/worksheets/sheet{position + 1}.xml"])

    def rows(self, position: int) -> list[list[str | tuple[float, str | None]]]:
        rows: list[list[str | tuple[float, str | None]]] = []
        for row in self.sheet(position).iterfind(".//m:row", _NAMES):
            rows.append([])
            for cell in row:
                value = cell.findtext("m:v", namespaces=_NAMES) or ""
                if cell.get("t") == "s":
                    rows[-1].append(self._shared[int(value)])
                else:
                    rows[-1].append((float(value), self._formats[int(cell.get("s") or 0)]))
        return rows


def plain(text: str) -> str:
    """A figure as text, without what does not belong to its number."""
    return re.sub(r"[^0-9.\-%]", "", text.replace("\N{MINUS SIGN}", "-"))


@pytest.mark.parametrize("position", range(4))
def test_every_face_of_a_document_has_the_same_tables(position: int) -> None:
    document = documents(county())[position]
    wanted = [
        [[column.label for column in table.columns], *([cell.text for cell in row] for row in table.rows)]
        for table in tables(document)
    ]
    assert Page(document_html(document)).tables == wanted
    assert markdown_tables(document_markdown(document)) == wanted


@pytest.mark.parametrize("position", range(4))
def test_a_workbook_holds_the_figures_of_its_document_as_numbers(position: int) -> None:
    document = documents(county())[position]
    book = Workbook(document_xlsx(document))
    assert len(book.names) == len(tables(document)) + 2
    figures = 0
    for sheet, table in enumerate(tables(document), 1):
        caption, note, header, *rows = book.rows(sheet)
        assert [caption[0], note[0]] == [table.caption, table.note]
        assert header == [column.label for column in table.columns]
        for cells, row in zip(table.rows, rows, strict=True):
            for cell, held in zip(cells, row, strict=True):
                if cell.number is None:
                    assert held == cell.text
                    continue
                figures += 1
                assert held == (cell.number, number_format(cell))
                shown = f"{abs(cell.number):.{cell.places}{'%' if cell.is_percent else 'f'}}"
                inside = cell.text.removeprefix(cell.before).removesuffix(cell.after)
                assert plain(inside).lstrip("-") == shown
    assert figures


def test_every_cell_of_every_table_says_something() -> None:
    for document in documents(county()):
        assert all(cell.text for table in tables(document) for row in table.rows for cell in row)
        assert len({table.caption for table in tables(document)}) == len(tables(document))


def test_captions_are_numbered_in_the_order_of_the_page() -> None:
    for document in documents(county()):
        numbers = [int(table.caption.split()[1]) for table in tables(document)]
        assert numbers == list(range(1, len(numbers) + 1))


def test_a_school_may_be_called_anything() -> None:
    for document in documents(county()):
        page = Page(document_html(document))
        assert "script" not in page.tags
        assert "<script" not in document_html(document)
        assert not re.search(r"(?<!\\)[<|]script|(?<!\\)\|x", document_markdown(document))
        book = Workbook(document_xlsx(document))
        assert not any(b"<f>" in part for name, part in book.parts.items() if name.startswith("xl/worksheets/sheet"))
        assert "hyperlink" not in " ".join(book.parts)
    plan = Workbook(document_xlsx(rectification_plan(county(), SECOND)))
    assert any("=李四" in row for row in plan.rows(2))
    assert EVIL in Workbook(document_xlsx(self_evaluation(county(), SECOND))).rows(0)[0][0]  # type: ignore[operator]


def test_the_same_tables_give_the_same_bytes() -> None:
    for first, second in zip(documents(county()), documents(county()), strict=True):
        assert first == second
        assert document_xlsx(first) == document_xlsx(second)
        assert document_html(first) == document_html(second)
        assert re.fullmatch("[0-9a-f]{12}", first.colophon.edition)


def test_another_figure_is_another_edition() -> None:
    frames = computed()
    moved = frames | {
        "unit_indicators": frames["unit_indicators"].with_columns(
            pl.when(pl.col("school_id") == SECOND).then(pl.col("value") + 1).otherwise(pl.col("value")).alias("value")
        )
    }
    first, second = (self_evaluation(county(each), SECOND) for each in (frames, moved))
    assert first.colophon.edition != second.colophon.edition


def test_invented_data_are_called_invented_on_every_page_and_sheet() -> None:
    for document in documents(county(is_synthetic=True)):
        assert "合成数据" in document.banner
        assert document.banner in document_html(document)
        assert document.banner in document_markdown(document)
        book = Workbook(document_xlsx(document))
        for sheet in range(len(book.names)):
            assert any(document.banner in row for row in book.rows(sheet)), book.names[sheet]
    assert not any(document.banner for document in documents(county()))


def test_a_workbook_prints_on_a4_with_its_header_on_every_page() -> None:
    book = Workbook(document_xlsx(rectification_plan(county(), SECOND)))
    for sheet in range(len(book.names)):
        setup = book.sheet(sheet).find("m:pageSetup", _NAMES)
        assert setup is not None
        assert setup.get("paperSize") == "9"
        assert setup.get("fitToHeight") == "0"
    assert b"_xlnm.Print_Titles" in book.parts["xl/workbook.xml"]


def test_every_sheet_of_a_document_prints_legibly_on_a4() -> None:
    for document in documents(county()):
        book = Workbook(document_xlsx(document))
        for sheet in range(len(book.names)):
            xml = book.sheet(sheet)
            setup = xml.find("m:pageSetup", _NAMES)
            assert setup is not None
            paper = 297 if setup.get("orientation") == "landscape" else 210
            width = sum(
                (int(column.get("max", "")) - int(column.get("min", "")) + 1) * float(column.get("width", ""))
                for column in xml.iterfind(".//m:col", _NAMES)
            )
            # Inches of the page between its margins, over those of the columns at 8.5 pixels a digit.
            assert (paper / 25.4 - 0.8) / (width * 8.5 / 96) >= 0.65, (document.title, book.names[sheet])


def test_a_row_of_a_document_is_as_high_as_its_longest_text() -> None:
    for document in documents(county()):
        book = Workbook(document_xlsx(document))
        (width,) = [float(column.get("width", "")) for column in book.sheet(0).iterfind(".//m:col", _NAMES)]
        heights = [float(row.get("ht", "15")) for row in book.sheet(0).iterfind(".//m:row", _NAMES)]
        for (text, *_rest), high in zip(book.rows(0), heights, strict=True):
            assert high >= min(408, 13 * -(-len(str(text).encode("gb18030")) // int(width)))


def table_of(document: Document, words: str) -> Table:
    """The one table whose caption holds the words."""
    (found,) = [table for table in tables(document) if words in table.caption]
    return found


def texts(table: Table) -> dict[str, list[str]]:
    """The rows of a table by their heading."""
    return {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}


def test_a_self_evaluation_gives_the_schools_own_values_norms_and_gaps() -> None:
    document = self_evaluation(county(), SECOND)
    rows = texts(table_of(document, "各项指标（优质均衡）"))
    # 15 rooms for 1,000 pupils; 23 are asked. County: 65 rooms for 3,000 pupils.
    assert rows["每百名学生拥有网络多媒体教室数"] == [
        "间/百生",
        "1.50",
        "2.17",
        "≥ 2.3",
        "−0.80",
        "8 间",
        "✕ 未达标（低于底线）",
    ]
    assert rows["生均教学仪器设备值"] == ["元/生", "2,500.00", "2,500.00", "≥ 2,000", "+500.00", "—", "✓ 达标"]
    values = computed()["unit_indicators"].filter(
        (pl.col("school_year") == 2023) & (pl.col("school_id") == SECOND) & (pl.col("standard") == "cn-quality-2017")
    )
    counts = {status: values.filter(pl.col("status") == status).height for status in ("met", "not_met")}
    assert f"7 项设标准值的指标中 {counts['met']} 项达标，{counts['not_met']} 项未达标" in said(document)
    assert "其中 1 项低于底线" in said(document)


def test_a_standard_without_norms_for_schools_shows_the_countys_mean() -> None:
    table = table_of(self_evaluation(county(), SECOND), "各项指标（基本均衡）")
    assert [column.label for column in table.columns] == ["指标", "单位", "本校", "全县平均", "与全县平均之差"]


def test_a_self_evaluation_lists_the_checks_of_the_school_in_the_standards_order() -> None:
    rows = table_of(self_evaluation(county(), SECOND), "单项检查（优质均衡）").rows
    music, arts = (next(row for row in rows if name in row[0].text) for name in ("音乐专用教室", "美术专用教室（"))
    assert [cell.text for cell in music[1:]] == ["2 间", "≥ 3 间", "1 间", "✕ 未达标"]
    assert [cell.text for cell in arts[1:]][-1] == "✓ 达标"
    assert rows.index(music) < rows.index(arts)
    (classes,) = [row for row in rows if "所有班级学生数" in row[0].text]
    assert classes[2].text == "小学：每班不超过 45 人"


def test_what_a_school_does_not_report_is_not_a_zero() -> None:
    row = texts(table_of(self_evaluation(county(), THIRD), "各项指标（优质均衡）"))["生均教学及辅助用房面积"]
    assert row[1] == display.NOT_REPORTED
    assert row[-1] == "? 无法判定（计算所需的数据未上报）"


def test_a_suspended_school_is_told_that_it_counts_nowhere() -> None:
    document = self_evaluation(county(), FOURTH)
    assert "小学停办：没有在校生。不计入本标准的平均值、差异系数和结论。" in said(document)
    assert not any("各项指标" in table.caption for table in tables(document))


def test_a_school_that_is_not_in_the_returns_has_no_document() -> None:
    with pytest.raises(NoSchoolError, match="no school 0"):
        self_evaluation(county(), "0")
    with pytest.raises(NoSchoolError):
        rectification_plan(county(), "0")


def test_a_school_identifier_that_is_no_file_name_becomes_a_hash() -> None:
    frames = computed()
    odd = "../" + SECOND
    renamed = frames | {
        "schools": frames["schools"].with_columns(pl.col("school_id").replace({SECOND: odd})),
    }
    path = rectification_plan(county(renamed), odd).path
    assert re.fullmatch(r"2023/690101/documents/rectification-plan-[0-9a-f]{16}", path)


def test_a_rectification_plan_holds_the_schools_rows_of_the_unmet_ledger() -> None:
    document = rectification_plan(county(), SECOND)
    unmet = computed()["ledger"].filter(
        (pl.col("school_year") == 2023) & (pl.col("ledger") == "unmet") & (pl.col("school_id") == SECOND)
    )
    table = table_of(document, "整改事项和差额")
    assert len(table.rows) == len(table_of(document, "整改措施").rows)
    assert len(table.rows) == unmet.height == 2
    assert f"共 {unmet.height} 项未达标：优质均衡 {unmet.height} 项。" in said(document)
    lasting = unmet.filter(pl.col("course") == "persistent").height
    assert f"持续未达标 {lasting} 项" in said(document)
    assert f"{unmet['measure'].null_count()} 项尚未填报整改措施。" in said(document)


def test_a_plan_says_who_does_what_by_when_or_that_it_is_not_yet_said() -> None:
    document = rectification_plan(county(), SECOND)
    rooms = "小学每百名学生拥有网络多媒体教室数"
    gaps, measures = (texts(table_of(document, words)) for words in ("整改事项和差额", "整改措施"))
    assert gaps[rooms][1:] == ["优质均衡", "1.50 间/百生", "≥ 2.3 间/百生", "8 间", "持续未达标（自 2022 学年或更早）"]
    assert measures[rooms][1:] == ["新建 8 间", "装备中心（配合：财务股）", "=李四", "2024 年 8 月 31 日"]
    (music,) = [row for heading, row in measures.items() if "音乐专用教室" in heading]
    assert music[1:] == ["待填报"] * 4


def ledger_with(**columns: pl.Expr) -> Frames:
    """The tables, with other columns in the ledger's unmet row on the multimedia rooms of the second school."""
    frames = computed()
    is_it = (pl.col("item") == "multimedia_rooms") & (pl.col("school_id") == SECOND) & (pl.col("school_year") == 2023)
    changed = [pl.when(is_it).then(value).otherwise(pl.col(name)).alias(name) for name, value in columns.items()]
    return frames | {"ledger": frames["ledger"].with_columns(changed)}


def test_a_plan_says_what_is_overdue_or_called_done_and_still_not_met() -> None:
    late = ledger_with(forecast=pl.lit("missed"), done_on=pl.date(2023, 6, 1), lead_office=pl.lit(None, pl.String))
    document = rectification_plan(county(late), SECOND)
    assert "1 项整改已过填报的完成期限，仍未达标。" in said(document)
    assert "1 项县级填报已完成，报表数据仍未达标。" in said(document)
    measures = texts(table_of(document, "整改措施"))
    assert measures["小学每百名学生拥有网络多媒体教室数"][2] == "待填报（配合：财务股）"


def test_feedback_praises_what_was_mended_since_the_year_before() -> None:
    mended = ledger_with(ledger=pl.lit("met"), course=pl.lit("resolved"), status=pl.lit("met"))
    text = said(inspection_feedback(county(mended), STANDARDS["cn-quality-2017"]))
    assert f"上学年未达标、本学年已达标 1 项：{EVIL}：小学每百名学生拥有网络多媒体教室数。" in text


def test_classes_too_large_are_counted_as_such() -> None:
    frames = computed()
    is_it = (pl.col("item") == "class_size") & (pl.col("school_id") == SECOND) & (pl.col("school_year") == 2023)
    large = {"value": 3.0, "gap": 3.0, "status": "not_met", "reason": None}
    checks = frames["school_checks"].with_columns(
        pl.when(is_it).then(pl.lit(value)).otherwise(pl.col(name)).alias(name) for name, value in large.items()
    )
    document = self_evaluation(county(frames | {"school_checks": checks}), SECOND)
    (row,) = [row for row in table_of(document, "单项检查").rows if "所有班级学生数" in row[0].text]
    assert [cell.text for cell in row[1:3]] == ["超限 3 个班", "小学：每班不超过 45 人"]
    assert row[-1].text == "✕ 未达标"


def test_a_plan_without_unmet_rows_says_so_and_what_is_to_be_reported_first() -> None:
    document = rectification_plan(county(), FIRST)
    assert "本学年没有未达标事项。" in said(document)
    unknown = computed()["ledger"].filter(
        (pl.col("school_year") == 2023) & (pl.col("ledger") == "undetermined") & (pl.col("school_id") == FIRST)
    )
    assert f"以下 {unknown.height} 项因数据不全无法判定" in said(document)
    assert not tables(document)


def test_mending_begins_with_the_countys_own_order_then_facilities_then_small_gaps() -> None:
    common: Row = {
        "standard": "cn-quality-2017",
        "check": "",
        "stage": "primary",
        "subject_id": "",
        "priority": None,
        "problem_class": None,
        "limit": 10.0,
    }
    rows: list[Row] = [
        common | {"item": "key_teachers", "gap_unit": "people", "value": 9.9},
        common | {"item": "sports_area", "gap_unit": "m2", "value": 2.0},
        common | {"item": "teaching_area", "gap_unit": "m2", "value": 8.0},
        common | {"item": "above_standard_teachers", "gap_unit": "people", "value": None},
        common | {"item": "pe_arts_teachers", "gap_unit": "people", "value": 0.0, "priority": 1},
    ]
    order = [row["item"] for row in in_order(rows, list(STANDARDS.values()))]
    assert order == ["pe_arts_teachers", "teaching_area", "sports_area", "key_teachers", "above_standard_teachers"]


def test_feedback_counts_what_the_parts_count() -> None:
    document = inspection_feedback(county(), STANDARDS["cn-quality-2017"])
    parts = computed()["county_parts"].filter(
        (pl.col("school_year") == 2023) & (pl.col("standard") == "cn-quality-2017")
    )
    (government,) = parts.filter(pl.col("part") == "government").rows(named=True)
    assert f"政府保障程度 {government['items']} 项中 {government['items_met']} 项达标" in said(document)
    assert government["items_not_met"] == 2
    whole = texts(table_of(document, "各项标准的结论"))["优质均衡"]
    (verdict,) = (
        computed()["county_verdicts"]
        .filter((pl.col("school_year") == 2023) & (pl.col("standard") == "cn-quality-2017"))
        .rows(named=True)
    )
    assert whole[0] == f"✕ {display.status_word(verdict['verdict'])}"
    assert whole[2:] == [str(verdict[name]) for name in ("items_met", "items_not_met", "items_undetermined")]


def test_feedback_gives_the_figures_of_what_is_not_met() -> None:
    text = said(inspection_feedback(county(), STANDARDS["cn-quality-2017"]))
    # 15 of 200 teachers, 10 % asked; 6 of those 15 are key teachers, 20 % asked.
    assert "交流轮岗教师：7.5%（要求 ≥ 10%）" in text
    assert "其中骨干教师：" not in text
    assert "音乐专用教室（≥ 96 ㎡）：3 个学校（单位）中 1 个未达到" in text
    assert "小学每百名学生拥有县级以上骨干教师数：3 个评估单位中 1 个未达到标准值（第3小学）。" in text
    ledger_rows = computed()["ledger"].filter(
        (pl.col("school_year") == 2023) & (pl.col("ledger") == "unmet") & (pl.col("standard") == "cn-quality-2017")
    )
    of_county = ledger_rows["school_id"].null_count()
    assert (
        f"未达标台账 {ledger_rows.height} 条：县级 {of_county} 条，学校 {ledger_rows.height - of_county} 条，"
        f"涉及 {ledger_rows['school_id'].drop_nulls().n_unique()} 所学校。"
    ) in text
    assert "市复核：应于 2023 年 6 月 30 日完成，逾期未完成。" in text


def test_feedback_says_vetoes_contradictions_and_points() -> None:
    tables_of = county(computed(is_grave=True))
    quality = said(inspection_feedback(tables_of, STANDARDS["cn-quality-2017"]))
    assert "结论：不予认定" in quality
    assert "一票否决：6 有弄虚作假行为：县级认定存在。" in quality
    assert "计算结果与县级自报矛盾 1 项，以较差者为准：12 " in quality
    (government,) = (
        computed(is_grave=True)["county_parts"]
        .filter(
            (pl.col("school_year") == 2023) & (pl.col("standard") == "cn-basic-2012") & (pl.col("part") == "government")
        )
        .rows(named=True)
    )
    assert government["score_high"] < government["pass_mark"]
    basic = said(inspection_feedback(tables_of, STANDARDS["cn-basic-2012"]))
    assert f"得 0 至 {display.plain(government['score_high'])} 分（满分 100 分，合格 85 分）。" in basic
    assert "县级说明：未落实" in basic


def test_feedback_on_resources_alone_stands_on_their_verdict() -> None:
    frames = {
        name: frame
        for name, frame in computed().items()
        if not name.startswith("county_") or name == "county_dispersion"
    }
    document = inspection_feedback(county(frames), STANDARDS["cn-quality-2017"])
    assert "资源配置：未达标。" in said(document)
    assert texts(table_of(document, "各项标准的结论"))["优质均衡"][2:] == [display.NOT_APPLICABLE] * 3


def test_feedback_names_each_coefficient_over_its_limit() -> None:
    frames = computed()
    is_over = (pl.col("indicator") == "multimedia_rooms") & (pl.col("standard") == "cn-quality-2017")
    spread = frames["county_dispersion"].with_columns(
        cv=pl.when(is_over).then(0.50032).otherwise("cv"),
        margin=pl.when(is_over).then(-0.00032).otherwise("margin"),
        status=pl.when(is_over).then(pl.lit("not_met")).otherwise("status"),
    )
    text = said(inspection_feedback(county(frames | {"county_dispersion": spread}), STANDARDS["cn-quality-2017"]))
    # Three decimals would print the limit itself.
    assert "差异系数超过限值 1 项：小学每百名学生拥有网络多媒体教室数 0.50032（限值 0.50）。" in text


def test_a_county_without_verdicts_has_nothing_to_feed_back() -> None:
    document = inspection_feedback(county(), standards()["tw-indicative"])
    assert "本学年没有可以反馈的结论。" in said(document)


def test_the_pioneer_form_is_filled_from_rank_and_items() -> None:
    document = recommendation_form(county())
    (row,) = computed()["pioneer_candidates"].filter(pl.col("school_year") == 2023).rows(named=True)
    cells = texts(table_of(document, "青岚县的情况"))
    assert cells["省内排序"] == [str(row["rank"])]
    assert cells["达到学校标准的评估单位比例"] == [display.percent(row["schools_met_share"])] == ["33.3%"]
    assert cells["通过义务教育基本均衡认定的年份"] == ["2015"]
    assert cells["推荐日期"] == ["2021 年 12 月 20 日"]
    items = texts(table_of(document, "遴选条件"))
    assert items["1 党委政府重视，政策措施有力"] == ["✓ 达标", "县级自报", "…", "县委文件", "教育股"]
    assert items["3 认定时发现的问题已解决"][:3] == ["✕ 未达标", "县级自报", "=2+3 尚有两项"]
    text = said(document)
    assert "每省 3 至 5 个县，推荐截止 2021 年 12 月 10 日" in text
    against = row["reasons_against"].split("|")
    assert f"不利条件 {len(against)} 项：3 认定时发现的问题已解决。" in text
    assert "提示：遴选条件未达标而被推荐。" in text
    assert "原文共 20 项，内容未见于公开文本。" in text


def test_a_county_that_is_no_candidate_has_an_empty_form() -> None:
    frames = computed() | {name: TABLES[name].empty() for name in ("pioneer_candidates", "county_items")}
    document = recommendation_form(county(frames))
    assert "本学年没有本县的遴选记录。" in said(document)
    assert [section.anchor for section in document.sections] == ["opinions"]


def test_a_cell_prints_the_number_that_it_holds() -> None:
    assert figure(2.345, 2) == Cell(text="2.34", number=2.34, places=2)
    assert figure(None, 2).text == display.NOT_REPORTED
    assert difference(-0.5, 1).text == "−0.5"
    assert number_format(difference(0.5, 1)) == '"+"#,##0.0'
    assert share(0.9495) == Cell(text="95.0%", number=0.95, places=1, is_percent=True)
    assert share(0.00001) == Cell(text="<0.1%")
    assert bound(2.3, "at_least", after="%").text == "≥ 2.3%"
    assert bound(None, "at_least").text == display.NOT_APPLICABLE
    assert amount(8.0, "rooms").text == "8 间"
    assert amount(8.25, "m2").text == "8.25 ㎡"
    assert measured(1.0, "finding").text == "是"
    assert judged("not_met", why="低于底线").text == "✕ 未达标（低于底线）"
    assert number_format(Cell(text="", number=1, after=' 人"')) == '#,##0" 人”"'


def test_a_value_that_rounds_to_its_limit_shows_its_side() -> None:
    near = measured(94.96, "percent", limit=95.0, must_be="at_least", status="not_met")
    assert (near.text, near.number) == ("94.96%", 94.96)
    assert measured(95.04, "percent", limit=95.0, must_be="at_least", status="met").text == "95.0%"
    assert measured(2000.4, "people", limit=2000.0, must_be="at_most", status="not_met").text == "2,000.4 人"


def test_short_titles_head_the_sections_of_a_school() -> None:
    document = self_evaluation(county(), SECOND)
    headings = [section.heading for section in document.sections]
    measured_by = [STANDARDS["cn-basic-2012"], STANDARDS["cn-quality-2017"]]
    assert headings == ["学校基本情况", *(sentences.short_title(standard) for standard in measured_by), "自评结论"]
    blanks = re.findall("______", document_html(document))
    assert len(blanks) == 6


def test_a_key_is_said_as_its_standard_names_it() -> None:
    quality, basic = STANDARDS["cn-quality-2017"], STANDARDS["cn-basic-2012"]
    assert names.name(quality, "cv:books") == "books差异系数"
    assert names.name(quality, "cv:multimedia_rooms", "", "junior") == "初中每百名学生拥有网络多媒体教室数差异系数"
    assert names.name(basic, "cv:composite", "", "primary") == "小学 8 项指标综合差异系数"
    assert names.name(quality, "unheard_of") == "unheard_of"
    assert names.side(quality, "cv:multimedia_rooms") == "at_most"
    assert names.side(quality, "multimedia_rooms") == "at_least"
    assert names.side(quality, "class_size", "primary") == "at_most"
    assert names.side(quality, "fraud") is None
    assert names.side(quality, "unheard_of") is None
    assert names.unit(quality, "cv:multimedia_rooms", "1", "junior") == ""
    assert names.asked_words(quality, "unheard_of", "", 2023) == ""


def test_a_site_that_is_no_school_is_named_with_its_school() -> None:
    frames = computed()
    site = (
        frames["schools"]
        .filter((pl.col("school_year") == 2023) & (pl.col("school_id") == FIRST))
        .with_columns(
            school_id=pl.lit("2169000099"),
            school_name=pl.lit("石桥教学点"),
            parent_school_id=pl.lit(FIRST),
            is_counted=pl.lit(value=False),
        )
    )
    document = self_evaluation(county(frames | {"schools": pl.concat([frames["schools"], site])}), FIRST)
    assert "另有不计校数的办学点 1 个（石桥教学点），其学生和资源并入本校评估。" in said(document)


def test_a_note_that_names_standards_is_not_the_countys_word() -> None:
    text = said(inspection_feedback(county(), STANDARDS["cn-quality-2017"]))
    assert "县级说明：cn-basic-2012" not in text
    known = standards()
    assert sentences.note_words(known, "cn-basic-2012") == "依据基本均衡"
    assert sentences.note_words(known, "cn-basic-2012 | cn-quality-2017") == "依据基本均衡、优质均衡"
    assert sentences.note_words(known, "正在整改") == "正在整改"


def test_a_computed_limit_is_rounded_for_the_page() -> None:
    growth = {"after": "%", "unit": "percent"}
    assert bound(6.000017028034136, "above", held=-4.08, **growth).text == "> 6.0%"
    assert bound(6.000017028034136, "above", held=6.0, **growth).text == "> 6.00002%"
    assert bound(98_200.0, "at_least", after=" 元", unit="yuan").text == "≥ 98,200 元"
    assert bound(0.15, "below").text == "< 0.15"


def test_what_is_only_tracked_is_no_verdict_in_the_overview() -> None:
    frames = computed()
    only = STANDARDS["pioneer-2021"]
    tracking = tuple(part for part in only.parts if part.role == "tracking")
    kept = tuple(item for item in only.items if item.part in {part.id for part in tracking})
    tracked = msgspec.structs.replace(only, parts=tracking, items=kept)
    whole = frames["county_verdicts"].with_columns(
        verdict=pl.when(pl.col("standard") == only.id).then(pl.lit("no_limit")).otherwise("verdict")
    )
    parts = frames["county_parts"].filter(
        (pl.col("standard") != only.id) | pl.col("part").is_in([part.id for part in tracking])
    )
    given = STANDARDS | {only.id: tracked}
    year = YearTables(frames | {"county_verdicts": whole, "county_parts": parts}, 2023, given, sources())
    document = inspection_feedback(next(iter(year.counties())))
    row = texts(table_of(document, "各项标准的结论"))["优质均衡先行创建县"]
    counts = parts.filter((pl.col("standard") == only.id) & (pl.col("school_year") == 2023))
    assert row[0] == "— 只作跟踪"
    assert row[2:] == [
        str(counts[name].sum()) for name in ("items_met", "items_not_met", "items_undetermined")
    ] != ["0", "0", "0"]  # fmt: skip
    assert "只作跟踪，不作结论。" in said(document)


def test_the_pioneer_form_shows_the_whole_verdicts_and_the_vetoes() -> None:
    cells = texts(table_of(recommendation_form(county(computed(is_grave=True))), "青岚县的情况"))
    assert cells["优质均衡：结论"] == ["✕ 不予认定"]
    assert cells["优质均衡：一票否决"] == ["✕ 存在"]
    assert cells["优质均衡：资源配置"][0].endswith("达标")
    text = said(recommendation_form(county()))
    assert text.count("2021 年 12 月 10 日") == 1
    assert "名额和截止日期为 2021 年首批" in text


def test_a_stage_is_not_said_twice() -> None:
    assert names.with_stage("primary", "小学生均公用经费") == "小学生均公用经费"
    assert names.with_stage("primary", "12 周岁") == "小学 12 周岁"
    assert names.with_stage("junior", "生均图书册数") == "初中生均图书册数"
    assert names.with_stage("", "布局") == "布局"


def test_a_limit_that_the_county_has_not_reported_is_named() -> None:
    quality = STANDARDS["cn-quality-2017"]
    words = names.reason_words(quality, "small_village_schools", "", "limit_not_reported")
    assert words == "作为要求的“小学生均公用经费基准定额（元）”未上报"
    assert names.reason_words(quality, "layout", "", None) == "数据不全"


def test_what_was_never_met_within_the_data_may_be_older() -> None:
    assert since_words(county(), 2022) == "2022 学年或更早"
    assert since_words(county(), 2023) == "2023 学年"
    assert since_words(county(), None) == display.NOT_APPLICABLE


def test_measures_past_their_day_are_counted_and_not_their_rows() -> None:
    row = {"standard": "cn-quality-2017", "item": "layout", "measure": "整改", "forecast": "missed", "done_on": None,
           "expected_by": dt.date(2023, 8, 31)}  # fmt: skip
    (_given, missed) = arranged_sentences([row, row, row], "条")
    assert missed == "1 项整改已过填报的完成期限，仍未达标，涉及 3 条。"
