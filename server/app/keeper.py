"""The thread that keeps the newest state of a show on disk, so that another process can go on with it.

The show does nothing for it: its state is frozen, and is only looked at here.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any, Final

from server.app.priority import raise_this_thread
from server.app.state_files import Alive, StateFiles
from server.errors import IntersceneError
from server.playback.clock import Clock
from server.show.resume import Sketcher, settled
from server.show.revive import mind_of
from server.show.show import Show
from server.show.state import ShowState
from server.units import Seconds

log = logging.getLogger("interscene.state")

EVERY: Final[Seconds] = 0.05
SIGN_EVERY: Final[Seconds] = 1.0
"""How often it is written down that the server lives: how long one has been dead says whether its show goes on."""
AGAIN: Final[Seconds] = 5.0
"""After a write that failed."""


class Keeper:
    """`facts` say of this start what the next one needs besides: plain values. `wall` is the time of day."""

    def __init__(self, show: Show, files: StateFiles, facts: dict[str, Any], clock: Clock,
                 wall: Callable[[], Seconds]) -> None:
        self._show, self._files, self.facts, self._clock, self._wall = show, files, facts, clock, wall
        self._sketcher = Sketcher()
        self._looked: ShowState | None = None
        self._kept: tuple[ShowState, dict[str, Any]] = self._compared()
        self._signed: Seconds = float("-inf")
        self._later: Seconds = float("-inf")
        self._failed = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="state", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop keeping; what is on disk stays, as if the server had died."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2.0)

    def finish(self) -> None:
        """The show was told to end: nobody is to go on with it. Cue points stay."""
        self.stop()
        state = self._show.state
        try:
            if state.hot_cues:
                if self._files.claim(make=True):
                    self._files.write(self._sketcher.sketch(state), {}, self.facts, self._sign(), ended=True)
            elif self._files.claim(make=False):
                self._files.remove()
        except (OSError, IntersceneError) as problem:
            self._complain(problem)

    def turn(self, now: Seconds) -> bool:
        """Write what has changed; whether anything was written."""
        if now < self._later:
            return False
        try:
            return self._turn(now)
        except (OSError, IntersceneError) as problem:
            self._later = now + AGAIN
            self._complain(problem)
            return False

    def _turn(self, now: Seconds) -> bool:
        wrote = False
        compared = self._compared()
        if compared != self._kept:
            if not self._files.claim(make=True):
                self._later = now + AGAIN
                self._once("another server keeps its show for this media folder; this one forgets its own when it "
                           "dies")
                return False
            self._files.write(self._sketcher.sketch(self._show.state), compared[1], self.facts, self._sign())
            self._kept, wrote = compared, True
            self._failed = False
        if self._files.kept and now - self._signed >= SIGN_EVERY:
            self._signed = now
            self._files.sign(self._sign())
        return wrote

    def _compared(self) -> tuple[ShowState, dict[str, Any]]:
        # What is on its way is looked at first: what arrives in between is then in both, never in neither.
        mind = mind_of(self._show)
        return settled(self._sketcher.sketch(self._show.state)), mind

    def _sign(self) -> Alive:
        return Alive(self._clock.now(), self._wall())

    def _complain(self, problem: Exception) -> None:
        why = getattr(problem, "strerror", None) or problem
        self._once(f"the show is not kept on disk, and cannot go on if the server dies: {why}")

    def _once(self, line: str) -> None:
        if not self._failed:
            log.warning("%s", line)
        self._failed = True

    def _run(self) -> None:
        # As high as the show's thread: on a busy machine one below would be stopped while it holds the interpreter.
        raise_this_thread()
        while not self._stopping.wait(EVERY):
            try:
                self.turn(self._clock.now())
            except Exception:  # a thread's top: the show goes on, kept or not
                log.exception("the show's state could not be kept")
                self._later = self._clock.now() + AGAIN
