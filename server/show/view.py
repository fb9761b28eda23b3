"""What the state looks like from outside: every value that can be asked for or is told to subscribers.

Pure functions of a frozen state and a time, so that any thread may call them without a lock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from server.index.format import Mark
from server.playback.deck import Deck
from server.playback.program import Program
from server.show.learn_state import LEARN, learn_values
from server.show.snapshot_state import SNAPSHOT, snapshot_values
from server.show.state import ShowState
from server.show.view_making import GENERATE, JOB, making_messages, making_value
from server.show.view_peer import peer_values
from server.show.view_time import (
    OUTSIDE,
    chase_setting,
    chase_values,
    clock_lock,
    outside_messages,
    outside_values,
    time_setting,
)
from server.show.view_walk import walk_setting, walk_values
from server.units import Seconds, shown

Values = tuple[Any, ...]
SYSTEM: Final = "/system/state/"


def _frozen(deck: Deck) -> bool:
    return deck.frozen is not None and not deck.frozen.thawing


def mark_at(marks: tuple[Mark, ...], frame: int) -> Mark | None:
    """The last mark at or before a frame: the cue point, picture or scene that the frame belongs to."""
    best: Mark | None = None
    for mark in marks:
        if mark.frame <= frame and (best is None or mark.frame >= best.frame):
            best = mark
    return best


def empty_deck(state: ShowState, deck: Deck, now: Seconds) -> dict[str, Values]:
    """The state rows of a deck with nothing on screen."""
    numbers = dict.fromkeys(("frame", "frames", "in", "out"), (0,))
    times = dict.fromkeys(("seconds", "position", "elapsed", "remaining", "duration", "rate"), (0.0,))
    flags = dict.fromkeys(("playing", "reverse", "even"), (False,))
    texts = dict.fromkeys(("movie", "clip", "mark", "picture", "prompt"), ("",))
    rest: dict[str, Values] = {"speed": (1.0,), "loop": ("loop",)}
    return {**numbers, **times, **flags, **texts, **rest, **_surroundings(deck, 0.0),
            **walk_values(state, deck, None, 0.0), **chase_values(state, deck, now)}


def _surroundings(deck: Deck, t: Seconds) -> dict[str, Values]:
    ramp = deck.layers[-1].ramp if deck.layers else None
    faded = 1.0 if ramp is None or ramp.duration <= 0 else min(max(t - ramp.start, 0.0) / ramp.duration, 1.0)
    prepared = deck.prepared
    waiting = deck.waiting_for() if deck.take is not None else ()
    return {
        "next": (prepared.clip.name if prepared is not None else "",),
        "ready": (deck.prepared_ready,),
        "waiting": (",".join(waiting),),
        "level": (deck.level,),
        "fading": (faded,),
        "frozen": (_frozen(deck),),
    }


def deck_values(state: ShowState, deck: Deck, now: Seconds) -> dict[str, Values]:
    """Each row below `/deck/{n}/state/`, by its last part."""
    t = state.time_of(deck, now)
    screen = deck.screen
    if deck.current is None or not screen.layers:
        return empty_deck(state, deck, now)
    program = screen.layers[-1].program
    x = program.position(t, screen.drive)
    # Under a held picture the transport goes on: its settings are told, and the frame that is seen.
    transport = deck.current.transport if deck.current.id == program.id else program.transport
    place = program.clip.place(x)
    rate = float(transport.rate)
    length = transport.last - transport.first + 1
    pace = rate * (abs(transport.speed) or 1.0)
    ahead = transport.forward == (transport.speed >= 0)
    mark = mark_at(program.clip.marks, shown(x))
    return {
        "frame": (shown(x),),
        "frames": (program.clip.count,),
        "seconds": (x / rate,),
        "position": (transport.fraction_of(program.transport.position(t)),),
        "elapsed": ((x - transport.first if ahead else transport.last - x) / pace,),
        "remaining": (max(length - (x - transport.first if ahead else transport.last - x), 0.0) / pace,),
        "duration": (length / pace,),
        "movie": (place.movie.name,),
        "clip": (program.clip.name,),
        "playing": (transport.playing,),
        "reverse": (not transport.forward,),
        "even": (program.even,),
        "speed": (transport.speed,),
        "loop": (transport.end,),
        "in": (transport.first,),
        "out": (transport.last,),
        "mark": (mark.name if mark else "",),
        "picture": (mark.picture or "" if mark else "",),
        "prompt": (mark.prompt or "" if mark else "",),
        "rate": (rate,),
        **_surroundings(deck, t),
        **walk_values(state, deck, program, t),
        **chase_values(state, deck, now),
    }


def clock_values(state: ShowState, now: Seconds) -> dict[str, Values]:
    """Each row below `/clock/state/`, by its last part."""
    beat = state.beat
    beats = beat.tempo.beat(now)
    return {
        "tempo": (beat.tempo.bpm,),
        "beat": (beats,),
        "bar": (int(beats // beat.tempo.beats_per_bar),),
        "phase": (beats / beat.tempo.beats_per_bar % 1.0,),
        "source": (beat.source,),
        "quantise": (beat.quantise,),
        "lock": (clock_lock(state, now),),
    }


def _transport(name: str) -> Callable[[Program], Values]:
    return lambda program: (getattr(program.transport, name),)


_PROGRAM_VALUES: dict[str, Callable[[Program], Values]] = {
    "in": _transport("first"),
    "out": _transport("last"),
    "speed": _transport("speed"),
    "loop": _transport("end"),
    "even": lambda program: (program.even,),
}

_DECK_VALUES: dict[str, Callable[[Deck], Values]] = {
    "pulse/add": lambda deck: (deck.pulse.add,),
    "pulse/multiply": lambda deck: (deck.pulse.multiply,),
    "pulse/filter": lambda deck: (deck.pulse.filter,),
    "fade": lambda deck: (deck.fade,),
    "level": lambda deck: (deck.level,),
    "latency": lambda deck: (deck.latency * 1000.0,),
    "freeze": lambda deck: (_frozen(deck),),
}


def deck_value(state: ShowState, number: int, name: str, now: Seconds) -> Values | None:
    """What `/deck/{n}/name` is now; None where that row has no value of its own."""
    deck = state.deck(number)
    if name in _DECK_VALUES:
        return _DECK_VALUES[name](deck)
    setting = walk_setting(state, number, name) or chase_setting(state, number, name)
    if setting is not None:
        return setting
    if name in _PROGRAM_VALUES and deck.current is not None:
        return _PROGRAM_VALUES[name](deck.current)
    values = deck_values(state, deck, now)
    if name == "beats":
        seconds = (values["frame"][0] - values["in"][0]) / (values["rate"][0] or 1.0)
        return (seconds * state.beat.tempo.bpm / 60.0,)
    if name == "mode":
        return ("sequential" if values["playing"][0] else "index",)
    if name == "loop/beats":
        return _inner_beats(state, deck)
    return values.get(name)


def _inner_beats(state: ShowState, deck: Deck) -> Values:
    inner = deck.current.transport.loop if deck.current is not None else None
    if deck.current is None or inner is None:
        return (0.0,)
    return ((inner[1] - inner[0] + 1) / float(deck.current.transport.rate) * state.beat.tempo.bpm / 60.0,)


def master_value(state: ShowState, name: str) -> Values | None:
    """What `/master/name` is now."""
    master = state.master
    return {"level": (master.level,), "black": (master.black,), "latency": (master.latency * 1000.0,),
            "freeze": (all(map(_frozen, state.decks)),)}.get(name)


def clock_value(state: ShowState, name: str, now: Seconds) -> Values | None:
    """What `/clock/name` is now."""
    if name == "ahead":
        return (state.beat.ahead * 1000.0,)
    values = clock_values(state, now)
    return values.get("beat" if name == "beats" else name)


def value(state: ShowState, address: str, where: tuple[int | str, ...], now: Seconds) -> Values | None:
    """What a readable row says now, by its address in the table; None for one without a value."""
    if address.startswith("/deck/{n}/state/"):
        return deck_values(state, state.deck(int(where[0])), now).get(address.rsplit("/", 1)[1])
    if address.startswith("/deck/{n}/"):
        return deck_value(state, int(where[0]), address.removeprefix("/deck/{n}/"), now)
    if address.startswith(OUTSIDE):
        return outside_values(state, address, now)
    setting = time_setting(state, address)
    if setting is not None:
        return setting
    if address.startswith("/clock/state/"):
        return clock_values(state, now).get(address.rsplit("/", 1)[1])
    if address.startswith("/clock/"):
        return clock_value(state, address.removeprefix("/clock/"), now)
    if address.startswith((GENERATE, JOB)):
        return making_value(state.making, address, where)
    if address.startswith("/master/"):
        return master_value(state, address.removeprefix("/master/"))
    if address.startswith(SNAPSHOT):
        return snapshot_values(state.snapshots, now).get(address.removeprefix(SNAPSHOT))
    if address.startswith(LEARN):
        return learn_values(state.learn).get(address.removeprefix(LEARN))
    return {"/select/deck": (state.selected,), "/system/engaged": (state.engaged,), "/system/lock": (state.locked,),
            "/song": (state.song(0).name,)}.get(address)


def system_values(state: ShowState, counts: dict[str, Values]) -> dict[str, Values]:
    """Each row below `/system/state/`, by its last part; `counts` comes from who counts messages and renderers."""
    return {**peer_values(state.peer), "engaged": (state.engaged,), "locked": (state.locked,),
            "decks": (len(state.decks),), "selected": (state.selected,), "song": (state.song(0).name,), **counts}


def state_messages(state: ShowState, now: Seconds, counts: dict[str, Values]) -> Iterator[tuple[str, Values]]:
    """Every state row as an OSC message."""
    for deck in state.decks:
        for name, args in deck_values(state, deck, now).items():
            yield f"/deck/{deck.number}/state/{name}", args
    for name, args in clock_values(state, now).items():
        yield f"/clock/state/{name}", args
    yield from outside_messages(state, now)
    for name, args in system_values(state, counts).items():
        yield SYSTEM + name, args
    for name, args in learn_values(state.learn).items():
        yield LEARN + name, args
    for name, args in snapshot_values(state.snapshots, now).items():
        yield SNAPSHOT + name, args
    yield from making_messages(state.making)
