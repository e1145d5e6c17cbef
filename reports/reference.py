"""The reference pages under `docs/`, written from the contracts, the standards and the catalogue of intake rules.

`python -m reports.reference docs` writes them; a test fails while they are stale.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import polars as pl

from reports.data_page import data_page
from reports.explanation import json_schema
from reports.form_page import form_page
from reports.markdown import GENERATED, joined, names, table
from reports.methodology import standard_page
from schemas.columns import STAGES
from schemas.contract import Column, Contract, Rule
from schemas.restatements import HISTORY_TABLES
from schemas.source import sources
from schemas.tables import HERE, TABLES
from standards.standard import Standard, standards

_TYPES: dict[object, str] = {
    pl.String: "text",
    pl.Int32: "int32",
    pl.Int64: "int64",
    pl.Float64: "float64",
    pl.Boolean: "boolean",
    pl.Date: "date",
    pl.Decimal: "decimal(18, 4)",
}
_TABLES_INTRODUCTION = (
    "Every table is an asset, a contract and a folder of Parquet files of one name, one file per school year: "
    "`tables/<table>/<year>.parquet`, for `quarantine` `quarantine/<year>.parquet`. "
    "Key columns identify a row; rows stand in the order given. "
    "*Null* says whether a cell may be empty. Empty means not reported or not defined, never zero. "
    "The unit *as unit* is the one that the row's own column `unit` names."
)
_STANDARDS_INTRODUCTION = (
    "One file per standard; its name is the standard's id in every table. Each has a page, written from the file that "
    "is executed: indicators with formulas and norms, parts, items with their requirements, dates, how sure the text "
    "is, and what a county has to report.\n\n"
    "每个标准一个文件，文件名即各表中的标准代号。每个标准有一页，由执行的文件生成：指标、计算式和标准值，各部分和条目的要求，日期、可信度，以及县级需要上报的内容。"
)
_RULES_INTRODUCTION = (
    "The smallest thing is refused. Every refusal is a row of [`quarantine`](tables.md#quarantine) with file, "
    "sheet, row, rule and message. In the messages `{value}` is what was read, `{wanted}` what was expected. "
    "Rules between the cells of a row go by one name for both stages: `bands_are_classes` stands for "
    "`bands_are_classes_primary` and `bands_are_classes_junior`. The cells that they read are listed under "
    "[`schools`](tables.md#schools)."
)


def pages() -> dict[str, str]:
    """The generated pages: path under `docs/` → text. The same contracts and standards give the same bytes."""
    return {
        "tables.md": tables_page(TABLES | HISTORY_TABLES),
        "standards.md": standards_page(standards()),
        **{f"standards/{name}.md": standard_page(standard, standards()) for name, standard in standards().items()},
        "intake-rules.md": intake_rules_page(intake_rules()),
        "county-json.md": data_page(),
        "explanation.schema.json": json.dumps(json_schema(), ensure_ascii=False, indent=2) + "\n",
        **{f"{name}.md": form_page(source) for name, source in sources().items() if source.forms},
    }


def intake_rules() -> list[dict[str, str]]:
    """The catalogue of intake rules in its own order: `rule`, `level`, `message_zh`, `message_en`."""
    with (HERE / "rules.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def tables_page(contracts: Mapping[str, Contract]) -> str:
    """Every table: grain, key, order, columns, rules."""
    rules = {entry["rule"]: entry for entry in intake_rules()}
    parts = [
        GENERATED.format(origin="`schemas/tables.py` and `schemas/school_fields.csv`"),
        "# Tables",
        _TABLES_INTRODUCTION,
        table(
            ("Table", "Grain"),
            ((f"[`{name}`](#{name})", contract.grain_en) for name, contract in contracts.items()),
        ),
    ]
    for contract in contracts.values():
        parts += [
            f"## {contract.name}",
            f"{contract.grain_en}\n\n{contract.grain_zh}",
            "\n".join(
                (
                    f"- Key: {names(contract.key) or 'none'}",
                    f"- Order: {names(contract.order)}",
                    f"- From: {contract.origin or '-'}",
                )
            ),
            table(
                ("Column", "Type", "Unit", "中文", "English", "Null", "Allowed", "Note"),
                (_column_row(column) for column in contract.columns),
            ),
        ]
        if contract.rules:
            parts.append(
                "Rules between the columns of a row. A cell that a rule reads and that is null breaks nothing. "
                "What a broken rule refuses becomes null."
            )
            parts.append(_rules_table(contract.rules, rules))
    return joined(parts)


def standards_page(found: Mapping[str, Standard]) -> str:
    """The index of the standards: title, document, what each has, where it is shown."""
    return joined(
        [
            GENERATED.format(origin="`standards/*.toml`"),
            "# Standards",
            _STANDARDS_INTRODUCTION,
            table(
                ("Id", "中文", "English", "Indicators", "Items", "Verdict on", "Shown for"),
                (
                    (
                        f"[`{s.id}`](standards/{s.id}.md)",
                        s.title.zh,
                        s.title.en,
                        str(len(s.indicators)),
                        str(len(s.items)),
                        _decides(s),
                        names(s.applies_to) + (f"; provinces {names(s.provinces)}" if s.provinces else ""),
                    )
                    for s in found.values()
                ),
            ),
        ]
    )


def _decides(standard: Standard) -> str:
    """What a standard's verdict is made of."""
    parts = ["resources"] if standard.dispersion.rule != "none" or standard.school_rule is not None else []
    parts += dict.fromkeys(part.role for part in standard.parts if part.role != "tracking")
    return ", ".join(parts) or "none, tracked only"


def intake_rules_page(rules: Sequence[Mapping[str, str]]) -> str:
    """The intake rules: what is refused, under which name, and what the message says."""
    levels = {
        "file": "The whole file is refused. None of its rows is taken.",
        "row": "The row is refused and kept whole in `quarantine.record`. The other rows go on.",
        "cell": "The cell counts as not reported. The row goes on with its other cells.",
    }
    parts = [
        GENERATED.format(origin="`schemas/rules.csv`"),
        "# Intake rules",
        _RULES_INTRODUCTION,
    ]
    for level, words in levels.items():
        parts += [
            f"## Level: {level}",
            words,
            table(
                ("Rule", "说明", "Message"),
                (
                    (f"`{rule['rule']}`", rule["message_zh"], rule["message_en"])
                    for rule in rules
                    if rule["level"] == level
                ),
            ),
        ]
    return joined(parts)


def _column_row(column: Column) -> tuple[str, ...]:
    return (
        f"`{column.name}`",
        _type(column),
        column.unit,
        column.label_zh,
        column.label_en,
        "yes" if column.nullable else "no",
        _allowed(column),
        column.note,
    )


def _type(column: Column) -> str:
    kind = column.dtype if isinstance(column.dtype, type) else type(column.dtype)
    return _TYPES[kind]


def _allowed(column: Column) -> str:
    """What a cell may hold: a list, a form, a range."""
    if column.one_of is not None:
        return " ".join(f"`{value}`" for value in column.one_of)
    if column.pattern is not None:
        return f"`{column.pattern}`"
    if column.minimum is not None and column.maximum is not None:
        return f"{column.minimum:g} to {column.maximum:g}" if column.unit == "year" else _span(column)
    return "" if column.minimum is None else f"≥ {column.minimum:,g}"


def _span(column: Column) -> str:
    assert column.minimum is not None
    assert column.maximum is not None
    return f"{int(column.minimum):,} to {int(column.maximum):,}"


def _rules_table(rules: Iterable[Rule], catalogue: Mapping[str, Mapping[str, str]]) -> str:
    rows = []
    for rule in rules:
        message = catalogue.get(_without_stage(rule.name), {})
        rows.append((f"`{rule.name}`", names(rule.reads), names(rule.refuses) or "-", message.get("message_zh", "-")))
    return table(("Rule", "Reads", "Refuses", "说明"), rows)


def _without_stage(rule: str) -> str:
    for stage in STAGES:
        rule = rule.removesuffix(f"_{stage}")
    return rule


def write(folder: Path) -> None:
    """The generated pages written into the folder."""
    (folder / "standards").mkdir(exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
