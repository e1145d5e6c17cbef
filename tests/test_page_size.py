"""Pages stay readable on a slow line: the page of a large county under its standards."""

from __future__ import annotations

from reports.render import county_html, county_markdown
from tests.test_reports import SOUND, YEARS, computed, report

SCHOOLS = 150
MOST_BYTES = 1_000_000


def test_a_county_of_150_schools_has_a_page_under_a_megabyte() -> None:
    rows = [
        SOUND
        | {
            "school_name": f"青岚县望汐镇第{number}九年一贯制中心学校",
            "pupils_primary": 300 + 7 * number,
            "pupils_junior": 200 + 3 * number,
            "full_time_teachers_junior": 20 + number % 9,
            "classes_junior": 10,
            "books": 9_000 + 211 * number,
        }
        for number in range(SCHOOLS)
    ]
    found = report(computed(dict.fromkeys(YEARS, rows)))
    page = county_html(found)
    assert sum(len(table.rows) for part in found.standards for table in part.schools) >= 2 * SCHOOLS
    assert len(page.encode()) < MOST_BYTES
    assert len(county_markdown(found).encode()) < MOST_BYTES / 2
