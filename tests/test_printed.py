"""A publisher's printed figures, held against one another."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from pipelines.printed import findings, permutations, read_printed
from schemas.publication import publications
from tests.test_command import run

NBS = publications()["cn-nbs"]
REAL = Path(__file__).parents[2] / "shared" / "data" / "cn-nbs"
PARTS = "省份编码,省份,年份,普通小学在校学生数(万人),普通小学专任教师数(万人)\n"
RATIOS = "省份编码,省份,年份,小学生师比(教师人数=1)\n"


def read(*files: str) -> pl.DataFrame:
    printed, refused, others = read_printed([(f"{i}.csv", text.encode()) for i, text in enumerate(files)], NBS)
    assert refused.is_empty()
    assert not others
    return printed


def test_a_ratio_that_its_parts_do_not_give_is_named_with_what_they_give() -> None:
    # 200,000 pupils and 10,000 teachers: 20.
    found = findings(read(f"{PARTS}110000,北京市,2006,20,1\n", f"{RATIOS}110000,北京市,2006,21.5\n"), NBS)
    assert found.select("finding", "place", "year", "printed", "expected", "status").rows() == [
        ("identity", "110000", 2006, 21.5, 20.0, "open")
    ]


def test_a_ratio_within_its_rounding_agrees() -> None:
    # 200,000 / 12,000 = 16.6667, printed 16.67.
    found = findings(read(f"{PARTS}110000,北京市,2006,20,1.2\n", f"{RATIOS}110000,北京市,2006,16.67\n"), NBS)
    assert found.is_empty()


def test_values_that_changed_places_are_told_whose_they_are() -> None:
    parts = PARTS + "110000,北京市,2006,20,1\n120000,天津市,2006,15,1\n130000,河北省,2006,12,1\n"
    ratios = RATIOS + "110000,北京市,2006,15\n120000,天津市,2006,12\n130000,河北省,2006,20\n"
    found = findings(read(parts, ratios), NBS)
    assert found.select("finding", "place_name", "value_of").rows() == [
        ("permuted", "北京市", "天津市"),
        ("permuted", "天津市", "河北省"),
        ("permuted", "河北省", "北京市"),
    ]
    assert permutations(found) == [("pupils_per_teacher_primary", 2006, 3)]


def series(factor: float) -> pl.DataFrame:
    lines = [f"110000,北京市,{year},{20 * (factor if year == 2004 else 1)},1\n" for year in range(2001, 2008)]
    return read(PARTS + "".join(lines))


def test_a_year_nineteen_times_its_neighbours_is_flagged_alone() -> None:
    found = findings(series(19), NBS)
    assert found.select("finding", "figure", "year", "printed", "expected").rows() == [
        ("spike", "pupils_primary", 2004, 3_800_000.0, 200_000.0)
    ]
    assert findings(series(1 / 19), NBS)["year"].to_list() == [2004]


def test_a_documented_cause_explains_a_finding_and_one_without_document_does_not() -> None:
    told = pl.DataFrame(
        {
            "figure": ["pupils_primary"],
            "place": ["110000"],
            "year": [2004],
            "cause": ["并入外来人口"],
            "document": ["统计公报"],
        },
        schema_overrides={"year": pl.Int32},
    )
    assert findings(series(19), NBS, told)["status"].to_list() == ["explained"]
    undocumented = told.with_columns(document=pl.lit(None, pl.String))
    assert findings(series(19), NBS, undocumented)["status"].to_list() == ["open"]


def test_what_is_no_number_is_refused_with_file_and_row_and_the_rest_is_kept() -> None:
    text = f"{PARTS}110000,北京市,2006,二十,1\n,某地,2006,20,1\n110000,北京市,2007,20,1\n"
    printed, refused, _ = read_printed([("a.csv", text.encode())], NBS)
    assert refused.select("file", "row", "value", "rule").rows() == [
        ("a.csv", 3, "2006", "no_place_or_year"),
        ("a.csv", 2, "二十", "not_a_number"),
    ]
    assert printed.height == 3


def test_two_files_that_print_different_figures_of_one_place_and_year_are_both_refused() -> None:
    texts = (f"{PARTS}110000,北京市,2006,20,1\n", f"{PARTS}110000,北京市,2006,21,1\n")
    printed, refused, _ = read_printed([(f"{i}.csv", text.encode()) for i, text in enumerate(texts)], NBS)
    assert refused["rule"].to_list() == ["two_values", "two_values"]
    assert printed["figure"].to_list() == ["full_time_teachers_primary"]


def test_a_file_in_gb18030_is_read_as_its_siblings() -> None:
    content = f"{PARTS}110000,北京市,2006,20,1\n".encode("gb18030")
    assert read_printed([("a.csv", content)], NBS)[0]["place_name"].unique().to_list() == ["北京市"]


def test_the_command_says_what_is_wrong_and_ends_with_one_until_it_is_explained(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    lines = [f"110000,北京市,{year},{20 * (19 if year == 2004 else 1)},1\n" for year in range(2001, 2008)]
    (tmp_path / "tables" / "a.csv").write_text(PARTS + "".join(lines), "utf-8")
    found = run("reconcile", tmp_path / "tables")
    assert found.returncode == 1
    assert "公布 3,800,000" in found.stdout.decode()
    causes = tmp_path / "causes.csv"
    causes.write_text("figure,place,year,cause,document\npupils_primary,110000,2004,并校,甲文\n", "utf-8")
    assert run("reconcile", tmp_path / "tables", "--causes", causes).returncode == 0
    causes.write_text("figure,place\n", "utf-8")
    assert run("reconcile", tmp_path / "tables", "--causes", causes).returncode == 2
    assert run("reconcile", tmp_path / "nowhere").returncode == 2


@pytest.mark.skipif(not REAL.exists(), reason=f"no real tables: {REAL} is absent")
def test_the_national_table_whose_2006_ratios_are_permuted_over_sixteen_provinces_is_found() -> None:
    printed, refused, _ = read_printed([(path.name, path.read_bytes()) for path in sorted(REAL.rglob("*.csv"))], NBS)
    assert refused.is_empty()
    found = findings(printed, NBS)
    assert permutations(found) == [("pupils_per_teacher_primary", 2006, 16)]
    ratios = found.filter(pl.col("figure").str.starts_with("pupils_per_teacher"))
    assert ratios["finding"].unique().to_list() == ["permuted"]
    # One more misfit of the same tables: Shanxi 2000 prints a growth of 6.10 where birth less death gives 6.20.
    others = found.filter(~pl.col("figure").str.starts_with("pupils_per_teacher"))
    assert others.select("finding", "place_name", "year").rows() == [("identity", "山西省", 2000)]
