"""Where to look first: the counties of a province that ask for it, and every reason in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reports import display, sentences
from reports.language import gettext as _
from reports.language import serial
from reports.model import Attention, AttentionRow
from reports.province_tables import ProvinceTables
from reports.year import Row
from standards.standard import Standard

MOST = 10
REFUSED = ("not_eligible", "not_recognised")
"""Verdicts that a gate or a veto makes."""
FAILED = ("not_met", *REFUSED)
_KINDS = ("fell", "refused", "again", "unknown", "contradictions", "slips")
_NAMED = 2
_WINDOW = 2


def attention(area: ProvinceTables) -> Attention:
    """The first counties in the order of their reasons, at most ten.

    Reasons, the gravest first: the verdict fell since last year; a gate or veto; over the limit again; not to be
    judged for missing data; contradictions; CVs that rose two years running. Counties are compared by how often the
    first applies, then the second and so on, then by their least margin, then by code.
    """
    windows = _windows(area)
    found = []
    for code in area.names:
        weights, reasons = _case(area, code, windows.get(code, []))
        if reasons:
            found.append((tuple(-weights[kind] for kind in _KINDS), _least_margin(area, code), code, reasons))
    found.sort(key=lambda case: case[:3])
    shown = found[:MOST]
    return Attention(
        anchor=f"first-{area.source}-{area.province}",
        lead=_lead(area, len(found), len(shown)),
        rows=tuple(
            AttentionRow(name=area.names[code], href=f"{area.folder(code)}/index.html", reasons=tuple(reasons))
            for _weights, _margin, code, reasons in shown
        ),
        note=_(
            "次序依次按：结论由达标变为未达标的标准数、不得申报或不予认定的标准数、窗口内由达标转为超限的项数、"
            "因缺报无法判定的项数与单位数、自报与计算矛盾的条目数、差异系数连续两年扩大的项数，再按最小余量。"
            "次序为本系统推定，不是评估结论。"
        ),
    )


def _lead(area: ProvinceTables, counties: int, shown: int) -> str:
    total = display.count(len(area.names))
    if not counties:
        return _("{total} 个县级单位均无需先看的情况。").format(total=total)
    if shown < counties:
        return _("{total} 个县级单位中 {counties} 个有下列情况之一，这里列出前 {shown} 个。").format(
            total=total, counties=display.count(counties), shown=display.count(shown)
        )
    return _("{total} 个县级单位中 {counties} 个有下列情况之一。").format(total=total, counties=display.count(counties))


def _windows(area: ProvinceTables) -> dict[str, list[Row]]:
    windows: dict[str, list[Row]] = {}
    for row in area.monitoring:
        windows.setdefault(row["county_code"], []).append(row)
    return windows


def _least_margin(area: ProvinceTables, code: str) -> float:
    """The least margin of the county under any leading standard; without one it is infinite."""
    margins = [row["margin"] for standard in area.leading for row in area.limited(code, standard)[:1]]
    return min(margins, default=float("inf"))


def _case(area: ProvinceTables, code: str, window: Sequence[Row]) -> tuple[dict[str, int], list[str]]:
    """How often each kind of reason applies to a county, and all reasons in words."""
    weights = dict.fromkeys(_KINDS, 0)
    reasons: dict[str, list[str]] = {kind: [] for kind in _KINDS}
    for standard in area.leading:
        for kind, weight, words in _reasons(area, code, standard, window):
            weights[kind] += weight
            reasons[kind].append(words)
    slips = _slips(area, window)
    if slips:
        weights["slips"] = sum(slips.values())
        reasons["slips"].append(
            _("差异系数连续两年扩大：{counts}").format(
                counts=serial(
                    _("{standard} {count} 项").format(standard=short, count=display.count(count))
                    for short, count in slips.items()
                )
            )
        )
    return weights, [words for kind in _KINDS for words in reasons[kind]]


def _reasons(
    area: ProvinceTables, code: str, standard: Standard, window: Sequence[Row]
) -> Iterator[tuple[str, int, str]]:
    short = sentences.short_title(standard)
    now, before = area.status(code, standard.id), area.status_before(code, standard.id)
    if before == "met" and now in FAILED:
        yield (
            "fell",
            1,
            _("{standard}：上年达标，本年{verdict}").format(standard=short, verdict=display.status_word(now)),
        )
    if now in REFUSED:
        cause = _("存在一票否决事项") if now == "not_recognised" else _("门槛或申报前提未达到")
        yield (
            "refused",
            1,
            _("{standard}：{verdict}（{cause}）").format(standard=short, verdict=display.status_word(now), cause=cause),
        )
    own = [row for row in window if row["standard"] == standard.id]
    again = over_again(standard, own)
    if again:
        yield (
            "again",
            len(again),
            _("{standard}：{count} 项差异系数由达标转为超限：{names}").format(
                standard=short, count=display.count(len(again)), names=_named(standard, again)
            ),
        )
    yield from _unknown(area.verdicts.get((code, standard.id, "all")), short)
    whole = area.whole.get((code, standard.id))
    if whole is not None and whole["contradictions"]:
        yield (
            "contradictions",
            whole["contradictions"],
            _("{standard}：{count} 项县级自报与数据计算矛盾").format(
                standard=short, count=display.count(whole["contradictions"])
            ),
        )


def _slips(area: ProvinceTables, window: Sequence[Row]) -> dict[str, int]:
    """How many CVs rose in each of the two last years, by the title of the standard; where it is none, none."""
    counts = {}
    for standard in area.leading:
        slips = sum(
            row["standard"] == standard.id and row["consecutive_worsening"] == _WINDOW and is_measured(row)
            for row in window
        )
        if slips and standard.slippage.worse_than_year_before:
            counts[sentences.short_title(standard)] = slips
    return counts


def is_measured(row: Row) -> bool:
    """Whether a window is an indicator's own: not the composite's, not the verdict's."""
    return row["indicator"] not in ("composite", "verdict")


def over_again(standard: Standard, window: Sequence[Row]) -> list[Row]:
    """The CVs with a limit that went over it after a year within, the least margin first."""
    if not standard.slippage.over_limit_again or standard.dispersion.rule == "none":
        return []
    # A CV that the standard does not show, as the composite where each single one is limited, has no limit.
    found = [row for row in window if row["is_over_limit_again"] and row["limit"] is not None]
    return sorted(found, key=lambda row: (row["margin"] is None, row["margin"], row["stage"], row["indicator"]))


def _named(standard: Standard, rows: Sequence[Row]) -> str:
    labels = [sentences.of_stage(row["stage"], label_of(standard, row["indicator"])) for row in rows]
    return display.listed(labels, _NAMED)


def label_of(standard: Standard, indicator: str) -> str:
    """An indicator's name; the composite without the count of what it is the mean of."""
    return _("综合差异系数") if indicator == "composite" else sentences.indicator_label(standard, indicator)


def _unknown(verdict: Mapping[str, int] | None, short: str) -> Iterator[tuple[str, int, str]]:
    if verdict is None:
        return
    limits, units = verdict["limits_undetermined"], verdict["units_undetermined"] or 0
    parts = []
    if limits:
        parts.append(_("{count} 项差异系数").format(count=display.count(limits)))
    if units:
        parts.append(_("{count} 个评估单位").format(count=display.count(units)))
    if parts:
        yield (
            "unknown",
            limits + units,
            _("{standard}：{parts}因数据不全无法判定").format(standard=short, parts=serial(parts)),
        )
