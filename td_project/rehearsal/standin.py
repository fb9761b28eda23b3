"""The stand-in deck: a renderer that speaks the TouchDesigner contract, decodes with PyAV, has no window."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

from server.errors import OutputError
from server.protocol.osc import Message, messages
from td_extensions.renderer_model import About, RendererModel
from td_extensions.servers_model import ServersModel
from td_project.rehearsal.clips import Opener, OpenTime
from td_project.rehearsal.deck import RehearsalDeck
from td_project.rehearsal.folder import resolve
from td_project.rehearsal.meter import Meter
from td_project.rehearsal.mix import mix, write_png
from td_project.rehearsal.sockets import Address, Waiter, drain, open_udp
from td_project.rehearsal.wire import packed, read_streams

BUILD = "stand-in 1"
LARGEST_TEXTURE = 16384
IDLE_PERIOD = 0.1
"""Seconds between cooks while nothing is open; a packet still wakes it at once."""

QUICK_TO_SLOW = OpenTime(0.02, 0.8)


@dataclass(frozen=True, slots=True)
class Options:
    """Everything that can be chosen; port 0 takes a free one."""

    server: Address
    backup: Address | None = None
    host: str = "127.0.0.1"
    stream_port: int = 7501
    event_port: int = 7502
    name: str = "stand-in"
    fps: float = 60.0
    open_time: OpenTime = QUICK_TO_SLOW
    seed: int = 1
    decks: str = "all"
    media: Path | None = None
    """Overrides the folder that the server names: for another machine that shares it."""
    report: Address | None = None
    snapshot: Path | None = None


class StandIn:
    """One renderer. `wait`, `receive` and `cook` make a turn of `run`, for a caller with its own clock."""

    def __init__(self, options: Options, executor: Executor, clock: Callable[[], float],
                 log: Callable[[str], None]) -> None:
        self.options = options
        self._clock = clock
        self._log = log
        self._servers = ServersModel()
        self._servers.know([options.server] if options.backup is None else [options.server, options.backup])
        self._opener = Opener(executor, options.open_time, options.seed)
        self._meter = Meter(clock())
        self._decks: dict[int, RehearsalDeck] = {}
        self._stream = open_udp(options.host, options.stream_port, "--stream-port")
        try:
            self._events = open_udp(options.host, options.event_port, "--event-port")
        except BaseException:
            self._stream.close()
            raise
        self._waiter = Waiter(self._stream, self._events)
        self.model = RendererModel(About(options.name, *self.ports, BUILD, float(options.fps), LARGEST_TEXTURE,
                                         options.decks))

    @property
    def ports(self) -> tuple[int, int]:
        """Where the stream and the events are expected."""
        return self._stream.getsockname()[1], self._events.getsockname()[1]

    def run(self, stop: threading.Event) -> None:
        """Cook at the chosen rate until told to stop; a cook that comes too late is skipped and counted."""
        period = 1.0 / self.options.fps
        last, was_busy = self._clock() - IDLE_PERIOD, False
        while not stop.is_set():
            deadline = last + (period if self.busy else IDLE_PERIOD)
            now = self._clock()
            if now < deadline:
                self.wait(deadline - now)
                self.receive()
                continue
            skipped = int((now - deadline) / period)
            self._meter.dropped += skipped if was_busy else 0
            last, was_busy = deadline + skipped * period, self.busy
            self.receive()
            self.cook(self._clock())

    @property
    def busy(self) -> bool:
        """Whether anything is open or being opened."""
        return any(reel.path is not None for deck in self.model.decks.values() for reel in deck.reels.all)

    def wait(self, seconds: float) -> None:
        """Sleep until a packet arrives, at most so long."""
        self._waiter.wait(seconds)

    def receive(self) -> None:
        """Take in every packet that has arrived."""
        for packet, sender in drain(self._stream):
            if sender[0] == self._server[0]:
                self._take_stream(packet)
        for packet, sender in drain(self._events):
            for message in messages(packet):
                if isinstance(message, Message):
                    self._meet(sender[0], message)
                    if sender[0] == self._server[0]:
                        self._take_event(message)
        self._tell()

    def cook(self, now: float) -> None:
        """Show what is to be shown at `now`, and say what there is to say."""
        started = self._clock()
        even = self.model.cooks.beat(now)
        self._make_decks()
        for deck in self._decks.values():
            for said in deck.cook(even):
                if isinstance(said, str):
                    self._log(said)
                elif self.options.report is not None:
                    self._send_to(self.options.report, packed("/standin/read", *said))
        self._tell()
        self._meter.cooks += 1
        self._meter.busy += self._clock() - started

    def snapshot(self, path: Path) -> None:
        """Write the program picture as PNG. Raises OutputError."""
        if path.suffix.lower() != ".png":
            raise OutputError(f"a snapshot is a .png file, not {path.name!r}")
        write_png(path, mix([deck.layers() for _, deck in sorted(self._decks.items())]))

    def close(self) -> None:
        """Write the last snapshot where one is wanted, and let go of everything. Raises OutputError."""
        try:
            if self.options.snapshot is not None:
                self.snapshot(self.options.snapshot)
        finally:
            self._waiter.close()
            self._stream.close()
            self._events.close()
            for deck in self._decks.values():
                deck.close()

    @property
    def _server(self) -> Address:
        """The server that is spoken to."""
        return self._servers.places[self._servers.at]

    def _meet(self, host: str, message: Message) -> None:
        """See which server a welcome comes from."""
        if message.address == "/system/welcome":
            from_there = [number for number, place in enumerate(self._servers.places) if place[0] == host]
            self._servers.welcomed(from_there, message.args, self._clock())

    def _take_stream(self, packet: bytes) -> None:
        now = self._clock()
        for stream in read_streams(packet):
            self.model.stream(stream.deck, stream.tick, stream.players, now)

    def _take_event(self, message: Message) -> None:
        if message.address == "/standin/snapshot" and message.args and isinstance(message.args[0], str):
            try:
                self.snapshot(Path(message.args[0]))
            except OutputError as error:
                self._log(str(error))
        else:
            self.model.event(message.address, message.args, self._clock())

    def _make_decks(self) -> None:
        for number in self.model.decks:
            if number not in self._decks:
                self._decks[number] = RehearsalDeck(number, self.model, self._opener, self._find, self._meter,
                                                    self._clock, reading=self.options.report is not None)

    def _find(self, name: str) -> Path:
        folder = self.options.media or (Path(self.model.media_folder) if self.model.media_folder else None)
        return resolve(folder, name)

    def _tell(self) -> None:
        """Send what the model has to say, and log what is for the person."""
        now = self._clock()
        self._servers.turn(self.model.link.linked(now), now)
        for address, args in self.model.outgoing(now, lambda: self._meter.report(now)):
            self._send(address, *args)
        for line in self.model.log:
            self._log(line)
        self.model.log.clear()
        self.model.news.clear()

    def _send(self, address: str, *args: object) -> None:
        self._send_to(self._server, packed(address, *args))  # type: ignore[arg-type]

    def _send_to(self, address: Address, packet: bytes) -> None:
        # A server that is away is no fault of ours: the next hello finds it.
        with contextlib.suppress(OSError):
            self._events.sendto(packet, address)
