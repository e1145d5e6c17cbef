"""A county's way to a standard as an integer program: what may be added where, what is asked, and which cones bound it.

One cell is a unit and an indicator. Its resource is base + Σ gain · n over the steps n that are added, of the school
where the stages share it; the unit has `share` of that.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Cone:
    """A stage's limit on one coefficient: √(Σ P_N r²/P) ≤ √(1 + c²) · Σ r over its cells."""

    name: tuple[str, str]
    cells: Ints
    limit: float


@dataclass
class Problem:
    """One county under one standard.

    By cell: `base` and `weight` (pupils) as numbers, `share`, `need_norm` and `need_floor` in ten-thousandths of the
    school's resource (at most 0 where reached; `spare` says how many cells of a unit may stay at the floor).
    By variable: `price` of a step and `most` steps. `entries` hold cell, variable and the ten-thousandths that a step
    adds to the school's resource.
    """

    units: list[str]
    unit_of: Ints
    base: Floats
    share: Floats
    weight: Floats
    need_norm: Ints
    need_floor: Ints
    is_asked: npt.NDArray[np.bool_]
    spare: Ints
    price: Floats
    most: Floats
    entry_cell: Ints
    entry_variable: Ints
    entry_gain: Ints
    cones: list[Cone]
    caps: list[tuple[Ints, Floats, float]] = field(default_factory=list)
    """Variables, their coefficients, and what Σ may not exceed."""
    balances: list[tuple[Ints, Floats]] = field(default_factory=list)
    """Variables and coefficients whose Σ is 0: what is moved away arrives."""
