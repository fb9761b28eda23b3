"""Frame times in ticks to one exact rate, or the finding that the rate varies. Pure."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from server.units import exact_rate

_NTSC: Final = tuple(Fraction(n * 1000, 1001) for n in (24, 30, 48, 60, 120))
_WHOLE: Final = tuple(Fraction(n) for n in (24, 25, 30, 50, 60, 48, 100, 120, 12, 15, 10, 5, 8, 1, 2))
STANDARD_RATES: Final = (*_WHOLE, *_NTSC)
# Ticks are rounded frame times: two roundings are at most one tick apart.
_ROUNDING: Final = 1


def rate_of(ticks: NDArray[np.int64], time_base: Fraction, *, hint: Fraction | None = None,
            duration: int = 0) -> tuple[Fraction, bool]:
    """Return (rate, constant) of frames that begin at `ticks`, in presentation order.

    A rate is constant if rounding to ticks explains every frame time: 23.976 in milliseconds is
    24000/1001. Where several rates do, the container's own statement `hint` wins, then a standard rate,
    then the simplest. `duration` is that of the last frame in ticks, 0 where unknown; it counts only for
    a single frame. A varying rate is averaged.
    """
    if len(ticks) < 2:
        return _rate_of_one(time_base, hint, duration), True
    span, intervals = int(ticks[-1]) - int(ticks[0]), len(ticks) - 1
    if span <= 0:
        return hint or STANDARD_RATES[2], False
    mean = Fraction(span, intervals)
    average = 1 / (mean * time_base)
    steps = np.diff(ticks)
    steady = bool(np.all(steps == steps[0]))
    by_distance = sorted(STANDARD_RATES, key=lambda rate: abs(1 / (rate * time_base) - mean))
    if steady and average in STANDARD_RATES:
        by_distance.insert(0, average)
    low, high = _bounds(ticks)
    for rate in (*(() if hint is None else (hint,)), *by_distance):
        if low <= 1 / (rate * time_base) <= high and _explains(ticks, rate, time_base):
            return rate, True
    if steady:
        return average, True
    if low <= high:
        for rate in (1 / _simplest_between(low * time_base, high * time_base), average):
            if _explains(ticks, rate, time_base):
                return rate, True
    return exact_rate(float(average)) or average, False


def _rate_of_one(time_base: Fraction, hint: Fraction | None, duration: int) -> Fraction:
    if duration <= 0:
        return hint or Fraction(30)
    rate = 1 / (duration * time_base)
    near = [standard for standard in (*STANDARD_RATES, *(() if hint is None else (hint,)))
            if abs(1 / (standard * time_base) - duration) <= Fraction(_ROUNDING, 2)]
    return rate if rate in near or not near else min(near, key=lambda each: abs(each - rate))


def _bounds(ticks: NDArray[np.int64]) -> tuple[Fraction, Fraction]:
    """The shortest and the longest frame, in ticks, that rounding allows, measured from the first frame."""
    elapsed = (ticks - ticks[0])[1:]
    number = np.arange(1, len(ticks), dtype=np.int64)
    lowest = int(np.argmax((elapsed - _ROUNDING) / number))
    highest = int(np.argmin((elapsed + _ROUNDING) / number))
    return (Fraction(int(elapsed[lowest]) - _ROUNDING, lowest + 1),
            Fraction(int(elapsed[highest]) + _ROUNDING, highest + 1))


def _explains(ticks: NDArray[np.int64], rate: Fraction, time_base: Fraction) -> bool:
    """Whether frames at exactly this rate, rounded to ticks, lie where these do."""
    step = 1 / (rate * time_base)
    whole, rest = divmod(step.numerator, step.denominator)
    number = np.arange(len(ticks), dtype=np.int64)
    error = (ticks - ticks[0] - number * whole).astype(np.float64) - number * (rest / step.denominator)
    return float(error.max() - error.min()) <= _ROUNDING + 1e-6


def _simplest_between(low: Fraction, high: Fraction) -> Fraction:
    """The fraction with the smallest denominator in [low, high], low > 0 or near it."""
    if low <= 0:
        return high
    terms: list[int] = []
    while (whole := low.numerator // low.denominator) == high.numerator // high.denominator and low != whole:
        terms.append(whole)
        low, high = 1 / (high - whole), 1 / (low - whole)
    result = Fraction(whole if low == whole else whole + 1)
    for term in reversed(terms):
        result = term + 1 / result
    return result
