"""Named quantities and exact time: frames are integers, rates are rationals, seconds are computed once."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Final

from server.errors import InputError

Seconds = float
"""A time or a duration; a time is on the server's own clock (`playback/clock.py`)."""
Position = float
"""A playhead in frames. Frame i is on screen while `shown(position) == i`; integers are frame centres."""
Beats = float

# The NTSC family is written in decimals by everybody and is rational in every file.
_NTSC: Final = {Fraction(str(text)): Fraction(round(float(text)) * 1000, 1001)
                for text in ("23.976", "23.98", "29.97", "47.952", "47.95", "59.94", "119.88", "119.881")}
RATE_MAX: Final = 1000
_NUMERAL_MAX: Final = 64
_EXPONENT_MAX: Final = 3


def shown(position: Position) -> int:
    """The frame on screen at a position: the nearest, halves upwards (not Python's half-to-even)."""
    return math.floor(position + 0.5)


def parse_fraction(text: str) -> Fraction:
    """A number as people write it, `1.5`, `1/3` or `2e-3`, exactly. Raises ValueError."""
    text = text.strip()
    # Nine digits of an exponent are a number that takes minutes and all memory to write out.
    if len(text) > _NUMERAL_MAX or len(text.lower().partition("e")[2]) > _EXPONENT_MAX:
        raise ValueError(f"{text[:_NUMERAL_MAX]!r} is too long for a number")
    try:
        return Fraction(text)
    except ZeroDivisionError:
        raise ValueError(f"{text!r} divides by zero") from None


def parse_rate(text: str) -> Fraction:
    """A frame rate as people write it: `30`, `23.976`, `30000/1001`. Raises InputError."""
    try:
        rate = parse_fraction(text)
    except ValueError:
        raise InputError(f"{text[:_NUMERAL_MAX]!r} is no frame rate; write one like 30, 23.976 or "
                         "30000/1001") from None
    rate = _NTSC.get(rate, rate)
    if not 0 < rate <= RATE_MAX:
        raise InputError(f"a frame rate lies between 0 and {RATE_MAX}, not {text!r}")
    return rate


def exact_rate(value: float) -> Fraction:
    """The rational that a measured rate stands for: an NTSC rate, else the nearest with a small denominator."""
    for rate in _NTSC.values():
        if abs(value - float(rate)) < 5e-4 * float(rate) / 24:
            return rate
    return Fraction(value).limit_denominator(1001)


def format_rate(rate: Fraction) -> str:
    """`30`, or three decimals where it is not whole."""
    return str(rate.numerator) if rate.denominator == 1 else f"{float(rate):.3f}"


def format_seconds(seconds: Seconds) -> str:
    """`m:ss.mmm`, hours only when there are some."""
    milliseconds = round(abs(seconds) * 1000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    text = f"{minutes:d}:{milliseconds / 1000:06.3f}"
    return ("-" if seconds < 0 else "") + (f"{hours:d}:{minutes:02d}:{milliseconds / 1000:06.3f}" if hours else text)


def format_bytes(count: float) -> str:
    """Decimal units, as disks and file managers count."""
    for unit in ("B", "kB", "MB", "GB"):
        if abs(count) < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"
