"""Dates of a standard's own programme that do not fit its stages."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

from standards.items import Milestone
from standards.standard import Standard


class Flag(msgspec.Struct, frozen=True):
    """A milestone that falls due outside the stage that it belongs to; `limit` is the end of the stage it misses."""

    milestone: Milestone
    stage: Milestone
    side: Literal["before", "after"]
    limit: dt.date


def flags(standard: Standard) -> list[Flag]:
    """The milestones due outside their stage, in the order of the file.

    A published text is taken as it stands, so this is no fault of the file. A milestone without a due date, and a
    stage's end without a date, flag nothing: what is not in the source cannot be missed.
    """
    stages = {milestone.id: milestone for milestone in standard.milestones}
    found: list[Flag] = []
    for milestone in standard.milestones:
        stage = stages.get(milestone.stage)
        if stage is None or milestone.due is None:
            continue
        if stage.until is not None and milestone.due > stage.until:
            found.append(Flag(milestone, stage, "after", stage.until))
        elif stage.starts is not None and milestone.due < stage.starts:
            found.append(Flag(milestone, stage, "before", stage.starts))
    return found
