"""The counties of the invented province: what each has, and how its storyline runs over the six school years."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

PROVINCE_NAME, PROVINCE_CODE = "示例省", "690000"
YEARS = range(2018, 2024)
KINDS = ("211", "218", "site", "311", "attached", "312", "341", "345", "342", "special", "vocational")
"""Kinds of school: type codes, and `site` (an uncounted site of a primary school), `attached` (a junior school with
attached primary classes), `special` (51x), `vocational` (36x)."""

_AREAS: dict[str, tuple[tuple[str, float], ...]] = {
    "区": (("111", 0.45), ("112", 0.2), ("121", 0.12), ("122", 0.05), ("123", 0.02), ("210", 0.06), ("220", 0.1)),
    "市": (("111", 0.22), ("112", 0.1), ("121", 0.2), ("122", 0.08), ("123", 0.02), ("210", 0.13), ("220", 0.25)),
    "县": (("121", 0.3), ("122", 0.14), ("123", 0.02), ("210", 0.2), ("220", 0.34)),
}


def _kinds(*numbers: int) -> dict[str, int]:
    return dict(zip(KINDS, numbers, strict=True))


def _line(first: float, last: float) -> tuple[float, ...]:
    """Six values, one per school year, in even steps from the first to the last."""
    return tuple(first + (last - first) * step / (len(YEARS) - 1) for step in range(len(YEARS)))


@dataclass(frozen=True)
class County:
    """A county and its storyline; tuples hold one value per school year.

    `level` and `spread` are the facilities' mean, as a share of the norms of 2017, and the standard deviation of its
    logarithm between schools; `staff_level` and `staff_spread` the teachers'. `floor` is the least share of a norm
    that any school has (0: none is granted). `favour` is the logarithm of what schools in the county town have over
    the others in key teachers and equipment. `uneven` raises the spread of single resources. `renewal` is how many
    years pass between two changes of a school's buildings. From `keeps_items_from` on its schools keep what quality
    balance asks beyond resources: rooms, training, certificates, nearby enrolment, posts.
    `was` is the code and name that it had until the school year in which it became a district.
    `hires_beside_vacancies`: schools hire outside their approved posts while some of these stand empty.
    """

    code: str
    name: str
    story: str
    kinds: Mapping[str, int]
    level: tuple[float, ...] = _line(1.0, 1.22)
    spread: tuple[float, ...] = _line(0.36, 0.3)
    staff_level: tuple[float, ...] = _line(1.22, 1.36)
    staff_spread: tuple[float, ...] = _line(0.2, 0.18)
    floor: tuple[float, ...] = _line(0, 0)
    favour: tuple[float, ...] = _line(0, 0)
    uneven: Mapping[str, float] = field(default_factory=dict)
    renewal: int = 3
    class_size: int = 46
    private_share: float = 0.0
    other_operators: tuple[str, ...] = ()
    hides_from: int | None = None
    keeps_items_from: int | None = None
    hires_beside_vacancies: bool = False
    has_events: bool = True
    was: tuple[str, str, int] | None = None

    def place(self, year: int) -> dict[str, str]:
        """Its code and name in a school year."""
        code, name = self.was[:2] if self.was and year < self.was[2] else (self.code, self.name)
        return {"county_code": code, "county_name": name}

    @property
    def stem(self) -> str:
        """What the names of its schools begin with: what kind of county it is stands in them only where that stays."""
        return self.name[:-1] if self.was else self.name

    @property
    def areas(self) -> tuple[tuple[str, float], ...]:
        """The urban-rural classes of its schools and their shares, from the most urban on."""
        return _AREAS[self.name[-1]]


COUNTIES: tuple[County, ...] = (
    County(
        "690101",
        "云汀区",
        "普通城区：有民办学校和省、市属学校，基本均衡达标",
        _kinds(48, 4, 2, 16, 0, 6, 2, 2, 3, 1, 2),
        private_share=0.12,
        other_operators=("811", "821"),
        hires_beside_vacancies=True,
    ),
    County(
        "690102",
        "鹿汀区",
        "样板：历年达到 2012 年标准，2021 年起每校、每项差异系数均达到 2017 年标准",
        _kinds(42, 5, 2, 13, 0, 5, 1, 1, 2, 1, 1),
        level=_line(1.12, 1.36),
        spread=(0.26, 0.22, 0.2, 0.16, 0.15, 0.14),
        staff_level=_line(1.25, 1.4),
        staff_spread=_line(0.14, 0.1),
        floor=(0, 0.8, 0.9, 1.02, 1.03, 1.04),
        renewal=1,
        class_size=43,
        private_share=0.05,
        has_events=False,
        keeps_items_from=2021,
    ),
    County(
        "690103",
        "望汐区",
        "普通城区：中心城区学校拥挤，大班额和超大班额较多；2020 年撤县设区，换用新的行政区划代码",
        _kinds(46, 3, 1, 15, 0, 6, 1, 1, 2, 1, 1),
        level=_line(0.84, 1.0),
        class_size=65,
        was=("690131", "望汐县", 2020),
        private_share=0.08,
        other_operators=("821",),
    ),
    County(
        "690121",
        "青岚县",
        "普通县：2021 年一所村小并入邻校",
        _kinds(42, 9, 2, 11, 1, 5, 1, 0, 2, 1, 1),
        uneven={"equipment_value": 0.55},
    ),
    County(
        "690122",
        "石渡县",
        "逐年改善：2018 年未达到 2012 年标准，2020 年起达到，2023 年达到 2017 年标准",
        _kinds(40, 9, 2, 11, 1, 5, 1, 0, 2, 1, 1),
        level=(0.85, 0.95, 1.05, 1.2, 1.3, 1.4),
        spread=(1.0, 0.75, 0.48, 0.36, 0.26, 0.16),
        staff_level=_line(1.2, 1.4),
        staff_spread=(0.42, 0.36, 0.3, 0.24, 0.18, 0.12),
        floor=(0, 0, 0, 0, 0.85, 1.03),
        renewal=1,
        class_size=44,
        has_events=False,
        keeps_items_from=2023,
    ),
    County(
        "690123",
        "榆泊县",
        "滑坡：2021 年及以前各项差异系数均在 2017 年限值以内，2022、2023 年骨干教师和设备向县城集中，再次超限",
        _kinds(40, 8, 2, 11, 0, 5, 1, 0, 2, 1, 1),
        level=_line(1.25, 1.3),
        spread=_line(0.18, 0.18),
        staff_level=_line(1.36, 1.4),
        staff_spread=_line(0.12, 0.12),
        floor=_line(1.03, 1.03),
        favour=(0, 0, 0, 0, 1.5, 1.9),
        renewal=1,
        class_size=44,
        has_events=False,
    ),
    County(
        "690124",
        "岫川县",
        "2019 年及以前达到两项标准；2020 年起半数学校不报办学条件，无法判定",
        _kinds(40, 10, 2, 10, 1, 5, 1, 0, 2, 1, 1),
        level=_line(1.22, 1.28),
        spread=_line(0.2, 0.2),
        staff_level=_line(1.32, 1.38),
        staff_spread=_line(0.13, 0.13),
        floor=_line(1.02, 1.02),
        renewal=1,
        class_size=44,
        hides_from=2020,
        has_events=False,
    ),
    County(
        "690125",
        "澄野县",
        "达到 2012 年标准，未达到 2017 年标准：骨干教师和多媒体教室的差异系数超限",
        _kinds(42, 10, 2, 11, 1, 5, 1, 0, 2, 1, 1),
        uneven={"key_teachers": 0.8, "multimedia_rooms": 0.8},
    ),
    County(
        "690126",
        "苇泽县",
        "小县：只有一所初中",
        _kinds(13, 6, 0, 1, 0, 0, 0, 0, 1, 0, 0),
        has_events=False,
    ),
    County(
        "690127",
        "麦陇县",
        "校际差距很大：小学、初中均未达到 2012 年标准",
        _kinds(44, 10, 2, 12, 1, 5, 1, 0, 2, 1, 1),
        level=_line(0.8, 0.9),
        spread=_line(0.98, 0.94),
        staff_level=_line(1.1, 1.2),
        staff_spread=_line(0.45, 0.42),
        hires_beside_vacancies=True,
    ),
    County(
        "690128",
        "砚溪县",
        "普通县：骨干教师集中在少数学校",
        _kinds(42, 9, 1, 11, 1, 4, 1, 0, 2, 1, 1),
        uneven={"key_teachers": 0.6},
    ),
    County(
        "690129",
        "枫屿县",
        "普通县：教学点多；2021 年县界调整，此前各年不再比较",
        _kinds(32, 26, 2, 9, 1, 6, 1, 0, 1, 1, 1),
    ),
    County(
        "690130",
        "星垄县",
        "普通县：演示用的差错报表都在这里，2023 年因此无法判定是否达到 2012 年标准",
        _kinds(38, 9, 1, 10, 1, 4, 1, 0, 1, 1, 1),
    ),
    County(
        "690181",
        "沐原市",
        "普通县级市：2020 年一所小学改为九年一贯制学校，换用新的学校标识码",
        _kinds(50, 9, 2, 15, 1, 6, 2, 1, 2, 2, 2),
        private_share=0.06,
    ),
    County(
        "690182",
        "棠里市",
        "普通县级市：2022 年一所小学改为九年一贯制学校，换了标识码而没有登记；撤并也没有登记",
        _kinds(46, 9, 2, 13, 1, 6, 1, 1, 2, 1, 2),
        private_share=0.05,
        other_operators=("821",),
    ),
)


def storylines() -> dict[str, str]:
    """What happens in each county, as one sentence under its code."""
    return {county.code: county.story for county in COUNTIES}
