"""What every document has around its own sections: title, place, banner, ways to go, colophon."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from reports import display
from reports.county import banner, province_name
from reports.documents.model import Block, Document, Section, stamped
from reports.language import gettext as _
from reports.model import Link
from reports.origins import colophon
from reports.year import CountyTables
from standards.standard import Standard

BLANK = "______"
"""A space to be filled in by hand."""
TO_BE_GIVEN = "待填报"
"""What the county has not yet said of a measure."""
FOLDER = "documents"
_SAFE = re.compile(r"[0-9A-Za-z_-]{1,64}")


def document(
    county: CountyTables,
    kind: str,
    title: str,
    what: str,
    standards: Sequence[Standard],
    *,
    lead: Sequence[Block],
    sections: Sequence[Section],
    subject: str = "",
) -> Document:
    """The whole document of a kind on a subject (a school's id, a standard's), with its edition."""
    folder = county.all.folders[county.year][county.key]
    name = f"{kind}-{file_name(subject)}" if subject else kind
    province = province_name(county)
    return stamped(
        Document(
            path=f"{county.year}/{folder}/{FOLDER}/{name}",
            language="zh-CN",
            title=title,
            subtitle=_("{province}{county}（{code}），{year}，{what}").format(
                province=province,
                county=county.name,
                code=county.code,
                year=display.school_year_long(county.year),
                what=what,
            ),
            banner=banner(is_synthetic=county.all.is_synthetic),
            crumbs=(
                Link(label=_("全部学年"), href="../../../index.html"),
                Link(
                    label=_("{year} {province}").format(year=display.school_year(county.year), province=province),
                    href=f"../../index.html#{county.source}-{county.province}",
                ),
                Link(label=county.name, href="../index.html"),
                Link(label=what, href=""),
            ),
            downloads=(
                Link(label=_("Markdown 版"), href=f"{name}.md"),
                Link(label=_("工作簿"), href=f"{name}.xlsx"),
            ),
            lead=tuple(lead),
            sections=tuple(sections),
            colophon=colophon([county.all.sources[county.source]], standards),
        )
    )


def file_name(subject: str) -> str:
    """The subject as part of a file's name; what could not stand in one becomes a hash of it."""
    return subject if _SAFE.fullmatch(subject) else hashlib.sha256(subject.encode()).hexdigest()[:16]


def signed_by(*signatories: str) -> tuple[str, ...]:
    """A line for each who signs, with the date."""
    return tuple(_("{who}签字：{blank}　　日期：{blank}").format(who=who, blank=BLANK) for who in signatories)
