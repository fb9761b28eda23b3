"""Beats as a function of time, and a tempo from a tapping finger. It knows no clock and no frames."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import median
from typing import Final

from server.playback.bounds import finite, within
from server.units import Beats, Seconds

BPM_MIN: Final = 20.0
BPM_MAX: Final = 999.0
TAPS: Final = 8
TAP_DOUBLE: Final = 0.15
TAP_RESET: Final = 2.0


@dataclass(frozen=True, slots=True)
class Tempo:
    """A straight line of beats over time; bars begin at the multiples of `beats_per_bar`."""

    bpm: float = 120.0
    anchor_time: Seconds = 0.0
    anchor_beat: Beats = 0.0
    beats_per_bar: int = 4

    def __post_init__(self) -> None:
        within("a tempo in bpm", self.bpm, BPM_MIN, BPM_MAX)
        within("a number of beats in a bar", self.beats_per_bar, 1, 64)
        finite("a beat", self.anchor_beat)

    @property
    def period(self) -> Seconds:
        """Seconds from beat to beat."""
        return 60.0 / self.bpm

    def beat(self, t: Seconds) -> Beats:
        """The beat at a time, a continuous count."""
        return self.anchor_beat + (t - self.anchor_time) * self.bpm / 60.0

    def time_of(self, beat: Beats) -> Seconds:
        """The time of a beat."""
        return self.anchor_time + (beat - self.anchor_beat) * 60.0 / self.bpm

    def phase(self, t: Seconds) -> float:
        """How far the beat has gone, 0 to below 1."""
        return _below_one(self.beat(t) % 1.0)

    def bar_phase(self, t: Seconds) -> float:
        """How far the bar has gone, 0 to below 1."""
        return _below_one(self.beat(t) / self.beats_per_bar % 1.0)

    def set_bpm(self, t: Seconds, bpm: float) -> Tempo:
        """Change the tempo at `t`; the beat goes on from where it is. Raises OutOfRange."""
        return replace(self, bpm=float(bpm), anchor_time=t, anchor_beat=self.beat(t))

    def set_beats_per_bar(self, beats: int) -> Tempo:
        """Change the length of the bar, 1 to 64 beats. Raises OutOfRange."""
        return replace(self, beats_per_bar=beats)

    def nudge(self, t: Seconds, beats: Beats) -> Tempo:
        """Push the beat at `t` forwards (positive) or back. Raises OutOfRange."""
        return replace(self, anchor_time=t, anchor_beat=self.beat(t) + finite("a nudge", beats))

    def downbeat(self, t: Seconds) -> Tempo:
        """Make `t` the one: the beat becomes the nearest first beat of a bar."""
        bars = round(self.beat(t) / self.beats_per_bar)
        return replace(self, anchor_time=t, anchor_beat=float(bars * self.beats_per_bar))


def _below_one(phase: float) -> float:
    # Python's % rounds a tiny negative number up to the modulus itself.
    return 0.0 if phase >= 1.0 else phase


@dataclass(frozen=True, slots=True)
class TapTempo:
    """The taps of a series, the last eight; the first tap of a series was the first beat of a bar."""

    taps: tuple[Seconds, ...] = ()
    beats: tuple[int, ...] = ()
    """The beat that each tap fell on: a beat nobody tapped is counted too."""
    beats_per_bar: int = 4

    def tap(self, t: Seconds) -> tuple[TapTempo, Tempo | None]:
        """Take a tap; from the third of a series on there is a tempo, in phase with the taps.

        One within 0.15 s of the last is a bouncing switch and is ignored; one after 2 s begins a new series.
        """
        gap = t - self.taps[-1] if self.taps else TAP_RESET
        if 0 <= gap < TAP_DOUBLE:
            return self, None
        if not TAP_DOUBLE <= gap < TAP_RESET:
            return replace(self, taps=(t,), beats=(0,)), None
        period = self._period() if len(self.taps) > 1 else gap
        beat = self.beats[-1] + max(1, round(gap / period))
        state = replace(self, taps=(*self.taps, t)[-TAPS:], beats=(*self.beats, beat)[-TAPS:])
        return state, state._tempo() if len(state.taps) > 2 else None

    def _period(self) -> Seconds:
        # Theil and Sen: the median slope over all pairs; one stray tap in three moves it little.
        pairs = [(i, j) for j in range(len(self.taps)) for i in range(j)]
        return median((self.taps[j] - self.taps[i]) / (self.beats[j] - self.beats[i]) for i, j in pairs)

    def _tempo(self) -> Tempo:
        period = self._period()
        last = self.beats[-1]
        anchor = median(tap + (last - beat) * period for tap, beat in zip(self.taps, self.beats, strict=True))
        bpm = min(max(60.0 / period, BPM_MIN), BPM_MAX)
        return Tempo(bpm, anchor, float(last), self.beats_per_bar)
