"""A show that goes on after its process has died: the state as it is kept, and as it is gone on with. Pure.

Positions are functions of anchored times, so a state of some seconds ago is the state of now; nothing is caught up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from server.playback.deck import Deck
from server.playback.fade import Ramp
from server.playback.program import Layer, Program
from server.playback.timeline import Movie
from server.playback.walk import Hop, Route
from server.show.learn_state import LearnState
from server.show.making_state import LOST, Growing, Making, Worker
from server.show.song_map import SongMap
from server.show.state import ShowState, SongPlace
from server.units import Seconds

_T = TypeVar("_T")


class Sketcher:
    """Makes of states what is kept of them: without maps of songs, which the planner tells again, nor jobs."""

    def __init__(self) -> None:
        self._outlines: dict[int, tuple[SongMap, SongMap]] = {}

    def sketch(self, state: ShowState) -> ShowState:
        """What is worth keeping; equal to that of another state when nothing has been done in between."""
        self._outlines = {id(song.graph): self._outlines.get(id(song.graph), (song.graph, outline(song.graph)))
                          for song in state.songs if song.graph is not None}
        songs = tuple(song if song.graph is None else replace(song, graph=self._outlines[id(song.graph)][1])
                      for song in state.songs)
        making = replace(state.making, jobs=(), worker=Worker())
        return replace(state, songs=songs, making=making, learn=LearnState(), peer=state.peer.kept())


def outline(song: SongMap) -> SongMap:
    """A song of which only the name and the place are known: it is being opened again."""
    return SongMap(song.place or song.folder, song.name, song.place, version=0)


def settled(state: ShowState) -> ShowState:
    """The same without what every tick changes, to be compared."""
    return replace(state, decks=tuple(_settled(deck) for deck in state.decks))


def _settled(deck: Deck) -> Deck:
    layers = tuple(replace(layer, seen=None) for layer in deck.layers)
    frozen = deck.frozen
    if frozen is not None:
        frozen = frozen._replace(layers=tuple(replace(layer, seen=None) for layer in frozen.layers))
    return replace(deck, advanced=0.0, layers=layers, frozen=frozen)


def programs_of(deck: Deck) -> Iterator[Program]:
    """Everything that a deck plays, holds or has ready."""
    for layer in (*deck.layers, *(deck.frozen.layers if deck.frozen is not None else ())):
        yield layer.program
    if deck.prepared is not None:
        yield deck.prepared


def movies_of(deck: Deck) -> dict[str, Movie]:
    """The movies that it needs, by name."""
    return {span.movie.name: span.movie for program in programs_of(deck) for span in program.clip.spans}


# as it was --------------------------------------------------------------------------------------


def gone_on(kept: ShowState, fresh: ShowState) -> ShowState:
    """The state to go on with on the same clock, in the shape of a fresh one: as many decks, the same ticks."""
    decks = tuple(_lost_jobs(replace(old, tick=new.tick)) for old, new in zip(kept.decks, fresh.decks, strict=False))
    walks = tuple(replace(walk, asking=False, waiting="") for walk in kept.walks)
    state = replace(kept, decks=(*decks, *fresh.decks[len(decks):]), walks=_filled(walks, fresh.walks),
                    songs=_filled(kept.songs, fresh.songs), cues=_filled(kept.cues, fresh.cues),
                    making=_making(kept.making, fresh.making), learn=LearnState())
    return replace(state, selected=min(state.selected, len(state.decks)))


def _filled(kept: tuple[_T, ...], fresh: tuple[_T, ...]) -> tuple[_T, ...]:
    return (*kept[:len(fresh)], *fresh[len(kept):])


def _making(kept: Making, fresh: Making) -> Making:
    """How things are made is gone on with; what was being made has lost its maker."""
    growing = {LOST + job: _lost(one) for job, one in kept.growing.items()}
    return replace(fresh, live=kept.live, ahead=kept.ahead, wait=kept.wait, paused=kept.paused, recipe=kept.recipe,
                   growing=growing)


def _lost(one: Growing) -> Growing:
    return replace(one, job=LOST + one.job, due=None)


def _lost_jobs(deck: Deck) -> Deck:
    layers = tuple(replace(layer, program=_without_jobs(layer.program)) for layer in deck.layers)
    prepared = _without_jobs(deck.prepared) if deck.prepared is not None else None
    return replace(deck, layers=layers, prepared=prepared)


def _without_jobs(program: Program) -> Program:
    route = program.route
    if route is None or not any(hop.job for hop in _hops(route)):
        return program
    after = tuple(leg._replace(hops=tuple(map(_hop, leg.hops))) for leg in route.after)
    return replace(program, route=replace(route, hops=tuple(map(_hop, route.hops)), after=after))


def _hops(route: Route) -> Iterator[Hop]:
    yield from route.hops
    for leg in route.after:
        yield from leg.hops


def _hop(hop: Hop) -> Hop:
    return replace(hop, job=LOST + hop.job) if hop.job else hop


# standing ---------------------------------------------------------------------------------------


def stood(kept: ShowState, died: Seconds, fresh: ShowState, now: Seconds) -> ShowState:
    """The decks where they were when the show died, paused; `died` is on the clock of then, which may be another one.

    Nothing that was to happen is left, and times of then are nowhere in it.
    """
    decks = tuple(_stood(old, kept.time_of(old, died), new, now)
                  for old, new in zip(kept.decks, fresh.decks, strict=False))
    walks = tuple(replace(walk, asking=False, waiting="") for walk in kept.walks)
    cues = tuple(replace(cue, went=None) for cue in kept.cues)
    old = kept.beat
    tempo = replace(fresh.beat.tempo, bpm=old.tempo.bpm, beats_per_bar=old.tempo.beats_per_bar)
    beat = replace(fresh.beat, tempo=tempo, source=old.source, quantise=old.quantise, ahead=old.ahead)
    state = replace(fresh, songs=_filled(kept.songs, fresh.songs), walks=_filled(walks, fresh.walks),
                    cues=_filled(cues, fresh.cues), master=kept.master, hot_cues=kept.hot_cues,
                    selected=min(kept.selected, len(fresh.decks)), making=_making(kept.making, fresh.making))
    state = replace(state, decks=(*decks, *fresh.decks[len(decks):]))
    return state.with_beat(beat, now)


def _stood(old: Deck, t: Seconds, fresh: Deck, now: Seconds) -> Deck:
    t = max(t, old.advanced)
    still = old.ahead(t).hold(t)
    same = replace(fresh, fade=old.fade, end=old.end, level=old.level, latency=old.latency, pulse=still.pulse)
    held = still.current
    if held is None:
        return same
    transport = replace(held.transport, anchor_time=now, playing=False)
    program = _without_jobs(replace(held, id=1, transport=transport))
    return replace(same, layers=(Layer(program, Ramp(now, 0.0, 1.0, 1.0)),), next_program=2)


def emptied(state: ShowState, number: int, fresh: ShowState) -> ShowState:
    """The state without what is on a deck, whose movies are gone."""
    return state.with_deck(fresh.deck(number)).with_song(number, SongPlace())
