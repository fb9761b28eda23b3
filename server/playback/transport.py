"""The transport: where the playhead is at a time. It knows frames and speed; no clip, no clock, no beats.

Latency compensation and look-ahead need no code here: ask for the position at now + latency.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from math import inf
from typing import Final, NamedTuple

from server.errors import OutOfRange
from server.playback.bounds import finite, within
from server.playback.ends import EDGE, Leg, beyond, inside, travel, wrapped
from server.playback.ends import END as END
from server.units import Position, Seconds, shown

SPEED_MAX: Final = 16.0
SCRUB_HOLD: Final = 0.25


class Sample(NamedTuple):
    """A straight piece of the playhead's line: position + velocity * (s - t) for t <= s < until."""

    position: Position
    velocity: float
    """Frames a second on screen: signed, 0 at rest, at a held end and before a scheduled start."""
    until: Seconds
    """When the line breaks (wrap, reflection, end, scheduled start); inf if never."""


@dataclass(frozen=True, slots=True)
class Transport:
    """A playhead over the frames 0..count-1 of one clip, a pure function of time.

    It stays at `anchor` until `anchor_time`, then runs. Every verb takes the time of its effect and returns
    a new transport; unless the verb is a seek the playhead does not move at that time. A start that is still
    to come (`start_at`, `scrub`) survives all verbs but play, pause, stop and step. Positions are
    frame centres: frame i is on screen from i - 0.5 to i + 0.5.
    """

    count: int
    rate: Fraction
    anchor_time: Seconds = 0.0
    anchor: Position = 0.0
    speed: float = 1.0
    playing: bool = False
    forward: bool = True
    """The direction at `anchor_time`; while bouncing every verb sets it to where the playhead then heads."""
    first: int = 0
    """The in point, a frame."""
    last: int = -1
    """The out point, a frame, itself played; -1 is the clip's last frame."""
    end: str = "loop"
    loop: tuple[int, int] | None = None
    """An inner loop: entered by playing into it, left by setting it to None."""

    def __post_init__(self) -> None:
        if self.last == -1:
            object.__setattr__(self, "last", self.count - 1)
        if self.count < 1:
            raise OutOfRange(f"a clip has at least one frame, not {self.count}")
        if self.rate <= 0:
            raise OutOfRange(f"a frame rate is above 0, not {self.rate}")
        if not 0 <= self.first <= self.last < self.count:
            raise OutOfRange(f"in {self.first}, out {self.last} must be in order, within 0..{self.count - 1}")
        if self.loop is not None and not self.first <= self.loop[0] <= self.loop[1] <= self.last:
            raise OutOfRange("the loop {}..{} must be in order, within in {} and out {}".format(
                *self.loop, self.first, self.last))
        if self.end not in END:
            raise OutOfRange(f"the end is one of {', '.join(END)}, not {self.end!r}")
        within("speed", self.speed, -SPEED_MAX, SPEED_MAX)
        finite("a position", self.anchor)

    # -- reading

    @property
    def velocity(self) -> float:
        """Frames a second at `anchor_time`, signed; 0 when not playing."""
        return (self.speed if self.forward else -self.speed) * float(self.rate) if self.playing else 0.0

    @property
    def duration(self) -> Seconds:
        """Seconds from in to out at speed 1, both frames included."""
        return float((self.last - self.first + 1) / self.rate)

    def position(self, t: Seconds) -> Position:
        """The playhead at `t`; `shown()` of it is never outside first..last."""
        return self.sample(t).position

    def sample(self, t: Seconds) -> Sample:
        """The playhead at `t`, its velocity, and how long both go on as they are."""
        velocity = self.velocity
        if velocity == 0 or t < self.anchor_time:
            until = self.anchor_time if velocity else inf
            return Sample(inside(self.anchor, self.first, self.last), 0.0, until)
        leg = self._leg(velocity, abs(velocity) * (t - self.anchor_time))
        position = inside(leg.position, self.first, self.last)
        return Sample(position, float(leg.heading * abs(velocity)), t + leg.left / abs(velocity))

    def ends_at(self) -> Seconds | None:
        """When the playhead reaches the centre of its last frame; None where it never does (paused, looping).

        That frame is then half over: a clip that follows with its own first frame starts 1/|velocity| later,
        one that begins with the same picture starts at once.
        """
        velocity = self.velocity
        if velocity == 0 or END[self.end] is not END["hold"]:
            return None
        start, _, last, loop = self._mirrored(velocity)
        if loop is not None and not beyond(start, loop):
            return None
        return self.anchor_time + max(last - start, 0.0) / abs(velocity)

    def elapsed(self, t: Seconds) -> Seconds:
        """Seconds of the clip between in and the playhead, at speed 1; 0..duration."""
        return min(max((self.position(t) - self.first) / float(self.rate), 0.0), self.duration)

    def remaining(self, t: Seconds) -> Seconds:
        """Seconds of the clip from the playhead to out, at speed 1: duration - elapsed."""
        return self.duration - self.elapsed(t)

    def seconds_of(self, x: Position) -> Seconds:
        """The clip's own time of a position; frame 0 is 0."""
        return x / float(self.rate)

    def fraction_of(self, x: Position) -> float:
        """0 at the in point, 1 at the out point; 0 where both are one frame."""
        length = self.last - self.first
        return min(max((x - self.first) / length, 0.0), 1.0) if length else 0.0

    def x_of_fraction(self, fraction: float) -> Position:
        """The position at 0 (in) to 1 (out), clamped. Raises OutOfRange."""
        return self._centre(self.first + finite("a fraction", fraction) * (self.last - self.first))

    # -- verbs

    def play(self, t: Seconds) -> Transport:
        """Run from `t`, also when a start was scheduled or a scrub holds."""
        return replace(self._at(t), playing=True, anchor_time=t)

    def start_at(self, start: Seconds) -> Transport:
        """Hold at the anchor until `start`, then run: seek or pause first where it is not at rest."""
        return replace(self, playing=True, anchor_time=finite("a time", start))

    def pause(self, t: Seconds) -> Transport:
        """Stay where the playhead is."""
        return replace(self._at(t), playing=False, anchor_time=t)

    def stop(self, t: Seconds) -> Transport:
        """Pause at the in point, or at the out point when reversed; a bounce always goes back to in."""
        here = self.pause(t)
        if self.end == "bounce":
            return replace(here, anchor=float(self.first), forward=self.speed >= 0)
        backwards = here.forward == (self.speed < 0)
        return replace(here, anchor=float(self.last if backwards else self.first))

    def reverse(self, t: Seconds) -> Transport:
        """Turn round on the spot."""
        here = self._at(t)
        return replace(here, forward=not here.forward)

    def set_forward(self, t: Seconds, forward: bool) -> Transport:
        """Set the direction that a positive speed has."""
        return replace(self._at(t), forward=forward)

    def set_speed(self, t: Seconds, speed: float) -> Transport:
        """Set the speed, -16 to 16, 1 is normal. Raises OutOfRange."""
        return replace(self._at(t), speed=float(speed))

    def seek(self, t: Seconds, x: Position) -> Transport:
        """Go to a position, brought into first..last. Raises OutOfRange for NaN and infinity."""
        return replace(self._at(t), anchor=self._centre(finite("a frame", x)))

    def scrub(self, t: Seconds, x: Position, hold: Seconds = SCRUB_HOLD) -> Transport:
        """Go to a position, keep still for `hold` seconds, then run on if playing. Raises OutOfRange."""
        here = self.seek(t, x)
        return replace(here, anchor_time=max(here.anchor_time, t + within("a hold", hold, 0.0, 3600.0)))

    def step(self, t: Seconds, frames: int) -> Transport:
        """Pause `frames` away from the frame on screen; a loop wraps, everything else clamps."""
        x = shown(self.position(t)) + int(finite("a step", frames))
        x = self.first + (x - self.first) % (self.last - self.first + 1) if self.end == "loop" else x
        return replace(self.pause(t), anchor=float(min(max(x, self.first), self.last)))

    def nudge(self, t: Seconds, frames: float) -> Transport:
        """Shift the playhead and let it run on; a loop wraps, everything else clamps. Raises OutOfRange."""
        here = self._at(t)
        x = here.anchor + finite("a nudge", frames)
        place = wrapped if self.end == "loop" else inside
        return replace(here, anchor=place(x, self.first, self.last))

    def jump(self, t: Seconds, frames: float) -> Transport:
        """Go `frames` on, round inside first..last whatever the end policy. Raises OutOfRange."""
        here = self._at(t)
        return replace(here, anchor=wrapped(here.anchor + finite("a jump", frames), self.first, self.last))

    def set_range(self, t: Seconds, first: int, last: int) -> Transport:
        """Set in and out; the playhead comes inside if it must, an inner loop is cut to what is left of it.

        Raises OutOfRange where they are not in order or not in the clip.
        """
        within("in", first, 0, self.count - 1)
        within("out", last, first, self.count - 1)
        here, loop = self._at(t), self.loop
        if loop is not None:
            loop = (max(loop[0], first), min(loop[1], last))
            loop = loop if loop[0] <= loop[1] else None
        outside = not first <= shown(here.anchor) <= last
        x = float(min(max(here.anchor, first), last)) if outside else here.anchor
        return replace(here, first=first, last=last, anchor=x, loop=loop)

    def set_end(self, t: Seconds, end: str) -> Transport:
        """Set what happens at the end, a key of END. Raises OutOfRange."""
        return replace(self._at(t), end=end)

    def set_loop(self, t: Seconds, loop: tuple[int, int] | None) -> Transport:
        """Set the inner loop inside first..last, or leave it with None. Raises OutOfRange."""
        return replace(self._at(t), loop=loop)

    # -- geometry

    def _centre(self, x: float) -> Position:
        return float(min(max(x, self.first), self.last))

    def _mirrored(self, velocity: float) -> tuple[Position, int, int, tuple[int, int] | None]:
        """The anchor, first, last and inner loop on the axis on which the playhead moves forwards."""
        start = inside(self.anchor, self.first, self.last)
        if velocity > 0:
            return start, self.first, self.last, self.loop
        # Mirrored, a frame's lower edge is its open upper one: on it, the neighbour would be shown.
        start = max(start, shown(start) - 0.5 + EDGE)
        return -start, -self.last, -self.first, self.loop and (-self.loop[1], -self.loop[0])

    def _leg(self, velocity: float, way: float) -> Leg:
        start, first, last, loop = self._mirrored(velocity)
        leg = travel(start, way, first, last, self.end, loop)
        return leg if velocity > 0 else Leg(-leg.position, -leg.heading, leg.left)

    def _at(self, t: Seconds) -> Transport:
        """The same line, anchored at `t` or at its start that is still to come."""
        position, velocity, _ = self.sample(t)
        turned = velocity * self.velocity < 0
        return replace(self, anchor=position, anchor_time=max(t, self.anchor_time) if self.playing else t,
                       forward=self.forward != turned)
