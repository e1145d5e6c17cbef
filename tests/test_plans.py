"""Plans and pledges, by the published cases."""

from __future__ import annotations

import polars as pl
import pytest

from pipelines.plans import plans
from schemas.contract import accept, conform
from schemas.county import COUNTY_PLANS
from schemas.judgement import PLANS

Row = dict[str, object]
PLACE: Row = {"source": "cn-returns", "province_code": "690000", "county_code": "690101", "county_name": "青岚县"}
YUNHE: Row = {
    "plan": "云和 2011–2015",
    "period": 2013,
    "unit": "万元",
    "first_year": 2011,
    "target_year": 2015,
    "planned": 13_031,
    "done": 7_010,
    "stated_share": 54,
}


def judged(rows: list[Row], year: int = 2013) -> list[Row]:
    common = {**PLACE, "school_year": 2013, "zone": "", "file": "drawn.csv"}
    reports = conform(pl.DataFrame([{**common, **row} for row in rows], infer_schema_length=None), COUNTY_PLANS)
    return accept(plans(reports, year), PLANS).to_dicts()


def one(row: Row, year: int = 2013) -> Row:
    (found,) = judged([row], year)
    return found


def test_7010_of_13031_is_54_percent() -> None:
    found = one(YUNHE)
    assert found["share"] == pytest.approx(7010 / 13031)
    assert found["stated_share"] == pytest.approx(0.54)
    assert found["finding"] is None


def test_a_share_that_the_figures_do_not_round_to_is_flagged() -> None:
    assert one({**YUNHE, "stated_share": 53})["finding"] == "share_disagrees"
    assert one({**YUNHE, "stated_share": 53.8})["finding"] is None  # 53.795 %
    assert one({**YUNHE, "stated_share": 53.9})["finding"] == "share_disagrees"


def test_six_schools_and_33_percent_without_a_base_are_flagged() -> None:
    schools: Row = {"plan": "新标准", "period": 2013, "unit": "所", "done": 6, "stated_share": 33}
    found = one(schools)
    assert (found["finding"], found["share"], found["course"]) == ("base_not_stated", None, "undetermined")
    assert one({**schools, "base": 18})["finding"] is None  # 33.3
    assert one({**schools, "base": 17})["finding"] == "share_disagrees"  # 35.3


@pytest.mark.parametrize(
    ("period", "course", "due"), [(2011, "on_course", 0.2), (2012, "on_course", 0.4), (2013, "behind", 0.6)]
)
def test_a_plan_is_on_course_where_its_share_is_that_of_its_years(period: int, course: str, due: float) -> None:
    found = one({**YUNHE, "period": period})
    assert (found["course"], found["share_due"]) == (course, pytest.approx(due))


def test_exactly_the_share_of_the_years_is_on_course() -> None:
    assert one({**YUNHE, "planned": 5, "done": 3, "stated_share": None})["course"] == "on_course"


def test_three_zones_have_three_target_years() -> None:
    zones = [
        {"plan": "丹东", "zone": f"第{i}片", "period": 2008, "first_year": 2005, "target_year": target, **counts}
        for i, (target, counts) in enumerate(
            [
                (2007, {"planned": 20, "done": 20}),
                (2009, {"planned": 40, "done": 28}),
                (2010, {"planned": 60, "done": 45}),
            ],
            1,
        )
    ]
    found = {row["zone"]: row["course"] for row in judged([{**zone, "school_year": 2008} for zone in zones], 2008)}
    assert found == {"第1片": "done", "第2片": "behind", "第3片": "on_course"}
    later = {row["zone"]: row["course"] for row in judged([{**zone, "school_year": 2008} for zone in zones], 2010)}
    assert later == {"第1片": "done", "第2片": "overdue", "第3片": "on_course"}


def test_a_plan_of_which_nothing_is_known_is_undetermined_and_never_done() -> None:
    assert one({**YUNHE, "done": None, "stated_share": None}, 2020)["course"] == "undetermined"
    assert one({**YUNHE, "planned": 0, "done": 0, "stated_share": None})["course"] == "undetermined"
    assert one({**YUNHE, "target_year": None})["course"] == "undetermined"


def test_less_done_than_the_year_before_is_flagged() -> None:
    (found,) = judged([{**YUNHE, "period": 2012, "done": 7_100}, YUNHE])
    assert (found["period"], found["finding"]) == (2013, "done_fell")


def test_more_done_than_planned_is_flagged() -> None:
    found = one({**YUNHE, "done": 13_032, "stated_share": 100})
    assert (found["course"], found["finding"]) == ("done", "over_planned")


def test_pledges_are_counted_year_by_year() -> None:
    years = [(2011, 100, 100), (2012, 100, 99), (2013, 100, None)]
    (found,) = judged([{**YUNHE, "period": y, "promised": p, "delivered": d} for y, p, d in years])
    assert (found["years_promised"], found["years_delivered"]) == (3, 1)


def test_the_last_figures_count_and_a_pledge_for_next_year_does_not() -> None:
    rows = [YUNHE, {**YUNHE, "period": 2014, "done": None, "promised": 10, "stated_share": None}]
    (found,) = judged(rows)
    assert (found["period"], found["years_promised"]) == (2013, 0)


def test_the_plan_holds_until_a_later_report_changes_it() -> None:
    rows = [YUNHE, {"plan": YUNHE["plan"], "period": 2014, "done": 8_000, "school_year": 2014}]
    (found,) = judged(rows, 2014)
    assert (found["planned"], found["unit"], found["share"]) == (13_031, "万元", pytest.approx(8000 / 13031))


def test_a_later_return_replaces_the_figures_of_a_year() -> None:
    (found,) = judged([{**YUNHE, "school_year": 2014, "done": 7_500, "stated_share": None}, YUNHE], 2014)
    assert found["done"] == 7_500
