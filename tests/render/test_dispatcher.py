"""Who is told what, whatever a worker says and whenever it goes: without a thread, a process or a clock."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sinks import Recorder
from toys import content, contents, end, job

from server.errors import InputError
from server.playback.clock import ManualClock
from server.render.dispatcher import Dispatcher
from server.render.messages import (
    Budget,
    Cancel,
    Credit,
    Done,
    Failed,
    Frame,
    Loaded,
    Message,
    Note,
    Pause,
    Progress,
    Retarget,
    Skip,
    Start,
)


class Desk(Dispatcher):
    """A dispatcher whose sinks are told at once, and what it says to its workers."""

    def __init__(self, limit: int = 1000) -> None:
        self.clock = ManualClock()
        self.said: list[Message] = []
        super().__init__(self.clock.now, lambda call: call(), limit)

    def start(self) -> Desk:
        self.connect(self.said.append)
        return self

    def last(self, kind: type[Message]) -> Any:
        return next(message for message in reversed(self.said) if isinstance(message, kind))

    def count(self, kind: type[Message]) -> int:
        return sum(isinstance(message, kind) for message in self.said)


@pytest.fixture
def desk() -> Desk:
    return Desk().start()


def frame(name: str, attempt: int, number: int) -> Frame:
    return Frame(name, attempt, number, content(job(name), number))


def test_late_frames_of_a_dead_attempt_are_ignored_and_none_comes_twice(desk: Desk) -> None:
    sink = Recorder()
    desk.submit(job("j", frames=8), sink)
    for number in (1, 2, 3):
        desk.heard(frame("j", 1, number))
    desk.disconnect("it died")
    desk.start()
    second = desk.last(Start)
    assert (second.attempt, second.job.start) == (2, 4)

    for late in (frame("j", 1, 4), frame("j", 2, 3), frame("j", 2, 6), frame("other", 2, 4), Done("j", 1),
                 Failed("j", 1, "render", "late"), Progress("j", 1, 5, 6), Note("j", 1, "odd", ""), Loaded("j", 1)):
        desk.heard(late)
    assert sink.numbers("j") == [1, 2, 3]
    assert sink.ends == {}
    for number in (4, 5, 6):
        desk.heard(frame("j", 2, number))
    desk.heard(Done("j", 2, {"a": 1}))

    assert sink.numbers("j") == [1, 2, 3, 4, 5, 6]
    assert sink.ends == {"j": ("done", {"a": 1})}


def test_every_frame_gives_its_credit_back(desk: Desk) -> None:
    sink = Recorder()
    desk.submit(job("j"), sink)
    for each in (frame("j", 1, 1), frame("j", 1, 1), frame("j", 9, 2), frame("x", 1, 2)):
        desk.heard(each)
    assert desk.count(Credit) == 4


def test_a_sink_that_raises_keeps_no_credit(desk: Desk) -> None:
    class Broken(Recorder):
        def frame(self, job: str, number: int, jpeg: bytes) -> None:
            raise RuntimeError("full")

    desk.submit(job("j"), Broken())
    with pytest.raises(RuntimeError):
        desk.heard(frame("j", 1, 1))
    assert desk.count(Credit) == 1


def test_until_a_model_is_loaded_it_is_loading(desk: Desk) -> None:
    assert not desk.loading()
    desk.submit(job("j"), Recorder())
    assert desk.loading()
    desk.heard(Loaded("j", 1, {"device": "cuda:0", "model": "m"}))
    assert not desk.loading()
    assert (desk.device, desk.model) == ("cuda:0", "m")
    desk.disconnect("it died")
    assert not desk.loading()
    desk.start()
    assert desk.loading()


def test_a_job_is_tried_again_once_and_then_fails_with_the_reason(desk: Desk) -> None:
    sink = Recorder()
    desk.submit(job("j"), sink)
    for _ in range(2):
        assert sink.ends == {}
        desk.disconnect("it died")
        desk.start()
    assert sink.ends["j"] == ("failed", "worker", "it died", True)
    assert desk.count(Start) == 2


def test_the_deadline_moves_on_with_the_frames_and_the_time(desk: Desk) -> None:
    desk.submit(job("j"), Recorder(), deadline=1.0)
    assert desk.last(Start).due == 1.0
    for number in range(1, 31):
        desk.heard(frame("j", 1, number))
    desk.clock.advance(0.5)
    desk.disconnect("it died")
    desk.start()

    assert desk.last(Start).due == pytest.approx(1.0 + 30 / 30 - 0.5)


def test_a_second_worker_learns_what_holds(desk: Desk) -> None:
    desk.pause(True)
    desk.budget(4.0, 2.0)
    desk.disconnect("it died")
    desk.said.clear()
    desk.start()
    assert desk.said == [Pause(True), Budget(4.0, 1.0)]


def test_a_worker_that_leaves_gets_nothing_more(desk: Desk) -> None:
    sink = Recorder()
    desk.submit(job("j"), sink)
    desk.heard(Failed("j", 1, "memory", "too large", retry=True, leaving=True))

    assert desk.count(Start) == 1
    desk.disconnect("it has left")
    desk.start()
    assert desk.count(Start) == 2
    assert sink.ends == {}


def test_made_room_for_twice_it_is_no_failure(desk: Desk) -> None:
    idle, sink = Recorder(), Recorder()
    desk.submit(job("idle", frames=8), idle, priority="idle")
    for name in ("a", "b", "c"):
        desk.submit(job(name), sink, priority="live")
        attempt = desk.last(Cancel).attempt
        desk.heard(Failed("idle", attempt, "cancelled", "cancelled"))
        desk.heard(Done(name, 1))
    assert desk.last(Start).attempt == 4
    desk.heard(Done("idle", 4))
    assert idle.ends["idle"][0] == "done"
    assert sink.ended == ["a", "b", "c"]


def test_skip_is_for_what_is_being_made(desk: Desk) -> None:
    desk.submit(job("a"), Recorder())
    desk.submit(job("b"), Recorder())
    assert desk.skip("a", 7)
    assert desk.last(Skip) == Skip("a", 1, 7)
    assert not desk.skip("b")


def left(desk: Desk, sink: Recorder) -> Any:
    """A job that was told to leave at frame 5."""
    desk.submit(job("edge"), sink, deadline=1.0)
    detour = replace(job("detour"), first=replace(end("?"), jpeg=b""))
    assert desk.retarget("edge", 5, detour)
    assert desk.last(Retarget).at == 5
    return detour


def test_a_detour_whose_worker_dies_goes_on_with_its_first_picture(desk: Desk) -> None:
    sink = Recorder()
    detour = left(desk, sink)
    desk.heard(Done("edge", 1, {"retargeted": {"at": 5, "to": "detour", "first": b"frame five"}}))
    whole = replace(detour, first=replace(detour.first, jpeg=b"frame five"))
    desk.heard(Frame("detour", 1, 1, content(whole, 1)))
    desk.disconnect("it died")
    desk.start()

    again = desk.last(Start)
    assert again.job == whole.from_frame(2)
    assert again.attempt == 2
    for number, jpeg in contents(again.job):
        desk.heard(Frame("detour", 2, number, jpeg))
    desk.heard(Done("detour", 2))
    assert sink.frames["detour"] == contents(whole)
    assert sink.ended == ["edge", "detour"]


@pytest.mark.parametrize("what", ["done", "failed", "died", "cancelled", "closed", "late"])
def test_whatever_comes_between_a_detour_has_one_end(desk: Desk, what: str) -> None:
    sink = Recorder()
    left(desk, sink)
    happens: dict[str, Callable[[], object]] = {
        "done": lambda: desk.heard(Done("edge", 1)),
        "failed": lambda: desk.heard(Failed("edge", 1, "render", "no")),
        "died": lambda: desk.disconnect("it died"),
        "cancelled": lambda: desk.cancel("edge"),
        "closed": lambda: desk.refuse("cancelled", "the server ends"),
        "late": lambda: desk.heard(Failed("detour", 1, "late", "long made"))}
    happens[what]()

    assert sink.ends["detour"][0] == "failed"
    assert ("edge" in sink.ends) is (what not in ("died", "late"))


def test_left_for_a_detour_that_was_cancelled_meanwhile_the_newer_one_is_too_late(desk: Desk) -> None:
    sink = Recorder()
    detour = left(desk, sink)
    assert desk.cancel("detour")
    assert desk.retarget("edge", 9, replace(detour, id="newer"))
    with pytest.raises(InputError, match="newer"):
        desk.submit(job("newer"), sink)
    desk.heard(Done("edge", 1, {"retargeted": {"at": 5, "to": "detour", "first": b"x"}}))

    assert sink.ends["newer"][1] == "late"
    assert desk.last(Cancel) == Cancel("detour", 1)
    desk.heard(Frame("detour", 1, 1, b"x"))
    assert "detour" not in sink.frames


def test_a_detour_needs_a_picture_to_go_to(desk: Desk) -> None:
    desk.submit(job("edge"), Recorder())
    with pytest.raises(InputError, match="second picture"):
        desk.retarget("edge", 5, replace(job("to"), second=replace(end("?"), jpeg=b"")))


def test_a_worker_that_left_for_what_nobody_wants_is_stopped(desk: Desk) -> None:
    sink, after = Recorder(), Recorder()
    left(desk, sink)
    desk.cancel("edge")
    desk.submit(job("after"), after)
    desk.heard(Done("edge", 1, {"retargeted": {"at": 5, "to": "detour", "first": b"x"}}))
    assert desk.last(Cancel) == Cancel("detour", 1)
    assert desk.count(Start) == 1
    desk.heard(Failed("detour", 1, "cancelled", "cancelled"))
    assert desk.last(Start).job.id == "after"


WORDS = st.sampled_from(["a", "b", "detour"])
HEARD = st.one_of(
    st.builds(Frame, WORDS, st.integers(1, 3), st.integers(0, 9), st.just(b"x")),
    st.builds(Done, WORDS, st.integers(1, 3)),
    st.builds(Done, WORDS, st.integers(1, 3), st.just({"retargeted": {"at": 2, "to": "detour", "first": b"y"}})),
    st.builds(Done, WORDS, st.integers(1, 3), st.just({"retargeted": {"at": "?"}})),
    st.builds(Failed, WORDS, st.integers(1, 3), st.just("render"), st.just("no"), st.booleans(), st.booleans()))
ACTIONS = st.lists(st.one_of(
    HEARD, WORDS.map(lambda name: ("submit", name)), WORDS.map(lambda name: ("cancel", name)),
    WORDS.map(lambda name: ("retarget", name)), st.just(("die", "")), st.just(("connect", "")),
    st.just(("close", ""))), max_size=40)


@given(ACTIONS)
def test_whatever_a_worker_says_each_job_has_one_end_and_its_frames_in_order(actions: list[Any]) -> None:
    desk, sinks = Desk().start(), []
    for action in actions:
        if isinstance(action, tuple):
            _act(desk, sinks, *action)
        else:
            desk.heard(action)
    desk.refuse("cancelled", "the end")
    for sink, name in sinks:
        assert name in sink.ends
        numbers = sink.numbers(name)
        assert numbers == list(range(1, len(numbers) + 1))


def _act(desk: Desk, sinks: list[tuple[Recorder, str]], what: str, name: str) -> None:
    if what == "submit":
        sink = Recorder()
        with contextlib.suppress(InputError):
            desk.submit(job(name, frames=8), sink)
            sinks.append((sink, name))
    elif what == "cancel":
        desk.cancel(name)
    elif what == "retarget" and name != "detour" and "detour" not in [known for _, known in sinks]:
        desk.retarget(name, 2, replace(job("detour"), first=replace(end("?"), jpeg=b"")))
    elif what == "die":
        desk.disconnect("it died")
    elif what == "connect":
        desk.disconnect("another one")
        desk.start()
    elif what == "close":
        desk.refuse("safe", "off")
        desk.accept()
