"""A server as far as a renderer sees one: it says what a test tells it to, and keeps what it hears."""

from __future__ import annotations

import socket
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

from pythonosc.osc_message_builder import OscMessageBuilder

from server.protocol.osc import Message, messages
from server.protocol.stream import StreamTemplate
from td_project.rehearsal.clips import OpenTime
from td_project.rehearsal.standin import Options, StandIn

SILENT = (0, 0.0, 0.0, 0.0)
AT_ONCE = OpenTime(0.0, 0.0)


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class AtOnce(Executor):
    """Runs what it is given before it returns."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **named))
        except Exception as error:  # noqa: BLE001 - as an executor does
            future.set_exception(error)
        return future


class ScriptedServer:
    """Real UDP on loopback."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(5)
        self.tick = 0
        self.peer: tuple[str, int] | None = None
        self._unread: list[Message] = []

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self.socket.getsockname()[1]

    def close(self) -> None:
        self.socket.close()

    def heard(self) -> list[Message]:
        """Everything that has arrived and was not expected yet."""
        self.socket.setblocking(False)
        try:
            while True:
                self._take(*self.socket.recvfrom(65536))
        except BlockingIOError:
            pass
        finally:
            self.socket.settimeout(5)
        unread, self._unread = self._unread, []
        return unread

    def expect(self, address: str) -> tuple[Any, ...]:
        """The arguments of the next message to an address; others are kept. Times out after five seconds."""
        while True:
            for message in self._unread:
                if message.address == address:
                    self._unread.remove(message)
                    return message.args
            self._take(*self.socket.recvfrom(65536))

    def _take(self, packet: bytes, sender: tuple[str, int]) -> None:
        self.peer = sender
        for message in messages(packet):
            if isinstance(message, Message):
                self._unread.append(self._acknowledged(message))

    def _acknowledged(self, message: Message) -> Message:
        """The message without its request id, if it has one, which is answered."""
        if self.peer is None or not message.args or not str(message.args[-1]).startswith("#"):
            return message
        self.send(self.peer[1], "/ack", str(message.args[-1])[1:])
        return message._replace(args=message.args[:-1])

    def send(self, to: int, address: str, *args: Any) -> None:
        builder = OscMessageBuilder(address)
        for arg in args:
            builder.add_arg(arg)
        self.socket.sendto(builder.build().dgram, ("127.0.0.1", to))

    def welcome(self, to: int, media: Path, session: int = 1, tick_rate: float = 60.0) -> None:
        self.send(to, "/system/welcome", "scripted", 1, tick_rate, 2, str(media), session)

    def stream(self, to: int, *players: tuple[int, float, float, float], deck: int = 1,
               tick: int | None = None) -> None:
        """One bundle; players that are left out are silent."""
        if tick is None:
            self.tick = tick = self.tick + 1
        padded = [*players, SILENT, SILENT, SILENT][:3]
        self.socket.sendto(StreamTemplate(deck).pack(tick, padded), ("127.0.0.1", to))


class Stage:
    """A stand-in with a clock of its own, turn by turn, and its server."""

    def __init__(self, media: Path, **options: Any) -> None:
        self.server = ScriptedServer()
        self.clock = Clock()
        self.log: list[str] = []
        self.media = media
        chosen = {"open_time": AT_ONCE, "stream_port": 0, "event_port": 0, **options}
        try:
            self.standin = StandIn(Options(self.server.address, **chosen), AtOnce(), self.clock, self.log.append)
        except BaseException:
            self.server.close()
            raise
        self.stream_port, self.event_port = self.standin.ports

    def turn(self, seconds: float = 1 / 60) -> None:
        """Let time pass, take in what was sent, cook."""
        self.standin.receive()
        self.clock.now += seconds
        self.standin.cook(self.clock.now)

    def link(self, session: int = 1, tick_rate: float = 60.0) -> None:
        self.turn()
        self.server.welcome(self.event_port, self.media, session, tick_rate)
        self.arrive()

    def arrive(self) -> None:
        """Wait for what was sent, then take a turn."""
        self.standin.wait(5)
        self.turn()

    def event(self, name: str, *args: Any, deck: int = 1) -> None:
        self.server.send(self.event_port, f"/td/deck/{deck}/{name}", *args)
        self.arrive()

    def stream(self, *players: tuple[int, float, float, float], deck: int = 1) -> None:
        self.server.stream(self.stream_port, *players, deck=deck)
        self.arrive()

    def close(self) -> None:
        self.standin.close()
        self.server.close()
