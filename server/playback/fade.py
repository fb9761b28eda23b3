"""Levels over time: a ramp between two of them, and the mix of layers that a take starts from."""

from __future__ import annotations

from dataclasses import dataclass

from server.units import Seconds


@dataclass(frozen=True, slots=True)
class Ramp:
    """A level that goes in a straight line from `low` to `high` in `duration` seconds, constant outside.

    The levels of a dissolve sum to one when every ramp of it has the same start and duration.
    """

    start: Seconds
    duration: Seconds
    low: float
    high: float

    def level(self, t: Seconds) -> float:
        if t >= self.start + self.duration:
            return self.high
        if t <= self.start:
            return self.low
        return self.low + (self.high - self.low) * (t - self.start) / self.duration

    def done(self, t: Seconds) -> bool:
        return t >= self.start + self.duration

    def towards(self, t: Seconds, duration: Seconds, high: float) -> Ramp:
        """The ramp that goes on from what is on screen at `t`."""
        return Ramp(t, duration, self.level(t), high)

    def stopped(self, t: Seconds) -> Ramp:
        level = self.level(t)
        return Ramp(t, 0.0, level, level)
