"""The pages of method on the site: how each standard in force measures and judges, and the formula that they share.

What is measured, by which formula, norm and limit and from when; what is asked beyond it; how sure the text is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from math import sqrt
from typing import NamedTuple

from reports import display
from reports.captions import Captions
from reports.language import bracketed, ended, headed, labelled, language, semicolons, serial, spoken, together
from reports.language import gettext as _
from reports.methodology import CONFIDENCE, LATEST, ROLES, RULES, TEACHING_POINTS, plain
from reports.model import Link, MethodPage, MethodRow, MethodSection, MethodTable, stamped
from reports.origins import colophon, source_name
from reports.requirement import SIDES, field_label, formula, in_words, label_of, where_words
from schemas.columns import STAGES
from schemas.source import Source
from schemas.tables import codes
from standards.items import Bounded, Check, EverySchool, FactCheck, Item, Part, Relaxation, Total
from standards.standard import Indicator, Standard
from standards.values import Confidence, Limits, Words, of_stage

EXAMPLE = ((45, 279), (37, 137), (89, 935), (76, 160), (55, 402))
"""Pupils and books of five schools, published as a worked example of the official method."""
EXAMPLE_SOURCE = "m.777doc.com/doc-2019910.html"
_NONE = "—"


class Figures(NamedTuple):
    """The weighted mean, the weighted standard deviation and the difference coefficient of some schools."""

    mean: float
    deviation: float
    cv: float


def worked(schools: Sequence[tuple[int, int]]) -> Figures:
    """Mean, S and CV of schools, each its pupils and its resource, step by step as the formula has it."""
    pupils = sum(school[0] for school in schools)
    mean = sum(school[1] for school in schools) / pupils
    deviation = sqrt(sum(count / pupils * (own / count - mean) ** 2 for count, own in schools))
    return Figures(mean, deviation, deviation / mean)


def method_pages(
    standards: Mapping[str, Standard], sources: Mapping[str, Source], *, is_synthetic: bool
) -> Iterator[MethodPage]:
    """The page over all standards, then each standard's, in the order of their ids, in the language spoken."""
    yield _index(standards, sources, is_synthetic=is_synthetic)
    for standard in standards.values():
        yield _standard(standard, standards, sources, is_synthetic=is_synthetic)


def _banner(*, is_synthetic: bool) -> str:
    if not is_synthetic:
        return ""
    return _("合成数据。本站的县、学校和数字都是虚构的；本页只写标准，不含这些数据。")


def _index(standards: Mapping[str, Standard], sources: Mapping[str, Source], *, is_synthetic: bool) -> MethodPage:
    captions = Captions()
    found = worked(EXAMPLE)
    example = _table(
        captions.next(_("算例：五所学校")),
        headed(_("出处"), EXAMPLE_SOURCE),
        ((_("学校"), False), (_("在校生数 P"), True), (_("图书册数 r"), True), (_("生均册数 x"), True)),
        (
            (_("学校 {number}").format(number=place), f"{pupils}", f"{books}", f"{books / pupils:.4f}")
            for place, (pupils, books) in enumerate(EXAMPLE, 1)
        ),
    )
    rows = [
        MethodRow(
            cells=(
                (spoken(standard.title), standard.id),
                (spoken(standard.document),),
                (_places(standard, sources),),
                (f"{len(standard.indicators)}",),
                (f"{len(standard.items)}",),
            ),
            href=f"{standard.id}.html",
        )
        for standard in standards.values()
    ]
    columns = (_("标准"), _("标准文件"), _("用于"), _("指标"), _("条目"))
    listed = MethodTable(
        caption=captions.next(_("各标准")),
        caption_note=_("指标、条目的单位：个"),
        columns=columns,
        numbers=(False, False, False, True, True),
        rows=tuple(rows),
    )
    sections = (
        MethodSection(
            anchor="formula",
            title=_("校际差异系数"),
            sentences=(
                _(
                    "一个县、一个学段、一项指标，只含有值的评估单位：P 为单位的在校生数，r 为其资源，x = r / P；指标以班级为分母时，P 为班级数。"
                ),
            ),
            formulas=("X̄ = Σ r / Σ P", "S = √( Σ (P / ΣP) · (x − X̄)² )", "CV = S / X̄"),
            tables=(example,),
        ),
        MethodSection(
            anchor="result",
            title=_("算例的结果"),
            sentences=(
                f"X̄ = {found.mean:.10f}; S = {found.deviation:.10f}; CV = {found.cv:.10f}",
                _("数字只在显示时舍入一次；与标准值、限值比较一律用未舍入的值。"),
            ),
        ),
        MethodSection(anchor="standards", title=_("标准"), tables=(listed,)),
    )
    return stamped(
        MethodPage(
            path="methods/index.html",
            language=language(),
            title=_("评估方法"),
            subtitle=_("公式，以及每个标准的指标、标准值、限值和条目"),
            banner=_banner(is_synthetic=is_synthetic),
            crumbs=(Link(label=_("全部学年"), href="../index.html"), Link(label=_("评估方法"), href="")),
            lead=(_("各页由执行的标准文件生成：计算用的就是这些数值。"),),
            sections=sections,
            colophon=colophon([], standards.values()),
        )
    )


def _standard(
    standard: Standard, found: Mapping[str, Standard], sources: Mapping[str, Source], *, is_synthetic: bool
) -> MethodPage:
    captions = Captions()
    sections = [
        _about(standard, found, sources),
        *_resources(standard, captions),
        *_parts(standard, found, captions),
        *_eased(standard, captions),
        *_dates(standard, captions),
    ]
    return stamped(
        MethodPage(
            path=f"methods/{standard.id}.html",
            language=language(),
            title=_("{standard}：评估方法").format(standard=spoken(standard.title)),
            subtitle=spoken(standard.document),
            banner=_banner(is_synthetic=is_synthetic),
            crumbs=(
                Link(label=_("全部学年"), href="../index.html"),
                Link(label=_("评估方法"), href="index.html"),
                Link(label=spoken(standard.title), href=""),
            ),
            lead=(
                _("本页由执行的标准文件生成。"),
                _("数值自其日期起生效，以学年起始日 9 月 1 日为准；早于第一个日期的学年按最早的数值计。"),
            ),
            sections=tuple(sections),
            colophon=colophon([sources[name] for name in standard.applies_to if name in sources], [standard]),
        )
    )


def _table(
    caption: str, note: str, columns: Sequence[tuple[str, bool]], rows: Iterable[Sequence[str | Sequence[str]]]
) -> MethodTable:
    """A table; a column is its heading and whether it holds figures, a cell one line or several."""
    return MethodTable(
        caption=caption,
        caption_note=note,
        columns=tuple(name for name, _is_number in columns),
        numbers=tuple(is_number for _name, is_number in columns),
        rows=tuple(
            MethodRow(cells=tuple((cell,) if isinstance(cell, str) else tuple(cell) or (_NONE,) for cell in row))
            for row in rows
        ),
    )


def _source(article: str, confidence: Confidence) -> tuple[str, ...]:
    """Where a statement stands, and how sure it is where it is no official text."""
    said = (article,) if article else ()
    return said if confidence == "official" else (*said, bracketed(spoken(CONFIDENCE[confidence])).strip())


def _places(standard: Standard, sources: Mapping[str, Source]) -> str:
    names = [source_name(sources[name]) if name in sources else name for name in standard.applies_to]
    codes_ = [*standard.provinces, *standard.counties]
    return serial(names) + (bracketed(serial(codes_)) if codes_ else "")


def _about(standard: Standard, found: Mapping[str, Standard], sources: Mapping[str, Source]) -> MethodSection:
    said = [
        headed(_("标准代号"), standard.id),
        headed(_("标准文件"), spoken(standard.document)),
        headed(_("发布日期"), _NONE if standard.issued is None else standard.issued.isoformat()),
        headed(_("用于"), _places(standard, sources)),
        headed(_("可信度"), spoken(CONFIDENCE[standard.confidence])),
    ]
    for head, name in ((_("其学校标准的门槛用于"), standard.gate_of), (_("评估单位同"), standard.units_of)):
        if name:
            said.append(headed(head, spoken(found[name].title) if name in found else name))
    if standard.not_judged is not None:
        said.append(headed(_("未作评定"), spoken(standard.not_judged)))
    return MethodSection(anchor="about", title=_("说明"), sentences=(*said, *(spoken(note) for note in standard.notes)))


# -- resources --------------------------------------------------------------------------------------------------------


def _resources(standard: Standard, captions: Captions) -> Iterator[MethodSection]:
    if not standard.indicators:
        return
    yield MethodSection(
        anchor="resources",
        title=_("各项指标"),
        sentences=tuple(_scope(standard)),
        tables=(
            _table(
                captions.next(_("各指标及其计算")),
                _("单位见各行"),
                ((_("指标"), False), (_("计算方法"), False), (_("出处"), False)),
                (
                    (
                        (
                            _numbered(indicator.number, spoken(indicator.label)),
                            display.unit_label(indicator.unit),
                            indicator.id,
                        ),
                        _computed(indicator, standard.scope.stages),
                        _source(indicator.article, indicator.confidence),
                    )
                    for indicator in standard.indicators
                ),
            ),
        ),
    )
    if any(indicator.norms for indicator in standard.indicators) or standard.school_rule is not None:
        yield MethodSection(
            anchor="norms",
            title=_("学校标准"),
            sentences=tuple(_school_rule(standard)),
            tables=tuple(_norms(standard, captions)),
        )
    yield _dispersion(standard, captions)
    if any(indicator.missing for indicator in standard.indicators):
        yield _missing(standard, captions)


def _numbered(number: str, label: str) -> str:
    return f"{number} {label}" if number else label


def _scope(standard: Standard) -> Iterator[str]:
    scope, split = standard.scope, standard.split
    yield headed(_("所评"), spoken(standard.part))
    yield headed(_("所含学段"), serial(display.stage(stage) for stage in scope.stages))
    yield headed(_("办学类型"), _coded(scope.school_types, "school_types") or _("全部"))
    yield headed(_("不计的举办者"), _coded(scope.leave_out_operators, "operators") or _("无"))
    yield spoken(TEACHING_POINTS[scope.teaching_points]).format(pupils=scope.teaching_point_pupils)
    if scope.article:
        yield headed(_("范围的出处"), scope.article)
    if split.resources:
        weights = " : ".join(plain(weight) for weight in split.weights.values())
        yield _("学校各学段共用的资源按小学、初中、高中 {weights} 的加权在校生数拆分：{fields}。").format(
            weights=weights, fields=serial(spoken(field_label(name)) for name in split.resources)
        )
    if split.article:
        yield headed(_("拆分的出处"), split.article)


def _computed(indicator: Indicator, stages: Sequence[str]) -> tuple[str, ...]:
    """(Σ plus − Σ minus) × times ÷ denominator in the fields' names; stage by stage where they differ."""
    by_stage = {stage: indicator.added(stage) for stage in stages}
    if not any(by_stage.values()):
        return (_("由县逐校认定"),)
    if len(set(by_stage.values())) == 1:
        return (_quotient(indicator, next(iter(by_stage.values()))),)
    return tuple(headed(display.stage(stage), _quotient(indicator, names)) for stage, names in by_stage.items())


def _quotient(indicator: Indicator, plus: Sequence[str]) -> str:
    text = _terms(plus, indicator.minus) + (f" × {indicator.times}" if indicator.times != 1 else "")
    if indicator.over:
        return f"{text} ÷ {_terms(indicator.over, ())}"
    return text if indicator.denominator == "one" else f"{text} ÷ {_terms((indicator.denominator,), ())}"


def _terms(plus: Sequence[str], minus: Sequence[str]) -> str:
    text = " + ".join(spoken(field_label(name)) for name in plus)
    text += "".join(f" − {spoken(field_label(name))}" for name in minus)
    return f"({text})" if len(plus) + len(minus) > 1 else text


def _school_rule(standard: Standard) -> Iterator[str]:
    rule = standard.school_rule
    if rule is None:
        return
    total = rule.of or len(standard.indicators)
    yield _("{total} 项指标中至少 {least} 项达到标准值。").format(total=total, least=rule.at_norm)
    if rule.floor_share:
        yield _("其余各项不低于标准值的 {share}（底线）；以不超过为准的指标，不高于标准值除以 {share}。").format(
            share=plain(rule.floor_share)
        )
    if total > len(standard.indicators):
        yield _("其中 {listed} 项见于公开文本，其余可能达标也可能不达标。").format(listed=len(standard.indicators))
    yield headed(_("出处"), together(_source(rule.article, rule.confidence)))


def _norms(standard: Standard, captions: Captions) -> Iterator[MethodTable]:
    share = standard.school_rule.floor_share if standard.school_rule is not None else Decimal(0)
    columns = [(_("指标"), False), (_("自何日起"), False)]
    columns += [(display.stage(stage), True) for stage in STAGES]
    if share:
        columns += [(_("底线，{stage}").format(stage=display.stage(stage)), True) for stage in STAGES]
    columns.append((_("适用"), False))
    rows: list[Sequence[str | Sequence[str]]] = []
    for indicator in standard.indicators:
        side = SIDES[indicator.must_be]
        for norm in indicator.norms:
            row: list[str | Sequence[str]] = [(spoken(indicator.label), display.unit_label(indicator.unit))]
            row += [norm.starts.isoformat(), *(_limit(norm, stage, side) for stage in STAGES)]
            if share:
                row += [_floor(norm, stage, share, indicator, side) for stage in STAGES]
            rows.append([*row, _meant(norm)])
    if rows:
        yield _table(captions.next(_("各指标的标准值")), _("单位见各行"), columns, rows)


def _limit(limits: Limits, stage: str, side: str) -> str:
    value = of_stage(limits, stage)
    return _NONE if value is None else f"{side} {plain(value)}"


def _floor(norm: Limits, stage: str, share: Decimal, indicator: Indicator, side: str) -> str:
    value = of_stage(norm, stage)
    if value is None:
        return _NONE
    return f"{side} {plain(value / share if indicator.must_be == 'at_most' else value * share)}"


def _meant(norm: Limits) -> tuple[str, ...]:
    """For which schools a norm is, the other end of a range, and its note."""
    said = [_coded(norm.school_types, "school_types"), serial(display.area(area) for area in norm.areas)]
    said += [f"{display.stage(stage)} ≤ {plain(value)}" for stage, value in norm.upper.items()]
    if norm.note is not None:
        said.append(spoken(norm.note))
    return tuple(part for part in said if part) or (_("全部"),)


def _dispersion(standard: Standard, captions: Captions) -> MethodSection:
    rule = standard.dispersion
    said = [spoken(RULES[rule.rule]).replace("`", "")]
    if rule.article:
        said.append(headed(_("出处"), rule.article))
    if not rule.limits:
        return MethodSection(anchor="dispersion", title=_("校际差异系数"), sentences=tuple(said))
    switches = (
        (standard.slippage.over_limit_again, _("由达标转为超限")),
        (standard.slippage.worse_than_year_before, _("大于上年")),
    )
    flags = serial(words for is_on, words in switches if is_on) or _("无")
    said += [ended(headed(_("滑坡标记"), flags)), _("未见以数字界定滑坡的公开文本，这些标记为本系统默认。")]
    table = _table(
        captions.next(_("差异系数的限值")),
        _("差异系数无单位"),
        ((_("自何日起"), False), *((display.stage(stage), True) for stage in STAGES)),
        ((limit.starts.isoformat(), *(_limit(limit, stage, "≤") for stage in STAGES)) for limit in rule.limits),
    )
    return MethodSection(anchor="dispersion", title=_("校际差异系数"), sentences=tuple(said), tables=(table,))


def _missing(standard: Standard, captions: Captions) -> MethodSection:
    spans = [(spoken(indicator.label), indicator.missing) for indicator in standard.indicators]
    spans.append((_("在校生数"), standard.missing_pupils))
    table = _table(
        captions.next(_("未上报数据的取值范围")),
        _("单位同指标"),
        ((_("指标"), False), (_("不小于"), True), (_("不大于"), True), (_("出处"), False)),
        (
            (
                name,
                plain(span.low),
                _NONE if span.high is None else plain(span.high),
                _source(span.article, span.confidence),
            )
            for name, span in spans
            if span is not None
        ),
    )
    return MethodSection(
        anchor="missing",
        title=_("未上报的数据"),
        sentences=(_("没有上报的值不按零计；只有范围内任何值都得出同一结论时才下结论。"),),
        tables=(table,),
    )


# -- items ------------------------------------------------------------------------------------------------------------


def _parts(standard: Standard, found: Mapping[str, Standard], captions: Captions) -> Iterator[MethodSection]:
    if not standard.parts:
        return
    yield MethodSection(
        anchor="parts",
        title=_("各部分"),
        tables=(
            _table(
                captions.next(_("各部分在结论中的作用")),
                "",
                ((_("部分"), False), (_("作用"), False), (_("何时达标"), False), (_("出处"), False)),
                (
                    (
                        spoken(part.title),
                        spoken(ROLES[part.role]),
                        _met_where(standard, part),
                        _source(part.article, part.confidence),
                    )
                    for part in standard.parts
                ),
            ),
        ),
    )
    for part in standard.parts:
        items = standard.of_part(part.id)
        said = [] if part.note is None else [spoken(part.note)]
        if part.declares is not None and part.declares > len(items):
            said.append(
                _("原文有 {count} 项，其中 {missing} 项未见公开文本。").format(
                    count=part.declares, missing=part.declares - len(items)
                )
            )
        yield MethodSection(
            anchor=f"part-{part.id}",
            title=spoken(part.title),
            sentences=tuple(said),
            tables=(_items(standard, part, items, found, captions),) if items else (),
        )


def _met_where(standard: Standard, part: Part) -> str:
    if part.rule == "points":
        if part.total is None or part.pass_mark is None:
            return _("只列分数")
        return _("满分 {total} 分，至少 {mark} 分").format(total=plain(part.total), mark=plain(part.pass_mark))
    if part.rule == "count":
        return _("至少 {least} 项达标").format(least=part.at_least)
    count = part.declares or len(standard.of_part(part.id))
    if part.role == "veto":
        return _("{count} 项均不存在").format(count=count)
    return _("{count} 项全部达标").format(count=count)


def _items(
    standard: Standard, part: Part, items: Sequence[Item], found: Mapping[str, Standard], captions: Captions
) -> MethodTable:
    has_points = any(item.points is not None for item in items)
    groups = {group.id: spoken(group.label) for group in standard.groups}
    rows: list[Sequence[str | Sequence[str]]] = []
    for item in items:
        under = groups.get(item.under)
        label = [_numbered(item.number, spoken(item.label)), item.id]
        label += [] if under is None else [under]
        label += [] if item.note is None else [spoken(item.note)]
        made = dict.fromkeys(spoken(formula(check, standard)) for check in item.checks)
        row: list[str | Sequence[str]] = [label, _asked(item, standard, found), [text for text in made if text]]
        row += [_NONE if item.points is None else plain(item.points)] if has_points else []
        rows.append([*row, _source(item.article, item.confidence)])
    columns = [(_("条目"), False), (_("要求"), False), (_("计算方法"), False)]
    columns += [(_("分值"), True)] if has_points else []
    return _table(captions.next(spoken(part.title)), _("每条的要求"), [*columns, (_("出处"), False)], rows)


def _asked(item: Item, standard: Standard, found: Mapping[str, Standard]) -> tuple[str, ...]:
    said = tuple(text for check in item.checks for text in _in_words(check, standard, found))
    return said or (_("未见公开文本") if not item.is_in_source else _("评分"),)


def _in_words(check: Check, standard: Standard, found: Mapping[str, Standard]) -> Iterator[str]:
    """A check in words, a line for each dated limit of it."""
    label = spoken(label_of(check))
    dated = sorted(check.limits, key=lambda limit: limit.starts) if isinstance(check, Bounded) else []
    for limit in dated if len(dated) > 1 else [None]:
        said = spoken(in_words(check, standard, LATEST if limit is None else limit.starts.year + 1, found))
        if limit is not None:
            said = _("自 {day} 起：{text}").format(day=limit.starts.isoformat(), text=said)
        if isinstance(check, FactCheck | Total | EverySchool) and check.is_rate:
            said = semicolons([said, _("超过 100% 不予采用")])
        yield headed(label, said) if label else said


# -- dates ------------------------------------------------------------------------------------------------------------


def _eased(standard: Standard, captions: Captions) -> Iterator[MethodSection]:
    if not standard.relaxations:
        return
    yield MethodSection(
        anchor="relaxations",
        title=_("放宽条款"),
        sentences=(_("只对县级指明学校并附佐证的生效，默认不用。"),),
        tables=(
            _table(
                captions.next(_("放宽条款")),
                _("起止日期"),
                ((_("条款"), False), (_("自何日起"), False), (_("至"), False), (_("放宽"), False), (_("出处"), False)),
                (
                    (
                        (spoken(eased.label), eased.id),
                        eased.starts.isoformat(),
                        eased.until.isoformat(),
                        _eases(eased, standard),
                        _source(eased.article, eased.confidence),
                    )
                    for eased in standard.relaxations
                ),
            ),
        ),
    )


def _eases(eased: Relaxation, standard: Standard) -> tuple[str, ...]:
    labels: dict[str, Words] = {item.id: item.label for item in standard.items}
    labels |= {indicator.id: indicator.label for indicator in standard.indicators}
    name = eased.item or eased.indicator
    said = [spoken(labels[name]) if name in labels else name]
    if eased.limit is not None:
        said.append(f"→ {plain(eased.limit)}")
    said += [f"+ {spoken(field_label(added))}" for added in eased.adds]
    return (*said, *filter(None, [spoken(where_words(eased.where))]))


def _dates(standard: Standard, captions: Captions) -> Iterator[MethodSection]:
    said, tables = [], []
    if (quota := standard.quota) is not None:
        said.append(
            _("每省 {least}–{most} 个县，{day} 前推荐。").format(
                least=quota.least, most=quota.most, day=quota.deadline.isoformat()
            )
        )
        said.append(headed(_("出处"), quota.article))
    if standard.milestones:
        tables.append(
            _table(
                captions.next(_("阶段与期限")),
                _("未见公开文本的日期以 {none} 表示").format(none=_NONE),
                ((_("阶段"), False), (_("自何日起"), False), (_("至"), False), (_("期限"), False), (_("出处"), False)),
                (
                    (
                        (spoken(milestone.label), milestone.id),
                        *(
                            _NONE if day is None else day.isoformat()
                            for day in (milestone.starts, milestone.until, milestone.due)
                        ),
                        milestone.article,
                    )
                    for milestone in standard.milestones
                ),
            )
        )
    if said or tables:
        yield MethodSection(anchor="dates", title=_("期限"), sentences=tuple(said), tables=tuple(tables))


def _coded(wanted: Iterable[str], code_list: str) -> str:
    labels = {entry["code"]: labelled(entry) for entry in codes(code_list)}
    return serial(f"{code} {labels.get(code, '')}".rstrip() for code in wanted)
