"""Work done on all cores, its order kept, only so much of it in flight. It knows nothing of the work."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def ordered_map(work: Callable[[Item], Result], items: Iterable[Item], *, workers: int | None = None,
                ahead: int | None = None) -> Generator[Result, None, None]:
    """Yield work(item) in the order of the items, done by threads; at most `ahead` items are in flight.

    The items are drawn in the caller's thread. The first error of the work or of the items ends everything.
    """
    workers = workers or cores()
    ahead = ahead or 2 * workers
    waiting: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="media")
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
