"""How a show is, in the words that two servers tell each other, and how two of them differ. Pure."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import isfinite
from typing import Final

from server.playback.deck import Deck
from server.playback.timeline import Clip
from server.show.peer_state import DeckTold, PeerTold, RendererTold
from server.show.renderers import Renderer
from server.show.song_map import SongMap
from server.show.state import ShowState
from server.units import Seconds

FRAMES_APART: Final = 1.0
"""Playheads further apart than this differ."""
BEAT_APART: Final[Seconds] = 0.04
"""A beat that comes so much earlier here than there differs: less is what a busy network may feign."""
MOVIES_MAX: Final = 2000
NAMED_MAX: Final = 3
_BPM_APART: Final = 0.05


def told_of(state: ShowState, session: int, tick_rate: float, renderers: tuple[Renderer, ...], now: Seconds,
            echo: Seconds | None) -> PeerTold:
    """What this server tells the other one, whose last words are in the state."""
    peer, beat = state.peer, state.beat
    there = peer.told.decks if peer.told is not None else ()
    return PeerTold(peer.name, peer.version, session, peer.role, peer.active, peer.term, now, echo, tick_rate,
                    tuple(_deck(state, deck, there) for deck in state.decks), beat.tempo, beat.source, beat.quantise,
                    state.engaged, state.master.level, state.master.black, tuple(map(_renderer, renderers)))


def sound(told: PeerTold) -> bool:
    """Whether every time in it is one: what is aligned to it would be nowhere."""
    times = [told.now, told.now if told.echo is None else told.echo, told.tempo.anchor_time,
             *(deck.transport.anchor_time for deck in told.decks if deck.transport is not None)]
    return all(map(isfinite, times))


def _deck(state: ShowState, deck: Deck, there: tuple[DeckTold, ...]) -> DeckTold:
    song, program = state.song(deck.number), deck.current
    names, each, all_ = movies_of(song.movies, song.graph)
    other = there[deck.number - 1] if deck.number <= len(there) else None
    unlike = other is not None and other.song == song.name and other.names != all_
    return DeckTold(program.clip.name if program else "", spans_of(program.clip) if program else 0, song.name,
                    len(names), all_, deck.fade, deck.level, state.time.chase(deck.number).source,
                    program.transport if program else None, each if unlike else b"")


def _renderer(one: Renderer) -> RendererTold:
    decks = None if one.decks is None else tuple(sorted(one.decks))
    return RendererTold(one.host, one.port, one.name, one.stream_port, one.event_port, decks, one.build, one.cook_rate,
                        one.largest)


@lru_cache(maxsize=64)
def movies_of(movies: tuple[str, ...], graph: SongMap | None) -> tuple[tuple[str, ...], bytes, int]:
    """The movies of a song, those of its graph too; four bytes for each name, up to MOVIES_MAX; a sum of all names."""
    names = tuple(sorted({*movies, *(graph.edges if graph is not None else ())}))
    each = b"".join(_sum(name).to_bytes(4, "big") for name in names[:MOVIES_MAX])
    return names, each, zlib.crc32(each, len(names))


def _sum(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))


def spans_of(clip: Clip) -> int:
    """A sum of what a clip is made of: equal for the same movies and frames."""
    parts = (f"{span.movie.name} {span.movie.count} {span.first} {span.last}" for span in clip.spans)
    return _sum("\n".join(parts))


def differences(here: PeerTold, there: PeerTold, offset: Seconds, now: Seconds,
                names: Sequence[tuple[str, ...]] = ()) -> Iterator[str]:
    """How two shows differ, in words; `offset` is the other clock less ours, `names` our movies by deck."""
    if here.version != there.version:
        yield f"version {here.version} here, {there.version} there"
    if here.tick_rate != there.tick_rate:
        yield f"{here.tick_rate:g} ticks a second here, {there.tick_rate:g} there"
    if here.engaged != there.engaged:
        yield f"{_engaged(here)} here, {_engaged(there)} there"
    if (round(here.level, 3), here.black) != (round(there.level, 3), there.black):
        yield f"master {_level(here)} here, {_level(there)} there"
    yield from _clock(here, there, offset, now)
    if len(here.decks) != len(there.decks):
        yield f"{len(here.decks)} decks here, {len(there.decks)} there"
    for number, (one, other) in enumerate(zip(here.decks, there.decks, strict=False), start=1):
        ours = names[number - 1] if number <= len(names) else ()
        for text in (*_movies(one, other, ours), *_of_deck(one, other, offset, now)):
            yield f"deck {number}: {text}"


def _clock(here: PeerTold, there: PeerTold, offset: Seconds, now: Seconds) -> Iterator[str]:
    if here.source != there.source:
        yield f"the beat follows {here.source} here, {there.source} there"
    elif abs(here.tempo.bpm - there.tempo.bpm) > _BPM_APART:
        yield f"{here.tempo.bpm:.1f} bpm here, {there.tempo.bpm:.1f} there"
    elif (apart := abs(here.tempo.beat(now) - there.tempo.beat(now + offset))) * here.tempo.period > BEAT_APART:
        yield f"the beat is {apart:.2f} beats apart"
    if here.quantise != there.quantise:
        yield f"launches wait for {here.quantise} here, {there.quantise} there"


def _movies(one: DeckTold, other: DeckTold, ours: tuple[str, ...]) -> Iterator[str]:
    if one.song != other.song:
        yield f"song {_named(one.song)} here, {_named(other.song)} there"
    elif one.names != other.names and other.each:
        theirs = {other.each[at:at + 4] for at in range(0, len(other.each), 4)}
        known = {_sum(name).to_bytes(4, "big"): name for name in ours[:MOVIES_MAX]}
        lacking = [name for four, name in known.items() if four not in theirs]
        if lacking:
            more = f" and {len(lacking) - NAMED_MAX} more" if len(lacking) > NAMED_MAX else ""
            yield f"missing there: {', '.join(lacking[:NAMED_MAX])}{more}"
        if gone := len(theirs - known.keys()):
            yield f"{gone} {'movie' if gone == 1 else 'movies'} of {one.song} missing here"


def _of_deck(one: DeckTold, other: DeckTold, offset: Seconds, now: Seconds) -> Iterator[str]:
    if one.clip != other.clip:
        yield f"{_named(one.clip)} here, {_named(other.clip)} there"
    elif one.spans != other.spans:
        yield f"{one.clip} is not the same here and there"
    elif one.transport is not None and other.transport is not None:
        mine, theirs = one.transport, other.transport
        if (mine.playing, mine.velocity) != (theirs.playing, theirs.velocity):
            yield f"{_motion(one)} here, {_motion(other)} there"
        elif (apart := abs(mine.position(now) - theirs.position(now + offset))) > FRAMES_APART:
            yield f"{apart:.1f} frames apart"
    if round(one.level, 3) != round(other.level, 3):
        yield f"level {one.level:.2f} here, {other.level:.2f} there"
    if one.fade != other.fade:
        yield f"fade {one.fade:g} s here, {other.fade:g} s there"
    if one.following != other.following:
        yield f"follows {one.following} here, {other.following} there"


def _named(name: str) -> str:
    return name or "nothing"


def _engaged(told: PeerTold) -> str:
    return "engaged" if told.engaged else "disengaged"


def _level(told: PeerTold) -> str:
    return "black" if told.black else f"{told.level:.2f}"


def _motion(deck: DeckTold) -> str:
    transport = deck.transport
    if transport is None or not transport.playing:
        return "paused"
    return f"speed {transport.speed if transport.forward else -transport.speed:g}"
