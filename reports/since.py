"""What changed since the year before, and why: verdicts that turned, limits crossed, the largest movement and its parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from reports import display, sentences
from reports.language import ended
from reports.language import gettext as _
from reports.year import County, CountyTables, Row, YearTables
from standards.standard import Standard

_SAME = 5e-4
"""A change that three decimals print as nothing is not told."""
_EQUAL = 1e-12


def since(county: CountyTables) -> tuple[str, ...]:
    """Sentences on the standards that limit differences, against the school year before; empty where that has no data.

    Each figure is that of `county_verdicts`, `county_dispersion` or `year_over_year`.
    """
    if county.key not in _before(county.all):
        return ()
    said = list(_turned(county))
    for standard in county.leading:
        said += _crossed(county, standard)
        said += _largest(county, standard)
    return tuple(said)


def _before(tables: YearTables) -> Mapping[County, Mapping[str, str]]:
    """The verdicts of the year before on whole standards, or on their resource part where that is all there is."""

    def made() -> dict[County, dict[str, str]]:
        found: dict[County, dict[str, str]] = {}
        whole = tables.of_year("county_verdicts", tables.year - 1)
        part = tables.of_year("resource_verdicts", tables.year - 1).filter(pl.col("stage") == "all")
        for rows in (part, whole):
            for source, code, standard, verdict in rows.select(
                "source", "county_code", "standard", "verdict"
            ).iter_rows():
                found.setdefault((source, code), {})[standard] = verdict
        return found

    return tables.once("verdicts before", made)


def _statuses(tables: YearTables) -> Mapping[County, Mapping[tuple[str, str, str], str]]:
    """The status of every CV in the year before."""

    def made() -> dict[County, dict[tuple[str, str, str], str]]:
        found: dict[County, dict[tuple[str, str, str], str]] = {}
        rows = tables.of_year("county_dispersion", tables.year - 1).select(
            "source", "county_code", "standard", "stage", "indicator", "status"
        )
        for source, code, standard, stage, indicator, status in rows.iter_rows():
            found.setdefault((source, code), {})[standard, stage, indicator] = status
        return found

    return tables.once("statuses before", made)


def _verdict_now(county: CountyTables, standard: Standard) -> str:
    whole = county.whole.get(standard.id)
    return str(whole["verdict"] if whole is not None else county.verdicts[standard.id, "all"]["verdict"])


def _turned(county: CountyTables) -> Iterator[str]:
    """One sentence for each verdict that is another than the year before, and one for those that stayed."""
    before = _before(county.all)[county.key]
    stayed = []
    for standard in county.leading:
        now, was = _verdict_now(county, standard), before.get(standard.id)
        if was is None or now == "no_limit":
            continue
        if was == now:
            stayed.append(sentences.judged(standard, now))
        else:
            yield _("{standard}：上年{before}，本年{now}。").format(
                standard=sentences.short_title(standard),
                before=display.status_word(was),
                now=display.status_word(now),
            )
    if stayed:
        yield _("结论与上年相同：{verdicts}。").format(verdicts=display.listed(stayed))


def _crossed(county: CountyTables, standard: Standard) -> Iterator[str]:
    """The CVs that went over their limit since the year before, and those that came back within it."""
    before = _statuses(county.all).get(county.key, {})
    over, back = [], []
    for row in sentences.limited_rows(county, standard):
        was = before.get((standard.id, row["stage"], row["indicator"]))
        if (was, row["status"]) == ("met", "not_met"):
            over.append(_named(standard, row))
        elif (was, row["status"]) == ("not_met", "met"):
            back.append(_named(standard, row))
    words = {"standard": sentences.short_title(standard)}
    if over:
        yield _("{standard}：{count} 项差异系数由限值以内变为超过限值：{names}。").format(
            count=len(over), names=display.listed(over), **words
        )
    if back:
        yield _("{standard}：{count} 项差异系数回到限值以内：{names}。").format(
            count=len(back), names=display.listed(back), **words
        )


def _named(standard: Standard, row: Row) -> str:
    return _("{stage}{label}（{cv}）").format(
        stage=display.stage(row["stage"]),
        label=sentences.indicator_label(standard, row["indicator"]),
        cv=sentences.decisive_cv(row),
    )


def _largest(county: CountyTables, standard: Standard) -> Iterator[str]:
    """The CV that moved most, cut into what the schools of both years did and what openings and closings did."""
    moved = [
        row
        for (owner, series, _stage, name), row in county.changes.items()
        if owner == standard.id and series == "county" and name != "composite" and row["cv_change"] is not None
    ]
    largest = max(moved, key=lambda row: (abs(row["cv_change"]), row["stage"], row["indicator"]), default=None)
    if largest is None or abs(largest["cv_change"]) < _SAME:
        return
    common = county.changes.get((standard.id, "common", largest["stage"], largest["indicator"]))
    words = {
        "standard": sentences.short_title(standard),
        "what": sentences.of_stage(largest["stage"], sentences.indicator_label(standard, largest["indicator"])),
        "before": display.coefficient(largest["cv_before"]),
        "now": display.coefficient(largest["cv"]),
        "change": display.signed(largest["cv_change"], display.CV_PLACES),
    }
    text = _("{standard}：差异系数变化最大的是{what}，{before} → {now}（{change}）").format(**words)
    if common is not None and common["cv_change"] is not None:
        text += _split(common, largest["cv_change"] - common["cv_change"])
    yield ended(text)
    mover = _movers(county.all).get((*county.key, standard.id, largest["stage"], largest["indicator"]))
    if mover is not None:
        yield _("其中按在校生加权变化最大的是{school}：{before} → {now}。").format(
            school=mover["school_name"],
            before=display.measured(mover["value_before"], mover["unit"]),
            now=display.measured(mover["value"], mover["unit"]),
        )


def _split(common: Row, rest: float) -> str:
    """How much of a change the units of both years made, and how much those of one year only."""
    if abs(rest) <= _EQUAL and not common["units_opened"] and not common["units_closed"]:
        return _("，全部来自两年都有的 {count} 个评估单位").format(count=display.count(common["units_common"]))
    return _(
        "；其中两年都有的 {count} 个评估单位 {common}，新增 {opened} 个、减少 {closed} 个和上报与否的影响 {rest}"
    ).format(
        count=display.count(common["units_common"]),
        common=display.signed(common["cv_change"], display.CV_PLACES),
        opened=display.count(common["units_opened"]),
        closed=display.count(common["units_closed"]),
        rest=display.signed(rest, display.CV_PLACES),
    )


def _movers(tables: YearTables) -> Mapping[tuple[str, str, str, str, str], Row]:
    """By source, county, standard, stage and indicator, the unit whose value moved most, weighed by its pupils."""

    def made() -> dict[tuple[str, str, str, str, str], Row]:
        cell = ["source", "county_code", "standard", "stage", "indicator"]
        weighed = pl.col("weighed").fill_null(-1.0)
        rows = (
            tables.table("year_over_year")
            .filter((pl.col("series") == "unit") & (pl.col("change") != 0))
            .with_columns((pl.col("change").abs() * pl.col("pupils")).alias("weighed"))
            .filter(weighed == weighed.max().over(cell))
            .sort(*cell, "weighed", "unit_id", descending=[*[False] * len(cell), True, False], nulls_last=True)
            .unique(cell, keep="first", maintain_order=True)
            .select(*cell, "school_name", "unit", "value_before", "value")
        )
        return {tuple(row[name] for name in cell): row for row in rows.iter_rows(named=True)}

    return tables.once("movers", made)
