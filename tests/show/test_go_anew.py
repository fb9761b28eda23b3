"""Ways that are planned anew although nobody asked: nobody's command is lost, nothing that was stopped moves."""

from __future__ import annotations

import pytest
from stage import plain_movie
from test_cue import told
from walks import RING, Slow, WalkStage, path_of

from server.playback.walk import Missing
from server.show.events import NeedRoute, Routed

WITHOUT_BC = tuple(pair for pair in RING if pair != ("b-2", "c-3"))


@pytest.fixture
def stage() -> WalkStage:
    stage = WalkStage().begin()
    stage.disk["x.mov"] = plain_movie("x.mov")
    return stage


def test_a_goal_that_is_being_planned_is_answered_once(stage: WalkStage) -> None:
    stage.do("/go/picture", "c-3").wait(0.5).answers()
    stage.silent = True
    stage.do("/go/picture", "d-4", "#1").changed(pairs=WITHOUT_BC)
    newest = [event for event in stage.events if isinstance(event, NeedRoute)][-1]
    assert newest.goals == ("d-4",)
    stage.feed([stage.plan(newest)])
    assert stage.answers() == [("/ack", ("1",))]


@pytest.mark.parametrize("command", [(), ("/go/never", "b-2")])
def test_a_walk_that_was_stopped_stays_when_its_way_changes(stage: WalkStage, command: tuple[str, ...]) -> None:
    stage.do("/go/picture", "c-3").wait(0.5).do("/pause")
    seen = stage.wait(0.1).seen()
    if command:
        stage.do(*command)
    else:
        stage.changed(pairs=WITHOUT_BC)
    assert stage.state("route").endswith("> a-1 > e-5 > d-4 > c-3")
    assert (stage.wait(0.5).state("walk"), stage.seen()) == ("paused", seen)
    stage.do("/play").wait(8.0)
    assert stage.state("picture") == "c-3"


def test_a_clip_that_was_made_ready_and_a_time_that_was_asked_for_outlive_another_way(stage: WalkStage) -> None:
    stage.do("/go/picture/over", "c-3", 8.0).wait(0.5).do("/prepare", "x.mov").wait(0.1)
    stage.changed(pairs=WITHOUT_BC)
    prepared = stage.show.state.deck(1).prepared
    assert prepared is not None
    assert prepared.clip.name == "x.mov"
    assert stage.state("arrival") == pytest.approx(7.4, abs=0.1)


def test_a_time_that_was_asked_for_counts_before_the_pace_also_on_another_way(stage: WalkStage) -> None:
    stage.do("/go/pace", 1.0).do("/go/picture/over", "c-3", 12.0).wait(0.5)
    stage.changed(pairs=WITHOUT_BC)
    assert stage.state("arrival") == pytest.approx(11.5, abs=0.1)
    stage.wait(20.0).do("/go/picture", "a-1").wait(0.2).changed(pairs=RING)
    assert stage.state("arrival") <= 3.0, "the pace of each hop again"


def test_what_is_asked_for_by_a_person_is_not_lost_to_another_way(stage: WalkStage) -> None:
    stage.do("/go/picture", "c-3").wait(0.5).answers()
    stage.do("/load", "x.mov", "#1").changed(pairs=WITHOUT_BC)
    assert stage.answers() == [("/ack", ("1",))]
    assert stage.wait(1.0).seen()[0] == "x"


@pytest.mark.parametrize("seconds", [0.2, 0.8])
def test_a_picture_never_to_be_shown_again_is_not_come_to(stage: WalkStage, seconds: float) -> None:
    stage.do("/go/picture", "c-3").wait(seconds).do("/go/never", "b-2")
    assert stage.passing(6.0) == ["a-1", "e-5", "d-4", "c-3"]


def test_a_goal_that_is_never_to_be_shown_again_is_left_and_a_walk_without_end_goes_on(stage: WalkStage) -> None:
    stage.do("/go/picture", "c-3").wait(0.5).do("/go/never", "c-3")
    assert stage.passing(4.0) == ["a-1", "b-2"]
    assert stage.state("walk") == "standing"
    stage.do("/go/auto", 1).wait(0.5)
    goal = stage.state("goal")
    stage.do("/go/avoid", goal, 1)
    assert goal not in stage.passing(5.0)[1:]


def test_a_story_goes_on_when_the_song_changes_beside_it() -> None:
    stage = told()
    stage.do("/cue/go").wait(0.5).changed(pairs=(*RING, ("a-1", "c-3")))
    assert stage.wait(3.0).seen() == ("section_1", 59)


def test_a_walk_without_end_leaves_a_picture_whose_transitions_cannot_be_shown() -> None:
    stage = WalkStage()
    slow = Slow(stage, bad=[path_of(pair) for pair in RING[1:]])
    stage.begin()
    slow.wait(1.0)
    stage.do("/go/auto", 1)
    pictures = []
    for _ in range(20):
        pictures.append(slow.wait(1.0).stage.state("picture"))
    assert set(pictures[6:]) == {"a-1", "b-2"}
    assert len({id_ for id_, *_ in slow.asked()}) < 30


def test_a_walk_without_end_can_be_ended_from_anywhere(stage: WalkStage) -> None:
    stage.do("/go/auto", 1)
    stage.show.state = stage.show.state.with_song(1, stage.song)
    stage.do("/go/auto", 0, "#1")
    assert stage.answers()[-1] == ("/ack", ("1",))
    assert stage.state("auto") is False


def over_a_gap() -> WalkStage:
    """On the way from a-1 to b-2, from where a fade leads on to c-3 and a transition to d-4."""
    stage = WalkStage([("a-1", "b-2"), ("c-3", "d-4")]).begin()
    stage.disk["x.mov"] = plain_movie("x.mov")
    stage.silent = True
    stage.do("/go/picture", "d-4")
    way = (stage.hop("a-1", "b-2"), Missing("b-2", "c-3"), stage.hop("c-3", "d-4"))
    stage.feed([Routed(stage.asked()[-1].ticket, way)])
    return stage


def test_played_backwards_to_its_beginning_a_walk_does_not_jump_over_a_gap() -> None:
    stage = over_a_gap()
    stage.wait(0.5).do("/speed", -1.0).wait(3.0)
    assert stage.seen() == ("a-1 to b-2", 0)
    stage.do("/speed", 1.0).wait(4.0)
    assert stage.state("picture") == "d-4"


def test_a_clip_that_was_made_ready_is_not_put_on_by_a_walk_that_comes_to_a_gap() -> None:
    stage = over_a_gap()
    stage.wait(0.2).do("/prepare", "x.mov").wait(3.0)
    assert stage.seen() == ("a-1 to b-2", 30)
    assert [c.text for c in stage.show.complaints if "x.mov, which is ready" in c.text]
    stage.do("/take").wait(0.5)
    assert stage.seen()[0] == "x"
