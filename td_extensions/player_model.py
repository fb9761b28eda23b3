"""One player: the clip opened on it, what the stream says to it, and the place in the movie that follows.

Knows nothing of TouchDesigner, sockets or codecs. Python 3.9, standard library only.
"""

import math
from dataclasses import dataclass
from typing import Optional

from td_extensions.tick_clock import WRAP, TickClock, since

EMPTY, OPENING, READY, FAILED = "empty", "opening", "ready", "failed"
_SAME_LINE = 0.02
"""Frames by which a command may miss the line before it and still continue it: it comes as float32."""
_EARLY = -1e-4
"""Seconds before its tick at which a line does not count yet."""
_ANCHOR_TICKS = 1 << 20
"""Ticks after which a line is drawn anew."""


def nearest(position: float) -> int:
    """The frame on screen at a position in frames, within what a CHOP carries exactly; halves upwards."""
    return math.floor(max(-WRAP, min(position, WRAP)) + 0.5)


@dataclass
class Command:
    """What the stream says to one player: which open clip, its frame at the tick, frames a second, level."""

    clip: int
    frame: float
    rate: float
    level: float

    @property
    def finite(self) -> bool:
        return all(math.isfinite(value) for value in (self.frame, self.rate, self.level))


@dataclass
class Line:
    """Where a clip is at every time: `frame` when `tick` of a clock was sent, and `rate` frames a second from there."""

    clip: int
    clock: TickClock
    tick: int
    frame: float
    rate: float

    def age(self, now: float) -> float:
        """Seconds since its tick; a little below zero where `now` is an evened moment."""
        ticks = 0 if self.clock.tick is None else since(self.clock.tick, self.tick)
        return ticks / self.clock.rate + self.clock.age(now)

    def at(self, now: float) -> float:
        """The position at `now`; before its own tick it is that of the tick."""
        return self.frame + self.rate * max(0.0, self.age(now))

    def meets(self, clock: TickClock, tick: int, command: Command) -> bool:
        """Whether a command lies on this line, but for the noise of float32."""
        ticks = since(tick, self.tick)
        if command.clip != self.clip or clock is not self.clock or not 0 <= ticks < _ANCHOR_TICKS:
            return False
        miss = abs(self.frame + self.rate * ticks / clock.rate - command.frame)
        return miss <= max(_SAME_LINE, abs(command.frame) * 2.0**-22)


@dataclass
class PlayerModel:
    """One player of a deck. Its picture comes from a reel, which other players may have had before."""

    number: int
    open_id: Optional[int] = None
    path: str = ""
    start: int = 0
    """The frame to show when it opens, before the stream speaks of it."""
    state: str = EMPTY
    frames: int = 0
    """How many frames the open clip has; 0 while that is unknown."""
    reason: str = ""
    level: float = 0.0
    command: Optional[Command] = None
    line: Optional[Line] = None
    before: Optional[Line] = None
    """The line until the tick of `line`."""
    wanted: Optional[float] = None
    """The position last asked of the open clip; held while the stream speaks of another clip."""
    reel: Optional[int] = None
    unseated: Optional[float] = None
    """Since when it waits for a reel."""
    doubted: bool = False
    """Opened for a sender that may be gone: it goes on by the old ticks until we know who is speaking."""

    def tell(self, clock: TickClock, tick: int, command: Command) -> None:
        """Take in what the stream says."""
        self.command = command
        self.level = min(1.0, max(0.0, command.level))
        old = self.line
        meets = old is not None and old.meets(clock, tick, command)
        if old is not None and meets and command.rate and abs(command.rate - old.rate) <= 1e-4 * abs(old.rate):
            return
        self.line = Line(command.clip, clock, tick, command.frame, command.rate)
        # What moves is sampled at even moments, which may lie just before the tick; a hand's jump is seen at once.
        moves = old is not None and old.rate != 0.0 and old.clip == command.clip and old.clock is clock
        self.before = old if moves and (meets or command.rate) else None

    @property
    def asked_for(self) -> bool:
        """Whether the stream speaks of the clip that is open here."""
        return self.command is not None and self.command.clip == self.open_id

    def position(self, now: float) -> Optional[float]:
        """The place in the open clip at `now`, within its frames; None when there is nothing to show."""
        if self.open_id is None or self.state == FAILED:
            return None
        if self.asked_for and self.line is not None:
            early = self.before is not None and self.line.age(now) < _EARLY
            self.wanted = self.before.at(now) if early and self.before is not None else self.line.at(now)
        position = float(self.start) if self.wanted is None else self.wanted
        position = max(0.0, min(position, float(WRAP)))
        return min(position, self.frames - 1.0) if self.frames else position

    def frame_to_show(self, now: float) -> Optional[int]:
        """The frame of the open clip to show at `now`; None when there is nothing to show."""
        position = self.position(now)
        return None if position is None else nearest(position)

    def clear(self) -> None:
        """Forget the clip; level and command stay what the stream says."""
        self.open_id, self.path, self.start, self.state = None, "", 0, EMPTY
        self.frames, self.reason, self.wanted = 0, "", None
        self.reel, self.unseated, self.doubted = None, None, False
