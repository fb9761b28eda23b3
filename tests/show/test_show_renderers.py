"""Renderers: what they are sent, what is repeated, and what happens when they are late, lost or back."""

from __future__ import annotations

import pytest
from stage import PERSON, Renderer, Stage

from server.protocol.endpoints import COMMANDS, TABLE
from server.protocol.schedule import WAITING_MAX
from server.show.handlers import HANDLERS


def test_every_command_of_the_table_has_a_handler_and_no_handler_is_left_over() -> None:
    assert {row.address for row in COMMANDS} == set(HANDLERS)
    assert all(row.access == "r" for row in TABLE if row.address not in HANDLERS)


def test_a_hello_is_welcomed_with_what_a_renderer_needs() -> None:
    stage = Stage()
    Renderer(stage)

    assert stage.said[-1].address == "/system/welcome"
    assert stage.said[-1].args == ("test", 1, 64.0, 2, "/media", 7, 0)
    assert stage.said[-1].to.port == 7502


def test_open_ready_take_and_the_stream() -> None:
    stage = Stage()
    td = Renderer(stage)
    stage.do("/deck/1/load", "a.mov").do("/deck/1/pause")
    assert td.asked()[-1][1:] == [0, "a.mov", 0]
    assert stage.wait(0.5).screen() == []

    id_ = td.ready()
    stage.do("/deck/1/pause").do("/deck/1/frame", 123)

    stream = td.stream()
    assert (stream["player/0/clip"], stream["player/0/frame"], stream["player/0/rate"]) == (id_, 123.0, 0.0)
    assert stream["player/0/level"] == 1.0


def test_a_moving_frame_is_told_from_the_last_tick_and_agrees_with_the_transport() -> None:
    stage = Stage()
    td = Renderer(stage)
    stage.do("/deck/1/load", "a.mov")
    td.ready()
    stage.wait(1.0)
    stage.now += 0.005
    stage.do("/deck/1/frame", 100)
    stream = td.stream()

    age = stage.now - stage.ticks / 64
    assert stream["player/0/rate"] == pytest.approx(30.0)
    assert stream["player/0/frame"] + 30.0 * age == pytest.approx(100.0, abs=1e-3)
    assert stream["tick"] == stage.ticks


def test_an_open_is_repeated_until_it_is_answered() -> None:
    stage = Stage()
    td = Renderer(stage)
    stage.do("/deck/1/load", "a.mov")
    stage.wait(0.5)
    before = len(td.asked())
    assert before >= 4
    assert len({tuple(a) for a in td.asked()}) == 1

    td.say("opening", td.asked()[-1][0])
    stage.wait(0.5)
    assert len(td.asked()) == before
    stage.wait(1.0)
    assert len(td.asked()) > before

    td.ready()
    after = len(td.asked())
    stage.wait(3.0)
    assert len(td.asked()) == after


def test_what_is_no_longer_needed_is_closed() -> None:
    stage = Stage()
    td = Renderer(stage)
    stage.do("/deck/1/load", "a.mov")
    first = td.ready()
    stage.do("/deck/1/load", "b.mov")
    td.ready()
    stage.wait(0.5)

    assert {args[0] for args in td.asked("close")} == {first}
    assert len(td.asked("close")) == 3


def test_a_failing_renderer_is_reported_and_the_picture_stays() -> None:
    stage = Stage()
    td = Renderer(stage)
    stage.do("/deck/1/load", "a.mov")
    td.ready()
    stage.do("/deck/1/load", "b.mov")
    td.say("failed", td.asked()[-1][0], "codec not found")
    stage.wait(0.1)

    assert [movie for movie, _ in stage.screen()] == ["a.mov"]
    assert any("codec not found" in complaint.text for complaint in stage.show.complaints)


def test_a_silent_renderer_is_lost_and_holds_up_nobody() -> None:
    stage = Stage()
    Renderer(stage)
    stage.wait(6.0).do("/deck/1/load", "a.mov").wait(0.1)

    assert [movie for movie, _ in stage.screen()] == ["a.mov"]
    assert stage.show.counts()["renderers"] == ("",)


def test_a_renderer_that_restarts_is_asked_for_everything_that_is_open() -> None:
    stage = Stage()
    td = Renderer(stage)
    stage.do("/deck/1/load", "a.mov")
    td.ready()
    stage.do("/deck/1/pause").do("/deck/1/frame", 77)

    stage.wait(3.0)
    again = Renderer(stage, port=7602)

    assert again.asked()[-1][1:] == [0, "a.mov", 77]
    assert len(stage.show.renderers) == 1
    stage.wait(0.1)
    assert again.stream()["player/0/level"] == 1.0


def test_health_keeps_a_renderer_present_and_brings_a_lost_one_back() -> None:
    stage = Stage()
    td = Renderer(stage)
    for _ in range(8):
        stage.wait(1.0).do("/td/health", 60.0, 16.0, 0, 0, 4.0, 512.0, source=td.source)
    assert stage.show.counts()["renderers"] == ("td",)

    stage.wait(6.0)
    assert stage.show.counts()["renderers"] == ("",)
    stage.do("/td/health", 60.0, 16.0, 0, 0, 4.0, 512.0, source=td.source)
    assert stage.show.counts()["renderers"] == ("td",)


def test_strangers_answers_mean_nothing() -> None:
    stage = Stage()
    td = Renderer(stage)
    stage.do("/deck/1/load", "a.mov")
    stage.do("/td/deck/1/ready", td.asked()[-1][0], source=PERSON).wait(0.1)

    assert stage.screen() == []


def test_a_renderer_of_one_deck_hears_nothing_of_the_others() -> None:
    stage = Stage()
    td = Renderer(stage, decks="2")
    stage.do("/deck/1/load", "a.mov").do("/deck/2/load", "b.mov").wait(0.2)

    assert td.asked(deck=1) == []
    assert td.asked(deck=2)
    assert td.stream(deck=1) == {}
    assert stage.screen(1)[0][0] == "a.mov"


def test_foreign_messages_are_handed_on_untouched() -> None:
    stage = Stage()
    td = Renderer(stage)
    stage.do("/FX/hue_shift", 0.25)

    assert [(m.address, list(m.params)) for m in td.heard(td.stream_port) if m.address.startswith("/FX")] == [
        ("/FX/hue_shift", [0.25])]


def test_quantised_launches_happen_on_the_bar_and_share_its_time() -> None:
    stage = Stage()
    stage.do("/deck/1/load", "a.mov").do("/clock/quantise", "bar").wait(0.5).do("/deck/1/load", "b.mov")

    assert stage.wait(1.0).screen()[0][0] == "a.mov"
    stage.wait(0.5 + 1 / 64)
    assert stage.screen() == [("b.mov", 0)]
    stage.wait(1.0)
    assert stage.screen()[0][1] in (30, 31)


def test_beats_from_outside_lead_the_clock_while_they_are_the_source() -> None:
    stage = Stage()
    stage.do("/clock/source", "outside")
    for _ in range(128):
        stage.wait(1 / 64).do("/clock/beats", 100.0 + stage.now * 128 / 60)

    tempo = stage.show.state.beat.tempo
    assert tempo.bpm == pytest.approx(128.0, abs=0.05)
    assert tempo.beat(stage.now) == pytest.approx(100.0 + stage.now * 128 / 60, abs=1e-3)
    assert stage.show.state.deck(1).tempo == tempo


def test_taps_set_the_tempo_and_keep_the_bar() -> None:
    stage = Stage()
    for _ in range(5):
        stage.do("/clock/tap").wait(0.46875)

    assert stage.show.state.beat.tempo.bpm == pytest.approx(128.0)
    assert stage.show.state.beat.source == "tap"


def test_time_tags_are_kept_until_they_are_due() -> None:
    stage = Stage()
    stage.do("/deck/1/load", "a.mov").do("/deck/1/pause")
    (command,) = stage.dispatcher.command("/deck/1/frame", [50], PERSON)
    command.due = 0.5
    stage.feed([command])

    assert stage.wait(0.25).screen() == [("a.mov", 0)]
    assert stage.wait(0.3).screen() == [("a.mov", 50)]


def test_when_too_many_messages_wait_for_their_time_the_next_acts_at_once() -> None:
    stage = Stage()
    stage.do("/deck/1/load", "a.mov").do("/deck/1/pause")
    (command,) = stage.dispatcher.command("/deck/1/fade", [1.0], PERSON)
    command.due = 100.0
    stage.feed([command] * WAITING_MAX)
    (seek,) = stage.dispatcher.command("/deck/1/frame", [50], PERSON)
    seek.due = 100.0
    stage.feed([seek])

    assert stage.screen() == [("a.mov", 50)]
