"""Sending: never raises, never waits, counts what could not go; and sockets as every system wants them."""

from __future__ import annotations

import errno
import socket
import types
from collections.abc import Iterator
from typing import Any

import pytest

from server.errors import ServeError
from server.frontends.osc import OscSender
from server.frontends.udp import RECEIVE_BUFFER, free_port, receiving_socket


@pytest.fixture
def sender() -> Iterator[OscSender]:
    sender = OscSender()
    yield sender
    sender.close()


def test_packets_arrive(sender: OscSender) -> None:
    with receiving_socket("127.0.0.1", 0) as ear:
        ear.settimeout(10)
        assert sender.send(b"/a\0\0", ear.getsockname())
        assert ear.recv(100) == b"/a\0\0"
    assert (sender.sent, sender.lost) == (1, 0)


@pytest.mark.parametrize("address", [("127.0.0.1", 0), ("127.0.0.1", 70_000), ("127.0.0.1", -1), ("stage.local", 7501),
                                     ("", 7501), ("::1", 7501), ("a" * 300, 7501)])
def test_what_cannot_go_is_counted(sender: OscSender, address: tuple[str, int]) -> None:
    assert not sender.send(b"/a\0\0", address)
    assert (sender.sent, sender.lost) == (0, 1)


def test_a_packet_too_large_is_counted(sender: OscSender) -> None:
    assert not sender.send(bytes(70_000), ("127.0.0.1", 9))
    assert sender.lost == 1


@pytest.mark.parametrize("problem", [ConnectionRefusedError(errno.ECONNREFUSED, "refused"), BlockingIOError(),
                                     ConnectionResetError(10054, "reset"), OSError(errno.ENOBUFS, "no buffers"),
                                     OSError(errno.ENETUNREACH, "unreachable"),
                                     PermissionError(errno.EACCES, "broadcast")])
def test_whatever_the_system_says_is_counted(sender: OscSender, problem: OSError,
                                             monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_packet: bytes, _address: tuple[str, int]) -> int:
        raise problem

    real = sender._sock
    monkeypatch.setattr(sender, "_sock", types.SimpleNamespace(sendto=refuse, close=real.close))

    assert not sender.send(b"/a\0\0", ("127.0.0.1", 9))
    assert sender.lost == 1


def test_a_sender_after_closing_is_harmless() -> None:
    sender = OscSender()
    sender.close()

    assert not sender.send(b"/a\0\0", ("127.0.0.1", 9))


def test_the_receive_buffer_holds_a_preset() -> None:
    with receiving_socket("127.0.0.1", 0) as sock:
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) >= 200_000
    assert RECEIVE_BUFFER == 4 * 1024 * 1024


class RecordingSocket:
    """Says what was asked of it."""

    def __init__(self, problem: Exception | None) -> None:
        self.options: list[tuple[int, int]] = []
        self.bound: tuple[str, int] | None = None
        self.closed = False
        self._problem = problem

    def setsockopt(self, _level: int, option: int, value: int) -> None:
        self.options.append((option, value))

    def bind(self, address: tuple[str, int]) -> None:
        if self._problem:
            raise self._problem
        self.bound = address

    def close(self) -> None:
        self.closed = True


def windows(problem: Exception | None = None) -> tuple[Any, RecordingSocket]:
    sock = RecordingSocket(problem)
    return types.SimpleNamespace(AF_INET=2, SOCK_DGRAM=2, SOL_SOCKET=0xFFFF, SO_EXCLUSIVEADDRUSE=-5,
                                 socket=lambda _family, _kind: sock), sock


def test_on_windows_a_port_is_ours_alone_before_it_is_bound() -> None:
    system, sock = windows()

    receiving_socket("127.0.0.1", 7500, system=system)

    assert sock.options[0] == (-5, 1)
    assert sock.bound == ("127.0.0.1", 7500)


def test_the_port_that_is_proposed_is_free() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        near = port - 10 if port + 200 <= 65535 else port + 10
        assert free_port("127.0.0.1", near) != port
    with receiving_socket("127.0.0.1", free_port("127.0.0.1", near)) as proposed:
        assert proposed.getsockname()[1] != near


@pytest.mark.parametrize(("port", "problem", "reason"), [
    (7500, PermissionError(errno.EACCES, "forbidden"), "port 7500/udp is used by another program"),
    (7500, OSError(errno.EADDRINUSE, "in use"), "choose another port: --osc-port 7510"),
    (65530, OSError(errno.EADDRINUSE, "in use"), "--osc-port 65520"),
    (80, PermissionError(errno.EACCES, "forbidden"), "port 80/udp cannot be used; choose one from 1024 to 65535"),
    (99999, OverflowError("port"), "port 99999/udp cannot be used"),
    (7500, OSError(errno.EADDRNOTAVAIL, "not ours"), "this computer has no network address 10.9.9.9"),
    (7500, socket.gaierror(-2, "unknown"), "has no network address"),
    (7500, OSError(errno.EIO, "broken"), "port 7500/udp on 10.9.9.9 cannot be opened"),
])
def test_why_a_port_cannot_be_opened(port: int, problem: Exception, reason: str) -> None:
    system, sock = windows(problem)

    with pytest.raises(ServeError) as caught:
        receiving_socket("10.9.9.9", port, system=system)
    assert reason in str(caught.value)
    assert sock.closed


def test_two_may_not_share_a_port() -> None:
    with receiving_socket("127.0.0.1", 0) as first, pytest.raises(ServeError, match="used by another program"):
        receiving_socket("127.0.0.1", first.getsockname()[1])
