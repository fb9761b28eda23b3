"""The playhead in rational numbers, event by event: an oracle that shares no formula with the transport."""

from __future__ import annotations

from fractions import Fraction

from server.playback.transport import Transport

HALF = Fraction(1, 2)


def exact_way(transport: Transport, t: float) -> Fraction:
    """Frames travelled since the anchor, without a sign."""
    if not transport.playing or t <= transport.anchor_time:
        return Fraction(0)
    return abs(Fraction(transport.speed)) * transport.rate * (Fraction(t) - Fraction(transport.anchor_time))


def exact_position(transport: Transport, t: float, events: int = 10_000) -> Fraction:
    """Walk from the anchor to `t`, boundary by boundary; whole turns of an outer or inner loop are left out."""
    x = Fraction(transport.anchor)
    heading = 1 if (transport.speed > 0) == transport.forward else -1
    way = exact_way(transport, t)
    first, last = transport.first, transport.last
    if transport.end == "bounce" and first == last and transport.loop is None:
        return x  # there is nowhere to turn
    for _ in range(events):
        low, high = _ahead(x, heading, transport)
        wall = high if heading > 0 else low
        room = (wall - x) * heading
        if way < room or (room <= 0 and way == 0):
            return x + way * heading
        way -= max(room, Fraction(0))
        inner = transport.loop is not None and wall in (transport.loop[0] - HALF, transport.loop[1] + HALF)
        if inner or transport.end == "loop":
            ends = transport.loop if inner and transport.loop else (first, last)
            if inner or transport.loop is None:
                way %= ends[1] - ends[0] + 1
            x = ends[0] - HALF if heading > 0 else ends[1] + HALF
        elif transport.end == "bounce" and first < last:
            x = max(x, wall) if heading > 0 else min(x, wall)
            heading = -heading
            if transport.loop is None and x == wall:
                way %= 2 * (last - first)
        else:
            return max(x, wall) if heading > 0 else min(x, wall)
    raise AssertionError("too many events")


def _ahead(x: Fraction, heading: int, transport: Transport) -> tuple[Fraction, Fraction]:
    """The walls below and above `x` that stop, turn or wrap a playhead with this heading."""
    slack = HALF if transport.end == "loop" else Fraction(0)
    low, high = transport.first - slack, transport.last + slack
    if transport.loop is not None:
        if heading > 0 and x < transport.loop[1] + HALF:
            high = transport.loop[1] + HALF
        if heading < 0 and x >= transport.loop[0] - HALF:
            low = transport.loop[0] - HALF
    return Fraction(low), Fraction(high)
