"""Rows of text into rows of a table: symbols read, numbers cast, totals formed, every fault named.

The smallest thing is refused: a cell where a cell is wrong, a row where its key or identity is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import polars as pl

from pipelines.corrections import corrected
from pipelines.identity import (
    DAMAGED,
    FORMULA,
    FORMULA_ERROR,
    MOST_CHARACTERS,
    SCIENTIFIC,
    Known,
    contract_of,
    identify,
    key_of,
    read_symbols,
    repeated,
)
from pipelines.reading import ROW, Body
from pipelines.recognition import Recognised
from pipelines.refusals import as_faults, no_faults, with_record
from schemas.columns import FIRST_SCHOOL_YEAR, LAST_SCHOOL_YEAR, STAGES
from schemas.contract import DECIMAL, Contract, conform, failures
from schemas.corrections import APPLIED, Correction, CorrectionError
from schemas.source import Header, Source
from schemas.tables import school_fields
from standards.county_return import KnownFact

# Digits are 0-9: in polars \d also means those of other widths and scripts, which do not cast.
_WHOLE = r"^[+-]?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.0+)?$"
_DECIMAL = r"^[+-]?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]+)?$"
_BEYOND_FOUR = r"\.[0-9]{4}[0-9]*[1-9]"
_SHORTEST_BINARY = 17
"""Characters from which on a number is one that a workbook's arithmetic left behind, like 0.30000000000000004."""
_SHOWN_OF_LONG = 60
"""Characters shown of a text that is too long."""
_DATES = (
    r"^((?:19|20)[0-9]{2})\s*[-/.年]\s*([0-9]{1,2})\s*[-/.月]\s*([0-9]{1,2})\s*日?(?:[ T][0-9:.]+)?$",
    r"^((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})(?:\.0+)?$",
)
_YES = ("是", "1", "true", "TRUE", "Y", "y")
_NO = ("否", "0", "false", "FALSE", "N", "n")
_BLANKS = " \t\r\n\u3000\u00a0\ufeff\u200b"


@dataclass(frozen=True)
class Lines:
    """The rows of one sheet whose identity is sound, still as text under the fields' names, and what was refused.

    `text` also holds file, sheet and row; `errors` the cells with a formula error or with a formula that has no result,
    as file, sheet, row, field, value.
    """

    text: pl.DataFrame
    errors: pl.DataFrame
    faults: pl.DataFrame
    rows_read: int
    unknown_columns: tuple[str, ...]


def read_lines(
    found: Recognised,
    year: int,
    body: Body,
    places: dict[int, Header],
    others: Sequence[int],
    file: str,
    known: Known,
) -> Lines:
    """The sheet's rows with a sound identity, and the others as faults; one key may still stand there twice.

    `places` gives the header of each position, `others` the positions that the source does not know; `known` is what
    a county may speak of.
    """
    text = _clean(body.cells)
    # A reader may end before trailing columns that are wholly empty.
    missing = [str(position) for position in places if str(position) not in text.columns]
    text = text.with_columns(pl.lit(None, pl.String).alias(name) for name in missing)
    errors = pl.DataFrame(body.errors, schema={"row": pl.Int64, "position": pl.Int64, "value": pl.String}, orient="row")
    telling = _telling(found, places, others, text)
    wrong = errors.filter(pl.col("position").cast(pl.String).is_in(telling))
    said = pl.any_horizontal(pl.col(name).is_not_null() for name in telling)
    text = text.filter(said | pl.col(ROW).is_in(wrong["row"].to_list()))
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
    text = _with_errors(text, errors, found, places)
    sound, refused = identify(text, found, year, header_of, known)
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


def _telling(found: Recognised, places: dict[int, Header], others: Sequence[int], text: pl.DataFrame) -> list[str]:
    """The positions that make a row one when they hold anything: not guides, nor what a template fills in."""
    prefilled = found.described.prefilled
    told = {str(position) for position, header in places.items() if header.column not in prefilled}
    told |= {str(position) for position in others if not prefilled}
    told |= {name for name in text.columns if name.isdecimal() and int(name) >= len(found.headers) and not prefilled}
    return [name for name in text.columns if name in told]


def _with_errors(
    text: pl.DataFrame, errors: pl.DataFrame, found: Recognised, places: dict[int, Header]
) -> pl.DataFrame:
    """The rows of text with the formulas that fail in those cells of the key of which a blank would mean something."""
    means_something = (*found.described.blank_is_whole, *found.described.blank_is_year)
    for position, header in places.items():
        if header.column in means_something and errors.height:
            shown = dict(errors.filter(pl.col("position") == position).select("row", "value").iter_rows())
            error = pl.col("row").replace_strict(shown, default=None, return_dtype=pl.String)
            text = text.with_columns(pl.coalesce(error, header.column).alias(header.column))
    return text


def to_rows(
    source: Source,
    layout: str,
    year: int,
    text: pl.DataFrame,
    errors: pl.DataFrame,
    facts: Mapping[str, KnownFact] | None = None,
    corrections: Sequence[Correction] = (),
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Rows of text of one layout and school year as rows of the layout's table, the cells refused, and the hits of
    the corrections, which are applied before totals are formed and anything is checked.

    `facts` says what a county may answer under its facts.
    """
    described = source.described.layouts[layout]
    contract = contract_of(described.table)
    headers = source.headers(layout, year)
    header_of = {header.column: header.header for header in headers}
    is_county = described.table != "schools"
    keyed = key_of(text, source, layout, year) if is_county else text
    rows, faults = _cast(keyed, source, headers, header_of, contract if is_county else None)
    faults.append(_error_faults(errors, text, header_of))
    asked = [
        one
        for one in corrections
        if (one.status, one.source, one.table, one.school_year) == (APPLIED, source.reported_as, described.table, year)
        and {one.column, *(name for name, _ in one.where)} <= {*header_of}
    ]
    rows, hits = corrected(rows, text, _as_values(asked, contract if is_county else None), asked)
    rows, sum_faults = _sums(rows, text, source, layout, header_of)
    if described.table == "county_facts":
        rows, fact_faults = _keep_answers(rows, text, facts or {}, header_of)
        faults.append(fact_faults)
    constants = {**described.constants, "school_year": year, "source": source.reported_as}
    rows = rows.with_columns(pl.lit(value).alias(name) for name, value in constants.items())
    rows, logic_faults = _keep_contract(_place(rows, source), contract, text, header_of)
    return rows, pl.concat([*faults, sum_faults, logic_faults]), hits


def _as_values(corrections: Sequence[Correction], county: Contract | None) -> dict[str, pl.DataFrame]:
    """What corrections expect and set as values of their columns: by column `id`, `expect`, `set`.

    What is expected of a cell that could not be read need not be a value. Raises CorrectionError where what is set is
    none.
    """
    types = _FIELD_TYPES if county is None else _types(county)
    values: dict[str, pl.DataFrame] = {}
    for column in dict.fromkeys(one.column for one in corrections):
        of_column = [one for one in corrections if one.column == column]
        value, wrong = _read(Header(column, column, 1), types.get(column, "count"), is_county=county is not None)
        read = {}
        for name, texts in (("expect", [one.expect for one in of_column]), ("set", [one.becomes for one in of_column])):
            cells = pl.DataFrame({column: pl.Series([text or None for text in texts], dtype=pl.String)})
            read[name] = cells.select(value.alias(name))[name]
            if name == "set":
                bad = cells.select(wrong.fill_null(value=False).alias("wrong"))["wrong"].to_list()
                for one in (one for one, is_bad in zip(of_column, bad, strict=True) if is_bad):
                    raise CorrectionError(
                        f"更正 {one.id}（{one.place}）：set “{one.becomes}”不是 {column} 能有的值，请改正。"
                        f" / Correction {one.id}: “set” is no value of {column}; mend it."
                    )
        values[column] = pl.DataFrame({"id": [one.id for one in of_column]}).with_columns(*read.values())
    return values


def has_rows(body: Body) -> bool:
    """Whether anything stands under the header, in rows that have its number of fields."""
    cells = _clean(body.cells).drop(ROW)
    return bool(body.errors) or any(column.count() for column in cells.iter_columns())


def _clean(cells: pl.DataFrame) -> pl.DataFrame:
    """Every cell without the white space and line-end residue around it; nothing left is null."""
    value = pl.all().exclude(ROW).str.replace_all("_x000D_", "", literal=True).str.strip_chars(_BLANKS)
    cleaned = cells.with_columns(value)
    return cleaned.with_columns(pl.when(pl.all().exclude(ROW) != "").then(pl.all().exclude(ROW)))


def refuse_repeated(sheets: Sequence[Lines], found: Recognised, year: int, header_of: dict[str, str]) -> list[Lines]:
    """The sheets of one file without the keys that stand in them more than once; each of their rows a fault."""
    text = pl.concat([sheet.text for sheet in sheets], how="diagonal")
    marks = repeated(text, found.source, found.layout, year)
    of_school = found.table == "schools"
    column = "school_id" if of_school else None
    once, start = [], 0
    for sheet in sheets:
        mark = marks.slice(start, sheet.text.height)
        start += sheet.text.height
        rows = with_record(sheet.text, header_of).with_columns(mark["called"]).filter(mark["is_repeated"])
        header, value = header_of.get(column or ""), pl.col("called")
        if of_school:
            faults = as_faults(rows, "row", "repeated_school", header=header, column=column, value=value)
        else:
            faults = as_faults(rows, "row", "repeated_row", value=value)
        once.append(
            replace(sheet, text=sheet.text.filter(~mark["is_repeated"]), faults=pl.concat([sheet.faults, faults]))
        )
    return once


def refuse_strangers(
    sheets: Sequence[Lines], found: Recognised, year: int, schools: pl.DataFrame
) -> tuple[list[Lines], pl.DataFrame]:
    """A county's sheets without the rows about a school that is not the county's, and these as faults.

    `schools` are those of the school year: `county_code`, `county_name`, `school_id`. A county none of whose schools is
    among them keeps its rows.
    """
    if "school_id" not in (header.column for header in found.source.headers(found.layout, year)) or schools.is_empty():
        return list(sheets), no_faults()
    header_of = {header.column: header.header for header in found.source.headers(found.layout, year)}
    present = {entry["code"]: entry["county_code"] for entry in found.source.counties}
    called = pl.concat_str(pl.col("county_name").fill_null("") + "（", "county_code", pl.lit("）"))
    elsewhere = schools.select("school_id", called.alias("__where__")).unique(
        "school_id", keep="first", maintain_order=True
    )
    own = schools.select("county_code", "school_id").with_columns(__is_own__=pl.lit(value=True))
    counties = schools["county_code"].unique().to_list()
    kept, faults = [], [no_faults()]
    for sheet in sheets:
        key = key_of(sheet.text, found.source, found.layout, year).select(
            pl.col("county_code").replace(present), "school_id"
        )
        key = key.join(elsewhere, on="school_id", how="left", validate="m:1", maintain_order="left")
        key = key.join(own, on=["county_code", "school_id"], how="left", validate="m:1", maintain_order="left").select(
            "__where__",
            is_strange=pl.col("county_code").is_in(counties)
            & (pl.col("school_id").fill_null("") != "")
            & pl.col("__is_own__").is_null(),
        )
        rows = with_record(sheet.text, header_of).with_columns(key["__where__"]).filter(key["is_strange"])
        place = pl.col("__where__")
        faults.append(
            as_faults(
                rows,
                "row",
                _stranger_rule(place),
                header=header_of["school_id"],
                column="school_id",
                value=pl.col("school_id"),
                wanted=place,
            )
        )
        kept.append(replace(sheet, text=sheet.text.filter(~key["is_strange"])))
    return kept, pl.concat(faults)


def _stranger_rule(place: pl.Expr) -> pl.Expr:
    """The rule that a row breaks about a school of another place, or of none."""
    return pl.when(place.is_null()).then(pl.lit("school_unknown")).otherwise(pl.lit("school_of_other_county"))


_FIELD_TYPES = {entry["column"]: entry["type"] for entry in school_fields()} | {"school_year": "text"}
_KINDS = {pl.Int64: "count", pl.Int32: "year", pl.Boolean: "yesno", pl.Date: "date", DECIMAL: "decimal"}


def _types(contract: Contract) -> dict[str, str]:
    """The kind of every column of a county's table, as the field dictionary of schools calls kinds."""
    types = {column.name: _KINDS.get(column.dtype, "text") for column in contract.columns}
    return types | {"school_year": "text"}


def _cast(
    text: pl.DataFrame,
    source: Source,
    headers: Sequence[Header],
    header_of: dict[str, str],
    county: Contract | None,
) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Text into numbers, dates and truth values; a cell that does not cast becomes null and a fault.

    In the return of a school a decimal is rounded to four places. In a table of `county` one with more places is a
    fault, and so is a text that is too long.
    """
    types = _FIELD_TYPES if county is None else _types(county)
    recodes = source.recodes(list(header_of))
    whole_groups = [
        (recode, pl.all_horizontal(pl.col(column) == recode.symbol for column in recode.columns).fill_null(value=False))
        for recode in recodes
        if recode.not_reported_where
    ]
    marks = text.select(mark.alias(str(i)) for i, (_, mark) in enumerate(whole_groups))
    text = read_symbols(text, recodes)
    read = {
        header.column: _read(header, types.get(header.column, "count"), is_county=county is not None)
        for header in headers
    }
    schools = text.select("file", "sheet", "row", *(value.alias(column) for column, (value, _) in read.items()))
    wrong_cells = text.select(wrong.fill_null(value=False).alias(column) for column, (_, wrong) in read.items())
    faults = []
    for column in read:
        if wrong_cells[column].any():
            rows = text.filter(wrong_cells[column])
            kind, is_county = types.get(column, "count"), county is not None
            faults.append(
                as_faults(
                    rows,
                    "cell",
                    _cast_rule(pl.col(column), kind, is_county=is_county),
                    header=header_of[column],
                    column=column,
                    value=pl.col(column).str.head(_SHOWN_OF_LONG) if is_county and kind == "text" else pl.col(column),
                    wanted=str(MOST_CHARACTERS) if kind == "text" else None,
                )
            )
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


def _read(header: Header, kind: str, *, is_county: bool) -> tuple[pl.Expr, pl.Expr]:
    """A column of text as values of its kind, and where a cell does not hold one."""
    value: pl.Expr
    cell = pl.col(header.column)
    digits = cell.str.replace_all(",", "", literal=True)
    if kind == "text":
        wrong = cell.str.contains(DAMAGED)
        if is_county:
            wrong = wrong | (cell.str.len_chars() > MOST_CHARACTERS)
        return pl.when(~wrong).then(cell), wrong
    if kind == "yesno":
        value = pl.when(cell.is_in(_YES)).then(statement=True).when(cell.is_in(_NO)).then(statement=False)
        return value, ~cell.is_in([*_YES, *_NO])
    if kind == "date":
        value = stated_date(cell)
    elif kind == "decimal":
        # 20 digits before the point, so that the factor cannot overflow the 38 of the type.
        exact = digits.cast(pl.Decimal(30, 10), strict=False).cast(pl.Decimal(38, 10)) * header.factor
        is_read = cell.str.contains(_DECIMAL)
        if is_county:
            is_binary = (exact == exact.round(4)) & (cell.str.len_chars() >= _SHORTEST_BINARY)
            is_read = is_read & (~cell.str.contains(_BEYOND_FOUR) | is_binary)
        value = pl.when(is_read).then(exact.round(4).cast(DECIMAL, strict=False))
    else:
        size = pl.Int32 if kind == "year" else pl.Int64
        whole = digits.str.replace(r"\.0+$", "").cast(size, strict=False) * header.factor
        value = pl.when(cell.str.contains(_WHOLE)).then(whole)
    return value, cell.is_not_null() & value.is_null()


def stated_date(cell: pl.Expr) -> pl.Expr:
    """The date that a cell states: 2023-09-01, 2023/9/1, 2023年9月1日, 20230901, or a date of the workbook."""
    stated = []
    for form in _DATES:
        year, month, day = (cell.str.extract(form, group) for group in (1, 2, 3))
        written = pl.concat_str(year, pl.lit("-"), month.str.zfill(2), pl.lit("-"), day.str.zfill(2))
        stated.append(written.str.to_date("%Y-%m-%d", strict=False))
    return pl.coalesce(stated)


def _cast_rule(cell: pl.Expr, kind: str, *, is_county: bool) -> pl.Expr:
    """The rule that a cell breaks which did not cast."""
    other = {"yesno": "not_yes_no", "date": "not_a_date"}.get(kind, "not_a_number")
    return (
        pl.when(cell.str.contains(DAMAGED))
        .then(pl.lit("damaged_text"))
        .when(pl.lit(kind == "text"))
        .then(pl.lit("too_long"))
        .when(pl.lit(kind in ("yesno", "date")))
        .then(pl.lit(other))
        .when(cell.str.contains(FORMULA_ERROR))
        .then(pl.lit("error_value"))
        .when(cell.str.contains(SCIENTIFIC))
        .then(pl.lit("scientific"))
        .when(pl.lit(is_county and kind == "decimal") & cell.str.contains(_DECIMAL) & cell.str.contains(_BEYOND_FOUR))
        .then(pl.lit("too_many_decimals"))
        .when(cell.str.contains(_WHOLE))
        .then(pl.lit("too_large"))
        .when(cell.str.contains(_DECIMAL))
        .then(pl.lit("too_large" if kind == "decimal" else "not_whole"))
        .otherwise(pl.lit(other))
    )


def _error_faults(errors: pl.DataFrame, text: pl.DataFrame, header_of: dict[str, str]) -> pl.DataFrame:
    """Cells of a workbook that hold a formula error, or a formula without its result: the reader gives them as empty."""
    headers = pl.DataFrame(list(header_of.items()), schema={"column": pl.String, "header": pl.String}, orient="row")
    place = ["file", "sheet", "row"]
    named = errors.join(headers, on="column", how="inner", maintain_order="left").join(
        text.select(*place, "county_code", pl.col("^school_id$")),
        on=place,
        how="inner",
        nulls_equal=True,
        maintain_order="left",
    )
    faults = as_faults(named, "cell", _formula_rule(pl.col("value")), value=pl.col("value"))
    return faults.with_columns(header=named["header"], column=named["column"])


def _formula_rule(shown: pl.Expr) -> pl.Expr:
    """The rule that a formula breaks which fails, or whose result the file does not hold."""
    is_formula = shown.str.contains(FORMULA)
    return pl.when(is_formula).then(pl.lit("formula_not_calculated")).otherwise(pl.lit("error_value"))


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
    return schools, pl.concat(faults or [no_faults()])


def _refuse(
    schools: pl.DataFrame,
    text: pl.DataFrame,
    where: pl.Series,
    columns: Sequence[str],
    rule: str,
    header_of: dict[str, str],
    wanted: tuple[pl.Series, pl.Series] | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The cells of the given columns nulled where the mask is true, each a fault if it held a value.

    `wanted` says for each row what was wanted, in Chinese and in English.
    """
    faults = []
    for column in columns:
        held = where & schools[column].is_not_null()
        if held.any():
            shown = text[column] if column in text.columns else schools[column].cast(pl.String)
            zh, en = wanted or (pl.lit(None, pl.String), pl.lit(None, pl.String))
            rows = text.with_columns(shown.alias("__shown__"), zh.alias("__zh__"), en.alias("__en__")).filter(held)
            faults.append(
                as_faults(
                    rows,
                    "cell",
                    rule,
                    header=header_of.get(column),
                    column=column,
                    value=pl.col("__shown__"),
                    wanted=pl.col("__zh__"),
                    wanted_en=pl.col("__en__"),
                )
            )
    mask = where.alias("__where__")
    nulled = schools.with_columns(mask).with_columns(
        pl.when(~pl.col("__where__")).then(pl.col(column)).alias(column) for column in columns
    )
    return nulled.drop("__where__"), pl.concat(faults or [no_faults()])


_ANSWERS = {"value": "a figure (数值)", "finding": "yes or no (是否)", "score": "points (自评得分)"}
"""The columns in which a county answers, in words."""


def _keep_answers(
    facts: pl.DataFrame, text: pl.DataFrame, known: Mapping[str, KnownFact], header_of: dict[str, str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The facts of a county without the answers that have no effect, and the values that their kind cannot have.

    A count is whole and not below zero; points are at most those that the thing carries. Of facts that are not known
    every answer is kept.
    """
    asked = pl.DataFrame(
        [
            (fact, one.type, one.takes_finding, one.takes_score, one.points, *_answers_in_words(one, header_of))
            for fact, one in known.items()
        ],
        schema={
            "fact": pl.String,
            "__kind__": pl.String,
            "__takes_finding__": pl.Boolean,
            "__takes_score__": pl.Boolean,
            "__points__": pl.Decimal(38, 10),
            "__zh__": pl.String,
            "__en__": pl.String,
        },
        orient="row",
    )
    of_fact = facts.select("fact").join(asked, on="fact", how="left", validate="m:1", maintain_order="left")
    kind, value, score = pl.col("__kind__"), pl.col("value"), pl.col("score")
    answers, points = (of_fact["__zh__"], of_fact["__en__"]), of_fact["__points__"].cast(DECIMAL).cast(pl.String)
    most = points.str.strip_chars_end("0").str.strip_chars_end(".")
    outside: dict[str, tuple[str, pl.Expr, tuple[pl.Series, pl.Series] | None]] = {
        "value_unused": ("value", kind == "", answers),
        "finding_unused": ("finding", ~pl.col("__takes_finding__"), answers),
        "score_unused": ("score", ~pl.col("__takes_score__"), answers),
        "score_too_high": ("score", score > pl.col("__points__"), (most, most)),
        "not_whole": ("value", kind.is_in(["count", "year"]) & (value != value.round(0)), None),
        "negative": (
            "value",
            ((kind == "count") & (value < 0)) | ((kind == "year") & (value < FIRST_SCHOOL_YEAR)),
            None,
        ),
        "too_large": ("value", (kind == "year") & (value > LAST_SCHOOL_YEAR), None),
    }
    faults = [no_faults()]
    for rule, (column, breaks, wanted) in outside.items():
        if column not in facts.columns:
            continue
        held = pl.concat([facts, of_fact.drop("fact")], how="horizontal")
        where = held.select(breaks.fill_null(value=False).alias(rule))[rule]
        if where.any():
            facts, found_faults = _refuse(facts, text, where, [column], rule, header_of, wanted)
            faults.append(found_faults)
    return facts, pl.concat(faults)


def _answers_in_words(known: KnownFact, header_of: dict[str, str]) -> tuple[str, str]:
    """Under which headers something may be answered, in Chinese and in English."""
    taken = {"value": bool(known.type), "finding": known.takes_finding, "score": known.takes_score}
    columns = [column for column, is_taken in taken.items() if is_taken and column in header_of]
    return "或".join(f"“{header_of[column]}”" for column in columns), " or ".join(_ANSWERS[c] for c in columns)


def _place(schools: pl.DataFrame, source: Source) -> pl.DataFrame:
    """County and province of each row: by the source's register where it has one, else as the row says."""
    if source.counties:
        register = pl.DataFrame(source.counties).rename({"code": "county_code", "county_code": "__present__"})
        schools = (
            schools.drop("county_name", strict=False)
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
    rows: pl.DataFrame, contract: Contract, text: pl.DataFrame, header_of: dict[str, str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows as the table's contract wants them; the cells that break it nulled, each a fault."""
    sound = conform(rows, contract)
    faults = [no_faults()]
    # A cell that is nulled may leave another one without its match, so the contract is asked until it is kept.
    while (broken := failures(sound, contract, with_key=False)).height:
        # A value that is impossible by itself is refused first, so that it does not drag down what it is held against.
        alone = broken.filter(pl.col("column").is_not_null())
        broken = alone if alone.height else broken
        nulled, found_faults = _null_broken(sound, contract, broken, text, header_of)
        if nulled.equals(sound):
            break
        sound, faults = nulled, [*faults, *found_faults]
    return sound, pl.concat(faults)


def _null_broken(
    whole: pl.DataFrame, contract: Contract, broken: pl.DataFrame, text: pl.DataFrame, header_of: dict[str, str]
) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """The rows without the cells that the given breaches refuse, each a fault."""
    rules = {rule.name: rule for rule in contract.rules}
    faults = []
    index = pl.int_range(whole.height, dtype=pl.Int64, eager=True)
    sound = whole
    for (rule, column), rows in broken.group_by(["rule", "column"], maintain_order=True):
        where = index.is_in(rows["index"].to_list())
        columns = rules[str(rule)].refuses if rule in rules else (str(column),)
        name = str(rule)
        for stage in STAGES:
            name = name.removesuffix(f"_{stage}")
        # Faults are taken from the rows as they came, so that one rule does not hide another's cells.
        _, found_faults = _refuse(whole, text, where, columns, name, header_of)
        sound, _ = _refuse(sound, text, where, columns, name, header_of)
        faults.append(found_faults)
    return sound, faults
