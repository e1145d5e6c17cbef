"""An explanation as lines of text, in the language spoken: what `junheng explain` prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reports import display
from reports.explanation import Article, Explanation, Figure, Input, Step, Unit, shown
from reports.language import gettext as _
from reports.language import half, headed, marked, semicolons, serial, spoken
from reports.requirement import unit_words

_ARTICLES = {
    "indicator": marked("指标"),
    "scope": marked("计入范围"),
    "split": marked("共用资源的拆分"),
    "norm": marked("标准值"),
    "school_rule": marked("学校标准"),
    "limit": marked("差异系数限值"),
    "relaxation": marked("放宽条款"),
}
_CONFIDENCE = {
    "official": marked("正式文本"),
    "secondary": marked("转引一处"),
    "inferred": marked("本系统推定"),
    "provincial": marked("本省设定"),
}


def lines(explanation: Explanation) -> Iterator[str]:
    """The figures one after the other, without an end of line."""
    for number, figure in enumerate(explanation.figures):
        if number:
            yield ""
        yield from _figure(figure, explanation.edition)


def _figure(figure: Figure, edition: str) -> Iterator[str]:
    place = _("{county}（{code}）").format(county=figure.county_name, code=figure.county_code)
    about = f"{display.stage(figure.stage)} {spoken(figure.label)}"
    yield f"{place} {display.school_year_long(figure.school_year)} {about}"
    for head, said in (
        (_("标准"), f"{spoken(figure.document)} [{figure.standard}]"),
        (_("结果"), _result(figure)),
        (_("版次"), edition),
    ):
        yield f"  {headed(head, said)}"
    if figure.steps:
        yield _("计算过程")
        yield from (f"  {_step(step)}" for step in figure.steps)
    if figure.county.units_reporting < figure.county.units:
        yield f"  {_bounds(figure)}"
    yield _("依据的条款")
    yield from (f"  {_article(article)}" for article in figure.articles)
    if figure.standard_file is not None:
        yield f"  {_standard_file(figure)}"
    if figure.units:
        yield _("评估单位和所用数据")
    for unit in figure.units:
        yield from _unit(unit, figure)
    yield from _registers(figure)
    if figure.files:
        yield _("文件")
    for file in figure.files:
        received = display.day(file.received_on, absent=_("未记录"))
        yield f"  {file.file}  [{file.layout}]  {display.file_size(file.size_bytes, file.format or '')}"
        yield f"    SHA-256 {file.sha256}"
        yield "    " + headed(_("首次收到"), received)


def _result(figure: Figure) -> str:
    """The figure itself: of a school its value against the norm, of a county its coefficient against the limit."""
    if figure.school_id is not None and len(figure.units) == 1:
        return _value(figure.units[0], figure)
    county = figure.county
    parts = [headed(_("差异系数"), shown(county.cv))]
    if county.limit is not None:
        parts.append(headed(_("限值"), display.bound(county.limit)))
    parts.append(display.status_word(county.status))
    if county.reason is not None:
        parts.append(display.reason(county.reason))
    return semicolons(parts)


def _value(unit: Unit, figure: Figure) -> str:
    if unit.standing != "counted":
        return semicolons([display.standing(unit.standing), display.reason(unit.reason)])
    parts = [f"{shown(unit.value)} {display.unit_label(figure.unit)}"]
    if unit.norm is not None:
        parts.append(headed(_("标准值"), display.bound(unit.norm)))
    if unit.floor is not None:
        parts.append(headed(_("底线"), display.bound(unit.floor)))
    if unit.status is not None:
        parts.append(display.status_word(unit.status))
    if unit.why is not None:
        parts.append(display.reason(unit.why))
    return semicolons(parts)


def _step(step: Step) -> str:
    parts = [f"{step.symbol} = {step.formula}", step.with_numbers, shown(step.result)]
    return headed(spoken(step.label), " = ".join(part for part in parts if part))


def _bounds(figure: Figure) -> str:
    county = figure.county
    return _("{reporting}/{units} 个评估单位有值；未上报者取其范围内任何值，差异系数在 {low} 到 {high} 之间").format(
        reporting=county.units_reporting,
        units=county.units,
        low=shown(county.cv_low),
        high="∞" if county.cv_high is None else shown(county.cv_high),
    )


def _article(article: Article) -> str:
    notes = [] if article.value is None else [article.value]
    if article.since is not None:
        notes.append(_("自 {day} 起").format(day=display.day(article.since)))
    notes += [half(article.text), _(_CONFIDENCE[article.confidence])]
    return headed(_(_ARTICLES[article.of]), semicolons(notes))


def _standard_file(figure: Figure) -> str:
    file = figure.standard_file
    assert file is not None
    said = headed(_("标准文件"), f"{file.file}  SHA-256 {file.sha256}")
    if file.sha256_then is not None and file.sha256_then != file.sha256:
        said = semicolons(
            [said, _("计算时用的是另一份（SHA-256 {sha256}），以上条款可能已经不同").format(sha256=file.sha256_then)]
        )
    return said


def _unit(unit: Unit, figure: Figure) -> Iterator[str]:
    yield f"  {unit.school_name} {unit.unit_id}  {headed(display.standing(unit.standing), _value(unit, figure))}"
    if unit.step is not None:
        yield f"    {_step(unit.step)}"
    if unit.variance_share is not None:
        yield "    " + _("占方差 {share}；剔除后差异系数 {cv}").format(
            share=display.percent(unit.variance_share), cv=shown(unit.cv_without)
        )
    split = unit.split
    if split is not None and split.denominator is not None and split.numerator != split.denominator:
        yield "    " + _(
            "共用资源按小学、初中、高中 {weights} 的加权在校生数拆分，本单位占 {numerator}/{denominator}"
        ).format(weights=" : ".join(split.weights.values()), numerator=split.numerator, denominator=split.denominator)
    if unit.merged_sites:
        yield "    " + _("并入 {count} 个不计校数的办学点").format(count=unit.merged_sites)
    if unit.relaxation is not None:
        yield "    " + headed(_("适用的放宽条款"), unit.relaxation)
    if unit.standing != "counted":
        yield from (f"    {origin}" for origin in dict.fromkeys(_origin(one) for one in unit.inputs))
        return
    is_split = split is not None and split.numerator != split.denominator
    for one in unit.inputs:
        if is_split or one.roles != ("split",):
            yield f"    {_input(one)}"


def _input(one: Input) -> str:
    """A field, its value, and the cell that it was read from."""
    value = _("未上报") if one.value is None else f"{one.value}{_unit_words(one.unit)}"
    said = f"{spoken(one.label)} {one.column} = {value}  ←  {_place(one)}"
    notes = []
    if one.is_of_site:
        notes.append(_("并入的办学点 {school}").format(school=one.school_id))
    if one.factor not in (None, 1):
        notes.append(_("单元格 × {factor}").format(factor=one.factor))
    if one.correction is not None:
        notes.append(_("已按更正 {correction} 改正").format(correction=one.correction))
    if one.refused is not None:
        notes.append(
            _("单元格原为“{value}”，因规则 {rule} 拒收").format(value=one.refused.value or "", rule=one.refused.rule)
        )
    if one.symbols and one.value is None and one.refused is None:
        notes.append(_("空白或表示未上报的符号（{symbols}）").format(symbols=one.symbols))
    return f"{said}  [{semicolons(notes)}]" if notes else said


def _unit_words(unit: str) -> str:
    return spoken(unit_words(unit)) if unit else ""


def _origin(one: Input) -> str:
    return display.origin(one.file, one.sheet, one.row, whole_path=True)


def _place(one: Input) -> str:
    """File, sheet, row and column; of a formed field the columns that it is the sum of."""
    origin = _origin(one)
    if one.kind == "formed":
        columns = serial(_column(part.position, part.cell, part.header) for part in one.parts)
        return _("{origin}，合计 {columns}").format(origin=origin, columns=columns)
    if one.kind == "constant":
        return _("{origin}，版式规定").format(origin=origin)
    if one.position is None:
        return _("{origin}，该文件没有这一列").format(origin=origin)
    return _("{origin} {column}").format(origin=origin, column=_column(one.position, one.cell, one.header))


def _column(position: int | None, cell: str | None, header: str | None) -> str:
    if position is None:
        return _("（无此列）")
    if cell is not None:
        return _("第 {position} 列（{cell}）“{header}”").format(position=position, cell=cell, header=header)
    return _("第 {position} 列“{header}”").format(position=position, header=header)


def _registers(figure: Figure) -> Iterator[str]:
    """Corrections, what the register of schools says, and what the county says of schools."""
    if figure.corrections:
        yield _("更正")
    for one in figure.corrections:
        before, after = (_("未上报") if value is None else value for value in (one.value_before, one.value))
        origin = display.origin(one.file, one.sheet, one.row, whole_path=True)
        said = _("{correction}：{school} {field} {before} → {after}；{origin}；{reason}；{document}").format(
            correction=one.correction,
            school=one.school_name or "",
            field=spoken(one.label),
            before=before,
            after=after,
            origin=origin,
            reason=one.reason,
            document=one.document,
        )
        refused = _("更正后的值未通过校验")
        yield f"  {said}" if one.is_kept is not False else f"  {said}  [{refused}]"
    yield from _listed(
        _("沿革"),
        [
            semicolons(
                [
                    one.school_id,
                    *(
                        [headed(_("沿革码"), one.lineage_id)]
                        if one.lineage_id and one.lineage_id != one.school_id
                        else []
                    ),
                    *(word for word in (one.change, one.event) if word),
                    *([display.day(one.event_date)] if one.event_date else []),
                    *(word for word in (one.document, one.reason) if word),
                ]
            )
            for one in figure.lineage
        ],
    )
    yield from _listed(
        _("县级所报"),
        [
            semicolons(
                [
                    f"{one.school_id} {one.fact}",
                    display.yes_no(value=one.finding),
                    *([one.evidence] if one.evidence else []),
                    display.origin(one.file, one.sheet, one.row, whole_path=True),
                ]
            )
            for one in figure.said
        ],
    )


def _listed(head: str, said: Sequence[str]) -> Iterator[str]:
    if said:
        yield head
        yield from (f"  {line}" for line in said)
