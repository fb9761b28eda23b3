"""A MIDI device's clock and time code as lines for people: one a second while they run, and every change of course."""

from __future__ import annotations

from math import floor
from typing import Final

from server.playback.follow import BeatFollower
from server.protocol.timecode.counting import COUNTINGS
from server.protocol.timecode.heard import ClockHeard, MtcHeard, TimeHeard
from server.units import Seconds

EVERY: Final[Seconds] = 1.0


class TimeLines:
    """Remembers when each device was last told of."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, type], Seconds] = {}
        self._beats: dict[str, BeatFollower] = {}

    def line(self, heard: TimeHeard) -> str | None:
        """What is to be printed of a message, if anything."""
        return self._clock(heard) if isinstance(heard, ClockHeard) else self._timecode(heard)

    def _clock(self, heard: ClockHeard) -> str | None:
        if heard.kind in ("start", "stop", "position"):
            return f"{heard.device} clock {heard.kind} at beat {heard.beats:g}"
        follower = self._beats.get(heard.device, BeatFollower()).observe(heard.at, heard.beats)
        self._beats[heard.device] = follower
        line = f"{heard.device} clock {follower.tempo.bpm:.1f} bpm, beat {heard.beats:.0f}"
        return line if self._due(heard) else None

    def _timecode(self, heard: MtcHeard) -> str | None:
        if heard.direction and not self._due(heard):
            return None
        counting = COUNTINGS[heard.counting]
        how = {1: "runs", -1: "runs backwards", 0: "stands"}[heard.direction]
        return f"{heard.device} time code {counting.label(floor(heard.frame))} ({counting.name}) {how}"

    def _due(self, heard: TimeHeard) -> bool:
        key = heard.device, type(heard)
        if heard.at - self._told.get(key, float("-inf")) < EVERY:
            return False
        self._told[key] = heard.at
        return True
