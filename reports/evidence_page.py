"""A county's evidence on one page: of every figure the formula with its numbers, of every unit the cells it was read from.

The tables of units are the bulk. They are the same in both languages, and are made for all counties of a school year at
once, as columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

import msgspec
import polars as pl
from markupsafe import Markup

from reports import display, sentences
from reports.captions import Captions
from reports.corrections import MARK
from reports.explanation import cell_name, shown
from reports.language import gettext as _
from reports.language import half, headed, labelled, language, semicolons, serial, spoken
from reports.model import Colophon, CountyReport, Link
from reports.requirement import field_label, unit_words
from reports.year import County, CountyTables, Row, YearTables, indicator_fields, records
from schemas.columns import STAGES
from schemas.tables import school_fields, shared_fields, stage_fields, unit_fields
from standards.standard import Indicator, Standard, in_force

FILE = "evidence.html"
"""The page's name, beside the county's."""
_ROW = "__row__"
_PLACE = ("file", "sheet")


class EvidenceFigure(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An indicator of a stage: what it is made of, its mean, deviation and coefficient with their numbers, its articles."""

    anchor: str
    label: str
    formula: str
    steps: tuple[str, ...]
    articles: tuple[str, ...]


class EvidenceStage(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The figures of a stage under a standard."""

    anchor: str
    title: str
    figures: tuple[EvidenceFigure, ...]


class EvidenceTable(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A table; `body` are its rows as HTML, `columns` the headings, each with a second line and whether it is of numbers."""

    anchor: str
    title: str
    caption: str
    caption_note: str
    columns: tuple[tuple[str, str, bool], ...]
    body: str
    notes: tuple[str, ...] = ()


class EvidencePage(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where a county's figures come from."""

    path: str
    language: str
    title: str
    subtitle: str
    banner: str
    crumbs: tuple[Link, ...]
    lead: tuple[str, ...]
    command: str
    stages: tuple[EvidenceStage, ...]
    tables: tuple[EvidenceTable, ...]
    colophon: Colophon


def figure_href(county: CountyTables, standard: str, stage: str, indicator: str) -> str:
    """The way from a county's page to what a figure is made of; none in a public edition."""
    return "" if county.all.public else f"{FILE}#{_anchor(standard, stage, indicator)}"


def unit_href(county: CountyTables, unit_id: str) -> str:
    """The way from a county's page to the cells that a unit was read from; none in a public edition."""
    return "" if county.all.public else f"{FILE}#{unit_id}"


def _anchor(standard: str, stage: str, indicator: str) -> str:
    return f"{standard}-{stage}-{indicator}"


def evidence_page(county: CountyTables, report: CountyReport) -> EvidencePage:
    """The page beside a county's, in the language spoken."""
    captions = Captions()
    measured = [standard for standard in county.standards if standard.indicators]
    command = f"junheng explain --county {county.code} --year {county.year} --stage primary --indicator …"
    return EvidencePage(
        path=f"{report.path}/{FILE}",
        language=language(),
        title=_("{county}：数字的出处").format(county=county.name),
        subtitle=report.subtitle,
        banner=report.banner,
        crumbs=(*report.crumbs[:-1], Link(label=county.name, href="index.html"), Link(label=_("数字的出处"), href="")),
        lead=(
            _("每个指标：由哪些字段算成、代入的数字、依据的条款。每个评估单位：所用的每个数据和它在文件里的位置。"),
            _("数字不舍入，最多十位小数。单个数字的全部出处，连同文件首次收到的日期，可用下面的命令查看。"),
        ),
        command=command,
        stages=tuple(_stages(county, measured)),
        tables=(*_unit_tables(county, measured, captions), *_column_tables(county, measured, captions)),
        colophon=report.colophon,
    )


def _stages(county: CountyTables, standards: Sequence[Standard]) -> Iterator[EvidenceStage]:
    sums = county.all.once("evidence sums", lambda: _sums(county.all)).get(county.key, {})
    for standard in standards:
        for stage in sentences.stages_present(county, standard):
            names = [*(indicator.id for indicator in standard.indicators), "composite"]
            yield EvidenceStage(
                anchor=f"{standard.id}-{stage}",
                title=_("{standard}·{stage}").format(
                    standard=sentences.short_title(standard), stage=display.stage(stage)
                ),
                figures=tuple(
                    _figure(county, standard, stage, name, sums)
                    for name in names
                    if (standard.id, stage, name) in county.dispersion
                ),
            )


_Sums = dict[tuple[str, str, str], tuple[float, float]]


def _sums(tables: YearTables) -> dict[County, _Sums]:
    """Σ r and Σ P over the units with a value: by county, then by standard, stage and indicator."""
    found: dict[County, _Sums] = {}
    rows = (
        tables.table("unit_indicators")
        .filter(pl.col("value").is_not_null())
        .group_by("source", "county_code", "standard", "stage", "indicator", maintain_order=True)
        .agg(pl.col("numerator").sum(), pl.col("denominator").sum())
    )
    for source, code, standard, stage, indicator, resource, weight in rows.iter_rows():
        found.setdefault((source, code), {})[standard, stage, indicator] = (resource, weight)
    return found


def _figure(county: CountyTables, standard: Standard, stage: str, name: str, sums: _Sums) -> EvidenceFigure:
    row = county.dispersion[standard.id, stage, name]
    if name == "composite":
        parts = [county.dispersion[standard.id, stage, one.id]["cv"] for one in standard.indicators]
        numbers = f"({' + '.join(shown(cv) for cv in parts)}) / {len(parts)}"
        formula, steps = "CV = Σ CV / n", [f"CV = {numbers} = {shown(row['cv'])}"]
        articles = [_article(standard, stage, row, is_composite=True)]
    else:
        indicator = standard.indicator(name)
        key = ("evidence formula", standard.id, stage, name, language())
        formula = county.all.once(key, lambda: _formula(indicator, stage))
        steps = _steps(row, indicator, sums.get((standard.id, stage, name)))
        articles = [half(indicator.article), _article(standard, stage, row, is_composite=False)]
    if row["reason"] is not None:
        steps.append(display.reason(row["reason"]))
    return EvidenceFigure(
        anchor=_anchor(standard.id, stage, name),
        label=sentences.indicator_label(standard, name),
        formula=formula,
        steps=tuple(steps),
        articles=tuple(article for article in articles if article),
    )


def _formula(indicator: Indicator, stage: str) -> str:
    """The value of a unit, in fields of the return."""
    plus = [spoken(field_label(field)) for field in indicator.added(stage)]
    minus = [spoken(field_label(field)) for field in indicator.minus]
    resource = " + ".join(plus) + "".join(f" − {word}" for word in minus)
    if not resource:
        return _("由县级逐校填报，不作计算")
    over = " + ".join(spoken(field_label(field)) for field in indicator.over)
    divisor = over or ("" if indicator.denominator == "one" else spoken(field_label(indicator.denominator)))
    is_many = len(plus) + len(minus) > 1
    if set(indicator.added(stage)) & set(shared_fields()) and indicator.denominator != "one" and not over:
        resource = f"({resource}) × w·P / Σ(w·P)" if is_many else f"{resource} × w·P / Σ(w·P)"
    elif is_many and (divisor or indicator.times != 1):
        resource = f"({resource})"
    times = "" if indicator.times == 1 else f"{indicator.times} × "
    return f"x = {times}{resource} / {divisor}" if divisor else f"x = {times}{resource}"


def _steps(row: Row, indicator: Indicator, sums: tuple[float, float] | None) -> list[str]:
    if row["mean"] is None or sums is None:
        return []
    weight = "C" if indicator.denominator == "classes" else "P"
    times = "" if indicator.times == 1 else f"{indicator.times} × "
    steps = [f"X̄ = {times}Σ r / Σ {weight} = {times}{shown(sums[0])} / {shown(sums[1])} = {shown(row['mean'])}"]
    if row["sd"] is not None:
        squared = f"√({shown(row['sd'] ** 2)})"
        steps.append(f"S = √( Σ ({weight} / Σ{weight}) · (x − X̄)² ) = {squared} = {shown(row['sd'])}")
    if row["cv"] is not None:
        steps.append(f"CV = S / X̄ = {shown(row['sd'])} / {shown(row['mean'])} = {shown(row['cv'])}")
    return steps


def _article(standard: Standard, stage: str, row: Row, *, is_composite: bool) -> str:
    """The limit and its article, where the standard holds one against this coefficient."""
    limit = in_force(standard.dispersion.limits, row["school_year"], stage)
    if limit is None or standard.dispersion.rule != ("mean" if is_composite else "each"):
        return ""
    said = headed(_("限值"), display.bound(float(limit)))
    return semicolons([said, display.status_word(row["status"]), half(standard.dispersion.article)])


# Units: each field that any indicator reads, for all counties of the year at once.


def _fields_of(standards: Sequence[Standard], stage: str) -> list[str]:
    """The fields of a unit that an indicator of the standards reads, in the order of the return."""
    read = {
        field
        for standard in standards
        if stage in standard.scope.stages
        for indicator in standard.indicators
        for field in indicator_fields(indicator, stage)
    }
    return [field for field in unit_fields() if field in read]


@cache
def _column_of(field: str, stage: str) -> str:
    return stage_fields()[stage].get(field, field)


def _unit_tables(county: CountyTables, standards: Sequence[Standard], captions: Captions) -> Iterator[EvidenceTable]:
    named = tuple(standard.id for standard in standards)
    for stage in STAGES:
        body = county.all.once(
            ("evidence units", named, stage),
            lambda: _bodies(county.all, standards, stage),  # noqa: B023
        ).get(county.key)
        if body is None:
            continue
        yield EvidenceTable(
            anchor=f"units-{stage}",
            title=_("{stage}评估单位所用的数据").format(stage=display.stage(stage)),
            caption=captions.next(
                _("{county}{stage}评估单位所用的数据").format(county=county.name, stage=display.stage(stage))
            ),
            caption_note=_("按收录的值，单位为本系统字段的单位；文件编号和各字段的列见后面的表"),
            columns=county.all.once(
                ("evidence headings", named, stage, language()),
                lambda: _unit_headings(standards, stage),  # noqa: B023
            ),
            body=body,
            notes=(
                _("{absent} 未上报；{mark} 已更正，见县级报告的“更正的数据”。").format(
                    absent=display.NOT_REPORTED, mark=MARK
                ),
            ),
        )


def _unit_headings(standards: Sequence[Standard], stage: str) -> tuple[tuple[str, str, bool], ...]:
    units = {entry["column"]: entry["unit"] for entry in school_fields()}
    return (
        (_("学校"), "", False),
        (_("文件"), "", False),
        (_("行"), "", True),
        (_("拆分份额"), _("加权在校生数 × 100"), True),
        *(
            (spoken(field_label(field)), spoken(unit_words(units[_column_of(field, stage)])).strip(), True)
            for field in _fields_of(standards, stage)
        ),
    )


def _bodies(tables: YearTables, standards: Sequence[Standard], stage: str) -> dict[County, str]:
    """The rows of the stage's table of units as HTML, by county."""
    units = (
        tables.table("units")
        .filter(pl.col("standard").is_in([one.id for one in standards]) & (pl.col("stage") == stage))
        .unique(["source", "county_code", "unit_id"], keep="first", maintain_order=True)
        .sort("source", "county_code", "unit_id")
    )
    if units.is_empty():
        return {}
    county = ["source", "county_code"]
    places = [(*key, *place, number) for key, of in _numbered(tables).items() for number, place in enumerate(of, 1)]
    numbers = pl.DataFrame(places, schema=[*county, *_PLACE, "__number__"], orient="row", infer_schema_length=None)
    units = units.join(
        numbers.cast({"sheet": pl.String}),
        on=[*county, *_PLACE],
        how="left",
        validate="m:1",
        nulls_equal=True,
        maintain_order="left",
    )
    corrected = _corrected(tables)
    share = (
        pl.when(pl.col("share_numerator") == pl.col("share_denominator"))
        .then(pl.lit(display.NOT_APPLICABLE))
        .otherwise(pl.format("{} / {}", "share_numerator", "share_denominator"))
        .fill_null(display.NOT_REPORTED)
    )
    cells = [
        pl.format('<td class="n">{}{}</td>', _text(field, units.schema[field]), _mark(corrected, field, stage))
        for field in _fields_of(standards, stage)
    ]
    name = _escaped("school_name")
    head = pl.format(
        '<tr id="{}"><th scope="row">{}<span class="q">{}</span></th><td>[{}]</td><td class="n">{}</td><td class="n">{}</td>',
        _escaped("unit_id"),
        name,
        _escaped("school_id"),
        pl.col("__number__"),
        pl.col("row").cast(pl.String).fill_null(display.NOT_APPLICABLE),
        share,
    )
    rows = units.select(*county, pl.concat_str([head, *cells, pl.lit("</tr>\n")]).alias(_ROW))
    joined = rows.group_by(county, maintain_order=True).agg(pl.col(_ROW).str.join(""))
    return {(source, code): body for source, code, body in joined.iter_rows()}


def _escaped(column: str) -> pl.Expr:
    text = pl.col(column).cast(pl.String).fill_null("")
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&#34;"), ("'", "&#39;")):
        text = text.str.replace_all(sign, entity, literal=True)
    return text


def _text(field: str, dtype: pl.DataType) -> pl.Expr:
    """A figure as it is held: exact, a decimal without the zeros that it is stored with; … where it is not reported."""
    text = pl.col(field).cast(pl.String)
    if isinstance(dtype, pl.Decimal):
        text = text.str.replace(r"(\.[0-9]*?)0+$", "$1").str.replace(r"\.$", "")
    return text.fill_null(display.NOT_REPORTED)


def _corrected(tables: YearTables) -> dict[str, list[str]]:
    """By column of a school's return, the schools of which a correction set it."""
    found: dict[str, list[str]] = {}
    rows = tables.table("corrections").filter(pl.col("table") == "schools")
    for column, school in rows.select("column", "school_id").iter_rows():
        found.setdefault(column, []).append(school)
    return found


def _mark(corrected: dict[str, list[str]], field: str, stage: str) -> pl.Expr:
    schools = corrected.get(_column_of(field, stage), [])
    return pl.when(pl.col("school_id").is_in(schools)).then(pl.lit(f"<sup>{MARK}</sup>")).otherwise(pl.lit(""))


# Files: which sheet bears which number, and in which column each field stands.


def _column_tables(county: CountyTables, standards: Sequence[Standard], captions: Captions) -> Iterator[EvidenceTable]:
    files = county.all.once("evidence files", lambda: _numbered(county.all)).get(county.key, [])
    named = tuple(standard.id for standard in standards)
    headings = county.all.once(("evidence headings", language()), _place_headings)
    for number, (file, sheet) in enumerate(files, 1):
        body, digest = county.all.once(
            ("evidence columns", county.source, named, file, sheet, language()),
            lambda: _place_rows(county.all, county.source, standards, file, sheet),  # noqa: B023
        )
        title = f"[{number}] {file}" if sheet is None else f"[{number}] {file} · {sheet}"
        yield EvidenceTable(
            anchor=f"file-{number}",
            title=title,
            caption=captions.next(_("{file}：各字段所在的列").format(file=title)),
            caption_note=digest,
            columns=headings,
            body=body,
        )


def _place_headings() -> tuple[tuple[str, str, bool], ...]:
    return (_("字段"), "", False), (_("列号"), "", True), (_("列名"), "", False), (_("换算"), "", False)


def _place_rows(
    tables: YearTables, source: str, standards: Sequence[Standard], file: str, sheet: str | None
) -> tuple[str, str]:
    """The fields of a sheet that the standards read, each with its column, as HTML; and the file's hash."""
    wanted = dict.fromkeys(_column_of(field, stage) for stage in STAGES for field in _fields_of(standards, stage))
    wanted |= dict.fromkeys(f"pupils_{stage}" for stage in (*STAGES, "senior"))
    places = tables.once("evidence places", lambda: _places(tables)).get((file, sheet), {})
    about = next((row for row in tables.returns(source) if row["file"] == file), None)
    labels = {entry["column"]: entry for entry in school_fields()}
    is_book = about is not None and about["format"] == "xlsx"
    rows = [_place_row(places[column], labels, is_book=is_book) for column in wanted if column in places]
    return Markup("").join(rows), "" if about is None else f"SHA-256 {about['sha256']}"


def _numbered(tables: YearTables) -> dict[County, list[tuple[str, str | None]]]:
    """The files and sheets that each county's units were read from, in the order of the numbers that they bear."""
    found: dict[County, list[tuple[str, str | None]]] = {}
    rows = tables.table("units").select("source", "county_code", *_PLACE).unique()
    for source, code, file, sheet in rows.sort("source", "county_code", *_PLACE, nulls_last=False).iter_rows():
        found.setdefault((source, code), []).append((file, sheet))
    return found


def _places(tables: YearTables) -> dict[tuple[str, str | None], dict[str, Row]]:
    """Where each field stands, by file and sheet."""
    found: dict[tuple[str, str | None], dict[str, Row]] = {}
    for row in records(tables.table("columns_read").filter(pl.col("table") == "schools")):
        found.setdefault((row["file"], row["sheet"]), {})[row["column"]] = row
    return found


def _place_row(row: Row, labels: dict[str, dict[str, str]], *, is_book: bool) -> Markup:
    entry = labels.get(row["column"])
    label = row["column"] if entry is None else labelled(entry)
    position = "" if row["position"] is None else str(row["position"])
    if is_book and row["position"] is not None:
        position += f" ({(cell_name(row['position'], 1) or '')[:-1]})"
    notes = []
    if row["kind"] == "formed":
        notes.append(_("合计：{parts}").format(parts=serial((row["made_of"] or "").split(" | "))))
    if row["factor"] not in (None, 1):
        notes.append(f"× {row['factor']}")
    return Markup(
        '<tr><th scope="row">{}<span class="q">{}</span></th><td class="n">{}</td><td>{}</td><td>{}</td></tr>\n'
    ).format(
        label, row["column"], *(text or display.NOT_APPLICABLE for text in (position, row["header"], semicolons(notes)))
    )
