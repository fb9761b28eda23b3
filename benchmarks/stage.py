"""The other side of a running server: a renderer that answers at once and keeps what it hears, with times.

Times are the kernel's own on Linux, so that they tell when the server sent and not when this process woke up.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from benchmarks.bench import REPOSITORY
from server.app.children import Child
from server.errors import ServeError
from server.protocol.encode import message
from server.protocol.osc import Message, messages

HERE: Final = "127.0.0.1"
TICK_RATE: Final = 60.0
_PATIENCE: Final = 20.0
_TIMESTAMPS: Final = 35
"""SO_TIMESTAMPNS, which Python has no name for."""
_BUFFERS: Final = ((33, 8 << 20), (socket.SO_RCVBUF, 8 << 20))
"""SO_RCVBUFFORCE where it is allowed, then what the system grants."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One packet of the stream: when it came, in Unix nanoseconds, and its bytes."""

    at: int
    packet: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """What a packet says of the player that is seen."""

    at: int
    tick: int
    clip: int
    frame: float
    rate: float
    level: float


class Stage:
    """A renderer on free ports. It says hello, and answers every open with `ready` at once."""

    def __init__(self, osc_port: int) -> None:
        self.server = (HERE, osc_port)
        self.events, self.stream = udp_socket(), udp_socket()
        with suppress(OSError):
            self.stream.setsockopt(socket.SOL_SOCKET, _TIMESTAMPS, 1)
        self.answers: list[Message] = []
        self.opened = threading.Event()
        self.said = 0
        """Messages that the server was sent from here by `say`."""
        self._hush = threading.Event()
        self._welcome = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._answer, name="renderer", daemon=True)
        self._thread.start()

    def join(self, every: float = 0.25) -> None:
        """Say hello until the server answers. Raises ServeError."""
        stream, events = (sock.getsockname()[1] for sock in (self.stream, self.events))
        until = time.perf_counter() + _PATIENCE
        while not self._welcome.wait(every):
            self.say("/system/hello", "bench", stream, events, 1, "bench", 60.0, 8192, "all")
            if time.perf_counter() > until:
                raise ServeError("the server under test did not answer hello")

    def say(self, address: str, *args: float | str) -> None:
        """Send one message from the renderer's event socket."""
        self.said += 1
        self.events.sendto(message(address, *args), self.server)

    def load(self, movie: str, deck: int = 1) -> None:
        """Have a movie open on a deck. Raises ServeError."""
        self.opened.clear()
        self.say(f"/deck/{deck}/load", movie)
        if not self.opened.wait(_PATIENCE):
            raise ServeError(f"the server under test did not open {movie}")

    def ask(self, address: str) -> tuple[float, int]:
        """One value of the whole state, and how much was said until then. Raises ServeError."""
        self._hush.set()
        try:
            until = time.perf_counter() + _PATIENCE
            while time.perf_counter() < until:
                time.sleep(0.2)
                self.answers.clear()
                self.say("/system/state")
                time.sleep(0.3)
                found = [answer.args[0] for answer in list(self.answers) if answer.address == address and answer.args]
                if found:
                    return float(found[-1]), self.said
        finally:
            self._hush.clear()
        raise ServeError(f"the server under test did not tell {address}")

    def hear(self, seconds: float) -> Iterator[Heard]:
        """The stream's packets as they come, until so many seconds have gone."""
        until = time.perf_counter() + seconds
        self.stream.settimeout(0.05)
        while time.perf_counter() < until:
            with suppress(TimeoutError):
                yield receive(self.stream)

    def forget(self) -> None:
        """Throw away what is waiting."""
        self.stream.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                self.stream.recv(65536)
        self.stream.setblocking(True)

    def close(self) -> None:
        self._stopping.set()
        self._thread.join()
        self.events.close()
        self.stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def _answer(self) -> None:
        self.events.settimeout(0.1)
        alive = 0.0
        while not self._stopping.is_set():
            if self._welcome.is_set() and not self._hush.is_set() and time.perf_counter() > alive + 1:
                alive = time.perf_counter()
                self.say("/td/health", 60.0, 1.0, 0, 0, 1.0, 0.0)
            with suppress(TimeoutError, ConnectionError):
                for heard in messages(self.events.recv(65536)):
                    if isinstance(heard, Message):
                        self._take(heard)

    def _take(self, heard: Message) -> None:
        if heard.address == "/system/welcome":
            self._welcome.set()
        elif heard.address.endswith("/open") and heard.args:
            deck = heard.address.removesuffix("open")
            self.say(f"{deck}opening", heard.args[0])
            self.say(f"{deck}ready", heard.args[0])
            self.opened.set()
        else:
            self.answers.append(heard)


@contextmanager
def running_server(song: Path, *arguments: str) -> Iterator[tuple[Child, Stage]]:
    """A server process on free ports that plays a folder, and a stage that it knows."""
    with serving(song, *arguments) as (child, port), Stage(port) as stage:
        stage.join()
        yield child, stage


@contextmanager
def serving(song: Path, *arguments: str, port: int = 0) -> Iterator[tuple[Child, int]]:
    """A server process and its OSC port."""
    with serving_ports(song, *arguments, port=port) as (child, ports):
        yield child, ports["osc"]


@contextmanager
def serving_ports(song: Path, *arguments: str, port: int = 0, supervised: bool = False
                  ) -> Iterator[tuple[Child, dict[str, int]]]:
    """A server process, or its supervisor's, and its ports, `osc` and `http`."""
    # The server under test is the one beside these benchmarks, installed or not.
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(REPOSITORY), before)))
    try:
        child = Child("the server", *(("cli", "serve") if supervised else ("server",)), str(song), "--osc-port",
                      str(port), "--http-port", "0", *arguments)
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before
    with child:
        line = child.line_with("listening osc=")
        yield child, {name: int(number) for name, number in (part.split("=") for part in line.split()[1:])}


def udp_socket() -> socket.socket:
    """A bound socket with room for a burst."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for option, size in _BUFFERS:
        with suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, option, size)
            break
    sock.bind((HERE, 0))
    return sock


def receive(sock: socket.socket) -> Heard:
    """One packet with the kernel's time of it, or our own where the kernel keeps none."""
    if not hasattr(sock, "recvmsg"):
        return Heard(time.time_ns(), sock.recv(65536))
    packet, extra, _, _ = sock.recvmsg(65536, 64)
    for level, kind, data in extra:
        if level == socket.SOL_SOCKET and kind == _TIMESTAMPS and len(data) >= 16:
            seconds, nanoseconds = struct.unpack_from("@qq", data)
            return Heard(seconds * 1_000_000_000 + nanoseconds, packet)
    return Heard(time.time_ns(), packet)


def told(heard: Heard, deck: int = 1) -> Told | None:
    """What the visible player of a deck is told; None when the packet is another deck's or nothing is seen."""
    values = {part.address: part.args[0] for part in messages(heard.packet)
              if isinstance(part, Message) and part.args}
    own = f"/td/deck/{deck}/"
    for player in range(3):
        clip, frame, rate, level = (values.get(f"{own}player/{player}/{name}", 0)
                                    for name in ("clip", "frame", "rate", "level"))
        if level > 0 and clip:
            return Told(heard.at, int(values[f"{own}tick"]), int(clip), float(frame), float(rate), float(level))
    return None
