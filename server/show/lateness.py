"""How late the stream was sent in the last minute. Knows no clock: it is told."""

from __future__ import annotations

from array import array
from typing import Final, NamedTuple

from server.units import Seconds

MINUTE: Final[Seconds] = 60.0


class Figures(NamedTuple):
    """Milliseconds after the deadline, over the last minute; `missed` ticks of it were never sent."""

    ticks: int
    missed: int
    p50: float
    p99: float
    longest: float


class Lateness:
    """Written by the show thread, once a tick and without making anything; `figures` may be asked from any other."""

    __slots__ = ("_at", "_last", "_late", "_size", "missed", "ticks")

    def __init__(self, rate: float) -> None:
        self._size = max(1, round(MINUTE * rate))
        self._late = array("d", bytes(8 * self._size))
        self._at = array("q", [-1]) * self._size
        self._last = -1
        self.ticks = 0
        self.missed = 0
        """Since the start."""

    def note(self, number: int, late: Seconds) -> None:
        """Take in that tick `number` had gone out so long after its deadline."""
        if 0 <= self._last < number - 1:
            self.missed += number - 1 - self._last
        self._last = number
        self.ticks += 1
        place = number % self._size
        self._late[place] = late
        self._at[place] = number

    def figures(self) -> Figures:
        """The last minute; all zero before the first tick."""
        last = self._last
        first = max(0, last - self._size + 1)
        late = sorted(late for late, at in zip(self._late, self._at, strict=True) if first <= at <= last)
        if not late:
            return Figures(0, 0, 0.0, 0.0, 0.0)
        begun = min(at for at in self._at if at >= first)
        return Figures(len(late), last - begun + 1 - len(late), *(1000.0 * late[round(share * (len(late) - 1))]
                                                                  for share in (0.5, 0.99, 1.0)))
