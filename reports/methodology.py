"""The page of one standard, Chinese and English, written from the file that is executed.

What is measured, what is asked beyond it, by which formula and limit, from when, and how sure the text is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from reports.markdown import GENERATED, joined, names, table
from reports.requirement import NOTHING, in_words, label_of, where_words
from schemas.columns import STAGES
from schemas.tables import codes
from standards.county_return import WantedFact, wanted_facts
from standards.items import Check, EverySchool, FactCheck, Item, OtherStandard, Part, Relaxation, Since, Total
from standards.milestones import flags
from standards.standard import Indicator, Standard
from standards.values import Confidence, Limits, Words

LATEST = 2100
"""A school year after every date of a standard: its newest limits hold."""
CONFIDENCE: dict[Confidence, Words] = {
    "official": Words("官方文本", "official text"),
    "secondary": Words("二手资料", "a secondary source"),
    "inferred": Words("本系统推定", "inferred by this system"),
    "provincial": Words("由省级规定", "set by the province"),
}
ROLES = {
    "precondition": Words("申报前提：未达到即不得申报", "Precondition: where it is not met the county is not eligible"),
    "gate": Words("门槛：未达到即不得申报", "Gate: where it is not met the county is not eligible"),
    "items": Words("必须达标", "Must be met"),
    "approval": Words("必须达标（社会认可度或满意度）", "Must be met (approval or satisfaction)"),
    "veto": Words("一票否决：存在即不予认定", "Veto: where it applies the county is not recognised"),
    "tracking": Words("只作跟踪，不影响结论", "Tracked only, decides nothing"),
}
TEACHING_POINTS = {
    "out": Words("教学点不单独评估。", "Teaching points are out of scope."),
    "own_unit": Words(
        "{pupils} 人及以上的教学点单独评估，不足的只列出。",
        "A teaching point with {pupils} pupils or more is a unit of its own; a smaller one is listed only.",
    ),
}
RULES = {
    "mean": Words(
        "各学段差异系数的平均（`composite`）不得超过限值。",
        "The mean of the stage's coefficients (`composite`) must not exceed the limit.",
    ),
    "each": Words("每一项差异系数都不得超过限值。", "No coefficient of the stage may exceed the limit."),
    "none": Words("不设限值。", "Nothing is held against a limit."),
}
_INTRODUCTION = Words(
    "本页由执行的标准文件生成。数值自其日期起生效，以学年起始日 9 月 1 日为准；早于第一个日期的学年按最早的数值计。",
    "This page is written from the file that is executed. A value holds for a school year if it is in force on "
    "1 September, when the year begins; years before the first date are measured by the first values. Field names in "
    "formulas are columns of [`units`](../tables.md#units).",
)


def standard_page(standard: Standard, found: Mapping[str, Standard]) -> str:
    """A standard's page: what it is, its resource part, its items, and the county's facts that it needs."""
    return joined(
        [
            GENERATED.format(origin=f"`standards/{standard.id}.toml`"),
            f"# {standard.title.zh} · {standard.title.en}",
            f"{_INTRODUCTION.zh}\n\n{_INTRODUCTION.en}",
            "\n".join(_facts(standard)),
            *_resources(standard),
            *_items(standard, found),
            *_eased(standard),
            *_dates(standard),
            *_needed(standard),
        ]
    )


def _facts(standard: Standard) -> Iterator[str]:
    yield f"- Id: `{standard.id}`"
    yield f"- 文件 Document: {standard.document.zh} ({standard.document.en})"
    yield f"- 发布日期 Issued: {standard.issued or '—'}"
    yield f"- 用于 Shown for: {names(standard.applies_to)}"
    if standard.provinces:
        yield f"- 省级代码 Provinces: {names(standard.provinces)}"
    if standard.counties:
        yield f"- 县级代码 Counties: {names(standard.counties)}"
    if standard.gate_of:
        yield f"- 门槛 Base standard to the gate of: [`{standard.gate_of}`]({standard.gate_of}.md)"
    if standard.units_of:
        yield f"- 评估单位同 Units of: [`{standard.units_of}`]({standard.units_of}.md)"
    if standard.confidence != "official":
        yield f"- 可信度 Confidence: {_sure(standard.confidence)}"
    if (left := standard.not_judged) is not None:
        yield f"- 未作评定 Not judged here: {left.zh} ({left.en})"
    for note in standard.notes:
        yield f"- {note.zh} {note.en}"


def _sure(confidence: Confidence) -> str:
    words = CONFIDENCE[confidence]
    return f"{words.zh} ({words.en})"


# -- resources --------------------------------------------------------------------------------------------------------


def _resources(standard: Standard) -> Iterator[str]:
    if not standard.indicators:
        return
    scope, split = standard.scope, standard.split
    points = TEACHING_POINTS[scope.teaching_points]
    yield f"## 资源部分 · Resources\n\n{standard.part.zh} ({standard.part.en})"
    yield "\n".join(
        (
            f"- 学段 Stages: {names(scope.stages)}",
            f"- 办学类型 School types: {_coded(scope.school_types, 'school_types') or '全部 all'}",
            f"- 不计的举办者 Operators left out: {_coded(scope.leave_out_operators, 'operators') or '无 none'}",
            f"- {f'{points.zh} {points.en}'.format(pupils=scope.teaching_point_pupils)}",
            f"- 出处 Source: {scope.article}",
        )
    )
    yield "### 共用资源的拆分 · Split of what the stages share"
    if split.resources:
        weights = " : ".join(f"{stage} {weight.normalize():f}" for stage, weight in split.weights.items())
        yield f"- 权重 Weights: {weights}\n- 拆分 Divided: {names(split.resources)}\n- 出处 Source: {split.article}"
    else:
        yield f"不拆分。Nothing is divided.{f' 出处 Source: {split.article}' if split.article else ''}"
    yield "### 指标 · Indicators"
    yield table(
        ("No.", "Id", "中文", "English", "Unit", "计算式 Value of a unit", "出处 Source", "可信度 Confidence"),
        (
            (
                indicator.number or "—",
                f"`{indicator.id}`",
                indicator.label.zh,
                indicator.label.en,
                f"`{indicator.unit}`",
                _formula(indicator, scope.stages),
                indicator.article,
                _sure(indicator.confidence),
            )
            for indicator in standard.indicators
        ),
    )
    if any(indicator.norms for indicator in standard.indicators):
        yield "### 标准值 · Norms"
        yield _norms(standard)
    if any(indicator.missing for indicator in standard.indicators):
        yield "### 未上报数据的取值范围 · Range of what is missing"
        yield _missing(standard)
    if standard.school_rule is not None:
        yield "### 学校标准 · School rule"
        yield _school_rule(standard)
    yield "### 差异系数 · Difference coefficients"
    rule = RULES[standard.dispersion.rule]
    source = f" 出处 Source: {standard.dispersion.article}" if standard.dispersion.article else ""
    yield f"{rule.zh} {rule.en}{source}"
    if standard.dispersion.limits:
        yield table(("自 In force from", *STAGES), (_by_stage(limit) for limit in standard.dispersion.limits))
        yield _slippage(standard)


def _missing(standard: Standard) -> str:
    """What a unit that did not report is taken to have, and how many pupils one that did not report them."""
    spans = [(f"`{indicator.id}`", indicator.missing) for indicator in standard.indicators]
    spans.append(("在校生数 pupils", standard.missing_pupils))
    return table(
        ("指标 Indicator", "不小于 At least", "不大于 At most", "出处 Source", "可信度 Confidence"),
        (
            (
                name,
                f"{span.low:f}",
                "—" if span.high is None else f"{span.high:f}",
                span.article,
                _sure(span.confidence),
            )
            for name, span in spans
            if span is not None
        ),
    )


def _slippage(standard: Standard) -> str:
    switches = (
        (standard.slippage.over_limit_again, Words("由达标转为超限", "over the limit again")),
        (standard.slippage.worse_than_year_before, Words("大于上年", "worse than the year before")),
    )
    on = [words for is_on, words in switches if is_on]
    zh, en = "、".join(words.zh for words in on) or "无", ", ".join(words.en for words in on) or "none"
    return (
        f"滑坡标记：{zh}。未见以数字界定滑坡的公开文本，这些标记为本系统默认。\n\n"
        f"Flags of slippage: {en}. No published text was found that defines slippage in numbers; the flags are a "
        "default of this system."
    )


def _school_rule(standard: Standard) -> str:
    rule = standard.school_rule
    assert rule is not None
    total, share = rule.of or len(standard.indicators), f"{rule.floor_share.normalize():f}"
    zh = f"{total} 项指标中至少 {rule.at_norm} 项达到标准值"
    en = f"At least {rule.at_norm} of the {total} indicators at the norm"
    if rule.floor_share:
        zh, en = f"{zh}，其余不低于标准值的 {share}", f"{en}; every other at {share} of it or above"
    if rule.of is not None and rule.of > len(standard.indicators):
        listed = len(standard.indicators)
        zh += f"；其中 {listed} 项见于公开文本，其余可能达标也可能不达标"
        en += f"; {listed} of them are in the source, the others may be met or not"
    return f"{zh}。{en}. 出处 Source: {rule.article}"


def _formula(indicator: Indicator, stages: Sequence[str]) -> str:
    """(Σ plus − Σ minus) × times / denominator, in field names; stage by stage where they differ."""
    by_stage = {stage: indicator.added(stage) for stage in stages}
    if not any(by_stage.values()):
        return "由县逐校认定 said by the county, school by school"
    if len(set(by_stage.values())) == 1:
        return _quotient(indicator, next(iter(by_stage.values())))
    return "<br>".join(f"{stage}: {_quotient(indicator, fields)}" for stage, fields in by_stage.items())


def _quotient(indicator: Indicator, plus: Sequence[str]) -> str:
    top = _terms(plus, indicator.minus) + (f" × {indicator.times}" if indicator.times != 1 else "")
    if indicator.over:
        return f"`{top} / {_terms(indicator.over, ())}`"
    return f"`{top}`" if indicator.denominator == "one" else f"`{top} / {indicator.denominator}`"


def _terms(plus: Sequence[str], minus: Sequence[str]) -> str:
    text = " + ".join(plus) + "".join(f" − {field}" for field in minus)
    return f"({text})" if len(plus) + len(minus) > 1 else text


def _norms(standard: Standard) -> str:
    """Norms with their dates, whom they are for, and beside each the floor under the school rule."""
    rule = standard.school_rule
    share = rule.floor_share if rule is not None and rule.floor_share else None
    floors = [f"底线 floor, {stage}" for stage in STAGES] if share is not None else []
    rows = []
    for indicator in standard.indicators:
        side = "≤" if indicator.must_be == "at_most" else "≥"
        for norm in indicator.norms:
            row = [f"`{indicator.id}`", side, *_by_stage(norm), _kind(norm)]
            if share is not None:
                row += [_floor(norm, stage, share, indicator) for stage in STAGES]
            rows.append(row)
    return table(("Indicator", "", "自 In force from", *STAGES, "适用 For", *floors), rows)


def _floor(norm: Limits, stage: str, share: Decimal, indicator: Indicator) -> str:
    value = _of(norm, stage)
    if value is None:
        return "—"
    return plain(value / share if indicator.must_be == "at_most" else value * share)


def _kind(norm: Limits) -> str:
    """For which schools a norm is, the other end of a range, and its note."""
    said = [_coded(norm.school_types, "school_types"), ", ".join(norm.areas)]
    said += [f"{stage} ≤ {plain(value)}" for stage, value in norm.upper.items()]
    if norm.note is not None:
        said += [norm.note.zh, norm.note.en]
    return "; ".join(part for part in said if part) or "全部 all"


def _by_stage(values: Limits) -> tuple[str, ...]:
    return (values.starts.isoformat(), *("—" if (v := _of(values, stage)) is None else str(v) for stage in STAGES))


def _of(values: Limits, stage: str) -> Decimal | None:
    value: Decimal | None = getattr(values, stage)
    return value


# -- items ------------------------------------------------------------------------------------------------------------


def _items(standard: Standard, found: Mapping[str, Standard]) -> Iterator[str]:
    if not standard.parts:
        return
    yield "## 部分 · Parts"
    yield table(
        ("Id", "中文", "English", "作用 Role", "何时达标 Met where", "出处 Source", "可信度 Confidence"),
        (
            (
                f"`{part.id}`",
                part.title.zh,
                part.title.en,
                f"{ROLES[part.role].zh}。{ROLES[part.role].en}.",
                _rule(standard, part),
                part.article,
                _sure(part.confidence),
            )
            for part in standard.parts
        ),
    )
    for part in standard.parts:
        yield f"### {part.title.zh} · {part.title.en}"
        if part.note is not None:
            yield f"{part.note.zh}\n\n{part.note.en}"
        items = standard.of_part(part.id)
        if part.declares is not None and part.declares > len(items):
            missing = part.declares - len(items)
            yield (
                f"原文有 {part.declares} 项，其中 {missing} 项未见公开文本。\n\n"
                f"The text has {part.declares} items; {missing} of them are not in the source."
            )
        if items:
            yield _item_table(standard, items, found)


def _rule(standard: Standard, part: Part) -> str:
    if part.rule == "points":
        if part.total is None or part.pass_mark is None:
            return "只列分数 points are shown only"
        total, mark = plain(part.total), plain(part.pass_mark)
        return f"{total} 分中至少 {mark} 分 at least {mark} of {total} points"
    if part.rule == "count":
        return f"至少 {part.at_least} 项达标 at least {part.at_least} items met"
    count = part.declares or len(standard.of_part(part.id))
    if part.role == "veto":
        return f"{count} 项均不存在 none of the {count} applies"
    return f"{count} 项全部达标 all {count} items met"


def _item_table(standard: Standard, items: Sequence[Item], found: Mapping[str, Standard]) -> str:
    groups = {group.id: group.label for group in standard.groups}
    has_points = any(item.points is not None for item in items)
    head = ["No.", "Id", "条目", "Item", "要求", "Requirement", "计算式 Formula"]
    head += ["分值 Points"] if has_points else []
    rows = []
    for item in items:
        group = groups.get(item.under)
        label = item.label if group is None else Words(f"{group.zh}：{item.label.zh}", f"{group.en}: {item.label.en}")
        checks = [_words(check, standard, found) for check in item.checks]
        said = [*([item.note] if item.note is not None else [])]
        row = [
            item.number or "—",
            f"`{item.id}`",
            "<br>".join([label.zh, *(note.zh for note in said)]),
            "<br>".join([label.en, *(note.en for note in said)]),
            "<br>".join(words.zh for words in checks) or _unasked(item).zh,
            "<br>".join(words.en for words in checks) or _unasked(item).en,
            "<br>".join(dict.fromkeys(text for check in item.checks if (text := _made_of(check)))) or "—",
        ]
        row += ["—" if item.points is None else plain(item.points)] if has_points else []
        rows.append([*row, item.article, _sure(item.confidence)])
    return table([*head, "出处 Source", "可信度 Confidence"], rows)


def _unasked(item: Item) -> Words:
    """What stands where an item has no check."""
    if not item.is_in_source:
        return Words("未见公开文本", "not in the source")
    return Words("评分", "points given by the county")


def _words(check: Check, standard: Standard, found: Mapping[str, Standard]) -> Words:
    """A check in words, every dated limit of it, and the flags that change what follows from it."""
    label, said = label_of(check), in_words(check, standard, LATEST, found)
    if isinstance(check, FactCheck | Since | Total | EverySchool) and len(check.limits) > 1:
        steps = [
            (limit.starts, in_words(check, standard, limit.starts.year + 1, found))
            for limit in sorted(check.limits, key=lambda limit: limit.starts)
        ]
        said = Words(
            "；".join(f"{starts} 起 {words.zh}" for starts, words in steps),
            "; ".join(f"from {starts}: {words.en}" for starts, words in steps),
        )
    if label != NOTHING:
        said = Words(f"{label.zh}：{said.zh}", f"{label.en}: {said.en}")
    if isinstance(check, FactCheck | Total | EverySchool) and check.is_rate:
        said = Words(f"{said.zh}（超过 100% 不予采用）", f"{said.en} (above 100 % is refused)")
    return said


def _made_of(check: Check) -> str:
    """The formula in the names of fields and facts, as code."""
    if isinstance(check, OtherStandard):
        return f"`{check.standard}`" if check.standard else ""
    if not isinstance(check, FactCheck | Total | EverySchool):
        return ""
    text = _terms(check.plus, check.minus) + (f" × {check.times}" if check.times != 1 else "")
    return f"`{text} / {_terms(check.over, check.over_minus)}`" if check.over else f"`{text}`"


# -- dates and facts --------------------------------------------------------------------------------------------------


def _eased(standard: Standard) -> Iterator[str]:
    if not standard.relaxations:
        return
    yield "## 放宽条款 · Relaxations"
    yield (
        "只对县级指明学校并附佐证的生效，默认不用。\n\n"
        "They hold only for schools that the county names with evidence; none holds by default."
    )
    yield table(
        ("Id", "中文", "English", "自 From", "至 Until", "放宽 Eases", "出处 Source", "可信度 Confidence"),
        (
            (
                f"`{eased.id}`",
                eased.label.zh,
                eased.label.en,
                eased.starts.isoformat(),
                eased.until.isoformat(),
                _eases(eased),
                eased.article,
                _sure(eased.confidence),
            )
            for eased in standard.relaxations
        ),
    )


def _eases(eased: Relaxation) -> str:
    """What a relaxation changes, and for which schools."""
    said = [f"`{eased.item or eased.indicator}`"]
    if eased.limit is not None:
        said.append(f"→ {plain(eased.limit)}")
    if eased.adds:
        said.append(f"+ {names(eased.adds)}")
    where = where_words(eased.where)
    return " ".join(said) + (f"<br>{where.zh} ({where.en})" if where.zh else "")


def _dates(standard: Standard) -> Iterator[str]:
    if standard.quota is not None:
        quota = standard.quota
        yield "## 名额 · Quota"
        yield (
            f"每省 {quota.least}–{quota.most} 个县，{quota.deadline} 前推荐。"
            f"{quota.least} to {quota.most} counties a province, nominated by {quota.deadline}. "
            f"出处 Source: {quota.article}"
        )
    if not standard.milestones:
        return
    yield "## 阶段与期限 · Stages and dates"
    yield table(
        ("Id", "中文", "English", "自 From", "至 Until", "期限 Due", "阶段 Stage", "出处 Source"),
        (
            (
                f"`{milestone.id}`",
                milestone.label.zh,
                milestone.label.en,
                *(
                    "未见公开文本 not in the source"
                    if date is None and not milestone.stage and not milestone.due
                    else _day(date)
                    for date in (milestone.starts, milestone.until)
                ),
                _day(milestone.due),
                f"`{milestone.stage}`" if milestone.stage else "—",
                milestone.article,
            )
            for milestone in standard.milestones
        ),
    )
    for flag in flags(standard):
        zh = "晚于" if flag.side == "after" else "早于"
        yield (
            f"`{flag.milestone.id}`：期限 {flag.milestone.due} {zh}其阶段 `{flag.stage.id}` 的界限 {flag.limit}，"
            f"照原文保留。 Due {flag.side} the bound {flag.limit} of its stage; kept as the text has it."
        )


def _day(date: object) -> str:
    return "—" if date is None else str(date)


def _needed(standard: Standard) -> Iterator[str]:
    wanted = wanted_facts([standard])
    figures = [fact for fact in wanted if fact.of == "figure"]
    said = [fact for fact in wanted if fact.of != "figure"]
    if figures:
        yield "## 所需的县级数据 · Figures that the county reports"
        yield table(
            ("Fact", "中文", "English", "Unit", "年度 Years"),
            ((f"`{fact.fact}`", fact.label.zh, fact.label.en, f"`{fact.unit}`", _years(fact)) for fact in figures),
        )
    if said:
        yield "## 由县级认定或评分的事项 · What the county says"
        yield table(
            ("Key", "中文", "English", "回答 Answer"),
            ((f"`{fact.fact}`", fact.label.zh, fact.label.en, _answer(fact)) for fact in said),
        )


def _years(fact: WantedFact) -> str:
    """The years that a figure is wanted for, counted back from the school year."""
    if fact.years_before == (0,):
        return "本学年 the school year"
    return ", ".join("y" if back == 0 else f"y − {back}" for back in fact.years_before)


def _answer(fact: WantedFact) -> str:
    said = []
    if fact.takes_finding:
        said.append("是或否 yes or no")
    if fact.points is not None:
        said.append(f"0–{plain(fact.points)} 分 points")
    if fact.by_school:
        said.append("逐校 by school")
    return "；".join(said) or "数值 a figure"


def plain(value: Decimal) -> str:
    """A number of policy without trailing zeros."""
    return f"{value.normalize():f}"


def _coded(wanted: Iterable[str], code_list: str) -> str:
    labels = {entry["code"]: entry["label_zh"] for entry in codes(code_list)}
    return "、".join(f"{code} {labels.get(code, '')}".rstrip() for code in wanted)
