"""The graph as Dagster sees it: assets, windows, checks, schedule and sensor."""

from __future__ import annotations

import csv
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from assets.automation import affected_range, changed_years, inbox_sensor, nightly
from assets.checks import CHECKS
from assets.definitions import defs
from assets.home import Home, HomeLockedError, to_parquet
from assets.resource import HomeResource, school_years
from pipelines.synthetic import province
from reports.return_workbook import return_frame
from schemas.contract import ContractBrokenError, conform
from schemas.source import sources
from schemas.tables import COUNTY_DISPERSION, HERE, TABLES


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with two school years of one county in its inbox."""
    found = Home(tmp_path)
    found.inbox.mkdir()
    for year in (2020, 2021):
        write_year(found, year)
    return found


def write_year(home: Home, year: int, name: str = "") -> None:
    rows = province()[year].filter(pl.col("county_code") == "690126")
    return_frame(sources()["cn-returns"], "school", year, rows).write_csv(home.inbox / f"{name or year}.csv")


def materialise(home: Home, first: int, last: int, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    return defs.resolve_job_def("refresh").execute_in_process(
        instance=instance,
        tags={"dagster/asset_partition_range_start": str(first), "dagster/asset_partition_range_end": str(last)},
        run_config={"resources": {"home": {"config": {"root": str(home.root), "inbox": "", "sources": []}}}},
        raise_on_error=False,
    )


def test_every_table_is_an_asset_of_its_name_with_a_blocking_contract_check() -> None:
    graph = defs.resolve_asset_graph()
    keys = {key.to_user_string() for key in graph.get_all_asset_keys()}
    assert keys == {*TABLES, "county_reports", "site"}
    checks = {(key.asset_key.to_user_string(), key.name) for key in graph.asset_check_keys}
    assert {(table, "contract") for table in TABLES} <= checks
    assert all(graph.get(key).blocking for key in graph.asset_check_keys if key.name == "contract")
    assert not any(graph.get(key).blocking for key in graph.asset_check_keys if key.name.startswith("experience"))


def test_every_asset_says_its_grain() -> None:
    specs = defs.resolve_all_asset_specs()
    assert all(
        spec.description and spec.description.startswith(("One row per", "One report", "The index")) for spec in specs
    )


def test_the_current_school_year_has_a_partition() -> None:
    keys = school_years.get_partition_keys()
    assert keys[0] == "2000"
    assert "2025" in keys


def test_monitoring_reads_three_years_and_change_two() -> None:
    graph = defs.resolve_asset_graph()
    for asset, parent, window in (
        ("three_year_monitoring", "county_dispersion", ["2021", "2022", "2023"]),
        ("year_over_year", "unit_indicators", ["2022", "2023"]),
        ("county_dispersion", "units", ["2023"]),
    ):
        child, upstream = dg.AssetKey(asset), dg.AssetKey(parent)
        mapping = graph.get_partition_mapping(child, upstream)
        subset = school_years.subset_with_partition_keys(["2023"])
        found = mapping.get_upstream_mapped_partitions_result_for_partitions(subset, school_years, school_years)
        assert sorted(found.partitions_subset.get_partition_keys()) == window


def test_a_range_is_one_run_that_records_counts_and_what_was_refused(home: Home) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        result = materialise(home, 2020, 2021, instance)
        assert result.success
        assert len(instance.get_runs()) == 1
        events = result.asset_materializations_for_node("intake")
    metadata = next(event.metadata for event in events if event.asset_key == dg.AssetKey("schools"))
    assert metadata["rows_read"].value == metadata["rows_accepted"].value > 0
    assert {"rows_refused", "cells_refused", "files_refused", "preview"} <= metadata.keys()
    assert all(check.passed for check in result.get_asset_check_evaluations() if check.blocking)


def test_a_table_that_breaks_its_contract_stops_what_is_downstream(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    row = dict.fromkeys(COUNTY_DISPERSION.polars_schema.names()) | {"cv": -1.0}
    broken = conform(pl.DataFrame([row]), COUNTY_DISPERSION)
    monkeypatch.setattr("assets.tables.dispersion.county_dispersion", lambda *_: broken)
    with dg.DagsterInstance.ephemeral() as instance:
        result = materialise(home, 2020, 2020, instance)
    assert not result.success
    failed = [event.step_key for event in result.all_events if event.is_step_failure]
    assert failed == ["county_dispersion"]
    assert not home.partitions("resource_verdicts")
    assert not (home.root / "current").exists()
    with pytest.raises(ContractBrokenError, match="county_dispersion"):
        home.write("county_dispersion", 2020, broken)


def test_a_stored_table_that_breaks_its_contract_fails_its_check(home: Home) -> None:
    home.inbox.joinpath("2021.csv").unlink()
    with dg.DagsterInstance.ephemeral() as instance:
        assert materialise(home, 2020, 2020, instance).success
    rows = home.read("county_dispersion").with_columns(cv=pl.lit(-1.0))
    home.path("county_dispersion", 2020).write_bytes(to_parquet(rows, COUNTY_DISPERSION))
    check = next(c for c in CHECKS if dg.AssetKey("county_dispersion") in {k.asset_key for k in c.check_keys})
    only = dg.Definitions(asset_checks=[check], resources={"home": HomeResource(root=str(home.root))})
    job = only.resolve_implicit_global_asset_job_def()
    result = job.execute_in_process(raise_on_error=False)
    assert [c.passed for c in result.get_asset_check_evaluations()] == [False]


def test_the_night_refreshes_the_years_whose_files_changed_and_those_that_look_back_on_them(home: Home) -> None:
    resource = HomeResource(root=str(home.root))
    assert changed_years(resource) == [2020, 2021]
    with dg.DagsterInstance.ephemeral() as instance:
        assert materialise(home, 2020, 2021, instance).success
    assert changed_years(resource) == []
    assert isinstance(nightly(home=resource), dg.SkipReason)
    write_year(home, 2020, "2020-更正")
    assert changed_years(resource) == [2020]
    request = nightly(home=resource)
    assert isinstance(request, dg.RunRequest)
    assert request.tags["dagster/asset_partition_range_start"] == "2020"
    assert request.tags["dagster/asset_partition_range_end"] == "2021"


def test_an_empty_inbox_changes_nothing(home: Home) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert materialise(home, 2020, 2021, instance).success
        for file in home.inbox.iterdir():
            file.unlink()
        assert not materialise(home, 2020, 2021, instance).success
    assert home.years() == [2020, 2021]
    assert changed_years(HomeResource(root=str(home.root))) == []


def test_the_night_reads_the_inbox_that_the_home_was_last_made_from(home: Home, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    home.inbox.rename(other)
    home.claim("real", other, ["cn-returns"])
    resource = HomeResource(root=str(home.root))
    assert (resource.inbox_folder, resource.wanted_sources) == (other, ["cn-returns"])
    assert changed_years(resource) == [2020, 2021]


def test_a_file_taken_away_changes_its_year() -> None:
    assert affected_range([2020], [2019, 2020, 2022]) == (2020, 2022)
    assert affected_range([], [2020]) is None


def test_the_schedule_is_at_three_in_the_morning_in_shanghai() -> None:
    assert (nightly.cron_schedule, nightly.execution_timezone) == ("0 3 * * *", "Asia/Shanghai")


def test_the_sensor_waits_until_the_inbox_lies_still(home: Home) -> None:
    resource = HomeResource(root=str(home.root))
    cursor: str | None = None
    answers = []
    for _ in range(3):
        with dg.build_sensor_context(cursor=cursor, resources={"home": resource}) as context:
            answers.append(inbox_sensor(context))
            cursor = context.cursor
    assert [type(answer) for answer in answers] == [dg.SkipReason, dg.RunRequest, dg.SkipReason]


@pytest.mark.parametrize("fault", [HomeLockedError("in use"), OSError("disk")])
def test_a_lock_or_a_disk_that_fails_is_tried_again_later(home: Home, fault: Exception) -> None:
    with pytest.raises(dg.RetryRequested) as again, HomeResource(root=str(home.root)).writing():
        raise fault
    assert again.value.max_retries == 3


def test_a_defect_of_ours_is_not_tried_again(home: Home) -> None:
    with pytest.raises(ContractBrokenError), HomeResource(root=str(home.root)).writing():
        raise ContractBrokenError("broken")


def test_every_table_carries_its_columns_with_types_labels_units_and_limits() -> None:
    specs = {spec.key.to_user_string(): spec for spec in defs.resolve_all_asset_specs()}
    for name, contract in TABLES.items():
        schema = specs[name].metadata["dagster/column_schema"]
        assert [column.name for column in schema.columns] == [column.name for column in contract.columns]
    cv = next(c for c in specs["county_dispersion"].metadata["dagster/column_schema"].columns if c.name == "cv")
    assert (cv.type, cv.constraints.nullable, cv.constraints.other) == ("float64", True, [">= 0"])
    assert cv.description == "差异系数 / Difference coefficient over reporting units [1]"


def test_a_run_records_of_each_column_the_columns_that_it_is_made_from(home: Home) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert materialise(home, 2020, 2020, instance).success
        found = {}
        for name in ("county_dispersion", "unit_indicators", "units", "county_checks"):
            event = instance.get_latest_materialization_event(dg.AssetKey(name))
            assert event is not None
            assert event.asset_materialization is not None
            metadata = event.asset_materialization.metadata
            assert metadata["dagster/row_count"].value == sum(home.rows(name).values())
            found[name] = metadata["dagster/column_lineage"].value.deps_by_column
    made_from = {(dep.asset_key.to_user_string(), dep.column_name) for dep in found["county_dispersion"]["cv"]}
    assert made_from == {("unit_indicators", "value"), ("unit_indicators", "denominator")}
    classes = {(dep.asset_key.to_user_string(), dep.column_name) for dep in found["units"]["classes"]}
    assert classes == {("schools", "classes_primary"), ("schools", "classes_junior")}
    pupils = [(dep.asset_key.to_user_string(), dep.column_name) for dep in found["unit_indicators"]["pupils"]]
    assert pupils == [("units", "pupils")]


def test_the_register_of_column_lineage_names_columns_that_there_are() -> None:
    with (HERE / "column_lineage.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    for row in rows:
        for table, columns in ((row["table"], row["columns"]), (row["from_table"], row["from_columns"])):
            assert set(columns.split()) <= set(TABLES[table].polars_schema.names()), row
    graph = defs.resolve_asset_graph()
    for row in rows:
        parents = {key.to_user_string() for key in graph.get(dg.AssetKey(row["table"])).parent_keys}
        assert row["from_table"] in parents, row
