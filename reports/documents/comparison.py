"""Standards side by side (两项标准对照): one county's returns under every standard that limits difference coefficients.

What each measures and asks, which schools count under one and not the other, and why one and the same indicator comes out
differently. All words on a standard come from its file, and a reason is given only where the tables show it.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import pairwise, zip_longest

from reports import display, sentences
from reports.captions import Captions
from reports.documents import names
from reports.documents.cells import difference, figure, judged, whole, words
from reports.documents.cover import document
from reports.documents.model import Block, Cell, Column, Document, Paragraph, Section, Sentences, Table
from reports.documents.names import joined
from reports.language import gettext as _
from reports.language import marked
from reports.outcome import RESOURCE, counts_words, has_any, part_of, part_verdict, status_of
from reports.requirement import SIDES
from reports.year import CountyTables, Row
from schemas.columns import STAGES
from schemas.tables import UNITS, codes, shared_fields
from standards.items import Part
from standards.standard import Indicator, Standard, in_force

KIND = "standards-side-by-side"
COMPOSITE = "composite"
_MOST_ROWS = 30
_SAME = 1e-12
"""CVs this near to one another count as the same."""
_BOTH = 2
_ROLES = (
    (("precondition", "gate"), marked("申报资格")),
    ((RESOURCE,), marked("资源")),
    (("items",), marked("条目")),
    (("approval",), marked("社会认可度或满意度")),
    (("veto",), marked("一票否决")),
    (("tracking",), marked("只作跟踪")),
)
_FIELDS = {column.name: column.label_zh for column in UNITS.columns}


def compared(county: CountyTables) -> list[Standard]:
    """The county's standards that limit difference coefficients and of which the tables say something, newest last."""
    limited = [s for s in county.standards if s.dispersion.rule != "none" and has_any(county, s)]
    return sorted(limited, key=lambda standard: (standard.issued or dt.date.min, standard.id))


def side_by_side(county: CountyTables) -> Document:
    """The county's standards that limit difference coefficients, side by side; a sentence where there are not two."""
    shown, captions = compared(county), Captions()
    what = sentences.comparison_title(len(shown))
    sections: list[Section] = []
    lead = [Paragraph(text=_("本学年限制差异系数的标准不足两项，没有可以对照的结论。"))]
    if len(shown) >= _BOTH:
        lead = [
            Paragraph(
                text=_(
                    "同一套 {year}学校报表，分别按{standards}计算；以下每一处不同都取自标准文件和当年的表，两者相同的也注明。"
                ).format(year=display.school_year(county.year), standards="".join(f"“{s.title.zh}”" for s in shown))
            )
        ]
        sections = [
            _verdicts(county, shown, captions),
            _measured(county, shown, captions),
            _units(county, shown, captions),
            _common(county, shown, captions),
            _single(county, shown, captions),
        ]
    return document(
        county,
        KIND,
        _("{county}：{year}{what}").format(county=county.name, year=display.school_year(county.year), what=what),
        what,
        shown,
        lead=lead,
        sections=sections,
    )


def _short(standard: Standard) -> str:
    return sentences.short_title(standard)


def _headed(standard: Standard, text: str) -> str:
    """A column's heading with the standard that it is of."""
    return _("{standard}：{text}").format(standard=_short(standard), text=text)


# -- verdicts ---------------------------------------------------------------------------------------------------------


def _verdicts(county: CountyTables, shown: Sequence[Standard], captions: Captions) -> Section:
    why = [
        _("{standard}：{sentence}").format(standard=_short(standard), sentence=sentence)
        for standard in shown
        for sentence in sentences.why(county, standard)
    ]
    return Section(
        anchor="verdicts",
        heading=_("结论与各部分"),
        blocks=(
            Paragraph(text=verdicts_sentence(county, shown)),
            _part_table(county, shown, captions),
            Sentences(sentences=tuple(why)),
        ),
    )


def verdicts_sentence(county: CountyTables, shown: Sequence[Standard]) -> str:
    """Whether the verdicts agree, and which parts decide each."""
    statuses = [status_of(county, standard) for standard in shown]
    each = "；".join(_decided(county, standard) for standard in shown)
    if len(set(statuses)) == 1:
        return _("结论相同，都是“{word}”：{each}。").format(word=display.status_word(statuses[0]), each=each)
    return _("结论不同：{each}。").format(each=each)


def _decided(county: CountyTables, standard: Standard) -> str:
    """A standard's verdict and the parts that decide it."""
    known = {"standard": _short(standard), "word": display.status_word(status_of(county, standard))}
    verdict = county.whole.get(standard.id)
    if verdict is None:
        return _("{standard}“{word}”，只判定了{part}").format(part=standard.part.zh, **known)
    decides = list(dict.fromkeys(_part_title(standard, name) for name in joined(verdict["decides"])))
    if verdict["verdict"] == "met":
        return _("{standard}“{word}”，决定结论的各部分均达标").format(**known)
    if not decides:
        return _("{standard}“{word}”").format(**known)
    return _("{standard}“{word}”，取决于{parts}").format(parts=display.listed(decides), **known)


def _part_title(standard: Standard, name: str) -> str:
    part = part_of(standard, name)
    return standard.part.zh if part is None else part.title.zh


def _part_table(county: CountyTables, shown: Sequence[Standard], captions: Captions) -> Table:
    """The verdict, then the parts by what they do to it: one row holds a part of each standard."""
    rows: list[tuple[Cell, ...]] = [
        (
            words(_("整项标准")),
            *(cell for s in shown for cell in (words(s.title.zh), judged(status_of(county, s)))),
        )
    ]
    for roles, label in _ROLES:
        found = [[part for part in _part_rows(county, standard) if part["role"] in roles] for standard in shown]
        for together in zip_longest(*found):
            cells = (
                cell for standard, part in zip(shown, together, strict=True) for cell in _part_cells(standard, part)
            )
            rows.append((words(_(label)), *cells))
    return Table(
        caption=captions.next(_("{county}的结论与各部分").format(county=county.name)),
        note=_("{year}；同一行是作用相同的部分，次序依各标准").format(year=display.school_year(county.year)),
        columns=(
            Column(label=_("作用")),
            *(
                column
                for s in shown
                for column in (
                    Column(label=_headed(s, _("部分"))),
                    Column(label=_headed(s, _("结论"))),
                )
            ),
        ),
        rows=tuple(rows),
    )


def _part_rows(county: CountyTables, standard: Standard) -> list[Row]:
    """The parts as the tables have them; where they have none, the resource part from its own verdict."""
    rows = list(county.parts.get(standard.id, {}).values())
    if any(row["part"] == RESOURCE for row in rows) or (standard.id, "all") not in county.verdicts:
        return rows
    return [{"part": RESOURCE, "role": RESOURCE, "status": county.verdicts[standard.id, "all"]["verdict"]}, *rows]


def _part_cells(standard: Standard, row: Row | None) -> tuple[Cell, Cell]:
    if row is None:
        return words(""), words("")
    part = part_of(standard, row["part"])
    if part is None:
        return words(standard.part.zh), judged(row["status"])
    said, counted = part_verdict(row, part), counts_words(row, part)
    name = _("{part}（{counted}）").format(part=part.title.zh, counted=counted) if counted else part.title.zh
    return words(name), Cell(text=f"{said.symbol} {said.word}", status=said.status)


# -- what is measured -------------------------------------------------------------------------------------------------


def _measured(county: CountyTables, shown: Sequence[Standard], captions: Captions) -> Section:
    return Section(
        anchor="measured",
        heading=_("各测什么、怎样判定"),
        blocks=(_aspect_table(county, shown, captions), _indicator_table(county, shown, captions)),
    )


def _aspect_table(county: CountyTables, shown: Sequence[Standard], captions: Captions) -> Table:
    rows = []
    for label, said, article in _aspects(county, shown):
        texts = [said(standard) for standard in shown]
        is_same = _("相同") if len(set(texts)) == 1 else _("不同")
        sources = (article(standard) for standard in shown)
        cells = (cell for pair in zip(texts, sources, strict=True) for cell in map(words, pair))
        rows.append((words(label), words(is_same), *cells))
    return Table(
        caption=captions.next(_("各标准测量和判定的内容")),
        note=_("{county}，{year}；文字取自各标准，出处为其条文").format(
            county=county.name, year=display.school_year(county.year)
        ),
        columns=(
            Column(label=_("方面")),
            Column(label=_("异同")),
            *(
                column
                for s in shown
                for column in (
                    Column(label=_short(s), holds="wide"),
                    Column(label=_headed(s, _("出处")), holds="wide"),
                )
            ),
        ),
        rows=tuple(rows),
    )


_Said = Callable[[Standard], str]


def _aspects(county: CountyTables, shown: Sequence[Standard]) -> Iterator[tuple[str, _Said, _Said]]:
    """What is compared: its label, what a standard says of it, and the article."""

    def scope(standard: Standard) -> str:
        return standard.scope.article

    yield _("文件"), lambda s: s.document.zh, lambda s: display.day(s.issued, absent="")
    yield _("学段"), lambda s: "、".join(display.stage(stage) for stage in s.scope.stages), scope
    yield _("办学类型"), lambda s: _coded(s.scope.school_types, "school_types") or _("全部"), scope
    yield _("不计入的举办者"), lambda s: _coded(s.scope.leave_out_operators, "operators") or _("无"), scope
    yield _("教学点"), _teaching_points, scope
    yield _("计入的评估单位"), lambda s: counted_words(county, s), scope
    yield _("按学段拆分的共用资源"), lambda s: _labels(s.split.resources) or _("不拆分"), lambda s: s.split.article
    yield _("拆分权重"), _weights, lambda s: s.split.article
    yield _("指标"), lambda s: _indicator_counts(s, shown), _indicator_articles
    yield _("标准值"), _norm_counts, _norm_articles
    yield (
        _("学校标准"),
        lambda s: sentences.school_rule_words(s) or _("不设"),
        lambda s: "" if s.school_rule is None else s.school_rule.article,
    )
    yield (
        _("差异系数"),
        lambda s: sentences.limit_words(s, county.year).removesuffix("。"),
        lambda s: s.dispersion.article,
    )
    for roles, label in _ROLES:
        if roles == (RESOURCE,) or not any(part.role in roles for s in shown for part in s.parts):
            continue
        yield _(label), partial(_asked_of, roles), partial(_articles_of, roles)


def _asked_of(roles: Sequence[str], standard: Standard) -> str:
    return "；".join(_asked(standard, part) for part in _of_roles(standard, roles)) or _("不设")


def _articles_of(roles: Sequence[str], standard: Standard) -> str:
    return "；".join(dict.fromkeys(part.article for part in _of_roles(standard, roles)))


def _of_roles(standard: Standard, roles: Sequence[str]) -> list[Part]:
    return [part for part in standard.parts if part.role in roles]


def _asked(standard: Standard, part: Part) -> str:
    """A part with how many items it has, and what makes it met."""
    listed = len(standard.of_part(part.id))
    count = part.declares if part.declares is not None else listed
    if part.rule == "points" and part.total is not None and part.pass_mark is not None:
        rule = _("{count} 项，满分 {total} 分，合格 {mark} 分").format(
            count=count, total=display.plain(float(part.total)), mark=display.plain(float(part.pass_mark))
        )
    elif part.rule == "count":
        rule = _("{count} 项中至少 {least} 项达标").format(count=count, least=part.at_least)
    elif part.role == "veto":
        rule = (_("{count} 项均不得存在") if count > 1 else _("{count} 项，不得存在")).format(count=count)
    elif part.role == "tracking":
        rule = _("{count} 项").format(count=count)
    else:
        rule = (_("{count} 项均须达标") if count > 1 else _("{count} 项，须达标")).format(count=count)
    if count > listed:
        rule += _("，公开文本中见 {listed} 项").format(listed=listed)
    return _("{part}：{rule}").format(part=part.title.zh, rule=rule)


def _coded(wanted: Iterable[str], code_list: str) -> str:
    labels = {entry["code"]: entry["label_zh"] for entry in codes(code_list)}
    return "、".join(labels.get(code, code) for code in wanted)


def _labels(fields: Iterable[str]) -> str:
    return "、".join(_FIELDS.get(field, field) for field in fields)


def _teaching_points(standard: Standard) -> str:
    if standard.scope.teaching_points == "out":
        return _("不单独评估")
    return _("{pupils} 人及以上的单独评估，不足的只列出").format(pupils=standard.scope.teaching_point_pupils)


def counted_words(county: CountyTables, standard: Standard) -> str:
    """How many units count, stage by stage."""
    return "、".join(
        _("{stage} {count} 个").format(
            stage=display.stage(stage), count=display.count(county.verdicts[standard.id, stage]["units"])
        )
        for stage in sentences.stages_present(county, standard)
    )


def _weights(standard: Standard) -> str:
    return "：".join(
        f"{display.stage(stage)} {display.plain(float(weight))}" for stage, weight in standard.split.weights.items()
    )


def _indicator_counts(standard: Standard, shown: Sequence[Standard]) -> str:
    shared = [i for i in standard.indicators if len(_holders(i.id, shown)) > 1]
    return _("{count} 项：{shared} 项另一标准也有，{own} 项只见于本标准").format(
        count=len(standard.indicators), shared=len(shared), own=len(standard.indicators) - len(shared)
    )


def _indicator_articles(standard: Standard) -> str:
    """The first and the last indicator's article: the others lie between."""
    articles = list(dict.fromkeys(indicator.article for indicator in standard.indicators))
    return articles[0] if len(articles) == 1 else _("{first}至{last}").format(first=articles[0], last=articles[-1])


def _norm_counts(standard: Standard) -> str:
    count = sum(bool(indicator.norms) for indicator in standard.indicators)
    return _("{count} 项指标设标准值").format(count=count) if count else _("不设")


def _norm_articles(standard: Standard) -> str:
    return _indicator_articles(standard) if any(indicator.norms for indicator in standard.indicators) else ""


def _holders(name: str, shown: Sequence[Standard]) -> list[Standard]:
    """The standards that have an indicator of this id; the composite is one of those that limit it."""
    return [standard for standard in shown if name in sentences.bound_names(standard)]


def _all_names(shown: Sequence[Standard]) -> list[str]:
    """Every indicator: in the order of the first standard, then what the later ones add."""
    return list(dict.fromkeys(indicator.id for standard in shown for indicator in standard.indicators))


def _label(name: str, shown: Sequence[Standard]) -> str:
    """An indicator as each standard that has it calls it, the newest first."""
    labels = dict.fromkeys(sentences.indicator_label(s, name) for s in reversed(_holders(name, shown)))
    first, *others = labels
    return _("{label}（又作“{others}”）").format(label=first, others="”“".join(others)) if others else first


def _indicator_table(county: CountyTables, shown: Sequence[Standard], captions: Captions) -> Table:
    with_norms = [s for s in shown if any(indicator.norms for indicator in s.indicators)]
    rows = []
    for name in _all_names(shown):
        found = {s.id: names.indicator_of(s, name) for s in shown}
        rows.append(
            (
                words(_label(name, shown)),
                *(words(_number_and_unit(s, found[s.id])) for s in shown),
                *(words(_norms(s, found[s.id], county.year)) for s in with_norms),
                *(words("" if (i := found[s.id]) is None else i.article) for s in shown),
            )
        )
    return Table(
        caption=captions.next(_("各标准的指标")),
        note=_("{year}；— 为该标准没有").format(year=display.school_year(county.year)),
        columns=(
            Column(label=_("指标")),
            *(Column(label=_headed(s, _("序号和单位"))) for s in shown),
            *(Column(label=_headed(s, _("标准值"))) for s in with_norms),
            *(Column(label=_headed(s, _("出处")), holds="wide") for s in shown),
        ),
        rows=tuple(rows),
    )


def _number_and_unit(standard: Standard, indicator: Indicator | None) -> str:
    if indicator is None:
        return ""
    unit = names.indicator_unit(standard, indicator, standard.scope.stages[0])
    return _("第 {number} 项，{unit}").format(number=indicator.number, unit=unit) if indicator.number else unit


def _norms(standard: Standard, indicator: Indicator | None, year: int) -> str:
    if indicator is None:
        return ""
    return "、".join(
        f"{display.stage(stage)} {SIDES[indicator.must_be]}\N{NO-BREAK SPACE}"
        f"{sentences.norm_words(standard, indicator.id, year, stage)}"
        for stage in standard.scope.stages
        if in_force(indicator.norms, year, stage) is not None
    )


# -- units counted under one and not the other ------------------------------------------------------------------------

Unit = tuple[str, str]
"""Stage and unit."""


def counted_apart(county: CountyTables, shown: Sequence[Standard]) -> dict[Unit, list[Standard]]:
    """The units that count under some of the standards and not under all, by stage and identifier: under which."""
    found: dict[Unit, list[Standard]] = {}
    for standard in shown:
        for stage in standard.scope.stages:
            for unit_id, unit in county.units.get((standard.id, stage), {}).items():
                if unit["standing"] == "counted":
                    found.setdefault((stage, unit_id), []).append(standard)
    ordered = sorted(found, key=lambda unit: (STAGES.index(unit[0]), unit[1]))
    return {unit: found[unit] for unit in ordered if len(found[unit]) < len(shown)}


def _units(county: CountyTables, shown: Sequence[Standard], captions: Captions) -> Section:
    apart = counted_apart(county, shown)
    blocks: list[Block] = [Paragraph(text=units_sentence(county, apart))]
    if apart:
        blocks.append(_unit_table(county, shown, apart, captions))
    return Section(anchor="units", heading=_("只在部分标准下计入的评估单位"), blocks=tuple(blocks))


def units_sentence(county: CountyTables, apart: dict[Unit, list[Standard]]) -> str:
    """How many units count under some of the standards only, under which, and how many pupils they have."""
    if not apart:
        return _("各标准计入的评估单位完全相同。")
    under: dict[str, int] = {}
    for standards in apart.values():
        titles = "、".join(map(_short, standards))
        under[titles] = under.get(titles, 0) + 1
    pupils = [_unit(county, unit, standards[0])["pupils"] for unit, standards in apart.items()]
    known = [number for number in pupils if number is not None]
    text = _("{count} 个评估单位只在部分标准下计入：{each}；在校生 {pupils} 人").format(
        count=display.count(len(apart)),
        each="，".join(
            _("只在{titles}下计入 {count} 个").format(titles=titles, count=display.count(count))
            for titles, count in under.items()
        ),
        pupils=display.count(sum(known)) if known else display.NOT_REPORTED,
    )
    lacking = len(pupils) - len(known)
    text += _("（{count} 个未上报）").format(count=display.count(lacking)) if lacking else ""
    return text + "。"


def _unit(county: CountyTables, unit: Unit, standard: Standard) -> Row:
    stage, unit_id = unit
    return county.units[standard.id, stage][unit_id]


def _unit_table(
    county: CountyTables, shown: Sequence[Standard], apart: dict[Unit, list[Standard]], captions: Captions
) -> Table:
    note = _("{year}；在校生数单位：人").format(year=display.school_year(county.year))
    if len(apart) > _MOST_ROWS:
        note += _("；列出前 {shown} 个，其余 {rest} 个未列").format(
            shown=_MOST_ROWS, rest=display.count(len(apart) - _MOST_ROWS)
        )
    rows = []
    for unit, under in list(apart.items())[:_MOST_ROWS]:
        row = _unit(county, unit, under[0])
        others = [standard for standard in shown if standard not in under]
        rows.append(
            (
                words(row["school_name"]),
                words(display.stage(unit[0])),
                whole(row["pupils"]),
                words("、".join(map(_short, under))),
                words("；".join(_why_not(county, unit, standard) for standard in others)),
            )
        )
    return Table(
        caption=captions.next(_("{county}只在部分标准下计入的评估单位").format(county=county.name)),
        note=note,
        columns=(
            Column(label=_("学校")),
            Column(label=_("学段")),
            Column(label=_("在校生数"), holds="number"),
            Column(label=_("计入的标准")),
            Column(label=_("其他标准为何不计"), holds="wide"),
        ),
        rows=tuple(rows),
    )


def _why_not(county: CountyTables, unit: Unit, standard: Standard) -> str:
    stage, unit_id = unit
    row = county.units.get((standard.id, stage), {}).get(unit_id)
    if row is None:
        return _("{standard}：没有这一评估单位").format(standard=_short(standard))
    text = _headed(standard, display.standing(row["standing"]))
    return text if row["reason"] is None else f"{text}（{display.reason(row['reason'])}）"


# -- indicators that more than one standard has -----------------------------------------------------------------------


def _common(county: CountyTables, shown: Sequence[Standard], captions: Captions) -> Section:
    named = [name for name in [*_all_names(shown), COMPOSITE] if len(_holders(name, shown)) > 1]
    blocks: list[Block] = [Paragraph(text=common_sentence(county, shown, named))]
    for stage in STAGES:
        known = [name for name in named if len(_rows(county, shown, stage, name)) > 1]
        if known:
            blocks += [
                _figure_table(county, shown, stage, known, captions),
                _reason_table(county, shown, stage, known, captions),
            ]
    return Section(anchor="common", heading=_("各标准都有的指标"), blocks=tuple(blocks))


def _rows(county: CountyTables, standards: Sequence[Standard], stage: str, name: str) -> dict[str, Row]:
    """An indicator's dispersion in a stage by standard; of those only that have it."""
    found = ((standard.id, county.dispersion.get((standard.id, stage, name))) for standard in _holders(name, standards))
    return {standard: row for standard, row in found if row is not None}


def _pairs(county: CountyTables, shown: Sequence[Standard], stage: str, name: str) -> list[tuple[Standard, Standard]]:
    """Each standard that has the indicator in the stage beside the next newer one."""
    rows = _rows(county, shown, stage, name)
    return list(pairwise(s for s in shown if s.id in rows))


def common_sentence(county: CountyTables, shown: Sequence[Standard], named: Sequence[str]) -> str:
    """How many indicators more than one standard has, and how many of their coefficients are the same."""
    if not named:
        return _("没有两项标准都有的指标。")
    cvs = [
        [_rows(county, pair, stage, name)[standard.id]["cv"] for standard in pair]
        for stage in STAGES
        for name in named
        for pair in _pairs(county, shown, stage, name)
    ]
    known = [(first, second) for first, second in cvs if first is not None and second is not None]
    same = sum(is_same(first, second) for first, second in known)
    return _(
        "{count} 项指标不只一项标准有；按学段可比的差异系数 {known} 对，其中 {same} 对相同，{other} 对不同。"
    ).format(
        count=len(named),
        known=display.count(len(known)),
        same=display.count(same),
        other=display.count(len(known) - same),
    )


def is_same(first: float, second: float) -> bool:
    """Whether two difference coefficients are the same but for the last digits of binary fractions."""
    return math.isclose(first, second, rel_tol=0.0, abs_tol=_SAME)


def _figure_columns(standard: Standard) -> tuple[Column, ...]:
    return (
        Column(label=_headed(standard, _("均值")), holds="number"),
        Column(label=_headed(standard, _("差异系数")), holds="number"),
        Column(label=_headed(standard, _("限值")), holds="number"),
        Column(label=_headed(standard, _("结论"))),
    )


def _figures(standard: Standard, row: Row | None) -> tuple[Cell, ...]:
    """Mean with its unit, difference coefficient, limit and status."""
    if row is None:
        return (words(""),) * 4
    why = display.reason(row["reason"]) if row["status"] == "undetermined" else ""
    return (_mean(standard, row), _cv(row), _limit(row), judged(row["status"], why=why))


def _mean(standard: Standard, row: Row) -> Cell:
    if row["indicator"] == COMPOSITE:
        return words("")
    unit = sentences.unit_words(standard, row["indicator"], row["stage"])
    return figure(row["mean"], display.places_of(row["unit"]), after=f" {unit}")


def _cv(row: Row) -> Cell:
    if row["cv"] is None:
        return words("")
    text = sentences.decisive_cv(row)
    return figure(row["cv"], len(text.partition(".")[2]))


def _limit(row: Row) -> Cell:
    if row["limit"] is None:
        return words("")
    places = len(display.bound(row["limit"]).partition(".")[2])
    return figure(row["limit"], places, before=f"{SIDES['at_most']} ")


def _figure_table(
    county: CountyTables, shown: Sequence[Standard], stage: str, named: Sequence[str], captions: Captions
) -> Table:
    rows = []
    for name in named:
        found = _rows(county, shown, stage, name)
        rows.append((words(_label(name, shown)), *(c for s in shown for c in _figures(s, found.get(s.id)))))
    return Table(
        caption=captions.next(
            _("{county}{stage}：同一指标在各标准下").format(county=county.name, stage=display.stage(stage))
        ),
        note=_("{year}；均值的单位见单元格，差异系数无单位").format(year=display.school_year(county.year)),
        columns=(Column(label=_("指标")), *(column for s in shown for column in _figure_columns(s))),
        rows=tuple(rows),
    )


def _reason_table(
    county: CountyTables, shown: Sequence[Standard], stage: str, named: Sequence[str], captions: Captions
) -> Table:
    rows = []
    for name in named:
        for first, second in _pairs(county, shown, stage, name):
            before, after = (_rows(county, shown, stage, name)[s.id]["cv"] for s in (first, second))
            moved = None if before is None or after is None else after - before
            rows.append(
                (
                    words(sentences.indicator_label(second, name)),
                    *([words(_less(first, second))] if len(shown) > _BOTH else []),
                    difference(moved, display.CV_PLACES),
                    words("；".join(reasons(county, first, second, stage, name))),
                )
            )
    return Table(
        caption=captions.next(
            _("{county}{stage}：差异系数之差及其原因").format(county=county.name, stage=display.stage(stage))
        ),
        note=_("{year}；差 = {less}，由未舍入的数计算；只列标准文件和表可以证实的原因").format(
            year=display.school_year(county.year), less=_("后者 − 前者") if len(shown) > _BOTH else _less(*shown)
        ),
        columns=(
            Column(label=_("指标")),
            *([Column(label=_("相减"))] if len(shown) > _BOTH else []),
            Column(label=_("差异系数之差"), holds="number"),
            Column(label=_("异同与原因"), holds="wide"),
        ),
        rows=tuple(rows),
    )


def _less(first: Standard, second: Standard) -> str:
    return _("{second} − {first}").format(first=_short(first), second=_short(second))


def reasons(county: CountyTables, first: Standard, second: Standard, stage: str, name: str) -> list[str]:
    """What makes an indicator come out differently under two standards; each as the files and tables show it.

    Begins with whether the difference coefficients are the same. What moves a coefficient comes first: units, numerator,
    denominator, relaxations, split; then what moves the mean alone, and what the coefficients are held against.
    """
    rows = _rows(county, (first, second), stage, name)
    before, after = rows[first.id]["cv"], rows[second.id]["cv"]
    said = []
    is_equal = before is not None and after is not None and is_same(before, after)
    if is_equal:
        said.append(_("差异系数相同"))
    said += [
        _("{standard}没有差异系数（{why}）").format(
            standard=_short(standard), why=display.reason(rows[standard.id]["reason"])
        )
        for standard in (first, second)
        if rows[standard.id]["cv"] is None
    ]
    scale: list[str] = []
    if name == COMPOSITE:
        moving = [
            _("由各单项平均：{first} {a} 项，{second} {b} 项").format(
                first=_short(first), second=_short(second), a=len(first.indicators), b=len(second.indicators)
            )
        ]
    else:
        one, other = first.indicator(name), second.indicator(name)
        moving = [
            *_units_differ(county, first, second, stage, name),
            *_formulas_differ(first, second, one, other, stage),
            *_relaxations_differ(county, first, second, stage, name),
            *_splits_differ(county, first, second, stage, name),
        ]
        if one.times != other.times:
            scale.append(
                _("计量不同：{first} {one}（× {a}），{second} {other}（× {b}），只改变均值，不改变差异系数").format(
                    first=_short(first),
                    second=_short(second),
                    one=sentences.unit_words(first, name, stage),
                    other=sentences.unit_words(second, name, stage),
                    a=one.times,
                    b=other.times,
                )
            )
    said += moving
    if before is not None and after is not None and not is_equal and not moving:
        said.append(_("差异系数不同，标准文件和表中未见原因"))
    return [*said, *scale, *_rules_differ(rows, first, second)]


def reporting(county: CountyTables, standard: Standard, stage: str, name: str) -> set[str]:
    """The units over which an indicator's mean and coefficient are computed: those with a value."""
    units = county.values.get((standard.id, stage), {})
    return {unit for unit, cells in units.items() if name in cells and cells[name]["value"] is not None}


def _units_differ(county: CountyTables, first: Standard, second: Standard, stage: str, name: str) -> Iterator[str]:
    one, other = (reporting(county, standard, stage, name) for standard in (first, second))
    if one != other:
        yield _(
            "参与计算的评估单位不同：{first} {a} 个，{second} {b} 个（只在{first} {c} 个，只在{second} {d} 个）"
        ).format(
            first=_short(first),
            second=_short(second),
            a=display.count(len(one)),
            b=display.count(len(other)),
            c=display.count(len(one - other)),
            d=display.count(len(other - one)),
        )


def _formulas_differ(first: Standard, second: Standard, one: Indicator, other: Indicator, stage: str) -> Iterator[str]:
    if set(one.added(stage)) != set(other.added(stage)) or set(one.minus) != set(other.minus):
        yield _("分子不同：{first}为{one}，{second}为{other}").format(
            first=_short(first), second=_short(second), one=_numerator(one, stage), other=_numerator(other, stage)
        )
    if set(_divisor(one)) != set(_divisor(other)):
        yield _("分母不同：{first}为{one}，{second}为{other}").format(
            first=_short(first),
            second=_short(second),
            one=_labels(_divisor(one)) or _("1"),
            other=_labels(_divisor(other)) or _("1"),
        )


def _numerator(indicator: Indicator, stage: str) -> str:
    plus = " + ".join(_FIELDS.get(field, field) for field in indicator.added(stage))
    return plus + "".join(f" − {_FIELDS.get(field, field)}" for field in indicator.minus)


def _divisor(indicator: Indicator) -> tuple[str, ...]:
    """The fields that an indicator is divided by; none where its numerator is the value."""
    return indicator.over or (() if indicator.denominator == "one" else (indicator.denominator,))


def _relaxations_differ(
    county: CountyTables, first: Standard, second: Standard, stage: str, name: str
) -> Iterator[str]:
    eased = []
    for standard in (first, second):
        rows = county.frame("unit_indicators").select("standard", "stage", "indicator", "unit_id", "relaxation")
        eased.append(
            {
                (row["unit_id"], row["relaxation"])
                for row in rows.iter_rows(named=True)
                if (row["standard"], row["stage"], row["indicator"]) == (standard.id, stage, name)
                and row["relaxation"] is not None
            }
        )
    one, other = eased
    if one != other:
        yield _("放宽条款：{first} {a} 个评估单位适用，{second} {b} 个").format(
            first=_short(first), second=_short(second), a=display.count(len(one)), b=display.count(len(other))
        )


def _splits_differ(county: CountyTables, first: Standard, second: Standard, stage: str, name: str) -> Iterator[str]:
    """Where a unit of both has a share of its school's resources, and the two standards do not divide them alike."""
    one, other = (_divided(standard, name, stage) for standard in (first, second))
    if not one and not other:
        return
    if one == other and first.split.weights == second.split.weights:
        return
    both = reporting(county, first, stage, name) & reporting(county, second, stage, name)
    shared = {
        row["unit_id"]
        for row in county.frame("units").select("unit_id", "share_numerator", "share_denominator").iter_rows(named=True)
        if row["unit_id"] in both and row["share_numerator"] != row["share_denominator"]
    }
    if shared:
        yield _(
            "共用资源的拆分不同：{first}为{one}（权重 {a}），{second}为{other}（权重 {b}），涉及 {count} 个评估单位"
        ).format(
            first=_short(first),
            second=_short(second),
            one=_labels(one) or _("不拆分"),
            other=_labels(other) or _("不拆分"),
            a=_weights(first),
            b=_weights(second),
            count=display.count(len(shared)),
        )


def _divided(standard: Standard, name: str, stage: str) -> tuple[str, ...]:
    """The fields of an indicator that are divided among the stages of a school."""
    indicator = standard.indicator(name)
    if indicator.over or indicator.denominator == "one":
        return ()
    fields = (*indicator.added(stage), *indicator.minus)
    return tuple(field for field in fields if field in shared_fields() and field in standard.split.resources)


def _rules_differ(rows: dict[str, Row], first: Standard, second: Standard) -> Iterator[str]:
    one, other = (_held(standard, rows[standard.id]) for standard in (first, second))
    if one != other:
        yield _("判定不同：{first}{one}，{second}{other}").format(
            first=_short(first), second=_short(second), one=one, other=other
        )


def _held(standard: Standard, row: Row) -> str:
    """What the coefficient is held against."""
    if row["limit"] is not None:
        return _("限值 {limit}").format(limit=display.bound(row["limit"]))
    if standard.dispersion.rule == "mean":
        return _("只看各项平均，单项不设限值")
    return _("不设限值")


# -- indicators of one standard alone ---------------------------------------------------------------------------------


def _single(county: CountyTables, shown: Sequence[Standard], captions: Captions) -> Section:
    own = {
        standard.id: [name for name in sentences.bound_names(standard) if _holders(name, shown) == [standard]]
        for standard in shown
    }
    rows = [
        _single_row(standard, name, stage, row)
        for standard in shown
        for name in own[standard.id]
        for stage in STAGES
        if (row := county.dispersion.get((standard.id, stage, name))) is not None
    ]
    blocks: list[Block] = [Paragraph(text=single_sentence(shown, own))]
    if rows:
        blocks.append(
            Table(
                caption=captions.next(_("{county}只见于一项标准的指标").format(county=county.name)),
                note=_("{year}；均值的单位见单元格，差异系数无单位").format(year=display.school_year(county.year)),
                columns=(
                    Column(label=_("指标")),
                    Column(label=_("标准")),
                    Column(label=_("学段")),
                    Column(label=_("均值"), holds="number"),
                    Column(label=_("差异系数"), holds="number"),
                    Column(label=_("限值"), holds="number"),
                    Column(label=_("结论")),
                    Column(label=_("出处"), holds="wide"),
                ),
                rows=tuple(rows),
            )
        )
    return Section(anchor="single", heading=_("只见于一项标准的指标"), blocks=tuple(blocks))


def single_sentence(shown: Sequence[Standard], own: dict[str, list[str]]) -> str:
    """How many indicators each standard has alone, and which."""
    each = []
    for standard in shown:
        named = [sentences.indicator_label(standard, name) for name in own[standard.id] if name != COMPOSITE]
        if named:
            each.append(
                _("{standard} {count} 项（{names}）").format(
                    standard=_short(standard), count=len(named), names="".join(f"“{name}”" for name in named)
                )
            )
    return _("只见于一项标准的指标：{each}。").format(each="；".join(each)) if each else _("各标准的指标完全相同。")


def _single_row(standard: Standard, name: str, stage: str, row: Row) -> tuple[Cell, ...]:
    article = standard.dispersion.article if name == COMPOSITE else standard.indicator(name).article
    return (
        words(sentences.indicator_label(standard, name)),
        words(_short(standard)),
        words(display.stage(stage)),
        *_figures(standard, row),
        words(article),
    )
