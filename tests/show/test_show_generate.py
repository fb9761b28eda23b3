"""Commands about making: what goes to the maker, what is answered, and what everybody is told."""

from __future__ import annotations

from typing import Any

import pytest
from making_stage import MakingStage
from stage import Stage

from server.show.events import Jobbed, JobOrder, JobTold, NeedJob, Standing, WorkerTold
from server.show.making_state import KEPT, Job, Worker
from server.show.view import state_messages

PAIR = ("a-1", "x-9")


@pytest.fixture
def stage() -> MakingStage:
    """Deck 1 stands on a-1; nothing leads to x-9."""
    stage = MakingStage((("a-1", "b-2"), ("x-9", "y-8")), lacks=(PAIR,))
    stage.begin()
    stage.answers()
    return stage


def asked(stage: MakingStage) -> NeedJob:
    return next(event for event in reversed(stage.events) if isinstance(event, NeedJob))


def refused(stage: Stage, *command: Any) -> tuple[str, str]:
    """Code and words of the refusal of a command."""
    stage.answers()
    stage.do(*command, "#r")
    (address, (request, code, text)), = stage.answers()
    assert (address, request) == ("/error", "r")
    return code, text


def test_a_transition_is_answered_with_the_number_of_its_job(stage: MakingStage) -> None:
    stage.do("/generate/transition", "a", "x_9", "#1")
    assert stage.answers() == [], "who asked waits for the number"
    event = stage.answered(NeedJob)
    assert (event.first, event.second, event.folder, event.what) == ("a-1", "x-9", "song", "transition")
    assert event.client == "osc 10.0.0.9:9000"
    assert stage.answers() == [("/ack", ("1", "17"))]


def test_it_is_made_as_the_command_says_and_else_as_is_set(stage: MakingStage) -> None:
    stage.do("/generate/frames", 90).do("/generate/seed", "7").do("/generate/mode", "bridge").do("/generate/depth", 0.8)
    stage.do("/generate/transition", "a", "x", "morph", 0, "123456789012345678901234567890")
    recipe = asked(stage).recipe
    assert (recipe.mode, recipe.frames, recipe.seed) == ("morph", 90, "123456789012345678901234567890")
    assert recipe.depth == pytest.approx(0.8)


def test_without_pictures_it_is_the_next_one_that_the_walk_lacks(stage: MakingStage) -> None:
    assert "lacks no transition" in refused(stage, "/generate/transition")[1]
    stage.do("/go/picture", "x").do("/generate/transition")
    assert (asked(stage).first, asked(stage).second) == PAIR


@pytest.mark.parametrize(("command", "code", "words"), [
    (("/generate/transition", "a", "nowhere"), "library", "has no picture"),
    (("/generate/transition", "a"), "input", "name both pictures"),
    (("/generate/transition", "a", "a"), "input", "between two pictures"),
    (("/generate/transition", "a", "x", "fade"), "input", "there is no mode 'fade'"),
    (("/generate/transition", "a", "x", "morph", 2), "range", "at least 3 frames"),
    (("/generate/transition", "a", "x", "morph", 60, "seven"), "input", "a seed is a whole number"),
    (("/generate/transition", "a", "x", "morph", 60, "1" * 200), "range", "at most 100 digits"),
    (("/deck/2/generate/transition", "a", "x"), "library", "deck 2 is in no song"),
    (("/generate/picture", "  "), "input", "made of a prompt"),
    (("/generate/retarget", "y"), "not-now", "plays nothing that is being made"),
    (("/generate/cancel",), "not-now", "nothing is being made"),
    (("/generate/cancel", "99"), "input", "there is no job 99"),
    (("/generate/skip",), "not-now", "nothing is being made"),
    (("/generate/frames", 2), "range", "at least 3 frames"),
    (("/generate/seed", "x"), "input", "a seed is a whole number"),
    (("/generate/mode", "fade"), "range", "morph"),
])
def test_what_cannot_be_done_is_said_in_words(stage: MakingStage, command: tuple[Any, ...], code: str,
                                             words: str) -> None:
    told, text = refused(stage, *command)
    assert told == code
    assert words in text


def test_a_server_that_makes_nothing_says_so(stage: MakingStage) -> None:
    stage.feed([WorkerTold(Worker("off"), attached=False)])
    for command in (("/generate/transition", "a", "x"), ("/generate/picture", "a field"), ("/generate/again",)):
        assert refused(stage, *command) == ("not-now", "this server makes nothing; start it with --generate auto")


def test_safe_mode_is_said_with_its_reason_and_the_way_out(stage: MakingStage) -> None:
    stage.feed([WorkerTold(Worker("safe", reason="the worker died 5 times"), note="generation is off")])
    code, text = refused(stage, "/generate/transition", "a", "x")
    assert (code, "died 5 times" in text, "/generate/again" in text) == ("not-now", True, True)
    assert "generation is off" in [complaint.text for complaint in stage.show.complaints]
    stage.do("/go/picture", "x").wait(1.0)
    assert stage.state("bridges") == 1, "nobody waits for what is not made"
    stage.do("/generate/again", "#2")
    assert stage.answers()[-1] == ("/ack", ("2",))
    assert stage.ordered() == [JobOrder("again")]


def test_why_there_is_no_job_reaches_who_asked(stage: MakingStage) -> None:
    stage.do("/generate/transition", "a", "x", "#1")
    stage.feed([Jobbed(asked(stage).ticket, code="output", error="the disk is full")])
    assert stage.answers() == [("/error", ("1", "output", "the disk is full"))]


def test_orders_go_to_the_job_that_is_meant(stage: MakingStage) -> None:
    stage.do("/go/picture", "x")
    stage.feed([JobTold(Job("7", "transition", "b-2", "x-9", "morph", "song"))])
    stage.do("/generate/cancel").do("/generate/cancel", "7").do("/generate/cancel", "all")
    stage.do("/generate/skip", "1", "99").do("/generate/pause").do("/generate/pause", False)
    assert stage.ordered() == [
        JobOrder("cancel", "1"), JobOrder("cancel", "7"), JobOrder("cancel"), JobOrder("skip", "1", 99),
        JobOrder("pause"), JobOrder("go on")]
    assert "7 is waiting" in refused(stage, "/generate/skip", "7")[1]
    stage.feed([JobTold(stage.job(PAIR, "done"))])
    assert refused(stage, "/generate/cancel", "1") == ("not-now", "job 1 is done already")


def test_state_rows_follow_the_jobs(stage: MakingStage) -> None:
    stage.do("/go/picture", "x")
    stage.feed([JobTold(stage.job(PAIR, progress=0.25, eta=3.0))])
    told = dict(state_messages(stage.show.state, stage.now, {}))
    assert told["/job/1/state"] == ("making",)
    assert told["/job/1/progress"] == (0.25,)
    assert told["/job/1/eta"] == (3.0,)
    assert told["/generate/state/jobs"] == (1,)
    assert told["/generate/state/job"] == ("1",)
    assert told["/generate/state/eta"] == (3.0,)
    stage.answers()
    stage.do("/job/1/progress", "?")
    assert stage.answers() == [("/job/1/progress", (0.25,))]
    assert "no value to tell" in refused(stage, "/job/99/progress", "?")[1]


def test_failures_and_steps_down_are_told_once(stage: MakingStage) -> None:
    stage.do("/go/picture", "x")
    for _ in range(3):
        stage.feed([JobTold(stage.job(PAIR, rung="every second frame"))])
    for _ in range(3):
        stage.feed([JobTold(stage.job(PAIR, "failed", reason="no space left"))])
    texts = [complaint.text for complaint in stage.show.complaints]
    assert [text for text in texts if "job 1" in text] == [
        "job 1, a-1 to x-9: every second frame", "job 1, a-1 to x-9, failed: no space left"]


def test_jobs_that_are_over_are_told_for_a_while_only(stage: MakingStage) -> None:
    stage.feed([JobTold(Job(str(number), "transition", "a-1", "b-2", "morph", state="done")) for number in range(100)])
    assert [job.id for job in stage.show.state.making.jobs] == [str(number) for number in range(100 - KEPT, 100)]


def test_the_pictures_that_a_deck_comes_to_are_told_to_who_makes_beginnings(stage: MakingStage) -> None:
    stage.wait(0.2).do("/go/picture", "b").wait(1.5)
    assert [event.picture for event in stage.events if isinstance(event, Standing)] == ["a-1", "b-2"]
    stage.do("/generate/ahead", False).do("/go/picture", "a").wait(1.5)
    assert [event.picture for event in stage.events if isinstance(event, Standing)] == ["a-1", "b-2"]


def test_panic_holds_what_is_made_only_if_anything_is(stage: MakingStage) -> None:
    stage.do("/system/panic")
    assert (stage.ordered(), stage.show.state.making.paused) == ([], False)
    stage.do("/go/picture", "x").do("/system/panic")
    assert ([order.order for order in stage.ordered()], stage.show.state.making.paused) == (["panic"], True)
    assert "/generate/pause 0" in stage.show.complaints[-1].text
