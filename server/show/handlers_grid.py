"""Commands about where frames lie: path length, and the axes of grid movies."""

from __future__ import annotations

from dataclasses import replace

from server.errors import FrameOutOfRange, InputError
from server.playback.program import Program
from server.show.handlers_transport import seek
from server.show.handling import Call, on_program
from server.units import shown


@on_program("/deck/{n}/even")
def even(call: Call, program: Program) -> Program:
    """Constant speed through path length, switched without a jump of the picture."""
    on = not program.even if call.args[0] is None else call.args[0]
    if on == program.even:
        return program
    if program.clip.path_length is None:
        raise InputError(f"{program.clip.name} has no path length; run: interscene index --full {program.clip.name}")
    return seek(call, replace(program, even=on), program.frame_position(call.time))


@on_program("/deck/{n}/axis/{name}")
def axis(call: Call, program: Program) -> Program:
    """Go along one axis of a grid movie to the nearest value; the other axes keep theirs."""
    place = program.clip.place(program.position(call.time, call.deck.drive))
    axes = place.movie.axes
    names = [a.name for a in axes]
    wanted = str(call.command.where[1])
    if wanted not in names:
        raise InputError(f"{place.movie.name} has no axis {wanted!r}; it has {', '.join(names) or 'none'}")
    rest, index = shown(place.position), []
    for a in reversed(axes):
        rest, i = divmod(rest, len(a.values))
        index.append(i)
    index.reverse()
    values = axes[names.index(wanted)].values
    index[names.index(wanted)] = min(range(len(values)), key=lambda i: abs(values[i] - call.args[0]))
    target = 0
    for a, i in zip(axes, index, strict=True):
        target = target * len(a.values) + i
    span = program.clip.spans[place.span]
    if not min(span.first, span.last) <= target <= max(span.first, span.last):
        raise FrameOutOfRange(f"{wanted} {call.args[0]:g} lies outside the part of {place.movie.name} that is playing")
    return seek(call, program, program.clip.span_start(place.span) + abs(target - span.first))
