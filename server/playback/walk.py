"""A walk from picture to picture as a deck plays it: hops laid out as spans of one clip. It plans no route."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from server.playback.timeline import Clip, Movie, Span
from server.playback.transport import SPEED_MAX
from server.units import Position, Seconds, shown

if TYPE_CHECKING:
    from server.playback.program import Program

SLOWEST: Final = 0.001
"""Times the movie's own speed: below, nobody sees anything move."""


@dataclass(frozen=True, slots=True)
class Part:
    """Frames 0..count-1 of a movie that are frames begin..begin+count-1 of a transition that is being made."""

    movie: Movie
    begin: int
    count: int


@dataclass(frozen=True, slots=True)
class Hop:
    """A transition played from `start` to `end`, the frames of the movie that show these pictures.

    A hop from a picture to itself is that picture, standing. `parts`: where the frames lie of one that is being made,
    as far as they go; `movie` is then the one that they will be in. `job`: who makes it.
    """

    start: str
    end: str
    movie: Movie
    first: int
    last: int
    parts: tuple[Part, ...] = ()
    job: str = ""

    @property
    def frames(self) -> int:
        """Steps from one end to the other."""
        return abs(self.last - self.first)

    @property
    def made(self) -> int:
        """Frames that there are of the movie, from its first on."""
        return self.parts[-1].begin + self.parts[-1].count if self.parts else self.movie.count

    @property
    def whole(self) -> bool:
        """Whether it is there as far as its end; one that is turned always is."""
        return max(self.first, self.last) < self.made or self.first > self.last

    @property
    def movies(self) -> frozenset[str]:
        """The names of the movies that it is played from."""
        return frozenset(part.movie.name for part in self.parts) or frozenset((self.movie.name,))

    def turned(self) -> Hop:
        """The same transition the other way."""
        return Hop(self.end, self.start, self.movie, self.last, self.first, self.parts, self.job)

    def spans(self, first: int) -> list[Span]:
        """What is there of it from this frame on, in the order in which it is played."""
        if not self.parts:
            return [Span(self.movie, first, self.last)]
        low, high = min(first, self.last), min(max(first, self.last), self.made - 1)
        forward = [Span(part.movie, max(low - part.begin, 0), min(high - part.begin, part.count - 1))
                   for part in self.parts if part.begin <= high and part.begin + part.count > low]
        if first <= self.last:
            return forward
        return [Span(span.movie, span.last, span.first) for span in reversed(forward)]


class Missing(NamedTuple):
    """A transition of a route that there is no movie of: it is bridged by a fade."""

    start: str
    end: str


class Leg(NamedTuple):
    """Hops that follow each other without a gap; `bridge`: a missing transition lies before them.

    Without one they follow a transition that is still being made. `via`: the pictures that lie between several missing
    ones in a row, which a fade leaves out.
    """

    hops: tuple[Hop, ...]
    speeds: tuple[float, ...]
    bridge: bool = False
    via: tuple[str, ...] = ()

    def gaps(self, start: str) -> list[Missing]:
        """The missing transitions that lie before it, from this picture on."""
        ends = (*self.via, self.hops[0].start) if self.bridge else ()
        return [Missing(*pair) for pair in pairwise((start, *ends))]


class Manner(NamedTuple):
    """How a clip is played; what comes after a walk goes on as what came before it did."""

    speed: float = 1.0
    forward: bool = True
    end: str = "loop"


Timed = Literal["", "route", "hop"]


@dataclass(frozen=True, slots=True)
class Route:
    """What a program plays of a walk. `stops[i]` is the clip frame on which `hops[i]` ends.

    `speeds`: of each hop, times the movie's own. `fade`: over which it is entered. `after`: legs that follow behind
    missing transitions. `timed`: the speeds come from a time that was asked for, of the whole way or of each hop, and
    end with it. `ready`: another player keeps the same movie open, so that the next fade needs not wait. `since`: the
    picture that was passed last when the first hop was entered midway.
    """

    hops: tuple[Hop, ...]
    stops: tuple[int, ...]
    speeds: tuple[float, ...]
    fade: Seconds = 0.0
    bridge: bool = False
    after: tuple[Leg, ...] = ()
    timed: Timed = ""
    ready: bool = False
    since: str = ""

    @property
    def end(self) -> str:
        """The end mode of its transport."""
        return "next" if self.after else "hold"

    @property
    def goal(self) -> str:
        """The picture that it leads to in the end."""
        return (self.after[-1].hops if self.after else self.hops)[-1].end

    @property
    def pictures(self) -> tuple[str, ...]:
        """Every picture on the way, legs that follow included."""
        names: list[str] = []
        for hops in (self.hops, *(leg.hops for leg in self.after)):
            names += [name for hop in hops for name in (hop.start, hop.end)]
        return tuple(name for i, name in enumerate(names) if not i or names[i - 1] != name)


class Where(NamedTuple):
    """Where on a route a program is, `start` and `end` as it is heading now. `frame`: in frames of the hop's movie."""

    number: int
    hop: Hop
    frame: Position
    resting: str = ""
    """The picture that it stands on; empty: on the way between two."""

    @property
    def gone(self) -> float:
        """Frames from the picture that it comes from."""
        return abs(self.frame - self.hop.first)

    @property
    def left(self) -> float:
        """Frames to the picture that it is heading for."""
        return abs(self.hop.last - self.frame)


def lay_out(leg: Leg, *, frame: int | None = None, fade: Seconds = 0.0, after: tuple[Leg, ...] = (),
            timed: Timed = "", since: str = "", packed: Collection[str] = ()) -> tuple[Clip, Route]:
    """A leg as a clip: the doubled frame at each joint is dropped. `frame`: where the first hop is entered.

    `packed`: movies that hold many transitions.
    """
    spans: list[Span] = []
    stops: list[int] = []
    end = -1
    for i, hop in enumerate(leg.hops):
        first = hop.first
        if i and hop.frames:
            first += 1 if hop.last > hop.first else -1
        elif not i and frame is not None:
            first = frame
        spans += hop.spans(first)
        end += abs(hop.last - first) + 1
        stops.append(end)
    ready = leg.hops[-1].movie.name in packed
    route = Route(leg.hops, tuple(stops), leg.speeds, fade, leg.bridge, after, timed, ready, since)
    return Clip.from_spans(_name(leg.hops), spans), route


def _name(hops: Sequence[Hop]) -> str:
    return hops[0].start if hops[0].start == hops[-1].end and len(hops) == 1 else f"{hops[0].start} → {hops[-1].end}"


def where(program: Program, t: Seconds) -> Where | None:
    """Where a program is on its route; None when it has none."""
    route = program.route
    if route is None:
        return None
    x = program.frame_position(t)
    place = program.clip.place(x)
    transport = program.transport
    number = min(bisect_left(route.stops, shown(x)), len(route.hops) - 1)
    hop = route.hops[number]
    if transport.forward != (transport.speed >= 0):
        hop = hop.turned()
    position = place.position + next((part.begin for part in hop.parts if part.movie is place.movie), 0)
    resting = {hop.first: hop.start, hop.last: hop.end}.get(shown(position), "")
    return Where(number, hop, position, resting)


def passed(program: Program, t: Seconds) -> str:
    """The picture that a walk passed last, whichever way it goes; empty without a walk."""
    here, route = where(program, t), program.route
    if here is None or route is None:
        return ""
    return here.resting or (route.since if here.number == 0 and route.since else here.hop.start)


def coming(program: Program, t: Seconds) -> str:
    """The picture that a walk comes to next; empty when it has arrived."""
    here, route = where(program, t), program.route
    if here is None or route is None:
        return ""
    if not here.resting:
        return here.hop.end
    if here.resting == here.hop.start != here.hop.end:
        return here.hop.end
    forward = program.transport.forward == (program.transport.speed >= 0)
    if not forward:
        return route.hops[here.number - 1].start if here.number else ""
    if here.number + 1 < len(route.hops):
        return route.hops[here.number + 1].end
    leg = route.after[0] if route.after else None
    return "" if leg is None else leg.hops[0].start if leg.bridge else leg.hops[0].end


def hops_left(program: Program, t: Seconds) -> int:
    """Transitions still to come, the one that is under way and missing ones included."""
    here, route = where(program, t), program.route
    if here is None or route is None:
        return 0
    own = len(route.hops) - here.number - (here.resting == route.hops[here.number].end)
    return own + sum(len(leg.hops) - (leg.hops[0].frames == 0) + leg.bridge for leg in route.after)


def seconds_left(program: Program, t: Seconds, bridge: Seconds) -> Seconds:
    """Time to the end of the whole walk at its own speeds; `bridge`: how long a fade takes."""
    route, transport = program.route, program.transport
    here = where(program, t)
    if route is None or here is None:
        return 0.0
    rate = float(transport.rate)
    now = route.speeds[here.number] or SLOWEST
    factor = abs(transport.speed) / program.share / now or 1.0
    x = program.frame_position(t)
    total, begin = 0.0, x
    for stop, speed in zip(route.stops[here.number:], route.speeds[here.number:], strict=True):
        total += max(stop - begin, 0.0) / (rate * max(speed * factor, SLOWEST))
        begin = max(begin, float(stop))
    for leg in route.after:
        # Behind a missing transition it moves while the fade goes on; only a picture that stands waits for its end.
        total += bridge if not any(hop.frames for hop in leg.hops) else 0.0
        total += sum(hop.frames / (rate * max(speed, SLOWEST)) for hop, speed in zip(leg.hops, leg.speeds, strict=True))
    return total


def speed_for(frames: float, rate: float, seconds: Seconds) -> float:
    """Times the movie's own speed, so that so many frames take so long; within what a transport can do."""
    wanted = frames / rate / seconds if seconds > 0 else SPEED_MAX
    return min(max(wanted, SLOWEST), SPEED_MAX)
