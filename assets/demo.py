"""The invented province as a folder of returns: every format that is read, and every fault that is refused.

The six years are whole and sound. The folder `planted/` beside them holds small returns of schools of 星垄县 that
exist nowhere else, each with the faults that its name tells; `faults` lists them with the rule that each must meet.

| file | what it shows |
|---|---|
| 2018-年报.csv | GB18030; `*` where nothing applies |
| 2019-年报.tsv | UTF-16, tab-separated, two title rows, school years written 2019/2020学年 |
| 2020-年报.xlsx | a title row, two data sheets, a sheet of notes |
| 2021-初报.parquet | an earlier return of one county, wholly superseded by the one that follows |
| 2021-年报.parquet | Parquet |
| 2022-年报.csv | UTF-8 with a byte-order mark; the books of three schools are ten times too many; the green area of a school of 青岚县 stands in 亩, not m², which is accepted and asked about |
| 2022-更正.csv | the three schools corrected; supersedes their rows |
| 2023-年报-甲.xlsx, 2023-年报-乙.csv | one year in two files, by county; one cell ten times too large, which a correction sets |
| 2018 … 2023-县级报表.xlsx | what the counties say themselves, a workbook a year, a sheet a table |
| 2022-县级事项.csv … | the same of one year, a file a table |
| planted/ | faults |
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import polars as pl
import xlsxwriter

from assets.home import SYNTHETIC_MARK
from pipelines.synthetic import (
    BASE_STANDARD,
    PROVINCE_CODE,
    PROVINCE_NAME,
    county_events,
    county_returns,
    explanations,
    province,
    school_events,
)
from reports.county_workbook import county_frame, layout_of, write_county_workbook
from reports.return_workbook import CREATED, return_frame, write_return
from schemas.contract import DECIMAL
from schemas.corrections import COLUMNS
from schemas.source import Source, sources
from standards.standard import Standard

LAYOUT = "school"
_PLANTED_YEAR = 2023
_TABLES_YEAR = 2022
_PLANTED_COUNTY = "690130"
_CORRECTED_COUNTY = "690182"
_MISWRITTEN_COUNTY = "690103"
_SLIPPED_SCHOOL = "2169000158"
"""青岚县第三小学, which gives its green area in 亩 in 2022."""
_M2_PER_MU = 666.67
_INDICATOR = "cn-basic-2012/computers"
_Cells = dict[str, str | None]


@dataclass(frozen=True)
class Fault:
    """A planted fault: the file, the rule that it meets, and how many rows of `quarantine` it makes.

    `rule` is None where the file is accepted and `returns` alone says what is particular about it.
    """

    file: str
    rule: str | None
    entries: int
    what: str


def faults() -> list[Fault]:
    """Every planted fault, by file and rule; a refused sum makes one entry per cell that it takes in."""
    listed = (
        ("空文件.csv", "empty_file", 1, "文件没有内容"),
        ("截断.xlsx", "damaged_file", 1, "工作簿只有前一半"),
        ("实为PDF.xlsx", "not_a_table", 1, "内容是 PDF，扩展名是 .xlsx"),
        ("编码-UTF32.csv", "encoding", 1, "以 UTF-32 保存"),
        ("编码-日文.csv", "not_recognised", 1, "以 Shift_JIS 保存的日文表，按 GB18030 能解出但不是表头"),
        ("不是年报.csv", "not_recognised", 1, "另一种表"),
        ("缺列.xlsx", "missing_header", 1, "缺“图书册数”一列"),
        ("重列.csv", "repeated_header", 1, "“图书册数”出现两次"),
        ("无学年.csv", "no_school_year", 1, "学年列为空"),
        ("只有表头.xlsx", "no_rows", 1, "空表未填"),
        ("多一列.csv", None, 0, "多出“备注”一列：文件收录，该列列出"),
        ("多一个字段.csv", "field_count", 1, "一行多一个分隔符"),
        ("各行多一个字段.csv", "rows_unlike_header", 1, "每一行都多一个分隔符"),
        ("引号未闭合.csv", "open_quote", 1, "校名前多一个引号，吞掉后面的行"),
        ("标识码.csv", "school_id_missing", 1, "标识码空缺"),
        ("标识码.csv", "school_id_number", 1, "标识码成了 2169900002.0"),
        ("标识码.csv", "school_id_scientific", 1, "标识码成了 2.1699E+09"),
        ("标识码.csv", "school_id_short", 1, "标识码少一位"),
        ("标识码.csv", "school_id_form", 1, "标识码里有横线"),
        ("身份.csv", "county_code_form", 1, "行政区划代码只有四位"),
        ("身份.csv", "county_name_missing", 1, "县名空缺"),
        ("身份.csv", "school_name_missing", 1, "校名空缺"),
        ("身份.csv", "name_damaged", 1, "校名文字损坏"),
        ("身份.csv", "school_type_unknown", 1, "办学类型代码 299"),
        ("身份.csv", "year_mismatch", 1, "一行写的是上一学年"),
        ("重复学校.csv", "repeated_school", 2, "同一学校两行"),
        ("单元格-写法.csv", "not_a_number", 1, "图书册数“约三千”"),
        ("单元格-写法.csv", "not_whole", 1, "计算机数 30.5"),
        ("单元格-写法.csv", "scientific", 1, "占地面积 1.2E+04"),
        ("单元格-写法.csv", "error_value", 1, "绿化用地面积 #REF!"),
        ("单元格-写法.csv", "damaged_text", 1, "网络多媒体教室数一格文字损坏"),
        ("单元格-写法.csv", "not_yes_no", 1, "是否寄宿制学校“也许”"),
        ("单元格-公式.xlsx", "error_value", 1, "图书册数是公式 =1/0"),
        ("单元格-范围.csv", "negative", 1, "高中在校生数为负"),
        ("单元格-范围.csv", "too_large", 1, "计算机数一亿以上"),
        ("单元格-范围.csv", "unknown_code", 1, "举办者代码 899"),
        ("单元格-合计.csv", "grades_are_pupils", 6, "二年级多 7 人"),
        ("单元格-合计.csv", "entrants_are_grade_1", 2, "招生数比一年级多 3 人"),
        ("单元格-合计.csv", "qualifications_are_teachers", 6, "本科多 5 人"),
        ("单元格-合计.csv", "titles_are_teachers", 7, "中级多 4 人"),
        ("单元格-合计.csv", "bands_are_classes", 11, "25 人及以下班级多 2 个"),
        ("单元格-教师.csv", "key_teachers_within", 2, "骨干教师多于专任教师"),
        ("单元格-教师.csv", "pe_arts_teachers_within", 5, "体育艺术教师多于专任教师"),
        ("单元格-教师.csv", "certified_within", 2, "持证教师多于专任教师"),
        ("单元格-教师.csv", "trained_within", 2, "培训满 360 学时的教师多于专任教师"),
        ("单元格-教师.csv", "under_45_within", 2, "45 岁以下教师多于专任教师"),
        ("单元格-教师.csv", "multimedia_within", 2, "应用多媒体的教师多于 45 岁以下教师"),
        ("单元格-学生.csv", "boarders_within", 1, "寄宿生多于在校生"),
        ("单元格-学生.csv", "migrant_children_within", 1, "随迁子女多于在校生"),
        ("单元格-学生.csv", "left_behind_children_within", 1, "留守儿童多于在校生"),
        ("单元格-学生.csv", "catchment_pupils_within", 1, "片区内居住学生多于在校生"),
        ("单元格-学生.csv", "classes_for_pupils", 1, "有在校生而没有班级"),
        ("单元格-条件.csv", "indoor_sports_within", 2, "室内体育用房大于教学及辅助用房"),
        ("单元格-条件.csv", "equipment_for_laboratory", 2, "仪器达标而设备值为 0"),
        ("单元格-条件.csv", "equipment_in_wan", 1, "设备值以元填写"),
        ("县级事项.csv", "key_missing", 1, "没有填事项"),
        ("县级事项.csv", "key_form", 1, "所属年度“明年”"),
        ("县级事项.csv", "unknown_fact", 1, "事项名写错一个字母"),
        ("县级事项.csv", "repeated_row", 2, "同一事项两行"),
        ("县级事项.csv", "not_a_date", 1, "材料日期“去年底”"),
        ("县级事项.csv", "breakdown_unused", 1, "不分项的事项填了分项"),
        ("县级事项.csv", "school_needed", 1, "逐校填报的指标没有填学校"),
        ("县级事项.csv", "school_of_other_county", 1, "填的是别县的学校"),
        ("县级事项.csv", "school_unknown", 1, "填的学校没有年报"),
        ("县级事项.csv", "value_unused", 1, "是非题填了数值"),
        ("县级事项.csv", "finding_unused", 1, "数字填成了“是”"),
        ("县级事项.csv", "score_unused", 1, "没有分值的事项填了自评得分"),
        ("县级事项.csv", "score_too_high", 1, "自评得分高于满分"),
        ("县级事项.csv", "too_many_decimals", 1, "五位小数"),
        ("县级事项.csv", "too_long", 1, "说明两千多字"),
        ("县级事项.csv", "valid_after_dated", 1, "有效期至早于材料日期"),
        ("县级事项-公式.xlsx", "formula_not_calculated", 1, "数值是没有算出的公式"),
        ("整改措施.csv", "unknown_item", 1, "标准没有的条目"),
        ("整改措施.csv", "expected_after_signed", 1, "预计完成日期早于签字日期"),
        ("评估阶段.csv", "unknown_standard", 1, "没有的标准"),
        ("规划承诺.csv", "target_after_first", 1, "目标年份早于起始年份"),
        ("学校分组.csv", "until_after_since", 1, "终止日期早于起始日期"),
        ("档案目录.csv", "form", 1, "SHA-256 只有八位"),
    )
    planted = [Fault(f"planted/{file}", rule, entries, what) for file, rule, entries, what in listed]
    return [
        Fault("2021-初报.parquet", None, 0, "整个文件被年报取代"),
        Fault("2022-年报.csv", None, 0, "三所学校的图书册数多十倍，被更正取代"),
        Fault("2022-年报.csv", None, 0, "青岚县一所小学的绿化用地以亩填报：照收，2022 年问单位，2023 年问起落"),
        *planted,
    ]


@cache
def _province() -> dict[int, pl.DataFrame]:
    """The returns of the invented province, drawn once for all that is made of them."""
    return province()


def make_standard(folder: Path) -> None:
    """The invented province's base standard, written into the home's folder of standards."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / BASE_STANDARD.name).write_bytes(BASE_STANDARD.read_bytes())


def make_register(folder: Path) -> None:
    """The invented province's registers of schools, counties and explanations, written into the home's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    explanations(_province()).write_csv(folder / "explanations.csv", include_bom=True)
    pl.DataFrame(school_events()).write_csv(folder / "school_events.csv", include_bom=True)
    pl.DataFrame(county_events()).write_csv(folder / "county_events.csv", include_bom=True)


def make_corrections(folder: Path) -> None:
    """The invented province's corrections: the one cell that a school of 望汐区 wrote with a zero too many."""
    wrong, right = (
        rows.filter(_is_miswritten()).row(0, named=True) for rows in (_miswritten(_province()[2023]), _province()[2023])
    )
    cells = {
        "id": "SL-2023-01",
        "table": "schools",
        "school_year": "2023",
        "where": f"school_id={right['school_id']}",
        "column": "computers",
        "expect": str(wrong["computers"]),
        "set": str(right["computers"]),
        "reason": "学校核对实物台账，计算机数多写一个零（虚构）",
        "document": "望汐区教育局（虚构）数据更正函〔2023〕1 号",
        "status": "applied",
        "recorded_by": "虚构的登记人",
        "recorded_on": "2023-11-20",
    }
    folder.mkdir(parents=True, exist_ok=True)
    listed = pl.DataFrame([cells]).select(pl.col(name) if name in cells else pl.lit("").alias(name) for name in COLUMNS)
    listed.write_csv(folder / "cn-returns.csv", include_bom=True)


def make_province(
    inbox: Path, standards: Mapping[str, Standard], *, progress: Callable[[str], None] = lambda _file: None
) -> None:
    """The six years of the invented province and the planted faults, written into the inbox.

    The returns of its counties answer what the given standards ask.

    `progress` is called with each file's name before it is written. The same files come out byte for byte each time;
    files of the same names are overwritten.
    """
    years = _province()
    source = sources()["cn-returns"]
    said = county_returns(years, standards)
    inbox.mkdir(parents=True, exist_ok=True)
    (inbox / "planted").mkdir(exist_ok=True)
    (inbox / SYNTHETIC_MARK).write_bytes(b"")
    whole: dict[str, Callable[[Path], None]] = {
        "2018-年报.csv": lambda path: _text(path, _frame(source, 2018, years[2018]).fill_null("*"), "gb18030"),
        "2019-年报.tsv": lambda path: _titled_tsv(path, source, 2019, years[2019]),
        "2020-年报.xlsx": lambda path: _two_sheets(path, source, 2020, years[2020]),
        "2021-初报.parquet": lambda path: _frame(source, 2021, _early(years[2021])).write_parquet(path),
        "2021-年报.parquet": lambda path: _frame(source, 2021, years[2021]).write_parquet(path),
        "2022-年报.csv": lambda path: _text(
            path, _frame(source, 2022, _tenfold_books(green_in_mu(years[2022]))), "utf-8-sig"
        ),
        "2022-更正.csv": lambda path: _text(path, _frame(source, 2022, _corrected(years[2022])), "utf-8-sig"),
        "2023-年报-甲.xlsx": lambda path: write_return(
            path, source, LAYOUT, 2023, _miswritten(years[2023]).filter(_in_first_half()), title=_title(2023)
        ),
        "2023-年报-乙.csv": lambda path: _text(path, _frame(source, 2023, years[2023].filter(~_in_first_half()))),
    }
    whole |= _county_files(source, said, list(standards.values()))
    planted = _planted(source, years[_PLANTED_YEAR])
    for name, write in (whole | {f"planted/{name}": write for name, write in planted.items()}).items():
        progress(name)
        write(inbox / name)


def _county_files(
    source: Source, said: Mapping[int, Mapping[str, pl.DataFrame]], standards: Sequence[Standard]
) -> dict[str, Callable[[Path], None]]:
    """What writes the counties' own returns: a workbook a year, and one year as a file for each table."""
    asked = [s for s in standards if s.is_for(PROVINCE_CODE) and source.name in s.applies_to]

    def workbook(year: int) -> Callable[[Path], None]:
        return lambda path: write_county_workbook(path, source, year, asked, None, said[year])

    def table(year: int, name: str) -> Callable[[Path], None]:
        return lambda path: _text(path, county_frame(source, name, year, said[year][name]), "utf-8-sig")

    files = {f"{year}-县级报表.xlsx": workbook(year) for year in said if year != _TABLES_YEAR}
    files |= {
        f"{_TABLES_YEAR}-{source.described.layouts[layout].label}.csv": table(_TABLES_YEAR, name)
        for name, rows in said[_TABLES_YEAR].items()
        if rows.height and (layout := layout_of(source, name))
    }
    return files


def _frame(source: Source, year: int, rows: pl.DataFrame) -> pl.DataFrame:
    return return_frame(source, LAYOUT, year, rows)


def _title(year: int) -> str:
    return f"{PROVINCE_NAME}教育事业统计年报\n{year}/{year + 1}学年初"


def _in_first_half() -> pl.Expr:
    return pl.col("county_code") < "690126"


def _early(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("county_code") == _CORRECTED_COUNTY)


def _corrected(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("county_code") == _CORRECTED_COUNTY).head(3)


def _tenfold_books(rows: pl.DataFrame) -> pl.DataFrame:
    wrong = pl.col("school_id").is_in(_corrected(rows)["school_id"].to_list())
    return rows.with_columns(pl.when(wrong).then(pl.col("books") * 10).otherwise(pl.col("books")).alias("books"))


def _is_miswritten() -> pl.Expr:
    """The school whose computers are written with a zero too many in 2023."""
    return pl.col("school_id") == pl.col("school_id").filter(pl.col("county_code") == _MISWRITTEN_COUNTY).first()


def _miswritten(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(
        pl.when(_is_miswritten()).then(pl.col("computers") * 10).otherwise("computers").alias("computers")
    )


def green_in_mu(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with the green area of one school in 亩 in place of m²; no standard of the invented province reads it."""
    slipped = (pl.col("green_area_m2").cast(pl.Float64) / _M2_PER_MU).round(2).cast(DECIMAL)
    is_slipped = pl.col("school_id") == _SLIPPED_SCHOOL
    return rows.with_columns(pl.when(is_slipped).then(slipped).otherwise("green_area_m2").alias("green_area_m2"))


def _text(path: Path, cells: pl.DataFrame, encoding: str = "utf-8", separator: str = ",") -> None:
    path.write_bytes(cells.write_csv(separator=separator).encode(encoding))


def _titled_tsv(path: Path, source: Source, year: int, rows: pl.DataFrame) -> None:
    cells = _frame(source, year, rows).with_columns(pl.lit(f"{year}/{year + 1}学年").alias("学年"))
    text = f"{_title(year)}\n{cells.write_csv(separator=chr(9))}"
    path.write_bytes(b"\xff\xfe" + text.encode("utf-16-le"))


def _two_sheets(path: Path, source: Source, year: int, rows: pl.DataFrame) -> None:
    notes = ("本表由各县汇总。", "面积单位：平方米；经费和设备值单位：万元。", "统计时点：9 月 1 日。")
    write_return(
        path,
        source,
        LAYOUT,
        year,
        rows.filter(_in_first_half()),
        title=_title(year),
        sheet="甲组县",
        further={"乙组县": rows.filter(~_in_first_half())},
        notes=notes,
    )


def _planted(source: Source, rows: pl.DataFrame) -> dict[str, Callable[[Path], None]]:
    """What writes each planted file, by name under `planted/`."""
    model = rows.filter(
        pl.col("county_code") == _PLANTED_COUNTY, school_type_code="211", area_code="220", is_counted=True
    )
    cells = _frame(source, _PLANTED_YEAR, model.filter(pl.col("pupils_primary").is_between(100, 400)).head(1))
    sound: _Cells = cells.row(0, named=True)
    head = list(sound)
    positions = iter(range(1, 100))

    def school(**wrong: str | None) -> _Cells:
        """A sound return of a school of its own, but for the cells given under their fields' names."""
        number = next(positions)
        own = {"学校标识码": f"2169900{number:03d}", "学校名称": f"{sound['县级行政区名称']}示错第{number}小学"}
        header_of = {header.column: header.header for header in source.headers(LAYOUT, _PLANTED_YEAR)}
        return {**sound, **own, **{header_of[column]: cell for column, cell in wrong.items()}}

    def more(column: str, by: int) -> str:
        """The model's count, and so many more."""
        header = next(h.header for h in source.headers(LAYOUT, _PLANTED_YEAR) if h.column == column)
        return str(int(sound[header] or 0) + by)

    pupils, teachers = more("pupils_primary", 1), more("full_time_teachers_primary", 1)
    bands = [name for name in rows.columns if name.startswith("classes_") and name.endswith("_primary")]
    tables: dict[str, list[_Cells]] = {
        "标识码.csv": [
            school(school_id=None),
            school(school_id="2169900002.0"),
            school(school_id="2.1699E+09"),
            school(school_id="169900004"),
            school(school_id="21699-0005"),
        ],
        "身份.csv": [
            school(county_code="6901"),
            school(county_name=None),
            school(school_name=None),
            school(school_name="星垄县示\ufffd小学"),
            school(school_type_code="299"),
            school(school_year=str(_PLANTED_YEAR - 1)),
        ],
        "单元格-写法.csv": [
            school(books="约三千", computers="30.5", site_area_m2="1.2E+04", green_area_m2="#REF!"),
            school(multimedia_rooms="1\ufffd", is_boarding="也许"),
        ],
        "单元格-范围.csv": [
            school(pupils_senior="-3"),
            school(computers="200000000", operator_code="899"),
        ],
        "单元格-合计.csv": [
            school(pupils_grade_2_primary=more("pupils_grade_2_primary", 7)),
            school(entrants_primary=more("entrants_primary", 3)),
            school(teachers_bachelor_primary=more("teachers_bachelor_primary", 5)),
            school(teachers_mid_primary=more("teachers_mid_primary", 4)),
            school(classes_0_25_primary=more("classes_0_25_primary", 2)),
        ],
        "单元格-教师.csv": [
            school(key_teachers_primary=teachers),
            school(pe_teachers_primary=teachers),
            school(certified_teachers_primary=teachers),
            school(trained_teachers_primary=teachers),
            school(teachers_under_45_primary=teachers),
            school(multimedia_teachers_under_45_primary=more("teachers_under_45_primary", 1)),
        ],
        "单元格-学生.csv": [
            school(boarders_primary=pupils, migrant_children_primary=pupils),
            school(left_behind_children_primary=pupils, catchment_pupils_primary=pupils),
            school(**dict.fromkeys(bands, "0")),
        ],
        "单元格-条件.csv": [
            school(indoor_sports_area_m2="90000"),
            school(equipment_value_yuan="0", is_laboratory_kit_meets="是"),
            school(equipment_value_yuan="360000"),
        ],
        "无学年.csv": [school(school_year=None)],
    }
    twice = school()
    tables["重复学校.csv"] = [twice, twice | {"图书册数": "1"}]
    one = school()
    extra = school() | {"备注": "新建校"}
    line = pl.DataFrame([one]).write_csv(include_header=False)
    header = pl.DataFrame(schema=dict.fromkeys(head, pl.String)).write_csv()
    doubled = [*head, "图书册数"]
    lacking = {name: cell for name, cell in one.items() if name != "图书册数"}
    template = BytesIO()
    write_return(template, source, LAYOUT, _PLANTED_YEAR, None)
    files: dict[str, bytes] = {
        "空文件.csv": b"",
        "截断.xlsx": template.getvalue()[: len(template.getvalue()) // 2],
        "实为PDF.xlsx": b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n",
        "编码-UTF32.csv": (header + line).encode("utf-32"),
        "编码-日文.csv": "学校名,児童数,教員数\r\nみどり小学校,320,18\r\n".encode("shift_jis"),
        "不是年报.csv": "物品,数量,单价\n粉笔,200,3.5\n".encode(),
        "重列.csv": f"{','.join(doubled)}\n{line.rstrip()},1\n".encode(),
        "只有表头.xlsx": template.getvalue(),
        "多一个字段.csv": f"{header}{line}{line.rstrip()},\n".encode(),
        "各行多一个字段.csv": f"{header}{line.rstrip()},\n".encode(),
        "引号未闭合.csv": f"{header}{line.replace(str(one['学校名称']), chr(34) + str(one['学校名称']))}{line}".encode(),
        "缺列.xlsx": _workbook([lacking]),
        "单元格-公式.xlsx": _workbook([school(books="=1/0")]),
        "多一列.csv": pl.DataFrame([extra]).write_csv().encode(),
    }
    files |= {name: pl.DataFrame(table, schema=head).write_csv().encode() for name, table in tables.items()}
    own, others = (rows.filter(pl.col("county_code") == code) for code in (_PLANTED_COUNTY, _CORRECTED_COUNTY))
    of_county = _planted_of_county(source, sound, own["school_id"].min(), others["school_id"].min())
    files |= {name: frame.write_csv().encode() for name, frame in of_county.items()}
    unsaid = (
        of_county["县级事项.csv"]
        .head(1)
        .with_columns(
            pl.lit("basic_balance_recognised_year").alias("事项"),
            pl.lit("1991").alias("所属年度"),
            pl.lit("=2000+15").alias("数值"),
        )
    )
    files["县级事项-公式.xlsx"] = _uncalculated(_workbook(unsaid.rows(named=True)))

    def writer(content: bytes) -> Callable[[Path], None]:
        return lambda path: _put(path, content)

    return {name: writer(content) for name, content in sorted(files.items())}


def _planted_of_county(source: Source, sound: _Cells, own: Any, others: Any) -> dict[str, pl.DataFrame]:
    """What a county reports itself, with faults: of years and things of which it says nothing elsewhere.

    `own` and `others` identify a school of the county and one of another county.
    """
    place = {name: sound[name] for name in ("学年", "行政区划代码", "县级行政区名称")}
    year, item, pay = "basic_balance_recognised_year", "cn-basic-2012/accountability", "staff_average_pay_yuan"
    long_ago = {"所属年度": "1990"}
    facts: list[_Cells] = [
        {"数值": "2015", "佐证材料": "认定文件"},
        {"事项": year, "所属年度": "明年", "数值": "2015"},
        {"事项": year.replace("recognised", "recognized"), "数值": "2015"},
        {"事项": year, "数值": "2015"},
        {"事项": year, "所属年度": str(_PLANTED_YEAR), "数值": "2016"},
        {"事项": "approval_questionnaires_issued", "分项": "示错", "数值": "5", "材料日期": "去年底"},
        {"事项": year, "分项": "城区", "数值": "2015"},
        {"事项": _INDICATOR, "是否": "是"},
        {"事项": _INDICATOR, "学校标识码": others, "是否": "是"},
        {"事项": _INDICATOR, "学校标识码": "2169909999", "是否": "是"},
        {"事项": item, **long_ago, "数值": "1"},
        {"事项": year, **long_ago, "是否": "是"},
        {"事项": pay, **long_ago, "自评得分": "5"},
        {"事项": item, "所属年度": "1991", "自评得分": "1000"},
        {"事项": pay, "所属年度": "1991", "数值": "1200.00005"},
        {"事项": pay, "所属年度": "1992", "数值": "1200", "说明或扣分理由": "详见附件。" * 401},
        {"事项": pay, "所属年度": "1993", "数值": "1200", "材料日期": "1994-06-30", "有效期至": "1994-06-01"},
    ]
    standard, asked = item.split("/")
    measures: list[_Cells] = [
        {"标准": standard, "条目": "示错", "整改措施": "示错"},
        {"标准": standard, "条目": asked, "学校标识码": own, "签字日期": "2023-09-20", "预计完成日期": "2022-08-31"},
    ]
    listed: dict[str, tuple[str, list[_Cells]]] = {
        "县级事项.csv": ("county_facts", facts),
        "整改措施.csv": ("county_measures", measures),
        "评估阶段.csv": ("county_assessments", [{"标准": "示错", "评估阶段": "自评", "结果": "通过"}]),
        "规划承诺.csv": ("county_plans", [{"规划或承诺": "示错规划", "起始年份": "2023", "目标年份": "2020"}]),
        "学校分组.csv": (
            "school_groups",
            [
                {
                    "分组类别": "示错",
                    "分组名称": "示错",
                    "学校标识码": own,
                    "起始日期": "2023-09-01",
                    "终止日期": "2020-09-01",
                }
            ],
        ),
        "档案目录.csv": (
            "county_documents",
            [{"标准": standard, "条目": asked, "材料名称": "示错材料", "SHA-256": "0123abcd"}],
        ),
    }
    return {
        name: pl.DataFrame(
            [place | row for row in table],
            schema={header.header: pl.String for header in source.headers(layout, _PLANTED_YEAR)},
        )
        for name, (layout, table) in listed.items()
    }


def _put(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _workbook(table: Sequence[_Cells]) -> bytes:
    """A workbook of text cells; a cell that begins with = is a formula whose value is #DIV/0!."""
    content = BytesIO()
    with xlsxwriter.Workbook(content) as book:
        book.set_properties({"created": CREATED})
        page = book.add_worksheet("年报")
        page.write_row(0, 0, list(table[0]))
        for row, cells in enumerate(table, 1):
            for position, cell in enumerate(cells.values()):
                if cell and cell.startswith("="):
                    page.write_formula(row, position, cell, None, "#DIV/0!")
                elif cell is not None:
                    page.write_string(row, position, cell)
    return content.getvalue()


def _uncalculated(content: bytes) -> bytes:
    """The workbook without the results of its formulas, as programs write it that do not calculate."""
    written = BytesIO()
    with ZipFile(BytesIO(content)) as old, ZipFile(written, "w") as new:
        for part in old.infolist():
            page = re.sub(rb' t="e"><f>(.*?)</f><v>[^<]*</v>', rb"><f>\1</f><v></v>", old.read(part))
            new.writestr(part, page, compress_type=ZIP_DEFLATED)
    return written.getvalue()
