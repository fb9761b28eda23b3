"""Senders of MIDI time code and MIDI clock, as tests need them: bytes, and when each is sent."""

from __future__ import annotations

from collections.abc import Iterator

from server.protocol.timecode.counting import COUNTINGS
from server.protocol.timecode.mtc import TYPES

Sent = tuple[float, list[int]]


def digits(label: str) -> tuple[int, int, int, int]:
    hours, minutes, seconds, frames = (int(word) for word in label.replace(";", ":").split(":"))
    return hours, minutes, seconds, frames


def pieces(frame: int, counting: str) -> list[int]:
    """The data bytes of the eight quarter frames that name a frame, piece 0 first."""
    hours, minutes, seconds, frames = digits(COUNTINGS[counting].label(frame))
    hours |= TYPES.index(counting) << 5
    nibbles = [part for value in (frames, seconds, minutes, hours) for part in (value & 15, value >> 4)]
    return [piece << 4 | nibble for piece, nibble in enumerate(nibbles)]


def quarter_frames(first: int, groups: int, counting: str, start: float = 0.0) -> Iterator[Sent]:
    """Forwards from a frame, two frames a group, at the pace of the counting."""
    quarter = 1 / (4 * float(COUNTINGS[counting].rate))
    for group in range(groups):
        for piece, data in enumerate(pieces(first + 2 * group, counting)):
            yield start + (8 * group + piece) * quarter, [0xF1, data]


def quarter_frames_back(first: int, groups: int, counting: str, start: float = 0.0) -> Iterator[Sent]:
    """Backwards: the group of `first` from its piece 7 on, then those before it."""
    quarter = 1 / (4 * float(COUNTINGS[counting].rate))
    for group in range(groups):
        for count, data in enumerate(reversed(pieces(first - 2 * group, counting))):
            yield start + (8 * group + count) * quarter, [0xF1, data]


def full_frame(label: str, counting: str) -> list[int]:
    hours, minutes, seconds, frames = digits(label)
    return [0xF0, 0x7F, 0x7F, 1, 1, hours | TYPES.index(counting) << 5, minutes, seconds, frames, 0xF7]


def clocks(bpm: float, seconds: float, start: float = 0.0) -> Iterator[Sent]:
    """The ticks of a MIDI clock."""
    period = 60 / bpm / 24
    for k in range(int(seconds / period)):
        yield start + k * period, [0xF8]
