"""Keeps a server running: starts it, has a spare one ready that has imported everything, and puts that in its place.

It serves nothing, reads no settings and imports nothing heavy: it must outlive everything else.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, Any, Final

from server.app.children import own_group
from server.app.life import FROZEN, MODULE, SPARE, STOP, Order, told
from server.app.restarts import Restarts
from server.errors import ServeError
from server.playback.clock import Clock
from server.render.confinement import Confinement
from server.units import Seconds

log = logging.getLogger("interscene.supervisor")

HOME: Final = Path(__file__).resolve().parents[2]
LOOK: Final[Seconds] = 0.1
SILENT: Final[Seconds] = 10.0
"""A server that has not said for so long that it lives is ended; by itself it would have been gone after 5 s."""
STARTS: Final[Seconds] = 120.0
"""How long a server may take until it can be reached: a slow disk has to be read first."""
SPARE_AFTER: Final[Seconds] = 1.0
"""How long after a start the spare one is made ready: the start has the machine to itself."""
SPARE_AGAIN: Final[Seconds] = 10.0
"""How long after a spare one has ended by itself another is made ready."""
ENDS: Final[Seconds] = 8.0
"""How long a server may take to end."""


class Ended:
    """A process has ended."""


@dataclass(frozen=True, slots=True)
class News:
    """What became known of a life: a line for us or its end."""

    life: Life
    what: Any


class Life:
    """One process of the server. `tell` takes what is heard of it, `show` lines for people; from any thread."""

    def __init__(self, module: str, tell: Callable[[News], None], show: Callable[[str], None], *, spare: bool) -> None:
        self._tell, self._show = tell, show
        # The server is this program's, installed or not; -P: a file of the folder one happens to be in must not stand
        # for a module.
        places = os.pathsep.join(filter(None, (str(HOME), os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen([sys.executable, "-P", "-m", module, *([SPARE] if spare else [])],
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         env={**os.environ, "PYTHONPATH": places, "PYTHONIOENCODING": "utf-8"},
                                         **own_group())
        self._confinement = Confinement(self._process, who="the server")
        self.reached = False
        self.heard: Seconds | None = None
        self._threads = [threading.Thread(target=target, name=name, daemon=True)
                         for target, name in ((self._read, "server lines"), (self._wait, "server end"))]
        for thread in self._threads:
            thread.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    @property
    def code(self) -> int | None:
        """Its exit code; below 0 the signal that ended it."""
        return self._process.poll()

    def go(self, order: Order, now: Seconds) -> None:
        """Have it serve; one that has gone meanwhile is heard of as ended."""
        self.heard = now
        with contextlib.suppress(OSError):
            self._stdin.write(order.line())
            self._stdin.flush()

    def end(self, limit: Seconds = ENDS) -> None:
        """Ask it to end, and see to it."""
        with contextlib.suppress(OSError, ValueError):
            self._stdin.write(STOP)
            self._stdin.close()
        try:
            self._process.wait(limit)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self.close()

    def dump_and_kill(self) -> None:
        """End one that says nothing; where there are signals it writes down first what its threads were doing."""
        if sys.platform != "win32":
            self._process.send_signal(signal.SIGABRT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(1.0)
        self._process.kill()

    def close(self) -> None:
        """Let go of one that has ended."""
        with contextlib.suppress(OSError):
            self._stdin.close()
        for thread in self._threads:
            thread.join(timeout=1.0)
        self._confinement.close()

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for data in lines:
                line = data.decode("utf-8", "replace").rstrip("\r\n")
                said = told(line)
                if said is None:
                    self._show(line)
                else:
                    self._tell(News(self, said))

    def _wait(self) -> None:
        self._process.wait()
        self._tell(News(self, Ended()))


class Supervisor:
    """`stop` is set when everything is to end. `show` prints a line for people and may block."""

    def __init__(self, order: Order, stop: threading.Event, clock: Clock, show: Callable[[str], None] = print, *,
                 module: str = MODULE) -> None:
        self._order, self._stop, self._clock, self._module = order, stop, clock, module
        self._news: SimpleQueue[News] = SimpleQueue()
        # A terminal that is held up (Ctrl-S) must not keep the server's signs of life from us.
        self._lines: SimpleQueue[str | None] = SimpleQueue()
        self._printer = threading.Thread(target=self._print, args=(show,), name="lines", daemon=True)
        self._restarts = Restarts()
        self._life: Life | None = None
        self._spare: Life | None = None
        self._spare_at: Seconds | None = None

    @property
    def pids(self) -> tuple[int | None, int | None]:
        """The server, and the spare one."""
        return (self._life.pid if self._life else None), (self._spare.pid if self._spare else None)

    def run(self) -> int:
        """Serve until told to stop; returns the exit code."""
        self._printer.start()
        try:
            self._life = self._new(spare=False)
            self._life.go(self._order, self._clock.now())
            while not self._stop.is_set():
                code = self._turn()
                if code is not None:
                    return code
            return 0
        finally:
            self._end()

    def _turn(self) -> int | None:
        """Take in what is new, and look round; the exit code when it is over."""
        try:
            news = self._news.get(timeout=LOOK)
        except Empty:
            self._look(self._clock.now())
            return None
        now = self._clock.now()
        if isinstance(news.what, Ended):
            if news.life is self._spare:
                log.warning("the spare server has ended; another one is made ready")
                self._spare.close()
                self._spare, self._spare_at = None, now + SPARE_AGAIN
            elif news.life is self._life:
                return self._died(news.life, now)
        elif news.life is self._spare:
            log.info("a spare server is ready, should this one die")
        elif news.life is self._life:
            news.life.heard = now
            if news.what.ports:
                news.life.reached = True
                self._order = replace(self._order, ports=news.what.ports)
                self._spare_at = now + SPARE_AFTER
        return None

    def _look(self, now: Seconds) -> None:
        life = self._life
        if life is not None and life.heard is not None:
            limit = SILENT if life.reached else STARTS
            if now - life.heard > limit:
                log.error("the server has not been heard for %g s; it is ended, and started again", limit)
                life.heard = None
                life.dump_and_kill()
        if self._spare is None and self._spare_at is not None and now >= self._spare_at:
            self._spare_at = None
            self._spare = self._new(spare=True)

    def _died(self, life: Life, now: Seconds) -> int | None:
        """Go on with another one; the exit code when there is to be none."""
        life.close()
        self._life = None
        code = life.code or 0
        if code == 0 or (code > 0 and not life.reached and not self._restarts.total):
            return code  # told to end, or something is wrong with how it was started, which it has said
        again = self._restarts.after(now)
        if again is None:
            log.error("the server ends again and again (%s); it is not started any more", _ending(code))
            return 1
        manner = (", without generation and without what was on the decks" if again.bare else
                  ", without generation" if again.safe else "")
        log.warning("the server ended (%s); it is started again%s (%d)", _ending(code), manner, self._restarts.total)
        if again.wait:
            self._stop.wait(again.wait)
        spare, self._spare, self._spare_at = self._spare, None, None
        self._life = spare if spare is not None and spare.running else self._new(spare=True)
        self._order = replace(self._order, restarts=self._restarts.total, safe=again.safe, bare=again.bare)
        self._life.go(self._order, self._clock.now())
        return None

    def _new(self, *, spare: bool) -> Life:
        try:
            return Life(self._module, self._news.put, self._lines.put, spare=spare)
        except OSError as reason:
            raise ServeError(f"the server cannot be started: {reason.strerror or reason}") from None

    def _end(self) -> None:
        if self._spare is not None:
            self._spare.end(0.0)  # it has nothing to lose, and may be in the middle of importing
        if self._life is not None:
            self._life.end()
        self._lines.put(None)
        self._printer.join(timeout=1.0)

    def _print(self, show: Callable[[str], None]) -> None:
        while (line := self._lines.get()) is not None:
            with contextlib.suppress(OSError, ValueError):
                show(line)


def _ending(code: int) -> str:
    if code < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
    return "its show stood still" if code == FROZEN else f"exit code {code}"


def supervise(given: Mapping[str, Any], songs: list[str], stop: threading.Event, clock: Clock) -> int:
    """Run a server under supervision until `stop` is set; returns the exit code."""
    return Supervisor(Order(given, songs), stop, clock, lambda line: print(line, flush=True)).run()
