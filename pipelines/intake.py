"""A folder of returns into schools, what counties say, a list of the files, and everything that was refused."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.ahead import read_ahead
from pipelines.archives import Entry, entries, is_archive
from pipelines.corrections import Unmatched, no_hits, settled
from pipelines.faults import UnreadableError
from pipelines.form_intake import at_cells, explanations, form_rows, places, recognised
from pipelines.form_reading import FormReturn, read_forms, top_of_forms
from pipelines.harmonise import Lines, has_rows, read_lines, refuse_repeated, refuse_strangers, to_rows
from pipelines.identity import Known, contract_of
from pipelines.limits import SPELT, shown_name
from pipelines.mending import with_mended
from pipelines.origins import columns_read, places_in
from pipelines.reading import Body, Sheet, sheets
from pipelines.recognition import Recognised, match_headers, recognise, school_year
from pipelines.refusals import FAULTS, no_faults
from schemas.contract import tidy
from schemas.corrections import Correction
from schemas.county import COUNTY_INPUTS
from schemas.forms_tables import FORM_PLACES, RETURN_EXPLANATIONS
from schemas.origins import COLUMNS_READ
from schemas.source import Source
from schemas.tables import HERE, QUARANTINE, RETURNS
from standards.county_return import KnownFact, known_facts

_NOTHING = hashlib.sha256(b"").hexdigest()
"""The SHA-256 of no bytes: of a file that could not be opened."""
_NOT_ASKED_FOR = "来源不在本次范围内 / of a source not asked for"
_NO_COLUMNS = COLUMNS_READ.empty()
COUNTY_TABLES = tuple(contract.name for contract in COUNTY_INPUTS)


@dataclass(frozen=True)
class Intake:
    """What a folder held: `schools`, `returns`, `quarantine`, `columns_read`, `corrections`, for every school year read.

    `form_places` and `return_explanations` are of workbooks with a sheet per form. `county` holds what counties say
    themselves: every one of COUNTY_TABLES by name, with or without rows.
    `unmatched` are the corrections that no longer find what they expect.
    """

    schools: pl.DataFrame
    returns: pl.DataFrame
    quarantine: pl.DataFrame
    columns_read: pl.DataFrame
    county: dict[str, pl.DataFrame]
    corrections: pl.DataFrame
    form_places: pl.DataFrame
    return_explanations: pl.DataFrame
    unmatched: tuple[Unmatched, ...] = ()


@dataclass
class _Part:
    """What a file holds of one layout, or a file that none was recognised in, on its way through."""

    path: str
    sha256: str
    size: int
    found: Recognised | None = None
    year: int | None = None
    form: str | None = None
    sheets_read: list[str] = field(default_factory=list)
    sheets_left: list[str] = field(default_factory=list)
    unknown_columns: list[str] = field(default_factory=list)
    rows_read: int = 0
    lines: list[Lines] = field(default_factory=list)
    columns: pl.DataFrame = field(default_factory=lambda: _NO_COLUMNS)
    faults: list[pl.DataFrame] = field(default_factory=list)
    status: str | None = None
    reason: str | None = None
    forms: FormReturn | None = None
    rows_kept: int | None = None

    @property
    def kept(self) -> int:
        """The rows whose identity is sound."""
        return sum(line.text.height for line in self.lines) if self.rows_kept is None else self.rows_kept

    @property
    def source(self) -> str | None:
        return self.found.source.reported_as if self.found else None

    @property
    def publication(self) -> str | None:
        """The source whose layouts the part has, which may report as another."""
        return self.found.source.name if self.found else None

    @property
    def layout(self) -> str | None:
        return self.found.layout if self.found else None

    @property
    def table(self) -> str | None:
        return self.found.table if self.found else None

    @property
    def is_blank(self) -> bool:
        """Whether there is no row under the part's headers."""
        return any(fault["rule"].item() == "no_rows" for fault in self.faults if fault.height == 1)

    def withdraw(self, reason: str) -> None:
        """The part taken out: nothing of it counts, neither its rows nor its faults."""
        self.status, self.reason = "withdrawn", reason
        self.lines, self.faults, self.rows_read = [], [], 0

    def refuse(self, fault: UnreadableError, sheet: str | None = None) -> None:
        """The whole part refused, under the rule that it breaks."""
        self.status = "refused"
        self.lines = []
        self.faults.append(
            pl.DataFrame(
                [
                    {
                        "file": self.path,
                        "sheet": sheet,
                        "level": "file",
                        "rule": fault.rule,
                        "value": fault.value,
                        "wanted": fault.wanted,
                        "wanted_en": fault.wanted_en,
                    }
                ],
                schema=FAULTS,
            )
        )


def inbox_files(inbox: Path) -> list[Path]:
    """The files of a folder and its subfolders in sort order, without hidden ones and Excel's lock files."""
    return sorted(
        path
        for path in inbox.rglob("*")
        if path.is_file() and not any(part.startswith((".", "~$")) for part in path.relative_to(inbox).parts)
    )


def named_files(inbox: Path) -> list[tuple[str, Entry]]:
    """The inbox's files, each under its path as it is shown, those of a zip by themselves; none without the folder."""
    found = inbox_files(inbox) if inbox.is_dir() else []
    return unzipped((shown_name(path.relative_to(inbox).as_posix()), path) for path in found)


def unzipped(files: Iterable[tuple[str, Path]]) -> list[tuple[str, Entry]]:
    """The files, each zip among them as the files that it holds."""
    return [entry for shown, path in files for entry in (entries(shown, path) if is_archive(path) else [(shown, path)])]


def take_in(
    files: Sequence[tuple[str, Entry]],
    sources: Iterable[Source],
    *,
    wanted: Sequence[str] = (),
    years: Callable[[int], bool] = lambda _year: True,
    each: Callable[[str], None] = lambda _file: None,
    facts: Collection[str] | None = None,
    items: Mapping[str, Collection[str]] | None = None,
    withdrawn: Mapping[tuple[str, str], str] | None = None,
    corrections: Sequence[Correction] = (),
) -> Intake:
    """The tables of the given files (name shown, path): schools, what counties say, the files, what was refused.

    `wanted` names the sources asked for (all where empty): files of others are listed as ignored. Sheets of a school
    year for which `years` is false are passed over. `each` is called with every file's name before it is read.
    `facts` are the facts that a county may speak of, perhaps each with what may be answered; `items` what it may mend
    or prove, by standard. Without them every one is taken. A row about a school is refused where schools of its county
    and school year are read, and that one is none of them. A key that stands twice in a file is refused there; in two
    files the better release, else the last path, wins.
    `withdrawn` says, by name and SHA-256, why a file counts for nothing: it is listed, and none of its rows is read.
    `corrections` that are no longer matched are among what is returned: whether that stops anything is for the caller
    to say.
    """
    sources = list(sources)
    taken: list[_Part] = []
    known = Known(facts, items)
    of_forms = [source for source in sources if source.forms]
    for shown, content, forms in read_ahead(dict(files), lambda name, content: read_forms(name, content, of_forms)):
        each(shown)
        if isinstance(content, UnreadableError):
            parts = [_Part(shown, _NOTHING, 0)]
            parts[0].refuse(content)
        elif forms:
            parts = _form_part(shown, content, forms, wanted, years)
        else:
            parts = read_file(shown, content, sources, wanted=wanted, years=years, known=known)
        for part in parts:
            if (shown, part.sha256) in (withdrawn or {}):
                part.withdraw((withdrawn or {})[shown, part.sha256])
        taken += parts
    moved = _form_lines(taken, known)
    answers: dict[str, KnownFact] = known_facts(())
    if isinstance(facts, Mapping):
        answers |= dict(facts)
    tables: dict[str, pl.DataFrame] = {}
    losses, cell_faults, hits = [], [moved], []
    for table in ("schools", *COUNTY_TABLES):
        parts = [part for part in taken if part.table == table]
        if table != "schools":
            _refuse_strangers(parts, tables["schools"], taken)
        rows, faults, found = _all_rows(table, parts, answers, corrections)
        rows, lost = _supersede(rows, table, parts)
        tables[table] = tidy(rows, contract_of(table))
        losses.append(lost)
        cell_faults.append(faults)
        hits.append(found)
    cells, schools = pl.concat(cell_faults), tables["schools"]
    faults = pl.concat([_of_layout(fault, part.layout) for part in taken for fault in part.faults] + [cells])
    read = [
        part
        for part in taken
        if part.source and part.table and part.year and part.status not in {"ignored", "withdrawn"}
    ]
    applied, unmatched = settled(
        corrections,
        pl.concat(hits),
        tables,
        {(str(part.source), str(part.table), int(part.year or 0)) for part in read},
        {(str(part.source), str(part.table), part.path, int(part.year or 0)) for part in read},
    )
    return Intake(
        schools=tables.pop("schools"),
        returns=tidy(_returns(taken, pl.concat(losses), cells), RETURNS),
        quarantine=tidy(with_mended(_quarantine(faults, taken), schools, _layouts(taken), applied), QUARANTINE),
        columns_read=columns_read(_places_of(taken)),
        county=tables,
        corrections=applied,
        form_places=tidy(_of_forms(taken, schools, places), FORM_PLACES),
        return_explanations=tidy(_of_forms(taken, schools, explanations), RETURN_EXPLANATIONS),
        unmatched=unmatched,
    )


def _places_of(taken: Sequence[_Part]) -> list[pl.DataFrame]:
    """Where the fields of every file stand of which a row is read."""
    return [part.columns for part in taken if part.lines and part.status is None and part.columns.height]


def _form_part(
    shown: str, content: bytes, forms: FormReturn, wanted: Sequence[str], years: Callable[[int], bool]
) -> list[_Part]:
    """A workbook of forms as a part whose rows are still to come; none where its school year is not asked for."""
    part = _Part(shown, hashlib.sha256(content).hexdigest(), len(content), recognised(forms), forms.year, forms.form)
    part.sheets_read = [place.sheet for place in forms.places]
    part.sheets_left = forms.sheets_left
    if wanted and part.publication not in wanted:
        part.status, part.reason = "ignored", _NOT_ASKED_FOR
    elif forms.year is not None and not years(forms.year):
        return []
    elif forms.refused:
        part.refuse(*forms.refused)
    else:
        part.forms = forms
    return [part]


def _form_lines(taken: Sequence[_Part], known: Known) -> pl.DataFrame:
    """The rows of all workbooks of forms put into their parts; the cells whose labels are not there, as faults."""
    groups: dict[tuple[str, int], list[_Part]] = {}
    for part in taken:
        if part.forms and part.year is not None and part.status is None:
            groups.setdefault((str(part.publication), part.year), []).append(part)
    moved = [_of_layout(no_faults(), None)]
    for (_, year), parts in groups.items():
        rows = form_rows([(part.path, part.forms) for part in parts if part.forms], year, known)
        # One frame for thousands of workbooks: a frame for each would weigh more than what is in them.
        parts[0].lines = [rows.lines]
        for part in parts:
            assert part.forms is not None
            part.forms.texts = {}
            refused = rows.refused.get(part.path)
            part.rows_read, part.rows_kept = 1, 1 if refused is None else 0
            part.faults += [] if refused is None else [refused]
        moved.append(_of_layout(rows.cells, parts[0].layout))
    return pl.concat(moved)


def _of_forms(
    taken: Sequence[_Part],
    schools: pl.DataFrame,
    listed: Callable[[Sequence[tuple[str, FormReturn]]], pl.DataFrame],
) -> pl.DataFrame:
    """What is listed of the workbooks of forms whose school was accepted, under school and school year."""
    reads = [(part.path, part.forms) for part in taken if part.forms and part.status is None]
    rows = listed(reads)
    of_school = schools.filter(pl.col("file").is_in([file for file, _ in reads])).select(
        "school_year", "source", "county_code", "school_id", "file"
    )
    return rows.join(of_school, on="file", how="inner", validate="m:1", maintain_order="left")


def _layouts(taken: Sequence[_Part]) -> pl.DataFrame:
    """The pairs of file and layout of the returns of schools."""
    rows = [(part.path, part.layout) for part in taken if part.table == "schools"]
    return pl.DataFrame(rows, schema={"file": pl.String, "layout": pl.String}, orient="row")


def _of_layout(faults: pl.DataFrame, layout: str | None) -> pl.DataFrame:
    return faults.with_columns(layout=pl.lit(layout, pl.String))


def _refuse_strangers(parts: Sequence[_Part], schools: pl.DataFrame, taken: Sequence[_Part]) -> None:
    """The rows of counties that speak of schools which are not theirs in the school year become faults.

    A school whose own row was refused is there all the same.
    """
    if not any(part.lines for part in parts):
        return
    key = ["source", "school_year", "county_code", "school_id"]
    there = [schools.select(*key, "county_name").unique(key, keep="first", maintain_order=True)]
    for part in taken:
        if part.table == "schools" and part.faults:
            refused = pl.concat([no_faults(), *part.faults]).filter(pl.col("level") == "row")
            there.append(
                refused.filter(pl.col("school_id").is_not_null() & pl.col("county_code").is_not_null()).select(
                    pl.lit(part.source).alias("source"),
                    pl.lit(part.year, pl.Int32).alias("school_year"),
                    "county_code",
                    "school_id",
                    pl.lit(None, pl.String).alias("county_name"),
                )
            )
    known = pl.concat(there).unique(key, keep="first", maintain_order=True)
    for part in parts:
        if part.found is None or part.year is None or not part.lines:
            continue
        of_year = known.filter((pl.col("source") == part.source) & (pl.col("school_year") == part.year))
        part.lines, faults = refuse_strangers(part.lines, part.found, part.year, of_year)
        part.faults.append(faults)


def _all_rows(
    table: str, taken: Sequence[_Part], answers: Mapping[str, KnownFact], corrections: Sequence[Correction]
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The sound rows of a table, the refused cells, the hits of corrections; parts of one layout and year go as one."""
    groups: dict[tuple[str, str, int], list[_Part]] = {}
    for part in taken:
        is_form = part.forms is not None and part.status is None
        if part.found and (part.lines or is_form) and part.year is not None:
            groups.setdefault((part.found.source.name, part.found.layout, part.year), []).append(part)
    rows, faults, hits = [contract_of(table).empty()], [_of_layout(no_faults(), None)], [no_hits()]
    for (_, layout, year), parts in groups.items():
        lines = [line for part in parts for line in part.lines]
        text = pl.concat([line.text for line in lines], how="diagonal")
        errors = pl.concat([line.errors for line in lines])
        found = parts[0].found
        assert found is not None
        group, group_faults, found_hits = to_rows(found.source, layout, year, text, errors, answers, corrections)
        if found.described.kind == "forms":
            where = places([(part.path, part.forms) for part in parts if part.forms])
            group_faults = at_cells(group_faults, found.source, year, where)
        rows.append(group)
        hits.append(found_hits)
        faults.append(_of_layout(group_faults, layout))
    return pl.concat(rows), pl.concat(faults), pl.concat(hits)


def survey(files: Sequence[tuple[str, Entry]], sources: Iterable[Source]) -> pl.DataFrame:
    """One row per file and school year in it: `file`, `sha256`, `source`, `school_year`; null where they are unknown.

    Only the tops of the files are looked at: enough to know which school years a folder touches.
    """
    sources = list(sources)
    of_forms = [source for source in sources if source.forms]
    rows: dict[tuple[str, str, str | None, int | None], None] = {}
    for shown, content, forms in read_ahead(dict(files), lambda name, content: top_of_forms(name, content, of_forms)):
        held = b"" if isinstance(content, UnreadableError) else content
        part = _Part(shown, hashlib.sha256(held).hexdigest(), len(held))
        known = [forms.year] if forms else _years(part, held, sources)
        source = forms.source.name if forms else part.publication
        rows |= dict.fromkeys((shown, part.sha256, source, year) for year in known)
    schema = {"file": pl.String, "sha256": pl.String, "source": pl.String, "school_year": pl.Int32}
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def _years(part: _Part, content: bytes, sources: Sequence[Source]) -> list[int | None]:
    """The school years that the tops of a file's sheets state; a single None where none does."""
    years: list[int | None] = []
    with suppress(UnreadableError):
        for of_layout, found in _recognise_file(part, content, sources):
            part.found = part.found or of_layout.found
            tops = [(sheet, _top(sheet)) for sheet in found]
            years.append(next((year for sheet, top in tops if (year := school_year(sheet, top, part.path))), None))
    return [*sorted({year for year in years if year is not None})] or [None]


def _top(found: Recognised) -> Body:
    """The rows of the sheet's head below its header; of a file without such rows, all of them."""
    below = found.sheet.head[found.header_row :]
    if not below:
        return found.sheet.body(found.header_row)
    width = len(found.headers)
    cells = [[row[i] if i < len(row) else None for row in below] for i in range(width)]
    return Body(pl.DataFrame({str(i): pl.Series(column, dtype=pl.String) for i, column in enumerate(cells)}))


def read_file(
    shown: str,
    content: bytes,
    sources: Sequence[Source],
    *,
    wanted: Sequence[str] = (),
    years: Callable[[int], bool] = lambda _year: True,
    known: Known,
) -> list[_Part]:
    """What a file holds, recognised, read and checked, one part per layout; none where its years are not asked for.

    Parts fall by themselves: a sheet that is refused takes no other layout's with it. A sheet without rows is passed
    over where the file has others; a file that has none but such is refused.
    """
    whole = _Part(shown, hashlib.sha256(content).hexdigest(), len(content))
    try:
        recognised = _recognise_file(whole, content, sources)
    except UnreadableError as fault:
        whole.refuse(fault)
        return [whole]
    best = max((part for part, _ in recognised), key=lambda part: part.found.share if part.found else 0)
    if wanted and best.publication not in wanted:
        best.status, best.reason = "ignored", _NOT_ASKED_FOR
        return [best]
    read, is_passed_over = [], False
    for part, found in recognised:
        try:
            bodies = [(sheet, sheet.sheet.body(sheet.header_row)) for sheet in found]
            part.year = _stated_year(bodies, shown)
            if not years(part.year):
                is_passed_over = True
                continue
            _read_sheets(part, bodies, part.year, known)
        except UnreadableError as fault:
            part.refuse(fault, found[0].sheet.name)
        read.append(part)
    filled = [part for part in read if not part.is_blank]
    for part in filled[:1]:
        part.sheets_left = recognised[0][0].sheets_left
    return filled if filled or is_passed_over else [best]


def _stated_year(bodies: list[tuple[Recognised, Body]], shown: str) -> int:
    """The school year that the file states. Raises UnreadableError where there is none, or no row to state it."""
    for found, body in bodies:
        if body.ragged and not has_rows(body):
            raise UnreadableError("rows_unlike_header", str(body.ragged[0][1]), str(len(found.headers)))
    year = next((year for found, body in bodies if (year := school_year(found, body, shown))), None)
    if year is None and not any(has_rows(body) for _, body in bodies):
        raise UnreadableError("no_rows")
    if year is None:
        raise UnreadableError("no_school_year", "", *_where_years_stand(bodies[0][0]))
    return year


def _where_years_stand(found: Recognised) -> tuple[str, str]:
    words = {
        "column": ("学年列", "the year column"),
        "title": ("表头上方的标题", "a title above the header"),
        "file_name": ("文件名", "the file's name"),
    }
    places = dict.fromkeys(clue.place for clue in found.described.year)
    return "、".join(words[place][0] for place in places), " or ".join(words[place][1] for place in places)


def _recognise_file(whole: _Part, content: bytes, sources: Sequence[Source]) -> list[tuple[_Part, list[Recognised]]]:
    """The file's sheets by layout: for each table the layout that fits best, all of the source that fits best.

    Raises UnreadableError where none fits.
    """
    encodings = tuple(dict.fromkeys(encoding for source in sources for encoding in source.described.encodings))
    seen: list[Sheet] = []
    for reading in sheets(content, encodings):
        matches = [(sheet, recognise(sheet, sources)) for sheet in reading]
        known = [match for _, match in matches if match]
        seen = seen or reading
        if known:
            return _by_layout(whole, matches, known)
    whole.form = seen[0].form if seen else None
    shown = max((row for sheet in seen for row in sheet.head), key=lambda row: sum(map(bool, row)), default=[])
    cells = [" ".join(cell.split()) for cell in shown if cell and cell.strip()]
    if not cells:
        raise UnreadableError("empty_file")
    text = "、".join(cells[:6])
    is_text = not seen[0].form.startswith(("xlsx", "parquet"))
    if is_text and (not text.isprintable() or "\ufffd" in text):
        raise UnreadableError("encoding", wanted="、".join(encodings).upper())
    raise UnreadableError("not_recognised", text[:200])


def _by_layout(
    whole: _Part, matches: Sequence[tuple[Sheet, Recognised | None]], known: Sequence[Recognised]
) -> list[tuple[_Part, list[Recognised]]]:
    """A part of the file for each table that it has rows of; what is left unread is named with the first."""
    source = max(known, key=lambda match: match.share).source
    of_source = [match for match in known if match.source is source]
    parts = []
    for table in dict.fromkeys(match.table for match in of_source):
        best = max((match for match in of_source if match.table == table), key=lambda match: match.share)
        chosen = [match for match in of_source if match.layout == best.layout]
        part = _Part(whole.path, whole.sha256, whole.size, found=best, form=best.sheet.form)
        part.sheets_read = [match.sheet.name for match in chosen if match.sheet.name]
        parts.append((part, chosen))
    taken = [(match.source, match.layout) for _, chosen in parts for match in chosen]
    parts[0][0].sheets_left = [
        sheet.name or ""
        for sheet, match in matches
        if (match is None or (match.source, match.layout) not in taken)
        and any(cell for row in sheet.head for cell in row)
    ]
    return parts


def _read_sheets(part: _Part, bodies: list[tuple[Recognised, Body]], year: int, known: Known) -> None:
    """The rows of the part's sheets; the part is refused whole where one sheet's layout is wrong."""
    matched = []
    for found, body in bodies:
        places, others, faults = match_headers(found, year)
        for fault in faults:
            part.refuse(fault, found.sheet.name)
        matched.append((found, body, places, others))
    if part.status == "refused":
        return
    lines = [read_lines(found, year, body, places, others, part.path, known) for found, body, places, others in matched]
    part.unknown_columns = list(dict.fromkeys(name for sheet in lines for name in sheet.unknown_columns))
    found = matched[0][0]
    if part.unknown_columns and found.source.described.unknown_columns == "refuse":
        for name in part.unknown_columns:
            part.refuse(UnreadableError("unknown_header", name))
        return
    part.rows_read = sum(sheet.rows_read for sheet in lines)
    if not part.rows_read:
        raise UnreadableError("no_rows")
    header_of = {header.column: header.header for header in matched[0][2].values()}
    part.lines = refuse_repeated(lines, found, year, header_of)
    part.columns = places_in([(of_sheet, places) for of_sheet, _, places, _ in matched], year, part.path)
    part.faults += [sheet.faults for sheet in part.lines]


def _supersede(rows: pl.DataFrame, table: str, taken: Sequence[_Part]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The table with one row per key, and for each part that lost rows: file, layout, rows, the files that won them."""
    key = contract_of(table).key
    ranks = pl.DataFrame(
        [(p.path, p.found.layout, p.found.source.ranks.get(p.found.layout, 1)) for p in taken if p.found],
        schema={"file": pl.String, "layout": pl.String, "rank": pl.Int64},
        orient="row",
    )
    ranked = rows.join(ranks, on="file", how="left", validate="m:1", maintain_order="left").sort(
        [*key, "rank", "file"], descending=[False] * len(key) + [False, True], maintain_order=True
    )
    ranked = ranked.with_columns(place=pl.int_range(pl.len()).over(key), winner=pl.col("file").first().over(key))
    lost = (
        ranked.filter(pl.col("place") > 0)
        .group_by("file", "layout", maintain_order=True)
        .agg(pl.len().alias("rows"), pl.col("winner").unique().sort().str.join(" | ").alias("superseded_by"))
    )
    return ranked.filter(pl.col("place") == 0).drop("rank", "layout", "place", "winner"), lost


def _returns(taken: Sequence[_Part], superseded: pl.DataFrame, cell_faults: pl.DataFrame) -> pl.DataFrame:
    refused = cell_faults.unique(["file", "layout", "sheet", "row", "column"]).group_by("file", "layout").agg(pl.len())
    cells = {(file, layout): count for file, layout, count in refused.iter_rows()}
    lost: dict[tuple[str, str], tuple[int, str]] = {row[:2]: row[2:] for row in superseded.iter_rows()}
    rows: list[dict[str, Any]] = []
    for part in taken:
        kept = part.kept
        rows_lost, winners = lost.get((part.path, part.layout or ""), (0, None))
        refused_cells = cells.get((part.path, part.layout), 0)
        refused_rows = part.rows_read - kept
        status = part.status or (
            "refused"
            if not kept
            else "partly_accepted"
            if refused_rows or refused_cells
            else "superseded"
            if rows_lost == kept
            else "accepted"
        )
        left = f"未读取的工作表：{'、'.join(part.sheets_left)}" if part.sheets_left else None
        if part.forms and part.forms.forms_absent:
            left = "；".join([f"缺表 forms absent：{'、'.join(part.forms.forms_absent)}", *([left] if left else [])])
        rows.append(
            {
                "school_year": part.year,
                "source": part.source,
                "layout": part.layout or "",
                "file": part.path,
                "sha256": part.sha256,
                "size_bytes": part.size,
                "format": part.form,
                "sheets": " | ".join(part.sheets_read) or None,
                "status": status,
                "rows_read": part.rows_read,
                "rows_accepted": kept - rows_lost,
                "rows_refused": refused_rows,
                "rows_superseded": rows_lost,
                "cells_refused": refused_cells,
                "superseded_by": winners,
                "unknown_columns": " | ".join(part.unknown_columns) or None,
                "reason": part.reason or left,
            }
        )
    return pl.DataFrame(rows, schema=RETURNS.polars_schema)


@cache
def rules() -> dict[str, dict[str, str]]:
    """The catalogue of intake rules: level and message in both languages."""
    with (HERE / "rules.csv").open(encoding="utf-8", newline="") as lines:
        return {entry["rule"]: entry for entry in csv.DictReader(lines)}


def _quarantine(faults: pl.DataFrame, taken: Sequence[_Part]) -> pl.DataFrame:
    """The faults with the school year and source of their parts, and the messages of their rules."""
    origin = pl.DataFrame(
        [(part.path, part.layout, part.year, part.source) for part in taken],
        schema={"file": pl.String, "layout": pl.String, "school_year": pl.Int32, "source": pl.String},
        orient="row",
    )
    faults = faults.join(
        origin, on=["file", "layout"], how="left", validate="m:1", nulls_equal=True, maintain_order="left"
    )
    catalogue = pl.DataFrame(list(rules().values())).drop("level")
    faults = faults.join(catalogue, on="rule", how="left", validate="m:1", maintain_order="left")
    if faults["message_zh"].null_count():
        unknown = faults.filter(pl.col("message_zh").is_null())["rule"].unique().to_list()
        raise KeyError(f"schemas/rules.csv has no message for {unknown}")

    value = pl.col("value").str.head(200).str.replace_many(SPELT)

    def filled(message: str, wanted: str, blank: str) -> pl.Expr:
        return (
            pl.col(message)
            .str.replace("{wanted}", pl.col(wanted).fill_null(""), literal=True)
            .str.replace("{value}", value.fill_null(blank), literal=True)
        )

    return faults.with_columns(
        message=filled("message_zh", "wanted", "（空）"), message_en=filled("message_en", "wanted_en", "(blank)")
    )
