"""A recall over a time, on the beat, into another one, and under hands that are quicker."""

from __future__ import annotations

import pytest
from snapshot_desk import Desk

from server.show.archive import packed, unpacked
from server.show.memory import recalled, remembered
from server.show.memory_state import Memory
from server.show.view import value


@pytest.fixture
def desk() -> Desk:
    """Deck 1 plays, deck 2 is empty."""
    desk = Desk().do("/deck/1/load", "a.mov").wait(1.0)
    desk.answers()
    return desk


def test_over_a_time_pictures_fade_and_values_move_in_a_straight_line(desk: Desk) -> None:
    desk.do("/deck/1/level", 0.5).do("/clock/tempo", 100.0).do("/deck/1/speed", 0.5).do("/snapshot/save", "x")
    desk.do("/deck/1/load", "b.mov").do("/deck/1/level", 1.0).do("/clock/tempo", 140.0).do("/deck/1/speed", 1.5)
    desk.do("/master/level", 0.0).do("/snapshot/recall/over", "x", 4.0).wait(2.0)

    assert desk.state("level") == pytest.approx(0.75, abs=0.01)
    assert desk.show.state.master.level == pytest.approx(0.5, abs=0.01)
    assert desk.show.state.beat.tempo.bpm == pytest.approx(120.0, abs=0.5)
    assert desk.state("speed") == pytest.approx(1.0, abs=0.02)
    seen = desk.show.state.deck(1).pictures(desk.now)
    assert [p.movie for p in seen] == ["b.mov", "a.mov"]
    assert seen[0].level == pytest.approx(seen[1].level, rel=0.05)
    assert value(desk.show.state, "/snapshot/state/left", (), desk.now)[0] == pytest.approx(2.0, abs=0.05)  # type: ignore[index]
    desk.wait(2.1)
    assert (desk.state("level"), desk.state("speed"), desk.show.state.beat.tempo.bpm) == (0.5, 0.5, 100.0)
    assert desk.screen() == [("a.mov", pytest.approx(30 + 30 * 4, abs=8))]
    assert desk.show.state.snapshots.glides == ()


def test_a_value_that_a_hand_takes_is_the_hands(desk: Desk) -> None:
    desk.do("/deck/1/level", 0.0).do("/clock/tempo", 60.0).do("/snapshot/save", "x")
    desk.do("/deck/1/level", 1.0).do("/clock/tempo", 120.0).do("/snapshot/recall/over", "x", 4.0).wait(1.0)
    desk.do("/deck/1/level", 0.9).do("/clock/tap").wait(4.0)

    assert desk.state("level") == 0.9
    assert desk.show.state.beat.tempo.bpm == pytest.approx(105.0, abs=0.5)


def test_a_recall_in_a_recall_goes_on_from_the_present(desk: Desk) -> None:
    desk.do("/deck/1/level", 0.0).do("/snapshot/save", "low").do("/deck/1/level", 1.0).do("/snapshot/save", "high")
    desk.do("/snapshot/recall/over", "low", 2.0).wait(1.0)
    desk.do("/snapshot/recall/over", "high", 2.0)
    before = desk.state("level")
    assert before == pytest.approx(0.5, abs=0.02)
    levels = [desk.wait(1 / 64).state("level") for _ in range(130)]
    assert levels == sorted(levels), "never back"
    assert levels[0] - before < 0.02
    assert levels[-1] == 1.0
    shares = sum(p.level for p in desk.show.state.deck(1).pictures(desk.now))
    assert shares == pytest.approx(1.0)


def test_a_recall_that_waits_for_the_disk_gives_way_to_a_newer_one(desk: Desk) -> None:
    desk.do("/snapshot/save", "one").do("/deck/1/load", "b.mov").do("/snapshot/save", "two").wait(0.5)
    desk.slow = []
    desk.do("/snapshot/recall", "one", "#1").do("/snapshot/recall", "two", "#2")
    assert desk.show.state.snapshots.opening
    desk.release()
    assert {args[0]: args[1:2] for _, args in desk.answers()} == {"1": ("superseded",), "2": ()}
    desk.wait(0.1)
    assert desk.state("clip") == "b.mov"
    assert not desk.show.state.snapshots.opening


def test_a_movie_that_a_person_loads_meanwhile_is_kept(desk: Desk) -> None:
    desk.do("/snapshot/save", "x").do("/deck/1/load", "b.mov").wait(0.1)
    desk.slow = []
    desk.do("/snapshot/recall", "x")
    recall, desk.slow = desk.slow, None
    desk.do("/deck/1/load", "c.mov")
    desk.slow = recall
    desk.release()
    assert desk.wait(0.5).state("clip") == "c.mov"


def test_what_waits_too_long_comes_later_and_the_rest_begins(desk: Desk) -> None:
    desk.do("/deck/2/load", "b.mov").wait(0.5).do("/snapshot/save", "x")
    desk.do("/deck/1/load", "c.mov").do("/deck/2/load", "c.mov").do("/deck/1/level", 0.5).wait(0.1)
    desk.slow = []
    desk.do("/snapshot/recall", "x", "#1")
    first, held = desk.slow[:1], desk.slow[1:]
    desk.slow = first
    desk.release()
    assert desk.answers() == []
    desk.wait(2.1)
    assert desk.answers() == [("/ack", ("1",))]
    assert (desk.state("clip"), desk.state("clip", 2), desk.state("level")) == ("a.mov", "c.mov", 1.0)
    desk.slow = held
    desk.release()
    assert desk.wait(0.1).state("clip", 2) == "b.mov"


def test_everything_begins_at_the_quantised_moment(desk: Desk) -> None:
    desk.do("/deck/1/level", 0.5).do("/snapshot/save", "x").do("/deck/1/level", 1.0).do("/deck/1/load", "b.mov")
    desk.do("/clock/tempo", 60.0).do("/clock/downbeat").do("/clock/quantise", "bar").wait(1.0)
    desk.do("/snapshot/recall", "x", "decks").wait(2.5)
    assert (desk.state("level"), desk.state("clip")) == (1.0, "b.mov")
    desk.wait(0.55)
    assert (desk.state("level"), desk.state("clip")) == (0.5, "a.mov")
    assert desk.state("frame") == pytest.approx(30, abs=2)


def test_undo_is_back_to_how_it_was_as_slowly(desk: Desk) -> None:
    desk.do("/snapshot/save", "x").do("/deck/1/load", "b.mov").do("/deck/1/level", 0.5).wait(1.0)
    desk.do("/snapshot/undo", "#1")
    assert desk.answers()[-1][1][:2] == ("1", "not-now")
    desk.do("/snapshot/recall/over", "x", 1.0).wait(1.1)
    assert (desk.state("clip"), desk.state("level")) == ("a.mov", 1.0)
    desk.do("/snapshot/undo", "#2").wait(0.5)
    assert desk.state("level") == pytest.approx(0.75, abs=0.02)
    desk.wait(0.6)
    assert (desk.state("clip"), desk.state("level")) == ("b.mov", 0.5)
    assert desk.do("/snapshot/undo").wait(1.1).state("clip") == "a.mov"


def test_panic_stops_a_recall(desk: Desk) -> None:
    desk.do("/deck/1/level", 0.0).do("/snapshot/save", "x").do("/deck/1/level", 1.0)
    desk.do("/snapshot/recall/over", "x", 4.0).wait(1.0).do("/system/panic").wait(4.0)
    assert desk.state("level") == pytest.approx(0.75, abs=0.02)
    assert not desk.show.state.snapshots.opening


def test_undo_of_a_part_leaves_the_rest_alone(desk: Desk) -> None:
    desk.do("/clock/tempo", 90.0).do("/snapshot/save", "x").do("/clock/tempo", 140.0)
    desk.do("/snapshot/recall", "x", "clock").do("/deck/1/load", "b.mov").wait(1.0)
    desk.do("/snapshot/undo").wait(0.1)
    assert desk.show.state.beat.tempo.bpm == 140.0
    assert desk.state("clip") == "b.mov"


def test_a_deck_with_latency_is_seen_on_the_beat(desk: Desk) -> None:
    desk.do("/deck/1/latency", 100.0).do("/snapshot/save", "x").do("/deck/1/load", "b.mov")
    desk.do("/clock/tempo", 60.0).do("/clock/downbeat").do("/clock/quantise", "beat").wait(0.25)
    desk.do("/snapshot/recall", "x", "deck1")
    while desk.state("clip") == "b.mov":
        desk.wait(1 / 64)
    assert desk.show.state.beat.tempo.phase(desk.now + 0.1) < 0.05


def test_settings_that_waited_for_their_beat_and_were_given_up_are_told(desk: Desk) -> None:
    desk.do("/deck/1/level", 0.5).do("/snapshot/save", "x").do("/deck/1/level", 1.0)
    desk.do("/clock/quantise", "bar").wait(0.1).do("/snapshot/recall", "x").do("/snapshot/recall", "x", "clock")
    assert desk.said_of("snapshot") == ["x: its settings were not brought back: a newer recall came before"]
    desk.wait(2.5)
    assert desk.state("level") == 1.0


def test_a_show_that_is_put_away_in_the_middle_of_a_recall_goes_on_with_it(desk: Desk) -> None:
    desk.do("/deck/1/level", 0.5).do("/deck/1/freeze", True).do("/snapshot/save", "x").do("/deck/1/freeze", False)
    desk.do("/deck/1/level", 1.0).do("/deck/1/load", "b.mov").wait(0.5).do("/snapshot/recall/over", "x", 2.0).wait(1.0)
    memory = unpacked(packed(remembered(desk.show)))
    assert isinstance(memory, Memory)
    desk.show = recalled(memory)
    assert desk.state("level") == pytest.approx(0.75, abs=0.02)
    desk.wait(1.2)
    assert (desk.state("level"), desk.state("frozen"), desk.screen()) == (0.5, True, [("a.mov", 30)])
