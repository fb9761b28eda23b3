"""Frames: what happens in which order, on a clock that a test may own."""


from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fake_td.callbacks import Callbacks
from fake_td.errors import NotInTheFake
from fake_td.network import OP
from fake_td.osc_ops import OscInDAT, Ports, listening
from fake_td.quirks import Quirks


class ManualClock:
    """Time that moves only when it is told to."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@dataclass
class Stall:
    """A moment at which the main thread stood still for a file."""

    path: str
    seconds: float
    why: str
    at: float


class Frames:
    """The frame loop of a FakeTouchDesigner."""

    clock: Callable[[], float]
    cook_rate: float
    jitter: float
    chance: random.Random
    quirks: Quirks
    events: Callbacks
    ports: Ports
    viewed: list[OP]
    players: list[Any]
    listeners: list[Any]
    connections: list[Any]
    stalls: list[Stall]
    absolute_frame: int
    frame_step: int
    dropped_frames: int
    frame_began: float
    """When the last frame began to be cooked."""
    _frame_time: float
    _cooking: set[int]
    _at_end: list[Callable[[], Any]]
    _waiting: list[tuple[float, int, Callable[[], Any]]]
    everything: Callable[[], Any]
    guarded: Callable[..., Any]

    def view(self, op: OP) -> None:
        """Look at an operator from now on: it is pulled at every frame."""
        self.viewed.append(op)

    def stall(self, op: OP, seconds: float, why: str) -> None:
        """The main thread waits for a file."""
        if math.isinf(seconds):
            raise NotInTheFake(f"{op.path} would wait for ever ({why})")
        self.stalls.append(Stall(op.path, seconds, why, self.clock()))
        if isinstance(self.clock, ManualClock):
            self.clock.now += seconds

    def cook(self, op: OP, *, force: bool = False) -> None:
        """Bring an operator up to date, once a frame."""
        if (op._cook_frame == self.absolute_frame and not force) or op.id in self._cooking:
            return
        self._cooking.add(op.id)
        try:
            op._cook_frame = self.absolute_frame
            op._cook()
        finally:
            self._cooking.discard(op.id)

    def next_time(self) -> float:
        """When the next frame is due."""
        return self._frame_time + 1 / self.cook_rate

    def frame(self, count: int = 1) -> None:
        """Cook frames. With a ManualClock each moves time to its own start."""
        for _ in range(count):
            self._one_frame()

    def until(self, condition: Callable[[], bool], frames: int = 6000) -> None:
        """Cook until something is so. Fails when it does not become so."""
        for _ in range(frames):
            if condition():
                return
            self._one_frame()
        raise AssertionError(f"it did not happen within {frames} frames")

    def seconds(self, span: float) -> None:
        """Cook as many frames as lie in a span of time."""
        until = self.clock() + span
        while self.clock() + 0.5 / self.cook_rate < until:
            self._one_frame()

    def _one_frame(self) -> None:
        self._frame_time += 1 / self.cook_rate
        self.frame_step = 1
        if isinstance(self.clock, ManualClock):
            late = self.clock.now - self._frame_time
            if late > 0:
                self.frame_step += int(late * self.cook_rate) + 1
                self.dropped_frames += self.frame_step - 1
                self._frame_time += (self.frame_step - 1) / self.cook_rate
            self.clock.now = max(self.clock.now, self._frame_time + self.jitter * self.chance.random())
        self.absolute_frame += self.frame_step
        self.frame_began = self.clock()
        for player in list(self.players):
            player._progress(self.clock())
        if self.quirks.osc_before_frame_start:
            self._receive()
        self._run_due()
        self.events.frame_start(self.absolute_frame)
        if not self.quirks.osc_before_frame_start:
            self._receive()
        self.events.flush()
        self.events.watch_chops()
        for op in list(self.viewed):
            self.cook(op)
        self.events.flush()
        self.events.watch_dats()
        self.events.frame_end(self.absolute_frame)
        for action in [self._at_end.pop(0) for _ in range(len(self._at_end))]:
            self.guarded(action)
        self.events.flush(last=True)

    def at_frame_end(self, action: Callable[[], Any]) -> None:
        self._at_end.append(action)

    def _run_due(self) -> None:
        now = self.clock()
        due = [each for each in self._waiting if each[0] <= now and each[1] <= self.absolute_frame]
        self._waiting = [each for each in self._waiting if each not in due]
        for _, _, action in due:
            self.guarded(action)

    def collect(self) -> None:
        """Hand what has arrived to the operators that listen; each sees to it in its own time."""
        wanted: dict[tuple[str, int], list[Any]] = {}
        for op in self.listeners:
            address = listening(op)
            if address is not None and self.ports.ensure(op, address):
                wanted.setdefault(address, []).append(op)
        self.ports.keep_only(set(wanted))
        for address, data, sender in self.ports.arrived():
            for op in wanted.get(address, ()):
                op.waiting.append((data, sender, self.clock()))

    def _receive(self) -> None:
        """The moment of the callbacks of OSC In and WebSocket DATs."""
        self.collect()
        for op in list(self.listeners):
            if isinstance(op, OscInDAT) and op.waiting:
                op.handle()
        for op in list(self.connections):
            op.handle()

    def measured_rate(self) -> float:
        return self.cook_rate
