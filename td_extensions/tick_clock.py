"""When the server's ticks were sent, by the local clock. Knows nothing of what a tick says.

Python 3.9, standard library only: it runs inside TouchDesigner and in the stand-in deck.
"""

import math
from collections import deque
from typing import Deque, List, Optional

WRAP = 1 << 24
"""Ticks and ids count modulo this: a CHOP carries float32."""
FREEWHEEL = 2.0
"""Seconds that a deck goes on by itself when no ticks arrive; then it holds."""
OUTLIER = 0.25
"""A tick this many seconds off its line is of another line: the sender was restarted, or is another one."""
STALE_TICKS = 120
"""A tick at most this far behind is a late packet."""
WINDOW = 32
"""Seconds over which the earliest arrival is looked for: at 59.94 cooks a second 60 Hz ticks meet a cook at once
only every 17 seconds."""
DEADBAND = 0.001
"""Seconds that the line may be off before it is moved: each move may cost an uneven step."""
SETTLING = 1.0
"""Seconds in which a new line follows every earlier arrival."""


def since(new: int, old: int) -> int:
    """The signed distance from `old` to `new`, the shorter way round."""
    return (new - old + WRAP // 2) % WRAP - WRAP // 2


class TickClock:
    """A straight line through the ticks: tick n was sent at `offset + n / rate`.

    A packet is never early, so the earliest arrival within WINDOW is the best witness; whatever is later is put
    down to the network, or to the moment at which it was looked at.
    """

    def __init__(self, rate: float = 60.0) -> None:
        self.rate = rate
        self.tick: Optional[int] = None
        self.heard = -math.inf
        self._count = 0
        self._offset = 0.0
        self._began = -math.inf
        self._earliest: Deque[List[float]] = deque()

    def in_line(self, tick: int, now: float) -> bool:
        """Whether a tick that arrives now belongs to the line that is followed."""
        return self.tick is not None and abs(now - self._foretold(since(tick, self.tick))) <= OUTLIER

    def accepts(self, tick: int, now: float) -> bool:
        """False for a tick that a later one has overtaken on the way."""
        if self.tick is None or now - self.heard > 1.0:
            return True
        return not -STALE_TICKS <= since(tick, self.tick) < 0

    def hear(self, tick: int, now: float) -> None:
        """Take in a tick that arrived at `now`; the same one once more says only that the sender lives."""
        if not self.in_line(tick, now):
            self._count, self._offset, self._began = 0, now, now
            self._earliest.clear()
        elif self.tick is not None and tick != self.tick:
            self._count += since(tick, self.tick)
            self._witness(now - self._count / self.rate, now)
        self.tick = tick
        self.heard = now

    def age(self, now: float) -> float:
        """Seconds since the last tick was sent; stops growing when it was heard FREEWHEEL seconds ago.

        A little below zero where `now` is an evened moment: cut off there, a movie would step unevenly.
        """
        if self.tick is None:
            return 0.0
        return min(now, self.heard + FREEWHEEL) - self._foretold(0)

    def silent(self, now: float) -> float:
        """Seconds since anything was heard."""
        return now - self.heard

    def _foretold(self, steps: int) -> float:
        return self._offset + (self._count + steps) / self.rate

    def _witness(self, offset: float, now: float) -> None:
        """Move the line to the earliest arrival, when it is off by more than the deadband."""
        second = math.floor(now)
        if self._earliest and self._earliest[-1][0] == second:
            self._earliest[-1][1] = min(self._earliest[-1][1], offset)
        else:
            self._earliest.append([second, offset])
        while self._earliest[0][0] < second - WINDOW:
            self._earliest.popleft()
        best = min(entry[1] for entry in self._earliest)
        if now - self._began < SETTLING:
            self._offset = min(self._offset, best)
        elif abs(best - self._offset) > DEADBAND:
            self._offset = best
