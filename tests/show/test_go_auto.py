"""Walks without end: dwell and pace, never and avoid, and what a performer does to them meanwhile."""

from __future__ import annotations

from itertools import pairwise

import pytest
from walks import FRAMES, RING, Slow, WalkStage


@pytest.fixture
def stage() -> WalkStage:
    return WalkStage().begin()


def test_it_walks_on_without_a_pause(stage: WalkStage) -> None:
    stage.do("/go/auto", True)
    seen = stage.passing(12.0)

    assert len(seen) >= 12
    assert len(stage.screen()) == 1
    pairs = {frozenset(pair) for pair in RING}
    assert all(frozenset(pair) in pairs for pair in pairwise(seen))
    assert set(seen) == {"a-1", "b-2", "c-3", "d-4", "e-5"}
    assert stage.state("bridges") == 0


def test_every_frame_of_a_walk_without_end_follows_the_one_before(stage: WalkStage) -> None:
    stage.do("/go/auto", True).wait(0.1)
    before = stage.seen()
    for _ in range(640):
        movie, frame = stage.wait(1 / 64).seen()
        if movie == before[0]:
            assert abs(frame - before[1]) <= 1
        else:
            assert before[1] in (0, FRAMES - 1)
            assert frame in (0, 1, FRAMES - 2, FRAMES - 1)
        before = (movie, frame)


@pytest.mark.parametrize(("unit", "dwell"), [("seconds", 2.0), ("beats", 4.0)])
def test_it_dwells_on_each_picture(stage: WalkStage, unit: str, dwell: float) -> None:
    # At 120 bpm four beats are two seconds.
    stage.do("/go/pace/unit", unit).do("/go/dwell", dwell).do("/go/auto", True).wait(0.5)
    assert (stage.state("walk"), stage.state("picture")) == ("dwelling", "a-1")
    stage.wait(1.5).wait(0.5)
    assert (stage.state("walk"), stage.state("next")) == ("walking", "b-2")
    stage.wait(1.0)
    assert (stage.state("walk"), stage.state("picture")) == ("dwelling", "b-2")
    assert stage.wait(1.0).state("walk") == "dwelling"
    assert stage.wait(0.75).state("walk") == "walking"


def test_what_follows_a_dwell_is_open_in_time(stage: WalkStage) -> None:
    slow = Slow(stage, delay=0.3)
    slow.wait(1.0)
    stage.do("/go/dwell", 1.0).do("/go/auto", True)
    slow.wait(1.5)
    assert stage.seen()[0] == "a-1 to b-2"
    begun = stage.show.state.deck(1).current
    assert begun is not None
    # Not later than it was due: a second after it had arrived and been told to go on.
    assert begun.transport.playing


def test_the_pace_is_that_of_each_hop(stage: WalkStage) -> None:
    stage.do("/go/pace", 0.5).do("/go/auto", True)
    assert len(stage.passing(5.0)) >= 9


def test_switched_off_it_stands_where_it_arrives(stage: WalkStage) -> None:
    stage.do("/go/auto", True).wait(2.5).do("/go/auto").wait(5.0)
    assert stage.state("walk") == "standing"
    seen = stage.seen()
    assert stage.wait(5.0).seen() == seen


def test_a_goal_in_between_is_gone_to_and_the_walk_goes_on(stage: WalkStage) -> None:
    stage.do("/go/auto", True).wait(0.5).do("/go/how", "queue").do("/go/picture", "e", "#1")
    assert stage.answers()[-1] == ("/ack", ("1",))
    seen = stage.passing(10.0)
    assert seen[:4] == ["a-1", "b-2", "a-1", "e-5"]
    assert len(seen) > 8


def test_the_same_seed_is_the_same_walk() -> None:
    def walk() -> list[str]:
        return WalkStage().begin().do("/go/seed", 9).do("/go/auto", True).passing(10.0)  # type: ignore[union-attr]

    assert walk() == walk()


def test_the_planner_is_told_the_seed_and_where_the_deck_has_been(stage: WalkStage) -> None:
    stage.do("/go/seed", 9).do("/go/auto", True).wait(3.5)
    asked = stage.asked()
    assert asked[-1].previous != ""
    assert asked[-1].visited["b-2"] >= 1
    assert len({one.seed for one in asked}) == len(asked)


def test_paused_it_waits_and_played_it_goes_on(stage: WalkStage) -> None:
    stage.do("/go/auto", True).wait(0.5).do("/deck/1/pause")
    seen = stage.seen()
    assert stage.wait(5.0).seen() == seen
    assert stage.state("walk") == "paused"
    stage.do("/deck/1/play")
    assert len(stage.passing(3.0)) >= 3


def test_panic_ends_it_and_holds_the_picture(stage: WalkStage) -> None:
    stage.do("/go/auto", True).wait(2.5).do("/system/panic")
    seen = stage.seen()
    assert stage.wait(5.0).seen() == seen
    assert stage.state("auto") is False
    stage.do("/go/picture", "d").wait(6.0)
    assert stage.state("picture") == "d-4"


def test_frozen_it_goes_on_underneath(stage: WalkStage) -> None:
    stage.do("/go/auto", True).wait(0.5).do("/deck/1/freeze", True)
    seen = stage.seen()
    assert stage.wait(3.0).seen() == seen
    stage.do("/deck/1/freeze", False)
    assert stage.wait(0.1).seen()[0] != seen[0]


def test_never_again_is_written_down_gone_round_and_never_gone_to(stage: WalkStage) -> None:
    stage.do("/go/never", "b")
    assert stage.shut() == ["b-2"]
    stage.do("/go/picture", "b", "#1")
    assert stage.answers()[-1][1][1] == "library"
    stage.do("/go/picture", "c")
    assert stage.state("route") == "a-1 > e-5 > d-4 > c-3"
    stage.wait(4.0).do("/go/auto", True)
    assert "b-2" not in stage.passing(15.0)


def test_never_without_a_name_is_the_picture_that_was_passed(stage: WalkStage) -> None:
    stage.do("/go/picture", "b").wait(2.0).do("/go/never", "#1")
    assert stage.shut() == ["b-2"]
    assert stage.answers()[-1] == ("/ack", ("1",))


def test_a_way_over_a_picture_that_is_avoided_now_goes_round_it(stage: WalkStage) -> None:
    stage.do("/go/picture", "c").wait(0.25).do("/go/avoid", "b")
    assert "b-2" not in stage.state("route").split(" > ")[2:]
    assert stage.wait(8.0).state("picture") == "c-3"
    stage.do("/go/avoid", "b", False).do("/go/picture", "a").wait(4.0)
    assert stage.state("picture") == "a-1"


def test_what_is_avoided_may_still_be_gone_to(stage: WalkStage) -> None:
    stage.do("/go/avoid", "b", True).do("/go/picture", "b").wait(2.0)
    assert stage.state("picture") == "b-2"


def test_with_everything_avoided_the_picture_stays_and_is_told_why(stage: WalkStage) -> None:
    for name in "bcde":
        stage.do("/go/avoid", name, True)
    stage.do("/go/auto", True).wait(5.0)
    assert stage.state("picture") == "a-1"
    complaints = [c.text for c in stage.show.complaints]
    assert 1 <= len(complaints) <= 6
    stage.do("/go/avoid", "c", False)
    # Each of the two is seen for a while.
    assert 2 <= len(stage.passing(6.0)) <= 4
    assert "c-3" in stage.show.state.walk(1).visited


def test_a_song_without_any_transition_walks_by_fades() -> None:
    stage = WalkStage([], more=("a-1", "b-2", "c-3")).begin()
    stage.do("/go/fade", 0.5).do("/go/auto", True)
    assert set(stage.passing(15.0)) == {"a-1", "b-2", "c-3"}
    assert 4 <= stage.state("bridges") <= 8


def test_on_a_deck_that_plays_a_movie_it_begins_with_a_fade() -> None:
    stage = WalkStage().begin().do("/deck/1/load", "song/transitions/a-1 to b-2.mov")
    stage.disk["song/transitions/a-1 to b-2.mov"] = stage.movies["song/transitions/a-1 to b-2.mov"]
    stage.do("/deck/1/load", "song/transitions/a-1 to b-2.mov").wait(1.0)
    assert stage.state("walk") == ""
    stage.do("/go/auto", True).wait(3.0)
    assert stage.state("walk") in ("walking", "fading", "dwelling")
