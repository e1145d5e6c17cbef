"""The rulebooks themselves: sound, dated, cited; a new one is a file, and a broken one is refused by name."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import polars as pl
import pytest

from pipelines.verdicts import resource_verdicts, school_verdicts
from reports.sentences import part_words
from reports.year import CountyTables
from standards.standard import HERE, StandardError, in_force, load, standards
from standards.values import Limits
from tests.county import figures

QUALITY = standards()["cn-quality-2017"]
PROVINCIAL = """
applies_to = ["cn-returns"]
title = { zh = "示例省办学条件标准", en = "A province's own standard" }
document = { zh = "示例", en = "Example" }
part = { zh = "办学条件", en = "school conditions" }

[scope]
stages = ["primary"]
school_types = ["211"]
teaching_points = "out"
article = "第一条"

[split]
weights = { primary = "1", junior = "1.1", senior = "1.32" }
resources = ["site_area_m2", "books"]
article = "第二条"

[[indicators]]
id = "site_area"
label = { zh = "生均占地面积", en = "Site area per pupil" }
unit = "m2_per_pupil"
plus = ["site_area_m2"]
article = "第三条"
norms = [{ from = 2010-01-01, primary = "15" }, { from = 2020-01-01, primary = "20.5" }]

[[indicators]]
id = "books"
label = { zh = "生均图书", en = "Books per pupil" }
unit = "volumes_per_pupil"
plus = ["books"]
article = "第四条"
norms = [{ from = 2010-01-01, primary = "25" }]

[school_rule]
at_norm = 1
floor_share = "0.6"
article = "第五条"

[dispersion]
rule = "each"
article = "第六条"

[[dispersion.limits]]
from = 2010-01-01
primary = "0.4"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "xx-province-2010.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_standard_that_is_only_a_new_file_yields_verdicts(tmp_path: Path) -> None:
    standard = load(written(tmp_path, PROVINCIAL))
    rows = [
        {"pupils_primary": 100, "site_area_m2": 2050, "books": 1500},
        {"pupils_primary": 100, "site_area_m2": 2049.99, "books": 1499},
    ]
    values, spread = figures(rows, standard)
    assert values.filter(pl.col("indicator") == "site_area").select("norm", "status").rows() == [
        (20.5, "met"),
        (20.5, "not_met"),
    ]
    schools = school_verdicts(values, standard)
    assert schools["status"].to_list() == ["met", "not_met"]
    verdict = resource_verdicts(spread, schools, standard).row(by_predicate=pl.col("stage") == "all", named=True)
    assert (verdict["standard"], verdict["verdict"]) == ("xx-province-2010", "not_met")


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ('plus = ["books"]', 'plus = ["bookz"]', "bookz"),
        ('rule = "each"', 'rule = "some"', "dispersion.rule"),
        ('resources = ["site_area_m2", "books"]', 'resources = ["books"]', "split.resources"),
        ("at_norm = 1", "at_norm = 3", "school_rule.at_norm"),
        ('stages = ["primary"]', 'stages = ["senior"]', "scope.stages"),
        ("[dispersion]", "[dispersion]\nlimit = 3", "limit"),
        ('id = "books"', 'id = "site_area"', "site_area"),
        ('id = "books"', 'id = "composite"', "composite"),
        ('article = "第六条"', "", "article"),
        ("[scope]", "[scope", "xx-province-2010.toml"),
        ('norms = [{ from = 2010-01-01, primary = "25" }]', "", "norms"),
        ('plus = ["books"]', 'plus = ["books", "pupils"]', "mixes"),
    ],
)
def test_a_broken_standard_is_refused_with_file_and_key(tmp_path: Path, before: str, after: str, words: str) -> None:
    assert before in PROVINCIAL
    with pytest.raises(StandardError, match=r"xx-province-2010\.toml") as refused:
        load(written(tmp_path, PROVINCIAL.replace(before, after)))
    assert words in str(refused.value)


def test_the_value_in_force_is_that_of_the_first_of_september() -> None:
    values = (
        Limits(dt.date(2020, 9, 2), primary=Decimal("0.4")),
        Limits(dt.date(2012, 1, 20), primary=Decimal("0.65")),
    )
    assert in_force(values, 2020, "primary") == Decimal("0.65")
    assert in_force(values, 2021, "primary") == Decimal("0.4")
    assert in_force(values, 2001, "primary") == Decimal("0.65")
    assert in_force(values, 2021, "junior") is None


def test_the_norms_of_2017_are_the_published_ones() -> None:
    published = {
        "above_standard_teachers": ("4.2", "5.3"),
        "key_teachers": ("1", "1"),
        "pe_arts_teachers": ("0.9", "0.9"),
        "teaching_area": ("4.5", "5.8"),
        "sports_area": ("7.5", "10.2"),
        "equipment_value": ("2000", "2500"),
        "multimedia_rooms": ("2.3", "2.4"),
    }
    found = {i.id: tuple(str(in_force(i.norms, 2023, s)) for s in ("primary", "junior")) for i in QUALITY.indicators}
    assert found == published
    rule = QUALITY.school_rule
    assert rule is not None
    floors = {
        i.id: tuple(in_force(i.norms, 2023, s) * rule.floor_share for s in ("primary", "junior"))  # type: ignore[operator]
        for i in QUALITY.indicators
    }
    assert [float(f[0]) for f in floors.values()] == [3.57, 0.85, 0.765, 3.825, 6.375, 1700, 1.955]
    assert [float(f[1]) for f in floors.values()] == [4.505, 0.85, 0.765, 4.93, 8.67, 2125, 2.04]


MEASURED = [standard for standard in standards().values() if standard.scope.stages]
"""The standards with units of their own."""


OURS_ALONE = ("br-indicative",)
"""Ratios of ours for returns of another country, to which no published split applies."""


@pytest.mark.parametrize("standard", [s for s in MEASURED if s.id not in OURS_ALONE], ids=lambda s: s.id)
def test_every_published_ratio_of_the_split_comes_from_one_table(standard: object) -> None:
    weights = {stage: standard.split.hundredths(stage) for stage in ("primary", "junior", "senior")}  # type: ignore[attr-defined]
    assert weights == {"primary": 100, "junior": 110, "senior": 132}
    assert weights["senior"] * 10 == weights["junior"] * 12


def test_every_value_of_policy_has_a_date_and_an_article() -> None:
    for standard in standards().values():
        if standard.scope.stages:
            assert standard.scope.article
            assert standard.split.article
        if standard.indicators and not standard.gate_of:
            assert standard.dispersion.article
        named = [*standard.indicators, *standard.parts, *standard.items, *standard.relaxations]
        for thing in named:
            assert thing.article, thing
        for labelled in (*standard.indicators, *standard.items, *standard.groups, *standard.relaxations):
            assert labelled.label.zh
            assert labelled.label.en
        dated = [norm.starts for indicator in standard.indicators for norm in indicator.norms]
        dated += [limit.starts for limit in standard.dispersion.limits]
        assert all(starts >= (standard.issued or starts) for starts in dated)


def test_no_threshold_of_policy_stands_in_the_code() -> None:
    root = HERE.parent
    numbers = ("0.65", "0.55", "0.45", "0.85", "4.5", "5.8", "10.2", "7.5", "2500", "1.32")
    for folder in ("pipelines", "assets"):
        for path in (root / folder).glob("*.py"):
            if path.stem == "likeness":  # its shares say how like two schools are, and are no policy
                continue
            words = path.read_text("utf-8").replace('"""', "\n").replace("(", " ").replace(")", " ").replace(",", " ")
            assert not set(numbers) & set(words.split()), path


def test_a_school_year_before_the_standard_is_said_to_be_measured_backwards() -> None:
    county = cast("CountyTables", SimpleNamespace(year=2016, whole={QUALITY.id: {}}))
    assert part_words(county, QUALITY) == ["本学年早于该标准，按其最早的限值回溯计算。"]
