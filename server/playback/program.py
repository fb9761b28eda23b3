"""A clip with its own transport, as one layer of a deck sees it: what to show, where, at which rate."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

from server.playback.even import even_position, uneven_position
from server.playback.fade import Ramp
from server.playback.players import Want
from server.playback.pulse import Pulse
from server.playback.tempo import Tempo
from server.playback.timeline import Clip, Place
from server.playback.transport import SPEED_MAX, Transport
from server.playback.walk import Manner, Route
from server.units import Position, Seconds, shown

STRAIGHT = 0.02
"""Frames that a picture may stray from the straight line between two ticks and still be sent as one."""

_ON_BORDER = 1e-9
"""Frames from a border within which it is reached: far below what a tick moves, far above what adding rounds."""


class Drive(NamedTuple):
    """What moves the playhead besides its transport; `tick` is the time from one tick to the next."""

    tempo: Tempo
    pulse: Pulse
    tick: Seconds


class Segment(NamedTuple):
    """Where a player is at a time, and how fast it goes until the next tick (frames per second, 0: jump)."""

    place: Place
    rate: float


@dataclass(frozen=True, slots=True)
class Program:
    """A clip being played. `id` tells two programs with the same movie apart.

    `runs`: whether it plays once taken; None is as the one before it does. `route`: it is a walk, which goes at its
    own speed; `before` is then how the deck played until it began. `share`: it goes at so much of its speed, so as not
    to come to the end of what is made before there is more. `own`: its transport counts as it is, whatever played
    before it; the anchor is then a time after it was taken.
    """

    id: int
    clip: Clip
    transport: Transport
    even: bool = False
    runs: bool | None = None
    route: Route | None = None
    before: Manner | None = None
    share: float = 1.0
    own: bool = False

    @property
    def manner(self) -> Manner:
        """How a program after this one is to play."""
        transport = self.transport
        if self.route is None:
            return Manner(transport.speed, transport.forward, transport.end)
        before = self.before or Manner()
        return before if self.route.timed else before._replace(speed=transport.speed / self.share)

    def started(self, at: Seconds, after: Program | None) -> Program:
        """This program put on screen at `at`: it goes on the way the one before it plays at that moment."""
        if self.own:
            transport = replace(self.transport, anchor_time=at + self.transport.anchor_time)
            return replace(self, transport=transport, own=False)
        if self.route is not None:
            return self._setting_out(at, after, self.route)
        transport, even, runs = self.transport, self.even, self.runs is not False
        if after is not None:
            transport = replace(transport, **after.manner._asdict())
            even = after.even and self.clip.path_length is not None
            runs = after.transport.playing if self.runs is None else self.runs
        start = transport.first if transport.forward == (transport.speed >= 0) else transport.last
        transport = replace(transport, anchor=float(start), anchor_time=at, playing=runs)
        return replace(self, transport=transport, even=even)

    def _setting_out(self, at: Seconds, after: Program | None, route: Route) -> Program:
        """A walk that begins: forwards from its first frame, at its own speed."""
        transport = replace(self.transport, speed=route.speeds[0], forward=True, end=route.end, anchor=0.0,
                            anchor_time=at, playing=True)
        before = after.manner if after is not None else Manner(end=self.transport.end)
        return replace(self, transport=transport, before=before)

    def rerouted(self, clip: Clip, route: Route, t: Seconds, x: Position, begin: Seconds) -> Program:
        """This program on another way, seen at position `x` of it at `t` and moving from `begin` on."""
        transport = Transport(count=clip.count, rate=clip.rate, anchor_time=max(t, begin), anchor=x, playing=True,
                              speed=route.speeds[0], end=route.end)
        before = self.manner if self.route is None else self.before
        return replace(self, clip=clip, route=route, transport=transport, even=False, before=before, share=1.0)

    def paced(self, t: Seconds, share: float) -> Program:
        """This program going at so much of its own speed."""
        speed = min(self.transport.speed * share / self.share, SPEED_MAX)
        return replace(self, transport=self.transport.set_speed(t, speed), share=share)

    def grown(self, clip: Clip, route: Route, t: Seconds) -> Program:
        """This program with more behind what it had, seen where it is; one that had to stop at its end goes on."""
        transport = self.transport.set_speed(t, self.transport.speed)
        last = clip.count - 1 if transport.last == transport.count - 1 else min(transport.last, clip.count - 1)
        end = route.end if self.route is not None and transport.end == self.route.end else transport.end
        longer = replace(transport, count=clip.count, first=min(transport.first, last), last=last, end=end)
        return replace(self, clip=clip, route=route, transport=longer)

    def position(self, t: Seconds, drive: Drive) -> Position:
        """The playhead in clip frames, everything that moves it counted in; never outside [in, out]."""
        transport = self.transport
        return drive.pulse.displace(self.frame_position(t), drive.tempo, t, transport.first, transport.last,
                                    wrap=transport.end == "loop")

    def frame_position(self, t: Seconds) -> Position:
        """The same without the beat's push."""
        x = self.transport.position(t)
        return even_position(self.clip.path_length, x, *self._piece(x)) if self.even else x

    def at(self, t: Seconds, x: Position) -> Program:
        """Show position `x` (clip frames) at `t`, whatever bends the way between transport and picture."""
        if self.even:
            x = uneven_position(self.clip.path_length, x, *self._piece(x))
        return replace(self, transport=self.transport.seek(t, x))

    def in_frames(self, t: Seconds, change: Callable[[Transport], Transport]) -> Program:
        """Apply a verb that counts in frames: it starts from the frame on screen and its result is one, too."""
        if not self.even:
            return replace(self, transport=change(self.transport))
        changed = replace(self, transport=change(self.transport.seek(t, self.frame_position(t))))
        return changed.at(t, changed.transport.position(t))

    def held(self, t: Seconds, drive: Drive) -> Program:
        """This program standing on what it shows at `t`."""
        return replace(self, transport=self.transport.pause(t)).at(t, self.position(t, drive))

    def _piece(self, x: Position) -> tuple[int, int]:
        """The range that is evened out as a whole: an inner loop keeps its own ends."""
        first, last, loop = self.transport.first, self.transport.last, self.transport.loop
        if loop is None:
            return first, last
        if loop[0] <= shown(x) <= loop[1]:
            return loop
        return (first, loop[0]) if x < loop[0] else (loop[1], last)

    def segment(self, t: Seconds, drive: Drive) -> Segment:
        """The place at `t` and the rate that continues it to the next tick; rate 0 where the line breaks."""
        here = self.position(t, drive)
        place = self.clip.place(here)
        standing = not self.transport.playing or t < self.transport.anchor_time
        if standing and drive.pulse.idle:
            return Segment(place, 0.0)
        middle, there = (self.position(t + drive.tick * part, drive) for part in (0.5, 1.0))
        next_place = self.clip.place(there)
        straight = abs(middle - (here + there) / 2) <= STRAIGHT and next_place.span == place.span
        rate = (next_place.position - place.position) / drive.tick if straight else 0.0
        return Segment(place, rate)

    def wants(self, t: Seconds, drive: Drive) -> tuple[Want, Want | None, Want | None]:
        """The movie needed now, the one played next, the one played before; None where there is no other."""
        x = self.position(t, drive)
        place = self.clip.place(x)
        now = Want(self.id, place.movie.name, shown(place.position), shared=self.route is not None)
        step = 1 if self.transport.forward == (self.transport.speed >= 0) else -1
        # A walk that turns back does so on the movie that it is on: the player is better kept for the next way.
        previous = self._neighbour(place, -step) if self.route is None else None
        return now, self._neighbour(place, step), previous

    def _neighbour(self, place: Place, step: int) -> Want | None:
        """The nearest span in play direction in another movie, inside the range, round its end if it loops."""
        transport, spans = self.transport, self.clip.spans
        loop = transport.loop
        inner = loop is not None and loop[0] <= self.clip.span_start(place.span) + spans[place.span].count - 1
        low, high = loop if loop is not None and inner else (transport.first, transport.last)
        first, last = self.clip.place(low).span, self.clip.place(high).span
        for offset in range(1, last - first + 1):
            i = place.span + step * offset
            if not first <= i <= last:
                if transport.end != "loop" and not inner:
                    return None
                i = first + (i - first) % (last - first + 1)
            span = spans[i]
            if span.movie.name != place.movie.name:
                return Want(self.id, span.movie.name, span.first if step > 0 else span.last,
                            shared=self.route is not None)
        return None

    def next_border(self, t: Seconds) -> Seconds | None:
        """When the transport next enters another span or breaks its line; None where it never does.

        With `even` or a pulse it is only near: borders are then met at the tick that comes after them.
        """
        if len(self.clip.spans) == 1:
            return None
        x, velocity, until = self.transport.sample(t)
        if velocity == 0:
            return until if until < math.inf else None
        # On a border itself the span that is entered counts, also backwards, where the border is still the old one's.
        place = self.clip.place(x + math.copysign(_ON_BORDER, velocity))
        start = self.clip.span_start(place.span)
        edge = start + self.clip.spans[place.span].count - 0.5 if velocity > 0 else start - 0.5
        return min(t + max((edge - x) / velocity, 0.0), until)


@dataclass(frozen=True, slots=True)
class Layer:
    """A program on screen, its level in the mix, and the frame that was seen of it last."""

    program: Program
    ramp: Ramp
    seen: Want | None = None
