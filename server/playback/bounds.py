"""The border where numbers enter playback: behind it every number is finite and in range."""

from __future__ import annotations

import math

from server.errors import OutOfRange


def within(what: str, value: float, low: float, high: float) -> float:
    """Return `value` if it lies in [low, high]; raise OutOfRange, naming `what`, if not (NaN never does)."""
    if low <= value <= high:
        return value
    raise OutOfRange(f"{what} lies between {low:g} and {high:g}, not {value}")


def finite(what: str, value: float) -> float:
    """Return `value` if it is a finite number; raise OutOfRange, naming `what`, if not."""
    if math.isfinite(value):
        return value
    raise OutOfRange(f"{what} must be a finite number, not {value}")
