"""An invented province for demonstrations and tests: 示例省, fifteen counties, six school years, no real place.

No county of GB/T 2260 has a code that begins with 69, and no revision of it knows one of the names. Every county has
a storyline; the figures of its schools are drawn so that the storyline holds under both national standards.

| code | county | storyline |
|---|---|---|
| 690101 | 云汀区 | ordinary district; private schools and schools of the province and the prefecture |
| 690102 | 鹿汀区 | excellent: meets 2012 in every year and all of 2017 from 2021 on |
| 690103 | 望汐区 | district with crowded urban schools: large and over-large classes; until 2019 望汐县, 690131 (撤县设区) |
| 690121 | 青岚县 | ordinary; one village school is merged into the next in 2021 |
| 690122 | 石渡县 | improves year by year: fails 2012 in 2018, meets it from 2020, meets all of 2017 in 2023 |
| 690123 | 榆泊县 | slips: within every limit of 2017 to 2021, over the limit again in 2022 and 2023 |
| 690124 | 岫川县 | meets both to 2019; from 2020 half of its schools report no facilities: undetermined |
| 690125 | 澄野县 | meets 2012 and fails 2017, by the schools and by key teachers' and multimedia rooms' CV |
| 690126 | 苇泽县 | a single junior school |
| 690127 | 麦陇县 | very unequal schools: fails 2012 in both stages |
| 690128 | 砚溪县 | ordinary; key teachers sit in a few schools |
| 690129 | 枫屿县 | ordinary, with many teaching points; other boundaries from 2021 on, its series is broken there |
| 690130 | 星垄县 | ordinary; the demonstration plants its faulty returns here, so 2012 is undetermined in 2023 |
| 690181 | 沐原市 | ordinary county-level city; a primary school becomes a nine-year school in 2020 under a new code |
| 690182 | 棠里市 | ordinary county-level city; in 2022 as in 690181, but the register of schools does not say so, nor why schools closed |
"""

from pathlib import Path

from pipelines.synthetic.counties import PROVINCE_CODE, PROVINCE_NAME, YEARS, storylines
from pipelines.synthetic.county_return import county_returns
from pipelines.synthetic.explanations import explanations
from pipelines.synthetic.register import county_events, school_events
from pipelines.synthetic.returns import province

BASE_STANDARD = Path(__file__).parent / "demo-base.toml"
"""The invented province's base standard for schools, as a province adds one: the gate of basic balance."""

__all__ = [
    "BASE_STANDARD",
    "PROVINCE_CODE",
    "PROVINCE_NAME",
    "YEARS",
    "county_events",
    "county_returns",
    "explanations",
    "province",
    "school_events",
    "storylines",
]
