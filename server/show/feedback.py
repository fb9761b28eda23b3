"""Telling subscribers the state: on a thread of its own, from the frozen state, so that the show never waits."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from server.playback.clock import Clock
from server.protocol.command import Source
from server.show.show import Show
from server.show.subscribers import Subscriber
from server.show.view import state_messages
from server.units import Seconds

log = logging.getLogger("interscene.feedback")

ASKED_MAX = 64
HEARTBEAT: Seconds = 0.1
RESOLUTION: Seconds = 1 / 120
IDLE: Seconds = 0.1
HEARTBEAT_CYCLE: Seconds = 2.0

Tell = Callable[[Source, str, tuple[Any, ...]], None]


class Feedback:
    """Runs `turn` often enough for the fastest subscriber. `tell` sends one message and never blocks."""

    def __init__(self, show: Show, clock: Clock, tell: Tell) -> None:
        self._show, self._clock, self._tell = show, clock, tell
        self._heartbeat: Seconds = 0.0
        self._logged = 0
        self._asked: dict[Source, None] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feedback", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(timeout=2.0)

    def everything(self, to: Source) -> None:
        """Have every state row sent once, soon; asked for twice before that it is still sent once."""
        if len(self._asked) < ASKED_MAX:
            self._asked[to] = None

    def turn(self, now: Seconds) -> bool:
        """Tell everybody what is due; returns whether there is any subscriber."""
        self._log_errors()
        self._tell_everything(now)
        present = self._show.subscribers.present(now)
        if not present or self._show.peer.muted:
            return False
        if any(now >= s.due for s in present):
            messages = list(state_messages(self._show.state, now, self._show.counts()))
            for subscriber in present:
                for address, args in subscriber.news(now, messages):
                    self._tell(subscriber.to, address, args)
        self._tell_errors(present)
        if now >= self._heartbeat:
            self._heartbeat = max(self._heartbeat + HEARTBEAT, now)
            for subscriber in present:
                if subscriber.wants("/heartbeat"):
                    self._tell(subscriber.to, "/heartbeat", (now % HEARTBEAT_CYCLE / HEARTBEAT_CYCLE,))
        return True

    def _log_errors(self) -> None:
        """What went wrong, in the terminal too; the show itself must not wait for a terminal."""
        for complaint in list(self._show.complaints):
            if complaint.number > self._logged:
                self._logged = complaint.number
                if not complaint.logged:
                    log.warning("%s", complaint.text)

    def _tell_everything(self, now: Seconds) -> None:
        while self._asked:
            to, _ = self._asked.popitem()
            for address, args in state_messages(self._show.state, now, self._show.counts()):
                self._tell(to, address, args)

    def _tell_errors(self, present: list[Subscriber]) -> None:
        """What went wrong, as `/error` without a request id, to everybody who listens to that."""
        complaints = list(self._show.complaints)
        newest = complaints[-1].number if complaints else 0
        for subscriber in present:
            if subscriber.errors is not None and subscriber.wants("/error"):
                for complaint in complaints:
                    if complaint.number > subscriber.errors:
                        self._tell(subscriber.to, "/error", ("", complaint.code, complaint.text))
            subscriber.errors = newest

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                busy = self.turn(self._clock.now())
            except Exception:  # the top of a thread: without it nobody would hear of anything any more
                log.exception("the state could not be told")
                busy = False
            self._stopping.wait(RESOLUTION if busy else IDLE)
