"""The moments at which frames are cooked, freed of their jitter. Knows nothing of what is cooked.

Python 3.9, standard library only: it runs inside TouchDesigner and in the stand-in deck.
"""

import math
from collections import deque
from typing import Deque

WINDOW = 1200
"""Cooks that the estimate remembers: long enough that a millisecond of jitter does not move it."""
KNOWN = 30
"""Cooks that the period is worth at the beginning, when it was only told."""
DEADBAND = 0.0015
"""Seconds that the even beat may be off the estimate before it is set anew: each time may cost an uneven step."""
ASTRAY = 3
"""So many cooks in a row far off their beat, and the beat begins anew: the rate is another."""
PAUSE = 60
"""Cooks left out at once that make it a pause, not a drop."""
RECENT = 8
OTHER = 0.08
"""Periods by which the last cooks differ from a whole number of them, and are of another rate."""


class CookClock:
    """An even beat laid through cooks that come a little early or late; cooks that were left out are counted.

    The estimate of phase and period is a least-squares line whose memory fades. What `beat` returns moves by exactly
    one period a cook as long as that line is near it: a movie at constant speed then steps as evenly as its rate and
    the cook rate allow.
    """

    def __init__(self, rate: float = 60.0) -> None:
        self._nominal = 1.0 / rate
        self.dropped = 0
        """Cooks left out since the start."""
        self._recent: Deque[float] = deque(maxlen=RECENT)
        self._phase = self._even = self._last = -math.inf
        self._period = self._step = self._nominal
        self._cooks, self._astray = KNOWN, 0

    @property
    def rate(self) -> float:
        """Cooks a second, as measured."""
        return 1.0 / self._period

    def beat(self, now: float) -> float:
        """The even moment of the cook that began at `now`."""
        if math.isinf(self._phase):
            self._begin(now, self._nominal)
            return now
        self._recent.append(now - self._last)
        self._last = now
        left_out = max(0, math.floor((now - self._phase) / self._period + 0.5) - 1)
        foretold = self._phase + (left_out + 1) * self._period
        error = now - foretold
        self._astray = self._astray + 1 if abs(error) > 0.25 * self._period else 0
        if left_out >= PAUSE or self._astray >= ASTRAY or self._another_rate():
            self._begin(now, self._agreed() or self._period)
            return now
        self.dropped += left_out
        self._learn(foretold, error, left_out + 1)
        self._even += (left_out + 1) * self._step
        if abs(self._even - self._phase) > DEADBAND:
            self._even, self._step = self._phase, self._period
        return self._even

    def _begin(self, now: float, period: float) -> None:
        self._phase = self._even = self._last = now
        self._period = self._step = period
        self._cooks, self._astray = KNOWN, 0

    def _agreed(self) -> float:
        """The period that the last cooks agree on; 0 where they do not."""
        low, high = min(self._recent), max(self._recent)
        agree = len(self._recent) == RECENT and 0 < high < 1.5 * low
        return sum(self._recent) / RECENT if agree else 0.0

    def _another_rate(self) -> bool:
        """Whether the last cooks agree on a period of which ours is no part."""
        times = self._agreed() / self._period
        return times > 0.0 and abs(times - max(1.0, math.floor(times + 0.5))) > OTHER

    def _learn(self, foretold: float, error: float, steps: int) -> None:
        self._cooks = min(self._cooks + 1, WINDOW)
        n = self._cooks
        # One late cook must not pull the line.
        error = max(-0.1 * self._period, min(error, 0.1 * self._period))
        self._phase = foretold + error * 2.0 * (2 * n - 1) / (n * (n + 1))
        self._period += error * 6.0 / (n * (n + 1)) / steps
