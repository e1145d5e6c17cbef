"""Counties over the years: how an earlier year is read from this year's county, where codes or boundaries changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import takewhile

import msgspec
import polars as pl

from pipelines.dispersion import county_dispersion
from pipelines.lineage import effective_year
from pipelines.verdicts import resource_verdicts
from schemas.contract import tidy
from schemas.county_list import is_known_invalid, shipped_events
from schemas.lineage import COUNTY_CHANGES, COUNTY_HISTORY, COUNTY_ONE_TO_ONE, SCOPE_CHANGED
from schemas.source import sources
from standards.standard import Standard

PLACES = ("school_year", "source", "province_code", "county_code", "county_name")
"""What of the table `schools` is needed here."""
LISTED_SOURCE = "cn-returns"
"""The source whose county codes are those of GB/T 2260."""


class _Event(msgspec.Struct, frozen=True):
    """A pair of codes of an event; `effective` is its first school year, None where only the codes tell."""

    source: str
    before: str
    after: str
    event: str
    document: str
    series: str | None
    effective: int | None


def county_history(
    places: pl.DataFrame, events: pl.DataFrame, standards: Iterable[Standard], year: int
) -> pl.DataFrame:
    """How every earlier school year is read from the counties of `year` that an event touches, under each standard.

    `places` hold the counties with schools up to `year`; `events` are the home's register, which comes before what
    this system ships. A code that reports in both years is itself; of the others, one that is gone is followed along
    its events to a code that reports in `year`. What becomes of the series says the register, else the standard.
    `continue` follows one-to-one events only. `rebuild` asks that every county of a merger has schools in the earlier
    year; where one has none the series is broken there. A merger or change of boundaries whose code stayed is told
    apart by its day. Across a year from which a source covers other schools every county's series is broken.
    """
    known = {
        (y, source): set(codes)
        for y, source, codes in places.group_by("school_year", "source").agg(pl.col("county_code").unique()).iter_rows()
    }
    all_events = _all_events(events)
    rows = [
        (standard.id, source, earlier, old, now, series, event.event, event.document)
        for (earlier, source), codes in sorted(known.items())
        if earlier < year and (year, source) in known
        for standard in standards
        for old, now, series, event in _broken_by_scope(
            _read_from(codes, known[year, source], [e for e in all_events if e.source == source], standard, earlier),
            codes & known[year, source],
            _scope_change(source, earlier, year),
        )
    ]
    names = ["standard", "source", "series_year", "county_code_before", "county_code", "series", "event", "document"]
    types = dict.fromkeys(names, pl.String) | {"series_year": pl.Int32}
    here = places.filter(pl.col("school_year") == year).sort(PLACES).unique(["source", "county_code"], keep="first")
    found = pl.DataFrame(rows, schema=types, orient="row").join(
        here, on=["source", "county_code"], how="inner", validate="m:1", maintain_order="left"
    )
    return tidy(found, COUNTY_HISTORY)


def _scope_change(source: str, earlier: int, year: int) -> _Event | None:
    """The last change of what a source covers after an earlier year, up to `year`."""
    breaks = sources()[source].breaks if source in sources() else {}
    last = max((start for start in breaks if earlier < start <= year), default=None)
    return None if last is None else _Event(source, "", "", SCOPE_CHANGED, breaks[last], None, last)


def _broken_by_scope(
    read: list[tuple[str, str, str, _Event]], stayed: set[str], change: _Event | None
) -> list[tuple[str, str, str, _Event]]:
    """The readings, all of them and those of the counties that stayed broken where the scope changed in between."""
    if change is None:
        return read
    led = {old: now for old, now, _series, _event in read}
    return [(old, now, "b", change) for old, now in sorted(({code: code for code in stayed} | led).items())]


def _all_events(events: pl.DataFrame) -> list[_Event]:
    """The register's events, then those shipped of whose codes the register says nothing."""
    columns = ("source", "county_code_before", "county_code_after", "event", "document", "series")
    own = [_Event(*row) for row in events.select(*columns, effective_year()).iter_rows()]
    spoken_of = {(event.source, code) for event in own for code in (event.before, event.after)}
    shipped = [
        _Event(
            LISTED_SOURCE,
            row["county_code_before"],
            row["county_code_after"],
            row["event"],
            f"GB/T 2260，{row['listed_until']}–{row['changed_by']}",
            None,
            None,
        )
        for row in shipped_events()
    ]
    free = [e for e in shipped if not {(e.source, e.before), (e.source, e.after)} & spoken_of]
    return [*own, *free]


def _read_from(
    then: set[str], now: set[str], events: list[_Event], standard: Standard, earlier: int
) -> list[tuple[str, str, str, _Event]]:
    """Old code, code of today, series and event, of every county of an earlier year that an event touches."""

    def policy(event: _Event) -> str:
        return event.series or standard.history.county_change

    found: dict[str, tuple[str, str, _Event]] = {}
    there = {code: (code, code) for code in then & now} | {code: (code, "") for code in then - now}
    for old, path in _followed(then, now, events).items():
        own = takewhile(lambda event: event.event != "merged", path)
        there |= {event.after: (old, path[-1].after) for event in own if event.after not in then}
        series, told = _series_of(path, then, policy)
        if series:
            found[old] = (path[-1].after, series, told)
    for event in events:
        # The county that the event leaves its code, under the code that it had in the earlier year.
        old, code = there.get(event.after, ("", ""))
        if not code or event.effective is None or earlier >= event.effective:
            continue
        if event.event == "merged" and policy(event) == "rebuild" and found.get(old, ("", "", event))[1] != "b":
            found[old] = (code, "rebuilt", event)
        elif event.event not in COUNTY_ONE_TO_ONE and policy(event) == "break":
            found[old] = (code, "b", event)
    parts = {
        now_code: {e.before for e in events if e.event == "merged" and e.after == now_code and _is_to_come(e, earlier)}
        for now_code, _, _ in found.values()
    }
    return _sound(found, then, {code for code, before in parts.items() if before - there.keys()})


def _followed(then: set[str], now: set[str], events: list[_Event]) -> dict[str, list[_Event]]:
    """The events that lead from each code that is gone to a code of today, as far as they lead to one."""
    leads = {e.before: e for e in events if e.before != e.after and e.event in (*COUNTY_ONE_TO_ONE, "merged")}
    found = {}
    for old in sorted(then - now):
        code, path = old, list[_Event]()
        while code not in now and code in leads and leads[code] not in path:
            path.append(leads[code])
            code = leads[code].after
        if path and code in now:
            found[old] = path
    return found


def _series_of(path: list[_Event], then: set[str], policy: Callable[[_Event], str]) -> tuple[str, _Event]:
    """What becomes of the series along the events, and the event that decides; "" where it ends without a break."""
    merged = [event for event in path if event.event == "merged"]
    if any(policy(event) == "break" for event in path):
        return "b", path[-1]
    if any(policy(event) == "continue" for event in merged):
        # The county that takes another in and keeps its code goes on; one made of several follows none of them.
        return ("" if path[-1].after in then else "b"), merged[-1]
    return ("rebuilt" if merged else "continued"), path[-1]


def successors(places: pl.DataFrame, events: pl.DataFrame, year: int) -> pl.DataFrame:
    """The county of `year` that each code of the year before became, where that code is gone, whatever the series.

    One row per source and code: `source`, `county_code`, `successor`.
    """
    all_events = _all_events(events)
    rows = []
    for (source,) in places.select("source").unique().sort("source").iter_rows():
        then, now = (
            set(places.filter(source=source, school_year=y)["county_code"].to_list()) for y in (year - 1, year)
        )
        followed = _followed(then, now, [e for e in all_events if e.source == source])
        rows += [(source, old, path[-1].after) for old, path in followed.items()]
    return pl.DataFrame(rows, schema=dict.fromkeys(("source", "county_code", "successor"), pl.String), orient="row")


def _is_to_come(event: _Event, earlier: int) -> bool:
    return event.effective is None or event.effective > earlier


def _sound(
    found: Mapping[str, tuple[str, str, _Event]], then: set[str], lacking: set[str]
) -> list[tuple[str, str, str, _Event]]:
    """The readings, broken where a merger is not whole in the earlier year or two codes would continue as one."""
    rows = []
    for old, (code, series, event) in sorted(found.items()):
        beside = [s for o, (c, s, _) in found.items() if c == code and o != old]
        if series == "continued" and code in then:
            continue  # the code of today was there already: it is its own series
        is_doubled = series == "continued" and "continued" in beside
        is_broken = is_doubled or "b" in beside or (series == "rebuilt" and code in lacking)
        rows.append((old, code, "b" if is_broken else series, event))
    return rows


def county_changes(places: pl.DataFrame, events: pl.DataFrame, year: int) -> pl.DataFrame:
    """The county codes gone and new since the school year before, and those that the list of counties does not have.

    `places` hold the counties with schools of both years. Only sources that report in both are compared. The list is
    held against the source whose codes are those of GB/T 2260, in the school years that it covers; a code that it
    does not have is said, and refused by nothing.
    """
    of_year = [
        places.filter(pl.col("school_year") == y).sort(PLACES).unique(["source", "county_code"], keep="first")
        for y in (year, year - 1)
    ]
    now, before = of_year
    key = ["source", "county_code"]
    gone = before.join(now, on="source", how="semi").join(now, on=key, how="anti").with_columns(change=pl.lit("gone"))
    new = now.join(before, on="source", how="semi").join(before, on=key, how="anti").with_columns(change=pl.lit("new"))
    told = [
        (e.source, change, code, e.event, other, e.document)
        for e in _all_events(events)
        for change, code, other in (("gone", e.before, e.after), ("new", e.after, e.before))
        if e.before != e.after
    ]
    names = ["source", "change", "county_code", "event", "other_code", "document"]
    known = pl.DataFrame(told, schema=dict.fromkeys(names, pl.String), orient="row").unique(
        names[:3], keep="first", maintain_order=True
    )
    strange = [
        code
        for (code,) in now.filter(pl.col("source") == LISTED_SOURCE).select("county_code").unique().iter_rows()
        if is_known_invalid(code, year)
    ]
    not_listed = now.filter((pl.col("source") == LISTED_SOURCE) & pl.col("county_code").is_in(strange))
    changed = pl.concat([gone, new]).join(
        known, on=["source", "change", "county_code"], how="left", validate="1:1", maintain_order="left"
    )
    changed = changed.with_columns(reason=pl.when(pl.col("event").is_null()).then(pl.lit("reason_missing")))
    marked = not_listed.with_columns(change=pl.lit("not_in_list"), reason=pl.lit("not_in_list"))
    rows = pl.concat([changed, marked], how="diagonal").with_columns(school_year=pl.lit(year, pl.Int32))
    return tidy(rows, COUNTY_CHANGES)


# -- earlier years on the boundaries of today -------------------------------------------------------------------------


_TODAY = ["standard", "source", "series_year", "county_code"]


def on_todays_codes(rows: pl.DataFrame, history: pl.DataFrame, *, keep_broken: bool = False) -> pl.DataFrame:
    """The rows with those of earlier years under the codes and names of today's counties.

    Rows of a broken series are left out, or with `keep_broken` stand under today's code too, so that they can be shown;
    not where several counties of then would stand in one place.
    """
    if history.is_empty():
        return rows
    led = history.select(
        "standard",
        "source",
        pl.col("series_year").alias("school_year"),
        pl.col("county_code_before").alias("county_code"),
        pl.col("county_code").alias("__code__"),
        pl.col("county_name").alias("__name__"),
        pl.col("province_code").alias("__province__"),
        pl.when(
            (pl.col("series") == "b")
            & (pl.col("county_code_before") != pl.col("county_code"))
            & (pl.len().over(_TODAY) > 1)
        )
        .then(pl.lit("several"))
        .otherwise("series")
        .alias("__series__"),
    )
    key = ["standard", "source", "school_year", "county_code"]
    named = rows.join(led, on=key, how="left", validate="m:1", maintain_order="left")
    left_out = ["several"] if keep_broken else ["several", "b"]
    named = named.filter(~pl.col("__series__").is_in(left_out).fill_null(value=False))
    return named.with_columns(
        pl.coalesce("__code__", "county_code").alias("county_code"),
        pl.coalesce("__name__", "county_name").alias("county_name"),
        pl.coalesce("__province__", "province_code").alias("province_code"),
    ).drop("__code__", "__name__", "__province__", "__series__")


def rebuilt_dispersion(
    units: pl.DataFrame,
    values: pl.DataFrame,
    dispersion: pl.DataFrame,
    history: pl.DataFrame,
    standard: Standard,
    *,
    keep_broken: bool = False,
) -> pl.DataFrame:
    """The dispersion of a standard, with that of earlier years on the boundaries of today.

    What a merger made of several counties is computed anew from their units, as if they had been one; the rest stands
    under today's codes.
    """
    led = on_todays_codes(dispersion, history, keep_broken=keep_broken)
    anew = _anew((units, values), history, standard)
    if anew is None:
        return led
    return pl.concat([_others(led, history, standard), county_dispersion(anew[0], anew[1], standard)])


def rebuilt_verdicts(
    school_verdicts: pl.DataFrame,
    dispersion: pl.DataFrame,
    verdicts: pl.DataFrame,
    history: pl.DataFrame,
    standard: Standard,
    *,
    keep_broken: bool = False,
) -> pl.DataFrame:
    """The verdicts on the resource part, with those of earlier years on the boundaries of today.

    `dispersion` is that of `rebuilt_dispersion`.
    """
    led = on_todays_codes(verdicts, history, keep_broken=keep_broken)
    anew = _anew((school_verdicts,), history, standard)
    if anew is None:
        return led
    spread = dispersion.join(_places(history, standard), on=_PLACE, how="semi", maintain_order="left")
    return pl.concat([_others(led, history, standard), resource_verdicts(spread, anew[0], standard)])


_PLACE = ["source", "school_year", "county_code"]


def _places(history: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    """The earlier years and counties of today that are computed anew."""
    anew = history.filter((pl.col("standard") == standard.id) & (pl.col("series") == "rebuilt"))
    return anew.select("source", pl.col("series_year").alias("school_year"), "county_code").unique(maintain_order=True)


def _anew(tables: Iterable[pl.DataFrame], history: pl.DataFrame, standard: Standard) -> list[pl.DataFrame] | None:
    """The standard's rows of what is computed anew, under today's codes; None where nothing is."""
    places = _places(history, standard)
    if places.is_empty():
        return None
    return [
        on_todays_codes(frame.filter(pl.col("standard") == standard.id), history).join(
            places, on=_PLACE, how="semi", maintain_order="left"
        )
        for frame in tables
    ]


def _others(rows: pl.DataFrame, history: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    return rows.join(_places(history, standard), on=_PLACE, how="anti", maintain_order="left")


def series_marks(history: pl.DataFrame, years: Iterable[int]) -> pl.DataFrame:
    """For each standard, source and county of today the mark of its series over the given earlier years.

    `b` where one of them is broken, else `rebuilt` where one is, else `continued`.
    """
    order = pl.Enum(["continued", "rebuilt", "b"])
    return (
        history.filter(pl.col("series_year").is_in(list(years)))
        .group_by("standard", "source", "county_code", maintain_order=True)
        .agg(pl.col("series").cast(order).max().cast(pl.String).alias("series_mark"))
    )
