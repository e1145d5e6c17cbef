"""A published figure gathered from the tables of its edition: read lazily, the county's rows alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import polars as pl

from assets.editions import record
from assets.home import Home, HomeError
from assets.inputs import CHECKOUT, digest
from assets.withdrawn import receipts
from pipelines.explaining import COMPOSITE, TABLES_READ, evidence, figures_of
from reports.explanation import FORM, Explanation, Figure, StandardFile, figure
from standards.standard import HERE, Standard, load


class NoSuchFigureError(HomeError):
    """The figure asked for is not among the published ones; the message says what there is."""


def explained(
    home: Home,
    *,
    year: int,
    county: str,
    stage: str | None,
    indicator: str,
    school: str | None = None,
    standards: Sequence[str] = (),
    source: str | None = None,
) -> Explanation:
    """An indicator of a county, or of one of its schools, under each standard that has it.

    Raises NoSuchFigureError with what there is.
    """
    store = home.published()
    if not store.path("county_dispersion", year).exists():
        there = "、".join(map(str, store.years()))
        _none(f"{store.root} 没有 {year} 学年；有：{there or '—'} / no such school year")
    place = (pl.col("county_code") == county) if source is None else _of(source, county)
    spread = store.scan("county_dispersion", year).filter(place).collect()
    if spread.is_empty():
        _none(f"{year} 学年没有县 {county} / no such county in this school year")
    sources = spread["source"].unique().sort().to_list()
    if len(sources) > 1:
        _none(f"代码 {county} 在多个来源中都有：{'、'.join(sources)}；请用 --source 指定 / name one with --source")
    asked = figures_of(spread, standards, stage, indicator)
    if not asked:
        known = spread.select("standard", "stage", "indicator").unique(maintain_order=True)
        named = "、".join(known["indicator"].unique(maintain_order=True))
        _none(
            f"{county} {year} 学年没有这个数字（标准 {'、'.join(standards) or '任意'}，学段 {stage}，指标 {indicator}）。"
            f"标准有：{'、'.join(known['standard'].unique(maintain_order=True))}；指标有：{named}"
            " / no such figure; these are the standards and indicators"
        )
    tables = {name: _rows(store, name, year, sources[0], county) for name in TABLES_READ}
    arrived = receipts(home.root)
    figures: list[Figure] = []
    for name, of_stage in asked:
        standard, file = _standard(home, store, name, year)
        if not standards and sources[0] not in standard.applies_to:
            continue
        found = evidence(tables, standard, of_stage, indicator, school)
        if school is not None and found.units.is_empty() and indicator != COMPOSITE:
            continue
        frames = {name: getattr(found, name) for name in found.__dataclass_fields__}
        figures.append(figure(frames, standard, indicator, school_id=school, received=arrived, standard_file=file))
    if not figures:
        _none(
            f"{county} {year} 学年在这些标准下没有可说的数字（学校 {school or '—'}）；可用 --standard 指定标准"
            " / no unit of this school, or no standard for this source; name one with --standard"
        )
    return Explanation(form=FORM, edition=store.root.name, figures=tuple(figures))


def _of(source: str, county: str) -> pl.Expr:
    return (pl.col("source") == source) & (pl.col("county_code") == county)


def _rows(store: Home, table: str, year: int, source: str, county: str) -> pl.DataFrame:
    """The county's rows of a table; of a table without counties those of the source."""
    rows = store.scan(table, year)
    if table in ("columns_read", "returns"):
        return rows.filter(pl.col("source") == source).collect()
    return rows.filter(_of(source, county)).collect()


def _standard(home: Home, store: Home, name: str, year: int) -> tuple[Standard, StandardFile]:
    """A standard of ours or of the home, its file, and the hash of the file by which the edition's figures were made."""
    own = home.root / "standards" / f"{name}.toml"
    path = own if own.exists() else HERE / f"{name}.toml"
    if not path.exists():
        _none(f"标准“{name}”的文件不在了：{own} / the standard's file is gone")
    made = record(store)
    rules = made.get("made", {}).get("county_dispersion", {}).get(str(year), "")
    then = made.get("rules", {}).get(rules, {}).get("standards", {}).get(name)
    return load(path), StandardFile(file=_shown(path), sha256=digest(path.read_bytes()), sha256_then=then)


def _shown(path: Path) -> str:
    return path.relative_to(CHECKOUT).as_posix() if path.is_relative_to(CHECKOUT) else f"standards/{path.name}"


def _none(message: str) -> NoReturn:
    raise NoSuchFigureError(message)
