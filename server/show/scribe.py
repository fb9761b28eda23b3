"""What the show thread puts down for the log: what came in, the ticks, what went out. It only appends, and waits never.

Another thread takes it from here. When that one falls behind, steps are left out and counted, and the show is put down
anew as it is after the gap.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple

from server.show.events import Event
from server.show.memory import remembered
from server.show.memory_state import Memory
from server.show.show import Show
from server.show.steps import Heard
from server.units import Seconds

STEPS_MAX: Final = 50_000
"""Steps that may wait to be written: some seconds of a flood."""


class Began(NamedTuple):
    """Everything that the show knows now. `lost`: steps before it that were left out."""

    now: Seconds
    memory: Memory
    lost: int = 0


class Came(NamedTuple):
    """A message was applied."""

    now: Seconds
    item: Heard


class Flushed(NamedTuple):
    """What messages had changed was streamed."""

    now: Seconds
    said: Sequence[Event]


class Ticked(NamedTuple):
    """A tick; `deadline` is its time."""

    number: int
    deadline: Seconds
    said: Sequence[Event]


Step = Began | Came | Flushed | Ticked


class Scribe:
    """Written by the show thread; `take` and `begin_anew` are for the one that writes the log."""

    __slots__ = ("_gap", "_limit", "_steps", "_wanted", "lost")

    def __init__(self, limit: int = STEPS_MAX) -> None:
        self.lost = 0
        """Steps that were left out since the start."""
        self._limit = limit
        self._steps: deque[Step] = deque()
        self._wanted = True
        self._gap = 0

    # the show thread --------------------------------------------------------------------------

    def came(self, item: Heard, now: Seconds) -> None:
        """A message is about to be applied."""
        self._put(Came(now, item))

    def flushed(self, now: Seconds, said: Sequence[Event]) -> None:
        """Changes were streamed, and this went out."""
        self._put(Flushed(now, said))

    def ticked(self, show: Show, number: int, deadline: Seconds, said: Sequence[Event]) -> None:
        """A tick is over. Nothing is under way now, so this is where the show can be put down as a whole."""
        self._put(Ticked(number, deadline, said))
        if self._wanted and len(self._steps) < self._limit // 2:
            self._wanted = False
            gap, self._gap = self._gap, 0
            self._steps.append(Began(deadline, remembered(show), gap))

    def _put(self, step: Step) -> None:
        if self._gap or len(self._steps) >= self._limit:
            # What follows a gap means nothing until the show is put down anew.
            self._gap += 1
            self.lost += 1
            self._wanted = True
        else:
            self._steps.append(step)

    # the log's thread -------------------------------------------------------------------------

    def begin_anew(self) -> None:
        """Have the show put down as a whole after one of the next ticks."""
        self._wanted = True

    def take(self) -> list[Step]:
        """What was put down since the last call, in order."""
        return [self._steps.popleft() for _ in range(len(self._steps))]
