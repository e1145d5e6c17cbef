"""How the values of units stand on a page: told for a whole table at once as each would be told alone."""

from __future__ import annotations

import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reports import display
from reports.values import telling_value, with_texts
from standards.standard import load_standards

STANDARDS = load_standards()
STANDARD = STANDARDS["cn-quality-2017"]
NAMES = [indicator.id for indicator in STANDARD.indicators]
UNITS = ["per_pupil", "m2_per_pupil", "percent", "people", "finding"]
AMOUNTS = st.one_of(
    st.floats(min_value=-1e12, max_value=1e12, allow_subnormal=False),
    st.integers(-4000, 40_000).map(lambda thousandths: thousandths / 1000),
)
ROWS = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.sampled_from(UNITS),
        st.none() | AMOUNTS,
        st.none() | AMOUNTS,
        st.sampled_from(["met", "not_met", "undetermined", "no_norm"]),
        st.sampled_from([True, False, None]),
    ),
    max_size=8,
)


def _told(rows: list[tuple[str, str, float | None, float | None, str, bool | None]]) -> pl.DataFrame:
    columns = {
        "indicator": pl.String,
        "unit": pl.String,
        "value": pl.Float64,
        "norm": pl.Float64,
        "status": pl.String,
        "is_at_floor": pl.Boolean,
    }
    frame = pl.DataFrame(rows, schema=columns, orient="row").with_columns(standard=pl.lit(STANDARD.id))
    return with_texts(frame, STANDARDS)


@settings(deadline=None)
@given(ROWS)
@example([(NAMES[0], "people", 2.5, None, "no_norm", None)])
@example([(NAMES[0], "m2_per_pupil", 6.595, None, "no_norm", None)])
@example([(NAMES[0], "m2_per_pupil", 4.9999, 5.0, "not_met", True)])
def test_a_value_is_told_among_others_as_it_is_told_alone(
    rows: list[tuple[str, str, float | None, float | None, str, bool | None]],
) -> None:
    alone = [
        telling_value(value, norm, display.places_of(unit), STANDARD.indicator(name).must_be, status)
        for name, unit, value, norm, status, _is_at_floor in rows
    ]
    assert _told(rows)["text"].to_list() == alone


def test_a_value_near_its_norm_has_the_decimals_that_show_its_side() -> None:
    near = _told([(NAMES[0], "m2_per_pupil", 4.9999, 5.0, "not_met", True)])
    far = _told([(NAMES[0], "m2_per_pupil", 4.5, 5.0, "not_met", True)])
    assert [near["text"].item(), far["text"].item()] == ["4.9999", "4.50"]


def test_a_value_below_its_floor_bears_the_graver_sign() -> None:
    told = _told(
        [
            (NAMES[0], "m2_per_pupil", 2.0, 5.0, "not_met", False),
            (NAMES[0], "m2_per_pupil", 4.8, 5.0, "not_met", True),
            (NAMES[0], "m2_per_pupil", 4.8, None, "no_norm", None),
        ]
    )
    assert told["mark"].to_list() == [display.BELOW_FLOOR, display.BELOW_NORM, ""]
