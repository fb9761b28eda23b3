"""A clip with its own transport, as one layer of a deck sees it: what to show, where, at which rate."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

from server.playback.even import even_position
from server.playback.fade import Ramp
from server.playback.players import Want
from server.playback.pulse import Pulse
from server.playback.tempo import Tempo
from server.playback.timeline import Clip, Place
from server.playback.transport import Transport
from server.units import Position, Seconds, shown

STRAIGHT = 0.02
"""Frames that a picture may stray from the straight line between two ticks and still be sent as one."""


class Drive(NamedTuple):
    """What moves the playhead besides its transport."""

    tempo: Tempo
    pulse: Pulse
    frozen: Seconds | None
    tick: Seconds


class Segment(NamedTuple):
    """Where a player is at a time, and how fast it goes until the next tick (frames per second, 0: jump)."""

    place: Place
    rate: float


@dataclass(frozen=True, slots=True)
class Program:
    """A clip being played. `id` tells two programs with the same movie apart; `runs`: it plays once taken."""

    id: int
    clip: Clip
    transport: Transport
    even: bool = False
    runs: bool = True

    def started(self, at: Seconds) -> Program:
        """This program put on screen at `at`; until then its transport stands still."""
        return replace(self, transport=replace(self.transport, anchor_time=at, playing=self.runs))

    def position(self, t: Seconds, drive: Drive) -> Position:
        """The playhead in clip frames, everything that moves it counted in; never outside [in, out]."""
        transport = self.transport
        if drive.frozen is not None:
            t = min(t, drive.frozen)
        x = transport.position(t)
        if self.even and self.clip.path_length is not None:
            x = even_position(self.clip.path_length, x, transport.first, transport.last)
        return drive.pulse.displace(x, drive.tempo, t, transport.first, transport.last)

    def segment(self, t: Seconds, drive: Drive) -> Segment:
        """The place at `t` and the rate that continues it to the next tick; rate 0 where the line breaks."""
        here = self.position(t, drive)
        place = self.clip.place(here)
        if drive.frozen is not None or (not self.transport.playing and drive.pulse.idle):
            return Segment(place, 0.0)
        if t < self.transport.anchor_time and drive.pulse.idle:
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
        now = Want(self.id, place.movie.name, shown(place.position))
        step = 1 if self.transport.forward == (self.transport.speed >= 0) else -1
        return now, self._neighbour(place, step), self._neighbour(place, -step)

    def _neighbour(self, place: Place, step: int) -> Want | None:
        """The nearest span in play direction that lies in another movie, wrapping where the clip loops."""
        spans = self.clip.spans
        for offset in range(1, len(spans)):
            i = place.span + step * offset
            if not 0 <= i < len(spans):
                if self.transport.end != "loop":
                    return None
                i %= len(spans)
            span = spans[i]
            if span.movie.name != place.movie.name:
                return Want(self.id, span.movie.name, span.first if step > 0 else span.last)
        return None

    def held_in(self, movie: str, t: Seconds, drive: Drive) -> Place | None:
        """Where a player stays that holds `movie` while the one needed now is not ready: its nearest frame."""
        x = self.position(t, drive)
        best: Place | None = None
        nearest = math.inf
        for i, span in enumerate(self.clip.spans):
            if span.movie.name != movie:
                continue
            start = self.clip.span_start(i)
            end = start + abs(span.last - span.first)
            edge = min(max(x, start), end)
            if abs(edge - x) < nearest:
                nearest, best = abs(edge - x), self.clip.place(edge)
        return best


@dataclass(frozen=True, slots=True)
class Layer:
    """A program on screen, and its level in the mix."""

    program: Program
    ramp: Ramp
