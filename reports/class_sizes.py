"""How many classes are of which size: the bands of the annual return, stage beside stage."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from reports import display, sentences
from reports.captions import Captions
from reports.language import gettext as _
from reports.model import ClassBand, ClassSizes
from reports.year import County, CountyTables, YearTables

BANDS = ("0_25", "26_30", "31_35", "36_40", "41_45", "46_50", "51_55", "56_60", "61_65", "66_up")
"""The bands of the return, from the smallest classes to the largest."""
_FIELDS = tuple(f"classes_{band}" for band in BANDS)
_Counts = Mapping[tuple[str, str], tuple[int, int, list[int]]]


def class_sizes(county: CountyTables, captions: Captions) -> ClassSizes | None:
    """The classes of each stage by size, over the units that report all bands; None where no unit does.

    The units are those that count under the leading standard that stands last.
    """
    if not county.leading:
        return None
    standard = county.leading[-1]
    found = _counts(county.all).get(county.key, {})
    stages = [stage for stage in standard.scope.stages if found.get((standard.id, stage), (0, 0, []))[1]]
    if not stages:
        return None
    counts = {stage: found[standard.id, stage] for stage in stages}
    words = {"year": display.school_year(county.year), "county": county.name}
    return ClassSizes(
        messages=tuple(_largest(stage, counts[stage][2]) for stage in stages),
        sentences=tuple(
            _("{stage}有 {count} 个评估单位的班额未上报或不全，不在表内。").format(
                stage=display.stage(stage), count=display.count(counts[stage][0] - counts[stage][1])
            )
            for stage in stages
            if counts[stage][0] > counts[stage][1]
        ),
        caption=captions.next(_("{year}{county}各班额组的班数").format(**words)),
        caption_note=_("{standard}的评估单位；占该学段班数的百分比，合计 100.0%").format(
            standard=sentences.short_title(standard)
        ),
        stages=tuple(display.stage(stage) for stage in stages),
        rows=tuple(
            ClassBand(label=band_words(band), cells=tuple(_cell(counts[stage][2], i) for stage in stages))
            for i, band in enumerate(BANDS)
        ),
    )


def band_words(band: str) -> str:
    """A band as a table names it."""
    first, last = band.split("_")
    if first == "0":
        return _("{last} 人及以下").format(last=last)
    if last == "up":
        return _("{first} 人及以上").format(first=first)
    return _("{first}–{last} 人").format(first=first, last=last)


def _largest(stage: str, counts: list[int]) -> str:
    """The largest size of which the stage has any class, and how many."""
    at = max(i for i, count in enumerate(counts) if count) if any(counts) else None
    if at is None:
        return _("{stage}没有班级").format(stage=display.stage(stage))
    return _("{stage} {classes} 个班，最大的班在“{band}”一组，有 {count} 个（{share}）").format(
        stage=display.stage(stage),
        classes=display.count(sum(counts)),
        band=band_words(BANDS[at]),
        count=display.count(counts[at]),
        share=display.percent(counts[at] / sum(counts)),
    )


def _cell(counts: list[int], at: int) -> tuple[str, str, str]:
    """Count, share and the width of its bar, the widest of the stage being full."""
    total, most = sum(counts), max(counts)
    if not total:
        return display.count(0), display.NOT_APPLICABLE, "0%"
    return display.count(counts[at]), display.percent(counts[at] / total), f"{100 * counts[at] / most:.1f}%"


def _counts(tables: YearTables) -> Mapping[County, _Counts]:
    """By county, then standard and stage: units that count, those of them that report all bands, classes by band."""

    def made() -> dict[County, dict[tuple[str, str], tuple[int, int, list[int]]]]:
        reports_all = pl.all_horizontal(pl.col(name).is_not_null() for name in _FIELDS)
        rows = (
            tables.table("units")
            .filter(pl.col("standing") == "counted")
            .group_by("source", "county_code", "standard", "stage", maintain_order=True)
            .agg(
                pl.len().alias("units"),
                reports_all.sum().alias("reporting"),
                *(pl.col(name).filter(reports_all).sum() for name in _FIELDS),
            )
        )
        found: dict[County, dict[tuple[str, str], tuple[int, int, list[int]]]] = {}
        for source, code, standard, stage, units, reporting, *counts in rows.iter_rows():
            found.setdefault((source, code), {})[standard, stage] = units, reporting, counts
        return found

    return tables.once("class sizes", made)
