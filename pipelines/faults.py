"""Why a file cannot be read."""

from __future__ import annotations


class UnreadableError(Exception):
    """A file that holds no table that we can read: the rule it breaks, the value seen, what was wanted.

    `wanted_en` is what was wanted in English, where that differs.
    """

    def __init__(self, rule: str, value: str = "", wanted: str = "", wanted_en: str = "") -> None:
        super().__init__(rule, value, wanted)
        self.rule, self.value, self.wanted, self.wanted_en = rule, value, wanted, wanted_en or wanted
