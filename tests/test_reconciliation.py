"""Totals that a publisher printed beside what the schools' returns add up to."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from pipelines.reconciliation import ReconciliationError, reconciliation, refuse_hard
from pipelines.registers import RegisterError, read_register
from schemas.contract import accept, conform
from schemas.reconciliation import PUBLISHED_TOTALS, RECONCILIATION
from tests.county import schools
from tests.test_command import run

SCHOOLS = schools([{"pupils_primary": 300}, {"pupils_primary": 200}, {"pupils_primary": None}])


def printed(published: float, **more: object) -> pl.DataFrame:
    row = {
        "school_year": 2023,
        "source": "cn-returns",
        "level": "county",
        "place_code": "690101",
        "figure": "pupils_primary",
        "published": published,
        "document": "统计公报",
    }
    return conform(pl.DataFrame([row | more]), PUBLISHED_TOTALS)


def status(published: float, **more: object) -> str:
    return str(reconciliation(SCHOOLS, printed(published, **more), 2023)["status"].item())


def test_the_sum_over_the_schools_stands_beside_the_printed_total() -> None:
    rows = reconciliation(SCHOOLS, printed(510), 2023)
    shown = rows.select("published", "computed", "difference", "schools", "schools_reporting").row(0)
    assert shown == (Decimal(510), Decimal(500), Decimal(-10), 3, 2)


@pytest.mark.parametrize(
    ("published", "more", "expected"),
    [
        (500, {}, "agrees"),
        (490, {}, "differs"),
        (510, {}, "incomplete"),
        (490, {"tolerance": 10}, "agrees"),
        (490, {"tolerance": 9}, "differs"),
        (490, {"cause": "公报不含附设班"}, "explained"),
        (500, {"level": "source", "place_code": "all"}, "agrees"),
        (500, {"level": "province", "place_code": "690000"}, "agrees"),
        (500, {"place_code": "690199"}, "no_schools"),
        (500, {"figure": "books"}, "no_schools"),
    ],
)
def test_each_way_in_which_the_two_may_stand(published: float, more: dict[str, object], expected: str) -> None:
    assert status(published, **more) == expected


def test_another_years_total_is_not_asked_for() -> None:
    assert reconciliation(SCHOOLS, printed(490, school_year=2022), 2023).is_empty()


def test_only_what_must_agree_stops_and_only_where_it_surely_differs() -> None:
    refuse_hard(reconciliation(SCHOOLS, printed(490), 2023))
    refuse_hard(reconciliation(SCHOOLS, printed(510, is_hard=True), 2023))
    refuse_hard(reconciliation(SCHOOLS, printed(490, is_hard=True, cause="公报不含附设班"), 2023))
    with pytest.raises(ReconciliationError, match=r"690101 pupils_primary：各校之和 500，公布 490"):
        refuse_hard(reconciliation(SCHOOLS, printed(490, is_hard=True), 2023))


def test_a_total_of_what_schools_do_not_report_is_refused_with_the_nearest_names() -> None:
    with pytest.raises(ReconciliationError, match=r"pupils_primry.*pupils_primary"):
        reconciliation(SCHOOLS, printed(1, figure="pupils_primry"), 2023)


def test_a_place_that_does_not_fit_its_level_is_refused() -> None:
    with pytest.raises(Exception, match="place_of_level"):
        accept(printed(1, level="source"), PUBLISHED_TOTALS)


def test_a_reconciled_row_without_a_status_is_refused() -> None:
    rows = reconciliation(SCHOOLS, printed(500), 2023).with_columns(status=pl.lit("perhaps"))
    with pytest.raises(Exception, match="status"):
        accept(rows, RECONCILIATION)


def test_a_total_that_must_agree_and_does_not_stops_the_run_and_leaves_the_last_good_edition(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    head = (
        "NU_ANO_CENSO,CO_MUNICIPIO,CO_ENTIDADE,NO_ENTIDADE,TP_SITUACAO_FUNCIONAMENTO,TP_LOCALIZACAO,QT_MAT_FUND_AI,"
        "QT_MAT_FUND_AF,QT_MAT_MED,QT_SALAS_UTILIZADAS,QT_DESKTOP_ALUNO,QT_COMP_PORTATIL_ALUNO,QT_EQUIP_MULTIMIDIA"
    )
    (inbox / "2022.csv").write_text(f"{head}\n2022,2307650,23000001,ESCOLA A,1,1,300,100,0,10,12,3,2\n", "utf-8")
    assert run("refresh", "--home", tmp_path).returncode == 0
    before = (tmp_path / "current").readlink()
    (tmp_path / "registers").mkdir()
    register = tmp_path / "registers" / "published_totals.csv"
    head = "school_year,source,level,place_code,figure,published,is_hard,document"
    register.write_text(f"{head}\n2022,br-maracanau,county,2307650,pupils_primary,310,true,INEP\n", "utf-8")
    stopped = run("refresh", "--home", tmp_path)
    assert stopped.returncode == 2
    assert "各校之和 300，公布 310" in stopped.stderr.decode()
    assert "Traceback" not in stopped.stderr.decode()
    assert (tmp_path / "current").readlink() == before


def test_a_register_names_every_cell_that_is_no_number_and_no_yes_or_no() -> None:
    text = (
        "school_year,source,level,place_code,figure,published,is_hard,document\n"
        "2022,br-maracanau,county,2307650,pupils_primary,many,perhaps,INEP\n"
    )
    with pytest.raises(RegisterError) as fault:
        read_register(text, "published_totals.csv", PUBLISHED_TOTALS, ["br-maracanau"])
    assert "many" in str(fault.value)
    assert "perhaps" in str(fault.value)
