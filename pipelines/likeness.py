"""Which gone and which new school may be one: proposed from names, places, pupils and staff, never applied."""

from __future__ import annotations

from itertools import pairwise

import polars as pl

from pipelines.figures import ratio
from schemas.columns import STAGES
from schemas.contract import tidy
from schemas.lineage import LINEAGE_CANDIDATES
from schemas.tables import school_fields

WEIGHTS = {
    "name_likeness": 0.35,
    "pupils_likeness": 0.3,
    "staff_likeness": 0.1,
    "is_same_serial": 0.1,
    "is_same_place": 0.1,
    "is_same_founding": 0.05,
}
"""What each piece of evidence weighs; defaults of ours."""
SHOWN_FROM = 0.5
"""The score from which a pair is proposed; a default of ours."""
TOGETHER_FROM = 0.85
"""The lesser by the greater of the pupils of two gone schools together and a new one's, from which they are proposed as
merged; a default of ours."""
_PAIR = ["source", "return_part", "school_id", "school_id_now"]
_OF_GROUPS = ("name_likeness", "pupils_likeness", "staff_likeness", "is_same_place")
SERIAL = 6
"""Last characters of an identifier of ten that number the schools; a shorter identifier has no such part."""
KIND_WORDS = (
    "九年一贯制", "十二年一贯制", "九年制", "十二年制", "实验", "初级", "高级", "完全", "中心", "小学", "中学", "学校",
    "教学点", "市立", "縣立", "县立", "私立", "國民", "國小", "國中",
)  # fmt: skip
"""Words of a school's name that tell its kind, not which one it is."""
_GRADES = {
    stage: [e["column"] for e in school_fields() if e["stage"] == stage and e["base"].startswith("pupils_grade_")]
    for stage in STAGES
}
EVIDENCE = (
    "school_year", "source", "return_part", "county_code", "school_id", "school_name", "school_type_code",
    "town_name", "area_code", "founded_year",
    *(f"{base}_{stage}" for stage in STAGES for base in ("pupils", "full_time_teachers")),
    *(column for stage in STAGES for column in _GRADES[stage]),
)  # fmt: skip
"""What of the table `schools` is needed here."""


def lineage_candidates(schools: pl.DataFrame, changes: pl.DataFrame, year: int) -> pl.DataFrame:
    """The pairs of a school gone since the year before and a new one that may be the same, with what speaks for it.

    `schools` hold both years, `changes` is `school_changes` of `year`. Only schools without a reason in the register,
    that have a stage with pupils in common: pairs inside a county, and pairs of one name inside a province. Each
    likeness lies between 0 and 1 and is null where a figure is not reported. Of the pupils: 1 − Σ|now − expected| /
    Σ(now + expected) over the grades, a grade being expected to hold those of the grade below it the year before;
    without grades the lesser total by the greater. The score is the weighted mean of the evidence that there is.
    Where a new school has the pupils of two gone ones together, and neither alone explains them as well, it is proposed
    as their merger: a row for each of the two, with the likeness of the two together.
    """
    is_open = pl.col("reason").is_not_null()
    place = ["source", "return_part", "province_code", "county_code", "county_name"]
    gone = changes.filter(is_open & (pl.col("change") == "gone")).select(*place, school_id="school_id_before")
    new = changes.filter(is_open & (pl.col("change") == "new")).select(*place, school_id="school_id_after")
    key = ["source", "return_part", "school_id"]
    held = schools.drop("county_code")
    before, now = (
        part.join(held.filter(pl.col("school_year") == y), on=key, how="inner", validate="1:1").with_columns(_core())
        for part, y in ((gone, year - 1), (new, year))
    )
    near = before.join(now, on=["source", "return_part", "county_code"], how="inner", suffix="_now")
    far = before.join(now, on=["source", "return_part", "province_code", "school_name"], how="inner", suffix="_now")
    far = far.filter(pl.col("county_code") != pl.col("county_code_now")).with_columns(
        school_name_now=pl.col("school_name")
    )
    near = near.with_columns(county_code_now=pl.col("county_code"), province_code_now=pl.col("province_code"))
    far = far.with_columns(province_code_now=pl.col("province_code"))
    pairs = pl.concat([near, far.select(near.columns)])
    shared = {stage: (pl.col(f"pupils_{stage}") > 0) & (pl.col(f"pupils_{stage}_now") > 0) for stage in STAGES}
    pairs = pairs.with_columns(
        is_same_stages=pl.any_horizontal(holds.fill_null(value=False) for holds in shared.values()),
        name_likeness=_name_likeness(),
        pupils_likeness=pl.coalesce(_cohorts(shared), _lesser_by_greater("pupils", shared)),
        staff_likeness=_lesser_by_greater("full_time_teachers", shared),
        is_same_serial=pl.when(
            (pl.col("school_id").str.len_chars() > SERIAL) & (pl.col("school_id_now").str.len_chars() > SERIAL)
        ).then(pl.col("school_id").str.tail(SERIAL) == pl.col("school_id_now").str.tail(SERIAL)),
        is_same_place=pl.coalesce(
            pl.col("town_name") == pl.col("town_name_now"), pl.col("area_code") == pl.col("area_code_now")
        ),
        is_same_founding=pl.col("founded_year") == pl.col("founded_year_now"),
    )
    known = [pl.when(pl.col(name).is_not_null()).then(weight).otherwise(0.0) for name, weight in WEIGHTS.items()]
    weighted = [pl.col(name).cast(pl.Float64).fill_null(0.0) * weight for name, weight in WEIGHTS.items()]
    scored = pairs.with_columns(score=ratio(pl.sum_horizontal(weighted), pl.sum_horizontal(known)))
    kind = pl.when(pl.col("school_type_code") != pl.col("school_type_code_now"))
    scored = scored.with_columns(event=kind.then(pl.lit("recategorised")).otherwise(pl.lit("recoded")))
    scored = scored.filter("is_same_stages")
    merged = _mergers(scored)
    single = scored.filter(pl.col("score") >= SHOWN_FROM).join(merged.select(_PAIR), on=_PAIR, how="anti")
    proposed = pl.concat([single, merged.select(single.columns)])
    return tidy(
        proposed.select(
            "source", "return_part", "score", "name_likeness", "pupils_likeness", "staff_likeness", "is_same_serial",
            "is_same_place", "is_same_founding", "is_same_stages",
            school_year=pl.lit(year),
            province_code="province_code_now",
            county_code="county_code_now",
            county_name="county_name_now",
            school_id_before="school_id",
            school_name_before="school_name",
            county_code_before="county_code",
            school_id_after="school_id_now",
            school_name_after="school_name_now",
            pupils_before=_pupils(""),
            pupils=_pupils("_now"),
            event="event",
        ),
        LINEAGE_CANDIDATES,
    )  # fmt: skip


def _mergers(pairs: pl.DataFrame) -> pl.DataFrame:
    """The pairs of which two together are proposed as a merger: of each new school the two gone ones that fit it best."""
    one = pairs.select(
        *_PAIR,
        "county_code",
        "is_same_place",
        name=pl.col("name_likeness"),
        alone=pl.col("pupils_likeness"),
        held=_pupils(""),
        has=_pupils("_now"),
        staff=_total("full_time_teachers", ""),
        staff_now=_total("full_time_teachers", "_now"),
    )
    near = ["source", "return_part", "county_code", "school_id_now"]
    two = one.join(one, on=near, how="inner", suffix="_other").filter(pl.col("school_id") < pl.col("school_id_other"))

    def alike(together: pl.Expr, now: str) -> pl.Expr:
        both = together.is_not_null() & pl.col(now).is_not_null()
        return pl.when(both).then(ratio(pl.min_horizontal(together, now), pl.max_horizontal(together, now)))

    two = two.with_columns(
        name_likeness=pl.max_horizontal("name", "name_other"),
        pupils_likeness=alike(pl.col("held") + pl.col("held_other"), "has"),
        staff_likeness=alike(pl.col("staff") + pl.col("staff_other"), "staff_now"),
        is_same_place=pl.col("is_same_place") & pl.col("is_same_place_other"),
    )
    weights = {name: WEIGHTS[name] for name in _OF_GROUPS}
    known = [pl.when(pl.col(name).is_not_null()).then(weight).otherwise(0.0) for name, weight in weights.items()]
    weighted = [pl.col(name).cast(pl.Float64).fill_null(0.0) * weight for name, weight in weights.items()]
    explained = pl.max_horizontal("alone", "alone_other").fill_null(0.0)
    best = (
        two.with_columns(score=ratio(pl.sum_horizontal(weighted), pl.sum_horizontal(known)))
        .filter(
            pl.col("score") >= SHOWN_FROM,
            pl.col("pupils_likeness") >= TOGETHER_FROM,
            pl.col("pupils_likeness") > explained,
        )
        .sort("score", "school_id", "school_id_other", descending=[True, False, False])
        .unique(near, keep="first", maintain_order=True)
    )
    figures = ["score", *_OF_GROUPS]
    members = pl.concat(
        best.select("source", "return_part", pl.col(side).alias("school_id"), "school_id_now", *figures)
        for side in ("school_id", "school_id_other")
    )
    return (
        pairs.drop(figures)
        .join(members, on=_PAIR, how="inner", validate="1:1")
        .with_columns(
            event=pl.lit("merged"), is_same_serial=pl.lit(None, pl.Boolean), is_same_founding=pl.lit(None, pl.Boolean)
        )
    )


def _core() -> pl.Expr:
    """The letters of a name that tell which school it is; the whole name where nothing else is left."""
    bare = pl.col("school_name").str.strip_prefix(pl.col("county_name"))
    bare = bare.str.replace_many(list(KIND_WORDS), [""] * len(KIND_WORDS))
    return pl.when(bare != "").then(bare).otherwise(pl.col("school_name")).str.split("").list.unique().alias("core")


def _name_likeness() -> pl.Expr:
    """Twice the letters in common by the letters of both (Dice)."""
    both = pl.col("core").list.set_intersection("core_now").list.len() * 2
    return ratio(both, pl.col("core").list.len() + pl.col("core_now").list.len())


def _cohorts(shared: dict[str, pl.Expr]) -> pl.Expr:
    """How far the grades hold the pupils of the grade below a year earlier, over the stages that both teach."""
    apart: list[pl.Expr] = []
    both: list[pl.Expr] = []
    for stage, grades in _GRADES.items():
        for below, grade in pairwise(grades):
            expected, held = pl.col(below), pl.col(f"{grade}_now")
            counts = shared[stage] & expected.is_not_null() & held.is_not_null()
            apart.append(pl.when(counts).then((held - expected).abs()).otherwise(0))
            both.append(pl.when(counts).then(held + expected).otherwise(0))
    return 1 - ratio(pl.sum_horizontal(apart), pl.sum_horizontal(both))


def _lesser_by_greater(base: str, shared: dict[str, pl.Expr]) -> pl.Expr:
    """The lesser by the greater of both years' figures, over the stages that both teach; null if one is missing."""
    before, now = (
        pl.sum_horizontal(
            [pl.when(holds.fill_null(value=False)).then(pl.col(f"{base}_{stage}{end}")).otherwise(0) for stage, holds in shared.items()],
            ignore_nulls=False,
        )
        for end in ("", "_now")
    )  # fmt: skip
    return ratio(pl.min_horizontal(before, now), pl.when(before.is_not_null() & now.is_not_null()).then(pl.max_horizontal(before, now)))  # fmt: skip


def _pupils(end: str) -> pl.Expr:
    return _total("pupils", end)


def _total(base: str, end: str) -> pl.Expr:
    """A figure over the stages that report it; null where none does."""
    columns = [pl.col(f"{base}_{stage}{end}") for stage in STAGES]
    return pl.when(pl.any_horizontal(column.is_not_null() for column in columns)).then(pl.sum_horizontal(columns))
