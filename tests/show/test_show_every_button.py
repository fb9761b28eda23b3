"""Every command of a deck does what its name says: what was on screen before, what is afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from stage import PERSON, Stage, marked_movie, plain_movie

from server.show.events import NeedMovie
from server.show.state import SongPlace


@pytest.fixture
def stage() -> Stage:
    """Deck 1 stands on frame 100 of a movie with 300."""
    return Stage().do("/deck/1/load", "a.mov").do("/deck/1/pause").do("/deck/1/frame", 100)


def levels(stage: Stage, deck: int = 1) -> dict[str, float]:
    return {p.movie: p.level for p in stage.show.state.deck(deck).pictures(stage.now)}


def frames(stage: Stage, ticks: int = 640) -> set[int]:
    """Every frame that is seen while time passes."""
    return {stage.wait(1 / 64).screen()[0][1] for _ in range(ticks)}


def test_toggle_is_one_button_for_both(stage: Stage) -> None:
    stage.do("/deck/1/toggle").wait(1.0)
    assert stage.screen() == [("a.mov", 130)]

    stage.do("/deck/1/toggle").wait(1.0)
    assert stage.screen() == [("a.mov", 130)]


def test_mode_says_whether_it_plays_by_itself(stage: Stage) -> None:
    stage.do("/deck/1/mode", "sequential").wait(1.0)
    assert stage.screen() == [("a.mov", 130)]

    stage.do("/deck/1/mode", "index").wait(1.0)
    assert stage.screen() == [("a.mov", 130)]


def test_a_nudge_shifts_the_playhead_and_it_plays_on(stage: Stage) -> None:
    stage.do("/deck/1/play").do("/deck/1/nudge", -12.0)
    assert stage.screen() == [("a.mov", 88)]
    assert stage.wait(1.0).screen() == [("a.mov", 118)]


def test_a_jump_of_beats_counts_at_the_tempo_and_plays_on(stage: Stage) -> None:
    stage.do("/clock/tempo", 60.0).do("/deck/1/play").do("/deck/1/jump/beats", 2.0)
    assert stage.screen() == [("a.mov", 160)]
    assert stage.wait(1.0).do("/deck/1/jump/beats", -1.0).screen() == [("a.mov", 160)]


@pytest.mark.parametrize(("commands", "bounds", "seen"), [
    ([("/deck/1/in", 290)], (290, 299), set(range(290, 300))),
    ([("/deck/1/out", 9)], (0, 9), set(range(10))),
    ([("/deck/1/range", 50, 150), ("/deck/1/in/here",), ("/deck/1/out", 109)], (100, 109), set(range(100, 110))),
    ([("/deck/1/in", 91), ("/deck/1/out/here",)], (91, 100), set(range(91, 101))),
    ([("/deck/1/range", 100, 109), ("/deck/1/range/off",)], (0, 299), set(range(300))),
    ([("/deck/1/range", 100, 109), ("/deck/1/in", 200)], (200, 200), {200}),
    ([("/deck/1/range", 100, 109), ("/deck/1/out", 20)], (20, 20), {20}),
])
def test_in_and_out_points(stage: Stage, commands: list[tuple[Any, ...]], bounds: tuple[int, int],
                           seen: set[int]) -> None:
    for command in commands:
        stage.do(*command)

    assert (stage.state("in"), stage.state("out")) == bounds
    assert frames(stage.do("/deck/1/play")) == seen


def test_an_inner_loop_is_entered_by_playing_into_it_and_left(stage: Stage) -> None:
    stage.do("/deck/1/inner", 129, 120).do("/deck/1/play")
    assert frames(stage, 128) == set(range(100, 130))
    assert frames(stage, 64) == set(range(120, 130))
    assert (stage.state("in"), stage.state("out")) == (0, 299)

    stage.do("/deck/1/inner/off")
    assert frames(stage, 64) >= set(range(130, 140))


@pytest.mark.parametrize(("direction", "button", "frame"), [
    (1.0, "back", 100), (1.0, "next", 200), (-1.0, "back", 200), (-1.0, "next", 100)])
def test_the_mark_before_is_the_one_behind_in_playing_direction(direction: float, button: str, frame: int) -> None:
    stage = Stage()
    stage.disk["marked.mov"] = marked_movie()
    stage.do("/deck/1/load", "marked.mov").do("/deck/1/pause").do("/deck/1/speed", direction)
    stage.do("/deck/1/frame", 150).do(f"/deck/1/mark/{button}")

    assert stage.screen() == [("marked.mov", frame)]


def test_there_is_no_mark_before_the_first() -> None:
    stage = Stage()
    stage.disk["marked.mov"] = marked_movie()
    stage.do("/deck/1/load", "marked.mov").do("/deck/1/pause").do("/deck/1/mark/back", "#1")

    assert stage.answers()[-1][1][:2] == ("1", "not-now")


def test_the_pulse_adds_multiplies_and_is_filtered(stage: Stage) -> None:
    stage.do("/deck/1/range", 0, 200).do("/deck/1/loop", "hold").wait(0.125)

    stage.do("/deck/1/pulse/add", -0.25)
    assert stage.screen() == [("a.mov", 50)]
    # A quarter of the beat has gone: three quarters of the ramp are left.
    stage.do("/deck/1/pulse/multiply", 0.5)
    assert stage.screen() == [("a.mov", 125)]
    stage.do("/deck/1/pulse/filter", 1.0)
    assert stage.screen()[0][1] < 115
    stage.do("/deck/1/pulse/multiply", 0.0)
    assert stage.screen() == [("a.mov", 50)]


def test_take_shows_what_is_prepared_with_the_fade_of_the_deck(stage: Stage) -> None:
    stage.do("/deck/1/fade", 2.0).do("/deck/1/prepare", "b.mov").wait(0.5)
    assert stage.screen() == [("a.mov", 100)]

    stage.do("/deck/1/take", "#1").wait(1.0)
    assert stage.answers()[-1] == ("/ack", ("1",))
    assert levels(stage) == {"a.mov": pytest.approx(0.5), "b.mov": pytest.approx(0.5)}


def test_take_without_anything_prepared_says_what_to_do(stage: Stage) -> None:
    stage.do("/deck/1/take", "#1")

    ((_, (request, code, text)),) = stage.answers()
    assert (request, code) == ("1", "not-now")
    assert "/deck/1/prepare" in text


def test_cancel_forgets_what_is_prepared_and_what_is_being_read(stage: Stage) -> None:
    stage.do("/deck/1/prepare", "b.mov").do("/deck/1/cancel")
    assert stage.state("next") == ""

    (load,) = stage.dispatcher.command("/deck/1/load", ["b.mov", "#1"], PERSON)
    stage.show.apply(load, stage.now)
    stage.answers()
    stage.do("/deck/1/cancel")
    assert [args[:2] for _, args in stage.answers()] == [("1", "superseded")]
    assert stage.wait(0.5).screen() == [("a.mov", 100)]


def test_a_clip_is_asked_for_as_spans_and_taken_with_its_own_fade(stage: Stage) -> None:
    words = "b.mov 0 29; c.mov 60 31"
    stage.disk[words] = plain_movie(words)
    stage.do("/deck/1/clip", words, 2.0, "#1")

    asked = [event for event in stage.events if isinstance(event, NeedMovie)][-1]
    assert (asked.name, asked.kind) == (words, "spans")
    assert stage.answers() == [("/ack", ("1",))]
    stage.wait(1.0)
    assert levels(stage) == {"a.mov": pytest.approx(0.5), words: pytest.approx(0.5)}

    stage.wait(2.0).do("/deck/1/fade", 1.0).do("/deck/1/clip", "a.mov").wait(0.5)
    assert levels(stage) == {"a.mov": pytest.approx(0.5), words: pytest.approx(0.5)}


def test_a_song_is_for_the_deck_that_is_named() -> None:
    stage = Stage()
    stage.song = SongPlace("emit", ("b.mov", "a.mov"))
    stage.do("/deck/2/song", "emit")

    assert [(event.name, event.kind) for event in stage.events if isinstance(event, NeedMovie)] == [("emit", "song")]
    assert (stage.screen(1), stage.screen(2)) == ([], [("b.mov", 0)])
    assert stage.show.state.song(2).name == "emit"
    stage.do("/deck/2/go/next")
    assert stage.screen(2)[0][0] == "a.mov"


@pytest.mark.parametrize(("button", "movie"), [("next", "b.mov"), ("back", "c.mov")])
def test_next_and_back_over_a_time_of_their_own(stage: Stage, button: str, movie: str) -> None:
    stage.do("/deck/1/fade", 9.0).do(f"/deck/1/go/{button}/over", 2.0).wait(1.0)

    assert levels(stage) == {"a.mov": pytest.approx(0.5), movie: pytest.approx(0.5)}


def test_next_over_takes_what_is_prepared(stage: Stage) -> None:
    stage.do("/deck/1/prepare", "c.mov").do("/deck/1/go/next/over", 2.0).wait(1.0)

    assert levels(stage) == {"a.mov": pytest.approx(0.5), "c.mov": pytest.approx(0.5)}


def test_the_master_freeze_holds_every_deck_and_lets_it_go_to_where_time_has_got_to() -> None:
    stage = Stage().do("/deck/1/load", "a.mov").wait(0.5).do("/deck/2/load", "b.mov").wait(0.5)
    stage.do("/master/freeze", True).wait(1.0)
    assert (stage.screen(1), stage.screen(2)) == ([("a.mov", 30)], [("b.mov", 15)])

    stage.do("/master/freeze").wait(1.0)
    assert (stage.screen(1), stage.screen(2)) == ([("a.mov", 90)], [("b.mov", 75)])
    stage.do("/deck/1/freeze", True).do("/master/freeze").wait(1.0)
    assert (stage.screen(1), stage.screen(2)) == ([("a.mov", 90)], [("b.mov", 75)])
    stage.do("/master/freeze", False).wait(1.0)
    assert (stage.screen(1), stage.screen(2)) == ([("a.mov", 150)], [("b.mov", 135)])
