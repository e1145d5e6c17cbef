"""The Brazilian school census: renamed and vanishing columns, sentinels, and schools that are not in operation."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from pipelines.county_history import PLACES, county_history, successors
from pipelines.experience import experience_findings
from pipelines.intake import Intake, named_files, take_in
from pipelines.lineage import school_changes
from pipelines.units import units
from schemas.lineage import COUNTY_EVENTS, SCHOOL_EVENTS, SCHOOL_LINEAGE
from schemas.source import sources
from schemas.tables import QUARANTINE
from standards.standard import standards

REAL = Path(__file__).parents[2] / "shared" / "data" / "br-maracanau"
HEAD = (
    "NU_ANO_CENSO,CO_MUNICIPIO,CO_ENTIDADE,NO_ENTIDADE,TP_SITUACAO_FUNCIONAMENTO,TP_LOCALIZACAO,QT_MAT_FUND_AI,"
    "QT_MAT_FUND_AF,QT_MAT_MED,QT_SALAS_UTILIZADAS,QT_DESKTOP_ALUNO,QT_COMP_PORTATIL_ALUNO,QT_EQUIP_MULTIMIDIA"
)
ROWS = (
    "2022,2307650,23000001,ESCOLA A,1,1,300.0,100.0,0.0,10.0,12.0,3.0,88888.0",
    "2022,2307650,23000002,ESCOLA B,2,2,,,,,,,",
)


def taken(folder: Path) -> Intake:
    return take_in(named_files(folder), [sources()["br-maracanau"]])


@pytest.fixture
def drawn(tmp_path: Path) -> pl.DataFrame:
    (tmp_path / "2022.csv").write_text("\n".join((HEAD, *ROWS)) + "\n", "utf-8")
    return taken(tmp_path).schools


def test_eighty_eight_thousand_is_not_informed(drawn: pl.DataFrame) -> None:
    assert drawn["multimedia_devices"].to_list() == [None, None]


def test_computers_are_desktops_and_laptops_together(drawn: pl.DataFrame) -> None:
    assert drawn["computers"].to_list() == [15, None]


def test_a_school_out_of_operation_is_suspended_and_counts_as_no_missing_return(drawn: pl.DataFrame) -> None:
    found = units(drawn, standards()["br-indicative"])
    assert found.select("school_name", "stage", "standing", "reason").sort("school_name", "stage").rows() == [
        ("ESCOLA A", "junior", "counted", None),
        ("ESCOLA A", "primary", "counted", None),
        ("ESCOLA B", "junior", "suspended", "not_operating"),
        ("ESCOLA B", "primary", "suspended", "not_operating"),
    ]


def test_the_municipality_has_its_name_though_the_file_gives_none(drawn: pl.DataFrame) -> None:
    assert drawn["county_name"].unique().to_list() == ["Maracanaú"]


@pytest.fixture(scope="module")
def real() -> Intake:
    if not REAL.exists():
        pytest.skip(f"no real returns: {REAL} is absent")
    return taken(REAL)


def test_ten_years_are_read_and_nothing_is_refused(real: Intake) -> None:
    per_year = real.schools.group_by("school_year").len().sort("school_year").rows()
    assert per_year == [
        (2015, 87), (2016, 87), (2017, 87), (2018, 87), (2019, 83), (2020, 81), (2021, 338), (2022, 346), (2023, 351),
        (2024, 353 + 106),
    ]  # fmt: skip
    assert real.quarantine.is_empty()


def test_of_the_338_schools_of_2021_the_173_in_operation_may_count(real: Intake) -> None:
    of_2021 = real.schools.filter(pl.col("school_year") == 2021)
    assert of_2021["is_operating"].sum() == 173


def test_the_column_that_is_all_zero_is_not_read_as_no_rooms(real: Intake) -> None:
    rooms = real.schools.group_by("school_year").agg(pl.col("classrooms").count()).sort("school_year")
    assert dict(rooms.rows()) == {
        2015: 87, 2016: 87, 2017: 87, 2018: 87, 2019: 0, 2020: 0, 2021: 0, 2022: 0, 2023: 0, 2024: 0,
    }  # fmt: skip
    assert real.schools.filter(pl.col("school_year") == 2021)["classrooms_in_use"].max() == 36


def test_154_rooms_in_one_year_and_17_in_the_next_are_named(real: Intake) -> None:
    found = experience_findings(real.schools, SCHOOL_LINEAGE.empty(), 2016).filter(pl.col("column") == "classrooms")
    assert (154.0, 17.0) in found.filter(pl.col("school_id") == "23080302").select("value_before", "value").rows()


def test_before_2021_there_are_no_pupils_so_no_ratio_is_made_up(real: Intake) -> None:
    early = real.schools.filter(pl.col("school_year") < 2021)
    assert early["pupils_primary"].null_count() == early.height


def test_what_the_census_covers_changed_in_2021_and_no_series_is_compared_across_it(real: Intake) -> None:
    none = COUNTY_EVENTS.empty()
    places = real.schools.select(PLACES)
    history = county_history(places, none, [standards()["br-indicative"]], 2022)
    assert history.select("series_year", "county_code", "series", "event").rows() == [
        (year, "2307650", "b", "scope_changed") for year in range(2015, 2021)
    ]
    both = real.schools.filter(pl.col("school_year").is_in([2020, 2021]))
    changes = school_changes(both, SCHOOL_EVENTS.empty(), successors(places, none, 2021), QUARANTINE.empty(), 2021)
    assert changes.filter(pl.col("change").is_in(["new", "gone"]))["reason"].unique().to_list() == ["scope_changed"]
    assert changes.filter(pl.col("change") == "new").height > 250
