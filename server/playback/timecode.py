"""Timecode from outside as a position in time: jitter and lost messages go, jumps and halts come through.

Silent, it goes on for as long as freewheeling is allowed, and then holds. Knows no frames, no labels, no sender.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import copysign, sqrt
from typing import Final, NamedTuple

from server.playback.bounds import within
from server.playback.line import SILENCE, Line
from server.units import Seconds

LATE: Final[Seconds] = 0.25
"""Silence that is no more than a slow sender or a busy network."""
SETTLED: Final[Seconds] = 0.25
"""How long a new line is still coming into lock."""
JUMP: Final[Seconds] = 0.1
"""What is further off than this is a new place, or a message that came very late: the next one tells."""
STANDS: Final[Seconds] = 0.15
"""The same place again for so long: the sender stands there."""
_CONFIRM: Final[Seconds] = 0.02
"""Messages that were held up come in one heap: what confirms a new place must not be of the same heap."""
SPEED_MAX: Final = 4.0
_NORMAL: Final = 0.25
"""A first guess of the speed that is this near to normal is taken for it."""
_DOUBTFUL: Final = 4.0
"""Standard deviations of the speed within which it is taken for normal, which it nearly always is."""
_DAYS: Final[Seconds] = 4 * 86400.0


class Doubt(NamedTuple):
    """A message that does not fit the line."""

    at: Seconds
    place: Seconds


@dataclass(frozen=True, slots=True)
class TimecodeFollower:
    """What is known of the outside time. `line`: its seconds over ours."""

    line: Line = field(default_factory=Line)
    heard: Seconds | None = None
    """When the last message arrived."""
    since: Seconds = 0.0
    """When the present line began."""
    moving: bool = False
    place: Seconds = 0.0
    """The last place that was told, and `placed` when that was told first."""
    placed: Seconds = 0.0
    doubt: Doubt | None = None

    def observe(self, at: Seconds, seconds: Seconds, direction: int = 0) -> TimecodeFollower:
        """Take a place of a sender that moves, heard at `at`; `direction` 1 or -1 where the sender tells it.

        Raises OutOfRange.
        """
        within("a timecode in seconds", seconds, -_DAYS, _DAYS)
        if self.heard is not None and seconds == self.place:
            return self._again(at, seconds)
        here = replace(self, heard=at, place=seconds, placed=at)
        line = self.line.predicted(at)
        turned = direction * self.line.rate < 0
        if not self.moving or self.heard is None or at - self.heard > SILENCE or turned:
            return here._anew(line, at, seconds, float(direction or 1))
        error = seconds - line.value
        if abs(error) <= JUMP:
            return replace(here, line=line.corrected(error, -SPEED_MAX, SPEED_MAX), doubt=None)
        return here._doubted(line, at, seconds)

    def stand(self, at: Seconds, seconds: Seconds) -> TimecodeFollower:
        """Take the place at which the sender stands. Raises OutOfRange."""
        within("a timecode in seconds", seconds, -_DAYS, _DAYS)
        line = replace(self.line, time=at, value=seconds)
        return replace(self, line=line, heard=at, moving=False, place=seconds, placed=at, doubt=None)

    def lock(self, t: Seconds, freewheel: Seconds) -> str:
        """`waiting`, `locking`, `locked`, `freewheel`, `lost` or `standing`, at a time."""
        if self.heard is None:
            return "waiting"
        if not self.moving:
            return "standing"
        if t - self.heard <= LATE:
            return "locked" if self.heard - self.since >= SETTLED else "locking"
        return "freewheel" if t < self._until(freewheel) else "lost"

    def seconds(self, t: Seconds, freewheel: Seconds) -> Seconds:
        """The outside time at `t`."""
        return self.line.at(min(t, self._until(freewheel))) if self.moving else self.place

    def speed(self, t: Seconds, freewheel: Seconds) -> float:
        """How fast it moves at `t`, 1 is normal: another speed only where that is beyond doubt."""
        if not self.moving or t >= self._until(freewheel):
            return 0.0
        rate = self.line.rate
        normal = copysign(1.0, rate)
        return normal if abs(rate - normal) <= _DOUBTFUL * sqrt(self.line.rate_var) else rate

    def _until(self, freewheel: Seconds) -> Seconds:
        return (self.heard or 0.0) + LATE + freewheel

    def _again(self, at: Seconds, seconds: Seconds) -> TimecodeFollower:
        """The same place once more: a sender that tells it more often than it changes, or one that stands."""
        if self.moving and at - self.placed >= STANDS:
            return replace(self.stand(at, seconds), placed=self.placed)
        return replace(self, heard=at)

    def _anew(self, line: Line, at: Seconds, seconds: Seconds, speed: float) -> TimecodeFollower:
        line = replace(line, time=at, rate=speed).through(seconds)
        return replace(self, line=line, since=at, moving=True, doubt=None)

    def _doubted(self, line: Line, at: Seconds, seconds: Seconds) -> TimecodeFollower:
        """A place far off is believed when a second one, a little later, goes on from it."""
        doubt = self.doubt
        if doubt is not None and at - doubt.at < _CONFIRM:
            return replace(self, line=line)
        if doubt is not None and at - doubt.at <= SILENCE:
            speed = (seconds - doubt.place) / (at - doubt.at)
            if abs(speed) <= SPEED_MAX:
                normal = 1.0 if speed > 0 else -1.0
                return self._anew(line, at, seconds, normal if abs(speed - normal) <= _NORMAL else speed)
        return replace(self, line=line, doubt=Doubt(at, seconds))
