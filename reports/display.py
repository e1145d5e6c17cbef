"""How figures and codes are put into words: every number is rounded once, from its full value, half to even.

Sources of the decimals: official application forms (indicators and means 2, difference coefficients 3, rates 1 decimal,
people, rooms and yuan whole), GB/T 8170 for the rounding.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

from reports.language import SOURCE, labelled, language, marked, serial
from reports.language import gettext as _
from schemas import disclosure as withheld
from schemas import why as printed
from schemas.tables import codes

NOT_REPORTED = "…"
NOT_APPLICABLE = "—"
SUPPRESSED = "■"
"""A figure that the public edition withholds."""
BELOW_NORM = "▽"
BELOW_FLOOR = "▼"
CV_PLACES = printed.CV_PLACES
PERCENT_PLACES = 1
_MINUS = "\N{MINUS SIGN}"
_HIDDEN_PLACES = (5, 6, 8, 12, 17)
_FINE, _LARGE = 6, 1e9
"""Up to so many decimals and below this, neighbouring floats are closer than half a unit of the last decimal."""
_COARSE, _NEAR_HALF = 1e12, 1e-3
"""Below the first, a float errs by far less than the second of a unit."""
_WRITTEN = 4
"""No standard writes a limit with more decimals."""
_WHOLE = ("people", "pupils", "rooms", "classes", "schools", "computers", "volumes", "yuan", "year", "years")
PLACES = {"per_pupil": 4, "1": CV_PLACES, "percent": PERCENT_PLACES, "finding": 0} | dict.fromkeys(_WHOLE, 0)
"""The decimals of each unit that has not two."""

_STATUS_WORDS = {
    "met": marked("达标"),
    "not_met": marked("未达标"),
    "undetermined": marked("无法判定"),
    "not_eligible": marked("不得申报"),
    "not_recognised": marked("不予认定"),
    "not_applicable": marked("不适用"),
    "not_in_source": marked("原文未公布"),
    "no_limit": marked("不设限值"),
    "no_norm": marked("不设标准值"),
    "no_data": marked("无数据"),
    "withheld": marked("不公开"),
}
_DIRECTIONS = {
    "improving": marked("差异缩小"),
    "worsening": marked("差异扩大"),
    "mixed": marked("有升有降"),
    "steady": marked("不变"),
    "undetermined": marked("无法判定"),
}
_STANDINGS = {
    "counted": marked("计入"),
    "suspended": marked("停办"),
    "out_of_scope": marked("不在范围"),
    "listed": marked("仅列出"),
}
PARTIAL = ("missing_units", "bounds_within_limit", "bounds_over_limit")
"""Reasons of a coefficient over part of a county's units."""
_REASONS = {
    "suppressed": marked("不公开"),
    "not_reported": marked("计算所需的数据未上报"),
    "pupils_not_reported": marked("在校生数未上报"),
    "split_unknown": marked("学校各学段的在校生数不全，共用资源无法拆分"),
    "divided_by_zero": marked("分母为 0，比值没有意义"),
    "no_unit_in_scope": marked("没有计入的评估单位"),
    "missing_units": marked("部分评估单位未上报"),
    "bounds_within_limit": marked("部分评估单位未上报，取其范围内任何值都不超过限值"),
    "bounds_over_limit": marked("部分评估单位未上报，取其范围内任何值都超过限值"),
    "mean_is_zero": marked("全县平均值为 0，差异系数没有意义"),
    "single_school": marked("只有一个评估单位，差异系数为 0"),
    "not_a_quantity": marked("是或否的指标，没有差异系数"),
    "stage_missing": marked("缺少一个学段的数据"),
    "schools_and_limits": marked("有学校未达到学校标准，也有差异系数超过限值"),
    "schools_below": marked("有学校未达到学校标准"),
    "over_limit": marked("差异系数超过限值"),
    "no_year_before": marked("上一学年没有数据"),
    "series_break": marked("县的代码、区划或来源的覆盖范围变更，序列中断"),
    "no_pupils": marked("没有在校生"),
    "not_operating": marked("不在办学状态"),
    "school_type": marked("办学类型不在评估范围"),
    "operator": marked("举办者不在评估范围"),
    "teaching_point": marked("教学点不单独评估"),
    "small_teaching_point": marked("教学点人数低于单独评估的下限"),
    "parent_not_found": marked("不计校数的办学点，找不到所属学校，按自身计入"),
    "limit_not_kept": marked("未达到要求"),
    "contradiction": marked("县级自报与数据计算矛盾，按较差的一方计"),
    "said_not_met": marked("县级自报未达标"),
    "not_stated": marked("县级未报结论"),
    "school_said_otherwise": marked("有学校被县级单独报为未达到"),
    "limit_not_reported": marked("作为限值的数据未上报"),
    "rate_over_100": marked("比率超过 100%，不予采用"),
    "schools_fail": marked("有学校未达到"),
    "missing_schools": marked("部分学校未上报"),
    "kind_unknown": marked("学校类别未上报，无法判断是否适用"),
    "none_of_the_kind": marked("没有此类学校"),
    "mean_above": marked("平均值超过上限，必有班级超过"),
    "falls": marked("本身下降"),
    "no_base_standard": marked("没有本省的学校基本办学标准"),
    "other_standard_not_met": marked("所依据的标准未达标"),
    "other_standard_undetermined": marked("所依据的标准无法判定"),
    "norm_not_in_source": marked("标准值未见公开文本"),
    "below_floor": marked("有指标低于底线"),
    "too_many_below": marked("未达到标准值的指标过多"),
    "items_not_met": marked("有条目未达标"),
    "items_undetermined": marked("有条目无法判定"),
    "items_not_in_source": marked("部分条目未见公开文本"),
    "below_pass_mark": marked("最高可能得分低于合格分"),
    "too_few_items": marked("达标条目不足"),
    "gate_not_met": marked("门槛或申报前提未达到"),
    "veto_applies": marked("存在一票否决事项"),
    "parts_not_met": marked("有部分未达标"),
    "parts_undetermined": marked("有部分无法判定"),
    "more_than_points": marked("自评得分超过分值，不予采用"),
    "full_though_not_met": marked("未达标而自评满分"),
    "deduction_not_stated": marked("得分低于分值而未说明扣分理由"),
}
_COURSES = {
    "first": marked("首次列入，无上年可比"),
    "new": marked("新增"),
    "persistent": marked("持续未达标"),
    "resolved": marked("已整改到位"),
    "reopened": marked("再次未达标"),
    "met": marked("达标"),
    "undetermined": marked("无法判定"),
}
_ASSESSMENTS = {
    "self_evaluation": marked("自评"),
    "municipal_review": marked("市复核"),
    "provincial_evaluation": marked("省督导评估"),
    "national_recognition": marked("国家认定"),
    "annual_monitoring": marked("年度监测"),
}
_PROGRESS = {
    "done": marked("已完成"),
    "done_late": marked("逾期完成"),
    "open": marked("未到期"),
    "overdue": marked("逾期未完成"),
    "not_reported": marked("未上报"),
}
_RETURN_STATUSES = {
    "accepted": marked("全部收录"),
    "partly_accepted": marked("部分收录"),
    "superseded": marked("已被取代"),
    "refused": marked("拒收"),
    "ignored": marked("未读取"),
    "withdrawn": marked("已撤回"),
}
_LEVELS = {
    "file": marked("整个文件"),
    "row": marked("整行"),
    "cell": marked("单元格"),
}
_STAGES = {
    "primary": marked("小学"),
    "junior": marked("初中"),
    "senior": marked("高中"),
    "all": marked("全县"),
}
_WHOLES = {"县": marked("全县"), "区": marked("全区"), "市": marked("全市"), "": marked("全域")}
_COUNTED_UNITS = {
    "people": marked("人"),
    "computers": marked("台"),
    "volumes": marked("册"),
    "rooms": marked("间"),
    "classes": marked("班"),
    "m2": marked("㎡"),
    "yuan": marked("元"),
}
_SHARED_UNITS = {
    "per_100_pupils": (marked("每百名学生"), marked("{counted}/百生")),
    "per_pupil": (marked("每名学生"), marked("{counted}/生")),
}
"""Units that name what is counted where that is known."""
_UNIT_LABELS = {
    "m2_per_pupil": marked("㎡/生"),
    "yuan_per_pupil": marked("元/生"),
    "volumes_per_pupil": marked("册/生"),
    "pupils_per_class": marked("人/班"),
    "percent": marked("%"),
    "finding": marked("达标项数"),
    "1": marked("无单位"),
}
_AREAS = {
    "urban": marked("城区"),
    "town": marked("镇区"),
    "rural": marked("乡村"),
}


def number(value: float | None, places: int, *, absent: str = NOT_REPORTED) -> str:
    """The value with so many decimals and thousands separators, rounded half to even.

    The float is taken for the shortest decimal that it stands for: 6.595 is a tie, though its binary form is not.
    """
    if value is None:
        return absent
    if is_tie(value, places):
        text = f"{Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN):,f}"
    else:
        text = f"{value:,.{places}f}"
    if text[0] == "-":
        return text[1:] if text.strip("-0.") == "" else _MINUS + text[1:]
    return text


def is_tie(value: float, places: int) -> bool:
    """Whether the shortest decimal that the float stands for may lie halfway between two numbers of so many decimals.

    Only then, or where the digits asked for are finer than floats of its size, do the decimal and the float itself
    round to different sides. What cannot be told quickly counts as a tie: that costs time alone.
    """
    if places > _FINE or not -_LARGE < value < _LARGE:
        return True
    units = value * 10**places
    if -_COARSE < units < _COARSE and abs(units % 1 - 0.5) > _NEAR_HALF:
        return False
    written = repr(float(value))
    return "e" in written or (written[-1] == "5" and len(written) - written.index(".") == places + 2)


def signed(value: float | None, places: int, *, absent: str = NOT_REPORTED) -> str:
    """As `number`, with + or − before it; what rounds to nothing has no sign."""
    text = number(value, places, absent=absent)
    is_rise = value is not None and value > 0 and text.strip("0.") != ""
    return f"+{text}" if is_rise else text


def count(value: int | None, *, absent: str = NOT_REPORTED) -> str:
    """A whole number of people, schools, rows."""
    return absent if value is None else f"{value:,d}".replace("-", _MINUS)


def percent(share: float | None, *, absent: str = NOT_REPORTED) -> str:
    """A share (0 to 1) in percent with one decimal, from its exact value; a small one does not become a true 0."""
    if share is None:
        return absent
    exact = (Decimal(repr(float(share))) * 100).quantize(Decimal("0.1"), rounding=ROUND_HALF_EVEN)
    if exact == 0 and share != 0:
        return "<0.1%"
    if exact == Decimal(100) and share < 1:
        return ">99.9%"
    return f"{exact:,.1f}%".replace("-", _MINUS)


def exact_percent(share: Decimal) -> str:
    """A share that a standard sets, in percent, with the decimals that it has."""
    return f"{(share * 100).normalize():f}%"


def coefficient(cv: float | None, *, absent: str = NOT_APPLICABLE) -> str:
    """A difference coefficient with three decimals; undefined ones are not applicable."""
    return number(cv, CV_PLACES, absent=absent)


def bound(value: float | None, *, absent: str = NOT_APPLICABLE) -> str:
    """A norm, floor or limit as the standard writes it: two decimals, more only where it has more."""
    return absent if value is None else _bound(value)


@lru_cache(maxsize=1024)
def _bound(value: float) -> str:
    written = Decimal(repr(value))
    exponent = written.normalize().as_tuple().exponent
    return f"{written:,.{max(2, -int(exponent))}f}"


def measured(value: float | None, unit: str, *, absent: str = NOT_REPORTED) -> str:
    """The value or mean of an indicator with the decimals of its unit."""
    return number(value, places_of(unit), absent=absent)


def places_of(unit: str) -> int:
    """Decimals of a value: 2, but 4 of what is given per one pupil, 3 of a coefficient, 1 of a percentage.

    People, rooms, yuan and whatever else is counted are whole.
    """
    return PLACES.get(unit, 2)


def hidden_limit(cv: float | None, limit: float | None, status: str) -> str | None:
    """The CV with as many decimals as it takes to see its side of the limit, where three decimals hide it; else None.

    The status, decided from unrounded values, says which side it is on.
    """
    if cv is None or limit is None or status not in ("met", "not_met"):
        return None
    edge = Decimal(repr(limit))
    is_over = status == "not_met"

    def shows(places: int) -> bool:
        return (Decimal(f"{cv:.{places}f}") > edge) == is_over

    if shows(CV_PLACES):
        return None
    places = next((places for places in _HIDDEN_PLACES if shows(places)), _HIDDEN_PLACES[-1])
    return number(cv, places)


def school_year(year: int) -> str:
    """A school year by the year in which it begins."""
    if language() != SOURCE:
        return f"{year}/{(year + 1) % 100:02d}"
    return _("{year} 学年").format(year=year)


def school_year_long(year: int) -> str:
    """A school year with the day for which its figures stand."""
    return _("{year}/{next} 学年初（{year} 年 9 月 1 日）").format(year=year, next=year + 1)


def status_word(status: str) -> str:
    """The verdict in words."""
    return _(_STATUS_WORDS[status])


def status_symbol(status: str) -> str:
    """The sign that stands before the verdict's word, so that it is never told by colour alone."""
    return {
        "met": "✓",
        "not_met": "✕",
        "not_eligible": "✕",
        "not_recognised": "✕",
        "undetermined": "?",
        "no_data": NOT_REPORTED,
        "withheld": SUPPRESSED,
    }.get(status, NOT_APPLICABLE)


def direction(name: str) -> str:
    """The direction of a CV over three years."""
    return _(_DIRECTIONS[name])


def yes_no(*, value: bool | None) -> str:
    """是 or 否; a flag that cannot be known is 无法判定."""
    if value is None:
        return _("无法判定")
    return _("是") if value else _("否")


def stage(name: str) -> str:
    """A stage of schooling; `all` is the whole county."""
    return _(_STAGES[name])


def area(name: str | None) -> str:
    """Urban, town or rural."""
    if name is None:
        return NOT_REPORTED
    return _(_AREAS[name])


def unit_label(unit: str, resource: str = "") -> str:
    """The unit of an indicator's values, of which `resource` is the unit of what is counted (people, rooms).

    A unit that is not known here stands as the standard names it.
    """
    if unit in _SHARED_UNITS:
        alone, of_resource = _SHARED_UNITS[unit]
        if resource in _COUNTED_UNITS:
            return _(of_resource).format(counted=_(_COUNTED_UNITS[resource]))
        return _(alone)
    return _(_UNIT_LABELS[unit]) if unit in _UNIT_LABELS else unit


def counted(unit: str) -> str:
    """What is counted: people, volumes, square metres; a unit that is not known here stands as it is."""
    return _(_COUNTED_UNITS[unit]) if unit in _COUNTED_UNITS else unit


def standing(name: str) -> str:
    """Whether a unit counts."""
    return _(_STANDINGS[name])


def absence(reason: str | None, otherwise: str) -> str:
    """The sign of a figure that is not there: that it is withheld where the reason says so."""
    return SUPPRESSED if reason == withheld.SUPPRESSED else otherwise


def cv_change(row: Mapping[str, Any] | None) -> str:
    """How a CV changed since the year before, by its row of `year_over_year`; — where there is none."""
    if row is None:
        return NOT_APPLICABLE
    return signed(row["cv_change"], CV_PLACES, absent=absence(row["reason"], NOT_APPLICABLE))


def reason(name: str | None, *, absent: str = NOT_APPLICABLE) -> str:
    """Why a figure is missing, a unit does not count, or a verdict is what it is: a short sentence.

    A reason that has no sentence here stands as it is.
    """
    if name is None:
        return absent
    return _(_REASONS[name]) if name in _REASONS else name


def return_status(name: str) -> str:
    """What became of a file of the inbox."""
    return _(_RETURN_STATUSES[name])


def refused_level(name: str) -> str:
    """What is refused: a whole file, a row or a cell."""
    return _(_LEVELS[name])


def origin(file: str, sheet: str | None, row: int | None, *, whole_path: bool = False) -> str:
    """Where a figure was read: file, sheet and row as the file numbers it."""
    if not file:
        return NOT_APPLICABLE
    name = file if whole_path else file.rpartition("/")[2]
    if row is None:
        return name
    if sheet is None:
        return _("{file} 第 {row} 行").format(file=name, row=row)
    return _("{file} 工作表“{sheet}”第 {row} 行").format(file=name, sheet=sheet, row=row)


def listed(names: Sequence[str], most: int = 0) -> str:
    """Names one after the other; beyond `most` (0 for all) only their number is said."""
    if most and len(names) > most:
        return _("{names}等 {count} 个").format(names=serial(names[:most]), count=len(names))
    return serial(names)


def province(code: str, *, is_synthetic: bool = False) -> str:
    """The province of a code (GB/T 2260); one that the code list does not know is invented, or stands as its code."""
    names = {entry["code"]: labelled(entry) for entry in codes("provinces")}
    if code in names:
        return names[code]
    return _("示例省") if is_synthetic else _("省级代码 {code}").format(code=code)


def rounded(value: float, places: int) -> float:
    """The value as `number` prints it, as a number again: what a workbook's cell holds."""
    return float(Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN))


def telling_places(value: float, limit: float | None, places: int, must_be: str, status: str) -> int:
    """`places`, or as many decimals more as it takes to see on which side of its limit the value lies.

    The status, decided from unrounded values, says which side that is.
    """
    if limit is None or status not in ("met", "not_met") or abs(value - limit) > 10.0**-places:
        return places
    edge, exact = Decimal(repr(float(limit))), Decimal(repr(float(value)))

    def shows(decimals: int) -> bool:
        seen = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_EVEN)
        lies = {"at_least": seen >= edge, "at_most": seen <= edge, "above": seen > edge, "below": seen < edge}
        return lies[must_be] == (status == "met")

    return next((decimals for decimals in range(places, _HIDDEN_PLACES[-1]) if shows(decimals)), places)


def course(name: str) -> str:
    """What became of a row of the ledger since the year before."""
    return _(_COURSES[name])


def assessment(name: str) -> str:
    """A stage of the assessment."""
    return _(_ASSESSMENTS[name])


def progress(name: str) -> str:
    """Where a stage of the assessment stands."""
    return _(_PROGRESS[name])


def written_places(value: float) -> int:
    """The decimals that a limit has, as the standard writes it: none where it is whole."""
    return max(0, -int(Decimal(repr(float(value))).normalize().as_tuple().exponent))


def file_size(file_bytes: int, form: str) -> str:
    """The form of a file and its size in kilobytes of 1,000 bytes, at least one."""
    return f"{form.upper()} {max(1, round(file_bytes / 1000)):,} KB"


def day(date: dt.date | None, *, absent: str = NOT_REPORTED) -> str:
    """A date as the forms write it."""
    if date is None:
        return absent
    return _("{year} 年 {month} 月 {day} 日").format(year=date.year, month=date.month, day=date.day)


def plain(value: float | None, *, absent: str = NOT_REPORTED) -> str:
    """A number as it is written: with the decimals that it has, and no others."""
    return absent if value is None else number(value, written_places(value))


def whole(name: str) -> str:
    """The whole of a county, as its own name says what it is: 全县, 全区, 全市; else 全域."""
    return _(_WHOLES.get(name[-1:], _WHOLES[""]))


def limit_places(limit: float, unit: str, value: float | None = None) -> int:
    """The decimals of a limit: those that its standard writes; of one that is itself computed those of its unit.

    A computed one has as many more as it takes to see that the value is not the limit.
    """
    written = written_places(limit)
    places = places_of(unit)
    if written <= max(_WRITTEN, places):
        return written
    if value is None or value == limit:
        return places
    apart = (more for more in range(places, _HIDDEN_PLACES[-1]) if rounded(limit, more) != rounded(value, more))
    return next(apart, places)


def origins(file: str, sheet: str | None, rows: Sequence[int]) -> str:
    """Where several figures were read: file, sheet and rows as the file numbers them."""
    name = PurePosixPath(file).name
    if not rows:
        return name
    numbers = serial(str(row) for row in rows)
    if sheet is None:
        return _("{file} 第 {rows} 行").format(file=name, rows=numbers)
    return _("{file} 工作表“{sheet}”第 {rows} 行").format(file=name, sheet=sheet, rows=numbers)
