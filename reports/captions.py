"""The numbers of a page's tables and figures, in the order in which they stand."""

from __future__ import annotations

from reports.language import gettext as _


class Captions:
    """Counts the tables of a page."""

    def __init__(self) -> None:
        self._tables = 0
        self._figures = 0

    def next(self, title: str) -> str:
        """The caption of the next table."""
        self._tables += 1
        return _("表 {number} {title}").format(number=self._tables, title=title)

    def next_figure(self, title: str) -> str:
        """The subtitle of the next figure."""
        self._figures += 1
        return _("图 {number} {title}").format(number=self._figures, title=title)
