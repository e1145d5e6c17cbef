"""Return workbooks: what is written in the file's unit is read back as the same figures."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import fastexcel
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipelines.intake import Intake, take_in
from pipelines.synthetic import province
from reports.return_workbook import NOTES_SHEET, return_frame, write_return
from schemas.source import Source, sources

YEAR = 2022


@pytest.fixture(scope="module")
def source() -> Source:
    return sources()["cn-returns"]


@pytest.fixture(scope="module")
def rows() -> pl.DataFrame:
    return province()[YEAR].head(40)


def _read(path: Path) -> Intake:
    return take_in([(path.name, path)], sources().values())


def test_a_filled_workbook_is_read_back_as_the_same_values(tmp_path: Path, source: Source, rows: pl.DataFrame) -> None:
    path = tmp_path / "年报.xlsx"
    write_return(path, source, "school", YEAR, rows, title="示例省年报")
    taken = _read(path)
    assert taken.quarantine.is_empty()
    assert_frame_equal(taken.schools.select(rows.columns), rows)


@pytest.mark.parametrize("year", [2020, 2021])
def test_the_headers_are_those_of_the_year(source: Source, rows: pl.DataFrame, year: int) -> None:
    headers = [header.header for header in source.headers("school", year)]
    assert return_frame(source, "school", year, rows).columns == headers


def test_a_text_frame_is_read_back_as_the_same_values(tmp_path: Path, source: Source, rows: pl.DataFrame) -> None:
    path = tmp_path / "年报.csv"
    return_frame(source, "school", YEAR, rows).write_csv(path)
    taken = _read(path)
    assert taken.quarantine.is_empty()
    assert_frame_equal(taken.schools.select(rows.columns), rows)


@pytest.mark.parametrize(
    ("yuan", "wan"),
    [("12345.6700", "1.234567"), ("30000.0000", "3"), ("0.0000", "0"), ("0.0001", "0.00000001"), ("100", "0.01")],
)
def test_yuan_are_written_as_wan_without_a_stray_digit(source: Source, rows: pl.DataFrame, yuan: str, wan: str) -> None:
    one = rows.head(1).with_columns(equipment_value_yuan=pl.lit(Decimal(yuan), dtype=pl.Decimal(18, 4)))
    assert return_frame(source, "school", YEAR, one)["教学仪器设备资产值（万元）"].item() == wan


def test_truth_values_are_yes_and_no_and_null_is_blank(source: Source, rows: pl.DataFrame) -> None:
    three = rows.head(3).with_columns(is_boarding=pl.Series([True, False, None]))
    assert return_frame(source, "school", YEAR, three)["是否寄宿制学校"].to_list() == ["是", "否", None]


def test_a_field_that_the_rows_lack_is_blank(source: Source, rows: pl.DataFrame) -> None:
    assert return_frame(source, "school", YEAR, rows.drop("books"))["图书册数"].null_count() == rows.height


def test_several_sheets_of_one_layout_are_read_as_one_file(tmp_path: Path, source: Source, rows: pl.DataFrame) -> None:
    path = tmp_path / "年报.xlsx"
    write_return(
        path, source, "school", YEAR, rows.head(30), sheet="甲", further={"乙": rows.tail(10)}, notes=["面积：平方米"]
    )
    taken = _read(path)
    assert taken.returns["sheets"].item() == "甲 | 乙"
    assert_frame_equal(taken.schools.select(rows.columns), rows)


def test_a_template_has_the_headers_and_explains_each_of_them(tmp_path: Path, source: Source) -> None:
    path = tmp_path / "空表.xlsx"
    write_return(path, source, "school", YEAR, None)
    book = fastexcel.read_excel(path)
    headers = [header.header for header in source.headers("school", YEAR)]
    assert book.sheet_names == ["年报", NOTES_SHEET]
    assert book.load_sheet("年报").to_polars().columns == headers
    legend = book.load_sheet(NOTES_SHEET, dtypes="string").to_polars()
    assert legend["表头"].to_list() == headers
    units = dict(legend.select("表头", "单位").iter_rows())
    assert units["教学仪器设备资产值（万元）"] == "万元"
    assert units["占地面积（平方米）"] == "平方米"
    words = dict(legend.select("表头", "规则").iter_rows())
    assert "10 位学校标识码" in words["学校标识码"]
    assert "骨干教师多于专任教师" in words["小学县级及以上骨干教师数"]
    assert "{" not in "".join(word or "" for word in words.values())


def test_a_template_is_read_back_as_a_return_without_rows(tmp_path: Path, source: Source) -> None:
    path = tmp_path / "空表.xlsx"
    write_return(path, source, "school", YEAR, None)
    taken = _read(path)
    assert taken.quarantine["rule"].to_list() == ["no_rows"]
    assert taken.returns["status"].item() == "refused"


def test_the_same_rows_give_the_same_bytes(tmp_path: Path, source: Source, rows: pl.DataFrame) -> None:
    contents = []
    for name in ("one.xlsx", "two.xlsx"):
        write_return(tmp_path / name, source, "school", YEAR, rows)
        contents.append((tmp_path / name).read_bytes())
    assert contents[0] == contents[1]


def test_a_template_can_be_made_for_every_layout_of_every_source(tmp_path: Path) -> None:
    for known in sources().values():
        for layout in (name for name, about in known.described.layouts.items() if about.kind == "rows"):
            path = tmp_path / f"{known.name}-{layout}.xlsx"
            write_return(path, known, layout, YEAR, None)
            headers = [header.header for header in known.headers(layout, YEAR)]
            assert fastexcel.read_excel(path).load_sheet("年报").to_polars().columns == headers
