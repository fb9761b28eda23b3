"""The stand-in deck: a renderer that speaks the TouchDesigner contract, decodes with PyAV, has no window."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

from server.errors import OutputError
from td_extensions.deck_model import Answer
from td_extensions.link_model import PROTOCOL, LinkModel
from td_project.rehearsal.clips import Opener, OpenTime
from td_project.rehearsal.deck import Read, RehearsalDeck, Said
from td_project.rehearsal.folder import resolve
from td_project.rehearsal.meter import Meter
from td_project.rehearsal.mix import mix, write_png
from td_project.rehearsal.sockets import Address, Waiter, drain, open_udp
from td_project.rehearsal.wire import Event, packed, read_events, read_streams

BUILD = "stand-in 1"
LARGEST_TEXTURE = 16384
DECKS_MAX = 64
IDLE_PERIOD = 0.1
"""Seconds between cooks while nothing is open; a packet still wakes it at once."""

QUICK_TO_SLOW = OpenTime(0.02, 0.8)


@dataclass(frozen=True, slots=True)
class Options:
    """Everything that can be chosen; port 0 takes a free one."""

    server: Address
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
        self._link = LinkModel()
        self._opener = Opener(executor, options.open_time, options.seed)
        self._meter = Meter(clock())
        self._decks: dict[int, RehearsalDeck] = {}
        self._media = options.media
        self._tick_rate = 60.0
        self._stream = open_udp(options.host, options.stream_port, "--stream-port")
        try:
            self._events = open_udp(options.host, options.event_port, "--event-port")
        except BaseException:
            self._stream.close()
            raise
        self._waiter = Waiter(self._stream, self._events)

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
        return any(deck.busy for deck in self._decks.values())

    def wait(self, seconds: float) -> None:
        """Sleep until a packet arrives, at most so long."""
        self._waiter.wait(seconds)

    def receive(self) -> None:
        """Take in every packet that has arrived."""
        for packet, sender in drain(self._stream):
            if sender[0] == self.options.server[0]:
                self._take_stream(packet)
        for packet, sender in drain(self._events):
            if sender[0] == self.options.server[0]:
                for event in read_events(packet):
                    self._take_event(event)

    def cook(self, now: float) -> None:
        """Show what is to be shown at `now`, and say what there is to say."""
        started = self._clock()
        for number, deck in self._decks.items():
            for said in deck.cook(now):
                self._say(number, said)
        for message in self._link.due(now):
            if message == "hello":
                self._send("/system/hello", self.options.name, *self.ports, PROTOCOL, BUILD,
                           float(self.options.fps), LARGEST_TEXTURE, self.options.decks)
            else:
                self._send("/td/health", *self._meter.report(now))
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

    def _take_stream(self, packet: bytes) -> None:
        now = self._clock()
        for stream in read_streams(packet):
            deck = self._deck(stream.deck)
            if deck is not None:
                self._link.heard(now)
                for broken in deck.stream(stream, now):
                    self._log(f"contract: {broken}")

    def _take_event(self, event: Event) -> None:
        now = self._clock()
        if event.name == "/system/welcome":
            self._welcome(event, now)
        elif event.name == "/standin/snapshot":
            try:
                self.snapshot(Path(event.args[0]))
            except OutputError as error:
                self._log(str(error))
        else:
            deck = self._deck(event.deck)
            answer = deck.event(event, now) if deck is not None else None
            if answer is not None:
                self._say(event.deck, answer)

    def _welcome(self, event: Event, now: float) -> None:
        name, protocol, tick_rate, count, folder, session = event.args
        if protocol != PROTOCOL:
            self._log(f"{name} speaks protocol {protocol}, this stand-in {PROTOCOL}: use one version of both")
            return
        self._tick_rate = float(tick_rate) if 1 <= tick_rate <= 1000 else 60.0
        if self._link.welcomed(session, now):
            self._log(f"linked to {name}: {count} decks, session {session}, media folder {folder}")
            for deck in self._decks.values():
                deck.forget(now, self._tick_rate)
        self._media = self.options.media or Path(folder)

    def _deck(self, number: int) -> RehearsalDeck | None:
        deck = self._decks.get(number)
        if deck is None and 1 <= number <= DECKS_MAX and self._shows(number):
            deck = RehearsalDeck(number, self._opener, lambda name: resolve(self._media, name), self._meter,
                                 self._clock, tick_rate=self._tick_rate, reading=self.options.report is not None)
            self._decks[number] = deck
        return deck

    def _shows(self, number: int) -> bool:
        return self.options.decks == "all" or str(number) in self.options.decks.split(",")

    def _say(self, deck: int, said: Said) -> None:
        if isinstance(said, str):
            self._log(said)
        elif isinstance(said, Read):
            if self.options.report is not None:
                self._send_to(self.options.report, packed("/standin/read", *said))
        else:
            self._answer(deck, said)

    def _answer(self, deck: int, answer: Answer) -> None:
        self._send(f"/td/deck/{deck}/{answer[0]}", *answer[1:])

    def _send(self, address: str, *args: object) -> None:
        self._send_to(self.options.server, packed(address, *args))  # type: ignore[arg-type]

    def _send_to(self, address: Address, packet: bytes) -> None:
        # A server that is away is no fault of ours: the next hello finds it.
        with contextlib.suppress(OSError):
            self._events.sendto(packet, address)
