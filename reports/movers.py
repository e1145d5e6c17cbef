"""What moved since last year, what slips, what is missing: the province's plain tables beside its counties."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

from reports import display, sentences
from reports.attention import label_of, over_again
from reports.captions import Captions
from reports.language import gettext as _
from reports.model import Course
from reports.province_tables import ProvinceTables
from reports.year import Row
from standards.standard import Indicator, Standard

MOST = 5
_MOST_SLIPPING = 40
_Key = tuple[str, str, str, str]


def movers(area: ProvinceTables, captions: Captions) -> tuple[Course, ...]:
    """The tables for which the province has rows: CVs, means, slippage, missing data."""
    made = (moved_cvs, moved_means, slippage, missing_data)
    return tuple(found for make in made if (found := make(area, captions)) is not None)


def _moved(area: ProvinceTables, column: str) -> list[tuple[_Key, Row]]:
    """The changes of the leading standards' quantities that are known: key and row."""
    standards = {standard.id: standard for standard in area.leading}
    found = []
    for (series, code, standard, stage, name), row in area.changes.items():
        if series != "county" or standard not in standards or name == "composite" or row[column] is None:
            continue
        if standards[standard].indicator(name).is_quantity and stage in standards[standard].scope.stages:
            found.append(((code, standard, stage, name), row))
    return found


def _ends(
    moved: Sequence[tuple[_Key, Row]], gain: Callable[[_Key, Row], float]
) -> tuple[list[tuple[_Key, Row]], list[tuple[_Key, Row]]]:
    """The counties with the largest gains and losses, each with its largest; what did not move is neither.

    Among equals by key.
    """
    better = sorted((each for each in moved if gain(*each) > 0), key=lambda each: (-gain(*each), each[0]))
    worse = sorted((each for each in moved if gain(*each) < 0), key=lambda each: (gain(*each), each[0]))
    return _once(better), _once(worse)


def _once(moved: Sequence[tuple[_Key, Row]]) -> list[tuple[_Key, Row]]:
    """The first of each county, of the first counties."""
    first: dict[str, tuple[_Key, Row]] = {}
    for each in moved:
        first.setdefault(each[0][0], each)
    return list(first.values())[:MOST]


def moved_cvs(area: ProvinceTables, captions: Captions) -> Course | None:
    """The CVs that fell and rose most since the year before, with the change over the schools of both years."""
    moved = _moved(area, "cv_change")
    if not moved:
        return None
    better, worse = _ends(moved, lambda _key, row: -row["cv_change"])
    fell = sum(row["cv_change"] < 0 for _key, row in moved)
    rose = sum(row["cv_change"] > 0 for _key, row in moved)
    rows = [
        (
            area.names[key[0]],
            side,
            _what(area, key),
            display.coefficient(row["cv_before"]),
            display.coefficient(row["cv"]),
            display.signed(row["cv_change"], display.CV_PLACES),
            _common(area, key),
        )
        for side, part in ((_("▲ 缩小"), better), (_("▼ 扩大"), worse))
        for key, row in part
    ]
    return Course(
        anchor=f"moved-{area.source}-{area.province}",
        title=_("差异系数变化最大的"),
        sentences=(
            _("各县各项 {total} 个差异系数中，{fell} 个比上年缩小，{rose} 个扩大。").format(
                total=display.count(len(moved)), fell=display.count(fell), rose=display.count(rose)
            ),
        ),
        caption=captions.next(_("{province}差异系数缩小和扩大最多的").format(province=area.name)),
        caption_note=_("{before}–{year} 学年，各最多 {most} 个县，每县列变化最大的一项；无单位").format(
            before=area.year - 1, year=area.year, most=MOST
        ),
        columns=(
            _("县"),
            _("变化"),
            _("标准、学段、指标"),
            _("上年差异系数"),
            _("本年差异系数"),
            _("增减"),
            _("同校增减"),
        ),
        numbers=(False, False, False, True, True, True, True),
        rows=tuple(rows),
        notes=(_("“同校”只含两年都有值的评估单位，不受新增、减少学校的影响。"),),
    )


def moved_means(area: ProvinceTables, captions: Captions) -> Course | None:
    """The county means that got better and worse most, in percent of the year before."""
    standards = {standard.id: standard for standard in area.leading}
    moved = [each for each in _moved(area, "change_percent") if each[1]["change_percent"] != float("inf")]
    if not moved:
        return None

    def gain(key: _Key, row: Row) -> float:
        is_less_better = standards[key[1]].indicator(key[3]).must_be == "at_most"
        return float(-row["change_percent"] if is_less_better else row["change_percent"])

    better, worse = _ends(moved, gain)
    improved = sum(gain(*each) > 0 for each in moved)
    declined = sum(gain(*each) < 0 for each in moved)
    rows = [
        (
            area.names[key[0]],
            side,
            _what(area, key),
            display.measured(row["value_before"], row["unit"]),
            display.measured(row["value"], row["unit"]),
            sentences.unit_words(standards[key[1]], key[3], key[2]),
            _signed_percent(row["change_percent"]),
        )
        for side, part in ((_("▲ 改善"), better), (_("▼ 变差"), worse))
        for key, row in part
    ]
    return Course(
        anchor=f"means-{area.source}-{area.province}",
        title=_("平均水平变化最大的"),
        sentences=(
            _("各县各项 {total} 个平均值中，{improved} 个比上年改善，{declined} 个变差。").format(
                total=display.count(len(moved)), improved=display.count(improved), declined=display.count(declined)
            ),
        ),
        caption=captions.next(_("{province}平均水平改善和变差最多的").format(province=area.name)),
        caption_note=_(
            "{before}–{year} 学年，各最多 {most} 个县，每县列变化最大的一项；增减为占上年平均值的百分比"
        ).format(before=area.year - 1, year=area.year, most=MOST),
        columns=(_("县"), _("变化"), _("标准、学段、指标"), _("上年平均"), _("本年平均"), _("单位"), _("增减")),
        numbers=(False, False, False, True, True, False, True),
        rows=tuple(rows),
        notes=(),
    )


def _signed_percent(percent: float) -> str:
    return display.signed(percent, display.PERCENT_PLACES) + "%"


def _what(area: ProvinceTables, key: _Key) -> str:
    standard = area.all.standards[key[1]]
    return _("{standard}·{stage}{label}").format(
        standard=sentences.short_title(standard), stage=display.stage(key[2]), label=label_of(standard, key[3])
    )


def _common(area: ProvinceTables, key: _Key) -> str:
    return display.cv_change(area.changes.get(("common", *key)))


def slippage(area: ProvinceTables, captions: Captions) -> Course | None:
    """The CVs that went over their limit within the window of three years, the least margin first."""
    found = [
        (standard, row)
        for standard in area.leading
        for row in over_again(standard, [row for row in area.monitoring if row["standard"] == standard.id])
    ]
    if not found:
        return None
    shown = found[:_MOST_SLIPPING]
    said = [
        _("{counties} 个县级单位的 {count} 项差异系数在 {first}–{last} 学年内由达标转为超限。").format(
            counties=display.count(len({row["county_code"] for _standard, row in found})),
            count=display.count(len(found)),
            first=area.year - 2,
            last=area.year,
        )
    ]
    if len(shown) < len(found):
        said.append(_("这里列出余量最小的 {shown} 项。").format(shown=display.count(len(shown))))
    return Course(
        anchor=f"slipped-{area.source}-{area.province}",
        title=_("由达标转为超限的"),
        sentences=tuple(said),
        caption=captions.next(_("{province}由达标转为超限的差异系数").format(province=area.name)),
        caption_note=_("{first}–{last} 学年，余量最小在前；无单位").format(first=area.year - 2, last=area.year),
        columns=(
            _("县"),
            _("标准、学段、指标"),
            *(display.school_year(area.year - back) for back in (2, 1, 0)),
            _("限值"),
            _("方向"),
        ),
        numbers=(False, False, True, True, True, True, False),
        rows=tuple(
            (
                area.names[row["county_code"]],
                _what(area, (row["county_code"], standard.id, row["stage"], row["indicator"])),
                *(
                    display.coefficient(row[f"cv{ending}"], absent=display.NOT_REPORTED)
                    for ending in ("_two_years_before", "_year_before", "")
                ),
                display.bound(row["limit"]),
                display.direction(row["direction"]),
            )
            for standard, row in shown
        ),
        notes=(),
    )


def missing_data(area: ProvinceTables, captions: Captions) -> Course | None:
    """By indicator of the leading standards: how many counted units lack its value, in how many counties."""
    shown = [
        (standard, stage, indicator)
        for standard in area.leading
        for stage in standard.scope.stages
        for indicator in standard.indicators
    ]
    counts = {
        (standard, stage, indicator): (units, counties)
        for standard, stage, indicator, units, counties in area.lacking.group_by("standard", "stage", "indicator")
        .agg(pl.col("unit_id").n_unique(), pl.col("county_code").n_unique())
        .iter_rows()
    }
    found = [each for each in shown if (each[0].id, each[1], each[2].id) in counts]
    if not found:
        return None
    totals = _totals(area)
    lacking = area.units_lacking
    # The sort is stable: among equals the standard's own order stays.
    found.sort(key=lambda each: -counts[each[0].id, each[1], each[2].id][0])
    return Course(
        anchor=f"missing-{area.source}-{area.province}",
        title=_("缺什么"),
        sentences=(
            _(
                "{counties} 个县级单位共有 {units} 个评估单位缺一项或多项指标（含全部标准）；缺最多的是{most}（{count} 个）。"
            ).format(
                counties=display.count(len(lacking)),
                units=display.count(sum(lacking.values())),
                most=area.names[_most(lacking)],
                count=display.count(lacking[_most(lacking)]),
            ),
        ),
        caption=captions.next(_("{province}缺报的指标").format(province=area.name)),
        caption_note=_("{year}，缺报单位多者在前；含被拒收的数据").format(year=display.school_year(area.year)),
        columns=(_("指标"), _("学段"), _("标准"), _("缺报单位"), _("应报单位"), _("占比"), _("涉及县")),
        numbers=(False, False, False, True, True, True, True),
        rows=tuple(_missing_row(each, counts, totals) for each in found),
        notes=(),
    )


def _most(lacking: dict[str, int]) -> str:
    return min(lacking, key=lambda code: (-lacking[code], code))


def _missing_row(
    each: tuple[Standard, str, Indicator],
    counts: dict[tuple[str, str, str], tuple[int, int]],
    totals: dict[tuple[str, str, str], int],
) -> tuple[str, ...]:
    standard, stage, indicator = each
    key = (standard.id, stage, indicator.id)
    units, counties = counts[key]
    return (
        label_of(standard, key[2]),
        display.stage(stage),
        sentences.short_title(standard),
        display.count(units),
        display.count(totals[key]),
        display.percent(units / totals[key]),
        display.count(counties),
    )


def _totals(area: ProvinceTables) -> dict[tuple[str, str, str], int]:
    """The counted units by standard, stage and indicator."""
    rows = area.frame("unit_indicators").group_by("standard", "stage", "indicator").agg(pl.col("unit_id").n_unique())
    return {(standard, stage, indicator): units for standard, stage, indicator, units in rows.iter_rows()}
