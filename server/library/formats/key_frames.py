"""Key-frame strings, `0: (8), 100: (2)`: a number for every frame, straight from key to key, held outside."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from server.errors import InputError, OutOfRange
from server.library.paths import shortened

LAST_FRAME: Final = 10_000_000
_VALUE: Final = r"[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,3})?"
_KEY: Final = re.compile(rf"\s*(\d{{1,12}})\s*:\s*\(\s*({_VALUE})\s*\)\s*(,|$)")
_NUMBER: Final = re.compile(rf"\s*({_VALUE})\s*")


@dataclass(frozen=True, slots=True)
class KeyFrames:
    """Keys (frame, value) in order of frames, each frame once; a bare number is one key at frame 0, and `constant`."""

    keys: tuple[tuple[int, float], ...]
    constant: bool = False

    def at(self, frame: float) -> float:
        """The value at a frame: on the line between its neighbours, or that of the nearest end."""
        place = bisect_right(self.keys, (frame, math.inf))
        if place == 0:
            return self.keys[0][1]
        if place == len(self.keys):
            return self.keys[-1][1]
        (left, low), (right, high) = self.keys[place - 1], self.keys[place]
        share = (frame - left) / (right - left)
        # Not low + share × (high - low): that overflows between huge values, and misses `high` by a rounding.
        return low * (1 - share) + high * share

    def times(self, multiplier: int) -> KeyFrames:
        """The same values at later frames: every frame number is multiplied, no value is. Raises OutOfRange."""
        if multiplier < 1:
            raise OutOfRange(f"frame numbers are multiplied by 1 or more, not by {multiplier}")
        if self.constant:
            return self
        return key_frames((frame * multiplier, value) for frame, value in self.keys)


def key_frames(keys: Iterable[tuple[int, float]]) -> KeyFrames:
    """Make key frames of (frame, value); of two at one frame the later counts. Raises OutOfRange."""
    found = dict(keys)
    if not found:
        raise OutOfRange("at least one key is needed, like 0: (1)")
    for frame, value in found.items():
        if not 0 <= frame <= LAST_FRAME:
            raise OutOfRange(f"frames are numbered from 0 to {LAST_FRAME}, not {frame}")
        if not math.isfinite(value):
            raise OutOfRange(f"the value at frame {frame} is no number that can be used")
    return KeyFrames(tuple(sorted(found.items())))


def constant(value: float) -> KeyFrames:
    """One value for every frame. Raises OutOfRange."""
    return KeyFrames(key_frames([(0, value)]).keys, constant=True)


def parse_key_frames(text: str) -> KeyFrames:
    """Parse `0: (8), 100: (2)`, or a bare number. Raises InputError that quotes what cannot be read."""
    if match := _NUMBER.fullmatch(text):
        return constant(_number(match[1]))
    keys: list[tuple[int, float]] = []
    place = 0
    while place < len(text) and (text[place:].strip() or not keys):
        match = _KEY.match(text, place)
        if match is None:
            raise InputError(f"{shortened(text[place:].strip(), 40)} is no key; keys are like 0: (8), 100: (2.5)")
        keys.append((int(match[1]), _number(match[2])))
        place = match.end()
    if not keys:
        raise InputError("the text is empty; keys are like 0: (8), 100: (2.5), or one number for all frames")
    return key_frames(keys)


def doubled_frames(text: str) -> tuple[int, ...]:
    """Frames that a text names more than once."""
    frames = [int(match[1]) for match in _KEY.finditer(text)]
    return tuple(sorted({frame for frame in frames if frames.count(frame) > 1}))


def format_key_frames(keys: KeyFrames) -> str:
    """The text that `parse_key_frames` reads back as the same."""
    if keys.constant:
        return format_number(keys.keys[0][1])
    return ", ".join(f"{frame}: ({format_number(value)})" for frame, value in keys.keys)


def format_number(value: float) -> str:
    """A number as people write it: whole ones without a point, others with every digit they need."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(value)


def _number(text: str) -> float:
    value = float(text)
    return int(value) if value.is_integer() and abs(value) < 1e15 else value
