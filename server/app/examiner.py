"""Looks at this computer beside a show when somebody asks, on a thread of its own, and keeps what it found."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from typing import Any, Final

from server.app.examinations.finding import Finding
from server.playback.clock import Clock
from server.units import Seconds

log = logging.getLogger("interscene")

REST: Final[Seconds] = 10.0
"""How soon another look is made at most, however often it is asked for."""


class Examiner:
    """`examine` yields findings; it may wait for disks and programs."""

    def __init__(self, examine: Callable[[], Iterable[Finding]], clock: Clock) -> None:
        self._examine, self._clock = examine, clock
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._found: list[Finding] = []
        self._at: Seconds | None = None

    def told(self, *, anew: bool) -> dict[str, Any]:
        """What was found last; `anew` begins another look. Returns at once."""
        with self._lock:
            running = self._thread is not None and self._thread.is_alive()
            rested = self._at is None or self._clock.now() - self._at >= REST
            if anew and not running and rested:
                running, self._found = True, []
                self._thread = threading.Thread(target=self._run, name="examiner", daemon=True)
                self._thread.start()
            since = None if self._at is None or running else round(self._clock.now() - self._at, 1)
            return {"running": running, "seconds": since, "findings": [each.document() for each in self._found]}

    def stop(self) -> None:
        """Wait a little for a look that is being made; it changes nothing, so it may be left."""
        if self._thread is not None:
            self._thread.join(timeout=1.0)

    def _run(self) -> None:
        try:
            for finding in self._examine():
                with self._lock:
                    self._found = [*self._found, finding]
        except Exception:  # a thread's top: what one examination cannot do must not end the server's
            log.exception("this computer could not be looked at")
        finally:
            with self._lock:
                self._at = self._clock.now()
