"""Who looks on during a soak: a renderer on the wire, and whoever asks for answers. It plays nothing."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Final

from server.app.soaking.course import Value
from server.app.soaking.figures import Figures
from server.playback.clock import Clock
from server.protocol.encode import message
from server.protocol.osc import Message, messages
from server.units import Seconds

HERE: Final = "127.0.0.1"
ALIVE: Final[Seconds] = 1.0
"""How often it says that it is there; who is silent is let go of."""
PATIENCE: Final[Seconds] = 5.0
"""What was asked so long before a death may still have been at work (a song that is read), and has no answer."""
SILENCE: Final[Seconds] = 0.4
"""Without stream for so long, it says hello again."""
WRAP: Final = 1 << 24
_BUFFER: Final = 8 << 20
NUMBERS: Final = 100_000
"""Each movie counts from a multiple of this, so that a picture of another movie is noticed."""


class Onlooker:
    """Three sockets and a thread each: the stream, the events with all answers, and what stand-ins report."""

    def __init__(self, server: tuple[str, int], figures: Figures, clock: Clock) -> None:
        self._server, self._figures, self._clock = server, figures, clock
        self._began = clock.now()
        self._stream, self._events, self._readings = (_socket() for _ in range(3))
        self._waiting: dict[str, tuple[Seconds, str]] = {}
        self._lock = threading.Lock()
        self._last: int | None = None
        self._heard: Seconds | None = None
        self._struck: Seconds | None = None
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=target, name=f"onlooker {target.__name__}", daemon=True)
                         for target in (self._watch_stream, self._watch_events, self._watch_readings, self._sleep)]
        for thread in self._threads:
            thread.start()

    @property
    def readings(self) -> str:
        """Where stand-ins report to."""
        return f"{HERE}:{self._readings.getsockname()[1]}"

    @property
    def elapsed(self) -> Seconds:
        return self._clock.now() - self._began

    def ask(self, address: str, *args: Value) -> None:
        """Send a message whose answer is waited for."""
        self._figures.messages += 1
        name = str(self._figures.messages)
        with self._lock:
            self._waiting[name] = self._clock.now(), " ".join(map(str, (address, *args)))
        self._say(address, *args, f"#{name}")

    def struck(self) -> None:
        """The server is about to be killed: what it was asked a moment ago and until it is back may be lost."""
        self._struck = self._clock.now()

    def close(self) -> None:
        """Stop looking; what was not answered by now never was."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout=2.0)
        with self._lock:
            self._figures.unanswered += [what for _, what in self._waiting.values()]
        for sock in (self._stream, self._events, self._readings):
            sock.close()

    def _say(self, address: str, *args: Value) -> None:
        with contextlib.suppress(OSError):
            self._events.sendto(message(address, *args), self._server)

    def _watch_stream(self) -> None:
        alive = 0.0
        while not self._stopping.is_set():
            packet = _packet(self._stream)
            now = self._clock.now()
            if now - alive > ALIVE:
                alive = now
                self._say("/td/health", 60.0, 16.0, 0, 0, 1.0, 0.0)
            if packet is None:
                if self._heard is None or now - self._heard > SILENCE:
                    ports = [sock.getsockname()[1] for sock in (self._stream, self._events)]
                    self._say("/system/hello", "soak", *ports, 1, "soak", 60.0, 8192, "1")
                continue
            for heard in messages(packet):
                if isinstance(heard, Message) and heard.address == "/td/deck/1/tick":
                    self._tick(int(heard.args[0]), now)
                    break

    def _tick(self, number: int, now: Seconds) -> None:
        figures, struck = self._figures, self._struck
        if struck is not None and self._heard is not None and (now - self._heard > SILENCE / 4 or now - struck > 5):
            figures.back.append(now - self._heard)
            self._struck, self._last = None, None
            with self._lock:
                for name in [name for name, (at, _) in self._waiting.items() if at > struck - PATIENCE]:
                    del self._waiting[name]
        if self._last is not None and number != self._last:
            figures.ticks += 1
            missed = (number - self._last) % WRAP - 1
            if 0 < missed < WRAP // 2:
                figures.missed.append((round(now - self._began, 2), missed))
        self._last, self._heard = number, now

    def _watch_events(self) -> None:
        while not self._stopping.is_set():
            packet = _packet(self._events)
            for heard in messages(packet) if packet is not None else ():
                if not isinstance(heard, Message) or not heard.args:
                    continue
                if heard.address in ("/ack", "/error"):
                    with self._lock:
                        known = self._waiting.pop(str(heard.args[0]), None)
                    self._figures.refusals += known is not None and heard.address == "/error"
                elif heard.address == "/td/deck/1/open":
                    for word in ("opening", "ready"):
                        self._say(f"/td/deck/1/{word}", heard.args[0])

    def _watch_readings(self) -> None:
        while not self._stopping.is_set():
            packet = _packet(self._readings)
            for heard in messages(packet) if packet is not None else ():
                if isinstance(heard, Message) and heard.address == "/standin/read" and len(heard.args) == 5:
                    deck, _, asked, number, _ = (int(value) for value in heard.args)
                    if deck == 1:
                        self._figures.pictures += 1
                        if number % NUMBERS != asked:
                            self._figures.wrong.append((asked, number))

    def _sleep(self) -> None:
        """What the machine does to a thread that only sleeps."""
        step, deadline = 1 / 60, self._clock.now()
        while not self._stopping.is_set():
            deadline += step
            self._clock.sleep_until(deadline)
            if self._clock.now() - deadline > step:
                self._figures.stalls.append(round(self._clock.now() - self._began, 2))
                deadline = self._clock.now()


def _socket() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
    sock.bind((HERE, 0))
    sock.settimeout(0.1)
    return sock


def _packet(sock: socket.socket) -> bytes | None:
    try:
        return sock.recv(65536)
    except OSError:
        # A time-out, or a port of the other side that is closed at the moment (Windows).
        return None
