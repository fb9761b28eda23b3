"""When to close a part of a transition that is played while it is made, and when the next will be there. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from server.units import Seconds

LEAST: Final = 8
"""Frames of a part: opening one costs more than playing fewer."""
MOST: Final = 120
OPENINGS: Final = 2
"""Times the time to open a movie that a part takes to play, at least: the next one opens while it plays."""
KEPT: Final = 0.8
"""Of the time in hand: so much may the next part take to be made."""
FORGETS: Final = 0.75


@dataclass(slots=True)
class Cutter:
    """Sizes of parts for a transition of `frames` frames at `rate` a second; `opening`: how long movies take to open.

    `took` is told of every frame that was made; times are of any one clock.
    """

    frames: int
    rate: float
    opening: Seconds
    closed: int = 0
    """Frames that are in closed parts, the first picture counted."""
    each: Seconds = 0.0
    """What a frame takes to be made, of late; 0 while none was timed."""
    _size: int = 0
    _last: Seconds | None = None

    def __post_init__(self) -> None:
        self._size = self.least

    @property
    def least(self) -> int:
        """Frames that a part has at least."""
        return max(LEAST, math.ceil(OPENINGS * self.opening * self.rate))

    def took(self, now: Seconds, frames: int = 1) -> None:
        """Frames have come."""
        if self._last is not None:
            each = max(now - self._last, 0.0) / frames
            self.each = each if not self.each else FORGETS * self.each + (1 - FORGETS) * each
        self._last = now

    def paused(self) -> None:
        """Nothing is made for a while: the time until the next frame says nothing."""
        self._last = None

    def ready(self, made: int) -> bool:
        """Whether the frames that were made (counted from the first picture on) are to be closed as a part now."""
        rest = self.frames - made
        # A last part that is too short to open in time belongs to the one before it.
        return made - self.closed >= self._size and (rest == 0 or rest >= self.least)

    def close(self, made: int) -> None:
        """A part with all frames up to here was closed; the next one is as long as can be made while it plays."""
        size, self.closed = made - self.closed, made
        if self.each <= 0:
            return
        in_hand = (size / self.rate - self.opening) * KEPT
        # Where movies open slowly, the least is more than the usual most.
        self._size = max(min(int(in_hand / self.each), MOST), self.least)

    def due(self, made: int, now: Seconds | None = None) -> Seconds | None:
        """How long it is until the next part is closed; None when all is closed or nobody knows.

        With `now` the next frame is not expected before now, however long it has been in coming.
        """
        if self.closed >= self.frames or self.each <= 0:
            return None
        end = min(self.closed + self._size, self.frames)
        if self.frames - end < self.least:
            end = self.frames
        late = now - self._last - self.each if now is not None and self._last is not None else 0.0
        return max(end - made, 0) * self.each + max(late, 0.0)

    def eta(self, made: int) -> Seconds | None:
        """How long the rest takes; None while nobody knows."""
        return (self.frames - made) * self.each if self.each > 0 else None
