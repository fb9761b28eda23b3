"""`interscene monitor`: print what a server tells its subscribers, or any OSC that arrives on a port."""

from __future__ import annotations

import argparse
import contextlib
import socket
import sys
from collections.abc import Iterator
from typing import Final

from server.app.osc_text import DECKS_MAX, OSC_PORT, line, parse_endpoint
from server.errors import InputError, ServeError
from server.frontends.udp import port_is_taken, receiving_socket
from server.playback.clock import Clock, SystemClock
from server.protocol.encode import message
from server.protocol.feedback import FEEDBACK_SECTIONS
from server.protocol.match import Mask
from server.protocol.osc import Message, messages
from server.protocol.text import printable
from server.units import Seconds

HELP: Final = ("Print what the server says: its state, heartbeat and errors, not the messages that it receives. With "
               "--listen, print any OSC that arrives on another port, malformed too.")
PING: Final = "monitor"
RENEW: Final[Seconds] = 20.0
LOOK: Final[Seconds] = 0.2
"""How long a read waits at most: an interruption from the keyboard is only seen between reads."""
PATIENCE: Final[Seconds] = 2.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of the verb."""
    parser.add_argument("--from", dest="server", default=f"127.0.0.1:{OSC_PORT}", metavar="HOST:PORT",
                        help="the server's OSC port (default: %(default)s)")
    parser.add_argument("--mask", default="*", help="addresses, with wildcards, separated by spaces (default: all)")
    parser.add_argument("--rate", type=float, default=10.0, metavar="HZ",
                        help="most updates of one address a second (default: 10)")
    parser.add_argument("--listen", type=int, metavar="PORT",
                        help="print what arrives on this port instead; no other program may have it")
    parser.add_argument("--host", default="127.0.0.1", help="with --listen: 0.0.0.0 hears other computers too")
    parser.add_argument("--count", type=int, default=0, metavar="N", help="end after so many lines (default: never)")


def run(options: argparse.Namespace, clock: Clock | None = None) -> int:
    """Print until interrupted, or until `--count` lines are printed."""
    mask = Mask(options.mask)
    clock = clock or SystemClock()
    if options.listen is not None:
        with _own_port(options.host, options.listen) as sock:
            print(f"listening on {options.host}:{sock.getsockname()[1]}/udp; Ctrl-C ends", flush=True)
            return _print(sock, clock, mask, options.count)
    if not 0.1 <= options.rate <= 120:
        raise InputError(f"--rate is 0.1 to 120 Hz, not {options.rate:g}")
    server = parse_endpoint(options.server)
    with receiving_socket("", 0) as sock:
        subscription = _Subscription(sock, server, options.mask, options.rate)
        try:
            return _print(sock, clock, mask, options.count, subscription)
        finally:
            with contextlib.suppress(OSError):
                sock.sendto(message("/system/unsubscribe"), server)


def _own_port(host: str, port: int) -> socket.socket:
    """Open a port to listen on. Raises ServeError, which for the server's own port says what to do instead."""
    try:
        return receiving_socket(host, port, option="--listen")
    except ServeError as problem:
        if not port_is_taken(problem.__cause__):
            raise
        raise ServeError(f"{problem}. A port has one reader: to see what a controller sends to the server, have it "
                         "send to that other port as well") from problem


class _Subscription:
    """Asks again from time to time, more often until somebody answers."""

    def __init__(self, sock: socket.socket, server: tuple[str, int], mask: str, rate: float) -> None:
        self._sock, self._server, self._mask = sock, server, mask
        self._packets = message("/system/subscribe", mask, rate), message("/system/ping", PING)
        self._due: Seconds | None = None
        self.heard = self._answered = self._warned = False

    def renew(self, now: Seconds) -> None:
        """Subscribe when it is time to."""
        if self._due is not None and now < self._due:
            return
        if self._due is not None and not self.heard and not self._warned:
            self._warned = True
            print(self._why_silent(), file=sys.stderr, flush=True)
        self._due = now + (RENEW if self.heard else PATIENCE)
        for packet in self._packets:
            with contextlib.suppress(OSError):
                self._sock.sendto(packet, self._server)

    def take(self, packet: bytes) -> bool:
        """Whether a packet is one to print; the answer to our own ping is not."""
        if any(isinstance(part, Message) and part.address == "/system/pong" and part.args == (PING,)
               for part in messages(packet)):
            self._answered = True
            return False
        self.heard = True
        return True

    def _why_silent(self) -> str:
        server = f"{self._server[0]}:{self._server[1]}"
        if not self._answered:
            return f"nothing heard from {server}; is the server running? Still trying"
        example = mask_like(self._mask)
        if example:
            return (f"{server} answers, but the mask {printable(self._mask)!r} matches nothing that it says; "
                    f"for example: --mask '{example}'")
        return f"{server} answers, but has said nothing yet that matches {printable(self._mask)!r}; waiting"


def mask_like(mask: str) -> str:
    """A mask that hears something, for one that matches no address of the server's; empty for one that does."""
    said = [row.address for title, rows in FEEDBACK_SECTIONS.items() if title.startswith("State") for row in rows]
    said += ["/heartbeat", "/error"]
    wanted = Mask(mask)
    if any(wanted.matches(address.replace("{n}", str(deck))) for address in said for deck in range(1, DECKS_MAX + 1)):
        return ""
    words = [word.rsplit("/", 1)[-1].lower() for word in mask.split()]
    near = [address for address in said if address.rsplit("/", 1)[-1] in words]
    return (near or said)[0].replace("{n}", "*")


def _print(sock: socket.socket, clock: Clock, mask: Mask, count: int,
           subscription: _Subscription | None = None) -> int:
    start, printed = clock.now(), 0
    sock.settimeout(LOOK)
    while not count or printed < count:
        if subscription is not None:
            subscription.renew(clock.now())
        try:
            packet, source = sock.recvfrom(65536)
        except (TimeoutError, ConnectionError):
            continue  # ConnectionError: Windows says so while no server listens there
        if subscription is not None and not subscription.take(packet):
            continue
        origin = "" if subscription is not None else f"{source[0]}:{source[1]}  "
        for text in _lines(packet, mask):
            print(f"{clock.now() - start:9.3f}  {origin}{text}", flush=True)
            printed += 1
            if printed == count:
                break
    return 0


def _lines(packet: bytes, mask: Mask) -> Iterator[str]:
    """What a packet says, and why what it does not say cannot be read."""
    for part in messages(packet):
        if not isinstance(part, Message):
            yield f"malformed ({len(packet)} bytes): {part.address and part.address + ': '}{part.reason}"
        elif mask.matches(part.address):
            untyped = f" <{len(part.rest)} bytes without type tags>" if part.tags is None else ""
            yield line(part.address, part.args) + untyped
