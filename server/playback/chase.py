"""A playhead that follows a place in outside time: it jumps when it is far off, else its speed is trimmed.

Pure: a transport and where the outside time is go in, a transport comes out. What is asked for is what a transport
would show that began at its in point and was never touched, so loops, ranges and ends keep their meaning.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple

from server.playback.transport import SPEED_MAX, Transport
from server.units import Position, Seconds

TRIM_MAX: Final = 0.01
"""The most by which speed is trimmed, in parts of itself."""
SETTLING: Final[Seconds] = 2.0
"""An error is worked off in about this time, as far as the trim allows."""
_STEP: Final = 0.00075
"""A trim that is this near to the one in force is left alone: every new line has to be told to renderers."""
_NORMAL: Final = 0.005
"""A speed this near to normal is normal: what is missing is trimmed."""
_PLACE: Final = 1e-6


class Outside(NamedTuple):
    """Where outside time is, counted from the moment at which the in point is due, and how fast it goes."""

    seconds: Seconds
    speed: float


class Due(NamedTuple):
    """What an outside time asks for: a position, and where the playhead heads there (1, -1, 0: it stands)."""

    position: Position
    heading: int


def due(transport: Transport, outside: Outside) -> Due:
    """The position and heading that belong to an outside time."""
    sample = _reference(transport).sample(outside.seconds)
    heading = sample.velocity * outside.speed
    return Due(sample.position, (heading > 0) - (heading < 0))


def drift(transport: Transport, t: Seconds, wanted: Due) -> float:
    """Frames by which what is due lies ahead of the playhead at `t`; round a loop the short way."""
    error = wanted.position - transport.position(t)
    if transport.end == "loop" and transport.loop is None:
        length = transport.last - transport.first + 1
        error = (error + length / 2) % length - length / 2
    return error


def chased(transport: Transport, t: Seconds, outside: Outside, tolerance: float) -> Transport:
    """The transport that follows from `t` on; the same object where nothing has to change.

    Further off than `tolerance` frames it jumps. `next` counts as `hold`: a clip's end is not where timecode ends.
    """
    if transport.end == "next":
        transport = transport.set_end(t, "hold")
    wanted = due(transport, outside)
    if wanted.heading == 0:
        return _standing(transport, t, wanted.position)
    pace = abs(outside.speed)
    pace = 1.0 if abs(pace - 1.0) <= _NORMAL else min(pace, SPEED_MAX)
    error = drift(transport, t, wanted)
    velocity = transport.sample(t).velocity
    # At a turning point the playhead may turn a moment before or after what it follows.
    turned = velocity * wanted.heading < 0 and not _turning(transport, t, tolerance)
    if velocity == 0 or turned or abs(error) > tolerance or t < transport.anchor_time:
        return replace(transport, anchor=wanted.position, anchor_time=t, speed=pace, playing=True,
                       forward=wanted.heading > 0)
    behind = error if velocity > 0 else -error
    trim = min(max(behind / (float(transport.rate) * SETTLING * pace), -TRIM_MAX), TRIM_MAX)
    if abs(pace * (1.0 + trim) - abs(transport.speed)) <= _STEP * pace:
        return transport
    here = transport.set_speed(t, abs(transport.speed))
    return replace(here, speed=pace * (1.0 + round(trim, 3)), forward=velocity > 0)


def _reference(transport: Transport) -> Transport:
    end = "hold" if transport.end == "next" else transport.end
    return replace(transport, anchor=float(transport.first), anchor_time=0.0, speed=1.0, forward=True, playing=True,
                   end=end)


def _standing(transport: Transport, t: Seconds, x: Position) -> Transport:
    if not transport.playing and abs(transport.position(t) - x) <= _PLACE:
        return transport
    return transport.pause(t).seek(t, x)


def _turning(transport: Transport, t: Seconds, tolerance: float) -> bool:
    x = transport.position(t)
    return transport.end == "bounce" and min(x - transport.first, transport.last - x) <= tolerance
