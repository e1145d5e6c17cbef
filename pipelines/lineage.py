"""Schools over the years: which school of one year is which of the next, by code or by the register, never by guess."""

from __future__ import annotations

import polars as pl

from pipelines.registers import chains
from schemas.contract import conform, tidy
from schemas.lineage import ONE_TO_ONE, REGROUPING, SCHOOL_CHANGES, SCHOOL_LINEAGE, SCOPE_CHANGED
from schemas.source import sources

NEAR = 1
"""School years by which the register's date and the returns may differ for an event still to explain a change; a
default of ours."""
IDENTITY = (
    "school_year", "source", "province_code", "county_code", "county_name", "return_part", "school_id", "school_name",
    "pupils_primary", "pupils_junior",
)  # fmt: skip
"""What of the table `schools` is needed here."""
_SCHOOL = ["source", "return_part", "school_id"]
_LEADS_ON = tuple(kind for kind in ONE_TO_ONE if kind != "reopened")
_EXPLAINS = {
    "gone": ("closed", "suspended", *REGROUPING, *_LEADS_ON),
    "new": ("opened", "reopened", *REGROUPING, *_LEADS_ON),
    "recoded": ONE_TO_ONE,
    "moved": ("moved", "recategorised", "recoded"),
    "suspended": ("suspended", "closed"),
    "reopened": ("reopened",),
    "renamed": ("renamed", "recategorised", "moved", *REGROUPING),
}
"""Which events of the register can be the reason of which change in the returns."""


def effective_year(day: str = "event_date") -> pl.Expr:
    """The first school year whose return, as at 1 September, knows of the event."""
    date = pl.col(day)
    return date.dt.year() + (date > pl.date(date.dt.year(), 9, 1)).cast(pl.Int32)


def school_lineage(schools: pl.DataFrame, events: pl.DataFrame, year: int) -> pl.DataFrame:
    """The lineage of every school that gives a return in a school year, and the event that first shows in it.

    One row per source, school and part of the return. The lineage is the first code of a chain of one-to-one events.
    Where two codes of one lineage report in the same year, each stands for itself: the returns contradict the register.
    Of several events that first show in the year the latest stands in the row.
    """
    now = schools.filter(pl.col("school_year") == year).select(*IDENTITY[:8])
    rows = _with_lineage(now, events)
    key = ["source", "school_id"]
    shown = (
        pl.concat(
            events.select("source", pl.col(side).alias("school_id"), "event", "event_date", "document")
            for side in ("school_id_after", "school_id_before")
        )
        .filter(pl.col("school_id").is_not_null() & (effective_year() == year))
        .sort("event_date", "event", "document", maintain_order=True)
        .unique(key, keep="last", maintain_order=True)
    )
    return tidy(rows.join(shown, on=key, how="left", validate="m:1", maintain_order="left"), SCHOOL_LINEAGE)


def _with_lineage(schools: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    known = chains(events).rename({"code": "school_id"})
    found = schools.join(known, on=["source", "school_id"], how="left", validate="m:1", maintain_order="left")
    found = found.with_columns(pl.coalesce("lineage_id", "school_id").alias("lineage_id"))
    is_torn = pl.struct("school_year", "source", "return_part", "lineage_id").is_duplicated()
    return found.with_columns(
        pl.when(is_torn).then(pl.col("school_id")).otherwise(pl.col("lineage_id")).alias("lineage_id")
    )


def _of_changed_scope(year: int) -> list[str]:
    """The sources that cover other schools from a school year on."""
    return [name for name, source in sources().items() if year in source.breaks]


def school_changes(
    schools: pl.DataFrame, events: pl.DataFrame, successors: pl.DataFrame, refused: pl.DataFrame, year: int
) -> pl.DataFrame:
    """What became of schools from the school year before to `year`, each with the register's reason or "missing".

    `schools` hold both years; `successors` say which county a code of the year before became, so that its schools do
    not count as moved; `refused` names the schools whose row of `year` was refused (`source`, `school_id`).
    A school that reports under the same code in both years is the same. Of the others, one that is gone and one that
    is new are the same (`recoded`) where the register says so by a one-to-one event; so they count as gone and new
    until it does. The schools of a merger or split that first shows in `year` have one `joint_id`, one row per pair;
    a school that takes another in and keeps its code stands among them. `suspended` and `reopened`: pupils of the
    compulsory stages fell to 0, or rose from it. Only counties, and parts of the return, with schools in both years
    are compared. An event explains a change if it is at most a school year off, which `finding` then says.
    """
    held = _with_lineage(schools.select(IDENTITY), events).with_columns(
        pupils=known_total_of(["pupils_primary", "pupils_junior"])
    )
    place = ["source", "return_part", "county_code"]
    now, before = (held.filter(pl.col("school_year") == y) for y in (year, year - 1))
    before = (
        before.join(successors, on=["source", "county_code"], how="left", validate="m:1", maintain_order="left")
        .with_columns(pl.coalesce("successor", "county_code").alias("county_code"))
        .drop("successor")
    )
    now_known = now.join(before, on=place[:2], how="semi", maintain_order="left")
    before_known = before.join(now, on=place[:2], how="semi", maintain_order="left")
    pairs = _pairs(before_known, now_known)
    joints = _joints(before_known, now_known, events, year)
    in_joint = pl.concat(
        [
            joints.select("source", pl.col("school_id_before").alias("school_id"), pl.lit("before").alias("side")),
            joints.select("source", pl.col("school_id_after").alias("school_id"), pl.lit("after").alias("side")),
        ]
    ).unique(maintain_order=True)
    free_before = _without(before_known, in_joint, "before").join(
        pairs.select("source", "return_part", pl.col("school_id_before").alias("school_id")),
        on=_SCHOOL, how="anti", maintain_order="left",
    )  # fmt: skip
    free_now = _without(now_known, in_joint, "after").join(
        pairs.select("source", "return_part", pl.col("school_id_after").alias("school_id")),
        on=_SCHOOL, how="anti", maintain_order="left",
    )  # fmt: skip
    gone = free_before.join(now, on=place, how="semi", maintain_order="left").select(
        "source", "return_part", change=pl.lit("gone"), school_id_before="school_id", school_id_after=pl.lit("")
    )
    new = free_now.join(before, on=place, how="semi", maintain_order="left").select(
        "source", "return_part", change=pl.lit("new"), school_id_before=pl.lit(""), school_id_after="school_id"
    )
    both = _described(pairs, before, now)
    rows = pl.concat(
        [
            _described(pl.concat([gone, new]), before, now),
            *(
                both.filter(holds).with_columns(change=pl.lit(change))
                for change, holds in _OBSERVED.items()
            ),
        ],
        how="diagonal",
    ).with_columns(joint_id=pl.lit(None, pl.String))  # fmt: skip
    explained = _explained(rows, events, year)
    regrouped = _described(joints, before, now).with_columns(
        finding=pl.when(effective_year() != year).then(pl.lit("date_disagrees"))
    )
    found = pl.concat(
        [conform(explained.with_columns(school_year=pl.lit(year)), SCHOOL_CHANGES),
         conform(regrouped.with_columns(school_year=pl.lit(year)), SCHOOL_CHANGES)]
    )  # fmt: skip
    is_refused = (pl.col("change") == "gone") & pl.concat_str("source", "school_id_before", separator=" ").is_in(
        refused.select(pl.concat_str("source", "school_id", separator=" ")).to_series().to_list()
    )
    missing = pl.col("event").is_null()
    return tidy(
        found.with_columns(
            reason=pl.when(missing & is_refused)
            .then(pl.lit("row_refused"))
            .when(missing & pl.col("source").is_in(_of_changed_scope(year)))
            .then(pl.lit(SCOPE_CHANGED))
            .when(missing)
            .then(pl.lit("reason_missing"))
        ),
        SCHOOL_CHANGES,
    )


def known_total_of(columns: list[str]) -> pl.Expr:
    """Row by row, the sum of what is reported; null where nothing is."""
    reported = pl.any_horizontal(pl.col(column).is_not_null() for column in columns)
    return pl.when(reported).then(pl.sum_horizontal(columns))


_OBSERVED = {
    "recoded": pl.col("school_id_before") != pl.col("school_id_after"),
    "moved": pl.col("county_code_before") != pl.col("county_code"),
    "suspended": (pl.col("pupils_before") > 0) & (pl.col("pupils") == 0),
    "reopened": (pl.col("pupils_before") == 0) & (pl.col("pupils") > 0),
    "renamed": (pl.col("school_id_before") == pl.col("school_id_after"))
    & (pl.col("school_name_before") != pl.col("school_name_after")),
}
"""What is seen in a school that reports in both years."""


def _pairs(before: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """The schools of both years: by the same code, and of the others by the same lineage."""
    part = ["source", "return_part"]
    same = before.select(_SCHOOL).join(now.select(_SCHOOL), on=_SCHOOL, how="inner", validate="1:1")
    rest_before, rest_now = (
        frame.join(same, on=_SCHOOL, how="anti", maintain_order="left").select(*_SCHOOL, "lineage_id")
        for frame in (before, now)
    )
    led = rest_before.join(
        rest_now, on=[*part, "lineage_id"], how="inner", validate="1:1", suffix="_after", maintain_order="left"
    )
    return pl.concat(
        [
            same.select(*part, school_id_before="school_id", school_id_after="school_id"),
            led.select(*part, school_id_before="school_id", school_id_after="school_id_after"),
        ]
    )


def _joints(before: pl.DataFrame, now: pl.DataFrame, events: pl.DataFrame, year: int) -> pl.DataFrame:
    """The pairs of the mergers and splits that first show in the year, with what each group has in common.

    A group is the codes that the register connects; its name is the first of them. A code of the group that reports in
    both years is a pair with itself. Only groups of which schools report on both sides, several on one of them.
    """
    schema = {"source": pl.String, "code": pl.String, "joint_id": pl.String}
    led = events.filter(pl.col("event").is_in(REGROUPING) & (effective_year() == year))
    roots: dict[tuple[str, str], str] = {}

    def root(source: str, code: str) -> str:
        while (found := roots.setdefault((source, code), code)) != code:
            code = found
        return code

    for source, old, new in led.select("source", "school_id_before", "school_id_after").iter_rows():
        first, second = sorted((root(source, old), root(source, new)))
        roots[source, second] = first
    groups = pl.DataFrame(
        [(source, code, root(source, code)) for source, code in sorted(roots)], schema=schema, orient="row"
    )
    told = led.select("source", "school_id_before", "school_id_after", "event", "event_date", "document", "note")
    kept = (
        groups.select("source", pl.col("code").alias("school_id"))
        .join(before, on=["source", "school_id"], how="semi", maintain_order="left")
        .join(now, on=["source", "school_id"], how="semi", maintain_order="left")
        .select("source", school_id_before="school_id", school_id_after="school_id")
    )
    pairs = (
        pl.concat([told, kept], how="diagonal")
        .unique(["source", "school_id_before", "school_id_after"], keep="first", maintain_order=True)
        .join(groups.rename({"code": "school_id_before"}), on=["source", "school_id_before"], how="left", maintain_order="left")
    )  # fmt: skip
    first_told = [pl.col(name).drop_nulls().first().over("source", "joint_id").alias(f"__{name}__") for name in ("event", "event_date", "document")]  # fmt: skip
    pairs = pairs.with_columns(first_told).with_columns(
        pl.coalesce(name, f"__{name}__").alias(name) for name in ("event", "event_date", "document")
    )
    found = (
        pairs.join(_parts(before, "school_id_before"), on=["source", "school_id_before"], how="inner", maintain_order="left")
        .join(_parts(now, "school_id_after"), on=["source", "return_part", "school_id_after"], how="inner", maintain_order="left")
    )  # fmt: skip
    group = ["source", "return_part", "joint_id"]
    several = (pl.col("school_id_before").n_unique().over(group) > 1) | (
        pl.col("school_id_after").n_unique().over(group) > 1
    )
    return found.filter(several).select(
        "source", "return_part", "school_id_before", "school_id_after", "joint_id", "event", "event_date", "document",
        "note", change=pl.col("event"),
    )  # fmt: skip


def _parts(schools: pl.DataFrame, name: str) -> pl.DataFrame:
    return schools.select("source", "return_part", pl.col("school_id").alias(name))


def _without(schools: pl.DataFrame, in_joint: pl.DataFrame, side: str) -> pl.DataFrame:
    return schools.join(
        in_joint.filter(pl.col("side") == side), on=["source", "school_id"], how="anti", maintain_order="left"
    )


def _described(pairs: pl.DataFrame, before: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """The pairs with names, pupils and place of both sides; the place is this year's, of a gone school last year's."""
    part = ["source", "return_part"]
    place = ["province_code", "county_code", "county_name"]
    old = before.select(
        *part,
        pl.col("school_id").alias("school_id_before"),
        pl.col("school_name").alias("school_name_before"),
        pl.col("pupils").alias("pupils_before"),
        *(pl.col(name).alias(f"{name}_before") for name in place),
    )
    new = now.select(
        *part,
        pl.col("school_id").alias("school_id_after"),
        pl.col("school_name").alias("school_name_after"),
        "pupils",
        *place,
    )
    both = pairs.join(old, on=[*part, "school_id_before"], how="left", validate="m:1", maintain_order="left").join(
        new, on=[*part, "school_id_after"], how="left", validate="m:1", maintain_order="left"
    )
    return both.with_columns(pl.coalesce(name, f"{name}_before").alias(name) for name in place)


def _explained(rows: pl.DataFrame, events: pl.DataFrame, year: int) -> pl.DataFrame:
    """The rows with the event that explains each, the nearest to the year, and where the two disagree."""
    kinds = pl.DataFrame(
        [(change, kind) for change, kinds in _EXPLAINS.items() for kind in kinds],
        schema={"change": pl.String, "event": pl.String},
        orient="row",
    )
    off = (effective_year() - year).abs()
    near = (
        events.filter(off <= NEAR).with_columns(__off__=off).join(kinds, on="event", how="inner", maintain_order="left")
    )
    told = near.select(
        "source", "change", "event", "event_date", "document", "note", "__off__",
        pl.col("school_id_before").alias("__before__"),
        pl.coalesce("school_id_after", "school_id_before").alias("__after__"),
    )  # fmt: skip
    keyed = rows.with_columns(
        __row__=pl.int_range(pl.len()), __own__=pl.concat_str("school_id_before", "school_id_after")
    )
    by_before = keyed.filter(pl.col("school_id_before") != "").join(
        told, left_on=["source", "change", "school_id_before"], right_on=["source", "change", "__before__"], how="inner"
    )
    by_after = keyed.filter(pl.col("school_id_after") != "").join(
        told, left_on=["source", "change", "school_id_after"], right_on=["source", "change", "__after__"], how="inner"
    )
    keeps_code = pl.col("change").is_in(["gone", "new"]) & (pl.col("other") == pl.col("__own__"))
    says_nothing = keeps_code & pl.col("event").is_in([*REGROUPING, *_LEADS_ON])
    best = (
        pl.concat(
            part.with_columns(pl.col(other).alias("other") if other in part.columns else pl.lit(None)).select(
                "__row__", "__own__", "change", "event", "event_date", "document", "note", "__off__", "other"
            )
            for part, other in ((by_before, "__after__"), (by_after, "__before__"))
        )
        .filter(~says_nothing.fill_null(value=False))
        .sort("__row__", "__off__", "event_date", "event", "document", maintain_order=True)
        .unique("__row__", keep="first", maintain_order=True)
        .drop("__own__", "change")
    )
    found = keyed.join(best, on="__row__", how="left", validate="1:1", maintain_order="left")
    leads_elsewhere = pl.col("change").is_in(["gone", "new"]) & (pl.col("other") != pl.col("__own__"))
    return found.with_columns(
        finding=pl.when(leads_elsewhere)
        .then(pl.lit("other_school_not_found"))
        .when(pl.col("__off__") > 0)
        .then(pl.lit("date_disagrees"))
    ).drop("__row__", "__own__", "__off__", "other")


def codes_of_today(lineages: pl.DataFrame, year: int) -> pl.DataFrame:
    """The identifier in `year` of every school that had another before, by its lineage.

    One row per source and former identifier: `source`, `school_id`, `now`. `lineages` is `school_lineage` up to `year`.
    An identifier that still reports in `year` is nobody's former one.
    """
    key = ["source", "lineage_id"]
    now = lineages.filter(pl.col("school_year") == year).select(*key, pl.col("school_id").alias("now")).unique(key)
    former = lineages.filter(pl.col("school_year") < year).select(*key, "school_id").unique(maintain_order=True)
    led = former.join(now, on=key, how="inner", validate="m:1", maintain_order="left")
    still = lineages.filter(pl.col("school_year") == year).select("source", "school_id")
    return (
        led.filter(pl.col("school_id") != pl.col("now"))
        .join(still, on=["source", "school_id"], how="anti", maintain_order="left")
        .select("source", "school_id", "now")
        .unique(["source", "school_id"], maintain_order=True)
    )


def under_todays_codes(rows: pl.DataFrame, codes: pl.DataFrame) -> pl.DataFrame:
    """The rows with schools and units under the identifiers that `codes_of_today` gives."""
    if codes.is_empty():
        return rows
    led = rows.join(codes, on=["source", "school_id"], how="left", validate="m:1", maintain_order="left")
    is_led = pl.col("now").is_not_null()
    stage = pl.concat_str("now", pl.lit("/"), "stage") if "stage" in rows.columns else pl.col("now")
    renamed = {
        name: pl.when(is_led & (pl.col(name) == pl.col("school_id")))
        .then(pl.col("now"))
        .when(is_led & pl.col(name).str.contains("/", literal=True))
        .then(stage)
        .otherwise(pl.col(name))
        for name in ("subject_id", "unit_id")
        if name in rows.columns
    }
    return led.with_columns(**renamed, school_id=pl.coalesce("now", "school_id")).drop("now")
