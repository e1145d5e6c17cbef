"""What one school of a county loses and its sister gains: the same figure moved between the two."""

from __future__ import annotations

import polars as pl

from pipelines.integrity.years import WHERE, WHO, in_wholes, past
from pipelines.likeness import KIND_WORDS
from schemas.integrity import SISTER_TIES
from schemas.integrity_rules import IntegrityRules, integrity_rules
from standards.values import first_day

_COUNTY = ["source", "county_code"]
_CAMPUS = r"(东|西|南|北|中|新|老|总|分)?(校区|分校|分部)$"
_ORDINAL = r"第[一二三四五六七八九十百\d]+"
_LEAST_LETTERS = 2


def sister_moves(
    schools: pl.DataFrame, groups: pl.DataFrame, changes: pl.DataFrame, rules: IntegrityRules
) -> pl.DataFrame:
    """One row per pair of sisters and column: the one falls by what the other rises, since the year before.

    Sisters are schools of one county in one group of `school_groups` on 1 September, a school and its parent, or
    schools of one name but for kind, number or campus. The one falls by at least `share` of what it had and `from`
    whole units, the other rises by the same within `within` of it. Schools that were merged, split, opened or closed
    since the year before (`school_changes`) are left out: there the register says what moved.
    """
    rule = rules.sister_move
    apart = changes.filter(pl.col("change") != "renamed")
    gone = pl.concat(
        apart.select("source", pl.col(name).alias("school_id")) for name in ("school_id_before", "school_id_after")
    ).unique()
    here = schools.join(gone, on=["source", "school_id"], how="anti", maintain_order="left")
    pairs = _pairs(here, groups, rule.most_members)
    parts = []
    for name, figure in rules.columns.items():
        change = pl.col(name) - pl.col(past(name, 1))
        falling = here.filter(
            (-change >= in_wholes(figure, rule.from_whole)) & (-change >= pl.col(past(name, 1)) * rule.share)
        ).select(*WHO, *WHERE, pl.col(name).alias("value"), pl.col(past(name, 1)).alias("value_before"))
        rising = here.filter(change > 0).select(
            *_COUNTY,
            pl.col("school_id").alias("other_school_id"),
            pl.col("return_part"),
            pl.col("school_name").alias("other_school_name"),
            pl.col(name).alias("other_value"),
            pl.col(past(name, 1)).alias("other_value_before"),
        )
        fall, rise = (
            pl.col("value_before") - pl.col("value"),
            pl.col("other_value") - pl.col("other_value_before"),
        )
        parts.append(
            falling.join(pairs, on=[*_COUNTY, "school_id"], how="inner", maintain_order="left")
            .join(rising, on=[*_COUNTY, "other_school_id", "return_part"], how="inner", maintain_order="left")
            .filter((fall - rise).abs() <= fall * rule.within)
            .with_columns(
                kind=pl.lit("sister_move"),
                figure=pl.lit(name),
                ratio=rise / fall,
                examined=pl.lit(2, pl.Int64),
                value_year=pl.col("school_year"),
                first_year=pl.col("school_year") - 1,
            )
        )
    return pl.concat(parts)


def _pairs(schools: pl.DataFrame, groups: pl.DataFrame, most: int) -> pl.DataFrame:
    """Pairs of sisters, both ways: `school_id`, `other_school_id`, and the closest tie between them."""
    who = schools.select(*_COUNTY, "county_name", "school_id", "school_name", "parent_school_id", "school_year")
    bare = pl.col("school_name").str.strip_prefix(pl.col("county_name")).str.replace(_CAMPUS, "")
    stem = bare.str.replace_many(list(KIND_WORDS), [""] * len(KIND_WORDS)).str.replace(_ORDINAL, "")
    named = [
        who.select(*_COUNTY, "school_id", bare.alias("__tie__")),
        who.select(*_COUNTY, "school_id", stem.alias("__tie__")).filter(
            pl.col("__tie__").str.len_chars() >= _LEAST_LETTERS
        ),
    ]
    own = who.select(*_COUNTY, "school_id")
    member = groups.join(own, on=[*_COUNTY, "school_id"], how="semi", maintain_order="left")
    grouped = member.select(*_COUNTY, "school_id", pl.concat_str("grouping", "group", separator="|").alias("__tie__"))
    children = who.filter(pl.col("parent_school_id").is_not_null())
    family = pl.concat(
        [
            children.select(*_COUNTY, "school_id", pl.col("parent_school_id").alias("__tie__")),
            children.select(*_COUNTY, pl.col("parent_school_id").alias("school_id"), pl.col("parent_school_id").alias("__tie__")),
        ]
    )  # fmt: skip
    found = [
        _tied(rows.unique(maintain_order=True), most).with_columns(tie=pl.lit(tie))
        for tie, rows in (("group", grouped), ("parent", family), ("name", named[0]), ("name", named[1]))
    ]
    rank = pl.col("tie").replace_strict({tie: place for place, tie in enumerate(SISTER_TIES)}, return_dtype=pl.Int8)
    return (
        pl.concat(found)
        .sort(*_COUNTY, "school_id", "other_school_id", rank)
        .unique([*_COUNTY, "school_id", "other_school_id"], keep="first", maintain_order=True)
    )


def _tied(members: pl.DataFrame, most: int) -> pl.DataFrame:
    """Every two members of a tie; one that ties more than `most` schools says nothing."""
    small = members.filter(pl.len().over(*_COUNTY, "__tie__") <= most)
    both = small.join(small, on=[*_COUNTY, "__tie__"], how="inner", suffix="_other").rename(
        {"school_id_other": "other_school_id"}
    )
    return both.filter(pl.col("school_id") != pl.col("other_school_id")).drop("__tie__")


def members_on(groups: pl.DataFrame, year: int) -> pl.DataFrame:
    """The memberships of `school_groups` that hold on the first day of the school year, by the newest list up to it."""
    day = first_day(year)
    lists = [*_COUNTY, "grouping"]
    known = groups.filter(pl.col("school_year") <= year)
    newest = known.filter(pl.col("school_year") == pl.col("school_year").max().over(lists))
    holds = (pl.col("since") <= day).fill_null(value=True) & (pl.col("until") >= day).fill_null(value=True)
    return newest.filter(holds)


def pairs_of(schools: pl.DataFrame, groups: pl.DataFrame, year: int) -> pl.DataFrame:
    """The pairs of sisters of a school year, both ways, with their tie."""
    now = schools.filter(pl.col("school_year") == year)
    most = integrity_rules().sister_move.most_members
    return _pairs(now, members_on(groups, year), most).with_columns(school_year=pl.lit(year, pl.Int32))
