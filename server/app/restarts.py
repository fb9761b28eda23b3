"""How often a server may be started again, and with how much less each time. Pure: times in, a decision out."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from server.units import Seconds

MOST: Final = 5
WITHIN: Final[Seconds] = 60.0
_WAITS: Final[tuple[Seconds, ...]] = (0.0, 0.5, 2.0)
"""Before a start, by rung: the show is wanted at once, but what dies all the time must not take the machine."""


class Again(NamedTuple):
    """Start it again after `wait`. `safe`: without generation. `bare`: without what was on the decks, too."""

    wait: Seconds
    safe: bool
    bare: bool


@dataclass(slots=True)
class Restarts:
    """MOST restarts within a minute on each of three rungs: as before, safe, bare. What dies then stays dead."""

    total: int = 0
    _rung: int = 0
    _times: deque[Seconds] = field(default_factory=deque)

    def after(self, now: Seconds) -> Again | None:
        """The server has died at `now`: how to start the next one; None when there is to be none."""
        while self._times and now - self._times[0] > WITHIN:
            self._times.popleft()
        if len(self._times) >= MOST:
            self._rung += 1
            self._times.clear()
        if self._rung >= len(_WAITS):
            return None
        self._times.append(now)
        self.total += 1
        return Again(_WAITS[self._rung], safe=self._rung > 0, bare=self._rung > 1)
