"""MIDI time code (MMA RP-004): quarter frames forwards and backwards, and the full frame of a sender that locates.

A group of eight quarter frames names the frame that began with its piece 0. So forwards the whole is known 7/4 frames
later, backwards at piece 0 itself; from then on every quarter frame is a place. Total and pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from server.errors import InputError
from server.protocol.timecode.counting import COUNTINGS
from server.protocol.timecode.heard import MtcHeard
from server.units import Seconds

TYPES: Final = ("24", "25", "29.97df", "30")
"""Countings by the two bits that say which."""
PIECES: Final = 8
GAP: Final[Seconds] = 0.1
"""Quarter frames are at most 11 ms apart: behind a longer gap the sender has stopped meanwhile."""
_QUARTER: Final = 0xF1
_FULL: Final = (0x01, 0x01)
_FULL_LENGTH: Final = 10


class MtcDecoder:
    """The quarter frames of one device, put together."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._pieces = [0] * PIECES
        self._last = -1
        self._heard: Seconds = 0.0
        self._direction = 1
        self._run = 0
        """How many pieces came in a row in one direction."""
        self._place: float | None = None
        self._counting = ""

    def feed(self, data: Sequence[int], at: Seconds) -> MtcHeard | None:
        """What one message that arrived at `at` says; None for others, and while too few pieces came."""
        if len(data) >= 2 and data[0] == _QUARTER and 0 <= data[1] < 128:
            return self._quarter(data[1] >> 4, data[1] & 15, at)
        if len(data) == _FULL_LENGTH and data[0] == 0xF0 and data[1] == 0x7F and tuple(data[3:5]) == _FULL:
            return self._full(data[5:9], at)
        return None

    def _quarter(self, piece: int, nibble: int, at: Seconds) -> MtcHeard | None:
        step = (piece - self._last) % PIECES
        direction = 1 if step == 1 else -1
        joined = self._last >= 0 and step in (1, PIECES - 1) and at - self._heard <= GAP
        if not joined or (direction != self._direction and self._run > 1):
            self._run, self._place = 0, None
        self._direction = direction if joined else 1
        self._last, self._heard = piece, at
        self._pieces[piece] = nibble
        self._run += 1
        if self._run >= PIECES and piece == (PIECES - 1 if self._direction > 0 else 0):
            self._whole()
        elif self._place is not None:
            self._place += self._direction / 4
        if self._place is None:
            return None
        return MtcHeard(self._device, at, self._place, self._counting, self._direction)

    def _whole(self) -> None:
        """All eight pieces are there: where the sender is now."""
        low = self._pieces
        frames, seconds, minutes = (low[0] | (low[1] & 1) << 4, low[2] | (low[3] & 3) << 4, low[4] | (low[5] & 3) << 4)
        self._place = self._frame(low[6] | (low[7] & 7) << 4, minutes, seconds, frames)
        if self._place is not None and self._direction > 0:
            self._place += (PIECES - 1) / 4

    def _full(self, label: Sequence[int], at: Seconds) -> MtcHeard | None:
        hours, minutes, seconds, frames = label
        if not all(0 <= byte < 128 for byte in label):
            return None
        self._last, self._run, self._place = -1, 0, None
        place = self._frame(hours, minutes, seconds, frames)
        return None if place is None else MtcHeard(self._device, at, place, self._counting, 0)

    def _frame(self, hours: int, minutes: int, seconds: int, frames: int) -> float | None:
        """The frame of a label whose hours carry the counting; None for one that there is not."""
        self._counting = TYPES[hours >> 5 & 3]
        try:
            return float(COUNTINGS[self._counting].frame(hours & 31, minutes, seconds, frames))
        except InputError:
            return None
