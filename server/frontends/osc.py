"""OSC over UDP: a thread for each port that receives, and a sender of its own socket.

Hands on what the dispatcher makes of packets; decides nothing and reads no clock of its own.
"""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from server.errors import InputError
from server.frontends.allowance import Allowance
from server.frontends.security import is_loopback
from server.frontends.udp import receiving_socket, sending_socket
from server.protocol.command import Rejection, Released, Source
from server.protocol.controllers.ears import Ears
from server.protocol.dispatch import Dispatcher, Result
from server.protocol.text import printable
from server.units import Seconds

log = logging.getLogger("interscene.osc")

PACKET_MAX: Final = 65536
BUFFER_LOW: Final = 1 << 20
PEERS_KEPT: Final = 1024
FLOOD: Final = 30_000
"""Packets a second from one source: more than any controller sends on purpose."""
LINE_EVERY: Final[Seconds] = 1.0
_FAILURES: Final = 100

Sink = Callable[[list[Result]], None]


@dataclass(slots=True)
class ReceiverCounts:
    """What arrived since the start."""

    packets: int = 0
    messages: int = 0
    rejected: int = 0
    forwarded: int = 0
    refused: int = 0
    """Packets from computers that are not allowed to send."""
    absurd_times: int = 0
    left_out: int = 0
    """Packets of senders that sent more than could be done."""


@dataclass(slots=True)
class _Peer:
    """One sender: where answers go, and how much it sent in the present second."""

    source: Source
    allowed: bool
    allowance: Allowance
    second: Seconds = 0.0
    packets: int = 0


class AllowList:
    """Computers that may send. Empty allows all; this computer may always. Raises InputError for a bad entry."""

    def __init__(self, entries: Sequence[str]) -> None:
        try:
            self._networks = [ipaddress.ip_network(entry, strict=False) for entry in entries]
        except ValueError:
            raise InputError(f"{', '.join(map(repr, entries))}: allow addresses like 192.168.10.42 or networks like "
                             "192.168.10.0/24") from None

    def allows(self, host: str) -> bool:
        """Whether packets from this numeric address are read."""
        address = ipaddress.ip_address(host)
        return not self._networks or address.is_loopback or any(address in net for net in self._networks)


class OscReceiver:
    """Receives on several ports. `sink` is called from the receiving threads and must not block.

    `now` is the server's clock and `wall` the time of day in Unix seconds, for time tags. Port 0 takes a free
    one. `ears` say which addresses belong to controllers, `waiting` how much the show has yet to do. Raises ServeError
    when a port cannot be opened.
    """

    def __init__(self, ports: Sequence[int], decks: int, sink: Sink, now: Callable[[], Seconds],
                 wall: Callable[[], Seconds], *, host: str = "127.0.0.1", allow: Sequence[str] = (),
                 ears: Ears | None = None, waiting: Callable[[], int] = lambda: 0) -> None:
        allowed = AllowList(allow)
        sockets: list[socket.socket] = []
        try:
            for port in ports:
                sockets.append(receiving_socket(host, port))
        except BaseException:
            for sock in sockets:
                sock.close()
            raise
        lines = _Lines()
        self._ears = [_Ear(sock, Dispatcher(decks, ears), sink, now, wall, allowed, lines, waiting) for sock in sockets]

    @property
    def ports(self) -> tuple[int, ...]:
        """The ports that are open."""
        return tuple(ear.port for ear in self._ears)

    def start(self) -> None:
        """Begin to receive."""
        for ear in self._ears:
            if ear.buffer < BUFFER_LOW:
                log.warning("the system grants port %d/udp only %d bytes of buffer, and long bursts may get lost; on "
                            "Linux: sudo sysctl net.core.rmem_max=4194304", ear.port, ear.buffer)
            ear.thread.start()

    def stop(self) -> None:
        """Close the ports; returns when the threads have ended."""
        for ear in self._ears:
            ear.stop()

    def tell_released(self, hear: Callable[[Released], None]) -> None:
        """Hand messages to buttons that do nothing to a callable, from the receiving threads."""
        for ear in self._ears:
            ear.dispatcher.released = hear

    def counts(self) -> ReceiverCounts:
        """All ports together."""
        total = ReceiverCounts()
        for ear in self._ears:
            own = ear.dispatcher.counts
            total.packets += ear.packets
            total.refused += ear.refused
            total.left_out += ear.left_out
            total.messages += own.messages
            total.rejected += own.rejected
            total.forwarded += own.forwarded
            total.absurd_times += own.absurd_times
        return total


class _Lines:
    """At most one line a second for the log, whatever arrives; the rest is counted in the next one."""

    def __init__(self) -> None:
        self._next = float("-inf")
        self._untold = 0

    def free(self, now: Seconds) -> bool:
        """Whether a line would be written; a line that would not is counted."""
        if now >= self._next:
            return True
        self._untold += 1
        return False

    def write(self, line: str, now: Seconds) -> None:
        """Write it; ask `free` before."""
        untold, self._untold, self._next = self._untold, 0, now + LINE_EVERY
        log.warning("%s%s", line, f" (and {untold} more)" if untold else "")


class _Ear:
    """One port and the thread that reads it."""

    def __init__(self, sock: socket.socket, dispatcher: Dispatcher, sink: Sink, now: Callable[[], Seconds],
                 wall: Callable[[], Seconds], allow: AllowList, lines: _Lines, waiting: Callable[[], int]) -> None:
        self.dispatcher = dispatcher
        self.packets = 0
        self.refused = 0
        self.left_out = 0
        self.host, self.port = sock.getsockname()
        self.buffer = sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        self.thread = threading.Thread(target=self._run, name=f"osc-{self.port}", daemon=True)
        self._sock, self._sink, self._now, self._wall = sock, sink, now, wall
        self._allow, self._lines, self._waiting = allow, lines, waiting
        self._peers: dict[tuple[str, int], _Peer] = {}
        self._allowances: dict[str, Allowance] = {}
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Wake the thread with a packet to itself: closing alone does not end a read everywhere."""
        self._stopping.set()
        with contextlib.suppress(OSError), sending_socket() as waker:
            waker.sendto(b"", ("127.0.0.1" if self.host == "0.0.0.0" else self.host, self.port))  # noqa: S104
        if self.thread.is_alive():
            self.thread.join(timeout=2.0)
        self._sock.close()

    def _run(self) -> None:
        buffer = bytearray(PACKET_MAX)
        view = memoryview(buffer)
        failures = 0
        while not self._stopping.is_set():
            try:
                size, address = self._sock.recvfrom_into(buffer)
            except OSError as problem:
                # Windows reports another program's closed port here; the port itself is well.
                failures += 1
                if failures > _FAILURES:
                    self._stopping.wait(0.05)
                    self._tell(f"port {self.port}/udp: {problem}", self._now())
                continue
            failures = 0
            if self._stopping.is_set():
                return
            try:
                self._receive(bytes(view[:size]), address)
            except Exception:  # the top of a thread: one packet's trouble must not end reception
                log.exception("port %d/udp: a packet of %d bytes could not be handled", self.port, size)

    def _receive(self, packet: bytes, address: tuple[str, int]) -> None:
        now = self._now()
        self.packets += 1
        peer = self._peers.get(address) or self._meet(address, now)
        if not peer.allowed:
            self.refused += 1
            self._tell(f"{address[0]} is not allowed to send; add it with --allow {address[0]}", now)
            return
        if now - peer.second >= 1.0:
            peer.second, peer.packets = now, 0
        peer.packets += 1
        if peer.packets == FLOOD:
            self._tell(f"{address[0]}:{address[1]} sends more than {FLOOD} packets a second", now)
        if not peer.allowance.admits(now, self._waiting()):
            self.left_out += 1
            self._tell(f"{address[0]}:{address[1]} sends more than can be done: some of its packets are left out", now)
            return
        rejected = self.dispatcher.counts.rejected
        results = self.dispatcher.dispatch(packet, peer.source, now, self._wall())
        mistakes = self.dispatcher.counts.rejected - rejected
        if mistakes:
            self._explain(results, now)
        if mistakes or len(results) > 1:
            peer.allowance.charge(len(results), mistakes)
        if results:
            self._sink(results)

    def _meet(self, address: tuple[str, int], now: Seconds) -> _Peer:
        if len(self._peers) >= PEERS_KEPT:
            self._peers.clear()
            self._allowances.clear()
        peer = _Peer(Source(address[0], address[1]), self._allow.allows(address[0]),
                     self._allowance_of(address, now))
        self._peers[address] = peer
        return peer

    def _allowance_of(self, address: tuple[str, int], now: Seconds) -> Allowance:
        """Programs on this computer have one each; another computer has one, whatever ports it sends from."""
        if is_loopback(address[0]):
            return Allowance(now)
        known = self._allowances.get(address[0])
        return known or self._allowances.setdefault(address[0], Allowance(now))

    def _explain(self, results: list[Result], now: Seconds) -> None:
        """Log the first rejection, and tell the sender what was perhaps meant: as often as a line is free."""
        for result in results:
            if isinstance(result, Rejection) and self._lines.free(now):
                result.text = self.dispatcher.explain(result)
                self._lines.write(f"{result.source.host}:{result.source.port}: {printable(result.text)}", now)

    def _tell(self, line: str, now: Seconds) -> None:
        if self._lines.free(now):
            self._lines.write(line, now)


class OscSender:
    """Sends packets from a socket of its own; never waits and never raises, but counts what could not go."""

    def __init__(self) -> None:
        self._sock = sending_socket()
        self.sent = 0
        self.lost = 0

    def send(self, packet: bytes, address: tuple[str, int]) -> bool:
        """Send to a numeric IPv4 host and a port; False when the system did not take it."""
        try:
            # A name would be looked up in the network, which waits.
            socket.inet_aton(address[0])
            self._sock.sendto(packet, address)
        except (OSError, OverflowError):
            self.lost += 1
            return False
        self.sent += 1
        return True

    def close(self) -> None:
        """Give the socket back."""
        self._sock.close()
