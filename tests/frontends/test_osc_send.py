"""`interscene send` against a server of a few lines: what it sends, what it prints, and its exit code."""

from __future__ import annotations

import argparse
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from server.app import send
from server.app.osc_text import Ramp, line, parse_arguments, parse_endpoint
from server.errors import InputError
from server.frontends.osc import OscReceiver, OscSender
from server.playback.clock import ManualClock
from server.protocol.command import Command, Rejection
from server.protocol.dispatch import Result
from server.protocol.encode import message
from server.protocol.endpoints import COMMANDS
from server.protocol.osc import IMPULSE, messages


@pytest.fixture
def renderers() -> list[str]:
    """The names that the server says when it is asked who is connected."""
    return ["stage"]


@pytest.fixture
def server(renderers: list[str]) -> Iterator[str]:
    """Answers every command with /ack, a question with its address, and every rejection with /error."""
    sender = OscSender()

    def sink(results: list[Result]) -> None:
        for result in results:
            to = result.source.host, result.source.port
            if isinstance(result, Command) and result.asks and result.row.address == send.RENDERERS:
                sender.send(message(send.RENDERERS, renderers[0]), to)
            elif isinstance(result, Command) and result.asks:
                sender.send(message("/deck/1/speed", 0.5), to)
            if isinstance(result, Command) and result.request:
                job = (17,) if "/generate/" in result.row.address else ()
                sender.send(message("/ack", result.request, *job), to)
            if isinstance(result, Rejection) and result.request:
                sender.send(message("/error", result.request, result.code, result.text), to)

    receiver = OscReceiver((0,), 2, sink, lambda: 0.0, lambda: 0.0)
    receiver.start()
    yield f"127.0.0.1:{receiver.ports[0]}"
    receiver.stop()
    sender.close()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Hears, and says nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(10)
        yield sock


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(send, "MORE", 0.01)


def run(*words: str, clock: ManualClock | None = None) -> int:
    parser = argparse.ArgumentParser()
    send.add_arguments(parser)
    return send.run(parser.parse_args(words), clock)


def heard(sock: socket.socket, count: int) -> list[tuple[str, tuple[Any, ...]]]:
    return [(one.address, one.args) for _ in range(count) for one in messages(sock.recv(65536))]  # type: ignore[union-attr]


def place(sock: socket.socket) -> str:
    return f"127.0.0.1:{sock.getsockname()[1]}"


def test_an_acknowledged_command(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("/deck/1/play", "--to", server) == 0
    assert capsys.readouterr().out == "done\n"


def test_what_was_set_is_told_as_it_is_now(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("/deck/1/speed", "+", "0.1", "--to", server) == 0
    assert capsys.readouterr().out == "done: /deck/1/speed 0.5\n"


def test_what_touchdesigner_answers_for_goes_there_as_it_is(listener: socket.socket,
                                                            capsys: pytest.CaptureFixture[str]) -> None:
    run("/param1", "0.4", "--to", place(listener), "--timeout", "0.01")
    assert heard(listener, 2) == [("/param1", (pytest.approx(0.4),)), (send.RENDERERS, ("?", "#send"))]
    assert "no answer from" in capsys.readouterr().err


def test_it_is_told_that_touchdesigner_does_not_answer(server: str, renderers: list[str],
                                                       capsys: pytest.CaptureFixture[str]) -> None:
    assert run("/FX/1", "0.4", "--to", server) == 0
    assert capsys.readouterr().out == "handed on to TouchDesigner (stage), from where no answer comes\n"
    renderers[0] = ""
    assert run("/FX/1", "0.4", "--to", server) == 1
    assert "none is connected to the server: nobody got it" in capsys.readouterr().err


def test_a_refused_command(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("/deck/1/speed", "-99", "--to", server) == 1
    assert capsys.readouterr().err == "not done (range): /deck/1/speed: speed is -16 to 16, not -99\n"


def test_a_question(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("/deck/1/speed", "?", "--to", server) == 0
    assert capsys.readouterr().out == "/deck/1/speed 0.5\n"


def test_a_pattern_is_answered_by_everyone(server: str, capsys: pytest.CaptureFixture[str],
                                           monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(send, "MORE", 0.2)

    assert run("/deck/*/play", "#mine", "--to", server) == 0
    assert capsys.readouterr().out == "done, 2 times\n"


def test_the_number_of_a_job_is_said(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("/generate/transition", "a", "b", "--to", server) == 0
    assert capsys.readouterr().out == "done, job 17\n"


def test_nobody_there(listener: socket.socket, capsys: pytest.CaptureFixture[str]) -> None:
    nobody = place(listener)
    listener.close()

    assert run("/deck/1/play", "--timeout", "0.01", "--to", nobody) == 1
    assert f"nothing listens on {nobody}; is the server running?" in capsys.readouterr().err


def test_silence(listener: socket.socket, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("/deck/1/play", "--to", place(listener), "--timeout", "0.01") == 1
    assert f"no answer from {place(listener)} within 0.01 s" in capsys.readouterr().err


def test_for_other_programs_it_is_sent_as_it_is(listener: socket.socket, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("/other/thing", "1", "0.5", "true", "a b", "-3", "#x", "")

    assert run(*words, "--no-wait", "--to", place(listener)) == 0
    assert heard(listener, 1) == [("/other/thing", (1, 0.5, True, "a b", -3, "#x", ""))]
    assert capsys.readouterr() == ("", "")


def test_a_range_moves_evenly_and_ends_where_it_should(listener: socket.socket) -> None:
    clock = ManualClock(5.0)

    run("/deck/1/position", "1..0", "--over", "2", "--rate", "10", "--no-wait", "--to", place(listener), clock=clock)

    values = [args[0] for _, args in heard(listener, 21)]
    assert values == pytest.approx([1 - step / 20 for step in range(21)])
    assert clock.now() == 7.0


def test_only_the_last_of_a_range_wants_an_answer(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("/deck/1/range", "0..100", "200", "--over", "0.05", "--to", server) == 0
    assert capsys.readouterr().out == "done\n"


def test_the_list_is_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(COMMANDS)
    assert any(one.startswith("/deck/{n}/frame i:frame ") and "Jump to a frame" in one for one in lines)


@pytest.mark.parametrize(("words", "reason"), [
    ((), "say what to send"), (("frame",), r"did you mean /frame\?"),
    (("deck/1/speed", "1"), r"begin with /; did you mean /deck/1/speed\?"), (("Deck/1/Play",), "mean /deck/1/play"),
    (("qqqqqq",), "begin with /; --list"), (("/a", "--rate", "0"), "--rate up to 10000"),
    (("/a", "--over", "nan"), "--over is 0"), (("/a", "--to", "nowhere:"), "write HOST:PORT"),
    (("/a", "--to", "127.0.0.1:99999"), "write HOST:PORT"), (("/a", "--to", "no-such-computer.invalid"), "no computer"),
    (("/a", str(2 ** 64), "--no-wait"), "does not fit into 64 bits"),
])
def test_what_cannot_be_sent_is_told(words: tuple[str, ...], reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        run(*words)


@pytest.mark.parametrize(("text", "expected"), [
    ("127.0.0.1:7600", ("127.0.0.1", 7600)), ("localhost", ("127.0.0.1", 7500)), ("localhost:1", ("127.0.0.1", 1)),
    ("192.168.10.42", ("192.168.10.42", 7500)), ("7600", ("127.0.0.1", 7600)), (":7600", ("127.0.0.1", 7600)),
])
def test_places(text: str, expected: tuple[str, int]) -> None:
    assert parse_endpoint(text) == expected


@pytest.mark.parametrize(("address", "words", "expected"), [
    ("/deck/1/load", ("1984", "2"), ["1984", 2]), ("/song", ("1..2",), ["1..2"]), ("/song", ("true",), ["true"]),
    ("/deck/1/frame", ("0..10",), [Ramp(0.0, 10.0)]), ("/mark/3", ("1",), [1]), ("/loop", ("2",), [2]),
    ("/deck/1/axis/seed", ("0.5",), [0.5]), ("/deck/1/speed", ("+", "0.5"), ["+", 0.5]),
    ("/x", ("a..b", "1.."), ["a..b", "1.."]),
    ("/deck/1/mark/named", ("7",), ["7"]), ("/play/Fileselect", ("1",), [1]), ("/x", ("False", "1e3"), [False, 1000.0]),
])
def test_words_become_values(address: str, words: tuple[str, ...], expected: list[Any]) -> None:
    values = parse_arguments(address, words)

    assert values == expected
    assert list(map(type, values)) == list(map(type, expected))


def test_a_message_on_one_line() -> None:
    args = (1, 0.25, 30.0, True, None, "a b", "", "x\n", b"abc", [1, [2.0]], IMPULSE, float("nan"), float("inf"))

    assert line("/a", args) == '/a 1 0.25 30.0 true nil "a b" "" x\\n <3 bytes> [1 [2.0]] bang nan inf'


