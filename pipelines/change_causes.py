"""What made a county's figures change since the year before: each cause's exact part, whatever their order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from itertools import combinations
from math import factorial
from operator import add

import msgspec
import polars as pl

from pipelines.change import inside_of_joints, under_codes_of
from pipelines.county_history import on_todays_codes, rebuilt_dispersion, series_marks
from pipelines.dispersion import county_dispersion
from pipelines.figures import ratio
from pipelines.indicators import is_shared, unit_indicators
from pipelines.units import units as evaluation_units
from schemas.contract import tidy
from schemas.why import CAUSES, CHANGE_CAUSES, PARTS_TOLERANCE
from standards.standard import Standard

_PLACE = ("standard", "source", "province_code", "county_code")
_CELL = [*_PLACE, "stage", "indicator"]
_UNIT = [*_PLACE, "unit_id", "indicator"]
_FIGURES = ("mean", "cv")
_PLAYERS = ("resources", "pupils", "opened", "closed", "regrouped", "reporting")
"""The causes that play against each other; corrections and relaxations are measured within each year."""
_SAME = 1e-12
"""Up to this share of it a resource counts as the same in both years: the rounding of a split."""
_MOMENTS = ("a", "b", "c")
"""Σ P, Σ P·d and Σ P·d², d the distance from the mean of the year before."""


@dataclass(frozen=True)
class Inputs:
    """The tables of two school years that a change is made of; `changes` and `history` are those of the later one."""

    schools: pl.DataFrame
    units: pl.DataFrame
    values: pl.DataFrame
    spread: pl.DataFrame
    facts: pl.DataFrame
    corrections: pl.DataFrame
    changes: pl.DataFrame
    history: pl.DataFrame

    def of_years(self, *years: int) -> Inputs:
        """The rows of some school years; what is of the later one alone stays."""
        chosen = pl.col("school_year").is_in(years)
        return Inputs(
            self.schools.filter(chosen),
            self.units.filter(chosen),
            self.values.filter(chosen),
            self.spread.filter(chosen),
            self.facts.filter(chosen),
            self.corrections.filter(chosen),
            self.changes,
            self.history,
        )

    def of(self, standard: Standard) -> Inputs:
        """The rows of one standard."""
        mine = pl.col("standard") == standard.id
        return Inputs(
            self.schools,
            self.units.filter(mine),
            self.values.filter(mine),
            self.spread.filter(mine),
            self.facts,
            self.corrections,
            self.changes,
            self.history,
        )


def change_causes(inputs: Inputs, standard: Standard, year: int) -> pl.DataFrame:
    """The change of the mean and CV of every county, stage and indicator, split into causes that add up to it.

    The returns as handed in, without relaxations, are taken from the year before to `year` cause by cause: resources and
    what they are divided by in the units of both years, units opened, closed, merged or split, and reporting. A cause's
    part is its effect averaged over all orders of the causes (Shapley): none is favoured by coming first. What
    corrections and relaxations make of each year's figure, averaged over their two orders, is the rest: this year's
    effect less that of the year before. The composite's parts are the means of its indicators' parts. Parts are null, with
    the reason, where a state between the years has no figure: no unit is left, or the mean is 0. A county whose series is
    broken, or without a figure in one of the years, has no row.
    """
    if not standard.indicators:
        return CHANGE_CAUSES.empty()
    own = inputs.of(standard)
    spread = rebuilt_dispersion(own.units, own.values, own.spread, own.history, standard)
    quantities = ["composite", *(indicator.id for indicator in standard.indicators if indicator.is_quantity)]
    published = _ends(_figures(spread.filter(pl.col("indicator").is_in(quantities))), year)
    if not published.height:
        return CHANGE_CAUSES.empty()
    versions = _versions(own, standard)
    handed_in = versions["handed_in"]
    base = published
    effects = published.select(*_CELL, "figure", corrections=pl.lit(0.0), relaxations=pl.lit(0.0))
    if len(versions) > 1:
        of_version = {
            name: _ends(_figures(_spread(version, own.history, standard)), year) for name, version in versions.items()
        }
        base = of_version["handed_in"]
        effects = _effects(published, of_version)
    shares = _shapley(*handed_in, base, own, standard, year)
    rows = (
        published.join(effects, on=[*_CELL, "figure"], how="left", validate="1:1", maintain_order="left")
        .join(shares, on=[*_CELL, "figure"], how="left", validate="1:1", maintain_order="left")
        .with_columns(change=pl.col("value") - pl.col("value_before"))
    )
    rows = _with_composites(rows, standard)
    is_known = pl.all_horizontal(pl.col(name).is_not_null() for name in CAUSES)
    rows = rows.with_columns(pl.when(is_known).then(pl.col(name)).alias(name) for name in CAUSES).with_columns(
        reason=pl.when(~is_known).then(pl.lit("state_undefined"))
    )
    marks = series_marks(own.history, [year - 1])
    rows = rows.join(marks, on=["standard", "source", "county_code"], how="left", validate="m:1", maintain_order="left")
    return tidy(rows, CHANGE_CAUSES)


def _spread(version: tuple[pl.DataFrame, pl.DataFrame], history: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    """The dispersion of a version of the returns, on the boundaries of today."""
    units, values = (on_todays_codes(frame, history) for frame in version)
    return county_dispersion(units, values, standard)


def _figures(spread: pl.DataFrame) -> pl.DataFrame:
    """Mean and CV of every cell as rows, with the year that they are of."""
    return pl.concat(
        spread.select(
            *_CELL, "county_name", "unit", "school_year", pl.lit(name).alias("figure"), pl.col(name).alias("value")
        )
        for name in _FIGURES
    ).filter(pl.col("value").is_not_null())


def _ends(figures: pl.DataFrame, year: int) -> pl.DataFrame:
    """The figures of `year` beside those of the year before, of the cells that have both."""
    now, before = (figures.filter(pl.col("school_year") == y) for y in (year, year - 1))
    return now.join(
        before.select(*_CELL, "figure", pl.col("value").alias("value_before")),
        on=[*_CELL, "figure"],
        how="inner",
        validate="1:1",
        maintain_order="left",
    )


# -- corrections and relaxations ---------------------------------------------------------------------------------------

_Version = tuple[pl.DataFrame, pl.DataFrame]
_TOUCHED = ["school_year", "source", "county_code"]


def _versions(own: Inputs, standard: Standard) -> Mapping[str, _Version]:
    """Units and values as published, without corrections, without relaxations, and without both (`handed_in`).

    Where no correction and no relaxation touches a county, the one version is the published one.
    """
    corrected = own.corrections.filter(pl.col("table") == "schools")
    eased = own.values.filter(pl.col("relaxation").is_not_null()).select(_TOUCHED).unique(maintain_order=True)
    touched = pl.concat([corrected.select(_TOUCHED), eased]).unique(maintain_order=True)
    touched = touched.join(own.units.select(_TOUCHED).unique(), on=_TOUCHED, how="semi", maintain_order="left")
    published = (own.units, own.values)
    if not touched.height:
        return {"handed_in": published}
    bare = msgspec.structs.replace(standard, relaxations=())
    raw = evaluation_units(
        _as_handed_in(own.schools.join(touched, on=_TOUCHED, how="semi", maintain_order="left"), corrected), standard
    )
    kept = own.units.join(touched, on=_TOUCHED, how="semi", maintain_order="left")

    def version(units: pl.DataFrame, rules: Standard) -> _Version:
        values = unit_indicators(units, rules, own.facts)
        return (
            pl.concat([own.units.join(touched, on=_TOUCHED, how="anti", maintain_order="left"), units]),
            pl.concat([own.values.join(touched, on=_TOUCHED, how="anti", maintain_order="left"), values]),
        )

    return {
        "handed_in": version(raw, bare),
        "corrected": version(kept, bare),
        "eased": version(raw, standard),
    }


def _as_handed_in(schools: pl.DataFrame, corrected: pl.DataFrame) -> pl.DataFrame:
    """The schools with the cells that corrections set as the returns give them; what cannot be read is not reported."""
    place = ["school_year", "file", "sheet", "row"]
    for (column,) in corrected.select("column").unique(maintain_order=True).iter_rows():
        if column not in schools.columns:
            continue
        dtype = schools.schema[column]
        text = pl.col("value_before")
        read = text.replace_strict({"是": True, "否": False}, default=None, return_dtype=pl.Boolean) if dtype == pl.Boolean else (
            text if dtype == pl.String else text.str.replace_all(",", "").cast(dtype, strict=False)
        )  # fmt: skip
        cells = corrected.filter(pl.col("column") == column).select(*place, read.alias("__value__"), __is_set__=True)
        schools = (
            schools.join(cells, on=place, how="left", validate="m:1", nulls_equal=True, maintain_order="left")
            .with_columns(pl.when("__is_set__").then("__value__").otherwise(column).alias(column))
            .drop("__value__", "__is_set__")
        )
    return schools


def _effects(published: pl.DataFrame, of_version: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """What corrections and relaxations make of the change: their effect on each year's figure, averaged over both orders."""
    key = [*_CELL, "figure"]
    rows = published.select(*key, pl.col("value").alias("published"), pl.col("value_before").alias("published_before"))
    for name, ends in of_version.items():
        rows = rows.join(
            ends.select(*key, pl.col("value").alias(name), pl.col("value_before").alias(f"{name}_before")),
            on=key,
            how="left",
            validate="1:1",
            maintain_order="left",
        )

    def effect(one: str, other: str) -> pl.Expr:
        """Of what `one` has and `other` has not, this year less the year before."""

        def of(end: str) -> pl.Expr:
            whole, neither = pl.col(f"published{end}"), pl.col(f"handed_in{end}")
            return ((whole - pl.col(f"{other}{end}")) + (pl.col(f"{one}{end}") - neither)) / 2

        return of("") - of("_before")

    return rows.select(
        *key, effect("corrected", "eased").alias("corrections"), effect("eased", "corrected").alias("relaxations")
    )


# -- the causes that play against each other ---------------------------------------------------------------------------


def _shapley(
    units: pl.DataFrame, values: pl.DataFrame, ends: pl.DataFrame, own: Inputs, standard: Standard, year: int
) -> pl.DataFrame:
    """Each player's part of the change of each figure; null where a state between the years has no figure."""
    centres = ends.filter(pl.col("figure") == "mean").select(*_CELL, pl.col("value_before").alias("__centre__"))
    states = _states(_moments(units, values, centres, own, standard, year))
    found = []
    for name in _FIGURES:
        own_ends = ends.filter(pl.col("figure") == name).select(
            *_CELL, (pl.col("value") - pl.col("value_before")).alias("__change__")
        )
        rows = states.join(own_ends, on=_CELL, how="inner", validate="1:1", maintain_order="left")
        parts = [
            (_part(player, name) * pl.col(f"moves_{player}").cast(pl.Float64)).alias(player) for player in _PLAYERS
        ]
        rows = rows.select(*_CELL, "__change__", pl.lit(name).alias("figure"), *parts)
        found.append(_closed(rows))
    return pl.concat(found)


def _closed(rows: pl.DataFrame) -> pl.DataFrame:
    """The parts with what rounding leaves of the change, some 1e-16 of it, in the largest of them."""
    left = pl.col("__change__") - pl.sum_horizontal(_PLAYERS, ignore_nulls=False)
    largest = pl.max_horizontal(pl.col(player).abs() for player in _PLAYERS)
    rows = rows.with_columns(
        left.alias("__left__"), largest.alias("__largest__"), pl.lit(value=False).alias("__is_given__")
    )
    for player in _PLAYERS:
        takes = ~pl.col("__is_given__") & (pl.col(player).abs() == pl.col("__largest__"))
        rows = rows.with_columns(
            pl.when(takes).then(pl.col(player) + pl.col("__left__")).otherwise(player).alias(player),
            (pl.col("__is_given__") | takes).alias("__is_given__"),
        )
    return rows.select(*_CELL, "figure", *_PLAYERS)


def _part(player: str, figure: str) -> pl.Expr:
    """The mean over all orders of what the player adds to those who came before it."""
    others = [other for other in _PLAYERS if other != player]
    count = len(_PLAYERS)
    terms = []
    for size in range(count):
        weight = factorial(size) * factorial(count - size - 1) / factorial(count)
        for before in combinations(others, size):
            state = frozenset(before)
            terms.append(weight * (pl.col(_state(figure, state | {player})) - pl.col(_state(figure, state))))
    return reduce(add, terms)


def _state(name: str, state: frozenset[str]) -> str:
    return f"{name}:{'+'.join(sorted(state))}"


def _states(moments: pl.DataFrame) -> pl.DataFrame:
    """Mean and CV of every cell in every state: which causes have acted, from none to all."""
    columns = []
    for size in range(len(_PLAYERS) + 1):
        for players in combinations(_PLAYERS, size):
            state = frozenset(players)
            resources, pupils = int("resources" in state), int("pupils" in state)
            counted = [f"common_{resources}{pupils}"]
            counted += ["opened_1"] if "opened" in state else []
            counted += [] if "closed" in state else ["closed_0"]
            counted += [f"{group}_{int(group in state)}" for group in ("regrouped", "reporting")]
            a, b, c = (reduce(add, [pl.col(f"{group}_{moment}") for group in counted]) for moment in _MOMENTS)
            shift = ratio(b, a)
            mean = pl.col("__centre__") + shift
            sd = (ratio(c, a) - shift**2).clip(lower_bound=0).sqrt()
            columns += [mean.alias(_state("mean", state)), ratio(sd, mean).alias(_state("cv", state))]
    return moments.select(*_CELL, *(f"moves_{player}" for player in _PLAYERS), *columns)


_SUMS = (
    *(f"common_{resources}{pupils}" for resources in (0, 1) for pupils in (0, 1)),
    "opened_1",
    "closed_0",
    *(f"{group}_{side}" for group in ("regrouped", "reporting") for side in (0, 1)),
)


def _moments(
    units: pl.DataFrame, values: pl.DataFrame, centres: pl.DataFrame, own: Inputs, standard: Standard, year: int
) -> pl.DataFrame:
    """Of every cell the moments of its units by group and side; of those of both years for each mixture of the years."""
    rows = _classed(units, values, own, standard, year)
    rows = rows.join(centres, on=_CELL, how="inner", validate="m:1", maintain_order="left")
    weight_before, weight = pl.col("denominator_before"), pl.col("denominator")
    before, now = pl.col("value_before"), pl.col("value")
    regroup = ratio(pl.col("share"), pl.col("share_before")).fill_null(1.0)
    # value × weight is the resource; a shared one goes with the split, which is by pupils.
    mixed = {
        "common_00": (weight_before, before),
        "common_11": (weight, now),
        "common_10": (weight_before, ratio(now * weight, weight_before * regroup)),
        "common_01": (weight, ratio(before * weight_before * regroup, weight)),
    }
    group = pl.col("group")
    sums = []
    for name in _SUMS:
        kind, side = name.rsplit("_", 1)
        of, value = mixed.get(name, (weight_before, before) if side == "0" else (weight, now))
        distance = value - pl.col("__centre__")
        is_in = (group == kind) & value.is_not_null()
        for moment, term in zip(_MOMENTS, (of, of * distance, of * distance**2), strict=True):
            sums.append(term.filter(is_in).sum().alias(f"{name}_{moment}"))
    is_common = group == "common"
    resources = (mixed["common_10"][1] - before).abs() > _SAME * before.abs()
    moves = {
        "resources": (is_common & resources).any(),
        "pupils": (is_common & ((weight != weight_before) | ((regroup - 1).abs() > _SAME))).any(),
        **{name: (group == name).any() for name in ("opened", "closed", "regrouped", "reporting")},
    }
    flags = [moved.fill_null(value=False).alias(f"moves_{name}") for name, moved in moves.items()]
    return rows.sort(*_CELL, "unit_id").group_by([*_CELL, "__centre__"], maintain_order=True).agg(*sums, *flags)


def _classed(units: pl.DataFrame, values: pl.DataFrame, own: Inputs, standard: Standard, year: int) -> pl.DataFrame:
    """Every unit and indicator with the values of both years side by side, and the group that it belongs to.

    common: a value in both. opened, closed: counts in one year only. regrouped: of a merger or split, each side by itself.
    reporting: counts in both and has a value in one.
    """
    units, values = (
        under_codes_of(on_todays_codes(frame, own.history), own.changes, year) for frame in (units, values)
    )
    share = units.select(
        "school_year",
        *_PLACE,
        "unit_id",
        share=ratio(pl.col("share_numerator").cast(pl.Float64), pl.col("share_denominator").cast(pl.Float64)),
    )
    shared = pl.DataFrame(
        [
            (stage, indicator.id, is_shared(indicator, stage))
            for stage in standard.scope.stages
            for indicator in standard.indicators
            if indicator.is_quantity
        ],
        schema={"stage": pl.String, "indicator": pl.String, "is_shared": pl.Boolean},
        orient="row",
    )
    values = (
        values.join(shared, on=["stage", "indicator"], how="inner", validate="m:1", maintain_order="left")
        .join(share, on=["school_year", *_PLACE, "unit_id"], how="left", validate="m:1", maintain_order="left")
        .with_columns(share=pl.when("is_shared").then("share"))
    )
    inside = inside_of_joints(values, own.changes, year)
    key = ["school_year", "source", "unit_id", "indicator"]
    alone = values.join(inside.select(key), on=key, how="anti", maintain_order="left")
    figures = ["value", "denominator", "share"]

    def of_year(rows: pl.DataFrame, of: int, ending: str) -> pl.DataFrame:
        return rows.filter(pl.col("school_year") == of).select(
            *_CELL, "unit_id", *(pl.col(name).alias(f"{name}{ending}") for name in figures),
            pl.lit(value=True).alias(f"counts{ending}"),
        )  # fmt: skip

    both = of_year(alone, year, "").join(
        of_year(alone, year - 1, "_before"),
        on=[*_CELL, "unit_id"],
        how="full",
        coalesce=True,
        validate="1:1",
        maintain_order="left_right",
    )
    group = (
        pl.when(pl.col("counts").is_null())
        .then(pl.lit("closed"))
        .when(pl.col("counts_before").is_null())
        .then(pl.lit("opened"))
        .when(pl.col("value").is_not_null() & pl.col("value_before").is_not_null())
        .then(pl.lit("common"))
        .otherwise(pl.lit("reporting"))
    )
    sides = pl.concat([of_year(inside, year, ""), of_year(inside, year - 1, "_before")], how="diagonal").with_columns(
        group=pl.lit("regrouped")
    )
    return pl.concat([both.with_columns(group=group), sides], how="diagonal")


def _with_composites(rows: pl.DataFrame, standard: Standard) -> pl.DataFrame:
    """The composite's parts as the means of those of the stage's indicators; null where one of them has none."""
    stage = [*_PLACE, "stage", "figure"]
    is_composite = pl.col("indicator") == "composite"
    count = len(standard.indicators)
    means = (
        rows.filter(~is_composite)
        .group_by(stage, maintain_order=True)
        .agg(
            *(
                pl.when((pl.col(name).null_count() == 0) & (pl.len() == count)).then(pl.col(name).mean()).alias(name)
                for name in CAUSES
            )
        )
    )
    composites = (
        rows.filter(is_composite).drop(CAUSES).join(means, on=stage, how="left", validate="m:1", maintain_order="left")
    )
    return pl.concat([rows.filter(~is_composite), composites.select(rows.columns)])


# -- several years together --------------------------------------------------------------------------------------------


def over_years(causes: pl.DataFrame, first: int, last: int) -> pl.DataFrame:
    """The changes from the school year `first` to `last` with their causes: the sums over the years between, row by row.

    Yearly parts add up to yearly changes, and these to the whole, so the sums are exact. Where a year has no row, a part
    is not known, or a county's boundaries were redrawn in between so that one year's figure is not the next one's year
    before, the parts are null with the reason. Columns: those of `change_causes` but the year, and `years`.
    """
    key = ["standard", "source", "province_code", "county_code", "stage", "indicator", "unit", "figure"]
    rows = causes.filter(pl.col("school_year").is_between(first + 1, last)).sort(*key, "school_year")
    found = rows.group_by(key, maintain_order=True).agg(
        pl.col("county_name").last(),
        pl.len().cast(pl.Int64).alias("years"),
        pl.col("value_before").first(),
        pl.col("value").last(),
        (pl.col("value").last() - pl.col("value_before").first()).alias("change"),
        *(pl.when(pl.col(name).null_count() == 0).then(pl.col(name).sum()).alias(name) for name in CAUSES),
    )
    missed = (pl.sum_horizontal(CAUSES, ignore_nulls=False) - pl.col("change")).abs()
    reason = (
        pl.when(pl.col("years") < last - first)
        .then(pl.lit("years_missing"))
        .when(pl.any_horizontal(pl.col(name).is_null() for name in CAUSES))
        .then(pl.lit("state_undefined"))
        .when(missed > PARTS_TOLERANCE * pl.col("years") * pl.max_horizontal(pl.lit(1.0), pl.col("value").abs()))
        .then(pl.lit("boundaries_changed"))
    )
    found = found.with_columns(reason=reason)
    known = pl.col("reason").is_null()
    return found.with_columns(pl.when(known).then(pl.col(name)).alias(name) for name in ("change", *CAUSES))
