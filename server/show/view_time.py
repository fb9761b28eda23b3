"""What time from outside looks like: each timecode and clock, its lock, and how the decks follow. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from server.playback.chase import drift, due
from server.playback.deck import Deck
from server.playback.line import SILENCE
from server.protocol.timecode.counting import COUNTINGS
from server.show.outside import outside_of, place_in
from server.show.state import ShowState
from server.show.time_state import MIDI, MTC, TIMECODE, TimeState
from server.units import Seconds

Values = tuple[Any, ...]
OUTSIDE: Final = ("/midi/state/", "/mtc/state/", "/timecode/state/")


def midi_values(state: ShowState, now: Seconds) -> dict[str, Values]:
    """Each row below `/midi/state/`."""
    midi = state.time.midi
    return {
        "lock": (midi.lock(now),), "tempo": (midi.follower.tempo.bpm if midi.follower.locked else 0.0,),
        "song": (midi.song,), "playing": (midi.playing,), "jitter": (midi.follower.line.jitter * 1000.0,),
        "device": (midi.device,),
    }


def timecode_values(time: TimeState, source: str, now: Seconds) -> dict[str, Values]:
    """Each row below `/mtc/state/` or `/timecode/state/`."""
    timecode = time.mtc if source == MTC else time.timecode
    counting, follower = time.counted(timecode), timecode.follower
    heard = follower.heard is not None
    seconds = follower.seconds(now, time.freewheel) if heard else 0.0
    return {
        "lock": (follower.lock(now, time.freewheel),),
        "label": (counting.label(counting.frame_at(seconds)) if heard else "",),
        "seconds": (seconds,), "speed": (follower.speed(now, time.freewheel),),
        "rate": (counting.name if heard else "",), "jitter": (follower.line.jitter * 1000.0,),
        "device": (timecode.device,),
    }


def outside_values(state: ShowState, address: str, now: Seconds) -> Values | None:
    """What a row below `/midi/state/`, `/mtc/state/` or `/timecode/state/` says."""
    source, name = address.split("/")[1], address.rsplit("/", 1)[1]
    return (midi_values(state, now) if source == MIDI else timecode_values(state.time, source, now)).get(name)


def outside_messages(state: ShowState, now: Seconds) -> Iterator[tuple[str, Values]]:
    """Every row of time from outside as an OSC message."""
    for name, args in midi_values(state, now).items():
        yield f"/midi/state/{name}", args
    for source in (MTC, TIMECODE):
        for name, args in timecode_values(state.time, source, now).items():
            if source == MTC or name != "device":
                yield f"/{source}/state/{name}", args


def clock_lock(state: ShowState, now: Seconds) -> str:
    """How the beat's source is heard; `free` where the beat follows nobody."""
    beat, time = state.beat, state.time
    if beat.source == "outside":
        heard = beat.follower.locked
        return "waiting" if not heard else "locked" if now - beat.follower.time <= SILENCE else "freewheel"
    if beat.source == MIDI:
        return time.midi.lock(now)
    timecode = time.heard_as(beat.source)
    return timecode.follower.lock(now, time.freewheel) if timecode is not None else "free"


_SETTINGS: Final[Mapping[str, Callable[[TimeState], Values]]] = {
    "/timecode/rate": lambda time: (time.counting,),
    "/timecode/offset": lambda time: (time.offset,),
    "/timecode/freewheel": lambda time: (time.freewheel,),
    "/timecode/tolerance": lambda time: (time.tolerance,),
    "/clock/device": lambda time: (time.device,),
}


def time_setting(state: ShowState, address: str) -> Values | None:
    """What a row that sets how outside time is read says now; None for any other."""
    return _SETTINGS[address](state.time) if address in _SETTINGS else None


def chase_setting(state: ShowState, number: int, name: str) -> Values | None:
    """What `/deck/{n}/chase` and what is below it say now; None for any other row."""
    chase, counting = state.time.chase(number or state.selected), COUNTINGS[state.time.counting]
    start = counting.label(counting.frame_at(chase.start))
    return {"chase": (chase.source,), "chase/start": (start,)}.get(name)


def chase_values(state: ShowState, deck: Deck, now: Seconds) -> dict[str, Values]:
    """How a deck follows, and by how many frames what is due lies ahead of it."""
    source = state.time.chase(deck.number).source
    if source == "off":
        return {"following": ("",), "drift": (0.0,)}
    how, frames = _following(state, deck, source, now)
    return {"following": (f"{source} {how}",), "drift": (frames,)}


def _following(state: ShowState, deck: Deck, source: str, now: Seconds) -> tuple[str, float]:
    timecode, outside = state.time.heard_as(source), outside_of(state, deck, now)
    if timecode is None or outside is None:
        return "waiting", 0.0
    program, cues = deck.current, state.cue(deck.number)
    lock = timecode.follower.lock(now, state.time.freewheel)
    if program is None:
        return "empty", 0.0
    if cues.story is not None:
        place = place_in(cues.story, outside.seconds)
        if place is None or place.section != cues.current:
            return "opening", 0.0
        outside = outside._replace(seconds=place.seconds)
    elif program.route is not None:
        return "walk", 0.0
    wanted = due(program.transport, outside)
    if wanted.heading == 0 and outside.speed:
        lock = "before" if outside.seconds < 0 else "after"
    return lock, drift(program.transport, state.time_of(deck, now), wanted)
