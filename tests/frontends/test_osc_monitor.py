"""`interscene monitor`: what it asks for, and what it prints, malformed packets too."""

from __future__ import annotations

import argparse
import socket
from collections.abc import Iterator

import pytest

from server.app import monitor
from server.errors import InputError, ServeError
from server.playback.clock import ManualClock
from server.protocol.encode import message
from server.protocol.osc import Message
from server.protocol.osc import message as parse


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(10)
        yield sock


@pytest.fixture
def ear(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    """The socket that the monitor will open, so that packets can wait in it."""
    sock = monitor.receiving_socket("127.0.0.1", 0)
    monkeypatch.setattr(monitor, "receiving_socket", lambda _host, _port, **_options: sock)
    monkeypatch.setattr(monitor, "LOOK", 0.01)
    yield sock.getsockname()
    sock.close()


def run(*words: str, clock: ManualClock | None = None) -> int:
    parser = argparse.ArgumentParser()
    monitor.add_arguments(parser)
    return monitor.run(parser.parse_args(words), clock or ManualClock(50.0))


def said(sock: socket.socket) -> tuple[str, ...]:
    parsed = parse(sock.recv(65536))
    assert isinstance(parsed, Message)
    return (parsed.address, *map(str, parsed.args))


def test_it_subscribes_prints_and_unsubscribes(server: socket.socket, ear: tuple[str, int],
                                               capsys: pytest.CaptureFixture[str]) -> None:
    for packet in (message("/deck/1/state/frame", 7), message("/other", 1), message("/deck/1/state/mark", "a b")):
        server.sendto(packet, ear)

    code = run("--from", f"127.0.0.1:{server.getsockname()[1]}", "--mask", "/deck//*", "--rate", "30", "--count", "2")

    assert code == 0
    assert capsys.readouterr().out == '    0.000  /deck/1/state/frame 7\n    0.000  /deck/1/state/mark "a b"\n'
    assert said(server) == ("/system/subscribe", "/deck//*", "30.0")
    assert said(server) == ("/system/ping", "monitor")
    assert said(server) == ("/system/unsubscribe",)


def test_it_keeps_asking_until_somebody_answers_and_says_so_once(
        server: socket.socket, ear: tuple[str, int], capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch) -> None:
    clock = ManualClock()
    asked = 0

    def later() -> float:
        nonlocal asked
        asked += 1
        clock.advance(0.5)
        if asked == 20:
            server.sendto(message("/heartbeat", 0.5), ear)
        return ManualClock.now(clock)

    monkeypatch.setattr(clock, "now", later)
    run("--from", f"127.0.0.1:{server.getsockname()[1]}", "--count", "1", clock=clock)

    assert capsys.readouterr().err.count("is the server running? Still trying") == 1
    words = [said(server)[0]]
    while words[-1] != "/system/unsubscribe":
        words.append(said(server)[0])
    assert words.count("/system/subscribe") >= 3


@pytest.mark.parametrize(("mask", "reason"), [
    ("frame", "matches nothing that it says; for example: --mask '/deck/*/state/frame'"),
    ("/deck/1/level", "for example: --mask '/deck/*/state/level'"),
    ("/error", "has said nothing yet that matches '/error'; waiting"),
])
def test_a_server_that_answers_is_told_from_one_that_does_not(
        mask: str, reason: str, server: socket.socket, ear: tuple[str, int], capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch) -> None:
    clock = ManualClock()
    monkeypatch.setattr(monitor, "_lines", lambda _packet, _mask: ["something"])
    asked = 0

    def later() -> float:
        nonlocal asked
        asked += 1
        clock.advance(0.5)
        if asked == 12:
            server.sendto(message("/at/last"), ear)
        return ManualClock.now(clock)

    monkeypatch.setattr(clock, "now", later)
    server.sendto(message("/system/pong", monitor.PING), ear)
    run("--from", f"127.0.0.1:{server.getsockname()[1]}", "--mask", mask, "--count", "1", clock=clock)

    shown = capsys.readouterr()
    assert reason in shown.err
    assert "is the server running" not in shown.err
    assert shown.out.count("\n") == 1


def test_it_prints_whatever_arrives_on_a_port(server: socket.socket, ear: tuple[str, int],
                                              capsys: pytest.CaptureFixture[str]) -> None:
    for packet in (message("/deck/1/play"), b"GET / HTTP/1.1\r\n", b"/x\0\0,i\0\0", b"/old\0\0\0\0\0\0\0\1"):
        server.sendto(packet, ear)

    assert run("--listen", "7777", "--count", "4") == 0
    lines = capsys.readouterr().out.splitlines()
    source = f"127.0.0.1:{server.getsockname()[1]}"
    assert lines[0].startswith("listening on 127.0.0.1:")
    assert lines[1:] == [
        f"    0.000  {source}  /deck/1/play",
        f"    0.000  {source}  malformed (16 bytes): 16 bytes that are no OSC: they begin with 'GET / HT', not with /",
        f"    0.000  {source}  malformed (8 bytes): /x: the message ends inside argument 1 (type i)",
        f"    0.000  {source}  /old <4 bytes without type tags>",
    ]


@pytest.mark.parametrize(("words", "reason"), [
    (("--rate", "0"), "--rate is 0.1 to 120"), (("--from", "x:y"), "write HOST:PORT"),
    (("--mask", "/{a"), "never closed"),
])
def test_what_it_cannot_do_is_told(words: tuple[str, ...], reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        run(*words)


def test_a_port_in_use_is_told_with_its_own_option(server: socket.socket) -> None:
    with pytest.raises(ServeError, match=r"choose another port: --listen \d+\. A port has one reader"):
        run("--listen", str(server.getsockname()[1]))
