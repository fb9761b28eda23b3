"""A straight line through samples that arrive with jitter: a Kalman filter of two states with fading memory.

Least squares over the last seconds, one step a sample. Right after a lock it trusts each sample; within a second it
averages jitter away. A steady deviation, which is what another rate looks like, makes it forget. Knows no sender.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import exp, sqrt
from typing import Final

from server.units import Seconds

MEMORY: Final = 8.0
"""Time constant of forgetting, seconds: 8 ms of jitter at 60 Hz come out below 1 ms."""
SILENCE: Final = 5.0
"""Seconds without samples beyond which doubt grows no more."""
JITTER: Final = 0.005
"""Standard deviation of arrival times in seconds, as long as none is learnt."""
JITTER_MIN: Final = 0.001
JITTER_MAX: Final = 0.05
_RATE_DOUBT: Final = 0.3
"""Standard deviation of an unknown rate, in parts of the last one."""
_PACE_MIN: Final = 0.25
"""The rate below which jitter in time is counted as at this one: a line that stands would have none."""
_TREND: Final = 1 / 16
_LEARN: Final = 1 / 64


@dataclass(frozen=True, slots=True)
class Line:
    """Where the line is at `time`, how fast it grows, and how well both are known."""

    time: Seconds = 0.0
    value: float = 0.0
    rate: float = 1.0
    """Growth a second."""
    value_var: float = 0.0
    cross_var: float = 0.0
    rate_var: float = 0.0
    trend: float = 0.0
    """The smoothed innovation in standard deviations: near 0 while the line fits."""
    jitter: Seconds = JITTER

    def at(self, t: Seconds) -> float:
        """The value at a time."""
        return self.value + (t - self.time) * self.rate

    @property
    def _pace(self) -> float:
        return max(abs(self.rate), _PACE_MIN)

    def through(self, value: float) -> Line:
        """A line through a value that begins anew; the last rate is the first guess."""
        return replace(self, value=value, value_var=(self._pace * self.jitter) ** 2, cross_var=0.0,
                       rate_var=(self._pace * _RATE_DOUBT) ** 2, trend=0.0)

    def shifted(self, value: float) -> Line:
        """The same rate, known as well as it was, through another value."""
        return replace(self, value=value, value_var=(self._pace * self.jitter) ** 2, cross_var=0.0, trend=0.0)

    def predicted(self, t: Seconds) -> Line:
        """The line brought to `t`, less certain the longer nothing was heard; it does not go back."""
        dt = min(max(t - self.time, 0.0), SILENCE)
        fade = exp(dt / MEMORY)
        value_var = self.value_var + dt * (2 * self.cross_var + dt * self.rate_var)
        return replace(self, time=max(t, self.time), value=self.value + self.rate * max(t - self.time, 0.0),
                       value_var=fade * value_var, cross_var=fade * (self.cross_var + dt * self.rate_var),
                       rate_var=fade * self.rate_var)

    def corrected(self, error: float, slowest: float, fastest: float) -> Line:
        """Take in a sample that is `error` above the line at its `time`; the rate stays within its limits."""
        noise = (self._pace * self.jitter) ** 2
        total = self.value_var + noise
        sigma = sqrt(total)
        # One late packet must not pull the line: a sample counts for at most three standard deviations.
        error = min(max(error, -3 * sigma), 3 * sigma)
        trend = self.trend + _TREND * (error / sigma - self.trend)
        if abs(trend) > 5 * sqrt(_TREND / (2 - _TREND)):
            return self._doubting().corrected(error, slowest, fastest)
        by_value, by_rate = self.value_var / total, self.cross_var / total
        rate = min(max(self.rate + by_rate * error, slowest), fastest)
        learn = _LEARN if self.value_var < noise else 0.0
        jitter = sqrt((1 - learn) * self.jitter**2 + learn * (error / max(abs(rate), _PACE_MIN)) ** 2)
        return replace(self, value=self.value + by_value * error, rate=rate, trend=trend,
                       value_var=(1 - by_value) * self.value_var, cross_var=(1 - by_value) * self.cross_var,
                       rate_var=self.rate_var - by_rate * self.cross_var,
                       jitter=min(max(jitter, JITTER_MIN), JITTER_MAX))

    def _doubting(self) -> Line:
        """The same line, but known so badly that the next samples decide."""
        return replace(self, trend=0.0, cross_var=0.0,
                       value_var=self.value_var + (self._pace * self.jitter * 3) ** 2,
                       rate_var=self.rate_var + (self._pace * _RATE_DOUBT) ** 2)
