"""The curator as a process at hand: questions go in as lines, futures take the answers, and it may die at any time."""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import subprocess
import sys
import threading
from concurrent.futures import Future, InvalidStateError
from pathlib import Path
from typing import IO, Any, Final

from server import errors
from server.app import wire
from server.app.children import own_group
from server.app.navigator import HOME
from server.errors import IntersceneError, ServeError

log = logging.getLogger("interscene.curator")

MODULE: Final = "server.app.curator"
WAITING_MAX: Final = 2000
"""Questions that wait for their answers; beyond that nobody listens to more."""
GONE: Final = "the songs' helper has ended; ask again"
BODY_MAX: Final = 1 << 28
_BELOW_NORMAL: Final = 0x4000
"""What Windows calls BELOW_NORMAL_PRIORITY_CLASS."""


class CuratorLink:
    """One curator, started with the first question, and again with the first one after it has died."""

    def __init__(self, root: Path, *, module: str = MODULE) -> None:
        self._root, self._module = root, module
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._tickets = itertools.count(1)
        self._waiting: dict[int, Future[bytes]] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self.starts = 0

    def ask(self, say: str, **facts: Any) -> Future[bytes]:
        """Put a question; the future has the answer's bytes, or one of our errors. Never waits for the answer."""
        future: Future[bytes] = Future()
        ticket = next(self._tickets)
        with self._lock:
            if self._stopped or len(self._waiting) >= WAITING_MAX:
                future.set_exception(ServeError("the server is stopping" if self._stopped else
                                                f"{WAITING_MAX} questions about songs wait already; ask later"))
                return future
            try:
                process = self._process or self._start()
            except OSError as reason:
                future.set_exception(ServeError(f"the songs' helper cannot be started: {reason.strerror or reason}"))
                return future
            self._waiting[ticket] = future
        assert process.stdin is not None
        try:
            with self._writing:
                process.stdin.write(wire.line(say, ticket=ticket, **facts))
                process.stdin.flush()
        except (OSError, ValueError):
            self._lost(process)
        return future

    def stop(self) -> None:
        """End the curator; what was asked is not answered any more."""
        with self._lock:
            self._stopped = True
            process = self._process
        if process is None:
            return
        try:
            if process.stdin is not None:
                process.stdin.close()
        except OSError:
            log.debug("the curator's stdin was closed already")
        try:
            process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._lost(process)

    @property
    def pid(self) -> int | None:
        """The curator's process."""
        return self._process.pid if self._process is not None else None

    def _start(self) -> subprocess.Popen[bytes]:
        # -P: a file of the folder one happens to be in must not stand for a module.
        places = os.pathsep.join(filter(None, (str(HOME), os.environ.get("PYTHONPATH"))))
        process = subprocess.Popen([sys.executable, "-P", "-m", self._module, str(self._root)],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   env={**os.environ, "PYTHONPATH": places}, **behind_others())
        self._process = process
        self.starts += 1
        threading.Thread(target=self._listen, args=(process,), name="curator answers", daemon=True).start()
        return process

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout as answers:
            try:
                while data := answers.readline():
                    self._heard(data, answers)
            except (OSError, *wire.NONSENSE):
                log.exception("the curator said what cannot be understood")
        process.kill()
        process.wait()
        self._lost(process)

    def _heard(self, data: bytes, answers: IO[bytes]) -> None:
        said = wire.said(data)
        if said is None:
            log.info("curator: %s", data.decode("utf-8", "replace").rstrip())
            return
        size = int(said["bytes"])
        if not 0 <= size <= BODY_MAX:
            raise ValueError(f"an answer of {size} bytes")
        body = answers.read(size)
        if len(body) < size:
            return  # it died in the middle of an answer: whoever waits is told when the pipe has ended
        with self._lock:
            future = self._waiting.pop(said["ticket"], None)
        if future is not None:
            _settle(future, body if "code" not in said else _error(said))

    def _lost(self, process: subprocess.Popen[bytes]) -> None:
        """Tell whoever waits that no answer will come."""
        with self._lock:
            if self._process is not process:
                return
            self._process = None
            waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            _settle(future, ServeError(GONE))
        # What was written and never read is flushed here, in vain.
        with contextlib.suppress(OSError, ValueError):
            if process.stdin is not None:
                process.stdin.close()


def behind_others() -> dict[str, Any]:
    """Options of a program that goes behind all others; where it can say so itself, it does when it begins."""
    options = own_group()
    if sys.platform == "win32":
        options["creationflags"] |= _BELOW_NORMAL
    return options


def _settle(future: Future[bytes], answer: bytes | IntersceneError) -> None:
    try:
        if isinstance(answer, bytes):
            future.set_result(answer)
        else:
            future.set_exception(answer)
    except InvalidStateError:
        log.debug("nobody waits for an answer any more")


def _error(said: wire.Said) -> IntersceneError:
    """The error that the curator had, as one of ours."""
    kind = getattr(errors, str(said.get("kind", "")), None)
    known = isinstance(kind, type) and issubclass(kind, IntersceneError) and kind is not errors.SettingsError
    return kind(str(said["text"])) if known and kind is not None else ServeError(str(said["text"]))
