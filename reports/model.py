"""What a report holds, frozen: every figure is formatted text, every chart is geometry. Templates only print.

Markdown and HTML are printed from the same object, so they cannot disagree. A model is a tree, so the collector of
cycles need not look into it (`gc=False`).
"""

from __future__ import annotations

import hashlib
from typing import Literal, TypeVar

import msgspec

Status = str
"""One of met, not_met, undetermined, not_eligible, not_recognised, not_applicable, not_in_source, no_limit, no_norm,
no_data: it chooses the colour, never the words."""


class Link(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A place to go to; an empty `href` is the page itself. `size` is that of a file to download, where it is known."""

    label: str
    href: str
    size: str = ""


class Fact(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One figure that an inspector asks for first, and what it is."""

    value: str
    label: str


class Verdict(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A verdict: its word, its sign, and the status that chooses its colour."""

    status: Status
    symbol: str
    word: str


class Point(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A place in a chart, in its own units."""

    x: str
    y: str


class Trend(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Sparkline of a CV over the school years, the limit drawn; a year without a figure breaks the line.

    `label` says in words what the line shows; the figures stand in the table of all years.
    """

    label: str
    width: int
    height: int
    limit_y: str
    lines: tuple[str, ...]
    lone: tuple[Point, ...]
    last: Point | None
    last_status: Status


class Bullet(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Bar of a CV from zero, with a tick at its limit."""

    width: int
    filled: str
    tick: str
    status: Status


class Dot(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A school in the strip: the area under the circle is its pupils."""

    x: str
    y: str
    radius: str
    area: str
    name: str


class Rule(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An upright line of the strip with its name, a tick of its axis, or a school's name; `kind` says which."""

    x: str
    y: str
    label: str
    anchor: Literal["start", "middle", "end"]
    shift: str
    kind: Literal["norm", "floor", "mean", "tick", "name"]


class Lane(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A row of the strip, one per area."""

    y: str
    label: str


class Strip(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Every school of a stage along one indicator."""

    message: str
    subtitle: str
    description: str
    height: int
    bottom: str
    left: str
    right: str
    dots: tuple[Dot, ...]
    rules: tuple[Rule, ...]
    lanes: tuple[Lane, ...]
    ticks: tuple[Rule, ...]
    names: tuple[Rule, ...]


class IndicatorRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One indicator of a stage: its mean and norm, its CV and limit, the change, the trend and the verdict."""

    label: str
    unit: str
    mean: str
    is_mean_below_norm: bool
    norm: str
    cv: str
    mark: str
    limit: str
    margin: str
    bullet: Bullet | None
    change: str
    common_change: str
    trend: Trend | None
    verdict: Verdict
    is_total: bool
    href: str = ""
    province_mean: str = ""
    standing: str = ""
    evidence: str = ""


class Share(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How much of the county's variance one school makes, and the CV without it."""

    name: str
    share: str
    bar: str
    is_rest: bool
    value: str
    side: str
    weight: str
    cv_without: str


class Gap(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Which schools make the gap, for the indicator that matters most."""

    indicator: str
    message: str
    caption: str
    caption_note: str
    strip: Strip
    shares: tuple[Share, ...]


class FailingSchool(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A school that fails the school rule, and by which indicators."""

    name: str
    met: str
    below: str
    missing: str


class SchoolRule(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How many schools meet the school rule, and which fail it."""

    sentence: str
    rule: str
    verdict: Verdict
    caption: str
    caption_note: str
    failing: tuple[FailingSchool, ...]
    more: str


class Year(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A school year's CV and status; the county's verdict has no CV, its text is empty."""

    cv: str
    verdict: Verdict


class MonitoringRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Three years side by side; flags that the standard does not use are empty."""

    stage: str
    label: str
    years: tuple[Year, ...]
    direction: str
    breaches: str
    over_again: str
    worse: str
    held: Verdict
    window: str
    is_total: bool


class Monitoring(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Three years of every stage and indicator."""

    sentences: tuple[str, ...]
    caption: str
    caption_note: str
    years: tuple[str, ...]
    has_limits: bool
    has_over_again: bool
    has_worse: bool
    has_window: bool
    rows: tuple[MonitoringRow, ...]


class Segment(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A straight piece of a chart's line, in percent of the width and pixels of the height."""

    x1: str
    x2: str
    y1: str
    y2: str


class Label(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A word or figure at a place of a chart."""

    x: str
    y: str
    text: str
    anchor: Literal["start", "middle", "end"]


class LongTrend(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A CV over all school years with its limit drawn; a break in the series cuts the line and is marked."""

    anchor: str
    message: str
    subtitle: str
    description: str
    height: int
    bottom: str
    left: str
    right: str
    lines: tuple[Segment, ...]
    dots: tuple[Point, ...]
    limits: tuple[Segment, ...]
    limit_label: Label | None
    breaks: tuple[Label, ...]
    values: tuple[Label, ...]
    ticks: tuple[Label, ...]
    grid: tuple[Label, ...]


class SeriesRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An indicator's CV in every school year."""

    label: str
    cvs: tuple[str, ...]


class Series(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The CV of every indicator of a stage in every school year: the figures behind the trend lines."""

    caption: str
    caption_note: str
    years: tuple[str, ...]
    rows: tuple[SeriesRow, ...]


class Cell(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An indicator of one school; `mark` is the sign of a value below norm or floor."""

    text: str
    mark: str


class School(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One evaluation unit: its values, where it stands, and the row it was read from."""

    name: str
    area: str
    pupils: str
    cells: tuple[Cell, ...]
    verdict: Verdict | None
    origin: str
    origin_whole: str
    note: str = ""
    evidence: str = ""


class Column(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An indicator's column in the table of schools."""

    label: str
    unit: str
    norm: str


class Schools(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Every counted unit of a stage."""

    caption: str
    caption_note: str
    columns: tuple[Column, ...]
    has_area: bool
    has_verdict: bool
    legend: str
    rows: tuple[School, ...]


class Stage(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A stage under a standard."""

    anchor: str
    label: str
    heading: str
    lead: str
    caption: str
    caption_note: str
    has_norms: bool
    has_limits: bool
    has_change: bool
    limit_heading: str
    trend_heading: str
    rows: tuple[IndicatorRow, ...]
    notes: tuple[str, ...]
    changes: tuple[str, ...]
    gap: Gap | None
    school_rule: SchoolRule | None
    series: Series | None
    long_trend: LongTrend | None = None


class PartLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A part of a standard in the list that makes its verdict; an empty `href` is a part without a table."""

    label: str
    words: str
    href: str
    verdict: Verdict


class ItemRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An item of a standard: what is asked, what is so, the verdict and who says it; one line for each check."""

    number: str
    label: str
    mark: str
    group: str
    asked: tuple[str, ...]
    found: tuple[str, ...]
    points: str
    verdict: Verdict
    is_contradiction: bool
    basis: str
    evidence: str
    reason: str


class ItemPart(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A part of a standard beyond resources: its items that are known, and in sentences those that are not."""

    anchor: str
    title: str
    verdict: Verdict
    role: str
    sentences: tuple[str, ...]
    caption: str
    caption_note: str
    has_points: bool
    rows: tuple[ItemRow, ...]
    notes: tuple[str, ...]


class LedgerRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is not met: an item or indicator, of the county or of schools, its gap, and who mends it by when."""

    item: str
    subject: str
    value: str
    limit: str
    gap: str
    since: str
    course: str
    office: str
    measure: str
    due: str


class LedgerSchool(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How many things a school does not meet, and which."""

    name: str
    count: str
    items: str


class Ledger(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The ledger of what is not met under a standard."""

    anchor: str
    title: str
    sentences: tuple[str, ...]
    caption: str
    caption_note: str
    has_courses: bool
    has_measures: bool
    rows: tuple[LedgerRow, ...]
    schools_caption: str
    schools_note: str
    schools: tuple[LedgerSchool, ...]
    more: str


class Course(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A plain table of what the county reports beside its standards: stages of assessment, plans, rates, groups.

    A wide one is scrolled sideways where there is no room, and not turned into cards.
    """

    anchor: str
    title: str
    sentences: tuple[str, ...]
    caption: str
    caption_note: str
    columns: tuple[str, ...]
    numbers: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]
    is_wide: bool = False
    planes: tuple[Plane, ...] = ()


class CheapestWay(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the cheapest way to a standard takes, who gets most, and where its document lies; no rows where no plan is."""

    course: Course
    link: Link | None


class Why(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Why a verdict is what it is: sentences first, then tables, all but the official coefficient marked as ours."""

    sentences: tuple[str, ...]
    parts: tuple[Course, ...]


class ClassBand(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The classes of one size of a stage: how many, their share, and its bar."""

    label: str
    cells: tuple[tuple[str, str, str], ...]


class ClassSizes(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How many classes are of which size, stage beside stage."""

    messages: tuple[str, ...]
    sentences: tuple[str, ...]
    caption: str
    caption_note: str
    stages: tuple[str, ...]
    rows: tuple[ClassBand, ...]


class StandardPart(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a standard says of the county."""

    anchor: str
    title: str
    short: str
    document: str
    part: str
    verdict: Verdict
    lines: tuple[PartLine, ...]
    reasons: tuple[str, ...]
    stages: tuple[Stage, ...]
    parts: tuple[ItemPart, ...]
    beyond: tuple[str, ...]
    legend: str
    monitoring: Monitoring | None
    schools: tuple[Schools, ...]


class LeftOutSchool(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A unit that does not count, and why."""

    standards: str
    name: str
    stage: str
    pupils: str
    standing: str
    reason: str
    origin: str
    origin_whole: str


class LeftOut(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Units that do not count."""

    sentence: str
    caption: str
    caption_note: str
    rows: tuple[LeftOutSchool, ...]


class MissingRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Units of which the same figures are missing."""

    standards: str
    stage: str
    indicators: str
    units: str
    pupils: str
    why: str
    names: str


class Missing(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is not reported, each fact once."""

    sentences: tuple[str, ...]
    caption: str
    caption_note: str
    rows: tuple[MissingRow, ...]


class RefusedRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A refused file, row or group of cells, the rule it broke, and what to do."""

    where: str
    level: str
    school: str
    values: str
    rule: str
    message: str


class Refused(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What was refused."""

    sentence: str
    caption: str
    caption_note: str
    rows: tuple[RefusedRow, ...]


class FileRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A file read: what it was recognised as, and what became of its rows."""

    name: str
    form: str
    status: str
    read: str
    accepted: str
    refused: str
    superseded: str
    cells_refused: str
    sha256: str
    reason: str


class Files(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The files behind the figures."""

    sentence: str
    caption: str
    caption_note: str
    rows: tuple[FileRow, ...]


class SourceNote(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where figures come from, and under which licence."""

    name: str
    publisher: str
    licence: str
    attribution: str


class Colophon(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What every page says at its end."""

    sources: tuple[SourceNote, ...]
    standards: tuple[str, ...]
    method: tuple[str, ...]
    legend: str
    edition: str
    public: str = ""
    withheld: tuple[str, ...] = ()


class CountyReport(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One county in one school year."""

    path: str
    language: str
    title: str
    subtitle: str
    banner: str
    county_name: str
    county_code: str
    crumbs: tuple[Link, ...]
    years: tuple[Link, ...]
    downloads: tuple[Link, ...]
    facts: tuple[Fact, ...]
    standards: tuple[StandardPart, ...]
    silent: tuple[str, ...]
    ledgers: tuple[Ledger, ...]
    courses: tuple[Course, ...]
    why: Why | None
    left_out: LeftOut
    missing: Missing
    refused: Refused
    files: Files
    colophon: Colophon
    whole: str = "全县"
    since: tuple[str, ...] = ()
    class_sizes: ClassSizes | None = None
    cheapest_ways: tuple[CheapestWay, ...] = ()


class SortCell(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A cell of a sortable table: what it shows, and the plain number or text it is sorted by."""

    text: str
    key: str
    verdict: Verdict | None
    is_number: bool
    note: str = ""


class CountyRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A county in the province's table."""

    name: str
    code: str
    href: str
    cells: tuple[SortCell, ...]


class ProvinceColumn(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A column of the province's table."""

    label: str
    is_number: bool


class Section(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The counties of one province and source."""

    anchor: str
    heading: str
    sentences: tuple[str, ...]
    attention: Attention
    status: StatusTable
    maps: tuple[ProvinceMap, ...]
    heats: tuple[Heat, ...]
    tables: tuple[Course, ...]
    candidates: tuple[Course, ...]
    downloads: tuple[Link, ...]
    refused: Refused
    files: Files


class ProvinceReport(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Every county of a school year, by province and source."""

    path: str
    language: str
    title: str
    subtitle: str
    banner: str
    crumbs: tuple[Link, ...]
    years: tuple[Link, ...]
    sections: tuple[Section, ...]
    colophon: Colophon


class YearRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A school year of a province and source."""

    year: str
    href: str
    place: str
    counties: str
    units: str
    verdicts: str
    files: str
    refused: str


class SiteIndex(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Every school year of the site."""

    path: str
    language: str
    title: str
    subtitle: str
    banner: str
    lead: tuple[str, ...]
    caption: str
    caption_note: str
    rows: tuple[YearRow, ...]
    refused: Refused
    colophon: Colophon


class MethodRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A row of a table of method: each cell in lines; the first leads to `href`, where there is one."""

    cells: tuple[tuple[str, ...], ...]
    href: str = ""


class MethodTable(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A table of a page of method; `numbers` says which columns hold figures."""

    caption: str
    caption_note: str
    columns: tuple[str, ...]
    numbers: tuple[bool, ...]
    rows: tuple[MethodRow, ...]


class MethodSection(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a page of method says under one heading: sentences, formulas, tables."""

    anchor: str
    title: str
    sentences: tuple[str, ...] = ()
    formulas: tuple[str, ...] = ()
    tables: tuple[MethodTable, ...] = ()


class MethodPage(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How a standard measures and judges; or the list of all standards, with the formula that they share."""

    path: str
    language: str
    title: str
    subtitle: str
    banner: str
    crumbs: tuple[Link, ...]
    lead: tuple[str, ...]
    sections: tuple[MethodSection, ...]
    colophon: Colophon


def edition(report: CountyReport | ProvinceReport | StatusReport | IndicatorReport | SiteIndex | MethodPage) -> str:
    """The first 12 hex digits of the SHA-256 over what the report says; links to other years are left out."""
    said = msgspec.structs.replace(report, colophon=msgspec.structs.replace(report.colophon, edition=""))
    if not isinstance(said, SiteIndex | MethodPage):
        said = msgspec.structs.replace(said, years=())
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()[:12]


Report = TypeVar("Report", CountyReport, ProvinceReport, "StatusReport", "IndicatorReport", SiteIndex, MethodPage)


def stamped(report: Report) -> Report:
    """The report with its edition in its colophon."""
    return msgspec.structs.replace(report, colophon=msgspec.structs.replace(report.colophon, edition=edition(report)))


class AttentionRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A county that asks to be looked at first, and every reason in words, the gravest first."""

    name: str
    href: str
    reasons: tuple[str, ...]


class Attention(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where to look first."""

    anchor: str
    lead: str
    rows: tuple[AttentionRow, ...]
    note: str


class StatusTable(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Every county with its verdicts; the same rows in other orders stand on pages of their own."""

    anchor: str
    caption: str
    caption_note: str
    columns: tuple[ProvinceColumn, ...]
    rows: tuple[CountyRow, ...]
    notes: tuple[str, ...]
    orders: tuple[Link, ...]


class StatusSection(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The status table of one province and source, in one order."""

    anchor: str
    heading: str
    status: StatusTable


class StatusReport(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Every county of a school year in one order."""

    path: str
    language: str
    title: str
    subtitle: str
    banner: str
    crumbs: tuple[Link, ...]
    years: tuple[Link, ...]
    sections: tuple[StatusSection, ...]
    colophon: Colophon


class MapDot(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A county on the map: shape `over`, `within` or `open` (not all data), and where it stood the years before."""

    x: str
    y: str
    shape: Literal["over", "within", "open"]
    name: str
    trail: tuple[tuple[str, str, str, str], ...]


class MapLabel(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A county's name on the map; `is_wide` ones have no room on a phone."""

    x: str
    y: str
    shift: str
    anchor: Literal["start", "end"]
    text: str
    is_wide: bool


class MapTick(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A tick of an axis."""

    at: str
    label: str


class Plane(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Level against difference: counties as dots, with their trails over three years."""

    anchor: str
    message: str
    subtitle: str
    description: str
    note: str
    width: int
    height: int
    left: str
    right: str
    top: str
    bottom: str
    x_title: str
    y_title: str
    x_ticks: tuple[MapTick, ...]
    y_ticks: tuple[MapTick, ...]
    level_x: str
    level_label: str
    limit_y: str
    limit_label: str
    dots: tuple[MapDot, ...]
    labels: tuple[MapLabel, ...]


class ProvinceMap(Plane, frozen=True, kw_only=True, gc=False):
    """Level against difference: every county of a stage under a standard as a dot, and the figures as a table."""

    table: Course


class HeatColumn(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An indicator's column of the heat table; `limit` in words, empty where there is none."""

    label: str
    href: str
    limit: str


class HeatCell(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A CV; `grade` 0 to 4 or empty chooses the shade, sign and word say what matters without it."""

    text: str
    sign: str
    word: str
    grade: str


class HeatRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A county of the heat table."""

    name: str
    href: str
    cells: tuple[HeatCell, ...]


class Heat(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Counties by indicators of a stage, the worst county first."""

    anchor: str
    title: str
    lead: str
    caption: str
    caption_note: str
    columns: tuple[HeatColumn, ...]
    rows: tuple[HeatRow, ...]
    legend: str


class IndicatorCounty(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A county in the table of one indicator."""

    name: str
    href: str
    rank: str
    percentile: str
    mean: str
    is_mean_below_norm: bool
    cv: str
    is_partial: bool
    bullet: Bullet | None
    margin: str
    change: str
    common_change: str
    verdict: Verdict


class IndicatorSection(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One indicator in the counties of one province and source."""

    anchor: str
    heading: str
    sentences: tuple[str, ...]
    strip: Strip | None
    caption: str
    caption_note: str
    norm: str
    limit: str
    has_mean: bool
    has_change: bool
    has_partial: bool
    rows: tuple[IndicatorCounty, ...]


class IndicatorReport(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One indicator of a stage under a standard in one school year."""

    path: str
    language: str
    title: str
    subtitle: str
    banner: str
    crumbs: tuple[Link, ...]
    years: tuple[Link, ...]
    siblings: tuple[Link, ...]
    sections: tuple[IndicatorSection, ...]
    colophon: Colophon
