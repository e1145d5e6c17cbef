"""An evidence pack: a county's published figures with all that is needed to check them, the same bytes for the same edition."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl

from assets import pack_check
from assets.editions import record
from assets.explained import NoSuchFigureError
from assets.export import exported
from assets.home import Home
from assets.inputs import code
from assets.withdrawn import receipts
from pipelines.explaining import is_split, school_cells
from pipelines.indicators import norm_of
from reports.catalogue import package, written
from reports.faces import prefix
from reports.language import LANGUAGES
from reports.render import TEMPLATES
from schemas.columns import STAGES
from schemas.county import COUNTY_INPUTS
from schemas.source import sources
from schemas.tables import TABLES, codes, finding_fields, school_fields, shared_fields, stage_fields, unit_fields
from standards.standard import HERE, Indicator, Plausible, Standard, in_force

FORM = "junheng-evidence-pack/1"
_WORDS = TEMPLATES / "pack"
_LIBRARIES = ("polars", "pyarrow")
_MOMENT = (1980, 1, 1, 0, 0, 0)
"""The time of every file in a zip: the same pack has the same bytes whenever it is made."""


def pack(home: Home, year: int, county: str, source: str | None = None) -> dict[str, bytes]:
    """The files of a pack by name, in the order of their names. Raises NoSuchFigureError where there is no such county."""
    store = home.published()
    place = _place(store, year, county, source)
    standards = _standards(home, store, year, place)
    tables = _tables(store, year, place, standards)
    files = {f"tables/{name}.{form}": exported(rows, TABLES[name], form) for name, rows, form in _formats(tables)}
    title = f"{place['county_name']} {year}"
    named = {name: [f"tables/{name}.csv"] for name in tables}
    files["datapackage.json"] = written(package(f"junheng-{year}-{county}", title, named, TABLES, "csv"))
    files["inputs.csv"] = _csv(school_cells(tables))
    files["files.csv"] = _csv(_files(home, tables["returns"]))
    for standard in standards:
        files[f"standards/{standard.id}.toml"] = _toml(home, standard).read_bytes()
    files["standards.json"] = _json(numbers(standards, tables["units"], year))
    files |= {f"report/{name}": content for name, content in _report(store, year, place)}
    files["check.py"] = Path(pack_check.__file__).read_bytes()
    files["formulas.md"] = (_WORDS / "formulas.md").read_bytes()
    files["pack.json"] = _json(_about(home, store, year, place, standards, tables))
    banner = "合成数据，县、学校和数字均为虚构。Synthetic data: invented." if home.kind == "synthetic" else ""
    words = (_WORDS / "README.md").read_text("utf-8").format(**place, year=year, banner=banner)
    files["README.md"] = words.encode()
    files = dict(sorted(files.items()))
    files[pack_check.SUMS] = sums(files)
    return files


def sums(files: Mapping[str, bytes]) -> bytes:
    """The list of hashes, as `sha256sum` writes it."""
    return "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in files.items()).encode()


def zipped(files: Mapping[str, bytes], folder: str) -> bytes:
    """The files as a zip under one folder, in order of their names, all of one time."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as parts:
        for name in sorted(files):
            entry = zipfile.ZipInfo(f"{folder}/{name}", _MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            parts.writestr(entry, files[name])
    return sink.getvalue()


def _place(store: Home, year: int, county: str, source: str | None) -> dict[str, str]:
    columns = ["source", "province_code", "county_code", "county_name"]
    found = store.read("county_dispersion", [year], columns).filter(pl.col("county_code") == county).unique()
    if source is not None:
        found = found.filter(pl.col("source") == source)
    if found.is_empty():
        there = "、".join(map(str, store.years())) or "—"
        raise NoSuchFigureError(f"{year} 学年没有县 {county}；学年有：{there} / no such county in this school year")
    if found.height > 1:
        named = "、".join(sorted(found["source"]))
        raise NoSuchFigureError(f"代码 {county} 在多个来源中都有：{named}；请用 --source 指定 / name one with --source")
    return dict(found.row(0, named=True))


def _standards(home: Home, store: Home, year: int, place: Mapping[str, str]) -> list[Standard]:
    """The standards that are for the county and that the edition has figures of."""
    names = set(store.read("county_dispersion", [year], ["standard"])["standard"])
    names |= set(store.read("county_verdicts", [year], ["standard"])["standard"])
    return [
        standard
        for standard in home.standards.values()
        if standard.id in names
        and place["source"] in standard.applies_to
        and standard.is_for(place["province_code"], place["county_code"])
    ]


def _tables(store: Home, year: int, place: Mapping[str, str], standards: Sequence[Standard]) -> dict[str, pl.DataFrame]:
    """The county's rows of every table; of the files those that rows of the county stand in."""
    is_here = (pl.col("source") == place["source"]) & (pl.col("county_code") == place["county_code"])
    is_asked = pl.col("standard").is_in([standard.id for standard in standards])
    found: dict[str, pl.DataFrame] = {}
    for name, contract in TABLES.items():
        rows = store.scan(name, year)
        names = contract.polars_schema.names()
        if name in ("returns", "columns_read", "schools", "quarantine") or "county_code" not in names:
            continue
        rows = rows.filter(is_here)
        found[name] = _ordered(rows.filter(is_asked) if "standard" in names else rows, name)
    found["schools"] = _schools(store, year, place)
    read = {file for name in ("schools", *_COUNTY_TABLES) for file in found[name]["file"]}
    for name in ("returns", "columns_read"):
        found[name] = _ordered(store.scan(name, year).filter(pl.col("file").is_in(sorted(read))), name)
    codes_here = {
        entry["code"] for entry in sources()[place["source"]].counties if entry["county_code"] == place["county_code"]
    }
    ids = found["schools"]["school_id"].unique().to_list()
    refused = pl.col("county_code").is_in([place["county_code"], *sorted(codes_here)]) | pl.col("school_id").is_in(ids)
    of_source = (pl.col("source") == place["source"]) & refused
    found["quarantine"] = _ordered(store.scan("quarantine", year).filter(of_source), "quarantine")
    return {name: found[name] for name in TABLES if name in found}


_COUNTY_TABLES = tuple(contract.name for contract in COUNTY_INPUTS)


def _ordered(rows: pl.LazyFrame, table: str) -> pl.DataFrame:
    return rows.collect().sort(TABLES[table].order, nulls_last=True, maintain_order=True)


def _schools(store: Home, year: int, place: Mapping[str, str]) -> pl.DataFrame:
    """The county's schools, and elsewhere the sites that belong to them and the schools that its sites belong to."""
    of_source = store.scan("schools", year).filter(pl.col("source") == place["source"])
    here = of_source.filter(pl.col("county_code") == place["county_code"]).collect()
    ids = here["school_id"].unique().to_list()
    parents = here["parent_school_id"].drop_nulls().unique().to_list()
    of_them = pl.col("parent_school_id").is_in(ids) | pl.col("school_id").is_in(parents)
    others = of_source.filter((pl.col("county_code") != place["county_code"]) & of_them)
    return _ordered(pl.concat([here.lazy(), others]), "schools")


def _formats(tables: Mapping[str, pl.DataFrame]) -> Iterator[tuple[str, pl.DataFrame, str]]:
    for name, rows in tables.items():
        for form in ("csv", "parquet"):
            yield name, rows, form


def _files(home: Home, returns: pl.DataFrame) -> pl.DataFrame:
    arrived = receipts(home.root)
    days = [arrived.get((file, sha256)) for file, sha256 in returns.select("file", "sha256").iter_rows()]
    columns = ("file", "layout", "sha256", "size_bytes", "format", "sheets", "status")
    return returns.select(*columns, pl.Series("received_on", days, pl.Date))


def _toml(home: Home, standard: Standard) -> Path:
    own = home.root / "standards" / f"{standard.id}.toml"
    return own if own.exists() else HERE / f"{standard.id}.toml"


def _report(store: Home, year: int, place: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    """The county's pages, forms and documents as published."""
    shared = f"{place['county_code']}-{place['source']}"
    for language in LANGUAGES:
        year_folder = store.site / f"{prefix(language)}{year}"
        folder = year_folder / shared if (year_folder / shared).exists() else year_folder / place["county_code"]
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                yield f"{prefix(language)}{path.relative_to(folder).as_posix()}", path.read_bytes()


def _about(
    home: Home,
    store: Home,
    year: int,
    place: Mapping[str, str],
    standards: Sequence[Standard],
    tables: Mapping[str, pl.DataFrame],
) -> dict[str, Any]:
    """What the pack is of, and by which versions it was made; no day on which it was written."""
    made = record(store)
    used = made.get("made", {}).get("county_dispersion", {}).get(str(year), "")
    return {
        "form": FORM,
        "school_year": year,
        **place,
        "edition": store.root.name,
        "is_synthetic": home.kind == "synthetic",
        "junheng": version("junheng"),
        "code_sha256": made.get("rules", {}).get(used, {}).get("code", code()),
        "libraries": {name: version(name) for name in _LIBRARIES},
        "standards": [standard.id for standard in standards],
        "rows": {name: rows.height for name, rows in tables.items()},
    }


def numbers(standards: Sequence[Standard], units: pl.DataFrame, year: int) -> dict[str, Any]:
    """The numbers of the standards that a check needs, in force for the school year, as text; and the fields of units."""
    return {
        "fields": _fields(),
        "standards": {standard.id: _numbers(standard, units, year) for standard in standards if standard.scope.stages},
    }


def _fields() -> dict[str, Any]:
    kinds = {entry["code"]: entry for entry in codes("school_types")}
    named = {entry["column"] for entry in school_fields()}
    by_stage = {
        stage: {base: column for base, column in columns.items() if column in named}
        for stage, columns in stage_fields().items()
    }
    return {
        "by_stage": by_stage,
        "bases": [field for field in unit_fields() if field not in shared_fields()],
        "shared": [*shared_fields()],
        "findings": [*finding_fields()],
        "school_types": {
            code: {"stages": kind["stages"].split(), "kind": kind["kind"]} for code, kind in kinds.items()
        },
        "areas": {entry["code"]: entry["area"] for entry in codes("areas")},
    }


def _numbers(standard: Standard, units: pl.DataFrame, year: int) -> dict[str, Any]:
    scope, rule = standard.scope, standard.school_rule
    kinds = units.filter(pl.col("standard") == standard.id).select("stage", "school_type_code", "area")
    return {
        "id": standard.id,
        "provinces": [*standard.provinces],
        "counties": [*standard.counties],
        "stages": [*scope.stages],
        "school_types": [*scope.school_types],
        "leave_out_operators": [*scope.leave_out_operators],
        "teaching_points": scope.teaching_points,
        "teaching_point_pupils": scope.teaching_point_pupils,
        "weights": {stage: f"{weight:f}" for stage, weight in standard.split.weights.items()},
        "rule": standard.dispersion.rule,
        "limits": {
            stage: f"{limit:f}"
            for stage in scope.stages
            if (limit := in_force(standard.dispersion.limits, year, stage)) is not None
        },
        "school_rule": None
        if rule is None
        else {"at_norm": rule.at_norm, "floor_share": f"{rule.floor_share:f}", "of": rule.of},
        "missing_pupils": _range(standard.missing_pupils),
        "indicators": [
            _of_indicator(standard, indicator, [*kinds.unique().sort(pl.all(), nulls_last=True).iter_rows()], year)
            for indicator in standard.indicators
        ],
    }


def _range(span: Plausible | None) -> dict[str, str | None] | None:
    """Between which values what is missing may lie, as text; without `high`, from `low` on."""
    return None if span is None else {"low": f"{span.low:f}", "high": None if span.high is None else f"{span.high:f}"}


def _of_indicator(
    standard: Standard, indicator: Indicator, kinds: Sequence[tuple[str, str, str | None]], year: int
) -> dict[str, Any]:
    norms = []
    for stage, school_type, area in kinds:
        norm = norm_of(indicator, year, stage, school_type, area)
        value = None if norm is None else f"{norm:f}"
        norms.append({"stage": stage, "school_type_code": school_type, "area": area, "value": value})
    eased = {one.id: [*one.adds] for one in standard.relaxations if one.indicator == indicator.id}
    return {
        "id": indicator.id,
        "unit": indicator.unit,
        "plus": {stage: [*indicator.added(stage)] for stage in STAGES},
        "minus": [*indicator.minus],
        "over": [*indicator.over],
        "denominator": indicator.denominator,
        "times": indicator.times,
        "must_be": indicator.must_be,
        "is_shared": {stage: is_split(indicator, stage) for stage in STAGES},
        "is_quantity": indicator.is_quantity,
        "is_computable": bool(indicator.plus or indicator.plus_by_stage),
        "eased": eased,
        "is_per_pupil": indicator.is_per_pupil,
        "missing": _range(indicator.missing),
        "norms": norms,
    }


def _json(thing: Any) -> bytes:
    return (json.dumps(thing, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _csv(rows: pl.DataFrame) -> bytes:
    sink = io.BytesIO()
    rows.write_csv(sink)
    return sink.getvalue()


def is_safe(name: str) -> bool:
    """Whether a name lies within its pack."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in name
