"""UDP sockets of the stand-in: bound for one program alone, never blocking, deaf to "port unreachable"."""

from __future__ import annotations

import contextlib
import selectors
import socket
from collections.abc import Iterator

from server.errors import InputError, ServeError

RECEIVE_BUFFER = 4 << 20
PACKET_MAX = 65536

Address = tuple[str, int]


def parse_address(text: str, default_port: int) -> Address:
    """`host:port`, or `host` alone. Raises InputError."""
    host, colon, port = text.rpartition(":")
    if not colon:
        host, port = text, str(default_port)
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise InputError(f"{text!r} is no address; write host:port, for example 127.0.0.1:{default_port}")
    return host.strip("[]"), int(port)


def resolve_address(address: Address) -> Address:
    """The IPv4 number of a host. Raises InputError."""
    host, port = address
    try:
        return socket.gethostbyname(host), port
    except (OSError, UnicodeError):
        raise InputError(f"there is no host {host!r}; check the name, or write its number") from None


def open_udp(host: str, port: int, option: str) -> socket.socket:
    """A bound UDP socket. Raises ServeError naming the port and the option that changes it."""
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            udp.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        udp.bind((host, port))
    except OSError as error:
        udp.close()
        raise ServeError(f"UDP port {port} on {host} cannot be used ({error.strerror}); close the program "
                         f"that has it, or choose another with {option}") from None
    with contextlib.suppress(OSError):
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    udp.setblocking(False)
    return udp


def drain(udp: socket.socket) -> Iterator[tuple[bytes, Address]]:
    """Every packet that has arrived. Windows reports a closed port of the other side here too."""
    while True:
        try:
            yield udp.recvfrom(PACKET_MAX)
        except ConnectionError:
            continue
        except OSError:
            # Nothing more for now, or a network that is down: the next turn looks again.
            return


class Waiter:
    """Waits until one of some sockets has a packet."""

    def __init__(self, *sockets: socket.socket) -> None:
        self._selector = selectors.DefaultSelector()
        for udp in sockets:
            self._selector.register(udp, selectors.EVENT_READ)

    def wait(self, seconds: float) -> None:
        self._selector.select(max(0.0, seconds))

    def close(self) -> None:
        self._selector.close()
