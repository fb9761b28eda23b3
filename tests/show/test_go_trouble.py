"""Walks when something is missing, late, gone or too much: the picture never stops, and everybody is told."""

from __future__ import annotations

import pytest
from walks import FRAMES, Slow, WalkStage, path_of

from server.show.events import Mapped
from server.show.navigation import PLAN_LIMIT


@pytest.fixture
def stage() -> WalkStage:
    return WalkStage().begin()


def broken_ring() -> WalkStage:
    """Two parts without a way between them."""
    return WalkStage([("a-1", "b-2"), ("c-3", "d-4")]).begin()


def levels(stage: WalkStage) -> dict[str, float]:
    return {p.movie.rpartition("/")[2].removesuffix(".mov"): round(p.level, 2)
            for p in stage.show.state.deck(1).pictures(stage.now)}


def test_a_missing_transition_is_asked_for_and_bridged_by_a_fade() -> None:
    stage = broken_ring().do("/go/fade", 1.0).do("/go/picture", "d", "#1").wait(0.5)

    assert stage.wished() == [("a-1", "d-4")]
    assert levels(stage) == {"a-1 to b-2": 0.5, "c-3 to d-4": 0.5}
    assert stage.answers()[-1] == ("/ack", ("1",))
    stage.wait(1.0)
    assert (stage.state("picture"), stage.state("bridges"), stage.seen()) == ("d-4", 1, ("c-3 to d-4", FRAMES - 1))


def test_a_transition_that_is_missing_in_the_middle_is_faded_over_when_it_is_reached() -> None:
    from server.playback.walk import Missing
    from server.show.events import NeedRoute, Routed

    stage = broken_ring()
    whole = stage.plan

    def plan(asked: NeedRoute) -> Routed:
        if asked.start == "a-1" and asked.goals == ("d-4",):
            return Routed(asked.ticket, (stage.hop("a-1", "b-2"), Missing("b-2", "c-3"), stage.hop("c-3", "d-4")))
        return whole(asked)

    stage.plan = plan  # type: ignore[method-assign]
    stage.do("/go/fade", 0.5).do("/go/picture", "d")
    assert (stage.state("route"), stage.state("hops"), stage.state("arrival")) == (
        "a-1 > b-2 > c-3 > d-4", 3, pytest.approx(2.0))
    assert stage.wait(0.5).seen() == ("a-1 to b-2", 15)
    stage.wait(0.75)
    assert set(levels(stage)) == {"a-1 to b-2", "c-3 to d-4"}
    assert stage.passing(3.0)[-1] == "d-4"
    assert (stage.state("bridges"), stage.wished()) == (1, [("b-2", "c-3")])


def test_a_time_is_kept_over_a_bridge() -> None:
    stage = broken_ring()
    from server.playback.walk import Missing
    from server.show.events import NeedRoute, Routed

    def plan(asked: NeedRoute) -> Routed:
        return Routed(asked.ticket, (stage.hop("a-1", "b-2"), Missing("b-2", "c-3"), stage.hop("c-3", "d-4")))

    stage.plan = plan  # type: ignore[method-assign]
    stage.do("/go/fade", 1.0).do("/go/picture/over", "d", 5.0)
    assert stage.state("arrival") == pytest.approx(5.0)
    stage.wait(4.5)
    assert stage.state("hops") == 1
    assert stage.wait(0.75).state("picture") == "d-4"


def test_a_plan_that_does_not_come_is_gone_without(stage: WalkStage) -> None:
    stage.silent = True
    stage.do("/go/fade", 0.5).do("/go/picture", "d", "#1").wait(PLAN_LIMIT / 2)
    assert stage.state("walk") == "planning"
    assert stage.seen() == ("a-1 to b-2", 0)

    stage.wait(PLAN_LIMIT)
    assert stage.answers()[-1] == ("/ack", ("1",))
    assert stage.wait(1.0).state("picture") == "d-4"
    assert stage.state("bridges") == 1
    assert "not planned in time" in stage.show.complaints[-1].text


def test_a_walk_without_end_goes_on_without_a_planner(stage: WalkStage) -> None:
    stage.silent = True
    stage.do("/go/auto", True)
    assert len(set(stage.passing(12.0))) >= 4
    assert len(stage.screen()) >= 1


def test_a_late_plan_is_dropped(stage: WalkStage) -> None:
    stage.silent = True
    stage.do("/go/picture", "d").wait(3.0)
    late = stage.plan(stage.asked()[0])
    stage.feed([late])
    assert stage.state("picture") == "d-4"
    assert stage.state("walk") == "standing"


def test_twenty_goals_in_a_second_end_at_the_last(stage: WalkStage) -> None:
    slow = Slow(stage)
    slow.wait(1.0)
    names = "bcdea" * 4
    for i, name in enumerate(names):
        stage.do("/go/picture", name, f"#{i}")
        slow.wait(3 / 64)
        assert stage.screen()
    slow.wait(8.0)
    assert stage.state("picture") == "a-1"
    answers = {args[0]: address for address, args in stage.answers() if address in ("/ack", "/error")}
    assert len(answers) == 20
    assert answers["19"] == "/ack"


def test_goals_that_come_before_the_plan_replace_each_other(stage: WalkStage) -> None:
    stage.silent = True
    stage.do("/go/picture", "b", "#1").do("/go/picture", "c", "#2").do("/go/picture", "d", "#3")
    assert [(a, args[:2]) for a, args in stage.answers() if args[0] in "123"] == [
        ("/error", ("1", "superseded")), ("/error", ("2", "superseded"))]
    stage.feed([stage.plan(one) for one in stage.asked()])
    assert stage.wait(5.0).state("picture") == "d-4"


def test_a_load_meanwhile_wins(stage: WalkStage) -> None:
    stage.silent = True
    stage.do("/go/picture", "d", "#1").do("/deck/1/load", "a.mov", "#2")
    assert [(a, args[0]) for a, args in stage.answers()][-2:] == [("/error", "1"), ("/ack", "2")]
    stage.feed([stage.plan(one) for one in stage.asked()])
    assert stage.wait(2.0).screen()[0][0] == "a.mov"


def test_from_another_movie_a_goal_is_faded_to(stage: WalkStage) -> None:
    stage.song = stage.song.__class__("song", ("a.mov",), graph=stage.graph)
    stage.do("/deck/1/load", "a.mov").wait(1.0).do("/go/picture", "c").wait(1.0)
    assert (stage.state("picture"), stage.state("bridges")) == ("c-3", 0)


def test_a_route_over_two_hundred_hops() -> None:
    pairs = [(f"p{i}-{i}", f"p{i + 1}-{i + 1}") for i in range(250)]
    stage = WalkStage(pairs).begin().do("/go/pace", 0.125).do("/go/picture", "p250")
    assert stage.state("hops") == 250
    assert stage.state("route").endswith("… 239 more")
    stage.wait(5.0)
    assert 210 <= stage.state("hops") <= 212
    assert stage.wait(30.0).state("picture") == "p250-250"
    assert len(stage.show.state.walk(1).trail) == 251


@pytest.mark.parametrize("where", ["ahead", "at once"])
def test_a_movie_that_cannot_be_opened_is_gone_round(where: str) -> None:
    stage = WalkStage().begin()
    gone = ("b-2", "c-3") if where == "ahead" else ("d-4", "e-5")
    slow = Slow(stage, bad=[path_of(gone)])
    slow.wait(1.0)
    if where == "at once":
        stage.do("/go/picture", "e")
        slow.wait(2.5)
        assert stage.state("picture") == "e-5"
    goal = "c-3" if where == "ahead" else "d-4"
    stage.do("/go/picture", goal)
    slow.wait(10.0)

    assert stage.state("picture") == goal
    assert any("goes another way" in c.text for c in stage.show.complaints)
    assert tuple(sorted(gone)) in stage.show.state.walk(1).broken


def test_a_transition_that_vanishes_from_disk_is_gone_round(stage: WalkStage) -> None:
    stage.do("/go/picture", "c").wait(0.25)
    stage.changed(pairs=tuple(pair for pair in stage.pairs if pair != ("b-2", "c-3")))
    assert stage.state("goal") == "c-3"
    assert stage.passing(8.0)[-1] == "c-3"
    assert stage.state("bridges") == 0


def test_a_transition_that_was_missing_and_is_made_in_time_is_used() -> None:
    stage = broken_ring()
    from server.playback.walk import Missing
    from server.show.events import NeedRoute, Routed

    whole = stage.plan

    def plan(asked: NeedRoute) -> Routed:
        if len(stage.pairs) == 2 and asked.goals == ("d-4",) and asked.start in ("a-1", "b-2"):
            first = () if asked.start == "b-2" else (stage.hop("a-1", "b-2"),)
            return Routed(asked.ticket, (*first, Missing("b-2", "c-3"), stage.hop("c-3", "d-4")))
        return whole(asked)

    stage.plan = plan  # type: ignore[method-assign]
    stage.do("/go/pace", 8.0).do("/go/picture", "d").wait(1.0)
    assert stage.wished() == [("b-2", "c-3")]
    stage.changed(pairs=(*stage.pairs, ("b-2", "c-3")))
    assert stage.passing(30.0) == ["a-1", "b-2", "c-3", "d-4"]
    assert stage.state("bridges") == 0


def test_a_song_whose_folder_is_gone_is_played_as_it_was_and_that_is_said(stage: WalkStage) -> None:
    stage.feed([Mapped("song", error="song cannot be read now, and is played as it was: it is gone")])
    assert stage.show.complaints[-1].text.startswith("song cannot be read now")
    assert stage.do("/go/picture", "b").wait(2.0).state("picture") == "b-2"


def test_a_renamed_picture_set_leaves_the_deck_where_it_is(stage: WalkStage) -> None:
    stage.do("/go/picture", "b").wait(0.5).changed(pairs=(("x-1", "y-2"),))
    stage.wait(2.0)
    assert stage.state("picture") == "b-2"
    assert stage.do("/go/picture", "y").wait(2.0).state("picture") == "y-2"


def test_go_while_frozen_goes_on_underneath(stage: WalkStage) -> None:
    stage.do("/deck/1/freeze", True).do("/go/picture", "b", "#1").wait(2.0)
    assert stage.answers()[-1] == ("/ack", ("1",))
    assert stage.seen() == ("a-1 to b-2", 0)
    assert stage.do("/deck/1/freeze", False).wait(0.1).seen() == ("a-1 to b-2", FRAMES - 1)


def test_go_after_panic_goes_on_from_where_it_was_held(stage: WalkStage) -> None:
    stage.do("/go/picture", "b").wait(0.5).do("/system/panic").wait(1.0)
    assert (stage.seen(), stage.state("walk")) == (("a-1 to b-2", 15), "paused")
    stage.do("/go/picture", "b").wait(0.25)
    assert stage.seen()[1] > 15


def test_panic_gives_up_a_plan(stage: WalkStage) -> None:
    stage.silent = True
    stage.do("/go/picture", "d", "#1").do("/system/panic")
    assert [args[:2] for _, args in stage.answers()][-1] == ("1", "superseded")
    assert stage.wait(3.0).seen() == ("a-1 to b-2", 0)


def test_disengaged_nobody_walks_anywhere_new(stage: WalkStage) -> None:
    stage.do("/system/engaged", False).do("/go/picture", "b", "#1")
    assert stage.answers()[-1][1][:2] == ("1", "disengaged")
    assert stage.wait(2.0).state("picture") == "a-1"


def test_a_picture_that_nothing_shows_is_refused_in_words() -> None:
    stage = WalkStage([("a-1", "b-2")], more=("z-9",), stills=False).begin()
    stage.do("/go/picture", "z", "#1")
    assert stage.answers()[-1][1][:2] == ("1", "library")
    assert "nothing shows z-9" in stage.answers()[-1:][0][1][2] if stage.said else True
    assert stage.seen() == ("a-1 to b-2", 0)


def test_another_song_begins_anew(stage: WalkStage) -> None:
    stage.do("/go/picture", "c").wait(3.0).do("/deck/1/song", "song").wait(0.5)
    assert stage.state("picture") == "a-1"


@pytest.mark.parametrize("delay", [0.15, 0.2])
def test_an_interrupting_way_is_on_screen_as_soon_as_its_movie_is_open(delay: float) -> None:
    stage = WalkStage().begin()
    slow = Slow(stage, delay=delay)
    slow.wait(1.0)
    stage.do("/go/picture", "b")
    slow.wait(1.0)
    asked = stage.now
    stage.do("/go/picture", "c")
    while stage.seen()[0] != "b-2 to c-3":
        slow.wait(1 / 64)
        assert stage.now - asked < 0.5
    assert stage.now - asked <= delay + 2.5 / 64
