"""Commands about time from outside: timecode by OSC, how it is read, and which decks follow what."""

from __future__ import annotations

from dataclasses import replace

from server.protocol.timecode.counting import COUNTINGS, parse_timecode
from server.show.handling import Answer, Call, handles
from server.show.time_state import TIMECODE, Chase, TimeState


def _set(call: Call, time: TimeState) -> Answer:
    call.show.state = replace(call.show.state, time=time)
    return None


@handles("/timecode/label")
def label(call: Call) -> Answer:
    counting = COUNTINGS[call.show.state.time.counting]
    call.show.timing.timecode(TIMECODE, parse_timecode(call.args[0], counting), call.now, call.now)
    return None


@handles("/timecode/seconds")
def seconds(call: Call) -> Answer:
    call.show.timing.timecode(TIMECODE, call.args[0], call.now, call.now)
    return None


@handles("/timecode/rate")
def rate(call: Call) -> Answer:
    return _set(call, replace(call.show.state.time, counting=call.args[0]))


@handles("/timecode/offset")
def offset(call: Call) -> Answer:
    return _set(call, replace(call.show.state.time, offset=call.args[0]))


@handles("/timecode/freewheel")
def freewheel(call: Call) -> Answer:
    return _set(call, replace(call.show.state.time, freewheel=call.args[0]))


@handles("/timecode/tolerance")
def tolerance(call: Call) -> Answer:
    return _set(call, replace(call.show.state.time, tolerance=call.args[0]))


@handles("/clock/device")
def device(call: Call) -> Answer:
    return _set(call, replace(call.show.state.time, device=call.args[0].strip()))


@handles("/deck/{n}/chase")
def chase(call: Call) -> Answer:
    """A deck that is let go plays on at its own speed, or stands where it stood."""
    time = call.show.state.time
    before = time.chase(call.number)
    _set(call, time.with_chase(call.number, replace(before, source=call.args[0])))
    if call.args[0] == "off" and before.source != "off":
        call.put(call.deck.change(lambda program: replace(program, transport=program.transport.set_speed(
            call.time, 1.0))))
    return None


@handles("/deck/{n}/chase/start")
def chase_start(call: Call) -> Answer:
    time = call.show.state.time
    start = parse_timecode(call.args[0], COUNTINGS[time.counting])
    return _set(call, time.with_chase(call.number, Chase(time.chase(call.number).source, start)))
