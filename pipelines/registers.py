"""Registers kept by hand: read, cast, and refused whole with every fault, so that nobody works from half of one."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence

import polars as pl

from schemas.contract import Column, Contract, accept, conform, failures
from schemas.lineage import COUNTY_ONE_TO_ONE, ONE_TO_ONE

_KEEPS = {*ONE_TO_ONE, *COUNTY_ONE_TO_ONE}
_DATES = ("%Y-%m-%d", "%Y/%m/%d")
_WORDS: dict[str, tuple[str, str]] = {
    "date": ("应为日期，写法如 2021-08-31", "a date like 2021-08-31 is wanted"),
    "number": ("应为数字", "a number is wanted"),
    "yes_no": ("应为 是 或 否", "yes or no is wanted (true, false)"),
    "missing": ("不能空缺，请补填", "may not be empty; fill it in"),
    "unknown_code": ("应为 {wanted} 之一", "one of {wanted} is wanted"),
    "form": ("不合规则", "has the wrong form"),
    "negative": ("太小", "is too small"),
    "too_large": ("太大", "is too large"),
    "not_finite": ("应为数字", "a number is wanted"),
    "valid_before_year": ("早于说明所属学年；只限当年的请留空", "lies before its own school year; leave it empty for that year alone"),
    "unknown_source": ("没有这个来源；有：{wanted}", "no such source; there are {wanted}"),
    "before_needed": ("这种事件要填原代码", "this event wants the code before"),
    "after_needed": ("这种事件要填现代码", "this event wants the code after"),
    "before_too_many": ("新设的没有原代码，请留空", "what is opened has no code before; leave it empty"),
    "after_too_many": ("停办、撤销的没有现代码，请留空", "what is closed or suspended has no code after; leave it empty"),
    "ids_differ": ("原代码与现代码应不相同；没有换码请登记为改名或搬迁", "the two codes must differ; if the code was kept, enter it as renamed or moved"),
    "rebuilt_whole": ("拆分和局部调整不能按今天的区划重算；请改为 continue 或 break", "a split or partial change cannot be rebuilt; choose continue or break"),
    "duplicate": ("同一件事登记了两次，请删去一行", "the same thing stands twice; remove one row"),
    "two_successors": ("原代码已有另一个现代码；一所变几所请登记为拆分", "this code already has another successor; enter one into several as split"),
    "two_predecessors": ("现代码已有另一个原代码；几所并一所请登记为合并", "this code already has another predecessor; enter several into one as merged"),
    "circle": ("沿革绕回了原代码，请核对先后", "the lineage leads back to its own beginning; check the order"),
}  # fmt: skip


class RegisterError(Exception):
    """A register is not sound; the message names every fault with file, row, column, what was wanted and what to do."""


def read_register(text: str, file: str, contract: Contract, sources: Sequence[str]) -> pl.DataFrame:
    """The rows of a register under its contract. Raises RegisterError with every fault; then no row is taken.

    A row that is wholly blank is none. Headers are the contract's names, in any order; those of columns that may be
    empty may be left out.
    """
    lines = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    head = [cell.strip() for cell in lines[0]] if lines else []
    _refuse(file, _header_faults(head, contract))
    body = [(number, row) for number, row in enumerate(lines[1:], 2) if any(cell.strip() for cell in row)]
    _refuse(
        file,
        [
            f"第 {number} 行有 {len(row)} 个字段，表头有 {len(head)} 个；请核对逗号和引号"
            f" / row {number} has {len(row)} fields, the header {len(head)}; look for a comma or quote too many"
            for number, row in body
            if len(row) != len(head)
        ],
    )
    written = pl.DataFrame(
        [[cell.strip() or None for cell in row] for _, row in body],
        schema=dict.fromkeys(head, pl.String),
        orient="row",
    )
    numbers = [number for number, _ in body]
    rows = conform(_read_cells(written, contract), contract)
    faults = [*_faults(rows, written, contract, numbers), *_unknown_sources(rows, numbers, sources)]
    _refuse(file, faults)
    if "event" in rows.columns:
        _refuse(file, list(_chain_faults(rows, numbers)))
    return accept(rows.sort(contract.order, nulls_last=True, maintain_order=True), contract)


def chains(events: pl.DataFrame, before: str = "school_id_before", after: str = "school_id_after") -> pl.DataFrame:
    """The lineage of every code that a one-to-one event leads from or to: its first code.

    One row per source and code: `source`, `code`, `lineage_id`. `events` have passed `read_register`, so that no code
    has two successors or two predecessors and no chain closes.
    """
    links = _links(events, before, after)
    earlier = {(source, new): old for source, old, new in links}
    rows = []
    for source, code in sorted({(source, code) for source, old, new in links for code in (old, new)}):
        first = code
        while (source, first) in earlier:
            first = earlier[source, first]
        rows.append((source, code, first))
    return pl.DataFrame(rows, schema=dict.fromkeys(("source", "code", "lineage_id"), pl.String), orient="row")


def _links(events: pl.DataFrame, before: str, after: str) -> list[tuple[str, str, str]]:
    """Source, code before and code after of the one-to-one events that change the code; each pair once."""
    led = events.filter(pl.col("event").is_in(_KEEPS) & (pl.col(before) != pl.col(after)))
    return list(led.select("source", before, after).unique(maintain_order=True).iter_rows())


def _refuse(file: str, faults: Sequence[str]) -> None:
    if faults:
        raise RegisterError("\n  ".join([f"{file}：{len(faults)} 处问题，登记册没有采用 / not taken", *faults]))


def _header_faults(head: Sequence[str], contract: Contract) -> list[str]:
    names = [column.name for column in contract.columns]
    needed = [column.name for column in contract.columns if not column.nullable or column.name in contract.key]
    twice = [name for name, count in Counter(head).items() if count > 1]
    return [
        *(f"缺少表头“{name}”，请补上 / the header {name} is missing; add it" for name in needed if name not in head),
        *(
            f"不认识表头“{name}”；可用：{'、'.join(names)} / unknown header {name}"
            for name in dict.fromkeys(head)
            if name not in names
        ),
        *(f"表头“{name}”出现不止一次 / the header {name} stands more than once" for name in twice),
    ]


_YES_NO = {"是": True, "true": True, "1": True, "否": False, "false": False, "0": False}


def _read_cells(written: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """The frame with its dates, numbers and truth values cast; what is none of its kind becomes null."""
    return written.with_columns(
        _cell(column).alias(column.name)
        for column in contract.columns
        if column.name in written.columns and column.dtype != pl.String
    )


def _cell(column: Column) -> pl.Expr:
    cell = pl.col(column.name)
    if column.dtype == pl.Date:
        return pl.coalesce(cell.str.to_date(form, strict=False) for form in _DATES)
    if column.dtype == pl.Boolean:
        return cell.str.to_lowercase().replace_strict(_YES_NO, default=None, return_dtype=pl.Boolean)
    return cell.cast(column.dtype, strict=False)


def _faults(rows: pl.DataFrame, written: pl.DataFrame, contract: Contract, numbers: Sequence[int]) -> list[str]:
    columns = {column.name: column for column in contract.columns}
    rules = {rule.name: rule.refuses[0] for rule in contract.rules}
    found: dict[tuple[int, str, str], None] = {}
    for name, column in columns.items():
        if column.dtype != pl.String and name in written.columns:
            kind = "date" if column.dtype == pl.Date else "yes_no" if column.dtype == pl.Boolean else "number"
            wrong = written[name].is_not_null() & rows[name].is_null()
            found |= {(int(index), name, kind): None for index in wrong.arg_true()}
    for row in failures(rows, contract).iter_rows(named=True):
        index, rule = row["index"], row["rule"]
        name = row["column"] or rules.get(rule, contract.key[0])
        is_written = name in written.columns and index is not None and written[name][index] is not None
        if index is not None and (index, name, "date") not in found and not (rule == "missing" and is_written):
            found[index, name, rule] = None
    # A key with an empty cell is not seen by the contract's own check of the key.
    twice = rows.select(pl.struct(contract.key).is_duplicated() & ~pl.struct(contract.key).is_first_distinct())
    found |= {(int(index), contract.key[0], "duplicate"): None for index in twice.to_series().arg_true()}
    doubled = {index for index, _, rule in found if rule == "duplicate"}
    first = set(twice.to_series().arg_true().to_list())
    return [
        _said(numbers[index], name, written, index, rule, columns[name].one_of or ())
        for index, name, rule in sorted(found)
        if rule != "duplicate" or (index in first and index in doubled and name == contract.key[0])
    ]


def _said(number: int, name: str, written: pl.DataFrame, index: int, rule: str, wanted: Sequence[str]) -> str:
    value = written[name][index] if name in written.columns else None
    zh, en = _WORDS[rule]
    listed = "、".join(wanted)
    shown = "空" if value is None else f"“{value}”"
    return f"第 {number} 行 row {number}，{name}：{shown}，{zh.format(wanted=listed)} / {en.format(wanted=listed)}"


def _unknown_sources(rows: pl.DataFrame, numbers: Sequence[int], sources: Sequence[str]) -> list[str]:
    if "source" not in rows.columns:
        return []
    strange = (rows["source"].is_not_null() & ~rows["source"].is_in(list(sources))).arg_true()
    return [_said(numbers[index], "source", rows, index, "unknown_source", sources) for index in strange]


def _chain_faults(rows: pl.DataFrame, numbers: Sequence[int]) -> Iterator[str]:
    """One-to-one events that give a code two successors or two predecessors, or lead back to their beginning."""
    before, after = (next(name for name in rows.columns if name.endswith(end)) for end in ("_before", "_after"))
    later: dict[tuple[str, str], str] = {}
    earlier: dict[tuple[str, str], str] = {}
    led = rows.with_columns(__at__=pl.int_range(pl.len())).filter(
        pl.col("event").is_in(_KEEPS) & (pl.col(before) != pl.col(after))
    )
    for source, old, new, index in led.select("source", before, after, "__at__").iter_rows():
        if later.get((source, old), new) != new:
            yield _said(numbers[index], before, rows, index, "two_successors", ())
        elif earlier.get((source, new), old) != old:
            yield _said(numbers[index], after, rows, index, "two_predecessors", ())
        else:
            later[source, old], earlier[source, new] = new, old
            if _ends_at(later, source, new, old):
                yield _said(numbers[index], after, rows, index, "circle", ())
                del later[source, old], earlier[source, new]


def _ends_at(later: dict[tuple[str, str], str], source: str, start: str, end: str) -> bool:
    """Whether the chain from a code leads to another."""
    code: str | None = start
    while code is not None:
        if code == end:
            return True
        code = later.get((source, code))
    return False
