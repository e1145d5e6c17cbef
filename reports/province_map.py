"""Level against difference: each county of a stage a dot, its mean level across, its difference coefficient up."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal, NamedTuple

from reports import charts, display, sentences
from reports.attention import label_of
from reports.captions import Captions
from reports.language import gettext as _
from reports.language import together
from reports.model import Course, MapDot, MapLabel, MapTick, ProvinceMap
from reports.province_tables import Cell, ProvinceTables
from reports.standing import province_means
from reports.year import Row
from standards.standard import Standard, in_force

WIDTH, HEIGHT = 860, 430
_TOP, _BOTTOM = 34, 380
_LEFT, _RIGHT = 11.0, 96.0
_PHONE = 340
_TICKS = 6
_ROOM = 0.06
_LETTER, _LINE = 12.5, 15.0
_GAP = 9.0
_MOST_TRAILS = 40
_LEAST = 2

Shape = Literal["over", "within", "open"]


class Place(NamedTuple):
    """Where a county stands in a year: mean level against the yardstick, and CV; either may be unknown."""

    level: float | None
    cv: float | None


class Stand(NamedTuple):
    """A county on the map: this year's place, those of the two years before (oldest first), and what decides its CV."""

    code: str
    name: str
    now: Place
    before: tuple[Place, Place]
    shape: Shape
    status: str
    indicator: str


class Drawn(NamedTuple):
    """A dot in pixels of a chart of some width."""

    x: float
    y: float


def maps(area: ProvinceTables, captions: Captions) -> tuple[ProvinceMap, ...]:
    """A map for each stage of each leading standard in which at least two counties have both figures."""
    made = (_map(area, standard, stage, captions) for standard in area.leading for stage in standard.scope.stages)
    return tuple(found for found in made if found is not None)


def yardsticks(area: ProvinceTables, standard: Standard, stage: str) -> tuple[dict[str, float], bool]:
    """What each indicator's county mean is divided by, and whether it is the norm.

    The norm where every indicator of the standard has one for all schools; else the province's own mean. Indicators
    that are no quantity, or of which the province has nothing, are not in.
    """
    quantities = [indicator for indicator in standard.indicators if indicator.is_quantity]
    norms = {
        indicator.id: in_force(
            tuple(norm for norm in indicator.norms if not (norm.school_types or norm.areas)), area.year, stage
        )
        for indicator in quantities
    }
    known = {name: float(norm) for name, norm in norms.items() if norm}
    if known and len(known) == len(quantities):
        return known, True
    means = province_means(area.all, area.source, area.province)
    found = {indicator.id: means.get((standard.id, stage, indicator.id)) for indicator in quantities}
    return {name: mean for name, mean in found.items() if mean}, False


def level(
    cells: Mapping[Cell, Row], code: str, standard: Standard, stage: str, measures: Mapping[str, float]
) -> float | None:
    """The mean over the indicators of county mean / yardstick, inverted where less is better.

    Null unless the county has a mean of every indicator with a yardstick.
    """
    ratios = []
    for name, measure in measures.items():
        row = cells.get((code, standard.id, stage, name))
        if row is None or not row["mean"]:
            return None
        is_less_better = standard.indicator(name).must_be == "at_most"
        ratios.append(measure / row["mean"] if is_less_better else row["mean"] / measure)
    return sum(ratios) / len(ratios) if ratios else None


def decisive(cells: Mapping[Cell, Row], code: str, standard: Standard, stage: str) -> Row | None:
    """The row whose CV is shown: the composite, or the widest indicator where each one is limited."""
    if standard.dispersion.rule != "each":
        return cells.get((code, standard.id, stage, "composite"))
    rows = [
        row
        for indicator in standard.indicators
        if (row := cells.get((code, standard.id, stage, indicator.id))) is not None and row["cv"] is not None
    ]
    return max(rows, key=lambda row: row["cv"], default=None)


def _map(area: ProvinceTables, standard: Standard, stage: str, captions: Captions) -> ProvinceMap | None:
    measures, is_norm = yardsticks(area, standard, stage)
    stands = _stands(area, standard, stage, measures)
    shown = [stand for stand in stands if stand.now.level is not None and stand.now.cv is not None]
    if len(shown) < _LEAST:
        return None
    limit = next(
        (
            row["limit"]
            for stand in stands
            if (row := decisive(area.cells, stand.code, standard, stage)) is not None and row["limit"] is not None
        ),
        None,
    )
    trailed = _trailed(shown)
    label = display.stage(stage)
    measure = _("标准值") if is_norm else _("全省平均")
    cv_name = _("综合差异系数") if standard.dispersion.rule != "each" else _("最大的一项差异系数")
    message = _message(shown, label, cv_name, measure, limit)
    anchor = f"map-{area.source}-{area.province}-{standard.id}-{stage}"
    subtitle = captions.next_figure(
        _(
            "{year}{province}各县{stage}：横轴为各项平均值与{measure}之比的平均，纵轴为{cv}；{standard}；灰线为前两年"
        ).format(
            year=display.school_year(area.year),
            province=area.name,
            stage=label,
            measure=measure,
            cv=cv_name,
            standard=sentences.short_title(standard),
        )
    )
    if len(trailed) < len(shown):
        subtitle += _("，只画 {count} 个超限或数据不全的县").format(count=display.count(len(trailed)))
    return ProvinceMap(
        anchor=anchor,
        message=message,
        subtitle=subtitle,
        description=_description(shown, cv_name, measure, limit),
        note=_(
            "▲ 差异系数超限；● 在限值以内或不设限值；○ 数据不全，无法判定。灰线由前两年连到本年。"
            "水平是各项之比的平均，高于 1 时个别指标仍可能低于 1。"
        ),
        x_title=_("平均水平（{measure} = 1）→ 高").format(measure=measure),
        y_title=_("↑ {cv}").format(cv=cv_name),
        level_label=measure,
        limit_label=limit_words(limit, standard),
        table=_table(area, standard, stage, stands, captions, measure, cv_name),
        **geometry(shown, trailed, limit, 1.0),
    )


def limit_words(limit: float | None, standard: Standard) -> str:
    """The limit's name on its line; empty where there is none."""
    if limit is None:
        return ""
    return _("限值 {limit}（{standard}）").format(limit=display.bound(limit), standard=sentences.short_title(standard))


def geometry(
    shown: Sequence[Stand], trailed: Sequence[Stand], limit: float | None, yardstick: float | None, first: str = ""
) -> dict[str, Any]:
    """Where everything stands on a plane that shows these counties, which all have both figures.

    `yardstick` is the level at which an upright line stands; the county with the code `first` is named before others.
    """
    axes = _Axes(shown, trailed, limit, yardstick)
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "left": f"{_LEFT:.0f}%",
        "right": f"{_RIGHT:.0f}%",
        "top": str(_TOP),
        "bottom": str(_BOTTOM),
        "x_ticks": axes.x_ticks(),
        "y_ticks": axes.y_ticks(),
        "level_x": "" if yardstick is None else axes.across(yardstick),
        "limit_y": "" if limit is None else axes.up(limit),
        "dots": tuple(
            MapDot(
                x=axes.across(stand.now.level or 0.0),
                y=axes.up(stand.now.cv or 0.0),
                shape=stand.shape,
                name=stand.name,
                trail=axes.trail(stand) if stand in trailed else (),
            )
            for stand in sorted(shown, key=lambda stand: (stand.shape == "over", stand.code))
        ),
        "labels": _labels(shown, axes, limit, first),
    }


def _stands(area: ProvinceTables, standard: Standard, stage: str, measures: Mapping[str, float]) -> list[Stand]:
    """The counties that have the stage, by code."""
    years = [area.cells_of(area.year - back) for back in (2, 1)]
    found = []
    for code, name in area.names.items():
        row = decisive(area.cells, code, standard, stage)
        verdict = area.verdicts.get((code, standard.id, stage))
        if row is None or verdict is None:
            continue
        status = verdict["dispersion"]
        shape: Shape = "over" if status == "not_met" else "open" if status == "undetermined" else "within"
        places = [
            Place(level(cells, code, standard, stage, measures), None if then is None else then["cv"])
            for cells in years
            for then in [decisive(cells, code, standard, stage)]
        ]
        found.append(
            Stand(
                code=code,
                name=name,
                now=Place(level(area.cells, code, standard, stage, measures), row["cv"]),
                before=(places[0], places[1]),
                shape=shape,
                status=status,
                indicator=row["indicator"],
            )
        )
    return found


def _trailed(shown: Sequence[Stand]) -> list[Stand]:
    """The counties whose earlier years are drawn: all, or where they are many those that are not within the limit."""
    if len(shown) <= _MOST_TRAILS:
        return list(shown)
    return [stand for stand in shown if stand.shape != "within"][:_MOST_TRAILS]


def _message(shown: Sequence[Stand], stage: str, cv_name: str, measure: str, limit: float | None) -> str:
    """The finding: how many counties are over the limit, how many below the yardstick, how many both."""
    if limit is None:
        widest = max(shown, key=lambda stand: (stand.now.cv, stand.code))
        least = min(shown, key=lambda stand: (stand.now.cv, stand.code))
        return _("{stage}{cv}：{widest}最大（{high}），{least}最小（{low}）").format(
            stage=stage,
            cv=cv_name,
            widest=widest.name,
            high=display.coefficient(widest.now.cv),
            least=least.name,
            low=display.coefficient(least.now.cv),
        )
    over = [stand for stand in shown if stand.shape == "over"]
    low = [stand for stand in shown if stand.now.level is not None and stand.now.level < 1]
    both = [stand for stand in over if stand in low]
    return _(
        "{total} 个县级单位中，{stage}差异超限 {over} 个，平均水平低于{measure} {low} 个，两者兼有 {both} 个"
    ).format(
        total=display.count(len(shown)),
        stage=stage,
        over=display.count(len(over)),
        measure=measure,
        low=display.count(len(low)),
        both=display.count(len(both)),
    )


def _description(shown: Sequence[Stand], cv_name: str, measure: str, limit: float | None) -> str:
    levels = [stand.now.level for stand in shown if stand.now.level is not None]
    cvs = [stand.now.cv for stand in shown if stand.now.cv is not None]
    text = _("{count} 个县级单位，平均水平为{measure}的 {low} 至 {high} 倍，{cv} {least} 至 {most}。").format(
        count=display.count(len(shown)),
        measure=measure,
        low=display.number(min(levels), 2),
        high=display.number(max(levels), 2),
        cv=cv_name,
        least=display.coefficient(min(cvs)),
        most=display.coefficient(max(cvs)),
    )
    rule = "" if limit is None else _("横线为限值 {limit}。").format(limit=display.bound(limit))
    return together([text, rule])


class _Axes:
    """The scales: level from a little below the lowest to a little above the highest, CV from 0."""

    def __init__(
        self, shown: Sequence[Stand], trailed: Sequence[Stand], limit: float | None, yardstick: float | None
    ) -> None:
        places = [stand.now for stand in shown] + [place for stand in trailed for place in stand.before]
        levels = [place.level for place in places if place.level is not None]
        levels += [] if yardstick is None else [yardstick]
        cvs = [place.cv for place in places if place.cv is not None]
        step = round_step((max(levels) - min(levels)) or 0.1)
        self.low = max(0, math.floor((min(levels) - step * _ROOM) / step)) * step
        self.high = math.ceil((max(levels) + step * _ROOM) / step) * step
        self.step = step
        most = max([*cvs, 0.0 if limit is None else limit]) or 1.0
        self.rise = round_step(most)
        self.most = math.ceil(most * (1 + _ROOM) / self.rise) * self.rise

    def x(self, level: float) -> float:
        """Percent of the chart's width."""
        return _LEFT + (_RIGHT - _LEFT) * (level - self.low) / (self.high - self.low)

    def y(self, cv: float) -> float:
        """Pixels from the chart's top."""
        return _BOTTOM - (_BOTTOM - _TOP) * cv / self.most

    def across(self, level: float) -> str:
        """A level's place as it is drawn."""
        return f"{self.x(level):.2f}%"

    def up(self, cv: float) -> str:
        """A CV's place as it is drawn."""
        return f"{self.y(cv):.1f}"

    def x_ticks(self) -> tuple[MapTick, ...]:
        """The ticks of the level."""
        count = round((self.high - self.low) / self.step)
        return tuple(
            MapTick(at=self.across(self.low + i * self.step), label=_tick(self.low + i * self.step, self.step))
            for i in range(count + 1)
        )

    def y_ticks(self) -> tuple[MapTick, ...]:
        """The ticks of the CV, from 0."""
        return tuple(
            MapTick(at=self.up(i * self.rise), label=_tick(i * self.rise, self.rise))
            for i in range(round(self.most / self.rise) + 1)
        )

    def trail(self, stand: Stand) -> tuple[tuple[str, str, str, str], ...]:
        """The lines from year to year up to this one; a year without both figures breaks the trail."""
        way = [*stand.before, stand.now]
        lines = []
        for start, end in pairwise(way):
            if None not in (*start, *end):
                lines.append(
                    (
                        self.across(start.level or 0.0),
                        self.up(start.cv or 0.0),
                        self.across(end.level or 0.0),
                        self.up(end.cv or 0.0),
                    )
                )
        return tuple(lines)


def round_step(span: float) -> float:
    """A round step (1, 2 or 5 times a power of ten) of which the span holds at most six."""
    return charts.round_step(span / _TICKS)


def _tick(value: float, step: float) -> str:
    return f"{value:.{charts.step_places(step)}f}"


def _labels(shown: Sequence[Stand], axes: _Axes, limit: float | None, first: str) -> tuple[MapLabel, ...]:
    """The counties' names where there is room: first for a phone, then what else a wide page has room for.

    Counties over the limit come first, then the extremes, then the rest by code. A name never hides a dot or another
    name; the table holds them all.
    """
    order = sorted(
        shown,
        key=lambda stand: (
            stand.code != first,
            stand.shape == "within",
            -(stand.now.cv or 0.0) if stand.shape != "within" else stand.now.level or 0.0,
            stand.code,
        ),
    )
    lines = [] if limit is None else [axes.y(limit)]
    placed: dict[str, tuple[str, bool]] = {}
    for width in (_PHONE, WIDTH):
        taken = [_dot_box(axes, stand, width) for stand in shown]
        taken += [(0.0, y - 1, float(width), y + 1) for y in lines]
        taken += [_name_box(axes, stand, width, placed[stand.code][0]) for stand in order if stand.code in placed]
        for stand in order:
            if stand.code in placed:
                continue
            for side in ("start", "end"):
                box = _name_box(axes, stand, width, side)
                own = _dot_box(axes, stand, width)
                is_inside = box[0] >= 0 and box[2] <= width
                if is_inside and not any(_meet(box, other) for other in taken if other != own):
                    placed[stand.code] = (side, width == WIDTH)
                    taken.append(box)
                    break
    return tuple(
        MapLabel(
            x=axes.across(stand.now.level or 0.0),
            y=f"{axes.y(stand.now.cv or 0.0) + 4:.1f}",
            shift=f"{_GAP:.0f}" if placed[stand.code][0] == "start" else f"-{_GAP:.0f}",
            anchor="start" if placed[stand.code][0] == "start" else "end",
            text=stand.name,
            is_wide=placed[stand.code][1],
        )
        for stand in sorted(shown, key=lambda stand: stand.code)
        if stand.code in placed
    )


_Box = tuple[float, float, float, float]


def _drawn(axes: _Axes, stand: Stand, width: int) -> Drawn:
    return Drawn(axes.x(stand.now.level or 0.0) / 100 * width, axes.y(stand.now.cv or 0.0))


def _dot_box(axes: _Axes, stand: Stand, width: int) -> _Box:
    x, y = _drawn(axes, stand, width)
    return x - 6, y - 6, x + 6, y + 6


def _name_box(axes: _Axes, stand: Stand, width: int, side: str) -> _Box:
    x, y = _drawn(axes, stand, width)
    length = _LETTER * len(stand.name)
    start = x + _GAP if side == "start" else x - _GAP - length
    return start, y - _LINE / 2, start + length, y + _LINE / 2


def _meet(one: _Box, other: _Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _table(
    area: ProvinceTables,
    standard: Standard,
    stage: str,
    stands: Sequence[Stand],
    captions: Captions,
    measure: str,
    cv_name: str,
) -> Course:
    """The map's figures, the largest CV first."""
    rows = []
    for stand in sorted(stands, key=lambda stand: (-(stand.now.cv if stand.now.cv is not None else -1), stand.code)):
        way = [*stand.before, stand.now]
        row = area.cells[stand.code, standard.id, stage, stand.indicator]
        cells = [
            stand.name,
            *(display.number(place.level, 2) for place in way),
            *(display.coefficient(place.cv, absent=display.NOT_REPORTED) for place in way[:-1]),
            sentences.decisive_cv(row)
            if row["cv"] is not None
            else display.absence(row["reason"], display.NOT_REPORTED),
        ]
        if standard.dispersion.rule == "each":
            cells.append(label_of(standard, stand.indicator))
        if standard.dispersion.rule != "none":
            cells.append(f"{display.status_symbol(stand.status)} {display.status_word(stand.status)}")
        rows.append(tuple(cells))
    years = [str(area.year - back) for back in (2, 1, 0)]
    columns = [
        (_("县"), False),
        *((_("水平 {year}").format(year=year), True) for year in years),
        *((_("差异系数 {year}").format(year=year), True) for year in years),
    ]
    if standard.dispersion.rule == "each":
        columns.append((_("差异最大的指标"), False))
    if standard.dispersion.rule != "none":
        columns.append((_("差异系数结论"), False))
    return Course(
        anchor="",
        title="",
        sentences=(),
        caption=captions.next(
            _("{province}各县{stage}的平均水平与差异（{standard}）").format(
                province=area.name, stage=display.stage(stage), standard=sentences.short_title(standard)
            )
        ),
        caption_note=_("{first}–{last} 学年；水平以本学年{measure}为 1；差异系数为{cv}，无单位").format(
            first=area.year - 2, last=area.year, measure=measure, cv=cv_name
        ),
        columns=tuple(label for label, _is_number in columns),
        numbers=tuple(is_number for _label, is_number in columns),
        rows=tuple(rows),
        notes=(),
    )
