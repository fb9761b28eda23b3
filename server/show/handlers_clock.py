"""Commands about the musical clock, and the master faders."""

from __future__ import annotations

from dataclasses import replace

from server.show.handling import Answer, Call, handles
from server.show.state import Beat


def _put(call: Call, beat: Beat) -> Answer:
    call.show.state = call.show.state.with_beat(beat, call.now)
    return None


@handles("/clock/source")
def source(call: Call) -> Answer:
    return _put(call, replace(call.show.state.beat, source=call.args[0]))


@handles("/clock/tempo")
def tempo(call: Call) -> Answer:
    """A tempo given by hand takes the clock over from whatever it followed."""
    beat = call.show.state.beat
    source = "internal" if beat.source == "tap" else beat.source
    return _put(call, replace(beat, tempo=beat.tempo.set_bpm(call.now, call.args[0]), source=source))


@handles("/clock/tap")
def tap(call: Call) -> Answer:
    beat = call.show.state.beat
    taps, tapped = beat.taps.tap(call.now)
    if tapped is None:
        return _put(call, replace(beat, taps=taps))
    tempo = replace(tapped, beats_per_bar=beat.tempo.beats_per_bar)
    # Taps say how fast and where the beat is; which beat of the bar it is stays what it was.
    count = round(beat.tempo.beat(call.now))
    tempo = tempo.nudge(call.now, count - round(tempo.beat(call.now)))
    return _put(call, replace(beat, taps=taps, tempo=tempo, source="tap"))


@handles("/clock/nudge")
def nudge(call: Call) -> Answer:
    """Positive is later: the same beat comes after a longer time."""
    beat = call.show.state.beat
    return _put(call, replace(call.show.timing.nudged(beat, -call.args[0]),
                              tempo=beat.tempo.nudge(call.now, -call.args[0])))


@handles("/clock/downbeat")
def downbeat(call: Call) -> Answer:
    return _put(call, call.show.timing.downbeat(call.show.state.beat, call.now))


@handles("/clock/quantise")
def quantise(call: Call) -> Answer:
    return _put(call, replace(call.show.state.beat, quantise=call.args[0]))


@handles("/clock/ahead")
def ahead(call: Call) -> Answer:
    return _put(call, replace(call.show.state.beat, ahead=call.args[0] / 1000.0))


@handles("/clock/beats")
def beats(call: Call) -> Answer:
    """Beats from outside are always listened to, and followed only while they are the source."""
    beat = call.show.state.beat
    follower = beat.follower.observe(call.now, call.args[0])
    if call.args[1] is not None:
        follower = follower.observe_bpm(call.now, call.args[1])
    beat = replace(beat, follower=follower)
    if beat.source == "outside" and follower.tempo is not None:
        beat = replace(beat, tempo=replace(follower.tempo, beats_per_bar=beat.tempo.beats_per_bar))
    return _put(call, beat)


@handles("/master/level")
def level(call: Call) -> Answer:
    call.show.state = replace(call.show.state, master=replace(call.show.state.master, level=call.args[0]))
    return None


@handles("/master/black")
def black(call: Call) -> Answer:
    master = call.show.state.master
    on = not master.black if call.args[0] is None else call.args[0]
    call.show.state = replace(call.show.state, master=replace(master, black=on))
    return None


@handles("/master/latency")
def latency(call: Call) -> Answer:
    master = replace(call.show.state.master, latency=call.args[0] / 1000.0)
    call.show.state = replace(call.show.state, master=master)
    return None


@handles("/master/freeze")
def freeze(call: Call) -> Answer:
    state = call.show.state
    held = all(deck.frozen is not None and not deck.frozen.thawing for deck in state.decks)
    for deck in state.decks:
        call.put(deck.freeze(state.time_of(deck, call.now), not held if call.args[0] is None else call.args[0]))
    return None
