"""OSCQuery of a running server: its address space as JSON, and WebSocket clients that listen while it streams."""

from __future__ import annotations

import base64
import http.client
import json
import os
import selectors
import socket
import struct
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.bench import Bench
from benchmarks.figures import Figure, absent
from benchmarks.paired import median, middle_half, percentile
from benchmarks.processes import cpu_seconds
from benchmarks.stage import HERE, Stage, serving_ports, told
from benchmarks.tick import bare_loop, lateness
from server.errors import ServeError
from server.index.format import Mark
from server.media.jpeg import encode_rgb
from server.media.numbered import numbered_frame, write_numbered
from server.media.writer import MovieWriter
from server.protocol.oscquery_table import Shape, address_space

SUBJECT: Final = "OSCQuery"
NODES: Final = 2000
DECKS: Final = 8
MARKS: Final = 128
TREE_MS: Final = 50.0
CLIENTS: Final = 32
RATE: Final = 60
PATHS: Final = tuple(f"/deck/1/state/{name}" for name in ("seconds", "position", "elapsed", "remaining"))
SHARE: Final = 10.0
"""Per cent of one core that all clients together may cost."""
LATE_MS: Final = 1.0
ARRIVED: Final = 0.95
_PATIENCE: Final = 20.0


def measure(bench: Bench) -> list[Figure]:
    """A tree of 2,000 nodes within 50 ms; 32 clients × 60 Hz × 4 addresses for at most 10 % of a core."""
    song = bench.folder / "oscquery"
    song.mkdir()
    write_numbered(song / "listened.mov", 600, 320, 180, Fraction(60))
    return [_tree(bench, song), *_clients(bench, song)]


def marked_decks(nodes: int) -> int:
    """On how many of eight decks a movie with all its marks is to lie for so many nodes."""
    full, plain = Shape(tuple((number, "") for number in range(1, MARKS + 1))), Shape()
    return next(decks for decks in range(DECKS + 1)
                if len(address_space([full] * decks + [plain] * (DECKS - decks))) >= nodes or decks == DECKS)


def write_marked(out: Path) -> None:
    """A short movie with as many marks as an address space tells of."""
    with MovieWriter(out, width=64, height=64, rate=Fraction(30),
                     marks=[Mark(number, f"mark {number}") for number in range(MARKS)]) as movie:
        for number in range(MARKS):
            movie.add(encode_rgb(numbered_frame(number, 64, 64), 85, "420"))


def _tree(bench: Bench, song: Path) -> Figure:
    """From before the request to the last byte, of decks that play movies full of marks."""
    took: list[float] = []
    count = 0
    write_marked(song / "marked.mov")
    with serving_ports(song, "--decks", str(DECKS), "--no-announce") as (_, ports), Stage(ports["osc"]) as stage:
        stage.join()
        for deck in range(1, marked_decks(NODES) + 1):
            stage.load("marked.mov", deck)
        time.sleep(0.5)
        connection = http.client.HTTPConnection(HERE, ports["http"], timeout=_PATIENCE)
        for _ in range(bench.few(100, 20)):
            begin = time.perf_counter()
            connection.request("GET", "/", headers={"Accept": "application/json"})
            body = connection.getresponse().read()
            took.append(1000 * (time.perf_counter() - begin))
            count = body.count(b'"FULL_PATH"')
        connection.close()
        json.loads(body)
    return Figure(SUBJECT, f"the whole tree of {count:,} nodes", median(took), "ms", TREE_MS, at_least=False,
                  spread=middle_half(took), rounds=len(took), note=f"{len(body) / 1e6:.1f} MB, p99 "
                  f"{percentile(took, 0.99):.0f} ms")


def _clients(bench: Bench, song: Path) -> list[Figure]:
    """The same seconds without and with the clients, in turn."""
    rounds, seconds = bench.few(5, 2), bench.few(10, 4)
    shares: list[float] = []
    arrived: list[float] = []
    beyond: list[float] = []
    name = f"{CLIENTS} clients × {RATE} Hz × {len(PATHS)} addresses"
    with serving_ports(song, "--end", "loop", "--no-announce") as (child, ports), Stage(ports["osc"]) as stage:
        stage.join()
        stage.load("listened.mov")
        stage.say("/deck/1/play")
        if cpu_seconds(child.pid) is None:
            return [absent(SUBJECT, name, "this system does not tell a process's time; install psutil")]
        for _ in range(rounds):
            idle = _spent(child.pid, stage, seconds)
            with listening(ports["http"], CLIENTS) as crowd:
                busy = _spent(child.pid, stage, seconds, crowd)
            shares.append(100 * (busy.cores - idle.cores))
            arrived.append(busy.messages / (CLIENTS * RATE * len(PATHS)))
            beyond.append(busy.late)
    return [Figure(SUBJECT, f"{name}, of one core above idle", median(shares), "%", SHARE, at_least=False,
                   spread=middle_half(shares), rounds=rounds),
            Figure(SUBJECT, "of the messages due to them, arrived", median(arrived), "", ARRIVED,
                   spread=middle_half(arrived), rounds=rounds),
            Figure(SUBJECT, "p99 lateness of the stream meanwhile, beyond a bare loop", median(beyond), "ms", LATE_MS,
                   at_least=False, spread=middle_half(beyond), rounds=rounds)]


class Crowd:
    """WebSocket clients that listen, and count what comes; one thread reads them all."""

    def __init__(self, sockets: Sequence[socket.socket]) -> None:
        self.messages = self.dropped = 0
        self._sockets = sockets
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._read, name="listeners", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Raises ServeError when a client was dropped: then there is nothing to compare."""
        self._stopping.set()
        self._thread.join()
        if self.dropped:
            raise ServeError(f"the server under test dropped {self.dropped} of {len(self._sockets)} clients")

    def _read(self) -> None:
        with selectors.DefaultSelector() as ready:
            for sock in self._sockets:
                sock.setblocking(False)
                ready.register(sock, selectors.EVENT_READ, (sock, bytearray()))
            while not self._stopping.is_set():
                for key, _ in ready.select(0.1):
                    sock, buffer = key.data
                    data = sock.recv(1 << 16)
                    if not data:
                        ready.unregister(sock)
                        self.dropped += 1
                    buffer.extend(data)
                    self.messages += taken(buffer)


def taken(buffer: bytearray) -> int:
    """Take the whole frames off a buffer and count them; a server's frames are not masked."""
    place = count = 0
    while len(buffer) - place >= 2:
        size, head = buffer[place + 1], 2
        if size >= 126:
            head = 4 if size == 126 else 10
            if len(buffer) - place < head:
                break
            size = int.from_bytes(buffer[place + 2:place + head], "big")
        if len(buffer) - place < head + size:
            break
        place += head + size
        count += 1
    del buffer[:place]
    return count


class Spent(NamedTuple):
    """Cores in use, how many milliseconds later than a bare loop the stream was at p99, messages a second."""

    cores: float
    late: float
    messages: float


def _spent(pid: int, stage: Stage, seconds: int, crowd: Crowd | None = None) -> Spent:
    with bare_loop(seconds + 1) as bare:
        stage.forget()
        before, begin, heard_before = cpu_seconds(pid) or 0.0, time.perf_counter(), crowd.messages if crowd else 0
        ticks = [(one.tick, one.at) for heard in stage.hear(seconds) if (one := told(heard)) is not None]
        took, messages = time.perf_counter() - begin, (crowd.messages if crowd else 0) - heard_before
        used = (cpu_seconds(pid) or 0.0) - before
        beats = [(int.from_bytes(heard.packet, "big"), heard.at) for heard in list(bare)]
    late = percentile(lateness(ticks), 0.99) - percentile(lateness(beats), 0.99)
    return Spent(used / took, late, messages / took)


@contextmanager
def listening(port: int, clients: int) -> Iterator[Crowd]:
    """So many clients that listen to the four addresses."""
    sockets = [_client(port) for _ in range(clients)]
    crowd = Crowd(sockets)
    crowd.start()
    try:
        time.sleep(0.5)
        yield crowd
    finally:
        crowd.stop()
        for sock in sockets:
            sock.close()


def _client(port: int) -> socket.socket:
    sock = socket.create_connection((HERE, port), timeout=_PATIENCE)
    key = base64.b64encode(os.urandom(16)).decode()
    sock.sendall(f"GET / HTTP/1.1\r\nHost: {HERE}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += sock.recv(4096)
    if b" 101 " not in answer.split(b"\r\n", 1)[0]:
        raise ServeError(f"the server under test took no WebSocket: {answer[:80]!r}")
    for path in PATHS:
        sock.sendall(masked(json.dumps({"COMMAND": "LISTEN", "DATA": path}).encode()))
    return sock


def masked(payload: bytes) -> bytes:
    """A text message as a client sends it; a mask of zeros changes nothing."""
    return struct.pack(">BB4x", 0x81, 0x80 | len(payload)) + payload
