"""Receiving over real sockets: bursts, several ports, strangers, broken packets, closed ports elsewhere, stopping."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pytest

import server.frontends.osc as osc
from server.errors import InputError, ServeError
from server.frontends.osc import AllowList, OscReceiver, OscSender
from server.protocol.command import Command, Forward, Rejection, Source
from server.protocol.dispatch import Result
from server.protocol.encode import message

Start = Callable[..., "Ear"]


class Ear:
    """A receiver, and what it heard. The server's clock is moved by hand."""

    def __init__(self, ports: Sequence[int] = (0,), **options: Any) -> None:
        self.heard: list[Result] = []
        self.now = 100.0
        self.wanted = 1 << 60
        self.enough = threading.Event()
        self.receiver = OscReceiver(ports, 2, self._hear, lambda: self.now, lambda: 1.7e9, **options)
        self.receiver.start()

    def _hear(self, results: list[Result]) -> None:
        self.heard += results
        if len(self.heard) >= self.wanted:
            self.enough.set()

    def wait(self, count: int) -> list[Result]:
        self.wanted = count
        if len(self.heard) < count:
            self.enough.clear()
            if len(self.heard) < count:
                assert self.enough.wait(20), f"heard {len(self.heard)} of {count}"
        return self.heard

    @property
    def port(self) -> int:
        return self.receiver.ports[0]


@pytest.fixture
def start() -> Iterator[Start]:
    with ExitStack() as stack:
        def begin(*args: Any, **options: Any) -> Ear:
            ear = Ear(*args, **options)
            stack.callback(ear.receiver.stop)
            return ear
        yield begin


@pytest.fixture
def mouth() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        yield sock


def test_what_is_sent_arrives_with_its_sender(start: Start, mouth: socket.socket) -> None:
    ear = start()
    mouth.bind(("127.0.0.1", 0))
    mouth.sendto(message("/deck/1/frame", 120, "#7"), ("127.0.0.1", ear.port))

    found, = ear.wait(1)

    assert isinstance(found, Command)
    assert (found.args, found.request) == ((120,), "7")
    assert found.source == Source("127.0.0.1", mouth.getsockname()[1])


def test_two_thousand_in_a_row_are_all_heard_in_order(start: Start, mouth: socket.socket) -> None:
    ear = start()
    packets = [message("/deck/1/frame", number) for number in range(2000)]
    for packet in packets:
        mouth.sendto(packet, ("127.0.0.1", ear.port))

    heard = ear.wait(2000)

    assert [one.args for one in heard if isinstance(one, Command)] == [(number,) for number in range(2000)]
    assert ear.receiver.counts().messages == 2000


def test_several_ports_are_one_ear(start: Start, mouth: socket.socket) -> None:
    ear = start((0, 0, 0))
    for port in ear.receiver.ports:
        mouth.sendto(message("/song", str(port)), ("127.0.0.1", port))

    heard = ear.wait(3)

    assert sorted(one.args[0] for one in heard if isinstance(one, Command)) == sorted(map(str, ear.receiver.ports))
    assert ear.receiver.counts().packets == 3


def test_broken_packets_and_effects_do_not_stop_it(start: Start, mouth: socket.socket) -> None:
    ear = start()
    for packet in (b"", b"junk", b"#bundle\0", bytes(60_000), message("/FX/hue", 0.5), message("/deck/1/play")):
        mouth.sendto(packet, ("127.0.0.1", ear.port))

    heard = ear.wait(6)

    assert [type(one) for one in heard] == [Rejection] * 4 + [Forward, Command]
    counts = ear.receiver.counts()
    assert (counts.packets, counts.messages, counts.rejected, counts.forwarded) == (6, 5, 4, 1)


def test_a_mistyped_address_is_answered_with_what_was_perhaps_meant(start: Start, mouth: socket.socket) -> None:
    ear = start()
    mouth.sendto(message("/deck/1/pley", "#1"), ("127.0.0.1", ear.port))

    found, = ear.wait(1)

    assert isinstance(found, Rejection)
    assert found.text.endswith("did you mean /deck/1/play?")


def test_a_flood_of_nonsense_is_one_line_a_second(start: Start, mouth: socket.socket,
                                                  caplog: pytest.LogCaptureFixture) -> None:
    ear = start()
    with caplog.at_level(logging.WARNING, "interscene.osc"):
        for number in range(50):
            mouth.sendto(message(f"/wrong/{number}"), ("127.0.0.1", ear.port))
        ear.wait(50)
        ear.now += 1.0
        mouth.sendto(message("/wrong/again\n"), ("127.0.0.1", ear.port))
        ear.wait(51)

    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 2
    assert "no endpoint has the address /wrong/0" in lines[0]
    assert lines[1].endswith("(and 49 more)")
    assert "\n" not in lines[1]


def test_a_sender_gone_wild_is_named_once_a_second_and_still_heard(
        start: Start, mouth: socket.socket, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(osc, "FLOOD", 10)
    ear = start()
    with caplog.at_level(logging.WARNING, "interscene.osc"):
        for _ in range(40):
            mouth.sendto(message("/deck/1/play"), ("127.0.0.1", ear.port))
        ear.wait(40)

    assert [record.getMessage() for record in caplog.records] == [
        f"127.0.0.1:{mouth.getsockname()[1]} sends more than 10 packets a second"]


def test_a_handler_that_fails_does_not_deafen(mouth: socket.socket, caplog: pytest.LogCaptureFixture) -> None:
    calls: list[list[Result]] = []
    done = threading.Event()

    def sink(results: list[Result]) -> None:
        calls.append(results)
        if len(calls) == 2:
            done.set()
        raise RuntimeError("full")

    receiver = OscReceiver((0,), 1, sink, lambda: 0.0, lambda: 0.0)
    receiver.start()
    try:
        for _ in range(2):
            mouth.sendto(message("/play"), ("127.0.0.1", receiver.ports[0]))
        assert done.wait(20)
    finally:
        receiver.stop()
    assert "could not be handled" in caplog.text


def test_a_closed_port_elsewhere_does_not_stop_reception(start: Start, mouth: socket.socket) -> None:
    ear = start()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = closed.getsockname()
    sender = OscSender()
    try:
        for _ in range(50):
            sender.send(message("/td/deck/1/tick", 1), nobody)
            mouth.sendto(message("/deck/1/play"), ("127.0.0.1", ear.port))
        assert len(ear.wait(50)) == 50
    finally:
        sender.close()


class ResettingSocket:
    """What Windows does to a socket when a port elsewhere is closed: reads fail until they do not."""

    def __init__(self, real: socket.socket, failures: int) -> None:
        self._real, self.failures = real, failures

    def recvfrom_into(self, buffer: bytearray) -> tuple[int, tuple[str, int]]:
        if self.failures:
            self.failures -= 1
            raise ConnectionResetError(10054, "An existing connection was forcibly closed by the remote host")
        return self._real.recvfrom_into(buffer)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def test_reads_that_fail_as_on_windows_are_repeated(start: Start, mouth: socket.socket,
                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    bind = osc.receiving_socket
    monkeypatch.setattr(osc, "receiving_socket", lambda host, port: ResettingSocket(bind(host, port), 60))
    ear = start()
    mouth.sendto(message("/deck/1/play"), ("127.0.0.1", ear.port))

    assert len(ear.wait(1)) == 1


def test_only_computers_on_the_list_are_heard(start: Start, mouth: socket.socket) -> None:
    ear = start(allow=("192.168.10.0/24",))
    mouth.sendto(message("/deck/1/play"), ("127.0.0.1", ear.port))
    assert len(ear.wait(1)) == 1

    own = ear.receiver._ears[0]
    own._receive(message("/deck/1/play"), ("192.168.10.42", 7000))
    own._receive(message("/deck/1/play"), ("10.0.0.9", 7000))

    assert len(ear.heard) == 2
    assert ear.receiver.counts().refused == 1


@pytest.mark.parametrize(("entries", "host", "allowed"), [
    ((), "8.8.8.8", True), (("192.168.10.42",), "192.168.10.42", True), (("192.168.10.42",), "192.168.10.43", False),
    (("10.0.0.0/8", "192.168.1.1"), "10.200.3.4", True), (("10.0.0.1/8",), "10.9.9.9", True),
    (("192.168.1.1",), "127.0.0.1", True),
])
def test_allow_list(entries: tuple[str, ...], host: str, allowed: bool) -> None:
    assert AllowList(entries).allows(host) is allowed


def test_a_bad_entry_is_told() -> None:
    with pytest.raises(InputError, match=r"'stage'.*allow addresses like 192"):
        AllowList(("stage",))


def test_a_port_in_use_says_which_and_what_to_do(start: Start) -> None:
    taken = start()

    with pytest.raises(ServeError, match=rf"port {taken.port}/udp is used by another program.*--osc-port") as caught:
        Ear((0, taken.port))
    assert str(caught.value).isprintable()


def test_it_stops_at_once_and_its_port_is_free_again(mouth: socket.socket) -> None:
    first = Ear()
    port = first.port
    first.receiver.stop()
    second = Ear((port,))
    try:
        mouth.sendto(message("/deck/1/play"), ("127.0.0.1", port))
        assert len(second.wait(1)) == 1
        assert not [thread for thread in threading.enumerate() if thread.name == f"osc-{port}"][1:]
    finally:
        second.receiver.stop()


def test_it_may_be_stopped_before_it_was_started_and_twice() -> None:
    receiver = OscReceiver((0,), 1, lambda _results: None, lambda: 0.0, lambda: 0.0)
    receiver.stop()
    receiver.stop()


def test_all_interfaces(start: Start, mouth: socket.socket) -> None:
    ear = start(host="0.0.0.0")
    mouth.sendto(message("/deck/1/play"), ("127.0.0.1", ear.port))

    assert len(ear.wait(1)) == 1


def test_many_senders_are_remembered_within_bounds(start: Start) -> None:
    ear = start()
    own = ear.receiver._ears[0]
    for number in range(3000):
        own._receive(message("/deck/1/play"), ("127.0.0.1", number + 1))

    assert len(ear.heard) == 3000
    assert len(own._peers) <= osc.PEERS_KEPT
