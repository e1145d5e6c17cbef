"""Figures worth one more question (值得再问一句的数): each as a neutral question, with its evidence."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from reports import display, sentences
from reports.captions import Captions
from reports.language import gettext as _
from reports.language import labelled, marked, serial
from reports.model import Course
from reports.province_tables import ProvinceTables
from reports.year import CountyTables, Row, YearTables, records
from schemas.integrity import KINDS
from schemas.integrity_rules import integrity_rules
from schemas.tables import school_fields

_MOST = 40
_MOST_COUNTIES = 12
_GROUPS = {"pupils": marked("各年级在校生数"), "resources": marked("图书、计算机、设备值和经费")}
_TIES = {"group": marked("同组"), "parent": marked("主校与校区、教学点"), "name": marked("同名")}
_REASONS = {
    "bunching": marked("县里按标准值统一配齐；按标准值测算需求后购置或调配"),
    "heaping": marked("按整数额度拨款或购置；按估算填报而没有清点"),
    "copy": marked("上年数据作底本、本年尚未更新；各年级每年按固定名额招满；学校规模确实没有变化"),
    "unit_slip": marked("计量单位或小数点之误；新建、扩建或移交校舍；统计口径改变"),
    "spike": marked("当年填报有误，次年已改；借用、租用一年；基建期间临时变动"),
    "sister_move": marked("集团内调配、校区调整或移交，以后有文件可查；资产登记由一校改到另一校"),
}
"""What may lie behind each kind of signal though nothing is wrong, or only a slip of the pen."""


def integrity_course(county: CountyTables, captions: Captions) -> tuple[Course, ...]:
    """The questions about the county's figures; nothing where there is none."""
    rows = sorted(records(county.frame("integrity_signals")), key=lambda row: KINDS.index(row["kind"]))
    if not rows:
        return ()
    shown = rows[:_MOST]
    notes = [
        _("这些是问题，不是结论：表中的数都已照常采用。各信号的算法、参数和误报率见 docs/integrity.md。"),
    ]
    if len(rows) > len(shown):
        notes.append(
            _("共 {count} 处，这里列出前 {shown} 处；全部见表 integrity_signals。").format(
                count=display.count(len(rows)), shown=display.count(len(shown))
            )
        )
    return (
        Course(
            anchor="integrity",
            title=_("值得再问一句的数"),
            sentences=(
                _("{county}有 {count} 处数字与同县其他学校或以前学年的样子不同，值得再问一句。").format(
                    county=county.name, count=display.count(len(rows))
                ),
            ),
            caption=captions.next(_("{county}值得再问一句的数").format(county=county.name)),
            caption_note=display.school_year(county.year),
            columns=(_("学校或县"), _("数字"), _("想再问一句"), _("可能的平常原因"), _("出处")),
            numbers=(False,) * 5,
            rows=tuple(
                (
                    row["school_name"] if row["subject"] == "school" else county.name,
                    figure_label(county.all, row),
                    question(row),
                    _(_REASONS[row["kind"]]),
                    _("全县各校") if row["file"] is None else display.origin(row["file"], row["sheet"], row["row"]),
                )
                for row in shown
            ),
            notes=tuple(notes),
        ),
    )


def figure_label(tables: YearTables, row: Row) -> str:
    """What the signal is about, in words: a field of the return, an indicator of a standard, a group of fields."""
    if row["kind"] == "bunching":
        standard = tables.standards.get(row["standard"])
        if standard is None:
            return str(row["figure"])
        label = sentences.of_stage(row["stage"], sentences.indicator_label(standard, row["figure"]))
        return _("{label}（{standard}）").format(label=label, standard=sentences.short_title(standard))
    if row["kind"] == "copy":
        return _(_GROUPS[row["figure"]])
    labels = {entry["column"]: labelled(entry) for entry in school_fields()}
    return str(labels.get(row["figure"], row["figure"]))


def question(row: Row) -> str:
    """The question that a signal asks, with the figures that ask it."""
    return _ASKED[row["kind"]](row)


def _bunching(row: Row) -> str:
    return _(
        "{examined} 个评估单位中有 {found} 个恰好达到标准值 {norm} 而不超出 {band}；"
        "按其余单位的分布，预期约 {expected} 个。这些单位的数是怎样得出的？"
    ).format(
        examined=display.count(row["examined"]),
        found=display.count(row["found"]),
        norm=display.plain(row["reference"]),
        band=display.percent(integrity_rules().bunching.band),
        expected=display.number(row["expected"], 1),
    )


def _heaping(row: Row) -> str:
    whole = integrity_rules().columns[row["figure"]].whole
    return _(
        "{examined} 个数中有 {found} 个是 {base} 的倍数，末位均匀时预期 {expected} 个。是清点的数还是约数？"
    ).format(
        examined=display.count(row["examined"]),
        found=display.count(row["found"]),
        base=display.plain(row["factor"] * whole),
        expected=display.number(row["expected"], 1),
    )


def _copy(row: Row) -> str:
    return _(
        "可比的 {examined} 个数与{before}学年完全相同；按全省学校的情况，预期相同约 {expected} 个。本年的数重新填报过吗？"
    ).format(
        examined=display.count(row["examined"]),
        before=row["first_year"],
        expected=display.number(row["expected"], 1),
    )


def _unit_slip(row: Row) -> str:
    is_above = row["ratio"] >= 1
    words = {
        ("years", True): _(
            "{year} 学年 {value}，是以前 {examined} 个学年中位数 {reference} 的 {ratio} 倍，接近 {factor} 倍。单位或小数点对吗？"
        ),
        ("years", False): _(
            "{year} 学年 {value}，是以前 {examined} 个学年中位数 {reference} 的 {ratio} 分之一，接近 {factor} 分之一。"
            "单位或小数点对吗？"
        ),
        ("county", True): _(
            "{year} 学年 {value}；按同县 {examined} 所学校生均中位数推算约 {reference}，前者是后者的 {ratio} 倍，"
            "接近 {factor} 倍。单位对吗？"
        ),
        ("county", False): _(
            "{year} 学年 {value}；按同县 {examined} 所学校生均中位数推算约 {reference}，前者是后者的 {ratio} 分之一，"
            "接近 {factor} 分之一。单位对吗？"
        ),
    }
    is_own = row["basis"] == "years"
    return words[row["basis"], is_above].format(
        year=row["value_year"],
        value=display.plain(row["value"]),
        examined=display.count(row["examined"]),
        reference=display.plain(row["reference"]) if is_own else display.number(row["reference"], 0),
        ratio=display.number(row["ratio"] if is_above else 1 / row["ratio"], 1),
        factor=display.plain(row["factor"]),
    )


def _spike(row: Row) -> str:
    return _(
        "{before_year} 学年 {before}，{year} 学年 {value}，{after_year} 学年又是 {after}。{year} 学年的数对吗？"
    ).format(
        before_year=row["value_year"] - 1,
        before=display.plain(row["value_before"]),
        year=row["value_year"],
        value=display.plain(row["value"]),
        after_year=row["value_year"] + 1,
        after=display.plain(row["value_after"]),
    )


def _sister_move(row: Row) -> str:
    return _(
        "由 {before} 减为 {value}，{other}（{tie}）同年由 {other_before} 增为 {other_value}。是否有实物或人员从前者移到后者？"
    ).format(
        before=display.plain(row["value_before"]),
        value=display.plain(row["value"]),
        other=row["other_school_name"],
        tie=_(_TIES[row["tie"]]),
        other_before=display.plain(row["other_value_before"]),
        other_value=display.plain(row["other_value"]),
    )


_ASKED: dict[str, Callable[[Row], str]] = {
    "bunching": _bunching,
    "heaping": _heaping,
    "copy": _copy,
    "unit_slip": _unit_slip,
    "spike": _spike,
    "sister_move": _sister_move,
}


def counties_asked(area: ProvinceTables) -> list[str]:
    """How many questions each county of the province has, the most first, in one sentence; none where there are none."""
    counts = (
        area.all.table("integrity_signals")
        .filter(pl.col("source") == area.source, pl.col("province_code") == area.province)
        .group_by("county_code", "county_name")
        .agg(pl.len().alias("signals"))
        .sort("signals", "county_code", descending=[True, False])
    )
    if counts.is_empty():
        return []
    named = [
        _("{county} {count} 处").format(county=area.names.get(code, name), count=display.count(signals))
        for code, name, signals in counts.head(_MOST_COUNTIES).iter_rows()
    ]
    more = _("等") if counts.height > len(named) else ""
    return [
        _("{counties} 个县级单位有值得再问一句的数：{named}{more}，见各县页面。").format(
            counties=display.count(counts.height), named=serial(named), more=more
        )
    ]
