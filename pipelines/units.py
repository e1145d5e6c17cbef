"""Schools into evaluation units: one per compulsory stage that a school teaches."""

from __future__ import annotations

import polars as pl

from pipelines.figures import total, whole_total
from pipelines.subjects import applies
from schemas.contract import tidy
from schemas.tables import UNIT_FACTS, UNITS, codes, finding_fields, shared_fields, stage_fields, unit_fields
from standards.standard import Standard

_ALL_STAGES = ("primary", "junior", "senior")
_SCHOOL = ("school_year", "source", "school_id", "return_part")


def units(schools: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    """The evaluation units of a standard: one row per school, compulsory stage and school year.

    A school is split into one unit per stage that it teaches: those of its type, and those in which it has pupils.
    A unit without pupils is suspended; one whose pupils are not reported counts. Sites that are not counted as
    schools are added to their parent, pupils and resources alike, before the split; a teaching point never is.
    Stage figures are the stage's own; shared resources are the whole school's, with the stage's share beside them:
    weight × pupils of the stage over the same of all stages, senior included, weights × 100.
    Source: evaluation unit and split of the standard (`split.article`). None where the standard has no scope of its
    own; those of its provinces and counties only.
    """
    if not standard.scope.stages:
        return UNITS.empty()
    mine = schools.filter(applies(standard))
    taught = _merge_sites(_with_taught_stages(_with_county_names(mine)))
    parts = [_stage_units(taught, stage, standard) for stage in standard.scope.stages]
    found = pl.concat(parts).with_columns(standard=pl.lit(standard.id))
    return tidy(_with_standing(found, standard), UNITS)


def _with_county_names(schools: pl.DataFrame) -> pl.DataFrame:
    """Each county under one name a year: the one that most of its rows give, the first in order among equals."""
    key = ["school_year", "source", "county_code"]
    names = (
        schools.group_by([*key, "county_name"], maintain_order=True)
        .agg(pl.len().alias("rows"))
        .sort(*key, "rows", "county_name", descending=[False, False, False, True, False])
        .unique(key, keep="first", maintain_order=True)
        .drop("rows")
    )
    return schools.drop("county_name").join(names, on=key, how="left", validate="m:1", maintain_order="left")


def _with_taught_stages(schools: pl.DataFrame) -> pl.DataFrame:
    """`teaches_<stage>`, kind and area of each school; figures of a stage that it does not teach are 0, not missing."""
    types = pl.DataFrame(codes("school_types")).select(
        pl.col("code").alias("school_type_code"), pl.col("stages").alias("__stages__"), "kind"
    )
    areas = pl.DataFrame(codes("areas")).select(pl.col("code").alias("area_code"), "area")
    typed = schools.join(types, on="school_type_code", how="left", validate="m:1", maintain_order="left").join(
        areas, on="area_code", how="left", validate="m:1", maintain_order="left"
    )
    typed = typed.with_columns(
        (
            pl.col("__stages__").str.split(" ").list.contains(stage)
            | (pl.col(f"pupils_{stage}") > 0).fill_null(value=False)
        ).alias(f"teaches_{stage}")
        for stage in _ALL_STAGES
    )
    return typed.with_columns(
        pl.when(pl.col(f"teaches_{stage}") | pl.col(column).is_not_null())
        .then(pl.col(column))
        .otherwise(pl.lit(0, typed.schema[column]))
        .alias(column)
        for stage, fields in stage_fields().items()
        for column in fields.values()
    )


def _merge_sites(schools: pl.DataFrame) -> pl.DataFrame:
    """The schools with their uncounted sites added to them; a figure that one part does not report is not reported.

    A site whose parent is not among the counted schools stays for itself, with the reason.
    """
    part = ["school_year", "source", "return_part"]
    is_site = (pl.col("is_counted") == pl.lit(value=False)).fill_null(value=False) & (
        pl.col("kind") != "teaching_point"
    )
    parents = schools.filter(~is_site).select(*part, pl.col("school_id").alias("parent_school_id"))
    sites = (
        schools.filter(is_site)
        .select(*_SCHOOL, "parent_school_id")
        .join(parents, on=[*part, "parent_school_id"], how="semi", maintain_order="left")
        .rename({"parent_school_id": "__parent__"})
    )
    marked = schools.join(sites, on=list(_SCHOOL), how="left", validate="1:1", maintain_order="left")
    marked = marked.with_columns(
        reason=pl.when(is_site & pl.col("__parent__").is_null()).then(pl.lit("parent_not_found")),
        merged_sites=pl.lit(0, pl.Int64),
    )
    if not sites.height:
        return marked
    own = marked.filter(pl.col("__parent__").is_null())
    additive = [*shared_fields(), *(column for fields in stage_fields().values() for column in fields.values())]
    both = pl.concat(
        [
            own.join(
                sites.select(*part, pl.col("__parent__").alias("school_id")).unique(maintain_order=True),
                on=[*part, "school_id"],
                how="semi",
                maintain_order="left",
            ),
            marked.filter(pl.col("__parent__").is_not_null()).with_columns(school_id=pl.col("__parent__")),
        ]
    )
    summed = both.group_by(list(_SCHOOL), maintain_order=True).agg(
        *(whole_total(column).cast(own.schema[column]).alias(column) for column in additive),
        *(pl.col(f"teaches_{stage}").any() for stage in _ALL_STAGES),
        (pl.len().cast(pl.Int64) - 1).alias("merged_sites"),
    )
    kept = own.join(summed, on=list(_SCHOOL), how="anti", maintain_order="left")
    replaced = own.drop(*additive, *(f"teaches_{stage}" for stage in _ALL_STAGES), "merged_sites").join(
        summed, on=list(_SCHOOL), how="inner", validate="1:1", maintain_order="left"
    )
    return pl.concat([kept, replaced.select(kept.columns)])


def _stage_units(schools: pl.DataFrame, stage: str, standard: Standard) -> pl.DataFrame:
    """The units of one stage, with the stage's fields under names without it, and its share of what is shared."""
    weighted = [
        pl.when(pl.col(f"teaches_{other}"))
        .then(pl.col(f"pupils_{other}") * standard.split.hundredths(other))
        .otherwise(pl.lit(0, pl.Int64))
        .alias(f"__{other}__")
        for other in _ALL_STAGES
    ]
    fields = stage_fields()[stage]
    types = UNITS.polars_schema
    bases = [base for base in unit_fields() if base not in shared_fields()]
    return (
        schools.filter(f"teaches_{stage}")
        .with_columns(weighted)
        .select(
            "school_year",
            "source",
            "province_code",
            "county_code",
            "county_name",
            pl.lit(stage).alias("stage"),
            pl.concat_str("school_id", pl.lit("/" + stage)).alias("unit_id"),
            "school_id",
            "school_name",
            "school_type_code",
            "operator_code",
            "area",
            "kind",
            "reason",
            "merged_sites",
            pl.col(f"__{stage}__").alias("share_numerator"),
            total(f"__{other}__" for other in _ALL_STAGES).alias("share_denominator"),
            *((pl.col(fields[base]) if base in fields else pl.lit(None, types[base])).alias(base) for base in bases),
            *shared_fields(),
            *UNIT_FACTS,
            *finding_fields(),
            "file",
            "sheet",
            "row",
        )
    )


def under_scope(found: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    """Units of a standard, each with the standing and reason that it has under the standard's scope as it is given."""
    kinds = pl.DataFrame(codes("school_types")).select(pl.col("code").alias("school_type_code"), "kind")
    bare = found.join(kinds, on="school_type_code", how="left", validate="m:1", maintain_order="left").with_columns(
        reason=pl.when(pl.col("reason") == "parent_not_found").then("reason")
    )
    return _with_standing(bare, standard).select(found.columns)


def _with_standing(found: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    """Whether each unit counts under the standard, and why not."""
    scope = standard.scope
    kind = pl.col("kind")
    point = kind == "teaching_point"
    wrong_type = pl.lit(bool(scope.school_types)) & ~pl.col("school_type_code").is_in(scope.school_types) & ~point
    left_out = pl.col("operator_code").is_in(scope.leave_out_operators).fill_null(value=False)
    small = (pl.col("pupils") < scope.teaching_point_pupils).fill_null(value=False)
    cases = [
        (wrong_type, "out_of_scope", "school_type"),
        (left_out, "out_of_scope", "operator"),
        (point & pl.lit(scope.teaching_points == "out"), "out_of_scope", "teaching_point"),
        ((pl.col("is_operating") == pl.lit(value=False)).fill_null(value=False), "suspended", "not_operating"),
        ((pl.col("pupils") == 0).fill_null(value=False), "suspended", "no_pupils"),
        (point & small, "listed", "small_teaching_point"),
    ]
    standing, reason = pl.lit("counted"), pl.col("reason")
    for case, name, why in reversed(cases):
        standing = pl.when(case).then(pl.lit(name)).otherwise(standing)
        reason = pl.when(case).then(pl.lit(why)).otherwise(reason)
    return found.with_columns(standing=standing, reason=reason)
