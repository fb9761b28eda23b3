"""A muted show brought into step with the one that plays: same clips at the same place, the same beat. Pure.

What is played comes from what both servers were told; only when exactly, which differs by what each had to wait for,
comes from the one that is seen.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from server.playback.deck import Deck
from server.playback.tempo import Tempo
from server.playback.transport import Transport
from server.show.peer_state import DeckTold, PeerTold
from server.show.peer_telling import spans_of
from server.show.state import Beat, ShowState
from server.units import Seconds

IN_STEP: Final = 0.05
"""Frames by which a playhead may be off and is left alone."""
FRESH: Final[Seconds] = 0.5
"""What was changed here so lately may not be in what the other server told."""
_BEATS: Final = 0.002
OWN: Final = frozenset(("internal", "tap", "outside"))
"""Sources whose beat each server has from its own clock; MIDI clock and timecode reach both."""


class Steps:
    """Remembers what was moved here lately: that is left alone until the other server can have told of it."""

    def __init__(self) -> None:
        self._transports: dict[int, tuple[Transport | None, Seconds]] = {}
        self._tempo: tuple[Tempo, Seconds] | None = None

    def look(self, state: ShowState, now: Seconds) -> None:
        """Note what has changed since the last look."""
        for deck in state.decks:
            transport = deck.current.transport if deck.current is not None else None
            known = self._transports.get(deck.number)
            if known is None or known[0] is not transport:
                self._transports[deck.number] = transport, now
        if self._tempo is None or self._tempo[0] is not state.beat.tempo:
            self._tempo = state.beat.tempo, now

    def aligned(self, state: ShowState, there: PeerTold, offset: Seconds, now: Seconds) -> ShowState:
        """The state in step with what the other server told; `offset` is its clock less ours."""
        for deck, told in zip(state.decks, there.decks, strict=False):
            _, since = self._transports.get(deck.number, (None, now))
            moved = deck if now - since < FRESH else _deck(deck, told, offset, state.time_of(deck, now))
            if moved is not deck:
                state = state.with_deck(moved)
                self._transports[deck.number] = moved.current.transport if moved.current else None, now - FRESH
        beat = state.beat
        if self._tempo is not None and now - self._tempo[1] >= FRESH:
            beat = _beat(beat, there, offset, now)
        if beat is state.beat:
            return state
        self._tempo = beat.tempo, now - FRESH
        return state.with_beat(beat, now)


def ours(transport: Transport, offset: Seconds) -> Transport:
    """A transport of the other server in the time of our clock."""
    return replace(transport, anchor_time=transport.anchor_time - offset)


def _deck(deck: Deck, told: DeckTold, offset: Seconds, t: Seconds) -> Deck:
    program = deck.current
    if program is None or told.transport is None or program.clip.name != told.clip:
        return deck
    mine, theirs = program.transport, ours(told.transport, offset)
    if spans_of(program.clip) != told.spans or _course(mine) != _course(theirs):
        return deck
    wanted, velocity, _ = theirs.sample(t)
    apart = abs(wanted - mine.position(t))
    turned = velocity * mine.sample(t).velocity < 0
    if apart <= IN_STEP and not turned:
        return deck
    transport = replace(mine, anchor=wanted, anchor_time=max(t, theirs.anchor_time),
                        forward=mine.forward if velocity == 0 else (velocity > 0) == (mine.speed >= 0))
    return deck.change(lambda one: replace(one, transport=transport))


def _course(transport: Transport) -> tuple[object, ...]:
    """What a person has set: where that differs, the playheads are meant to differ."""
    forward = transport.end == "bounce" or transport.forward
    return (transport.count, transport.playing, transport.speed, forward, transport.first, transport.last,
            transport.end, transport.loop)


def _beat(beat: Beat, there: PeerTold, offset: Seconds, now: Seconds) -> Beat:
    if beat.source != there.source or beat.source not in OWN:
        return beat
    theirs = replace(there.tempo, anchor_time=there.tempo.anchor_time - offset)
    if theirs.bpm == beat.tempo.bpm and abs(theirs.beat(now) - beat.tempo.beat(now)) <= _BEATS:
        return beat
    return replace(beat, tempo=Tempo(theirs.bpm, theirs.anchor_time, theirs.anchor_beat, beat.tempo.beats_per_bar))
