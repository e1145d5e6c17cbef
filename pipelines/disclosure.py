"""The public edition: which county figures it withholds, and the tables without them and without any school's own.

Everything that a public page says is made from these tables, so what is not in them cannot be told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from schemas.contract import tidy
from schemas.disclosure import SUPPRESSED, Disclosure
from schemas.tables import SUPPRESSED_CELLS, school_fields, stage_fields
from standards.items import EveryClass, EverySchool, NeverBoth, Total
from standards.standard import Indicator, Standard

_COUNTY = ["school_year", "source", "county_code"]
_STAGE = [*_COUNTY, "standard", "stage"]
_CELL = [*_STAGE, "indicator"]
_QUANTITY = [*_COUNTY, "quantity"]
_FIGURES = ("mean", "sd", "cv", "margin", "cv_low", "cv_high")
_OF_SCHOOLS = (
    "schools",
    "school_groups",
    "school_verdicts",
    "school_checks",
    "variance_shares",
    "ledger",
    "group_dispersion",
    "verdict_robustness",
    "least_changes",
    "change_causes",
    "inequality",
    "between_within",
    "group_means",
    "pupil_gaps",
    "county_structure",
    "peers",
)
"""Tables that are told of sources that are open by school, and of no others."""
_TOLD = (
    "suppressed_cells",
    "school_lineage",
    "school_changes",
    "county_changes",
    "county_history",
    "county_parts",
    "county_verdicts",
    "plans",
)
"""Tables that are told as they are but for proofs and origins. A table that this module does not name is empty."""
_PROOF = ("note", "evidence", "evidence_date", "office", "document")
_COUNTS = ("units_meeting", "units_failing", "units_undetermined")
_ENDINGS = ("_two_years_before", "_year_before", "")
_CHANGE = ("value_before", "value", "change", "change_percent", "cv_before", "cv", "cv_change")


@dataclass(frozen=True)
class PublicTables:
    """The tables of the public edition, what was withheld, and the province's figures that were made before.

    `cells`: the rows of `suppressed_cells` that were applied. `province_means`: one row per school year, source,
    province, standard, stage and indicator with the province's mean; one of which any county's figure is withheld has
    none, and its counties have no ranks.
    """

    tables: Mapping[str, pl.DataFrame]
    cells: pl.DataFrame
    province_means: pl.DataFrame


def fields_of(indicator: Indicator, stage: str) -> tuple[str, ...]:
    """The fields that an indicator's resource is made of, and what it is divided by where that is no pupil or class."""
    return (*indicator.added(stage), *indicator.minus, *indicator.over)


def confidential_indicators(rules: Disclosure, standards: Iterable[Standard]) -> pl.DataFrame:
    """The indicators that are made of a confidential field: standard, stage, indicator, and the quantity that they add.

    One whose value only a county can state of a school is a finding on the school, and is confidential. Two
    indicators of one `quantity` add the same fields, whatever they divide by; fields that a school reports once for
    all its stages are one quantity in all of them.
    """
    by_stage = {base for bases in stage_fields().values() for base in bases}
    rows = [
        (standard.id, stage, indicator.id, _quantity(indicator, stage, by_stage))
        for standard in standards
        for stage in standard.scope.stages
        for indicator in standard.indicators
        if not fields_of(indicator, stage) or not rules.public.issuperset(fields_of(indicator, stage))
    ]
    names = ("standard", "stage", "indicator", "quantity")
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


def _quantity(indicator: Indicator, stage: str, by_stage: set[str]) -> str:
    """What an indicator adds up, by a name that is the same wherever the same is added."""
    fields = (*indicator.added(stage), *indicator.minus)
    text = "+".join(sorted(indicator.added(stage))) + "".join(f"-{field}" for field in sorted(indicator.minus))
    return f"{text} of {stage}" if by_stage.intersection(fields) else text


def suppressed_cells(
    values: pl.DataFrame,
    spread: pl.DataFrame,
    rules: Disclosure,
    standards: Iterable[Standard],
    open_sources: Iterable[str] = (),
) -> pl.DataFrame:
    """The county figures that the public edition withholds: one row per cell, with the first rule that holds.

    few_units: fewer reporting units than the minimum. dominance: one unit makes more than the share of the total.
    other_standard: the same quantity is told under another standard (or in another stage) over units of which fewer than
    the minimum differ, so that the difference of the two totals would tell theirs; the figure of fewer units gives way,
    among equals the later by name. composite: the mean of a stage's CVs of which one is withheld.

    `values` and `spread` are `unit_indicators` and `county_dispersion`.
    """
    closed = confidential_indicators(rules, standards)
    key = ["standard", "stage", "indicator"]
    of_closed = ~pl.col("source").is_in(list(open_sources))
    own = values.filter(of_closed & pl.col("value").is_not_null()).join(closed, on=key, how="inner", validate="m:1")
    cells = spread.filter(of_closed).join(closed, on=key, how="inner", validate="m:1")
    few = cells.filter(pl.col("units_reporting").is_between(1, rules.minimum_units - 1))
    alone = (
        own.group_by(_CELL)
        .agg(pl.col("numerator").abs().max().alias("largest"), pl.col("numerator").abs().sum().alias("all"))
        .filter((pl.col("all") > 0) & (pl.col("largest") > rules.dominant_share * pl.col("all")))
    )
    dominated = cells.join(alone, on=_CELL, how="semi")
    primary = pl.concat([few.select(_CELL), dominated.select(_CELL)]).unique()
    told = own.join(primary, on=_CELL, how="anti")
    apart = cells.join(_give_way(told, rules.minimum_units), on=_CELL, how="semi")
    found = pl.concat(
        part.with_columns(rule=pl.lit(rule))
        for rule, part in (("few_units", few), ("dominance", dominated), ("other_standard", apart))
    ).unique(_CELL, keep="first", maintain_order=True)
    composite = spread.filter(pl.col("indicator") == "composite", of_closed).join(found, on=_STAGE, how="semi")
    columns = SUPPRESSED_CELLS.polars_schema.names()
    rows = [found.select(columns), composite.with_columns(rule=pl.lit("composite")).select(columns)]
    return tidy(pl.concat(rows), SUPPRESSED_CELLS)


def _give_way(told: pl.DataFrame, minimum: int) -> pl.DataFrame:
    """The cells that stand too near to another cell of the same quantity in the county.

    Two cells differ by the schools that only one of them holds, and by those of which they count another share, as
    where standards split an integrated school otherwise. The other cell is of another standard, or of another stage
    where a standard splits nothing and counts an integrated school's whole in both.
    """
    cell = pl.concat_str("standard", "stage", "indicator", separator="/").alias("cell")
    one = told.select(*_QUANTITY, "school_id", "numerator", "standard", "stage", "indicator", cell)
    sizes = one.group_by([*_QUANTITY, "cell"]).agg(pl.len().cast(pl.Int64).alias("n"))
    both = (
        one.join(
            one.select(*_QUANTITY, "school_id", "numerator", "cell"), on=[*_QUANTITY, "school_id"], suffix="_other"
        )
        .filter(pl.col("cell") != pl.col("cell_other"))
        .group_by([*_QUANTITY, "standard", "stage", "indicator", "cell", "cell_other"])
        .agg(
            pl.len().cast(pl.Int64).alias("both"),
            (pl.col("numerator") == pl.col("numerator_other")).sum().cast(pl.Int64).alias("same"),
        )
    )
    others = sizes.rename({"cell": "cell_other", "n": "n_other"})
    pairs = both.join(sizes, on=[*_QUANTITY, "cell"], how="inner", validate="m:1").join(
        others, on=[*_QUANTITY, "cell_other"], how="inner", validate="m:1"
    )
    differing = pl.col("n") + pl.col("n_other") - pl.col("both") - pl.col("same")
    is_smaller = (pl.col("n") < pl.col("n_other")) | (
        (pl.col("n") == pl.col("n_other")) & (pl.col("cell") > pl.col("cell_other"))
    )
    return pairs.filter(differing.is_between(1, minimum - 1) & is_smaller).select(_CELL).unique()


def public_tables(
    tables: Mapping[str, pl.DataFrame],
    rules: Disclosure,
    standards: Sequence[Standard],
    open_sources: Iterable[str] = (),
) -> PublicTables:
    """The tables as the public edition may tell them.

    Of a school stay its name, place, stage, whether it counts, and its public fields; all else of it is empty, also
    where it was read from. A county's figure that `suppressed_cells` lists is null with the reason `suppressed`,
    wherever it stands; a change or window that holds it is so as well. The series of the schools common to two years
    is withheld for confidential indicators: it is a total over a part of the units, from which the rest would follow.
    Figures of items computed over schools are withheld, and so are counts over fewer schools than the minimum;
    verdicts stay, but for those of a stage of fewer units than the minimum. Tables of work inside the bureau are empty.
    """
    opened = list(open_sources)
    closed = confidential_indicators(rules, standards)
    cells = tables["suppressed_cells"]
    found = {name: frame.clear() for name, frame in tables.items()}
    is_open = pl.col("source").is_in(opened)
    found |= {name: _without_origin(tables[name].filter(is_open)) for name in _OF_SCHOOLS if name in tables}
    found |= {name: _without_origin(tables[name]) for name in _TOLD if name in tables}
    found["unit_indicators"] = _without_origin(_values_told(tables["unit_indicators"], closed, opened))
    found["units"] = _without_origin(_units_told(tables["units"], rules, opened))
    found["county_dispersion"] = _spread_told(tables["county_dispersion"], cells)
    few = _few(tables["resource_verdicts"], rules, opened)
    found["resource_verdicts"] = _verdicts_told(tables["resource_verdicts"], few)
    found["year_over_year"] = _change_told(tables["year_over_year"], cells, closed, opened)
    found["three_year_monitoring"] = _windows_told(tables["three_year_monitoring"], cells)
    found["county_facts"] = _without_origin(tables["county_facts"].filter((pl.col("school_id") == "") | is_open))
    found["county_checks"] = _without_origin(_checks_told(tables["county_checks"], rules, standards, opened))
    found["county_items"] = _blank(tables["county_items"], _PROOF)
    found["assessment_stages"] = _blank(tables["assessment_stages"], ("findings",))
    found["popularisation"] = tables["popularisation"].filter((pl.col("school_id") == "") | is_open)
    return PublicTables(found, cells, _province_means(tables["unit_indicators"], cells))


def _blank(frame: pl.DataFrame, columns: Iterable[str], where: pl.Expr | None = None) -> pl.DataFrame:
    """The columns null, everywhere or where the condition holds."""
    present = [name for name in columns if name in frame.columns]
    condition = pl.lit(value=True) if where is None else where.fill_null(value=False)
    return frame.with_columns(pl.when(~condition).then(pl.col(name)).alias(name) for name in present)


def _without_origin(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows without where they were read and who proves them; the file, which is never null, is empty."""
    blank = _blank(frame, ("sheet", "row", *_PROOF))
    return blank.with_columns(file=pl.lit("")) if "file" in blank.columns else blank


def _values_told(values: pl.DataFrame, closed: pl.DataFrame, opened: Sequence[str]) -> pl.DataFrame:
    """Indicators of units that are made of public fields alone, and those of open sources."""
    is_open = pl.col("source").is_in(opened)
    key = ["standard", "stage", "indicator"]
    told = values.filter(~is_open).join(closed, on=key, how="anti", maintain_order="left")
    return pl.concat([told, values.filter(is_open)])


def _units_told(units: pl.DataFrame, rules: Disclosure, opened: Sequence[str]) -> pl.DataFrame:
    """The units, of closed sources without their confidential fields."""
    hidden = {name for entry in school_fields() for name in (entry["base"], entry["column"])} - rules.public
    hidden -= {entry["column"] for entry in school_fields() if entry["base"] in rules.public}
    return _blank(units, sorted(hidden), ~pl.col("source").is_in(opened))


def _flag(frame: pl.DataFrame, cells: pl.DataFrame, name: str, years_later: int = 0) -> pl.DataFrame:
    """The frame with whether the cell is withheld, so many school years before the row's."""
    marks = cells.select(
        (pl.col("school_year") + years_later).cast(pl.Int32), *_CELL[1:], pl.lit(value=True).alias(name)
    )
    flagged = frame.join(marks, on=_CELL, how="left", validate="m:1", maintain_order="left")
    return flagged.with_columns(pl.col(name).fill_null(value=False))


def _spread_told(spread: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    rows = _flag(spread, cells, "__hidden__")
    reason = pl.when("__hidden__").then(pl.lit(SUPPRESSED)).otherwise("reason").alias("reason")
    return _blank(rows.with_columns(reason), _FIGURES, pl.col("__hidden__")).drop("__hidden__")


def _few(verdicts: pl.DataFrame, rules: Disclosure, opened: Sequence[str]) -> pl.DataFrame:
    """The stages of a county and standard with fewer units than the minimum, but any."""
    is_few = pl.col("units").is_between(1, rules.minimum_units - 1)
    closed = ~pl.col("source").is_in(opened) & (pl.col("stage") != "all")
    return verdicts.filter(is_few & closed).select(*_STAGE)


def _verdicts_told(verdicts: pl.DataFrame, few: pl.DataFrame) -> pl.DataFrame:
    """Counts of units withheld in a small stage, and in the whole county, from which it would follow."""
    county = few.select(_STAGE[:-1]).unique()
    rows = verdicts.join(
        few.with_columns(__few__=pl.lit(value=True)), on=_STAGE, how="left", validate="m:1", maintain_order="left"
    ).join(
        county.with_columns(__part__=pl.lit(value=True)),
        on=_STAGE[:-1],
        how="left",
        validate="m:1",
        maintain_order="left",
    )
    is_few = pl.col("__few__").fill_null(value=False)
    is_part = is_few | (pl.col("__part__").fill_null(value=False) & (pl.col("stage") == "all"))
    judged = [
        pl.when(is_few & (pl.col(name) != "no_limit")).then(pl.lit("withheld")).otherwise(name).alias(name)
        for name in ("school_rule", "verdict")
    ]
    return _blank(rows.with_columns(judged), _COUNTS, is_part).drop("__few__", "__part__")


def _change_told(
    changes: pl.DataFrame, cells: pl.DataFrame, closed: pl.DataFrame, opened: Sequence[str]
) -> pl.DataFrame:
    key = ["standard", "stage", "indicator"]
    stages = closed.select("standard", "stage").unique().with_columns(indicator=pl.lit("composite"))
    confidential = pl.concat([closed.select(key), stages]).unique().with_columns(__closed__=pl.lit(value=True))
    rows = changes.filter((pl.col("series") != "unit") | pl.col("source").is_in(opened))
    rows = _flag(_flag(rows, cells, "__now__"), cells, "__before__", 1)
    rows = rows.join(confidential, on=key, how="left", validate="m:1", maintain_order="left")
    is_closed = ~pl.col("source").is_in(opened)
    is_part = is_closed & (pl.col("series") != "county") & pl.col("__closed__").fill_null(value=False)
    hides = is_part | pl.col("__now__") | pl.col("__before__")
    is_known = pl.any_horizontal(pl.col(name).is_not_null() for name in _CHANGE)
    reason = pl.when(hides & is_known).then(pl.lit(SUPPRESSED)).otherwise("reason").alias("reason")
    rows = _blank(rows.with_columns(reason), _CHANGE, is_part)
    rows = _blank(rows, ("value", "cv"), pl.col("__now__"))
    rows = _blank(rows, ("value_before", "cv_before"), pl.col("__before__"))
    rows = _blank(rows, ("change", "change_percent", "cv_change"), pl.col("__now__") | pl.col("__before__"))
    return rows.drop("__now__", "__before__", "__closed__")


def _windows_told(windows: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    rows = windows
    for back, ending in zip((2, 1, 0), _ENDINGS, strict=True):
        flag = f"__hidden{ending}__"
        figures = (f"mean{ending}", f"cv{ending}", *(("margin",) if not ending else ()))
        rows = _blank(_flag(rows, cells, flag, back), figures, pl.col(flag))
    is_any = pl.any_horizontal(f"__hidden{ending}__" for ending in _ENDINGS)
    rows = _blank(rows, ("consecutive_worsening", "is_over_limit_again", "is_worse_than_year_before"), is_any)
    unknown = pl.when(is_any).then(pl.lit("undetermined")).otherwise("direction").alias("direction")
    return rows.with_columns(unknown).drop(f"__hidden{ending}__" for ending in _ENDINGS)


def _checks_told(
    checks: pl.DataFrame, rules: Disclosure, standards: Sequence[Standard], opened: Sequence[str]
) -> pl.DataFrame:
    """Checks over schools without the figures that they are made of, those over few schools without counts."""
    of_schools = pl.DataFrame(
        [
            (standard.id, item.id, check.id, True)
            for standard in standards
            for item in standard.items
            for check in item.checks
            if isinstance(check, Total | EverySchool | EveryClass | NeverBoth)
        ],
        schema={"standard": pl.String, "item": pl.String, "check": pl.String, "__schools__": pl.Boolean},
        orient="row",
    )
    rows = checks.join(of_schools, on=["standard", "item", "check"], how="left", validate="m:1", maintain_order="left")
    is_closed = ~pl.col("source").is_in(opened)
    over_schools = is_closed & pl.col("__schools__").fill_null(value=False)
    few = is_closed & pl.col("schools").is_between(1, rules.minimum_units - 1)
    is_hidden = few | (over_schools & pl.col("value").is_not_null() & pl.col("schools").is_null())
    reason = pl.when(is_hidden).then(pl.lit(SUPPRESSED)).otherwise("reason").alias("reason")
    rows = _blank(rows.with_columns(reason), ("numerator", "denominator", "value"), over_schools | few)
    counts = ("schools", "schools_met", "schools_not_met", "schools_undetermined")
    return _blank(rows, counts, few).drop("__schools__")


def _province_means(values: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    """The province's mean of each indicator: total by total over its units with a value; withheld ones are not in."""
    province = ["school_year", "source", "province_code", "standard", "stage", "indicator"]
    weight = pl.col("denominator")
    return (
        values.filter(pl.col("value").is_not_null() & weight.is_not_null())
        .group_by(province, maintain_order=True)
        .agg((pl.col("value") * weight).sum().alias("total"), weight.sum().alias("weight"))
        .filter(pl.col("weight") > 0)
        .join(cells, on=province, how="anti", maintain_order="left")
        .sort(province)
        .select(*province, (pl.col("total") / pl.col("weight")).alias("province_mean"))
    )
