"""Watches that the show's thread goes on, from a thread of its own; what it finds standing it ends, with a word why.

Only for a server that somebody starts again. It mends nothing.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
import threading
from collections.abc import Callable
from typing import Final

from server.app.life import FROZEN
from server.units import Seconds

log = logging.getLogger("interscene.watchdog")

LOOK: Final[Seconds] = 1.0
LOOKS: Final = 5
"""Looks in a row without a tick: counted, not timed, so that a process that was held up as a whole is not blamed."""
STUCK: Final[Seconds] = 15.0
"""When not even this thread gets to run, the system's own timer ends the process."""


class Standstill:
    """Whether something that counts has stopped to count. Pure."""

    def __init__(self, looks: int = LOOKS) -> None:
        self._looks, self._same = looks, 0
        self.count = -1

    def look(self, count: int) -> bool:
        """Take in the count of now; True when it has been the same at so many looks that it stands."""
        self._same = self._same + 1 if count == self.count else 0
        self.count = count
        return self._same >= self._looks


class Watchdog:
    """`ticks` counts the show's ticks. `lives` is called at each look at which they went on, `end` when they stand."""

    def __init__(self, ticks: Callable[[], int], lives: Callable[[], None],
                 end: Callable[[], None] | None = None) -> None:
        self._ticks, self._lives, self._end = ticks, lives, end or end_process
        self._standstill = Standstill()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(timeout=2.0)

    def look(self) -> None:
        """One look."""
        count = self._ticks()
        went_on = count != self._standstill.count
        if self._standstill.look(count):
            self._end()
        elif went_on:
            self._lives()

    def _run(self) -> None:
        while not self._stopping.wait(LOOK):
            faulthandler.dump_traceback_later(STUCK, exit=True, file=sys.__stderr__ or sys.stderr)
            try:
                self.look()
            except OSError:  # whoever started us hears no more: it is noticed elsewhere
                continue
        faulthandler.cancel_dump_traceback_later()


def end_process() -> None:
    """Say what every thread is doing, and end at once: a thread that stands cannot be ended."""
    log.error("the show has stood still for %g s: the server ends, and this is what its threads were doing",
              LOOK * LOOKS)
    faulthandler.dump_traceback(file=sys.__stderr__ or sys.stderr, all_threads=True)
    os._exit(FROZEN)
