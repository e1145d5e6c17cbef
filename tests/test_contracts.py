"""Every table's contract is seen to refuse: at its one door, eagerly, by type, range, code, key and order."""

from __future__ import annotations

import polars as pl
import pytest

from schemas.contract import Column, Contract, ContractBrokenError, accept, by_name, conform, failures, tidy
from schemas.outlook import OUTLOOK_TABLES
from schemas.restatements import HISTORY_TABLES, RESTATEMENTS
from schemas.tables import SCHOOLS, TABLES

CAUSES = str(next(column.pattern for column in RESTATEMENTS.columns if column.name == "causes"))
TEXTS = {r"^\d{6}$": "690000", r"^[0-9a-f]{64}$": "a" * 64, CAUSES: "method"}
EVERY = TABLES | HISTORY_TABLES | by_name(OUTLOOK_TABLES)
CONTRACTS = [pytest.param(contract, id=name) for name, contract in EVERY.items()]


def value(column: Column) -> object:
    """A value that the column takes."""
    if column.one_of:
        return column.one_of[0]
    if column.dtype == pl.String:
        return TEXTS.get(column.pattern or "", f"某{column.name}")
    if column.dtype == pl.Boolean:
        return True
    return int(column.minimum or 0)


def rows(contract: Contract, count: int) -> pl.DataFrame:
    """So many sound rows with nothing but what must be there, their keys all different."""
    row = {column.name: value(column) for column in contract.columns if not column.nullable}
    table = conform(pl.DataFrame([row] * count), contract)
    free = [c for c in contract.columns if c.name in contract.key and c.dtype == pl.String and not c.one_of]
    apart = [pl.concat_str(pl.lit(c.name), pl.int_range(count)).alias(c.name) for c in free if not c.pattern]
    return table.with_columns(apart)


def planted(contract: Contract, changes: list[tuple[str, object]]) -> pl.DataFrame:
    """Sound rows, the first of them as they are, then one for each change."""
    table = rows(contract, len(changes) + 1)
    index = pl.int_range(table.height)
    for number, (name, put) in enumerate(changes, 1):
        bad = pl.when(index == number).then(pl.lit(put, table.schema[name])).otherwise(pl.col(name))
        table = table.with_columns(bad.alias(name))
    return table


def breaches(contract: Contract) -> list[tuple[str, object, str]]:
    """For every check of a single cell: the column, a value that breaks it, and the rule's name."""
    found: list[tuple[str, object, str]] = []
    for column in contract.columns:
        if not column.nullable:
            found.append((column.name, None, "missing"))
        if column.minimum is not None:
            found.append((column.name, int(column.minimum) - 1, "negative"))
        if column.maximum is not None:
            found.append((column.name, int(column.maximum) + 1, "too_large"))
        if column.one_of:
            found.append((column.name, "别的", "unknown_code"))
        if column.pattern:
            found.append((column.name, " ", "form"))
        if column.dtype == pl.Float64:
            found += [(column.name, float("nan"), "not_finite"), (column.name, float("inf"), "not_finite")]
    return found


@pytest.mark.parametrize("contract", CONTRACTS)
def test_sound_rows_and_an_empty_table_are_accepted(contract: Contract) -> None:
    for table in (rows(contract, 3), contract.empty()):
        assert accept(table, contract) is table


@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_check_of_a_cell_refuses_a_planted_value(contract: Contract) -> None:
    wanted = breaches(contract)
    found = failures(planted(contract, [(name, put) for name, put, _ in wanted]), contract, with_key=False)
    named = found.filter(pl.col("column").is_not_null(), pl.col("index").is_not_null())
    for number, (name, _, rule) in enumerate(wanted, 1):
        assert named.filter(index=number, column=name)["rule"].to_list() == [rule], (name, rule)
    assert 0 not in found["index"].to_list()


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_planted_bad_row_is_refused_and_the_message_names_table_rule_column_and_row(contract: Contract) -> None:
    name, put, rule = breaches(contract)[-1]
    table = planted(contract, [(name, put)])
    with pytest.raises(ContractBrokenError) as broken:
        accept(table, contract)
    message = str(broken.value)
    assert message.startswith(f"table {contract.name}: 1 breaches of its contract")
    assert f"{rule}: column {name}, row 1" in message


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_column_of_another_type_is_refused(contract: Contract) -> None:
    for column in contract.columns:
        other = pl.Int64 if column.dtype == pl.String else pl.String
        table = contract.empty().with_columns(pl.lit(None, other).alias(column.name))
        found = failures(table, contract)
        assert found.select("column", "rule").rows() == [(column.name, "schema")]


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_column_too_many_too_few_or_out_of_order_is_refused(contract: Contract) -> None:
    sound = rows(contract, 1)
    first, *others = sound.columns
    for table, said in (
        (sound.with_columns(neu=pl.lit(1)), "column neu, row None, value Int32, wanted none"),
        (sound.drop(first), f"column {first}, row None, value missing"),
        (sound.select(*others, first), "columns out of order"),
    ):
        with pytest.raises(ContractBrokenError, match=said):
            accept(table, contract)


@pytest.mark.parametrize("contract", [param for param in CONTRACTS if EVERY[str(param.id)].key])
def test_a_key_that_stands_twice_is_refused(contract: Contract) -> None:
    row = rows(contract, 1)
    found = failures(pl.concat([row, row]), contract)
    assert set(found["rule"]) == {"duplicate"}
    assert set(found["index"]) <= {0, 1}
    with pytest.raises(ContractBrokenError, match="duplicate"):
        accept(pl.concat([row, row]), contract)


def test_only_the_list_of_refusals_has_no_key() -> None:
    assert [name for name, contract in TABLES.items() if not contract.key] == ["quarantine"]


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_lazy_frame_is_not_taken_however_sound(contract: Contract) -> None:
    with pytest.raises(TypeError, match=f"{contract.name}: a collected DataFrame is needed, not LazyFrame"):
        accept(rows(contract, 1).lazy(), contract)  # type: ignore[arg-type]


@pytest.mark.parametrize("contract", CONTRACTS)
def test_keys_sort_orders_and_rules_name_columns_of_their_table(contract: Contract) -> None:
    names = [column.name for column in contract.columns]
    assert len(set(names)) == len(names)
    assert set(contract.key) | set(contract.order) <= set(names)
    assert not [column.name for column in contract.columns if column.name in contract.key and column.nullable]
    for rule in contract.rules:
        assert set(rule.reads) | set(rule.refuses) <= set(names)
        assert set(rule.holds.meta.root_names()) == set(rule.reads)


def test_files_whose_rows_do_not_add_up_are_refused() -> None:
    returns = TABLES["returns"]
    table = rows(returns, 2).with_columns(rows_read=pl.Series([3, 0]), rows_accepted=pl.Series([2, 0]))
    found = failures(table, returns)
    assert set(found["rule"]) == {"rows_add_up"}
    assert set(found["index"]) == {0}


def test_all_breaches_are_counted_and_the_first_twelve_shown() -> None:
    table = rows(SCHOOLS, 30).with_columns(books=pl.lit(-1, pl.Int64))
    with pytest.raises(ContractBrokenError, match="30 breaches") as broken:
        accept(table, SCHOOLS)
    assert str(broken.value).count("column books") == 12
    assert str(broken.value).endswith("and 18 more")


def test_a_table_is_tidied_into_its_columns_types_and_order() -> None:
    given = rows(SCHOOLS, 3).select(pl.all().reverse()).drop("books").with_columns(pl.col("row").cast(pl.String))
    table = tidy(given, SCHOOLS)
    assert table.schema == SCHOOLS.polars_schema
    assert table["school_id"].to_list() == ["school_id0", "school_id1", "school_id2"]
    assert table["books"].null_count() == 3


def test_the_contract_over_what_is_reported_keeps_every_rule_that_reads_it() -> None:
    part = SCHOOLS.over({"key_teachers_primary"})
    assert [rule.name for rule in part.rules] == ["key_teachers_within_primary"]
    needed = {column.name for column in SCHOOLS.columns if not column.nullable}
    assert {column.name for column in part.columns} == needed | {"key_teachers_primary", "full_time_teachers_primary"}
