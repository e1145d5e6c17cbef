"""Official forms: every figure is the table's, shown with the form's decimals; text stays text; bytes are stable."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from decimal import Decimal
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import fastexcel
import polars as pl
import pytest

from pipelines.dispersion import county_dispersion
from pipelines.indicators import unit_indicators
from pipelines.judgement import judge
from pipelines.units import units
from pipelines.verdicts import resource_verdicts, school_verdicts
from reports import sheet as room
from reports.forms import Form, forms, forms_csv, province_forms, write_forms
from reports.forms.form import number
from reports.year import CountyTables, YearTables
from schemas.contract import conform
from schemas.county import COUNTY_FACTS
from schemas.source import sources
from schemas.tables import COUNTY_DISPERSION, COUNTY_VERDICTS, RESOURCE_VERDICTS, codes
from standards.standard import Standard, load, standards
from tests.county import schools

YEAR = 2023
Row = dict[str, object]
HOSTILE = "=SUM(A1)"

# 1,000 primary pupils at or above every norm of 2017.
SOUND: Row = {
    "pupils_primary": 1000,
    **{f"pupils_grade_{grade}_primary": pupils for grade, pupils in enumerate((170, 170, 170, 170, 160, 160), 1)},
    "classes_primary": 25,
    "operator_code": "831",
    "full_time_teachers_primary": 60,
    "teachers_doctor_primary": 0,
    "teachers_master_primary": 0,
    "teachers_bachelor_primary": 30,
    "teachers_college_primary": 20,
    "key_teachers_primary": 12,
    "pe_teachers_primary": 5,
    "music_teachers_primary": 3,
    "fine_arts_teachers_primary": 3,
    "arts_teachers_primary": 0,
    "teaching_auxiliary_area_m2": 6000,
    "indoor_sports_area_m2": 500,
    "sports_ground_area_m2": 8000,
    "equipment_value_yuan": 2_500_000,
    "multimedia_rooms": 25,
    "computers": 120,
    "books": 30_000,
    "is_music_kit_meets": True,
}
DRAWN: list[Row] = [
    SOUND,
    # 20 rooms for 1,000 pupils: 2.0 of 2.3, above 85 % of it (1.955).
    SOUND | {"school_name": HOSTILE, "multimedia_rooms": 20, "operator_code": "999"},
    # 15 rooms: 1.5, below 85 %.
    SOUND | {"multimedia_rooms": 15, "operator_code": "894", "pupils_grade_6_primary": None},
    SOUND | {"key_teachers_primary": None, "operator_code": None, "books": 6_585_000},
]
SAID: list[Row] = [
    {"fact": "basic_balance_recognised_year", "value": 2015},
    {"fact": "cn-quality-2017/layout", "finding": True, "note": "规划已公布"},
    {"fact": "disabled_children_of_age", "value": 40},
    {"fact": "disabled_children_enrolled", "value": 39},
    {"fact": "migrant_children_eligible", "value": 3},
    {"fact": "migrant_children_in_public_schools", "value": 1},
    {"fact": "migrant_children_in_bought_places", "value": 1},
    {"fact": "approval_questionnaires_issued", "value": 700},
    {"fact": "approval_questionnaires_valid", "value": 600},
    {"fact": "approval_questionnaires_satisfied", "value": 511},
    {"fact": "approval_questionnaires_valid", "value": 300, "breakdown": "家长"},
    {"fact": "approval_questionnaires_satisfied", "value": 270, "breakdown": "家长"},
    {"fact": "satisfaction_questionnaires_valid", "value": 600},
    {"fact": "satisfaction_questionnaires_satisfied", "value": 501},
    {"fact": "cn-basic-2012/migrant_children_planned", "finding": True, "score": 6},
    *(
        {"fact": fact, "value": value, "period": year}
        for fact, values in (
            ("education_appropriation_yuan", (84_343_000, 82_428_000, 103_613_000)),
            ("budgetary_education_yuan", (84_343_000, 82_428_000, 103_613_000)),
            ("fiscal_expenditure_yuan", (863_290_000, 958_470_000, 1_046_600_000)),
            ("staff_average_pay_yuan", (50_000, 60_000, 66_600)),
        )
        for year, value in zip((2020, 2021, 2022), values, strict=True)
    ),
]
BASE = """
title = { zh = "示例省办学基本标准", en = "Base standard" }
document = { zh = "示例文件", en = "Drawn" }
applies_to = ["cn-returns"]
provinces = ["690000"]
gate_of = "cn-basic-2012"
[scope]
stages = ["primary", "junior"]
teaching_points = "out"
article = "示例"
[split]
weights = { primary = "1", junior = "1.1", senior = "1.32" }
resources = ["books"]
article = "示例"
[[indicators]]
id = "books"
number = "L6"
label = { zh = "生均图书册数", en = "Books" }
unit = "volumes_per_pupil"
article = "示例"
plus = ["books"]
norms = [{ from = 2000-01-01, primary = "31", junior = "31" }]
[[indicators]]
id = "music_kit"
number = "L4"
label = { zh = "音乐器材", en = "Music kit" }
unit = "finding"
article = "示例"
plus = ["is_music_kit_meets"]
denominator = "one"
norms = [{ from = 2000-01-01, primary = "1", junior = "1" }]
[school_rule]
at_norm = 2
floor_share = "0"
article = "两项均须达到"
"""


@cache
def drawn_standards(base: Path | None = None) -> dict[str, Standard]:
    """The national standards, and a drawn base standard of the invented province where a folder for it is given."""
    known = {name: s for name, s in standards().items() if not s.gate_of}
    if base is None:
        return known
    path = base / "drawn-base.toml"
    path.write_text(BASE, "utf-8")
    return known | {"drawn-base": load(path)}


def said(rows: list[Row]) -> pl.DataFrame:
    common = {
        "school_year": YEAR,
        "source": "cn-returns",
        "province_code": "690000",
        "county_code": "690101",
        "county_name": "青岚县",
        "period": YEAR,
        "breakdown": "",
        "school_id": "",
        "file": "drawn.xlsx",
    }
    return conform(pl.DataFrame([common | row for row in rows], infer_schema_length=None), COUNTY_FACTS)


def year_of(rows: list[Row], facts: list[Row], known: dict[str, Standard], *, is_synthetic: bool = True) -> YearTables:
    """Everything computed from drawn schools and what the county says."""
    drawn, reported = schools(rows), said(facts) if facts else COUNTY_FACTS.empty()
    parts: dict[str, list[pl.DataFrame]] = {
        name: [] for name in ("units", "unit_indicators", "county_dispersion", "school_verdicts", "resource_verdicts")
    }
    for standard in known.values():
        found = units(drawn, standard)
        values = unit_indicators(found, standard, reported)
        spread = county_dispersion(found, values, standard) if standard.indicators else COUNTY_DISPERSION.empty()
        judged = school_verdicts(values, standard)
        verdicts = resource_verdicts(spread, judged, standard) if standard.indicators else RESOURCE_VERDICTS.empty()
        for name, table in zip(parts, (found, values, spread, judged, verdicts), strict=True):
            parts[name].append(table)
    tables = {name: pl.concat(frames) for name, frames in parts.items()}
    tables["county_facts"] = reported
    whole = judge(tables["units"], reported, tables["resource_verdicts"], COUNTY_VERDICTS.empty(), known, YEAR)
    tables |= {name: getattr(whole, name) for name in whole.__dataclass_fields__}
    return YearTables(tables, YEAR, known, sources(), is_synthetic=is_synthetic)


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> CountyTables:
    year = year_of(DRAWN, SAID, drawn_standards(tmp_path_factory.mktemp("base")))
    return next(iter(year.counties()))


@pytest.fixture(scope="module")
def quality(county: CountyTables) -> dict[str, Form]:
    return {form.id: form for form in forms(county, county.all.standards["cn-quality-2017"])}


@pytest.fixture(scope="module")
def basic(county: CountyTables) -> dict[str, Form]:
    return {form.name: form for form in forms(county, county.all.standards["cn-basic-2012"])}


def column(form: Form, name: str) -> list[str]:
    """A column as it is shown."""
    at = [c.name for c in form.columns].index(name)
    return [row[at].shown for row in form.rows]


def record(form: Form, **wanted: str) -> dict[str, str]:
    """The one row whose cells are as wanted."""
    names = [c.name for c in form.columns]
    found = [
        row
        for row in (dict(zip(names, (c.shown for c in cells), strict=True)) for cells in form.rows)
        if wanted.items() <= row.items()
    ]
    assert len(found) == 1
    return found[0]


def saved(made: tuple[Form, ...] | list[Form]) -> bytes:
    target = io.BytesIO()
    write_forms(made, target)
    return target.getvalue()


def sheet_xml(book: bytes, name: str) -> ET.Element:
    """A sheet's XML by its name, without namespaces."""
    with zipfile.ZipFile(io.BytesIO(book)) as packed:
        listed = re.findall(r'<sheet name="([^"]+)" sheetId="(\d+)"', packed.read("xl/workbook.xml").decode())
        text = packed.read(f"xl/worksheets/sheet{dict(listed)[name]}.xml").decode()
    return ET.fromstring(re.sub(r' xmlns="[^"]+"', "", text))


def table_of(book: bytes, form: Form) -> pl.DataFrame:
    """A form read back from the workbook: header and rows, every cell as the reader gives it."""
    top = header_row(book, form)
    return fastexcel.read_excel(book).load_sheet(form.id, header_row=top, dtypes="string").to_polars()


def header_row(book: bytes, form: Form) -> int:
    rows = fastexcel.read_excel(book).load_sheet(form.id, header_row=None, dtypes="string").to_polars()
    return rows[:, 0].to_list().index(form.columns[0].label)


def test_quality_balance_has_its_forms_in_order(quality: dict[str, Form]) -> None:
    assert list(quality)[:7] == ["表Ⅰ", "表Ⅱ-1", "表Ⅱ-2", "表Ⅲ", "表Ⅳ", "表Ⅴ", "表Ⅵ"]
    assert len(quality["表Ⅳ"].rows) == 15
    assert len(quality["表Ⅴ"].rows) == 9


def test_a_unit_is_shown_with_operator_type_grades_classes_and_values(quality: dict[str, Form]) -> None:
    row = record(quality["表Ⅱ-2"], school_name="第1小学")
    assert row | {"remarks": ""} == {
        "number": "1",
        "stage": "小学",
        "school_name": "第1小学",
        "operator_type": "7",
        "pupils": "1000",
        "grades": "6",
        "classes": "25",
        "above_standard_teachers": "5.00",
        "key_teachers": "1.20",
        "pe_arts_teachers": "1.10",
        "teaching_area": "5.50",
        "sports_area": "8.50",
        "equipment_value": "2500.00",
        "multimedia_rooms": "2.50",
        "verdict": "达标",
        "remarks": "",
        "school_id": "2169000001",
    }


def test_remarks_say_which_indicators_meet_the_norm_and_which_only_85_percent(quality: dict[str, Form]) -> None:
    at = [column.name for column in quality["表Ⅱ-2"].columns].index("remarks")
    remarks = [row[at].text for row in quality["表Ⅱ-2"].rows]
    assert remarks == [
        "达标：1、2、3、4、5、6、7",
        "达标：1、2、3、4、5、6；仅达 85%：7",
        "达标：1、2、3、4、5、6；不足 85%：7；举办者为集体，不在十类之内",
        "达标：1、3、4、5、6、7；无法判定：2",
    ]
    # One indicator that is not reported leaves six at the norm: whether the seventh reaches its floor is not known.
    assert column(quality["表Ⅱ-2"], "verdict") == ["达标", "达标", "未达标", "无法判定"]


def test_an_operator_that_is_none_of_the_ten_types_or_unknown_has_none(quality: dict[str, Form]) -> None:
    assert column(quality["表Ⅱ-2"], "operator_type") == ["7", "10", "—", "…"]


def test_the_ten_operator_types_lead_from_the_codes_of_the_returns() -> None:
    listed = codes("operator_types")
    assert [entry["operator_type"] for entry in listed] == [str(number) for number in range(1, 11)]
    assert {entry["code"] for entry in listed} - {""} <= {entry["code"] for entry in codes("operators")}


def test_grades_are_not_counted_where_they_do_not_add_up_to_the_pupils(quality: dict[str, Form]) -> None:
    assert column(quality["表Ⅱ-2"], "grades") == ["6", "6", "…", "6"]


def test_met_schools_are_counted_by_indicator_and_for_the_school_rule(quality: dict[str, Form]) -> None:
    rooms = record(quality["表Ⅱ-1"], indicator="7 每百名学生拥有网络多媒体教室数")
    assert (rooms["units"], rooms["met"], rooms["met_percent"]) == ("4", "2", "50.0")
    assert (rooms["not_met"], rooms["at_floor"], rooms["undetermined"]) == ("2", "1", "0")
    key = record(quality["表Ⅱ-1"], indicator="2 每百名学生拥有县级以上骨干教师数")
    assert (key["met"], key["met_percent"], key["undetermined"]) == ("3", "75.0", "1")
    rule = record(quality["表Ⅱ-1"], indicator="综合评估（学校标准）")
    assert (rule["met"], rule["not_met"], rule["undetermined"], rule["at_floor"]) == ("2", "1", "1", "—")


def test_means_have_two_and_coefficients_three_decimals(quality: dict[str, Form], county: CountyTables) -> None:
    row = record(quality["表Ⅲ"], indicator="7 每百名学生拥有网络多媒体教室数")
    assert (row["mean"], row["cv"], row["limit"], row["status"]) == ("2.12", "0.195", "0.50", "达标")
    assert county.dispersion["cn-quality-2017", "primary", "multimedia_rooms"]["mean"] == 2.125
    mean = record(quality["表Ⅲ"], indicator="差异系数的平均值")
    assert mean["mean"] == "—"
    assert mean["cv"] == f"{county.dispersion['cn-quality-2017', 'primary', 'composite']['cv']:.3f}"


def test_an_item_has_its_value_its_requirement_and_its_status(quality: dict[str, Form]) -> None:
    layout = record(quality["表Ⅳ"], item="layout")
    assert (layout["value"], layout["finding"], layout["status"], layout["basis"]) == (
        "—",
        "规划已公布",
        "达标",
        "县级自报",
    )
    disabled = record(quality["表Ⅴ"], number="2")
    assert (disabled["value"], disabled["unit"], disabled["status"], disabled["requirement"]) == (
        "97.5",
        "%",
        "达标",
        "≥ 95%",
    )


def test_what_the_county_does_not_say_is_undetermined_and_never_met(quality: dict[str, Form]) -> None:
    silent = [row for row in column(quality["表Ⅴ"], "status") if row != "达标"]
    assert silent
    assert set(silent) <= {"无法判定", "未达标"}


def test_the_survey_has_all_together_first_and_rates_with_one_decimal(quality: dict[str, Form]) -> None:
    survey = quality["表Ⅵ"]
    assert column(survey, "breakdown") == ["全体", "家长"]
    assert column(survey, "rate_1") == ["85.2", "90.0"]
    assert column(survey, "approval_questionnaires_issued") == ["700", "…"]
    assert [c.label for c in survey.columns if c.name.startswith("approval_")] == [
        "问卷发放数",
        "有效问卷数",
        "满意问卷数",
    ]


def test_a_base_standard_marks_what_is_met_with_1(basic: dict[str, Form]) -> None:
    form = basic["base_standard"]
    assert [c.label for c in form.columns][4:6] == ["L6 生均图书册数", "L4 音乐器材"]
    assert column(form, "books") == ["0", "0", "0", "1"]
    assert column(form, "music_kit") == ["1", "1", "1", "1"]
    assert column(form, "items_met") == ["1", "1", "1", "2"]
    assert column(form, "verdict") == ["未达标", "未达标", "未达标", "达标"]


def test_the_gate_names_the_base_standard_that_it_rests_on(basic: dict[str, Form]) -> None:
    gate = record(basic["other_parts"], item="base_standard_met")
    assert (gate["finding"], gate["status"]) == ("示例省办学基本标准", "未达标")


def test_what_is_not_met_only_by_unrounded_figures_is_said() -> None:
    # 84.96 % prints 85.0.
    said_ = [
        {"fact": "approval_questionnaires_valid", "value": 10_000},
        {"fact": "approval_questionnaires_satisfied", "value": 8_496},
    ]
    year = year_of(DRAWN, said_, drawn_standards())
    made = {form.id: form for form in forms(next(iter(year.counties())), year.standards["cn-quality-2017"])}
    row = record(made["表Ⅵ"], breakdown="全体")
    assert (row["rate_1"], row["status_1"], row["remarks"]) == ("85.0", "未达标", "以未舍入的值 84.96 与要求比较")


def test_a_rate_above_100_percent_is_refused() -> None:
    said_ = [
        {"fact": "approval_questionnaires_valid", "value": 100},
        {"fact": "approval_questionnaires_satisfied", "value": 101},
    ]
    year = year_of(DRAWN, said_, drawn_standards())
    made = {form.id: form for form in forms(next(iter(year.counties())), year.standards["cn-quality-2017"])}
    row = record(made["表Ⅵ"], breakdown="全体")
    assert (row["rate_1"], row["status_1"]) == ("…", "无法判定")


@pytest.mark.parametrize("province", ["510000", "370000", "440000", "650000"])
def test_provincial_standards_have_forms_too(province: str) -> None:
    here = [row | {"province_code": province} for row in DRAWN]
    year = year_of(here, [row | {"province_code": province} for row in SAID], dict(standards()))
    county = next(iter(year.counties()))
    for standard in county.standards:
        made = forms(county, standard)
        assert made, standard.id
        for form in made:
            assert len({c.label for c in form.columns}) == len(form.columns), form.heading
            assert all(cell.shown for row in form.rows for cell in row), form.heading
            assert all(len(row) == len(form.columns) for row in form.rows), form.heading
        assert saved(made) == saved(forms(county, standard))


def test_a_province_without_a_base_standard_says_so() -> None:
    year = year_of(DRAWN, [], drawn_standards())
    form = forms(next(iter(year.counties())), year.standards["cn-basic-2012"])[0]
    assert form.rows == ()
    assert form.notes == ("没有登记本省的办学基本标准，学校是否达到无从填报。",)


def test_finance_has_last_year_this_year_and_growth(basic: dict[str, Form]) -> None:
    grown = record(basic["finance"], label="义务教育预算内经费拨款")
    assert (grown["period"], grown["before"], grown["now"], grown["growth"]) == (
        "2022",
        "82428000",
        "103613000",
        "25.7",
    )
    revenue = record(basic["finance"], label="地方财政经常性收入")
    assert (revenue["before"], revenue["now"], revenue["growth"]) == ("…", "…", "…")
    share = record(basic["finance"], label="预算内教育经费占财政支出比例")
    assert (share["before"], share["now"], share["growth"]) == ("8.6", "9.9", "—")
    assert share["remarks"] == "比上年+1.3 个百分点"
    assert len(basic["finance"].rows) == 8


def test_points_are_added_up_behind_their_items(basic: dict[str, Form]) -> None:
    form = basic["government"]
    assert len(form.rows) == 17 + 1
    assert column(form, "points")[-1] == "100.00"
    assert sum(Decimal(points) for points in column(form, "points")[:-1]) == 100
    total = record(form, number="合计")
    assert total["requirement"] == "不低于 85.00 分"
    assert total["status"] in ("无法判定", "未达标")


def test_every_other_standard_has_a_plain_pair(county: CountyTables) -> None:
    made = {form.name: form for form in forms(county, county.all.standards["class-size"])}
    assert "school_checks" in made
    assert all(row for form in made.values() for row in form.rows)
    for standard in county.standards:
        assert forms(county, standard), standard.id


def test_no_cell_is_empty_and_every_row_is_as_wide_as_its_header(county: CountyTables) -> None:
    for standard in county.standards:
        for form in forms(county, standard):
            for row in form.rows:
                assert len(row) == len(form.columns), form.id
                assert all(cell.shown for cell in row), form.id
            assert len({c.name for c in form.columns}) == len(form.columns)


def test_numbers_are_read_back_as_they_are_shown(quality: dict[str, Form]) -> None:
    book = saved(tuple(quality.values()))
    for form in quality.values():
        if not form.rows:
            continue
        printed = [c for c in form.columns if c.is_printed]
        rows = table_of(book, form)
        assert rows.height == len(form.rows)
        for place, column_ in enumerate(printed):
            at = form.columns.index(column_)
            for cell, read in zip((row[at] for row in form.rows), rows[:, place], strict=True):
                assert (Decimal(read) == cell.number) if cell.number is not None else (read == cell.text)


def test_cells_are_typed_and_formatted_with_the_forms_decimals(quality: dict[str, Form]) -> None:
    form = quality["表Ⅱ-2"]
    book = saved(tuple(quality.values()))
    cells = {cell.get("r"): cell for cell in sheet_xml(book, form.id).iter("c")}
    first = header_row(book, form) + 2
    shapes = formats(book)
    pupils, value = cells[f"E{first}"], cells[f"H{first}"]
    assert pupils.get("t") is None
    assert [shapes[int(cell.get("s", ""))] for cell in (pupils, value)] == ["0", "0.00"]
    assert cells[f"C{first}"].get("t") == "s"
    cvs = {cell.get("r"): cell for cell in sheet_xml(book, "表Ⅲ").iter("c")}
    assert shapes[int(cvs[f"F{header_row(book, quality['表Ⅲ']) + 2}"].get("s", ""))] == "0.000"
    rates = {cell.get("r"): cell for cell in sheet_xml(book, "表Ⅱ-1").iter("c")}
    assert shapes[int(rates[f"F{header_row(book, quality['表Ⅱ-1']) + 2}"].get("s", ""))] == "0.0"


def formats(book: bytes) -> list[str]:
    """The number format of each cell style."""
    with zipfile.ZipFile(io.BytesIO(book)) as packed:
        text = re.sub(r' xmlns="[^"]+"', "", packed.read("xl/styles.xml").decode())
    styles = ET.fromstring(text)
    own = {found.get("numFmtId"): found.get("formatCode") for found in styles.iter("numFmt")}
    known = {"0": "General", "1": "0", "2": "0.00", "49": "@"} | own
    cell_styles = styles.find("cellXfs")
    assert cell_styles is not None
    return [str(known[style.get("numFmtId")]) for style in cell_styles]


def test_sheets_print_on_a4_landscape_as_wide_as_the_page_with_the_header_repeated(quality: dict[str, Form]) -> None:
    book = saved(tuple(quality.values()))
    for form in quality.values():
        sheet = sheet_xml(book, form.id)
        setup = sheet.find("pageSetup")
        assert setup is not None
        assert (setup.get("paperSize"), setup.get("orientation")) == ("9", "landscape")
        assert (setup.get("fitToWidth", "1"), setup.get("fitToHeight")) == ("1", "0")
        fits = sheet.find("sheetPr/pageSetUpPr")
        assert fits is not None
        assert fits.get("fitToPage") == "1"
        assert sheet.find("mergeCells") is None
    with zipfile.ZipFile(io.BytesIO(book)) as packed:
        names = packed.read("xl/workbook.xml").decode()
    for form in quality.values():
        top = header_row(book, form) + 1
        assert f"'{form.id}'!${top}:${top}" in names or f"{form.id}!${top}:${top}" in names


def print_scale(xml: ET.Element, digit: float = 8.5 / 96) -> float:
    """How much a sheet shrinks to be as wide as A4 landscape; where the font is not installed, a digit is that wide."""
    columns = [(int(c.get("min", "")), int(c.get("max", "")), float(c.get("width", ""))) for c in xml.iter("col")]
    inches = digit * sum((last - first + 1) * width for first, last, width in columns)
    return float(min(1.0, (297 / 25.4 - 2 * room.SIDE_MARGIN) / inches))


@pytest.mark.parametrize("province", ["690000", "510000", "370000", "440000", "650000"])
def test_every_form_prints_legibly_on_a4(province: str) -> None:
    long = "一所名称很长而且在镇中心区和镇乡结合区都设有教学点的九年一贯制实验学校"
    here = [row | {"province_code": province, "school_name": long} for row in DRAWN]
    year = year_of(here, [row | {"province_code": province, "note": long * 9} for row in SAID], dict(standards()))
    county = next(iter(year.counties()))
    for standard in county.standards:
        for made in (forms(county, standard), province_forms(year, province, standard)):
            book = saved(made)
            for name in fastexcel.read_excel(book).sheet_names:
                assert print_scale(sheet_xml(book, name)) >= 0.55, (standard.id, name)
            for form in made:
                if len(form.columns) <= 12:
                    assert print_scale(sheet_xml(book, form.id)) >= 0.65, form.heading


def test_rows_are_as_high_as_their_wrapped_text_and_no_figure_is_wider_than_its_column(county: CountyTables) -> None:
    for standard in county.standards:
        made = forms(county, standard)
        book = saved(made)
        for form in made:
            xml = sheet_xml(book, form.id)
            widths = [
                float(column.get("width", ""))
                for column in xml.iter("col")
                for _ in range(int(column.get("min", "")), int(column.get("max", "")) + 1)
            ]
            printed = [place for place, column_ in enumerate(form.columns) if column_.is_printed]
            heights = [float(row.get("ht", "15")) for row in xml.iter("row")][-len(form.rows) or None :]
            assert len(widths) == len(printed)
            for row, high in zip(form.rows, heights, strict=False):
                for place, width in zip(printed, widths, strict=True):
                    needed = room.wide(row[place].shown)
                    if form.columns[place].is_number:
                        assert needed < width, form.heading
                    elif row[place].shown:
                        assert min(409, -(-needed // int(width)) * 13) <= high, form.heading


def test_no_sheet_is_hidden(quality: dict[str, Form]) -> None:
    with zipfile.ZipFile(io.BytesIO(saved(tuple(quality.values())))) as packed:
        assert "hidden" not in packed.read("xl/workbook.xml").decode()


def test_a_unit_stands_on_a_line_of_its_own_in_the_header(quality: dict[str, Form]) -> None:
    assert "在校生数\n（人）" in table_of(saved(tuple(quality.values())), quality["表Ⅱ-2"]).columns


def test_a_thick_line_stands_above_and_below_each_table(quality: dict[str, Form]) -> None:
    form = quality["表Ⅲ"]
    book = saved(tuple(quality.values()))
    with zipfile.ZipFile(io.BytesIO(book)) as packed:
        styles = ET.fromstring(re.sub(r' xmlns="[^"]+"', "", packed.read("xl/styles.xml").decode()))
    borders = list(styles.find("borders") or [])
    cell_styles = list(styles.find("cellXfs") or [])
    cells = {cell.get("r"): cell for cell in sheet_xml(book, form.id).iter("c")}
    top = header_row(book, form) + 1

    def edge(cell: str, side: str) -> str | None:
        border = borders[int(cell_styles[int(cells[cell].get("s", ""))].get("borderId", ""))]
        found = border.find(side)
        return None if found is None else found.get("style")

    assert (edge(f"A{top}", "top"), edge(f"A{top}", "bottom")) == ("thick", "thin")
    assert edge(f"A{top + len(form.rows)}", "bottom") == "thick"
    assert edge(f"A{top}", "left") is None


def test_a_school_named_like_a_formula_is_inert(quality: dict[str, Form]) -> None:
    form = quality["表Ⅱ-2"]
    book = saved(tuple(quality.values()))
    assert not list(sheet_xml(book, form.id).iter("f"))
    assert HOSTILE in table_of(book, form)["学校名称"].to_list()
    rows = list(csv.DictReader(io.StringIO(forms_csv(form).removeprefix("\ufeff"))))
    assert rows[1]["school_name"] == "'" + HOSTILE


def test_a_workbook_has_a_cover_every_form_and_notes(quality: dict[str, Form]) -> None:
    book = saved(tuple(quality.values()))
    assert fastexcel.read_excel(book).sheet_names == ["封面", *quality, "说明"]
    cover = fastexcel.read_excel(book).load_sheet("封面", header_row=None, dtypes="string").to_polars()
    words = " ".join(str(cell) for row in cover.rows() for cell in row)
    for wanted in ("青岚县", "690101", "2023/2024 学年初", "教督〔2017〕6号", "示例数据", "表Ⅱ-2"):
        assert wanted in words


def test_the_same_forms_give_the_same_bytes(county: CountyTables) -> None:
    standard = county.all.standards["cn-quality-2017"]
    assert saved(forms(county, standard)) == saved(forms(county, standard))


def test_a_form_says_where_when_and_what_its_symbols_mean(quality: dict[str, Form]) -> None:
    for form in quality.values():
        said = "".join(form.lines)
        assert "青岚县（690101）" in said
        assert "2023 年 9 月 1 日" in said
        assert "… 未上报" in said
        assert "示例数据" in said


def test_a_csv_file_has_one_header_row_and_figures_without_separators(quality: dict[str, Form]) -> None:
    text = forms_csv(quality["表Ⅱ-2"])
    assert text.startswith("\ufeffschool_year,county_code,county_name,number,stage,school_name,")
    assert text.endswith("\r\n")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows[0]["equipment_value"] == "2500.00"
    assert rows[3]["key_teachers"] == ""
    assert rows[0]["school_id"] == "2169000001"


def test_a_province_stacks_the_forms_of_its_counties() -> None:
    other = [
        row | {"county_code": "690102", "county_name": "石桥县", "school_id": f"21690001{place:02d}"}
        for place, row in enumerate(DRAWN[:2])
    ]
    year = year_of([*DRAWN, *other], SAID, drawn_standards())
    standard = year.standards["cn-quality-2017"]
    stacked = {form.id: form for form in province_forms(year, "690000", standard)}
    single = [{form.id: form for form in forms(county, standard)} for county in year.counties()]
    assert list(stacked) == list(single[0])
    assert [c.label for c in stacked["表Ⅱ-2"].columns[:2]] == ["行政区划代码", "县（市、区）"]
    for name, form in stacked.items():
        assert len(form.rows) == sum(len(forms_[name].rows) for forms_ in single)
        assert [row[2:] for row in form.rows] == [row for forms_ in single for row in forms_[name].rows]
    assert set(column(stacked["表Ⅱ-2"], "county_name")) == {"青岚县", "石桥县"}
    assert forms_csv(stacked["表Ⅲ"]).startswith("\ufeffschool_year,county_code,county_name,stage,")
    assert fastexcel.read_excel(saved(tuple(stacked.values()))).sheet_names == ["封面", *stacked, "说明"]
    assert province_forms(year, "110000", standard) == ()


def test_without_forms_there_is_no_workbook() -> None:
    with pytest.raises(ValueError, match="not for this county"):
        write_forms((), io.BytesIO())


def test_a_workbook_is_written_to_a_path(tmp_path: Path, quality: dict[str, Form]) -> None:
    path = tmp_path / "表册.xlsx"
    write_forms(tuple(quality.values()), path)
    assert path.read_bytes() == saved(tuple(quality.values()))


@pytest.mark.parametrize(
    ("value", "places", "shown"),
    [(6.585, 2, "6.58"), (6.595, 2, "6.60"), (0.5152566299, 3, "0.515"), (-0.001, 2, "0.00"), (12.5, 0, "12")],
)
def test_a_number_is_rounded_once_half_to_even(value: float, places: int, shown: str) -> None:
    assert number(value, places).shown == shown
