"""A snapshot of the live state. Pure: the state is frozen, and the time an argument."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from server.library.spans import LAST, WrittenSpan
from server.playback.deck import Deck
from server.playback.program import Program
from server.playback.timeline import Span
from server.playback.walk import Hop, Leg, Route, passed, where
from server.protocol.controllers.binding import Binding
from server.protocol.endpoints import COMMANDS
from server.protocol.row import Row
from server.show.snapshot import (
    SavedDeck,
    SavedHop,
    SavedLeg,
    SavedMapping,
    SavedMemory,
    SavedProgram,
    SavedStory,
    SavedWalk,
    Setting,
    Snapshot,
)
from server.show.state import ShowState
from server.show.view import value
from server.show.walk_state import Cues, Walk
from server.units import Seconds, shown

SAVED_OTHERWISE: Final = frozenset(
    ("/song", "/master/freeze", *(f"/deck/{{n}}/{name}" for name in (
        "song", "frame", "seconds", "position", "beats", "freeze", "speed", "mode", "loop", "loop/beats", "even", "in",
        "out", "story", "go/auto"))))
"""Rows with a value that is saved as what a deck shows."""
NOT_SAVED: Final = ("/system/", "/td/", "/snapshot/")
"""What says who we are, not what is played."""


def is_setting(row: Row) -> bool:
    """Whether the value of a row is saved as it is."""
    return (row.access == "rw" and row.address not in SAVED_OTHERWISE and not row.address.startswith(NOT_SAVED)
            and "{" not in row.address.replace("{n}", ""))


SETTINGS: Final = tuple(row.address for row in COMMANDS if is_setting(row))


def taken(name: str, state: ShowState, now: Seconds, bindings: Iterable[Binding] = ()) -> Snapshot:
    """Everything as it is at this moment. `bindings`: what lies on controllers."""
    return Snapshot(
        name, tuple(_deck(state, deck, now) for deck in state.decks), settings_of(state, now),
        {clip: dict(marks) for clip, marks in state.hot_cues.items() if marks},
        tuple(SavedMapping(binding.where, binding.mapping) for binding in bindings),
        state.song(0).folder)


def settings_of(state: ShowState, now: Seconds) -> tuple[Setting, ...]:
    """The value of every row that is a setting."""
    found: list[Setting] = []
    for address in SETTINGS:
        for number in range(1, len(state.decks) + 1) if "{n}" in address else (0,):
            where = (number,) if number else ()
            said = value(state, address, where, now)
            if said is not None:
                found.append(Setting(address, where, said))
    return tuple(found)


def _deck(state: ShowState, deck: Deck, now: Seconds) -> SavedDeck:
    number, t = deck.number, state.time_of(deck, now)
    song, prepared = state.song(number), deck.prepared
    held = None
    if deck.frozen is not None and not deck.frozen.thawing and deck.frozen.layers:
        held = _program(deck.frozen.layers[-1].program, deck, t)
    # What a walk, or a story, has made ready comes by itself.
    ready = _program(prepared, deck, t) if prepared is not None and prepared.route is None else None
    take = (max(deck.take.at - t, 0.0), deck.take.fade) if ready is not None and deck.take is not None else None
    return SavedDeck(
        number, _program(deck.current, deck, t) if deck.current is not None else None, held, ready, take, song.name,
        song.graph.folder if song.graph is not None else None, _memory(state.walk(number)), _story(state.cue(number)))


def _program(program: Program, deck: Deck, t: Seconds) -> SavedProgram:
    transport, clip = program.transport, program.clip
    x = transport.position(t)
    place, here = clip.place(program.position(t, deck.drive)), where(program, t)
    # Parts of what is being made do not last; the movie that they will be in does.
    seen = (place.movie.name, place.position) if here is None else (here.hop.movie.name, here.frame)
    return SavedProgram(
        clip.name, tuple(map(_span, clip.spans)) if program.route is None else (), x,
        transport.speed / program.share, _forward(program, t), transport.playing,
        transport.first, LAST if transport.last == clip.count - 1 else transport.last, transport.end,
        transport.loop, program.even, max(transport.anchor_time - t, 0.0) if transport.playing else 0.0,
        _walk(program, program.route) if program.route is not None else None, (seen[0], shown(seen[1])),
        passed(program, t))


def _forward(program: Program, t: Seconds) -> bool:
    """The direction at this moment: a playhead that bounces may have turned since its anchor."""
    transport = program.transport
    turned = transport.sample(t).velocity * transport.velocity < 0
    return transport.forward != turned


def _span(span: Span) -> WrittenSpan:
    whole = span.first == 0 and span.last == span.movie.count - 1
    return WrittenSpan(span.movie.name, span.first, LAST if whole and span.last else span.last)


def _walk(program: Program, route: Route) -> SavedWalk:
    span, first = program.clip.spans[0], route.hops[0]
    entered = span.first + next((part.begin for part in first.parts if part.movie is span.movie), 0)
    return SavedWalk(_leg(Leg(route.hops, route.speeds, route.bridge)), entered, route.fade,
                     tuple(map(_leg, route.after)), route.timed, route.since, program.before)


def _leg(leg: Leg) -> SavedLeg:
    return SavedLeg(tuple(map(_hop, leg.hops)), leg.speeds, leg.bridge, leg.via)


def _hop(hop: Hop) -> SavedHop:
    return SavedHop(hop.start, hop.end, WrittenSpan(hop.movie.name, hop.first, hop.last))


def _memory(walk: Walk) -> SavedMemory:
    return SavedMemory(walk.auto, walk.goal, walk.trail, walk.onward, walk.left, walk.visited,
                       tuple(sorted(walk.avoid)), walk.steps, walk.bridges)


def _story(cues: Cues) -> SavedStory | None:
    return None if cues.story is None else SavedStory(cues.story.name, cues.current, cues.armed)
