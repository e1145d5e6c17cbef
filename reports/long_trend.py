"""The long trend of a stage: the CV that matters most over all school years, its limit, and breaks in the series."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Mapping, Sequence

from reports import charts, display, sentences
from reports.captions import Captions
from reports.language import gettext as _
from reports.language import together
from reports.model import Label, LongTrend, Point, Segment
from reports.year import CountyTables
from standards.standard import Standard, in_force

_LEFT, _RIGHT = 7.0, 96.0
_TOP, _BOTTOM, _HEIGHT = 26.0, 176.0, 200
_LEAST_YEARS = 3
_GRID = 4
_SLACK = 1e-9
_MOST_TICKS = 8
_SAME = 1e-12


def long_trend(
    county: CountyTables, standard: Standard, stage: str, captions: Captions, breaks: Collection[int] = ()
) -> LongTrend | None:
    """The composite where it is what is limited, else the indicator that matters most; None under three years.

    `breaks` are the school years that do not continue the one before.
    """
    name = "composite" if standard.dispersion.rule == "mean" else county.important.get((standard.id, stage))
    if name is None:
        return None
    history = county.history.get((standard.id, stage, name), {})
    known = {year: cv for year, cv in sorted(history.items()) if cv is not None}
    if len(known) < _LEAST_YEARS:
        return None
    is_composite = name == "composite"
    years = sorted(history)
    limits = {
        year: float(limit)
        for year in range(years[0], years[-1] + 1)
        if (limit := in_force(standard.dispersion.limits, year, stage)) is not None
        and (is_composite or standard.dispersion.rule == "each")
    }
    label = _("综合差异系数") if is_composite else sentences.indicator_label(standard, name)
    breaks = [year for year in breaks if years[0] < year <= years[-1]]
    return _drawn(
        f"trend-{standard.id}-{stage}",
        known,
        limits,
        breaks,
        (years[0], years[-1]),
        message=message(
            _("{stage}{label}").format(stage=display.stage(stage), label=label)
            if is_composite
            else _("{stage}{label}的差异系数").format(stage=display.stage(stage), label=label),
            known,
            limits,
            breaks,
        ),
        subtitle=captions.next_figure(
            _("{county}{stage}{label}，{first}–{last} 学年；差异系数，无单位").format(
                county=county.name,
                stage=display.stage(stage),
                label=label,
                first=years[0],
                last=years[-1],
            )
        ),
    )


def message(what: str, known: Mapping[int, float], limits: Mapping[int, float], breaks: Sequence[int]) -> str:
    """What the line shows, from its first year to its last: the way it went, and how often it was over the limit."""
    first, last = min(known), max(known)
    words = {
        "what": what,
        "first": first,
        "last": last,
        "before": display.coefficient(known[first]),
        "now": display.coefficient(known[last]),
    }
    if breaks:
        text = _("{what}：{first} 学年 {before}，{last} 学年 {now}").format(**words)
        text += _("；{years} 学年起口径改变，前后不可比").format(years=display.listed([str(year) for year in breaks]))
    elif words["before"] == words["now"]:
        text = _("{what} {first} 学年和 {last} 学年都是 {now}").format(**words)
    elif known[last] < known[first]:
        text = _("{what}从 {first} 学年的 {before} 降到 {last} 学年的 {now}").format(**words)
    else:
        text = _("{what}从 {first} 学年的 {before} 升到 {last} 学年的 {now}").format(**words)
    held = [year for year in known if year in limits]
    if not held:
        return text
    over = [year for year in held if known[year] > limits[year] + _SAME]
    if not over:
        return text + _("，{count} 个学年都在限值以内").format(count=len(held))
    if len(over) == len(held):
        return text + _("，{count} 个学年都超过限值").format(count=len(held))
    return text + _("，{count} 个学年中 {over} 个超过限值").format(count=len(held), over=len(over))


def _drawn(
    anchor: str,
    known: Mapping[int, float],
    limits: Mapping[int, float],
    breaks: Collection[int],
    span: tuple[int, int],
    *,
    message: str,
    subtitle: str,
) -> LongTrend:
    first, last = span
    largest = max([*known.values(), *limits.values()])
    step = _step(largest)
    most = step * max(1, math.ceil(largest / step - 1e-9))

    def x(year: float) -> float:
        return _LEFT + (_RIGHT - _LEFT) * (year - first) / max(last - first, 1)

    def y(cv: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * cv / most

    def segment(year: float, to: float, cv: float, cv_to: float) -> Segment:
        return Segment(x1=f"{x(year):.2f}%", x2=f"{x(to):.2f}%", y1=f"{y(cv):.1f}", y2=f"{y(cv_to):.1f}")

    years = sorted(known)
    ends = {years[0], years[-1]}
    every = math.ceil((last - first + 1) / _MOST_TICKS)
    limited = max(limits, default=None)
    return LongTrend(
        anchor=anchor,
        message=message,
        subtitle=subtitle,
        description=together(
            [
                _("折线是差异系数，共 {count} 个学年；数据见本学段的逐年差异系数表。").format(count=len(years)),
                _("虚线是限值 {limit}。").format(limit=display.bound(limits[limited])) if limited is not None else "",
            ]
        ),
        height=_HEIGHT,
        bottom=f"{_BOTTOM:.0f}",
        left=f"{_LEFT:.0f}%",
        right=f"{_RIGHT:.0f}%",
        lines=tuple(
            segment(before, year, known[before], known[year])
            for before, year in itertools.pairwise(years)
            if year - before == 1 and year not in breaks
        ),
        dots=tuple(Point(x=f"{x(year):.2f}%", y=f"{y(known[year]):.1f}") for year in years),
        limits=tuple(
            segment(year - 0.5 if year > first else year, year + 0.5 if year < last else year, limit, limit)
            for year, limit in limits.items()
        ),
        limit_label=None
        if limited is None
        else Label(
            x=f"{_LEFT:.2f}%",
            y=f"{y(limits[limited]) - 6:.1f}",
            text=_("限值 {limit}").format(limit=display.bound(limits[limited])),
            anchor="start",
        ),
        breaks=tuple(
            Label(x=f"{x(year - 0.5):.2f}%", y=f"{_TOP - 8:.0f}", text=_("口径改变"), anchor="middle")
            for year in sorted(breaks)
        ),
        values=tuple(
            Label(
                x=f"{x(year):.2f}%",
                y=f"{y(known[year]) - 9:.1f}",
                text=display.coefficient(known[year]),
                anchor="start" if year == years[0] else "end",
            )
            for year in years
            if year in ends
        ),
        ticks=tuple(
            Label(x=f"{x(year):.2f}%", y=f"{_BOTTOM + 18:.0f}", text=str(year), anchor="middle")
            for year in range(first, last + 1)
            if (last - year) % every == 0
        ),
        grid=tuple(
            Label(
                x="0", y=f"{y(step * i):.1f}", text=display.number(step * i, charts.step_places(step)), anchor="start"
            )
            for i in range(round(most / step) + 1)
        ),
    )


def _step(largest: float) -> float:
    """The step of an axis from 0; 1 where all is 0."""
    return charts.round_step(largest / _GRID, _SLACK) if largest > 0 else 1.0
