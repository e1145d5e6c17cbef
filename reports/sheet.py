"""Room on a worksheet: how wide text is, how many lines it takes, how wide columns become so that a page stays legible.

Widths are in the unit of a worksheet's columns: a digit of the workbook's own font; a Chinese character is two wide.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from xlsxwriter.worksheet import Worksheet

FONT, FONT_SIZE = "宋体", 10
A4, A3 = 9, 8
SIDE_MARGIN = 0.4
"""Left and right margin in inches."""
LANDSCAPE = (112.0, 168.0)
"""A table on A4 landscape: filled up to the first width, where text allows; long text wraps beyond the second."""
PORTRAIT = (84.0, 96.0)
"""The same for A4 upright."""
_LINE, _ROOM = 13.5, 3.0
"""Height of a line of the font, and what a row has beside its lines, in points."""
_HIGHEST = 408.0
_LOST = 3
"""What a wrapped line loses to the indent and to marks that may not begin or end a line."""
_LONG, _LEAST = 110, 17
"""Text that is longer asks for no more width; a column of text that wraps is not narrower."""
_SHORT = 12
"""The longest heading of figures that wants to stand on one line."""
_CLOSE = 0.02
_MARKS = ("　", "；。", "，、：） ")
"""Behind which a line above a table is broken, the better ones first."""
_CLOSING = "；。，、：！？）〕》」』”’"
_LOOK_BACK = 0.35


class Wish(msgspec.Struct, frozen=True):
    """What a column needs for its longest cell on one line, and with how little it can do because text wraps."""

    wanted: float
    least: float
    is_text: bool = True


def book_options() -> dict[str, object]:
    """The options of a workbook whose column widths mean what this module measures."""
    return {"default_format_properties": {"font_name": FONT, "font_size": FONT_SIZE}}


def wide(words: str) -> int:
    """The width of a text on one line: one for each byte that it takes in GB 18030, as printing offices count."""
    return len(words) if words.isascii() else len(words.encode("gb18030", "replace"))


def lines(words: str, width: float) -> int:
    """The lines that a text takes in a column of this width, at the most; line breaks of its own count."""
    room = max(2, int(width) - _LOST)
    if "\n" in words:
        return sum(lines(part, width) for part in words.split("\n"))
    return max(1, -(-wide(words) // room))


def height(count: int) -> float:
    """The height of a row of so many lines, in points."""
    return min(_HIGHEST, _LINE * count + _ROOM)


def text_wish(longest: int, heading: int) -> Wish:
    """A column of text: its longest cell and its heading wrap."""
    wanted = max(min(longest, _LONG) + _LOST, -(-heading // 2) + _LOST, 7)
    return Wish(wanted, min(wanted, max(_LEAST, -(-heading // 4) + _LOST)))


def number_wish(longest: int, heading: int, unit: int = 0) -> Wish:
    """A column of figures: never narrower than the longest; a long heading on two to six lines, its unit on one or two."""
    least = max(longest + 2, -(-heading // 6) + _LOST, min(unit, 10) + 1, 6)
    return Wish(max(least, max(min(heading, _SHORT), -(-heading // 2)) + _LOST), least, is_text=False)


def fitted(wishes: Sequence[Wish], room: tuple[float, float]) -> list[float]:
    """The widths of columns: as wished where that fits, else text is cut so that its longest cells wrap alike.

    A narrow table is filled up to the first width of `room` by the columns that hold text. No column gets less than
    its least, so a table of many columns may be wider than the second.
    """
    fill, most = room
    total = sum(wish.wanted for wish in wishes)
    if total > most:
        low, high = 1.0, float(_LONG)
        while high - low > _CLOSE:
            middle = (low + high) / 2
            low, high = (low, middle) if sum(_cut(wish, middle) for wish in wishes) <= most else (middle, high)
        return [round(_cut(wish, high), 1) for wish in wishes]
    more = max(0.0, fill - total) / (sum(wish.wanted for wish in wishes if wish.is_text) or total)
    all_grow = not any(wish.is_text for wish in wishes)
    return [round(wish.wanted * (1 + more if wish.is_text or all_grow else 1), 1) for wish in wishes]


def _cut(wish: Wish, count: float) -> float:
    """A column that shows its longest cell on so many lines; over figures the heading on twice as many."""
    return max(wish.least, (wish.wanted - _LOST) / (count if wish.is_text else 2 * count) + _LOST)


def broken(line: str, width: float) -> list[str]:
    """A line in pieces that fit the width, broken behind a mark where one is near, never before a closing one.

    For lines above a table: a cell beside an empty one runs on, but not off the page.
    """
    pieces: list[str] = []
    rest = line
    while wide(rest) > width:
        end = max(1, int(width) // 2)
        while end < len(rest) and wide(rest[: end + 1]) <= width:
            end += 1
        back = int(end * (1 - _LOOK_BACK))
        found = (max(rest.rfind(mark, back, end) for mark in marks) + 1 for marks in _MARKS)
        cut = next((place for place in found if place), end)
        while 1 < cut < len(rest) and rest[cut] in _CLOSING:
            cut -= 1
        pieces.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*pieces, rest] if rest or not pieces else pieces


def print_setup(page: Worksheet, *, is_wide: bool, paper: int = A4) -> None:
    """The paper, as wide as the page, as many pages as it takes."""
    page.set_paper(paper)
    if is_wide:
        page.set_landscape()
    page.fit_to_pages(1, 0)
    page.set_margins(left=SIDE_MARGIN, right=SIDE_MARGIN, top=0.6, bottom=0.7)
