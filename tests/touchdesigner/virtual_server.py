"""The real show on real sockets, in a time that is moved by hand; packets get lost as a test says."""

from __future__ import annotations

import contextlib
import random
import socket
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from server.app.librarian import Librarian
from server.library.media_folder import MediaFolder
from server.library.shelf import MovieShelf
from server.playback.tempo import Tempo
from server.protocol.command import Source
from server.protocol.dispatch import Dispatcher
from server.protocol.osc import Message, messages
from server.show.events import Loaded, NeedMovie, Send, SendBytes
from server.show.show import About, Show
from server.show.state import ShowState

TICK_RATE = 60.0
PERSON = Source("10.0.0.9", 9000)
Address = tuple[str, int]


@dataclass
class Weather:
    """What happens to packets on the way: chances, and how late late ones are."""

    lost: float = 0.0
    twice: float = 0.0
    late: float = 0.0
    seconds: float = 0.05


@dataclass
class Network:
    """Carries packets from sockets to sockets, late, twice or not at all."""

    chance: random.Random = field(default_factory=lambda: random.Random(1))
    stream: Weather = field(default_factory=Weather)
    events: Weather = field(default_factory=Weather)
    _on_the_way: list[tuple[float, socket.socket, bytes, Address]] = field(default_factory=list)

    def send(self, sock: socket.socket, data: bytes, to: Address, now: float, weather: Weather) -> bool:
        """Send, perhaps; True when it arrived at once."""
        if self.chance.random() < weather.lost:
            return False
        copies = 1 + (self.chance.random() < weather.twice)
        at_once = False
        for _ in range(copies):
            if self.chance.random() < weather.late:
                self._on_the_way.append((now + self.chance.random() * weather.seconds, sock, data, to))
            else:
                self._deliver(sock, data, to)
                at_once = True
        return at_once

    def deliver(self, now: float) -> None:
        due = [each for each in self._on_the_way if each[0] <= now]
        self._on_the_way = [each for each in self._on_the_way if each[0] > now]
        for _, sock, data, to in due:
            self._deliver(sock, data, to)

    @staticmethod
    def _deliver(sock: socket.socket, data: bytes, to: Address) -> None:
        with contextlib.suppress(OSError):
            sock.sendto(data, to)


@dataclass
class Streamed:
    """The last bundle of a deck: when its tick was due, and what it says to each player."""

    tick: int
    at: float
    players: list[tuple[int, float, float, float]]
    """clip, frame, rate, level"""


class VirtualServer:
    """One server. Its OSC port stays the same when it is restarted."""

    def __init__(self, media: Path, *, decks: int = 1, session: int = 1, now: float = 1000.0,
                 network: Network | None = None, port: int = 0) -> None:
        self.network = network or Network()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind(("127.0.0.1", port))
        self.socket.setblocking(False)
        self._out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        folder = MediaFolder(media)
        folder.scan()
        self._shelf = MovieShelf(folder)
        self._shelf.__enter__()
        self._librarian = Librarian(folder, self._shelf, (), lambda _: None)
        state = ShowState.fresh(decks, 1 / TICK_RATE, Tempo(120.0, now))
        self.show = Show(state, About("virtual", TICK_RATE, str(media), session))
        self._dispatcher = Dispatcher(decks)
        self._began, self._ticks = now, 0
        self.answers: list[Send] = []
        self.opens: dict[tuple[int, int], str] = {}
        """(deck, id) → movie, as far as it was asked for."""
        self.streamed: dict[int, Streamed] = {}
        self.load_time = 0.0
        self.deaf: Callable[[bytes], bool] = lambda data: False
        """Which of a renderer's packets never arrive."""
        self._loading: list[tuple[float, NeedMovie]] = []

    @property
    def port(self) -> int:
        return int(self.socket.getsockname()[1])

    @property
    def next_tick(self) -> float:
        return self._began + (self._ticks + 1) / TICK_RATE

    def close(self) -> None:
        self.socket.close()
        self._out.close()
        self._shelf.__exit__(None, None, None)

    def tick(self) -> None:
        """The next tick, at its time."""
        now = self.next_tick
        self.network.deliver(now)
        self.hear(now)
        self._ticks += 1
        self.show.tick(self._ticks, now)
        self._settle(now)

    def do(self, now: float, address: str, *args: Any) -> tuple[str, ...]:
        """A person's command; () when it was done, else what was answered."""
        self.feed(self._dispatcher.command(address, [*args, "#q"], PERSON), now)
        mine = [send for send in self.answers if send.args[:1] == ("q",)]
        self.answers.clear()
        return tuple(map(str, mine[-1].args[1:])) if mine and mine[-1].address == "/error" else ()

    def hear(self, now: float) -> None:
        """Read what renderers say; some of it is lost."""
        while True:
            try:
                data, sender = self.socket.recvfrom(65536)
            except (BlockingIOError, ConnectionError):
                return
            if self.network.chance.random() >= self.network.events.lost and not self.deaf(data):
                self.feed(self._dispatcher.dispatch(data, Source(str(sender[0]), int(sender[1])), now, 0.0), now)

    def feed(self, items: Iterable[Any], now: float) -> None:
        for item in items:
            self.show.apply(item, now)
        self._settle(now)

    def _settle(self, now: float) -> None:
        self._loaded(now)
        self.show.flush(now)
        while events := self.show.take_events():
            for event in events:
                if isinstance(event, SendBytes):
                    self._send(event, now)
                elif isinstance(event, Send):
                    self._say(event, now)
                elif isinstance(event, NeedMovie):
                    self._loading.append((now + self.load_time, event))
            self._loaded(now)
            self.show.flush(now)

    def _loaded(self, now: float) -> None:
        due = [event for at, event in self._loading if at <= now]
        self._loading = [each for each in self._loading if each[0] > now]
        for event in due:
            answer = self._librarian.load(event)
            assert isinstance(answer, Loaded)
            self.show.apply(answer, now)

    def _say(self, event: Send, now: float) -> None:
        self.answers.append(event)
        if event.to.host == "127.0.0.1":
            from server.protocol.encode import message

            data = message(event.address, *event.args)
            self.network.send(self._out, data, (event.to.host, event.to.port), now, self.network.events)

    def _send(self, event: SendBytes, now: float) -> None:
        streams = [m for m in messages(event.packet) if isinstance(m, Message)]
        weather = self.network.stream if streams and streams[0].address.endswith("/tick") else self.network.events
        arrived = self.network.send(self._out, event.packet, (event.host, event.port), now, weather)
        for heard in streams:
            parts = heard.address.split("/")
            if parts[-1] == "open":
                self.opens[int(parts[3]), heard.args[0]] = heard.args[2]
        if weather is self.network.stream and arrived:
            self._note(streams)

    def _note(self, bundle: list[Message]) -> None:
        deck, tick = int(bundle[0].address.split("/")[3]), int(bundle[0].args[0])
        values = [m.args[0] for m in bundle[1:]]
        players = [tuple(values[n:n + 4]) for n in range(0, 12, 4)]
        at = self._began + tick / TICK_RATE
        self.streamed[deck] = Streamed(tick, at, players)  # type: ignore[arg-type]


def float32(value: float) -> float:
    return float(struct.unpack("f", struct.pack("f", value))[0])
