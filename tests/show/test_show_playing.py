"""Commands that play, as a performer meets them: what is sent, what is on screen, what is answered."""

from __future__ import annotations

from typing import Any

import pytest
from stage import PERSON, Stage, grid_movie, marked_movie, one, plain_movie, uneven_movie


@pytest.fixture
def stage() -> Stage:
    return Stage().do("/deck/1/load", "a.mov")


def test_a_loaded_movie_plays_and_its_sender_is_told() -> None:
    stage = Stage().do("/deck/1/load", "a.mov", "#17")

    assert stage.answers() == [("/ack", ("17",))]
    assert stage.wait(1.0).screen() == [("a.mov", 30)]


def test_an_unknown_movie_is_answered_in_words_and_the_picture_goes_on(stage: Stage) -> None:
    stage.wait(1.0).do("/deck/1/load", "zebra.mov", "#1")

    assert stage.answers() == [("/error", ("1", "library", "there is no movie zebra.mov"))]
    assert stage.screen() == [("a.mov", 30)]


@pytest.mark.parametrize(("address", "args", "frame"), [
    ("/deck/1/frame", (123,), 123),
    ("/deck/1/seconds", (2.0,), 60),
    ("/deck/1/position", (1.0,), 299),
    ("/deck/1/position", (0.0,), 0),
    ("/deck/1/beats", (4.0,), 60),
    ("/frame", (77,), 77),
    ("/playback/MovieIndex1", (0.5,), 150),
    ("/deck/*/frame", (5,), 5),
])
def test_every_way_to_seek_shows_exactly_that_frame(stage: Stage, address: str, args: tuple[Any, ...],
                                                    frame: int) -> None:
    stage.do("/deck/1/pause").do(address, *args)

    assert stage.screen() == [("a.mov", frame)]
    assert stage.wait(1.0).screen() == [("a.mov", frame)]


@pytest.mark.parametrize(("address", "value"), [
    ("/deck/1/frame", 300), ("/deck/1/frame", 2**40), ("/deck/1/seconds", 11.0), ("/deck/1/beats", 99.0),
    ("/deck/1/in", 300), ("/deck/1/frame", -1), ("/deck/1/frame", float("nan")), ("/deck/1/speed", 17.0),
    ("/deck/1/seconds", float("inf")), ("/deck/1/axis/seed", 1.0), ("/deck/1/mark/3", 1.0),
    ("/deck/1/mark/named", "chorus"), ("/deck/1/even", True), ("/select/deck", 3),
])
def test_what_cannot_be_done_is_refused_and_changes_nothing(stage: Stage, address: str, value: Any) -> None:
    before = stage.show.state
    stage.do(address, value, "#x")

    ((kind, (request, _code, text)),) = stage.answers()
    assert (kind, request) == ("/error", "x")
    assert len(text) > 20
    assert "\n" not in text
    assert stage.show.state == before


def test_an_empty_deck_says_what_to_do_first() -> None:
    stage = Stage().do("/deck/2/play", "#1")

    ((_, (_, code, text)),) = stage.answers()
    assert code == "not-now"
    assert "/deck/2/load" in text


def test_pause_play_reverse_and_stop(stage: Stage) -> None:
    stage.wait(1.0).do("/deck/1/pause").wait(1.0)
    assert stage.screen() == [("a.mov", 30)]

    stage.do("/deck/1/play").wait(1.0).do("/deck/1/reverse").wait(1.5)
    assert stage.screen() == [("a.mov", 15)]
    assert stage.state("reverse") is True

    stage.do("/deck/1/reverse").do("/deck/1/stop").wait(1.0)
    assert stage.screen() == [("a.mov", 0)]


def test_a_button_release_does_nothing(stage: Stage) -> None:
    stage.do("/deck/1/pause", 1.0)
    stage.do("/deck/1/play", 0.0)

    assert stage.state("playing") is False


def test_stepping_holds_and_wraps_in_a_loop(stage: Stage) -> None:
    stage.do("/deck/1/frame", 299).do("/deck/1/step", 2)

    assert stage.wait(0.5).screen() == [("a.mov", 1)]


def test_scrubbing_holds_still_and_then_plays_on(stage: Stage) -> None:
    stage.do("/deck/1/frame", 100).do("/deck/1/scrub", -10.0)

    assert stage.wait(0.125).screen() == [("a.mov", 90)]
    assert stage.wait(1.125).screen() == [("a.mov", 120)]


def test_in_and_out_bound_the_playhead(stage: Stage) -> None:
    stage.do("/deck/1/range", 100, 109).wait(0.25)

    seen = {stage.wait(1 / 64).screen()[0][1] for _ in range(64)}
    assert seen == set(range(100, 110))


def test_an_inner_loop_of_beats_can_be_left(stage: Stage) -> None:
    stage.do("/deck/1/frame", 30).do("/deck/1/loop/beats", 1.0)
    seen = {stage.wait(1 / 64).screen()[0][1] for _ in range(128)}
    assert seen == set(range(30, 45))

    stage.do("/deck/1/loop/beats", 0.0).wait(1.0)
    assert stage.screen()[0][1] >= 45


def test_marks_and_hot_cues() -> None:
    stage = Stage()
    stage.disk["marked.mov"] = marked_movie()
    stage.do("/deck/1/load", "marked.mov").do("/deck/1/pause").do("/deck/1/mark/2")
    assert stage.screen() == [("marked.mov", 100)]
    assert (stage.state("mark"), stage.state("picture")) == ("chorus", "")

    stage.do("/deck/1/frame", 42).do("/deck/1/mark/2/set").do("/deck/1/frame", 0).do("/deck/1/mark/2")
    assert stage.screen() == [("marked.mov", 42)]

    stage.do("/deck/1/mark/next")
    assert stage.screen() == [("marked.mov", 100)]
    stage.do("/deck/1/mark/named", "BLUE-2")
    assert (stage.screen(), stage.state("prompt")) == ([("marked.mov", 200)], "sea")

    stage.do("/deck/1/mark/2/clear").do("/deck/1/mark/2")
    assert stage.screen() == [("marked.mov", 100)]


def test_the_axes_of_a_grid_movie() -> None:
    stage = Stage()
    stage.disk["grid.mov"] = grid_movie()
    stage.do("/deck/1/load", "grid.mov").do("/deck/1/pause")

    stage.do("/deck/1/axis/zoom", 3.2)
    assert stage.screen() == [("grid.mov", 2)]
    stage.do("/deck/1/axis/seed", 1.6)
    assert stage.screen() == [("grid.mov", 10)]


def test_constant_speed_by_path_length_is_switched_without_a_jump() -> None:
    stage = Stage()
    stage.disk["uneven.mov"] = uneven_movie()
    stage.do("/deck/1/load", "uneven.mov").do("/deck/1/pause").do("/deck/1/frame", 75)
    stage.do("/deck/1/even", True)
    assert stage.screen() == [("uneven.mov", 75)]

    stage.do("/deck/1/position", 0.5)
    assert 80 < stage.screen()[0][1] < 90
    stage.do("/deck/1/frame", 200)
    assert stage.screen() == [("uneven.mov", 200)]


def test_relative_values_and_questions(stage: Stage) -> None:
    stage.do("/deck/1/pause").do("/deck/1/frame", 100).do("/deck/1/frame", "+", 5)
    assert stage.screen() == [("a.mov", 105)]

    stage.answers()
    stage.do("/deck/1/frame", "?")
    assert stage.answers() == [("/deck/1/frame", (105,))]

    stage.do("/deck/1/speed", 2.0).do("/deck/1/speed", "*", 2.0)
    assert stage.state("speed") == 4.0
    stage.do("/deck/1/frame", "-", 500, "#1")
    assert stage.answers()[0][0] == "/error"


def test_fades_take_their_own_time_and_the_decks(stage: Stage) -> None:
    stage.do("/deck/1/fade", 2.0).do("/deck/1/load", "b.mov").wait(1.0)
    assert [(p.movie, p.level) for p in stage.show.state.deck(1).pictures(stage.now)] == [
        ("a.mov", pytest.approx(0.5)), ("b.mov", pytest.approx(0.5))]

    stage.wait(1.5).do("/deck/1/prepare", "c.mov").do("/deck/1/take/over", 0.0)
    assert stage.screen() == [("c.mov", 0)]


def test_master_black_and_level_scale_everything(stage: Stage) -> None:
    stage.do("/master/level", 0.5).do("/deck/1/level", 0.5)
    deck = stage.show.state.deck(1)
    assert deck.stream(0.0, stage.show.state.master.gain)[0].level == pytest.approx(0.25)

    stage.do("/master/black")
    assert stage.show.state.master.gain == 0.0
    stage.do("/master/black")
    assert stage.show.state.master.gain == 0.5


def test_next_and_back_walk_through_the_song(stage: Stage) -> None:
    stage.do("/deck/1/go/next")
    assert stage.screen() == [("b.mov", 0)]
    stage.do("/deck/1/go/back").do("/deck/1/go/back")
    assert stage.screen() == [("c.mov", 0)]
    stage.do("/deck/1/file", 0.5)
    assert stage.screen() == [("b.mov", 0)]


def test_end_mode_next_prepares_and_takes_the_follower_by_itself(stage: Stage) -> None:
    stage.do("/deck/1/loop", "next").wait(10.5)

    assert stage.screen()[0][0] == "b.mov"


def test_end_mode_next_goes_past_what_cannot_be_played(stage: Stage) -> None:
    stage.disk["b.mov"] = ("damaged", "b.mov is cut short")
    stage.do("/deck/1/loop", "next").wait(10.5)

    assert stage.screen()[0][0] == "c.mov"
    assert [c.text for c in stage.show.complaints] == ["b.mov is cut short"]


def test_next_is_no_wall_at_a_movie_that_cannot_be_played(stage: Stage) -> None:
    stage.disk["b.mov"] = ("damaged", "b.mov is cut short")
    stage.do("/deck/1/go/next").do("/deck/1/go/next")

    assert stage.screen()[0][0] == "c.mov"


def test_a_beat_push_goes_round_in_a_loop_and_stops_at_the_end_otherwise(stage: Stage) -> None:
    stage.do("/deck/1/pause").do("/deck/1/frame", 280).do("/deck/1/pulse/add", 0.5)
    assert stage.screen()[0][1] < 280

    stage.do("/deck/1/loop", "hold")
    assert stage.screen() == [("a.mov", 299)]


def test_elapsed_and_remaining_make_up_the_duration(stage: Stage) -> None:
    for args in ((1.0,), (-2.0,)):
        stage.do("/deck/1/speed", *args).wait(0.7)
        assert stage.state("elapsed") + stage.state("remaining") == pytest.approx(stage.state("duration"))


def test_an_inner_loop_outside_the_range_is_refused_in_the_numbers_that_were_given(stage: Stage) -> None:
    stage.do("/deck/1/range", 100, 200)
    stage.answers()
    stage.do("/deck/1/inner", 0, 10, "#1")

    ((_, (_, code, text)),) = stage.answers()
    assert code == "range"
    assert "0 to 10" in text


def test_a_song_in_index_mode_stands_still() -> None:
    stage = Stage()
    stage.song = stage.song.__class__("emit", ("b.mov", "a.mov"), sequential=False)

    stage.do("/song", "emit").wait(1.0)

    assert stage.screen() == [("b.mov", 0)]
    assert stage.state("playing") is False


def test_freeze_and_panic(stage: Stage) -> None:
    stage.wait(1.0).do("/deck/1/freeze", True).wait(1.0)
    assert stage.screen() == [("a.mov", 30)]
    stage.do("/deck/1/freeze", False)
    assert stage.screen() == [("a.mov", 60)]

    stage.do("/cue/panic").wait(5.0)
    assert stage.screen() == [("a.mov", 60)]


def test_a_disengaged_server_ignores_everything_but_itself(stage: Stage) -> None:
    stage.do("/system/engaged", False).do("/deck/1/frame", 5, "#1")

    address, args = stage.answers()[-1]
    assert (address, args[:2]) == ("/error", ("1", "disengaged"))
    stage.do("/system/engaged", True).do("/deck/1/pause").do("/deck/1/frame", 5)
    assert stage.screen() == [("a.mov", 5)]


def test_a_newer_load_replaces_one_that_is_still_being_read() -> None:
    stage = Stage()
    stage.show.apply(one(stage.dispatcher.command("/deck/1/load", ["a.mov", "#1"], PERSON)), 0.0)
    stage.do("/deck/1/load", "b.mov", "#2")

    assert [(kind, args[0]) for kind, args in stage.answers()] == [("/error", "1"), ("/ack", "2")]
    assert stage.screen() == [("b.mov", 0)]


def test_latency_shows_what_belongs_later(stage: Stage) -> None:
    stage.do("/deck/1/latency", 500.0).wait(1.0)

    assert stage.screen() == [("a.mov", 45)]


def test_movies_of_other_rates_keep_time() -> None:
    from fractions import Fraction

    stage = Stage()
    stage.disk["film.mov"] = plain_movie("film.mov", rate=Fraction(24000, 1001), count=480)
    stage.do("/deck/1/load", "film.mov").wait(10.0)

    assert stage.screen() == [("film.mov", 240)]
