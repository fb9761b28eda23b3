"""What is live of time from outside: what was heard, how it is read, and what each deck follows. Frozen."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from server.playback.follow import BeatFollower
from server.playback.line import SILENCE
from server.playback.timecode import TimecodeFollower
from server.protocol.timecode.counting import COUNTINGS, Counting, agreed
from server.units import Beats, Seconds

MTC: Final = "mtc"
TIMECODE: Final = "timecode"
MIDI: Final = "midi"


@dataclass(frozen=True, slots=True)
class Chase:
    """What a deck's position follows. `start`: the timecode in seconds at which its in point, or story, begins."""

    source: str = "off"
    start: Seconds = 0.0


@dataclass(frozen=True, slots=True)
class MidiClock:
    """The MIDI clock that is heard. `song`: beats from the start of the sender's song, as it told them last."""

    follower: BeatFollower = field(default_factory=BeatFollower)
    device: str = ""
    heard: Seconds | None = None
    playing: bool = False
    song: Beats = 0.0

    def lock(self, t: Seconds) -> str:
        """`waiting`, `locked` or `freewheel`: without ticks the beat goes on."""
        if self.heard is None or not self.follower.locked:
            return "waiting"
        return "locked" if t - self.follower.time <= SILENCE / 10 else "freewheel"


@dataclass(frozen=True, slots=True)
class Timecode:
    """One timecode that is heard. `counting`: how its sender counts frames, as far as that is told."""

    follower: TimecodeFollower = field(default_factory=TimecodeFollower)
    device: str = ""
    counting: str = ""


@dataclass(frozen=True, slots=True)
class TimeState:
    """Settings first. `device`: whose MIDI clock and MTC count, empty for whoever speaks first."""

    device: str = ""
    counting: str = "25"
    offset: Seconds = 0.0
    freewheel: Seconds = 2.0
    tolerance: float = 2.0
    midi: MidiClock = field(default_factory=MidiClock)
    mtc: Timecode = field(default_factory=Timecode)
    timecode: Timecode = field(default_factory=Timecode)
    chases: tuple[Chase, ...] = ()
    """By deck; those that nobody has set are missing at the end."""

    def chase(self, deck: int) -> Chase:
        """What a deck follows."""
        return self.chases[deck - 1] if deck <= len(self.chases) else Chase()

    def with_chase(self, deck: int, chase: Chase) -> TimeState:
        chases = (*self.chases, *(Chase(),) * (deck - len(self.chases)))
        return replace(self, chases=(*chases[:deck - 1], chase, *chases[deck:]))

    def heard_as(self, source: str) -> Timecode | None:
        """The timecode that a source means; None for what is none."""
        return {MTC: self.mtc, TIMECODE: self.timecode}.get(source)

    def counted(self, timecode: Timecode) -> Counting:
        """How a timecode's frames are counted: as its sender says, where it can tell."""
        return agreed(timecode.counting, self.counting) if timecode.counting else COUNTINGS[self.counting]

    def seconds(self, source: str, t: Seconds) -> Seconds | None:
        """The outside time of a source at `t`, our offset counted in; None where nothing was heard of it."""
        timecode = self.heard_as(source)
        if timecode is None or timecode.follower.heard is None:
            return None
        return timecode.follower.seconds(t, self.freewheel) + self.offset

    def wants_midi(self, clock_source: str) -> bool:
        """Whether any device's clock or time code is of use now."""
        return clock_source in (MIDI, MTC) or any(chase.source == MTC for chase in self.chases)
