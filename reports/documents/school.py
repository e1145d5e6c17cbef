"""A school's self-evaluation (自查自评): who it is, what each standard finds, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from reports import display, sentences
from reports.captions import Captions
from reports.documents import names
from reports.documents.cells import bound, difference, figure, judged, measured, whole, words
from reports.documents.cover import BLANK, document, signed_by
from reports.documents.mending import gap_cell, undetermined, unmet
from reports.documents.model import Blanks, Block, Cell, Column, Document, Heading, Paragraph, Section, Sentences, Table
from reports.documents.names import joined
from reports.language import gettext as _
from reports.year import CountyTables, Row
from schemas.columns import STAGES
from schemas.tables import codes, school_fields
from standards.standard import Standard

_IDENTITY = (
    "school_id",
    "school_type_code",
    "operator_code",
    "area_code",
    "town_name",
    "founded_year",
    "is_boarding",
)
_CODES = {"school_type_code": "school_types", "operator_code": "operators", "area_code": "areas"}
_ON_STAGES = ("pupils", "classes", "full_time_teachers")


class NoSchoolError(KeyError):
    """The county has no such school in the school year."""


def self_evaluation(county: CountyTables, school_id: str) -> Document:
    """The self-evaluation of one school in one school year, under every standard that measures it.

    Every figure is the tables' own; what only the school can say is left blank. Raises NoSchoolError.
    """
    rows = returned(county, school_id)
    name = rows[0]["school_name"]
    captions = Captions()
    shown = [standard for standard in county.standards if _is_measured(county, standard, school_id)]
    sections = [_identity(county, rows, captions)]
    sections += [_standard(county, standard, school_id, captions) for standard in shown]
    sections += [_conclusion(county, shown, school_id)]
    return document(
        county,
        "self-evaluation",
        _("{school}：{year}义务教育均衡发展自查自评报告").format(school=name, year=display.school_year(county.year)),
        _("自查自评报告"),
        shown,
        subject=school_id,
        lead=[
            Paragraph(
                text=_(
                    "本报告的数字由学年初报表计算，与全县报告一致；画线处由学校填写。报表数据读自 {origin}。"
                ).format(origin="；".join(display.origin(row["file"], row["sheet"], row["row"]) for row in rows))
            )
        ],
        sections=sections,
    )


def returned(county: CountyTables, school_id: str) -> Sequence[Row]:
    """The rows of the return on a school, one per part that was handed in. Raises NoSchoolError where there is none."""
    rows = county.frame("schools").filter(pl.col("school_id") == school_id).rows(named=True)
    if not rows:
        raise NoSchoolError(f"{county.name}, {county.year}: no school {school_id} in the returns")
    return rows


def school_units(county: CountyTables, standard: Standard, school_id: str) -> Iterator[tuple[str, str, Row]]:
    """The units of a school under a standard: stage, unit and row, counted or not."""
    for stage in STAGES:
        for unit_id, unit in county.units.get((standard.id, stage), {}).items():
            if unit["school_id"] == school_id:
                yield stage, unit_id, unit


def _school_checks(county: CountyTables, standard: Standard, school_id: str) -> Sequence[Row]:
    return (
        county.frame("school_checks")
        .filter((pl.col("school_id") == school_id) & (pl.col("standard") == standard.id))
        .rows(named=True)
    )


def _is_measured(county: CountyTables, standard: Standard, school_id: str) -> bool:
    return any(school_units(county, standard, school_id)) or bool(_school_checks(county, standard, school_id))


def _first(rows: Sequence[Row], column: str) -> object:
    """What the parts of a return say of a column: the first that says anything."""
    return next((row[column] for row in rows if row[column] is not None), None)


def _identity(county: CountyTables, rows: Sequence[Row], captions: Captions) -> Section:
    """Who the school is, and its pupils, classes and teachers as reported."""
    labels = {entry["column"]: entry["label_zh"].removesuffix("代码") for entry in school_fields()}
    place = {"school": rows[0]["school_name"], "year": display.school_year(county.year)}
    identity = [(words(labels[column]), _identity_cell(column, _first(rows, column))) for column in _IDENTITY]
    stages = [
        (words(display.stage(stage)), *(whole(_count(rows, f"{column}_{stage}")) for column in _ON_STAGES))
        for stage in STAGES
        if _count(rows, f"pupils_{stage}") or _count(rows, f"classes_{stage}")
    ]
    blocks: list[Block] = [
        Table(
            caption=captions.next(_("{school}基本情况").format(**place)),
            note=_("{year}；按报表").format(**place),
            columns=(Column(label=_("项目")), Column(label=_("内容"), holds="wide")),
            rows=tuple(identity),
        )
    ]
    if stages:
        blocks.append(
            Table(
                caption=captions.next(_("{school}在校生、班级和专任教师").format(**place)),
                note=_("{year}；按报表，不含并入的办学点").format(**place),
                columns=(
                    Column(label=_("学段")),
                    Column(label=_("在校生数（人）"), holds="number"),
                    Column(label=_("班级数（个）"), holds="number"),
                    Column(label=_("专任教师数（人）"), holds="number"),
                ),
                rows=tuple(stages),
            )
        )
    else:
        blocks.append(Paragraph(text=_("报表中没有小学、初中的在校生和班级。")))
    sites = county.frame("schools").filter(
        (pl.col("parent_school_id") == rows[0]["school_id"]) & ~pl.col("is_counted").fill_null(value=True)
    )
    if sites.height:
        blocks.append(
            Paragraph(
                text=_("另有不计校数的办学点 {count} 个（{names}），其学生和资源并入本校评估。").format(
                    count=sites.height, names=display.listed(sites["school_name"].to_list())
                )
            )
        )
    return Section(anchor="identity", heading=_("学校基本情况"), blocks=tuple(blocks))


def _count(rows: Sequence[Row], column: str) -> int | None:
    value = _first(rows, column)
    return value if isinstance(value, int) else None


def _identity_cell(column: str, value: object) -> Cell:
    if value is None:
        return Cell(text=display.NOT_REPORTED)
    if isinstance(value, bool):
        return Cell(text=display.yes_no(value=value))
    if column in _CODES:
        known = {entry["code"]: entry["label_zh"] for entry in codes(_CODES[column])}
        return Cell(text=f"{known.get(str(value), '')}（{value}）" if str(value) in known else str(value))
    return Cell(text=str(value))


def _standard(county: CountyTables, standard: Standard, school_id: str, captions: Captions) -> Section:
    """What a standard finds of the school: its units' indicators, then the checks of single items."""
    blocks: list[Block] = []
    for stage, unit_id, unit in school_units(county, standard, school_id):
        blocks.append(Heading(text=_("{stage}：各项指标").format(stage=display.stage(stage))))
        if unit["standing"] != "counted":
            blocks.append(
                Paragraph(
                    text=_("{stage}{standing}：{reason}。不计入本标准的平均值、差异系数和结论。").format(
                        stage=display.stage(stage),
                        standing=display.standing(unit["standing"]),
                        reason=display.reason(unit["reason"]),
                    )
                )
            )
            continue
        blocks += _unit(county, standard, stage, unit_id, unit, captions)
    checks = _school_checks(county, standard, school_id)
    if checks:
        blocks.append(Heading(text=_("单项检查")))
        blocks.append(_checks_table(county, standard, checks, captions))
    return Section(anchor=standard.id, heading=sentences.short_title(standard), blocks=tuple(blocks))


def _unit(
    county: CountyTables, standard: Standard, stage: str, unit_id: str, unit: Row, captions: Captions
) -> Iterator[Block]:
    cells = county.values.get((standard.id, stage), {}).get(unit_id, {})
    yield Paragraph(text=unit_sentence(county, standard, stage, unit_id))
    if not cells:
        return
    has_norms = _has_norms(county, standard, stage, unit_id)
    gaps = {
        row["item"]: row
        for row in unmet(county, school_id=unit["school_id"])
        if row["standard"] == standard.id and row["subject_id"] == unit_id
    }
    columns = [
        Column(label=_("指标")),
        Column(label=_("单位")),
        Column(label=_("本校"), holds="number"),
        Column(label=_("全县平均"), holds="number"),
    ]
    if has_norms:
        columns += [
            Column(label=_("标准值"), holds="number"),
            Column(label=_("与标准值之差"), holds="number"),
            Column(label=_("缺口"), holds="number"),
            Column(label=_("结论"), holds="wide"),
        ]
    else:
        columns.append(Column(label=_("与全县平均之差"), holds="number"))
    yield Table(
        caption=captions.next(
            _("{school}{stage}各项指标（{standard}）").format(
                school=unit["school_name"], stage=display.stage(stage), standard=sentences.short_title(standard)
            )
        ),
        note=_("{year}；评估单位在校生 {pupils} 人；单位见表").format(
            year=display.school_year(county.year), pupils=display.count(unit["pupils"])
        ),
        columns=tuple(columns),
        rows=tuple(
            _indicator_row(county, standard, stage, cells[indicator.id], gaps, has_norms=has_norms)
            for indicator in standard.indicators
            if indicator.id in cells
        ),
    )


def _indicator_row(
    county: CountyTables, standard: Standard, stage: str, cell: Row, gaps: dict[str, Row], *, has_norms: bool
) -> tuple[Cell, ...]:
    indicator = standard.indicator(cell["indicator"])
    spread = county.dispersion.get((standard.id, stage, indicator.id))
    mean = None if spread is None else spread["mean"]
    value, norm = cell["value"], cell["norm"]
    places = display.places_of(cell["unit"])
    mean_places = places
    if value is not None:
        places = display.telling_places(value, norm, places, indicator.must_be, cell["status"])
    is_finding = cell["unit"] == "finding"
    row = [
        words(indicator.label.zh),
        words(names.indicator_unit(standard, indicator, stage)),
        measured(value, "finding") if is_finding else figure(value, places),
        figure(None if is_finding else mean, mean_places, absent=display.NOT_APPLICABLE),
    ]
    apart = None if value is None or is_finding else value
    if not has_norms:
        return (*row, difference(None if apart is None or mean is None else apart - mean, places))
    gap = gaps.get(indicator.id)
    return (
        *row,
        words("") if is_finding else bound(norm, indicator.must_be),
        difference(None if apart is None or norm is None else apart - norm, places),
        words("") if gap is None else gap_cell(gap),
        judged(cell["status"], why=_status_note(cell)),
    )


def _has_norms(county: CountyTables, standard: Standard, stage: str, unit_id: str) -> bool:
    cells = county.values.get((standard.id, stage), {}).get(unit_id, {})
    return any(cell["status"] != "no_norm" for cell in cells.values())


def _status_note(cell: Row) -> str:
    """Why an indicator cannot be judged, or that it is below the floor too."""
    if cell["status"] == "undetermined" and cell["reason"] is not None:
        return display.reason(cell["reason"])
    return _("低于底线") if cell["is_at_floor"] is False else ""


def unit_sentence(county: CountyTables, standard: Standard, stage: str, unit_id: str) -> str:
    """How many of a unit's indicators keep their norms, which do not, and whether the unit meets the school rule."""
    cells = county.values.get((standard.id, stage), {}).get(unit_id, {})
    if not cells:
        return _("{stage}没有可以计算的指标。").format(stage=display.stage(stage))
    by_status: dict[str, list[str]] = {}
    for indicator in standard.indicators:
        if indicator.id in cells:
            by_status.setdefault(cells[indicator.id]["status"], []).append(indicator.label.zh)
    normed = len(cells) - len(by_status.get("no_norm", []))
    if normed == 0:
        return _("{stage}：本标准对单校不设标准值，只评全县差异系数；下表列出本校数值与全县平均。").format(
            stage=display.stage(stage)
        )
    said = _("{stage}：{total} 项设标准值的指标中 {met} 项达标").format(
        stage=display.stage(stage), total=normed, met=len(by_status.get("met", []))
    )
    for status, text in (
        ("not_met", _("，{count} 项未达标（{names}）")),
        ("undetermined", _("，{count} 项无法判定（{names}）")),
    ):
        found = by_status.get(status, [])
        said += text.format(count=len(found), names=display.listed(found)) if found else ""
    below = sum(cell["is_at_floor"] is False for cell in cells.values())
    said += _("；其中 {count} 项低于底线").format(count=below) if below else ""
    verdict = county.school_verdicts.get((standard.id, stage), {}).get(unit_id)
    if verdict is not None and standard.school_rule is not None:
        said += _("。按学校标准（{rule}）：{verdict}").format(
            rule=sentences.school_rule_words(standard), verdict=display.status_word(verdict["status"])
        )
    return said + "。"


def _checks_table(county: CountyTables, standard: Standard, checks: Sequence[Row], captions: Captions) -> Table:
    """The checks of single items that go over schools, in the order of the standard."""
    order = {
        (item.id, check.id): position
        for position, (item, check) in enumerate((item, check) for item in standard.items for check in item.checks)
    }
    ordered = sorted(checks, key=lambda row: (order.get((row["item"], row["check"]), len(order)), row["subject_id"]))
    has_relaxation = any(row["relaxation"] for row in ordered)
    gaps = {
        (row["item"], row["check"], row["subject_id"]): row
        for row in unmet(county, school_id=ordered[0]["school_id"])
        if row["standard"] == standard.id
    }
    columns = [
        Column(label=_("条目"), holds="wide"),
        Column(label=_("数值"), holds="number"),
        Column(label=_("要求"), holds="number"),
        Column(label=_("差额"), holds="number"),
        Column(label=_("结论"), holds="wide"),
    ]
    if has_relaxation:
        columns.append(Column(label=_("适用的放宽条款"), holds="wide"))
    return Table(
        caption=captions.next(
            _("{school}单项检查（{standard}）").format(
                school=ordered[0]["school_name"], standard=sentences.short_title(standard)
            )
        ),
        note=_("{year}；单位见数值").format(year=display.school_year(county.year)),
        columns=tuple(columns),
        rows=tuple(
            _check_row(
                county,
                standard,
                row,
                gaps.get((row["item"], row["check"], row["subject_id"])),
                has_relaxation=has_relaxation,
            )
            for row in ordered
        ),
    )


def _check_row(
    county: CountyTables, standard: Standard, row: Row, gap: Row | None, *, has_relaxation: bool
) -> tuple[Cell, ...]:
    must_be = names.side(standard, row["item"], row["check"])
    is_of_limit = names.is_of_limit(standard, row["item"], row["check"])
    why = "" if row["status"] == "met" else display.reason(row["reason"], absent="")
    after = names.unit(standard, row["item"], row["unit"], row["stage"])
    eased = {relaxation.id: relaxation.label.zh for relaxation in standard.relaxations}
    relaxed = display.listed([eased.get(name, name) for name in joined(row["relaxation"])])
    return (
        words(names.name(standard, row["item"], row["check"], _stage_of(row))),
        measured(
            row["value"],
            row["unit"],
            limit=row["limit"],
            must_be=must_be,
            status=row["status"],
            before=names.before(standard, row["item"], row["check"]),
        ),
        words(names.asked_words(standard, row["item"], row["check"], county.year))
        if row["limit"] is None or row["unit"] == "finding" or not is_of_limit
        else bound(row["limit"], must_be, after=after),
        words("") if gap is None else gap_cell(gap),
        judged(row["status"], why=why),
        *([words(relaxed)] if has_relaxation else []),
    )


def _stage_of(row: Row) -> str:
    """The stage of a check's subject: a unit's own, where the check does not name one."""
    stage: str = row["stage"]
    if stage:
        return stage
    end: str = row["subject_id"].rpartition("/")[2]
    return end if end in STAGES else ""


def _conclusion(county: CountyTables, shown: Sequence[Standard], school_id: str) -> Section:
    """Where the school stands under each standard, what is to be mended and reported, and who signs."""
    found = [
        _("{standard}，{sentence}").format(
            standard=sentences.short_title(standard), sentence=unit_sentence(county, standard, stage, unit_id)
        )
        for standard in shown
        for stage, unit_id, unit in school_units(county, standard, school_id)
        if unit["standing"] == "counted" and _has_norms(county, standard, stage, unit_id)
    ]
    for standard in shown:
        checks = _school_checks(county, standard, school_id)
        if checks:
            found.append(checks_sentence(standard, checks))
    open_rows, unknown = unmet(county, school_id=school_id), undetermined(county, school_id=school_id)
    found.append(
        _("未达标台账列有本校 {count} 项，另有 {unknown} 项因数据不全无法判定。").format(
            count=len(open_rows), unknown=len(unknown)
        )
        if open_rows or unknown
        else _("未达标台账没有本校的事项。")
    )
    return Section(
        anchor="conclusion",
        heading=_("自评结论"),
        blocks=(
            Sentences(sentences=tuple(found)),
            Blanks(
                lines=(
                    _("主要做法和成绩：{blank}").format(blank=BLANK),
                    _("存在的问题和原因：{blank}").format(blank=BLANK),
                    *signed_by(_("校长"), _("填报人")),
                )
            ),
        ),
    )


def checks_sentence(standard: Standard, checks: Sequence[Row]) -> str:
    """How many of the checks on a school are met, which are not, and how many cannot be told."""
    failing = [
        names.name(standard, row["item"], row["check"], _stage_of(row)) for row in checks if row["status"] == "not_met"
    ]
    applying = [row for row in checks if row["status"] != "not_applicable"]
    said = _("{standard}，{total} 项单项检查中 {met} 项达标").format(
        standard=sentences.short_title(standard),
        total=len(applying),
        met=sum(row["status"] == "met" for row in applying),
    )
    said += (
        _("，{count} 项未达标（{names}）").format(count=len(failing), names=display.listed(failing)) if failing else ""
    )
    unknown = sum(row["status"] == "undetermined" for row in applying)
    said += _("，{count} 项无法判定").format(count=unknown) if unknown else ""
    return said + "。"
