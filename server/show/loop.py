"""The thread that owns the show. It waits for messages and for the next tick's deadline, and for nothing else."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterable
from queue import Empty, SimpleQueue
from typing import Protocol

from server.playback.clock import Clock, Metronome
from server.show import steps
from server.show.control_events import EditControls
from server.show.events import Event, FullState, Make, Navigate, NeedMovie, NeedStory, Send, SendBytes
from server.show.lateness import Lateness
from server.show.scribe import Scribe
from server.show.show import Show
from server.show.snapshot_events import SnapshotOrder
from server.show.steps import Heard
from server.units import Seconds

log = logging.getLogger("interscene.show")

DRAIN_MAX = 4096
"""Messages taken in one go before the stream is sent: a flood must not hold up the picture."""

BACKLOG_MAX = 200_000

LEAD: Seconds = 0.001
"""A tick is worked out this long before it is sent: everything is a function of time, and can be known before."""

PRECISE_WAITS = os.name != "nt"
"""Whether waiting for a queue ends at its deadline. On Windows it ends up to 15 ms later, but a sleep does not:
there a metronome thread sleeps and wakes the show, at the cost of a second wake-up for every tick."""


class _Wake:
    """In the queue for a tick: the show thread has to look."""


_WAKE = _Wake()

Item = Heard | _Wake


class Outlet(Protocol):
    """Who does what the show says; every method returns at once and raises nothing."""

    def send_bytes(self, event: SendBytes) -> None: ...

    def say(self, event: Send) -> None: ...

    def need_movie(self, event: NeedMovie | NeedStory) -> None: ...

    def navigate(self, event: Navigate) -> None: ...

    def make(self, event: Make) -> None: ...

    def edit_controls(self, event: EditControls) -> None: ...

    def keep_snapshot(self, event: SnapshotOrder) -> None: ...

    def full_state(self, event: FullState) -> None: ...


class ShowLoop:
    """Runs a show: `submit` from any thread, events leave through the outlet. `at_start` runs on its own thread.

    `scribe`: who puts down what happens, for the log.
    """

    def __init__(self, show: Show, clock: Clock, metronome: Metronome, outlet: Outlet, *,
                 own_alarm: bool = PRECISE_WAITS, at_start: Callable[[], object] = lambda: None,
                 scribe: Scribe | None = None) -> None:
        self.show = show
        self.dropped = 0
        self.lateness = Lateness(float(metronome.rate))
        self._clock, self._metronome, self._outlet = clock, metronome, outlet
        self._queue: SimpleQueue[Item | None] = SimpleQueue()
        self._stopping = threading.Event()
        self._own_alarm, self._at_start, self.scribe = own_alarm, at_start, scribe
        self._threads = [threading.Thread(target=self._run, name="show", daemon=True)]
        if not own_alarm:
            self._threads.append(threading.Thread(target=self._alarm, name="metronome", daemon=True))

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._queue.put(None)
        for thread in self._threads:
            thread.join(timeout=2.0)

    def submit(self, items: Iterable[Heard]) -> None:
        """Hand over messages, from any thread; beyond a backlog of minutes they are counted and dropped."""
        if self._queue.qsize() > BACKLOG_MAX:
            self.dropped += 1
            return
        for item in items:
            self._queue.put(item)

    def waiting(self) -> int:
        """How many messages wait to be handled."""
        return self._queue.qsize()

    def _alarm(self) -> None:
        """Put a wake-up into the queue at every deadline, where a queue cannot wait that precisely itself."""
        self._at_start()
        while not self._stopping.is_set():
            _, deadline = self._metronome.next_tick(self._clock.now())
            self._clock.sleep_until(deadline - LEAD)
            self._queue.put(_WAKE)
            self._clock.sleep_until(deadline)

    def _run(self) -> None:
        self._at_start()
        number, deadline = self._metronome.next_tick(self._clock.now())
        while True:
            ready = deadline - LEAD
            item = self._wait(ready)
            # A tick does not stand in line behind a flood: the clock is looked at after every message.
            for room in range(DRAIN_MAX, 0, -1):
                if item is None:
                    return
                if not isinstance(item, _Wake):
                    self._apply(item)
                if room == 1 or self._queue.empty() or self._clock.now() >= ready:
                    break
                item = self._queue.get_nowait()
            self._flush()
            if self._clock.now() >= ready:
                self._tick(number, deadline)
                # Those that are past by now were late, and are skipped.
                number, deadline = self._metronome.next_tick(max(self._clock.now(), deadline))

    def _wait(self, deadline: Seconds) -> Item | None:
        """The next message; a wake-up when the deadline comes first."""
        if not self._own_alarm:
            return self._queue.get()
        try:
            return self._queue.get(timeout=max(deadline - self._clock.now(), 0.0))
        except Empty:
            return _WAKE

    def _apply(self, item: Heard) -> None:
        now = self._clock.now()
        if self.scribe is not None:
            self.scribe.came(item, now)
        steps.hear(self.show, item, now)

    def _flush(self) -> None:
        """Stream what commands have changed, at once."""
        changed, now = bool(self.show.dirty), self._clock.now()
        steps.flush(self.show, now)
        said = self._perform_all()
        if self.scribe is not None and (changed or said):
            self.scribe.flushed(now, said)

    def _tick(self, number: int, deadline: Seconds) -> None:
        """Work out the tick ahead of its deadline, and send it on time."""
        steps.tick(self.show, number, deadline)
        self._clock.sleep_until(deadline)
        said = self._perform_all()
        self.lateness.note(number, self._clock.now() - deadline)
        if self.scribe is not None:
            self.scribe.ticked(self.show, number, deadline, said)

    def _perform_all(self) -> list[Event]:
        events = self.show.take_events()
        for event in events:
            try:
                self._perform(event)
            except Exception:  # one event's trouble must not keep the others back
                log.exception("%r could not be carried out", event)
        return events

    def _perform(self, event: Event) -> None:
        if isinstance(event, SendBytes):
            self._outlet.send_bytes(event)
        elif isinstance(event, Send):
            self._outlet.say(event)
        elif isinstance(event, NeedMovie | NeedStory):
            self._outlet.need_movie(event)
        elif isinstance(event, FullState):
            self._outlet.full_state(event)
        elif isinstance(event, Make):
            self._outlet.make(event)
        elif isinstance(event, EditControls):
            self._outlet.edit_controls(event)
        elif isinstance(event, SnapshotOrder):
            self._outlet.keep_snapshot(event)
        else:
            self._outlet.navigate(event)
