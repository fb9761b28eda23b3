"""Beats from outside (Ableton Link by way of TouchDesigner, MIDI clock, any OSC), as a tempo. It knows no sender."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from server.playback.bounds import finite, within
from server.playback.line import SILENCE, Line
from server.playback.tempo import BPM_MAX, BPM_MIN, Tempo
from server.units import Beats, Seconds

RELOCK: Final = 0.5
"""Beats: a jump beyond this is a new position, not jitter."""
_BEATS_MAX: Final = 2.0**31
_SLOWEST: Final = BPM_MIN / 60
_FASTEST: Final = BPM_MAX / 60


def _beats() -> Line:
    return Line(rate=2.0)


@dataclass(frozen=True, slots=True)
class BeatFollower:
    """What is known of the outside beat; silent, it goes on at the last tempo. `line`: beats over time."""

    line: Line = field(default_factory=_beats)
    locked: bool = False
    """Whether a beat was ever observed."""
    heard: Beats | None = None
    heard_bpm: float | None = None
    offset: Beats = 0.0
    """Beats by which a hand has moved the beat here against the sender's."""
    beats_per_bar: int = 4

    @property
    def time(self) -> Seconds:
        """When something was observed last."""
        return self.line.time

    @property
    def tempo(self) -> Tempo:
        """The filtered line; bars begin where the sender's do, unless a hand has moved them."""
        bpm = min(max(60.0 * self.line.rate, BPM_MIN), BPM_MAX)
        return Tempo(bpm, self.line.time, self.line.value + self.offset, self.beats_per_bar)

    def nudge(self, beats: Beats) -> BeatFollower:
        """Push the beat forwards (positive) or back for as long as this sender is followed. Raises OutOfRange."""
        return replace(self, offset=self.offset + finite("a nudge", beats))

    def downbeat(self, t: Seconds) -> BeatFollower:
        """Make `t` the one for as long as this sender is followed."""
        return self.nudge(self.tempo.downbeat(t).beat(t) - self.tempo.beat(t))

    def observe(self, t: Seconds, beats: Beats) -> BeatFollower:
        """Take the sender's absolute beat count, received at `t`. Raises OutOfRange.

        The same count again is no news: a paused sender is a silent one.
        """
        within("a beat", beats, -_BEATS_MAX, _BEATS_MAX)
        if beats == self.heard:
            return self
        line = self.line.predicted(t)
        if not self.locked or t - self.time > SILENCE or abs(beats - line.value) > RELOCK:
            return replace(self, locked=True, heard=beats, line=line.through(beats))
        return replace(self, heard=beats, line=line.corrected(beats - line.value, _SLOWEST, _FASTEST))

    def moved(self, t: Seconds, beats: Beats) -> BeatFollower:
        """Take a count that the sender said begins anew here; its tempo is what it was. Raises OutOfRange."""
        within("a beat", beats, -_BEATS_MAX, _BEATS_MAX)
        line = self.line.predicted(t)
        line = line.shifted(beats) if self.locked else line.through(beats)
        return replace(self, locked=True, heard=beats, line=line)

    def observe_bpm(self, t: Seconds, bpm: float) -> BeatFollower:
        """Take the sender's tempo: believed when it changes, until the beats contradict it. Raises OutOfRange."""
        within("a tempo in bpm", bpm, BPM_MIN, BPM_MAX)
        if bpm == self.heard_bpm:
            return self
        line = self.line.predicted(t) if self.locked else replace(self.line, time=t)
        return replace(self, heard_bpm=bpm, line=replace(line, rate=bpm / 60.0, cross_var=0.0, rate_var=1e-8))
