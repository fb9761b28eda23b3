"""One worker's life with its server: greeting, an ear that never closes, the loop, and a quick end."""

from __future__ import annotations

import logging
import os
import platform
import socket
import sys
import threading
from pathlib import Path
from typing import Final

from server.errors import OutOfMemory, WireDamaged
from server.playback.clock import SystemClock
from server.render.child import memory
from server.render.child.control import LiveControl
from server.render.child.generator import Generators
from server.render.child.loop import UNUSABLE, Loop, Unusable
from server.render.messages import VERSION, Failed, Hello, Message, Welcome
from server.render.wire import Wire
from server.units import Seconds, format_bytes

log = logging.getLogger("interscene.worker")

GREETING: Final[Seconds] = 10.0
LEAVING: Final[Seconds] = 0.5
UNWANTED: Final = 3
"""Exit code of a worker that its server sent away."""


class Session:
    """Connects to the server at a port of this machine."""

    def __init__(self, port: int, token: bytes, *, behind: bool) -> None:
        connected = socket.create_connection(("127.0.0.1", port), GREETING)
        connected.sendall(token)
        self._wire, self._behind = Wire(connected), behind
        self._early: list[Message] = []
        self._code = 0
        self._deaf = threading.Event()

    def run(self) -> int:
        """Work until the server goes; returns the exit code."""
        logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
        threading.Thread(target=_end_with_stdin, name="parent", daemon=True).start()
        welcome = self._greet()
        if welcome is None:
            return UNWANTED
        control = LiveControl(SystemClock().now, self._send, welcome.credits)
        threading.Thread(target=self._listen, args=(control,), name="ear", daemon=True).start()
        if welcome.memory:
            threading.Thread(target=memory.watch, name="memory", daemon=True, args=(
                welcome.memory, lambda taken: self._too_much(control, taken, welcome.memory)),
                kwargs={"stop": threading.Event()}).start()
        generators = Generators(Path(welcome.models) if welcome.models else None, welcome.options, welcome.generators)
        try:
            Loop(control, generators, self._send).run()
        except Unusable as reason:
            log.warning("this worker cannot go on: %s", reason.__cause__)
            self._leave(UNUSABLE)
        return 0

    def _leave(self, code: int) -> None:
        """End as soon as the server has read everything; closing at once could take back what is on its way."""
        self._code = code
        self._wire.finish()
        self._deaf.wait(LEAVING)
        os._exit(code)

    def _greet(self) -> Welcome | None:
        """Say who we are; what comes with the welcome is kept for the ear."""
        self._wire.send(Hello(VERSION, {"pid": os.getpid(), "python": platform.python_version(),
                                        "system": platform.platform(), "behind": self._behind}))
        while not self._early:
            came = self._wire.receive(GREETING)
            if came is None:
                return None
            self._early += list(came)
        welcome = self._early.pop(0)
        return welcome if isinstance(welcome, Welcome) and welcome.version == VERSION else None

    def _listen(self, control: LiveControl) -> None:
        """Take what the server says, always; when it has gone, end at once, whatever is being done."""
        try:
            for message in self._early:
                control.hear(message)
            while (came := self._wire.receive()) is not None:
                for message in came:
                    control.hear(message)
        except WireDamaged:
            log.exception("the server said what cannot be read")
        except Exception:  # a thread's top: a worker that cannot hear must not go on
            log.exception("the worker cannot hear its server any more")
        os._exit(self._code)

    def _send(self, message: Message) -> None:
        try:
            self._wire.send(message)
        except OSError:
            os._exit(0)  # the server is gone

    def _too_much(self, control: LiveControl, taken: int, limit: int) -> None:
        """More memory than allowed: say so and end before others suffer."""
        about = control.current()
        if about is not None:
            self._send(Failed(*about, OutOfMemory.code, f"it took {format_bytes(taken)} of memory, and "
                              f"{format_bytes(limit)} are allowed; make smaller pictures or allow more",
                              retry=True, leaving=True))
        self._leave(UNUSABLE)


def _end_with_stdin() -> None:
    """The server holds our stdin open for as long as it lives."""
    while sys.stdin.buffer.read(1):
        pass
    os._exit(0)
