"""Why a county's verdict is what it is, in plain sentences and small tables: the page's section and `junheng why`."""

from __future__ import annotations

from reports.captions import Captions
from reports.model import Why
from reports.why.causes import causes
from reports.why.focus import Focus, cells, of_last
from reports.why.gap import gap_sentence, gap_table
from reports.why.groups import groups
from reports.why.peers import peers
from reports.why.robustness import robustness
from reports.year import CountyTables


def why(county: CountyTables, captions: Captions, focus: Focus | None = None) -> Why | None:
    """What explains the verdicts of the county's leading standards; None where nothing can be said.

    With a `focus` only of its standard, stage and indicator, and with the shares that the page shows at each stage; else
    of the indicator that matters most in each stage.
    """
    found = cells(county, focus or Focus())
    said = tuple(sentence for cell in found if (sentence := gap_sentence(county, cell)))
    tables = [gap_table(county, cell, captions) for cell in found] if focus else []
    last = of_last(county, found)
    tables.append(robustness(county, found, captions))
    tables += [made(county, last, captions) for made in (causes, groups, peers)]
    parts = tuple(table for table in tables if table is not None)
    return Why(sentences=said, parts=parts) if said or parts else None
