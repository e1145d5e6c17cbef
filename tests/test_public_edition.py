"""The public edition tells no school's confidential figure, neither on a page nor by what can be reckoned from pages."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path

import msgspec
import polars as pl
import pytest

from pipelines.disclosure import confidential_indicators, public_tables, suppressed_cells
from pipelines.synthetic import province as synthetic
from reports import display
from reports.public import PublicEdition
from reports.site import render_index, render_methods, render_year
from schemas.contract import accept, conform
from schemas.corrections import CORRECTIONS
from schemas.disclosure import RULES, Disclosure, DisclosureError, disclosure, field_rows
from schemas.source import open_sources, sources
from schemas.tables import SCHOOLS, SUPPRESSED_CELLS, TABLES, school_fields, shared_fields
from standards.standard import Standard
from tests.test_contracts import rows as sound
from tests.test_reports import EVIL, SOUND, STANDARDS, TW, Row, Tables, computed, computed_from

YEARS = (2021, 2022, 2023)
Standards = Mapping[str, Standard]
KEY = ["standard", "stage", "indicator"]
NINE_YEARS: Row = {
    "school_type_code": "312",
    "pupils_junior": 500,
    "classes_junior": 12,
    "full_time_teachers_junior": 40,
    "key_teachers_junior": 7,
    "teachers_mid_junior": 11,
}


def school(number: int, nth: int, **more: object) -> Row:
    """A school of a county, its confidential figures unlike those of any other."""
    drawn = {
        "county_code": f"6901{number:02d}",
        "county_name": f"第{number}县",
        "school_id": f"21690{number:02d}{nth:03d}",
        "school_name": f"{number}县{nth}校",
        "books": 30_000 + 997 * number + 131 * nth**2,
        "computers": 120 + 7 * number + 3 * nth**2,
        "teaching_auxiliary_area_m2": 6000 + 113 * number + 17 * nth**2,
        "equipment_value_yuan": 2_500_000 + 10_007 * number + 1_009 * nth**2,
        "multimedia_rooms": 25 + nth**2,
        "key_teachers_primary": 12 + nth**2,
    }
    return SOUND | drawn | more


def province(year: int) -> list[Row]:
    """Seven counties: two plain; of two schools; of one; with a private and a nine-year school; one that owns nearly all books; named ill."""
    shift = year - YEARS[0]
    return [
        *(school(1, nth, books=31_000 + 97 * nth**2 + shift) for nth in range(1, 6)),
        *(school(2, nth, books=32_000 + 89 * nth**2 + shift) for nth in range(1, 7)),
        *(school(3, nth) for nth in range(1, 3)),
        school(4, 1),
        *(school(5, nth) for nth in range(1, 4)),
        school(5, 4, operator_code="999"),
        school(5, 5, **NINE_YEARS),
        *(school(6, nth, books=4_000_000 if nth == 1 else 100 + nth) for nth in range(1, 5)),
        *(school(7, nth, school_name=EVIL if nth == 1 else f"7县{nth}校") for nth in range(1, 5)),
        *TW,
    ]


@cache
def tables() -> Tables:
    """The tables of the drawn province, and what the rules in force withhold of it."""
    made = computed({year: province(year) for year in YEARS})
    return made | {"suppressed_cells": withheld(made)}


def withheld(made: Tables, rules: Disclosure | None = None) -> pl.DataFrame:
    return pl.concat(
        suppressed_cells(
            made["unit_indicators"].filter(pl.col("school_year") == year),
            made["county_dispersion"].filter(pl.col("school_year") == year),
            rules or disclosure(),
            STANDARDS.values(),
            open_sources(),
        )
        for year in YEARS
    )


def edition(made: Tables) -> tuple[Tables, PublicEdition]:
    told = public_tables(made, disclosure(), list(STANDARDS.values()), open_sources())
    about = PublicEdition(
        cells=told.cells, province_means=told.province_means, rules=disclosure(), open_sources=open_sources()
    )
    return dict(told.tables), about


def public_pages(made: Tables, years: tuple[int, ...] = YEARS) -> dict[str, str]:
    """Every file of the public root."""
    told, about = edition(made)
    pages: dict[str, str] = {}
    common = {"standards": STANDARDS, "sources": sources(), "years": years, "is_synthetic": False, "public": about}
    for year in years:
        pages |= dict(render_year(told, year, **common))  # type: ignore[arg-type]
    pages |= dict(render_methods(STANDARDS, sources(), is_synthetic=False, public=about))
    return pages | dict(render_index(told, **common))  # type: ignore[arg-type]


@cache
def pages() -> dict[str, str]:
    return public_pages(tables())


@cache
def internal() -> dict[str, str | bytes]:
    found: dict[str, str | bytes] = {}
    for year in YEARS:
        found |= dict(
            render_year(tables(), year, standards=STANDARDS, sources=sources(), years=YEARS, is_synthetic=False)
        )
    return found


def cells(rule: str, *, year: int = 2023) -> set[tuple[str, str, str, str]]:
    rows = tables()["suppressed_cells"].filter(pl.col("rule") == rule, pl.col("school_year") == year)
    return set(rows.select("county_code", "standard", "stage", "indicator").iter_rows())


def test_every_field_of_a_return_is_ruled_public_or_confidential() -> None:
    groups = {entry["group"] for entry in school_fields()}
    assert groups == {row["group"] for row in field_rows() if not row["base"]}
    assert {row["base"] for row in field_rows() if row["base"]} <= {entry["base"] for entry in school_fields()}
    assert {"pupils", "classes", "school_name"} <= disclosure().public
    assert not disclosure().public & {"full_time_teachers", "books", "equipment_value_yuan", "staff", "deaths"}


def test_a_home_rules_otherwise_in_a_file_of_its_own(tmp_path: Path) -> None:
    own = tmp_path / "disclosure.toml"
    own.write_text('minimum_units = 5\npublic = ["books"]\nconfidential = ["classes"]\n', encoding="utf-8")
    rules = disclosure(own)
    assert rules.minimum_units == 5
    assert "books" in rules.public
    assert "classes" not in rules.public


@pytest.mark.parametrize(
    "text", ['public = ["book"]', "minimum_units = 0", "dominant_share = 2.0", "minimum = 3", "not toml"]
)
def test_a_faulty_file_of_rules_is_refused_by_its_name(tmp_path: Path, text: str) -> None:
    own = tmp_path / "disclosure.toml"
    own.write_text(text, encoding="utf-8")
    with pytest.raises(DisclosureError, match=r"disclosure\.toml"):
        disclosure(own)


def test_a_county_figure_of_fewer_than_three_schools_is_withheld() -> None:
    few = {code for code, _standard, _stage, _indicator in cells("few_units")}
    assert {"690103", "690104"} <= few
    assert not few & {"690101", "690102"}
    assert ("690105", "cn-quality-2017", "junior", "multimedia_rooms") in cells("few_units")


def test_a_county_figure_that_one_school_makes_nearly_alone_is_withheld() -> None:
    # 4,000,000 of 4,000,309 books; under a limit of 0.9.
    assert ("690106", "cn-basic-2012", "primary", "books") in cells("dominance")
    assert cells("dominance") == {("690106", "cn-basic-2012", "primary", "books")}


def test_of_two_standards_whose_totals_differ_by_a_private_school_one_gives_way() -> None:
    # The 2012 standard leaves the private school out: total less total would be its own figure.
    found = cells("other_standard")
    assert {code for code, *_rest in found} == {"690105"}
    assert ("690105", "cn-basic-2012", "primary", "teaching_area") in found
    assert {standard for _code, standard, _stage, _indicator in found} == {"cn-basic-2012"}


def test_a_composite_of_which_one_part_is_withheld_is_withheld() -> None:
    assert ("690106", "cn-basic-2012", "primary", "composite") in cells("composite")
    assert ("690101", "cn-basic-2012", "primary", "composite") not in cells("composite")


def test_the_list_of_withheld_cells_keeps_its_contract_and_the_rules_names() -> None:
    accept(tables()["suppressed_cells"], SUPPRESSED_CELLS)
    assert set(tables()["suppressed_cells"]["rule"]) == set(RULES)


def test_a_source_that_is_open_by_school_is_told_whole() -> None:
    assert "tw-moe" in open_sources()
    told, _about = edition(tables())
    of_tw = pl.col("source") == "tw-moe"
    for name in ("unit_indicators", "county_dispersion", "variance_shares"):
        assert told[name].filter(of_tw).equals(tables()[name].filter(of_tw))
    page = pages()["2023/01/index.html"]
    assert "公开版不隐去其任何数字" in page
    assert f">{display.SUPPRESSED}<" not in page


def test_a_table_that_the_module_does_not_name_is_not_told() -> None:
    told, _about = edition(tables())
    assert set(told) == set(TABLES)
    for name in ("returns", "quarantine", "county_measures", "lineage_candidates", "pioneer_candidates"):
        assert told[name].height == 0


def test_nothing_that_is_unusual_in_a_school_s_return_is_told_nor_what_was_said_of_it() -> None:
    names = ("experience_findings", "finding_explanations")
    drawn = {name: sound(TABLES[name], 2).with_columns(source=pl.lit("cn-returns")) for name in names}
    told, _about = edition(tables() | drawn)
    assert [told[name].height for name in names] == [0, 0]


FIGURES = {
    "county_dispersion": "mean sd cv limit margin cv_low cv_high",
    "resource_verdicts": "",
    "year_over_year": "value_before value change change_percent cv_before cv cv_change",
    "three_year_monitoring": "mean_two_years_before mean_year_before mean cv_two_years_before cv_year_before cv "
    "limit margin",
    "unit_indicators": "numerator denominator value norm floor",
    "county_checks": "numerator denominator value limit",
    "county_items": "points score",
    "county_parts": "score_low score_high total pass_mark",
    "county_verdicts": "",
    "school_lineage": "",
    "school_changes": "",
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_of_a_told_table_has_been_ruled(name: str) -> None:
    # A new figure in one of these tables is told as it is: say here, and in pipelines/disclosure.py, that it may be.
    floats = [column.name for column in TABLES[name].columns if column.dtype.is_float() or column.dtype.is_decimal()]
    assert floats == FIGURES[name].split()


# The attack: every mean that the public faces print is a linear relation between the schools' own figures, whose
# coefficients (pupils, weights of a split) are public.


def told_means(found: dict[str, str]) -> Iterator[tuple[int, str, str, str, str]]:
    """School year, county, standard, stage and indicator of every mean in a public `report.json`."""
    for path, content in found.items():
        if not path.endswith("report.json"):
            continue
        report = json.loads(content)
        if report["source"]["source"] in open_sources():
            continue
        for standard in report["standards"]:
            for stage in standard["stages"]:
                for indicator in stage["indicators"]:
                    place = report["school_year"], report["county"]["code"], standard["standard"], stage["stage"]
                    if indicator["mean"] is not None:
                        yield *place, indicator["indicator"]
                    common = indicator["change_common"]
                    if common is not None and indicator["indicator"] in CONFIDENTIAL:
                        assert common["value"] is None
                        assert common["cv_change"] is None


CONFIDENTIAL = set(confidential_indicators(disclosure(), STANDARDS.values())["indicator"])


def relations(
    found: dict[str, str], made: Tables, standards: Standards = STANDARDS
) -> dict[tuple[int, str, str], list[dict[str, Fraction]]]:
    """By school year, county and quantity: what each told mean says, as coefficients of the schools' own figures."""
    closed = confidential_indicators(disclosure(), standards.values())
    quantity = {(row[0], row[1], row[2]): row[3] for row in closed.iter_rows()}
    values = made["unit_indicators"].filter(pl.col("value").is_not_null())
    shared = set(shared_fields())
    shares = {(row["school_year"], row["standard"], row["unit_id"]): row for row in made["units"].iter_rows(named=True)}
    groups = dict(
        values.partition_by(["school_year", "county_code", "standard", "stage", "indicator"], as_dict=True).items()
    )
    system: dict[tuple[int, str, str], list[dict[str, Fraction]]] = {}
    for year, code, standard, stage, name in told_means(found):
        what = quantity.get((standard, stage, name))
        if what is None:
            continue
        indicator = standards[standard].indicator(name)
        is_split = set(indicator.added(stage)) <= set(standards[standard].split.resources)
        row: dict[str, Fraction] = {}
        for unit in groups[year, code, standard, stage, name].iter_rows(named=True):
            known = shares[year, standard, unit["unit_id"]]
            if is_split:
                row[unit["school_id"]] = Fraction(known["share_numerator"], known["share_denominator"])
            elif shared.issuperset(indicator.added(stage)):
                row[unit["school_id"]] = Fraction(1)
            else:
                row[f"{unit['school_id']}/{stage}"] = Fraction(1)
        system.setdefault((year, code, what), []).append(row)
    return system


def solved(rows: Iterable[dict[str, Fraction]]) -> set[str]:
    """The unknowns that linear relations determine: those that stand alone in a row of the reduced echelon form."""
    reduced: list[tuple[str, dict[str, Fraction]]] = []
    for given in rows:
        row = dict(given)
        for pivot, other in reduced:
            row = _less(row, other, row.get(pivot, Fraction(0)))
        if not row:
            continue
        pivot = min(row)
        row = {name: value / row[pivot] for name, value in row.items()}
        reduced = [(name, _less(other, row, other.get(pivot, Fraction(0)))) for name, other in reduced]
        reduced.append((pivot, row))
    return {next(iter(row)) for _pivot, row in reduced if len(row) == 1}


def _less(row: dict[str, Fraction], other: dict[str, Fraction], times: Fraction) -> dict[str, Fraction]:
    if not times:
        return row
    names = dict.fromkeys([*row, *other])
    found = {name: row.get(name, Fraction(0)) - times * other.get(name, Fraction(0)) for name in names}
    return {name: value for name, value in found.items() if value}


def recovered(found: dict[str, str], made: Tables, standards: Standards = STANDARDS) -> set[tuple[int, str, str]]:
    """School year, quantity and school (or unit) of every confidential figure that the public faces determine."""
    return {
        (year, what, unknown)
        for (year, _code, what), rows in relations(found, made, standards).items()
        for unknown in solved(rows)
    }


def test_the_solver_finds_what_two_totals_determine() -> None:
    one = Fraction(1)
    # x + y + z and x + y give z; neither x nor y.
    assert solved([{"x": one, "y": one, "z": one}, {"x": one, "y": one}]) == {"z"}
    assert solved([{"x": one, "y": one}, {"y": one, "z": one}]) == set()


def test_no_school_s_figure_follows_from_what_the_public_pages_say() -> None:
    assert len(relations(pages(), tables())) > 50
    assert recovered(pages(), tables()) == set()


@pytest.mark.parametrize("rule", ["few_units", "other_standard"])
def test_without_a_rule_the_attack_recovers_a_school_s_figure(rule: str) -> None:
    without = tables()["suppressed_cells"].filter(pl.col("rule") != rule)
    assert recovered(public_pages(tables() | {"suppressed_cells": without}), tables())


def test_no_school_s_figure_follows_in_the_invented_province() -> None:
    placed = {
        "school_year": 2023,
        "source": "cn-returns",
        "province_code": "690000",
        "return_part": "whole",
        "file": "drawn.csv",
    }
    schools = synthetic()[2023].with_columns(pl.lit(value).alias(name) for name, value in placed.items())
    made = computed_from(conform(schools, SCHOOLS), (2023,))
    made |= {"suppressed_cells": withheld(made)}
    found = public_pages(made, (2023,))
    assert {"few_units", "other_standard", "composite"} <= set(made["suppressed_cells"]["rule"])
    assert len(relations(found, made)) > 100
    assert recovered(found, made) == set()
    without = made | {"suppressed_cells": made["suppressed_cells"].filter(pl.col("rule") != "other_standard")}
    assert recovered(public_pages(without, (2023,)), made)


def lone(found: dict[str, str]) -> list[str]:
    """Stages whose composite is told while exactly one CV of theirs is not: it would follow."""
    bad = []
    for path, content in found.items():
        if not path.endswith("report.json"):
            continue
        for standard in json.loads(content)["standards"]:
            for stage in standard["stages"]:
                cvs = {row["indicator"]: (row["cv"], row["reason"]) for row in stage["indicators"]}
                hidden = [name for name, (_cv, reason) in cvs.items() if reason == "suppressed" and name != "composite"]
                if len(hidden) == 1 and cvs.get("composite", (None, ""))[0] is not None:
                    bad.append(f"{path} {standard['standard']} {stage['stage']} {hidden}")
    return bad


def test_no_composite_tells_the_one_coefficient_that_is_withheld() -> None:
    assert lone(pages()) == []
    without = tables()["suppressed_cells"].filter(pl.col("rule") != "composite")
    assert lone(public_pages(tables() | {"suppressed_cells": without}))


def test_a_province_s_mean_rank_and_median_are_withheld_where_a_county_s_figure_is() -> None:
    report = json.loads(pages()["2023/690101/report.json"])
    hidden = {(s, st, i) for rule in RULES for _code, s, st, i in cells(rule)}
    for standard in report["standards"]:
        for stage in standard["stages"]:
            for row in stage["indicators"]:
                place = standard["standard"], stage["stage"], row["indicator"]
                if place in hidden:
                    standing = row["standing"]
                    assert (standing["rank"], standing["province_mean"], standing["province_cv_median"]) == (None,) * 3


# The crawl.


def test_no_confidential_figure_of_a_school_stands_in_any_file_of_the_public_root() -> None:
    closed = confidential_indicators(disclosure(), STANDARDS.values())
    values = (
        tables()["unit_indicators"]
        .filter(pl.col("source") == "cn-returns", pl.col("value").is_not_null())
        .join(closed, on=KEY, how="semi")
    )
    shown = set(values.select("school_name", "value", "numerator", "unit").unique().iter_rows())
    assert len(shown) > 100
    # A figure that several schools have is their county's mean as well: only one that a single school has gives it away.
    owners: dict[str, set[str]] = {}
    for name, value, numerator, _unit in shown:
        for number in (value, numerator):
            owners.setdefault(repr(number), set()).add(name)
    distinctive = {number for number, names in owners.items() if len(names) == 1 and len(number) > 6}
    assert len(distinctive) > 50
    beside = {(name, display.measured(value, unit)) for name, value, _numerator, unit in shown if name != EVIL}
    for path, content in pages().items():
        written = set(re.findall(r"\d+(?:\.\d+)?", content))
        assert not written & distinctive, path
        lines = [line for line in content.splitlines() if "校" in line and path.endswith((".html", ".md"))]
        for line in lines:
            for name, text in beside:
                assert not (
                    name in line and re.search(rf"(?<![\d.,]){re.escape(text)}(?![\d.,])", line) and "." in text
                ), (path, name, text)


def test_a_correction_tells_the_public_nothing_of_the_school_that_it_concerns() -> None:
    owner = tables()["schools"].filter(school_year=2023, source="cn-returns").row(0, named=True)
    listed = {name: owner[name] for name in ("source", "county_code", "school_id", "school_name", "file", "row")} | {
        "school_year": 2023, "correction": "更正编号甲", "table": "schools", "where": f"school_id={owner['school_id']}",
        "column": "books", "value_before": "7654321", "value": "8765432", "is_kept": True, "reason": "更正理由甲",
        "document": "更正文件甲", "listed_in": "corrections/cn-returns.csv", "listed_row": 2,
    }  # fmt: skip
    made = tables() | {"corrections": conform(pl.DataFrame([listed]), CORRECTIONS)}
    common = {"standards": STANDARDS, "sources": sources(), "years": YEARS, "is_synthetic": False}
    inside = dict(render_year(made, 2023, **common))  # type: ignore[arg-type]
    told = ("更正编号甲", "7654321", "8765432", "更正理由甲", "更正文件甲", "更正的数据")
    page = str(inside[f"2023/{owner['county_code']}/index.html"])
    assert [text for text in told if text not in page] == []
    for path, content in public_pages(made, (2023,)).items():
        assert not [text for text in told if text in content], path


def test_no_link_leaves_the_public_root_and_none_is_broken() -> None:
    for path, content in pages().items():
        if not path.endswith(".html"):
            continue
        for href in re.findall(r'href="([^"#]+)', content):
            if href.startswith("data:"):
                continue
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), href))
            assert target in pages(), (path, href)


def test_the_public_root_has_the_site_s_pages_and_no_papers() -> None:
    papers = {path for path in internal() if "/forms/" in path or "/documents/" in path}
    assert papers
    evidence = {path for path in internal() if path.endswith("/evidence.html")}
    assert evidence
    assert not [path for path, content in pages().items() if "evidence.html" in str(content)]
    methods = {f"{tree}methods/{name}.html" for tree in ("", "en/") for name in ("index", *STANDARDS)}
    first = {"index.html", "en/index.html"}
    assert set(pages()) - first - methods == set(internal()) - papers - evidence
    assert methods <= set(pages())


def test_every_public_page_says_that_it_is_public_and_what_is_withheld() -> None:
    for path, content in pages().items():
        if path.endswith((".html", ".md")):
            edition, withheld = ("public edition", "withheld") if path.startswith("en/") else ("公开版", "不公开")
            assert edition in content, path
            assert withheld in content, path
    assert not any(re.search("公开版|public edition", str(content)) for content in internal().values())


def test_where_nothing_is_withheld_public_and_internal_figures_agree() -> None:
    names = ("mean", "sd", "cv", "margin", "limit", "status", "cv_low", "cv_high")
    for path in ("2023/690101/report.json", "2023/690105/report.json"):
        inside, outside = json.loads(internal()[path]), json.loads(pages()[path])
        compared = 0
        for mine, theirs in zip(outside["standards"], inside["standards"], strict=True):
            for stage, other in zip(mine["stages"], theirs["stages"], strict=True):
                for row, whole in zip(stage["indicators"], other["indicators"], strict=True):
                    if row["reason"] != "suppressed":
                        assert [row[name] for name in names] == [whole[name] for name in names]
                        compared += 1
        assert compared


def test_no_place_of_a_file_is_told() -> None:
    for path, content in pages().items():
        assert "drawn.csv" not in content, path


def test_the_public_edition_is_the_same_bytes_again() -> None:
    assert public_pages(tables()) == pages()


def test_a_school_s_name_is_text_on_every_public_face() -> None:
    named = [path for path, content in pages().items() if "alert(1)" in content]
    assert {path.rsplit(".", 1)[1] for path in named} >= {"html", "md", "json"}
    for path in named:
        if path.endswith(".html"):
            assert "<script>alert" not in pages()[path]
            assert "&lt;script&gt;alert(1)&lt;/script&gt;=SUM(A1)" in pages()[path]
        if path.endswith(".json"):
            assert EVIL in msgspec.json.decode(pages()[path].encode(), strict=True).__repr__()


def test_a_few_schools_counts_and_verdicts_are_withheld_and_the_county_s_verdict_stays() -> None:
    report = json.loads(pages()["2023/690104/report.json"])
    quality = next(s for s in report["standards"] if s["standard"] == "cn-quality-2017")
    (primary,) = [stage for stage in quality["stages"] if stage["stage"] == "primary"]
    assert (primary["units_meeting"], primary["verdict"], primary["school_rule"]) == (None, "withheld", "withheld")
    assert quality["resource"]["units_meeting"] is None
    assert quality["resource"]["verdict"] in ("met", "not_met", "undetermined")


def test_the_page_of_disclosure_lists_the_fields_as_the_rules_have_them() -> None:
    page = (Path(__file__).parent.parent / "docs" / "disclosure.md").read_text("utf-8")
    wanted = [
        f"| {row['group']} | {'`' + row['base'] + '`' if row['base'] else 'all others'} "
        f"| {'shown' if row['is_public'] == 'yes' else 'confidential'} | {row['reason']} |"
        for row in field_rows()
    ]
    block = page.split("|---|---|---|---|\n", 1)[1].split("<!-- end of fields -->", 1)[0]
    assert block.splitlines() == wanted
    assert f"default {disclosure().minimum_units}" in page
    assert f"default {disclosure().dominant_share}" in page
    assert all(f"`{rule}`" in page for rule in RULES)


def test_the_change_of_the_schools_of_both_years_is_shown_as_withheld_not_as_absent() -> None:
    report = json.loads(pages()["2023/690101/report.json"])
    reasons = {
        row["change_common"]["reason"]
        for standard in report["standards"]
        for stage in standard["stages"]
        for row in stage["indicators"]
        if row["change_common"] is not None and row["indicator"] in CONFIDENTIAL
    }
    assert reasons == {"suppressed"}
    page = pages()["2023/690101/report.md"]
    assert "较上年（同校）" in page
    assert f"| {display.SUPPRESSED} |" in page
