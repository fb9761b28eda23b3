"""Multicast on this computer only: over real sockets, and as Windows wants it."""

from __future__ import annotations

import socket
import struct
from typing import Any

import pytest

from server.frontends.own_multicast import own_multicast

GROUP = "239.255.77.77"


def test_what_is_said_on_this_computer_is_heard() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    try:
        ear = own_multicast(GROUP, port)
    except OSError as problem:
        pytest.skip(f"this machine has no multicast: {problem}")
    with ear, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
        ear.settimeout(10.0)
        mouth.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        mouth.sendto(b"hello", (GROUP, port))
        data, sender = ear.recvfrom(100)
        assert (data, sender[0]) == (b"hello", "127.0.0.1")
        assert ear.getsockname()[0] != "0.0.0.0"


class FakeSocket:
    """Notes what is done to it; `failing` names what does not work."""

    def __init__(self, failing: str = "") -> None:
        self.calls: list[tuple[Any, ...]] = []
        self._failing = failing

    def setsockopt(self, *args: Any) -> None:
        self.calls.append(args)

    def bind(self, address: tuple[str, int]) -> None:
        self.calls.append(("bind", address))
        if self._failing == "bind":
            raise OSError("taken")

    def setblocking(self, _: bool) -> None: ...

    def close(self) -> None:
        self.calls.append(("close",))


class Windows:
    """The socket module as it is there: no SO_REUSEPORT."""

    AF_INET, SOCK_DGRAM, IPPROTO_UDP, IPPROTO_IP, SOL_SOCKET, SO_REUSEADDR, IP_ADD_MEMBERSHIP = 2, 2, 17, 0, 1, 4, 12

    def __init__(self, failing: str = "") -> None:
        self.made = FakeSocket(failing)

    def socket(self, *_: int) -> FakeSocket:
        return self.made


def test_on_windows_it_is_bound_to_the_loopback() -> None:
    system = Windows()
    own_multicast(GROUP, 5353, system=system, platform="win32")
    assert ("bind", ("127.0.0.1", 5353)) in system.made.calls
    joined = struct.pack("4s4s", socket.inet_aton(GROUP), socket.inet_aton("127.0.0.1"))
    assert (0, 12, joined) in system.made.calls


def test_elsewhere_it_is_bound_to_the_group() -> None:
    system = Windows()
    own_multicast(GROUP, 5353, system=system, platform="darwin")
    assert ("bind", (GROUP, 5353)) in system.made.calls


def test_one_that_cannot_be_had_is_closed() -> None:
    system = Windows(failing="bind")
    with pytest.raises(OSError, match="taken"):
        own_multicast(GROUP, 5353, system=system, platform="win32")
    assert system.made.calls[-1] == ("close",)
