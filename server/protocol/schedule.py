"""Commands that wait for their time tag, in order. Bounded; reads no clock."""

from __future__ import annotations

import heapq
from typing import Final, Generic, TypeVar

from server.units import Seconds

WAITING_MAX: Final = 4096
Item = TypeVar("Item")


class Schedule(Generic[Item]):
    """A heap of things that are due later; those due at the same time keep their order."""

    def __init__(self, limit: int = WAITING_MAX) -> None:
        self._limit = limit
        self._heap: list[tuple[Seconds, int, Item]] = []
        self._pushed = 0

    def __len__(self) -> int:
        return len(self._heap)

    def push(self, item: Item, due: Seconds) -> bool:
        """Keep something until `due`; False when too much waits already, and it was not taken."""
        if len(self._heap) >= self._limit:
            return False
        self._pushed += 1
        heapq.heappush(self._heap, (due, self._pushed, item))
        return True

    def pop_due(self, now: Seconds) -> list[Item]:
        """Everything that is due, earliest first."""
        due = []
        while self._heap and self._heap[0][0] <= now:
            due.append(heapq.heappop(self._heap)[2])
        return due

    def waiting(self) -> list[Item]:
        """Everything that still waits, earliest first; may be asked from any thread."""
        return [item for _, _, item in sorted(self._heap, key=lambda entry: entry[:2])]

    def clear(self) -> int:
        """Forget everything; returns how much it was."""
        forgotten = len(self._heap)
        self._heap.clear()
        return forgotten
