"""The only reader of a clock: what time it is, sleeping until a time, and the deadlines of a steady beat."""

from __future__ import annotations

import time
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import Protocol

from server.errors import OutOfRange
from server.playback.bounds import finite
from server.units import Seconds


class Clock(Protocol):
    """Seconds since some moment, never going back."""

    def now(self) -> Seconds:
        """The time."""
        ...

    def sleep_until(self, t: Seconds) -> None:
        """Return once `now()` is `t` or later; at once if it is already."""
        ...


class SystemClock:
    """The machine's finest steady clock; on Windows `time.monotonic` is too coarse before Python 3.13."""

    def now(self) -> Seconds:
        return time.perf_counter()

    def sleep_until(self, t: Seconds) -> None:
        # A sleep may end early; spinning through the rest would invite the scheduler to take the core away.
        while (left := t - time.perf_counter()) > 0:
            time.sleep(left)


class ManualClock:
    """A clock that is moved by hand; sleeping moves it, so that nobody waits."""

    def __init__(self, now: Seconds = 0.0) -> None:
        self._now = float(now)

    def now(self) -> Seconds:
        return self._now

    def sleep_until(self, t: Seconds) -> None:
        self._now = max(self._now, t)

    def advance(self, seconds: Seconds) -> None:
        """Let time pass."""
        self.set(self._now + seconds)

    def set(self, t: Seconds) -> None:
        """Make it `t`, not before now. Raises OutOfRange."""
        if finite("a time", t) < self._now:
            raise OutOfRange(f"a clock does not go back from {self._now} to {t}")
        self._now = float(t)


@dataclass(frozen=True, slots=True)
class Metronome:
    """The deadlines start + k / rate, each from `start`: a late tick is skipped and makes no other late."""

    start: Seconds
    rate: Fraction

    def deadline(self, k: int) -> Seconds:
        """The time of tick `k`, rounded once."""
        return self.start + k * self.rate.denominator / self.rate.numerator

    def next_tick(self, now: Seconds) -> tuple[int, Seconds]:
        """The first tick after `now` and its time; k >= 0."""
        k = max(0, floor((now - self.start) * self.rate.numerator / self.rate.denominator))
        # Rounding may be off by one tick either way.
        k -= k > 0 and self.deadline(k - 1) > now
        while (deadline := self.deadline(k)) <= now:
            k += 1
        return k, deadline


def wall_time() -> Seconds:
    """The time of day in Unix seconds, as this machine's calendar clock has it: for time tags only."""
    return time.time()
