"""What the docs say is so: generated pages are fresh, links lead somewhere, named commands exist, examples run."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import get_args

import polars as pl
import pytest

from pipelines.dispersion import county_dispersion
from pipelines.indicators import unit_indicators
from pipelines.intake import take_in
from pipelines.judgement import judge
from pipelines.synthetic import province
from pipelines.units import units
from pipelines.verdicts import resource_verdicts, school_verdicts
from reports import display
from reports.reference import pages
from schemas.contract import Contract
from schemas.county import COUNTY_INPUTS
from schemas.judgement import COUNTY_VERDICTS, OUTCOMES
from schemas.source import Source, sources
from schemas.tables import RESOURCE_VERDICTS, TABLES, school_fields
from standards.county_return import known_facts, wanted_facts
from standards.items import Check, Role
from standards.standard import Standard, StandardError, load, standards
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
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z-]+)\b", code(name)))
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
        assert re.findall(r"^\| (\d) \|", text, re.MULTILINE) == ["0", "1", "2", "3", "4", "5"]


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


def test_every_reason_that_the_pipelines_give_is_in_the_interface() -> None:
    written = "".join(path.read_text("utf-8") for path in sorted((ROOT / "pipelines").glob("*.py")))
    words = set(re.findall(r'"([a-z_0-9]+)"', written))
    reasons = {word for word in words if display.reason(word) != word}
    page = section("docs/interface.md", "Reasons") + section("docs/interface.md", "The verdict on a standard")
    assert {"not_reported", "contradiction", "veto_applies"} <= reasons
    assert reasons <= set(first_column(page))


def test_the_interface_names_every_word_of_what_became_of_schools() -> None:
    page = section("docs/interface.md", "Schools over the years")
    rows = dict(re.findall(r"^\| `([^`]+)` \| (.+) \|$", page, re.MULTILINE))
    for name in ("change", "event", "reason", "finding"):
        column = next(column for column in TABLES["school_changes"].columns if column.name == name)
        assert set(column.one_of or ()) <= set(re.findall(r"`([a-z_]+)`", rows[f"school_changes.{name}"])), name


def test_the_interface_names_every_word_of_ledger_stages_plans_and_candidates() -> None:
    page = section("docs/interface.md", "Ledger, stages, plans")
    rows = dict(re.findall(r"^\| `([^`]+)` \| (.+) \|$", page, re.MULTILINE))
    named = {
        f"{contract.name}.{column.name}": set(column.one_of)
        for contract in TABLES.values()
        for column in contract.columns
        if column.one_of and column.name in ("ledger", "course", "forecast", "assessment", "progress", "finding")
        if contract.name not in ("county_assessments", "school_changes")
    }
    assert {name: set(re.findall(r"`([a-z_0-9]+)`", text)) for name, text in rows.items()} == named


def test_the_interface_names_every_outcome_and_every_sheet_of_a_county() -> None:
    assert set(first_column(section("docs/interface.md", "The verdict on a standard"))) >= set(OUTCOMES)
    layouts = section("docs/interface.md", "County returns")
    assert all(f"[`{contract.name}`]" in layouts for contract in COUNTY_INPUTS)


def test_the_interface_describes_every_source_and_the_ids_of_the_indicative_ratios() -> None:
    assert set(first_column(section("docs/interface.md", "Sources"))) == set(sources())
    listed = first_column(section("docs/interface.md", "county_dispersion").split("### Ids of tw-indicative")[1])
    assert listed == [*(i.id for i in standards()["tw-indicative"].indicators), "composite"]


def test_columns_that_the_glossary_names_exist() -> None:
    for table, column in re.findall(r"`([a-z_]+)\.([a-z_0-9]+)(?:\*| = [a-z]+)?`", text_of("docs/glossary.md")):
        contract: Contract = TABLES[table]
        assert any(name == column or name.startswith(column) for name in contract.polars_schema.names()), column


STANDARD_PAGE = "docs/adding-a-standard.md"


def example_standard(folder: Path, change: tuple[str, str] = ("", "")) -> Standard:
    """The standard of the page, perhaps with something written otherwise."""
    path = folder / "example-province.toml"
    path.write_text(named_blocks(STANDARD_PAGE)[path.name].replace(*change, 1), encoding="utf-8")
    return load(path)


def test_the_example_standard_is_sound_and_judges_a_county(tmp_path: Path) -> None:
    standard = example_standard(tmp_path)
    rows = [{"pupils_primary": 100, "books": b, "computers": 13, "full_time_teachers_primary": 6} for b in (2500, 2499)]
    values, spread = figures(rows, standard)
    assert values.filter(pl.col("indicator") == "books")["status"].to_list() == ["met", "not_met"]
    assert set(spread["indicator"]) == {"books", "computers", "teachers", "composite"}


def test_the_example_standard_judges_the_counties_as_its_page_says(tmp_path: Path) -> None:
    standard = example_standard(tmp_path)
    name = "2023-县级事项-示例.csv"
    (tmp_path / name).write_text(named_blocks(STANDARD_PAGE)[name], encoding="utf-8")
    taken = take_in([(name, tmp_path / name)], sources().values(), facts=known_facts([standard]))
    assert not taken.quarantine.height
    facts = taken.county["county_facts"]
    assert set(facts["fact"]) <= {wanted.fact for wanted in wanted_facts([standard])}
    drawn = [
        {"county_code": "690122", "school_id": "2169000212", "pupils_primary": 1114},
        {"county_code": "690122", "school_id": "2169000224", "pupils_primary": 1131},
        {"county_code": "690123", "school_id": "2169000300", "pupils_primary": 1131},
    ]
    found = units(schools([dict(row) for row in drawn]), standard)
    judged = judge(found, facts, RESOURCE_VERDICTS.empty(), COUNTY_VERDICTS.empty(), {standard.id: standard}, 2023)
    eased = judged.school_checks.filter(pl.col("relaxation") == "large_schools")
    assert eased.select("subject_id", "value", "limit", "status").rows() == [
        ("2169000212", 1114.0, 1200.0, "met"),
        ("2169000224", 1131.0, 1200.0, "met"),
    ]
    items = {(r["county_code"], r["item"]): r for r in judged.county_items.iter_rows(named=True)}
    assert items["690122", "school_size"]["status"] == "met"
    assert items["690123", "school_size"]["status"] == "not_met"
    assert items["690122", "rankings"]["status"] == "met"
    assert items["690123", "reading_lessons"]["is_contradiction"]
    assert items["690123", "reading_lessons"]["status"] == "not_met"
    assert items["690123", "reading_plan"]["score"] == 4


def test_the_faults_of_the_example_standard_are_worded_as_its_page_says(tmp_path: Path) -> None:
    page = text_of(STANDARD_PAGE)
    changes = re.findall(r"^\| `([^|]+)` \| `([^|]+)` \|$", page, re.MULTILINE)
    shown = re.findall(r"^✕ (.+)$", page, re.MULTILINE)
    assert len(changes) == len(shown) > 0
    for (wrong, right), message in zip(changes, shown, strict=True):
        with pytest.raises(StandardError, match=f"^{re.escape(message)}$"):
            example_standard(tmp_path, (right, wrong))


def test_the_page_on_standards_names_every_kind_of_check_and_every_role() -> None:
    kinds = {kind.__struct_config__.tag for kind in get_args(Check)}
    first = set(first_column(text_of(STANDARD_PAGE)))
    assert kinds <= first
    assert set(get_args(Role)) <= first


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


def test_the_layout_of_a_county_that_the_source_page_adds_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "example-city"
    folder.mkdir()
    page = "docs/adding-a-source.md"
    for file, text in named_blocks(page).items():
        (folder / file).write_text(text, encoding="utf-8")
    (layout,) = (text for _, file, text in blocks(page) if not file and text.startswith("[layouts.county_facts]"))
    (headers,) = (text for _, file, text in blocks(page) if not file and text.startswith("county_facts,"))
    for file, text in (("source.toml", layout), ("headers.csv", headers)):
        (folder / file).write_text((folder / file).read_text("utf-8") + text, encoding="utf-8")
    handed_in = tmp_path / "2023.csv"
    handed_in.write_text(
        "学年,县代码,县名,事项,年度,分项,校代码,数值,是否,依据,说明\n"
        "2023,690901,甲县,disabled_children_of_age,,,,40,,名册,人\n"
        "2023,690901,甲县,disabled_children_enrolled,,,,,,,人\n",
        encoding="utf-8",
    )
    taken = take_in([("2023.csv", handed_in)], [Source(folder), *sources().values()])
    assert not taken.quarantine.height
    (row,) = taken.county["county_facts"].iter_rows(named=True)
    assert (row["fact"], row["value"], row["evidence"]) == ("disabled_children_of_age", 40, "名册")
    assert (row["period"], row["breakdown"], row["school_id"]) == (2023, "", "")


def test_the_rows_that_the_year_guide_replaces_stand_in_the_map() -> None:
    written = [text for language, _, text in blocks("docs/adding-a-year.md") if language == "csv"]
    headers = (ROOT / "schemas/sources/cn-returns/headers.csv").read_text("utf-8")
    assert written[0] in headers
    assert written[2] in headers
    assert written[4].count(",") == len(school_fields()[0]) - 1
