"""Which county code was valid when, and which code followed which: a compact list of our own, and how it is made.

`codes/counties.csv` holds a row per code, name and span of covered school years: `code,name,year_from,year_to`. It is
made from dated revisions of GB/T 2260 as the National Bureau of Statistics published them from December 2002 to October 2018, and
a list of 2023. A school year's returns stand for 1 September; a code is in the row's span where the revision before or
the one after that day has it. So the school years 2003–2018 and 2023 are covered: in these a code outside its spans was
not valid. Of other years nothing is known. The list of October 2018 has codes of development zones too.

`codes/county_events.csv` holds what the revisions of GB/T 2260 themselves show: a code that is gone and one that is new
in the same revision, in the same prefecture with the same name but for its last word (县, 市, 区 …), or in the same
province with the very same name; one of each. `recoded` kept its name, `converted` became another kind of county
(撤县设区, 撤县设市). The day is known only to lie between the two revisions.

Made again with `python -m schemas.county_list FOLDER`, where FOLDER holds `gb2260/<revision>.tsv` and
`modood_2023/areas.csv`. Mergers of counties, and whatever lies outside the years above, stand in a home's own register.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

CODES = Path(__file__).parent / "codes"
COVERED = (*range(2003, 2019), 2023)
"""School years for which the list knows every valid code."""
LISTED_IN = 2023
"""School year of the list that is no revision of GB/T 2260."""
_NO_COUNTY = ("市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划")
_KIND = re.compile(r"(?:[\u4e00-\u9fff]{1,4}族)*(自治县|自治旗|县|市|区|旗)$")


@cache
def spans() -> dict[str, tuple[tuple[int, int], ...]]:
    """For each code the spans of school years in which it was, or may have been, valid."""
    found: dict[str, list[tuple[int, int]]] = {}
    for row in _rows("counties.csv"):
        found.setdefault(row["code"], []).append((int(row["year_from"]), int(row["year_to"])))
    return {code: tuple(years) for code, years in found.items()}


def is_known_invalid(code: str, school_year: int) -> bool:
    """Whether the list covers the school year and has no such code in it; of invented provinces it knows nothing."""
    if school_year not in COVERED or code[:2] not in _provinces():
        return False
    return not any(first <= school_year <= last for first, last in spans().get(code, ()))


def shipped_events() -> list[dict[str, str]]:
    """The events that the revisions themselves show."""
    return _rows("county_events.csv")


@cache
def _provinces() -> frozenset[str]:
    return frozenset(code[:2] for code in spans())


def _rows(name: str) -> list[dict[str, str]]:
    with (CODES / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


# -- how the two files are made ---------------------------------------------------------------------------------------

Listing = Mapping[str, str]


def read_revisions(folder: Path) -> tuple[dict[str, Listing], Listing]:
    """The counties of every revision of GB/T 2260 by month, and those of the list of 2023."""
    revisions: dict[str, Listing] = {}
    for path in sorted((folder / "gb2260").glob("2*.tsv")):
        with path.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines, delimiter="\t"))
        revisions[path.stem] = _counties((row["Code"], row["Name"]) for row in rows)
    with (folder / "modood_2023" / "areas.csv").open(encoding="utf-8", newline="") as lines:
        return revisions, _counties((row["code"], row["name"]) for row in csv.DictReader(lines))


def _counties(rows: Iterable[tuple[str, str]]) -> Listing:
    return {code: name for code, name in rows if not code.endswith("00") and name not in _NO_COUNTY}


def episodes(revisions: Mapping[str, Listing], listed: Listing) -> list[tuple[str, str, int, int]]:
    """Code, name and span of every school year in which the code was, or may have been, valid."""
    held: dict[tuple[str, str], set[int]] = {}
    months = sorted(revisions)
    for year in COVERED:
        day = f"{year}09"
        near = [max(m for m in months if m <= day), min(m for m in months if m >= day)] if year != LISTED_IN else []
        for listing in [revisions[month] for month in near] or [listed]:
            for code, name in listing.items():
                held.setdefault((code, name), set()).add(year)
    return [(code, name, *span) for (code, name), years in sorted(held.items()) for span in _runs(sorted(years))]


def _runs(years: Sequence[int]) -> list[tuple[int, int]]:
    """The years as spans in which no covered year is missing."""
    places = [COVERED.index(year) for year in years]
    starts = [COVERED[place] for place in places if place - 1 not in places]
    ends = [COVERED[place] for place in places if place + 1 not in places]
    return list(zip(starts, ends, strict=True))


def derived_events(revisions: Mapping[str, Listing]) -> list[tuple[str, ...]]:
    """What two revisions that follow each other show: event, code and name before and after, and the two months."""
    found: list[tuple[str, ...]] = []
    for earlier, later in pairwise(sorted(revisions)):
        before, after = revisions[earlier], revisions[later]
        gone = {code: name for code, name in before.items() if code not in after}
        new = {code: name for code, name in after.items() if code not in before}
        pairs = [
            (old, code)
            for old, old_name in gone.items()
            for code, name in new.items()
            if (name == old_name and code[:2] == old[:2])
            or (code[:4] == old[:4] and _stem(name) == _stem(old_name) and len(_stem(name)) > 1)
        ]
        for old, code in pairs:
            alone = sum(old == o for o, _ in pairs) == 1 and sum(code == c for _, c in pairs) == 1
            if alone:
                event = "recoded" if gone[old] == new[code] else "converted"
                found.append((event, old, gone[old], code, new[code], earlier, later))
    return found


def _stem(name: str) -> str:
    return _KIND.sub("", name)


def _write(name: str, head: str, rows: Iterable[Sequence[object]]) -> None:
    with (CODES / name).open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(head.split(","))
        writer.writerows(rows)


if __name__ == "__main__":
    by_month, of_2023 = read_revisions(Path(sys.argv[1]))
    _write("counties.csv", "code,name,year_from,year_to", episodes(by_month, of_2023))
    _write(
        "county_events.csv",
        "event,county_code_before,name_before,county_code_after,name_after,listed_until,changed_by",
        derived_events(by_month),
    )
