"""Commands about cue points: a movie's own marks, and the hot cues that a performer sets."""

from __future__ import annotations

from dataclasses import replace

from server.errors import InputError
from server.playback.program import Program
from server.show.events import NotNow
from server.show.handlers_transport import seek
from server.show.handling import Answer, Call, handles, nothing_on, on_program
from server.units import shown


@handles("/deck/{n}/mark/{m}")
def mark(call: Call) -> Answer:
    """Jump to a hot cue, or where none is set to the movie's own mark of that number (from 1)."""
    program = call.deck.current
    if program is None:
        return nothing_on(call.number)
    number = int(call.command.where[1])
    cue = call.show.state.hot_cues.get(program.clip.name, {}).get(number)
    marks = sorted(program.clip.marks, key=lambda m: m.frame)
    if cue is None and not 1 <= number <= len(marks):
        raise InputError(f"{program.clip.name} has no mark {number}; it has {len(marks)}, "
                         f"and /deck/{call.number}/mark/{number}/set makes one here")
    target = cue if cue is not None else marks[number - 1].frame
    call.put(call.deck.change(lambda p: seek(call, p, target)))
    return None


@handles("/deck/{n}/mark/{m}/set")
def mark_set(call: Call) -> Answer:
    return _set_cue(call, here=True)


@handles("/deck/{n}/mark/{m}/clear")
def mark_clear(call: Call) -> Answer:
    return _set_cue(call, here=False)


def _set_cue(call: Call, *, here: bool) -> Answer:
    program = call.deck.current
    if program is None:
        return nothing_on(call.number)
    state = call.show.state
    cues = dict(state.hot_cues.get(program.clip.name, {}))
    cues.pop(int(call.command.where[1]), None)
    if here:
        cues[int(call.command.where[1])] = shown(program.position(call.time, call.deck.drive))
    call.show.state = replace(state, hot_cues={**state.hot_cues, program.clip.name: cues})
    return None


@on_program("/deck/{n}/mark/named")
def mark_named(call: Call, program: Program) -> Program:
    wanted = call.args[0].casefold()
    for mark in program.clip.marks:
        if wanted in (mark.name.casefold(), (mark.picture or "").casefold()):
            return seek(call, program, mark.frame)
    names = ", ".join(mark.name for mark in program.clip.marks[:8])
    raise InputError(f"{program.clip.name} has no mark {call.args[0]!r}; it has {names or 'none'}")


@handles("/deck/{n}/mark/next")
def mark_next(call: Call) -> Answer:
    return _beside(call, 1)


@handles("/deck/{n}/mark/back")
def mark_back(call: Call) -> Answer:
    return _beside(call, -1)


def _beside(call: Call, step: int) -> Answer:
    """To the mark beside the playhead in playing direction; marks and hot cues alike."""
    program = call.deck.current
    if program is None:
        return nothing_on(call.number)
    transport = program.transport
    if transport.forward != (transport.speed >= 0):
        step = -step
    here = shown(program.position(call.time, call.deck.drive))
    cues = call.show.state.hot_cues.get(program.clip.name, {}).values()
    frames = sorted({*cues, *(m.frame for m in program.clip.marks)})
    ahead = [f for f in frames if f > here] if step > 0 else [f for f in reversed(frames) if f < here]
    if not ahead:
        return NotNow(f"{program.clip.name} has no mark {'after' if step > 0 else 'before'} frame {here}")
    call.put(call.deck.change(lambda p: seek(call, p, ahead[0])))
    return None
