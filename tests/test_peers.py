"""Compared with whom: a county's structure from its returns, and the nearest counties by a distance done by hand."""

from __future__ import annotations

import math

import polars as pl
import pytest

from pipelines import peers as nearest
from pipelines.peers import NEAREST, county_structure, peers
from schemas.contract import accept, conform
from schemas.why import COUNTY_STRUCTURE, FEATURES, PEERS
from tests.county import schools

Row = dict[str, object]


def structure(rows: list[Row]) -> Row:
    (row,) = accept(county_structure(schools(rows)), COUNTY_STRUCTURE).iter_rows(named=True)
    return row


def test_a_countys_structure_is_that_of_its_schools_with_compulsory_pupils() -> None:
    row = structure(
        [
            {"pupils_primary": 300, "area_code": "111", "boarders_primary": 30},
            {
                "school_type_code": "312",
                "pupils_primary": 50,
                "pupils_junior": 150,
                "area_code": "220",
                "boarders_primary": 10,
            },
            {"school_type_code": "218", "pupils_primary": 20, "area_code": "220"},
            {"pupils_primary": 0, "area_code": "220"},
            {"school_type_code": "342", "pupils_senior": 900, "area_code": "111"},
        ]
    )
    assert (row["pupils"], row["sites"]) == (520, 3)
    assert row["urban_share"] == pytest.approx(300 / 520)
    assert row["boarding_share"] == pytest.approx(40 / 500)
    assert row["integrated_share"] == pytest.approx(200 / 520)
    assert row["pupils_per_site"] == pytest.approx(520 / 3)


def test_what_no_school_reports_is_not_zero() -> None:
    row = structure([{"pupils_primary": 300}])
    assert (row["urban_share"], row["boarding_share"]) == (None, None)


def counties(*rows: tuple[str, int, float | None, float | None]) -> pl.DataFrame:
    """Counties by code, pupils, urban and boarding share; in 10 sites each, none integrated."""
    drawn = [
        {
            "school_year": 2023, "source": "cn-returns", "province_code": "690000", "county_code": code,
            "county_name": f"{code}县", "sites": 10, "pupils": pupils, "urban_share": urban,
            "boarding_share": boarding, "integrated_share": 0.0, "pupils_per_site": pupils / 10,
        }
        for code, pupils, urban, boarding in rows
    ]  # fmt: skip
    return conform(pl.DataFrame(drawn, infer_schema_length=None), COUNTY_STRUCTURE)


def found(table: pl.DataFrame) -> dict[str, list[str]]:
    rows = accept(peers(table), PEERS)
    return {
        str(code): part["peer_code"].to_list()
        for (code,), part in rows.partition_by(["county_code"], as_dict=True, maintain_order=True).items()
    }


def deviation(values: list[float]) -> float:
    mean = sum(values) / len(values)
    return math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))


def test_the_distance_is_the_root_mean_square_of_standardised_differences() -> None:
    table = counties(("A", 1000, 0.2, 0.1), ("B", 2000, 0.4, 0.1), ("C", 8000, 0.9, 0.4))
    rows = accept(peers(table), PEERS)
    logs, urban, boarding = [math.log(n) for n in (1000, 2000, 8000)], [0.2, 0.4, 0.9], [0.1, 0.1, 0.4]
    squares = [((v[0] - v[1]) / deviation(v)) ** 2 for v in (logs, urban, boarding, logs)]
    row = rows.row(by_predicate=(pl.col("county_code") == "A") & (pl.col("peer_code") == "B"), named=True)
    # Nobody is integrated: that feature counts for nothing. Pupils per site go with pupils here.
    assert row["features"] == 4
    assert row["distance"] == pytest.approx(math.sqrt(sum(squares) / 4))
    assert found(table) == {"A": ["B", "C"], "B": ["A", "C"], "C": ["B", "A"]}


def test_what_a_county_does_not_report_is_not_compared() -> None:
    table = counties(("A", 1000, None, 0.1), ("B", 2000, 0.4, 0.1), ("C", 8000, 0.9, 0.4))
    features = dict(peers(table).filter(pl.col("county_code") == "A").select("peer_code", "features").iter_rows())
    assert features == {"B": 3, "C": 3}


def test_a_county_has_at_most_ten_peers_and_equals_stand_in_order_of_code() -> None:
    table = counties(*((f"C{number:02d}", 1000 + 500 * (number % 2), 0.5, 0.5) for number in range(14)))
    rows = found(table)
    assert {len(codes) for codes in rows.values()} == {NEAREST}
    assert rows["C00"] == ["C02", "C04", "C06", "C08", "C10", "C12", "C01", "C03", "C05", "C07"]


def test_counties_of_another_source_or_year_are_no_peers() -> None:
    here = counties(("A", 1000, 0.2, 0.1), ("B", 2000, 0.4, 0.3))
    there = here.with_columns(source=pl.lit("tw-moe"), county_code=pl.col("county_code") + "x")
    assert found(pl.concat([here, there])) == {"A": ["B"], "B": ["A"], "Ax": ["Bx"], "Bx": ["Ax"]}


def test_a_county_alone_has_no_peers() -> None:
    assert peers(counties(("A", 1000, 0.2, 0.1))).is_empty()
    assert peers(COUNTY_STRUCTURE.empty()).is_empty()


def test_the_peers_are_the_same_whatever_is_compared_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    table = counties(*((f"C{n:02d}", 500 + 37 * n * n, (n * 7 % 13) / 13, (n * 5 % 11) / 11) for n in range(25)))
    whole = peers(table)
    monkeypatch.setattr(nearest, "_BLOCK", 4)
    assert peers(table).equals(whole)
    assert set(FEATURES) <= set(table.columns)
