"""Corrections of known errors, as data: where, what is expected there, what is set in its place, and why.

A source's folder holds `corrections.csv` for errors of its publisher; a home holds a file per source for a province's
own. One row is one cell. What a correction expects must still stand there, or the run stops with its name.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from schemas.columns import FILE, FIRST_SCHOOL_YEAR, LAST_SCHOOL_YEAR, ROW, SHEET, SOURCE, YEAR
from schemas.contract import Column, Contract
from schemas.county import COUNTY_INPUTS
from schemas.source import Source

APPLIED, WITHDRAWN = "applied", "withdrawn"
STATUSES = (APPLIED, WITHDRAWN)
COLUMNS = (
    "id",
    "table",
    "school_year",
    "file",
    "where",
    "column",
    "expect",
    "set",
    "reason",
    "document",
    "status",
    "recorded_by",
    "recorded_on",
)
"""Columns of a file of corrections, in order."""
_NEEDED = ("id", "table", "school_year", "where", "column", "reason", "document", "status")
_DAY = re.compile(r"^\d{4}-\d{2}-\d{2}$")


class CorrectionError(Exception):
    """A correction cannot be read, or what it expects is no longer there; the message names it and what to do."""


@dataclass(frozen=True)
class Correction:
    """One cell of a return that is known to be wrong.

    `where` pairs columns of the key with their values; `expect` and `becomes` are the cell in the table's own unit,
    empty for not reported. `listed_in` and `listed_row` say where the correction itself stands.
    """

    id: str
    source: str
    table: str
    school_year: int
    file: str
    where: tuple[tuple[str, str], ...]
    column: str
    expect: str
    becomes: str
    reason: str
    document: str
    status: str
    recorded_by: str
    recorded_on: str
    listed_in: str
    listed_row: int

    @property
    def place(self) -> str:
        """Where the correction stands, in words."""
        return f"{self.listed_in} 第 {self.listed_row} 行"

    @property
    def key(self) -> str:
        """What `where` says, as the file writes it."""
        return "; ".join(f"{name}={value}" for name, value in self.where)


def read_corrections(path: Path, source: Source, *, shown: str = "") -> tuple[Correction, ...]:
    """The corrections that a file lists for a source, none where there is no file. `shown` is how the file is called.

    Raises CorrectionError with every fault of the file.
    """
    if not path.exists():
        return ()
    called = shown or path.name
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as fault:
        raise CorrectionError(
            f"{called}：不能按 UTF-8 读取（{fault}）。请另存为 UTF-8 的 CSV。 / Save it as CSV in UTF-8."
        ) from fault
    reader = csv.DictReader(text.splitlines())
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise CorrectionError(
            f"{called}：缺少列 {'、'.join(missing)}。请按 {','.join(COLUMNS)} 写表头。 / Columns are missing; write this header."
        )
    found, faults = [], []
    for row in reader:
        cells = {name: (row[name] or "").strip() for name in COLUMNS}
        if not any(cells.values()):
            continue
        said = _faults(cells, source)
        faults += [f"{called} 第 {reader.line_num} 行（{cells['id'] or '?'}）：{fault}" for fault in said]
        if not said:
            found.append(_correction(cells, source, called, reader.line_num))
    for names, words in (
        ([one.id for one in found], "编号 id"),
        ([_cell(one) for one in found if one.status == APPLIED], "同一单元格 cell"),
    ):
        twice = sorted({name for name in names if names.count(name) > 1})
        faults += [f"{called}：{words} 出现两次：{name}。请只留一条，其余改为 withdrawn。 / Twice." for name in twice]
    if faults:
        raise CorrectionError("\n".join(faults))
    return tuple(found)


def together(groups: Sequence[Sequence[Correction]]) -> tuple[Correction, ...]:
    """The corrections of several files as one list. Raises CorrectionError where two share an id or speak of one cell."""
    found = [one for group in groups for one in group]
    for name in ("id", "cell"):
        seen: dict[str, Correction] = {}
        for one in found:
            if name == "cell" and one.status != APPLIED:
                continue
            key = f"{one.source} {one.id if name == 'id' else _cell(one)}"
            if key in seen:
                raise CorrectionError(
                    f"更正 {one.id}（{one.place}）与 {seen[key].id}（{seen[key].place}）重复。"
                    "请只留一条，其余改编号或改为 withdrawn。 / Two corrections collide; keep one."
                )
            seen[key] = one
    return tuple(found)


def _cell(one: Correction) -> str:
    return f"{one.table} {one.school_year} {one.file} {one.key} {one.column}"


def _correction(cells: dict[str, str], source: Source, called: str, row: int) -> Correction:
    return Correction(
        id=cells["id"],
        source=source.name,
        table=cells["table"],
        school_year=int(cells["school_year"]),
        file=cells["file"],
        where=_where(cells["where"]),
        column=cells["column"],
        expect=cells["expect"],
        becomes=cells["set"],
        reason=cells["reason"],
        document=cells["document"],
        status=cells["status"],
        recorded_by=cells["recorded_by"],
        recorded_on=cells["recorded_on"],
        listed_in=called,
        listed_row=row,
    )


def _where(text: str) -> tuple[tuple[str, str], ...]:
    pairs = [part.partition("=") for part in text.split(";") if part.strip()]
    return tuple(sorted((name.strip(), value.strip()) for name, _, value in pairs))


def _faults(cells: dict[str, str], source: Source) -> list[str]:
    """What is wrong with a row of the file, in words."""
    faults = [f"{name} 为空，请填写 / is empty" for name in _NEEDED if not cells[name]]
    if faults:
        return faults
    layouts = [layout for layout, about in source.described.layouts.items() if about.table == cells["table"]]
    if not layouts:
        tables = dict.fromkeys(about.table for about in source.described.layouts.values())
        return [f"来源 {source.name} 没有表“{cells['table']}”；有：{'、'.join(tables)} / no such table"]
    if not re.fullmatch(r"\d{4}", cells["school_year"]) or not (
        FIRST_SCHOOL_YEAR <= int(cells["school_year"]) <= LAST_SCHOOL_YEAR
    ):
        return [f"学年“{cells['school_year']}”不是年份，如 2023 / school_year is not a year like 2023"]
    if cells["status"] not in STATUSES:
        faults.append(f"status “{cells['status']}”；只能是 {'、'.join(STATUSES)} / one of these")
    year = int(cells["school_year"])
    columns = [h.column for layout in layouts for h in source.headers(layout, year)]
    if cells["column"] not in columns:
        faults.append(f"{year} 学年的报表没有列“{cells['column']}”/ this return has no such column")
    where = _where(cells["where"])
    key = _key_columns(cells["table"])
    strange = [name for name, value in where if name not in columns or name not in key or not value]
    if strange or not where:
        faults.append(f"where “{cells['where']}”；写法如 {key[0]}=…，可用 {'、'.join(key)} / columns of the key")
    if cells["column"] in key:
        faults.append(f"“{cells['column']}”是行的主键，不能更正；请改报表 / a key cannot be corrected")
    if cells["expect"] == cells["set"]:
        faults.append("expect 与 set 相同 / expect and set are the same")
    if cells["recorded_on"] and not _DAY.match(cells["recorded_on"]):
        faults.append(f"recorded_on “{cells['recorded_on']}”；写法如 2024-03-05 / a date like this")
    return faults


def _key_columns(table: str) -> list[str]:
    """The columns by which a correction says which row it means."""
    if table == "schools":
        return ["school_id", "county_code"]
    contract = next(contract for contract in COUNTY_INPUTS if contract.name == table)
    return ["county_code", *(c for c in contract.key if c not in ("school_year", "source", "county_code"))]


CORRECTIONS = Contract(
    "corrections",
    "每条生效的更正一行：原值、改后的值、理由和文件",
    "One row per correction that was applied: the value before and after, the reason and the document.",
    ("school_year", "source", "correction"),
    (
        YEAR,
        SOURCE,
        Column("correction", pl.String, "更正编号", "Identifier of the correction", nullable=False),
        Column("table", pl.String, "表", "Table whose cell is corrected", nullable=False),
        Column("county_code", pl.String, "县级行政区划代码", "County code", nullable=False),
        Column("school_id", pl.String, "学校标识码", "School identifier, null where the row is not of a school"),
        Column("school_name", pl.String, "学校名称", "School name, null where the row is not of a school"),
        Column("where", pl.String, "行", "Which row is meant: columns of its key and their values", nullable=False),
        Column("column", pl.String, "字段", "Column that is corrected", nullable=False),
        Column("value_before", pl.String, "原值", "Value in the return, in the table's unit; null where not reported"),
        Column("value", pl.String, "更正为", "Value set in its place; null for not reported"),
        Column(
            "is_kept",
            pl.Boolean,
            "更正后的值在表中",
            "Whether the table holds the value that was set; false where a logic check refused it afterwards",
            note="null where the column is only a part of which a total is formed",
        ),
        Column("reason", pl.String, "理由", "Why the value is wrong", nullable=False),
        Column("document", pl.String, "依据文件", "Document that shows it", nullable=False),
        Column("recorded_by", pl.String, "登记人", "Who recorded the correction"),
        Column("recorded_on", pl.Date, "登记日期", "Day on which it was recorded"),
        Column("listed_in", pl.String, "更正清单", "File of corrections that lists it", nullable=False),
        Column("listed_row", pl.Int64, "清单行号", "Row of that file", "row", nullable=False, minimum=1),
        FILE,
        SHEET,
        ROW,
    ),
    sort=("school_year", "source", "county_code", "correction"),
    origin="corrections.csv of the source, corrections of the home",
)
