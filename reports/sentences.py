"""Sentences made from figures: every number in them is taken from a table and formatted like the table's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reports import display
from reports.language import bracketed, ended, semicolons, serial, spoken, together
from reports.language import gettext as _
from reports.year import CountyTables, Row
from schemas.disclosure import SUPPRESSED
from schemas.tables import UNITS
from standards.standard import Standard, in_force

_FIELD_UNITS = {column.name: column.unit for column in UNITS.columns}
_BOTH = 2
_SAME = 1e-12
"""CVs this near to one another count as the same."""


def short_title(standard: Standard) -> str:
    """A standard's title without the words that all of them share, and without what it adds in brackets."""
    title = spoken(standard.title).removeprefix("义务教育").removesuffix(" of compulsory education")
    return title.split("（")[0].split(" (")[0]


def indicator_label(standard: Standard, name: str) -> str:
    """An indicator's name as the standard gives it; the composite and the verdict are names of ours."""
    if name == "composite":
        return _("综合差异系数（{count} 项的平均）").format(count=len(standard.indicators))
    if name == "verdict":
        return _("全县结论")
    return spoken(standard.indicator(name).label)


def of_stage(stage: str, label: str) -> str:
    """What is meant, of a stage: 小学生均图书."""
    return _("{stage}{label}").format(stage=display.stage(stage), label=label)


def comparison_title(standards: int) -> str:
    """What the document is called that sets standards side by side, by how many they are."""
    return _("两项标准对照") if standards <= _BOTH else _("{count} 项标准对照").format(count=standards)


def note_words(standards: Mapping[str, Standard], note: str) -> str:
    """A note to an item; one that names the standards by which it is judged gives their short titles."""
    if not is_of_standards(standards, note):
        return note
    names = [name.strip() for name in note.split("|")]
    return _("依据{standards}").format(standards=serial(short_title(standards[name]) for name in names))


def is_of_standards(standards: Mapping[str, Standard], note: str) -> bool:
    """Whether a note names standards, and is no word of the county's own."""
    return all(name.strip() in standards for name in note.split("|"))


def unit_words(standard: Standard, name: str, stage: str) -> str:
    """The unit of an indicator in words, by what it counts."""
    indicator = standard.indicator(name)
    counted = (*indicator.added(stage), "")[0]
    return display.unit_label(indicator.unit, _FIELD_UNITS.get(counted, ""))


def norm_words(standard: Standard, name: str, year: int, stage: str) -> str:
    """The norm in force for all units; where it differs by school type or area, that it does."""
    norms = standard.indicator(name).norms
    whole = in_force(tuple(norm for norm in norms if not (norm.school_types or norm.areas)), year, stage)
    if whole is not None:
        return display.bound(float(whole))
    return display.NOT_APPLICABLE if in_force(norms, year, stage) is None else _("分类设定")


def bound_names(standard: Standard) -> list[str]:
    """The indicators whose CV is shown: each of the standard's, and the composite where it is what is limited."""
    names = [indicator.id for indicator in standard.indicators]
    return [*names, "composite"] if standard.dispersion.rule == "mean" else names


def stages_present(county: CountyTables, standard: Standard) -> list[str]:
    """The standard's stages of which the county has any unit."""
    return [stage for stage in standard.scope.stages if (standard.id, stage) in county.verdicts]


def decisive_cv(row: Row) -> str:
    """A CV as a sentence gives it: with as many decimals as show its side of the limit."""
    hidden = display.hidden_limit(row["cv"], row["limit"], row["status"])
    return hidden or display.coefficient(row["cv"], absent=display.absence(row["reason"], display.NOT_APPLICABLE))


def by_margin(row: Row) -> tuple[bool, float]:
    """The order of the least margin first; figures that are withheld have none and stand last."""
    return row["margin"] is None, row["margin"] or 0.0


def school_rule_words(standard: Standard) -> str:
    """The school rule in words; empty where the standard has none."""
    rule = standard.school_rule
    if rule is None:
        return ""
    words = {"total": rule.of or len(standard.indicators), "least": rule.at_norm}
    if not rule.floor_share:
        return _("{total} 项指标中至少 {least} 项达到标准值").format(**words)
    return _("{total} 项指标中至少 {least} 项达到标准值，其余不低于标准值的 {floor}").format(
        floor=display.exact_percent(rule.floor_share), **words
    )


def limit_words(standard: Standard, year: int) -> str:
    """What the CVs are held against, in words with its numbers."""
    if standard.dispersion.rule == "none":
        return _("差异系数不设限值。") if _is_judged(standard) else _("不设限值，不作达标结论。")
    limits = serial(
        f"{display.stage(stage)} ≤ {display.bound(float(limit))}"
        for stage in standard.scope.stages
        if (limit := in_force(standard.dispersion.limits, year, stage)) is not None
    )
    if standard.dispersion.rule == "mean":
        return _("限值：各项差异系数的平均（综合差异系数）{limits}；单项不设限值。").format(limits=limits)
    return _("限值：每一项差异系数{limits}。").format(limits=limits)


def _is_judged(standard: Standard) -> bool:
    """Whether a verdict on the standard follows from something besides difference coefficients."""
    return standard.school_rule is not None or any(part.role != "tracking" for part in standard.parts)


def why(county: CountyTables, standard: Standard) -> tuple[str, ...]:
    """The one or two facts that decide a standard's verdict, and the stage that it lacks."""
    if (standard.id, "all") not in county.verdicts:
        return tuple(part_words(county, standard))
    rule = standard.dispersion.rule
    said = {"mean": _mean_fact, "each": _each_fact, "none": _no_limit_fact}[rule](county, standard)
    sentences = [said]
    verdict = county.verdicts[standard.id, "all"]
    if standard.school_rule is not None:
        sentences.append(school_fact(verdict, standard))
    sentences += [*absent_stages(county, standard), *part_words(county, standard)]
    return tuple(sentence for sentence in sentences if sentence)


def part_words(county: CountyTables, standard: Standard) -> list[str]:
    """Which part of the standard the verdict is on, and whether it is older than the standard's first values."""
    said, year = [], county.year
    if standard.id not in county.whole and standard.parts:
        said.append(_("结论只涉及{part}，其余部分尚未评定。").format(part=spoken(standard.part)))
    if standard.not_judged is not None:
        said.append(_("{others}不在报表之内，未作评定。").format(others=spoken(standard.not_judged)))
    starts = [limits.starts.year for limits in standard.dispersion.limits]
    if starts and year < min(starts):
        said.append(_("本学年早于该标准，按其最早的限值回溯计算。"))
    return said


def absent_stages(county: CountyTables, standard: Standard) -> list[str]:
    """One sentence for the stages of which there is nothing."""
    absent = [stage for stage in standard.scope.stages if (standard.id, stage) not in county.verdicts]
    if not absent:
        return []
    names = display.listed([display.stage(stage) for stage in absent])
    return [_("本学年没有{stages}的数据。").format(stages=names)]


def _mean_fact(county: CountyTables, standard: Standard) -> str:
    parts = []
    for stage in stages_present(county, standard):
        row = county.dispersion[standard.id, stage, "composite"]
        words = {"stage": display.stage(stage), "cv": decisive_cv(row), "limit": display.bound(row["limit"])}
        if row["status"] == "met" and is_single(county, standard, stage):
            parts.append(_("{stage} {cv}（只有一个评估单位，不说明均衡）").format(**words))
        elif row["status"] == "met":
            parts.append(_("{stage} {cv}（≤\N{NO-BREAK SPACE}{limit}）").format(**words))
        elif row["status"] == "not_met":
            parts.append(_("{stage} {cv}（超过 {limit}）").format(**words))
        else:
            parts.append(_("{stage}无法判定（{why}）").format(why=display.reason(row["reason"]), **words))
    return _("综合差异系数{parts}。").format(parts=serial(parts))


def _each_fact(county: CountyTables, standard: Standard) -> str:
    rows = limited_rows(county, standard)
    over = [row for row in rows if row["status"] == "not_met"]
    unknown = [row for row in rows if row["status"] == "undetermined"]
    if over:
        worst = sorted(over, key=by_margin)
        named = [
            _("{what} {cv}（限值 {limit}）").format(
                what=_what(standard, row), cv=decisive_cv(row), limit=display.bound(row["limit"])
            )
            for row in worst[:2]
        ]
        text = _("{total} 项差异系数中 {count} 项超过限值：{named}").format(
            total=len(rows), count=len(over), named=serial(named)
        )
        text += _("等") if len(over) > len(named) else ""
        text += _("；另有 {count} 项因数据不全无法判定").format(count=len(unknown)) if unknown else ""
        return ended(text)
    if unknown:
        return _("{total} 项差异系数中 {count} 项因数据不全无法判定，其余 {rest} 项在限值以内。").format(
            total=len(rows), count=len(unknown), rest=len(rows) - len(unknown)
        )
    if not rows:
        return ""
    several = [row for row in rows if not is_single(county, standard, row["stage"]) and row["reason"] != SUPPRESSED]
    text = _("{total} 项差异系数全部在限值以内").format(total=len(rows))
    if several:
        nearest = min(several, key=by_margin)
        text += _("，余量最小的是{what}：差异系数 {cv}（限值 {limit}）").format(
            what=_what(standard, nearest), cv=decisive_cv(nearest), limit=display.bound(nearest["limit"])
        )
    return ended(text + single_words(county, standard))


def also_vetoed(whole: Row) -> str:
    """“；另存在一票否决事项” of a verdict that a gate decides already; else empty."""
    is_both = whole["verdict"] == "not_eligible" and whole["veto"] == "not_met"
    return _("；另存在一票否决事项") if is_both else ""


def single_words(county: CountyTables, standard: Standard) -> str:
    """“；初中只有一个评估单位，差异系数为 0，不说明均衡”; empty where every stage has several units."""
    stages = single_stages(county, standard)
    return _("；{stages}只有一个评估单位，差异系数为 0，不说明均衡").format(stages=stages) if stages else ""


def _no_limit_fact(county: CountyTables, standard: Standard) -> str:
    widest = widest_row(county, standard)
    if widest is None:
        return _("没有可以计算的差异系数。")
    words = {"what": _what(standard, widest), "cv": display.coefficient(widest["cv"])}
    if _is_judged(standard):
        return _("差异系数不设限值，差异最大的是{what}，差异系数 {cv}。").format(**words)
    return _("没有官方限值，不作达标结论。差异最大的是{what}，差异系数 {cv}。").format(**words)


def limited_rows(county: CountyTables, standard: Standard) -> list[Row]:
    """The county's CVs that have a limit."""
    names = bound_names(standard)
    rows = (county.dispersion.get((standard.id, stage, name)) for stage in standard.scope.stages for name in names)
    return [row for row in rows if row is not None and row["status"] != "no_limit"]


def widest_row(county: CountyTables, standard: Standard) -> Row | None:
    """The indicator, composite aside, with the largest CV of all stages."""
    rows = [
        county.dispersion[standard.id, stage, indicator.id]
        for stage in stages_present(county, standard)
        if not is_single(county, standard, stage)
        for indicator in standard.indicators
    ]
    known = [row for row in rows if row["cv"] is not None]
    return max(known, key=lambda row: row["cv"], default=None)


def school_fact(verdict: Row, standard: Standard) -> str:
    """How many units meet the school rule."""
    if verdict["units_meeting"] is None:
        return _("评估单位过少，达到学校标准的个数不公开。")
    counts = {
        "units": display.count(verdict["units_meeting"] + verdict["units_failing"] + verdict["units_undetermined"]),
        "met": display.count(verdict["units_meeting"]),
        "failing": display.count(verdict["units_failing"]),
        "unknown": display.count(verdict["units_undetermined"]),
        "rule": school_rule_words(standard),
    }
    if verdict["units_meeting"] + verdict["units_failing"] + verdict["units_undetermined"] == 0:
        return _("没有可按学校标准判定的评估单位。")
    if verdict["units_failing"] == 0 and verdict["units_undetermined"] == 0:
        return _("{units} 个评估单位全部达到学校标准（{rule}）。").format(**counts)
    if verdict["units_undetermined"] == 0:
        return _("{units} 个评估单位中 {met} 个达到学校标准（{rule}），{failing} 个未达到。").format(**counts)
    return _("{units} 个评估单位中 {met} 个达到学校标准（{rule}），{failing} 个未达到，{unknown} 个无法判定。").format(
        **counts
    )


def _what(standard: Standard, row: Row) -> str:
    return of_stage(row["stage"], indicator_label(standard, row["indicator"]))


def title(county: CountyTables) -> str:
    """The finding, in one line: each standard's verdict, and for the last that is not met the reason in counts."""
    clauses = []
    for standard in county.leading:
        verdict = county.verdicts[standard.id, "all"]
        whole = county.whole.get(standard.id)
        if whole is not None and whole["verdict"] != "no_limit":
            clauses.append(
                judged(standard, whole["verdict"])
                + _whole_cause(whole, verdict, standard, county.parts.get(standard.id, {}))
            )
        elif verdict["verdict"] == "no_limit":
            clauses.append(_no_limit_title(county, standard))
        else:
            clauses.append(judged(standard, verdict["verdict"]) + _bracketed(_causes(verdict, standard)))
    of_part = not county.whole and any(standard.parts or standard.not_judged for standard in county.leading)
    subject = _("{county}资源配置部分").format(county=county.name) if of_part else county.name
    if not clauses:
        return _("{county}：没有可以判定的标准").format(county=county.name)
    return _("{subject}：{findings}").format(subject=subject, findings=semicolons(clauses))


def judged(standard: Standard, status: str) -> str:
    """A standard and its verdict: 优质均衡未达标."""
    return _("{standard}{verdict}").format(standard=short_title(standard), verdict=display.status_word(status))


def _whole_cause(whole: Row, verdict: Row, standard: Standard, parts: Mapping[str, Row]) -> str:
    """Why the verdict on a whole standard is what it is, in counts; what of it is resources comes first.

    Gates, preconditions and vetoes are said as such and are not counted among the items again; what is met is no
    reason.
    """
    causes = []
    of_gates = sum(row["items_not_met"] for row in parts.values() if row["role"] in ("gate", "precondition", "veto"))
    if whole["verdict"] != "met":
        if whole["eligibility"] == "not_met":
            causes.append(_("门槛或前提未达到"))
        if whole["veto"] == "not_met":
            causes.append(_("存在一票否决事项"))
        if verdict["verdict"] == "not_met":
            causes += _causes(verdict, standard)
        elif verdict["verdict"] == "undetermined":
            causes.append(_("资源配置{status}").format(status=display.status_word(verdict["verdict"])))
        not_met = whole["items_not_met"] - of_gates
        if not_met > 0:
            causes.append(_("{count} 项条目未达标").format(count=display.count(not_met)))
        if whole["items_undetermined"]:
            causes.append(_("{count} 项条目无法判定").format(count=display.count(whole["items_undetermined"])))
    return _bracketed(causes)


def _bracketed(causes: Sequence[str]) -> str:
    return bracketed(serial(causes)) if causes else ""


def _causes(verdict: Row, standard: Standard) -> list[str]:
    """What of the resource part is not met, in counts, or why it cannot be told."""
    causes = []
    if verdict["verdict"] == "not_met":
        if verdict["limits_failed"] and standard.dispersion.rule == "mean":
            causes.append(_("{count} 个学段的综合差异系数超限").format(count=verdict["limits_failed"]))
        elif verdict["limits_failed"]:
            causes.append(_("{count} 项差异系数超限").format(count=verdict["limits_failed"]))
        if verdict["units_failing"]:
            causes.append(_("{count} 个单位未达学校标准").format(count=verdict["units_failing"]))
    elif verdict["verdict"] == "undetermined":
        causes.append(display.reason(verdict["reason"]))
    return causes


def _no_limit_title(county: CountyTables, standard: Standard) -> str:
    widest = widest_row(county, standard)
    if widest is None:
        return _("没有可以计算的差异系数")
    text = _("{what}的校际差异系数为 {cv}").format(what=_what(standard, widest), cv=display.coefficient(widest["cv"]))
    change = county.changes.get((standard.id, "county", widest["stage"], widest["indicator"]))
    moved = None if change is None else change["cv_change"]
    return text + change_words(moved)


def change_words(cv_change: float | None) -> str:
    """“，较上年扩大 0.012”; empty where there is no year before."""
    if cv_change is None:
        return ""
    size = display.number(abs(cv_change), display.CV_PLACES)
    if not size.strip("0."):
        return _("，与上年基本持平")
    if cv_change > 0:
        return _("，较上年扩大 {size}").format(size=size)
    return _("，较上年缩小 {size}").format(size=size)


def lead(county: CountyTables, standard: Standard, stage: str) -> str:
    """What a stage's table shows: how many indicators got better or worse, and the one that matters most."""
    if is_single(county, standard, stage):
        return _("只有一个评估单位，差异系数为 0，不说明均衡。")
    names = [indicator.id for indicator in standard.indicators if indicator.is_quantity]
    return together(
        [
            changes_words([_cv_change(county, standard, stage, name) for name in names]),
            most_words(county, standard, stage),
        ]
    )


def is_single(county: CountyTables, standard: Standard, stage: str) -> bool:
    """Whether the stage has one evaluation unit alone, so that its CVs are 0 and say nothing."""
    verdict = county.verdicts.get((standard.id, stage))
    return verdict is not None and verdict["units"] == 1


def single_stages(county: CountyTables, standard: Standard) -> str:
    """The stages of one evaluation unit alone, in words; empty where there is none."""
    return serial(
        display.stage(stage) for stage in stages_present(county, standard) if is_single(county, standard, stage)
    )


def _cv_change(county: CountyTables, standard: Standard, stage: str, name: str) -> float | None:
    row = county.changes.get((standard.id, "county", stage, name))
    found: float | None = None if row is None else row["cv_change"]
    return found


def is_same(cv: float, other: float) -> bool:
    """Whether two CVs count as the same."""
    return abs(cv - other) <= _SAME


def changes_words(changes: Sequence[float | None]) -> str:
    """How many CVs fell and rose since the year before."""
    known = [change for change in changes if change is not None]
    if not known:
        return _("没有上一学年的差异系数可比。")
    if len(changes) == 1:
        word = _("不变") if abs(known[0]) <= _SAME else _("扩大") if known[0] > 0 else _("缩小")
        return _("与上年相比，差异系数{word}。").format(word=word)
    fell, rose = sum(change < -_SAME for change in known), sum(change > _SAME for change in known)
    if fell == len(changes):
        return _("与上年相比，{count} 项差异系数全部缩小。").format(count=fell)
    if rose == len(changes):
        return _("与上年相比，{count} 项差异系数全部扩大。").format(count=rose)
    text = _("与上年相比，{fell} 项差异系数缩小、{rose} 项扩大").format(fell=fell, rose=rose)
    same, unknown = len(known) - fell - rose, len(changes) - len(known)
    text += _("、{count} 项不变").format(count=same) if same else ""
    text += _("、{count} 项不可比").format(count=unknown) if unknown else ""
    return ended(text)


def most_words(county: CountyTables, standard: Standard, stage: str) -> str:
    """The indicator with the least margin, or with the largest CV where single indicators have no limit."""
    row = most_important(county, standard, stage)
    if row is None:
        return ""
    label = indicator_label(standard, row["indicator"])
    if row["margin"] is None:
        return _("差异最大的是{label}（差异系数 {cv}）。").format(label=label, cv=display.coefficient(row["cv"]))
    if row["status"] == "not_met":
        return _("超出限值最多的是{label}（差异系数 {cv}）。").format(label=label, cv=decisive_cv(row))
    return _("余量最小的是{label}（余量 {margin}）。").format(
        label=label, margin=display.number(row["margin"], display.CV_PLACES)
    )


def most_important(county: CountyTables, standard: Standard, stage: str) -> Row | None:
    """The row of the indicator with the least margin; where none has a limit, with the largest CV."""
    name = county.important.get((standard.id, stage))
    return None if name is None else county.dispersion[standard.id, stage, name]
