"""Datagrams to oneself and to others: what is lost, doubled or late is counted, and told with what to do."""

from __future__ import annotations

import socket
import threading

import pytest

from server.app.examinations.finding import Level
from server.app.examinations.network import (
    Echo,
    EchoReport,
    examine_other,
    examine_own,
    exchange,
    firewall_advice,
    judged,
)
from server.errors import InputError, ServeError
from server.playback.clock import SystemClock


def test_this_computer_hears_itself() -> None:
    finding = examine_own("127.0.0.1", "here", SystemClock(), packets=40)

    assert finding.part == "network"
    assert "here: 40 datagrams" in finding.text


def test_what_comes_back_is_counted_once_and_loss_is_seen() -> None:
    """Every third is swallowed, every other one said twice."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        other.settimeout(5.0)

        def half_deaf() -> None:
            for number in range(30):
                data, sender = other.recvfrom(2048)
                if number % 3:
                    other.sendto(data, sender)
                    other.sendto(data, sender)
                    other.sendto(b"noise", sender)

        thread = threading.Thread(target=half_deaf)
        thread.start()
        report = exchange("127.0.0.1", other.getsockname()[1], SystemClock(), packets=30)
        thread.join()

    assert (report.sent, report.lost) == (30, 10)
    assert report.doubled >= 19  # what follows the last answer is not waited for
    assert judged(report, "there", "mend it").level is Level.BAD


def test_an_echo_answers_nobody_else() -> None:
    with Echo("127.0.0.1") as echo, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.settimeout(5.0)
        stranger.sendto(b"/deck/1/play\0\0\0\0,\0\0\0", ("127.0.0.1", echo.port))
        report = exchange("127.0.0.1", echo.port, SystemClock(), packets=5)
        stranger.setblocking(False)
        with pytest.raises(BlockingIOError):
            stranger.recv(2048)

    assert report.lost == 0
    assert echo.echoed == 5


def test_silence_names_the_firewall_and_what_to_start_there() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        port = deaf.getsockname()[1]
        finding = examine_other("127.0.0.1", port, SystemClock(), packets=5)

    assert finding.level is Level.BAD
    assert f"doctor --echo {port}" in finding.advice


def test_a_name_that_means_no_computer_is_refused() -> None:
    with pytest.raises(InputError, match="no computer"):
        exchange("no.such.host.invalid", 7599, SystemClock(), packets=1)


def test_an_echo_port_that_is_taken_is_said() -> None:
    with Echo("127.0.0.1") as echo, pytest.raises(ServeError, match="--echo"):
        Echo("127.0.0.1", echo.port)


@pytest.mark.parametrize(("lost", "slow", "level"), [
    (0, 0.001, Level.GOOD), (0, 0.020, Level.POOR), (5, 0.001, Level.POOR), (50, 0.001, Level.BAD)])
def test_what_a_report_means(lost: int, slow: float, level: Level) -> None:
    report = EchoReport(1000, [0.001] * (970 - lost) + [slow] * 30)
    finding = judged(report, "x", "mend it")

    assert finding.level is level
    assert bool(finding.advice) is (level > Level.GOOD)


@pytest.mark.parametrize(("system", "word"), [("win32", "netsh"), ("darwin", "Firewall"), ("linux", "ufw")])
def test_the_firewall_of_each_system(system: str, word: str) -> None:
    advice = firewall_advice(7500, system)
    assert word in advice
    assert "7500" in advice
