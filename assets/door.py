"""The entry of `junheng`: what only reads one figure starts without what the other commands need."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NoReturn


def main() -> NoReturn:
    """The entry of `junheng` and of `python -m junheng`."""
    if sys.argv[1:2] != ["explain"]:
        from assets.command import main as whole  # noqa: PLC0415

        whole()
    from assets.command_explain import run  # noqa: PLC0415

    try:
        run(sys.argv[2:])
    except Exception as fault:  # noqa: BLE001  (said as every command says it)
        from assets.command import guarded  # noqa: PLC0415

        sys.exit(guarded(_raising(fault)))
    sys.exit(0)


def _raising(fault: Exception) -> Callable[[], None]:
    def again() -> NoReturn:
        raise fault

    return again
