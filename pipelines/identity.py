"""Whose row it is and what it speaks of: a row whose key or identity is wrong is refused whole."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import polars as pl

from pipelines.recognition import Recognised, year_of_cell
from pipelines.refusals import as_faults, no_faults, with_record
from schemas.columns import FIRST_SCHOOL_YEAR, LAST_SCHOOL_YEAR
from schemas.contract import Column, Contract
from schemas.county import COUNTY_INPUTS
from schemas.source import Identifiers, Layout, Recode, Source
from schemas.tables import SCHOOLS, codes
from standards.county_return import KnownFact

DAMAGED = r"[\x{FFFD}\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F\x{202A}-\x{202E}\x{2066}-\x{2069}]"
"""What no text holds that was written by people: undecodable bytes, control characters, reversals of the writing."""
_PLAIN = r"^[ -~]*$"
"""ASCII alone: an identifier of other characters looks like one that it is not."""
SCIENTIFIC = r"^[+-]?[0-9]+(\.[0-9]+)?[eE][+-]?[0-9]+$"
FORMULA_ERROR = r"^#(N/A|DIV/0!|REF!|VALUE!|NAME\?|NUM!|NULL!)$"
FORMULA = r"^="
MOST_CHARACTERS = 2000
"""Length of the longest text that a county's cell may hold."""
_YEAR = r"^([0-9]{4})(?:\.0+)?\s*(?:年度?|学年度?)?$"
_INDEX = "__index__"
_NEAREST_FOR = 100
"""Unknown facts of a sheet for which the nearest known ones are looked up; further ones are only named."""


@dataclass(frozen=True)
class Known:
    """What a county may speak of: `facts`, perhaps each with what may be answered; the items of each standard.

    What is None is not checked.
    """

    facts: Collection[str] | None = None
    items: Mapping[str, Collection[str]] | None = None


@dataclass(frozen=True)
class _Check:
    """What a row's identity must not be: the rule that it then breaks, the column, what was wanted."""

    rule: str
    column: str
    breaks: pl.Expr
    wanted: str | None = None
    wanted_en: str | None = None


@cache
def contract_of(table: str) -> Contract:
    """The contract of a table that files are read into."""
    return next(contract for contract in (SCHOOLS, *COUNTY_INPUTS) if contract.name == table)


def identify(
    text: pl.DataFrame, found: Recognised, year: int, header_of: dict[str, str], known: Known
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows whose identity is sound, and the others as faults, each under the first rule that it breaks."""
    if found.table == "schools":
        checks = _school(found)
        rows = text
    else:
        checks = _county(found)
        rows = read_symbols(text, found.source.recodes(_key_columns(found.described, contract_of(found.table))))
        checks += _known(found, known)
    if "school_year" in text.columns:
        checks.append(_year(found, text, year))
    first = pl.coalesce(pl.when(check.breaks).then(pl.lit(number)) for number, check in enumerate(checks))
    broken = text.with_columns(rows.select(first.alias(_INDEX)).to_series())
    refused = []
    for number, check in enumerate(checks):
        wrong = broken.filter(pl.col(_INDEX) == number)
        faults = as_faults(
            with_record(wrong, header_of),
            "row",
            check.rule,
            header=header_of.get(check.column),
            column=check.column,
            value=pl.col(check.column),
            wanted=check.wanted,
            wanted_en=check.wanted_en,
        )
        refused.append(_with_nearest(faults, wrong, known) if check.rule.startswith("unknown_") else faults)
    return broken.filter(pl.col(_INDEX).is_null()).drop(_INDEX), pl.concat(refused)


def key_of(text: pl.DataFrame, source: Source, layout: str, year: int) -> pl.DataFrame:
    """The rows of a county's sheet with the columns of their key as the table holds them, still as text.

    Symbols are read, a blank that means the whole is "", a blank year is the school year, a year has four digits; a
    breakdown is one and the same whatever the width of its characters and the white space in it.
    """
    described = source.described.layouts[layout]
    columns = _key_columns(described, contract_of(described.table))
    text = read_symbols(text, source.recodes(columns))
    years = [name for name in columns if _column(described, name).dtype == pl.Int32]
    if "breakdown" in columns:
        text = text.with_columns(pl.col("breakdown").str.normalize("NFKC").str.replace_all(r"\s+", ""))
    return text.with_columns(
        *(pl.col(name).fill_null("") for name in described.blank_is_whole),
        *(pl.col(name).str.extract(_YEAR).fill_null(pl.lit(str(year))) for name in described.blank_is_year),
        *(pl.col(name).str.extract(_YEAR) for name in years if name not in described.blank_is_year),
    )


def read_symbols(text: pl.DataFrame, recodes: Sequence[Recode]) -> pl.DataFrame:
    """The rows of text with every symbol of the source as what it means."""
    for recode in recodes:
        text = text.with_columns(
            pl.when(pl.col(column) == recode.symbol)
            .then(pl.lit(recode.becomes, pl.String))
            .otherwise(pl.col(column))
            .alias(column)
            for column in recode.columns
        )
    return text


def repeated(text: pl.DataFrame, source: Source, layout: str, year: int) -> pl.DataFrame:
    """For each row whether its key stands more than once (`is_repeated`), and the key in words (`called`)."""
    described = source.described.layouts[layout]
    if described.table == "schools":
        return text.select(is_repeated=pl.col("school_id").is_duplicated(), called=pl.col("school_id"))
    names = _key_columns(described, contract_of(described.table))
    key = key_of(text, source, layout, year)
    parts = [pl.when(pl.col(name) != "").then(pl.col(name)) for name in names]
    return key.select(
        is_repeated=pl.struct("county_code", *names).is_duplicated(),
        called=pl.concat_str(parts, separator=" / ", ignore_nulls=True),
    )


def _column(described: Layout, name: str) -> Column:
    return next(column for column in contract_of(described.table).columns if column.name == name)


def _key_columns(described: Layout, contract: Contract) -> list[str]:
    """The columns that say what a county's row speaks of, whose county and year it is apart."""
    assert described.table == contract.name
    return [name for name in contract.key if name not in ("school_year", "source", "county_code")]


def _school(found: Recognised) -> list[_Check]:
    source = found.source
    checks = [
        *_school_id(source.described.identifiers, is_needed=True),
        *_county_code(source.described.identifiers),
        _Check("school_name_missing", "school_name", _absent(source, "school_name")),
        _Check("name_damaged", "school_name", pl.col("school_name").str.contains(DAMAGED)),
        *_county_known(source),
    ]
    if "school_type_code" not in found.described.constants:
        kind = pl.col("school_type_code")
        types = [entry["code"] for entry in codes("school_types")]
        checks.append(_Check("school_type_unknown", "school_type_code", kind.is_null() | ~kind.is_in(types)))
    return checks


def _county(found: Recognised) -> list[_Check]:
    """The checks of a county's row, over text in which the symbols of its key are read."""
    described, contract = found.described, contract_of(found.table)
    header_of = {header.column: header.header for header in found.source.headers(found.layout, LAST_SCHOOL_YEAR)}
    checks = [*_county_code(found.source.described.identifiers), *_county_known(found.source)]
    is_long = pl.col("county_name").str.len_chars() > MOST_CHARACTERS
    most = MOST_CHARACTERS
    checks.append(
        _Check("key_form", "county_name", is_long, f"不超过 {most} 字的名称", f"a name of at most {most} characters")
    )
    for name in _key_columns(described, contract):
        may_be_blank = name in (*described.blank_is_whole, *described.blank_is_year)
        if name == "school_id":
            checks += _school_id(found.source.described.identifiers, is_needed=not may_be_blank)
            continue
        header = header_of.get(name, name)
        if not may_be_blank:
            checks.append(_Check("key_missing", name, pl.col(name).is_null(), header))
        checks.append(_key_form(found, _column(described, name)))
    return checks


def _known(found: Recognised, known: Known) -> list[_Check]:
    """Whether a row speaks of what no list of facts or standard knows, or in a way in which it says nothing."""
    fact, checks = pl.col("fact"), []
    if found.table == "county_facts" and known.facts is not None:
        checks.append(_Check("unknown_fact", "fact", ~fact.is_in(list(known.facts))))
    if found.table == "county_facts" and isinstance(known.facts, Mapping):
        facts: Mapping[str, KnownFact] = known.facts
        whole = [name for name, answers in facts.items() if not answers.by_breakdown]
        of_schools = [name for name, answers in facts.items() if answers.of_schools]
        checks.append(_Check("breakdown_unused", "breakdown", pl.col("breakdown").is_not_null() & fact.is_in(whole)))
        checks.append(_Check("school_needed", "fact", pl.col("school_id").is_null() & fact.is_in(of_schools)))
    columns = [column.name for column in contract_of(found.table).columns]
    if known.items is not None and "standard" in columns:
        checks.append(_Check("unknown_standard", "standard", ~pl.col("standard").is_in(list(known.items))))
        if "item" in columns:
            listed = [f"{standard} {item}" for standard, items in known.items.items() for item in items]
            named = pl.concat_str("standard", "item", separator=" ")
            checks.append(_Check("unknown_item", "item", ~named.is_in(listed)))
    return checks


def _key_form(found: Recognised, column: Column) -> _Check:
    """Whether a cell of a key is damaged, a formula error, no year, no code of its list, or of another form."""
    cell = pl.col(column.name)
    spoilt = cell.str.contains(DAMAGED) | cell.str.contains(FORMULA_ERROR)
    spoilt = spoilt | cell.str.contains(FORMULA) | (cell.str.len_chars() > MOST_CHARACTERS)
    if column.dtype == pl.Int32:
        year = cell.str.extract(_YEAR).cast(pl.Int32, strict=False)
        low, high = column.minimum or FIRST_SCHOOL_YEAR, column.maximum or LAST_SCHOOL_YEAR
        breaks = cell.is_not_null() & ~year.is_between(low, high).fill_null(value=False)
        span = f"{low:g}–{high:g}"
        return _Check("key_form", column.name, breaks, f"{span} 之间的年份，如 2023", f"a year in {span}, like 2023")
    if column.one_of:
        recodes = [recode for recode in found.source.recodes([column.name]) if recode.becomes in column.one_of]
        words = {str(recode.becomes): recode.symbol for recode in reversed(recodes)}
        named = "、".join(words.get(code, code) for code in column.one_of)
        return _Check(
            "key_form",
            column.name,
            ~cell.is_in(column.one_of),
            f"下列之一：{named}",
            f"one of {', '.join(column.one_of)}",
        )
    if column.pattern:
        spoilt = spoilt | ~cell.str.contains(column.pattern)
    return _Check(
        "key_form",
        column.name,
        spoilt,
        f"不含空格、乱码和公式，不超过 {MOST_CHARACTERS} 字的名称",
        f"a name without blanks, damage or formula, of at most {MOST_CHARACTERS} characters",
    )


def _school_id(ids: Identifiers, *, is_needed: bool) -> list[_Check]:
    school = pl.col("school_id")
    misformed = ~school.str.contains(ids.school_id)
    is_short = school.str.contains(r"^[0-9]+$") & (school.str.len_chars() < ids.school_id_length)
    breaks = {
        "school_id_missing": school.is_null(),
        "school_id_scientific": misformed & school.str.contains(SCIENTIFIC),
        "school_id_characters": misformed & ~school.str.contains(_PLAIN),
        "school_id_number": misformed & school.str.contains(r"^[0-9]+\.[0-9]+$"),
        "school_id_short": misformed & is_short,
        "school_id_form": misformed,
    }
    return [
        _Check(rule, "school_id", wrong, ids.school_id_words, ids.school_id_words_en)
        for rule, wrong in breaks.items()
        if is_needed or rule != "school_id_missing"
    ]


def _county_code(ids: Identifiers) -> list[_Check]:
    county = pl.col("county_code")
    misformed = ~county.str.contains(ids.county_code)
    return [
        _Check(rule, "county_code", breaks, ids.county_code_words, ids.county_code_words_en)
        for rule, breaks in (
            ("county_code_characters", misformed & ~county.str.contains(_PLAIN)),
            ("county_code_form", county.is_null() | misformed),
        )
    ]


def _county_known(source: Source) -> list[_Check]:
    if source.counties:
        ids = source.described.identifiers
        register = [entry["code"] for entry in source.counties]
        breaks = ~pl.col("county_code").is_in(register)
        return [_Check("county_unknown", "county_code", breaks, ids.county_code_words, ids.county_code_words_en)]
    return [
        _Check("county_name_missing", "county_name", _absent(source, "county_name")),
        _Check("name_damaged", "county_name", pl.col("county_name").str.contains(DAMAGED)),
    ]


def _year(found: Recognised, text: pl.DataFrame, year: int) -> _Check:
    stated = {cell: year_of_cell(found, cell) for cell in text["school_year"].drop_nulls().unique().to_list()}
    cell = pl.col("school_year")
    breaks = cell.is_null() | ~cell.is_in([said for said, means in stated.items() if means == year])
    return _Check("year_mismatch", "school_year", breaks, str(year), str(year))


def _absent(source: Source, column: str) -> pl.Expr:
    """Whether a cell is blank or holds a symbol that the source reads as not reported."""
    symbols = [recode.symbol for recode in source.recodes([column]) if recode.becomes is None]
    return pl.col(column).is_null() | pl.col(column).is_in(symbols)


def _with_nearest(faults: pl.DataFrame, rows: pl.DataFrame, known: Known) -> pl.DataFrame:
    """The faults of things that nobody knows, each with the known ones that are nearest to it.

    `rows` are the refused rows; an item is looked for among those of the row's standard.
    """
    if faults.is_empty():
        return no_faults()
    standard = rows["standard"] if faults["rule"].item(0) == "unknown_item" else pl.Series([None] * rows.height)
    named = list(zip(standard.to_list(), faults["value"].to_list(), strict=True))
    near = {}
    for within, name in sorted(set(named), key=str)[:_NEAREST_FOR]:
        items = known.items or {}
        there = items.get(within, ()) if within else known.facts if faults["rule"].item(0) == "unknown_fact" else items
        near[within, name] = "、".join(difflib.get_close_matches(name, sorted(there or ()), n=3, cutoff=0.5))
    words = pl.Series([near.get(one) or "（无 / none）" for one in named], dtype=pl.String)
    return faults.with_columns(wanted=words, wanted_en=words)
