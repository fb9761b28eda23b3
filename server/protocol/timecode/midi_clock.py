"""MIDI clock (MIDI 1.0, system real time): 24 ticks a beat, start, stop, continue, song position. Total and pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from server.protocol.timecode.heard import ClockHeard, Kind
from server.units import Seconds

TICKS: Final = 24
"""Ticks a beat."""
_STEP: Final = 6
"""Ticks of one step of the song position: a sixteenth."""
_POSITION: Final = 0xF2
_TICK: Final = 0xF8
_START: Final = 0xFA
_CONTINUE: Final = 0xFB
_STOP: Final = 0xFC


class MidiClockDecoder:
    """Counts the ticks of one device. A sender that stands may go on ticking: its beat is counted on, its song not."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._next = 0
        """The number of the next tick."""
        self._song = 0
        """Where `continue` will go on."""
        self._fresh = True

    def feed(self, data: Sequence[int], at: Seconds) -> ClockHeard | None:
        """What one message that arrived at `at` says; None for any other message."""
        status = data[0] if data else 0
        if status == _TICK:
            return self._tick(at)
        if status == _START:
            return self._go(0, at)
        if status == _CONTINUE:
            return self._go(self._song, at)
        if status == _STOP:
            self._song = self._next
            return self._said(self._song, at, "stop")
        if status == _POSITION and len(data) >= 3 and all(0 <= byte < 128 for byte in data[1:3]):
            self._song = (data[2] << 7 | data[1]) * _STEP
            return self._said(self._song, at, "position")
        return None

    def _tick(self, at: Seconds) -> ClockHeard:
        number, fresh = self._next, self._fresh
        self._next, self._fresh = number + 1, False
        return self._said(number, at, "first" if fresh else "tick")

    def _go(self, number: int, at: Seconds) -> ClockHeard:
        # The tick behind it is the one that this names.
        self._next, self._fresh = number, True
        return self._said(number, at, "start")

    def _said(self, number: int, at: Seconds, kind: Kind) -> ClockHeard:
        return ClockHeard(self._device, at, number / TICKS, kind)
