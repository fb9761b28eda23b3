"""The beat pulse: every beat pushes the playhead, in closed form. It knows a tempo and a range, no history."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, expm1

from server.playback.bounds import within
from server.playback.ends import wrapped
from server.playback.tempo import Tempo
from server.units import Position, Seconds


@dataclass(frozen=True, slots=True)
class Pulse:
    """base + add + multiply * filtered pulse, in parts of the range from in to out.

    The pulse jumps to 1 on every beat and falls to 0 until the next; `filter` is the time constant of the
    low-pass behind it, in beats. Raises OutOfRange.
    """

    add: float = 0.0
    """A constant push, -1 to 1."""
    multiply: float = 0.0
    """The depth of the beat's push, -16 to 16."""
    filter: float = 0.0
    """0: the bare pulse; 1: a time constant of one beat, which leaves little of it."""

    def __post_init__(self) -> None:
        within("a pulse's add", self.add, -1.0, 1.0)
        within("a pulse's multiply", self.multiply, -16.0, 16.0)
        within("a pulse's filter", self.filter, 0.0, 1.0)

    @property
    def idle(self) -> bool:
        """Whether it leaves every playhead where it is."""
        return self.add == 0 and self.multiply == 0

    def displace(self, position: Position, tempo: Tempo, t: Seconds, first: int, last: int, *,
                 wrap: bool = False) -> Position:
        """Push a playhead in first..last at the time `t`; it stays in there, or goes round. Idle: the identity."""
        if self.idle:
            return position
        push = self.add + self.multiply * filtered(tempo.phase(t), self.filter)
        pushed = position + push * (last - first)
        if wrap:
            return wrapped(pushed, first, last)
        # A loop's playhead may be up to half a frame beyond the centres: it is not pulled back for that.
        return min(max(pushed, min(position, first)), max(position, last))


def filtered(phase: float, constant: float) -> float:
    """A ramp from 1 to 0 in each beat behind a one-pole low-pass, long after switching on; its mean is 1/2.

    constant * y' = (1 - phase) - y has the solutions 1 - phase + constant + C exp(-phase / constant);
    C makes y the same at both ends of the beat.
    """
    if constant == 0:
        return 1.0 - phase
    return 1.0 - phase + constant + exp(-phase / constant) / expm1(-1.0 / constant)
