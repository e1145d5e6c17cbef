"""A table's contract, and the one door through which every frame passes before it is written."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    import pandera.polars as pa

DECIMAL = pl.Decimal(18, 4)
"""Areas, money and bandwidth: four decimals, held exactly, so that sums do not depend on their order."""


def _is_finite(data: pa.PolarsData) -> pl.LazyFrame:
    """Whether a figure is a number: NaN passes every minimum, and undefined is null."""
    finite: pl.LazyFrame = data.lazyframe.select(pl.col(data.key).is_finite().fill_null(value=True))
    return finite


@dataclass(frozen=True)
class Column:
    """One column: what it holds, in which unit, under which name people know it."""

    name: str
    dtype: Any
    label_zh: str
    label_en: str
    unit: str = ""
    nullable: bool = True
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    one_of: tuple[str, ...] | None = None
    note: str = ""

    def checks(self) -> list[pa.Check]:
        """The checks of single values, each under the name of its rule."""
        import pandera.polars as pa  # noqa: PLC0415  (half of what a command takes to start; only writers check)

        checks = []
        if self.minimum is not None and self.maximum is not None:
            # One check for both ends: over 150 columns, pandera's own cost per check is what is felt.
            checks.append(pa.Check.in_range(self.minimum, self.maximum, name="range", error="range"))
        elif self.minimum is not None:
            checks.append(pa.Check.ge(self.minimum, name="negative", error="negative"))
        if self.pattern is not None:
            checks.append(pa.Check.str_matches(self.pattern, name="form", error="form"))
        if self.one_of is not None:
            checks.append(pa.Check.isin(self.one_of, name="unknown_code", error="unknown_code"))
        if self.dtype == pl.Float64:
            checks.append(pa.Check(_is_finite, name="not_finite", error="not_finite"))
        return checks


@dataclass(frozen=True)
class Rule:
    """A logic check over several cells of one row.

    `holds` is true where the row is sound; null, where a cell it reads is not reported, counts as sound.
    `refuses` names the cells that become "not reported" where it does not hold.
    """

    name: str
    reads: tuple[str, ...]
    refuses: tuple[str, ...]
    holds: pl.Expr = field(compare=False)

    def check(self) -> pa.Check:
        """The rule as a pandera check over the frame."""
        import pandera.polars as pa  # noqa: PLC0415

        return pa.Check(
            lambda data: data.lazyframe.select(self.holds.fill_null(value=True).alias(self.name)),
            name=self.name,
            error=self.name,
        )


@dataclass(frozen=True)
class Contract:
    """What a table promises: its grain, its key, its columns in order, and the rules between them."""

    name: str
    grain_zh: str
    grain_en: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...] = ()
    sort: tuple[str, ...] = ()
    origin: str = ""

    @property
    def order(self) -> tuple[str, ...]:
        """The columns that the table is sorted by."""
        return self.sort or self.key

    @property
    def polars_schema(self) -> pl.Schema:
        """Column names and types, in order."""
        return pl.Schema({column.name: column.dtype for column in self.columns})

    def over(self, reported: Collection[str]) -> Contract:
        """The contract over the columns that hold anything, and those that a rule over them reads.

        A source gives a fraction of all fields; what is wholly null cannot break a check, only cost one.
        """
        rules = tuple(rule for rule in self.rules if not set(reported).isdisjoint(rule.reads))
        names = {name for rule in rules for name in rule.reads}.union(reported)
        needed = tuple(column for column in self.columns if column.name in names or not column.nullable)
        return replace(self, columns=needed, rules=rules)

    def pandera(self, *, with_key: bool = True) -> pa.DataFrameSchema:
        """The contract as a pandera schema; unit and labels stand in each column's metadata."""
        import pandera.polars as pa  # noqa: PLC0415

        return pa.DataFrameSchema(
            {
                column.name: pa.Column(
                    column.dtype,
                    checks=column.checks(),
                    nullable=column.nullable,
                    metadata={"unit": column.unit, "zh": column.label_zh, "en": column.label_en},
                )
                for column in self.columns
            },
            checks=[rule.check() for rule in self.rules],
            unique=list(self.key) if with_key and self.key else None,
            name=self.name,
            strict=True,
            ordered=True,
        )

    def empty(self) -> pl.DataFrame:
        """The table with no row."""
        return pl.DataFrame(schema=self.polars_schema)


class ContractBrokenError(Exception):
    """A table of ours does not keep its contract: our fault, never the user's."""


def _rule_name(check: pl.Expr, is_below: pl.Expr) -> pl.Expr:
    """The rule's name behind what pandera calls the failed check; `is_below` tells the ends of a range apart."""
    return (
        pl.when(check.str.starts_with("not_nullable"))
        .then(pl.lit("missing"))
        .when(check.str.starts_with("multiple_fields_uniqueness"))
        .then(pl.lit("duplicate"))
        .when((check == "range") & is_below)
        .then(pl.lit("negative"))
        .when(check == "range")
        .then(pl.lit("too_large"))
        .otherwise(check.str.extract(r"^([^(\s]+)"))
    )


def failures(frame: pl.DataFrame, contract: Contract, *, with_key: bool = True) -> pl.DataFrame:
    """Every breach of the contract: one row per rule and cell.

    Columns: `index` (row of the frame, null for a fault of the whole frame), `column` (null for a rule over
    several cells), `rule`, `value` (as text). Only an eager frame is taken: a LazyFrame would pass with bad values.
    """
    if not isinstance(frame, pl.DataFrame):
        raise TypeError(f"{contract.name}: a collected DataFrame is needed, not {type(frame).__name__}")
    if frame.schema != contract.polars_schema:
        return _schema_failures(frame.schema, contract.polars_schema)
    from pandera.errors import SchemaErrors  # noqa: PLC0415

    part = contract.over({column.name for column in frame.iter_columns() if column.null_count() < frame.height})
    try:
        part.pandera(with_key=with_key).validate(frame.select(part.polars_schema.names()), lazy=True)
    except SchemaErrors as broken:
        cases: pl.DataFrame = broken.failure_cases
        value = pl.col("failure_case").cast(pl.String)
        minima = {column.name: column.minimum for column in contract.columns}
        minimum = pl.col("column").replace_strict(minima, default=None, return_dtype=pl.Float64)
        # For a rule over several cells pandera gives the schema's name where the column's would stand.
        column = pl.col("column").cast(pl.String)
        return cases.select(
            pl.col("index").cast(pl.Int64),
            pl.when(column.is_in(part.polars_schema.names())).then(column).alias("column"),
            _rule_name(pl.col("check").cast(pl.String), value.cast(pl.Float64, strict=False) < minimum).alias("rule"),
            value.alias("value"),
        )
    return pl.DataFrame(schema=_FAILURES)


_SHOWN = 12
_FAILURES = pl.Schema({"index": pl.Int64, "column": pl.String, "rule": pl.String, "value": pl.String})


def _schema_failures(found: pl.Schema, wanted: pl.Schema) -> pl.DataFrame:
    """Columns missing, too many, of another type, or out of order."""
    rows: list[dict[str, str | None]] = [
        {"column": name, "rule": "schema", "value": f"{found.get(name, 'missing')}, wanted {wanted.get(name, 'none')}"}
        for name in dict.fromkeys([*wanted.names(), *found.names()])
        if found.get(name) != wanted.get(name)
    ]
    rows = rows or [{"column": None, "rule": "schema", "value": "columns out of order"}]
    return pl.DataFrame(rows, schema=_FAILURES)


def accept(frame: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """The frame, once it has been seen to keep the contract.

    Raises ContractBrokenError with every breach, TypeError for a LazyFrame.
    """
    broken = failures(frame, contract)
    if broken.height:
        lines = [
            f"  {row['rule']}: column {row['column'] or '-'}, row {row['index']}, value {row['value']}"
            for row in broken.head(_SHOWN).iter_rows(named=True)
        ]
        more = f"\n  and {broken.height - _SHOWN} more" if broken.height > _SHOWN else ""
        raise ContractBrokenError(
            f"table {contract.name}: {broken.height} breaches of its contract\n" + "\n".join(lines) + more
        )
    return frame


def tidy(frame: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """The frame with the contract's columns in order and in their types, sorted by its key; not yet checked."""
    return conform(frame, contract).sort(contract.order, nulls_last=True, maintain_order=True)


def conform(frame: pl.DataFrame, contract: Contract, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """The frame with the contract's columns, or those named, in order and in their types; one that it lacks is all null."""
    found = {column.name: column for column in contract.columns}
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(found[name].dtype).alias(name)
        for name in columns or found
    )


def by_name(contracts: Sequence[Contract]) -> dict[str, Contract]:
    """The contracts under their tables' names."""
    return {contract.name: contract for contract in contracts}
