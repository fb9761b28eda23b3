"""How frames are counted in timecode: labels to frames and back, drop-frame (SMPTE ST 12-1) included. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from server.errors import InputError
from server.protocol.text import printable
from server.units import Seconds

TEXT_MAX: Final = 32
_DROPPED: Final = 2
"""Labels left out at the start of every minute but each tenth."""


@dataclass(frozen=True, slots=True)
class Counting:
    """`base`: labels a second; `rate`: frames a second as they really pass; `drop`: labels are left out to keep up."""

    name: str
    base: int
    rate: Fraction
    drop: bool = False

    @property
    def day(self) -> int:
        """Frames in 24 hours of labels."""
        return 24 * 60 * 60 * self.base - (_DROPPED * (24 * 60 - 24 * 6) if self.drop else 0)

    def frame(self, hours: int, minutes: int, seconds: int, frames: int) -> int:
        """The frame that a label names, from 0. Raises InputError for a label that there is not."""
        if not (0 <= hours < 24 and 0 <= minutes < 60 and 0 <= seconds < 60 and 0 <= frames < self.base):
            raise InputError(f"there is no timecode {hours:02d}:{minutes:02d}:{seconds:02d}:{frames:02d} at "
                             f"{self.name} frames a second; it ends at 23:59:59:{self.base - 1:02d}")
        if self.drop and seconds == 0 and frames < _DROPPED and minutes % 10:
            raise InputError(f"drop-frame timecode has no {hours:02d}:{minutes:02d}:00;{frames:02d}: frames 00 and 01 "
                             "are left out at every minute but each tenth")
        total = 60 * hours + minutes
        dropped = _DROPPED * (total - total // 10) if self.drop else 0
        return (60 * total + seconds) * self.base + frames - dropped

    def label(self, frame: int) -> str:
        """`01:00:00:12`, drop-frame with `;` before the frames; after a day it begins again."""
        frame %= self.day
        if self.drop:
            # In ten minutes the first minute is whole, nine lack two labels each.
            short = 60 * self.base - _DROPPED
            tens, rest = divmod(frame, 10 * short + _DROPPED)
            frame += _DROPPED * 9 * tens + (_DROPPED * ((rest - _DROPPED) // short) if rest >= 60 * self.base else 0)
        seconds, frames = divmod(frame, self.base)
        minutes, seconds = divmod(seconds, 60)
        mark = ";" if self.drop else ":"
        return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}{mark}{frames:02d}"

    def seconds(self, frame: float) -> Seconds:
        """When a frame begins, counted from 00:00:00:00."""
        return float(frame * self.rate.denominator / self.rate.numerator)

    def frame_at(self, seconds: Seconds) -> int:
        """The frame that is running at a time; one that begins within a thousandth of itself has begun."""
        return int((seconds * float(self.rate) + 1e-3) // 1)


def _counting(name: str, base: int, rate: Fraction, *, drop: bool = False) -> tuple[str, Counting]:
    return name, Counting(name, base, rate, drop)


COUNTINGS: Final[Mapping[str, Counting]] = MappingProxyType(dict((
    _counting("23.976", 24, Fraction(24000, 1001)), _counting("24", 24, Fraction(24)),
    _counting("25", 25, Fraction(25)), _counting("29.97df", 30, Fraction(30000, 1001), drop=True),
    _counting("29.97", 30, Fraction(30000, 1001)), _counting("30", 30, Fraction(30)))))
"""Every counting by its name, as rows and settings spell it."""


def agreed(said: str, wanted: str) -> Counting:
    """The counting of a sender that cannot tell 23.976 from 24 and 29.97 from 30: then ours says which it is."""
    one, other = COUNTINGS[said], COUNTINGS[wanted]
    return other if other.base == one.base and not (one.drop or other.drop) else one


def parse_timecode(text: str, counting: Counting) -> Seconds:
    """Seconds from 00:00:00:00 of `hh:mm:ss:ff`, `hh:mm:ss;ff` (drop-frame), `hh:mm:ss.s`, `mm:ss` or plain seconds.

    A semicolon means drop-frame whatever counting was agreed on. Raises InputError.
    """
    text = text.strip()
    if not 0 < len(text) <= TEXT_MAX or not text.isascii():
        raise _no_timecode(text)
    if ";" in text:
        counting = COUNTINGS["29.97df"]
    words = text.replace(";", ":").split(":")
    if len(words) == 4:
        return counting.seconds(counting.frame(*(_whole(word, text) for word in words)))
    *more, last = words
    seconds = _decimal(last, text)
    if len(more) > 2 or (more and seconds >= 60):
        raise _no_timecode(text)
    for factor, word in zip((60, 3600), reversed(more), strict=False):
        amount = _whole(word, text)
        if factor == 60 and len(more) == 2 and amount >= 60:
            raise _no_timecode(text)
        seconds += factor * amount
    if seconds >= 86400:
        raise InputError(f"a timecode is less than 24 hours, not {printable(text, TEXT_MAX)!r}")
    return seconds


def _whole(word: str, text: str) -> int:
    if not 0 < len(word) <= 5 or not word.isdigit():
        raise _no_timecode(text)
    return int(word)


def _decimal(word: str, text: str) -> Seconds:
    whole, _, part = word.partition(".")
    if not whole.isdigit() or (part and not part.isdigit()) or word.endswith("."):
        raise _no_timecode(text)
    return float(word)


def _no_timecode(text: str) -> InputError:
    return InputError(f"{printable(text, TEXT_MAX)!r} is no timecode; write it like 01:00:00:12, drop-frame like "
                      "01:00:00;12, or in seconds like 3600.5")
