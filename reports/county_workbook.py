"""A county's own workbook: what its standards ask it to say, row by row, with room to say it; empty or filled.

What is written here is read back as the same rows. Columns beside that say for people what is asked are not read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from reports import sheet
from reports.requirement import formula, in_words, unit_words
from reports.return_workbook import CREATED
from schemas.contract import DECIMAL, Column, Contract
from schemas.county import COUNTY_FACTS, COUNTY_INPUTS
from schemas.source import Header, Source
from schemas.tables import county_fact_fields
from standards.county_return import WantedFact, asked_facts, wanted_facts
from standards.items import Finding, Item
from standards.standard import Standard, standards

HOW_TO_SHEET = "填写说明"
ITEMS_SHEET = "条目清单"
_SPARE_ROWS = 300
"""Rows below the last one that have the drop-downs and checks of their column too."""
_FIRST_DAY, _LAST_DAY = dt.date(1949, 10, 1), dt.date(2100, 12, 31)
_WIDTHS = {
    "school_year": 6,
    "county_code": 8,
    "county_name": 9,
    "standard": 16,
    "item": 18,
    "school_id": 12,
    "fact": 22,
    "period": 6,
    "breakdown": 9,
    "value": 14,
    "finding": 6,
    "score": 7,
    "note": 22,
    "evidence": 20,
    "office": 10,
    "measure": 30,
    "findings": 40,
    "title": 36,
    "sha256": 20,
    "plan": 24,
    "标准": 10,
    "条目": 26,
    "要求": 34,
    "单位": 6,
    "条目名称": 26,
    "学校名称": 16,
    "填写说明": 22,
}
_WIDEST, _NARROWEST = 14, 7
"""Of a column whose width is not set here: by its header, which may stand on two lines."""
_A4_HOLDS = 190
"""A sheet that is wider is printed on A3."""
_STILL = ("条目", "county_name")
"""Up to the first of these columns that it has, a sheet stands still when it is moved sideways."""
_DATE_WIDTH = 11
_TWO_LINES = 2
"""Lines that a row of facts has at least: room to write."""
_ITEM_WIDTHS = (15, 14, 14, 20, 6, 30, 42, 26, 15)
_HOW_TO_WIDTHS = (64, 56)
_WORDS = 4
"""What a line of English words loses where they wrap."""
_CONFIDENCE = {"secondary": "二手来源", "inferred": "推定", "provincial": "省定"}
_ITEM_COLUMNS = ("标准", "标准名称", "部分", "条目", "编号", "条目名称", "要求", "依据", "可选标准")
_HOW_TO = (
    (
        "每张表的第一行是表头，请勿改动、删除或增加同名列；其余行可增可删。",
        "Keep the headers; rows may be added or removed.",
    ),
    (
        "只填知道的。留空的单元格算未上报，不算 0；整行未填的事项不收，也不改动以前报的。",
        "Fill in what is known. A blank cell is not reported, never 0; a row in which nothing is said is passed over.",
    ),
    ("灰色单元格不用填。", "Grey cells need nothing."),
    (
        "“县级事项”一行一件事：数字填“数值”（按“单位”一列的单位，不带单位和百分号），是非填“是否”，有分值的填“自评得分”。",
        "One thing a row: figures under 数值 in the unit beside, yes or no under 是否, points under 自评得分.",
    ),
    (
        "“所属年度”已填好：经费等逐年数据每年一行，是财政年度；其余是学年。留空即本学年。",
        "所属年度 is filled in: yearly money figures have a row a year; a blank means this school year.",
    ),
    (
        "按科目或人群分别上报的，复制该行，在“分项”写明科目或人群；按学校认定的，复制该行，填“学校标识码”。",
        "For subjects or groups of people copy the row and name them under 分项; for schools give 学校标识码.",
    ),
    (
        "“佐证材料”写材料名称；扣分的写明理由；“有效期至”过后该结论不再有效。",
        "Name the document under 佐证材料; say why points are deducted; nothing holds after 有效期至.",
    ),
    ("日期写成 2023-09-01。", "Write dates like 2023-09-01."),
    (
        "“整改措施”“档案目录”的“标准”和“条目”用“条目清单”里的代号，可下拉选择。",
        "标准 and 条目 are the names listed on 条目清单; choose them from the drop-downs.",
    ),
    (
        "同一事项（同一年度、分项、学校）只能有一行；两行都不收。再交一份即以后交的为准。",
        "One row for one thing; two rows of it are both refused. A workbook handed in later replaces what it says again.",
    ),
)


@dataclass(frozen=True)
class _Line:
    """A row of a sheet: cells by column of the table, words by guide, and what was wanted there, if anything was."""

    cells: Mapping[str, Any]
    guides: Mapping[str, str] = field(default_factory=dict)
    wanted: WantedFact | None = None


@dataclass(frozen=True)
class _Formats:
    """The formats of a workbook."""

    head: Format
    guide_head: Format
    text: Format
    guide: Format
    number: Format
    date: Format
    unused: Format


def write_county_workbook(
    path: Path | BytesIO,
    source: Source,
    year: int,
    asked: Sequence[Standard],
    county: tuple[str, str] | None,
    rows: Mapping[str, pl.DataFrame] | None,
) -> None:
    """The workbook in which a county says what the asked standards want to know of it for a school year.

    The sheet of facts has a row for every thing that is wanted, in the order of the standards; figures that no standard
    of this system asks follow. `county` is the county's code and name, None for a workbook that any may take. `rows`
    are rows of the county's tables by name: those of the year, and of the county where one is named, are filled in;
    without a county they stand alone. The same rows give the same bytes.
    """
    held = {name: _of(frame, year, county) for name, frame in (rows or {}).items()}
    with xlsxwriter.Workbook(path, sheet.book_options()) as book:
        book.set_properties({"created": CREATED, "title": f"county return {year}"})
        formats = _formats(book)
        _how_to(book.add_worksheet(HOW_TO_SHEET), asked, county, year, formats)
        for contract in COUNTY_INPUTS:
            layout = layout_of(source, contract.name)
            if layout is None:
                continue
            given = held.get(contract.name, contract.empty())
            if contract is COUNTY_FACTS:
                lines = _fact_lines(asked, county, year, given, only_given=county is None and rows is not None)
            else:
                lines = [_Line(row, _item_guides(row, asked)) for row in given.iter_rows(named=True)]
            page = book.add_worksheet(source.described.layouts[layout].label)
            _sheet(page, source, layout, contract, year, lines, formats, asked)
        _items(book.add_worksheet(ITEMS_SHEET), asked, year, formats)


def county_frame(source: Source, table: str, year: int, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of a county's table as a file of the source and school year would show them, every cell as text.

    Raises KeyError where the source has no layout for the table.
    """
    layout = layout_of(source, table)
    if layout is None:
        raise KeyError(table)
    contract = next(contract for contract in COUNTY_INPUTS if contract.name == table)
    columns = {column.name: column for column in contract.columns}
    return pl.DataFrame(
        [
            pl.Series(
                header.header,
                [_as_text(value, columns[header.column], source, year) for value in rows[header.column]],
                pl.String,
            )
            for header in source.headers(layout, year)
        ]
    )


def layout_of(source: Source, table: str) -> str | None:
    """The source's layout for a table, the first where it has several; None where it has none."""
    return next((name for name, layout in source.described.layouts.items() if layout.table == table), None)


def _of(frame: pl.DataFrame, year: int, county: tuple[str, str] | None) -> pl.DataFrame:
    mine = pl.col("school_year") == year
    return frame.filter(mine if county is None else mine & (pl.col("county_code") == county[0]))


def _formats(book: xlsxwriter.Workbook) -> _Formats:
    head = {"bold": True, "text_wrap": True, "valign": "top", "border": 1}
    wrapped = {"text_wrap": True, "valign": "top"}
    return _Formats(
        head=book.add_format({**head, "bg_color": "#E8EDF2"}),
        guide_head=book.add_format({**head, "bg_color": "#F4F4F4", "font_color": "#595959"}),
        text=book.add_format({**wrapped, "num_format": "@"}),
        guide=book.add_format({**wrapped, "font_color": "#595959"}),
        number=book.add_format({"valign": "top"}),
        date=book.add_format({"valign": "top", "num_format": "yyyy-mm-dd"}),
        unused=book.add_format({"bg_color": "#E4E4E4"}),
    )


def _fact_lines(
    asked: Sequence[Standard], county: tuple[str, str] | None, year: int, given: pl.DataFrame, *, only_given: bool
) -> list[_Line]:
    """The rows of the sheet of facts: what is wanted, filled in where it is given, then what is given beside."""
    further = county_fact_fields().keys() - asked_facts(standards().values())
    wanted = wanted_facts(asked, further)
    by_key: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for row in given.iter_rows(named=True):
        by_key.setdefault((row["fact"], row["period"]), []).append(row)
    by_id = {standard.id: standard for standard in asked}
    by_fact = {want.fact: want for want in wanted}
    if only_given:
        return [_fact_line(row, by_fact.get(row["fact"]), by_id, year) for row in given.iter_rows(named=True)]
    lines = []
    place = dict(zip(("county_code", "county_name"), county or ("", ""), strict=True))
    for want in wanted:
        for back in want.years_before:
            said = by_key.pop((want.fact, year + back), None)
            blank = {"school_year": year, **place, "fact": want.fact, "period": year + back}
            lines += [_fact_line(row, want, by_id, year) for row in said or [blank]]
    return lines + [_fact_line(row, by_fact.get(row["fact"]), by_id, year) for rows in by_key.values() for row in rows]


def _fact_line(row: Mapping[str, Any], want: WantedFact | None, by_id: Mapping[str, Standard], year: int) -> _Line:
    if want is None:
        return _Line(row)
    standard = by_id.get(want.standard)
    called = f"{want.number} {want.label.zh}".strip() if want.of != "figure" else want.label.zh
    guides = {
        "标准": standard.title.zh if standard else "",
        "条目": called,
        "要求": _asks(want, standard, year) if standard else "",
        "单位": "分" if want.points is not None else unit_words(want.unit).zh.strip(),
        "填写说明": _how(want),
    }
    return _Line(row, guides, want)


def _asks(want: WantedFact, standard: Standard, year: int) -> str:
    """What is asked, in words: the requirement of an item, or what a figure is read for."""
    item = next((item for item in standard.items if item.id == want.item), None)
    if want.of == "item" and item is not None:
        return _item_asks(item, standard, year)
    if want.of == "check" and want.check is not None:
        return in_words(want.check, standard, year).zh
    if want.of == "figure" and item is not None and want.check is not None:
        said = in_words(want.check, standard, year).zh
        computed = formula(want.check, standard).zh
        return (
            f"用于“{f'{item.number} {item.label.zh}'.strip()}”：{' '.join(part for part in (computed, said) if part)}"
        )
    if want.of == "part":
        part = next(part for part in standard.parts if f"{standard.id}/{part.id}" == want.fact)
        passed = "" if part.pass_mark is None else f"，{_plain(part.pass_mark)} 分及以上达标"
        return f"满分 {_plain(want.points)} 分{passed}"
    return want.article


def _item_asks(item: Item, standard: Standard, year: int) -> str:
    """The requirement of an item: its checks in words, its points, and how sure it is where it is not official."""
    words = []
    for check in item.checks:
        said = in_words(check, standard, year).zh
        words.append(
            f"{check.label.zh}：{said}" if check.label is not None and not isinstance(check, Finding) else said
        )
    if item.points is not None:
        words.append(f"满分 {_plain(item.points)} 分")
    if item.confidence in _CONFIDENCE:
        words.append(f"（{_CONFIDENCE[item.confidence]}）")
    return "；".join(dict.fromkeys(words)).replace("；（", "（")


def _how(want: WantedFact) -> str:
    """How the row is filled in."""
    words = []
    if want.takes_finding:
        words.append("填“是”或“否”，写明佐证材料")
    if want.points is not None:
        words.append(f"自评得分填 0–{_plain(want.points)}，扣分写明理由")
    if want.type:
        words.append({"count": "填整数", "year": "填四位年份", "decimal": "填数字"}[want.type])
    if want.by_breakdown:
        words.append("每个科目或人群一行，填在“分项”")
    if want.by_school:
        words.append("每校一行，填“学校标识码”")
    return "；".join(words)


def _item_guides(row: Mapping[str, Any], asked: Sequence[Standard]) -> dict[str, str]:
    labels = {(standard.id, item.id): item.label.zh for standard in asked for item in standard.items}
    return {"条目名称": labels.get((str(row.get("standard")), str(row.get("item"))), "")}


def _ordered(source: Source, layout: str, contract: Contract, year: int) -> list[Header | str]:
    """The columns of a sheet in order: headers that are read, and guides by name where people look for them."""
    columns: list[Header | str] = []
    guides = source.described.layouts[layout].guides
    before = {"fact": ("标准", "条目", "要求")}
    after = {"value": ("单位",), "item": ("条目名称",), "school_id": ("学校名称",)}
    last = ("填写说明",) if contract is COUNTY_FACTS else ()
    for header in source.headers(layout, year):
        columns += [guide for guide in before.get(header.column, ()) if guide in guides]
        columns.append(header)
        columns += [guide for guide in after.get(header.column, ()) if guide in guides]
    return columns + [guide for guide in last if guide in guides]


def _sheet(
    page: Worksheet,
    source: Source,
    layout: str,
    contract: Contract,
    year: int,
    lines: Sequence[_Line],
    formats: _Formats,
    asked: Sequence[Standard],
) -> None:
    """One sheet: header with notes, rows, drop-downs and checks."""
    described = {column.name: column for column in contract.columns}
    blank_means = source.described.layouts[layout]
    columns = _ordered(source, layout, contract, year)
    names = [header if isinstance(header, str) else header.column for header in columns]
    titles = [header if isinstance(header, str) else header.header for header in columns]
    widths = [_width(name, title, described.get(name)) for name, title in zip(names, titles, strict=True)]
    _print(page, sheet.A4 if sum(widths) <= _A4_HOLDS else sheet.A3)
    page.freeze_panes(1, 1 + next(names.index(name) for name in _STILL if name in names))
    page.set_row(0, sheet.height(max(map(sheet.lines, titles, (width + 1 for width in widths)))))
    for position, header in enumerate(columns):
        if isinstance(header, str):
            page.write_string(0, position, header, formats.guide_head)
            page.set_column(position, position, widths[position], formats.guide)
            for row, line in enumerate(lines, 1):
                if line.guides.get(header):
                    page.write_string(row, position, line.guides[header], formats.guide)
            continue
        column = described[header.column]
        may_be_blank = column.name in (*blank_means.blank_is_whole, *blank_means.blank_is_year)
        page.write_string(0, position, header.header, formats.head)
        page.write_comment(0, position, _note(column, source, year, may_be_blank=may_be_blank), {"x_scale": 2})
        page.set_column(position, position, widths[position], _format(column, formats))
        for row, line in enumerate(lines, 1):
            _cell(page, row, position, column, line, source, year, formats)
        _validate(page, position, column, lines, source, asked)
    for row, line in enumerate(lines, 1):
        said = {**line.guides, **{name: value for name, value in line.cells.items() if isinstance(value, str)}}
        needed = [sheet.lines(said[name], width) for name, width in zip(names, widths, strict=True) if said.get(name)]
        page.set_row(row, sheet.height(max(_TWO_LINES, *needed)))


def _width(name: str, title: str, column: Column | None) -> float:
    """The width of a column, set for what it holds, else by its header."""
    if name in _WIDTHS:
        return _WIDTHS[name]
    if column is not None and column.dtype == pl.Date:
        return _DATE_WIDTH
    return min(_WIDEST, max(_NARROWEST, sheet.wide(title) // 2 + 4))


def _print(page: Worksheet, paper: int) -> None:
    """Landscape, as wide as the page, the grid too, the header on every page, page numbers below."""
    sheet.print_setup(page, is_wide=True, paper=paper)
    page.hide_gridlines(0)
    page.repeat_rows(0)
    page.set_footer("&L&A&R第 &P 页，共 &N 页")


def _format(column: Column, formats: _Formats) -> Format:
    if column.dtype == pl.Date:
        return formats.date
    return formats.text if column.dtype in (pl.String, pl.Boolean) or column.name == "school_year" else formats.number


def _cell(
    page: Worksheet, row: int, position: int, column: Column, line: _Line, source: Source, year: int, formats: _Formats
) -> None:
    value = line.cells.get(column.name)
    if value is None or value == "":
        if not _is_used(column.name, line.wanted):
            page.write_blank(row, position, None, formats.unused)
        return
    if isinstance(value, dt.date):
        page.write_datetime(row, position, value, formats.date)
    elif column.dtype in (DECIMAL, pl.Int64, pl.Int32) and column.name != "school_year":
        page.write_number(row, position, value, formats.number)
    else:
        page.write_string(row, position, _as_text(value, column, source, year) or "", formats.text)


def _is_used(column: str, wanted: WantedFact | None) -> bool:
    """Whether a cell has something to say in the row of what is wanted."""
    if wanted is None:
        return True
    used = {
        "value": bool(wanted.type),
        "finding": wanted.takes_finding,
        "score": wanted.points is not None,
        "breakdown": wanted.by_breakdown or not wanted.by_school,
        "school_id": wanted.by_school or wanted.takes_finding,
    }
    return used.get(column, True)


def _as_text(value: Any, column: Column, source: Source, year: int) -> str | None:
    """A value as the file shows it: codes by their symbols, truth values as 是 or 否, numbers in plain digits."""
    if value is None or value == "":
        return None
    if column.name == "school_year":
        return str(year)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Decimal):
        return _plain(value)
    if column.one_of:
        return _symbols(column, source).get(str(value), str(value))
    return str(value)


def _symbols(column: Column, source: Source) -> dict[str, str]:
    """For each code of a column the symbol that the source reads as it, the first where there are several."""
    found: dict[str, str] = {}
    for recode in source.recodes([column.name]):
        if recode.becomes is not None:
            found.setdefault(recode.becomes, recode.symbol)
    return {code: found.get(code, code) for code in column.one_of or ()}


def _validate(
    page: Worksheet, position: int, column: Column, lines: Sequence[_Line], source: Source, asked: Sequence[Standard]
) -> None:
    """The drop-down or check of a column, over its rows and some spare ones; of figures row by row, by their kind."""
    last = len(lines) + _SPARE_ROWS
    rule: dict[str, Any] | None = None
    if column.dtype == pl.Boolean:
        rule = {"validate": "list", "source": ["是", "否"]}
    elif column.one_of:
        rule = {"validate": "list", "source": list(_symbols(column, source).values())}
    elif column.dtype == pl.Date:
        rule = {"validate": "date", "criteria": "between", "minimum": _FIRST_DAY, "maximum": _LAST_DAY}
        rule |= {"error_title": "日期", "error_message": "请写成 2023-09-01 这样的日期。"}
    elif column.name == "standard" and asked:
        rule = _listed(_ITEM_COLUMNS.index("可选标准"), len(asked))
    elif column.name == "item" and (count := sum(len(standard.items) for standard in asked)):
        rule = _listed(_ITEM_COLUMNS.index("条目"), count)
    elif column.name in ("value", "score"):
        _validate_figures(page, position, column.name, lines)
    elif column.dtype in (DECIMAL, pl.Int64, pl.Int32) and column.name != "school_year":
        rule = _number("decimal" if column.dtype == DECIMAL else "integer", column.minimum, column.maximum)
    if rule is not None:
        page.data_validation(1, position, last, position, rule)


def _listed(position: int, count: int) -> dict[str, Any]:
    """A drop-down of what a column of the list of items holds; other entries are warned of, not forbidden."""
    letter = chr(ord("A") + position)
    cells = f"='{ITEMS_SHEET}'!${letter}$2:${letter}${count + 1}"
    return {"validate": "list", "source": cells, "error_type": "warning"}


def _validate_figures(page: Worksheet, position: int, column: str, lines: Sequence[_Line]) -> None:
    """The check of every single figure or score that is wanted."""
    for row, line in enumerate(lines, 1):
        wanted = line.wanted
        if wanted is None:
            continue
        if column == "score" and wanted.points is not None:
            page.data_validation(row, position, row, position, _number("decimal", 0, float(wanted.points)))
        elif column == "value" and wanted.type == "year":
            page.data_validation(row, position, row, position, _number("integer", _FIRST_DAY.year, _LAST_DAY.year))
        elif column == "value" and wanted.type:
            kind, low = ("integer", 0.0) if wanted.type == "count" else ("decimal", _value_column().minimum)
            page.data_validation(row, position, row, position, _number(kind, low, _value_column().maximum))


def _value_column() -> Column:
    return next(column for column in COUNTY_FACTS.columns if column.name == "value")


def _number(kind: str, low: float | None, high: float | None) -> dict[str, Any]:
    words = "整数" if kind == "integer" else "数字"
    return {
        "validate": kind,
        "criteria": "between",
        "minimum": low if low is not None else -1e15,
        "maximum": high if high is not None else 1e15,
        "error_title": words,
        "error_message": f"请填{words}，不带单位和百分号。",
    }


def _note(column: Column, source: Source, year: int, *, may_be_blank: bool) -> str:
    """What stands beside a header: what is entered there, in both languages."""
    ids = source.described.identifiers
    words = [f"{column.label_zh} / {column.label_en}"]
    if column.name == "school_year":
        words.append(f"如 {year} / e.g. {year}")
    elif not column.nullable:
        words.append("可留空 / may be blank" if may_be_blank else "必填 / needed")
    if column.name in ("school_id", "county_code"):
        words.append(ids.school_id_words if column.name == "school_id" else ids.county_code_words)
    if column.one_of:
        words.append("、".join(_symbols(column, source).values()))
    if column.dtype == pl.Boolean:
        words.append("填“是”或“否” / 是 yes, 否 no")
    if column.dtype == pl.Date:
        words.append("写成 2023-09-01 / like 2023-09-01")
    return "\n".join(words)


def _how_to(
    page: Worksheet, asked: Sequence[Standard], county: tuple[str, str] | None, year: int, formats: _Formats
) -> None:
    """The sheet that says how to fill in, and which standards ask."""
    for position, (width, style) in enumerate(zip(_HOW_TO_WIDTHS, (formats.text, formats.guide), strict=True)):
        page.set_column(position, position, width, style)
    title = f"{county[1] if county else ''}{year}/{year + 1} 学年县级上报表"
    rows = [
        (title, f"County return, school year {year}/{year + 1}"),
        *_HOW_TO,
        ("", ""),
        ("本表所依据的标准", "Standards that ask"),
        *(
            (f"{standard.title.zh}（{standard.document.zh}）", f"{standard.title.en} ({standard.document.en})")
            for standard in asked
        ),
    ]
    heads = (0, len(_HOW_TO) + 2)
    for row, (chinese, english) in enumerate(rows):
        if chinese:
            page.write_string(row, 0, chinese, formats.head if row in heads else formats.text)
            page.write_string(row, 1, english, formats.head if row in heads else formats.guide)
        left, right = _HOW_TO_WIDTHS
        needed = max(sheet.lines(chinese, left), sheet.lines(english, right - _WORDS))
        page.set_row(row, sheet.height(needed))
    _print(page, sheet.A4)


def _items(page: Worksheet, asked: Sequence[Standard], year: int, formats: _Formats) -> None:
    """The list of items by the names that the other sheets call them, and the standards to choose from."""
    for position, (name, width) in enumerate(zip(_ITEM_COLUMNS, _ITEM_WIDTHS, strict=True)):
        page.write_string(0, position, name, formats.guide_head)
        page.set_column(position, position, width, formats.guide)
    page.freeze_panes(1, 0)
    _print(page, sheet.A4)
    for row, cells in enumerate(_item_cells(asked, year), 1):
        for position, cell in enumerate(cells):
            page.write_string(row, position, cell, formats.guide)
        page.set_row(row, sheet.height(max(map(sheet.lines, cells, _ITEM_WIDTHS))))
    for row, standard in enumerate(asked, 1):
        page.write_string(row, len(_ITEM_COLUMNS) - 1, standard.id, formats.guide)


def _item_cells(asked: Iterable[Standard], year: int) -> Iterator[tuple[str, ...]]:
    for standard in asked:
        titles = {part.id: part.title.zh for part in standard.parts}
        for item in standard.items:
            says = _item_asks(item, standard, year) if item.is_in_source else "内容未见公开文本"
            yield (
                standard.id,
                standard.title.zh,
                titles[item.part],
                item.id,
                item.number,
                item.label.zh,
                says,
                item.article,
            )


def _plain(value: Decimal | None) -> str:
    """A decimal in plain digits, without trailing zeros."""
    if value is None:
        return ""
    whole = value.to_integral_value()
    return format(whole if value == whole else value.normalize(), "f")
