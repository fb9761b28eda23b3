"""`interscene monitor`: print what a server tells its subscribers, or any OSC that arrives on a port."""

from __future__ import annotations

import argparse
import contextlib
import socket
import sys
from collections.abc import Iterator
from typing import Final

from server.app.osc_text import OSC_PORT, line, parse_endpoint
from server.errors import InputError
from server.frontends.udp import receiving_socket
from server.playback.clock import Clock, SystemClock
from server.protocol.encode import message
from server.protocol.match import Mask
from server.protocol.osc import Message, messages
from server.units import Seconds

HELP: Final = "Print what the server tells, or with --listen any OSC that arrives on a port, malformed too."
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
    parser.add_argument("--listen", type=int, metavar="PORT", help="print what arrives on this port instead")
    parser.add_argument("--host", default="127.0.0.1", help="with --listen: 0.0.0.0 hears other computers too")
    parser.add_argument("--count", type=int, default=0, metavar="N", help="end after so many lines (default: never)")


def run(options: argparse.Namespace, clock: Clock | None = None) -> int:
    """Print until interrupted, or until `--count` lines are printed."""
    mask = Mask(options.mask)
    clock = clock or SystemClock()
    if options.listen is not None:
        with receiving_socket(options.host, options.listen, option="--listen") as sock:
            print(f"listening on {options.host}:{sock.getsockname()[1]}/udp; Ctrl-C ends", flush=True)
            return _print(sock, clock, mask, options.count)
    if not 0.1 <= options.rate <= 120:
        raise InputError(f"--rate is 0.1 to 120 Hz, not {options.rate:g}")
    server = parse_endpoint(options.server)
    with receiving_socket("", 0) as sock:
        subscription = _Subscription(sock, server, message("/system/subscribe", options.mask, options.rate))
        try:
            return _print(sock, clock, mask, options.count, subscription)
        finally:
            with contextlib.suppress(OSError):
                sock.sendto(message("/system/unsubscribe"), server)


class _Subscription:
    """Asks again from time to time, more often until somebody answers."""

    def __init__(self, sock: socket.socket, server: tuple[str, int], packet: bytes) -> None:
        self._sock, self._server, self._packet = sock, server, packet
        self._due: Seconds | None = None
        self.heard = self._warned = False

    def renew(self, now: Seconds) -> None:
        """Subscribe when it is time to."""
        if self._due is not None and now < self._due:
            return
        if self._due is not None and not self.heard and not self._warned:
            self._warned = True
            print(f"nothing heard from {self._server[0]}:{self._server[1]}; is the server running? Still trying",
                  file=sys.stderr, flush=True)
        self._due = now + (RENEW if self.heard else PATIENCE)
        with contextlib.suppress(OSError):
            self._sock.sendto(self._packet, self._server)


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
        if subscription is not None:
            subscription.heard = True
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
