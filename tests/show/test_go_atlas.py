"""Walks in an atlas: every hop is a jump inside one open movie, and a fade finds a second player that has it open."""

from __future__ import annotations

import pytest
from walks import FRAMES, Slow, WalkStage

ATLAS = "song/atlas.mov"


@pytest.fixture
def stage() -> WalkStage:
    return WalkStage(packed=True).begin()


def test_a_walk_in_an_atlas_opens_nothing(stage: WalkStage) -> None:
    slow = Slow(stage)
    slow.wait(1.0)
    stage.do("/go/picture", "b")
    slow.wait(2.0)
    opened = len(slow.opens())
    assert set(slow.opens()) == {ATLAS}
    for name in "cde":
        stage.do("/go/picture", name)
        assert stage.state("walk") == "walking"
        slow.wait(2.0)
        assert stage.state("picture")[0] == name
    assert len(slow.opens()) == opened


def test_the_first_frame_of_a_way_is_commanded_at_once(stage: WalkStage) -> None:
    slow = Slow(stage)
    slow.wait(1.0)
    stage.do("/go/picture", "b")
    slow.wait(0.5)
    assert stage.screen()[-1][1] == pytest.approx(15, abs=1)


def test_an_interrupt_in_an_atlas_fades_without_waiting(stage: WalkStage) -> None:
    slow = Slow(stage)
    slow.wait(1.0)
    stage.do("/go/fade", 0.5).do("/go/picture", "b")
    slow.wait(0.75)
    before = len(slow.opens())
    stage.do("/go/picture", "c")
    # The spare shows it in the same moment; another spare is opened behind it.
    assert len(stage.screen()) >= 1
    stage.wait(1 / 64)
    assert {frame // FRAMES for _, frame in stage.screen()} == {0, 1}
    assert len(slow.opens()) <= before + 1
    slow.wait(3.0)
    assert stage.state("picture") == "c-3"


def test_a_walk_without_end_in_an_atlas_never_waits(stage: WalkStage) -> None:
    slow = Slow(stage)
    slow.wait(1.0)
    stage.do("/go/dwell", 0.5).do("/go/auto", True)
    pictures = []
    for _ in range(640):
        slow.wait(1 / 64)
        if pictures[-1:] != [stage.state("picture")]:
            pictures.append(stage.state("picture"))
    # A second a hop and half a second on each: 10 s are six hops and a half.
    assert 6 <= len(pictures) <= 8
    assert set(slow.opens()) == {ATLAS}
