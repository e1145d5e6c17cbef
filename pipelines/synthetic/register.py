"""The register of the invented province's schools: who they are, when they open, close, merge or change category."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from random import Random

from pipelines.synthetic.counties import COUNTIES, YEARS, County
from schemas.tables import codes

RESOURCES = (
    "above_standard_teachers",
    "key_teachers",
    "pe_arts_teachers",
    "teaching_area",
    "sports_area",
    "equipment_value",
    "multimedia_rooms",
    "books",
    "computers",
)
# fmt: off
_TOWNS = (
    "荷鸣", "柳坞", "桑渚", "云墩", "鹤汊", "芦湾", "松隈", "桃埠",
    "菱塘", "槐陂", "霜桥", "蓼滩", "茶坞", "石笕", "橘洲", "雁埂",
)
_VILLAGES = (
    "东陌", "西陌", "南埂", "北埂", "上坞", "下坞", "前荡", "后荡", "大圩", "小圩",
    "竹里", "梅里", "沙嘴", "泉眼", "双井", "三桥", "四棵松", "五里亭", "六角塘",
)
# fmt: on
_ORDINALS = "一二三四五六七八九十"
_COHORTS: dict[tuple[str, str], tuple[int, int]] = {
    ("primary", "urban"): (110, 290),
    ("primary", "town"): (70, 190),
    ("primary", "rural"): (13, 56),
    ("junior", "urban"): (190, 400),
    ("junior", "town"): (130, 310),
    ("junior", "rural"): (55, 140),
}
"""Pupils who enter a year in a school of one stage: least and most."""
_STAGE_SHARES: dict[str, dict[str, float]] = {
    "211": {"primary": 1.0},
    "311": {"junior": 1.0},
    "attached": {"junior": 1.0},
    "312": {"primary": 0.7, "junior": 0.55},
    "341": {"junior": 0.6},
    "345": {"primary": 0.6, "junior": 0.6},
}
"""Size of each stage of a school, as a share of a school of that stage alone."""
_SMALL_COHORTS: dict[str, dict[str, tuple[int, int]]] = {
    "218": {"primary": (2, 19)},
    "site": {"primary": (6, 30)},
    "attached": {"primary": (12, 30)},
    "special": {"primary": (6, 14), "junior": (4, 9)},
}
"""Pupils who enter a year where the school's place tells nothing of its size."""
_UNRECORDED_COUNTY = "690182"
"""Whose register of schools says nothing of closings, nor of the primary school that became a nine-year school."""
_BOUNDARIES_OF = "690129"
"""The county whose boundaries changed in 2021, by the register alone: none of its invented schools moves."""
_AREA_GROUPS = {entry["code"]: entry["area"] for entry in codes("areas")}


@dataclass
class School:
    """One school under one identifier, with the traits that its returns are drawn from.

    `entrants` are pupils a year by stage in the first school year, `deviation` how the school stands in each resource,
    in standard deviations. `first` and `last` are the school years of its first and last return. From
    `suspended_from` on it has no pupils. `follows` is the school whose pupils it takes over, in the year after that
    one's last. Before `renamed_in` it is called by its `former_name`. `weak` is the one resource in which it may stay below the norm where its county grants a floor.
    """

    county: County
    school_id: str
    name: str
    type_code: str
    area_code: str
    operator_code: str
    entrants: dict[str, int]
    pupils_senior: int
    deviation: dict[str, float]
    founded: int
    weak: str | None = None
    is_counted: bool = True
    parent: School | None = None
    first: int = YEARS[0]
    last: int = YEARS[-1]
    suspended_from: int | None = None
    follows: School | None = None
    former_name: str = ""
    renamed_in: int = YEARS[0]
    hides: bool = False
    attached: str | None = None
    rng: Random = field(default_factory=Random, repr=False)
    habits: dict[str, float] = field(default_factory=dict, repr=False)

    @property
    def area(self) -> str:
        """urban, town or rural."""
        return _AREA_GROUPS[self.area_code]

    def name_in(self, year: int) -> str:
        """What it is called in a school year."""
        return self.former_name if year < self.renamed_in else self.name

    def habit(self, name: str, low: float, high: float) -> float:
        """A share that is the school's own: drawn once between the two ends, and moving little from year to year."""
        if name not in self.habits:
            self.habits[name] = self.rng.uniform(low, high)
        return min(high, self.habits[name] * self.rng.uniform(0.98, 1.02))


class _Serials:
    """Identifiers of ten characters: category, province and a serial that is never used twice."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def next(self, type_code: str) -> str:
        category = {"2": "21", "3": "31", "5": "51"}[type_code[0]]
        category = "36" if type_code.startswith("36") else category
        self._last[category] = self._last.get(category, 0) + 1
        return f"{category}69{self._last[category]:06d}"


def register(seed: int) -> list[School]:
    """Every school that gives a return in one of the school years; one that follows another stands after it."""
    serials = _Serials()
    schools: list[School] = []
    for county in COUNTIES:
        rng = Random(f"{seed}/{county.code}")  # noqa: S311  (draws figures, keeps no secret)
        of_county = list(_county_schools(county, rng, serials))
        if county.hides_from is not None:
            _hide_weaker_half(of_county)
        if county.has_events:
            of_county += _events(county, of_county, rng, serials)
        schools += of_county
    for school in schools:
        school.rng = Random(f"{seed}/{school.school_id}")  # noqa: S311
    return schools


def _county_schools(county: County, rng: Random, serials: _Serials) -> Iterator[School]:
    names = _Names(county)
    primaries: list[School] = []
    for kind, number in county.kinds.items():
        for position in range(number):
            area_code = _area_code(county, kind, (position + 0.5) / number)
            school = _school(county, kind, position, area_code, rng=rng, serials=serials)
            school.name = names.next(kind, school)
            if kind == "211":
                primaries.append(school)
            if kind in ("218", "site"):
                near = [primary for primary in primaries if primary.area != "urban"] or primaries
                parent = near[position % len(near)]
                school.parent, school.is_counted = parent, False
                school.weak = parent.weak if kind == "site" else school.weak
                if kind == "site":
                    school.area_code, school.operator_code = parent.area_code, parent.operator_code
                    school.name = f"{parent.name}{'东西南北'[position % 4]}校区"
            yield school


def _area_code(county: County, kind: str, place: float) -> str:
    if kind in ("341", "342", "345", "special", "vocational"):
        return county.areas[0][0]
    if kind == "312":
        place = 0.25 + 0.75 * place
    if kind == "311":
        place *= 0.88
    areas = (("210", 0.15), ("220", 0.85)) if kind == "218" else county.areas
    reached = 0.0
    for code, share in areas:
        reached += share
        if place <= reached:
            return code
    return areas[-1][0]


def _school(county: County, kind: str, position: int, area_code: str, *, rng: Random, serials: _Serials) -> School:
    type_code = {
        "site": "211",
        "attached": "311",
        "special": ("514", "513", "512", "511")[position % 4],
        "vocational": ("365", "362", "361")[position % 3],
    }.get(kind, kind)
    area = _AREA_GROUPS[area_code]
    quality = rng.gauss(0, 1)
    if area == "rural":
        quality -= 0.3
    elif kind == "211" and area_code in ("111", "121"):
        quality += 0.3
    deviation = {name: 0.6 * quality + 0.8 * rng.gauss(0, 1) for name in RESOURCES}
    entrants = _entrants(kind, area, rng)
    weak = rng.choice(("sports_area", "teaching_area", "equipment_value", "multimedia_rooms"))
    operator = "831"
    if kind in ("211", "311", "345") and chance(rng, county.private_share):
        operator = "999"
    if kind == "211" and position < len(county.other_operators):
        operator = county.other_operators[position]
    if kind == "311" and position == 0 and "821" in county.other_operators:
        operator = "821"
    return School(
        county,
        serials.next(type_code),
        "",
        type_code,
        area_code,
        operator,
        entrants,
        int(rng.uniform(700, 1900)) if kind in ("341", "342", "345", "vocational") else 0,
        deviation,
        int(rng.uniform(1946, 2015)),
        weak=weak if chance(rng, 0.35) else None,
        attached="primary" if kind == "attached" else None,
    )


def _entrants(kind: str, area: str, rng: Random) -> dict[str, int]:
    """Pupils who enter a year, by stage."""
    entrants = {}
    for stage, share in _STAGE_SHARES.get(kind, {}).items():
        entrants[stage] = max(1, int(share * rng.uniform(*_COHORTS[stage, area])))
    for stage, (low, high) in _SMALL_COHORTS.get(kind, {}).items():
        entrants[stage] = int(rng.uniform(low, high))
    return entrants


class _Names:
    """Names of the schools of one county, each given once."""

    def __init__(self, county: County) -> None:
        self._county = county.stem
        self._used: dict[str, int] = {}

    def _number(self, what: str) -> int:
        self._used[what] = self._used.get(what, 0) + 1
        return self._used[what]

    def next(self, kind: str, school: School) -> str:
        what = {
            "211": "小学",
            "218": "教学点",
            "311": "中学",
            "attached": "中学",
            "312": "学校",
            "341": "完全中学",
            "342": "高级中学",
            "345": "十二年制学校",
            "special": "特殊教育学校",
            "vocational": "职业学校",
        }.get(kind, "小学")
        if kind in ("341", "342", "345", "special", "vocational"):
            return f"{self._county}第{ordinal(self._number(what))}{what}"
        if school.area != "rural":
            prefix = {"小学": "", "中学": "初级", "学校": "九年制", "教学点": ""}[what]
            if school.area_code in ("111", "121"):
                return f"{self._county}第{ordinal(self._number(prefix + what))}{prefix}{what}"
            number = self._number("镇" + what)
            town = _TOWNS[number % len(_TOWNS)]
            return f"{self._county}{town}镇第{ordinal(1 + number // len(_TOWNS))}{prefix}{what}"
        number = self._number("村" + what)
        town = _TOWNS[(number * 5) % len(_TOWNS)]
        village = _VILLAGES[(number + number // (len(_VILLAGES) * len(_TOWNS))) % len(_VILLAGES)]
        return f"{self._county}{town}乡{village}{what}"


def chance(rng: Random, share: float) -> bool:
    """True in the given share of all draws."""
    return rng.random() < share


def ordinal(number: int) -> str:
    """A number from 1 to 99 in Chinese numerals."""
    tens, ones = divmod(number, 10)
    words = {0: "", 1: "十"}.get(tens, f"{_ORDINALS[tens - 1]}十")
    return words + (_ORDINALS[ones - 1] if ones else "")


def _hide_weaker_half(schools: list[School]) -> None:
    """The half of the schools with the poorer facilities reports none of them."""
    taught = [school for school in schools if school.entrants]
    for school in sorted(taught, key=lambda school: sum(school.deviation.values()))[: len(taught) // 2]:
        school.hides = True


def _events(county: County, schools: list[School], rng: Random, serials: _Serials) -> list[School]:
    """Openings, closings and suspensions of an ordinary county, a merger and a change of category where told."""
    village = [s for s in schools if s.type_code == "211" and s.area == "rural" and s.is_counted]
    points = [s for s in schools if s.type_code == "218"]
    parents = {id(s.parent) for s in schools if s.parent}
    free = [school for school in village if id(school) not in parents]
    points[1].last, free[0].last = 2019, 2020
    points[2].suspended_from, free[1].suspended_from = 2022, 2021
    opened = []
    for kind, year in (("211", 2020), ("311", 2022)):
        area_code = county.areas[0][0]
        school = _school(county, kind, 99, area_code, rng=rng, serials=serials)
        school.first = school.founded = year
        school.operator_code = "831"
        stem = "小学" if kind == "211" else "初级中学"
        school.name = f"{county.stem}新{'城' if kind == '211' else '区'}{stem}"
        opened.append(school)
    if county.code == "690121":
        opened.append(_merged(free[2], free[3]))
        schools.remove(free[3])
    town = [s for s in schools if s.type_code == "211" and s.area == "town" and id(s) not in parents]
    if county.code == "690181":
        opened.append(_nine_year(town[0], 2020, rng, serials))
    if county.code == _UNRECORDED_COUNTY:
        opened.append(_nine_year(town[0], 2022, rng, serials))
        town[1].former_name, town[1].renamed_in = town[1].name, 2021
        town[1].name = f"{county.stem}求索小学"
    return opened


def _merged(closing: School, taking: School) -> School:
    """The school that takes the closing one's pupils in 2021 and keeps its own identifier."""
    closing.last = 2020
    return replace(taking, follows=closing, habits={})


def _nine_year(primary: School, year: int, rng: Random, serials: _Serials) -> School:
    """The nine-year school that a primary school becomes in a school year, under a new identifier."""
    primary.last = year - 1
    return replace(
        primary,
        school_id=serials.next("312"),
        name=primary.name.removesuffix("小学") + "九年制学校",
        type_code="312",
        entrants=primary.entrants | {"junior": int(rng.uniform(80, 120))},
        first=year,
        last=YEARS[-1],
        follows=primary,
        habits={},
    )


def school_events(seed: int = 20120903) -> list[dict[str, str]]:
    """The invented province's register of schools: rows as `registers/school_events.csv` has them.

    Every county enters what happens to its schools, but one: it enters openings and new names only.
    """
    rows: list[dict[str, str]] = []
    schools = register(seed)
    followed = {id(school.follows): school for school in schools if school.follows}
    for school in schools:
        is_recorded = school.county.code != _UNRECORDED_COUNTY
        after = followed.get(id(school))
        if after is not None and is_recorded:
            event = "recategorised" if after.first > YEARS[0] else "merged"
            rows.append(_entry(school, school.last + 1, event, school.school_id, after.school_id))
        elif after is None and school.last < YEARS[-1] and is_recorded:
            rows.append(_entry(school, school.last + 1, "closed", school.school_id, ""))
        if school.first > YEARS[0] and school.follows is None:
            rows.append(_entry(school, school.first, "opened", "", school.school_id))
        if school.suspended_from is not None and is_recorded:
            rows.append(_entry(school, school.suspended_from, "suspended", school.school_id, ""))
        if school.former_name:
            rows.append(_entry(school, school.renamed_in, "renamed", school.school_id, school.school_id))
    return rows


def _entry(school: School, year: int, event: str, before: str, after: str) -> dict[str, str]:
    """A row of the register: from July of the year on, so that the return of its September knows of it."""
    return {
        "event_date": f"{year}-07-15",
        "event": event,
        "source": "cn-returns",
        "school_id_before": before,
        "school_id_after": after,
        "county_code": school.county.code,
        "document": f"{school.county.name}教育局（虚构）{year} 年学校布局调整通知",
        "note": "",
        "recorded_by": "虚构的登记人",
        "recorded_on": f"{year}-09-01",
    }


def county_events() -> list[dict[str, str]]:
    """The invented province's register of counties: rows as `registers/county_events.csv` has them."""
    document = "示例省政府（虚构）{year} 年关于{what}的批复"
    rows = [
        ("2020-05-01", "converted", county.was[0], county.code, "", f"{county.was[1]}撤县设区")
        for county in COUNTIES
        if county.was
    ]
    rows.append(("2021-03-01", "boundary_changed", _BOUNDARIES_OF, _BOUNDARIES_OF, "break", "调整枫屿县县界"))
    return [
        {
            "event_date": day,
            "event": event,
            "source": "cn-returns",
            "county_code_before": before,
            "county_code_after": after,
            "series": series,
            "document": document.format(year=day[:4], what=what),
        }
        for day, event, before, after, series, what in rows
    ]
