"""Walks over transitions that are played while they are made: no gap, no jump back, no picture that stops for good."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from making_stage import FRAMES, MakingStage
from stage import plain_movie
from walks import FRAMES as OLD
from walks import Slow

from server.playback.walk import Part
from server.show.events import Grew, JobOrder, NeedDetour, NeedTransition

PAIR = ("a-1", "x-9")
GAP = (("a-1", "b-2"), ("c-3", "d-4"))
"""Two transitions with nothing between b and c."""


@pytest.fixture
def stage() -> MakingStage:
    """Deck 1 stands on a-1; nothing leads to x-9."""
    stage = MakingStage((("a-1", "b-2"), ("x-9", "y-8")), lacks=(PAIR,))
    stage.begin()
    return stage


def played(stage: MakingStage, seconds: float) -> list[int]:
    """The frames of the transition that are seen, one a tick."""
    return [stage.wait(1 / 64).logical() for _ in range(round(seconds * 64))]


def steps(frames: list[int]) -> set[int]:
    return {b - a for a, b in pairwise(frames)}


def test_it_waits_on_the_picture_and_sets_out_with_the_first_part(stage: MakingStage) -> None:
    stage.do("/go/picture", "x", "#1")
    assert stage.answers() == [("/ack", ("1",))]
    stage.wait(1.0)
    assert (stage.seen(), stage.state("walk"), stage.state("bridges")) == (("a-1 to b-2", 0), "making", 0)
    stage.grow(PAIR, 20, due=0.1).wait(1 / 64)
    assert stage.state("walk") == "walking"
    assert stage.seen()[0] == "00000"
    assert stage.state("goal") == "x-9"


def test_parts_follow_each_other_without_a_gap_and_without_a_step_back(stage: MakingStage) -> None:
    stage.do("/go/picture", "x")
    stage.grow(PAIR, 20, due=0.2)
    seen = played(stage, 0.2)
    stage.grow(PAIR, 40, due=0.2)
    seen += played(stage, 0.3)
    stage.finish(PAIR)
    seen += played(stage, 2.0)
    assert steps(seen) <= {0, 1}
    assert (seen[0], seen[-1]) == (0, FRAMES - 1)
    assert (stage.state("picture"), stage.state("walk"), stage.state("hops")) == ("x-9", "standing", 0)
    assert stage.state("bridges") == 0


def test_a_slow_machine_makes_the_walk_slower_and_never_stops_it(stage: MakingStage) -> None:
    stage.do("/go/picture", "x")
    seen: list[int] = []
    stage.grow(PAIR, 10, due=1.0)
    for upto in (20, 30, 40, 50):
        seen += played(stage, 1.0)
        stage.grow(PAIR, upto, due=1.0 if upto < 50 else 0.5)
    seen += played(stage, 0.5)
    stage.finish(PAIR)
    seen += played(stage, 3.0)
    assert steps(seen) <= {0, 1}
    assert seen[-1] == FRAMES - 1
    longest = max(len(list(run)) for run in _runs(seen[:round(4.5 * 64)]))
    assert longest < 32, "the picture stood for half a second"


def _runs(frames: list[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for frame in frames:
        if runs and runs[-1][-1] == frame:
            runs[-1].append(frame)
        else:
            runs.append([frame])
    return runs


def test_its_own_speed_is_back_when_all_is_there(stage: MakingStage) -> None:
    stage.do("/go/picture", "x")
    stage.grow(PAIR, 10, due=2.0).wait(0.5)
    deck = stage.show.state.deck(1).current
    assert deck is not None
    assert deck.transport.speed < 0.9
    stage.finish(PAIR).wait(1 / 32)
    deck = stage.show.state.deck(1).current
    assert deck is not None
    assert deck.transport.speed == pytest.approx(1.0)


def test_nobody_waits_longer_than_they_said(stage: MakingStage) -> None:
    stage.do("/generate/wait", 2.0).do("/go/picture", "x").wait(1.9)
    assert stage.state("walk") == "making"
    stage.wait(0.8)
    assert (stage.state("bridges"), stage.state("picture")) == (1, "x-9")


def test_what_comes_after_the_fade_is_still_made_and_used_later(stage: MakingStage) -> None:
    stage.do("/generate/wait", 0.5).do("/go/picture", "x").wait(1.5)
    assert stage.state("picture") == "x-9"
    stage.grow(PAIR, 30, due=0.1).finish(PAIR)
    stage.do("/go/picture", "a")
    seen = played(stage, 2.5)
    assert (seen[0], seen[-1]) == (FRAMES - 1, 0)
    assert (stage.state("picture"), stage.state("bridges")) == ("a-1", 1)


def test_without_anybody_who_makes_it_fades_as_ever() -> None:
    stage = MakingStage((("a-1", "b-2"), ("x-9", "y-8")), quick=False)
    stage.begin()
    stage.do("/generate/live", False).do("/go/picture", "x").wait(1.0)
    assert (stage.state("picture"), stage.state("bridges")) == ("x-9", 1)


def test_nobody_answers_the_wish() -> None:
    stage = MakingStage((("a-1", "b-2"), ("x-9", "y-8")), quick=False)
    stage.begin()
    stage.do("/go/picture", "x").wait(0.9)
    assert stage.state("picture") == "a-1"
    stage.wait(1.0)
    assert stage.state("picture") == "x-9"


def test_another_goal_is_gone_to_at_once(stage: MakingStage) -> None:
    stage.do("/go/picture", "x").wait(0.5).do("/go/picture", "b").wait(0.1)
    assert (stage.state("goal"), stage.state("walk")) == ("b-2", "walking")
    stage.grow(PAIR, 20).wait(0.1)
    assert stage.state("goal") == "b-2"


def test_what_is_left_for_another_goal_is_no_longer_urgent(stage: MakingStage) -> None:
    stage.do("/go/picture", "x").wait(0.2).do("/go/picture", "b")
    assert JobOrder("relax", "1") in stage.ordered()


def test_what_is_on_screen_stays_urgent_also_when_the_walk_goes_further(stage: MakingStage) -> None:
    stage.do("/go/picture", "x")
    stage.grow(PAIR, 30, due=0.2).wait(0.2).do("/go/how", "queue").do("/go/picture", "y")
    assert stage.ordered() == []


def test_what_fails_halfway_is_faded_out_of(stage: MakingStage) -> None:
    stage.do("/go/picture", "x")
    stage.grow(PAIR, 30, due=0.5).wait(0.3).fail(PAIR)
    assert any("the disk is full" in complaint.text for complaint in stage.show.complaints)
    stage.wait(1.0)
    assert (stage.state("picture"), stage.state("bridges")) == ("x-9", 1)


def test_what_fails_before_the_walk_comes_to_it_is_faded_over_when_it_does() -> None:
    stage = MakingStage(GAP, lacks=(("b-2", "c-3"),))
    stage.begin()
    stage.do("/go/picture", "d").wait(0.3)
    stage.grow(("b-2", "c-3"), 20, due=0.5).wait(0.2).fail(("b-2", "c-3"))
    assert (stage.state("walk"), stage.seen()[0]) == ("walking", "a-1 to b-2")
    assert stage.passing(5.0) == ["a-1", "b-2", "c-3", "d-4"]
    assert stage.state("bridges") == 1


def test_what_fails_while_waited_for_is_faded_over_at_once(stage: MakingStage) -> None:
    stage.do("/go/picture", "x").wait(0.2).fail(PAIR).wait(0.1)
    assert stage.state("walk") == "fading"
    assert stage.wait(0.6).state("picture") == "x-9"


def test_a_way_on_behind_it_is_the_same_walk(stage: MakingStage) -> None:
    stage.do("/go/picture", "y")
    stage.grow(PAIR, 30, due=0.2).wait(0.2)
    assert stage.state("route") == "a-1 > x-9 > y-8"
    stage.finish(PAIR)
    assert stage.passing(4.0) == ["a-1", "x-9", "y-8"]
    assert stage.state("bridges") == 0


def test_in_the_middle_of_a_walk_it_comes_in_time_and_nobody_waits() -> None:
    stage = MakingStage(GAP, lacks=(("b-2", "c-3"),))
    stage.begin()
    stage.do("/go/picture", "d").wait(0.3)
    assert stage.wished() == [("b-2", "c-3")]
    stage.grow(("b-2", "c-3"), 20, due=0.3).wait(0.3).grow(("b-2", "c-3"), 40, due=0.3).wait(0.3).finish(("b-2", "c-3"))
    assert stage.passing(6.0) == ["a-1", "b-2", "c-3", "d-4"]
    assert stage.state("bridges") == 0


def test_in_the_middle_of_a_walk_it_is_waited_for_at_its_picture() -> None:
    stage = MakingStage(GAP, lacks=(("b-2", "c-3"),))
    stage.begin()
    stage.do("/go/picture", "d").wait(3.0)
    assert (stage.state("picture"), stage.state("walk"), stage.seen()) == ("b-2", "making", ("a-1 to b-2", OLD - 1))
    stage.grow(("b-2", "c-3"), 30, due=0.5).wait(0.5).finish(("b-2", "c-3"))
    assert stage.passing(4.0) == ["b-2", "c-3", "d-4"]
    assert stage.state("bridges") == 0


def test_in_the_middle_of_a_walk_it_is_faded_over_when_it_takes_too_long() -> None:
    stage = MakingStage(GAP, lacks=(("b-2", "c-3"),))
    stage.begin()
    stage.do("/generate/wait", 1.0).do("/go/picture", "d").wait(1.9)
    assert stage.state("picture") == "b-2"
    assert stage.passing(4.0)[-1] == "d-4"
    assert stage.state("bridges") == 1


def test_out_of_a_transition_it_comes_to_its_picture_first() -> None:
    stage = MakingStage((("a-1", "b-2"), ("x-9", "y-8")))
    stage.begin()
    stage.do("/go/picture", "b").wait(0.3).do("/go/picture", "x").wait(1.5)
    assert (stage.state("bridges"), stage.state("walk")) == (0, "making")
    assert stage.state("picture") in ("a-1", "b-2")


def test_renderers_open_the_next_part_before_it_is_needed(stage: MakingStage) -> None:
    renderer = Slow(stage, delay=0.1)
    renderer.wait(0.5)
    stage.do("/go/picture", "x")
    renderer.wait(0.2)
    stage.grow(PAIR, 20, due=0.3)
    renderer.wait(0.3)
    stage.grow(PAIR, 40, due=0.3)
    renderer.wait(0.3)
    stage.finish(PAIR)
    renderer.wait(2.5)
    assert [path.rpartition("/")[2] for path in renderer.opens()][1:4] == ["00000.mov", "00020.mov", "00040.mov"]
    assert stage.state("picture") == "x-9"


def test_parts_go_when_nobody_shows_them_and_the_song_has_the_movie(stage: MakingStage) -> None:
    stage.do("/go/picture", "x")
    stage.grow(PAIR, 30, due=0.1).finish(PAIR).wait(3.0)
    assert stage.released() == []
    stage.changed(pairs=(("a-1", "b-2"), ("x-9", "y-8"), PAIR)).wait(3.0)
    assert stage.released() == [], "they are on screen"
    stage.do("/go/picture", "y").wait(5.0)
    assert stage.released() == ["1"]
    assert stage.show.state.making.growing == {}


def test_the_second_time_it_is_the_movie_of_the_song(stage: MakingStage) -> None:
    stage.do("/go/picture", "x")
    stage.grow(PAIR, 30, due=0.1).finish(PAIR).changed(pairs=(("a-1", "b-2"), ("x-9", "y-8"), PAIR)).wait(3.0)
    stage.do("/go/picture", "a").wait(0.5)
    assert stage.seen()[0] == "a-1 to x-9"


def test_a_detour_leaves_where_it_was_said_and_arrives_elsewhere(stage: MakingStage) -> None:
    stage.do("/go/picture", "x")
    stage.grow(PAIR, 45, due=0.5)
    seen = played(stage, 0.3)
    stage.do("/generate/retarget", "y", "#d")
    event = stage.answered(NeedDetour)
    assert stage.answers()[-1] == ("/ack", ("d", "17"))
    assert (event.job, event.picture) == ("1", "y-8")
    assert event.at > seen[-1] + 20, "there is time to make it"
    stage.detour("1", "2", "y-8", event.at, made=10, of=30)
    seen += played(stage, 0.2)
    assert (stage.state("goal"), stage.show.state.making.growing["2"].detour) == ("y-8", True)
    one = stage.grown["2"]
    rest = one.movie.count - one.hop().made
    last = Part(plain_movie("song/detours/2.making/1.mov", count=rest), one.hop().made, rest)
    stage.feed([Grew(replace(one, parts=(*one.parts, last)), left="1")])
    seen += played(stage, 3.0)
    assert steps(seen) <= {0, 1}
    assert (stage.state("picture"), seen[-1]) == ("y-8", one.movie.count - 1)


def test_a_walk_without_end_waits_and_goes_on() -> None:
    stage = MakingStage((("a-1", "b-2"), ("x-9", "y-8")), lacks=(PAIR,))
    stage.begin()
    stage.do("/go/auto", True)
    for _ in range(20):
        stage.wait(1.0)
        for pair in [pair for pair, number in stage.numbers.items() if number not in stage.grown]:
            stage.grow(pair, 30, due=0.5).wait(0.5).finish(pair)
    assert stage.state("bridges") == 0
    assert set(stage.show.state.walk(1).visited) == {"a-1", "b-2", "x-9", "y-8"}


def test_panic_forgets_what_was_waited_for(stage: MakingStage) -> None:
    stage.do("/go/picture", "x").wait(0.2).do("/system/panic")
    assert [order.order for order in stage.ordered()] == ["panic"]
    stage.grow(PAIR, 30).wait(1.0)
    assert (stage.state("picture"), stage.state("playing")) == ("a-1", False)


def slowed(stage: MakingStage) -> float:
    """A transition of which too little is there: how fast it plays."""
    stage.do("/go/picture", "x").grow(PAIR, 20, due=3.0).wait(0.3)
    return float(stage.state("speed"))


def test_a_speed_that_is_said_while_it_is_slowed_down_is_the_one_it_comes_back_to(stage: MakingStage) -> None:
    assert slowed(stage) < 0.5
    stage.do("/deck/1/speed", 1.5).wait(0.1)
    assert stage.state("speed") < 0.5, "there is still no more of it"
    stage.finish(PAIR).wait(0.1)
    assert stage.state("speed") == pytest.approx(1.5)


def test_what_comes_after_it_is_not_slowed_down(stage: MakingStage) -> None:
    assert slowed(stage) < 0.5
    program = stage.show.state.deck(1).current
    assert program is not None
    assert program.manner.speed == pytest.approx(1.0)
    stage.do("/go/picture", "b").wait(0.1)
    assert stage.state("speed") == pytest.approx(1.0)


def test_a_detour_that_comes_too_late_is_not_taken_and_nobody_is_left_waiting(stage: MakingStage) -> None:
    stage.do("/go/picture", "x").grow(PAIR, 45, due=0.5)
    seen = played(stage, 0.8)
    wishes = len([event for event in stage.events if isinstance(event, NeedTransition)])
    stage.detour("1", "2", "y-8", at=15, made=40, of=45)
    assert seen[-1] > 15
    assert stage.ordered() == [JobOrder("cancel", "2")]
    assert len([event for event in stage.events if isinstance(event, NeedTransition)]) == wishes + 1
    stage.finish(PAIR)
    seen += played(stage, 2.0)
    assert steps(seen) <= {0, 1}
    assert (stage.state("picture"), seen[-1]) == ("x-9", FRAMES - 1)


def test_each_of_several_missing_ones_in_a_row_is_made_and_waited_for() -> None:
    chain = (("b-2", "c-3"), ("c-3", "x-9"), ("x-9", "y-8"))
    stage = MakingStage((("a-1", "b-2"), ("c-3", "d-4"), ("x-9", "w-5"), ("y-8", "z-7")), lacks=chain)
    stage.begin()
    stage.do("/go/picture", "y", "#1")
    for pair in chain:
        for _ in range(64 * 5):
            stage.wait(1 / 64)
            if stage.state("walk") == "making" and pair in stage.numbers:
                break
        assert stage.state("picture") == pair[0], "it stays on its picture"
        stage.grow(pair, 30, due=0.2).wait(0.2).finish(pair)
    stage.wait(4.0)
    assert (stage.state("picture"), stage.state("bridges")) == ("y-8", 0)


def test_in_a_row_of_missing_ones_it_fades_to_the_end_of_the_row_when_nothing_comes() -> None:
    chain = (("b-2", "c-3"), ("c-3", "y-8"))
    stage = MakingStage((("a-1", "b-2"), ("c-3", "d-4"), ("y-8", "z-7")), lacks=chain)
    stage.begin()
    stage.do("/go/picture", "y").wait(4.0)
    assert (stage.state("picture"), stage.state("walk")) == ("b-2", "making")
    stage.wait(7.0)
    assert (stage.state("picture"), stage.state("bridges")) == ("y-8", 1)
    wishes = [(event.start, event.end) for event in stage.events if isinstance(event, NeedTransition) and event.live]
    assert wishes == [chain[0]], "it is asked for once"
