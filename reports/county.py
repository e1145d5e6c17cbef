"""A county's report: from its rows of every table to the frozen view model that both faces print."""

from __future__ import annotations

from collections.abc import Sequence

from reports import display, sentences
from reports.captions import Captions
from reports.cheapest import cheapest_ways
from reports.class_sizes import class_sizes
from reports.corrections import corrections_course
from reports.courses import courses
from reports.findings import findings_course
from reports.integrity import integrity_course
from reports.items import beyond_source, item_parts, legend
from reports.language import gettext as _
from reports.language import language, serial, spoken, together
from reports.ledger import ledgers
from reports.missing import missing, units_missing
from reports.model import CountyReport, Fact, Files, Link, StandardPart, stamped
from reports.origins import colophon, files, files_sentence, internal_files, internal_refused, refused
from reports.outcome import has_any, is_silent, outcome, part_lines, why_whole
from reports.province_tables import place_name
from reports.schools import left_out, schools
from reports.since import since
from reports.stages import stage_part
from reports.three_years import monitoring
from reports.why import why
from reports.year import CountyTables
from standards.standard import Standard

_FACTS = 4
_OF_COUNTY = (
    "county_facts",
    "county_measures",
    "county_assessments",
    "county_documents",
    "county_plans",
    "school_groups",
)
"""The tables that hold a county's own return; a layout of it is called as its table."""


def banner(*, is_synthetic: bool) -> str:
    """What stands at the top of every page of invented data."""
    return _("合成数据。本页的县、学校和数字都是虚构的，仅用于展示。") if is_synthetic else ""


def county_report(county: CountyTables, years: Sequence[int], papers: Sequence[Link] = ()) -> CountyReport:
    """One county in one school year, under every standard that applies to its source.

    `papers` lead to the forms and documents that lie beside the page.
    """
    folders = county.all.folders
    captions = Captions()
    standards = tuple(
        _standard_part(county, standard, captions)
        for standard in county.standards
        if has_any(county, standard) and not is_silent(county, standard)
    )
    ledgers_shown, courses_shown = (
        ledgers(county, captions),
        (
            *courses(county, captions),
            *corrections_course(county, captions),
            *findings_course(county, captions),
            *integrity_course(county, captions),
        ),
    )
    standards = _with_schools(county, standards, captions)
    province = province_name(county)
    folder = folders[county.year][county.key]
    names = {unit["school_id"]: unit["school_name"] for units in county.units.values() for unit in units.values()}
    report = CountyReport(
        path=f"{county.year}/{folder}",
        language=language(),
        title=sentences.title(county),
        subtitle=_("{province}{county}（{code}），{year}义务教育均衡发展报告").format(
            code=county.code, province=province, county=county.name, year=display.school_year_long(county.year)
        ),
        banner=banner(is_synthetic=county.all.is_synthetic),
        county_name=county.name,
        county_code=county.code,
        whole=display.whole(county.name),
        crumbs=(
            Link(label=_("全部学年"), href="../../index.html"),
            Link(
                label=_("{year} {province}").format(year=display.school_year(county.year), province=province),
                href=f"../index.html#{county.source}-{county.province}",
            ),
            Link(label=county.name, href=""),
        ),
        years=tuple(
            Link(
                label=str(year),
                href="" if year == county.year else f"../../{year}/{folders[year][county.key]}/index.html",
            )
            for year in sorted(years)
            if county.key in folders.get(year, {})
        ),
        downloads=(
            Link(label=_("报告全文"), href="report.md"),
            Link(label=_("各校指标"), href="indicators.csv"),
            Link(label=_("报告数据"), href="report.json"),
            *papers,
        ),
        facts=tuple(_facts(county)),
        standards=standards,
        silent=tuple(_silent(county)),
        ledgers=ledgers_shown,
        since=since(county),
        class_sizes=class_sizes(county, captions),
        cheapest_ways=cheapest_ways(county, papers, captions),
        courses=courses_shown,
        why=why(county, captions),
        left_out=left_out(county, captions),
        missing=missing(county, captions),
        refused=internal_refused()
        if county.all.public
        else refused(
            county.frame("quarantine"), _("{county}被拒收的数据").format(county=county.name), captions, names=names
        ),
        files=internal_files() if county.all.public else _files(county, captions),
        colophon=colophon([county.all.sources[county.source]], county.standards),
    )
    return stamped(report)


def province_name(county: CountyTables) -> str:
    """The province as the source calls it, else as the code list does."""
    return place_name(county.all, county.source, county.province)


def _standard_part(county: CountyTables, standard: Standard, captions: Captions) -> StandardPart:
    stages = tuple(
        stage_part(county, standard, stage, captions) for stage in sentences.stages_present(county, standard)
    )
    parts = item_parts(county, standard, captions)
    return StandardPart(
        anchor=standard.id,
        title=spoken(standard.title),
        short=sentences.short_title(standard),
        document=spoken(standard.document),
        part=_resource_words(county, standard),
        verdict=outcome(county, standard),
        lines=part_lines(county, standard),
        reasons=(*why_whole(county, standard), *sentences.why(county, standard)),
        stages=stages,
        parts=parts,
        beyond=beyond_source(standard),
        legend=legend(standard) if parts else "",
        monitoring=monitoring(county, standard, captions),
        schools=(),
    )


def _resource_words(county: CountyTables, standard: Standard) -> str:
    """What the difference coefficients are held against and by which article; for a standard without, its document."""
    if not standard.indicators:
        return _("依据：{document}。").format(document=spoken(standard.document))
    words = sentences.limit_words(standard, county.year)
    if standard.dispersion.rule == "none":
        return words
    return _("{limits}出处：{article}。").format(limits=words, article=standard.dispersion.article)


def _silent(county: CountyTables) -> list[str]:
    """The standards of which the county has reported nothing, in one sentence."""
    found = [s for s in county.standards if has_any(county, s) and is_silent(county, s)]
    if not found:
        return []
    names = [
        _("{standard}（{count} 项）").format(
            standard=sentences.short_title(standard), count=display.count(len(county.items.get(standard.id, {})))
        )
        for standard in found
    ]
    return [_("以下标准所需的县级事项尚未上报，均无法判定：{names}。").format(names=serial(names))]


def _with_schools(county: CountyTables, parts: Sequence[StandardPart], captions: Captions) -> tuple[StandardPart, ...]:
    """The parts with their tables of schools, which stand on the page after all else that a standard says."""
    found = []
    for part in parts:
        standard = county.all.standards[part.anchor]
        tables = [schools(county, standard, stage, captions) for stage in standard.scope.stages]
        found.append(
            StandardPart(
                **{name: getattr(part, name) for name in part.__struct_fields__ if name != "schools"},
                schools=tuple(table for table in tables if table is not None),
            )
        )
    return tuple(found)


def _facts(county: CountyTables) -> list[Fact]:
    """The figures that an inspector asks for first, of the last standard that applies."""
    if not county.leading:
        return []
    standard = county.leading[-1]
    stages = sentences.stages_present(county, standard)
    words = serial(display.stage(stage) for stage in stages)
    whole = county.verdicts[standard.id, "all"]
    pupils = [
        max(
            (
                row["pupils"]
                for key, row in county.dispersion.items()
                if key[:2] == (standard.id, stage) and row["pupils"] is not None
            ),
            default=None,
        )
        for stage in stages
    ]
    facts = [
        Fact(
            value=" / ".join(display.count(county.verdicts[standard.id, stage]["units"]) for stage in stages),
            label=_("{stages}评估单位（{standard}）").format(stages=words, standard=sentences.short_title(standard)),
        ),
        Fact(
            value=" / ".join(display.count(number) for number in pupils),
            label=_("{stages}在校生（名）").format(stages=words),
        ),
    ]
    limits = whole["limits_met"] + whole["limits_failed"] + whole["limits_undetermined"]
    if limits:
        facts.append(
            Fact(
                value=f"{whole['limits_met']} / {limits}",
                label=_("差异系数在限值以内（{standard}）{single}").format(
                    standard=sentences.short_title(standard), single=sentences.single_words(county, standard)
                ),
            )
        )
    else:
        widest = sentences.widest_row(county, standard)
        if widest is not None:
            facts.append(
                Fact(
                    value=display.coefficient(widest["cv"]),
                    label=_("最大的差异系数：{stage}{label}").format(
                        stage=display.stage(widest["stage"]),
                        label=sentences.indicator_label(standard, widest["indicator"]),
                    ),
                )
            )
    if standard.school_rule is not None and whole["units_meeting"] is not None:
        judged = whole["units_meeting"] + whole["units_failing"] + whole["units_undetermined"]
        facts.append(
            Fact(
                value=f"{display.count(whole['units_meeting'])} / {display.count(judged)}",
                label=_("评估单位达到学校标准"),
            )
        )
    lacking = units_missing(county)
    if lacking or len(facts) < _FACTS:
        facts.append(Fact(value=display.count(lacking), label=_("评估单位有指标未上报")))
    return facts


def _files(county: CountyTables, captions: Captions) -> Files:
    """The files that this county's rows were read from."""
    used = {unit["file"] for units in county.units.values() for unit in units.values()}
    used |= set(county.frame("schools")["file"])
    own = {(file, table) for table in _OF_COUNTY for file in county.frame(table)["file"]}
    handed_in = county.all.returns(county.source)
    rows = [
        row
        for row in handed_in
        if (row["file"], row["layout"]) in own or (row["file"] in used and row["layout"] not in _OF_COUNTY)
    ]
    schools_read = county.frame("schools").height
    facts_read = sum(county.frame(table).height for table in _OF_COUNTY)
    sentence = _("本县学校 {schools} 行、县级填报 {facts} 行读自 {files} 个文件。本来源本学年").format(
        schools=display.count(schools_read),
        facts=display.count(facts_read),
        files=display.count(len({row["file"] for row in rows})),
    )
    return files(
        rows,
        together([sentence, files_sentence(handed_in)]),
        _("{county}的数据读自哪些文件").format(county=county.name),
        captions,
        county.all.sources,
    )
