"""The worker's ear and hand: when frames are due, how many may be on their way, and what interrupts the work."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from toys import end, job

from server.playback.clock import ManualClock
from server.render.child.control import KEPT, REST_MOST, LiveControl
from server.render.child.generator import Leave, Skip, Stop
from server.render.job import TransitionJob
from server.render.messages import (
    Budget,
    Cancel,
    Credit,
    Failed,
    Frame,
    Loaded,
    Message,
    Pause,
    Ping,
    Pong,
    Progress,
    Retarget,
    Start,
)
from server.render.messages import Skip as SkipMessage


class Ear(LiveControl):
    """On a clock of the test, and with everything that was said."""

    def __init__(self, credits: int = 100) -> None:  # noqa: A002
        self.clock, self.said = ManualClock(10.0), list[Message]()
        super().__init__(self.clock.now, self.said.append, credits)

    def begin(self, made: TransitionJob, due: float | None = None) -> Ear:
        self.hear(Start(made, 1, due))
        assert self.next_job() == Start(made, 1, due)
        return self

    @property
    def frames(self) -> list[int]:
        return [message.number for message in self.said if isinstance(message, Frame)]


def blocked(work: Callable[[], None], ear: Ear, free: Message) -> None:
    """Something that goes on only once the server has said so."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    ear.hear(free)
    thread.join(30)
    assert not thread.is_alive()


def test_frames_are_due_one_after_the_other_from_the_first_that_was_wanted() -> None:
    ear = Ear().begin(job("j", start=10), due=0.5)
    assert ear.due(10) == pytest.approx(0.5)
    assert ear.due(40) == pytest.approx(1.5)
    ear.clock.advance(1.0)
    assert ear.due(10) == pytest.approx(-0.5)
    assert Ear().begin(job("j")).due(5) is None


def test_no_more_frames_are_sent_than_there_is_credit_for() -> None:
    ear = Ear(credits=2).begin(job("j"))
    ear.emit(1, b"1")
    ear.emit(2, b"2")

    def third() -> None:
        ear.emit(3, b"3")
        ear.emit(4, b"4")

    thread = threading.Thread(target=third, daemon=True)
    thread.start()
    assert ear.frames == [1, 2]
    ear.hear(Credit(1))
    while ear.frames == [1, 2]:
        ear.clock.sleep_until(0)
    assert ear.frames == [1, 2, 3]
    ear.hear(Credit(1))
    thread.join(30)
    assert ear.frames == [1, 2, 3, 4]


def test_without_credit_it_can_be_cancelled() -> None:
    ear = Ear(credits=0).begin(job("j"))

    def stopped() -> None:
        with pytest.raises(Stop):
            ear.emit(1, b"1")

    blocked(stopped, ear, Cancel("j", 1))
    assert ear.frames == []


def test_a_cancel_of_another_attempt_or_job_is_not_for_this_one() -> None:
    ear = Ear().begin(job("j"))
    for other in (Cancel("j", 2), Cancel("k", 1), SkipMessage("j", 2), Retarget("k", 1, 5, job("to"))):
        ear.hear(other)
    ear.between()
    ear.end()
    ear.hear(Start(job("j"), 2))
    ear.next_job()
    ear.between()


def test_cancelled_before_it_began_it_stops_at_once() -> None:
    ear = Ear()
    ear.hear(Start(job("j"), 1))
    ear.hear(Cancel("j", 1))
    ear.next_job()
    with pytest.raises(Stop):
        ear.between()


@pytest.mark.parametrize(("said", "seed"), [(7, 7), (None, 42)])
def test_skip_has_a_seed_and_comes_once(said: int | None, seed: int) -> None:
    ear = Ear().begin(job("j", seed=41))
    ear.hear(SkipMessage("j", 1, said))
    with pytest.raises(Skip) as skip:
        ear.between()
    assert skip.value.seed == seed
    ear.between()


def test_paused_its_clock_stands_still_and_it_is_not_quiet() -> None:
    ear = Ear().begin(job("j"))
    ear.clock.advance(3.0)
    assert (ear.now(), ear.quiet()) == (13.0, 3.0)
    ear.hear(Pause(True))

    def held() -> None:
        ear.between()

    thread = threading.Thread(target=held, daemon=True)
    thread.start()
    while ear.quiet():
        ear.clock.sleep_until(0)
    ear.clock.advance(100.0)
    assert ear.quiet() == 0
    ear.hear(Pause(False))
    thread.join(30)
    assert ear.now() == 13.0
    assert ear.quiet() == 0


def test_signs_of_life() -> None:
    ear = Ear()
    ear.clock.advance(50.0)
    assert ear.quiet() == 0
    ear.begin(job("j"))
    ear.clock.advance(5.0)
    ear.hear(Ping(3))
    assert ear.said == [Pong(3, 5.0)]
    ear.alive()
    assert ear.quiet() == 0


def test_the_budget_is_told_and_without_one_nobody_minds() -> None:
    ear = Ear().begin(job("j"))
    assert ear.launch_ms() == math.inf
    ear.hear(Budget(8.0, 1.0))
    assert ear.launch_ms() == 8.0
    ear.hear(Budget(0.0, 1.0))
    assert ear.launch_ms() == math.inf


@pytest.mark.parametrize(("duty", "worked", "rest"), [(1.0, 0.2, 0.0), (0.5, 0.2, 0.2), (0.25, 0.1, 0.3),
                                                     (0.1, 5.0, REST_MOST)])
def test_it_rests_for_its_share_of_the_time_and_not_too_long(
        monkeypatch: pytest.MonkeyPatch, duty: float, worked: float, rest: float) -> None:
    ear, rests = Ear().begin(job("j", frames=8)), list[float]()

    def wait(seconds: float) -> None:
        rests.append(seconds)
        ear.clock.advance(seconds)

    monkeypatch.setattr(ear._changed, "wait", wait)
    ear.hear(Budget(8.0, duty))
    ear.between()
    ear.clock.advance(worked)
    ear.between()
    assert sum(rests) == pytest.approx(rest)


def test_the_steps_of_a_picture_are_told_with_what_is_left_and_not_too_often() -> None:
    ear = Ear().begin(job("j", frames=8))
    ear.loaded({})
    for done in range(1, 11):
        ear.clock.advance(0.15)
        ear.stepped(done, 10)
    told = [(one.done, one.of, one.eta) for one in ear.said if isinstance(one, Progress)]
    assert [done for done, _, _ in told] == [2, 4, 6, 8, 10]
    assert told[0] == (2, 10, pytest.approx(8 * 0.15))
    assert told[-1] == (10, 10, 0.0)


def test_loaded_is_told_once() -> None:
    ear = Ear().begin(job("j"))
    ear.loaded({"device": "a"})
    ear.loaded({"device": "b"})
    assert ear.said == [Loaded("j", 1, {"device": "a"})]


def test_a_detour_from_a_frame_that_was_made_lately_or_long_ago() -> None:
    detour = replace(job("to"), first=replace(end("?"), jpeg=b""))
    ear = Ear(1000).begin(job("j", frames=500))
    for number in range(1, KEPT + 11):
        ear.emit(number, str(number).encode())
    ear.hear(Retarget("j", 1, 20, detour))
    found = ear.left(KEPT + 10)
    assert found is not None
    assert (found[0], found[1].first.jpeg) == (20, b"20")
    ear.hear(Retarget("j", 1, 5, detour))
    assert ear.left(KEPT + 10) is None
    [late] = [message for message in ear.said if isinstance(message, Failed)]
    assert (late.job, late.code) == ("to", "late")


def test_a_detour_is_due_when_the_next_frame_would_have_been() -> None:
    ear = Ear().begin(job("j"), due=0.5)
    ear.hear(Retarget("j", 1, 10, job("to")))
    with pytest.raises(Leave):
        ear.between()
    assert ear.left(10) == (10, job("to"))
    assert ear.go_on_with(job("to"), 10).due == pytest.approx(0.5 + 10 / 30)
    assert ear.due(1) == pytest.approx(0.5 + 10 / 30)
    assert ear.current() == ("to", 1)


def test_without_its_server_it_stops() -> None:
    ear = Ear().begin(job("j"))
    ear.close()
    with pytest.raises(Stop):
        ear.between()
    ear.end()
    assert ear.next_job() is None
