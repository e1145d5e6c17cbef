"""Counties over the years: a series is continued, computed anew on today's boundaries, or broken and marked."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import msgspec
import polars as pl
import pytest

from pipelines import county_history as counties
from pipelines.change import year_over_year
from pipelines.dispersion import county_dispersion
from pipelines.indicators import unit_indicators
from pipelines.lineage import school_changes
from pipelines.monitoring import three_year_monitoring
from pipelines.registers import RegisterError, read_register
from pipelines.units import units
from pipelines.verdicts import resource_verdicts, school_verdicts
from schemas import county_list
from schemas.contract import accept
from schemas.lineage import COUNTY_CHANGES, COUNTY_EVENTS, COUNTY_HISTORY, SCHOOL_CHANGES, SCHOOL_EVENTS
from standards.standard import History, standards
from tests.county import schools

INDICATIVE = standards()["tw-indicative"]
FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "admin-codes"
Row = dict[str, object]


def register(*rows: str) -> pl.DataFrame:
    """The register with these rows: date, event, code before, code after, series."""
    lines = ["event_date,event,source,county_code_before,county_code_after,series,document"]
    for row in rows:
        day, event, before, after, series = row.split(",")
        lines.append(f"{day},{event},cn-returns,{before},{after},{series},批文")
    return read_register("\n".join(lines), "county_events.csv", COUNTY_EVENTS, ["cn-returns"])


def drawn(years: dict[int, dict[str, list[tuple[int, int]]]]) -> pl.DataFrame:
    """Schools by year and county code: pupils and teachers of each; a school keeps its identifier."""
    rows: list[Row] = []
    for year, of_year in years.items():
        number = 0
        for code, of_county in of_year.items():
            for pupils, teachers in of_county:
                number += 1
                rows.append(
                    {
                        "school_year": year,
                        "county_code": code,
                        "county_name": f"{code}县",
                        "school_id": f"S{number}",
                        "school_name": f"第{number}小学",
                        "pupils_primary": pupils,
                        "full_time_teachers_primary": teachers,
                    }
                )
    return schools(rows)


class Figures:
    """What is computed of drawn schools for the last of their years, the register of counties followed."""

    def __init__(
        self, years: dict[int, dict[str, list[tuple[int, int]]]], *events: str, policy: str = "continue"
    ) -> None:
        self.standard = msgspec.structs.replace(INDICATIVE, history=History(policy))  # type: ignore[arg-type]
        held, self.year = drawn(years), max(years)
        self.history = accept(
            counties.county_history(held.select(counties.PLACES), register(*events), [self.standard], self.year),
            COUNTY_HISTORY,
        )
        found = units(held, self.standard)
        values = unit_indicators(found, self.standard)
        spread = county_dispersion(found, values, self.standard)
        judged = school_verdicts(values, self.standard)
        self.over = year_over_year(
            found, values, spread, SCHOOL_CHANGES.empty(), self.history, self.standard, self.year
        )
        on_today = counties.rebuilt_dispersion(found, values, spread, self.history, self.standard)
        verdicts = counties.rebuilt_verdicts(
            judged, on_today, resource_verdicts(spread, judged, self.standard), self.history, self.standard
        )
        self.window = three_year_monitoring(on_today, verdicts, self.history, self.year)

    def series(self) -> list[tuple[object, ...]]:
        return self.history.select("series_year", "county_code_before", "county_code", "series").rows()

    def county(self, code: str) -> dict[str, object]:
        return self.over.row(
            by_predicate=(pl.col("county_code") == code)
            & (pl.col("series") == "county")
            & (pl.col("indicator") == "teacher_pupil_ratio"),
            named=True,
        )

    def monitored(self, code: str) -> dict[str, object]:
        return self.window.row(
            by_predicate=(pl.col("county_code") == code) & (pl.col("indicator") == "teacher_pupil_ratio"), named=True
        )


ONE, TWO = [(100, 5), (100, 15)], [(200, 10), (200, 20)]
CONVERTED = {2020: {"690121": ONE, "690122": TWO}, 2021: {"690105": ONE, "690122": TWO}}
MERGED = {2020: {"690121": ONE, "690122": TWO}, 2021: {"690122": [*ONE, *TWO]}}


def test_without_an_event_a_new_code_begins_and_nothing_is_marked() -> None:
    figures = Figures(CONVERTED)
    assert figures.series() == []
    row = figures.county("690105")
    assert (row["value_before"], row["reason"], row["series_mark"]) == (None, "no_year_before", None)


def test_a_district_continues_the_series_of_the_county_that_it_was() -> None:
    figures = Figures(CONVERTED, "2021-05-01,converted,690121,690105,")
    assert figures.series() == [(2020, "690121", "690105", "continued")]
    row = figures.county("690105")
    assert (row["value_before"], row["value"], row["cv_change"]) == (0.1, 0.1, 0.0)
    assert (row["units_common"], row["series_mark"], row["reason"]) == (2, "continued", None)
    window = figures.monitored("690105")
    assert (window["cv_year_before"], window["series_mark"]) == (window["cv"], "continued")
    assert figures.county("690122")["series_mark"] is None


@pytest.mark.parametrize(("event", "policy"), [("break", "continue"), ("", "break")])
def test_a_broken_series_is_compared_with_nothing_and_marked(event: str, policy: str) -> None:
    figures = Figures(CONVERTED, f"2021-05-01,converted,690121,690105,{event}", policy=policy)
    assert figures.series() == [(2020, "690121", "690105", "b")]
    row = figures.county("690105")
    assert (row["value_before"], row["reason"], row["series_mark"]) == (None, "series_break", "b")
    window = figures.monitored("690105")
    assert (window["cv_year_before"], window["status_year_before"], window["series_mark"]) == (None, "no_data", "b")


def test_a_merger_rebuilt_is_computed_from_the_schools_of_all_its_counties() -> None:
    figures = Figures(MERGED, "2021-05-01,merged,690121,690122,rebuild")
    assert figures.series() == [(2020, "690121", "690122", "rebuilt"), (2020, "690122", "690122", "rebuilt")]
    row = figures.county("690122")
    assert (row["value_before"], row["value"]) == (50 / 600, 50 / 600)
    assert (row["cv_before"], row["series_mark"], row["units_common"]) == (row["cv"], "rebuilt", 4)
    assert figures.monitored("690122")["cv_year_before"] == figures.monitored("690122")["cv"]


def test_a_county_that_takes_another_in_goes_on_where_the_series_continues() -> None:
    figures = Figures(MERGED, "2021-05-01,merged,690121,690122,")
    assert figures.series() == []
    assert figures.county("690122")["value_before"] == 30 / 400


def test_a_county_that_takes_another_in_is_broken_where_that_is_asked() -> None:
    figures = Figures(MERGED, "2021-05-01,merged,690121,690122,break")
    assert ("690122", "690122", "b") in [row[1:] for row in figures.series()]
    assert figures.county("690122")["reason"] == "series_break"


def test_a_code_made_of_two_follows_neither_unless_it_is_rebuilt() -> None:
    years = {2020: {"690121": ONE, "690122": TWO}, 2021: {"690199": [*ONE, *TWO]}}
    events = ["2021-05-01,merged,690121,690199,", "2021-05-01,merged,690122,690199,"]
    assert Figures(years, *events).county("690199")["reason"] == "series_break"
    row = Figures(years, *events, policy="rebuild").county("690199")
    assert (row["value_before"], row["series_mark"]) == (50 / 600, "rebuilt")


def test_a_merger_of_which_a_county_has_no_schools_in_the_earlier_year_is_not_rebuilt() -> None:
    years = {2020: {"690122": TWO}, 2021: {"690122": [*ONE, *TWO]}}
    row = Figures(years, "2021-05-01,merged,690121,690122,rebuild").county("690122")
    assert (row["reason"], row["series_mark"]) == ("series_break", "b")


def test_boundaries_that_changed_under_one_code_break_the_years_before_the_day() -> None:
    years = {2019: {"690122": TWO}, 2020: {"690122": TWO}, 2021: {"690122": TWO}}
    figures = Figures(years, "2020-05-01,boundary_changed,690122,690122,break")
    assert figures.series() == [(2019, "690122", "690122", "b")]
    assert figures.county("690122")["value_before"] == 0.075
    window = figures.monitored("690122")
    assert (window["cv_two_years_before"], window["series_mark"]) == (None, "b")


@pytest.mark.parametrize(("series", "wanted"), [("rebuild", "rebuilt"), ("break", "b")])
def test_a_merger_reaches_back_to_the_code_that_the_county_had_before(series: str, wanted: str) -> None:
    years = {
        2019: {"690121": ONE, "690122": TWO},
        2020: {"690105": ONE, "690122": TWO},
        2021: {"690105": [*ONE, *TWO]},
    }
    events = ["2020-05-01,converted,690121,690105,", f"2021-05-01,merged,690122,690105,{series}"]
    figures = Figures(years, *events)
    assert figures.series() == [
        (2019, "690121", "690105", wanted),
        (2019, "690122", "690105", wanted),
        (2020, "690105", "690105", wanted),
        (2020, "690122", "690105", wanted),
    ]
    window = figures.monitored("690105")
    assert window["cv_two_years_before"] == (window["cv"] if series == "rebuild" else None)


def test_a_break_reaches_back_to_the_code_that_the_county_had_before() -> None:
    years = {2019: {"690121": ONE}, 2020: {"690105": ONE}, 2021: {"690105": ONE}}
    events = ["2020-05-01,converted,690121,690105,", "2021-05-01,boundary_changed,690105,690105,break"]
    assert [row[3] for row in Figures(years, *events).series()] == ["b", "b"]


def test_a_chain_of_codes_is_followed_to_the_code_of_today() -> None:
    years = {2019: {"690121": ONE}, 2020: {"690131": ONE}, 2021: {"690105": ONE}}
    events = ["2020-05-01,recoded,690121,690131,", "2021-05-01,converted,690131,690105,"]
    figures = Figures(years, *events)
    assert [row[1:] for row in figures.series()] == [
        ("690121", "690105", "continued"),
        ("690131", "690105", "continued"),
    ]
    assert figures.monitored("690105")["window"] == "complete"


def test_schools_of_a_county_with_a_new_code_have_not_moved() -> None:
    held = drawn(CONVERTED)
    became = counties.successors(held, register("2021-05-01,converted,690121,690105,"), 2021)
    assert became.rows() == [("cn-returns", "690121", "690105")]
    nobody = pl.DataFrame(schema={"source": pl.String, "school_id": pl.String})
    assert not school_changes(held, SCHOOL_EVENTS.empty(), became, nobody, 2021).height


def test_codes_gone_and_new_are_listed_with_their_event_or_without() -> None:
    held = drawn(CONVERTED).select(counties.PLACES)
    told = counties.county_changes(held, register("2021-05-01,converted,690121,690105,"), 2021)
    columns = ("change", "county_code", "event", "other_code", "reason")
    assert accept(told, COUNTY_CHANGES).select(columns).rows() == [
        ("gone", "690121", "converted", "690105", None),
        ("new", "690105", "converted", "690121", None),
    ]
    assert counties.county_changes(held, register(), 2021)["reason"].to_list() == ["reason_missing"] * 2


def test_a_code_that_the_list_does_not_have_is_said_where_the_list_covers_the_year() -> None:
    for year, wanted in ((2018, ["not_in_list"]), (2021, []), (2023, ["not_in_list"])):
        held = drawn({year: {"110109": ONE, "110199": TWO, "690121": ONE}}).select(counties.PLACES)
        found = counties.county_changes(held, register(), year)
        assert found["change"].to_list() == wanted, year
        assert found["county_code"].to_list() == ["110199"] * len(wanted)


def test_a_partial_change_cannot_be_rebuilt() -> None:
    with pytest.raises(RegisterError, match="series：“rebuild”，拆分和局部调整不能按今天的区划重算"):
        register("2021-05-01,split,690121,690105,rebuild")


def test_a_district_of_2016_is_known_from_the_revisions_themselves() -> None:
    years = {2015: {"131181": ONE}, 2016: {"131103": ONE}}
    figures = Figures(years)
    assert figures.series() == [(2015, "131181", "131103", "continued")]
    assert figures.history["document"].to_list() == ["GB/T 2260，201509–201607"]


def test_the_register_overrules_what_is_shipped() -> None:
    years = {2015: {"131181": ONE}, 2016: {"131103": ONE}}
    assert Figures(years, "2016-05-01,converted,131181,131103,break").series()[0][3] == "b"


def test_spans_of_the_list_do_not_overlap_and_lie_in_the_years_covered() -> None:
    for code, spans in county_list.spans().items():
        assert len(code) == 6
        assert all({first, last} <= set(county_list.COVERED) and first <= last for first, last in spans)
    assert county_list.is_known_invalid("131181", 2018)
    assert not county_list.is_known_invalid("131181", 2010)
    assert not county_list.is_known_invalid("131181", 2020)
    assert not county_list.is_known_invalid("690101", 2018)


@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the revisions are absent: no folder {FOLDER}")
def test_the_list_of_counties_is_what_the_revisions_give() -> None:
    revisions, listed = county_list.read_revisions(FOLDER)
    held = {
        (code, name, int(a), int(b)) for code, name, a, b in (row.values() for row in county_list._rows("counties.csv"))
    }
    assert held == set(county_list.episodes(revisions, listed))
    events = [tuple(row.values()) for row in county_list.shipped_events()]
    assert events == county_list.derived_events(revisions)
    for earlier, later in pairwise(sorted(revisions)):
        for row in county_list.shipped_events():
            if (row["listed_until"], row["changed_by"]) == (earlier, later):
                assert row["county_code_before"] in revisions[earlier]
                assert row["county_code_before"] not in revisions[later]
