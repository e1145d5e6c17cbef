"""What changed between two editions of the same tables, cell by cell, and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import polars as pl

from pipelines.figures import known_total
from schemas.columns import STAGES
from schemas.contract import tidy
from schemas.county import COUNTY_INPUTS
from schemas.restatements import CAUSES, DECIDED_AGAINST, RESTATEMENTS
from schemas.tables import SCHOOLS, TABLES

Tables = Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class Compared:
    """A table whose cells are published figures: which of its columns are figures, which verdicts."""

    table: str
    figures: tuple[str, ...] = ()
    verdicts: tuple[str, ...] = ()
    indicator: str = ""
    unit: str = ""
    stage: str = "stage"


COMPARED = (
    Compared("county_verdicts", verdicts=("verdict",), stage=""),
    Compared("county_parts", verdicts=("status",), indicator="part", stage=""),
    Compared("county_items", verdicts=("status",), indicator="item", stage=""),
    Compared("resource_verdicts", verdicts=("verdict",)),
    Compared("county_dispersion", figures=("mean", "cv"), verdicts=("status",), indicator="indicator"),
    Compared("school_verdicts", verdicts=("status",), unit="unit_id"),
    Compared("popularisation", figures=("value",), indicator="rate", unit="school_id"),
)
"""What is compared besides the totals of the returns. What looks back on other years is made of these."""
REGISTERED: dict[str, tuple[str, tuple[str, ...]]] = {
    "corrections": ("correction", ("correction", "table", "where", "column", "value_before", "value")),
    "school_lineage": ("lineage", ("school_id", "lineage_id", "event", "event_date")),
    "school_changes": ("lineage", ("change", "school_id_before", "school_id_after", "event", "event_date")),
    "county_changes": ("lineage", ("change", "event", "other_code")),
    "county_history": ("lineage", ("standard", "series_year", "county_code_before", "series", "event")),
}
"""What registers say of a county's year: the table, the cause that another row of it is, and what makes a row another."""
TABLES_READ = ("schools", "returns", *(c.name for c in COUNTY_INPUTS), *(c.table for c in COMPARED), *REGISTERED)
"""The tables that a comparison reads."""
_PLACE = ("school_year", "source", "province_code", "county_code", "county_name")
_CELL = ("school_year", "source", "county_code", "table", "standard", "stage", "indicator", "unit_id", "figure")
_COUNTY = ("school_year", "source", "county_code")
_WHERE = ("file", "sheet", "row")


def restatements(
    before: Tables,
    after: Tables,
    *,
    standards: Collection[str] = (),
    registers: Mapping[str, str] | None = None,
    publication: int = 0,
    edition_before: str = "",
    edition: str = "",
) -> pl.DataFrame:
    """Each published figure and verdict that is another now, with what it was and its causes, as RESTATEMENTS.

    `standards` are those whose files changed; `registers` say for a changed data file which cause it is. What was not
    published before is no restatement: a school year of a source, or a standard, that `before` does not hold.
    A cell's causes are those of its county and school year: other rows of returns, corrections that were applied or
    taken back, entries of a register of schools or counties where that file changed. Where there is none, those of the
    county's earlier years, on which verdicts look back; then the standard's; then a changed register of which no row
    tells which counties it concerns; where nothing else explains it, the method.
    """
    cells = _moved(before, after)
    of_files = {cause for cause in (registers or {}).values() if cause in CAUSES}
    entered = _entered(before, after, {"correction", *of_files})
    causes = pl.concat([_causes(before, after), entered]).unique().sort(*_COUNTY, "cause", "document", nulls_last=True)
    own = causes.group_by(_COUNTY, maintain_order=True).agg(
        pl.col("cause").unique(maintain_order=True), pl.col("document").drop_nulls().unique().sort()
    )
    found = (
        cells.join(own, on=_COUNTY, how="left", validate="m:1")
        .join(_of_earlier_years(cells, causes), on=_COUNTY, how="left", validate="m:1")
        .with_columns(
            pl.coalesce("cause", "cause_earlier").alias("cause"),
            pl.coalesce("document", "document_earlier").alias("document"),
        )
    )
    is_of_standard = pl.col("standard").is_in(list(standards)) | (
        # A verdict may ask for another standard's.
        pl.col("cause").is_null() & (pl.col("standard") != "") & pl.lit(bool(standards))
    )
    named = pl.when(pl.col("standard").is_in(list(standards))).then(pl.col("standard") + ".toml")
    of_registers = sorted(of_files - {*entered["cause"]})
    found = found.with_columns(
        pl.concat_list(
            pl.col("cause").fill_null([]),
            pl.when(is_of_standard).then(pl.lit(["standard"])).otherwise(pl.lit([], dtype=pl.List(pl.String))),
        ).alias("cause"),
        pl.concat_list(pl.col("document").fill_null([]), pl.concat_list(named).list.drop_nulls()).alias("document"),
    )
    rest = pl.lit(of_registers or ["method"], dtype=pl.List(pl.String))
    found = found.with_columns(pl.when(pl.col("cause").list.len() == 0).then(rest).otherwise("cause").alias("cause"))
    order = pl.Enum(CAUSES)
    return tidy(
        found.with_columns(
            pl.col("cause")
            .list.eval(pl.element().cast(order).unique().sort().cast(pl.String))
            .list.join(" | ")
            .alias("causes"),
            pl.when(pl.col("document").list.len() > 0).then(pl.col("document").list.join(" | ")).alias("document"),
            _is_reversed().alias("is_reversed"),
            pl.lit(publication).alias("publication"),
            pl.lit(edition_before).alias("edition_before"),
            pl.lit(edition).alias("edition"),
        ),
        RESTATEMENTS,
    )


def together(rows: pl.DataFrame) -> pl.DataFrame:
    """The restatements of several publications as of one: each cell as it was at first and as it is now, all causes.

    What is again as it was is no restatement. `rows` are those of the publications since an edition.
    """
    order = pl.Enum(CAUSES)
    first = ("edition_before", "kind", "value_before", "verdict_before")
    last = ("publication", "edition", "province_code", "county_name", "value", "verdict")

    def every(name: str) -> pl.Expr:
        return pl.col(name).drop_nulls().str.split(" | ").list.explode(empty_as_null=True).drop_nulls().unique()

    cells = (
        rows.sort("publication", maintain_order=True)
        .group_by(RESTATEMENTS.key[1:], maintain_order=True)
        .agg(
            *(pl.col(name).first() for name in first),
            *(pl.col(name).last() for name in last),
            every("causes").cast(order).sort().cast(pl.String).str.join(" | ").alias("causes"),
            every("document").sort().str.join(" | ").alias("document"),
        )
        .filter(
            pl.col("value_before").ne_missing(pl.col("value")) | pl.col("verdict_before").ne_missing(pl.col("verdict"))
        )
    )
    document = pl.when(pl.col("document") != "").then("document")
    return tidy(cells.with_columns(is_reversed=_is_reversed(), document=document), RESTATEMENTS)


def _is_reversed() -> pl.Expr:
    """Whether a verdict was met and is no longer, was decided against and is now met, or was decided and is gone."""
    was, now = pl.col("verdict_before"), pl.col("verdict")
    lost = (was == "met") & now.ne_missing(pl.lit("met"))
    gained = was.is_in(DECIDED_AGAINST) & (now == "met")
    withdrawn = was.is_in(DECIDED_AGAINST) & now.is_null()
    return (lost | gained | withdrawn).fill_null(value=False)


def _moved(before: Tables, after: Tables) -> pl.DataFrame:
    """The published cells whose values differ."""
    was, now = _cells(before), _cells(after)
    both = was.join(now, on=_CELL, how="full", coalesce=True, suffix="_now", validate="1:1")
    moved = both.filter(
        pl.col("value").ne_missing(pl.col("value_now")) | pl.col("verdict").ne_missing(pl.col("verdict_now"))
    )
    published = before["returns"].select("school_year", "source").drop_nulls().unique()
    under = pl.concat(
        [
            *(before[c.table].select("school_year", "standard").unique() for c in COMPARED if _has_standard(c)),
            published.select("school_year", pl.lit("").alias("standard")),
        ]
    ).unique()
    return (
        moved.join(published, on=["school_year", "source"], how="semi")
        .join(under, on=["school_year", "standard"], how="semi")
        .select(
            *_CELL,
            pl.coalesce("kind_now", "kind").alias("kind"),
            *(pl.coalesce(f"{name}_now", name).alias(name) for name in ("province_code", "county_name")),
            pl.col("value").alias("value_before"),
            pl.col("value_now").alias("value"),
            pl.col("verdict").alias("verdict_before"),
            pl.col("verdict_now").alias("verdict"),
        )
    )


def _has_standard(compared: Compared) -> bool:
    return "standard" in TABLES[compared.table].polars_schema


def _cells(tables: Tables) -> pl.DataFrame:
    """Every compared cell of the tables."""
    return pl.concat([_totals(tables["schools"]), *(_long(tables[c.table], c) for c in COMPARED)])


def _long(rows: pl.DataFrame, compared: Compared) -> pl.DataFrame:
    def text(name: str) -> pl.Expr:
        return pl.col(name).cast(pl.String).fill_null("") if name in rows.columns else pl.lit("")

    parts = []
    for column in (*compared.figures, *compared.verdicts):
        is_figure = column in compared.figures
        parts.append(
            rows.select(
                *_PLACE,
                pl.lit(compared.table).alias("table"),
                text("standard").alias("standard"),
                text(compared.stage).alias("stage"),
                text(compared.indicator).alias("indicator"),
                text(compared.unit).alias("unit_id"),
                pl.lit(column).alias("figure"),
                pl.lit("figure" if is_figure else "verdict").alias("kind"),
                (pl.col(column) if is_figure else pl.lit(None)).cast(pl.Float64).alias("value"),
                (pl.lit(None) if is_figure else pl.col(column)).cast(pl.String).alias("verdict"),
            )
        )
    return pl.concat(parts)


def _totals(schools: pl.DataFrame) -> pl.DataFrame:
    """The county's total of every whole or decimal figure of the returns, as far as reported, and its schools."""
    figures = [
        column.name
        for column in SCHOOLS.columns
        if (column.dtype == pl.Int64 or isinstance(column.dtype, pl.Decimal)) and column.name != "row"
    ]
    by = ["school_year", "source", "county_code"]
    totals = (
        schools.group_by(by, maintain_order=True)
        .agg(
            pl.col("province_code").first(),
            pl.col("county_name").mode().sort().first(),
            pl.col("school_id").n_unique().cast(pl.Float64).alias("schools"),
            *(known_total(column).cast(pl.Float64) for column in figures),
        )
        .unpivot(index=list(_PLACE), variable_name="indicator", value_name="value")
        .drop_nulls("value")
    )
    return totals.select(
        *_PLACE,
        pl.lit("schools").alias("table"),
        pl.lit("").alias("standard"),
        _stage_of(pl.col("indicator")).alias("stage"),
        "indicator",
        pl.lit("").alias("unit_id"),
        pl.lit("total").alias("figure"),
        pl.lit("figure").alias("kind"),
        "value",
        pl.lit(None, pl.String).alias("verdict"),
    )


def _stage_of(field: pl.Expr) -> pl.Expr:
    """The stage that a field of the returns ends with; empty where it is of the whole school."""
    return pl.coalesce(*(pl.when(field.str.ends_with(f"_{s}")).then(pl.lit(s)) for s in STAGES), pl.lit(""))


def _causes(before: Tables, after: Tables) -> pl.DataFrame:
    """What happened to a county's data: one row per county, school year, cause and file."""
    entities = {"schools": ("school_id", "return_part"), **{c.name: c.key[3:] for c in COUNTY_INPUTS}}
    parts = [
        _of_rows(
            _with_hash(before[table], before["returns"]),
            _with_hash(after[table], after["returns"]),
            # A school may move to another county; what a county says of itself is the county's.
            ["school_year", "source", *(("county_code",) if table != "schools" else ()), *key],
        )
        for table, key in entities.items()
    ]
    return pl.concat(parts)


def _entered(before: Tables, after: Tables, asked: Collection[str]) -> pl.DataFrame:
    """What registers say of a county otherwise than before: one row per county, school year, cause and document."""
    found = []
    for table, (cause, columns) in REGISTERED.items():
        key = [*_COUNTY, *columns, "document"]
        was, now = (tables[table].select(key) for tables in (before, after))
        others = [
            one.join(other, on=key, how="anti", nulls_equal=True, maintain_order="left")
            for one, other in ((was, now), (now, was))
        ]
        rows = pl.concat(others) if cause in asked else was.clear()
        # A school that is gone or new without an entry says nothing of the register.
        rows = rows.filter(pl.col("event").is_not_null()) if "event" in columns else rows
        found.append(rows.select(*_COUNTY, pl.lit(cause).alias("cause"), "document"))
    return pl.concat(found)


def _with_hash(rows: pl.DataFrame, returns: pl.DataFrame) -> pl.DataFrame:
    """Each row with the hash of its file, and one of all it says but where it stands."""
    files = returns.select("file", "sha256").unique("file", keep="any")
    return rows.with_columns(rows.drop(_WHERE).hash_rows().alias("said")).join(
        files, on="file", how="left", validate="m:1"
    )


def _of_rows(was: pl.DataFrame, now: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """A row of another file is a source revision; one of a new file where none stood, late data."""
    kept = list(dict.fromkeys([*key, "county_code", "said", "file", "sha256"]))
    both = was.select(kept).join(
        now.select(kept), on=key, how="full", coalesce=True, suffix="_now", validate="1:1", nulls_equal=True
    )
    both = both.filter(pl.col("said").ne_missing(pl.col("said_now")))
    files_before = was.select("school_year", pl.col("sha256").alias("sha256_now")).unique()
    files_after = now.select("school_year", pl.col("sha256")).unique()
    both = both.join(
        files_before.with_columns(pl.lit(value=True).alias("was_there")), on=["school_year", "sha256_now"], how="left"
    ).join(files_after.with_columns(pl.lit(value=True).alias("is_there")), on=["school_year", "sha256"], how="left")
    is_new, is_gone = pl.col("said").is_null(), pl.col("said_now").is_null()
    cause = (
        pl.when(is_new & pl.col("was_there").is_null())
        .then(pl.lit("late_data"))
        .when(~is_new & is_gone & pl.col("is_there").is_null())
        .then(pl.lit("source_revision"))
        .when(~is_new & ~is_gone & (pl.col("sha256") != pl.col("sha256_now")))
        .then(pl.lit("source_revision"))
    )
    counties = ["county_code"] if "county_code" in key else ["county_code", "county_code_now"]
    document = pl.coalesce("file_now", "file")
    return pl.concat(
        both.select(
            "school_year",
            "source",
            pl.col(county).alias("county_code"),
            cause.alias("cause"),
            document.alias("document"),
        )
        for county in counties
    ).drop_nulls(["county_code", "cause"])


def _of_earlier_years(cells: pl.DataFrame, causes: pl.DataFrame) -> pl.DataFrame:
    """What happened to the county's data of earlier school years, on which verdicts look back."""
    earlier = causes.rename({"school_year": "year_of_cause"})
    return (
        cells.select(_COUNTY)
        .unique(maintain_order=True)
        .join(earlier, on=["source", "county_code"], how="inner")
        .filter(pl.col("year_of_cause") < pl.col("school_year"))
        .group_by(_COUNTY, maintain_order=True)
        .agg(
            pl.col("cause").unique(maintain_order=True).alias("cause_earlier"),
            pl.col("document").drop_nulls().unique().sort().alias("document_earlier"),
        )
    )
