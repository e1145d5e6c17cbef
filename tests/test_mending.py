"""What was refused and mended since: by a later file of the same return, or by a correction that was kept."""

from __future__ import annotations

import polars as pl

from pipelines.mending import still_open, with_mended
from reports.captions import Captions
from reports.origins import refused
from schemas.contract import conform
from schemas.corrections import CORRECTIONS
from schemas.tables import QUARANTINE, SCHOOLS

LAYOUTS = pl.DataFrame({"file": ["a", "b", "j"], "layout": ["primary", "primary", "junior"]})


def fault(**more: object) -> dict[str, object]:
    return {
        "school_year": 2021, "source": "x", "school_id": "S", "layout": "primary", "file": "a", "sheet": None, "row": 2, "level": "cell",
        "column": "books", "rule": "not_a_number", "message": "不是数字。", "message_en": "Not a number.",
    } | more  # fmt: skip


def mended(
    entry: dict[str, object], files: str, *, corrected: bool | None = None, year: int = 2021
) -> list[str | None]:
    """What mended a refusal, where the school's rows come from these files now and a correction was kept or not."""
    held = [{"school_year": year, "source": "x", "school_id": "S", "file": file} for file in files]
    schools = conform(pl.DataFrame(held), SCHOOLS)
    set_cells = CORRECTIONS.empty()
    if corrected is not None:
        cell = {"file": "a", "row": 2, "column": "books", "correction": "C-1", "is_kept": corrected}
        set_cells = conform(pl.DataFrame([cell]), CORRECTIONS)
    faults = pl.DataFrame(
        [entry], schema_overrides={"sheet": pl.String, "school_id": pl.String, "school_year": pl.Int32}
    )
    found = with_mended(faults, schools, LAYOUTS, set_cells)
    assert still_open(found).height == found["mended_by"].null_count()
    return found["mended_by"].to_list()


def test_a_cell_or_row_whose_school_comes_from_a_later_file_is_mended_by_it() -> None:
    assert mended(fault(), "b") == ["b"]
    assert mended(fault(level="row"), "b") == ["b"]
    assert mended(fault(), "a") == [None]


def test_a_file_of_another_school_year_mends_nothing() -> None:
    assert mended(fault(), "b", year=2020) == [None]


def test_another_part_of_the_schools_return_mends_nothing() -> None:
    assert mended(fault(level="row"), "j") == [None]
    assert mended(fault(), "bj") == ["b"]


def test_a_cell_that_a_correction_set_is_mended_only_if_the_checks_kept_it() -> None:
    assert mended(fault(), "a", corrected=True) == ["C-1"]
    assert mended(fault(), "a", corrected=False) == [None]
    assert mended(fault(column="computers"), "a", corrected=True) == [None]


def test_a_refused_file_and_an_unknown_school_stay_open() -> None:
    assert mended(fault(level="file", school_id=None), "b") == [None]
    assert mended(fault(school_id="T"), "b") == [None]


def test_a_page_lists_what_was_mended_and_counts_what_is_open() -> None:
    rows = conform(pl.DataFrame([fault(), fault(row=3, mended_by="b.csv")]), QUARANTINE)
    told = refused(rows, "拒收", Captions(), names={})
    assert told.sentence.startswith("拒收 1 个单元格；")
    assert told.sentence.endswith("另有 1 处已由后来的文件或更正改正，仍列出，不再计入。")
    assert [row.message for row in told.rows] == ["不是数字。", "已由 b.csv 改正。不是数字。"]
    assert refused(rows.tail(1), "拒收", Captions(), names={}).sentence.startswith("拒收的都已改正。")
