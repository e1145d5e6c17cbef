"""Other tools open the tables with one line, and the catalogue tells them what they hold."""

from __future__ import annotations

import json
import re
from pathlib import Path

import polars as pl
import pytest
from frictionless import Package, system

from assets.catalogue import write_catalogue
from assets.home import Home
from assets.pack import pack
from reports.catalogue import package, table_schema
from schemas.contract import Column, Contract
from schemas.tables import TABLES
from tests.drawing import write_text
from tests.drawn_home import drawn_home
from tests.test_explain import five_schools

PAGE = Path(__file__).resolve().parents[1] / "docs" / "opening-tables.md"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A published edition with the five schools of the worked example."""
    folder = tmp_path_factory.mktemp("catalogue")
    found = drawn_home(folder / "home", [write_text(folder / "a.csv", five_schools())])
    write_catalogue(found)
    found.snapshot("first", b"{}")
    found.switch("first")
    return found


@pytest.mark.parametrize("tool", ["duckdb", "pandas", "polars"])
def test_a_table_opens_with_the_line_that_the_docs_show(home: Home, tool: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = re.search(rf"```python {tool}\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert shown is not None
    monkeypatch.chdir(home.root)
    scope: dict[str, object] = {}
    exec(shown[1], scope)
    rows = scope["rows"]
    found = pl.DataFrame(rows.pl() if tool == "duckdb" else rows)  # type: ignore[attr-defined, arg-type]
    cvs = found.filter(pl.col("indicator") == "books")["cv"] if "indicator" in found.columns else found["cv"]
    wanted = home.read("county_dispersion")
    if tool == "duckdb":
        assert found.height == wanted.filter(indicator="composite").height
    else:
        assert found.height == wanted.height
        assert any(cv == pytest.approx(0.5152566299, abs=1e-10) for cv in cvs.drop_nulls())


def test_the_catalogue_lists_every_table_with_grain_key_labels_units_and_source(home: Home) -> None:
    found = json.loads((home.root / "current" / "datapackage.json").read_text("utf-8"))
    tables = {resource["name"]: resource for resource in found["resources"]}
    assert tables.keys() == TABLES.keys()
    for name, resource in tables.items():
        contract = TABLES[name]
        assert (resource["title"], resource["title_en"]) == (contract.grain_zh, contract.grain_en)
        assert resource["schema"].get("primaryKey", []) == list(contract.key)
        fields = {field["name"]: field for field in resource["schema"]["fields"]}
        assert list(fields) == [column.name for column in contract.columns]
        for column in contract.columns:
            assert (fields[column.name]["title"], fields[column.name]["title_en"]) == (column.label_zh, column.label_en)
            assert fields[column.name].get("unit", "") == column.unit
        paths = [resource["path"]] if isinstance(resource["path"], str) else resource["path"]
        assert all((home.root / "current" / path).exists() for path in paths)
    assert tables["county_dispersion"]["sources"] == [{"title": TABLES["county_dispersion"].origin}]


def test_frictionless_finds_every_table_of_a_pack_as_its_catalogue_says(home: Home, tmp_path: Path) -> None:
    for name, content in pack(home, 2021, "110101").items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    report = Package(str(tmp_path / "datapackage.json")).validate()
    assert report.valid, report.flatten(["name", "rowNumber", "fieldName", "note"])[:10]
    assert report.stats["tasks"] > 30
    table = tmp_path / "tables" / "county_dispersion.csv"
    table.write_text(table.read_text("utf-8").replace(",primary,books,", ",nursery,books,"), "utf-8")
    with system.use_context(trusted=True):
        again = Package(str(tmp_path / "datapackage.json")).validate()
    assert not again.valid
    assert {row[0] for row in again.flatten(["fieldName"])} == {"stage"}


def test_a_pattern_that_may_match_anywhere_is_one_of_the_whole_cell_there() -> None:
    columns = (
        Column("a", pl.String, "甲", "A", pattern=r"\S"),
        Column("b", pl.String, "乙", "B", pattern=r"^\d{6}$", nullable=False),
    )
    first, second = table_schema(Contract("x", "", "", (), columns))["fields"]
    assert first["constraints"] == {"pattern": r".*\S.*"}
    assert second["constraints"] == {"required": True, "pattern": r"\d{6}"}
    assert second["missingValues"] == []


def test_a_table_without_files_is_not_listed_and_several_files_are_one_table() -> None:
    paths = {"schools": ["a/2020.parquet", "a/2021.parquet"], "units": []}
    found = package("x", "X", paths, TABLES, "parquet")
    assert [(resource["name"], resource["path"]) for resource in found["resources"]] == [("schools", paths["schools"])]


def test_the_same_tables_give_the_same_catalogue(home: Home) -> None:
    before = (home.root / "datapackage.json").read_bytes()
    write_catalogue(home)
    assert (home.root / "datapackage.json").read_bytes() == before
    assert (home.root / "datapackage.json").samefile(home.root / "current" / "datapackage.json")
