"""Three years side by side: the CVs, whether they were held, and the two flags of slippage."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from reports import display, sentences
from reports.captions import Captions
from reports.language import gettext as _
from reports.language import marked, serial
from reports.model import Monitoring, MonitoringRow, Year
from reports.stages import verdict
from reports.year import CountyTables, Row
from standards.standard import Standard

_ENDINGS = ("_two_years_before", "_year_before", "")
_NAMED = 4
_MARKS = {
    "continued": marked("县的代码在窗口内变更，以前学年的数据按登记的变更接续。"),
    "rebuilt": marked("县在窗口内合并，以前学年的数据已按今天的区划重新计算。"),
    "b": marked("县的代码或区划在窗口内变更，序列中断（标记 b），变更前后不作比较。"),
}
_MOST_PLACES = 6


def monitoring(county: CountyTables, standard: Standard, captions: Captions) -> Monitoring | None:
    """The window (year − 2, year − 1, year) of every stage and indicator; None where nothing is monitored."""
    rows = [
        (stage, name, row)
        for stage in standard.scope.stages
        for name in sentences.bound_names(standard)
        if name == "composite" or standard.indicator(name).is_quantity
        if (row := county.monitoring.get((standard.id, stage, name))) is not None
    ]
    if not rows:
        return None
    has_limits = standard.dispersion.rule != "none"
    whole = county.monitoring.get((standard.id, "all", "verdict"))
    if whole is not None and has_limits:
        rows.append(("all", "verdict", whole))
    years = tuple(display.school_year(county.year - back) for back in (2, 1, 0))
    return Monitoring(
        sentences=tuple(_sentences(county, standard, [row for _stage, _name, row in rows], whole)),
        caption=captions.next(_("{county}三年差异系数").format(county=county.name)),
        caption_note=_("{first}–{last} 学年，{standard}；无单位").format(
            first=county.year - 2, last=county.year, standard=sentences.short_title(standard)
        ),
        years=years,
        has_limits=has_limits,
        has_over_again=has_limits and standard.slippage.over_limit_again,
        has_worse=standard.slippage.worse_than_year_before,
        has_window=any(row["window"] != "complete" for _stage, _name, row in rows),
        rows=tuple(_row(county, standard, stage, name, row) for stage, name, row in rows),
    )


def _telling_places(cvs: Sequence[float | None]) -> int:
    """Three decimals, or as many more as it takes to see that one year's CV is not the next one's."""
    known = [cv for cv in cvs if cv is not None]
    pairs = [(cv, after) for cv, after in pairwise(known) if not sentences.is_same(cv, after)]
    if all(abs(cv - after) > 10.0**-display.CV_PLACES for cv, after in pairs):
        return display.CV_PLACES
    enough = (
        places
        for places in range(display.CV_PLACES, _MOST_PLACES)
        if all(display.rounded(cv, places) != display.rounded(after, places) for cv, after in pairs)
    )
    return next(enough, _MOST_PLACES)


def _row(county: CountyTables, standard: Standard, stage: str, name: str, row: Row) -> MonitoringRow:
    is_verdict = name == "verdict"
    whole = display.whole(county.name)
    absent = {
        ending: county.all.absence(*county.key, (standard.id, stage, name), county.year - back, display.NOT_REPORTED)
        for back, ending in zip((2, 1, 0), _ENDINGS, strict=True)
        if row[f"cv{ending}"] is None
    }
    places = _telling_places([row[f"cv{ending}"] for ending in _ENDINGS])
    return MonitoringRow(
        stage=whole if stage == "all" else display.stage(stage),
        label=_("{whole}结论").format(whole=whole) if is_verdict else sentences.indicator_label(standard, name),
        years=tuple(
            Year(
                cv="" if is_verdict else display.number(row[f"cv{ending}"], places, absent=absent.get(ending, "")),
                verdict=verdict(row[f"status{ending}"]),
            )
            for ending in _ENDINGS
        ),
        direction=display.NOT_APPLICABLE if is_verdict else display.direction(row["direction"]),
        breaches=display.NOT_APPLICABLE if row["status"] == "no_limit" else display.count(row["breaches"]),
        over_again=display.yes_no(value=row["is_over_limit_again"])
        if row["status"] != "no_limit"
        else display.NOT_APPLICABLE,
        worse=display.NOT_APPLICABLE if is_verdict else display.yes_no(value=row["is_worse_than_year_before"]),
        held=verdict(row["held"]),
        window=_window(row),
        is_total=name in ("composite", "verdict"),
    )


def _window(row: Row) -> str:
    if row["window"] == "complete":
        return _("完整")
    return _("缺 {years}").format(years=serial((row["years_missing"] or "").split(" | ")))


def _sentences(county: CountyTables, standard: Standard, rows: list[Row], whole: Row | None) -> list[str]:
    """Whether the standard was held, what slips, and what the window lacks."""
    said = []
    measured = [row for row in rows if row["indicator"] not in ("verdict", "composite")]
    if whole is not None and standard.dispersion.rule != "none":
        statuses = [whole[f"status{ending}"] for ending in ("", "_year_before", "_two_years_before")]
        unknown = sum(status in ("undetermined", "no_data") for status in statuses)
        words = {
            "first": county.year - 2,
            "last": county.year,
            "breaches": display.count(whole["breaches"]),
            "unknown": _("、{count} 年无法判定").format(count=display.count(unknown)) if unknown else "",
        }
        sentence = {
            "met": _("{first}–{last} 学年三年均达标。"),
            "not_met": _("{first}–{last} 学年三年中有 {breaches} 年未达标{unknown}。"),
        }.get(whole["held"], _("{first}–{last} 学年三年是否保持达标，无法判定。"))
        said.append(sentence.format(**words))
    mark = next((row["series_mark"] for row in measured if row["series_mark"]), None)
    if mark is not None:
        said.append(_(_MARKS[mark]))
    missing = sorted({year for row in measured if row["years_missing"] for year in row["years_missing"].split(" | ")})
    if missing:
        said.append(_("窗口不完整：{years} 学年缺全部或部分差异系数。").format(years=serial(missing)))
    if standard.slippage.over_limit_again and standard.dispersion.rule != "none":
        again = [row for row in measured if row["is_over_limit_again"]]
        if again:
            said.append(_("窗口内由达标转为超限：{names}。").format(names=_names(standard, again)))
    if standard.slippage.worse_than_year_before:
        known = [row for row in measured if row["is_worse_than_year_before"] is not None]
        worse = sum(row["is_worse_than_year_before"] for row in known)
        if known:
            said.append(
                _("{total} 项差异系数中 {count} 项大于上年。").format(total=len(known), count=display.count(worse))
            )
    return said


def _names(standard: Standard, rows: list[Row]) -> str:
    labels = [
        sentences.of_stage(row["stage"], sentences.indicator_label(standard, row["indicator"]))
        for row in sorted(rows, key=sentences.by_margin)
    ]
    return display.listed(labels, _NAMED)
