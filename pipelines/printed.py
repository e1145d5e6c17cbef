"""Figures that a publisher printed, held against one another: broken identities, values that changed places, spikes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from pipelines.faults import UnreadableError
from pipelines.figures import ratio
from pipelines.reading import ROW, Sheet, sheets
from schemas.publication import Identity, Publication

PRINTED = pl.Schema(
    {
        "figure": pl.String,
        "place": pl.String,
        "place_name": pl.String,
        "year": pl.Int32,
        "value": pl.Float64,
        "file": pl.String,
        "row": pl.Int64,
    }
)
"""One row per figure, place and year: the value in units of one, and where it was read."""
REFUSED = pl.Schema({"file": pl.String, "row": pl.Int64, "header": pl.String, "value": pl.String, "rule": pl.String})
FINDINGS = pl.Schema(
    {
        "finding": pl.String,
        "figure": pl.String,
        "place": pl.String,
        "place_name": pl.String,
        "year": pl.Int32,
        "printed": pl.Float64,
        "expected": pl.Float64,
        "value_of": pl.String,
        "file": pl.String,
        "row": pl.Int64,
        "status": pl.String,
        "cause": pl.String,
        "document": pl.String,
    }
)
"""One row per finding. `identity`: the printed value is not what its parts give. `permuted`: it is what the parts of
another place of the year give, named in `value_of`. `spike`: it stands out from the years beside it. `status` is
`open`, or `explained` by a cause with its document."""
_CELL = ["figure", "place", "year"]
_KEPT = ["finding", "figure", "place", "place_name", "year", "printed", "expected", "value_of", "file", "row"]


def read_printed(
    files: Iterable[tuple[str, bytes]], publication: Publication
) -> tuple[pl.DataFrame, pl.DataFrame, list[str]]:
    """The printed figures (PRINTED), the cells and rows that were refused (REFUSED), and the files without any.

    A file counts whose header holds place, year and a figure. A figure of a place and year that two files print is
    refused where they differ.
    """
    found, refused, others = [pl.DataFrame(schema=PRINTED)], [pl.DataFrame(schema=REFUSED)], []
    for name, content in files:
        sheet = _sheet(content, publication)
        if sheet is None:
            others.append(name)
            continue
        figures, faults = _figures(name, sheet, publication)
        found.append(figures)
        refused.append(faults)
    printed = pl.concat(found).sort(*_CELL, "file", "row")
    twice = printed.filter(pl.col("value").n_unique().over(_CELL) > 1)
    clash = twice.select("file", "row", pl.col("figure").alias("header"), pl.col("value").cast(pl.String)).with_columns(
        rule=pl.lit("two_values")
    )
    sound = printed.join(twice.select(_CELL).unique(), on=_CELL, how="anti", maintain_order="left")
    return sound.unique(_CELL, keep="first", maintain_order=True), pl.concat([*refused, clash.cast(REFUSED)]), others


def _sheet(content: bytes, publication: Publication) -> Sheet | None:
    """The first reading of a file in which the publication's header stands in the first row."""
    try:
        for reading in sheets(content, publication.encodings):
            for sheet in reading:
                head = [cell.strip().removeprefix("\ufeff") for cell in sheet.head[0] if cell] if sheet.head else []
                known = {figure.header for figure in publication.figures}
                if {publication.place, publication.year} <= set(head) and known & set(head):
                    return sheet
    except UnreadableError:
        return None
    return None


def _figures(name: str, sheet: Sheet, publication: Publication) -> tuple[pl.DataFrame, pl.DataFrame]:
    heads = [(cell or "").strip().removeprefix("\ufeff") for cell in sheet.head[0]]
    cells = sheet.body(1).cells
    at = {head: str(position) for position, head in enumerate(heads) if str(position) in cells.columns}
    text = pl.col(at[publication.place]).str.strip_chars().replace("", None)
    rows = cells.select(
        pl.col(ROW).alias("row"),
        text.alias("place"),
        (pl.col(at[publication.place_name]).str.strip_chars() if publication.place_name in at else text).alias(
            "place_name"
        ),
        pl.col(at[publication.year]).str.extract(r"(\d{4})").cast(pl.Int32).alias("year"),
        *(pl.col(at[f.header]).str.strip_chars().alias(f.id) for f in publication.figures if f.header in at),
    )
    headless = rows.filter(pl.col("place").is_null() | pl.col("year").is_null())
    faults = [
        headless.select(
            pl.lit(name).alias("file"),
            "row",
            pl.lit(f"{publication.place} / {publication.year}").alias("header"),
            pl.concat_str("place", "year", separator=" / ", ignore_nulls=True).alias("value"),
            pl.lit("no_place_or_year").alias("rule"),
        )
    ]
    rows = rows.filter(pl.col("place").is_not_null() & pl.col("year").is_not_null())
    found = []
    for figure in publication.figures:
        if figure.header not in at:
            continue
        said = rows.filter(pl.col(figure.id).is_not_null() & (pl.col(figure.id) != ""))
        value = pl.col(figure.id).str.replace_all(",", "", literal=True).cast(pl.Float64, strict=False) * figure.times
        read = said.with_columns(value.alias("value"), pl.lit(figure.id).alias("figure"), pl.lit(name).alias("file"))
        is_number = pl.col("value").is_finite().fill_null(value=False)
        found.append(read.filter(is_number).select(list(PRINTED)))
        faults.append(
            read.filter(~is_number).select(
                "file",
                "row",
                pl.lit(figure.header).alias("header"),
                pl.col(figure.id).alias("value"),
                pl.lit("not_a_number").alias("rule"),
            )
        )
    return pl.concat([pl.DataFrame(schema=PRINTED), *found]), pl.concat(faults).cast(REFUSED)


def findings(printed: pl.DataFrame, publication: Publication, causes: pl.DataFrame | None = None) -> pl.DataFrame:
    """Everything that does not fit (FINDINGS), sorted by figure, year and place.

    `causes` holds `figure`, `place`, `year`, `cause`, `document`: a finding with a cause and a document is explained.
    """
    found = pl.concat(
        [
            *(_broken(printed, identity) for identity in publication.identities),
            _spikes(
                printed.filter(~pl.col("figure").is_in([f.id for f in publication.figures if f.may_be_negative])),
                publication.spike_times,
            ),
        ]
    )
    if causes is None:
        causes = pl.DataFrame(
            schema={**{name: PRINTED[name] for name in _CELL}, "cause": pl.String, "document": pl.String}
        )
    told = causes.filter(pl.col("cause").is_not_null() & pl.col("document").is_not_null()).unique(
        _CELL, keep="last", maintain_order=True
    )
    return (
        found.join(told, on=_CELL, how="left", validate="m:1", maintain_order="left")
        .with_columns(status=pl.when(pl.col("cause").is_not_null()).then(pl.lit("explained")).otherwise(pl.lit("open")))
        .select(list(FINDINGS))
        .cast(FINDINGS)
        .sort("figure", "year", "place", "finding")
    )


def _broken(printed: pl.DataFrame, identity: Identity) -> pl.DataFrame:
    """The printed values that their parts do not give; those that the parts of another place give are permuted."""
    first, second = identity.ratio or identity.difference
    parts = [
        printed.filter(pl.col("figure") == name).select("place", "year", pl.col("value").alias(f"__{i}__"))
        for i, name in enumerate((first, second))
    ]
    expected = ratio(pl.col("__0__"), pl.col("__1__")) if identity.ratio else pl.col("__0__") - pl.col("__1__")
    rows = printed.filter(pl.col("figure") == identity.figure).rename({"value": "printed"})
    for part in parts:
        rows = rows.join(part, on=["place", "year"], how="inner", validate="1:1", maintain_order="left")
    rows = rows.with_columns(expected=expected)
    wrong = rows.filter((pl.col("printed") - pl.col("expected")).abs() > float(identity.within))
    rounded = pl.col("expected").round(identity.places, mode="half_away_from_zero").alias("printed")
    owners = wrong.select("year", rounded, pl.col("place_name").alias("value_of")).unique(
        ["year", "printed"], keep="none", maintain_order=True
    )
    named = wrong.with_columns(pl.col("printed").round(identity.places)).join(
        owners, on=["year", "printed"], how="left", validate="m:1", maintain_order="left"
    )
    return named.with_columns(
        finding=pl.when(pl.col("value_of").is_not_null()).then(pl.lit("permuted")).otherwise(pl.lit("identity"))
    ).select(_KEPT)


def _spikes(printed: pl.DataFrame, times: float) -> pl.DataFrame:
    """The values that are so many times the year before and the year after, or that part of both.

    `expected` is the mean of the two. So the neighbour of a spike, far from one side alone, is not asked about.
    """
    series = ["figure", "place"]
    before, after = (pl.col("value").shift(step).over(series) for step in (1, -1))
    rows = printed.sort(*series, "year").with_columns(before.alias("__before__"), after.alias("__after__"))
    sides = [ratio(pl.col("value"), pl.col(name)) for name in ("__before__", "__after__")]
    is_high = pl.all_horizontal(side >= times for side in sides)
    is_low = pl.all_horizontal(side <= 1 / times for side in sides)
    return (
        rows.filter((is_high | is_low).fill_null(value=False))
        .with_columns(
            expected=(pl.col("__before__") + pl.col("__after__")) / 2,
            finding=pl.lit("spike"),
            value_of=pl.lit(None, pl.String),
        )
        .rename({"value": "printed"})
        .select(_KEPT)
    )


def permutations(found: pl.DataFrame) -> Sequence[tuple[str, int, int]]:
    """Figure, year and number of places whose printed values are one another's."""
    whole = (
        found.filter(pl.col("finding").is_in(["permuted", "identity"]))
        .group_by("figure", "year", maintain_order=True)
        .agg(pl.len().alias("places"), (pl.col("finding") == "permuted").all().alias("is_whole"))
        .filter("is_whole")
    )
    return [(figure, year, places) for figure, year, places, _ in whole.iter_rows()]
