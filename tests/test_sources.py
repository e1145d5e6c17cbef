"""What the folders of sources and the catalogue of rules say holds together, and is used."""

from __future__ import annotations

import ast
import csv
import re
from pathlib import Path

import pytest

from pipelines.intake import rules
from schemas.columns import FIRST_SCHOOL_YEAR, LAST_SCHOOL_YEAR, STAGES
from schemas.contract import Contract
from schemas.county import COUNTY_INPUTS
from schemas.source import SOURCES, Source, SourceError, plain, sources
from schemas.tables import SCHOOLS, TABLES, codes, school_fields

ROOT = Path(__file__).resolve().parents[1]
LAYOUTS = [
    (source, name)
    for source in sources().values()
    for name, layout in source.described.layouts.items()
    if layout.kind == "rows"
]
EPISODES = [
    pytest.param(source, layout, year, id=f"{source.name}-{layout}-{first}")
    for source, layout in LAYOUTS
    for first, last in source.episodes(layout)
    for year in [min(last, max(first, FIRST_SCHOOL_YEAR))]
]
LATEST = 2023
IDENTITY = {"county_code", "county_name", "school_id", "school_name"}
COUNTY_KEYS = {"school_year", "county_code", "county_name"}
MADE_HERE = {"source", "province_code", "file", "sheet", "row"}
"""Columns of a table that no file states."""
FIELDS = {entry["column"]: entry for entry in school_fields()}


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_there_are_the_sources_and_the_national_return_has_two_layouts() -> None:
    assert list(sources()) == ["br-maracanau", "cn-forms", "cn-returns", "tw-moe"]
    cn = sources()["cn-returns"]
    assert cn.episodes("school") == ((0, 2020), (2021, 9998))
    assert (len(cn.headers("school", 2020)), len(cn.headers("school", 2021))) == (155, 158)


def table_of(source: Source, layout: str) -> str:
    return source.described.layouts[layout].table


def test_the_national_source_has_a_layout_for_every_table_that_a_county_reports() -> None:
    layouts = sources()["cn-returns"].described.layouts
    assert {layout.table for layout in layouts.values()} == {"schools", *(c.name for c in COUNTY_INPUTS)}
    assert [name for name, layout in layouts.items() if layout.table == "schools"] == ["school"]


@pytest.mark.parametrize("contract", COUNTY_INPUTS, ids=lambda contract: contract.name)
def test_a_countys_sheet_has_a_header_for_every_column_and_its_layout_names_columns_of_it(contract: Contract) -> None:
    cn = sources()["cn-returns"]
    headers = cn.headers(contract.name, 2023)
    assert [header.column for header in headers] == [c.name for c in contract.columns if c.name not in MADE_HERE]
    assert {header.factor for header in headers} == {1}
    layout = cn.described.layouts[contract.name]
    blank = {*layout.blank_is_whole, *layout.blank_is_year}
    assert blank <= set(contract.key)
    assert {*layout.prefilled, *blank} <= {header.column for header in headers}
    assert not {plain(guide) for guide in layout.guides} & {plain(header.header) for header in headers}


def test_a_symbol_of_a_countys_sheet_is_read_as_a_code_of_its_column() -> None:
    columns = {column.name: column for contract in COUNTY_INPUTS for column in contract.columns if column.one_of}
    recodes = [(recode, name) for name in columns for recode in sources()["cn-returns"].recodes([name])]
    assert {name for recode, name in recodes if recode.becomes} == {"assessment", "result"}
    for recode, name in recodes:
        assert recode.becomes is None or recode.becomes in (columns[name].one_of or ())


@pytest.mark.parametrize(("source", "layout", "year"), EPISODES)
def test_the_header_map_of_every_episode_is_sound(source: Source, layout: str, year: int) -> None:
    headers = source.headers(layout, year)
    names = [plain(header.header) for header in headers]
    columns = [header.column for header in headers]
    assert len(set(names)) == len(names)
    assert len(set(columns)) == len(columns)
    needed = IDENTITY if table_of(source, layout) == "schools" else COUNTY_KEYS
    named_by_register = {"county_name"} if source.counties else set()
    assert set(columns) >= needed - named_by_register
    assert all(name for name in names)
    for header in headers:
        assert header.factor == (10_000 if "万元" in header.header else 1), header.header
        if header.factor > 1:
            assert FIELDS[header.column]["unit"] == "yuan"


@pytest.mark.parametrize(("source", "layout"), LAYOUTS)
def test_the_episodes_of_a_column_follow_each_other_without_gap_or_overlap(source: Source, layout: str) -> None:
    spans: dict[str, list[tuple[int, int]]] = {}
    for row in read(source.folder / "headers.csv"):
        if row["layout"] == layout:
            span = (int(row["year_from"] or 0), int(row["year_to"] or 9999))
            spans.setdefault(row["column"], []).append(span)
    for column, episodes in spans.items():
        years = [
            sum(low <= year <= high for low, high in episodes) for year in range(FIRST_SCHOOL_YEAR, LAST_SCHOOL_YEAR)
        ]
        assert max(years) == 1, column
        assert "".join(map(str, years)).strip("0").count("0") == 0, column


@pytest.mark.parametrize(("source", "layout"), LAYOUTS)
def test_every_column_is_a_field_of_schools_or_part_of_a_total(source: Source, layout: str) -> None:
    parts = {name for total in source.sums(layout) for name in (total.total, *total.parts)}
    for row in read(source.folder / "headers.csv"):
        if row["layout"] == layout and row["column"] != "school_year":
            known = TABLES[table_of(source, layout)].polars_schema.names()
            assert row["column"] in {*known, *parts}, row


@pytest.mark.parametrize(("source", "layout", "year"), EPISODES)
def test_every_total_has_its_parts_and_leads_to_a_field(source: Source, layout: str, year: int) -> None:
    known = {header.column for header in source.headers(layout, year)}
    used: set[str] = set()
    for total in source.sums(layout):
        assert set(total.parts) <= known, total
        assert len(set(total.parts)) == len(total.parts) > 1
        known.add(total.total)
        used |= set(total.parts)
        assert total.total in FIELDS or total.total in {header.column for header in source.headers(layout, year)}
    fields = set(TABLES[table_of(source, layout)].polars_schema.names())
    assert known - used - fields <= {total.total for total in source.sums(layout)}


@pytest.mark.parametrize("source", sources().values(), ids=list(sources()))
def test_symbols_counties_and_releases_name_what_there_is(source: Source) -> None:
    layouts = source.described.layouts
    columns = {header.column for name in layouts for header in source.headers(name, LATEST)}
    for row in read(source.folder / "recodes.csv"):
        assert source.recodes(sorted(columns)), row
        is_coded = row["columns"] in ("assessment", "result", "area_code")
        assert row["becomes"] in ("", "0") or is_coded, row
    assert set(source.ranks) in (set(), set(layouts))
    for county in source.counties:
        assert re.search(source.described.identifiers.county_code, county["code"])
    assert len({county["code"] for county in source.counties}) == len(source.counties)
    names = {(county["county_code"], county["county_name"]) for county in source.counties}
    assert len(names) == len({code for code, _ in names})
    for layout in layouts.values():
        if layout.table == "schools":
            assert set(layout.constants) <= {"return_part", "school_type_code"}
            assert layout.constants["return_part"] in {"whole", *STAGES}
        else:
            assert not layout.constants
        assert all(re.compile(clue.pattern).groups == 1 for clue in layout.year)
    kinds = {layout.constants.get("school_type_code") for layout in layouts.values()} - {None}
    assert kinds <= {entry["code"] for entry in codes("school_types")}


def test_every_field_that_the_national_return_can_give_has_a_header() -> None:
    given = {header.column for year in (2020, 2021) for header in sources()["cn-returns"].headers("school", year)}
    assert FIELDS.keys() - given == {
        "town_name",
        "support_staff",
        "is_operating",
        "classrooms",
        "classrooms_in_use",
        "multimedia_devices",
    }


def folder(tmp_path: Path, **files: str) -> Path:
    """A copy of a source's folder with other contents in some of its files."""
    for path in (SOURCES / "tw-moe").glob("*"):
        (tmp_path / path.name).write_text(files.get(path.stem, path.read_text("utf-8")), "utf-8")
    return tmp_path


def test_a_source_that_contradicts_itself_is_refused_by_name(tmp_path: Path) -> None:
    top = "layout,column,year_from,year_to,header,factor\n"
    with pytest.raises(SourceError, match=r"headers\.csv: layouts that source\.toml does not know: \['other'\]"):
        Source(folder(tmp_path, headers=f"{top}other,books,,,書,\n"))
    twice = Source(folder(tmp_path, headers=f"{top}primary_csv,books,,,書（冊）,\nprimary_csv,staff,,,書(冊),\n"))
    with pytest.raises(SourceError, match="primary_csv, 2020: headers given twice"):
        twice.headers("primary_csv", 2020)
    with pytest.raises(SourceError, match=r"source\.toml"):
        Source(folder(tmp_path, source="name_zh = 1\n"))
    with pytest.raises(SourceError, match=r"source\.toml"):
        Source(folder(tmp_path, source="name_zh = \n"))
    strange = (SOURCES / "tw-moe" / "source.toml").read_text("utf-8") + 'table = "units"\n'
    with pytest.raises(SourceError, match=r"layouts\.junior_raw\.table: no table “units” is read from files"):
        Source(folder(tmp_path, source=strange))


def test_another_reading_has_another_digest(tmp_path: Path) -> None:
    same = Source(folder(tmp_path)).digest
    assert same == sources()["tw-moe"].digest
    assert Source(folder(tmp_path, recodes="columns,symbol,becomes,not_reported_where\n")).digest != same


# The catalogue of rules. That each of its rules is seen to refuse is shown in test_intake.py.


def test_the_catalogue_has_a_message_in_both_languages_for_every_rule() -> None:
    listed = [entry["rule"] for entry in read(ROOT / "schemas" / "rules.csv")]
    assert len(set(listed)) == len(listed)
    for rule in rules().values():
        assert rule["level"] in ("file", "row", "cell")
        chinese, english = rule["message_zh"], rule["message_en"]
        assert re.search(r"[\u4e00-\u9fff]", chinese)
        assert not re.search(r"[\u4e00-\u9fff]", english.replace("万元", "").replace("是 or 否", ""))
        slots = [set(re.findall(r"\{\w+\}", text)) for text in (chinese, english)]
        assert slots[0] == slots[1] <= {"{value}", "{wanted}"}


_READERS = (
    "archives",
    "limits",
    "reading",
    "recognition",
    "identity",
    "harmonise",
    "intake",
    "form_reading",
    "form_intake",
)


def named_in_code() -> set[str]:
    """Every rule that the intake names outright: the first text of a fault that it makes, or of a list of checks."""
    found: set[str] = set()
    for name in _READERS:
        for node in ast.walk(ast.parse((ROOT / "pipelines" / f"{name}.py").read_text("utf-8"))):
            texts = [
                c.value for c in ast.iter_child_nodes(node) if isinstance(c, ast.Constant) and isinstance(c.value, str)
            ]
            called = getattr(getattr(node, "func", None), "id", "")
            if called == "UnreadableError":
                found.add(texts[0])
            elif called in ("as_faults", "_refuse"):
                found |= {text for text in texts if text not in ("row", "cell")}
            elif isinstance(node, ast.Call) and called == "_Check":
                found |= {str(first.value) for first in node.args[:1] if isinstance(first, ast.Constant)}
            elif isinstance(node, ast.Dict):
                # Checks that share all but their rule are listed as rule → what breaks it.
                keys = [key.value for key in node.keys if isinstance(key, ast.Constant)]
                found |= {str(key) for key in keys if str(key).startswith("school_id_")}
            elif isinstance(node, ast.Tuple) and texts and texts[0].startswith("county_code_"):
                found.add(texts[0])
            elif isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict):
                # What a county may not answer is listed likewise.
                keys = [key.value for key in node.value.keys if isinstance(key, ast.Constant)]
                found |= {str(key) for key in keys if getattr(node.target, "id", "") == "outside"}
            elif isinstance(node, ast.FunctionDef) and node.name.endswith("_rule"):
                found |= set(re.findall(r'"([a-z]+_[a-z_]+|scientific)"', ast.unparse(node).replace("'", '"')))
    return found


def test_every_rule_named_in_the_code_stands_in_the_catalogue_and_the_other_way_round() -> None:
    logic = {rule.name.removesuffix("_primary").removesuffix("_junior") for rule in SCHOOLS.rules}
    logic |= {rule.name for contract in COUNTY_INPUTS for rule in contract.rules}
    of_contract = {"negative", "too_large", "unknown_code", "form"}
    in_code = named_in_code()
    assert {"empty_file", "open_quote", "missing_header", "county_unknown", "repeated_school", "not_whole"} <= in_code
    assert in_code | logic | of_contract == set(rules())


def test_every_logic_rule_of_both_stages_shares_one_message() -> None:
    names = {rule.name for rule in SCHOOLS.rules}
    for name in names:
        for stage, other in (("_primary", "_junior"), ("_junior", "_primary")):
            if name.endswith(stage):
                assert name.removesuffix(stage) + other in names
