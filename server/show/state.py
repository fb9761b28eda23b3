"""The live state, whole and frozen: any thread may keep a reference and evaluate it at any time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from server.playback.deck import Deck
from server.playback.follow import BeatFollower
from server.playback.tempo import TapTempo, Tempo
from server.show.learn_state import LearnState
from server.show.making_state import Making
from server.show.peer_state import PeerState
from server.show.snapshot_state import SnapshotState
from server.show.song_map import SongMap
from server.show.time_state import TimeState
from server.show.walk_state import Cues, Walk
from server.units import Beats, Seconds


@dataclass(frozen=True, slots=True)
class SongPlace:
    """The song that a deck is in: movie names in running order. `sequential`: its movies play by themselves.

    `graph`: pictures to walk between; None for a song of plain movies.
    """

    name: str = ""
    movies: tuple[str, ...] = ()
    sequential: bool = True
    graph: SongMap | None = None

    @property
    def folder(self) -> str | None:
        """Where it lies, in the media folder with /; None while there is no song."""
        if self.graph is not None:
            return self.graph.place
        return self.movies[0].rpartition("/")[0] if self.movies else None


@dataclass(frozen=True, slots=True)
class Beat:
    """The musical clock: where the tempo comes from, and what launches wait for."""

    tempo: Tempo
    source: str = "internal"
    taps: TapTempo = field(default_factory=TapTempo)
    follower: BeatFollower = field(default_factory=BeatFollower)
    quantise: str = "off"
    ahead: Seconds = 0.0
    shift: Beats = 0.0
    """Beats by which a hand has moved the beat against the timecode that it follows."""


@dataclass(frozen=True, slots=True)
class Master:
    """What acts on every deck. `latency` is added to each deck's own."""

    level: float = 1.0
    black: bool = False
    latency: Seconds = 0.0

    @property
    def gain(self) -> float:
        return 0.0 if self.black else self.level


@dataclass(frozen=True, slots=True)
class ShowState:
    """Everything that is live. Decks are numbered from 1; `selected` is the one that short forms act on.

    `locked`: nobody changes how things are set up.
    """

    decks: tuple[Deck, ...]
    songs: tuple[SongPlace, ...]
    beat: Beat
    walks: tuple[Walk, ...]
    cues: tuple[Cues, ...]
    master: Master = field(default_factory=Master)
    selected: int = 1
    engaged: bool = True
    hot_cues: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    making: Making = field(default_factory=Making)
    learn: LearnState = field(default_factory=LearnState)
    locked: bool = False
    snapshots: SnapshotState = field(default_factory=SnapshotState)
    time: TimeState = field(default_factory=TimeState)
    peer: PeerState = field(default_factory=PeerState)

    @classmethod
    def fresh(cls, decks: int, tick: Seconds, tempo: Tempo, *, fade: Seconds = 0.0, latency: Seconds = 0.0,
              quantise: str = "off", end: str = "loop", making: Making | None = None) -> ShowState:
        return cls(tuple(Deck(n, tick, tempo, fade=fade, end=end) for n in range(1, decks + 1)), (SongPlace(),) * decks,
                   Beat(tempo, quantise=quantise), (Walk(),) * decks, (Cues(),) * decks, Master(latency=latency),
                   making=making or Making())

    def deck(self, number: int) -> Deck:
        return self.decks[(number or self.selected) - 1]

    def song(self, number: int) -> SongPlace:
        return self.songs[(number or self.selected) - 1]

    def with_deck(self, deck: Deck) -> ShowState:
        return replace(self, decks=tuple(deck if d.number == deck.number else d for d in self.decks))

    def with_song(self, number: int, song: SongPlace) -> ShowState:
        i = (number or self.selected) - 1
        return replace(self, songs=(*self.songs[:i], song, *self.songs[i + 1:]))

    def walk(self, number: int) -> Walk:
        return self.walks[(number or self.selected) - 1]

    def with_walk(self, number: int, walk: Walk) -> ShowState:
        i = (number or self.selected) - 1
        return replace(self, walks=(*self.walks[:i], walk, *self.walks[i + 1:]))

    def cue(self, number: int) -> Cues:
        return self.cues[(number or self.selected) - 1]

    def with_cue(self, number: int, cues: Cues) -> ShowState:
        i = (number or self.selected) - 1
        return replace(self, cues=(*self.cues[:i], cues, *self.cues[i + 1:]))

    def with_beat(self, beat: Beat, now: Seconds) -> ShowState:
        """A new musical clock, also for every deck: their pulses and their quantised takes run on it."""
        if beat.tempo == self.beat.tempo:
            return replace(self, beat=beat)
        decks = tuple(deck.with_tempo(beat.tempo, self.time_of(deck, now)) for deck in self.decks)
        return replace(self, beat=beat, decks=decks)

    def time_of(self, deck: Deck, now: Seconds) -> Seconds:
        """A deck's own time: ahead of the clock by what its output takes to become visible."""
        return now + deck.latency + self.master.latency
