"""The annual returns of the invented province: pupils carried from grade to grade, classes, staff and facilities."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import Any

import polars as pl

from pipelines.synthetic.counties import YEARS
from pipelines.synthetic.register import School, chance, register
from schemas.columns import STAGES
from schemas.contract import DECIMAL
from schemas.source import sources
from schemas.tables import BANDS, school_fields

_DRAWN_FROM = 2014
"""School year in which the cohorts begin, so that the first return already has graduates and a cohort of grade 7."""
_GRADES = {"primary": 6, "junior": 3}
_WEIGHTS = {"primary": 1.0, "junior": 1.1, "senior": 1.32}
_NORMS: dict[str, tuple[float, float]] = {
    "above_standard_teachers": (4.2, 5.3),
    "key_teachers": (1, 1),
    "pe_arts_teachers": (0.9, 0.9),
    "teaching_area": (4.5, 5.8),
    "sports_area": (7.5, 10.2),
    "equipment_value": (2000, 2500),
    "multimedia_rooms": (2.3, 2.4),
    "books": (25, 35),
    "computers": (10, 12),
}
"""What a school typically has, primary and junior: of teachers, rooms and computers per hundred pupils, else per one.
The levels of the counties are shares of these; no verdict is drawn from them."""
_GRADIENT: dict[str, dict[str, float]] = {
    "urban": {"teaching_area": 0.86, "sports_area": 0.8, "equipment_value": 1.1, "multimedia_rooms": 1.0},
    "town": {"teaching_area": 0.95, "sports_area": 0.95},
    "rural": {"teaching_area": 1.2, "sports_area": 1.25, "equipment_value": 0.92, "multimedia_rooms": 1.05},
}
_DRIFT = {"urban": 1.015, "town": 1.003, "rural": 0.972}
"""Entrants of a year over those of the year before."""
_LIMITS = tuple(int(band.split("_")[1]) for band in BANDS[:-1])
_HALL_FROM_M2 = 6000
"""Sports area from which a school has part of it indoors."""
_OLD_AFTER_YEARS = 60
"""Age of a school after which some of its buildings are of safety grade C."""
_SMALL_STAFF = 3
"""Number of teachers up to which all are certified."""
_POOR = -0.8
"""Standing among the schools, in standard deviations, below which a school reports a finding as not met."""
_SMALL_SCHOOL_BUDGET = 65_000.0
"""Yuan: a hundred pupils at the invented quota of 650, the least budget where small schools are funded as a hundred."""
_TITLES = ("full_senior", "senior_title", "mid", "assistant", "junior_title", "untitled")


@dataclass(frozen=True)
class _Flow:
    """A stage of a school in one school year: pupils by grade, and what happened in the year before."""

    grades: list[int]
    transfers_in: int
    transfers_out: int
    deaths: int
    graduates: int
    cohort: int

    @property
    def pupils(self) -> int:
        return sum(self.grades)


def province(seed: int = 20120903) -> dict[int, pl.DataFrame]:
    """The returns of the invented province for each school year.

    One row per school that gives a return in that year, sorted by county and identifier; the columns are those that
    the national return collects in that year, in its order. Units: people, m², yuan. A stage that a school does not
    teach has 0 pupils and classes and nothing else. The same seed gives the same figures.
    """
    rows: dict[int, list[dict[str, Any]]] = {year: [] for year in YEARS}
    carried: dict[str, dict[str, dict[int, _Flow]]] = {}
    for school in register(seed):
        flows = {stage: _flows(school, stage, carried) for stage in STAGES if stage in school.entrants}
        carried[school.school_id] = flows
        facilities: dict[str, float] = {}
        for year in range(school.first, school.last + 1):
            in_year = {stage: by_year[year] for stage, by_year in flows.items()}
            rows[year].append(_return(school, year, in_year, facilities))
    return {year: _frame(rows[year], year) for year in YEARS}


def _frame(rows: Sequence[dict[str, Any]], year: int) -> pl.DataFrame:
    kinds = {entry["column"]: entry["type"] for entry in school_fields()}
    types = {"text": pl.String, "count": pl.Int64, "decimal": pl.Float64, "year": pl.Int32, "yesno": pl.Boolean}
    columns = [h.column for h in sources()["cn-returns"].headers("school", year) if h.column in kinds]
    series = [pl.Series(name, [row.get(name) for row in rows], dtype=types[kinds[name]]) for name in columns]
    frame = pl.DataFrame(series).with_columns(pl.selectors.float().round(2).cast(DECIMAL))
    return frame.sort("county_code", "school_id")


def _flows(school: School, stage: str, carried: dict[str, dict[str, dict[int, _Flow]]]) -> dict[int, _Flow]:
    """The stage's pupils by grade in every school year, each grade made of the one below it a year earlier."""
    rng, number = school.rng, _GRADES[stage]
    drift, entrants = _DRIFT[school.area], school.entrants[stage]
    taken = carried[school.follows.school_id].get(stage, {}) if school.follows else {}
    begin = _DRAWN_FROM if school.first == YEARS[0] else school.first
    firsts: dict[int, int] = {}

    def entering(year: int) -> int:
        return max(1, round(entrants * drift ** (year - YEARS[0]) * rng.uniform(0.94, 1.06)))

    is_older = begin == _DRAWN_FROM
    before = [entering(begin - grade) if is_older else 0 for grade in range(1, number + 1)]
    flows: dict[int, _Flow] = {}
    for year in range(begin, school.last + 1):
        brought = 0
        if school.follows and year == school.follows.last + 1 and taken:
            grades_taken = taken[year - 1].grades
            before = [own + other for own, other in zip(before, grades_taken, strict=True)]
            brought = 0 if school.first == year else sum(grades_taken[:-1])
        if school.suspended_from is not None and year >= school.suspended_from:
            flow = _Flow([0] * number, 0, sum(before[:-1]), 0, before[-1], firsts.get(year - 3, 0))
        else:
            flow = _next_year(rng, entering(year), before, brought, firsts.get(year - 3, 0))
        firsts[year] = flow.grades[0]
        before = flow.grades
        flows[year] = flow
    return flows


def _next_year(rng: Random, entering: int, before: list[int], brought: int, cohort: int) -> _Flow:
    grades = [entering, *before[:-1]]
    older = sum(grades[1:])
    moving_in = round(older * rng.uniform(0, 0.02))
    moving_out = max(0, moving_in + rng.randrange(3) - 1) if older else 0
    deaths = int(rng.random() < older * 0.0001)
    leaving = round(older * rng.uniform(0.003, 0.011))
    change = moving_in - moving_out - deaths - leaving
    place = rng.randrange(len(grades) - 1)
    while change and older:
        grade = 1 + place % (len(grades) - 1)
        step = 1 if change > 0 else -1
        if grades[grade] + step >= 0:
            grades[grade] += step
            change -= step
        place += 1
    return _Flow(grades, moving_in + brought, moving_out, deaths, before[-1], cohort)


def _parts(total: int, shares: Sequence[float]) -> list[int]:
    """A count cut into whole parts by shares that add up to 1; the parts add up to the count."""
    cuts = [0]
    reached = 0.0
    for share in shares[:-1]:
        reached += share
        cuts.append(min(total, math.floor(total * reached + 0.5)))
    cuts.append(total)
    return [high - low for low, high in pairwise(cuts)]


def _ratio(school: School, year: int, resource: str, pupils: int, *, staff: bool) -> float:
    """How much of the resource the school has per pupil, as a share of the norm."""
    county, at = school.county, year - YEARS[0]
    spread = (county.staff_spread if staff else county.spread)[at]
    spread = max(spread, county.uneven.get(resource, 0))
    level = (county.staff_level if staff else county.level)[at]
    small = 1 + (min(0.8, 30 / pupils) if staff else min(0.5, 12 / pupils))
    gradient = _GRADIENT[school.area].get(resource, 1.0)
    ratio = level * small * gradient * math.exp(spread * school.deviation[resource] - spread**2 / 2)
    if school.area_code in ("111", "121") and resource in ("key_teachers", "equipment_value"):
        ratio *= math.exp(county.favour[at])
    floor = county.floor[at]
    if floor >= 1 and resource == school.weak:
        return max(0.9, min(ratio, 0.97))
    return max(ratio, floor)


def _whole(value: float, school: School, year: int) -> int:
    """A number of people or rooms: rounded up where the county grants every school a floor."""
    if school.county.floor[year - YEARS[0]]:
        return math.ceil(value - 1e-9)
    return math.floor(value + 0.5)


def _return(school: School, year: int, flows: dict[str, _Flow], facilities: dict[str, float]) -> dict[str, Any]:
    """The school's return. `facilities` keeps its buildings' ratios from year to year and is updated."""
    row: dict[str, Any] = {
        **school.county.place(year),
        "school_id": school.school_id,
        "school_name": school.name_in(year),
        "school_type_code": school.type_code,
        "operator_code": school.operator_code,
        "area_code": school.area_code,
        "founded_year": school.founded,
        "is_boarding": school.area != "urban" and "junior" in school.entrants,
        "parent_school_id": school.parent.school_id if school.parent else None,
        "is_counted": school.is_counted,
        "pupils_primary": 0,
        "pupils_junior": 0,
        "pupils_senior": school.pupils_senior,
        "classes_primary": 0,
        "classes_junior": 0,
        "classes_senior": math.ceil(school.pupils_senior / 50),
    }
    for stage, flow in flows.items():
        row |= {f"{name}_{stage}": value for name, value in _stage(school, year, stage, flow).items()}
    row |= _posts(row, school)
    row |= _facilities(school, year, {stage: flow.pupils for stage, flow in flows.items()}, row, facilities)
    if school.hides and school.county.hides_from is not None and year >= school.county.hides_from:
        row |= dict.fromkeys(entry["column"] for entry in school_fields() if entry["group"] == "facilities")
    if school.county.keeps_items_from is not None and year >= school.county.keeps_items_from:
        row |= _keeping(row)
    return row


def _keeping(row: dict[str, Any]) -> dict[str, Any]:
    """What a school reports that keeps every item of quality balance, in place of what was drawn."""
    kept: dict[str, Any] = {"approved_posts": row["staff_on_posts"], "off_post_hires": 0, "off_post_since_year": None}
    for stage in STAGES:
        if f"full_time_teachers_{stage}" in row:
            kept |= {
                f"{group}_teachers_{stage}": row[f"full_time_teachers_{stage}"] for group in ("certified", "trained")
            }
            kept[f"catchment_pupils_{stage}"] = row[f"pupils_{stage}"]
    for kind, low, high in (("music", "73_96", "96_up"), ("arts", "67_90", "90_up")):
        rooms = row[f"{kind}_rooms_{low}"] + row[f"{kind}_rooms_{high}"]
        kept |= {f"{kind}_rooms_{low}": 0, f"{kind}_rooms_{high}": rooms}
    budget = max(row["public_fund_budget_yuan"], _SMALL_SCHOOL_BUDGET)
    kept |= {"public_fund_budget_yuan": budget}
    kept["training_budget_yuan"] = max(row["training_budget_yuan"], math.ceil(budget * 0.05))
    return kept


def _stage(school: School, year: int, stage: str, flow: _Flow) -> dict[str, int]:
    """Pupils, classes and teachers of one stage, by field name without the stage."""
    pupils = flow.pupils

    def share(what: str, low: float, high: float) -> int:
        return int(pupils * school.habit(f"{what}_{stage}", low, high))

    row = {f"pupils_grade_{grade}": count for grade, count in enumerate(flow.grades, 1)}
    if stage == "junior":
        row |= {"pupils_grade_4": 0, "grade_7_cohort": flow.cohort}
    boarding = school.area != "urban" and (stage == "junior" or school.deviation["books"] < _POOR)
    urban = school.area == "urban"
    row |= {
        "pupils": pupils,
        "entrants": flow.grades[0],
        "graduates": flow.graduates,
        "transfers_in": flow.transfers_in,
        "transfers_out": flow.transfers_out,
        "deaths": flow.deaths,
        "boarders": share("boarders", 0.3, 0.7) if boarding else 0,
        "migrant_children": share("migrant_children", 0.05, 0.25) if urban else share("migrant_children", 0, 0.06),
        "left_behind_children": 0 if urban else share("left_behind_children", 0.05, 0.35),
        "catchment_pupils": share("catchment_pupils", 0.94, 1),
    }
    row |= _classes(school, stage, flow.grades)
    row["attached_classes"] = row["classes"] if school.attached == stage else 0
    return row | _teachers(school, year, stage, pupils)


def _classes(school: School, stage: str, grades: Sequence[int]) -> dict[str, int]:
    """Classes of a stage and their size bands; a grade is cut into classes of nearly the same size."""
    size = school.county.class_size + (4 if stage == "junior" else 0) - {"urban": 0, "town": 2, "rural": 6}[school.area]
    bands = dict.fromkeys(BANDS, 0)
    number = 0
    for pupils in grades:
        classes = math.ceil(pupils / size)
        number += classes
        for position in range(classes):
            in_class = pupils // classes + (position < pupils % classes)
            place = next((i for i, limit in enumerate(_LIMITS) if in_class <= limit), len(_LIMITS))
            bands[BANDS[place]] += 1
    return {"classes": number} | {f"classes_{band}": count for band, count in bands.items()}


def _teachers(school: School, year: int, stage: str, pupils: int) -> dict[str, int]:
    """Full-time teachers of a stage: by qualification, title, subject, certificate, training and age."""
    rng = school.rng

    def wanted(resource: str) -> int:
        if not pupils:
            return 0
        norm = _NORMS[resource][STAGES.index(stage)]
        return _whole(norm / 100 * pupils * _ratio(school, year, resource, pupils, staff=True), school, year)

    above = wanted("above_standard_teachers")
    below = round(above * school.habit(f"below_{stage}", *((0, 0.05) if stage == "primary" else (0.03, 0.14))))
    teachers = max(above + below, 1 if pupils else 0)
    above = teachers - below
    if stage == "primary":
        doctors, masters, bachelors, college = _parts(above, (0.0, 0.02 + 0.004 * (year - YEARS[0]), 0.6, 0.376))
        upper = below
    else:
        doctors, masters, bachelors = _parts(above, (0.001, 0.05 + 0.006 * (year - YEARS[0]), 0.949))
        college, upper = _parts(below, (0.96, 0.04))
    mid = 0.4 + 0.03 * school.deviation["above_standard_teachers"]
    mid = min(0.6, max(0.2, mid))
    titles = _parts(teachers, (0.004, 0.12, mid - 0.01, 0.32, 0.04, 0.526 - mid))
    subjects = _parts(min(teachers, wanted("pe_arts_teachers")), (0.42, 0.25, 0.23, 0.1))
    young = int(teachers * school.habit(f"young_{stage}", 0.45, 0.75))
    return {
        "full_time_teachers": teachers,
        "teachers_doctor": doctors,
        "teachers_master": masters,
        "teachers_bachelor": bachelors,
        "teachers_college": college,
        "teachers_upper_secondary": upper,
        **{f"teachers_{title}": count for title, count in zip(_TITLES, titles, strict=True)},
        "key_teachers": min(teachers, wanted("key_teachers")),
        **dict(zip(("pe_teachers", "music_teachers", "fine_arts_teachers", "arts_teachers"), subjects, strict=True)),
        "shared_pe_arts_teachers": int(
            school.area == "rural" and pupils > 0 and school.deviation["pe_arts_teachers"] < 0
        ),
        "certified_teachers": teachers - int(teachers > _SMALL_STAFF and chance(rng, 0.03)),
        "trained_teachers": math.ceil(teachers * school.habit(f"trained_{stage}", 0.96, 1)),
        "teachers_under_45": young,
        "multimedia_teachers_under_45": math.ceil(young * school.habit(f"multimedia_{stage}", 0.9, 1)),
    }


def _posts(row: dict[str, Any], school: School) -> dict[str, int | None]:
    """Staff and posts of the whole school: approved, filled, and hired outside them."""

    def both(*fields: str) -> int:
        return sum(row.get(f"{field}_{stage}") or 0 for field in fields for stage in STAGES)

    teachers = both("full_time_teachers") + math.ceil(row["pupils_senior"] / 13)
    staff = teachers + round(teachers * school.habit("support", 0.04, 0.1))
    hires = school.deviation["above_standard_teachers"] < _POOR
    hired = round(staff * school.habit("hired", 0.02, 0.06)) if hires else 0
    senior, mid = both("teachers_full_senior", "teachers_senior_title"), both("teachers_mid")
    junior = both("teachers_assistant", "teachers_junior_title")
    vacant = round(staff * school.habit("vacant", 0, 0.04))
    heads = 1 if staff and row["is_counted"] else 0
    deputies = min(3, staff // 40)
    return {
        "staff": staff,
        "approved_posts": staff - hired + (0 if hired and not school.county.hires_beside_vacancies else vacant),
        "staff_on_posts": staff - hired,
        "off_post_hires": hired,
        "off_post_since_year": max(school.founded, YEARS[0] - 2) if hired else None,
        "approved_senior_grade_posts": senior + round(senior * school.habit("senior_posts", 0, 0.2)),
        "filled_senior_grade_posts": senior,
        "approved_mid_grade_posts": mid + round(mid * school.habit("mid_posts", 0, 0.1)),
        "filled_mid_grade_posts": mid,
        "approved_junior_grade_posts": junior,
        "filled_junior_grade_posts": junior,
        "heads": heads,
        "deputy_heads": deputies,
        "certified_heads": heads + deputies,
    }


def _resources(
    school: School, year: int, pupils: dict[str, int], facilities: dict[str, float]
) -> Iterator[tuple[str, float]]:
    """Each facility of the whole school, in m², yuan, volumes or pieces, before rounding; 2 % is kept in hand.

    Pupils of each stage weigh as in the split between stages, so that the stage with the stricter norm has enough.
    A suspended school keeps the buildings that it had.
    """
    there = {stage: count for stage, count in pupils.items() if count}
    weighted = (
        sum(_WEIGHTS[stage] * count for stage, count in there.items()) + _WEIGHTS["senior"] * school.pupils_senior
    )
    is_growing = school.first > YEARS[0]
    changes = is_growing or (year + len(school.name)) % school.county.renewal == 0
    for resource in ("teaching_area", "sports_area", "equipment_value", "multimedia_rooms", "books", "computers"):
        per_hundred = resource in ("multimedia_rooms", "computers")
        norms = dict(zip(STAGES, _NORMS[resource], strict=True))
        norm = max((norms[stage] / _WEIGHTS[stage] for stage in there), default=norms["junior"])
        if not weighted:
            yield resource, facilities.get(resource, 0.0)
            continue
        amount = norm * weighted * _ratio(school, year, resource, math.ceil(weighted), staff=False)
        amount /= 100 if per_hundred else 1
        is_built = resource in ("teaching_area", "sports_area")
        if is_built and not changes and resource in facilities:
            amount = facilities[resource]
        facilities[resource] = amount
        yield resource, amount


def _facilities(
    school: School, year: int, pupils: dict[str, int], row: dict[str, Any], kept: dict[str, float]
) -> dict[str, Any]:
    has = dict(_resources(school, year, pupils, kept))
    classes = row["classes_primary"] + row["classes_junior"]
    teaching, sports = has["teaching_area"], has["sports_area"]
    indoor = math.floor(sports * (0.08 if sports > _HALL_FROM_M2 else 0.0))
    building = (teaching + indoor) * 1.9
    music, arts = math.ceil(classes / 12), math.ceil(classes / 12)
    small_rooms = school.area == "rural" and school.deviation["teaching_area"] < 0
    compulsory = 650 * pupils.get("primary", 0) + 850 * pupils.get("junior", 0)
    budget = round((compulsory + 1200 * school.pupils_senior) * school.habit("budget", 0.95, 1.15))
    equipment = math.ceil(has["equipment_value"])
    well = school.deviation["equipment_value"] > _POOR and equipment > 0
    grounds = math.ceil((sports - indoor) * 10) / 10
    return {
        "teaching_auxiliary_area_m2": math.ceil((teaching + indoor) * 10) / 10,
        "indoor_sports_area_m2": float(indoor),
        "sports_ground_area_m2": grounds,
        "other_sports_area_m2": round(sports * 0.05, 1)
        if school.area == "urban" and school.deviation["sports_area"] < _POOR
        else 0.0,
        "site_area_m2": round(building * 0.7 + grounds * 1.6, 1),
        "green_area_m2": round(building * 0.3, 1),
        "building_area_m2": round(building, 1),
        "grade_c_building_area_m2": round(building * 0.05, 1) if year - school.founded > _OLD_AFTER_YEARS else 0.0,
        "grade_d_building_area_m2": 0.0,
        "books": round(has["books"]),
        "computers": _whole(has["computers"], school, year),
        "multimedia_rooms": _whole(has["multimedia_rooms"], school, year),
        "computer_rooms": math.ceil(has["computers"] / 50) if classes else 0,
        "equipment_value_yuan": float(equipment),
        "music_rooms_96_up": 0 if small_rooms else music,
        "music_rooms_73_96": music if small_rooms else 0,
        "music_rooms_61_73": 0,
        "music_rooms_54_61": 0,
        "arts_rooms_90_up": 0 if small_rooms else arts,
        "arts_rooms_67_90": arts if small_rooms else 0,
        "arts_rooms_61_67": 0,
        "arts_rooms_54_61": 0,
        "bandwidth_mbps": {"urban": 500.0, "town": 200.0, "rural": 100.0}[school.area] * (1 + (year - YEARS[0]) // 3),
        "is_sports_area_meets": school.deviation["sports_area"] > _POOR,
        "is_sports_kit_meets": well,
        "is_music_kit_meets": well or school.area == "urban",
        "is_arts_kit_meets": well or school.area == "urban",
        "is_laboratory_kit_meets": well,
        "public_fund_budget_yuan": float(budget),
        "public_fund_outturn_yuan": float(round(budget * school.habit("outturn", 0.93, 1.02))),
        "training_budget_yuan": float(round(budget * school.habit("training", 0.045, 0.075))),
    }
