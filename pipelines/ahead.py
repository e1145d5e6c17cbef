"""Files read on several threads, a few ahead of the one that is asked for, in their order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from pipelines.archives import UNREADABLE, Entry, content_of
from pipelines.faults import UnreadableError
from pipelines.limits import said

AHEAD = 4
"""Files held in memory for each thread; a default of ours."""
_Read = TypeVar("_Read")


def read_ahead(
    files: Mapping[str, Entry], read: Callable[[str, bytes], _Read]
) -> Iterator[tuple[str, bytes | UnreadableError, _Read | None]]:
    """Each file's name, its bytes, and what `read` makes of them; of a file that cannot be opened, why.

    The reader of workbooks lets other threads work, so that a folder of them takes all processors.
    """

    def one(name: str, file: Entry) -> tuple[str, bytes | UnreadableError, _Read | None]:
        try:
            content = content_of(file)
        except UnreadableError as fault:
            return name, fault, None
        except UNREADABLE as fault:
            return name, UnreadableError("damaged_file", said(fault)), None
        return name, content, read(name, content)

    threads = os.cpu_count() or 1
    waiting: deque[Future[tuple[str, bytes | UnreadableError, _Read | None]]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for name, file in files.items():
            waiting.append(pool.submit(one, name, file))
            if len(waiting) >= threads * AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
