"""Ways that are looped: what is told wraps with what is seen, and a new goal is gone to from where the loop is."""

from __future__ import annotations

import pytest
from walks import FRAMES, WalkStage

LAST = FRAMES - 1


@pytest.fixture
def stage() -> WalkStage:
    stage = WalkStage().begin().do("/go/picture", "c-3").wait(0.5)
    assert stage.seen() == ("a-1 to b-2", 15)
    return stage


def told(stage: WalkStage) -> list[object]:
    return [stage.state(name) for name in ("picture", "next", "hops", "stop", "walk")]


def test_a_way_that_loops_is_told_from_its_beginning_again(stage: WalkStage) -> None:
    stage.do("/deck/1/loop", "loop")
    first = ["a-1", "b-2", 2, 0, "walking"]
    for turn in range(3):
        assert told(stage) == first
        assert stage.state("arrival") == pytest.approx(1.5 + turn / 30)
        stage.wait(1.0)
        assert told(stage) == ["b-2", "c-3", 1, 1, "walking"]
        assert stage.seen() == ("b-2 to c-3", 15 - turn)
        # 61 frames are a turn: from one to the next the picture falls back by one.
        stage.wait(1.0)
        assert stage.seen() == ("a-1 to b-2", 14 - turn)


def test_a_way_that_bounces_is_told_backwards(stage: WalkStage) -> None:
    stage.do("/deck/1/loop", "bounce").wait(1.0)
    assert stage.seen() == ("b-2 to c-3", 15)
    stage.wait(1.0)
    assert stage.seen() == ("b-2 to c-3", 15)
    assert told(stage)[0] == "b-2"
    stage.wait(1.0)
    assert stage.seen() == ("a-1 to b-2", 15)
    assert told(stage)[0] == "a-1"


def test_a_goal_is_gone_to_from_where_the_loop_is(stage: WalkStage) -> None:
    stage.do("/deck/1/loop", "loop").wait(2.0)
    assert stage.seen() == ("a-1 to b-2", 14)
    stage.do("/go/how", "turn").do("/go/picture", "e-5")
    assert stage.state("route") == "b-2 > a-1 > e-5"
    stage.wait(14 / 30)
    assert stage.seen() == ("a-1 to b-2", 0)
    stage.wait(2.0)
    assert stage.seen() == ("a-1 to e-5", LAST)
    assert told(stage) == ["e-5", "", 0, 2, "standing"]
