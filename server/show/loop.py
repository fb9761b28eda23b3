"""The thread that owns the show, and the metronome that wakes it. Blocks on an untimed queue, on nothing else."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Protocol

from server.playback.clock import Clock, Metronome
from server.protocol.command import Command, Forward, Rejection
from server.show.events import Event, FullState, Loaded, NeedMovie, Send, SendBytes
from server.show.show import Show
from server.units import Seconds

log = logging.getLogger("interscene.show")

DRAIN_MAX = 4096
"""Messages taken in one go before the stream is sent: a flood must not hold up the picture."""

BACKLOG_MAX = 200_000
LATENESS_KEPT = 3600


@dataclass(frozen=True, slots=True)
class Tick:
    """The metronome says that a deadline has come."""

    number: int
    deadline: Seconds


Item = Command | Rejection | Forward | Loaded | Tick


class Outlet(Protocol):
    """Who does what the show says; every method returns at once and raises nothing."""

    def send_bytes(self, event: SendBytes) -> None: ...

    def say(self, event: Send) -> None: ...

    def need_movie(self, event: NeedMovie) -> None: ...

    def full_state(self, event: FullState) -> None: ...


class ShowLoop:
    """Runs a show: `submit` from any thread, events leave through the outlet."""

    def __init__(self, show: Show, clock: Clock, metronome: Metronome, outlet: Outlet) -> None:
        self.show = show
        self.lateness: deque[Seconds] = deque(maxlen=LATENESS_KEPT)
        self.dropped = 0
        self._clock, self._metronome, self._outlet = clock, metronome, outlet
        self._queue: SimpleQueue[Item | None] = SimpleQueue()
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._run, name="show", daemon=True),
                         threading.Thread(target=self._beat, name="metronome", daemon=True)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._queue.put(None)
        for thread in self._threads:
            thread.join(timeout=2.0)

    def submit(self, items: Iterable[Command | Rejection | Forward | Loaded]) -> None:
        """Hand over messages, from any thread; beyond a backlog of minutes they are counted and dropped."""
        if self._queue.qsize() > BACKLOG_MAX:
            self.dropped += 1
            return
        for item in items:
            self._queue.put(item)

    def _beat(self) -> None:
        number, deadline = self._metronome.next_tick(self._clock.now())
        while not self._stopping.is_set():
            self._clock.sleep_until(deadline)
            self._queue.put(Tick(number, deadline))
            number, deadline = self._metronome.next_tick(self._clock.now())

    def _run(self) -> None:
        while True:
            item = self._queue.get()
            tick: Tick | None = None
            for _ in range(DRAIN_MAX):
                if item is None:
                    return
                if isinstance(item, Tick):
                    tick = item
                else:
                    self._apply(item)
                try:
                    item = self._queue.get_nowait()
                except Empty:
                    break
            else:
                if item is not None and not isinstance(item, Tick):
                    self._apply(item)
            self._turn(tick)

    def _apply(self, item: Command | Rejection | Forward | Loaded) -> None:
        try:
            self.show.apply(item, self._clock.now())
        except Exception:
            log.exception("a message could not be handled: %r", item)
            if isinstance(item, Command):
                self.show.refuse(item, "internal", "the server failed to do this and says why in its log; "
                                 "the show goes on", self._clock.now())

    def _turn(self, tick: Tick | None) -> None:
        try:
            if tick is not None:
                self.show.tick(tick.number, tick.deadline)
            self.show.flush(self._clock.now())
        except Exception:
            log.exception("a tick failed")
        for event in self.show.take_events():
            self._perform(event)
        if tick is not None:
            self.lateness.append(self._clock.now() - tick.deadline)

    def _perform(self, event: Event) -> None:
        if isinstance(event, SendBytes):
            self._outlet.send_bytes(event)
        elif isinstance(event, Send):
            self._outlet.say(event)
        elif isinstance(event, NeedMovie):
            self._outlet.need_movie(event)
        else:
            self._outlet.full_state(event)
