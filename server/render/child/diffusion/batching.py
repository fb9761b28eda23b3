"""How many frames to paint at once: few while one is waited for, many when there is time. Seconds are arguments."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Final

from server.units import Seconds

SIZES: Final = (1, 2, 4, 8, 16)
_MARGIN: Final = 1.3
"""A batch is expected to take so much longer than it did."""
_LATE_MOST: Final = 4
"""Frames at once when one is late already: larger batches are hardly faster a frame, and nothing comes meanwhile."""
_REMEMBERED: Final = 5


class Ramp:
    """Batch sizes by what batches took. `most` is the largest that fits into the memory."""

    def __init__(self, most: int = SIZES[-1]) -> None:
        self.most = most
        self._taken: dict[int, deque[Seconds]] = {}

    def size(self, left: int, slack: Seconds | None, before: int, launch: Seconds = math.inf) -> int:
        """The next batch of at most `left` frames.

        `slack`: until its first frame must be there, negative when late, None for no hurry. `before`: the batch before,
        0 at the beginning. `launch`: the longest that a batch should take.
        """
        allowed = [size for size in SIZES if size <= min(self.most, max(left, 1))]
        if slack is None:
            fits = [size for size in allowed if self.seconds(size) <= launch]
        elif slack < 0 and before:
            fits = [size for size in allowed if size <= _LATE_MOST and self.seconds(size) <= launch]
        else:
            # Nothing known is no reason to promise anything.
            fits = [size for size in allowed if size <= max(1, 2 * before)
                    and self._known and _MARGIN * self.seconds(size) <= min(slack, launch)]
        return max(fits, default=1)

    def took(self, size: int, seconds: Seconds) -> None:
        """Remember what a batch took."""
        self._taken.setdefault(size, deque(maxlen=_REMEMBERED)).append(seconds)

    def too_large(self, size: int) -> bool:
        """A batch did not fit: none so large any more. False when there is nothing smaller."""
        smaller = [each for each in SIZES if each < size]
        if smaller:
            self.most = smaller[-1]
        return bool(smaller)

    def seconds(self, size: int) -> Seconds:
        """What a batch is expected to take; 0 while nothing is known. In proportion from the nearest known size."""
        if not self._taken:
            return 0.0
        near = min(self._taken, key=lambda known: abs(math.log2(known / size)))
        seconds = median(self._taken[near])
        return seconds * size / near if size > near else seconds

    @property
    def _known(self) -> bool:
        return bool(self._taken)


def planned(plan: Sequence[int], frames: int) -> Iterator[tuple[int, int]]:
    """(first frame, batch size) of a fixed plan, counted from frame 1, its last size repeated, to the last frame."""
    number, place = 1, 0
    while number <= frames:
        size = plan[min(place, len(plan) - 1)]
        yield number, size
        number, place = number + size, place + 1
