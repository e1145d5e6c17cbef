"""Compared with whom: the counties of nearest structure, with level, balance and their trails over three years."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reports import display, sentences
from reports.captions import Captions
from reports.language import bracketed, marked, serial, together
from reports.language import gettext as _
from reports.model import Course, Plane
from reports.province_map import Place, Shape, Stand, geometry, limit_words
from reports.why.focus import Cell, rows_of
from reports.year import CountyTables, Row, YearTables, records
from standards.standard import in_force

_SENTENCE_NAMES = 3
_ENDINGS = ("_two_years_before", "_year_before", "")
_AT = ("source", "county_code", "standard", "stage", "indicator")
_OVER_YEARS = tuple(f"{name}{ending}" for name in ("mean", "cv") for ending in _ENDINGS)
_Trail = tuple[Any, ...]
"""The unit, the means and the coefficients of three years, the oldest first, then this year's limit and status."""
_Trails = Mapping[tuple[str, ...], _Trail]
_MEAN, _CV, _LIMIT, _STATUS = 3, 6, 7, 8
"""Where this year's mean, coefficient, limit and status stand in a trail."""
_SHAPES: Mapping[str, Shape] = {"not_met": "over", "undetermined": "open"}
_LEAST = 2


def peers(county: CountyTables, cells: Sequence[Cell], captions: Captions) -> Course | None:
    """The county and its peers: structure, then mean and coefficient of each cell over three years."""
    nearest = rows_of(county, "peers")
    structures = _structures(county.all)
    own = structures.get(county.key)
    if not nearest or own is None:
        return None
    trails = _trails(county.all)
    places = [(county.key, None), *(((county.source, row["peer_code"]), row) for row in nearest)]
    said = [
        _("规模与结构最接近的县：{names}。").format(
            names=display.listed([row["peer_name"] for row in nearest], _SENTENCE_NAMES)
        ),
        *(_cell_sentence(county, cell, nearest, trails) for cell in cells),
    ]
    drawn = (_plane(county, cell, nearest, trails, captions) for cell in cells)
    return Course(
        is_wide=True,
        planes=tuple(plane for plane in drawn if plane is not None),
        anchor="why-peers",
        title=_("与可比的县相比"),
        sentences=(together(said),),
        caption=captions.next(_("{county}与结构最接近的县").format(county=county.name)),
        caption_note=_("{year}及前两学年；不是官方结果，不作排名").format(year=display.school_year(county.year)),
        columns=(
            *(
                _(name)
                for name in (
                    marked("县"),
                    marked("距离"),
                    marked("在校生数"),
                    marked("城区学生"),
                    marked("寄宿生"),
                    marked("一贯制"),
                    marked("校均学生"),
                )
            ),
            *(
                column
                for cell in cells
                for column in (
                    _("{stage}平均值").format(stage=display.stage(cell.stage)),
                    _("{stage}差异系数").format(stage=display.stage(cell.stage)),
                )
            ),
        ),
        numbers=(False, *(True,) * (6 + 2 * len(cells))),
        rows=tuple(_row(county, key, row, structures.get(key), cells, trails) for key, row in places),
        notes=(
            _("所列指标：{cells}。").format(cells=serial(cell.label for cell in cells)),
            _(
                "距离：各特征（在校生数和校均学生数取对数）除以各县标准差之后，差的均方根；只用报表里有的特征。"
                "各县数字依次为前两学年至本学年，… 为没有数据。见文档 why.md，全部见表 peers 和 county_structure。"
            ),
        ),
    )


def _structures(year: YearTables) -> Mapping[tuple[str, ...], Row]:
    """The structure of every county, of other provinces too."""
    whole = year.whole
    return whole.once(
        "structures of counties",
        lambda: {(row["source"], row["county_code"]): row for row in records(whole.table("county_structure"))},
    )


def _trails(year: YearTables) -> _Trails:
    """Mean and CV of every county over three years, of other provinces too."""
    whole = year.whole

    def made() -> _Trails:
        rows = whole.table("three_year_monitoring").select(*_AT, "unit", *_OVER_YEARS, "limit", "status")
        return {row[: len(_AT)]: row[len(_AT) :] for row in rows.iter_rows()}

    return whole.once("trails of three years", made)


def _cell_sentence(county: CountyTables, cell: Cell, nearest: Sequence[Row], trails: _Trails) -> str:
    """Of how many peers the coefficient is lower and the mean higher."""
    own = trails.get(_at(county.key, cell))
    others = [trails.get(_at((county.source, row["peer_code"]), cell)) for row in nearest]
    if own is None or own[_CV] is None or own[_MEAN] is None:
        return ""
    known = [row for row in others if row is not None and row[_CV] is not None and row[_MEAN] is not None]
    if not known:
        return ""
    return _("{what}：{count} 个可比县中，{level} 个平均值高于本县，{balance} 个差异系数小于本县。").format(
        what=cell.label,
        count=len(known),
        level=sum(row[_MEAN] > own[_MEAN] for row in known),
        balance=sum(row[_CV] < own[_CV] for row in known),
    )


def _plane(
    county: CountyTables, cell: Cell, nearest: Sequence[Row], trails: _Trails, captions: Captions
) -> Plane | None:
    """The county and its peers by mean and coefficient of a cell; None where the county or all peers lack a figure."""
    known = [
        (county.code, county.name + bracketed(_("本县")), trails.get(_at(county.key, cell))),
        *(
            (row["peer_code"], row["peer_name"], trails.get(_at((county.source, row["peer_code"]), cell)))
            for row in nearest
        ),
    ]
    shown = [
        _stand(cell, code, name, row)
        for code, name, row in known
        if row is not None and row[_MEAN] is not None and row[_CV] is not None
    ]
    if len(shown) < _LEAST or shown[0].code != county.code:
        return None
    own = trails[_at(county.key, cell)]
    indicator = cell.standard.indicator(cell.indicator)
    whole = tuple(norm for norm in indicator.norms if not (norm.school_types or norm.areas))
    norm = in_force(whole, county.year, cell.stage)
    yardstick = None if norm is None else float(norm)
    what = sentences.of_stage(cell.stage, sentences.indicator_label(cell.standard, cell.indicator))
    unit = sentences.unit_words(cell.standard, cell.indicator, cell.stage)
    means, cvs = ([getattr(stand.now, name) for stand in shown] for name in ("level", "cv"))
    places = display.places_of(own[0])
    return Plane(
        anchor=f"why-peers-{cell.stage}",
        message=_message(cell, shown),
        subtitle=captions.next_figure(
            _("{year}本县和可比县：横轴为{what}的平均值，纵轴为差异系数；{standard}；灰线为前两年").format(
                year=display.school_year(county.year), what=what, standard=sentences.short_title(cell.standard)
            )
        ),
        description=_("{count} 个县，平均值 {low} 至 {high}，差异系数 {least} 至 {most}；数字见下表。").format(
            count=display.count(len(shown)),
            low=display.number(min(means), places),
            high=display.number(max(means), places),
            least=display.coefficient(min(cvs)),
            most=display.coefficient(max(cvs)),
        ),
        note=_("▲ 差异系数超限；● 在限值以内或不设限值；○ 数据不全，无法判定。灰线由前两年连到本年。"),
        x_title=_("平均值（{unit}）→ 高").format(unit=unit),
        y_title=_("↑ {cv}").format(cv=_("差异系数")),
        level_label=_("标准值"),
        limit_label=limit_words(own[_LIMIT], cell.standard),
        **geometry(shown, shown, own[_LIMIT], yardstick, county.code),
    )


def _stand(cell: Cell, code: str, name: str, row: _Trail) -> Stand:
    """Where a county stands by mean and coefficient, this year and the two before."""
    places = [Place(row[_MEAN - back], row[_CV - back]) for back in (2, 1, 0)]
    shape: Shape = _SHAPES.get(row[_STATUS], "within")
    return Stand(code, name, places[2], (places[0], places[1]), shape, row[_STATUS], cell.indicator)


def _message(cell: Cell, shown: Sequence[Stand]) -> str:
    """The peers that have a better mean and schools that lie closer; the county stands first."""
    own, *others = shown
    is_less_better = cell.standard.indicator(cell.indicator).must_be == "at_most"
    ahead = [
        stand.name
        for stand in others
        if ((stand.now.level or 0.0) < (own.now.level or 0.0)) == is_less_better and stand.now.level != own.now.level
        if (stand.now.cv or 0.0) < (own.now.cv or 0.0)
    ]
    if not ahead:
        return _("{what}：没有一个可比县平均值优于本县而差异又更小").format(what=cell.label)
    return _("{what}：平均值优于本县而差异又更小的可比县有 {count} 个：{names}").format(
        what=cell.label, count=display.count(len(ahead)), names=serial(ahead)
    )


def _at(key: tuple[str, str], cell: Cell) -> tuple[str, ...]:
    return (*key, cell.standard.id, cell.stage, cell.indicator)


def _row(
    county: CountyTables,
    key: tuple[str, str],
    peer: Row | None,
    structure: Row | None,
    cells: Sequence[Cell],
    trails: _Trails,
) -> tuple[str, ...]:
    shares = ("urban_share", "boarding_share", "integrated_share")
    known = structure or dict.fromkeys(("pupils", "pupils_per_site", *shares))
    return (
        county.name if peer is None else peer["peer_name"],
        display.NOT_APPLICABLE if peer is None else display.number(peer["distance"], 2),
        display.count(known["pupils"]),
        *(display.percent(known[name]) for name in shares),
        display.number(known["pupils_per_site"], 0),
        *(text for cell in cells for text in _trail(trails.get(_at(key, cell)))),
    )


def _trail(row: _Trail | None) -> tuple[str, str]:
    """Mean and coefficient of the three years, the oldest first."""
    if row is None:
        return display.NOT_REPORTED, display.NOT_REPORTED

    def told(figures: Sequence[float | None], places: int) -> str:
        values = [display.number(figure, places) for figure in figures]
        while len(values) > 1 and values[0] == display.NOT_REPORTED:
            values = values[1:]
        return " → ".join(values)

    unit, *figures, _limit, _status = row
    return told(figures[:_MEAN], display.places_of(unit)), told(figures[_MEAN:], display.CV_PLACES)
