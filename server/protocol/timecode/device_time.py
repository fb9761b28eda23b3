"""Time in the bytes of one MIDI device: its clock and its time code. Total; pure, it is told when they arrived."""

from __future__ import annotations

from collections.abc import Sequence

from server.protocol.timecode.heard import TimeHeard
from server.protocol.timecode.midi_clock import MidiClockDecoder
from server.protocol.timecode.mtc import MtcDecoder
from server.units import Seconds

SYSTEM = 0xF0
"""System messages begin here: they have no channel, and no control is moved by them."""


class DeviceTime:
    """Both decoders of a device."""

    def __init__(self, device: str) -> None:
        self._clock, self._mtc = MidiClockDecoder(device), MtcDecoder(device)

    def feed(self, data: Sequence[int], at: Seconds) -> TimeHeard | None:
        """What one message that arrived at `at` says of time; None for any other."""
        if not data or data[0] < SYSTEM:
            return None
        return self._clock.feed(data, at) or self._mtc.feed(data, at)
