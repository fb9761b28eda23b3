"""UDP sockets as this server needs them, on every system. Knows nothing of what is sent."""

from __future__ import annotations

import contextlib
import errno
import socket
import sys
from typing import Any, Final

from server.errors import ServeError

RECEIVE_BUFFER: Final = 4 << 20
"""Bytes: the system's own default holds 256 small packets, less than one recalled preset."""
_SO_RCVBUFFORCE: Final = 33
"""Linux: beyond the system's limit, for those who may."""
_IN_USE: Final = frozenset({errno.EADDRINUSE, errno.EACCES})
"""Windows says EACCES when another program has the port for itself."""
_TRIES: Final = 20


def receiving_socket(host: str, port: int, *, option: str = "--osc-port", system: Any = socket) -> socket.socket:
    """Bind a port for ourselves alone, with a large buffer. Raises ServeError that says what to do.

    `system` is the socket module: Windows has a switch of its own for exclusive ports.
    """
    sock: socket.socket = system.socket(system.AF_INET, system.SOCK_DGRAM)
    try:
        exclusive = getattr(system, "SO_EXCLUSIVEADDRUSE", None)
        if exclusive is not None:
            sock.setsockopt(system.SOL_SOCKET, exclusive, 1)
        _enlarge(sock)
        sock.bind((host, port))
    except (OSError, OverflowError) as problem:
        sock.close()
        raise ServeError(_why(host, port, option, problem, system)) from problem
    return sock


def sending_socket() -> socket.socket:
    """A socket that never waits. It is never read, so that a closed port elsewhere cannot disturb reception."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    return sock


def lan_address() -> str | None:
    """This machine's address on its network; None when it is on none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Connecting a UDP socket sends nothing; it only asks which way packets would go.
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        address = str(probe.getsockname()[0])
    return None if address.startswith("127.") else address


def _enlarge(sock: socket.socket) -> None:
    """Ask for 4 MiB, and for less where the system refuses."""
    options = [(_SO_RCVBUFFORCE, RECEIVE_BUFFER)] if sys.platform == "linux" else []
    options += [(socket.SO_RCVBUF, RECEIVE_BUFFER >> half) for half in range(5)]
    for option, size in options:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, option, size)
            return


def port_is_taken(problem: BaseException | None) -> bool:
    """Whether a port could not be opened because a program has it."""
    return isinstance(problem, OSError) and problem.errno in _IN_USE


def free_port(host: str, near: int, kind: int = socket.SOCK_DGRAM, *, system: Any = socket) -> int:
    """A port near this one that nobody has at this moment, to be named as an example."""
    step = 10 if near + 10 * _TRIES <= 65535 else -10
    for port in range(near + step, near + step * (_TRIES + 1), step):
        with contextlib.closing(system.socket(system.AF_INET, kind)) as probe, contextlib.suppress(OSError):
            probe.bind((host, port))
            return port
    return near + step


def _why(host: str, port: int, option: str, problem: Exception, system: Any) -> str:
    number = problem.errno if isinstance(problem, OSError) else None
    if isinstance(problem, OverflowError) or (number == errno.EACCES and port < 1024):
        return f"port {port}/udp cannot be used; choose one from 1024 to 65535 with {option}"
    if number in _IN_USE:
        return (f"port {port}/udp is used by another program, or by another interscene; close it, or choose another "
                f"port: {option} {free_port(host, port, system=system)}")
    if number == errno.EADDRNOTAVAIL or isinstance(problem, socket.gaierror):
        return f"this computer has no network address {host}; listen on 127.0.0.1, or on 0.0.0.0 for all of its own"
    return f"port {port}/udp on {host} cannot be opened: {problem}"
