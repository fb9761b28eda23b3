"""What a snapshot says of one deck, made into something to play from movies that are open. Pure; asks for nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from server.errors import IntersceneError
from server.library.spans import LAST, WrittenSpan
from server.playback.deck import Deck
from server.playback.fade import Ramp
from server.playback.program import Layer, Program
from server.playback.timeline import Clip, Span
from server.playback.transport import Transport
from server.playback.walk import Hop, Leg, Route, Timed, lay_out
from server.show.snapshot import SavedLeg, SavedMemory, SavedProgram, SavedWalk
from server.show.state import SongPlace
from server.show.walk_state import Walk
from server.units import Seconds

_TIMED: Final[Mapping[str, Timed]] = MappingProxyType({"": "", "route": "route", "hop": "hop"})


def spans_of(saved: SavedProgram) -> tuple[WrittenSpan, ...]:
    """Everything that has to be opened for it, in order: of a walk each hop, the legs that follow included."""
    if saved.walk is None:
        return saved.spans
    return tuple(hop.span for leg in saved.walk.legs for hop in leg.hops)


def program_of(saved: SavedProgram, opened: Clip, song: SongPlace, number: int) -> Program:
    """The program as it was, with the number `number`. `opened`: what `spans_of` says, open. Raises IntersceneError.

    A movie that is shorter now is shown as far as it goes.
    """
    clip, route = _walk(saved.walk, opened.spans, song) if saved.walk is not None else (
        Clip.from_spans(saved.name, opened.spans), None)
    end = clip.count - 1
    last = end if saved.last == LAST else min(saved.last, end)
    first = min(max(saved.first, 0), last)
    inner = saved.inner if saved.inner is not None and first <= saved.inner[0] <= saved.inner[1] <= last else None
    position = min(max(saved.position, first - 0.5), last + 0.49)
    # Its time counts from the take on.
    transport = Transport(clip.count, clip.rate, saved.waits, position, saved.speed, saved.playing, saved.forward,
                          first, last, saved.end, inner)
    before = saved.walk.before if saved.walk is not None else None
    return Program(number, clip, transport, saved.even and clip.path_length is not None, None, route, before, own=True)


def _walk(walk: SavedWalk, spans: Sequence[Span], song: SongPlace) -> tuple[Clip, Route]:
    rest = list(spans)
    legs = []
    for saved in walk.legs:
        legs.append(_leg(saved, rest[:len(saved.hops)]))
        rest = rest[len(saved.hops):]
    packed = song.graph.packed if song.graph is not None else ()
    return lay_out(legs[0]._replace(bridge=False), frame=walk.entered, fade=walk.fade, after=tuple(legs[1:]),
                   timed=_TIMED.get(walk.timed, ""), since=walk.since, packed=packed)


def _leg(saved: SavedLeg, spans: Sequence[Span]) -> Leg:
    hops = tuple(Hop(hop.start, hop.end, span.movie, span.first, span.last)
                 for hop, span in zip(saved.hops, spans, strict=True))
    return Leg(hops, saved.speeds, saved.bridge, saved.via)


def standing(song: SongPlace, picture: str, number: int) -> Program | None:
    """A picture of the song as a walk that stands on it; None where nothing shows it."""
    still = song.graph.standing(picture) if song.graph is not None else None
    if still is None or song.graph is None:
        return None
    clip, route = lay_out(Leg((still,), (1.0,)), packed=song.graph.packed)
    return Program(number, clip, Transport(clip.count, clip.rate, playing=True, end=route.end), route=route, own=True)


def launched(deck: Deck, program: Program, at: Seconds, fade: Seconds, grid: str) -> Deck:
    """The deck with a program that it takes at `at`; a picture that is held is what it fades from."""
    if deck.frozen is not None:
        deck = replace(deck, layers=deck.frozen.layers, frozen=None)
    return replace(deck, prepared=program, next_program=max(deck.next_program, program.id + 1)).take_at(
        at, fade, grid)


def emptied(deck: Deck, at: Seconds, fade: Seconds) -> Deck:
    """The deck going to black, until nothing is on it."""
    layers = deck.frozen.layers if deck.frozen is not None else deck.layers
    gone = tuple(replace(layer, ramp=layer.ramp.towards(at, fade, 0.0)) for layer in layers)
    return replace(deck, layers=gone, frozen=None, prepared=None, take=None)


def underneath(deck: Deck, program: Program, t: Seconds) -> Deck:
    """The deck held as it is, with this program going on underneath from `t` on."""
    held = deck.freeze(t, True)
    layer = Layer(program.started(t, None), Ramp(t, 0.0, 1.0, 1.0))
    return replace(held, layers=(layer,), next_program=max(deck.next_program, program.id + 1))


def arriving_speed(deck: Deck, program: Program) -> float:
    """The speed, in the direction of the new program, at which the deck moves now."""
    current = deck.current
    if current is None:
        return program.transport.speed
    transport = current.transport
    if not transport.playing:
        return 0.0
    return transport.speed if transport.forward == program.transport.forward else -transport.speed


def remembered(walk: Walk, memory: SavedMemory) -> Walk:
    """A walk with what the snapshot remembers of where it had been."""
    return replace(walk, auto=memory.auto, goal=memory.goal, trail=memory.trail, onward=memory.onward,
                   left=memory.left, visited=dict(memory.visited), avoid=frozenset(memory.avoid), steps=memory.steps,
                   bridges=memory.bridges)


def reason(error: IntersceneError) -> str:
    """The first line of an error: one line for each thing that is gone."""
    return str(error).partition("\n")[0]
