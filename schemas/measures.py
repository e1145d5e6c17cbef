"""What a county can add to its schools: the measures of a plan, and the file in which a county gives prices and bounds.

`measures.csv` names our measures, each by the fields of a school's return that one unit of it adds 1 to, and the least
step in which it can be had. The steps are defaults of ours. No price is ours: a county's file gives them.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from schemas.tables import school_fields, shared_fields, stage_fields

HERE = Path(__file__).parent


class PlanFileError(Exception):
    """The file of prices and bounds is not sound; the message names file, key, and what was wanted."""


class Label(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A name in Chinese and in English."""

    zh: str
    en: str


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that can be added to a school: each unit of it adds 1 to every field of `adds`.

    Fields that returns give by stage are named without it. `is_shared`: the stages of a school have it together.
    `can_move`: what one school has beyond its need, another may be given. `within`: the field that what is added to
    may never exceed.
    """

    id: str
    unit: str
    step: Decimal
    adds: tuple[str, ...]
    label: Label
    is_shared: bool
    can_move: bool
    within: str = ""


class Price(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a county's file says of one measure. A measure of its own needs `adds`, `unit` and `label` as well."""

    yuan: Decimal | None = None
    move_yuan: Decimal | None = None
    step: Decimal | None = None
    most: Decimal | None = None
    most_per_school: Decimal | None = None
    is_offered: bool = True
    adds: tuple[str, ...] = ()
    unit: str = ""
    label: Label | None = None
    can_move: bool = False


class PlanFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Prices, bounds and wishes of a plan. `source` says where the prices come from, `valid` on which day they held.

    `standards`, `school_years` and `counties` (none: all that are not met) say which plans a home asks for at every
    refresh, and `mode` how they are made.
    """

    source: str = ""
    valid: dt.date | None = None
    budget_yuan: Decimal | None = None
    fixed_schools: tuple[str, ...] = ()
    measures: dict[str, Price] = {}
    standards: tuple[str, ...] = ()
    school_years: tuple[int, ...] = ()
    counties: tuple[str, ...] = ()
    mode: Literal["level_up", "move"] = "level_up"

    @property
    def has_prices(self) -> bool:
        """Whether the plan is counted in yuan."""
        return any(price.yuan is not None for price in self.measures.values())


@cache
def our_measures() -> tuple[Measure, ...]:
    """The measures of `measures.csv`, in its order."""
    with (HERE / "measures.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(
            Measure(
                id=row["measure"],
                unit=row["unit"],
                step=Decimal(row["step"]),
                adds=tuple(row["adds"].split()),
                label=Label(row["label_zh"], row["label_en"]),
                is_shared=set(row["adds"].split()) <= set(shared_fields()),
                can_move=row["moves"] == "yes",
                within=row["within"],
            )
            for row in csv.DictReader(lines)
        )


def measures_of(plan: PlanFile) -> tuple[Measure, ...]:
    """Our measures, and those of the plan's file, each with its step; without those that it does not offer."""
    known = {measure.id: measure for measure in our_measures()}
    for name, price in plan.measures.items():
        if name not in known:
            shared = set(price.adds) <= set(shared_fields())
            known[name] = Measure(
                id=name,
                unit=price.unit,
                step=price.step or Decimal(1),
                adds=price.adds,
                label=price.label or Label(name, name),
                is_shared=shared,
                can_move=price.can_move,
            )
        elif price.step is not None:
            known[name] = msgspec.structs.replace(known[name], step=price.step)
    left_out = {name for name, price in plan.measures.items() if not price.is_offered}
    return tuple(measure for name, measure in known.items() if name not in left_out)


def _units() -> set[str]:
    return {entry["unit"] for entry in school_fields() if entry["unit"]}


def plan_file(path: Path) -> PlanFile:
    """The prices and bounds in a TOML file. Raises PlanFileError with every fault of the file."""
    try:
        plan = msgspec.toml.decode(path.read_bytes(), type=PlanFile, strict=False)
    except OSError as fault:
        raise PlanFileError(f"{path}：读不了（{fault.strerror}） / cannot be read") from fault
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise PlanFileError(f"{path.name}：{fault}；格式见 docs/planning.md / see docs/planning.md") from fault
    if faults := [*_faults(plan)]:
        raise PlanFileError("\n".join(f"{path.name}：{key}：{words}" for key, words in faults))
    return plan


_LARGEST = 10**12


def _faults(plan: PlanFile) -> list[tuple[str, str]]:
    """What types cannot say, as (key, what is wanted)."""
    ours = {measure.id for measure in our_measures()}
    found = [*_price_faults(plan, ours)]
    for name, price in plan.measures.items():
        key = f"measures.{name}"
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            found.append((key, "名称只用小写字母、数字和下划线 / lower-case letters, digits and _ only"))
        if name in ours and (price.adds or price.unit or price.label):
            found.append((key, "本系统已有这项措施，不能改写 adds、unit、label / a measure of ours keeps what it adds"))
        if name not in ours:
            found += _own_faults(key, price)
        for field in ("yuan", "move_yuan", "step", "most", "most_per_school"):
            value: Decimal | None = getattr(price, field)
            if value is not None and not (value.is_finite() and 0 <= value <= _LARGEST and (field != "step" or value)):
                found.append((f"{key}.{field}", f"{value}：要 0 到 {_LARGEST:,} / between 0 and {_LARGEST:,}"))
    return found


def _price_faults(plan: PlanFile, ours: set[str]) -> list[tuple[str, str]]:
    """Prices without a source, for some measures only, or a budget without prices."""
    if not plan.has_prices:
        budget = "没有价格就没有预算 / a budget needs prices"
        return [("budget_yuan", budget)] if plan.budget_yuan is not None else []
    found = [] if plan.source else [("source", "价格要写明来源 / say where the prices come from")]
    settled = {name for name, price in plan.measures.items() if price.yuan is not None or not price.is_offered}
    if lacking := sorted((ours | set(plan.measures)) - settled):
        said = "、".join(lacking)
        found.append(
            ("measures", f"没有价格：{said}；请补价格，或写 is_offered = false / price them, or do not offer them")
        )
    return found


def _own_faults(key: str, price: Price) -> list[tuple[str, str]]:
    """Faults of a measure of the file's own."""
    stage, shared = {base for fields in stage_fields().values() for base in fields}, set(shared_fields())
    found = []
    if not price.adds or price.label is None or price.unit not in _units():
        units = "、".join(sorted(_units()))
        found.append((key, f"自定措施要有 adds、label 和 unit（{units}之一） / needs adds, label and a unit of these"))
    strange = [field for field in price.adds if field not in stage | shared]
    if strange:
        found.append((f"{key}.adds", f"报表没有字段 {'、'.join(strange)} / no such field of the return"))
    elif set(price.adds) & stage and set(price.adds) & shared:
        found.append((f"{key}.adds", "不能兼有学段字段和全校字段 / fields of a stage and of the school do not mix"))
    return found
