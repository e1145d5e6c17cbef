"""An evidence pack agrees with itself, is the same bytes again, and says of everything tampered with that it was."""

from __future__ import annotations

import ast
import csv
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import msgspec
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets import pack_check
from assets.explained import NoSuchFigureError
from assets.home import Home
from assets.pack import pack, sums, zipped
from assets.pack_check import SUMS
from assets.verified import NoPackError, verified
from pipelines.synthetic import province
from reports.return_workbook import return_frame
from schemas.source import sources
from schemas.tables import UNIT_INDICATORS
from standards.standard import Dispersion, Plausible, standards
from tests.county import figures
from tests.drawing import cells, headers, write_text
from tests.drawn_home import drawn_home

Files = dict[str, bytes]
YEAR, COUNTY = 2021, "690126"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A county of the invented province, one of whose schools has a cell that cannot be read."""
    folder = tmp_path_factory.mktemp("pack")
    rows = province()[YEAR].filter(pl.col("county_code") == COUNTY)
    frame = return_frame(sources()["cn-returns"], "school", YEAR, rows)
    books = pl.when(pl.int_range(pl.len()) == 3).then(pl.lit("很多")).otherwise(pl.col("图书册数"))
    frame.with_columns(books.alias("图书册数")).write_csv(folder / "2021.csv")
    return drawn_home(folder / "home", [folder / "2021.csv"])


@pytest.fixture(scope="module")
def whole(home: Home) -> Files:
    return pack(home, YEAR, COUNTY)


def mended(files: Files) -> Files:
    """The files with the hashes that they have, as a forger would list them."""
    return files | {SUMS: sums({name: content for name, content in sorted(files.items()) if name != SUMS})}


def changed(files: Files, name: str, where: dict[str, str], **cells_of: str) -> Files:
    """A table of the pack with cells of the first row that fits set to something else."""
    rows = list(csv.DictReader(io.StringIO(files[name].decode(), newline="")))
    row = next(row for row in rows if all(row[column] == value for column, value in where.items()))
    assert all(row[column] != value for column, value in cells_of.items())
    row.update(cells_of)
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, rows[0], lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return files | {name: text.getvalue().encode()}


def faults(files: Files) -> set[str]:
    return {what for what, _, _ in pack_check.check(files).faults}


def test_a_pack_agrees_with_itself(whole: Files) -> None:
    found = pack_check.check(whole)
    assert found.agrees, found.faults
    assert {"hashes", "units", "unit_indicators", "county_dispersion", "school_verdicts", "resource_verdicts"} <= set(
        found.checked
    )
    assert min(found.checked.values()) > 10


def test_a_pack_holds_rows_accepted_and_refused_standards_formulas_hashes_and_versions(whole: Files) -> None:
    schools = pl.read_csv(whole["tables/schools.csv"], infer_schema=False)
    assert schools.height == 21
    refused = pl.read_csv(whole["tables/quarantine.csv"], infer_schema=False)
    assert refused.select("column", "value", "rule").rows() == [("books", "很多", "not_a_number")]
    cells_read = pl.read_csv(whole["inputs.csv"], infer_schema=False)
    assert cells_read.filter(pl.col("column") == "pupils_primary")["header"].unique().to_list() == ["小学在校生数"]
    files = pl.read_csv(whole["files.csv"], infer_schema=False)
    assert files.select("file", "received_on").rows() == [("2021.csv", "2022-03-01")]
    about = json.loads(whole["pack.json"])
    assert about["standards"] == ["cn-basic-2012", "cn-quality-2017"]
    assert {"edition", "junheng", "code_sha256", "libraries"} <= set(about)
    assert {"check.py", "README.md", "formulas.md", "standards/cn-quality-2017.toml"} <= set(whole)


def test_a_pack_made_again_is_the_same_bytes(home: Home, whole: Files) -> None:
    again = pack(home, YEAR, COUNTY)
    assert again == whole
    assert list(again) == list(whole)
    assert zipped(again, "x") == zipped(dict(reversed(whole.items())), "x")
    with zipfile.ZipFile(io.BytesIO(zipped(whole, "x"))) as parts:
        assert {entry.date_time for entry in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def unpacked(files: Files, folder: Path) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def alone(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The pack's own script, by a Python that sees nothing but its standard library."""
    command = [sys.executable, "-I", "-S", "-X", "utf8", str(folder / "check.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, cwd="/")


def test_the_packs_own_script_needs_nothing_but_python_and_agrees(whole: Files, tmp_path: Path) -> None:
    done = alone(unpacked(whole, tmp_path / "a"))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "全部一致 agrees"
    zip_file = tmp_path / "a.zip"
    zip_file.write_bytes(zipped(whole, "evidence"))
    assert alone(tmp_path / "a", str(zip_file)).returncode == 0
    tree = ast.parse(whole["check.py"])
    named = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    named |= {alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
    assert {str(name).split(".")[0] for name in named} <= set(sys.stdlib_module_names)


def test_the_packs_own_script_fails_on_a_tampered_pack_and_says_where(whole: Files, tmp_path: Path) -> None:
    cell = {"standard": "cn-quality-2017", "stage": "primary", "indicator": "teaching_area"}
    done = alone(unpacked(mended(changed(whole, "tables/county_dispersion.csv", cell, cv="0.123")), tmp_path))
    assert done.returncode == 1
    assert "✕ county_dispersion: cn-quality-2017 primary teaching_area: cv: stated 0.123, computed 0." in done.stdout
    assert alone(tmp_path, str(tmp_path / "tables")).returncode == 2


def numbers(change: Callable[[dict[str, object]], None]) -> Callable[[Files], Files]:
    """A change of the standards' numbers."""

    def tampered(files: Files) -> Files:
        found = json.loads(files["standards.json"])
        change(found["standards"]["cn-quality-2017"])
        return files | {"standards.json": json.dumps(found).encode()}

    return tampered


def table(name: str, where: dict[str, str], **cells_of: str) -> Callable[[Files], Files]:
    return lambda files: changed(files, f"tables/{name}.csv", where, **cells_of)


QUALITY = {"standard": "cn-quality-2017"}
BASIC = {"standard": "cn-basic-2012"}
TAMPERED = {
    "a coefficient": (table("county_dispersion", QUALITY, cv="0.31"), {"county_dispersion"}),
    "a coefficient in its tenth digit": (
        lambda files: changed(
            files,
            "tables/county_dispersion.csv",
            QUALITY,
            cv=str(float(pl.read_csv(files["tables/county_dispersion.csv"]).filter(**QUALITY)["cv"][0]) + 1e-10),
        ),
        {"county_dispersion"},
    ),
    "a mean": (table("county_dispersion", QUALITY, mean="1.5"), {"county_dispersion"}),
    "a limit of the table": (table("county_dispersion", QUALITY, limit="0.55"), {"county_dispersion"}),
    "a status of the table": (
        table("county_dispersion", QUALITY | {"status": "met"}, status="not_met"),
        {"county_dispersion"},
    ),
    "a unit's value": (table("unit_indicators", QUALITY, value="77.7"), {"unit_indicators"}),
    "a norm of the table": (table("unit_indicators", QUALITY | {"norm": "0.9"}, norm="0.8"), {"unit_indicators"}),
    "a unit's status": (table("unit_indicators", QUALITY | {"status": "not_met"}, status="met"), {"unit_indicators"}),
    "a unit's share": (table("units", QUALITY, share_numerator="1"), {"units"}),
    "whether a unit counts": (table("units", BASIC | {"standing": "counted"}, standing="listed"), {"units"}),
    "the school rule": (table("school_verdicts", QUALITY | {"status": "not_met"}, status="met"), {"school_verdicts"}),
    "a bound of what is missing": (
        table("county_dispersion", BASIC | {"stage": "primary", "indicator": "books"}, cv_low="0.4"),
        {"county_dispersion"},
    ),
    "the verdict": (table("resource_verdicts", QUALITY | {"stage": "all"}, verdict="met"), {"resource_verdicts"}),
    "a school's pupils": (table("schools", {}, pupils_primary="1"), {"units", "unit_indicators", "county_dispersion"}),
    "a school's area": (table("schools", {}, teaching_auxiliary_area_m2="1.0000"), {"units", "unit_indicators"}),
    "a limit of the standard": (
        numbers(lambda s: s["limits"].update(primary="0.51")),
        {"standards", "county_dispersion"},
    ),  # type: ignore[attr-defined]
    "a norm of the standard": (
        numbers(lambda s: s["indicators"][0]["norms"][0].update(value="4.1")),  # type: ignore[index]
        {"standards", "unit_indicators"},
    ),
    "the floor of the school rule": (
        numbers(lambda s: s["school_rule"].update(floor_share="0.99")),
        {"unit_indicators"},
    ),  # type: ignore[attr-defined]
    "the weights of the split": (numbers(lambda s: s["weights"].update(junior="1.2")), {"units"}),  # type: ignore[attr-defined]
}


@pytest.mark.parametrize("what", TAMPERED)
def test_what_is_tampered_with_is_found_even_where_the_hashes_were_mended(whole: Files, what: str) -> None:
    tamper, wanted = TAMPERED[what]
    assert wanted <= faults(mended(tamper(whole)))
    assert {"hashes"} <= faults(tamper(whole))


def test_a_row_too_few_and_a_row_too_many_are_found(whole: Files) -> None:
    lines = whole["tables/unit_indicators.csv"].splitlines(keepends=True)
    fewer = mended(whole | {"tables/unit_indicators.csv": b"".join(lines[:-1])})
    assert "unit_indicators" in faults(fewer)
    twice = mended(whole | {"tables/unit_indicators.csv": b"".join([*lines, lines[-1]])})
    assert "unit_indicators" in faults(twice)


@pytest.mark.parametrize("change", ["hash", "content", "gone", "new", "no list"])
def test_a_hash_that_is_not_the_files_is_found(whole: Files, change: str) -> None:
    files = dict(whole)
    if change == "hash":
        files[SUMS] = files[SUMS].replace(files[SUMS][:4], b"0000", 1)
    elif change == "content":
        files["formulas.md"] += b" "
    elif change == "gone":
        del files["formulas.md"]
    elif change == "new":
        files["more.txt"] = b""
    else:
        del files[SUMS]
    found = pack_check.check(files)
    assert [what for what, _, _ in found.faults] == ["hashes"]


def test_verify_agrees_on_a_folder_and_a_zip(whole: Files, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped(whole, "evidence"))
    for path in (unpacked(whole, tmp_path / "a"), tmp_path / "a.zip"):
        agrees, lines = verified(path)
        assert agrees, lines
        assert not [line for line in lines if line.startswith("注意")]


def test_verify_finds_what_the_script_alone_cannot(whole: Files, tmp_path: Path) -> None:
    rows = pl.read_parquet(io.BytesIO(whole["tables/unit_indicators.parquet"])).with_columns(value=pl.lit(1.0))
    sink = io.BytesIO()
    rows.write_parquet(sink)
    other = mended(whole | {"tables/unit_indicators.parquet": sink.getvalue()})
    assert pack_check.check(other).agrees
    agrees, lines = verified(unpacked(other, tmp_path / "a"))
    assert not agrees
    assert any("unit_indicators.parquet: holds other rows than the CSV" in line for line in lines)
    forged = mended(whole | {"check.py": b"print('agrees')"})
    _, lines = verified(unpacked(forged, tmp_path / "b"))
    assert any("check.py 不是本版本写出的那一份" in line for line in lines)
    assert rows.schema == UNIT_INDICATORS.polars_schema


def test_what_is_no_pack_or_leads_out_of_itself_is_refused(tmp_path: Path, whole: Files) -> None:
    with pytest.raises(NoPackError, match="不是证据包"):
        verified(tmp_path)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as parts:
        parts.writestr(SUMS, whole[SUMS])
        parts.writestr("../out", b"")
    with pytest.raises(NoPackError, match="包外的路径"):
        verified(tmp_path / "a.zip")
    (tmp_path / "b.zip").write_bytes(b"PK nothing")
    with pytest.raises(NoPackError, match="不能读取"):
        verified(tmp_path / "b.zip")


def test_a_norm_that_is_just_reached_is_met_by_whole_numbers(tmp_path: Path) -> None:
    # 9 teachers for 1,000 pupils are 0.9 per hundred; in floats 9 / 1000 × 100 is less than 0.9.
    school = cells(
        1, pupils_primary="1000", pupils_junior="0", pe_teachers_primary="3", music_teachers_primary="3",
        fine_arts_teachers_primary="3", arts_teachers_primary="0", full_time_teachers_primary="60",
    )  # fmt: skip
    home = drawn_home(tmp_path / "home", [write_text(tmp_path / "a.csv", [headers(), school])])
    files = pack(home, 2021, "110101")
    assert pack_check.check(files).agrees
    values = pl.read_csv(files["tables/unit_indicators.csv"]).filter(
        pl.col("indicator") == "pe_arts_teachers", pl.col("stage") == "primary"
    )
    assert values.select("value", "norm", "status").rows() == [(0.9, 0.9, "met")]


def test_a_county_that_is_not_there_is_said(home: Home) -> None:
    with pytest.raises(NoSuchFigureError, match="没有县 110199"):
        pack(home, YEAR, "110199")


def test_the_commands_write_and_check(home: Home, tmp_path: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "junheng", *arguments]
        return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)

    made = tmp_path / "a.zip"
    asked = ["--county", COUNTY, "--year", str(YEAR), "--home", str(home.root)]
    assert run("pack", *asked, "-o", str(made)).returncode == 0
    done = run("verify", str(made))
    assert done.returncode == 0
    assert "全部一致 agrees" in done.stdout
    assert run("pack", *asked, "-o", str(tmp_path)).returncode == 2
    assert run("verify", str(tmp_path / "none")).returncode == 2


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_the_script_bounds_a_coefficient_as_the_pipeline_does(data: st.DataObject) -> None:
    pupils = st.integers(10, 3000)
    known = data.draw(st.lists(st.tuples(pupils, st.integers(0, 30_000)), min_size=2, max_size=5))
    silent = data.draw(st.lists(st.one_of(st.none(), pupils), min_size=1, max_size=3))
    high = data.draw(st.sampled_from([None, "60"]))
    span = Plausible(Decimal(0), "", None if high is None else Decimal(high))
    size = data.draw(st.sampled_from([None, Plausible(Decimal(5), "", Decimal(4000))]))
    books = msgspec.structs.replace(standards()["cn-basic-2012"].indicator("books"), missing=span)
    standard = msgspec.structs.replace(
        standards()["cn-basic-2012"], indicators=(books,), missing_pupils=size, dispersion=Dispersion("none", "")
    )
    rows = [{"pupils_primary": p, "books": b} for p, b in known] + [{"pupils_primary": p} for p in silent]
    _, spread = figures([row | {"pupils_junior": 0} for row in rows], standard)
    row = spread.row(by_predicate=(pl.col("indicator") == "books") & (pl.col("stage") == "primary"), named=True)
    values = [{"value": Fraction(b, p), "denominator": Fraction(p)} for p, b in known]
    values += [{"value": None, "denominator": None if p is None else Fraction(p)} for p in silent]
    about = {"missing": {"low": "0", "high": high}, "is_per_pupil": True}
    weight, total = sum(p for p, _ in known), sum(b for _, b in known)
    mean = Fraction(total, weight)
    spread_of = sum(Fraction(p, weight) * (Fraction(b, p) - mean) ** 2 for p, b in known)
    cv = pack_check.root(spread_of) / mean if mean else None
    limits = {"missing_pupils": None if size is None else {"low": "5", "high": "4000"}}
    found = pack_check._bounds(limits, about, values, Fraction(weight), mean, cv)
    for stated, computed in zip((row["cv_low"], row["cv_high"]), found, strict=True):
        assert (stated is None) == (computed is None)
        assert stated is None or float(computed or 0) == pytest.approx(stated, abs=2e-6, rel=1e-9)
