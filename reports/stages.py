"""A stage under a standard: its indicators against norm and limit, the change, the trend, and the notes they need."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import cache

from reports import charts, display, sentences
from reports.captions import Captions
from reports.coverage import bounds_note, deciding_note
from reports.evidence_page import figure_href
from reports.gap import gap
from reports.language import ended, headed, language, semicolons, serial, spoken, together
from reports.language import gettext as _
from reports.long_trend import long_trend
from reports.missing import lack_word, unreported_fields
from reports.model import FailingSchool, IndicatorRow, SchoolRule, Series, SeriesRow, Stage, Verdict
from reports.standing import page_of, rank_words, standings
from reports.year import CountyTables, Row
from standards.standard import Indicator, Standard, in_force

_MOST_FAILING = 30
_MOST_MOVED = 12


def verdict(status: str) -> Verdict:
    """A status with its sign and word."""
    return _verdict(status, language())


@cache
def _verdict(status: str, _language: str) -> Verdict:
    """The verdict in the language spoken, which the cache has to know."""
    return Verdict(status=status, symbol=display.status_symbol(status), word=display.status_word(status))


class _Notes:
    """The numbered notes under a table; the same sentence keeps one number."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def mark(self, sentence: str) -> str:
        """The number of a note, in brackets."""
        if sentence not in self.sentences:
            self.sentences.append(sentence)
        return f"[{self.sentences.index(sentence) + 1}]"

    def numbered(self) -> tuple[str, ...]:
        """The notes with their numbers."""
        return tuple(f"[{i}] {sentence}" for i, sentence in enumerate(self.sentences, start=1))


def stage_part(county: CountyTables, standard: Standard, stage: str, captions: Captions) -> Stage:
    """A stage's tables and charts under a standard."""
    names = sentences.bound_names(standard)
    rows = [(name, county.dispersion[standard.id, stage, name]) for name in names]
    limit = in_force(standard.dispersion.limits, county.year, stage)
    has_limits = limit is not None
    has_norms = any(in_force(indicator.norms, county.year, stage) is not None for indicator in standard.indicators)
    has_change = any(_cv_changes(county, standard, stage, name) != (None, None) for name in names)
    notes = _Notes()
    label = display.stage(stage)
    verdict_row = county.verdicts[standard.id, stage]
    caption = captions.next(
        _("{year}{county}{stage} {count} 项指标的{whole}平均值与差异系数").format(
            whole=display.whole(county.name),
            year=display.school_year(county.year),
            county=county.name,
            stage=label,
            count=len(standard.indicators),
        )
    )
    caption_note = _("{standard}；{units} 个评估单位，{pupils} 名在校生；差异系数无单位").format(
        standard=sentences.short_title(standard),
        units=display.count(verdict_row["units"]),
        pupils=display.count(_pupils(rows)),
    )
    indicator_rows = tuple(_indicator_row(county, standard, stage, name, row, notes) for name, row in rows)
    years = _years(county, standard, stage)
    return Stage(
        anchor=f"{standard.id}-{stage}",
        label=label,
        heading=headed(label, _heading(county, standard, stage)),
        lead=sentences.lead(county, standard, stage),
        caption=caption,
        caption_note=caption_note,
        has_norms=has_norms,
        has_limits=has_limits,
        has_change=has_change,
        limit_heading=_("与限值 {limit}").format(limit=display.bound(float(limit))) if limit is not None else "",
        trend_heading=_("{first}–{last}").format(first=years[0], last=years[-1]) if years else "",
        rows=indicator_rows,
        notes=notes.numbered(),
        changes=(*_changes(county, standard, stage), *_standing_note(indicator_rows)),
        gap=gap(county, standard, stage, captions),
        school_rule=_school_rule(county, standard, stage, captions),
        series=_series(county, standard, stage, years, captions),
        long_trend=long_trend(county, standard, stage, captions, county.series_breaks(standard.id)),
    )


def _heading(county: CountyTables, standard: Standard, stage: str) -> str:
    status = county.verdicts[standard.id, stage]["verdict"]
    if status != "no_limit":
        return display.status_word(status)
    return _("{count} 项指标").format(count=len(standard.indicators))


def _pupils(rows: Sequence[tuple[str, Row]]) -> int | None:
    known = [row["pupils"] for _name, row in rows if row["pupils"] is not None]
    return max(known, default=None)


def _cv_changes(county: CountyTables, standard: Standard, stage: str, name: str) -> tuple[float | None, float | None]:
    """The CV's change since the year before, over all units and over those of both years."""
    found = []
    for series in ("county", "common"):
        row = county.changes.get((standard.id, series, stage, name))
        found.append(None if row is None else row["cv_change"])
    return found[0], found[1]


def _indicator_row(
    county: CountyTables, standard: Standard, stage: str, name: str, row: Row, notes: _Notes
) -> IndicatorRow:
    is_total = name == "composite"
    norm = None if is_total else common_norm(standard.indicator(name), county.year, stage)
    history = county.history.get((standard.id, stage, name), {})
    years = sorted(history)
    label = sentences.indicator_label(standard, name)
    is_defined = row["reason"] not in ("mean_is_zero", "not_a_quantity")
    unknown = display.absence(row["reason"], display.NOT_REPORTED if is_defined else display.NOT_APPLICABLE)
    undefined = display.absence(row["reason"], display.NOT_APPLICABLE)
    province_mean, rank = _standing(county, standard, stage, name, row)
    return IndicatorRow(
        label=label,
        unit="" if is_total else sentences.unit_words(standard, name, stage),
        mean=display.NOT_APPLICABLE if is_total else _mean(row),
        is_mean_below_norm=not is_total and is_on_wrong_side(standard.indicator(name), norm, row["mean"]),
        norm=display.NOT_APPLICABLE if is_total else sentences.norm_words(standard, name, county.year, stage),
        cv=display.coefficient(row["cv"], absent=unknown),
        mark=" ".join(notes.mark(sentence) for sentence in _row_notes(county, standard, row)),
        limit=display.bound(row["limit"]),
        margin=display.number(row["margin"], display.CV_PLACES, absent=undefined),
        bullet=charts.bullet(row["cv"], row["limit"], row["status"]),
        change=display.cv_change(county.changes.get((standard.id, "county", stage, name))),
        common_change=display.cv_change(county.changes.get((standard.id, "common", stage, name))),
        trend=charts.trend(
            years,
            [history[year] for year in years],
            row["limit"],
            status=row["status"],
            label=_trend_label(label, years, row),
            breaks=county.series_breaks(standard.id),
        ),
        verdict=verdict(row["status"]),
        is_total=is_total,
        evidence=figure_href(county, standard.id, stage, name),
        href=f"../{page_of(standard.id, stage, name)}" if is_total or standard.indicator(name).is_quantity else "",
        province_mean=province_mean,
        standing=rank,
    )


def _standing(county: CountyTables, standard: Standard, stage: str, name: str, row: Row) -> tuple[str, str]:
    """The province's mean and the county's rank in it, in words; empty where there is no other county to stand by."""
    place = standings(county.all, county.source, county.province).get((county.code, standard.id, stage, name))
    if place is None or place.of <= 1:
        return "", ""
    mean = ""
    if place.province_mean is not None and name != "composite" and row["reason"] != "not_a_quantity":
        mean = _("全省 {mean}").format(mean=display.measured(place.province_mean, row["unit"]))
    return mean, "" if place.rank is None else _("全省第 {rank}").format(rank=rank_words(place))


def _standing_note(rows: Sequence[IndicatorRow]) -> tuple[str, ...]:
    """What the ranks under the CVs mean; nothing where there are none."""
    if not any(row.standing for row in rows):
        return ()
    return (_("“全省第”按差异系数从小到大排，第 1 为差异最小；“全省”为全省评估单位合计之比。"),)


def _mean(row: Row) -> str:
    """The county's mean; of yes and no the share of yes, or the mean number of them."""
    if row["reason"] == "not_a_quantity":
        return display.number(row["mean"], 2)
    return display.measured(row["mean"], row["unit"], absent=display.absence(row["reason"], display.NOT_REPORTED))


def common_norm(indicator: Indicator, year: int, stage: str) -> Decimal | None:
    """The norm that holds for all units; one by school type or area says nothing of the county's mean."""
    return in_force(tuple(norm for norm in indicator.norms if not (norm.school_types or norm.areas)), year, stage)


def is_on_wrong_side(indicator: Indicator, norm: Decimal | None, mean: float | None) -> bool:
    """Whether the county's mean lies on the wrong side of the norm."""
    if norm is None or mean is None:
        return False
    return mean > float(norm) if indicator.must_be == "at_most" else mean < float(norm)


def _trend_label(label: str, years: Sequence[int], row: Row) -> str:
    if not years:
        return ""
    text = _("{label}的差异系数，{first}–{last} 学年，最新 {cv}").format(
        label=label, first=years[0], last=years[-1], cv=display.coefficient(row["cv"])
    )
    return text if row["limit"] is None else text + _("，限值 {limit}").format(limit=display.bound(row["limit"]))


def _row_notes(county: CountyTables, standard: Standard, row: Row) -> list[str]:
    """What would mislead, said where it would: a hidden side of the limit, units left out, an undefined CV."""
    found = []
    is_partial = row["reason"] in display.PARTIAL
    hidden = None if is_partial else display.hidden_limit(row["cv"], row["limit"], row["status"])
    if hidden is not None:
        side = _("大于") if row["status"] == "not_met" else _("不大于")
        found.append(
            _("未舍入的差异系数为 {cv}，{side}限值 {limit}，舍入后看不出来；比较一律用未舍入的值。").format(
                cv=hidden, side=side, limit=display.bound(row["limit"])
            )
        )
    if is_partial and county.all.public is None:
        found += [_missing_note(county, standard, row), *bounds_note(row), *deciding_note(county, standard.id, row)]
    elif row["reason"] == "not_reported" and row["indicator"] == "composite":
        found.append(_("有指标{whole}未上报，没有综合差异系数。").format(whole=display.whole(county.name)))
    elif row["reason"] == "not_reported":
        found.append(_("{units} 个评估单位均未上报计算所需的数据。").format(units=display.count(row["units"])))
    elif row["reason"] is not None:
        found.append(ended(display.reason(row["reason"])))
    return found


def _missing_note(county: CountyTables, standard: Standard, row: Row) -> str:
    if row["indicator"] == "composite":
        return _("有指标的数据不全，综合差异系数只含已上报的评估单位。")
    stage, name = row["stage"], row["indicator"]
    values = county.values.get((standard.id, stage), {})
    units = county.units.get((standard.id, stage), {})
    left_out = [units[unit_id] for unit_id, cells in values.items() if cells[name]["value"] is None]
    known = [int(unit["pupils"]) for unit in left_out if unit["pupils"] is not None]
    fields = unreported_fields(county, left_out, stage, [(standard, name)])
    return _(
        "{units} 个评估单位中有 {missing} 个（{pupils} 名在校生）{lack}{fields}，"
        "平均值和差异系数只含其余 {reporting} 个。"
    ).format(
        lack=lack_word(county, left_out),
        fields=serial(fields) or _("计算所需的数据"),
        units=display.count(row["units"]),
        missing=display.count(row["units"] - row["units_reporting"]),
        pupils=display.count(sum(known)) if known else display.NOT_REPORTED,
        reporting=display.count(row["units_reporting"]),
    )


def _changes(county: CountyTables, standard: Standard, stage: str) -> tuple[str, ...]:
    """The common-school note: how many units stand in both years, which opened, which closed."""
    rows = [county.changes.get((standard.id, "county", stage, indicator.id)) for indicator in standard.indicators]
    known = [row for row in rows if row is not None and row["units_common"] is not None]
    if not known:
        return ()
    row = max(known, key=lambda row: row["units_common"])
    fewest = min(row["units_common"] for row in known)
    common = display.count(row["units_common"])
    if fewest < row["units_common"]:
        common = _("{fewest}–{most}").format(fewest=display.count(fewest), most=common)
    opened, closed = (county.moved.get((standard.id, series, stage), []) for series in ("opened", "closed"))
    said = [
        _("“同校”只含两年都有值的 {common} 个评估单位；新增 {opened} 个，减少 {closed} 个。").format(
            common=common,
            opened=display.count(row["units_opened"]),
            closed=display.count(row["units_closed"]),
        )
    ]
    if opened:
        said.append(_("新增：{names}。").format(names=display.listed(opened, _MOST_MOVED)))
    if closed:
        said.append(_("减少：{names}。").format(names=display.listed(closed, _MOST_MOVED)))
    return (together(said),)


def _years(county: CountyTables, standard: Standard, stage: str) -> list[int]:
    """School years of which the county has a row for the stage."""
    years: set[int] = set()
    for indicator in standard.indicators:
        years |= set(county.history.get((standard.id, stage, indicator.id), {}))
    return sorted(years)


def _series(
    county: CountyTables, standard: Standard, stage: str, years: Sequence[int], captions: Captions
) -> Series | None:
    """The CV of every indicator in every year; None where there is only one year."""
    if len(years) <= 1:
        return None
    rows = []
    for name in sentences.bound_names(standard):
        if name != "composite" and not standard.indicator(name).is_quantity:
            continue
        history = county.history.get((standard.id, stage, name), {})
        cell = (standard.id, stage, name)
        known = ((year, history.get(year)) for year in years)
        cvs = tuple(
            county.all.absence(*county.key, cell, year, display.NOT_REPORTED) if cv is None else display.coefficient(cv)
            for year, cv in known
        )
        rows.append(SeriesRow(label=sentences.indicator_label(standard, name), cvs=cvs))
    return Series(
        caption=captions.next(_("{county}{stage}历年差异系数").format(county=county.name, stage=display.stage(stage))),
        caption_note=_("{first}–{last} 学年，{standard}；无单位").format(
            first=years[0], last=years[-1], standard=sentences.short_title(standard)
        ),
        years=tuple(str(year) for year in years),
        rows=tuple(rows),
    )


def _school_rule(county: CountyTables, standard: Standard, stage: str, captions: Captions) -> SchoolRule | None:
    """The school rule's count and the units that fail it; None where the standard has no such rule."""
    if standard.school_rule is None:
        return None
    row = county.verdicts[standard.id, stage]
    verdicts = county.school_verdicts.get((standard.id, stage), {})
    failing = [unit for unit in verdicts.values() if unit["status"] == "not_met"]
    failing.sort(key=lambda unit: (-unit["indicators_not_met"], unit["unit_id"]))
    shown = failing[:_MOST_FAILING]
    caption = note = more = ""
    if shown:
        caption = captions.next(
            _("{county}{stage}未达到学校标准的评估单位").format(county=county.name, stage=display.stage(stage))
        )
        note = _("{year}，{standard}；未达标值之后是标准值，{floor} 为低于底线").format(
            year=display.school_year(county.year),
            standard=sentences.short_title(standard),
            floor=display.BELOW_FLOOR,
        )
    if len(failing) > len(shown):
        more = _("这里列出未达标指标最多的 {shown} 个；其余 {rest} 个见下面的学校明细表。").format(
            shown=len(shown), rest=len(failing) - len(shown)
        )
    units = county.values.get((standard.id, stage), {})
    return SchoolRule(
        sentence=sentences.school_fact(row, standard),
        rule=standard.school_rule.article,
        verdict=verdict(row["school_rule"]),
        caption=caption,
        caption_note=note,
        failing=tuple(_failing(unit, units.get(unit["unit_id"], {}), standard) for unit in shown),
        more=more,
    )


def _failing(unit: Row, cells: dict[str, Row], standard: Standard) -> FailingSchool:
    below, missing = [], []
    for indicator in standard.indicators:
        cell = cells.get(indicator.id)
        if cell is None:
            continue
        if cell["value"] is None:
            missing.append(spoken(indicator.label))
        elif cell["status"] == "not_met":
            below.append(
                _("{label} {value}{mark}（{norm}）").format(
                    label=spoken(indicator.label),
                    value=cell["text"],
                    mark=cell["mark"],
                    norm=display.bound(cell["norm"]),
                )
            )
    return FailingSchool(
        name=unit["school_name"],
        met=_("{met} / {total}").format(met=unit["indicators_met"], total=unit["indicators"]),
        below=semicolons(below) or display.NOT_APPLICABLE,
        missing=serial(missing) or display.NOT_APPLICABLE,
    )
