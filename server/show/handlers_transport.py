"""Commands that move or bend the playhead of a deck's current program."""

from __future__ import annotations

from dataclasses import replace

from server.errors import FrameOutOfRange, OutOfRange
from server.playback.program import Program
from server.playback.transport import Transport
from server.show.handling import Call, on_frames, on_program, on_transport
from server.units import Position, format_seconds, shown


def seek(call: Call, program: Program, x: Position) -> Program:
    """Show position `x` now."""
    return program.at(call.time, x)


def frame_in(transport: Transport, frame: int) -> int:
    """The frame, if the clip has it. Raises FrameOutOfRange."""
    if not 0 <= frame < transport.count:
        raise FrameOutOfRange(f"there is no frame {frame}; this clip has frames 0 to {transport.count - 1}")
    return frame


@on_program("/deck/{n}/frame")
def frame(call: Call, program: Program) -> Program:
    return seek(call, program, frame_in(program.transport, call.args[0]))


@on_program("/deck/{n}/seconds")
def seconds(call: Call, program: Program) -> Program:
    count, rate = program.transport.count, float(program.transport.rate)
    if not 0 <= call.args[0] <= count / rate:
        raise OutOfRange(f"{call.args[0]:g} s is outside this clip; it lasts {format_seconds(count / rate)}")
    return seek(call, program, min(call.args[0] * rate, count - 1))


@on_transport("/deck/{n}/position")
def position(call: Call, transport: Transport) -> Transport:
    """A fraction of the way, not of the frames: with `even` on, an even fader makes even motion."""
    return transport.seek(call.time, transport.x_of_fraction(call.args[0]))


@on_program("/deck/{n}/beats")
def beats(call: Call, program: Program) -> Program:
    x = program.transport.first + call.args[0] * frames_per_beat(call, program.transport)
    return seek(call, program, min(frame_in(program.transport, shown(x)), x))


def frames_per_beat(call: Call, transport: Transport) -> float:
    return 60.0 / call.show.state.beat.tempo.bpm * float(transport.rate)


@on_frames("/deck/{n}/step")
def step(call: Call, transport: Transport) -> Transport:
    return transport.step(call.time, call.args[0])


@on_frames("/deck/{n}/scrub")
def scrub(call: Call, transport: Transport) -> Transport:
    return transport.scrub(call.time, transport.position(call.time) + call.args[0])


@on_transport("/deck/{n}/play")
def play(call: Call, transport: Transport) -> Transport:
    return transport.play(call.time)


@on_transport("/deck/{n}/pause")
def pause(call: Call, transport: Transport) -> Transport:
    return transport.pause(call.time)


@on_transport("/deck/{n}/toggle")
def toggle(call: Call, transport: Transport) -> Transport:
    return transport.pause(call.time) if transport.playing else transport.play(call.time)


@on_program("/deck/{n}/mode")
def mode(call: Call, program: Program) -> Program:
    """Index mode stands still and is driven from outside; sequential mode plays by itself."""
    runs = call.args[0] == "sequential"
    transport = program.transport
    return replace(program, transport=transport.play(call.time) if runs else transport.pause(call.time))


@on_transport("/deck/{n}/stop")
def stop(call: Call, transport: Transport) -> Transport:
    return transport.stop(call.time)


@on_transport("/deck/{n}/reverse")
def reverse(call: Call, transport: Transport) -> Transport:
    return transport.reverse(call.time)


@on_program("/deck/{n}/speed")
def speed(call: Call, program: Program) -> Program:
    """The program's own; a walk that is slowed down for what is being made is so again at the next tick."""
    return replace(program, transport=program.transport.set_speed(call.time, call.args[0]), share=1.0)


@on_transport("/deck/{n}/loop")
def loop(call: Call, transport: Transport) -> Transport:
    return transport.set_end(call.time, call.args[0])


@on_frames("/deck/{n}/in")
def in_point(call: Call, transport: Transport) -> Transport:
    first = frame_in(transport, call.args[0])
    return transport.set_range(call.time, first, max(first, transport.last))


@on_frames("/deck/{n}/out")
def out_point(call: Call, transport: Transport) -> Transport:
    last = frame_in(transport, call.args[0])
    return transport.set_range(call.time, min(last, transport.first), last)


@on_frames("/deck/{n}/in/here")
def in_here(call: Call, transport: Transport) -> Transport:
    first = shown(transport.position(call.time))
    return transport.set_range(call.time, first, max(first, transport.last))


@on_frames("/deck/{n}/out/here")
def out_here(call: Call, transport: Transport) -> Transport:
    last = shown(transport.position(call.time))
    return transport.set_range(call.time, min(last, transport.first), last)


@on_frames("/deck/{n}/range/off")
def range_off(call: Call, transport: Transport) -> Transport:
    return transport.set_range(call.time, 0, transport.count - 1)


@on_frames("/deck/{n}/range")
def range_(call: Call, transport: Transport) -> Transport:
    first, last = sorted(frame_in(transport, f) for f in call.args[:2])
    return transport.set_range(call.time, first, last)


@on_frames("/deck/{n}/inner")
def inner(call: Call, transport: Transport) -> Transport:
    first, last = sorted(frame_in(transport, f) for f in call.args[:2])
    if last < transport.first or first > transport.last:
        raise OutOfRange(f"frames {first} to {last} lie outside the range {transport.first} to {transport.last}; "
                         f"/deck/{call.number}/range/off plays the whole clip")
    return transport.set_loop(call.time, (max(first, transport.first), min(last, transport.last)))


@on_frames("/deck/{n}/inner/off")
def inner_off(call: Call, transport: Transport) -> Transport:
    return transport.set_loop(call.time, None)


@on_frames("/deck/{n}/jump/beats")
def jump_beats(call: Call, transport: Transport) -> Transport:
    return transport.jump(call.time, call.args[0] * frames_per_beat(call, transport))


@on_frames("/deck/{n}/loop/beats")
def loop_beats(call: Call, transport: Transport) -> Transport:
    """An inner loop of some beats from the playhead on; 0 ends it."""
    if call.args[0] == 0:
        return transport.set_loop(call.time, None)
    frames = max(1, round(call.args[0] * frames_per_beat(call, transport)))
    first = shown(transport.position(call.time))
    if transport.forward != (transport.speed >= 0):
        first -= frames - 1
    first = max(min(first, transport.last - frames + 1), transport.first)
    return transport.set_loop(call.time, (first, min(first + frames - 1, transport.last)))


@on_frames("/deck/{n}/nudge")
def nudge(call: Call, transport: Transport) -> Transport:
    return transport.nudge(call.time, call.args[0])
