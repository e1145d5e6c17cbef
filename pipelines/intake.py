"""A folder of returns into schools, a list of the files, and everything that was refused."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.harmonise import FAULTS, Lines, has_rows, read_lines, refuse_repeated, to_schools
from pipelines.reading import Body, Sheet, UnreadableError, sheets
from pipelines.recognition import Recognised, match_headers, recognise, school_year
from schemas.contract import tidy
from schemas.source import Source
from schemas.tables import HERE, QUARANTINE, RETURNS, SCHOOLS

KEY = ("school_year", "source", "school_id", "return_part")


@dataclass(frozen=True)
class Intake:
    """What a folder held: tables `schools`, `returns` and `quarantine`, for every school year read."""

    schools: pl.DataFrame
    returns: pl.DataFrame
    quarantine: pl.DataFrame


@dataclass
class _File:
    """One file on its way through."""

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
    faults: list[pl.DataFrame] = field(default_factory=list)
    status: str | None = None
    reason: str | None = None

    @property
    def source(self) -> str | None:
        return self.found.source.name if self.found else None

    def refuse(self, fault: UnreadableError, sheet: str | None = None) -> None:
        """The whole file refused, under the rule that it breaks."""
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


def named_files(inbox: Path) -> list[tuple[str, Path]]:
    """The inbox's files, each under its path as it is shown; none where there is no such folder."""
    found = inbox_files(inbox) if inbox.is_dir() else []
    return [(path.relative_to(inbox).as_posix(), path) for path in found]


def take_in(
    files: Sequence[tuple[str, Path]],
    sources: Iterable[Source],
    *,
    wanted: Sequence[str] = (),
    years: Callable[[int], bool] = lambda _year: True,
    each: Callable[[str], None] = lambda _file: None,
) -> Intake:
    """The tables `schools`, `returns` and `quarantine` of the given files (name shown, path).

    `wanted` names the sources asked for (all where empty): files of others are listed as ignored. Files of a school
    year for which `years` is false are passed over. `each` is called with every file's name before it is read.
    A school that stands twice in a file is refused there; in two files the better release, else the last path, wins.
    """
    sources = list(sources)
    taken: list[_File] = []
    for shown, path in dict(files).items():
        each(shown)
        file = read_file(shown, path.read_bytes(), sources, wanted=wanted, years=years)
        if file is not None:
            taken.append(file)
    schools, cell_faults = _all_schools(taken)
    schools, superseded = _supersede(schools, taken)
    faults = pl.concat([fault for file in taken for fault in file.faults] + [cell_faults])
    return Intake(
        schools=tidy(schools, SCHOOLS),
        returns=tidy(_returns(taken, superseded, cell_faults), RETURNS),
        quarantine=tidy(_quarantine(faults, taken), QUARANTINE),
    )


def _all_schools(taken: Sequence[_File]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The sound rows of all files as schools, and the refused cells; files of one layout and year go as one."""
    groups: dict[tuple[str, str, int], list[_File]] = {}
    for file in taken:
        if file.found and file.lines and file.year is not None:
            groups.setdefault((file.found.source.name, file.found.layout, file.year), []).append(file)
    schools, faults = [SCHOOLS.empty()], [pl.DataFrame(schema=FAULTS)]
    for (_, layout, year), files in groups.items():
        lines = [line for file in files for line in file.lines]
        text = pl.concat([line.text for line in lines], how="diagonal")
        errors = pl.concat([line.errors for line in lines])
        found = files[0].found
        assert found is not None
        group, group_faults = to_schools(found.source, layout, year, text, errors)
        schools.append(group)
        faults.append(group_faults)
    return pl.concat(schools), pl.concat(faults)


def survey(files: Sequence[tuple[str, Path]], sources: Iterable[Source]) -> pl.DataFrame:
    """One row per file: `file`, `sha256`, `source` and `school_year`, both null where they cannot be told.

    Only the tops of the files are looked at: enough to know which school years a folder touches.
    """
    sources = list(sources)
    rows = []
    for shown, path in files:
        content = path.read_bytes()
        file = _File(shown, hashlib.sha256(content).hexdigest(), len(content))
        with suppress(UnreadableError):
            found = _recognise_file(file, content, sources)
            tops = [(sheet, _top(sheet)) for sheet in found]
            file.year = next((year for sheet, top in tops if (year := school_year(sheet, top, shown))), None)
        rows.append((shown, file.sha256, file.source, file.year))
    schema = {"file": pl.String, "sha256": pl.String, "source": pl.String, "school_year": pl.Int32}
    return pl.DataFrame(rows, schema=schema, orient="row")


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
) -> _File | None:
    """One file recognised, read and checked; None where its school year is not asked for."""
    file = _File(shown, hashlib.sha256(content).hexdigest(), len(content))
    try:
        found = _recognise_file(file, content, sources)
        if wanted and found[0].source.name not in wanted:
            file.status, file.reason = "ignored", "来源不在本次范围内 / of a source not asked for"
            return file
        bodies = [(sheet, sheet.sheet.body(sheet.header_row)) for sheet in found]
        file.year = _stated_year(bodies, shown)
        if not years(file.year):
            return None
        _read_sheets(file, bodies, file.year)
    except UnreadableError as fault:
        file.refuse(fault)
    return file


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
    places = dict.fromkeys(clue.place for clue in found.source.described.layouts[found.layout].year)
    return "、".join(words[place][0] for place in places), " or ".join(words[place][1] for place in places)


def _recognise_file(file: _File, content: bytes, sources: Sequence[Source]) -> list[Recognised]:
    """The file's sheets that are of the layout which fits it best. Raises UnreadableError where none fits."""
    encodings = tuple(dict.fromkeys(encoding for source in sources for encoding in source.described.encodings))
    seen: list[Sheet] = []
    for reading in sheets(content, encodings):
        matches = [(sheet, recognise(sheet, sources)) for sheet in reading]
        known = [match for _, match in matches if match]
        seen = seen or reading
        if known:
            file.found = best = max(known, key=lambda match: match.share)
            file.form = best.sheet.form
            file.sheets_left = [
                sheet.name or ""
                for sheet, match in matches
                if (match is None or match.layout != best.layout) and any(cell for row in sheet.head for cell in row)
            ]
            chosen = [match for match in known if (match.source, match.layout) == (best.source, best.layout)]
            file.sheets_read = [match.sheet.name for match in chosen if match.sheet.name]
            return chosen
    file.form = seen[0].form if seen else None
    shown = max((row for sheet in seen for row in sheet.head), key=lambda row: sum(map(bool, row)), default=[])
    cells = [" ".join(cell.split()) for cell in shown if cell and cell.strip()]
    if not cells:
        raise UnreadableError("empty_file")
    text = "、".join(cells[:6])
    is_text = not seen[0].form.startswith(("xlsx", "parquet"))
    if is_text and (not text.isprintable() or "\ufffd" in text):
        raise UnreadableError("encoding", wanted="、".join(encodings).upper())
    raise UnreadableError("not_recognised", text[:200])


def _read_sheets(file: _File, bodies: list[tuple[Recognised, Body]], year: int) -> None:
    """The rows of the file's sheets; the file is refused whole where one sheet's layout is wrong."""
    matched = []
    for found, body in bodies:
        places, others, faults = match_headers(found, year)
        for fault in faults:
            file.refuse(fault, found.sheet.name)
        matched.append((found, body, places, others))
    if file.status == "refused":
        return
    lines = [read_lines(found, year, body, places, others, file.path) for found, body, places, others in matched]
    file.unknown_columns = list(dict.fromkeys(name for part in lines for name in part.unknown_columns))
    if file.unknown_columns and matched[0][0].source.described.unknown_columns == "refuse":
        for name in file.unknown_columns:
            file.refuse(UnreadableError("unknown_header", name))
        return
    file.rows_read = sum(part.rows_read for part in lines)
    if not file.rows_read:
        raise UnreadableError("no_rows")
    header_of = {header.column: header.header for header in matched[0][2].values()}
    file.lines = refuse_repeated(lines, header_of)
    file.faults += [part.faults for part in file.lines]


def _supersede(schools: pl.DataFrame, taken: Sequence[_File]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The schools with one row each, and for each file that lost rows: file, rows, the files that won them."""
    ranks = pl.DataFrame(
        [(f.path, f.found.source.ranks.get(f.found.layout, 1)) for f in taken if f.found],
        schema={"file": pl.String, "rank": pl.Int64},
        orient="row",
    )
    ranked = schools.join(ranks, on="file", how="left", validate="m:1", maintain_order="left").sort(
        [*KEY, "rank", "file"], descending=[False] * len(KEY) + [False, True], maintain_order=True
    )
    ranked = ranked.with_columns(place=pl.int_range(pl.len()).over(KEY), winner=pl.col("file").first().over(KEY))
    lost = (
        ranked.filter(pl.col("place") > 0)
        .group_by("file", maintain_order=True)
        .agg(pl.len().alias("rows"), pl.col("winner").unique().sort().str.join(" | ").alias("superseded_by"))
    )
    return ranked.filter(pl.col("place") == 0).drop("rank", "place", "winner"), lost


def _returns(taken: Sequence[_File], superseded: pl.DataFrame, cell_faults: pl.DataFrame) -> pl.DataFrame:
    cells = dict(cell_faults.unique(["file", "sheet", "row", "column"]).group_by("file").agg(pl.len()).iter_rows())
    lost: dict[str, tuple[int, str]] = {row[0]: (row[1], row[2]) for row in superseded.iter_rows()}
    rows: list[dict[str, Any]] = []
    for file in taken:
        kept = sum(part.text.height for part in file.lines)
        rows_lost, winners = lost.get(file.path, (0, None))
        refused_cells = cells.get(file.path, 0)
        refused_rows = file.rows_read - kept
        status = file.status or (
            "superseded"
            if rows_lost and rows_lost == kept
            else "refused"
            if not kept
            else "partly_accepted"
            if refused_rows or refused_cells
            else "accepted"
        )
        left = f"未读取的工作表：{'、'.join(file.sheets_left)}" if file.sheets_left else None
        rows.append(
            {
                "school_year": file.year,
                "source": file.source,
                "layout": file.found.layout if file.found else None,
                "file": file.path,
                "sha256": file.sha256,
                "size_bytes": file.size,
                "format": file.form,
                "sheets": " | ".join(file.sheets_read) or None,
                "status": status,
                "rows_read": file.rows_read,
                "rows_accepted": kept - rows_lost,
                "rows_refused": refused_rows,
                "rows_superseded": rows_lost,
                "cells_refused": refused_cells,
                "superseded_by": winners,
                "unknown_columns": " | ".join(file.unknown_columns) or None,
                "reason": file.reason or left,
            }
        )
    return pl.DataFrame(rows, schema=RETURNS.polars_schema)


@cache
def rules() -> dict[str, dict[str, str]]:
    """The catalogue of intake rules: level and message in both languages."""
    with (HERE / "rules.csv").open(encoding="utf-8", newline="") as lines:
        return {entry["rule"]: entry for entry in csv.DictReader(lines)}


def _quarantine(faults: pl.DataFrame, taken: Sequence[_File]) -> pl.DataFrame:
    """The faults with the school year and source of their files, and the messages of their rules."""
    origin = pl.DataFrame(
        [(file.path, file.year, file.source) for file in taken],
        schema={"file": pl.String, "school_year": pl.Int32, "source": pl.String},
        orient="row",
    )
    faults = faults.join(origin, on="file", how="left", validate="m:1", maintain_order="left")
    catalogue = pl.DataFrame(list(rules().values())).drop("level")
    faults = faults.join(catalogue, on="rule", how="left", validate="m:1", maintain_order="left")
    if faults["message_zh"].null_count():
        unknown = faults.filter(pl.col("message_zh").is_null())["rule"].unique().to_list()
        raise KeyError(f"schemas/rules.csv has no message for {unknown}")

    def filled(message: str, wanted: str, blank: str) -> pl.Expr:
        return (
            pl.col(message)
            .str.replace("{wanted}", pl.col(wanted).fill_null(""), literal=True)
            .str.replace("{value}", pl.col("value").fill_null(blank).str.head(200), literal=True)
        )

    return faults.with_columns(
        message=filled("message_zh", "wanted", "（空）"), message_en=filled("message_en", "wanted_en", "(blank)")
    )
