"""The soak: what is done is the same for the same seed, what is seen is judged, and the wire is really watched."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from server.app.soaking.course import EVERY, SERVER_DEATHS, course
from server.app.soaking.figures import Figures, Sample
from server.app.soaking.onlooker import NUMBERS, Onlooker
from server.app.soaking.processes import children, held
from server.app.soaking.run import Plan, soak
from server.playback.clock import SystemClock
from server.protocol.command import Source
from server.protocol.dispatch import Dispatcher
from server.protocol.encode import message
from server.protocol.osc import Message, messages
from server.protocol.stream import StreamTemplate

MOVIES, PICTURES = ("a.mov", "b.mov"), ("silk-1", "cells-2")


def test_a_course_is_the_same_for_the_same_seed_and_in_order() -> None:
    acts = list(course(3, 7200, MOVIES, PICTURES))
    counts = Counter(act.what for act in acts if not act.is_message)

    assert acts == list(course(3, 7200, MOVIES, PICTURES)) != list(course(4, 7200, MOVIES, PICTURES))
    assert all(one.at <= other.at < 7200 for one, other in pairwise(acts))
    assert counts == {"kill server": SERVER_DEATHS} | {what: 7200 / every for what, every in EVERY.items()}
    assert sum(act.is_message for act in acts) > 15_000


def test_everything_that_a_course_sends_is_in_the_table() -> None:
    dispatcher = Dispatcher(2)

    for act in course(1, 600, MOVIES, PICTURES):
        if act.is_message:
            (told,) = dispatcher.command(act.what, list(act.args), Source("127.0.0.1", 1))
            assert hasattr(told, "row"), f"{act}: {told}"


def test_every_blow_falls_in_a_short_soak_too() -> None:
    counts = Counter(act.what for act in course(1, 60, MOVIES, PICTURES) if not act.is_message)

    assert set(counts) == {*EVERY, "kill server"}
    assert min(counts.values()) >= 2


def good() -> Figures:
    samples = [Sample(10.0 * n, 0, 50_000_000 + (n % 3) * 4096, 20, 9) for n in range(30)]
    samples += [Sample(300 + 10.0 * n, 1, 60_000_000 + (n % 5) * 4096, 20 + n % 2, 9) for n in range(300)]
    return Figures(length=3300, messages=900, ticks=200_000, pictures=5000, back=[0.3, 0.4], samples=samples,
                   blows={"kill server": 2})


@pytest.mark.parametrize(("spoil", "fault"), [
    (lambda f: f.unanswered.append("/deck/1/take"), "never answered"),
    (lambda f: f.wrong.append((5, 6)), "not the ones"),
    (lambda f: f.missed.append((700.0, 3)), "3 ticks were missed"),
    (lambda f: f.back.append(1.4), "longer than 1 s"),
    (lambda f: f.back.clear(), "did not come back"),
    (lambda f: setattr(f, "pictures", 0), "no picture"),
    (lambda f: f.samples.extend(Sample(3300 + 10 * n, 1, 60_000_000 + 9000 * n, 20, 9) for n in range(200)),
     "MB an hour"),
    (lambda f: f.samples.append(Sample(3310, 1, 60_000_000, 40, 9)), "files of the server"),
    (lambda f: f.samples.append(Sample(3310, 1, 60_000_000, 20, 30)), "threads of the server")])
def test_each_thing_that_goes_wrong_is_a_fault(spoil: Callable[[Figures], None], fault: str) -> None:
    figures = good()
    assert figures.faults() == []

    spoil(figures)

    assert [line for line in figures.faults() if fault in line]
    assert fault in "\n".join(figures.lines())


def test_what_the_machine_itself_did_is_no_fault_of_the_server() -> None:
    figures = good()
    figures.missed.append((700.0, 3))
    figures.stalls.append(700.4)

    assert figures.faults() == []
    assert figures.document()["missed"] == [(700.0, 3)], "it is told all the same"


def test_too_short_to_tell_is_said() -> None:
    figures = Figures(pictures=1, samples=[Sample(1, 0, 50_000_000, 20, 9)])

    assert figures.slope() is None
    assert any("too short to tell" in line for line in figures.lines())


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(20)
        yield sock


def heard(server: socket.socket, address: str) -> tuple[Message, tuple[str, int]]:
    while True:
        packet, sender = server.recvfrom(65536)
        for each in messages(packet):
            if isinstance(each, Message) and each.address == address:
                return each, sender


def until(look: Callable[[], bool]) -> None:
    clock = SystemClock()
    end = clock.now() + 20
    while not look():
        assert clock.now() < end
        clock.sleep_until(clock.now() + 0.01)


def test_the_onlooker_is_a_renderer_and_counts_what_comes(server: socket.socket) -> None:
    figures = Figures()
    onlooker = Onlooker(server.getsockname(), figures, SystemClock())
    try:
        hello, events = heard(server, "/system/hello")
        stream, template = ("127.0.0.1", int(hello.args[1])), StreamTemplate(1)
        nothing = [(0, 0.0, 0.0, 0.0)] * 3
        for tick in (10, 11, 14, 14, 15):
            server.sendto(template.pack(tick, nothing), stream)
        until(lambda: figures.ticks == 3)
        assert [missed for _, missed in figures.missed] == [2]
        server.sendto(message("/td/deck/1/open", 7, 0, "a.mov", 3), events)
        assert heard(server, "/td/deck/1/ready")[0].args == (7,)
        readings = ("127.0.0.1", int(onlooker.readings.rpartition(":")[2]))
        for asked, number in ((5, 2 * NUMBERS + 5), (6, 2 * NUMBERS + 5)):
            server.sendto(message("/standin/read", 1, 1, asked, number, 0), readings)
        until(lambda: figures.pictures == 2)
        assert figures.wrong == [(6, 2 * NUMBERS + 5)]
    finally:
        onlooker.close()


def test_answers_are_waited_for(server: socket.socket) -> None:
    figures = Figures()
    onlooker = Onlooker(server.getsockname(), figures, SystemClock())
    try:
        for address in ("/deck/1/play", "/deck/1/take", "/deck/1/stop"):
            onlooker.ask(address)
        asked, sender = heard(server, "/deck/1/play")
        server.sendto(message("/ack", str(asked.args[-1]).removeprefix("#")), sender)
        asked, sender = heard(server, "/deck/1/take")
        server.sendto(message("/error", str(asked.args[-1]).removeprefix("#"), "not_now", "later"), sender)
        until(lambda: figures.refusals == 1)
    finally:
        onlooker.close()
    assert figures.unanswered == ["/deck/1/stop"]


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the system tells nothing of its processes in /proc")
def test_what_a_process_holds_and_starts_is_told() -> None:
    mine = held(os.getpid())
    with subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE) as child:
        assert "sys.stdin.read()" in children(os.getpid())[child.pid]
        child.communicate(b"")

    assert mine.resident is not None
    assert mine.resident > 1_000_000
    assert mine.files is not None
    assert mine.threads is not None
    assert held(0) == (None, None, None)


def test_nothing_is_told_where_there_is_no_proc(tmp_path: Path) -> None:
    assert held(1, tmp_path / "none") == (None, None, None)
    assert children(1, tmp_path / "none") == {}


@pytest.mark.full
@pytest.mark.timeout(600)
def test_a_minute_of_it(tmp_path: Path) -> None:
    figures = soak(Plan(60, 2, tmp_path, {}), SystemClock(), print, threading.Event())

    assert figures.wrong == []
    assert figures.unanswered == []
    assert len(figures.back) == figures.blows["kill server"] == SERVER_DEATHS
    assert figures.pictures > 100
