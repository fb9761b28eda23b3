"""Walking between pictures, as a performer meets it: where it goes, what is on screen, what is told."""

from __future__ import annotations

from typing import Any

import pytest
from stage import TICK, plain_movie
from walks import FRAMES, RING, Slow, WalkStage

LAST = FRAMES - 1


@pytest.fixture
def stage() -> WalkStage:
    return WalkStage().begin()


def test_a_song_of_pictures_stands_on_its_first_picture(stage: WalkStage) -> None:
    assert stage.seen() == ("a-1 to b-2", 0)
    assert [stage.state(name) for name in ("song", "picture", "prompt", "scene", "next", "walk", "hops")] == [
        "song", "a-1", "a picture of a", "a", "", "standing", 0]
    assert stage.wait(5.0).seen() == ("a-1 to b-2", 0)


def test_it_walks_to_a_picture_and_stands_there(stage: WalkStage) -> None:
    stage.do("/go/picture", "c-3", "#1")
    assert stage.answers()[-1] == ("/ack", ("1",))
    assert [stage.state(n) for n in ("walk", "goal", "route", "next", "hops", "stop")] == [
        "walking", "c-3", "a-1 > b-2 > c-3", "b-2", 2, 0]
    assert stage.state("arrival") == pytest.approx(2.0)

    assert stage.wait(0.5).seen() == ("a-1 to b-2", 15)
    assert stage.wait(1.0).seen() == ("b-2 to c-3", 15)
    assert [stage.state(n) for n in ("picture", "prompt", "next", "hops", "stop")] == [
        "b-2", "a picture of b", "c-3", 1, 1]
    assert stage.state("arrival") == pytest.approx(0.5)
    assert stage.wait(5.0).seen() == ("b-2 to c-3", LAST)
    assert [stage.state(n) for n in ("picture", "walk", "next", "hops", "arrival")] == ["c-3", "standing", "", 0, 0.0]


def test_the_doubled_frame_at_a_joint_is_seen_once(stage: WalkStage) -> None:
    stage.do("/go/picture", "c-3")
    seen = [stage.seen()]
    for _ in range(140):
        if stage.wait(1 / 64).seen() != seen[-1]:
            seen.append(stage.seen())

    assert seen == [("a-1 to b-2", i) for i in range(FRAMES)] + [("b-2 to c-3", i) for i in range(1, FRAMES)]


def test_transitions_are_played_backwards_where_the_way_leads_that_way(stage: WalkStage) -> None:
    stage.do("/go/picture", "d-4").wait(0.5)
    assert stage.seen() == ("a-1 to e-5", 15)
    assert stage.wait(1.0).seen() == ("d-4 to e-5", 15)
    assert stage.wait(1.0).seen() == ("d-4 to e-5", 0)


@pytest.mark.parametrize("name", ["c-3", "c_3", "C_3", "c", "C"])
def test_every_form_of_a_name(stage: WalkStage, name: str) -> None:
    stage.do("/go/picture", name)
    assert stage.state("goal") == "c-3"


def test_short_forms_and_prompts_with_several_pictures() -> None:
    stage = WalkStage([("a-1", "b-12345678"), ("b-12345678", "b-99"), ("a-1", "c-55551"), ("a-1", "c-55552")]).begin()

    assert stage.do("/go/picture", "b-1234").state("goal") == "b-12345678"
    assert stage.do("/go/picture", "b").wait(3.0).state("picture") == "b-12345678"
    stage.do("/go/picture", "c-5555", "#1")
    ((_, (_, code, text)),) = [one for one in stage.answers() if one[0] == "/error"]
    assert code == "library"
    assert "c-55551" in text
    assert "c-55552" in text


@pytest.mark.parametrize(("address", "name", "hint"), [
    ("/go/picture", "bb-2", "b-2"), ("/go/picture", "zebra", "a, b, c"), ("/go/scene", "zz", "a, b, c"),
    ("/go/never", "b-3", "b-2"), ("/go/avoid", "q", "a, b, c")])
def test_unknown_names_are_answered_with_what_there_is(stage: WalkStage, address: str, name: str, hint: str) -> None:
    before = stage.show.state
    stage.do(address, name, "#1")

    ((_, (_, code, text)),) = [one for one in stage.answers() if one[0] == "/error"]
    assert code == "library"
    assert hint in text
    assert stage.show.state == before


def test_a_deck_without_a_song_of_pictures_says_so() -> None:
    stage = WalkStage().do("/deck/2/go/picture", "a", "#1")

    ((_, (_, code, text)),) = stage.answers()
    assert (code, "/deck/2/song" in text) == ("library", True)


def test_the_deck_that_is_named_walks() -> None:
    stage = WalkStage().begin(1).begin(2).do("/deck/2/go/picture", "b").wait(0.5)

    assert (stage.seen(1), stage.seen(2)) == (("a-1 to b-2", 0), ("a-1 to b-2", 15))


def test_a_scene_is_gone_to_by_its_nearest_picture() -> None:
    stage = WalkStage([("a-1", "b-2"), ("b-2", "c-3"), ("c-3", "c-4"), ("c-4", "a-1")]).begin().do("/go/scene", "C")

    assert stage.state("route") == "a-1 > c-4"
    asked = len(stage.asked())
    stage.wait(2.0).do("/go/scene", "c", "#1")
    assert stage.answers()[-1] == ("/ack", ("1",))
    assert len(stage.asked()) == asked


def test_the_same_target_again_does_nothing(stage: WalkStage) -> None:
    stage.do("/go/picture", "c").wait(0.5)
    before, asked = stage.seen(), len(stage.asked())
    stage.do("/go/picture", "c-3", "#1")

    assert (stage.seen(), len(stage.asked())) == (before, asked)
    assert stage.answers()[-1] == ("/ack", ("1",))
    stage.wait(5.0).do("/go/picture", "c", "#2")
    assert len(stage.asked()) == asked
    assert stage.answers()[-1] == ("/ack", ("2",))
    assert stage.seen() == ("b-2 to c-3", LAST)


@pytest.mark.parametrize(("time", "half"), [("route", ("a-1 to b-2", LAST)), ("hop", ("a-1 to b-2", 15))])
def test_a_time_is_that_of_the_way_or_of_each_hop(stage: WalkStage, time: str, half: tuple[str, int]) -> None:
    stage.do("/go/time", time).do("/go/picture/over", "c", 4.0)
    assert stage.state("arrival") == pytest.approx(4.0 if time == "route" else 8.0)
    stage.wait(2.0)
    assert stage.seen() == half


def with_a_long_hop(stage: WalkStage) -> WalkStage:
    """The transition from b to c has twice as many frames as the others."""
    stage.movies["song/transitions/b-2 to c-3.mov"] = plain_movie("song/transitions/b-2 to c-3.mov", count=61)
    way = stage.hop

    def longer(start: str, end: str) -> Any:
        hop = way(start, end)
        if "b-2 to c-3" in hop.movie.name:  # type: ignore[union-attr]
            return type(hop)(start, end, hop.movie, 0, 60)  # type: ignore[union-attr]
        return hop

    stage.hop = longer  # type: ignore[method-assign]
    return stage


def test_hops_of_different_length_take_the_same_time_where_that_is_asked(stage: WalkStage) -> None:
    with_a_long_hop(stage).do("/go/time", "hop").do("/go/picture/over", "c", 2.0)
    stage.wait(1.0)
    assert stage.seen() == ("a-1 to b-2", 15)
    stage.wait(2.0)
    assert stage.seen()[0] == "b-2 to c-3"
    assert abs(stage.seen()[1] - 30) <= 1
    assert stage.state("arrival") == pytest.approx(1.0, abs=0.05)


def test_a_tick_that_comes_late_makes_no_hop_slower(stage: WalkStage) -> None:
    begun = stage.now
    with_a_long_hop(stage).do("/go/time", "hop").do("/go/picture/over", "c", 2.0).wait(1.9)
    stage.ticks += round(0.6 / TICK)
    stage.wait(TICK)
    since = stage.now - begun - 2.0
    assert stage.seen()[0] == "b-2 to c-3"
    assert abs(stage.seen()[1] - 30 * since) <= 1.5, "it goes at its own pace from the moment at which it began"


def test_the_pace_counts_in_seconds_or_beats(stage: WalkStage) -> None:
    stage.do("/go/pace", 4.0).do("/go/picture", "b").wait(2.0)
    assert stage.seen() == ("a-1 to b-2", 15)

    stage.wait(3.0).do("/clock/tempo", 60.0).do("/go/pace/unit", "beats").do("/go/pace", 2.0).do("/go/picture", "c")
    assert stage.wait(1.0).seen() == ("b-2 to c-3", 15)


def test_a_walk_goes_at_the_speed_of_the_deck_and_leaves_it_as_it_was(stage: WalkStage) -> None:
    stage.do("/deck/1/speed", 0.5).do("/go/picture", "b").wait(1.0)
    assert stage.seen() == ("a-1 to b-2", 15)
    stage.wait(2.0).do("/go/picture/over", "c", 0.5).wait(1.0).do("/deck/1/load", "a.mov").wait(1.0)

    assert (stage.screen(), stage.state("speed"), stage.state("loop")) == ([("a.mov", 15)], 0.5, "loop")


def test_a_time_too_short_is_the_fastest_that_there_is(stage: WalkStage) -> None:
    stage.do("/go/picture/over", "c", 0.0).wait(0.25)
    assert stage.state("picture") == "c-3"


# interrupt, turn, queue -----------------------------------------------------------------------


def test_queue_finishes_the_transition_first(stage: WalkStage) -> None:
    stage.do("/go/how", "queue").do("/go/picture", "b").wait(0.25).do("/go/picture", "e")
    assert (stage.state("route"), stage.seen()) == ("a-1 > b-2 > a-1 > e-5", ("a-1 to b-2", 8))
    assert stage.wait(0.5).seen() == ("a-1 to b-2", 23)
    assert stage.passing(3.0) == ["a-1", "b-2", "a-1", "e-5"]


def test_turn_goes_back_on_the_same_movie_if_that_end_is_nearer(stage: WalkStage) -> None:
    slow = Slow(stage)
    slow.wait(1.0)
    stage.do("/go/how", "turn").do("/go/picture", "b")
    slow.wait(0.4)
    frame = stage.seen()[1]
    assert 0 < frame < 15
    stage.do("/go/picture", "e")
    assert slow.opens().count("song/transitions/a-1 to b-2.mov") == 1
    assert stage.seen() == ("a-1 to b-2", frame)
    slow.wait(0.125)
    assert stage.seen()[1] < frame
    assert stage.passing(1.0) == ["a-1"]


def test_turn_goes_on_where_that_end_is_nearer(stage: WalkStage) -> None:
    stage.do("/go/how", "turn").do("/go/picture", "b").wait(0.75).do("/go/picture", "e")
    assert stage.state("route").startswith("a-1 > b-2 > ")
    assert stage.wait(0.125).seen() == ("a-1 to b-2", 26)


def test_interrupt_fades_from_the_present_frame_into_the_first_edge(stage: WalkStage) -> None:
    stage.do("/go/fade", 1.0).do("/go/picture", "b").wait(0.75).do("/go/picture", "c")
    assert stage.state("route") == "b-2 > c-3"
    stage.wait(0.5)

    levels = {p.movie.rpartition("/")[2]: round(p.level, 3) for p in stage.show.state.deck(1).pictures(stage.now)}
    assert levels == {"a-1 to b-2.mov": 0.5, "b-2 to c-3.mov": 0.5}
    assert stage.state("walk") == "fading"
    assert stage.seen() == ("b-2 to c-3", 15)


@pytest.mark.parametrize(("wait", "goal", "route", "frame"), [
    (0.25, "c", "a-1 > b-2 > c-3", 15), (0.75, "d", "b-2 > a-1 > e-5 > d-4", 14), (0.75, "a", "b-2 > a-1", 15)])
def test_interrupt_stays_on_the_edge_that_is_playing_where_the_way_goes_on_there(
        wait: float, goal: str, route: str, frame: int) -> None:
    stage = WalkStage([pair for pair in RING if goal != "d" or pair != ("c-3", "d-4")]).begin()
    stage.do("/go/picture", "b").wait(wait).do("/go/picture", goal)

    assert stage.state("route") == route
    assert len(stage.screen()) == 1
    assert abs(stage.wait(0.25).seen()[1] - frame) <= 1
    assert len(stage.screen()) == 1


def test_at_rest_every_way_begins_without_a_fade(stage: WalkStage) -> None:
    for how in ("interrupt", "turn", "queue"):
        stage.do("/go/how", how).do("/go/picture", "b")
        assert len(stage.screen()) == 1
        stage.wait(2.0).do("/go/picture", "a")
        assert len(stage.screen()) == 1
        stage.wait(2.0)
    assert stage.state("bridges") == 0


def test_what_the_present_transition_leads_to_anyway_needs_no_way(stage: WalkStage) -> None:
    stage.do("/go/picture", "c").wait(0.5).do("/go/picture", "b", "#1")
    assert stage.answers()[-1] == ("/ack", ("1",))
    assert stage.wait(3.0).seen() == ("a-1 to b-2", LAST)


# next and back --------------------------------------------------------------------------------


def test_next_and_back_walk_and_come_back(stage: WalkStage) -> None:
    stage.do("/deck/1/go/next").wait(1.5)
    assert stage.state("picture") == "b-2"
    stage.do("/go/next").wait(1.5)
    assert stage.state("picture") == "c-3"
    stage.do("/go/back").wait(1.5)
    assert stage.state("picture") == "b-2"
    stage.do("/go/back").wait(1.5)
    assert stage.state("picture") == "a-1"
    stage.do("/go/next").wait(1.5).do("/go/next").wait(1.5)
    assert stage.state("picture") == "c-3"


def test_back_in_the_middle_turns_round(stage: WalkStage) -> None:
    stage.do("/go/picture", "b").wait(0.75).do("/go/back")
    assert stage.wait(0.25).seen() == ("a-1 to b-2", 15)
    assert stage.wait(1.0).state("picture") == "a-1"


def test_there_is_nothing_before_the_first_picture(stage: WalkStage) -> None:
    stage.do("/go/back", "#1")
    assert stage.answers()[-1][1][:2] == ("1", "not-now")


def test_next_over_a_time(stage: WalkStage) -> None:
    stage.do("/go/next/over", 4.0).wait(2.0)
    assert stage.seen() == ("a-1 to b-2", 15)


def test_next_in_the_middle_goes_on_behind_the_present_transition(stage: WalkStage) -> None:
    stage.do("/go/next").wait(0.5).do("/go/next")
    assert stage.state("route") == "a-1 > b-2 > c-3"
    assert len(stage.screen()) == 1
    assert stage.passing(2.0) == ["a-1", "b-2", "c-3"]


def test_random_goes_where_the_seed_says_and_prefers_what_was_not_visited() -> None:
    def visited(seed: int) -> list[str]:
        stage = WalkStage().begin().do("/go/seed", seed)
        goals = []
        for _ in range(4):
            goals.append(stage.do("/go/random").state("goal"))
            stage.wait(4.0)
        return goals

    assert visited(3) == visited(3)
    assert len({tuple(visited(seed)) for seed in range(6)}) > 2
    assert len(set(visited(5))) >= 3


def test_quantised_walks_wait_for_the_beat(stage: WalkStage) -> None:
    stage.do("/clock/quantise", "bar").wait(0.25).do("/go/picture", "b").wait(1.25)
    assert (stage.state("walk"), stage.seen()) == ("dwelling", ("a-1 to b-2", 0))
    # Two seconds are a bar.
    assert stage.wait(0.75).seen() == ("a-1 to b-2", 15) or stage.now == pytest.approx(2.5)
