"""What a standard asks beyond resources: parts, groups, items, their checks, relaxations, and the county's own facts.

An item is met where all its checks are. Most checks are computed, from school returns or from the county's facts; a
`finding` is what only the county can say. The finding key of an item is `<standard>/<item>`, of a check with an id of
its own `<standard>/<item>/<check>`; facts are named as in `schemas/county_facts.csv` or in the standard's `facts`.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Literal

import msgspec

from standards.values import Confidence, Dated, Side, Words

Role = Literal["precondition", "gate", "items", "approval", "veto", "tracking"]
"""What a part does to the county's verdict: a precondition or gate that is not met makes it not eligible, a veto not
recognised; items and approval must be met; tracking is shown and decides nothing."""


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A figure that the county itself reports, declared by the standard that first needs it."""

    id: str
    label: Words
    unit: str
    type: Literal["count", "decimal", "year"] = "decimal"


class Where(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which units or schools a check goes over; what is left empty takes all.

    `pupils_at_least` and `pupils_below` count the compulsory pupils of the subject. A subject of which it cannot be
    told whether it belongs is kept, and where it would fail it is undetermined.
    """

    stages: tuple[str, ...] = ()
    school_types: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    is_public: bool | None = None
    is_boarding: bool | None = None
    pupils_at_least: int | None = None
    pupils_below: int | None = None
    founded_until: int | None = None
    standings: tuple[Literal["counted", "listed", "out_of_scope"], ...] = ("counted",)


class _Check(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", kw_only=True):
    """What every check has: an id within its item, a label where the item's does not say enough, a stage."""

    id: str = ""
    label: Words | None = None
    stage: Literal["", "primary", "junior"] = ""


class _Limited(_Check, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A value held against a limit: a number, dated numbers, or a fact of the county × `limit_times`."""

    must_be: Side = "at_least"
    limit: Decimal | None = None
    limits: tuple[Dated, ...] = ()
    limit_fact: str = ""
    limit_times: Decimal = Decimal(1)
    unit: str = ""


class _Quotient(_Limited, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """value = (Σ plus − Σ minus) × times / (Σ over − Σ over_minus); without `over`, only the numerator × times.

    `is_rate` says that more than 100 % cannot be: it is refused as undetermined, with its reason.
    """

    plus: tuple[str, ...]
    minus: tuple[str, ...] = ()
    over: tuple[str, ...] = ()
    over_minus: tuple[str, ...] = ()
    times: int = 1
    is_rate: bool = False


class Finding(_Check, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="finding"):
    """Yes or no, said by the county; of single schools where it says so school by school."""

    expects: bool = True


class FactCheck(_Quotient, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="fact"):
    """Facts of the county against a limit. `each`: every breakdown (subject, group of people) for itself."""

    each: bool = False


class Since(_Limited, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="since"):
    """School years since the year that a fact names."""

    fact: str


class Growth(_Check, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="growth"):
    """In each of the last `years` years a fact is above the year before's; or grows faster than another fact.

    The last year judged lies `lag` years before the school year: the last one whose accounts are closed.
    `falling_fails`: one that falls is not met, whatever the other did.
    """

    fact: str
    faster_than: str = ""
    years: int = 3
    lag: int = 1
    falling_fails: bool = True


class Total(_Quotient, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="total"):
    """Totals over the county's units, fields of `units`: the ratio of totals against a limit."""

    where: Where = Where()


class EverySchool(_Quotient, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="every_school"):
    """Every unit, or every school with its compulsory stages together, against a limit.

    The limit may also be one for every so many of a field, rounded up: `one_for = "classes"`, `every = 12`.
    `share` is the least share of schools that must keep it.
    """

    subject: Literal["unit", "school"] = "unit"
    where: Where = Where()
    one_for: str = ""
    every: int = 1
    share: Decimal = Decimal(1)


class EveryClass(_Check, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="every_class"):
    """No class of more pupils than `at_most`, an upper end of the returns' class-size bands.

    Without bands, a mean above it proves that there are some.
    """

    at_most: int
    where: Where = Where()


class NeverBoth(_Check, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="never_both"):
    """In no school are both Σ first − Σ first_minus and Σ second above zero."""

    first: tuple[str, ...]
    second: tuple[str, ...]
    first_minus: tuple[str, ...] = ()
    where: Where = Where()


class OtherStandard(_Check, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="standard"):
    """Another standard is met: its resource part, or its whole verdict, in each of the last `years` years.

    Without `standard` it is the base standard of the county's province, the one whose `gate_of` names this standard.
    """

    standard: str = ""
    aspect: Literal["resource", "verdict"] = "resource"
    years: int = 1


Check = Finding | FactCheck | Since | Growth | Total | EverySchool | EveryClass | NeverBoth | OtherStandard
Bounded = FactCheck | Since | Total | EverySchool


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a standard: its role in the verdict and when it is met.

    `all`: every item; `points`: at least `pass_mark` of `total`, which a part that is only tracked may lack where the
    source lacks them, its points then being shown only; `count`: at least `at_least` items. `declares` is how
    many items the text says there are; those that are not listed here are not in the source, and the page says so.
    """

    id: str
    role: Role
    title: Words
    article: str
    rule: Literal["all", "points", "count"] = "all"
    total: Decimal | None = None
    pass_mark: Decimal | None = None
    at_least: int | None = None
    declares: int | None = None
    confidence: Confidence = "official"
    note: Words | None = None


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A branch of a part's tree. Points are checked against the branch's children where all of them are known."""

    id: str
    part: str
    label: Words
    under: str = ""
    points: Decimal | None = None
    is_whole: bool = True


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that is asked. Met where every check is; `is_in_source = false` where its content is not published.

    `asks_finding`: the county's own yes or no is asked for beside what is computed; where the two contradict, the
    worse counts and the contradiction is said.
    """

    id: str
    part: str
    label: Words
    article: str
    number: str = ""
    under: str = ""
    confidence: Confidence = "official"
    points: Decimal | None = None
    checks: tuple[Check, ...] = ()
    is_in_source: bool = True
    asks_finding: bool = True
    note: Words | None = None


class Relaxation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"starts": "from"}):
    """A dated easing for single schools, off until the county names school and evidence under `<standard>/<id>`.

    It moves the limit of one check of an item (`limit`), or lets further fields count (`adds`), in that check or in
    an indicator.
    """

    id: str
    label: Words
    article: str
    starts: dt.date
    until: dt.date
    item: str = ""
    check: str = ""
    indicator: str = ""
    limit: Decimal | None = None
    adds: tuple[str, ...] = ()
    where: Where = Where()
    confidence: Confidence = "official"


class Milestone(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"starts": "from"}):
    """A dated stage of a standard's own programme, or a date within it (`stage`); one due outside its stage is flagged.

    A stage whose dates are not in the source has none. Where the source gives a month, the day is its last.
    """

    id: str
    label: Words
    article: str
    starts: dt.date | None = None
    until: dt.date | None = None
    due: dt.date | None = None
    stage: str = ""


class Quota(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many counties a province nominates, and the last day for it."""

    least: int
    most: int
    deadline: dt.date
    article: str
