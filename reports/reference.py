"""The reference pages under `docs/`, written from the contracts, the standards and the catalogue of intake rules.

`python -m reports.reference docs` writes them; a test fails while they are stale.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import polars as pl

from schemas.columns import STAGES
from schemas.contract import Column, Contract, Rule
from schemas.tables import HERE, TABLES, codes
from standards.standard import Indicator, Standard, standards
from standards.values import Limits

_TYPES: dict[object, str] = {
    pl.String: "text",
    pl.Int32: "int32",
    pl.Int64: "int64",
    pl.Float64: "float64",
    pl.Boolean: "boolean",
    pl.Decimal: "decimal(18, 4)",
}
_TEACHING_POINTS = {
    "out": "Teaching points are out of scope.",
    "own_unit": "A teaching point with {pupils} pupils or more is a unit of its own; a smaller one is listed only.",
}
_SCHOOL_RULE = (
    "At least {at_norm} of the {indicators} indicators at the norm; every other at {share} of it or above. "
    "Source: {article}"
)
_RULES = {
    "mean": "The mean of the stage's coefficients (`composite`) must not exceed the limit.",
    "each": "No coefficient of the stage may exceed the limit.",
    "none": "Nothing is held against a limit.",
}
_TABLES_INTRODUCTION = (
    "Every table is an asset, a contract and a folder of Parquet files of one name, one file per school year: "
    "`tables/<table>/<year>.parquet`, for `quarantine` `quarantine/<year>.parquet`. "
    "Key columns identify a row; rows stand in the order given. "
    "*Null* says whether a cell may be empty. Empty means not reported or not defined, never zero. "
    "The unit *as unit* is the one that the row's own column `unit` names."
)
_STANDARDS_INTRODUCTION = (
    "One file per standard; its name is the standard's id in every table. "
    "A value holds for a school year if it is in force on 1 September, when the year begins. "
    "School years before the first date are measured by the first values. "
    "Field names in formulas are columns of [`units`](tables.md#units)."
)
_RULES_INTRODUCTION = (
    "The smallest thing is refused. Every refusal is a row of [`quarantine`](tables.md#quarantine) with file, "
    "sheet, row, rule and message. In the messages `{value}` is what was read, `{wanted}` what was expected. "
    "Rules between the cells of a row go by one name for both stages: `bands_are_classes` stands for "
    "`bands_are_classes_primary` and `bands_are_classes_junior`. The cells that they read are listed under "
    "[`schools`](tables.md#schools)."
)
_GENERATED = "<!-- Generated from {origin} by `make docs`. Do not edit by hand. -->"


def pages() -> dict[str, str]:
    """The generated pages: path under `docs/` → text. The same contracts and standards give the same bytes."""
    return {
        "tables.md": tables_page(TABLES),
        "standards.md": standards_page(standards()),
        "intake-rules.md": intake_rules_page(intake_rules()),
    }


def intake_rules() -> list[dict[str, str]]:
    """The catalogue of intake rules in its own order: `rule`, `level`, `message_zh`, `message_en`."""
    with (HERE / "rules.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def tables_page(contracts: Mapping[str, Contract]) -> str:
    """Every table: grain, key, order, columns, rules."""
    rules = {entry["rule"]: entry for entry in intake_rules()}
    parts = [
        _GENERATED.format(origin="`schemas/tables.py` and `schemas/school_fields.csv`"),
        "# Tables",
        _TABLES_INTRODUCTION,
        _table(
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
                    f"- Key: {_names(contract.key) or 'none'}",
                    f"- Order: {_names(contract.order)}",
                    f"- From: {contract.origin or '-'}",
                )
            ),
            _table(
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
    return _joined(parts)


def standards_page(found: Mapping[str, Standard]) -> str:
    """Every standard: scope, split, indicators with formulas and norms, school rule, limits."""
    parts = [
        _GENERATED.format(origin="`standards/*.toml`"),
        "# Standards",
        _STANDARDS_INTRODUCTION,
        _table(
            ("Id", "中文", "English", "Shown for"),
            ((f"[`{s.id}`](#{s.id})", s.title.zh, s.title.en, _names(s.applies_to)) for s in found.values()),
        ),
    ]
    for standard in found.values():
        parts += _standard(standard)
    return _joined(parts)


def intake_rules_page(rules: Sequence[Mapping[str, str]]) -> str:
    """The intake rules: what is refused, under which name, and what the message says."""
    levels = {
        "file": "The whole file is refused. None of its rows is taken.",
        "row": "The row is refused and kept whole in `quarantine.record`. The other rows go on.",
        "cell": "The cell counts as not reported. The row goes on with its other cells.",
    }
    parts = [
        _GENERATED.format(origin="`schemas/rules.csv`"),
        "# Intake rules",
        _RULES_INTRODUCTION,
    ]
    for level, words in levels.items():
        parts += [
            f"## Level: {level}",
            words,
            _table(
                ("Rule", "说明", "Message"),
                (
                    (f"`{rule['rule']}`", rule["message_zh"], rule["message_en"])
                    for rule in rules
                    if rule["level"] == level
                ),
            ),
        ]
    return _joined(parts)


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
        rows.append((f"`{rule.name}`", _names(rule.reads), _names(rule.refuses) or "-", message.get("message_zh", "-")))
    return _table(("Rule", "Reads", "Refuses", "说明"), rows)


def _without_stage(rule: str) -> str:
    for stage in STAGES:
        rule = rule.removesuffix(f"_{stage}")
    return rule


def _standard(standard: Standard) -> list[str]:
    scope, split = standard.scope, standard.split
    facts = [
        f"- Document: {standard.document.zh} ({standard.document.en})",
        f"- Issued: {standard.issued or '-'}",
        f"- Part measured here: {standard.part.zh} ({standard.part.en})",
        *([f"- Not judged here: {left.zh} ({left.en})"] if (left := standard.not_judged) else []),
        f"- Shown on the pages of: {_names(standard.applies_to)}",
        f"- Stages: {_names(scope.stages)}",
        f"- School types: {_coded(scope.school_types, 'school_types') or 'all'}",
        f"- Operators left out: {_coded(scope.leave_out_operators, 'operators') or 'none'}",
        f"- {_TEACHING_POINTS[scope.teaching_points].format(pupils=scope.teaching_point_pupils)}",
        f"- Source of the scope: {scope.article}",
    ]
    weights = " : ".join(f"{stage} {weight.normalize():f}" for stage, weight in split.weights.items())
    divided = f"- Weights: {weights}\n- Divided: {_names(split.resources)}\n- Source: {split.article}"
    parts = [
        f"## {standard.id}",
        f"**{standard.title.zh}** · {standard.title.en}",
        "\n".join(facts),
        "### Split of what the stages share" if split.resources else "### Split",
        divided if split.resources else f"Nothing is divided. Source: {split.article}",
        "### Indicators",
        _table(
            ("Id", "中文", "English", "Unit", "Value of a unit", "Source"),
            (
                (f"`{i.id}`", i.label.zh, i.label.en, f"`{i.unit}`", _formula(i, scope.stages), i.article)
                for i in standard.indicators
            ),
        ),
    ]
    if any(indicator.norms for indicator in standard.indicators):
        parts += ["### Norms", _norms(standard)]
    if standard.school_rule:
        rule = standard.school_rule
        parts += [
            "### School rule",
            _SCHOOL_RULE.format(
                at_norm=rule.at_norm,
                indicators=len(standard.indicators),
                share=rule.floor_share,
                article=rule.article,
            ),
        ]
    parts += [
        "### Difference coefficients",
        f"{_RULES[standard.dispersion.rule]} Source: {standard.dispersion.article}",
    ]
    if standard.dispersion.limits:
        parts.append(_table(("In force from", *STAGES), (_dated(limit) for limit in standard.dispersion.limits)))
    slippage = {
        "over the limit again": standard.slippage.over_limit_again,
        "worse than the year before": standard.slippage.worse_than_year_before,
    }
    flags = ", ".join(words for words, on in slippage.items() if on) or "none"
    parts.append(
        f"Flags of slippage: {flags}. "
        "No published text was found that defines slippage in numbers; the flags are a default of this system."
    )
    return parts


def _formula(indicator: Indicator, stages: Sequence[str]) -> str:
    """(Σ plus − Σ minus) × times / denominator, in field names; stage by stage where they differ."""
    by_stage = {stage: indicator.added(stage) for stage in stages}
    if len(set(by_stage.values())) == 1:
        return _quotient(indicator, next(iter(by_stage.values())))
    return "<br>".join(f"{stage}: {_quotient(indicator, fields)}" for stage, fields in by_stage.items())


def _quotient(indicator: Indicator, plus: Sequence[str]) -> str:
    terms = " + ".join(plus) + "".join(f" − {field}" for field in indicator.minus)
    numerator = f"({terms})" if len(plus) + len(indicator.minus) > 1 else terms
    times = f" × {indicator.times}" if indicator.times != 1 else ""
    return f"`{numerator}{times} / {indicator.denominator}`"


def _norms(standard: Standard) -> str:
    """Norms with their dates, and beside each the floor under the school rule."""
    head = ["Indicator", "In force from", *STAGES]
    share = standard.school_rule.floor_share if standard.school_rule else None
    if share is not None:
        head += [f"floor, {stage}" for stage in STAGES]
    rows = []
    for indicator in standard.indicators:
        for norm in indicator.norms:
            row = [f"`{indicator.id}`", *_dated(norm)]
            if share is not None:
                row += [_plain(value * share) if (value := _of(norm, stage)) is not None else "-" for stage in STAGES]
            rows.append(row)
    return _table(head, rows)


def _dated(values: Limits) -> tuple[str, ...]:
    return (values.starts.isoformat(), *("-" if (v := _of(values, stage)) is None else str(v) for stage in STAGES))


def _of(values: Limits, stage: str) -> Decimal | None:
    value: Decimal | None = getattr(values, stage)
    return value


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _coded(wanted: Iterable[str], code_list: str) -> str:
    labels = {entry["code"]: entry["label_zh"] for entry in codes(code_list)}
    return "、".join(f"{code} {labels.get(code, '')}".rstrip() for code in wanted)


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(parts) + "\n"


def write(folder: Path) -> None:
    """The generated pages written into the folder."""
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
