"""Beats from outside (Ableton Link by way of TouchDesigner, any OSC), as a tempo. It knows no sender.

A two-state Kalman filter with fading memory: a least-squares line through the last seconds, one step a
sample. Right after a lock it trusts each sample; within a second it averages jitter away. A steady deviation,
which is what a tempo change looks like, makes it forget.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import exp, sqrt
from typing import Final

from server.playback.bounds import finite, within
from server.playback.tempo import BPM_MAX, BPM_MIN, Tempo
from server.units import Beats, Seconds

MEMORY: Final = 8.0
"""Time constant of forgetting, seconds: 8 ms of jitter at 60 Hz come out below 1 ms."""
RELOCK: Final = 0.5
"""Beats: a jump beyond this is a new position, not jitter."""
SILENCE: Final = 5.0
"""Seconds after which the next beat is a new position too."""
_JITTER: Final = 0.005
"""Standard deviation of arrival times in seconds, as long as none is learnt."""
JITTER_MIN: Final = 0.001
JITTER_MAX: Final = 0.05
_RATE_DOUBT: Final = 0.3
"""Standard deviation of an unknown tempo, in parts of the last one."""
_TREND: Final = 1 / 16
_LEARN: Final = 1 / 64
_BEATS_MAX: Final = 2.0**31


@dataclass(frozen=True, slots=True)
class BeatFollower:
    """What is known of the outside beat; silent, it goes on at the last tempo."""

    locked: bool = False
    """Whether a beat was ever observed."""
    time: Seconds = 0.0
    beat: Beats = 0.0
    rate: float = 2.0
    """Beats a second."""
    beat_var: float = 0.0
    cross_var: float = 0.0
    rate_var: float = 0.0
    trend: float = 0.0
    """The smoothed innovation in standard deviations: near 0 while the line fits."""
    jitter: Seconds = _JITTER
    heard: Beats | None = None
    heard_bpm: float | None = None
    offset: Beats = 0.0
    """Beats by which a hand has moved the beat here against the sender's."""
    beats_per_bar: int = 4

    @property
    def tempo(self) -> Tempo:
        """The filtered line; bars begin where the sender's do, unless a hand has moved them."""
        bpm = min(max(60.0 * self.rate, BPM_MIN), BPM_MAX)
        return Tempo(bpm, self.time, self.beat + self.offset, self.beats_per_bar)

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
        here = replace(self._predicted(t), heard=beats)
        if not self.locked or t - self.time > SILENCE or abs(beats - here.beat) > RELOCK:
            return here._lock(beats)
        return here._corrected(beats - here.beat)

    def observe_bpm(self, t: Seconds, bpm: float) -> BeatFollower:
        """Take the sender's tempo: believed when it changes, until the beats contradict it. Raises OutOfRange."""
        within("a tempo in bpm", bpm, BPM_MIN, BPM_MAX)
        if bpm == self.heard_bpm:
            return self
        here = self._predicted(t) if self.locked else replace(self, time=t)
        return replace(here, heard_bpm=bpm, rate=bpm / 60.0, cross_var=0.0, rate_var=1e-8)

    def _lock(self, beats: Beats) -> BeatFollower:
        return replace(self, locked=True, beat=beats, beat_var=(self.rate * self.jitter) ** 2, cross_var=0.0,
                       rate_var=(self.rate * _RATE_DOUBT) ** 2, trend=0.0)

    def _predicted(self, t: Seconds) -> BeatFollower:
        dt = min(max(t - self.time, 0.0), SILENCE)
        fade = exp(dt / MEMORY)
        beat_var = self.beat_var + dt * (2 * self.cross_var + dt * self.rate_var)
        return replace(self, time=max(t, self.time), beat=self.beat + self.rate * max(t - self.time, 0.0),
                       beat_var=fade * beat_var, cross_var=fade * (self.cross_var + dt * self.rate_var),
                       rate_var=fade * self.rate_var)

    def _corrected(self, error: Beats) -> BeatFollower:
        noise = (self.rate * self.jitter) ** 2
        total = self.beat_var + noise
        sigma = sqrt(total)
        # One late packet must not pull the line: a sample counts for at most three standard deviations.
        error = min(max(error, -3 * sigma), 3 * sigma)
        trend = self.trend + _TREND * (error / sigma - self.trend)
        if abs(trend) > 5 * sqrt(_TREND / (2 - _TREND)):
            return self._doubting()._corrected(error)
        by_beat, by_rate = self.beat_var / total, self.cross_var / total
        rate = min(max(self.rate + by_rate * error, BPM_MIN / 60), BPM_MAX / 60)
        learn = _LEARN if self.beat_var < noise else 0.0
        jitter = sqrt((1 - learn) * self.jitter**2 + learn * (error / self.rate) ** 2)
        return replace(self, beat=self.beat + by_beat * error, rate=rate, trend=trend,
                       beat_var=(1 - by_beat) * self.beat_var, cross_var=(1 - by_beat) * self.cross_var,
                       rate_var=self.rate_var - by_rate * self.cross_var,
                       jitter=min(max(jitter, JITTER_MIN), JITTER_MAX))

    def _doubting(self) -> BeatFollower:
        """The same line, but known so badly that the next samples decide."""
        return replace(self, trend=0.0, cross_var=0.0,
                       beat_var=self.beat_var + (self.rate * self.jitter * 3) ** 2,
                       rate_var=self.rate_var + (self.rate * _RATE_DOUBT) ** 2)
