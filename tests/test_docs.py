"""What the docs say is so: generated pages are fresh, links lead somewhere, named commands exist, examples run."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import polars as pl
import pytest

from pipelines.dispersion import county_dispersion
from pipelines.indicators import unit_indicators
from pipelines.intake import take_in
from pipelines.synthetic import province
from pipelines.units import units
from pipelines.verdicts import resource_verdicts, school_verdicts
from reports import display
from reports.reference import pages
from schemas.contract import Contract
from schemas.source import Source, sources
from schemas.tables import TABLES, school_fields
from standards.standard import load, standards
from tests.county import figures, schools

with warnings.catch_warnings():  # typer imports what click means to drop
    warnings.simplefilter("ignore", DeprecationWarning)
    import typer.main

    from assets.command import app

ROOT = Path(__file__).resolve().parent.parent
DOCS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")],
    key=lambda path: path.relative_to(ROOT).as_posix(),
)
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
NAMES = [path.relative_to(ROOT).as_posix() for path in DOCS]
FENCE = re.compile(r"^```(\S*) ?(\S*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def blocks(name: str) -> list[tuple[str, str, str]]:
    """The fenced blocks of a page: language, file name, text."""
    return [(language, file, text) for language, file, text in FENCE.findall(text_of(name))]


def named_blocks(name: str) -> dict[str, str]:
    return {file: text for _, file, text in blocks(name) if file}


def code(name: str) -> str:
    """Everything that a page sets as code: its blocks and its spans."""
    text = text_of(name)
    spans = re.findall(r"`([^`\n]+)`", FENCE.sub("", text))
    return "\n".join([*(block for _, _, block in blocks(name)), *spans])


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", path.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", sorted(pages()))
def test_a_generated_page_is_what_its_generator_writes(name: str) -> None:
    assert text_of(f"docs/{name}") == pages()[name], f"docs/{name} is stale: run make docs"


def test_every_page_of_a_standard_is_of_a_standard_that_there_is() -> None:
    found = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs" / "standards").glob("*")}
    assert found == {f"standards/{name}.md" for name in standards()}


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_somewhere(name: str) -> None:
    page = ROOT / name
    for link in LINK.findall(FENCE.sub("", text_of(name))):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), f"{name}: {link}"
        assert path.is_relative_to(ROOT), f"{name}: {link}"
        if anchor:
            assert anchor in anchors(path), f"{name}: {link}"


@pytest.mark.parametrize("name", NAMES)
def test_every_make_target_that_is_named_exists(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z]+)\b", code(name)))
    assert named <= targets


@pytest.mark.parametrize("name", NAMES)
def test_every_subcommand_and_option_that_is_named_exists(name: str) -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for line in code(name).splitlines():
        for call in re.findall(r"(?:^|bin/|\s)junheng ((?:[a-z]+|--help)\b[^|;&]*)", line):
            subcommand, *words = call.split()
            if subcommand == "--help":
                continue
            assert subcommand in commands, f"{name}: junheng {call}"
            options = {option for parameter in commands[subcommand].params for option in parameter.opts}
            given = {word for word in words if re.fullmatch(r"--?[a-z-]+", word)}
            assert given <= options | {"--help"}, f"{name}: junheng {call}"


def test_both_readmes_name_every_subcommand_and_exit_code() -> None:
    commands = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    for readme in READMES:
        text = readme.read_text("utf-8")
        assert set(re.findall(r"^\| `junheng ([a-z]+)", text, re.MULTILINE)) == commands
        assert re.findall(r"^\| (\d) \|", text, re.MULTILINE) == ["0", "1", "2", "3", "4"]


def test_both_readmes_have_the_same_commands_figures_and_links() -> None:
    english, chinese = (readme.read_text("utf-8") for readme in READMES)

    def fenced(text: str) -> list[str]:
        """Each block, and of the home's layout only the paths."""
        found = [block for _, _, block in FENCE.findall(text)]
        return [re.sub(r"  +\S.*", "", block) if "editions/<id>/" in block else block for block in found]

    assert fenced(english) == fenced(chinese)
    assert re.findall(r"\d\.\d{6,}", english) == re.findall(r"\d\.\d{6,}", chinese)
    assert sorted(set(LINK.findall(english)) - {"README.zh-CN.md"}) == sorted(
        set(LINK.findall(chinese)) - {"README.md"}
    )


def test_the_worked_example_of_the_readmes_is_what_the_pipeline_computes() -> None:
    pupils, books = [45, 37, 89, 76, 55], [279, 137, 935, 160, 402]
    rows = [{"pupils_primary": p, "books": b} for p, b in zip(pupils, books, strict=True)]
    _, spread = figures(rows, standards()["cn-basic-2012"])
    row = spread.row(by_predicate=(pl.col("indicator") == "books") & (pl.col("stage") == "primary"), named=True)
    for readme in READMES:
        text = readme.read_text("utf-8")
        assert all(f"{row[name]:.10f}" in text for name in ("mean", "sd", "cv"))


def section(page: str, heading: str) -> str:
    return text_of(page).split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


def first_column(table: str) -> list[str]:
    cells = re.findall(r"^\| (`[^|]+`) \|", table, re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def test_the_interface_lists_the_columns_of_county_dispersion_in_order() -> None:
    columns = first_column(section("docs/interface.md", "county_dispersion").split("**The composite row**")[0])
    assert columns == TABLES["county_dispersion"].polars_schema.names()


def test_the_interface_explains_every_status() -> None:
    known = {
        value
        for contract in TABLES.values()
        for column in contract.columns
        if column.name in ("status", "verdict") and contract.name not in ("returns", "quarantine")
        for value in column.one_of or ()
    }
    assert set(first_column(section("docs/interface.md", "Status"))) == known


def test_every_reason_of_the_interface_has_a_sentence_in_the_reports() -> None:
    words = first_column(section("docs/interface.md", "Reasons"))
    assert len(words) == len(set(words))
    assert all(display.reason(word) != word for word in words)


@pytest.mark.parametrize("name", ["cn-basic-2012", "cn-quality-2017"])
def test_every_reason_in_the_tables_of_the_invented_province_is_in_the_interface(name: str) -> None:
    standard = standards()[name]
    found = units(schools(province()[2023].to_dicts()), standard)
    values = unit_indicators(found, standard)
    spread = county_dispersion(found, values, standard)
    verdicts = resource_verdicts(spread, school_verdicts(values, standard), standard)
    reasons = {reason for table in (found, values, spread, verdicts) for reason in table["reason"].drop_nulls()}
    assert {"missing_units", "single_school", "no_pupils"} <= reasons
    assert reasons <= set(first_column(section("docs/interface.md", "Reasons")))


def test_the_interface_describes_every_source_and_the_ids_of_the_indicative_ratios() -> None:
    assert set(first_column(section("docs/interface.md", "Sources"))) == set(sources())
    listed = first_column(section("docs/interface.md", "county_dispersion").split("### Ids of tw-indicative")[1])
    assert listed == [*(i.id for i in standards()["tw-indicative"].indicators), "composite"]


def test_columns_that_the_glossary_names_exist() -> None:
    for table, column in re.findall(r"`([a-z_]+)\.([a-z_0-9]+)(?:\*| = [a-z]+)?`", text_of("docs/glossary.md")):
        contract: Contract = TABLES[table]
        assert any(name == column or name.startswith(column) for name in contract.polars_schema.names()), column


def test_the_example_standard_is_sound_and_judges_a_county(tmp_path: Path) -> None:
    (file,) = named_blocks("docs/adding-a-standard.md").items()
    path = tmp_path / file[0]
    path.write_text(file[1], encoding="utf-8")
    standard = load(path)
    rows = [{"pupils_primary": 100, "books": b, "computers": 13, "full_time_teachers_primary": 6} for b in (2500, 2499)]
    values, spread = figures(rows, standard)
    assert values.filter(pl.col("indicator") == "books")["status"].to_list() == ["met", "not_met"]
    assert set(spread["indicator"]) == {"books", "computers", "teachers", "composite"}


def test_the_example_source_is_read_as_its_page_says(tmp_path: Path) -> None:
    folder = tmp_path / "example-city"
    folder.mkdir()
    named = named_blocks("docs/adding-a-source.md")
    assert set(named) == {"2023-小学.csv", "source.toml", "headers.csv", "recodes.csv", "sums.csv"}
    for file, text in named.items():
        (folder / file).write_text(text, encoding="utf-8")
    taken = take_in([("2023-小学.csv", folder / "2023-小学.csv")], [Source(folder), *sources().values()])
    counts = taken.returns.select("source", "layout", "school_year", "rows_read", "rows_accepted", "cells_refused")
    assert counts.rows() == [("example-city", "primary", 2023, 5, 4, 1)]
    assert sorted(taken.quarantine["rule"]) == ["not_a_number", "school_id_short"]
    by_id = {row["school_id"]: row for row in taken.schools.iter_rows(named=True)}
    assert by_id["000101"]["pupils_primary"] == 400
    assert by_id["000101"]["equipment_value_yuan"] == 965_000
    assert by_id["000102"]["books"] is None
    assert by_id["000201"]["pupils_primary"] == 0


def test_the_rows_that_the_year_guide_replaces_stand_in_the_map() -> None:
    written = [text for language, _, text in blocks("docs/adding-a-year.md") if language == "csv"]
    headers = (ROOT / "schemas/sources/cn-returns/headers.csv").read_text("utf-8")
    assert written[0] in headers
    assert written[2] in headers
    assert written[4].count(",") == len(school_fields()[0]) - 1
