"""The show thread: order, faults, late ticks. Real threads, and an outlet that says when something came out."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from queue import SimpleQueue

import pytest
from stage import PERSON, Stage

from server.playback.clock import ManualClock, Metronome, SystemClock
from server.protocol.command import Command, Source
from server.protocol.stream import StreamTemplate
from server.show import loop as loop_module
from server.show.events import FullState, NeedMovie, Send, SendBytes
from server.show.loop import _WAKE, ShowLoop
from server.show.snapshot_events import SnapshotOrder

PATIENCE = 10.0


class Ear:
    """An outlet that keeps what it is given in queues."""

    def __init__(self) -> None:
        self.packets: SimpleQueue[SendBytes] = SimpleQueue()
        self.answers: SimpleQueue[Send] = SimpleQueue()
        self.needs: SimpleQueue[NeedMovie] = SimpleQueue()

    def send_bytes(self, event: SendBytes) -> None:
        self.packets.put(event)

    def say(self, event: Send) -> None:
        self.answers.put(event)

    def need_movie(self, event: NeedMovie) -> None:
        self.needs.put(event)

    def keep_snapshot(self, event: SnapshotOrder) -> None:
        pass

    def full_state(self, event: FullState) -> None:
        pass


class Running:
    def __init__(self, *, own_alarm: bool = True) -> None:
        self.stage = Stage()
        self.ear = Ear()
        clock = SystemClock()
        self.loop = ShowLoop(self.stage.show, clock, Metronome(clock.now(), Fraction(60)), self.ear,
                             own_alarm=own_alarm)

    def do(self, address: str, *args: object) -> None:
        self.loop.submit(self.stage.dispatcher.command(address, list(args), PERSON))

    def answer(self) -> tuple[str, tuple[object, ...]]:
        said = self.ear.answers.get(timeout=PATIENCE)
        return said.address, said.args


@pytest.fixture(params=[True, False], ids=["own alarm", "metronome thread"])
def running(request: pytest.FixtureRequest) -> Iterator[Running]:
    running = Running(own_alarm=request.param)
    running.loop.start()
    yield running
    running.loop.stop()


def test_commands_of_one_sender_are_done_in_order(running: Running) -> None:
    for i in range(500):
        running.do("/system/ping", f"{i}")

    assert [running.answer()[1][0] for _ in range(500)] == [f"{i}" for i in range(500)]


def test_disk_answers_come_back_through_the_queue(running: Running) -> None:
    running.do("/deck/1/load", "a.mov", "#1")
    need = running.ear.needs.get(timeout=PATIENCE)
    running.loop.submit([running.stage.answer(need)])

    assert running.answer() == ("/ack", ("1",))


def test_a_fault_in_a_handler_is_answered_and_the_show_goes_on(running: Running,
                                                              caplog: pytest.LogCaptureFixture) -> None:
    (command,) = running.stage.dispatcher.command("/deck/1/fade", [1.0, "#broken"], PERSON)
    assert isinstance(command, Command)
    command.args = ()
    running.loop.submit([command])

    address, args = running.answer()
    assert (address, args[:2]) == ("/error", ("broken", "internal"))
    assert "could not be handled" in caplog.text
    running.do("/system/ping", "alive")
    assert running.answer() == ("/system/pong", ("alive",))


def test_ticks_keep_coming_and_are_streamed(running: Running) -> None:
    running.do("/system/hello", "td", 7501, 7502)
    assert running.answer()[0] == "/system/welcome"

    size = StreamTemplate(1).size
    packets = [running.ear.packets.get(timeout=PATIENCE) for _ in range(12)]
    assert {(p.port, len(p.packet)) for p in packets} == {(7501, size)}


def test_ticks_that_are_past_are_skipped() -> None:
    stage, ear = Stage(), Ear()
    done: list[int] = []
    clock = ManualClock(0.0)
    loop = ShowLoop(stage.show, clock, Metronome(0.0, Fraction(60)), ear, own_alarm=False)

    def tick(number: int, _deadline: float) -> None:
        done.append(number)
        clock.advance(0.1)
        loop._queue.put(_WAKE if len(done) < 3 else None)

    def wait(deadline: float) -> object:
        clock.sleep_until(deadline)
        return loop._queue.get()

    stage.show.tick = tick  # type: ignore[method-assign]
    loop._wait = wait  # type: ignore[method-assign, assignment]
    loop._queue.put(_WAKE)
    loop._run()

    assert done == [1, 7, 13]


def test_a_take_that_arrives_with_a_tick_does_not_wait_for_the_next_one() -> None:
    stage, ear, clock = Stage(), Ear(), ManualClock(1.0)
    loop = ShowLoop(stage.show, clock, Metronome(1.0, Fraction(60)), ear)
    wait = loop._wait

    def late(deadline: float) -> object:
        clock.set(deadline + 0.001)
        return wait(deadline)

    loop._wait = late  # type: ignore[method-assign, assignment]
    stage.show.apply(*stage.dispatcher.command("/deck/1/load", ["a.mov", "#1"], PERSON), 1.0)
    (need,) = stage.show.take_events()
    assert isinstance(need, NeedMovie)
    loop.submit([stage.answer(need)])
    say = ear.say

    def end(event: Send) -> None:
        say(event)
        loop._queue.put(None)

    ear.say = end  # type: ignore[method-assign]
    loop._run()

    assert stage.show.state.deck(1).current is not None


def test_a_backlog_is_bounded_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_module, "BACKLOG_MAX", 10)
    running = Running()
    for _ in range(20):
        running.do("/system/ping", "x")

    assert running.loop.dropped == 9


def test_an_answer_goes_to_the_port_that_a_client_named(running: Running) -> None:
    running.do("/system/hello", "panel", 0, 5555)
    welcome = running.ear.answers.get(timeout=PATIENCE)

    assert welcome.to == Source(PERSON.host, 5555)
