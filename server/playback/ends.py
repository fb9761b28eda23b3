"""How a playhead travels between two frames: hold, loop, bounce, next, a loop inside. No time, no speed.

Everything here moves forwards; who plays backwards mirrors the axis. Frame i reaches from i - 0.5 to i + 0.5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf
from typing import Final, NamedTuple

from server.units import Position

EDGE: Final = 2.0**-20
"""Frames kept free at the edges of a frame, so that floor(x + 0.5) cannot round over to its neighbour."""


class Leg(NamedTuple):
    """Where a journey has got to, and for how long it goes straight on."""

    position: Position
    heading: int
    """+1 forwards, -1 backwards, 0 at rest."""
    left: float
    """Frames until it jumps, turns or stops; inf at rest."""


Policy = Callable[[Position, float, int, int], Leg]


def inside(x: Position, first: int, last: int) -> Position:
    """Bring a position into the frames first..last without touching one that is there."""
    return min(max(x, first - 0.5), last + 0.5 - EDGE)


def wrapped(x: Position, first: int, last: int) -> Position:
    """The position that a loop over first..last makes of `x`."""
    low = first - 0.5
    return inside(low + (x - low) % (last - first + 1), first, last)


def _hold(start: Position, way: float, _first: int, last: int) -> Leg:
    room = last - start
    # A playhead beyond the last centre (a loop left it there) stays where it is.
    return Leg(start + way, 1, room - way) if way < room else Leg(max(start, float(last)), 0, inf)


def _loop(start: Position, way: float, first: int, last: int) -> Leg:
    low, period = first - 0.5, last - first + 1
    along = (start - low + way) % period
    if along > period - EDGE:
        along = 0.0  # rounded down to just before the seam: at every other frame's edge it is the next frame
    # Both edges are kept free, because mirrored the lower one is the upper one.
    return Leg(low + max(along, EDGE), 1, period - along)


def _bounce(start: Position, way: float, first: int, last: int) -> Leg:
    if first == last:
        return Leg(start, 0, inf)
    room = max(last - start, 0.0)
    if way < room:
        return Leg(start + way, 1, room - way)
    way -= room
    top, length = max(start, float(last)), last - first
    if way < top - first:
        return Leg(top - way, -1, top - first - way)
    way = (way - (top - first)) % (2 * length)
    if way < length:
        return Leg(first + way, 1, length - way)
    return Leg(last - (way - length), -1, 2 * length - way)


END: Final[Mapping[str, Policy]] = {"hold": _hold, "loop": _loop, "bounce": _bounce, "next": _hold}
"""What happens at the end: (start, way, first, last) -> Leg. `next` holds until the next clip is taken."""


def travel(start: Position, way: float, first: int, last: int, end: str, loop: tuple[int, int] | None) -> Leg:
    """Go `way` frames (>= 0) forwards from `start` inside first..last.

    A loop (a, b) inside catches the playhead at the end of b. One that starts behind b goes by the end's own
    policy first: `loop` and `bounce` bring it back to the loop, `hold` and `next` do not.
    """
    if loop is None:
        return END[end](start, way, first, last)
    if not beyond(start, loop):
        room = loop[1] + 0.5 - start
        if way < room:
            return Leg(min(start + way, loop[1] + 0.5 - EDGE), 1, room - way)
        return _loop(loop[0] - 0.5, way - room, *loop)
    if end == "loop" and way >= (room := last + 0.5 - start):
        return travel(first - 0.5, way - room, first, last, end, loop)
    if end == "bounce" and way >= (room := max(last - start, 0.0)):
        turned = travel(-max(start, float(last)), way - room, -last, -first, end, (-loop[1], -loop[0]))
        return Leg(-turned.position, -turned.heading, turned.left)
    return END[end](start, way, first, last)


def beyond(start: Position, loop: tuple[int, int]) -> bool:
    """Whether a playhead that moves forwards has already left the loop (a, b) behind."""
    return start >= loop[1] + 0.5
