"""Cases planted into the invented province, for the tests and the benchmark of the integrity signals.

Each function takes the returns of several years (columns of `schools`), draws its cases with a seed, and gives the
returns with the cases in them and a frame of what was planted. Nothing is planted by default.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

import polars as pl

from pipelines.synthetic.counties import COUNTIES, YEARS
from schemas.contract import DECIMAL
from schemas.integrity_rules import IntegrityRules, integrity_rules

PLANTED = pl.Schema(
    {
        "kind": pl.String,
        "strength": pl.Float64,
        "school_year": pl.Int32,
        "county_code": pl.String,
        "school_id": pl.String,
        "figure": pl.String,
    }
)
"""What was planted: `school_year` is the year in whose signals it is to be found, `school_id` empty for a county."""
Planted = tuple[pl.DataFrame, pl.DataFrame]
_KEY = ["school_year", "school_id"]
_SLIPPED_FROM = 10
"""A value is made a slip only where it, and what it becomes, can be told: so many times the least value asked about."""
_MONEY = 10_000


def granted_floor() -> pl.DataFrame:
    """The counties and school years in which an invented county grants every school the norm: it fits them out to it."""
    rows = [
        (county.code, year)
        for county in COUNTIES
        for year, floor in zip(YEARS, county.floor, strict=True)
        if floor >= 1
    ]
    return pl.DataFrame(rows, schema={"county_code": pl.String, "school_year": pl.Int32}, orient="row")


def slips(schools: pl.DataFrame, cases: int, seed: int, rules: IntegrityRules | None = None) -> Planted:
    """Values of one column of one school, in a year with two years before, multiplied by the factor of a slip or divided.

    `strength` is the factor, below 1 where the value was divided.
    """
    rules = integrity_rules() if rules is None else rules
    rng = Random(f"slips/{seed}")  # noqa: S311  (draws figures, keeps no secret)
    columns = {name: (*rules.unit_slip.every, *figure.slips) for name, figure in rules.columns.items()}
    least = {name: rules.unit_slip.from_whole * figure.whole for name, figure in rules.columns.items()}
    changes: list[tuple[int, str, str, float]] = []
    planted: list[tuple[object, ...]] = []
    for year, school_id, county in _schools(schools, rng, cases, first=2):
        row = schools.row(by_predicate=(pl.col("school_id") == school_id) & (pl.col("school_year") == year), named=True)
        name = rng.choice([n for n in columns if float(row[n] or 0) >= least[n]] or ["books"])
        factor = rng.choice(columns[name])
        times = factor if rng.random() < 1 / 2 else 1 / factor
        value = float(row[name] or 0) * times
        if value < 1:
            times, value = factor, float(row[name] or 0) * factor
        changes.append((year, school_id, name, value))
        planted.append(("unit_slip", times, year, county, school_id, name))
    return _changed(schools, changes), _frame(planted)


def slipped_throughout(schools: pl.DataFrame, cases: int, seed: int, rules: IntegrityRules | None = None) -> Planted:
    """One column of one school in the wrong unit in every year that it reports; looked for in its first year.

    `strength` is the factor, below 1 where the values were divided: areas, as if they stood in 亩; money is multiplied.
    """
    rules = integrity_rules() if rules is None else rules
    rng = Random(f"throughout/{seed}")  # noqa: S311
    columns = [name for name, figure in rules.columns.items() if figure.slips]
    changes: list[tuple[int, str, str, float]] = []
    planted: list[tuple[object, ...]] = []
    held = schools.select(*_KEY, *columns).rows(named=True)
    for _year, school_id, county in _schools(schools, rng, cases, first=0):
        name = rng.choice(columns)
        factor = rules.columns[name].slips[0]
        times = factor if name.endswith("_yuan") else 1 / factor
        own = [row for row in held if row["school_id"] == school_id and row[name]]
        if own:
            changes += [(row["school_year"], school_id, name, float(row[name]) * times) for row in own]
            planted.append(("unit_slip", times, min(row["school_year"] for row in own), county, school_id, name))
    return _changed(schools, changes), _frame(planted)


def spiked(
    schools: pl.DataFrame, cases: int, seed: int, times: Sequence[float], rules: IntegrityRules | None = None
) -> Planted:
    """Values of one column and year multiplied or divided, with the years before and after as they were."""
    rules = integrity_rules() if rules is None else rules
    rng = Random(f"spikes/{seed}")  # noqa: S311
    least = {name: rules.spike.from_whole * figure.whole for name, figure in rules.columns.items()}
    changes: list[tuple[int, str, str, float]] = []
    planted: list[tuple[object, ...]] = []
    for year, school_id, county in _schools(schools, rng, cases, first=1, last=1):
        row = schools.row(by_predicate=(pl.col("school_id") == school_id) & (pl.col("school_year") == year), named=True)
        name = rng.choice([n for n in rules.columns if float(row[n] or 0) >= least[n]] or ["books"])
        strength = rng.choice(list(times))
        by = strength if rng.random() < 1 / 2 else 1 / strength
        changes.append((year, school_id, name, float(row[name] or 0) * by))
        planted.append(("spike", strength, year + 1, county, school_id, name))
    return _changed(schools, changes), _frame(planted)


def copied(schools: pl.DataFrame, cases: int, seed: int, rules: IntegrityRules | None = None) -> Planted:
    """One group of columns of a school as they were in the year before; `strength` is the share of columns copied."""
    rules = integrity_rules() if rules is None else rules
    rng = Random(f"copies/{seed}")  # noqa: S311
    changes: list[tuple[int, str, str, float]] = []
    planted: list[tuple[object, ...]] = []
    for year, school_id, county in _schools(schools, rng, cases, first=1):
        before = schools.row(
            by_predicate=(pl.col("school_id") == school_id) & (pl.col("school_year") == year - 1), named=True
        )
        group = rng.choice(sorted(rules.copy.groups))
        values = [(name, before[name]) for name in rules.copy.groups[group] if before[name] is not None]
        changes += [(year, school_id, name, float(value)) for name, value in values]
        planted.append(("copy", 1.0, year, county, school_id, group))
    return _changed(schools, changes), _frame(planted)


def moved(
    schools: pl.DataFrame, pairs: pl.DataFrame, cases: int, seed: int, shares: Sequence[float], *, on_last_year: bool
) -> Planted:
    """A share of what one school has given to its sister.

    `pairs` names them: `school_year`, `school_id`, `other_school_id`. With `on_last_year` both figures of the year
    before are carried on and the share is moved between them; else it is moved between the figures of the year,
    which have changed by themselves as well.
    """
    rng = Random(f"moves/{seed}/{on_last_year}")  # noqa: S311
    names = [name for name in integrity_rules().columns if "teachers" not in name]
    whole = {name: figure.whole for name, figure in integrity_rules().columns.items()}
    least = integrity_rules().sister_move.from_whole
    held = {
        (r["school_year"], r["school_id"]): r for r in schools.select(*_KEY, "county_code", *names).rows(named=True)
    }
    drawn = pairs.sort(*_KEY, "other_school_id").rows(named=True)
    rng.shuffle(drawn)
    changes: list[tuple[int, str, str, float]] = []
    planted: list[tuple[object, ...]] = []
    used: set[tuple[int, str]] = set()
    for pair in drawn:
        year, one, other = pair["school_year"], pair["school_id"], pair["other_school_id"]
        keys = [(y, school) for y in (year - 1, year) for school in (one, other)]
        if len(planted) == cases or used.intersection(keys) or any(key not in held for key in keys):
            continue
        base = year - 1 if on_last_year else year
        share = rng.choice(list(shares))
        able = [
            n
            for n in names
            if float(held[base, one][n] or 0) * share >= 2 * least * whole[n] and held[base, other][n] is not None
        ]
        if not able:
            continue
        name = rng.choice(able)
        amount = round(float(held[base, one][name]) * share)
        changes += [
            (year, one, name, float(held[base, one][name]) - amount),
            (year, other, name, float(held[base, other][name]) + amount),
        ]
        planted.append(("sister_move", share, year, held[year, one]["county_code"], one, name))
        used.update(keys)
    return _changed(schools, changes), _frame(planted)


def rounded(
    schools: pl.DataFrame, counties: Mapping[tuple[str, int], float], seed: int, column: str, base: int
) -> Planted:
    """In each county and year that share of the schools, at least one, rounds a column to the nearest multiple of `base`."""
    rng = Random(f"rounded/{seed}")  # noqa: S311
    changes: list[tuple[int, str, str, float]] = []
    planted: list[tuple[object, ...]] = []
    for (county, year), share in counties.items():
        own = schools.filter(
            (pl.col("county_code") == county) & (pl.col("school_year") == year) & (pl.col(column) >= base)
        )
        rows = own.sort("school_id").select("school_id", pl.col(column).cast(pl.Float64)).rows()
        for school_id, value in rng.sample(rows, max(1, round(share * len(rows)))):
            changes.append((year, school_id, column, float(round(value / base) * base)))
        planted.append(("heaping", share, year, county, "", column))
    return _changed(schools, changes), _frame(planted)


def lifted(
    schools: pl.DataFrame, values: pl.DataFrame, counties: Mapping[tuple[str, int], float], seed: int, column: str
) -> Planted:
    """In each county and year that share of the units is lifted to just above the norm of one indicator, by its column.

    `values` are the rows of `unit_indicators` of the one stage and indicator that `column` alone makes. The units next
    below the norm are lifted first, to between the norm and 3 % above; where there are too few of them, all of them.
    """
    rng = Random(f"lifted/{seed}")  # noqa: S311
    changes: list[tuple[int, str, str, float]] = []
    planted: list[tuple[object, ...]] = []
    for (county, year), share in counties.items():
        own = values.filter((pl.col("county_code") == county) & (pl.col("school_year") == year)).filter(
            pl.col("value").is_not_null() & (pl.col("norm") > 0)
        )
        below = own.filter(pl.col("value") < pl.col("norm")).sort(-pl.col("value") / pl.col("norm"), "school_id")
        lifted_units = below.head(round(share * own.height))
        for unit in lifted_units.rows(named=True):
            by = unit["norm"] / unit["value"] * rng.uniform(1.0, 1.03)
            changes.append((year, unit["school_id"], column, by))
        planted.append(("bunching", share, year, county, "", own["indicator"][0]))
    multiplied = _frame_of(changes).join(
        schools.select(*_KEY, pl.col(column).cast(pl.Float64).alias("__held__")), on=_KEY, how="inner", validate="m:1"
    )
    rows = multiplied.with_columns(value=(pl.col("value") * pl.col("__held__")).ceil()).drop("__held__").rows()
    return _changed(schools, rows), _frame(planted)


def _schools(
    schools: pl.DataFrame, rng: Random, cases: int, *, first: int, last: int = 0
) -> list[tuple[int, str, str]]:
    """So many schools, each in a year of its own, that report in it and so many years before and after it, with pupils."""
    reported = schools.filter(
        (pl.col("pupils_primary").fill_null(0) + pl.col("pupils_junior").fill_null(0) > 0)
        & pl.col("books").is_not_null()
    ).select("school_year", "school_id", "county_code")
    found = reported
    for step in [*range(-first, 0), *range(1, last + 1)]:
        found = found.join(
            reported.with_columns(school_year=pl.col("school_year") - step), on=_KEY, how="semi", maintain_order="left"
        )
    rows = found.sort(*_KEY).rows()
    rng.shuffle(rows)
    seen: set[str] = set()
    drawn: list[tuple[int, str, str]] = []
    for year, school_id, county in rows:
        if school_id not in seen and len(drawn) < cases:
            seen.add(school_id)
            drawn.append((year, school_id, county))
    return drawn


def _frame(planted: Sequence[tuple[object, ...]]) -> pl.DataFrame:
    return pl.DataFrame(planted, schema=PLANTED, orient="row")


def _frame_of(changes: Sequence[tuple[int, str, str, float]]) -> pl.DataFrame:
    schema = {"school_year": pl.Int32, "school_id": pl.String, "column": pl.String, "value": pl.Float64}
    return pl.DataFrame(changes, schema=schema, orient="row")


def _changed(schools: pl.DataFrame, changes: Sequence[tuple[int, str, str, float]]) -> pl.DataFrame:
    """The returns with these cells set: school year, school, column, value; counts rounded, areas and money to cents."""
    frame = _frame_of(changes)
    for name in frame["column"].unique().sort():
        dtype = schools.schema[name]
        value = pl.col("value").round(2).cast(DECIMAL) if dtype == DECIMAL else pl.col("value").round(0)
        cells = frame.filter(column=name).select(*_KEY, value.cast(dtype).alias("__value__"))
        schools = (
            schools.join(cells, on=_KEY, how="left", validate="m:1", maintain_order="left")
            .with_columns(pl.coalesce("__value__", name).alias(name))
            .drop("__value__")
        )
    return schools
