"""Which schools make the gap: shares of the county's variance, for the indicator that matters most."""

from __future__ import annotations

from collections.abc import Sequence

from reports import charts, display, sentences
from reports.captions import Captions
from reports.language import gettext as _
from reports.model import Gap, Share, Strip
from reports.year import CountyTables, Row
from standards.standard import Standard

_SHOWN = 4
_MOST_OF_IT = 0.5


def gap(county: CountyTables, standard: Standard, stage: str, captions: Captions) -> Gap | None:
    """The schools with the largest shares of the variance; None where all are equal or a school stands alone."""
    chosen = sentences.most_important(county, standard, stage)
    if chosen is None or not chosen["cv"]:
        return None
    shares = [row for row in county.shares.get((standard.id, stage), []) if row["variance_share"] is not None]
    if len(shares) <= 1:
        return None
    label = sentences.indicator_label(standard, chosen["indicator"])
    message = _message(shares, label, is_by_class=standard.indicator(chosen["indicator"]).denominator == "classes")
    place = {"county": county.name, "stage": display.stage(stage), "label": label}
    figure = captions.next_figure(
        _("{year}{county}各{stage}的{label}").format(year=display.school_year(county.year), **place)
    )
    return Gap(
        indicator=label,
        message=message,
        caption=captions.next(_("{county}{stage}：{label}的差异由哪些学校造成").format(**place)),
        caption_note=_("{year}；各校占加权方差的份额，合计 100.0%").format(year=display.school_year(county.year)),
        strip=_strip(county, standard, stage, chosen, shares[0], message=message, subtitle=figure),
        shares=_rows(shares),
    )


def _message(shares: Sequence[Row], label: str, *, is_by_class: bool) -> str:
    """The fewest schools, at most four, that make half of the variance, and their weight."""
    shown, total = 0, 0.0
    while shown < _SHOWN and shown < len(shares) and total < _MOST_OF_IT:
        total += shares[shown]["variance_share"]
        shown += 1
    top = shares[:shown]
    words = {
        "label": label,
        "share": display.percent(total),
        "weight": display.percent(sum(row["weight_share"] for row in top)),
        "of": _("班级") if is_by_class else _("在校生"),
    }
    if shown == 1:
        return _("{name}一校占{label}差异的 {share}，{of}占 {weight}").format(name=top[0]["school_name"], **words)
    return _("{count} 所学校占{label}差异的 {share}，{of}占 {weight}").format(count=shown, **words)


def _rows(shares: Sequence[Row]) -> tuple[Share, ...]:
    top, rest = shares[:_SHOWN], shares[_SHOWN:]
    widest = max([row["variance_share"] for row in top] + [sum(row["variance_share"] for row in rest)])

    def bar(share: float) -> str:
        return f"{100 * share / widest:.1f}%" if widest else "0%"

    rows = [
        Share(
            name=row["school_name"],
            share=display.percent(row["variance_share"]),
            bar=bar(row["variance_share"]),
            is_rest=False,
            value=display.measured(row["value"], row["unit"]),
            side=_side(row),
            weight=display.percent(row["weight_share"]),
            cv_without=display.coefficient(row["cv_without"]),
        )
        for row in top
    ]
    if rest:
        share = sum(row["variance_share"] for row in rest)
        rows.append(
            Share(
                name=_("其余 {count} 个合计").format(count=display.count(len(rest))),
                share=display.percent(share),
                bar=bar(share),
                is_rest=True,
                value=display.NOT_APPLICABLE,
                side=display.NOT_APPLICABLE,
                weight=display.percent(sum(row["weight_share"] for row in rest)),
                cv_without=display.NOT_APPLICABLE,
            )
        )
    return tuple(rows)


def _side(row: Row) -> str:
    if row["value"] == row["mean"]:
        return _("等于平均")
    return _("高于平均") if row["value"] > row["mean"] else _("低于平均")


def _strip(
    county: CountyTables, standard: Standard, stage: str, chosen: Row, largest: Row, *, message: str, subtitle: str
) -> Strip:
    """Every reporting school along the indicator, with norm and floor, or the mean where there is no norm."""
    units = county.units.get((standard.id, stage), {})
    values = {
        unit_id: cell
        for unit_id, unit in county.values.get((standard.id, stage), {}).items()
        if (cell := unit[chosen["indicator"]])["value"] is not None
    }
    cells, reporting = list(values.values()), [units[unit_id] for unit_id in values]
    areas = [area for area in ("urban", "town", "rural", None) if any(unit["area"] == area for unit in reporting)]
    has_areas = areas != [None]
    lanes = {area: (display.area(area) if has_areas else "") for area in areas}
    sites = [
        charts.Site(unit["school_name"], cell["value"], unit["pupils"] or 0, unit["area"] or "any", lanes[unit["area"]])
        for unit, cell in zip(reporting, cells, strict=True)
    ]
    marks = []
    if cells and cells[0]["norm"] is not None:
        marks.append(
            charts.Mark(cells[0]["norm"], _("标准 {norm}").format(norm=display.bound(cells[0]["norm"])), "norm")
        )
    if cells and cells[0]["floor"] is not None and standard.school_rule is not None:
        words = _("{share} 底线 {floor}").format(
            share=display.exact_percent(standard.school_rule.floor_share), floor=display.bound(cells[0]["floor"])
        )
        marks.append(charts.Mark(cells[0]["floor"], words, "floor"))
    if not marks:
        words = _("全县平均 {mean}").format(mean=display.measured(chosen["mean"], chosen["unit"]))
        marks.append(charts.Mark(chosen["mean"], words, "mean"))
    return charts.strip(
        sites,
        marks,
        list(lanes.values()),
        named=largest["school_name"],
        message=message,
        subtitle=_("{figure}（{unit}）；圆的面积表示在校生数").format(
            figure=subtitle, unit=sentences.unit_words(standard, chosen["indicator"], stage)
        ),
        description=_("每个圆是一个评估单位，共 {count} 个；竖线是{marks}。数据见学校明细表。").format(
            count=len(sites), marks=display.listed([mark.label for mark in marks])
        ),
    )
