"""One life of a worker's process: started, greeted, ended. What it is told and what it makes is not known here."""

from __future__ import annotations

import contextlib
import hmac
import logging
import os
import secrets
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from server.errors import RenderError, WireDamaged
from server.render.confinement import Confinement, start_options
from server.render.messages import VERSION, Hello, Welcome
from server.render.wire import Wire
from server.units import Seconds

log = logging.getLogger("interscene.worker")

MODULE: Final = "server.render.child"
HOME: Final = Path(__file__).resolve().parents[2]
STARTING_MOST: Final[Seconds] = 60.0
"""To the greeting; on a cold and busy disk Python itself may take long."""
_LOOK: Final[Seconds] = 0.1
_LINE_MOST: Final = 2000
_TOKEN_BYTES: Final = 32
_STRANGER: Final[Seconds] = 0.5
_PIECES: Final = 3
"""In which the token may come; who sends it slowly is nobody of ours."""


class WorkerProcess:
    """Starts `python -m module PORT` and holds its stdin open; `wire` is there once `greet` has returned."""

    wire: Wire

    def __init__(self, memory: int = 0, *, module: str = MODULE, python: str = sys.executable) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=4)
        self._token = secrets.token_hex(_TOKEN_BYTES).encode("ascii") + b"\n"
        # The worker is of this server, installed or not; -P: a file of the folder one happens to be in must not
        # stand for a module.
        places = os.pathsep.join(filter(None, (str(HOME), os.environ.get("PYTHONPATH"))))
        told = {**os.environ, "PYTHONPATH": places, "PYTHONUTF8": "1", "HF_HUB_OFFLINE": "1",
                "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
        try:
            self._process = subprocess.Popen(
                [python, "-P", "-m", module, str(self._listener.getsockname()[1])], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=told, **start_options())
        except OSError as reason:
            self._listener.close()
            raise RenderError(f"the worker cannot be started: {reason.strerror or reason}") from None
        self._confinement = Confinement(self._process, memory)
        self._logger = threading.Thread(target=self._log, name="worker log", daemon=True)
        self._logger.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def greet(self, welcome: Welcome, now: Callable[[], Seconds], given_up: Callable[[], bool]) -> Hello:
        """Wait for the worker and answer it. Raises RenderError when it does not come, or is not ours."""
        until = now() + STARTING_MOST
        with contextlib.suppress(OSError):
            assert self._process.stdin is not None
            self._process.stdin.write(self._token)
            self._process.stdin.flush()
        connected = self._accept(until, now, given_up)
        self.wire = Wire(connected)
        try:
            while now() < until and not given_up():
                came = self.wire.receive(_LOOK)
                if came is None:
                    break
                for message in came:
                    if not isinstance(message, Hello) or message.version != VERSION:
                        raise RenderError(f"the worker does not speak version {VERSION}; install Interscene again")
                    self.wire.send(welcome)
                    return message
        except (WireDamaged, OSError) as reason:
            raise RenderError(f"the worker did not greet: {reason}") from None
        raise RenderError(f"the worker did not greet; {self.ended()}")

    def _accept(self, until: Seconds, now: Callable[[], Seconds], given_up: Callable[[], bool]) -> socket.socket:
        """The worker's connection; whoever else comes is sent away."""
        self._listener.settimeout(_LOOK)
        with contextlib.closing(self._listener):
            while now() < until and not given_up():
                if self._process.poll() is not None:
                    break
                try:
                    connected, _ = self._listener.accept()
                except TimeoutError:
                    continue
                if _is_ours(connected, self._token):
                    return connected
                connected.close()
        raise RenderError(f"the worker did not start; {self.ended()}")

    def _log(self) -> None:
        """What it prints goes to our log: libraries print, too."""
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            while line := lines.readline(_LINE_MOST):
                log.info("%s", line.decode("utf-8", "replace").rstrip())

    def ended(self) -> str:
        """In words, how the process has ended, or that it has not."""
        code = self._process.poll()
        if code is None:
            return "the worker's process lives but says nothing"
        if code < 0:
            return f"the worker was ended by signal {-code}" + (
                ", maybe because memory ran out" if code == -9 else "")
        return f"the worker ended with code {code}"

    def starves(self) -> bool:
        """Whether it would go on if only it got a core: then it gives no answer and yet does not hang. Linux tells."""
        return runnable(Path(f"/proc/{self.pid}/task"))

    def wait(self, limit: Seconds) -> bool:
        """Wait for its end for a while; False when it still lives."""
        try:
            self._process.wait(limit)
        except subprocess.TimeoutExpired:
            return False
        return True

    def end(self, grace: Seconds = 0.5) -> None:
        """End it: by closing everything it listens to, and at last by force. May be called twice."""
        if hasattr(self, "wire"):
            self.wire.close()
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        if not self.wait(grace):
            self.kill()
            self._process.wait()
        self._confinement.close()
        self._listener.close()
        self._logger.join(timeout=1.0)

    def kill(self) -> None:
        """End it by force, also when it hangs or is stopped."""
        with contextlib.suppress(OSError):
            self._process.kill()


def runnable(threads: Path) -> bool:
    """Whether one of the threads in a folder like /proc/PID/task runs or wants to run; False where nobody tells."""
    with contextlib.suppress(OSError):
        for stat in threads.glob("*/stat"):
            # The name before the state is in brackets and may hold anything.
            if stat.read_bytes().rpartition(b") ")[2][:1] == b"R":
                return True
    return False


def _is_ours(connected: socket.socket, token: bytes) -> bool:
    """Whether who has connected knows the token; others do not keep us waiting."""
    came = b""
    try:
        connected.settimeout(_STRANGER)
        for _ in range(_PIECES):
            came += connected.recv(len(token) - len(came))
            if len(came) == len(token):
                break
    except OSError:
        return False
    return hmac.compare_digest(came, token)
