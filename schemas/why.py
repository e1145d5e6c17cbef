"""Contracts of the tables that say why: all but the official coefficient is arithmetic of ours, and says so."""

from __future__ import annotations

import polars as pl

from schemas.columns import (
    INDICATOR,
    MEASURE,
    PLACE,
    REASON,
    SCHOOL_NAME,
    SOURCE,
    STAGE,
    STANDARD,
    UNIT_ID,
    YEAR,
    count,
    figure,
    status,
)
from schemas.contract import Column, Contract, Rule
from schemas.lineage import SERIES

CV_PLACES = 3
"""Decimals of a difference coefficient on the official application forms."""
VARIANTS = (
    "official",
    "unweighted",
    "sample_sd",
    "around_pooled_mean",
    "unsplit",
    "without_private",
    "with_private",
    "without_teaching_points",
    "with_teaching_points",
)
"""Ways to compute a coefficient; all but the first are not those of the standard."""

VERDICT_ROBUSTNESS = Contract(
    "verdict_robustness",
    "每标准、每县、每学段、每指标、每种算法、每学年一行：差异系数换一种算法是多少，结论是否反转（除 official 外均非官方）",
    "One row per standard, county, stage, indicator, variant and school year: the CV computed otherwise; unofficial.",
    ("school_year", "standard", "source", "county_code", "stage", "indicator", "variant"),
    (
        YEAR,
        STANDARD,
        SOURCE,
        *PLACE,
        STAGE,
        INDICATOR,
        Column(
            "variant",
            pl.String,
            "算法",
            "Way of computing",
            nullable=False,
            one_of=VARIANTS,
            note="explained in why.md; a variant that changes nothing of a county's units has no row",
        ),
        count("units_reporting", "有值的评估单位数", "Units with a value"),
        figure("mean", "平均值", "Mean that the distances are taken from; null for the composite"),
        figure("cv", "差异系数", "Coefficient by this variant", minimum=0, unit="1"),
        figure("limit", "限值", "Limit of the standard, null where it sets none", minimum=0, unit="1"),
        figure("margin", "余量", "limit − cv", unit="1"),
        status(),
        Column(
            "is_turned",
            pl.Boolean,
            "是否反转结论",
            "Whether the verdict is met where the official one is not, or the other way round; null where either is open",
        ),
        Column(
            "is_hidden_by_rounding",
            pl.Boolean,
            "是否被取整掩盖",
            "Over the limit, and within it as printed with three decimals",
            nullable=False,
        ),
    ),
    sort=("school_year", "standard", "source", "county_code", "stage", "indicator", "variant"),
    origin="units, unit_indicators, county_dispersion",
)

LEAST_CHANGES = Contract(
    "least_changes",
    "每标准、每县、每学段、每指标、每种变动、每学年一行：哪一所学校最少变动多少就反转结论（非官方）",
    "One row per standard, county, stage, indicator, kind and school year: the least change that turns the verdict.",
    ("school_year", "standard", "source", "county_code", "stage", "indicator", "change_of"),
    (
        YEAR,
        STANDARD,
        SOURCE,
        *PLACE,
        STAGE,
        INDICATOR,
        MEASURE,
        Column(
            "change_of",
            pl.String,
            "变动的是",
            "What is changed",
            nullable=False,
            one_of=("resource", "pupils"),
            note="of one school, all else as reported; pupils only where no shared resource is split by them",
        ),
        UNIT_ID,
        SCHOOL_NAME,
        Column("counted_in", pl.String, "变动的单位", "Natural unit of the change", nullable=False),
        Column("change", pl.Int64, "最小变动", "Least whole number more or fewer, of the whole school", nullable=False),
        figure("value_before", "变动前指标值", "Value of the unit as reported"),
        figure("value", "变动后指标值", "Value of the unit after the change"),
        Column("judged", pl.String, "判定所依", "Coefficient that is held against the limit", nullable=False),
        figure("cv_before", "变动前差异系数", "That coefficient as reported", minimum=0, unit="1"),
        figure("cv", "变动后差异系数", "That coefficient after the change", minimum=0, unit="1"),
        figure("limit", "限值", "Limit of the standard", minimum=0, unit="1"),
        status("status_before", "变动前结论", "Status as reported"),
        status("status", "变动后结论", "Status after the change"),
    ),
    sort=("school_year", "standard", "source", "county_code", "stage", "indicator", "change_of"),
    origin="units, unit_indicators, county_dispersion",
)

CAUSES = ("resources", "pupils", "opened", "closed", "regrouped", "reporting", "corrections", "relaxations")
"""The causes of a change, in the order in which they are told."""
PARTS_TOLERANCE = 1e-12
"""By how much the parts may miss the change, of the figure itself where that is above 1."""
_CAUSE_LABELS = (
    ("resources", "资源", "Part of the resources of the units of both years"),
    ("pupils", "在校生", "Part of what is divided by (pupils, classes) in the units of both years, and of their split"),
    ("opened", "新增单位", "Part of the units that count this year only"),
    ("closed", "减少单位", "Part of the units that counted the year before only"),
    ("regrouped", "合并拆分", "Part of the units of mergers and splits, which go in and out together"),
    ("reporting", "上报与否", "Part of units that count in both years and have a value in one of them"),
    ("corrections", "更正", "What corrections make of the change as handed in"),
    ("relaxations", "标准放宽", "What dated relaxations of the standard make of the change"),
)
_SIZE = pl.max_horizontal(pl.lit(1.0), pl.col("value_before").abs(), pl.col("value").abs())

CHANGE_CAUSES = Contract(
    "change_causes",
    "每标准、每县、每学段、每指标、平均值或差异系数、每学年一行：与上一学年相比的变化由哪些原因造成（非官方）",
    "One row per standard, county, stage, indicator, figure and school year: what made the change since the year before.",
    ("school_year", "standard", "source", "county_code", "stage", "indicator", "figure"),
    (
        YEAR,
        STANDARD,
        SOURCE,
        *PLACE,
        STAGE,
        INDICATOR,
        MEASURE,
        Column("figure", pl.String, "数字", "Which figure changed", nullable=False, one_of=("mean", "cv")),
        figure("value_before", "上年值", "Figure the year before"),
        figure("value", "本年值", "Figure"),
        figure("change", "变化", "value − value_before"),
        *(figure(name, zh, en) for name, zh, en in _CAUSE_LABELS),
        Column(
            "series_mark",
            pl.String,
            "区划变更",
            "How the year before is read where the county's code or boundaries changed; null where nothing changed",
            one_of=SERIES,
        ),
        REASON,
    ),
    (
        Rule(
            "parts_are_the_change",
            (*CAUSES, "change", "value_before", "value"),
            (),
            (pl.sum_horizontal(CAUSES, ignore_nulls=False) - pl.col("change")).abs() <= PARTS_TOLERANCE * _SIZE,
        ),
    ),
    sort=("school_year", "standard", "source", "county_code", "stage", "indicator", "figure"),
    origin="units, unit_indicators, county_dispersion of two school years, school_changes, corrections",
)

_LEVEL = Column(
    "level",
    pl.String,
    "范围",
    "Whose units are compared",
    nullable=False,
    one_of=("county", "province"),
    note="of a province the county code and name are empty",
)
GROUPINGS = ("area", "school_type", "county")
_GROUPING = Column(
    "grouping",
    pl.String,
    "分组方式",
    "By what units are grouped",
    nullable=False,
    one_of=GROUPINGS,
    note="area: urban, town, rural; school_type: the code of the type; county: within a province",
)
_PLACED = (YEAR, STANDARD, SOURCE, _LEVEL, *PLACE, STAGE, INDICATOR)
_PLACED_KEY = ("school_year", "standard", "source", "level", "province_code", "county_code", "stage", "indicator")


def _adds_up(name: str, whole: str, *parts: str) -> Rule:
    """The parts are the whole, to PARTS_TOLERANCE."""
    missed = (pl.sum_horizontal(parts, ignore_nulls=False) - pl.col(whole)).abs()
    return Rule(name, (whole, *parts), (), missed <= PARTS_TOLERANCE * pl.max_horizontal(pl.lit(1.0), pl.col(whole)))


INEQUALITY = Contract(
    "inequality",
    "每标准、每县（或省）、每学段、每指标、每学年一行：差异系数以外的差异度量（非官方）",
    "One row per standard, county or province, stage, indicator and school year: other measures of inequality.",
    _PLACED_KEY,
    (
        *_PLACED,
        MEASURE,
        count("units_reporting", "有值的评估单位数", "Units with a value"),
        figure("mean", "平均值", "Mean: total by total"),
        figure("cv", "差异系数", "Weighted coefficient of variation", minimum=0, unit="1"),
        figure("theil", "泰尔指数", "Theil index T, weighted by pupils (or classes)", unit="1"),
        figure("gini", "基尼系数", "Gini coefficient, weighted", unit="1"),
        figure(
            "median", "中位数", "Value of the middle pupil: the least value that half of the weight does not exceed"
        ),
        figure(
            "mcloone", "麦克卢恩指数", "Share that pupils up to the median have of what the median would give", unit="1"
        ),
        figure("range_ratio", "极差比", "(95th percentile − 5th) / 5th; null where the 5th is 0", unit="1"),
    ),
    sort=_PLACED_KEY,
    origin="unit_indicators",
)

BETWEEN_WITHIN = Contract(
    "between_within",
    "每标准、每县（或省）、每学段、每指标、每种分组、每学年一行：差异分为组间与组内（非官方）",
    "One row per standard, county or province, stage, indicator, grouping and school year: between and within groups.",
    (*_PLACED_KEY, "grouping"),
    (
        *_PLACED,
        _GROUPING,
        count("groups", "组数", "Groups; units of an unknown group are one", "groups"),
        figure("cv_squared", "差异系数平方", "CV², the variance over the squared mean", minimum=0, unit="1"),
        figure("cv_squared_between", "组间", "Part of it between the groups' means", minimum=0, unit="1"),
        figure("cv_squared_within", "组内", "Part of it within the groups", minimum=0, unit="1"),
        figure("between_share", "组间份额", "Part between groups, of the whole", minimum=0, unit="1"),
        figure("theil", "泰尔指数", "Theil index T", unit="1"),
        figure("theil_between", "泰尔组间", "Part of it between the groups' means", unit="1"),
        figure("theil_within", "泰尔组内", "Part of it within the groups", unit="1"),
    ),
    (
        _adds_up("variance_adds_up", "cv_squared", "cv_squared_between", "cv_squared_within"),
        _adds_up("theil_adds_up", "theil", "theil_between", "theil_within"),
    ),
    sort=(*_PLACED_KEY, "grouping"),
    origin="unit_indicators, units",
)

GROUP_MEANS = Contract(
    "group_means",
    "每标准、每县（或省）、每学段、每指标、每个组、每学年一行：各组的平均值与组内差异（非官方）",
    "One row per standard, county or province, stage, indicator, group and school year: the group's mean and CV.",
    (*_PLACED_KEY, "grouping", "group"),
    (
        *_PLACED,
        MEASURE,
        _GROUPING,
        Column("group", pl.String, "组", "Code of the group; unknown where it is not reported", nullable=False),
        count("units_reporting", "有值的评估单位数", "Units with a value"),
        figure("weight_share", "权重份额", "Share of the weight (pupils or classes)", minimum=0, unit="1"),
        figure("mean", "平均值", "Mean of the group"),
        figure("cv", "差异系数", "Coefficient within the group", minimum=0, unit="1"),
    ),
    sort=(*_PLACED_KEY, "grouping", "group"),
    origin="unit_indicators, units",
)

PUPIL_GROUPS = ("migrant_children", "left_behind_children", "boarders")
"""Groups of pupils that returns count in each school. Disabled pupils are counted by county alone."""
PUPIL_GAPS = Contract(
    "pupil_gaps",
    "每标准、每县、每学段、每指标、每类学生、每学年一行：某类学生与其他学生所在学校的差别（非官方）",
    "One row per standard, county, stage, indicator, group of pupils and school year: their schools and others'.",
    ("school_year", "standard", "source", "county_code", "stage", "indicator", "pupil_group"),
    (
        YEAR,
        STANDARD,
        SOURCE,
        *PLACE,
        STAGE,
        INDICATOR,
        MEASURE,
        Column("pupil_group", pl.String, "学生类别", "Group of pupils", nullable=False, one_of=PUPIL_GROUPS),
        count("units_reporting", "计入的评估单位数", "Units that report the value and the group"),
        count("pupils_of_group", "该类学生数", "Pupils of the group in these units", "people"),
        figure("group_share", "该类学生比例", "Their share of these units' pupils", minimum=0, unit="1"),
        figure("mean_of_group", "该类学生平均值", "Mean over them of their school's value"),
        figure("mean_of_others", "其他学生平均值", "Mean over all other pupils of their school's value"),
        figure("gap", "差别", "mean_of_group − mean_of_others"),
    ),
    sort=("school_year", "standard", "source", "county_code", "stage", "indicator", "pupil_group"),
    origin="unit_indicators, units",
)

FEATURES = ("pupils", "urban_share", "boarding_share", "integrated_share", "pupils_per_site")
"""What of a county's structure is compared, as far as returns hold it."""

COUNTY_STRUCTURE = Contract(
    "county_structure",
    "每来源、每县、每学年一行：规模与结构，用于寻找可比的县（非官方）",
    "One row per source, county and school year: its size and structure, by which peers are found; unofficial.",
    ("school_year", "source", "county_code"),
    (
        YEAR,
        SOURCE,
        *PLACE,
        count("sites", "学校与教学点数", "Schools and teaching points with compulsory pupils", "sites"),
        Column("pupils", pl.Int64, "义务教育在校生数", "Compulsory pupils, as far as reported", "people", minimum=0),
        figure(
            "urban_share",
            "城区学生比例",
            "Share of pupils in urban schools, of those of a known area",
            minimum=0,
            unit="1",
        ),
        figure("boarding_share", "寄宿生比例", "Boarders by pupils, where boarders are reported", minimum=0, unit="1"),
        figure(
            "integrated_share", "一贯制学生比例", "Share of pupils in schools of several stages", minimum=0, unit="1"
        ),
        figure(
            "pupils_per_site",
            "校均学生数",
            "Pupils by sites: the sparser a county, the fewer",
            minimum=0,
            unit="people",
        ),
    ),
    sort=("school_year", "source", "county_code"),
    origin="schools",
)

PEERS = Contract(
    "peers",
    "每来源、每县、每学年、每名次一行：结构最接近的县及其距离（非官方）",
    "One row per source, county, school year and rank: the counties of nearest structure; unofficial.",
    ("school_year", "source", "county_code", "rank"),
    (
        YEAR,
        SOURCE,
        *PLACE,
        Column("rank", pl.Int64, "名次", "1 is the nearest", nullable=False, minimum=1),
        Column("peer_code", pl.String, "可比县代码", "County code of the peer", nullable=False),
        Column("peer_name", pl.String, "可比县", "The peer", nullable=False),
        figure("distance", "距离", "Root mean square of the standardised differences", minimum=0, unit="1"),
        count("features", "比较的特征数", "Features that both report", "features"),
    ),
    sort=("school_year", "source", "county_code", "rank"),
    origin="county_structure",
)

WHY_TABLES = (
    VERDICT_ROBUSTNESS,
    LEAST_CHANGES,
    CHANGE_CAUSES,
    INEQUALITY,
    BETWEEN_WITHIN,
    GROUP_MEANS,
    PUPIL_GAPS,
    COUNTY_STRUCTURE,
    PEERS,
)
