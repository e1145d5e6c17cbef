"""Rows of text into rows of a school: symbols read, numbers cast, totals formed, every fault named.

The smallest thing is refused: a cell where a cell is wrong, a row where its key or identity is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import polars as pl

from pipelines.reading import ROW, Body
from pipelines.recognition import Recognised, year_of_cell
from schemas.columns import STAGES
from schemas.contract import DECIMAL, conform, failures
from schemas.source import Header, Source
from schemas.tables import SCHOOLS, codes, school_fields

FAULTS = pl.Schema(
    {
        "file": pl.String,
        "sheet": pl.String,
        "row": pl.Int64,
        "level": pl.String,
        "county_code": pl.String,
        "school_id": pl.String,
        "header": pl.String,
        "column": pl.String,
        "value": pl.String,
        "rule": pl.String,
        "wanted": pl.String,
        "wanted_en": pl.String,
        "record": pl.String,
    }
)
"""Columns of a frame of faults: one row per refused row or cell."""

# Digits are 0-9: in polars \d also means those of other widths and scripts, which do not cast.
_WHOLE = r"^[+-]?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.0+)?$"
_DECIMAL = r"^[+-]?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]+)?$"
_SCIENTIFIC = r"^[+-]?[0-9]+(\.[0-9]+)?[eE][+-]?[0-9]+$"
_YES = ("是", "1", "true", "TRUE", "Y", "y")
_NO = ("否", "0", "false", "FALSE", "N", "n")
_BLANKS = " \t\r\n\u3000\u00a0\ufeff\u200b"
_INDEX = "__index__"
_DAMAGED = "\ufffd"


@dataclass(frozen=True)
class Lines:
    """The rows of one sheet whose identity is sound, still as text under the fields' names, and what was refused.

    `text` also holds file, sheet and row; `errors` the cells with a formula error, as file, sheet, row, field, value.
    """

    text: pl.DataFrame
    errors: pl.DataFrame
    faults: pl.DataFrame
    rows_read: int
    unknown_columns: tuple[str, ...]


def read_lines(
    found: Recognised, year: int, body: Body, places: dict[int, Header], others: Sequence[int], file: str
) -> Lines:
    """The sheet's rows with a sound identity, and the others as faults; a school may still stand there twice.

    `places` gives the header of each position, `others` the positions that the source does not know.
    """
    text = _clean(body.cells)
    # A reader may end before trailing columns that are wholly empty.
    missing = [str(position) for position in places if str(position) not in text.columns]
    text = text.with_columns(pl.lit(None, pl.String).alias(name) for name in missing)
    errors = pl.DataFrame(body.errors, schema={"row": pl.Int64, "position": pl.Int64, "value": pl.String}, orient="row")
    filled = pl.any_horizontal(pl.all().exclude(ROW).is_not_null()) | pl.col(ROW).is_in(errors["row"].to_list())
    text = text.filter(filled)
    unknown = tuple(
        found.headers[position].strip() or f"（第 {position + 1} 列无表头）"
        for position in others
        if found.headers[position].strip() or (str(position) in text.columns and text[str(position)].count())
    )
    origin = {"file": pl.lit(file), "sheet": pl.lit(found.sheet.name, pl.String)}
    text = text.select(
        pl.col(ROW).alias("row"),
        *(pl.col(str(position)).alias(header.column) for position, header in places.items()),
        **origin,
    )
    header_of = {header.column: header.header for header in places.values()}
    sound, refused = _identify(text, found, year, header_of)
    ragged = pl.DataFrame(
        body.ragged, schema={"row": pl.Int64, "value": pl.Int64, "record": pl.String}, orient="row"
    ).with_columns(**origin)
    ragged = as_faults(ragged, "row", "field_count", value=pl.col("value"), wanted=str(len(found.headers)))
    columns = pl.DataFrame(
        [(position, header.column) for position, header in places.items()],
        schema={"position": pl.Int64, "column": pl.String},
        orient="row",
    )
    return Lines(
        sound,
        errors.join(columns, on="position", how="inner", maintain_order="left").drop("position").with_columns(**origin),
        pl.concat([refused, ragged]),
        rows_read=text.height + ragged.height,
        unknown_columns=unknown,
    )


def to_schools(
    source: Source, layout: str, year: int, text: pl.DataFrame, errors: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of text of one layout and school year as rows of `schools`, and the cells that were refused."""
    headers = source.headers(layout, year)
    header_of = {header.column: header.header for header in headers}
    schools, faults = _cast(text, source, headers, header_of)
    faults.append(_error_faults(errors, text, header_of))
    schools, sum_faults = _sums(schools, text, source, layout, header_of)
    constants = {**source.described.layouts[layout].constants, "school_year": year, "source": source.name}
    schools = schools.with_columns(pl.lit(value).alias(name) for name, value in constants.items())
    schools, logic_faults = _keep_contract(_place(schools, source), text, header_of)
    return schools, pl.concat([*faults, sum_faults, logic_faults])


def has_rows(body: Body) -> bool:
    """Whether anything stands under the header, in rows that have its number of fields."""
    cells = _clean(body.cells).drop(ROW)
    return bool(body.errors) or any(column.count() for column in cells.iter_columns())


def _clean(cells: pl.DataFrame) -> pl.DataFrame:
    """Every cell without the white space and line-end residue around it; nothing left is null."""
    value = pl.all().exclude(ROW).str.replace_all("_x000D_", "", literal=True).str.strip_chars(_BLANKS)
    cleaned = cells.with_columns(value)
    return cleaned.with_columns(pl.when(pl.all().exclude(ROW) != "").then(pl.all().exclude(ROW)))


def as_faults(
    rows: pl.DataFrame,
    level: str,
    rule: pl.Expr | str,
    *,
    header: str | None = None,
    column: str | None = None,
    value: pl.Expr | None = None,
    wanted: str | None = None,
    wanted_en: str | None = None,
) -> pl.DataFrame:
    """The given rows of text as faults."""

    def there(name: str) -> pl.Expr:
        return (pl.col(name) if name in rows.columns else pl.lit(None, pl.String)).alias(name)

    return rows.select(
        there("file"),
        there("sheet"),
        pl.col("row"),
        pl.lit(level).alias("level"),
        there("county_code"),
        there("school_id"),
        pl.lit(header, pl.String).alias("header"),
        pl.lit(column, pl.String).alias("column"),
        (pl.lit(None, pl.String) if value is None else value.cast(pl.String)).alias("value"),
        (pl.lit(rule) if isinstance(rule, str) else rule).alias("rule"),
        pl.lit(wanted, pl.String).alias("wanted"),
        pl.lit(wanted_en or wanted, pl.String).alias("wanted_en"),
        there("record"),
    )


def with_record(text: pl.DataFrame, header_of: dict[str, str]) -> pl.DataFrame:
    """The rows of text with each whole row, under the file's headers, as JSON in `record`."""
    whole = pl.struct(pl.col(column).alias(header) for column, header in header_of.items())
    return text.with_columns(whole.struct.json_encode().alias("record"))


def _identify(
    text: pl.DataFrame, found: Recognised, year: int, header_of: dict[str, str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows whose identity is sound, and the others as faults, each under the first rule that it breaks."""
    ids = found.source.described.identifiers
    layout = found.source.described.layouts[found.layout]
    school, county = pl.col("school_id"), pl.col("county_code")
    misformed = ~school.str.contains(ids.school_id)
    types = [entry["code"] for entry in codes("school_types")]
    checks: list[tuple[str, str, pl.Expr]] = [
        ("school_id_missing", "school_id", school.is_null()),
        ("school_id_scientific", "school_id", misformed & school.str.contains(_SCIENTIFIC)),
        ("school_id_number", "school_id", misformed & school.str.contains(r"^[0-9]+\.[0-9]+$")),
        (
            "school_id_short",
            "school_id",
            misformed & school.str.contains(r"^[0-9]+$") & (school.str.len_chars() < ids.school_id_length),
        ),
        ("school_id_form", "school_id", misformed),
        ("county_code_form", "county_code", county.is_null() | ~county.str.contains(ids.county_code)),
        ("school_name_missing", "school_name", _absent(found.source, "school_name")),
        ("name_damaged", "school_name", pl.col("school_name").str.contains(_DAMAGED, literal=True)),
    ]
    wanted = {
        "school_id": (ids.school_id_words, ids.school_id_words_en),
        "county_code": (ids.county_code_words, ids.county_code_words_en),
        "school_year": (str(year), str(year)),
    }
    if found.source.counties:
        register = [entry["code"] for entry in found.source.counties]
        checks.append(("county_unknown", "county_code", ~county.is_in(register)))
    else:
        checks.append(("county_name_missing", "county_name", _absent(found.source, "county_name")))
        checks.append(("name_damaged", "county_name", pl.col("county_name").str.contains(_DAMAGED, literal=True)))
    if "school_type_code" not in layout.constants:
        kind = pl.col("school_type_code")
        checks.append(("school_type_unknown", "school_type_code", kind.is_null() | ~kind.is_in(types)))
    if "school_year" in text.columns:
        stated = {cell: year_of_cell(found, cell) for cell in text["school_year"].drop_nulls().unique().to_list()}
        of_year = [cell for cell, means in stated.items() if means == year]
        cell = pl.col("school_year")
        checks.append(("year_mismatch", "school_year", cell.is_null() | ~cell.is_in(of_year)))
    first = pl.coalesce(pl.when(breaks).then(pl.lit(number)) for number, (*_, breaks) in enumerate(checks))
    broken = text.with_columns(first.alias(_INDEX))
    refused = [
        as_faults(
            with_record(broken.filter(pl.col(_INDEX) == number), header_of),
            "row",
            rule,
            header=header_of.get(column),
            column=column,
            value=pl.col(column),
            wanted=wanted.get(column, (None, None))[0],
            wanted_en=wanted.get(column, (None, None))[1],
        )
        for number, (rule, column, _) in enumerate(checks)
    ]
    return broken.filter(pl.col(_INDEX).is_null()).drop(_INDEX), pl.concat(refused)


def _absent(source: Source, column: str) -> pl.Expr:
    """Whether a cell is blank or holds a symbol that the source reads as not reported."""
    symbols = [recode.symbol for recode in source.recodes([column]) if recode.becomes is None]
    return pl.col(column).is_null() | pl.col(column).is_in(symbols)


def refuse_repeated(sheets: Sequence[Lines], header_of: dict[str, str]) -> list[Lines]:
    """The sheets of one file without the schools that stand in them more than once; each of their rows a fault."""
    ids = pl.concat([sheet.text["school_id"] for sheet in sheets])
    twice = pl.col("school_id").is_in(ids.filter(ids.is_duplicated()).unique().to_list())
    once = []
    for sheet in sheets:
        rows = with_record(sheet.text.filter(twice), header_of)
        header, value = header_of["school_id"], pl.col("school_id")
        faults = as_faults(rows, "row", "repeated_school", header=header, column="school_id", value=value)
        once.append(replace(sheet, text=sheet.text.filter(~twice), faults=pl.concat([sheet.faults, faults])))
    return once


_FIELD_TYPES = {entry["column"]: entry["type"] for entry in school_fields()} | {"school_year": "text"}


def _cast(
    text: pl.DataFrame, source: Source, headers: Sequence[Header], header_of: dict[str, str]
) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Text into numbers and truth values; a cell that does not cast becomes null and a fault."""
    recodes = source.recodes(list(header_of))
    whole_groups = [
        (recode, pl.all_horizontal(pl.col(column) == recode.symbol for column in recode.columns).fill_null(value=False))
        for recode in recodes
        if recode.not_reported_where
    ]
    marks = text.select(mark.alias(str(i)) for i, (_, mark) in enumerate(whole_groups))
    for recode in recodes:
        text = text.with_columns(
            pl.when(pl.col(column) == recode.symbol)
            .then(pl.lit(recode.becomes, pl.String))
            .otherwise(pl.col(column))
            .alias(column)
            for column in recode.columns
        )
    casts: list[pl.Expr] = []
    bad: list[tuple[Header, pl.Expr]] = []
    for header in headers:
        cell = pl.col(header.column)
        kind = _FIELD_TYPES.get(header.column, "count")
        digits = cell.str.replace_all(",", "", literal=True)
        if kind == "text":
            value, wrong = cell, cell.str.contains(_DAMAGED, literal=True)
            value = pl.when(~wrong).then(cell)
        elif kind == "yesno":
            value = pl.when(cell.is_in(_YES)).then(statement=True).when(cell.is_in(_NO)).then(statement=False)
            wrong = ~cell.is_in([*_YES, *_NO])
        elif kind == "decimal":
            # 20 digits before the point, so that the factor cannot overflow the 38 of the type.
            exact = digits.cast(pl.Decimal(30, 10), strict=False).cast(pl.Decimal(38, 10)) * header.factor
            value = pl.when(cell.str.contains(_DECIMAL)).then(exact.round(4).cast(DECIMAL, strict=False))
            wrong = cell.is_not_null() & value.is_null()
        else:
            size = pl.Int32 if kind == "year" else pl.Int64
            whole = digits.str.replace(r"\.0+$", "").cast(size, strict=False) * header.factor
            value = pl.when(cell.str.contains(_WHOLE)).then(whole)
            wrong = cell.is_not_null() & value.is_null()
        casts.append(value.alias(header.column))
        bad.append((header, wrong))
    schools = text.select("file", "sheet", "row", *casts)
    wrong_cells = text.select(wrong.fill_null(value=False).alias(header.column) for header, wrong in bad)
    faults = []
    for header, _ in bad:
        column = header.column
        if wrong_cells[column].any():
            rows = text.filter(wrong_cells[column])
            rule = _cast_rule(pl.col(column), _FIELD_TYPES.get(column, "count"))
            faults.append(as_faults(rows, "cell", rule, header=header.header, column=column, value=pl.col(column)))
    for i, (recode, _) in enumerate(whole_groups):
        there = [c for c in schools.columns if fnmatchcase(c, str(recode.not_reported_where))]
        positive = pl.sum_horizontal(there) > 0
        unreported = marks[str(i)].alias("__unreported__")
        schools = schools.with_columns(unreported).with_columns(
            pl.when(~(pl.col("__unreported__") & positive)).then(pl.col(column)).alias(column)
            for column in recode.columns
        )
        schools = schools.drop("__unreported__")
    return schools, faults


def _cast_rule(cell: pl.Expr, kind: str) -> pl.Expr:
    """The rule that a cell breaks which did not cast."""
    other = "not_yes_no" if kind == "yesno" else "not_a_number"
    return (
        pl.when(cell.str.contains(_DAMAGED, literal=True))
        .then(pl.lit("damaged_text"))
        .when(pl.lit(kind == "yesno"))
        .then(pl.lit(other))
        .when(cell.str.contains(r"^#(N/A|DIV/0!|REF!|VALUE!|NAME\?|NUM!|NULL!)$"))
        .then(pl.lit("error_value"))
        .when(cell.str.contains(_SCIENTIFIC))
        .then(pl.lit("scientific"))
        .when(cell.str.contains(_WHOLE))
        .then(pl.lit("too_large"))
        .when(cell.str.contains(_DECIMAL))
        .then(pl.lit("too_large" if kind == "decimal" else "not_whole"))
        .otherwise(pl.lit(other))
    )


def _error_faults(errors: pl.DataFrame, text: pl.DataFrame, header_of: dict[str, str]) -> pl.DataFrame:
    """Cells of a workbook that hold a formula error: the reader gives them as empty."""
    headers = pl.DataFrame(list(header_of.items()), schema={"column": pl.String, "header": pl.String}, orient="row")
    place = ["file", "sheet", "row"]
    named = errors.join(headers, on="column", how="inner", maintain_order="left").join(
        text.select(*place, "county_code", "school_id"), on=place, how="inner", nulls_equal=True, maintain_order="left"
    )
    faults = as_faults(named, "cell", "error_value", value=pl.col("value"))
    return faults.with_columns(header=named["header"], column=named["column"])


def _sums(
    schools: pl.DataFrame, text: pl.DataFrame, source: Source, layout: str, header_of: dict[str, str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Totals formed from their parts, or, where the file gives the total, checked against them."""
    faults = []
    for total, parts in ((s.total, s.parts) for s in source.sums(layout)):
        parts_sum = pl.sum_horizontal([pl.col(part) for part in parts], ignore_nulls=False)
        if total not in schools.columns:
            schools = schools.with_columns(parts_sum.alias(total))
            continue
        differs = schools.select((parts_sum != pl.col(total)).fill_null(value=False).alias("differs"))["differs"]
        if differs.any():
            refused = [*parts] if total.startswith("pupils_") else [total, *parts]
            schools, found_faults = _refuse(schools, text, differs, refused, "parts_are_total", header_of)
            faults.append(found_faults)
    return schools, pl.concat(faults or [pl.DataFrame(schema=FAULTS)])


def _refuse(
    schools: pl.DataFrame,
    text: pl.DataFrame,
    where: pl.Series,
    columns: Sequence[str],
    rule: str,
    header_of: dict[str, str],
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The cells of the given columns nulled where the mask is true, each a fault if it held a value."""
    faults = []
    for column in columns:
        held = where & schools[column].is_not_null()
        if held.any():
            shown = text[column] if column in text.columns else schools[column].cast(pl.String)
            rows = text.with_columns(shown.alias("__shown__")).filter(held)
            header = header_of.get(column)
            faults.append(as_faults(rows, "cell", rule, header=header, column=column, value=pl.col("__shown__")))
    mask = where.alias("__where__")
    nulled = schools.with_columns(mask).with_columns(
        pl.when(~pl.col("__where__")).then(pl.col(column)).alias(column) for column in columns
    )
    return nulled.drop("__where__"), pl.concat(faults or [pl.DataFrame(schema=FAULTS)])


def _place(schools: pl.DataFrame, source: Source) -> pl.DataFrame:
    """County and province of each row: by the source's register where it has one, else as the row says."""
    if source.counties:
        register = pl.DataFrame(source.counties).rename({"code": "county_code", "county_code": "__present__"})
        schools = (
            schools.drop("county_name")
            .join(register, on="county_code", how="left", validate="m:1", maintain_order="left")
            .with_columns(county_code=pl.col("__present__"))
            .drop("__present__")
        )
    province = (
        pl.lit(source.described.province_code)
        if source.described.province_code
        else pl.concat_str(pl.col("county_code").str.head(2), pl.lit("0000"))
    )
    return schools.with_columns(province.alias("province_code"))


def _keep_contract(
    schools: pl.DataFrame, text: pl.DataFrame, header_of: dict[str, str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows as the contract of `schools` wants them; the cells that break it nulled, each a fault."""
    sound = conform(schools, SCHOOLS)
    faults = [pl.DataFrame(schema=FAULTS)]
    # A cell that is nulled may leave another one without its match, so the contract is asked until it is kept.
    while (broken := failures(sound, SCHOOLS, with_key=False)).height:
        # A value that is impossible by itself is refused first, so that it does not drag down what it is held against.
        alone = broken.filter(pl.col("column").is_not_null())
        broken = alone if alone.height else broken
        nulled, found_faults = _null_broken(sound, broken, text, header_of)
        if nulled.equals(sound):
            break
        sound, faults = nulled, [*faults, *found_faults]
    return sound, pl.concat(faults)


def _null_broken(
    schools: pl.DataFrame, broken: pl.DataFrame, text: pl.DataFrame, header_of: dict[str, str]
) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """The rows without the cells that the given breaches refuse, each a fault."""
    rules = {rule.name: rule for rule in SCHOOLS.rules}
    faults = []
    index = pl.int_range(schools.height, dtype=pl.Int64, eager=True)
    sound = schools
    for (rule, column), rows in broken.group_by(["rule", "column"], maintain_order=True):
        where = index.is_in(rows["index"].to_list())
        columns = rules[str(rule)].refuses if rule in rules else (str(column),)
        name = str(rule)
        for stage in STAGES:
            name = name.removesuffix(f"_{stage}")
        # Faults are taken from the rows as they came, so that one rule does not hide another's cells.
        _, found_faults = _refuse(schools, text, where, columns, name, header_of)
        sound, _ = _refuse(sound, text, where, columns, name, header_of)
        faults.append(found_faults)
    return sound, faults
