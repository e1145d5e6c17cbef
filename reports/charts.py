"""The geometry of the small charts: trend, bullet, strip. Numbers become places; no figure is rounded for reading here.

The strip is drawn in percent of its width and pixels of its height, so that its text keeps its size on a phone.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import NamedTuple

from reports.model import Bullet, Dot, Lane, Point, Rule, Strip, Trend

TREND_WIDTH, TREND_HEIGHT = 112, 34
BULLET_WIDTH = 120
_EDGE = 4.0
_STRIP_LEFT, _STRIP_RIGHT = 9.0, 97.0
_LANE_HEIGHT, _ONE_LANE_HEIGHT = 50, 120
_STRIP_TOP = 40
_MOST_RADIUS, _LEAST_RADIUS = 10.0, 2.5
_DODGE = 6.0
_LEAST_YEARS = 2
_MIDDLE = 50.0
_TICKS = 6


def trend(
    years: Sequence[int],
    cvs: Sequence[float | None],
    limit: float | None,
    *,
    status: str,
    label: str,
    breaks: Collection[int] = (),
) -> Trend | None:
    """The line of a CV over school years (ascending); None where fewer than two years have a figure.

    `breaks` are the school years that do not continue the one before.
    """
    known = [cv for cv in cvs if cv is not None]
    if len(known) < _LEAST_YEARS:
        return None
    bounds = [*known, limit] if limit is not None else known
    low, high = min(bounds), max(bounds)
    span, steps = high - low, max(years[-1] - years[0], 1)

    def place(year: int, cv: float) -> tuple[str, str]:
        x = _EDGE + (TREND_WIDTH - 2 * _EDGE) * (year - years[0]) / steps
        return f"{x:.1f}", _height(cv, low, span)

    runs: list[list[tuple[str, str]]] = [[]]
    before: int | None = None
    for year, cv in zip(years, cvs, strict=True):
        if cv is not None:
            if before is not None and (year - before > 1 or year in breaks):
                runs.append([])
            runs[-1].append(place(year, cv))
            before = year
    last = next(place(year, cv) for year, cv in reversed(list(zip(years, cvs, strict=True))) if cv is not None)
    return Trend(
        label=label,
        width=TREND_WIDTH,
        height=TREND_HEIGHT,
        limit_y="" if limit is None else _height(limit, low, span),
        lines=tuple(" ".join(f"{x},{y}" for x, y in run) for run in runs if len(run) > 1),
        lone=tuple(Point(x=run[0][0], y=run[0][1]) for run in runs if len(run) == 1),
        last=Point(x=last[0], y=last[1]),
        last_status=status,
    )


def _height(cv: float, low: float, span: float) -> str:
    share = (cv - low) / span if span > 0 else 0.5
    return f"{TREND_HEIGHT - _EDGE - (TREND_HEIGHT - 2 * _EDGE) * share:.1f}"


def bullet(cv: float | None, limit: float | None, status: str) -> Bullet | None:
    """A CV's bar against its limit; None where either is missing."""
    if cv is None or limit is None:
        return None
    most = max(limit * 1.4, cv * 1.05)
    return Bullet(
        width=BULLET_WIDTH,
        filled=f"{BULLET_WIDTH * cv / most:.1f}",
        tick=f"{BULLET_WIDTH * limit / most:.1f}",
        status=status,
    )


class Site(NamedTuple):
    """A school in the strip: value of the indicator, pupils, area code and lane."""

    name: str
    value: float
    pupils: int
    area: str
    lane: str


class Mark(NamedTuple):
    """A line to draw in the strip."""

    value: float
    label: str
    kind: str


def strip(
    sites: Sequence[Site],
    marks: Sequence[Mark],
    lanes: Sequence[str],
    *,
    named: str,
    message: str,
    subtitle: str,
    description: str,
) -> Strip:
    """Schools as circles along an indicator from 0, one lane per area; the school `named` bears its name."""
    step, most = _scale(max([site.value for site in sites] + [mark.value for mark in marks], default=1.0))
    lane_height = _LANE_HEIGHT if len(lanes) > 1 else _ONE_LANE_HEIGHT
    bottom = _STRIP_TOP + lane_height * len(lanes)
    most_pupils = max((site.pupils for site in sites), default=1) or 1
    middle = {lane: _STRIP_TOP + lane_height * (i + 0.5) for i, lane in enumerate(lanes)}
    half = lane_height / 2 - _DODGE
    fullness: dict[tuple[str, int], int] = {}
    dots: list[Dot] = []
    names: list[Rule] = []
    for site in sorted(sites, key=lambda site: (-site.pupils, site.name, site.value)):
        x = _across(site.value, most)
        radius = max(_LEAST_RADIUS, _MOST_RADIUS * math.sqrt(site.pupils / most_pupils))
        nth = fullness[site.lane, int(x)] = fullness.get((site.lane, int(x)), -1) + 1
        y = middle[site.lane] + _dodge(nth, half)
        dots.append(Dot(x=f"{x:.2f}%", y=f"{y:.1f}", radius=f"{radius:.1f}", area=site.area, name=site.name))
        if site.name == named and not names:
            is_left = x > _MIDDLE
            names.append(
                Rule(
                    x=f"{x:.2f}%",
                    y=f"{y + 4:.1f}",
                    label=site.name,
                    anchor="end" if is_left else "start",
                    shift=f"{-radius - 4:.1f}" if is_left else f"{radius + 4:.1f}",
                    kind="name",
                )
            )
    return Strip(
        message=message,
        subtitle=subtitle,
        description=description,
        height=bottom + 22,
        bottom=str(bottom),
        left=f"{_STRIP_LEFT:.0f}%",
        right=f"{_STRIP_RIGHT:.0f}%",
        dots=tuple(dots),
        rules=tuple(_line(mark, most, row) for row, mark in enumerate(marks)),
        lanes=tuple(Lane(y=f"{middle[lane] + 4:.1f}", label=lane) for lane in lanes if lane),
        ticks=tuple(
            Rule(
                x=f"{_across(i * step, most):.2f}%",
                y=str(bottom + 16),
                label=_tick_label(i * step, step),
                anchor="middle",
                shift="0",
                kind="tick",
            )
            for i in range(round(most / step) + 1)
        ),
        names=tuple(names),
    )


def _across(value: float, most: float) -> float:
    return _STRIP_LEFT + (_STRIP_RIGHT - _STRIP_LEFT) * value / most


def _dodge(nth: int, half: float) -> float:
    """Offsets 0, +1, −1, +2, −2 … steps from the lane's middle, beginning again where the lane is full."""
    steps = max(int(half / _DODGE), 1)
    turn = nth % (2 * steps + 1)
    distance = (turn + 1) // 2 * _DODGE
    return distance if turn % 2 else -distance


def _line(mark: Mark, most: float, row: int) -> Rule:
    x = _across(mark.value, most)
    is_left = x > (25 if mark.kind == "floor" else 60)
    return Rule(
        x=f"{x:.2f}%",
        y=str(14 + 16 * row),
        label=mark.label,
        anchor="end" if is_left else "start",
        shift="-5" if is_left else "5",
        kind=mark.kind,  # type: ignore[arg-type]
    )


def _scale(largest: float) -> tuple[float, float]:
    """A round step (1, 2 or 5 times a power of ten) and the end of an axis from 0 that holds the largest value."""
    if largest <= 0:
        return 1.0, 1.0
    step = round_step(largest / _TICKS)
    return step, step * math.ceil(largest / step)


def round_step(rough: float, slack: float = 0.0) -> float:
    """The smallest 1, 2 or 5 times a power of ten that is not below a positive number, but for a share of it."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * (1 - slack))


def step_places(step: float) -> int:
    """The decimals that a round step has."""
    return max(0, -math.floor(math.log10(step) + 1e-9))


def _tick_label(value: float, step: float) -> str:
    return f"{value:,.{step_places(step)}f}"
